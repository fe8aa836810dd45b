"""Who handed over to whom: hand-offs that a sender declared, and those that visits show."""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.calendars import Calendar, taken
from noline.insight.walks.journeys import AFTER_ALL, Ground, amounts, is_told
from noline.insight.walks.model import Windows
from noline.stores.walks.arrays import NONE, Flags, Longs
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.history import are_among, rising
from noline.stores.walks.store import WalkStore


class Ways(NamedTuple):
    """Hand-offs before it is asked how they ended. Moments in microseconds.

    persons, senders, receivers: numbers. places: the declaring event in the whole, NONE when inferred.
    sending, arriving: visits, NONE where there is none. until: to arrive; AFTER_ALL when inferred.
    arrived_at: NOT_TOLD for never. wanted_at: NOT_TOLD when nothing was. valued: the event that tells the value.
    """

    persons: Longs
    senders: Longs
    receivers: Longs
    places: Longs
    sending: Longs
    arriving: Longs
    handed_at: Longs
    began_at: Longs
    until: Longs
    arrived_at: Longs
    wanted_at: Longs
    valued: Longs

    def chosen(self, rows: Longs | Flags) -> "Ways":
        """Some of them."""
        return Ways(*(column[rows] for column in self))

    def and_also(self, other: "Ways") -> "Ways":
        """These and others."""
        return Ways(*(np.concatenate(both) for both in zip(self, other, strict=True)))


class Objects(NamedTuple):
    """What each event of the whole tells of objects, as numbers of one list of names; 0: nothing.

    handed: what it hands over. about: what it is about.
    """

    about: Longs
    handed: Longs


def objects_of(store: WalkStore) -> Objects:
    """What the events tell of objects: coupons, reservations, orders, whatever goes on."""
    nothing = np.zeros(len(store), np.int64)
    about, known = nothing, ()
    if "object_id" in store.parts:
        part = store.parts["object_id"]
        about, known = np.where(is_told(part), part.codes.astype(np.int64) + 1, 0), part.names
    if "handoff_object" not in store.parts:
        return Objects(about, nothing)
    part = store.parts["handoff_object"]
    wanted = {*part.names} - {""}
    numbers = {name: code + 1 for code, name in enumerate(known) if name in wanted}
    numbers |= {name: len(known) + 1 + code for code, name in enumerate(part.names) if name not in numbers}
    numbers[""] = 0
    return Objects(about, np.array([*(numbers[name] for name in part.names), 0], np.int64)[part.codes])


class Visited(NamedTuple):
    """What visits tell, and what their events tell of objects.

    wanted: when something first was, AFTER_ALL for never. seen: the event of the value last seen, NONE for none.
    """

    wanted: Longs
    seen: Longs
    objects: Objects


def names_of(store: WalkStore) -> tuple[str, ...]:
    """The channels, and after them the receivers that nobody was ever seen in."""
    named = store.parts["handoff_to"].names if "handoff_to" in store.parts else ()
    return tuple(dict.fromkeys((*store.channels.names, *(name for name in named if name))))


def declared(found: Ground, visited: Visited, windows: Windows, names: tuple[str, ...]) -> Ways:
    """Hand-offs whose sender named the receiver, each one an attempt."""
    whole = found.whole
    places, receivers = _declarations(whole, names)
    times = whole.times[places]
    told = (
        whole.measures["handoff_until"][places] if "handoff_until" in whole.measures else np.full(times.size, NOT_TOLD)
    )
    until = np.where(told == NOT_TOLD, times + windows.handoff, told)
    persons = whole.persons[places].astype(np.int64)
    arrival = _arrivals(found, visited, places, receivers, len(names))
    arrived = arrival != NONE
    arrived[arrived] = whole.times[arrival[arrived]] <= until[arrived]
    arrival = np.where(arrived, arrival, NONE)
    sending = _visits_or_none(found, np.where(_is_exposure(found, places), NONE, places))
    arrived_at = taken(whole.times, arrival, NOT_TOLD)
    wanted = taken(visited.wanted, sending, AFTER_ALL)
    wanted_at = np.where(wanted <= np.where(arrived, arrived_at, times), wanted, NOT_TOLD)
    last_seen = taken(visited.seen, sending, NONE)
    own = amounts(whole)[places] != NOT_TOLD
    return Ways(
        persons, whole.channels.codes[places].astype(np.int64), receivers, places, sending,
        _visits_or_none(found, arrival), times, taken(found.began, sending, NOT_TOLD), until, arrived_at, wanted_at,
        np.where(own, places, last_seen),
    )  # fmt: skip


