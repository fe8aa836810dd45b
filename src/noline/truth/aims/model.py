"""What a channel is meant for, what should be reached by when, and what was decided on the way.

Nothing here counts. The numbers of a check-in are frozen as they were told on its day; whoever sets a goal names the
number by its id, and whoever wires the hub knows what that id counts.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.money import minor_digits

MOST_GOALS = 200
MOST_REASONS = 10
LONGEST_NAME = 200
LONGEST_TEXT = 2_000

_CURRENCY_LETTERS = 3

Role = Literal["acquire", "retain", "convenience", "experience", "assist", "service"]
ROLES: tuple[Role, ...] = ("acquire", "retain", "convenience", "experience", "assist", "service")
"""What a channel can be meant for."""

Direction = Literal["at_least", "at_most"]
DIRECTIONS: tuple[Direction, ...] = ("at_least", "at_most")

Status = Literal["on track", "at risk", "off track", "reached", "missed"]
STATUSES: tuple[Status, ...] = ("on track", "at risk", "off track", "reached", "missed")
"""How a goal stands, as somebody says."""

UNITS = ("count", "share", "%", "minutes", "ratio")
"""What a target can be told in, beside a currency such as EUR (in its major unit). share: 0.25 is 25 %."""

DIMENSIONS = ("unit", "channel", "country")
"""By what a goal can be narrowed."""


class CharterWrong(NotReadable):
    """A charter that cannot be stated."""

    code = "aims.charter_wrong"
    sentence = "This charter cannot be stated: {why}."
    hint = "Correct what the sentence names; nothing was stated."


class GoalWrong(NotReadable):
    """A goal that cannot be set."""

    code = "aims.goal_wrong"
    sentence = "This goal cannot be set: {why}."
    hint = "Correct what the sentence names; `noline metrics` lists the numbers that a goal can be about."


class CheckInWrong(NotReadable):
    """A check-in that cannot be kept."""

    code = "aims.check_in_wrong"
    sentence = "This check-in cannot be kept: {why}."
    hint = "Correct what the sentence names; nothing was kept."


class Charter(msgspec.Struct, frozen=True):
    """What a channel, or a unit such as a store, is meant for.

    main: the one role it is there for; others: roles it has beside. reasons: why a customer buys here, each a short
    text. experience: what it promises its customers. since: when its roles became these. by: who said it last.
    """

    channel: str
    main: Role
    others: tuple[Role, ...]
    reasons: tuple[str, ...]
    experience: str
    owner: str
    since: Micros
    by: str = ""


class Aim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What should be reached, by when.

    metric: the id of a number. where: of which unit, channel and country; empty: of the whole company.
    target: a decimal number as text, in `unit` (one of UNITS, or a currency: then in its major unit).
    due, begins: days (`2026-12-31`, UTC, both counted in) that the number is counted from and until.
    """

    metric: str
    target: str
    unit: str
    direction: Direction
    due: str
    begins: str
    where: Mapping[str, str] = msgspec.field(default_factory=dict)


class Goal(msgspec.Struct, frozen=True):
    """An aim with a name and an owner. by: who set it last."""

    id: str
    name: str
    aim: Aim
    owner: str
    by: str = ""


class Measured(msgspec.Struct, frozen=True):
    """What a number says. value: None where there is nothing to count.

    numerator, denominator: what it was counted from. low, high: its 95 % interval where it has one; too_few: it rests
    on too few people.
    currency: of money, which is in whole minor units, a mean to the nearest one; None: no money.
    rates: at which amounts of other currencies were converted; without_rate: currencies that were left out.
    """

    value: int | float | None
    numerator: int | float | None = None
    denominator: int | float | None = None
    low: int | float | None = None
    high: int | float | None = None
    too_few: bool | None = None
    currency: str | None = None
    rates: Mapping[str, str] = msgspec.field(default_factory=dict)
    without_rate: tuple[str, ...] = ()


class CheckIn(msgspec.Struct, frozen=True):
    """A look at a goal and what was decided then; it never changes.

    aim: the goal as it stood. until: the last day counted. measured: what the number said. status: how the goal stands,
    as `by` says.
    """

    id: str
    goal: str
    aim: Aim
    until: str
    measured: Measured
    status: Status
    decided: str
    by: str = ""


class Checked(NamedTuple):
    """A check-in and when it was made."""

    check_in: CheckIn
    at: Micros


class Standing(NamedTuple):
    """A number beside its target. met: whether it is reached; None when that cannot be told (yet), and `why`.

    so_far: it is within a target that it must not exceed, whose time goes on: only then is it reached.
    sure: whether its whole 95 % interval lies on the same side of the target; None without an interval.
    """

    met: bool | None
    sure: bool | None = None
    why: str | None = None
    so_far: bool = False


# Deciding


def standing(aim: Aim, measured: Measured, until: str) -> Standing:
    """How a number stands beside its target. until: the last day that it counts."""
    if measured.value is None:
        return Standing(None, why="nothing was counted")
    if (why := _why_not_comparable(aim, measured)) is not None:
        return Standing(None, why=why)
    target = _target_as_counted(aim)
    met = _meets(measured.value, target, aim.direction)
    if met and aim.direction == "at_most" and until < aim.due:
        return Standing(None, why=f"it is within the target so far, which counts until {aim.due}", so_far=True)
    if measured.low is None or measured.high is None:
        return Standing(met)
    sides = {_meets(end, target, aim.direction) for end in (measured.low, measured.high)}
    return Standing(met, sides == {met})


def _why_not_comparable(aim: Aim, measured: Measured) -> str | None:
    wanted = aim.unit if is_currency(aim.unit) else None
    if wanted == measured.currency:
        return None
    return f"the target is in {aim.unit}, the number in {measured.currency or 'no currency'}"


def _target_as_counted(aim: Aim) -> Decimal:
    """The target as numbers are counted: shares from 0 to 1, money in minor units."""
    target = Decimal(aim.target)
    if aim.unit == "%":
        return target / 100
    return target.scaleb(minor_digits(aim.unit)) if is_currency(aim.unit) else target


def _meets(value: float, target: Decimal, direction: Direction) -> bool:
    # As it is written, so that 0.25 is at least 0.25.
    told = Decimal(repr(value))
    return told >= target if direction == "at_least" else told <= target


def is_currency(unit: str) -> bool:
    """Whether a target is told in money."""
    return len(unit) == _CURRENCY_LETTERS and unit.isascii() and unit.isalpha() and unit.isupper()


def last_day(aim: Aim, today: date) -> date:
    """The last day that a look at this aim counts today."""
    return min(today, date.fromisoformat(aim.due))
