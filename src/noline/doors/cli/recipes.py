"""Recipes on the command line: listed, shown for so many people, and put into a cart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from noline.doors.cli.keyed import key_option, once
from noline.doors.cli.talk import hub_option, opened, say, show

_COLUMNS = ("id", "name", "recipeYield", "recipeCategory", "description")
_MOST = 1_000

Command = TypeVar("Command", bound=Callable[..., Any])


def _chosen(_context: click.Context, _option: click.Parameter, told: tuple[str, ...]) -> dict[str, str]:
    """What was written as WHAT=SKU."""
    found: dict[str, str] = {}
    for text in told:
        what, equals, sku = text.partition("=")
        if not equals or not what.strip() or not sku.strip():
            raise click.BadParameter(f"{text!r} is not written as WHAT=SKU")
        found[what.strip()] = sku.strip()
    return found


def _for_whom(command: Command) -> Command:
    """For how many, for whom, where, and with which products."""
    for option in (
        click.option("--choose", "chosen", multiple=True, callback=_chosen, help="WHAT=SKU: what an ingredient is."),
        click.option("--channel", default="store", show_default=True, help="Where it is bought."),
        click.option("--store", help="In which store: what lies there comes first."),
        click.option("--person", help="A customer, for whose declared household it is."),
        click.option("--servings", type=click.IntRange(1, _MOST), help="For how many people."),
    ):
        command = option(command)
    return command


@click.group()
def recipes() -> None:
    """What to buy so that a recipe serves so many."""


@recipes.command("list")
@hub_option
def list_recipes(folder: Path, as_json: bool) -> None:
    """Every recipe."""
    from noline.doors.answers import recipes as answers

    with opened(folder) as hub:
        show(answers.recipes(hub), as_json=as_json, columns=_COLUMNS)


@recipes.command("show")
@click.argument("recipe")
@_for_whom
@hub_option
def show_recipe(recipe: str, *, folder: Path, as_json: bool, **asked: Any) -> None:
    """RECIPE, by its id, with what to buy for it."""
    from noline.doors.answers import recipes as answers

    with opened(folder) as hub:
        found = answers.recipe(hub, recipe, **asked)
    _show(found, as_json=as_json)


@recipes.command("cart")
@click.argument("recipe")
@_for_whom
@click.option("--cart", help="Into this cart, by its id or its code; else the customer's open one, else a new one.")
@click.option("--by", default="command line", show_default=True, help="Who does it.")
@key_option
@hub_option
def put_recipe(recipe: str, *, key: str | None, folder: Path, as_json: bool, **asked: Any) -> None:
    """Put what RECIPE needs into a cart."""
    from noline.doors.answers import recipes as answers

    with opened(folder) as hub:
        found = once(
            hub, key, ["put recipe", recipe, asked], lambda: answers.put(hub, lambda: hub.recipes.put(recipe, **asked))
        )  # fmt: skip
    _show(found, as_json=as_json)
    if not as_json:
        say(f"in cart {found['cart']['cart']} (code {found['cart']['code']})")


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(found, as_json=True)
        return
    say(f"{found['name']} for {found['servings']}: {found['servings_because']}")
    rows = [{**one, "needed": _amount(one["needed"])} for one in found["recipeIngredient"]]
    show(rows, as_json=False, columns=("what", "needed", "state", "sku", "because"))
    packs = [
        {**one, **{name: _amount(one[name]) for name in ("pack", "needed", "left_over")}} for one in found["basket"]
    ]
    show(packs, as_json=False, columns=("sku", "units", "pack", "needed", "left_over", "here", "price_minor"))


def _amount(told: dict[str, Any] | None) -> str | None:
    return None if told is None else f"{told['amount']:g} {told['unit']}"


COMMANDS = {"recipes": recipes}
