"""The SQL of the prices."""

from noline.stores.portions import marks

_WINDOW = (
    "sku, fact_route, message_id, occurred_at, channel, country, currency, price_minor, valid_from, valid_until, source"
)

KEEP_WINDOW = f"""
INSERT INTO price_windows (route_key, {_WINDOW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, fact_route, message_id) DO NOTHING
"""

HISTORY = f"SELECT {_WINDOW} FROM price_windows WHERE route_key = ? AND sku = ? ORDER BY valid_from, occurred_at"

_OPEN = "valid_from <= ? AND (valid_until IS NULL OR valid_until > ?)"


def _latest(condition: str) -> str:
    """Of the windows that are open, those that no other one covers; several only when told in the same instant."""
    return f"""
    SELECT {_WINDOW} FROM (
        SELECT {_WINDOW}, route_key, rank() OVER (
            PARTITION BY route_key, sku, channel, country, currency ORDER BY valid_from DESC, occurred_at DESC
        ) AS covered
        FROM price_windows WHERE {condition} AND {_OPEN}
    ) AS windows WHERE covered = 1
    """


OPEN_OF_SKU = _latest("route_key = ? AND sku = ?")

OPEN = _latest("1 = 1")


def open_in_channels(count: int) -> str:
    """What is open of so many items in a channel each, asked for by routing key, item and channel."""
    return _latest(f"(route_key, sku, channel) IN (VALUES {marks(count, 3)})")


TABLES = {"price_windows": ("route_key", *_WINDOW.split(", "))}
"""Every table of this room, with all its columns."""
