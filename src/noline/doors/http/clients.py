"""Looking after customers over HTTP: the day of a store, notes, the adviser, appointments, follow-ups and cases.

Appointments, cases and reviews may have their ids from a channel. Where no path can hold one (`A/17`, `..`) it stands
in the query, and anything in its place: `/v1/cases/-/resolve?id=A%2F17`.
"""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import clients as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.kernel.clock import to_instant
from noline.stores.access import Role
from noline.truth.cases.model import Kind

_ASSOCIATE = [needs(Role.ASSOCIATE)]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Store = Annotated[str, Parameter(min_length=1, max_length=200)]
Instant = Annotated[str | None, Parameter(max_length=40)]
Limit = Annotated[int, Parameter(ge=1, le=1000)]
Named = Annotated[str | None, Parameter(query="id", min_length=1)]
Answer = Response[dict[str, Any]]


class NewNote(msgspec.Struct):
    """What somebody notes of a customer. by: who; the role of the key when nobody is named, here as below."""

    text: Text
    by: Name | None = None


class NewAdviser(msgspec.Struct):
    """Who looks after a customer from now on; nobody when the name is empty."""

    by_name: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
    by: Name | None = None


class NewAppointment(msgspec.Struct):
    """A meeting at a store. at: when it begins, ISO 8601; without an offset as the clock of the store says it."""

    store: Name
    at: Name
    topic: Name
    by: Name | None = None


class NewFollowUp(msgspec.Struct):
    """What is to be done for a customer. assigned_to: nobody in particular without it.

    due: until when, ISO 8601; without an offset as the clock of the store says it.
    """

    text: Text
    due: Name
    assigned_to: Name | None = None
    store: Name | None = None
    by: Name | None = None


class NewCase(msgspec.Struct):
    """What a customer wants help with. kind: a complaint, a question (unanswered) or a call they ask for."""

    topic: Name
    text: Text | None = None
    order: Name | None = None
    store: Name | None = None
    kind: Kind = Kind.COMPLAINT
    by: Name | None = None


class Outcome(msgspec.Struct):
    """How something ended."""

    outcome: Text
    by: Name | None = None


class Doer(msgspec.Struct):
    """Who does it."""

    by: Name | None = None


@get("/v1/counter/today", guards=_ASSOCIATE, tags=["counter"])
@in_thread
def get_today(
    state: State,
    store: Store,
    begins: Annotated[str | None, Parameter(query="from", max_length=40)] = None,
    ends: Annotated[str | None, Parameter(query="to", max_length=40)] = None,
) -> dict[str, Any]:
    """The day of a store: appointments, pick-ups that are ready, open matters, follow-ups; names only."""
    span = (None if one is None else to_instant(one) for one in (begins, ends))
    return answers.today(state.hub, store, *span)


@get("/v1/customers/{person:str}/views", guards=_ASSOCIATE, tags=["counter"])
@in_thread
def get_views(state: State, person: str, limit: Limit = 100) -> list[dict[str, Any]]:
    """Who looked at the card of a customer, where, for what purpose, and which facts were shown."""
    return answers.views(state.hub, person, limit)


