"""The door of the room: what is asked of a table of events, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from typing import Any, NamedTuple, Protocol, TypeVar

from noline.insight.walks import borders, dropoffs, exposed, funnels, handoffs, incidence, plain, unfinished
from noline.insight.walks.attempts import Attempts, attempts
from noline.insight.walks.histogram import quantile
from noline.insight.walks.journeys import Ground, ground
from noline.insight.walks.model import (
    Behind,
    DropOffCounts,
    Funnel,
    FunnelCounts,
    HandoffCounts,
    Incidence,
    Level,
    Pauses,
    SpellCounts,
    StepUnknown,
    Wants,
    Windows,
    levels,
)
from noline.insight.walks.model import Sequence as Path
from noline.insight.walks.together import Together, together
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.shares import few
from noline.stores.analytical import Answering
from noline.stores.walks import history
from noline.stores.walks.store import WalkStore

LONGEST_CHECKED = 200
"""More events of one person than this are not counted again one by one: it would take too long."""


class Merging(Protocol):
    """Counts that can be added to those of other people."""

    def merged(self, other: Any) -> Any:
        """Both together."""
        ...


Counted = TypeVar("Counted", bound=Merging)


class HandoffRow(NamedTuple):
    """One border. gaps in microseconds, from the end of the visit before to the begin of the one after."""

    from_channel: str
    to_channel: str
    handoffs: int
    persons: int
    gap_p10_us: int | None
    gap_p50_us: int | None
    gap_p90_us: int | None
    too_few: bool


class Checked(NamedTuple):
    """What counting again by the definition found. passed_over: persons with too many events to be told one by one.

    differ: persons of whom the fast way said something else; anything here is a fault of ours.
    """

    persons: int
    passed_over: int
    differ: list[str]


@dataclass(frozen=True)
class Answer:
    """A funnel's answer. parts: the levels by value, when the funnel asks for them.

    still_open: of those who began and have not reached the last step, how many have a window, from their latest
    beginning, that is not over when the events end; None where an engine counted that tells no persons.
    """

    levels: list[Level]
    parts: dict[str, list[Level]]
    counts: FunnelCounts
    still_open: int | None = None


@dataclass(frozen=True)
class Passed:
    """All that one walk tells, of the same visits and journeys, so that its numbers agree.

    A journey here also ends with a goal and its settling time. matrix: of all hand-offs between visits; borders: of
    hand-offs declared or inferred, and how they ended. drop_offs: by channel; endings: what they were made of.
    sequences: the visits that led to a loss, the most frequent first. funnel: when one was asked for.
    version: of the log and of who is who, when it is the history of a hub.
    """

    matrix: list[HandoffRow]
    counts: HandoffCounts
    borders: list[borders.Border]
    attempts: Attempts
    drop_offs: list[exposed.DropOff]
    endings: DropOffCounts
    sequences: list[tuple[Path, int]]
    funnel: Answer | None
    version: history.Version | None


class Walks:
    """Answers about one table of events."""

    def __init__(self, store: WalkStore, whole: WalkStore | None = None) -> None:
        """Take the events. whole: the same with what was merely sent, which is no step, but may hand over."""
        self.store = store
        self.whole = store if whole is None else whole
        self._tried: Attempts | None = None
        self._together: tuple[Windows, Together] | None = None

    @classmethod
    def of_history(cls, analytical: Answering, rates: history.Rates | None = None) -> "Walks":
        """The touchpoints of a hub, as far as history was read; what was merely sent is none. rates: of the values."""
        whole = history.read(analytical, rates)
        return cls(whole.touchpoints, whole)

    def funnel(self, funnel: Funnel) -> Answer:
        """How many persons reached each step. Raises StepUnknown, FunnelUnreadable, NotFound for an unknown part."""
        self._known([step.what for step in funnel.steps], funnel.without)
        counts = funnels.counted(self.store, funnel)
        parts = {name: levels(funnel, persons) for name, persons in counts.parts.items()}
        observed = self.whole.observed_until
        waiting = 0 if observed is None else unfinished.still_open(funnels.marked(self.store, funnel), funnel, observed)
        return Answer(counts.levels(funnel), parts, counts, waiting)

    def behind(
        self, funnel: Funnel, step: int, *, stopped: bool = False, limit: int = 50, offset: int = 0
    ) -> list[Behind]:
        """The persons behind a step, in the order in which the events first tell of them.

        step: counted from 0. stopped: only those who reached none of the steps after it. Raises NotFound, StepUnknown.
        """
        self._known([one.what for one in funnel.steps], funnel.without)
        if not 0 <= step < len(funnel.steps):
            raise NotFound(what="step", name=step + 1)
        events = funnels.marked(self.store, funnel)
        page = funnels.behind(events, funnel, step, stopped=stopped, limit=limit, offset=offset)
        times = self.store.times
        return [
            Behind(str(self.store.ids[person].as_py()), int(times[began]), int(times[ended]))
            for person, began, ended in zip(*(column.tolist() for column in page), strict=True)
        ]

    def check(self, funnel: Funnel, persons: int) -> Checked:
        """Count some persons again by the definition of a funnel, one event after the other, and compare.

        persons: so many, the first ones. Raises what `funnel` raises.
        """
        self._known([one.what for one in funnel.steps], funnel.without)
        events = funnels.marked(self.store, funnel)
        some = range(min(persons, self.store.person_count))
        told = [number for number in some if self._events_of(number) <= LONGEST_CHECKED]
        fast: dict[int, dict[int, plain.Chain]] = {number: {} for number in told}
        for step, reached in enumerate(funnels.reached(events, funnel)):
            for person, began, ended in zip(*(column.tolist() for column in reached), strict=True):
                if person in fast:
                    fast[person][step] = plain.Chain(began, ended)
        names = [number for number in told if fast[number] != self._by_definition(funnel, number)]
        return Checked(len(told), len(some) - len(told), [str(self.store.ids[number].as_py()) for number in names])

    def _events_of(self, person: int) -> int:
        return int(self.store.offsets[person + 1] - self.store.offsets[person])

    def _by_definition(self, funnel: Funnel, person: int) -> dict[int, plain.Chain]:
        names = [step.what for step in funnel.steps]
        first = int(self.store.offsets[person])
        events = funnels.events_of(self.store, person, names, funnel.without)
        found = plain.reached(events, funnel, overlapping=funnels.overlap(self.store, names))
        return {step: plain.Chain(first + chain.began, first + chain.ended) for step, chain in found.items()}

    def handoffs(self, pauses: Pauses | None = None) -> tuple[list[HandoffRow], HandoffCounts]:
        """The borders between channels, most persons first, and the counts they were made of."""
        counts = handoffs.counted(self.store, pauses or Pauses())
        return rows_of(counts), counts

    def drop_offs(self, wants: Wants, pauses: Pauses | None = None, *, valued: bool = False) -> DropOffCounts:
        """What became of visits with an intent. Raises StepUnknown.

        valued: also what was exposed, in minor units: of each person what the latest lost visit saw last.
        """
        self._known(wants.intents, wants.goals)
        pauses = pauses or Pauses()
        counts = dropoffs.counted(self.store, pauses, wants)
        if not valued:
            return counts
        windows = Windows(pauses, horizon=wants.horizon, intents=wants.intents, goals=wants.goals)
        return exposed.valued(counts, self._ground(windows), windows)

    def attempts(self, windows: Windows | None = None) -> Attempts:
        """Hand-offs one by one, declared by the sender or inferred from visits, and how each ended.

        The latest answer is remembered: people behind a border are asked for page by page.
        """
        windows = windows or Windows()
        tried = self._tried
        if tried is None or tried.windows != windows:
            tried = self._tried = attempts(self._ground(windows), windows)
        return tried

    def together(self, windows: Windows | None = None) -> Together:
        """Everybody who was lost on a border or dropped off somewhere, each person once. The latest is remembered."""
        windows = windows or Windows()
        if self._together is None or self._together[0] != windows:
            tried = self.attempts(windows)
            walk, until = tried.ground.walk, tried.ground.observed
            dropped = dropoffs.counted_of(self.store, walk, windows.wants, until=until)
            self._together = (windows, together(tried, dropped.whole))
        return self._together[1]

    def passed(self, windows: Windows | None = None, funnel: Funnel | None = None, *, top: int = 20) -> Passed:
        """Hand-offs, drop-offs and sequences of the same visits. Raises what `funnel` raises when one is asked for."""
        windows = windows or Windows()
        found = self._ground(windows)
        tried = attempts(found, windows)
        counts = handoffs.counted_of(self.store, found.walk)
        dropped = dropoffs.counted_of(self.store, found.walk, windows.wants, until=found.observed)
        dropped = exposed.valued(dropped, found, windows)
        return Passed(
            rows_of(counts), counts, tried.borders(), tried, exposed.rows(dropped, found, windows), dropped,
            dropped.top(top), None if funnel is None else self.funnel(funnel),
            self.whole.version if isinstance(self.whole, history.History) else None,
        )  # fmt: skip

    def _ground(self, windows: Windows) -> Ground:
        return ground(self.whole, self.store, windows)

    def time_to(
        self, begin: str, end: str, competing: Sequence[str], at: Sequence[Micros]
    ) -> tuple[list[Incidence], SpellCounts]:
        """The cumulative incidence of each end, the one asked for first. Raises StepUnknown."""
        ends = tuple(dict.fromkeys((end, *competing)))
        self._known([begin], ends)
        spells = incidence.counted(self.store, begin, ends)
        return [row for name in ends for row in incidence.incidence(spells, name, at)], spells

    def _known(self, *steps: Sequence[str]) -> None:
        """Refuse a step that none of the events is: nearly always a slip of the pen. Of no events nobody can tell."""
        store = self.store
        for what in (what for some in steps for what in some):
            if len(store) and not (store.matching(what) & store.pairs).any():
                names = [*store.actions.names, *_pairs_of(store)]
                raise StepUnknown(step=what, nearest=next(iter(get_close_matches(what, names, 1, 0.0)), ""))


def rows_of(counts: HandoffCounts) -> list[HandoffRow]:
    """The borders of such counts, most persons first."""
    gaps: dict[tuple[str, str], dict[int, int]] = {}
    for (sender, receiver, number), count in counts.gaps.items():
        gaps.setdefault((sender, receiver), {})[number] = count
    rows = [
        HandoffRow(
            sender,
            receiver,
            handed,
            counts.border_persons[sender, receiver],
            quantile(gaps[sender, receiver], 0.1),
            quantile(gaps[sender, receiver], 0.5),
            quantile(gaps[sender, receiver], 0.9),
            few(counts.border_persons[sender, receiver], counts.persons),
        )
        for (sender, receiver), handed in counts.borders.items()
    ]
    return sorted(rows, key=lambda row: (-row.persons, -row.handoffs, row.from_channel, row.to_channel))


def merged(parts: Sequence[Counted]) -> Counted:
    """Counts of different people as one."""
    return reduce(lambda one, other: one.merged(other), parts)


def _pairs_of(store: WalkStore) -> list[str]:
    import numpy as np

    return [
        f"{store.channels.names[channel]}/{store.actions.names[action]}" for channel, action in np.argwhere(store.pairs)
    ]
