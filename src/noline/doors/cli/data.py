"""What comes in from files, what could not be taken, and what goes out."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.sheets import SHEET
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, progress, say, show
from noline.kernel.errors import NotFound

if TYPE_CHECKING:
    from noline.channels.bulk import Bulk
    from noline.hub import Hub


_DATA_SETS = ("complete-journey", "cdnow", "tpc-ds")


@click.command("import")
@click.argument("name")
@click.option("--mapping", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="How to read the file.")
@SHEET
@click.option("--source", "source_name", help="Put everything into this source instead of one for each channel.")
@click.option("--plan", is_flag=True, help="Show how the file would be read, and import nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether the guess is right.")
@click.option("--scale", default=0.01, show_default=True, type=float, help="tpc-ds: about how many gigabytes.")
@click.option("--tables", type=click.Path(path_type=Path, file_okay=False), help="Where the tables of NAME lie or go.")
@hub_option
def bring_in(  # noqa: PLR0917  click hands them over by name
    name: str, mapping: Path | None, sheet: str, source_name: str | None, plan: bool, yes: bool, scale: float,
    tables: Path | None, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Import a FILE (CSV, Excel, ODS, Parquet, NDJSON) or public data by NAME: complete-journey, cdnow, tpc-ds.

    The columns of a file are guessed, shown, and written to mapping.toml beside it. Importing twice changes nothing.
    """
    if name in _DATA_SETS and (plan or mapping or sheet):
        raise click.UsageError(f"{name} needs no mapping: it is read as it is")
    with opened(folder) as hub:
        bulk = _bulk(hub, name, mapping, sheet, scale, tables, plan=plan, ask=not (yes or as_json), as_json=as_json)
        if bulk is None:
            return
        outcomes = take_in(hub, bulk, source_name)
        say("reading history ...")
        hub.projector.project()
    names = ("accepted", "duplicate", "conflict", "parked")
    show({"received": outcomes.total(), **{one: outcomes[one] for one in names}}, as_json=as_json)
    if outcomes["parked"] + outcomes["conflict"]:
        say(f"{outcomes['parked'] + outcomes['conflict']} could not be taken: noline dead-letters list --hub {folder}")


def take_in(hub: "Hub", bulk: "Bulk", source_name: str | None = None) -> Counter[str]:
    """Everything of a bulk into a hub, through the intake; answers what became of it."""
    for one, channel in bulk.sources.items():
        hub.access.ensure_source(source_name or one, channel)
    outcomes: Counter[str] = Counter()
    with progress("importing", bulk.total) as advance:
        for receipts in hub.intake.stream((source_name or one, message) for one, message in bulk.messages):
            outcomes.update(receipt.status for receipt in receipts)
            advance(len(receipts))
    return outcomes


def _bulk(
    hub: "Hub", name: str, mapping_file: Path | None, sheet: str, scale: float, tables: Path | None, *,
    plan: bool, ask: bool, as_json: bool,
) -> "Bulk | None":  # fmt: skip
    if name == "complete-journey":
        from noline.channels import complete_journey

        return complete_journey.read(tables)
    if name == "cdnow":
        from noline.channels import cdnow

        return cdnow.read(tables)
    if name == "tpc-ds":
        from noline.channels import tpc_ds

        where = tables or hub.folder / "tpc-ds"
        if not (where / "store_sales.parquet").exists():
            say(f"generating tables of about {scale:g} GB in {where} ...")
            tpc_ds.generate(scale, where)
        return tpc_ds.read(where)
    path = Path(name)
    if not path.exists():
        raise NotFound(what="file or data set", name=name)
    return _table(path, mapping_file, sheet, plan=plan, ask=ask, as_json=as_json)


def _table(path: Path, mapping_file: Path | None, sheet: str, *, plan: bool, ask: bool, as_json: bool) -> "Bulk | None":
    from noline.channels import mapping as mappings
    from noline.channels import tabular

    if mapping_file is not None:
        mapping = mappings.load(mapping_file)
        mapping = replace(mapping, sheet=sheet or mapping.sheet)
    else:
        mapping = tabular.guess(path, sheet)
        _explain(mapping)
    if plan:
        show({"mapping": mapping.as_toml()} if as_json else mapping.as_toml(), as_json=as_json)
        return None
    if mapping_file is None and mapping.format != "segment":
        target = _place_for(mapping, path)
        right = not ask or _confirmed("Is this right?")
        mapping.save(target)
        if not right:
            say(f"Correct {target} and import again with --mapping {target}")
            return None
        say(f"The mapping is in {target}")
    return tabular.read(path, mapping)


def _place_for(mapping: Any, path: Path) -> Path:
    """Where a guess is kept: mapping.toml, unless another file's mapping or somebody's correction is there."""
    target = path.with_name("mapping.toml")
    taken = target.exists() and target.read_text("utf-8") != mapping.as_toml()
    return path.with_name(path.name + ".mapping.toml") if taken else target


