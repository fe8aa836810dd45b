"""The SQL of the stock."""

from noline.stores.portions import marks

_MOVE = (
    "sku, fact_route, message_id, occurred_at, reason, document, actor, "
    "from_location, from_bucket, to_location, to_bucket, units, standing"
)
_COUNT = "sku, location, fact_route, message_id, occurred_at, document, actor, units"

KEEP_MOVE = f"""
INSERT INTO stock_moves (route_key, deed, {_MOVE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, deed, sku, fact_route, message_id) DO NOTHING
"""

OVERRULE_MOVE = """
UPDATE stock_moves SET standing = 0
WHERE route_key = ? AND deed = ? AND sku = ? AND fact_route = ? AND message_id = ?
"""

MOVES_OF_SKU = f"SELECT {_MOVE} FROM stock_moves WHERE route_key = ? AND sku = ? AND standing = 1"

MOVES_AT = f"{MOVES_OF_SKU} AND (from_location = ? OR to_location = ?)"

CHANGE_SINCE = """
SELECT CAST(coalesce(sum(
    CASE WHEN to_location = ? AND to_bucket = 'on_hand' THEN units ELSE 0 END
    - CASE WHEN from_location = ? AND from_bucket = 'on_hand' THEN units ELSE 0 END
), 0) AS BIGINT)
FROM stock_moves WHERE route_key = ? AND sku = ? AND standing = 1 AND occurred_at > ?
"""

KEEP_COUNT = f"""
INSERT INTO stock_counts (route_key, {_COUNT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, location, fact_route, message_id) DO NOTHING
"""

LATEST_COUNTS = f"""
SELECT {_COUNT} FROM stock_counts
WHERE route_key = ? AND sku = ? AND location = ? AND occurred_at = (
    SELECT max(occurred_at) FROM stock_counts WHERE route_key = ? AND sku = ? AND location = ?
)
"""

COUNTS_AT = f"SELECT {_COUNT} FROM stock_counts WHERE route_key = ? AND sku = ? AND location = ?"

CHANGE_CELL = """
INSERT INTO stock_cells (route_key, sku, location, bucket, units) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, location, bucket) DO UPDATE SET units = stock_cells.units + excluded.units
WHERE stock_cells.counted_at IS NULL OR stock_cells.counted_at < ?
"""

SET_CELL = """
INSERT INTO stock_cells (route_key, sku, location, bucket, units, counted_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, location, bucket) DO UPDATE SET
    units = excluded.units,
    counted_at = excluded.counted_at
"""

CELLS_OF = "SELECT location, bucket, units, counted_at FROM stock_cells WHERE route_key = ? AND sku = ?"

CELLS = "SELECT sku, location, bucket, units FROM stock_cells"

CHANGES_AFTER_COUNTS = """
WITH legs AS (
    SELECT route_key, sku, to_location AS location, to_bucket AS bucket, units * standing AS units, occurred_at
    FROM stock_moves
    UNION ALL
    SELECT route_key, sku, from_location, from_bucket, -units * standing, occurred_at
    FROM stock_moves
), counted AS (
    SELECT route_key, sku, location, max(occurred_at) AS counted_at
    FROM stock_counts GROUP BY route_key, sku, location
)
SELECT legs.sku, legs.location, legs.bucket, CAST(sum(
    CASE WHEN counted.counted_at IS NULL OR legs.occurred_at > counted.counted_at THEN legs.units ELSE 0 END
) AS BIGINT)
FROM legs LEFT JOIN counted
    ON counted.route_key = legs.route_key AND counted.sku = legs.sku
    AND counted.location = legs.location AND legs.bucket = 'on_hand'
GROUP BY legs.sku, legs.location, legs.bucket
"""

ALL_COUNTS = f"SELECT {_COUNT} FROM stock_counts"


def moves_of_deeds(count: int) -> str:
    """What is known of so many deeds, each asked for by the routing key of an item and the name of the deed."""
    return f"SELECT route_key, deed, {_MOVE} FROM stock_moves WHERE (route_key, deed) IN (VALUES {marks(count, 2)})"


TABLES = {
    "stock_moves": ("route_key", "deed", *_MOVE.split(", ")),
    "stock_counts": ("route_key", *_COUNT.split(", ")),
    "stock_cells": ("route_key", "sku", "location", "bucket", "units", "counted_at"),
}
"""Every table of this room, with all its columns."""
