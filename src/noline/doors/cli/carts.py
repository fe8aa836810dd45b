"""Carts on the command line: opened, shown, changed, and found by customer."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.talk import hub_option, opened, say, show

if TYPE_CHECKING:
    from noline.flows.carts import Wanted

_COLUMNS = ("cart", "code", "version", "began_in", "touched_in", "changed_at")
_MOST_UNITS = 10**9
_LONGEST = 200


def _pairs(_context: click.Context, _option: click.Parameter, told: tuple[str, ...]) -> list[tuple[str, str]]:
    """What was written as NAME=VALUE."""
    found: list[tuple[str, str]] = []
    for text in told:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip() or not value.strip() or len(name) > _LONGEST:
            raise click.BadParameter(f"{text!r} is not written as NAME=VALUE")
        found.append((name.strip(), value.strip()))
    return found


def _counts(context: click.Context, option: click.Parameter, told: tuple[str, ...]) -> list[tuple[str, int]]:
    """What was written as SKU=UNITS."""
    found: list[tuple[str, int]] = []
    for sku, units in _pairs(context, option, told):
        if not units.isdecimal() or int(units) > _MOST_UNITS:
            raise click.BadParameter(f"{units!r} is no number of units")
        found.append((sku, int(units)))
    return found


def _wanted(lines: list[tuple[str, int]]) -> "list[Wanted]":
    from noline.flows.carts import Wanted

    return [Wanted(sku, units) for sku, units in lines]


@click.group()
def carts() -> None:
    """One cart in every channel."""


@carts.command("open")
@click.option("--line", "lines", multiple=True, callback=_counts, help="SKU=UNITS: an item that is put in.")
@click.option("--channel", default="store", show_default=True, help="Where it is opened.")
@click.option("--store", "store_id", help="In which store.")
@click.option("--customer", multiple=True, callback=_pairs, help="NAME=VALUE, such as phone=+33612345678 or person=ID.")
@click.option("--by", default="command line", show_default=True, help="Who opens it.")
@hub_option
def open_cart(
    *,
    lines: list[tuple[str, int]],
    channel: str,
    store_id: str | None,
    customer: list[tuple[str, str]],
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Open a cart; a customer who has an open one goes on with it."""
    from noline.doors.answers import carts as answers

    if any(units < 1 for _, units in lines):
        raise click.BadParameter("an item is put in with at least one unit", param_hint="--line")
    with opened(folder) as hub:
        found = answers.after(
            hub,
            lambda: hub.carting.open(
                channel=channel, by=by, lines=_wanted(lines), store_id=store_id, customer=dict(customer)
            ),
        )
    _show(found, as_json=as_json)


@carts.command("show")
@click.argument("cart")
@hub_option
def show_cart(cart: str, folder: Path, as_json: bool) -> None:
    """CART, by its id or its code, with whoever touched it."""
    from noline.doors.answers import carts as answers

    with opened(folder) as hub:
        found = answers.cart(hub, cart)
    _show(found, as_json=as_json)


@carts.command("change")
@click.argument("cart")
@click.option("--set", "lines", multiple=True, callback=_counts, help="SKU=UNITS; 0 takes the item out.")
@click.option("--channel", default="store", show_default=True, help="Where it is changed.")
@click.option("--store", "store_id", help="In which store.")
@click.option("--customer", multiple=True, callback=_pairs, help="NAME=VALUE: whose it is from now on.")
@click.option("--version", type=click.IntRange(0, 2**53), help="As you saw it; with another one nothing is changed.")
@click.option("--abandon", is_flag=True, help="Nobody will order it.")
@click.option("--by", default="command line", show_default=True, help="Who changes it.")
@hub_option
def change_cart(
    *,
    cart: str,
    lines: list[tuple[str, int]],
    channel: str,
    store_id: str | None,
    customer: list[tuple[str, str]],
    version: int | None,
    abandon: bool,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Change CART, by its id or its code."""
    from noline.doors.answers import carts as answers
    from noline.truth.carts.model import State

    with opened(folder) as hub:
        found = answers.after(
            hub,
            lambda: hub.carting.change(
                cart, by=by, lines=_wanted(lines), channel=channel, store_id=store_id, customer=dict(customer),
                version=version, state=State.ABANDONED if abandon else None,
            ),
        )  # fmt: skip
    _show(found, as_json=as_json)


@carts.command("of")
@click.argument("customer")
@hub_option
def carts_of(customer: str, folder: Path, as_json: bool) -> None:
    """The open carts of CUSTOMER: an id, or a name such as phone:+33612345678."""
    from noline.doors.answers import carts as answers

    with opened(folder) as hub:
        found = answers.of(hub, customer)
    show(found, as_json=as_json, columns=_COLUMNS)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(found, as_json=True)
        return
    for name in ("cart", "code", "state", "version", "person", "began_in", "touched_in", "order_id"):
        say(f"{name.replace('_', ' ')}: {found[name] if found[name] is not None else '-'}")
    show(found["lines"], as_json=False, columns=("sku", "units", "price_minor", "currency", "note"))


COMMANDS = {"carts": carts}
