"""Where a customer stands, as the programmes of the next best action ask it. Pure.

Only what disclosure lets be used goes in: without consent to personalisation there is nothing to offer by.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from noline.flows.acquaintance import Acquaintance
from noline.flows.assortment import Sold
from noline.flows.matter import WANTED
from noline.flows.places import NOWHERE, Places
from noline.insight.actions.model import Due, Fresh, Owned, Place, Ready, Situation
from noline.insight.card import service as card
from noline.kernel.clock import DAY, Micros, parse_instant
from noline.kernel.disclosure import CardFact, Disclosed, Presence, may_be_reason
from noline.kernel.quantities import Units
from noline.truth.orders.model import Order
from noline.truth.orders.model import State as OrderState

NEW_FOR_DAYS = 60
"""So long a product is new."""

_NEAR = 1.5
"""A new product fits a preference on a scale when it lies this near."""

_DELIVERED = frozenset((OrderState.DELIVERED, OrderState.COLLECTED))
_NOT_BOUGHT = frozenset((OrderState.CANCELLED, OrderState.EXPIRED, OrderState.KNOWN))
_MOST_PLACES = 3


class Shelf(NamedTuple):
    """Units of items that may be promised, by item and location. places: what is known of the locations."""

    units: Mapping[str, Mapping[str, Units]]
    places: Places = NOWHERE

    def here(self, sku: str, store: str | None) -> int:
        """Units at the store."""
        return max(0, int(self.units.get(sku, {}).get(store or "", 0)))

    def elsewhere(self, sku: str, store: str | None) -> tuple[Place, ...]:
        """The nearest other locations that have some of it, of those equally near the ones that have most."""
        ranks, unknown = self.places.ranks(store)
        others = sorted(
            [
                (ranks.get(one, unknown), -units, one)
                for one, units in self.units.get(sku, {}).items()
                if units > 0 and one != store
            ]
        )
        return tuple([Place(one, int(-less)) for _, less, one in others[:_MOST_PLACES]])


class Around(NamedTuple):
    """What a situation depends on beside the customer. margin_percent: of the list price, what a sale leaves."""

    now: Micros
    presence: Presence
    store: str | None
    place: str
    language: str
    margin_percent: int


def situation(
    known: Acquaintance,
    facts: card.Known,
    disclosed: Disclosed,
    around: Around,
    *,
    open_loops: Iterable[str],
    ready: Iterable[card.Pickup],
    consents: Mapping[str, str],
    launched: Iterable[card.Product],
    due: Iterable[Due] = (),
    offers: bool = True,
) -> Situation:
    """What is known where this customer stands now, without what is on the shelves (`stocked`).

    offers: whether anything may be offered at all.
    """
    useful = {fact.id: fact for fact in disclosed.useful()}
    bought = [order for order, _ in known.bought if order.state not in _NOT_BOUGHT]
    delivered = next((order for order in bought if order.state in _DELIVERED), None)
    tastes = {fact.key.partition(".")[2]: fact for fact in useful.values() if fact.key.startswith("preference.")}
    return Situation(
        customer=known.whom.person,
        now=around.now,
        presence=around.presence,
        store=around.store,
        place=around.place,
        language=around.language,
        open_loops=tuple(open_loops),
        pickups_ready=tuple(
            Ready(one.order, tuple(item.sku for item in one.lines), (f"order:{one.order}",)) for one in ready
        ),
        due=tuple(due),
        owned=tuple(_owned(one, useful[one.fact], known, bought) for one in facts.owned if one.fact in useful),
        preferences={name: fact.value for name, fact in tastes.items()},
        new_products=tuple(_fresh(launched, tastes, around.now)),
        first_order_at=bought[-1].placed_at if bought else None,
        last_order_at=bought[0].placed_at if bought else None,
        orders=len(bought),
        last_delivered_without_review=_untold(delivered, known.told_of),
        last_delivered_at=delivered.changed_at if delivered else None,
        consents=consents,
        offers=offers,
        wanted_but_missing=tuple(str(one.value) for one in useful.values() if one.key.startswith(WANTED)),
    )


def _untold(delivered: Order | None, told_of: Collection[str]) -> str | None:
    """The order, unless the customer told how it was."""
    return None if delivered is None or delivered.order_id in told_of else delivered.order_id


def mentioned(told: Situation) -> list[str]:
    """Every item that an action could be about."""
    skus = [
        *(one.sku for one in told.due),
        *(one.sku for one in told.new_products),
        *(sku for one in told.owned for sku in (one.sku, *one.care)),
        *(sku for one in told.pickups_ready for sku in one.skus),
        *told.wanted_but_missing,
    ]
    return list(dict.fromkeys(skus))


def names_of(sold: Mapping[str, Sold]) -> dict[str, str]:
    """What items are called."""
    return {sku: one.product.name for sku, one in sold.items()}


def margins_of(sold: Mapping[str, Sold], percent: int, currency: str) -> dict[str, int]:
    """What a unit leaves, in minor units of a currency; of items that are priced in it."""
    return {
        sku: one.list_price.amount_minor * percent // 100
        for sku, one in sold.items()
        if one.list_price is not None and one.list_price.currency == currency
    }


def _owned(one: card.Owned, fact: CardFact, known: Acquaintance, bought: Sequence[Order]) -> Owned:
    care = tuple(fit.sku for fit in one.fits)
    return Owned(one.sku, one.bought_at, _instant(one.warranty_until), _bought_last(known, bought, care), care,
                 fact.evidence)  # fmt: skip


def _bought_last(known: Acquaintance, bought: Sequence[Order], care: Sequence[str]) -> Micros | None:
    """When something that cares for it was bought last."""
    standing = {order.order_id for order in bought}
    return next(
        (
            order.placed_at
            for order, lines in known.bought
            if order.order_id in standing and any(line.sku in care for line in lines)
        ),
        None,
    )


def _instant(day: date | None) -> Micros | None:
    return None if day is None else parse_instant(day.isoformat())


def _fresh(launched: Iterable[card.Product], tastes: Mapping[str, CardFact], now: Micros) -> Iterable[Fresh]:
    for one in launched:
        since = one.attributes.get("launched")
        if not isinstance(since, str) or not may_be_reason(one.tags) or not _is_new(since, now):
            continue
        fits = tuple(name for name, fact in tastes.items() if _fits(one.attributes.get(name), fact.value))
        if fits:
            yield Fresh(one.sku, fits, tastes[fits[0]].evidence)


def _is_new(since: str, now: Micros) -> bool:
    try:
        return 0 <= now - parse_instant(since) < NEW_FOR_DAYS * DAY
    except (ValueError, OverflowError):
        return False


def _fits(attribute: object, liked: object) -> bool:
    if isinstance(attribute, (int, float)) and isinstance(liked, (int, float)):
        return abs(attribute - liked) <= _NEAR
    return attribute is not None and attribute == liked
