"""What sharing credit costs beside other packages, on the same journeys, in the same run; and whether they agree.

The others are put into a Python of their own for the run (or stay in a folder, for the next one) and are nothing that
NoLine needs. CPU seconds are those of all threads of a process.
"""

import subprocess
import sys
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from noline.doors.bench import machine
from noline.doors.bench.customers import Say
from noline.doors.bench.machine import Machine
from noline.doors.bench.walks_ours import Spent, cheapest
from noline.kernel.clock import SystemClock, as_text

if TYPE_CHECKING:
    from noline.doors.bench.credit_data import Journeys
    from noline.insight.credit.model import Trade
    from noline.insight.paths.model import Paths

PEERS: dict[Literal["markov", "shapley"], tuple[str, ...]] = {
    "markov": ("ChannelAttribution==2.2.5", "matplotlib"),
    "shapley": ("shapley-attribution==2.1.0",),
}
"""What is installed for each question; ChannelAttribution needs matplotlib to be loaded at all."""

ORDERS = (1, 2, 3, 4)
UNITS = 12
PLAYERS = 20
_SEED_OF_GAMES = 7

DEFINITIONS = {
    "split": "what each order leaves in equal shares to its touches, and the sum of each channel.",
    "books": "the whole ledger: work paid back, shares, what stood in the till, every order and unit a row.",
    "shapley": "Shapley value of the channels of each journey, closed form.",
    "markov": "Markov attribution: counts, exact conversion probability, and the removal of each channel.",
    "hand-offs": "the same chain of order 1 with the removal of each way from one channel to another.",
    "general": f"Shapley value of any game of {PLAYERS} channels, from the worth of each group.",
    "nucleolus": f"nucleolus of {UNITS} units.",
    "least core": f"least core of {UNITS} units.",
    "groups": f"every group of {UNITS} units, and how many could make more alone: by equal shares, by Markov.",
    "ratio": "CPU seconds, theirs : ours, on the same journeys, without preparing its input; above 1 ours is less.",
    "differs": "the largest difference of a channel's credit, as part of all orders.",
}

AIMS = {"split": 1.0, "shapley": 1.0, "markov": 2.0, "general": 0.5, "nucleolus": 1.0, "least core": 1.0}
"""CPU seconds to reach, those of journeys for ten million of them."""

_USUAL = 10_000_000
_BOOKED = 1_000_000  # of the whole ledger, which keeps a row for each order and unit


class Asked(NamedTuple):
    """What is asked of a run. beside: so many of the journeys are also given to the others; 0: none are."""

    journeys: int = _USUAL
    beside: int = 1_000_000
    repeats: int = 2
    seed: int = 1


class Row(NamedTuple):
    """One answer of ours. aim: CPU seconds to reach for so many; None where there is none."""

    question: str
    of: int
    cpu_seconds: float
    wall_seconds: float
    aim: float | None
    met: bool | None


class Beside(NamedTuple):
    """The same question asked of another package. prepared_seconds: CPU to make its input, not in the ratio."""

    question: str
    peer: str
    of: int
    ours_cpu_seconds: float
    their_cpu_seconds: float
    prepared_seconds: float
    ratio: float
    differs: float


class Groups(NamedTuple):
    """How many groups of all could make more alone than a method gives them."""

    method: str
    violated: int
    of: int


class Result(NamedTuple):
    """A whole run. exact: the sums of all shares are the sum of all surpluses, to the unit of money."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    asked: Asked
    touches: int
    way: str
    exact: bool
    definitions: dict[str, str]
    rows: list[Row]
    beside: list[Beside]
    groups: list[Groups]
    unmeasured: list[str]


class _Theirs(msgspec.Struct, frozen=True):
    prepared: float
    answered: float
    conversions: dict[str, float]


def run(asked: Asked, say: Say, place: Path | None = None, peers: Path | None = None) -> Result:
    """Measure. place: where files are made and removed. peers: where the others' Python stays for the next run."""
    from noline.doors.bench.credit_data import journeys
    from noline.stores.walks import kernels

    here = machine.this_machine()
    say(f"making {asked.journeys:,} journeys")
    made = journeys(asked.journeys, asked.seed)
    rows, exact = _ledger(made, asked, say)
    paths = _paths(made)
    rows += _journeys(paths, asked, say)
    rows += _games(asked, say)
    beside: list[Beside] = []
    unmeasured: list[str] = []
    if asked.beside:
        with TemporaryDirectory(dir=place) as folder:
            beside, unmeasured = _others(made.first(min(asked.beside, asked.journeys)), Path(folder), peers, say)
    return Result(
        as_text(SystemClock().now()), here, machine.this_machine().load_average, machine.versions(), asked,
        int(made.offsets[-1]), kernels.way(), exact, DEFINITIONS, rows, beside, _groups(paths), unmeasured,
    )  # fmt: skip


