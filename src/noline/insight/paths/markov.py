"""Journeys as an absorbing Markov chain of any order: what of all successes goes when a channel, or a hand-off, goes.

The chances of the chain are the counted shares, so that it reaches success exactly as often as the paths do. A removal
sends what would go to a channel (or from one to another) to nothing instead; how much success is left is solved, not
simulated: directly while there are few states, and otherwise step by step until no more than a 10^-13th part of the
success could still be on its way. The same paths give the same bytes.

Source: E. Anderl, I. Becker, F. v. Wangenheim, J. H. Schumann, Mapping the Customer Journey, 2016.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from noline.insight.paths.counting import Counts, counted
from noline.insight.paths.kernels import at_once, loops
from noline.insight.paths.methods import by_effects
from noline.insight.paths.model import Attribution, Floats, Handoff, Paths
from noline.insight.paths.sums import exact_sums
from noline.stores.walks.arrays import Flags, Longs

FEW_STATES = 64
"""So many states are solved directly, on one core: quicker than steps, however long the journeys."""

MOST_CELLS = 1 << 22
"""Ends are added in a table of so many states, and by search beyond."""

LEFT = 1e-13
"""The part of the success that may be on its way when the steps end."""


class Ends(NamedTuple):
    """What became of the paths in each state where one ended."""

    conversions: Longs
    nulls: Longs
    values: Longs


@dataclass(frozen=True, eq=False)
class Chain:
    """An absorbing chain. states: the codes of those that occur, rising; the first one is the start.

    source, target: of each move, as places among the states. sender, receiver: channels of each move, sender -1 at the
    start. chances: of each move, among all that happened in its state. success, worth: of each state, the chance of a
    success next, and its expected value in minor units.
    """

    names: tuple[str, ...]
    order: int
    states: Longs
    source: Longs
    target: Longs
    sender: Longs
    receiver: Longs
    counts: Longs
    chances: Floats
    success: Floats
    worth: Floats
    success_in_all: float
    worth_in_all: float
    dearest: float

    def holds(self, code: int) -> Flags:
        """Which states tell of a channel."""
        base = len(self.names) + 1
        found, rest = np.zeros(self.states.size, np.bool_), self.states.copy()
        for _ in range(self.order):
            found |= rest % base == code + 1
            rest //= base
        return found


class Left(NamedTuple):
    """What the chain still reaches: the chance of a success, and the expected value in minor units."""

    success: float
    worth: float


def chain_of(paths: Paths, order: int) -> Chain:
    """The chain of this order that the paths make. Raises AskedWrong."""
    found = counted(paths, order)
    sources, targets, base = found.sources, found.targets, found.base
    states = np.union1d(np.append(sources, 0), targets)
    source, target = np.searchsorted(states, sources), np.searchsorted(states, targets)
    ends = ended(paths, found, states)
    left = np.bincount(source, found.counts, states.size)
    total = np.maximum(left + ends.conversions + ends.nulls, 1)
    journeys = max(int(paths.happened.sum()), 1)
    each = np.abs(ends.values) / np.maximum(ends.conversions, 1)
    return Chain(
        paths.names, order, states, source, target,
        sources % base - 1, found.touches, found.counts, found.counts / total[source],
        ends.conversions / total, ends.values / total,
        paths.total / journeys, paths.value_minor / journeys, float(each.max(initial=0.0)),
    )  # fmt: skip


def ended(paths: Paths, found: Counts, states: Longs) -> Ends:
    """What became of the paths that ended in each of these states, which rise."""
    happened = paths.happened > 0
    if happened.all():
        ends, columns = found.ends, (paths.conversions, paths.nulls, paths.values)
    else:
        ends = found.ends[happened]
        columns = (paths.conversions[happened], paths.nulls[happened], paths.values[happened])
    if found.states <= MOST_CELLS:
        return Ends(*(exact_sums(ends, column, found.states)[states] for column in columns))
    places = np.searchsorted(states, ends)
    return Ends(*(exact_sums(places, column, states.size) for column in columns))


def reached(chain: Chain, kept: Flags) -> Left:
    """What the chain reaches when all moves but these lead to nothing."""
    source, target, chances = chain.source[kept], chain.target[kept], chain.chances[kept]
    if chain.states.size <= FEW_STATES:
        return _directly(chain, source, target, chances)
    return _by_steps(chain, source, target, chances)


def _directly(chain: Chain, source: Longs, target: Longs, chances: Floats) -> Left:
    """Expected visits of each state, by one system of equations."""
    size = chain.states.size
    system = np.eye(size)
    np.subtract.at(system, (target, source), chances)
    begin = np.zeros(size)
    begin[0] = 1.0
    visits = np.linalg.solve(system, begin)
    return Left(float((visits * chain.success).sum()), float((visits * chain.worth).sum()))


def _by_steps(chain: Chain, source: Longs, target: Longs, chances: Floats) -> Left:
    """Expected visits of each state, step by step, until hardly any path is still on its way."""
    size, built = chain.states.size, loops()
    # A state that is followed by itself is left after so many stays; steps between different states end sooner.
    stay = np.zeros(size)
    itself = source == target
    stay[source[itself]] = chances[itself]
    stays = 1 / (1 - stay)
    source, target, chances = source[~itself], target[~itself], (chances * stays[source])[~itself]
    now, visits = np.zeros(size), np.zeros(size)
    now[0] = 1.0
    enough = LEFT * min(chain.success_in_all, abs(chain.worth_in_all) / (chain.dearest or 1.0) or 1.0)
    while True:
        visits += now * stays
        if built is None:
            then = np.bincount(target, now[source] * chances, size)
        else:
            then = np.zeros(size)
            built.step(source, target, chances, now, then)
        if float(then.sum()) <= enough:
            # Sums of NumPy's own: a library of linear algebra would add in an order of its own, and wake every core.
            return Left(float((visits * chain.success).sum()), float((visits * chain.worth).sum()))
        now = then


class Effects(NamedTuple):
    """The parts of success and of value that each removal takes, from 0 to 1."""

    success: Floats
    worth: Floats


Removal = Callable[[], Flags]
"""Flags of the moves that lead to nothing; made when its turn comes, because there may be millions."""


def effects(chain: Chain, removals: list[Removal]) -> Effects:
    """What is lost by each removal."""
    works = [partial(_left, chain, removal) for removal in removals]
    lefts = [work() for work in works] if chain.states.size <= FEW_STATES else at_once(works)
    return Effects(
        _lost(np.array([left.success for left in lefts]), chain.success_in_all),
        _lost(np.array([left.worth for left in lefts]), chain.worth_in_all),
    )


def _left(chain: Chain, removal: Removal) -> Left:
    return reached(chain, ~removal())


def _lost(left: Floats, whole: float) -> Floats:
    """Parts of a whole that are gone, from 0 to 1 even where floats are rounded or values are below 0."""
    return np.clip(1 - left / whole, 0.0, 1.0) if whole else np.zeros(left.size)


def without_channel(chain: Chain, code: int) -> Flags:
    """The moves that a channel's removal ends: to it, and all that could only come after it."""
    held = chain.holds(code)
    return (chain.receiver == code) | held[chain.source]


