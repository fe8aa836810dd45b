"""Catalogue: the items that are sold and the locations that sell, keep or ship them."""
