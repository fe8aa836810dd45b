"""How the command line talks: results on stdout, as a table for people or as JSON for programs; the rest on stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from noline.doors.plain import plain

if TYPE_CHECKING:
    from noline.hub import Hub

Command = TypeVar("Command", bound=Callable[..., Any])


def hub_option(command: Command) -> Command:
    """`--hub DIR` or NOLINE_HUB; `--json`."""
    with_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(command)
    return click.option(
        "--hub",
        "folder",
        envvar="NOLINE_HUB",
        default=".",
        show_default=True,
        type=click.Path(path_type=Path, file_okay=False),
        help="The hub's folder.",
    )(with_json)


@contextmanager
def opened(folder: Path) -> Iterator["Hub"]:
    """The hub in a folder, closed afterwards."""
    from noline.hub import Hub

    with Hub.open(folder) as hub:
        yield hub


def say(text: str) -> None:
    """Talk to the person; never part of a result."""
    click.echo(text, err=True)


@contextmanager
def progress(words: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while something long goes on; gives the function that moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*parts, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=total)
        yield lambda count: bar.advance(task, count)


def show(result: Any, *, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print a result: one thing, or a list of things as a table of these columns (all when none are named)."""
    value = plain(result)
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, list) and not value else 1))
    elif isinstance(value, list):
        _table([row if isinstance(row, dict) else {"value": row} for row in value], columns)
    elif isinstance(value, dict):
        width = max((len(name) for name in value), default=0)
        for name, one in value.items():
            click.echo(f"{name:<{width}}  {_cell(one)}")
    else:
        click.echo(str(value))


def _table(rows: list[dict[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        say("nothing")
        return
    names = list(columns or rows[0])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        number = isinstance(rows[0].get(name), (int, float)) and not isinstance(rows[0].get(name), bool)
        table.add_column(name.replace("_", " "), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty()).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
