"""People counted for a fingerprint: of each person one visit to a channel, drawn by lot, and where it led.

One visit a person makes people the unit: who comes every day tells no more than who came twice. The lot falls by a hash
of the person's own name, so it is the same on every machine and in every part of the people.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple, Protocol

import numpy as np

from noline.insight.fingerprints.canon import CHANNELS, END, NEXT, STAGES, mapped
from noline.kernel.clock import SECOND, Micros
from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.store import Named, WalkStore

_ENDS = NEXT.index(END)


class Walked(Protocol):
    """Visits in the order in which they began, person by person.

    first, last: positions of their events. opens: whether a visit is the first of a journey.
    """

    @property
    def first(self) -> Longs: ...  # noqa: D102
    @property
    def last(self) -> Longs: ...  # noqa: D102
    @property
    def channels(self) -> Longs: ...  # noqa: D102
    @property
    def persons(self) -> Longs: ...  # noqa: D102
    @property
    def opens(self) -> Flags: ...  # noqa: D102

    def of_events(self, store: WalkStore, places: Longs, /) -> Longs:
        """The visit that each of these events belongs to."""
        ...


class Sent(NamedTuple):
    """People after one visit to a channel. table: by stage and by what came next. gaps: seconds until then."""

    table: list[list[int]]
    gaps: Mapping[str, Sequence[int]]


def canonical(store: WalkStore, own: Mapping[str, str]) -> WalkStore:
    """The same events with the channels that companies share."""
    names = mapped(store.channels.names, own).names
    known = tuple(dict.fromkeys(names))
    table = np.array([known.index(name) for name in names] or [0], np.uint8)
    return replace(store, channels=Named(table[store.channels.codes], known))


def stages_of(store: WalkStore, stage_of: Callable[[str], str]) -> Longs:
    """The stage of each event, as its place among the seven."""
    table = np.array([STAGES.index(stage_of(name)) for name in store.actions.names] or [0], np.int64)
    return table[store.actions.codes]


def sent(store: WalkStore, walk: Walked, stages: Longs, *, until: Micros, gap: Micros) -> dict[str, Sent]:
    """For each channel, where people went after one of their visits, drawn by lot.

    stages: of each event. until: the log tells everything up to here; a visit that ended later than the gap of a
    journey before it is left out, whatever came next.
    """
    reached = np.zeros(walk.first.size, np.int64)
    np.maximum.at(reached, walk.of_events(store, np.arange(len(store))), stages)
    after = _after(store, walk)
    waited = np.zeros(walk.first.size, np.int64)
    waited[:-1] = np.maximum(store.times[walk.first[1:]] - store.times[walk.last[:-1]], 0)
    told = np.flatnonzero(store.times[walk.last] <= until - gap)
    names = [str(one) for one in store.ids.to_pylist()]
    found: dict[str, Sent] = {}
    for code, channel in enumerate(store.channels.names):
        if channel in CHANNELS:
            mine = told[walk.channels[told] == code]
            chosen = mine[by_lot(walk.persons[mine], names, channel)]
            found[channel] = _sent(reached[chosen], after[chosen], waited[chosen])
    return found


def _after(store: WalkStore, walk: Walked) -> Longs:
    """What came after each visit."""
    table = np.array([NEXT.index(name) for name in store.channels.names] or [_ENDS], np.int64)
    after = np.full(walk.first.size, _ENDS, np.int64)
    goes_on = np.flatnonzero(~walk.opens[1:])
    after[goes_on] = table[walk.channels[goes_on + 1]]
    return after


def _sent(reached: Longs, after: Longs, waited: Longs) -> Sent:
    cells = np.bincount(reached * len(NEXT) + after, minlength=len(STAGES) * len(NEXT))
    gaps = {
        name: np.sort(waited[after == code] // SECOND).tolist()
        for code, name in enumerate(NEXT)
        if code != _ENDS and (after == code).any()
    }
    return Sent(cells.reshape(len(STAGES), len(NEXT)).tolist(), gaps)


def by_lot(persons: Longs, names: Sequence[str], purpose: str) -> Longs:
    """One of the rows of each person. persons: rising. names: each person's own name."""
    begins = np.flatnonzero(firsts(persons))
    counts = np.diff(np.append(begins, persons.size))
    lots = np.array([_lot(names[number], purpose) for number in persons[begins].tolist()], np.uint64)
    return begins + (lots % np.maximum(counts, 1).astype(np.uint64)).astype(np.int64)


def _lot(name: str, purpose: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8, person=purpose.encode()[:16]).digest(), "big")


