"""The papers of goods on the command line: transfers, counts, returns."""

from pathlib import Path
from typing import Any

import click

from noline.doors.cli.questions import stock
from noline.doors.cli.stock import at_option, batches, by_option, lines
from noline.doors.cli.talk import COUNT, hub_option, opened, say, show

_OUTCOMES = ("restock", "unsellable", "send_back")
_LINE = "SKU=UNITS; everything when no line is told."
_where = click.option("--at", "location", help="Only of this location.")
_state = click.option("--state", help="Only those in this state.")
_limit = click.option("--limit", default=100, show_default=True, type=COUNT)
_found = click.option("--line", "told", multiple=True, callback=lines, help=_LINE)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    """A paper: what it says in words, its lines as a table."""
    if as_json:
        show(found, as_json=True)
        return
    for name, value in found.items():
        if value is not None and name not in ("lines", "steps"):
            say(f"{name.replace('_', ' ')}: {value}")
    show(found["lines"], as_json=False)


@stock.group("transfer")
def transfers() -> None:
    """Goods that go from one location to another."""


@transfers.command("new")
@click.option("--from", "source", required=True, help="Where they are.")
@click.option("--to", "target", required=True, help="Where they go.")
@click.option("--line", "told", required=True, multiple=True, callback=lines, help="SKU=UNITS.")
@click.option("--due", help="When they should arrive, ISO 8601.")
@by_option
@hub_option
def new_transfer(
    *, source: str, target: str, told: list[tuple[str, int]], due: str | None, by: str, folder: Path, as_json: bool
) -> None:
    """Plan a transfer; its units are claimed where it starts."""
    from noline.doors.answers import goods as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        found = hub.handling.draft(source, target, batches(told), by=by, due_at=instant_or_none(due))
    _show(answers.transfer(found), as_json=as_json)


@transfers.command("pick")
@click.argument("transfer")
@_found
@by_option
@hub_option
def pick_transfer(transfer: str, told: list[tuple[str, int]], by: str, folder: Path, as_json: bool) -> None:
    """Take the goods of TRANSFER from the shelves."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.transfer(hub.handling.pick(transfer, batches(told) or None, by=by)), as_json=as_json)


@transfers.command("send")
@click.argument("transfer")
@click.option("--due", help="When it should arrive, ISO 8601.")
@by_option
@hub_option
def send_transfer(transfer: str, due: str | None, by: str, folder: Path, as_json: bool) -> None:
    """Let TRANSFER leave."""
    from noline.doors.answers import goods as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        _show(answers.transfer(hub.handling.send(transfer, by=by, due_at=instant_or_none(due))), as_json=as_json)


@transfers.command("receive")
@click.argument("transfer")
@_found
@by_option
@hub_option
def receive_transfer(transfer: str, told: list[tuple[str, int]], by: str, folder: Path, as_json: bool) -> None:
    """Take TRANSFER in as it came; what is missing is shrink, what is too much was found."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = hub.handling.receive_transfer(transfer, batches(told) or None, by=by)
    _show(answers.transfer(found), as_json=as_json)


@transfers.command("cancel")
@click.argument("transfer")
@by_option
@hub_option
def cancel_transfer(transfer: str, by: str, folder: Path, as_json: bool) -> None:
    """Give up TRANSFER, which has not left."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.transfer(hub.handling.cancel(transfer, by=by)), as_json=as_json)


@transfers.command("show")
@click.argument("transfer")
@hub_option
def show_transfer(transfer: str, folder: Path, as_json: bool) -> None:
    """TRANSFER as it stands."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = answers.with_steps(hub, hub.handling.transfer(transfer))
    _show(found, as_json=as_json)


