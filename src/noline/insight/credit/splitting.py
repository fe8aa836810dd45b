"""Whole amounts over those who share them, by whole weights, exact to the unit of money.

Each gets the whole part of its share; the units of money that are left go to the largest remainders. Among equal
remainders they go round, beginning at a number drawn from the order's id, so that nobody always gets the odd cent.

NumPy says here what is meant; the loops of `c/` say the same to the last byte and are used where a compiler built them
(`noline.stores.walks.kernels.way`).
"""

from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from noline.insight.credit.model import Orders, Work
from noline.stores.walks import kernels
from noline.stores.walks.arrays import Longs

if TYPE_CHECKING:
    import pyarrow as pa

EDITION = 1
"""Which loops are asked for. Those that an older source was built into are left out until it is installed again."""

try:
    from noline.insight.credit import _kernels as built

    if getattr(built, "EDITION", 0) != EDITION:
        built = None
except ImportError:
    built = None

LIMIT = 2**63
"""Weights of one amount add up to less."""

_SURE = 2.0**62
"""Products whose approximation is below this do not run over in NumPy; others are left to Python's numbers."""


def loops() -> ModuleType | None:
    """The loops in C; None where NumPy counts."""
    return built if kernels.way() == "c" else None


def split(amounts: Longs, offsets: Longs, weights: Longs | None, turns: Longs) -> Longs:
    """The share of each member, by largest remainder.

    amounts: 0 or more. offsets: amount i is shared by the members offsets[i] to before offsets[i + 1]. weights: of the
    members, 0 or more; None: all the same. turns: 0 or more, where the odd unit of money begins to go round. Raises
    ValueError for an amount above 0 that nobody has a part of.
    """
    asked = _asked(amounts, offsets, weights, turns)
    loop = loops()
    if loop is None:
        return _split(*asked)
    shares = np.empty(int(offsets[-1]), np.int64)
    loop.split(*asked, shares)
    return shares


def earned(amounts: Longs, offsets: Longs, weights: Longs | None, turns: Longs, units: Longs, count: int) -> Longs:
    """What each unit (0 to before `count`) gets of a split in all; units: of the members. Shares take no memory."""
    loop = loops()
    if loop is None:
        return sums(units, split(amounts, offsets, weights, turns), count)
    found = np.zeros(count, np.int64)
    loop.earned(*_asked(amounts, offsets, weights, turns), np.ascontiguousarray(units, np.int64), found)
    return found


def sums(keys: npt.NDArray[np.integer], values: npt.NDArray[np.integer], places: int) -> Longs:
    """Values added up by their keys (0 to before `places`), as whole numbers."""
    found = np.zeros(places, np.int64)
    loop = loops()
    if loop is None:
        np.add.at(found, keys, values)
    else:
        loop.sums(np.ascontiguousarray(keys, np.int64), np.ascontiguousarray(values, np.int64), found)
    return found


def turns_of(ids: "pa.StringArray") -> Longs:
    """A number for each text, from its letters alone: 0 or more, and as if drawn by lot. None may be missing."""
    ends = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1] if len(ids) else None
    found = np.empty(len(ids), np.int64)
    if ends is None:
        return found
    text = ids.buffers()[2]
    letters = np.frombuffer(text, np.uint8) if text is not None and text.size else np.zeros(0, np.uint8)
    loop = loops()
    if loop is None:
        return _turns(ends.astype(np.int64), letters)
    loop.turns(np.ascontiguousarray(ends), letters, found)
    return found


class Seats(NamedTuple):
    """The units of each order: whoever worked on it, who captured it, and its owner; by order, then unit.

    The payee of the baseline has the last seat of an order that pays one; its code is the number of units.
    offsets: order i has the seats offsets[i] to before offsets[i + 1]. acts, minutes, spent_minor: of a seat's work.
    captor, owner: for each order their seats.
    """

    offsets: Longs
    unit: Longs
    acts: Longs
    minutes: Longs
    spent: Longs
    captor: Longs
    owner: Longs


