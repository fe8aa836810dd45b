"""Paths of a hub's own history: what each person did before each order, and what led to none."""

from typing import Literal, NamedTuple

import numpy as np

from noline.insight.paths.model import AskedWrong, Paths, narrow
from noline.kernel.clock import Micros
from noline.kernel.words import Stage
from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.history import History

GOALS = ("Order Placed", "Order Completed")
"""What ends a path with success, unless told otherwise."""

CARRIED_OUT = (Stage.RECEIVE.value,)
"""Stages of touches that only carry out an order; they lead to none."""


class Touches(NamedTuple):
    """What people did, by person and time. codes: of `names`. order: which touches are orders. values: of orders."""

    persons: Longs
    times: Longs
    codes: Longs
    names: tuple[str, ...]
    order: Flags
    values: Longs


def of_history(
    history: History,
    *,
    window_us: Micros,
    goals: tuple[str, ...] = GOALS,
    by: Literal["channel", "unit"] = "channel",
    leaving_out: tuple[str, ...] = CARRIED_OUT,
    repeated: bool = False,
) -> Paths:
    """Paths over channels, or over units, of everybody's history.

    Before each order: the touches of its person since the order before, no more than the window earlier, and the order
    itself where it was placed; one conversion of its value, in the currency of the history. Touches that lead to no
    order so are paths without success, parted where a pause is longer than the window, and left out while the window
    behind the last of them is still open. What was merely sent is no touch, nor is what happens in the stages
    `leaving_out`. repeated: touches of one channel that follow each other count each, and not once.

    by unit: a store by its id where it happened in the channel `store`, else the channel. Raises AskedWrong.
    """
    if window_us <= 0:
        raise AskedWrong(why=f"a window of {window_us} µs is not above 0")
    found = _touches(history, goals, by, leaving_out)
    until = history.observed_until
    if not found.times.size or until is None:
        return Paths.from_rows([])
    leads_to = _leads_to(found, window_us)
    pause = np.diff(found.times, prepend=found.times[0])
    begins = firsts(found.persons) | firsts(leads_to) | ((leads_to < 0) & (pause > window_us))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], found.times.size) - 1
    success = leads_to[first] >= 0
    decided = success | (found.times[last] + window_us <= until)
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


def _leads_to(found: Touches, window_us: Micros) -> Longs:
    """The number of the order that each touch leads to within the window; -1: none."""
    orders = np.flatnonzero(found.order)
    if not orders.size:
        return np.full(found.times.size, -1)
    number = np.cumsum(found.order) - found.order  # how many orders stand before: the next one's number
    place = orders[np.minimum(number, orders.size - 1)]
    own = (number < orders.size) & (found.persons[place] == found.persons)
    return np.where(own & (found.times[place] - found.times <= window_us), number, -1)


def _touches(
    history: History, goals: tuple[str, ...], by: Literal["channel", "unit"], leaving_out: tuple[str, ...]
) -> Touches:
    goal = np.zeros(len(history), np.bool_)
    goal[history.places_of(goals)] = True
    goal &= ~history.exposed
    order = goal & _first_told(history, goal)
    stages = history.part("stage")
    left_out = np.array([name in leaving_out for name in stages.names], np.bool_)[stages.codes]
    kept = np.flatnonzero(order | ~(history.exposed | goal | left_out))
    codes, names = _units(history, kept) if by == "unit" else (history.channels.codes[kept], history.channels.names)
    return Touches(
        history.persons[kept].astype(np.int64),
        history.times[kept],
        codes.astype(np.int64),
        names,
        order[kept],
        np.where(order[kept], history.values[kept], 0),
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
