"""The door of the room: any table of people in, who is whom and who lives together out."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from noline.insight.matching.columns import Guess, guess
from noline.insight.matching.engine import Rule
from noline.insight.matching.model import Model
from noline.insight.matching.preparing import Reading
from noline.insight.matching.run import Run
from noline.insight.matching.scorer import Scorer
from noline.kernel.errors import NotFound, NotReadable, PackageMissing

if TYPE_CHECKING:
    import pyarrow as pa

Known = Iterable[tuple[Any, Any]]


class IdsRepeat(NotReadable):
    """The id column does not tell records apart."""

    code = "match.ids_repeat"
    sentence = "The column {column} has {repeated} ids that stand in more than one row, or rows without one."
    hint = "Name a column with one id for each row with --id."


@dataclass(frozen=True)
class Plan:
    """What was done, in numbers."""

    rows: int
    columns: dict[str, str]
    unread: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[Rule, ...]
    passes: tuple[str, ...]
    pairs_compared: int
    people: int
    households: int
    household_head: bool
    household_share: float
    cut: float
    sources_alone: tuple[str, ...]
    expected_precision: float
    expected_recall: float

    def as_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        told = dict(self.__dict__)
        told["rules"] = [
            {"columns": list(one.columns), "pairs": one.pairs, "largest": one.largest} for one in self.rules
        ]
        return told


@dataclass(frozen=True)
class Matched:
    """The result.

    `people`: record_id, person_id, household_id, score, in the order of the table. `pairs`: record_id_a, record_id_b,
    weight (Splink's bits, with prior), probability, household (probability of another person of the household),
    and `levels`, the packed comparison vector that `levels_of` unpacks.
    """

    people: "pa.Table"
    pairs: "pa.Table"
    model: Model
    guess: Guess
    reading: Reading
    plan: Plan

    records: "pa.Table"
    """The prepared records, with the frequencies of their values; in an order that tells nothing."""

    def model_json(self) -> str:
        """The model with the way this table was read, as text that `Scorer` and the live path read again."""
        import json

        return json.dumps({**self.model.as_data(), "reading": self.reading.as_data()}, ensure_ascii=False)

    def explain(self, one: str, other: str) -> dict[str, Any]:
        """Why two records are or are not one person: a sentence, and the waterfall of their comparison.

        Raises NotFound for an id that is not in the table.
        """
        scorer = Scorer(self.model)
        rows = [scorer.prepare(self._record(name)) for name in (one, other)]
        score = scorer.score(rows[0], rows[1])
        same = self._person_of(one) == self._person_of(other)
        reasons = [
            {"field": "all people", "words": "two records taken at random", "weight": math.log2(self.model.prior)}
        ]
        reasons += [reason._asdict() for reason in score.reasons]
        return {
            "a": one, "b": other, "same_person": same, "probability": score.probability, "weight": score.weight,
            "person_vs_household": score.person_vs_household, "reasons": reasons,
            "sentence": f"{one} and {other} are {'one person' if same else 'two people'}: as a pair, "
            f"{score.probability:.1%} likely to be one.",
        }  # fmt: skip

    def _record(self, name: str) -> dict[str, Any]:
        import pyarrow.compute as pc

        found = self.records.filter(pc.call_function("equal", [self.records["record_id"], name]))
        if not found.num_rows:
            raise NotFound(what="record", name=name)
        return found.to_pylist()[0]

    def _person_of(self, name: str) -> str:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = pc.cast(self.people["record_id"], pa.string())
        return self.people.filter(pc.call_function("equal", [ids, name]))["person_id"][0].as_py()

    def levels_of(self, packed: int) -> dict[str, str]:
        """A packed comparison vector in words."""
        told = {}
        for one in self.model.comparisons:
            packed, at = divmod(packed, len(one.levels))
            told[one.name] = one.levels[at].words
        return told


def match(
    table: "pa.Table", *, id_column: str, mapping: Mapping[str, Any] | None = None, threads: int = 2,
    must: Known = (), cannot: Known = (), threshold: float | None = None,
) -> Matched:  # fmt: skip
    """Match a table of records of people, without labels.

    `mapping`: meaning -> column (or columns) where the guess shall not be made. `must` and `cannot`: pairs of record
    ids that every result respects. `threshold`: the probability from which a pair is one person; the data's own when
    None. The result is the same for the same rows in any order.

    Raises NotFound, IdsRepeat, ColumnsNotUnderstood, PackageMissing.
    """
    _needs_splink()
    guessed = guess(table, id_column, mapping)
    _check_ids(table, id_column)
    run = Run(table, id_column, guessed, threads)
    try:
        found = run.result(list(must), list(cannot), threshold)
    finally:
        run.close()
    model = found.model
    plan = Plan(
        rows=table.num_rows,
        columns=guessed.flat(),
        unread=guessed.unread,
        notes=guessed.notes,
        rules=found.blocks,
        passes=found.passes,
        pairs_compared=found.pairs_compared,
        people=len(found.people.column("person_id").unique()),
        households=len(found.people.column("household_id").unique()),
        household_head=model.household,
        household_share=found.household_share,
        cut=1 / (1 + 2**-model.cut),
        sources_alone=model.sources_alone,
        expected_precision=found.expected.precision,
        expected_recall=found.expected.recall,
    )
    return Matched(found.people, found.pairs, model, guessed, run.reading, plan, found.records)


def with_ids(table: "pa.Table", id_column: str | None) -> tuple["pa.Table", str]:
    """The table and its id column; rows are numbered from 1 as `row` when no column is named."""
    import pyarrow as pa

    if id_column is not None:
        return table, id_column
    name = "row" if "row" not in table.column_names else "row_number"
    return table.append_column(name, pa.array(range(1, table.num_rows + 1), pa.int64())), name


def _needs_splink() -> None:
    try:
        import rapidfuzz
        import splink
    except ImportError:
        raise PackageMissing(feature="matching people", package="splink and rapidfuzz") from None
    del rapidfuzz, splink


def _check_ids(table: "pa.Table", column: str) -> None:
    distinct = len(table.column(column).drop_null().unique())
    if distinct < table.num_rows:
        raise IdsRepeat(column=column, repeated=table.num_rows - distinct)
