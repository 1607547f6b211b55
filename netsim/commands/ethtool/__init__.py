"""ethtool 6.1: what drivers tell, as far as virtual devices have anything to tell."""
