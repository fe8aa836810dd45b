"""The end of the log: how far it has come, what was added, and who was erased last.

The rooms change when the log grows and when somebody is erased, and at no other time while a hub is open.
"""

from typing import NamedTuple

from noline.stores.transactional import Reader

_ERASED = "(SELECT coalesce(max(number), 0) FROM tombstones)"
_LAST = f"SELECT seq, message_id, {_ERASED} FROM log ORDER BY seq DESC LIMIT 1"
_FROM = f"SELECT seq, message_id, {_ERASED}, kind FROM log WHERE seq >= ? ORDER BY seq LIMIT ?"


class Tail(NamedTuple):
    """The last record of the log, 0 and empty while there is none. erased: the number of the last tombstone."""

    seq: int
    message_id: str
    erased: int


class Added(NamedTuple):
    """What was added to the log: its tail with that, and the kinds that were added with their positions."""

    tail: Tail
    kinds: list[tuple[int, str]]


def tail(reader: Reader) -> Tail:
    """The end of the log."""
    row = reader.row(_LAST)
    return Tail(*row) if row else Tail(0, "", 0)


def added(reader: Reader, since: Tail, most: int) -> Added | None:
    """What was added since then, some records at most.

    None when that cannot be told: there are more, or the log does not hold that end, because this state of the store is
    older or because the transaction that it was read in was undone.
    """
    rows = reader.rows(_FROM, (since.seq, most + 2))
    if not rows or rows[0][:2] != since[:2] or len(rows) > most + 1:
        return None
    return Added(Tail(*rows[-1][:3]), [(seq, kind) for seq, _, _, kind in rows[1:]])
