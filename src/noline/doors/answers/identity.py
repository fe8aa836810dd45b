"""Who is who, as the doors tell it."""

from typing import Any

from noline.flows.identity import Change, Held, Preview, Why
from noline.flows.match import Planned
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.kernel.events import Identifier
from noline.truth.customers.service import Batch, Decided

Json = dict[str, Any]


def change(done: Change) -> Json:
    """What a decision did."""
    return {
        "decision": done.decision,
        "kind": done.kind,
        "people_before": done.people_before,
        "people_after": done.people_after,
        "people": done.people,
    }


def why(hub: Hub, person: str) -> Json:
    """Why a person is one person: names, what holds them, what does not, what was decided."""
    return _why(hub, hub.identity.why(person))


def why_link(hub: Hub, one: Identifier, other: Identifier) -> Json:
    """What links two names, and the records that show it."""
    links, seen = hub.identity.why_link(one, other)
    return {
        "one": _name(one),
        "other": _name(other),
        "links": [{"trust": ("claimed", "verified", "authenticated")[link.trust], "first_at": as_text(link.first_at)}
                  for link in links],
        "seen_in": [
            {"seq": one.seq, "at": as_text(one.at), "kind": one.kind, "source": one.source, "channel": one.channel}
            for one in seen
        ],
    }  # fmt: skip


def decisions(hub: Hub, limit: int = 100, offset: int = 0) -> list[Json]:
    """What was decided, the latest first, with whom it concerned and what became of it."""
    found = hub.identity.decision_log(limit, offset)
    with hub.store.reading() as reader:
        names = hub.customers.names_of(reader, {subject for one in found for subject in (*one.one, *one.other)})
        people = hub.customers.standing(reader, names)
    return [
        {
            **_decided(one),
            "one": [_name(names[subject]) for subject in one.one if subject in names],
            "other": [_name(names[subject]) for subject in one.other if subject in names],
            "people": sorted({people[subject].person for subject in (*one.one, *one.other) if subject in people}),
        }
        for one in found
    ]


def preview(found: Preview) -> Json:
    """What would change, with a sample to look at."""
    return {
        "people_before": found.people_before,
        "people_after": found.people_after,
        "merged": found.merged,
        "split": found.split,
        "identifiers_moved": found.identifiers_moved,
        "events_moved": found.events_moved,
        "sizes_before": found.sizes_before,
        "sizes_after": found.sizes_after,
        "sample": [
            {
                "kind": one.kind,
                "before": list(one.before),
                "after": list(one.after),
                "identifiers": [_name(name) for name in one.names],
            }
            for one in found.sample
        ],
    }


def planned(found: Planned | None) -> Json:
    """What a run of the model did and would change; run is None as long as there was none."""
    if found is None:
        return {"run": None}
    return {
        "run": found.run,
        "at": as_text(found.at),
        "sure": found.sure,
        "in_doubt": found.in_doubt,
        **preview(found.preview),
        "model": found.summary,
    }


def queue(hub: Hub, limit: int) -> list[Json]:
    """Pairs in doubt, side by side, with what speaks for and against."""
    return [
        {
            "one": one.one,
            "other": one.other,
            "weight": one.weight,
            "probability": one.probability,
            "household": one.household,
            "reasons": [{"field": field, "words": words, "weight": weight} for field, words, weight in one.reasons],
            "left": one.left,
            "right": one.right,
        }
        for one in hub.matching.queue(limit)
    ]


def quality(hub: Hub) -> Json:
    """How good the people are."""
    found = hub.identity.quality()
    return {
        "people": found.people,
        "identifiers": found.identifiers,
        "sizes": found.sizes,
        "largest": [{"person": person, "identifiers": count} for person, count in found.largest],
        "bridges": [
            {"person": one.person, "one": _name(one.one), "other": _name(one.other), "smaller_side": one.smaller_side}
            for one in found.bridges
        ],
        "refused": found.refused,
        "shared": found.shared,
        "decisions": found.decisions,
        "precision": found.precision,
        "precision_of": found.precision_of,
        "batches": [batch(one) for one in found.batches],
        "rules_wait": hub.identity.rules_wait(),
    }


def batch(one: Batch) -> Json:
    """A model's run."""
    return {
        "batch": one.id,
        "at": as_text(one.at),
        "links": one.links,
        "undone_at": None if one.undone_at is None else as_text(one.undone_at),
        "undone_by": one.undone_by,
    }


def _why(hub: Hub, found: Why) -> Json:
    with hub.store.reading() as reader:
        decided = [hub.customers.decision(reader, one.id) for one in found.decisions]
    return {
        "person": found.person,
        "identifiers": [
            {**_name(one), "first_at": as_text(first_at), "shared": shared}
            for one, first_at, shared in found.identifiers
        ],
        "held_by": [_held(one) for one in found.held_by],
        "not_gluing": [_held(one) for one in found.not_gluing],
        "decisions": [_decided(one) for one in decided],
    }


def _held(one: Held) -> Json:
    return {
        "one": _name(one.one),
        "other": _name(one.other),
        "by": one.by,
        "trust": one.trust,
        "first_at": as_text(one.first_at),
        "words": one.words,
        "decision": one.decision,
    }


def _decided(one: Decided) -> Json:
    return {
        "decision": one.id,
        "kind": one.kind,
        "at": as_text(one.at),
        "by": one.by,
        "reason": one.reason,
        "undone_at": None if one.undone_at is None else as_text(one.undone_at),
        "undone_by": one.undone_by,
    }


def _name(one: Identifier) -> Json:
    return {"namespace": one.namespace, "value": one.value}
