"""Who reached which step: a funnel over a walk store, all persons at once.

Of every event that a step may end with, one thing is kept: the latest moment at which a chain that ends there can have
begun. Whatever follows, a chain that began later is within the window for longer and has fewer events inside it, so the
latest start dominates, and the answer is exact. (Keeping the first start that was seen is not: a person who looks today
and in a week, and buys the day after, would be lost.) `plain.py` says the same for one person, one event at a time.
"""

from collections.abc import Sequence

import numpy as np

from noline.insight.walks import columns, looped
from noline.insight.walks.model import MOST_PARTS, Funnel, FunnelCounts, FunnelUnreadable
from noline.insight.walks.pages import behind
from noline.insight.walks.plain import Event
from noline.insight.walks.steps import Marked, Reached, marked, overlap
from noline.stores.walks import kernels
from noline.stores.walks.arrays import NONE, Codes
from noline.stores.walks.store import Meaning, Named, WalkStore

BLOCK = 1 << 16
"""Persons whose chains are held at once."""

__all__ = ["Marked", "Reached", "behind", "counted", "events_of", "marked", "overlap", "reached"]


def events_of(store: WalkStore, person: int, steps: Sequence[str], banned: Sequence[str]) -> list[Event]:
    """A person's events, in their order, as the definition of a funnel sees them."""
    meant = [store.meant(what) for what in steps]
    wrong = [store.meant(what) for what in banned]
    found: list[Event] = []
    for place in range(int(store.offsets[person]), int(store.offsets[person + 1])):
        channel = store.channels.names[store.channels.codes[place]]
        here = Meaning(channel, store.actions.names[store.actions.codes[place]])
        numbers = frozenset(number for number, one in enumerate(meant) if one.overlaps(here))
        found.append(Event(int(store.times[place]), numbers, any(one.overlaps(here) for one in wrong)))
    return found


def reached(events: Marked, funnel: Funnel) -> list[Reached]:
    """Who reached each step; in any order, who reached so many steps."""
    found = looped.reached(events, funnel)
    return columns.reached(events, funnel) if found is None else found


def counted(store: WalkStore, funnel: Funnel) -> FunnelCounts:
    """Persons behind each step, and by value when the funnel asks for it."""
    events = marked(store, funnel)
    if funnel.by is None:
        return FunnelCounts(_persons(events, funnel))
    part = store.part(funnel.by)
    if len(part.names) > MOST_PARTS:
        raise FunnelUnreadable(why=f"{funnel.by} has {len(part.names)} values; at most {MOST_PARTS} can be parts")
    if funnel.credit == "all":
        return FunnelCounts(_persons(events, funnel), _apart(events, funnel, part.codes, part.names))
    asked = looped.Asked.of(events, funnel)
    found = None if asked is None else kernels.looped(lambda: _in_blocks(asked, part))
    return _credited(columns.reached(events, funnel), funnel, part, 0, store.person_count) if found is None else found


def _persons(events: Marked, funnel: Funnel) -> tuple[int, ...]:
    """How many persons reached each step."""
    found = looped.persons(events, funnel)
    return columns.persons(events, funnel) if found is None else found


def _apart(events: Marked, funnel: Funnel, codes: Codes, names: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """A funnel of its own for each value, over the events of that value."""
    found: dict[str, tuple[int, ...]] = {}
    for code, name in enumerate(names):
        persons = _persons(events._replace(only=(codes, code)), funnel)
        if any(persons):
            found[name] = persons
    return dict(sorted(found.items()))


def _in_blocks(asked: looped.Asked, part: Named) -> FunnelCounts:
    """Persons by value, some of them after the others, so that what is held of each takes little memory."""
    people = asked.events.store.person_count
    counts = FunnelCounts((0,) * len(asked.funnel.steps))
    for first in range(0, people, BLOCK):
        last = min(first + BLOCK, people)
        _, steps = looped.walked(asked, rows=True, first=first, last=last)
        counts = counts.merged(_credited(steps, asked.funnel, part, first, last - first))
    return counts


def _credited(steps: list[Reached], funnel: Funnel, part: Named, first: int, people: int) -> FunnelCounts:
    """Persons by the value of one event of the chain to the furthest step that each reached.

    first: the number of the first of so many persons.
    """
    value_of = np.full(people, NONE, np.int64)
    for step in steps:
        value_of[step.persons - first] = part.codes[step.began if funnel.credit == "first" else step.ended]
    rows = [np.bincount(value_of[step.persons - first], minlength=len(part.names)) for step in steps]
    counts = {name: tuple(int(row[code]) for row in rows) for code, name in enumerate(part.names)}
    parts = {name: persons for name, persons in sorted(counts.items()) if any(persons)}
    return FunnelCounts(tuple(step.persons.size for step in steps), parts)
