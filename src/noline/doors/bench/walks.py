"""What a walk costs beside other engines, on the same events, in the same run; and whether they agree.

CPU seconds are those of all threads, so that an engine with more of them has no advantage; the ratios hold on any
machine. Each question is asked several times and the cheapest is told; the first also warms what can be warmed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from noline.doors.bench import machine, walks_engines
from noline.doors.bench.customers import Say
from noline.doors.bench.machine import Machine
from noline.doors.bench.walks_engines import GOALS, HORIZON, INTENTS, JOURNEY, PAUSE, STEPS, WINDOW, Engine
from noline.kernel.clock import SystemClock, as_text

OURS = "NoLine"
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
    "ratio": "CPU seconds of the engine : ours. Above 1 ours is cheaper.",
    "scans": "wall seconds : one pass over 9 bytes an event in memory.",
}

AIMS: dict[tuple[str, str], float] = {
    ("funnel", "ClickHouse (chDB), MergeTree by person"): 8.0,
    ("visits", "ClickHouse (chDB), MergeTree by person"): 6.0,
    ("handoffs", "ClickHouse (chDB), MergeTree by person"): 6.0,
    ("sequences", "DuckDB, table by person"): 6.0,
}
"""Ratios to reach. They were set for walks in C; these are walks in NumPy."""


class Asked(NamedTuple):
    """What is asked of a run. engines: those of others that take part."""

    events: int = 10_000_000
    repeats: int = 3
    seed: int = 1
    engines: tuple[str, ...] = ENGINES


class Spent(NamedTuple):
    """What one answer took."""

    wall_seconds: float
    cpu_seconds: float


class Row(NamedTuple):
    """One question asked of one engine. ratio: its CPU by ours; scans: its wall time by that of a pass over memory.

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


class Result(NamedTuple):
    """A whole run. unmeasured: engines that are not installed."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    asked: Asked
    persons: int
    store_bytes: int
    scan_seconds: float
    definitions: dict[str, str]
    rows: list[Row]
    unmeasured: list[str]


def run(asked: Asked, say: Say, place: Path | None = None) -> Result:
    """Measure every engine on the same events. place: where the file is made and removed."""
    from noline.doors.bench import walks_data

    here = machine.this_machine()
    with TemporaryDirectory(dir=place) as folder:
        path = Path(folder) / "events.parquet"
        say(f"writing {asked.events:,} events")
        walks_data.write(path, asked.events, asked.seed)
        say(OURS)
        spent, answers, facts = _ours(path, asked.repeats)
        rows = [_row(question, OURS, one, spent, facts.scan_seconds, agrees=None) for question, one in spent.items()]
        unmeasured: list[str] = []
        for name in asked.engines:
            try:
                for engine, built in _engines(name, path, Path(folder)):
                    say(engine.name)
                    rows += _theirs(engine, built, spent, answers, facts.scan_seconds, asked.repeats)
            except ImportError as cause:
                unmeasured.append(f"{name}: {cause}")
    return Result(
        as_text(SystemClock().now()), here, machine.this_machine().load_average, {**machine.versions(), **_versions()},
        asked, facts.persons, facts.store_bytes, facts.scan_seconds, DEFINITIONS, rows, unmeasured,
    )  # fmt: skip


class _Facts(NamedTuple):
    persons: int
    store_bytes: int
    scan_seconds: float


def _ours(path: Path, repeats: int) -> tuple[dict[str, Spent], dict[str, Any], _Facts]:
    from noline.insight.walks import dropoffs, funnels, handoffs
    from noline.insight.walks.model import Funnel, Pauses, Step, Wants
    from noline.insight.walks.visits import by_channel
    from noline.stores.walks.store import WalkStore

    spent: dict[str, Spent] = {}
    spent["build"], store = _cheapest(lambda: WalkStore.from_parquet(path), repeats)
    pauses = Pauses(quick=PAUSE, day_channels=(), slow_channels=(), journey=JOURNEY)
    funnel = Funnel(tuple(Step(name) for name in STEPS), WINDOW)
    wants = Wants(INTENTS, GOALS, HORIZON)

    def borders() -> dict[tuple[str, str], tuple[int, int]]:
        counts = handoffs.counted(store, pauses)
        return {border: (number, counts.border_persons[border]) for border, number in counts.borders.items()}

    questions: dict[str, Callable[[], Any]] = {
        "funnel": lambda: funnels.counted(store, funnel).persons,
        "visits": lambda: by_channel(store, pauses),
        "handoffs": borders,
        "sequences": lambda: dropoffs.counted(store, pauses, wants).top(),
    }
    answers: dict[str, Any] = {}
    for name, question in questions.items():
        spent[name], answers[name] = _cheapest(question, repeats)
    arrays = (store.times, store.persons, store.offsets, store.values, store.channels.codes, store.actions.codes)
    scanned, _ = _cheapest(lambda: int(store.times.sum()) + int(store.actions.codes.sum()), repeats)
    return spent, answers, _Facts(store.person_count, sum(one.nbytes for one in arrays), scanned.wall_seconds)


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
    spent, engine = _cheapest(make, 1)
    return engine, spent


def _theirs(
    engine: Engine, built: Spent, ours: dict[str, Spent], answers: dict[str, Any], scan_seconds: float, repeats: int
) -> list[Row]:
    rows = (
        [] if engine.name.endswith("Parquet") else [_row("build", engine.name, built, ours, scan_seconds, agrees=None)]
    )
    try:
        for name, question in engine.questions.items():
            spent, answer = _cheapest(question, repeats)
            rows.append(_row(name, engine.name, spent, ours, scan_seconds, agrees=answer == answers[name]))
    finally:
        engine.close()
    return rows


def _cheapest(question: Callable[[], Any], repeats: int) -> tuple[Spent, Any]:
    """What the cheapest of several answers took, by CPU, and the answer."""
    best, answer = Spent(float("inf"), float("inf")), None
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        answer = question()
        spent = Spent(time.perf_counter() - wall, time.process_time() - cpu)
        best = min(best, spent, key=lambda one: one.cpu_seconds)
    return best, answer


def _row(
    question: str, engine: str, spent: Spent, ours: dict[str, Spent], scan_seconds: float, *, agrees: bool | None
) -> Row:
    ratio = None if engine == OURS else spent.cpu_seconds / max(ours[question].cpu_seconds, 1e-9)
    aim = AIMS.get((question, engine))
    met = None if aim is None or ratio is None else ratio >= aim
    return Row(
        question, engine, spent.wall_seconds, spent.cpu_seconds, ratio, spent.wall_seconds / max(scan_seconds, 1e-9),
        agrees, aim, met,
    )  # fmt: skip


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("numpy", "pyarrow", "polars", "chdb", "chdb-core"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
