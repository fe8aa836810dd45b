"""Paths of a hub's own history: what each person did before each order, and what led to none."""

from typing import Literal, NamedTuple

import numpy as np

from noline.insight.paths.model import AskedWrong, Paths, narrow
from noline.insight.paths.placed import Placed
from noline.kernel.clock import Micros
from noline.kernel.words import Stage
from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.history import History

GOALS = ("Order Placed", "Order Completed")
"""What ends a path with success, unless told otherwise."""

CARRIED_OUT = (Stage.RECEIVE.value,)
"""Stages of touches that only carry out an order; they lead to none."""


class Touches(NamedTuple):
    """What people did, by person and time. codes: of `names`.

    order: which touches are orders, and end a path. known: which of these are a success of their value.
    """

    persons: Longs
    times: Longs
    codes: Longs
    names: tuple[str, ...]
    order: Flags
    known: Flags
    values: Longs


class _Goals(NamedTuple):
    """Of each event. touch: it counts as one. order, known, values: as in `Touches`."""

    touch: Flags
    order: Flags
    known: Flags
    values: Longs


def of_history(
    history: History,
    *,
    window_us: Micros,
    goals: tuple[str, ...] = GOALS,
    by: Literal["channel", "unit"] = "channel",
    leaving_out: tuple[str, ...] = CARRIED_OUT,
    repeated: bool = False,
    orders: Placed | None = None,
    since: Micros | None = None,
    until: Micros | None = None,
) -> Paths:
    """Paths over channels, or over units, of everybody's history.

    Before each order: the touches of its person since the order before, no more than the window earlier, and the order
    itself where it was placed; one conversion of its value, in the currency of the history. Touches that lead to no
    order so are paths without success, parted where a pause is longer than the window, and left out while the window
    behind the last of them is still open. What was merely sent is no touch, nor is what happens in the stages
    `leaving_out`. repeated: touches of one channel that follow each other count each, and not once.

    orders: which orders stand and what each is worth, in place of what the first message of each said. An order that
    does not stand is a touch as any other; the path of one whose worth is not known is left out; one that no known
    person placed is a path of its own. since, until: only paths that end from one moment to before another.

    by unit: a store by its id where it happened in the channel `store`, else the channel. Raises AskedWrong.
    """
    if window_us <= 0:
        raise AskedWrong(why=f"a window of {window_us} µs is not above 0")
    found = _touches(history, _goals(history, goals, orders), by, leaving_out)
    period = (since, until)
    paths = _of_touches(found, window_us, history.observed_until, period, repeated=repeated)
    return paths if orders is None else _with_nobodys(paths, history, orders, by, period)


def _of_touches(found: Touches, window_us: Micros, until: Micros | None, period: "_Period", *, repeated: bool) -> Paths:
    if not found.times.size or until is None:
        return Paths.from_rows([])
    leads_to = _leads_to(found, window_us)
    pause = np.diff(found.times, prepend=found.times[0])
    begins = firsts(found.persons) | firsts(leads_to) | ((leads_to < 0) & (pause > window_us))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], found.times.size) - 1
    success = leads_to[first] >= 0
    decided = np.where(success, found.known[last], found.times[last] + window_us <= until)
    decided &= _within(found.times[last], period)
    path = np.cumsum(begins) - 1
    kept = decided[path]
    if not repeated:
        # Of equal touches side by side the last stands for all, so that a path ends when its order was placed.
        kept &= np.append(begins[1:] | (found.codes[1:] != found.codes[:-1]), True)
    lengths = np.bincount(path[kept], minlength=first.size)[decided]
    conversions = success[decided].astype(np.int64)
    return Paths(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        narrow(found.codes[kept], len(found.names)),
        found.names,
        conversions,
        1 - conversions,
        np.where(success, found.values[last], 0)[decided],
        found.times[kept],
    )


_Period = tuple[Micros | None, Micros | None]


def _within(times: Longs, period: _Period) -> Flags:
    since, until = period
    found = np.ones(times.size, np.bool_)
    if since is not None:
        found &= times >= since
    if until is not None:
        found &= times < until
    return found


