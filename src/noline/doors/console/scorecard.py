"""The scorecard: numbers under the names of store people or of digital people, by channel, unit or country."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from noline.doors.console import wording
from noline.doors.console.credit import Choice
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.goals import Goal, goals_of
from noline.doors.console.periods import Period
from noline.doors.console.scorecard_cells import Cell, cell_of
from noline.doors.console.wording import Row

BY = {"channel": "Channels", "unit": "Stores and channels", "country": "Countries"}
WORDS = {"store": "store people", "digital": "digital people"}
STATUSES = ("on track", "at risk", "off track", "reached", "missed")
TARGET_UNITS = ("count", "%", "minutes", "ratio")
"""What a target can be told in, beside a currency."""

_OF_THE_WHOLE = "not told where"


@dataclass(frozen=True, slots=True)
class Looking:
    """What an address asks. words: in whose words; currency: into which money is converted, "" for none."""

    period: Period
    by: str = "channel"
    words: str = "store"
    currency: str = ""

    def path(self, **more: str) -> str:
        """The address of the same with something changed."""
        told = {"period": self.period.name, "by": self.by, "words": self.words, "currency": self.currency} | more
        return f"/scorecard?{urlencode({name: value for name, value in told.items() if value})}"


@dataclass(frozen=True, slots=True)
class Metric:
    """One line: a number under its two names, with a cell for each column; None where the column has none."""

    id: str
    name: str
    other_name: str
    currency: str
    counted: str
    goals: tuple[Goal, ...]
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class ScorecardPage:
    """The page. fields: what can be chosen, as name, words and choices. left_out: numbers not told, and why."""

    headline: str
    title: str
    columns: tuple[str, ...]
    metrics: tuple[Metric, ...]
    words: tuple[Choice, ...]
    words_below: str
    fields: tuple[tuple[str, str, tuple[Choice, ...]], ...]
    left_out: tuple[tuple[str, str], ...]
    goals: tuple[Goal, ...]
    statuses: tuple[str, ...]
    metric_choices: tuple[Choice, ...]
    target_units: tuple[str, ...]
    back: str
    said: str
    refused: str
    hint: str
    counted: Mapping[str, Counted]


def scorecard(
    *,
    card: Row,
    metrics: Sequence[Row],
    goals: Sequence[Row] = (),
    check_ins: Mapping[str, Sequence[Row]] | None = None,
    months: Iterable[Period] = (),
    currencies: Sequence[str] = (),
    looking: Looking,
    said: str = "",
    refused: str = "",
    hint: str = "",
) -> ScorecardPage:
    """The page of the scorecard.

    card: `answers.scorecard.card`. metrics: all there are. goals: `answers.aims.goals` as they stand now; check_ins: of
    each goal. currencies: into which money can be converted.
    """
    told = goals_of(goals, check_ins or {})
    names = {row["id"]: row[looking.words] for row in metrics}
    columns = _columns(card["rows"], looking.by)
    places = {row["unit"]: row["name"] for row in card["rows"] if row["unit"] and row["name"]}
    lines = tuple(_lines(card, columns, looking, told))
    target_units = (*TARGET_UNITS, *sorted({row["currency"] for row in card["rows"] if row["currency"]}))
    return ScorecardPage(
        headline=_headline(told),
        title=f"{BY[looking.by]}, {looking.period.words}",
        columns=tuple(_called(name, looking.by, places) for name in columns),
        metrics=lines,
        words=tuple(Choice(one, words, one == looking.words, looking.path(words=one)) for one, words in WORDS.items()),
        words_below=_words_below(card),
        fields=_fields(looking, months, currencies),
        left_out=tuple((names.get(name, name), wording.title(why)) for name, why in card["not_told"].items()),
        goals=tuple(replace(one, metric_name=names.get(one.metric, one.metric)) for one in told),
        statuses=STATUSES,
        metric_choices=tuple(Choice(row["id"], wording.title(row[looking.words]), chosen=False) for row in metrics),
        target_units=target_units,
        back=looking.path(),
        said=said,
        refused=refused,
        hint=hint,
        counted=counted_of(_explained(card, names)),
    )


def _headline(goals: Sequence[Goal]) -> str:
    told = [one for one in goals if one.met is not None]
    if not goals:
        return "One set of numbers for stores and channels alike, in the words of either."
    if not told:
        return "One set of numbers for stores and channels alike; no goal can be compared yet."
    met = sum(one.met is True for one in told)
    return f"{met} of {wording.plural(len(told), 'goal', 'goals')} {'is' if met == 1 else 'are'} reached as of now."


def _columns(rows: Sequence[Row], by: str) -> list[str]:
    """The parts of a card, that with the most orders first."""
    orders = {row[by] or "": row["value"] or 0 for row in rows if row["metric"] == "orders"}
    return sorted({row[by] or "" for row in rows}, key=lambda name: (not name, -orders.get(name, 0), name))


def _called(name: str, by: str, places: Mapping[str, str]) -> str:
    if not name:
        return wording.title(_OF_THE_WHOLE)
    place = places.get(name, name)
    return place if by == "country" or place != name else wording.title(wording.channel(name))


def _lines(card: Row, columns: Sequence[str], looking: Looking, goals: Sequence[Goal]) -> Iterable[Metric]:
    """A line for each metric; for money one for each currency, for effects one for each programme."""
    other = "digital" if looking.words == "store" else "store"
    for metric in card["metrics"]:
        rows = [row for row in card["rows"] if row["metric"] == metric["id"]]
        for currency, programme in sorted({(row["currency"] or "", row["programme"] or "") for row in rows}):
            mine = [row for row in rows if (row["currency"] or "", row["programme"] or "") == (currency, programme)]
            by_column = {row[looking.by] or "": row for row in mine}
            yield Metric(
                id=metric["id"],
                name=wording.title(metric[looking.words]) + (f": {programme}" if programme else ""),
                other_name=metric[other],
                currency=currency,
                counted=f"metric-{metric['id']}",
                goals=tuple(one for one in goals if one.metric == metric["id"]),
                cells=tuple(cell_of(by_column[one], metric) if one in by_column else None for one in columns),
            )


def _fields(
    looking: Looking, months: Iterable[Period], currencies: Sequence[str]
) -> tuple[tuple[str, str, tuple[Choice, ...]], ...]:
    offered = {one.name: one for one in (*months, looking.period)}
    periods = [Choice(one.name, wording.title(one.words), one.name == looking.period.name) for one in offered.values()]
    parts = [Choice(one, words, one == looking.by) for one, words in BY.items()]
    money = [Choice("", "each in its own", not looking.currency)]
    money += [Choice(one, f"all in {one}", one == looking.currency) for one in currencies]
    kept = (Choice(looking.words, "", chosen=True),)
    return (
        ("period", "Period", tuple(periods)),
        ("by", "Side by side", tuple(parts)),
        ("currency", "Money", tuple(money)),
        ("words", "", kept),
    )


def _words_below(card: Row) -> str:
    """What the numbers are compared with, and what was converted."""
    compared = (
        "Below each number is what it was counted from, and of shares the 95 % interval. The change is against the "
        "period before; it is coloured only where it is more than chance: outside the interval of a share, or more "
        "than a count scatters."
    )
    told = [compared]
    if card["rates"]:
        rates = ", ".join(f"1 {name} = {rate} {card['currency']}" for name, rate in card["rates"].items())
        told.append(f"Money is converted: {rates}.")
    if card["without_rate"]:
        told.append(f"Without a rate and left out: {', '.join(card['without_rate'])}.")
    return " ".join(told)


def _explained(card: Row, names: Mapping[str, str]) -> dict[str, Row]:
    """How each metric was counted, as the pages explain it."""
    facts = card["counted"]["facts"]
    return {
        f"metric-{name}": {
            "heading": names.get(name, name),
            "words": f"{one['words']}\n\nFormula: {one['formula']}. Counted to {one['credit']}.",
            "sql": "\n\n".join(facts[fact]["sql"].strip() for fact in one["grain"] if fact in facts),
            "parameters": {
                f"{fact}: one row is": f"{grain}; time: {one['time'][fact]}" for fact, grain in one["grain"].items()
            },
        }
        for name, one in card["counted"]["metrics"].items()
    }
