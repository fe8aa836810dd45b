"""Values of the offers: what was drawn for a customer, what was answered, and how many of each there are."""

from collections.abc import Sequence
from typing import NamedTuple

from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotReadable, Refused
from noline.kernel.events import Fact, Json

DRAWN, ANSWERED = "Action Drawn", "Action Answered"
KINDS = frozenset({DRAWN, ANSWERED})
"""The words this room listens to."""

ARMS = ("shown", "held")
ANSWERS = ("accepted", "declined", "overruled")
LONGEST_REASON = 2_000
OF_DRAW = "answer-to:"
"""Before the id of a draw: what the answer to it is called."""


class AnswerWrong(NotReadable):
    """An answer to an offer that cannot be kept."""

    code = "offers.answer_wrong"
    sentence = "This cannot be noted about an offer: {why}."
    hint = "Correct what the sentence names; nothing was noted."


class NotShown(Refused):
    """An answer to an offer that nobody made to this customer."""

    code = "offers.not_shown"
    sentence = "{programme} was not offered to this customer, so there is nothing to answer; nothing was noted."
    hint = "Open the card of the customer: what is offered stands under its actions."


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
    """One deed as the table keeps it. until: None of an answer.

    message_id: of an answer to a draw a name that follows from the draw, so that a draw has one answer.
    terms: those of a draw (`terms_of`); "" where its deed does not tell them, and of an answer.
    """

    subject: bytes
    message_id: str
    programme: str
    told: str
    at: Micros
    until: Micros | None
    reason: str
    by: str
    terms: str = ""


def why_not_answered(answer: str, reason: str) -> str | None:
    """Why an answer cannot be kept; None when it can."""
    if answer not in ANSWERS:
        return f"an answer is one of {', '.join(ANSWERS)}"
    if answer == "overruled" and not reason.strip():
        return "whoever overrules an offer says why"
    if len(reason) > LONGEST_REASON or any(one == "\0" or "\ud800" <= one <= "\udfff" for one in reason):
        return f"a reason has at most {LONGEST_REASON} characters, and none is NUL or half of a character"
    return None


def drawn(
    programme: str, arm: str, within_days: int, holdout_percent: int | None = None, goal: Sequence[str] = ()
) -> Json:
    """The properties of a deed that gives a customer an arm. within_days: so long the goal may take.

    holdout_percent, goal: what the arm was drawn under; without the percent nobody can tell the odds of the draw.
    """
    said: Json = {"programme": programme, "arm": arm, "within_days": within_days}
    return said if holdout_percent is None else {**said, "holdout_percent": holdout_percent, "goal": list(goal)}


def terms_of(holdout_percent: int, goal: Sequence[str], within_days: int) -> str:
    """What makes draws one experiment, in words: the odds of the arms, what counts as success, and its time.

    Draws under other terms are another experiment: their arms are not alike, so they may not be added to it.
    """
    return f"{holdout_percent} % held out, {' or '.join(sorted(set(goal)))} within {within_days} days"


def answered(programme: str, answer: str, reason: str, draw: str | None = None) -> Json:
    """The properties of a deed that tells what became of an offer. draw: the id of the draw that made it."""
    said = {"programme": programme, "answer": answer, "reason": reason}
    return said if draw is None else {**said, "draw": draw}


def rank(row: Row) -> tuple[Micros, str, str, str]:
    """What decides between two answers to one draw: the later one stands."""
    return (row.at, row.told, row.reason, row.by)


def row_of(fact: Fact) -> Row | None:
    """What a deed says; None for one of which an erasure left nothing."""
    said = fact.properties
    programme = said.get("programme")
    if programme is None:
        return None
    if fact.kind == DRAWN:
        until = fact.occurred_at + said["within_days"] * DAY
        return Row(
            fact.subject, fact.message_id, programme, said["arm"], fact.occurred_at, until, "", said["by"], _terms(said)
        )
    name = f"{OF_DRAW}{said['draw']}" if "draw" in said else fact.message_id
    return Row(fact.subject, name, programme, said["answer"], fact.occurred_at, None, said["reason"], said["by"])


def _terms(said: Json) -> str:
    percent = said.get("holdout_percent")
    return "" if percent is None else terms_of(percent, said["goal"], said["within_days"])
