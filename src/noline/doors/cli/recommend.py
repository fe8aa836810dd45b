"""Recommendations on the command line: for one customer, and how good they are on baskets of a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.sheets import SHEET, as_table
from noline.doors.cli.talk import hub_option, opened, say, show

if TYPE_CHECKING:
    from noline.insight.recommend.model import Mode
    from noline.insight.recommend.service import Evaluated

_METHODS = ("auto", "trees", "linear", "decay", "frequency", "popularity", "tifu", "lightgbm")
_KEYS = ("customer", "basket", "item", "time", "store", "units")


class _Recommend(click.Group):
    """`noline recommend CUSTOMER` is `noline recommend for CUSTOMER`."""

    # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A first word that is no command is a customer."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["for", *args]
        return super().parse_args(ctx, args)


@click.group("recommend", cls=_Recommend)
def recommend() -> None:
    """What a customer buys next, each item with why."""


@recommend.command("for")
@click.argument("customer")
@click.option("--mode", type=click.Choice(["repeat", "new", "basket"]), default="repeat", show_default=True,
              help="What was bought before, what never was, or what goes with --basket.")  # fmt: skip
@click.option("--k", default=10, show_default=True, type=click.IntRange(1, 50), help="How many.")
@click.option("--store", help="Where the customer is.")
@click.option("--basket", default="", metavar="SKU,SKU", help="What is in the basket.")
@hub_option
def for_customer(
    *, customer: str, mode: "Mode", k: int, store: str | None, basket: str, folder: Path, as_json: bool
) -> None:  # fmt: skip
    """What CUSTOMER, a person's id, buys next; nothing without their consent to personalisation."""
    from noline.doors.answers.recommend import recommendations

    skus = [sku.strip() for sku in basket.split(",") if sku.strip()]
    with opened(folder) as hub:
        told = recommendations(hub, customer, mode=mode, k=k, store=store, basket=skus)
    if as_json:
        show(told, as_json=True)
        return
    rows = [{**one, "because": one["because"]["text"]} for one in told["items"]]
    show(rows, as_json=False, columns=("sku", "name", "probability", "because"))
    if told["why_none"]:
        say(told["why_none"])


@recommend.command("fit")
@hub_option
def fit(folder: Path, as_json: bool) -> None:
    """Fit the ranking to history as it is now, as the first question and the first of each day do by themselves."""
    with opened(folder) as hub:
        found = hub.recommending.fit()
        tried = {
            name: {"recall@10": r, "ndcg@10": n, "customers": of} for name, (r, n, of) in found.fitted.tried.items()
        }
        show({**found.about, "method": found.fitted.method, "tried_on_others": tried}, as_json=as_json)


@recommend.command("evaluate")
@click.option("--baskets", "path", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="Parquet, CSV, NDJSON or a spreadsheet; a line is an item in a basket.")  # fmt: skip
@SHEET
@click.option("--map", "columns", required=True, metavar="customer=...,basket=...,item=...",
              help="What the file calls its columns; also time=..., store=..., units=...")  # fmt: skip
@click.option("--k", "ks", default="10,20", show_default=True, help="How many first items count.")
@click.option("--method", type=click.Choice(_METHODS), default="auto", show_default=True,
              help="auto: the best on customers kept back, of all but lightgbm.")  # fmt: skip
@click.option("--min-baskets", default=5, show_default=True, type=click.IntRange(2), help="Of a customer.")
@click.option("--min-item", default=10, show_default=True, type=click.IntRange(1), help="Baskets with an item.")
@click.option("--context/--no-context", default=True, show_default=True,
              help="Whether the moment and the store of the last basket are known, as at a counter.")  # fmt: skip
@click.option("--most", default=20_000, show_default=True, type=click.IntRange(1),
              help="Customers that are asked about, drawn by chance.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same numbers.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def evaluate(
    *, path: Path, sheet: str, columns: str, ks: str, method: "Evaluated", min_baskets: int, min_item: int,
    context: bool, most: int, seed: int, as_json: bool,
) -> None:  # fmt: skip
    """How well the last basket of each customer is foreseen, beside plain counts and published methods."""
    from noline.doors.answers.recommend import evaluation

    with as_table(path, sheet) as readable:
        told = evaluation(
            readable, _mapped(columns), _counts(ks), method=method, min_baskets=min_baskets, min_item=min_item,
            context=context, most=most, seed=seed,
        )  # fmt: skip
    if as_json:
        show(told, as_json=True)
        return
    tell(told)


def tell(told: Mapping[str, Any]) -> None:
    """An evaluation as a table."""
    held = told["baskets"]
    click.echo(f"{held['customers']:,} customers, {held['baskets']:,} baskets, {held['items']:,} items, "
               f"ordered by {held['ordered_by']}; asked about {told['n']:,} of {told['of']:,}")  # fmt: skip
    click.echo(f"chosen: {told['chosen']['method']}\n")
    show([_cells(one) for one in told["rows"]], as_json=False)
    click.echo()
    for name, meaning in told["definitions"].items():
        click.echo(f"{name}: {meaning}")


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    measures = {
        name: f"{one['value']:.4f} {one['low']:.4f}..{one['high']:.4f}" for name, one in row["measures"].items()
    }
    return {"method": row["method"], "n": row["n"], **measures, "cpu_seconds": f"{row['cpu_seconds']:.1f}"}


def _mapped(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(","):
        key, mark, name = part.partition("=")
        if not mark or not name or key.strip() not in _KEYS:
            raise click.UsageError(f"--map takes {', '.join(_KEYS)} as NAME=COLUMN; not {part!r}.")
        found[key.strip()] = name.strip()
    if missing := [key for key in _KEYS[:3] if key not in found]:
        raise click.UsageError(f"--map needs {' and '.join(missing)} too.")
    return found


def _counts(text: str) -> list[int]:
    try:
        found = sorted({int(one) for one in text.split(",")})
    except ValueError:
        raise click.UsageError(f"--k takes whole numbers with commas between them; not {text!r}.") from None
    if not found or found[0] < 1 or found[-1] > 100:
        raise click.UsageError("--k takes 1 to 100.")
    return found


COMMANDS = {"recommend": recommend}
