"""What channels told of sales, written by hand: each sentence goes the way of a real message into the real store."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from noline.insight.credit.model import ACTS, Trade
from noline.insight.credit.reading import Read, trade_of
from noline.insight.credit.rules import Rules
from noline.kernel.clock import DAY, HOUR, MINUTE, Micros, parse_instant
from noline.kernel.events import Context, Fact, Identifier
from noline.kernel.sales import GoodsCost, OrderEvent, goods_cost, order_events
from noline.kernel.touchpoints import Touchpoint, touchpoint
from noline.kernel.words import word_for
from noline.stores.duckdb import DuckDbStore
from noline.stores.walks.history import Rates, read

START = parse_instant("2026-03-02T00:00:00Z")
RATES = {"JPY": Decimal("0.006"), "KWD": Decimal("3.2")}

FREE = {act.replace(" ", "_"): {"minutes": 0, "fixed_minor": 0, "at": {}} for act in ACTS}
"""Acts that cost nothing, so that a test sees the cost that it tells."""


def at(day: int, hour: int = 0, minute: int = 0) -> Micros:
    """An instant, counted from the first midnight."""
    return START + day * DAY + hour * HOUR + minute * MINUTE


class Told:
    """Messages, one by one; a person is a number, None is nobody known."""

    def __init__(self, folder: Path) -> None:
        self.store = DuckDbStore(folder, memory_limit="256MB")
        self.forget()

    def forget(self) -> None:
        """Begin again with no message."""
        self._seq = 0
        self._rows: dict[str, list[Any]] = {"touchpoints": [], "order_events": [], "goods_costs": [], "people": []}

    def say(
        self, when: Micros, channel: str, kind: str, person: int | None = 1, *, store: str = "", **said: Any
    ) -> None:
        """Tell one message."""
        self._seq += 1
        known = () if person is None else (Identifier("user_id", f"u{person}"),)
        context = Context(channel=channel, store_id=store or None, country=said.pop("country", None))
        fact = Fact(
            self._seq, kind, word_for(kind), person or 0, b"\x00" * 16, f"m-{self._seq}", when, when, channel, channel,
            known, said, {}, context, True,
        )  # fmt: skip
        point, cost = touchpoint(fact), goods_cost(fact)
        self._rows["touchpoints"] += [] if point is None else [point]
        self._rows["goods_costs"] += [] if cost is None else [cost]
        self._rows["order_events"] += order_events(fact)

    def same(self, *people: int) -> None:
        """These names are the first of them."""
        self._rows["people"] += [(len(self._rows["people"]) + at, one, people[0]) for at, one in enumerate(people, 1)]

    def buys(self, when: Micros, order: str, channel: str = "web", person: int | None = 1, **said: Any) -> None:
        """Tell an order of one line at 100.00, unless said otherwise."""
        said.setdefault("total", 100)
        if "sku" in said:
            line = {"sku": said.pop("sku"), "quantity": said.pop("quantity", 1), "price": said["total"]}
            said["products"] = [line]
        self.say(when, channel, "Order Completed", person, order_id=order, **said)

    def read(self, **credit: Any) -> Read:
        """The trade as read under `[credit]`."""
        fields = {"touchpoints": Touchpoint._fields, "order_events": OrderEvent._fields}
        fields |= {"goods_costs": GoodsCost._fields, "people": ("version", "subject", "person")}
        with self.store.projecting():
            self.store.clear()
            for table, rows in self._rows.items():
                if rows:
                    columns = dict(zip(fields[table], map(list, zip(*rows, strict=True)), strict=True))
                    self.store.load(table, columns, 1, max(rows[-1][0], 1))
        history = read(self.store, Rates("EUR", RATES))
        return trade_of(self.store, history, Rules.from_settings(credit), currency="EUR", rates=RATES)

    def trade(self, **credit: Any) -> Trade:
        """What was sold, under `[credit]`."""
        return self.read(**credit).trade


def acts(trade: Trade, order: str) -> list[tuple[str, str, int, int]]:
    """The acts for an order: unit, act, minutes, cost."""
    row = trade.orders.ids.to_pylist().index(order)
    return [
        (trade.units[unit], ACTS[act], minutes, cost)
        for of, unit, act, _, minutes, cost in zip(*(column.tolist() for column in trade.work), strict=True)
        if of == row
    ]


def who_did(trade: Trade, order: str) -> list[tuple[str, str]]:
    """Unit and act of each act for an order."""
    return [one[:2] for one in acts(trade, order)]


def money(trade: Trade) -> dict[str, tuple[int, int]]:
    """Value and margin of each order."""
    orders = trade.orders
    pairs = zip(orders.value_minor.tolist(), orders.margin_minor.tolist(), strict=True)
    return dict(zip(orders.ids.to_pylist(), pairs, strict=True))
