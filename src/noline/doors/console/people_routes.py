"""The addresses of the pages about customers, and what is decided there about who is who."""

import json
from collections.abc import Callable, Container, Iterable
from typing import Annotated, Any
from urllib.parse import quote

from litestar import post
from litestar.datastructures import FormMultiDict, State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors import answers
from noline.doors.answers import consents, people
from noline.doors.console import views
from noline.doors.console.leaving import left
from noline.doors.console.people_paths import customer_path
from noline.doors.console.permissions import asked_of
from noline.doors.console.render import render
from noline.doors.console.serving import ASSOCIATE, MANAGER, Asking, Form, Page, bare, html, page, page_at, shell_of
from noline.doors.http.auth import require
from noline.doors.http.threads import in_thread
from noline.flows.identity import Change, Identity
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotFound
from noline.kernel.events import Identifier
from noline.stores.access import Role
from noline.truth.clients.model import ClientUnreadable, why_not_kept

Query = Annotated[str, Parameter(max_length=200)]

_FOUND_ON_A_PAGE = 20
_LONGEST_REASON = 2_000
_LONGEST_NAME = 200


@page_at("/customers", "/customers.json", "/customers.csv", guards=ASSOCIATE)
def customers(request: Asking, state: State, q: Query = "") -> Page:
    """Find a customer."""
    found = _found(state.hub, q)
    return page(
        request, "customers", found or [], found or [],
        lambda: views.search(query=q, results=found, most=_FOUND_ON_A_PAGE),
    )  # fmt: skip


@page_at("/customers/{person:str}", guards=ASSOCIATE)
def customer(
    request: Asking,
    state: State,
    person: str,
    before: Annotated[int | None, Parameter(ge=0, le=2**62)] = None,
    done: Annotated[str, Parameter(max_length=100)] = "",
) -> Page:
    """One customer on one page; an id of before leads to whom it is today."""
    asked = bare(person)
    told = people.whole(state.hub, asked, before)
    if told["person"] != asked:
        query = f"?{request.url.query}" if request.url.query else ""
        return Redirect(customer_path(told["person"]) + person[len(asked) :] + query, status_code=307)
    older = f"{customer_path(asked)}?before={told['older']}" if told["older"] else ""
    decision = _decision(state.hub, done)
    return page(
        request, "customer", told, told["timeline"],
        lambda: views.customer(row=told, counted=answers.counted_of_customer(told), older=older, done=decision),
    )  # fmt: skip


@page_at("/customers/{person:str}/why", "/customers/{person:str}/why.json", "/customers/{person:str}/why.csv",
         guards=ASSOCIATE)  # fmt: skip
def why(request: Asking, state: State, person: str) -> Page:
    """Why a customer is one person."""
    told = people.why(state.hub, person)
    return page(request, "customer_why", told, told["held_by"], lambda: views.why(row=told))


@page_at("/customers/{person:str}/merge", guards=ASSOCIATE)
def merge(request: Asking, state: State, person: str, q: Query = "") -> Page:
    """Look for the customer who is the same person."""
    other = people.in_short(state.hub, person)
    found = _found(state.hub, q)
    view = views.search(query=q, results=found, most=_FOUND_ON_A_PAGE, other=other)
    return html(render("customer_merge", view=view, shell=shell_of(request)))


@page_at("/customers/{person:str}/compare/{other:str}", guards=ASSOCIATE)
def compare(request: Asking, state: State, person: str, other: str) -> Page:
    """Two customers side by side, to decide about."""
    told = people.side_by_side(state.hub, person, other)
    return html(render("customer_compare", view=views.compared(row=told), shell=shell_of(request)))


@post("/customers/{person:str}/compare/{other:str}", guards=ASSOCIATE, include_in_schema=False, status_code=303)
@in_thread
def decide(request: Asking, state: State, person: str, other: str, data: Form) -> Page:
    """Decide about two customers."""
    choice = data.get("choice", "")
    try:
        change = decide_about(state.hub.identity, choice, person, other, who(request), _reason(data))
    except NoLineError as refusal:
        told = people.side_by_side(state.hub, person, other)
        against = str(refusal.facts.get("decision", ""))
        view = views.compared(row=told, refused=str(refusal), hint="" if against else refusal.hint, undo=against)
        return html(render("customer_compare", view=view, shell=shell_of(request)), refusal.status)
    return _to(next(iter(change.people.values()))[0], change)


def decide_about(identity: Identity, choice: str, person: str, other: str, by: str, reason: str) -> Change:
    """One of the decisions that a page offers about two people. Raises NotFound and what the decision raises."""
    choices: dict[str, Callable[..., Change]] = {
        "same": identity.merge,
        "different": identity.part,
        "household": identity.same_household,
        "apart": identity.different_household,
    }
    if choice not in choices:
        raise NotFound(what="choice", name=choice)
    return choices[choice](person, other, by=by, reason=reason)


