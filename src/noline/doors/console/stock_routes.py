"""The addresses of the pages about stock: find an item, see where it is, and why a location has what it has."""

from typing import Annotated

from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import shop
from noline.doors.console import stock, stock_moves
from noline.doors.console.serving import ASSOCIATE, Asking, Page, is_data, page, page_at

Query = Annotated[str, Parameter(max_length=200)]
Name = Annotated[str, Parameter(min_length=1, max_length=200)]

_FOUND_ON_A_PAGE = 20
_MOVES_ON_A_PAGE = 200
_MOVES_AS_DATA = 10_000


@page_at("/stock", "/stock.json", "/stock.csv", guards=ASSOCIATE)
def find(request: Asking, state: State, q: Query = "") -> Page:
    """Find an item; before anything is looked for, what needs a look."""
    looks = shop.overpromised(state.hub)
    found = shop.found_items(state.hub, q, _FOUND_ON_A_PAGE) if q.strip() else None
    told = looks if found is None else found
    return page(
        request, "stock", told, told,
        lambda: stock.search(
            query=q, rows=found, looks=looks, most=_FOUND_ON_A_PAGE, counted=shop.counted("overpromised")
        ),
    )  # fmt: skip


@page_at("/stock/item", "/stock/item.json", "/stock/item.csv", guards=ASSOCIATE)
def item(request: Asking, state: State, sku: Name) -> Page:
    """One item at every location."""
    told = shop.item(state.hub, sku)
    return page(
        request, "stock_item", told, told["locations"],
        lambda: stock.item(row=told, counted=shop.counted("stock", sku=sku)),
    )  # fmt: skip


@page_at("/stock/moves", "/stock/moves.json", "/stock/moves.csv", guards=ASSOCIATE)
def moves(request: Asking, state: State, sku: Name, location: Name) -> Page:
    """Why a location has what it has; the data hold the ledger, the page its latest lines."""
    told = shop.cell(state.hub, sku, location, _MOVES_AS_DATA if is_data(request) else _MOVES_ON_A_PAGE)
    return page(
        request, "stock_moves", told, told["moves"],
        lambda: stock_moves.cell(row=told, counted=shop.counted("moves", sku=sku, location=location)),
    )  # fmt: skip


STOCK_ROUTES = [*find, *item, *moves]
