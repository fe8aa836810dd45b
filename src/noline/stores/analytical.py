"""The analytical port: history as tables that questions in SQL are asked of.

Each table lies in a folder of Parquet segments. A segment is written once and renamed into place; its name says which
positions of its feed it covers, `<first>-<last>.parquet`, so rows and watermark are one step of the file system.
Any number of processes read without a lock, and other engines can read the same files.
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

FEWEST_TO_MERGE = 24
"""With more segments than this the newest are merged into one."""

_DIGITS = 16


class Table(NamedTuple):
    """What a table holds.

    position: the column that carries the position of the feed, kept out of the answer when `latest_of` is set.
    latest_of: the table is a list of changes; a question sees the newest row for each value of this column.
    version: of its columns; a table of another version is projected again from the log.
    """

    columns: Mapping[str, str]
    position: str
    latest_of: str | None = None
    version: int = 1

    def folder(self, name: str) -> str:
        """The folder of its segments, by the name of the table."""
        return name if self.version == 1 else f"{name}-{self.version}"


TABLES: Mapping[str, Table] = {
    "touchpoints": Table(
        {
            "seq": "BIGINT",
            "subject": "BIGINT",
            "occurred_at": "BIGINT",
            "channel": "VARCHAR",
            "action": "VARCHAR",
            "stage": "VARCHAR",
            "source": "VARCHAR",
            "store_id": "VARCHAR",
            "sku": "VARCHAR",
            "object_id": "VARCHAR",
            "value_minor": "BIGINT",
            "currency": "VARCHAR",
            "handoff_to": "VARCHAR",
            "handoff_object": "VARCHAR",
            "handoff_until": "BIGINT",
            "handoff_group": "VARCHAR",
            "country": "VARCHAR",
            "units": "BIGINT",
            "exposure": "BOOLEAN",
            "topic": "VARCHAR",
            "rating_hundredths": "BIGINT",
            "minutes": "BIGINT",
        },
        position="seq",
        version=3,
    ),
    "order_events": Table(
        {
            "seq": "BIGINT",
            "line": "BIGINT",
            "subject": "BIGINT",
            "occurred_at": "BIGINT",
            "channel": "VARCHAR",
            "action": "VARCHAR",
            "order_id": "VARCHAR",
            "return_id": "VARCHAR",
            "account_id": "VARCHAR",
            "store_id": "VARCHAR",
            "location": "VARCHAR",
            "country": "VARCHAR",
            "sku": "VARCHAR",
            "units": "BIGINT",
            "currency": "VARCHAR",
            "total_minor": "BIGINT",
            "tax_minor": "BIGINT",
            "shipping_minor": "BIGINT",
            "cost_minor": "BIGINT",
            "minutes": "BIGINT",
            "promised_at": "BIGINT",
        },
        position="seq",
        version=2,
    ),
    "goods_costs": Table(
        {"seq": "BIGINT", "occurred_at": "BIGINT", "sku": "VARCHAR", "currency": "VARCHAR", "cost_minor": "BIGINT"},
        position="seq",
    ),
    "people": Table(
        {"version": "BIGINT", "subject": "BIGINT", "person": "BIGINT"}, position="version", latest_of="subject"
    ),
}
"""The tables of a hub. Times are microseconds since 1970 UTC, amounts are minor units of their currency."""

VIEWS = ("orders", "order_goods", "order_returns", "order_promises")
"""Tables that follow from the others, in this order; each is the SELECT of a file in `views/`."""

Columns = Mapping[str, Sequence[Any]]
Rows = Sequence[tuple[Any, ...]]


class Given(NamedTuple):
    """A table that several questions read: the answer of a SELECT of its own, worked out once for all of them."""

    sql: str
    params: Mapping[str, Any]


class Answering(Protocol):
    """Something that answers questions about history: all that the rooms of insight ever get."""

    def ask(
        self, sql: str, params: Mapping[str, Any] | None = None, given: Mapping[str, Given] | None = None
    ) -> "pa.Table":
        """The answer of one SELECT; `params` are its `$name` parameters, no more and no less.

        given: tables that it reads beside those of the hub, by their names.
        """
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its own account of how it is counted.

    words: plain sentences; `{name}` stands for the value of a parameter.
    sql: one SELECT with `$name` parameters.
    given: tables that other questions read too, each with the SELECT that gives it. brief: the same question where
    these are there already.
    """

    name: str
    words: str
    sql: str
    given: Mapping[str, str] = field(default_factory=dict)
    brief: str = ""

    def ask(self, answering: Answering, values: Mapping[str, Any]) -> "pa.Table":
        """The answer, with the parameters that it needs out of these values."""
        given = {name: Given(sql, _named(sql, values)) for name, sql in self.given.items()}
        sql = self.brief or self.sql
        return answering.ask(sql, _named(sql, values), given)

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of these values the ones that the statement names."""
        return _named(self.sql, values)

    def counted(self, values: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
        """How this is counted: `words`, `sql` and `parameters`; `told` holds the values as a reader says them."""
        return {"words": self.words.format_map(told), "sql": self.sql, "parameters": self.parameters(values)}


def _named(sql: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in sorted(set(re.findall(r"\$([a-z_]+)", sql)))}


def view_of(name: str) -> str:
    """The SELECT of a derived table."""
    return statement(Path(__file__).parent / "views" / f"{name}.sql")


def statement(*files: Path) -> str:
    """One statement from files that continue each other."""
    return "\n".join(file.read_text(encoding="utf-8").strip() for file in files) + "\n"


class AnalyticalStore(Answering, Protocol):
    """A hub's history."""

    def ask(
        self, sql: str, params: Mapping[str, Any] | None = None, given: "Mapping[str, Given | pa.Table] | None" = None
    ) -> "pa.Table":
        """The same, where tables that are given may also be worked out already."""
        ...

    def watermark(self, table: str) -> int:
        """The last position of its feed that a table holds; 0 when it holds none."""
        ...

    def load(self, table: str, rows: "pa.Table | Columns | Rows", first: int, last: int) -> None:
        """Add what a feed said at the positions `first` to `last`; `first` is one after the watermark.

        Only inside `projecting()`. Raises ValueError when the positions do not follow the watermark.
        """
        ...

    def projecting(self) -> AbstractContextManager[None]:
        """The right to load and tidy, held by one process and thread at a time; others wait."""
        ...

    def tidy(self) -> None:
        """Merge many small segments and remove those that were replaced long enough ago. Inside `projecting()`."""
        ...

    def clear(self) -> None:
        """Forget every row, so that the next projection tells all of history again. Inside `projecting()`."""
        ...

    def close(self) -> None:
        """Let go of memory and files."""
        ...


