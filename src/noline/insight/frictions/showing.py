"""Cases as a person sees them: who, when, where, what it was worth, and the records that show it."""

from collections.abc import Sequence

import numpy as np

from noline.insight.frictions.matching import Found
from noline.insight.frictions.model import Case
from noline.stores.walks.arrays import NONE
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.store import WalkStore


def cases(found: Found, store: WalkStore, limit: int, offset: int) -> list[Case]:
    """One page of the cases, the latest first."""
    rows = np.flatnonzero(found.case & found.decided)
    order = np.lexsort((found.first[rows], -found.times[rows]))
    return [_case(found, store, int(row)) for row in rows[order][offset : offset + limit]]


def _case(found: Found, store: WalkStore, row: int) -> Case:
    places = [int(place) for place in found.evidence[row] if place != NONE]
    return Case(
        person=_name_of(store, places[0]),
        at=int(store.times[places[0]]),
        ended_at=int(store.times[places[-1]]),
        evidence=tuple(seq_of(store, place) for place in places),
        value_minor=int(found.values[row]),
        store_id=_text_of(store, "store_id", places[::-1]),
        sku=_text_of(store, "sku", places),
        channels=tuple(store.channels.names[store.channels.codes[place]] for place in places),
        converted=bool(found.converted[row]) if found.observed[row] else None,
    )


def _name_of(store: WalkStore, place: int) -> int | str:
    """The own name of an event's person."""
    name = store.ids[int(store.persons[place])].as_py()
    return name if isinstance(name, int) else str(name)


def _text_of(store: WalkStore, part: str, places: Sequence[int]) -> str | None:
    """The first text that these events tell in a column."""
    named = store.parts.get(part)
    if named is None:
        return None
    return next((text for place in places if (text := named.names[named.codes[place]])), None)


def seq_of(store: WalkStore, place: int) -> int:
    """The position of an event in the log, or of its row in a table that is no log."""
    told = store.measures.get("seq")
    return place if told is None or told[place] == NOT_TOLD else int(told[place])
