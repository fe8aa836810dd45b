"""Which identifiers are one person: decided from the evidence alone, whatever order it came in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.truth.customers.rules import DEFAULT, Rules

Subject = bytes
LinkKey = tuple[Subject, Subject, int]
"""Two identifiers, the smaller first, and a trust."""

CLAIMED, VERIFIED, AUTHENTICATED = 0, 1, 2

SAME, DIFFERENT = "same", "different"
SAME_HOUSEHOLD, DIFFERENT_HOUSEHOLD = "same_household", "different_household"
DECISIONS = (SAME, DIFFERENT, SAME_HOUSEHOLD, DIFFERENT_HOUSEHOLD)

PERSON_PREFIX = "p_"

_STRONG_RANK = 2
_ADDRESS, _MANY_ADDRESSES = "email", 4  # hardly anybody gives one telephone number with five e-mail addresses
_LONGEST_ID = len(PERSON_PREFIX) + 16


class Known(NamedTuple):
    """An identifier as far as it matters here."""

    namespace: str
    first_at: Micros


class Link(NamedTuple):
    """Two identifiers seen together; `one` is the smaller."""

    one: Subject
    other: Subject
    trust: int
    first_at: Micros


class ModelLink(NamedTuple):
    """Two identifiers that a model takes for one person. weight: log2 of the odds, in thousandths."""

    one: Subject
    other: Subject
    weight: int
    batch: str
    at: Micros


class Decision(NamedTuple):
    """What somebody decided of two groups of identifiers: one person, or two.

    `same` joins the first of one side with the first of the other. `different` keeps every name of one side apart from
    every name of the other.
    """

    id: str
    kind: str
    at: Micros
    one: frozenset[Subject]
    other: frozenset[Subject]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Identifiers, every link among them, and what was decided of them."""

    known: Mapping[Subject, Known]
    links: frozenset[Link]
    decisions: frozenset[Decision] = frozenset()
    model: frozenset[ModelLink] = frozenset()


class Joint(NamedTuple):
    """Two names that hold a person together. by: `evidence`, `decision` or `model`; id: of the decision or batch."""

    one: Subject
    other: Subject
    by: str
    at: Micros
    id: str = ""


class RefusedLink(NamedTuple):
    """A link that does not glue although it could. reason: `limit:<namespace>` or `decision:<id>`."""

    one: Subject
    other: Subject
    reason: str


@dataclass(slots=True)
class Derived:
    """What follows from evidence: the person of each identifier, what holds them together, and what was refused."""

    people: dict[Subject, str]
    joints: list[Joint] = field(default_factory=list)
    refused: set[RefusedLink] = field(default_factory=set)


def is_shared(name: str, neighbours: Iterable[str], rules: Rules = DEFAULT) -> bool:
    """Whether a name of this namespace, linked with distinct names of these namespaces, names more than one person.

    Only stronger names count. A family's e-mail is linked to several loyalty ids; a number that cashiers type when they
    have none, to the e-mail addresses of many.
    """
    own = rules.of(name)
    counts = Counter(one for one in neighbours if rules.of(one).rank < own.rank)
    return counts[_ADDRESS] > _MANY_ADDRESSES or any(
        count > own.shared_above for neighbour, count in counts.items() if rules.of(neighbour).rank <= _STRONG_RANK
    )


def hangs_on(name: str, other: str, rules: Rules = DEFAULT) -> bool:
    """Whether a name of the first kind, linked with one of the second and nothing else, must be of whom that one is.

    A weaker name neither makes a stronger one shared nor gives a person its id, and one of which a person may have any
    number takes nobody's place.
    """
    return rules.of(name).limit is None and rules.of(name).rank > rules.of(other).rank


def alone(subject: Subject) -> str:
    """The person whom only this identifier names, or of whose names it is the strongest."""
    return PERSON_PREFIX + subject.hex()[:16]


def people(evidence: Evidence, shared: frozenset[Subject], rules: Rules = DEFAULT) -> dict[Subject, str]:
    """The person of each identifier; see `derive`."""
    return derive(evidence, shared, rules).people


def derive(evidence: Evidence, shared: frozenset[Subject], rules: Rules = DEFAULT) -> Derived:
    """The people that follow from evidence.

    First what people decided to be one person, oldest first; then links that glue, by strength of the weaker end,
    trust, age and name; then what a model says, the surest first. A link that would break the limit of a namespace or
    a decision is refused (Kruskal's algorithm with constraints). A decision of a person stands above limits.
    """
    groups = _Groups(evidence, rules)
    derived = Derived({})
    for decision in sorted((one for one in evidence.decisions if one.kind == SAME), key=lambda one: (one.at, one.id)):
        ends = (_first(decision.one, evidence.known, rules), _first(decision.other, evidence.known, rules))
        if ends[0] is not None and ends[1] is not None:
            groups.join(Joint(*_ordered(ends[0], ends[1]), "decision", decision.at, decision.id), derived, limits=False)
    gluing = (
        link for link in evidence.links if link.trust > CLAIMED and not (link.one in shared or link.other in shared)
    )
    ranks = {name: rules.of(name).rank for name in {known.namespace for known in evidence.known.values()}}
    for link in sorted(gluing, key=lambda link: _strength(link, evidence.known, ranks)):
        groups.join(Joint(link.one, link.other, "evidence", link.first_at), derived)
    for sure in sorted(evidence.model, key=lambda one: (-one.weight, one.one, one.other, one.batch)):
        if sure.one in evidence.known and sure.other in evidence.known:
            groups.join(Joint(sure.one, sure.other, "model", sure.at, sure.batch), derived)
    derived.people = groups.people()
    derived.refused = {one for one in derived.refused if derived.people[one.one] != derived.people[one.other]}
    return derived


