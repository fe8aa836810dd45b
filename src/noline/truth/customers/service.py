"""The door of the customers room: it folds events into evidence and people, and answers who somebody is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.events import Digest, Fact, Identifier
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.customers import tables
from noline.truth.customers.identifiers import CLAIMABLE, NAMESPACES, STRONGEST, normalised
from noline.truth.customers.model import (
    AUTHENTICATED,
    CLAIMED,
    VERIFIED,
    Evidence,
    Known,
    Link,
    LinkKey,
    Subject,
    alone,
    hangs_on,
    is_shared,
    people,
)

_CACHE_LIMIT = 1_000_000
_SETTLED_LIMIT = 200_000
_NEVER: Micros = 2**63 - 1
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
    """What a group of facts adds to the evidence.

    identifiers, links: with the time at which they are now known to have been seen first. new: identifiers that nobody
    had seen. version: the last position that was looked at.
    """

    version: int
    identifiers: dict[Subject, tuple[str, str, Micros]] = field(default_factory=dict)
    links: dict[LinkKey, Micros] = field(default_factory=dict)
    kinds: dict[Subject, str] = field(default_factory=dict)
    new: set[Subject] = field(default_factory=set)

    def gluing(self) -> list[tuple[Subject, Subject]]:
        """The ends of the links that are more than a claim."""
        return [(one, other) for one, other, trust in self.links if trust > CLAIMED]


class Customers:
    """Who is known by which names."""

    name = "customers"
    kinds: frozenset[str] | None = None
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash, which names identifiers in the log."""
        self._digest = digest
        self._first_at: dict[Subject, Micros] = {}
        self._linked_at: dict[LinkKey, Micros] = {}
        self._settled: dict[bool, dict[tuple[Identifier, ...], Micros]] = {False: {}, True: {}}
        self._shared: set[Subject] = set()

    def forget(self) -> None:
        """Drop what is remembered of the tables."""
        self._first_at.clear()
        self._linked_at.clear()
        self._settled = {False: {}, True: {}}
        self._shared.clear()

    def subject(self, identifier: Identifier) -> Subject:
        """The name of an identifier in the log."""
        return self._digest(f"{identifier.namespace}:{identifier.value}")

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Add what these facts show of people; most show nothing new and cost no question."""
        unsettled = self._unsettled(facts)
        if unsettled:
            self._learn(tx, unsettled, facts[-1].seq)
        traits = [row for fact in facts if fact.kind == "identify" for row in self._told(fact)]
        if traits:
            tables.add_traits(tx, traits)

    def _unsettled(self, facts: list[Fact]) -> list[Fact]:
        """Of facts that carry the same names the earliest one, unless nothing about these names can be new."""
        settled = self._settled
        earliest: dict[tuple[tuple[Identifier, ...], bool], Fact] = {}
        for fact in facts:
            names = fact.identifiers
            if not names or settled[fact.trusted].get(names, _NEVER) <= fact.occurred_at:
                continue
            rival = earliest.get((names, fact.trusted))
            if rival is None or fact.occurred_at < rival.occurred_at:
                earliest[names, fact.trusted] = fact
        return list(earliest.values())

    def _learn(self, tx: Transaction, facts: list[Fact], version: int) -> None:
        """Write what is new in these facts, then derive the people it concerns."""
        if len(self._first_at) + len(self._linked_at) > _CACHE_LIMIT:
            self.forget()
        told = [_Told(fact, [self.subject(one) for one in fact.identifiers]) for fact in facts]
        news = _News(version)
        self._recall(tx, told, news)
        for one in told:
            self._notice(one, news)
        if not (news.identifiers or news.links):
            return
        if news.links:
            tables.add_links(tx, [Link(*key, first_at) for key, first_at in news.links.items()])
        certain, touched = self._foreseen(tx, news)
        tables.add_identifiers(
            tx,
            [(subject, *rest, certain.get(subject, ""), news.version) for subject, rest in news.identifiers.items()],
        )
        known = {subject: person for subject, person in certain.items() if subject not in news.new}
        if known:
            self._assign(tx, known, tables.identifiers(tx, sorted(known)), news.version)
        if touched:
            self._recompute(tx, touched, news.version)

    def _recall(self, tx: Transaction, told: list["_Told"], news: _News) -> None:
        """Ask for whatever is not remembered of these names and links, many in one question."""
        # Not `- self._first_at.keys()`: that walks the whole memory at every commit.
        names = {subject for one in told for subject in one.subjects if subject not in self._first_at}
        if names:
            found = tables.first_seen(tx, sorted(names))
            self._first_at |= found
            news.new |= names - found.keys()
        links = {key for one in told for key in one.links if key not in self._linked_at}
        if links:
            # A link of a name that nobody had seen cannot be there.
            perhaps = [key for key in links if key[0] not in news.new and key[1] not in news.new]
            if perhaps:
                self._linked_at |= tables.links_first_seen(tx, sorted(perhaps))

    def _notice(self, told: "_Told", news: _News) -> None:
        fact = told.fact
        at = fact.occurred_at
        for identifier, subject in zip(fact.identifiers, told.subjects, strict=True):
            news.kinds[subject] = identifier.namespace
            if at < self._first_at.get(subject, _NEVER):
                self._first_at[subject] = at
                news.identifiers[subject] = (identifier.namespace, identifier.value, at)
        for key in told.links:
            if at < self._linked_at.get(key, _NEVER):
                self._linked_at[key] = at
                news.links[key] = at
        settled = self._settled[fact.trusted]
        if len(settled) >= _SETTLED_LIMIT:
            settled.clear()
        settled[fact.identifiers] = min(at, settled.get(fact.identifiers, at))

    def _told(self, fact: Fact) -> list[tuple[Subject, str, str, Micros, str, str]]:
        """What a fact tells of a person beside names: of whom it is filed under, never of an address it only claims."""
        if not fact.traits or all(self.subject(one) != fact.subject for one in fact.identifiers):
            return []
        return [
            (fact.subject, name, str(value), fact.occurred_at, fact.message_id, fact.source)
            for name, value in fact.traits.items()
            if isinstance(value, (str, int, float)) and not isinstance(value, bool) and len(name) <= 64
        ]

    def _foreseen(self, reader: Reader, news: _News) -> tuple[dict[Subject, str], set[Subject]]:
        """Of the names in the news: whose some of them must be, and those whose people are to be derived anew.

        A name that hangs on a user id and on nothing else is that user's, and a person is called after the user id. So
        a visitor's next cookie costs the same however many there were.
        """
        gluing = news.gluing()
        linked = {end for link in gluing for end in link}
        hanging = self._hanging(reader, news, gluing)
        touched = {end for link in gluing if not hanging.keys() & link for end in link}
        certain: dict[Subject, str] = {}
        for subject in news.identifiers.keys() | linked:
            if subject in touched:
                continue
            if subject in hanging:
                certain[subject] = alone(hanging[subject])
            elif subject in news.new:
                certain[subject] = alone(subject)
            elif news.kinds[subject] != STRONGEST:
                touched.add(subject)
        return certain, touched

    def _hanging(self, reader: Reader, news: _News, gluing: list[tuple[Subject, Subject]]) -> dict[Subject, Subject]:
        """Names that hang on one user id and on nothing else, each with that user id."""
        around: dict[Subject, set[Subject]] = {subject: set() for subject in news.identifiers}
        for one, other in gluing:
            around.setdefault(one, set()).add(other)
            around.setdefault(other, set()).add(one)
        weak = [
            subject for subject in around if subject not in self._shared and hangs_on(news.kinds[subject], STRONGEST)
        ]
        for subject, others in tables.neighbours(reader, sorted(set(weak) - news.new)).items():
            around[subject] |= others
        only = {subject: next(iter(around[subject])) for subject in weak if len(around[subject]) == 1}
        kinds = news.kinds
        if unknown := {other for other in only.values() if other not in kinds}:
            found = tables.identifiers(reader, sorted(unknown))
            kinds = kinds | {other: found[other][0].namespace for other in unknown}
        return {subject: other for subject, other in only.items() if kinds[other] == STRONGEST}

    def _recompute(self, tx: Transaction, touched: set[Subject], version: int) -> None:
        """Derive the people around these identifiers anew and write those that changed."""
        evidence, shared, before = self._neighbourhood(tx, touched)
        self._assign(tx, people(evidence, shared), before, version)

    @staticmethod
    def _assign(
        tx: Transaction, after: dict[Subject, str], before: Mapping[Subject, tuple[Known, str]], version: int
    ) -> None:
        changed = {subject: person for subject, person in after.items() if before[subject][1] != person}
        if changed:
            tables.assign(tx, changed, version)

    def _neighbourhood(
        self, reader: Reader, touched: set[Subject]
    ) -> tuple[Evidence, frozenset[Subject], dict[Subject, tuple[Known, str]]]:
        """All evidence that can reach these identifiers through links that glue, or did before one became shared."""
        links: set[Link] = set()
        shared: set[Subject] = set()
        everyone: dict[Subject, tuple[Known, str]] = {}
        frontier = set(touched)
        while frontier:
            here = tables.identifiers(reader, sorted(frontier))
            everyone |= {subject: here[subject] for subject in frontier}
            shared |= frontier & self._shared
            following: set[Subject] = set()
            for subject, around in self._around(reader, frontier - self._shared).items():
                if self._became_shared(here[subject][0], subject, around):
                    shared.add(subject)
                if subject not in shared or subject in touched:
                    links.update(link for link, _ in around.values())
                    following |= around.keys()
            frontier = following - everyone.keys()
        complete = frozenset(link for link in links if link.one in everyone and link.other in everyone)
        evidence = Evidence({subject: known for subject, (known, _) in everyone.items()}, complete)
        return evidence, frozenset(shared), everyone

    @staticmethod
    def _around(reader: Reader, subjects: set[Subject]) -> dict[Subject, dict[Subject, tuple[Link, Known]]]:
        """The neighbours of identifiers by links that are more than a claim."""
        around: dict[Subject, dict[Subject, tuple[Link, Known]]] = {subject: {} for subject in subjects}
        for near, link, far, known in tables.links_of(reader, sorted(subjects)):
            if link.trust > CLAIMED and (far not in around[near] or link.trust > around[near][far][0].trust):
                around[near][far] = (link, known)
        return around

    def _became_shared(self, own: Known, subject: Subject, around: dict[Subject, tuple[Link, Known]]) -> bool:
        """Whether an identifier is shared; once it is, it stays so, and its many neighbours need not be read again."""
        if len(around) > 1 and is_shared(own.namespace, (known.namespace for _, known in around.values())):
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


class _Told:
    """A fact with the names of the log for its identifiers, and the links they make with the strongest of them."""

    __slots__ = ("fact", "links", "subjects")

    def __init__(self, fact: Fact, subjects: list[Subject]) -> None:
        self.fact = fact
        self.subjects = subjects
        first, strongest = fact.identifiers[0], subjects[0]
        self.links: list[LinkKey] = [
            (min(strongest, subject), max(strongest, subject), _trust(fact, first, identifier))
            for identifier, subject in zip(fact.identifiers[1:], subjects[1:], strict=True)
        ]


def _trust(fact: Fact, *ends: Identifier) -> int:
    """How far a link may be believed: what a browser says of an e-mail is a claim, whichever end it is."""
    claimable = any(end.namespace in CLAIMABLE for end in ends)
    if fact.trusted:
        return VERIFIED if claimable else AUTHENTICATED
    return CLAIMED if claimable else VERIFIED


def _full_name(traits: Mapping[str, str]) -> str | None:
    if traits.get("name"):
        return traits["name"]
    parts: Iterable[str | None] = (
        traits.get("firstName") or traits.get("first_name"),
        traits.get("lastName") or traits.get("last_name"),
    )
    return " ".join(part for part in parts if part) or None
