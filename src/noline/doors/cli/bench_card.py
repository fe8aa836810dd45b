"""What it costs to open a customer's card, on the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from noline.doors.cli.talk import say, show

if TYPE_CHECKING:
    from noline.doors.bench.card import Result

_RESULTS = Path("bench/results")


@click.command("card")
@click.option("--customers", default=100_000, show_default=True, type=click.IntRange(100), help="People in the hub.")
@click.option("--orders", default=13, show_default=True, type=click.IntRange(1), help="Orders of each.")
@click.option("--cards", default=5_000, show_default=True, type=click.IntRange(1), help="Cards opened in process.")
@click.option("--requests", default=2_000, show_default=True, type=click.IntRange(1), help="Cards opened over HTTP.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same customers.")
@click.option("--hub", "kept", type=click.Path(path_type=Path, file_okay=False),
              help="Where the hub lies, or is made and stays; made and removed if not told.")  # fmt: skip
@click.option("--dir", "place", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Where a hub that does not stay is made and removed.")  # fmt: skip
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/card.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def card(
    *, customers: int, orders: int, cards: int, requests: int, seed: int, kept: Path | None, place: Path | None,
    write: bool, as_json: bool,
) -> None:  # fmt: skip
    """What a customer's card costs: in process, over HTTP beside an empty answer, and its words alone."""
    from noline.doors.bench.card import Plan, run
    from noline.doors.bench.card_data import Size
    from noline.doors.plain import plain

    result = run(Plan(Size(customers, orders, seed), cards, requests), say, kept, place)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "card.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell(result)


def _tell(result: "Result") -> None:
    place, size = result.machine, result.plan.size
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(", ".join(f"{name} {number}" for name, number in result.versions.items()))
    click.echo(
        f"{size.customers:,} customers with {size.orders} orders each, {result.events:,} events, seed {size.seed}, "
        f"{result.measured_at}"
    )
    parts = ", ".join(f"{held:.2f} {name}" for name, held in result.parts.items())
    click.echo(f"{result.cold.cards:,} cards in process, each with {parts} on average; "
               f"{result.served.requests:,} over HTTP\n")  # fmt: skip
    show([row._asdict() for row in result.rows], as_json=False)
    click.echo(f"\nThe first card of a process took {result.first_card_ms:.0f} ms of CPU.")
    if result.build_cpu_seconds is not None:
        click.echo(f"The hub was made in {result.build_cpu_seconds:,.0f} s of CPU.")
