"""What a customer owns: durable products that were bought and kept, until when their warranty runs, what fits them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from noline.insight.card.dates import day_of, months_later
from noline.insight.card.goods import Fitting, Taken, may_be_named
from noline.insight.card.model import Fit, Owned, Product, Purchase
from noline.insight.card.rules import MOST_FITS, Rules
from noline.kernel.clock import Micros
from noline.kernel.disclosure import PERSONALISATION, CardFact, Provenance

_MOST_MONTHS = 1200


class Thing(NamedTuple):
    """Something owned, with the fact that it rests on."""

    owned: Owned
    fact: CardFact


def owning(customer: str, orders: Sequence[Taken], fits: Fitting, rules: Rules) -> list[Thing]:
    """Each durable product once, with its youngest purchase, the youngest first. orders: the youngest first."""
    things: dict[str, list[Purchase]] = {}
    bought: dict[str, Product | None] = {}
    for one in orders:
        for line in one.lines:
            if line.sku not in bought:
                bought[line.sku] = line.known
                if line.known and _is_durable(line.known, rules) and may_be_named(line.name):
                    things[line.sku] = []
            if line.sku in things:
                things[line.sku].append(one.order)
    known = {sku: one for sku, one in bought.items() if one}
    return [_thing(customer, known[sku], each, fits, bought.keys()) for sku, each in things.items()]


def warranty_until(one: Product, bought_at: Micros) -> date | None:
    """The last day of the warranty: calendar months after the day it was bought; None without one."""
    months = one.attributes.get("warranty_months")
    if isinstance(months, bool) or not isinstance(months, int) or not 0 < months <= _MOST_MONTHS:
        return None
    return months_later(day_of(bought_at), months)


def _is_durable(one: Product, rules: Rules) -> bool:
    return one.category in rules.durable or bool(one.attributes.get("warranty_months"))


def _thing(customer: str, one: Product, orders: Sequence[Purchase], fits: Fitting, bought: Collection[str]) -> Thing:
    key = f"owned.{one.sku}"
    at = orders[0].at
    fact = CardFact(
        id=key,
        customer=customer,
        key=key,
        value=one.name,
        provenance=Provenance.TRANSACTION,
        evidence=tuple(f"order:{each.order}" for each in orders),
        observed_at=at,
        purpose=PERSONALISATION,
        derived_by="bought and not returned",
        tags=one.tags,
        channel=orders[0].channel,
    )
    return Thing(Owned(one.sku, one.name, at, warranty_until(one, at), _fitting(one, fits, bought), key), fact)


def _fitting(one: Product, fits: Fitting, bought: Collection[str]) -> tuple[Fit, ...]:
    """What fits a product or all of its category; what the customer bought before comes first."""
    all_fits = dict.fromkeys((*fits.get(one.sku, ()), *fits.get(one.category, ())))
    known = [fit for fit in all_fits if fit.sku in bought]
    return (*known, *(fit for fit in all_fits if fit.sku not in bought))[:MOST_FITS]
