"""Holds: what is promised is there, every hold ends once, and a refusal moves nothing; by chance, then by name."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fixed_clock import FixedClock
from noline.flows.deeds import Deed
from noline.flows.promise import AskUnreadable, HoldOver
from noline.hub import Hub
from noline.kernel.clock import SECOND, Micros
from noline.kernel.errors import NotFound
from noline.stores.log import records_after
from noline.truth.stock.decided import ENDED, POLICY_SET, Claim, Hold
from noline.truth.stock.model import UNSOURCED
from noline.truth.stock.policies import Policy, policy_said
from noline.truth.stock.promising import Ask, Line, NotEnoughStock

ITEMS, PLACES = ["bean", "leaf"], ["lille", "paris"]
STEPS = 25
_names = count(1)

Shelf = tuple[str, str]


class Shop:
    """A hub with a clock that stands still until it is told otherwise."""

    def __init__(self, hub: Hub, clock: FixedClock) -> None:
        self.hub, self.clock = hub, clock

    def says(self, event: str, **properties: object) -> None:
        message = {"type": "track", "event": event, "messageId": f"m-{next(_names)}", "properties": properties}
        with self.hub.store.transaction() as tx:
            self.hub.deeds.tell(tx, [message])

    def receives(self, sku: str, location: str, units: int) -> None:
        self.says("Stock Received", sku=sku, location=location, units=units)

    def rules(self, sku: str, channel: str, policy: Policy) -> None:
        deed = Deed(POLICY_SET, self.hub.stock.subject_of_item(sku), policy_said(sku, channel, policy), personal=False)
        with self.hub.store.transaction() as tx:
            self.hub.deeds.do(tx, [deed], by="Clara")

    def holds(self, *lines: Line, channel: str = "", ttl_s: int = 60) -> Hold:
        return self.hub.promising.hold(Ask(lines, channel, ttl_s=ttl_s), by="Clara")

    def everything(self) -> tuple[object, ...]:
        """What a refusal must leave as it was."""
        with self.hub.store.reading() as reader:
            return self.hub.last_seq(), self.hub.stock.cells(reader), self.hub.stock.active_holds(reader)

    @contextmanager
    def refused(self, error: type[Exception]) -> Iterator[pytest.ExceptionInfo[Exception]]:
        """The block is refused for this reason, and nothing moves."""
        before = self.everything()
        with pytest.raises(error) as refusal:
            yield refusal
        assert self.everything() == before

    def cell(self, sku: str, location: str) -> tuple[int, int, int]:
        """On hand, held by carts whose time has not run out, allocated."""
        with self.hub.store.reading() as reader:
            found = self.hub.stock.availability(reader, sku, self.clock.now())
        return next(((one.on_hand, one.held, one.allocated) for one in found if one.location == location), (0, 0, 0))


@pytest.fixture
def shop(hub: Hub) -> Iterator[Shop]:
    clock = FixedClock()
    with Hub.open(hub.folder, clock=clock) as opened:
        yield Shop(opened, clock)


UNITS = st.integers(1, 6)
SECONDS = st.integers(1, 90)


class Holds(RuleBasedStateMachine):
    """A shop, and beside it what should be there."""

    shop: Shop
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        turn = next(_names)
        self.items = [f"{item}-{turn}" for item in ITEMS]
        self.on_hand: Counter[Shelf] = Counter()
        self.allocated: Counter[Shelf] = Counter()
        self.active: dict[str, tuple[tuple[Claim, ...], Micros]] = {}
        self.over: dict[str, str] = {}

    # -- what should be there

    def held(self) -> Counter[Shelf]:
        claimed: Counter[Shelf] = Counter()
        for lines, expires_at in self.active.values():
            for sku, location, units in lines if expires_at > self.shop.clock.now() else ():
                claimed[sku, location] += units
        return claimed

    def free(self, shelf: Shelf) -> int:
        return self.on_hand[shelf] - self.held()[shelf] - self.allocated[shelf]

    def asks(self, lines: list[Line], ttl_s: int, there: Callable[[], bool]) -> str:
        """Ask for a basket; it is held exactly when it is there."""
        free = {(sku, place): self.free((sku, place)) for sku in self.items for place in PLACES}
        if not there():
            with self.shop.refused(NotEnoughStock):
                self.shop.holds(*lines, ttl_s=ttl_s)
            return "hold-refused"
        hold = self.shop.holds(*lines, ttl_s=ttl_s)
        claimed: Counter[Shelf] = Counter()
        for sku, location, units in hold.lines:
            claimed[sku, location] += units
        assert all(units <= free[shelf] for shelf, units in claimed.items())
        wanted: Counter[str] = Counter()
        for line in lines:
            wanted[line.sku] += line.units
        assert wanted == Counter({sku: sum(claimed[sku, place] for place in PLACES) for sku in wanted})
        self.active[hold.id] = (hold.lines, hold.expires_at)
        return hold.id

    # -- what happens

    @rule(item=st.integers(0, 1), place=st.sampled_from(PLACES), units=UNITS)
    def receive(self, item, place, units):
        self.shop.receives(self.items[item], place, units)
        self.on_hand[self.items[item], place] += units

    @rule(item=st.integers(0, 1), place=st.sampled_from(PLACES), units=st.integers(0, 6))
    def count(self, item, place, units):
        self.shop.clock.go_on(1)
        self.shop.says("Stock Counted", sku=self.items[item], location=place, units=units)
        self.on_hand[self.items[item], place] = units
        self.shop.clock.go_on(1)

    @rule(target=holds, item=st.integers(0, 1), place=st.sampled_from(PLACES), units=UNITS, ttl_s=SECONDS)
    def hold_at_a_location(self, item, place, units, ttl_s):
        sku = self.items[item]
        return self.asks([Line(sku, units, place)], ttl_s, lambda: self.free((sku, place)) >= units)

    @rule(target=holds, item=st.integers(0, 1), units=UNITS, ttl_s=SECONDS)
    def hold_anywhere(self, item, units, ttl_s):
        sku = self.items[item]
        there = sum(max(0, self.free((sku, place))) for place in PLACES)
        return self.asks([Line(sku, units)], ttl_s, lambda: there >= units)

    @rule(target=holds, baskets=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(PLACES), UNITS), min_size=2,
                                         max_size=4))  # fmt: skip
    def hold_a_basket(self, baskets):
        lines = [Line(self.items[item], units, place) for item, place, units in baskets]
        wanted: Counter[Shelf] = Counter()
        for sku, units, place in lines:
            wanted[sku, place or ""] += units
        return self.asks(lines, 60, lambda: all(self.free(shelf) >= units for shelf, units in wanted.items()))

    @rule(hold=holds)
    def commit(self, hold):
        promising = self.shop.hub.promising
        if self.is_in_force(hold):
            promising.commit(hold, "o-1", by="Clara")
            for sku, location, units in self.active.pop(hold)[0]:
                self.allocated[sku, location] += units
            self.over[hold] = "committed"
        elif self.over.get(hold) == "committed":
            before = self.shop.everything()
            assert promising.commit(hold, "o-1", by="Clara").state == "committed"
            assert self.shop.everything() == before
        else:
            with self.shop.refused(HoldOver if hold in self.active or hold in self.over else NotFound):
                promising.commit(hold, "o-1", by="Clara")

    @rule(hold=holds)
    def release(self, hold):
        promising = self.shop.hub.promising
        if hold not in self.active and hold not in self.over:
            with self.shop.refused(NotFound):
                promising.release(hold, by="Clara")
        elif self.over.get(hold) == "committed":
            with self.shop.refused(HoldOver):
                promising.release(hold, by="Clara")
        else:
            how = "released" if self.is_in_force(hold) else self.over.get(hold, "expired")
            assert promising.release(hold, by="Clara").state == how
            self.over[hold] = how
            self.active.pop(hold, None)

    @rule(hold=holds, ttl_s=SECONDS)
    def extend(self, hold, ttl_s):
        promising = self.shop.hub.promising
        if self.is_in_force(hold):
            until = promising.extend(hold, ttl_s, by="Clara").expires_at
            assert until == self.shop.clock.now() + ttl_s * SECOND
            self.active[hold] = (self.active[hold][0], until)
        else:
            with self.shop.refused(HoldOver if hold in self.active or hold in self.over else NotFound):
                promising.extend(hold, ttl_s, by="Clara")

    @rule(seconds=SECONDS)
    def time_passes(self, seconds):
        self.shop.clock.go_on(seconds * SECOND)

    @rule()
    def sweep(self):
        self.shop.hub.promising.sweep()
        with self.shop.hub.store.reading() as reader:
            assert self.shop.hub.stock.holds_due(reader, self.shop.clock.now()) == []

    def is_in_force(self, hold: str) -> bool:
        return hold in self.active and self.active[hold][1] > self.shop.clock.now()

    # -- what always holds

    @invariant()
    def shelves_are_as_they_should_be(self):
        held = self.held()
        for sku in self.items:
            for place in PLACES:
                shelf = (sku, place)
                assert self.shop.cell(*shelf) == (self.on_hand[shelf], held[shelf], self.allocated[shelf])

    def teardown(self):
        hub = self.shop.hub
        with hub.store.reading() as reader:
            assert hub.stock.cells(reader) == hub.stock.recounted(reader)
            ends = Counter(
                msgspec.json.decode(record.body)["properties"]["hold"]
                for record in records_after(reader, 0, 1_000_000)
                if record.kind == ENDED
            )
            states = {name: hub.stock.hold(reader, name) for name in (*self.active, *self.over)}
        assert all(ends[name] == (0 if one.state == "active" else 1) for name, one in states.items())
        assert all(states[name].state == how for name, how in self.over.items())


def test_whatever_happens_nothing_is_promised_twice_and_every_hold_ends_once(shop):
    machine = type("HoldsOfThisShop", (Holds,), {"shop": shop})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=STEPS))
    assert shop.hub.verify().ok


# By name


def test_a_threshold_goes_so_many_units_beyond_what_is_there(shop):
    shop.receives("bean", "paris", 3)
    shop.rules("bean", "", Policy("threshold", 2))
    assert shop.holds(Line("bean", 5, "paris")).lines == (Claim("bean", "paris", 5),)
    with shop.refused(NotEnoughStock):
        shop.holds(Line("bean", 1, "paris"))


def test_what_goes_beyond_waits_for_a_location_when_none_was_named(shop):
    shop.receives("bean", "paris", 3)
    shop.rules("bean", "", Policy("backorder", 4, shop.clock.now() + 86_400 * SECOND))
    assert shop.holds(Line("bean", 2)).lines == (Claim("bean", "paris", 2),)
    assert shop.holds(Line("bean", 4)).lines == (Claim("bean", UNSOURCED, 4),)
    with shop.refused(NotEnoughStock):
        shop.holds(Line("bean", 2))


def test_without_limit_everything_is_promised(shop):
    shop.receives("bean", "paris", 1)
    shop.rules("bean", "", Policy("unlimited"))
    assert shop.holds(Line("bean", 1_000, "paris")).lines == (Claim("bean", "paris", 1_000),)
    assert shop.cell("bean", "paris") == (1, 1_000, 0)


def test_a_buffer_is_kept_from_one_channel_only(shop):
    shop.receives("bean", "paris", 3)
    shop.receives("bean", "lille", 2)
    shop.rules("bean", "marketplace", Policy(buffer=4))
    assert shop.holds(Line("bean", 1), channel="marketplace").channel == "marketplace"
    with shop.refused(NotEnoughStock) as refusal:
        shop.holds(Line("bean", 1), channel="marketplace")
    assert refusal.value.short[0]["available"] == 0
    assert sum(line.units for line in shop.holds(Line("bean", 4), channel="web").lines) == 4


def test_safety_is_kept_back_at_every_location(shop):
    shop.receives("bean", "paris", 3)
    shop.receives("bean", "lille", 2)
    shop.rules("bean", "", Policy(safety=2))
    with shop.refused(NotEnoughStock):
        shop.holds(Line("bean", 2, "paris"))
    assert shop.holds(Line("bean", 1)).lines == (Claim("bean", "paris", 1),)
    with shop.refused(NotEnoughStock):
        shop.holds(Line("bean", 1))


@pytest.mark.parametrize(
    ("lines", "ttl_s"),
    [
        ((), 60),
        ((Line("", 1, "paris"),), 60),
        ((Line("bean", 0, "paris"),), 60),
        ((Line("bean", 1, "supplier"),), 60),
        ((Line("bean", 1, UNSOURCED),), 60),
        ((Line("bean", 1, "paris"),), 0),
    ],
)
def test_what_cannot_be_understood_is_refused(shop, lines, ttl_s):
    shop.receives("bean", "paris", 3)
    with shop.refused(AskUnreadable):
        shop.holds(*lines, ttl_s=ttl_s)


def test_baskets_decided_together_do_not_take_the_same_unit(shop):
    shop.receives("bean", "paris", 3)
    asks = [Ask((Line("bean", 2, "paris"),)), Ask((Line("bean", 2, "paris"),)), Ask((Line("bean", 1),))]
    with shop.hub.store.transaction() as tx:
        first, second, third = shop.hub.promising.hold_all(tx, asks, by=["Anna", "Bruno", "Clara"])
    assert (first.lines, third.lines) == ((Claim("bean", "paris", 2),), (Claim("bean", "paris", 1),))
    assert isinstance(second, NotEnoughStock)
    assert second.short[0]["available"] == 1
    assert shop.cell("bean", "paris") == (3, 3, 0)


def test_each_hold_has_a_name_of_its_own_and_says_who_asked(shop):
    shop.receives("bean", "paris", 600)
    asks = [Ask((Line("bean", 1, "paris"),))] * 600
    with shop.hub.store.transaction() as tx:
        holds = shop.hub.promising.hold_all(tx, asks, by=[f"till-{number}" for number in range(600)])
    assert len({hold.id for hold in holds}) == 600
    with shop.hub.store.reading() as reader:
        moves = shop.hub.stock.moves(reader, "bean", "paris")[1:]
    assert {move.evidence.actor for move in moves} == {f"till-{number}" for number in range(600)}
    assert {move.evidence.document for move in moves} == {hold.id for hold in holds}
    assert shop.hub.verify().ok
