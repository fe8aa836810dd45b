"""Many orders and one stock as a linear programme.

For each order and location: whether it sends a parcel, and how many units of each line. A line sends at most what is
asked, a location no more units than it holds and no unit without its parcel. Costs go to the solver in minor units.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from noline.insight.sourcing.model import MINOR, Stock
from noline.insight.sourcing.offers import Offers
from noline.kernel.errors import NoLineError

_SOLVED = ("kOptimal", "kTimeLimit", "kSolutionLimit", "kInterrupt")


class NotSolved(NoLineError):
    """The solver gave neither a solution nor a reason that is expected."""

    code = "sourcing.not_solved"
    sentence = "The sourcing programme was not solved: {status}."
    hint = "Keep what was asked and report it; until then orders are decided one by one without it."


class Column(NamedTuple):
    """A quantity that is sought. line: the place of the line; None: the parcel."""

    order: int
    offer: int
    line: int | None


class Programme(NamedTuple):
    """A programme as the solver takes it: columns, then rows in compressed form.

    cells: the row of each shared stock. constant: what everything costs when nothing is sent.
    """

    columns: list[Column]
    costs: list[float]
    most: list[float]
    upper: list[float]
    starts: list[int]
    places: list[int]
    values: list[float]
    cells: dict[tuple[str, str], int]
    constant: float


class Solved(NamedTuple):
    """What the solver found, in minor units. duals: of each row; empty for whole numbers. bound: no plan costs less."""

    cost: float
    bound: float
    values: list[float]
    duals: list[float]


def programme_of(
    asked: Sequence[Offers], times: Sequence[float], stock: Stock, room: Mapping[str, int] | None = None
) -> Programme:
    """The programme of these orders, each so many times, over the stock and the parcels that locations have left."""
    made = Programme([], [], [], [], [0], [], [], {}, sum(
        one.refusing * count for one, count in zip(asked, times, strict=True)
    ) / MINOR)  # fmt: skip
    shared: dict[tuple[str, str], list[int]] = {}
    posted: dict[str, list[int]] = {}
    for order, (one, count) in enumerate(zip(asked, times, strict=True)):
        _add_order(made, order, one, count, shared, posted)
    for cell, columns in shared.items():
        made.cells[cell] = len(made.upper)
        _row(made, [(column, 1.0) for column in columns], float(max(0, stock.get(cell, 0))))
    for location, most in (room or {}).items():
        if location in posted:
            _row(made, [(column, 1.0) for column in posted[location]], float(most))
    return made


def solve(
    programme: Programme,
    *,
    whole: bool = False,
    seconds: float | None = None,
    start: Sequence[float] | None = None,
    gap: float = 0.0,
) -> Solved:
    """Solve it.

    whole: in whole parcels and units. seconds: at most so long. start: a solution to begin with. gap: the share of the
    cost by which a solution may miss the bound. Raises NotSolved when nothing was found.
    """
    if not programme.columns:
        return Solved(programme.constant, programme.constant, [], [])
    import highspy
    import numpy as np

    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    if seconds is not None:
        solver.setOptionValue("time_limit", float(seconds))
    solver.setOptionValue("mip_rel_gap", gap)
    solver.passModel(_model(programme, whole=whole))
    if start is not None:
        solution: Any = highspy.HighsSolution()
        solution.col_value = list(start)
        solver.setSolution(solution)
    solver.run()
    status, found, info = solver.getModelStatus().name, solver.getSolution(), solver.getInfo()
    if status not in _SOLVED or not found.value_valid:
        raise NotSolved(status=status)
    values = np.asarray(found.col_value, dtype=float)
    cost = float(values @ np.asarray(programme.costs)) + programme.constant
    bound = float(info.mip_dual_bound) if whole else cost
    return Solved(cost, bound, values.tolist(), [] if whole else list(found.row_dual))


def _add_order(
    made: Programme, order: int, asked: Offers, count: float, shared: dict[tuple[str, str], list[int]],
    posted: dict[str, list[int]],
) -> None:  # fmt: skip
    senders: list[list[int]] = [[] for _ in asked.lines]
    parcels: list[tuple[int, float]] = []
    for place, offer in enumerate(asked.offers):
        parcel = _column(made, Column(order, place, None), offer.parcel / MINOR, count)
        parcels.append((parcel, 1.0))
        posted.setdefault(offer.candidate.location, []).append(parcel)
        for line in offer.lines:
            column = _column(made, Column(order, place, line.at), -line.gain / MINOR, count * line.units)
            senders[line.at].append(column)
            shared.setdefault((offer.candidate.location, asked.lines[line.at][0]), []).append(column)
            _row(made, [(column, 1.0), (parcel, -float(line.units))], 0.0)
    for (_, units), columns in zip(asked.lines, senders, strict=True):
        if len(columns) > 1:
            _row(made, [(column, 1.0) for column in columns], count * units)
    most = asked.policy.rules.most_parcels
    if most is not None and most < len(parcels):
        _row(made, parcels, count * most)


def _column(made: Programme, column: Column, cost: float, most: float) -> int:
    made.columns.append(column)
    made.costs.append(cost)
    made.most.append(most)
    return len(made.columns) - 1


def _row(made: Programme, entries: list[tuple[int, float]], upper: float) -> None:
    made.places.extend(column for column, _ in entries)
    made.values.extend(value for _, value in entries)
    made.starts.append(len(made.places))
    made.upper.append(upper)


def _model(made: Programme, *, whole: bool) -> Any:
    import highspy
    import numpy as np

    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.offset_ = len(made.columns), len(made.upper), made.constant
    lp.col_cost_ = np.asarray(made.costs, dtype=float)
    lp.col_lower_, lp.col_upper_ = np.zeros(len(made.columns)), np.asarray(made.most, dtype=float)
    lp.row_lower_ = np.full(len(made.upper), -highspy.kHighsInf)
    lp.row_upper_ = np.asarray(made.upper, dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.asarray(made.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.asarray(made.places, dtype=np.int32)
    lp.a_matrix_.value_ = np.asarray(made.values, dtype=float)
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * len(made.columns)
    return lp
