"""What can be stated, set and kept, and why the rest cannot; how roles, numbers and days are spelled."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from noline.truth.aims.model import (
    DIMENSIONS,
    DIRECTIONS,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_REASONS,
    ROLES,
    STATUSES,
    UNITS,
    Aim,
    Charter,
    CheckIn,
    Goal,
    is_currency,
    standing,
)

_MOST_DIGITS, _FINEST = 15, -6
_WHOLE = {"%": 100, "share": 1}
"""All of it, in the units of shares."""
_VERDICTS = {"reached": True, "missed": False}
"""Statuses that say what the number says."""


def in_order(roles: Iterable[str], main: str) -> tuple[str, ...]:
    """The other roles beside the main one, each once, in the order of ROLES; unknown ones stay, at the end."""
    named = set(roles) - {main}
    return (*(role for role in ROLES if role in named), *sorted(named.difference(ROLES)))


def number_or_none(text: str) -> str | None:
    """A decimal number in its shortest spelling; None when it is none, or one too long to mean anything."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
        return None
    # The least exponent also bounds how long the text gets.
    shortest = number.normalize() if number else Decimal(0)
    exponent = shortest.as_tuple().exponent
    return f"{shortest:f}" if isinstance(exponent, int) and exponent >= _FINEST else None


def day_or_none(text: str) -> str | None:
    """A day in its one spelling, `2026-12-31`; None when it is none."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return None


def in_one_spelling(aim: Aim) -> Aim:
    """An aim that can be set, its number and days as they are always written."""
    target, due, begins = number_or_none(aim.target), day_or_none(aim.due), day_or_none(aim.begins)
    return msgspec.structs.replace(
        aim, target=target or aim.target, due=due or aim.due, begins=begins or aim.begins, where=dict(aim.where)
    )


def why_not_stated(charter: Charter) -> str | None:
    """Why a charter cannot be stated; None when it can."""
    if unknown := {charter.main, *charter.others}.difference(ROLES):
        return f"{min(unknown)!r} is no role; a role is one of {', '.join(ROLES)}"
    if why := _why_not_named("a channel", charter.channel):
        return why
    if len(charter.reasons) > MOST_REASONS or not all(charter.reasons):
        return f"it has at most {MOST_REASONS} reasons, none of them empty"
    if max(map(len, (charter.owner, *charter.reasons))) > LONGEST_NAME or len(charter.experience) > LONGEST_TEXT:
        return f"an owner and a reason have at most {LONGEST_NAME} characters, the experience {LONGEST_TEXT}"
    return _why_not_text((charter.owner, charter.experience, *charter.reasons))


def why_not_set(goal: Goal) -> str | None:
    """Why a goal cannot be set; None when it can. Whether its number is known, the caller knows."""
    aim = goal.aim
    if why := _why_not_named("a goal", goal.name) or _why_not_named("a metric", aim.metric):
        return why
    if len(goal.owner) > LONGEST_NAME:
        return f"an owner has at most {LONGEST_NAME} characters"
    return _why_not_text([goal.owner]) or _why_not_where(aim.where) or _why_not_aimed(aim)


def _why_not_where(where: Mapping[str, str]) -> str | None:
    if unknown := set(where).difference(DIMENSIONS):
        return f"it is narrowed by {min(unknown)!r}, which is none of {', '.join(DIMENSIONS)}"
    return next((why for name, value in where.items() if (why := _why_not_named(f"the {name}", value))), None)


def _why_not_aimed(aim: Aim) -> str | None:
    if number_or_none(aim.target) is None:
        return f"{aim.target!r} is no number of at most {_MOST_DIGITS} digits and {-_FINEST} decimals"
    if aim.unit not in UNITS and not is_currency(aim.unit):
        return f"the unit is one of {', '.join(UNITS)}, or a currency such as EUR"
    if aim.unit in _WHOLE and Decimal(aim.target) > _WHOLE[aim.unit]:
        return f"{aim.target} is more than all of it: a share goes up to 1, or to 100 %"
    if aim.direction not in DIRECTIONS:
        return f"the direction is one of {', '.join(DIRECTIONS)}"
    wrong = next((day for day in (aim.due, aim.begins) if day_or_none(day) is None), None)
    if wrong is not None:
        return f"{wrong!r} is no day such as 2026-12-31"
    spelled = in_one_spelling(aim)
    return f"it is due on {aim.due}, before it begins on {aim.begins}" if spelled.due < spelled.begins else None


def why_not_in_unit(aim: Aim, counted_in: str) -> str | None:
    """Why a target cannot be told of a number that is counted in this; None when it can.

    counted_in: count, share, money, minutes or ratio.
    """
    if counted_in == "money":
        return None if is_currency(aim.unit) else f"{aim.metric} is money: the unit is a currency such as EUR"
    fitting = ("share", "%") if counted_in == "share" else (counted_in,)
    return None if aim.unit in fitting else f"the unit of {aim.metric} is {' or '.join(fitting)}"


def why_not_whole_months(aim: Aim) -> str | None:
    """Why a number that is counted over whole months cannot be asked from and until these days; None when it can."""
    if date.fromisoformat(aim.begins).day != 1:
        return f"{aim.metric} is counted by whole months: it begins on the first day of one, not on {aim.begins}"
    # The day after the last one of a month is a first one; 9999-12-31 has none after it.
    due = date.fromisoformat(aim.due)
    is_last = due == date.max or (due + timedelta(days=1)).day == 1
    return None if is_last else f"{aim.metric} is counted by whole months: it is due on the last day of one"


def why_not_checked(check_in: CheckIn) -> str | None:
    """Why a check-in cannot be kept; None when it can. What is called reached or missed, the number has to say too."""
    if check_in.status not in STATUSES:
        return f"the status is one of {', '.join(STATUSES)}"
    if not check_in.decided or len(check_in.decided) > LONGEST_TEXT:
        return f"what was decided has 1 to {LONGEST_TEXT} characters"
    if check_in.until < check_in.aim.begins:
        return f"the goal begins on {check_in.aim.begins}"
    found = standing(check_in.aim, check_in.measured, check_in.until)
    if check_in.status in _VERDICTS and found.met is None:
        return f"whether the target is {check_in.status} cannot be told: {found.why}"
    if check_in.status in _VERDICTS and _VERDICTS[check_in.status] != found.met:
        return f"the number says that the target is {'reached' if found.met else 'not reached'}"
    return _why_not_text([check_in.decided])


def _why_not_named(what: str, name: str) -> str | None:
    fits = bool(name.strip()) and len(name) <= LONGEST_NAME and "\0" not in name
    return None if fits else f"{what} has a name of 1 to {LONGEST_NAME} characters, without NUL"


def _why_not_text(texts: Iterable[str]) -> str | None:
    return "no text holds the character NUL" if any("\0" in text for text in texts) else None
