"""Businesses that order, one by one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from noline.insight.roles.model import PARTNER_CHANNELS, AccountBaskets, Part, Partner
from noline.insight.roles.sales import Sales
from noline.kernel.clock import DAY
from noline.kernel.shares import share

Row = Mapping[str, Any]


def partner_channels(sales: Sales, businesses: Iterable[Row]) -> set[str]:
    """The channels in which others sell, or in which businesses order. businesses: the statement of that name."""
    return {channel for row in businesses for channel in row["channels"]} | (set(PARTNER_CHANNELS) & {*sales.channels})


def accounts(businesses: Iterable[Row], baskets: Iterable[Row]) -> list[Partner]:
    """Every business that ordered, the one with most orders first. businesses, baskets: the rows of the statements."""
    worth: dict[str, list[AccountBaskets]] = {}
    for row in baskets:
        worth.setdefault(row["account_id"], []).append(_basket(row))
    found = [_partner(row, worth.get(row["account_id"], ())) for row in businesses]
    return sorted(found, key=lambda one: (-one.orders, one.account))


def _partner(row: Row, baskets: Sequence[AccountBaskets]) -> Partner:
    gap = row["median_gap"]
    return Partner(
        row["account_id"],
        tuple(row["channels"]),
        row["orders"],
        row["orders_of_nobody"],
        row["persons"],
        row["first_at"],
        row["last_at"],
        None if gap is None else gap / DAY,
        tuple(sorted(baskets, key=lambda one: one.currency)),
        _part(row["followed"], row["decided"]),
        _part(row["returned"], row["orders"]),
        _part(row["kept"], row["due"]),
    )


def _basket(row: Row) -> AccountBaskets:
    """The mean is to the nearest minor unit, half to even."""
    total, count = row["amount_minor"], row["orders"]
    whole, rest = divmod(total, count)
    mean = whole + (2 * rest > count or (2 * rest == count and whole % 2 == 1))
    return AccountBaskets(row["currency"], count, total, mean)


def _part(cases: int, of: int) -> Part:
    return Part.of_share(cases, of, share(cases, of))
