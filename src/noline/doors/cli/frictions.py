"""What to fix first, on the command line: frictions ranked by what they cost, who met them, and who cares for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.questions import journeys
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, say, show
from noline.doors.cli.walks import EventsTable, events_options, from_table, only_with_events

if TYPE_CHECKING:
    from noline.insight.frictions.service import Frictions

STATES = ("open", "in work", "fixed", "accepted")
"""How far the care of a friction is; named here so that `--help` loads nothing of truth."""

_NUMBERS = ("units", "rating_hundredths", "exposure", "seq", "handoff_until", "amount_minor")
_RANKED = ("rank", "id", "name", "persons", "of", "share", "leak", "between", "exposed", "rising", "owner", "state")
_OVER_EVENTS = _RANKED[:-2]
_UNTOLD = {True: "too few to tell", False: "cannot be told"}
_FINDINGS = ("where", "cases", "persons", "share", "share_low", "share_high", "of the others", "lift", "p_adjusted",
             "explains", "because of")  # fmt: skip
_CASES = ("person", "name", "at", "channels", "place", "sku", "value", "converted", "evidence")


@journeys.command("frictions")
@events_options
@click.option("--rules", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
              help="With --events: rules of your own; they stand beside those of the catalogue.")  # fmt: skip
@click.option("--columns", metavar="COLUMNS",
              help="With --events: columns that must be there; what rules name is read if there is such.")  # fmt: skip
@click.option("--currency", default="EUR", show_default=True, help="With --events: of the values, ISO 4217.")
@click.option("--horizon", default="14d", show_default=True, help="With --events: the time to reach a goal in.")
@hub_option
@click.pass_context
def frictions(
    context: click.Context, *, folder: Path, as_json: bool, table: EventsTable | None, rules: Path | None,
    columns: str | None, currency: str, horizon: str,
) -> None:  # fmt: skip
    """What to fix first: each friction with who met it, what it costs, and who cares for it.

    The leak is an association with its 95 % interval: what comparable journeys without the friction were worth more.
    The exposed value is all that was at stake, an upper bound.
    """
    if table is None:
        only_with_events(context, "rules", "columns", "currency", "horizon")
        from noline.doors.answers import frictions as answers

        with opened(folder) as hub:
            rows = answers.ranked(hub)
        show(rows if as_json else [_row(one) for one in rows], as_json=as_json, columns=_RANKED)
        return
    found = _of_events(table, rules, columns, currency, horizon)
    told = [{**one.as_dict(), "rank": rank} for rank, one in enumerate(found.ranked(), start=1)]
    show(told if as_json else [_row(one) for one in told], as_json=as_json, columns=_OVER_EVENTS)


@journeys.command("friction")
@click.argument("friction")
@click.option("--cases", "limit", type=COUNT, help="Also so many of its cases, the latest first.")
@click.option("--offset", default=0, show_default=True, type=POSITION)
@hub_option
def friction(friction: str, limit: int | None, offset: int, folder: Path, as_json: bool) -> None:
    """One friction: what it is, how many met it, what it costs, how it is counted, and what would prove the fix."""
    from noline.doors.answers import frictions as answers

    with opened(folder) as hub:
        told = answers.one(hub, friction)
        cases = answers.cases(hub, friction, limit, offset) if limit is not None else None
    if as_json:
        show({**told, "cases_told": cases} if cases is not None else told, as_json=True)
        return
    show(_in_words(told), as_json=False)
    if cases is not None:
        click.echo()
        show([_case(one, told["currency"]) for one in cases], as_json=False, columns=_CASES)


@journeys.command("care")
@click.argument("friction")
@click.option("--owner", help="Who cares for it: a short text, such as the address of a colleague.")
@click.option("--state", type=click.Choice(STATES), help="How far it is; accepted: the company lives with it.")
@click.option("--note", help="What is to be known about it; no names of customers.")
@click.option("--proof", help="What would show that it is fixed.")
@click.option("--by", default="the command line", show_default=True, help="Who says so.")
@hub_option
def care(
    *, friction: str, owner: str | None, state: Any, note: str | None, proof: str | None, by: str, folder: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Note who cares for a friction and how far it is; what is not named stays as it was."""
    from noline.doors.answers import frictions as answers

    with opened(folder) as hub:
        told = answers.cared(hub, friction, by=by, owner=owner, state=state, note=note, proof=proof)
    show(told, as_json=as_json)


