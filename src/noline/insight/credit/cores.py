"""Credits that leave no group of units a claim: the core, how far it is away, and its point nearest to other credits.

For a game in full the answers come from linear and quadratic programmes to which groups are added as they are found
to be violated; for gathered orders, of any number of units, from maximum flows, exact.

Sources: M. Maschler, B. Peleg, L. S. Shapley, Geometric Properties of the Kernel, Nucleolus, and Related Solution
Concepts, 1979 (least core); S. Fujishige, Lexicographically Optimal Base of a Polymatroid with Respect to a Weight
Vector, 1980 (the nearest point by cutting the units in two).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from noline.insight.credit.claims import Gathered, shares_between
from noline.insight.credit.games import Game, GameWrong, largest_claim, sums, worth
from noline.kernel.errors import NoLineError, Refused
from noline.stores.walks.arrays import Flags, Longs

Doubles = npt.NDArray[np.float64]

NEAR = 1e-9
"""Programmes are solved for worths of 1 at most; below this a difference is none."""

_AT_ONCE = 32


class CoreEmpty(Refused):
    """Whatever the credits, some group makes more alone."""

    code = "credit.core_empty"
    sentence = "Whatever the credits, some group of units gets {claim_minor} minor units less than it makes alone."
    hint = "Ask for the least core, or for the nucleolus: they leave the largest claim as small as it can be."


class GameNotSolved(NoLineError):
    """The solver gave neither a solution nor a reason that is expected."""

    code = "credit.not_solved"
    sentence = "The programme of this game was not solved: {status}."
    hint = "Keep the orders that were asked about and report it; credits and claims do not need the programme."


class Least(NamedTuple):
    """epsilon: minor units that the worst-off group of some units gets less than it makes alone."""

    epsilon: float
    credits: Doubles


class Level(NamedTuple):
    """The smallest largest claim. rows: groups asked about; tight: those that bind; bound: units at their floor."""

    epsilon: float
    credits: Doubles
    rows: list[int]
    tight: list[int]
    bound: list[int]


def least_core(game: Game) -> Least:
    """The smallest epsilon with x(S) >= v(S) - epsilon for every group S of some units, and credits x that reach it."""
    units, scale = len(game.names), scale_of(game)
    if units == 1:
        return Least(0.0, game.worths[1:].astype(np.float64))
    everybody = game.worths.size - 1
    level = least_claim(game.worths / scale, inner(units), {everybody: float(game.worths[-1] / scale)}, None)
    return Least(level.epsilon * scale, level.credits * scale)


def least_claim(
    worths: Doubles, free: Flags, settled: dict[int, float], low: Doubles | None, begin: Sequence[int] = ()
) -> Level:
    """Make the largest claim among the free groups as small as possible.

    worths: at most about 1. settled: the credits of groups that stand. low: what each unit must have. begin: groups to
    begin with; others are added as they turn out to be violated.
    """
    units = worths.size.bit_length() - 1
    solver = _programme(units, low)
    rows = [group for group in begin if free[group]]
    for group, value in settled.items():
        _row(solver, group, units, value, value, with_epsilon=False)
    rows += [group for group in _seeds(units) if free[group] and group not in set(rows)]
    for group in rows:
        _row(solver, group, units, float(worths[group]), _infinity(), with_epsilon=True)
    open_groups = free.copy()
    open_groups[rows] = False
    while True:
        found, duals, costs = _run(solver)
        claims = np.where(open_groups, worths - sums(found[:units], np.float64), -np.inf)
        fresh = _largest(claims, found[units] + NEAR)
        if not fresh:
            tight = [group for group, dual in zip(rows, duals[len(settled) :], strict=True) if dual > NEAR]
            bound = [unit for unit in range(units) if low is not None and costs[unit] > NEAR]
            return Level(float(found[units]), found[:units], rows, tight, bound)
        for group in fresh:
            _row(solver, group, units, float(worths[group]), _infinity(), with_epsilon=True)
        rows += fresh
        open_groups[fresh] = False


def nearest_core_split(game: Game, given: npt.ArrayLike) -> Doubles:
    """The credits in the core with the least sum of squared differences from others. Raises CoreEmpty.

    Precise to about a billionth of the largest worth; `nearest_split` is exact.
    """
    units, scale = len(game.names), scale_of(game)
    wanted = np.asarray(given, dtype=np.float64)
    if wanted.shape != (units,):
        raise GameWrong(why=f"{units} units need as many credits")
    if units == 1:
        return game.worths[1:].astype(np.float64)
    least = least_core(game)
    if least.epsilon > 2 * NEAR * scale:
        # Rounded up, but not for what the solver could not see.
        raise CoreEmpty(claim_minor=ceil(least.epsilon - NEAR * scale))
    solver, worths = _quadratic(wanted / scale), game.worths / scale
    _row(solver, worths.size - 1, units, float(worths[-1]), float(worths[-1]), with_epsilon=False)
    open_groups = inner(units)
    while True:
        found, _, _ = _run(solver)
        claims = np.where(open_groups, worths - sums(found, np.float64), -np.inf)
        fresh = _largest(claims, NEAR)
        if not fresh:
            return found * scale
        for group in fresh:
            _row(solver, group, units, float(worths[group]), _infinity(), with_epsilon=False)
        open_groups[fresh] = False


def nearest_split(made: Gathered, given: Longs) -> tuple[Fraction, ...]:
    """As `nearest_core_split`, exact, for gathered orders of any number of units; such a core is never empty."""
    found = [Fraction()] * made.alone.size
    _cut_in_two(made, np.asarray(given, dtype=np.int64), np.arange(made.alone.size), found)
    return tuple(found)


def _cut_in_two(made: Gathered, given: Longs, units: Longs, found: list[Fraction]) -> None:
    """Share what is missing or over equally; a group that then has a claim gets what it makes, the others the rest."""
    size = units.size
    everybody = np.ones(size, np.bool_)
    rest = worth(made, everybody) - int(given.sum())
    # All amounts times the number of units: the equal share of the rest is then whole.
    larger = Gathered(made.alone * size, made.members, made.worths * size)
    group, claim = largest_claim(larger, given * size + rest)
    if claim <= 0:
        for unit, credit in zip(units.tolist(), given.tolist(), strict=True):
            found[unit] = credit + Fraction(rest, size)
        return
    inside = ~(made.members & ~group).any(axis=1)
    _cut_in_two(
        Gathered(made.alone[group], made.members[inside][:, group], made.worths[inside]),
        given[group], units[group], found,
    )  # fmt: skip
    _cut_in_two(
        Gathered(made.alone[~group], made.members[~inside][:, ~group], made.worths[~inside]),
        given[~group], units[~group], found,
    )  # fmt: skip


def whole_split(made: Gathered, given: Sequence[Fraction]) -> Longs:
    """Credits in the core as whole minor units that are still in it, each less than 1 from where it was.

    Raises GameWrong when the credits are not in the core.
    """
    low = np.array([floor(credit) for credit in given], np.int64)
    high = np.array([ceil(credit) for credit in given], np.int64)
    found = shares_between(made, low, high)
    if sum(given) != found.sum() or (found < low).any() or (found > high).any():
        raise GameWrong(why="the credits are not in the core")
    return found


def to_whole(given: Sequence[float | Fraction] | Doubles, total: int) -> Longs:
    """Whole minor units that add up to the total: the largest remainders get one more, the first of equals first.

    Raises GameWrong when the total is further away than rounding explains.
    """
    exact = [Fraction(credit) for credit in given]
    whole = [floor(credit) for credit in exact]
    missing = total - sum(whole)
    if not 0 <= missing <= len(whole):
        raise GameWrong(why=f"the credits add up to {float(sum(exact))}, not to {total}")
    by_rest = sorted(range(len(whole)), key=lambda unit: (whole[unit] - exact[unit], unit))
    for unit in by_rest[:missing]:
        whole[unit] += 1
    return np.array(whole, np.int64)


def scale_of(game: Game) -> float:
    """What worths are divided by, so that programmes see numbers of 1 at most."""
    return float(max(1, np.abs(game.worths).max()))


def inner(units: int) -> Flags:
    """All groups but nobody and everybody."""
    free = np.ones(1 << units, np.bool_)
    free[0] = free[-1] = False
    return free


def _largest(claims: Doubles, beyond: float) -> list[int]:
    found = np.flatnonzero(claims > beyond)
    if found.size > _AT_ONCE:
        found = found[np.argpartition(-claims[found], _AT_ONCE)[:_AT_ONCE]]
    return [int(group) for group in found]


def _seeds(units: int) -> list[int]:
    """Each unit alone, and all without it: no credit can then grow without end."""
    alone = [1 << unit for unit in range(units)]
    everybody = (1 << units) - 1
    return list(dict.fromkeys([*alone, *(everybody ^ one for one in alone)]))


def _infinity() -> float:
    import highspy

    return float(highspy.kHighsInf)


def _solver() -> Any:
    import highspy

    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("primal_feasibility_tolerance", NEAR / 10)
    solver.setOptionValue("dual_feasibility_tolerance", NEAR / 10)
    return solver


def _programme(units: int, low: Doubles | None) -> Any:
    """Columns: the credit of each unit, then epsilon, which is to be small."""
    solver, infinity = _solver(), _infinity()
    for unit in range(units):
        solver.addVar(-infinity if low is None else float(low[unit]), infinity)
    solver.addVar(-infinity, infinity)
    solver.changeColCost(units, 1.0)
    return solver


def _quadratic(wanted: Doubles) -> Any:
    """Columns: the credit of each unit; half the sum of squared differences from what is wanted is to be small."""
    import highspy

    solver, infinity, units = _solver(), _infinity(), wanted.size
    for unit in range(units):
        solver.addVar(-infinity, infinity)
        solver.changeColCost(unit, -float(wanted[unit]))
    hessian: Any = highspy.HighsHessian()
    hessian.dim_, hessian.format_ = units, highspy.HessianFormat.kTriangular
    hessian.start_, hessian.index_ = np.arange(units + 1, dtype=np.int32), np.arange(units, dtype=np.int32)
    hessian.value_ = np.ones(units)
    solver.passHessian(hessian)
    solver.setOptionValue("qp_regularization_value", 0.0)
    return solver


def _row(solver: Any, group: int, units: int, low: float, high: float, *, with_epsilon: bool) -> None:
    columns = [unit for unit in range(units) if group >> unit & 1] + [units] * with_epsilon
    solver.addRow(low, high, len(columns), np.array(columns, np.int32), np.ones(len(columns)))


def _run(solver: Any) -> tuple[Doubles, Doubles, Doubles]:
    """The values of the columns, the duals of the rows and of the columns. Raises GameNotSolved."""
    solver.run()
    status, found = solver.getModelStatus().name, solver.getSolution()
    if status != "kOptimal":
        raise GameNotSolved(status=status)
    return np.array(found.col_value), np.array(found.row_dual), np.array(found.col_dual)
