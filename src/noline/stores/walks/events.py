"""Any table of events: which column means what, and what its times are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.kernel.clock import Micros, parse_instant
from noline.kernel.errors import FileNotUnderstood, NotFound, NotReadable
from noline.stores.arrow_files import CSV, FEATHER, NDJSON, PARQUET, kind_of, table_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from noline.stores.walks.arrays import Longs

MEANINGS = ("person", "time", "channel", "action", "value")
NO_CHANNEL = "all"
"""Stands for the channel of every event where no column tells one."""

_NEEDED = ("person", "time", "action")

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
_WRITTEN = tuple(f"{day}{hour}" for day in _DAYS for hour in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"))
"""How times are written beside ISO 8601."""

_UNITS: tuple[tuple[str, int, int, int], ...] = (
    ("s", 10**11, 1_000_000, 1),
    ("ms", 10**14, 1_000, 1),
    ("us", 10**17, 1, 1),
    ("ns", 2**63, 1, 1_000),
)
"""Whole numbers below each size are that unit (seconds until the year 5138); how many microseconds one of them is."""

_USUAL = (631_152_000, 4_102_444_800)
"""Seconds since 1970 of the years 1990 to 2100, in which most events of any company lie."""


class EventsUnreadable(FileNotUnderstood):
    """A file that is no table of events."""

    code = "walks.events_unreadable"
    sentence = "{path} cannot be read as events: {why}."
    hint = "Give Parquet, CSV, NDJSON or Feather with one event in each row, or a folder of such files of one kind."


class ColumnMissing(NotReadable):
    """A table without a column that is needed."""

    code = "walks.column_missing"
    sentence = "There is no column {column!r} for the {meaning} of an event; there are {columns}."
    hint = (
        "Say which column means what: --map person=COLUMN,time=COLUMN,action=COLUMN,channel=COLUMN. No such name may "
        "hold a comma."
    )


class CellUnreadable(NotReadable):
    """A time or a value that cannot be understood."""

    code = "walks.cell_unreadable"
    sentence = "{value!r} in the column {column!r} is no {meaning}."
    hint = "Times are timestamps, ISO 8601, or whole s, ms, us or ns since 1970; values are numbers."


class TableUnreadable(NotReadable):
    """Something in memory that is no table of events."""

    code = "walks.table_unreadable"
    sentence = "This table cannot be read as events: {why}."
    hint = "Give a table of Arrow or a frame of pandas: an event in each row, one kind of value in each column."


class Columns(NamedTuple):
    """Which column means what. A channel that no column tells is `all`; a value that none tells is 0.

    parts: further columns of texts. measures: further columns of whole numbers. wished_parts, wished_measures: more
    of either, where the table has them.
    """

    person: str = "person"
    time: str = "time"
    action: str = "action"
    channel: str | None = None
    value: str | None = None
    parts: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    wished_parts: tuple[str, ...] = ()
    wished_measures: tuple[str, ...] = ()

    @classmethod
    def of(cls, named: Mapping[str, str], parts: tuple[str, ...] = (), measures: tuple[str, ...] = ()) -> "Columns":
        """Columns by what they mean. Raises ColumnMissing for a meaning that there is not."""
        for meaning in named:
            if meaning not in MEANINGS:
                raise ColumnMissing(column=named[meaning], meaning=meaning, columns=", ".join(MEANINGS))
        return cls(
            named.get("person", "person"), named.get("time", "time"), named.get("action", "action"),
            named.get("channel"), named.get("value"), parts, measures,
        )  # fmt: skip

    def among(self, present: list[str]) -> "Columns":
        """The same, where what was not told is taken from a column of that name.

        Raises ColumnMissing, and TableUnreadable where two columns have the name.
        """
        found = self._replace(
            channel=self.channel or ("channel" if "channel" in present else None),
            value=self.value or ("value" if "value" in present else None),
            parts=_with_wished(self.parts, self.wished_parts, present),
            measures=_with_wished(self.measures, self.wished_measures, present),
        )
        wanted = {name: getattr(found, name) for name in MEANINGS if getattr(found, name) is not None}
        further = [("breakdown", part) for part in found.parts] + [("measure", one) for one in found.measures]
        for meaning, column in [*wanted.items(), *further]:
            if column not in present:
                raise ColumnMissing(column=column, meaning=meaning, columns=", ".join(present))
            if present.count(column) > 1:
                raise TableUnreadable(why=f"{present.count(column)} of its columns are called {column!r}")
        return found

    def all(self) -> list[str]:
        """Every column that is named, each once."""
        named = (self.person, self.time, self.action, self.channel, self.value, *self.parts, *self.measures)
        return list(dict.fromkeys(name for name in named if name is not None))


def _with_wished(named: tuple[str, ...], wished: tuple[str, ...], present: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*named, *(name for name in wished if name in present))))


class Read(NamedTuple):
    """What was read.

    rows: in the table. left_out: rows without a person, a time or an action. time: what its column held, as `integer
    ms` or `timestamp`, or `nothing` when it has no cell. value: `whole`, `hundredths` when fractions were read as
    major units, or None.
    """

    rows: int
    left_out: int
    time: str
    value: str | None


class Events(NamedTuple):
    """A table of events, understood. times: microseconds since 1970 UTC. amounts: minor units."""

    persons: "pa.ChunkedArray[Any]"
    times: "Longs"
    channels: "pa.ChunkedArray[Any]"
    actions: "pa.ChunkedArray[Any]"
    amounts: "Longs | None"
    parts: "Mapping[str, pa.ChunkedArray[Any]]"
    read: Read
    measures: "Mapping[str, Longs]" = MappingProxyType({})


NO_PARTS: Mapping[str, Any] = MappingProxyType({})

NOT_TOLD = -(2**63)
"""Stands in a column of whole numbers where an event told none."""


def read(path: Path, columns: Columns) -> Events:
    """The events in a file, or in the files of a folder in the order of their names.

    Raises NotFound, EventsUnreadable, ColumnMissing, TableUnreadable, CellUnreadable.
    """
    import pyarrow as pa

    if not path.exists():
        raise NotFound(what="file", name=str(path))
    try:
        table = _table(path, columns)
    except FileNotUnderstood as cause:
        raise EventsUnreadable(path=cause.facts["path"], why=cause.facts["why"]) from cause
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as cause:
        raise EventsUnreadable(path=path, why=str(cause).splitlines()[0]) from cause
    return understood(table, columns)


def _table(path: Path, columns: Columns) -> "pa.Table":
    import pyarrow as pa

    files = _files(path)
    if all(file.suffix.lower() in PARQUET for file in files):
        from pyarrow import dataset

        paths = [str(file) for file in files]
        wanted = columns.among(dataset.dataset(paths, format="parquet").schema.names)
        # Few different texts are read as the numbers that the file holds for them.
        named = {one for one in (wanted.channel, wanted.action, *wanted.parts) if one is not None}
        kind = dataset.ParquetFileFormat(read_options=dataset.ParquetReadOptions(dictionary_columns=named))
        return dataset.dataset(paths, format=kind).to_table(columns=wanted.all())
    named = (columns.person, columns.action, columns.channel, *columns.parts, *columns.wished_parts, "channel")
    texts = [name for name in named if name is not None]
    return pa.concat_tables([table_of(file, texts) for file in files], promote_options="permissive")


def _files(path: Path) -> list[Path]:
    """The files that hold the events, all of one kind. Raises EventsUnreadable."""
    if path.is_file():
        return [path]
    # A name that begins with a dot or an underscore is a note of whoever wrote the folder.
    told = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith((".", "_")))
    by_kind = [[file for file in told if kind_of(file) in kind] for kind in (PARQUET, NDJSON, CSV, FEATHER)]
    found = [files for files in by_kind if files]
    if not found:
        raise EventsUnreadable(path=path, why="the folder holds no Parquet, NDJSON, CSV or Feather file")
    if len(found) > 1:
        some = " and ".join(str(files[0].relative_to(path)) for files in found)
        raise EventsUnreadable(path=path, why=f"the folder holds files of several kinds, such as {some}")
    return found[0]


def arrow_of(table: object) -> "pa.Table":
    """A table of Arrow as it is, a frame of pandas as one. Raises TableUnreadable."""
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    frame: Any = table
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except AttributeError as cause:
        raise TableUnreadable(why=f"a {type(table).__name__} is neither") from cause
    except (pa.ArrowException, TypeError, ValueError) as cause:
        raise TableUnreadable(why=str(cause).splitlines()[0]) from cause


@contextmanager
def _cells(column: str, meaning: str) -> Iterator[None]:
    """Arrow cannot hold these cells as what they mean: that is said in our words. Raises CellUnreadable."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowException as cause:
        raise CellUnreadable(value=str(cause).splitlines()[0], column=column, meaning=meaning) from cause


