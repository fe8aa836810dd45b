"""How much of an order's surplus each who took part in it gets: every method is only other weights.

Weights are whole numbers, 0 or more; only how they compare within one order matters. Where all of an order come to 0,
its participants share equally.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import NamedTuple

import numpy as np

from noline.insight.credit.model import ACTS, Trade
from noline.insight.credit.rules import METHODS
from noline.insight.credit.splitting import Seats, per_segment, segments, sums
from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotReadable
from noline.stores.walks.arrays import Flags, Longs

HEAVIEST = 1_000_000
"""The largest weight of a unit."""

CAPTURE = ACTS.index("capture")

_STEPS = 64
_HALVING = np.array([int(Decimal(2**19) * Context(40).power(2, Decimal(-n) / _STEPS)) for n in range(_STEPS)], np.int64)
"""What an act weighs after so many 64ths of a half-life: 2^19 at first, rounded down; the same on any machine."""

_MOST_HALVINGS = 20


class MethodUnknown(NotReadable):
    """A way to share that there is not."""

    code = "credit.method_unknown"
    sentence = "What an order leaves cannot be shared by {method!r}."
    hint = "Name one of the methods that docs/credit.md lists, such as equal."


class WeightsWrong(NotReadable):
    """Weights that a method cannot share by."""

    code = "credit.weights_wrong"
    sentence = "The method {method} cannot share by these weights: {why}."
    hint = "Give whole numbers from 0 to 1000000, one for each unit that has one."


@dataclass(frozen=True)
class Method:
    """A way to share what an order leaves after its work is repaid.

    `equal`      all who took part get the same: the Shapley value of each order's surplus
    `first`      the unit of the first act gets all
    `last`       the unit that captured the order gets all
    `linear`     by the number of acts
    `position`   the first act, those between, the capture: by the three numbers of `position`
    `decay`      an act counts half for each half-life that it lies before the order
    `roles`      by `weights` of units, 1 where none is told: the weighted Shapley value
    `ordered`    by order of arrival: of n units the first has the weight n, the last 1
    `markov`     by `weights` of units, their removal effects (`whole_weights`); 0 where none is told
    `calibrated` by `weights` of units, what experiments say that they bring; 0 where none is told

    `first` and `position` look at what led to the order: acts up to its placement, the capture being the last. The
    others look at all acts; one after the placement counts in `decay` like one at the placement. half_life_us:
    microseconds, above 0.
    """

    name: str = "equal"
    weights: Mapping[str, int] | None = None
    half_life_us: Micros = 7 * DAY
    position: tuple[int, int, int] = (40, 20, 40)

    def __post_init__(self) -> None:
        """Refuse what nothing can be shared by. Raises MethodUnknown and WeightsWrong."""
        if self.name not in METHODS:
            raise MethodUnknown(method=self.name)
        if self.half_life_us <= 0:
            raise WeightsWrong(method=self.name, why="a half-life is longer than nothing")
        if self.name in _BY_UNIT and self.weights is None:
            raise WeightsWrong(method=self.name, why="none are told")
        for name, weight in [*(self.weights or {}).items(), *(("position", one) for one in self.position)]:
            if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= HEAVIEST:
                raise WeightsWrong(method=self.name, why=f"{name} has {weight!r}")


_BY_UNIT = {"roles": 1, "markov": 0, "calibrated": 0}
"""The methods that weigh units, and what a unit weighs that is not named."""


def whole_weights(numbers: Mapping[str, float]) -> dict[str, int]:
    """Weights from measured numbers, such as removal effects: the largest becomes a million; below 0 counts as 0.

    Raises WeightsWrong for a number that is not finite.
    """
    if not all(math.isfinite(one) for one in numbers.values()):
        raise WeightsWrong(method="measured", why="a number is not finite")
    most = max(numbers.values(), default=0.0)
    scale = HEAVIEST / most if most > 0 else 0.0
    return {name: min(HEAVIEST, max(0, round(number * scale))) for name, number in numbers.items()}


class Asked(NamedTuple):
    """A trade with its seats. taking: which seats take part in what is left. of: for each seat its order."""

    trade: Trade
    seats: Seats
    taking: Flags
    of: Longs


def taking_part(trade: Trade, seats: Seats) -> Flags:
    """The seats whose unit takes part in what is left: it acted and `trade.shares`, or it captured the order."""
    shares = np.append(trade.shares, False)
    found = shares[seats.unit] & (seats.acts > 0)
    found[seats.captor] = True
    return found


def weights_of(trade: Trade, seats: Seats, taking: Flags, method: Method) -> Longs:
    """The weight of each seat, 0 of those that do not take part; above 0 for somebody at every order."""
    if method.name == "equal":
        return taking.astype(np.int64)
    asked = Asked(trade, seats, taking, segments(seats.offsets))
    found = _WAYS[method.name](asked, method) * taking
    idle = per_segment(found, seats.offsets) == 0
    return found + (taking & idle[asked.of]) if idle.any() else found


def _first(asked: Asked, method: Method) -> Longs:
    del method
    rows, seats = _path(asked)
    orders = asked.trade.work.order[rows]
    begins = np.diff(orders, prepend=-1) > 0
    first = asked.seats.captor.copy()
    first[orders[begins]] = seats[begins]
    return _ones_at(first, asked.of.size)


def _last(asked: Asked, method: Method) -> Longs:
    del method
    return _ones_at(asked.seats.captor, asked.of.size)


def _linear(asked: Asked, method: Method) -> Longs:
    del method
    found = asked.seats.acts.copy()
    captor = asked.seats.captor
    found[captor] = np.maximum(found[captor], 1)
    return found


def _position(asked: Asked, method: Method) -> Longs:
    opening, between, closing = method.position
    rows, seats = _path(asked)
    orders = asked.trade.work.order[rows]
    count = np.bincount(orders, minlength=len(asked.trade.orders.ids)).astype(np.int64)
    others = np.maximum(count - 1, 1)
    weight = np.where(np.diff(orders, prepend=-1) > 0, opening * others[orders], between)
    last = np.where(count > 0, closing * others, 1)
    return sums(np.concatenate([seats, asked.seats.captor]), np.concatenate([weight, last]), asked.of.size)


def _decay(asked: Asked, method: Method) -> Longs:
    work, half = asked.trade.work, method.half_life_us
    age = np.maximum(asked.trade.orders.placed_at[work.order] - work.at, 0)
    weight = _HALVING[_steps(age % half, half)] >> np.minimum(age // half, _MOST_HALVINGS)
    found = sums(_seats_of_work(asked), weight, asked.of.size)
    captor = asked.seats.captor
    found[captor[asked.seats.acts[captor] == 0]] = _HALVING[0]  # a capture that nobody told is an act at the placement
    return found


def _steps(part: Longs, half: Micros) -> Longs:
    """How many 64ths of a half-life; a part of one so long that 64 of it run over is counted in milliseconds."""
    if half >= 2**56:
        part, half = part >> 10, half >> 10
    return np.minimum(part * _STEPS // half, _STEPS - 1)


def _ordered(asked: Asked, method: Method) -> Longs:
    del method
    work, size = asked.trade.work, asked.of.size
    row, at = np.full(size, work.order.size, np.int64), np.zeros(size, np.int64)
    seats = _seats_of_work(asked)
    row[seats[::-1]] = np.arange(work.order.size - 1, -1, -1)
    at[seats[::-1]] = work.at[::-1]
    captor = asked.seats.captor
    untold = asked.seats.acts[captor] == 0
    at[captor[untold]] = asked.trade.orders.placed_at[untold]
    members = np.flatnonzero(asked.taking)
    order = members[np.lexsort((row[members], at[members], asked.of[members]))]
    count = per_segment(asked.taking.astype(np.int64), asked.seats.offsets)
    begins = np.concatenate([[0], np.cumsum(count)])[asked.of[order]]
    found = np.zeros(size, np.int64)
    found[order] = count[asked.of[order]] - (np.arange(order.size) - begins)
    return found


def _by_unit(asked: Asked, method: Method) -> Longs:
    told, untold = method.weights or {}, _BY_UNIT[method.name]
    return np.array([*(told.get(unit, untold) for unit in asked.trade.units), 0], np.int64)[asked.seats.unit]


def _path(asked: Asked) -> tuple[Longs, Longs]:
    """The acts that led to each order but its capture, and their seats: of those who take part, up to the placement."""
    work, orders, seats = asked.trade.work, asked.trade.orders, _seats_of_work(asked)
    captures = (work.act == CAPTURE) & (work.unit == orders.captured_by[work.order])
    rows = np.flatnonzero(asked.taking[seats] & (work.at <= orders.placed_at[work.order]) & ~captures)
    return rows, seats[rows]


def _seats_of_work(asked: Asked) -> Longs:
    """For each act the seat of its unit."""
    width = len(asked.trade.units) + 1
    keys = asked.of * width + asked.seats.unit
    return np.searchsorted(keys, asked.trade.work.order * width + asked.trade.work.unit).astype(np.int64)


def _ones_at(places: Longs, size: int) -> Longs:
    found = np.zeros(size, np.int64)
    found[places] = 1
    return found


_WAYS: Mapping[str, Callable[[Asked, Method], Longs]] = {
    "first": _first,
    "last": _last,
    "linear": _linear,
    "position": _position,
    "decay": _decay,
    "roles": _by_unit,
    "ordered": _ordered,
    "markov": _by_unit,
    "calibrated": _by_unit,
}
