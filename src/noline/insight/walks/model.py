"""What is asked of a walk, and what comes back, in values that explain themselves.

Everything that is counted is a sum over persons: two answers to one question, over different people, are merged by
adding them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from noline.kernel.clock import DAY, HOUR, MINUTE, SECOND, Micros
from noline.kernel.errors import NotReadable
from noline.kernel.shares import Share, share
from noline.kernel.words import WORDS

Mode = Literal["ordered", "strict", "any"]
Ends = Literal["chain", "person"]
Credit = Literal["first", "last", "all"]
Counts = Mapping[str, tuple[int, ...]]
Key = TypeVar("Key")

MOST_STEPS = 30
MOST_PARTS = 200
"""A breakdown into more parts than this is no breakdown."""

_SPANS = {"ms": 1_000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class SpanUnreadable(NotReadable):
    """A length of time that cannot be read."""

    code = "walks.span_unreadable"
    sentence = "{text!r} is not a length of time."
    hint = "Write a number and a unit: 30m, 12h, 7d, 2w; units are ms, s, m, h, d and w."


class FunnelUnreadable(NotReadable):
    """A funnel that contradicts itself."""

    code = "walks.funnel_unreadable"
    sentence = "This funnel cannot be counted: {why}."
    hint = "Change what the sentence names; docs/journeys.md tells what goes together."


class StepUnknown(NotReadable):
    """A step that nothing in the events is called."""

    code = "walks.step_unknown"
    sentence = "None of the events is {step!r}. The nearest is {nearest!r}."
    hint = (
        "Name an action, a channel and an action as CHANNEL/ACTION, or all of a channel as CHANNEL/*. A comma parts "
        "two steps, so none has one in its name."
    )


def span(text: str) -> Micros:
    """Read a length of time such as `30m` or `7d`, in microseconds. Raises SpanUnreadable."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h|d|w)", text.strip())
    if not found:
        raise SpanUnreadable(text=text)
    return round(float(found[1]) * _SPANS[found[2]])


def span_text(micros: Micros) -> str:
    """A length of time as `span` reads it, in the largest unit up to days that says it whole."""
    for unit in ("d", "h", "m", "s", "ms"):
        if micros % _SPANS[unit] == 0 and (micros or unit == "s"):
            return f"{micros // _SPANS[unit]}{unit}"
    return f"{micros / _SPANS['ms']:g}ms"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel.

    what: an action, `channel/action`, or `channel/*`.
    optional: who leaves it out may go on.
    least, most: how long after the step before it, in microseconds; None: as long as the window lets.
    """

    what: str
    optional: bool = False
    least: Micros | None = None
    most: Micros | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """What is asked of a funnel. Raises FunnelUnreadable when it contradicts itself.

    window: the longest time from the first step to any other, in microseconds; None: no limit.
    mode: `ordered`, other events may lie between; `strict`, none may; `any`, in whatever order.
    tolerance: moments no further apart than this, in microseconds, count either way; 0: only equal moments do.
    without: events that must not happen. ends: what they end, the `chain` that they lie within, or everything that is
        counted of the `person`.
    by: `channel` or a further column of the events that the persons are parted by. credit: which event's value a
        person counts under, that of the `first` step or of the `last` one reached; `all`: a funnel of its own for each
        value, over the events of that value.
    """

    steps: tuple[Step, ...]
    window: Micros | None = 7 * DAY
    mode: Mode = "ordered"
    tolerance: Micros = 0
    without: tuple[str, ...] = ()
    ends: Ends = "chain"
    by: str | None = None
    credit: Credit = "first"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if why := _contradiction(self):
            raise FunnelUnreadable(why=why)

    @classmethod
    def of(cls, steps: str, **rest: Any) -> "Funnel":
        """A funnel of steps as one text, `view, cart?, web/checkout`; `?` marks an optional step."""
        names = [name.strip() for name in steps.split(",")]
        return cls(tuple(Step(name.removesuffix("?"), name.endswith("?")) for name in names), **rest)

    def before(self, step: int) -> list[int]:
        """The steps that may stand directly before a step: the last required one, and the optional ones after it."""
        found: list[int] = []
        for other in range(step - 1, -1, -1):
            found.append(other)
            if not self.steps[other].optional:
                break
        return found


def _contradiction(funnel: Funnel) -> str | None:
    steps = funnel.steps
    spans = [one for step in steps for one in (step.least, step.most) if one is not None]
    checks = {
        "it has no steps": not steps,
        "a step has no name": any(not step.what for step in steps),
        f"it has more than {MOST_STEPS} steps": len(steps) > MOST_STEPS,
        "the first step is optional": bool(steps) and steps[0].optional,
        "a length of time is negative": min([*spans, funnel.tolerance, funnel.window or 0]) < 0,
        "the least time before a step is longer than the most": any(
            step.least is not None and step.most is not None and step.least > step.most for step in steps
        ),
        "the first step has no step before it": bool(steps) and (steps[0].least, steps[0].most) != (None, None),
        "only steps in order may be optional": funnel.mode != "ordered" and any(step.optional for step in steps),
        "steps in any order have no time between them": funnel.mode == "any" and bool(spans),
        "only steps in order have a tolerance": funnel.mode != "ordered" and funnel.tolerance > 0,
        "what must not happen can only end a chain of steps in order; let it end the person": (
            funnel.mode != "ordered" and bool(funnel.without) and funnel.ends == "chain"
        ),
    }
    return next((why for why, wrong in checks.items() if wrong), None)


class Level(NamedTuple):
    """One step of a funnel: how many persons reached it, of whom, and with which certainty.

    of_first, of_before: the share of the persons of the first step, and of the last required step before this one.
    """

    step: str
    persons: int
    of_first: Share
    of_before: Share


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """Persons that reached each step, over any set of people. parts: the same by value, when the funnel asks for it."""

    persons: tuple[int, ...]
    parts: Counts = field(default_factory=lambda: _NOTHING)

    def merged(self, other: "FunnelCounts") -> "FunnelCounts":
        """These counts and those of other people."""
        nobody = (0,) * len(self.persons)
        names = sorted({*self.parts, *other.parts})
        return FunnelCounts(
            _sum(self.persons, other.persons),
            {name: _sum(self.parts.get(name, nobody), other.parts.get(name, nobody)) for name in names},
        )

    def as_bytes(self) -> bytes:
        """The counts as bytes; equal counts give equal bytes."""
        return encoded({"persons": self.persons, "parts": sorted(self.parts.items())})

    def levels(self, funnel: Funnel) -> list[Level]:
        """The steps with their shares."""
        return levels(funnel, self.persons)


def levels(funnel: Funnel, persons: tuple[int, ...]) -> list[Level]:
    """Steps with their shares, from the persons that reached each; in any order the n-th is: so many, whichever."""
    found: list[Level] = []
    for number, step in enumerate(funnel.steps):
        any_order = funnel.mode == "any"
        before = number - 1 if any_order else min(funnel.before(number), default=-1)
        name = f"{number + 1} of {len(funnel.steps)}" if any_order else step.what
        reached = persons[number]
        found.append(Level(name, reached, share(reached, persons[0]), share(reached, persons[max(before, 0)])))
    return found


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(left + right for left, right in zip(one, other, strict=True))


def added(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    """Two tables of counts as one."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}


