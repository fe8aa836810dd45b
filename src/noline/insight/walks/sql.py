"""Walks in SQL: one text for each question, for an engine that holds the events as a table.

The texts are DuckDB's and run there as they stand; `dialects.py` says them in ClickHouse's words. What they count is
what the walk counts, to the last person; the tests hold all of them against each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from noline.insight.walks import funnels
from noline.insight.walks.elsewhere import NO_PART, EngineCannot, Vocabulary
from noline.insight.walks.histogram import LARGEST
from noline.insight.walks.model import Funnel, Pauses, Wants
from noline.kernel.clock import DAY, Micros

_SQL = Path(__file__).parent / "sql"
_NEVER = -(2**62)
_FOR_EVER = 2**61
_BETWEEN = "\x1f"
"""Stands between a channel and an action, where no name has it."""


class Text(NamedTuple):
    """A statement in DuckDB's words, and the values of its `$name` parameters."""

    sql: str
    values: Mapping[str, Any]


class Texts:
    """The statement of each question, for events of these names.

    It asks a table `events`: person, at_us (microseconds since 1970 UTC), channel, action, place (which of equal
    moments was told first), and part_0 and so on for the further columns; none of them ever NULL.
    """

    def __init__(self, words: Vocabulary, until: Micros | None) -> None:
        """Take what the events are called, and until when they tell."""
        self._words = words
        self._until = until or 0
        self._store = words.store()

    def funnel(self, funnel: Funnel) -> Text:
        """The persons of each step, `step_0` and so on; a row for each part. Raises EngineCannot, FunnelUnreadable."""
        if why := _cannot(funnel):
            raise EngineCannot(engine="SQL", why=why)
        values = {
            "between": _BETWEEN,
            "without": self._kinds(funnel.without),
            "whole_person": bool(funnel.without) and funnel.ends == "person",
            "window": _FOR_EVER if funnel.window is None else funnel.window,
        }
        for number, step in enumerate(funnel.steps):
            values[f"step_{number}"] = self._kinds([step.what])
        pieces = self._any_order(funnel, values) if funnel.mode == "any" else self._ordered(funnel, values)
        return Text("\n".join((self._told(funnel.by), *pieces)), values)

    def _ordered(self, funnel: Funnel, values: dict[str, Any]) -> list[str]:
        values |= {"tolerance": funnel.tolerance, "never": _NEVER}
        # Refuses what cannot be told apart.
        overlapping = funnels.marked(self._store, funnel).overlapping
        first = "funnel"
        if funnel.without:
            first = "funnel_spared" if funnel.ends == "person" else "funnel_banned"
        further = [
            piece
            for number in range(1, len(funnel.steps))
            for piece in _further_step(funnel, number, overlapping=overlapping)
        ]
        return [_file(first), *further, _credited(funnel) if _has_credit(funnel) else _levels(_BEGAN, funnel)]

    def _any_order(self, funnel: Funnel, values: dict[str, Any]) -> list[str]:
        funnels.marked(self._store, funnel)
        names = [step.what for step in funnel.steps]
        values["any_step"] = self._kinds(names)
        repeated: list[str] = []
        for number, name in enumerate(names):
            is_step = f"list_contains($step_{number}, kind)"
            again = names[:number].count(name)
            own = f"lead(at_us, {again}) OVER (PARTITION BY {_of(funnel)}, {is_step} ORDER BY n)" if again else "at_us"
            repeated.append(f"CASE WHEN {is_step} THEN {own} END AS done_us_{number}")
        numbers = range(len(names))
        ahead = [f"min(done_us_{number}) OVER ahead AS ahead_us_{number}" for number in numbers]
        done = " + ".join(f"CASE WHEN ahead_us_{number} - at_us <= $window THEN 1 ELSE 0 END" for number in numbers)
        counted = _file("funnel_any", of=_of(funnel), repeated=_list(repeated), ahead=_list(ahead), done=done)
        return [counted, _levels("done > {step}", funnel, last=0)]

    def handoffs(self, pauses: Pauses) -> Text:
        """Rows of `what, sender, receiver, bin, counted`: gaps and persons by border, visits by channel, journeys."""
        # Two to the power of 0 and up to one more than the longest has.
        powers = [2**number for number in range(LARGEST.bit_length() + 1)]
        values = {"longest": LARGEST, "powers": powers, **self._visits(pauses, (), ())}
        return Text("\n".join((self._told(), *map(_file, ("visits", "handoffs")))), values)

    def drop_offs(self, wants: Wants, pauses: Pauses) -> Text:
        """What became of visits with an intent: by channel, and of all of them where `one_channel` is 0."""
        values = {"horizon": wants.horizon, "until": self._until, **self._visits(pauses, wants.intents, wants.goals)}
        return Text("\n".join((self._told(), *map(_file, ("visits", "drop_offs")))), values)

    def lost_sequences(self, wants: Wants, pauses: Pauses) -> Text:
        """The visits that led to a loss, `seen_4` to `seen_1` and `seen`, NULL where there was none."""
        values = self.drop_offs(wants, pauses).values
        return Text("\n".join((self._told(), *map(_file, ("visits", "lost_sequences")))), values)

    def spells(self, begin: str, ends: Sequence[str]) -> Text:
        """By microseconds waited and by what ended it ('': nothing did): how many persons."""
        values = {"between": _BETWEEN, "begin": self._kinds([begin]), "ends": self._kinds(ends), "until": self._until}
        return Text("\n".join((self._told(), *map(_file, ["spells"]))), values)

    def end_of(self, kind: str, ends: Sequence[str]) -> int:
        """Which of the ends a kind of event is, counted from 1; of several the first. 0: none."""
        return next((number for number, end in enumerate(ends, 1) if kind in self._kinds([end])), 0)

    def _visits(self, pauses: Pauses, intents: Sequence[str], goals: Sequence[str]) -> dict[str, Any]:
        # A list of nothing is a list of no kind.
        channels = self._words.names_of("channel") or [""]
        within = [pauses.within(channel) for channel in channels]
        return {
            "between": _BETWEEN,
            "channels": channels,
            "pauses": [-1 if pause is None else pause for pause in within],
            "day": DAY,
            "journey": pauses.journey,
            "intents": self._kinds(intents),
            "goals": self._kinds(goals),
        }

    def _told(self, by: str | None = None) -> str:
        """The events, parted by a column. Raises NotFound."""
        if by is not None and by not in NO_PART:
            self._words.names_of(by)
            return _file("told", part=f"part_{list(self._words.parts).index(by)}")
        return _file("told", part=by or "''")

    def _kinds(self, steps: Sequence[str]) -> list[str]:
        """Every channel and action that is one of these steps."""
        import numpy as np

        store = self._store
        meant = np.zeros(store.pairs.shape, np.bool_)
        for what in steps:
            meant |= store.matching(what)
        return [
            f"{store.channels.names[channel]}{_BETWEEN}{store.actions.names[action]}"
            for channel, action in np.argwhere(meant & store.pairs).tolist()
        ]


