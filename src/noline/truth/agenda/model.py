"""What somebody keeps an eye on: a question about journeys, an alert that it raised, and the care of a friction.

Nothing here counts. A question is kept as it was asked, with what it said on the day it was saved; whoever watches it
tells what it says since.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable

MOST_STEPS = 30
MOST_QUESTIONS = 200
LONGEST_NAME = 200
LONGEST_NOTE = 2_000

CareState = Literal["open", "in work", "fixed", "accepted"]
CARE_STATES: tuple[CareState, ...] = ("open", "in work", "fixed", "accepted")
"""How far the care of a friction is. accepted: the company lives with it."""


class QuestionWrong(NotReadable):
    """A question that cannot be saved."""

    code = "agenda.question_wrong"
    sentence = "This question cannot be saved: {why}."
    hint = "Correct what the sentence names; nothing was saved."


class CareWrong(NotReadable):
    """A care that cannot be kept."""

    code = "agenda.care_wrong"
    sentence = "This cannot be noted about a friction: {why}."
    hint = "Correct what the sentence names; nothing was noted."


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A funnel as somebody asks for it, in the words of `noline journeys funnel`.

    steps: actions, CHANNEL/ACTION or CHANNEL/*; one that ends with `?` may be left out.
    window: the longest time from the first step to any other, such as `7d`; `none`: no limit.
    mode: ordered (others may lie between), strict (none may), any (whatever order).
    tolerance: moments this near count either way. between: by step, the time from the step before, as `1m..2h`.
    without: what must not happen. ends: what that ends, the chain of steps or all that the person did.
    by: `channel` or another column of history that the people are parted by. credit: whose value a person counts under.
    """

    steps: tuple[str, ...]
    window: str = "7d"
    mode: Literal["ordered", "strict", "any"] = "ordered"
    tolerance: str = "0s"
    between: Mapping[str, str] = msgspec.field(default_factory=dict)
    without: tuple[str, ...] = ()
    ends: Literal["chain", "person"] = "chain"
    by: str | None = None
    credit: Literal["first", "last", "all"] = "first"


class Tally(msgspec.Struct, frozen=True):
    """Of so many persons so many got to the last step."""

    cases: int
    persons: int


class Question(msgspec.Struct, frozen=True):
    """A question with a name.

    alert: whether a change raises an alert. since: when it was saved; who began after this instant is compared with who
    began before it. baseline: what it said of everybody who began before, each at the very first beginning: to be
    shown, not to be compared with. by: who saved it.
    """

    id: str
    name: str
    asked: Asked
    alert: bool
    since: Micros
    baseline: Tally
    by: str = ""


class Alert(msgspec.Struct, frozen=True):
    """A saved question whose share moved beyond chance, or came back.

    state: raised, or ended when the evidence fell back. number: 1 is the first of its question. until: how far history
    was read. before, since: who began in stretches of equal length. evidence: how many times likelier the numbers are
    if the share moved; p: always-valid, however often somebody looked. low, high: where the share lies since, valid
    however often somebody looked. saved: the `since` of its question.
    """

    id: str
    question: str
    name: str
    state: Literal["raised", "ended"]
    number: int
    before: Tally
    since: Tally
    until: Micros
    evidence: float
    p: float
    low: float
    high: float
    saved: Micros


class Raised(NamedTuple):
    """An alert and when it was raised or ended."""

    alert: Alert
    at: Micros

    def stands_for(self, question: Question) -> bool:
        """Whether it was raised, for the question as it is asked now, and has not ended."""
        return self.alert.state == "raised" and self.alert.saved == question.since


class Care(msgspec.Struct, frozen=True):
    """Who cares for a friction. since: when it came into this state. proof: what would show that it is fixed."""

    friction: str
    owner: str
    state: CareState
    note: str
    proof: str
    since: Micros
    by: str = ""


def why_not_saved(name: str, asked: Asked) -> str | None:
    """Why a question cannot be saved; None when it can."""
    if not name.strip() or len(name) > LONGEST_NAME:
        return f"a name has 1 to {LONGEST_NAME} characters"
    if not 0 < len(asked.steps) <= MOST_STEPS or len(asked.without) > MOST_STEPS:
        return f"it has 1 to {MOST_STEPS} steps, and at most as many that must not happen"
    texts = (name, *asked.steps, *asked.without, *asked.between, *asked.between.values(), asked.by or "")
    if any("\0" in text or len(text) > LONGEST_NAME for text in texts):
        return f"each of its words has at most {LONGEST_NAME} characters"
    return None


def why_not_noted(care: Care) -> str | None:
    """Why a care cannot be kept; None when it can."""
    if care.state not in CARE_STATES:
        return f"the state is one of {', '.join(CARE_STATES)}"
    if len(care.owner) > LONGEST_NAME or max(len(care.note), len(care.proof)) > LONGEST_NOTE:
        return f"an owner has at most {LONGEST_NAME} characters, a note and a proof {LONGEST_NOTE}"
    if any("\0" in text for text in (care.owner, care.note, care.proof)):
        return "no text holds the character NUL"
    return None
