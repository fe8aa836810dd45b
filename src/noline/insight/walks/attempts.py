"""Hand-offs one by one: declared by the sender or inferred from visits, and how each of them ended.

The same definitions as the room of journeys asks in SQL (`insight/journeys/sql`), counted over the walk store.
"""

import numpy as np
import numpy.typing as npt

from noline.insight.walks import borders as counting
from noline.insight.walks.calendars import Calendar, taken
from noline.insight.walks.handed import Visited, Ways, declared, inferred, names_of, objects_of
from noline.insight.walks.journeys import (
    AFTER_ALL,
    BEFORE_ALL,
    STAGES,
    Ground,
    amounts,
    first_and_last,
    is_told,
    seen,
    stages,
)
from noline.insight.walks.model import Windows
from noline.insight.walks.tried import LOST_AFTER, LOST_BEFORE, PASSED, SUCCEEDED, UNDECIDED, Tried
from noline.stores.walks.arrays import NONE, Flags, Longs
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.history import are_among, rising
from noline.stores.walks.store import Named


class Attempts(Tried):
    """Hand-offs one by one, and what they come to."""

    def borders(self) -> list[counting.Border]:
        """Every border that people were handed over, most lost people first."""
        return counting.borders(self)

    def people(
        self, sender: str, receiver: str, ending: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[counting.Handed]:
        """One page of the people on a border by their latest hand-off that ended so, the latest first, with evidence.

        ending: one of `tried.ENDINGS`, or `lost` for both losses; None: any. Raises NotFound for another.
        """
        return counting.people(self, sender, receiver, ending, limit=limit, offset=offset)


def attempts(found: Ground, windows: Windows) -> Attempts:
    """Every hand-off of everybody."""
    names = names_of(found.whole)
    visited = Visited(first_and_last(found, found.wanted)[0], seen(found), objects_of(found.whole))
    ways = declared(found, visited, windows, names)
    ways = ways.and_also(inferred(found, visited, ways, len(names)))
    ways = ways.chosen((ways.handed_at >= windows.since) & (ways.handed_at <= windows.until))
    whole = found.whole
    currency = whole.parts["currency"].codes if "currency" in whole.parts else np.zeros(len(whole), np.int64)
    advanced = _advanced(found, ways, windows)
    known = (ways.arrived_at != NOT_TOLD) & (found.observed >= _until(ways, windows))
    return Attempts(
        names, ways.persons, ways.senders, ways.receivers, ways.places != NONE,
        _carried(found, visited, ways), advanced, known, ways.handed_at, ways.arrived_at,
        _endings(found, ways, windows), _reached(found, ways, windows),
        taken(whole.values, ways.valued, 0),
        taken(amounts(whole), ways.valued, NOT_TOLD),
        taken(currency.astype(np.int64), ways.valued, NONE),
        *_stores(found, ways), ways, found, windows,
    )  # fmt: skip


# -- how it ended


def _endings(found: Ground, ways: Ways, windows: Windows) -> npt.NDArray[np.uint8]:
    """Time alone decides whether the log can tell.

    What ends well is seen sooner than what is lost, so neither is told before all of it is observed.
    """
    arrived, wanted = ways.arrived_at != NOT_TOLD, ways.wanted_at != NOT_TOLD
    over = np.where(ways.until == AFTER_ALL, ways.arrived_at, ways.until) + windows.horizon
    chances = [found.observed < over, ~arrived, _reached(found, ways, windows), ~wanted]
    return np.select(chances, [UNDECIDED, LOST_BEFORE, SUCCEEDED, PASSED], LOST_AFTER).astype(np.uint8)


def _reached(found: Ground, ways: Ways, windows: Windows) -> Flags:
    """A goal counts from the moment the person wanted something until the horizon after arriving."""
    arrived = ways.arrived_at != NOT_TOLD
    since = np.where(ways.wanted_at != NOT_TOLD, ways.wanted_at, np.where(arrived, ways.arrived_at, AFTER_ALL))
    limit = np.where(arrived, ways.arrived_at, 0) + windows.horizon
    return arrived & (found.goal_from(ways.persons, since) <= limit)


def _carried(found: Ground, visited: Visited, ways: Ways) -> Flags:
    """Whether an object that the sending visit or the declaration tells is told in the receiving visit too."""
    carried = np.zeros(ways.persons.size, np.bool_)
    arrived = np.flatnonzero(ways.arriving != NONE)
    sending, arriving = ways.sending[arrived], ways.arriving[arrived]
    pairs, most = _told(found, visited, rising(np.concatenate([sending[sending != NONE], arriving])))
    own = ways.places[arrived] != NONE
    handed = np.where(own, taken(visited.objects.handed, ways.places[arrived], 0), 0)
    carried[arrived] = (handed > 0) & are_among(arriving * most + handed, pairs)
    # The objects of each sending visit lie side by side among the pairs.
    low = np.searchsorted(pairs, sending * most)
    counts = np.where(sending == NONE, 0, np.searchsorted(pairs, (sending + 1) * most) - low)
    rows = np.repeat(np.arange(arrived.size), counts)
    each = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(rows.size)
    both = are_among(arriving[rows] * most + pairs[each] % most, pairs)
    carried[arrived[rows[both]]] = True
    return carried


def _told(found: Ground, visited: Visited, visits: Longs) -> tuple[Longs, int]:
    """The objects that the events of some visits tell, as visit times a number plus object, rising; and that number."""
    most = max(int(told.max(initial=0)) for told in visited.objects) + 1
    pairs: list[Longs] = []
    for told in visited.objects:
        places = found.places[told[found.places] > 0]
        mine = found.visits_of(places)
        among = are_among(mine, visits)
        pairs.append(mine[among] * most + told[places[among]])
    return rising(np.concatenate(pairs)), most


def _advanced(found: Ground, ways: Ways, windows: Windows) -> Flags:
    """Whether the receiving channel saw a later stage, in time, than the sending visit had seen."""
    whole = found.whole
    rank = stages(whole)
    channels = len(whole.channels.names)

    def keys(persons: Longs, channel: Longs) -> Longs:
        # A receiver that nobody was ever seen in has no rows, and must not be taken for a channel of the next person.
        return np.where(channel < channels, persons * channels + channel, NONE)

    places = found.places
    codes = whole.channels.codes[places].astype(np.int64)
    calendar = Calendar.of(keys(whole.persons[places].astype(np.int64), codes), whole.times[places], places)
    rank_there = rank[calendar.rows]
    arrived = ways.arrived_at != NOT_TOLD
    began = np.where(ways.began_at == NOT_TOLD, AFTER_ALL, ways.began_at)
    sent = calendar.between(keys(ways.persons, ways.senders), began, ways.handed_at)
    since = np.where(arrived, ways.arrived_at, AFTER_ALL)
    came = calendar.between(keys(ways.persons, ways.receivers), since, _until(ways, windows))
    before = np.where(ways.places == NONE, -1, taken(rank, ways.places, -1))
    after = np.full(ways.persons.size, -1, np.int64)
    for stage in range(len(STAGES)):
        counts = np.concatenate([[0], np.cumsum(rank_there == stage)])
        before = np.where(counts[np.maximum(sent[1], sent[0])] > counts[sent[0]], np.maximum(before, stage), before)
        after = np.where(counts[np.maximum(came[1], came[0])] > counts[came[0]], stage, after)
    return arrived & (after > before)


def _until(ways: Ways, windows: Windows) -> Longs:
    """The end of the time in which each hand-off can succeed."""
    return np.where(ways.until == AFTER_ALL, ways.handed_at + windows.handoff, ways.until)


# -- where


def _stores(found: Ground, ways: Ways) -> tuple[Longs, tuple[str, ...]]:
    """The store of the arrival, else the one the sender named, else the one named last in the sending visit."""
    whole = found.whole
    if "store_id" not in whole.parts:
        return np.full(ways.persons.size, NONE), ()
    part = whole.parts["store_id"]
    codes = _codes(part)
    calendar = _named_places(found, part, codes)
    channels = len(names_of(whole))
    arrived = calendar.last_until(
        ways.persons * channels + ways.receivers, np.where(ways.arrived_at == NOT_TOLD, BEFORE_ALL, ways.arrived_at)
    )
    at_arrival = np.where(calendar.at(arrived, NOT_TOLD) == ways.arrived_at, arrived, NONE)
    sent = calendar.last_until(ways.persons * channels + ways.senders, ways.handed_at)
    in_visit = (ways.began_at != NOT_TOLD) & (calendar.at(sent, NOT_TOLD) >= ways.began_at)
    chosen = taken(calendar.rows, at_arrival, NONE)
    own = taken(codes, ways.places, NONE)
    last = taken(calendar.rows, np.where(in_visit, sent, NONE), NONE)
    return np.where(chosen != NONE, chosen, np.where(own != NONE, own, last)), part.names


def _codes(part: Named) -> Longs:
    """The codes of a column of texts, NONE where none was told."""
    return np.where(is_told(part), part.codes.astype(np.int64), NONE)


def _named_places(found: Ground, part: Named, codes: Longs) -> Calendar:
    """Where each person named something in each channel; of equal moments the last by name stands last."""
    whole = found.whole
    places = found.places[codes[found.places] != NONE]
    ranks = np.argsort(np.argsort(np.array([*part.names, ""], np.str_), kind="stable"))
    keys = whole.persons[places].astype(np.int64) * len(names_of(whole)) + whole.channels.codes[places]
    return Calendar.of(keys, whole.times[places], codes[places], ranks[codes[places]])
