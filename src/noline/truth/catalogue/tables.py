"""The SQL of the catalogue."""

from noline.stores.portions import marks

FACTS_OF = """
SELECT occurred_at, message_id, fact_route, said
FROM catalogue_facts WHERE route_key = ? AND thing = ? AND name = ?
"""

KEEP_FACT = """
INSERT INTO catalogue_facts (route_key, thing, name, fact_route, message_id, occurred_at, said)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, thing, name, fact_route, message_id) DO NOTHING
"""

DROP_FACT = """
DELETE FROM catalogue_facts
WHERE route_key = ? AND thing = ? AND name = ? AND fact_route = ? AND message_id = ?
"""

_ITEM = "sku, name, brand, category, price_minor, currency, gtin, attributes, described_at"

WRITE_ITEM = f"""
INSERT INTO items (route_key, {_ITEM}, words, sort_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku) DO UPDATE SET
    name = excluded.name,
    brand = excluded.brand,
    category = excluded.category,
    price_minor = excluded.price_minor,
    currency = excluded.currency,
    gtin = excluded.gtin,
    attributes = excluded.attributes,
    described_at = excluded.described_at,
    words = excluded.words,
    sort_key = excluded.sort_key
"""

ITEM = f"SELECT {_ITEM} FROM items WHERE route_key = ? AND sku = ?"

WRITE_LOCATION = """
INSERT INTO locations (route_key, location, name, channel, country, city, described_at, latitude, longitude)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, location) DO UPDATE SET
    name = excluded.name,
    channel = excluded.channel,
    country = excluded.country,
    city = excluded.city,
    described_at = excluded.described_at,
    latitude = excluded.latitude,
    longitude = excluded.longitude
"""

_LOCATION = "location, name, channel, country, city, described_at, latitude, longitude"

LOCATIONS = f"SELECT {_LOCATION} FROM locations"


NAMES = "SELECT DISTINCT name FROM items WHERE name IS NOT NULL"

MENTIONING = f"SELECT {_ITEM} FROM items WHERE attributes LIKE ? ESCAPE '!' ORDER BY sort_key, route_key"


def items(item_count: int) -> str:
    """So many items, each asked for by route and SKU."""
    return f"SELECT {_ITEM} FROM items WHERE (route_key, sku) IN (VALUES {marks(item_count, 2)})"


def search(word_count: int) -> str:
    """Items that have every one of so many words; an exact SKU or GTIN first, then by name."""
    each = " AND ".join(["words LIKE ? ESCAPE '!'"] * word_count)
    return f"""
    SELECT {_ITEM} FROM items WHERE {each}
    ORDER BY CASE WHEN sku = ? OR gtin = ? THEN 0 ELSE 1 END, sort_key, route_key
    LIMIT ?
    """


TABLES = {
    "catalogue_facts": ("route_key", "thing", "name", "fact_route", "message_id", "occurred_at", "said"),
    "items": ("route_key", *_ITEM.split(", "), "words", "sort_key"),
    "locations": ("route_key", *_LOCATION.split(", ")),
}
"""Every table of this room, with all its columns."""
