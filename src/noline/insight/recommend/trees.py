"""A ranking by boosted trees, fitted with arrays alone.

Each tree asks the same question of all rows on a level (an oblivious tree), so a tree of depth d is d comparisons and
a table of 2^d values: it is small, hard to over-fit, and answers for 150 candidates in a fraction of a millisecond.
Sources: J. H. Friedman, Greedy Function Approximation, 2001; Y. Lou, M. Obukhov, BDT: Gradient Boosted Decision Tables,
2017.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from noline.insight.recommend.table import Doubles, Flags, Floats

BINS = 48
DEPTH = 6
TREES = 160
RATE = 0.12
_FEATURES = 0.4
_ROWS = 0.6
_RIDGE = 8.0
_LEAST_WEIGHT = 30.0
_SHIFT = 2.0**28

Bins = NDArray[np.uint8]


class Trees(NamedTuple):
    """feature, threshold: (trees, depth), right where the value is above; leaf: (trees, 2^depth); base: of all.

    What comes out is the logarithm of the odds that a candidate is bought.
    """

    feature: NDArray[np.int64]
    threshold: Floats
    leaf: Floats
    base: float

    def score(self, values: Floats) -> Floats:
        """The log odds of each row of values."""
        trees, depth = self.feature.shape
        begins = np.arange(trees)[:, None] << depth
        leaves = self.leaf.ravel()
        sums = np.full(len(values), self.base, np.float32)
        step = max(1, 4_000_000 // trees)
        for begin in range(0, len(values), step):
            columns = np.ascontiguousarray(values[begin : begin + step].T)
            place = np.zeros((trees, columns.shape[1]), np.int64)
            for level in range(depth):
                place <<= 1
                place |= columns[self.feature[:, level]] > self.threshold[:, level, None]
            sums[begin : begin + step] += leaves[place + begins].sum(axis=0, dtype=np.float32)
        return sums


def edges(values: Floats) -> list[Floats]:
    """Where the values of each column are cut into bins: at most BINS - 1 places."""
    cuts = np.linspace(0, 1, BINS + 1)[1:-1]
    return [np.unique(np.quantile(values[:, one], cuts, method="lower")) for one in range(values.shape[1])]


def binned(values: Floats, cuts: list[Floats]) -> Bins:
    """The bin of each value, by column: (columns, rows)."""
    return np.stack([np.searchsorted(one, values[:, row]).astype(np.uint8) for row, one in enumerate(cuts)])


def fit(
    values: Floats, bought: Flags, weight: Doubles, rng: np.random.Generator, *, trees: int = TREES, depth: int = DEPTH
) -> Trees:
    """Trees after the logarithmic loss: each lowers what the ones before it left over."""
    cuts = edges(values)
    bins = binned(values, cuts)
    base = float(np.log((weight @ bought + 1) / (weight @ ~bought + 1)))
    odds = np.full(len(values), base)
    feature = np.zeros((trees, depth), np.int64)
    threshold = np.zeros((trees, depth), np.float32)
    leaf = np.zeros((trees, 1 << depth), np.float32)
    for tree in range(trees):
        chance = 1 / (1 + np.exp(-odds))
        slope, bend = weight * (bought - chance), weight * chance * (1 - chance)
        rows = np.flatnonzero(rng.random(len(values)) < _ROWS)
        asked = rng.permutation(len(cuts))[: max(1, round(_FEATURES * len(cuts)))]
        questions = _grown(bins[:, rows], cuts, asked, slope[rows], bend[rows], depth)
        place = _places(bins, questions)
        up = np.bincount(place[rows], slope[rows], 1 << depth)
        down = np.bincount(place[rows], bend[rows], 1 << depth)
        leaf[tree] = RATE * up / (down + _RIDGE)
        odds += leaf[tree][place]
        for level, (column, cut) in enumerate(questions):
            feature[tree, level] = column
            threshold[tree, level] = cuts[column][cut] if len(cuts[column]) else np.inf
    return Trees(feature, threshold, leaf, base)


def _places(bins: Bins, questions: list[tuple[int, int]]) -> NDArray[np.int64]:
    place = np.zeros(bins.shape[1], np.int64)
    for column, cut in questions:
        place = place * 2 + (bins[column] > cut)
    return place


def _grown(
    bins: Bins, cuts: list[Floats], asked: NDArray[np.int64], slope: Doubles, bend: Doubles, depth: int
) -> list[tuple[int, int]]:
    """The questions of one tree, level by level: each the one that leaves least over all leaves together."""
    questions: list[tuple[int, int]] = []
    place = np.zeros(bins.shape[1], np.int64)
    both, units = _packed(slope, bend)
    for level in range(depth):
        begin = place * BINS
        found = [_best(begin + bins[one], both, units, 1 << level, len(cuts[one])) for one in asked]
        best = max(range(len(found)), key=lambda one: found[one][0])
        column, cut = int(asked[best]), found[best][1]
        questions.append((column, cut))
        place = place * 2 + (bins[column] > cut)
    return questions


def _packed(slope: Doubles, bend: Doubles) -> tuple[Doubles, tuple[float, float]]:
    """Both numbers of each row as one whole number, so that both are added up in one pass; and their units.

    Together all slopes stay below half of _SHIFT and all bends below 2^52 / _SHIFT, so every sum is exact.
    """
    up = _SHIFT / 4 / max(float(np.abs(slope).sum()), 1e-12)
    down = 2.0**51 / _SHIFT / max(float(bend.sum()), 1e-12)
    return np.round(slope * up) + np.round(bend * down) * _SHIFT, (up, down)


def _unpacked(sums: Doubles, units: tuple[float, float]) -> tuple[Doubles, Doubles]:
    down = np.floor(sums / _SHIFT + 0.5)
    return (sums - down * _SHIFT) / units[0], down / units[1]


def _best(
    cell: NDArray[np.int64], both: Doubles, units: tuple[float, float], leaves: int, cuts: int
) -> tuple[float, int]:
    """What the best cut of one column is worth, and which it is."""
    if not cuts:
        return -np.inf, 0
    sums = np.bincount(cell, both, leaves * BINS).reshape(leaves, BINS).cumsum(axis=1)
    up, down = _unpacked(sums, units)
    left, right = up[:, :cuts], up[:, -1:] - up[:, :cuts]
    light, heavy = down[:, :cuts], down[:, -1:] - down[:, :cuts]
    worth = (left**2 / (light + _RIDGE) + right**2 / (heavy + _RIDGE)).sum(axis=0)
    worth[(light.sum(axis=0) < _LEAST_WEIGHT) | (heavy.sum(axis=0) < _LEAST_WEIGHT)] = -np.inf
    cut = int(np.argmax(worth))
    return float(worth[cut]), cut
