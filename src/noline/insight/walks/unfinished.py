"""Who stopped on the way of a funnel and still has time: the events end before their window does."""

import numpy as np

from noline.insight.walks import columns
from noline.insight.walks.looped import Asked, leveled, walked
from noline.insight.walks.model import Funnel
from noline.insight.walks.steps import Marked
from noline.kernel.clock import Micros
from noline.stores.walks.arrays import Flags, Longs
from noline.stores.walks.kernels import looped

BLOCK = 1 << 16
"""Persons whose chains are held at once."""


def still_open(events: Marked, funnel: Funnel, observed: Micros) -> int:
    """How many persons began, did not reach the last step, and have a window that is open at `observed`.

    The window is that of their latest beginning: an event of the first step, in any order one of any step. Without a
    window nobody's is ever over. Only time is asked: whether something has already spoilt that beginning is not.
    """
    waiting = _began_lately(events, funnel, observed)
    if waiting.any():
        waiting[_came_to_the_end(events, funnel)] = False
    return int(waiting.sum())


def _began_lately(events: Marked, funnel: Funnel, observed: Micros) -> Flags:
    store = events.store
    begins = events.meanings if funnel.mode == "any" else events.meanings[:1]
    places = store.places(np.any(begins, axis=0))
    chosen = events.chosen()
    if chosen is not None:
        places = places[chosen[places]]
    if funnel.window is not None:
        places = places[store.times[places] > observed - funnel.window]
    waiting = np.zeros(store.person_count, np.bool_)
    waiting[store.persons[places]] = True
    return waiting


def _came_to_the_end(events: Marked, funnel: Funnel) -> Longs:
    asked = Asked.of(events, funnel)
    found = None if asked is None else looped(lambda: _last_of(asked))
    return columns.reached(events, funnel)[-1].persons if found is None else found


def _last_of(asked: Asked) -> Longs:
    last, people = len(asked.funnel.steps) - 1, asked.events.store.person_count
    if asked.steps is not None:
        return np.flatnonzero(leveled(asked, asked.steps, levels=True)[1] & np.uint32(1 << last))
    blocks = ((first, min(first + BLOCK, people)) for first in range(0, people, BLOCK))
    found = [walked(asked, rows=True, first=first, last=end)[1][last].persons for first, end in blocks]
    return np.concatenate([np.zeros(0, np.int64), *found])
