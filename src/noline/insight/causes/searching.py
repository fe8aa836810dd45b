"""Where it happens more often than elsewhere, and which of those parts are only the shadow of another."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

import numpy as np

from noline.insight.causes.model import Cases, Doubles, Finding, Flags, Interval, Part, Search
from noline.insight.causes.parts import Counted, Piled, parts
from noline.insight.causes.resampling import draw, middle
from noline.kernel.shares import LEVEL, adjusted, chance_of, difference, few, share

MOST_FOUND = 200
"""More findings than anybody reads: the surest are kept."""

_SURELY_NOT = 1.5
"""Below so many standard errors no interval of 95 % leaves out 0: a quick look before the exact one."""

_ALPHA = 1 - LEVEL
_SEED = 11


class _Candidate(NamedTuple):
    """A part that stands out. rows: which it holds. p_adjusted: allowing for all parts that were compared."""

    part: Counted
    rows: Flags
    p: float
    p_adjusted: float


def searched(cases: Cases) -> Search:
    """Every part to which it happens more often than to all other persons, beyond chance."""
    piled = Piled.of(cases)
    compared = list(parts(piled))
    chances = [_chance(one, piled) for one in compared]
    corrected = adjusted(chances)
    surest = sorted(range(len(compared)), key=lambda number: (chances[number], -compared[number].lead))
    candidates = [
        _Candidate(compared[one], piled.lying(compared[one].where), chances[one], corrected[one])
        for one in surest[:MOST_FOUND]
        if corrected[one] < _ALPHA
    ]
    causes = _attributed(piled, candidates)
    intervals = _intervals(cases, piled, [one.rows for one in candidates])
    findings = [
        _finding(piled, one, causes.get(one.part.where, ()), *found)
        for one, found in zip(candidates, intervals, strict=True)
    ]
    findings.sort(key=lambda one: (bool(one.because_of), -one.excess_cases))
    total, everybody = piled.totals
    return Search(tuple(findings), len(compared), total, everybody, share(total, everybody))


def _chance(one: Counted, piled: Piled) -> float:
    """How likely a part stands out so much by chance; 1 when its interval holds the share of the others."""
    if one.lead < _SURELY_NOT:
        return 1.0
    others = _others(piled, one)
    found = difference(one.cases, one.persons, *others)
    return chance_of(one.cases, one.persons, *others) if found.low is not None and found.low > 0 else 1.0


def _others(piled: Piled, one: Counted) -> tuple[int, int]:
    cases, persons = piled.totals
    return cases - one.cases, persons - one.persons


# Which part explains which


def _attributed(piled: Piled, candidates: Sequence[_Candidate]) -> dict[tuple[Part, ...], tuple[Part, ...]]:
    """Parts that are the shadow of others, and of which.

    candidates: the surest first. Each is looked at without the persons of those taken before it; a pair inside one
    that was taken must stand out in there. In the end each that was taken is looked at again, without the smaller
    ones inside it: two bad months make a whole store look bad.
    """
    bar = max((one.p for one in candidates), default=0.0)
    taken: list[_Candidate] = []
    shadows: dict[tuple[Part, ...], tuple[Part, ...]] = {}
    for one in candidates:
        if _stands(piled, one, taken, bar):
            taken.append(one)
        else:
            shadows[one.part.where] = _darkest(piled, one, taken)
    for one in taken:
        inside = [other for other in taken if _within(other, one) and other.part.where not in shadows]
        if inside and not _stands_apart(piled, one.rows, ~one.rows, inside, bar):
            shadows[one.part.where] = _darkest(piled, one, inside)
    return {where: _last(because, shadows) for where, because in shadows.items()}


def _last(where: tuple[Part, ...], shadows: Mapping[tuple[Part, ...], tuple[Part, ...]]) -> tuple[Part, ...]:
    """The part at the end of the shadows: it is the shadow of none."""
    while where in shadows:
        where = shadows[where]
    return where


def _stands(piled: Piled, one: _Candidate, taken: Sequence[_Candidate], bar: float) -> bool:
    """Whether a part still stands out without those that were taken before it."""
    around = [other for other in taken if _within(one, other)]
    rest = ~one.rows
    for other in around:
        rest = rest & other.rows
    return _stands_apart(piled, one.rows, rest, [other for other in taken if not _within(one, other)], bar)


def _stands_apart(piled: Piled, rows: Flags, rest: Flags, without: Sequence[_Candidate], bar: float) -> bool:
    """Whether the share of some rows is higher than that of the rest, both without some parts, as surely as asked."""
    kept = np.ones(rows.size, np.bool_)
    for other in without:
        kept &= ~other.rows
    here, there = piled.counted(rows & kept), piled.counted(rest & kept)
    if few(*here) or not there[1]:
        return False
    found = difference(*here, *there)
    return found.low is not None and found.low > 0 and chance_of(*here, *there) <= bar


def _within(one: _Candidate, other: _Candidate) -> bool:
    """Whether a part is a smaller one inside another."""
    return set(one.part.where) > set(other.part.where)


def _darkest(piled: Piled, one: _Candidate, among: Sequence[_Candidate]) -> tuple[Part, ...]:
    """Of these parts, the one with most of the excess that it shares with a part."""
    cases, persons = piled.totals

    def shared(other: _Candidate) -> float:
        both = piled.counted(one.rows & other.rows)
        return both[0] - both[1] * cases / persons

    return max(among, key=shared).part.where


# What is told of each


def _finding(
    piled: Piled, one: _Candidate, because_of: tuple[Part, ...], excesses: Interval, contributions: Interval
) -> Finding:
    here = (one.part.cases, one.part.persons)
    others = _others(piled, one.part)
    mine, theirs = share(*here), share(*others)
    total, everybody = piled.totals
    gap = difference(*here, *others)
    excess = here[1] * (gap.value or 0.0)
    return Finding(
        where=one.part.where,
        cases=here[0],
        persons=here[1],
        share=mine,
        rest_cases=others[0],
        rest_persons=others[1],
        rest=theirs,
        lift=(mine.value or 0.0) / theirs.value if theirs.value else None,
        base_rate=total / everybody,
        difference=gap,
        p=one.p,
        p_adjusted=one.p_adjusted,
        excess_cases=excess,
        excess_interval=excesses,
        contribution=excess / total,
        contribution_interval=contributions,
        because_of=because_of,
    )


def _intervals(cases: Cases, piled: Piled, parts_rows: Sequence[Flags]) -> list[tuple[Interval, Interval]]:
    """The intervals of the excess and of the contribution of each part: persons are drawn anew, once for all parts."""
    if not parts_rows:
        return []
    drawn = draw(cases.persons, seed=_SEED)
    groups = drawn.weights.shape[1]
    everybody = np.ones(piled.persons.size, np.bool_)
    table = np.empty((groups, 2 * (len(parts_rows) + 1)))
    for number, rows in enumerate([everybody, *parts_rows]):
        members = rows[piled.rows]
        table[:, 2 * number] = np.bincount(drawn.homes[members & cases.outcome], minlength=groups)
        table[:, 2 * number + 1] = np.bincount(drawn.homes[members], minlength=groups)
    sums = drawn.weights @ table
    return [_told_by(sums[:, :2], sums[:, 2 * number : 2 * number + 2]) for number in range(1, len(parts_rows) + 1)]


def _told_by(all_of_them: Doubles, here: Doubles) -> tuple[Interval, Interval]:
    """Excess and contribution by cases and persons of everybody and of a part, each as (rounds, 2)."""
    others = all_of_them - here
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = here[:, 0] - here[:, 1] * others[:, 0] / others[:, 1]
        return _interval(excess), _interval(excess / all_of_them[:, 0])


def _interval(told: Doubles) -> Interval:
    low, high = middle(told)
    return Interval(None, None) if isnan(low) else Interval(low, high)