@transfers.command("list")
@_where
@_state
@_limit
@hub_option
def list_transfers(location: str | None, state: str | None, limit: int, folder: Path, as_json: bool) -> None:
    """Transfers from or to a location, touched last first."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        papers = hub.handling.transfers(location=location, state=state, limit=limit)
    show([answers.paper(one.paper) for one in papers], as_json=as_json, columns=("id", "state", "from", "to", "due"))


@stock.group("count")
def counts() -> None:
    """Counting while selling goes on."""


@counts.command("open")
@at_option
@click.option("--sku", "skus", multiple=True, help="Count these items.")
@click.option("--category", default="", help="Count the items of a category; everything when neither is told.")
@by_option
@hub_option
def open_count(location: str, skus: tuple[str, ...], category: str, by: str, folder: Path, as_json: bool) -> None:
    """Begin a count; its lines say what the books have now."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = hub.counting.open(location, by=by, skus=skus, category=category)
    _show(answers.count(found), as_json=as_json)


@counts.command("add")
@click.argument("count")
@click.option("--line", "told", required=True, multiple=True, callback=lines, help="SKU=UNITS: what was counted.")
@click.option("--counted-at", help="When, ISO 8601; now when not told.")
@by_option
@hub_option
def add_counted(
    count: str, told: list[tuple[str, int]], counted_at: str | None, by: str, folder: Path, as_json: bool
) -> None:
    """Say what was counted for COUNT; an item counted again stands as counted last."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.count(hub.counting.add(count, _told(told, counted_at), by=by)), as_json=as_json)


@counts.command("close")
@click.argument("count")
@by_option
@hub_option
def close_count(count: str, by: str, folder: Path, as_json: bool) -> None:
    """End COUNT: the books follow what was counted; answers the variance of each line."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.count(hub.counting.close(count, by=by)), as_json=as_json)


@counts.command("now")
@at_option
@click.option("--line", "told", required=True, multiple=True, callback=lines, help="SKU=UNITS: what was counted.")
@click.option("--counted-at", help="When, ISO 8601; now when not told.")
@by_option
@hub_option
def count_now(
    location: str, told: list[tuple[str, int]], counted_at: str | None, by: str, folder: Path, as_json: bool
) -> None:
    """Open, count and close in one step."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.count(hub.counting.at_once(location, _told(told, counted_at), by=by)), as_json=as_json)


@counts.command("cancel")
@click.argument("count")
@by_option
@hub_option
def cancel_count(count: str, by: str, folder: Path, as_json: bool) -> None:
    """Give up COUNT; the books stay as they are."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.count(hub.counting.cancel(count, by=by)), as_json=as_json)


@counts.command("show")
@click.argument("count")
@hub_option
def show_count(count: str, folder: Path, as_json: bool) -> None:
    """COUNT as it stands."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = answers.with_steps(hub, hub.counting.count(count))
    _show(found, as_json=as_json)


@counts.command("list")
@_where
@_state
@_limit
@hub_option
def list_counts(location: str | None, state: str | None, limit: int, folder: Path, as_json: bool) -> None:
    """Counts, touched last first."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        papers = hub.counting.counts(location=location, state=state, limit=limit)
    columns = ("id", "state", "location", "uncounted", "opened_at")
    show([answers.paper(one.paper) for one in papers], as_json=as_json, columns=columns)


def _told(told: list[tuple[str, int]], counted_at: str | None) -> list[Any]:
    from noline.flows.counting import Told
    from noline.flows.goods import instant_or_none

    return [Told(batch, instant_or_none(counted_at)) for batch in batches(told)]


@stock.group("return")
def returns() -> None:
    """Goods that customers give back, anywhere."""


@returns.command("new")
@at_option
@click.option("--line", "told", required=True, multiple=True, callback=lines, help="SKU=UNITS: what comes back.")
@click.option("--order", "order_id", default="", help="Of which order.")
@click.option("--id", "return_id", default="", help="Its number, when it has one.")
@click.option("--channel", default="", help="In which channel it is given back.")
@by_option
@hub_option
def new_return(
    *,
    location: str,
    told: list[tuple[str, int]],
    order_id: str,
    return_id: str,
    channel: str,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Say that goods will come back."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = hub.returning.announce(
            location, batches(told), by=by, order_id=order_id, return_id=return_id, channel=channel
        )
    _show(answers.back(found), as_json=as_json)


