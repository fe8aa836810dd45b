"""From facts to the rows of this room, and from rows to what they tell."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from noline.kernel.events import Fact
from noline.stores.transactional import Row
from noline.truth.clients import tables
from noline.truth.clients.model import (
    CLOSED,
    NAMED,
    PLANNED,
    VIEWED,
    WITHDRAWN,
    WRITTEN,
    Appointment,
    FollowUp,
    Standing,
    Telling,
    View,
)

_read_facts = msgspec.json.Decoder(tuple[str, ...]).decode
_encode = msgspec.json.encode


class Written(NamedTuple):
    """How a deed becomes a row: the statement, and what stands behind the routing key and the subject."""

    statement: str
    row: Callable[[Fact], Row]


def _said(fact: Fact, name: str) -> str:
    return fact.text(name) or ""


def _note(fact: Fact) -> Row:
    return (fact.message_id, fact.occurred_at, _said(fact, "by"), _said(fact, "text"))


def _withdrawn(fact: Fact) -> Row:
    return (_said(fact, "note"),)


def _adviser(fact: Fact) -> Row:
    return (_said(fact, "adviser"), fact.occurred_at, fact.seq)


def _planned(fact: Fact) -> Row:
    return (
        fact.message_id, fact.occurred_at, fact.properties["due"], _said(fact, "text"), _said(fact, "by"),
        _said(fact, "assigned_to"), fact.text("store_id"),
    )  # fmt: skip


def _closed(fact: Fact) -> Row:
    return (_said(fact, "follow_up"), fact.occurred_at, fact.seq, _said(fact, "by"), _said(fact, "outcome"))


def _viewed(fact: Fact) -> Row:
    facts = _encode(fact.properties.get("facts") or ()).decode()
    place, purpose = fact.text("store_id"), _said(fact, "purpose")
    return (fact.occurred_at, fact.message_id, _said(fact, "by"), place, purpose, facts)


WRITES = {
    WRITTEN: Written(tables.KEEP_NOTE, _note),
    WITHDRAWN: Written(tables.WITHDRAW_NOTE, _withdrawn),
    NAMED: Written(tables.NAME_ADVISER, _adviser),
    PLANNED: Written(tables.PLAN, _planned),
    CLOSED: Written(tables.CLOSE, _closed),
    VIEWED: Written(tables.KEEP_VIEW, _viewed),
}
"""What each deed writes."""


def view_in(row: Row) -> View:
    """Who looked, from a row."""
    by, at, store, purpose, facts = row
    return View(by, at, store, purpose, _read_facts(facts))


def follow_up_in(row: Row) -> FollowUp:
    """A follow-up, from a row."""
    *said, subject = row
    return FollowUp(*said, subject=bytes(subject))


def appointment_row(one: Appointment) -> Row:
    """What stands behind the routing key of an appointment."""
    return (one.id, str(one.state), one.subject, one.channel, one.store, one.topic, one.at, one.told_at)


def appointment_in(row: Row) -> Appointment:
    """An appointment, from a row."""
    name, state, subject, *said = row
    return Appointment(name, Standing(state), bytes(subject), *said)


def telling_row(one: Telling) -> Row:
    """What stands behind the routing key of a telling."""
    at, message_id, fact_route = one.key
    return (
        one.appointment, fact_route, message_id, one.kind, at, one.teller, int(one.trusted), one.channel, one.store,
        one.topic, one.starts_at,
    )  # fmt: skip


def telling_in(row: Row) -> Telling:
    """A telling, from a row."""
    name, fact_route, message_id, kind, at, teller, trusted, *said = row
    return Telling(name, (at, message_id, fact_route), kind, bytes(teller), bool(trusted), *said)
