"""Channels over HTTP: what each is for by its orders, and how customers move between them."""

from typing import Annotated, Any

from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import roles
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking
from noline.doors.http.seeing import MANAGER_OR_ANALYST, told_to
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.stores.access import Role

_MANAGER = [needs(Role.MANAGER)]

By = Annotated[str, Parameter(min_length=1, max_length=20)]
Kth = Annotated[int, Parameter(ge=-(2**31), le=2**31)]


@get("/v1/channels/roles", guards=MANAGER_OR_ANALYST, tags=["channels"])
@in_thread
def channel_roles(state: State, request: Asking, by: By = "channel") -> dict[str, Any]:
    """What the orders of each channel (`by=unit`: of each store too) show: whom it brings, keeps and gets back."""
    return told_to(request, plain(roles.roles(state.hub, by)))


@get("/v1/channels/migration", guards=MANAGER_OR_ANALYST, tags=["channels"])
@in_thread
def channel_migration(state: State, request: Asking, k: Kth = 2) -> dict[str, Any]:
    """Where customers go from their first order to their k-th, and how many are lost on the way."""
    return told_to(request, plain(roles.migration(state.hub, k)))


@get("/v1/channels/customers", guards=MANAGER_OR_ANALYST, tags=["channels"])
@in_thread
def channel_customers(state: State, request: Asking) -> dict[str, Any]:
    """Customers by how they use channels: one, several, crossing inside an order, crossing both ways."""
    return told_to(request, plain(roles.customers(state.hub)))


@get("/v1/channels/index", guards=MANAGER_OR_ANALYST, tags=["channels"])
@in_thread
def company_index(
    state: State, request: Asking, lookup_p95_ms: Annotated[float | None, Parameter(ge=0, le=1e9)] = None
) -> dict[str, Any]:
    """What the company can do across channels: what exists, and how well it works."""
    return told_to(request, plain(roles.index(state.hub, lookup_p95_ms)))


@get("/v1/channels/partners", guards=_MANAGER, tags=["channels"])
@in_thread
def channel_partners(state: State) -> dict[str, Any]:
    """Channels in which others sell, by the measures of every channel, and each business that orders."""
    return plain(roles.partners(state.hub))


ROLES_ROUTES = [channel_roles, channel_migration, channel_customers, company_index, channel_partners]
