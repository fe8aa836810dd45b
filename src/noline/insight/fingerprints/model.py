"""What a fingerprint says, in whole numbers of people, and how it is refused."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from noline.insight.fingerprints.canon import CHANNELS
from noline.kernel.errors import NotReadable, Refused

FORMAT = 1

FEWEST = 50
"""No number of a fingerprint is about fewer people than this."""

Kind = Literal["own", "real", "synthetic"]


class TooFewPeople(Refused):
    """A company with too few people for a fingerprint."""

    code = "fingerprints.too_few_people"
    sentence = "A fingerprint needs {fewest} people of whom the log can tell; there are fewer."
    hint = "Take it when the log is longer, or map more of its channels with --channel NAME=CANONICAL."


class PrintUnreadable(NotReadable):
    """A file that is no fingerprint."""

    code = "fingerprints.unreadable"
    sentence = "{path} is no fingerprint: {why}."
    hint = "Give a file that `noline journeys fingerprint --out FILE` wrote."


class PrintForged(NotReadable):
    """A fingerprint that is not as it was signed, or that shows what it must not."""

    code = "fingerprints.not_genuine"
    sentence = "{path} is not a genuine fingerprint: {why}."
    hint = "Ask whoever sent it for the file as it was written."


class ChannelNotCanonical(NotReadable):
    """A channel that a name was to be told as, which is none of the eight."""

    code = "fingerprints.no_such_channel"
    sentence = "{name!r} is none of the channels that companies share."
    hint = f"Write NAME=CANONICAL with one of {', '.join(CHANNELS)}."


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People of whom something is true among people of whom it could be.

    persons: None when either those or the rest are fewer than 50.
    """

    at_risk: int
    persons: int | None = None


class Gap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long people waited between two visits, in seconds, two digits of each.

    p50_low, p50_high: the 95 % interval of the median.
    """

    p10_s: int
    p50_s: int
    p50_low_s: int
    p50_high_s: int
    p90_s: int


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came after a visit to one channel: of each person one visit, drawn by lot.

    persons: people with such a visit. next: how many of them came where next (`end`: nowhere in this journey).
    stages: how far the visit had come. cells: both, stage by stage. What is not named is fewer than 50 people, or would
    let such a number be computed. gaps: how long until the next visit.
    """

    persons: int
    next: dict[str, int] = {}
    stages: dict[str, int] = {}
    cells: dict[str, dict[str, int]] = {}
    gaps: dict[str, Gap] = {}


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Whose fingerprint it is.

    kind: `own` of a company that made it itself; `real` or `synthetic` of a public log. made_on: a day.
    first_month, last_month: of the log, `YYYY-MM`.
    """

    name: str
    industry: str
    kind: Kind = "own"
    made_on: str
    first_month: str
    last_month: str
    source: str | None = None
    licence: str | None = None
    command: str | None = None


class Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The size of what was counted, in two digits: exact sums would let small numbers be computed.

    unmapped: channels that are none of the eight, and events in them.
    """

    persons: int
    events: int
    visits: int
    handoffs: int
    unmapped_channels: int
    unmapped_events: int


class Print(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fingerprint.

    journey_gap_s, handoff_window_s, horizon_s: the times it was counted with, in seconds.
    declared: by `from>to`, of people handed over by name those who went on there: their stage advanced in time.
    false_drop_offs: of people who dropped off in a channel's own view those who reached the goal in another.
    frictions: by rule, of people who could meet it those who did.
    """

    format: int = FORMAT
    fewest: int = FEWEST
    about: About
    whole: Whole
    journey_gap_s: int
    handoff_window_s: int
    horizon_s: int
    channels: dict[str, Channel]
    declared: dict[str, Rate]
    false_drop_offs: Rate | None
    frictions: dict[str, Rate]


def rate(persons: int, at_risk: int) -> Rate | None:
    """A rate that may be shown; None when even those at risk are too few."""
    if at_risk < FEWEST:
        return None
    return Rate(at_risk, persons if FEWEST <= persons <= at_risk - FEWEST else None)


def roughly(count: int) -> int:
    """A number by its first two digits: 23,570 is 24,000."""
    return int(float(f"{count:.1e}"))


def rates(told: Mapping[str, tuple[int, int]]) -> dict[str, Rate]:
    """The rates of (persons, at risk) that may be shown, by name."""
    found = {name: rate(*both) for name, both in sorted(told.items())}
    return {name: one for name, one in found.items() if one is not None}


def trouble(told: Print) -> str | None:
    """Why a fingerprint shows what it must not, or contradicts itself; None when it is sound."""
    least = told.fewest
    wrong = {
        f"it has format {told.format}, not {FORMAT}": told.format != FORMAT,
        f"it promises cells of {least} people, not {FEWEST}": least < FEWEST,
        f"a number in it is about fewer than {FEWEST} people": min(_shown(told), default=least) < least,
        "its parts are larger than their whole": any(_exceeds(one) for one in told.channels.values()),
        "it names a channel that is none of the eight": bool(set(told.channels) - set(CHANNELS)),
    }
    return next((why for why, is_so in wrong.items() if is_so), None)


def _shown(told: Print) -> list[int]:
    """Every number of people in it, and those that follow from two of them at once."""
    found = [told.whole.persons]
    for channel in told.channels.values():
        found += [channel.persons, *channel.next.values(), *channel.stages.values()]
        found += [count for row in channel.cells.values() for count in row.values()]
    for one in (*told.declared.values(), *told.frictions.values(), told.false_drop_offs):
        if one is not None:
            found.append(one.at_risk)
            found += [] if one.persons is None else [one.persons, one.at_risk - one.persons]
    return found


def _exceeds(channel: Channel) -> bool:
    rows = [(stage, sum(cells.values())) for stage, cells in channel.cells.items()]
    return (
        sum(channel.next.values()) > channel.persons
        or sum(channel.stages.values()) > channel.persons
        or any(whole > channel.stages.get(stage, channel.persons) for stage, whole in rows)
    )
