"""What the doors answer about aims: what each channel is meant for, what should be reached, and the looks at it."""

from collections.abc import Mapping, Sequence
from typing import Any

from noline.doors.answers import Json
from noline.doors.answers.seen import place_names
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.kernel.errors import Refused
from noline.kernel.money import Money
from noline.truth.aims.model import (
    DIRECTIONS,
    ROLES,
    Aim,
    Charter,
    Checked,
    Goal,
    Measured,
    Standing,
    standing,
)

WHOLE_COMPANY = "the whole company"
_SHARES = ("%", "share")
_DIRECTION_WORDS = dict(zip(DIRECTIONS, ("at least", "at most"), strict=True))


def charters(hub: Hub) -> Json:
    """What each channel and unit is meant for, and who stated nothing yet.

    charters: channel, place (what the catalogue calls it, or None), seen (history or the catalogue knows it), main,
    others, reasons, experience, owner, since (when its roles became these), by.
    unstated: name, kind (channel, or unit: a store, depot or other place), place. roles: what can be stated.
    """
    known, places = _known(hub)
    stated = hub.aims.charters()
    named = {one.channel for one in stated}
    return {
        "charters": [told_charter(one, places, seen=one.channel in known) for one in stated],
        "unstated": [
            {"name": name, "kind": kind, "place": places.get(name)} for name, kind in known.items() if name not in named
        ],
        "roles": list(ROLES),
    }


def state_charter(hub: Hub, channel: str, *, by: str, **told: Any) -> Json:
    """State what a channel or unit is meant for; answers it as it is then, see `charters`.

    told: main, others, reasons, experience, owner; what is None stays as it was. Raises CharterWrong.
    """
    # Read before: history must not be brought up to a deed that could still be undone with its transaction.
    known, places = _known(hub)
    stated = hub.aims.state_charter(channel, by=by, **told)
    return told_charter(stated, places, seen=stated.channel in known)


def goals(hub: Hub, *, now: bool = False) -> list[Json]:
    """What should be reached, the goal that is due first at the top.

    id, name, owner, by, metric, where (by dimension), where_words, target, unit, direction, aim_words, begins, due;
    last_check_in (see `check_ins`) or None. now: also what the number says at this moment (see `told_number`) and until
    (the last day counted), or None and `why_not_now`.
    """
    rows = [(goal, told_goal(goal, last)) for goal, last in hub.aims.goals()]
    return [{**told, **_now(hub, goal)} if now else told for goal, told in rows]


def _now(hub: Hub, goal: Goal) -> Json:
    """What a goal's number says now; one that cannot be told keeps no other from being told."""
    try:
        until = hub.aims.last_day(goal.aim).isoformat()
        return {"now": {**told_number(goal.aim, hub.aims.measured(goal), until), "until": until}, "why_not_now": None}
    except Refused as refusal:
        return {"now": None, "why_not_now": str(refusal)}


def set_goal(hub: Hub, name: str, aim: Aim, *, by: str, owner: str | None = None) -> Json:
    """Set what should be reached under a name; answers it as of `goals`. Raises GoalWrong, and what the metric does."""
    found = hub.aims.set_goal(name, aim, by=by, owner=owner)
    return told_goal(found, next(iter(hub.aims.check_ins(found.id, limit=1)), None))


def drop_goal(hub: Hub, goal: str, *, by: str) -> Json:
    """Give a goal up; `dropped` is False when it was given up before. Raises NotFound."""
    return {"id": goal, "dropped": hub.aims.drop_goal(goal, by=by)}


def check_ins(hub: Hub, goal: str, limit: int = 100, offset: int = 0) -> list[Json]:
    """The looks at a goal, the last one first, with the numbers as they were then; of dropped goals too.

    id, goal, at, status, decided, by; the aim as it stood then (metric, where, where_words, target, unit, direction,
    aim_words, begins, due), until (the last day counted) and its number (see `told_number`). Raises NotFound.
    """
    return [told_check_in(one) for one in hub.aims.check_ins(goal, limit, offset)]


def check_in(hub: Hub, goal: str, *, status: Any, decided: str, by: str) -> Json:
    """Look at a goal now and keep what was decided; answers it as of `check_ins`. Raises NotFound and CheckInWrong."""
    return told_check_in(hub.aims.check_in(goal, status=status, decided=decided, by=by))


def _known(hub: Hub) -> tuple[dict[str, str], dict[str, str]]:
    """The channels that history tells of, then the places of the catalogue, each with its kind; and places by name."""
    hub.refresh()
    with hub.store.reading() as reader:
        places = place_names(hub, reader)
        units = {one.location for one in hub.catalogue.locations(reader)}
    channels = set(hub.history.channels.names)
    kinds = dict.fromkeys(sorted(channels), "channel") | dict.fromkeys(sorted(units - channels), "unit")
    return kinds, places


