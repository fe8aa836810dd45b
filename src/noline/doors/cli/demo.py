"""`noline demo`: a company to click through."""

import shutil
from pathlib import Path
from typing import Any, cast

import click

from noline.doors.cli.talk import progress, say, show
from noline.kernel.errors import Refused

_ABOUT = {"small": 55_000, "default": 980_000, "large": 9_800_000}


class FolderTaken(Refused):
    """The demo would overwrite something else."""

    code = "demo.folder_taken"
    sentence = "{path} exists and is not the demo company of size {size}."
    hint = "Choose another folder with --dir, or remove that one."


@click.command()
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Where the company lies.")
@click.option("--size", default="default", type=click.Choice(["small", "default", "large"]), show_default=True)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option("--build-only", is_flag=True, help="Build, and serve nothing.")
@click.option("--port", default=8321, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--hints", is_flag=True, help="Tell what is wrong in the company, and how large each fault is.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def demo(
    folder: Path | None, size: str, no_open: bool, build_only: bool, port: int, hints: bool, as_json: bool
) -> None:
    """Maison Ristretto: a coffee brand with a year of customers in eight channels, and known faults to find."""
    if hints:
        show(_hints(size), as_json=as_json) if as_json else _tell_hints(size)
        return
    folder = folder or Path("ristretto.noline" if size == "default" else f"ristretto-{size}.noline")
    _build(folder, size)
    say(f"The company lies in {folder.resolve()}; remove it with: rm -r {folder}")
    if build_only:
        show({"hub": str(folder), "size": size}, as_json=as_json)
        return
    _serve(folder, port, as_json=as_json, browser=not no_open)


def _build(folder: Path, size: str) -> None:
    from noline.demo.build import build, is_built
    from noline.demo.hints import Size

    chosen = cast("Size", size)
    if is_built(folder, chosen):
        return
    if folder.exists() and any(folder.iterdir()):
        raise FolderTaken(path=folder, size=size)
    if folder.exists():
        shutil.rmtree(folder)
    say("Building Maison Ristretto: a year of events goes in through the intake, like any channel's.")
    with progress("events", _ABOUT[size]) as advance:
        outcomes = build(folder, chosen, advance)
    say(f"{outcomes.total():,} events received, {outcomes['accepted']:,} accepted; the books balance.")


def _serve(folder: Path, port: int, *, as_json: bool, browser: bool) -> None:
    from noline.demo.counter import open_again
    from noline.doors.http.serve import run
    from noline.hub import Hub

    with Hub.open(folder) as hub:
        open_again(hub)

        def ready(address: str) -> None:
            link = f"{address}/login?token={hub.login_link()}"
            if as_json:
                show({"address": address, "login": link}, as_json=True)
            else:
                say(f"\n  Where do we lose people?   {link}\n  The API                    {address}/docs")
                say("  What is wrong here         noline demo --hints")
                say(f"  Find Catherine             {address}/customers?q=catherine@example.com")
                say("\nThe link works once; `noline login` prints another. Stop with Ctrl-C.")
            if browser:
                click.launch(link)

        run(hub, "127.0.0.1", port, ready=ready)


def _hints(size: str) -> list[dict[str, Any]]:
    from noline.demo.hints import HINTS, Size

    return [
        {
            "number": hint.number,
            "title": hint.title,
            "what_happens": hint.what_happens,
            "where_to_look": hint.where_to_look,
            "planted": dict(hint.planted(cast("Size", size))),
        }
        for hint in HINTS
    ]


def _tell_hints(size: str) -> None:
    for hint in _hints(size):
        planted = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in hint["planted"].items())
        click.echo(f"{hint['number']}. {hint['title']}\n   {hint['what_happens']}\n   Look: {hint['where_to_look']}")
        click.echo(f"   Planted: {planted}\n")


COMMANDS = {"demo": demo}
