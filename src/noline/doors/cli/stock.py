"""Stock on the command line: received, awaited, corrected, held, looked into, and the rules of items."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.questions import stock
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, show

if TYPE_CHECKING:
    from noline.truth.goods.model import Batch

MOST_UNITS = 10**9
UNITS = click.IntRange(1, MOST_UNITS)
_UNITS_OR_NONE = click.IntRange(0, MOST_UNITS)
_KINDS = ("conflict", "count", "inspect", "receive")
_OVERSELL = ("strict", "threshold", "backorder", "unlimited")


def lines(_context: click.Context, _option: click.Parameter, told: tuple[str, ...]) -> list[tuple[str, int]]:
    """What was written as SKU=UNITS."""
    found: list[tuple[str, int]] = []
    for text in told:
        sku, equals, units = text.rpartition("=")
        if not equals or not sku.strip() or not units.strip().isdecimal() or int(units) > MOST_UNITS:
            raise click.BadParameter(f"{text!r} is not written as SKU=UNITS")
        found.append((sku.strip(), int(units)))
    return found


def batches(told: list[tuple[str, int]]) -> "list[Batch]":
    """Units of items, as the flows read them."""
    from noline.truth.goods.model import Batch

    return [Batch(sku, units) for sku, units in told]


by_option = click.option("--by", default="command line", show_default=True, help="Who does it.")
at_option = click.option("--at", "location", required=True, help="At which location.")


@stock.command("receive")
@click.argument("sku", required=False)
@at_option
@click.option("--units", type=UNITS, help="How many came.")
@click.option("--lot", default="", help="Of which batch of production.")
@click.option("--owner", default="", help="Whose goods they are.")
@click.option("--document", default="", help="The delivery note.")
@click.option("--expected", default="", help="The document they were awaited by, or a transfer.")
@click.option("--close", is_flag=True, help="Nothing more of what was awaited will come.")
@by_option
@hub_option
def receive_goods(
    *,
    sku: str | None,
    location: str,
    units: int | None,
    lot: str,
    owner: str,
    document: str,
    expected: str,
    close: bool,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Take units of SKU in; with --close alone, end what was awaited."""
    from noline.doors.answers import goods as answers
    from noline.truth.goods.model import Batch

    if (sku is None) != (units is None) or (sku is None and not close):
        raise click.UsageError("name SKU and --units, or only --expected and --close")
    came = [] if sku is None or units is None else [Batch(sku, units, lot, owner)]
    with opened(folder) as hub:
        found = hub.handling.receive(location, came, by=by, document=document, expected=expected, close=close)
    told = answers.received(found)
    show(told if as_json else told["lines"], as_json=as_json)


@stock.command("expect")
@click.argument("sku")
@at_option
@click.option("--units", required=True, type=UNITS, help="How many will come.")
@click.option("--document", required=True, help="By which they will come, such as an order to a supplier.")
@click.option("--due", help="When, ISO 8601.")
@by_option
@hub_option
def expect_goods(
    *, sku: str, location: str, units: int, document: str, due: str | None, by: str, folder: Path, as_json: bool
) -> None:
    """Await units of SKU; more of it by the same document adds up."""
    from noline.doors.answers import goods as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        found = hub.handling.expect(document, location, batches([(sku, units)]), due_at=instant_or_none(due), by=by)
    told = answers.awaited(document, found)
    show(told if as_json else told["lines"], as_json=as_json)


