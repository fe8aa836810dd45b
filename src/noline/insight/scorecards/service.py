"""The door of the room: how units, channels and countries do, side by side, in one language of metrics."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from noline.insight.scorecards.asking import FIRST, KNOWN, LAST, TOLD, UNITS, Asked, Statement, statement_of
from noline.insight.scorecards.cards import Place, Sheet, Time, rows_of
from noline.insight.scorecards.effects import NO_TEST, NOBODY_DRAWN, Counts, EffectParts, effect_rows, placed
from noline.insight.scorecards.metrics import DIMENSIONS, PERIODS, Metric, NotToldBy, Registry, registry
from noline.insight.scorecards.model import (
    Card,
    ChannelSales,
    CreditPart,
    Row,
    ScorecardAskedWrong,
    average_minor,
)
from noline.insight.scorecards.periods import begins_one, month_number, number_of, start_of
from noline.insight.scorecards.questions import ORDER_WORDS, QUESTIONS
from noline.insight.scorecards.rates import Converting
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.stores.analytical import Answering

_WHOLE_TIME = "as the whole time has no period before it"
_OPEN_TIME = "as a time that is open has none as long before it; say since and until"

CreditParts = Callable[[], Iterable[CreditPart]]
"""What the credit ledger says of all of history, unit by unit and month by month."""


class Scorecards:
    """Answers about units and channels, from history as it is now."""

    def __init__(
        self,
        analytical: Answering,
        *,
        currency: str = "EUR",
        rates: Mapping[str, Decimal] | None = None,
        credit_parts: CreditParts | None = None,
        effects: EffectParts | None = None,
    ) -> None:
        """Take the analytical port.

        currency: in which the company reports; rates: units of it for one unit of another.
        credit_parts, effects: what other rooms found; without them the metrics that rest on them are not told.
        """
        self._analytical = analytical
        self._currency = currency
        self._rates = rates or {}
        self._credit_parts = credit_parts
        self._effects = effects

    @property
    def registry(self) -> Registry:
        """Every metric and every fact."""
        return registry()

    def card(
        self,
        *,
        by: str | Sequence[str] = "unit",
        period: str = "month",
        since: Micros | None = None,
        until: Micros | None = None,
        metrics: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        currency: str | None = None,
    ) -> Card:
        """Metrics side by side, each with its counts, its interval if it is a share, and the period before.

        by: unit, channel, country, several of them, or nothing for the company as a whole. period: day, week, month
        or all. since, until: microseconds, until excluded; of days, weeks and months every one that they touch is told
        whole. metrics: ids; None: all that can be told so. where: dimensions held to one value.
        currency: convert money into this one; None: a row for each currency.
        Raises MetricUnknown, NotToldBy, ScorecardAskedWrong and RateMissing.
        """
        asked = _asked(by, period, since, until, where or {})
        converting = Converting(currency, self._currency, self._rates) if currency else None
        wanted = self.registry.chosen(metrics)
        not_told = dict(self._untold(wanted, asked, must=metrics is not None))
        effects = self._effects_at(asked) if any(_is_effect(one) for one in wanted if one.id not in not_told) else {}
        if not effects:
            not_told |= {one.id: NOBODY_DRAWN for one in wanted if _is_effect(one) and one.id not in not_told}
        told = [metric for metric in wanted if metric.id not in not_told]
        sheet, statements = self._sheet(told, asked)
        used, left_out = set[str](), set[str]()
        if converting:
            sheet, used, left_out = sheet.converted(converting)
        time = self._time(asked)
        rows = rows_of(sheet, [metric for metric in told if not _is_effect(metric)], time)
        for metric in filter(_is_effect, told):
            rows += effect_rows(metric, effects, time)
        return Card(
            asked.by,
            asked.period,
            None if since is None else asked.since,
            None if until is None else asked.until,
            tuple(wanted),
            tuple(rows),
            currency,
            converting.told(used) if converting else {},
            tuple(sorted(left_out)),
            not_told,
            _counted(told, statements),
        )

    def measure(
        self,
        metric: str,
        where: Mapping[str, str] | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
        *,
        currency: str | None = None,
    ) -> Row:
        """One metric of one part of the company over one stretch of time, as a goal is measured.

        Money is told in one currency, the hub's unless told otherwise. Where nothing happened see `only_number`.
        Raises what `card` raises, and ScorecardAskedWrong for a metric that nothing tells of here.
        """
        wanted = self.registry.metric(metric)
        target = (currency or self._currency) if wanted.in_currency else None
        card = self.card(
            by=(), period="all", since=since, until=until, metrics=[metric], where=where, currency=target
        )  # fmt: skip
        return only_number(card)

    def known(self, dimension: str) -> list[str]:
        """The units, channels or countries that history tells of, by name."""
        names = {row[dimension] for row in self._ask(Statement(KNOWN, {}))}
        return sorted(name for name in names if name)

    # The sums

    def _untold(self, metrics: Iterable[Metric], asked: Asked, *, must: bool) -> Iterator[tuple[str, str]]:
        """Which of these metrics cannot be told as asked, and why; those that somebody named have to be."""
        for metric in metrics:
            wrong = metric.why_not_by(asked.by, asked.held, asked.period)
            if wrong and must:
                raise NotToldBy(metric=metric.id, asked=wrong[0], why=wrong[1])
            why = wrong[1] if wrong else self._why_not_given(metric, asked)
            if why:
                yield metric.id, why

    def _why_not_given(self, metric: Metric, asked: Asked) -> str | None:
        """Why a metric is not told although it could be told so; None when it is."""
        if _is_effect(metric):
            return NO_TEST if self._effects is None else None
        if metric.by_period_before and asked.period == "all" and not asked.has_before:
            return _WHOLE_TIME if asked.since == FIRST else _OPEN_TIME
        if any(fact.given for fact in metric.facts):
            return self._why_no_credit(asked)
        return None

    def _why_no_credit(self, asked: Asked) -> str | None:
        if self._credit_parts is None:
            return "as there is no credit ledger here"
        if not (_begins_a_month(asked.since) and _begins_a_month(asked.until)):
            return "as the credit ledger is told by whole months"
        return None

    def _sheet(self, metrics: Sequence[Metric], asked: Asked) -> tuple[Sheet, dict[str, Statement]]:
        """The sums of every fact that these metrics need, and the statements that told them."""
        sheet, last_at = Sheet(), self._told()[1]
        facts = {fact.name: fact for metric in metrics for fact in metric.facts}
        statements = {
            name: statement_of(fact, [one for one in metrics if fact in one.facts], asked, last_at)
            for name, fact in facts.items()
            if not fact.given
        }
        for name, one in statements.items():
            sheet.add(name, self._ask(one))
        if facts.keys() & {"helps", "credit"} and self._credit_parts is not None:
            sheet.add_credit(self._credit_at(self._credit_parts(), asked))
        return sheet, statements

    def _credit_at(self, parts: Iterable[CreditPart], asked: Asked) -> Iterator[tuple[Place, CreditPart]]:
        """What the ledger says, at the places of the card."""
        by_channel = "channel" in (*asked.by, *asked.held)
        channels = self._channels() if by_channel else {}
        for one in parts:
            where = {"unit": one.unit, "channel": channels.get(one.unit, "")}
            at = start_of("month", month_number(one.month))
            elsewhere = any(where[name] != value for name, value in asked.held.items())
            if elsewhere or not asked.from_before <= at < asked.until:
                continue
            number = month_number(one.month) if asked.period == "month" else int(at >= asked.since)
            yield Place((where["unit"] if "unit" in asked.by else None,
                         where["channel"] if "channel" in asked.by else None, None), number), one  # fmt: skip

    def _effects_at(self, asked: Asked) -> dict[tuple[Place, str], Counts]:
        """What tests found, at the places of the card."""
        parts = self._effects(bool(asked.by or asked.held)) if self._effects is not None else ()
        return placed(parts, asked)

    def _channels(self) -> dict[str, str]:
        """The channel of each unit; a depot has none."""
        return {row["unit"]: row["channel"] for row in self._ask(Statement(UNITS, {}))}

    def _time(self, asked: Asked) -> Time:
        """How the periods of a card are numbered, and from which on history knows all of one.

        The day that history begins on counts as known: who opens in the morning has nothing to tell of the night.
        """
        first_at, last_at = self._told()
        known_at = start_of("day", number_of("day", first_at))
        if asked.period == "all":
            known_from = 0 if asked.has_before and known_at <= asked.from_before else 1
            return Time("all", 1, known_from, 2 if asked.until == LAST or asked.until <= last_at else 1)
        known_from = number_of(asked.period, known_at) + (not begins_one(asked.period, known_at))
        first = number_of(asked.period, asked.since)
        return Time(asked.period, first, known_from, number_of(asked.period, last_at + 1))

    def _told(self) -> tuple[Micros, Micros]:
        """The first and the last moment that history tells of."""
        row = self._ask(Statement(TOLD, {}))[0]
        return row["first_at"] or 0, row["last_at"] or 0

    def _ask(self, asked: Statement) -> list[dict[str, Any]]:
        return self._analytical.ask(asked.sql, asked.parameters).to_pylist()

    # Sales by channel

    def sales_by_channel(
        self, *, by_month: bool = False, since: Micros = FIRST, until: Micros = LAST
    ) -> list[ChannelSales]:
        """Orders and revenue of each channel in each currency, the largest revenue first, months in order.

        since, until: only orders first told then, in microseconds.
        """
        question = QUESTIONS["sales_by_channel"]
        values = {"order_words": ORDER_WORDS, "by_month": by_month, "since": since, "until": until}
        rows = self._analytical.ask(question.sql, question.parameters(values)).to_pylist()
        totals: Counter[tuple[str | None, str | None]] = Counter()
        for row in rows:
            totals[row["month"], row["currency"]] += row["revenue_minor"]
        return [_sales(row, totals[row["month"], row["currency"]]) for row in rows]

    def counted(self, question: str, **asked: Any) -> dict[str, Any]:
        """How a question is counted: `words`, `sql` and `parameters`. Raises NotFound for a name that is none."""
        if question not in QUESTIONS:
            raise NotFound(what="question", name=question)
        values = {"order_words": ORDER_WORDS, "by_month": False, "since": FIRST, "until": LAST} | asked
        return QUESTIONS[question].counted(values, {"order_words": " or ".join(ORDER_WORDS)})


def only_number(card: Card) -> Row:
    """The one number of a card of one metric, of one part and all of a time. Raises ScorecardAskedWrong when not told.

    Where nothing happened a count, minutes and money are 0, unless money was left out for want of a rate; a share or an
    average of nothing is None.
    """
    (metric,) = card.metrics
    if _is_effect(metric):
        raise ScorecardAskedWrong(why=f"{metric.id} is told of each programme, and is no one number")
    if metric.id in card.not_told:
        raise ScorecardAskedWrong(why=f"{metric.id} is not told, {card.not_told[metric.id]}")
    if card.rows:
        (row,) = card.rows
        return row
    nothing = 0 if metric.denominator is None and not card.without_rate else None
    return Row(
        metric.id, None, None, None, None, card.currency, nothing, nothing, None, None, None, None, None, is_over=True
    )  # fmt: skip


def _is_effect(metric: Metric) -> bool:
    return any(fact.name == "effects" for fact in metric.facts)


def _asked(
    by: str | Sequence[str], period: str, since: Micros | None, until: Micros | None, where: Mapping[str, str]
) -> Asked:
    """What is asked, checked, in whole periods. Raises ScorecardAskedWrong."""
    named = [by] if isinstance(by, str) else list(by)
    for name in (*named, *where):
        if name not in DIMENSIONS:
            raise ScorecardAskedWrong(why=f"{name} is no dimension; there are {', '.join(DIMENSIONS)}")
    if period not in PERIODS:
        raise ScorecardAskedWrong(why=f"{period} is no period; there are {', '.join(PERIODS)}")
    start, end = FIRST if since is None else since, LAST if until is None else until
    if start >= end:
        raise ScorecardAskedWrong(why="it ends before it begins")
    if period == "all":
        before = _as_long_before(start, end) if since is not None and until is not None else start
        return Asked(tuple(dict.fromkeys(named)), period, start, end, before, where)
    before = start
    if since is not None:
        # Who came back in the period before the first is told of the customers of the one before that.
        start, before = (start_of(period, number_of(period, since) - back) for back in (0, 2))
    if until is not None:
        end = start_of(period, number_of(period, until - 1) + 1)
    return Asked(tuple(dict.fromkeys(named)), period, start, end, before, where)


def _as_long_before(start: Micros, end: Micros) -> Micros:
    """Where the stretch before one begins: as many months before whole months, as many days and hours before others."""
    if not (begins_one("month", start) and begins_one("month", end)):
        return start - (end - start)
    months = number_of("month", end) - number_of("month", start)
    return start_of("month", number_of("month", start) - months)


def _begins_a_month(at: Micros) -> bool:
    return at in (FIRST, LAST) or begins_one("month", at)


def _counted(metrics: Iterable[Metric], statements: Mapping[str, Statement]) -> dict[str, Any]:
    """How every number of a card came about: each metric in words and as a formula, each fact with its statement."""
    told = {metric.id: metric.as_dict() for metric in metrics}
    return {
        "metrics": {
            name: {key: one[key] for key in ("words", "formula", "grain", "time", "credit", "interval")}
            for name, one in told.items()
        },
        "facts": {name: {"sql": one.sql, "parameters": dict(one.parameters)} for name, one in statements.items()},
    }


def _sales(row: dict[str, Any], total_minor: int) -> ChannelSales:
    priced = row["currency"] is not None
    return ChannelSales(
        **row,
        average_basket_minor=average_minor(row["revenue_minor"], row["orders"]) if priced else None,
        share=row["revenue_minor"] / total_minor if priced and total_minor > 0 else None,
    )
