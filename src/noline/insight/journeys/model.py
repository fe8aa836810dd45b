"""What is known about a border between two channels, in values that explain themselves.

A share always comes with its Wilson 95 % interval, and says when it rests on too few people to be believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from noline.kernel.clock import DAY, MINUTE, Micros
from noline.kernel.money import Money, minor_digits
from noline.kernel.shares import Share, wilson

ALWAYS_SINCE: Micros = -(2**62)
ALWAYS_UNTIL: Micros = 2**62


@dataclass(frozen=True, slots=True)
class Windows:
    """How long people may take, in microseconds, and until when the log observes.

    quick_gap: the longest pause within a visit, in every channel not named below.
    business_day_channels: there a visit lasts for a day (UTC).
    slow_gap: the longest pause within a visit in `slow_channels`.
    journey_gap: the longest pause within a journey.
    settling: after a goal, the time in which pick-up, delivery and questions still belong to that journey.
    horizon: the time to reach a goal in.
    handoff: the time to arrive after a declared hand-off that names no end.
    observed_until: the log tells everything up to here; None: up to its latest touchpoint.
    """

    quick_gap: Micros = 30 * MINUTE
    business_day_channels: tuple[str, ...] = ("store",)
    slow_gap: Micros = DAY
    slow_channels: tuple[str, ...] = ("mail", "b2b", "wholesale", "marketplace", "reviews")
    journey_gap: Micros = 30 * DAY
    settling: Micros = 7 * DAY
    horizon: Micros = 14 * DAY
    handoff: Micros = 30 * DAY
    observed_until: Micros | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How attempts lie on people, as sums over people: cases squared, cases times attempts, attempts squared."""

    cases_squared: int
    cases_by_attempts: int
    attempts_squared: int


def share_of_attempts(cases: int, attempts: int, persons: int, spread: Spread) -> Share:
    """The share of cases among attempts, several of which may be of one person.

    What one person does again and again tells less than as many people would. So the interval is that of as many
    independent attempts as would vary as much as these people do, and of no more than there are people if all their
    attempts ended alike.
    """
    if attempts == 0:
        return wilson(0, 0, worth=0, persons=persons)
    # Whole numbers until the end: cases and attempts of large logs, squared, are too large for a float.
    varies = (
        spread.cases_squared * attempts * attempts
        - 2 * cases * attempts * spread.cases_by_attempts
        + cases * cases * spread.attempts_squared
    )
    alone = cases * (attempts - cases) * attempts * attempts
    worth = min(attempts, alone / varies) if varies else persons
    return wilson(cases, attempts, worth=worth, persons=persons)


@dataclass(frozen=True, slots=True)
class Reporting:
    """The currency of reports, and what one unit of each other currency is worth in it."""

    currency: str
    rates: Mapping[str, Decimal]

    def total(self, amounts: Iterable[Money]) -> tuple[int, tuple[Money, ...]]:
        """The sum in minor units of the reporting currency, and the amounts whose currency has no rate."""
        known = 0
        other: list[Money] = []
        for amount in sorted(amounts, key=lambda amount: amount.currency):
            rate = Decimal(1) if amount.currency == self.currency else self.rates.get(amount.currency)
            if rate is not None:
                known += self._converted(amount, rate)
            elif amount.amount_minor:
                other.append(amount)
        return known, tuple(other)

    def _converted(self, amount: Money, rate: Decimal) -> int:
        digits = minor_digits(self.currency) - minor_digits(amount.currency)
        return int((amount.amount_minor * rate).scaleb(digits).to_integral_value(rounding=ROUND_HALF_EVEN))


