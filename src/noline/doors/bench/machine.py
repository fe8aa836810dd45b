"""The machine, and what a process on it has used so far, from the system's own accounts."""

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from noline.kernel.errors import Refused

_PROC = Path("/proc")
_PACKAGES = ("noline", "apsw", "msgspec", "cryptography", "litestar", "uvicorn", "uvloop", "httptools", "duckdb")


class NoAccounts(Refused):
    """The system does not tell what a process uses."""

    code = "bench.no_accounts"
    sentence = "This system has no {path}; without it the CPU of a server cannot be told."
    hint = "Run the bench on Linux."


class Machine(NamedTuple):
    """Where a bench ran. load_average: of the minute before it began; well below 1 is a quiet machine."""

    cpu: str
    cores: int
    memory_mb: int
    load_average: float
    system: str


class Used(NamedTuple):
    """What a process has used. peak_mb: its largest resident memory.

    cpu_seconds: by thread, in the order of their birth; those that have ended are in the last.
    """

    cpu_seconds: tuple[float, ...]
    resident_mb: float
    peak_mb: float


def this_machine() -> Machine:
    """The machine as it is now. Raises NoAccounts."""
    facts = _facts(_PROC / "cpuinfo")
    memory_kb = int(_facts(_PROC / "meminfo")["MemTotal"].split()[0])
    name = facts.get("model name") or platform.machine()
    return Machine(name, os.cpu_count() or 1, memory_kb // 1024, os.getloadavg()[0], platform.platform(terse=True))


def versions() -> dict[str, str]:
    """Python, SQLite, and each package that has a part in the figures."""
    import apsw

    found = {"python": platform.python_version(), "sqlite": apsw.sqlite_lib_version()}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def used(pid: int) -> Used:
    """What a process has used since it began. Raises NoAccounts."""
    folder = _PROC / str(pid)
    facts = _facts(folder / "status")
    threads = sorted(int(path.name) for path in (folder / "task").iterdir())
    living = [_cpu_seconds(folder / "task" / str(thread)) for thread in threads]
    return Used(
        (*living, max(0.0, _cpu_seconds(folder) - sum(living))),
        int(facts["VmRSS"].split()[0]) / 1024,
        int(facts["VmHWM"].split()[0]) / 1024,
    )


def _cpu_seconds(folder: Path) -> float:
    # The name of the command, in brackets, may hold anything; utime and stime are the 12th and 13th field after it.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _facts(path: Path) -> dict[str, str]:
    """Lines of `name: value`."""
    try:
        lines = path.read_text().splitlines()
    except OSError as cause:
        raise NoAccounts(path=path) from cause
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
