"""Metrics over HTTP: the registry, and cards of units, channels and countries side by side."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import scorecard
from noline.doors.http.commands import Asking
from noline.doors.http.seeing import MANAGER_OR_ANALYST, sees_people
from noline.doors.http.threads import in_thread
from noline.doors.plain import as_csv, plain
from noline.flows.goods import instant_or_none
from noline.hub import Hub

_MOST_METRICS = 100

By = Annotated[str, Parameter(max_length=100, description="unit, channel, country, several with commas, or company.")]
Period = Literal["day", "week", "month", "all"]
Instant = Annotated[str | None, Parameter(min_length=1, max_length=50)]
Metrics = Annotated[list[str] | None, Parameter(query="metric", max_items=_MOST_METRICS)]
Held = Annotated[str | None, Parameter(max_length=200)]
Currency = Annotated[str | None, Parameter(pattern="^[A-Z]{3}$", description="Convert money into this one.")]


class MetricTold(msgspec.Struct):
    """A metric. formula: its parts, as FACT.PART; grain: of each fact; needs: dimensions it has to be told by.

    more_is_better: null where neither can be said. interval: of a share, whom it takes as independent. whose: of whom
    alone it tells, such as known people.
    """

    id: str
    store: str
    digital: str
    unit: Literal["count", "share", "money", "minutes", "ratio"]
    numerator: str
    denominator: str | None
    more_is_better: bool | None
    interval: Literal["persons", "clustered"] | None
    credit: str
    words: str
    formula: str
    grain: dict[str, str]
    time: dict[str, str]
    dimensions: list[str]
    periods: list[str]
    needs: list[str]
    whose: str | None


class NumberTold(msgspec.Struct):
    """One number. unit, channel, country: the part; null where it was not asked by, empty where nobody told it.

    value: whole minor units of `currency` for money. low, high: the 95 % interval of a share. before: one period back.
    programme: of an effect, which test. why: of an effect that is not measured yet, how many of how many there are.
    fewer_than: to an analyst, of how many people at least a cell tells; those that are null count fewer.
    """

    metric: str
    unit: str | None
    name: str | None
    channel: str | None
    country: str | None
    period: str | None
    currency: str | None
    value: float | None
    numerator: int | None
    denominator: int | None
    low: float | None
    high: float | None
    too_few: bool | None
    before: float | None
    is_over: bool
    programme: str | None = None
    why: str | None = None
    fewer_than: int | msgspec.UnsetType = msgspec.UNSET


class CardTold(msgspec.Struct):
    """Metrics side by side. not_told: metrics that cannot be told so, and why. counted: how each number came about."""

    by: list[str]
    period: str
    since: str | None
    until: str | None
    currency: str | None
    rates: dict[str, str]
    without_rate: list[str]
    metrics: list[MetricTold]
    rows: list[NumberTold]
    not_told: dict[str, str]
    counted: dict[str, Any]


@get("/v1/metrics", guards=MANAGER_OR_ANALYST, tags=["scorecard"])
@in_thread
def list_metrics() -> list[MetricTold]:
    """Every metric with its two names, its formula, and what it can be told by."""
    return msgspec.convert(scorecard.metrics(), list[MetricTold])


@get("/v1/scorecard", guards=MANAGER_OR_ANALYST, tags=["scorecard"])
@in_thread
def get_scorecard(
    state: State,
    request: Asking,
    *,
    by: By = "unit",
    period: Period = "month",
    since: Instant = None,
    until: Instant = None,
    metric: Metrics = None,
    unit: Held = None,
    channel: Held = None,
    country: Held = None,
    currency: Currency = None,
) -> CardTold:
    """Metrics side by side, each with its counts, its interval if it is a share, and the period before."""
    asked = _asked(
        by=by, period=period, since=since, until=until, metrics=metric, unit=unit, channel=channel, country=country,
        currency=currency,
    )  # fmt: skip
    told = _card(request, state.hub, asked)
    # Not converted: amounts stay the whole numbers that they are.
    rows = [NumberTold(**row) for row in told.pop("rows")]
    return CardTold(rows=rows, metrics=[MetricTold(**one) for one in told.pop("metrics")], **told)


@get("/v1/scorecard.csv", guards=MANAGER_OR_ANALYST, tags=["scorecard"], media_type="text/csv")
@in_thread
def get_scorecard_csv(
    state: State,
    request: Asking,
    *,
    by: By = "unit",
    period: Period = "month",
    since: Instant = None,
    until: Instant = None,
    metric: Metrics = None,
    unit: Held = None,
    channel: Held = None,
    country: Held = None,
    currency: Currency = None,
) -> str:
    """The same for a spreadsheet: a line for each number, then one for each metric that is not told so, and why."""
    asked = _asked(
        by=by, period=period, since=since, until=until, metrics=metric, unit=unit, channel=channel, country=country,
        currency=currency,
    )  # fmt: skip
    told = _card(request, state.hub, asked)
    untold = [{"metric": name, "not_told": why} for name, why in told["not_told"].items()]
    return _as_csv([*plain(told["rows"]), *untold])


def _card(request: Asking, hub: Hub, asked: dict[str, Any]) -> dict[str, Any]:
    return scorecard.card(hub, **asked) if sees_people(request) else scorecard.card_of_many(hub, **asked)


def _as_csv(lines: list[dict[str, Any]]) -> str:
    """Lines under the names of all columns, which stand there too when nothing could be told."""
    columns = dict.fromkeys((*NumberTold.__struct_fields__, "not_told"))
    header, *text = as_csv([columns, *lines]).splitlines(keepends=True)
    return header + "".join(text[1:])


def _asked(*, by: str, period: str, since: str | None, until: str | None, **rest: Any) -> dict[str, Any]:
    """What a request asks, as a card is asked."""
    where = {name: rest.pop(name) for name in ("unit", "channel", "country")}
    return {
        "by": by,
        "period": period,
        "since": instant_or_none(since),
        "until": instant_or_none(until),
        "where": {name: value for name, value in where.items() if value is not None},
        **rest,
    }


SCORECARD_ROUTES = [list_metrics, get_scorecard, get_scorecard_csv]
