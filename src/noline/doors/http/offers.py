"""Goods in the words of others, over HTTP: offers for schema.org, the ledger for trading partners as EPCIS 2.0."""

from typing import Annotated, Any

from litestar import Response, get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import epcis, schema_org
from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_LD_JSON = "application/ld+json"
_Name = Annotated[str, Parameter(max_length=200)]


@get("/v1/stock/{sku:str}/offer", guards=[needs(Role.ASSOCIATE)], tags=["stock"], media_type=_LD_JSON)
@in_thread
def get_offer(
    state: State,
    sku: str,
    channel: _Name = "",
    location: Annotated[str | None, Parameter(max_length=200)] = None,
    few: Annotated[int, Parameter(ge=0, le=10**9)] = schema_org.FEW,
) -> dict[str, Any]:
    """An item as a channel offers it, as schema.org's JSON-LD."""
    return schema_org.offer(state.hub, sku, channel, location, few)


@get("/v1/ledger/epcis", guards=[needs(Role.MANAGER)], tags=["stock"], media_type=_LD_JSON)
@in_thread
def get_epcis(
    state: State,
    base: Annotated[str, Parameter(min_length=1, max_length=500)],
    after: Annotated[int, Parameter(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 1000,
) -> Response[dict[str, Any]]:
    """The ledger behind a position of the log as EPCIS 2.0; the header `x-noline-after` says where to go on."""
    found = epcis.portion(state.hub, base, after, limit)
    return Response(found.document, media_type=_LD_JSON, headers={"x-noline-after": str(found.after)})


OFFER_ROUTES = [get_offer, get_epcis]
