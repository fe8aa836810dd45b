"""What follows a visit without a purchase: an order anywhere, compared with people who are alike but did not come.

One row is a person in a week without an order of theirs. Who came to the channel in that week is compared with who was
not there lately, of the same country, month, ordered before or not, and seen in the same other channels lately. Both
are looked at from the end of the week on, so that neither has to be there longer to count.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from noline.insight.roles.measures import ratio, untold
from noline.insight.roles.model import EXPERIENCE_WITHIN, Ratio
from noline.insight.roles.resampling import Estimate, Floats
from noline.insight.roles.visits import WEEK, Buys, Visits
from noline.kernel.clock import Micros
from noline.kernel.shares import FEWEST_CASES, Z_95
from noline.stores.walks.arrays import Flags, Longs


class _Week(NamedTuple):
    """Everybody in one week.

    group: country, ordered before or not, and the other channels seen in. eligible: known, and without an order in the
    week. came: to the channel or unit. away: not seen in the channel lately. ordered: anything within the time after.
    """

    month: int
    group: Longs
    eligible: Flags
    came: Flags
    away: Flags
    ordered: Flags


class _Cells(NamedTuple):
    """Rows and orders by (month, group), of those who came and of the others."""

    came: Floats
    came_ordered: Floats
    others: Floats
    others_ordered: Floats


def experiences(visits: Visits, bought: Buys, observed: Micros) -> dict[str, Ratio]:
    """The ratio `experience` of each label that anybody visited."""
    weeks = _Weeks(visits, bought, observed)
    return {name: _experience(weeks, label) for label, name in enumerate(visits.labels)}


class _Weeks:
    """The weeks that are decided, one after the other."""

    def __init__(self, visits: Visits, bought: Buys, observed: Micros) -> None:
        self._visits, self._bought = visits, bought
        last = (observed - EXPERIENCE_WITHIN) // WEEK - visits.first_week
        self.count = max(0, min(visits.weeks, last))
        self.masks, self._mask = np.unique(np.append(visits.seen_in, 0), return_inverse=True)
        self.months = [_month(visits.first_week + week) for week in range(self.count)]

    def groups(self, bit: int) -> tuple[Longs, int]:
        """The number of each set of channels without one of them, and how many groups there are."""
        without = self.masks & ~(np.int64(1) << np.int64(bit))
        found, number = np.unique(without, return_inverse=True)
        return number.astype(np.int64), int(found.size) * 2 * self._visits.countries

    def each(self, label: int) -> Iterator[_Week]:
        """Every decided week, as the label sees it."""
        visits, bought = self._visits, self._bought
        number, _ = self.groups(int(visits.bit[label]))
        sets = int(number.max()) + 1
        empty = int(number[self._mask[-1]])
        is_here = (self.masks >> visits.bit[label]) & 1 == 1
        before = np.zeros(visits.persons, np.bool_)
        mine = np.flatnonzero(visits.label == label)
        for week, month in enumerate(self.months):
            begin, end = (visits.first_week + week) * WEEK, (visits.first_week + week + 1) * WEEK
            bought_in, bought_after = _persons(bought, begin, end), _persons(bought, end, end + EXPERIENCE_WITHIN)
            eligible = visits.known_from <= week
            eligible[bought_in] = False
            low, high = np.searchsorted(visits.seen_week, [week, week + 1])
            lately, mask = visits.seen_person[low:high], self._mask[low:high]
            seen, away = np.full(visits.persons, empty, np.int64), np.ones(visits.persons, np.bool_)
            seen[lately], away[lately] = number[mask], ~is_here[mask]
            group = (visits.country * 2 + before) * sets + seen
            low, high = np.searchsorted(visits.week[mine], [week, week + 1])
            came, ordered = np.zeros(visits.persons, np.bool_), np.zeros(visits.persons, np.bool_)
            came[visits.person[mine[low:high]]] = True
            ordered[bought_after] = True
            yield _Week(month, group, eligible, came, away, ordered)
            before[bought_in] = True

    @property
    def bits(self) -> Longs:
        """The bit of each label's channel."""
        return self._visits.bit

    @property
    def persons(self) -> int:
        """Of the history."""
        return self._visits.persons


