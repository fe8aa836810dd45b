"""The walk store of one hub, kept beside the segments of its history and brought forward with them.

It lies in a folder that is written aside and renamed into place, so whoever is killed leaves the old one or the
new one. What it was made of is written down: the segments as files. When one of them was rewritten where it stood (an
erasure), all of it is made anew; when some were merged, who stands in them is compared first.
"""

import os
import shutil
import threading
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from noline.stores.analytical import TABLES, AnalyticalStore, Segment, cover, file_lock, sync_folder
from noline.stores.walks import history
from noline.stores.walks.history import MEASURES, PARTS, History, People, Rates, Version
from noline.stores.walks.store import StoreUnreadable, WalkStore
from noline.stores.walks.updating import Change, updated

FORMAT = 1

_FOLDER = "walks"
_NOTE = "kept.json"
_PEOPLE = "people.npy"
_ARRIVING = "arriving"
_LOCK = "keeping.lock"
_TOUCHPOINTS = TABLES["touchpoints"]


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """A segment as a file; a file of that name that was written anew is another one."""

    first: int
    last: int
    bytes: int
    changed_ns: int
    inode: int


class State(msgspec.Struct, frozen=True):
    """The segments of both tables as they lie in the folder."""

    touchpoints: tuple[Piece, ...] = ()
    people: tuple[Piece, ...] = ()

    @property
    def version(self) -> Version:
        """The last positions they cover."""
        return Version(*(pieces[-1].last if pieces else 0 for pieces in (self.touchpoints, self.people)))


class Note(msgspec.Struct, frozen=True):
    """What a kept store was made of."""

    format: int
    columns: tuple[str, ...]
    currency: str
    rates: tuple[tuple[str, str], ...]
    state: State
    unrated: int
    seen_until: int | None


class _Kept(NamedTuple):
    """A kept store: the number of its folder, what it was made of, and itself."""

    number: int
    note: Note
    history: History
    people: People


