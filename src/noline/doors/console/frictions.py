"""What to fix first, and the page of one friction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.borders import border_path
from noline.doors.console.curves import MOST_MONTHS, Bar, MonthBar, bar, months
from noline.doors.console.findings import Finding, effect_words, findings_of
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.glimpse import Glimpse, glimpse
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.wording import Row

FIRST = 5
"""So many frictions stand on the home page."""

QUIET_MONTHS = 3
"""A friction that nobody met for so many months is said with the month in which it was met last."""

STATES = {"open": "open", "in work": "in work", "fixed": "fixed", "accepted": "accepted as it is"}
"""How far the care of a friction is, as the agenda calls it and as a person reads it."""

_ENDINGS = {True: "reached it in the end", False: "did not reach it", None: "may still reach it"}
_TRENDS = {True: "rising", False: "falling", None: ""}
_NOTHING: Row = {}


class Part(NamedTuple):
    """A share with its interval, as told."""

    value: float | None
    low: float | None
    high: float | None
    too_few: bool


@dataclass(frozen=True, slots=True)
class Care:
    """Who cares for a friction, and how far that is."""

    owner: str
    state: str
    state_words: str
    note: str
    since: str
    by: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One friction in a list.

    leak: what it costs, with its interval in leak_range; empty where it cannot be told, and why_no_leak says why.
    exposed: what was at stake, an upper bound. hidden: too few people to show their number to this role.
    missing: columns that the rule looks at and nobody tells; then nothing was counted.
    last_met: the month in which it was met last, where that is `QUIET_MONTHS` ago; empty where it goes on.
    """

    rank: int
    id: str
    name: str
    sentence: str
    path: str
    way: str
    cases: int | None
    persons: int | None
    at_risk: int | None
    share: Part
    undecided: int
    leak_minor: int | None
    leak: str
    leak_range: str
    why_no_leak: str
    exposed_minor: int
    exposed: str
    spark: tuple[MonthBar, ...]
    spark_words: str
    trend: str
    care: Care
    hidden: bool
    missing: tuple[str, ...] = ()
    last_met: str = ""

    @property
    def is_quiet(self) -> bool:
        """Nobody met it."""
        return not self.cases and not self.hidden


@dataclass(frozen=True, slots=True)
class FixList:
    """The frictions that people met, the one to fix first at the top, and those that nobody met."""

    first: tuple[Fix, ...]
    met: tuple[Fix, ...]
    quiet: tuple[Fix, ...]
    counted: Mapping[str, Counted]

    @property
    def more(self) -> int:
        """How many people met that are not among the first."""
        return len(self.met) - len(self.first)

    @property
    def costly(self) -> Fix | None:
        """What costs most of all that was met; None where no cost can be told."""
        return next((one for one in self.met if one.leak and one.leak_minor), None)

    @property
    def going_on(self) -> Fix | None:
        """What costs most of what people still meet; None where that is the same as `costly`, or nothing."""
        found = next((one for one in self.met if one.leak and one.leak_minor and not one.last_met), None)
        return None if found == self.costly else found


def friction_path(friction: str) -> str:
    """The address of the page of one friction."""
    return f"/frictions/{quote(friction, safe='')}"


def fix_list(rows: Sequence[Row], counted: Mapping[str, Row] | None = None) -> FixList:
    """The page of all frictions, and the list on the home page."""
    latest = _latest_month(rows)
    fixes = [fix_of(row, latest) for row in rows]
    met = tuple(one for one in fixes if not one.is_quiet)
    return FixList(
        first=met[:FIRST],
        met=met,
        quiet=tuple(one for one in fixes if one.is_quiet),
        counted=counted_of(counted or {}),
    )


def on_border(rows: Sequence[Row], sender: str, receiver: str) -> tuple[Fix, ...]:
    """The frictions that people met on the way from one channel to another."""
    latest = _latest_month(rows)
    fixes = [
        fix_of(row, latest)
        for row in rows
        if _belongs(row["from_channels"], sender) and _belongs(row["to_channels"], receiver)
    ]
    return tuple(one for one in fixes if not one.is_quiet)


