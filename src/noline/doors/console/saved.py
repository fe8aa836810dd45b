"""Saved questions: what each asks, what it said when it was saved, and whether that changed."""

from dataclasses import dataclass

import msgspec

from noline.doors.console import asking, wording
from noline.doors.console.wording import Row
from noline.truth.agenda.model import Asked


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved question. changed: its alert stands; changed_words tell what moved."""

    id: str
    name: str
    sentence: str
    path: str
    saved: str
    baseline: str
    interval: str
    alert: bool
    changed: bool
    changed_words: str
    changed_at: str
    here: bool


def saved_of(row: Row, asked: Asked | None = None) -> Saved:
    """A row of `answers.agenda.questions` as a person reads it. asked: the question that is looked at."""
    held = msgspec.convert(row["asked"], Asked)
    baseline, alert = row["baseline"], row["last_alert"]
    return Saved(
        id=row["id"],
        name=row["name"],
        sentence=asking.sentence_of(held),
        path=asking.path_of(held),
        saved=wording.day(wording.instant(row["since"])),
        baseline=f"{wording.count(baseline['cases'])} of {wording.count(baseline['persons'])}",
        interval="too few to tell" if baseline["too_few"] else _share_words(baseline),
        alert=bool(row["alert"]),
        changed=bool(row["raised"]),
        changed_words=alert["words"] if alert else "",
        changed_at=wording.day(wording.instant(alert["at"])) if alert else "",
        here=held == asked,
    )


def _share_words(tally: Row) -> str:
    return f"{wording.percent(tally['share'])} ({wording.interval(tally['share_low'], tally['share_high'])})"
