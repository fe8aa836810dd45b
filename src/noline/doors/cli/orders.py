"""Orders that the hub runs itself, on the command line: placed, changed, explained, and taken step by step."""

from pathlib import Path
from typing import Any

import click

from noline.doors.cli.questions import orders
from noline.doors.cli.talk import COUNT, hub_option, opened, say, show

METHODS = ("ship", "pickup", "curbside", "counter", "ship_to_store")
STEPS = ("accept", "pick", "reject", "ready", "ship", "deliver", "hand-over", "no-show")
STATES = (
    "assigned", "accepted", "picking", "packed", "shipped", "delivered", "ready", "handed_over", "no_show", "restocked",
    "rejected", "cancelled",
)  # fmt: skip
"""Named here so that `--help` loads nothing of the hub."""

_COLUMNS = ("fulfilment", "location", "method", "destination", "state", "lines")
_MOST_UNITS = 10**9


def _counts(_context: click.Context, _option: click.Parameter, told: tuple[str, ...]) -> dict[str, int]:
    """What was written as SKU=UNITS."""
    found: dict[str, int] = {}
    for text in told:
        sku, equals, units = text.rpartition("=")
        if not equals or not sku.strip() or not units.isdecimal() or int(units) > _MOST_UNITS:
            raise click.BadParameter(f"{text!r} is not written as SKU=UNITS")
        found[sku.strip()] = found.get(sku.strip(), 0) + int(units)
    return found


def _names(_context: click.Context, _option: click.Parameter, told: tuple[str, ...]) -> dict[str, str]:
    """What was written as NAME=VALUE."""
    pairs = [text.partition("=") for text in told]
    if not all(name and equals and value for name, equals, value in pairs):
        raise click.BadParameter("write it as NAME=VALUE")
    return {name: value for name, _, value in pairs}