class _Groups:
    """Identifiers in groups that only grow."""

    def __init__(self, evidence: Evidence, rules: Rules) -> None:
        self._known = evidence.known
        self._rules = rules
        self._parent = {subject: subject for subject in evidence.known}
        self._held = {subject: {known.namespace: 1} for subject, known in evidence.known.items()}
        self._limits = {
            name: limit
            for name in {known.namespace for known in evidence.known.values()}
            if (limit := rules.of(name).limit) is not None
        }
        self._sides: dict[Subject, set[tuple[str, int]]] = {}
        for decision in evidence.decisions:
            if decision.kind == DIFFERENT:
                for side, names in enumerate((decision.one, decision.other)):
                    for subject in names & evidence.known.keys():
                        self._sides.setdefault(subject, set()).add((decision.id, side))

    def join(self, joint: Joint, derived: Derived, *, limits: bool = True) -> None:
        """Put two groups together, or tell why not."""
        one, other = self._root(joint.one), self._root(joint.other)
        if one == other:
            return
        obstacle = self._kept_apart(one, other) or (self._over_limit(one, other) if limits else None)
        if obstacle:
            derived.refused.add(RefusedLink(joint.one, joint.other, obstacle))
            return
        self._parent[other] = one
        held = self._held[one]
        for name, count in self._held.pop(other).items():
            held[name] = held.get(name, 0) + count
        if other in self._sides:
            self._sides.setdefault(one, set()).update(self._sides.pop(other))
        derived.joints.append(joint)

    def people(self) -> dict[Subject, str]:
        """Each identifier with the person of its group."""
        members: dict[Subject, list[Subject]] = {}
        for subject in self._known:
            members.setdefault(self._root(subject), []).append(subject)
        return {
            subject: person
            for together in members.values()
            for person in [name_of(together, self._known, self._rules)]
            for subject in together
        }

    def _root(self, subject: Subject) -> Subject:
        parent = self._parent
        while parent[subject] != subject:
            parent[subject] = parent[parent[subject]]
            subject = parent[subject]
        return subject

    def _kept_apart(self, one: Subject, other: Subject) -> str | None:
        if one not in self._sides or other not in self._sides:
            return None
        against = {(decision, 1 - side) for decision, side in self._sides[other]}
        found = sorted(decision for decision, _ in self._sides[one] & against)
        return f"decision:{found[0]}" if found else None

    def _over_limit(self, one: Subject, other: Subject) -> str | None:
        held, joining = self._held[one], self._held[other]
        over = [
            name
            for name, count in joining.items()
            if name in self._limits and name in held and held[name] + count > self._limits[name]
        ]
        return f"limit:{min(over)}" if over else None


def bridges_in(joints: Iterable[Joint]) -> list[tuple[Subject, Subject, int]]:
    """Joints with at least two names on either side, each with the size of the smaller side.

    Joints form a tree: without one of them its group falls into two.
    """
    around: dict[Subject, set[Subject]] = {}
    for joint in joints:
        around.setdefault(joint.one, set()).add(joint.other)
        around.setdefault(joint.other, set()).add(joint.one)
    found: list[tuple[Subject, Subject, int]] = []
    waiting = set(around)
    while waiting:
        order: list[tuple[Subject, Subject | None]] = [(min(waiting), None)]
        for subject, above in order:
            order.extend((below, subject) for below in sorted(around[subject]) if below != above)
        below_of = dict.fromkeys((subject for subject, _ in order), 1)
        for subject, above in reversed(order):
            if above is not None:
                below_of[above] += below_of[subject]
                side = min(below_of[subject], len(order) - below_of[subject])
                if side > 1:
                    found.append((above, subject, side))
        waiting -= below_of.keys()
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))


def name_of(together: Iterable[Subject], known: Mapping[Subject, Known], rules: Rules = DEFAULT) -> str:
    """The id of a person: after the strongest, then oldest of the identifiers."""
    return alone(strongest(together, known, rules))


def strongest(together: Iterable[Subject], known: Mapping[Subject, Known], rules: Rules = DEFAULT) -> Subject:
    """The strongest, then oldest of these identifiers."""
    return min(together, key=lambda one: (rules.of(known[one].namespace).rank, known[one].first_at, one))


def _first(side: frozenset[Subject], known: Mapping[Subject, Known], rules: Rules) -> Subject | None:
    there = side & known.keys()
    return strongest(there, known, rules) if there else None


def _ordered(one: Subject, other: Subject) -> tuple[Subject, Subject]:
    return (one, other) if one < other else (other, one)


def _strength(
    link: Link, known: Mapping[Subject, Known], ranks: Mapping[str, int]
) -> tuple[int, int, Micros, Subject, Subject]:
    weaker = max(ranks[known[link.one].namespace], ranks[known[link.other].namespace])
    return (weaker, -link.trust, link.first_at, link.one, link.other)


def number_of(person: str) -> int:
    """A person's id as the signed 64-bit number that stands in the analytical store."""
    return int.from_bytes(bytes.fromhex(person.removeprefix(PERSON_PREFIX)), "big", signed=True)


def person_of(number: int) -> str:
    """The person's id of a number in the analytical store."""
    return PERSON_PREFIX + number.to_bytes(8, "big", signed=True).hex()


def route_in(person: str) -> int | None:
    """The routing key of the identifier that a person's id is made of; None for what is no such id."""
    if len(person) != _LONGEST_ID or not person.startswith(PERSON_PREFIX):
        return None
    try:
        return number_of(person)
    except ValueError:
        return None
