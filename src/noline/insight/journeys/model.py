"""What is known about a border between two channels, in values that explain themselves.

A share always comes with its Wilson 95 % interval, and says when it rests on too few people to be believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from math import sqrt
from typing import Any

from noline.kernel.clock import DAY, MINUTE, Micros
from noline.kernel.money import Money, minor_digits

FEWEST_PERSONS = 30
FEWEST_CASES = 5

ALWAYS_SINCE: Micros = -(2**62)
ALWAYS_UNTIL: Micros = 2**62

_Z_95 = 1.959963984540054


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
    slow_channels: tuple[str, ...] = ("mail", "wholesale", "marketplace", "reviews")
    journey_gap: Micros = 30 * DAY
    settling: Micros = 7 * DAY
    horizon: Micros = 14 * DAY
    handoff: Micros = 30 * DAY
    observed_until: Micros | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole with its Wilson 95 % interval; None when the whole is empty.

    too_few: fewer than 30 people, or fewer than 5 cases among them.
    """

    value: float | None
    low: float | None
    high: float | None
    too_few: bool


def share(cases: int, persons: int) -> Share:
    """The share of cases among persons."""
    if persons == 0:
        return Share(None, None, None, too_few=True)
    rate = cases / persons
    weight = _Z_95 * _Z_95 / persons
    centre = (rate + weight / 2) / (1 + weight)
    reach = _Z_95 * sqrt(rate * (1 - rate) / persons + weight / (4 * persons)) / (1 + weight)
    low = 0.0 if cases == 0 else centre - reach
    high = 1.0 if cases == persons else centre + reach
    return Share(rate, low, high, too_few=persons < FEWEST_PERSONS or cases < FEWEST_CASES)


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

    attempts: hand-offs, of which `declared` were named by the sender and `attempts_lost` were lost.
    persons: distinct people handed over; each is lost, succeeded, undecided, or had nothing to lose.
    arrived: people who reached the receiving channel at least once.
    lost: people lost at least once = lost_before_arrival + lost_after_arrival, by their latest loss.
    undecided: people of whom the log cannot tell yet.
    succeeded: people never lost who reached a goal.
    value_minor: exposed value of the losses in minor units of `currency`: an upper bound.
    value_other: exposed value in currencies without a rate.
    share_lost: lost / (persons - undecided), with its interval.
    """

    from_channel: str
    to_channel: str
    attempts: int
    declared: int
    attempts_lost: int
    persons: int
    arrived: int
    lost: int
    lost_before_arrival: int
    lost_after_arrival: int
    undecided: int
    succeeded: int
    value_minor: int
    currency: str
    value_other: tuple[Money, ...]
    share_lost: float | None
    share_lost_low: float | None
    share_lost_high: float | None
    too_few: bool


@dataclass(frozen=True, slots=True)
class HandoffGroup(AsDict):
    """The declared hand-offs of one border that carry the same group; `group` is None where none was named.

    attempts: declarations = arrived + lost + undecided. share_arrived: arrived / (attempts - undecided).
    """

    group: str | None
    attempts: int
    persons: int
    arrived: int
    lost: int
    undecided: int
    share_arrived: float | None
    share_arrived_low: float | None
    share_arrived_high: float | None
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
    undecided: people of whom the log cannot tell yet. share_lost: lost / (persons - undecided).
    share_false: false_drop_offs / own_view; None when nobody dropped off.
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
    too_few: bool


@dataclass(frozen=True, slots=True)
class StageCount(AsDict):
    """How many touchpoints and people one channel saw at one stage."""

    channel: str
    stage: str
    touchpoints: int
    persons: int
