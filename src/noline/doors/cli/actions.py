"""Programmes on the command line: what is offered at the counter, and what each offer changed."""

from pathlib import Path
from typing import Any

import click

from noline.doors.cli.keyed import key_option, once
from noline.doors.cli.talk import hub_option, opened, say, show
from noline.truth.offers.model import ANSWERS

_COLUMNS = ("id", "name", "kind", "shown", "held", "accepted", "declined", "overruled", "accepted_share")
_ARMS = ("arm", "persons", "reached", "share", "waiting")


@click.group("programmes")
def programmes() -> None:
    """What is offered at the counter, and what each offer changed."""


@programmes.command("list")
@hub_option
def list_programmes(folder: Path, as_json: bool) -> None:
    """Every programme, how often it was shown, and what was answered."""
    from noline.doors.answers import actions as answers

    with opened(folder) as hub:
        told = answers.programmes(hub)
    rows = (
        told if as_json else [{**one, **one["counts"], "accepted_share": _share("accepted_share", one)} for one in told]
    )
    show(rows, as_json=as_json, columns=_COLUMNS)


@programmes.command("show")
@click.argument("programme")
@hub_option
def show_programme(programme: str, folder: Path, as_json: bool) -> None:
    """What a programme changed: everybody shown it against everybody held out, bought or not.

    Waiting are those whose time for the goal is not over; they are in no share yet.
    """
    from noline.doors.answers import actions as answers

    with opened(folder) as hub:
        told = answers.programme(hub, programme)
    if as_json:
        show(told, as_json=True)
        return
    say(told["sentence"])
    say(f"goal: {' or '.join(told['goal'])} within {told['within_days']} days")
    rows = [{"arm": arm, **told[arm], "share": _share("share", told[arm])} for arm in ("shown", "held")]
    show(rows, as_json=False, columns=_ARMS)
    effect = told["effect"]
    if effect is not None:
        low, high = _percent(effect["low"]), _percent(effect["high"])
        say(f"difference: {_percent(effect['share'])}, 95 % interval {low} to {high}")
    if told["effect_because"]:
        say(told["effect_because"])
    for one in told["overruled"]:
        say(f"overruled by {one['by']} at {one['at']}: {one['reason']}")


@programmes.command("answer")
@click.argument("person")
@click.argument("programme")
@click.argument("answer", metavar="ANSWER", type=click.Choice(ANSWERS))
@click.option("--reason", default="", help="Why the offer is wrong for this customer; needed to overrule.")
@click.option("--by", default="command line", show_default=True, help="Who does it.")
@key_option
@hub_option
def answer_offer(
    *, person: str, programme: str, answer: str, reason: str, by: str, key: str | None, folder: Path, as_json: bool
) -> None:
    """Say what became of the offer of PROGRAMME to PERSON: accepted, declined or overruled."""
    from noline.doors.answers import actions as answers

    with opened(folder) as hub:
        told = once(
            hub, key, ["answer offer", person, programme, answer, reason],
            lambda: answers.answered(hub, person, programme, answer, reason, by=by),
        )  # fmt: skip
    show(told, as_json=as_json)


def _share(name: str, told: dict[str, Any]) -> str:
    if told[name] is None:
        return "none"
    return f"{_percent(told[name])} ({_percent(told[f'{name}_low'])} to {_percent(told[f'{name}_high'])})"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


COMMANDS = {"programmes": programmes}