def understood(table: "pa.Table", columns: Columns) -> Events:
    """The events of a table. Raises ColumnMissing, TableUnreadable, CellUnreadable."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = columns.among(table.column_names)
    needed = [table[getattr(columns, name)] for name in _NEEDED]
    rows = table.num_rows
    if any(column.null_count for column in needed):
        told = pc.call_function("is_valid", [needed[0]])
        for column in needed[1:]:
            told = pc.call_function("and", [told, pc.call_function("is_valid", [column])])
        table = table.filter(told)
    if pa.types.is_nested(table[columns.person].type):
        raise CellUnreadable(value=str(table[columns.person].type), column=columns.person, meaning="person")
    times, time_read = instants(table[columns.time], columns.time)
    values, value_read = (None, None) if columns.value is None else amounts(table[columns.value], columns.value)
    channels = (
        _names(table[columns.channel], "unknown", columns.channel)
        if columns.channel is not None
        else pa.chunked_array([pa.repeat(pa.scalar(NO_CHANNEL), table.num_rows)])
    )
    return Events(
        table[columns.person], times, channels, _names(table[columns.action], "", columns.action), values,
        {name: _names(table[name], "", name) for name in columns.parts},
        Read(rows, rows - table.num_rows, time_read, value_read),
        {name: _measure(table[name], name) for name in columns.measures},
    )  # fmt: skip


def _measure(column: "pa.ChunkedArray[Any]", name: str) -> "Longs":
    """Whole numbers, NOT_TOLD where none was told. Raises CellUnreadable."""
    import pyarrow as pa
    import pyarrow.compute as pc

    with _cells(name, "whole number"):
        return _whole(pc.call_function("coalesce", [pc.cast(column, pa.int64()), pa.scalar(NOT_TOLD)]))


def _names(column: "pa.ChunkedArray[Any]", missing: str, name: str) -> "pa.ChunkedArray[Any]":
    """Texts, where nothing was told the text for that. Raises CellUnreadable."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type) and not column.null_count:
        return column
    if not pa.types.is_string(column.type):
        with _cells(name, "name"):
            column = pc.cast(column, pa.string())
    return pc.call_function("coalesce", [column, pa.scalar(missing)]) if column.null_count else column


