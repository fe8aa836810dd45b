"""Recipes over HTTP: what there is, what to buy for so many, and all of it into the cart."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import recipes as answers
from noline.doors.answers.looks import noted
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MOST = 1_000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
People = Annotated[int, msgspec.Meta(ge=1, le=_MOST)]
_Asked = Annotated[str | None, Parameter(min_length=1, max_length=200)]


class RecipeCart(msgspec.Struct):
    """Where a recipe is put. cart: by id or code; without one the person's open cart, else a new one.

    chosen: SKUs by what they are in the recipe. by: who does it; the role of the key when nobody is named.
    """

    channel: Name
    person: Name | None = None
    cart: Name | None = None
    servings: People | None = None
    store: Name | None = None
    chosen: Annotated[dict[str, Name], msgspec.Meta(max_length=60)] = msgspec.field(default_factory=dict)
    by: Name | None = None


@get("/v1/recipes", guards=_ASSOCIATE, tags=["recipes"])
@in_thread
def list_recipes(state: State) -> list[dict[str, Any]]:
    """Every recipe, by name."""
    return answers.recipes(state.hub)


@get("/v1/recipes/{recipe:str}", guards=_ASSOCIATE, tags=["recipes"])
@in_thread
def get_recipe(  # noqa: PLR0917  its query parameters
    state: State,
    request: Asking,
    recipe: str,
    servings: Annotated[int | None, Parameter(ge=1, le=_MOST)] = None,
    person: _Asked = None,
    store: _Asked = None,
    channel: Annotated[str, Parameter(min_length=1, max_length=200)] = "store",
    by: Annotated[str, Parameter(max_length=200)] = "",
) -> dict[str, Any]:
    """A recipe with what to buy: `servings`, else the household that `person` declared, else as it is written.

    That somebody looked at what `person` may use is noted, once an hour.
    """
    told = answers.recipe(state.hub, recipe, servings=servings, person=person, store=store, channel=channel)
    if person is not None:
        noted(state.hub, person, what="recipe", by=who(request, by), store=store)
    return told


@post("/v1/recipes/{recipe:str}/cart", guards=_ASSOCIATE, tags=["recipes"], status_code=200)
@in_thread
def put_recipe(state: State, request: Asking, recipe: str, data: RecipeCart) -> Response[dict[str, Any]]:
    """Put the packs for a recipe into a cart; send an `Idempotency-Key` to do it once."""
    hub = state.hub
    return once(
        request,
        data,
        lambda: answers.put(
            hub,
            lambda: hub.recipes.put(
                recipe, channel=data.channel, by=who(request, data.by), cart=data.cart, servings=data.servings,
                person=data.person, store=data.store, chosen=data.chosen,
            ),
        ),
    )  # fmt: skip


RECIPE_ROUTES = [list_recipes, get_recipe, put_recipe]
