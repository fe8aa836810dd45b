"""What the doors answer about metrics: the registry, cards, and how each number was counted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noline.doors.answers import Json
from noline.doors.answers.counts import counts_only, gone, is_small
from noline.doors.answers.seen import place_names
from noline.doors.plain import plain
from noline.hub import Hub
from noline.insight.scorecards.asking import fact_sql
from noline.insight.scorecards.exports import export, write_registry
from noline.insight.scorecards.metrics import registry
from noline.insight.scorecards.model import Card
from noline.kernel.clock import Micros, as_text


def metrics() -> list[Json]:
    """Every metric: id, store and digital (its two names), unit, formula, grain, dimensions, periods, needs, credit.

    more_is_better: None where neither can be said. interval: of a share, whom it takes as independent. words: how it
    is counted. whose: of whom alone it tells, such as known people.
    """
    return [metric.as_dict() for metric in registry().metrics.values()]


def metric(name: str) -> Json:
    """One metric, with the statements that tell the rows of its facts at their grain (`sql`). Raises MetricUnknown."""
    found = registry().metric(name)
    return {**found.as_dict(), "sql": {fact.name: fact_sql(fact) for fact in found.facts if not fact.given}}


def card(
    hub: Hub,
    by: str | Sequence[str] = "unit",
    period: str = "month",
    since: Micros | None = None,
    until: Micros | None = None,
    *,
    metrics: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    currency: str | None = None,
) -> Json:
    """Metrics side by side.

    by: a dimension, several with commas between, `company` for all in one. period: day, week, month or all.
    since, until: microseconds, until excluded. metrics: ids; None: all that can be told so. where: dimension -> value.
    currency: convert money into this one.

    Answers by, period, since, until (whole periods), currency, rates, without_rate, metrics (as `metrics` has them),
    rows (the words of `Row`, and name: what the catalogue calls the unit), not_told (metric -> why), counted.
    Raises MetricUnknown, NotToldBy, ScorecardAskedWrong and RateMissing.
    """
    found = _card(hub, by, period=period, since=since, until=until, metrics=metrics, where=where, currency=currency)
    with hub.store.reading() as reader:
        places = place_names(hub, reader)
    return {
        "by": list(found.by),
        "period": found.period,
        "since": None if found.since is None else as_text(found.since),
        "until": None if found.until is None else as_text(found.until),
        "currency": found.currency,
        "rates": dict(found.rates),
        "without_rate": list(found.without_rate),
        "metrics": [one.as_dict() for one in found.metrics],
        "rows": [{**row.as_dict(), "name": places.get(row.unit or "", row.unit)} for row in found.rows],
        "not_told": dict(found.not_told),
        "counted": found.counted,
    }


def card_of_many(hub: Hub, by: str | Sequence[str] = "unit", period: str = "month", **asked: Any) -> Json:
    """A card for whoever may not see people: what `card` answers, without what rests on the orders of a few.

    Money, minutes and ratios do not say how many people they rest on; where a part of the company had few orders in a
    period, nothing that counts something else is told of it. Raises what `card` raises.
    """
    told: Json = plain(card(hub, by, period, **asked))
    counting: dict[str, Any] = {**asked, "metrics": ["orders"], "currency": None}
    orders = card(hub, by, period, **counting)["rows"]
    few = {_part_of(row) for row in orders if is_small(row["numerator"])}
    return counts_only({**told, "rows": [gone(row) if _part_of(row) in few else row for row in told["rows"]]})


def _part_of(row: Json) -> tuple[Any, ...]:
    """The part of the company and the period that a number tells of."""
    return tuple(row[name] for name in ("unit", "channel", "country", "period"))


def write_card(
    hub: Hub,
    path: Path,
    *,
    by: str | Sequence[str] = "unit",
    period: str = "month",
    since: Micros | None = None,
    until: Micros | None = None,
    metrics: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    currency: str | None = None,
) -> Json:
    """Write a card into a file, `.csv` or `.parquet`, one line a number; answers path, rows and not_told.

    Raises what `card` raises, and ScorecardAskedWrong for another kind of file.
    """
    found = _card(hub, by, period=period, since=since, until=until, metrics=metrics, where=where, currency=currency)
    return {"path": str(path), "rows": export(found, path), "not_told": dict(found.not_told)}


def write_metrics(target: str, folder: Path) -> Json:
    """Write the registry for `metricflow` or `cube`; answers files, and left_out (metric -> why)."""
    found = write_registry(registry(), target, folder)
    return {"files": [str(folder / name) for name in found.files], "left_out": dict(found.left_out)}


def _card(hub: Hub, by: str | Sequence[str], **asked: Any) -> Card:
    hub.refresh()
    return hub.scorecards.card(by=_named(by), **asked)


def _named(by: str | Sequence[str]) -> Sequence[str]:
    """Dimensions as somebody typed them: `unit,country`; `company` is none of them."""
    names = [name.strip() for name in by.split(",")] if isinstance(by, str) else list(by)
    return [name for name in names if name not in ("", "company")]