def _ledger(made: "Journeys", asked: Asked, say: Say) -> tuple[list[Row], bool]:
    """The integer ledger: every journey is an order, its touches are the acts, its last channel took it."""
    import numpy as np

    from noline.doors.bench.credit_data import CHANNELS
    from noline.insight.credit.ledger import book
    from noline.insight.credit.splitting import earned
    from noline.insight.credit.weights import Method

    say("the ledger")
    turns = np.arange(asked.journeys, dtype=np.int64)
    surplus = np.where(made.converted == 1, made.value_minor, turns % 50_000)

    units = made.codes.astype(np.int64)

    def shared() -> Any:
        return earned(surplus, made.offsets, None, turns, units, len(CHANNELS))

    spent, totals = cheapest(shared, asked.repeats)
    rows = [_row("split", asked.journeys, spent, asked)]
    count = min(asked.journeys, _BOOKED)
    trade = _trade(made.first(count), surplus[:count])
    spent, ledger = cheapest(lambda: book(trade, Method()), 1)
    rows.append(_row("books", count, spent, asked))
    booked = int(ledger.rows.shared.sum()) + int(ledger.rows.borne.sum())
    return rows, int(totals.sum()) == int(surplus.sum()) and booked == int(surplus[:count].sum())


def _journeys(paths: "Paths", asked: Asked, say: Say) -> list[Row]:
    from noline.insight.paths.service import PathCredit

    credit = PathCredit(paths)
    say("journeys")
    rows = [_row("shapley", asked.journeys, cheapest(lambda: credit.attribute("shapley"), asked.repeats)[0], asked)]
    for order in ORDERS:
        say(f"Markov, order {order}")
        spent, _ = cheapest(lambda order=order: PathCredit(paths).attribute("markov", order=order), asked.repeats)
        rows.append(_row("markov", asked.journeys, spent, asked, f"markov, order {order}"))
    spent, _ = cheapest(lambda: PathCredit(paths).handoffs(1), 1)
    return [*rows, _row("hand-offs", asked.journeys, spent, asked)]


def _games(asked: Asked, say: Say) -> list[Row]:
    import numpy as np

    from noline.insight.credit.cores import least_core
    from noline.insight.credit.games import of_orders
    from noline.insight.credit.nucleolus import nucleolus
    from noline.insight.paths.general import shapley

    say("games")
    chance = np.random.default_rng(_SEED_OF_GAMES)
    worths = chance.random(2**PLAYERS)
    masks = chance.integers(1, 2**UNITS, 5_000)
    game = of_orders(masks, chance.integers(0, 10_000, masks.size), UNITS)
    asks: dict[str, tuple[int, Callable[[], Any]]] = {
        "general": (PLAYERS, lambda: shapley(worths)),
        "nucleolus": (UNITS, lambda: nucleolus(game)),
        "least core": (UNITS, lambda: least_core(game)),
    }
    return [_row(name, of, cheapest(ask, asked.repeats)[0], asked) for name, (of, ask) in asks.items()]


def _groups(paths: "Paths") -> list[Groups]:
    """Whole orders to channels, by equal shares and by Markov's totals, against every group of channels."""
    import numpy as np

    from noline.insight.credit.games import of_orders, violated
    from noline.insight.paths.service import PathCredit

    credit, units = PathCredit(paths), len(paths.names)
    bits = np.bitwise_or.reduceat(np.left_shift(1, paths.codes.astype(np.int64)), paths.offsets[:-1])
    game = of_orders(bits, paths.values, units)
    found: list[Groups] = []
    for name, given in (("equal shares", credit.attribute("shapley")), ("markov, order 1", credit.attribute("markov"))):
        told = violated(game, given.values_minor)
        found.append(Groups(name, told.count or 0, told.of))
    return found


