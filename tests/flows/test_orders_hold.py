"""Whatever happens to orders, in whatever order: no unit is lost, none is there twice, and the shelves agree."""

from collections import Counter
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from noline.flows.ordering import LeftTheHouse, Ordered
from noline.truth.orders.fulfilments import GONE, IN_THE_HOUSE, Method, NotNow, Step, balance, possible
from noline.truth.stock.model import UNSOURCED
from noline.truth.stock.policies import Policy
from noline.truth.stock.promising import NotEnoughStock
from selling import PLACES, Selling

PLACE = st.sampled_from(sorted(PLACES))
UNITS = st.integers(1, 4)
KIND = st.sampled_from(["strict", "ahead"])
EXAMPLES = {"sqlite": 14, "postgres": 4}
STEPS = {
    Step.ACCEPTED: "accept", Step.REJECTED: "reject", Step.PICKING: "pick", Step.PACKED: "ready", Step.READY: "ready",
    Step.SHIPPED: "ship", Step.DELIVERED: "deliver", Step.HANDED_OVER: "hand_over", Step.NO_SHOW: "no_show",
}  # fmt: skip


def machine_for(shop, turns):  # noqa: C901  a machine is one thing
    """Orders of a shop; each run sells items of its own."""
    hub = shop.hub

    class Orders(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.turn = next(turns)
            self.items = {kind: f"{kind}-{self.turn}" for kind in ("strict", "ahead")}
            self.placed = []
            self.shelf = Counter()
            shop.policy(Policy("backorder", 6), self.items["ahead"])

        # -- what happens

        @rule(kind=KIND, place=PLACE, units=UNITS)
        def goods_come(self, kind, place, units):
            shop.receive(units, place, self.items[kind])
            self.shelf[self.items[kind], place] += units

        @rule(
            method=st.sampled_from(["ship", "pickup", "ship_to_store", "counter", "curbside"]), place=PLACE,
            units=st.dictionaries(KIND, UNITS, min_size=1),
        )  # fmt: skip
        def somebody_orders(self, method, place, units):
            order_id = f"o-{self.turn}-{len(self.placed)}"
            lines = tuple(Ordered(self.items[kind], some, 100) for kind, some in units.items())
            before = self.claims()
            try:
                placed = shop.place(
                    method=method, location=None if method == "ship" else place, order_id=order_id, lines=lines
                )
            except NotEnoughStock:
                assert self.claims() == before
                return
            self.placed.append(order_id)
            if method == "counter":
                for line in lines:
                    self.shelf[line.sku, place] -= line.units
            assert placed.order.order_id == order_id

        @rule()
        def waiting_orders_are_served(self):
            hub.ordering.source_waiting()

        @precondition(lambda self: self.placed)
        @rule(data=st.data())
        def a_location_takes_a_step(self, data):
            order_id = data.draw(st.sampled_from(self.placed))
            open_ones = [
                (one, step) for one in self.book(order_id).fulfilments.values()
                for step in possible(one.method, one.state) if step in STEPS
            ]  # fmt: skip
            if not open_ones:
                return
            one, step = data.draw(st.sampled_from(open_ones))
            if step is Step.PICKING:
                found = {sku: data.draw(st.integers(0, units)) for sku, units in one.open_units.items()}
                hub.fulfilling.pick(one.id, found, by="Ben")
                return
            getattr(hub.fulfilling, STEPS[step])(one.id, by="Ben")
            self.feel(one, step)

        @precondition(lambda self: self.placed)
        @rule(data=st.data(), kind=KIND, units=UNITS)
        def somebody_cancels(self, data, kind, units):
            order_id = data.draw(st.sampled_from(self.placed))
            sku = self.items[kind]
            if sku not in self.book(order_id).units:
                return
            before = self.claims()
            try:
                hub.ordering.cancel(order_id, {sku: units}, by="Ana")
            except LeftTheHouse:
                assert self.claims() == before

        @precondition(lambda self: self.placed)
        @rule(data=st.data(), kind=KIND, units=st.integers(0, 6))
        def somebody_edits(self, data, kind, units):
            order_id = data.draw(st.sampled_from(self.placed))
            before = self.claims()
            try:
                placed = hub.ordering.edit(order_id, [Ordered(self.items[kind], units, 100)], by="Ana")
            except (LeftTheHouse, NotEnoughStock, NotNow):
                assert self.claims() == before
                return
            there = placed.balance.get(self.items[kind])
            assert (there.ordered - there.cancelled if there else 0) == units

        @precondition(lambda self: self.placed)
        @rule(data=st.data(), out=st.sets(PLACE, max_size=2))
        def somebody_decides_again(self, data, out):
            order_id = data.draw(st.sampled_from(self.placed))
            try:
                placed = hub.ordering.source(order_id, out, by="Ana")
            except NotNow:
                return
            again = [one for one in placed.book.fulfilments.values() if one.state is Step.ASSIGNED]
            assert not {one.location for one in again} & out

        # -- what always holds

        @invariant()
        def every_unit_is_in_one_place(self):
            for order_id in self.placed:
                assert all(line.settled for line in balance(self.book(order_id)).values())

        @invariant()
        def claims_are_open_units_and_orders_that_wait(self):
            wanted = Counter()
            for order_id in self.placed:
                book = self.book(order_id)
                wanted.update({(sku, UNSOURCED): units for sku, units in book.waiting.items()})
                for one in book.fulfilments.values():
                    if one.state in IN_THE_HOUSE:
                        wanted.update({(sku, one.stands_at): units for sku, units in one.open_units.items()})
            assert self.claims() == wanted

        @invariant()
        def shelves_hold_what_came_less_what_left_and_no_more_is_claimed(self):
            claims = self.claims()
            for sku in self.items.values():
                for place, (on_hand, _) in shop.shelves(sku).items():
                    assert on_hand == self.shelf[sku, place]
                    if place != UNSOURCED:
                        assert claims[sku, place] <= on_hand

        def teardown(self):
            assert hub.verify().trouble == ()
            assert hub.dead_letter_counts() == {}

        # -- inside

        def book(self, order_id):
            with hub.store.reading() as reader:
                return hub.orders.book(reader, order_id)

        def claims(self):
            found = Counter()
            for sku in self.items.values():
                found.update({(sku, place): claimed for place, (_, claimed) in shop.shelves(sku).items()})
            return +found

        def feel(self, one, step):
            """What a step does to the shelves."""
            units = {line.sku: line.picked for line in one.lines}
            for sku, some in units.items():
                if step in GONE and step is not Step.DELIVERED:
                    self.shelf[sku, one.stands_at] -= some
                if step is Step.READY and one.method is Method.SHIP_TO_STORE:
                    self.shelf[sku, one.destination] += some

    return Orders


def test_orders_hold_whatever_happens(hub, request):
    examples = EXAMPLES["postgres" if "postgres" in request.node.name else "sqlite"]
    machine = machine_for(Selling(hub), count(1))
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30))
