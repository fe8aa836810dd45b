"""The events that a step may be, laid out so that the next of them after a position is found at once.

A pool holds positions in a walk store, sorted by what they must share with a rule's first step (its key) and then by
position. `following` and `preceding` walk all first steps together; `differs` and `value` make them step on.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from noline.insight.frictions.model import Step, Where
from noline.insight.frictions.rules import expanded
from noline.kernel.words import WORDS
from noline.stores.walks.arrays import NONE, Flags, Longs, first_beyond
from noline.stores.walks.events import NO_CHANNEL, NOT_TOLD
from noline.stores.walks.store import WalkStore

_PART_OF = {"object": "object_id", "sku": "sku", "topic": "topic", "store": "store_id", "handoff": "handoff_to"}
_MEASURES_OF = {
    "rating_hundredths": ("rating_at_most", "rating_at_least"),
    "units": ("units_at_most", "units_at_least"),
}


def asked(steps: Sequence[Step]) -> list[str]:
    """Every column that these steps look at, beside person, time and action."""
    found: dict[str, None] = {}
    for step in steps:
        parts = [*step.same, *step.differs]
        found |= dict.fromkeys(_PART_OF[name] for name in parts if name in _PART_OF)
        names_channel = any(channel for channel, _ in expanded((*step.what, *step.unless)))
        if names_channel or not {"channel", "handoff"}.isdisjoint(parts):
            found["channel"] = None
        if step.value is not None or "value" in parts or step.where.value_at_least is not None:
            found["value"] = None
        if step.where.topic:
            found["topic"] = None
        if step.where.handoff:
            found["handoff_to"] = None
        for measure, keys in _MEASURES_OF.items():
            if any(getattr(step.where, key) is not None for key in keys):
                found[measure] = None
    return list(found)


class Pool(NamedTuple):
    """Positions by key and position. sorted: rank of the key times the store's length, plus the position."""

    places: Longs
    sorted: Longs
    keys: Longs


class Bounds(NamedTuple):
    """For each first step: from which position on, and up to which moment."""

    start: Longs
    until: Longs


