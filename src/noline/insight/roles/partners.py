"""Businesses that order, one by one."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from noline.insight.roles.model import PARTNER_CHANNELS, RETAIN_WITHIN, AccountBaskets, Part, Partner
from noline.insight.roles.sales import Sales
from noline.kernel.clock import DAY, Micros
from noline.kernel.shares import share
from noline.stores.walks.arrays import Flags, Longs

Row = Mapping[str, Any]


def partner_channels(sales: Sales) -> set[str]:
    """The channels in which others sell, or in which businesses order."""
    named = np.unique(sales.told.channel[_has_account(sales)]).tolist()
    return {sales.channels[one] for one in named} | (set(PARTNER_CHANNELS) & set(sales.channels))


def accounts(sales: Sales, promises: Iterable[Row], returned: Iterable[Row], observed: Micros) -> list[Partner]:
    """Every business that ordered, the one with most orders first. promises, returned: the statements of that name."""
    kept: dict[str, tuple[int, int]] = {}
    for row in promises:
        name = row["account_id"] or ""
        before = kept.get(name, (0, 0))
        kept[name] = (before[0] + row["kept"], before[1] + row["due"])
    back = {row["account_id"]: (row["returned"], row["orders"]) for row in returned}
    found: list[Partner] = []
    for code in np.unique(sales.told.account[_has_account(sales)]).tolist():
        name = sales.accounts[code]
        mine = np.flatnonzero(sales.told.account == code)
        found.append(_partner(sales, name, mine, kept.get(name, (0, 0)), back.get(name, (0, 0)), observed))
    return sorted(found, key=lambda one: (-one.orders, one.account))


def _has_account(sales: Sales) -> Flags:
    named = np.array([*(name != "" for name in sales.accounts), False], np.bool_)
    return named[sales.told.account]


def _partner(
    sales: Sales, name: str, mine: Longs, kept: tuple[int, int], back: tuple[int, int], observed: Micros
) -> Partner:
    told = sales.told
    times = np.sort(told.at[mine])
    gaps = np.diff(times)
    decided = times + RETAIN_WITHIN <= observed
    followed = np.append(gaps <= RETAIN_WITHIN, [False])[: times.size]
    return Partner(
        name,
        tuple(sales.channels[one] for one in np.unique(told.channel[mine]).tolist()),
        mine.size,
        int(np.unique(told.person[mine]).size),
        int(times[0]),
        int(times[-1]),
        float(np.median(gaps)) / DAY if gaps.size else None,
        tuple(_baskets(sales, mine)),
        _part(int((decided & followed).sum()), int(decided.sum())),
        _part(*back),
        _part(*kept),
    )


def _baskets(sales: Sales, mine: Longs) -> Iterable[AccountBaskets]:
    priced = mine[sales.priced[mine]]
    for code in np.unique(sales.told.currency[priced]).tolist():
        values = sales.told.value[priced[sales.told.currency[priced] == code]]
        total, count = int(values.sum()), int(values.size)
        whole, rest = divmod(total, count)
        mean = whole + (2 * rest > count or (2 * rest == count and whole % 2 == 1))
        yield AccountBaskets(sales.currencies[code], count, total, mean)


def _part(cases: int, of: int) -> Part:
    return Part.of_share(cases, of, share(cases, of))