def _others(made: "Journeys", folder: Path, peers: Path | None, say: Say) -> tuple[list[Beside], list[str]]:
    import numpy as np

    from noline.insight.paths.service import PathCredit

    file = folder / "journeys.npz"
    np.savez(file, **made._asdict())
    paths = _paths(made)
    beside: list[Beside] = []
    unmeasured: list[str] = []
    for question, packages in PEERS.items():
        say(packages[0])
        python = _python(peers or folder / "peers", packages)
        if python is None:
            unmeasured.append(f"{packages[0]} could not be installed")
            continue
        for order in ORDERS if question == "markov" else (1,):
            theirs = _asked_of(python, question, file, order)
            if theirs is None:
                unmeasured.append(f"{packages[0]} gave no answer to {question}, order {order}")
                continue
            spent, ours = cheapest(partial(PathCredit(paths).attribute, question, order=order), 2)
            name = f"{question}, order {order}" if question == "markov" else question
            beside.append(_beside(name, packages[0], made, spent, theirs, ours.conversions))
    return beside, unmeasured


def _beside(name: str, peer: str, made: "Journeys", spent: Spent, theirs: _Theirs, ours: Any) -> Beside:
    total = sum(theirs.conversions.values())
    apart = [abs(theirs.conversions.get(str(code), 0.0) - float(one)) for code, one in enumerate(ours)]
    return Beside(
        name, peer, made.converted.size, spent.cpu_seconds, theirs.answered, theirs.prepared,
        theirs.answered / max(spent.cpu_seconds, 1e-9), max(apart) / max(total, 1e-9),
    )  # fmt: skip


def _python(folder: Path, packages: tuple[str, ...]) -> Path | None:
    """A Python that has these packages; None where they cannot be had."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    words = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    return python if subprocess.run(words, capture_output=True, check=False).returncode == 0 else None


def _asked_of(python: Path, question: str, file: Path, order: int) -> _Theirs | None:
    script = Path(__file__).with_name("credit_peer.py")
    words = [str(python), str(script), question, str(file), str(order)]
    told = subprocess.run(words, capture_output=True, check=False)
    if told.returncode:
        sys.stderr.buffer.write(told.stderr[-2_000:])
        return None
    return msgspec.json.decode(told.stdout.splitlines()[-1], type=_Theirs)


def _paths(made: "Journeys") -> "Paths":
    from noline.doors.bench.credit_data import CHANNELS
    from noline.insight.paths.model import Paths

    return Paths(made.offsets, made.codes, CHANNELS, made.converted, 1 - made.converted, made.value_minor)


def _trade(made: "Journeys", surplus: Any) -> "Trade":
    """The journeys as orders: the last channel captured them, each touch is an act of two cents."""
    import numpy as np
    import pyarrow as pa

    from noline.doors.bench.credit_data import CHANNELS
    from noline.insight.credit.model import NOBODY, Orders, Returns, Trade, Work

    count = made.converted.size
    order = np.repeat(np.arange(count, dtype=np.int64), np.diff(made.offsets))
    captor = made.codes[made.offsets[1:] - 1].astype(np.int64)
    none = np.zeros(count, np.int64)
    acts = np.zeros(order.size, np.int64)
    cost = np.full(order.size, 2, np.int64)
    margin = surplus + 2 * np.diff(made.offsets)
    at = np.arange(count, dtype=np.int64) * 1_000_000
    ids = pa.array(np.arange(count)).cast(pa.string())
    return Trade(
        CHANNELS, ("EUR",), ("",), np.ones(len(CHANNELS), np.bool_),
        Orders(ids, at, captor, captor, none, margin, margin, none, none + NOBODY, none, none + 1),
        Work(order, made.codes.astype(np.int64), acts, at[order], acts, cost),
        Returns(*[none[:0]] * len(Returns._fields)),
    )  # fmt: skip


def _row(question: str, of: int, spent: Spent, asked: Asked, name: str | None = None) -> Row:
    aim = AIMS.get(question)
    if aim is not None and of == asked.journeys:
        aim *= max(of / _USUAL, 1e-9)
    met = None if aim is None else spent.cpu_seconds <= aim
    return Row(name or question, of, spent.cpu_seconds, spent.wall_seconds, aim, met)
