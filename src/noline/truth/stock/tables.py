"""The SQL of the stock."""

from noline.stores.portions import marks
from noline.truth.stock.model import BUCKETS, VIRTUAL

_MOVE = (
    "sku, fact_route, message_id, seq, occurred_at, reason, document, actor, "
    "from_location, from_bucket, to_location, to_bucket, lot, owner, units, standing"
)
_COUNT = "sku, location, lot, owner, fact_route, message_id, seq, occurred_at, document, actor, units"
_CELL = "location, lot, owner, on_hand, unsellable, held, allocated, incoming, counted_at"
_HOLD = "hold, state, channel, document, lines, placed_at, expires_at, ended_at, order_id"
_POLICY = "oversell, beyond, until_at, buffer, safety"

KEEP_MOVE = f"""
INSERT INTO stock_moves (route_key, deed, {_MOVE}) VALUES {{rows}}
ON CONFLICT (route_key, deed, sku, fact_route, message_id) DO NOTHING
"""

OVERRULE_MOVE = """
UPDATE stock_moves SET standing = 0
WHERE route_key = ? AND deed = ? AND sku = ? AND fact_route = ? AND message_id = ?
"""

MOVES_AT = f"""
SELECT {_MOVE} FROM stock_moves
WHERE route_key = ? AND sku = ? AND standing = 1 AND (from_location = ? OR to_location = ?)
"""

MOVES_AFTER = f"""
SELECT {_MOVE} FROM stock_moves WHERE seq > ? AND standing = 1 ORDER BY seq, deed, sku, fact_route, message_id LIMIT ?
"""

SKUS_MOVED_AFTER = """
SELECT DISTINCT sku FROM stock_moves WHERE seq > ? UNION SELECT DISTINCT sku FROM stock_counts WHERE seq > ?
"""

LAST_SEQ = """
SELECT coalesce(max(seq), 0) FROM (
    SELECT max(seq) AS seq FROM stock_moves UNION ALL SELECT max(seq) FROM stock_counts
) AS latest
"""

CHANGE_SINCE = """
SELECT CAST(coalesce(sum(
    CASE WHEN to_location = ? AND to_bucket = 'on_hand' THEN units ELSE 0 END
    - CASE WHEN from_location = ? AND from_bucket = 'on_hand' THEN units ELSE 0 END
), 0) AS BIGINT)
FROM stock_moves
WHERE route_key = ? AND sku = ? AND lot = ? AND owner = ? AND standing = 1 AND occurred_at > ?
    AND from_location <> 'demand' AND to_location <> 'demand'
"""

LAST_MOVES_OF = """
SELECT from_location, to_location, max(seq) FROM stock_moves
WHERE route_key = ? AND sku = ? AND standing = 1 GROUP BY from_location, to_location
"""

LAST_COUNTS_OF = "SELECT location, max(seq) FROM stock_counts WHERE route_key = ? AND sku = ? GROUP BY location"

CHANGE_BETWEEN = f"{CHANGE_SINCE} AND occurred_at <= ?"

KEEP_COUNT = f"""
INSERT INTO stock_counts (route_key, {_COUNT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, location, lot, owner, fact_route, message_id) DO NOTHING
"""

_PILE = "route_key = ? AND sku = ? AND location = ? AND lot = ? AND owner = ?"

LATEST_COUNTS = f"""
SELECT {_COUNT} FROM stock_counts
WHERE {_PILE} AND occurred_at = (SELECT max(occurred_at) FROM stock_counts WHERE {_PILE})
"""

COUNTS_UNTIL = f"""
SELECT {_COUNT} FROM stock_counts
WHERE {_PILE} AND occurred_at = (SELECT max(occurred_at) FROM stock_counts WHERE {_PILE} AND occurred_at <= ?)
"""

COUNTS_AT = f"SELECT {_COUNT} FROM stock_counts WHERE route_key = ? AND sku = ? AND location = ?"

NEW_CELL = """
INSERT INTO stock_cells
    (route_key, sku, location, lot, owner, on_hand, unsellable, held, allocated, incoming, counted_at)
VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, NULL)
ON CONFLICT (route_key, sku, location, lot, owner) DO NOTHING
"""

