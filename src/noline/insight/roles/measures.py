"""The ratios of each channel: what people did there beside what all did, and how sure that is."""

from typing import NamedTuple

import numpy as np

from noline.insight.roles.model import RETAIN_WITHIN, Basket, Ratio
from noline.insight.roles.resampling import Amounts, Drawn, Estimate, Floats, drawn, quotient
from noline.insight.roles.sales import Sales
from noline.kernel.clock import DAY, Micros
from noline.kernel.shares import FEWEST_CASES, FEWEST_PERSONS, few
from noline.stores.walks.arrays import Longs
from noline.stores.walks.history import rising

_YEAR = 365.25 * DAY
_COUNTS = ("orders", "firsts", "decided", "followed", "out_of", "into", "stayed", "later", "came_back", "years")


class Behind(NamedTuple):
    """How many persons stand behind each ratio, by channel."""

    orders: Longs
    decided: Longs
    out_of: Longs
    acquired: Longs
    later: Longs


class Measured(NamedTuple):
    """The ratios and baskets of one channel or unit, and its persons."""

    persons: int
    ratios: tuple[Ratio, ...]
    baskets: tuple[Basket, ...]


def measured(sales: Sales, label: Longs, labels: int, observed: Micros) -> list[Measured]:
    """The ratios of each label. label: of each order, from 0. observed: up to when the log tells everything."""
    if not sales.persons:
        return [Measured(0, (), ()) for _ in range(labels)]
    parts, behind = _counts(sales, label, labels, observed)
    money = _money(sales, label, labels)
    columns = labels * (len(_COUNTS) + 2 * len(sales.currencies))
    sums = _Sums(drawn([*parts, *money], sales.persons, columns), labels)
    return [
        Measured(int(behind.orders[one]), _ratios(sums, behind, one), _baskets(sums, sales, label, one))
        for one in range(labels)
    ]


def ratio(
    name: str, told: Estimate, here: float | None, expected: float | None, cases: int, of: int, persons: int
) -> Ratio:
    """A ratio, and whether it claims a role: only when it rests on enough and its interval lies beside 1."""
    too_few = few(cases, persons)
    above = told.low is not None and told.low > 1
    below = told.high is not None and told.high < 1
    return Ratio(
        name, told.value, told.low, told.high, here, expected, cases, of, persons,
        too_few=too_few, claimed=above and not too_few, less=below and not too_few,
        why=_why(told, cases, persons, beside=above or below),
    )  # fmt: skip


def untold(name: str) -> Ratio:
    """A ratio of which nothing is there to tell."""
    return ratio(name, Estimate(None, None, None), None, None, 0, 0, 0)


def _why(told: Estimate, cases: int, persons: int, *, beside: bool) -> str | None:
    """Why a ratio claims nothing; None when it does."""
    if told.value is None:
        return "nothing to divide by"
    if persons < FEWEST_PERSONS:
        return f"too few persons: {persons} of at least {FEWEST_PERSONS}"
    if cases < FEWEST_CASES:
        return f"too few cases: {cases} of at least {FEWEST_CASES}"
    if told.low is None:
        return "too uncertain for an interval"
    return None if beside else "the interval holds 1"


def _counts(sales: Sales, label: Longs, labels: int, observed: Micros) -> tuple[list[Amounts], Behind]:
    told, first = sales.told, sales.is_first
    place = np.flatnonzero(first)
    acquired = label[place][told.person] if label.size else label
    again = np.flatnonzero(~first)
    before = again - 1
    decided = told.at + RETAIN_WITHIN <= observed
    followed = np.zeros(label.size, np.bool_)
    followed[before] = told.at[again] <= told.at[before] + RETAIN_WITHIN
    stayed = again[label[again] == label[before]]
    came_back = again[label[again] == acquired[again]]
    years = np.maximum(observed - told.at[place], 0) / _YEAR
    rows = (
        (np.arange(label.size), label),
        (place, label),
        (np.flatnonzero(decided), label),
        (np.flatnonzero(decided & followed), label),
        (before, label),
        (again, label),
        (stayed, label),
        (again, acquired),
        (came_back, acquired),
    )
    parts = [Amounts(told.person[at], number * labels + of[at]) for number, (at, of) in enumerate(rows)]
    parts.append(Amounts(told.person[place], len(rows) * labels + label[place], years))
    counted = [_persons(told.person[at], of[at], labels) for at, of in (rows[0], rows[2], rows[4], rows[1], rows[7])]
    return parts, Behind(*counted)


