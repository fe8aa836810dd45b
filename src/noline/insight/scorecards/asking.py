"""From a fact and what is asked of it to one statement: the fact at its own grain first, then its sums.

No statement joins two facts. So an order with twenty lines and three returns is one order in every sum, and what two
facts say of one unit and month is laid side by side only after both were added up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noline.insight.scorecards.metrics import DIMENSIONS, Fact, Metric
from noline.insight.scorecards.periods import number_of
from noline.kernel.clock import Micros
from noline.stores.analytical import statement

_SQL = Path(__file__).parent / "sql"
_FACTS = _SQL / "facts"
_EACH = "unit, channel, country, period, person, alone"

FIRST: Micros = -(2**62)
LAST: Micros = 2**62
"""Where nobody said since when, or until when."""

TOLD = statement(_SQL / "told.sql")
UNITS = statement(_SQL / "units.sql")
KNOWN = statement(_SQL / "known.sql")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a card was asked by.

    since, until: microseconds, until excluded. from_before: from when on rows are read, for the periods before `since`.
    held: dimensions that were held to one value.
    """

    by: tuple[str, ...]
    period: str
    since: Micros
    until: Micros
    from_before: Micros
    held: Mapping[str, str]

    @property
    def has_before(self) -> bool:
        """Whether there is a stretch before the one that was asked for."""
        return self.from_before < self.since


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT with the values of its parameters."""

    sql: str
    parameters: Mapping[str, Any]


def fact_sql(fact: Fact) -> str:
    """The rows of a fact at its own grain; of customers the orders that they are seen in."""
    sql = statement(_FACTS / f"{fact.name}.sql")
    for name, words in fact.words.items():
        sql = sql.replace(f"/*{name}*/", ", ".join(f"'{word}'" for word in words))
    return sql


def statement_of(fact: Fact, metrics: Iterable[Metric], asked: Asked, last_at: Micros) -> Statement:
    """The sums of every part of a fact, by what was asked; of each share also how it lies on people.

    last_at: the last moment of history, in microseconds; nobody came back after it yet.
    """
    columns = _columns(fact)
    kept = statement(_SQL / "asked.sql").replace("/*fact*/", _indented(fact_sql(fact)))
    kept = kept.replace("/*dimensions*/", ", ".join(_dimension(name, fact, asked) for name in DIMENSIONS))
    kept = kept.replace("/*filters*/", " ".join(f"AND {_value(name)} = $in_{name}" for name in sorted(asked.held)))
    kept = kept.replace("/*columns*/", ", ".join(columns))
    return Statement(f"{kept.strip()}\n{_tail(fact, metrics)}", _parameters(asked) | _last_period(fact, asked, last_at))


def _tail(fact: Fact, metrics: Iterable[Metric]) -> str:
    if fact.name == "customers":
        return statement(_SQL / "came_back.sql")
    sums = ", ".join(f"sum({part}) AS {part}" for part in fact.parts)
    sets = f"({_EACH})"
    if fact.in_currency:
        # In all currencies together each person is one too, whatever they pay in.
        sets = f"GROUPING SETS (({_EACH}), ({_EACH}, currency))"
    totals = [f"CAST(sum({part}) AS BIGINT) AS {part}" for part in fact.parts]
    spreads = [line for metric in metrics for line in _spread(metric)]
    summed = statement(_SQL / "summed.sql").replace("/*sums*/", sums).replace("/*sets*/", sets)
    summed = summed.replace("/*currency*/", "currency" if fact.in_currency else "CAST(NULL AS VARCHAR)")
    summed = summed.replace("/*in_its_currency*/", "GROUPING(currency) = 0" if fact.in_currency else "false")
    return summed.replace("/*totals*/", ",\n    ".join([*totals, *spreads]))


def _spread(metric: Metric) -> list[str]:
    """How the cases of a share lie on people, as sums over them: what its interval follows from."""
    if metric.interval != "clustered" or metric.denominator is None:
        return []
    cases, whole = (name.partition(".")[2] for name in (metric.numerator, metric.denominator))
    return [
        f"CAST(sum({cases} * {cases}) AS BIGINT) AS {metric.id}_cases_squared",
        f"CAST(sum({cases} * {whole}) AS BIGINT) AS {metric.id}_cases_by_whole",
        f"CAST(sum({whole} * {whole}) AS BIGINT) AS {metric.id}_whole_squared",
        f"count(*) FILTER ({whole} > 0) AS {metric.id}_persons",
    ]


def _columns(fact: Fact) -> list[str]:
    """What is taken on from the rows of a fact: its parts, and the currency where it has one."""
    if fact.name == "customers":
        return ["currency"]
    return [*fact.parts, "currency" if fact.in_currency else "CAST(NULL AS VARCHAR) AS currency"]


def _dimension(name: str, fact: Fact, asked: Asked) -> str:
    return f"{_value(name) if name in asked.by and name in fact.dimensions else 'CAST(NULL AS VARCHAR)'} AS {name}"


def _value(name: str) -> str:
    """A dimension, empty where nobody told it."""
    return f"coalesce({name}, '')"


def _parameters(asked: Asked) -> dict[str, Any]:
    times = {"period": asked.period, "since": asked.since, "until": asked.until, "from_before": asked.from_before}
    return times | {f"in_{name}": value for name, value in asked.held.items()}


def _last_period(fact: Fact, asked: Asked, last_at: Micros) -> dict[str, Any]:
    """The number of the last period in which somebody can have come back; facts of no period before need none."""
    if fact.name != "customers":
        return {}
    last = min(last_at, asked.until - 1)
    return {"last_period": int(last >= asked.since) if asked.period == "all" else number_of(asked.period, last)}


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.strip().splitlines())
