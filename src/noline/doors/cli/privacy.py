"""Export and erasure of a person, and compaction, on the command line."""

import os
from pathlib import Path

import click

from noline.doors.cli.questions import customers
from noline.doors.cli.talk import hub_option, opened, say, show


@customers.command("export")
@click.argument("person")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to write: .zip with everything, .ndjson with a line for each event, else one JSON document.",
)
@hub_option
def export(person: str, out: Path | None, folder: Path, as_json: bool) -> None:
    """All that is held about PERSON, with every message as it was sent."""
    from noline.doors.answers import privacy
    from noline.flows.export import as_archive, as_document, as_lines

    with opened(folder) as hub:
        found = privacy.exported(hub, person)
    if out is None:
        show(found, as_json=True)
        return
    written = {".zip": as_archive, ".ndjson": as_lines}.get(out.suffix, as_document)(found)
    # Readable by its owner alone: it is all about somebody.
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(written)
    show({"file": str(out), "events": len(found["events"]), "bytes": len(written)}, as_json=as_json)


@customers.command("erase")
@click.argument("person")
@click.option("--reason", required=True, help="Why, for the receipt; names of the person are taken out of it.")
@click.option("--by", default="command line", show_default=True, help="Who decides.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@hub_option
def erase(person: str, reason: str, by: str, yes: bool, folder: Path, as_json: bool) -> None:
    """Erase PERSON for good and print the receipt; nothing brings them back."""
    from noline.doors.answers import privacy

    if not yes:
        click.confirm(f"Erase {person} for good?", abort=True, err=True)
    with opened(folder) as hub:
        show(privacy.erased(hub, person, by=by, reason=reason), as_json=as_json)
    say("Tell the receivers that were sent events, and throw away older backups in the time you have promised.")


@customers.command("erasure")
@click.argument("receipt")
@hub_option
def erasure(receipt: str, folder: Path, as_json: bool) -> None:
    """The receipt of an erasure, shown again."""
    from noline.doors.answers import privacy

    with opened(folder) as hub:
        show(privacy.erasure(hub, receipt), as_json=as_json)


@click.command()
@hub_option
def compact(folder: Path, as_json: bool) -> None:
    """Write the store anew, so that nothing deleted is left in its files; needs room for a second copy."""
    with opened(folder) as hub:
        size = hub.compact()
    show({"bytes": size}, as_json=as_json)


COMMANDS = {"compact": compact}
