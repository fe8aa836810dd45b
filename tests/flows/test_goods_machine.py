"""Whatever happens to goods, in whatever order, the books say it: an independent model of shelves beside the hub."""

from collections import Counter, defaultdict
from contextlib import contextmanager
from itertools import count

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conftest import STORES
from fixed_clock import FixedClock
from noline.flows.counting import Told
from noline.flows.promise import Ask, HoldOver, Line, NotEnoughStock
from noline.hub import Hub
from noline.kernel.clock import SECOND, as_datetime
from noline.stores.log import records_after
from noline.truth.goods.model import Batch, Pile, Transfer, Verdict
from noline.truth.stock.model import DEMAND, VIRTUAL
from shop import track

PLACES = ("paris", "lyon")
PLACE, UNITS, AGO = st.sampled_from(PLACES), st.integers(1, 6), st.integers(0, 40)


class Shelves(RuleBasedStateMachine):
    """One item in two stores; every example has an item of its own in the same hub."""

    hub: Hub
    clock: FixedClock
    numbers: count

    def __init__(self):
        super().__init__()
        self.sku = f"sku-{next(self.numbers)}"
        self.changes, self.counts = defaultdict(list), defaultdict(list)  # (at, units) of what lies on a shelf
        self.goods = Counter()  # of unsellable and incoming
        self.allocated, self.holds = Counter(), {}
        self.drafts, self.picked, self.sent, self.backs = {}, {}, {}, {}

    def tick(self):
        self.clock.go_on(SECOND)
        return self.clock.now()

    def on_hand(self, place):
        counted_at, units = max(self.counts[place], default=(-1, 0))
        return units + sum(change for at, change in self.changes[place] if at > counted_at)

    def held(self, place):
        now = self.clock.now()
        return sum(units for where, units, until, state in self.holds.values()
                   if where == place and state == "active" and until > now)  # fmt: skip

    def free(self, place):
        return self.on_hand(place) - self.held(place) - self.allocated[place]

    @initialize(first=st.integers(0, 30), second=st.integers(0, 30))
    def the_shop_opens(self, first, second):
        for place, units in zip(PLACES, (first, second), strict=True):
            if units:
                self.goods_come(place, units)

    @rule(place=PLACE, units=UNITS)
    def goods_come(self, place, units):
        now = self.tick()
        self.hub.handling.receive(place, [Batch(self.sku, units)], by="Ana")
        self.changes[place].append((now, units))

    @rule(place=PLACE, awaited=UNITS, came=UNITS)
    def a_delivery_comes_otherwise_than_awaited(self, place, awaited, came):
        now, document = self.tick(), f"po-{next(self.numbers)}"
        self.hub.handling.expect(document, place, [Batch(self.sku, awaited)], due_at=None, by="Ana")
        self.hub.handling.receive(place, [Batch(self.sku, came)], expected=document, close=True, by="Ana")
        self.changes[place].append((now, came))

    @rule(place=PLACE, units=UNITS, ago=AGO)
    def a_till_tells_late_of_a_sale(self, place, units, ago):
        at, number = self.tick() - ago * SECOND - next(self.numbers), next(self.numbers)
        sale = track(
            "Order Completed", id=f"sale-{number}", at=as_datetime(at).isoformat(), order_id=f"o-{number}",
            products=[{"sku": self.sku, "quantity": units}], context_store_id=place,
        )  # fmt: skip
        (receipt,) = self.hub.accept("till", [sale])
        assert receipt.status == "accepted"
        self.changes[place].append((at, -units))

    @rule(place=PLACE, units=st.integers(-4, 4).filter(bool))
    def something_is_found_or_lost(self, place, units):
        now = self.tick()
        self.hub.handling.adjust(place, Batch(self.sku, units), "seen", by="Ana")
        self.changes[place].append((now, units))

    @rule(place=PLACE, units=st.integers(0, 12), ago=AGO)
    def somebody_counted(self, place, units, ago):
        at = self.tick() - ago * SECOND - next(self.numbers)
        books = self.on_hand_at(place, at)
        (line,) = self.hub.counting.at_once(place, [Told(Batch(self.sku, units), at)], by="Ana").lines
        assert (line.booked, line.variance) == (books, units - books)
        self.counts[place].append((at, units))

    def on_hand_at(self, place, instant):
        counted_at, units = max((one for one in self.counts[place] if one[0] <= instant), default=(-1, 0))
        return units + sum(change for at, change in self.changes[place] if counted_at < at <= instant)

    @rule(place=PLACE, units=UNITS)
    def another_transfer_is_planned(self, place, units):
        self.a_transfer_is_planned(place, units)

    def a_transfer_is_planned(self, place, units):
        self.tick()
        target = PLACES[1 - PLACES.index(place)]
        if units > self.free(place):
            with pytest.raises(NotEnoughStock):
                self.hub.handling.draft(place, target, [Batch(self.sku, units)], by="Ana")
            return
        drafted = self.hub.handling.draft(place, target, [Batch(self.sku, units)], by="Ana")
        self.drafts[drafted.id] = (place, target, units)
        self.allocated[place] += units

    @rule(place=PLACE, units=UNITS, found=UNITS, came=st.integers(0, 8), given_up=st.integers(0, 5))
    def a_transfer_moves_on(self, place, units, found, came, given_up):
        """One step of a transfer that is open, else a new one, so that every step is taken often."""
        if self.sent:
            self.a_transfer_arrives(came)
        elif self.picked:
            self.a_transfer_leaves()
        elif self.drafts:
            self.a_transfer_is_picked(found, given_up == 0)
        else:
            self.a_transfer_is_planned(place, units)

    def a_transfer_is_picked(self, found, given_up):
        self.tick()
        transfer, (place, target, units) = self.drafts.popitem()
        if given_up:
            self.hub.handling.cancel(transfer, by="Ana")
            self.allocated[place] -= units
            return
        found = min(found, units)
        self.hub.handling.pick(transfer, [Batch(self.sku, found)], by="Ana")
        self.allocated[place] -= units - found
        self.picked[transfer] = (place, target, found)

    def a_transfer_leaves(self):
        now = self.tick()
        transfer, (place, target, units) = self.picked.popitem()
        self.hub.handling.send(transfer, by="Ana")
        self.allocated[place] -= units
        self.changes[place].append((now, -units))
        self.goods[target, "incoming"] += units
        self.sent[transfer] = (target, units)

    def a_transfer_arrives(self, came):
        now = self.tick()
        transfer, (target, units) = self.sent.popitem()
        self.hub.handling.receive_transfer(transfer, [Batch(self.sku, came)], by="Ana")
        self.goods[target, "incoming"] -= units
        self.changes[target].append((now, came))

    @rule(place=PLACE, units=UNITS, good=UNITS)
    def a_return_moves_on(self, place, units, good):
        if self.backs:
            self.a_return_is_looked_at(good)
        else:
            self.something_comes_back(place, units)

    def something_comes_back(self, place, units):
        self.tick()
        back = self.hub.returning.announce(place, [Batch(self.sku, units)], by="Ana")
        self.hub.returning.receive(back.id, by="Ana")
        self.goods[place, "unsellable"] += units
        self.backs[back.id] = (place, units)

    def a_return_is_looked_at(self, good):
        now = self.tick()
        back, (place, units) = self.backs.popitem()
        good = min(good, units)
        verdict = Verdict(Pile(self.sku), "restock", good)
        self.hub.returning.inspect(back, [verdict], others="unsellable", by="Ana")
        self.goods[place, "unsellable"] -= good
        self.changes[place].append((now, good))

    @rule(place=PLACE, units=UNITS, seconds=st.integers(1, 30))
    def units_are_promised(self, place, units, seconds):
        now = self.tick()
        ask = Ask((Line(self.sku, units, place),), "web", "cart-1", seconds)
        if units > self.free(place):
            with pytest.raises(NotEnoughStock):
                self.hub.promising.hold(ask, by="Ana")
            return
        hold = self.hub.promising.hold(ask, by="Ana")
        self.holds[hold.id] = (place, units, now + seconds * SECOND, "active")

    @precondition(lambda self: self.holds)
    @rule(end=st.sampled_from(["released", "committed"]), later=AGO, number=st.integers(0, 9))
    def a_hold_ends(self, end, later, number):
        self.clock.go_on(later * SECOND)
        now = self.tick()
        hold = list(self.holds)[number % len(self.holds)]
        place, units, until, state = self.holds[hold]
        over = state != "active" or until <= now
        become = end if not over else state if state != "active" else "expired"
        if over and (become == "committed") != (end == "committed"):
            with pytest.raises(HoldOver):
                self.end(hold, end)
        else:
            assert self.end(hold, end).state == become
        if not over and end == "committed":
            self.allocated[place] += units
        self.holds[hold] = (place, units, until, become if not over or state != "active" else "active")

    def end(self, hold, how):
        if how == "released":
            return self.hub.promising.release(hold, by="Ana")
        return self.hub.promising.commit(hold, "o-1", by="Ana")

    @invariant()
    def the_books_say_what_lies_there(self):
        with self.hub.store.reading() as reader:
            cells = self.hub.stock.cells(reader)
            assert cells == self.hub.stock.recounted(reader)
            shelves = {
                one.location: one for one in self.hub.stock.availability(reader, self.sku, self.clock.now())
            }  # fmt: skip
            self.nothing_appears_or_vanishes(reader, cells)
        for place in PLACES:
            if place in shelves:
                shelf = shelves[place]
                told = (shelf.on_hand, shelf.unsellable, shelf.incoming, shelf.held, shelf.allocated)
                assert told == (
                    self.on_hand(place), self.goods[place, "unsellable"], self.goods[place, "incoming"],
                    self.held(place), self.allocated[place],
                )  # fmt: skip

    def nothing_appears_or_vanishes(self, reader, cells):
        """What lies in all real places came from places without shelves, a count's correction included."""
        moved = Counter()
        for move in self.hub.stock.moves_after(reader, 0, 100_000):
            if move.sku == self.sku:
                kind = "claims" if DEMAND in (move.source.location, move.target.location) else "goods"
                moved[kind] += move.units * (move.source.location in VIRTUAL)
                moved[kind] -= move.units * (move.target.location in VIRTUAL)
        for place in PLACES:
            entries = self.hub.stock.moves(reader, self.sku, place)
            moved["goods"] += sum(one.change for one in entries if one.reason == "counted")
        there = Counter()
        for (sku, place, *_), units in cells.items():
            if sku == self.sku:
                assert place.bucket == "on_hand" or units > 0
                there["claims" if place.bucket in ("held", "allocated") else "goods"] += units
        assert (there["goods"], there["claims"]) == (moved["goods"], moved["claims"])


