"""The loops in C beside the walks in NumPy: used where a compiler built them, and left out where none did.

NumPy says what a walk means; the loops of `c/` say the same to the last byte, in one pass and on every core. They are
an optional part of the install. `NOLINE_KERNELS` in the environment, read when this module is loaded, settles which is
used: `c` (refused where the loops are not there), `numpy`, or nothing: the loops if they are there.

What the loops cannot hold is left to NumPy, which answers the same: moments more than 36,000 years from 1970, columns
whose codes are wider than 4 bytes, and what the callers say.
"""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from types import ModuleType
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from noline.kernel.errors import SettingWrong
from noline.stores.walks.arrays import Flags, Longs, order_by_number

EDITION = 6
"""Which loops are asked for. Those that an older source was built into are left out until it is installed again."""

try:
    from noline.stores.walks import _kernels as built

    if getattr(built, "EDITION", 0) != EDITION:
        built = None
except ImportError:
    built = None

Way = Literal["c", "numpy"]
Found = TypeVar("Found")

VARIABLE = "NOLINE_KERNELS"
ALONE = 200_000
"""Fewer events than this are walked by one thread: another would cost more than it saves."""

MOST_THREADS = 16
LARGEST_BUILT = 2**32 - 1
"""Stores of more events are built by NumPy."""

LONGEST = 2**61
"""Lengths of time beyond this count as this in the loops: 73,000 years in microseconds are no limit."""


def settled(told: str, *, there: bool) -> Way:
    """Which way is taken, by what the environment tells and whether the loops are there. Raises SettingWrong."""
    if told not in {"", "c", "numpy"}:
        raise SettingWrong(key=VARIABLE, value=told, why="it is c, numpy or nothing")
    if told == "c" and not there:
        raise SettingWrong(
            key=VARIABLE, value=told, why="no C compiler built the kernels of this version when NoLine was installed"
        )
    return "numpy" if told == "numpy" or not there else "c"


_taken: list[Way] = [settled(os.environ.get(VARIABLE, ""), there=built is not None)]


def way() -> Way:
    """Which way is taken now."""
    return _taken[-1]


@contextmanager
def taking(other: Way) -> Iterator[None]:
    """Take another way for a while, in the whole process. Raises SettingWrong."""
    _taken.append(settled(other, there=built is not None))
    try:
        yield
    finally:
        _taken.pop()


class Held(NamedTuple):
    """A store's columns as the loops take them."""

    loops: ModuleType
    times: Longs
    channels: npt.NDArray[np.unsignedinteger]
    actions: npt.NDArray[np.unsignedinteger]
    offsets: Longs

    def part(self, first: int, last: int) -> tuple[Any, ...]:
        """The persons from one to before another, as every loop takes them."""
        return self.times, self.channels, self.actions, self.offsets, first, last

    def in_parts(self, work: Callable[[int, int], Found], first: int = 0, last: int | None = None) -> list[Found]:
        """What was found in each part of the persons from `first` to before `last`, in their order; a thread for each.

        work: takes the persons of a part, from one to before another.
        """
        return _in_parts(self.offsets, first, self.offsets.size - 1 if last is None else last, work)


def held(store: Any) -> Held | None:
    """A walk store's columns for the loops; None where NumPy walks.

    store: a WalkStore; anything with its columns will do.
    """
    if way() == "numpy" or built is None or not store.times.size:
        return None
    codes = (store.channels.codes, store.actions.codes)
    if any(one.dtype.kind != "u" or one.dtype.itemsize > 4 for one in codes):
        return None
    columns = (np.ascontiguousarray(one) for one in (*codes, store.offsets.astype(np.int64, copy=False)))
    return Held(built, np.ascontiguousarray(store.times, np.int64), *columns)


def looped(work: Callable[[], Found]) -> Found | None:
    """What loops found; None where moments are beyond what they hold, so that NumPy walks."""
    try:
        return work()
    except OverflowError:
        return None


def meanings(meant: list[Flags]) -> npt.NDArray[np.uint32]:
    """A number for each channel and action, whose n-th bit is the n-th meaning; one row when channels do not matter."""
    table = np.zeros(meant[0].shape, np.uint32)
    for number, one in enumerate(meant):
        table |= one.astype(np.uint32) << np.uint32(number)
    return np.ascontiguousarray(table[0] if (table == table[:1]).all() else table.reshape(-1))


def length(micros: int | None, missing: int = -1) -> int:
    """A length of time as the loops take it."""
    return missing if micros is None else min(micros, LONGEST)


def _threads() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_THREADS)