@orders.command("place")
@click.option("--line", "lines", multiple=True, callback=_counts, help="SKU=UNITS: what is ordered.")
@click.option("--method", type=click.Choice(METHODS), required=True, help="How the goods come to who ordered them.")
@click.option("--location", help="Where it is collected, or the only one that may send.")
@click.option("--channel", default="store", show_default=True, help="Where it is placed.")
@click.option("--store", "store_id", help="In which store.")
@click.option("--customer", multiple=True, callback=_names, help="NAME=VALUE, such as email=anna@example.com.")
@click.option("--account", help="The business that buys, at the prices of its account.")
@click.option("--order", "order_id", help="Its number; without one it gets one.")
@click.option("--hold", help="The hold that becomes part of it.")
@click.option("--cart", help="The cart it was, by id or code.")
@click.option("--country", help="Where it goes, two letters.")
@click.option("--at", "point", type=(click.FloatRange(-90, 90), click.FloatRange(-180, 180)), help="Degrees.")
@click.option("--by", default="command line", show_default=True, help="Who places it.")
@hub_option
def place_order(
    *,
    lines: dict[str, int],
    method: str,
    location: str | None,
    channel: str,
    store_id: str | None,
    customer: dict[str, str],
    account: str | None,
    order_id: str | None,
    hold: str | None,
    cart: str | None,
    country: str | None,
    point: tuple[float, float] | None,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Place an order: priced, promised, told, and given to the locations that serve it."""
    from noline.doors.answers import orders as answers
    from noline.flows.ordering import Delivery, NewOrder, Ordered
    from noline.truth.orders.fulfilments import Method

    deliver = Delivery(Method(method), location, country, None, *(point or (None, None)))
    new = NewOrder(
        channel=channel, deliver=deliver, lines=tuple(Ordered(sku, units) for sku, units in lines.items()),
        order_id=order_id, store_id=store_id, customer=customer or None, account=account, hold=hold, cart=cart,
    )  # fmt: skip
    with opened(folder) as hub:
        found = answers.placed(hub.ordering.place(new, by=by))
    _show(found, as_json=as_json)


@orders.command("show")
@click.argument("order_id")
@hub_option
def show_order(order_id: str, folder: Path, as_json: bool) -> None:
    """An order that was placed here: where its units are, and what each location does."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        found = answers.run(hub, order_id)
    _show(found, as_json=as_json)


@orders.command("cancel")
@click.argument("order_id")
@click.option("--line", "lines", multiple=True, callback=_counts, help="SKU=UNITS; all of the order without one.")
@click.option("--reason", default="", help="Why.")
@click.option("--by", default="command line", show_default=True, help="Who cancels.")
@hub_option
def cancel_order(order_id: str, lines: dict[str, int], reason: str, by: str, folder: Path, as_json: bool) -> None:
    """Cancel an order or some units; what has left the house cannot be cancelled."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        found = answers.placed(hub.ordering.cancel(order_id, lines or None, by=by, reason=reason))
    _show(found, as_json=as_json)


@orders.command("edit")
@click.argument("order_id")
@click.option("--set", "lines", multiple=True, required=True, callback=_counts, help="SKU=UNITS; 0 takes it out.")
@click.option("--by", default="command line", show_default=True, help="Who changes it.")
@hub_option
def edit_order(order_id: str, lines: dict[str, int], by: str, folder: Path, as_json: bool) -> None:
    """Change what is ordered, until it is picked."""
    from noline.doors.answers import orders as answers
    from noline.flows.ordering import Ordered

    wanted = [Ordered(sku, units) for sku, units in lines.items()]
    with opened(folder) as hub:
        found = answers.placed(hub.ordering.edit(order_id, wanted, by=by))
    _show(found, as_json=as_json)


@orders.command("source")
@click.argument("order_id")
@click.option("--exclude", multiple=True, help="A location that must not serve it.")
@click.option("--by", default="command line", show_default=True, help="Who decides.")
@hub_option
def source_order(order_id: str, exclude: tuple[str, ...], by: str, folder: Path, as_json: bool) -> None:
    """Decide again where an order comes from, as far as nobody has begun with it."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        found = answers.placed(hub.ordering.source(order_id, exclude, by=by))
    _show(found, as_json=as_json)


@orders.command("why")
@click.argument("order_id")
@hub_option
def why_order(order_id: str, folder: Path, as_json: bool) -> None:
    """Why an order comes from where it comes from, decision by decision."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        found = answers.why(hub, order_id)
    if as_json:
        show(found, as_json=True)
        return
    for one in found:
        say(f"{one['at']}  {one['why']}")
        for sentence in one["sentences"]:
            click.echo(sentence)


@orders.command("replay")
@click.option(
    "--rules", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a table [sourcing] as noline.toml has it.",
)  # fmt: skip
@click.option("--from", "since", help="Decisions from then on, ISO 8601.")
@click.option("--to", "until", help="Decisions before then, ISO 8601.")
@hub_option
def replay_orders(path: Path, since: str | None, until: str | None, folder: Path, as_json: bool) -> None:
    """What other rules would have made of past decisions, beside what was decided; changes nothing."""
    import tomllib

    from noline.doors.answers import orders as answers

    try:
        rules = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise click.BadParameter(f"{path} is no TOML: {cause}", param_hint="--rules") from cause
    with opened(folder) as hub:
        report = hub.ordering.replay(rules.get("sourcing", rules), _instant(since) or 0, _instant(until))
    found = answers.replayed(report)
    if as_json:
        show(found, as_json=True)
        return
    rows = [{"": name, **found[name]} for name in ("decided", "replayed")]
    show(rows, as_json=False)
    say(f"decided otherwise: {len(found['changed'])}")


@orders.command("prices")
@hub_option
def show_prices(folder: Path, as_json: bool) -> None:
    """What a unit in each place is worth to the orders that are still to come (shadow prices)."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        show(answers.worth(hub), as_json=as_json)


@orders.command("fulfilments")
@click.option("--location", help="What is to be done there.")
@click.option("--state", type=click.Choice(STATES), help="How far it has come.")
@click.option("--limit", default=100, show_default=True, type=COUNT)
@hub_option
def list_fulfilments(location: str | None, state: str | None, limit: int, folder: Path, as_json: bool) -> None:
    """What locations have to do, the oldest first: to pick, packed, ready to be collected, on its way to them."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        found = answers.fulfilments(hub, location, state, limit)
    show(found if as_json else _in_short(found), as_json=as_json, columns=_COLUMNS)


@orders.command("counts-due")
@hub_option
def list_counts_due(folder: Path, as_json: bool) -> None:
    """Shelves where units were not found, until somebody counts them."""
    from noline.doors.answers import orders as answers

    with opened(folder) as hub:
        found = answers.counts_due(hub)
    show(found, as_json=as_json, columns=("location", "sku", "units", "missed_at"))


@orders.command("step")
@click.argument("fulfilment")
@click.argument("step", type=click.Choice(STEPS))
@click.option("--found", multiple=True, callback=_counts, help="With pick: SKU=UNITS found; all when none is named.")
@click.option("--reason", default="", help="With reject: why.")
@click.option("--tracking", help="With ship: the number of the parcel.")
@click.option("--by", default="command line", show_default=True, help="Who does it.")
@hub_option
def take_step(
    *,
    fulfilment: str,
    step: str,
    found: dict[str, int],
    reason: str,
    tracking: str | None,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Take FULFILMENT a step further: accept, pick, reject, ready, ship, deliver, hand-over or no-show."""
    from noline.doors.answers import orders as answers

    more: dict[str, Any] = {
        "pick": {"found": found or None}, "reject": {"reason": reason}, "ship": {"tracking": tracking},
    }.get(step, {})  # fmt: skip
    with opened(folder) as hub:
        done = answers.fulfilment(getattr(hub.fulfilling, step.replace("-", "_"))(fulfilment, by=by, **more))
    show(done if as_json else _in_short([done]), as_json=as_json, columns=_COLUMNS)


def _instant(text: str | None) -> int | None:
    from noline.kernel.clock import parse_instant

    try:
        return None if text is None else parse_instant(text)
    except (ValueError, OverflowError) as cause:
        raise click.BadParameter(f"{text!r} is no time; write ISO 8601") from cause


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(found, as_json=True)
        return
    for name in ("order_id", "state", "channel", "total_minor", "currency"):
        say(f"{name.replace('_', ' ')}: {found[name] if found[name] is not None else '-'}")
    columns = ("sku", "ordered", "waiting", "allocated", "picked", "gone", "cancelled", "promised_at")
    show(found["lines"], as_json=False, columns=columns)
    show(_in_short(found["fulfilments"]), as_json=False, columns=_COLUMNS)


def _in_short(fulfilments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**one, "lines": ", ".join(f"{line['asked']} of {line['sku']}" for line in one["lines"])} for one in fulfilments
    ]
