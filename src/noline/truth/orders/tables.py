"""The SQL of the orders."""

from noline.stores.portions import marks

_FACT = (
    "order_id, fact_route, message_id, kind, occurred_at, channel, store_id, subject, currency, total_minor, "
    "return_id, lines"
)
_ORDER = "order_id, state, channel, store_id, subject, placed_at, changed_at, currency, total_minor"
_LINE = "order_id, line, sku, units, price_minor, total_minor, currency, returned_units"

KEEP_FACT = f"""
INSERT INTO order_facts (route_key, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, order_id, fact_route, message_id) DO NOTHING
"""

WRITE_ORDER = f"""
INSERT INTO orders (route_key, {_ORDER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, order_id) DO UPDATE SET
    state = excluded.state,
    channel = excluded.channel,
    store_id = excluded.store_id,
    subject = excluded.subject,
    placed_at = excluded.placed_at,
    changed_at = excluded.changed_at,
    currency = excluded.currency,
    total_minor = excluded.total_minor
"""

DROP_LINES = "DELETE FROM order_lines WHERE route_key = ? AND order_id = ?"

WRITE_LINE = f"INSERT INTO order_lines (route_key, {_LINE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

ORDER = f"SELECT {_ORDER} FROM orders WHERE route_key = ? AND order_id = ?"

LINES = f"SELECT {_LINE} FROM order_lines WHERE route_key = ? AND order_id = ? ORDER BY line"


def facts_of(order_count: int) -> str:
    """What was said of so many orders, each asked for by route and id."""
    return f"SELECT {_FACT} FROM order_facts WHERE (route_key, order_id) IN (VALUES {marks(order_count, 2)})"


def orders_of(subject_count: int) -> str:
    """The orders that so many subjects placed."""
    places = ", ".join("?" * subject_count)
    return f"SELECT {_ORDER} FROM orders WHERE subject IN ({places})"


TABLES = {
    "order_facts": ("route_key", *_FACT.split(", ")),
    "orders": ("route_key", *_ORDER.split(", ")),
    "order_lines": ("route_key", *_LINE.split(", ")),
}
"""Every table of this room, with all its columns."""
