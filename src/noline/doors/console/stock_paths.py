"""Addresses of the pages about goods and orders."""

from urllib.parse import quote, urlencode


def item_path(sku: str) -> str:
    """The address of the page of one item's stock."""
    return f"/stock/item?{urlencode({'sku': sku})}"


def moves_path(sku: str, location: str) -> str:
    """The address of the page that says why an item at a location is what it is."""
    return f"/stock/moves?{urlencode({'sku': sku, 'location': location})}"


def order_path(order_id: str) -> str:
    """The address of the page of one order."""
    return f"/orders/{quote(order_id, safe='')}"
