"""Sheets of Excel (.xlsx, .xlsm), row by row in little memory: ECMA-376, Part 1, SpreadsheetML.

Only the texts that cells share are held while a sheet is read. A number is a date when its style says so (18.8.30); a
number under a style such as `00000` is the text that is seen, so that shop numbers and postcodes keep their zeros.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from posixpath import join, normpath
from typing import NamedTuple

from noline.channels.packed_xml import MAX_CELL_LETTERS, Attributes, Package, Reader
from noline.channels.sheet_lines import Failed, Line, Merged, Value, chosen, truth_of

MAX_COLUMNS, MAX_ROWS = 16_384, 1_048_576

MAX_SHARED_TEXTS, MAX_SHARED_LETTERS = 2 << 20, 64 << 20
"""How many texts that cells share are held, and how many letters in all."""

MAX_FORMAT_LETTERS = 256
"""The longest format of a number; spreadsheet programs stop at 255 letters."""

MAX_DIGITS = 30
"""To how many digits a number is filled with zeros at most."""

_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_WORDS_OF_FORMAT = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_SPAN = 46
_OF_TIME = re.compile("[dmyhs]", re.IGNORECASE)
_ONLY_ZEROS = re.compile(r"0{2,}")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_TOLD = frozenset("tv")
_LARGEST_EXACT = 2**53
_MS_A_DAY = 86_400_000
_WORKBOOK = "xl/workbook.xml"


class _Style(NamedTuple):
    """How a number is shown: as a date or an hour, as hours that passed, or filled with zeros to so many digits."""

    is_moment: bool = False
    is_span: bool = False
    digits: int = 0


class _Sheet(NamedTuple):
    name: str
    relation: str
    is_visible: bool


def lines(package: Package, sheet: str) -> Iterator[Line]:
    """The rows of a sheet that hold anything. Raises FileNotUnderstood."""
    workbook = _Workbook()
    _read(package, _WORKBOOK, Reader(workbook.start))
    relations = _Relations()
    _read(package, "xl/_rels/workbook.xml.rels", Reader(relations.start))
    part = _part_of(package, workbook, relations, sheet)
    styles, shared = _Styles(package), _Shared(package)
    readers = {
        "styles": Reader(styles.start, styles.end),
        "sharedStrings": Reader(shared.start, shared.end, shared.text),
    }
    for kind, reader in readers.items():
        name = relations.part_of_kind(kind)
        if package.has(name):
            _read(package, name, reader)
    merges = _Merges()
    if package.mentions(part, b"mergeCell"):
        _read(package, part, Reader(merges.start))
    rows = _Rows(package, shared.texts, styles.styles(), merges.by_first_row, starts_1904=workbook.starts_1904)
    for _ in package.parse(part, Reader(rows.start, rows.end, rows.text)):
        yield from rows.taken()


def _read(package: Package, name: str, reader: Reader) -> None:
    for _ in package.parse(name, reader):
        pass


def _part_of(package: Package, workbook: "_Workbook", relations: "_Relations", sheet: str) -> str:
    sheets = [one for one in workbook.sheets if relations.kinds.get(one.relation, "").endswith("/worksheet")]
    name = chosen(package, [one.name for one in sheets], [one.name for one in sheets if one.is_visible], sheet)
    relation = next(one.relation for one in sheets if one.name == name)
    return relations.part_at(relation)


class _Workbook:
    """The sheets in their order, and from which day dates are counted."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self.starts_1904 = False

    def start(self, name: str, told: Attributes) -> None:
        if name == "sheet":
            relation = next((value for key, value in told.items() if key.endswith(" id")), "")
            self.sheets.append(_Sheet(told.get("name", ""), relation, told.get("state", "visible") == "visible"))
        elif name == "workbookPr":
            self.starts_1904 = told.get("date1904") in ("1", "true")


