"""Which unit earned what, on the command line: in today's books and as earned, with what is guaranteed to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from noline.doors.cli.credit import credit
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, say, show

Command = TypeVar("Command", bound=Callable[..., Any])

_UNITS = ("unit", "currency", "orders_captured", "orders_helped", "today_minor", "fair_minor", "repaid_minor",
          "shared_minor", "borne_minor", "floor_minor", "headroom_today_minor", "headroom_fair_minor",
          "after_pools_minor", "refunded_minor")  # fmt: skip
_RESULTS = ("unit", "name", "currency", "today_minor", "fair_minor", "fixed_minor", "pools_minor",
            "today_after_pools_minor", "fair_after_pools_minor", "without_rate")  # fmt: skip
_ACTS = ("at", "unit", "act", "minutes", "cost_minor")
_SHARES = ("unit", "spent_minor", "repaid_minor", "shared_minor", "borne_minor", "at_till_minor")
_RETURNS = ("at", "unit", "minutes", "value_minor", "margin_minor", "cost_minor", "owner", "baseline_minor")
_REFUNDS = ("at", "unit", "value_minor", "margin_minor", "lost_minor", "owner", "baseline_minor")
_CLAIMS = ("unit", "credit_minor", "floor_minor", "headroom_minor", "nearest_minor", "nucleolus_minor")
_HANDOFFS = ("sender", "receiver", "moves", "removal_effect", "conversions", "value_minor")
_JOURNEYS = ("channel", "conversions", "value_minor", "share", "paths")


def period_options(command: Command) -> Command:
    """`--from DATE --to DATE`: only what happened then."""
    for option in (
        click.option("--to", "until", metavar="WHEN", help="Only before then, ISO 8601."),
        click.option("--from", "since", metavar="WHEN", help="Only from then on, ISO 8601."),
    ):
        command = option(command)
    return command


method_option = click.option("--method", help="How what is left is shared; that of noline.toml if not told.")


@credit.command("units")
@method_option
@period_options
@click.option("--by-month", is_flag=True, help="A row for each month.")
@hub_option
def units(
    *, method: str | None, since: str | None, until: str | None, by_month: bool, folder: Path, as_json: bool
) -> None:
    """Each unit in today's books and as it earned, with its floor; in minor units of each currency."""
    from noline.doors.answers import credit as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        told = answers.units(hub, method, instant_or_none(since), instant_or_none(until), by_month=by_month)
    if as_json:
        show(told, as_json=True)
        return
    say(told["sentence"])
    rows = [row for part in told["currency_sections"] for row in _rows(part)]
    show(rows, as_json=False, columns=("month", *_UNITS) if by_month else _UNITS)


