"""Which tools and resources each scope has."""

from collections.abc import Mapping

from noline.doors.mcp.calling import Calling
from noline.doors.mcp.customers import FIND_CUSTOMERS, GET_CARD, OPEN_CASE, RESOLVE_CASE, WRITE_NOTE
from noline.doors.mcp.goods import CHECK_AVAILABILITY, CHECK_AVAILABILITY_FOR_PARTNERS, RELEASE_STOCK, RESERVE_STOCK
from noline.doors.mcp.model import Resource, Scope, Tool
from noline.doors.mcp.numbers import (
    GET_PROGRAMME,
    GET_SCORECARD,
    LIST_CREDIT_UNITS,
    LIST_FRICTIONS,
    LIST_HANDOFFS,
    LIST_LOOPS,
    LIST_PROGRAMMES,
)
from noline.doors.mcp.orders import GET_ORDER, GET_ORDER_STATUS, GET_RETURN
from noline.doors.mcp.shopping import GET_RECIPE, LIST_RECIPES, PUT_RECIPE_IN_CART, RECOMMEND_ITEMS
from noline.hub import Hub

TOOLS: Mapping[Scope, tuple[Tool, ...]] = {
    Scope.STAFF: (
        FIND_CUSTOMERS, GET_CARD, CHECK_AVAILABILITY, RESERVE_STOCK, RELEASE_STOCK, WRITE_NOTE, OPEN_CASE, RESOLVE_CASE,
        RECOMMEND_ITEMS, LIST_RECIPES, GET_RECIPE, PUT_RECIPE_IN_CART, GET_ORDER, GET_RETURN,
    ),
    Scope.MANAGER: (
        LIST_HANDOFFS, LIST_FRICTIONS, LIST_CREDIT_UNITS, GET_SCORECARD, LIST_PROGRAMMES, GET_PROGRAMME, LIST_LOOPS,
    ),
    Scope.PARTNER: (CHECK_AVAILABILITY_FOR_PARTNERS, RESERVE_STOCK, GET_ORDER_STATUS),
}  # fmt: skip
"""A partner places holds and cannot touch those of others; what it does not use ends by itself."""

RESOURCES: Mapping[Scope, tuple[Resource, ...]] = {
    Scope.STAFF: (
        Resource("noline://recipes", LIST_RECIPES),
        Resource("noline://recipes/{recipe}", GET_RECIPE, "recipe"),
        Resource("noline://customers/{person}/card", GET_CARD, "person"),
        Resource("noline://orders/{order}", GET_ORDER, "order"),
        Resource("noline://returns/{back}", GET_RETURN, "back"),
    ),
    Scope.MANAGER: (
        Resource("noline://handoffs", LIST_HANDOFFS),
        Resource("noline://frictions", LIST_FRICTIONS),
        Resource("noline://scorecard", GET_SCORECARD),
        Resource("noline://programmes", LIST_PROGRAMMES),
        Resource("noline://programmes/{programme}", GET_PROGRAMME, "programme"),
    ),
    Scope.PARTNER: (
        Resource("noline://availability/{items}", CHECK_AVAILABILITY_FOR_PARTNERS, "items", several=True),
        Resource("noline://orders/{order}/status", GET_ORDER_STATUS, "order"),
    ),
}


def calling(hub: Hub, scope: Scope) -> Calling:
    """The tools of a scope of a hub."""
    return Calling(hub, scope, TOOLS[scope], RESOURCES[scope])
