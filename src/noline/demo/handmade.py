"""Three years written by hand: Catherine, a customer to greet; Jeanne, a customer we lost; and an undercut dealer."""

from random import Random

from noline.demo.chance import luck
from noline.demo.company import CLASSICA, DEALER_PRICE_MINOR, FR, PICCOLA, PRODUCT_BY_SKU, STORE_BY_ID, WEB_PROMOTION
from noline.demo.hints import DEALER_ORDERS, DEALER_UNITS
from noline.demo.manners import PURPOSES, Manners, agreed
from noline.demo.pen import Pen
from noline.demo.people import FIRST_CONTACT_NUMBER, Business, Fate, Habit, Person, contact
from noline.demo.scene import Scene
from noline.demo.stories import (
    Story,
    buys_in_store,
    buys_machine_at_till,
    collects_in_store,
    comes_to_a_tasting,
    finds_an_empty_shelf,
    looks_online_then_buys_in_store,
    order_wholesale,
    orders_in_the_app,
    orders_on_the_web,
    tries_and_buys,
)

CATHERINE = "catherine"
LOST_CUSTOMER = "jeanne"
DEALER_ACCOUNT = "elektro-kaiser"

_STRONG = tuple(PRODUCT_BY_SKU[sku] for sku in ("vespro-50", "ristretto-50", "brigante-50"))
_CATHERINES_YEAR: tuple[tuple[int, Story], ...] = (
    (6, buys_in_store),
    (24, orders_on_the_web),
    (45, tries_and_buys),
    (80, orders_in_the_app),
    (110, looks_online_then_buys_in_store),
    (141, comes_to_a_tasting),
    (175, orders_in_the_app),
    (212, collects_in_store),
    (262, buys_in_store),
    (301, orders_on_the_web),
    (340, orders_in_the_app),
)
_CATHERINES_MACHINE_DAY = 62
_CATHERINES_OTHER_DAYS: tuple[tuple[int, Story], ...] = (
    (193, orders_in_the_app),
    (283, tries_and_buys),
    (354, buys_in_store),
)
_JEANNES_YEAR: tuple[tuple[int, Story], ...] = ((7, buys_in_store), (28, finds_an_empty_shelf))
_DEALER_ORDERS_FROM, _DEALER_ORDERS_EVERY_DAYS = 14, 28
_DEALER_CONTACT_NUMBER = FIRST_CONTACT_NUMBER + 1_000_000
_DEALER_WEB_UNITS = 10


def write(pen: Pen, seed: int) -> None:
    """Write these years."""
    chance = luck(f"handmade/{seed}")
    catherine = _catherine()
    for person, year in ((catherine, _CATHERINES_YEAR), (_jeanne(), _JEANNES_YEAR)):
        for number, (day, story) in enumerate(year):
            story(Scene(pen, person, f"{person.key}.{number}", day, chance.random))
    _undercut_dealer(pen, chance)
    _more_of_catherine(pen, catherine, luck(f"handmade/catherine/{seed}"))


def _more_of_catherine(pen: Pen, catherine: Person, chance: Random) -> None:
    """A machine from the boutique, and more of what she always drinks."""
    number = len(_CATHERINES_YEAR)
    scene = Scene(pen, catherine, f"{catherine.key}.{number}", _CATHERINES_MACHINE_DAY, chance.random)
    buys_machine_at_till(scene, PICCOLA)
    for later, (day, story) in enumerate(_CATHERINES_OTHER_DAYS, start=number + 1):
        story(Scene(pen, catherine, f"{catherine.key}.{later}", day, chance.random))


def _catherine() -> Person:
    return Person(
        key=CATHERINE,
        country=FR,
        home=STORE_BY_ID["paris-opera"],
        habit=Habit.BOTH,
        fate=Fate.HAND_MADE,
        turn=0,
        first_name="Catherine",
        last_name="Laurent",
        kana="",
        street="12 rue Cler",
        city="Paris",
        postal_code="75007",
        email="catherine@example.com",
        phone="+33639980112",
        own_phone=True,
        user_id=CATHERINE,
        loyalty_id="L-CATHERINE",
        cookie="w-catherine-1",
        tastes=_STRONG,
        known_to=set(),
        manners=Manners("fr", title="Madame", birthday="1984-04-17", household=2, consent=agreed(*PURPOSES)),
    )


def _jeanne() -> Person:
    return Person(
        key=LOST_CUSTOMER,
        country=FR,
        home=STORE_BY_ID["lyon-bellecour"],
        habit=Habit.BOTH,
        fate=Fate.EMPTY_SHELF,
        turn=0,
        first_name="Jeanne",
        last_name="Perrin",
        kana="",
        street="9 rue Mercière",
        city="Lyon",
        postal_code="69002",
        email="jeanne.perrin@example.com",
        phone="+33639980113",
        own_phone=True,
        user_id=LOST_CUSTOMER,
        loyalty_id="L-JEANNE",
        cookie="w-jeanne-1",
        tastes=_STRONG,
        known_to=set(),
    )


def _undercut_dealer(pen: Pen, chance: Random) -> None:
    """Orders each month; then the web is cheaper, the owner sees it, buys there, and the portal hears no more."""
    business = Business(DEALER_ACCOUNT, "Elektro Kaiser GmbH", "electronics store")
    home = STORE_BY_ID["koeln-ehrenstrasse"]
    buyer, owner = (contact(business, _DEALER_CONTACT_NUMBER + at, chance, home) for at in range(2))
    agreed = {CLASSICA.sku: DEALER_PRICE_MINOR}
    promotion = WEB_PROMOTION.days
    usual = range(_DEALER_ORDERS_FROM, promotion.start - 1, _DEALER_ORDERS_EVERY_DAYS)
    during = range(promotion.start, promotion.start + 5 * DEALER_ORDERS, 5)
    for number, day in enumerate((*usual, *during)):
        scene = Scene(pen, buyer, f"{DEALER_ACCOUNT}.{number}", day, chance.random)
        order_wholesale(scene, [(CLASSICA, DEALER_UNITS)], agreed)
    scene = Scene(pen, owner, f"{DEALER_ACCOUNT}.seen", promotion.stop - 3, chance.random)
    scene.log_in()
    scene.web("Product Viewed", scene.goods(CLASSICA, "web"))
    scene.web("Price Seen", scene.goods(CLASSICA, "web"))
    scene.web("Order Completed", scene.priced([(CLASSICA, _DEALER_WEB_UNITS)], "web").members)