def _declarations(store: WalkStore, names: tuple[str, ...]) -> tuple[Longs, Longs]:
    """The events that name another channel as receiver, and which."""
    if "handoff_to" not in store.parts:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    part = store.parts["handoff_to"]
    numbers = {name: number for number, name in enumerate(names)}
    receivers = np.array([*(numbers.get(name, NONE) for name in part.names), NONE], np.int64)[part.codes]
    places = np.flatnonzero((receivers != NONE) & (receivers != store.channels.codes))
    return places, receivers[places]


def _is_exposure(found: Ground, places: Longs) -> Flags:
    there = np.minimum(np.searchsorted(found.places, places), max(found.places.size - 1, 0))
    return found.places[there] != places if found.places.size else np.ones(places.size, np.bool_)


def _visits_or_none(found: Ground, places: Longs) -> Longs:
    """The visit of each event; NONE for none."""
    visits = np.full(places.size, NONE, np.int64)
    there = places != NONE
    visits[there] = found.visits_of(places[there])
    return visits


def _arrivals(found: Ground, visited: Visited, places: Longs, receivers: Longs, channels: int) -> Longs:
    """The first touchpoint in the receiving channel from the declaration on, with its object when it names one."""
    whole = found.whole
    persons = np.zeros(whole.person_count, np.bool_)
    persons[whole.persons[places]] = True
    asked = np.zeros(channels, np.bool_)
    asked[receivers] = True
    able = found.places[asked[found.told.channels.codes] & persons[whole.persons[found.places]]]
    # Nothing (0) is told by every touchpoint: a hand-off without an object arrives with any of them.
    named = [(able[told[able] > 0], told) for told in visited.objects]
    rows = np.concatenate([able, *(mine for mine, _ in named)])
    what = np.concatenate([np.zeros(able.size, np.int64), *(told[mine] for mine, told in named)])
    most = int(what.max(initial=0)) + int(visited.objects.handed.max(initial=0)) + 1

    def keys(events: Longs, channel: Longs, told: Longs) -> Longs:
        return (whole.persons[events].astype(np.int64) * channels + channel) * most + told

    calendar = Calendar.of(keys(rows, whole.channels.codes[rows].astype(np.int64), what), whole.times[rows], rows, rows)
    asked_for = keys(places, receivers, visited.objects.handed[places])
    return taken(calendar.rows, calendar.first_from(asked_for, whole.times[places]), NONE)


def inferred(found: Ground, visited: Visited, answered: Ways, channels: int) -> Ways:
    """Visits of a journey that follow each other in different channels, where no declared hand-off arrived."""
    walk = found.walk
    visit = np.flatnonzero(~walk.opens[1:] & (walk.channels[1:] != walk.channels[:-1])) + 1
    arrived = answered.arriving != NONE
    # The visit in which a declared hand-off arrived is that hand-off, not another one beside it.
    known = answered.arriving[arrived] * channels + answered.senders[arrived]
    visit = visit[~are_among(visit * channels + walk.channels[visit - 1], rising(known))]
    before = visit - 1
    began = found.began[visit]
    wanted = visited.wanted[before]
    return Ways(
        found.persons[visit], walk.channels[before], walk.channels[visit], np.full(visit.size, NONE), before, visit,
        np.minimum(found.ended[before], began), found.began[before], np.full(visit.size, AFTER_ALL), began,
        np.where(wanted <= began, wanted, NOT_TOLD), visited.seen[before],
    )  # fmt: skip
