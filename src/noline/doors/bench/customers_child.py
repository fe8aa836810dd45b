"""A part of a bench in a process of its own: a job goes in on one line, what came of it comes back on one."""

import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

import msgspec

from noline.doors.bench.customers_data import NoData

_NOT_HERE = 3

Job = TypeVar("Job", bound=msgspec.Struct)
Done = TypeVar("Done", bound=msgspec.Struct)


class Unmeasured(msgspec.Struct, frozen=True):
    """A part without figures. broke: it began and did not come to its end; otherwise something it needs is missing."""

    part: str
    why: str
    broke: bool


def ask(module: ModuleType, part: str, job: msgspec.Struct, answer: type[Done]) -> Done | Unmeasured:
    """Have a job done by a module's `main` in a new process."""
    command = [sys.executable, "-m", module.__name__]
    done = subprocess.run(command, input=msgspec.json.encode(job) + b"\n", capture_output=True, check=False)
    if done.returncode == 0:
        return msgspec.json.decode(done.stdout.splitlines()[-1], type=answer)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return Unmeasured(part, said[-1] if said else f"exit code {done.returncode}", done.returncode != _NOT_HERE)


def serve(kind: type[Job], do: Callable[[Job], msgspec.Struct]) -> None:
    """Do the job that stands on the first line, and answer."""
    try:
        done = do(msgspec.json.decode(sys.stdin.buffer.readline(), type=kind))
    except NoData as missing:
        sys.stderr.write(f"{missing}\n")
        raise SystemExit(_NOT_HERE) from missing
    sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
