"""A disk whose power can be cut at every operation of a run.

A run is recorded once, through a SQLite VFS that notes each create, write, truncate, sync and delete of the database,
its write-ahead log and its journals, and each moment at which a record was acknowledged. From this trace the disk is
rebuilt as it may be found after the power went away at any of these operations: what was synced is there; of what was
only written, each write may be there, be missing, or be there in part.

    trace = record(workload, directory)
    for state in trace.states(seed=1):
        state.write_to(other_directory)

What a disk may do here, and real ones do:
* writes between two syncs reach the plate in any order, or never; files do not wait for each other;
* a write is cut at a sector of 512 bytes; bytes outside the written range stay as they are;
* a change of length is lost like a write until the file is synced; a creation or deletion, until the directory is;
* a hole that a lost write leaves reads as zeros.
"""

import hashlib
import itertools
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import apsw

SECTOR_BYTES = 512

_RECORDED_KINDS = (
    apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
)


@dataclass(frozen=True, slots=True)
class Created:
    """A file came into being, empty."""

    file: str


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes were handed over for a place in a file."""

    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """The length of a file was set."""

    file: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """A file was removed."""

    file: str


@dataclass(frozen=True, slots=True)
class Synced:
    """Everything written to a file so far is on the plate."""

    file: str


@dataclass(frozen=True, slots=True)
class DirectorySynced:
    """Every creation and deletion so far is on the plate."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody was told that this record is safe."""

    key: str


Change = Written | Truncated
Step = Change | Created | Deleted | Synced | DirectorySynced | Acknowledged


