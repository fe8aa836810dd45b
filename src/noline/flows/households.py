"""Households: who lives together, derived from what people share and from what somebody decided, each time it is asked.

Nothing is stored, so nothing can be stale: the same evidence gives the same households in whatever order it came. A
household joins no identities: two people who share an e-mail stay two people.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Identifier
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.customers.model import DIFFERENT_HOUSEHOLD as APART
from noline.truth.customers.model import PERSON_PREFIX, SAME_HOUSEHOLD, Decision, Subject
from noline.truth.customers.service import Customers
from noline.truth.profiles.addresses import Addresses, Place
from noline.truth.profiles.clues import words
from noline.truth.profiles.model import Profile
from noline.truth.profiles.service import Profiles

HOUSEHOLD_PREFIX = "h_"

DECIDED, ADDRESS, SHARED = 0, 1, 2
"""How strong a tie is, the strongest first: somebody decided it; one address and surname; a shared name."""

SAME_ADDRESS = "same address and surname"

_SUBJECTS_OF_ONE = 4
_PARTICLES = frozenset("von van der den de del della di da la le du dos al bin ibn ter ten zu zur".split(" "))
_WORDS_OF = {"email": "e-mail", "phone": "phone", "loyalty_id": "loyalty card", "card_token": "payment card"}
_OFFICES = frozenset(
    "info office sales contact kontakt mail shop store support hello reception reservations booking bookings admin hr "
    "accounting accounts billing invoice invoices einkauf purchasing buchhaltung rechnung service team noreply "
    "no-reply".split(" ")
)


@dataclass(frozen=True, slots=True)
class HouseholdRules:
    """What is still a household.

    most_sharing: a name that more people share is an office's, a shop tablet's or a relay's; families with three
    generations under one roof stay below eight. most_at_address: where more people were ever told to live, two of one
    surname are guests of a hotel or neighbours in a tower, not a family. most_members: chains of ties end there, unless
    somebody decided the tie. most_explored: where ties lead to more people than this, they say nothing at all.
    shared: the kinds of names whose sharing says household; a device or cookie says only that a tablet was passed on.
    """

    most_sharing: int = 8
    most_at_address: int = 24
    most_members: int = 12
    most_explored: int = 60
    shared: frozenset[str] = field(default_factory=lambda: frozenset(_WORDS_OF))


class Tie(NamedTuple):
    """Two people who seem to live together; `one` is the smaller id. words: why."""

    strength: int
    one: str
    other: str
    words: str


class Pair(NamedTuple):
    """Two people, the smaller id first."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a household. evidence: in words, what ties them to the others."""

    person: str
    name: str | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives together, the oldest customer first. passed_over: in words, what was shared and says no household."""

    household: str
    members: tuple[Member, ...]
    passed_over: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """What one look around brought: ties, who is decided apart, and what was passed over."""

    ties: set[Tie] = field(default_factory=set)
    apart: set[Pair] = field(default_factory=set)
    passed_over: set[str] = field(default_factory=set)


class _Known(NamedTuple):
    """A person as far as it matters here. is_a_name: known only by names that several people share, so it is nobody."""

    first_at: Micros
    is_a_name: bool
    home: Place | None
    profile: Profile
    surnames: frozenset[str]


class Households:
    """Answers who lives together."""

    def __init__(
        self,
        store: TransactionalStore,
        customers: Customers,
        profiles: Profiles,
        addresses: Addresses,
        rules: HouseholdRules | None = None,
    ) -> None:
        """rules: what is still a household."""
        self._store = store
        self._customers = customers
        self._profiles = profiles
        self._addresses = addresses
        self._rules = rules or HouseholdRules()

    def household(self, person: str) -> Household:
        """The household of a person (an older id leads to the one of today); raises NotFound."""
        with self._store.reading() as reader:
            return self.of(reader, person)

    def of(self, reader: Reader, person: str) -> Household:
        """The same inside the caller's reading."""
        return _Look(reader, self._customers, self._profiles, self._addresses, self._rules).household(person)

    def shared_names(self, reader: Reader, person: str) -> frozenset[Identifier]:
        """The names that this person shares with others: no golden record takes an e-mail or phone from them."""
        return frozenset(name for name, _ in self._customers.shared_with(reader, person))