class _Relations:
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.kinds: dict[str, str] = {}

    def start(self, name: str, told: Attributes) -> None:
        if name == "Relationship":
            self.targets[told["Id"]] = told["Target"]
            self.kinds[told["Id"]] = told["Type"]

    def part_at(self, relation: str) -> str:
        """The name of the part that a relation leads to."""
        return normpath(join("/xl", self.targets[relation])).lstrip("/")

    def part_of_kind(self, kind: str) -> str:
        """The name of the part of a kind; where no relation tells it, the one that programs use."""
        told = next((relation for relation, one in self.kinds.items() if one.endswith(f"/{kind}")), None)
        return f"xl/{kind}.xml" if told is None else self.part_at(told)


class _Styles:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.formats: dict[int, str] = {}
        self.used: list[int] = []
        self.in_cell_styles = False

    def start(self, name: str, told: Attributes) -> None:
        if name == "numFmt":
            code = told.get("formatCode", "")
            if len(code) > MAX_FORMAT_LETTERS:
                raise self.package.refused(f"a format of its numbers is longer than {MAX_FORMAT_LETTERS} letters")
            self.formats[int(told.get("numFmtId", 0))] = code
        elif name == "cellXfs":
            self.in_cell_styles = True
        elif name == "xf" and self.in_cell_styles:
            self.used.append(int(told.get("numFmtId", 0)))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.in_cell_styles = False

    def styles(self) -> list[_Style]:
        """The style of each number that a cell may name."""
        return [_style(number, self.formats.get(number, "")) for number in self.used]


def _style(number: int, code: str) -> _Style:
    if _ONLY_ZEROS.fullmatch(code):
        return _Style(digits=min(len(code), MAX_DIGITS))
    if code:
        plain = _WORDS_OF_FORMAT.sub("", code.partition(";")[0])
        return _Style(is_moment=_OF_TIME.search(plain) is not None, is_span="[" in plain)
    return _Style(is_moment=number in _DATES, is_span=number == _SPAN)