def encoded(value: Any) -> bytes:
    """A value of plain parts as JSON; equal values give equal bytes."""
    import msgspec

    return msgspec.json.encode(value, order="sorted")


class Behind(NamedTuple):
    """A person behind a step: from the first event of the chain to the one that first reached the step."""

    person: str
    began_at: Micros
    reached_at: Micros


_VISITS_OF_A_DAY = ("store",)
_SLOW = ("mail", "b2b", "wholesale", "marketplace", "reviews")


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long people may pause, in microseconds.

    quick: within a visit, in every channel not named below. day_channels: there a visit is a day (UTC).
    slow: within a visit in `slow_channels`. own: within a visit, by channel; goes before all others.
    journey: between the visits of a journey.
    """

    quick: Micros = 30 * MINUTE
    day_channels: tuple[str, ...] = _VISITS_OF_A_DAY
    slow: Micros = DAY
    slow_channels: tuple[str, ...] = _SLOW
    own: Mapping[str, Micros] = field(default_factory=lambda: _NOTHING)
    journey: Micros = 30 * DAY

    def within(self, channel: str) -> Micros | None:
        """The longest pause within a visit in a channel; None where a visit is a day."""
        if channel in self.own:
            return self.own[channel]
        if channel in self.day_channels:
            return None
        return self.slow if channel in self.slow_channels else self.quick


@dataclass(frozen=True, slots=True)
class Wants:
    """What shows that something is wanted, what shows that it was reached, and the time to reach it in."""

    intents: tuple[str, ...]
    goals: tuple[str, ...]
    horizon: Micros = 14 * DAY


Border = tuple[str, str]


@dataclass(frozen=True, slots=True)
class HandoffCounts:
    """Visits, journeys and hand-offs of any set of people.

    visits: by channel. borders: hand-offs between two channels; persons: people with at least one of them.
    gaps: by border, how many hand-offs waited how long, in the bins of `histogram.py`.
    """

    persons: int
    journeys: int
    visits: Mapping[str, int]
    borders: Mapping[Border, int]
    border_persons: Mapping[Border, int]
    gaps: Mapping[tuple[str, str, int], int]

    def merged(self, other: "HandoffCounts") -> "HandoffCounts":
        """These counts and those of other people."""
        return HandoffCounts(
            self.persons + other.persons,
            self.journeys + other.journeys,
            added(self.visits, other.visits),
            added(self.borders, other.borders),
            added(self.border_persons, other.border_persons),
            added(self.gaps, other.gaps),
        )

    def as_bytes(self) -> bytes:
        """The counts as bytes; equal counts give equal bytes."""
        tables = (self.visits, self.borders, self.border_persons, self.gaps)
        return encoded([self.persons, self.journeys, *(sorted(table.items()) for table in tables)])


class Ending(NamedTuple):
    """What became of visits with an intent in one channel, and of the people who made them.

    kept: goal in the same channel in time. elsewhere: in another only. lost: in none.
    undecided: the events end before the time to reach a goal does: none of these, whatever was reached already.
    persons_dropped: people with a visit elsewhere or lost: drop-offs in the channel's own view.
    persons_false: those of them who were never lost.
    value_minor: what they saw last in the latest visit that was lost: exposed, an upper bound; 0 when it was not asked.
    """

    visits: int = 0
    kept: int = 0
    elsewhere: int = 0
    lost: int = 0
    undecided: int = 0
    persons: int = 0
    persons_dropped: int = 0
    persons_false: int = 0
    value_minor: int = 0

    @property
    def false_share(self) -> Share:
        """Of the people who dropped off in the channel's own view, those who reached the goal in another."""
        return share(self.persons_false, self.persons_dropped)


