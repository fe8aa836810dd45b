"""The SQL of the cases."""

from functools import cache

from noline.stores.portions import marks

_FACT = (
    "case_id, fact_route, message_id, kind, occurred_at, teller, trusted, numbered, channel, store_id, topic, "
    "order_id, text"
)
_CASE = "case_id, kind, state, subject, numbered, channel, store_id, topic, order_id, text, opened_at, missed, ended_at"

TABLES = {
    "case_facts": ("route_key", *_FACT.split(", ")),
    "cases": ("route_key", *_CASE.split(", ")),
}
"""Every table of this room, with all its columns."""

KEEP_FACT = f"""
INSERT INTO case_facts (route_key, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, case_id, fact_route, message_id) DO NOTHING
"""
DROP_CASE = "DELETE FROM cases WHERE route_key = ? AND case_id = ?"
WRITE_CASE = f"""
INSERT INTO cases (route_key, {_CASE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, case_id) DO UPDATE SET
    kind = excluded.kind, state = excluded.state, subject = excluded.subject, numbered = excluded.numbered,
    channel = excluded.channel, store_id = excluded.store_id, topic = excluded.topic, order_id = excluded.order_id,
    text = excluded.text, opened_at = excluded.opened_at, missed = excluded.missed, ended_at = excluded.ended_at
"""
FORGET_TOLD_BY = "DELETE FROM case_facts WHERE teller = ?"

CASE = f"SELECT {_CASE} FROM cases WHERE route_key = ? AND case_id = ?"
OPEN_AT = f"""
SELECT {_CASE} FROM cases WHERE state = 'open' AND store_id = ? ORDER BY opened_at, case_id LIMIT ?
"""


@cache
def cases_of(subjects: int) -> str:
    """The cases of so many subjects that may still be open, and what tells that something without a number ended."""
    return f"SELECT {_CASE} FROM cases WHERE subject IN ({marks(subjects)}) AND (state = 'open' OR numbered = 0)"


@cache
def all_of(subjects: int) -> str:
    """Every case of so many subjects."""
    return f"SELECT {_CASE} FROM cases WHERE subject IN ({marks(subjects)})"


@cache
def told_by(tellers: int) -> str:
    """The cases of which so many subjects told."""
    return f"SELECT DISTINCT case_id FROM case_facts WHERE teller IN ({marks(tellers)})"


@cache
def facts_of(count: int) -> str:
    """What was told of so many cases, each asked for by route and id."""
    return f"SELECT {_FACT} FROM case_facts WHERE (route_key, case_id) IN (VALUES {marks(count, 2)})"
