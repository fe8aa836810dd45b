"""One person's day with us: what they do in each channel, in the order they do it.

A scene carries the time on, knows by which names each channel sees the person, and keeps basket and promise consistent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from noline.demo.company import (
    ADVENT,
    DEPOT_OF,
    EMPTY_DAYS,
    EMPTY_PRODUCTS,
    EMPTY_STORES,
    OTHERS,
    Product,
    major,
    price_minor,
)
from noline.demo.pen import DAY_SECONDS, Pen, goods, line, stamp, text
from noline.demo.people import Person, local_phone

SOURCE_OF_STORE: Mapping[str, str] = MappingProxyType({"FR": "tills-fr", "DE": "tills-de", "JP": "tills-jp"})
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "web-shop": "web",
        "app": "app",
        "tills-fr": "store",
        "tills-de": "store",
        "tills-jp": "store",
        "call-centre": "call",
        "wholesale-portal": "wholesale",
        "marketplace": "marketplace",
        "review-sites": "reviews",
        "newsletter": "mail",
        "warehouse": "warehouse",
    }
)
"""Who sends us events: the name of each source and its channel."""

BROWSER_SOURCES = frozenset({"web-shop", "app"})
"""Sources whose key anybody can read in a page or an app; the others are systems of the company."""

PLACEHOLDER_PHONE = "0000000000"
_PER_STORE_ASSOCIATES = 5
_NO_MORE_MAIL = '"purpose":"marketing","granted":false,"method":"form"'
Thing = TypeVar("Thing")
Item = tuple[Product, int]
"""A product and how many units of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order that was written: its name and its properties as JSON members."""

    order_id: str
    members: str


@cache
def plain_context(channel: str, country: str) -> str:
    """The context of a channel without a place."""
    return f'{{"channel":"{channel}","country":"{country}"}}'


class Scene:
    """A stretch of time with one person. `at` is the present, in seconds since the year began."""

    def __init__(self, pen: Pen, person: Person, key: str, day: int, chance: Callable[[], float]) -> None:
        """Open the scene on a day, at an hour when people are awake and boutiques are open."""
        self.pen = pen
        self.who = person
        self.key = key
        self.chance = chance
        self.store = person.home
        self.logged_in = False
        self.at = 0
        self._orders = 0
        self.morning(day)
        pen.begin(key)

    # Time and luck

    @property
    def day(self) -> int:
        """The day of the year."""
        return self.at // DAY_SECONDS

    def morning(self, day: int) -> None:
        """Go to some hour of a day between ten and seven, where the person lives."""
        hours = 10 - self.who.country.hours_ahead
        self.at = max(self.at + 60, day * DAY_SECONDS + hours * 3600 + int(self.chance() * 9 * 3600))

    def days(self, fewest: int, most: int) -> None:
        """Let some days pass."""
        self.morning(self.day + self.between(fewest, most))

    def minutes(self, fewest: int, most: int) -> None:
        """Let some minutes pass."""
        self.at += 60 * self.between(fewest, most)

    def between(self, fewest: int, most: int) -> int:
        """A whole number from fewest to most."""
        return fewest + int(self.chance() * (most - fewest + 1))

    def happens(self, percent: int) -> bool:
        """Whether luck falls this way."""
        return self.chance() * 100 < percent

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of these."""
        return things[int(self.chance() * len(things))]

    # What the person says and does in each channel

    def web(self, event: str, members: str = "", *, guest_email: bool = False) -> None:
        """Something happens in the web shop; who is not logged in is a cookie only."""
        self.at += 5 + int(self.chance() * 90)
        who = self.who
        user = f'"userId":"{who.user_id}",' if self.logged_in else ""
        context = plain_context("web", who.country.code)
        if guest_email and not user:
            context = f'{context[:-1]},"externalIds":[{{"id":"{who.email}","type":"email"}}]}}'
        self.pen.track("web-shop", self.at, event, f'"anonymousId":"{who.cookie}",{user}', members, context)

    def page(self, name: str) -> None:
        """A page of the web shop opens."""
        self.at += 5 + int(self.chance() * 60)
        who = self.who
        user = f'"userId":"{who.user_id}",' if self.logged_in else ""
        ids = f'"anonymousId":"{who.cookie}",{user}'
        members = f'"name":"{name}","properties":{{"path":"/{name.lower()}"}}'
        self.pen.call("page", "web-shop", self.at, ids, members, plain_context("web", who.country.code))

    def log_in(self) -> None:
        """The cookie says whose it is, if the person has an account; a new cookie now and then."""
        if self.who.user_id:
            self.logged_in = True
            self.introduce("web")

    def app(self, event: str, members: str = "") -> None:
        """Something happens in the app."""
        self.at += 5 + int(self.chance() * 60)
        self.pen.track("app", self.at, event, self._app_ids(), members, plain_context("app", self.who.country.code))

    def screen(self, name: str) -> None:
        """A screen of the app opens."""
        self.at += 3 + int(self.chance() * 30)
        members = f'"name":"{name}","properties":{{}}'
        context = plain_context("app", self.who.country.code)
        self.pen.call("screen", "app", self.at, self._app_ids(), members, context)

    def _app_ids(self) -> str:
        user = f'"userId":"{self.who.user_id}",' if self.who.user_id else ""
        return f'"anonymousId":"app-{self.who.key}",{user}'

    def shop(self, event: str, members: str = "", *, tablet: bool = False, advised_by: str = "") -> None:
        """Something happens in the boutique; the card names the person."""
        self.at += 30 + int(self.chance() * 240)
        store = self.store
        ids = ""
        if tablet:
            ids = f'"anonymousId":"tablet-{store.store_id}",'
        associate = f',"associate_id":"{advised_by}"' if advised_by else ""
        context = (
            f'{{"channel":"store","store_id":"{store.store_id}","country":"{store.country.code}"'
            f"{associate}{self._card()}}}"
        )
        self.pen.track(SOURCE_OF_STORE[store.country.code], self.at, event, ids, members, context)

    def enter_store(self) -> None:
        """Come in; at the first visit with a card the boutique writes down who it is."""
        self.shop("Store Visited")
        if self.who.loyalty_id:
            self.introduce("store")

    def pay_without_card(self) -> None:
        """The till sells, and nobody knows to whom."""
        self.at += 300
        store = self.store
        context = f'{{"channel":"store","store_id":"{store.store_id}","country":"{store.country.code}"}}'
        order = self.priced(self.basket(), "store")
        self.pen.track(SOURCE_OF_STORE[store.country.code], self.at, "Order Completed", "", order.members, context)

    def associate(self) -> str:
        """One of the people who work in this boutique."""
        return f"{self.store.store_id}-a{self.between(1, _PER_STORE_ASSOCIATES)}"

    def _card(self) -> str:
        card = self.who.loyalty_id
        return f',"externalIds":[{{"id":"{card}","type":"loyalty_id"}}]' if card else ""

    def phone(self, event: str, members: str, *, card: bool = False) -> None:
        """Something happens on the telephone; the number calling is known, the account if there is one."""
        self.at += 20 + int(self.chance() * 180)
        who = self.who
        ids = f'"userId":"{who.user_id}",' if who.user_id else ""
        number = f'{{"id":"{who.phone}","type":"phone"}}'
        if card:
            number += f',{{"id":"{who.loyalty_id}","type":"loyalty_id"}}'
        context = f'{{"channel":"call","country":"{who.country.code}","externalIds":[{number}]}}'
        self.pen.track("call-centre", self.at, event, ids, members, context)

    def by_mail_address(self, source: str, event: str, members: str, *, email: str = "") -> None:
        """Something happens where only an e-mail address is known: marketplace, newsletter."""
        self.at += 5 + int(self.chance() * 60)
        self._mailed(source, event, members, email or self.who.email)

    def leave_the_list(self) -> None:
        """Want no more newsletters, an hour after one came."""
        self.at += 3600
        self._mailed("newsletter", "Consent Changed", _NO_MORE_MAIL, self.who.email)

    def _mailed(self, source: str, event: str, members: str, email: str) -> None:
        context = (
            f'{{"channel":"{SOURCES[source]}","country":"{self.who.country.code}",'
            f'"externalIds":[{{"id":"{email}","type":"email"}}]}}'
        )
        self.pen.track(source, self.at, event, "", members, context)

    # Who it is

    def introduce(self, channel: str) -> None:
        """Tell a channel name and address, once, and again after they changed."""
        who = self.who
        if channel in who.known_to:
            return
        who.known_to.add(channel)
        self.at += 10
        user = f'"userId":"{who.user_id}",' if who.user_id else ""
        if channel == "store":
            source, place = SOURCE_OF_STORE[self.store.country.code], f',"store_id":"{self.store.store_id}"'
            ids, typed = user, PLACEHOLDER_PHONE if self._phone_not_asked() else local_phone(who.phone)
        else:
            source, place, typed = ("app" if channel == "app" else "web-shop"), "", who.phone
            ids = self._app_ids() if channel == "app" else f'"anonymousId":"{who.cookie}",{user}'
        consents = who.manners.consents() if who.manners else ""
        context = f'{{"channel":"{channel}"{place},"country":"{who.country.code}"{self._card()}{consents}}}'
        self.pen.call("identify", source, self.at, ids, f'"traits":{self._traits(typed)}', context)
        who.manners = None

    def _phone_not_asked(self) -> bool:
        return self.who.own_phone and not self.who.fate.is_planned and self.happens(4)

    def _traits(self, phone: str) -> str:
        who = self.who
        japanese = who.country.code == "JP"
        name = f"{who.last_name} {who.first_name}" if japanese else f"{who.first_name} {who.last_name}"
        traits: dict[str, object] = {
            "email": who.email,
            "phone": phone,
            "firstName": who.first_name,
            "lastName": who.last_name,
            "name": name,
            "address": {
                "street": who.street,
                "city": who.city,
                "postalCode": who.postal_code,
                "country": who.country.code,
            },
        }
        if japanese:
            traits["nameKana"] = who.kana
        if who.manners:
            traits |= who.manners.traits()
        return text(traits)

    # Goods and orders

    def goods(self, product: Product, channel: str) -> str:
        """A product as this channel shows it today."""
        currency = self.who.country.currency
        return goods(product, price_minor(product, channel, currency, self.day), currency)

    def taste(self) -> Product:
        """A coffee the person likes."""
        return self.pick(self.who.tastes)

    def basket(self, first: Product | None = None) -> list[Item]:
        """One to three things the person likes, the first of them given."""
        items = [(first or self.taste(), self.between(1, 3))]
        if self.happens(45):
            items.append((self.taste(), 1))
        if self.day in EMPTY_DAYS and self.happens(8) and not self.shelf_is_empty(ADVENT):
            items.append((ADVENT, 1))
        if self.happens(6):
            items.append((OTHERS[self.between(1, len(OTHERS) - 1)], 1))
        return items

    def priced(
        self, items: Sequence[Item], channel: str, *, prices: Mapping[str, int] | None = None, sent_from: str = ""
    ) -> Order:
        """Write down an order for these things.

        At today's prices of a channel, or at prices agreed (minor units by SKU); a boutique hands out what is on its
        own shelf, everything else comes from the country's depot, unless `sent_from` names another place.
        """
        currency = self.who.country.currency
        total = 0
        lines: list[str] = []
        for product, quantity in items:
            agreed = prices.get(product.sku) if prices else None
            price = agreed if agreed is not None else price_minor(product, channel, currency, self.day)
            total += price * quantity
            lines.append(line(product, price, currency, quantity))
        self._orders += 1
        order_id = f"o-{self.key}-{self._orders}"
        place = sent_from or (self.store.store_id if channel == "store" else DEPOT_OF[self.who.country.code])
        return Order(
            order_id,
            f'"order_id":"{order_id}","fulfilment_location":"{place}",'
            f'"total":{major(total, currency)},"currency":"{currency}",'
            f'"products":[{",".join(lines)}]',
        )

    def promise(self, product: Product) -> str:
        """What the web page says about a product in a boutique: it is there; come within a week."""
        store = self.store
        until = stamp(self.at + 7 * DAY_SECONDS)
        return (
            f'{self.goods(product, "store")},"store_id":"{store.store_id}","available":1,'
            f'"handoff_to":"store","handoff_group":"{store.city}","handoff_until":"{until}"'
        )

    def shelf_is_empty(self, product: Product) -> bool:
        """Whether this boutique has none of a product today."""
        return self.store.store_id in EMPTY_STORES and product in EMPTY_PRODUCTS and self.day in EMPTY_DAYS

    def empty_shelf(self, product: Product) -> str:
        """What the boutique's own tablet says when the shelf is empty."""
        return f'{self.goods(product, "store")},"store_id":"{self.store.store_id}","available":0'
