"""What conditions of a programme may ask: measures of the customer, and of each item a programme can be about."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from noline.insight.actions.model import Bound, Situation
from noline.kernel.clock import DAY, Micros

Measure = int | float | str | None
"""None: not known, which meets no condition."""

CONSENT = "consent."
NO_ITEM = ""
"""The SKU of a candidate that is an order without an item that may be named."""


class Candidate(NamedTuple):
    """An item that a programme could be about. owned: the product that it cares for. told: its measures."""

    sku: str
    told: Mapping[str, Measure]
    evidence: tuple[str, ...] = ()
    owned: str | None = None
    order: str | None = None


def _since(now: Micros, at: Micros | None) -> int | None:
    return None if at is None else (now - at) // DAY


def _waits_for_review(here: Situation) -> int:
    return int(here.last_delivered_without_review is not None)


CUSTOMER: Mapping[str, Callable[[Situation], Measure]] = {
    "orders": lambda here: here.orders,
    "days_since_order": lambda here: _since(here.now, here.last_order_at),
    "days_since_first_order": lambda here: _since(here.now, here.first_order_at),
    "days_since_delivery": lambda here: _since(here.now, here.last_delivered_at),
    "waits_for_review": _waits_for_review,
    "open_loops": lambda here: len(here.open_loops),
    "owned": lambda here: len(here.owned),
    "preferences": lambda here: len(here.preferences),
    "in_store": lambda here: int(here.store is not None),
}
"""Measures of the customer; `consent.PURPOSE` is one too."""


def measure_of(name: str) -> Callable[[Situation], Measure]:
    """How a measure of the customer is read. Raises KeyError for one that there is not."""
    if name.startswith(CONSENT) and len(name) > len(CONSENT):
        return partial(_consent, name.removeprefix(CONSENT))
    return CUSTOMER[name]


def _consent(purpose: str, here: Situation) -> Measure:
    return here.consents.get(purpose, "unknown")


# -- items


def _due(here: Situation) -> Iterator[Candidate]:
    for one in here.due:
        yield Candidate(one.sku, {"ratio": one.ratio, "probability": one.probability}, one.evidence)


def _owned(here: Situation) -> Iterator[Candidate]:
    for one in here.owned:
        ends = one.warranty_until
        told = {
            "days_owned": (here.now - one.bought_at) // DAY,
            "days_until_warranty_ends": None if ends is None else (ends - here.now) // DAY,
        }
        yield Candidate(one.sku, told, one.evidence, one.sku)


def _care(here: Situation) -> Iterator[Candidate]:
    """What cares for an owned product; it was as good as cared for when it was new."""
    for one in here.owned:
        cared_for = max(one.bought_at, one.last_descaled_at or one.bought_at)
        told = {"days_owned": (here.now - one.bought_at) // DAY, "days_since_care": (here.now - cared_for) // DAY}
        for sku in one.care:
            yield Candidate(sku, told, one.evidence, one.sku)


def _new(here: Situation) -> Iterator[Candidate]:
    for one in here.new_products:
        yield Candidate(one.sku, {"matches": len(one.matches)}, one.evidence)


def _wanted(here: Situation) -> Iterator[Candidate]:
    """What was looked for. It has no evidence: nobody is told that the customer looked."""
    for sku in here.wanted_but_missing:
        yield Candidate(sku, {})


def _pickups(here: Situation) -> Iterator[Candidate]:
    """What waits here. An order of which no item may be named is handed over by its number."""
    for one in here.pickups_ready:
        for sku in one.skus or (NO_ITEM,):
            yield Candidate(sku, {}, one.evidence, order=one.order)


class Source(NamedTuple):
    """Where the items of a programme come from. sold: they must be to be had somewhere."""

    candidates: Callable[[Situation], Iterable[Candidate]]
    measures: tuple[str, ...]
    sold: bool = True


ITEMS: Mapping[str, Source] = {
    "due": Source(_due, ("ratio", "probability")),
    "owned": Source(_owned, ("days_owned", "days_until_warranty_ends"), sold=False),
    "care": Source(_care, ("days_owned", "days_since_care")),
    "new": Source(_new, ("matches",)),
    "wanted": Source(_wanted, ()),
    "pickups": Source(_pickups, (), sold=False),
}
"""What a programme can be about."""

EVERY_ITEM = ("here", "elsewhere")
"""Measures that every item has: sellable units at this store, and at all other places."""


def holds(bound: Bound, measured: Measure) -> bool:
    """Whether a measure is what it must be."""
    if measured is None:
        return False
    if bound.among is not None:
        return measured in bound.among
    if isinstance(measured, str):
        return False
    return (bound.at_least is None or measured >= bound.at_least) and (
        bound.at_most is None or measured <= bound.at_most
    )
