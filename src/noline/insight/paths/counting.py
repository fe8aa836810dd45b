"""How often paths went from which state to which touch, in one pass.

A state is the last touches, up to the order of the chain, as digits to the base of the number of channels and 1: the
latest is the lowest digit, code + 1, and 0 where there was none, so that the state 0 is the start. A move is the number
of its state with one more digit, the touch that came next. While all moves have room in a table they are counted there,
otherwise only those that occur.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from noline.insight.paths.kernels import in_parts, loops_over
from noline.insight.paths.model import AskedWrong, Paths
from noline.insight.paths.sums import blocks, exact_sums
from noline.stores.walks.arrays import Longs, firsts

HIGHEST_ORDER = 6
LARGEST_TABLE = 1 << 24
"""Cells of a table of moves; beyond them only moves that occur are kept."""

_SMALL_TABLE = 1 << 21
"""Larger tables are not counted once for each core."""


class Counts(NamedTuple):
    """What was counted. keys: moves, rising; counts: how often each happened, 1 and more. ends: each path's state."""

    base: int
    states: int
    keys: Longs
    counts: Longs
    ends: Longs

    @property
    def sources(self) -> Longs:
        """The state that each move leaves."""
        return self.keys // self.base

    @property
    def targets(self) -> Longs:
        """The state that each move leads to."""
        return self.keys % self.states

    @property
    def touches(self) -> Longs:
        """The channel that each move goes to."""
        return self.keys % self.base - 1


def most_order(names: int) -> int:
    """The highest order whose moves are numbers of 62 bits, up to 6."""
    return next((order for order in range(HIGHEST_ORDER, 0, -1) if (names + 1) ** (order + 1) < 2**62), 0)


def counted(paths: Paths, order: int) -> Counts:
    """The moves of the paths, for a chain of this order. Raises AskedWrong."""
    most = most_order(len(paths.names))
    if not 1 <= order <= most:
        raise AskedWrong(why=f"a chain over {len(paths.names):,} channels has an order from 1 to {most}, not {order}")
    base = len(paths.names) + 1
    states = base**order
    ends = np.zeros(len(paths), np.int64)
    happened = np.ascontiguousarray(paths.happened)
    if base * states <= LARGEST_TABLE:
        table = _table(paths, happened, base, states, ends)
        keys = np.flatnonzero(table)
        return Counts(base, states, keys, table[keys], ends)
    return Counts(base, states, *_tallied(paths, happened, base, states, ends), ends)


def _table(paths: Paths, happened: Longs, base: int, states: int, ends: Longs) -> Longs:
    built = loops_over(paths.offsets, paths.codes)
    if built is None:
        table = np.zeros(base * states, np.int64)
        for keys, weights in _keys(paths, happened, base, states, ends):
            table += exact_sums(keys, weights, table.size)
        return table

    def part(first: int, last: int) -> Longs:
        table = np.zeros(base * states, np.int64)
        built.moves(paths.offsets, paths.codes, happened, base, states, first, last, table, ends)
        return table

    tables = in_parts(paths.offsets, part, None if base * states <= _SMALL_TABLE else 1)
    return np.sum(tables, axis=0) if tables else np.zeros(base * states, np.int64)


def _tallied(paths: Paths, happened: Longs, base: int, states: int, ends: Longs) -> tuple[Longs, Longs]:
    built = loops_over(paths.offsets, paths.codes)
    if built is None:
        found = [_summed(keys, weights) for keys, weights in _keys(paths, happened, base, states, ends)]
    else:

        def part(first: int, last: int) -> tuple[Longs, Longs]:
            told = built.tally(paths.offsets, paths.codes, happened, base, states, first, last, ends)
            return np.frombuffer(told[0], np.int64), np.frombuffer(told[1], np.int64)

        found = in_parts(paths.offsets, part)
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys, counts = _summed(np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found]))
    kept = counts > 0
    return keys[kept], counts[kept]


def _summed(keys: Longs, counts: Longs) -> tuple[Longs, Longs]:
    """Different keys, rising, and the sum of the counts of each."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(firsts(ordered))
    return ordered[begins], np.add.reduceat(counts[order], begins) if begins.size else counts


def _keys(paths: Paths, happened: Longs, base: int, states: int, ends: Longs) -> Iterator[tuple[Longs, Longs]]:
    """The move of each touch and how often it happened, block by block; fills in the ends."""
    for first, last in blocks(paths.offsets):
        low, high = int(paths.offsets[first]), int(paths.offsets[last])
        lengths = np.diff(paths.offsets[first : last + 1])
        digits = paths.codes[low:high].astype(np.int64) + 1
        place = np.arange(high - low) - np.repeat(paths.offsets[first:last] - low, lengths)
        keys, weight, back = digits.copy(), base, 1
        while weight <= states:
            keys[back:] += np.where(place[back:] >= back, digits[:-back], 0) * weight
            weight, back = weight * base, back + 1
        ends[first:last] = keys[paths.offsets[first + 1 : last + 1] - low - 1] % states
        yield keys, np.repeat(happened[first:last], lengths)
