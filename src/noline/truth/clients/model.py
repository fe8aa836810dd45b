"""What people of the company know of a customer and agreed with them, beside what the channels tell.

Notes, follow-ups, the adviser and who looked are decided through a door; appointments are told by any channel, in any
order, and how far one has come follows from everything that was told of it.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeVar

from noline.kernel.clock import Micros, parse_instant
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact

LONGEST_NOTE = 2_000
LONGEST_NAME = 200
LONGEST_ID = 256

WRITTEN, WITHDRAWN = "Note Written", "Note Withdrawn"
NAMED = "Adviser Named"
PLANNED, CLOSED = "Follow-up Planned", "Follow-up Closed"
VIEWED = "Customer Viewed"


class AppointmentUnreadable(NotReadable):
    """A message about an appointment that cannot be understood."""

    code = "clients.appointment_unreadable"
    sentence = "{kind} cannot be taken as an appointment: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class ClientUnreadable(NotReadable):
    """Something about a customer that cannot be kept."""

    code = "clients.unreadable"
    sentence = "This cannot be noted about a customer: {why}."
    hint = "Correct what the sentence names; nothing was noted."


class Standing(StrEnum):
    """How far an appointment has come, the furthest last."""

    BOOKED = "booked"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    KEPT = "kept"


STANDING_OF = {
    "Appointment Booked": Standing.BOOKED,
    "Appointment Missed": Standing.MISSED,
    "Appointment Withdrawn": Standing.WITHDRAWN,
    "Appointment Kept": Standing.KEPT,
}
"""The words of a channel about appointments. Who came after all has kept it, whatever was told before."""

WORD_OF = {standing: word for word, standing in STANDING_OF.items()}

DECIDED = frozenset({WRITTEN, WITHDRAWN, NAMED, PLANNED, CLOSED, VIEWED})
KINDS = DECIDED | frozenset(STANDING_OF)
"""The words this room listens to."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that nobody sees, which Unicode does not count as spaces."""

_FURTHER = {standing: number for number, standing in enumerate(Standing)}

Thing = TypeVar("Thing")

Key = tuple[Micros, str, int]
"""What decides between two messages: when, then the message, then the subject that told it."""


class Note(NamedTuple):
    """What somebody noted of a customer; the customer is shown it on request."""

    id: str
    by: str
    at: Micros
    text: str


class Adviser(NamedTuple):
    """Who looks after a customer, and since when."""

    by: str
    since: Micros


class FollowUp(NamedTuple):
    """What is still to be done for a customer. due: until when. by: who planned it. assigned_to: empty for anybody.

    store: None when it is not for one store. closed_at, outcome: None and empty while it is open.
    """

    id: str
    due: Micros
    text: str
    by: str
    planned_at: Micros
    assigned_to: str
    store: str | None
    closed_at: Micros | None
    outcome: str
    subject: bytes


class Appointment(NamedTuple):
    """A meeting. at: when it begins; None when nobody said. told_at: when it was first told of."""

    id: str
    state: Standing
    subject: bytes
    channel: str
    store: str | None
    topic: str | None
    at: Micros | None
    told_at: Micros


class View(NamedTuple):
    """That somebody looked at the customer's card, for what purpose, and the ids of the facts that were shown."""

    by: str
    at: Micros
    store: str | None
    purpose: str
    facts: tuple[str, ...]


class Client(NamedTuple):
    """What people know of a customer, each list the latest first; follow-ups the one due first."""

    notes: Sequence[Note]
    adviser: Adviser | None
    appointments: Sequence[Appointment]
    follow_ups: Sequence[FollowUp]
    views: Sequence[View]


class Day(NamedTuple):
    """What is agreed for a day at a store: appointments by their beginning, follow-ups by when they are due."""

    appointments: Sequence[Appointment]
    follow_ups: Sequence[FollowUp]


class Telling(NamedTuple):
    """What one message says of one appointment."""

    appointment: str
    key: Key
    kind: str
    teller: bytes
    trusted: bool
    channel: str
    store: str | None
    topic: str | None
    starts_at: Micros | None


def read_telling(fact: Fact) -> Telling | None:
    """What a fact says of an appointment; None when it does not say of which. Raises AppointmentUnreadable."""
    appointment = fact.text("appointment_id")
    if appointment is None:
        return None
    if len(appointment) > LONGEST_ID:
        raise AppointmentUnreadable(kind=fact.kind, why=f"its appointment_id has more than {LONGEST_ID} characters")
    topic = fact.text("topic")
    return Telling(
        appointment,
        (fact.occurred_at, fact.message_id, fact.route_key),
        fact.kind,
        fact.subject,
        fact.trusted,
        fact.channel,
        fact.text("store_id") or fact.context.store_id,
        None if topic is None else topic[:LONGEST_NAME],
        _starts_at(fact),
    )


def _starts_at(fact: Fact) -> Micros | None:
    told = fact.text("starts_at", "at")
    try:
        return None if told is None else parse_instant(told)
    except (ValueError, OverflowError) as cause:
        raise AppointmentUnreadable(kind=fact.kind, why=f"{told!r} is no time") from cause


def decide(tellings: Iterable[Telling]) -> Appointment:
    """The appointment that follows from everything said about it (at least one telling).

    Where, when and what about is as it was booked last. It is of whom it was booked for first; what a server of the
    company says goes before what a browser claims.
    """
    told = sorted(tellings, key=lambda one: one.key)
    booked = [one for one in told if one.kind == WORD_OF[Standing.BOOKED]]
    deciding = [one for one in told if one not in booked] + booked
    first = min(booked or told, key=lambda one: (not one.trusted, one.key))
    return Appointment(
        id=first.appointment,
        state=max((STANDING_OF[one.kind] for one in told), key=_FURTHER.__getitem__),
        subject=first.teller,
        channel=first.channel,
        store=_last(one.store for one in deciding),
        topic=_last(one.topic for one in deciding),
        at=_last(one.starts_at for one in deciding),
        told_at=told[0].key[0],
    )


def _last(values: Iterable[Thing | None]) -> Thing | None:
    found = None
    for value in values:
        found = found if value is None else value
    return found


def is_further(state: Standing, than: Standing) -> bool:
    """Whether an appointment goes on by coming into this state."""
    return _FURTHER[state] > _FURTHER[than]


def is_seen(text: str) -> bool:
    """Whether anything of a text is seen, and not only spaces and characters that join, turn or control others."""
    wide = unicodedata.normalize("NFKC", text)
    return any(unicodedata.category(letter)[0] not in "CZ" and letter not in _BLANK for letter in wide) or any(
        "\ud800" <= letter <= "\udfff" for letter in wide
    )


def why_not_kept(*, longest: int = LONGEST_NOTE, **texts: str | None) -> str | None:
    """Why some words cannot be kept; None when they can. What is None was not said."""
    for name, text in texts.items():
        if text is None:
            continue
        if len(text) > longest or not is_seen(text):
            return f"{name} has 1 to {longest} characters"
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            return f"{name} holds half of a character"
        if "\0" in text:
            return f"{name} holds the character NUL"
    return None