CHANGE_CELL = f"""
UPDATE stock_cells SET
    on_hand = on_hand + CASE WHEN counted_at IS NULL OR counted_at < ? THEN ? ELSE 0 END,
    unsellable = unsellable + ?,
    held = held + ?,
    allocated = allocated + ?,
    incoming = incoming + ?
WHERE {_PILE}
"""

COUNT_CELL = f"UPDATE stock_cells SET on_hand = ?, counted_at = ? WHERE {_PILE}"

CELLS_OF = f"SELECT {_CELL} FROM stock_cells WHERE route_key = ? AND sku = ?"

ITEMS_AFTER = """
SELECT DISTINCT route_key, sku FROM stock_cells WHERE (route_key, sku) > (?, ?) ORDER BY route_key, sku LIMIT ?
"""

CELLS_AT = "SELECT sku, location, on_hand, held, allocated FROM stock_cells WHERE (route_key, sku, location) IN "

CELLS = f"SELECT sku, {_CELL} FROM stock_cells"

CELLS_OF_ROUTE = f"{CELLS} WHERE route_key = ?"

CLAIMED = """
SELECT sku, location, CAST(sum({bucket}) AS BIGINT) FROM stock_cells WHERE {bucket} <> 0 GROUP BY sku, location
"""

ITEMS_AT = f"SELECT sku, {_CELL} FROM stock_cells WHERE location = ? AND sku > ? ORDER BY sku LIMIT ?"

OVERPROMISED = """
SELECT sku, location, CAST(sum(on_hand) AS BIGINT), CAST(sum(held) AS BIGINT), CAST(sum(allocated) AS BIGINT)
FROM stock_cells WHERE (route_key, sku, location) IN (
    SELECT route_key, sku, location FROM stock_cells WHERE on_hand < held + allocated AND location <> 'unsourced'
)
GROUP BY sku, location HAVING sum(on_hand) < sum(held) + sum(allocated) ORDER BY sku, location LIMIT ?
"""

_REAL = f"NOT IN ({', '.join(repr(name) for name in sorted(VIRTUAL))})"

_CHANGES_AFTER_COUNTS = f"""
WITH legs AS (
    SELECT route_key, sku, lot, owner, to_location AS location, to_bucket AS bucket, units, occurred_at
    FROM stock_moves WHERE standing = 1 AND to_location {_REAL} {{of_route}}
    UNION ALL
    SELECT route_key, sku, lot, owner, from_location, from_bucket, -units, occurred_at
    FROM stock_moves WHERE standing = 1 AND from_location {_REAL} {{of_route}}
), counted AS (
    SELECT route_key, sku, location, lot, owner, max(occurred_at) AS counted_at
    FROM stock_counts WHERE 1 = 1 {{of_route}} GROUP BY route_key, sku, location, lot, owner
)
SELECT legs.sku, legs.location, legs.lot, legs.owner, legs.bucket, CAST(sum(
    CASE WHEN counted.counted_at IS NULL OR legs.occurred_at > counted.counted_at THEN legs.units ELSE 0 END
) AS BIGINT)
FROM legs LEFT JOIN counted
    ON counted.route_key = legs.route_key AND counted.sku = legs.sku
    AND counted.lot = legs.lot AND counted.owner = legs.owner
    AND counted.location = legs.location AND legs.bucket = 'on_hand'
GROUP BY legs.sku, legs.location, legs.lot, legs.owner, legs.bucket
"""

CHANGES_AFTER_COUNTS = _CHANGES_AFTER_COUNTS.format(of_route="")

CHANGES_AFTER_COUNTS_OF_ROUTE = _CHANGES_AFTER_COUNTS.format(of_route="AND route_key = ?")

ALL_COUNTS = f"SELECT {_COUNT} FROM stock_counts"

COUNTS_OF_ROUTE = f"{ALL_COUNTS} WHERE route_key = ?"


_PILE_OF_ITEM = """CASE WHEN lot = '' AND owner = '' THEN sku
            ELSE length(lot) || ':' || lot || length(owner) || ':' || owner || sku END"""
