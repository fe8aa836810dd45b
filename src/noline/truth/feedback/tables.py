"""The SQL of the feedback."""

from noline.stores.portions import marks

_FACT = (
    "loop_id, fact_route, message_id, kind, occurred_at, subject, channel, site, store_id, sku, order_id, "
    "rating_hundredths"
)
_LOOP = (
    "loop_id, state, subject, channel, site, store_id, sku, order_id, rating_hundredths, "
    "opened_at, answered_at, closed_at, fact_route, message_id"
)

KEEP_FACT = f"""
INSERT INTO feedback_facts (route_key, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, loop_id, fact_route, message_id) DO NOTHING
"""

WRITE_LOOP = f"""
INSERT INTO feedback_loops (route_key, {_LOOP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, loop_id) DO UPDATE SET
    state = excluded.state,
    subject = excluded.subject,
    channel = excluded.channel,
    site = excluded.site,
    store_id = excluded.store_id,
    sku = excluded.sku,
    order_id = excluded.order_id,
    rating_hundredths = excluded.rating_hundredths,
    opened_at = excluded.opened_at,
    answered_at = excluded.answered_at,
    closed_at = excluded.closed_at,
    fact_route = excluded.fact_route,
    message_id = excluded.message_id
"""

LOOP = f"SELECT {_LOOP} FROM feedback_loops WHERE route_key = ? AND loop_id = ?"

OPEN_LOOPS = f"""
SELECT {_LOOP} FROM feedback_loops WHERE state = 'open'
ORDER BY opened_at, route_key LIMIT ? OFFSET ?
"""

COUNTS = """
SELECT channel, store_id,
    count(CASE WHEN state = 'open' THEN 1 END),
    count(CASE WHEN state = 'answered' THEN 1 END),
    count(CASE WHEN state = 'closed' THEN 1 END),
    min(CASE WHEN state = 'open' THEN opened_at END),
    CAST(coalesce(sum(CASE WHEN state = 'open' AND opened_at < ? THEN (? - opened_at) / ? ELSE 0 END), 0) AS BIGINT)
FROM feedback_loops GROUP BY channel, store_id
"""


def facts_of(loop_count: int) -> str:
    """What was said of so many loops, each asked for by route and id."""
    return f"SELECT {_FACT} FROM feedback_facts WHERE (route_key, loop_id) IN (VALUES {marks(loop_count, 2)})"


def orders_of(subjects: int) -> str:
    """The orders of which so many subjects told how they were."""
    return f"SELECT order_id FROM feedback_loops WHERE subject IN ({marks(subjects)}) AND order_id IS NOT NULL"


def loops_of(subjects: int) -> str:
    """The loops that so many subjects opened."""
    return f"SELECT {_LOOP} FROM feedback_loops WHERE subject IN ({marks(subjects)})"


OPEN_AT = f"""
SELECT {_LOOP} FROM feedback_loops WHERE state = 'open' AND store_id = ? ORDER BY opened_at, route_key LIMIT ?
"""

TABLES = {
    "feedback_facts": ("route_key", *_FACT.split(", ")),
    "feedback_loops": ("route_key", *_LOOP.split(", ")),
}
"""Every table of this room, with all its columns."""
