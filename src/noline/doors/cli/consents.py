"""Consent on the command line: what a person agreed to, and a yes or no taken down."""

from pathlib import Path
from typing import Any, NamedTuple

import click

from noline.doors.cli.questions import customers
from noline.doors.cli.talk import hub_option, opened, say, show


class Wanted(NamedTuple):
    """A purpose, by a channel or by any."""

    purpose: str
    channel: str


def _wanted(_context: click.Context, _option: click.Parameter, told: tuple[str, ...]) -> list[Wanted]:
    """What was written as PURPOSE or PURPOSE:CHANNEL."""
    return [_read(text) for text in told]


def _read(text: str) -> Wanted:
    purpose, colon, channel = text.partition(":")
    if not purpose.strip() or (colon and not channel.strip()) or max(len(purpose), len(channel)) > 100:
        raise click.BadParameter(f"{text!r} is no purpose: write PURPOSE or PURPOSE:CHANNEL, such as marketing:email")
    return Wanted(purpose, channel or "any")


@customers.command("consent")
@click.argument("person")
@click.option(
    "--grant", "grants", multiple=True, callback=_wanted, help="PURPOSE or PURPOSE:CHANNEL: the person says yes."
)
@click.option(
    "--withdraw", "withdrawals", multiple=True, callback=_wanted, help="PURPOSE or PURPOSE:CHANNEL: the person says no."
)
@click.option("--by", default="command line", show_default=True, help="Who took it down.")
@click.option("--description", help="What was agreed to, in the words the person saw.")
@hub_option
def consent(
    person: str,
    grants: list[Wanted],
    withdrawals: list[Wanted],
    by: str,
    description: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """What PERSON agreed to; with --grant or --withdraw, take a yes or no down first."""
    from noline.doors.answers import consents

    with opened(folder) as hub:
        for wanted, granted in [*((one, True) for one in grants), *((one, False) for one in withdrawals)]:
            hub.consent.change(person, *wanted, granted=granted, by=by, description=description)
        found = consents.consent(hub, person)
    if as_json:
        show(found, as_json=True)
        return
    say(f"{found['person']}: what is not listed was never told, and is not granted")
    show(_rows(found), as_json=False, columns=("purpose", "channel", "state", "told_at", "source", "method"))


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A line for each purpose, and for each channel that was named."""
    return [
        {"purpose": purpose, "channel": channel, **one}
        for purpose, told in found["purposes"].items()
        for channel, one in [("any", told), *told["segments"].items()]
    ]