"""Item, lot and owner as one text: a recount carries and compares it for each of millions of rows."""


def _moved(end: str, sign: str) -> str:
    """What the moves of an item did at one end (`to`, `from`), but for what a later count swallowed."""
    return f"""
        SELECT {end}_location AS location, {end}_bucket AS bucket, {_PILE_OF_ITEM} AS pile, {sign}units AS units
        FROM stock_moves AS move
        WHERE route_key = item.route_key AND standing = 1 AND {end}_location {_REAL}
            AND (NOT item.is_counted OR {end}_bucket <> 'on_hand' OR NOT EXISTS (
                SELECT 1 FROM stock_counts AS later
                WHERE later.route_key = move.route_key AND later.sku = move.sku AND later.location = {end}_location
                    AND later.lot = move.lot AND later.owner = move.owner AND later.occurred_at >= move.occurred_at
            ))"""


def _kept(bucket: str) -> str:
    """What the cells of an item have in a bucket, to be taken away."""
    return f"""
        SELECT location, '{bucket}', {_PILE_OF_ITEM}, -{bucket}
        FROM stock_cells WHERE route_key = item.route_key AND {bucket} <> 0"""


_LAST_COUNTED = f"""
        SELECT location, 'on_hand', {_PILE_OF_ITEM}, (
            SELECT units FROM stock_counts AS latest
            WHERE latest.route_key = item.route_key AND latest.sku = pile.sku AND latest.location = pile.location
                AND latest.lot = pile.lot AND latest.owner = pile.owner
            ORDER BY occurred_at DESC, message_id DESC, fact_route DESC LIMIT 1
        )
        FROM (
            SELECT DISTINCT sku, location, lot, owner FROM stock_counts WHERE route_key = item.route_key
        ) AS pile"""

_LEGS = " UNION ALL ".join([_moved("to", ""), _moved("from", "-"), _LAST_COUNTED, *map(_kept, BUCKETS)])

_COUNTED_TABLES = ("stock_cells", "stock_moves", "stock_counts")


def _next_route(after: str) -> str:
    """The first routing key that meets a condition, in whichever table it stands."""
    first = " UNION ALL ".join(f"SELECT min(route_key) AS route_key FROM {name} {after}" for name in _COUNTED_TABLES)
    return f"(SELECT min(route_key) FROM ({first}) AS firsts)"


# From key to key, so that no row is read to find the items; rows of one item lie side by side, so the store never sorts
# more than those of one at a time.
ROUTES_ASTRAY = f"""
WITH RECURSIVE every (route_key) AS (
    SELECT {_next_route("")}
    UNION ALL
    SELECT {_next_route("WHERE route_key > every.route_key")} FROM every WHERE every.route_key IS NOT NULL
)
SELECT item.route_key FROM (
    SELECT route_key, EXISTS (SELECT 1 FROM stock_counts WHERE route_key = every.route_key) AS is_counted
    FROM every WHERE route_key IS NOT NULL
) AS item
WHERE EXISTS (SELECT 1 FROM ({_LEGS}) AS legs GROUP BY location, bucket, pile HAVING sum(units) <> 0)
ORDER BY item.route_key LIMIT ?
"""

EXPECT = """
INSERT INTO stock_incoming (route_key, sku, location, document, units, due_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, location, document) DO UPDATE SET
    units = stock_incoming.units + excluded.units,
    due_at = coalesce(excluded.due_at, stock_incoming.due_at)
"""

SUPPLIES_OF = """
SELECT sku, location, document, units, due_at FROM stock_incoming
WHERE route_key = ? AND sku = ? AND units > 0 ORDER BY due_at, document
"""

AWAITED = """
SELECT sku, location, document, units, due_at FROM stock_incoming
WHERE document = ? AND units > 0 ORDER BY sku, location
"""

