"""How fast, at what price and how surely units are promised, beside what the disk and HTTP alone allow.

Everything of a run is measured on one machine in one go: how often its disk confirms a write, what an application that
does nothing costs for the very same requests, and then holds in process, over HTTP, and in races for the last units.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from noline.doors.answers import promises as answers
from noline.doors.bench import limits, machine, stock_memory, stock_orders
from noline.doors.bench.intake import ECHO, SERVE, Say
from noline.doors.bench.load import Crowd, Job, Kind
from noline.doors.bench.machine import Machine
from noline.doors.bench.serving import Server, serving
from noline.doors.bench.stock_requests import LOCATION, item
from noline.flows.deeds import Deed
from noline.hub import Hub
from noline.kernel.clock import SystemClock, as_text
from noline.kernel.errors import NoLineError
from noline.stores.access import Role
from noline.truth.stock.decided import POSTED, Posting, posted
from noline.truth.stock.model import SUPPLIER, Place
from noline.truth.stock.promising import Ask, Line

_MICROSECONDS = 1_000_000
_WARM_BATCHES = 8
_MOVES_IN_A_DOCUMENT = 1_000
_PLENTY = 10**6
_QUESTIONS = 300
_AIMED_MOVES = 10_000_000
_AIMED_CELLS = 5_000_000
_MOVES_OF_A_CELL = _AIMED_MOVES // _AIMED_CELLS


class Promised(NoLineError):
    """More was promised than there is, or the tables do not agree with the ledger."""

    code = "bench.promised_wrongly"
    sentence = "{what}"
    hint = "This must never happen: keep the folder, and report it with what the server wrote."


class Plan(NamedTuple):
    """What a run measures. items, stores: of the shelves; batch: holds in one transaction in process.

    orders: placed of baskets of three, of `priced` items. races: items whose last units are raced for, each by `buyers`
    requests at once.
    """

    holds: int = 40_000
    batch: int = 512
    wide: int = 2_000
    requests: int = 40_000
    connections: int = 256
    orders: int = 400
    priced: int = 300
    races: int = 300
    buyers: int = 64
    last_units: int = 7
    items: int = 10_000
    stores: int = 50
    seed: int = 1


class Held(NamedTuple):
    """Holds made durable. cpu_us: of the threads that read, decide and write, for each."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


class Row(NamedTuple):
    """One measure beside its aim. met: None where there is no aim."""

    measure: str
    aim: str
    reached: str
    met: bool | None


