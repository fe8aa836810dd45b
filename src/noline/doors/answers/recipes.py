"""Recipes as JSON, the same for every door; the names of a recipe are those of schema.org/Recipe."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from noline.flows.carts import described
from noline.flows.recipes import Planned, Put
from noline.hub import Hub
from noline.insight.recipes.service import Found, Measure, Packs, Product, Recipe

Json = dict[str, Any]


def recipes(hub: Hub) -> list[Json]:
    """Every recipe, by name."""
    return [_head(one) for one in hub.recipes.all()]


def recipe(hub: Hub, name: str, **asked: Any) -> Json:
    """A recipe for so many people, with the packs to buy; `asked` as in `Cooking.plan`."""
    return _planned(hub.recipes.plan(name, **asked))


def put(hub: Hub, command: Callable[[], Put]) -> Json:
    """The cart as it is after a recipe was put into it, with what was put."""
    with hub.store.transaction():
        found = command()
        return {**_planned(found.planned), "cart": described(found.cart)}


def _head(one: Recipe) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "recipeYield": one.recipe_yield,
        "recipeCategory": one.recipe_category,
        "recipeCuisine": one.recipe_cuisine,
        "totalTime": one.total_time,
    }


def _planned(planned: Planned) -> Json:
    found, people = planned.shopping, planned.servings
    return {
        **_head(found.recipe),
        "recipeInstructions": list(found.recipe.recipe_instructions),
        "servings": people.people,
        "servings_from": people.by,
        "servings_because": people.because,
        "store": planned.store,
        "channel": planned.channel,
        "recipeIngredient": [_ingredient(one) for one in found.found],
        "basket": [_packs(one, planned) for one in found.basket],
        "totals": _totals(planned),
        "not_sold_here": [one.ingredient.what for one in found.found if one.state == "not_sold_here"],
    }


def _ingredient(one: Found) -> Json:
    return {
        "what": one.ingredient.what,
        "needed": _measure(one.needed),
        "state": str(one.state),
        "sku": one.product.sku if one.product else None,
        "name": one.product.name if one.product else None,
        "because": one.because,
        "others": [_named(other) for other in one.others],
    }


def _packs(one: Packs, planned: Planned) -> Json:
    price = planned.prices.get(one.product.sku)
    return {
        **_named(one.product),
        "units": one.units,
        "pack": _measure(one.pack),
        "needed": _measure(one.needed),
        "left_over": _measure(one.left_over),
        "here": one.here,
        "price_minor": price.amount_minor if price else None,
        "currency": price.currency if price else None,
    }


def _totals(planned: Planned) -> list[Json]:
    """What the packs cost in each currency, and how many of them have no price there."""
    sums: dict[str, int] = {}
    for one in planned.shopping.basket:
        if price := planned.prices.get(one.product.sku):
            sums[price.currency] = sums.get(price.currency, 0) + one.units * price.amount_minor
    unpriced = sum(one.product.sku not in planned.prices for one in planned.shopping.basket)
    return [{"total_minor": minor, "currency": name, "unpriced": unpriced} for name, minor in sorted(sums.items())]


def _named(product: Product) -> Json:
    return {"sku": product.sku, "name": product.name}


def _measure(one: Measure | None) -> Json | None:
    return None if one is None else {"amount": _number(one.amount), "unit": one.unit}


def _number(amount: Fraction) -> int | float:
    """An amount as people write it: at most two places."""
    return int(amount) if amount.denominator == 1 else round(float(amount), 2)
