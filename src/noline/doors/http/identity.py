"""Who is who, over HTTP: decisions about people and the reasons for them."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import identity as answers
from noline.doors.http.auth import needs, require
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.flows.identity import Change
from noline.kernel.events import Identifier
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\x00]*$")]
Person = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class Decision(msgspec.Struct):
    """Two people of whom something is decided. by: who decides; the role of the key when nobody is named."""

    person: Person
    other: Person
    reason: Reason = ""
    by: Text | None = None


class Name(msgspec.Struct):
    """A name by which somebody is known."""

    namespace: Text
    value: Text


class Split(msgspec.Struct):
    """Names of a person that are somebody else's."""

    identifiers: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=10_000)]
    reason: Reason = ""
    by: Text | None = None


class Undo(msgspec.Struct):
    """Who decides; the role of the key when nobody is named."""

    by: Text | None = None


@post("/v1/customers/merge", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def merge_customers(state: State, request: Asking, data: Decision) -> Response[dict[str, Any]]:
    """Decide that two are one person; can be undone."""
    return _decide(request, data, state.hub.identity.merge)


@post("/v1/customers/part", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def part_customers(state: State, request: Asking, data: Decision) -> Response[dict[str, Any]]:
    """Decide that two are not one person, whatever is seen later."""
    return _decide(request, data, state.hub.identity.part)


@post("/v1/customers/same-household", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def same_household(state: State, request: Asking, data: Decision) -> Response[dict[str, Any]]:
    """Decide that two live together and are two people."""
    return _decide(request, data, state.hub.identity.same_household)


@post("/v1/customers/different-household", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def different_household(state: State, request: Asking, data: Decision) -> Response[dict[str, Any]]:
    """Decide that two do not live together."""
    return _decide(request, data, state.hub.identity.different_household)


@post("/v1/customers/{person:str}/split", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def split_customer(state: State, request: Asking, person: str, data: Split) -> Response[dict[str, Any]]:
    """Decide that some names of a person are somebody else's."""
    names = [Identifier(one.namespace, one.value) for one in data.identifiers]
    return once(
        request,
        data,
        lambda: answers.change(state.hub.identity.split(person, names, by=who(request, data.by), reason=data.reason)),
    )


@post("/v1/decisions/{decision:str}/undo", guards=_ASSOCIATE, tags=["customers"], status_code=200)
@in_thread
def undo_decision(state: State, request: Asking, decision: str, data: Undo) -> Response[dict[str, Any]]:
    """Take a decision back; a whole match takes a manager."""
    if state.hub.identity.is_batch(decision):
        require(request, Role.MANAGER)
    return once(request, data, lambda: answers.change(state.hub.identity.undo(decision, by=who(request, data.by))))


@get("/v1/decisions", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def list_decisions(
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
    offset: Annotated[int, Parameter(ge=0, le=2**53)] = 0,
) -> list[dict[str, Any]]:
    """What was decided about who is who, the latest first."""
    return answers.decisions(state.hub, limit, offset)


@get("/v1/customers/{person:str}/why", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def why_customer(state: State, person: str) -> dict[str, Any]:
    """Why a person is one person: what holds the names together, what does not, what was decided."""
    return answers.why(state.hub, person)


@get("/v1/links/why", guards=_MANAGER, tags=["customers"])
@in_thread
def why_link(state: State, namespace: str, value: str, other_namespace: str, other_value: str) -> dict[str, Any]:
    """What links two names, and the records of the log that show them together."""
    return answers.why_link(state.hub, Identifier(namespace, value), Identifier(other_namespace, other_value))


@get("/v1/identity/quality", guards=_MANAGER, tags=["customers"])
@in_thread
def get_quality(state: State) -> dict[str, Any]:
    """How good the people are: sizes, bridges, refused links, shared names, estimated precision."""
    return answers.quality(state.hub)


@get("/v1/identity/rules", guards=_MANAGER, tags=["customers"])
@in_thread
def preview_rules(state: State) -> dict[str, Any]:
    """What the identity rules of noline.toml would change."""
    return answers.preview(state.hub.identity.preview_rules())


@post("/v1/identity/rules", guards=[needs(Role.ADMIN)], tags=["customers"], status_code=200)
@in_thread
def apply_rules(state: State, request: Asking) -> dict[str, Any]:
    """Put the identity rules of noline.toml in force; answers what changed."""
    return answers.preview(state.hub.identity.apply_rules(by=who(request)))


@post("/v1/customers/match/plan", guards=_MANAGER, tags=["customers"], status_code=200)
@in_thread
def plan_match(state: State) -> dict[str, Any]:
    """Let the model look at everybody; answers what it would change."""
    return answers.planned(state.hub.matching.plan())


@get("/v1/customers/match", guards=_MANAGER, tags=["customers"])
@in_thread
def get_match(state: State) -> dict[str, Any]:
    """What the latest run of the model proposes."""
    return answers.planned(state.hub.matching.planned())


@post("/v1/customers/match/apply", guards=_MANAGER, tags=["customers"], status_code=200)
@in_thread
def apply_match(state: State, request: Asking, data: Undo) -> dict[str, Any]:
    """Let the sure links of the latest run hold, as one batch that can be undone."""
    return answers.change(state.hub.matching.apply(by=who(request, data.by)))


@get("/v1/customers/review", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def list_review(state: State, limit: Annotated[int, Parameter(ge=1, le=200)] = 20) -> list[dict[str, Any]]:
    """Pairs of people in doubt, the likeliest first."""
    return answers.queue(state.hub, limit)


@post("/v1/customers/review/later", guards=_ASSOCIATE, tags=["customers"], status_code=204)
@in_thread
def review_later(state: State, data: Decision) -> None:
    """Put a pair in doubt behind the others."""
    state.hub.matching.later(data.person, data.other)


def _decide(request: Asking, data: Decision, decide: Callable[..., Change]) -> Response[dict[str, Any]]:
    """Decide something of two people, once."""
    by = who(request, data.by)
    return once(request, data, lambda: answers.change(decide(data.person, data.other, by=by, reason=data.reason)))


IDENTITY_ROUTES = [
    merge_customers, part_customers, same_household, different_household, split_customer, undo_decision,
    plan_match, get_match, apply_match, list_review, review_later, list_decisions,
    why_customer, why_link, get_quality, preview_rules, apply_rules,
]  # fmt: skip
