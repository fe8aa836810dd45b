"""One pair in microseconds: the fitted model without the engine that fitted it.

Prepare each record once (`prepare`), then `score` any two of them; the weight is the one Splink gives the same pair.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from noline.insight.matching.checks import as_python, columns_of, measured_in
from noline.insight.matching.comparing import RARE
from noline.insight.matching.model import SCALE_BITS, Comparison, Level, Model, Reason, Score
from noline.insight.matching.support import SUPPORT_BITS, UNDECIDED_BITS, Says, counts, says, standing

Row = Mapping[str, Any]


class _Step(NamedTuple):
    """One level, ready to be asked, with its bits for the three stories."""

    holds: Callable[[Row, Row], bool]
    neutral: bool
    frequency: str | None
    m: float
    u: float
    h: float
    says: Says
    counts: bool
    """Its bits are support: it is more than a name."""
    reason: Reason
    """What is told of it where no frequency takes the place of u."""


class Scorer:
    """A model compiled to functions. Build with `from_model`."""

    def __init__(self, model: Model) -> None:
        """Compile a model."""
        self.model = model
        self._comparisons = tuple((one.personal, _steps(one)) for one in model.comparisons)
        self._measured = frozenset().union(*(measured_in(one.check) for c in model.comparisons for one in c.levels))
        self._columns = frozenset().union(*(columns_of(one.check) for c in model.comparisons for one in c.levels))
        self._frequent = tuple(sorted({one.frequency for c in model.comparisons for one in c.levels if one.frequency}))
        self._prior = math.log2(model.prior / (1 - model.prior))
        self._person = math.log2(model.prior)
        self._household = math.log2(model.household_prior) if model.household else -math.inf

    @classmethod
    def from_model(cls, data: Mapping[str, Any]) -> "Scorer":
        """The scorer of a model's data (as `Model.as_data` or its JSON gives it)."""
        return cls(Model.from_data(data))

    def prepare(self, row: Mapping[str, str | None]) -> dict[str, Any]:
        """A prepared record with the frequencies of its values, ready for any number of comparisons.

        A value that the table did not have is as rare as the rarest that it had.
        """
        made: dict[str, Any] = {"source": row.get("source")}
        for name in self._columns:
            value = self._rare(row, name) if name.startswith(RARE) else row.get(name)
            made[name] = value.encode() if value is not None and name in self._measured else value
        for name in self._frequent:
            value, told = row.get(name), row.get(f"tf_{name}")
            if value is not None:
                shares = self.model.frequencies[name]
                made[f"tf_{name}"] = float(told) if told is not None else shares.get(value, shares[""])
        return made

    def _rare(self, row: Mapping[str, Any], name: str) -> str | None:
        """The value when it is rare: told by the table, else whatever is not one of the common values."""
        if name in row:
            return row[name]
        column = name.removeprefix(RARE)
        value = row.get(column)
        return None if value in self.model.frequencies.get(column, {}) else value

    def score(self, one: Row, other: Row) -> Score:
        """Compare two records that `prepare` made."""
        m = u = h = 0.0
        support, told = 0.0, 0
        reasons: list[Reason] = []
        for personal, steps in self._comparisons:
            for step in steps:
                if step.holds(one, other):
                    break
            if step.neutral:
                continue
            m += step.m
            told |= step.says
            if step.frequency is None:
                support += step.reason.weight if step.counts else 0.0
                u += step.u
                h += step.h
                reasons.append(step.reason)
                continue
            by_chance = math.log2(max(one[step.frequency], other[step.frequency]))
            u += by_chance
            h += step.h + by_chance - step.u if personal else step.h
            support += step.m - by_chance if step.counts else 0.0
            reasons.append(Reason(step.reason.field, step.reason.words, step.m - by_chance))
        sources = _sources(one, other) if self.model.person_shift else ""
        free = not self.model.corroborated or (support >= SUPPORT_BITS and standing(Says(told)).supported)
        return self._told((m, u, h), sources, tuple(reasons), SCALE_BITS if free else UNDECIDED_BITS)

    def _told(self, bits: tuple[float, float, float], sources: str, reasons: tuple[Reason, ...], most: float) -> Score:
        m, u, h = bits
        person = self._person + self.model.person_shift.get(sources, 0.0) + m
        against = None
        rest = u
        if self.model.household:
            household = self._household + self.model.household_shift.get(sources, 0.0) + h
            against = max(-SCALE_BITS, min(SCALE_BITS, person - household))
            high, low = max(household, u), min(household, u)
            rest = high + math.log2(1 + 2 ** (low - high))
        whole = max(-SCALE_BITS, min(most, person - rest))
        return Score(self._prior + m - u, 1 / (1 + 2**-whole), against, reasons)


def _sources(one: Row, other: Row) -> str:
    first, second = sorted((one["source"] or "*", other["source"] or "*"))
    return f"{first}|{second}"


def _steps(comparison: Comparison) -> tuple[_Step, ...]:
    return tuple(_step(comparison, one) for one in comparison.levels)


def _step(comparison: Comparison, level: Level) -> _Step:
    m, u, h = (0.0, 0.0, 0.0) if level.neutral else (math.log2(level.m), math.log2(level.u), math.log2(level.h))
    return _Step(
        holds=as_python(level.check),
        neutral=level.neutral,
        frequency=f"tf_{level.frequency}" if level.frequency else None,
        m=m,
        u=u,
        h=h,
        says=says(comparison, level),
        counts=counts(comparison),
        reason=Reason(comparison.name, level.words, m - u),
    )
