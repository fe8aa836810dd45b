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
from noline.stores.walks.arrays import NONE, Codes, Longs
from noline.stores.walks.store import Meaning, Named, WalkStore

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
    found = None if asked is None else kernels.looped(lambda: looped.parted(asked, part.codes, len(part.names)))
    if found is None:
        return _credited(columns.reached(events, funnel), funnel, part, store.person_count)
    counts, rows = found
    return FunnelCounts(tuple(int(one) for one in counts), _named(list(rows), part))


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


def _credited(steps: list[Reached], funnel: Funnel, part: Named, people: int) -> FunnelCounts:
    """Of so many persons those of each step, by the value of one event of the chain to the furthest of them."""
    value_of = np.full(people, NONE, np.int64)
    for step in steps:
        value_of[step.persons] = part.codes[step.began if funnel.credit == "first" else step.ended]
    rows = [np.bincount(value_of[step.persons], minlength=len(part.names)) for step in steps]
    return FunnelCounts(tuple(step.persons.size for step in steps), _named(rows, part))


def _named(rows: Sequence[Longs], part: Named) -> dict[str, tuple[int, ...]]:
    """Of each value that anybody has, the persons of each step. rows: by step, a number for each value."""
    counts = {name: tuple(int(row[code]) for row in rows) for code, name in enumerate(part.names)}
    return {name: persons for name, persons in sorted(counts.items()) if any(persons)}
