"""Recommendations over HTTP: what a customer buys next, each with why."""

from typing import Annotated, Any, Literal

from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import recommend as answers
from noline.doors.answers.looks import noted
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, who
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]

Store = Annotated[str | None, Parameter(min_length=1, max_length=200)]
Skus = Annotated[str, Parameter(max_length=4000, description="SKUs with commas between them.")]
Words = Annotated[str, Parameter(max_length=200)]
Count = Annotated[int, Parameter(ge=1, le=50)]


@get("/v1/customers/{person:str}/recommendations", guards=_ASSOCIATE, tags=["counter"])
@in_thread
def get_recommendations(  # noqa: PLR0917  its query parameters
    state: State,
    request: Asking,
    person: str,
    mode: Literal["repeat", "new", "basket"] = "repeat",
    k: Count = 10,
    store: Store = None,
    basket: Skus = "",
    by: Words = "",
) -> dict[str, Any]:
    """What the customer buys again, what is new to them, or what goes with a basket; nothing without their consent.

    That somebody looked is noted, once an hour.
    """
    skus = [sku.strip() for sku in basket.split(",") if sku.strip()]
    told = answers.recommendations(state.hub, person, mode=mode, k=k, store=store, basket=skus)
    noted(state.hub, person, what="recommendation", by=who(request, by), store=store)
    return told


RECOMMEND_ROUTES = [get_recommendations]