class KeptWalks:
    """A hub's history as a walk store. Safe to use from several threads and processes."""

    def __init__(self, analytical: AnalyticalStore, segments: Path, rates: Rates) -> None:
        """segments: the folder of the analytical store. rates: of the values."""
        self._analytical = analytical
        self._segments = segments
        self._folder = segments / _FOLDER
        self._rates = rates
        self._turn = threading.RLock()
        self._kept: _Kept | None = None

    def history(self) -> History:
        """The history as of the newest segments; the same one until they move on.

        Raises TooManyNames when there are more channels or actions than a walk tells apart.
        """
        with self._turn:
            state = self._state()
            if self._kept is None or self._kept.note.state != state:
                self._folder.mkdir(parents=True, exist_ok=True)
                with file_lock(self._folder / _LOCK):
                    self._kept = self._brought_to(self._state())
            return self._kept.history

    def drop(self) -> None:
        """Forget it, here and in the folder: the history changed where it stood."""
        with self._turn:
            self._kept = None
            if self._folder.is_dir():
                with file_lock(self._folder / _LOCK):
                    self._remove_all_but(None)

    # -- bringing it forward

    def _brought_to(self, state: State) -> _Kept:
        old = self._newest()
        if old is not None and old.note.state == state:
            return old
        now = history.people(self._analytical)
        found = self._updated(old, state, now) if old is not None else None
        if found is None:
            rows = history.rows(self._analytical, 0, state.version.position)
            found = history.built(rows, now, self._rates, state.version)
        return self._written(found, now, state, old.number + 1 if old is not None else 1)

    def _updated(self, old: _Kept, state: State, now: People) -> History | None:
        """The kept store after what is new; None when what it was made of is no longer true."""
        if not self._still_true(old, state):
            return None
        rows = history.rows(self._analytical, old.history.version.position, state.version.position)
        return updated(old.history, Change(rows, old.people, now, state.version), self._rates)

    def _still_true(self, old: _Kept, state: State) -> bool:
        """Whether the touchpoints that it was made of still say the same."""
        position = old.history.version.position
        if state.version.position < position:
            return False
        known = {(piece.first, piece.last): piece for piece in old.note.state.touchpoints}
        for piece in state.touchpoints:
            before = known.get((piece.first, piece.last))
            if before == piece or piece.first > position:
                continue
            if before is not None or not self._same_rows(old.history, piece.first, min(piece.last, position)):
                return False
        return True

    def _same_rows(self, old: History, first: int, last: int) -> bool:
        """Whether the same subjects stand at the same positions and moments in a stretch of the log."""
        seqs = old.measures["seq"]
        places = np.flatnonzero((seqs >= first) & (seqs <= last))
        places = places[np.argsort(seqs[places])]
        kept = (seqs[places], old.measures["subject"][places], old.times[places])
        told = history.stretch(self._analytical, first, last)
        return all(np.array_equal(one, other) for one, other in zip(kept, told, strict=True))

    # -- files

    def _state(self) -> State:
        return State(*(self._pieces(table) for table in ("touchpoints", "people")))

    def _pieces(self, table: str) -> tuple[Piece, ...]:
        folder = self._segments / TABLES[table].folder(table)
        while True:
            try:
                return tuple(_piece(folder, segment) for segment in cover(os.listdir(folder)))  # noqa: PTH208
            except FileNotFoundError:
                # A merged segment took the place of this one meanwhile, or there is no history at all.
                if not folder.is_dir():
                    return ()

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.iterdir() if path.name.isdecimal())

    def _newest(self) -> _Kept | None:
        """The newest kept store that this version can read."""
        for number in reversed(self._numbers()):
            if self._kept is not None and self._kept.number == number:
                return self._kept
            try:
                return self._opened(number)
            except (StoreUnreadable, OSError, ValueError, msgspec.MsgspecError):
                continue
        return None

    def _opened(self, number: int) -> _Kept:
        folder = self._folder / str(number)
        note = msgspec.json.decode((folder / _NOTE).read_bytes(), type=Note)
        if _made_by(note) != _made_by(self._note(note.state, 0, None)):
            raise StoreUnreadable(path=folder, why="it was made with other columns or rates")
        found = history.of_store(
            WalkStore.open(folder), note.state.version, note.currency, note.unrated, note.seen_until
        )
        return _Kept(number, note, found, People(*np.load(folder / _PEOPLE, mmap_mode="r", allow_pickle=False)))

    def _written(self, found: History, now: People, state: State, number: int) -> _Kept:
        """Write a store aside, and let it take the place of the others."""
        self._remove_all_but(number - 1)
        aside = self._folder / _ARRIVING
        found.save(aside)
        np.save(aside / _PEOPLE, np.stack(now), allow_pickle=False)
        (aside / _NOTE).write_bytes(msgspec.json.encode(self._note(state, found.unrated, found.seen_until)))
        _make_durable(aside)
        number = max([number, *(one + 1 for one in self._numbers())])
        aside.rename(self._folder / str(number))
        sync_folder(self._folder)
        self._remove_all_but(number)
        return self._opened(number)

    def _note(self, state: State, unrated: int, seen_until: int | None) -> Note:
        rates = tuple(sorted((name, str(rate)) for name, rate in self._rates.rates.items()))
        return Note(FORMAT, (*PARTS, *MEASURES), self._rates.currency, rates, state, unrated, seen_until)

    def _remove_all_but(self, number: int | None) -> None:
        """Remove every store but one; whoever has mapped another keeps it until it is let go."""
        for path in self._folder.iterdir():
            if path.is_dir() and path.name != str(number):
                shutil.rmtree(path)
        sync_folder(self._folder)


def _made_by(note: Note) -> tuple[Any, ...]:
    return note.format, note.columns, note.currency, note.rates


def _piece(folder: Path, segment: Segment) -> Piece:
    found = (folder / segment.name).stat()
    return Piece(segment.first, segment.last, found.st_size, found.st_mtime_ns, found.st_ino)


def _make_durable(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as written:
            os.fsync(written.fileno())
    sync_folder(folder)