def _persons(person: Longs, label: Longs, labels: int) -> Longs:
    """How many different persons each label has."""
    return np.bincount(rising(person * labels + label) % labels, minlength=labels)


def _money(sales: Sales, label: Longs, labels: int) -> list[Amounts]:
    """Values and counts of orders by currency and label, behind the counts."""
    at = np.flatnonzero(sales.priced)
    currencies = len(sales.currencies)
    column = len(_COUNTS) * labels + sales.told.currency[at] * labels + label[at]
    person = sales.told.person[at]
    return [
        Amounts(person, column),
        Amounts(person, column + currencies * labels, sales.told.value[at].astype(np.float64)),
    ]


class _Sums:
    """The sums of each count and label, as known and by round."""

    def __init__(self, told: Drawn, labels: int) -> None:
        every = np.concatenate([told.known[None, :], told.rounds])
        self._blocks = every.reshape(every.shape[0], -1, labels)

    def of(self, name: str, label: int) -> Floats:
        return self._blocks[:, _COUNTS.index(name), label]

    def all(self, name: str) -> Floats:
        return self._blocks[:, _COUNTS.index(name), :].sum(axis=1)

    def money(self, number: int, label: int | None) -> Floats:
        block = self._blocks[:, len(_COUNTS) + number, :]
        return block.sum(axis=1) if label is None else block[:, label]


def _ratios(sums: _Sums, behind: Behind, one: int) -> tuple[Ratio, ...]:
    def beside(name: str, rate: tuple[Floats, Floats], usual: tuple[Floats, Floats], persons: Longs) -> Ratio:
        told = quotient([rate[0], usual[1]], [rate[1], usual[0]])
        cases, of = int(rate[0][0]), round(float(rate[1][0]))
        return ratio(name, told, _divided(*rate), _divided(*usual), cases, of, int(persons[one]))

    def here(cases: str, of: str) -> tuple[Floats, Floats]:
        return sums.of(cases, one), sums.of(of, one)

    def everywhere(cases: str, of: str) -> tuple[Floats, Floats]:
        return sums.all(cases), sums.all(of)

    def part_of(name: str) -> tuple[Floats, Floats]:
        return sums.of(name, one), sums.all(name)

    return (
        beside("acquire", part_of("firsts"), part_of("orders"), behind.orders),
        beside("retain", here("followed", "decided"), everywhere("followed", "decided"), behind.decided),
        beside("sticky", here("stayed", "out_of"), part_of("into"), behind.out_of),
        beside("back", here("came_back", "later"), part_of("into"), behind.later),
        beside("frequency", here("later", "years"), everywhere("later", "years"), behind.acquired),
    )


def _divided(above: Floats, below: Floats) -> float | None:
    return float(above[0] / below[0]) if below[0] else None


def _baskets(sums: _Sums, sales: Sales, label: Longs, one: int) -> tuple[Basket, ...]:
    found: list[Basket] = []
    mine = sales.priced & (label == one)
    for code, currency in enumerate(sales.currencies):
        chosen = mine & (sales.told.currency == code)
        values = np.sort(sales.told.value[chosen])
        if values.size:
            found.append(_basket(sums, currency, code, len(sales.currencies), one, values, sales.told.person[chosen]))
    return tuple(found)


def _basket(sums: _Sums, currency: str, code: int, currencies: int, one: int, values: Longs, persons: Longs) -> Basket:
    count, value = sums.money(code, one), sums.money(currencies + code, one)
    every, every_value = sums.money(code, None), sums.money(currencies + code, None)
    mean = quotient([value], [count])
    # The sum of whole numbers is exact where a float of it would not be.
    exact = _mean(int(values.sum()), values.size)
    people = int(np.unique(persons).size)
    here, expected = _divided(value, count), _divided(every_value, every)
    told = ratio(
        "basket", quotient([value, every], [count, every_value]), here, expected, values.size, values.size, people
    )
    low, high = (None if one is None else round(one) for one in (mean.low, mean.high))
    return Basket(currency, values.size, exact, low, high, int(values[(values.size - 1) // 2]), told)


def _mean(total: int, count: int) -> int:
    """To the nearest minor unit, half to even."""
    whole, rest = divmod(total, count)
    return whole + (2 * rest > count or (2 * rest == count and whole % 2 == 1))
