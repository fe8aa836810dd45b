"""Every kind of count there is, as a question that an engine, a shard and the walk answer alike."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from insight.walk_logs import Row, random_rows
from noline.insight.walks import dropoffs, funnels, handoffs, incidence
from noline.insight.walks.model import Funnel, Pauses, Step, Wants
from noline.insight.walks.service import Answer
from noline.kernel.clock import DAY, HOUR, MINUTE
from noline.stores.walks.store import WalkStore

CHANNELS = dict(zip("wsmc", ("web", "store", "mail", "call"), strict=True))
PAUSES = Pauses(own={"call": 2 * HOUR}, journey=3 * DAY)
WANTS = Wants(("a", "web/b"), ("c",), 2 * DAY)
TIMED = (Step("a"), Step("b", optional=True, most=DAY), Step("c", least=HOUR, most=3 * DAY))

FUNNELS = {
    "in order": Funnel.of("a,b,c", window=DAY),
    "without a window": Funnel.of("a,b,c", window=None),
    "optional": Funnel.of("a,b?,c?,d", window=2 * DAY),
    "with times between": Funnel(TIMED, window=None),
    "about the same moment": Funnel.of("a,b,c", window=DAY, tolerance=HOUR),
    "about the same moment, without": Funnel.of("a,b,c", window=DAY, tolerance=HOUR, without=("x",)),
    "without": Funnel.of("a,b,c", window=3 * DAY, without=("x",)),
    "without, of persons": Funnel.of("a,b,c", window=3 * DAY, without=("store/x",), ends="person"),
    "one event may be two steps": Funnel.of("a,web/*,a", window=DAY),
    "one event may be two steps, timed": Funnel(
        (Step("a"), Step("web/*", most=HOUR), Step("a", least=10 * MINUTE)), window=DAY
    ),
    "by all": Funnel.of("a,b,c", window=3 * DAY, by="channel", credit="all", without=("x",)),
    "by the first": Funnel.of("a,b?,c", window=3 * DAY, by="place", credit="first"),
    "by the last": Funnel.of("a,b?,c", window=3 * DAY, by="place", credit="last", without=("x",)),
    "by the first, timed": Funnel(TIMED, window=None, by="action", credit="first"),
    "by the first, two steps": Funnel.of("a,web/*,a", window=DAY, by="place", credit="first"),
    "any order": Funnel.of("a,b,a,c", window=6 * HOUR, mode="any"),
    "any order by all": Funnel.of("a,b,c", window=DAY, mode="any", by="place", credit="all"),
    "any order by the first": Funnel.of("a,b,c", window=DAY, mode="any", by="place"),
    "any order, of persons": Funnel.of("a,b", window=None, mode="any", without=("web/x",), ends="person"),
    "strict": Funnel.of("a,b,c", window=DAY, mode="strict"),
    "strict by the last": Funnel.of("a,b", window=DAY, mode="strict", by="place", credit="last"),
    "strict by all": Funnel.of("a,b", window=DAY, mode="strict", by="channel", credit="all"),
}

Counting = Callable[[WalkStore, int | None], Any]


def _counting(funnel: Funnel) -> Counting:
    return lambda store, until: funnels.counted(store, funnel)


COUNTS: dict[str, Counting] = {
    **{f"funnel {name}": _counting(funnel) for name, funnel in FUNNELS.items()},
    "hand-offs": lambda store, until: handoffs.counted(store, PAUSES),
    "drop-offs": lambda store, until: dropoffs.counted(store, PAUSES, WANTS, until=until),
    "spells": lambda store, until: incidence.counted(store, "a", ("b", "web/*", "c"), until=until),
}
"""How each is counted of a walk store, or of a part of one when it is told until when the whole tells."""

ASKED: dict[str, Callable[[Any], Any]] = {
    **{
        f"funnel {name}": (lambda walks, funnel=funnel: walks.funnel(funnel).counts) for name, funnel in FUNNELS.items()
    },
    "hand-offs": lambda walks: walks.handoffs(PAUSES)[1],
    "drop-offs": lambda walks: walks.drop_offs(WANTS, PAUSES),
    "spells": lambda walks: walks.time_to("a", "b", ("web/*", "c"), [DAY])[1],
}
"""The same, asked of `Walks` or of another engine."""


def told_rows(seed: int, persons: int = 150, events: int = 4000) -> list[tuple[Row, str | None, int | None]]:
    """Two months around 1970, many equal moments; each with a place (or none) and a value (or none)."""
    chance = random.Random(seed)
    rows = random_rows(seed, persons, events, channels="wsmc", actions="abcdx", moments=2000, step=43 * MINUTE)
    return [
        (
            (f"person {person}", at - 20 * DAY, CHANNELS[channel], action),
            chance.choice([None, "lyon", 'it\'s \\ "here"', "paris"]),
            chance.choice([None, 0, 1950]),
        )
        for person, at, channel, action in rows
    ]


def without_waiting(answer: Answer) -> Answer:
    """The answer as engines give it: who still has time is told by the walk alone."""
    assert answer.still_open is not None
    return replace(answer, still_open=None)
