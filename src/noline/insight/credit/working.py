"""Who worked on which order: touches before it, and deeds that name it."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.costing import UNTOLD
from noline.insight.credit.model import ACTS, NOBODY
from noline.insight.credit.names import STORE, Names, longs, rows_of
from noline.insight.credit.rules import Counts, Rules
from noline.kernel.clock import DAY
from noline.stores.walks.arrays import Flags, Longs, first_beyond, firsts
from noline.stores.walks.history import History

CAPTURE, TAKE_BACK, DELIVER = (ACTS.index(act) for act in ("capture", "take back", "deliver"))


class Placed(NamedTuple):
    """Orders by row, as far as work is concerned. location: where its goods lie, a unit; NOBODY where unknown.

    stands: it was neither cancelled nor expired.
    """

    ids: "pa.ChunkedArray[Any]"
    placed_at: Longs
    person: Longs
    captured_by: Longs
    location: Longs
    stands: Flags


class Acts(NamedTuple):
    """One row an act: the order's row, the unit's code, when, and minutes as told or UNTOLD."""

    order: Longs
    unit: Longs
    act: Longs
    at: Longs
    minutes: Longs

    def of(self, chosen: "Longs | Flags") -> "Acts":
        """Some of them."""
        return Acts(*(column[chosen] for column in self))

    @classmethod
    def together(cls, parts: "list[Acts]") -> "Acts":
        """All of these, one after the other."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def words_of(rules: Rules, counts: Counts | None = None) -> dict[str, list[int]]:
    """The acts that each event shows: all, or those that count by journey or by order.

    Capturing and taking back are not among them: the order and the return themselves say who did it.
    """
    found: dict[str, list[int]] = {}
    for code, name in enumerate(ACTS):
        rule = rules.acts[name]
        if code not in (CAPTURE, TAKE_BACK) and counts in (None, rule.counts):
            for word in rule.words:
                found.setdefault(word, []).append(code)
    return found


def captured(placed: Placed, told: "pa.Table") -> Acts:
    """The unit that captured an order always did so; told: the minutes that messages tell of it."""
    size = placed.placed_at.size
    minutes = np.full(size, UNTOLD, np.int64)
    rows, spent = rows_of(told["order_id"], placed.ids), longs(told["minutes"], UNTOLD)
    known = (rows >= 0) & (spent >= 0)
    np.maximum.at(minutes, rows[known], spent[known])
    everyone = np.arange(size, dtype=np.int64)
    return Acts(everyone, placed.captured_by, np.full(size, CAPTURE, np.int64), placed.placed_at, minutes)


def told_by_order(placed: Placed, told: "pa.Table", names: Names, rules: Rules) -> Acts:
    """What messages that name an order say of work on it.

    An act of a place that nobody told is of whoever told it, but only where no place is told for that act.
    """
    rows = rows_of(told["order_id"], placed.ids)
    tellers, places = names.codes(told["teller"]), names.codes(told["place"])
    at, minutes = longs(told["occurred_at"], 0), longs(told["minutes"], UNTOLD)
    parts, sure = [_no_acts()], [np.zeros(0, np.bool_)]
    for positions, code, first in _shown(told["action"], words_of(rules)):
        rule = rules.acts[ACTS[code]]
        mine = positions[rows[positions] >= 0]
        if rule.until == "placed":
            mine = mine[at[mine] <= placed.placed_at[rows[mine]]]
        order = rows[mine]
        place = _first_known(places[mine], placed.location[order]) if rule.whose == "place" else tellers[mine]
        spent = _booked(minutes[mine], is_first=first)
        unit = _first_known(place, tellers[mine])
        parts.append(Acts(order, unit, np.full(mine.size, code, np.int64), at[mine], spent))
        sure.append(place != NOBODY)
    acts = Acts.together(parts)
    return acts.of(_placed_somewhere(acts, np.concatenate(sure)))


def _placed_somewhere(acts: Acts, sure: Flags) -> Flags:
    """Which acts are somebody's: of those whose place nobody told the first teller's, where no place is told at all.

    What the unit of a told place tells without the place is one with that.
    """
    if sure.all():
        return sure
    same = acts.order * len(ACTS) + acts.act
    mine = same * (int(acts.unit.max(initial=0)) + 1) + acts.unit
    ordered = np.lexsort((acts.at, ~sure, same))
    begins = firsts(same[ordered])
    group = np.cumsum(begins) - 1
    first = ordered[begins][group]
    by_first = np.zeros(sure.size, np.bool_)
    by_first[ordered] = acts.unit[first] == acts.unit[ordered]
    is_sure = np.zeros(sure.size, np.bool_)
    is_sure[ordered] = sure[first]
    return sure | (~is_sure & by_first) | (is_sure & np.isin(mine, mine[sure]))


