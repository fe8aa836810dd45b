"""Questions about many things at once: in portions of few sizes, so that few statements are prepared."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeVar

_SIZES = (1, 8, 64)

Thing = TypeVar("Thing")


class Chosen(NamedTuple):
    """Things that a room chooses and another room is asked about, without reading them first.

    sql: answers their `route_key` and `subject`; it is read as a table of another question. params: of this SQL.
    """

    sql: str
    params: tuple[Any, ...]


def portions(things: Sequence[Thing]) -> Iterator[list[Thing]]:
    """These things in portions of 64, the last of 1, 8 or 64; what is missing to that size repeats the last thing."""
    for start in range(0, len(things), _SIZES[-1]):
        some = list(things[start : start + _SIZES[-1]])
        size = next(size for size in _SIZES if size >= len(some))
        yield some + some[-1:] * (size - len(some))


def marks(count: int, columns: int = 1) -> str:
    """The parameters of so many values, or of so many rows: `?, ?` or `(?, ?), (?, ?)`."""
    row = "?" if columns == 1 else "(" + ", ".join("?" * columns) + ")"
    return ", ".join([row] * count)


def flat(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """The values of all rows, one after the other."""
    return list(chain.from_iterable(rows))
