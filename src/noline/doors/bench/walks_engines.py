"""The same questions asked of other engines, each in its own best way that we know.

Every engine answers `funnel` (persons of each step), `visits` (by channel) and `handoffs` (border -> hand-offs,
persons), so that the answers can be compared; DuckDB also answers `sequences`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from noline.kernel.clock import DAY, MINUTE, Micros

WINDOW: Micros = 7 * DAY
PAUSE: Micros = 30 * MINUTE
JOURNEY: Micros = 30 * DAY
HORIZON: Micros = 14 * DAY
STEPS = ("view", "cart", "checkout", "purchase")
INTENTS, GOALS = ("cart", "checkout"), ("purchase",)

Borders = dict[tuple[str, str], tuple[int, int]]
_SPANS = {"window": WINDOW, "pause": PAUSE, "journey": JOURNEY, "horizon": HORIZON}


class Engine(NamedTuple):
    """An engine that holds the events. name: it, and how it holds them. close: gives back what it holds."""

    name: str
    questions: Mapping[str, Callable[[], Any]]
    close: Callable[[], None]


def _sql(name: str) -> str:
    return (Path(__file__).parent / f"walks_{name}.sql").read_text("utf-8")


# DuckDB


def duckdb_on(events: Path, *, by_person: bool) -> Engine:
    """DuckDB over the file, or over a table of its own in the order of persons and time."""
    import duckdb

    connection = duckdb.connect()
    if by_person:
        connection.read_parquet(str(events)).order("person, time").create("events")
    else:
        connection.read_parquet(str(events)).create_view("events")

    def asked(name: str) -> list[Any]:
        statement = _sql(f"duckdb_{name}")
        return connection.execute(
            statement, {key: one for key, one in _SPANS.items() if f"${key}" in statement}
        ).fetchall()

    questions = {
        "funnel": lambda: tuple(asked("funnel")[0]),
        "visits": lambda: dict(asked("visits")),
        "handoffs": lambda: {(row[0], row[1]): (row[2], row[3]) for row in asked("handoffs")},
        "sequences": lambda: [(tuple(kinds), lost) for kinds, lost in asked("sequences")],
    }
    return Engine(f"DuckDB, {'table by person' if by_person else 'Parquet'}", questions, connection.close)


# ClickHouse


def chdb_on(events: Path, folder: Path, *, by_person: bool) -> Engine:
    """ClickHouse in this process, over the file, or over a MergeTree in the order of persons and time."""
    from chdb import session

    clickhouse = session.Session(str(folder))
    # Parquet allows for nulls, and windowFunnel takes none.
    told = _sql("chdb_source").format(file=events)
    if by_person:
        for statement in _sql("chdb_table").format(source=told).split(";"):
            clickhouse.query(statement)
    source = "walks.events" if by_person else f"({told})"

    def asked(name: str) -> list[Any]:
        said = clickhouse.query(_sql(f"chdb_{name}").format(events=source, **_SPANS), "JSONCompact")
        return json.loads(str(said))["data"]

    questions = {
        "funnel": lambda: tuple(int(one) for one in asked("funnel")[0]),
        "visits": lambda: {name: int(count) for name, count in asked("visits")},
        "handoffs": lambda: {(row[0], row[1]): (int(row[2]), int(row[3])) for row in asked("handoffs")},
    }
    return Engine(
        f"ClickHouse (chDB), {'MergeTree by person' if by_person else 'Parquet'}", questions, clickhouse.close
    )


# Polars


def polars_on(events: Path) -> Engine:
    """Polars over the events in memory, in the order of persons and time."""
    import polars as pl

    frame = pl.read_parquet(events).sort("person", "time")
    questions = {
        "funnel": lambda: _polars_funnel(frame),
        "visits": lambda: dict(_polars_opened(frame).group_by("channel").agg(pl.col("opens").sum()).rows()),
        "handoffs": lambda: _polars_handoffs(frame),
    }
    return Engine("Polars, frame by person", questions, lambda: None)


def _polars_funnel(frame: Any) -> tuple[int, ...]:
    import polars as pl

    chains = frame.filter(pl.col("action") == STEPS[0]).select("person", "time", began="time")
    persons = [chains["person"].n_unique()]
    for step in STEPS[1:]:
        events = frame.filter(pl.col("action") == step).select("person", "time")
        joined = events.join_asof(chains, on="time", by="person", check_sortedness=False)
        chains = joined.filter(pl.col("time") - pl.col("began") <= WINDOW)
        persons.append(chains["person"].n_unique())
    return tuple(persons)


def _polars_opened(frame: Any) -> Any:
    import polars as pl

    waited = pl.col("time") - pl.col("time").shift(1).over("person", "channel")
    return frame.lazy().with_columns(opens=(waited > PAUSE).fill_null(value=True)).collect()


def _polars_handoffs(frame: Any) -> Borders:
    import polars as pl

    visits = (
        _polars_opened(frame)
        .lazy()
        .with_columns(visit=pl.col("opens").cum_sum().over("person", "channel"))
        .group_by("person", "channel", "visit")
        .agg(began=pl.col("time").min(), ended=pl.col("time").max())
        .sort("person", "began")
        .with_columns(
            before=pl.col("channel").shift(1).over("person"),
            left_at=pl.col("ended").shift(1).over("person"),
            latest=pl.col("ended").cum_max().shift(1).over("person"),
        )
        .filter((pl.col("before") != pl.col("channel")) & (pl.col("began") - pl.col("latest") <= JOURNEY))
        .with_columns(gap=(pl.col("began") - pl.col("left_at")).clip(0))
        .group_by("before", "channel")
        .agg(
            pl.len(),
            pl.col("person").n_unique(),
            *(pl.col("gap").quantile(part).alias(f"p{part}") for part in (0.1, 0.5, 0.9)),
        )
        .collect()
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in visits.rows()}
