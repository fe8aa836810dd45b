"""Walks over a kept store in a process that does nothing else: `python -m ... DIR` prints the memory they took."""

import os
import sys
from pathlib import Path

import msgspec

from noline.doors.bench import machine, walks_ours
from noline.stores.walks.store import WalkStore


def main() -> None:
    """Ask every question of the store that is named, and print what it took."""
    before = machine.used(os.getpid()).peak_mb
    store = WalkStore.open(Path(sys.argv[1]))
    for question in walks_ours.questions(store).values():
        question()
    sys.stdout.buffer.write(msgspec.json.encode(walks_ours.Peak(before, machine.used(os.getpid()).peak_mb)) + b"\n")


if __name__ == "__main__":
    main()
