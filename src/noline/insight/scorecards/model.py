"""What the scorecard tells: sales of each channel, and metrics by unit, channel, country and time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from noline.insight.scorecards.metrics import Metric
from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable


@dataclass(frozen=True, slots=True)
class ChannelSales:
    """What one channel sold in one currency, in one month (`2026-03`, UTC) or in all.

    orders: distinct orders. persons: distinct known people among them.
    orders_of_nobody_known: orders of which nobody knows the customer, such as at a till without a card.
    revenue_minor: minor units of `currency`; currency None: orders that name no readable amount.
    average_basket_minor: revenue by order, to the nearest minor unit; None without a currency.
    share: of the revenue in that currency, over all channels, in the same month; None when there is no revenue.
    """

    month: str | None
    channel: str
    currency: str | None
    orders: int
    persons: int
    orders_of_nobody_known: int
    revenue_minor: int
    average_basket_minor: int | None
    share: float | None

    def as_dict(self) -> dict[str, Any]:
        """The value as data."""
        return asdict(self)


def average_minor(revenue_minor: int, orders: int) -> int:
    """Revenue by order in minor units, rounding half to even."""
    whole, rest = divmod(revenue_minor, orders)
    return whole + (2 * rest > orders or (2 * rest == orders and whole % 2 == 1))


class ScorecardAskedWrong(NotReadable):
    """A card that cannot be drawn up."""

    code = "scorecard.asked_wrong"
    sentence = "This asks for no scorecard: {why}."
    hint = "Correct what the sentence names."


class CreditPart(NamedTuple):
    """What the credit ledger says of one unit in one month (`2026-03`, UTC) and one currency.

    orders_helped: orders that another unit captured. assist_minor: earned on those. minutes: of work on any order.
    profit_minor: what is left to the unit after goods, tax and every unit's work.
    """

    unit: str
    month: str
    currency: str
    orders_helped: int
    assist_minor: int
    minutes: int
    profit_minor: int


class EffectPart(NamedTuple):
    """Customers of a test who were first drawn in one unit on one day, and whose time to reach the goal is over.

    programme: by its id. unit: the store; "" where nobody told it. day: since 1970-01-01, UTC. shown, held: of the one
    arm and of the other; shown_reached, held_reached: who of them reached the goal. waiting: whose time goes on, of
    both arms, and who are in no other number. otherwise: who drew while other odds, another goal or time held, or where
    nobody noted which; their arms are not alike, so they are in no other number either.
    """

    programme: str
    unit: str
    day: int
    shown: int = 0
    shown_reached: int = 0
    held: int = 0
    held_reached: int = 0
    waiting: int = 0
    otherwise: int = 0


class Row(NamedTuple):
    """One number of a card, in one part and period.

    unit, channel, country: the part; None for what was not asked by, "" where nobody told it.
    period: `2026-03`, `2026-W10`, `2026-03-02`; None when the whole time was asked for.
    currency: ISO 4217 of money and of nothing else. value: whole for counts, minutes and money (minor units).
    numerator, denominator: what the value is made of; denominator None: the number is a sum. low, high: the 95 %
    interval of a share; too_few: it rests on fewer than 30 people or 5 cases. Of an effect the numerator is who was in
    the test, the denominator those it was held against.
    before: the value of the period before; None where there is none. is_over: False while the period goes on.
    programme: of an effect, which test; why: of an effect that is not measured yet, how many of how many there are.
    """

    metric: str
    unit: str | None
    channel: str | None
    country: str | None
    period: str | None
    currency: str | None
    value: float | None
    numerator: int | None
    denominator: int | None
    low: float | None
    high: float | None
    too_few: bool | None
    before: float | None
    is_over: bool
    programme: str | None = None
    why: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The row as data."""
        return self._asdict()


@dataclass(frozen=True, slots=True)
class Card:
    """Metrics side by side, one row a number.

    by, period: as asked. since, until: the whole periods that this comes to, microseconds, until excluded; None: open.
    rows: by period, part, metric, currency.
    currency: into which money was converted, at `rates` (units of the hub's currency for one of another); without_rate:
    currencies left out because they have none.
    not_told: of the metrics asked for, those that cannot be told here, and why. counted: how each number came about.
    """

    by: tuple[str, ...]
    period: str
    since: Micros | None
    until: Micros | None
    metrics: tuple[Metric, ...]
    rows: tuple[Row, ...]
    currency: str | None
    rates: Mapping[str, str]
    without_rate: tuple[str, ...]
    not_told: Mapping[str, str]
    counted: Mapping[str, Any]
