"""The nucleolus: the credits whose largest claim is smallest, then whose second largest is smallest, and so on.

It is found by linear programmes one after the other; each settles the groups whose claim can be no other. The groups
that were settled then say exactly, in fractions, what the credits are.

Sources: D. Schmeidler, The Nucleolus of a Characteristic Function Game, 1969; M. Maschler, B. Peleg, L. S. Shapley,
Geometric Properties of the Kernel, Nucleolus, and Related Solution Concepts, 1979.
"""

from fractions import Fraction
from math import lcm
from typing import NamedTuple

import numpy as np

from noline.insight.credit.cores import Doubles, GameNotSolved, inner, least_claim, scale_of
from noline.insight.credit.games import Game, GameWrong, floors, sums
from noline.stores.walks.arrays import Flags

Row = list[Fraction]

_BITS = 63


class Settled(NamedTuple):
    """A group whose credit stands: its worth less the claim of its level; level -1: exactly its worth."""

    group: int
    level: int


def nucleolus(game: Game) -> Doubles:
    """The nucleolus in minor units. Raises GameWrong when the units make more apart than together."""
    return np.array([float(credit) for credit in exact_nucleolus(game)])


def exact_nucleolus(game: Game) -> tuple[Fraction, ...]:
    """As `nucleolus`, in fractions of a minor unit. Raises GameNotSolved where the solver was not precise enough."""
    units, everybody = len(game.names), game.worths.size - 1
    if int(floors(game).sum()) > int(game.worths[-1]):
        raise GameWrong(why="the units make more apart than together")
    scale, free = scale_of(game), inner(units)
    worths, low = game.worths / scale, floors(game) / scale
    settled, values = [Settled(everybody, -1)], {everybody: float(worths[-1])}
    levels: list[Flags] = []
    begin: list[int] = []
    while free.any():
        least, level = least_claim(worths, free, values, low, begin), len(levels)
        if not least.tight:
            raise GameNotSolved(status=f"nothing was settled at level {level}")
        levels.append(free.copy())
        settled += [Settled(group, level) for group in least.tight]
        settled += [Settled(1 << unit, -1) for unit in least.bound]
        values |= {group: float(worths[group]) - least.epsilon for group in least.tight}
        values |= {1 << unit: float(low[unit]) for unit in least.bound}
        free &= ~_spanned(units, list(values))
        begin = least.rows
    found, claims = _solved(game, settled, len(levels))
    _check(game, found, levels, claims)
    return found


def _spanned(units: int, groups: list[int]) -> Flags:
    """The groups whose credit is told by those of others: nothing that leaves these as they are changes them."""
    rows = [[Fraction(group >> unit & 1) for unit in range(units)] for group in groups]
    pivots = _reduce(rows, units)
    spanned = np.ones(1 << units, np.bool_)
    for column in sorted(set(range(units)) - set(pivots)):
        # A direction in which credits can still move: this unit by one, those of the pivots against it.
        direction = [Fraction(int(unit == column)) for unit in range(units)]
        for row, pivot in enumerate(pivots):
            direction[pivot] = -rows[row][column]
        common = lcm(*(part.denominator for part in direction))
        spanned &= sums([int(part * common) for part in direction]) == 0
    return spanned


def _check(game: Game, found: tuple[Fraction, ...], levels: list[Flags], claims: tuple[Fraction, ...]) -> None:
    """No group that was free at a level claims more than the level says, without any tolerance."""
    common = lcm(*(credit.denominator for credit in found))
    whole = [int(credit * common) for credit in found]
    small = (sum(map(abs, whole)) + int(np.abs(game.worths).max()) * common).bit_length() < _BITS
    kind = np.int64 if small else object
    left = game.worths.astype(kind) * common - sums(whole, kind)
    for free, claim in zip(levels, claims, strict=True):
        if left[free].max() > claim * common:
            raise GameNotSolved(status="a group claims more than its level")


def _solved(game: Game, settled: list[Settled], levels: int) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """The credits, and the claim of each level."""
    units = len(game.names)
    rows = [
        [Fraction(group >> unit & 1) for unit in range(units)]
        + [Fraction(int(level == of)) for of in range(levels)]
        + [Fraction(int(game.worths[group]))]
        for group, level in dict.fromkeys(settled)
    ]
    pivots = _reduce(rows, units + levels)
    if pivots[:units] != list(range(units)) or any(row[-1] for row in rows[len(pivots) :]):
        raise GameNotSolved(status="the settled groups do not tell the credits")
    if len(pivots) < units + levels:
        raise GameNotSolved(status="the settled groups leave a credit open")
    return tuple(rows[unit][-1] for unit in range(units)), tuple(rows[units + level][-1] for level in range(levels))


def _reduce(rows: list[Row], columns: int) -> list[int]:
    """Bring rows to reduced echelon form in place, over the first columns; the column of the pivot of each row."""
    pivots: list[int] = []
    for column in range(columns):
        top = len(pivots)
        chosen = next((row for row in range(top, len(rows)) if rows[row][column]), None)
        if chosen is None:
            continue
        rows[top], rows[chosen] = rows[chosen], rows[top]
        divisor = rows[top][column]
        rows[top] = [value / divisor for value in rows[top]]
        for row in range(len(rows)):
            if row != top and (factor := rows[row][column]):
                rows[row] = [value - factor * at for value, at in zip(rows[row], rows[top], strict=True)]
        pivots.append(column)
    return pivots
