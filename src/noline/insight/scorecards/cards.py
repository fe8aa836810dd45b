"""Drawing up a card: sums of each fact laid side by side, then shares, averages and trends; pure.

Sums of two facts meet only here, in a full outer join by part and period: what one fact does not know of is nothing
in its sum, never a lost row of the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from noline.insight.scorecards.metrics import DIMENSIONS, Metric
from noline.insight.scorecards.model import CreditPart, Row, average_minor
from noline.insight.scorecards.periods import label_of
from noline.insight.scorecards.rates import Converting
from noline.kernel.shares import Share, few, share, wilson

Part = tuple[str | None, str | None, str | None]
"""unit, channel, country; None for what was not asked by."""

Sums = dict[str, int]
"""What the parts, named FACT.PART, add up to."""


class Place(NamedTuple):
    """A part of the company in one period, by the period's number."""

    part: Part
    period: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sums of every fact, side by side.

    plain: over all currencies, for what is no money. money: by currency.
    """

    plain: dict[Place, Sums] = field(default_factory=lambda: defaultdict(dict))
    money: dict[tuple[Place, str], Sums] = field(default_factory=lambda: defaultdict(dict))

    def add(self, fact: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Lay the sums of one fact beside the others."""
        for row in rows:
            place = Place((row["unit"], row["channel"], row["country"]), row["period"])
            sums = {f"{fact}.{name}": value for name, value in row.items() if name not in _KEYS}
            if not row.get("in_its_currency"):
                self.plain[place].update(sums)
            elif row["currency"] is not None:
                self.money[place, row["currency"]].update(sums)

    def add_credit(self, parts: Iterable[tuple[Place, CreditPart]]) -> None:
        """Add what the credit ledger says, part by part."""
        for place, one in parts:
            _grow(self.plain[place], {"helps.orders_helped": one.orders_helped, "credit.minutes": one.minutes})
            amounts = {"credit.assist_minor": one.assist_minor, "credit.profit_minor": one.profit_minor}
            _grow(self.money[place, one.currency], amounts)

    def converted(self, converting: Converting) -> tuple["Sheet", set[str], set[str]]:
        """The same with all money in one currency; the currencies that were converted, and those without a rate."""
        found = Sheet(self.plain)
        used, left_out = set[str](), set[str]()
        for (place, currency), sums in self.money.items():
            amounts = {name: _in_target(name, value, currency, converting) for name, value in sums.items()}
            known = {name: value for name, value in amounts.items() if value is not None}
            if len(known) < len(amounts):
                left_out.add(currency)
                continue
            used.add(currency)
            _grow(found.money[place, converting.target], known)
        return found, used, left_out


_KEYS = frozenset((*DIMENSIONS, "period", "currency", "in_its_currency"))


def _in_target(name: str, value: int, currency: str, converting: Converting) -> int | None:
    return converting.minor(value, currency) if name.endswith("_minor") else value


def _grow(sums: Sums, more: Mapping[str, int]) -> None:
    for name, value in more.items():
        sums[name] = sums.get(name, 0) + value


@dataclass(frozen=True, slots=True)
class Time:
    """How the periods of a card are numbered and told.

    first: the first that is told; those before are there for the trend. known_from: the first that history knows of.
    over_before: periods below this number are over.
    """

    period: str
    first: int
    known_from: int
    over_before: int

    def label(self, number: int) -> str | None:
        """The name of a period; None when the whole time was asked for."""
        return None if self.period == "all" else label_of(self.period, number)


class Told(NamedTuple):
    """A metric's number with what it is made of."""

    value: float | None
    numerator: int
    denominator: int | None
    share: Share | None


def rows_of(sheet: Sheet, metrics: Sequence[Metric], time: Time) -> list[Row]:
    """Every number of a card: by period, part, metric, currency."""
    places = sorted({*sheet.plain, *(place for place, _ in sheet.money)}, key=_by_period)
    currencies = defaultdict[Place, list[str]](list)
    for place, currency in sorted(sheet.money, key=lambda one: one[1]):
        currencies[place].append(currency)
    return [
        row
        for place in places
        if place.period >= time.first
        for metric in metrics
        for row in _rows_at(sheet, metric, place, currencies[place], time)
    ]


def _by_period(place: Place) -> tuple[int, tuple[str, ...]]:
    return place.period, tuple(name or "" for name in place.part)


def _rows_at(sheet: Sheet, metric: Metric, place: Place, currencies: list[str], time: Time) -> Iterator[Row]:
    before = Place(place.part, place.period - 1)
    is_known = before.period >= time.known_from
    if not metric.in_currency:
        earlier = told_of(metric, sheet.plain.get(before, {})).value if is_known else None
        yield _row(metric, place, None, told_of(metric, sheet.plain.get(place, {})), earlier, time)
        return
    for currency in currencies:
        sums = sheet.money[place, currency]
        if metric.numerator in sums:
            earlier = told_of(metric, sheet.money.get((before, currency), {})).value if is_known else None
            yield _row(metric, place, currency, told_of(metric, sums), earlier, time)


def _row(
    metric: Metric, place: Place, currency: str | None, told: Told, before: float | None, time: Time
) -> Row:  # fmt: skip
    low, high, too_few = (told.share.low, told.share.high, told.share.too_few) if told.share else (None, None, None)
    return Row(
        metric.id, *place.part, time.label(place.period), currency, told.value, told.numerator, told.denominator,
        low, high, too_few, before, place.period < time.over_before,
    )  # fmt: skip


def told_of(metric: Metric, sums: Mapping[str, int]) -> Told:
    """What a metric is where its parts add up to this."""
    numerator = sums.get(metric.numerator, 0)
    if metric.denominator is None:
        return Told(numerator, numerator, None, None)
    denominator = sums.get(metric.denominator, 0)
    if metric.unit == "share":
        found = _share(metric, numerator, denominator, sums)
        return Told(found.value, numerator, denominator, found)
    if not denominator:
        return Told(None, numerator, denominator, None)
    value = average_minor(numerator, denominator) if metric.unit == "money" else numerator / denominator
    return Told(value, numerator, denominator, None)


def _share(metric: Metric, cases: int, whole: int, sums: Mapping[str, int]) -> Share:
    """A share with its interval: of people, or of cases of which several may be of one person.

    What one person does again and again tells less than as many people would: the interval is that of as many
    independent cases as would vary as much as these people do, no more than there are cases, and as many as there are
    people where all of them are alike.
    """
    if metric.interval == "persons" or not whole:
        return share(cases, whole)
    fact = metric.facts[0].name
    squared, crossed, wholes, persons = (
        sums[f"{fact}.{metric.id}_{name}"] for name in ("cases_squared", "cases_by_whole", "whole_squared", "persons")
    )
    # Whole numbers until the end: sums of many cases, squared, are too large for a float.
    varies = squared * whole * whole - 2 * cases * whole * crossed + cases * cases * wholes
    alone = cases * (whole - cases) * whole * whole
    worth = min(whole, alone / varies) if varies else persons
    found = wilson(cases, whole, worth=worth, persons=persons)
    return found._replace(too_few=few(cases, persons))
