"""The ledger of erasures beside a hub: one JSON line each, keyed digests only.

A backup that is older than an erasure still holds the person. Whoever restores it with this file erases again before
anybody can look.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.stores.analytical import file_lock, sync_folder
from noline.stores.tombstones import Entry

FILE_NAME = "erasures.jsonl"


class LedgerBroken(NotReadable):
    """A ledger of erasures that does not say what it must."""

    code = "erasures.broken"
    sentence = "Line {line} of {path} is no entry of a ledger of erasures."
    hint = "Use the erasures.jsonl of the hub as it is, or a whole copy of it."


class _Line(msgspec.Struct):
    receipt: str
    erased_at: Micros
    by: str
    reason: str
    marks: list[str]


class Ledger:
    """The file of one hub."""

    def __init__(self, path: Path) -> None:
        """path: where it lies; it is made with the first entry."""
        self._path = path

    def entries(self) -> list[Entry]:
        """Every entry, oldest first; raises LedgerBroken. A last line that was cut off by a crash does not count."""
        if not self._path.exists():
            return []
        whole, _, _ = self._path.read_bytes().rpartition(b"\n")
        return [self._read(number, line) for number, line in enumerate(whole.split(b"\n"), 1) if line.strip()]

    def keep(self, entries: Iterable[Entry]) -> None:
        """Add those that are not in it yet; they are durable when this returns."""
        entries = list(entries)
        if not entries:
            return
        with file_lock(self._path.with_name(self._path.name + ".lock")):
            known = {entry.receipt for entry in self.entries()}
            lines = [_written(entry) for entry in entries if entry.receipt not in known]
            if lines:
                self._append(b"".join(lines))

    def _append(self, lines: bytes) -> None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            # Whatever a crash left of a line is written over: only whole lines count.
            at = os.pread(handle, size, 0).rfind(b"\n") + 1
            os.ftruncate(handle, at)
            os.pwrite(handle, lines, at)
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(self._path.parent)

    def _read(self, number: int, line: bytes) -> Entry:
        try:
            told = msgspec.json.decode(line, type=_Line)
            marks = tuple(map(bytes.fromhex, told.marks))
        except ValueError as cause:
            raise LedgerBroken(path=self._path, line=number) from cause
        return Entry(told.receipt, told.erased_at, told.by, told.reason, marks)


def _written(entry: Entry) -> bytes:
    line = _Line(entry.receipt, entry.erased_at, entry.by, entry.reason, [mark.hex() for mark in entry.marks])
    return msgspec.json.encode(line) + b"\n"