class Pools:
    """The pools of one store; each is made once."""

    def __init__(self, store: WalkStore) -> None:
        """Take the events."""
        self.store = store
        self._places: dict[tuple[tuple[str, ...], Where], Longs] = {}
        self._pools: dict[tuple[tuple[str, ...], Where, tuple[str, ...]], Pool] = {}
        self._codes: dict[str, Longs] = {}

    def missing(self, steps: Sequence[Step]) -> list[str]:
        """Columns that these steps ask for and the events do not tell."""
        return [name for name in asked(steps) if not self._tells(name)]

    def _tells(self, column: str) -> bool:
        store = self.store
        if column == "channel":
            return store.channels.names != (NO_CHANNEL,)
        if column == "value":
            return not len(store) or "amount_minor" in store.measures or bool(store.values.any())
        return column in store.parts or column in store.measures

    def places(self, what: tuple[str, ...], where: Where | None = None) -> Longs:
        """Positions of the events that have one of these names and are like this, rising."""
        where = where or Where()
        if (what, where) not in self._places:
            found = self._named(what)
            self._places[what, where] = found[self._fits(found, where)]
        return self._places[what, where]

    def like(self, places: Longs, where: Where) -> Flags:
        """Which of these events are like this, whether merely sent or not."""
        return self._fits(places, where, any_exposure=True)

    def _named(self, what: tuple[str, ...]) -> Longs:
        store = self.store
        meant = np.zeros((len(store.channels.names), len(store.actions.names)), np.bool_)
        for channel, actions in expanded(what):
            rows = np.array([channel in ("", name) for name in store.channels.names], np.bool_)
            columns = np.array([actions is None or name in actions for name in store.actions.names], np.bool_)
            meant |= np.outer(rows, columns)
        return store.places(meant) if meant.any() else np.zeros(0, np.int64)

    @cached_property
    def _sent(self) -> Flags:
        """Which events were merely sent."""
        told = self.store.measures.get("exposure")
        if told is not None:
            return told == 1
        words = np.array([name in WORDS and WORDS[name].exposure for name in self.store.actions.names], np.bool_)
        return words[self.store.actions.codes] if words.size else np.zeros(len(self.store), np.bool_)

    def _fits(self, places: Longs, where: Where, *, any_exposure: bool = False) -> Flags:
        fits = np.ones(places.size, np.bool_) if any_exposure else self._sent[places] == where.exposure
        if where.topic:
            fits &= self._one_of("topic", places, where.topic)
        if where.handoff:
            fits &= self.codes("handoff_to")[places] != NONE
        if where.value_at_least is not None:
            fits &= self._amounts[places] >= where.value_at_least
        for measure, (most, least) in _MEASURES_OF.items():
            limits = getattr(where, most), getattr(where, least)
            if limits != (None, None):
                fits &= self._within(measure, places, *limits)
        return fits

    def _within(self, measure: str, places: Longs, most: int | None, least: int | None) -> Flags:
        told = self.store.measures.get(measure)
        if told is None:
            return np.zeros(places.size, np.bool_)
        here = told[places]
        fits = here != NOT_TOLD
        if most is not None:
            fits &= here <= most
        if least is not None:
            fits &= here >= least
        return fits

    def _one_of(self, part: str, places: Longs, texts: tuple[str, ...]) -> Flags:
        named = self.store.parts.get(part)
        if named is None:
            return np.zeros(places.size, np.bool_)
        return np.array([name in texts for name in named.names], np.bool_)[named.codes[places]]

    def codes(self, part: str) -> Longs:
        """For each event the number of what it tells in a column of texts; NONE where it tells none."""
        if part not in self._codes:
            named = self.store.channels if part == "channel" else self.store.parts.get(part)
            if named is None:
                self._codes[part] = np.full(len(self.store), NONE, np.int64)
            else:
                numbers = np.array([number if name else NONE for number, name in enumerate(named.names)], np.int64)
                self._codes[part] = numbers[named.codes] if numbers.size else np.zeros(0, np.int64)
        return self._codes[part]

    @cached_property
    def _handed_to(self) -> Longs:
        """For each event the number of the channel that it hands over to; NONE without one that there is."""
        named = self.store.parts.get("handoff_to")
        if named is None or not named.names:
            return np.full(len(self.store), NONE, np.int64)
        numbers = {name: number for number, name in enumerate(self.store.channels.names)}
        # A channel that nobody was ever seen in is told all the same.
        elsewhere = len(numbers)
        return np.array([numbers.get(name, elsewhere) if name else NONE for name in named.names], np.int64)[named.codes]

    @cached_property
    def _amounts(self) -> Longs:
        """Amounts as they were told, in minor units of their own currency; 0 where none was."""
        told = self.store.measures.get("amount_minor")
        return self.store.values if told is None else np.where(told == NOT_TOLD, 0, told)

    @cached_property
    def _prices(self) -> Longs:
        """What one unit cost, in minor units of its own currency; 0 where no amount was told."""
        units = self.store.measures.get("units")
        return self._amounts if units is None else self._amounts // np.maximum(units, 1)

    def _comparable(self, one: Longs, other: Longs) -> Flags:
        """Whether both events tell a price, in one currency."""
        currencies = self.codes("currency")
        return (self._prices[one] > 0) & (self._prices[other] > 0) & (currencies[one] == currencies[other])

    def keys(self, same: tuple[str, ...], places: Longs, *, of_first: bool) -> Longs:
        """For each of these events what it shares or must share; NONE where it tells not all of it."""
        found = np.zeros(places.size, np.int64)
        for name in same:
            if name == "handoff":
                codes = (self._handed_to if of_first else self.codes("channel"))[places]
                width = len(self.store.channels.names) + 1
            else:
                part = _PART_OF.get(name, name)
                codes = self.codes(part)[places]
                width = 1 + (len(self.store.part(part).names) if part in {"channel", *self.store.parts} else 0)
            found = np.where((found == NONE) | (codes == NONE), NONE, found * width + codes)
        return found

    def pool(self, step: Step) -> Pool:
        """The events that a step may be, by what they must share with the first."""
        named = (step.what, step.where, step.same)
        if named not in self._pools:
            places = self.places(step.what, step.where)
            if step.same:
                codes = self.keys(step.same, places, of_first=False)
                told = codes != NONE
                places, codes = places[told], codes[told]
                keys, ranks = np.unique(codes, return_inverse=True)
                order = np.lexsort((places, ranks))
                pool = Pool(places[order], ranks[order] * len(self.store) + places[order], keys)
            else:
                pool = Pool(places, places, np.zeros(1, np.int64))
            self._pools[named] = pool
        return self._pools[named]

    # Finding the next and the last

    def following(self, step: Step, first: Longs, before: Longs, bounds: Bounds, not_these: Longs | None) -> Longs:
        """For each first step the next event that a step may be; NONE where there is none.

        before: the event of the step before. bounds.start: the position from which it counts. not_these: for each row
        positions that it may not be. A row whose `before` is NONE finds nothing.
        """
        pool = self.pool(step)
        rank, able = self._ranks(pool, step, first)
        at = np.searchsorted(pool.sorted, rank * len(self.store) + bounds.start)

        def reaches(rows: Longs, places: Longs) -> Flags:
            return self.store.times[places] <= bounds.until[rows]

        rows = _Rows(first, before, rank, able & (before != NONE), not_these)
        return self._walk(step, rows, at, reaches, forward=True)

    def preceding(self, step: Step, first: Longs) -> Longs:
        """For each first step the last event before it that a step may be, looking back; NONE where there is none."""
        pool = self.pool(step)
        rank, able = self._ranks(pool, step, first)
        times = self.store.times
        begin = self.store.offsets[self.store.persons[first]]
        beyond = first_beyond(times, begin, first, times[first] - step.after) if step.after else first
        at = np.searchsorted(pool.sorted, rank * len(self.store) + beyond) - 1

        def reaches(rows: Longs, places: Longs) -> Flags:
            return times[places] >= times[first[rows]] - step.within

        return self._walk(step, _Rows(first, first, rank, able, None), at, reaches, forward=False)

    def _ranks(self, pool: Pool, step: Step, first: Longs) -> tuple[Longs, Flags]:
        """The rank of each first step's key in a pool, and whether it is there."""
        if not step.same:
            return np.zeros(first.size, np.int64), np.ones(first.size, np.bool_)
        wanted = self.keys(step.same, first, of_first=True)
        rank = np.searchsorted(pool.keys, wanted)
        there = rank < pool.keys.size
        there[there] = pool.keys[rank[there]] == wanted[there]
        return rank, there & (wanted != NONE)

    def _walk(
        self, step: Step, rows: "_Rows", at: Longs, reaches: Callable[[Longs, Longs], Flags], *, forward: bool
    ) -> Longs:
        """Go on from each place in the pool until an event fits, or none can any more."""
        pool, store = self.pool(step), self.store
        beyond = self._beyond_run(step, pool, forward=forward)
        found = np.full(rows.first.size, NONE, np.int64)
        active = np.flatnonzero(rows.able)
        while active.size:
            active = active[(at[active] >= 0) & (at[active] < pool.places.size)]
            places = pool.places[at[active]]
            alive = (pool.sorted[at[active]] - places) == rows.rank[active] * len(store) if step.same else True
            alive = alive & (store.persons[places] == store.persons[rows.first[active]]) & reaches(active, places)
            active, places = active[alive], places[alive]
            differs = self._differs(step, rows.before[active], places)
            free = (
                np.ones(active.size, np.bool_)
                if rows.not_these is None
                else (rows.not_these[active] != places[:, None]).all(axis=1)
            )
            found[active[differs & free]] = places[differs & free]
            # What is like an event that does not differ does not differ either, and is passed over as a whole.
            onward = np.where(differs, at[active] + (1 if forward else -1), beyond[at[active]])
            left = ~(differs & free)
            active, onward = active[left], onward[left]
            at[active] = onward
        return found

    def _differs(self, step: Step, before: Longs, places: Longs) -> Flags:
        fits = np.ones(places.size, np.bool_)
        for name in step.differs:
            if name == "value":
                fits &= self._comparable(places, before) & (self._prices[places] != self._prices[before])
            else:
                codes = self.codes(_PART_OF.get(name, name))
                fits &= (codes[places] != NONE) & (codes[before] != NONE) & (codes[places] != codes[before])
        if step.value is not None:
            lower, higher = (places, before) if step.value == "lower" else (before, places)
            fits &= self._comparable(places, before) & (self._prices[lower] < self._prices[higher])
        return fits

    def _beyond_run(self, step: Step, pool: Pool, *, forward: bool) -> Longs:
        """For each place in a pool the next, or the last before, that is unlike it in what must differ."""
        parts = [name for name in step.differs if name != "value"]
        columns = [self.codes(_PART_OF.get(name, name)) for name in parts]
        if step.value is not None or "value" in step.differs:
            columns += [self._prices, self.codes("currency")]
        begins = np.zeros(pool.places.size, np.bool_)
        begins[:1] = True
        for column in columns:
            here = column[pool.places]
            begins[1:] |= here[1:] != here[:-1]
        starts = np.flatnonzero(begins)
        number = np.cumsum(begins) - 1
        return np.append(starts[1:], pool.places.size)[number] if forward else starts[number] - 1


class _Rows(NamedTuple):
    """First steps, events of the step before, ranks of their keys, whether to look at all, and what it may not be."""

    first: Longs
    before: Longs
    rank: Longs
    able: Flags
    not_these: Longs | None
