"""Prices: what each channel asks for an item, and since when."""