class Result(NamedTuple):
    """A whole run."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    plan: Plan
    syncs_per_second: float
    echo_cpu_us: float
    figures: dict[str, Held]
    oversold: int
    race_tries: int
    rows: list[Row]


def run(plan: Plan, say: Say, folder: Path | None = None) -> Result:
    """Measure everything once, in a new folder below `folder` that is removed. Raises Promised."""
    place = machine.this_machine()
    with tempfile.TemporaryDirectory(prefix="noline-bench-", dir=folder) as made:
        say("disk: pages written and confirmed, one after the other")
        syncs = limits.syncs_per_second(Path(made))
        say("in process: holds of one item, then of many")
        figures = dict(_in_process(plan, Path(made) / "alone"))
        say("in process: orders of three items that were held")
        ordered = _ordered(plan, Path(made) / "ordered")
        say("echo: the same requests to an application that does nothing")
        with serving(ECHO) as server:
            echo = _measured(plan, server, "hold", "", items=1)[0]
        say("served: holds of one item, of many, and races for the last units")
        served, oversold = _served(plan, Path(made) / "served")
        say(f"shelves: {plan.items:,} items at {plan.stores} locations")
        shelves = _shelves(plan, Path(made) / "shelves")
    figures |= served
    tries = plan.races * plan.buyers
    rows = [*_rows(figures, syncs, echo.cpu_us), ordered, _race_row(oversold, tries), *shelves]
    return Result(
        as_text(SystemClock().now()), place, machine.this_machine().load_average, machine.versions(), plan, syncs,
        echo.cpu_us, figures, oversold, tries, rows,
    )  # fmt: skip


def _rows(figures: dict[str, Held], syncs: float, echo_us: float) -> Iterator[Row]:
    for name, held in figures.items():
        least = 20 if "HTTP" in name else 100
        ratio = held.per_second / syncs
        yield Row(
            f"{name}: holds/s : fdatasync/s", f">= {least}", f"{ratio:.1f} ({held.per_second:,.0f}/s)", ratio >= least
        )
        if "HTTP" in name:
            echoes = held.cpu_us / echo_us
            yield Row(f"{name}: CPU : echo CPU", "<= 1.5", f"{echoes:.2f} ({held.cpu_us:.0f} µs)", echoes <= 1.5)
        else:
            yield Row(f"{name}: CPU of a hold", "", f"{held.cpu_us:.1f} µs", None)


def _race_row(oversold: int, tries: int) -> Row:
    return Row(f"units oversold in {tries:,} tries for the last units", "0", str(oversold), oversold == 0)


# Holds in process


def _in_process(plan: Plan, folder: Path) -> Iterator[tuple[str, Held]]:
    with Hub.init(folder) as hub:
        _stock(hub, [(item(number), LOCATION, _PLENTY) for number in range(plan.wide)])
        for name, items in (("in process, one item", 1), ("in process, many items", plan.wide)):
            yield name, _held_in_process(hub, plan, items)
        _check(hub)


def _held_in_process(hub: Hub, plan: Plan, items: int) -> Held:
    chance = Random(plan.seed)  # noqa: S311  the same items for the same seed
    took: list[float] = []
    cpu = began = 0.0
    for number in range(_WARM_BATCHES + plan.holds // plan.batch):
        if number == _WARM_BATCHES:
            took.clear()
            cpu, began = time.process_time(), time.perf_counter()
        asks = [Ask((Line(item(chance.randrange(items)), 1, LOCATION),)) for _ in range(plan.batch)]
        begun = time.perf_counter()
        with hub.store.transaction() as tx:
            hub.promising.hold_all(tx, asks, by=["bench"] * plan.batch)
        took.append(time.perf_counter() - begun)
    seconds, cpu, done = time.perf_counter() - began, time.process_time() - cpu, len(took) * plan.batch
    return Held(done / seconds, cpu * _MICROSECONDS / done, _quantile_ms(took, 50), _quantile_ms(took, 99))


def _quantile_ms(took: list[float], percent: int) -> float:
    return sorted(took)[len(took) * percent // 100] * 1_000


# Orders


def _ordered(plan: Plan, folder: Path) -> Row:
    with Hub.init(folder) as hub:
        _stock(hub, [(item(number), place, _PLENTY) for number in range(plan.priced) for place in stock_orders.PLACES])
        stock_orders.price(hub, plan.priced)
        took = stock_orders.placed(hub, plan.orders, plan.priced, plan.seed)
        _check(hub)
    p50, p99 = _quantile_ms(took, 50), _quantile_ms(took, 99)
    return Row("CPU of placing an order of 3 held items: p50 / p99", "<= 3 ms", f"{p50:.2f} / {p99:.2f} ms", p50 <= 3)


# Holds over HTTP


def _served(plan: Plan, folder: Path) -> tuple[dict[str, Held], int]:
    with Hub.init(folder) as hub:
        key = hub.access.add_key(Role.ASSOCIATE)[1]
        _stock(hub, [(item(number), LOCATION, _PLENTY) for number in range(plan.wide)])
    figures: dict[str, Held] = {}
    with serving((*SERVE, "--hub", str(folder))) as server:
        for name, items in (("over HTTP, one item", 1), ("over HTTP, many items", plan.wide)):
            _measured(plan._replace(requests=plan.requests // 8), server, "hold", key, items=items)
            figures[name], done = _measured(plan, server, "hold", key, items=items)
            if done != plan.requests:
                raise Promised(what=f"of {plan.requests} holds that could be had, {done} were granted")
    with Hub.open(folder) as hub:
        _check(hub)
    return figures, _raced(plan, folder.with_name("raced"))


def _raced(plan: Plan, folder: Path) -> int:
    """Units granted or held beyond what was there. Raises Promised when answers and hub do not agree."""
    there = plan.races * plan.last_units
    with Hub.init(folder) as hub:
        key = hub.access.add_key(Role.ASSOCIATE)[1]
        _stock(hub, [(item(number), LOCATION, plan.last_units) for number in range(plan.races)])
    race = plan._replace(requests=plan.races * plan.buyers, connections=plan.buyers)
    with serving((*SERVE, "--hub", str(folder))) as server:
        _, granted = _measured(race, server, "race", key, items=plan.races)
    with Hub.open(folder) as hub:
        _check(hub)
        with hub.store.reading() as reader:
            held = sum(units for (_, place, _, _), units in hub.stock.cells(reader).items() if place.bucket == "held")
    if held != granted:
        raise Promised(what=f"{granted} units were granted over HTTP and the hub holds {held}")
    return max(0, granted - there)


def _measured(plan: Plan, server: Server, kind: Kind, key: str, *, items: int) -> tuple[Held, int]:
    """Send requests, and read what the server used; the second figure is how many were granted."""
    crowd = Crowd(
        Job(
            port=server.port, kind=kind, requests=plan.requests, batch=plan.buyers if kind == "race" else 1,
            connections=plan.connections, key=key, people=items, seed=plan.seed,
        )
    )  # fmt: skip
    before = machine.used(server.pid)
    outcome = crowd.send()
    after = machine.used(server.pid)
    # The loop, the writer and the holder are a server's first three threads.
    cpu = sum(after.cpu_seconds[:3]) - sum(before.cpu_seconds[:3])
    each = cpu * _MICROSECONDS / outcome.requests
    return Held(outcome.requests / outcome.seconds, each, outcome.p50_ms, outcome.p99_ms), outcome.accepted


# Shelves


def _shelves(plan: Plan, folder: Path) -> list[Row]:
    chance = Random(plan.seed)  # noqa: S311  the same items for the same seed
    with Hub.init(folder) as hub:
        for _ in range(_MOVES_OF_A_CELL):
            _stock(hub, [
                (item(number), f"store-{store:02d}", chance.randint(1, 300))
                for number in range(plan.items)
                for store in range(plan.stores)
            ])  # fmt: skip
        hub.shelves.fill()
        now = hub.clock.now()
        look_us = _median_us(plan, lambda items: hub.shelves.look(items, now))
        json_us = _median_us(plan, lambda items: msgspec.json.encode(answers.availability(hub, items)))
        began = time.process_time()
        _check(hub)
        seconds = time.process_time() - began
    cells = plan.items * plan.stores
    moves = cells * _MOVES_OF_A_CELL
    scaled_s = seconds * _AIMED_MOVES / moves
    command = [sys.executable, "-m", stock_memory.__name__, str(folder)]
    filled = msgspec.json.decode(
        subprocess.run(command, check=True, capture_output=True).stdout, type=stock_memory.Filled
    )
    scaled_mb = filled.resident_mb * _AIMED_CELLS / cells
    what = f"20 items at {plan.stores} of {plan.items:,} x {plan.stores}"
    return [
        Row(f"availability of {what}, in process", "<= 200 µs", f"{look_us:.0f} µs", look_us <= 200),
        Row("the same as JSON", "", f"{json_us:.0f} µs", None),
        Row(
            "CPU to rebuild 5 M cells from 10 M moves and compare", "<= 10 s",
            f"{scaled_s:.1f} s (in proportion, from {moves:,} in {seconds:.2f} s)", scaled_s <= 10,
        ),
        Row(
            "memory for 5 M cells", "<= 250 MB",
            f"{scaled_mb:.0f} MB (in proportion, from {cells:,} in {filled.resident_mb:.1f} MB)", scaled_mb <= 250,
        ),
    ]  # fmt: skip


def _median_us(plan: Plan, ask: Callable[[list[str]], object]) -> float:
    chance = Random(plan.seed)  # noqa: S311  the same items for the same seed
    took: list[float] = []
    for _ in range(_QUESTIONS):
        items = [item(chance.randrange(plan.items)) for _ in range(20)]
        began = time.perf_counter()
        ask(items)
        took.append(time.perf_counter() - began)
    return sorted(took)[_QUESTIONS // 2] * _MICROSECONDS


def _stock(hub: Hub, there: list[tuple[str, str, int]]) -> None:
    """Put units of items at locations, by documents of a supplier."""
    for start in range(0, len(there), _MOVES_IN_A_DOCUMENT):
        document = f"delivery-{hub.last_seq()}-{start}"
        postings = [
            Posting(sku, units, Place(SUPPLIER), Place(location))
            for sku, location, units in there[start : start + _MOVES_IN_A_DOCUMENT]
        ]
        said = posted(document, "received", postings)
        deed = Deed(POSTED, hub.stock.subject_of_item(document), said, document, personal=False)
        with hub.store.transaction() as tx:
            hub.deeds.do(tx, [deed], by="bench")


def _check(hub: Hub) -> None:
    """Raises Promised unless the cells are what the ledger says and nothing is promised that is not there."""
    with hub.store.reading() as reader:
        if astray := hub.stock.astray(reader, 1):
            raise Promised(what=f"{astray[0].sku} is not what the ledger says: {astray[0]}")
        if over := hub.stock.overpromised(reader, 1):
            raise Promised(what=f"more of {over[0].sku} is promised at {over[0].location} than is there")
