"""Credit by rules and by sets: who was first, last, near the end, or simply took part.

Every path's successes are parted among its channels by weights that add up to 1, so sums are what there is. Set
methods (`shapley`, `roles`, `ordered`) ask who took part; the others ask when.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from noline.insight.paths.kernels import in_parts, loops_over
from noline.insight.paths.model import AskedWrong, Attribution, Floats, Paths, Positions
from noline.insight.paths.sums import blocks, exact_sums, first_seen, parted, parted_by_weight
from noline.kernel.clock import DAY
from noline.stores.walks.arrays import Codes, Longs

POSITION = (0.4, 0.2, 0.4)
"""What the first touch, all in the middle and the last one get of a path of three and more."""

HALF_LIFE_TOUCHES = 1.0
"""By how many touches before the last one a weight halves, where no times are known."""

SMALLEST_WEIGHT = 1e-300
"""The least that a weight of roles may be of the largest one."""

HALF_LIFE = 7.0 * DAY
"""In what time before the last touch a weight halves."""


class Block(NamedTuple):
    """Some paths, side by side. path: of each touch; begins: of each path, among these touches; lengths: of each path.

    times: of each touch, or None.
    """

    codes: Codes
    path: Longs
    begins: Longs
    lengths: Longs
    times: Longs | None

    @property
    def place(self) -> Longs:
        """Which touch of its path each is, from 0."""
        return np.arange(self.codes.size) - self.begins[self.path]

    @property
    def length(self) -> Longs:
        """How long the path of each touch is."""
        return self.lengths[self.path]


Weighing = Callable[[Block], Floats]
"""How much each touch of some paths weighs; the weights of a path are not all 0."""


def touch_credit(paths: Paths, weighing: Weighing) -> Attribution:
    """Credit in proportion to the weights of touches within their path."""
    size = len(paths.names)
    conversions, values = np.zeros(size), np.zeros(size)
    for first, last, block in _blocks(paths):
        weights = weighing(block)
        share = weights / np.bincount(block.path, weights, last - first)[block.path]
        conversions += np.bincount(block.codes, share * paths.conversions[first:last][block.path], size)
        values += np.bincount(block.codes, share * paths.values[first:last][block.path], size)
    return Attribution(paths.names, conversions, parted(values.tolist(), paths.value_minor))


def first(block: Block) -> Floats:
    """All to the first touch."""
    return (block.place == 0).astype(np.float64)


def last(block: Block) -> Floats:
    """All to the last touch."""
    return (block.place == block.length - 1).astype(np.float64)


def linear(block: Block) -> Floats:
    """The same to each touch."""
    return np.ones(block.codes.size)


def position(shares: tuple[float, float, float] = POSITION) -> Weighing:
    """So much to the first touch, to all in the middle, and to the last; two touches share as the first to the last.

    Raises AskedWrong.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9 or not shares[0] + shares[2]:
        raise AskedWrong(why=f"shares {shares} are not three parts of 1, or leave nothing for a path of two touches")
    begin, middle, end = shares

    def weights(block: Block) -> Floats:
        place, length = block.place, block.length
        found = np.where(length > 2, middle / np.maximum(length - 2, 1), 0.0)
        found[place == 0] = begin
        found[place == length - 1] = end
        found[length == 1] = 1.0
        return found

    return weights


def decay(half_life: float | None, *, timed: bool) -> Weighing:
    """Weights that halve with each half-life before the last touch: in microseconds where times are known, in touches.

    Raises AskedWrong.
    """
    span = (HALF_LIFE if timed else HALF_LIFE_TOUCHES) if half_life is None else half_life
    if not span > 0:
        raise AskedWrong(why=f"a half-life of {half_life} is not above 0")

    def weights(block: Block) -> Floats:
        if block.times is None:
            age = block.length - 1 - block.place
        else:
            ends = block.times[block.begins + block.lengths - 1]
            age = np.maximum(ends[block.path] - block.times, 0)
        return np.exp2(-age / span)

    return weights


def roles(paths: Paths, weights: Mapping[str, float] | None) -> Weighing:
    """Each different channel of a path by its own weight: the weighted Shapley value of the path's set.

    weights: of every channel, above 0. Source: L. Shapley, Additive and Non-Additive Set Functions, 1953. Raises
    AskedWrong.
    """
    told = weights or {}
    missing = [name for name in paths.names if not 0 < told.get(name, 0) < float("inf")]
    if missing:
        raise AskedWrong(why=f"roles need a weight above 0 for each channel; {missing[0]!r} has none")
    weight = np.array([told[name] for name in paths.names], np.float64)
    if weight.size:
        # Weights only say shares: of the largest, so that no sum of them leaves the floats.
        weight /= weight.max()
    if weight.min(initial=1.0) < SMALLEST_WEIGHT:
        raise AskedWrong(why=f"the largest weight of roles is more than {1 / SMALLEST_WEIGHT:.0e} times the smallest")

    def weights_of(block: Block) -> Floats:
        seen = first_seen(block.codes, block.path, len(paths.names), block.lengths.size)
        return np.where(seen, weight[block.codes], 0.0)

    return weights_of


