"""A made-up season of orders: ten cities, five fulfilment centres, twenty items, and stock for about what is expected.

The cities are the ten most populous of the United States, and orders come from them in proportion to the people who
live there (census of 2020); the centres stand where such centres stand. Distances are great circles.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from noline.insight.sourcing.model import Candidate, Need, Stock, Waiting
from noline.kernel.geo import kilometres


class Place(NamedTuple):
    """A place on earth, in degrees, and how many people live there."""

    name: str
    latitude: float
    longitude: float
    people: int = 0


CITIES = (
    Place("New York", 40.71, -74.01, 8_804_190), Place("Los Angeles", 34.05, -118.24, 3_898_747),
    Place("Chicago", 41.88, -87.63, 2_746_388), Place("Houston", 29.76, -95.37, 2_304_580),
    Place("Phoenix", 33.45, -112.07, 1_608_139), Place("Philadelphia", 39.95, -75.17, 1_603_797),
    Place("San Antonio", 29.42, -98.49, 1_434_625), Place("San Diego", 32.72, -117.16, 1_386_932),
    Place("Dallas", 32.78, -96.80, 1_304_379), Place("San Jose", 37.34, -121.89, 1_013_240),
)  # fmt: skip
CENTRES = (
    Place("Allentown", 40.60, -75.47), Place("Atlanta", 33.75, -84.39), Place("Joliet", 41.53, -88.08),
    Place("Fort Worth", 32.76, -97.33), Place("Reno", 39.53, -119.81),
)  # fmt: skip
ITEMS = tuple(f"item-{number:02d}" for number in range(1, 21))
LINES = {1: 0.45, 2: 0.25, 3: 0.15, 4: 0.10, 5: 0.05}
"""How many different items an order has."""
TWO_UNITS = 0.15
"""The share of lines that ask for two units instead of one."""
CARRIED = 0.75
"""The chance that a centre carries an item; at least one does."""

PAST_SEASONS = 10
"""What is expected is the mean of so many seasons of the same kind."""

KM_A_MILE = 1.609344

Basket = tuple[int, tuple[Need, ...]]
"""The city of an order, and what it asks for."""


class Season(NamedTuple):
    """Orders as they come, those of ten seasons before, and the stock before the first order.

    rejected: (number of the order, sku, centre) of picks that will find nothing.
    """

    orders: list[Basket]
    past: list[Basket]
    stock: Stock
    rejected: frozenset[tuple[int, str, str]]


def season(seed: int, orders: int, rejected: float = 0.0) -> Season:
    """A season of about so many orders: Poisson arrivals; the same seed makes the same.

    rejected: the share of picks that find nothing. The orders are the same for any share.
    """
    chance = Random(seed)  # noqa: S311  seeded, so that a run can be had again
    weights = _popularity(chance)
    past = [_basket(chance, weights) for _ in range(PAST_SEASONS * orders)]
    sold: Counter[str] = Counter()
    for _, needs in past:
        for need in needs:
            sold[need.sku] += need.units
    stock = _stocked(chance, {sku: round(units / PAST_SEASONS) for sku, units in sold.items()})
    made = [_basket(chance, weights) for _ in range(_poisson(chance, orders))]
    failing = frozenset(
        [
            (number, need.sku, centre.name)
            for number, (_, needs) in enumerate(made)
            for need in needs
            for centre in CENTRES
            if chance.random() < rejected
        ]
    )
    return Season(made, past, stock, failing)


def candidates(city: int, needs: tuple[Need, ...], stock: Stock, pick_success: float = 1.0) -> tuple[Candidate, ...]:
    """The five centres, as they are for one order."""
    return tuple([
        Candidate(
            centre.name, "warehouse", {need.sku: stock.get((centre.name, need.sku), 0) for need in needs},
            distance, pick_success=pick_success,
        )
        for centre, distance in zip(CENTRES, DISTANCES_KM[city], strict=True)
    ])  # fmt: skip


def future(chance: Random, past: Sequence[Basket], orders: int, stock: Stock, pick_success: float) -> list[Waiting]:
    """One way in which about so many orders may come, drawn from those of the past."""
    drawn = Counter(chance.choices(past, k=_poisson(chance, orders)))
    return [
        Waiting(needs, candidates(city, needs, stock, pick_success), times=float(times))
        for (city, needs), times in drawn.items()
    ]


def _popularity(chance: Random) -> list[float]:
    """Weights of the items: a few sell most, in an order drawn by chance."""
    weights = [1 / rank**0.8 for rank in range(1, len(ITEMS) + 1)]
    chance.shuffle(weights)
    return weights


def _basket(chance: Random, weights: list[float]) -> Basket:
    city = chance.choices(range(len(CITIES)), [city.people for city in CITIES])[0]
    count = chance.choices(list(LINES), list(LINES.values()))[0]
    items: set[str] = set()
    while len(items) < count:
        items.add(chance.choices(ITEMS, weights)[0])
    return city, tuple(Need(item, 2 if chance.random() < TWO_UNITS else 1) for item in sorted(items))


def _stocked(chance: Random, units: dict[str, int]) -> Stock:
    """The units of each item in equal shares where it is carried."""
    stock: Stock = {}
    for sku in sorted(units):
        carrying = [centre.name for centre in CENTRES if chance.random() < CARRIED]
        carrying = carrying or [chance.choice(CENTRES).name]
        each, rest = divmod(units[sku], len(carrying))
        for place, name in enumerate(carrying):
            stock[name, sku] = each + (place < rest)
    return stock


def _poisson(chance: Random, mean: int) -> int:
    count, passed = 0, chance.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1)
    return count


DISTANCES_KM = [
    [round(kilometres((city.latitude, city.longitude), (centre.latitude, centre.longitude)), 1) for centre in CENTRES]
    for city in CITIES
]
"""From each city to each centre."""
