"""How much each channel sells."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ChannelSales:
    """What one channel sold in one currency, in one month (`2026-03`, UTC) or in all.

    orders: distinct orders. persons: distinct known people among them.
    orders_of_nobody_known: orders of which nobody knows the customer, such as at a till without a card.
    revenue_minor: minor units of `currency`; currency None: orders that name no readable amount.
    average_basket_minor: revenue by order, to the nearest minor unit; None without a currency.
    share: of the revenue in that currency, over all channels, in the same month; None when there is no revenue.
    """

    month: str | None
    channel: str
    currency: str | None
    orders: int
    persons: int
    orders_of_nobody_known: int
    revenue_minor: int
    average_basket_minor: int | None
    share: float | None

    def as_dict(self) -> dict[str, Any]:
        """The value as data."""
        return asdict(self)


def average_minor(revenue_minor: int, orders: int) -> int:
    """Revenue by order in minor units, rounding half to even."""
    whole, rest = divmod(revenue_minor, orders)
    return whole + (2 * rest > orders or (2 * rest == orders and whole % 2 == 1))
