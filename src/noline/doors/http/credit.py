"""Credit over HTTP: which unit earned what, what is guaranteed to it, what each order and hand-off is worth."""

from typing import Annotated, Any

from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import credit
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking
from noline.doors.http.seeing import MANAGER_OR_ANALYST, told_to
from noline.doors.http.threads import in_thread
from noline.flows.goods import instant_or_none
from noline.stores.access import Role

_MANAGER = [needs(Role.MANAGER)]

Name = Annotated[str, Parameter(min_length=1, max_length=200)]
Asked = Annotated[str | None, Parameter(min_length=1, max_length=200)]
Instant = Annotated[str | None, Parameter(min_length=1, max_length=50)]
Currency = Annotated[str | None, Parameter(pattern="^[A-Z]{3}$")]
Limit = Annotated[int, Parameter(ge=1, le=1000)]
Offset = Annotated[int, Parameter(ge=0, le=2**53)]
Order = Annotated[int, Parameter(ge=1, le=6)]


@get("/v1/credit", guards=MANAGER_OR_ANALYST, tags=["credit"])
@in_thread
def credit_units(
    state: State,
    request: Asking,
    *,
    method: Asked = None,
    since: Instant = None,
    until: Instant = None,
    by_month: bool = False,
) -> dict[str, Any]:
    """Each unit in today's books and as it earned: paid back, shared, its floor; in each currency."""
    return told_to(
        request, credit.units(state.hub, method, instant_or_none(since), instant_or_none(until), by_month=by_month)
    )


@get("/v1/credit/units/{unit:str}", guards=MANAGER_OR_ANALYST, tags=["credit"])
@in_thread
def credit_unit(
    state: State, request: Asking, unit: str, method: Asked = None, since: Instant = None, until: Instant = None
) -> dict[str, Any]:
    """One unit by month, and what it would earn if it stopped helping others."""
    return told_to(request, credit.unit(state.hub, unit, method, instant_or_none(since), instant_or_none(until)))


@get("/v1/credit/orders", guards=_MANAGER, tags=["credit"])
@in_thread
def credit_orders(
    state: State, *, unit: Asked = None, helped: bool = False, limit: Limit = 50, offset: Offset = 0
) -> list[dict[str, Any]]:
    """Orders, the latest first; of one unit, or only those that it helped and another one captured."""
    return credit.orders(state.hub, unit, helped=helped, limit=limit, offset=offset)


@get("/v1/credit/orders/{order_id:str}", guards=_MANAGER, tags=["credit"])
@in_thread
def credit_order(state: State, order_id: str, method: Asked = None) -> dict[str, Any]:
    """One order opened to its acts and shares."""
    return credit.order(state.hub, order_id, method)


@get("/v1/credit/order", guards=_MANAGER, tags=["credit"])
@in_thread
def credit_order_by_id(state: State, id: Name, method: Asked = None) -> dict[str, Any]:  # noqa: A002
    """The same of an order whose id no path can hold, such as gid://shopify/Order/1."""
    return credit.order(state.hub, id, method)


@get("/v1/credit/guarantee", guards=MANAGER_OR_ANALYST, tags=["credit"])
@in_thread
def credit_guarantee(
    state: State,
    request: Asking,
    books: Name = "today",
    currency: Currency = None,
    since: Instant = None,
    until: Instant = None,
) -> dict[str, Any]:
    """Whether any unit or group of units is worse off than alone.

    books: today, fair, a method, or `markov over totals`.
    """
    return told_to(
        request, credit.guarantee(state.hub, books, currency, instant_or_none(since), instant_or_none(until))
    )


@get("/v1/credit/what-if", guards=MANAGER_OR_ANALYST, tags=["credit"])
@in_thread
def credit_what_if(
    state: State, request: Asking, unit: Name, method: Asked = None, since: Instant = None, until: Instant = None
) -> dict[str, Any]:
    """What a unit would earn if it stopped helping the others, by today's books and by these."""
    return told_to(request, credit.what_if(state.hub, unit, method, instant_or_none(since), instant_or_none(until)))


@get("/v1/credit/handoffs", guards=MANAGER_OR_ANALYST, tags=["credit"])
@in_thread
def credit_handoffs(state: State, request: Asking, order: Order = 1) -> list[dict[str, Any]]:
    """What each way from one channel to the next is worth: what would be lost if it led to nothing."""
    return told_to(request, credit.handoffs(state.hub, order))


@get("/v1/credit/journeys", guards=MANAGER_OR_ANALYST, tags=["credit"])
@in_thread
def credit_journeys(state: State, request: Asking, method: Name = "shapley", order: Order = 1) -> dict[str, Any]:
    """What each channel gets of the orders by a method over journeys: first, last, shapley, markov and others."""
    return told_to(request, credit.journeys(state.hub, method, order))


CREDIT_ROUTES = [
    credit_units, credit_unit, credit_orders, credit_order, credit_order_by_id, credit_guarantee, credit_what_if,
    credit_handoffs, credit_journeys,
]  # fmt: skip
