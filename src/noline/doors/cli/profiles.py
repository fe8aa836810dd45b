"""What is known of people, on the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from noline.doors.cli.questions import customers
from noline.doors.cli.talk import COUNT, hub_option, opened, say, show

_JUDGED = {
    "model": "Judged by the model of the latest match.",
    "evidence": "Judged by how rare it is what agrees; no model has been learned yet (noline customers match).",
}
_COLUMNS = ("person", "name", "words", "probability", "why")


@customers.command("values")
@click.argument("person")
@hub_option
def values(person: str, folder: Path, as_json: bool) -> None:
    """Each attribute of PERSON: the value that stands, and every value that was told, by whom and when."""
    from noline.doors.answers import profiles

    with opened(folder) as hub:
        found = profiles.values(hub, person)
    if as_json:
        show(found, as_json=True)
        return
    rows = [
        {"name": one["name"], **told, "stands": stands}
        for one in found["attributes"]
        for stands, some in ((True, one["told_by"]), (False, one["others"]))
        for told in some
    ]
    show(rows, as_json=False, columns=("name", "value", "stands", "source", "trust", "first_told", "last_told"))


@customers.command("recognise")
@click.option("--name", default="", help="The name, or part of it.")
@click.option("--phone", default="", help="The phone, or its last digits (at least four).")
@click.option("--email", default="", help="The whole e-mail.")
@click.option("--city", default="", help="Where they live.")
@click.option("--birthday", default="", help="As 1984-03-07 or 7.3.1984, with or without the year.")
@click.option("--number", default="", help="The number of a card, or its last digits (at least four).")
@click.option("--limit", default=5, show_default=True, type=COUNT)
@hub_option
def recognise(folder: Path, as_json: bool, limit: int, **said: str) -> None:
    """Who somebody at the counter probably is, by whatever they say; nobody is merged."""
    from noline.doors.answers import profiles
    from noline.flows.recognise import Said

    with opened(folder) as hub:
        found = profiles.recognised(hub, Said(**said), limit)
    _show(found, as_json=as_json)


@customers.command("lookalikes")
@click.argument("person")
@click.option("--limit", default=5, show_default=True, type=COUNT)
@hub_option
def lookalikes(person: str, limit: int, folder: Path, as_json: bool) -> None:
    """Other people who are probably PERSON; confirm with `merge`, reject with `part`."""
    from noline.doors.answers import profiles

    with opened(folder) as hub:
        found = profiles.lookalikes(hub, person, limit)
    _show(found, as_json=as_json)


def _show(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(found, as_json=True)
        return
    say(_JUDGED[found["judged_by"]])
    rows = [
        {**one, "why": "; ".join([*one["reasons"], *(f"but {words}" for words in one["against"])])}
        for one in found["candidates"]
    ]
    show(rows, as_json=False, columns=_COLUMNS)
