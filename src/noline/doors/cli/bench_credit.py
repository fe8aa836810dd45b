"""What sharing credit costs beside other packages, on the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.talk import say, show

if TYPE_CHECKING:
    from noline.doors.bench.credit import Result

_RESULTS = Path("bench/results")


@click.command("credit")
@click.option("--journeys", default=10_000_000, show_default=True, type=click.IntRange(1_000, 50_000_000),
              help="How many.")  # fmt: skip
@click.option("--beside", default=1_000_000, show_default=True, type=click.IntRange(0),
              help="So many of them are also given to two other packages; 0: none are.")  # fmt: skip
@click.option("--repeats", default=2, show_default=True, type=click.IntRange(1),
              help="Of each question; the cheapest counts.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same journeys.")
@click.option("--peers", type=click.Path(path_type=Path, file_okay=False),
              help="Where the others' Python is made and stays; made and removed if not told.")  # fmt: skip
@click.option("--dir", "place", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Where files are made and removed.")  # fmt: skip
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/credit.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def credit(
    *, journeys: int, beside: int, repeats: int, seed: int, peers: Path | None, place: Path | None, write: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """What the ledger, Shapley, Markov and the nucleolus cost, beside two packages on the same journeys."""
    from noline.doors.bench.credit import Asked, run
    from noline.doors.plain import plain

    result = run(Asked(journeys, beside, repeats, seed), say, place, peers)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "credit.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell(result)


def _tell(result: "Result") -> None:
    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}")
    click.echo(f"{result.asked.journeys:,} journeys of {result.touches:,} touches, seed {result.asked.seed}, "
               f"{result.measured_at}; loops by {result.way}")  # fmt: skip
    click.echo(f"every unit of money accounted for: {'yes' if result.exact else 'NO'}\n")
    for name, meaning in result.definitions.items():
        click.echo(f"{name}: {meaning}")
    click.echo()
    show([_ours(row._asdict()) for row in result.rows], as_json=False)
    click.echo()
    show([_theirs(row._asdict()) for row in result.beside], as_json=False)
    click.echo()
    show([row._asdict() for row in result.groups], as_json=False)
    for one in result.unmeasured:
        click.echo(f"not measured: {one}")


def _ours(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "question": row["question"],
        "of": row["of"],
        "CPU s": f"{row['cpu_seconds']:.3f}",
        "wall s": f"{row['wall_seconds']:.3f}",
        "aim": None if row["aim"] is None else f"<= {row['aim']:g}",
        "met": row["met"],
    }


def _theirs(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "question": row["question"],
        "beside": row["peer"],
        "journeys": row["of"],
        "ours, CPU s": f"{row['ours_cpu_seconds']:.4f}",
        "theirs, CPU s": f"{row['their_cpu_seconds']:.3f}",
        "their input, CPU s": f"{row['prepared_seconds']:.2f}",
        "ratio": f"{row['ratio']:.1f}",
        "differs": f"{row['differs']:.2e}",
    }
