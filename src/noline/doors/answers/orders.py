"""Orders that the hub runs itself, and what locations do for them, as JSON, the same for every door."""

from typing import Any

from noline.doors.answers import order_in_short
from noline.flows.fulfilling import CountDue
from noline.flows.ordering import Placed, Reason
from noline.hub import Hub
from noline.insight.sourcing.model import MINOR
from noline.insight.sourcing.replay import Numbers, Report
from noline.kernel.clock import Micros, as_text
from noline.truth.orders.fulfilments import Fulfilment, Step, possible

Json = dict[str, Any]


def placed(found: Placed) -> Json:
    """An order: what was told of it, where the units of each item are, and what each location does."""
    prices = {one.sku: one.price for one in found.lines}
    opening = found.book.opening
    return {
        **order_in_short(found.order),
        "deliver": {"method": str(opening.method), "location": opening.location, "country": opening.country},
        "wanted_by": _time(opening.wanted_by),
        "exchange_of": opening.exchange_of,
        "lines": [
            {
                "sku": sku,
                **one._asdict(),
                "promised_at": _time(found.book.units[sku].promised_at),
                "price_minor": price.amount_minor if (price := prices.get(sku)) else None,
            }
            for sku, one in found.balance.items()
        ],
        "fulfilments": [fulfilment(one) for one in found.book.fulfilments.values()],
    }


def run(hub: Hub, order_id: str) -> Json:
    """One order that the hub runs. Raises NotFound and NotOurs."""
    return placed(hub.ordering.show(order_id))


def fulfilment(one: Fulfilment) -> Json:
    """What one location does for an order. possible: the states that may follow."""
    return {
        "fulfilment": one.id,
        "order_id": one.order_id,
        "location": one.location,
        "method": str(one.method),
        "destination": one.destination,
        "state": str(one.state),
        "possible": [str(step) for step in possible(one.method, one.state)],
        "promised_at": _time(one.promised_at),
        "made_at": as_text(one.made_at),
        "changed_at": as_text(one.changed_at),
        "lines": [
            {
                "sku": line.sku,
                "asked": line.asked,
                "picked": line.picked,
                "rejected": line.rejected,
                "cancelled": line.cancelled,
            }
            for line in one.lines
        ],
    }


def fulfilments(hub: Hub, location: str | None, state: str | None, limit: int) -> list[Json]:
    """What is to be done at a location, or is in a state, the oldest first."""
    found = hub.fulfilling.at(location, Step(state) if state else None, limit)
    return [fulfilment(one) for one in found]


def counts_due(hub: Hub) -> list[Json]:
    """Shelves where units were not found and that nobody counted since."""
    return [_count_due(one) for one in hub.fulfilling.counts_due()]


def why(hub: Hub, order_id: str) -> list[Json]:
    """Every decision about where an order comes from, in sentences and as it was taken."""
    return [_reason(one) for one in hub.ordering.why(order_id)]


def replayed(report: Report) -> Json:
    """Decisions beside what other rules would make of them; money in minor units, rounded."""
    return {
        "decided": _numbers(report.decided),
        "replayed": _numbers(report.replayed),
        "decided_at_new_costs_minor": _minor(report.decided_at_new_costs),
        "changed": [
            {"number": one.place + 1, "was": list(one.was), "would_be": list(one.would_be)} for one in report.changed
        ],
    }


def _numbers(of: Numbers) -> Json:
    return {
        "decisions": of.orders,
        "cost_minor": _minor(of.cost),
        "parcels": of.parcels,
        "units": of.units,
        "units_unfilled": of.units_unfilled,
        "kept": of.kept,
    }


def _minor(millionths: int) -> int:
    return round(millionths / MINOR)


def _count_due(one: CountDue) -> Json:
    return {**one._asdict(), "missed_at": as_text(one.missed_at)}


def _reason(one: Reason) -> Json:
    return {**one._asdict(), "at": as_text(one.at)}


def _time(at: Micros | None) -> str | None:
    return None if at is None else as_text(at)


def worth(hub: Hub) -> list[Json]:
    """What units are worth to later orders, in minor units; the dearest first."""
    return [
        {"location": one.location, "sku": one.sku, "worth_minor": one.price / 1_000_000} for one in hub.pricing.price()
    ]