class AsDict:
    """Values that every door shows as data, with the names of the contract."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """The value as data; `from_channel` and `to_channel` are `from` and `to`."""
        fields = asdict(self)  # type: ignore[call-overload]
        return {name.removesuffix("_channel") if name in _ENDS else name: value for name, value in fields.items()}


_ENDS = frozenset({"from_channel", "to_channel"})


@dataclass(frozen=True, slots=True)
class Handoff(AsDict):
    """A border: everybody who was handed over from one channel to another, and who was lost on it.

    attempts: hand-offs, of which `declared` were named by the sender, `attempts_lost` were lost, and of
        `attempts_undecided` the log cannot tell yet.
    persons: distinct people handed over; each is lost, succeeded, undecided, or had nothing to lose.
    arrived: people who reached the receiving channel at least once; arrived_decided: by a hand-off whose whole time is
        observed.
    lost: people lost at least once = lost_before_arrival + lost_after_arrival, by their latest loss.
    undecided: people none of whose hand-offs has been observed for all its time; undecided_succeeded: those of them who
        have reached a goal already. They stand in no share: who is lost would only be known later.
    succeeded: people never lost who reached a goal.
    value_minor: exposed value of the losses in minor units of `currency`: an upper bound.
    value_other: exposed value in currencies without a rate.
    share_lost: lost / (persons - undecided): people lost at least once, so it grows with the years of a log.
    share_attempts_lost: attempts_lost / (attempts - attempts_undecided): what becomes of one hand-off.
    """

    from_channel: str
    to_channel: str
    attempts: int
    declared: int
    attempts_lost: int
    attempts_undecided: int
    persons: int
    arrived: int
    arrived_decided: int
    lost: int
    lost_before_arrival: int
    lost_after_arrival: int
    undecided: int
    undecided_succeeded: int
    succeeded: int
    value_minor: int
    currency: str
    value_other: tuple[Money, ...]
    share_lost: float | None
    share_lost_low: float | None
    share_lost_high: float | None
    share_attempts_lost: float | None
    share_attempts_lost_low: float | None
    share_attempts_lost_high: float | None
    too_few: bool


@dataclass(frozen=True, slots=True)
class HandoffGroup(AsDict):
    """The declared hand-offs of one border that carry the same group; `group` is None where none was named.

    attempts: declarations. arrived: in time, also of those that are undecided.
    lost: declarations lost = lost_before_arrival + lost_after_arrival.
    undecided: declarations not all of whose time (to arrive, and then to reach a goal in) is observed; they stand in no
        share. undecided_after_arrival: those of them that have arrived already.
    share_arrived: (arrived - undecided_after_arrival) / (attempts - undecided).
    share_lost: lost / (attempts - undecided).
    too_few, too_few_lost: whether share_arrived, and share_lost, rests on too few to be believed.
    """

    group: str | None
    attempts: int
    persons: int
    arrived: int
    lost: int
    lost_before_arrival: int
    lost_after_arrival: int
    undecided: int
    undecided_after_arrival: int
    share_arrived: float | None
    share_arrived_low: float | None
    share_arrived_high: float | None
    share_lost: float | None
    share_lost_low: float | None
    share_lost_high: float | None
    too_few: bool
    too_few_lost: bool


@dataclass(frozen=True, slots=True)
class HandoffPart(AsDict):
    """One part of a border: the hand-offs of one store, month, article, country or group.

    by: the dimension. value: which one; None where nobody named it.
    month: `YYYY-MM` (UTC) of handing over, when the part is one month of that value; None for all of it.
    All counts are as in `Handoff`, of these hand-offs alone: whoever was lost in two parts counts in each.
    share_lost_before_arrival, share_lost_after_arrival: of the people of whom the log can tell.
    stands_out_before_arrival, stands_out_after_arrival: that share is higher here than in all other parts together,
        beyond chance and allowing for how many parts are compared.
    """

    by: str
    value: str | None
    month: str | None
    attempts: int
    attempts_lost: int
    persons: int
    arrived: int
    lost: int
    lost_before_arrival: int
    lost_after_arrival: int
    undecided: int
    value_minor: int
    currency: str
    value_other: tuple[Money, ...]
    share_lost: float | None
    share_lost_low: float | None
    share_lost_high: float | None
    share_lost_before_arrival: float | None
    share_lost_before_arrival_low: float | None
    share_lost_before_arrival_high: float | None
    share_lost_after_arrival: float | None
    share_lost_after_arrival_low: float | None
    share_lost_after_arrival_high: float | None
    stands_out_before_arrival: bool
    stands_out_after_arrival: bool
    too_few: bool


@dataclass(frozen=True, slots=True)
class CarriedOver(AsDict):
    """What one place prepared and another channel sold: `store_id` is None where no place was named.

    persons_left: people who wanted something here and went without a goal here, of whom the log can tell.
    persons: people whose next goal was then reached in the other channel, in time.
    orders, revenue_minor: their orders there at that moment, each credited to the last visit before it; minor units
        of `currency`. revenue_other: in currencies without a rate.
    share_carried: persons / persons_left.
    """

    store_id: str | None
    persons_left: int
    persons: int
    orders: int
    revenue_minor: int
    currency: str
    revenue_other: tuple[Money, ...]
    share_carried: float | None
    share_carried_low: float | None
    share_carried_high: float | None
    too_few: bool


@dataclass(frozen=True, slots=True)
class LostPerson(AsDict):
    """Somebody lost on a border, by the latest loss.

    subject: under which pseudonym the sending channel last saw the person.
    lost_at: the moment of handing over, microseconds. where: `before` or `after` arrival.
    action, sku: what was last done, and about which goods. store_id: of the arrival, else of the sender.
    evidence: positions in the log, the sending touchpoints first, then the arrival.
    """

    person: int
    subject: int | None
    lost_at: Micros
    where: str
    declared: bool
    action: str | None
    sku: str | None
    store_id: str | None
    value: Money | None
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DropOff(AsDict):
    """People who showed an intent in a channel and did not reach a goal there.

    intents: visits with an intent (cart, checkout, reservation, open case). persons: distinct people in them.
    own_view: people the channel alone would call dropped = lost + false_drop_offs.
    lost: people who at least once reached no goal in any channel within the horizon.
    false_drop_offs: people never lost who reached the goal in another channel.
    undecided: people of whom the log cannot tell yet, for the horizon is over for none of their visits; a goal that was
    reached early is counted when it is over. share_lost: lost / (persons - undecided); too_few: of it.
    share_false: false_drop_offs / own_view; None when nobody dropped off. too_few_false: of it.
    """

    channel: str
    intents: int
    persons: int
    own_view: int
    lost: int
    false_drop_offs: int
    undecided: int
    value_minor: int
    currency: str
    value_other: tuple[Money, ...]
    share_lost: float | None
    share_lost_low: float | None
    share_lost_high: float | None
    share_false: float | None
    share_false_low: float | None
    share_false_high: float | None
    too_few: bool
    too_few_false: bool


@dataclass(frozen=True, slots=True)
class StageCount(AsDict):
    """How many touchpoints and people one channel saw at one stage."""

    channel: str
    stage: str
    touchpoints: int
    persons: int
