"""The addresses of the pages about orders, and the button that cancels one."""

from typing import Annotated

from litestar import post
from litestar.datastructures import State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors.answers import shop_orders
from noline.doors.console import orders
from noline.doors.console.people_routes import who
from noline.doors.console.render import render
from noline.doors.console.serving import ASSOCIATE, Asking, Form, Page, bare, html, page, page_at, shell_of
from noline.doors.console.stock_paths import order_path
from noline.doors.http.threads import in_thread
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotFound

Text = Annotated[str, Parameter(max_length=200)]

_ON_A_PAGE = 100
_LONGEST_REASON = 500
_COUNTED_LISTS = {"orders": shop_orders.COUNTED["orders"]}
_COUNTED_UNITS = {"units": shop_orders.COUNTED["units"]}


@page_at("/orders", "/orders.json", "/orders.csv", guards=ASSOCIATE)
def find(request: Asking, state: State, how_far: Annotated[str, Parameter(query="state", max_length=20)] = "",
         q: Text = "") -> Page:  # fmt: skip
    """Orders that are so far; a number leads to its order."""
    hub: Hub = state.hub
    number = q.strip()
    if number and shop_orders.exists(hub, number):
        return Redirect(order_path(number), status_code=307)
    counts = shop_orders.counted(hub, _ON_A_PAGE)
    chosen = how_far or next((name for name in shop_orders.FILTERS if counts.get(name)), shop_orders.TO_PICK)
    if chosen not in shop_orders.FILTERS:
        raise NotFound(what="list of orders", name=chosen)
    rows = shop_orders.orders_that(hub, chosen, _ON_A_PAGE)
    return page(
        request, "orders", rows, rows,
        lambda: orders.orders(
            chosen=chosen, rows=rows, counts=counts, most=_ON_A_PAGE, counted=_COUNTED_LISTS, query=q,
            unknown=bool(number),
        ),
        query=f"state={chosen}",
    )  # fmt: skip


@page_at("/orders/{order:str}", guards=ASSOCIATE)
def order(request: Asking, state: State, order: str, done: Annotated[str, Parameter(max_length=20)] = "") -> Page:
    """One order: what became of each unit, from where, and why."""
    number = bare(order)
    told = shop_orders.whole(state.hub, number)
    said = "It is cancelled; nothing is promised for it any more." if done == "cancelled" else ""
    return page(
        request, "order", told, told["lines"], lambda: orders.order(row=told, counted=_COUNTED_UNITS, done=said),
        path=order_path(number), query="",
    )  # fmt: skip


@post("/orders/{order:str}/cancel", guards=ASSOCIATE, include_in_schema=False, status_code=303)
@in_thread
def cancel(request: Asking, state: State, order: str, data: Form) -> Page:
    """Cancel what has not left the house."""
    hub: Hub = state.hub
    try:
        lines = shop_orders.still_here(hub, order)
        if lines:
            hub.ordering.cancel(order, lines, by=who(request), reason=data.get("reason", "")[:_LONGEST_REASON].strip())
    except NotFound:
        raise
    except NoLineError as refusal:
        view = orders.order(
            row=shop_orders.whole(hub, order), counted=_COUNTED_UNITS, refused=str(refusal), hint=refusal.hint
        )
        return html(render("order", view=view, shell=shell_of(request)), refusal.status)
    return Redirect(f"{order_path(order)}?done=cancelled", status_code=303)


ORDERS_ROUTES = [*find, *order, cancel]