@dataclass(frozen=True, slots=True)
class DiskState:
    """The files as found when the power is back, and the records acknowledged before it went."""

    crash_point: int
    fate: str
    files: dict[str, bytes]
    acknowledged: tuple[str, ...]

    def write_to(self, directory: Path) -> None:
        """Put the files into an empty directory."""
        for name, content in self.files.items():
            (directory / name).write_bytes(content)

    def __str__(self) -> str:
        """Where and how the power was cut, for the message of a failed test."""
        sizes = {name: len(content) for name, content in self.files.items()}
        return f"cut after step {self.crash_point} ({self.fate}), {len(self.acknowledged)} acknowledged, files {sizes}"


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run asked of its disk, in order. Before `first_point` the power is never cut."""

    steps: Sequence[Step]
    first_point: int = 0

    @property
    def acknowledged(self) -> tuple[str, ...]:
        """Every record that was acknowledged during the run, in order."""
        return tuple(step.key for step in self.steps if isinstance(step, Acknowledged))

    def changes_of(self, ending: str) -> int:
        """How many writes the run made to files whose names end so."""
        return sum(isinstance(step, Written) and step.file.endswith(ending) for step in self.steps)

    def without_syncs(self) -> "Trace":
        """The same run on a disk that says "synced" and lies."""
        lied = [step for step in self.steps[self.first_point :] if not isinstance(step, Synced | DirectorySynced)]
        return Trace([*self.steps[: self.first_point], *lied], self.first_point)

    def states(self, seed: int, *, chances: int = 1, after: str | None = None) -> Iterator[DiskState]:
        """Every different disk that a power cut can leave, at every step of the run.

        At each step: nothing unsynced survived, all of it did, and `chances` times each a random part of it (`some`)
        and a random part with writes cut inside (`torn`). With `after`, only cuts after that key was acknowledged.
        """
        chance = random.Random(seed)
        disk, acknowledged, seen, began = _Disk(), (), set(), after is None
        for crash_point, step in enumerate(self.steps):
            if isinstance(step, Acknowledged):
                acknowledged += (step.key,)
                began = began or step.key == after
            else:
                disk.take(step)
            if not began or crash_point < self.first_point:
                continue
            for fate, files in _fates(disk, chance, chances):
                mark = _fingerprint(files, len(acknowledged))
                if mark not in seen:
                    seen.add(mark)
                    yield DiskState(crash_point, fate, files, acknowledged)


class Run:
    """A run while it is recorded: where its files are, which VFS sees them, and what it has acknowledged."""

    def __init__(self, directory: Path) -> None:
        """Record what happens in this directory."""
        self.directory = directory
        self.vfs = f"powercut-{next(_run_numbers)}"
        self.first_point = 0
        self._steps: list[Step] = []
        self._lock = Lock()

    def acknowledge(self, keys: Iterable[str]) -> None:
        """Tell the recorder that these records were just called safe."""
        for key in keys:
            self.note(Acknowledged(key))

    def note(self, step: Step) -> None:
        """Keep a step; steps of several threads stand in the order in which they arrive."""
        with self._lock:
            self._steps.append(step)

    def note_as_synced(self, file: str, content: bytes) -> None:
        """Start with a file that is on the plate."""
        for step in (Created(file), Written(file, 0, content), Synced(file), DirectorySynced()):
            self.note(step)
        self.first_point = len(self._steps)

    def trace(self) -> Trace:
        """What was recorded so far."""
        with self._lock:
            return Trace(tuple(self._steps), self.first_point)

    def name_of(self, path: str) -> str | None:
        """The name of a file inside the directory of the run; None when it lies elsewhere."""
        root = os.path.realpath(self.directory) + os.sep
        real = os.path.realpath(path)
        return real[len(root) :] if real.startswith(root) else None


_run_numbers = itertools.count(1)


def record(workload: Callable[[Run], None], directory: Path) -> Trace:
    """Run a workload on a recorded disk; it must close its connections before it returns.

    The workload opens its database with `vfs=run.vfs` inside `run.directory`, and calls `run.acknowledge(keys)` as
    soon as a commit of these records has returned. Files that are in the directory already count as synced.
    """
    run = Run(directory)
    for path in sorted(directory.iterdir()):
        if path.is_file():
            run.note_as_synced(path.name, path.read_bytes())
    vfs = _RecordingVfs(run)
    try:
        workload(run)
    finally:
        vfs.unregister()
    return run.trace()


class _RecordingVfs(apsw.VFS):
    """The machine's own VFS, with a note of each change."""

    def __init__(self, run: Run) -> None:
        self._run = run
        super().__init__(run.vfs, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = self._run.name_of(path) if path and flags[0] & _RECORDED_KINDS else None
        if path is None or file is None:
            return apsw.VFSFile("", name, flags)
        is_new = not Path(path).exists()
        opened = _RecordingFile(self._run, file, name, flags)
        if is_new:
            self._run.note(Created(file))
            # SQLite's VFS for Unix syncs the directory with the first sync of a journal or log that it made.
            opened.directory_waits = not flags[0] & apsw.SQLITE_OPEN_MAIN_DB
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        file = self._run.name_of(filename)
        if file is not None:
            self._run.note(Deleted(file))
            if syncdir:
                self._run.note(DirectorySynced())


class _RecordingFile(apsw.VFSFile):
    """A file of the machine, with a note of each change. Syncs are noted and not done: this disk only has to tell."""

    def __init__(self, run: Run, file: str, name: str | apsw.URIFilename, flags: list[int]) -> None:
        self._run = run
        self._file = file
        self.directory_waits = False
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._run.note(Written(self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._run.note(Truncated(self._file, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._run.note(Synced(self._file))
        if self.directory_waits:
            self.directory_waits = False
            self._run.note(DirectorySynced())


@dataclass(slots=True)
class _Life:
    """One file from its creation to its deletion: its bytes on the plate, and what was asked since they were synced."""

    plate: bytearray = field(default_factory=bytearray)
    unsynced: list[Change] = field(default_factory=list)

    def found(self, survivors: Sequence[Change]) -> bytes:
        """The content when of the unsynced changes only these arrived."""
        return bytes(_after(bytearray(self.plate), survivors)) if survivors else bytes(self.plate)


_Lives = list[_Life | None]
"""What a name may stand for: first what its directory on the plate says, last what the run sees; None is no file."""


class _Disk:
    """All files of a run, step after step."""

    def __init__(self) -> None:
        self.names: dict[str, _Lives] = {}

    def take(self, step: Step) -> None:
        """Follow one step of the run."""
        match step:
            case Created(file):
                self._lives(file).append(_Life())
            case Deleted(file):
                self._lives(file).append(None)
            case Written(file) | Truncated(file):
                self._living(file).unsynced.append(step)
            case Synced(file):
                life = self._living(file)
                life.plate, life.unsynced = _after(life.plate, life.unsynced), []
            case DirectorySynced():
                self.names = {name: lives[-1:] for name, lives in self.names.items()}

    def is_settled(self) -> bool:
        """Whether a power cut now can leave one state only."""
        return all(len(lives) == 1 and (lives[0] is None or not lives[0].unsynced) for lives in self.names.values())

    def _lives(self, file: str) -> _Lives:
        return self.names.setdefault(file, [None])

    def _living(self, file: str) -> _Life:
        life = self._lives(file)[-1]
        if life is None:
            message = f"{file} was changed but never created"
            raise ValueError(message)
        return life


Fate = Callable[[_Lives], bytes | None]
"""Decides what is found under a name."""


def _fates(disk: _Disk, chance: random.Random, chances: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    yield "none", _found(disk, lambda lives: lives[0] and lives[0].found([]))
    if disk.is_settled():
        return
    yield "all", _found(disk, lambda lives: lives[-1] and lives[-1].found(lives[-1].unsynced))
    for _ in range(chances):
        yield "some", _found(disk, lambda lives: _by_chance(lives, chance, _some))
        yield "torn", _found(disk, lambda lives: _by_chance(lives, chance, _torn))


def _found(disk: _Disk, fate: Fate) -> dict[str, bytes]:
    """The files when the power is back."""
    contents = {name: fate(lives) for name, lives in disk.names.items()}
    return {name: content for name, content in contents.items() if content is not None}


Survivors = Callable[[list[Change], random.Random], list[Change]]
"""Draws what of the unsynced changes of one file made it to the plate."""


def _by_chance(lives: _Lives, chance: random.Random, survivors: Survivors) -> bytes | None:
    life = chance.choice(lives)
    return None if life is None else life.found(survivors(life.unsynced, chance))


def _some(changes: list[Change], chance: random.Random) -> list[Change]:
    """A random part of the changes."""
    likely = chance.random()
    return [change for change in changes if chance.random() < likely]


def _torn(changes: list[Change], chance: random.Random) -> list[Change]:
    """A random part of the changes, one of its writes cut into sectors of which only some arrived."""
    kept = _some(changes, chance) or changes[-1:]
    writes = [place for place, change in enumerate(kept) if isinstance(change, Written)]
    if not writes:
        return kept
    victim = chance.choice(writes)
    return [*kept[:victim], *_sectors_that_arrived(kept[victim], chance), *kept[victim + 1 :]]


def _sectors_that_arrived(write: Change, chance: random.Random) -> list[Change]:
    assert isinstance(write, Written)
    end = write.offset + len(write.data)
    inner = range((write.offset // SECTOR_BYTES + 1) * SECTOR_BYTES, end, SECTOR_BYTES)
    cuts = [write.offset, *inner, end]
    return [
        Written(write.file, start, write.data[start - write.offset : stop - write.offset])
        for start, stop in itertools.pairwise(cuts)
        if chance.random() < 0.5
    ]


def _after(content: bytearray, changes: Sequence[Change]) -> bytearray:
    for change in changes:
        match change:
            case Truncated(_, size_bytes):
                content = content[:size_bytes].ljust(size_bytes, b"\0")
            case Written(_, offset, data):
                if len(content) < offset:
                    content.extend(bytes(offset - len(content)))
                content[offset : offset + len(data)] = data
    return content


def _fingerprint(files: dict[str, bytes], acknowledged: int) -> bytes:
    digest = hashlib.blake2b(str(acknowledged).encode(), digest_size=16)
    for name in sorted(files):
        digest.update(f"{name} {len(files[name])} ".encode())
        digest.update(files[name])
    return digest.digest()
