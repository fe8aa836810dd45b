"""Drop-offs: visits in which something was wanted, and what became of it in the same channel and in all others.

Who wanted something in one channel and reached it in another is a *false* drop-off: the channel alone calls the person
lost, and is wrong.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from noline.insight.walks.model import DropOffCounts, Ending, Pauses, Sequence, Wants
from noline.insight.walks.sequences import LONGEST, Packed, bits_of, kinds_of, packed, packs
from noline.insight.walks.visits import Visits, lengths, looping, visits
from noline.kernel.clock import Micros
from noline.stores.walks.arrays import Flags, Longs, first_beyond, firsts
from noline.stores.walks.kernels import Held, length, looped, meanings, together
from noline.stores.walks.store import WalkStore


class _Wanted(NamedTuple):
    """Visits with an intent. since: position from which a goal counts. until: moment up to which it counts."""

    visit: Longs
    channels: Longs
    persons: Longs
    since: Longs
    until: Longs


class _Ended(NamedTuple):
    """What became of each visit with an intent: exactly one of these is true.

    undecided: the events end before its time to reach a goal does, whether or not one was reached already.
    """

    kept: Flags
    elsewhere: Flags
    lost: Flags
    undecided: Flags


def counted(store: WalkStore, pauses: Pauses, wants: Wants, *, until: Micros | None = None) -> DropOffCounts:
    """Drop-offs by channel, and the sequences of visits that end in one.

    until: the events tell everything up to this moment; None: up to the latest of them. A part of the persons needs
    the moment of the whole.
    """
    columns = looping(store)
    if columns is not None and packs(store):
        observed = until if until is not None else store.observed_until or 0
        found = looped(lambda: _walked(columns, store, pauses, wants, observed))
        if found is not None:
            return found
    return counted_of(store, visits(store, pauses), wants, until=until)


def counted_of(store: WalkStore, walk: Visits, wants: Wants, *, until: Micros | None = None) -> DropOffCounts:
    """The same, of visits that are known already."""
    observed = until if until is not None else store.observed_until
    wanted = _wanted(store, walk, wants)
    ended = _ended(store, wanted, wants, observed if observed is not None else 0)
    everywhere = np.ones(wanted.visit.size, np.bool_)
    channels = {
        name: _ending(wanted, ended, wanted.channels == code)
        for code, name in enumerate(store.channels.names)
        if (wanted.channels == code).any()
    }
    return DropOffCounts(
        _ending(wanted, ended, everywhere), channels, _sequences(store, walk, wanted.visit[ended.lost])
    )


# By the loops in C


_FACTS = 8


def _walked(columns: Held, store: WalkStore, pauses: Pauses, wants: Wants, observed: Micros) -> DropOffCounts:
    names = store.channels.names
    table = meanings([_any_of(store, wants.intents), _any_of(store, wants.goals)])
    kinds = (len(store.actions.names), bits_of(store))
    asked = (lengths(store, pauses), table, *kinds, length(wants.horizon), observed)

    def part(first: int, last: int) -> tuple[Longs, object]:
        facts = np.zeros((len(names) + 1, _FACTS), np.int64)
        return facts, columns.loops.drop_offs(columns.part(first, last), *asked, facts)

    parts = columns.in_parts(part)
    whole = np.sum([facts for facts, _ in parts], axis=0)
    *by_channel, everywhere = [_told(row) for row in whole.tolist()]
    channels = {name: one for name, one in zip(names, by_channel, strict=True) if one.visits}
    return DropOffCounts(everywhere, channels, Packed.of(store, *together(columns, [lost for _, lost in parts])))


def _told(facts: list[int]) -> Ending:
    dropped, gone = facts[6:]
    return Ending(*facts[:6], persons_dropped=dropped, persons_false=dropped - gone)


def _any_of(store: WalkStore, steps: Iterable[str]) -> Flags:
    nothing = np.zeros((len(store.channels.names), len(store.actions.names)), np.bool_)
    return np.any([nothing, *(store.matching(what) for what in steps)], axis=0)


# By NumPy


def _wanted(store: WalkStore, walk: Visits, wants: Wants) -> _Wanted:
    places = store.places_of(wants.intents)
    of_visit = walk.of_events(store, places)
    order = np.argsort(of_visit, kind="stable")
    places, of_visit = places[order], of_visit[order]
    first = firsts(of_visit)
    last = np.append(first[1:], True) if places.size else first
    visit = of_visit[first]
    begin = store.offsets[walk.persons[visit]]
    # Of equal moments either may have been first: a goal at the moment of the intent is reached.
    since = first_beyond(store.times, begin, places[first], store.times[places[first]] - 1)
    until = store.times[places[last]] + wants.horizon
    return _Wanted(visit, walk.channels[visit], walk.persons[visit], since, until)


def _ended(store: WalkStore, wanted: _Wanted, wants: Wants, observed: Micros) -> _Ended:
    goals = store.places_of(wants.goals)
    kept = np.zeros(wanted.visit.size, np.bool_)
    for channel in np.unique(wanted.channels):
        mine = np.flatnonzero(wanted.channels == channel)
        kept[mine] = _reaches(store, goals[store.channels.codes[goals] == channel], wanted, mine)
    anywhere = _reaches(store, goals, wanted, np.arange(wanted.visit.size))
    # Time alone decides: a goal that came early tells no sooner than one that never comes.
    told = wanted.until <= observed
    return _Ended(told & kept, told & anywhere & ~kept, told & ~anywhere, ~told)


def _reaches(store: WalkStore, goals: Longs, wanted: _Wanted, rows: Longs) -> Flags:
    """Whether one of these goals follows in time."""
    found = np.zeros(rows.size, np.bool_)
    following = np.searchsorted(goals, wanted.since[rows])
    there = np.flatnonzero(following < goals.size)
    place = goals[following[there]]
    mine = rows[there]
    found[there] = (store.persons[place] == wanted.persons[mine]) & (store.times[place] <= wanted.until[mine])
    return found


def _ending(wanted: _Wanted, ended: _Ended, chosen: Flags) -> Ending:
    def people(flags: Flags) -> int:
        # Visits stand person by person.
        return int(firsts(wanted.persons[flags & chosen]).sum())

    kept, elsewhere, gone, undecided = (int((flags & chosen).sum()) for flags in ended)
    dropped = people(ended.lost | ended.elsewhere)
    false = dropped - people(ended.lost)
    return Ending(int(chosen.sum()), kept, elsewhere, gone, undecided, people(chosen), dropped, false)


def _sequences(store: WalkStore, walk: Visits, lost: Longs) -> Mapping[Sequence, int]:
    """How often which visits of a journey led to a lost one, each as `channel/last action`."""
    actions = len(store.actions.names)
    kinds = walk.channels * actions + store.actions.codes[walk.last]
    journey = np.cumsum(walk.opens)
    steps = np.full((lost.size, LONGEST), -1, np.int64)
    for back in range(LONGEST):
        place = lost - back
        same = np.flatnonzero(place >= 0)
        same = same[journey[place[same]] == journey[lost[same]]]
        steps[same, LONGEST - 1 - back] = kinds[place[same]]
    if packs(store):
        return Packed.of(store, *np.unique(packed(store, steps), return_counts=True))
    _, places, counts = np.unique(_as_one(steps, int(kinds.max(initial=0)) + 2), return_index=True, return_counts=True)
    names = kinds_of(store)
    return {
        tuple(names[kind] for kind in row if kind >= 0): count
        for row, count in zip(steps[places].tolist(), counts.tolist(), strict=True)
    }


def _as_one(rows: Longs, base: int) -> Longs:
    """One number for each row of numbers from -1 to below `base - 1`; equal rows have equal numbers."""
    found = np.zeros(rows.shape[0], np.int64)
    largest = 0
    for column in rows.T:
        if (largest + 1) * base >= 2**62:
            found = np.unique(found, return_inverse=True)[1].astype(np.int64)
            largest = int(found.max(initial=0))
        found = found * base + column + 1
        largest = largest * base + base - 1
    return found