def in_journeys(placed: Placed, history: History, named: Longs, names: Names, rules: Rules) -> Acts:
    """Touches of persons that name no order: for the person's next one within the window.

    named: the positions of events that name an order. An order that does not stand has a touch only where none that
    stands comes within the window, so that a cancelled order costs no helper its part of the one after it.
    """
    codes_of = {name: code for code, name in enumerate(history.actions.names)}
    shown = {word: acts for word, acts in words_of(rules, "journey").items() if word in codes_of}
    # Which events matter is settled first, so that everything after it runs over those alone.
    wanted = np.zeros(len(history.actions.names), np.bool_)
    wanted[[codes_of[word] for word in shown]] = True
    events = np.flatnonzero(wanted[history.actions.codes])
    events = events[~np.isin(history.measures["seq"][events], named)]
    upcoming = next_orders(placed, history, events, rules.window)
    events, upcoming = events[upcoming >= 0], upcoming[upcoming >= 0]
    tellers, places = _units_of(history, events, names)
    actions = history.actions.codes[events]
    minutes = history.measures["minutes"][events]
    parts = [_no_acts()]
    for word, codes in shown.items():
        mine = np.flatnonzero(actions == codes_of[word])
        for code in codes:
            order, unit = upcoming[mine], tellers[mine]
            if rules.acts[ACTS[code]].whose == "place":
                unit = _first_known(places[mine], placed.location[order], unit)
            spent = _booked(minutes[mine], is_first=code == codes[0])
            parts.append(Acts(order, unit, np.full(mine.size, code, np.int64), history.times[events[mine]], spent))
    return Acts.together(parts)


def next_orders(placed: Placed, history: History, events: Longs, window: int) -> Longs:
    """For each of these events the row of the person's next order, at most so long after it; NOBODY for none.

    The next one that stands, else the next one.
    """
    found = _next_of(placed, placed.stands, history, events, window)
    if not placed.stands.all():
        none = np.flatnonzero(found == NOBODY)
        found[none] = _next_of(placed, ~placed.stands, history, events[none], window)
    return found


def _next_of(placed: Placed, among: Flags, history: History, events: Longs, window: int) -> Longs:
    people = rows_of(pa.array(placed.person), history.ids)
    known = np.flatnonzero((people >= 0) & (placed.person != NOBODY) & among)
    by_person = known[np.lexsort((placed.placed_at[known], people[known]))]
    begins = np.searchsorted(people[by_person], np.arange(len(history.ids) + 1)).astype(np.int64)
    times, persons = history.times[events], history.persons[events].astype(np.int64)
    moments = placed.placed_at[by_person]
    if not by_person.size:
        return np.full(events.size, NOBODY, np.int64)
    place = first_beyond(moments, begins[persons], begins[persons + 1], times - 1)
    found = place < begins[persons + 1]
    place = np.where(found, place, 0)
    return np.where(found & (moments[place] - times <= window), by_person[place], NOBODY)


def without_repeats(acts: Acts, rules: Rules, units: int) -> Acts:
    """Several touches of one unit for one act on one order, within a day, 24 hours of each other, or ever, are one act.

    By order, then time. The first one stays; minutes that were told add up.
    """
    daily, parcels = (np.array([rules.acts[name].once == once for name in ACTS]) for once in ("day", "parcel"))
    same = (acts.order * units + acts.unit) * len(ACTS) + acts.act
    ordered = np.lexsort((acts.at, same))
    at, act = acts.at[ordered], acts.act[ordered]
    begins = firsts(same[ordered])
    begins[1:] |= daily[act[1:]] & (np.diff(at // DAY) > 0)
    begins[1:] |= parcels[act[1:]] & (np.diff(at) > DAY)
    groups = np.cumsum(begins) - 1
    once = acts.of(ordered[begins])
    told = acts.minutes[ordered]
    spent = np.zeros(once.order.size, np.int64)
    np.add.at(spent, groups[told >= 0], told[told >= 0])
    any_told = np.zeros(once.order.size, np.bool_)
    any_told[groups[told >= 0]] = True
    once = once._replace(minutes=np.where(any_told, spent, UNTOLD))
    return once.of(np.lexsort((once.unit, once.act, once.at, once.order)))


def _shown(actions: "pa.ChunkedArray[Any]", words: dict[str, list[int]]) -> list[tuple[Longs, int, bool]]:
    """For each event and act that it shows: the rows, the act, and whether it is the first that the event shows."""
    codes = rows_of(actions, pa.array([*words], pa.string()))
    return [
        (np.flatnonzero(codes == number), act, at == 0)
        for number, shown in enumerate(words.values())
        for at, act in enumerate(shown)
    ]


def _units_of(history: History, events: Longs, names: Names) -> tuple[Longs, Longs]:
    """Who told each event, and at which store it was (NOBODY where none is named)."""
    channels = np.array([names.code(name) for name in history.channels.names] or [NOBODY], np.int64)
    stores = history.parts["store_id"]
    places = np.array([names.code(name) if name else NOBODY for name in stores.names] or [NOBODY], np.int64)
    in_store = np.array([name == STORE for name in history.channels.names] or [False])
    codes, place = history.channels.codes[events], places[stores.codes[events]]
    return np.where(in_store[codes] & (place != NOBODY), place, channels[codes]), place


def _booked(minutes: Longs, *, is_first: bool) -> Longs:
    """Minutes for one of the acts that a message shows: it tells of one stretch of work, which is booked once."""
    return np.where(minutes < 0, UNTOLD, minutes if is_first else 0)


def _first_known(*columns: Longs) -> Longs:
    found = columns[-1]
    for column in reversed(columns[:-1]):
        found = np.where(column == NOBODY, found, column)
    return found


def _no_acts() -> Acts:
    return Acts(*[np.zeros(0, np.int64)] * 5)
