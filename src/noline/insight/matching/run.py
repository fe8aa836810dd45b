"""One matching from beginning to end: prepare, compare, fit, group, tell."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.insight.matching import clusters, comparing, head, households, usual, weighing
from noline.insight.matching.columns import Guess
from noline.insight.matching.engine import Engine, Pairs, Rule
from noline.insight.matching.model import Comparison, Model
from noline.insight.matching.preparing import prepared, reading_of
from noline.kernel.errors import NotFound

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

KEPT_BITS = -10.0
"""Pairs less likely than one in a thousand are not told."""

ALONE_SHARE = 0.005
"""A source with fewer expected duplicates than this share of its records names each person once ..."""

LINKED_SHARE = 0.05
"""... if it shares at least this share of its people with others: else nothing is known about it."""

LIKELIER = 0.5
"""Among few records a pair is one person when it is likelier than not: no F1 can be foreseen of a handful of pairs."""

LEAST_PRECISION = 0.8
"""A fit that promises less of its own pairs has taken namesakes for persons: there, names alone join nobody."""

_WORTH_A_LOOK = 0.05

LIKELY_HOUSEHOLD = 0.5
"""Pairs that are more likely of one household than not hold it together, even where its address was mistyped."""

SURE_HOUSEHOLD = 0.9
"""... and where one of them has no street, they must be more than likely: one wrong bridge joins two whole families."""


class Cut(NamedTuple):
    """From which probability on a pair is one person, and what that is expected to give."""

    probability: float
    precision: float
    recall: float


class Found(NamedTuple):
    """The result of a run."""

    people: "pa.Table"
    pairs: "pa.Table"
    records: "pa.Table"
    model: Model
    blocks: tuple[Rule, ...]
    passes: tuple[str, ...]
    pairs_compared: int
    household_share: float
    expected: Cut


class _Compared(NamedTuple):
    """What the engine found."""

    columns: frozenset[str]
    comparisons: tuple[Comparison, ...]
    blocks: tuple[Rule, ...]
    passes: tuple[str, ...]
    pairs: Pairs


class _Sources(NamedTuple):
    """The number of each record's source, and the names of the sources."""

    of: "np.ndarray"
    names: tuple[str, ...]


