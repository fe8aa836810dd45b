"""The door of the customers room: it folds events into evidence and people, and answers who somebody is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.events import Digest, Fact, Identifier
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.customers import tables
from noline.truth.customers.identifiers import NAMESPACES, normalised
from noline.truth.customers.model import AUTHENTICATED, CLAIMED, VERIFIED, Evidence, Known, Link, Subject, is_shared, people

_CACHE_LIMIT = 1_000_000
_CLAIMABLE = frozenset(("email", "phone", "loyalty_id"))
_NAME_TRAITS = ("name", "firstName", "lastName", "first_name", "last_name")


@dataclass(frozen=True, slots=True)
class Customer:
    """One person: the id, the names by which the person is known, and what was told."""

    person: str
    name: str | None
    identifiers: tuple[tuple[Identifier, Micros], ...]
    traits: Mapping[str, str]


@dataclass(slots=True)
class _News:
    """What a group of facts adds to the evidence."""

    identifiers: dict[Subject, tuple[str, str, Micros]] = field(default_factory=dict)
    links: dict[tuple[Subject, Subject, int], Micros] = field(default_factory=dict)
    traits: list[tuple[Subject, str, str, Micros, str, str]] = field(default_factory=list)
    version: int = 0

    def touched(self) -> set[Subject]:
        return set(self.identifiers) | {end for one, other, _ in self.links for end in (one, other)}


class Customers:
    """Who is known by which names."""

    name = "customers"
    tables = {
        "identifiers": ("route_key", "subject", "namespace", "value", "first_at", "person"),
        "links": ("route_key", "subject", "other_route", "other", "trust", "first_at"),
        "traits": ("route_key", "subject", "name", "value", "told_at", "message_id", "source"),
    }

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash, which names identifiers in the log."""
        self._digest = digest
        self._first_at: dict[Subject, Micros] = {}
        self._linked_at: dict[tuple[Subject, Subject, int], Micros] = {}
        self._shared: set[Subject] = set()

    def forget(self) -> None:
        """Drop what is remembered of the tables."""
        self._first_at.clear()
        self._linked_at.clear()
        self._shared.clear()

    def subject(self, identifier: Identifier) -> Subject:
        """The name of an identifier in the log."""
        return self._digest(f"{identifier.namespace}:{identifier.value}")

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Add what these facts show of people; most show nothing new and cost no question."""
        news = _News()
        for fact in facts:
            if fact.identifiers:
                self._notice(tx, fact, news)
        if news.identifiers:
            tables.add_identifiers(tx, [(subject, *rest) for subject, rest in news.identifiers.items()])
        if news.links:
            tables.add_links(tx, [Link(*key, first_at) for key, first_at in news.links.items()])
        if news.traits:
            tables.add_traits(tx, news.traits)
        touched = news.touched()
        if touched:
            self._recompute(tx, touched, news.version)

    def _notice(self, tx: Transaction, fact: Fact, news: _News) -> None:
        subjects = [self._digest(f"{namespace}:{value}") for namespace, value in fact.identifiers]
        at = fact.occurred_at
        for identifier, subject in zip(fact.identifiers, subjects, strict=True):
            if self._is_news(self._first_at, subject, at, lambda one=subject: tables.first_seen(tx, one)):
                news.identifiers[subject] = (identifier.namespace, identifier.value, at)
                news.version = fact.seq
        strongest = subjects[0]
        for identifier, subject in zip(fact.identifiers[1:], subjects[1:], strict=True):
            trust = _trust(fact, identifier)
            key = (min(strongest, subject), max(strongest, subject), trust)
            if self._is_news(self._linked_at, key, at, lambda one=key: tables.link_first_seen(tx, Link(*one, 0))):
                news.links[key] = at
                news.version = fact.seq
        if fact.traits and fact.kind == "identify":
            news.traits.extend(
                (strongest, name, str(value), at, fact.message_id, fact.source)
                for name, value in fact.traits.items()
                if isinstance(value, (str, int, float)) and not isinstance(value, bool) and len(name) <= 64
            )

    @staticmethod
    def _is_news(cache: dict, key: object, at: Micros, look_up) -> bool:  # noqa: ANN001
        known = cache.get(key)
        if known is None:
            known = look_up()
        if known is not None and known <= at:
            cache[key] = known
            return False
        if len(cache) >= _CACHE_LIMIT:
            cache.clear()
        cache[key] = at
        return True

    def _recompute(self, tx: Transaction, touched: set[Subject], version: int) -> None:
        """Derive the people around these identifiers anew and write those that changed."""
        evidence, shared, before = self._neighbourhood(tx, touched)
        after = people(evidence, shared)
        changed = {subject: person for subject, person in after.items() if before.get(subject) != person}
        tables.assign(tx, changed, version)

    def _neighbourhood(
        self, reader: Reader, touched: set[Subject]
    ) -> tuple[Evidence, frozenset[Subject], dict[Subject, str]]:
        """All evidence that can reach these identifiers through links that glue, or did before one became shared."""
        links: set[Link] = set()
        shared: set[Subject] = set()
        frontier, seen = set(touched), set()
        while frontier:
            seen |= frontier
            shared |= frontier & self._shared
            following: set[Subject] = set()
            for subject, around in self._around(reader, frontier - self._shared).items():
                if self._became_shared(reader, subject, around):
                    shared.add(subject)
                if subject not in shared or subject in touched:
                    links |= {link for link, _ in around.values()}
                    following |= around.keys()
            frontier = following - seen
        everyone = tables.identifiers(reader, sorted(seen))
        complete = frozenset(link for link in links if link.one in seen and link.other in seen)
        return (
            Evidence({subject: known for subject, (known, _) in everyone.items() if subject in seen}, complete),
            frozenset(shared),
            {subject: person for subject, (_, person) in everyone.items()},
        )

    @staticmethod
    def _around(reader: Reader, subjects: set[Subject]) -> dict[Subject, dict[Subject, tuple[Link, Known]]]:
        """The neighbours of identifiers by links that are more than a claim."""
        around: dict[Subject, dict[Subject, tuple[Link, Known]]] = {subject: {} for subject in subjects}
        for near, link, far, known in tables.links_of(reader, sorted(subjects)):
            if link.trust > CLAIMED and (far not in around[near] or link.trust > around[near][far][0].trust):
                around[near][far] = (link, known)
        return around

    def _became_shared(self, reader: Reader, subject: Subject, around: dict[Subject, tuple[Link, Known]]) -> bool:
        """Whether an identifier is shared; once it is, it stays so, and its many neighbours need not be read again."""
        if len(around) < 2:
            return False
        (own, _) = tables.identifiers(reader, [subject])[subject]
        if is_shared(own.namespace, (known.namespace for _, known in around.values())):
            self._shared.add(subject)
            return True
        return False

    def find(self, reader: Reader, text: str, limit: int = 20) -> list[str]:
        """People known by an e-mail, phone, loyalty id, user id or (part of a) name, best first."""
        found: list[str] = []
        for name in NAMESPACES:
            value = normalised(name, text)
            person = tables.person_of(reader, self._digest(f"{name}:{value}")) if value else None
            if person and person not in found:
                found.append(person)
        if tables.exists(reader, text):
            found.append(text)
        pattern = "%" + text.strip().lower().replace("%", "").replace("_", "") + "%"
        if not found and len(pattern) > 3:
            for trait in _NAME_TRAITS:
                found.extend(one for one in tables.people_told(reader, trait, pattern, limit) if one not in found)
        return found[:limit]

    def get(self, reader: Reader, person: str) -> Customer:
        """One person; raises NotFound."""
        rows = tables.of_person(reader, person)
        if not rows:
            raise NotFound(what="customer", name=person)
        told: dict[str, tuple[Micros, str]] = {}
        for _, name, value, at, _ in tables.traits_of(reader, [row[0] for row in rows]):
            told[name] = max(told.get(name, (at, value)), (at, value))
        traits = {name: value for name, (_, value) in sorted(told.items())}
        named = tuple((Identifier(namespace, value), at) for _, namespace, value, at in rows)
        return Customer(person, _full_name(traits), named, traits)

    def subjects(self, reader: Reader, person: str) -> list[Subject]:
        """How a person is named in the log; raises NotFound."""
        rows = tables.of_person(reader, person)
        if not rows:
            raise NotFound(what="customer", name=person)
        return [row[0] for row in rows]

    def person_of(self, reader: Reader, subject: Subject) -> str | None:
        """Whose identifier a subject of the log is."""
        return tables.person_of(reader, subject)

    def changed_since(self, reader: Reader, version: int) -> list[Row]:
        """For the analytical store: (version, subject as routing key, person) of what changed."""
        return tables.changed_since(reader, version)

    def count(self, reader: Reader) -> int:
        """How many people are known."""
        return tables.count_people(reader)


def _trust(fact: Fact, identifier: Identifier) -> int:
    """How far a link may be believed: what a browser says of an e-mail is a claim."""
    if identifier.namespace in _CLAIMABLE:
        return VERIFIED if fact.trusted else CLAIMED
    return AUTHENTICATED if fact.trusted else VERIFIED


def _full_name(traits: Mapping[str, str]) -> str | None:
    if traits.get("name"):
        return traits["name"]
    parts: Iterable[str | None] = (
        traits.get("firstName") or traits.get("first_name"),
        traits.get("lastName") or traits.get("last_name"),
    )
    return " ".join(part for part in parts if part) or None
