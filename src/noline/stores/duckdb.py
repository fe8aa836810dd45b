"""History in DuckDB: an engine in memory that reads the segments where they lie and keeps nothing of its own."""

import os
import shutil
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noline.kernel.clock import MINUTE, Clock, Micros, SystemClock
from noline.stores.analytical import (
    TABLES,
    VIEWS,
    Columns,
    Given,
    Rows,
    Segment,
    arrow_schema,
    as_table,
    cover,
    file_lock,
    segment_of,
    sync_folder,
    to_merge,
    view_of,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

KEPT_AFTER_REPLACED: Micros = MINUTE
"""How long a replaced segment stays for readers who may have just chosen it."""

_COMPRESSION = "zstd"
_ROWS_PER_GROUP = 122_880


class DuckDbStore:
    """The analytical store of one hub, in a folder. Safe to use from several threads and processes."""

    def __init__(
        self, folder: Path, *, memory_limit: str = "512MB", threads: int = 2, clock: Clock | None = None
    ) -> None:
        """Prepare the folder; the engine itself starts with the first question.

        memory_limit: as DuckDB reads it (`512MB`); beyond it questions use the disk.
        """
        self.folder = folder
        self._settings: dict[str, bool | float | int | list[str] | str] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(folder / "spill"),
            # The system caches files already; a second copy in here would only make the idle server larger.
            "enable_external_file_cache": False,
            "preserve_insertion_order": False,
            # Memory of a large question goes back to the system within seconds, not at the next question.
            "allocator_background_threads": True,
            "allocator_flush_threshold": "8MB",
        }
        self._clock = clock or SystemClock()
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._viewed: dict[str, tuple[Segment, ...] | None] = dict.fromkeys(TABLES)
        self._derived = False
        self._turn = threading.RLock()
        for table in TABLES:
            self._place(table).mkdir(parents=True, exist_ok=True)

    def ask(
        self, sql: str, params: Mapping[str, Any] | None = None, given: "Mapping[str, Given | pa.Table] | None" = None
    ) -> "pa.Table":
        """The answer of one SELECT over the tables as they are now, and over those that are given."""
        import duckdb

        tables = {
            name: self.ask(table.sql, table.params) if isinstance(table, Given) else table
            for name, table in (given or {}).items()
        }
        try:
            return self._answer(sql, params, tables)
        except duckdb.IOException:
            # A slow reader can lose a file that was merged and removed meanwhile; the merged one has its rows.
            return self._answer(sql, params, tables, look_again=True)

    def watermark(self, table: str) -> int:
        """The last position that a table holds; 0 when it holds none."""
        covering = self._cover(table)
        return covering[-1].last if covering else 0

    def load(self, table: str, rows: "pa.Table | Columns | Rows", first: int, last: int) -> None:
        """Add the rows of the positions `first` to `last` as one durable segment. Only inside `projecting()`."""
        import pyarrow.parquet as pq

        if first != self.watermark(table) + 1 or last < first:
            raise ValueError(f"{table} holds positions up to {self.watermark(table)}; {first}-{last} do not follow")
        with self._arriving(table, Segment(first, last)) as temporary:
            pq.write_table(as_table(table, rows), temporary, compression=_COMPRESSION, row_group_size=_ROWS_PER_GROUP)

    def projecting(self) -> AbstractContextManager[None]:
        """The right to load and tidy, for one process and thread at a time; others wait."""
        return file_lock(self.folder / "projecting.lock")

    def tidy(self) -> None:
        """Merge many small segments; remove what was replaced a minute ago. Only inside `projecting()`."""
        for table, kind in TABLES.items():
            self._remove_versions(table, kind.version)
            if parts := to_merge(self._cover(table)):
                self._merge(table, [self._place(table) / part.name for part in parts], parts[0].first, parts[-1].last)
            self._remove_replaced(table)

    def amend(self, table: str, column: str, gone: Collection[int], rows: Rows = ()) -> int:
        """Take rows with these values of a column out of every segment, put others in; answers how many it wrote anew.

        rows: each goes into the segment that covers its position. Only inside `projecting()`.
        What lies in the folder beside the segments in force goes too: it may hold what was taken out.
        """
        covering = self._cover(table)
        self._remove_all_but(table, {segment.name for segment in covering})
        place = list(TABLES[table].columns).index(TABLES[table].position)
        amended = 0
        for segment in covering:
            added = [row for row in rows if segment.first <= row[place] <= segment.last]
            if added or self._holds_any(table, segment, column, gone):
                self._write_without(table, segment, column, gone, added)
                amended += 1
        return amended

    def _remove_all_but(self, table: str, names: Collection[str]) -> None:
        for path in self._files(table):
            if path.name not in names:
                path.unlink(missing_ok=True)
        sync_folder(self._place(table))

    def _holds_any(self, table: str, segment: Segment, column: str, values: Collection[int]) -> bool:
        import numpy as np
        import pyarrow.parquet as pq

        if column == TABLES[table].position and not any(segment.first <= one <= segment.last for one in values):
            return False
        wanted = np.array(sorted(values), np.int64)
        file = pq.ParquetFile(self._place(table) / segment.name)
        batches = file.iter_batches(_ROWS_PER_GROUP, columns=[column])
        return any(bool(np.isin(batch.column(0).to_numpy(), wanted).any()) for batch in batches)

    def _write_without(
        self, table: str, segment: Segment, column: str, gone: Collection[int], added: list[tuple[Any, ...]]
    ) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        unwanted = np.array(sorted(gone), np.int64)
        with (
            self._arriving(table, segment) as temporary,
            pq.ParquetWriter(temporary, arrow_schema(table), compression=_COMPRESSION) as writer,
        ):
            for batch in pq.ParquetFile(self._place(table) / segment.name).iter_batches(_ROWS_PER_GROUP):
                kept = batch.filter(pa.array(~np.isin(batch.column(column).to_numpy(), unwanted)))
                writer.write_batch(kept, _ROWS_PER_GROUP)
            if added:
                writer.write_table(as_table(table, added))

    def clear(self) -> None:
        """Forget every row. Only inside `projecting()`."""
        for table in TABLES:
            for path in self._files(table):
                path.unlink()
            sync_folder(self._place(table))

    def close(self) -> None:
        """Let go of memory and files; a later question starts the engine again."""
        with self._turn:
            if self._engine is not None:
                self._engine.close()
            self._engine = None
            self._derived = False
            self._viewed = dict.fromkeys(TABLES)

    def _answer(
        self, sql: str, params: Mapping[str, Any] | None, tables: Mapping[str, "pa.Table"], *, look_again: bool = False
    ) -> "pa.Table":
        with self._turn:
            cursor = self._start().cursor()
            self._refresh(cursor, always=look_again)
        try:
            for name, table in tables.items():
                cursor.register(name, table)
            return cursor.sql(sql, params=dict(params or {})).to_arrow_table()
        finally:
            cursor.close()

    def _start(self) -> "duckdb.DuckDBPyConnection":
        import duckdb

        if self._engine is None:
            self._engine = duckdb.connect(config=self._settings)
        return self._engine

    def _refresh(self, cursor: "duckdb.DuckDBPyConnection", *, always: bool) -> None:
        """Point the views at the segments that cover the tables now."""
        for table in TABLES:
            covering = tuple(self._cover(table))
            if always or covering != self._viewed[table]:
                cursor.execute(_view(table, [self._place(table) / segment.name for segment in covering]))
                self._viewed[table] = covering
        if not self._derived:
            for view in VIEWS:
                cursor.execute(f"CREATE OR REPLACE VIEW {view} AS {view_of(view)}")
            self._derived = True

    def _merge(self, table: str, parts: list[Path], first: int, last: int) -> None:
        import pyarrow.parquet as pq

        if TABLES[table].latest_of:
            changes = self._start().cursor().sql(_latest(table, parts, keep_position=True)).to_arrow_table()
            with self._arriving(table, Segment(first, last)) as temporary:
                pq.write_table(as_table(table, changes), temporary, compression=_COMPRESSION)
            return
        with (
            self._arriving(table, Segment(first, last)) as temporary,
            pq.ParquetWriter(temporary, arrow_schema(table), compression=_COMPRESSION) as writer,
        ):
            for part in parts:
                for batch in pq.ParquetFile(part).iter_batches(_ROWS_PER_GROUP):
                    writer.write_batch(batch, _ROWS_PER_GROUP)

    def _remove_versions(self, table: str, version: int) -> None:
        """Remove what an older version of a table left: it was projected again."""
        for older in range(1, version):
            shutil.rmtree(self.folder / TABLES[table]._replace(version=older).folder(table), ignore_errors=True)

    def _remove_replaced(self, table: str) -> None:
        """Remove what the cover no longer needs, a minute after the file that replaced it appeared."""
        covering = self._cover(table)
        names = {segment.name for segment in covering}
        long_ago = self._clock.now() - KEPT_AFTER_REPLACED
        appeared = {segment: _appeared(self._place(table) / segment.name) for segment in covering}
        for path in self._files(table):
            if path.name in names:
                continue
            since = [when for segment, when in appeared.items() if _holds(segment, path.name)] or [_appeared(path)]
            if max(since) < long_ago:
                path.unlink(missing_ok=True)

    @contextmanager
    def _arriving(self, table: str, segment: Segment) -> Iterator[Path]:
        """A temporary path that becomes the segment, durably, when the block ends well."""
        folder = self._place(table)
        temporary = folder / f"{segment.name}.arriving"
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.rename(folder / segment.name)
        sync_folder(folder)

    def _place(self, table: str) -> Path:
        return self.folder / TABLES[table].folder(table)

    def _cover(self, table: str) -> list[Segment]:
        return cover(os.listdir(self._place(table)))  # noqa: PTH208  names alone, and often

    def _files(self, table: str) -> list[Path]:
        return sorted(self._place(table).iterdir())


def _appeared(path: Path) -> Micros:
    return path.stat().st_mtime_ns // 1000


def _holds(segment: Segment, name: str) -> bool:
    part = segment_of(name)
    return part is not None and segment.first <= part.first and part.last <= segment.last


def _view(table: str, paths: list[Path]) -> str:
    return f"CREATE OR REPLACE VIEW {table} AS {_latest(table, paths)}"


def _latest(table: str, paths: list[Path], *, keep_position: bool = False) -> str:
    """The rows of a table: all of them, or of a list of changes the newest for each subject."""
    columns, position, key = TABLES[table][:3]
    if key is None:
        return f"SELECT {', '.join(columns)} FROM {_rows(table, paths)}"
    newest = [f"arg_max({column}, {position}) AS {column}" for column in columns if column not in {key, position}]
    kept = [f"max({position}) AS {position}"] if keep_position else []
    return f"SELECT {', '.join([*kept, key, *newest])} FROM {_rows(table, paths)} GROUP BY {key}"


def _rows(table: str, paths: list[Path]) -> str:
    if not paths:
        typed = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in TABLES[table].columns.items())
        return f"(SELECT {typed} WHERE false)"
    quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{quoted}])"
