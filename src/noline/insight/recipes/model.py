"""Recipes as files have them, products as the catalogue has them, and what follows for a basket.

The names of a recipe are those of schema.org/Recipe (`recipeYield`, `recipeIngredient`, `recipeInstructions`), with
ingredients as data, so that they can be counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, NamedTuple

import msgspec

from noline.insight.recipes.units import Measure

MOST_SERVINGS = 1_000
MOST_RECIPES = 2_000

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(max_length=50)]
Amount = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
Plain = str | int | float | bool


class SameAs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The amount of an ingredient in a unit of another kind: 2 tbsp of sugar are 25 g."""

    amount: Amount
    unit: Text


class Within(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an attribute of a product must be."""

    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[Plain, ...] | None = None


class Ingredient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a recipe: how much of what, and by what the product is found.

    amount: for as many as the recipe is for; None where it is to taste. sku, gtin: exactly this product. category:
    one of these, or below it. words: one of these stands in the name; without a sku, gtin or category it is `what`.
    without: none of these does. attributes: what each of these must be. at_home: nobody buys it for a recipe, as salt.
    """

    what: Text
    amount: Amount | None = None
    unit: Text = "piece"
    sku: Text | None = None
    gtin: Text | None = None
    category: Texts = ()
    words: Texts = ()
    without: Texts = ()
    attributes: dict[str, Plain | Within] = {}
    same_as: SameAs | None = None
    at_home: bool = False

    @property
    def measure(self) -> Measure | None:
        """How much, exactly."""
        return None if self.amount is None else Measure(Fraction(str(self.amount)), self.unit)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """How much, in every way that is told."""
        told = [] if self.measure is None else [self.measure]
        if self.same_as is not None:
            told.append(Measure(Fraction(str(self.same_as.amount)), self.same_as.unit))
        return tuple(told)


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A dish or a drink. recipe_yield: for how many people its amounts are. total_time: ISO 8601, as PT30M."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    name: Text
    recipe_yield: Annotated[int, msgspec.Meta(ge=1, le=MOST_SERVINGS)]
    recipe_ingredient: Annotated[tuple[Ingredient, ...], msgspec.Meta(min_length=1, max_length=60)]
    recipe_instructions: Annotated[tuple[str, ...], msgspec.Meta(max_length=50)] = ()
    description: str = ""
    recipe_category: str = ""
    recipe_cuisine: str = ""
    total_time: Annotated[str, msgspec.Meta(pattern=r"^(P(\d+D)?(T(\d+H)?(\d+M)?)?)?$")] = ""


class RecipeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of recipes."""

    recipe: Annotated[tuple[Recipe, ...], msgspec.Meta(max_length=MOST_RECIPES)] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is sold, as far as a recipe asks."""

    sku: str
    name: str
    brand: str = ""
    category: str = ""
    gtin: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


class State(StrEnum):
    """What became of an ingredient.

    sold: it stands in the basket. unclear: it is sold, but nobody told how much a pack holds. perhaps: products have
    its name in theirs, somebody has to look. at_home: nothing to buy.
    """

    SOLD = "sold"
    UNCLEAR = "unclear"
    PERHAPS = "perhaps"
    AT_HOME = "at_home"
    NOT_SOLD_HERE = "not_sold_here"


class Found(NamedTuple):
    """An ingredient with what is needed of it, and the product that it was found as.

    because: how it was found, in words. others: further products that would do, or that perhaps are meant.
    """

    ingredient: Ingredient
    needed: Measure | None
    state: State
    product: Product | None
    because: str
    others: tuple[Product, ...]


class Packs(NamedTuple):
    """One line of the basket: whole packs of a product for all ingredients that it serves.

    pack: what one holds. here: how many are there; None where nobody asked.
    """

    product: Product
    units: int
    pack: Measure
    needed: Measure
    here: int | None

    @property
    def left_over(self) -> Measure:
        """What will not be used."""
        return Measure(self.units * self.pack.amount - self.needed.amount, self.pack.unit)


class Shopping(NamedTuple):
    """What to buy for a recipe for so many people."""

    recipe: Recipe
    servings: int
    found: tuple[Found, ...]
    basket: tuple[Packs, ...]
