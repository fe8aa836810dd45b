"""What is asked and answered: journeys as paths over channels, and what each channel is worth to their ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noline.kernel.errors import FileNotUnderstood, NotReadable
from noline.stores.walks.arrays import Codes, Longs

Floats = npt.NDArray[np.float64]

MOST_NAMES = 65_536
LARGEST_SUM = 2**62
"""Counts and amounts are added as whole numbers of 64 bits; what could reach this is refused."""

ARROW = ">"
"""Stands between two touches of a path that is written as a text."""


class PathsUnreadable(FileNotUnderstood):
    """A file, or rows, that are no paths."""

    code = "paths.unreadable"
    sentence = "{path} cannot be read as paths: {why}."
    hint = (
        "Give Parquet, CSV or NDJSON with a path in each row, as `mail > web > store` or a list of names, and whole "
        "numbers of conversions; --map path=COLUMN,conversions=COLUMN,value=COLUMN,null=COLUMN says which is which."
    )


class AskedWrong(NotReadable):
    """A method, or a part of it, that there is not."""

    code = "paths.asked_wrong"
    sentence = "Paths cannot be credited like this: {why}."
    hint = (
        "Ask for shapley, markov (order 1 to 6), first, last, linear, position, decay, ordered, or roles with a weight "
        "above 0 for each channel."
    )


@dataclass(frozen=True, eq=False)
class Paths:
    """Journeys. Path i has the touches codes[offsets[i]:offsets[i+1]], at least one, in their order.

    names: the channel (or unit) of each code. conversions, nulls: how often the path ended in success, and without.
    values: what its successes are worth together, in minor units. times: of each touch, in microseconds since 1970
    UTC, or None.
    """

    offsets: Longs
    codes: Codes
    names: tuple[str, ...]
    conversions: Longs
    nulls: Longs
    values: Longs
    times: Longs | None = None

    def __post_init__(self) -> None:
        """Refuse what no sum could hold. Raises PathsUnreadable."""
        columns = (self.conversions, self.nulls, self.values)
        if {column.size for column in columns} != {self.offsets.size - 1} or self.offsets[-1] != self.codes.size:
            raise PathsUnreadable(path="a table", why="its columns are of different lengths")
        if self.offsets[0] or int(self.codes.max(initial=0)) >= max(len(self.names), 1):
            raise PathsUnreadable(path="a table", why="its first touch belongs to no path, or a touch has no name")
        lengths = np.diff(self.offsets)
        if (lengths <= 0).any():
            raise PathsUnreadable(path="a table", why=f"path {int(np.argmax(lengths <= 0)) + 1} has no touch")
        for what, counts in (("conversions", self.conversions), ("null", self.nulls)):
            if (counts < 0).any():
                raise PathsUnreadable(path="a table", why=f"{what} of path {int(np.argmax(counts < 0)) + 1} is below 0")
        free = (self.conversions == 0) & (self.values != 0)
        if free.any():
            raise PathsUnreadable(path="a table", why=f"path {int(np.argmax(free)) + 1} has a value, but no conversion")
        longest = int(lengths.max(initial=0))
        for column in columns:
            if _largest(column) * max(longest, 1) * max(column.size, 1) >= LARGEST_SUM and (
                sum(abs(one) for one in column.tolist()) * longest >= LARGEST_SUM
            ):
                raise PathsUnreadable(path="a table", why="its numbers are too large to be added")

    @classmethod
    def from_rows(cls, rows: "Iterable[tuple[str, int, int, int]]") -> "Paths":
        """Paths from rows, for examples: (`a > b`, conversions, nulls, value_minor). Raises PathsUnreadable."""
        told = list(rows)
        touches = [[name.strip() for name in text.split(ARROW)] for text, *_ in told]
        names = tuple(dict.fromkeys(name for path in touches for name in path))
        code = {name: number for number, name in enumerate(names)}
        counts = [np.array([row[column] for row in told], np.int64) for column in (1, 2, 3)]
        flat = np.array([code[name] for path in touches for name in path], np.int64)
        offsets = np.cumsum([0, *(len(path) for path in touches)]).astype(np.int64)
        return cls(offsets, narrow(flat, len(names)), names, counts[0], counts[1], counts[2])

    def __len__(self) -> int:
        """How many paths there are, each once however often it happened."""
        return self.conversions.size

    @property
    def happened(self) -> Longs:
        """How often each path happened, with success and without."""
        return self.conversions + self.nulls

    @property
    def total(self) -> int:
        """How many successes there are."""
        return int(self.conversions.sum())

    @property
    def value_minor(self) -> int:
        """What all successes are worth, in minor units."""
        return int(self.values.sum())

    def happening(self, conversions: Longs, nulls: Longs) -> "Paths":
        """The same paths, happening so often, their values left aside."""
        return Paths(self.offsets, self.codes, self.names, conversions, nulls, np.zeros_like(conversions), self.times)


def _largest(column: Longs) -> int:
    return max(abs(int(column.max(initial=0))), abs(int(column.min(initial=0))))


def narrow(codes: "npt.NDArray[np.integer]", names: int) -> Codes:
    """Codes in 1 or 2 bytes. Raises PathsUnreadable when there are more names than 2 bytes tell apart."""
    if names > MOST_NAMES:
        raise PathsUnreadable(path="a table", why=f"it has {names:,} different names, more than {MOST_NAMES:,}")
    return codes.astype(np.uint8 if names <= 256 else np.uint16)


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each channel is credited with; both columns add up to what there is.

    conversions: parts of successes. values_minor: whole minor units, by largest remainder.
    """

    names: tuple[str, ...]
    conversions: Floats
    values_minor: Longs


@dataclass(frozen=True, eq=False)
class Positions:
    """The Shapley value of channels told by place: row = channel, column = which different channel of its path it was.

    The column 0 is the first channel of a path. Rows add up to the attribution by `shapley`.
    """

    names: tuple[str, ...]
    conversions: Floats
    values_minor: Longs


class Handoff(NamedTuple):
    """What moving from one channel to another is worth.

    moves: how often it happened. removal_effect: the part of all successes that the chain loses when every such move
    leads to nothing; None without a success. conversions, value_minor: that part of what there is. Two hand-offs of
    one journey both lose it, so hand-offs do not add up.
    """

    sender: str
    receiver: str
    moves: int
    removal_effect: float | None
    conversions: float
    value_minor: int


class OrderRow(NamedTuple):
    """How well a chain of one order tells the paths.

    states, parameters: observed contexts, and free probabilities between them. transitions: moves and ends.
    log_likelihood: of all paths, in nats; bic: the smaller, the better. held_out: log-likelihood of a transition of
    paths that the chain was not made of, in nats; None when none are held out.
    """

    order: int
    states: int
    parameters: int
    transitions: int
    log_likelihood: float
    bic: float
    held_out: float | None


class OrderReport(NamedTuple):
    """Chains of several orders, the one to take, and why."""

    rows: tuple[OrderRow, ...]
    chosen: int
    why: str