def _in_parts(offsets: Longs, first: int, last: int, work: Callable[[int, int], Found]) -> list[Found]:
    return _at_once(_bounds(offsets, first, last, _threads()), work)


def _at_once(parts: list[tuple[int, int]], work: Callable[[int, int], Found]) -> list[Found]:
    """The work on each part, a thread for each; the first is this one."""
    if len(parts) == 1:
        return [work(*parts[0])]
    with ThreadPoolExecutor(len(parts) - 1) as others:
        later = [others.submit(work, *part) for part in parts[1:]]
        return [work(*parts[0]), *(one.result() for one in later)]


def _bounds(offsets: Longs, first: int, last: int, parts: int) -> list[tuple[int, int]]:
    """Persons in parts of nearly as much work each; to begin with a person costs about as much as an event."""

    def work(person: int) -> int:
        return int(offsets[person]) + person

    events = int(offsets[last]) - int(offsets[first])
    if events < ALONE or parts == 1:
        return [(first, last)]
    low, high = work(first), work(last)
    wanted = [low + (high - low) * part // parts for part in range(1, parts)]
    inner = [bisect_left(range(last), one, first, key=work) for one in wanted]
    ends = [first, *inner, last]
    return [(one, other) for one, other in pairwise(ends) if one < other]


class Tallied(NamedTuple):
    """Different numbers, in no order, and how often each was counted."""

    numbers: npt.NDArray[np.uint64]
    counts: Longs


def together(columns: Held, parts: list[object]) -> Tallied:
    """What loops counted in several parts, each number once. The parts are empty then."""
    numbers, counts = columns.loops.together(parts)
    return Tallied(np.frombuffer(numbers, np.uint64), np.frombuffer(counts, np.int64))


# Building a store


class Clustered(NamedTuple):
    """An order that puts each person's events side by side, by time; equal moments stay as they stand.

    offsets: where each person's events begin, and the end of the last. times: in that order.
    """

    offsets: Longs
    order: npt.NDArray[np.integer]
    times: Longs


def clustered(persons: npt.NDArray[np.uint32], times: Longs, people: int) -> Clustered:
    """The order of a store. persons: dense numbers below `people`."""
    loops = _building(persons.size)
    if loops is None:
        order = _by_person_and_time(persons, times)
        counts = np.bincount(persons, minlength=people)
        return Clustered(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), order, times[order])
    told = np.ascontiguousarray(times, np.int64)
    found = Clustered(np.empty(people + 1, np.int64), np.empty(told.size, np.uint32), np.empty(told.size, np.int64))
    loops.scatter(np.ascontiguousarray(persons, np.uint32), found.offsets, found.order)
    _in_parts(found.offsets, 0, people, lambda first, last: loops.settle(told, *found, first, last))
    return found


def taken(column: npt.NDArray[Any], order: npt.NDArray[np.integer]) -> npt.NDArray[Any]:
    """A column in another order."""
    loops, item = _building(column.size), column.dtype.itemsize
    if loops is None or order.dtype != np.uint32 or item not in {1, 2, 4, 8}:
        return column[order]
    source, found = np.ascontiguousarray(column), np.empty(order.size, column.dtype)
    parts = _threads() if order.size >= ALONE else 1
    bounds = [order.size * part // parts for part in range(parts + 1)]
    _at_once(list(pairwise(bounds)), lambda low, high: loops.gather(source, order, found, item, low, high))
    return found


def numbered(values: Longs) -> tuple[npt.NDArray[np.uint32], Longs] | None:
    """A dense number for each value, in the order of their first appearance, and the values; None: Arrow numbers."""
    loops = _building(values.size)
    if loops is None:
        return None
    numbers, different = np.empty(values.size, np.uint32), np.empty(values.size, np.int64)
    count = loops.number(np.ascontiguousarray(values), numbers, different)
    return numbers, different[:count].copy()


def _building(rows: int) -> ModuleType | None:
    return built if way() == "c" and rows < LARGEST_BUILT else None


def _by_person_and_time(persons: npt.NDArray[np.uint32], times: Longs) -> Longs:
    order = order_by_number(persons)
    grouped, moments = persons[order], times[order]
    late = (grouped[1:] == grouped[:-1]) & (moments[1:] < moments[:-1])
    if late.any():
        mixed = np.zeros(int(grouped[-1]) + 1, np.bool_)
        mixed[grouped[1:][late]] = True
        places = np.flatnonzero(mixed[grouped])
        order[places] = order[places[np.lexsort((moments[places], grouped[places]))]]
    return order
