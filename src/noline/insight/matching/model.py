"""What matching talks about: records, comparisons, the three stories of a pair, and a result.

A pair of records is told as one of three stories: **the same person**, **the same household but another person**, or
**strangers**. Everything here is plain data: it can be written as JSON and read again without the engine.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

SCALE_BITS = 40.0
"""No evidence is stronger than this many bits (2^40 is more pairs than any table of people has)."""


@dataclass(frozen=True)
class Check:
    """One question about two values, in words that both SQL and Python can ask.

    kind: `missing` (either side empty), `same`, `alike` (Jaro-Winkler at least `bound`), `edits` (Damerau-Levenshtein
    at most `bound`), `crossed` (left a is right b and the other way round), `crossed_alike` (the
    same, alike), `other_way` (left a is right b), `shared` (any of the columns equals any of
    the other side's), `initial` (one is the first letter of the other), `letter_of` (the first column is one
    letter, and stands in the other side's second), `other_script` (one is written in plain Latin letters, the other is
    not), `within` (whole numbers at most `bound` apart), `words` (Jaccard of words at least `bound`), `all`,
    `any`, `otherwise`.
    """

    kind: str
    columns: tuple[str, ...] = ()
    bound: float = 0.0
    parts: tuple["Check", ...] = ()


@dataclass(frozen=True)
class Level:
    """How far two values agree; `m` and `u` are the shares of such pairs among persons and among strangers.

    `h` is the share among pairs of one household. `frequency` names the column whose own frequency in the table takes
    the place of `u` where the values are equal. `neutral` levels say nothing.
    """

    words: str
    check: Check
    frequency: str | None = None
    neutral: bool = False
    seldom: bool = False
    """Values of a few records only: how often strangers share one cannot be read from its frequency, it is learnt."""
    m: float = 0.0
    u: float = 0.0
    h: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """One property of people, compared in levels; the first level whose check holds is the one."""

    name: str
    levels: tuple[Level, ...]
    personal: bool
    """Members of a household differ in it as strangers do (given name, birth date), or share it (address)."""


@dataclass(frozen=True)
class Model:
    """Everything that scoring needs.

    `prior` and `household_prior` are the shares of persons and of household members among all pairs of records;
    the shifts are bits to add to them for a pair of sources (`a|b`); `cut` is the least bits (log2 of the odds) at
    which a pair is the same person. `frequencies` are the shares of a column's values, for the live path.
    """

    comparisons: tuple[Comparison, ...]
    prior: float
    household_prior: float
    household: bool
    cut: float
    person_shift: Mapping[str, float] = field(default_factory=dict)
    household_shift: Mapping[str, float] = field(default_factory=dict)
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sources_alone: tuple[str, ...] = ()
    """Sources that name each person once."""
    corroborated: bool = False
    """Whether a pair needs the support of what people do not share: set where the shares are usual ones, not learnt."""

    def as_data(self) -> dict[str, Any]:
        """The model as JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> "Model":
        """The model of its data."""
        return Model(
            comparisons=tuple(_comparison(one) for one in data["comparisons"]),
            prior=data["prior"],
            household_prior=data["household_prior"],
            household=data["household"],
            cut=data["cut"],
            person_shift=dict(data["person_shift"]),
            household_shift=dict(data["household_shift"]),
            frequencies={name: dict(shares) for name, shares in data["frequencies"].items()},
            sources_alone=tuple(data["sources_alone"]),
            corroborated=data.get("corroborated", False),
        )


def _comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(data["name"], tuple(_level(one) for one in data["levels"]), data["personal"])


def _level(data: Mapping[str, Any]) -> Level:
    others = {name: value for name, value in data.items() if name not in ("words", "check")}
    return Level(data["words"], _check(data["check"]), **others)


def _check(data: Mapping[str, Any]) -> Check:
    parts = tuple(_check(one) for one in data["parts"])
    return Check(data["kind"], tuple(data["columns"]), data["bound"], parts)


class Reason(NamedTuple):
    """One step of a waterfall: a property, how far it agrees, and the bits it adds."""

    field: str
    words: str
    weight: float


class Score(NamedTuple):
    """How likely two records are one person.

    `weight`: bits against strangers, with the prior; `probability`: against both other stories;
    `person_vs_household`: bits against another member of the same household (None when that story is off).
    """

    weight: float
    probability: float
    person_vs_household: float | None
    reasons: tuple[Reason, ...]
