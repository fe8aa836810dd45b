"""From what the channels told to what the books are made of: orders with their margins, acts with their costs, returns.

Nothing is guessed: an order whose value or costs cannot be told is left out, and counted with the reason.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from noline.insight.credit.costing import Rates, Tariff
from noline.insight.credit.margins import Goods, goods_of
from noline.insight.credit.model import ACTS, NOBODY, Orders, Returns, Trade, Work
from noline.insight.credit.names import DEPOT, STORE, Names, kinds_of, longs, rows_of
from noline.insight.credit.questions import sql_of
from noline.insight.credit.refunding import Given, given_beyond
from noline.insight.credit.returning import Back, taken_back
from noline.insight.credit.rules import Rules
from noline.insight.credit.working import (
    DELIVER,
    TAKE_BACK,
    Acts,
    Placed,
    captured,
    in_journeys,
    told_by_order,
    without_repeats,
    words_of,
)
from noline.kernel.sales import ORDER_WORDS
from noline.stores.analytical import Answering
from noline.stores.walks.arrays import Flags, Longs
from noline.stores.walks.history import History


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read and what was not; counts are of orders unless they say otherwise.

    orders: that stand. undone: cancelled or expired after work was done for them, by state; they are in the books
    with a value of 0, and in no other number here but acts. left_out: by reason (`cancelled`, `expired`, `no value`,
    `no rate`). no_rate: by currency, of those the last ones. margins_told: the cost of all their goods was told.
    margins_percent: some of it is `goods_cost_percent`. goods_no_rate: of these, orders whose told costs are in a
    currency without a rate. goods_beyond: of these, orders with a line whose cost is beyond belief, such as of a
    thousand billion units. of_nobody: no person is known, so nothing before the order is. acts: by name. usual_costs:
    the acts whose costs noline.toml does not tell. returns: that were read. returns_left_out: by reason.
    refunded_beyond: more money was given back than the goods that came back were worth. refunds: of such money, in the
    books. refunds_left_out: that were not read, by reason.
    kinds: `store`, `depot` or its channel, by unit.
    """

    orders: int
    undone: Mapping[str, int]
    left_out: Mapping[str, int]
    no_rate: Mapping[str, int]
    margins_told: int
    margins_percent: int
    goods_no_rate: int
    goods_beyond: int
    goods_cost_percent: int
    of_nobody: int
    acts: Mapping[str, int]
    usual_costs: tuple[str, ...]
    returns: int
    returns_left_out: Mapping[str, int]
    refunded_beyond: int
    refunds: int
    refunds_left_out: Mapping[str, int]
    kinds: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The same as data."""
        return asdict(self)


class Read(NamedTuple):
    """What was sold, and how well that is known."""

    trade: Trade
    facts: Facts


def trade_of(
    answering: Answering, history: History, rules: Rules, *, currency: str, rates: Mapping[str, Decimal]
) -> Read:
    """All that was sold. currency: of the amounts in the rules; rates: its units for one unit of another currency.

    Raises TooManyNames of the history.
    """
    return _Reading(answering, history, rules, Rates(currency, rates)).read()


class _Unread(NamedTuple):
    """What is no part of the books. every_id: of all orders that were ever placed."""

    every_id: "pa.ChunkedArray[Any]"
    left_out: Mapping[str, int]
    no_rate: Mapping[str, int]


class _Reading:
    """One reading. Rows are those of the view `orders`; which of them are kept is settled before the end."""

    def __init__(self, answering: Answering, history: History, rules: Rules, rates: Rates) -> None:
        self._answering = answering
        self._history = history
        self._rules = rules
        self._rates = rates
        self._names = Names()
        self._known_places: tuple[frozenset[str], frozenset[str]] | None = None

    def read(self) -> Read:
        every = self._answering.ask(sql_of("orders"))
        placed = self._placed(every)
        acts = self._acts(placed)
        kept, unread = self._kept(every, placed.stands, acts)
        acts = acts.of(kept[acts.order])
        number = np.cumsum(kept) - 1
        acts = acts._replace(order=number[acts.order])
        orders = every.append_column("stands", pa.array(placed.stands)).filter(pa.array(kept))
        return self._told(self._in_money(orders), acts, placed.captured_by[kept], unread)

    def _kept(self, every: pa.Table, stands: Flags, acts: Acts) -> tuple[Flags, "_Unread"]:
        """Which orders can be told in money, or had work that cost something; and what becomes of the others."""
        rated = self._rated(every)
        valued = np.asarray(every["value_minor"].is_valid().to_numpy())
        no_rate = Counter(every["currency"].filter(pa.array(stands & valued & ~rated)).to_pylist())
        worked = ~stands & self._cost_something(acts, stands.size)
        states = every["state"].filter(pa.array(~stands & ~worked)).to_pylist()
        left_out = Counter(states) + Counter({"no value": int((stands & ~valued).sum()), "no rate": no_rate.total()})
        return (stands & valued & rated) | worked, _Unread(every["order_id"], left_out, no_rate)

    def _rated(self, orders: pa.Table) -> Flags:
        """Whether amounts can be told in the currency of each order."""
        codes = orders["currency"].combine_chunks().dictionary_encode()
        known = np.array([self._rates.knows(name) for name in codes.dictionary.to_pylist()] or [False])
        places = longs(codes.indices, NOBODY)
        return (places >= 0) & known[np.maximum(places, 0)]

    def _cost_something(self, acts: Acts, orders: int) -> Flags:
        """Whether the work on each order cost anything, in the company's currency."""
        units = tuple(self._names)
        here = (self._rates.currency,)
        tariff = Tariff(self._rules, units, kinds_of(units, *self._places()), here, self._rates)
        _, cost = tariff.of(acts.unit, acts.act, np.zeros_like(acts.unit), acts.minutes)
        found = np.zeros(orders, np.bool_)
        found[acts.order[cost > 0]] = True
        return found

    def _in_money(self, orders: pa.Table) -> pa.Table:
        """An order that does not stand is worth nothing; without a currency that can be told it is in the company's."""
        stands = orders["stands"]
        for name in ("value_minor", "tax_minor", "shipping_minor", "cost_minor"):
            told = pc.call_function("if_else", [stands, orders[name], pa.scalar(0, pa.int64())])
            orders = _with(orders, name, told)
        rated, here = pa.array(self._rated(orders)), pa.scalar(self._rates.currency)
        told = pc.call_function("if_else", [rated, orders["currency"], here])
        return _with(orders, "currency", told)

    def _placed(self, orders: pa.Table) -> Placed:
        return Placed(
            orders["order_id"],
            longs(orders["placed_at"], 0),
            longs(orders["person"], NOBODY),
            self._names.codes(orders["unit"]),
            self._names.codes(orders["location"]),
            np.array([state == "placed" for state in orders["state"].to_pylist()], np.bool_),
        )

    def _acts(self, placed: Placed) -> Acts:
        rules, names = self._rules, self._names
        work = self._answering.ask(sql_of("work"), {"words": [word for word in words_of(rules) if word in ORDER_WORDS]})
        capture = self._answering.ask(sql_of("work"), {"words": list(rules.acts["capture"].words)})
        parts = [
            captured(placed, capture),
            told_by_order(placed, work, names, rules),
            in_journeys(placed, self._history, longs(work["seq"], NOBODY), names, rules),
        ]
        return without_repeats(Acts.together(parts), rules, len([*names]))

    def _told(self, orders: pa.Table, acts: Acts, captured_by: Longs, unread: "_Unread") -> Read:
        """Money for all of it. acts: by the rows of these orders."""
        stands = np.asarray(orders["stands"].to_numpy(), np.bool_)
        currencies, currency = _coded(orders["currency"])
        goods = goods_of(orders, self._answering.ask(sql_of("goods")), self._rules.goods_cost_percent, self._rates)
        value = longs(orders["value_minor"], 0)
        margin = value - longs(orders["tax_minor"], 0) - goods.cost_minor
        told = self._answering.ask(sql_of("returns"))
        back = taken_back(orders, told, self._answering.ask(sql_of("returned")), value, margin)
        refunds = self._answering.ask(sql_of("refunds"))
        given = given_beyond(orders, refunds, back, margin, self._rates)
        returned_to, given_by = self._names.codes(back.unit), self._names.codes(given.unit)
        owner = self._owners(acts, captured_by)
        returns_owner = self._owner(self._rules.owner_of_returns, captured_by[back.order])
        refunds_owner = self._owner(self._rules.owner_of_refunds, captured_by[given.order])
        units, code, kinds = self._units(
            [captured_by, owner, acts.unit, returned_to, returns_owner, given_by, refunds_owner]
        )
        tariff = Tariff(self._rules, units, kinds, currencies, self._rates)
        acts = acts._replace(unit=code[acts.unit])
        minutes, cost = tariff.of(acts.unit, acts.act, currency[acts.order], acts.minutes)
        ppm = np.array([self._rules.baseline_at(unit, kinds[unit]) for unit in units] or [0], np.int64)
        countries, country = _coded(pc.fill_null(orders["country"], ""))
        trade = Trade(
            units, currencies, countries,
            np.array([self._rules.shares_at(unit, kinds[unit]) for unit in units], np.bool_),
            Orders(
                orders["order_id"].combine_chunks(), longs(orders["placed_at"], 0), code[captured_by], code[owner],
                currency, value, margin, ppm[code[captured_by]], longs(orders["person"], NOBODY), country,
                stands.astype(np.int64),
            ),
            Work(acts.order, acts.unit, acts.act, acts.at, minutes, cost),
            _in_time(
                self._returns(back, code[returned_to], code[returns_owner], tariff, currency),
                _refunds(given, code[given_by], code[refunds_owner]),
            ),
        )  # fmt: skip
        undone = Counter(orders["state"].filter(pa.array(~stands)).to_pylist())
        returned = {**_without_order(told, orders, unread), **back.left_out}
        refunded = {**_without_order(refunds, orders, unread), **given.left_out}
        given = given._replace(left_out=refunded)
        return Read(trade, self._facts(trade, goods, unread, undone, returned, given, kinds))

    def _returns(self, back: Back, unit: Longs, owner: Longs, tariff: Tariff, currency: Longs) -> Returns:
        size = back.order.size
        acts = np.full(size, TAKE_BACK, np.int64)
        minutes, cost = tariff.of(unit, acts, currency[back.order], back.minutes)
        return Returns(
            back.order, unit, owner, back.at, minutes, back.value_minor, back.margin_minor, cost,
            np.ones(size, np.int64), np.zeros(size, np.int64),
        )  # fmt: skip

    def _owners(self, acts: Acts, captured_by: Longs) -> Longs:
        """Who bears what an order loses: who decided about delivery, where something was delivered."""
        delivered = np.zeros(captured_by.size, np.bool_)
        delivered[acts.order[acts.act == DELIVER]] = True
        return np.where(delivered, self._owner(self._rules.owner_of_delivery, captured_by), captured_by)

    def _owner(self, named: str | None, captured_by: Longs) -> Longs:
        return captured_by if named is None else np.full(captured_by.size, self._names.code(named), np.int64)

    def _units(self, columns: list[Longs]) -> tuple[tuple[str, ...], Longs, Mapping[str, str]]:
        """The units that did something or have costs of their own, in order; their codes; the kind of each."""
        every = [*self._names]
        used = {every[code] for column in columns for code in np.unique(column).tolist()}
        used |= {unit for unit in self._rules.fixed if unit in every and unit not in (STORE, DEPOT)}
        units = tuple(sorted(used))
        places = {unit: place for place, unit in enumerate(units)}
        code = np.array([places.get(unit, NOBODY) for unit in every] or [NOBODY], np.int64)
        return units, code, kinds_of(units, *self._places())

    def _places(self) -> tuple[frozenset[str], frozenset[str]]:
        if self._known_places is not None:
            return self._known_places
        told = self._answering.ask(sql_of("places")).to_pylist()
        history = self._history
        stores = {one["name"] for one in told if one["kind"] == STORE} | {*history.parts["store_id"].names}
        channels = {one["name"] for one in told if one["kind"] != STORE} | {*history.channels.names}
        self._known_places = frozenset(stores), frozenset(channels - {DEPOT})
        return self._known_places

    def _facts(
        self,
        trade: Trade,
        goods: Goods,
        unread: "_Unread",
        undone: Mapping[str, int],
        returned: Mapping[str, int],
        given: Given,
        kinds: Mapping[str, str],
    ) -> Facts:
        stands = trade.orders.stands > 0
        acts = np.bincount(trade.work.act, minlength=len(ACTS)).tolist()
        acts[TAKE_BACK] = returns = int(trade.returns.goods.sum())
        return Facts(
            orders=int(stands.sum()),
            undone=_some(undone),
            left_out=_some(unread.left_out),
            no_rate=_some(unread.no_rate),
            margins_told=int((stands & ~goods.by_percent).sum()),
            margins_percent=int((stands & goods.by_percent).sum()),
            goods_no_rate=int((stands & goods.no_rate).sum()),
            goods_beyond=int((stands & goods.beyond).sum()),
            goods_cost_percent=self._rules.goods_cost_percent,
            of_nobody=int((stands & (trade.orders.person == NOBODY)).sum()),
            acts=dict(zip(ACTS, acts, strict=True)),
            usual_costs=tuple(act for act in ACTS if act not in self._rules.priced),
            returns=returns,
            returns_left_out=_some(returned),
            refunded_beyond=given.orders,
            refunds=given.order.size,
            refunds_left_out=_some(given.left_out),
            kinds=kinds,
        )


