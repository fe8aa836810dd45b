"""The shelves of a hub in the memory of a process that does nothing else: `python -m ... DIR` prints what they take."""

import gc
import os
import sys
from pathlib import Path

import msgspec

from noline.doors.bench import machine
from noline.hub import Hub


class Filled(msgspec.Struct, frozen=True):
    """What filling the shelves took. resident_mb: more than before."""

    items: int
    resident_mb: float


def main() -> None:
    """Fill the shelves of the hub that is named and print what they take."""
    with Hub.open(Path(sys.argv[1])) as hub:
        gc.collect()
        before = machine.used(os.getpid()).resident_mb
        items = hub.shelves.fill()
        hub.vault.forget_names()
        gc.collect()
        filled = Filled(items, machine.used(os.getpid()).resident_mb - before)
    sys.stdout.buffer.write(msgspec.json.encode(filled) + b"\n")


if __name__ == "__main__":
    main()
