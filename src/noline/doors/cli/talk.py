"""How the command line talks: results on stdout, as a table for people or as JSON for programs; the rest on stderr."""

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from noline.doors.plain import plain

if TYPE_CHECKING:
    from noline.hub import Hub

COUNT = click.IntRange(1, 1_000_000)
"""How many things may be asked for."""

POSITION = click.IntRange(0, 2**53)
"""A place in the log or in a list, counted from 1; 0 is before the first."""

_WIDE = 400
"""Columns of a table that no terminal shows: nothing is cut."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Gathered(click.Group):
    """A group whose commands stand in several modules; they are loaded when one of them is called or explained."""

    modules: tuple[str, ...] = ()

    # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command."""
        self._gather()
        return super().list_commands(ctx)

    # pyrefly: ignore[missing-override-decorator]
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        self._gather()
        return super().get_command(ctx, cmd_name)

    def _gather(self) -> None:
        for module in self.modules:
            importlib.import_module(module)


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


def without_password(address: str) -> str:
    """A store's address as it may be shown."""
    return re.sub(r"(://[^:/@]*:)[^@]*@|([?&]password=)[^&]*", lambda found: _masked(*found.groups()), address)


def _masked(before_host: str | None, in_query: str | None) -> str:
    return f"{before_host}***@" if before_host else f"{in_query}***"


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
    width = None if sys.stdout.isatty() else _WIDE
    Console(file=sys.stdout, highlight=False, width=width).print(table)


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
