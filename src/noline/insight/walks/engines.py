"""Engines that count in SQL, in this process: ClickHouse as chDB, and DuckDB, whose words the texts are in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.insight.walks.dialects import in_clickhouse
from noline.insight.walks.elsewhere import EngineFailed, Vocabulary
from noline.insight.walks.model import (
    DropOffCounts,
    Ending,
    Funnel,
    FunnelCounts,
    HandoffCounts,
    Pauses,
    SpellCounts,
    Wants,
)
from noline.insight.walks.sql import Text, Texts
from noline.kernel.errors import PackageMissing
from noline.stores.walks.events import Events, Read

if TYPE_CHECKING:
    import pyarrow as pa

Rows = list[dict[str, Any]]


class Asked(NamedTuple):
    """An engine that holds a table `events`. ask: its rows for a text. close: gives back what it holds."""

    name: str
    ask: Callable[[Text], Rows]
    close: Callable[[], None]


class OnSql:
    """Counts of events that an engine of SQL holds; to be closed."""

    def __init__(self, engine: Asked, texts: Texts, words: Vocabulary, read: Read) -> None:
        """Take the engine, the statements, what the events are called, and what was read."""
        self.read = read
        self.name = engine.name
        self.close = engine.close
        self._ask = engine.ask
        self._texts = texts
        self._words = words

    @classmethod
    def of(cls, engine: "Callable[[pa.Table], Asked]", events: Events) -> "OnSql":
        """Hand events over to an engine: `clickhouse` or `duckdb`. Raises PackageMissing, EngineFailed."""
        words = words_of(events)
        until = int(events.times.max()) if events.times.size else None
        return cls(engine(_table(events)), Texts(words, until), words, events.read)

    def vocabulary(self) -> Vocabulary:
        """What the events are called."""
        return self._words

    def funnel(self, funnel: Funnel) -> FunnelCounts:
        """Persons of each step. Raises EngineCannot."""
        steps = range(len(funnel.steps))

        def persons_of(asked: Funnel) -> dict[str, tuple[int, ...]]:
            rows = self._ask(self._texts.funnel(asked))
            return {row["part"]: tuple(row[f"step_{number}"] for number in steps) for row in rows}

        parts: dict[str, tuple[int, ...]] = {} if funnel.by is None else persons_of(funnel)
        whole = persons_of(replace(funnel, by=None)).get("", (0,) * len(steps))
        return FunnelCounts(whole, {name: persons for name, persons in sorted(parts.items()) if any(persons)})

    def handoffs(self, pauses: Pauses) -> HandoffCounts:
        """Visits, journeys and hand-offs."""
        told: dict[str, list[dict[str, Any]]] = {}
        for row in self._ask(self._texts.handoffs(pauses)):
            told.setdefault(row["what"], []).append(row)
        borders: dict[tuple[str, str], int] = {}
        for row in told.get("gap", []):
            border = row["sender"], row["receiver"]
            borders[border] = borders.get(border, 0) + row["counted"]
        return HandoffCounts(
            told["everybody"][0]["counted"],
            sum(row["counted"] for row in told.get("journeys", [])),
            {row["sender"]: row["counted"] for row in told.get("visits", [])},
            borders,
            {(row["sender"], row["receiver"]): row["counted"] for row in told.get("persons", [])},
            {(row["sender"], row["receiver"], row["bin"]): row["counted"] for row in told.get("gap", [])},
        )

    def drop_offs(self, wants: Wants, pauses: Pauses) -> DropOffCounts:
        """What became of visits with an intent."""
        rows = self._ask(self._texts.drop_offs(wants, pauses))
        led = self._ask(self._texts.lost_sequences(wants, pauses))
        seen = ("seen_4", "seen_3", "seen_2", "seen_1", "seen")
        return DropOffCounts(
            next((_ending(row) for row in rows if not row["one_channel"]), Ending()),
            {row["channel"]: _ending(row) for row in rows if row["one_channel"]},
            {tuple(row[name] for name in seen if row[name] is not None): row["lost"] for row in led},
        )

    def spells(self, begin: str, ends: Sequence[str]) -> SpellCounts:
        """How long people waited for the first of these ends."""
        found: dict[int, list[int]] = {}
        for row in self._ask(self._texts.spells(begin, ends)):
            counts = found.setdefault(row["waited_us"], [0] * (len(ends) + 1))
            counts[self._texts.end_of(row["kind"], ends)] += row["persons"]
        return SpellCounts(tuple(ends), {waited: tuple(counts) for waited, counts in found.items()})


def _ending(row: dict[str, Any]) -> Ending:
    told = {name: row[name] for name in Ending._fields if name in row}
    return Ending(**told, persons_false=row["persons_dropped"] - row["persons_lost"])


def words_of(events: Events) -> Vocabulary:
    """What the events are called."""
    import pyarrow as pa

    pairs = pa.table(_texts({"channel": events.channels, "action": events.actions}))
    told = pairs.group_by(["channel", "action"]).aggregate([])
    parts = {name: tuple(part.unique().to_pylist()) for name, part in _texts(events.parts).items()}
    return Vocabulary(tuple(zip(told["channel"].to_pylist(), told["action"].to_pylist(), strict=True)), parts)


def _texts(columns: "Mapping[str, pa.ChunkedArray[Any]]") -> "dict[str, pa.ChunkedArray[Any]]":
    import pyarrow as pa
    import pyarrow.compute as pc

    return {name: pc.cast(column, pa.string()) for name, column in columns.items()}


def _table(events: Events) -> "pa.Table":
    """The events as the texts ask for them."""
    import numpy as np
    import pyarrow as pa

    numbers = {"at_us": pa.array(events.times), "place": pa.array(np.arange(events.times.size))}
    parts = {f"part_{number}": part for number, part in enumerate(events.parts.values())}
    texts = _texts({"channel": events.channels, "action": events.actions, **parts})
    return pa.table({"person": events.persons, **numbers, **texts})


def duckdb(events: "pa.Table") -> Asked:
    """DuckDB, to which the texts are told as they stand."""
    import duckdb as engine

    connection = engine.connect()
    connection.register("told", events)
    connection.execute("CREATE TABLE events AS SELECT * FROM told")
    connection.unregister("told")

    def ask(text: Text) -> Rows:
        named = {name: value for name, value in text.values.items() if f"${name}" in text.sql}
        found = connection.execute(text.sql, named)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return Asked("DuckDB", ask, connection.close)


_TABLE = """
CREATE TEMPORARY TABLE events ENGINE = MergeTree ORDER BY (person, at_us, place) AS
SELECT {columns} FROM Python(events)
"""


def clickhouse(events: "pa.Table") -> Asked:
    """ClickHouse in this process, with a table of its own. Raises PackageMissing, EngineFailed."""
    try:
        from chdb import session
    except ImportError as cause:
        package = "chdb (pip install 'noline[clickhouse]')"
        raise PackageMissing(feature="--engine clickhouse", package=package) from cause
    opened = session.Session()

    def ask(text: Text) -> Rows:
        with _answering():
            return opened.query(in_clickhouse(*text), "ArrowTable").to_pylist()

    # A column that may hold NULL is none to sort a table by; none of these does.
    columns = ", ".join(f"assumeNotNull({name}) AS {name}" for name in events.column_names)
    with _answering():
        opened.query(_TABLE.format(columns=columns))
    return Asked("ClickHouse", ask, opened.close)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as cause:
        raise EngineFailed(engine="ClickHouse", why=str(cause).splitlines()[0].rstrip(".")) from cause
