"""How well customers are told apart, and how fast they are known: each aim, what was reached, and Splink beside it.

Each set of records is matched by ours and by Splink alone, each in a process of its own, one after the other. Neither
sees the truth; where Splink's best threshold is named, the truth chose it.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from noline.doors.bench import customers_live, customers_matching, machine
from noline.doors.bench.customers_child import Unmeasured, ask
from noline.doors.bench.customers_live import Measured, Part
from noline.doors.bench.customers_matching import Reached, Side
from noline.doors.bench.customers_truth import DEFINITIONS
from noline.doors.bench.machine import Machine
from noline.kernel.clock import SystemClock, as_text

Say = Callable[[str], None]

SETS = ("febrl3", "febrl4", "rldata10000", "families", "senzing", "people-100k", "people-1m")
PARTS: tuple[Part, ...] = ("intake", "profiles", "limits", "erasure")

_MADE_ROWS = {"people-100k": 100_000, "people-1m": 1_000_000}
_LONG = ("people-1m",)
_PACKAGES = ("splink", "rapidfuzz", "phonenumbers", "pyarrow", "numpy")


class Plan(NamedTuple):
    """What a run measures. only: names of SETS and PARTS, all but the long ones when empty; full: the long ones too."""

    only: tuple[str, ...] = ()
    full: bool = False
    families: Path | None = None
    senzing: Path | None = None
    profiles: int = 100_000
    threads: int = 2
    seed: int = 1

    def wants(self, name: str) -> bool:
        """Whether a set or part is to be measured."""
        return name in self.only if self.only else self.full or name not in _LONG


class Row(NamedTuple):
    """A measure with its aim. reached, alone (by Splink alone): None where not measured. met: None without an aim."""

    measure: str
    aim: str | None
    reached: str | None
    alone: str | None
    met: bool | None


class Result(NamedTuple):
    """A whole run."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    plan: Plan
    definitions: dict[str, str]
    matching: list[Reached]
    live: list[Measured]
    unmeasured: list[Unmeasured]
    rows: list[Row]


def run(plan: Plan, say: Say, folder: Path | None = None) -> Result:
    """Measure everything the plan wants; whatever is made for it lies below `folder` and is removed."""
    place = machine.this_machine()
    with tempfile.TemporaryDirectory(prefix="noline-bench-", dir=folder) as made:
        done = [*_matched(plan, Path(made), say), *_lived(plan, Path(made), say)]
    matching = [one for one in done if isinstance(one, Reached)]
    live = [one for one in done if isinstance(one, Measured)]
    missing = [one for one in done if isinstance(one, Unmeasured)]
    return Result(
        as_text(SystemClock().now()), place, machine.this_machine().load_average,
        {**machine.versions(), **_versions()}, plan, DEFINITIONS, matching, live, missing, rows(matching, live),
    )  # fmt: skip


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def rows(matching: list[Reached], live: list[Measured]) -> list[Row]:
    """Every measure beside its aim."""
    by_side: dict[str, dict[Side, Reached]] = {}
    for one in matching:
        by_side.setdefault(one.name, {})[one.side] = one
    found = [row for name, sides in by_side.items() for row in _matching_rows(name, sides)]
    return found + [row for one in live for row in _live_rows(one)]


def _matched(plan: Plan, made: Path, say: Say) -> Iterator[Reached | Unmeasured]:
    paths = {"families": plan.families, "senzing": plan.senzing}
    for name in filter(plan.wants, SETS):
        path = _made(name, plan.seed, made, say) if name in _MADE_ROWS else paths.get(name)
        kind = "people" if name in _MADE_ROWS else name
        sides: tuple[Side, ...] = ("splink", "ours")
        for side in sides:
            say(f"{name}: matched by {'Splink alone' if side == 'splink' else 'ours'}")
            job = customers_matching.Job(kind, side, str(path) if path else None, plan.threads, name)
            answer = ask(customers_matching, f"{name} by {side}", job, Reached)
            if isinstance(answer, Unmeasured) and not answer.broke:
                yield Unmeasured(name, answer.why, broke=False)
                break
            yield answer


def _made(name: str, seed: int, folder: Path, say: Say) -> Path:
    from noline.doors.bench.people import make

    say(f"{name}: {_MADE_ROWS[name]:,} records are made")
    return make(folder, _MADE_ROWS[name], seed).records


def _lived(plan: Plan, made: Path, say: Say) -> Iterator[Measured | Unmeasured]:
    for part in filter(plan.wants, PARTS):
        say(f"{part}: {_SAID[part].format(profiles=plan.profiles)}")
        yield ask(customers_live, part, customers_live.Job(part, plan.profiles, str(made)), Measured)


_SAID: dict[Part, str] = {
    "intake": "events with identity, in batches and one by one",
    "profiles": "{profiles:,} people become known and are read over HTTP",
    "limits": "a person with ten thousand names, merges and unmerges",
    "erasure": "people are erased",
}


class _Aim(NamedTuple):
    """A figure that is wanted. least: at least so much; most: at most."""

    least: float | None = None
    most: float | None = None
    form: str = "{:.3f}"

    def words(self) -> str:
        return f">= {self.form.format(self.least)}" if self.least is not None else f"<= {self.form.format(self.most)}"

    def met(self, figure: float) -> bool:
        return figure >= self.least if self.least is not None else self.most is not None and figure <= self.most


