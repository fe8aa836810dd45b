"""What several answers show alike: shares with their interval, people and places by name, cells too small to show."""

from collections.abc import Iterable, Mapping
from typing import Any

from noline.doors.answers import Json
from noline.hub import Hub
from noline.kernel.errors import NotFound
from noline.kernel.shares import Share
from noline.stores.transactional import Reader
from noline.truth.customers.model import person_of

FEWEST_SHOWN = 10
"""A cell of fewer people than this is hidden from whoever may not see people: it would be nearly a name."""


def told_share(name: str, share: Share) -> Json:
    """A share beside its 95 % interval."""
    return {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}


def is_hidden(persons: int | None, *, with_persons: bool) -> bool:
    """Whether a cell of so many people is not to be shown. Nobody at all is no secret."""
    return not with_persons and persons is not None and 0 < persons < FEWEST_SHOWN


def without_numbers(row: Mapping[str, Any], kept: Iterable[str]) -> Json:
    """A row with only these of its words; everything else is None, and `hidden` says so."""
    words = frozenset(kept)
    return {**{name: value if name in words else None for name, value in row.items()}, "hidden": True}


def person_id(number: object) -> str:
    """The id of a person that every page uses, from the number that history has."""
    return person_of(number) if isinstance(number, int) else str(number)


def names_of(hub: Hub, reader: Reader, people: Iterable[str]) -> dict[str, str | None]:
    """How each of these people is called; None where nobody told."""
    return {person: _name(hub, reader, person) for person in dict.fromkeys(people)}


def place_names(hub: Hub, reader: Reader) -> dict[str, str]:
    """What the catalogue calls each place."""
    return {one.location: one.name for one in hub.catalogue.locations(reader) if one.name}


def _name(hub: Hub, reader: Reader, person: str) -> str | None:
    try:
        return hub.recognition.profile(reader, person).name
    except NotFound:
        return None