def _latest_month(rows: Sequence[Row]) -> str:
    """The last month that any friction tells of: a way that nobody goes any more tells less than the log."""
    return max((month["month"] for row in rows for month in row["trend"] or ()), default="")


def _belongs(channels: Sequence[str], channel: str) -> bool:
    return channel in channels or "*" in channels


def fix_of(row: Row, latest: str = "") -> Fix:
    """A row of `answers.frictions.ranked` as a person reads it. latest: the last month that any friction tells of."""
    spark = months(row["trend"] or [], MOST_MONTHS)
    return Fix(
        rank=row["rank"],
        id=row["id"],
        name=row["name"],
        sentence=row["sentence"],
        path=friction_path(row["id"]),
        way=_way(row),
        cases=row["cases"],
        persons=row["persons"],
        at_risk=row["at_risk"],
        share=_part(row["share"]),
        undecided=row["undecided"] or 0,
        leak_minor=row["leak_minor"],
        leak=_leak(row),
        leak_range=_leak_range(row),
        why_no_leak=row["why_no_leak"] or "",
        exposed_minor=row["exposed_minor"] or 0,
        exposed=wording.money(row["exposed_minor"], row["currency"]) if row["exposed_minor"] else "",
        spark=spark,
        spark_words=", ".join(f"{one.month} {wording.count(one.persons)}" for one in spark),
        trend=_TRENDS[row["rising"]],
        care=_care(row["care"]),
        hidden=bool(row["hidden"]),
        missing=tuple(row.get("missing") or ()),
        last_met=_last_met(row["trend"] or [], latest),
    )


def _last_met(trend: Sequence[Row], latest: str) -> str:
    """The last month with people, where at least `QUIET_MONTHS` without any came after it."""
    met = [one["month"] for one in trend if one["persons"]]
    if not met:
        return ""
    end = max(latest, trend[-1]["month"])
    return wording.month(met[-1]) if _months_between(met[-1], end) >= QUIET_MONTHS else ""


def _months_between(month: str, later: str) -> int:
    (year, at), (later_year, later_at) = (map(int, one.split("-")) for one in (month, later))
    return 12 * (later_year - year) + later_at - at


def _part(told: Row | None) -> Part:
    held = told or _NOTHING
    return Part(held.get("value"), held.get("low"), held.get("high"), bool(held.get("too_few", True)))


def _leak(row: Row) -> str:
    """What a friction costs; empty where it cannot be told, or rests on too few."""
    if row["leak_minor"] is None or row["too_few"] or row["why_no_leak"]:
        return ""
    return wording.money(row["leak_minor"], row["currency"])


def _leak_range(row: Row) -> str:
    if not _leak(row) or row["leak_low"] is None or row["leak_high"] is None:
        return ""
    return wording.money_interval(row["leak_low"], row["leak_high"], row["currency"])


def _way(row: Row) -> str:
    """The channels a friction lies between: `web, app → store`; one side alone where it tells no other."""
    sides = [", ".join(map(_channel, row[side] or ())) for side in ("from_channels", "to_channels")]
    return " → ".join(side for side in sides if side)


def _channel(name: str) -> str:
    return "any channel" if name == "*" else wording.channel(name)


def _care(row: Row) -> Care:
    return Care(
        owner=row["owner"] or "",
        state=row["state"],
        state_words=STATES[row["state"]],
        note=row["note"] or "",
        since=wording.day(wording.instant(row["since"])) if row["since"] else "",
        by=row["by"] or "",
    )


# --- One friction ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody whom it happened to; picture is None where the role may not see people."""

    name: str
    path: str
    time: str
    took: str
    value: str
    place: str
    channels: str
    ending: str
    converted: bool
    picture: Glimpse | None