class _Look:
    """One question: who lives with this person. Every person on the way is read once."""

    def __init__(
        self, reader: Reader, customers: Customers, profiles: Profiles, addresses: Addresses, rules: HouseholdRules
    ) -> None:
        self._reader = reader
        self._customers = customers
        self._profiles = profiles
        self._addresses = addresses
        self._rules = rules
        self._people: dict[str, _Known] = {}

    def household(self, person: str) -> Household:
        person = self._customers.resolve(self._reader, person)
        everyone = [person]
        ties: set[Tie] = set()
        apart: set[Pair] = set()
        passed_over: frozenset[str] = frozenset()
        for one in everyone:
            found = self._around(one)
            ties |= found.ties
            apart |= found.apart
            if one == person:
                passed_over = frozenset(found.passed_over)
            near = {end for tie in found.ties for end in (tie.one, tie.other)}
            everyone += sorted(near - set(everyone))
            if len(everyone) > self._rules.most_explored:
                told = f"its ties lead to more than {self._rules.most_explored} people: that is no household"
                return self._told(frozenset((person,)), set(), passed_over | {told})
        first_at = {one: self._known(one).first_at for one in everyone}
        together = next(found for found in together_in(first_at, ties, apart, self._rules) if person in found)
        return self._told(together, ties, passed_over)

    def _told(self, people: frozenset[str], ties: set[Tie], passed_over: Iterable[str]) -> Household:
        ordered = sorted(people, key=lambda one: (self._known(one).first_at, one))
        inside = [tie for tie in ties if tie.one in people and tie.other in people]
        members = tuple(
            Member(one, self._known(one).profile.name, _evidence(tie for tie in inside if one in (tie.one, tie.other)))
            for one in ordered
        )
        return Household(name_of(ordered[0]), members, tuple(sorted(passed_over)))

    def _known(self, person: str) -> _Known:
        if person not in self._people:
            subjects = self._customers.subjects(self._reader, person)
            standing = self._customers.standing(self._reader, subjects)
            profile = self._profiles.record(self._reader, subjects)
            self._people[person] = _Known(
                min(one.known.first_at for one in standing.values()),
                all(one.shared for one in standing.values()),
                self._addresses.home(self._reader, subjects),
                profile,
                surnames_in(profile),
            )
        return self._people[person]

    def _around(self, person: str) -> _Found:
        found = _Found()
        self._decided(person, found)
        if self._known(person).is_a_name:
            found.passed_over.add("only a name is known that several people share: ask for one of them")
        else:
            self._at_home(person, found)
            self._sharing(person, found)
        found.ties = {
            tie for tie in found.ties if tie.strength == DECIDED or Pair(tie.one, tie.other) not in found.apart
        }
        return found

    def _decided(self, person: str, found: _Found) -> None:
        """What somebody decided of this person and another; of one pair the latest decision holds."""
        subjects = self._customers.subjects(self._reader, person)
        latest: dict[Pair, Decision] = {}
        for decision in self._customers.decisions_about(self._reader, subjects):
            if decision.kind in (SAME_HOUSEHOLD, APART):
                latest |= dict.fromkeys(self._pairs(decision), decision)
        for pair, decision in latest.items():
            if person not in pair:
                continue
            if decision.kind == APART:
                found.apart.add(pair)
                found.passed_over.add(f"decided apart from {_other(pair, person)} by {self._by(decision)}")
            else:
                found.ties.add(Tie(DECIDED, *pair, f"decided by {self._by(decision)}"))

    def _pairs(self, decision: Decision) -> Iterator[Pair]:
        for one in self._people_of(decision.one):
            for other in self._people_of(decision.other):
                if one != other:
                    yield pair_of(one, other)

    def _people_of(self, subjects: Iterable[Subject]) -> set[str]:
        return {one.person for one in self._customers.standing(self._reader, subjects).values()}

    def _by(self, decision: Decision) -> str:
        return self._customers.decision(self._reader, decision.id).by

    def _at_home(self, person: str, found: _Found) -> None:
        """Who lives at this person's address now and has the surname."""
        own = self._known(person)
        if own.home is None:
            return
        most = self._rules.most_at_address
        told = self._addresses.at(self._reader, own.home, most * _SUBJECTS_OF_ONE)
        people = set() if told is None else self._people_of(told)
        if told is None or len(people) > most:
            found.passed_over.add(f"the address is told of more than {most} people")
            return
        for other in people - {person}:
            one = self._known(other)
            if one.home == own.home and one.surnames & own.surnames and not one.is_a_name:
                found.ties.add(Tie(ADDRESS, *pair_of(person, other), SAME_ADDRESS))

    def _sharing(self, person: str, found: _Found) -> None:
        """With whom this person shares a name of a kind that households share."""
        for name, others in self._customers.shared_with(self._reader, person):
            if name.namespace not in self._rules.shared:
                continue
            told = f"{_WORDS_OF.get(name.namespace, name.namespace)} {name.value}"
            if name.namespace == "email" and is_of_an_office(name.value):
                found.passed_over.add(f"the {told} is an office's")
                continue
            near = self._persons(others)
            if len(near) >= self._rules.most_sharing:
                found.passed_over.add(f"the {told} is shared by {len(near) + 1} people")
            else:
                found.ties |= {Tie(SHARED, *pair_of(person, other), f"shared {told}") for other in near}

    def _persons(self, people: list[str]) -> list[str]:
        """Those who are more than a shared name; where they are far too many all of them."""
        if len(people) > self._rules.most_sharing * _SUBJECTS_OF_ONE:
            return people
        return [one for one in people if not self._known(one).is_a_name]


