"""Customers while they come: intake with identity, profiles over HTTP, and what one very large person costs.

Each part runs in a process of its own, with a hub in an empty folder that is removed afterwards.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Literal, TypeVar
from urllib.parse import quote

import msgspec

from noline.channels import segment
from noline.doors.bench import limits, machine
from noline.doors.bench.customers_child import serve
from noline.doors.bench.customers_crowd import Told, becomes_known, customers, read, user, visits
from noline.doors.bench.intake import SERVE
from noline.doors.bench.serving import serving
from noline.hub import Hub
from noline.kernel.clock import SECOND, Micros, SystemClock, as_text
from noline.kernel.events import Identifier
from noline.stores.access import Role

Thing = TypeVar("Thing")

Part = Literal["intake", "profiles", "limits", "erasure"]

_SHOP = "shop"
_SEED = 1
_KNOWN = 20_000
_BATCH = 100
_BATCHED = 50_000
_SINGLES = 2_000
_TOGETHER = 64
_COMMITS = 300
_AT_ONCE = 4
_READS = 8_000
_WARM_READS = 500
_LARGE = 10_000
_STEPS = 300
_MERGES = 50
_ERASED = 20


class Job(msgspec.Struct, frozen=True):
    """Which part to measure. profiles: how many people the hub of that part knows. place: where its hub is made."""

    part: Part
    profiles: int = 100_000
    place: str | None = None


class Took(msgspec.Struct, frozen=True):
    """Times of one thing done many times. per_second: by the wall clock. cpu_us: of the process that does it, each.

    waiting: how many are asked for at the same time. refused: answers other than the wanted one.
    """

    what: str
    done: int
    per_second: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float | None = None
    cpu_us: float | None = None
    waiting: int = 1
    refused: int = 0


class Measured(msgspec.Struct, frozen=True):
    """What a part found. facts: what belongs beside the times."""

    part: Part
    took: list[Took]
    facts: dict[str, float]
    seconds: float
    cpu_seconds: float
    peak_mb: float


def measure(job: Job) -> Measured:
    """Measure one part."""
    began = time.perf_counter()
    parts: dict[Part, Callable[[Path, Job], tuple[list[Took], dict[str, float]]]] = {
        "intake": _intake, "profiles": _profiles, "limits": _limits, "erasure": _erasure,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="noline-bench-", dir=job.place) as made:
        took, facts = parts[job.part](Path(made), job)
    used = machine.used(os.getpid())
    return Measured(
        job.part, took, facts, time.perf_counter() - began, sum(used.cpu_seconds), used.peak_mb
    )  # fmt: skip


def _intake(folder: Path, _: Job) -> tuple[list[Took], dict[str, float]]:
    """Page views whose visitors have two or three names, in process, each answer durable."""
    syncs = limits.syncs_per_second(folder)
    with Hub.init(folder / "hub") as hub:
        hub.access.add_source(_SHOP, "web")
        _fill(hub, _KNOWN)
        now = SystemClock().now()
        coming = list(visits(_BATCHED, _KNOWN, _SEED, now))
        groups = [coming[start : start + _BATCH] for start in range(0, len(coming), _BATCH)]
        batches = _timed("events in batches of 100", groups, lambda group: _accept(hub, group), each=_BATCH)
        alone = [[one] for one in visits(_SINGLES, _KNOWN, _SEED + 1, now)]
        singles = _timed("events one by one, each its own commit", alone, lambda group: _accept(hub, group))
        coming = list(visits(_TOGETHER * _COMMITS, _KNOWN, _SEED + 2, now))
        crowds = [coming[start : start + _TOGETHER] for start in range(0, len(coming), _TOGETHER)]
        together = _timed("single events of 64 senders", crowds, lambda crowd: _accept_each(hub, crowd), each=_TOGETHER)
    return [batches, together, singles], {"writes the disk confirms a second": syncs}


def _profiles(folder: Path, job: Job) -> tuple[list[Took], dict[str, float]]:
    """Profiles read over HTTP from another process, and people looked up by what an associate knows of them."""
    with Hub.init(folder / "hub") as hub:
        hub.access.add_source(_SHOP, "web")
        _, key = hub.access.add_key(Role.ASSOCIATE)
        began = time.perf_counter()
        _fill(hub, job.profiles)
        built = job.profiles / (time.perf_counter() - began)
        hub.refresh()
        people = _people(hub, Random(_SEED).choices(range(job.profiles), k=_READS))  # noqa: S311  seeded, and no secret
        known = list(islice(customers(job.profiles, _SEED), 0, job.profiles, max(1, job.profiles // _READS)))
        hits = {f"found of 100 by {name}": _found(hub, known[:100], ask) for name, ask in _LOOK_UPS.items()}
    paths = [f"/v1/customers/{person}/profile" for person in people]
    asked = {name: [f"/v1/customers?q={quote(ask(one))}" for one in known] for name, ask in _LOOK_UPS.items()}
    took = []
    with serving((*SERVE, "--hub", str(folder / "hub"))) as server:
        read(server.port, key, paths[:_WARM_READS], _AT_ONCE, folder)
        for name, some, at_once in (
            ("profiles over HTTP", paths, _AT_ONCE),
            ("profiles over HTTP, one after the other", paths[: _READS // 4], 1),
            *((f"looked up by {name}", some[: _READS // 8], 1) for name, some in asked.items()),
        ):
            before = sum(machine.used(server.pid).cpu_seconds)
            outcome = read(server.port, key, some, at_once, folder)
            cpu = sum(machine.used(server.pid).cpu_seconds) - before
            took.append(Took(
                name, outcome.requests, outcome.requests / outcome.seconds, outcome.p50_ms, outcome.p99_ms,
                cpu_us=cpu * SECOND / outcome.requests, waiting=at_once, refused=outcome.refused,
            ))  # fmt: skip
        facts = {"profiles": float(job.profiles), "became known a second": built, **hits}
        facts["server's largest resident MB"] = machine.used(server.pid).peak_mb
    return took, facts


_LOOK_UPS: dict[str, Callable[[Told], str]] = {
    "e-mail": lambda one: one.email,
    "name and city": lambda one: f"{one.firstName} {one.lastName} {one.city}",
    "surname and last digits of the phone": lambda one: f"{one.lastName} {one.phone[-4:]}",
    "end of the phone": lambda one: one.phone[-6:],
}
"""What an associate types."""


def _found(hub: Hub, known: Sequence[Told], ask: Callable[[Told], str]) -> float:
    """How many of these people are among the first twenty answers when they are looked up."""
    people = _people(hub, [one.number for one in known])
    answers = ({found.person for found in hub.find_customers(ask(one))} for one in known)
    return float(sum(person in found for person, found in zip(people, answers, strict=True)))


def _limits(folder: Path, _: Job) -> tuple[list[Took], dict[str, float]]:
    """One person with ten thousand names, and decisions about people of usual size."""
    with Hub.init(folder / "hub") as hub:
        hub.access.add_source(_SHOP, "web")
        _fill(hub, 2_000)
        _grow(hub)
        now = SystemClock().now()
        news = [[_with_device(0, device, now)] for device in range(_LARGE, _LARGE + _STEPS)]
        large = _people(hub, [0])[0]
        took = [
            _timed("next event of a person with 10,000 names", news, lambda one: _accept(hub, one)),
            _timed("profile of a person with 10,000 names", [large] * (_STEPS // 3), hub.customer),
        ]
        facts = {"names of the large person": float(hub.customer(large).names)}
        took += _merges(hub)
        return took, facts


def _merges(hub: Hub) -> list[Took]:
    identity = hub.identity
    people = _people(hub, range(1, 1 + 2 * _MERGES))
    pairs = list(zip(people[::2], people[1::2], strict=True))
    decided: list[str] = []

    def merge(pair: tuple[str, str]) -> None:
        decided.append(identity.merge(*pair, by="bench", reason="bench").decision)

    merged = _timed("merge of two people", pairs, merge)
    unmerged = _timed("unmerge of two people", decided, lambda one: identity.undo(one, by="bench"))
    decided.clear()
    large = _people(hub, [0])[0]
    joined = _timed("merge into a person with 10,000 names", [(large, one) for one in people[:5]], merge)
    parted = _timed(
        "unmerge from a person with 10,000 names", list(decided), lambda one: identity.undo(one, by="bench")
    )
    return [merged, unmerged, joined, parted]


def _erasure(folder: Path, _: Job) -> tuple[list[Took], dict[str, float]]:
    """People of usual size, and one with ten thousand names and as many events."""
    with Hub.init(folder / "hub") as hub:
        hub.access.add_source(_SHOP, "web")
        _fill(hub, _KNOWN)
        _grow(hub)
        hub.refresh()

        def erase(person: str) -> None:
            hub.erase(person, by="bench", reason="bench")

        took = [
            _timed("erasure of a person", _people(hub, range(1, 1 + _ERASED)), erase),
            _timed("erasure of a person with 10,000 names", _people(hub, [0]), erase),
        ]
        return took, {"records in the log": float(hub.last_seq())}


def _grow(hub: Hub) -> None:
    """Customer 0 gets ten thousand names."""
    now = SystemClock().now()
    for start in range(0, _LARGE, 1_000):
        _accept(hub, [_with_device(0, device, now) for device in range(start, start + 1_000)])


def _fill(hub: Hub, count: int) -> None:
    """So many customers become known, thousands in a commit."""
    now = SystemClock().now()
    calls = ((_SHOP, becomes_known(one, now)) for one in customers(count, _SEED))
    for receipts in hub.intake.stream(calls):
        _all_accepted([receipt.status for receipt in receipts])


def _accept(hub: Hub, group: Sequence[bytes]) -> None:
    _all_accepted([receipt.status for receipt in hub.accept(_SHOP, group)])


def _accept_each(hub: Hub, crowd: Sequence[bytes]) -> None:
    """Single calls that wait at the same time share a commit, as the server's writer does it."""
    source = hub.access.source(_SHOP)
    groups = [hub.intake.group(source, segment.read_again(one, "track"), "track") for one in crowd]
    _all_accepted([receipt.status for receipts in hub.accept_groups(groups) for receipt in receipts])


