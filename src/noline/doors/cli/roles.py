"""Channels on the command line: what each is for by its orders, and how customers move between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from noline.doors.cli.talk import hub_option, opened, say, show

_MEASURES = ("acquire", "retain", "sticky", "back", "frequency", "experience")
_ROLES = ("name", "orders", "persons", *_MEASURES, "claimed", "promises_kept", "assist")
_CLASSES = ("class", "persons", "share", "orders", "orders_each", "value_each", "degree")
_PARTS = ("capability", "exists", "evidence", "works", "counted_of", "remark")
_ACCOUNTS = (
    "account",
    "channels",
    "orders",
    "of_nobody",
    "persons",
    "value",
    "days_between",
    "coming_back",
    "returned",
)
_BY = ("channel", "unit")


@click.group("channels")
def channels() -> None:
    """What each channel is for by what its orders show, and how customers move between channels."""


@channels.command("roles")
@click.option("--by", type=click.Choice(_BY), default="channel", show_default=True, help="unit: each store too.")
@hub_option
def roles(by: str, folder: Path, as_json: bool) -> None:
    """Whom each channel brings, keeps and gets back: times what would be if channels made no difference.

    A * stands behind a ratio whose whole 95 % interval lies above 1, a ' behind one whose interval lies below.
    Assist is what it earned on orders that another captured, by the fair books. Promises stand with who serves them:
    what is collected with the store, whoever took the order.
    """
    from noline.doors.answers import roles as answers

    with opened(folder) as hub:
        told = answers.roles(hub, by)
    if as_json:
        show(told, as_json=True)
        return
    show([_role(one) for one in told["channels"]], as_json=False, columns=_ROLES)
    say("* above 1 and ' below 1, with the whole 95 % interval; ? too few to tell")
    say(told["sentence"])


@channels.command("migration")
@click.option("--k", type=int, default=2, show_default=True, help="To which order: 2 to 5.")
@hub_option
def migration(k: int, folder: Path, as_json: bool) -> None:
    """Where customers go from their first order to their k-th, and how many are lost on the way."""
    from noline.doors.answers import roles as answers

    with opened(folder) as hub:
        told = answers.migration(hub, k)
    if as_json:
        show(told, as_json=True)
        return
    rows = [_way(one) for one in (*told["ways"], told["every"])]
    show(rows, as_json=False, columns=("first", "persons", *told["channels"], "lost", "lost_share", "undecided"))


@channels.command("customers")
@hub_option
def customers(folder: Path, as_json: bool) -> None:
    """Customers by how they use channels: one, several, crossing inside an order, crossing both ways."""
    from noline.doors.answers import roles as answers

    with opened(folder) as hub:
        told = answers.customers(hub)
    if as_json:
        show(told, as_json=True)
        return
    show([_class(one, told["currency"]) for one in told["classes"]], as_json=False, columns=_CLASSES)
    say(told["sentence"])


@channels.command("index")
@click.option("--lookup-p95-ms", type=click.FloatRange(min=0), help="How long finding a customer takes, if measured.")
@hub_option
def index(lookup_p95_ms: float | None, folder: Path, as_json: bool) -> None:
    """What the company can do across channels: what exists, and how well it works."""
    from noline.doors.answers import roles as answers

    with opened(folder) as hub:
        told = answers.index(hub, lookup_p95_ms)
    if as_json:
        show(told, as_json=True)
        return
    show([_capability(one) for one in told["parts"]], as_json=False, columns=_PARTS)
    works = "nothing could be measured" if told["works"] is None else f"{100 * told['works']:.0f} % on average"
    say(f"{told['exist']} of {told['of']} exist; {told['measured']} were measured: {works}")


@channels.command("partners")
@hub_option
def partners(folder: Path, as_json: bool) -> None:
    """Channels in which others sell, by the measures of every channel, and each business that orders."""
    from noline.doors.answers import roles as answers

    with opened(folder) as hub:
        told = answers.partners(hub)
    if as_json:
        show(told, as_json=True)
        return
    click.echo("Channels in which others sell")
    show([_role(one) for one in told["channels"]], as_json=False, columns=_ROLES)
    click.echo("\nBusiness customers")
    show([_account(one) for one in told["accounts"]], as_json=False, columns=_ACCOUNTS)


def _role(told: Mapping[str, Any]) -> dict[str, Any]:
    from noline.kernel.money import Money

    return {
        "name": told["place"],
        "orders": told["orders"],
        "persons": told["persons"],
        **{name: _ratio(told["measures"][name]) for name in _MEASURES},
        "claimed": ", ".join(told["claimed"]) or None,
        "promises_kept": _share(told["convenience"]),
        "assist": ", ".join(str(Money(**one)) for one in told["assist"] or () if one["amount_minor"]) or None,
    }


def _ratio(told: Mapping[str, Any]) -> str | None:
    """`1.75* 1.67..1.83`: the ratio, what it claims, its interval."""
    if told["value"] is None:
        return None
    mark = "?" if told["too_few"] else "*" if told["claimed"] else "'" if told["less"] else ""
    between = "" if told["low"] is None else f" {told['low']:.2f}..{told['high']:.2f}"
    return f"{told['value']:.2f}{mark}{between}"


def _share(told: Mapping[str, Any] | None) -> str | None:
    """`86 % of 116`."""
    return None if told is None or told["share"] is None else f"{100 * told['share']:.0f} % of {told['of']:,}"


def _way(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "first": told["first"],
        "persons": told["persons"],
        **{one["channel"]: one["cases"] for one in told["cells"]},
        "lost": told["lost"]["cases"],
        "lost_share": _between(told["lost"]),
        "undecided": told["undecided"],
    }


def _between(told: Mapping[str, Any]) -> str | None:
    if told["share"] is None:
        return None
    return f"{100 * told['share']:.0f} % ({100 * told['low']:.0f}..{100 * told['high']:.0f})"


def _class(told: Mapping[str, Any], currency: str) -> dict[str, Any]:
    from noline.kernel.money import Money

    each = told["value_mean_minor"]
    return {
        "class": told["name"],
        "persons": told["persons"]["cases"],
        "share": _between(told["persons"]),
        "orders": told["orders"],
        "orders_each": told["orders_mean"]["value"],
        "value_each": None if each is None else str(Money(each, currency)),
        "degree": told["degree"]["value"],
    }


def _capability(told: Mapping[str, Any]) -> dict[str, Any]:
    works = told["works"]
    return {
        "capability": told["words"],
        "exists": told["exists"],
        "evidence": told["evidence"],
        "works": None if works is None else _between(works),
        "counted_of": None if works is None else works["of"],
        "remark": told["why"] or ("too few to tell" if works and works["too_few"] else None),
    }


def _account(told: Mapping[str, Any]) -> dict[str, Any]:
    from noline.kernel.money import Money

    return {
        "account": told["account"],
        "channels": ", ".join(told["channels"]),
        "orders": told["orders"],
        "of_nobody": told["orders_of_nobody"],
        "persons": told["persons"],
        "value": ", ".join(str(Money(one["value_minor"], one["currency"])) for one in told["baskets"]) or None,
        "days_between": told["median_gap_days"],
        "coming_back": _share(told["coming_back"]),
        "returned": _share(told["returned"]),
    }


COMMANDS = {"channels": channels}
