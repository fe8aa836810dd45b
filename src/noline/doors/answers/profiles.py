"""What is known of people, as the doors tell it: every value with its lineage, and who somebody may be."""

from collections.abc import Mapping
from typing import Any

from noline.flows.recognise import Candidate, Recognised, Said
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.kernel.events import Identifier
from noline.truth.profiles.model import TRUST_WORDS, Attribute, Told

Json = dict[str, Any]


def profile(hub: Hub, person: str) -> Json:
    """A person as a channel needs them: the id of today, the name, what stands of what was told, and their names.

    identifiers: of very many the oldest thousand; names: how many there are. Raises NotFound.
    """
    found = hub.customer(person)
    return {
        "person": found.person,
        "name": found.name,
        "traits": found.traits,
        "identifiers": [{"namespace": one.namespace, "value": one.value} for one, _ in found.identifiers],
        "names": found.names,
    }


def values(hub: Hub, person: str) -> Json:
    """A person's attributes: the value that stands, who told it, and every other value that was told.

    own: false of what names several people, such as the e-mail of a family; then no value stands. Raises NotFound.
    """
    with hub.store.reading() as reader:
        subjects = hub.customers.subjects(reader, person)
        names = hub.customers.names_of(reader, subjects)
        profile = hub.recognition.profile(reader, person)
        everything = hub.profiles.record(reader, subjects).attributes
        resolved = hub.customers.resolve(reader, person)
    attributes = [_attribute(name, whole, profile.attributes.get(name), names) for name, whole in everything.items()]
    return {"person": resolved, "name": profile.name, "attributes": attributes}


def _attribute(name: str, whole: Attribute, own: Attribute | None, names: Mapping[bytes, Identifier]) -> Json:
    stands = own.value if own else None
    told = (*whole.lineage, *whole.others)
    return {
        "name": name,
        "value": stands,
        "trust": TRUST_WORDS[(own or whole).trust],
        "own": own is not None,
        "told_by": [_told(one, names) for one in told if one.value == stands],
        "others": [_told(one, names) for one in told if one.value != stands],
    }


def _told(one: Told, names: Mapping[bytes, Identifier]) -> Json:
    known = names.get(one.subject)
    return {
        "value": one.value,
        "source": one.source,
        "trust": TRUST_WORDS[one.trust],
        "first_told": as_text(one.first_at),
        "first_message": one.first_id.decode(),
        "last_told": as_text(one.last_at),
        "last_message": one.last_id.decode(),
        "told_of": f"{known.namespace}:{known.value}" if known else None,
    }


def recognised(hub: Hub, said: Said, limit: int) -> Json:
    """Who may be meant, and how that was judged. Raises TooLittleSaid."""
    return _recognised(hub.recognition.recognise(said, limit))


def lookalikes(hub: Hub, person: str, limit: int) -> Json:
    """Other people who may be this one. Raises NotFound and TooLittleSaid."""
    return _recognised(hub.recognition.lookalikes(person, limit))


def _recognised(answer: Recognised) -> Json:
    return {"judged_by": answer.judged_by, "candidates": [_candidate(one) for one in answer.candidates]}


def _candidate(one: Candidate) -> Json:
    return {
        "person": one.person,
        "name": one.name,
        "probably": one.probably,
        "words": one.words,
        "probability": one.probability,
        "reasons": list(one.reasons),
        "against": list(one.against),
    }
