"""The door of the customers room: it folds events into evidence and people, and answers who somebody is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.events import Digest, Fact, Identifier
from noline.stores.portions import Chosen
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.customers import decisions, tables
from noline.truth.customers.derivation import Derivation
from noline.truth.customers.identifiers import CLAIMABLE, STRONGEST
from noline.truth.customers.model import (
    AUTHENTICATED,
    CLAIMED,
    VERIFIED,
    Decision,
    Derived,
    Link,
    LinkKey,
    ModelLink,
    RefusedLink,
    Subject,
    alone,
    hangs_on,
    route_in,
)
from noline.truth.customers.rules import BUSINESSES, DEFAULT, Rules
from noline.truth.customers.tables import Standing

_CACHE_LIMIT = 1_000_000
_SETTLED_LIMIT = 200_000
_NEVER: Micros = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Customer:
    """One person: the id, and the names by which the person is known, each with when it was first seen.

    names: how many names there are, of which `identifiers` may be the oldest.
    """

    person: str
    identifiers: tuple[tuple[Identifier, Micros], ...]
    names: int


class Whom(NamedTuple):
    """A person as the log names them. head: the subject of the strongest name, after which the person is called."""

    person: str
    subjects: tuple[Subject, ...]
    head: Subject


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of a person, with both of its sides as the log names them. undone_at: None while it stands."""

    id: str
    kind: str
    at: Micros
    by: str
    reason: str
    undone_at: Micros | None
    undone_by: str | None
    one: tuple[Subject, ...] = ()
    other: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What a model found in one run. links: pairs of identifiers. undone_at: None while it stands."""

    id: str
    at: Micros
    links: int
    undone_at: Micros | None
    undone_by: str | None


class Named(NamedTuple):
    """An identifier as the log names it and as people do, since when, whose it is, and whether it is shared."""

    subject: Subject
    identifier: Identifier
    first_at: Micros
    person: str
    shared: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """sizes: how many people have so many identifiers. refused, shared: how many, by reason and by kind.

    seen_with_accounts: for each kind of name how many are seen with a user id, and how many of those with one only.
    """

    sizes: dict[int, int]
    largest: list[tuple[str, int]]
    refused: dict[str, int]
    shared: dict[str, int]
    decisions: int
    seen_with_accounts: dict[str, tuple[int, int]]


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

    def __init__(self, digest: Digest, rules: Rules = DEFAULT) -> None:
        """digest: the hub's keyed hash, which names identifiers in the log. rules: of a store that has none yet."""
        self._digest = digest
        self._first_at: dict[Subject, Micros] = {}
        self._linked_at: dict[LinkKey, Micros] = {}
        self._settled: dict[bool, dict[tuple[Identifier, ...], Micros]] = {False: {}, True: {}}
        self.derivation = self._under(rules)
        self._rules_read = False

    def in_force(self, reader: Reader) -> Rules | None:
        """The rules that were applied in this store; None when none ever were."""
        text = tables.rules(reader)
        return None if text is None else Rules.from_text(text)

    def put_in_force(self, tx: Transaction, rules: Rules, at: Micros) -> None:
        """Derive under these rules from now on; what is written stays until `derive_all`."""
        tables.set_rules(tx, rules.as_text(), at)
        self.derivation = self._under(rules)
        self._rules_read = True

    def follow(self, reader: Reader) -> bool:
        """Derive under the rules in force, whatever the settings wish; False as long as there are none."""
        rules = self.in_force(reader)
        if rules is not None and rules != self.derivation.rules:
            self.derivation = self._under(rules)
        return rules is not None

    def _read_rules(self, tx: Transaction, now: Micros) -> None:
        """Follow the rules in force, which another process may have changed; the first facts put ours in force."""
        if not self.follow(tx):
            tables.set_rules(tx, self.derivation.rules.as_text(), now)
        self._rules_read = True

    def _under(self, rules: Rules) -> Derivation:
        return Derivation(rules, frozenset(self.subject(one) for one in rules.blocked))

    def forget(self) -> None:
        """Drop what is remembered of the tables."""
        self._first_at.clear()
        self._linked_at.clear()
        self._settled = {False: {}, True: {}}
        self.derivation.forget()
        self._rules_read = False

    def subject(self, identifier: Identifier) -> Subject:
        """The name of an identifier in the log."""
        return self._digest(f"{identifier.namespace}:{identifier.value}")

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Add what these facts show of people; most show nothing new and cost no question."""
        if facts and not self._rules_read:
            self._read_rules(tx, facts[0].received_at)
        unsettled = self._unsettled(facts)
        if unsettled:
            self._learn(tx, unsettled, facts[-1].seq)
        deeds = [fact for fact in facts if fact.kind in decisions.KINDS]
        if deeds:
            self._obey(tx, deeds)

    def retell(self, tx: Transaction, facts: list[Fact], version: int) -> None:
        """Learn again from facts that were folded before, after some evidence was taken away."""
        told = [fact for fact in facts if fact.identifiers]
        if told:
            self._learn(tx, told, version)

    def _obey(self, tx: Transaction, facts: list[Fact]) -> None:
        """Keep what was decided, and derive the people it concerns anew."""
        decided = [decisions.decided_in(fact) for fact in facts if fact.kind == decisions.DECIDED]
        tables.add_decisions(tx, [(one.id, one.kind, one.at, one.by, one.reason) for one in decided], self._digest)
        ends = [
            (end, one.id, side) for one in decided for side, names in enumerate((one.one, one.other)) for end in names
        ]
        tables.add_ends(tx, ends)
        links = [link for fact in facts if fact.kind == decisions.MATCHED for link in decisions.model_links_in(fact)]
        tables.add_model_links(tx, links)
        undone = [
            (str(fact.properties.get("decision")), fact.occurred_at, str(fact.properties.get("by", "")))
            for fact in facts
            if fact.kind in (decisions.UNDONE, decisions.MATCH_UNDONE)
        ]
        tables.add_undone(tx, undone, self._digest)
        self.derivation.has_decided()
        touched = {end for end, _, _ in ends} | {end for link in links for end in (link.one, link.other)}
        touched |= {subject for _, subject, _ in tables.ends_of(tx, [name for name, _, _ in undone])}
        for name, _, _ in undone:
            touched |= tables.ends_of_batch(tx, name)
        self.derivation.again(tx, touched, facts[-1].seq)

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
        told = [one for fact in facts if (one := _Told(fact, self.subject)).subjects]
        news = _News(version)
        self._recall(tx, told, news)
        for one in told:
            self._notice(one, news)
        if not (news.identifiers or news.links):
            return
        if news.links:
            tables.add_links(tx, [Link(*key, first_at) for key, first_at in news.links.items()])
        foreseen, touched = self._foreseen(tx, news)
        blocked = self.derivation.blocked
        tables.add_identifiers(
            tx,
            [
                (subject, *rest, foreseen.get(subject, ""), news.version, int(subject in blocked))
                for subject, rest in news.identifiers.items()
            ],
        )
        known = {subject: person for subject, person in foreseen.items() if subject not in news.new}
        if known:
            standing = tables.identifiers(tx, sorted(known))
            changed = {subject: person for subject, person in known.items() if standing[subject].person != person}
            if changed:
                tables.assign(tx, changed, news.version)
        if touched:
            self.derivation.again(tx, touched, news.version)

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
        for identifier, subject in zip(told.identifiers, told.subjects, strict=True):
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

    def _foreseen(self, reader: Reader, news: _News) -> tuple[dict[Subject, str], set[Subject]]:
        """Of the names in the news: whose some of them must be, and those whose people are to be derived anew.

        A name that hangs on a stronger one and on nothing else is of whom that one is. So a visitor's next cookie costs
        the same however many there were.
        """
        gluing = news.gluing()
        linked = {end for link in gluing for end in link}
        decided = self.derivation.decided(reader, news.identifiers.keys() | linked)
        hanging = self._hanging(reader, news, gluing, decided)
        touched = {end for link in gluing if not hanging.keys() & link for end in link} | decided
        stands_on = {hanging[subject] for subject in hanging}
        standing = tables.identifiers(reader, sorted(stands_on - news.new)) if stands_on else {}
        rules = self.derivation.rules
        certain: dict[Subject, str] = {}
        for subject in news.identifiers.keys() | linked:
            if subject in touched:
                continue
            if subject in hanging:
                other = hanging[subject]
                if other in touched or (other in standing and standing[other].shared):
                    touched.add(subject)  # nothing is derived through a shared name
                else:
                    certain[subject] = standing[other].person if other in standing else alone(other)
            elif subject in news.new:
                certain[subject] = alone(subject)
            elif rules.of(news.kinds[subject]).rank > 0 or rules.of(news.kinds[subject]).limit != 1:
                touched.add(subject)
        return certain, touched

    def _hanging(
        self, reader: Reader, news: _News, gluing: list[tuple[Subject, Subject]], decided: set[Subject]
    ) -> dict[Subject, Subject]:
        """Names that hang on one stronger name and on nothing else, each with that name."""
        around: dict[Subject, set[Subject]] = {subject: set() for subject in news.identifiers}
        for one, other in gluing:
            around.setdefault(one, set()).add(other)
            around.setdefault(other, set()).add(one)
        rules = self.derivation.rules
        apart = decided | self.derivation.blocked
        weak = [subject for subject in around if subject not in apart and rules.of(news.kinds[subject]).limit is None]
        for subject, others in tables.neighbours(reader, sorted(set(weak) - news.new)).items():
            around[subject] |= others
        only = {subject: next(iter(around[subject])) for subject in weak if len(around[subject]) == 1}
        kinds = news.kinds
        if unknown := {other for other in only.values() if other not in kinds}:
            found = tables.identifiers(reader, sorted(unknown))
            kinds = kinds | {other: found[other].known.namespace for other in unknown}
        return {
            subject: other
            for subject, other in only.items()
            if other not in self.derivation.blocked and hangs_on(kinds[subject], kinds[other], rules)
        }

    def resolve(self, reader: Reader, person: str) -> str:
        """Who has this id today: an id that a person once had leads there for ever. Raises NotFound."""
        if tables.exists(reader, person):
            return person
        route_key = route_in(person)
        found = None if route_key is None else tables.subject_of_route(reader, route_key)
        if found is None:
            raise NotFound(what="customer", name=person)
        return found[1]

    def get(self, reader: Reader, person: str) -> Customer:
        """One person with all names; raises NotFound."""
        return self.page(reader, person, None)

    def page(self, reader: Reader, person: str, most: int | None) -> Customer:
        """One person with at most so many names, the oldest; with all when `most` is None. Raises NotFound."""
        today, rows = self._names(reader, person, most)
        known = tuple((Identifier(kind, value), at) for _, kind, value, at in rows)
        names = tables.count_of_person(reader, today) if len(rows) == most else len(rows)
        return Customer(today, known, names)

    @staticmethod
    def chosen(person: str) -> Chosen:
        """The names of who has this id today, to ask another room about without reading them."""
        return tables.chosen_of_person(person)

    def subjects(self, reader: Reader, person: str) -> list[Subject]:
        """How a person is named in the log; raises NotFound."""
        return [row[0] for row in self._names(reader, person)[1]]

    def whom(self, reader: Reader, person: str) -> Whom:
        """How the log names a person; an old id leads to who it is today. Raises NotFound."""
        today, rows = self._names(reader, person)
        subjects = tuple(row[0] for row in rows)
        return Whom(today, subjects, next(one for one in subjects if alone(one) == today))

    def names_of(self, reader: Reader, subjects: Iterable[Subject]) -> dict[Subject, Identifier]:
        """The identifiers that the log names so."""
        return tables.names_of(reader, sorted(subjects))

    def _names(self, reader: Reader, person: str, most: int | None = None) -> tuple[str, list[Row]]:
        """The person's id of today, and the rows of the identifiers; the oldest when there are more than `most`."""
        if rows := tables.of_person(reader, person, most):
            return person, rows
        today = self.resolve(reader, person)
        return today, tables.of_person(reader, today, most)

    # -- why

    def derived(self, reader: Reader, subjects: Iterable[Subject]) -> Derived:
        """The people around these identifiers, with what holds them together and what was refused."""
        return self.derivation.surroundings(reader, set(subjects)).derived(self.derivation.rules)

    def joined_at(self, reader: Reader, person: str) -> Micros:
        """When the latest of the links that hold a person together was first seen; 0 for a person of one name."""
        subjects = set(self.subjects(reader, person))
        if len(subjects) < 2:
            return 0
        joints = self.derived(reader, subjects).joints
        return max((joint.at for joint in joints if joint.one in subjects), default=0)

    def links(self, reader: Reader, subjects: Iterable[Subject]) -> list[Link]:
        """Every link of these identifiers, claimed ones too, oldest first."""
        found = {link for _, link, _, _ in tables.links_of(reader, sorted(subjects))}
        return sorted(found, key=lambda link: (link.first_at, link))

    def standing(self, reader: Reader, subjects: Iterable[Subject]) -> dict[Subject, Standing]:
        """What is known of these identifiers, whose they are, and whether they are shared."""
        return tables.identifiers(reader, sorted(subjects))

    def refused(self, reader: Reader, subjects: Iterable[Subject]) -> set[RefusedLink]:
        """Links of these identifiers that a limit or a decision keeps from gluing."""
        return tables.refused_of(reader, sorted(subjects))

    def shared_with(self, reader: Reader, person: str) -> list[tuple[Identifier, list[str]]]:
        """Names that this person is seen with and shares with others: each with the other people, such as a family."""
        own = set(self.subjects(reader, person))
        far = {end for link in self.links(reader, own) if link.trust > CLAIMED for end in (link.one, link.other)}
        shared = {
            subject for subject, one in self.standing(reader, far).items() if one.shared
        } - self.derivation.blocked
        names = self.names_of(reader, shared)
        found: list[tuple[Identifier, list[str]]] = []
        for subject in sorted(shared):
            ends = {end for link in self.links(reader, [subject]) if link.trust > CLAIMED for end in link[:2]}
            others = {one.person for end, one in self.standing(reader, ends - shared).items() if end not in own}
            found.append((names[subject], sorted(others - {self.resolve(reader, person)})))
        return found

    # -- decisions

    def decision_log(self, reader: Reader, limit: int, offset: int = 0) -> list[Decided]:
        """What was decided, the latest first."""
        return [self._decided(reader, row) for row in tables.decision_log(reader, limit, offset)]

    def decision(self, reader: Reader, name: str) -> Decided:
        """One decision; raises NotFound."""
        row = tables.decision(reader, name, self._digest)
        if row is None:
            raise NotFound(what="decision", name=name)
        return self._decided(reader, row)

    def decisions_about(self, reader: Reader, subjects: Iterable[Subject]) -> list[Decision]:
        """What stands decided of these identifiers, oldest first."""
        return sorted(tables.decisions_of(reader, sorted(subjects)), key=lambda one: (one.at, one.id))

    def parted(self, reader: Reader) -> set[tuple[str, str]]:
        """Pairs of people who were decided to be two."""
        found: set[tuple[str, str]] = set()
        for one, other in tables.parted(reader):
            if one != other:
                found.add((min(one, other), max(one, other)))
        return found

    def batches(self, reader: Reader) -> list[Batch]:
        """What models found, the latest first."""
        return [Batch(*row) for row in tables.batches(reader)]

    def ends_of_batch(self, reader: Reader, batch: str) -> set[Subject]:
        """Whom a model's batch is about."""
        return tables.ends_of_batch(reader, batch)

    def subject_of_decision(self, name: str) -> Subject:
        """How the log names a decision, as something that happens to it is filed."""
        return self._digest(f"decision:{name}")

    def _decided(self, reader: Reader, row: Row) -> Decided:
        ends = tables.ends_of(reader, [row[0]])
        sides = tuple(tuple(sorted(subject for _, subject, side in ends if side == wanted)) for wanted in (0, 1))
        return Decided(*row, one=sides[0], other=sides[1])

    # -- what may change the people

    def supposing(self, reader: Reader, links: Iterable[ModelLink]) -> tuple[dict[Subject, str], Derived]:
        """Who would be who with these links of a model: before (by identifier), and derived."""
        supposed = frozenset(links)
        ends = {end for link in supposed for end in (link.one, link.other)}
        around = self.derivation.surroundings(reader, ends, supposed=supposed)
        before = {subject: one.person for subject, one in around.standing.items()}
        return before, around.derived(self.derivation.rules)

    def under(self, reader: Reader, rules: Rules) -> tuple[dict[Subject, str], Derived]:
        """Who would be who under other rules: before (by identifier), and derived."""
        around = self._under(rules).surroundings(reader, set(tables.all_subjects(reader)), recount=True)
        return {subject: one.person for subject, one in around.standing.items()}, around.derived(rules)

    def derive_all(self, tx: Transaction, version: int) -> None:
        """Derive everybody anew, under the rules that hold now."""
        self.derivation.again(tx, set(tables.all_subjects(tx)), version, recount=True)

    def everybody(self, reader: Reader) -> list[Named]:
        """Every identifier with its person."""
        return [
            Named(subject, Identifier(kind, value), first_at, person, bool(shared))
            for subject, kind, value, first_at, person, shared in tables.all_people(reader)
        ]

    def drop(self, tx: Transaction, subjects: Iterable[Subject]) -> int:
        """Delete identifiers of whom nobody tells any more, and nothing else; answers how many."""
        return tables.delete_of(tx, "identifiers", subjects)

    def erase(self, tx: Transaction, subjects: Iterable[Subject]) -> tuple[int, list[Subject]]:
        """Delete these identifiers with their links and decisions.

        Answers how many rows went, and the subjects whose facts must be told again (`retell`): what those who were
        linked with them are known by may have come from what is now gone.
        """
        gone = set(subjects)
        near = {end for link in self.links(tx, gone) for end in link[:2]} - gone
        around = {end for link in self.links(tx, near) for end in link[:2]} - gone
        rows = tables.delete_names(tx, gone) + tables.delete_decided(tx, gone)
        tables.delete_names(tx, near)
        self.forget()
        return rows, sorted(near | around)

    def person_of(self, reader: Reader, subject: Subject) -> str | None:
        """Whose identifier a subject of the log is."""
        return tables.person_of(reader, subject)

    def changed_since(self, reader: Reader, version: int) -> list[Row]:
        """For the analytical store: (version, subject as routing key, person) of what changed."""
        return tables.changed_since(reader, version)

    def counts(self, reader: Reader, largest: int = 50) -> Counts:
        """How many people there are of which size, and what keeps them apart."""
        return Counts(
            sizes=tables.sizes(reader),
            largest=tables.largest(reader, largest),
            refused=tables.refused_by_reason(reader),
            shared=tables.shared_by_kind(reader),
            decisions=tables.count_standing(reader),
            seen_with_accounts=tables.seen_with_accounts(reader, STRONGEST),
        )

    def count(self, reader: Reader) -> int:
        """How many people are known."""
        return tables.count_people(reader)


class _Told:
    """A fact with the names of the log for its identifiers, and the links they make with the strongest of them."""

    __slots__ = ("fact", "identifiers", "links", "subjects")

    def __init__(self, fact: Fact, subject: Callable[[Identifier], Subject]) -> None:
        self.fact = fact
        self.identifiers = [one for one in fact.identifiers if one.namespace not in BUSINESSES]
        self.subjects = [subject(one) for one in self.identifiers]
        self.links: list[LinkKey] = []
        if len(self.subjects) > 1:
            first, strongest = self.identifiers[0], self.subjects[0]
            self.links = [
                (min(strongest, other), max(strongest, other), _trust(fact, first, identifier))
                for identifier, other in zip(self.identifiers[1:], self.subjects[1:], strict=True)
            ]


def _trust(fact: Fact, one: Identifier, other: Identifier) -> int:
    """How far a link may be believed: what a browser says of an e-mail is a claim, whichever end it is."""
    claimable = one.namespace in CLAIMABLE or other.namespace in CLAIMABLE
    if fact.trusted:
        return VERIFIED if claimable else AUTHENTICATED
    return CLAIMED if claimable else VERIFIED
