"""Small things that go wrong between channels: frictions of known size, beside the four large faults.

Whom they befall are people of their own, with luck of their own: whoever else is in the company lives on as before.
Each bought from us once, meets one friction some weeks later, and after most frictions three of four do not come back.
"""

from collections.abc import Mapping
from types import MappingProxyType

from noline.demo.chance import luck
from noline.demo.company import YEAR_DAYS
from noline.demo.hints import MISHAPS_PER_THOUSAND
from noline.demo.pen import DAY_SECONDS, stamp
from noline.demo.people import unlucky
from noline.demo.plan import Errand
from noline.demo.scene import Scene
from noline.demo.stories import Story, added, brings_back, buys_in_store, calls, case_of, checks_out, orders_on_the_web

_FIRST_DAY, _LAST_DAY = 70, YEAR_DAYS - 75
"""After Christmas, when shelves are empty for other reasons, and early enough for the year to show what followed."""

_FEBRUARY = range(94, 116)
"""When those have their day who can only be compared with each other."""

_BEFORE_DAYS = 40
_ONE_COMES_BACK_OF = 4


def bought_once(scene: Scene) -> None:
    """An order on the web, by which every channel knows who it is."""
    scene.log_in()
    scene.web("Order Completed", scene.priced(scene.basket(), "web").members)


def is_refused_a_return(scene: Scene) -> None:
    """Brings back to a boutique what the web sold; the boutique does not take it."""
    returned = brings_back(scene)
    scene.shop("Return Refused", returned)
    _comes_back(scene)


def waits_for_the_money(scene: Scene) -> None:
    """Brings back to a boutique what the web sold; the money comes after more than a week."""
    returned = brings_back(scene)
    scene.shop("Return Accepted", returned)
    scene.days(9, 13)
    scene.shop("Return Refunded", returned)
    _comes_back(scene)


def asks_twice(scene: Scene) -> None:
    """Writes on the web about a parcel, hears nothing, and calls about it."""
    scene.log_in()
    scene.web("Case Opened", case_of(scene, "parcel"))
    scene.days(1, 3)
    calls(scene, "parcel", transfers=0)
    _comes_back(scene)


def is_asked_who_it_is(scene: Scene) -> None:
    """Is logged in on the web, calls, and has to say name and address again."""
    scene.log_in()
    scene.web("Product Viewed", scene.goods(scene.taste(), "web"))
    scene.minutes(10, 120)
    case = case_of(scene, "order")
    for event in ("Call Started", "Customer Reidentified", "Call Resolved"):
        scene.phone(event, case)
    _comes_back(scene)


def waits_for_a_pickup(scene: Scene) -> None:
    """Orders on the web to collect; it is ready only after two days."""
    scene.log_in()
    order = checks_out(scene, scene.basket(), sent_from=scene.store.store_id)
    place = f'"order_id":"{order.order_id}","store_id":"{scene.store.store_id}"'
    until = stamp(scene.at + 6 * DAY_SECONDS)
    scene.web("Pickup Requested", f'{place},"handoff_group":"{scene.store.city}","handoff_until":"{until}"')
    scene.days(2, 3)
    scene.web("Pickup Ready", place)
    scene.days(1, 2)
    scene.enter_store()
    scene.shop("Pickup Collected", place)
    _comes_back(scene)


def is_denied_a_coupon(scene: Scene) -> None:
    """A coupon comes by mail and is opened; the till does not know it."""
    coupon = f'"coupon_id":"c-{scene.key}","campaign_id":"spring"'
    until = stamp(scene.at + 14 * DAY_SECONDS)
    offered = f'{coupon},"handoff_to":"store","handoff_object":"c-{scene.key}","handoff_until":"{until}"'
    scene.by_mail_address("newsletter", "Promotion Clicked", offered)
    scene.days(1, 5)
    scene.enter_store()
    scene.shop("Coupon Denied", f"{coupon},{scene.goods(scene.taste(), 'store')}")
    # Not on the web: what a boutique prepared and the web booked is another fault.
    _comes_back(scene, buys_in_store)


