"""The events of each step of a funnel, and who reached it: what every way of counting takes and gives."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from noline.insight.walks.model import Funnel, FunnelUnreadable
from noline.stores.walks.arrays import Codes, Flags, Longs
from noline.stores.walks.store import WalkStore


class Reached(NamedTuple):
    """Who reached one step: persons by number, rising; positions of the event a chain began with and first got there.

    Of the chains that end with that event it is the one that began last.
    """

    persons: Longs
    began: Longs
    ended: Longs


class Marked(NamedTuple):
    """A store with what each step means.

    meanings: of each step, as (channel, action). overlapping: an event may be of more than one step; then equal moments
    keep the order in which they were told. without: what must not happen. spares: it ends the person, not the chain.
    only: events that count at all: those of a column with this code; None: all do.
    """

    store: WalkStore
    meanings: tuple[Flags, ...]
    overlapping: bool
    without: Flags
    spares: bool
    only: tuple[Codes, int] | None = None

    def chosen(self) -> Flags | None:
        """Events that may be of a step, one flag for each; None: all may."""
        chosen = None if self.only is None else self.only[0] == self.only[1]
        if not self.spares:
            return chosen
        banned = self.store.places(self.without)
        if not banned.size:
            return chosen
        spared = np.ones(self.store.person_count, np.bool_)
        spared[self.store.persons[banned]] = False
        spared = spared[self.store.persons]
        return spared if chosen is None else spared & chosen

    def banned(self) -> Longs:
        """Positions of what must not happen within a chain."""
        return np.zeros(0, np.int64) if self.spares or not self.without.any() else self.store.places(self.without)


def marked(store: WalkStore, funnel: Funnel) -> Marked:
    """What each step means. Raises FunnelUnreadable when a mode cannot tell its steps apart."""
    names = [step.what for step in funnel.steps]
    overlapping = overlap(store, names)
    if overlapping and funnel.tolerance:
        raise FunnelUnreadable(why="an event may be of two steps, and a tolerance leaves open which came first")
    if funnel.mode == "any" and overlap(store, list(dict.fromkeys(names))):
        raise FunnelUnreadable(why="in any order two steps are either the same or share no event")
    meanings = tuple(store.matching(what) for what in names)
    nothing = np.zeros((len(store.channels.names), len(store.actions.names)), np.bool_)
    without = np.any([nothing, *(store.matching(what) for what in funnel.without)], axis=0)
    return Marked(store, meanings, overlapping, without, bool(funnel.without) and funnel.ends == "person")


def overlap(store: WalkStore, steps: Sequence[str]) -> bool:
    """Whether one event can be two of these steps."""
    return any(one.overlaps(other) for one, other in combinations([store.meant(what) for what in steps], 2))
