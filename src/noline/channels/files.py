"""Rows out of files: CSV in any common dress, Parquet, spreadsheets, and JSON with one object a line.

No row is ever skipped.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from noline.channels import sheets
from noline.kernel.errors import FileNotUnderstood

SPREADSHEETS = (".xlsx", ".xlsm", ".ods")
"""The endings of spreadsheets that are read."""

_PEEK_BYTES = 1 << 18
_DELIMITERS = ",;\t|"
_BATCH_ROWS = 4096
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError)


class Row(NamedTuple):
    """One row: its cells by column, as JSON holds them, and what is wrong with it (None when it can be read)."""

    cells: dict[str, Any]
    problem: str | None = None


def kind_of(path: Path) -> str:
    """`csv`, `parquet`, `ndjson` or `sheet`, by the name of the file. Raises FileNotUnderstood for any other."""
    names = [suffix.lower() for suffix in path.suffixes]
    is_packed = bool(names) and names[-1] == ".gz"
    last = "".join(names[-2:-1] if is_packed else names[-1:])
    kind = _KINDS.get(last)
    if last in _OTHER_SHEETS:
        raise FileNotUnderstood(path=path, why=f"{last} is not read; save it as .xlsx, .ods or CSV")
    if kind is None:
        raise FileNotUnderstood(path=path, why="it is no CSV, Parquet, NDJSON or spreadsheet")
    if kind == "sheet" and is_packed:
        raise FileNotUnderstood(path=path, why="spreadsheets are packed in themselves; unpack the .gz first")
    return kind


_KINDS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet", ".ndjson": "ndjson",
    ".jsonl": "ndjson", ".json": "ndjson", **dict.fromkeys(SPREADSHEETS, "sheet"),
}  # fmt: skip
_OTHER_SHEETS = (".xls", ".xlsb", ".numbers")


def rows_of(path: Path, sheet: str = "") -> Iterator[Row]:
    """The rows in the order of the file; of a spreadsheet those of one sheet, the first when none is named.

    Raises FileNotUnderstood when the file as a whole cannot be read.
    """
    kind = _kind_there(path, sheet)
    if kind == "sheet":
        return _sheet_rows(path, sheet)
    return {"csv": _csv_rows, "parquet": _parquet_rows, "ndjson": _json_rows}[kind](path)


def columns_of(path: Path, sheet: str = "") -> list[str]:
    """The names of the columns; of NDJSON, those of its first thousand rows."""
    kind = _kind_there(path, sheet)
    if kind == "sheet":
        return _distinct(sheets.columns_of(path, sheet))
    if kind == "csv":
        with _opened(path) as file:
            return _header(path, file)[0]
    if kind == "parquet":
        return _leaves(_parquet(path).schema_arrow)
    seen: dict[str, None] = {}
    for row in islice(rows_of(path), 1000):
        seen |= dict.fromkeys(flattened(row.cells))
    return list(seen)


def _kind_there(path: Path, sheet: str) -> str:
    kind = kind_of(path)
    if not path.is_file():
        raise FileNotUnderstood(path=path, why="there is no such file")
    if sheet and kind != "sheet":
        raise FileNotUnderstood(path=path, why=f"it has no sheets, and {sheet!r} was asked for")
    return kind


def _sheet_rows(path: Path, sheet: str) -> Iterator[Row]:
    for told, problem in sheets.rows_of(path, sheet, _distinct):
        yield Row(told) if problem is None else Row({name: _shown(value) for name, value in told.items()}, problem)


def _shown(value: sheets.Value) -> Any:
    return value.sign if isinstance(value, sheets.Failed) else value


def _csv_rows(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        columns, delimiter = _header(path, file)
        taken: list[str] = []
        lines = csv.reader(_remembered(file, taken), delimiter=delimiter)
        next(lines)
        while True:
            taken.clear()
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as cause:
                yield Row({"text": "".join(taken)}, f"not a row: {cause}")
                continue
            if not cells:
                continue
            if len(cells) > len(columns):
                yield Row({"cells": cells}, f"{len(cells)} cells under {len(columns)} columns")
            else:
                yield Row(dict(zip(columns, cells, strict=False)))


def _remembered(file: IO[str], taken: list[str]) -> Iterator[str]:
    """The lines of a file, put aside as well: of a row that breaks the reader nothing else is left."""
    for line in file:
        taken.append(line)
        yield line


def _opened(path: Path) -> IO[str]:
    """The file as text. Bytes that are no letters of its encoding stay visible as escapes."""
    with _bytes_of(path) as file:
        head = file.read(_PEEK_BYTES)
    return io.TextIOWrapper(_bytes_of(path), encoding=_encoding(head), errors="backslashreplace", newline="")


def _bytes_of(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        cut_letter = len(head) == _PEEK_BYTES and cause.start > _PEEK_BYTES - 4
        return "utf-8-sig" if cut_letter else "cp1252"
    return "utf-8-sig"


def _header(path: Path, file: IO[str]) -> tuple[list[str], str]:
    """The names of the columns and the delimiter; leaves the file at its beginning."""
    head = file.read(_PEEK_BYTES)
    file.seek(0)
    lines = head.splitlines()[:100]
    if not lines or not lines[0].strip():
        raise FileNotUnderstood(path=path, why="its first line is empty")
    delimiter = max(_DELIMITERS, key=lambda sign: _columns_told(lines, sign))
    names = next(csv.reader(lines, delimiter=delimiter))
    if any(name.strip().replace(".", "").replace("-", "").isdigit() for name in names):
        raise FileNotUnderstood(path=path, why="its first line has values where the names of columns should stand")
    return _distinct(names), delimiter


def _columns_told(lines: list[str], delimiter: str) -> int:
    """How many columns a delimiter makes, counted over the rows that agree with the first."""
    rows = list(csv.reader(lines, delimiter=delimiter))
    width = len(rows[0])
    return 0 if width == 1 else width * sum(len(row) == width for row in rows)


def _distinct(names: list[str]) -> list[str]:
    """The names as written; an empty one by its place, a repeated one with a number."""
    taken: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        base = name.strip() or f"column_{place}"
        unique, number = base, 2
        while unique in taken:
            unique, number = f"{base}_{number}", number + 1
        taken[unique] = None
    return list(taken)


def _parquet(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except (OSError, pa.ArrowException) as cause:
        raise FileNotUnderstood(path=path, why=str(cause).splitlines()[0]) from cause


def _parquet_rows(path: Path) -> Iterator[Row]:
    for batch in _parquet(path).iter_batches(batch_size=_BATCH_ROWS):
        for cells in msgspec.json.decode(msgspec.json.encode(batch.to_pylist(), enc_hook=str)):
            yield Row(cells)


def _leaves(schema: Any, prefix: str = "") -> list[str]:
    import pyarrow as pa

    names: list[str] = []
    for column in schema:
        nested = pa.types.is_struct(column.type)
        names += _leaves(column.type, f"{prefix}{column.name}.") if nested else [prefix + column.name]
    return names


def _json_rows(path: Path) -> Iterator[Row]:
    with _bytes_of(path) as file:
        for number, line in enumerate(file):
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            if number == 0 and text.startswith(b"["):
                raise FileNotUnderstood(path=path, why="it is one long list; write one object a line")
            if text:
                yield _json_row(text)


def _json_row(line: bytes) -> Row:
    try:
        value = msgspec.json.decode(line)
    except _UNREADABLE as cause:
        return Row({"line": line.decode(errors="backslashreplace")}, f"not JSON: {cause}")
    if not isinstance(value, dict):
        return Row({"line": line.decode(errors="backslashreplace")}, "not a JSON object")
    return Row(value)


def flattened(cells: dict[str, Any]) -> dict[str, Any]:
    """Cells inside cells under names with dots: `{"customer": {"id": 7}}` is `{"customer.id": 7}`."""
    if not any(isinstance(value, dict) for value in cells.values()):
        return cells
    flat: dict[str, Any] = {}
    for name, value in cells.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": one for inner, one in flattened(value).items()}
        else:
            flat[name] = value
    return flat
