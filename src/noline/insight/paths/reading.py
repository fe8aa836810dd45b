"""Paths from a file: a path in each row, how often it ended in success, and what that was worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from noline.insight.paths.model import ARROW, Paths, PathsUnreadable, narrow
from noline.kernel.errors import FileNotUnderstood, NotFound
from noline.stores.arrow_files import table_of
from noline.stores.walks.arrays import Longs
from noline.stores.walks.events import CellUnreadable, amounts

if TYPE_CHECKING:
    import pyarrow as pa

MEANINGS = ("path", "conversions", "value", "null")


class Found(NamedTuple):
    """What was read. value: `whole` minor units, `hundredths` when fractions were read as major units, or None."""

    paths: Paths
    value: str | None


def read(path: Path, mapping: Mapping[str, str] | None = None) -> Found:
    """The paths in a Parquet, CSV or NDJSON file.

    mapping: which column is the path, conversions, value and null; columns of these names when not told. A path is a
    text such as `mail > web > store`, or a list of names. Without conversions a row is one success, or none where null
    is above 0; without null no journey failed. Raises NotFound, PathsUnreadable.
    """
    if not path.is_file():
        raise NotFound(what="file", name=str(path))
    try:
        table = table_of(path, [(mapping or {}).get("path", "path")])
    except FileNotUnderstood as cause:
        raise PathsUnreadable(path=path, why=cause.facts["why"]) from cause
    try:
        return of_table(table, mapping)
    except PathsUnreadable as cause:
        raise PathsUnreadable(path=path, why=cause.facts["why"]) from cause


def of_table(table: "pa.Table", mapping: Mapping[str, str] | None = None) -> Found:
    """The paths in a table of Arrow; see `read`. Raises PathsUnreadable."""
    columns = _columns(table.column_names, mapping or {})
    offsets, codes, names = _touches(table[columns["path"]], columns["path"])
    nulls = _counts(table, columns, "null")
    conversions = _counts(table, columns, "conversions")
    if conversions is None:
        conversions = np.ones(table.num_rows, np.int64) if nulls is None else (nulls == 0).astype(np.int64)
    values, kind = _values(table, columns)
    none = np.zeros(table.num_rows, np.int64)
    return Found(Paths(offsets, codes, names, conversions, none if nulls is None else nulls, values), kind)


def _columns(present: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Which column has which meaning."""
    unknown = [meaning for meaning in mapping if meaning not in MEANINGS]
    if unknown:
        raise PathsUnreadable(path="a table", why=f"{unknown[0]!r} is none of {', '.join(MEANINGS)}")
    found = {**{meaning: meaning for meaning in MEANINGS if meaning in present}, **mapping}
    for meaning, column in {"path": "path", **found}.items():
        if present.count(column) != 1:
            why = f"there is not one column {column!r} for {meaning}; there are {', '.join(present)}"
            raise PathsUnreadable(path="a table", why=why)
    return found


def _touches(column: "pa.ChunkedArray[Any]", name: str) -> tuple[Longs, Any, tuple[str, ...]]:
    """Offsets, codes and names of the touches."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count:
        raise PathsUnreadable(path="a table", why=f"{column.null_count:,} cells of the column {name!r} are empty")
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.call_function("split_pattern", [column], pc.SplitPatternOptions(ARROW))
    elif not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        raise PathsUnreadable(path="a table", why=f"the column {name!r} holds {column.type}, no paths")
    lengths = np.asarray(pc.call_function("list_value_length", [column]).to_numpy(), np.int64)
    flat = pc.call_function("list_flatten", [column])
    try:
        texts = pc.cast(flat, pa.string())
    except pa.ArrowException as cause:
        raise PathsUnreadable(path="a table", why=f"the column {name!r} holds lists of {flat.type}") from cause
    codes, names = _named(texts)
    if "" in names:
        path = int(np.searchsorted(np.cumsum(lengths), np.flatnonzero(codes == names.index(""))[0], side="right"))
        raise PathsUnreadable(path="a table", why=f"path {path + 1} has a touch without a name")
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), narrow(codes, len(names)), names


def _named(texts: "pa.ChunkedArray[Any]") -> tuple[Longs, tuple[str, ...]]:
    """A code for each text without the blanks around it, in the order of appearance, and the names."""
    import pyarrow as pa

    encoded = texts.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks) if encoded.num_chunks else pa.array([], encoded.type)
    told = ["" if text is None else text.strip() for text in encoded.dictionary.to_pylist()]
    names = tuple(dict.fromkeys(told if not encoded.indices.null_count else [*told, ""]))
    place = {name: code for code, name in enumerate(names)}
    table = np.array([place[text] for text in told] + [place.get("", 0)], np.int64)
    return table[encoded.indices.fill_null(len(told)).to_numpy(zero_copy_only=False)], names


def _counts(table: "pa.Table", columns: Mapping[str, str], meaning: str) -> Longs | None:
    """Whole numbers, 0 where none was told; None without such a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if meaning not in columns:
        return None
    column = table[columns[meaning]]
    try:
        whole = pc.cast(column, pa.int64())
    except pa.ArrowException as cause:
        why = f"{columns[meaning]!r} does not hold whole numbers of {meaning}: {str(cause).splitlines()[0]}"
        raise PathsUnreadable(path="a table", why=why) from cause
    return np.array(pc.fill_null(whole, 0).to_numpy(), np.int64)


def _values(table: "pa.Table", columns: Mapping[str, str]) -> tuple[Longs, str | None]:
    if "value" not in columns:
        return np.zeros(table.num_rows, np.int64), None
    try:
        values, kind = amounts(table[columns["value"]], columns["value"])
    except CellUnreadable as cause:
        raise PathsUnreadable(path="a table", why=str(cause)) from cause
    return np.array(values, np.int64), kind
