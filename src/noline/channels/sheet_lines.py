"""The words of a spreadsheet, whatever its format: cells, lines, and which sheet is meant."""

from typing import NamedTuple

from noline.channels.packed_xml import Package


class Failed(NamedTuple):
    """A cell whose formula failed: what stands in it, as `#DIV/0!`."""

    sign: str


Value = str | int | float | bool | Failed


class Merged(NamedTuple):
    """Cells that are one: as spreadsheets write it (`B1:D1`), and the number of its last row."""

    name: str
    last_row: int


class Line(NamedTuple):
    """A row of a sheet: its number from 1, the filled cells by column from 0, and a merge that begins in it."""

    number: int
    cells: dict[int, Value]
    merged: Merged | None = None


def letters_of(column: int) -> str:
    """The name that a column from 0 has in a spreadsheet: 0 is A, 27 is AB. Raises ValueError below 0."""
    if column < 0:
        raise ValueError(f"{column} is no column")
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def truth_of(text: str) -> bool | Failed:
    """What a cell of truth holds, a word or a number as XML Schema has them; anything else is an error of its cell."""
    return _TRUTHS.get(text.strip().lower(), Failed(f"of a truth that is none ({text[:20]})"))


_TRUTHS = {"1": True, "true": True, "0": False, "false": False}


def chosen(package: Package, names: list[str], visible: list[str], sheet: str) -> str:
    """The sheet that is meant: the one named, else the first that can be seen. Raises FileNotUnderstood."""
    if sheet in names:
        return sheet
    if sheet:
        raise package.refused(f"it has no sheet {sheet!r}; it has {', '.join(names)}")
    if not visible:
        raise package.refused("it has no sheet that can be seen")
    return visible[0]
