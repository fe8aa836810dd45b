"""What was worked out of the store, kept beside the questions it asked, and given again while they are answered alike.

Each time something is wanted again, the log is asked what was added since. When nothing was that the thing could follow
from, it is given again. Otherwise every question that was asked for it is asked anew, in the state of the store that
the caller reads now, and only when each is answered as it was, to the last value, the thing is given again. So nothing
is given that the store would not say at that very moment, whichever process wrote: a consent withdrawn a microsecond
ago counts.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, Generic, NamedTuple, TypeVar

from noline.stores.tail import Tail, added, tail
from noline.stores.transactional import Params, Reader, Row

_MOST_LOOKED_THROUGH = 64
"""Records; where more were added the questions cost less than to look what the records are."""

Thing = TypeVar("Thing")


class Heard(NamedTuple):
    """A question to the store, and how it was answered."""

    sql: str
    params: Params
    rows: list[Row]


class Listener:
    """A reader that takes down what it is asked and what is answered."""

    def __init__(self, reader: Reader) -> None:
        """reader: of the one state of the store that answers."""
        self._reader = reader
        self.heard: list[Heard] = []

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows of a question."""
        found = self._reader.rows(sql, params)
        # Both are the asker's own, to do with as it likes.
        self.heard.append(Heard(sql, tuple(params), found.copy()))
        return found

    def row(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def columns(self, table: str) -> list[str]:
        """The columns of a table, which stay as they are while a hub is open."""
        return self._reader.columns(table)

    def key(self, table: str) -> list[str]:
        """The columns of a table's primary key, which stay as they are while a hub is open."""
        return self._reader.key(table)


class _Kept(NamedTuple, Generic[Thing]):
    """A thing with all that was asked for it. era, at: when it was right, and where the log ended then."""

    thing: Thing
    heard: list[Heard]
    era: int
    at: int


class _Followed(NamedTuple):
    """How far the log was followed. changed: the last position at which something may have changed.

    era: positions of another one say nothing, since the log was not followed from there without a gap.
    """

    tail: Tail
    changed: int
    era: int

    def vouches(self, kept: _Kept[Any]) -> bool:
        """Whether nothing can have changed since the thing was right."""
        return kept.era == self.era and self.changed <= kept.at <= self.tail.seq


class Kept(Generic[Thing]):
    """Things by name, those that were wanted last. Every process has its own; nothing of it is on disk."""

    def __init__(
        self,
        work_out: Callable[[Reader, str], Thing],
        most: int,
        *,
        idle: Collection[str] = (),
        lasts: Callable[[Thing], bool] = lambda _: True,
    ) -> None:
        """work_out: makes the thing of a name, of what the reader answers and of nothing else that may change.

        most: of so many things the one that was wanted longest ago goes. idle: kinds of records from which no thing can
        follow. lasts: whether a thing may be kept at all; False for one that something else went into.
        """
        self._work_out = work_out
        self._most = most
        self._idle = frozenset(idle)
        self._lasts = lasts
        self._things: OrderedDict[str, _Kept[Thing]] = OrderedDict()
        self._followed: _Followed | None = None
        self._one_at_a_time = threading.Lock()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._things)

    def of(self, reader: Reader, name: str) -> Thing:
        """The thing of this name as the reader's state of the store has it. Raises what working it out raises."""
        followed = self._follow(reader)
        kept = self._things.get(name)
        if kept is not None and (followed.vouches(kept) or _stand(reader, kept.heard)):
            return self._keep(name, kept.thing, kept.heard, followed)
        # What was kept is wrong by now, also when there is nothing to keep instead.
        with self._one_at_a_time:
            self._things.pop(name, None)
        listener = Listener(reader)
        return self._keep(name, self._work_out(listener, name), listener.heard, followed)

    def forget(self) -> None:
        """Let go of everything."""
        with self._one_at_a_time:
            self._things.clear()

    def _keep(self, name: str, thing: Thing, heard: list[Heard], when: _Followed) -> Thing:
        with self._one_at_a_time:
            # Who was erased since this reader's state of the store must not come back into the memory.
            if self._followed is not None and self._followed.tail.erased == when.tail.erased and self._lasts(thing):
                self._things[name] = _Kept(thing, heard, when.era, when.tail.seq)
                self._things.move_to_end(name)
                if len(self._things) > self._most:
                    self._things.popitem(last=False)
        return thing

    def _follow(self, reader: Reader) -> _Followed:
        """How far the log has come in the reader's state of the store, and where something may have changed last.

        Whoever was erased leaves the memory of every process, also where nobody asks for them again.
        """
        before = self._followed
        found = added(reader, before.tail, _MOST_LOOKED_THROUGH) if before is not None else None
        if before is None or found is None:
            followed = _Followed(tail(reader), 0, 0 if before is None else before.era + 1)
        else:
            changes = [seq for seq, kind in found.kinds if kind not in self._idle]
            followed = _Followed(found.tail, max(changes, default=before.changed), before.era)
        with self._one_at_a_time:
            if before is None or before.tail.erased != followed.tail.erased:
                self._things.clear()
            self._followed = followed
        return followed


def _stand(reader: Reader, heard: list[Heard]) -> bool:
    """Whether the store answers all these questions as it did."""
    ask = reader.rows
    return all(ask(sql, params) == rows for sql, params, rows in heard)
