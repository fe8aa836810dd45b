"""What was worked out of the store, kept beside the questions it asked, and given again while they are answered alike.

Each time something is wanted again, the log is asked what was added since. When nothing was that the thing could follow
from, it is given again. Otherwise every question that was asked for it is asked anew, in the state of the store that
the caller reads now, and only when each is answered as it was, to the last value, the thing is given again. So nothing
is given that the store would not say at that very moment, whichever process wrote: a consent withdrawn a microsecond
ago counts.

What changes with records that the thing does not follow from can be kept beside it: a moment tells which of these were
added for somebody since an earlier moment.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from noline.stores.tail import Head, Tail, added, tail
from noline.stores.transactional import Params, Reader, Row

_MOST_LOOKED_THROUGH = 64
"""Records; where more were added the questions cost less than to look what the records are."""

_MOST_TOLD_APART = 8
"""Records of one kind and subject that are remembered; where more were added, what follows from them is read anew."""

_MOST_SUBJECTS = 50_000
"""Kinds of subjects that records are remembered of, some three hundred bytes each."""

Thing = TypeVar("Thing")

_Touched = defaultdict[tuple[str, bytes], list[Head]]


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


class Moment(NamedTuple):
    """How far the log was followed in one state of the store.

    changed: the last position at which something may have changed. touched: of each kind and subject the last records
    that change nothing, told of completely behind the position `touched_from`. era: moments of another one say nothing,
    since the log was not followed from there without a gap.
    """

    tail: Tail
    changed: int
    era: int
    touched: _Touched
    touched_from: int

    def vouches(self, kept: "_Kept[Any]") -> bool:
        """Whether nothing can have changed since the thing was right."""
        return kept.era == self.era and self.changed <= kept.at <= self.tail.seq

    def since(self, before: "Moment", kind: str, subjects: Iterable[bytes]) -> list[Head] | None:
        """The records of an idle kind that were added for these subjects since an earlier moment.

        None when that cannot be told.
        """
        start = before.tail.seq
        if before.era != self.era or not self.touched_from <= start <= self.tail.seq:
            return None
        found: list[Head] = []
        for subject in subjects:
            heads = tuple(self.touched.get((kind, subject), ()))
            if len(heads) == _MOST_TOLD_APART and heads[0].seq > start:
                return None
            # Others may have followed the log further than this state of the store goes.
            found += [one for one in heads if start < one.seq <= self.tail.seq]
        return found


class _Kept(NamedTuple, Generic[Thing]):
    """A thing with all that was asked for it. era, at: when it was right, and where the log ended then."""

    thing: Thing
    heard: list[Heard]
    era: int
    at: int


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
        self._followed: Moment | None = None
        self._eras = 0
        self._one_at_a_time = threading.Lock()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._things)

    def of(self, reader: Reader, name: str) -> Thing:
        """The thing of this name as the reader's state of the store has it. Raises what working it out raises."""
        return self.at_moment(reader, name)[0]

    def at_moment(self, reader: Reader, name: str) -> tuple[Thing, Moment]:
        """The same with the moment at which it is right."""
        followed = self._follow(reader)
        kept = self._things.get(name)
        if kept is not None and (followed.vouches(kept) or _stand(reader, kept.heard)):
            return self._keep(name, kept.thing, kept.heard, followed), followed
        # What was kept is wrong by now, also when there is nothing to keep instead.
        with self._one_at_a_time:
            self._things.pop(name, None)
        listener = Listener(reader)
        return self._keep(name, self._work_out(listener, name), listener.heard, followed), followed

    def forget(self) -> None:
        """Let go of everything, and of what is being worked out at this moment."""
        with self._one_at_a_time:
            self._things.clear()
            self._followed = None

    def _keep(self, name: str, thing: Thing, heard: list[Heard], when: Moment) -> Thing:
        with self._one_at_a_time:
            # Who was erased since this reader's state of the store must not come back into the memory.
            if self._followed is not None and self._followed.tail.erased == when.tail.erased and self._lasts(thing):
                self._things[name] = _Kept(thing, heard, when.era, when.tail.seq)
                self._things.move_to_end(name)
                if len(self._things) > self._most:
                    self._things.popitem(last=False)
        return thing

    def _follow(self, reader: Reader) -> Moment:
        """How far the log has come in the reader's state of the store, and where something may have changed last.

        Whoever was erased leaves the memory of every process, also where nobody asks for them again.
        """
        before = self._followed
        found = added(reader, before.tail, _MOST_LOOKED_THROUGH) if before is not None else None
        end = tail(reader) if found is None else found.tail
        with self._one_at_a_time:
            if before is None or found is None:
                self._eras += 1
                followed = Moment(end, 0, self._eras, defaultdict(list), end.seq)
            else:
                followed = self._further(before, end, found.heads)
            if before is None or before.tail.erased != end.erased:
                self._things.clear()
            self._followed = followed
        return followed

    def _further(self, before: Moment, end: Tail, heads: list[Head]) -> Moment:
        """The moment after these records, which other threads may have looked through meanwhile."""
        touched, since = before.touched, before.touched_from
        if len(touched) > _MOST_SUBJECTS or before.tail.erased != end.erased:
            touched, since = defaultdict(list), before.tail.seq
        changed = before.changed
        for one in heads:
            if one.kind not in self._idle:
                changed = one.seq
                continue
            known = touched[one.kind, one.subject]
            if not known or known[-1].seq < one.seq:
                known.append(one)
                del known[:-_MOST_TOLD_APART]
        return Moment(end, changed, before.era, touched, since)


def _stand(reader: Reader, heard: list[Heard]) -> bool:
    """Whether the store answers all these questions as it did."""
    ask = reader.rows
    return all(ask(sql, params) == rows for sql, params, rows in heard)
