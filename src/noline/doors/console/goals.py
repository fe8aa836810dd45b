"""Goals as the scorecard shows them: the aim, how it stands now, and the looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.wording import Row

MOST_CHECK_INS = 10

_CLASSES = {"on track": "tag-fixed", "reached": "tag-fixed", "at risk": "tag-open", "off track": "tag-open",
            "missed": "tag-open"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a goal, with the number as it was then."""

    time: str
    status: str
    value: str
    decided: str
    by: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal. met: whether it is reached now; None where that cannot be told. status: as somebody said last."""

    id: str
    name: str
    path: str
    metric: str
    metric_name: str
    target: str
    aim: str
    owner: str
    met: bool | None
    now: str
    status: str
    status_class: str
    last: str
    check_ins: tuple[Look, ...]


def goal_path(goal: str) -> str:
    """Where the form of a check-in posts to."""
    return f"/scorecard/goals/{quote(goal, safe='')}/check-in"


def goals_of(rows: Sequence[Row], check_ins: Mapping[str, Sequence[Row]]) -> tuple[Goal, ...]:
    """`answers.aims.goals` with the check-ins of each."""
    return tuple(_goal(row, check_ins.get(row["id"], ())) for row in rows)


def _goal(row: Row, looks: Sequence[Row]) -> Goal:
    last = row["last_check_in"]
    now = row.get("now")
    status = last["status"] if last else ""
    return Goal(
        id=row["id"],
        name=row["name"],
        path=goal_path(row["id"]),
        metric=row["metric"],
        metric_name="",
        target=row["aim_words"],
        aim=f"{row['aim_words']}, {row['where_words']}, {_day(row['begins'])} to {_day(row['due'])}",
        owner=row["owner"] or "",
        met=now["met"] if now else None,
        now=f"Now: {now['words']}" if now else "",
        status=status,
        status_class=_CLASSES.get(status, ""),
        last=f"{wording.day(wording.instant(last['at']))}: {last['words']}" if last else "",
        check_ins=tuple(_look(one) for one in looks[:MOST_CHECK_INS]),
    )


def _look(row: Row) -> Look:
    return Look(
        time=wording.minute(wording.instant(row["at"])),
        status=row["status"],
        value=row["words"],
        decided=row["decided"],
        by=row["by"],
    )


def _day(told: str) -> str:
    return wording.day(wording.instant(told))
