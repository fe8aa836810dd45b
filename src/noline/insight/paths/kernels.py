"""The loops in C beside NumPy: used where a compiler built them and `NOLINE_KERNELS` does not forbid it.

NumPy says what is counted; the loops of `c/` say the same to the last byte, in one pass, on every core.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import ModuleType
from typing import TypeVar

import numpy as np

from noline.stores.walks.arrays import Codes, Longs
from noline.stores.walks.kernels import way

EDITION = 1
"""Which loops are asked for. Those that an older source was built into are left out until it is installed again."""

try:
    from noline.insight.paths import _kernels as built

    if getattr(built, "EDITION", 0) != EDITION:
        built = None
except ImportError:
    built = None

Found = TypeVar("Found")

ALONE = 500_000
"""Fewer touches than this are counted by one thread: another would cost more than it saves."""

MOST_THREADS = 8


def loops() -> ModuleType | None:
    """The loops, where they are taken now; None: NumPy counts."""
    return built if way() == "c" else None


def loops_over(offsets: Longs, codes: Codes) -> ModuleType | None:
    """The same for paths of these columns; None too where the loops do not hold them."""
    held = offsets.dtype == np.int64 and codes.dtype in (np.uint8, np.uint16)
    return loops() if held and offsets.flags.c_contiguous and codes.flags.c_contiguous else None


def threads() -> int:
    """How many cores this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_THREADS)


def in_parts(offsets: Longs, work: Callable[[int, int], Found], most: int | None = None) -> list[Found]:
    """What was found in each part of the paths, a thread for each. most: of the parts."""
    touches = int(offsets[-1])
    count = 1 if touches < ALONE else min(threads(), most or MOST_THREADS)
    inner = np.searchsorted(offsets, [touches * part // count for part in range(1, count)]).tolist()
    parts = [part for part in pairwise([0, *inner, offsets.size - 1]) if part[0] < part[1]]
    return at_once([lambda part=part: work(*part) for part in parts])


def at_once(works: list[Callable[[], Found]]) -> list[Found]:
    """The answers of all, worked on side by side; in their order."""
    if len(works) < 2 or threads() == 1:
        return [work() for work in works]
    with ThreadPoolExecutor(threads()) as pool:
        return [one.result() for one in [pool.submit(work) for work in works]]
