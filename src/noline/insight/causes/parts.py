"""The parts of a table of cases: every value of every dimension, and every pair of them, with what happened there.

Persons who are alike in every dimension are one row here, so that many parts can be laid over each other quickly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from noline.insight.causes.model import Cases, Doubles, Flags, Part
from noline.kernel.shares import FEWEST_CASES, FEWEST_PERSONS, few
from noline.stores.walks.arrays import Longs
from noline.stores.walks.store import Named


@dataclass(frozen=True, eq=False)
class Piled:
    """Rows of persons who are alike.

    rows: the row of each person. codes: for each dimension the number of its value, for each row. persons, cases: of
    each row.
    """

    rows: Longs
    codes: dict[str, Longs]
    names: dict[str, tuple[str, ...]]
    persons: Longs
    cases: Longs

    @classmethod
    def of(cls, cases: Cases) -> "Piled":
        """Pile up persons who are alike."""
        rows = np.zeros(cases.persons, np.int64)
        dims = {name: _once(part) for name, part in cases.dims.items()}
        for part in dims.values():
            # Made dense after each dimension, so that many of them do not grow beyond a number.
            rows = np.unique(rows * len(part.names) + part.codes, return_inverse=True)[1].astype(np.int64)
        count = int(rows.max()) + 1 if rows.size else 0
        codes = {}
        for name, part in dims.items():
            codes[name] = np.zeros(count, np.int64)
            codes[name][rows] = part.codes
        return cls(
            rows,
            codes,
            {name: part.names for name, part in dims.items()},
            np.bincount(rows, minlength=count),
            np.bincount(rows, cases.outcome, count).astype(np.int64),
        )

    @cached_property
    def totals(self) -> tuple[int, int]:
        """Cases, and persons."""
        return int(self.cases.sum()), int(self.persons.sum())

    def counted(self, chosen: Flags) -> tuple[int, int]:
        """Cases, and persons, of some rows."""
        return int(self.cases[chosen].sum()), int(self.persons[chosen].sum())

    def lying(self, where: tuple[Part, ...]) -> Flags:
        """Which rows a part holds."""
        found = np.ones(self.persons.size, np.bool_)
        for part in where:
            found &= self.codes[part.dimension] == self.names[part.dimension].index(part.value)
        return found


def _once(part: Named) -> Named:
    """The same column, where no two numbers stand for one name."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(part.names))}
    if len(numbers) == len(part.names):
        return part
    same = np.array([numbers[name] for name in part.names], np.uint32)
    return Named(same[part.codes], tuple(numbers))


@dataclass(frozen=True, slots=True)
class Counted:
    """A part, what happened there, and by how many standard errors its share is above that of the others."""

    where: tuple[Part, ...]
    cases: int
    persons: int
    lead: float


def parts(piled: Piled) -> Iterator[Counted]:
    """Every part that is compared: at least 30 persons and 5 cases, and 30 others.

    A pair that holds the same persons as one of its two values says nothing more and is left out.
    """
    alone: dict[Part, int] = {}
    for dimension in piled.codes:
        for one in _of(piled, (dimension,)):
            alone[one.where[0]] = one.persons
            if _enough(one, piled):
                yield one
    for pair in combinations(piled.codes, 2):
        for one in _of(piled, pair):
            if _enough(one, piled) and all(alone[part] > one.persons for part in one.where):
                yield one


def _enough(one: Counted, piled: Piled) -> bool:
    return not few(one.cases, one.persons) and piled.totals[1] - one.persons >= FEWEST_PERSONS


def _of(piled: Piled, dimensions: tuple[str, ...]) -> Iterator[Counted]:
    """The parts of one dimension, or of two together."""
    keys = np.zeros(piled.persons.size, np.int64)
    for name in dimensions:
        keys = keys * len(piled.names[name]) + piled.codes[name]
    found, first, homes = np.unique(keys, return_index=True, return_inverse=True)
    persons = np.bincount(homes, piled.persons, found.size).astype(np.int64)
    cases = np.bincount(homes, piled.cases, found.size).astype(np.int64)
    leads = _leads(cases, persons, *piled.totals)
    told = (persons >= FEWEST_PERSONS) & (cases >= FEWEST_CASES) if len(dimensions) > 1 else persons > 0
    for row in np.flatnonzero(told):
        where = tuple(Part(name, piled.names[name][int(piled.codes[name][first[row]])]) for name in dimensions)
        yield Counted(where, int(cases[row]), int(persons[row]), float(leads[row]))


def _leads(cases: Longs, persons: Longs, all_cases: int, everybody: int) -> Doubles:
    """By how many standard errors each share is above that of all other persons."""
    others = np.maximum(everybody - persons, 1)
    rate = all_cases / max(everybody, 1)
    error = np.sqrt(rate * (1 - rate) * (1 / np.maximum(persons, 1) + 1 / others))
    gap = cases / np.maximum(persons, 1) - (all_cases - cases) / others
    found: Doubles = np.divide(gap, error, out=np.zeros(gap.size), where=error > 0)
    return found
