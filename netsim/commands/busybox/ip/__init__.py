"""BusyBox's ip: iproute2 as it was long ago, with fewer words and its own complaints."""
