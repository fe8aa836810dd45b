"""Arithmetic on clustered events: positions in a walk store, all of them at once."""

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.unsignedinteger]

NONE = -1
"""No position."""

_DIGIT = 16
_SMALL = 1 << _DIGIT


def order_by_number(numbers: npt.NDArray[np.integer]) -> Longs:
    """The order that sorts dense numbers (0 and up), equal ones as they stand: a counting sort by 16 bits at a time."""
    largest = int(numbers.max(initial=0))
    order = np.argsort((numbers & (_SMALL - 1)).astype(np.uint16), kind="stable")
    shift = _DIGIT
    while largest >> shift:
        digit = ((numbers >> shift) & (_SMALL - 1)).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
        shift += _DIGIT
    return order.astype(np.int64, copy=False)


def first_beyond(times: Longs, low: Longs, high: Longs, limits: Longs) -> Longs:
    """For each range of positions, the first whose time is beyond its limit; its end when there is none.

    Times rise within a range, as they do within a person.
    """
    low, high = low.copy(), high.copy()
    active = np.flatnonzero(low < high)
    while active.size:
        middle = (low[active] + high[active]) // 2
        beyond = times[middle] > limits[active]
        high[active[beyond]] = middle[beyond]
        low[active[~beyond]] = middle[~beyond] + 1
        active = active[low[active] < high[active]]
    return low


def tallied(numbers: Longs, below: int) -> tuple[list[int], list[int]]:
    """The different numbers, all from 0 to less than `below`, rising, and how often each stands there."""
    if below > 4 * numbers.size + _SMALL:
        found, counts = np.unique(numbers, return_counts=True)
        return found.tolist(), counts.tolist()
    counts = np.bincount(numbers, minlength=1)
    found = np.flatnonzero(counts)
    return found.tolist(), counts[found].tolist()


def firsts(numbers: npt.NDArray[np.integer]) -> Flags:
    """Where a run of equal numbers begins."""
    begins = np.empty(numbers.size, np.bool_)
    begins[:1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=begins[1:])
    return begins