def seats(orders: Orders, work: Work, units: int) -> Seats:
    """Who has a seat at each order. units: how many there are. Raises ValueError for work that lies not by order."""
    count = len(orders.ids)
    told = [np.ascontiguousarray(one, np.int64) for one in (work.order, work.unit, work.minutes, work.cost_minor)]
    heads = [np.ascontiguousarray(one, np.int64) for one in (orders.captured_by, orders.owner, orders.baseline_ppm)]
    loop = loops()
    if loop is None:
        return _seats(told, heads, units)
    room = told[0].size + 3 * count
    rows = [np.empty(room, np.int64) for _ in range(4)]
    offsets, captor, owner = np.empty(count + 1, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    loop.seats(*told, *heads, units, offsets, *rows, captor, owner)
    unit, acts, minutes, spent = (one[: int(offsets[-1])] for one in rows)
    return Seats(offsets, unit, acts, minutes, spent, captor, owner)


class Grouped(NamedTuple):
    """Rows of the same key made one. keys: the different ones, rising; of: for each row its group; columns: summed."""

    keys: Longs
    of: Longs
    columns: tuple[Longs, ...]


def grouped(keys: Longs, *columns: Longs) -> Grouped:
    """Columns added up by any keys."""
    found, of = np.unique(keys, return_inverse=True)
    return Grouped(found, of.astype(np.int64), tuple(sums(of, column, found.size) for column in columns))


def segments(offsets: Longs) -> Longs:
    """For each member, to which amount it belongs."""
    return np.repeat(np.arange(offsets.size - 1), np.diff(offsets))


def per_segment(values: npt.NDArray[np.integer], offsets: Longs) -> Longs:
    """The sum of the members of each amount; 0 where there are none."""
    if not values.size:
        return np.zeros(offsets.size - 1, np.int64)
    low = np.minimum(offsets[:-1], values.size - 1)
    found = np.add.reduceat(values, low, dtype=np.int64)
    return np.where(np.diff(offsets) > 0, found, 0)


def ranges(starts: Longs, lengths: Longs) -> Longs:
    """The places of ranges, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if ends.size else 0) + np.repeat(starts - (ends - lengths), lengths)


def proportion(amounts: Longs, parts: Longs, whole: Longs) -> Longs:
    """Amount times part by whole, rounded down; none is below 0, and whole is above it."""
    return _divided(amounts, parts, whole)[0]


def _asked(
    amounts: Longs, offsets: Longs, weights: Longs | None, turns: Longs
) -> tuple[Longs, Longs, Longs | None, Longs]:
    """What is to be split, as the loops take it. Raises ValueError for weights that cannot be."""
    amounts, offsets, turns = (np.ascontiguousarray(one, np.int64) for one in (amounts, offsets, turns))
    if weights is None:
        return amounts, offsets, None, turns
    weights = np.ascontiguousarray(weights, np.int64)
    longest = int(np.diff(offsets).max(initial=0))
    if weights.min(initial=0) < 0 or int(weights.max(initial=0)) * longest >= LIMIT:
        raise ValueError("weights are 0 or more, and the sum of those of one amount is less than 2^63")
    return amounts, offsets, weights, turns


# What the loops do, in NumPy


def _split(amounts: Longs, offsets: Longs, weights: Longs | None, turns: Longs) -> Longs:
    if amounts.min(initial=0) < 0 or turns.min(initial=0) < 0:
        raise ValueError("an amount or a turn below 0")
    of = segments(offsets)
    parts = np.ones(of.size, np.int64) if weights is None else weights
    whole = per_segment(parts, offsets)
    if ((amounts > 0) & (whole == 0)).any():
        raise ValueError("an amount of which nobody has a part")
    shares, rest = _divided(amounts[of], parts, np.maximum(whole, 1)[of])
    left = amounts - per_segment(shares, offsets)
    open_ = np.flatnonzero(left > 0)
    places = ranges(offsets[open_], np.diff(offsets)[open_])
    shares[places] += _odd_units(of[places], rest[places], left, turns)
    return shares


def _divided(amounts: Longs, parts: Longs, whole: Longs) -> tuple[Longs, Longs]:
    """Quotient and remainder of amount times part by whole; numbers of Python where a product runs over."""
    shares = amounts * parts // whole
    rest = amounts * parts - shares * whole
    wide = np.flatnonzero(amounts.astype(np.float64) * parts >= _SURE)
    if wide.size:
        product, by = amounts[wide].astype(object) * parts[wide], whole[wide].astype(object)
        shares[wide], rest[wide] = product // by, product % by
    return shares, rest


def _odd_units(of: Longs, rest: Longs, left: Longs, turns: Longs) -> Longs:
    """Which members get a unit of money more: the largest remainders, equal ones by turns."""
    order = np.lexsort((-rest, of))
    firsts = np.flatnonzero(np.diff(of[order], prepend=-1))
    edges = np.zeros(left.size, np.int64)
    edges[of[order][firsts]] = rest[order][firsts + left[of[order][firsts]] - 1]
    edge = edges[of]
    above = rest > edge
    still = left.copy()
    np.subtract.at(still, of[above], 1)
    alike = np.flatnonzero(rest == edge)
    groups = of[alike]
    begins = np.flatnonzero(np.diff(groups, prepend=-1))
    sizes = np.diff(begins, append=groups.size)
    number, size = np.arange(groups.size) - np.repeat(begins, sizes), np.repeat(sizes, sizes)
    above[alike] = (number - turns[groups] % size) % size < still[groups]
    return above.astype(np.int64)


def _turns(ends: Longs, letters: npt.NDArray[np.uint8]) -> Longs:
    lengths = np.diff(ends)
    number = np.full(lengths.size, 0xCBF29CE484222325, np.uint64)
    for at in range(int(lengths.max(initial=0))):
        rows = np.flatnonzero(lengths > at)
        number[rows] = (number[rows] ^ letters[ends[rows] + at]) * np.uint64(0x100000001B3)
    number = (number ^ (number >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return ((number ^ (number >> np.uint64(29))) >> np.uint64(2)).astype(np.int64)


def _seats(work: list[Longs], heads: list[Longs], units: int) -> Seats:
    order, unit, minutes, cost = work
    captor, owner, baseline = heads
    everybody = (unit, captor, owner)
    if any(one.size and (one.min() < 0 or one.max() >= units) for one in everybody):
        raise ValueError("work or an order of a unit that there is not")
    if order.size and (order[0] < 0 or order[-1] >= captor.size or (np.diff(order) < 0).any()):
        raise ValueError("work that does not lie by order, or of no order")
    width, all_ = units + 1, np.arange(captor.size)
    paid = np.flatnonzero(baseline > 0)
    keys = np.concatenate([order * width + unit, all_ * width + captor, all_ * width + owner, paid * width + units])
    more = np.zeros(keys.size - order.size, np.int64)
    worked = np.ones(order.size, np.int64)
    found = grouped(keys, *(np.concatenate([one, more]) for one in (worked, minutes, cost)))
    offsets = np.searchsorted(found.keys, np.arange(captor.size + 1) * width)
    heads_of = found.of[order.size : order.size + 2 * captor.size]
    captors, owners = heads_of[: captor.size], heads_of[captor.size :]
    return Seats._make((offsets.astype(np.int64), found.keys % width, *found.columns, captors, owners))
