"""A price is a window in time: what one channel asks for one item, in one country and currency, from when to when.

Windows are only ever added, so the past stays as it was. Of the windows that are open at an instant, the one that
began last is the price: a promotion covers the list price and uncovers it when it ends.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from noline.kernel.clock import Micros, to_instant
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact
from noline.kernel.money import Money, to_minor
from noline.kernel.quantities import to_units

KINDS = frozenset({"Price Set"})
"""The words this room listens to."""

_NAME_CHARACTERS = 200
_MINOR_LIMIT = 10**15
_CURRENCY = re.compile(r"[A-Z]{3}")


class PriceUnreadable(NotReadable):
    """A price that cannot be understood."""

    code = "prices.unreadable"
    sentence = "{kind} cannot be taken into the prices: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class Key(NamedTuple):
    """What decides between windows that are open at once: who began last, then who was told last."""

    valid_from: Micros
    occurred_at: Micros
    message_id: str
    fact_route: int


@dataclass(frozen=True, slots=True)
class Price:
    """One window. country: ISO 3166, or empty for a price that names none. valid_until: excluded, None while open."""

    sku: str
    channel: str
    country: str
    money: Money
    valid_until: Micros | None
    source: str
    key: Key

    @property
    def valid_from(self) -> Micros:
        """The first instant of the window."""
        return self.key.valid_from


@dataclass(frozen=True, slots=True)
class Conflict:
    """One item that costs more in one channel than in another of the same country and currency.

    gap_permille: how much of the highest price lies between it and the lowest.
    """

    sku: str
    country: str
    currency: str
    prices_minor: tuple[tuple[str, int], ...]
    gap_minor: int
    gap_permille: int


def read_price(fact: Fact, default_currency: str) -> Price:
    """The window that a fact opens; raises PriceUnreadable, UnreadableMoney, UnreadableUnits or UnreadableInstant."""
    valid_from = _instant(fact, "valid_from")
    valid_until = _instant(fact, "valid_until")
    valid_from = fact.occurred_at if valid_from is None else valid_from
    if valid_until is not None and valid_until <= valid_from:
        raise PriceUnreadable(kind=fact.kind, why="it ends before it begins")
    return Price(
        sku=_named(fact, "sku", "product_id"),
        channel=fact.text("channel") or fact.channel,
        country=fact.text("country") or "",
        money=_money(fact, default_currency),
        valid_until=valid_until,
        source=fact.source,
        key=Key(valid_from, fact.occurred_at, fact.message_id, fact.route_key),
    )


def ruling(windows: Iterable[Price], country: str | None = None) -> Price | None:
    """The window that is the price; one that names the country goes before one that names none."""
    return max(windows, key=lambda one: (country is not None and one.country == country, one.key), default=None)


def conflicts_among(windows: Iterable[Price]) -> list[Conflict]:
    """Where channels differ, of windows that are open at one instant; the widest gap first."""
    by_market: dict[tuple[str, str, str], dict[str, list[Price]]] = defaultdict(lambda: defaultdict(list))
    for price in windows:
        by_market[price.sku, price.country, price.money.currency][price.channel].append(price)
    found: list[Conflict] = []
    for (sku, country, currency), channels in by_market.items():
        minor = {channel: max(those, key=lambda one: one.key).money.amount_minor for channel, those in channels.items()}
        low, high = min(minor.values()), max(minor.values())
        if low < high:
            prices = tuple(sorted(minor.items()))
            found.append(Conflict(sku, country, currency, prices, high - low, (high - low) * 1000 // high))
    return sorted(found, key=lambda one: (-one.gap_permille, one.sku, one.country, one.currency))


def _named(fact: Fact, *names: str) -> str:
    value = fact.text(*names)
    if value is None or len(value) > _NAME_CHARACTERS:
        raise PriceUnreadable(kind=fact.kind, why=f"it has no {names[0]}, or one that is too long")
    return value


def _money(fact: Fact, default_currency: str) -> Money:
    currency = (fact.text("currency") or default_currency).upper()
    minor, major = fact.properties.get("price_minor"), fact.properties.get("price")
    if not _CURRENCY.fullmatch(currency):
        raise PriceUnreadable(kind=fact.kind, why=f"{currency!r} is no currency of three letters")
    if minor is None and major is None:
        raise PriceUnreadable(kind=fact.kind, why="it has neither price nor price_minor")
    amount = to_units(minor) if minor is not None else to_minor(major, currency)
    if not 0 <= amount < _MINOR_LIMIT:
        raise PriceUnreadable(kind=fact.kind, why="its price is negative or too large")
    return Money(amount, currency)


def _instant(fact: Fact, name: str) -> Micros | None:
    text = fact.text(name)
    return None if text is None else to_instant(text)
