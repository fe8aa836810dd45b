"""The SQL of the papers of goods."""

from collections.abc import Sequence

from noline.stores.portions import marks

_PAPER = "paper, kind, state, location, target, order_id, changed_at, seq, said"
_STEP = "paper, seq, state, at, actor"
_SHORT = "sku, location, document, units, at, seq"
_CLOSING = "task, reason, actor, at, seq"

KEEP_PAPER = f"""
INSERT INTO goods_papers (route_key, {_PAPER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, paper) DO UPDATE SET
    state = excluded.state, location = excluded.location, target = excluded.target, order_id = excluded.order_id,
    changed_at = excluded.changed_at, seq = excluded.seq, said = excluded.said
WHERE goods_papers.seq <= excluded.seq
"""

KEEP_STEP = f"""
INSERT INTO goods_steps (route_key, {_STEP}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (route_key, paper, seq) DO NOTHING
"""

KEEP_SHORT_PICK = f"""
INSERT INTO goods_short_picks (route_key, {_SHORT}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, sku, location) DO UPDATE SET
    document = excluded.document, units = excluded.units, at = excluded.at, seq = excluded.seq
WHERE goods_short_picks.seq < excluded.seq
"""

KEEP_CLOSING = f"""
INSERT INTO goods_closings (route_key, {_CLOSING}) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, task) DO UPDATE SET
    reason = excluded.reason, actor = excluded.actor, at = excluded.at, seq = excluded.seq
WHERE goods_closings.seq <= excluded.seq
"""

PAPER = "SELECT said, seq FROM goods_papers WHERE route_key = ? AND paper = ?"

PAPERS_OF_ORDER = "SELECT said FROM goods_papers WHERE order_id = ? AND order_id <> '' AND kind = 'return' ORDER BY seq"

STEPS = "SELECT state, at, actor FROM goods_steps WHERE route_key = ? AND paper = ? ORDER BY seq"

SHORT_PICKS = f"SELECT {_SHORT} FROM goods_short_picks ORDER BY seq DESC LIMIT ?"

TABLES = {
    "goods_papers": ("route_key", *_PAPER.split(", ")),
    "goods_steps": ("route_key", *_STEP.split(", ")),
    "goods_short_picks": ("route_key", *_SHORT.split(", ")),
    "goods_closings": ("route_key", *_CLOSING.split(", ")),
}
"""Every table of this room, with all its columns."""


def papers(states: Sequence[str], *, anywhere: bool) -> str:
    """Papers of a kind, touched last first; the states, then the location twice unless anywhere, limit and offset."""
    in_states = f"AND state IN ({marks(len(states))})" if states else ""
    at = "" if anywhere else "AND (location = ? OR target = ?)"
    return f"SELECT said, seq FROM goods_papers WHERE kind = ? {in_states} {at} ORDER BY seq DESC LIMIT ? OFFSET ?"


def closings(count: int) -> str:
    """The closings of so many tasks, each asked for by route and id."""
    return f"SELECT {_CLOSING} FROM goods_closings WHERE (route_key, task) IN (VALUES {marks(count, 2)})"
