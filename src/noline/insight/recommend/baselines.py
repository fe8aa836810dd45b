"""What a ranking has to beat: plain counts, and the methods that others publish.

Each answers the first items of every moment, (moments, most). All see the same baskets as the ranking.
"""

import numpy as np
from scipy import sparse

from noline.insight.recommend.features import Known
from noline.insight.recommend.table import Doubles, Floats, Longs, Queries, Table, spread

PORTION_CELLS = 16_000_000

TIFU_NEIGHBOURS = 300
TIFU_GROUPS = 7
TIFU_WITHIN = 0.9
TIFU_BETWEEN = 0.7
TIFU_OWN = 0.7
_MOST_OTHERS = 20_000


def _portions(queries: Queries, items: int) -> list[slice]:
    step = max(1, PORTION_CELLS // max(items, 1))
    return [slice(begin, begin + step) for begin in range(0, queries.moments, step)]


def _first(scores: Floats, popular: Floats, most: int) -> Longs:
    """The best items of each row; equal ones, and those that nothing is known of, by how common they are."""
    # In single precision the small part would be lost beside a score of 2.
    ordered = scores.astype(np.float64) + popular * 1e-7 / max(float(popular.max()), 1.0)
    there = min(most, scores.shape[1])
    top = np.argpartition(-ordered, there - 1, axis=1)[:, :there]
    rows = np.arange(len(scores))[:, None]
    return _padded(top[rows, np.argsort(-ordered[rows, top], axis=1, kind="stable")], most)


def _padded(found: Longs, most: int) -> Longs:
    """As many columns as were asked for; -1 where there are fewer items."""
    return np.pad(found, ((0, 0), (0, most - found.shape[1])), constant_values=-1)


def popularity(known: Known, queries: Queries, most: int) -> Longs:
    """The most common items, the same for everybody."""
    first = np.argsort(-known.items.baskets, kind="stable")[:most]
    return _padded(np.repeat(first[None, :], queries.moments, axis=0), most)


def counts(table: Table, queries: Queries, weight: Doubles | None = None) -> sparse.csr_array:
    """In how many baskets each item stood before each moment: (moments, items). weight: of each line, 1 if not told."""
    baskets, asked = spread(queries.start, queries.end)
    lines, owner = spread(table.first[baskets], table.first[baskets + 1])
    values = np.ones(len(lines), np.float32) if weight is None else weight[owner].astype(np.float32)
    shape = (queries.moments, table.items)
    return sparse.csr_array(sparse.coo_array((values, (asked[owner], table.item[lines])), shape=shape))


def frequency(table: Table, known: Known, queries: Queries, most: int) -> Longs:
    """What each customer bought most often; then what everybody buys."""
    held = counts(table, queries)
    return np.concatenate(
        [
            _first(sparse.csr_array(held[part]).toarray(), known.items.baskets, most)
            for part in _portions(queries, table.items)
        ]
    )


def item_neighbours(table: Table, known: Known, queries: Queries, most: int) -> Longs:
    """Items nearest to what each customer bought (cosine over customers), each purchase counted."""
    held = counts(table, queries)
    return np.concatenate([
        _first(sparse.csr_array(held[part] @ known.near).toarray(), known.items.baskets, most)
        for part in _portions(queries, table.items)
    ])  # fmt: skip


def tifu(table: Table, known: Known, queries: Queries, most: int, rng: np.random.Generator) -> Longs:
    """TIFU-KNN: counts that fade within and between groups of baskets, shared with the nearest customers.

    300 neighbours, 7 groups, decays .9 and .7, own share .7; neighbours are sought among at most 20,000 customers.
    Source: H. Hu, X. He, J. Gao, Z.-L. Zhang, Modeling Personalized Item Frequency Information for Next-basket
    Recommendation, 2020.
    """
    own = counts(table, queries, _faded(queries))
    count = queries.moments
    others = np.sort(rng.permutation(count)[:_MOST_OTHERS])
    there = sparse.csr_array(own[others])
    lengths = np.asarray(there.multiply(there).sum(axis=1)).ravel()
    near = min(TIFU_NEIGHBOURS, max(len(others) - 1, 1))
    found = []
    for part in _portions(queries, max(table.items, len(others))):
        rows = sparse.csr_array(own[part])
        far = lengths[None, :] - 2 * sparse.csr_array(rows @ there.transpose()).toarray()
        here = np.arange(count)[part]
        far[others[None, :] == here[:, None]] = np.inf
        closest = np.argpartition(far, near - 1, axis=1)[:, :near]
        at = np.arange(len(here) + 1) * near
        mean = sparse.csr_array((np.full(closest.size, 1 / near, np.float32), closest.ravel(), at), shape=far.shape)
        scores = TIFU_OWN * rows.toarray() + (1 - TIFU_OWN) * sparse.csr_array(mean @ there).toarray()
        found.append(_first(scores.astype(np.float32), known.items.baskets, most))
    return np.concatenate(found)


def _faded(queries: Queries) -> Doubles:
    """The weight of each basket: fades within its group, groups fade, and each group is a mean."""
    baskets, asked = spread(queries.start, queries.end)
    number = queries.end - queries.start
    size = np.ceil(number / TIFU_GROUPS).astype(np.int64)[asked]
    back = queries.end[asked] - 1 - baskets
    groups = np.ceil(number[asked] / size)
    in_group = np.minimum(size, number[asked] - (back // size) * size)
    return TIFU_WITHIN ** (back % size) / in_group * TIFU_BETWEEN ** (back // size) / groups
