"""The addresses of the pages about credit: all units, one unit, one order, and what is guaranteed."""

from typing import Annotated

from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import credit as answers
from noline.doors.answers import shop_orders
from noline.doors.console import credit, credit_guarantee, credit_order, credit_unit
from noline.doors.console.credit import Looking
from noline.doors.console.credit_words import BOOKS, order_path, unit_path
from noline.doors.console.periods import EVER, Period, months_between, period_of, periods
from noline.doors.console.serving import MANAGER, Asking, Json, Page, bare, is_data, page, page_at, seen
from noline.doors.console.stock_paths import order_path as goods_path
from noline.doors.http.seeing import MANAGER_OR_ANALYST, sees_people
from noline.hub import Hub

Text = Annotated[str, Parameter(max_length=60)]
OrderId = Annotated[str, Parameter(min_length=1, max_length=200)]
Offset = Annotated[int, Parameter(ge=0, le=2**53)]

_MOST_HELPERS = 5
_AS_DATA = 10_000

COUNTED_HANDOFFS: Json = {
    "words": f"{answers.COUNTED_JOURNEYS}\n\nWhat a hand-off is worth: the part of all orders that a Markov chain over "
    "these journeys loses when every move from the one channel to the other leads to nothing. Two hand-offs of one "
    "journey both lose it, so they do not add up. An association: nobody was kept from going that way.",
    "parameters": {"steps that the chain remembers": 1},
}
"""How the worth of a hand-off is counted."""


@page_at("/credit", "/credit.json", "/credit.csv", guards=MANAGER_OR_ANALYST)
def units(request: Asking, state: State, currency: Text = "", period: Text = "", method: Text = "") -> Page:
    """Who earned what: every unit in today's books and as it earned."""
    hub: Hub = state.hub
    looking = Looking(currency, period_of(period), method)
    told = seen(request, _units(hub, looking))
    rows = [row for one in told["currency_sections"] for row in one["units"]]
    return page(request, "credit", told, rows, lambda: _units_view(request, told, looking))


def _units_view(request: Asking, told: Json, looking: Looking) -> credit.CreditPage:
    hub: Hub = request.app.state.hub
    counted = {**told["counted"], "handoffs": COUNTED_HANDOFFS}
    what_ifs: list[Json] = []
    for unit in credit.helpers_of(told, looking, _MOST_HELPERS):
        found = answers.what_if(hub, unit, looking.method or None, looking.period.since, looking.period.until)
        what_ifs += seen(request, found["currencies"])
        counted["what_if"] = found["counted"]
    return credit.units(
        told=told, what_ifs=what_ifs, handoffs=seen(request, answers.handoffs(hub)), months=_months(hub),
        looking=looking, counted=counted,
    )  # fmt: skip


@page_at("/credit/units/{unit:str}", guards=MANAGER_OR_ANALYST)
def unit(
    request: Asking, state: State, unit: str, currency: Text = "", period: Text = "", method: Text = "",
    offset: Offset = 0,
) -> Page:  # fmt: skip
    """The statement of one unit; the data hold every order that it helped, the page a portion."""
    hub: Hub = state.hub
    name = bare(unit)
    looking = Looking(currency, period_of(period), method)
    since, until = looking.period.since, looking.period.until
    told = seen(request, answers.unit(hub, name, method or None, since, until))
    limit = _AS_DATA if is_data(request) else credit_unit.ON_A_PAGE + 1
    asked = {"limit": limit, "offset": offset, "since": since, "until": until, "method": method or None}
    orders = answers.orders(hub, name, helped=True, **asked) if sees_people(request) else []
    rows = [row for one in told["by_month"] for row in one["units"]]

    def view() -> credit_unit.UnitPage:
        stopping = answers.what_if(hub, name, method or None, since, until)
        counted = {**told["counted"], "what_if": stopping["counted"]}
        return credit_unit.unit(
            told=told, orders=orders, months=_months(hub), looking=looking, offset=offset, counted=counted
        )

    return page(
        request, "credit_unit", {**told, "orders": orders}, rows, view, path=unit_path(name),
        query=unit_path(name, **looking.query()).partition("?")[2],
    )  # fmt: skip


@page_at("/credit/orders/{order:str}", guards=MANAGER)
def order(request: Asking, state: State, order: str, method: Text = "") -> Page:
    """One order opened to its acts and shares; the data as a table are its shares."""
    return _order(request, state.hub, bare(order), method, path=order_path(bare(order)))


@page_at("/credit/order", "/credit/order.json", "/credit/order.csv", guards=MANAGER)
def order_by_id(request: Asking, state: State, id: OrderId, method: Text = "") -> Page:  # noqa: A002
    """The same of an order whose id no path can hold, such as gid://shopify/Order/1."""
    return _order(request, state.hub, id, method)


def _order(request: Asking, hub: Hub, number: str, method: str, path: str | None = None) -> Page:
    told = answers.order(hub, number, method or None)
    story = goods_path(number) if shop_orders.exists(hub, number) else ""
    return page(
        request, "credit_order", told, told["shares"],
        lambda: credit_order.order(row=told, counted=told["counted"], story=story), path=path,
    )  # fmt: skip


@page_at("/credit/guarantee", "/credit/guarantee.json", "/credit/guarantee.csv", guards=MANAGER_OR_ANALYST)
def guarantee(request: Asking, state: State, currency: Text = "", period: Text = "") -> Page:
    """Which books leave a unit or a group of units worse off than it would be alone."""
    hub: Hub = state.hub
    looking = Looking(currency, period_of(period))
    told = seen(request, _units(hub, looking))
    section = credit.section_of(told, currency)
    # A unit may have costs in a currency that no order is in: there is nothing to hold against the guarantee then.
    shown = section["currency"] if section and section["currency"] in hub.credit.trade.currencies else None
    since, until = looking.period.since, looking.period.until
    books = {kind: seen(request, answers.guarantee(hub, kind, shown, since, until)) for kind in BOOKS} if shown else {}
    counted = next((one["counted"] for one in books.values()), told["counted"]["units"])
    rows = [{"books": kind, **row} for kind, one in books.items() for row in one["units"]]
    return page(
        request, "credit_guarantee", books, rows,
        lambda: credit_guarantee.guarantee(
            told=told, books=books, months=_months(hub), looking=looking, counted={"guarantee": counted}
        ),
    )  # fmt: skip


def _units(hub: Hub, looking: Looking) -> Json:
    return answers.units(hub, looking.method or None, looking.period.since, looking.period.until)


def _months(hub: Hub) -> tuple[Period, ...]:
    """The periods from the first order that the books hold to the last."""
    placed = hub.credit.trade.orders.placed_at
    return periods(months_between(int(placed.min()), int(placed.max()))) if placed.size else (EVER,)


CREDIT_ROUTES = [*units, *unit, *order, *order_by_id, *guarantee]
