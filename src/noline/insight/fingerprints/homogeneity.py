"""Do companies differ, and do industries? Tested, with how much, not only whether.

Between companies: a table of companies by outcomes, each person in it once. The chance is that of tables with the same
sums (a permutation of the people), and beside it that of the chi-square distribution.
Between industries companies are the unit: however many customers, two companies are two. Their labels are permuted.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from math import sqrt
from typing import NamedTuple

import numpy as np

from noline.insight.fingerprints.chance import Floats, above_chi_square

SHUFFLES = 1999
SEED = 20_260_101
MOST_PARTINGS = 20_000


class Homogeneity(NamedTuple):
    """Whether the rows of a table could be one.

    statistic: G, twice the logarithm of the likelihood ratio. chi_square: Pearson's. p: by permutation. p_asymptotic:
    of G in the chi-square distribution. cramers_v: 0 the same, 1 nothing in common; corrected: less what chance alone
    gives (Bergsma, 2013).
    """

    statistic: float
    chi_square: float
    df: int
    p: float
    p_asymptotic: float
    cramers_v: float
    cramers_v_corrected: float
    persons: int


class Industries(NamedTuple):
    """Whether industries differ more than companies do within them.

    explained: the share of the differences between companies that the industry explains. smallest_p: the smallest
    chance that so few companies could show at all. why: why nothing was tested.
    """

    explained: float | None
    p: float | None
    smallest_p: float | None
    companies: int
    why: str | None


def homogeneous(counts: Sequence[Sequence[int]], *, shuffles: int = SHUFFLES, seed: int = SEED) -> Homogeneity | None:
    """Whether rows of counts could come of one distribution; None when fewer than two rows and columns hold anything.

    Every person may stand in one cell alone.
    """
    table = np.array(counts, np.int64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0] if table.size else table
    if table.ndim != 2 or min(table.shape) < 2:
        return None
    rows, columns = table.shape
    whole = int(table.sum())
    freedom = (rows - 1) * (columns - 1)
    statistic, chi_square = g_statistic(table[None])[0], _chi_square(table)
    drawn = g_statistic(_shuffled(table, shuffles, seed))
    # The table itself is one of the permutations; a hair of tolerance, as equal tables may be summed in other orders.
    as_far = int((drawn >= statistic - 1e-9 * max(1.0, statistic)).sum())
    return Homogeneity(
        float(statistic),
        chi_square,
        freedom,
        (as_far + 1) / (shuffles + 1),
        above_chi_square(float(statistic), freedom),
        sqrt(chi_square / whole / (min(rows, columns) - 1)),
        _corrected(chi_square, whole, rows, columns),
        whole,
    )


def g_statistic(tables: "np.typing.NDArray[np.int64]") -> Floats:
    """G of each of many tables with the same sums: (tables, rows, columns)."""
    floats = tables.astype(np.float64)
    expected = floats.sum(axis=2, keepdims=True) * floats.sum(axis=1, keepdims=True)
    expected /= floats.sum(axis=(1, 2), keepdims=True)
    ratio = np.where(floats > 0, floats / expected, 1.0)
    return 2 * (floats * np.log(ratio)).sum(axis=(1, 2))


def _chi_square(table: "np.typing.NDArray[np.int64]") -> float:
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(((table - expected) ** 2 / expected).sum())


def _corrected(chi_square: float, whole: int, rows: int, columns: int) -> float:
    """Cramer's V without the bias of small tables. Source: W. Bergsma, A bias-correction for Cramer's V, 2013."""
    if whole < 2:
        return 0.0
    phi = max(0.0, chi_square / whole - (rows - 1) * (columns - 1) / (whole - 1))
    smaller = min(rows - (rows - 1) ** 2 / (whole - 1), columns - (columns - 1) ** 2 / (whole - 1))
    return sqrt(phi / (smaller - 1)) if smaller > 1 else 0.0


def _shuffled(table: "np.typing.NDArray[np.int64]", shuffles: int, seed: int) -> "np.typing.NDArray[np.int64]":
    """Tables with the same sums, as often as shuffling the people between the rows would give them."""
    chance = np.random.default_rng(seed)
    sizes = table.sum(axis=1)
    left = np.repeat(table.sum(axis=0)[None], shuffles, axis=0)
    found = np.zeros((shuffles, *table.shape), np.int64)
    for row, size in enumerate(sizes[:-1].tolist()):
        found[:, row] = _dealt(chance, left, size)
        left -= found[:, row]
    found[:, -1] = left
    return found


def _dealt(
    chance: np.random.Generator, left: "np.typing.NDArray[np.int64]", size: int
) -> "np.typing.NDArray[np.int64]":
    """So many people dealt from what is left, column by column, in each of the tables."""
    found = np.zeros_like(left)
    others = left.sum(axis=1)
    wanted = np.full(left.shape[0], size, np.int64)
    for column in range(left.shape[1]):
        others -= left[:, column]
        found[:, column] = chance.hypergeometric(left[:, column], others, wanted)
        wanted -= found[:, column]
    return found


def industries(shares: Sequence[Sequence[float]], labels: Sequence[str], *, seed: int = SEED) -> Industries:
    """Whether companies of an industry are more alike than companies of different ones.

    shares: of each company, outcomes that sum to 1. The differences are squared Hellinger distances (angles of the
    roots of shares); the test permutes the labels. Source: M. J. Anderson, A new method for non-parametric multivariate
    analysis of variance, 2001.
    """
    sizes = {label: labels.count(label) for label in labels}
    enough = sum(size >= 2 for size in sizes.values())
    if enough < 2:
        why = f"too few firms: it takes two industries with two companies each, {enough} such industry is here"
        return Industries(None, None, None, len(labels), why if enough == 1 else why.replace("0 such", "no such"))
    roots = np.sqrt(np.array(shares, np.float64))
    whole = _spread(roots)
    if whole == 0:
        return Industries(0.0, 1.0, None, len(labels), None)
    codes = np.unique(np.array(labels), return_inverse=True)[1]
    within = _within(roots, codes)
    others = [_within(roots, other) for other in _partings(codes, seed)]
    as_far = sum(other <= within + 1e-12 for other in others)
    alike = sum(other <= min(others) + 1e-12 for other in others)
    return Industries(1 - within / whole, as_far / len(others), alike / len(others), len(labels), None)


def _spread(points: Floats) -> float:
    return float(((points - points.mean(axis=0)) ** 2).sum())


def _within(points: Floats, codes: "np.typing.NDArray[np.int64]") -> float:
    return sum(_spread(points[codes == code]) for code in np.unique(codes))


def _partings(codes: "np.typing.NDArray[np.int64]", seed: int) -> Iterator["np.typing.NDArray[np.int64]"]:
    """Every way to give the labels to the companies; when there are too many, so many drawn ones and the true one."""
    listed = list(islice(_every(codes.tolist()), MOST_PARTINGS + 1))
    if len(listed) <= MOST_PARTINGS:
        yield from (np.array(one) for one in listed)
        return
    yield codes
    chance = np.random.default_rng(seed)
    yield from (chance.permutation(codes) for _ in range(SHUFFLES))


def _every(codes: list[int]) -> Iterator[list[int]]:
    """Different orders of labels, each once."""
    if not codes:
        yield []
        return
    label = min(codes)
    others = [code for code in codes if code != label]
    for places in combinations(range(len(codes)), len(codes) - len(others)):
        for rest in _every(others):
            left = iter(rest)
            yield [label if place in places else next(left) for place in range(len(codes))]