@returns.command("receive")
@click.argument("return_id", metavar="RETURN")
@click.option("--at", "location", help="Where it came; where it was awaited when not told.")
@_found
@by_option
@hub_option
def receive_return(
    return_id: str, location: str | None, told: list[tuple[str, int]], by: str, folder: Path, as_json: bool
) -> None:
    """Take RETURN back; it cannot be sold until it was inspected."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = hub.returning.receive(return_id, batches(told) or None, by=by, location=location)
    _show(answers.back(found), as_json=as_json)


@returns.command("inspect")
@click.argument("return_id", metavar="RETURN")
@click.option("--all", "others", type=click.Choice(_OUTCOMES), help="What becomes of units that no option names.")
@click.option("--restock", multiple=True, callback=lines, help="SKU=UNITS that are sold again.")
@click.option("--unsellable", multiple=True, callback=lines, help="SKU=UNITS that are kept aside.")
@click.option("--send-back", multiple=True, callback=lines, help="SKU=UNITS that go to the depot.")
@click.option("--depot", help="To which location units are sent back.")
@by_option
@hub_option
def inspect_return(
    *,
    return_id: str,
    others: Any,
    restock: list[tuple[str, int]],
    unsellable: list[tuple[str, int]],
    send_back: list[tuple[str, int]],
    depot: str | None,
    by: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Say what becomes of each unit of RETURN."""
    from noline.doors.answers import goods as answers
    from noline.truth.goods.model import Outcome, Pile, Verdict

    told: dict[Outcome, list[tuple[str, int]]] = {
        "restock": restock, "unsellable": unsellable, "send_back": send_back,
    }  # fmt: skip
    verdicts = [Verdict(Pile(sku), outcome, units) for outcome, those in told.items() for sku, units in those]
    with opened(folder) as hub:
        found = hub.returning.inspect(return_id, verdicts, by=by, others=others, depot=depot)
    _show(answers.back(found), as_json=as_json)


@returns.command("refund")
@click.argument("return_id", metavar="RETURN")
@click.option("--amount-minor", type=click.IntRange(0, 10**15 - 1), help="In minor units; what the order took if not.")
@click.option("--currency", help="ISO 4217 code; of the hub when not told.")
@by_option
@hub_option
def refund_return(
    return_id: str, amount_minor: int | None, currency: str | None, by: str, folder: Path, as_json: bool
) -> None:
    """Say that the money for RETURN was given back."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = hub.returning.refund(return_id, amount_minor, currency or hub.settings.currency, by=by)
    _show(answers.back(found), as_json=as_json)


@returns.command("cancel")
@click.argument("return_id", metavar="RETURN")
@by_option
@hub_option
def cancel_return(return_id: str, by: str, folder: Path, as_json: bool) -> None:
    """Nothing of RETURN will come."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        _show(answers.back(hub.returning.cancel(return_id, by=by)), as_json=as_json)


@returns.command("show")
@click.argument("return_id", metavar="RETURN")
@hub_option
def show_return(return_id: str, folder: Path, as_json: bool) -> None:
    """RETURN as it stands."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        found = answers.with_steps(hub, hub.returning.back(return_id))
    _show(found, as_json=as_json)


@returns.command("list")
@_where
@_state
@_limit
@hub_option
def list_returns(location: str | None, state: str | None, limit: int, folder: Path, as_json: bool) -> None:
    """Returns, touched last first."""
    from noline.doors.answers import goods as answers

    with opened(folder) as hub:
        papers = hub.returning.returns(location=location, state=state, limit=limit)
    columns = ("id", "state", "location", "order_id", "opened_at")
    show([answers.paper(one.paper) for one in papers], as_json=as_json, columns=columns)
