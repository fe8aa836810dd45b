"""Where something happens more than elsewhere: stores, months, countries, and two of them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.curves import Bar, bar
from noline.doors.console.wording import SPACE, Row
from noline.kernel.shares import few

MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of the people in which something is more frequent than in the rest of them.

    rest: the share there. lift: how many times as often. explains: how much of all cases would not have happened, had
    it happened here as often as in the rest.
    """

    name: str
    cases: int
    persons: int
    bar: Bar
    rest: str
    lift: str
    explains: str


def findings_of(causes: Row) -> tuple[Finding, ...]:
    """The findings of an answer that stand for themselves, those that explain most first."""
    own = [row for row in causes["findings"] if not row["because_of"]]
    return tuple(_finding(row) for row in own[:MOST_SHOWN])


def _finding(row: Row) -> Finding:
    low, high = row["share_low"], row["share_high"]
    return Finding(
        name=_name(row["where"]),
        cases=row["cases"],
        persons=row["persons"],
        bar=bar("here", row["persons"], row["share"], low, high, too_few=few(row["cases"], row["persons"])),
        rest=f"{_sure(row, 'rest')} of {wording.count(row['rest_persons'])}",
        lift=f"{row['lift']:.1f}{SPACE}times" if row["lift"] else "",
        explains=_sure(row, "contribution") if row["contribution"] > 0 else "",
    )


def _sure(row: Row, name: str) -> str:
    """A share with its interval: `58 % (39 – 76 %)`."""
    return f"{wording.percent(row[name])} ({wording.interval(row[f'{name}_low'], row[f'{name}_high'])})"


def effect_words(causes: Row) -> str:
    """What a friction seems to change once what came before it is allowed for, or why that cannot be told."""
    effect = causes["effect"]
    if effect is None:
        why = str(causes["why_no_effect"]).replace(" %", f"{SPACE}%")
        return f"No effect can be estimated. {why}"
    low, high = wording.points(effect["low"]), wording.points(effect["high"])
    return (
        f"Allowing for {', '.join(effect['adjusted_for'])}, it changes the share by {wording.points(effect['value'])} "
        f"percentage points ({low} to {high}), {effect['label']}."
    )


def _name(where: Sequence[Row]) -> str:
    return wording.title(", ".join(_part_words(part) for part in where))


def _part_words(part: Row) -> str:
    dimension, value = part["dimension"], part["place"] or part["value"]
    if not value:
        return f"{wording.plain_name(dimension)} not told"
    if dimension == "month":
        return wording.month(value)
    return wording.channel(value) if dimension == "channel" else str(value)
