"""One set of records matched in a process of its own, so that its CPU and memory are nobody else's.

A job comes in on one line, what came of it goes out on one.
"""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from noline.doors.bench import machine
from noline.doors.bench.customers_child import serve
from noline.doors.bench.customers_data import ID, DataSet, load
from noline.doors.bench.customers_truth import (
    Agreement,
    Labels,
    best_threshold,
    clusters,
    components,
    kin,
    numbered,
    pairs,
)

Side = Literal["ours", "splink"]


class Job(msgspec.Struct, frozen=True):
    """What to match. path: of a set that comes from a file. threads: of the engine. called: its name in the answer."""

    name: str
    side: Side
    path: str | None = None
    threads: int = 2
    called: str | None = None


class Figures(msgspec.Struct, frozen=True):
    """How far found and true agree, as shares."""

    precision: float
    recall: float
    f1: float


class Reached(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a side reached on a set. seconds, cpu_seconds, peak_mb: of matching alone, without reading the truth.

    at: how the links were cut. best_*: by the threshold that the truth likes best, which nobody has without the truth.
    """

    name: str
    side: Side
    records: int
    people: int
    at: str
    pair: Figures
    cluster: Figures
    seconds: float
    cpu_seconds: float
    peak_mb: float
    household: Figures | None = None
    kin: Figures | None = None
    best_at: float | None = None
    best_pair: Figures | None = None
    best_pair_cluster: Figures | None = None
    best_cluster_f1: float | None = None


def figures(agreement: Agreement) -> Figures:
    """The shares of an agreement."""
    return Figures(agreement.precision, agreement.recall, agreement.f1)


def match(job: Job) -> Reached:
    """Match a set and hold what came of it against the truth. Raises NoData."""
    data = load(job.name, Path(job.path) if job.path else None)
    data = replace(data, name=job.called or data.name)
    return _splink(data, job) if job.side == "splink" else _ours(data, job)


def _ours(data: DataSet, job: Job) -> Reached:
    from noline.insight.matching.service import match as match_records

    used = _Used()
    people = match_records(data.records, id_column=ID, threads=job.threads).people
    spent = used.spent()
    by_id = {row[ID]: row for row in people.to_pylist()}
    rows = [by_id[record] for record in data.records[ID].to_pylist()]
    found = numbered([row["person_id"] for row in rows])
    household = numbered([row["household_id"] for row in rows])
    return Reached(
        name=data.name, side="ours", records=len(found), people=int(found.max()) + 1, at="its own threshold",
        pair=figures(pairs(found, data.person)), cluster=figures(clusters(found, data.person)),
        household=None if data.household is None else figures(pairs(household, data.household)),
        kin=None if data.household is None else figures(kin(household, data.household, data.person)),
        seconds=spent.seconds, cpu_seconds=spent.cpu_seconds, peak_mb=spent.peak_mb,
    )  # fmt: skip


def _splink(data: DataSet, job: Job) -> Reached:
    from noline.doors.bench.customers_splink import USUAL_THRESHOLD, splink_alone

    used = _Used()
    links = splink_alone(data, job.threads)
    taken = links.probability >= USUAL_THRESHOLD
    found: Labels = components(len(data.person), links.one[taken], links.other[taken])
    spent = used.spent()
    best = best_threshold(data.person, *links)
    return Reached(
        name=data.name, side="splink", records=len(found), people=len(set(found.tolist())),
        at=f"p >= {USUAL_THRESHOLD}", pair=figures(pairs(found, data.person)),
        cluster=figures(clusters(found, data.person)), best_at=best.threshold, best_pair=figures(best.pair),
        best_pair_cluster=figures(best.cluster), best_cluster_f1=best.best_cluster_f1,
        seconds=spent.seconds, cpu_seconds=spent.cpu_seconds, peak_mb=spent.peak_mb,
    )  # fmt: skip


class _Spent(NamedTuple):
    seconds: float
    cpu_seconds: float
    peak_mb: float


class _Used:
    """What this process uses from now on."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> _Spent:
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        return _Spent(seconds, cpu, machine.used(os.getpid()).peak_mb)


def main() -> None:
    """Do the job that stands on the first line."""
    serve(Job, match)


if __name__ == "__main__":
    main()
