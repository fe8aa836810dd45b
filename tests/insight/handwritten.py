"""A log written by hand, and the rooms of insight over it."""

from decimal import Decimal
from pathlib import Path

from noline.insight.journeys.model import Handoff, Windows
from noline.insight.journeys.service import Journeys
from noline.insight.scorecards.service import Scorecards
from noline.kernel.clock import DAY, HOUR, MINUTE, parse_instant
from noline.kernel.words import word_for
from noline.stores.analytical import TABLES
from noline.stores.duckdb import DuckDbStore

START = parse_instant("2026-03-02T00:00:00Z")
NOTHING = dict.fromkeys(TABLES["touchpoints"].columns)


def at(day: int, hour: int = 0, minute: int = 0) -> int:
    """An instant, counted from the first midnight of the log."""
    return START + day * DAY + hour * HOUR + minute * MINUTE


class HandWritten:
    """Touchpoints and people, one by one; subject 1 is a person of that number unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.store = DuckDbStore(folder, memory_limit="256MB")
        self.touchpoints: list[dict] = []
        self.people: list[tuple[int, int, int]] = []

    def say(self, when: int, channel: str, action: str, subject: int | None = 1, **more: object) -> int:
        """Write one touchpoint; answers its place in the log."""
        word = word_for(action)
        row = {
            **NOTHING,
            "seq": len(self.touchpoints) + 1,
            "subject": subject,
            "occurred_at": when,
            "channel": channel,
            "action": action,
            "stage": word.stage.value,
            "source": channel,
            "handoff_to": word.hands_over_to,
            "currency": "EUR" if "value_minor" in more else None,
            "exposure": word.exposure,
            **more,
        }
        self.touchpoints.append(row)
        return row["seq"]

    def same_person(self, person: int, *subjects: int) -> None:
        """These subjects are that person from now on."""
        for subject in subjects:
            self.people.append((len(self.people) + 1, subject, person))

    def rewrite(self, touchpoints: list[dict], people: list[tuple[int, int, int]]) -> None:
        """Forget the log and write another."""
        self.touchpoints, self.people = touchpoints, people
        with self.store.projecting():
            self.store.clear()

    def written(self) -> DuckDbStore:
        """The analytical store that holds all of it."""
        columns = {name: [row[name] for row in self.touchpoints] for name in NOTHING}
        with self.store.projecting():
            for table, rows in (("touchpoints", columns), ("people", self.people)):
                held = self.store.watermark(table)
                count = len(self.touchpoints if table == "touchpoints" else self.people)
                if count and not held:
                    self.store.load(table, rows, 1, count)
        return self.store

    def journeys(self, *, rates: dict[str, Decimal] | None = None, **windows: object) -> Journeys:
        """The room of journeys over this log."""
        return Journeys(self.written(), rates=rates or {}, windows=Windows(**windows))

    def scorecards(self) -> Scorecards:
        """The room of scorecards over this log."""
        return Scorecards(self.written())

    def border(self, sender: str, receiver: str, **windows: object) -> Handoff | None:
        """One border of the hand-offs; None when nobody was handed over there."""
        borders = self.journeys(**windows).handoffs()
        return next((b for b in borders if (b.from_channel, b.to_channel) == (sender, receiver)), None)
