"""Consent, as the doors tell it."""

from collections.abc import Mapping
from typing import Any

from noline.flows.consent import PersonalConsent
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.kernel.events import Identifier, Receipt
from noline.truth.consents.model import Consent, Decision, Heard, Statement, Subject, channel_of, purpose_of

Json = dict[str, Any]


def consent(hub: Hub, person: str) -> Json:
    """What a person agreed to: what stands for each purpose and channel, and everything that was told."""
    return _personal(hub.consent.of(person))


def allowed(hub: Hub, person: str, purpose: str, channel: str | None = None) -> Json:
    """Whether a purpose is allowed by a channel, why, and the statement that decides."""
    found = hub.consent.allows(person, purpose, channel)
    return {"person": person, "purpose": purpose_of(purpose), "channel": channel_of(channel), **_decision(found)}


def changed(hub: Hub, receipt: Receipt, person: str, purpose: str, channel: str | None) -> Json:
    """What a change did: where it stands in the log, and whether the purpose is allowed now."""
    return {"status": receipt.status, "seq": receipt.seq, **allowed(hub, person, purpose, channel)}


def _personal(found: PersonalConsent) -> Json:
    return {
        "person": found.person,
        "joined_at": _time(found.joined_at or None),
        "purposes": {purpose: _consent(one) for purpose, one in sorted(found.purposes.items())},
        "history": [_heard(one, found.names) for one in found.history],
    }


def _consent(one: Consent) -> Json:
    told = {
        "granted": one.granted,
        "state": str(one.state),
        "source": one.source,
        "told_at": _time(one.told_at),
        "description": one.description,
        "method": one.method,
        "policy": one.policy,
    }
    return {**told, "segments": {channel: _segment(found) for channel, found in one.segments.items()}}


def _segment(one: Consent) -> Json:
    told = _consent(one)
    told.pop("segments")
    return told


def _decision(found: Decision) -> Json:
    return {
        "allowed": found.allowed,
        "state": str(found.state),
        "why": found.why,
        "evidence": None if found.evidence is None else _statement(found.evidence),
    }


def _heard(one: Heard, names: Mapping[Subject, Identifier]) -> Json:
    named = names.get(one.statement.subject)
    return {
        **_statement(one.statement),
        "first_told_at": as_text(one.first_at),
        "stands": one.stands,
        "told_of": None if named is None else f"{named.namespace}:{named.value}",
    }


def _statement(one: Statement) -> Json:
    return {
        "purpose": one.purpose,
        "channel": one.channel,
        "granted": one.granted,
        "told_at": as_text(one.told_at),
        "source": one.source,
        "method": one.method,
        "description": one.description,
        "policy": one.policy,
        "by": one.taken_by,
        "claimed": not one.trusted,
        "carried": one.carried,
        "message_id": one.message_id,
        "seq": one.seq,
    }


def _time(instant: Micros | None) -> str | None:
    return None if instant is None else as_text(instant)
