"""What the books are made of: orders, the work that units did on them, and what came back.

Everything is a column of whole numbers, so that ten million orders are shared in a second; money is in minor units of
the order's own currency, and amounts of two currencies are never added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from noline.stores.walks.arrays import Longs

if TYPE_CHECKING:
    import pyarrow as pa

ACTS = ("inspire", "advise", "capture", "pay", "pick", "hand over", "deliver", "take back", "serve")
"""What a unit can do for an order; their codes are the places in this tuple."""

BASELINE = "baseline"
"""The payee of what would have come anyway; it is no unit, does no work and owns no decision."""

NOBODY = -1
"""In place of a code or a person: none is known."""


class Orders(NamedTuple):
    """One row an order that stands, or that was cancelled or expired after work was done for it.

    ids: as the channels say. placed_at: microseconds since 1970 UTC. captured_by, owner: units; the owner bears what
    an order loses (whoever decided that delivery or returns are free). currency: a code of `Trade.currencies`.
    value_minor: what the customer pays. margin_minor: value less tax and goods; may be negative. baseline_ppm: of a
    surplus so many millionths would have come anyway. person: NOBODY when nobody is known. stands: 1, or 0 of an
    order that was cancelled or expired: its value and margin are 0, and its work is repaid like any other.
    """

    ids: "pa.StringArray"
    placed_at: Longs
    captured_by: Longs
    owner: Longs
    currency: Longs
    value_minor: Longs
    margin_minor: Longs
    baseline_ppm: Longs
    person: Longs
    country: Longs
    stands: Longs


class Work(NamedTuple):
    """One row an act of one unit for one order, by order, then time. order: the row of `Orders`.

    cost_minor: in the order's currency, never negative. minutes: of work.
    """

    order: Longs
    unit: Longs
    act: Longs
    at: Longs
    minutes: Longs
    cost_minor: Longs


class Returns(NamedTuple):
    """One row a return, or money given back without goods, by order, then time.

    goods: 1 of a return, that the unit took back at cost_minor (0 or more); 0 of money alone, that the unit gave back:
    no work, and no cost of it. value_minor: what the goods were worth, or how much money. margin_minor: what of the
    order's margin it takes back, 0 or more, never more than is left of it; a negative or no margin is never given back.
    lost_minor: what money without goods loses beyond the margin that was left; 0 of a return. owner: the unit that
    bears what the shares do not cover.
    """

    order: Longs
    unit: Longs
    owner: Longs
    at: Longs
    minutes: Longs
    value_minor: Longs
    margin_minor: Longs
    cost_minor: Longs
    goods: Longs
    lost_minor: Longs


@dataclass(frozen=True, eq=False)
class Trade:
    """All that was sold. units: every unit by name, in order; a unit is a store, a channel or a depot.

    shares: which units take part in what is left after the work is paid; a depot may be paid for its work alone.
    countries: names of the codes in `Orders.country`; "" where none was told.
    """

    units: tuple[str, ...]
    currencies: tuple[str, ...]
    countries: tuple[str, ...]
    shares: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    orders: Orders
    work: Work
    returns: Returns

    def unit(self, name: str) -> int:
        """The code of a unit; NOBODY for a name that is none."""
        return self.units.index(name) if name in self.units else NOBODY


def trade_of_rows(
    units: Sequence[str],
    orders: Sequence[tuple[str, str, int, Sequence[tuple[str, str, int]]]],
    *,
    currency: str = "EUR",
) -> Trade:
    """A small trade from rows, for examples: (order id, captured by, margin, [(unit, act, cost), ...]).

    Each order happens a minute after the one before; all units share; the capturing unit owns the decisions.
    """
    import pyarrow as pa

    code = {unit: number for number, unit in enumerate(units)}
    minute = 60_000_000
    margins = np.array([margin for _, _, margin, _ in orders], np.int64)
    captors = np.array([code[captor] for _, captor, _, _ in orders], np.int64)
    none = np.zeros(len(orders), np.int64)
    work = [
        (number, code[unit], ACTS.index(act), number * minute, 0, cost)
        for number, (_, _, _, acts) in enumerate(orders)
        for unit, act, cost in acts
    ]
    longs = [np.array(column, np.int64) for column in zip(*work, strict=True)] if work else [none[:0]] * 6
    return Trade(
        tuple(units),
        (currency,),
        ("",),
        np.ones(len(units), np.bool_),
        Orders(
            pa.array([order_id for order_id, *_ in orders], pa.string()),
            np.arange(len(orders), dtype=np.int64) * minute,
            captors, captors, none, margins, margins, none, none + NOBODY, none, none + 1,
        ),
        Work(*longs),
        Returns(*[none[:0]] * len(Returns._fields)),
    )  # fmt: skip
