"""What a treatment changed: beside a control group, or, with care, without one.

A treatment is anything that some persons had and others had not: a remedy, or a friction.
"""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from noline.insight.causes.logistic import Fitted, fitted
from noline.insight.causes.model import (
    COMPARABLE,
    CONTROL,
    DOUBLY_ROBUST,
    LEAST_OVERLAP,
    Among,
    Cases,
    Doubles,
    Effect,
    Flags,
    GroupsDiffer,
    NoTreatment,
    OutcomeDecided,
    OverlapTooSmall,
    TooFewTreated,
)
from noline.kernel.shares import FEWEST_CASES, FEWEST_PERSONS, Z_95, Difference, adjusted, difference

MOST_PERSONS = 200_000
"""Of more persons so many, drawn by chance, are asked; the interval is then that of those."""

MOST_LEVELS = 40
"""Of a dimension so many of the most frequent values are allowed for; the rest counts as one."""

PERSONS_A_COLUMN = 10
"""Each group needs so many persons for each column that is allowed for."""

_NOT_BY_CHANCE = 0.001
_FARTHEST = 0.01
"""Chances of being treated nearer to 0 or 1 than this count as this: one person must not count for a hundred."""

_SEED = 13


def by_control(cases: Cases) -> Effect:
    """The difference to a control group that chance drew. Raises NoTreatment, TooFewTreated, GroupsDiffer."""
    treated = _treated(cases)
    found = _Arms.of(cases.outcome, treated)
    _enough(found, FEWEST_PERSONS)
    names, columns = _columns(cases)
    _alike(names, columns, treated)
    gap = found.difference
    if gap.value is None or gap.low is None or gap.high is None:
        raise TooFewTreated(treated=found.treated, untreated=found.untreated, needed=FEWEST_PERSONS)
    return Effect(
        method="control",
        label=CONTROL,
        among="everybody",
        persons=cases.persons,
        **found.as_counted(),
        naive=gap,
        value=gap.value,
        low=gap.low,
        high=gap.high,
        standard_error=None,
        overlap=None,
        adjusted_for=(),
        hidden_needed=None,
        too_few=found.too_few,
    )


def doubly_robust(cases: Cases, among: Among = "everybody") -> Effect:
    """The effect where chance did not decide who was treated, allowing for what is known of the persons.

    among: whose effect; `treated` asks what became of those by having been treated.
    Augmented inverse probability weighting: J. Robins, A. Rotnitzky, L. Zhao, 1994; H. Bang, J. Robins, 2005. Its
    standard error is that of the influence function with those of the models in it (L. Stefanski, D. Boos, The
    Calculus of M-Estimation, 2002), so that it holds too when only one of the models is right.
    Raises NoTreatment, TooFewTreated, OutcomeDecided, OverlapTooSmall.
    """
    chosen = _some(cases)
    treated, outcome = _treated(cases)[chosen], cases.outcome[chosen]
    found = _Arms.of(outcome, treated)
    _enough(found, FEWEST_PERSONS)
    _open(found)
    names, told = _columns(cases)
    columns = _standardised(told[chosen])
    _enough(found, PERSONS_A_COLUMN * columns.shape[1])
    chance = fitted(columns, treated, np.ones(treated.size, np.bool_))
    overlap = overlapping(chance.values, treated, among)
    if overlap < LEAST_OVERLAP:
        whom, persons = ("the treated", found.treated) if among == "treated" else ("everybody", treated.size)
        needed = round(100 * LEAST_OVERLAP)
        # Rounded it must not look like enough.
        percent = {"percent": min(round(100 * overlap), needed - 1), "needed_percent": needed}
        raise OverlapTooSmall(overlap=overlap, among=whom, persons=persons, needed=LEAST_OVERLAP, **percent)
    value, error, share_without = _Augmented(columns, treated, outcome, chance).effect(among)
    low, high = value - Z_95 * error, value + Z_95 * error
    return Effect(
        method="doubly_robust",
        label=DOUBLY_ROBUST,
        among=among,
        persons=int(treated.size),
        **found.as_counted(),
        naive=found.difference,
        value=value,
        low=low,
        high=high,
        standard_error=error,
        overlap=overlap,
        adjusted_for=tuple(dict.fromkeys(names)),
        hidden_needed=_hidden_needed(share_without, value, low, high),
        too_few=found.too_few,
    )


