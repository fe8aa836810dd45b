"""How well a partition of records agrees with the truth: pairs, whole clusters, households, and the best threshold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Labels = np.ndarray[tuple[int], np.dtype[np.int64]]
"""For each record the number of its group."""

DEFINITIONS = {
    "pair": "Of all pairs of records put together, how many belong together (precision), and the reverse (recall).",
    "cluster": "Of all clusters found, singles included, how many hold exactly the records of one person, and the "
    "reverse.",
    "household": "As pair, for records of one household, those of one person included.",
    "kin": "As household, for pairs of records of different persons only.",
    "f1": "The harmonic mean of precision and recall.",
}


class Agreement(NamedTuple):
    """right: what is both found and true."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """Of what was found, the share that is true; 1 when nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Of what is true, the share that was found; 1 when there was nothing to find."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 1.0


class Best(NamedTuple):
    """The most that any one threshold reaches. threshold: the score of the last link taken; None when none was."""

    threshold: float | None
    pair: Agreement
    cluster: Agreement
    best_cluster_f1: float


def numbered(values: Sequence[object]) -> Labels:
    """Groups by value: equal values get equal numbers."""
    seen: dict[object, int] = {}
    return np.fromiter((seen.setdefault(value, len(seen)) for value in values), np.int64, len(values))


def pairs(found: Labels, true: Labels) -> Agreement:
    """Pairs of records that are together."""
    return Agreement(_pairs_in(_both(found, true)), _pairs_in(found), _pairs_in(true))


def clusters(found: Labels, true: Labels) -> Agreement:
    """Clusters that hold exactly the records of a true one."""
    _, first, sizes = np.unique(_both(found, true), return_index=True, return_counts=True)
    found_size, true_size = np.bincount(found)[found[first]], np.bincount(true)[true[first]]
    exact = int(np.count_nonzero((sizes == found_size) & (sizes == true_size)))
    return Agreement(exact, len(np.unique(found)), len(np.unique(true)))


def kin(found: Labels, true: Labels, person: Labels) -> Agreement:
    """Pairs of records of different true persons that share a household."""

    def others(household: Labels) -> int:
        return _pairs_in(household) - _pairs_in(_both(household, person))

    return Agreement(others(_both(found, true)), others(found), others(true))


def components(records: int, one: Labels, other: Labels) -> Labels:
    """Whoever is linked, directly or through others, is one."""
    parent = list(range(records))
    for left, right in zip(one.tolist(), other.tolist(), strict=True):
        left_root, right_root = _root(parent, left), _root(parent, right)
        parent[max(left_root, right_root)] = min(left_root, right_root)
    return np.fromiter((_root(parent, record) for record in range(records)), np.int64, records)


def best_threshold(true: Labels, one: Labels, other: Labels, score: np.ndarray) -> Best:
    """Of every threshold on these links the one whose components have the best pair F1, told by the truth."""
    sweep = _Sweep(true)
    best = Best(None, sweep.pair(), sweep.cluster(), sweep.cluster().f1)
    order = np.argsort(-score, kind="stable")
    scores, lefts, rights = score[order].tolist(), one[order].tolist(), other[order].tolist()
    top_cluster = best.best_cluster_f1
    for position, (left, right) in enumerate(zip(lefts, rights, strict=True)):
        sweep.join(left, right)
        # Links of equal score stand or fall together.
        if position + 1 == len(scores) or scores[position + 1] != scores[position]:
            top_cluster = max(top_cluster, sweep.cluster().f1)
            if sweep.pair().f1 > best.pair.f1:
                best = Best(scores[position], sweep.pair(), sweep.cluster(), top_cluster)
    return best._replace(best_cluster_f1=top_cluster)


class _Sweep:
    """Components that grow link by link, and how they agree with the truth."""

    def __init__(self, true: Labels) -> None:
        labels = true.tolist()
        self._parent = list(range(len(labels)))
        self._held: list[dict[int, int]] = [{label: 1} for label in labels]
        self._size = [1] * len(labels)
        self._true_size = np.bincount(true).tolist()
        self._right = self._found = 0
        self._true = _pairs_in(true)
        self._groups, self._true_groups = len(labels), len(np.unique(true))
        self._exact = sum(self._is_exact(record) for record in range(len(labels)))

    def _is_exact(self, root: int) -> bool:
        held = self._held[root]
        return len(held) == 1 and self._size[root] == self._true_size[next(iter(held))]

    def join(self, one: int, other: int) -> None:
        root, gone = _root(self._parent, one), _root(self._parent, other)
        if root == gone:
            return
        if len(self._held[root]) < len(self._held[gone]):
            root, gone = gone, root
        self._exact -= self._is_exact(root) + self._is_exact(gone)
        held = self._held[root]
        for label, count in self._held[gone].items():
            self._right += held.get(label, 0) * count
            held[label] = held.get(label, 0) + count
        self._held[gone] = {}
        self._found += self._size[root] * self._size[gone]
        self._size[root] += self._size[gone]
        self._parent[gone] = root
        self._groups -= 1
        self._exact += self._is_exact(root)

    def pair(self) -> Agreement:
        return Agreement(self._right, self._found, self._true)

    def cluster(self) -> Agreement:
        return Agreement(self._exact, self._groups, self._true_groups)


def _root(parent: list[int], record: int) -> int:
    while parent[record] != record:
        parent[record] = parent[parent[record]]
        record = parent[record]
    return record


def _both(one: Labels, other: Labels) -> Labels:
    """Groups of records that are together in both."""
    return np.unique(one * (int(other.max(initial=0)) + 1) + other, return_inverse=True)[1]


def _pairs_in(labels: Labels) -> int:
    sizes = np.unique(labels, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())
