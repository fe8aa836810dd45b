"""The addresses of the counter: find who stands there, greet them, and go on without a network."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from litestar import Response, get
from litestar.datastructures import Cookie, State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors.answers import card as cards
from noline.doors.answers import clients, shop
from noline.doors.console import counter
from noline.doors.console.people_routes import who
from noline.doors.console.render import STATIC, render
from noline.doors.console.serving import (
    ASSOCIATE,
    Asking,
    Page,
    bare,
    html,
    is_data,
    page,
    page_at,
    shell_of,
)
from noline.doors.console.today_routes import STORE
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.hub import Hub
from noline.kernel.clock import to_instant
from noline.stores.access import Role
from noline.truth.catalogue.model import Location

WORKS_HERE = "noline_by"
"""The cookie that remembers who works at this device, as they said."""

_LONGEST_NAME = 100
_A_YEAR_S = 365 * 86_400
_FOUND_ON_A_PAGE = 20

_Location = Annotated[str | None, Parameter(max_length=200)]
_Text = Annotated[str, Parameter(max_length=200)]
_Presence = Literal["declared", "appointment", "pickup", "passive"]
_Language = Literal["en", "de", "fr", "ja"]


@page_at("/counter", "/counter.json", guards=ASSOCIATE)
def the_counter(request: Asking, state: State, location: _Location = None, q: _Text = "") -> Page:
    """Whom the counter expects today; a text leads to who is found by it, and an empty location asks for the store."""
    hub: Hub = state.hub
    if q.strip():
        return _found(request, hub, q)
    here = request.cookies.get(STORE, "") if location is None else location
    stores = shop.locations(hub)
    if here not in {one.location for one in stores}:
        rows = _stores(stores)
        return page(request, "counter", rows, rows, lambda: counter.choose(stores=rows))
    if location is not None and not is_data(request):
        return Redirect("/counter", status_code=303, cookies=[_remembered(request, here)])
    told = clients.today(hub, here)
    return page(request, "counter", told, None, lambda: counter.day(row=told, sees_all=_sees_all(request)))


@page_at("/counter/customers/{person:str}", guards=ASSOCIATE)
def card(
    request: Asking,
    state: State,
    person: str,
    store: _Location = None,
    presence: _Presence = "declared",
    lang: _Language | None = None,
    found_by: _Text = "",
) -> Page:
    """The card of one customer; that somebody looked is noted."""
    hub: Hub = state.hub
    here = _here(request, hub) if store is None else store
    told = cards.card(
        hub, bare(person), store=here or None, presence=presence, language=lang, role=str(request.state.role),
        by=_who(request), identified_by=found_by,
    )  # fmt: skip
    told = for_counter(hub, told)
    place = told.get("place") or ""
    return page(
        request, "counter", told, None,
        lambda: counter.card(
            row=told, store=here, place=place, sees_all=_sees_all(request), stores=_stores(shop.locations(hub))
        ),
    )  # fmt: skip


@get("/counter/book", guards=ASSOCIATE, include_in_schema=False)
@in_thread
def book(request: Asking, state: State, store: _Text) -> dict[str, Any]:
    """What a device keeps for the day: who is expected or waits at a store, with their cards and no others."""
    told: dict[str, Any] = cards.book(state.hub, store, role=str(request.state.role), by=_who(request))
    return told | {"cards": {person: for_counter(state.hub, one) for person, one in told["cards"].items()}}


@get("/counter/shell", guards=ASSOCIATE, include_in_schema=False)
@in_thread
def kept_page(request: Asking) -> Page:
    """The page that a device keeps for the time without a network: it knows nobody."""
    return html(render("counter", view=counter.shell(sees_all=_sees_all(request)), shell=shell_of(request)))


@get("/counter-worker.js", guards=ASSOCIATE, include_in_schema=False)
@in_thread
def worker() -> Page:
    """What goes on serving the counter without a network; its address is where it may do so."""
    text = (STATIC / "counter-worker.js").read_text("utf-8")
    return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})


def for_counter(hub: Hub, told: dict[str, Any]) -> dict[str, Any]:
    """A card with what its page needs besides, as far as its sections are there.

    Appointments: place and local_at, by the store's own clock. Open matters that are reviews: stars, of five.
    """
    agreed = told.get("appointments", [])
    there = hub.shop_days.there((one["store"], to_instant(one["at"])) for one in agreed) if agreed else []
    besides: dict[str, Any] = {
        name: [one | _stars(hub, told, one) for one in told[name]] for name in ("loops", "other_loops") if name in told
    }
    if agreed:
        besides["appointments"] = [
            one | {"place": at.place, "local_at": at.at} for one, at in zip(agreed, there, strict=True)
        ]
    return told | besides


def _stars(hub: Hub, told: dict[str, Any], matter: dict[str, Any]) -> dict[str, Any]:
    rests_on = {one for fact in matter["facts"] for one in told["facts"][fact]["evidence"]}
    if f"review:{matter['id']}" not in rests_on:
        return {}
    rating = hub.clienteling.review(matter["id"]).rating_hundredths
    return {} if rating is None else {"stars": rating / 100}


def _found(request: Asking, hub: Hub, text: str) -> Page:
    """Who is the only one found is greeted at once, as a scanner expects it."""
    rows = [
        {"person": one.person, "name": one.name, "city": one.traits.get("address.city"), "matched": list(one.found_by)}
        for one in hub.find_customers(text, _FOUND_ON_A_PAGE)
    ]
    if len(rows) == 1 and not is_data(request):
        (one,) = rows
        found_by = one["matched"][0] if one["matched"] else ""
        return Redirect(counter.counter_path(one["person"], found_by), status_code=303)
    place = _here(request, hub) or "a store"
    return page(
        request, "counter", rows, None,
        lambda: counter.found(rows=rows, looked_for=text, place=place, most=_FOUND_ON_A_PAGE),
    )  # fmt: skip


def _here(request: Asking, hub: Hub) -> str:
    """Which store this device stands in; empty while nobody said, or where it is no longer there."""
    said = request.cookies.get(STORE, "")
    return said if any(one.location == said for one in shop.locations(hub)) else ""


def _stores(locations: Sequence[Location]) -> list[dict[str, Any]]:
    """Those where customers come to; where nobody said so, all."""
    rows: list[dict[str, Any]] = plain([one for one in locations if one.channel == "store"] or locations)
    return rows


def _who(request: Asking) -> str:
    """Who looks: the name that was said at this device, else the role."""
    name = unquote(request.cookies.get(WORKS_HERE, "")).strip()[:_LONGEST_NAME]
    return name if name.isprintable() and name else who(request)


def _remembered(request: Asking, store: str) -> Cookie:
    secure = request.url.scheme == "https"
    return Cookie(key=STORE, value=store, max_age=_A_YEAR_S, httponly=True, samesite="lax", secure=secure, path="/")


def _sees_all(request: Asking) -> bool:
    role: Role = request.state.role
    return role.includes(Role.MANAGER)


COUNTER_ROUTES = [*the_counter, *card, book, kept_page, worker]