@contextmanager
def hub_of(kind, folder, request, clock):
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else None
    with Hub.init(folder / "shop.noline", store=url, clock=clock) as hub:
        hub.access.add_source("till", "store")
        yield hub


@pytest.mark.parametrize("kind", STORES)
def test_goods_and_promises_add_up_whatever_happens(kind, tmp_path, request):
    clock = FixedClock()
    with hub_of(kind, tmp_path, request, clock) as hub:
        machine = type("Machine", (Shelves,), {"hub": hub, "clock": clock, "numbers": count(1)})
        examples = 30 if kind == "sqlite" else 10
        run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30))
        clock.go_on(60 * SECOND)
        hub.promising.sweep()
        assert hub.verify().trouble == ()
        with hub.store.reading() as reader:
            records = records_after(reader, 0, 1_000_000)
            assert hub.stock.active_holds(reader) == []
        opened = [one for one in records if one.kind == "Stock Held"]
        ended = Counter(
            msgspec.json.decode(one.body)["properties"]["hold"] for one in records if one.kind == "Hold Ended"
        )
        assert opened
        with hub.store.reading() as reader:
            states = Counter(one.paper.state for one in hub.goods.papers(reader, Transfer, limit=10_000))
        assert states["received"] > 3
        assert ended == Counter(msgspec.json.decode(one.body)["properties"]["hold"] for one in opened)
