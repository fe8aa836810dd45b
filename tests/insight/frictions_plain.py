"""What a friction rule means, said for one person and one event after the other; and logs at random to hold it against.

Nothing here is shared with the room: rules are read from its values, events are plain rows.
"""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from noline.insight.frictions.model import Rule, Step, Way, Where
from noline.insight.frictions.rules import CLASSES
from noline.kernel.words import WORDS
from noline.stores.walks.events import NOT_TOLD, Columns, understood
from noline.stores.walks.store import WalkStore

PARTS = ("store_id", "country", "sku", "object_id", "currency", "topic", "handoff_to")
MEASURES = ("seq", "amount_minor", "units", "rating_hundredths", "exposure")


class Event(NamedTuple):
    """One row of a log; an empty text and None are what nobody told."""

    person: int
    at: int
    channel: str
    action: str
    seq: int
    store_id: str = ""
    country: str = ""
    sku: str = ""
    object_id: str = ""
    currency: str = "EUR"
    topic: str = ""
    handoff_to: str = ""
    amount_minor: int | None = None
    units: int | None = None
    rating_hundredths: int | None = None
    exposure: int = 0

    @property
    def price(self) -> int:
        return (self.amount_minor or 0) // max(self.units or 1, 1)


class Opening(NamedTuple):
    """A first step and what became of it; evidence: positions in the log."""

    seq: int
    decided: bool
    met: bool
    case: bool
    evidence: tuple[int, ...]
    converted: bool


def store_of(events: Sequence[Event]) -> WalkStore:
    """The events as a walk store."""
    columns = {name: [getattr(event, name) for event in events] for name in Event._fields}
    kinds = {"person": pa.int64(), "at": pa.int64(), **dict.fromkeys(MEASURES, pa.int64())}
    table = pa.table({name: pa.array(told, kinds.get(name, pa.string())) for name, told in columns.items()})
    table = table.append_column("time", table["at"].cast(pa.timestamp("us")))
    table = table.append_column("value", pa.array([event.amount_minor or 0 for event in events], pa.int64()))
    return WalkStore.of(understood(table, Columns(parts=PARTS, measures=MEASURES)))


def openings(rule: Rule, events: Sequence[Event], observed: int) -> list[Opening]:
    """What became of every first step in a log, by its position."""
    found: list[Opening] = []
    for person in {event.person for event in events}:
        mine = sorted((event for event in events if event.person == person), key=lambda event: (event.at, event.seq))
        found += _of_person(rule, mine, observed)
    return sorted(found)


def _of_person(rule: Rule, events: list[Event], observed: int) -> Iterator[Opening]:
    firsts = _first_steps(rule, events)
    ways = [{first: _met(way, events, first) for first in firsts} for way in rule.ways]
    dropped = {
        first
        for way, met in zip(rule.ways, ways, strict=True)
        for first, (happened, _, shown) in met.items()
        if way.steps and happened
        for other, (also, _, others) in met.items()
        if other > first and also and others[-1] == shown[-1]
    }
    for first in firsts:
        if first in dropped:
            continue
        here = [met[first] for met in ways]
        shown = next((shown for _, case, shown in here if case), None) or next(
            (shown for met, _, shown in here if met), ()
        )
        yield Opening(
            events[first].seq,
            events[first].at + rule.reach <= observed,
            any(met for met, _, _ in here),
            any(case for _, case, _ in here),
            tuple(events[place].seq for place in shown),
            _converted(rule, events, first),
        )


def _first_steps(rule: Rule, events: list[Event]) -> list[int]:
    able = [
        place
        for place, event in enumerate(events)
        if named(rule.first.what, event)
        and fits(rule.first.where, event)
        and all(_came_before(step, events, place) for step in rule.before)
    ]
    if not rule.together:
        return able
    return [
        place
        for number, place in enumerate(able)
        if number == 0
        or events[place].at - events[able[number - 1]].at > rule.together
        or any(named(rule.goal, event) and not event.exposure for event in events[able[number - 1] + 1 : place])
    ]


def _came_before(step: Step, events: list[Event], first: int) -> bool:
    return any(
        step.after <= events[first].at - event.at <= step.within and is_this(step, event, events[first], events[first])
        for event in events[:first]
    )


def _met(way: Way, events: list[Event], first: int) -> tuple[bool, bool, tuple[int, ...]]:
    """Whether the friction happened, whether it is a case, and the places of what shows it."""
    if not fits(way.first, events[first], any_exposure=True):
        return False, False, ()
    shown = [first]
    for step in (one for one in way.steps for _ in range(one.times)):
        place = next(
            (
                place
                for place in range(shown[-1] + 1, len(events))
                if step.after <= events[place].at - events[first].at <= step.within
                and is_this(step, events[place], events[first], events[shown[-1]])
            ),
            None,
        )
        if place is None or any(
            named(step.unless, event) and not event.exposure for event in events[shown[-1] + 1 : place]
        ):
            return False, False, ()
        shown.append(place)
    spared = {no: _spared(no, events, shown) for no in way.no}
    met = all(good for no, good in spared.items() if not tells_the_end(no))
    return met, met and all(spared.values()), tuple(shown) if met else ()


