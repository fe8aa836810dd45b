"""How moves and counts become cells: what lies and what is claimed at each place, kept as a sum."""

from collections import defaultdict
from collections.abc import Iterable

from noline.kernel.clock import Micros
from noline.kernel.quantities import Units
from noline.stores.transactional import Row, Transaction
from noline.truth.stock import tables
from noline.truth.stock.model import BUCKETS, ON_HAND, Move

Pile = tuple[int, str, str, str, str]
"""A cell's key: routing key, item, location, lot, owner."""

_NUMBER = {bucket: number for number, bucket in enumerate(BUCKETS)}
_MOST_REMEMBERED = 65_536


class Effects:
    """What a batch of moves does to cells, summed."""

    def __init__(self) -> None:
        """Nothing is felt yet."""
        self._changes: dict[tuple[Pile, Micros], list[Units]] = defaultdict(lambda: [0] * len(BUCKETS))

    def feel(self, route: int, move: Move, sign: int = 1) -> None:
        """A move (1), its taking back (-1), or only that its places are known (0).

        On hand is told apart by time, because a count swallows what moved before it; claims are not.
        """
        for (location, bucket), units in move.effects():
            at = move.evidence.occurred_at if bucket == ON_HAND else 0
            self._changes[(route, move.sku, location, move.lot, move.owner), at][_NUMBER[bucket]] += sign * units

    def rows(self) -> Iterable[tuple[Pile, Row]]:
        """Each change of a cell: its key, and the parameters of the statement that changes it."""
        for (pile, at), (on_hand, *others) in self._changes.items():
            yield pile, (at, on_hand, *others, *pile)


class CellMissing(Exception):
    """A cell that was there is gone: what was remembered is of a transaction that was undone."""


class Cells:
    """Writes cells; remembers which are there."""

    def __init__(self) -> None:
        """Nothing is known of the tables."""
        self._there: set[Pile] = set()

    def forget(self) -> None:
        """Another process wrote, or a transaction was undone."""
        self._there.clear()

    def change(self, tx: Transaction, effects: Effects) -> None:
        """Let cells feel a batch."""
        rows: list[Row] = []
        piles: list[Pile] = []
        for pile, row in effects.rows():
            piles.append(pile)
            rows.append(row)
        self.make(tx, piles)
        if tx.run_many(tables.CHANGE_CELL, rows) < len(rows):
            raise CellMissing

    def make(self, tx: Transaction, piles: Iterable[Pile]) -> None:
        """See that these cells are there."""
        new = {pile for pile in piles if pile not in self._there}
        if new:
            tx.run_many(tables.NEW_CELL, new)
            if len(self._there) + len(new) > _MOST_REMEMBERED:
                self._there.clear()
            self._there |= new
