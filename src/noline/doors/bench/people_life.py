"""Households and the people in them, as they really are; nothing here is ever written into a record as such.

A couple may keep two surnames, or take one while records already bear the other; children are in the house who are
twins, or are called what their father is called; a household may move; some people also buy for the firm they work for.
"""

from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np

from noline.doors.bench.people_names import ASCII, COUNTRIES, NOTHING, Names, Range, objects

SHARED_MAIL = 0.25
SHARED_LANDLINE = 0.35
MOVERS = 0.15
_COUPLES = 0.62
_ALSO_HERE = 0.06
_CHILDREN_OF_ONE = (0.80, 0.93, 1.0)
_CHILDREN_OF_TWO = (0.45, 0.70, 0.92, 1.0)
_TWO_SURNAMES = 0.22
_NAME_CHANGES = 0.15
_TWINS = 0.05
_NAMED_AFTER_FATHER = 0.03
_SECOND_MAIL = 0.12
_HAS_CARD = 0.60
_ONE_CARD_FOR_TWO = 0.08
_CARD_LOST = 0.05
_BUYS_FOR_FIRM = 0.03
_COLLEAGUES = 4
_NEVER = 2.0
_SCATTER = 2_654_435_761


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses: number of the city and street in the tables, of the house, and what the postcode ends with."""

    city: np.ndarray
    street: np.ndarray
    house: np.ndarray
    code: np.ndarray


@dataclass(frozen=True, slots=True)
class Households:
    """first: the number of the first one. landline, mail: None where there is none. moved_at: beyond 1 is never."""

    first: int
    country: np.ndarray
    before: Places
    after: Places
    moved_at: np.ndarray
    mail: np.ndarray
    landline: np.ndarray


@dataclass(frozen=True, slots=True)
class Firms:
    """Where some people work."""

    place: Places
    mail_domain: np.ndarray
    phone: np.ndarray


@dataclass(frozen=True, slots=True)
class People:
    """first: the number of the first one. household: position in this part. born: days since 1970.

    renamed_at: until then they are called former_family. firm: -1 for none. card: loyalty id or None.
    """

    first: int
    household: np.ndarray
    country: np.ndarray
    given: np.ndarray
    family: np.ndarray
    former_family: np.ndarray
    renamed_at: np.ndarray
    born: np.ndarray
    mail: np.ndarray
    second_mail: np.ndarray
    mobile: np.ndarray
    card: np.ndarray
    second_card: np.ndarray
    firm: np.ndarray


class Mailboxes:
    """No two people own one address: whoever comes second gets a number in it."""

    def __init__(self) -> None:
        """Nobody has one yet."""
        self._taken: set[int] = set()

    def give(self, wanted: list[str], domains: list[str], numbers: list[int]) -> list[str]:
        """An address for each, near what was wanted."""
        given = []
        for local, domain, number in zip(wanted, domains, numbers, strict=True):
            key = crc32(f"{local}@{domain}".encode())
            given.append(f"{local}{number}@{domain}" if key in self._taken else f"{local}@{domain}")
            self._taken.add(key)
        return given


def households(rng: np.random.Generator, names: Names, count: int, first: int) -> Households:
    """Where so many live."""
    country = np.minimum(np.searchsorted(names.shares, rng.random(count), side="right"), len(COUNTRIES) - 1)
    before, after = _places(rng, names, country), _places(rng, names, country)
    moved_at = np.where(rng.random(count) < MOVERS, rng.uniform(0.2, 0.8, count), _NEVER)
    landline = _where(rng.random(count) < SHARED_LANDLINE, _numbers(rng, names, country, mobile=False))
    family = [f"familie{number}" for number in range(first, first + count)]
    mail = [f"{name}@{domain}" for name, domain in zip(family, _domains(rng, names, country), strict=True)]
    return Households(first, country, before, after, moved_at, _where(rng.random(count) < SHARED_MAIL, mail), landline)


def people(rng: np.random.Generator, names: Names, homes: Households, first: int, boxes: Mailboxes) -> People:
    """Who lives there."""
    adults = 1 + (rng.random(len(homes.country)) < _COUPLES)
    chance = rng.random(len(adults))
    children = np.where(
        adults == 2, np.searchsorted(_CHILDREN_OF_TWO, chance), np.searchsorted(_CHILDREN_OF_ONE, chance)
    )
    household = np.repeat(np.arange(len(adults)), adults + children)
    place = np.arange(len(household)) - np.repeat(np.cumsum(adults + children) - adults - children, adults + children)
    child = place >= adults[household]
    head = np.arange(len(household)) - place
    country = homes.country[household]
    male = _sexes(rng, place, child, head)
    given = _by_kind(names.given.ranges, 2 * country + male, rng.random(len(country)))
    born = _births(rng, child, head, children[household] > 0)
    _alike(rng, given, born, male=male, child=child, head=head)
    family, former, renamed_at = _surnames(rng, names, country, head, wife=(place == 1) & ~child & ~male)
    number = first + np.arange(len(country))
    called = _Called(country, given, family, born, number)
    mails = [_mail(rng, names, called, boxes) for _ in range(2)]
    card, second_card = _cards(rng, number, head, (place == 1) & ~child)
    return People(
        first, household, country, given, family, former, renamed_at, born, mails[0],
        np.where(rng.random(len(country)) < _SECOND_MAIL, mails[1], mails[0]),
        _numbers(rng, names, country, mobile=True), card, second_card, _firms_of(rng, child),
    )  # fmt: skip


def firms(rng: np.random.Generator, names: Names, them: People) -> Firms:
    """The firms these people work for."""
    count = int(them.firm.max(initial=0)) + 1
    country = np.full(count, -1)
    country[them.firm[::-1]] = them.country[::-1]
    country[country < 0] = 0
    domain = objects([f"firma{them.first + number}.example" for number in range(count)])
    return Firms(_places(rng, names, country), domain, _numbers(rng, names, country, mobile=False))


def _places(rng: np.random.Generator, names: Names, country: np.ndarray) -> Places:
    count = len(country)
    city = _by_kind(names.city.ranges, country, rng.random(count))
    street = _by_kind(names.street.ranges, country, rng.random(count))
    house = 1 + (rng.random(count) ** 2 * 180).astype(np.int64)
    # A house with many flats: the neighbours before in the list, if they live in this country.
    here = (rng.random(count) < _ALSO_HERE) & (country == np.roll(country, 1))
    for numbers in (city, street, house):
        numbers[here] = np.roll(numbers, 1)[here]
    # A street lies in one postcode of its city.
    return Places(city, street, house, (city * 7919 + street * 104_729) % 100_000)


def _sexes(rng: np.random.Generator, place: np.ndarray, child: np.ndarray, head: np.ndarray) -> np.ndarray:
    male = rng.random(len(place)) < 0.5
    partner = (place == 1) & ~child
    return np.where(partner & (rng.random(len(place)) < 0.95), ~male[head], male)


def _births(rng: np.random.Generator, child: np.ndarray, head: np.ndarray, is_parent: np.ndarray) -> np.ndarray:
    """Days since 1970; children are old enough for a card of their own."""
    count = len(child)
    lonely, parent = rng.uniform(20, 82, count), rng.uniform(40, 58, count)
    age = np.where(child, rng.uniform(14, 24, count), np.where(is_parent, parent, lonely))
    partner = ~child & (head != np.arange(count))
    age = np.where(partner, 20 + np.abs(age[head] + rng.normal(0, 4, count) - 20), age)
    return (19_700 - age * 365.25).astype(np.int64)


def _alike(
    rng: np.random.Generator, given: np.ndarray, born: np.ndarray, *, male: np.ndarray, child: np.ndarray,
    head: np.ndarray,
) -> None:  # fmt: skip
    """Twins, and sons who are called after their fathers."""
    count = len(child)
    sibling = child & np.roll(child, 1) & (head == np.roll(head, 1))
    twin = np.flatnonzero(sibling & (rng.random(count) < _TWINS))
    born[twin] = born[twin - 1]
    son = np.flatnonzero(child & male & male[head] & (rng.random(count) < _NAMED_AFTER_FATHER))
    given[son] = given[head[son]]


def _surnames(
    rng: np.random.Generator, names: Names, country: np.ndarray, head: np.ndarray, *, wife: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What they are called, were called, and since when."""
    count = len(country)
    own = _by_kind(names.family.ranges, country, rng.random(count))
    keeps = wife & (rng.random(count) < _TWO_SURNAMES)
    family = np.where(keeps, own, own[head])
    changes = wife & ~keeps & (rng.random(count) < _NAME_CHANGES)
    return family, np.where(changes, own, family), np.where(changes, rng.uniform(0.2, 0.8, count), -1.0)


