"""What a friction costs: comparable journeys without it reach a goal more often, and that much of its value is lost.

Each first step with the friction is compared with first steps without it that are alike in what happened, where, in
which month, and whether the person had bought before; in the same store or country too where both are common enough.
leak = sum over such groups of value x (share that reached a goal without - share with), at least 0. An association:
whoever met the friction may differ in what the events do not tell.
"""

from typing import NamedTuple

import numpy as np

from noline.insight.frictions import resampling
from noline.insight.frictions.matching import Found, Matcher
from noline.kernel.shares import Share, few, wilson
from noline.stores.walks.arrays import Flags, Longs

FEWEST_IN_PLACE = 5
"""A store or a country is a group of its own with so many first steps with the friction, and so many without."""

FEWEST_WITHOUT = 5
"""Fewer comparable first steps than this compare with nothing."""

_MILLION = 1_000_000


class Leak(NamedTuple):
    """What a friction costs, in minor units with its 95 % interval, and what that is made of; see `Friction`."""

    minor: int | None
    low: int | None
    high: int | None
    conversion_with: Share
    conversion_without: Share
    matched: int
    lift: float | None
    too_few: bool
    why: str | None


class Groups(NamedTuple):
    """First steps that can be compared, with the group of each, and which of them had the friction."""

    group: Longs
    person: Longs
    met: Flags
    converted: Flags
    value: Longs


_UNKNOWN = Share(None, None, None, too_few=True)


def leak(found: Found, matcher: Matcher) -> Leak:
    """What a friction costs; without anything to compare it says why that is not known."""
    told = found.only(found.decided & found.observed)
    why = _nothing_to_compare(found, told)
    if why is not None:
        known = None if found.rule.loses or found.missing else 0
        return Leak(known, known, known, _UNKNOWN, _UNKNOWN, 0, None, too_few=False, why=why)
    groups = grouped(told, matcher)
    if not groups.met.any():
        why = "No journey without the friction is comparable: same step, channel, month, and customer before or not."
        return Leak(None, None, None, _UNKNOWN, _UNKNOWN, 0, None, too_few=True, why=why)
    return _cost(groups)


def _nothing_to_compare(found: Found, told: Found) -> str | None:
    rule = found.rule
    if found.missing:
        return f"The events do not tell {', '.join(found.missing)}, which the rule asks for."
    if not rule.loses:
        return rule.why_no_leak or "The rule says that a case costs nothing."
    if found.met.size and found.met.all():
        return rule.why_no_leak or "Everybody who met the first step met the friction, so nothing can be compared."
    if not told.met.any():
        return "There is no case so far of which the log tells long enough what followed."
    return None


def _cost(groups: Groups) -> Leak:
    with_it, without = _conversion(groups, groups.met), _conversion(groups, ~groups.met)
    matched = _persons(groups, groups.met)
    too_few = few(matched, matched + _persons(groups, ~groups.met))
    lift = with_it.value / without.value if without.value and with_it.value is not None else None
    at_stake = int(groups.value[groups.met].sum())
    if not at_stake:
        why = "None of its events tells an amount."
        return Leak(None, None, None, with_it, without, matched, lift, too_few, why)
    lost = resampling.lost_share(
        resampling.Sums.of(groups.group, groups.person, groups.met, groups.converted, groups.value)
    )
    minor, low, high = (max(0, round(at_stake * one)) for one in lost)
    return Leak(minor, low, high, with_it, without, matched, lift, too_few, None)


def _persons(groups: Groups, chosen: Flags) -> int:
    return int(np.unique(groups.person[chosen]).size)


def _conversion(groups: Groups, arm: Flags) -> Share:
    """Who reached a goal, in one arm, the groups weighing as they do among those with the friction.

    A person with several first steps counts in the interval for as many as their weights vary like.
    """
    with_it = np.bincount(groups.group[groups.met], minlength=int(groups.group.max()) + 1)
    group = groups.group[arm]
    size = np.bincount(group, minlength=with_it.size)
    reached = np.bincount(group, weights=groups.converted[arm], minlength=with_it.size)
    rate = float((with_it * reached / size).sum() / with_it.sum())
    weight = (with_it / size)[group]
    each = np.bincount(np.unique(groups.person[arm], return_inverse=True)[1], weights=weight)
    worth = float(weight.sum()) ** 2 / float(each @ each)
    cases = int(groups.converted[arm].sum())
    found = wilson(round(rate * _MILLION), _MILLION, worth=worth, persons=each.size)
    return found._replace(value=rate, too_few=few(cases, each.size))


def grouped(told: Found, matcher: Matcher) -> Groups:
    """First steps in groups of like ones that have both arms; the finest place for which there are enough of both."""
    store = matcher.store
    first, met = told.first, told.met
    group = np.full(first.size, -1, np.int64)
    alike = _alike(told, matcher)
    made = 0
    for part in ("store_id", "country", None):
        left = np.flatnonzero(group < 0)
        if part is not None and part not in store.parts:
            continue
        key = alike[left] if part is None else _paired(alike[left], matcher.pools.codes(part)[first[left]] + 1)
        _, number = np.unique(key, return_inverse=True)
        with_it = np.bincount(number[met[left]], minlength=int(number.max(initial=-1)) + 1)
        without = np.bincount(number[~met[left]], minlength=with_it.size)
        least = (1, FEWEST_WITHOUT) if part is None else (FEWEST_IN_PLACE, FEWEST_IN_PLACE)
        enough = ((with_it >= least[0]) & (without >= least[1]))[number]
        group[left[enough]] = made + number[enough]
        made += with_it.size
    kept = group >= 0
    number = np.unique(group[kept], return_inverse=True)[1].astype(np.int64)
    persons = store.persons[first[kept]].astype(np.int64)
    return Groups(number, persons, met[kept], told.converted[kept], told.values[kept])


def _alike(told: Found, matcher: Matcher) -> Longs:
    """One number for what happened, where, in which month, and whether the person had bought before."""
    store, first = matcher.store, told.first
    bought = matcher.pools.places(("@purchase",))
    begin = store.offsets[store.persons[first]]
    before = np.searchsorted(bought, first) > np.searchsorted(bought, begin)
    key = store.actions.codes[first].astype(np.int64)
    for further in (store.channels.codes[first], months_of(told.times)[1], before):
        key = _paired(key, further.astype(np.int64))
    return key


def _paired(one: Longs, other: Longs) -> Longs:
    """One number for two, none of them below 0."""
    return one * (int(other.max(initial=0)) + 1) + other


def months_of(times: Longs) -> tuple[list[str], Longs]:
    """The months (UTC) from the first to the last of these moments, as `2026-03`, and the number of each one's."""
    if not times.size:
        return [], np.zeros(0, np.int64)
    months = times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    first, last = int(months.min()), int(months.max())
    names = [f"{1970 + month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]
    return names, months - first
