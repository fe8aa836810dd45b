"""A case: a customer asked for help, for a call back, or wrote to us, and somebody is to answer.

A case with a number (`case_id`) is one thing, whoever tells of it in whatever channel: resolved once, it stays closed.
What is told without a number is one running matter for each name of a customer: it is open while something was asked
after the last time that we resolved something.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeVar

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact

LONGEST_ID = 256
LONGEST_TOPIC = 200
LONGEST_TEXT = 2_000

OPENED, RESOLVED = "Case Opened", "Case Resolved"
CALL_RESOLVED, CALL_TRANSFERRED = "Call Resolved", "Call Transferred"
CALLBACK, CALLBACK_MISSED = "Callback Requested", "Callback Missed"
RECEIVED, SENT = "Message Received", "Message Sent"

Thing = TypeVar("Thing")

Key = tuple[Micros, str, int]
"""What decides between two messages: when, then the message, then the subject that told it."""


class CaseUnreadable(NotReadable):
    """A message about a case that cannot be understood."""

    code = "cases.unreadable"
    sentence = "{kind} cannot be taken into the cases: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class Kind(StrEnum):
    """What a customer waits for; of one case that asks for several things the first of these."""

    CALLBACK = "callback"
    COMPLAINT = "complaint"
    UNANSWERED = "unanswered"


class State(StrEnum):
    """Where a case stands. answered: of a message that was answered and may be written to again."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


ASKS_FOR = {
    CALLBACK: Kind.CALLBACK, CALLBACK_MISSED: Kind.CALLBACK,
    OPENED: Kind.COMPLAINT, CALL_TRANSFERRED: Kind.COMPLAINT,
    RECEIVED: Kind.UNANSWERED,
}  # fmt: skip
"""What opens a case. A call that was merely begun opens none: it is being answered."""

ENDS = frozenset((RESOLVED, CALL_RESOLVED))
KINDS = frozenset(ASKS_FOR) | ENDS | {SENT}
"""The words this room listens to."""

WITHOUT_NUMBER = frozenset((CALLBACK, CALLBACK_MISSED, OPENED)) | ENDS
"""Words that mean something without a `case_id`: somebody promised something, or resolved what was open."""

_FIRST = tuple(Kind)
_CLOSED_BY_ANSWER = frozenset((Kind.UNANSWERED,))


class Case(NamedTuple):
    """One case.

    opened_at: since when the customer waits; None while only its end is known. missed: how often we did not call back
    as promised. ended_at: when it was resolved or answered last. numbered: it has a `case_id` of its own.
    """

    case_id: str
    kind: Kind
    state: State
    subject: bytes
    numbered: bool
    channel: str
    store_id: str | None
    topic: str | None
    order_id: str | None
    text: str | None
    opened_at: Micros | None
    missed: int
    ended_at: Micros | None


class Telling(NamedTuple):
    """What one message says of one case."""

    case_id: str
    key: Key
    kind: str
    teller: bytes
    trusted: bool
    numbered: bool
    channel: str
    store_id: str | None
    topic: str | None
    order_id: str | None
    text: str | None

    @property
    def at(self) -> Micros:
        """When it was said to have happened."""
        return self.key[0]


def running(subject: bytes) -> str:
    """The id of what a subject asked for without a number."""
    return f"of-{subject.hex()}"


def read_telling(fact: Fact, nobody: str) -> Telling | None:
    """What a fact says of a case; None when it is about none. Raises CaseUnreadable.

    nobody: the kind of name of those who were erased, who wait for nothing.
    """
    case_id = fact.text("case_id")
    numbered = case_id is not None
    if case_id is None:
        somebody = fact.identifiers and fact.identifiers[0].namespace != nobody
        if not somebody or fact.kind not in WITHOUT_NUMBER:
            return None
        case_id = running(fact.subject)
    elif len(case_id) > LONGEST_ID:
        raise CaseUnreadable(kind=fact.kind, why=f"its case_id has more than {LONGEST_ID} characters")
    return Telling(
        case_id=case_id,
        key=(fact.occurred_at, fact.message_id, fact.route_key),
        kind=fact.kind,
        teller=fact.subject,
        trusted=fact.trusted,
        numbered=numbered,
        channel=fact.channel,
        store_id=fact.text("store_id") or fact.context.store_id,
        topic=_cut(fact.text("topic"), LONGEST_TOPIC),
        order_id=_cut(fact.text("order_id"), LONGEST_ID),
        text=_cut(fact.text("text"), LONGEST_TEXT) if fact.kind in ASKS_FOR else None,
    )


def decide(tellings: Iterable[Telling]) -> Case:
    """The case that follows from everything said about it (at least one telling), in whatever order it was said.

    It is of whoever asked first; what a server of the company says goes before what a browser claims. What a person
    asked for without a number under several names is decided together.
    """
    told = sorted(tellings, key=lambda one: one.key)
    asked = [one for one in told if one.kind in ASKS_FOR]
    first = min(asked or told, key=lambda one: (not one.trusted, one.key))
    state, waiting, ended_at = _standing(told, asked)
    matter = waiting or asked
    return Case(
        case_id=first.case_id,
        kind=min((ASKS_FOR[one.kind] for one in matter), key=_FIRST.index, default=Kind.COMPLAINT),
        state=state,
        subject=first.teller,
        numbered=first.numbered,
        channel=first.channel,
        store_id=_last(one.store_id for one in told),
        topic=_last(one.topic for one in matter) or _last(one.topic for one in told),
        order_id=_last(one.order_id for one in told),
        text=_last(one.text for one in matter),
        opened_at=matter[0].at if matter else None,
        missed=sum(one.kind == CALLBACK_MISSED for one in matter),
        ended_at=ended_at,
    )


def _standing(told: Sequence[Telling], asked: Sequence[Telling]) -> tuple[State, list[Telling], Micros | None]:
    """Where a case stands, what of it still waits, and when it last ended."""
    ends = [one.at for one in told if one.kind in ENDS]
    if told[0].numbered:
        if ends:
            return State.CLOSED, [], ends[0]
        return _conversation(told, asked)
    ended_at = ends[-1] if ends else None
    waiting = [one for one in asked if ended_at is None or one.at > ended_at]
    return State.OPEN if waiting else State.CLOSED, waiting, ended_at


def _conversation(told: Sequence[Telling], asked: Sequence[Telling]) -> tuple[State, list[Telling], Micros | None]:
    """A numbered case that nobody resolved: an answer is enough for a message, not for a complaint or a call back."""
    answers = [one.at for one in told if one.kind == SENT]
    answered_at = answers[-1] if answers else None
    waiting = [
        one
        for one in asked
        if ASKS_FOR[one.kind] not in _CLOSED_BY_ANSWER or answered_at is None or one.at > answered_at
    ]
    return State.OPEN if waiting else State.ANSWERED, waiting, answered_at


def in_order(cases: Iterable[Case]) -> list[Case]:
    """Those of some cases that are open, who waits longest first."""
    waiting = [one for one in cases if one.state is State.OPEN]
    return sorted(waiting, key=lambda one: (one.opened_at or 0, one.case_id))


def _last(values: Iterable[Thing | None]) -> Thing | None:
    found = None
    for value in values:
        found = found if value is None else value
    return found


def _cut(text: str | None, longest: int) -> str | None:
    return None if text is None else text[:longest]
