"""The steps of a funnel as a page shows them, their people in parts, and who is behind one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import asking, wording
from noline.doors.console.asking import Looking
from noline.doors.console.curves import Bar, bar
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.wording import Row
from noline.kernel.shares import few
from noline.truth.agenda.model import Asked


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the funnel with what can be done to it, and how many reached it.

    number: from 1. bar: the share of the first step's people; None before there is an answer. before: the share of the
    last step before it that must not be left out, which is `before_number`. gone: how many fewer than there; None for a
    step that may be left out.
    """

    number: int
    step: str
    words: str
    caption: str
    optional: bool
    after: str
    up: str
    down: str
    turn: str
    take: str
    bar: Bar | None
    before: Bar | None
    before_number: int
    gone: int | None
    hidden: bool
    who: str
    who_stopped: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """The people of one value: how many began, how many came to the end."""

    name: str
    persons: tuple[int | None, ...]
    bar: Bar
    hidden: bool


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody behind a step."""

    name: str
    path: str
    began: str
    reached: str
    took: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A portion of the people behind a step."""

    heading: str
    people: tuple[Walker, ...]
    earlier: str
    later: str
    first: int
    last: int
    close: str


def steps_of(asked: Asked | None, levels: Sequence[Row], look: Looking, *, people_shown: bool) -> tuple[StepRow, ...]:
    """The steps of a question, each with what can be done to it and, where there is an answer, its people."""
    if asked is None:
        return ()
    told: list[Row | None] = [*levels] or [None] * len(asked.steps)
    return tuple(
        _step(asked, number, level, told, look, people_shown=people_shown) for number, level in enumerate(told)
    )


def _step(
    asked: Asked, at: int, level: Row | None, levels: Sequence[Row | None], look: Looking, *, people_shown: bool
) -> StepRow:
    step = asked.steps[at]
    last = len(asked.steps) - 1
    base = _base(asked, at)
    before = levels[base] if at else None

    def path(changed: Asked | None) -> str:
        return asking.path_of(changed, channel=look.channel)

    def who(*, stopped: bool) -> str:
        more = {"who": str(at + 1), "stopped": "1" if stopped else "", "channel": look.channel}
        return asking.path_of(asked, **more) + "#who-heading"

    first = levels[0]["persons"] if levels[0] else None
    persons = level["persons"] if level else None
    gone = None
    if before and before["persons"] is not None and persons is not None and not step.endswith("?"):
        gone = max(0, before["persons"] - persons)
    seen = people_shown and bool(persons)
    return StepRow(
        number=at + 1,
        step=step,
        words=wording.title(asking.step_words(step)),
        caption=f"any {at + 1} of the {last + 1}" if asked.mode == "any" else "",
        optional=step.endswith("?"),
        after=asked.between.get(step.removesuffix("?"), ""),
        up=path(asking.moved(asked, at, at - 1)) if at else "",
        down=path(asking.moved(asked, at, at + 1)) if at < last else "",
        turn=path(asking.turned(asked, at)) if at and asked.mode == "ordered" else "",
        take=path(asking.taken(asked, at)),
        bar=_bar(level, "share_of_first", first, sure=at > 0) if level else None,
        before=_bar(level, "share_of_before", before["persons"]) if level and before else None,
        before_number=base + 1,
        gone=gone or None,
        hidden=bool(level and level["hidden"]),
        who=who(stopped=False) if seen else "",
        who_stopped=who(stopped=True) if seen and at < last and asked.mode != "any" else "",
    )


def _base(asked: Asked, at: int) -> int:
    """The step that a step's share is of: the last one before it that must not be left out."""
    if asked.mode == "any":
        return max(0, at - 1)
    return next((other for other in range(at - 1, -1, -1) if not asked.steps[other].endswith("?")), 0)


def _bar(level: Row, share: str, whole: int | None, *, sure: bool = True) -> Bar:
    """A level as a bar. sure: it has an interval, unlike the first, which is the whole."""
    persons = level["persons"]
    low, high = (level[f"{share}_low"], level[f"{share}_high"]) if sure else (None, None)
    return bar(level["step"], persons, level[share], low, high, too_few=few(persons or 0, whole or 0))


def headline_of(steps: Sequence[StepRow]) -> str:
    """The answer in one sentence; empty where there is none, or nothing to compare."""
    first, last = (steps[0].bar, steps[-1].bar) if steps else (None, None)
    if first is None or last is None or not first.persons or last.persons is None:
        return ""
    who = wording.plural(first.persons, "person", "people")
    if len(steps) == 1:
        return f"{who} did this."
    if last.too_few:
        return f"{wording.count(last.persons)} of {who} went all the way: too few to tell a share."
    sure = wording.interval(last.low, last.high)
    return f"{wording.percent(last.share)} of {who} went all the way ({wording.count(last.persons)}; {sure})."


def parts_of(parts: Mapping[str, Sequence[Row]], places: Mapping[str, str]) -> list[PartRow]:
    """The people of each value that a funnel is parted by, most people first.

    places: what the catalogue calls each store.
    """
    rows = [
        PartRow(
            name=places.get(name, wording.channel(name)) if name else "not told",
            persons=tuple(level["persons"] for level in levels),
            bar=_bar(levels[-1], "share_of_first", levels[0]["persons"]),
            hidden=any(level["hidden"] for level in levels),
        )
        for name, levels in parts.items()
        if levels and levels[0]["persons"] != 0
    ]
    return sorted(rows, key=lambda row: (-(row.persons[0] or 0), row.name))


def behind_of(asked: Asked, look: Looking, people: Sequence[Row], portion: int) -> Behind:
    """A portion of the people behind a step. people: one more than a portion if there is."""
    shown = people[:portion]
    step = asked.steps[look.who - 1]
    reached = f"Who reached step {look.who}, {asking.step_words(step)}"
    more = {"who": str(look.who), "stopped": "1" if look.stopped else "", "channel": look.channel}

    def path(offset: int) -> str:
        return asking.path_of(asked, **more, offset=str(offset) if offset else "") + "#who-heading"

    return Behind(
        heading=f"{reached}, and came no further" if look.stopped else reached,
        people=tuple(_walker(row) for row in shown),
        earlier=path(max(0, look.offset - portion)) if look.offset else "",
        later=path(look.offset + portion) if len(people) > portion else "",
        first=look.offset + 1,
        last=look.offset + len(shown),
        close=asking.path_of(asked, channel=look.channel),
    )


def _walker(row: Row) -> Walker:
    began, reached = wording.instant(row["began_at"]), wording.instant(row["reached_at"])
    return Walker(
        name=row["name"] or nameless(row["person"]),
        path=customer_path(row["person"]),
        began=wording.minute(began),
        reached=wording.minute(reached),
        took=wording.delay(began, reached) or "at once",
    )