def _cannot(funnel: Funnel) -> str | None:
    """Why there is no text for a funnel; None when there is one."""
    if funnel.mode == "strict":
        return "a strict funnel needs every event between two steps"
    if funnel.mode == "any" and _has_credit(funnel):
        return "in any order no step is the first or the last; give credit to all"
    return None


def _has_credit(funnel: Funnel) -> bool:
    """Whether a person counts in one part only."""
    return funnel.by is not None and funnel.credit != "all"


def _of(funnel: Funnel) -> str:
    """Whose events are a line of their own."""
    return "person, part" if funnel.by is not None and funnel.credit == "all" else "person"


def _further_step(funnel: Funnel, number: int, *, overlapping: bool) -> list[str]:
    """The pieces of a statement for a step after the first."""
    step, before = funnel.steps[number], funnel.before(number)
    named = {"step": str(number), "before": str(number - 1)}
    shift = step.least or (0 if overlapping else -funnel.tolerance)
    pieces: list[str] = []
    if not shift:
        order, line, asks = "at_us", f"chains_{number - 1}", "true"
        if overlapping:
            order = "n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        offered = {other: f"began_{other}" for other in before}
    else:
        order, line, asks = f"by_us_{number}", f"line_{number}", f"asks_{number} = 1"
        offered = {other: f"offered_{number}_{other}" for other in before}
        nothing = _list(f"CAST(NULL AS BIGINT) AS {name}" for name in offered.values())
        offers = _list(f"began_{other} AS {name}" for other, name in offered.items())
        pieces = [_file("funnel_step_line", **named, shift=str(shift), nothing=nothing, offers=offers)]
    reach: list[str] = []
    begins, places = ["$never"], ["-1"]
    for other, name in offered.items():
        over = f"OVER (PARTITION BY {_of(funnel)} ORDER BY {order})"
        of = f"{number}_{other}"
        reach += [
            f"max({name}) {over} AS reach_us_{of}",
            f"max(CASE WHEN {name} IS NOT NULL THEN begun_n_{other} END) {over} AS reach_n_{of}",
            f"max(CASE WHEN {name} IS NOT NULL THEN at_us END) {over} AS ended_us_{of}",
        ]
        # A chain that ends later began no earlier, so the last of them is the one to ask.
        near = "true" if step.most is None else f"ended_us_{of} >= at_us - {step.most}"
        begins.append(f"CASE WHEN {near} THEN coalesce(reach_us_{of}, $never) ELSE $never END")
        places.append(f"CASE WHEN {near} THEN coalesce(reach_n_{of}, -1) ELSE -1 END")
    told = {"reach": _list(reach), "begins": _list(begins), "places": _list(places), "line": line, "asks": asks}
    return [*pieces, _file("funnel_step", **named, **told)]


_BEGAN = "began_{step} IS NOT NULL"


def _levels(reached: str, funnel: Funnel, last: int | None = None) -> str:
    steps = range(len(funnel.steps))
    told = [f"count(DISTINCT CASE WHEN {reached.format(step=step)} THEN person END) AS step_{step}" for step in steps]
    return _file("funnel_levels", levels=_list(told), last=str(steps[-1] if last is None else last))


def _credited(funnel: Funnel) -> str:
    """The last pieces where each person counts in the part of one event."""
    steps = range(len(funnel.steps))
    firsts = [f"min(CASE WHEN {_BEGAN.format(step=step)} THEN n END) AS first_n_{step}" for step in steps]
    furthest = ", ".join(f"first_n_{step}" for step in reversed(steps))
    began = [f"WHEN furthest.first_n_{step} IS NOT NULL THEN chains.begun_n_{step}" for step in reversed(steps)]
    credited = f"CASE {' '.join(began)} END" if funnel.credit == "first" else "furthest.ended_n"
    levels = _list(f"count(credited.first_n_{step}) AS step_{step}" for step in steps)
    pieces = {"firsts": _list(firsts), "furthest": furthest, "credited": credited, "levels": levels}
    return _file("funnel_credit", **pieces, last=str(steps[-1]))


def _list(pieces: Iterable[str]) -> str:
    return ",\n        ".join(pieces)


def _file(name: str, **pieces: str) -> str:
    """The text of a file; pieces stand in it where it names them."""
    told = (_SQL / f"{name}.sql").read_text("utf-8").strip()
    return told.format(**pieces) if pieces else told