def _confirmed(question: str) -> bool:
    try:
        return click.confirm(question, default=True, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError("nobody is here to be asked: give --yes, or --mapping FILE") from None


def _explain(mapping: Any) -> None:
    for meaning, column in mapping.columns.items():
        say(f"  {column}  is  {meaning}")
    for row in mapping.rows:
        say(f"  {row}")
    for note in mapping.notes:
        say(f"  note: {note}")


@click.group("dead-letters")
def dead_letters() -> None:
    """What could not be taken: look, mend, try, take in."""


@dead_letters.command("list")
@click.option("--state", default="open", type=click.Choice(["open", "fixed", "ignored", "all"]), show_default=True)
@click.option("--after", default=0, type=POSITION, help="Begin behind this id.")
@click.option("--limit", default=100, show_default=True, type=COUNT)
@hub_option
def list_letters(state: str, after: int, limit: int, folder: Path, as_json: bool) -> None:
    """Dead letters by id."""
    from noline.doors.answers import dead_letter

    with opened(folder) as hub:
        found = [dead_letter(one) for one in hub.dead_letters(None if state == "all" else state, after, limit)]
    show(found, as_json=as_json, columns=("id", "code", "pointer", "source", "state", "times", "message"))


@dead_letters.command("show")
@click.argument("number", type=POSITION)
@hub_option
def show_letter(number: int, folder: Path, as_json: bool) -> None:
    """One dead letter with its bytes."""
    from noline.doors.answers import dead_letter

    with opened(folder) as hub:
        show(dead_letter(hub.dead_letter(number)), as_json=as_json)


@dead_letters.command("patch")
@click.argument("number", type=POSITION)
@click.option("--set", "change", required=True, help="POINTER=VALUE: a JSON pointer and a JSON value (or plain text).")
@hub_option
def patch_letter(number: int, change: str, folder: Path, as_json: bool) -> None:
    """Put a value at a JSON pointer of an open dead letter."""
    import msgspec

    from noline.doors.answers import dead_letter

    pointer, equals, text = change.partition("=")
    if not equals:
        raise click.UsageError("--set takes POINTER=VALUE, such as /properties/price=12.5")
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = text
    with opened(folder) as hub:
        show(dead_letter(hub.intake.patch(number, pointer, value)), as_json=as_json)


@dead_letters.command("replay")
@click.argument("number", type=POSITION)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@hub_option
def replay_letter(number: int, dry_run: bool, folder: Path, as_json: bool) -> None:
    """Take a mended dead letter in, with the id it came with."""
    with opened(folder) as hub:
        show([hub.intake.dry_run(number)] if dry_run else hub.intake.replay(number), as_json=as_json)


@dead_letters.command("ignore")
@click.argument("number", type=POSITION)
@hub_option
def ignore_letter(number: int, folder: Path, as_json: bool) -> None:
    """Close a dead letter without taking it in."""
    with opened(folder) as hub:
        hub.intake.ignore(number)
    show({"id": number, "state": "ignored"}, as_json=as_json)


@click.command()
@click.option("--after", default=0, type=POSITION, help="Begin behind this position of the log.")
@click.option("--kind", "kinds", multiple=True, help="An event name to show; all when none is named.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000))
@hub_option
def changes(after: int, kinds: tuple[str, ...], limit: int, folder: Path, as_json: bool) -> None:
    """The log behind a position, as CloudEvents."""
    with opened(folder) as hub:
        found = hub.deliveries.changes(after, limit, kinds)
    show(
        found if as_json else found.changes, as_json=as_json, columns=("sequence", "time", "source", "type", "subject")
    )


@click.group()
def webhooks() -> None:
    """Who is sent events: signed, in order, tried again for 72 hours."""


@webhooks.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--kind", "kinds", multiple=True, help="An event name it wants; all when none is named.")
@click.option("--after", default=0, type=POSITION, help="Send what lies behind this position of the log.")
@click.option(
    "--format",
    "wire_format",
    type=click.Choice(["cloudevents", "shopify"]),
    default="cloudevents",
    help="The shape in which it is told.",
)
@hub_option
def add_webhook(
    name: str, url: str, kinds: tuple[str, ...], after: int, wire_format: str, folder: Path, as_json: bool
) -> None:
    """Send events to a URL; prints the secret that signs them, once."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("it begins with https:// or http://", param_hint="URL")
    with opened(folder) as hub:
        show(hub.outbox.subscribe(name, url, kinds, after, wire_format), as_json=as_json)


@webhooks.command("list")
@hub_option
def list_webhooks(folder: Path, as_json: bool) -> None:
    """Receivers and how far each has come."""
    from noline.doors.plain import plain

    with opened(folder) as hub:
        found = [{**plain(one), "secret": None} for one in hub.outbox.subscriptions()]
    show(found, as_json=as_json, columns=("name", "url", "state", "delivered_seq", "attempts", "last_error"))


@webhooks.command("pause")
@click.argument("name")
@hub_option
def pause_webhook(name: str, folder: Path, as_json: bool) -> None:
    """Send nothing until it is resumed."""
    with opened(folder) as hub:
        show({"name": name, "state": hub.outbox.pause(name).state}, as_json=as_json)


@webhooks.command("resume")
@click.argument("name")
@click.option("--after", type=POSITION, help="Send everything behind this position once more.")
@hub_option
def resume_webhook(name: str, after: int | None, folder: Path, as_json: bool) -> None:
    """Try again now."""
    with opened(folder) as hub:
        found = hub.outbox.resume(name, after)
    show({"name": name, "state": found.state, "delivered_seq": found.delivered_seq}, as_json=as_json)


@webhooks.command("remove")
@click.argument("name")
@hub_option
def remove_webhook(name: str, folder: Path, as_json: bool) -> None:
    """Forget a receiver; it gets nothing any more."""
    with opened(folder) as hub:
        hub.outbox.remove(name)
    show({"name": name, "removed": True}, as_json=as_json)


COMMANDS = {"import": bring_in, "dead-letters": dead_letters, "changes": changes, "webhooks": webhooks}
