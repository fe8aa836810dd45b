"""Adding whole numbers by group without losing one, and parting a whole into whole parts."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from noline.stores.walks.arrays import Codes, Longs

BLOCK = 1 << 20
"""Touches that are looked at together: columns of all of them at once would be a waste of memory."""

_BITS = 26


def exact_sums(numbers: "npt.NDArray[np.integer]", amounts: Longs, size: int) -> Longs:
    """The sum of the amounts of each number below `size`, exact; at most 2^27 rows.

    Floats hold whole numbers of 53 bits, so the amounts are added in two parts.
    """
    low = np.bincount(numbers, amounts & (2**_BITS - 1), size).astype(np.int64)
    high = amounts >> _BITS
    return low + (_high_sums(numbers, high, size) << _BITS) if high.any() else low


def _high_sums(numbers: "npt.NDArray[np.integer]", amounts: Longs, size: int) -> Longs:
    if int(np.abs(amounts).max()) * amounts.size < 2**53:
        return np.bincount(numbers, amounts, size).astype(np.int64)
    found = np.zeros(size, np.int64)
    np.add.at(found, numbers, amounts)
    return found


def blocks(offsets: Longs, touches: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Paths from one to before another, of about so many touches together."""
    first, last = 0, offsets.size - 1
    while first < last:
        wanted = int(np.searchsorted(offsets, offsets[first] + touches, side="right")) - 1
        after = min(max(wanted, first + 1), last)
        yield first, after
        first = after


def first_seen(codes: Codes, paths: "npt.NDArray[np.integer]", names: int, count: int) -> "npt.NDArray[np.bool_]":
    """Which touches are the first of their channel in their path. paths: rising numbers below `count`."""
    places = np.arange(codes.size)
    cells = paths.astype(np.int64) * names + codes.astype(np.int64)
    if count * names > 16 * codes.size + BLOCK:
        found = np.zeros(codes.size, np.bool_)
        found[np.unique(cells, return_index=True)[1]] = True
        return found
    seen = np.empty(count * names, np.int64)
    seen[cells[::-1]] = places[::-1]  # of several numbers for one cell the last one stays: the earliest touch
    return np.asarray(seen[cells] == places)


def parted(parts: Sequence[Fraction | float], whole: int) -> Longs:
    """A whole in whole parts as near to these as can be, by largest remainder; of equal ones the earlier is first.

    parts: they add up to the whole, but for the rounding of floats.
    """
    below = [int(part // 1) for part in parts]
    left = whole - sum(below)
    order = sorted(range(len(below)), key=lambda place: (below[place] - parts[place], place))
    if not order:
        return np.zeros(0, np.int64)
    every, some = divmod(left, len(order))
    for place in order:
        below[place] += every
    for place in order[:some]:
        below[place] += 1
    return np.array(below, np.int64)


def parted_by_weight(weights: Sequence[float], whole: int) -> Longs:
    """A whole in whole parts in proportion to weights of 0 and more; zeros when there are none but zeros."""
    exact = [Fraction(weight) for weight in weights]
    total = sum(exact, Fraction(0))
    if not total:
        return np.zeros(len(exact), np.int64)
    return parted([weight / total * whole for weight in exact], whole)