class _Called(NamedTuple):
    """What an address of somebody is made of."""

    country: np.ndarray
    given: np.ndarray
    family: np.ndarray
    born: np.ndarray
    number: np.ndarray


def _mail(rng: np.random.Generator, names: Names, them: _Called, boxes: Mailboxes) -> np.ndarray:
    way = rng.integers(0, 5, len(them.country)).tolist()
    years = (1970 + them.born / 365.25).astype(int).tolist()
    first = (word.lower() for word in names.given.spelled[ASCII][them.given])
    last = (word.lower().replace("'", "") for word in names.family.spelled[ASCII][them.family])
    wanted = [_local(*told) for told in zip(way, first, last, years, strict=True)]
    return objects(boxes.give(wanted, _domains(rng, names, them.country), them.number.tolist()))


def _local(way: int, first: str, last: str, year: int) -> str:
    match way:
        case 0 | 1:
            return f"{first}.{last}"
        case 2:
            return f"{first[0]}{last}{year % 100:02d}"
        case 3:
            return f"{last}.{first}"
        case _:
            return f"{first}{year}"


def _cards(
    rng: np.random.Generator, number: np.ndarray, head: np.ndarray, partner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    count = len(number)
    card = _where(rng.random(count) < _HAS_CARD, _card_ids(number))
    card = np.where(partner & (rng.random(count) < _ONE_CARD_FOR_TWO), card[head], card)
    lost = (rng.random(count) < _CARD_LOST) & np.not_equal(card, NOTHING)
    return card, np.where(lost, objects(_card_ids(number + 500_000_000)), card)


def _card_ids(number: np.ndarray) -> list[str]:
    return [f"L{one * _SCATTER % 1_000_000_007:010d}" for one in number.tolist()]


def _firms_of(rng: np.random.Generator, child: np.ndarray) -> np.ndarray:
    buyers = np.flatnonzero(~child & (rng.random(len(child)) < _BUYS_FOR_FIRM))
    firm = np.full(len(child), -1)
    firm[buyers] = rng.integers(0, max(1, len(buyers) // _COLLEAGUES), len(buyers))
    return firm


def _numbers(rng: np.random.Generator, names: Names, country: np.ndarray, *, mobile: bool) -> np.ndarray:
    """Telephone numbers as `+49 30 1234567`: the writers of records decide how they are written."""
    prefixes = names.mobile if mobile else names.area
    chance, digits = rng.random(len(country)).tolist(), rng.integers(2_000_000, 10_000_000, len(country)).tolist()
    extra = rng.integers(0, 10, len(country)).tolist()
    numbers = []
    for one, share, rest, more in zip(country.tolist(), chance, digits, extra, strict=True):
        area = prefixes[one][int(share * len(prefixes[one]))]
        length = names.digits[one][not mobile] - len(area)
        numbers.append(f"{names.calling[one]} {area} {f'{rest}{more}'[:length]}")
    return objects(numbers)


def _domains(rng: np.random.Generator, names: Names, country: np.ndarray) -> list[str]:
    chance = rng.random(len(country)).tolist()
    return [
        names.mail[one][int(share * len(names.mail[one]))] for one, share in zip(country.tolist(), chance, strict=True)
    ]


def _by_kind(ranges: tuple[Range, ...], kind: np.ndarray, chance: np.ndarray) -> np.ndarray:
    drawn = np.empty(len(kind), dtype=np.int64)
    for number, some in enumerate(ranges):
        mine = kind == number
        drawn[mine] = some.draw(chance[mine])
    return drawn


def _where(there: np.ndarray, values: list[str] | np.ndarray) -> np.ndarray:
    return np.where(there, objects(values), NOTHING)
