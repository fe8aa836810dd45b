"""Walks that another engine counts: the same questions, the same refusals, the same answers.

An engine counts; shares, intervals and quantiles are made of its counts here, as they are of the counts of `Walks`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from noline.insight.walks.incidence import incidence
from noline.insight.walks.model import (
    MOST_PARTS,
    Behind,
    DropOffCounts,
    Funnel,
    FunnelCounts,
    FunnelUnreadable,
    HandoffCounts,
    Incidence,
    Pauses,
    SpellCounts,
    Wants,
    levels,
)
from noline.insight.walks.service import Answer, Checked, HandoffRow, Walks, rows_of
from noline.kernel.clock import Micros
from noline.kernel.errors import NoLineError, NotFound, Refused
from noline.stores.walks.events import Events, Read
from noline.stores.walks.store import WalkStore

if TYPE_CHECKING:
    import pyarrow as pa

NO_PART = ("channel", "action")
"""What a funnel can be parted by without a further column."""


class EngineFailed(NoLineError):
    """Another engine that did not answer."""

    code = "walks.engine_failed"
    status = 503
    retryable = True
    sentence = "{engine} did not answer: {why}."
    hint = "Look at the engine's own log; without --engine the same question is counted here."


class EngineCannot(Refused):
    """A question that another engine has no answer to."""

    code = "walks.engine_cannot"
    status = 422
    sentence = "{engine} cannot count this: {why}."
    hint = "Leave --engine away: the walk counts it here. docs/journeys.md tells what each engine can."


class Vocabulary(NamedTuple):
    """What the events of the whole are called. parts: the values of further columns, by column.

    A part of the events does not hold every name; what a step means depends on them.
    """

    pairs: Sequence[tuple[str, str]]
    parts: dict[str, tuple[str, ...]]

    def store(self) -> WalkStore:
        """A walk store with one event of each channel and action. Raises TooManyNames."""
        import numpy as np
        import pyarrow as pa

        def column(values: Sequence[object]) -> "pa.ChunkedArray[pa.Scalar]":
            return pa.chunked_array([pa.array(values, pa.string())])

        channels, actions = ([pair[number] for pair in self.pairs] for number in (0, 1))
        count = len(self.pairs)
        times = np.zeros(count, np.int64)
        persons = column([""] * count)
        return WalkStore.of(
            Events(persons, times, column(channels), column(actions), None, {}, Read(count, 0, "none", None))
        )

    def names_of(self, part: str) -> list[str]:
        """The values that a funnel is parted by. Raises NotFound."""
        if part in NO_PART:
            return sorted({pair[NO_PART.index(part)] for pair in self.pairs})
        if part not in self.parts:
            raise NotFound(what="column of these events", name=part)
        return sorted(self.parts[part])


class Engine(Protocol):
    """What counts, and what it is called."""

    name: str

    @property
    def read(self) -> Read:
        """What was read."""
        ...

    def vocabulary(self) -> Vocabulary:
        """What the events are called."""
        ...

    def funnel(self, funnel: Funnel) -> FunnelCounts:
        """Persons of each step."""
        ...

    def handoffs(self, pauses: Pauses) -> HandoffCounts:
        """Visits, journeys and hand-offs."""
        ...

    def drop_offs(self, wants: Wants, pauses: Pauses) -> DropOffCounts:
        """What became of visits with an intent."""
        ...

    def spells(self, begin: str, ends: Sequence[str]) -> SpellCounts:
        """How long people waited for the first of these ends."""
        ...


class Elsewhere:
    """The answers of `Walks`, counted by another engine."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine, and ask it what the events are called. Raises TooManyNames."""
        self.engine = engine
        self._words = engine.vocabulary()
        # What is refused of one event of each name is refused of all of them.
        self._named = Walks(self._words.store())

    def funnel(self, funnel: Funnel) -> Answer:
        """How many persons reached each step. Raises what `Walks.funnel` raises, and EngineCannot."""
        self._named.funnel(replace(funnel, by=None))
        if funnel.by is not None:
            parted = len(self._words.names_of(funnel.by))
            if parted > MOST_PARTS:
                raise FunnelUnreadable(why=f"{funnel.by} has {parted} values; at most {MOST_PARTS} can be parts")
        counts = self.engine.funnel(funnel)
        parts = {name: levels(funnel, persons) for name, persons in counts.parts.items()}
        return Answer(counts.levels(funnel), parts, counts)

    def behind(self, *_asked: object, **_how: object) -> list[Behind]:
        """Raises EngineCannot: what comes back from another engine are counts."""
        raise EngineCannot(engine=self.engine.name, why="it gives back counts, not the persons behind them")

    def check(self, *_asked: object) -> Checked:
        """Raises EngineCannot: what comes back from another engine are counts."""
        raise EngineCannot(engine=self.engine.name, why="it gives back counts, not events to count again")

    def handoffs(self, pauses: Pauses | None = None) -> tuple[list[HandoffRow], HandoffCounts]:
        """The borders between channels, most persons first, and the counts they were made of."""
        counts = self.engine.handoffs(pauses or Pauses())
        return rows_of(counts), counts

    def drop_offs(self, wants: Wants, pauses: Pauses | None = None) -> DropOffCounts:
        """What became of visits with an intent. Raises StepUnknown."""
        self._named.drop_offs(wants)
        return self.engine.drop_offs(wants, pauses or Pauses())

    def time_to(
        self, begin: str, end: str, competing: Sequence[str], at: Sequence[Micros]
    ) -> tuple[list[Incidence], SpellCounts]:
        """The cumulative incidence of each end, the one asked for first. Raises StepUnknown."""
        self._named.time_to(begin, end, competing, [])
        ends = tuple(dict.fromkeys((end, *competing)))
        spells = self.engine.spells(begin, ends)
        return [row for name in ends for row in incidence(spells, name, at)], spells
