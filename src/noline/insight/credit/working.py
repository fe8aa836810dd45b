"""Who worked on which order: touches before it, and deeds that name it."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.costing import UNTOLD
from noline.insight.credit.model import ACTS, NOBODY
from noline.insight.credit.names import STORE, Names, longs, rows_of
from noline.insight.credit.rules import Counts, Rules
from noline.kernel.clock import DAY
from noline.kernel.sales import ORDER_WORDS
from noline.stores.walks.arrays import Flags, Longs, first_beyond, firsts
from noline.stores.walks.history import History

CAPTURE, TAKE_BACK, DELIVER = (ACTS.index(act) for act in ("capture", "take back", "deliver"))


class Placed(NamedTuple):
    """Orders by row, as far as work is concerned. location: where its goods lie, a unit; NOBODY where unknown."""

    ids: "pa.ChunkedArray[Any]"
    placed_at: Longs
    person: Longs
    captured_by: Longs
    location: Longs


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
    """What messages that name an order say of work on it."""
    rows = rows_of(told["order_id"], placed.ids)
    tellers, places = names.codes(told["teller"]), names.codes(told["place"])
    at, minutes = longs(told["occurred_at"], 0), longs(told["minutes"], UNTOLD)
    parts = []
    for positions, code, first in _shown(told["action"], words_of(rules)):
        mine = positions[rows[positions] >= 0]
        order = rows[mine]
        unit = tellers[mine]
        if rules.acts[ACTS[code]].whose == "place":
            unit = _first_known(places[mine], placed.location[order], unit)
        spent = _booked(minutes[mine], is_first=first)
        parts.append(Acts(order, unit, np.full(mine.size, code, np.int64), at[mine], spent))
    return Acts.together(parts) if parts else _no_acts()


def in_journeys(placed: Placed, history: History, names: Names, rules: Rules) -> Acts:
    """Touches of persons: for the order that they name, else for the person's next one within the window."""
    codes_of = {name: code for code, name in enumerate(history.actions.names)}
    named, next_ones = words_of(rules), words_of(rules, "journey")
    meant = [word for word in named if word in codes_of and word not in ORDER_WORDS]
    # Which events matter is settled first, so that everything after it runs over those alone.
    wanted = np.zeros(len(history.actions.names), np.bool_)
    wanted[[codes_of[word] for word in meant]] = True
    events = np.flatnonzero(wanted[history.actions.codes])
    tellers, places = _units_of(history, events, names)
    rows = _named_orders(placed, history, events)
    upcoming = next_orders(placed, history, events, rules.window)
    actions = history.actions.codes[events]
    minutes = history.measures["minutes"][events]
    parts = []
    for word in meant:
        mine = np.flatnonzero(actions == codes_of[word])
        for code in named[word]:
            of_next = upcoming[mine] if code in next_ones.get(word, ()) else np.full(mine.size, NOBODY, np.int64)
            order = np.where(rows[mine] >= 0, rows[mine], of_next)
            kept, order = mine[order >= 0], order[order >= 0]
            unit = tellers[kept]
            if rules.acts[ACTS[code]].whose == "place":
                unit = _first_known(places[kept], placed.location[order], unit)
            spent = _booked(minutes[kept], is_first=code == named[word][0])
            parts.append(Acts(order, unit, np.full(kept.size, code, np.int64), history.times[events[kept]], spent))
    return Acts.together(parts) if parts else _no_acts()


def next_orders(placed: Placed, history: History, events: Longs, window: int) -> Longs:
    """For each of these events the row of the person's next order, at most so long after it; NOBODY for none."""
    people = rows_of(pa.array(placed.person), history.ids)
    known = np.flatnonzero((people >= 0) & (placed.person != NOBODY))
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
    """Several touches of one unit for one act on one order, within its day or ever, are one act.

    By order, then time. The first one stays; minutes that were told add up.
    """
    daily = np.array([rules.acts[name].once == "day" for name in ACTS])
    days = np.where(daily[acts.act], acts.at // DAY, 0)
    days -= days.min(initial=0)
    span = int(days.max(initial=0)) + 1
    same = ((acts.order * units + acts.unit) * len(ACTS) + acts.act) * span + days
    ordered = np.lexsort((acts.at, same))
    begins = firsts(same[ordered])
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


def _named_orders(placed: Placed, history: History, events: Longs) -> Longs:
    """The row of the order that each event names as its object; NOBODY where it names none."""
    objects = history.parts["object_id"]
    known = rows_of(pa.array(objects.names, pa.string()), placed.ids)
    return known[objects.codes[events]] if known.size else np.full(events.size, NOBODY, np.int64)


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