def overlapping(chances: Doubles, treated: Flags, among: Among) -> float:
    """The part of the persons that has comparable others, by their chances of being treated.

    Of everybody: those with a chance from 0.1 to 0.9. Of the treated: those with a chance of at most 0.9; of persons
    like them at least one in ten was not treated, and it does no harm when hardly any was.
    """
    if among == "treated":
        return float((chances[treated] <= COMPARABLE[1]).mean())
    return float(((chances >= COMPARABLE[0]) & (chances <= COMPARABLE[1])).mean())


class _Arms(NamedTuple):
    """The two groups as counted."""

    treated_cases: int
    treated: int
    untreated_cases: int
    untreated: int

    @classmethod
    def of(cls, outcome: Flags, treated: Flags) -> "_Arms":
        return cls(
            int((outcome & treated).sum()), int(treated.sum()), int((outcome & ~treated).sum()), int((~treated).sum())
        )

    def as_counted(self) -> dict[str, int]:
        return self._asdict()

    @property
    def difference(self) -> Difference:
        return difference(*self)

    @property
    def too_few(self) -> bool:
        others = (self.treated - self.treated_cases, self.untreated - self.untreated_cases)
        return min(self.treated_cases, self.untreated_cases, *others) < FEWEST_CASES


def _treated(cases: Cases) -> Flags:
    if cases.treated is None:
        raise NoTreatment(persons=cases.persons)
    return cases.treated


def _enough(found: _Arms, needed: int) -> None:
    if min(found.treated, found.untreated) < needed:
        raise TooFewTreated(treated=found.treated, untreated=found.untreated, needed=needed)


def _open(found: _Arms) -> None:
    """Refuse groups in which all came to the same: mostly the outcome is part of the treatment."""
    groups = (
        ("with it", found.treated_cases, found.treated),
        ("without it", found.untreated_cases, found.untreated),
    )
    for group, cases, persons in groups:
        if cases in (0, persons):
            raise OutcomeDecided(group=group, cases=cases, persons=persons)


def _some(cases: Cases) -> Flags:
    """Everybody, or as many as are asked."""
    chosen = np.ones(cases.persons, np.bool_)
    if cases.persons > MOST_PERSONS:
        chosen[np.random.default_rng(_SEED).permutation(cases.persons)[MOST_PERSONS:]] = False
    return chosen


# What is allowed for


def _columns(cases: Cases) -> tuple[list[str], Doubles]:
    """Everything that is known of persons before, in numbers: the name of each column, and (persons, columns)."""
    names, columns = list(cases.covariates), [*cases.covariates.values()]
    for name, part in cases.dims.items():
        frequent = np.bincount(part.codes, minlength=len(part.names))
        order = np.argsort(-frequent, kind="stable")[:MOST_LEVELS]
        # One value is what the others are compared with; those of few persons count as it too.
        for level in order[1:][frequent[order[1:]] >= FEWEST_PERSONS]:
            names.append(name)
            columns.append((part.codes == level).astype(np.float64))
    told = np.stack(columns, axis=1) if columns else np.zeros((cases.persons, 0))
    return names, told


def _standardised(columns: Doubles) -> Doubles:
    """Columns of mean 0 and spread 1, those that tell nothing left out, behind a column of ones."""
    spread = columns.std(axis=0)
    kept = columns[:, spread > 0]
    centred = (kept - kept.mean(axis=0)) / spread[spread > 0]
    return np.concatenate([np.ones((len(columns), 1)), centred], axis=1)


