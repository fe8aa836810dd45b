"""The SQL of the carts."""

from noline.stores.portions import marks

_FACT = (
    "cart_id, fact_route, message_id, position, occurred_at, received_at, teller, kind, trusted, channel, store_id, "
    "said"
)
_CART = (
    "cart_id, code, state, subject, began_in, touched_in, store_id, currency, version, order_id, hold_id, opened_at, "
    "changed_at"
)
_LINE = "cart_id, line, sku, units, price_minor, currency, note"

KEEP_FACT = f"""
INSERT INTO cart_facts (route_key, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, cart_id, fact_route, message_id) DO NOTHING
"""

DROP_CART = "DELETE FROM carts WHERE route_key = ? AND cart_id = ?"

DROP_LINES = "DELETE FROM cart_lines WHERE route_key = ? AND cart_id = ?"

WRITE_CART = f"INSERT INTO carts (route_key, {_CART}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

WRITE_LINE = f"INSERT INTO cart_lines (route_key, {_LINE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

BY_CODE = f"SELECT route_key, {_CART} FROM carts WHERE code = ?"

FORGET_TOLD_BY = "DELETE FROM cart_facts WHERE teller = ?"

TABLES = {
    "cart_facts": ("route_key", *_FACT.split(", ")),
    "carts": ("route_key", *_CART.split(", ")),
    "cart_lines": ("route_key", *_LINE.split(", ")),
}
"""Every table of this room, with all its columns."""


def facts_of(count: int) -> str:
    """What was told of so many carts, each asked for by route and id."""
    return f"SELECT {_FACT} FROM cart_facts WHERE (route_key, cart_id) IN (VALUES {marks(count, 2)})"


def carts_at(count: int) -> str:
    """So many carts, each asked for by route and id."""
    return f"SELECT route_key, {_CART} FROM carts WHERE (route_key, cart_id) IN (VALUES {marks(count, 2)})"


def lines_of(count: int) -> str:
    """The lines of so many carts, each asked for by route and id."""
    return f"SELECT {_LINE} FROM cart_lines WHERE (route_key, cart_id) IN (VALUES {marks(count, 2)}) ORDER BY line"


def carts_of(count: int) -> str:
    """The carts of so many subjects."""
    return f"SELECT route_key, {_CART} FROM carts WHERE subject IN ({marks(count)})"


def told_by(count: int) -> str:
    """The carts of which so many subjects told."""
    return f"SELECT DISTINCT cart_id FROM cart_facts WHERE teller IN ({marks(count)})"
