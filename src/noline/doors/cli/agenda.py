"""Saved questions on the command line: kept with a name, watched, and the alerts that they raise."""

from pathlib import Path
from typing import Any

import click

from noline.doors.cli.questions import journeys
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, say, show

_SAVED = ("id", "name", "steps", "window", "alert", "cases", "persons", "share", "raised")
_LOOKS = ("name", "before", "persons_before", "now", "persons_since", "evidence", "p", "stands", "news")
_ALERTS = ("at", "state", "name", "words", "evidence", "p")


@journeys.command("save")
@click.argument("name")
@click.option("--steps", required=True, metavar="STEPS",
              help="Actions, or CHANNEL/ACTION, or CHANNEL/*, in their order; STEP? is optional.")  # fmt: skip
@click.option("--window", default="7d", show_default=True, help="From the first step to the last; none: no limit.")
@click.option("--mode", default="ordered", show_default=True, type=click.Choice(["ordered", "strict", "any"]),
              help="Others between them allowed, not allowed, or any order.")  # fmt: skip
@click.option("--between", multiple=True, metavar="STEP=MIN..MAX", help="The time from the step before, as 1m..2h.")
@click.option("--without", metavar="STEPS", help="What must not happen.")
@click.option("--ends", default="chain", show_default=True, type=click.Choice(["chain", "person"]),
              help="What that ends: the chain that it lies within, or all that the person did.")  # fmt: skip
@click.option("--by", metavar="COLUMN", help="Also by channel, or by another column of history.")
@click.option("--credit", default="first", show_default=True, type=click.Choice(["first", "last", "all"]),
              help="Whose value counts: the first step's, the last one's, or a funnel for each.")  # fmt: skip
@click.option("--alert", is_flag=True, help="Tell when its share moves beyond chance.")
@hub_option
def save(
    *, name: str, steps: str, window: str, mode: Any, between: tuple[str, ...], without: str | None, ends: Any,
    by: str | None, credit: Any, alert: bool, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Keep a funnel under a name; under the same name and in the same words it goes on as it is."""
    from noline.doors.answers import agenda as answers
    from noline.truth.agenda.model import Asked

    limits = dict(_limit(one) for one in between)
    asked = Asked(_names(steps), window, mode, "0s", limits, _names(without), ends, by, credit)
    with opened(folder) as hub:
        told = answers.told_question(hub.agenda.save(name, asked, by="the command line", alert=alert))
    show(told if as_json else _saved(told), as_json=as_json)


@journeys.command("saved")
@hub_option
def saved(folder: Path, as_json: bool) -> None:
    """The saved questions, with what each said of all who began before it was saved."""
    from noline.doors.answers import agenda as answers

    with opened(folder) as hub:
        rows = answers.questions(hub)
    show(rows if as_json else [_saved(one) for one in rows], as_json=as_json, columns=_SAVED)


@journeys.command("unsave")
@click.argument("name")
@hub_option
def unsave(name: str, folder: Path, as_json: bool) -> None:
    """Forget a saved question, by its name or its id."""
    with opened(folder) as hub:
        question = hub.agenda.id_of(name)
        dropped = hub.agenda.drop(question, by="the command line")
    show({"id": question, "dropped": dropped}, as_json=as_json)


@journeys.command("watch")
@hub_option
def watch(folder: Path, as_json: bool) -> None:
    """Look at every saved question whose alert is on, and raise or end its alert; a server does it every hour."""
    from noline.doors.answers import agenda as answers

    with opened(folder) as hub:
        rows = answers.looks(hub)
    if not as_json and not rows:
        say("no saved question has its alert on")
        return
    show(rows if as_json else [_look(one) for one in rows], as_json=as_json, columns=_LOOKS)


@journeys.command("alerts")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@click.option("--offset", default=0, show_default=True, type=POSITION)
@hub_option
def alerts(limit: int, offset: int, folder: Path, as_json: bool) -> None:
    """Alerts raised and ended by saved questions, the last one first."""
    from noline.doors.answers import agenda as answers

    with opened(folder) as hub:
        show(answers.alerts(hub, limit, offset), as_json=as_json, columns=_ALERTS)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _limit(text: str) -> tuple[str, str]:
    step, sign, limits = text.rpartition("=")
    if not sign or not step.strip():
        raise click.BadParameter("write STEP=MIN..MAX, as in checkout=1m..2h", param_hint="--between")
    return step.strip(), limits


def _saved(told: dict[str, Any]) -> dict[str, Any]:
    """One saved question as a manager reads it."""
    asked, baseline = told["asked"], told["baseline"]
    return {
        "id": told["id"], "name": told["name"], "steps": " > ".join(asked["steps"]), "window": asked["window"],
        "alert": told["alert"], **{name: baseline[name] for name in ("cases", "persons", "share")},
        "raised": told["raised"],
    }  # fmt: skip


def _look(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": told["name"], "before": told["before"]["share"], "persons_before": told["before"]["persons"],
        "now": told["since"]["share"], "persons_since": told["since"]["persons"], "evidence": told["evidence"],
        "p": told["p"], "stands": told["stands"], "news": told["news"],
    }  # fmt: skip
