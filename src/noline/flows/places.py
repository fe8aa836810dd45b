"""Where locations lie, as somebody at a store asks it: which other one is near."""

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

from noline.kernel.geo import kilometres
from noline.truth.catalogue.model import Location

_MILLIONTHS = 1_000_000
_FARTHEST = (True, inf)
"""Where a place lies of which nobody knows where."""


class Ranks(NamedTuple):
    """How near locations lie, the nearest the smallest; those equally near have the same. others: of all others."""

    known: Mapping[str, int]
    others: int


class Places:
    """What is known of the locations, and how near they lie to each other."""

    def __init__(self, known: Mapping[str, Location]) -> None:
        """known: the locations by their ids."""
        self._known = known
        self._ranks: dict[str | None, Ranks] = {}

    def get(self, location: str | None) -> Location | None:
        """A location by its id; None for one of which nobody spoke."""
        return self._known.get(location or "")

    def ranks(self, store: str | None) -> Ranks:
        """How near each location lies to a store: those of the same country first, then by distance where known."""
        if store not in self._ranks:
            stands = self.get(store)
            far = {name: _how_far(stands, place) for name, place in self._known.items()}
            order = {distance: rank for rank, distance in enumerate(sorted({*far.values(), _FARTHEST}))}
            self._ranks[store] = Ranks({name: order[each] for name, each in far.items()}, order[_FARTHEST])
        return self._ranks[store]


NOWHERE = Places({})


def _how_far(one: Location | None, other: Location | None) -> tuple[bool, float]:
    """Whether it is abroad, and how many kilometres it is; endlessly many where one has no coordinates."""
    if one is None or other is None:
        return _FARTHEST
    ends = [
        (place.latitude / _MILLIONTHS, place.longitude / _MILLIONTHS)
        for place in (one, other)
        if place.latitude is not None and place.longitude is not None
    ]
    return (one.country != other.country, kilometres(*ends) if len(ends) == 2 else inf)
