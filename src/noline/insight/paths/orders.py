"""How far back a chain must look: orders compared by journeys that the chain was not made of."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noline.insight.paths.counting import HIGHEST_ORDER, counted, most_order
from noline.insight.paths.markov import Ends, ended
from noline.insight.paths.model import AskedWrong, OrderReport, OrderRow, Paths
from noline.stores.walks.arrays import Longs

Numbers = npt.NDArray[np.floating] | Longs

HELD_OUT = 5
"""One journey of so many is held out."""

_ADDED = 0.5
"""So many cases are added to each outcome of a state before a chance is taken (Krichevsky and Trofimov, 1981)."""


class Outcomes(NamedTuple):
    """What happened in each state. source, counts: of each move; ends: of each state."""

    source: Longs
    counts: Longs
    ends: Ends

    @property
    def totals(self) -> Longs:
        """How often each state was left, for another or for an end."""
        left = np.zeros(self.ends.nulls.size, np.int64)
        np.add.at(left, self.source, self.counts)
        return left + self.ends.conversions + self.ends.nulls

    def less(self, other: "Outcomes") -> "Outcomes":
        """What remains without these."""
        ends = Ends(*(one - two for one, two in zip(self.ends, other.ends, strict=True)))
        return Outcomes(self.source, self.counts - other.counts, ends)


def order_report(paths: Paths, upto: int = HIGHEST_ORDER) -> OrderReport:
    """Chains of the orders 1 to `upto` beside each other, and the one that tells held-out journeys best.

    One journey of five is held out, by a hash of its row; a row that happened often is parted. Of equals the lower
    order is chosen; where nothing can be held out, the smallest BIC. Raises AskedWrong.
    """
    most = min(upto, most_order(len(paths.names)))
    if most < 1:
        raise AskedWrong(why=f"no chain over {len(paths.names):,} channels has an order from 1 to {upto}")
    held = held_out(paths)
    rows = tuple(_row(paths, held, order) for order in range(1, most + 1))
    return OrderReport(rows, *_chosen(rows))


def held_out(paths: Paths) -> Paths:
    """The journeys that are held out, the same on every machine."""
    rows = np.arange(len(paths), dtype=np.uint64)
    parts = [
        (counts + (_scrambled(rows * np.uint64(2) + np.uint64(odd)) % np.uint64(HELD_OUT)).astype(np.int64)) // HELD_OUT
        for odd, counts in enumerate((paths.conversions, paths.nulls))
    ]
    return paths.happening(parts[0], parts[1])


def _scrambled(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finalizer of splitmix64 (G. Steele, D. Lea, C. Flood, 2014): every bit of a number stirs every other."""
    mixed = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _row(paths: Paths, held: Paths, order: int) -> OrderRow:
    all_found, held_found = counted(paths, order), counted(held, order)
    states = np.union1d(np.append(all_found.sources, 0), all_found.targets)
    source = np.searchsorted(states, all_found.sources)
    counts = np.zeros(source.size, np.int64)
    counts[np.searchsorted(all_found.keys, held_found.keys)] = held_found.counts
    whole = Outcomes(source, all_found.counts, ended(paths, all_found, states))
    tested = Outcomes(source, counts, ended(held, held_found, states))
    transitions, tests = int(whole.totals.sum()), int(tested.totals.sum())
    told = _told(whole, whole, 0.0, 0)
    outcomes = whole.counts.size + np.count_nonzero(whole.ends.conversions) + np.count_nonzero(whole.ends.nulls)
    parameters = int(outcomes) - int(np.count_nonzero(whole.totals))
    bic = parameters * float(np.log(max(transitions, 1))) - 2 * told
    learned = whole.less(tested)
    tried = _told(tested, learned, _ADDED, len(paths.names) + 2) / tests if tests and learned.totals.any() else None
    return OrderRow(order, states.size, parameters, transitions, told, bic, tried)


def _told(happened: Outcomes, learned: Outcomes, added: float, outcomes: int) -> float:
    """The log-likelihood, in nats, of what happened under the chances of what was learned.

    outcomes: how many a state can have; `added` cases are added to each.
    """
    totals = learned.totals + added * outcomes
    found = _logs(happened.counts, learned.counts + added, totals[learned.source])
    for what, known in zip(happened.ends[:2], learned.ends[:2], strict=True):
        found += _logs(what, known + added, totals)
    return found


def _logs(happened: Longs, cases: Numbers, totals: Numbers) -> float:
    some = happened > 0
    return float((happened[some] * np.log(cases[some] / totals[some])).sum())


def _chosen(rows: tuple[OrderRow, ...]) -> tuple[int, str]:
    tried = [(row.held_out, row.order) for row in rows if row.held_out is not None]
    if not tried:
        best = min(rows, key=lambda row: (row.bic, row.order))
        return best.order, f"too few journeys to hold some out; of the orders tried, {best.order} has the smallest BIC"
    value, order = max(tried, key=lambda one: (one[0], -one[1]))
    others = [one for one in tried if one[1] != order]
    if not others:
        return order, "no other order was tried"
    next_value, next_order = max(others, key=lambda one: (one[0], -one[1]))
    return order, (
        f"it tells held-out journeys best: a log-likelihood of {value:.5f} a transition, against {next_value:.5f} at "
        f"order {next_order}, the next best"
    )