def _refunds(given: Given, unit: Longs, owner: Longs) -> Returns:
    """Money without goods, as it stands among returns: no work and no cost of it."""
    none = np.zeros(given.order.size, np.int64)
    return Returns(
        given.order, unit, owner, given.at, none, given.value_minor, given.margin_minor, none, none, given.lost_minor
    )


def _in_time(returns: Returns, refunds: Returns) -> Returns:
    """Both together, by order, then time; goods before money of the same moment."""
    both = Returns(*(np.concatenate(columns) for columns in zip(returns, refunds, strict=True)))
    place = np.lexsort((both.at, both.order))
    return Returns(*(column[place] for column in both))


def _without_order(told: pa.Table, orders: pa.Table, unread: _Unread) -> dict[str, int]:
    """How much was told of orders that nobody placed, and of orders that are not read or do not stand."""
    standing = np.append(np.asarray(orders["stands"].to_numpy(), np.bool_), False)
    unmatched = int((~standing[rows_of(told["order_id"], orders["order_id"])]).sum())
    unknown = int((rows_of(told["order_id"], unread.every_id) == NOBODY).sum())
    return {"no such order": unknown, "the order is left out": unmatched - unknown}


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}


def _with(table: pa.Table, name: str, column: "pa.ChunkedArray[Any]") -> pa.Table:
    """The table with another column under a name that it has."""
    return table.set_column(table.column_names.index(name), name, column)


def _coded(column: "pa.ChunkedArray[Any]") -> tuple[tuple[str, ...], Longs]:
    """The different texts in the order of the alphabet, and the code of each."""
    names = Names()
    codes = names.codes(column)
    ordered, places = names.in_order()
    return ordered, places[codes] if codes.size else codes