class Run:
    """One matching in an engine of its own."""

    def __init__(self, table: "pa.Table", id_column: str, guess: Guess, threads: int) -> None:
        """Prepare the table, in an order that tells nothing."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = pc.cast(table.column(id_column), pa.string()).to_pylist()
        order = _shuffled(ids)
        self._back = np.argsort(order)
        self._ids = [ids[at] for at in order.tolist()]
        self._few = len(ids) < usual.LEAST_RECORDS
        self._original_ids = table.column(id_column).combine_chunks()
        shuffled = table.take(pa.array(order))
        self.reading = reading_of(shuffled, guess, by_sound=self._few)
        self._records = prepared(shuffled, self.reading)
        self._engine = Engine(threads)

    def close(self) -> None:
        """Give the memory back."""
        self._engine.close()

    def result(self, must: Sequence[tuple[Any, Any]], cannot: Sequence[tuple[Any, Any]], cut: float | None) -> Found:
        """Everything; `cut` is a probability, the data's own when None. Raises NotFound, ToldBoth."""
        row_of = {one: at for at, one in enumerate(self._ids)}
        known = clusters.Rules(None, _rows(row_of, must), _rows(row_of, cannot), rivals=self._few)
        sources = self._sources()
        compared = self._compared()
        pairs = compared.pairs
        kind, all_pairs = _kinds(sources, pairs)
        shares = head.fit(
            head.patterns(pairs, kind, compared.comparisons), compared.comparisons, all_pairs, 1 / len(self._ids),
            known=self._few,
        )  # fmt: skip
        found, expected, corroborated = self._weighed(pairs, kind, shares, float(shares.person @ all_pairs))
        model = replace(
            self._model(compared, shares, sources, all_pairs, cut if cut is not None else expected.probability),
            corroborated=corroborated,
        )
        links = clusters.Links(pairs.left, pairs.right, found.whole)
        person = self._grouped(links, clusters.parted(len(self._ids), links, found.contrary, known), model, sources)
        home = self._households(compared.columns, person, pairs, found)
        return Found(
            people=self._told(person, home, pairs, _probability(found)),
            pairs=self._scored(pairs, found, _probability(found)),
            records=self._prepared(),
            model=model,
            blocks=compared.blocks,
            passes=compared.passes,
            pairs_compared=len(pairs.left),
            household_share=shares.household_share,
            expected=expected,
        )

    def _weighed(
        self, pairs: Pairs, kind: "np.ndarray", shares: weighing.Shares, persons: float
    ) -> tuple[weighing.Odds, Cut, bool]:
        """The odds of every pair, from which on it is one person, and whether more than names must speak for it."""
        tells_more = not usual.only_names(shares.comparisons)
        corroborated = self._few and tells_more
        least = LIKELIER if self._few else _WORTH_A_LOOK
        found = weighing.odds(pairs, kind, shares, corroborated=corroborated)
        expected = best_cut(_probability(found), persons, least)
        if tells_more and not self._few and expected.precision < LEAST_PRECISION:
            corroborated = True
            found = weighing.odds(pairs, kind, shares, corroborated=True)
            expected = best_cut(_probability(found), persons, LIKELIER)
        return found, expected, corroborated

    def _sources(self) -> _Sources:
        import numpy as np
        import pyarrow.compute as pc

        told = pc.fill_null(self._records["source"], "*").to_pylist()
        names = sorted(set(told))
        number = {one: at for at, one in enumerate(names)}
        return _Sources(np.array([number[one] for one in told], np.int32), tuple(names))

    def _compared(self) -> _Compared:
        import numpy as np
        import pyarrow as pa

        from noline.insight.matching import training

        engine, rows = self._engine, len(self._ids)
        columns = engine.load(self._records.append_column("rid", pa.array(np.arange(rows), pa.int32())))
        del self._records  # the engine has them now; a million records are a gigabyte
        comparisons = comparing.comparisons(columns)
        engine.with_frequencies(comparisons)
        blocks = engine.block(engine.keys(columns), rows)
        if self._few:
            trained = training.Trained(usual.known(comparisons), ())
        else:
            trained = training.train(engine.db, comparisons, blocks)
        return _Compared(
            frozenset(columns), trained.comparisons, tuple(blocks), trained.passes, engine.compare(comparisons)
        )

    def _model(
        self, compared: _Compared, shares: weighing.Shares, sources: _Sources, all_pairs: "np.ndarray", cut: float
    ) -> Model:
        return Model(
            comparisons=tuple(weighing.weighable(one) for one in shares.comparisons),
            prior=shares.prior,
            household_prior=shares.household_prior,
            household=shares.household_on,
            cut=math.log2(cut / (1 - cut)),
            frequencies=self._engine.common(compared.comparisons),
            person_shift=_shifts(shares.person, shares.prior, sources.names),
            household_shift=_shifts(shares.household, shares.household_prior, sources.names),
            sources_alone=_alone(shares, all_pairs, sources),
        )

    def _grouped(self, links: clusters.Links, known: clusters.Rules, model: Model, sources: _Sources) -> "np.ndarray":
        import numpy as np

        rows = len(self._ids)
        if not model.sources_alone:
            return clusters.people(rows, links, model.cut, known)
        number = np.array([at if name in model.sources_alone else -1 for at, name in enumerate(sources.names)])
        alone = number[sources.of]
        rules = known._replace(alone=alone)
        person = clusters.people(rows, links, model.cut, rules)
        return clusters.people(rows, clusters.sharpened(links, person, alone), model.cut, rules)

    def _households(
        self, columns: frozenset[str], person: "np.ndarray", pairs: Pairs, found: weighing.Odds
    ) -> "np.ndarray":
        import numpy as np

        db, size = self._engine.db, len(person)
        left, right = households.edges(db, columns, person)
        placed = households.placed(db, columns, size)
        both = placed[pairs.left] & placed[pairs.right]
        likely = found.household > np.where(both, LIKELY_HOUSEHOLD, SURE_HOUSEHOLD)
        left = np.concatenate([left, pairs.left[likely]])
        right = np.concatenate([right, pairs.right[likely]])
        home = clusters.components(size, left, right)
        first, second = households.moved_together(db, person, home)
        return clusters.components(size, np.concatenate([left, first]), np.concatenate([right, second]))

    def _told(self, person: "np.ndarray", home: "np.ndarray", pairs: Pairs, probability: "np.ndarray") -> "pa.Table":
        import numpy as np
        import pyarrow as pa

        inside = person[pairs.left] == person[pairs.right]
        sure, doubt = np.zeros(len(person)), np.zeros(len(person))
        for ends in (pairs.left, pairs.right):
            np.maximum.at(sure, ends[inside], probability[inside])
            np.maximum.at(doubt, ends[~inside], probability[~inside])
        single = np.bincount(person, minlength=len(person))[person] == 1
        ids = np.array(self._ids, dtype=object)
        return pa.table(
            {
                "record_id": self._original_ids,
                "person_id": pa.array(ids[person][self._back], pa.string()),
                "household_id": pa.array(ids[home][self._back], pa.string()),
                "score": pa.array(np.where(single, 1 - doubt, sure)[self._back]),
            }
        )

    def _scored(self, pairs: Pairs, found: weighing.Odds, probability: "np.ndarray") -> "pa.Table":
        import pyarrow as pa

        kept = found.whole > KEPT_BITS
        ids = pa.array(self._ids, pa.string())
        return pa.table(
            {
                "record_id_a": ids.take(pa.array(pairs.left[kept])),
                "record_id_b": ids.take(pa.array(pairs.right[kept])),
                "weight": pa.array(found.weight[kept]),
                "probability": pa.array(probability[kept]),
                "household": pa.array(found.household[kept]),
                "levels": pa.array(pairs.code[kept]),
            }
        )

    def _prepared(self) -> "pa.Table":
        import pyarrow as pa

        found = self._engine.db.sql("SELECT * EXCLUDE (rid) FROM weighed ORDER BY rid").to_arrow_table()
        return found.append_column("record_id", pa.array(self._ids, pa.string()))


