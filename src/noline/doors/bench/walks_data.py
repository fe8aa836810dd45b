"""Made-up events of a retailer's channels: people who come in sittings, most of them seldom, some of them often."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from noline.kernel.clock import DAY, MINUTE, SECOND, Micros

if TYPE_CHECKING:
    import pyarrow as pa

CHANNELS = ("web", "app", "store", "mail", "call")
_OF_CHANNELS = (0.45, 0.25, 0.15, 0.1, 0.05)

ACTIONS = (
    "view",
    "search",
    "cart",
    "checkout",
    "purchase",
    "reserve",
    "open",
    "click",
    "ask",
    "return",
    "review",
    "log in",
)
_OF_ACTIONS = (0.44, 0.14, 0.1, 0.05, 0.035, 0.02, 0.08, 0.05, 0.03, 0.01, 0.015, 0.03)

DAYS = 180
SITTING = 4
"""Events of a sitting, at the mean."""

SITTINGS = 3
"""Sittings of a person in the half year, at the mean."""

MOST_IN_FILE = 10_000_000

BEGAN_AT: Micros = 1_767_225_600_000_000


def events(count: int, seed: int) -> "pa.Table":
    """So many events, in the order of time: person, time (microseconds since 1970 UTC), channel and action."""
    import pyarrow as pa

    chance = np.random.default_rng(seed)
    sittings = max(1, count // SITTING)
    lengths = chance.geometric(1 / SITTING, sittings * 2)
    sitting = np.repeat(np.arange(lengths.size), lengths)[:count]
    people = max(1, count // (SITTING * SITTINGS))
    # The square of an even share: few people come often.
    person = (chance.random(lengths.size) ** 2 * people).astype(np.int64)
    channel = chance.choice(len(CHANNELS), lengths.size, p=_OF_CHANNELS)
    began = BEGAN_AT + chance.integers(0, DAYS * DAY, lengths.size)
    pauses = chance.exponential(2 * MINUTE, count).astype(np.int64) + SECOND
    within = np.cumsum(pauses)
    first = np.flatnonzero(np.append(True, sitting[1:] != sitting[:-1]))
    within -= np.repeat(within[first], np.diff(np.append(first, count)))
    time = began[sitting] + within
    order = np.argsort(time, kind="stable")
    actions = chance.choice(len(ACTIONS), count, p=_OF_ACTIONS)[order]
    return pa.table(
        {
            "person": person[sitting][order],
            "time": time[order],
            "channel": _named(channel[sitting][order], CHANNELS),
            "action": _named(actions, ACTIONS),
        }
    )


def write(folder: Path, count: int, seed: int) -> None:
    """The events as Parquet files in a folder.

    More than fit into a file are the same events again, of other people: every count grows by as much, and the memory
    to make them does not.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    folder.mkdir()
    made = events(min(count, MOST_IN_FILE), seed)
    for number, first in enumerate(range(0, count, MOST_IN_FILE)):
        others = pc.call_function("add", [made["person"], pa.scalar(number * MOST_IN_FILE)])
        file = made.set_column(0, "person", others).slice(0, count - first)
        pq.write_table(file, folder / f"{number:04}.parquet", row_group_size=1_000_000)


def _named(codes: "np.ndarray", names: tuple[str, ...]) -> "pa.Array":
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names)).cast(pa.string())
