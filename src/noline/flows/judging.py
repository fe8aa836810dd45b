"""How likely two descriptions are one person, by what the latest match has learned."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.kernel.clock import MINUTE, Clock, Micros

if TYPE_CHECKING:
    from noline.insight.matching.model import Score
    from noline.insight.matching.scorer import Scorer

Description = Mapping[str, str]
"""Names of attributes, each with its value."""

_MEANINGS = {
    "firstName": "given", "lastName": "family", "name": "name", "email": "email", "phone": "phone",
    "birthday": "birth_date", "address.street": "street", "address.postalCode": "postcode", "address.city": "city",
    "address.state": "region", "company": "org", "gender": "sex",
}  # fmt: skip
"""What attributes mean in the matching room."""

_PARTS_OF_NAMES = ("firstName", "lastName")
_MOST_BITS = 40.0


class Judgement(NamedTuple):
    """bits: log2 of the odds that two are one person, not two who live together or strangers. reasons: in words."""

    bits: float
    reasons: tuple[str, ...]

    def probability(self, more: float = 0.0) -> float:
        """As a probability, with so many bits more that the model did not see."""
        bits = max(-_MOST_BITS, min(_MOST_BITS, self.bits + more))
        return 1 / (1 + 2**-bits)


class Judge:
    """The model of the latest match, compiled. It is asked for again after a minute, so a new match is soon heard."""

    def __init__(self, model: Callable[[], Mapping[str, Any] | None], clock: Clock) -> None:
        """model: what the latest match has learned; None before the first."""
        self._model = model
        self._clock = clock
        self._scorer: Scorer | None = None
        self._until: Micros = 0

    def judge(self, one: Description, others: Sequence[Description]) -> list[Judgement] | None:
        """How likely each of the others is this one; None when nothing has been learned yet."""
        scorer = self._compiled()
        if scorer is None:
            return None
        first, *rest = (scorer.prepare(row) for row in _prepared([one, *others]))
        return [_judgement(scorer.score(first, other)) for other in rest]

    def _compiled(self) -> "Scorer | None":
        from noline.insight.matching.scorer import Scorer

        now = self._clock.now()
        if now >= self._until:
            learned = self._model()
            self._scorer = None if learned is None else Scorer.from_model(learned)
            self._until = now + MINUTE
        return self._scorer


def _prepared(descriptions: Sequence[Description]) -> list[dict[str, Any]]:
    """Descriptions in the columns that the matching room compares."""
    import pyarrow as pa

    from noline.insight.matching.preparing import Reading, prepared

    rows = [_without_doubles(one) for one in descriptions]
    told = [name for name in _MEANINGS if any(name in row for row in rows)]
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in told})
    # Days are told as ISO 8601, years first.
    return prepared(table, Reading({_MEANINGS[name]: (name,) for name in told}, {"*": "ymd"}, "people")).to_pylist()


def _without_doubles(one: Description) -> dict[str, str]:
    """The whole name only where its parts are not known."""
    known = {name: value for name, value in one.items() if name in _MEANINGS}
    if all(name in known for name in _PARTS_OF_NAMES):
        known.pop("name", None)
    return known


def _judgement(score: "Score") -> Judgement:
    kept = min(max(score.probability, 2**-_MOST_BITS), 1 - 2**-_MOST_BITS)
    ordered = sorted(score.reasons, key=lambda one: -one.weight)
    reasons = tuple(f"{one.field}: {one.words} ({one.weight:+.1f} bits)" for one in ordered)
    return Judgement(math.log2(kept / (1 - kept)), reasons)
