"""The door of the room: baskets in, what a customer buys next out, each with its reason.

    recommender = Recommender.fit(histories)
    recommender.for_customer(history, k=10, store="paris-opera", now=now)

Only what holds for all customers is kept. What is known of one customer is given at the call, so that a new order
counts at once and a forgotten customer leaves nothing behind.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from scipy import sparse

from noline.insight.recommend import keeping, reasons
from noline.insight.recommend.evaluation import Evaluated, Evaluation, evaluate
from noline.insight.recommend.features import Candidates, Known, candidates
from noline.insight.recommend.fitting import Fitted, Method, fit
from noline.insight.recommend.habits import Past, habit
from noline.insight.recommend.model import MODES, Basket, Because, Mode, RecommendAskedWrong, Recommended
from noline.insight.recommend.past import Asked, asked_of, table_of, with_room
from noline.insight.recommend.reading import COLUMNS, NEEDED, Read, read
from noline.insight.recommend.table import Doubles, Longs, Table, spread
from noline.kernel.clock import Micros

__all__ = [
    "COLUMNS", "MODES", "NEEDED", "Basket", "Because", "Evaluated", "Evaluation", "Method", "Mode", "Read",
    "Recommended", "Recommender", "evaluate", "read", "table_of",
]  # fmt: skip

MOST = 100


class _Found(NamedTuple):
    """Candidates of one customer with the chance of each to stand in the next basket."""

    past: Past
    asked: Asked
    those: Candidates
    chance: Doubles
    store: str | None
    now: Micros


class Recommender:
    """What customers buy next."""

    def __init__(self, fitted: Fitted, names: list[str], about: Mapping[str, Any] | None = None) -> None:
        """names: the SKU of each number. about: what is known of the fitting, such as its place in the log."""
        self.fitted = fitted
        self.names = names
        self.about = dict(about or {})
        self._number = {sku: number for number, sku in enumerate(names)}

    @cached_property
    def _known(self) -> Known:
        return with_room(self.fitted.known)

    @classmethod
    def fit(
        cls, baskets: Iterable[Sequence[Basket]], *, method: Method = "auto", seed: int = 1,
        about: Mapping[str, Any] | None = None,
    ) -> Self:  # fmt: skip
        """Fitted to the baskets of each customer. Raises RecommendAskedWrong when nothing can be learned from them."""
        table, names = table_of(baskets)
        return cls(fit(table, np.random.default_rng(seed), method), names, about)

    @classmethod
    def of_table(cls, table: Table, names: list[str], *, method: Method = "auto", seed: int = 1) -> Self:
        """Fitted to baskets that are arrays already."""
        return cls(fit(table, np.random.default_rng(seed), method), names)

    def save(self, folder: Path) -> None:
        """Keep it in a folder. It holds no customer's past."""
        keeping.save(self.fitted, self.names, folder, self.about)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What was saved in a folder; None where nothing was. Raises ModelUnreadable."""
        kept = keeping.load(folder)
        return None if kept is None else cls(*kept)

    def for_customer(
        self, history: Sequence[Basket], *, mode: Mode = "repeat", k: int = 10, basket: Collection[str] = (),
        store: str | None = None, now: Micros, without: Collection[str] = (),
    ) -> list[Recommended]:  # fmt: skip
        """The first k items of what this customer buys next.

        mode: `repeat` what was bought before, `new` what never was, `basket` what goes with the SKUs in `basket`, of
        both. history: in any order. without: SKUs that are never named. Raises RecommendAskedWrong.
        """
        _check(mode, k, basket)
        beside_it = self._beside(basket) if mode == "basket" else ()
        found = self._found(history, store, now, beside_it, new=mode != "repeat")
        those, score = found.those, found.chance
        pull, by = self._pull(those.item, basket if mode == "basket" else ())
        if mode == "basket":
            score = 1 - (1 - found.chance) * (1 - pull)
        hidden = {*without, *(basket if mode == "basket" else ())}
        wanted = {"repeat": those.own, "new": ~those.own, "basket": np.ones(len(score), np.bool_)}[mode]
        rows = [int(row) for row in np.argsort(-score, kind="stable") if wanted[row]]
        chosen = [row for row in rows if found.asked.skus[those.item[row]] not in hidden][:k]
        beside = {row: (by[row], float(pull[row])) for row in chosen if pull[row] > found.chance[row]}
        return [
            Recommended(found.asked.skus[those.item[row]], float(score[row]), float(found.chance[row]), because)
            for row, because in zip(chosen, self._because(found, chosen, beside), strict=True)
        ]

    # -- one customer

    def _found(
        self, history: Iterable[Basket], store: str | None, now: Micros, extra: Sequence[int], *, new: bool
    ) -> _Found:
        past = Past.of(history)
        asked = asked_of(past, self._number, self.names, store, now)
        those = next(candidates(asked.table, self._known, asked.queries, extra=extra, new=new))
        there = those.item < len(asked.skus)
        those = Candidates(those.query[there], those.item[there], those.values[there], those.own[there])
        slope, offset = self.fitted.chance
        chance = 1 / (1 + np.exp(-np.clip(slope * self.fitted.ranking.score(those.values) + offset, -30, 30)))
        return _Found(past, asked, those, chance.astype(np.float64), store, now)

    # -- what goes with what

    def _beside(self, basket: Collection[str]) -> list[int]:
        found: set[int] = set()
        for sku in basket:
            row = self._number.get(sku)
            if row is not None:
                others, like = self._row(self._known.along, row)
                found.update(others[like > 0].tolist())
        return sorted(found)

    @staticmethod
    def _row(matrix: sparse.csr_array, row: int) -> tuple[np.ndarray, np.ndarray]:
        low, high = matrix.indptr[row], matrix.indptr[row + 1]
        return matrix.indices[low:high], matrix.data[low:high]

    def _pull(self, item: Longs, basket: Collection[str]) -> tuple[np.ndarray, list[str]]:
        """The largest share of baskets with one of these that hold each item too, and which of these it is.

        From the cosine of two items follows in how many baskets both stand, and from that the share.
        """
        best, by = np.zeros(len(item)), [""] * len(item)
        often = self._known.items.baskets
        for sku in basket:
            row = self._number.get(sku)
            if row is None:
                continue
            others, like = self._row(self._known.along, row)
            dense = np.zeros(len(often))
            dense[others] = np.minimum(like * np.sqrt(often[others] / max(float(often[row]), 1.0)), 1.0)
            for place in np.flatnonzero(dense[item] > best):
                best[place], by[place] = dense[item[place]], sku
        return best, by

    def _because(
        self, found: _Found, rows: Sequence[int], beside: Mapping[int, tuple[str, float]]
    ) -> Iterator[Because]:
        nearest: Callable[[int], str | None] | None = None
        facts = self._known.items
        for row in rows:
            item = int(found.those.item[row])
            if row in beside:
                yield reasons.by_basket(*beside[row])
            elif found.those.own[row]:
                sku = found.asked.skus[item]
                yield reasons.by_habit(habit(found.past, sku, found.store, found.now))
            else:
                nearest = nearest or self._nearest(found.asked)
                other = nearest(item)
                popular = reasons.by_popularity(int(facts.baskets[item]), facts.total)
                yield popular if other is None else reasons.by_neighbour(other)

    def _nearest(self, asked: Asked) -> Callable[[int], str | None]:
        """Answers which item of the customer speaks most for another one."""
        bought, times = np.unique(asked.table.item, return_counts=True)
        near = self._known.near
        places, owner = spread(near.indptr[bought].astype(np.int64), near.indptr[bought + 1].astype(np.int64))
        others, worth = near.indices[places], near.data[places] * np.sqrt(times[owner])

        def nearest(item: int) -> str | None:
            speaking = np.flatnonzero((others == item) & (worth > 0))
            if not len(speaking):
                return None
            return asked.skus[bought[owner[speaking[np.argmax(worth[speaking])]]]]

        return nearest


def _check(mode: str, k: int, basket: Collection[str]) -> None:
    if mode not in MODES:
        raise RecommendAskedWrong(why=f"{mode!r} is none of {', '.join(MODES)}")
    if not 1 <= k <= MOST:
        raise RecommendAskedWrong(why=f"{k} is not between 1 and {MOST}")
    if mode == "basket" and not basket:
        raise RecommendAskedWrong(why="the mode basket needs what is in the basket")