# As data


def told_charter(charter: Charter, places: Mapping[str, str], *, seen: bool) -> Json:
    """A charter as data."""
    return {
        "channel": charter.channel,
        "place": places.get(charter.channel),
        "seen": seen,
        "main": charter.main,
        "others": list(charter.others),
        "reasons": list(charter.reasons),
        "experience": charter.experience or None,
        "owner": charter.owner or None,
        "since": as_text(charter.since),
        "by": charter.by,
    }


def told_goal(goal: Goal, last: Checked | None) -> Json:
    """A goal as data."""
    return {
        "id": goal.id, "name": goal.name, "owner": goal.owner or None, "by": goal.by, **_told_aim(goal.aim),
        "last_check_in": told_check_in(last) if last else None,
    }  # fmt: skip


def told_check_in(checked: Checked) -> Json:
    """A look at a goal as data."""
    found = checked.check_in
    return {
        "id": found.id, "goal": found.goal, "at": as_text(checked.at), "status": found.status,
        "decided": found.decided, "by": found.by, **_told_aim(found.aim), "until": found.until,
        **told_number(found.aim, found.measured, found.until),
    }  # fmt: skip


def told_number(aim: Aim, measured: Measured, until: str) -> Json:
    """A number beside its target. until: the last day that it counts.

    value, numerator, denominator, low, high (the 95 % interval), too_few and currency (of money, in whole minor units),
    rates (at which other currencies were converted), without_rate (those left out); met (None: cannot be told yet, and
    `why`), sure (the whole interval lies on that side), words (one sentence).
    """
    found = standing(aim, measured, until)
    return {
        "value": measured.value, "numerator": measured.numerator, "denominator": measured.denominator,
        "low": measured.low, "high": measured.high, "too_few": measured.too_few, "currency": measured.currency,
        "rates": dict(measured.rates), "without_rate": list(measured.without_rate), "met": found.met,
        "sure": found.sure, "why": found.why, "words": _number_words(aim, measured, found),
    }  # fmt: skip


def _told_aim(aim: Aim) -> Json:
    return {
        "metric": aim.metric, "where": dict(aim.where), "where_words": _where_words(aim.where), "target": aim.target,
        "unit": aim.unit, "direction": aim.direction, "aim_words": _aim_words(aim), "begins": aim.begins,
        "due": aim.due,
    }  # fmt: skip


# In words


def _where_words(where: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {where[name]}" for name in sorted(where)) or WHOLE_COMPANY


def _aim_words(aim: Aim) -> str:
    unit = {"count": "", "share": "", "ratio": "", "%": " %"}.get(aim.unit, f" {aim.unit}")
    return f"{_DIRECTION_WORDS[aim.direction]} {aim.target}{unit}"


def _number_words(aim: Aim, measured: Measured, found: Standing) -> str:
    if measured.value is None:
        return f"Nothing was counted yet; the target is {_aim_words(aim)}."
    told = _figure(aim, measured, measured.value)
    notes = _notes(aim, measured)
    beside = f" ({'; '.join(notes)})" if notes else ""
    if found.so_far:
        return f"{told}{beside}; within the target so far: {_aim_words(aim)}, which counts until {aim.due}."
    verdict = {True: "reached", False: "not reached", None: f"not compared: {found.why}"}[found.met]
    doubt = ", within what chance could do" if found.sure is False else ""
    return f"{told}{beside}; the target, {_aim_words(aim)}, is {verdict}{doubt}."


def _notes(aim: Aim, measured: Measured) -> Sequence[str]:
    notes = []
    if measured.numerator is not None and measured.denominator is not None:
        notes.append(_counted_words(measured, measured.numerator, measured.denominator))
    if measured.low is not None and measured.high is not None:
        notes.append(f"95 %: {_figure(aim, measured, measured.low)} .. {_figure(aim, measured, measured.high)}")
    if measured.too_few:
        notes.append("too few to rely on")
    if measured.rates:
        rates = ", ".join(f"{name} {rate}" for name, rate in sorted(measured.rates.items()))
        notes.append(f"other currencies converted at {rates}")
    if measured.without_rate:
        notes.append(f"without {', '.join(measured.without_rate)}, which has no rate")
    return notes


def _counted_words(measured: Measured, numerator: float, denominator: float) -> str:
    if measured.currency is not None:
        return f"{Money(round(numerator), measured.currency)} by {_plain(denominator)}"
    return f"{_plain(numerator)} of {_plain(denominator)}"


def _figure(aim: Aim, measured: Measured, value: float) -> str:
    if measured.currency is not None:
        return str(Money(round(value), measured.currency))
    if aim.unit in _SHARES:
        return f"{100 * value:.1f} %"
    return _plain(value) + (" minutes" if aim.unit == "minutes" else "")


def _plain(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