_MATCHING_AIMS = {
    ("febrl3", "cluster F1"): _Aim(least=1.0),
    ("febrl4", "cluster F1"): _Aim(least=1.0),
    ("rldata10000", "pair F1"): _Aim(least=0.96),
    ("families", "pair F1"): _Aim(least=0.96),
    ("families", "cluster F1"): _Aim(least=0.96),
    ("families", "pair precision"): _Aim(least=0.985),
    ("families", "household F1"): _Aim(least=0.90),
    ("senzing", "cluster F1"): _Aim(least=1.0),
    ("people-1m", "CPU seconds"): _Aim(most=120, form="{:.0f}"),
    ("people-1m", "peak MB"): _Aim(most=4096, form="{:,.0f}"),
}

Read = Callable[[Reached], float | None]

_FIGURES: tuple[tuple[str, str, Read, Read], ...] = (
    ("pair precision", "{:.4f}", lambda one: one.pair.precision, lambda one: getattr(one.best_pair, "precision", None)),
    ("pair recall", "{:.4f}", lambda one: one.pair.recall, lambda one: getattr(one.best_pair, "recall", None)),
    ("pair F1", "{:.4f}", lambda one: one.pair.f1, lambda one: getattr(one.best_pair, "f1", None)),
    ("cluster F1", "{:.4f}", lambda one: one.cluster.f1, lambda one: one.best_cluster_f1),
    ("household F1", "{:.4f}", lambda one: getattr(one.household, "f1", None), lambda _: None),
    ("kin F1", "{:.4f}", lambda one: getattr(one.kin, "f1", None), lambda _: None),
    ("CPU seconds", "{:.1f}", lambda one: one.cpu_seconds, lambda _: None),
    ("peak MB", "{:,.0f}", lambda one: one.peak_mb, lambda _: None),
)
"""A figure of a set: its name and form, how to read it, and how to read it at the best threshold of all."""


def _matching_rows(name: str, sides: dict[Side, Reached]) -> Iterator[Row]:
    for figure, form, read, read_best in _FIGURES:
        aim = _MATCHING_AIMS.get((name, figure))
        values = {side: read(one) for side, one in sides.items()}
        if all(value is None for value in values.values()):
            continue
        shown = {side: form.format(value) for side, value in values.items() if value is not None}
        best = read_best(sides["splink"]) if "splink" in sides else None
        if best is not None:
            shown["splink"] += f" (best {form.format(best)})"
        ours = values.get("ours")
        met = None if aim is None or ours is None else aim.met(ours)
        yield Row(f"{name}: {figure}", aim.words() if aim else None, shown.get("ours"), shown.get("splink"), met)


_LIVE_AIMS: dict[str, tuple[tuple[str, _Aim], ...]] = {
    "events in batches of 100": (("per_second", _Aim(least=5_000, form="{:,.0f}")),),
    "single events of 64 senders": (("per_second", _Aim(least=2_000, form="{:,.0f}")),),
    "profiles over HTTP": (
        ("per_second", _Aim(least=2_000, form="{:,.0f}")), ("p50_ms", _Aim(most=2, form="{:.1f}")),
        ("p99_ms", _Aim(most=10, form="{:.1f}")),
    ),
    "looked up by name and city": (("p99_ms", _Aim(most=25, form="{:.1f}")),),
    "looked up by surname and last digits of the phone": (("p99_ms", _Aim(most=25, form="{:.1f}")),),
    "looked up by end of the phone": (("p99_ms", _Aim(most=25, form="{:.1f}")),),
    "next event of a person with 10,000 names": (("p99_ms", _Aim(most=10, form="{:.1f}")),),
    "profile of a person with 10,000 names": (("p99_ms", _Aim(most=10, form="{:.1f}")),),
    "unmerge of two people": (("slowest_ms", _Aim(most=50, form="{:.1f}")),),
    "unmerge from a person with 10,000 names": (("slowest_ms", _Aim(most=50, form="{:.1f}")),),
    "erasure of a person": (("slowest_ms", _Aim(most=60_000, form="{:,.1f}")),),
}  # fmt: skip
_NAMED = {
    "per_second": "a second",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "slowest_ms": "slowest ms",
    "cpu_us": "CPU µs",
}
_USUAL = (("per_second", "{:,.0f}"), ("p50_ms", "{:.2f}"), ("p99_ms", "{:.2f}"), ("cpu_us", "{:,.0f}"))


def _live_rows(measured: Measured) -> Iterator[Row]:
    for took in measured.took:
        aims = dict(_LIVE_AIMS.get(took.what, ()))
        figures = dict(_USUAL) | {name: aim.form for name, aim in aims.items()}
        for name, form in figures.items():
            value, aim = getattr(took, name), aims.get(name)
            if value is not None:
                met = aim.met(value) if aim else None
                yield Row(f"{took.what}: {_NAMED[name]}", aim.words() if aim else None, form.format(value), None, met)
    for what, value in measured.facts.items():
        yield Row(f"({what})", None, f"{value:,.0f}", None, None)
