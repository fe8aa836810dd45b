"""Trades drawn by chance or told by hand, and what a ledger holds of them."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from noline.insight.credit.ledger import ORDER
from noline.insight.credit.model import ACTS, Orders, Returns, Trade, Work
from noline.insight.credit.weights import Method

HOUR = 3_600_000_000
DAY = 24 * HOUR
PARIS, WEB = 0, 1
CAPTURE = ACTS.index("capture")
WEIGHTED = {"paris": 3, "web": 0, "lyon": 1_000_000}
METHODS = [
    Method("equal"),
    Method("first"),
    Method("last"),
    Method("linear"),
    Method("position"),
    Method("decay", half_life_us=DAY),
    Method("roles", {"paris": 3, "depot": 7}),
    Method("ordered"),
    Method("markov", WEIGHTED),
    Method("calibrated", {}),
]
ANY_METHOD = st.sampled_from(METHODS)
UNITS = ("depot", "lyon", "paris", "tokyo", "web")


def longs(rows, width):
    return (
        [np.array(column, np.int64) for column in zip(*rows, strict=True)] if rows else [np.zeros(0, np.int64)] * width
    )


def trade_of(units, shares, orders, work, returns, currencies=("EUR", "JPY")):
    """orders: (placed_at, captured_by, owner, currency, value, margin, baseline); work and returns as in the model.

    A return of eight numbers is of goods, and loses nothing beyond its margin.
    """
    heads = longs(orders, 7)
    none = np.zeros(len(orders), np.int64)
    return Trade(
        units,
        currencies,
        ("",),
        np.array(shares, np.bool_),
        Orders(pa.array([f"o-{one}" for one in range(len(orders))], pa.string()), *heads, none - 1, none, none + 1),
        Work(*longs(sorted(work, key=lambda one: (one[0], one[3])), 6)),
        Returns(*longs(sorted(((*one, 1, 0)[:10] for one in returns), key=lambda one: (one[0], one[3])), 10)),
    )


@st.composite
def trades(draw, most_orders=5, largest=400):
    units = draw(st.integers(2, 5))
    unit = st.integers(0, units - 1)
    orders, work, returns = [], [], []
    for number in range(draw(st.integers(0, most_orders))):
        placed = draw(st.integers(-3, 40)) * 10 * HOUR
        margin = draw(st.integers(-largest // 2, largest))
        captor = draw(unit)
        owner = draw(st.sampled_from([captor, captor, draw(unit)]))
        baseline = draw(st.sampled_from([0, 0, 200_000, 333_333, 1_000_000]))
        orders.append((placed, captor, owner, draw(st.integers(0, 1)), margin + 50, margin, baseline))
        if draw(st.booleans()):
            work.append((number, captor, CAPTURE, placed, 1, draw(st.integers(0, 9))))
        for _ in range(draw(st.integers(0, 5))):
            at = placed + draw(st.integers(-5, 3)) * 6 * HOUR
            act = draw(st.integers(0, len(ACTS) - 1))
            work.append((number, draw(unit), act, at, 2, draw(st.integers(0, largest // 4))))
        left = max(margin, 0)
        for _ in range(draw(st.integers(0, 3))):
            part = draw(st.sampled_from([0, left, left // 2, draw(st.integers(0, left))]))
            left -= part
            at = placed + draw(st.integers(1, 90)) * DAY
            if draw(st.booleans()):
                returns.append((number, draw(unit), draw(unit), at, 3, part, part, draw(st.integers(0, 30))))
                continue
            lost = draw(st.integers(0, 30))
            returns.append((number, draw(unit), draw(unit), at, 0, part + lost, part, 0, 0, lost))
    shares = draw(st.lists(st.booleans(), min_size=units, max_size=units))
    return trade_of(UNITS[:units], shares, orders, work, returns)


def with_act(trade, order, unit, act, at, cost):
    """The trade with one act more."""
    rows = [*zip(*(column.tolist() for column in trade.work), strict=True), (order, unit, act, at, 1, cost)]
    work = Work(*longs(sorted(rows, key=lambda one: (one[0], one[3])), 6))
    return Trade(trade.units, trade.currencies, trade.countries, trade.shares, trade.orders, work, trade.returns)


def returned(returns, margin=900, baseline=0):
    orders = [(0, 1, 1, 0, 2000, margin, baseline)]
    work = [(0, 0, 1, -5, 10, 100), (0, 1, 2, 0, 0, 0)]
    return trade_of(("paris", "web"), (True, True), orders, work, returns)


def shares_of(ledger, order):
    """Payee -> (spent, shared, borne) of an order."""
    entry = int(np.flatnonzero((ledger.entries.order == order) & (ledger.entries.kind == ORDER))[0])
    low, high = ledger.offsets[entry : entry + 2]
    rows = ledger.rows
    return {
        ledger.payees[rows.unit[row]]: (int(rows.spent[row]), int(rows.shared[row]), int(rows.borne[row]))
        for row in range(low, high)
    }


def lives(ledger):
    """(order, payee) -> what the order with its returns does to the payee's fair result."""
    found = {}
    orders = ledger.entries.order[ledger.of].tolist()
    for order, unit, fair in zip(orders, ledger.rows.unit.tolist(), ledger.fair.tolist(), strict=True):
        found[order, unit] = found.get((order, unit), 0) + fair
    return found


def micros(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp()) * 1_000_000
