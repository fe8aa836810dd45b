"""What a changed rule would have done to orders that were decided already.

Decisions are made again in the order of time, each with the candidates and the stock of its moment. Units and parcels
that the replay places elsewhere than history did are carried along: later decisions see them here and not there. What
came in or was counted meanwhile stands in the candidates already.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from noline.insight.sourcing.choosing import choose
from noline.insight.sourcing.model import Candidate, Decision, Millionths, Plan
from noline.insight.sourcing.offers import NO_SHADOW, Offer, offers_of, plan_of
from noline.insight.sourcing.policy import Costs, Policy
from noline.kernel.clock import DAY
from noline.kernel.quantities import Units


class Numbers(NamedTuple):
    """A week of decisions in numbers.

    cost: expected, in millionths of a minor unit, without preference and shadow prices. kept: the share of sent units
    that are expected to be found where they were planned; None when nothing was sent.
    """

    orders: int
    cost: Millionths
    parcels: int
    units: Units
    units_unfilled: Units
    kept: float | None


class Changed(NamedTuple):
    """An order that is decided otherwise: its place in time, and the locations before and after."""

    place: int
    was: tuple[str, ...]
    would_be: tuple[str, ...]


class Report(NamedTuple):
    """What was decided beside what would be.

    decided_at_new_costs: what was decided, priced with the costs of the replay, to be compared with its cost.
    """

    decided: Numbers
    replayed: Numbers
    decided_at_new_costs: Millionths
    changed: tuple[Changed, ...]


def replay(decisions: Iterable[Decision], policy: Policy) -> Report:
    """Decide past orders anew under a policy, with the shadow prices of their time."""
    past = sorted(decisions, key=lambda decision: decision.order.at)
    moved: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, int]] = Counter()
    again: list[Decision] = []
    for decision in past:
        day = decision.order.at // DAY
        candidates = [_as_left(one, moved, given[one.location, day]) for one in decision.candidates]
        shadow = {(price.location, price.sku): price.price for price in decision.shadow}
        made = choose(decision.needs, candidates, policy, order=decision.order, shadow=shadow)
        again.append(made)
        for plan, sign in ((decision.plan, 1), (made.plan, -1)):
            for parcel in plan.parcels:
                given[parcel.location, day] -= sign
                for sku, units in parcel.units.items():
                    moved[parcel.location, sku] += sign * units
    return Report(
        _numbers(past), _numbers(again), sum(_priced(one, policy.costs) for one in past), tuple(_changes(past, again))
    )


def _as_left(candidate: Candidate, moved: Counter[tuple[str, str]], parcels: int) -> Candidate:
    """The candidate, had the replay happened. parcels: more than history gave it that day."""
    have = {sku: max(0, units + moved[candidate.location, sku]) for sku, units in candidate.available.items()}
    told = candidate.capacity_left
    return msgspec.structs.replace(
        candidate,
        available=have,
        parcels_today=candidate.parcels_today + parcels,
        capacity_left=None if told is None else told - parcels,
    )


def _numbers(decisions: list[Decision]) -> Numbers:
    units = sum(decision.plan.units for decision in decisions)
    return Numbers(
        len(decisions),
        sum(decision.plan.parts.expected for decision in decisions),
        sum(len(decision.plan.parcels) for decision in decisions),
        units,
        sum(decision.plan.units_unfilled for decision in decisions),
        sum(_found(decision) for decision in decisions) / units if units else None,
    )


def _found(decision: Decision) -> float:
    success = {candidate.location: candidate.pick_success for candidate in decision.candidates}
    return sum(success[parcel.location] * sum(parcel.units.values()) for parcel in decision.plan.parcels)


def _priced(decision: Decision, costs: Costs) -> Millionths:
    """What a plan is expected to cost, whatever rules would say to it."""
    asked = offers_of(decision.needs, [], Policy(costs), decision.order, NO_SHADOW)
    lines = {sku: at for at, (sku, _) in enumerate(asked.lines)}
    candidates = {candidate.location: candidate for candidate in decision.candidates}
    sent = [
        (Offer(candidates[parcel.location], 0, 0, [], 0), {lines[sku]: units for sku, units in parcel.units.items()})
        for parcel in decision.plan.parcels
    ]
    return plan_of(asked, sent).parts.expected


def _changes(past: list[Decision], again: list[Decision]) -> Iterable[Changed]:
    for place, (before, after) in enumerate(zip(past, again, strict=True)):
        if _by_location(before.plan) != _by_location(after.plan):
            yield Changed(place, before.plan.locations, after.plan.locations)


def _by_location(plan: Plan) -> dict[str, dict[str, Units]]:
    return {parcel.location: dict(parcel.units) for parcel in plan.parcels}
