"""What the hub knows, over HTTP: where people are lost, sales, records, customers, orders, stock, prices, feedback."""

from typing import Annotated, Any

from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors import answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking
from noline.doors.http.seeing import ASSOCIATE_OR_ANALYST, MANAGER_OR_ANALYST, told_to
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.stores.access import Role

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Offset = Annotated[int, Parameter(ge=0, le=2**53)]
Position = Annotated[int, Parameter(ge=0, le=2**53)]
_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]


@get("/v1/journeys/handoffs", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_handoffs(state: State, request: Asking) -> list[dict[str, Any]]:
    """Each pair of channels that people were handed over between, most lost people first."""
    return told_to(request, answers.handoffs(state.hub))


@get("/v1/journeys/handoffs/{sender:str}/{receiver:str}/groups", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_handoff_groups(
    state: State, request: Asking, sender: str, receiver: str, limit: Limit = 100, offset: Offset = 0
) -> list[dict[str, Any]]:
    """The declared hand-offs of one pair of channels by their group."""
    return told_to(request, answers.handoff_groups(state.hub, sender, receiver))[offset : offset + limit]


@get("/v1/journeys/handoffs/{sender:str}/{receiver:str}/breakdown", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_handoff_breakdown(
    state: State,
    request: Asking,
    sender: str,
    receiver: str,
    *,
    by: Annotated[str, Parameter(pattern="^(store|month|sku|country|group)$")] = "store",
    monthly: bool = False,
    limit: Limit = 100,
    offset: Offset = 0,
) -> list[dict[str, Any]]:
    """One pair of channels in parts: where and when people are lost between them."""
    parts = answers.handoff_breakdown(state.hub, sender, receiver, by, monthly=monthly)
    return told_to(request, parts)[offset : offset + limit]


@get("/v1/journeys/carried-over/{sender:str}/{receiver:str}", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_carried_over(
    state: State, request: Asking, sender: str, receiver: str, within_days: Annotated[int, Parameter(ge=1, le=366)] = 7
) -> list[dict[str, Any]]:
    """What one channel prepared and another sold, by place: people, orders and revenue."""
    return told_to(request, answers.carried_over(state.hub, sender, receiver, within_days))


@get("/v1/journeys/handoffs/{sender:str}/{receiver:str}/lost", guards=_MANAGER, tags=["journeys"])
@in_thread
def list_lost_people(
    state: State, sender: str, receiver: str, limit: Limit = 50, offset: Offset = 0
) -> list[dict[str, Any]]:
    """Who was lost between two channels, the latest loss first, with the evidence."""
    return answers.lost_people(state.hub, sender, receiver, limit, offset)


@get("/v1/journeys/drop-offs", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_drop_offs(state: State, request: Asking) -> list[dict[str, Any]]:
    """By channel: who showed intent and reached no goal there, and who only seemed to be lost."""
    return told_to(request, answers.drop_offs(state.hub))


@get("/v1/sales", guards=MANAGER_OR_ANALYST, tags=["sales"])
@in_thread
def get_sales(state: State, request: Asking, *, by_month: bool = False) -> list[dict[str, Any]]:
    """Orders, people and revenue of each channel in each currency, of all time or of each month."""
    return told_to(request, answers.sales_by_channel(state.hub, by_month=by_month))


@get("/v1/counted/{question:str}", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def get_counted(state: State, question: str) -> dict[str, Any]:
    """How a question is counted: words, SQL and parameters."""
    return plain(answers.counted(state.hub, question))


@get("/v1/records/{seq:int}", guards=_MANAGER, tags=["records"])
@in_thread
def get_record(state: State, seq: Position) -> dict[str, Any]:
    """One record of the log, unsealed; `body` is null when it was erased."""
    return answers.record(state.hub, seq)


@get("/v1/customers", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def find_customers(
    state: State, q: Annotated[str, Parameter(min_length=1, max_length=200)], limit: Limit = 20
) -> list[dict[str, Any]]:
    """People found by an e-mail, phone, card, id, order, or part of a name, city, postcode, phone or card; and why."""
    return answers.found_customers(state.hub, q, limit)


@get("/v1/customers/{person:str}", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def get_customer(
    state: State, person: str, before: Annotated[int | None, Parameter(ge=0, le=2**62)] = None, limit: Limit = 500
) -> dict[str, Any]:
    """One person with orders and timeline; `before` (microseconds) pages into the past."""
    return answers.customer(state.hub, person, before, limit)


@get("/v1/orders/{order_id:str}", guards=_ASSOCIATE, tags=["orders"])
@in_thread
def get_order(state: State, order_id: str) -> dict[str, Any]:
    """One order with its lines."""
    return answers.order(state.hub, order_id)


@get("/v1/stock/{sku:str}", guards=ASSOCIATE_OR_ANALYST, tags=["stock"])
@in_thread
def get_stock(state: State, sku: str) -> dict[str, Any]:
    """Where an item is, company-wide."""
    return answers.stock(state.hub, sku)


@get("/v1/catalogue/items", guards=ASSOCIATE_OR_ANALYST, tags=["catalogue"])
@in_thread
def find_items(
    state: State, q: Annotated[str, Parameter(max_length=200)] = "", limit: Limit = 20
) -> list[dict[str, Any]]:
    """Items whose name, brand or number holds a text."""
    with state.hub.store.reading() as reader:
        return plain(state.hub.catalogue.search(reader, q, limit))


@get("/v1/catalogue/locations", guards=ASSOCIATE_OR_ANALYST, tags=["catalogue"])
@in_thread
def list_locations(state: State, limit: Limit = 1000, offset: Offset = 0) -> list[dict[str, Any]]:
    """Stores, warehouses and other places."""
    with state.hub.store.reading() as reader:
        return plain(state.hub.catalogue.locations(reader)[offset : offset + limit])


@get("/v1/prices/conflicts", guards=MANAGER_OR_ANALYST, tags=["prices"])
@in_thread
def list_price_conflicts(state: State, limit: Limit = 100) -> list[dict[str, Any]]:
    """Items whose price differs between channels today."""
    return answers.price_conflicts(state.hub, state.hub.now_of_history(), limit)


@get("/v1/prices/{sku:str}", guards=ASSOCIATE_OR_ANALYST, tags=["prices"])
@in_thread
def get_prices(state: State, sku: str) -> dict[str, Any]:
    """Every price of an item that was set."""
    return answers.prices(state.hub, sku)


@get("/v1/feedback", guards=MANAGER_OR_ANALYST, tags=["feedback"])
@in_thread
def get_feedback(state: State) -> dict[str, Any]:
    """How many loops are open, since when, and where."""
    return answers.feedback_by_place(state.hub)


@get("/v1/feedback/open", guards=_MANAGER, tags=["feedback"])
@in_thread
def list_open_feedback(state: State, limit: Limit = 100) -> list[dict[str, Any]]:
    """Open loops, oldest first."""
    return answers.open_feedback(state.hub, limit)


KNOWLEDGE_ROUTES = [
    list_handoffs, list_handoff_groups, list_handoff_breakdown, list_carried_over, list_lost_people,
    list_drop_offs, get_sales, get_counted, get_record,
    find_customers, get_customer, get_order, get_stock, find_items, list_locations, list_price_conflicts, get_prices,
    get_feedback, list_open_feedback,
]  # fmt: skip
