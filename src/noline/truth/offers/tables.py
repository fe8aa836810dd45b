"""The SQL of the offers."""

from noline.stores.portions import marks

_TOLD = "subject, message_id, programme, told, at, until_at, reason, by_name"
_COUNT = "programme, told, times"

KEEP = f"""
INSERT INTO offers_told (route_key, {_TOLD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, message_id) DO NOTHING
"""

COUNT = f"""
INSERT INTO offers_counts (route_key, {_COUNT}) VALUES (?, ?, ?, ?)
ON CONFLICT (route_key, programme, told) DO UPDATE SET times = offers_counts.times + excluded.times
"""

DROP_EMPTY_COUNTS = "DELETE FROM offers_counts WHERE times = 0"

COUNTS = "SELECT programme, told, times FROM offers_counts ORDER BY programme, told"

DRAWS = """
SELECT subject, told, at, until_at FROM offers_told
WHERE programme = ? AND told IN ('shown', 'held') ORDER BY at, message_id
"""

OVERRULED = """
SELECT reason, by_name, at FROM offers_told
WHERE programme = ? AND told = 'overruled' ORDER BY at DESC, message_id LIMIT ?
"""

FORGET = "DELETE FROM offers_told WHERE route_key = ? AND subject = ?"

TABLES = {
    "offers_told": ("route_key", *_TOLD.split(", ")),
    "offers_counts": ("route_key", *_COUNT.split(", ")),
}
"""Every table of this room, with all its columns."""


def told_of(subjects: int) -> str:
    """What was drawn and answered of so many subjects, each asked for by route and subject."""
    return f"""
SELECT programme, told, at, until_at, reason, by_name FROM offers_told
WHERE (route_key, subject) IN (VALUES {marks(subjects, 2)}) ORDER BY at, message_id
"""


COUNTS_OF = """
SELECT programme, told, count(*) FROM offers_told WHERE route_key = ? AND subject = ? GROUP BY programme, told
"""
