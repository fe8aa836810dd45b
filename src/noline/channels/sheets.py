"""A sheet of a spreadsheet as rows under the names of its columns.

The header is looked for below a title; what cannot become a row of a table is refused in words: cells that are merged,
a header that is none. A cell with an error, and a value beside the table, are problems of their row alone.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from noline.channels import ods, xlsx
from noline.channels.packed_xml import Package, opened
from noline.channels.sheet_lines import Failed, Line, Value, letters_of

HEADER_WITHIN_ROWS = 30
"""How many filled rows from the top are looked at for the names of the columns."""


class Header(NamedTuple):
    """The names of the columns, by column from 0, and the lines under them."""

    names: dict[int, str]
    lines: Iterator[Line]


def columns_of(path: Path, sheet: str = "") -> list[str]:
    """The names of the columns of a sheet, as written; the first sheet when none is named."""
    with opened(path) as package:
        return list(_header(package, _lines(package, sheet)).names.values())


def rows_of(
    path: Path, sheet: str, distinct: Callable[[list[str]], list[str]]
) -> Iterator[tuple[dict[str, Value], str | None]]:
    """Each row under the header: its filled cells by column, and what is wrong with it, or None.

    distinct: makes the names of the columns differ. Raises FileNotUnderstood when the sheet as a whole is no table.
    """
    with opened(path) as package:
        header = _header(package, _lines(package, sheet))
        names = dict(zip(header.names, distinct(list(header.names.values())), strict=True))
        for line in header.lines:
            if line.merged is not None:
                raise package.refused(
                    f"the cells {line.merged.name} are merged, so rows lack what stands there; part them and fill each"
                )
            if line.cells:
                yield _row(line, names)


def _row(line: Line, names: dict[int, str]) -> tuple[dict[str, Value], str | None]:
    problem = _problem(line, names)
    if problem is None:
        return {names[column]: value for column, value in line.cells.items()}, None
    return {names.get(column, letters_of(column)): value for column, value in line.cells.items()}, problem


def _lines(package: Package, sheet: str) -> Iterator[Line]:
    return ods.lines(package, sheet) if package.path.suffix.lower() == ".ods" else xlsx.lines(package, sheet)


def _problem(line: Line, names: dict[int, str]) -> str | None:
    for column, value in line.cells.items():
        if isinstance(value, Failed):
            return f"the cell {letters_of(column)}{line.number} holds the error {value.sign}"
        if column not in names:
            return f"the cell {letters_of(column)}{line.number} stands beside the table"
    return None


def _header(package: Package, lines: Iterator[Line]) -> Header:
    """The first row of texts alone that names at least half of the columns that the rows below it fill.

    A text alone names a table of one column; above more columns it is a title.
    """
    head: list[Line] = []
    filled = 0
    for line in lines:
        head.append(line)
        filled += bool(line.cells)
        if filled == HEADER_WITHIN_ROWS:
            break
    place = next((place for place in range(len(head)) if _names_columns(head, place)), None)
    if place is None:
        raise package.refused(_why_no_header(head, filled))
    _check_narrower_above(package, head[: place + 1])
    _check_unmerged(package, head[: place + 1])
    return Header(_named(head, place), chain(head[place + 1 :], lines))


def _why_no_header(head: list[Line], filled: int) -> str:
    if not filled:
        return "its sheet is empty"
    widest = max(head, key=lambda line: len(line.cells))
    return f"none of its first {filled} rows has texts where the names of columns should stand{_no_name_in(widest)}"


def _no_name_in(line: Line) -> str:
    """Where a row that may be meant as the header has something else than a name; empty when it has none such."""
    for column, value in line.cells.items():
        if not _is_name(value):
            shown = value.sign if isinstance(value, Failed) else value
            return f"; the cell {letters_of(column)}{line.number} holds {shown} where the name of a column should stand"
    return ""


def _check_narrower_above(package: Package, head: list[Line]) -> None:
    """A title is narrower than the header; a row as wide is the header itself, or a row that would be lost."""
    *above, header = head
    for line in above:
        if len(line.cells) >= len(header.cells):
            raise package.refused(
                f"its row {line.number} is as wide as its row {header.number}, the first with names alone"
                f"{_no_name_in(line)}; write names there, or delete it if it is no part of the table"
            )


def _names_columns(head: list[Line], place: int) -> bool:
    cells = head[place].cells
    below = max((len(line.cells) for line in head[place + 1 :]), default=0)
    if len(cells) == 1 and below > 1:
        return False
    return bool(cells) and all(map(_is_name, cells.values())) and 2 * len(cells) >= below


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and not value.strip().replace(".", "").replace("-", "").isdigit()


def _check_unmerged(package: Package, head: list[Line]) -> None:
    header = head[-1]
    for line in head:
        if line.merged is not None and line.merged.last_row >= header.number:
            raise package.refused(
                f"the names of its columns stand in merged cells ({line.merged.name}); give each column its own"
            )


def _named(head: list[Line], place: int) -> dict[int, str]:
    """From the first name to the last; a column between them without a name has an empty one."""
    names = {column: str(value) for column, value in head[place].cells.items()}
    return {column: names.get(column, "") for column in range(min(names), max(names) + 1)}
