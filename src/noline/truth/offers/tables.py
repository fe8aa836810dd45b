"""The SQL of the offers."""

from functools import cache

from noline.stores.portions import marks

_TOLD = "subject, message_id, programme, told, at, until_at, reason, by_name, terms"
_COUNT = "programme, told, times"

KEEP = f"""
INSERT INTO offers_told (route_key, {_TOLD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, message_id) DO NOTHING
"""

ANSWER = f"SELECT {_TOLD} FROM offers_told WHERE route_key = ? AND message_id = ?"
ANSWER_AGAIN = """
UPDATE offers_told SET told = ?, at = ?, reason = ?, by_name = ? WHERE route_key = ? AND message_id = ?
"""

COUNT = f"""
INSERT INTO offers_counts (route_key, {_COUNT}) VALUES (?, ?, ?, ?)
ON CONFLICT (route_key, programme, told) DO UPDATE SET times = offers_counts.times + excluded.times
"""

DROP_EMPTY_COUNTS = "DELETE FROM offers_counts WHERE times = 0"

COUNTS = "SELECT programme, told, times FROM offers_counts ORDER BY programme, told"

DRAWS = """
SELECT subject, told, at, until_at, terms FROM offers_told
WHERE programme = ? AND told IN ('shown', 'held') ORDER BY at, message_id
"""

OVERRULED = """
SELECT reason, by_name, at, subject FROM offers_told
WHERE programme = ? AND told = 'overruled' ORDER BY at DESC, message_id LIMIT ?
"""

FORGET = "DELETE FROM offers_told WHERE route_key = ? AND subject = ?"

TABLES = {
    "offers_told": ("route_key", *_TOLD.split(", ")),
    "offers_counts": ("route_key", *_COUNT.split(", ")),
}
"""Every table of this room, with all its columns."""


@cache
def told_of(subjects: int) -> str:
    """What was drawn and answered of so many subjects, asked for by their routing keys; the caller looks whose it is.

    The few rows of a person are sorted by the caller.
    """
    return f"""
SELECT subject, at, message_id, programme, told, until_at, reason, by_name FROM offers_told
WHERE route_key IN ({marks(subjects)})
"""


COUNTS_OF = """
SELECT programme, told, count(*) FROM offers_told WHERE route_key = ? AND subject = ? GROUP BY programme, told
"""
