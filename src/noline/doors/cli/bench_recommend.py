"""How well the next basket is foreseen, and what an answer costs, on the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from noline.doors.cli.talk import say, show

if TYPE_CHECKING:
    from noline.doors.bench.recommend import Result

_RESULTS = Path("bench/results")


@click.command("recommend")
@click.option("--quick", is_flag=True, help="Only what a hub does by default.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same numbers.")
@click.option("--write", is_flag=True, help=f"Keep the result as {_RESULTS}/recommend.json.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def recommend(*, quick: bool, seed: int, write: bool, as_json: bool) -> None:
    """How well a grocer's next baskets are foreseen beside published methods, and the CPU of one answer."""
    from noline.doors.bench.recommend import run
    from noline.doors.plain import plain

    result = run(say, seed, quick=quick)
    told = plain(result)
    if write:
        _RESULTS.mkdir(parents=True, exist_ok=True)
        (_RESULTS / "recommend.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    show(told, as_json=True) if as_json else _tell(result)


def _tell(result: "Result") -> None:
    from noline.doors.cli.recommend import tell

    place = result.machine
    load = f"load {place.load_average:.2f} before and {result.load_average_after:.2f} after"
    click.echo(f"{place.cpu}, {place.cores} cores, {load}; {result.measured_at}")
    for name, told in result.evaluations.items():
        click.echo(f"\n{name}")
        tell(told)
    click.echo()
    show([one._asdict() for one in result.costs], as_json=False)
    for name, aim in result.aims.items():
        click.echo(f"{name}: aim {aim}, {'met' if result.met[name] else 'NOT met'}")
