"""What people and models decide of who is who, as it stands in the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact, Json
from noline.truth.customers.model import DECISIONS, ModelLink, Subject

DECIDED, UNDONE, MATCHED, MATCH_UNDONE = "Identity Decided", "Decision Undone", "Customers Matched", "Match Undone"
KINDS = frozenset((DECIDED, UNDONE, MATCHED, MATCH_UNDONE))


class DecisionUnreadable(NotReadable):
    """A deed about identities that does not say what it must."""

    code = "customers.decision_unreadable"
    sentence = "The decision {decision} does not say {what}."
    hint = "Decide again through `noline customers merge`, `part`, `split` or `match`."


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of a person with both of its sides."""

    id: str
    kind: str
    one: tuple[Subject, ...]
    other: tuple[Subject, ...]
    by: str
    reason: str
    at: int


def decided_in(fact: Fact) -> Decided:
    """The decision of a fact; raises DecisionUnreadable."""
    said = fact.properties
    kind = said.get("decision")
    if kind not in DECISIONS:
        raise DecisionUnreadable(decision=fact.message_id, what="one of " + ", ".join(DECISIONS))
    return Decided(
        fact.message_id,
        kind,
        _subjects(fact, "one"),
        _subjects(fact, "other"),
        str(said.get("by", "")),
        str(said.get("reason", "")),
        fact.occurred_at,
    )


def properties_of(kind: str, one: Sequence[Subject], other: Sequence[Subject], reason: str) -> Json:
    """What the log keeps of a decision."""
    return {"decision": kind, "one": _told(one), "other": _told(other), "reason": reason}


def model_links_in(fact: Fact) -> list[ModelLink]:
    """What a model found, as one fact tells it: of `one`, each `[other, weight in thousandths]`."""
    batch = fact.properties.get("batch")
    links = fact.properties.get("links")
    if not isinstance(batch, str) or not isinstance(links, list):
        raise DecisionUnreadable(decision=fact.message_id, what="its batch and links")
    near = _read(fact.properties.get("one"), fact)
    found: list[ModelLink] = []
    for link in links:
        far, weight = _read(link[0], fact), int(link[1])
        found.append(ModelLink(min(near, far), max(near, far), weight, batch, fact.occurred_at))
    return found


def model_properties(batch: str, one: Subject, links: Sequence[tuple[Subject, int]]) -> Json:
    """What the log keeps of a model's findings about one identifier."""
    return {"batch": batch, "one": one.hex(), "links": [[far.hex(), weight] for far, weight in links]}


def without(properties: Json, is_gone: Callable[[str], bool]) -> Json:
    """The same without subjects (in hexadecimal digits) that are no more."""
    kept = dict(properties)
    for side in ("one", "other"):
        if isinstance(kept.get(side), list):
            kept[side] = [one for one in kept[side] if not is_gone(one)]
    if isinstance(kept.get("links"), list):
        kept["links"] = [link for link in kept["links"] if not is_gone(link[0])]
    return kept


def _told(subjects: Sequence[Subject]) -> list[str]:
    return [subject.hex() for subject in subjects]


def _subjects(fact: Fact, side: str) -> tuple[Subject, ...]:
    told = fact.properties.get(side)
    if not isinstance(told, list):
        raise DecisionUnreadable(decision=fact.message_id, what=f"whom its side {side!r} is about")
    return tuple(_read(one, fact) for one in told)


def _read(told: object, fact: Fact) -> Subject:
    try:
        return bytes.fromhex(str(told))
    except ValueError as cause:
        raise DecisionUnreadable(decision=fact.message_id, what="its subjects in hexadecimal digits") from cause
