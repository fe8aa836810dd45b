"""The SQL of the clients."""

from functools import cache

from noline.kernel.clock import DAY
from noline.stores.portions import marks

_NOTE = "subject, note, state, at, written_by, text"
_ADVISER = "subject, adviser, since, seq"
_FOLLOW_UP = (
    "subject, follow_up, planned_at, due, text, planned_by, assigned_to, store_id, closed_at, closed_seq, closed_by, "
    "outcome"
)
_VIEW = "subject, at, message_id, seen_by, store_id, purpose, facts"
_FACT = "appointment, fact_route, message_id, kind, occurred_at, teller, trusted, channel, store_id, topic, starts_at"
_APPOINTMENT = "appointment, state, subject, channel, store_id, topic, starts_at, told_at"

TABLES = {
    "client_notes": ("route_key", *_NOTE.split(", ")),
    "client_advisers": ("route_key", *_ADVISER.split(", ")),
    "client_follow_ups": ("route_key", *_FOLLOW_UP.split(", ")),
    "client_views": ("route_key", *_VIEW.split(", ")),
    "appointment_facts": ("route_key", *_FACT.split(", ")),
    "appointments": ("route_key", *_APPOINTMENT.split(", ")),
}
"""Every table of this room, with all its columns."""

KEEP_NOTE = f"""
INSERT INTO client_notes (route_key, {_NOTE}) VALUES (?, ?, ?, 'kept', ?, ?, ?)
ON CONFLICT (route_key, subject, note) DO NOTHING
"""
# The row stays, without a word, so that the note does not come back when it is told after its withdrawal.
WITHDRAW_NOTE = f"""
INSERT INTO client_notes (route_key, {_NOTE}) VALUES (?, ?, ?, 'withdrawn', 0, '', '')
ON CONFLICT (route_key, subject, note) DO UPDATE SET state = 'withdrawn', at = 0, written_by = '', text = ''
"""
NAME_ADVISER = f"""
INSERT INTO client_advisers (route_key, {_ADVISER}) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject) DO UPDATE SET
    adviser = excluded.adviser, since = excluded.since, seq = excluded.seq
WHERE client_advisers.seq <= excluded.seq
"""
PLAN = """
INSERT INTO client_follow_ups (
    route_key, subject, follow_up, planned_at, due, text, planned_by, assigned_to, store_id, closed_by, outcome
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')
ON CONFLICT (route_key, subject, follow_up) DO UPDATE SET
    planned_at = excluded.planned_at, due = excluded.due, text = excluded.text, planned_by = excluded.planned_by,
    assigned_to = excluded.assigned_to, store_id = excluded.store_id
"""
CLOSE = """
INSERT INTO client_follow_ups (
    route_key, subject, follow_up, text, planned_by, assigned_to, closed_at, closed_seq, closed_by, outcome
) VALUES (?, ?, ?, '', '', '', ?, ?, ?, ?)
ON CONFLICT (route_key, subject, follow_up) DO UPDATE SET
    closed_at = excluded.closed_at, closed_seq = excluded.closed_seq, closed_by = excluded.closed_by,
    outcome = excluded.outcome
WHERE client_follow_ups.closed_seq IS NULL OR client_follow_ups.closed_seq > excluded.closed_seq
"""
KEEP_VIEW = f"""
INSERT INTO client_views (route_key, {_VIEW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, at, message_id) DO NOTHING
"""
KEEP_FACT = f"""
INSERT INTO appointment_facts (route_key, {_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, appointment, fact_route, message_id) DO NOTHING
"""
DROP_APPOINTMENT = "DELETE FROM appointments WHERE route_key = ? AND appointment = ?"
WRITE_APPOINTMENT = f"""
INSERT INTO appointments (route_key, {_APPOINTMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, appointment) DO UPDATE SET
    state = excluded.state, subject = excluded.subject, channel = excluded.channel, store_id = excluded.store_id,
    topic = excluded.topic, starts_at = excluded.starts_at, told_at = excluded.told_at
"""
FORGET = tuple(
    f"DELETE FROM {table} WHERE route_key = ? AND subject = ?"
    for table in ("client_notes", "client_advisers", "client_follow_ups", "client_views")
)
FORGET_TOLD_BY = "DELETE FROM appointment_facts WHERE teller = ?"

