"""Who is who: what people decide about it, what changes when they do, and why it is so."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noline.flows.deeds import Deed, Deeds
from noline.flows.facts import Facts
from noline.kernel.clock import Clock, Micros
from noline.kernel.errors import NotFound, NotReadable, Refused
from noline.kernel.events import Fact, Identifier, route_of
from noline.stores.log import Log, last_seq, record_heads_of, records_at
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.customers import decisions
from noline.truth.customers.identifiers import normalised
from noline.truth.customers.model import (
    DIFFERENT,
    DIFFERENT_HOUSEHOLD,
    SAME,
    SAME_HOUSEHOLD,
    Decision,
    Derived,
    Link,
    ModelLink,
    Subject,
    bridges_in,
    strongest,
)
from noline.truth.customers.rules import Rules
from noline.truth.customers.service import Batch, Customers, Decided

RULES_SET = "Identity Rules Set"
TRUSTS = ("claimed", "verified", "authenticated")
_SAMPLE = 20
_LINKS_IN_ONE_DEED = 200


class DecidedOtherwise(Refused):
    """What somebody wants is against what somebody decided before."""

    code = "customers.decided_otherwise"
    status = 409
    sentence = "{person} and {other} were decided to be {kind} by {by} ({decision})."
    hint = "Undo that decision first: noline customers undo DECISION."


class NothingToDecide(NotReadable):
    """A decision that would change nothing and says nothing."""

    code = "customers.nothing_to_decide"
    status = 409
    sentence = "{what}"
    hint = "Look at the customer again: somebody may have decided it already."


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision did. people: of each id it concerned, who it is now; merged, split: by how many people."""

    decision: str
    kind: str
    people_before: int
    people_after: int
    people: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Held:
    """Two names and what stands between them, in words and as data.

    glues: whether it holds the person together. first_at: microseconds. decision: of a decision or a model's batch.
    """

    one: Identifier
    other: Identifier
    by: str
    trust: str | None
    first_at: Micros
    glues: bool
    words: str
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a person is one person: what holds the names together, what was refused, what was decided."""

    person: str
    identifiers: tuple[tuple[Identifier, Micros, bool], ...]
    held_by: tuple[Held, ...]
    not_gluing: tuple[Held, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A record of the log in which two names stand together."""

    seq: int
    at: Micros
    kind: str
    source: str
    channel: str
    names: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One person before or after, as in a preview: the ids, and the names of each."""

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    names: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change: people merged and split, identifiers and events that would move, and a sample to look at.

    sizes_before, sizes_after: how many people have so many identifiers, of the people concerned.
    """

    people_before: int
    people_after: int
    merged: int
    split: int
    identifiers_moved: int
    events_moved: int
    sizes_before: dict[int, int]
    sizes_after: dict[int, int]
    sample: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Bridge:
    """One link that alone holds two halves of a person together. smaller_side: identifiers on the smaller side."""

    person: str
    one: Identifier
    other: Identifier
    smaller_side: int


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the people are.

    sizes: how many people have so many identifiers. bridges: of the largest people, the widest first. refused: links
    kept from gluing, by reason. shared: shared names by kind. precision: for each kind of name, the share of those seen
    with an account that somebody signs in to which are seen with one such account only, so that gluing by it would be
    right; precision_of: of how many.
    """

    people: int
    identifiers: int
    sizes: dict[int, int]
    largest: tuple[tuple[str, int], ...]
    bridges: tuple[Bridge, ...]
    refused: dict[str, int]
    shared: dict[str, int]
    decisions: int
    precision: dict[str, float]
    precision_of: dict[str, int]
    batches: tuple[Batch, ...]


class Identity:
    """Decisions about people, and the reasons for them."""

    def __init__(
        self,
        store: TransactionalStore,
        log: Log,
        facts: Facts,
        deeds: Deeds,
        customers: Customers,
        wished: Rules,
        clock: Clock,
    ) -> None:
        """wished: the rules of the settings; they hold once they are applied."""
        self._wished = wished
        self._clock = clock
        self._store = store
        self._log = log
        self._facts = facts
        self._deeds = deeds
        self._customers = customers

    # -- decisions of people

    def merge(self, person: str, other: str, *, by: str, reason: str = "") -> Change:
        """These two are one person. Raises NotFound, DecidedOtherwise and NothingToDecide."""
        with self._store.transaction() as tx:
            one, two = self._two(tx, person, other)
            self._refuse_contradiction(tx, one, two)
            ends = self._strongest(tx, one), self._strongest(tx, two)
            return self._decide(tx, SAME, [ends[0]], [ends[1]], by=by, reason=reason)

    def part(self, person: str, other: str, *, by: str, reason: str = "") -> Change:
        """These two are not one person, whatever is seen or computed later. Raises NotFound and NothingToDecide."""
        with self._store.transaction() as tx:
            one, two = self._two(tx, person, other)
            return self._decide(tx, DIFFERENT, one, two, by=by, reason=reason)

    def split(self, person: str, names: Sequence[Identifier], *, by: str, reason: str = "") -> Change:
        """These names of a person are somebody else's. Raises NotFound and NothingToDecide."""
        with self._store.transaction() as tx:
            whole = self._customers.subjects(tx, person)
            parted = [self._customers.subject(_spelled(one)) for one in names]
            if missing := [one for one, subject in zip(names, parted, strict=True) if subject not in whole]:
                raise NotFound(what=f"identifier of {person}", name=":".join(missing[0]))
            rest = [subject for subject in whole if subject not in parted]
            if not rest or not parted:
                raise NothingToDecide(what="A split leaves at least one name on either side.")
            return self._decide(tx, DIFFERENT, parted, rest, by=by, reason=reason)

    def same_household(self, person: str, other: str, *, by: str, reason: str = "") -> Change:
        """These two live together and are two people. Raises NotFound and NothingToDecide."""
        return self._household(SAME_HOUSEHOLD, person, other, by=by, reason=reason)

    def different_household(self, person: str, other: str, *, by: str, reason: str = "") -> Change:
        """These two do not live together. Raises NotFound and NothingToDecide."""
        return self._household(DIFFERENT_HOUSEHOLD, person, other, by=by, reason=reason)

    def undo(self, decision: str, *, by: str) -> Change:
        """Take a decision or a model's whole batch back: the people are as if it had never been. Raises NotFound."""
        with self._store.transaction() as tx:
            batches = {batch.id: batch for batch in self._customers.batches(tx)}
            if decision in batches:
                kind, ends = decisions.MATCH_UNDONE, self._customers.ends_of_batch(tx, decision)
                undone = batches[decision].undone_at is not None
            else:
                found = self._customers.decision(tx, decision)
                kind, ends, undone = decisions.UNDONE, {*found.one, *found.other}, found.undone_at is not None
            if undone:
                raise NothingToDecide(what=f"{decision} was undone already.")
            deed = Deed(kind, self._customers.subject_of_decision(decision), {"decision": decision}, f"undo-{decision}")
            return self._done(tx, deed, ends, decision, "undone", by)

    def is_batch(self, decision: str) -> bool:
        """Whether this is a model's whole batch and not a decision of a person."""
        with self._store.reading() as reader:
            return bool(self._customers.ends_of_batch(reader, decision))

    def decision_log(self, limit: int = 100, offset: int = 0) -> list[Decided]:
        """What was decided, the latest first."""
        with self._store.reading() as reader:
            return self._customers.decision_log(reader, limit, offset)

    # -- what a model found

    def preview(self, links: Iterable[ModelLink]) -> Preview:
        """What would change if a model's links held."""
        with self._store.reading() as reader:
            before, derived = self._customers.supposing(reader, links)
            return self._preview(reader, before, derived)

    def apply(self, batch: str, links: Sequence[ModelLink], *, by: str) -> Change:
        """Let a model's links hold, as one batch that can be undone; doing it twice changes nothing."""
        around: dict[Subject, list[tuple[Subject, int]]] = defaultdict(list)
        for link in sorted(links):
            around[link.one].append((link.other, link.weight))
        deeds = [
            Deed(
                decisions.MATCHED,
                one,
                decisions.model_properties(batch, one, some[start : start + _LINKS_IN_ONE_DEED]),
                f"{batch}-{one.hex()}-{start}",
            )
            for one, some in sorted(around.items())
            for start in range(0, len(some), _LINKS_IN_ONE_DEED)
        ]
        ends = {end for link in links for end in (link.one, link.other)}
        with self._store.transaction() as tx:
            before = self._people_of(tx, ends)
            self._deeds.do(tx, deeds, by=by)
            return self._change(tx, batch, "matched", before, ends)

    # -- rules

    def rules_wait(self) -> bool:
        """Whether noline.toml has rules that are not in force."""
        with self._store.reading() as reader:
            in_force = self._customers.in_force(reader)
            return in_force is not None and in_force != self._wished

    def preview_rules(self, rules: Rules | None = None) -> Preview:
        """What would change under other rules; without any: under those of the settings."""
        with self._store.reading() as reader:
            before, derived = self._customers.under(reader, rules or self._wished)
            return self._preview(reader, before, derived)

    def apply_rules(self, rules: Rules | None = None, *, by: str = "command line") -> Preview:
        """Put other rules in force, derive everybody anew, and answer what changed."""
        rules = rules or self._wished
        with self._store.transaction() as tx:
            before, derived = self._customers.under(tx, rules)
            preview = self._preview(tx, before, derived)
            self._customers.put_in_force(tx, rules, self._clock.now())
            deed = Deed(RULES_SET, self._customers.subject_of_decision("rules"), {"rules": rules.as_text()})
            # History takes over what changed by the position at which it did.
            self._deeds.do(tx, [deed], by=by)
            self._customers.derive_all(tx, last_seq(tx))
            return preview

    # -- why

    def why(self, person: str) -> Why:
        """Why this person is one person. Raises NotFound."""
        with self._store.reading() as reader:
            customers = self._customers
            subjects = customers.subjects(reader, person)
            derived = customers.derived(reader, subjects)
            own = set(subjects)
            links = customers.links(reader, own)
            ends = own | {end for link in links for end in link[:2]}
            ends |= {end for joint in derived.joints for end in (joint.one, joint.other)}
            names = customers.names_of(reader, ends)
            standing = customers.standing(reader, ends)
            joints = [joint for joint in derived.joints if joint.one in own and joint.other in own]
            trusts = {link[:2]: link.trust for link in sorted(links, key=lambda link: link.trust)}
            held = tuple(
                Held(
                    names[joint.one], names[joint.other], joint.by,
                    _trust(trusts, joint.one, joint.other) if joint.by == "evidence" else None, joint.at, glues=True,
                    words=_held_words(names[joint.one], names[joint.other], joint.by), decision=joint.id or None,
                )
                for joint in joints
            )  # fmt: skip
            reasons = {(one.one, one.other): one.reason for one in derived.refused}
            idle = tuple(
                Held(
                    names[link.one], names[link.other], "evidence", TRUSTS[link.trust], link.first_at, glues=False,
                    words=self._idle_words(link, names, standing, reasons),
                )
                for link in links
                if not (link.one in own and link.other in own)
            )  # fmt: skip
            identifiers = tuple(
                sorted(((names[one], standing[one].known.first_at, standing[one].shared) for one in own),
                       key=lambda one: (one[1], one[0]))
            )  # fmt: skip
            decided = tuple(customers.decisions_about(reader, own))
            return Why(customers.resolve(reader, person), identifiers, held, idle, decided)

    def why_link(self, one: Identifier, other: Identifier, limit: int = 20) -> tuple[list[Link], list[Witness]]:
        """What links two names: the links with their trust, and the records of the log that show them together."""
        with self._store.reading() as reader:
            ends = self._customers.subject(_spelled(one)), self._customers.subject(_spelled(other))
            links = [link for link in self._customers.links(reader, ends) if {*link[:2]} == {*ends}]
            heads = [head for end in ends for head in record_heads_of(reader, route_of(end), end)]
            seqs = [seq for seq, _ in sorted(heads, key=lambda head: (head[1], head[0]))]
            wanted = {_spelled(one), _spelled(other)}
            found: list[Witness] = []
            for start in range(0, len(seqs), 500):
                facts = self._facts.of(reader, records_at(reader, seqs[start : start + 500]))
                found.extend(_witness(fact) for fact in facts if wanted <= {*fact.identifiers})
                if len(found) >= limit:
                    break
            return links, found[:limit]

    def quality(self) -> Quality:
        """How good the people are, counted now."""
        with self._store.reading() as reader:
            counts = self._customers.counts(reader)
            bridges = [bridge for person, _ in counts.largest for bridge in self._bridges(reader, person)]
            return Quality(
                people=sum(counts.sizes.values()),
                identifiers=sum(size * people for size, people in counts.sizes.items()),
                sizes=counts.sizes,
                largest=tuple(counts.largest),
                bridges=tuple(sorted(bridges, key=lambda one: (-one.smaller_side, one.person))[:_SAMPLE]),
                refused=counts.refused,
                shared=counts.shared,
                decisions=counts.decisions,
                precision={kind: single / seen for kind, (seen, single) in counts.seen_with_accounts.items()},
                precision_of={kind: seen for kind, (seen, _) in counts.seen_with_accounts.items()},
                batches=tuple(self._customers.batches(reader)),
            )

    # -- inside

    def _bridges(self, reader: Reader, person: str) -> list[Bridge]:
        """Links of a person without which it would be two, each with at least two names."""
        found = bridges_in(self._customers.derived(reader, self._customers.subjects(reader, person)).joints)
        names = self._customers.names_of(reader, {end for one, other, _ in found for end in (one, other)})
        return [Bridge(person, names[one], names[other], side) for one, other, side in found]

    def _two(self, tx: Transaction, person: str, other: str) -> tuple[list[Subject], list[Subject]]:
        one, two = self._customers.subjects(tx, person), self._customers.subjects(tx, other)
        if set(one) & set(two):
            raise NothingToDecide(what=f"{person} and {other} are one person.")
        return one, two

    def _strongest(self, reader: Reader, subjects: list[Subject]) -> Subject:
        standing = self._customers.standing(reader, subjects)
        own = [subject for subject in subjects if not standing[subject].shared] or subjects
        known = {subject: one.known for subject, one in standing.items()}
        return strongest(own, known, self._customers.derivation.rules)

    def _refuse_contradiction(self, reader: Reader, one: list[Subject], two: list[Subject]) -> None:
        for decision in self._customers.decisions_about(reader, one):
            if decision.kind == DIFFERENT and (
                (decision.one & {*one} and decision.other & {*two})
                or (decision.one & {*two} and decision.other & {*one})
            ):
                decided = self._customers.decision(reader, decision.id)
                raise DecidedOtherwise(
                    person=self._person(reader, one), other=self._person(reader, two), kind="different people",
                    by=decided.by, decision=decision.id,
                )  # fmt: skip

    def _person(self, reader: Reader, subjects: list[Subject]) -> str:
        return self._customers.person_of(reader, subjects[0]) or ""

    def _household(self, kind: str, person: str, other: str, *, by: str, reason: str) -> Change:
        with self._store.transaction() as tx:
            one, two = self._two(tx, person, other)
            ends = self._strongest(tx, one), self._strongest(tx, two)
            return self._decide(tx, kind, [ends[0]], [ends[1]], by=by, reason=reason)

    def _decide(
        self, tx: Transaction, kind: str, one: Sequence[Subject], other: Sequence[Subject], *, by: str, reason: str
    ) -> Change:
        name = self._deeds.new_id("decision")
        deed = Deed(decisions.DECIDED, min(*one, *other), decisions.properties_of(kind, one, other, reason), name)
        return self._done(tx, deed, {*one, *other}, name, kind, by)

    def _done(self, tx: Transaction, deed: Deed, ends: set[Subject], name: str, kind: str, by: str) -> Change:
        before = self._people_of(tx, ends)
        self._deeds.do(tx, [deed], by=by)
        return self._change(tx, name, kind, before, ends)

    def _people_of(self, reader: Reader, ends: Iterable[Subject]) -> dict[Subject, str]:
        return {subject: one.person for subject, one in self._customers.standing(reader, ends).items()}

    def _change(
        self, reader: Reader, name: str, kind: str, before: Mapping[Subject, str], ends: Iterable[Subject]
    ) -> Change:
        after = self._people_of(reader, ends)
        now: dict[str, set[str]] = defaultdict(set)
        for subject, person in before.items():
            now[person].add(after[subject])
        people = {person: sorted(found) for person, found in sorted(now.items())[:_SAMPLE]}
        return Change(name, kind, len({*before.values()}), len({*after.values()}), people)

    def _preview(self, reader: Reader, before: Mapping[Subject, str], derived: Derived) -> Preview:
        after = derived.people
        became: dict[str, set[str]] = defaultdict(set)
        came: dict[str, set[str]] = defaultdict(set)
        for subject, person in before.items():
            became[person].add(after[subject])
            came[after[subject]].add(person)
        merged = {person: olds for person, olds in came.items() if len(olds) > 1}
        parted = {person: news for person, news in became.items() if len(news) > 1}
        moved = [subject for subject, person in before.items() if after[subject] != person]
        members: dict[str, list[Subject]] = defaultdict(list)
        for subject, person in after.items():
            members[person].append(subject)
        samples = [("merged", sorted(olds), [person]) for person, olds in sorted(merged.items())[:_SAMPLE]]
        samples += [("split", [person], sorted(news)) for person, news in sorted(parted.items())[:_SAMPLE]]
        wanted = {subject for _, _, news in samples for person in news for subject in members[person]}
        names = self._customers.names_of(reader, wanted)
        sample = tuple(
            Sample(
                kind, tuple(olds), tuple(news),
                tuple(sorted(names[subject] for person in news for subject in members[person])),
            )
            for kind, olds, news in samples
        )  # fmt: skip
        return Preview(
            people_before=len(became),
            people_after=len(came),
            merged=sum(len(olds) - 1 for olds in merged.values()),
            split=sum(len(news) - 1 for news in parted.values()),
            identifiers_moved=len(moved),
            events_moved=self._log.count_of(reader, moved),
            sizes_before=_sizes(before.values()),
            sizes_after=_sizes(after.values()),
            sample=sample,
        )

    @staticmethod
    def _idle_words(
        link: Link,
        names: Mapping[Subject, Identifier],
        standing: Mapping[Subject, object],
        reasons: Mapping[tuple[Subject, Subject], str],
    ) -> str:
        one, other = (_words(names[end]) for end in link[:2])
        if link.trust == 0:
            return f"{one} and {other} were only claimed together by a page that anybody can read, so nothing follows."
        for end in link[:2]:
            if standing[end].shared:  # type: ignore[attr-defined]
                return f"{_words(names[end])} is shared by several people: it may find them and glues nobody."
        reason = reasons.get(link[:2], "")
        if reason.startswith("limit:"):
            return f"{one} and {other} would give one person too many names of the kind {reason.partition(':')[2]}."
        if reason.startswith("decision:"):
            return f"{one} and {other} were seen together, but somebody decided otherwise ({reason.partition(':')[2]})."
        return f"{one} and {other} were seen together; another link keeps them apart."


def _sizes(people: Iterable[str]) -> dict[int, int]:
    return dict(sorted(Counter(Counter(people).values()).items()))


def _spelled(one: Identifier) -> Identifier:
    return Identifier(one.namespace, normalised(one.namespace, one.value) or one.value)


def _words(one: Identifier) -> str:
    return f"{one.namespace.replace('_', ' ')} {one.value}"


def _trust(trusts: Mapping[tuple[Subject, Subject], int], one: Subject, other: Subject) -> str | None:
    trust = trusts.get((min(one, other), max(one, other)))
    return None if trust is None else TRUSTS[trust]


def _held_words(one: Identifier, other: Identifier, by: str) -> str:
    if by == "decision":
        return f"Somebody decided that {_words(one)} and {_words(other)} are one person."
    if by == "model":
        return f"The model takes {_words(one)} and {_words(other)} for one person."
    return f"{_words(one)} and {_words(other)} stood in one message."


def _witness(fact: Fact) -> Witness:
    return Witness(fact.seq, fact.occurred_at, fact.kind, fact.source, fact.channel, fact.identifiers)
