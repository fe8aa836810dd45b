"""What this machine does with NoLine, beside what the machine allows."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.bench_card import card
from noline.doors.cli.bench_credit import credit
from noline.doors.cli.bench_recommend import recommend
from noline.doors.cli.talk import say, show

if TYPE_CHECKING:
    from noline.doors.bench import customers as customers_bench
    from noline.doors.bench import sourcing as sourcing_bench
    from noline.doors.bench import stock as stock_bench
    from noline.doors.bench import walks as walks_bench
    from noline.doors.bench.intake import Measured, Result

_RESULTS = Path("bench/results")


@click.group()
def bench() -> None:
    """Measure this machine. Figures are worth comparing only when the load average is well below 1."""


@bench.command()
@click.option("--singles", default=60_000, show_default=True, type=click.IntRange(1), help="Events sent one by one.")
@click.option("--batched", default=400_000, show_default=True, type=click.IntRange(1), help="Events sent in batches.")
@click.option("--batch", default=100, show_default=True, type=click.IntRange(1, 500), help="Events in a batch.")
@click.option(
    "--single-connections", default=256, show_default=True, type=click.IntRange(1), help="Senders of singles."
)
@click.option("--batch-connections", default=32, show_default=True, type=click.IntRange(1), help="Senders of batches.")
@click.option("--people", default=100_000, show_default=True, type=click.IntRange(1), help="People known beforehand.")
@click.option("--seconds", default=60.0, show_default=True, help="No load goes on longer than this.")
@click.option("--seed", default=1, show_default=True, help="The same seed sends the same events.")
@click.option("--dir", "place", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Where the hub under test is made and removed; its disk is the one that is measured.")  # fmt: skip
@click.option("--demo", "company", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="A demo company that is there; without it a small one is built to be started again.")  # fmt: skip
@click.option("--pages", type=click.IntRange(0), default=0, show_default=True,
              help="Also time so many customers' pages of the company given with --demo.")  # fmt: skip
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/intake.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def intake(
    place: Path | None, company: Path | None, pages: int, write: bool, as_json: bool, seconds: float, **sizes: int
) -> None:
    """Durable events a second and their price in CPU, beside the disk's own rate and a server that does nothing."""
    from noline.doors.bench import demo
    from noline.doors.bench.intake import Plan, run
    from noline.doors.plain import plain

    if pages and company is None:
        raise click.UsageError("--pages needs --demo DIR.")
    # The shorter part first: whatever is wrong with the company shows at once.
    started = demo.start_small_again(say, place) if company is None else demo.start_again(company)
    seen = demo.customer_pages(company, pages) if company is not None and pages else None
    result = run(Plan(most_seconds=seconds, **sizes), say, place)
    told = {**plain(result), "demo": plain(started), **({"customer_pages": plain(seen)} if seen else {})}
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "intake.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell(result, told)


@bench.command()
@click.option("--only", multiple=True, metavar="NAME", help="Only this set or part; can be given several times.")
@click.option("--full", is_flag=True, help="Also a million records; half an hour more.")
@click.option(
    "--families",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Parquet file of people in families: columns of pseudopeople, truth in cid and household_id.",
)
@click.option(
    "--senzing",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the Senzing truth set with its key.",
)
@click.option(
    "--profiles",
    default=100_000,
    show_default=True,
    type=click.IntRange(100),
    help="People in the hub whose profiles are read.",
)
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1), help="Threads of either matcher.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same people.")
@click.option(
    "--dir",
    "place",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where hubs and records are made and removed.",
)
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/customers.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def customers(
    *,
    only: tuple[str, ...],
    place: Path | None,
    write: bool,
    as_json: bool,
    families: Path | None,
    senzing: Path | None,
    full: bool,
    profiles: int,
    threads: int,
    seed: int,
) -> None:
    """How well people are told apart, beside Splink alone, and how fast they are known, read, parted and erased."""
    from noline.doors.bench.customers import PARTS, SETS, Plan, run
    from noline.doors.plain import plain

    if wrong := [name for name in only if name not in (*SETS, *PARTS)]:
        raise click.UsageError(f"--only knows {', '.join((*SETS, *PARTS))}; not {', '.join(wrong)}.")
    result = run(Plan(only, full, families, senzing, profiles, threads, seed), say, place)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "customers.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell_customers(result)
    if any(one.broke for one in result.unmeasured):
        raise click.exceptions.Exit(1)


@bench.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--rows", default=100_000, show_default=True, type=click.IntRange(1, 50_000_000), help="Records.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same records.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def people(folder: Path, rows: int, seed: int, as_json: bool) -> None:
    """Write made-up customer records of five channels into a folder, and the truth about them into a second file."""
    from noline.doors.bench.people import make

    show(make(folder, rows, seed)._asdict(), as_json=as_json)


@bench.command()
@click.option("--orders", default=2_000, show_default=True, type=click.IntRange(100), help="Orders in a season.")
@click.option("--seasons", default=5, show_default=True, type=click.IntRange(1), help="Seasons that each way meets.")
@click.option("--rejected", default=0.1, show_default=True, type=click.FloatRange(0, 0.9),
              help="The share of picks that find nothing in the second half of the table.")  # fmt: skip
