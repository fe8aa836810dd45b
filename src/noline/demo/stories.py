"""How people live with us: each story is one errand of one person, from its first look to its end.

Most errands end well. The four stories at the end of the file are the known faults.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from zlib import crc32

from noline.demo.company import (
    CLASSICA,
    DEPOT_OF,
    EMPTY_PRODUCTS,
    MACHINES,
    MARKETPLACE_WINDOWS,
    PRODUCT_BY_SKU,
    SHOWROOM,
    Product,
    major,
    price_minor,
)
from noline.demo.manners import LEAVES_ONE_OF
from noline.demo.pen import DAY_SECONDS, stamp, text
from noline.demo.people import Fate, Habit
from noline.demo.scene import Item, Order, Scene

Story = Callable[[Scene], None]

_UNDERCUT = frozenset(window.product.sku for window in MARKETPLACE_WINDOWS)
_SITES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "FR": ("avis-clients", "cafe-critique"),
        "DE": ("kaffee-urteil", "meinungsplatz"),
        "JP": ("kuchikomi-cafe", "hyouban"),
    }
)
_PRAISE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "FR": ("Accueil chaleureux et café excellent.", "Livraison rapide, capsules parfaites."),
        "DE": ("Sehr freundliche Beratung, starker Kaffee.", "Schnell geliefert, alles bestens."),
        "JP": ("店員さんがとても親切でした。", "香りが良く、配送も早かったです。"),
    }
)
_BLAME: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "FR": ("Trop d'attente en boutique.", "Le colis est arrivé en retard."),
        "DE": ("Lange Wartezeit im Laden.", "Das Paket kam zu spät."),
        "JP": ("店で長く待たされました。", "荷物が遅れて届きました。"),
    }
)
_TEXT = {words: text(words) for book in (_PRAISE, _BLAME) for texts in book.values() for words in texts}
_REPLY_HOURS_MOST = 72


# Errands on the web and in the app


def browses(scene: Scene) -> None:
    """Looks around on the web; some put a thing into the cart and leave it."""
    _looks_around(scene)
    for _ in range(scene.between(1, 3)):
        scene.web("Product Viewed", scene.goods(scene.taste(), "web"))
    if scene.happens(12):
        scene.log_in()
        scene.web("Product Added", added(scene, scene.taste(), "web"))
        scene.web("Cart Viewed", f'"cart_id":"k-{scene.key}"')


def orders_on_the_web(scene: Scene) -> None:
    """Comes, looks, orders; the parcel comes some days later."""
    _looks_around(scene)
    _orders_web(scene, scene.basket())


def orders_in_the_app(scene: Scene) -> None:
    """The same coffee again, in four taps."""
    if scene.who.user_id:
        scene.introduce("app")
    scene.app("App Opened")
    scene.screen("Reorder")
    items = scene.basket()
    scene.app("Product Added", added(scene, items[0][0], "app"))
    order = scene.priced(items, "app")
    scene.app("Order Completed", order.members)
    parcel(scene, order, "app")
    _maybe_review(scene, order)


def buys_on_the_marketplace(scene: Scene) -> None:
    """Orders where other brands are too, under the address that the marketplace shows us."""
    items = [item for item in scene.basket() if item[0].sku not in _UNDERCUT] or [(PRODUCT_BY_SKU["vespro-50"], 2)]
    relay = f"{scene.who.key}x@relay.marketplace.example" if int(scene.who.key[-1], 16) < 10 else ""
    scene.by_mail_address("marketplace", "Order Completed", scene.priced(items, "marketplace").members, email=relay)


# Errands in a boutique


def buys_in_store(scene: Scene) -> None:
    """In, a sip perhaps, and out with a sleeve of capsules; now and then the card is at home."""
    if not scene.who.fate.is_planned and scene.happens(8):
        scene.pay_without_card()
        return
    scene.enter_store()
    if scene.happens(20):
        scene.shop("Product Tried", scene.goods(scene.taste(), "store"))
    pays(scene, scene.basket())


def tries_and_buys(scene: Scene) -> None:
    """Is advised at the bar and takes it home at once."""
    scene.enter_store()
    coffee, associate = scene.taste(), scene.associate()
    scene.shop("Product Tried", scene.goods(coffee, "store"), tablet=scene.happens(50), advised_by=associate)
    scene.shop("Advice Given", scene.goods(coffee, "store"), advised_by=associate)
    pays(scene, scene.basket(coffee))


def buys_a_machine_in_store(scene: Scene) -> None:
    """Takes a machine home; a few call about it and are helped, after a transfer."""
    buys_machine_at_till(scene, _machine(scene))
    if scene.happens(15):
        scene.days(3, 15)
        calls(scene, "machine", transfers=1, card=bool(scene.who.loyalty_id))


# Errands that cross from one channel to another


def looks_online_then_buys_in_store(scene: Scene) -> None:
    """Checks on the web that the boutique has it, goes there, mostly buys."""
    coffee = scene.taste()
    _asks_whether_it_is_there(scene, coffee)
    scene.days(0, 4)
    if scene.happens(5):
        return
    scene.enter_store()
    if scene.happens(4):
        scene.shop("Availability Shown", scene.empty_shelf(coffee), tablet=True)
        _orders_for_home(scene, coffee)
    elif not scene.happens(4):
        pays(scene, scene.basket(coffee))


def leaves_a_cart_and_buys_in_store(scene: Scene) -> None:
    """The web shop counts a lost cart; the boutique sold the same coffee two days later."""
    coffee = scene.taste()
    _looks_around(scene)
    scene.log_in()
    scene.web("Product Viewed", scene.goods(coffee, "web"))
    scene.web("Product Added", added(scene, coffee, "web"))
    if scene.happens(60):
        scene.web("Checkout Started", f'"checkout_id":"x-{scene.key}"')
    scene.days(0, 3)
    scene.enter_store()
    pays(scene, scene.basket(coffee))


def collects_in_store(scene: Scene) -> None:
    """Orders on the web, collects in the boutique; one in twelve never comes."""
    _looks_around(scene)
    scene.log_in()
    order = checks_out(scene, scene.basket(), sent_from=scene.store.store_id)
    place = f'"order_id":"{order.order_id}","store_id":"{scene.store.store_id}"'
    until = stamp(scene.at + 6 * DAY_SECONDS)
    scene.web("Pickup Requested", f'{place},"handoff_group":"{scene.store.city}","handoff_until":"{until}"')
    scene.minutes(40, 200)
    scene.web("Pickup Ready", place)
    if scene.happens(8):
        scene.days(7, 7)
        scene.web("Pickup Expired", place)
        return
    scene.days(1, 4)
    scene.enter_store()
    scene.shop("Pickup Collected", place)


def comes_to_a_tasting(scene: Scene) -> None:
    """Books a tasting on the web for the day after; most come, and most of those buy."""
    scene.log_in()
    scene.page("Tastings")
    appointment = f'"appointment_id":"t-{scene.key}","store_id":"{scene.store.store_id}","topic":"tasting"'
    until = stamp(scene.at + 6 * DAY_SECONDS)
    scene.web("Appointment Booked", f'{appointment},"handoff_group":"{scene.store.city}","handoff_until":"{until}"')
    # Soon, so that what somebody orders on the next errand is not within a week of the tasting.
    scene.days(1, 1)
    if scene.happens(10):
        scene.web("Appointment Missed", appointment)
        return
    scene.enter_store()
    scene.shop("Appointment Kept", appointment, advised_by=scene.associate())
    coffee = scene.taste()
    scene.shop("Product Tried", scene.goods(coffee, "store"))
    if scene.happens(80):
        pays(scene, scene.basket(coffee))


def returns_in_store(scene: Scene) -> None:
    """Orders on the web, brings it back to a boutique, has the money back within a week."""
    _looks_around(scene)
    returned = brings_back(scene)
    scene.shop("Return Accepted", returned)
    scene.days(1, 6)
    scene.shop("Return Refunded", returned)


def redeems_a_coupon(scene: Scene) -> None:
    """A personal coupon comes by mail, is opened, and used at the till."""
    coupon = f'"coupon_id":"c-{scene.key}","campaign_id":"birthday"'
    scene.by_mail_address("newsletter", "Mailing Sent", coupon)
    scene.minutes(30, 600)
    until = stamp(scene.at + 14 * DAY_SECONDS)
    offered = f'{coupon},"handoff_to":"store","handoff_object":"c-{scene.key}","handoff_until":"{until}"'
    scene.by_mail_address("newsletter", "Promotion Clicked", offered)
    if scene.happens(25):
        return
    scene.days(1, 5)
    scene.enter_store()
    scene.shop("Coupon Applied", coupon)
    pays(scene, scene.basket())


def calls_after_a_failed_checkout(scene: Scene) -> None:
    """The card is refused online; the call centre takes the order."""
    _looks_around(scene)
    scene.log_in()
    items = scene.basket()
    scene.web("Product Added", added(scene, items[0][0], "web"))
    scene.web("Checkout Started", f'"checkout_id":"x-{scene.key}"')
    scene.web("Checkout Failed", f'"checkout_id":"x-{scene.key}","reason":"payment_refused"')
    scene.minutes(5, 60)
    calls(scene, "checkout", transfers=0)
    if scene.happens(85):
        scene.phone("Order Completed", scene.priced(items, "web").members)


def calls_about_a_machine_from_the_web(scene: Scene) -> None:
    """Bought in the web shop, so the agent sees it, and helps at once."""
    _looks_around(scene)
    scene.log_in()
    order = checks_out(scene, [(_machine(scene), 1)])
    parcel(scene, order, "web")
    scene.days(2, 12)
    calls(scene, "machine", transfers=int(scene.happens(10)))


def gets_a_mailing(scene: Scene) -> None:
    """A newsletter goes out; a few want no more of them."""
    month = scene.day // 60
    scene.by_mail_address("newsletter", "Mailing Sent", f'"campaign_id":"news-{month}"')
    # Told by the name of the scene: a throw of the week's luck would change everybody's week.
    if scene.who.fate is Fate.ORDINARY and crc32(scene.key.encode()) % LEAVES_ONE_OF == 0:
        scene.leave_the_list()


def orders_for_the_business(scene: Scene) -> None:
    """An office, a hotel or a dealer orders by the carton."""
    items: list[Item] = [(scene.taste(), scene.between(4, 20)), (scene.taste(), scene.between(2, 10))]
    order_wholesale(scene, items)


def order_wholesale(scene: Scene, items: list[Item], agreed: Mapping[str, int] | None = None) -> None:
    """An order through the portal, at wholesale prices or at prices agreed (minor units by SKU)."""
    who, business = scene.who, scene.who.business
    if business is None:
        return
    context = f'{{"channel":"wholesale","country":"{who.country.code}","groupId":"{business.account_id}"}}'
    ids = f'"userId":"{who.user_id}",'
    if "wholesale" not in who.known_to:
        who.known_to.add("wholesale")
        traits = text({"name": business.name, "industry": business.industry, "email": who.email})
        group = f'{ids}"groupId":"{business.account_id}",'
        scene.pen.call("group", "wholesale-portal", scene.at, group, f'"traits":{traits}', context)
    scene.at += 300
    members = f'{scene.priced(items, "wholesale", prices=agreed).members},"account_id":"{business.account_id}"'
    scene.pen.track("wholesale-portal", scene.at, "Order Completed", ids, members, context)


# The known faults


def finds_an_empty_shelf(scene: Scene) -> None:
    """The web says the boutique has it; the shelf is empty; we never see the customer again."""
    product = EMPTY_PRODUCTS[scene.who.turn % len(EMPTY_PRODUCTS)]
    _asks_whether_it_is_there(scene, product)
    scene.days(1, 4)
    scene.enter_store()
    scene.shop("Availability Shown", scene.empty_shelf(product), tablet=True)
    scene.shop("Search Failed", f'{scene.goods(product, "store")},"query":"{product.sku}"')


def calls_in_vain(scene: Scene) -> None:
    """Bought in a boutique, so no agent sees it; transferred until the customer gives up, on us too."""
    buys_machine_at_till(scene, _machine(scene))
    scene.days(3, 15)
    case = case_of(scene, "machine")
    scene.phone("Call Started", case, card=True)
    for _ in range(scene.between(2, 4)):
        scene.phone("Call Transferred", case, card=True)


def goes_to_the_cheaper_marketplace(scene: Scene) -> None:
    """Sees our price on the web and orders from us on the marketplace, for less."""
    product = MARKETPLACE_WINDOWS[scene.who.turn % len(MARKETPLACE_WINDOWS)].product
    scene.log_in()
    scene.page("Home")
    scene.web("Product Viewed", scene.goods(product, "web"))
    scene.days(1, 3)
    order = scene.priced([(product, 1)], "marketplace")
    scene.by_mail_address("marketplace", "Order Completed", order.members)


def is_advised_then_orders_online(scene: Scene) -> None:
    """Tastes and is advised in the boutique, and orders that coffee in the web shop within days."""
    scene.enter_store()
    coffee, associate = scene.taste(), scene.associate()
    scene.shop("Product Tried", scene.goods(coffee, "store"), advised_by=associate)
    told = f'{scene.goods(coffee, "store")},"minutes":{_minutes_of_advice(scene)}'
    scene.shop("Advice Given", told, advised_by=associate)
    scene.days(1, 5)
    scene.log_in()
    scene.page("Home")
    _orders_web(scene, scene.basket(coffee))


# What the stories are made of


def _minutes_of_advice(scene: Scene) -> int:
    """How long it took; the showroom takes its time."""
    return (18 if scene.store.store_id == SHOWROOM else 8) + scene.who.turn % 5


def brings_back(scene: Scene) -> str:
    """Orders on the web, has it, and wants to return the first thing in a boutique; its properties."""
    scene.log_in()
    items = scene.basket()
    order = checks_out(scene, items)
    parcel(scene, order, "web")
    scene.days(1, 6)
    scene.enter_store()
    product, currency = items[0][0], scene.who.country.currency
    refund = major(price_minor(product, "web", currency, scene.day), currency)
    returned = (
        f'"order_id":"{order.order_id}","return_id":"r-{scene.key}",{scene.goods(product, "web")},'
        f'"quantity":1,"total":{refund}'
    )
    scene.shop("Return Requested", f'{returned},"reason":"taste"')
    return returned


def _looks_around(scene: Scene) -> None:
    if scene.happens(30):
        scene.log_in()
    scene.page("Home")
    if scene.happens(25):
        scene.web("Products Searched", f'"query":"{scene.taste().sku}"')
    else:
        scene.web("Product List Viewed", '"list_id":"coffee","category":"coffee"')


def added(scene: Scene, product: Product, channel: str) -> str:
    """The properties of a product that goes into the cart."""
    return f'"cart_id":"k-{scene.key}",{scene.goods(product, channel)},"quantity":1'


def checks_out(scene: Scene, items: list[Item], *, sent_from: str = "") -> Order:
    """Looks at the first thing once more and orders everything on the web."""
    scene.web("Product Viewed", scene.goods(items[0][0], "web"))
    scene.web("Product Added", added(scene, items[0][0], "web"))
    scene.web("Checkout Started", f'"checkout_id":"x-{scene.key}"')
    order = scene.priced(items, "web", sent_from=sent_from)
    scene.web("Order Completed", f'"checkout_id":"x-{scene.key}",{order.members}', guest_email=True)
    return order


def _orders_web(scene: Scene, items: list[Item]) -> None:
    scene.log_in()
    order = checks_out(scene, items)
    parcel(scene, order, "web")
    _maybe_review(scene, order)


def _orders_for_home(scene: Scene, product: Product) -> None:
    """The boutique has none left, so the associate orders it from the warehouse."""
    order = scene.priced([(product, 1)], "store", sent_from=DEPOT_OF[scene.who.country.code])
    scene.shop("Order Completed", f'{order.members},"delivery":"home"', advised_by=scene.associate())


def parcel(scene: Scene, order: Order, channel: str) -> None:
    """An order goes out and arrives some days later."""
    tell = scene.app if channel == "app" else scene.web
    scene.days(1, 1)
    tell("Order Shipped", f'"order_id":"{order.order_id}"')
    scene.days(1, 3)
    tell("Order Delivered", f'"order_id":"{order.order_id}"')


def pays(scene: Scene, items: list[Item]) -> None:
    """Pays at the till; some write about it."""
    order = scene.priced(items, "store")
    scene.shop("Order Completed", order.members)
    _maybe_review(scene, order)


def _machine(scene: Scene) -> Product:
    """Any machine, except those that are missing at this boutique today."""
    return scene.pick(MACHINES) if not scene.shelf_is_empty(CLASSICA) else MACHINES[0]


def buys_machine_at_till(scene: Scene, machine: Product) -> None:
    """Comes in, is advised, and takes this machine home."""
    scene.enter_store()
    scene.shop("Advice Given", scene.goods(machine, "store"), advised_by=scene.associate())
    order = scene.priced([(machine, 1)], "store")
    scene.shop("Order Completed", order.members)


def _asks_whether_it_is_there(scene: Scene, product: Product) -> None:
    scene.log_in()
    scene.page("Home")
    scene.web("Product Viewed", scene.goods(product, "web"))
    scene.web("Availability Shown", scene.promise(product))


def case_of(scene: Scene, topic: str) -> str:
    """The properties of what this person wants help with."""
    return f'"case_id":"s-{scene.key}","topic":"{topic}"'


def calls(scene: Scene, topic: str, *, transfers: int, card: bool = False) -> None:
    """Calls, is passed on so often, and is helped."""
    case = case_of(scene, topic)
    scene.phone("Call Started", case, card=card)
    for _ in range(transfers):
        scene.phone("Call Transferred", case, card=card)
    scene.phone("Call Resolved", case, card=card)


def _maybe_review(scene: Scene, order: Order) -> None:
    """One in fourteen writes about it, somewhere we do not control; we answer most, and close what we answered."""
    if not scene.happens(7):
        return
    scene.days(1, 9)
    code = scene.who.country.code
    site, review = scene.pick(_SITES[code]), f"v-{scene.key}"
    happy = scene.happens(78)
    rating = scene.between(4, 5) if happy else scene.between(1, 3)
    words = _TEXT[scene.pick((_PRAISE if happy else _BLAME)[code])]
    about = f'"review_id":"{review}","site":"{site}","rating":{rating}'
    known = f',"order_id":"{order.order_id}"' if scene.happens(40) else ""
    ids = f'"anonymousId":"{site}:{scene.who.key}",'
    context = f'{{"channel":"reviews","store_id":"{scene.store.store_id}","country":"{code}"}}'
    language = f'"language":"{scene.who.country.language}"'
    posted = f'{about},"text":{words},{language}{known}'
    scene.pen.track("review-sites", scene.at, "Review Posted", ids, posted, context)
    if scene.happens(80):
        scene.minutes(120, _REPLY_HOURS_MOST * 60)
        scene.pen.track("review-sites", scene.at, "Feedback Answered", ids, f'"review_id":"{review}"', context)
        if scene.happens(85):
            scene.minutes(60, _REPLY_HOURS_MOST * 60)
            scene.pen.track("review-sites", scene.at, "Feedback Closed", ids, f'"review_id":"{review}"', context)


def _weighted(*weights: tuple[Story, int]) -> tuple[Story, ...]:
    return tuple(story for story, weight in weights for _ in range(weight))


ERRANDS: Mapping[Habit, tuple[Story, ...]] = MappingProxyType(
    {
        Habit.ONLINE: _weighted(
            (browses, 16),
            (orders_on_the_web, 42),
            (orders_in_the_app, 24),
            (calls_after_a_failed_checkout, 5),
            (calls_about_a_machine_from_the_web, 4),
            (buys_on_the_marketplace, 3),
        ),
        Habit.BOUTIQUE: _weighted((buys_in_store, 62), (tries_and_buys, 32), (buys_a_machine_in_store, 6)),
        Habit.BOTH: _weighted(
            (browses, 8),
            (orders_on_the_web, 14),
            (orders_in_the_app, 10),
            (buys_in_store, 16),
            (tries_and_buys, 5),
            (looks_online_then_buys_in_store, 18),
            (leaves_a_cart_and_buys_in_store, 7),
            (collects_in_store, 8),
            (comes_to_a_tasting, 6),
            (returns_in_store, 3),
            (redeems_a_coupon, 5),
            (calls_after_a_failed_checkout, 2),
            (calls_about_a_machine_from_the_web, 1),
            (buys_a_machine_in_store, 2),
        ),
        Habit.MARKETPLACE: (buys_on_the_marketplace,),
        Habit.SHOWROOM: _weighted(
            (browses, 8),
            (orders_on_the_web, 34),
            (orders_in_the_app, 24),
            (collects_in_store, 20),
            (returns_in_store, 6),
            (buys_in_store, 4),
            (calls_after_a_failed_checkout, 2),
            (calls_about_a_machine_from_the_web, 1),
        ),
    }
)
"""What people of each habit come for, as often as it stands in the tuple."""
