"""The door of the recipes room: the recipes of a hub, what to look for in the catalogue, and what to buy."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from noline.insight.recipes.matching import shopping
from noline.insight.recipes.model import MOST_SERVINGS, Found, Packs, Product, Recipe, Shopping, State
from noline.insight.recipes.reading import RecipesUnreadable, recipes_of
from noline.insight.recipes.units import Measure
from noline.kernel.errors import NotFound

__all__ = [
    "MOST_SERVINGS", "Found", "Measure", "Packs", "Product", "Recipe", "Recipes", "RecipesUnreadable", "Shopping",
    "State", "looked_for", "shopping",
]  # fmt: skip


class Recipes:
    """The recipes of a hub."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where a file of further recipes may lie. Nothing is read before it is asked for."""
        self._folder = folder

    def all(self) -> list[Recipe]:
        """Every recipe, by name. Raises RecipesUnreadable."""
        return sorted(self._by_id.values(), key=lambda one: (one.name.casefold(), one.id))

    def one(self, name: str) -> Recipe:
        """A recipe by its id. Raises NotFound and RecipesUnreadable."""
        found = self._by_id.get(name)
        if found is None:
            raise NotFound(what="recipe", name=name)
        return found

    @cached_property
    def _by_id(self) -> Mapping[str, Recipe]:
        return recipes_of(self._folder)


def looked_for(recipe: Recipe) -> Iterator[str]:
    """What to search the catalogue for, so that every product is seen that an ingredient may be."""
    for one in recipe.recipe_ingredient:
        if one.at_home:
            continue
        yield from filter(None, (one.sku, one.gtin))
        if one.category:
            yield from one.category
        elif one.words or not (one.sku or one.gtin):
            yield from one.words or (one.what,)
