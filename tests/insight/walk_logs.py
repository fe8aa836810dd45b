"""Tables of events for the tests of the walk, and the same events as engines of others read them."""

import random
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from noline.insight.walks.plain import Event
from noline.stores.walks.store import WalkStore

Row = tuple[object, int, str, str]
"""person, moment in microseconds, channel, action."""


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table; moments are timestamps, so that nothing is guessed."""
    persons, times, channels, actions = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "person": pa.array([str(one) for one in persons], pa.string()),
            "time": pa.array(times, pa.timestamp("us")),
            "channel": pa.array(channels, pa.string()),
            "action": pa.array(actions, pa.string()),
        }
    )


def store_of(rows: Sequence[Row]) -> WalkStore:
    return WalkStore.from_table(table_of(rows))


def random_rows(
    seed: int, persons: int, events: int, *, channels: str = "wsc", actions: str = "abcdx", moments: int, step: int = 1
) -> list[Row]:
    """Events at random: few moments make many of them equal."""
    chance = random.Random(seed)
    return [
        (chance.randrange(persons), chance.randrange(moments) * step, chance.choice(channels), chance.choice(actions))
        for _ in range(events)
    ]


def events_of(store: WalkStore, person: int, steps: Sequence[str], banned: Sequence[str]) -> list[Event]:
    """A person's events as the definition of a funnel sees them."""
    first, end = int(store.offsets[person]), int(store.offsets[person + 1])
    found = []
    for place in range(first, end):
        channel = store.channels.names[store.channels.codes[place]]
        action = store.actions.names[store.actions.codes[place]]
        names = {action, f"{channel}/{action}", f"{channel}/*"}
        numbers = frozenset(number for number, step in enumerate(steps) if step in names)
        found.append(Event(int(store.times[place]), numbers, any(one in names for one in banned)))
    return found


def visits_of(rows: Sequence[Row], pause_of: Any, journey_gap: int) -> list[list[dict[str, Any]]]:
    """The journeys of all people as lists of visits, told one event at a time."""
    journeys = []
    for person in sorted({str(row[0]) for row in rows}):
        mine = sorted((row for row in rows if str(row[0]) == person), key=lambda row: row[1])
        open_visits: dict[str, dict[str, Any]] = {}
        visits: list[dict[str, Any]] = []
        for _, at, channel, action in mine:
            visit = open_visits.get(channel)
            if visit is None or _over(visit["last"], at, pause_of(channel)):
                visit = {"person": person, "channel": channel, "first": at, "last": at, "actions": []}
                open_visits[channel] = visit
                visits.append(visit)
            visit["last"] = at
            visit["actions"].append((at, action))
        journey: list[dict[str, Any]] = []
        for visit in visits:
            if journey and visit["first"] - max(one["last"] for one in journey) > journey_gap:
                journeys.append(journey)
                journey = []
            journey.append(visit)
        journeys.append(journey)
    return journeys


def _over(last: int, at: int, pause: int | None) -> bool:
    day = 86_400_000_000
    return at // day != last // day if pause is None else at - last > pause
