"""Tables of people from files, every cell as text, and results back into files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from noline.kernel.errors import FileNotUnderstood, NotFound

if TYPE_CHECKING:
    import pyarrow as pa

_ENCODINGS = ("utf-8-sig", "cp1252")
_DELIMITERS = (",", ";", "\t", "|")
_UNREADABLE = (ValueError, EOFError, OSError)
"""What reading a file may raise: text in no known encoding, a packed file that ends too early or was never packed."""


class TableNotUnderstood(FileNotUnderstood):
    """A file that is no table of Parquet, CSV or NDJSON."""

    code = "match.file"
    sentence = "{path} cannot be read: {why}."
    hint = "Give a Parquet, CSV or NDJSON file with one record of a person in each row."


def read(path: Path) -> "pa.Table":
    """The table in a Parquet, CSV or NDJSON file, packed with gzip where its name ends in `.gz`.

    Raises NotFound, TableNotUnderstood.
    """
    import gzip
    import zlib

    import pyarrow as pa

    if not path.is_file():
        raise NotFound(what="file", name=str(path))
    readers = {".parquet": _parquet, ".pq": _parquet, ".json": _ndjson, ".ndjson": _ndjson, ".jsonl": _ndjson}
    packed = path.suffix.lower() == ".gz"
    reader = readers.get((path.with_suffix("") if packed else path).suffix.lower(), _csv)
    try:
        with gzip.open(path) if packed else path.open("rb") as content:
            return reader(cast("BinaryIO", content))
    except (*_UNREADABLE, pa.ArrowInvalid, pa.ArrowTypeError, zlib.error) as cause:
        raise TableNotUnderstood(path=path, why=str(cause).splitlines()[0]) from cause


def _parquet(content: BinaryIO) -> "pa.Table":
    import pyarrow.parquet as pq

    return pq.read_table(content)


def _csv(content: BinaryIO) -> "pa.Table":
    """Every column as text, so that postcodes keep their zeros; the delimiter is the one the first line has most of."""
    import io

    import pyarrow as pa
    from pyarrow import csv

    raw = content.read()
    encoding = _encoding(raw)
    head = raw[:65536].decode(encoding, errors="ignore").splitlines()
    if not head:
        raise ValueError("the file is empty")
    delimiter = max(_DELIMITERS, key=head[0].count)
    names = next(__import__("csv").reader(io.StringIO(head[0]), delimiter=delimiter))
    return csv.read_csv(
        io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf")),
        read_options=csv.ReadOptions(encoding="utf-8" if encoding == "utf-8-sig" else encoding),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=["", "NULL", "null", "NA", "NaN", "\\N"],
        ),
    )


def _encoding(raw: bytes) -> str:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _ndjson(content: BinaryIO) -> "pa.Table":
    from pyarrow import json

    return json.read_json(content)


def write(table: "pa.Table", path: Path) -> None:
    """Write as the name says: .parquet, .csv, else NDJSON."""
    import pyarrow.parquet as pq
    from pyarrow import csv

    if path.suffix.lower() in (".parquet", ".pq"):
        pq.write_table(table, path)
    elif path.suffix.lower() == ".csv":
        csv.write_csv(table, path)
    else:
        import msgspec

        path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in table.to_pylist()))


def mapping_of(path: Path) -> dict[str, Any]:
    """Meaning -> column or columns, from `[columns]` of a TOML file. Raises NotFound, TableNotUnderstood."""
    import tomllib

    if not path.is_file():
        raise NotFound(what="file", name=str(path))
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise TableNotUnderstood(path=path, why=str(cause)) from cause
    columns = data.get("columns", data)
    if not isinstance(columns, dict) or not all(isinstance(one, (str, list)) for one in columns.values()):
        raise TableNotUnderstood(
            path=path, why="[columns] does not name a column, or a list of columns, for each meaning"
        )
    return columns
