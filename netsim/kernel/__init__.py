"""One Linux kernel's networking: tables below, paths above, configuration (`rtnl`) on top, `boot` knows all of it."""