Sequence = tuple[str, ...]


@runtime_checkable
class Ranked(Protocol):
    """Counts that find the most frequent without naming all the others."""

    def top(self, most: int) -> list[tuple[Sequence, int]]:
        """The most frequent; of equally frequent ones the first by name."""
        ...


@dataclass(frozen=True, slots=True)
class DropOffCounts:
    """Drop-offs of any set of people. whole: over all channels. sequences: the visits that led to a loss."""

    whole: Ending
    channels: Mapping[str, Ending]
    sequences: Mapping[Sequence, int]

    def merged(self, other: "DropOffCounts") -> "DropOffCounts":
        """These counts and those of other people."""
        names = {**self.channels, **other.channels}
        return DropOffCounts(
            _both(self.whole, other.whole),
            {name: _both(self.channels.get(name, Ending()), other.channels.get(name, Ending())) for name in names},
            added(self.sequences, other.sequences),
        )

    def as_bytes(self) -> bytes:
        """The counts as bytes; equal counts give equal bytes."""
        return encoded([self.whole, sorted(self.channels.items()), sorted(self.sequences.items())])

    def top(self, most: int = 20) -> list[tuple[Sequence, int]]:
        """The sequences that end in a loss most often; of equally frequent ones the first by name."""
        if isinstance(self.sequences, Ranked):
            return self.sequences.top(most)
        return sorted(self.sequences.items(), key=lambda item: (-item[1], item[0]))[:most]


def _both(one: Ending, other: Ending) -> Ending:
    return Ending(*(left + right for left, right in zip(one, other, strict=True)))


@dataclass(frozen=True, slots=True)
class SpellCounts:
    """How long people took from one event to whatever ended their waiting.

    names: the ends, the one that is asked for first. spells: by microseconds waited, how many are still waiting, and
    how many ended in each of the ends.
    """

    names: tuple[str, ...]
    spells: Mapping[Micros, tuple[int, ...]]

    def merged(self, other: "SpellCounts") -> "SpellCounts":
        """These spells and those of other people."""
        nobody = (0,) * (len(self.names) + 1)
        both = {
            waited: _sum(self.spells.get(waited, nobody), other.spells.get(waited, nobody))
            for waited in {**self.spells, **other.spells}
        }
        return SpellCounts(self.names, both)

    def as_bytes(self) -> bytes:
        """The counts as bytes; equal counts give equal bytes."""
        return encoded([self.names, sorted(self.spells.items())])


class Incidence(NamedTuple):
    """How many had come to an end of one kind after some time, with the other ends in their way.

    value: the share of all persons (Aalen-Johansen), None once nobody is watched any more. low, high: 95 %.
    ended: persons who had by then. at_risk: persons still waiting, and watched, just before then.
    """

    end: str
    at: Micros
    value: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    ended: int
    at_risk: int
    persons: int
    too_few: bool


def _words(trait: str) -> tuple[str, ...]:
    return tuple(word.name for word in WORDS.values() if getattr(word, trait))


@dataclass(frozen=True, slots=True)
class Windows:
    """How long people may take on the way from one channel to another, in microseconds.

    settling: after a goal, the time in which pick-up, delivery and questions still belong to that journey.
    horizon: the time to reach a goal in. handoff: the time to arrive after a declared hand-off that names no end.
    intents, goals: the steps that show them; those of the vocabulary of events when not told.
    since, until: only hand-offs that began then. observed_until: the events tell everything up to here; None: up to
        the latest of them.
    """

    pauses: Pauses = field(default_factory=Pauses)
    settling: Micros = 7 * DAY
    horizon: Micros = 14 * DAY
    handoff: Micros = 30 * DAY
    intents: tuple[str, ...] = _words("intent")
    goals: tuple[str, ...] = _words("goal")
    since: Micros = -(2**62)
    until: Micros = 2**62
    observed_until: Micros | None = None

    @property
    def wants(self) -> Wants:
        """What is wanted, what was reached, and in what time."""
        return Wants(self.intents, self.goals, self.horizon)