def instants(column: "pa.ChunkedArray[Any]", name: str) -> "tuple[Longs, str]":
    """Microseconds since 1970 UTC, and what the column held. A time without an offset is UTC. Raises CellUnreadable."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_null(kind) and not len(column):
        # A file of a header alone does not say what its cells would be.
        return _whole(column), "nothing"
    if pa.types.is_dictionary(kind):
        return instants(pc.cast(column, kind.value_type), name)
    if pa.types.is_integer(kind):
        with _cells(name, "time"):
            return _counted(_whole(column), name)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        with _cells(name, "time"):
            # Parts of a microsecond are left out; a second that no microsecond can tell is refused.
            safe = getattr(kind, "unit", "") != "ns"
            moments = pc.cast(column, pa.timestamp("us", getattr(kind, "tz", None)), safe=safe)
        return _whole(pc.cast(moments, pa.int64())), "timestamp"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _counted_fractions(column, name)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _written(column, name)
    raise CellUnreadable(value=str(kind), column=name, meaning="time")


def _whole(column: "pa.ChunkedArray[Any]") -> "Longs":
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    return np.asarray(pc.cast(column, pa.int64()).to_numpy(), np.int64)


def _unit(furthest: int, name: str) -> tuple[str, int, int]:
    for unit, below, times, parts in _UNITS:
        if abs(furthest) < below:
            return unit, times, parts
    raise CellUnreadable(value=furthest, column=name, meaning="time")


def _counted(numbers: "Longs", name: str) -> "tuple[Longs, str]":
    """Whole numbers, whose unit is guessed by the one furthest from 0. Raises CellUnreadable."""
    unit, times, parts = _unit(max(int(numbers.max(initial=0)), int(numbers.min(initial=0)), key=abs), name)
    _of_one_unit(numbers, unit, name)
    # A table of the right unit is taken as it is, not copied.
    return numbers if times == parts else numbers * times // parts, f"integer {unit}"


def _of_one_unit(numbers: "npt.NDArray[Any]", unit: str, name: str) -> None:
    """Raises CellUnreadable where the furthest is a usual time in its unit, and another one only in a coarser unit."""
    in_a_second = {each: 1_000_000 * parts // times for each, _, times, parts in _UNITS}
    low, high = (second * in_a_second[unit] for second in _USUAL)
    if not len(numbers) or numbers.min() >= low or not low <= numbers.max() <= high:
        return
    for coarser in list(in_a_second)[: list(in_a_second).index(unit)]:
        low, high = (second * in_a_second[coarser] for second in _USUAL)
        odd = numbers[(numbers >= low) & (numbers <= high)]
        if len(odd):
            meaning = f"time in {unit}, as others of the column are: it would be one in {coarser}"
            raise CellUnreadable(value=odd[0].item(), column=name, meaning=meaning)


def _counted_fractions(column: "pa.ChunkedArray[Any]", name: str) -> "tuple[Longs, str]":
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = np.asarray(pc.cast(column, pa.float64()).to_numpy(), np.float64)
    if not np.isfinite(numbers).all():
        raise CellUnreadable(value=float(numbers[~np.isfinite(numbers)][0]), column=name, meaning="time")
    unit, times, parts = _unit(int(np.abs(numbers).max(initial=0)), name)
    _of_one_unit(numbers, unit, name)
    return np.rint(numbers * times / parts).astype(np.int64), f"number {unit}"


def _written(column: "pa.ChunkedArray[Any]", name: str) -> "tuple[Longs, str]":
    """ISO 8601; texts that are whole numbers count as numbers."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    for zone in (None, "UTC"):
        try:
            moments = pc.cast(column, pa.timestamp("us", zone))
        except pa.ArrowInvalid:
            continue
        return _whole(pc.cast(moments, pa.int64())), "ISO text"
    try:
        return _counted(_whole(column), name)
    except pa.ArrowInvalid:
        pass
    if (moments := _by_day(column, name)) is not None:
        return moments
    encoded = column.dictionary_encode().combine_chunks()
    whole = pa.concat_arrays(encoded.chunks) if isinstance(encoded, pa.ChunkedArray) else encoded
    texts = np.array([_instant(text, name) for text in whole.dictionary.to_pylist()], np.int64)
    return texts[whole.indices.to_numpy()], "ISO text"


