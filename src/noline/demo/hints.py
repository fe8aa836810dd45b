"""What is wrong at Maison Ristretto, where to look, and how large each fault is.

The sizes follow from the rule below and nothing else. The product must find the same figures in the events; it never
reads this file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from noline.demo.company import DEALER_PRICE_MINOR, EMPTY_PRODUCTS, MARKETPLACE_WINDOWS, WEB_PROMOTION

Size = Literal["small", "default", "large"]

THOUSANDS: Mapping[Size, int] = {"small": 2, "default": 40, "large": 400}
"""Customers of each size, in thousands."""

EMPTY_SHELF_PER_THOUSAND = 15
BLIND_CALL_PER_THOUSAND = 15
MARKETPLACE_PER_THOUSAND = 20
STORE_ADVICE_PER_THOUSAND = 60
SHOWROOM_ADVICE_PER_THOUSAND = 25
"""Of these, people who are advised in one boutique, the showroom."""
MISHAPS_PER_THOUSAND = 8
"""People for each kind of small friction, besides the customers that are counted in thousands."""
MISHAPS = ("F5", "F6", "F8", "F9", "F12", "F15", "F16", "F17", "F18", "F19")
"""The rules of the catalogue that find them."""
HAND_MADE_LOST = 1
"""The lost customer whose story is written by hand is one more victim of the empty shelves."""
DEALER_ORDERS = 3
DEALER_UNITS = 6
"""Orders of the undercut dealer during the web promotion, and the machines in each."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One known fault. planted: its figures for a size of the company, by name; money in minor units."""

    number: int
    title: str
    what_happens: str
    where_to_look: str
    planted: Callable[[Size], Mapping[str, int]]


def _empty_shelves(size: Size) -> Mapping[str, int]:
    """Persons are dealt the missing products in turn, within each thousand; so their value is a sum."""
    dealt = [EMPTY_PRODUCTS[turn % len(EMPTY_PRODUCTS)].euro_cents for turn in range(EMPTY_SHELF_PER_THOUSAND)]
    persons = THOUSANDS[size] * EMPTY_SHELF_PER_THOUSAND + HAND_MADE_LOST
    return {"persons": persons, "value_minor": THOUSANDS[size] * sum(dealt) + EMPTY_PRODUCTS[0].euro_cents}


def _blind_calls(size: Size) -> Mapping[str, int]:
    return {"persons": THOUSANDS[size] * BLIND_CALL_PER_THOUSAND}


def _prices(size: Size) -> Mapping[str, int]:
    return {
        "marketplace_sku_weeks": sum(len(window.days) // 7 for window in MARKETPLACE_WINDOWS),
        "marketplace_orders_below_web": THOUSANDS[size] * MARKETPLACE_PER_THOUSAND,
        "dealer_orders_above_web": DEALER_ORDERS,
        "dealer_overpaid_minor": DEALER_ORDERS * DEALER_UNITS * (DEALER_PRICE_MINOR - WEB_PROMOTION.euro_cents),
    }


def _store_advice(size: Size) -> Mapping[str, int]:
    return {
        "orders": THOUSANDS[size] * STORE_ADVICE_PER_THOUSAND,
        "showroom_orders": THOUSANDS[size] * SHOWROOM_ADVICE_PER_THOUSAND,
    }


def _mishaps(size: Size) -> Mapping[str, int]:
    """Persons by the rule that finds them; none has more than one case."""
    return dict.fromkeys(MISHAPS, THOUSANDS[size] * MISHAPS_PER_THOUSAND)


HINTS: tuple[Hint, ...] = (
    Hint(
        number=1,
        title="Sent to an empty shelf",
        what_happens=(
            "Before Christmas the web shop says that a machine or the advent calendar is there in Lyon or Marseille. "
            "The customer goes there within days, the shelf is empty, and the customer buys nothing from us again."
        ),
        where_to_look=(
            "Hand-offs from web to store, by region, 1 November to 24 December: `Availability Shown` with 1 online, "
            "with 0 in the boutique, then `Search Failed`, then silence."
        ),
        planted=_empty_shelves,
    ),
    Hint(
        number=2,
        title="A call centre that cannot see what the boutiques sold",
        what_happens=(
            "Who bought a machine in a boutique and calls about it is transferred again and again, is not helped, and "
            "is never seen again. Who bought the same machine in the web shop is helped at once."
        ),
        where_to_look="Hand-offs from store to call: `Call Transferred` two times or more, no `Call Resolved`.",
        planted=_blind_calls,
    ),
    Hint(
        number=3,
        title="Undercut by our own prices",
        what_happens=(
            "For four weeks at a time the marketplace sells three products below our web shop, and customers who "
            "looked at the web page order there. In June the web shop sells the Classica to everybody for less than "
            "the electronics store Elektro Kaiser pays us for it."
        ),
        where_to_look="`Price Set` by channel and day beside the prices in orders of marketplace and wholesale.",
        planted=_prices,
    ),
    Hint(
        number=4,
        title="The boutique advises, the web books the sale",
        what_happens=(
            "Customers taste a coffee in a boutique, are advised by name, buy nothing there, and order that coffee "
            "in the web shop within days. Credit by last click gives the boutique nothing. At the Neuer Wall in "
            "Hamburg most people taste, collect and return, and order online: the boutique pays for the work and its "
            "till sees no sale, so in today's books it is worse off than if it helped nobody."
        ),
        where_to_look=(
            "`Product Tried` and `Advice Given` in a store, then `Order Completed` on the web within 7 days; credit of "
            "the boutiques beside what their own orders are worth, in today's books and in the fair ones."
        ),
        planted=_store_advice,
    ),
    Hint(
        number=5,
        title="Small frictions between channels",
        what_happens=(
            "Returns of web orders that a boutique refuses (F5) or refunds late (F6), a parcel asked about twice (F8), "
            "callers who have to say again who they are (F9), collections that are not ready (F12), coupons that no "
            "till knows (F15), missed parcels that cost a call (F16), searches that show nothing (F17), a wall "
            "before the checkout (F18), bad ratings before silence (F19). Most do not come back."
        ),
        where_to_look=(
            "Frictions, ranked by what they cost. Late collections have one event as evidence; bad ratings on the web "
            "are these, those on review sites are everyday life. F1 and F10 find the first and the second fault."
        ),
        planted=_mishaps,
    ),
)
