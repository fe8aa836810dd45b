"""The address of "Store today": the store is chosen once, and buttons come back to the page they were pressed on."""

from typing import Annotated
from urllib.parse import quote

from litestar import post
from litestar.datastructures import Cookie, State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors.answers import shop
from noline.doors.answers.today import work
from noline.doors.console import today
from noline.doors.console.people_routes import who
from noline.doors.console.render import render
from noline.doors.console.serving import ASSOCIATE, Asking, Form, Page, html, is_data, page, page_at, shell_of
from noline.doors.console.today_deeds import act
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.hub import Hub

STORE = "noline_store"
"""The cookie that remembers which store this device stands in."""

_A_YEAR_S = 365 * 86_400
_Location = Annotated[str | None, Parameter(max_length=200)]
_Text = Annotated[str, Parameter(max_length=200)]


@page_at("/today", "/today.json", "/today.csv", guards=ASSOCIATE)
def store_today(request: Asking, state: State, location: _Location = None, q: _Text = "") -> Page:
    """What a store has to do; an empty location asks for the store again."""
    hub: Hub = state.hub
    here = request.cookies.get(STORE, "") if location is None else location
    stores = shop.locations(hub)
    if here not in {one.location for one in stores}:
        rows = plain([one for one in stores if one.channel == "store"] or stores)
        return page(request, "today", rows, rows, lambda: today.choose(stores=rows))
    if location is None and not is_data(request):
        return Redirect(f"/today?location={quote(here, safe='')}", status_code=307)
    told = work(hub, here, q)
    answer = page(
        request, "today", told, [*told["to_pick"], *told["ready"]],
        lambda: today.today(row=told, key=lambda: hub.deeds.new_id("tap")),
    )  # fmt: skip
    if request.cookies.get(STORE) != here:
        secure = request.url.scheme == "https"
        answer.set_cookie(
            Cookie(key=STORE, value=here, max_age=_A_YEAR_S, httponly=True, samesite="lax", secure=secure)
        )
    return answer


@post("/today", guards=ASSOCIATE, include_in_schema=False, status_code=200)
@in_thread
def press(request: Asking, state: State, data: Form) -> Page:
    """Do what a button of the page says, and show what is to be done now."""
    hub: Hub = state.hub
    said = act(request, data, who(request))
    told = work(hub, data.get("location", ""), data.get("q", ""))
    view = today.today(row=told, key=lambda: hub.deeds.new_id("tap"), said=said)
    return html(render("today", view=view, shell=shell_of(request)))


TODAY_ROUTES = [*store_today, press]
