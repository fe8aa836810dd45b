"""A loop of feedback: somebody said something, somebody answers, somebody closes it.

Reviews, survey answers and complaints of every channel and site are one kind of loop. What was said stays in the log,
sealed under the key of who said it; here stands only where the loop is and where its words are to be found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact

OPENING = frozenset({"Review Posted", "Product Reviewed", "Feedback Given"})
"""The words that open a loop."""

ANSWERED, CLOSED = "Feedback Answered", "Feedback Closed"
KINDS = OPENING | {ANSWERED, CLOSED}
"""The words this room listens to."""

_NAME_CHARACTERS = 256
_BEST_RATING = 100


Key = tuple[Micros, str, int]
"""What decides between two messages: when, then the message, then the subject that told it."""


class FeedbackUnreadable(NotReadable):
    """A message about feedback that cannot be understood."""

    code = "feedback.unreadable"
    sentence = "{kind} cannot be taken into the feedback: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class State(StrEnum):
    """Where a loop stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Telling:
    """What one message says of one loop."""

    loop_id: str
    key: Key
    kind: str
    subject: bytes
    channel: str
    site: str | None
    store_id: str | None
    sku: str | None
    order_id: str | None
    rating_hundredths: int | None

    @property
    def occurred_at(self) -> Micros:
        """When it was said to have happened."""
        return self.key[0]


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop. opened_at: None while only its answer is known. rating_hundredths: 450 is 4.5 stars.

    fact_route, message_id: where the log keeps the words themselves.
    """

    loop_id: str
    state: State
    subject: bytes
    channel: str
    site: str | None
    store_id: str | None
    sku: str | None
    order_id: str | None
    rating_hundredths: int | None
    opened_at: Micros | None
    answered_at: Micros | None
    closed_at: Micros | None
    fact_route: int
    message_id: str

    def age_days(self, now: Micros) -> int | None:
        """Whole days since it was opened."""
        return None if self.opened_at is None else max(0, now - self.opened_at) // DAY


@dataclass(frozen=True, slots=True)
class LoopCount:
    """The loops of one channel and store. Ages are of the open ones, in whole days; None when none is open."""

    channel: str
    store_id: str | None
    open: int
    answered: int
    closed: int
    oldest_open_days: int | None
    mean_open_days: int | None


def read_telling(fact: Fact) -> Telling:
    """What a fact says of a loop; raises FeedbackUnreadable."""
    loop_id = fact.text("review_id", "feedback_id")
    if loop_id is None and fact.kind in OPENING:
        loop_id = fact.message_id
    if loop_id is None or len(loop_id) > _NAME_CHARACTERS:
        raise FeedbackUnreadable(kind=fact.kind, why="it has no review_id, or one that is too long")
    return Telling(
        loop_id=loop_id,
        key=(fact.occurred_at, fact.message_id, fact.route_key),
        kind=fact.kind,
        subject=fact.subject,
        channel=fact.channel,
        site=fact.text("site", "source_site"),
        store_id=fact.text("store_id") or fact.context.store_id,
        sku=fact.text("sku", "product_id"),
        order_id=fact.text("order_id"),
        rating_hundredths=_rating(fact) if fact.kind in OPENING else None,
    )


def decide(tellings: Iterable[Telling]) -> Loop:
    """The loop that follows from everything said about it (at least one telling).

    What was said is as it was last said; each step counts from when it was first taken.
    """
    told = sorted(tellings, key=lambda one: one.key)
    openings = [telling for telling in told if telling.kind in OPENING]
    answered_at = _first(told, ANSWERED)
    closed_at = _first(told, CLOSED)
    words = openings[-1] if openings else told[-1]
    _, message_id, fact_route = words.key
    return Loop(
        loop_id=words.loop_id,
        state=State.CLOSED if closed_at is not None else State.ANSWERED if answered_at is not None else State.OPEN,
        subject=words.subject,
        channel=words.channel,
        site=words.site,
        store_id=words.store_id,
        sku=words.sku,
        order_id=words.order_id,
        rating_hundredths=words.rating_hundredths,
        opened_at=openings[0].occurred_at if openings else None,
        answered_at=answered_at,
        closed_at=closed_at,
        fact_route=fact_route,
        message_id=message_id,
    )


def _first(told: Iterable[Telling], kind: str) -> Micros | None:
    return next((telling.occurred_at for telling in told if telling.kind == kind), None)


def _rating(fact: Fact) -> int | None:
    text = fact.text("rating")
    if text is None:
        return None
    try:
        rating = Decimal(text)
        inside = 0 <= rating <= _BEST_RATING
    except InvalidOperation as cause:
        raise FeedbackUnreadable(kind=fact.kind, why=f"its rating {text!r} is no number") from cause
    if not inside:
        raise FeedbackUnreadable(kind=fact.kind, why=f"its rating {text!r} is not between 0 and {_BEST_RATING}")
    return int((rating * 100).to_integral_value())
