"""Who lives, or lived, at one address: the addresses people tell, brought to one spelling, readable from both ends."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, Json
from noline.stores.transactional import Reader, Transaction
from noline.truth.profiles.addresses import tables
from noline.truth.profiles.clues import words
from noline.truth.profiles.model import canonical, flattened

Place = bytes
"""An address: the hub's keyed hash of its one spelling, 16 bytes."""

CLAIMED, VERIFIED = 0, 1

_STREETS = ("address.street", "address.line1", "address.address1", "address.streetAddress")
_NUMBERS = ("address.houseNumber", "address.house_number", "address.number")
_UNITS = ("address.line2", "address.address2", "address.street2", "address.unit", "address.apartment", "address.flat")
_WRITTEN_SHORT = {
    "st": "street", "str": "strasse", "rd": "road", "ave": "avenue", "av": "avenue", "blvd": "boulevard",
    "bd": "boulevard", "dr": "drive", "ln": "lane", "sq": "square", "pl": "place", "apt": "apartment",
}  # fmt: skip


class Stay(NamedTuple):
    """An address that was told of somebody (as the log names them), from when to when, and how far it is believed."""

    subject: bytes
    place: Place
    trust: int
    first_at: Micros
    last_at: Micros


class Addresses:
    """Who lives where, as far as it was told."""

    name = "addresses"
    kinds: frozenset[str] | None = None
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Keep the addresses these facts tell of whom they are filed under, never of a name that is only claimed."""
        rows: list[Stay] = []
        for fact in facts:
            traits = (fact.context.traits or {}) if fact.kind == "group" else fact.traits
            if not traits:
                continue
            spelled = one_spelling(traits)
            if spelled is not None and any(
                self._digest(f"{name}:{one}") == fact.subject for name, one in fact.identifiers
            ):
                trust = VERIFIED if fact.trusted else CLAIMED
                place = self._digest(f"place:{spelled}")
                rows.append(Stay(fact.subject, place, trust, fact.occurred_at, fact.occurred_at))
        if rows:
            tables.add(tx, rows)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Delete every row of these subjects; answers how many."""
        return tables.erase(tx, subjects)

    def home(self, reader: Reader, subjects: Sequence[bytes]) -> Place | None:
        """Where a person known by these subjects lives: as a server told last, else as was claimed last."""
        stays = [Stay._make(row) for row in tables.of_subjects(reader, subjects)]
        return latest(stays)

    def at(self, reader: Reader, place: Place, most: int) -> list[bytes] | None:
        """Whose address this is or was; None when that is more than `most` subjects."""
        found = tables.at(reader, place, most + 1)
        return None if len(found) > most else found


def latest(stays: Iterable[Stay]) -> Place | None:
    """Of all addresses of one person the one where they live now."""
    best = max(stays, key=lambda stay: (stay.trust, stay.last_at, stay.place), default=None)
    return None if best is None else best.place


def one_spelling(traits: Json) -> str | None:
    """Street with number, flat, and postcode (else city) of an address, folded; None when it is not whole."""
    perhaps = {name: value for name, value in traits.items() if isinstance(value, dict) or _is_of_address(name)}
    told = {name: value for name, value in flattened(perhaps) if _is_of_address(name)}
    if not told:
        return None
    street, number, unit = (_first(told, names) for names in (_STREETS, _NUMBERS, _UNITS))
    return _spelled(street, number, unit, told.get("address.postalCode", ""), told.get("address.city", ""))


@lru_cache(maxsize=4_096)
def _is_of_address(name: str) -> bool:
    return canonical(name).startswith("address.")


@lru_cache(maxsize=16_384)
def _spelled(street: str, number: str, unit: str, postcode: str, city: str) -> str | None:
    """One spelling of these texts. A household tells the same ones again, by every channel."""
    on_street = _in_full(street) + _in_full(number)
    where = "".join(words(postcode)) or "".join(words(city))
    if not on_street or not where:
        return None
    return "|".join((on_street, _in_full(unit), where))


def forget_addresses() -> None:
    """Let go of every address that was read, so that an erased one does not stay in memory."""
    _spelled.cache_clear()


def _first(told: Mapping[str, str], names: Iterable[str]) -> str:
    return next((told[name] for name in names if name in told), "")


def _in_full(text: str) -> str:
    return "".join(_long(word) for word in words(text))


def _long(word: str) -> str:
    """One way to write the kinds of streets: `Hauptstr.` and `Hauptstraße`, `Elm Rd` and `Elm Road`."""
    return _WRITTEN_SHORT.get(word) or re.sub(r"(?<=.{2})str$", "strasse", word)
