"""Which identifiers are one person: decided from the evidence alone, whatever order it came in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.truth.customers.identifiers import STRONGEST, namespace

Subject = bytes
LinkKey = tuple[Subject, Subject, int]
"""Two identifiers, the smaller first, and a trust."""

CLAIMED, VERIFIED, AUTHENTICATED = 0, 1, 2

PERSON_PREFIX = "p_"

_STRONG_RANK = 2


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Identifiers and every link among them."""

    known: Mapping[Subject, Known]
    links: frozenset[Link]


def is_shared(name: str, neighbours: Iterable[str]) -> bool:
    """Whether a name of this namespace, linked with distinct names of these namespaces, names more than one person.

    Only stronger, personal names count: a family's e-mail is linked to several loyalty ids.
    """
    rules = namespace(name)
    counts = Counter(neighbours)
    return any(
        count > rules.shared_above
        for neighbour, count in counts.items()
        if namespace(neighbour).rank < rules.rank and namespace(neighbour).rank <= _STRONG_RANK
    )


def hangs_on(name: str, other: str) -> bool:
    """Whether a name of the first kind that is linked with one of the second, and with nothing else, must belong to it.

    So it is below a user id: nothing stronger can make that one shared, a person has no other of them, so the person is
    called after it, and a name of which a person may have any number takes nobody's place.
    """
    return other == STRONGEST and namespace(name).limit is None


def alone(subject: Subject) -> str:
    """The person whom only this identifier names, or of whose names it is the strongest."""
    return PERSON_PREFIX + subject.hex()[:16]


def people(evidence: Evidence, shared: frozenset[Subject]) -> dict[Subject, str]:
    """The person of each identifier.

    Links that glue are taken by strength of the weaker end, trust, age and name; one that would break the limit of a
    namespace is passed over (Kruskal's algorithm with constraints).
    """
    parent = {subject: subject for subject in evidence.known}
    held = {subject: Counter([known.namespace]) for subject, known in evidence.known.items()}

    def root(subject: Subject) -> Subject:
        while parent[subject] != subject:
            parent[subject] = parent[parent[subject]]
            subject = parent[subject]
        return subject

    gluing = (link for link in evidence.links if link.trust > CLAIMED and not {link.one, link.other} & shared)
    for link in sorted(gluing, key=lambda link: _strength(link, evidence.known)):
        one, other = root(link.one), root(link.other)
        if one != other and _may_join(held[one], held[other]):
            parent[other] = one
            held[one] = held[one] + held[other]
    members: dict[Subject, list[Subject]] = {}
    for subject in evidence.known:
        members.setdefault(root(subject), []).append(subject)
    return {
        subject: person
        for together in members.values()
        for person in [name_of(together, evidence.known)]
        for subject in together
    }


def name_of(together: Iterable[Subject], known: Mapping[Subject, Known]) -> str:
    """The id of a person: after the strongest, then oldest of the identifiers."""
    chosen = min(together, key=lambda one: (namespace(known[one].namespace).rank, known[one].first_at, one))
    return alone(chosen)


def _strength(link: Link, known: Mapping[Subject, Known]) -> tuple[int, int, Micros, Subject, Subject]:
    weaker = max(namespace(known[link.one].namespace).rank, namespace(known[link.other].namespace).rank)
    return (weaker, -link.trust, link.first_at, link.one, link.other)


def _may_join(one: Counter[str], other: Counter[str]) -> bool:
    for name in one.keys() & other.keys():
        limit = namespace(name).limit
        if limit is not None and one[name] + other[name] > limit:
            return False
    return True


def number_of(person: str) -> int:
    """A person's id as the signed 64-bit number that stands in the analytical store."""
    return int.from_bytes(bytes.fromhex(person.removeprefix(PERSON_PREFIX)), "big", signed=True)


def person_of(number: int) -> str:
    """The person's id of a number in the analytical store."""
    return PERSON_PREFIX + number.to_bytes(8, "big", signed=True).hex()
