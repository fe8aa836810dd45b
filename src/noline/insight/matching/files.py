"""Tables of people from files, every cell as text, and results back into files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from noline.kernel.errors import FileNotUnderstood, NotFound
from noline.stores.arrow_files import table_of

if TYPE_CHECKING:
    import pyarrow as pa


class TableNotUnderstood(FileNotUnderstood):
    """A file that is no table of Parquet, CSV or NDJSON."""

    code = "match.file"
    sentence = "{path} cannot be read: {why}."
    hint = "Give a Parquet, CSV or NDJSON file with one record of a person in each row."


def read(path: Path) -> "pa.Table":
    """The table in a Parquet, Feather, CSV, JSON or NDJSON file, maybe packed with gzip; of CSV every column is text.

    Raises NotFound, TableNotUnderstood.
    """
    if not path.is_file():
        raise NotFound(what="file", name=str(path))
    try:
        return table_of(path, texts=None)
    except FileNotUnderstood as cause:
        raise TableNotUnderstood(path=path, why=cause.facts["why"]) from cause


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
