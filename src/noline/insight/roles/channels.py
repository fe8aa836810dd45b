"""Each channel or unit with its ratios, its baskets and its promises."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from noline.insight.roles.customers import STORE
from noline.insight.roles.experience import experiences
from noline.insight.roles.measures import Measured, measured, untold
from noline.insight.roles.model import MEASURES, ChannelRoles, Part, Ratio
from noline.insight.roles.sales import Sales
from noline.insight.roles.visits import Visits, buys
from noline.kernel.clock import Micros
from noline.kernel.shares import FEWEST_PERSONS, share
from noline.stores.walks.history import History

Row = Mapping[str, Any]

DEPOT = "depot"
"""In place of a channel: a unit that is neither a store nor a channel."""


def channels(
    sales: Sales, history: History, promises: Iterable[Row], by: str, observed: Micros
) -> tuple[ChannelRoles, ...]:
    """Every channel or unit with an order, a visit or a promise to keep, the one with most orders first."""
    by_unit = by == "unit"
    label, names = (sales.told.unit, sales.units) if by_unit else (sales.told.channel, sales.channels)
    told = dict(zip(names, measured(sales, label, len(names), observed), strict=True))
    visits = Visits.of(history, by_unit=by_unit)
    after = experiences(visits, buys(history, sales), observed)
    due, kept = _promises(promises, by)
    orders = _counted(names, label.tolist())
    unknown = _of_nobody(sales, by_unit=by_unit)
    channel_of = channels_of_units(sales, history) if by_unit else {}
    found = [
        replace(
            _channel(
                name,
                told.get(name),
                after.get(name),
                _part(kept[name], due[name]),
            ),
            channel=channel_of.get(name, DEPOT) if by_unit else name,
            orders=orders[name],
            orders_of_nobody=unknown[name],
        )
        for name in sorted({*names, *after, *due})
    ]
    return tuple(in_order(found))


def in_order(found: Iterable[ChannelRoles]) -> list[ChannelRoles]:
    """Those with most orders first."""
    return sorted(found, key=lambda one: (-one.orders, one.name))


def without_orders(name: str, channel: str) -> ChannelRoles:
    """A channel or unit of which nothing is told by orders or visits."""
    return replace(_channel(name, None, None, _part(0, 0)), channel=channel)


def channels_of_units(sales: Sales, history: History) -> dict[str, str]:
    """The channel of each unit: `store` of a store, else as its orders say or itself; depots are left out."""
    found = {name: name for name in history.channels.names}
    found |= {name: STORE for name in history.parts["store_id"].names if name}
    return found | dict(zip(sales.units, (sales.channels[one] for one in sales.channel_of.tolist()), strict=True))


def _channel(name: str, told: Measured | None, after: Ratio | None, convenience: Part) -> ChannelRoles:
    """A channel by its name; where it belongs and its orders are told by others."""
    given = {one.name: one for one in (*(told.ratios if told else ()), *([after] if after else []))}
    ratios = tuple(given.get(one) or untold(one) for one in MEASURES)
    persons = told.persons if told else 0
    return ChannelRoles(
        name, name, 0, 0, persons, ratios, told.baskets if told else (), convenience,
        assist=None,
        claimed=tuple(one.name for one in ratios if one.claimed),
        less=tuple(one.name for one in ratios if one.less),
        too_few=persons < FEWEST_PERSONS,
    )  # fmt: skip


def _part(cases: int, of: int) -> Part:
    return Part.of_share(cases, of, share(cases, of))


def _counted(names: tuple[str, ...], labels: list[int]) -> Counter[str]:
    counts = Counter(labels)
    return Counter({name: counts[code] for code, name in enumerate(names)})


def _of_nobody(sales: Sales, *, by_unit: bool) -> Counter[str]:
    found: Counter[str] = Counter()
    for unit, channel, count in zip(sales.units, sales.channel_of.tolist(), sales.of_nobody.tolist(), strict=True):
        found[unit if by_unit else sales.channels[channel]] += count
    return found


def _promises(rows: Iterable[Row], by: str) -> tuple[Counter[str], Counter[str]]:
    due: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for row in rows:
        due[row[by]] += row["due"]
        kept[row[by]] += row["kept"]
    return due, kept
