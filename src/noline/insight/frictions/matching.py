"""Rules over a walk store: every first step of everybody at once.

What a rule means: after its first step, each further step is the first event after the one before that fits; none of
the events of `no` may follow. `following` in `pools.py` finds such events; here they are put together to cases.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from noline.insight.frictions.model import Rule, Step, Way
from noline.insight.frictions.pools import Bounds, Pools
from noline.insight.frictions.rules import expanded
from noline.kernel.clock import DAY, Micros
from noline.kernel.words import WORDS
from noline.stores.walks.arrays import NONE, Flags, Longs, first_beyond
from noline.stores.walks.store import WalkStore

LAST_TOLD: Micros = DAY
"""An amount told this long before a first step is what was at stake, when nothing else tells it."""

_SAME_OBJECT: Micros = 60 * DAY


class Found(NamedTuple):
    """The first steps of a rule, in the order of the store, and what became of each.

    first: positions. decided: the log tells long enough. met: the friction happened, whatever followed. case: and
    nothing of what must not follow did. evidence: positions of the events that show it, NONE where a way has fewer.
    values: minor units at stake. converted: a goal was reached in time; observed: the log tells that long.
    missing: columns that the rule asks for and the events do not tell. outcome: a case is one only because no goal
    followed, and nothing else sets it apart.
    """

    rule: Rule
    first: Longs
    decided: Flags
    met: Flags
    case: Flags
    evidence: Longs
    values: Longs
    converted: Flags
    observed: Flags
    times: Longs
    missing: tuple[str, ...]

    def between(self, since: Micros, until: Micros) -> "Found":
        """Those whose first step was then."""
        return self.only((self.times >= since) & (self.times <= until))

    def only(self, chosen: Flags) -> "Found":
        """Some of them."""
        columns = {
            name: getattr(self, name)[chosen]
            for name in ("first", "decided", "met", "case", "evidence", "values", "converted", "observed", "times")
        }
        return self._replace(**columns)


class _Met(NamedTuple):
    """One way of a rule: whether it happened, whether nothing of `no` followed, and the events that show it."""

    met: Flags
    case: Flags
    evidence: Longs


class Matcher:
    """Finds the cases of rules in one store."""

    def __init__(self, store: WalkStore, observed_until: Micros | None) -> None:
        """Take the events; they tell everything up to `observed_until`, or up to the latest of them."""
        self.store = store
        latest = store.observed_until
        self.observed: Micros = observed_until if observed_until is not None else latest if latest is not None else 0
        self.pools = Pools(store)

    def found(self, rule: Rule) -> Found:
        """Every first step of a rule, and what became of it."""
        first, earlier = self._first_steps(rule)
        ways = [self._met(way, first) for way in rule.ways]
        if ways_end_elsewhere(rule):
            kept = _latest_of_each_end(first, ways)
            first, earlier = first[kept], earlier[kept]
            ways = [_Met(way.met[kept], way.case[kept], way.evidence[kept]) for way in ways]
        met = np.any([way.met for way in ways], axis=0)
        case = np.any([way.case for way in ways], axis=0)
        evidence = _evidence(ways)
        times = self.store.times[first]
        goals = self._goals(rule, first)
        observed = times + rule.goal_within <= self.observed
        values = (
            self._next_worth(first, goals, observed & ~met)
            if rule.worth == "next"
            else self._values(first, evidence, earlier)
        )
        return Found(
            rule, first, times + rule.reach <= self.observed, met, case, evidence,
            values, goals != NONE, observed, times, tuple(self.pools.missing(list(steps_of(rule)))),
        )  # fmt: skip

    # First steps

    def _first_steps(self, rule: Rule) -> tuple[Longs, Longs]:
        """Positions of the first steps, and of an event that came before each (NONE when the rule asks for none)."""
        first = self.pools.places(rule.first.what, rule.first.where)
        earlier = np.full(first.size, NONE, np.int64)
        for step in rule.before:
            earlier = self.pools.preceding(step, first)
            first, earlier = first[earlier != NONE], earlier[earlier != NONE]
        if not rule.together or not first.size:
            return first, earlier
        goals = self.pools.places(rule.goal)
        times, persons = self.store.times[first], self.store.persons[first]
        between = np.searchsorted(goals, first[1:], "left") - np.searchsorted(goals, first[:-1], "right")
        opens = np.ones(first.size, np.bool_)
        opens[1:] = (persons[1:] != persons[:-1]) | (times[1:] - times[:-1] > rule.together) | (between > 0)
        return first[opens], earlier[opens]

    # One way

    def _met(self, way: Way, first: Longs) -> _Met:
        able = self.pools.like(first, way.first)
        before = np.where(able, first, NONE)
        evidence = [first]
        for step in way.steps:
            for _ in range(step.times):
                before = self._next(step, first, before)
                evidence.append(before)
        shown = np.column_stack(evidence)
        met = before != NONE
        case = met.copy()
        for no in way.no:
            spared = self._spared(no, first, before, shown)
            case &= spared
            if not is_outcome(no):
                met &= spared
        return _Met(met, case, np.where(met[:, None], shown, NONE))

    def _next(self, step: Step, first: Longs, before: Longs) -> Longs:
        """The next event that fits, for each row that has one so far."""
        times = self.store.times
        rows = np.flatnonzero(before != NONE)
        here, last = first[rows], before[rows]
        start = last + 1
        if step.after:
            start = first_beyond(times, start, self._ends(here), times[here] + step.after - 1)
        found = self.pools.following(step, here, last, Bounds(start, times[here] + step.within), None)
        if step.unless:
            banned = self.pools.places(step.unless)
            reached = found != NONE
            between = np.searchsorted(banned, found, "left") - np.searchsorted(banned, last, "right")
            found[reached & (between > 0)] = NONE
        result = np.full(first.size, NONE, np.int64)
        result[rows] = found
        return result

    def _spared(self, no: Step, first: Longs, last: Longs, shown: Longs) -> Flags:
        """Whether nothing of what must not follow did. What the log must tell for it and does not spares nobody."""
        times = self.store.times
        rows = np.flatnonzero(last != NONE)
        here = first[rows]
        base = here if no.since == "first" else last[rows]
        begin, end = self.store.offsets[self.store.persons[here]], self._ends(here)
        # Of equal moments either may have been first: what happened at the same moment counts as having followed.
        low, limit = (base + 1, times[base] + no.after - 1) if no.after else (begin, times[base] - 1)
        start = first_beyond(times, low, end, limit)
        found = self.pools.following(no, here, base, Bounds(start, times[base] + no.within), shown[rows])
        told = self.pools.keys(no.same, here, of_first=True) != NONE
        spared = np.zeros(first.size, np.bool_)
        spared[rows] = (found == NONE) & told
        return spared

    def _ends(self, places: Longs) -> Longs:
        """Where the events of each one's person end."""
        return self.store.offsets[self.store.persons[places].astype(np.int64) + 1]

    # What followed, and what was at stake

    def _goals(self, rule: Rule, first: Longs) -> Longs:
        """The goal reached after each first step, in any channel, in time; NONE without one."""
        times = self.store.times
        begin = self.store.offsets[self.store.persons[first]]
        start = first_beyond(times, begin, self._ends(first), times[first] - 1)
        bounds = Bounds(start, times[first] + rule.goal_within)
        return self.pools.following(Step(rule.goal), first, first, bounds, first[:, None])

    def _next_worth(self, first: Longs, goals: Longs, spared: Flags) -> Longs:
        """What the next goal of those whom the friction spared is worth on average, the same for each first step."""
        told = self.store.values[goals[spared & (goals != NONE)]]
        told = told[told > 0]
        return np.full(first.size, round(int(told.sum()) / told.size) if told.size else 0, np.int64)

    def _values(self, first: Longs, evidence: Longs, earlier: Longs) -> Longs:
        """What was at stake, as far as anything tells.

        What the first step tells, else the other events that show the case at most, else the event that had to come
        before, else what was told last about the same object, else what was told last within a day before.
        """
        return self._told_first((first, *self._shown(evidence), earlier, *self._before(first)), first.size)

    def told_by(self, first: Longs) -> Longs:
        """What was at stake as far as the first step and what came before it tell."""
        return self._told_first((first, *self._before(first)), first.size)

    def _told_first(self, sources: Sequence[Longs], size: int) -> Longs:
        """For each row the amount of the first of these events that tells one; 0 when none does."""
        found = np.zeros(size, np.int64)
        for places in sources:
            rows = np.flatnonzero((found == 0) & (places != NONE))
            found[rows] = np.maximum(self.store.values[places[rows]], 0)
        return found

    def _before(self, first: Longs) -> tuple[Longs, Longs]:
        return self._last_of_object(first), self._last_told(first)

    def _shown(self, evidence: Longs) -> list[Longs]:
        if evidence.shape[1] < 2 or not evidence.shape[0]:
            return []
        rest = evidence[:, 1:]
        worth = np.where(rest == NONE, -1, self.store.values[rest])
        return [rest[np.arange(rest.shape[0]), worth.argmax(axis=1)]]

    @cached_property
    def _valued(self) -> Longs:
        return np.flatnonzero(self.store.values > 0)

    def _last_told(self, first: Longs) -> Longs:
        at = np.searchsorted(self._valued, first) - 1
        places = np.where(at >= 0, self._valued[np.maximum(at, 0)] if self._valued.size else NONE, NONE)
        near = (self.store.persons[places] == self.store.persons[first]) & (
            self.store.times[places] >= self.store.times[first] - LAST_TOLD
        )
        return np.where((places != NONE) & near, places, NONE)

    def _last_of_object(self, first: Longs) -> Longs:
        if "object_id" not in self.store.parts or not first.size:
            return np.full(first.size, NONE, np.int64)
        return self.pools.preceding(_VALUED_OBJECT, first)