def _rows(part: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a currency; what would have come anyway stands below, so that a column adds up to what there is."""
    rows = [{**row, "currency": part["currency"]} for row in part["units"]]
    anyway = part["baseline_minor"]
    told = {"unit": "baseline", "currency": part["currency"], "shared_minor": anyway, "fair_minor": anyway}
    return [*rows, told] if anyway else rows


@credit.command("results")
@method_option
@period_options
@click.option("--by-month", is_flag=True, help="A row for each month.")
@hub_option
def results(
    *, method: str | None, since: str | None, until: str | None, by_month: bool, folder: Path, as_json: bool
) -> None:
    """What each unit is left with after its own fixed costs and its part of shared pools, in the hub's currency."""
    from noline.doors.answers import credit as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        told = answers.units(hub, method, instant_or_none(since), instant_or_none(until), by_month=by_month)["results"]
    show(told, as_json=as_json, columns=("month", *_RESULTS) if by_month else _RESULTS)


@credit.command("order")
@click.argument("order_id")
@method_option
@hub_option
def order(order_id: str, method: str | None, folder: Path, as_json: bool) -> None:
    """One order opened: its acts with their costs, who is paid back, who gets which share, its returns and refunds."""
    from noline.doors.answers import credit as answers

    with opened(folder) as hub:
        told = answers.order(hub, order_id, method)
    if as_json:
        show(told, as_json=True)
        return
    show({name: value for name, value in told.items() if not isinstance(value, (list, dict))}, as_json=False)
    click.echo()
    show(told["acts"], as_json=False, columns=_ACTS)
    click.echo()
    show(told["shares"], as_json=False, columns=_SHARES)
    for goods, columns in ((True, _RETURNS), (False, _REFUNDS)):
        if rows := [one for one in told["returns"] if one["goods"] is goods]:
            click.echo()
            if not goods:
                say("money given back without goods:")
            show(rows, as_json=False, columns=columns)
    if told["returns"]:
        click.echo()
        back = [{**share, "at": one["at"]} for one in told["returns"] for share in one["shares"]]
        show(back, as_json=False, columns=("at", *_SHARES))


@credit.command("orders")
@click.option("--unit", help="Only those that this unit worked on, or took something back of.")
@click.option("--helped", is_flag=True, help="With --unit: only those that another unit captured.")
@click.option("--limit", default=20, show_default=True, type=COUNT)
@click.option("--offset", default=0, show_default=True, type=POSITION)
@hub_option
def orders(unit: str | None, *, helped: bool, limit: int, offset: int, folder: Path, as_json: bool) -> None:
    """Orders with what they left to share, the latest first."""
    from noline.doors.answers import credit as answers

    with opened(folder) as hub:
        told = answers.orders(hub, unit, helped=helped, limit=limit, offset=offset)
    show(told, as_json=as_json)


@credit.command("guarantee")
@click.option("--books", default="today", show_default=True, help="today, fair, a method, or 'markov over totals'.")
@click.option("--currency", help="ISO 4217; that of the hub if not told.")
@period_options
@hub_option
def guarantee(
    books: str, currency: str | None, since: str | None, until: str | None, folder: Path, as_json: bool
) -> None:
    """What no unit and no group of units may lose, who loses it by these books, and what would mend it."""
    from noline.doors.answers import credit as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        told = answers.guarantee(hub, books, currency, instant_or_none(since), instant_or_none(until))
    if as_json:
        show(told, as_json=True)
        return
    say(told["sentence"])
    show(told["units"], as_json=False, columns=_CLAIMS)


@credit.command("what-if")
@click.argument("unit")
@method_option
@period_options
@hub_option
def what_if(unit: str, method: str | None, since: str | None, until: str | None, folder: Path, as_json: bool) -> None:
    """What a unit would earn if it stopped helping the others: by today's books, and by fair ones."""
    from noline.doors.answers import credit as answers
    from noline.flows.goods import instant_or_none

    with opened(folder) as hub:
        told = answers.what_if(hub, unit, method, instant_or_none(since), instant_or_none(until))
    show(told if as_json else told["currencies"], as_json=as_json)


@credit.command("handoffs")
@click.option(
    "--order", default=1, show_default=True, type=click.IntRange(1, 6), help="Touches that a state remembers."
)
@hub_option
def handoffs(order: int, folder: Path, as_json: bool) -> None:
    """What each way from one channel to the next is worth: what would be lost if it led to nothing."""
    from noline.doors.answers import credit as answers

    with opened(folder) as hub:
        told = answers.handoffs(hub, order)
    show(told, as_json=as_json, columns=_HANDOFFS)


@credit.command("journeys")
@click.option(
    "--method", default="shapley", show_default=True, help="first, last, linear, position, decay, shapley, markov."
)
@click.option("--order", default=1, show_default=True, type=click.IntRange(1, 6), help="Of markov.")
@hub_option
def journeys(method: str, order: int, folder: Path, as_json: bool) -> None:
    """What each channel gets of the hub's orders by a method over journeys."""
    from noline.doors.answers import credit as answers

    with opened(folder) as hub:
        told = answers.journeys(hub, method, order)
    show(told if as_json else told["channels"], as_json=as_json, columns=() if as_json else _JOURNEYS)
