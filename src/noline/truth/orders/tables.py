"""The SQL of the orders."""

from functools import cache

from noline.stores.portions import marks

_FACT = (
    "order_id, fact_route, message_id, kind, occurred_at, channel, store_id, subject, currency, total_minor, "
    "return_id, lines, promised_at"
)
_ORDER = "order_id, state, channel, store_id, subject, placed_at, changed_at, currency, total_minor, promised_at"
ORDER_WIDTH = len(_ORDER.split(", "))
_LINE = "order_id, line, sku, units, price_minor, total_minor, currency, returned_units"

KEEP_FACT = f"""
INSERT INTO order_facts (route_key, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, order_id, fact_route, message_id) DO NOTHING
"""

WRITE_ORDER = f"""
INSERT INTO orders (route_key, {_ORDER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, order_id) DO UPDATE SET
    state = excluded.state,
    channel = excluded.channel,
    store_id = excluded.store_id,
    subject = excluded.subject,
    placed_at = excluded.placed_at,
    changed_at = excluded.changed_at,
    currency = excluded.currency,
    total_minor = excluded.total_minor,
    promised_at = excluded.promised_at
"""

DROP_LINES = "DELETE FROM order_lines WHERE route_key = ? AND order_id = ?"

WRITE_LINE = f"INSERT INTO order_lines (route_key, {_LINE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

ORDER = f"SELECT {_ORDER} FROM orders WHERE route_key = ? AND order_id = ?"

LINES = f"SELECT {_LINE} FROM order_lines WHERE route_key = ? AND order_id = ? ORDER BY line"

TOLD_READY_SINCE = f"""
SELECT {_ORDER} FROM orders
WHERE placed_at >= ? AND state = 'ready' AND NOT EXISTS (
    SELECT 1 FROM order_deeds WHERE order_deeds.route_key = orders.route_key AND order_deeds.order_id = orders.order_id
)
ORDER BY placed_at, order_id
"""

CLAIMS = """
SELECT sku, place, CAST(sum(units) AS BIGINT) FROM (
    SELECT line.sku, one.place, CASE
        WHEN one.state IN ('assigned', 'accepted') THEN line.asked - line.rejected - line.cancelled
        ELSE line.picked
    END AS units
    FROM fulfilments AS one
    JOIN fulfilment_lines AS line
        ON line.route_key = one.route_key AND line.order_id = one.order_id AND line.fulfilment = one.fulfilment
    WHERE one.state IN ('assigned', 'accepted', 'picking', 'packed', 'ready')
    UNION ALL
    SELECT sku, 'unsourced', waiting FROM order_units
) AS claims GROUP BY sku, place
"""


def facts_of(order_count: int) -> str:
    """What was said of so many orders, each asked for by route and id."""
    return f"SELECT {_FACT} FROM order_facts WHERE (route_key, order_id) IN (VALUES {marks(order_count, 2)})"


def orders_of(subject_count: int) -> str:
    """The orders that so many subjects placed."""
    places = ", ".join("?" * subject_count)
    return f"SELECT {_ORDER} FROM orders WHERE subject IN ({places})"


@cache
def bought_by(subject_count: int, *, latest: bool) -> str:
    """Orders that so many subjects placed, each beside its lines; one without known lines stands alone.

    latest: of more than the limit those that were placed last; it costs as much again as reading them.
    """
    order, line = (", ".join(f"{who}.{name}" for name in names.split(", ")) for who, names in _BESIDE)
    first = "ORDER BY placed_at DESC, order_id " if latest else ""
    return f"""
    SELECT {order}, {line}
    FROM (
        SELECT route_key, {_ORDER} FROM orders WHERE subject IN ({marks(subject_count)}) {first}LIMIT ?
    ) AS one
    LEFT JOIN order_lines AS line ON line.route_key = one.route_key AND line.order_id = one.order_id
    """


_BESIDE = (("one", _ORDER), ("line", _LINE))


@cache
def steps_of(order_count: int) -> str:
    """How far the fulfilments of so many orders have come, each order asked for by route and id."""
    return f"""
    SELECT {_FULFILMENT} FROM fulfilments WHERE (route_key, order_id) IN (VALUES {marks(order_count, 2)})
    ORDER BY made_at, fulfilment
    """


# Orders that the hub runs itself

