"""The end of the log: how far it has come, what was added, and who was erased last.

The rooms change when the log grows and when somebody is erased, and at no other time while a hub is open.
"""

from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.stores.transactional import Reader

_ERASED = "(SELECT coalesce(max(number), 0) FROM tombstones)"
_LAST = f"SELECT seq, message_id, {_ERASED} FROM log ORDER BY seq DESC LIMIT 1"
_FROM = f"SELECT seq, message_id, {_ERASED}, kind, subject, occurred_at FROM log WHERE seq >= ? ORDER BY seq LIMIT ?"


class Tail(NamedTuple):
    """The last record of the log, 0 and empty while there is none. erased: the number of the last tombstone."""

    seq: int
    message_id: str
    erased: int


class Head(NamedTuple):
    """A record without what it says. at: when it occurred."""

    seq: int
    message_id: str
    kind: str
    subject: bytes
    at: Micros


class Added(NamedTuple):
    """What was added to the log, in its order, and its tail with that."""

    tail: Tail
    heads: list[Head]


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
    heads = [Head(seq, message_id, kind, bytes(subject), at) for seq, message_id, _, kind, subject, at in rows[1:]]
    return Added(Tail(*rows[-1][:3]), heads)