def _by_day(column: "pa.ChunkedArray[Any]", name: str) -> "tuple[Longs, str] | None":
    """Times as people write them, where one way of writing reads all of them; None where none does.

    Raises CellUnreadable where the day and the month could be either, and where one way reads most of them.
    """
    import pyarrow.compute as pc

    found: dict[str, Longs] = {}
    nearly = ("", column.slice(0, 0), (len(column) + 1) // 2)
    for written in _WRITTEN:
        moments = pc.call_function("strptime", [column], pc.StrptimeOptions(written, "us", error_is_null=True))
        if not moments.null_count:
            found[written] = _whole(pc.cast(moments, "int64"))
        elif moments.null_count < nearly[2]:
            nearly = (written, column.filter(moments.is_null()), moments.null_count)
    if not found:
        like, others, _ = nearly
        if not like:
            return None
        raise CellUnreadable(
            value=others[0].as_py(), column=name, meaning=f"time as most are written there, like {like}"
        )
    written, first = next(iter(found.items()))
    if any((other != first).any() for other in found.values()):
        raise CellUnreadable(
            value=column[0].as_py(), column=name, meaning=f"time: it reads as {' and as '.join(found)}"
        )
    return first, f"text like {written}"


def _instant(text: str, name: str) -> Micros:
    try:
        return parse_instant(text.strip())
    except ValueError as cause:
        raise CellUnreadable(value=text, column=name, meaning="time") from cause


def amounts(column: "pa.ChunkedArray[Any]", name: str) -> "tuple[Longs, str]":
    """Minor units, and what the column held; numbers with fractions are major units of two decimals.

    Raises CellUnreadable.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    with _cells(name, "value"):
        if pa.types.is_integer(column.type):
            return _whole(pc.call_function("coalesce", [column, pa.scalar(0, column.type)])), "whole"
        numbers = np.asarray(pc.cast(column, pa.float64()).to_numpy(), np.float64)
    numbers = np.where(np.isnan(numbers), 0.0, numbers)
    if not (np.abs(numbers) < 2**53).all():
        raise CellUnreadable(value=float(np.abs(numbers).max()), column=name, meaning="value")
    fractions = bool((numbers != np.rint(numbers)).any())
    return np.rint(numbers * (100 if fractions else 1)).astype(np.int64), "hundredths" if fractions else "whole"
