"""Funnels by NumPy, all persons at once, step after step: what the loops in C say again in one pass.

Of every event that a step may end with, one thing is kept: the latest position at which a chain that ends there can
have begun; `funnels.py` says why that is enough.
"""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.model import Funnel, Step
from noline.insight.walks.steps import Marked, Reached
from noline.stores.walks.arrays import NONE, Codes, Flags, Longs, first_beyond, firsts
from noline.stores.walks.store import WalkStore


class _Placed(NamedTuple):
    """What was marked, as positions. chosen: events that count at all; None: all do. banned: what must not be."""

    store: WalkStore
    meanings: tuple[Flags, ...]
    chosen: Flags | None
    overlapping: bool
    banned: Longs

    @classmethod
    def of(cls, events: Marked) -> "_Placed":
        return cls(events.store, events.meanings, events.chosen(), events.overlapping, events.banned())

    def of_step(self, step: int) -> Longs:
        """Positions of the events of a step."""
        places = self.store.places(self.meanings[step])
        return places if self.chosen is None else places[self.chosen[places]]

    def bits(self) -> Codes:
        """For each event a number whose n-th bit says whether it is of the n-th step."""
        bits = self.store.marks(self.meanings)
        return bits if self.chosen is None else np.where(self.chosen, bits, bits.dtype.type(0))


class _Chains(NamedTuple):
    """Chains up to a step: positions of the last events, and the latest position each can have begun at."""

    ends: Longs
    begins: Longs


def persons(events: Marked, funnel: Funnel) -> tuple[int, ...]:
    """How many persons reached each step."""
    if funnel.mode != "ordered":
        return tuple(step.persons.size for step in reached(events, funnel))
    of_steps = _ordered(_Placed.of(events), funnel)
    return tuple(int(firsts(events.store.persons[chains.ends]).sum()) for chains in of_steps)


def reached(events: Marked, funnel: Funnel) -> list[Reached]:
    """Who reached each step."""
    placed = _Placed.of(events)
    if funnel.mode == "any":
        return _any_order(placed, funnel)
    if funnel.mode == "strict":
        return _strict(placed, funnel)
    return [_first_of_each(events.store, chains) for chains in _ordered(placed, funnel)]


def _first_of_each(store: WalkStore, chains: _Chains) -> Reached:
    """For each person the first event that got there."""
    persons = store.persons[chains.ends].astype(np.int64)
    first = firsts(persons)
    return Reached(persons[first], chains.begins[first], chains.ends[first])


# In order


def _ordered(events: _Placed, funnel: Funnel) -> list[_Chains]:
    found: list[_Chains] = []
    for number, step in enumerate(funnel.steps):
        ends = events.of_step(number)
        if number == 0:
            found.append(_Chains(ends, ends))
            continue
        begins = np.full(ends.size, NONE, np.int64)
        after = _after(events, funnel, step, ends)
        for other in funnel.before(number):
            np.maximum(begins, _latest(events.store, found[other], step, ends, after), out=begins)
        alive = begins >= 0
        alive[alive] = _holds(events, funnel, begins[alive], ends[alive])
        found.append(_Chains(ends[alive], begins[alive]))
    return found


def _after(events: _Placed, funnel: Funnel, step: Step, ends: Longs) -> Longs:
    """For each event the first position that is too late for the event of the step before it."""
    store = events.store
    if step.least:
        limits = store.times[ends] - step.least
        return first_beyond(store.times, _first_of_person(store, ends), ends, limits)
    if events.overlapping:
        return ends
    return _tied_after(store, ends, funnel.tolerance)


def _tied_after(store: WalkStore, places: Longs, tolerance: int) -> Longs:
    """For each event the first position of the person that is later by more than the tolerance."""
    after = places + 1
    # The very last event of all has none after it, and is compared with itself.
    following = np.minimum(after, len(store) - 1)
    near = (store.times[following] <= store.times[places] + tolerance) & (following == after)
    tied = np.flatnonzero(near)
    tied = tied[store.persons[after[tied]] == store.persons[places[tied]]]
    high = store.offsets[store.persons[places[tied]].astype(np.int64) + 1]
    after[tied] = first_beyond(store.times, after[tied], high, store.times[places[tied]] + tolerance)
    return after


def _first_of_person(store: WalkStore, places: Longs) -> Longs:
    return store.offsets[store.persons[places]]


def _latest(store: WalkStore, before: _Chains, step: Step, ends: Longs, after: Longs) -> Longs:
    """The latest begin among the chains that an event may continue; NONE where there is none."""
    first = _first_of_person(store, ends)
    if step.most is not None:
        first = first_beyond(store.times, first, ends, store.times[ends] - step.most - 1)
    high = np.searchsorted(before.ends, after)
    # A chain that ends later never began earlier: whatever a later event may follow begins no earlier. So of the events
    # in reach the last is enough, if it is of this person and not too early.
    found = np.full(ends.size, NONE, np.int64)
    some = np.flatnonzero(high > 0)
    near = some[before.ends[high[some] - 1] >= first[some]]
    found[near] = before.begins[high[near] - 1]
    return found


