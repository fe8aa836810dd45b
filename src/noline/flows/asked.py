"""What is asked for when an order is placed: values, and what of them can be understood."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.truth.orders.fulfilments import Method, Opening
from noline.truth.stock.model import UNSOURCED, VIRTUAL

_MOST_LINES = 200
_MOST_UNITS = 10**9
_MINOR_LIMIT = 10**15
_NAME_CHARACTERS = 180
"""Of an order: the names of its fulfilments are a little longer, and have room for 200."""


class OrderAskUnreadable(NotReadable):
    """An order that cannot be understood."""

    code = "orders.ask_unreadable"
    sentence = "This cannot be ordered: {why}."
    hint = "Send each item once with its units, and where it is collected unless it is sent."


class Ordered(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of one item that are ordered. price_minor: of one unit; None: as the channel or the account asks."""

    sku: str
    units: Units = 1
    price_minor: int | None = None


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the goods come to who ordered them.

    location: where they are collected, or the only one that may send. latitude, longitude: degrees of where they go.
    """

    method: Method
    location: str | None = None
    country: str | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order to be placed.

    customer: names by their kind, or `{"person": ID}`. account: id of the business that buys. hold: whose units become
    part of it. cart: the cart it was; its lines, hold and customer count where none are named. wanted_by: when it is
    wanted. unpriced: it may be placed though nobody knows a price. exchange_of: the order whose goods come back.
    """

    channel: str
    deliver: Delivery
    lines: tuple[Ordered, ...] = ()
    order_id: str | None = None
    store_id: str | None = None
    customer: dict[str, str] | None = None
    account: str | None = None
    currency: str | None = None
    hold: str | None = None
    cart: str | None = None
    wanted_by: Micros | None = None
    unpriced: bool = False
    exchange_of: str | None = None


def check(new: NewOrder) -> None:
    """Refuse what cannot be ordered as it was said. Raises OrderAskUnreadable."""
    if not new.lines and new.cart is None:
        raise OrderAskUnreadable(why="it has no lines")
    if len(new.lines) > _MOST_LINES:
        raise OrderAskUnreadable(why=f"it has more than {_MOST_LINES} lines")
    if new.order_id is not None and not 0 < len(new.order_id) <= _NAME_CHARACTERS:
        raise OrderAskUnreadable(why=f"its number has 1 to {_NAME_CHARACTERS} characters")
    check_units({one.sku: one.units for one in new.lines})
    if any(one.price_minor is not None and not 0 <= one.price_minor < _MINOR_LIMIT for one in new.lines):
        raise OrderAskUnreadable(why="a price is negative or too large")
    _check_delivery(new.deliver)


def _check_delivery(deliver: Delivery) -> None:
    location = deliver.location
    if location is None and deliver.method is not Method.SHIP:
        raise OrderAskUnreadable(why=f"{deliver.method} needs a location")
    if location is not None and (not 0 < len(location) <= 200 or location in VIRTUAL or location == UNSOURCED):
        raise OrderAskUnreadable(why=f"{location[:200]!r} cannot be a location")
    point = (deliver.latitude, deliver.longitude)
    if (None in point) != (point == (None, None)):
        raise OrderAskUnreadable(why="latitude and longitude stand together")
    if None not in point and not (abs(point[0] or 0) <= 90 and abs(point[1] or 0) <= 180):
        raise OrderAskUnreadable(why="latitude and longitude are degrees")


def check_units(units: Mapping[str, Units], least: int = 1) -> None:
    """Refuse names and numbers of units that cannot be. Raises OrderAskUnreadable."""
    for sku, some in units.items():
        if not 0 < len(sku) <= 200:
            raise OrderAskUnreadable(why="a line has no sku, or one that is too long")
        if not least <= some <= _MOST_UNITS:
            raise OrderAskUnreadable(why=f"{some} units of {sku}")


def merged(lines: Iterable[Ordered]) -> list[Ordered]:
    """Each item once. Raises OrderAskUnreadable when it has two prices."""
    found: dict[str, Ordered] = {}
    for one in lines:
        before = found.get(one.sku)
        if before is not None and before.price_minor != one.price_minor:
            raise OrderAskUnreadable(why=f"{one.sku} stands twice with different prices")
        units = one.units + (before.units if before else 0)
        found[one.sku] = Ordered(one.sku, units, one.price_minor)
    return list(found.values())


def opening_of(new: NewOrder, lines: Sequence[Ordered], asked: str, currency: str) -> Opening:
    """The order as the hub keeps it: of where it goes the country and the tenth of a degree."""
    deliver = new.deliver
    point = None
    if deliver.latitude is not None and deliver.longitude is not None:
        point = (round(deliver.latitude * 10), round(deliver.longitude * 10))
    return Opening(
        asked, new.channel, deliver.method, {one.sku: one.units for one in lines}, deliver.location, deliver.country,
        point, sum(one.units * (one.price_minor or 0) for one in lines), currency, new.wanted_by, new.hold, new.cart,
        new.exchange_of,
    )  # fmt: skip


def content_of(lines: Sequence[Ordered], currency: str) -> Json:
    """What is in an order, as a message tells it; without a total when a price is not known.

    Raises OrderAskUnreadable when it costs more than can be booked.
    """
    if sum(one.units * (one.price_minor or 0) for one in lines) >= _MINOR_LIMIT:
        raise OrderAskUnreadable(why="it costs more than can be booked")
    products: list[Json] = []
    for one in lines:
        product: Json = {"sku": one.sku, "quantity": one.units, "price_minor": one.price_minor}
        products.append({name: value for name, value in product.items() if value is not None})
    prices = [one.price_minor for one in lines]
    total = None if None in prices else sum(one.units * (one.price_minor or 0) for one in lines)
    return {"products": products, "currency": currency, "total_minor": total}