def shapley(paths: Paths) -> Attribution:
    """The Shapley value of the game in which a set of channels earns what the paths within it earned.

    In closed form: each path's successes equally to its different channels. Values are exact: whole numbers are added,
    and parted once. Source: the value of unanimity games, L. Shapley, A Value for n-Person Games, 1953.
    """
    table = by_set(paths)
    conversions = table[0] @ (1 / np.arange(1, table.shape[2] + 1))
    return Attribution(paths.names, conversions, parted(_fractions(table[1]), paths.value_minor))


def ordered(paths: Paths) -> Positions:
    """The Shapley value told by which different channel of its path each was.

    Source: K. Zhao, S. Mahboobi, S. Bagheri, Shapley Value Methods for Attribution Modeling in Online Advertising,
    2018; position is the rank of a channel's first appearance among the different channels of the path.
    """
    table = by_set(paths, by_place=True)
    divisors = 1 / np.arange(1, table.shape[2] + 1)
    conversions = np.einsum("cdp,d->cp", table[0], divisors)
    whole = shapley(paths).values_minor
    rows = [_parted_row(table[1, code], int(whole[code])) for code in range(len(paths.names))]
    values = np.array(rows, np.int64).reshape(len(paths.names), table.shape[3])
    return Positions(paths.names, conversions, values)


def taking_part(paths: Paths) -> Longs:
    """In how many journeys each channel stands, with success or without."""
    return by_set(paths)[2].sum(axis=1)


def by_set(paths: Paths, *, by_place: bool = False) -> Longs:
    """Conversions, values and journeys of each channel by how many different channels their paths have.

    [column, channel, different - 1], and with by_place one more: which of the different channels it was.
    """
    ranks = min(len(paths.names), int(np.diff(paths.offsets).max(initial=1)))
    shape = (3, len(paths.names), ranks, *((ranks,) if by_place else ()))
    amounts = np.ascontiguousarray([paths.conversions, paths.values, paths.happened])
    built = loops_over(paths.offsets, paths.codes)
    if built is None:
        return _by_set(paths, amounts, shape)

    def part(first_path: int, last_path: int) -> Longs:
        table = np.zeros(shape, np.int64)
        built.sets(paths.offsets, paths.codes, amounts, 3, shape[1], ranks, int(by_place), first_path, last_path, table)
        return table

    return np.asarray(sum(in_parts(paths.offsets, part), np.zeros(shape, np.int64)))


def _by_set(paths: Paths, amounts: Longs, shape: tuple[int, ...]) -> Longs:
    names, ranks = shape[1], shape[2]
    found = np.zeros((shape[0], int(np.prod(shape[1:]))), np.int64)
    for begin, end, block in _blocks(paths):
        seen = np.flatnonzero(first_seen(block.codes, block.path, names, end - begin))
        path = block.path[seen]
        different = np.bincount(path, minlength=end - begin)
        cell = block.codes[seen].astype(np.int64) * ranks + different[path] - 1
        if len(shape) == 4:
            begins = np.concatenate([[0], np.cumsum(different)[:-1]])
            cell = cell * ranks + np.arange(path.size) - begins[path]
        for column, amount in enumerate(amounts[:, begin:end]):
            found[column] += exact_sums(cell, amount[path], found.shape[1])
    return found.reshape(shape)


def by_mask(paths: Paths, amounts: Longs) -> Longs:
    """The sum of the amounts of the paths with each set of channels: bit i of a place is channel i. Of few channels."""
    size = 1 << len(paths.names)
    found = np.zeros(size, np.int64)
    for begin, end, block in _blocks(paths):
        masks = np.bitwise_or.reduceat(np.int64(1) << block.codes.astype(np.int64), block.begins)
        found += exact_sums(masks, amounts[begin:end], size)
    return found


def _fractions(table: Longs) -> list[Fraction]:
    """What each channel is due, exactly: row = channel, column = among how many each amount is shared, less 1."""
    return [
        sum((Fraction(amount, among) for among, amount in enumerate(row, 1) if amount), Fraction(0))
        for row in table.tolist()
    ]


def _parted_row(table: Longs, whole: int) -> Longs:
    """A channel's whole amount over places. table: [different - 1, place]."""
    return parted(_fractions(np.ascontiguousarray(table.T)), whole)


def _blocks(paths: Paths) -> Iterator[tuple[int, int, Block]]:
    for begin, end in blocks(paths.offsets):
        low, high = int(paths.offsets[begin]), int(paths.offsets[end])
        lengths = np.diff(paths.offsets[begin : end + 1])
        yield (
            begin,
            end,
            Block(
                paths.codes[low:high],
                np.repeat(np.arange(end - begin), lengths),
                paths.offsets[begin:end] - low,
                lengths,
                None if paths.times is None else paths.times[low:high],
            ),
        )


def by_effects(paths: Paths, conversions: Floats, values: Floats) -> Attribution:
    """Credit in proportion to effects on conversions and on value, each of 0 and more.

    Where no removal lowers the value (returns outweigh it), it is shared as the conversions are.
    """
    total = conversions.sum()
    shares = conversions / total if total else conversions
    weights = values if values.any() else conversions
    return Attribution(paths.names, shares * paths.total, parted_by_weight(weights.tolist(), paths.value_minor))
