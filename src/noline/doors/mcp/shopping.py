"""Tools that lead to a basket: recommendations, and recipes for so many."""

from typing import Annotated, Literal

import msgspec

from noline.doors.answers import recipes
from noline.doors.mcp.customers import Person
from noline.doors.mcp.model import Asks, Caller, Json, Name, Nothing, Once, Tool
from noline.hub import Hub
from noline.insight.recipes.service import MOST_SERVINGS

_RECIPE = msgspec.Meta(min_length=1, max_length=200, description="The id of a recipe, as list_recipes answers it.")
People = Annotated[int, msgspec.Meta(ge=1, le=MOST_SERVINGS, description="For how many people.")]


class Recommend(Asks, frozen=True):
    """For whom, and what kind."""

    person: Person
    mode: Annotated[
        Literal["repeat", "new", "basket"],
        msgspec.Meta(description="What is bought again, what is new to them, or what completes a basket."),
    ] = "repeat"
    k: Annotated[int, msgspec.Meta(ge=1, le=50, description="How many.")] = 10
    store: Name | None = None
    basket: Annotated[list[Name], msgspec.Meta(max_length=100, description="SKUs in the basket.")] = msgspec.field(
        default_factory=list
    )


class OneRecipe(Asks, frozen=True):
    """Which recipe, for how many; without a number for the household that the person declared."""

    recipe: Annotated[str, _RECIPE]
    servings: People | None = None
    person: Person | None = None
    store: Name | None = None
    channel: Name = "store"


class RecipeToCart(OneRecipe, frozen=True):
    """Into which cart, by id or code; without one the person's open cart, else a new one."""

    cart: Name | None = None
    chosen: Annotated[
        dict[str, Name], msgspec.Meta(max_length=60, description="SKUs by what they are in the recipe.")
    ] = msgspec.field(default_factory=dict)
    idempotency_key: Once = None


def _recommend(hub: Hub, _: Caller, asked: Recommend) -> Json:
    from noline.doors.answers.recommend import recommendations

    return recommendations(
        hub, asked.person, mode=asked.mode, k=asked.k, store=asked.store, basket=asked.basket
    )  # fmt: skip


def _recipes(hub: Hub, _caller: Caller, _: Nothing) -> Json:
    return {"recipes": recipes.recipes(hub)}


def _recipe(hub: Hub, _: Caller, asked: OneRecipe) -> Json:
    return recipes.recipe(
        hub, asked.recipe, servings=asked.servings, person=asked.person, store=asked.store, channel=asked.channel
    )


def _to_cart(hub: Hub, caller: Caller, asked: RecipeToCart) -> Json:
    return recipes.put(
        hub,
        lambda: hub.recipes.put(
            asked.recipe, channel=asked.channel, by=caller.by, cart=asked.cart, servings=asked.servings,
            person=asked.person, store=asked.store, chosen=asked.chosen,
        ),
    )  # fmt: skip


RECOMMEND_ITEMS = Tool(
    "recommend_items",
    "What a customer may want, each with why; nothing without their consent to personalisation.",
    Recommend,
    _recommend,
    views="recommendation",
)
LIST_RECIPES = Tool("list_recipes", "Every recipe.", Nothing, _recipes)
GET_RECIPE = Tool(
    "get_recipe", "A recipe with what to buy of what is sold here.", OneRecipe, _recipe, views="recipe"
)  # fmt: skip
PUT_RECIPE_IN_CART = Tool(
    "put_recipe_in_cart", "Put the packs for a recipe into the shared cart.", RecipeToCart, _to_cart, writes=True
)