def _experience(weeks: _Weeks, label: int) -> Ratio:
    cells = _cells(weeks, label)
    matched = (cells.came > 0) & (cells.others > 0)
    came, ordered = float(cells.came[matched].sum()), float(cells.came_ordered[matched].sum())
    if not came:
        why = "nobody came without ordering in the same week, with others alike who did not come"
        return replace(untold("experience"), why=why)
    rate = np.divide(cells.others_ordered, cells.others, out=np.zeros_like(cells.others), where=cells.others > 0)
    here, expected = ordered / came, float((cells.came * rate)[matched].sum()) / came
    alike = int(cells.others_ordered[matched].sum())
    pull, persons = _pull(weeks, label, cells, matched, rate, here, expected)
    told = _told(here, expected, sqrt(float(pull @ pull)))
    found = ratio("experience", told, here, expected, int(ordered), int(came), persons)
    if alike >= FEWEST_CASES or found.value is None or found.too_few:
        return found
    why = f"too few cases: {alike} of at least {FEWEST_CASES} of those who did not come"
    return replace(found, too_few=True, claimed=False, less=False, why=why)


def _told(here: float, expected: float, spread: float) -> Estimate:
    """The ratio of two rates, its interval on the scale of logarithms. spread: the standard error there."""
    if not expected:
        return Estimate(None, None, None)
    if not here:
        return Estimate(0.0, None, None)
    middle = log(here / expected)
    return Estimate(here / expected, exp(middle - Z_95 * spread), exp(middle + Z_95 * spread))


def _cells(weeks: _Weeks, label: int) -> _Cells:
    _, groups = weeks.groups(int(weeks.bits[label]))
    months = sorted(set(weeks.months))
    found = _Cells(*(np.zeros((max(1, len(months)), groups)) for _ in _Cells._fields))
    for one in weeks.each(label):
        row = months.index(one.month)
        for arm, ordered, chosen in (
            (found.came, found.came_ordered, one.eligible & one.came),
            (found.others, found.others_ordered, one.eligible & one.away),
        ):
            group = one.group[chosen]
            arm[row] += np.bincount(group, minlength=groups)
            ordered[row] += np.bincount(group, weights=one.ordered[chosen], minlength=groups)
    return found


def _pull(
    weeks: _Weeks, label: int, cells: _Cells, matched: Flags, rate: Floats, here: float, expected: float
) -> tuple[Floats, int]:
    """How far each person pulls the logarithm of the ratio, and how many persons came.

    The sum of squares is the variance that allows for several rows of one person (linearisation).
    """
    months = sorted(set(weeks.months))
    total = float(cells.came[matched].sum())
    pull, came_ever = np.zeros(weeks.persons), np.zeros(weeks.persons, np.bool_)
    scale = np.divide(cells.came, cells.others * total, out=np.zeros_like(rate), where=matched)
    of_here, of_expected = (1 / here if here else 0.0), (1 / expected if expected else 0.0)
    for one in weeks.each(label):
        row = months.index(one.month)
        among = one.eligible & matched[row][one.group]
        at = np.flatnonzero(among & one.came)
        came_ever[at] = True
        pull[at] += ((one.ordered[at] - here) * of_here - (rate[row][one.group[at]] - expected) * of_expected) / total
        at = np.flatnonzero(among & one.away)
        group = one.group[at]
        pull[at] -= scale[row][group] * (one.ordered[at] - rate[row][group]) * of_expected
    return pull, int(came_ever.sum())


def _persons(bought: Buys, begin: Micros, end: Micros) -> Longs:
    """Who ordered from one moment on up to another."""
    low, high = np.searchsorted(bought.at, [begin, end])
    return bought.person[low:high]


def _month(week: int) -> int:
    """The month in which a week ends, counted from 1970."""
    day = np.datetime64((week + 1) * WEEK - 1, "us")
    return int(day.astype("datetime64[M]").astype(np.int64))
