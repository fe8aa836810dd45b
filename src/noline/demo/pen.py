"""The hand that writes messages of the tracking contract, quickly: text pieces put together, encoded once.

Only names, addresses and free text go through a JSON encoder; everything else is made of letters that need no escape.
"""

from functools import cache
from typing import Any

import msgspec

from noline.demo.company import DATES, Product, major

DAY_SECONDS = 86_400
_MINUTES = tuple(f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440))
_SECONDS = tuple(f"{second:02}.000Z" for second in range(60))
_to_json = msgspec.json.Encoder().encode

Written = tuple[int, str, bytes]
"""When (seconds since the year began), by which source, and the bytes of the message."""


def stamp(at: int) -> str:
    """ISO 8601 of an instant, given in seconds since the year began."""
    day, second = divmod(at, DAY_SECONDS)
    return DATES[day] + _MINUTES[second // 60] + _SECONDS[second % 60]


def text(value: Any) -> str:
    """A value as JSON."""
    return _to_json(value).decode()


@cache
def _named(product: Product) -> str:
    name, category = text(product.name), product.category
    return f'"product_id":"{product.product_id}","sku":"{product.sku}","name":{name},"category":"{category}"'


@cache
def goods(product: Product, price: int, currency: str) -> str:
    """The properties that name a product and its price (minor units)."""
    return f'{_named(product)},"price":{major(price, currency)},"currency":"{currency}"'


@cache
def line(product: Product, price: int, currency: str, quantity: int) -> str:
    """One line of an order; price per unit in minor units."""
    return f'{{{_named(product)},"price":{major(price, currency)},"quantity":{quantity}}}'


class Pen:
    """Writes messages and keeps them until they are taken."""

    def __init__(self) -> None:
        """A pen with an empty sheet."""
        self.written: list[Written] = []
        self._prefix = ""
        self._count = 0

    def begin(self, prefix: str) -> None:
        """Start a story: its messages are numbered under this prefix, which no other story may have."""
        self._prefix = prefix
        self._count = 0

    def track(self, source: str, at: int, event: str, ids: str, properties: str, context: str) -> None:
        """Write what happened. ids, properties: JSON members, ids with a comma at the end; context: a JSON object."""
        self._count = count = self._count + 1
        day, second = divmod(at, DAY_SECONDS)
        self.written.append(
            (
                at,
                source,
                f'{{"type":"track","event":"{event}","messageId":"{self._prefix}-{count}",{ids}"timestamp":"'
                f'{DATES[day]}{_MINUTES[second // 60]}{_SECONDS[second % 60]}","properties":{{{properties}}},'
                f'"context":{context}}}'.encode(),
            )
        )

    def call(self, kind: str, source: str, at: int, ids: str, members: str, context: str) -> None:
        """Write a message that is no track: page, screen, identify, group; members: its own JSON members."""
        self._count = count = self._count + 1
        self.written.append(
            (
                at,
                source,
                f'{{"type":"{kind}","messageId":"{self._prefix}-{count}",{ids}"timestamp":"{stamp(at)}",'
                f'{members},"context":{context}}}'.encode(),
            )
        )