def together_in(
    people: Mapping[str, Micros], ties: Iterable[Tie], apart: Iterable[Pair], rules: HouseholdRules
) -> list[frozenset[str]]:
    """The households of these people, each with when they were first seen.

    Ties are taken by strength, then by the age of the older and of the younger end. One is passed over that would bring
    two together who are decided apart or, unless it is decided itself, make the household too large.
    """
    kept_apart = set(apart)
    homes: dict[str, frozenset[str]] = {person: frozenset((person,)) for person in people}

    def age(tie: Tie) -> tuple[int, Micros, Micros, Tie]:
        older, younger = sorted((people[tie.one], people[tie.other]))
        return (tie.strength, older, younger, tie)

    for tie in sorted(ties, key=age):
        one, other = homes[tie.one], homes[tie.other]
        if one is other or any(pair_of(here, there) in kept_apart for here in one for there in other):
            continue
        if tie.strength == DECIDED or len(one) + len(other) <= rules.most_members:
            joined = one | other
            homes |= dict.fromkeys(joined, joined)
    return sorted(set(homes.values()), key=sorted)


def pair_of(one: str, other: str) -> Pair:
    """Two people as a pair."""
    return Pair(min(one, other), max(one, other))


def name_of(oldest: str) -> str:
    """The id of a household: after its oldest member."""
    return HOUSEHOLD_PREFIX + oldest.removeprefix(PERSON_PREFIX)


def surnames_in(profile: Profile) -> frozenset[str]:
    """The words of a surname, folded, without particles: `von Müller-Lüdenscheidt` has two."""
    attributes = profile.attributes
    if "lastName" in attributes:
        text = attributes["lastName"].value
    elif "name" in attributes:
        whole = attributes["name"].value
        before, comma, _ = whole.partition(",")
        parts = whole.split()
        text = before if comma else parts[-1] if len(parts) > 1 else ""
    else:
        text = ""
    return frozenset(word for word in words(text) if len(word) > 1 and word not in _PARTICLES)


def is_of_an_office(address: str) -> bool:
    """Whether an e-mail address is a desk's, not somebody's: info@, reservations@."""
    return address.partition("@")[0] in _OFFICES


def _other(pair: Pair, person: str) -> str:
    return pair.other if pair.one == person else pair.one


def _evidence(ties: Iterable[Tie]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for _, words in sorted((tie.strength, tie.words) for tie in ties)))