class Segment(NamedTuple):
    """A file that covers the positions `first` to `last` of a feed."""

    first: int
    last: int

    @property
    def name(self) -> str:
        """Its file name; names sort as positions do."""
        return f"{self.first:0{_DIGITS}}-{self.last:0{_DIGITS}}.parquet"

    @property
    def span(self) -> int:
        """How many positions it covers."""
        return self.last - self.first + 1


def segment_of(name: str) -> Segment | None:
    """The segment of a file name; None for any other file."""
    first, dash, last = name.removesuffix(".parquet").partition("-")
    if not (name.endswith(".parquet") and dash and first.isdecimal() and last.isdecimal()):
        return None
    segment = Segment(int(first), int(last))
    return segment if 0 < segment.first <= segment.last else None


def cover(names: Iterable[str]) -> list[Segment]:
    """The segments that together hold each position from 1 on exactly once.

    From each start the longest segment wins, so a merged one replaces its parts at the moment it appears. The cover
    ends at the first gap: what lies behind it will be projected again.
    """
    longest: dict[int, Segment] = {}
    for segment in filter(None, map(segment_of, names)):
        longest[segment.first] = max(segment, longest.get(segment.first, segment))
    chosen: list[Segment] = []
    start = 1
    while start in longest:
        chosen.append(longest[start])
        start = chosen[-1].last + 1
    return chosen


def to_merge(covering: Sequence[Segment]) -> Sequence[Segment]:
    """The newest segments that should become one; none while there are few.

    An older segment joins only when it is no larger than what is merged already, so each row is rewritten a number of
    times that grows with the logarithm of history, not with history.
    """
    if len(covering) <= FEWEST_TO_MERGE:
        return ()
    start = len(covering) - FEWEST_TO_MERGE // 2
    while start > 0 and covering[start - 1].span <= covering[-1].last - covering[start].first + 1:
        start -= 1
    return covering[start:]


def as_table(name: str, rows: "pa.Table | Columns | Rows") -> "pa.Table":
    """Rows of a table as Arrow, in the declared columns and types. Text that is no Unicode is made readable."""
    import pyarrow as pa

    schema = arrow_schema(name)
    if isinstance(rows, pa.Table):
        return rows.select(schema.names).cast(schema)
    if not isinstance(rows, Mapping):
        rows = dict(zip(schema.names, zip(*rows, strict=True), strict=True)) if rows else {}
    arrays = [_array(rows.get(field.name, ()), field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def arrow_schema(name: str) -> "pa.Schema":
    """The Arrow schema of a table."""
    import pyarrow as pa

    types = {"BIGINT": pa.int64(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_()}
    return pa.schema([(column, types[kind]) for column, kind in TABLES[name].columns.items()])


def _array(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        readable = [value and value.encode(errors="replace").decode() for value in values]
        return pa.array(readable, kind)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a file for one process and thread; wait for it. The system lets go when the process dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
