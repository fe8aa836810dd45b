"""What a message says of amounts, units and goods, read leniently: what cannot be read is left out, never refused.

Pure and quick: it runs for each record of the log.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from noline.kernel.clock import Micros, parse_instant
from noline.kernel.errors import UnreadableMoney
from noline.kernel.events import Json
from noline.kernel.money import to_minor

LARGEST = 10**15
"""Amounts (minor units) and units at or above this are not believed."""

_LONGEST_NUMBER_BITS = 256  # of a number that stands as an id; Python refuses to print very long ones
_LONGEST_MINUTES = 100_000
_NO_PRODUCTS: list[Json] = []
_MINOR_TOTALS = ("value_minor", "total_minor", "revenue_minor")
_TOTALS = ("total", "revenue", "value")
_NET_TOTALS = frozenset({"revenue_minor", "revenue"})


def text_of(value: object) -> str | None:
    """A text or a number as text; None for nothing, a flag, or anything else."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _LONGEST_NUMBER_BITS else None
    return str(value) if isinstance(value, float) else None


def products_of(properties: Json) -> list[Json]:
    """The lines of a basket that are objects."""
    products = properties.get("products")
    if not isinstance(products, list):
        return _NO_PRODUCTS
    return [product for product in products if isinstance(product, dict)]


def currency_of(properties: Json, default: str) -> str:
    """The currency a message names (ISO 4217, in capitals), else the default."""
    named = properties.get("currency")
    return code_of(named) if isinstance(named, str) and len(named) == 3 else default


def code_of(currency: str) -> str:
    """The code of a currency in capitals, as money is kept."""
    return currency.upper() if currency.isascii() else currency


def sku_of(properties: Json, products: list[Json]) -> str | None:
    """The item a message is about; of a basket its dearest one."""
    own = text_of(properties.get("sku")) or text_of(properties.get("product_id"))
    if own or not products:
        return own
    dearest = products[0] if len(products) == 1 else max(products, key=_price_rank)
    return text_of(dearest.get("sku")) or text_of(dearest.get("product_id"))


def _price_rank(product: Json) -> float:
    """Only to compare the lines of one basket; never an amount."""
    price = product.get("price", product.get("price_minor"))
    try:
        rank = float(price)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("-inf")
    return rank if rank == rank else float("-inf")  # noqa: PLR0124  NaN is no price


def total_minor_of(properties: Json, products: list[Json], currency: str) -> int | None:
    """The amount a message speaks of: its total, else price times quantity, else the sum of its products."""
    name = _name_of_total(properties)
    if name is not None:
        return whole_of(properties[name]) if name in _MINOR_TOTALS else amount_minor_of(properties[name], currency)
    if properties.get("price") is not None or properties.get("price_minor") is not None:
        return line_minor_of(properties, currency)
    lines = [line_minor_of(product, currency) for product in products]
    known = [line for line in lines if line is not None]
    return sum(known) if known and len(known) == len(lines) else None


def is_net_total(properties: Json) -> bool:
    """Whether the total is told as `revenue`: that is without tax and postage already."""
    return _name_of_total(properties) in _NET_TOTALS


def _name_of_total(properties: Json) -> str | None:
    """The first name under which anything is told; `null` is nothing."""
    for name in _MINOR_TOTALS:
        if properties.get(name) is not None:
            return name
    for name in _TOTALS:
        if properties.get(name) is not None:
            return name
    return None


def line_minor_of(line: Json, currency: str) -> int | None:
    """Price times quantity in minor units."""
    told = line.get("price_minor")
    price = amount_minor_of(line.get("price"), currency) if told is None else whole_of(told)
    quantity = count_of(line.get("quantity", 1))
    if price is None or quantity is None:
        return None
    return whole_of(price * quantity)


def units_of(properties: Json, products: list[Json]) -> int | None:
    """The units a message speaks of: its own, else those of its lines."""
    if "quantity" in properties:
        return count_of(properties["quantity"])
    counts = [count_of(product.get("quantity", 1)) for product in products]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def count_of(value: object) -> int | None:
    """A whole number of units; `2`, `2.0` and `"2"` are two."""
    if type(value) is int:
        return whole_of(value)
    return _quietly(_count, value) if isinstance(value, (float, str)) else None


def _count(value: float | str) -> int | None:
    number = float(value)
    return whole_of(int(number)) if number == int(number) else None


def whole_of(value: object) -> int | None:
    """Minor units as sent: a whole number, not absurd."""
    if type(value) is int:
        return value if -LARGEST < value < LARGEST else None
    return _quietly(_count, value) if isinstance(value, (float, str)) else None


def amount_minor_of(value: object, currency: str) -> int | None:
    """Major units as sent, in minor units."""
    return _minor(value, currency) if isinstance(value, (int, float, str)) else None


# Prices repeat all day long, and reading one exactly costs more than the rest of the row.
@lru_cache(maxsize=16_384, typed=True)
def _minor(amount: float | str, currency: str) -> int | None:
    return _quietly(_readable_minor, amount, currency)


def _readable_minor(amount: float | str, currency: str) -> int | None:
    # An amount is measured as a float before it is read exactly: `1e99999` would cost a quarter of a second.
    return to_minor(amount, currency) if abs(float(amount)) < LARGEST else None


def minutes_of(properties: Json) -> int | None:
    """Minutes of work that a message tells, to the nearest whole one; half a minute counts as one."""
    told = properties.get("minutes")
    minutes = told if type(told) is int else _quietly(_whole_minutes, told) if isinstance(told, (float, str)) else None
    return minutes if minutes is not None and 0 <= minutes <= _LONGEST_MINUTES else None


def _whole_minutes(told: float | str) -> int | None:
    # Measured as a float before it is read exactly: `1e99999` would be a very long number.
    if not 0 <= float(told) <= _LONGEST_MINUTES:
        return None
    return int(Decimal(str(told)).quantize(Decimal(1), ROUND_HALF_UP))


def instant_of(value: object) -> Micros | None:
    """A moment as text (ISO 8601)."""
    return _quietly(parse_instant, value) if isinstance(value, str) else None


def _quietly(read: Callable[..., int | None], *arguments: Any) -> int | None:
    try:
        return read(*arguments)
    except (ArithmeticError, TypeError, ValueError, UnreadableMoney):
        return None
