"""The SQL of the wishes."""

from noline.stores.portions import marks

_WISH = "subject, sku, at"

KEEP = f"""
INSERT INTO wishes (route_key, {_WISH}) VALUES (?, ?, ?, ?)
ON CONFLICT (route_key, subject, sku) DO UPDATE SET at = excluded.at WHERE wishes.at < excluded.at
"""

FORGET = "DELETE FROM wishes WHERE route_key = ? AND subject = ?"

COUNT = "SELECT count(*) FROM wishes WHERE route_key = ? AND subject = ?"


def wishes_of(subjects: int) -> str:
    """What so many subjects looked for since an instant; first their routing keys are given, then they themselves."""
    keys = marks(subjects)
    return f"SELECT sku, at FROM wishes WHERE route_key IN ({keys}) AND subject IN ({keys}) AND at >= ?"


TABLES = {"wishes": ("route_key", *_WISH.split(", "))}
"""Every table of this room, with all its columns."""
