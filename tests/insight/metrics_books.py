"""A log by hand in which orders are told too, and the numbers of a card over it."""

from insight.handwritten import HandWritten
from noline.insight.scorecards.service import Scorecards
from noline.stores.analytical import TABLES

NOTHING = dict.fromkeys(TABLES["order_events"].columns)


class Books(HandWritten):
    """A log in which orders are told too."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.order_events: list[dict] = []

    def tell(self, when, channel, action, order_id, subject=1, *, lines=0, **more):
        """What one message says of one order, with so many lines of its basket."""
        place = {name: more[name] for name in ("store_id", "country") if name in more}
        seq = self.say(when, channel, action, subject, object_id=order_id, **place)
        row = {
            **NOTHING, "seq": seq, "line": 0, "subject": subject, "occurred_at": when, "channel": channel,
            "action": action, "order_id": order_id, "currency": "EUR", **more,
        }  # fmt: skip
        self.order_events.append(row)
        for line in range(1, lines + 1):
            self.order_events.append({**row, "line": line, "sku": f"s-{line}", "units": 1, "total_minor": 100})

    def sell(self, when, unit, order_id, subject=1, total=1000, units=1, **more):
        """An order of a store (a name with a dash) or of a channel."""
        place = {"store_id": unit} if "-" in unit else {}
        channel = "store" if place else unit
        self.tell(
            when, channel, "Order Completed", order_id, subject, total_minor=total, units=units, **place, **more
        )  # fmt: skip

    def take_back(self, when, unit, order_id, return_id, subject=1, **more):
        place = {"store_id": unit} if "-" in unit else {}
        channel = "store" if place else unit
        self.tell(when, channel, "Return Accepted", order_id, subject, return_id=return_id, **place, **more)

    def written(self):
        store = super().written()
        columns = {name: [row[name] for row in self.order_events] for name in NOTHING}
        with store.projecting():
            if self.order_events and not store.watermark("order_events"):
                store.load("order_events", columns, 1, len(self.touchpoints))
        return store

    def metrics(self, **more) -> Scorecards:
        return Scorecards(self.written(), **more)

    def card(self, *names, **asked):
        """A card of these metrics, or of all that can be told."""
        return self.metrics().card(metrics=names or None, **asked)


def values(card, metric):
    """Of one metric: part and period -> value."""
    return {
        tuple(
            one for one in (row.unit, row.channel, row.country, row.period, row.currency) if one is not None
        ): row.value
        for row in card.rows
        if row.metric == metric
    }


def one(card, metric, **part):
    found = [
        row
        for row in card.rows
        if row.metric == metric and all(getattr(row, name) == value for name, value in part.items())
    ]
    assert len(found) == 1, found
    return found[0]