def _with_nobodys(
    paths: Paths, history: History, orders: Placed, by: Literal["channel", "unit"], period: _Period
) -> Paths:
    """The same, and the orders that stand in no person's history, each a path of one touch."""
    told = np.isin(orders.seqs, history.measures["seq"][~history.exposed])
    alone = np.flatnonzero(~told & orders.known & _within(orders.times, period))
    column = orders.units if by == "unit" else orders.channels
    codes = column.codes[alone].astype(np.int64)
    seen = [column.names[code] for code in np.unique(codes).tolist()]
    names = tuple(dict.fromkeys((*paths.names, *seen)))
    table = np.array([names.index(name) if name in names else 0 for name in column.names], np.int64)
    times = np.zeros(0, np.int64) if paths.times is None else paths.times
    return Paths(
        np.concatenate([paths.offsets, paths.offsets[-1] + np.arange(1, alone.size + 1)]),
        narrow(np.concatenate([paths.codes.astype(np.int64), table[codes]]), len(names)),
        names,
        np.concatenate([paths.conversions, np.ones(alone.size, np.int64)]),
        np.concatenate([paths.nulls, np.zeros(alone.size, np.int64)]),
        np.concatenate([paths.values, orders.values[alone]]),
        np.concatenate([times, orders.times[alone]]),
    )


def _leads_to(found: Touches, window_us: Micros) -> Longs:
    """The number of the order that each touch leads to within the window; -1: none."""
    orders = np.flatnonzero(found.order)
    if not orders.size:
        return np.full(found.times.size, -1)
    number = np.cumsum(found.order) - found.order  # how many orders stand before: the next one's number
    place = orders[np.minimum(number, orders.size - 1)]
    own = (number < orders.size) & (found.persons[place] == found.persons)
    return np.where(own & (found.times[place] - found.times <= window_us), number, -1)


def _goals(history: History, goals: tuple[str, ...], orders: Placed | None) -> _Goals:
    """Which events are orders and what each is worth: as they say themselves, or as is known of the orders."""
    goal = np.zeros(len(history), np.bool_)
    goal[history.places_of(goals)] = True
    goal &= ~history.exposed
    if orders is None:
        order = goal & _first_told(history, goal)
        return _Goals(order | ~goal, order, order, np.where(order, history.values, 0))
    places = np.flatnonzero(goal)
    row = np.minimum(np.searchsorted(orders.seqs, history.measures["seq"][places]), max(orders.seqs.size - 1, 0))
    first = orders.seqs[row] == history.measures["seq"][places] if orders.seqs.size else np.zeros(places.size, np.bool_)
    places, row = places[first], row[first]
    touch, order, known = ~goal, np.zeros_like(goal), np.zeros_like(goal)
    values = np.zeros(len(history), np.int64)
    touch[places], order[places], known[places] = True, orders.stands[row], orders.known[row]
    values[places] = orders.values[row]
    return _Goals(touch, order, known, values)


def _touches(history: History, goals: _Goals, by: Literal["channel", "unit"], leaving_out: tuple[str, ...]) -> Touches:
    stages = history.part("stage")
    left_out = np.array([name in leaving_out for name in stages.names], np.bool_)[stages.codes]
    kept = np.flatnonzero(goals.order | (goals.touch & ~(history.exposed | left_out)))
    codes, names = _units(history, kept) if by == "unit" else (history.channels.codes[kept], history.channels.names)
    return Touches(
        history.persons[kept].astype(np.int64),
        history.times[kept],
        codes.astype(np.int64),
        names,
        goals.order[kept],
        goals.known[kept],
        goals.values[kept],
    )


def _first_told(history: History, goal: Flags) -> Flags:
    """Which events are the first that their person's history tells of their order; one without an order id is."""
    ids = history.part("object_id")
    places = np.flatnonzero(goal)
    codes = ids.codes[places].astype(np.int64)
    orders = history.persons[places].astype(np.int64) * len(ids.names) + codes
    nameless = np.array([not name for name in ids.names], np.bool_)[codes]
    found = np.zeros(len(history), np.bool_)
    found[places[np.unique(orders, return_index=True)[1]]] = True
    found[places[nameless]] = True
    return found


def _units(history: History, kept: Longs) -> tuple[Longs, tuple[str, ...]]:
    """The unit of each touch, and the units that occur."""
    stores, channels = history.part("store_id"), history.channels
    pair = channels.codes[kept].astype(np.int64) * len(stores.names) + stores.codes[kept]
    present = np.flatnonzero(np.bincount(pair, minlength=len(channels.names) * len(stores.names)))
    named = [divmod(one, len(stores.names)) for one in present.tolist()]
    units = [
        stores.names[store] if channels.names[channel] == "store" and stores.names[store] else channels.names[channel]
        for channel, store in named
    ]
    names = tuple(dict.fromkeys(units))
    code = {name: number for number, name in enumerate(names)}
    table = np.zeros(len(channels.names) * len(stores.names), np.int64)
    table[present] = [code[unit] for unit in units]
    return table[pair], names
