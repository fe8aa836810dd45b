"""What the hub knows, over HTTP: customers, orders, stock, prices, feedback."""

from typing import Annotated, Any

from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors import answers
from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.stores.access import Role

Limit = Annotated[int, Parameter(ge=1, le=1000)]
_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]


@get("/v1/customers", guards=_ASSOCIATE, tags=["customers"])
@in_thread
def find_customers(
    state: State, q: Annotated[str, Parameter(min_length=1, max_length=200)], limit: Limit = 20
) -> list[dict[str, Any]]:
    """People found by an e-mail, phone, card, id, order or part of a name."""
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


@get("/v1/stock/{sku:str}", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def get_stock(state: State, sku: str) -> dict[str, Any]:
    """Where an item is, company-wide."""
    return answers.stock(state.hub, sku)


@get("/v1/catalogue/items", guards=_ASSOCIATE, tags=["catalogue"])
@in_thread
def find_items(
    state: State, q: Annotated[str, Parameter(max_length=200)] = "", limit: Limit = 20
) -> list[dict[str, Any]]:
    """Items whose name, brand or number holds a text."""
    with state.hub.store.reading() as reader:
        return plain(state.hub.catalogue.search(reader, q, limit))


@get("/v1/catalogue/locations", guards=_ASSOCIATE, tags=["catalogue"])
@in_thread
def list_locations(state: State) -> list[dict[str, Any]]:
    """Stores, warehouses and other places."""
    with state.hub.store.reading() as reader:
        return plain(state.hub.catalogue.locations(reader))


@get("/v1/prices/conflicts", guards=_MANAGER, tags=["prices"])
@in_thread
def list_price_conflicts(state: State, limit: Limit = 100) -> list[dict[str, Any]]:
    """Items whose price differs between channels today."""
    return answers.price_conflicts(state.hub, state.hub.now_of_history(), limit)


@get("/v1/prices/{sku:str}", guards=_ASSOCIATE, tags=["prices"])
@in_thread
def get_prices(state: State, sku: str) -> dict[str, Any]:
    """Every price of an item that was set."""
    return answers.prices(state.hub, sku)


@get("/v1/feedback", guards=_MANAGER, tags=["feedback"])
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
    find_customers, get_customer, get_order, get_stock, find_items, list_locations, list_price_conflicts, get_prices,
    get_feedback, list_open_feedback,
]  # fmt: skip