_SHOWN_OF_FOLLOW_UP = "follow_up, due, text, planned_by, planned_at, assigned_to, store_id, closed_at, outcome, subject"

APPOINTMENT = f"SELECT {_APPOINTMENT} FROM appointments WHERE route_key = ? AND appointment = ?"
APPOINTMENTS_AT = f"""
SELECT {_APPOINTMENT} FROM appointments WHERE store_id = ? AND starts_at >= ? AND starts_at < ?
ORDER BY starts_at, appointment
"""
FOLLOW_UPS_DUE = f"""
SELECT {_SHOWN_OF_FOLLOW_UP} FROM client_follow_ups
WHERE closed_at IS NULL AND due < ? AND (store_id IS NULL OR store_id = ?)
ORDER BY due, follow_up LIMIT ?
"""


FOLLOW_UPS_NAMED = f"SELECT {_SHOWN_OF_FOLLOW_UP} FROM client_follow_ups WHERE follow_up = ? AND due IS NOT NULL"


def _of(subjects: int) -> str:
    """Rows of so many subjects, asked for by their routing keys; the caller looks whose each row is.

    The few rows of a person are sorted by the caller: here that would cost as much again.
    """
    return f"route_key IN ({marks(subjects)})"


@cache
def notes_of(subjects: int) -> str:
    """The notes of so many subjects that nobody withdrew."""
    return f"SELECT subject, note, written_by, at, text FROM client_notes WHERE {_of(subjects)} AND state = 'kept'"


@cache
def note_of(subjects: int) -> str:
    """Under which of so many subjects a note stands, and whether it was withdrawn."""
    return f"SELECT subject, state FROM client_notes WHERE {_of(subjects)} AND note = ?"


@cache
def advisers_of(subjects: int) -> str:
    """Who was named for so many subjects."""
    return f"SELECT subject, adviser, since, seq FROM client_advisers WHERE {_of(subjects)}"


@cache
def follow_ups_of(subjects: int) -> str:
    """The open follow-ups of so many subjects."""
    return f"SELECT subject, {_SHOWN_OF_FOLLOW_UP} FROM client_follow_ups WHERE {_of(subjects)} AND closed_at IS NULL"


@cache
def all_follow_ups_of(subjects: int) -> str:
    """The follow-ups of so many subjects, the closed ones too."""
    which = "planned_at IS NOT NULL"
    return f"SELECT subject, {_SHOWN_OF_FOLLOW_UP} FROM client_follow_ups WHERE {_of(subjects)} AND {which}"


@cache
def views_of(subjects: int) -> str:
    """Who looked at the cards of so many subjects, the latest first, up to a limit; there may be thousands."""
    return _views("seen_by, at, store_id, purpose, facts", subjects)


@cache
def looks_of(subjects: int) -> str:
    """The same without what was shown."""
    return _views("seen_by, at, store_id, purpose", subjects)


def _views(columns: str, subjects: int) -> str:
    return (
        f"SELECT subject, {columns} FROM client_views WHERE {_of(subjects)} ORDER BY at DESC, message_id DESC LIMIT ?"
    )


LOOK = """
SELECT seen_by, at, store_id, purpose FROM client_views
WHERE route_key = ? AND subject = ? AND at = ? AND message_id = ?
"""


@cache
def look_of(subjects: int) -> str:
    """Whose of so many subjects one look is."""
    return f"SELECT subject FROM client_views WHERE {_of(subjects)} AND message_id = ?"


@cache
def days_seen(subjects: int) -> str:
    """The different days before an instant on which somebody looked at the cards of so many subjects."""
    return f"SELECT DISTINCT subject, (at + ?) / {DAY} FROM client_views WHERE {_of(subjects)} AND at < ?"


@cache
def appointments_of(subjects: int) -> str:
    """The appointments of so many subjects."""
    return f"SELECT {_APPOINTMENT} FROM appointments WHERE subject IN ({marks(subjects)})"


@cache
def told_by(tellers: int) -> str:
    """The appointments of which so many subjects told."""
    return f"SELECT DISTINCT appointment FROM appointment_facts WHERE teller IN ({marks(tellers)})"


@cache
def facts_of(count: int) -> str:
    """What was told of so many appointments, each asked for by route and id."""
    return f"SELECT {_FACT} FROM appointment_facts WHERE (route_key, appointment) IN (VALUES {marks(count, 2)})"
