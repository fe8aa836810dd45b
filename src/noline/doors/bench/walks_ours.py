"""Our own walks over the events of the bench: by the loops in C, and by NumPy, which is what they mean."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from noline.doors.bench.walks_engines import GOALS, HORIZON, INTENTS, JOURNEY, PAUSE, STEPS, WINDOW, Borders
from noline.insight.walks.model import Funnel, Pauses, Step, Wants

if TYPE_CHECKING:
    from noline.stores.walks.store import WalkStore

OURS, BY_NUMPY = "NoLine", "NoLine, NumPy"

Questions = Mapping[str, Callable[[], Any]]


class Spent(NamedTuple):
    """What one answer took."""

    wall_seconds: float
    cpu_seconds: float


class Peak(msgspec.Struct, frozen=True):
    """Largest resident memory. before_mb: with all code loaded, before the store was opened."""

    before_mb: float
    peak_mb: float


class Measured(NamedTuple):
    """Our answers and what they took. by_numpy: the same without the loops; None where NumPy is the way taken.

    agrees: by question, whether both ways answered the same. scan: one pass over 9 bytes an event.
    """

    way: str
    spent: dict[str, Spent]
    answers: dict[str, Any]
    by_numpy: dict[str, Spent] | None
    agrees: dict[str, bool]
    persons: int
    store_bytes: int
    scan: Spent
    peak: Peak


def questions(store: "WalkStore") -> Questions:
    """What is asked of a store, by the names of the bench."""
    from noline.insight.walks import dropoffs, funnels, handoffs
    from noline.insight.walks.service import Walks
    from noline.insight.walks.visits import by_channel

    pauses = Pauses(quick=PAUSE, day_channels=(), slow_channels=(), journey=JOURNEY)
    wants = Wants(INTENTS, GOALS, HORIZON)
    steps = tuple(Step(name) for name in STEPS)
    plain = Funnel(steps, WINDOW)
    optional = Funnel((steps[0], steps[1], Step(STEPS[2], optional=True), steps[3]), WINDOW, without=("return",))

    def borders() -> Borders:
        counts = handoffs.counted(store, pauses)
        return {border: (number, counts.border_persons[border]) for border, number in counts.borders.items()}

    return {
        "funnel": lambda: funnels.counted(store, plain).persons,
        "visits": lambda: by_channel(store, pauses),
        "handoffs": borders,
        "sequences": lambda: dropoffs.counted(store, pauses, wants).top(),
        "strict": lambda: funnels.counted(store, Funnel(steps, WINDOW, "strict")).persons,
        "any order": lambda: funnels.counted(store, Funnel(steps, WINDOW, "any")).persons,
        "optional": lambda: funnels.counted(store, optional).persons,
        "breakdown": lambda: funnels.counted(store, Funnel(steps, WINDOW, by="channel")).as_bytes(),
        "behind": lambda: Walks(store).behind(plain, 2, stopped=True, limit=50, offset=1_000),
    }


def measured(path: Path, folder: Path, repeats: int, *, both: bool) -> Measured:
    """Build a store of the events in a file or folder, ask everything of it, and what that took.

    folder: where the store is kept for the run. both: by NumPy as well.
    """
    from noline.stores.walks import kernels
    from noline.stores.walks.store import WalkStore

    way = kernels.way()
    spent: dict[str, Spent] = {}
    spent["build"], store = cheapest(lambda: WalkStore.from_parquet(path), repeats)
    arrays = (store.times, store.persons, store.offsets, store.values, store.channels.codes, store.actions.codes)
    held = sum(one.nbytes for one in arrays)
    kept = folder / "store"
    store.save(kept)
    # From here on as it will be in use: mapped, not held.
    del arrays, store
    store = WalkStore.open(kept)
    times, answers = asked(questions(store), repeats)
    scan, _ = cheapest(lambda: int(store.times.sum()) + int(store.actions.codes.sum()), repeats)
    slow: dict[str, Spent] | None = None
    agrees: dict[str, bool] = {}
    if both and way == "c":
        with kernels.taking("numpy"):
            slow, same = asked(questions(store), repeats)
            slow["build"], _ = cheapest(lambda: WalkStore.from_parquet(path), 1)
        agrees = {name: same[name] == answer for name, answer in answers.items()}
    return Measured(
        way, spent | times, answers, slow, agrees, store.person_count, held, scan, peak_of(kept)
    )  # fmt: skip


def asked(some: Questions, repeats: int) -> tuple[dict[str, Spent], dict[str, Any]]:
    """What each question took, and its answer."""
    spent: dict[str, Spent] = {}
    answers: dict[str, Any] = {}
    for name, question in some.items():
        spent[name], answers[name] = cheapest(question, repeats)
    return spent, answers


def cheapest(question: Callable[[], Any], repeats: int) -> tuple[Spent, Any]:
    """The least CPU and the least wall time that several answers took, and the answer."""
    walls: list[float] = []
    cpus: list[float] = []
    answer = None
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        answer = question()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Spent(min(walls), min(cpus)), answer


def peak_of(kept: Path) -> Peak:
    """The memory that every question takes in a process of its own, over a kept store."""
    words = [sys.executable, "-m", "noline.doors.bench.walks_memory", str(kept)]
    return msgspec.json.decode(subprocess.run(words, capture_output=True, check=True).stdout, type=Peak)
