"""Nexthop objects and the routes that lead by them."""