def _shuffled(ids: Sequence[str]) -> "np.ndarray":
    """An order of rows that depends on nothing but the set of ids, and tells nothing: by their hash."""
    import hashlib

    import numpy as np

    def hashed(one: str) -> int:
        return int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest(), "big")

    return np.argsort(np.array([hashed(one) for one in ids], np.uint64), kind="stable")


def _rows(row_of: Mapping[str, int], pairs: Iterable[tuple[Any, Any]]) -> list[tuple[int, int]]:
    try:
        return [(row_of[str(a)], row_of[str(b)]) for a, b in pairs]
    except KeyError as missing:
        raise NotFound(what="record", name=missing.args[0]) from None


def _kinds(sources: _Sources, pairs: Pairs) -> tuple["np.ndarray", "np.ndarray"]:
    """The kind of each pair (which two sources), and how many pairs of each kind the table has."""
    import numpy as np

    count = len(sources.names)
    a, b = sources.of[pairs.left], sources.of[pairs.right]
    sizes = np.bincount(sources.of, minlength=count).astype(np.float64)
    whole = np.triu(np.outer(sizes, sizes), 1) + np.diag(sizes * (sizes - 1) / 2)
    return np.minimum(a, b) * count + np.maximum(a, b), whole.reshape(-1)


def _probability(found: weighing.Odds) -> "np.ndarray":
    """Of each pair, that it is one person."""
    import numpy as np

    return 1 / (1 + np.exp2(-found.whole))


def _alone(shares: weighing.Shares, all_pairs: "np.ndarray", sources: _Sources) -> tuple[str, ...]:
    """The sources that name each person once."""
    import numpy as np

    count = len(sources.names)
    expected = (shares.person * all_pairs).reshape(count, count)
    sizes = np.bincount(sources.of, minlength=count)
    within = np.diag(expected)
    across = expected.sum(0) + expected.sum(1) - 2 * within
    alone = (within < ALONE_SHARE * sizes) & (across > LINKED_SHARE * sizes)
    return tuple(name for name, one in zip(sources.names, alone.tolist(), strict=True) if one)


def _shifts(shares: "np.ndarray", prior: float, names: Sequence[str]) -> dict[str, float]:
    """For each two sources, the bits by which their share differs from that of the whole table."""
    count = len(names)
    if count == 1:
        return {}
    return {
        f"{names[a]}|{names[b]}": math.log2(max(float(shares[a * count + b]), head.LEAST_SHARE**2) / prior)
        for a in range(count)
        for b in range(a, count)
    }


def best_cut(probability: "np.ndarray", expected: float, least: float = _WORTH_A_LOOK) -> Cut:
    """The probability, `least` or more, from which taking pairs gives the highest expected F1; its precision, recall.

    The expectation trusts the probabilities themselves; `expected` is how many pairs of one person there are in all.
    """
    import numpy as np

    falling = np.sort(probability[probability > least])[::-1]
    if not len(falling):
        return Cut(0.5, 1.0, 0.0)
    taken = np.cumsum(falling)
    f1 = 2 * taken / (np.arange(1, len(falling) + 1) + max(expected, taken[-1]))
    best = int(np.argmax(f1))
    # Where F1 is at its best, a pair helps it as long as it is likelier than half of that F1.
    return Cut(
        max(float(f1[best] / 2), least), float(taken[best] / (best + 1)), float(taken[best] / max(expected, taken[-1]))
    )
