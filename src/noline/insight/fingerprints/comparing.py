"""Fingerprints side by side: what differs, how much, and where one company stands among the others.

Only outcomes that every compared fingerprint shows are compared: given that one of them came next, which? What some
withhold, or cannot have because a channel is not theirs, tells nothing about the others. Where that leaves fewer than
two outcomes, fingerprints are left out until two are shared.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from noline.insight.fingerprints.canon import CHANNELS, NEXT, STAGES
from noline.insight.fingerprints.hierarchy import ALONE, Leaning, Level, leaning
from noline.insight.fingerprints.homogeneity import Homogeneity, Industries, homogeneous, industries
from noline.insight.fingerprints.model import Print, Rate
from noline.insight.fingerprints.pooling import FEW_COMPANIES, Pattern, Placed, pattern, placed
from noline.kernel.shares import adjusted

ALIKE = 0.1
"""Cramer's V below this is called small, as is usual (Cohen, 1988)."""


class Question(NamedTuple):
    """One row of numbers that several fingerprints show.

    row: `after web`, `after web at buy`, or a rate as `declared mail>store`, `false drop-offs`, `friction F2`.
    outcomes: those compared. counts: by company, persons by outcome. members: which of the fingerprints.
    """

    row: str
    outcomes: tuple[str, ...]
    members: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]


class Compared(NamedTuple):
    """What was found about one question.

    p_adjusted: allowing for all questions at once. leans_on: whom the first company's shares lean on.
    """

    question: Question
    homogeneity: Homogeneity | None
    p_adjusted: float | None
    pattern: Pattern | None
    industries: Industries
    place: tuple[Placed, ...]
    leans_on: Level


class Comparison(NamedTuple):
    """Every question that at least two of the fingerprints answer, and what follows in a sentence."""

    rows: tuple[Compared, ...]
    not_compared: tuple[str, ...]
    answer: str


def compared(prints: Sequence[Print]) -> Comparison:
    """The fingerprints side by side; the place is that of the first among the others."""
    asked = questions(prints)
    several = [one for one in asked if len(one.members) > 1 and len(one.outcomes) > 1]
    found = [_compared(one, [prints[number].about.industry for number in one.members]) for one in several]
    chances = [one.homogeneity.p for one in found if one.homogeneity is not None]
    corrected = iter(adjusted(chances))
    rows = tuple(one if one.homogeneity is None else one._replace(p_adjusted=next(corrected)) for one in found)
    left = tuple(_why_not(one, prints) for one in asked if one not in several)
    return Comparison(rows, left, answer(prints, rows))


def questions(prints: Sequence[Print]) -> list[Question]:
    """What can be asked of these fingerprints."""
    found = [_after(f"after {channel}", [_next(one, channel) for one in prints]) for channel in CHANNELS]
    found += [
        _after(f"after {channel} at {stage}", [_cells(one, channel, stage) for one in prints])
        for channel in CHANNELS
        for stage in STAGES
    ]
    found.append(_rate("false drop-offs", [one.false_drop_offs for one in prints]))
    for words, told in (
        ("declared", [one.declared for one in prints]),
        ("friction", [one.frictions for one in prints]),
    ):
        names = sorted({name for one in told for name in one})
        found += [_rate(f"{words} {name}", [one.get(name) for one in told]) for name in names]
    return [one for one in found if one.members]


def _next(told: Print, channel: str) -> Mapping[str, int]:
    return told.channels[channel].next if channel in told.channels else {}


def _cells(told: Print, channel: str, stage: str) -> Mapping[str, int]:
    return told.channels[channel].cells.get(stage, {}) if channel in told.channels else {}


def _after(row: str, told: Sequence[Mapping[str, int]]) -> Question:
    """What came next, of the outcomes that all show who are compared."""
    every = [number for number, one in enumerate(told) if one]
    members = _comparable(told, every) or every
    common = _common(told, members)
    counts = tuple(tuple(told[number][name] for name in common) for number in members)
    return Question(row, common, tuple(members), counts)


def _common(told: Sequence[Mapping[str, int]], members: Sequence[int]) -> tuple[str, ...]:
    return tuple(name for name in NEXT if members and all(name in told[number] for number in members))


def _comparable(told: Sequence[Mapping[str, int]], members: list[int]) -> list[int] | None:
    """As many of them as share two outcomes, left out one by one, but never the first fingerprint; None if none do."""
    while len(_common(told, members)) < 2:
        if len(members) < 3:
            return None
        left = [[other for other in members if other != one] for one in members if one]
        members = max(left, key=lambda some: len(_common(told, some)))
    return members


def _rate(row: str, told: Sequence[Rate | None]) -> Question:
    members = [(number, one) for number, one in enumerate(told) if one is not None and one.persons is not None]
    counts = tuple((one.persons or 0, one.at_risk - (one.persons or 0)) for _, one in members)
    return Question(row, ("yes", "no"), tuple(number for number, _ in members), counts)


def _compared(asked: Question, labels: Sequence[str]) -> Compared:
    shares = [[count / sum(row) for count in row] for row in asked.counts]
    lean, place = _place(asked, labels)
    return Compared(
        asked, homogeneous(asked.counts), None, pattern(asked.counts), industries(shares, labels), place, lean.level
    )


def _place(asked: Question, labels: Sequence[str]) -> tuple[Leaning, tuple[Placed, ...]]:
    """Where the first fingerprint stands among the others, if it answers this question."""
    others = asked.counts[1:]
    if asked.members[0] != 0 or not others:
        return ALONE, ()
    lean = leaning(others, labels[1:], labels[0])
    prior = None if lean.shares is None else lean.worth * np.array(lean.shares)
    return lean, tuple(placed(asked.outcomes, asked.counts[0], others, prior))


def _why_not(asked: Question, prints: Sequence[Print]) -> str:
    if len(asked.members) < 2:
        return f"{asked.row}: only {prints[asked.members[0]].about.name} tells it"
    return f"{asked.row}: fewer than two outcomes are shown by all {len(asked.members)}"


def answer(prints: Sequence[Print], rows: Sequence[Compared]) -> str:
    """Is there a standard pattern? What these fingerprints let one say, and no more."""
    synthetic = sum(one.about.kind == "synthetic" for one in prints)
    told = [one for one in rows if one.homogeneity is not None and one.p_adjusted is not None]
    if not told:
        return "These fingerprints share no row that could be compared: they say nothing about a common pattern."
    differ = [one for one in told if (one.p_adjusted or 0) < 0.05]
    much = [one for one in differ if one.homogeneity is not None and one.homogeneity.cramers_v_corrected >= ALIKE]
    found = f"{len(differ)} of {len(told)} compared rows differ between companies beyond chance, {len(much)} of them"
    parts = [f"{found} by more than a little (Cramer's V at least {ALIKE})."]
    if not any(one.industries.p is not None for one in told):
        parts.append("There are too few firms per industry to say whether industries have patterns of their own.")
    real = len(prints) - synthetic
    if real < FEW_COMPANIES:
        there = "is 1 fingerprint" if real == 1 else f"are {real} fingerprints"
        parts.append(f"Of real customers there {there}: too few to speak of a standard pattern.")
    if synthetic:
        say = "is synthetic and says" if synthetic == 1 else "are synthetic and say"
        parts.append(f"{synthetic} {say} nothing about behaviour.")
    return " ".join(parts)
