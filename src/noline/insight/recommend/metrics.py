"""How good a ranking was, by what the customers then bought.

Recall@k: the share of the distinct items of the basket that stand among the first k; a basket of more than k items
cannot reach 1. NDCG@k: hits by place, 1 / log2(place + 1), beside the best possible, which has min(k, size of the
basket) hits in front. Hit rate: the share of customers with at least one hit. All are means over customers.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from noline.insight.recommend.table import Doubles, Floats, Longs, Queries, Table, spread

RESAMPLES = 500


class Measured(NamedTuple):
    """A mean over customers, and between which values it lies in 95 % of resamples of the customers."""

    value: float
    low: float
    high: float


class Bought(NamedTuple):
    """What was bought at each moment: keys (moment x items + item), ascending, and the distinct items of each."""

    key: Longs
    sizes: Longs


def bought(table: Table, queries: Queries) -> Bought:
    """The basket that followed each moment."""
    lines, owner = spread(table.first[queries.end], table.first[queries.end + 1])
    return Bought(np.sort(owner * table.items + table.item[lines]), np.bincount(owner, minlength=queries.moments))


def among(key: Longs, sorted_keys: Longs) -> np.ndarray:
    """Which keys stand among others, which are in ascending order."""
    if not len(sorted_keys):
        return np.zeros(key.shape, np.bool_)
    at = np.minimum(np.searchsorted(sorted_keys, key), len(sorted_keys) - 1)
    return sorted_keys[at] == key


def top(query: Longs, item: Longs, score: Floats, moments: int, most: int) -> Longs:
    """The first items of each moment by their score: (moments, most), -1 where there are fewer."""
    order = np.lexsort((-score, query))
    query, item = query[order], item[order]
    place = np.arange(len(query)) - np.searchsorted(query, query)
    first = place < most
    found = np.full((moments, most), -1, np.int64)
    found[query[first], place[first]] = item[first]
    return found


def by_customer(ranked: Longs, then: Bought, items: int, ks: Sequence[int]) -> dict[str, Doubles]:
    """Each measure of each customer. ranked: (moments, at least max(ks)) items, -1 where there is none."""
    keys = np.arange(len(ranked))[:, None] * items + ranked
    hits = among(keys, then.key) & (ranked >= 0)
    told: dict[str, Doubles] = {}
    for k in ks:
        worth = 1 / np.log2(np.arange(k) + 2)
        best = np.cumsum(worth)[np.minimum(then.sizes, k) - 1]
        found = hits[:, :k].sum(axis=1)
        told[f"recall@{k}"] = found / then.sizes
        told[f"ndcg@{k}"] = (hits[:, :k] * worth).sum(axis=1) / best
        told[f"hit_rate@{k}"] = (found > 0).astype(np.float64)
    return told


def measured(values: Mapping[str, Doubles], rng: np.random.Generator) -> dict[str, Measured]:
    """Means with intervals by resampling customers, all measures over the same resamples."""
    names = list(values)
    table = np.column_stack([values[name] for name in names])
    count = len(table)
    means = np.empty((RESAMPLES, len(names)))
    for one in range(RESAMPLES):
        means[one] = np.bincount(rng.integers(0, count, count), minlength=count) @ table / count
    low, high = np.quantile(means, (0.025, 0.975), axis=0)
    return {
        name: Measured(float(table[:, at].mean()), float(low[at]), float(high[at])) for at, name in enumerate(names)
    }
