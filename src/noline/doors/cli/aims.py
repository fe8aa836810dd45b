"""Aims on the command line: what each channel is meant for, what should be reached, and the looks at it."""

from pathlib import Path
from typing import Any

import click

from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, say, show

ROLES = ("acquire", "retain", "convenience", "experience", "assist", "service")
STATUSES = ("on track", "at risk", "off track", "reached", "missed")
"""Named here so that `--help` loads nothing of truth."""

_CHARTERS = ("channel", "main", "others", "reasons", "experience", "owner", "since", "by")
_GOALS = ("id", "name", "metric", "where", "target", "due", "owner", "status", "looked_at", "number")
_NOW = (*_GOALS[:-1], "now")
_CHECK_INS = ("at", "status", "number", "decided", "by")

_BY = click.option("--by", default="the command line", show_default=True, help="Who says so.")


@click.group()
def aims() -> None:
    """What each channel is meant for, what should be reached by when, and what was looked at."""


@aims.command("charters")
@hub_option
def charters(folder: Path, as_json: bool) -> None:
    """What each channel and unit is meant for, and those that nobody stated anything about."""
    from noline.doors.answers import aims as answers

    with opened(folder) as hub:
        told = answers.charters(hub)
    if as_json:
        show(told, as_json=True)
        return
    show([_charter(one) for one in told["charters"]], as_json=False, columns=_CHARTERS)
    if told["unstated"]:
        say(f"nothing is stated about: {', '.join(one['name'] for one in told['unstated'])}")


@aims.command("charter")
@click.argument("channel")
@click.option("--main", type=click.Choice(ROLES), help="The one role it is there for; needed the first time.")
@click.option("--also", multiple=True, type=click.Choice(ROLES), help="A role it has beside; may be given again.")
@click.option("--reason", multiple=True, help="Why a customer buys here; may be given again.")
@click.option("--experience", help="What it promises its customers.")
@click.option("--owner", help="Who cares for it: a short text; no names of customers.")
@_BY
@hub_option
def charter(
    *, channel: str, main: Any, also: tuple[Any, ...], reason: tuple[str, ...], experience: str | None,
    owner: str | None, by: str, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """State what a channel or unit is meant for; what is not named stays as it was."""
    from noline.doors.answers import aims as answers

    said = {"main": main, "others": also or None, "reasons": reason or None, "experience": experience, "owner": owner}
    with opened(folder) as hub:
        told = answers.state_charter(hub, channel, by=by, **said)
    show(told if as_json else _charter(told), as_json=as_json)


@aims.command("goals")
@click.option("--now", is_flag=True, help="Also what each number says at this moment.")
@hub_option
def goals(now: bool, folder: Path, as_json: bool) -> None:
    """Goals, the one that is due first at the top, each with the last look at it."""
    from noline.doors.answers import aims as answers

    with opened(folder) as hub:
        rows = answers.goals(hub, now=now)
    show(rows if as_json else [_goal(one) for one in rows], as_json=as_json, columns=_NOW if now else _GOALS)


@aims.command("goal")
@click.argument("name")
@click.option("--metric", required=True, help="The id of a number, as `noline metrics` lists them.")
@click.option("--target", required=True, help="A decimal number in the unit, such as 25.")
@click.option("--unit", required=True, help="count, share, %, minutes, ratio, or a currency (in its major unit).")
@click.option("--at-most", is_flag=True, help="It should be no more than that; else it should be at least that.")
@click.option("--due", required=True, metavar="DAY", help="By when, such as 2026-12-31; that day is counted in.")
@click.option("--begins", metavar="DAY", help="The first day counted; else as before, or today.")
@click.option("--where", multiple=True, metavar="DIMENSION=VALUE", help="unit, channel or country; else all.")
@click.option("--owner", help="Who cares for it: a short text; no names of customers.")
@_BY
@hub_option
def goal(
    *, name: str, metric: str, target: str, unit: str, at_most: bool, due: str, begins: str | None,
    where: tuple[str, ...], owner: str | None, by: str, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Set what should be reached under a name; in the words that stand already it goes on as it is."""
    from noline.doors.answers import aims as answers
    from noline.truth.aims.model import Aim

    told_where = dict(_part(one) for one in where)
    aim = Aim(metric, target, unit, "at_most" if at_most else "at_least", due, begins or "", told_where)
    with opened(folder) as hub:
        told = answers.set_goal(hub, name, aim, by=by, owner=owner)
    show(told if as_json else _goal(told), as_json=as_json)


@aims.command("drop")
@click.argument("name")
@_BY
@hub_option
def drop(name: str, by: str, folder: Path, as_json: bool) -> None:
    """Give a goal up, by its name or its id; what was looked at stays."""
    from noline.doors.answers import aims as answers

    with opened(folder) as hub:
        told = answers.drop_goal(hub, hub.aims.id_of(name), by=by)
    show(told, as_json=as_json)


@aims.command("check-in")
@click.argument("name")
@click.option("--status", required=True, type=click.Choice(STATUSES), help="How the goal stands.")
@click.option("--decided", required=True, help="What was decided; no names of customers.")
@_BY
@hub_option
def check_in(name: str, status: Any, decided: str, by: str, folder: Path, as_json: bool) -> None:
    """Look at a goal now, by its name or its id: keep what its number says, how it stands and what was decided."""
    from noline.doors.answers import aims as answers

    with opened(folder) as hub:
        told = answers.check_in(hub, hub.aims.id_of(name), status=status, decided=decided, by=by)
    show(told if as_json else _check_in(told), as_json=as_json)


@aims.command("check-ins")
@click.argument("name")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@click.option("--offset", default=0, show_default=True, type=POSITION)
@hub_option
def check_ins(name: str, limit: int, offset: int, folder: Path, as_json: bool) -> None:
    """The looks at a goal, by its name or its id, with the numbers as they were then, the last one first."""
    from noline.doors.answers import aims as answers

    with opened(folder) as hub:
        rows = answers.check_ins(hub, hub.aims.id_of(name), limit, offset)
    show(rows if as_json else [_check_in(one) for one in rows], as_json=as_json, columns=_CHECK_INS)


def _part(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise click.BadParameter("write DIMENSION=VALUE, as in unit=paris-1", param_hint="--where")
    return name.strip(), value.strip()


def _charter(told: dict[str, Any]) -> dict[str, Any]:
    """A charter as a manager reads it."""
    joined = {"others": ", ".join(told["others"]) or None, "reasons": "; ".join(told["reasons"]) or None}
    return {name: joined.get(name, told[name]) for name in _CHARTERS}


def _goal(told: dict[str, Any]) -> dict[str, Any]:
    last = told["last_check_in"] or {}
    row = {
        "id": told["id"], "name": told["name"], "metric": told["metric"], "where": told["where_words"],
        "target": told["aim_words"], "due": told["due"], "owner": told["owner"], "status": last.get("status"),
        "looked_at": last.get("at"), "number": last.get("words"),
    }  # fmt: skip
    if "now" not in told:
        return row
    return {**row, "now": told["now"]["words"] if told["now"] else told["why_not_now"]}


def _check_in(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told["words"] if name == "number" else told[name] for name in _CHECK_INS}


COMMANDS = {"aims": aims}
