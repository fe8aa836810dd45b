"""How sure a difference between two arms is: whole persons are drawn again and again, with all that they did.

Each person counts as often as a Poisson variable of mean 1 says; persons who are alike in all that is counted are drawn
together, which is the same and far quicker. Each arm gets half a case on either side besides (Jeffreys' prior), so that
none of thirty is not taken for never.
"""

from math import exp, factorial
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from noline.kernel.shares import LEVEL
from noline.stores.walks.arrays import Flags, Longs, firsts

Floats = npt.NDArray[np.float64]

ROUNDS = 1_000
SEED = 7
_AT_ONCE = 4_000_000
"""Draws held in memory at a time."""

_CELLS = 1 << 16
_ONE_PERSON = np.searchsorted(
    np.cumsum([exp(-1) / factorial(count) for count in range(9)]), (np.arange(_CELLS) + 0.5) / _CELLS
).astype(np.float64)
"""How often a person counts: a Poisson variable of mean 1, by equally likely cells."""


class Arm(NamedTuple):
    """What each (unit, group) adds to one arm. count: first steps. reached: those with a goal. value: minor units."""

    unit: Longs
    group: Longs
    count: Longs
    reached: Longs
    value: Longs


class Sums(NamedTuple):
    """Units to be drawn, how many persons each stands for, and what they add to the two arms."""

    sizes: Longs
    with_it: Arm
    without: Arm
    groups: int

    @classmethod
    def of(cls, group: Longs, person: Longs, met: Flags, reached: Flags, value: Longs) -> Self:
        """The sums of first steps, each of a group and a person."""
        groups = int(group.max()) + 1
        persons, number = np.unique(person, return_inverse=True)
        arms: list[Arm] = []
        for chosen in (met, ~met):
            key, row = np.unique(group[chosen] * persons.size + number[chosen], return_inverse=True)
            count = np.bincount(row, minlength=key.size)
            goals = np.bincount(row, weights=reached[chosen], minlength=key.size).astype(np.int64)
            worth = np.zeros(key.size, np.int64)
            np.add.at(worth, row, value[chosen])
            arms.append(Arm(key % persons.size, key // persons.size, count, goals, worth))
        return cls._alike_together(persons.size, arms[0], arms[1], groups)

    @classmethod
    def _alike_together(cls, persons: int, with_it: Arm, without: Arm, groups: int) -> Self:
        """Persons without the friction who did the same count as one unit of that many."""
        marks = np.zeros(persons, np.uint64)
        row = _mixed(without.group, without.count, without.reached)
        np.add.at(marks, without.unit, row)
        alone = np.zeros(persons, np.bool_)
        alone[with_it.unit] = True
        # Whoever had the friction is a unit of their own: no two are worth the same.
        marks[alone] = np.arange(int(alone.sum()), dtype=np.uint64)
        _, chosen, unit, sizes = np.unique(marks, return_index=True, return_inverse=True, return_counts=True)
        stands = np.zeros(persons, np.bool_)
        stands[chosen] = True
        kept = stands[without.unit]
        return cls(
            sizes.astype(np.int64),
            with_it._replace(unit=unit[with_it.unit]),
            Arm(unit[without.unit[kept]], *(column[kept] for column in without[1:])),
            groups,
        )


def _mixed(*columns: Longs) -> npt.NDArray[np.uint64]:
    """One well mixed number for each row, so that sums of them tell sets of rows apart (splitmix64's finaliser)."""
    found = np.full(columns[0].size, 0x9E3779B97F4A7C15, np.uint64)
    for column in columns:
        found ^= column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15) + (found << np.uint64(6))
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found ^= found >> np.uint64(31)
    return found


def lost_share(sums: Sums, *, rounds: int = ROUNDS, seed: int = SEED) -> tuple[float, float, float]:
    """The share of the value that is lost (goals without the friction less goals with it), and its 95 % interval."""
    chance = np.random.default_rng(seed)
    known = _tallies(sums, sums.sizes[None, :].astype(np.float64))
    shares = known.reached / np.maximum(known.count, 1)
    best = _standardised(known, shares)
    worth = _independent(sums, known)
    found: list[Floats] = []
    at_once = max(1, _AT_ONCE // max(sums.sizes.size, sums.without.unit.size))
    for begin in range(0, rounds, at_once):
        drawn = min(at_once, rounds - begin)
        weights = _drawn(sums.sizes, drawn, chance)
        rates = _standardised(_tallies(sums, weights), shares)
        halves = chance.gamma(0.5, size=(2, *rates.shape))
        rates = (rates * worth[:, None] + halves[0]) / (worth[:, None] + halves.sum(axis=0))
        found.append(rates[1] - rates[0])
    low, high = np.quantile(np.concatenate(found), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    lost = float(best[1, 0] - best[0, 0])
    return lost, min(lost, float(low)), max(lost, float(high))


def _drawn(sizes: Longs, rounds: int, chance: np.random.Generator) -> Floats:
    """How often each unit counts in each round: as the sum of so many Poisson variables of mean 1."""
    found = np.empty((rounds, sizes.size), np.float64)
    alone = sizes == 1
    # One person is looked up in a table of 65,536 equally likely cells, which is far quicker and as good as exact.
    found[:, alone] = _ONE_PERSON[chance.integers(0, _CELLS, (rounds, int(alone.sum())), dtype=np.uint16)]
    found[:, ~alone] = chance.poisson(sizes[~alone], (rounds, int((~alone).sum())))
    return found


class _Tallies(NamedTuple):
    """By arm (with the friction, without), round and group; `value` of the first arm only."""

    count: Floats
    reached: Floats
    value: Floats


def _tallies(sums: Sums, weights: Floats) -> _Tallies:
    def by_group(arm: Arm, columns: tuple[Longs, ...]) -> list[Floats]:
        begins = np.flatnonzero(firsts(arm.group))
        drawn = weights[:, arm.unit]
        return [np.add.reduceat(drawn * column, begins, axis=1) for column in columns]

    with_it = by_group(sums.with_it, (sums.with_it.count, sums.with_it.reached, sums.with_it.value))
    without = by_group(sums.without, (sums.without.count, sums.without.reached))
    return _Tallies(np.stack([with_it[0], without[0]]), np.stack([with_it[1], without[1]]), with_it[2])


def _standardised(tallies: _Tallies, known: Floats) -> Floats:
    """The share that reached a goal by arm and round, groups weighing by what the cases in them are worth.

    known: the share by arm, one round and group, for groups of which a round drew nobody.
    """
    drawn = tallies.count > 0
    shares = np.where(drawn, tallies.reached / np.where(drawn, tallies.count, 1), known)
    whole = tallies.value.sum(axis=1)
    weight = np.where(whole[:, None] > 0, tallies.value, 1.0)
    return (shares * weight).sum(axis=2) / weight.sum(axis=1)


def _independent(sums: Sums, known: _Tallies) -> Floats:
    """For how many independent persons each arm counts, by how unequal their weights are."""
    found: list[float] = []
    for arm, count in zip((sums.with_it, sums.without), known.count[:, 0], strict=True):
        weight = (known.value[0] / count)[arm.group] * arm.count
        each = np.bincount(arm.unit, weights=weight, minlength=sums.sizes.size)
        found.append(float(each @ sums.sizes) ** 2 / float((each * each) @ sums.sizes))
    return np.array(found)