ON_ITS_WAY = """
SELECT lot, owner, CAST(sum(
    CASE WHEN to_location = ? AND to_bucket = 'incoming' THEN units ELSE 0 END
    - CASE WHEN from_location = ? AND from_bucket = 'incoming' THEN units ELSE 0 END
) AS BIGINT)
FROM stock_moves
WHERE route_key = ? AND sku = ? AND occurred_at >= ? AND document = ? AND standing = 1
    AND from_location <> 'demand' AND to_location <> 'demand'
GROUP BY lot, owner
"""

PLACE_HOLD = f"""
INSERT INTO stock_holds (route_key, {_HOLD}) VALUES {{rows}}
ON CONFLICT (route_key, hold) DO NOTHING
"""

EXTEND_HOLD = "UPDATE stock_holds SET expires_at = ? WHERE route_key = ? AND hold = ? AND state = 'active'"

END_HOLD = """
UPDATE stock_holds SET state = ?, ended_at = ?, order_id = coalesce(?, order_id)
WHERE route_key = ? AND hold = ? AND state IN ('active', 'committed')
"""

HOLD = f"SELECT {_HOLD} FROM stock_holds WHERE route_key = ? AND hold = ?"

HOLDS_DUE = f"""
SELECT {_HOLD} FROM stock_holds WHERE state = 'active' AND expires_at <= ? ORDER BY expires_at, hold LIMIT ?
"""

ANY_DUE = "SELECT 1 FROM stock_holds WHERE state = 'active' AND expires_at <= ? LIMIT 1"

RAN_OUT = "SELECT lines FROM stock_holds WHERE state = 'active' AND expires_at <= ?"

ACTIVE_HOLDS = f"SELECT {_HOLD} FROM stock_holds WHERE state = 'active' ORDER BY expires_at, hold"

COMMITTED_HOLDS = f"SELECT {_HOLD} FROM stock_holds WHERE state = 'committed' ORDER BY hold"

SET_POLICY = f"""
INSERT INTO stock_policies (route_key, sku, channel, {_POLICY}, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, channel) DO UPDATE SET
    oversell = excluded.oversell, beyond = excluded.beyond, until_at = excluded.until_at,
    buffer = excluded.buffer, safety = excluded.safety, seq = excluded.seq
WHERE stock_policies.seq < excluded.seq
"""

POLICIES_OF = f"SELECT channel, {_POLICY} FROM stock_policies WHERE route_key = ? AND sku = ?"

POLICIES = f"SELECT sku, channel, {_POLICY} FROM stock_policies ORDER BY sku, channel LIMIT ? OFFSET ?"

RULES_AFTER = f"SELECT sku, channel, {_POLICY}, seq FROM stock_policies WHERE seq > ? ORDER BY seq"

ANY_POLICY = "SELECT 1 FROM stock_policies LIMIT 1"


def moves_of_deeds(count: int) -> str:
    """What is known of so many deeds, each asked for by the routing key of an item and the name of the deed."""
    return f"SELECT route_key, deed, {_MOVE} FROM stock_moves WHERE (route_key, deed) IN (VALUES {marks(count, 2)})"


def cells_of(count: int) -> str:
    """Every cell of so many items, each asked for by routing key and item."""
    return f"SELECT sku, {_CELL} FROM stock_cells WHERE (route_key, sku) IN (VALUES {marks(count, 2)})"


def cells_at(count: int) -> str:
    """What lies and is claimed in so many places, each asked for by routing key, item and location."""
    return f"{CELLS_AT} (VALUES {marks(count, 3)})"


def _but_for_seq(columns: str) -> tuple[str, ...]:
    """Where a row stands in the log is bookkeeping: the same facts in another order are the same stock."""
    return tuple(name for name in columns.split(", ") if name != "seq")


TABLES = {
    "stock_moves": ("route_key", "deed", *_but_for_seq(_MOVE)),
    "stock_counts": ("route_key", *_but_for_seq(_COUNT)),
    "stock_cells": ("route_key", "sku", *_CELL.split(", ")),
    "stock_incoming": ("route_key", "sku", "location", "document", "units", "due_at"),
    "stock_holds": ("route_key", *_HOLD.split(", ")),
    "stock_policies": ("route_key", "sku", "channel", *_POLICY.split(", ")),
}
"""Every table of this room, with the columns that follow from the facts alone."""