@click.option("--window", default=150, show_default=True, type=click.IntRange(2, 1_000), help="Orders that wait.")
@click.option("--seconds", default=5.0, show_default=True, help="Of the solver for one window.")
@click.option("--repricings", default=20, show_default=True, type=click.IntRange(1), help="Pricings in a season.")
@click.option("--futures", default=3, show_default=True, type=click.IntRange(1), help="Futures of each pricing.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same seasons.")
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/sourcing.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def sourcing(
    *, orders: int, seasons: int, rejected: float, window: int, seconds: float, repricings: int, futures: int,
    seed: int, write: bool, as_json: bool,
) -> None:  # fmt: skip
    """What ways of sourcing cost beside a hindsight that knew every order, and the CPU of each decision."""
    from noline.doors.bench.sourcing import Aim, run
    from noline.doors.bench.sourcing_ways import Effort
    from noline.doors.plain import plain

    asked = Aim(orders, seasons, rejected, Effort(window, seconds, repricings, futures), seed)
    result = run(asked, say)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "sourcing.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell_sourcing(result)


@bench.command()
@click.option("--events", default=10_000_000, show_default=True, type=click.IntRange(1_000, 200_000_000),
              help="How many.")  # fmt: skip
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1),
              help="Of each question; the cheapest counts.")  # fmt: skip
@click.option("--engine", "engines", multiple=True, type=click.Choice(["duckdb", "polars", "chdb"]),
              help="Only these beside ours; all that are installed if not told.")  # fmt: skip
@click.option("--size", default="10m", show_default=True, type=click.Choice(["10m", "100m"]),
              help="100m: then ten times as many too, asked of ours alone.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same events.")