@dataclass(frozen=True, slots=True)
class FrictionPage:
    """One friction. `cases` is a portion, `first` and `last` say which; border: the page of the pair it lies on."""

    fix: Fix
    proof: str
    with_it: Bar
    without_it: Bar
    conversion_with: Part
    conversion_without: Part
    matched: int | None
    lift: float | None
    label: str
    months: tuple[MonthBar, ...]
    border: str
    border_name: str
    findings: tuple[Finding, ...]
    no_findings: str
    effect: str
    cases: tuple[Case, ...]
    people_shown: bool
    first: int
    last: int
    earlier: str
    later: str
    rule: str
    states: Mapping[str, str]
    saved: bool
    counted: Mapping[str, Counted]


def friction(
    *,
    row: Row,
    cases: Sequence[Row],
    causes: Row,
    counted: Mapping[str, Row],
    offset: int = 0,
    people_shown: bool = True,
    saved: bool = False,
) -> FrictionPage:
    """The page of one friction. cases begin behind `offset`; each has `events`, what the person did around it."""
    fix = fix_of(row)
    with_it, without_it = _part(row["conversion_with"]), _part(row["conversion_without"])
    told = tuple(_case(one, row["currency"]) for one in cases)
    last = offset + len(told)
    border_name, border = _border(row)
    return FrictionPage(
        fix=fix,
        proof=row["proof"] or "",
        with_it=bar("who met it", row["matched"], *with_it[:3], too_few=with_it.too_few),
        without_it=bar("comparable people who did not", None, *without_it[:3], too_few=without_it.too_few),
        conversion_with=with_it,
        conversion_without=without_it,
        matched=row["matched"],
        lift=row["lift"],
        label=row["label"] or "association",
        months=months(row["trend"] or []),
        border=border,
        border_name=border_name,
        findings=findings_of(causes),
        no_findings=_no_findings(causes),
        effect=effect_words(causes),
        cases=told,
        people_shown=people_shown,
        first=offset + 1,
        last=last,
        earlier=_portion(fix, last) if told and (fix.cases or 0) > last else "",
        later=_portion(fix, max(0, offset - max(1, len(told)))) if offset else "",
        rule=counted.get("friction", _NOTHING).get("rule", ""),
        states=STATES,
        saved=saved,
        counted=counted_of(counted),
    )


def _no_findings(causes: Row) -> str:
    compared = causes["compared"]
    if not compared:
        return "No place, month or country has enough people and cases to be compared with the rest."
    parts = wording.plural(compared, "part", "parts")
    return f"Nowhere beyond chance: {parts} of the people (places, months, countries and two of them) were compared."


def _portion(fix: Fix, offset: int) -> str:
    return f"{fix.path}?offset={offset}#cases-heading" if offset else f"{fix.path}#cases-heading"


def _border(row: Row) -> tuple[str, str]:
    """The border a friction lies on, where it lies on exactly one."""
    senders, receivers = row["from_channels"] or (), row["to_channels"] or ()
    if len(senders) != 1 or len(receivers) != 1 or "*" in (*senders, *receivers) or senders[0] == receivers[0]:
        return "", ""
    name = f"{wording.channel(senders[0])} → {wording.channel(receivers[0])}"
    return name, border_path(senders[0], receivers[0])


def _case_path(person: str, evidence: Sequence[int]) -> str:
    """The page of a person, at the first event that proves the friction."""
    return f"{customer_path(person)}#event-{evidence[0]}" if evidence else customer_path(person)


def _case(row: Row, currency: str) -> Case:
    at, ended_at = wording.instant(row["at"]), wording.instant(row["ended_at"])
    person = row["person"]
    shown = person is not None and at is not None and ended_at is not None and row.get("events")
    return Case(
        name=(row["name"] or nameless(person)) if person is not None else "Somebody",
        path=_case_path(person, row["evidence"]) if person is not None else "",
        time=wording.minute(at),
        took=wording.delay(at, ended_at),
        value=wording.exact_money(row["value_minor"], currency) if row["value_minor"] else "",
        place=row.get("place") or row.get("store_id") or "",
        channels=" → ".join(wording.channel(one) for one, _ in groupby(row["channels"])),
        ending=_ENDINGS[row["converted"]],
        converted=bool(row["converted"]),
        picture=glimpse(row["events"], row["evidence"], at, ended_at) if shown and at and ended_at else None,
    )
