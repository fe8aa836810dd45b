"""Consent over HTTP: what a person agreed to, whether something is allowed, and a change told at a counter."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.connection import Request
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import consents as answers
from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*\S[^\x00]*$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
Channel = Annotated[str, Parameter(max_length=100)]
Key = Annotated[str | None, Parameter(header="Idempotency-Key", min_length=1, max_length=200)]


class ConsentChange(msgspec.Struct):
    """A yes or no that a person said. by: who took it down; the role of the key when nobody is named.

    method: form, counter, gpc, tcf, cmp, import or another word. description: what was agreed to, in the words the
    person saw. policy: their version.
    """

    purpose: Name
    granted: bool
    channel: Name = "any"
    method: Name = "counter"
    by: Text | None = None
    description: Text | None = None
    policy: Text | None = None


@get("/v1/customers/{person:str}/consent", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def get_consent(state: State, person: str) -> dict[str, Any]:
    """What a person agreed to, per purpose and channel, with everything that was told."""
    return answers.consent(state.hub, person)


@get("/v1/customers/{person:str}/consent/{purpose:str}", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def get_allowed(state: State, person: str, purpose: str, channel: Channel = "any") -> dict[str, Any]:
    """Whether a purpose is allowed by a channel, and why."""
    return answers.allowed(state.hub, person, purpose, channel)


@post("/v1/customers/{person:str}/consent", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def change_consent(
    state: State, request: Request[Any, Any, Any], person: str, data: ConsentChange, idempotency_key: Key = None
) -> dict[str, Any]:
    """Take down a yes or no; the same `Idempotency-Key` is the same change."""
    receipt = state.hub.consent.change(
        person, data.purpose, data.channel, granted=data.granted, by=data.by or f"a key of role {request.state.role}",
        method=data.method, description=data.description, policy=data.policy, key=idempotency_key,
    )  # fmt: skip
    return answers.changed(state.hub, receipt, person, data.purpose, data.channel)


CONSENT_ROUTES = [get_consent, get_allowed, change_consent]