def _alike(names: list[str], columns: Doubles, treated: Flags) -> None:
    """Refuse groups that differ in something known before, as groups that chance drew hardly ever do."""
    if not names:
        return
    here, there = columns[treated], columns[~treated]
    error = np.sqrt(here.var(axis=0) / len(here) + there.var(axis=0) / len(there))
    gap = np.abs(here.mean(axis=0) - there.mean(axis=0))
    z = np.divide(gap, error, out=np.where(gap > 0, np.inf, 0.0), where=error > 0)
    chances = adjusted([2 * NormalDist().cdf(-one) for one in z.tolist()])
    worst = min(range(len(names)), key=chances.__getitem__)
    if chances[worst] < _NOT_BY_CHANCE:
        raise GroupsDiffer(name=names[worst], p=chances[worst])


# Doubly robust


class _Augmented:
    """The models of a table, and what they say together."""

    def __init__(self, columns: Doubles, treated: Flags, outcome: Flags, chance: Fitted) -> None:
        self._columns = columns
        self._among = treated
        self._treated = treated.astype(np.float64)
        self._outcome = outcome.astype(np.float64)
        self._chance = chance
        self._without = fitted(columns, outcome, ~treated)
        self._missed = self._outcome - self._without.values

    def effect(self, among: Among) -> tuple[float, float, float]:
        """The effect, its standard error, and the share without the treatment."""
        return self._of_treated() if among == "treated" else self._of_everybody()

    def _of_everybody(self) -> tuple[float, float, float]:
        with_it = fitted(self._columns, self._outcome > 0, self._among)
        chance = np.clip(self._chance.values, _FARTHEST, 1 - _FARTHEST)
        to_all, to_none = self._treated / chance, (1 - self._treated) / (1 - chance)
        missed_with = self._outcome - with_it.values
        if_all = with_it.values + to_all * missed_with
        if_none = self._without.values + to_none * self._missed
        value = float((if_all - if_none).mean())
        # How the mean moves with each model's coefficients, times how the coefficients move with each person.
        by_chance = -(to_all * (1 - chance) * missed_with + to_none * chance * self._missed)
        influence = (
            if_all
            - if_none
            - value
            + self._chance.influence(by_chance)
            + with_it.influence((1 - to_all) * with_it.slope)
            + self._without.influence((to_none - 1) * self._without.slope)
        )
        return value, self._error(influence, models=3), float(if_none.mean())

    def _of_treated(self) -> tuple[float, float, float]:
        chance = np.clip(self._chance.values, _FARTHEST, 1 - _FARTHEST)
        like_treated = (1 - self._treated) * chance / (1 - chance)
        part = float(self._treated.mean())
        each = (self._treated - like_treated) * self._missed
        value = float(each.mean()) / part
        influence = (
            each
            - value * self._treated
            + self._chance.influence(-like_treated * self._missed)
            + self._without.influence((like_treated - self._treated) * self._without.slope)
        ) / part
        share_with = float(self._outcome[self._among].mean())
        return value, self._error(influence, models=2), share_with - value

    def _error(self, influence: Doubles, models: int) -> float:
        # The models were fitted to the same persons, who therefore look less different than they are.
        free = max(1, influence.size - models * self._columns.shape[1])
        return sqrt(float((influence**2).sum()) / influence.size / free)


def _hidden_needed(share_without: float, value: float, low: float, high: float) -> float:
    """The E-value of the end of an interval that is nearer to no effect; 1 when the interval holds 0.

    Source: T. VanderWeele, P. Ding, Sensitivity Analysis in Observational Research: Introducing the E-Value, 2017.
    """
    if low <= 0 <= high or share_without <= 0:
        return 1.0
    ratio = (share_without + (low if value > 0 else high)) / share_without
    if ratio <= 0:
        return float("inf")
    ratio = max(ratio, 1 / ratio)
    return ratio + sqrt(ratio * (ratio - 1))