@post("/customers/{person:str}/consent", guards=ASSOCIATE, include_in_schema=False, status_code=303)
@in_thread
def take_down(request: Asking, state: State, person: str, data: Form) -> Page:
    """Take down what a customer says yes or no to; the same form sent twice is one statement."""
    hub: Hub = state.hub
    told = consents.consent(hub, person)
    ask = asked_of(told)
    purpose, channel = _chosen(data, "purpose", ask.purposes), _chosen(data, "channel", ask.channels)
    answer, method = _chosen(data, "answer", ("yes", "no")), _chosen(data, "method", ask.how)
    told_by, words = data.get("by", "").strip()[:_LONGEST_NAME], _text(data, "description").strip()
    if why := why_not_kept(longest=_LONGEST_NAME, by=told_by) or why_not_kept(words=words or None):
        raise ClientUnreadable(why=why)
    by, granted = f"{told_by}, {who(request)}", answer == "yes"
    sent = [data.get("after", ""), purpose, channel, answer, method, by, words]
    sent.append(str(_opposites(told["history"], purpose, channel, granted=granted)))
    hub.consent.change(
        person, purpose, channel, granted=granted, by=by, method=method, description=words or None,
        key="console " + json.dumps(sent, ensure_ascii=False),
    )  # fmt: skip
    return Redirect(f"{customer_path(person)}#consent-heading", status_code=303)


def _opposites(history: Iterable[dict[str, Any]], purpose: str, channel: str, *, granted: bool) -> int:
    """How often the opposite was said: a form sent again after that is another statement, not the same sent twice."""
    about = [one for one in history if (one["purpose"], one["channel"]) == (purpose, channel)]
    return sum(one["granted"] is not granted for one in about)


def _chosen(data: dict[str, str], field: str, offered: Container[str]) -> str:
    """What a form says of a field, when it is one of what was offered. Raises NotFound."""
    value = data.get(field, "")
    if value not in offered:
        raise NotFound(what=f"{field} of a consent", name=value)
    return value


@post("/customers/{person:str}/split", guards=ASSOCIATE, include_in_schema=False, status_code=303)
async def split(request: Asking, state: State, person: str) -> Page:
    """The ticked names are somebody else's."""
    form = await request.form()
    return await _split(request, state.hub, person, form)


@in_thread
def _split(request: Asking, hub: Hub, person: str, form: FormMultiDict) -> Page:
    ticked = [Identifier(*str(one).split(":", 1)) for one in form.getall("name", []) if ":" in str(one)]
    reason = str(form.get("reason", ""))[:_LONGEST_REASON]
    change = hub.identity.split(person, ticked, by=who(request), reason=reason)
    return _to(person, change)


@post("/decisions/{decision:str}/undo", guards=ASSOCIATE, include_in_schema=False, status_code=303)
@in_thread
def undo(request: Asking, state: State, decision: str, data: Form) -> Page:
    """Take a decision or a model's batch back, and return to where that was asked for."""
    hub: Hub = state.hub
    if hub.identity.is_batch(decision):
        require(request, Role.MANAGER)
    change = hub.identity.undo(decision, by=who(request))
    back = data.get("back", "")
    if back == "/customers/quality" or not change.people:
        return Redirect("/customers/quality?done=" + quote(decision), status_code=303)
    return _to(next(iter(change.people.values()))[0], change)


@page_at("/customers/{person:str}/erase", guards=MANAGER)
def erase(request: Asking, state: State, person: str) -> Page:
    """What will go when somebody is erased."""
    told = people.whole(state.hub, person)
    return html(render("customer_erase", view=views.leaving(row=told), shell=shell_of(request)))


@post("/customers/{person:str}/erase", guards=MANAGER, include_in_schema=False, status_code=200)
@in_thread
def erase_for_good(request: Asking, state: State, person: str, data: Form) -> Page:
    """Erase somebody whose erasure was confirmed."""
    hub: Hub = state.hub
    reason = _reason(data).strip()
    if data.get("sure") != "yes" or not reason:
        view = views.leaving(row=people.whole(hub, person), refused="Say why, and tick that this is the right person.")
        return html(render("customer_erase", view=view, shell=shell_of(request)), 400)
    receipt = hub.erase(person, by=who(request), reason=reason)
    counts: dict[str, Any] = {name: told for name, told in receipt.told.items() if isinstance(told, int)}
    view = left(number=receipt.id, at=receipt.erased_at, counts=counts)
    return html(render("customer_erase", view=view, shell=shell_of(request)))


def who(request: Asking) -> str:
    """Who decides, as the decision log names them: the console knows roles, not people."""
    return f"{request.state.role} at the console"


def _found(hub: Hub, text: str) -> list[dict[str, Any]] | None:
    if not text.strip():
        return None
    return people.found(hub, text, _FOUND_ON_A_PAGE)


def _decision(hub: Hub, name: str) -> dict[str, Any] | None:
    """The decision that led to a page; None when the address names none."""
    try:
        return people.decided(hub, name) if name else None
    except NotFound:
        return None


def _to(person: str, change: Change) -> Page:
    return Redirect(f"{customer_path(person)}?done={quote(change.decision)}", status_code=303)


def _reason(data: dict[str, str]) -> str:
    return _text(data, "reason")


def _text(data: dict[str, str], field: str) -> str:
    return data.get(field, "")[:_LONGEST_REASON]


PEOPLE_ROUTES = [
    *customers, *customer, *why, *merge, *compare, decide, take_down, split, undo, *erase, erase_for_good,
]  # fmt: skip
