"""A hub's life: made, served, looked after, moved."""

from pathlib import Path

import click

from noline.doors.cli.talk import hub_option, opened, say, show, without_password
from noline.doors.plain import plain
from noline.kernel.errors import HubMissing


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--store", help="postgresql://... ; without it a SQLite file in the folder.")
@click.option("--company", help="The name shown in the console.")
@click.option("--currency", help="ISO 4217 code in which the company reports; EUR when not given.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def init(folder: Path, store: str | None, company: str | None, currency: str | None, as_json: bool) -> None:
    """Make a new hub in FOLDER."""
    from noline.hub import Hub

    Hub.init(folder, store=store, company=company, currency=currency).close()
    if not as_json:
        say(f"Next: noline source add web --channel web --hub {folder}\n      noline serve --hub {folder}")
    show({"hub": str(folder)}, as_json=as_json)


@click.command()
@click.option("--port", default=8321, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@hub_option
def serve(port: int, host: str, folder: Path, as_json: bool) -> None:
    """Serve the intake, the API and the console until a signal stops it."""
    from noline.doors.http.serve import run

    with opened(folder) as hub:

        def ready(address: str) -> None:
            link = f"{address}/login?token={hub.login_link()}"
            if as_json:
                show({"address": address, "login": link}, as_json=True)
            else:
                say(f"NoLine serves {folder} at {address}\nOpen {link}\nStop with Ctrl-C.")

        run(hub, host, port, ready=ready)


@click.command()
@hub_option
def books(folder: Path, as_json: bool) -> None:
    """Received = accepted + duplicate + conflict + parked, in all and per source."""
    with opened(folder) as hub:
        pages = hub.books()
    names = ("received", "accepted", "duplicate", "conflict", "parked")
    total = {name: sum(getattr(page, name) for page in pages) for name in names}
    if as_json:
        balanced = all(page.balanced for page in pages)
        show({**total, "balanced": balanced, "sources": pages}, as_json=True)
    else:
        show([*pages, {"source": "all", **total}], as_json=False, columns=("source", *names))


@click.command()
@hub_option
def verify(folder: Path, as_json: bool) -> None:
    """Rebuild everything from the log and compare each row; exit code 1 when something differs."""
    with opened(folder) as hub:
        found = hub.verify()
    show(found if as_json else list(found.tables), as_json=as_json)
    for sentence in found.trouble or (f"{found.records:,} records, and all is what they say",):
        say(sentence)
    if not found.ok:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@hub_option
def backup(file: Path, folder: Path, as_json: bool) -> None:
    """Write the whole hub into one file. It holds the hub's secret: keep it as you keep the hub."""
    with opened(folder) as hub:
        moved = hub.back_up(file)
    show({"file": str(file), "rows": sum(one.rows for one in moved), "tables": moved}, as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--store", help="postgresql://... ; without it a SQLite file in the folder.")
@click.option(
    "--erasures",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The hub's erasures.jsonl, unless it lies in FOLDER: who was erased since the backup is erased again.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def restore(file: Path, folder: Path, store: str | None, erasures: Path | None, as_json: bool) -> None:
    """Make a hub in FOLDER from a backup FILE, and verify it."""
    from noline.hub import Hub

    with Hub.restore(file, folder, store=store, erasures=erasures) as hub:
        found = hub.verify()
    show({"hub": str(folder), "records": found.records, "ok": found.ok}, as_json=as_json)
    for sentence in found.trouble:
        say(sentence)
    if not found.ok:
        raise click.exceptions.Exit(1)


@click.command()
@click.option(
    "--to", required=True, help="postgresql://..., or sqlite:PATH, where a relative PATH begins in the hub's folder."
)
@hub_option
def move(to: str, folder: Path, as_json: bool) -> None:
    """Copy the hub to another, empty store, compare every row, and use that one from now on.

    Stop the server first, and whatever else writes to the hub. The old store stays as it was.
    """
    from noline.doors.http.serve import only_server

    with opened(folder) as hub, only_server(folder):
        moved = hub.move(to)
    show({"to": without_password(to), "rows": sum(one.rows for one in moved), "tables": moved}, as_json=as_json)


@click.command()
@hub_option
def doctor(folder: Path, as_json: bool) -> None:
    """Look whether this machine and this hub are well; exit code 1 when something must be done."""
    with opened(folder) as hub:
        findings = hub.examine()
    show(findings, as_json=as_json, columns=("subject", "well", "finding", "advice"))
    if not all(one.well for one in findings):
        raise click.exceptions.Exit(1)


@click.command("settings")
@hub_option
def list_settings(folder: Path, as_json: bool) -> None:
    """The settings in force, from noline.toml and NOLINE_* in the environment."""
    from noline.channels.shopify import without_secrets
    from noline.hub import SECRET_FILE
    from noline.kernel.settings import load

    if not (folder / SECRET_FILE).exists():
        raise HubMissing(path=folder)
    settings = plain(load(folder))
    hidden = {"store": without_password(settings["store"]), "shopify": without_secrets(settings["shopify"])}
    show({**settings, **hidden}, as_json=as_json)


COMMANDS = {
    "init": init, "serve": serve, "doctor": doctor, "settings": list_settings, "books": books, "verify": verify,
    "backup": backup, "restore": restore, "move": move,
}  # fmt: skip