class _Text:
    """A reader of texts in pieces; how a word is to be pronounced (`rPh`) is no part of it."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.letters = 0
        self.is_told = False
        self.is_aside = False

    def begin(self, name: str) -> None:
        self.is_aside = self.is_aside or name == "rPh"
        self.is_told = name in _TOLD and not self.is_aside

    def text(self, text: str) -> None:
        self.letters += len(text)
        if self.letters > MAX_CELL_LETTERS:
            raise ValueError("a cell holds more letters than a cell can")
        if self.is_told:
            self.pieces.append(text)

    def whole(self) -> str:
        """The text so far; the next one begins."""
        text = "".join(self.pieces)
        self.pieces.clear()
        self.letters = 0
        return text


class _Shared(_Text):
    """The texts that cells name by number."""

    def __init__(self, package: Package) -> None:
        super().__init__()
        self.package = package
        self.texts: list[str] = []
        self.held = 0

    def start(self, name: str, _told: Attributes) -> None:
        self.begin(name)

    def end(self, name: str) -> None:
        self.is_told = False
        if name == "si":
            self._hold(self.whole())
        elif name == "rPh":
            self.is_aside = False

    def _hold(self, text: str) -> None:
        self.texts.append(text)
        self.held += len(text)
        if len(self.texts) > MAX_SHARED_TEXTS or self.held > MAX_SHARED_LETTERS:
            raise self.package.refused("it holds too many texts; save it as CSV")


class _Merges:
    """Merged cells stand behind the rows, and have to be known before."""

    def __init__(self) -> None:
        self.by_first_row: dict[int, Merged] = {}

    def start(self, name: str, told: Attributes) -> None:
        if name == "mergeCell":
            places = _PLACE.findall(told.get("ref", ""))
            if len(places) == 2:
                first, last = int(places[0][1]), int(places[1][1])
                known = self.by_first_row.get(first)
                if known is None or known.last_row < last:
                    self.by_first_row[first] = Merged(told["ref"], last)


class _Rows(_Text):
    """The rows of a sheet, as they come."""

    def __init__(
        self, package: Package, shared: list[str], styles: list[_Style], merges: dict[int, Merged], *, starts_1904: bool
    ) -> None:
        super().__init__()
        self.package = package
        self.shared = shared
        self.styles = styles
        self.merges = dict(merges)
        # Excel counts a 29 February 1900 that never was; from March 1900 on this day makes up for it.
        self.epoch = datetime(1904, 1, 1) if starts_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  a wall clock
        self.lines: list[Line] = []
        self.row = 0
        self.column = -1
        self.kind = ""
        self.style = _Style()
        self.cells: dict[int, Value] = {}

    def taken(self) -> list[Line]:
        """The rows read since the last time."""
        lines = self.lines
        self.lines = list[Line]()
        return lines

    def start(self, name: str, told: Attributes) -> None:
        if name == "c":
            self._begin_cell(told)
        elif name == "row":
            self.row = self._within(int(told.get("r", self.row + 1)), MAX_ROWS)
            self.column = -1
            self.cells = dict[int, Value]()
        else:
            self.begin(name)

    def end(self, name: str) -> None:
        self.is_told = False
        if name == "c":
            value = self._value(self.whole())
            if value is not None:
                self.cells[self.column] = value
        elif name == "row":
            if self.cells:
                self.lines.append(Line(self.row, self.cells, self.merges.get(self.row)))
        elif name == "rPh":
            self.is_aside = False

    def _begin_cell(self, told: Attributes) -> None:
        place = _PLACE.fullmatch(told.get("r", ""))
        self.column = _column(place.group(1)) if place else self.column + 1
        self._within(self.column + 1, MAX_COLUMNS)
        self.kind = told.get("t", "n")
        number = int(told.get("s", 0))
        self.style = self.styles[number] if number < len(self.styles) else _Style()
        self.whole()

    def _within(self, number: int, most: int) -> int:
        if not 1 <= number <= most:
            raise self.package.refused("its sheet is larger than a sheet can be")
        return number

    def _value(self, text: str) -> Value | None:
        if self.kind == "s":
            return self._shared_text(text)
        if not text:
            return None
        if self.kind == "e":
            return Failed(text)
        if self.kind == "b":
            return truth_of(text)
        return self._number(text) if self.kind == "n" else text

    def _shared_text(self, number: str) -> Value | None:
        if not number:
            return None
        if number.isdecimal() and int(number) < len(self.shared):
            return self.shared[int(number)] or None
        return Failed(f"of a missing text ({number[:20]})")

    def _number(self, text: str) -> Value:
        if self.style.is_span:
            return span_of(round(float(text) * _MS_A_DAY) // 1000)
        if self.style.is_moment:
            return _moment(float(text), self.epoch)
        number = plain_number(float(text))
        if self.style.digits and isinstance(number, int) and number >= 0:
            return f"{number:0{self.style.digits}d}"
        return number


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def plain_number(number: float) -> int | float:
    """A number as a spreadsheet shows it: whole without a fraction, else of 15 digits, as it calculates."""
    if number == int(number) and abs(number) <= _LARGEST_EXACT:
        return int(number)
    return float(f"{number:.15g}")


def _moment(days: float, epoch: datetime) -> Value:
    try:
        return moment_of(days, epoch)
    except OverflowError:
        return Failed("#####")


def span_of(seconds: int) -> str:
    """Hours, minutes and seconds that passed, however many hours."""
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def moment_of(days: float, epoch: datetime) -> str:
    """A count of days as ISO 8601: a day, a day with its hour to the millisecond, or below one the hour alone."""
    moment = epoch + timedelta(milliseconds=round(days * _MS_A_DAY))
    hour = moment.time().isoformat("milliseconds" if moment.microsecond else "seconds")
    if 0 <= days < 1:
        return hour
    return moment.date().isoformat() if hour == "00:00:00" else f"{moment.date().isoformat()}T{hour}"