def _spared(no: Step, events: list[Event], shown: list[int]) -> bool:
    first, base = events[shown[0]], events[shown[0 if no.since == "first" else -1]]
    told = all(_mine(name, first) for name in no.same)
    return told and not any(
        place not in shown and no.after <= event.at - base.at <= no.within and is_this(no, event, first, base)
        for place, event in enumerate(events)
    )


def _converted(rule: Rule, events: list[Event], first: int) -> bool:
    return any(
        place != first
        and named(rule.goal, event)
        and not event.exposure
        and 0 <= event.at - events[first].at <= rule.goal_within
        for place, event in enumerate(events)
    )


def tells_the_end(no: Step) -> bool:
    """Whether this tells only that no goal, or nothing at all, followed."""
    goals = {word.name for word in WORDS.values() if word.goal}
    if any(name.endswith(("@any", "/*")) for name in no.what):
        return not no.same
    actions = [name.rpartition("/")[2] for name in no.what]
    return all(set(CLASSES.get(action) or [action]) <= goals for action in actions)


def is_this(step: Step, event: Event, first: Event, before: Event) -> bool:
    return (
        named(step.what, event)
        and fits(step.where, event)
        and all(_mine(name, first) and _mine(name, first) == _theirs(name, event) for name in step.same)
        and all(_another(name, event, before) for name in step.differs)
        and (step.value is None or _priced(step.value, event, before))
    )


def named(what: Sequence[str], event: Event) -> bool:
    for name in what:
        channel, _, action = name.rpartition("/")
        actions = CLASSES.get(action, (action,))
        if channel in ("", event.channel) and (action == "*" or actions is None or event.action in actions):
            return True
    return False


def fits(where: Where, event: Event, *, any_exposure: bool = False) -> bool:
    rating, units = event.rating_hundredths, event.units
    return (
        (any_exposure or bool(event.exposure) == where.exposure)
        and (not where.topic or event.topic in where.topic)
        and (where.rating_at_most is None or (rating is not None and rating <= where.rating_at_most))
        and (where.rating_at_least is None or (rating is not None and rating >= where.rating_at_least))
        and (where.units_at_most is None or (units is not None and units <= where.units_at_most))
        and (where.units_at_least is None or (units is not None and units >= where.units_at_least))
        and (where.value_at_least is None or (event.amount_minor or 0) >= where.value_at_least)
        and (not where.handoff or bool(event.handoff_to))
    )


_COLUMN = {"object": "object_id", "store": "store_id"}


def _mine(name: str, first: Event) -> str:
    return first.handoff_to if name == "handoff" else getattr(first, _COLUMN.get(name, name))


def _theirs(name: str, event: Event) -> str:
    return event.channel if name == "handoff" else getattr(event, _COLUMN.get(name, name))


def _another(name: str, event: Event, before: Event) -> bool:
    if name == "value":
        return _comparable(event, before) and event.price != before.price
    here, there = _theirs(name, event), _theirs(name, before)
    return bool(here) and bool(there) and here != there


def _priced(value: str, event: Event, before: Event) -> bool:
    lower, higher = (event, before) if value == "lower" else (before, event)
    return _comparable(event, before) and lower.price < higher.price


def _comparable(one: Event, other: Event) -> bool:
    return one.price > 0 and other.price > 0 and one.currency == other.currency


def random_log(
    chance: random.Random,
    persons: int,
    events: int,
    actions: Sequence[str],
    moments: int,
    step: int,
    channels: Sequence[str] = ("web", "store", "call"),
) -> list[Event]:
    """Events at random; few moments make many of them equal, few names make many of them fit."""
    return [
        Event(
            person=chance.randrange(persons),
            at=chance.randrange(moments) * step,
            channel=chance.choice(channels),
            action=chance.choice(actions),
            seq=seq,
            store_id=chance.choice(("", "s1", "s2")),
            sku=chance.choice(("", "a", "b")),
            object_id=chance.choice(("", "o1", "o2")),
            currency=chance.choice(("EUR", "EUR", "JPY")),
            topic=chance.choice(("", "t1", "cart")),
            handoff_to=chance.choice(("", "", "store", "call", "fax")),
            amount_minor=chance.choice((None, 0, 100, 200, 400)),
            units=chance.choice((None, 0, 1, 2)),
            rating_hundredths=chance.choice((None, 0, 150, 200, 500)),
            exposure=int(chance.random() < 0.1),
        )
        for seq in range(1, events + 1)
    ]


__all__ = ["NOT_TOLD", "Event", "Opening", "openings", "random_log", "store_of"]
