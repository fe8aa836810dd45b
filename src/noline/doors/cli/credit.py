"""Credit: which unit earned what; and, of a file of journeys, which channel."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from noline.doors.cli.talk import Gathered, say, show

if TYPE_CHECKING:
    from noline.insight.paths.model import Attribution, OrderReport
    from noline.insight.paths.service import Method, PathCredit

_METHODS = ("shapley", "markov", "first", "last", "linear", "position", "decay", "roles", "ordered")


class _Credit(Gathered):
    modules = ("noline.doors.cli.credit_units",)


@click.group(cls=_Credit, invoke_without_command=True)
@click.option(
    "--paths",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Journeys, as Parquet, CSV or NDJSON: a path in each row, such as `mail > web > store`.",
)
@click.option(
    "--map",
    "mapping",
    metavar="MEANING=COLUMN,...",
    help="Which column is the path, conversions, value and null; same names if not told.",
)
@click.option(
    "--method",
    default="shapley",
    show_default=True,
    type=click.Choice(_METHODS),
    help="How successes are shared among the channels of their paths.",
)
@click.option(
    "--order",
    type=click.IntRange(1, 6),
    help="How many touches the chain of markov looks back; the best on held-out journeys if not told.",
)
@click.option("--weights", metavar="CHANNEL=WEIGHT,...", help="What each channel weighs, for roles.")
@click.option(
    "--half-life",
    type=float,
    metavar="TOUCHES",
    help="After how many touches a weight halves, for decay; 1 if not told.",
)
@click.option("--handoffs", is_flag=True, help="Also what moving from each channel to each other is worth.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_context
def credit(
    context: click.Context, *, file: Path | None, mapping: str | None, method: "Method", order: int | None,
    weights: str | None, half_life: float | None, handoffs: bool, as_json: bool,
) -> None:  # fmt: skip
    """Which unit earned what; with --paths FILE, which channel, on journeys of any kind.

    Needs no hub with --paths. A channel's share says how successes are told apart by a rule, not what it caused.
    """
    if file is None or context.invoked_subcommand is not None:
        _only_with_paths(context)
        if context.invoked_subcommand is None:
            click.echo(context.get_help())
        return
    _needed_by(context, method, handoffs=handoffs)
    from noline.insight.paths.service import PathCredit, read

    found = read(file, _pairs("--map", mapping))
    credited = PathCredit(found.paths)
    report = credited.orders() if order is None and (method == "markov" or handoffs) else None
    taken = report.chosen if report else order or 1
    answer = credited.attribute(method, order=taken, weights=_weights(weights), half_life=half_life)
    told: dict[str, Any] = {"method": method, **_facts(credited, found.value)}
    told["channels"] = _rows(credited, answer, by_place=method == "ordered")
    if method == "markov" or handoffs:
        told["order"] = taken
        told["orders"] = None if report is None else _told_orders(report)
    if handoffs:
        told["handoffs"] = [row._asdict() for row in credited.handoffs(taken)]
    if found.value is None:
        _without_value(told)
    if as_json:
        show(told, as_json=True)
        return
    _tell(told)


def _without_value(told: dict[str, Any]) -> None:
    """No column told a value: it is not 0, it is not known."""
    for row in [told, *told["channels"], *told.get("handoffs", [])]:
        row.update({name: None for name in row if name.startswith("value_minor")})


def _tell(told: dict[str, Any]) -> None:
    fractions = ", its fractions read as major units" if told["value_read"] == "hundredths" else ""
    worth = f"worth {told['value_minor']:,} minor units{fractions}" if told["value_read"] else "of no told value"
    say(
        f"{told['paths']:,} paths, {told['journeys']:,} journeys, {told['conversions']:,} of them with success, {worth}"
    )
    if told.get("orders"):
        say(f"order {told['order']}: {told['orders']['why']}")
    show([_flat(row) for row in told["channels"]], as_json=False)
    if "handoffs" in told:
        click.echo()
        show(told["handoffs"], as_json=False)


def _facts(credited: "PathCredit", value_read: str | None) -> dict[str, Any]:
    paths = credited.paths
    return {
        "paths": len(paths),
        "journeys": int(paths.happened.sum()),
        "conversions": paths.total,
        "value_minor": paths.value_minor,
        "value_read": value_read,
    }


def _rows(credited: "PathCredit", answer: "Attribution", *, by_place: bool) -> list[dict[str, Any]]:
    """A row for each channel, the largest first. journeys: in how many the channel stands, with success or without."""
    whole = credited.paths.total
    places = credited.positions() if by_place else None
    found = []
    for code, name in enumerate(answer.names):
        row: dict[str, Any] = {
            "channel": name,
            "conversions": float(answer.conversions[code]),
            "share": float(answer.conversions[code]) / whole if whole else None,
            "value_minor": int(answer.values_minor[code]),
            "journeys": int(credited.taking_part[code]),
        }
        if places is not None:
            row["conversions_by_place"] = places.conversions[code].tolist()
            row["value_minor_by_place"] = places.values_minor[code].tolist()
        found.append(row)
    return sorted(found, key=lambda row: (-row["conversions"], row["channel"]))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row for a terminal: a column for each place, and numbers that are not cut to three digits."""
    places = row.get("conversions_by_place", [])
    flat = {name: value for name, value in row.items() if not name.endswith("_by_place")}
    flat["conversions"] = f"{row['conversions']:,.2f}"
    return {**flat, **{f"place_{place}": f"{value:,.2f}" for place, value in enumerate(places, 1)}}


def _told_orders(report: "OrderReport") -> dict[str, Any]:
    return {"chosen": report.chosen, "why": report.why, "rows": [row._asdict() for row in report.rows]}


# Options


_WITH_PATHS = {
    "mapping": "--map", "method": "--method", "order": "--order", "weights": "--weights", "half_life": "--half-life",
    "handoffs": "--handoffs", "as_json": "--json",
}  # fmt: skip


def _told(context: click.Context, name: str) -> bool:
    default = (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
    return context.get_parameter_source(name) not in default


def _only_with_paths(context: click.Context) -> None:
    """Refuse options that only a file of paths answers, rather than leave them out without a word."""
    if context.invoked_subcommand is not None and _told(context, "file"):
        raise click.UsageError(f"--paths answers by itself, without {context.invoked_subcommand}.", context)
    for name, option in _WITH_PATHS.items():
        if _told(context, name):
            raise click.UsageError(
                f"{option} here needs --paths; a command takes its options behind its name.", context
            )


def _needed_by(context: click.Context, method: str, *, handoffs: bool) -> None:
    """Refuse options that the method does not look at."""
    for name, option, fits, what in (
        ("order", "--order", method == "markov" or handoffs, "--method markov or --handoffs"),
        ("weights", "--weights", method == "roles", "--method roles"),
        ("half_life", "--half-life", method == "decay", "--method decay"),
    ):
        if _told(context, name) and not fits:
            raise click.UsageError(f"{option} needs {what}.", context)


def _pairs(option: str, text: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in (part for part in (text or "").split(",") if part.strip()):
        name, sign, value = one.rpartition("=") if option == "--weights" else one.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise click.BadParameter("write NAME=VALUE, as in path=journey,null=failed", param_hint=option)
        found[name.strip()] = value.strip()
    return found


def _weights(text: str | None) -> dict[str, float] | None:
    try:
        return {name: float(value) for name, value in _pairs("--weights", text).items()} or None
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--weights") from cause


COMMANDS = {"credit": credit}
