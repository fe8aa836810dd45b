"""Who was seen in which channel in which week, of what people do themselves."""

from typing import NamedTuple, Self

import numpy as np

from noline.insight.roles.sales import Sales
from noline.kernel.clock import DAY, Micros
from noline.kernel.words import Stage, word_for
from noline.stores.walks.arrays import NONE, Longs, firsts
from noline.stores.walks.history import History, rising

WEEK: Micros = 7 * DAY
SEEN_WEEKS = 5
"""In which other channels somebody is seen is told of so many weeks, the last one among them."""

_NOT_THEIRS = ("Appointment Missed", "Appointment Withdrawn")
_MOST_CHANNELS = 62
"""Channels beyond these share a bit when it is told in which others somebody was seen."""


class Visits(NamedTuple):
    """Visits, one row each (week, person, label), and who could have come.

    persons: everybody in the history, by their number there. label: a channel or unit; channel: of each label, by its
    bit. seen_in: by week and person, the set of channels (as bits) of the weeks up to it; rows rise by (week, person).
    known_from: the week in which each person was seen first. country: the first one told of each, by number.
    first_week, weeks: what the history spans; weeks are counted from `first_week`.
    """

    persons: int
    labels: tuple[str, ...]
    bit: Longs
    week: Longs
    person: Longs
    label: Longs
    seen_week: Longs
    seen_person: Longs
    seen_in: Longs
    known_from: Longs
    country: Longs
    countries: int
    first_week: int
    weeks: int

    @classmethod
    def of(cls, history: History, *, by_unit: bool) -> Self:
        """The visits in a history; what was merely sent, and what a firm does, is none."""
        touched = history.touchpoints
        theirs = np.array([_is_theirs(name) for name in touched.actions.names] or [False], np.bool_)
        every_week = touched.times // WEEK
        first_week = int(every_week.min()) if every_week.size else 0
        at = np.flatnonzero(theirs[touched.actions.codes])
        week, person = every_week[at] - first_week, touched.persons[at].astype(np.int64)
        channel = touched.channels.codes[at].astype(np.int64)
        labels, label, bit = _labels(touched, at, channel, by_unit=by_unit)
        persons = touched.person_count
        weeks = int(every_week.max(initial=first_week)) - first_week + 1
        rows = rising((week * max(1, persons) + person) * max(1, len(labels)) + label)
        visited, of_label = np.divmod(rows, max(1, len(labels)))
        seen = _seen(week, person, np.minimum(channel, _MOST_CHANNELS), persons, weeks)
        known = np.full(persons, weeks, np.int64)
        np.minimum.at(known, touched.persons.astype(np.int64), every_week - first_week)
        country, countries = _countries(touched)
        return cls(
            persons, labels, bit, visited // max(1, persons), visited % max(1, persons), of_label,
            *seen, known, country, countries, first_week, weeks,
        )  # fmt: skip


class Buys(NamedTuple):
    """Orders of persons of the history, by time."""

    at: Longs
    person: Longs


def buys(history: History, sales: Sales) -> Buys:
    """The orders of people in the history; those whom it does not know are left out."""
    ids = np.asarray(history.touchpoints.ids.to_numpy(zero_copy_only=False), np.int64)
    if not ids.size:
        return Buys(ids, ids)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], sales.ids), ids.size - 1)
    number = np.where(ids[order][place] == sales.ids, order[place], NONE)
    person = number[sales.told.person]
    kept = np.flatnonzero(person != NONE)
    kept = kept[np.argsort(sales.told.at[kept], kind="stable")]
    return Buys(sales.told.at[kept], person[kept])


def _is_theirs(action: str) -> bool:
    """Whether somebody does this on a visit: looks, tries, asks, or shows what they want."""
    word = word_for(action)
    return (word.stage in (Stage.DISCOVER, Stage.CONSIDER) or word.intent) and action not in _NOT_THEIRS


def _labels(touched: History, at: Longs, channel: Longs, *, by_unit: bool) -> tuple[tuple[str, ...], Longs, Longs]:
    """The names of labels in order, the label of each event, and the bit of each label's channel."""
    names = touched.channels.names
    if by_unit:
        stores = touched.parts["store_id"]
        place = stores.codes[at].astype(np.int64)
        is_store = np.array([name == "store" for name in names] or [False], np.bool_)[channel]
        named = np.array([name != "" for name in stores.names] or [False], np.bool_)[place]
        code = np.where(is_store & named, len(names) + place, channel)
        every = (*names, *stores.names)
    else:
        code, every = channel, tuple(names)
    used, label = np.unique(code, return_inverse=True)
    bits = np.zeros(used.size, np.int64)
    bits[label] = np.minimum(channel, _MOST_CHANNELS)
    return tuple(every[one] for one in used.tolist()), label.astype(np.int64), bits


def _seen(week: Longs, person: Longs, bit: Longs, persons: int, weeks: int) -> tuple[Longs, Longs, Longs]:
    """By week and person, the channels of that week and of those just before it, as bits."""
    once = rising((week * max(1, persons) + person) * 64 + bit)
    place, code = np.divmod(once, 64)
    later = np.concatenate([place + lag * max(1, persons) for lag in range(SEEN_WEEKS)])
    flags = np.tile(np.left_shift(np.int64(1), code), SEEN_WEEKS)
    kept = np.flatnonzero(later < weeks * max(1, persons))
    # Five rising runs behind each other: a stable sort merges them.
    order = kept[np.argsort(later[kept], kind="stable")]
    begins = np.flatnonzero(firsts(later[order]))
    found = np.bitwise_or.reduceat(flags[order], begins) if begins.size else begins
    places = later[order[begins]]
    return places // max(1, persons), places % max(1, persons), found


def _countries(touched: History) -> tuple[Longs, int]:
    """The first country that was told of each person, by number; the last number is of those without."""
    column = touched.parts["country"]
    count = len(column.names) + 1
    found = np.full(touched.person_count, count - 1, np.int64)
    named = np.array([name != "" for name in column.names] or [False], np.bool_)
    at = np.flatnonzero(named[column.codes])[::-1]
    # Written from the last to the first, the first one stays.
    found[touched.persons[at]] = column.codes[at]
    return found, count