def _holds(events: _Placed, funnel: Funnel, begins: Longs, ends: Longs) -> Flags:
    """Whether chains are within the window, and have nothing inside them that must not happen."""
    times = events.store.times
    holds = np.ones(ends.size, np.bool_)
    if funnel.window is not None:
        holds = times[ends] - times[begins] <= funnel.window
    if events.banned.size:
        before = first_beyond(times, _first_of_person(events.store, ends), ends, times[ends] - funnel.tolerance - 1)
        last = np.searchsorted(events.banned, before) - 1
        some = np.flatnonzero(last >= 0)
        inside = events.banned[last[some]]
        # A banned event of somebody else stands at a lower position than the begin.
        holds[some] &= (inside <= begins[some]) | (times[inside] <= times[begins[some]] + funnel.tolerance)
    return holds


# Without anything between


class _Moments(NamedTuple):
    """Equal moments of a person as one: positions where they begin, of what steps they hold an event, how many."""

    begins: Longs
    bits: Codes
    sizes: Longs
    times: Longs
    persons: Longs


def _moments(events: _Placed) -> _Moments:
    store = events.store
    begins = firsts(store.persons)
    if not events.overlapping:
        begins |= firsts(store.times)
    else:
        begins[:] = True
    places = np.flatnonzero(begins)
    bits = events.bits()
    if places.size:
        bits = np.bitwise_or.reduceat(bits, places)
    sizes = np.diff(np.append(places, len(store)))
    return _Moments(places, bits, sizes, store.times[places], store.persons[places].astype(np.int64))


def _strict(events: _Placed, funnel: Funnel) -> list[Reached]:
    """Chains run through moments that follow each other; one in the middle holds nothing but steps of the chain."""
    moments = _moments(events)
    count = moments.begins.size
    steps = len(funnel.steps)
    # entering[n]: chains of n steps that end with the moment before and go on here, by the moment they began at.
    entering = [np.full(count, NONE, np.int64) for _ in range(steps + 1)]
    found: list[Reached] = []
    for last in range(1, steps + 1):
        begins = np.full(count, NONE, np.int64)
        going_on = np.full(count, NONE, np.int64)
        for first in range(last):
            here = _may_run(events, moments, first, last)
            if first == 0:
                here[here] = _without_wait(funnel, 1, last)
                begins = np.where(here, np.arange(count), begins)
                going_on = np.where(here, np.arange(count), going_on)
                continue
            here &= _continues(funnel, moments, entering[first], first, last)
            begins = np.where(here, np.maximum(begins, entering[first]), begins)
            here &= moments.sizes == last - first
            going_on = np.where(here, np.maximum(going_on, entering[first]), going_on)
        same = np.flatnonzero(moments.persons[1:] == moments.persons[:-1])
        entering[last][same + 1] = going_on[same]
        found.append(_first_moments(events, moments, begins, last))
    return found


def _may_run(events: _Placed, moments: _Moments, first: int, last: int) -> Flags:
    """Whether a moment holds the steps from `first` to before `last`."""
    if events.overlapping and last - first > 1:
        return np.zeros(moments.begins.size, np.bool_)
    run = moments.bits.dtype.type(((1 << (last - first)) - 1) << first)
    return (moments.bits & run) == run


def _without_wait(funnel: Funnel, first: int, last: int) -> bool:
    """Whether these steps may happen at one moment."""
    return not any(funnel.steps[number].least for number in range(first, last))


def _continues(funnel: Funnel, moments: _Moments, began: Longs, first: int, last: int) -> Flags:
    """Whether chains that enter with step `first` may run to before `last` here."""
    holds = (began >= 0) & _without_wait(funnel, first + 1, last)
    if funnel.window is not None:
        holds &= moments.times - moments.times[np.maximum(began, 0)] <= funnel.window
    waited = np.diff(moments.times, prepend=moments.times[:1])
    step = funnel.steps[first]
    if step.least is not None:
        holds &= waited >= step.least
    if step.most is not None:
        holds &= waited <= step.most
    return holds


def _first_moments(events: _Placed, moments: _Moments, begins: Longs, last: int) -> Reached:
    """For each person the first moment that got there, and in it the first event of the step."""
    got = np.flatnonzero(begins >= 0)
    got = got[firsts(moments.persons[got])]
    steps = events.of_step(last - 1)
    ended = steps[np.searchsorted(steps, moments.begins[got])]
    if last == 1:
        return Reached(moments.persons[got], ended, ended)
    starts = events.of_step(0)
    after = np.append(moments.begins, len(events.store))[begins[got] + 1]
    return Reached(moments.persons[got], starts[np.searchsorted(starts, after) - 1], ended)


# In any order


def _any_order(events: _Placed, funnel: Funnel) -> list[Reached]:
    """From each event on: how many steps are done before the window closes."""
    store = events.store
    starts = np.flatnonzero(events.bits() != 0)
    persons = store.persons[starts].astype(np.int64)
    done = np.full((starts.size, len(funnel.steps)), len(store), np.int64)
    seen: dict[bytes, int] = {}
    for number, step in enumerate(funnel.steps):
        # The same step asked for twice is done by two events.
        name = store.matching(step.what).tobytes()
        again = seen[name] = seen.get(name, -1) + 1
        places = events.of_step(number)
        next_one = np.searchsorted(places, starts) + again
        there = np.flatnonzero(next_one < places.size)
        place = places[next_one[there]]
        within = store.persons[place] == persons[there]
        if funnel.window is not None:
            within &= store.times[place] - store.times[starts[there]] <= funnel.window
        done[there[within], number] = place[within]
    done.sort(axis=1)
    found: list[Reached] = []
    for number in range(len(funnel.steps)):
        got = np.flatnonzero(done[:, number] < len(store))
        got = got[firsts(persons[got])]
        found.append(Reached(persons[got], starts[got], done[got, number]))
    return found
