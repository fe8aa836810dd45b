"""What each location that may serve an order could send, and at which price.

Every cost of a plan is either of a parcel (its location sends at all) or of a unit (it sends that one), so an order is
known by one number a location and one number a location and line. Refusing is the price that all are held against: a
unit whose cost is above it is not offered, and what an offer gains is how far it stays below.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from noline.insight.sourcing.model import (
    MOST_CANDIDATES,
    Candidate,
    CandidateTwice,
    Considered,
    Decision,
    Millionths,
    Need,
    Order,
    Parcel,
    Parts,
    Plan,
    Price,
    Shadow,
    Why,
    lines_of,
)
from noline.insight.sourcing.policy import Costs, Policy
from noline.kernel.quantities import Units

NO_SHADOW: Shadow = {}
"""Nothing is worth anything to later orders."""


class Line(NamedTuple):
    """Units that a location could send of one line, of so many asked, and what each gains against being refused."""

    at: int
    units: Units
    gain: Millionths


class Offer(NamedTuple):
    """What one location could do. net: what all its lines gain together, less its parcel."""

    candidate: Candidate
    parcel: Millionths
    rank: int
    lines: list[Line]
    net: Millionths


class Offers(NamedTuple):
    """What all could do for one order, the best by itself first.

    refusing: the cost of sending nothing. `considered` is in the order of the candidates.
    """

    needs: tuple[Need, ...]
    lines: list[tuple[str, Units]]
    order: Order
    candidates: tuple[Candidate, ...]
    shadow: Shadow
    policy: Policy
    refusing: Millionths
    offers: list[Offer]
    considered: tuple[Considered, ...]


Sent = Sequence[tuple[Offer, Mapping[int, Units]]]
"""Who sends how many units of which line."""


def offers_of(
    needs: Sequence[Need], candidates: Sequence[Candidate], policy: Policy, order: Order, shadow: Shadow
) -> Offers:
    """What the candidates could do for an order. Raises NeedUnreadable and CandidateTwice."""
    lines = list(lines_of(needs).items())
    if len({candidate.location for candidate in candidates}) < len(candidates):
        raise CandidateTwice(location=_twice(candidates))
    refusing = policy.costs.unfilled * sum(units for _, units in lines)
    left_out: dict[str, Why] = {}
    found: list[Offer] = []
    for candidate in candidates:
        why = policy.rules.left_out(candidate, order)
        offer = None if why else _offer(candidate, lines, policy, shadow)
        if offer is not None and offer.lines:
            found.append(offer)
        else:
            left_out[candidate.location] = why or _nothing(candidate, lines)
    found.sort(key=_best_first)
    if len(found) > MOST_CANDIDATES:
        found = _cut(found, lines, left_out)
    alone = {offer.candidate.location: refusing - offer.net for offer in found}
    considered = tuple([
        Considered(one.location, alone.get(one.location), left_out.get(one.location)) for one in candidates
    ])  # fmt: skip
    return Offers(tuple(needs), lines, order, tuple(candidates), shadow, policy, refusing, found, considered)


def decision_of(asked: Offers, sent: Sent, runner_up: Plan | None) -> Decision:
    """The decision to send this."""
    shadow = asked.shadow
    prices = [
        Price(candidate.location, sku, shadow[candidate.location, sku])
        for candidate in asked.candidates
        for sku, _ in asked.lines
        if (candidate.location, sku) in shadow
    ] if shadow else []  # fmt: skip
    plan = plan_of(asked, sent)
    return Decision(
        asked.order, asked.needs, asked.candidates, tuple(prices), plan, asked.considered, runner_up
    )  # fmt: skip


def plan_of(asked: Offers, sent: Sent) -> Plan:
    """The plan to send this, with what it costs."""
    lines, costs, rules = asked.lines, asked.policy.costs, asked.policy.rules
    missing = [units for _, units in lines]
    parcels: list[Parcel] = []
    posted = way = each = rerouting = markdown = preference = worth = 0
    for offer, taken in sent:
        candidate = offer.candidate
        units = 0
        for at, some in taken.items():
            missing[at] -= some
            units += some
            worth += some * asked.shadow.get((candidate.location, lines[at][0]), 0)
        parcels.append(Parcel(candidate.location, {lines[at][0]: some for at, some in taken.items()}))
        posted += _posted(candidate, costs)
        way += _parcel_way(candidate, costs) + units * _unit_way(candidate, costs)
        each += units * costs.unit
        rerouting += units * _rerouting(candidate, costs)
        markdown -= units * costs.markdown.get(candidate.kind, 0)
        preference += rules.rank(candidate) * rules.prefer_step
    unfilled = {sku: units for (sku, _), units in zip(lines, missing, strict=True) if units}
    refused = costs.unfilled * sum(missing)
    return Plan(tuple(parcels), unfilled, Parts(posted, way, each, rerouting, markdown, preference, worth, refused))


def _offer(candidate: Candidate, lines: list[tuple[str, Units]], policy: Policy, shadow: Shadow) -> Offer:
    costs, rules, shelf = policy.costs, policy.rules, candidate.available
    rank = rules.rank(candidate) if rules.prefer else 0
    parcel = _posted(candidate, costs) + _parcel_way(candidate, costs) + rank * rules.prefer_step
    room = costs.unfilled - costs.unit - _unit_way(candidate, costs) - _rerouting(candidate, costs)
    room += costs.markdown.get(candidate.kind, 0)
    found: list[Line] = []
    net = -parcel
    for at, (sku, asked) in enumerate(lines):
        have = shelf.get(sku, 0)
        gain = room - shadow.get((candidate.location, sku), 0) if shadow else room
        if have > 0 and gain >= 0:
            units = min(have, asked)
            found.append(Line(at, units, gain))
            net += units * gain
    return Offer(candidate, parcel, rank, found, net)


def _posted(candidate: Candidate, costs: Costs) -> Millionths:
    own, packing = candidate.parcel_minor, candidate.handling_minor
    posted = costs.parcel if own is None else own * 1_000_000
    return posted + (costs.handling.get(candidate.kind, 0) if packing is None else packing * 1_000_000)


def _parcel_way(candidate: Candidate, costs: Costs) -> Millionths:
    far = round(costs.per_km * candidate.distance_km) if costs.per_km else 0
    return far + round(costs.per_hour * candidate.wait_hours) if costs.per_hour else far


def _unit_way(candidate: Candidate, costs: Costs) -> Millionths:
    return round(costs.unit_per_km * candidate.distance_km)


def _rerouting(candidate: Candidate, costs: Costs) -> Millionths:
    return round((1 - candidate.pick_success) * costs.reroute) if candidate.pick_success < 1 else 0


def _best_first(offer: Offer) -> tuple[Millionths, int, str]:
    return -offer.net, offer.rank, offer.candidate.location


def _nothing(candidate: Candidate, lines: list[tuple[str, Units]]) -> Why:
    return "dear" if any(candidate.available.get(sku, 0) > 0 for sku, _ in lines) else "empty"


def _cut(found: list[Offer], lines: list[tuple[str, Units]], left_out: dict[str, Why]) -> list[Offer]:
    """The twelve that are kept: first, line by line, whoever gains most until it is covered, then the best alone."""
    wanted: dict[int, None] = {}
    for at, (_, asked) in enumerate(lines):
        sellers = [(line, place) for place, offer in enumerate(found) for line in offer.lines if line.at == at]
        for line, place in sorted(sellers, key=lambda seller: (-seller[0].gain, seller[1])):
            if asked <= 0:
                break
            wanted[place] = None
            asked -= line.units  # noqa: PLW2901  what of the line is still open
    kept = set([*wanted, *(place for place in range(len(found)) if place not in wanted)][:MOST_CANDIDATES])
    for place, offer in enumerate(found):
        if place not in kept:
            left_out[offer.candidate.location] = "many"
    return [offer for place, offer in enumerate(found) if place in kept]


def _twice(candidates: Sequence[Candidate]) -> str:
    names = [candidate.location for candidate in candidates]
    return next(name for name in names if names.count(name) > 1)