@stock.command("adjust")
@click.argument("sku")
@at_option
@click.option("--units", required=True, type=click.IntRange(-MOST_UNITS, MOST_UNITS), help="Found, or below zero lost.")
@click.option("--reason", required=True, help="Why, such as broken.")
@click.option("--lot", default="", help="Of which batch of production.")
@click.option("--version", type=POSITION, help="As `stock find` showed it; with another one nothing is moved.")
@by_option
@hub_option
def adjust_stock(
    *,
    sku: str,
    location: str,
    units: int,
    reason: str,
    lot: str,
    version: int | None,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Correct what lies somewhere of SKU, and say why."""
    from noline.doors.answers import goods as answers
    from noline.truth.goods.model import Batch

    with opened(folder) as hub:
        found = hub.handling.adjust(location, Batch(sku, units, lot), reason, by=by, expected_version=version)
    show(answers.figures(found), as_json=as_json)


@stock.command("moves")
@click.argument("sku", required=False)
@click.option("--at", "location", help="At which location; with SKU.")
@click.option("--since", default=0, show_default=True, type=POSITION, help="Without SKU: behind this position.")
@click.option("--limit", default=100, show_default=True, type=COUNT)
@hub_option
def show_moves(*, sku: str | None, location: str | None, since: int, limit: int, folder: Path, as_json: bool) -> None:
    """Why a location has what it has of SKU; without SKU the whole ledger behind a position."""
    from noline.doors.answers import goods as answers

    if (sku is None) != (location is None):
        raise click.UsageError("name SKU and --at together")
    with opened(folder) as hub:
        if sku is not None and location is not None:
            found: Any = answers.ledger(hub, sku, location, limit)
        else:
            found = answers.moves(hub, since, limit)
    if as_json:
        show(found, as_json=True)
        return
    rows = found if isinstance(found, list) else found["moves"]
    flat = [{**row, "from": _spot(row["from"]), "to": _spot(row["to"])} for row in rows]
    ledger = ("seq", "at", "reason", "from", "to", "units", "change", "on_hand_after", "document", "actor")
    whole = ("seq", "at", "sku", "units", "from", "to", "reason", "document", "actor")
    show(flat, as_json=False, columns=ledger if sku is not None else whole)


def _spot(place: dict[str, str]) -> str:
    return place["location"] if place["bucket"] == "on_hand" else f"{place['location']} ({place['bucket']})"


@stock.command("hold")
@click.option("--line", "told", required=True, multiple=True, callback=lines, help="SKU=UNITS: what is promised.")
@click.option("--at", "location", help="At which location; where they can best be had when not said.")
@click.option("--channel", default="", help="To which channel.")
@click.option("--document", default="", help="What it is for, such as a cart.")
@click.option("--seconds", type=click.IntRange(1, 2**31), help="How long; as the settings say when not told.")
@by_option
@hub_option
def hold_units(
    *,
    told: list[tuple[str, int]],
    location: str | None,
    channel: str,
    document: str,
    seconds: int | None,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Promise units to somebody for a while, all lines or none."""
    from noline.doors.answers import promises as answers
    from noline.truth.stock.promising import Ask, Line

    asked = Ask(tuple(Line(sku, units, location) for sku, units in told), channel, document, seconds)
    with opened(folder) as hub:
        show(answers.hold(hub.promising.hold(asked, by=by)), as_json=as_json)


@stock.command("release")
@click.argument("hold")
@by_option
@hub_option
def release_hold(hold: str, by: str, folder: Path, as_json: bool) -> None:
    """Give the units of HOLD back."""
    from noline.doors.answers import promises as answers

    with opened(folder) as hub:
        show(answers.hold(hub.promising.release(hold, by=by)), as_json=as_json)


@stock.command("policy")
@click.argument("sku", required=False)
@click.option("--channel", default="", help="Of which channel; every channel when not told.")
@click.option("--oversell", type=click.Choice(_OVERSELL), help="How far it may be promised.")
@click.option("--beyond", type=_UNITS_OR_NONE, help="Units beyond those that are there.")
@click.option("--until", help="For when a backorder is promised, ISO 8601.")
@click.option("--buffer", type=_UNITS_OR_NONE, help="Units of the whole company that the channel may not promise.")
@click.option("--safety", type=_UNITS_OR_NONE, help="Units kept back at each location.")
@by_option
@hub_option
def stock_policy(
    *,
    sku: str | None,
    channel: str,
    oversell: Any,
    beyond: int | None,
    until: str | None,
    buffer: int | None,
    safety: int | None,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Set how far channels may go with SKU; without such an option show the rules of SKU, or all."""
    from noline.doors.answers import goods as answers
    from noline.flows.goods import instant_or_none
    from noline.truth.stock.policies import Policy

    rule = Policy(oversell, beyond, instant_or_none(until), buffer, safety)
    with opened(folder) as hub:
        if rule == Policy():
            show(answers.policies(hub, sku), as_json=as_json)
            return
        if sku is None:
            raise click.UsageError("name the SKU whose rule this is")
        show(answers.policy(sku, channel, hub.policies.set(sku, channel, rule, by=by)), as_json=as_json)


@stock.command("tasks")
@click.option("--at", "location", help="At which location; everywhere when not told.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only these.")
@click.option("--limit", default=100, show_default=True, type=COUNT)
@hub_option
def list_tasks(location: str | None, kind: str | None, limit: int, folder: Path, as_json: bool) -> None:
    """What people have to do: conflicts, counts, returns to inspect, transfers to receive."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = [answers.task(one) for one in hub.tasks.open(location=location, kind=kind, limit=limit)]
    show(found, as_json=as_json, columns=("id", "location", "words"))


@stock.command("close-task")
@click.argument("task")
@click.option("--reason", required=True, help="What was done, or why nothing is to be done.")
@by_option
@hub_option
def close_task(task: str, reason: str, by: str, folder: Path, as_json: bool) -> None:
    """Say that nothing more is to be done for TASK."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        show(answers.task(hub.tasks.close(task, reason, by=by)), as_json=as_json)
