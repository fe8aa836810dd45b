"""Sheets of spreadsheets for the commands that read whole tables: a sheet is saved as CSV for as long as it is read."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

SHEET = click.option(
    "--sheet", default="", help="Which sheet of a spreadsheet; its first that can be seen when none is named."
)


@contextmanager
def as_table(path: Path, sheet: str = "") -> Iterator[Path]:
    """A file that is a table: the file itself, or the sheet of a spreadsheet as CSV, which goes when the block ends.

    Where no sheet is named it is the first that can be seen. Raises FileNotUnderstood for a sheet that is no table,
    one with a cell in error, and a sheet of a file that has none.
    """
    from noline.channels import files
    from noline.kernel.errors import FileNotUnderstood

    if not _is_spreadsheet(path):
        if sheet:
            raise FileNotUnderstood(path=path, why=f"it has no sheets, and {sheet!r} was asked for")
        yield path
        return
    with TemporaryDirectory(prefix="noline-sheet-") as folder:
        copy = Path(folder) / f"{path.stem}.csv"
        with copy.open("w", encoding="utf-8", newline="") as file:
            columns = files.columns_of(path, sheet)
            lines = csv.writer(file)
            lines.writerow(columns)
            for row in files.rows_of(path, sheet):
                # Here nothing could be put aside to be mended, and a table without the row would say something else.
                if row.problem is not None:
                    raise FileNotUnderstood(path=path, why=f"{row.problem}; mend it")
                lines.writerow([_written(row.cells.get(column)) for column in columns])
        yield copy


def _is_spreadsheet(path: Path) -> bool:
    from noline.channels.files import SPREADSHEETS

    return path.is_file() and path.suffix.lower() in SPREADSHEETS


def _written(value: Any) -> str:
    from noline.channels.cells import text_of

    return str(value).lower() if isinstance(value, bool) else text_of(value) or ""