def depths_of(store: WalkStore, stage_of: Callable[[str], str], goals: Collection[str]) -> Longs:
    """How far each event stands: its stage, and within a stage the goals behind all others."""
    reached = np.array([name in goals for name in store.actions.names] or [False], np.int64)
    return 2 * stages_of(store, stage_of) + reached[store.actions.codes]


def declared(
    history: WalkStore, own: Mapping[str, str], depths: Longs, *, until: Micros, window: Micros
) -> dict[tuple[str, str], tuple[int, int]]:
    """By border, of people handed over by name: those whose stage advanced there in time, and all of them.

    history: with what was merely sent, in the company's own channels. One hand-off a person and border is drawn by lot
    of those whose time was over before `until`. window: the time of one that names none. depths: see `depths_of`.
    It succeeds when the person came to the receiving channel in time, with the same object if it names one, and from
    then on stood there further than at the hand-over: at a later stage, or at a goal.
    """
    if "handoff_to" not in history.parts:
        return {}
    to = history.parts["handoff_to"]
    receivers = mapped(to.names, own).names
    senders = mapped(history.channels.names, own).names
    ends = _ends(history, window)
    places = np.flatnonzero(np.isin(to.codes, [code for code, name in enumerate(to.names) if name]) & (ends < until))
    borders = [
        (senders[one], receivers[other])
        for one, other in zip(history.channels.codes[places].tolist(), to.codes[places].tolist(), strict=True)
    ]
    found: dict[tuple[str, str], tuple[int, int]] = {}
    names = [str(one) for one in history.ids.to_pylist()]
    answering = _Answering.of(history, own, depths)
    for border in sorted({one for one in borders if one[0] != one[1] and set(one) <= set(CHANNELS)}):
        mine = places[np.array([one == border for one in borders], np.bool_)]
        chosen = mine[by_lot(history.persons[mine].astype(np.int64), names, ">".join(border))]
        reached = sum(answering.advances(place, border[1], int(ends[place])) for place in chosen.tolist())
        found[border] = (reached, chosen.size)
    return found


def _ends(history: WalkStore, window: Micros) -> Longs:
    named = history.measures.get("handoff_until")
    ends = history.times + window
    return ends if named is None else np.where(named == NOT_TOLD, ends, named)


class _Answering(NamedTuple):
    """The history as a declared hand-off looks for its answer. objects: codes of names, by column."""

    history: WalkStore
    receiving: dict[str, Flags]
    depths: Longs
    objects: dict[str, dict[str, int]]

    @classmethod
    def of(cls, history: WalkStore, own: Mapping[str, str], depths: Longs) -> "_Answering":
        names = mapped(history.channels.names, own).names
        codes = np.array([NEXT.index(one) for one in names] or [_ENDS], np.uint8)[history.channels.codes]
        exposure = history.measures.get("exposure")
        seen = np.ones(len(history), np.bool_) if exposure is None else exposure != 1
        objects = {
            name: {text: code for code, text in enumerate(history.parts[name].names)}
            for name in ("object_id", "handoff_object")
            if name in history.parts
        }
        return cls(history, {name: seen & (codes == NEXT.index(name)) for name in CHANNELS}, depths, objects)

    def advances(self, place: int, receiver: str, until: Micros) -> bool:
        """Whether the person came to the receiving channel in time and stood further there than before."""
        history = self.history
        person = int(history.persons[place])
        low, high = int(history.offsets[person]), int(history.offsets[person + 1])
        times = history.times[low:high]
        # An answer at the very moment of the hand-over counts, whichever was told first.
        begin = low + int(np.searchsorted(times, history.times[place], "left"))
        end = low + int(np.searchsorted(times, until, "right"))
        mine = self.receiving[receiver][begin:end]
        arrived = mine & self._same_object(place, begin, end)
        if not arrived.any():
            return False
        came = int(np.argmax(arrived))
        return bool((mine[came:] & (self.depths[begin:end][came:] > self.depths[place])).any())

    def _same_object(self, place: int, begin: int, end: int) -> Flags:
        """Which of the events carry what was handed over; all of them when that has no name."""
        parts = self.history.parts
        named = parts.get("handoff_object")
        sought = "" if named is None else named.names[int(named.codes[place])]
        if not sought:
            return np.ones(end - begin, np.bool_)
        found = np.zeros(end - begin, np.bool_)
        for name, codes in self.objects.items():
            if sought in codes:
                found |= parts[name].codes[begin:end] == codes[sought]
        return found
