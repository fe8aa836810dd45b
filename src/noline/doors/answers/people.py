"""People as the console shows them: who a search finds, one customer in full, two side by side, what was decided."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from noline.doors import answers
from noline.doors.answers import accounts, consents, identity
from noline.flows.recognise import TooLittleSaid
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier, route_of
from noline.stores.log import record_heads_of, records_at
from noline.stores.transactional import Reader
from noline.truth.customers.service import Customer, Decided
from noline.truth.customers.suggestions import Suggestions
from noline.truth.profiles.model import TRUST_WORDS, Attribute, Profile, Told

Json = dict[str, Any]

_WAITING_LOOKED_AT = 200
_EVIDENCE_OF_ONE = 3
_SHARING_NAMED = 4
_MOST_EXPLAINED = 60
_MOST_TRUST = ("claimed", "verified", "authenticated")
_RECORDS_OF_A_VALUE = 4


# -- finding


def found(hub: Hub, text: str, limit: int) -> list[Json]:
    """People that a text finds, best first, each with why it was found.

    perhaps: who may be the same person, of the pairs in doubt that come first in the review queue.
    """
    with hub.store.reading() as reader:
        why = hub.recognition.found(reader, text, limit)
        doubts = _doubts(hub, reader, why)
        return [
            _found(hub, reader, person) | {"matched": list(reasons), "perhaps": doubts.get(person, [])}
            for person, reasons in why.items()
        ]


def _found(hub: Hub, reader: Reader, person: str) -> Json:
    one = hub.customers.get(reader, person)
    profile = hub.recognition.profile(reader, person)
    return {
        **_in_short(one, profile),
        "city": _value(profile, "address.city"),
        "household": len(hub.households.of(reader, person).members),
    }


def _doubts(hub: Hub, reader: Reader, people: Iterable[str]) -> dict[str, list[Json]]:
    among = set(people)
    waiting = Suggestions().waiting(reader, _WAITING_LOOKED_AT) if among else []
    standing = hub.customers.standing(reader, {end for one in waiting for end in (one.one, one.other)})
    told: dict[str, list[Json]] = {}
    for pair in waiting:
        ends = standing[pair.one].person, standing[pair.other].person
        for person, other in (ends, ends[::-1]):
            if person in among:
                name = hub.recognition.profile(reader, other).name
                told.setdefault(person, []).append({"person": other, "name": name, "probability": pair.probability})
    return told


# -- one customer


def whole(hub: Hub, person: str, before: Micros | None = None) -> Json:
    """Everything about one customer. Raises NotFound.

    attributes: what stands, with who told it and what else was told. shared: names of others, too, with some of them
    and how many there are. perhaps: who is probably the same person. before: see `answers.customer`.
    """
    told = answers.customer(hub, person, before)
    current = told["person"]
    with hub.store.reading() as reader:
        profile = hub.recognition.profile(reader, current)
        shared = hub.customers.shared_with(reader, current)
        told |= {
            "name": profile.name or told["name"],
            "since": min((one["first_seen"] for one in told["identifiers"]), default=None),
            "identifiers": _with_trust(hub, reader, current, told["identifiers"]),
            "attributes": _attributes(hub, reader, profile),
            "shared": [
                {**_named(name), "people": _called(hub, reader, people[:_SHARING_NAMED]), "others": len(people)}
                for name, people in shared
            ],
        }
    return told | {
        "perhaps": _lookalikes(hub, current),
        "consent": consents.consent(hub, current),
        "household": accounts.household(hub, current),
        "accounts": accounts.accounts_of(hub, current),
    }


def _lookalikes(hub: Hub, person: str) -> list[Json]:
    """Who is probably the same person; nobody for whom too little is known to tell."""
    try:
        found = hub.recognition.lookalikes(person)
    except TooLittleSaid:
        return []
    return [
        {"person": one.person, "name": one.name, "probability": one.probability, "reasons": list(one.reasons)}
        for one in found.candidates
        if one.probably
    ]


def in_short(hub: Hub, person: str) -> Json:
    """Who somebody is, without history. Raises NotFound."""
    with hub.store.reading() as reader:
        one = hub.customers.get(reader, person)
        profile = hub.recognition.profile(reader, one.person)
        told = _in_short(one, profile)
        told["identifiers"] = _with_trust(hub, reader, one.person, told["identifiers"])
        return {**told, "city": _value(profile, "address.city")}


def name_of(hub: Hub, person: str) -> str | None:
    """How to call somebody; None when nobody said or nobody has this id."""
    try:
        with hub.store.reading() as reader:
            return hub.recognition.profile(reader, person).name
    except NotFound:
        return None


def names_of(hub: Hub, people: Iterable[str]) -> dict[str, str | None]:
    """How to call each of these people."""
    return {person: name_of(hub, person) for person in dict.fromkeys(people)}


def _in_short(one: Customer, profile: Profile) -> Json:
    return {
        "person": one.person,
        "name": profile.name,
        "identifiers": [
            {"namespace": name.namespace, "value": name.value, "first_seen": as_text(at)}
            for name, at in one.identifiers
        ],
    }


def _value(profile: Profile, name: str) -> str | None:
    return profile.attributes[name].value if name in profile.attributes else None


def _called(hub: Hub, reader: Reader, people: Iterable[str]) -> list[Json]:
    return [{"person": one, "name": hub.recognition.profile(reader, one).name} for one in people]


def _with_trust(hub: Hub, reader: Reader, person: str, identifiers: Sequence[Json]) -> list[Json]:
    """Names with the best trust of a link to another name of the person (None without one), and whether shared."""
    subjects = hub.customers.subjects(reader, person)
    own = set(subjects)
    best: dict[bytes, int] = {}
    for link in hub.customers.links(reader, own):
        if link.one in own and link.other in own:
            for end in link[:2]:
                best[end] = max(best.get(end, 0), link.trust)
    standing = hub.customers.standing(reader, own)
    told = []
    for row in identifiers:
        subject = hub.customers.subject(Identifier(row["namespace"], row["value"]))
        trust = _MOST_TRUST[best[subject]] if subject in best else None
        told.append({**row, "trust": trust, "shared": subject in standing and standing[subject].shared})
    return told


# -- every value with its lineage


def _attributes(hub: Hub, reader: Reader, profile: Profile) -> list[Json]:
    tellings = [told for one in profile.attributes.values() for told in (*one.lineage, *one.others)]
    positions = _positions(reader, tellings)
    names = hub.customers.names_of(reader, {told.subject for told in tellings})
    return [
        {
            "name": name,
            "value": one.value,
            "source": one.source,
            "trust": TRUST_WORDS[one.trust],
            "told_at": as_text(one.told_at),
            **_tellings(one, names, positions),
        }
        for name, one in profile.attributes.items()
    ]


def _tellings(one: Attribute, names: Mapping[bytes, Identifier], positions: Mapping[tuple[bytes, bytes], int]) -> Json:
    return {
        key: [
            {
                "value": told.value,
                "source": told.source,
                "trust": TRUST_WORDS[told.trust],
                "first_at": as_text(told.first_at),
                "last_at": as_text(told.last_at),
                "told_of": _named(names[told.subject]) if told.subject in names else None,
                "seq": positions.get((told.subject, told.last_id)),
            }
            for told in tellings
        ]
        for key, tellings in (("lineage", one.lineage), ("others", one.others))
    }


def _positions(reader: Reader, tellings: Sequence[Told]) -> dict[tuple[bytes, bytes], int]:
    """Where in the log each telling was last told: (subject, message id) to position."""
    wanted: dict[bytes, set[Micros]] = {}
    for told in tellings:
        wanted.setdefault(told.subject, set()).add(told.last_at)
    found: dict[tuple[bytes, bytes], int] = {}
    most = _RECORDS_OF_A_VALUE * max(1, len(tellings))
    for subject, times in wanted.items():
        heads = record_heads_of(reader, route_of(subject), subject)
        seqs = [seq for seq, at in heads if at in times][:most]
        found |= {(subject, record.message_id.encode()): record.seq for record in records_at(reader, seqs)}
    return found


# -- why


def why(hub: Hub, person: str) -> Json:
    """Why a person is one person, each link with the first records of the log that show it. Raises NotFound."""
    told = identity.why(hub, person)
    told["name"] = name_of(hub, told["person"])
    told["decisions"] = [decided(hub, one["decision"]) for one in told["decisions"]]
    explained = [*told["held_by"], *told["not_gluing"]][:_MOST_EXPLAINED]
    for one in explained:
        if one["by"] == "evidence":
            ends = (Identifier(one[end]["namespace"], one[end]["value"]) for end in ("one", "other"))
            one["seen_in"] = identity.why_link(hub, *ends)["seen_in"][:_EVIDENCE_OF_ONE]
    return told


# -- two people, side by side


def side_by_side(hub: Hub, person: str, other: str) -> Json:
    """What stands of two people, for whoever decides whether they are one. Raises NotFound."""
    with hub.store.reading() as reader:
        people = [hub.customers.resolve(reader, one) for one in (person, other)]
        profiles = [hub.recognition.profile(reader, one) for one in people]
        known = [hub.customers.get(reader, one) for one in people]
        return {
            "one": {"person": people[0], "name": profiles[0].name},
            "other": {"person": people[1], "name": profiles[1].name},
            "left": _shown(profiles[0]) | _names(known[0]),
            "right": _shown(profiles[1]) | _names(known[1]),
            "shared": [
                _named(name) for name, others in hub.customers.shared_with(reader, people[0]) if people[1] in others
            ],
        }


def _shown(profile: Profile) -> dict[str, str]:
    return {name: one.value for name, one in profile.attributes.items()}


def _names(one: Customer) -> dict[str, str]:
    """Names by kind, where no attribute says them."""
    told: dict[str, list[str]] = {}
    for name, _ in one.identifiers:
        told.setdefault(name.namespace, []).append(name.value)
    kinds = ("user_id", "loyalty_id", "crm_id", "card_token")
    return {kind: ", ".join(told[kind]) for kind in kinds if kind in told}


def waiting(hub: Hub, limit: int) -> list[Json]:
    """Pairs in doubt, the likeliest first, with what speaks for and against."""
    pairs = hub.matching.queue(limit)
    names = names_of(hub, (person for pair in pairs for person in (pair.one, pair.other)))
    return [
        {
            "one": {"person": pair.one, "name": names[pair.one]},
            "other": {"person": pair.other, "name": names[pair.other]},
            "probability": pair.probability,
            "household": pair.household,
            "reasons": [{"field": name, "words": words, "bits": bits} for name, words, bits in pair.reasons],
            "left": dict(pair.left),
            "right": dict(pair.right),
        }
        for pair in pairs
    ]


def count_waiting(hub: Hub, most: int) -> int:
    """How many pairs are in doubt, counted up to `most`."""
    with hub.store.reading() as reader:
        return len(Suggestions().waiting(reader, most))


# -- what was decided


def decided(hub: Hub, decision: str) -> Json:
    """One decision, and who the people are whom it concerned. Raises NotFound."""
    with hub.store.reading() as reader:
        found = hub.customers.decision(reader, decision)
        return _decided(hub, reader, found)


def decision_log(hub: Hub, limit: int = 100, offset: int = 0) -> list[Json]:
    """What was decided, the latest first, with the people of today."""
    found = hub.identity.decision_log(limit, offset)
    with hub.store.reading() as reader:
        return [_decided(hub, reader, one) for one in found]


def _decided(hub: Hub, reader: Reader, one: Decided) -> Json:
    ends = (*one.one, *one.other)
    names = hub.customers.names_of(reader, ends)
    standing = hub.customers.standing(reader, ends)
    people = dict.fromkeys(standing[subject].person for subject in ends if subject in standing)
    return {
        "decision": one.id,
        "kind": one.kind,
        "at": as_text(one.at),
        "by": one.by,
        "reason": one.reason,
        "undone_at": None if one.undone_at is None else as_text(one.undone_at),
        "undone_by": one.undone_by,
        "one": [_named(names[subject]) for subject in one.one if subject in names],
        "other": [_named(names[subject]) for subject in one.other if subject in names],
        "people": _called(hub, reader, people),
    }


def _named(one: Identifier) -> Json:
    return {"namespace": one.namespace, "value": one.value}
