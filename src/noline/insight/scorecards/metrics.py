"""The registry of metrics: what is measured, under which two names, from which parts, at which grain.

A metric is a part, or a part over another. A part is a column of whole numbers of one fact and can be added over the
rows of that fact; whatever is not additive (a share, an average) is worked out after the adding.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from noline.kernel.errors import NotReadable

HERE = Path(__file__).parent

DIMENSIONS = ("unit", "channel", "country")
"""What a card can be told by, besides time; they mean the same in every fact."""

PERIODS = ("day", "week", "month", "all")
"""The stretches of time of a card, UTC; a week begins on Monday."""

Measured = Literal["count", "share", "money", "minutes", "ratio"]


class MetricUnknown(NotReadable):
    """No metric bears that name."""

    code = "scorecard.metric_unknown"
    sentence = "No metric is called {name!r}. The nearest is {nearest!r}."
    hint = "`noline metrics list` has them all."


class NotToldBy(NotReadable):
    """A metric was asked by something that its fact does not know."""

    code = "scorecard.not_told_by"
    sentence = "{metric} cannot be told by {asked}: {why}."
    hint = "Ask it by what the sentence names, or leave it out; `noline metrics show ID` says what it is made of."


@dataclass(frozen=True, slots=True)
class Fact:
    """Where parts come from. One row of it is its grain; it can be added by its dimensions and periods and no others.

    needs: dimensions without which its parts cannot be added. in_currency: some of its parts are money.
    given: it comes from outside this room, not from a statement over history. whose: of whom alone it knows.
    words: lists of words of the log that its statement rests on, by the name they have there.
    """

    name: str
    grain: str
    dimensions: tuple[str, ...]
    periods: tuple[str, ...]
    time: str
    parts: tuple[str, ...]
    needs: tuple[str, ...] = ()
    in_currency: bool = False
    given: bool = False
    whose: str | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is measured alike everywhere.

    store, digital: its name in the mouth of store people and of digital people.
    unit: count and minutes are whole numbers; money is whole minor units of one currency; share lies between 0 and 1.
    numerator, denominator: parts, as FACT.PART; no denominator: the number is the part itself.
    more_is_better: False where less is; None where neither can be said.
    interval: of a share, whom its 95 % interval takes as independent: people, each counted once (`persons`), or cases
    that cluster by person (`clustered`).
    """

    id: str
    store: str
    digital: str
    unit: Measured
    numerator: str
    denominator: str | None
    more_is_better: bool | None
    interval: Literal["persons", "clustered"] | None
    credit: str
    words: str
    facts: tuple[Fact, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What it can be told by: what all of its facts know."""
        return tuple(name for name in DIMENSIONS if all(name in fact.dimensions for fact in self.facts))

    @property
    def periods(self) -> tuple[str, ...]:
        """The stretches of time it can be told by."""
        return tuple(name for name in PERIODS if all(name in fact.periods for fact in self.facts))

    @property
    def needs(self) -> tuple[str, ...]:
        """The dimensions that have to be asked by, or held to one value."""
        return tuple(name for name in DIMENSIONS if any(name in fact.needs for fact in self.facts))

    @property
    def whose(self) -> str | None:
        """Of whom alone it tells, such as known people; None: of everybody."""
        return next((fact.whose for fact in self.facts if fact.whose), None)

    @property
    def by_period_before(self) -> bool:
        """Whether it tells of one period who was there in the one before it."""
        return any(fact.name == "customers" for fact in self.facts)

    @property
    def in_currency(self) -> bool:
        """Whether it is money, told in one row for each currency."""
        return self.unit == "money"

    def as_dict(self) -> dict[str, Any]:
        """The metric as data, with its formula and grains."""
        told = asdict(self)
        told.pop("facts")
        formula = self.numerator if self.denominator is None else f"{self.numerator} / {self.denominator}"
        return told | {
            "formula": formula,
            "grain": {fact.name: fact.grain for fact in self.facts},
            "time": {fact.name: fact.time for fact in self.facts},
            "dimensions": list(self.dimensions),
            "periods": list(self.periods),
            "needs": list(self.needs),
            "whose": self.whose,
        }

    def why_not_by(self, by: Iterable[str], held: Iterable[str], period: str) -> tuple[str, str] | None:
        """What of this it cannot be told by, and why; None when it can."""
        asked = [*by, *held]
        lacking = [name for name in asked if name not in self.dimensions]
        if lacking:
            return lacking[0], f"{self._fact_without(lacking[0]).grain} is told by {_listed(self.dimensions)} only"
        if period not in self.periods:
            return period, f"it is told by {_listed(self.periods)} only"
        missing = [name for name in self.needs if name not in asked]
        if missing:
            return _listed(by) or "the whole", f"it can only be told by {_listed(missing)}, as its parts overlap"
        return None

    def _fact_without(self, dimension: str) -> Fact:
        return next(fact for fact in self.facts if dimension not in fact.dimensions)


@dataclass(frozen=True, slots=True)
class Registry:
    """Every fact and every metric, in the order of the file."""

    facts: Mapping[str, Fact]
    metrics: Mapping[str, Metric]

    def metric(self, name: str) -> Metric:
        """The metric of a name. Raises MetricUnknown."""
        if name not in self.metrics:
            nearest = difflib.get_close_matches(name, self.metrics, n=1, cutoff=0) or list(self.metrics)
            raise MetricUnknown(name=name, nearest=nearest[0])
        return self.metrics[name]

    def chosen(self, names: Sequence[str] | None) -> list[Metric]:
        """The metrics of these names, each once, or all of them. Raises MetricUnknown."""
        return [self.metric(name) for name in dict.fromkeys(self.metrics if names is None else names)]


@cache
def registry() -> Registry:
    """The registry of this room."""
    told = tomllib.loads((HERE / "metrics.toml").read_text("utf-8"))
    facts = {name: _fact(name, one) for name, one in told["facts"].items()}
    return Registry(facts, {name: _metric(name, one, facts) for name, one in told["metrics"].items()})


def _fact(name: str, told: Mapping[str, Any]) -> Fact:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    values["words"] = {key: tuple(words) for key, words in told.get("words", {}).items()}
    return Fact(name=name, **values)


def _metric(name: str, told: Mapping[str, Any], facts: Mapping[str, Fact]) -> Metric:
    denominator = told.get("denominator")
    used = [part.partition(".")[0] for part in (told["numerator"], denominator) if part]
    share = told["unit"] == "share"
    return Metric(
        id=name,
        store=told["store"],
        digital=told["digital"],
        unit=told["unit"],
        numerator=told["numerator"],
        denominator=denominator,
        more_is_better=_BETTER[told.get("better", "more")],
        interval=told.get("interval", "clustered") if share else None,
        credit=told["credit"],
        words=told["words"],
        facts=tuple(facts[fact] for fact in dict.fromkeys(used)),
    )


_BETTER = {"more": True, "less": False, "neither": None}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
