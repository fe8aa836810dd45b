"""Sheets of LibreOffice and others (.ods), row by row in little memory: OASIS OpenDocument 1.3, Part 3.

A cell says what kind of value it holds, so that dates need no styles. Equal neighbours are written once with a count.
"""

import re
from collections.abc import Iterator

from noline.channels.packed_xml import MAX_CELL_LETTERS, Attributes, Package, Reader
from noline.channels.sheet_lines import Failed, Line, Merged, Value, chosen, letters_of, truth_of
from noline.channels.xlsx import MAX_COLUMNS, MAX_ROWS, plain_number, span_of

_CONTENT = "content.xml"
_SPAN = re.compile(r"(-?)PT?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?")
_CELLS = ("table-cell", "covered-table-cell")


def lines(package: Package, sheet: str) -> Iterator[Line]:
    """The rows of a sheet that hold anything. Raises FileNotUnderstood."""
    names = _Names()
    for _ in package.parse(_CONTENT, Reader(names.start)):
        pass
    rows = _Rows(package, chosen(package, names.sheets, names.visible(), sheet))
    for _ in package.parse(_CONTENT, Reader(rows.start, rows.end, rows.text)):
        yield from rows.taken()


def _local(told: Attributes) -> Attributes:
    return {name[name.rfind(" ") + 1 :]: value for name, value in told.items()}


class _Names:
    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.styles: list[str] = []
        self.style = ""
        self.hiding: set[str] = set()

    def start(self, name: str, told: Attributes) -> None:
        if name == "table":
            self.sheets.append(_local(told).get("name", ""))
            self.styles.append(_local(told).get("style-name", ""))
        elif name == "style":
            self.style = _local(told).get("name", "")
        elif name == "table-properties" and _local(told).get("display") == "false":
            self.hiding.add(self.style)

    def visible(self) -> list[str]:
        """The sheets that no style of theirs hides."""
        return [sheet for sheet, style in zip(self.sheets, self.styles, strict=True) if style not in self.hiding]


class _Cell:
    """A cell in the making: what its attributes say, and the texts of its paragraphs."""

    def __init__(self, told: Attributes) -> None:
        # The same attribute stands in two namespaces; only the younger one of the two knows of errors.
        self.is_error = any(value == "error" and name.endswith("value-type") for name, value in told.items())
        self.told = _local(told)
        self.paragraphs: list[str] = []

    def value(self) -> Value | None:
        """What the cell holds; None when it is empty."""
        text = "\n".join(self.paragraphs)
        if self.is_error:
            return Failed(text or "of a formula")
        kind = self.told.get("value-type", "string")
        if kind in ("float", "currency", "percentage"):
            return plain_number(float(self.told["value"]))
        if kind == "date":
            return self.told["date-value"].removesuffix("T00:00:00")
        if kind == "time":
            return _hours_of(self.told["time-value"])
        if kind == "boolean":
            return truth_of(self.told["boolean-value"])
        return self.told.get("string-value", text) or None


def _hours_of(duration: str) -> str:
    found = _SPAN.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return found.group(1) + span_of(3600 * hours + 60 * minutes + seconds)


class _Rows:
    """The rows of one sheet, as they come."""

    def __init__(self, package: Package, sheet: str) -> None:
        self.package = package
        self.sheet = sheet
        self.is_here = False
        self.written: list[tuple[Line, int]] = []
        self.row, self.column, self.rows_alike = 0, 0, 1
        self.cells: dict[int, Value] = {}
        self.merged: Merged | None = None
        self.cell: _Cell | None = None
        self.asides = 0
        self.is_in_paragraph = False
        self.letters = 0

    def taken(self) -> Iterator[Line]:
        """The rows read since the last time; a row that is written once for several comes as often as it says."""
        written = self.written
        self.written = list[tuple[Line, int]]()
        for line, times in written:
            for again in range(times):
                yield line._replace(number=line.number + again)

    def start(self, name: str, told: Attributes) -> None:
        if name == "table":
            if self.is_here:
                raise self.package.refused("a table stands within a cell of it; put that into a sheet of its own")
            self.is_here = _local(told).get("name", "") == self.sheet
        elif not self.is_here:
            return
        elif name == "table-row":
            self._begin_row(_local(told))
        elif name in _CELLS:
            self.cell = _Cell(told)
            self.letters = 0
        elif name == "annotation":
            self.asides += 1
        elif self.cell is not None and not self.asides:
            self._begin_text(name, told)

    def end(self, name: str) -> None:
        if name == "annotation" and self.is_here:
            self.asides -= 1
        elif name == "p":
            self.is_in_paragraph = False
        elif name in _CELLS and self.cell is not None:
            self._end_cell(self.cell)
        elif name == "table-row" and self.is_here:
            self._end_row()
        elif name == "table":
            self.is_here = False

    def text(self, text: str) -> None:
        if self.cell is None or self.asides or not self.is_in_paragraph:
            return
        self.letters += len(text)
        if self.letters > MAX_CELL_LETTERS:
            raise ValueError("a cell holds more letters than a cell can")
        self.cell.paragraphs[-1] += text

    def _begin_text(self, name: str, told: Attributes) -> None:
        if name == "p" and self.cell is not None:
            self.cell.paragraphs.append("")
            self.is_in_paragraph = True
        elif name == "s":
            self.text(" " * min(int(_local(told).get("c", 1)), MAX_CELL_LETTERS))
        elif name in ("tab", "line-break"):
            self.text("\t" if name == "tab" else "\n")

    def _begin_row(self, told: Attributes) -> None:
        self.row += 1
        self.rows_alike = self._count(told, "number-rows-repeated")
        self.column, self.merged = 0, None
        self.cells = dict[int, Value]()

    def _end_cell(self, cell: _Cell) -> None:
        value, alike = cell.value(), self._count(cell.told, "number-columns-repeated")
        if value is not None:
            if self.column + alike > MAX_COLUMNS:
                raise self.package.refused("its sheet is larger than a sheet can be")
            self.cells |= dict.fromkeys(range(self.column, self.column + alike), value)
        self._note_merge(cell.told)
        self.column += alike
        self.cell = None

    def _note_merge(self, told: Attributes) -> None:
        wide, high = self._count(told, "number-columns-spanned"), self._count(told, "number-rows-spanned")
        if wide * high > 1 and (self.merged is None or self.merged.last_row < self.row + high - 1):
            last = f"{letters_of(self.column + wide - 1)}{self.row + high - 1}"
            self.merged = Merged(f"{letters_of(self.column)}{self.row}:{last}", self.row + high - 1)

    def _count(self, told: Attributes, name: str) -> int:
        count = int(told.get(name, 1))
        if count < 1:
            raise self.package.refused(f"a cell or row of its sheet has the {name} {count}, below 1")
        return count

    def _end_row(self) -> None:
        if self.cells:
            if self.row + self.rows_alike - 1 > MAX_ROWS:
                raise self.package.refused("its sheet is larger than a sheet can be")
            self.written.append((Line(self.row, self.cells, self.merged), self.rows_alike))
        self.row += self.rows_alike - 1
