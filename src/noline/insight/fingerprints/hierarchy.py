"""What a company leans on: its industry, which leans on all companies.

Firm ~ industry ~ everybody: the people of a firm are a Dirichlet-multinomial draw around the pattern of its industry,
and the patterns of industries lie around one of all. How closely firms keep to their industry is estimated by the
largest likelihood within industries; how closely industries keep to each other by that of the industries' people, each
firm counted as so many independent people as its likeness to others leaves (its design effect).
"""

from collections.abc import Sequence
from math import exp
from typing import Literal, NamedTuple

import numpy as np

from noline.insight.fingerprints.chance import Floats
from noline.insight.fingerprints.pooling import (
    DROP,
    LEAST,
    Pattern,
    crossing,
    highest,
    likelihood,
    mean_of,
    pattern,
)

Level = Literal["industry", "all companies", "itself"]


class Leaning(NamedTuple):
    """The prior of a company. shares: None when it leans on nobody. worth: in people. level: on whom it leans."""

    shares: tuple[float, ...] | None
    worth: float
    level: Level


ALONE = Leaning(None, 0.0, "itself")


def leaning(counts: Sequence[Sequence[int]], labels: Sequence[str], label: str) -> Leaning:
    """What a company of an industry leans on. counts, labels: of other companies, and their industries.

    Two companies are the least that say how alike companies are; where they do not, it stands alone. The worth is the
    lower end of its 95 % interval: few companies are leaned on only as far as is sure.
    """
    whole = pattern(counts)
    table = np.array(counts, np.float64)
    groups = [table[[one == name for one in labels]] for name in sorted(set(labels))]
    within = _within([group for group in groups if len(group) > 1])
    mine = table[[one == label for one in labels]]
    if whole is None or len(mine) < 2 or within is None:
        return ALONE if whole is None or whole.low is None else Leaning(whole.shares, whole.low, "all companies")
    between = pattern([_people(group, within).tolist() for group in groups]) if len(groups) > 1 else None
    return Leaning(tuple(_industry(mine, within, between).tolist()), within, "industry")


def _within(groups: Sequence[Floats]) -> float | None:
    """How closely firms keep to their industry, as people: the lower end of the interval; None when nothing is sure."""
    if not groups:
        return None

    def height(scale: float) -> float:
        return sum(likelihood(group, mean_of(group, exp(scale)), exp(scale)) for group in groups)

    best = highest(height)
    end = crossing(height, LEAST, best, height(best) - DROP)
    return None if end is None else exp(end)


def _people(group: Floats, within: float) -> Floats:
    """The people of an industry as so many independent ones: each firm's by its design effect."""
    sizes = group.sum(axis=1, keepdims=True)
    return np.rint((group / (1 + (sizes - 1) / (1 + within))).sum(axis=0) + 1).astype(np.int64)


def _industry(mine: Floats, within: float, between: Pattern | None) -> Floats:
    """The pattern of an industry, drawn towards that of all industries."""
    own = mean_of(mine, within)
    if between is None or between.low is None:
        return own
    people = float(_people(mine, within).sum())
    common = np.array(between.shares)
    return (people * own + between.low * common) / (people + between.low)