def misses_a_parcel(scene: Scene) -> None:
    """The parcel does not come; a call finds it."""
    scene.log_in()
    order = f'"order_id":"{checks_out(scene, scene.basket()).order_id}"'
    scene.days(1, 1)
    scene.web("Order Shipped", order)
    scene.days(1, 3)
    scene.web("Delivery Missed", order)
    scene.minutes(60, 600)
    calls(scene, "parcel", transfers=0)
    scene.days(1, 2)
    scene.web("Order Delivered", order)
    _comes_back(scene)


def finds_nothing(scene: Scene) -> None:
    """Searches, is shown nothing, and leaves."""
    scene.log_in()
    scene.page("Home")
    query = f'"query":"{scene.taste().sku}"'
    scene.web("Products Searched", query)
    scene.web("Search Failed", query)
    _comes_back(scene)


def meets_a_login_wall(scene: Scene) -> None:
    """Is not logged in, puts a coffee into the cart, is asked to log in, and leaves."""
    scene.page("Home")
    scene.web("Product Added", added(scene, scene.taste(), "web"))
    scene.web("Login Required", '"path":"/checkout"')
    _comes_back(scene)


def rates_badly(scene: Scene) -> None:
    """Gives one or two stars, and is never seen again."""
    _rates(scene, scene.between(1, 2))


def asks_once(scene: Scene) -> None:
    """Writes on the web about a parcel, and is answered."""
    scene.log_in()
    case = case_of(scene, "parcel")
    scene.web("Case Opened", case)
    scene.minutes(60, 600)
    scene.web("Case Resolved", case)
    scene.days(2, 6)
    orders_on_the_web(scene)


def rates_well(scene: Scene) -> None:
    """Gives four or five stars, and orders again."""
    _rates(scene, scene.between(4, 5))
    scene.days(2, 6)
    orders_on_the_web(scene)


MISHAPS: Mapping[str, Story] = MappingProxyType(
    {
        "F5": is_refused_a_return,
        "F6": waits_for_the_money,
        "F8": asks_twice,
        "F9": is_asked_who_it_is,
        "F12": waits_for_a_pickup,
        "F15": is_denied_a_coupon,
        "F16": misses_a_parcel,
        "F17": finds_nothing,
        "F18": meets_a_login_wall,
        "F19": rates_badly,
    }
)
"""What befalls them, by the rule of the catalogue that finds it."""

_EVERYDAY: tuple[Story, ...] = (asks_once, rates_well)
"""The same steps when all goes well, where nobody else in the company takes them."""

_TOGETHER = (asks_twice, rates_badly, *_EVERYDAY)


def mishaps_of(thousand: int, seed: int) -> list[Errand]:
    """The years of those whom a friction befalls, of the people that belong to one thousand."""
    chance = luck(f"mishaps/{seed}/{thousand}")
    found: list[Errand] = []
    kinds = (*MISHAPS.values(), *_EVERYDAY)
    stories = [story for story in kinds for _ in range(MISHAPS_PER_THOUSAND)]
    for person, story in zip(unlucky(thousand, len(kinds), MISHAPS_PER_THOUSAND, chance), stories, strict=True):
        days = _FEBRUARY if story in _TOGETHER else range(_FIRST_DAY, _LAST_DAY)
        day = chance.choice(days)
        found += [(day - _BEFORE_DAYS, 0, person, bought_once), (day, 1, person, story)]
    return found


def _rates(scene: Scene, stars: int) -> None:
    scene.log_in()
    rating = f'"rating":{stars},"review_id":"v-{scene.key}"'
    scene.web("Product Reviewed", f"{scene.goods(scene.taste(), 'web')},{rating}")


def _comes_back(scene: Scene, buys: Story = orders_on_the_web) -> None:
    """One of four buys again within days."""
    if scene.who.turn % _ONE_COMES_BACK_OF == 0:
        scene.days(2, 6)
        buys(scene)
