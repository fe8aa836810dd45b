"""Ways of deciding who serves an order, from the simplest rule to a solver."""

import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Literal, NamedTuple

from noline.doors.bench.sourcing_data import Basket, candidates, future
from noline.insight.sourcing.model import Candidate, Need, Order, Plan, Stock, Waiting
from noline.insight.sourcing.offers import NO_SHADOW, Offer, Offers, offers_of, plan_of
from noline.insight.sourcing.service import Sourcing
from noline.kernel.quantities import Units

Decide = Callable[[Sequence[Need], Sequence[Candidate], Sourcing, Order], Plan]
Priced = Literal["never", "once", "again"]

CENTRES_BY_RANK = ("Joliet", "Fort Worth", "Allentown", "Atlanta", "Reno")
"""The order in which a fixed rank asks the centres: those in the middle of the country first."""


PRICED_AGAIN_SCARCITY = 0.8
"""Best of 0.7, 0.8 and 1 on the seasons of seeds 1 to 3; figures for publication come from other seeds."""

PRICED_ONCE_PROTECTION = 0.8
"""Best of 0.5 to 1 on the seasons of seeds 21 to 40, and within 0.001 of that from 0.75 to 0.85."""


class Way(NamedTuple):
    """A way of deciding. priced: when shadow prices are made. together: whether orders wait for each other.

    scarcity: how much of a price counts that is the same in every place; at 0 prices refuse nothing. protection: how
    much counts of what the next unit is worth to those who gain more by it.
    """

    name: str
    decide: Decide
    priced: Priced = "never"
    together: bool = False
    scarcity: float = 1.0
    protection: float = 0.0


class Effort(NamedTuple):
    """How much the ways with a solver may do.

    window: orders that wait together. seconds: of the solver for a window. repricings: in a season. futures: that each
    pricing looks at.
    """

    window: int
    seconds: float
    repricings: int
    futures: int


class Pricing:
    """Makes shadow prices when they are due, and counts what that takes."""

    def __init__(self, way: Way, effort: Effort, sourcing: Sourcing, past: Sequence[Basket], chance: Random) -> None:
        """Take what is known before the season."""
        self.way, self.effort, self.sourcing, self.past, self.chance = way, effort, sourcing, past, chance
        self.cpu_seconds = 0.0
        self._next = 0

    def look(self, done: int, expected: int, stock: Stock, pick_success: float) -> None:
        """Make prices anew if it is time, after so many orders of those that were expected."""
        if self.way.priced == "never" or done < self._next:
            return
        began = time.process_time()
        left = max(1, expected - done)
        futures = [future(self.chance, self.past, left, stock, pick_success) for _ in range(self.effort.futures)]
        outlook = self.sourcing.outlook(futures, stock, scarcity=self.way.scarcity, protection=self.way.protection)
        self.sourcing = self.sourcing.with_outlook(outlook._replace(since=done, until=done + left))
        self.cpu_seconds += time.process_time() - began
        self._next = done + expected // self.effort.repricings if self.way.priced == "again" else 10 * expected


def nearest(needs: Sequence[Need], offered: Sequence[Candidate], sourcing: Sourcing, order: Order) -> Plan:
    """The nearest that has everything; else from the nearest outwards, whatever each has."""
    asked = offers_of(needs, offered, sourcing.policy, order, NO_SHADOW)
    return _first(asked, sorted(asked.offers, key=lambda offer: offer.candidate.distance_km))


def ranked(needs: Sequence[Need], offered: Sequence[Candidate], sourcing: Sourcing, order: Order) -> Plan:
    """The first on a fixed list that has everything; else down the list, whatever each has."""
    asked = offers_of(needs, offered, sourcing.policy, order, NO_SHADOW)
    return _first(asked, sorted(asked.offers, key=lambda offer: CENTRES_BY_RANK.index(offer.candidate.location)))


def exact(needs: Sequence[Need], offered: Sequence[Candidate], sourcing: Sourcing, order: Order) -> Plan:
    """The cheapest plan of this order, with what its units are worth to later ones."""
    return sourcing.choose(needs, offered, order).plan


WAYS = (
    Way("fixed rank", ranked),
    Way("nearest", nearest),
    Way("exact", exact),
    Way("exact, priced once", exact, "once", scarcity=0.0, protection=PRICED_ONCE_PROTECTION),
    Way("exact, priced again", exact, "again", scarcity=PRICED_AGAIN_SCARCITY),
    Way("window, priced again", exact, "again", together=True, scarcity=PRICED_AGAIN_SCARCITY),
)


def decide_together(
    orders: Sequence[Basket], stock: Stock, sourcing: Sourcing, order: Order, seconds: float, pick_success: float
) -> list[Plan]:
    """What a window of orders gets."""
    waiting = [Waiting(needs, candidates(city, needs, stock, pick_success), order) for city, needs in orders]
    return [decision.plan for decision in sourcing.place(waiting, stock, seconds=seconds).decisions]


def _first(asked: Offers, order: Sequence[Offer]) -> Plan:
    whole = [offer for offer in order if [line.units for line in offer.lines] == [units for _, units in asked.lines]]
    missing = [units for _, units in asked.lines]
    sent: list[tuple[Offer, dict[int, Units]]] = []
    for offer in whole[:1] or order:
        taken = {line.at: min(line.units, missing[line.at]) for line in offer.lines if missing[line.at]}
        for at, units in taken.items():
            missing[at] -= units
        if taken:
            sent.append((offer, taken))
    return plan_of(asked, sent)
