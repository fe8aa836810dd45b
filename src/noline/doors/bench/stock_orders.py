"""What placing an order costs: baskets of three items that are held, priced and become orders of new customers."""

import time
from random import Random

from noline.doors.bench.stock_requests import item
from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.truth.orders.fulfilments import Method
from noline.truth.stock.promising import Ask, Line

PLACES = ("paris-1", "lyon-1", "depot")
"""Where every item lies, so that each order has a choice."""

_LINES = 3
_WARM = 20
_CHANNEL, _CURRENCY = "web", "EUR"
_DELIVER = Delivery(Method.SHIP, country="FR", latitude=50.63, longitude=3.06)


def price(hub: Hub, items: int) -> None:
    """Give every item a price."""
    hub.access.ensure_source("prices", "erp")
    at = as_text(hub.clock.now())
    hub.accept("prices", [
        {
            "type": "track", "event": "Price Set", "messageId": f"price-{number}", "timestamp": at,
            "properties": {
                "sku": item(number), "channel": _CHANNEL, "price_minor": 500 + number, "currency": _CURRENCY,
            },
        }
        for number in range(items)
    ])  # fmt: skip


def placed(hub: Hub, orders: int, items: int, seed: int) -> list[float]:
    """CPU seconds of placing each order, its hold not counted; the first twenty are not told."""
    chance = Random(seed)  # noqa: S311  the same baskets for the same seed
    took = [_placed(hub, number, chance.sample(range(items), _LINES)) for number in range(_WARM + orders)]
    return took[_WARM:]


def _placed(hub: Hub, number: int, basket: list[int]) -> float:
    skus = [item(one) for one in basket]
    hold = hub.promising.hold(Ask(tuple(Line(sku, 1, PLACES[-1]) for sku in skus), _CHANNEL), by="bench")
    lines, customer = tuple(map(Ordered, skus)), {"email": f"buyer-{number}@example.com"}
    new = NewOrder(channel=_CHANNEL, deliver=_DELIVER, lines=lines, customer=customer, hold=hold.id)
    began = time.process_time()
    hub.ordering.place(new, by="bench")
    return time.process_time() - began