_DEED = "order_id, message_id, seq, occurred_at, kind, said, decision"
_UNITS = "order_id, sku, ordered, waiting, cancelled, promised_at, placed_seq"
_FULFILMENT = "order_id, fulfilment, location, method, destination, place, state, promised_at, made_at, changed_at"
_FULFILMENT_LINE = "order_id, fulfilment, sku, asked, picked, rejected, cancelled, missed_at"

KEEP_DEED = f"INSERT INTO order_deeds (route_key, {_DEED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

REWORD_DEED = "UPDATE order_deeds SET said = ? WHERE route_key = ? AND order_id = ? AND message_id = ?"

DEEDS_OF = """
SELECT seq, message_id, kind, occurred_at, said FROM order_deeds WHERE route_key = ? AND order_id = ?
"""

DECISIONS_OF = """
SELECT occurred_at, said, decision FROM order_deeds
WHERE route_key = ? AND order_id = ? AND kind = 'Order Sourced' ORDER BY seq
"""

DECISIONS_BETWEEN = """
SELECT order_id, decision FROM order_deeds
WHERE decision IS NOT NULL AND occurred_at >= ? AND occurred_at < ? ORDER BY occurred_at, seq
"""

DROP_OF_ORDER = tuple(
    f"DELETE FROM {table} WHERE route_key = ? AND order_id = ?"
    for table in ("order_units", "fulfilment_lines", "fulfilments")
)

WRITE_UNITS = f"INSERT INTO order_units (route_key, {_UNITS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

WRITE_FULFILMENT = f"INSERT INTO fulfilments (route_key, {_FULFILMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

WRITE_FULFILMENT_LINE = f"""
INSERT INTO fulfilment_lines (route_key, {_FULFILMENT_LINE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

COUNT_PICKS = """
INSERT INTO location_picks (route_key, location, found, missed) VALUES (?, ?, ?, ?)
ON CONFLICT (route_key, location) DO UPDATE SET
    found = location_picks.found + excluded.found,
    missed = location_picks.missed + excluded.missed
"""

PICKS = "SELECT location, found, missed FROM location_picks"

WAITING = "SELECT order_id, sku, waiting FROM order_units WHERE waiting > 0 ORDER BY placed_seq, order_id, sku LIMIT ?"

MISSED = """
SELECT fulfilment_lines.sku, fulfilments.location, sum(fulfilment_lines.rejected), max(fulfilment_lines.missed_at)
FROM fulfilment_lines
JOIN fulfilments ON fulfilments.route_key = fulfilment_lines.route_key
    AND fulfilments.order_id = fulfilment_lines.order_id AND fulfilments.fulfilment = fulfilment_lines.fulfilment
WHERE fulfilment_lines.missed_at >= ?
GROUP BY fulfilment_lines.sku, fulfilments.location ORDER BY fulfilments.location, fulfilment_lines.sku
"""


def parcels_since(location_count: int) -> str:
    """How many fulfilments each of so many locations was given since an instant and did not send back."""
    return f"""
    SELECT location, count(*) FROM fulfilments
    WHERE made_at >= ? AND location IN ({marks(location_count)}) AND state NOT IN ('rejected', 'cancelled')
    GROUP BY location
    """


def fulfilments_where(*, place: bool, state: bool, newest_first: bool = False) -> str:
    """Ids of fulfilments, the oldest first; of those that stand at a place, or in a state, when asked so."""
    conditions = ["place = ?"] * place + ["state = ?"] * state
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    order = "made_at DESC" if newest_first else "made_at"
    return f"SELECT order_id, fulfilment FROM fulfilments {where}ORDER BY {order}, order_id, fulfilment LIMIT ?"


TABLES = {
    "order_deeds": ("route_key", *_DEED.split(", ")),
    "order_units": ("route_key", *_UNITS.split(", ")),
    "fulfilments": ("route_key", *_FULFILMENT.split(", ")),
    "fulfilment_lines": ("route_key", *_FULFILMENT_LINE.split(", ")),
    "location_picks": ("route_key", "location", "found", "missed"),
    "order_facts": ("route_key", *_FACT.split(", ")),
    "orders": ("route_key", *_ORDER.split(", ")),
    "order_lines": ("route_key", *_LINE.split(", ")),
}
"""Every table of this room, with all its columns."""