@post("/v1/customers/{person:str}/notes", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def write_note(state: State, request: Asking, person: str, data: NewNote) -> Answer:
    """Note something of a customer, who is shown it on request; the same `Idempotency-Key` is the same note."""
    hub, by = state.hub, who(request, data.by)
    return once(request, data, lambda: answers.made(hub, person, hub.clienteling.note(person, data.text, by=by)))


@post("/v1/customers/{person:str}/notes/{note:str}/withdraw", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def withdraw_note(state: State, request: Asking, person: str, note: str, data: Doer) -> Answer:
    """Take a note back; withdrawn again nothing happens."""
    hub, by = state.hub, who(request, data.by)
    return once(
        request, data, lambda: answers.made(hub, person, hub.clienteling.withdraw_note(person, note, by=by))
    )  # fmt: skip


@post("/v1/customers/{person:str}/adviser", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def name_adviser(state: State, request: Asking, person: str, data: NewAdviser) -> Answer:
    """Say who looks after a customer from now on; the same `Idempotency-Key` is the same deed."""
    hub, by = state.hub, who(request, data.by)
    return once(
        request, data, lambda: answers.made(hub, person, hub.clienteling.name_adviser(person, data.by_name, by=by))
    )  # fmt: skip


@post("/v1/customers/{person:str}/appointments", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def book_appointment(state: State, request: Asking, person: str, data: NewAppointment) -> Answer:
    """Agree on an appointment at a store; the same `Idempotency-Key` is the same appointment."""
    hub, by = state.hub, who(request, data.by)

    def agree() -> dict[str, Any]:
        at = hub.shop_days.bookable(data.at, data.store)
        return answers.appointment(hub, hub.clienteling.book(person, data.store, at, data.topic, by=by))

    return once(request, data, agree)


@post("/v1/appointments/{appointment:str}/keep", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def keep_appointment(state: State, request: Asking, appointment: str, data: Doer, named: Named = None) -> Answer:
    """The customer came; told again nothing happens."""
    hub, by = state.hub, who(request, data.by)
    return once(request, data, lambda: answers.appointment(hub, hub.clienteling.keep(named or appointment, by=by)))


@post("/v1/appointments/{appointment:str}/miss", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def miss_appointment(state: State, request: Asking, appointment: str, data: Doer, named: Named = None) -> Answer:
    """The customer did not come; told again nothing happens."""
    hub, by = state.hub, who(request, data.by)
    return once(request, data, lambda: answers.appointment(hub, hub.clienteling.miss(named or appointment, by=by)))


@post("/v1/appointments/{appointment:str}/withdraw", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def withdraw_appointment(state: State, request: Asking, appointment: str, data: Doer, named: Named = None) -> Answer:
    """The appointment is off; told again nothing happens."""
    hub, by = state.hub, who(request, data.by)
    return once(request, data, lambda: answers.appointment(hub, hub.clienteling.withdraw(named or appointment, by=by)))


@post("/v1/customers/{person:str}/follow-ups", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def plan_follow_up(state: State, request: Asking, person: str, data: NewFollowUp) -> Answer:
    """Plan something for a customer; the same `Idempotency-Key` is the same follow-up."""
    hub, by = state.hub, who(request, data.by)

    def plan() -> dict[str, Any]:
        due = hub.shop_days.instant(data.due, data.store)
        made = hub.clienteling.plan_follow_up(
            person, data.text, due, by=by, assigned_to=data.assigned_to, store=data.store
        )  # fmt: skip
        return answers.follow_up(hub, made)

    return once(request, data, plan)


@post("/v1/follow-ups/{follow_up:str}/close", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def close_follow_up(state: State, request: Asking, follow_up: str, data: Outcome) -> Answer:
    """Say what became of a follow-up; closed again it stays as it is."""
    hub, by = state.hub, who(request, data.by)
    return once(
        request,
        data,
        lambda: answers.follow_up(hub, hub.clienteling.close_follow_up(follow_up, data.outcome, by=by)),
    )


@post("/v1/customers/{person:str}/cases", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def open_case(state: State, request: Asking, person: str, data: NewCase) -> Answer:
    """Take down what a customer wants help with; the same `Idempotency-Key` is the same case."""
    hub, by = state.hub, who(request, data.by)

    def take_down() -> dict[str, Any]:
        made = hub.clienteling.open_case(
            person, data.topic, by=by, text=data.text, order_id=data.order, store=data.store, kind=data.kind
        )  # fmt: skip
        return answers.case(hub, made)

    return once(request, data, take_down)


@post("/v1/cases/{case:str}/resolve", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def resolve_case(state: State, request: Asking, case: str, data: Outcome, named: Named = None) -> Answer:
    """Say how a case ended; one that is closed stays as it is."""
    hub, by = state.hub, who(request, data.by)
    return once(
        request, data, lambda: answers.case(hub, hub.clienteling.resolve_case(named or case, data.outcome, by=by))
    )  # fmt: skip


@post("/v1/reviews/{review:str}/answer", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def answer_review(state: State, request: Asking, review: str, data: Outcome, named: Named = None) -> Answer:
    """Say what a customer was answered who said something of us; one that is answered stays as it is."""
    hub, by = state.hub, who(request, data.by)
    return once(
        request, data, lambda: answers.review(hub, hub.clienteling.answer_review(named or review, data.outcome, by=by))
    )  # fmt: skip


CLIENT_ROUTES = [
    get_today,
    get_views,
    write_note,
    withdraw_note,
    name_adviser,
    book_appointment,
    keep_appointment,
    miss_appointment,
    withdraw_appointment,
    plan_follow_up,
    close_follow_up,
    open_case,
    resolve_case,
    answer_review,
]
