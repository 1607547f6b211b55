"""Device kinds, one file each: what is special about sending, opening and removing them."""
