"""How many events a second become durable, and at what price, beside what the disk and HTTP alone allow.

A hub is made in an empty folder and served by a process of its own; a crowd in another process sends to it. Every
receipt is counted, and at the end receipts, books and log must tell the same number.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from noline.doors.bench import limits, machine
from noline.doors.bench.load import Crowd, Job, Kind, Outcome
from noline.doors.bench.machine import Machine
from noline.doors.bench.serving import Server, serving
from noline.hub import Hub
from noline.kernel.clock import SystemClock, as_text
from noline.kernel.errors import NoLineError

SERVE = (sys.executable, "-c", "from noline.doors.cli.main import main; main()", "serve", "--port", "0")
ECHO = (sys.executable, "-m", limits.__name__)

_MICROSECONDS = 1_000_000
_WARM_BATCH = 100

Say = Callable[[str], None]


class Vanished(NoLineError):
    """What was answered as accepted is not what the hub holds."""

    code = "bench.vanished"
    sentence = "{accepted} receipts said accepted; the books hold {booked} and the log {logged}."
    hint = "This must never happen: keep the folder, and report it with what the server wrote."


class Plan(NamedTuple):
    """What a run measures. singles, batched: events of each kind; batch: events in a request of the second kind."""

    singles: int = 60_000
    batched: int = 400_000
    batch: int = 100
    single_connections: int = 256
    batch_connections: int = 32
    people: int = 100_000
    seed: int = 1
    most_seconds: float = 60.0


class Measured(NamedTuple):
    """One load. per_second and the microseconds of CPU are of a durable event, or of a request when it is the echo's.

    answering_cpu_us: of the threads that read requests and make them durable. background_cpu_us: of those that bring
    history up to the log meanwhile. crowd_share: of one core, what the senders used; near 1 they were the limit.
    refused: answers other than 200.
    """

    connections: int
    batch: int
    bytes_each: int
    done: int
    refused: int
    seconds: float
    per_second: float
    answering_cpu_us: float
    background_cpu_us: float
    server_cores: float
    crowd_share: float
    p50_ms: float
    p99_ms: float
    peak_mb: float


class Result(NamedTuple):
    """A whole run. The ratios are the figures to compare between machines."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    plan: Plan
    syncs_per_second: float
    idle_mb: float
    echo: Measured
    single: Measured
    batches: Measured
    events_for_a_sync: dict[str, float]
    cpu_in_echoes: dict[str, float]


def measure(server: Server, job: Job) -> tuple[Measured, Outcome]:
    """Send a job to a server and read what both used meanwhile."""
    crowd = Crowd(job)
    before = machine.used(server.pid)
    outcome = crowd.send()
    after = machine.used(server.pid)
    # A server's first two threads are the loop that reads and answers, and the writer; others come with history.
    answering = sum(after.cpu_seconds[:2]) - sum(before.cpu_seconds[:2])
    everything = sum(after.cpu_seconds) - sum(before.cpu_seconds)
    done = outcome.requests - outcome.refused if job.kind == "echo" else outcome.accepted
    measured = Measured(
        connections=job.connections,
        batch=job.batch,
        bytes_each=round(outcome.bytes_a_message),
        done=done,
        refused=outcome.refused,
        seconds=outcome.seconds,
        per_second=done / outcome.seconds,
        answering_cpu_us=answering * _MICROSECONDS / max(done, 1),
        background_cpu_us=(everything - answering) * _MICROSECONDS / max(done, 1),
        server_cores=everything / outcome.seconds,
        crowd_share=outcome.cpu_seconds / outcome.seconds,
        p50_ms=outcome.p50_ms,
        p99_ms=outcome.p99_ms,
        peak_mb=after.peak_mb,
    )
    return measured, outcome


def run(plan: Plan, say: Say, folder: Path | None = None) -> Result:
    """Measure everything once; the hub lies in a new folder below `folder` and is removed. Raises Vanished."""
    place = machine.this_machine()
    with tempfile.TemporaryDirectory(prefix="noline-bench-", dir=folder) as made:
        say("disk: pages written and confirmed, one after the other")
        syncs = limits.syncs_per_second(Path(made))
        say("echo: the same server and senders with an application that does nothing")
        with serving(ECHO) as server:
            echo, _ = measure(server, _job(plan, server, "echo", plan.singles, 1, plan.single_connections))
        idle_mb, single, batches = _hub(plan, Path(made) / "hub", say)
    return Result(
        as_text(SystemClock().now()), place, machine.this_machine().load_average, machine.versions(), plan, syncs,
        idle_mb, echo, single, batches,
        {"single": single.per_second / syncs, "batches": batches.per_second / syncs},
        {
            "single": single.answering_cpu_us / echo.answering_cpu_us,
            "batches": batches.answering_cpu_us / echo.answering_cpu_us,
        },
    )  # fmt: skip


def _hub(plan: Plan, folder: Path, say: Say) -> tuple[float, Measured, Measured]:
    with Hub.init(folder) as hub:
        key = hub.access.add_source("web", "web")
    with serving((*SERVE, "--hub", str(folder))) as server:
        idle_mb = _idle_mb(server)
        say(f"hub: {plan.people:,} people become known")
        known = _job(plan, server, "identify", plan.people, _WARM_BATCH, plan.batch_connections, key=key)
        _, warm = measure(server, known)
        say(f"hub: {plan.singles:,} single calls over {plan.single_connections} connections")
        job = _job(plan, server, "track", plan.singles, 1, plan.single_connections, key=key, first=plan.people)
        single, _ = measure(server, job)
        say(f"hub: {plan.batched:,} in batches of {plan.batch} over {plan.batch_connections} connections")
        first = plan.people + plan.singles
        job = _job(plan, server, "track", plan.batched, plan.batch, plan.batch_connections, key=key, first=first)
        batches, _ = measure(server, job)
    _check(folder, warm.accepted + single.done + batches.done)
    return idle_mb, single, batches


def _idle_mb(server: Server) -> float:
    """Resident memory of a server that has answered once and then had a second for itself."""
    _, _ = measure(server, Job(port=server.port, kind="track", requests=1, batch=1, connections=1, key="unknown"))
    time.sleep(1)
    return machine.used(server.pid).resident_mb


def _job(
    plan: Plan, server: Server, kind: Kind, events: int, batch: int, connections: int, *, key: str = "", first: int = 0
) -> Job:
    return Job(
        port=server.port, kind=kind, requests=max(1, events // batch), batch=batch, connections=connections, key=key,
        first=first, people=plan.people, seed=plan.seed, most_seconds=plan.most_seconds,
    )  # fmt: skip


def _check(folder: Path, accepted: int) -> None:
    """Receipts, books and log must agree."""
    with Hub.open(folder) as hub:
        booked, logged = hub.books_in_all()["accepted"], hub.last_seq()
    if not accepted == booked == logged:
        raise Vanished(accepted=accepted, booked=booked, logged=logged)
