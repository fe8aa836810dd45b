"""Which items go with which: bought by the same customers, or standing in the same baskets.

Only counts over many customers are kept, no customer's own past: forgetting a person changes no list by name.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from noline.insight.recommend.table import Floats, Ints, Longs, Table

NEIGHBOURS = 40
_ITEMS_A_CUSTOMER = 80
_ITEMS_A_BASKET = 40
_MOST_CUSTOMERS = 40_000
_MOST_BASKETS = 400_000
_ROWS = 1_024
_SHRINK = 10.0
"""Made-up baskets without the pair: two items that met once are not alike."""


class Neighbours(NamedTuple):
    """The nearest items of each item: (items, NEIGHBOURS) numbers and likenesses, 0 where there is none."""

    item: Ints
    like: Floats

    def matrix(self) -> sparse.csr_array:
        """As a sparse matrix, from each item to its neighbours."""
        items, width = self.item.shape
        at = np.arange(items + 1, dtype=np.int64) * width
        return sparse.csr_array((self.like.ravel(), self.item.ravel(), at), shape=(items, items))


def by_customer(table: Table, rng: np.random.Generator) -> Neighbours:
    """Items of the same customers, each customer by the items he bought most often."""
    owner = np.repeat(np.arange(table.customers), np.diff(table.starts))[table.basket]
    keys, counts = np.unique(owner.astype(np.int64) * table.items + table.item, return_counts=True)
    customer, item = keys // table.items, keys % table.items
    order = np.lexsort((-counts, customer))
    customer, item, counts = customer[order], item[order], counts[order]
    begins = np.searchsorted(customer, np.arange(table.customers))
    kept = np.arange(len(customer)) - begins[customer] < _ITEMS_A_CUSTOMER
    kept &= _some(table.customers, _MOST_CUSTOMERS, rng)[customer]
    weights = np.log1p(counts[kept]).astype(np.float32)
    return _nearest(customer[kept], item[kept], weights, (table.customers, table.items))


def by_basket(table: Table, rng: np.random.Generator) -> Neighbours:
    """Items of the same baskets; of a huge basket only some lines."""
    kept = _some(table.baskets, _MOST_BASKETS, rng)[table.basket]
    sizes = np.diff(table.first)[table.basket]
    kept &= rng.random(len(table.item)) * sizes < _ITEMS_A_BASKET
    basket, item = table.basket[kept].astype(np.int64), table.item[kept].astype(np.int64)
    return _nearest(basket, item, np.ones(len(item), np.float32), (table.baskets, table.items))


def _some(count: int, most: int, rng: np.random.Generator) -> np.ndarray:
    if count <= most:
        return np.ones(count, np.bool_)
    chosen = np.zeros(count, np.bool_)
    chosen[rng.choice(count, most, replace=False)] = True
    return chosen


def _nearest(row: Longs, item: Longs, weights: Floats, shape: tuple[int, int]) -> Neighbours:
    """The nearest items by the cosine of their columns, with some shrinkage."""
    met = sparse.csc_array((weights, (row, item)), shape=shape)
    norms = np.sqrt(np.asarray(met.multiply(met).sum(axis=0)).ravel() + _SHRINK).astype(np.float32)
    scaled = sparse.csc_array(met.multiply(1 / norms[None, :]))
    rows = sparse.csr_array(scaled)
    nearest = np.zeros((shape[1], NEIGHBOURS), np.int32)
    like = np.zeros((shape[1], NEIGHBOURS), np.float32)
    turned = sparse.csr_array(scaled.T)
    for begin in range(0, shape[1], _ROWS):
        _fill(sparse.csr_array(turned[begin : begin + _ROWS] @ rows), begin, nearest, like)
    return Neighbours(nearest, like)


def _fill(found: sparse.csr_array, begin: int, nearest: Ints, like: Floats) -> None:
    for row in range(len(found.indptr) - 1):
        low, high = found.indptr[row], found.indptr[row + 1]
        others, values = found.indices[low:high], found.data[low:high]
        values = np.where(others == begin + row, 0, values)
        if len(values) > NEIGHBOURS:
            top = np.argpartition(-values, NEIGHBOURS)[:NEIGHBOURS]
            others, values = others[top], values[top]
        nearest[begin + row, : len(others)] = others
        like[begin + row, : len(others)] = values
