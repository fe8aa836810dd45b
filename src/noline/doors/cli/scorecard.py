"""One language of metrics, on the command line: the scorecard, and what each of its numbers means."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from noline.doors.cli.talk import hub_option, opened, say, show

PERIODS = ("day", "week", "month", "all")
"""The stretches of time of a card; named here so that `--help` loads nothing of insight."""

TARGETS = ("metricflow", "cube")
"""What the metrics can be written for."""

_LISTED = ("id", "store", "digital", "unit", "formula", "by", "better")
_NUMBERS = ("period", "part", "number", "value", "of", "between", "before")
_BETTER = {True: "more", False: "less", None: "neither"}


@click.command("scorecard")
@click.option("--by", default="unit", show_default=True, metavar="DIMENSION",
              help="unit, channel, country, several with commas between, or company.")  # fmt: skip
@click.option("--period", default="month", show_default=True, type=click.Choice(PERIODS))
@click.option("--since", help="From this time on, such as 2026-03-01; every period that it touches is told whole.")
@click.option("--until", help="Before this time.")
@click.option("--metric", "metrics", multiple=True, metavar="ID", help="Only these; `noline metrics list` has them.")
@click.option("--unit", help="Only this store, channel or depot.")
@click.option("--channel", help="Only this channel.")
@click.option("--country", help="Only this country.")
@click.option("--currency", help="Convert money into this one, at the rates of noline.toml.")
@click.option("--words", default="store", show_default=True, type=click.Choice(("store", "digital")),
              help="Whose words the table speaks.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write it to FILE.csv or FILE.parquet, one line a number.")  # fmt: skip
@hub_option
def scorecard(
    *, by: str, period: str, since: str | None, until: str | None, metrics: tuple[str, ...], unit: str | None,
    channel: str | None, country: str | None, currency: str | None, words: str, out: Path | None, folder: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """How units, channels or countries do, side by side: each number with what it is made of and the period before."""
    from noline.doors.answers import scorecard as answers
    from noline.kernel.clock import to_instant

    held = {"unit": unit, "channel": channel, "country": country}
    asked: dict[str, Any] = {
        "by": by,
        "period": period,
        "since": None if since is None else to_instant(since),
        "until": None if until is None else to_instant(until),
        "metrics": metrics or None,
        "where": {name: value for name, value in held.items() if value is not None},
        "currency": currency,
    }
    with opened(folder) as hub:
        if out is not None:
            written = answers.write_card(hub, out, **asked)
            show(written, as_json=as_json)
            return
        told = answers.card(hub, **asked)
    if as_json:
        show(told, as_json=True)
        return
    names = {one["id"]: one for one in told["metrics"]}
    show([_number(row, names[row["metric"]], words) for row in told["rows"]], as_json=False, columns=_NUMBERS)
    shown = {row["metric"] for row in told["rows"]}
    for whose in dict.fromkeys(one["whose"] for one in told["metrics"] if one["whose"] and one["id"] in shown):
        of = ", ".join(one[words] for one in told["metrics"] if one["whose"] == whose and one["id"] in shown)
        say(f"of {whose} only: {of}")
    for name, why in told["not_told"].items():
        say(f"{names[name][words]} is not told: {why}")
    if told["without_rate"]:
        say(f"left out, as they have no rate: {', '.join(told['without_rate'])}")


@click.group()
def metrics() -> None:
    """What is measured: each metric under its two names, with its formula."""


@metrics.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def list_metrics(*, as_json: bool) -> None:
    """Every metric."""
    from noline.doors.answers import scorecard as answers

    told = answers.metrics()
    rows = [{**one, "by": ", ".join(one["dimensions"]), "better": _BETTER[one["more_is_better"]]} for one in told]
    show(told if as_json else rows, as_json=as_json, columns=_LISTED)


@metrics.command("show")
@click.argument("metric")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def show_metric(metric: str, *, as_json: bool) -> None:
    """One metric: how it is counted, what it can be told by, and the statements behind it."""
    from noline.doors.answers import scorecard as answers

    told = answers.metric(metric)
    if as_json:
        show(told, as_json=True)
        return
    listed = {name: ", ".join(told[name]) for name in ("dimensions", "periods", "needs")}
    grain = "; ".join(f"{name}: {one}" for name, one in told["grain"].items())
    better = _BETTER[told["more_is_better"]]
    kept = {name: told[name] for name in ("id", "store", "digital", "unit", "formula", "words", "credit")}
    show({**kept, "grain": grain, **listed, "better": better}, as_json=False)
    for name, sql in told["sql"].items():
        click.echo(f"\n-- {name}\n{sql.rstrip()}")


@metrics.command("export")
@click.option("--to", "target", required=True, type=click.Choice(TARGETS), help="The tool that will read it.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def export_metrics(target: str, folder: Path, *, as_json: bool) -> None:
    """Write the metrics as models of another tool: a dbt project with MetricFlow, or Cube."""
    from noline.doors.answers import scorecard as answers

    told = answers.write_metrics(target, folder)
    show(told if as_json else told["files"], as_json=as_json)
    if not as_json:
        for name, why in told["left_out"].items():
            say(f"{name} is left out: {why}")


# Telling


def _number(row: Mapping[str, Any], metric: Mapping[str, Any], words: str) -> dict[str, Any]:
    """One number as a manager reads it."""
    parts = [row["name"] if name == "unit" else row[name] for name in ("unit", "channel", "country")]
    told = [part or "(not told)" for part in parts if part is not None]
    return {
        "period": row["period"],
        "part": ", ".join(told) or "all",
        "number": metric[words] + (f": {row['programme']}" if row["programme"] else ""),
        "value": _value(row["value"], row, metric),
        "of": _of(row, metric),
        "between": row["why"] or _interval(row),
        "before": _value(row["before"], row, metric),
    }


def _value(value: float | None, row: Mapping[str, Any], metric: Mapping[str, Any]) -> str | None:
    if value is None:
        return None
    if metric["unit"] == "money":
        from noline.kernel.money import Money

        return str(Money(int(value), row["currency"]))
    if metric["unit"] == "share":
        return f"{100 * value:+.1f} points" if row["programme"] else f"{100 * value:.1f} %"
    return f"{value:,.2f}" if metric["unit"] == "ratio" else f"{value:,}"


def _of(row: Mapping[str, Any], metric: Mapping[str, Any]) -> str | None:
    """What a share or a quotient is made of."""
    if row["denominator"] is None or row["numerator"] is None:
        return None
    if row["programme"]:
        return f"{row['numerator']:,} against {row['denominator']:,}"
    over = f"{row['denominator']:,}"
    return over if metric["unit"] == "money" else f"{row['numerator']:,} of {over}"


def _interval(row: Mapping[str, Any]) -> str | None:
    if row["low"] is None or row["high"] is None:
        return None
    few = ", too few to tell" if row["too_few"] else ""
    return f"{100 * row['low']:.1f} .. {100 * row['high']:.1f}{few}"


COMMANDS = {"scorecard": scorecard, "metrics": metrics}
