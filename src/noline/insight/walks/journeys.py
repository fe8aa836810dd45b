"""Journeys: visits of one person in their order, closed by a goal and the time in which everything settles.

`Ground` is what every question about hand-offs stands on: the same events, the same visits, the same goals.
"""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.calendars import Calendar
from noline.insight.walks.model import Windows
from noline.insight.walks.visits import Visits, visits
from noline.kernel.clock import Micros
from noline.kernel.words import Stage
from noline.stores.walks.arrays import NONE, Flags, Longs, firsts
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.store import Named, WalkStore

BEFORE_ALL: Micros = -(2**62)
AFTER_ALL: Micros = 2**62
"""Moments that nothing is before, or after."""

STAGES = tuple(stage.value for stage in Stage)


class Ground(NamedTuple):
    """The events of everybody, with what was merely sent, and the visits of all others.

    whole: the events. told: those that are no exposures; places: where they stand in the whole.
    walk: visits in the order of their beginnings, then of their channels' names; positions are those of `told`.
    persons: whose each visit is, as in the whole. goals: moments of goals by person.
    wanted, goal: of each event of the whole. observed: up to when the log tells everything.
    """

    whole: WalkStore
    told: WalkStore
    places: Longs
    walk: Visits
    persons: Longs
    goals: Calendar
    wanted: Flags
    intent: Flags
    goal: Flags
    observed: Micros

    @property
    def began(self) -> Longs:
        """When each visit began."""
        return self.told.times[self.walk.first]

    @property
    def ended(self) -> Longs:
        """When each visit ended."""
        return self.told.times[self.walk.last]

    def visits_of(self, places: Longs) -> Longs:
        """The visits that these events of the whole belong to; none of them may be an exposure."""
        return self.walk.of_events(self.told, np.searchsorted(self.places, places))

    def intent_in(self, last: Longs, windows: Windows) -> Flags:
        """Which visits had an intent, the last of them within the time that is asked for."""
        return (last != BEFORE_ALL) & (last >= windows.since) & (last <= windows.until)

    def goal_from(self, persons: Longs, moments: Longs) -> Longs:
        """When each person first reached a goal, from a moment on; AFTER_ALL for never."""
        return self.goals.at(self.goals.first_from(persons, moments), AFTER_ALL)


def ground(whole: WalkStore, told: WalkStore, windows: Windows) -> Ground:
    """What questions about hand-offs stand on. told: the whole without exposures."""
    sent = exposures(whole)
    places = np.flatnonzero(~sent)
    goal = _any_of(whole, windows.goals) & ~sent
    intent = _any_of(whole, windows.intents) & ~sent
    reached = np.flatnonzero(goal)
    goals = Calendar.of(whole.persons[reached].astype(np.int64), whole.times[reached], reached)
    walk = in_order(told, visits(told, windows.pauses))
    persons = whole.persons[places[walk.first]].astype(np.int64)
    observed = windows.observed_until if windows.observed_until is not None else whole.observed_until
    found = Ground(
        whole, told, places, walk, persons, goals, (intent | research(whole)) & ~sent, intent, goal,
        BEFORE_ALL if observed is None else observed,
    )  # fmt: skip
    return found._replace(walk=closed(found, windows))


def exposures(store: WalkStore) -> Flags:
    """Which events were merely sent; none where the events do not tell."""
    if "exposure" not in store.measures:
        return np.zeros(len(store), np.bool_)
    return np.asarray(store.measures["exposure"] == 1)


def research(store: WalkStore) -> Flags:
    """Which events are research about goods: of the stage `consider`, and about an article."""
    if not {"stage", "sku"} <= store.parts.keys():
        return np.zeros(len(store), np.bool_)
    return is_told(store.parts["sku"]) & (stages(store) == STAGES.index(Stage.CONSIDER))


