"""A table of Arrow out of a file: CSV in any common dress, NDJSON or a list in JSON, Parquet, Feather; maybe packed."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Collection
from csv import reader as csv_rows
from pathlib import Path
from typing import TYPE_CHECKING

from noline.kernel.errors import FileNotUnderstood

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv

PARQUET = (".parquet", ".pq")
NDJSON = (".ndjson", ".jsonl", ".json")
CSV = (".csv", ".tsv", ".txt")
FEATHER = (".feather", ".arrow")

_PACKED = ".gz"
_SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers")
_DELIMITERS = (",", ";", "\t", "|")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_HEAD_BYTES = 1 << 18


def kind_of(path: Path) -> str:
    """The ending that tells what a file holds, in small letters: `.csv` of `Orders.CSV.gz`."""
    packed = path.suffix.lower() == _PACKED
    return (path.with_suffix("") if packed else path).suffix.lower()


def table_of(path: Path, texts: Collection[str] | None = ()) -> "pa.Table":
    """The table in a file that is there; what is none of the others by its name is read as CSV.

    texts: columns of CSV that hold text whatever their cells look like, so that numbers of customers keep their zeros;
    None: every column. Raises FileNotUnderstood.
    """
    import pyarrow as pa

    kind = kind_of(path)
    if kind in _SHEETS:
        raise FileNotUnderstood(path=path, why=f"{kind} is a spreadsheet; save the sheet as CSV")
    try:
        if kind in PARQUET:
            return _parquet(path)
        if kind in FEATHER:
            return _feather(path)
        return _json(path) if kind in NDJSON else _csv(path, texts)
    except (pa.ArrowException, ValueError, EOFError, OSError, zlib.error) as cause:
        raise FileNotUnderstood(path=path, why=str(cause).splitlines()[0]) from cause


def _parquet(path: Path) -> "pa.Table":
    from pyarrow import parquet

    return parquet.read_table(io.BytesIO(_bytes_of(path)) if path.suffix.lower() == _PACKED else path)


def _feather(path: Path) -> "pa.Table":
    from pyarrow import feather

    return feather.read_table(io.BytesIO(_bytes_of(path)) if path.suffix.lower() == _PACKED else path)


def _bytes_of(path: Path) -> bytes:
    if path.suffix.lower() != _PACKED:
        return path.read_bytes()
    with gzip.open(path) as packed:
        return packed.read()


def _text_of(path: Path) -> bytes:
    """What a file of text holds, in UTF-8, whichever of the usual encodings it was written in."""
    raw = _bytes_of(path)
    if raw.startswith(_UTF16):
        return raw.decode("utf-16").encode()
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").encode()
    return raw.removeprefix(_BOM)


def is_utf8(path: Path) -> bool:
    """Whether all of a file of text, maybe packed, is UTF-8. Raises FileNotUnderstood where it cannot be unpacked."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with gzip.open(path) if path.suffix.lower() == _PACKED else path.open("rb") as file:
            while piece := file.read(_HEAD_BYTES):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except (EOFError, OSError, zlib.error) as cause:
        raise FileNotUnderstood(path=path, why=str(cause).splitlines()[0]) from cause
    return True


def _is_unicode(head: bytes) -> bool:
    """Whether the beginning of a file is UTF-8, whose last letter may be cut."""
    try:
        head.decode()
    except UnicodeDecodeError as cause:
        return len(head) >= _HEAD_BYTES - len(_BOM) and cause.start > len(head) - 4
    return True


def _csv(path: Path, texts: Collection[str] | None) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    head, plain = _head(path)
    letters = head.decode("utf-8" if _is_unicode(head) else "cp1252", "replace")
    first = next(iter(letters.splitlines()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    if texts is None:
        texts = next(csv_rows([first], delimiter=delimiter), [])
    parsing = csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    converting = csv.ConvertOptions(column_types=dict.fromkeys(texts, pa.string()), strings_can_be_null=True)
    if plain and _is_unicode(head):
        try:
            table = _csv_rows(lambda: path, parsing, converting)
        except pa.ArrowInvalid as cause:
            if "UTF8" not in str(cause):
                raise
        else:
            # Letters of another encoding make a column one of bytes.
            if not any(pa.types.is_binary(column.type) for column in table.columns):
                return table
    text = _text_of(path)
    return _csv_rows(lambda: io.BytesIO(text), parsing, converting)


def _csv_rows(
    source: Callable[[], Path | io.BytesIO], parsing: "csv.ParseOptions", converting: "csv.ConvertOptions"
) -> "pa.Table":
    """The rows of CSV. Which row has too few or too many cells only a single thread knows: it reads again to say it."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        return csv.read_csv(source(), parse_options=parsing, convert_options=converting)
    except pa.ArrowInvalid as cause:
        if "Expected" not in str(cause):
            raise
    alone = csv.ReadOptions(use_threads=False)
    return csv.read_csv(source(), read_options=alone, parse_options=parsing, convert_options=converting)


def _json(path: Path) -> "pa.Table":
    """One object a line, or one list of objects."""
    from pyarrow import json

    head, plain = _head(path)
    if not head.lstrip().startswith(b"["):
        return json.read_json(path if plain else io.BytesIO(_text_of(path)))
    import msgspec

    return json.read_json(io.BytesIO(b"\n".join(msgspec.json.decode(_text_of(path), type=list[msgspec.Raw]))))


def _head(path: Path) -> tuple[bytes, bool]:
    """How a file of text begins, in UTF-8; and whether it can be read where it lies, which spares the memory."""
    packed = path.suffix.lower() == _PACKED
    with gzip.open(path) if packed else path.open("rb") as file:
        raw = file.read(_HEAD_BYTES)
    if raw.startswith(_UTF16):
        # A letter may be cut at the end.
        return raw.decode("utf-16", "ignore").encode(), False
    return raw.removeprefix(_BOM), not packed and not raw.startswith(_BOM)
