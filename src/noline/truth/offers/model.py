"""Values of the offers: what was drawn for a customer, what was answered, and how many of each there are."""

from typing import NamedTuple

from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact, Json

DRAWN, ANSWERED = "Action Drawn", "Action Answered"
KINDS = frozenset({DRAWN, ANSWERED})
"""The words this room listens to."""

ARMS = ("shown", "held")
ANSWERS = ("accepted", "declined", "overruled")
LONGEST_REASON = 2_000


class AnswerWrong(NotReadable):
    """An answer to an offer that cannot be kept."""

    code = "offers.answer_wrong"
    sentence = "This cannot be noted about an offer: {why}."
    hint = "Correct what the sentence names; nothing was noted."


class Drawn(NamedTuple):
    """A customer got an arm of a programme. arm: shown or held. until: when the time of the goal is over."""

    programme: str
    arm: str
    at: Micros
    until: Micros


class Answered(NamedTuple):
    """What became of an offer. answer: accepted, declined or overruled. by: who took it down."""

    programme: str
    answer: str
    at: Micros
    reason: str
    by: str


class Record(NamedTuple):
    """What was drawn for one customer and answered by them, each the oldest first."""

    draws: tuple[Drawn, ...]
    answers: tuple[Answered, ...]


class Row(NamedTuple):
    """One deed as the table keeps it. until: None of an answer."""

    subject: bytes
    message_id: str
    programme: str
    told: str
    at: Micros
    until: Micros | None
    reason: str
    by: str


def why_not_answered(answer: str, reason: str) -> str | None:
    """Why an answer cannot be kept; None when it can."""
    if answer not in ANSWERS:
        return f"an answer is one of {', '.join(ANSWERS)}"
    if answer == "overruled" and not reason.strip():
        return "whoever overrules an offer says why"
    if len(reason) > LONGEST_REASON or "\0" in reason:
        return f"a reason has at most {LONGEST_REASON} characters, and none is NUL"
    return None


def drawn(programme: str, arm: str, within_days: int) -> Json:
    """The properties of a deed that gives a customer an arm. within_days: so long the goal may take."""
    return {"programme": programme, "arm": arm, "within_days": within_days}


def answered(programme: str, answer: str, reason: str) -> Json:
    """The properties of a deed that tells what became of an offer."""
    return {"programme": programme, "answer": answer, "reason": reason}


def row_of(fact: Fact) -> Row | None:
    """What a deed says; None for one of which an erasure left nothing."""
    said = fact.properties
    programme = said.get("programme")
    if programme is None:
        return None
    if fact.kind == DRAWN:
        until = fact.occurred_at + said["within_days"] * DAY
        return Row(fact.subject, fact.message_id, programme, said["arm"], fact.occurred_at, until, "", said["by"])
    return Row(
        fact.subject, fact.message_id, programme, said["answer"], fact.occurred_at, None, said["reason"], said["by"]
    )  # fmt: skip
