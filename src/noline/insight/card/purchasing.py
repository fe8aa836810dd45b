"""How a customer buys: the last purchase in each channel, twelve months of orders, and the primary channel."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from noline.insight.card.dates import month_name, month_of
from noline.insight.card.goods import Taken, items_of, tags_of
from noline.insight.card.model import Lane, Last, Purchase, Purchases
from noline.insight.card.rules import HABIT_DAYS, LAST_ORDERS, LEAST_ORDERS
from noline.kernel.clock import DAY, Micros
from noline.kernel.disclosure import PERSONALISATION, CardFact, Provenance

LANES = "channels.lanes"
PRIMARY = "channels.primary"
"""The facts that the lanes and the primary channel rest on."""

_MONTHS = 12


class Primary(NamedTuple):
    """The channel that somebody mostly buys in, None while there is none, and why."""

    channel: str | None
    because: str


def buying(customer: str, orders: Sequence[Taken], now: Micros) -> tuple[Purchases | None, list[CardFact]]:
    """The section of purchases and the facts it rests on. orders: the youngest first."""
    if not orders:
        return None, []
    last, facts = _last_of_each_channel(customer, orders)
    this_month = month_of(now)
    months = range(this_month - _MONTHS + 1, this_month + 1)
    placed = [one.order for one in orders]
    recent = [one for one in placed if month_of(one.at) >= months.start]
    lanes = lanes_of(recent, months)
    primary = primary_channel(placed, now)
    if lanes:
        sums = tuple(sum(month) for month in zip(*(lane.months for lane in lanes), strict=True))
        facts.append(_of_orders(customer, LANES, sums, recent, "orders of the last twelve calendar months"))
    if primary.channel:
        within = [one for one in placed if one.at > now - HABIT_DAYS * DAY and one.channel == primary.channel]
        facts.append(_of_orders(customer, PRIMARY, primary.channel, within, "most orders in 365 days"))
    section = Purchases(
        last=tuple(last),
        lanes=lanes,
        months=tuple(month_name(month) for month in months),
        primary_channel=primary.channel,
        primary_because=primary.because,
        orders=len(recent),
        facts=tuple(fact.id for fact in facts),
    )
    return section, facts


def lanes_of(placed: Iterable[Purchase], months: range) -> tuple[Lane, ...]:
    """Orders by channel and month; the busiest channel first."""
    counts: dict[str, list[int]] = {}
    for one in placed:
        month = month_of(one.at)
        if month in months:
            counts.setdefault(one.channel, [0] * len(months))[month - months.start] += 1
    lanes = [Lane(channel, tuple(each), sum(each)) for channel, each in counts.items()]
    return tuple(sorted(lanes, key=lambda lane: (-lane.orders, lane.channel)))


def primary_channel(placed: Iterable[Purchase], now: Micros) -> Primary:
    """The channel with most orders in 365 days, of equal ones that with the higher spend, if it has at least three.

    Spend in different currencies cannot be compared; then, and when it is equal too, the youngest order decides.
    """
    recent = [one for one in placed if one.at > now - HABIT_DAYS * DAY]
    orders = Counter(one.channel for one in recent)
    most = max(orders.values(), default=0)
    if most < LEAST_ORDERS:
        return Primary(None, f"none yet: no channel has {LEAST_ORDERS} orders in {HABIT_DAYS} days")
    first = [channel for channel, count in orders.items() if count == most]
    chosen = first[0] if len(first) == 1 else _by_spend(first, recent)
    return Primary(chosen, f"{most} of {len(recent)} orders in {HABIT_DAYS} days")


def _by_spend(channels: Sequence[str], recent: Sequence[Purchase]) -> str:
    among = [one for one in recent if one.channel in channels]
    comparable = len({one.currency for one in among}) == 1
    spend, youngest = Counter[str](), dict.fromkeys(channels, 0)
    for one in among:
        spend[one.channel] += (one.total_minor or 0) if comparable else 0
        youngest[one.channel] = max(youngest[one.channel], one.at)
    return max(channels, key=lambda channel: (spend[channel], youngest[channel], channel))


def _last_of_each_channel(customer: str, orders: Iterable[Taken]) -> tuple[list[Last], list[CardFact]]:
    """The youngest order of each channel of which something was kept."""
    last: dict[str, Last] = {}
    facts: list[CardFact] = []
    for one in orders:
        channel = one.order.channel
        if channel not in last and one.is_kept:
            fact, last[channel] = _last_purchase(customer, one)
            facts.append(fact)
    return list(last.values()), facts


def _last_purchase(customer: str, taken: Taken) -> tuple[CardFact, Last]:
    # What touches a special category is left out; an order of nothing else keeps its tags, and disclosure hides it.
    named = tuple(line for line in taken.lines if line.is_open)
    told, one = named or taken.lines, taken.order
    key = f"last_purchase.{one.channel}"
    fact = CardFact(
        id=key,
        customer=customer,
        key=key,
        value=tuple(line.name for line in told),
        provenance=Provenance.TRANSACTION,
        evidence=(f"order:{one.order}",),
        observed_at=one.at,
        purpose=PERSONALISATION,
        derived_by="the youngest order of the channel that was kept",
        tags=tags_of(told),
        channel=one.channel,
    )
    total = one.total_minor if len(named) == len(taken.lines) else None
    return fact, Last(one.channel, one.at, one.order, one.store, items_of(told), total, one.currency, key)


def _of_orders(
    customer: str, key: str, value: str | tuple[int, ...], orders: Sequence[Purchase], derived_by: str
) -> CardFact:
    """A fact that counts orders; the youngest of them stand for it."""
    return CardFact(
        id=key,
        customer=customer,
        key=key,
        value=value,
        provenance=Provenance.TRANSACTION,
        evidence=tuple(f"order:{one.order}" for one in orders[:LAST_ORDERS]),
        observed_at=orders[0].at,
        purpose=PERSONALISATION,
        derived_by=derived_by,
    )
