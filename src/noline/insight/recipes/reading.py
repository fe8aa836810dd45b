"""Reading recipes: our small set, and a hub's own file, with errors that name the recipe and the key."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from noline.insight.recipes.model import MOST_RECIPES, Ingredient, Plain, Recipe, RecipeFile, SameAs, Within
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
        listed = _listed(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as cause:
        raise RecipesUnreadable(path=path.name, why=_words_of(cause)) from cause
    found: dict[str, Recipe] = {}
    for number, one in enumerate(listed, 1):
        read = _recipe(one, path, one.get("id") or one.get("name") or number)
        if found.setdefault(read.id, read) is not read:
            raise RecipesUnreadable(path=path.name, why=f"two recipes have the id {read.id!r}")
    return tuple(found.values())


def _listed(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The recipes of a file, unread. Raises ValueError."""
    _refuse_unknown(told, RecipeFile)
    listed = told.get("recipe", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ValueError("recipes stand below [[recipe]]")
    if len(listed) > MOST_RECIPES:
        raise ValueError(f"there are more than {MOST_RECIPES} recipes")
    return listed


def _recipe(told: Mapping[str, Any], path: Path, entry: object) -> Recipe:
    """One recipe; what is wrong with it is told with its id, else its name or number. Raises RecipesUnreadable."""
    try:
        for part, kind in _parts(told):
            _refuse_unknown(part, kind)
        recipe = msgspec.convert(told, Recipe)
        for ingredient in recipe.recipe_ingredient:
            for name, within in ingredient.attributes.items():
                _check(name, within)
    except (msgspec.ValidationError, ValueError) as cause:
        raise RecipesUnreadable(path=path.name, why=f"recipe {entry!r}: {_words_of(cause)}") from cause
    return _with_known_units(recipe, path)


def _parts(told: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], type[msgspec.Struct]]]:
    """A recipe and the tables below it, each with what it is."""
    yield told, Recipe
    listed = told.get("recipeIngredient")
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        yield one, Ingredient
        same, attributes = one.get("same_as"), one.get("attributes")
        below = [(same, SameAs), *((value, Within) for value in (attributes or {}).values() if attributes)]
        yield from ((part, kind) for part, kind in below if isinstance(part, dict))


def _refuse_unknown(told: Mapping[str, Any], kind: type[msgspec.Struct]) -> None:
    """Refuse keys that nothing reads. Raises ValueError."""
    keys = [one.encode_name for one in msgspec.structs.fields(kind)]
    for key in told:
        if key not in keys:
            near = get_close_matches(key, keys, 1, 0.0)[0]
            allowed = ", ".join(keys)
            raise ValueError(f"{key!r} is nothing that it may say; the nearest is {near!r}, allowed are {allowed}")


def _check(name: str, within: Plain | Within) -> None:
    """Refuse limits that no number meets. Raises ValueError."""
    limits = [one for one in (within.at_least, within.at_most) if one is not None] if isinstance(within, Within) else []
    if not all(map(isfinite, limits)):
        raise ValueError(f"`at_least` and `at_most` of {name!r} are numbers, not nan or inf")
    if limits != sorted(limits):
        raise ValueError(f"`at_least` of {name!r} lies above `at_most`")


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
