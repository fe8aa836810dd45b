"""What was told of people, and which of it stands: plain values and decisions."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Json

CLAIMED, VERIFIED, CONFIRMED = 0, 1, 2
"""Told by a browser; by a server of the company; by somebody of the company, in front of the customer."""

TRUST_WORDS = ("claimed", "verified", "confirmed")

Posting = tuple[int, bytes, bytes]
"""Routing key of a clue's stretch, clue, subject."""

Sound = tuple[int, bytes, bytes]
"""Routing key of a sound, sound, a word that sounds so."""

_LONGEST_NAME = 64
_DEEPEST = 3
_LAST = 2**31
"""The rank of a source that nobody ranked."""

_SPELLINGS = {
    "firstname": "firstName", "givenname": "firstName", "lastname": "lastName", "surname": "lastName",
    "familyname": "lastName", "fullname": "name", "mail": "email", "emailaddress": "email", "phonenumber": "phone",
    "mobile": "phone", "telephone": "phone", "birthdate": "birthday", "dateofbirth": "birthday", "dob": "birthday",
    "street": "address.street", "city": "address.city", "town": "address.city", "zip": "address.postalCode",
    "zipcode": "address.postalCode", "postcode": "address.postalCode", "postalcode": "address.postalCode",
    "state": "address.state", "country": "address.country", "address.zip": "address.postalCode",
    "address.zipcode": "address.postalCode", "address.postcode": "address.postalCode",
    "address.postalcode": "address.postalCode", "address.town": "address.city", "createdat": "createdAt",
}  # fmt: skip
"""Other ways to write the names of the tracking specification, without case, `_`, `-` and spaces."""

_PLAIN_NAMES = ("name", "email", "phone", "birthday", "title", "gender", "age", "company", "username", "website")
_SPELLINGS |= {name: name for name in _PLAIN_NAMES}
_SPELLINGS |= {f"address.{name}": f"address.{name}" for name in ("street", "city", "state", "country")}


class Told(NamedTuple):
    """A value that a source told of a subject; the first and the last telling with their message ids (UTF-8)."""

    subject: bytes
    name: str
    value: str
    source: str
    trust: int
    first_at: Micros
    first_id: bytes
    last_at: Micros
    last_id: bytes

    def together(self, other: "Told") -> "Told":
        """The same value told once more."""
        first_at, first_id = min((self.first_at, self.first_id), (other.first_at, other.first_id))
        last_at, last_id = max((self.last_at, self.last_id), (other.last_at, other.last_id))
        trust = max(self.trust, other.trust)
        return Told(self.subject, self.name, self.value, self.source, trust, first_at, first_id, last_at, last_id)


class Range(NamedTuple):
    """Clues from `low` up to, not including, `high`, under one routing key; `exact` when it is `low` alone."""

    route_key: int
    low: bytes
    high: bytes
    exact: bool


@dataclass(frozen=True, slots=True)
class Attribute:
    """What stands for one name.

    told_at: when it was last told by the best who tells it. lineage: everybody who tells this value, best first.
    others: every other value that was told, best first.
    """

    value: str
    source: str
    trust: int
    told_at: Micros
    lineage: tuple[Told, ...]
    others: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """The golden record of a person. name: how to call them, None when nobody said."""

    name: str | None
    attributes: Mapping[str, Attribute]


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """One spelling of an attribute's name: `first_name` and `FirstName` are `firstName`, `zip` is in the address."""
    folded = name.lower().replace("_", "").replace("-", "").replace(" ", "")
    return _SPELLINGS.get(folded, name)


def flattened(traits: Json) -> list[tuple[str, str]]:
    """Names and values as text: what is inside `address` becomes `address.city`. Empty values say nothing."""
    found: list[tuple[str, str]] = []
    _flatten(traits, "", _DEEPEST, found)
    return found


def _flatten(traits: Json, before: str, deeper: int, found: list[tuple[str, str]]) -> None:
    for name, value in traits.items():
        if isinstance(value, dict) and deeper > 1:
            _flatten(value, f"{before}{name}.", deeper - 1, found)
            continue
        whole = before + name
        if len(whole) <= _LONGEST_NAME and (text := value.strip() if isinstance(value, str) else _text(value)):
            found.append((canonical(whole), text))


def _text(value: object) -> str:
    """What is no text as text."""
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return str(value)


def golden(values: Iterable[Told], ranks: Mapping[str, int] | None = None) -> dict[str, Attribute]:
    """For each name the value that stands: of the best ranked source, then most trusted, latest, most often told.

    ranks: of sources, the smallest first; one that is not named comes last. How often a value is told counts distinct
    pairs of subject and source, so repeating oneself wins nothing. The rest of a tie falls to the text itself.
    """
    by_name: dict[str, list[Told]] = defaultdict(list)
    for told in values:
        by_name[told.name].append(told)
    return {name: _standing(by_name[name], ranks or {}) for name in sorted(by_name)}


def _standing(values: list[Told], ranks: Mapping[str, int]) -> Attribute:
    tellers: dict[str, set[tuple[bytes, str]]] = defaultdict(set)
    for one in values:
        tellers[one.value].add((one.subject, one.source))

    def standing(one: Told) -> tuple[int, int, Micros, int, str, str, bytes]:
        rank = ranks.get(one.source, _LAST)
        return (-rank, one.trust, one.last_at, len(tellers[one.value]), one.value, one.source, one.subject)

    best, *_ = ordered = sorted(values, key=standing, reverse=True)
    return Attribute(
        best.value, best.source, best.trust, best.last_at,
        tuple(one for one in ordered if one.value == best.value),
        tuple(one for one in ordered if one.value != best.value),
    )  # fmt: skip


def display_name(attributes: Mapping[str, Attribute]) -> str | None:
    """How to call somebody: the whole name, unless its parts are better known."""
    whole = attributes.get("name")
    parts = [attributes[name] for name in ("firstName", "lastName") if name in attributes]
    if whole and (not parts or min(part.trust for part in parts) <= whole.trust):
        return whole.value
    return " ".join(part.value for part in parts) or None
