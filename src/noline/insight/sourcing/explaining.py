"""A decision in sentences of somebody who runs a store."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from noline.insight.sourcing.model import MINOR, Considered, Decision, Millionths, Parts, Plan, Why
from noline.kernel.money import minor_digits
from noline.kernel.quantities import Units

_WHY: dict[Why, str] = {
    "channel": "orders of this channel may not be served from there",
    "value": "the order is worth too little to be sent from there",
    "closed": "it is closed at this hour",
    "full": "it can take no more parcels today",
    "empty": "it has none of the goods",
    "dear": "every unit from there would cost more than refusing it",
    "many": "twelve other locations are cheaper",
}

_PARTS = {
    "parcels": "postage and packing", "way": "distance and time", "units": "units",
    "rerouting": "goods that may not be found", "markdown": "saved markdown", "preference": "preference",
    "shadow": "worth of the goods to later orders", "unfilled": "refusing",
}  # fmt: skip


def explain(decision: Decision, currency: str = "EUR") -> list[str]:
    """Why it was decided so: what is sent, what it costs, the next best plan, and every other location."""
    return [*_said(decision, currency)]


def _said(decision: Decision, currency: str) -> Iterator[str]:
    plan = decision.plan
    for parcel in plan.parcels:
        yield f"{parcel.location} sends {_goods(parcel.units)}."
    if plan.unfilled:
        yield f"Nobody sends {_goods(plan.unfilled)}: {_why_unfilled(decision)}."
    parts = ", ".join(f"{words} {_money(cost, currency)}" for words, cost in _shares(plan.parts))
    yield f"That weighs {_money(plan.parts.weighed, currency)}" + (f": {parts}." if parts else ".")
    if decision.runner_up is not None:
        yield _next_best(plan, decision.runner_up, currency)
    for one in decision.considered:
        if one.location not in plan.locations:
            yield _other(one, currency)


def _why_unfilled(decision: Decision) -> str:
    senders = [one for one in decision.considered if one.why not in ("empty", "dear")]
    forbidden = {one.location for one in senders if one.why is not None}
    have = [
        candidate.location
        for candidate in decision.candidates
        if any(candidate.available.get(sku, 0) > _sent(decision.plan, candidate.location, sku)
               for sku in decision.plan.unfilled)
    ]  # fmt: skip
    if not have:
        return "no location has them"
    if all(location in forbidden for location in have):
        return "who has them may not send them"
    return "sending them would cost more than refusing"


def _sent(plan: Plan, location: str, sku: str) -> Units:
    return sum(parcel.units.get(sku, 0) for parcel in plan.parcels if parcel.location == location)


def _next_best(plan: Plan, other: Plan, currency: str) -> str:
    who = " with ".join(other.locations) or "refusing everything"
    more = other.parts.weighed - plan.parts.weighed
    if more < 0:
        return f"By itself the order would go to {who}, {_money(-more, currency)} cheaper; other orders needed it more."
    return f"The next best is {who}, {_money(more, currency)} dearer." if more else f"{who} would weigh the same."


def _other(one: Considered, currency: str) -> str:
    if one.alone is None:
        return f"{one.location} was left out: {_WHY[one.why or 'empty']}."
    return f"{one.location} alone would weigh {_money(one.alone, currency)}."


def _goods(units: Mapping[str, Units]) -> str:
    return ", ".join(f"{count} of {sku}" for sku, count in sorted(units.items()))


def _shares(parts: Parts) -> list[tuple[str, Millionths]]:
    return [(words, cost) for name, words in _PARTS.items() if (cost := getattr(parts, name))]


def _money(cost: Millionths, currency: str) -> str:
    digits = minor_digits(currency)
    major = (Decimal(cost) / MINOR).scaleb(-digits)
    return f"{major.quantize(Decimal(1).scaleb(-digits))} {currency}"
