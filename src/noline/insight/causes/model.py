"""What is asked about causes, and what comes back, in values that explain themselves.

Everything here is about one table: a row for each person, what became of them, and what is known of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from noline.kernel.errors import NotReadable, Refused
from noline.kernel.shares import Difference, Share
from noline.stores.walks.store import Named

Flags = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
Method = Literal["control", "doubly_robust"]
Among = Literal["everybody", "treated"]

ASSOCIATION = "association"
CONTROL = "causal: control group"
DOUBLY_ROBUST = "causal if nothing unmeasured differs"

LEAST_OVERLAP = 0.8
COMPARABLE = (0.1, 0.9)
"""Chances of being treated between which a person has comparable others in both groups."""


class CasesWrong(NotReadable):
    """A table of cases that contradicts itself."""

    code = "causes.cases_wrong"
    sentence = "These cases cannot be searched: {why}."
    hint = "Give a row for each person, the same number of rows in every column, and finite numbers."


class NoTreatment(NotReadable):
    """An effect is asked for and nothing says who was treated."""

    code = "causes.no_treatment"
    sentence = "Nothing says which of these {persons} persons were treated."
    hint = "Name the treatment; without one only associations can be told."


class TooFewTreated(Refused):
    """One of the groups is too small for a comparison."""

    code = "causes.too_few"
    sentence = "{treated} treated and {untreated} other persons are too few: {needed} are needed in each group."
    hint = "Wait until more is known, or adjust for less."


class OutcomeDecided(Refused):
    """In one of the groups it happened to all, or to none."""

    code = "causes.outcome_decided"
    sentence = "Of {persons} persons {group} {cases} are cases: where all or none are, no effect can be told."
    hint = "Look whether the outcome is part of what is asked about, such as a cart left for good; else wait for more."


class GroupsDiffer(Refused):
    """A control group that chance did not draw."""

    code = "causes.groups_differ"
    sentence = "This is no control group: in {name} it differs from the treated beyond chance (p = {p:.2g})."
    hint = "Find out how the group was drawn; what was not drawn by chance is compared with method doubly_robust."


class OverlapTooSmall(Refused):
    """Most of the treated have no comparable untreated person, or the other way round."""

    code = "causes.overlap_too_small"
    sentence = (
        "Only {percent} % of {among} ({persons:,} persons) have comparable others; {needed_percent} % are needed."
    )
    hint = "Ask about a part of the persons where both happen, or try the remedy with a control group."


@dataclass(frozen=True, eq=False)
class Cases:
    """A row for each person.

    outcome: whether it happened to them. dims: what parts them, as numbers of names; "" where it was not told.
    covariates: numbers that may matter for the outcome. treated: whether they had what an effect is asked of.
    Raises CasesWrong.
    """

    outcome: Flags
    dims: Mapping[str, Named] = field(default_factory=dict)
    covariates: Mapping[str, Doubles] = field(default_factory=dict)
    treated: Flags | None = None

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        if why := _contradiction(self):
            raise CasesWrong(why=why)

    @classmethod
    def of(
        cls,
        outcome: Sequence[bool] | Flags,
        *,
        dims: Mapping[str, Sequence[object]] | None = None,
        covariates: Mapping[str, Sequence[float]] | None = None,
        treated: Sequence[bool] | Flags | None = None,
    ) -> "Cases":
        """Cases from columns of plain values, one for each person. Raises CasesWrong."""
        return cls(
            np.asarray(outcome, np.bool_),
            {name: _named(values) for name, values in (dims or {}).items()},
            {name: np.asarray(values, np.float64) for name, values in (covariates or {}).items()},
            None if treated is None else np.asarray(treated, np.bool_),
        )

    @property
    def persons(self) -> int:
        """How many rows there are."""
        return self.outcome.size


def _named(values: Sequence[object]) -> Named:
    texts = ["" if value is None else str(value) for value in values]
    names = {name: number for number, name in enumerate(dict.fromkeys(texts))}
    return Named(np.array([names[text] for text in texts], np.uint32), tuple(names))


def _contradiction(cases: Cases) -> str | None:
    columns: dict[str, npt.NDArray[Any]] = {name: part.codes for name, part in cases.dims.items()}
    columns |= cases.covariates
    if cases.treated is not None:
        columns["treated"] = cases.treated
    for name, column in columns.items():
        if column.shape != cases.outcome.shape or column.ndim != 1:
            return f"{name} has {column.size} rows, the outcome {cases.outcome.size}"
    for name, part in cases.dims.items():
        if part.codes.size and not 0 <= int(part.codes.min()) <= int(part.codes.max()) < len(part.names):
            return f"{name} has a number without a name"
    for name, column in cases.covariates.items():
        if not np.isfinite(column).all():
            return f"{name} is not told for everybody"
    return None


class Part(NamedTuple):
    """A value of a dimension; "" where it was not told."""

    dimension: str
    value: str


class Interval(NamedTuple):
    """The 95 % interval of a number; None where it cannot be told."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of the persons to whom it happened more often than to all others, beyond chance: an association.

    where: the part, one value or two together. cases of its persons; rest_cases of rest_persons, all others.
    share, rest: their shares; lift: share / rest, None when it happened to none of the others.
    base_rate: the share among everybody. difference: share - rest.
    p: how likely so much of a difference is by chance. p_adjusted: the same, allowing for all parts that were compared
        (at most p_adjusted of the findings with as small a one are chance alone).
    excess_cases: how many would not have happened at the rate of the others; contribution: this part of all cases.
        Their intervals draw persons anew. Parts overlap, so contributions do not add up to 1.
    because_of: the smaller part, or the stronger one, without which nothing is left of this finding; empty for a
        finding that stands for itself.
    """

    where: tuple[Part, ...]
    cases: int
    persons: int
    share: Share
    rest_cases: int
    rest_persons: int
    rest: Share
    lift: float | None
    base_rate: float
    difference: Difference
    p: float
    p_adjusted: float
    excess_cases: float
    excess_interval: Interval
    contribution: float
    contribution_interval: Interval
    because_of: tuple[Part, ...] = ()
    label: str = ASSOCIATION

    @property
    def words(self) -> str:
        """The part as a reader says it."""
        return " × ".join(f"{one.dimension} {one.value or '(not told)'}" for one in self.where)

    def as_dict(self) -> dict[str, Any]:
        """The finding as data."""
        return {
            "where": [one._asdict() for one in self.where],
            "words": self.words,
            "cases": self.cases,
            "persons": self.persons,
            **_flat("share", self.share),
            "rest_cases": self.rest_cases,
            "rest_persons": self.rest_persons,
            **_flat("rest", self.rest),
            "lift": self.lift,
            "base_rate": self.base_rate,
            **_flat("difference", self.difference),
            "p": self.p,
            "p_adjusted": self.p_adjusted,
            "excess_cases": self.excess_cases,
            "excess_cases_low": self.excess_interval.low,
            "excess_cases_high": self.excess_interval.high,
            "contribution": self.contribution,
            "contribution_low": self.contribution_interval.low,
            "contribution_high": self.contribution_interval.high,
            "because_of": [one._asdict() for one in self.because_of],
            "label": self.label,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """What a search through all parts found.

    findings: those that stand for themselves first, by how many cases they explain; then those that another explains.
    compared: how many parts were compared. cases of persons: everybody; base: their share.
    """

    findings: tuple[Finding, ...]
    compared: int
    cases: int
    persons: int
    base: Share

    def as_dict(self) -> dict[str, Any]:
        """The search as data."""
        return {
            "findings": [one.as_dict() for one in self.findings],
            "compared": self.compared,
            "cases": self.cases,
            "persons": self.persons,
            **_flat("base", self.base),
            "label": ASSOCIATION,
        }


@dataclass(frozen=True, slots=True)
class Effect:
    """By how much a treatment changed a share.

    among: whose effect it is. value: the share if all of them were treated less the share if none of them were, with
        its 95 % interval low to high.
    treated_cases of treated persons, untreated_cases of untreated persons: as counted; naive: their plain difference.
    overlap: the part of them that has comparable others: of everybody those whose chance of being treated, as far as
        what is known tells, lies from 0.1 to 0.9, of the treated those whose chance is at most 0.9; None with a
        control group. adjusted_for: what was allowed for.
    hidden_needed: how many times as likely an unmeasured thing would have to make both the treatment and the outcome,
        to explain all of the effect away down to the end of its interval; 1 when the interval holds 0; None with a
        control group.
    too_few: one of the groups has fewer than 30 persons, or fewer than 5 cases, or fewer than 5 others.
    """

    method: Method
    label: str
    among: Among
    persons: int
    treated: int
    treated_cases: int
    untreated: int
    untreated_cases: int
    naive: Difference
    value: float
    low: float
    high: float
    standard_error: float | None
    overlap: float | None
    adjusted_for: tuple[str, ...]
    hidden_needed: float | None
    too_few: bool

    def as_dict(self) -> dict[str, Any]:
        """The effect as data."""
        fields = asdict(self)
        del fields["naive"]
        return {**fields, "adjusted_for": list(self.adjusted_for), **_flat("naive", self.naive)}


def _flat(name: str, told: Share | Difference) -> dict[str, Any]:
    """A share or a difference as `name`, `name_low`, `name_high`, and `name_too_few` when it is known."""
    found: dict[str, Any] = {name: told.value, f"{name}_low": told.low, f"{name}_high": told.high}
    if isinstance(told, Share):
        found[f"{name}_too_few"] = told.too_few
    return found
