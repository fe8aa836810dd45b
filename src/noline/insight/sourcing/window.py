"""Orders that wait a little are decided together.

One by one is the plan to begin with. A solver then looks for a plan of all of them that weighs less; whatever it brings
is counted and priced here again, and taken only when it fits the stock and is better.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from noline.insight.sourcing.choosing import best_two, sent_by
from noline.insight.sourcing.model import Candidate, Decision, Millionths, Plan, Shadow, Stock, Waiting
from noline.insight.sourcing.offers import NO_SHADOW, Offers, Sent, decision_of, offers_of, plan_of
from noline.insight.sourcing.policy import Policy
from noline.insight.sourcing.programme import NotSolved, Programme, programme_of, solve
from noline.kernel.quantities import Units

Allocation = list[dict[int, dict[int, Units]]]
"""For each order: units by line by place of the offer."""


class Window(NamedTuple):
    """What was decided for orders that waited together, in their order.

    weighed, one_by_one: the weighed cost of these decisions, and of deciding one after the other, in millionths.
    bound: nothing weighs less; None when the solver told none. by: whose plan it is.
    """

    decisions: tuple[Decision, ...]
    weighed: Millionths
    one_by_one: Millionths
    bound: Millionths | None
    by: Literal["one by one", "together"]


def place(
    waiting: Sequence[Waiting], stock: Stock, policy: Policy, *, seconds: float, shadow: Shadow = NO_SHADOW,
    gap: float = 1e-4,
) -> Window:  # fmt: skip
    """Decide orders together, in at most so many seconds of the solver; never dearer than one by one.

    stock: what they share; what a candidate has available beyond it is not used. gap: the share of the cost by which
    the plan may miss the best. Raises NeedUnreadable and CandidateTwice.
    """
    asked = [_asked(one, stock, policy, shadow) for one in waiting]
    room = _room(waiting, policy)
    first = _one_by_one(asked, stock, room)
    found, bound = _together(asked, first, stock, room, seconds, gap)
    before, after = _weighed(asked, first), _weighed(asked, found)
    better = after < before and _fits(asked, found, stock, room)
    sent = found if better else first
    return Window(
        tuple(_decisions(waiting, asked, sent, stock)),
        after if better else before, before, bound, "together" if better else "one by one",
    )  # fmt: skip


def _asked(one: Waiting, stock: Stock, policy: Policy, shadow: Shadow) -> Offers:
    return offers_of(one.needs, [_at_most(candidate, stock) for candidate in one.candidates], policy, one.order, shadow)


def _at_most(candidate: Candidate, stock: Stock) -> Candidate:
    """The candidate with no more than the stock holds."""
    have = {sku: min(units, stock.get((candidate.location, sku), 0)) for sku, units in candidate.available.items()}
    return msgspec.structs.replace(candidate, available=have)


def _room(waiting: Sequence[Waiting], policy: Policy) -> dict[str, int]:
    """Parcels that locations have left; who may take any number is not named."""
    room: dict[str, int] = {}
    for candidate in (candidate for one in waiting for candidate in one.candidates):
        left = policy.rules.capacity(candidate)
        if left is not None:
            room[candidate.location] = max(0, min(left, room.get(candidate.location, left)))
    return room


def _one_by_one(asked: Sequence[Offers], stock: Stock, room: Mapping[str, int]) -> Allocation:
    left, parcels = dict(stock), dict(room)
    found: Allocation = []
    for one in asked:
        now = _as_left(one, left, parcels)
        places = {offer.candidate.location: place for place, offer in enumerate(one.offers)}
        sent = sent_by(now, best_two(now)[0][3])
        found.append({places[offer.candidate.location]: dict(taken) for offer, taken in sent})
        for offer, taken in sent:
            location = offer.candidate.location
            if location in parcels:
                parcels[location] -= 1
            for at, units in taken.items():
                left[location, one.lines[at][0]] -= units
    return found


def _as_left(one: Offers, left: Stock, parcels: Mapping[str, int]) -> Offers:
    """The same order with what earlier ones left."""
    offers = []
    for offer in one.offers:
        location = offer.candidate.location
        lines = [
            line._replace(units=min(line.units, have))
            for line in offer.lines
            if (have := left.get((location, one.lines[line.at][0]), 0)) > 0
        ]
        if lines and parcels.get(location, 1) > 0:
            net = sum(line.units * line.gain for line in lines) - offer.parcel
            offers.append(offer._replace(lines=lines, net=net))
    offers.sort(key=lambda offer: (-offer.net, offer.rank, offer.candidate.location))
    return one._replace(offers=offers)


def _together(
    asked: Sequence[Offers], first: Allocation, stock: Stock, room: Mapping[str, int], seconds: float, gap: float
) -> tuple[Allocation, Millionths | None]:
    programme = programme_of(asked, [1.0] * len(asked), stock, room)
    if not programme.columns:
        return first, None
    start = [float(_taken(first, column.order, column.offer, column.line)) for column in programme.columns]
    try:
        solved = solve(programme, whole=True, seconds=seconds, start=start, gap=gap)
    except NotSolved:
        return first, None
    return _allocation(programme, solved.values, len(asked)), _in_millionths(solved.bound)


def _taken(allocation: Allocation, order: int, offer: int, line: int | None) -> Units:
    if line is None:
        return 1 if offer in allocation[order] else 0
    return allocation[order].get(offer, {}).get(line, 0)


def _allocation(programme: Programme, values: Sequence[float], orders: int) -> Allocation:
    found: Allocation = [{} for _ in range(orders)]
    for column, value in zip(programme.columns, values, strict=True):
        units = round(value)
        if column.line is not None and units:
            found[column.order].setdefault(column.offer, {})[column.line] = units
    return found


def _in_millionths(bound: float) -> Millionths | None:
    return round(bound * 1_000_000) if abs(bound) < 1e30 else None


def _weighed(asked: Sequence[Offers], allocation: Allocation) -> Millionths:
    return sum(_plan(one, sent).parts.weighed for one, sent in zip(asked, allocation, strict=True))


def _plan(one: Offers, allocation: Mapping[int, dict[int, Units]]) -> Plan:
    return plan_of(one, _sent(one, allocation))


def _sent(one: Offers, allocation: Mapping[int, dict[int, Units]]) -> Sent:
    return [(one.offers[place], taken) for place, taken in sorted(allocation.items())]


def _decisions(
    waiting: Sequence[Waiting], asked: Sequence[Offers], allocation: Allocation, stock: Stock
) -> Iterator[Decision]:
    """Each decision beside what the orders before it had left, so that it can be decided again by itself."""
    left, parcels = dict(stock), Counter[str]()
    for one, offers, taken in zip(waiting, asked, allocation, strict=True):
        sent = _sent(offers, taken)
        candidates = [_later(candidate, left, parcels[candidate.location]) for candidate in one.candidates]
        now = offers_of(one.needs, candidates, offers.policy, one.order, offers.shadow)
        yield decision_of(now, sent, _other_than({offer.candidate.location for offer, _ in sent}, now))
        for offer, units in sent:
            location = offer.candidate.location
            parcels[location] += 1
            for at, some in units.items():
                left[location, offers.lines[at][0]] -= some


def _later(candidate: Candidate, left: Stock, parcels: int) -> Candidate:
    """The candidate after so many parcels of the same window."""
    told = candidate.capacity_left
    return msgspec.structs.replace(
        _at_most(candidate, left),
        parcels_today=candidate.parcels_today + parcels,
        capacity_left=None if told is None else told - parcels,
    )


def _other_than(locations: set[str], asked: Offers) -> Plan | None:
    """The best plan of an order by itself from another set of locations."""
    for found in best_two(asked):
        if found is not None:
            plan = plan_of(asked, sent_by(asked, found[3]))
            if set(plan.locations) != locations:
                return plan
    return None


def _fits(asked: Sequence[Offers], allocation: Allocation, stock: Stock, room: Mapping[str, int]) -> bool:
    """Whether nobody sends more than is asked, than it may offer, than it holds, or more parcels than it can."""
    left, parcels = dict(stock), dict(room)
    for one, sent in zip(asked, allocation, strict=True):
        missing = [units for _, units in one.lines]
        for place, taken in sent.items():
            offer = one.offers[place]
            location = offer.candidate.location
            parcels[location] = parcels.get(location, len(asked)) - 1
            offered = {line.at: line.units for line in offer.lines}
            for at, units in taken.items():
                missing[at] -= units
                left[location, one.lines[at][0]] -= units
                if not 0 < units <= offered.get(at, 0):
                    return False
        if min(missing, default=0) < 0 or len(sent) > (one.policy.rules.most_parcels or len(one.candidates)):
            return False
    return min(left.values(), default=0) >= 0 and min(parcels.values(), default=0) >= 0
