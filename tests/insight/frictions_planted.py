"""Logs with a friction of known size and known effect: what the room must find again."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from noline.kernel.clock import DAY, HOUR, MINUTE, parse_instant
from noline.stores.walks.events import Columns, understood
from noline.stores.walks.store import WalkStore

START = parse_instant("2026-01-01T00:00:00Z")
STORES = ("paris", "lyon", "ghent")
COUNTRY = {"paris": "FR", "lyon": "FR", "ghent": "BE"}
ROUNDS = 3
"""How often each person is at risk, more than a horizon apart."""

_EVERY = 40 * DAY


class Planted(NamedTuple):
    """A log, and what was put into it: cases, persons with one, their worth, and what they lost on average."""

    store: WalkStore
    cases: int
    persons: int
    exposed_minor: int
    lost_minor: float
    naive_minor: float
    observed_until: int


def planted(seed: int, persons: int = 400, *, effect: float = 0.3, usual: float = 0.45, spread: float = 0.1) -> Planted:
    """Persons who check out, some of whom fail and call.

    effect: by how much less often they buy then. usual: how often a newcomer buys in Paris in the first round. Who
    bought before both buys and fails more often, so that a comparison without groups is wrong; some persons buy more
    often than others whatever happens (`spread`), so that the first steps of one person are alike.
    """
    chance = np.random.default_rng(seed)
    home = chance.integers(0, len(STORES), persons)
    bought = chance.random(persons) < 0.4
    eager = chance.choice([-spread, spread], persons)
    rows: list[tuple[np.ndarray, np.ndarray, str, str, np.ndarray]] = []
    earlier = np.flatnonzero(bought)
    rows.append((earlier, np.full(earlier.size, START - 30 * DAY), "web", "Order Completed", earlier * 0))
    cases, worth, lost, naive = np.zeros(persons, np.int64), 0, 0.0, [[0.0, 0], [0.0, 0]]
    everybody = np.arange(persons)
    for number in range(ROUNDS):
        at = START + number * _EVERY + chance.integers(0, 20 * DAY, persons)
        value = chance.integers(1_000, 20_000, persons)
        fails = chance.random(persons) < np.where(bought, 0.35, 0.12) + 0.05 * home
        buys_else = usual + 0.3 * bought - 0.05 * home + eager
        odds = np.clip(buys_else - np.where(fails, effect, 0.0), 0.0, 1.0)
        buys = chance.random(persons) < odds
        rows += [
            (everybody, at, "web", "Checkout Started", value),
            (everybody[fails], at[fails] + MINUTE, "web", "Checkout Failed", value[fails] * 0),
            (everybody[fails], at[fails] + HOUR, "call", "Call Started", value[fails] * 0),
            (everybody[buys], at[buys] + 2 * HOUR, "store", "Order Completed", value[buys]),
        ]
        cases += fails
        worth += int(value[fails].sum())
        lost += float((value * (np.clip(buys_else, 0, 1) - odds))[fails].sum())
        for arm, chosen in enumerate((~fails, fails)):
            naive[arm][0] += float(buys[chosen].sum())
            naive[arm][1] += int(chosen.sum())
        bought = bought | buys
    gap = naive[0][0] / naive[0][1] - naive[1][0] / naive[1][1]
    store = _store(rows, home)
    return Planted(
        store, int(cases.sum()), int((cases > 0).sum()), worth, lost, gap * worth, START + (ROUNDS + 1) * _EVERY
    )


def _store(rows: list, home: np.ndarray) -> WalkStore:
    person = np.concatenate([row[0] for row in rows])
    counts = [row[0].size for row in rows]
    at = np.concatenate([row[1] for row in rows])
    place = np.array(STORES)[home[person]]
    table = pa.table(
        {
            "person": person,
            "time": pa.array(at, pa.int64()).cast(pa.timestamp("us")),
            "channel": np.repeat([row[2] for row in rows], counts),
            "action": np.repeat([row[3] for row in rows], counts),
            "value": np.concatenate([row[4] for row in rows]),
            "store_id": place,
            "country": np.array([COUNTRY[name] for name in STORES])[home[person]],
            "seq": np.arange(1, person.size + 1),
        }
    )
    return WalkStore.of(understood(table, Columns(parts=("store_id", "country"), measures=("seq",))))
