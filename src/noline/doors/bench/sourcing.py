"""What each way of sourcing costs beside a hindsight that knows every order, and what it takes to decide.

All ways meet the same seasons. What is counted is what is paid: parcels that leave, units that leave, units that nobody
sends, and picks that find nothing; no way is judged by the prices it decides with.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from random import Random
from statistics import fmean, stdev
from typing import NamedTuple

from noline.doors.bench import machine
from noline.doors.bench.machine import Machine
from noline.doors.bench.sourcing_data import (
    CENTRES,
    CITIES,
    DISTANCES_KM,
    ITEMS,
    KM_A_MILE,
    Season,
    candidates,
    season,
)
from noline.doors.bench.sourcing_ways import (
    PRICED_AGAIN_SCARCITY,
    PRICED_ONCE_PROTECTION,
    WAYS,
    Effort,
    Pricing,
    Way,
    decide_together,
)
from noline.insight.sourcing.model import MINOR, Candidate, Millionths, Need, Order, Plan, Stock, Waiting
from noline.insight.sourcing.policy import Costs, Policy
from noline.insight.sourcing.service import Sourcing
from noline.kernel.clock import SystemClock, as_text
from noline.kernel.quantities import Units

Say = Callable[[str], None]

PARCEL_MINOR = Decimal("875.9")
UNIT_MINOR = Decimal("42.3")
UNIT_PER_MILE_MINOR = Decimal("0.0541")
SEARCH_MINOR = Decimal(100)
"""What a unit costs that was looked for in vain, besides the parcel that it takes from elsewhere."""

FARTHEST_KM = max(max(row) for row in DISTANCES_KM)
DEAREST_MINOR = PARCEL_MINOR + UNIT_MINOR + UNIT_PER_MILE_MINOR * Decimal(str(FARTHEST_KM / KM_A_MILE))
"""A parcel with one unit over the longest way."""

AIMS = {"exact, priced once": 1.05, "exact, priced again": 1.04}
AIM_US = 100.0

DEFINITIONS = {
    "instance": f"{len(CITIES)} cities, {len(CENTRES)} centres, {len(ITEMS)} items; stock for what is expected, each "
    "item in about three quarters of the centres; 1 to 5 items an order (2 at the mean), a few items sell most.",
    "costs": f"a parcel {PARCEL_MINOR / 100}, a unit {UNIT_MINOR / 100} and {UNIT_PER_MILE_MINOR / 100} a mile, a "
    f"refused unit {2 * DEAREST_MINOR / 100:.3f}: twice a parcel with one unit over the longest way "
    f"({FARTHEST_KM / KM_A_MILE:,.0f} miles).",
    "cost : hindsight": "what was paid, beside the linear relaxation with every order (and every vain pick) known "
    "before the first; nobody can reach it. Mean of the seasons, with the 95 % interval of the mean.",
    "rejected": f"a pick finds nothing with this chance, and those units are lost to the stock; each costs "
    f"{SEARCH_MINOR / 100} and is sourced again from elsewhere, with a parcel of its own.",
    "priced once": "shadow prices made before the season, which follow what is sold: differences between places, "
    f"and {PRICED_ONCE_PROTECTION} of what the next unit of an item is worth to later orders that gain more by it.",
    "priced again": "made anew in equal steps of the season from what is left, before a window at most once; with "
    f"{PRICED_AGAIN_SCARCITY} of what an item is worth everywhere.",
    "CPU µs": "of deciding an order, the reading of candidates not counted; of a window, its share of the solver.",
    "pricing CPU ms": "of the linear programmes behind the shadow prices, for each order of the season.",
}


class Aim(NamedTuple):
    """What is asked of a run.

    orders: expected in a season. rejected: the chance of a vain pick in the second half of the table.
    """

    orders: int = 2_000
    seasons: int = 5
    rejected: float = 0.1
    effort: Effort = Effort(150, 5.0, 20, 3)
    first_seed: int = 1


class Outcome(NamedTuple):
    """One season under one way. cost in millionths; CPU of deciding and of pricing in seconds for the season."""

    cost: Millionths
    parcels: int
    units_unfilled: Units
    orders: int
    deciding_cpu_seconds: float
    pricing_cpu_seconds: float


class Row(NamedTuple):
    """One way over all seasons. ratio: cost by hindsight, with its interval; unfilled: units in a season."""

    way: str
    rejected: float
    ratio: float
    ratio_from: float
    ratio_to: float
    parcels_an_order: float
    units_unfilled: float
    cpu_us: float
    pricing_cpu_ms: float
    aim: float | None
    met: bool | None


class Result(NamedTuple):
    """A whole run. hindsight_unfilled: units that hindsight refuses in a season, by the chance of a vain pick."""

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    asked: Aim
    definitions: dict[str, str]
    hindsight_unfilled: dict[str, float]
    rows: list[Row]


def run(asked: Aim, say: Say) -> Result:
    """Measure every way on the same seasons."""
    place = machine.this_machine()
    rows: list[Row] = []
    refused: dict[str, float] = {}
    for chance in dict.fromkeys((0.0, asked.rejected)):
        seasons = [season(asked.first_seed + number, asked.orders, chance) for number in range(asked.seasons)]
        say(f"hindsight of {len(seasons)} seasons, {chance:.0%} of picks rejected")
        bounds = [_hindsight(one) for one in seasons]
        refused[f"{chance:g}"] = fmean(unfilled for _, unfilled in bounds)
        for way in WAYS:
            say(f"{way.name}, {chance:.0%} of picks rejected")
            outcomes = [
                served(one, way, asked, chance, asked.first_seed + number) for number, one in enumerate(seasons)
            ]
            rows.append(_row(way, chance, outcomes, [cost for cost, _ in bounds]))
    return Result(
        as_text(SystemClock().now()), place, machine.this_machine().load_average,
        {**machine.versions(), **_versions()}, asked, DEFINITIONS, refused, rows,
    )  # fmt: skip


def policy_of(rejected: float) -> Policy:
    """The costs of the instance; who knows that picks fail reckons with the search and another parcel."""
    return Policy.from_settings(
        {
            "costs": {
                "parcel_minor": PARCEL_MINOR,
                "unit_minor": UNIT_MINOR,
                "unit_per_km_minor": UNIT_PER_MILE_MINOR / Decimal(str(KM_A_MILE)),
                "unfilled_minor": 2 * DEAREST_MINOR,
                "reroute_minor": SEARCH_MINOR + PARCEL_MINOR if rejected else 0,
            }
        }
    )


def served(one: Season, way: Way, asked: Aim, rejected: float, seed: int) -> Outcome:
    """A whole season under one way."""
    season_ = _Served(one, way, asked, rejected, seed)
    step = asked.effort.window if way.together else 1
    for first in range(0, len(one.orders), step):
        season_.serve(range(first, min(first + step, len(one.orders))))
    return Outcome(
        season_.cost, season_.parcels, season_.units_unfilled, len(one.orders), season_.cpu_seconds,
        season_.pricing.cpu_seconds,
    )  # fmt: skip


class _Served:
    """A season while it goes on: the stock, and what was paid so far."""

    def __init__(self, one: Season, way: Way, asked: Aim, rejected: float, seed: int) -> None:
        self.season, self.way, self.asked, self.success = one, way, asked, 1 - rejected
        self.stock = dict(one.stock)
        sourcing = Sourcing(policy_of(rejected))
        self.costs = sourcing.policy.costs
        chance = Random(seed)  # noqa: S311  seeded, so that a run can be had again
        self.pricing = Pricing(way, asked.effort, sourcing, one.past, chance)
        self.cost: Millionths = 0
        self.parcels = self.units_unfilled = 0
        self.cpu_seconds = 0.0

    def serve(self, numbers: range) -> None:
        """Decide the next orders, and see what becomes of the plans."""
        self.pricing.look(numbers.start, self.asked.orders, self.stock, self.success)
        orders = [self.season.orders[number] for number in numbers]
        if self.way.together:
            began = time.process_time()
            waits, seconds = Order(at=numbers.start), self.asked.effort.seconds
            plans = decide_together(orders, self.stock, self.pricing.sourcing, waits, seconds, self.success)
            self.cpu_seconds += time.process_time() - began
        else:
            plans = [self._plan(number, needs, self.stock) for number, (_, needs) in zip(numbers, orders, strict=True)]
        for plan in plans:
            self._reserve(plan)
        for number, plan in zip(numbers, plans, strict=True):
            self._see(number, plan)

    def _plan(self, number: int, needs: tuple[Need, ...], stock: Stock) -> Plan:
        offered = candidates(self.season.orders[number][0], needs, stock, self.success)
        began = time.process_time()
        plan = self.way.decide(needs, offered, self.pricing.sourcing, Order(at=number))
        self.cpu_seconds += time.process_time() - began
        return plan

    def _reserve(self, plan: Plan) -> None:
        for parcel in plan.parcels:
            for sku, units in parcel.units.items():
                self.stock[parcel.location, sku] -= units
                assert self.stock[parcel.location, sku] >= 0  # noqa: S101  a plan never sends what is not there

    def _see(self, number: int, plan: Plan) -> None:
        """Pick a plan; what is not found is sourced again from where nobody has looked yet."""
        searched: set[tuple[str, str]] = set()
        while True:
            missing = self._pick(number, plan)
            self.units_unfilled += plan.units_unfilled
            self.cost += plan.units_unfilled * self.costs.unfilled
            if not missing:
                return
            searched |= {(parcel, sku) for parcel, sku, _ in missing}
            self.cost += sum(units for _, _, units in missing) * int(SEARCH_MINOR * MINOR)
            plan = self._source_again(number, missing, searched)
            self._reserve(plan)

    def _pick(self, number: int, plan: Plan) -> list[tuple[str, str, Units]]:
        """Pay for what is found; the rest comes back as (location, sku, units)."""
        city = self.season.orders[number][0]
        missing: list[tuple[str, str, Units]] = []
        for parcel in plan.parcels:
            found = 0
            for sku, units in parcel.units.items():
                if (number, sku, parcel.location) in self.season.rejected:
                    missing.append((parcel.location, sku, units))
                else:
                    found += units
            if found:
                self.parcels += 1
                self.cost += paid(self.costs, _DISTANCE_KM[city, parcel.location], found)
        return missing

    def _source_again(
        self, number: int, missing: list[tuple[str, str, Units]], searched: set[tuple[str, str]]
    ) -> Plan:  # fmt: skip
        units: dict[str, Units] = {}
        for _, sku, some in missing:
            units[sku] = units.get(sku, 0) + some
        needs = tuple(Need(sku, some) for sku, some in units.items())
        left = {cell: 0 if cell in searched else some for cell, some in self.stock.items()}
        return self._plan(number, needs, left)


def paid(costs: Costs, distance_km: float, units: Units) -> Millionths:
    """What a parcel of so many units costs over that way."""
    return costs.parcel + units * (costs.unit + round(costs.unit_per_km * distance_km))


_DISTANCE_KM = {
    (city, centre.name): distance
    for city, row in enumerate(DISTANCES_KM)
    for centre, distance in zip(CENTRES, row, strict=True)
}


def _hindsight(one: Season) -> tuple[Millionths, float]:
    """The least that all orders could cost, and units that are refused then."""
    expected = [
        Waiting(needs, tuple(_where_found(one, number, candidates(city, needs, one.stock))))
        for number, (city, needs) in enumerate(one.orders)
    ]
    found = Sourcing(policy_of(0.0)).spread(expected, one.stock)
    return found.cost, found.unfilled


def _where_found(one: Season, number: int, offered: Sequence[Candidate]) -> Iterator[Candidate]:
    for candidate in offered:
        have = {
            sku: 0 if (number, sku, candidate.location) in one.rejected else units
            for sku, units in candidate.available.items()
        }
        yield Candidate(candidate.location, candidate.kind, have, candidate.distance_km)


def _row(way: Way, rejected: float, outcomes: Sequence[Outcome], bounds: Sequence[Millionths]) -> Row:
    ratios = [outcome.cost / bound for outcome, bound in zip(outcomes, bounds, strict=True)]
    ratio, half = fmean(ratios), half_interval(ratios)
    orders = sum(one.orders for one in outcomes)
    cpu_us = sum(one.deciding_cpu_seconds for one in outcomes) / orders * 1e6
    aim = AIMS.get(way.name) if not rejected else None
    return Row(
        way.name, rejected, ratio, ratio - half, ratio + half,
        sum(one.parcels for one in outcomes) / orders,
        fmean(one.units_unfilled for one in outcomes),
        cpu_us,
        sum(one.pricing_cpu_seconds for one in outcomes) / orders * 1e3,
        aim, None if aim is None else ratio <= aim and cpu_us <= AIM_US,
    )  # fmt: skip


_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093)  # fmt: skip
"""Student's t for 95 % and 1, 2, ... degrees of freedom; beyond, 2.093 is on the safe side."""


def half_interval(values: Sequence[float]) -> float:
    """Half the 95 % interval of a mean; 0 for a single value, which tells nothing of its spread."""
    if len(values) < 2:
        return 0.0
    return _T95[min(len(values) - 1, len(_T95)) - 1] * stdev(values) / math.sqrt(len(values))


def _versions() -> dict[str, str]:
    found = {}
    for name in ("highspy", "numpy"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