_VALUED_OBJECT = Step(("@any",), within=_SAME_OBJECT, same=("object",))


def steps_of(rule: Rule) -> list[Step]:
    """Every step of a rule."""
    ways = [step for way in rule.ways for step in (*way.steps, *way.no)]
    return [rule.first, *rule.before, *ways, *(Step((), where=way.first) for way in rule.ways), Step(rule.goal)]


def is_outcome(no: Step) -> bool:
    """Whether a `no` tells what became of the customer, not what went wrong: no goal, or nothing at all, followed."""
    goals = {word.name for word in WORDS.values() if word.goal}
    actions = [actions for _, actions in expanded(no.what)]
    if any(one is None for one in actions):
        return not no.same
    return all(goals.issuperset(one or ()) for one in actions)


def ways_end_elsewhere(rule: Rule) -> bool:
    """Whether a case ends with another event than its first step."""
    return any(way.steps for way in rule.ways)


def _latest_of_each_end(first: Longs, ways: list[_Met]) -> Flags:
    """First steps that lead to the same last event are one case, with the latest of them."""
    kept = np.ones(first.size, np.bool_)
    for way in ways:
        if way.evidence.shape[1] < 2:
            continue
        rows = np.flatnonzero(way.met)
        ends = way.evidence[rows, -1]
        latest = np.zeros(rows.size, np.bool_)
        # First steps stand in their order, so the last of each end is the first of them read from behind.
        latest[rows.size - 1 - np.unique(ends[::-1], return_index=True)[1]] = True
        kept[rows[~latest]] = False
    return kept


def _evidence(ways: list[_Met]) -> Longs:
    """The events of the first way that makes a case, else of the first that happened."""
    width = max(way.evidence.shape[1] for way in ways)
    found = np.full((ways[0].met.size, width), NONE, np.int64)
    done = np.zeros(ways[0].met.size, np.bool_)
    for flags in ([way.case for way in ways], [way.met for way in ways]):
        for way, chosen in zip(ways, flags, strict=True):
            rows = np.flatnonzero(chosen & ~done)
            found[rows, : way.evidence.shape[1]] = way.evidence[rows]
            done[rows] = True
    return found