def _all_accepted(answers: list[str]) -> None:
    assert set(answers) == {"accepted"}, answers  # noqa: S101  whatever else would make the figures worthless


def _timed(what: str, things: Sequence[Thing], do: Callable[[Thing], object], *, each: int = 1) -> Took:
    """Do something to each, one after the other."""
    times: list[float] = []
    cpu, began = time.process_time(), time.perf_counter()
    for thing in things:
        at = time.perf_counter()
        do(thing)
        times.append(time.perf_counter() - at)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    times.sort()
    done = len(times) * each
    return Took(
        what, done, done / seconds, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000,
        times[-1] * 1000, cpu * SECOND / done,
    )  # fmt: skip


def _people(hub: Hub, numbers: Sequence[int]) -> list[str]:
    with hub.store.reading() as reader:
        found = [
            hub.customers.person_of(reader, hub.customers.subject(Identifier("user_id", user(number))))
            for number in numbers
        ]
    return [person for person in found if person is not None]


def _with_device(person: int, device: int, at: Micros) -> bytes:
    return msgspec.json.encode({
        "type": "track", "event": "Product Viewed", "messageId": f"large-{person}-{device}", "userId": user(person),
        "anonymousId": f"large-{person}-{device}", "timestamp": as_text(at), "properties": {"sku": "capsule-1"},
    })  # fmt: skip


def main() -> None:
    """Measure the part that stands on the first line."""
    serve(Job, measure)


if __name__ == "__main__":
    main()