@journeys.command("causes")
@click.argument("friction", required=False)
@click.option("--from", "sender", metavar="CHANNEL", help="The sending channel of a border, instead of a friction.")
@click.option("--to", "receiver", metavar="CHANNEL", help="The receiving channel of that border.")
@hub_option
def causes(friction: str | None, sender: str | None, receiver: str | None, folder: Path, as_json: bool) -> None:
    """Where a friction, or the loss on a border, stands out: stores, months, countries, and two of them together."""
    from noline.doors.answers import frictions as answers

    with opened(folder) as hub:
        told = answers.causes(hub, friction, sender, receiver)
    if as_json:
        show(told, as_json=True)
        return
    say(f"{told['cases']:,} of {told['persons']:,} persons; {told['compared']:,} parts were compared")
    say("What stands out is an association.")
    show([_finding(one) for one in told["findings"]], as_json=False, columns=_FINDINGS)
    if told["effect"] or told["why_no_effect"]:
        click.echo()
        show(_effect(told), as_json=False)


# Reading and telling


def _of_events(table: EventsTable, rules: Path | None, columns: str | None, currency: str, horizon: str) -> "Frictions":
    from noline.insight.frictions.rules import catalogue
    from noline.insight.frictions.service import Frictions, columns_of, rules_of
    from noline.insight.walks.model import span

    named = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    parts = tuple(name for name in named if name not in _NUMBERS)
    told = rules_of(rules.parent, rules.name) if rules else catalogue()
    measures = tuple(name for name in named if name in _NUMBERS)
    walks, _ = from_table(table, parts, measures, columns_of(told))
    return Frictions(walks.store, rules=told, currency=currency, horizon=span(horizon))


def money(minor: int | None, currency: str) -> str | None:
    """An amount in major units."""
    from noline.kernel.money import Money

    return None if minor is None else str(Money(minor, currency))


def _row(told: Mapping[str, Any]) -> dict[str, Any]:
    """One friction as a manager reads it."""
    currency, nothing = told["currency"], told["leak_minor"] is None
    low, high = (money(told[name], currency) for name in ("leak_low", "leak_high"))
    cared = told.get("care") or {}
    return {
        **{name: told[name] for name in ("rank", "id", "name", "persons")},
        "of": told["at_risk"],
        "share": told["share"]["value"],
        "leak": _unknown(told) if nothing else money(told["leak_minor"], currency),
        "between": None if nothing else f"{low} .. {high}",
        "exposed": money(told["exposed_minor"], currency),
        "rising": {True: "rising", False: "falling", None: None}[told["rising"]],
        "owner": cared.get("owner"),
        "state": cared.get("state"),
    }


def _unknown(told: Mapping[str, Any]) -> str:
    missing = told["missing"]
    return f"no column {', '.join(missing)}" if missing else _UNTOLD[told["too_few"]]


def _in_words(told: Mapping[str, Any]) -> dict[str, Any]:
    """All about one friction, a line for each thing."""
    row = _row(told)
    return {
        "friction": f"{told['id']} {told['name']}",
        "sentence": told["sentence"],
        "persons": f"{told['persons']:,} of {told['at_risk']:,} who could have met it ({_share(told['share'])})",
        "cases": f"{told['cases']:,}, and {told['undecided']:,} that nobody can tell yet",
        "leak": told["why_no_leak"] if row["between"] is None else f"{row['leak']} ({row['between']}, {told['label']})",
        "exposed": f"{row['exposed']} at stake, an upper bound",
        "goal with it": _share(told["conversion_with"]),
        "goal without": f"{_share(told['conversion_without'])} in {told['matched']:,} comparable journeys",
        "trend": ", ".join(f"{one['month']}: {one['cases']:,}" for one in told["trend"]),
        "proof": told["care"]["proof"] or told["proof"],
        "owner": row["owner"],
        "state": row["state"],
        "note": told["care"]["note"],
        "counted": told["counted"]["words"],
    }


def _share(told: Mapping[str, Any]) -> str:
    if told["value"] is None:
        return "nobody to tell of"
    few = ", too few to tell" if told["too_few"] else ""
    return f"{100 * told['value']:.1f} %, {100 * told['low']:.1f} .. {100 * told['high']:.1f}{few}"


def _case(told: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        **told,
        "value": money(told["value_minor"], currency),
        "channels": " > ".join(told["channels"]),
        "evidence": ", ".join(str(seq) for seq in told["evidence"]),
    }


def _finding(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **told,
        "where": told["words"],
        "of the others": told["rest"],
        "explains": told["contribution"],
        "because of": told["because_of_words"] or None,
    }


def _effect(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the friction seems to change of reaching a goal."""
    effect = told["effect"]
    if effect is None:
        return {"effect": told["why_no_effect"]}
    points = [f"{100 * effect[name]:+.1f}" for name in ("value", "low", "high")]
    return {
        "effect": f"{points[0]} points of reaching a goal ({points[1]} .. {points[2]}; {effect['label']})",
        "allowed for": ", ".join(effect["adjusted_for"]),
    }