def removal_effects(chain: Chain) -> Effects:
    """The removal effect of each channel."""
    return effects(chain, [partial(without_channel, chain, code) for code in range(len(chain.names))])


def markov(paths: Paths, order: int) -> Attribution:
    """Credit in proportion to removal effects; with successes, or value, nowhere, none. Raises AskedWrong."""
    if not paths.total:
        return Attribution(paths.names, np.zeros(len(paths.names)), np.zeros(len(paths.names), np.int64))
    found = removal_effects(chain_of(paths, order))
    return by_effects(paths, found.success, found.worth)


def handoffs(paths: Paths, order: int) -> list[Handoff]:
    """What moving from each channel to each other is worth, the dearest first. Raises AskedWrong."""
    chain = chain_of(paths, order)
    size = len(chain.names)
    between = (chain.sender >= 0) & (chain.sender != chain.receiver)
    pair = np.where(between, chain.sender * size + chain.receiver, -1)
    moves = exact_sums(pair[between], chain.counts[between], size * size)
    pairs = np.flatnonzero(moves)
    found = effects(chain, [partial(np.equal, pair, one) for one in pairs.tolist()]) if paths.total else None
    rows = [
        Handoff(
            chain.names[one // size],
            chain.names[one % size],
            int(moves[one]),
            None if found is None else float(found.success[place]),
            0.0 if found is None else float(found.success[place]) * paths.total,
            0 if found is None else round(float(found.worth[place]) * paths.value_minor),
        )
        for place, one in enumerate(pairs.tolist())
    ]
    return sorted(rows, key=lambda row: (-row.conversions, -row.moves, row.sender, row.receiver))
