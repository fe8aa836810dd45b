"""Reading recipes: our small set, and a hub's own file, with errors that name the line of the recipe."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from noline.insight.recipes.model import Ingredient, Recipe, RecipeFile
from noline.insight.recipes.units import UNITS, unit_of
from noline.kernel.errors import NotReadable

FILE_NAME = "recipes.toml"
"""Where a hub's own recipes lie in its folder."""

_OURS = Path(__file__).parent / FILE_NAME


class RecipesUnreadable(NotReadable):
    """A file of recipes that cannot be read."""

    code = "recipes.unreadable"
    sentence = "The recipes in {path} cannot be read: {why}."
    hint = "Correct what is named; docs/recipes.md shows a recipe."


def recipes_of(folder: Path | None) -> Mapping[str, Recipe]:
    """The recipes of a hub by id: ours, and those of `recipes.toml` in its folder, which counts for the same id.

    Raises RecipesUnreadable.
    """
    found = {one.id: one for one in _read(_OURS)}
    if folder is not None and (folder / FILE_NAME).exists():
        found |= {one.id: one for one in _read(folder / FILE_NAME)}
    return found


def _read(path: Path) -> tuple[Recipe, ...]:
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        file = msgspec.convert(told, RecipeFile)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as cause:
        raise RecipesUnreadable(path=path.name, why=_words_of(cause)) from cause
    ids = [one.id for one in file.recipe]
    for one in ids:
        if ids.count(one) > 1:
            raise RecipesUnreadable(path=path.name, why=f"two recipes have the id {one!r}")
    return tuple(_with_known_units(one, path) for one in file.recipe)


def _words_of(cause: Exception) -> str:
    return str(cause).rstrip(".")


def _with_known_units(recipe: Recipe, path: Path) -> Recipe:
    """The recipe with every unit under its one name. Raises RecipesUnreadable."""
    try:
        ingredients = tuple(_ingredients(recipe))
    except LookupError as unknown:
        near = get_close_matches(str(unknown.args[0]), UNITS, n=1) or ["piece"]
        why = f"{unknown.args[0]!r} in {recipe.id!r} is no unit, the nearest is {near[0]!r}"
        raise RecipesUnreadable(path=path.name, why=why) from None
    names = [one.what for one in ingredients]
    for one in names:
        if names.count(one) > 1:
            raise RecipesUnreadable(path=path.name, why=f"{recipe.id!r} names {one!r} twice")
    return msgspec.structs.replace(recipe, recipe_ingredient=ingredients)


def _ingredients(recipe: Recipe) -> Iterator[Ingredient]:
    for one in recipe.recipe_ingredient:
        changed: dict[str, Any] = {"unit": _known(one.unit)}
        if one.same_as is not None:
            changed["same_as"] = msgspec.structs.replace(one.same_as, unit=_known(one.same_as.unit))
        yield msgspec.structs.replace(one, **changed)


def _known(unit: str) -> str:
    found = unit_of(unit)
    if found is None:
        raise LookupError(unit)
    return found
