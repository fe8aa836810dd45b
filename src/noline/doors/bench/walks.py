"""What a walk costs beside other engines, on the same events, in the same run; and whether they agree.

CPU seconds are those of all threads, so that an engine with more of them has no advantage; the ratios hold on any
machine. Each question is asked several times and the cheapest is told; the first also warms what can be warmed.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from noline.doors.bench import machine, walks_engines
from noline.doors.bench.customers import Say
from noline.doors.bench.machine import Machine
from noline.doors.bench.walks_engines import STEPS, Engine
from noline.doors.bench.walks_ours import BY_NUMPY, OURS, Measured, Spent, cheapest, measured
from noline.kernel.clock import SystemClock, as_text

ENGINES = ("duckdb", "polars", "chdb")

DEFINITIONS = {
    "build": "from the Parquet file to events that are ready to be walked, by person.",
    "funnel": f"{' > '.join(STEPS)} within 7 days: persons of each step.",
    "visits": "runs of one person in one channel with pauses up to 30 minutes, by channel.",
    "handoffs": "visits that follow each other within 30 days in different channels: count, persons, gap quantiles. "
    "Ours are read from a log histogram (within 3.2 %), DuckDB's and ClickHouse's are estimates, Polars' exact; "
    "counts and persons are compared.",
    "sequences": "the 20 most frequent sequences of up to five visits that end in a cart or checkout, and in 14 days "
    "in no purchase.",
    "strict": "the funnel with nothing else of the person in between.",
    "any order": "the funnel in whatever order.",
    "optional": "the funnel with an optional checkout, and no return within the chain.",
    "breakdown": "the funnel by the channel it began in.",
    "behind": "50 persons who got to the third step and no further, from the 1,000th on.",
    "ratio": "CPU seconds of the engine : ours. Above 1 ours is cheaper.",
    "scans": "CPU seconds : one pass over 9 bytes an event in memory.",
    "agrees": "the answer is ours; for NumPy, that of the loops in C.",
}

AIMS: dict[tuple[str, str], float] = {
    ("funnel", "ClickHouse (chDB), MergeTree by person"): 8.0,
    ("visits", "ClickHouse (chDB), MergeTree by person"): 6.0,
    ("handoffs", "ClickHouse (chDB), MergeTree by person"): 6.0,
    ("sequences", "DuckDB, table by person"): 6.0,
}
"""Ratios of CPU to reach: theirs by ours."""

SCANS = 12.0
"""How many passes over memory the CPU of a walk may cost."""

WALLS = {"funnel": 0.035, "handoffs": 0.11, "visits": 0.02, "sequences": 0.03, "build": 1.1}
"""Wall seconds to reach for ten million events on a quiet machine; more events may take so much more."""

LARGE_WALLS = {"funnel": 0.33, "handoffs": 0.92, "visits": 0.15, "sequences": 0.28, "build": 11.0}
"""The same for a hundred million; more events may take so much more."""

WARM_SECONDS = 0.15
"""Any walk over ten million events, asked again."""

BEHIND_SECONDS = 0.05
"""The persons behind a step, however many events there are."""

PEAK_MB = 1_200.0
"""Memory of a process that walks a hundred million events."""

_USUAL = 10_000_000
_LARGE = 100_000_000


class Asked(NamedTuple):
    """What is asked of a run. engines: those of others that take part.

    large: so many events more, asked of us alone; 0: none.
    """

    events: int = _USUAL
    repeats: int = 3
    seed: int = 1
    engines: tuple[str, ...] = ENGINES
    large: int = 0


class Row(NamedTuple):
    """One question asked of one engine. ratio: its CPU by ours; scans: its CPU by that of a pass over memory.

    agrees: its answer is ours; None where there is nothing to compare.
    """

    question: str
    engine: str
    wall_seconds: float
    cpu_seconds: float
    ratio: float | None
    scans: float
    agrees: bool | None
    aim: float | None
    met: bool | None


class Check(NamedTuple):
    """A number to reach. at_most: it is a limit, else the least."""

    what: str
    at_most: bool
    aim: float
    reached: float
    met: bool


class Result(NamedTuple):
    """A whole run. way: `c` or `numpy`, by which ours were counted. unmeasured: engines that are not installed.

    before_mb, peak_mb: memory of a process that asks everything of the kept store, before it opened it and at most.
    large: the same of more events, without others.
    """

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    asked: Asked
    way: str
    persons: int
    store_bytes: int
    scan_seconds: float
    before_mb: float
    peak_mb: float
    definitions: dict[str, str]
    rows: list[Row]
    checks: list[Check]
    unmeasured: list[str]
    large: "Result | None" = None


def run(asked: Asked, say: Say, place: Path | None = None) -> Result:
    """Measure every engine on the same events. place: where the file is made and removed."""
    whole = _run(asked, say, place)
    if not asked.large:
        return whole
    alone = Asked(asked.large, asked.repeats, asked.seed, ())
    return whole._replace(large=_run(alone, say, place))


def _run(asked: Asked, say: Say, place: Path | None) -> Result:
    from noline.doors.bench import walks_data

    here = machine.this_machine()
    with TemporaryDirectory(dir=place) as folder:
        path = Path(folder) / "events"
        say(f"writing {asked.events:,} events")
        walks_data.write(path, asked.events, asked.seed)
        say(OURS)
        ours = measured(path, Path(folder), asked.repeats, both=asked.events <= _USUAL)
        rows = _our_rows(ours)
        unmeasured: list[str] = []
        for name in asked.engines:
            try:
                for engine, built in _engines(name, path / "*.parquet", Path(folder)):
                    say(engine.name)
                    rows += _theirs(engine, built, ours, asked.repeats)
            except ImportError as cause:
                unmeasured.append(f"{name}: {cause}")
    return Result(
        as_text(SystemClock().now()), here, machine.this_machine().load_average, {**machine.versions(), **_versions()},
        asked, ours.way, ours.persons, ours.store_bytes, ours.scan.cpu_seconds, ours.peak.before_mb, ours.peak.peak_mb,
        DEFINITIONS, rows, _checks(asked.events, ours, rows), unmeasured,
    )  # fmt: skip


def _our_rows(ours: Measured) -> list[Row]:
    rows = [_row(question, OURS, one, ours, agrees=None) for question, one in ours.spent.items()]
    for question, one in (ours.by_numpy or {}).items():
        rows.append(_row(question, BY_NUMPY, one, ours, agrees=ours.agrees.get(question)))
    return rows


def _checks(events: int, ours: Measured, rows: list[Row]) -> list[Check]:
    """What was to be reached, and whether it was."""
    ratios = [
        Check(f"{row.question} : {row.engine}, CPU", at_most=False, aim=row.aim, reached=row.ratio, met=bool(row.met))
        for row in rows
        if row.aim is not None and row.ratio is not None
    ]
    size = max(events / _USUAL, 1e-9)
    walls = [(f"{name}, wall seconds", aim, ours.spent[name].wall_seconds) for name, aim in wall_aims(events).items()]
    warm = [one.wall_seconds for name, one in ours.spent.items() if name not in {"build", "behind"}]
    scans = [
        (f"{name} : one pass over memory, CPU", SCANS, row.scans)
        for name in ("funnel", "visits", "handoffs", "sequences")
        for row in rows
        if (row.question, row.engine) == (name, OURS)
    ]
    limits = [
        *walls,
        ("the slowest walk, wall seconds", WARM_SECONDS * size, max(warm)),
        ("persons behind a step, wall seconds", BEHIND_SECONDS, ours.spent["behind"].wall_seconds),
        *scans,
    ]
    if events >= _LARGE:
        limits.append(("peak memory of the walks, MB", PEAK_MB * events / _LARGE, ours.peak.peak_mb))
    return [*ratios, *(Check(what, True, aim, reached, reached <= aim) for what, aim, reached in limits)]


def wall_aims(events: int) -> dict[str, float]:
    """Wall seconds to reach, by question."""
    aims, of = (LARGE_WALLS, _LARGE) if events >= _LARGE else (WALLS, _USUAL)
    return {name: aim * events / of for name, aim in aims.items()}


def _engines(name: str, path: Path, folder: Path) -> Iterator[tuple[Engine, Spent]]:
    """An engine in each of the ways that it holds the events, and what it took to get there."""
    if name == "polars":
        yield _built(lambda: walks_engines.polars_on(path))
        return
    for by_person in (False, True):
        if name == "duckdb":
            yield _built(lambda by_person=by_person: walks_engines.duckdb_on(path, by_person=by_person))
        else:
            yield _built(
                lambda by_person=by_person: walks_engines.chdb_on(
                    path, folder / f"chdb-{by_person}", by_person=by_person
                )
            )


def _built(make: Callable[[], Engine]) -> tuple[Engine, Spent]:
    spent, engine = cheapest(make, 1)
    return engine, spent


def _theirs(engine: Engine, built: Spent, ours: Measured, repeats: int) -> list[Row]:
    rows = [] if engine.name.endswith("Parquet") else [_row("build", engine.name, built, ours, agrees=None)]
    try:
        for name, question in engine.questions.items():
            spent, answer = cheapest(question, repeats)
            rows.append(_row(name, engine.name, spent, ours, agrees=answer == ours.answers[name]))
    finally:
        engine.close()
    return rows


def _row(question: str, engine: str, spent: Spent, ours: Measured, *, agrees: bool | None) -> Row:
    ratio = None if engine == OURS else spent.cpu_seconds / max(ours.spent[question].cpu_seconds, 1e-9)
    aim = AIMS.get((question, engine))
    met = None if aim is None or ratio is None else ratio >= aim
    return Row(
        question, engine, spent.wall_seconds, spent.cpu_seconds, ratio,
        spent.cpu_seconds / max(ours.scan.cpu_seconds, 1e-9), agrees, aim, met,
    )  # fmt: skip


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("numpy", "pyarrow", "polars", "chdb", "chdb-core"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