@click.option("--dir", "place", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Where the events are made and removed.")  # fmt: skip
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/journeys.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def journeys(
    *, events: int, repeats: int, engines: tuple[str, ...], size: str, seed: int, place: Path | None, write: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """What funnels, visits, hand-offs and drop-offs cost beside DuckDB, Polars and ClickHouse on the same events."""
    from noline.doors.bench.walks import ENGINES, Asked, run
    from noline.doors.plain import plain

    large = 10 * events if size == "100m" else 0
    result = run(Asked(events, repeats, seed, engines or ENGINES, large), say, place)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "journeys.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell_journeys(result)


def _tell_journeys(result: "walks_bench.Result") -> None:
    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(", ".join(f"{name} {number}" for name, number in result.versions.items()))
    click.echo(f"{result.asked.events:,} events of {result.persons:,} persons, {result.store_bytes / 1e6:,.0f} MB, "
               f"seed {result.asked.seed}, {result.measured_at}")  # fmt: skip
    way = {"c": "loops in C", "numpy": "NumPy"}[result.way]
    click.echo(f"ours by {way}; at most {result.peak_mb:,.0f} MB, {result.before_mb:,.0f} of them code\n")
    for name, meaning in result.definitions.items():
        click.echo(f"{name}: {meaning}")
    click.echo()
    show(
        [
            {
                "question": row.question,
                "engine": row.engine,
                "CPU s": f"{row.cpu_seconds:.3f}",
                "wall s": f"{row.wall_seconds:.3f}",
                "ratio": None if row.ratio is None else f"{row.ratio:.1f}",
                "scans": f"{row.scans:.0f}",
                "agrees": row.agrees,
                "aim": None if row.aim is None else f">= {row.aim:g}",
                "met": row.met,
            }
            for row in sorted(result.rows, key=lambda row: list(result.definitions).index(row.question))
        ],
        as_json=False,
    )
    click.echo()
    show(
        [
            {
                "to reach": one.what,
                "aim": f"{'<=' if one.at_most else '>='} {one.aim:g}",
                "reached": f"{one.reached:.3g}",
                "met": one.met,
            }
            for one in result.checks
        ],
        as_json=False,
    )
    for one in result.unmeasured:
        click.echo(f"not measured: {one}")
    if result.large is not None:
        click.echo()
        _tell_journeys(result.large)


def _tell_sourcing(result: "sourcing_bench.Result") -> None:
    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(", ".join(f"{name} {number}" for name, number in result.versions.items()))
    asked = result.asked
    click.echo(f"{asked.seasons} seasons of {asked.orders:,} orders, seed {asked.first_seed}, {result.measured_at}\n")
    for name, meaning in result.definitions.items():
        click.echo(f"{name}: {meaning}")
    click.echo()
    show(
        [
            {
                "way": row.way,
                "rejected": f"{row.rejected:g}",
                "cost : hindsight": f"{row.ratio:.3f} ({row.ratio_from:.3f} to {row.ratio_to:.3f})",
                "aim": None if row.aim is None else f"<= {row.aim:g}",
                "met": row.met,
                "parcels an order": f"{row.parcels_an_order:.3f}",
                "units unfilled": f"{row.units_unfilled:.0f}",
                "CPU µs": f"{row.cpu_us:,.0f}",
                "pricing CPU ms": f"{row.pricing_cpu_ms:.1f}",
            }
            for row in result.rows
        ],
        as_json=False,
    )
    refused = ", ".join(f"{units:.0f} with {chance} rejected" for chance, units in result.hindsight_unfilled.items())
    click.echo(f"\nHindsight leaves unfilled: {refused}.")


@bench.command()
@click.option("--holds", default=40_000, show_default=True, type=click.IntRange(1_000),
              help="Holds in process, of each kind.")  # fmt: skip
@click.option("--requests", default=40_000, show_default=True, type=click.IntRange(1_000),
              help="Holds over HTTP, of each kind.")  # fmt: skip
@click.option("--races", default=300, show_default=True, type=click.IntRange(1), help="Items that are raced for.")
@click.option("--items", default=10_000, show_default=True, type=click.IntRange(100), help="Items of the shelves.")
@click.option("--stores", default=50, show_default=True, type=click.IntRange(1), help="Locations of each item.")
@click.option("--seed", default=1, show_default=True, help="The same seed asks for the same items.")
@click.option(
    "--dir", "place", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where hubs are made and removed.",
)  # fmt: skip
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/stock.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def stock(
    *, holds: int, requests: int, races: int, items: int, stores: int, seed: int, place: Path | None, write: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """How fast and how surely units are promised, beside what the disk and HTTP alone allow."""
    from noline.doors.bench.stock import Plan, run
    from noline.doors.plain import plain

    asked = Plan(holds=holds, requests=requests, races=races, items=items, stores=stores, seed=seed)
    result = run(asked, say, place)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "stock.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell_stock(result)


def _tell_stock(result: "stock_bench.Result") -> None:
    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(", ".join(f"{name} {number}" for name, number in result.versions.items()))
    click.echo(f"seed {result.plan.seed}, {result.measured_at}\n")
    show([row._asdict() for row in result.rows], as_json=False)
    click.echo(f"\nThe disk confirms {result.syncs_per_second:,.0f} writes a second, one after the other.")
    click.echo(f"An application that does nothing takes {result.echo_cpu_us:.0f} µs of CPU for such a request.")


def _tell_customers(result: "customers_bench.Result") -> None:
    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(", ".join(f"{name} {number}" for name, number in result.versions.items()))
    click.echo(f"seed {result.plan.seed}, {result.measured_at}\n")
    for name, meaning in result.definitions.items():
        click.echo(f"{name}: {meaning}")
    click.echo("Splink alone: links from p >= 0.95; in brackets its best threshold, which the truth chose.\n")
    show(
        [
            {"measure": row.measure, "aim": row.aim, "reached": row.reached, "Splink alone": row.alone, "met": row.met}
            for row in result.rows
        ],
        as_json=False,
    )
    for one in result.unmeasured:
        click.echo(f"{one.part}: {'broke off' if one.broke else 'not measured'}: {one.why}")


def _tell(result: "Result", told: dict[str, Any]) -> None:
    columns = {"echo": result.echo, "single": result.single, "batches": result.batches}
    rows = [
        {"what": what, **{name: _figure(measured, field, digits) for name, measured in columns.items()}}
        for what, field, digits in _ROWS
    ]
    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(", ".join(f"{name} {number}" for name, number in result.versions.items()))
    click.echo(f"seed {result.plan.seed}, {result.plan.people:,} people known, {result.measured_at}\n")
    show(rows, as_json=False)
    click.echo(f"\nThe disk confirms {result.syncs_per_second:,.0f} writes a second, one after the other.")
    for name, events in result.events_for_a_sync.items():
        click.echo(
            f"{name}: {events:.1f} durable events for each, {result.cpu_in_echoes[name]:.2f} echoes of CPU an event"
        )
    for name in ("demo", "customer_pages"):
        if name in told:
            click.echo(f"{name.replace('_', ' ')}: {_in_words(told[name])}")
    click.echo(f"idle server: {result.idle_mb:.0f} MB resident")


_ROWS = (
    ("connections", "connections", 0),
    ("events in a request", "batch", 0),
    ("bytes an event, with its request", "bytes_each", 0),
    ("done (durable, or echoed)", "done", 0),
    ("answers other than 200", "refused", 0),
    ("a second", "per_second", 0),
    ("CPU µs each, to read and make durable", "answering_cpu_us", 1),
    ("CPU µs each, history in the background", "background_cpu_us", 1),
    ("cores used by the server", "server_cores", 2),
    ("cores used by the senders", "crowd_share", 2),
    ("latency p50 ms", "p50_ms", 1),
    ("latency p99 ms", "p99_ms", 1),
    ("largest resident MB so far", "peak_mb", 0),
)


def _figure(measured: "Measured", field: str, digits: int) -> str:
    return f"{getattr(measured, field):,.{digits}f}"


def _in_words(figures: dict[str, Any]) -> str:
    shown = ((name, f"{value:,.2f}" if isinstance(value, float) else value) for name, value in figures.items())
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown)


bench.add_command(card)
bench.add_command(credit)
bench.add_command(recommend)

COMMANDS = {"bench": bench}
