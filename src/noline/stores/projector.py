"""From the log to the analytical tables: each table is fed by position, restartable at any moment.

A feed gives what happened after a position. What was taken is known from the names of the segments alone, so a crash,
a second projector, or a call too many changes nothing: every way leads to the same tables.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from noline.stores.analytical import AnalyticalStore, Columns, Rows, as_table

if TYPE_CHECKING:
    import pyarrow as pa

POSITIONS_PER_READ = 20_000
"""How many positions a feed is asked for at once: bounds the memory of unsealed facts."""

ROWS_PER_SEGMENT = 250_000
"""Reads are gathered up to about this many rows before they become a segment."""


class Feed(Protocol):
    """Where the rows of one analytical table come from.

    name: the table.
    """

    name: str

    def read(self, after: int, limit: int) -> "tuple[pa.Table | Columns | Rows, int] | None":
        """The rows of about `limit` positions that follow `after`, and the last position they cover.

        None when nothing follows. The rows may be fewer than the positions, even none: the last position counts.
        A position is given whole or not at all, and never changes once it was given.
        """
        ...


class Projector:
    """Brings the analytical tables up to their feeds."""

    def __init__(self, analytical: AnalyticalStore, feeds: Sequence[Feed]) -> None:
        """`feeds`: one for each table that is to follow."""
        self._analytical = analytical
        self._feeds = feeds

    def project(self) -> int:
        """Take all that is new from every feed; answers how many rows were added. Waits for a projector at work."""
        with self._analytical.projecting():
            added = sum(self._follow(feed) for feed in self._feeds)
            self._analytical.tidy()
        return added

    def rebuild(self) -> int:
        """Forget the tables and take everything again; answers how many rows they hold."""
        with self._analytical.projecting():
            self._analytical.clear()
            return sum(self._follow(feed) for feed in self._feeds)

    def _follow(self, feed: Feed) -> int:
        added = 0
        while (rows := self._next_segment(feed)) is not None:
            added += rows
        return added

    def _next_segment(self, feed: Feed) -> int | None:
        """Gather reads into one segment; answers its rows, None when the feed has nothing new."""
        import pyarrow as pa

        after = last = self._analytical.watermark(feed.name)
        parts: list[pa.Table] = []
        rows = 0
        while rows < ROWS_PER_SEGMENT and (read := feed.read(last, POSITIONS_PER_READ)) is not None:
            part, last = as_table(feed.name, read[0]), read[1]
            parts.append(part)
            rows += part.num_rows
        if last == after:
            return None
        self._analytical.load(feed.name, pa.concat_tables(parts), after + 1, last)
        return rows