def stages(store: WalkStore) -> Longs:
    """The number of each event's stage, as they follow each other; -1 where it is told none, or none of ours."""
    if "stage" not in store.parts:
        return np.full(len(store), -1, np.int64)
    part = store.parts["stage"]
    numbers = [STAGES.index(name) if name in STAGES else -1 for name in part.names]
    return np.array([*numbers, -1], np.int64)[part.codes]


def is_told(part: Named) -> Flags:
    """Which events tell a text in this column."""
    return part.codes != part.names.index("") if "" in part.names else np.ones(part.codes.size, np.bool_)


def in_order(store: WalkStore, walk: Visits) -> Visits:
    """The visits of each person in the order of their beginnings; of equal ones the first by the channel's name."""
    names = np.argsort(np.argsort(np.array(store.channels.names, np.str_)))
    order = np.lexsort((names[walk.channels], store.times[walk.first], walk.persons))
    # A journey is parted where the visits before have all ended; that is the same in either order.
    return Visits(walk.first[order], walk.last[order], walk.channels[order], walk.persons[order], walk.opens)


def closed(found: Ground, windows: Windows) -> Visits:
    """The visits, where a journey also ends with a goal and its settling time.

    A visit opens another journey when the latest goal, its settling time added, lies between the beginning of the visit
    before and its own.
    """
    walk = found.walk
    if not walk.first.size:
        return walk
    began = found.began
    latest = found.goals.at(found.goals.last_until(found.persons, began - windows.settling - 1), BEFORE_ALL)
    before = np.append(began[:1], began[:-1])
    return walk._replace(opens=walk.opens | ((latest != BEFORE_ALL) & (latest >= before - windows.settling)))


def seen(found: Ground) -> Longs:
    """The event in which each visit last saw a basket value or a product price, as a position in the whole, or NONE.

    What was bought is not exposed any more. Of equal moments the largest amount is taken.
    """
    whole = found.whole
    told = np.flatnonzero((amounts(whole) != NOT_TOLD) & ~found.goal & ~exposures(whole))
    of_visit = found.visits_of(told)
    order = np.lexsort((currency_ranks(whole)[told], amounts(whole)[told], whole.times[told], of_visit))
    told, of_visit = told[order], of_visit[order]
    latest = np.append(firsts(of_visit)[1:], True) if told.size else np.zeros(0, np.bool_)
    places = np.full(found.walk.first.size, NONE, np.int64)
    places[of_visit[latest]] = told[latest]
    return places


def amounts(store: WalkStore) -> Longs:
    """The amount of each event in the currency it was told in; NOT_TOLD where none was."""
    if "amount_minor" in store.measures:
        return store.measures["amount_minor"]
    return np.where(store.values == 0, NOT_TOLD, store.values)


def currency_ranks(store: WalkStore) -> Longs:
    """The place of each event's currency among the names in order."""
    if "currency" not in store.parts:
        return np.zeros(len(store), np.int64)
    part = store.parts["currency"]
    ranks = np.argsort(np.argsort(np.array([*part.names, ""], np.str_), kind="stable"))
    return ranks[part.codes]


def first_and_last(found: Ground, which: Flags) -> tuple[Longs, Longs]:
    """Of each visit the moments of the first and the last of some events; AFTER_ALL and BEFORE_ALL without any."""
    places = np.flatnonzero(which)
    of_visit = found.visits_of(places)
    order = np.argsort(of_visit, kind="stable")
    of_visit, times = of_visit[order], found.whole.times[places[order]]
    begins = firsts(of_visit)
    closes = np.append(begins[1:], True) if begins.size else begins
    first = np.full(found.walk.first.size, AFTER_ALL, np.int64)
    last = np.full(found.walk.first.size, BEFORE_ALL, np.int64)
    first[of_visit[begins]] = times[begins]
    last[of_visit[closes]] = times[closes]
    return first, last


def _any_of(store: WalkStore, steps: tuple[str, ...]) -> Flags:
    marks = np.zeros(len(store), np.bool_)
    marks[store.places_of(steps)] = True
    return marks
