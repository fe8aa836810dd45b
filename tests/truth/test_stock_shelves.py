"""The shelves in memory are what the tables say, whoever writes between two questions."""

from collections.abc import Iterator
from random import Random

import pytest

from fixed_clock import FixedClock
from noline.hub import Hub
from noline.kernel.clock import SECOND
from noline.truth.stock.decided import POLICY_SET, POSTED, Posting, posted
from noline.truth.stock.model import ALLOCATED, UNSOURCED, Availability, Place
from noline.truth.stock.policies import Policy, policy_said
from noline.truth.stock.promising import Ask, Line, NotEnoughStock
from noline.truth.stock.shelves import ShelvesInMemory

ITEMS = [f"sku-{number}" for number in range(6)]
PLACES = ["lyon", "paris", "lille"]
STEPS = 60


@pytest.fixture
def shop(hub: Hub) -> Iterator["Shop"]:
    """A hub and a second process' view of it, with one clock between them."""
    clock = FixedClock()
    with Hub.open(hub.folder, clock=clock) as one, Hub.open(hub.folder, clock=clock) as other:
        yield Shop(one, other, clock)


class Shop:
    """Two hubs over one store; either may write, the first one asks from memory."""

    def __init__(self, one: Hub, other: Hub, clock: FixedClock) -> None:
        self.one, self.other, self.clock = one, other, clock
        self._told = 0

    def says(self, hub: Hub, event: str, **properties: object) -> None:
        self._told += 1
        message = {"type": "track", "event": event, "messageId": f"m-{self._told}", "properties": properties}
        with hub.store.transaction() as tx:
            hub.deeds.tell(tx, [message])

    def decides(self, hub: Hub, kind: str, sku: str, said: dict[str, object]) -> None:
        from noline.flows.deeds import Deed

        with hub.store.transaction() as tx:
            hub.deeds.do(tx, [Deed(kind, hub.stock.subject_of_item(sku), said, personal=False)], by="Clara")

    def receives(self, hub: Hub, sku: str, location: str, units: int) -> None:
        self.says(hub, "Stock Received", sku=sku, location=location, units=units)

    def in_memory(self, items: list[str]) -> dict[str, list[Availability]]:
        """What the shelves in memory say, without what waits for a location."""
        looked = self.one.shelves.look(items, self.clock.now())
        return {
            sku: [
                Availability(sku, name, *units, counted_at)
                for name, *units, counted_at, _ in zip(*looked.shelves[sku][1:], strict=True)
                if name != UNSOURCED
            ]
            for sku in items
        }

    def in_tables(self, items: list[str]) -> dict[str, list[Availability]]:
        """The same, read from the tables."""
        with self.one.store.reading() as reader:
            return {
                sku: [
                    one
                    for one in self.one.stock.availability(reader, sku, self.clock.now())
                    if one.location != UNSOURCED
                ]
                for sku in items
            }

    def writes_something(self, chance: Random) -> None:
        hub, sku, place = chance.choice([self.one, self.other]), chance.choice(ITEMS), chance.choice(PLACES)
        match chance.randrange(7):
            case 0 | 1:
                self.receives(hub, sku, place, chance.randint(1, 90_000))
            case 2:
                lot = chance.choice(["", "L1"])
                self.says(hub, "Stock Counted", sku=sku, location=place, units=chance.randrange(50), lot=lot)
            case 3 | 4:
                self.holds(hub, sku, place, chance.randint(1, 20), chance.randint(1, 120))
            case 5:
                policy = Policy("threshold", chance.randrange(9), None, chance.randrange(3), chance.randrange(9))
                self.decides(hub, POLICY_SET, sku, policy_said(sku, "", policy))
            case _:
                self.clock.go_on(chance.randint(1, 60) * SECOND)

    def holds_and_stumbles(self, sku: str, place: str, units: int) -> None:
        with self.one.store.transaction():
            self.holds(self.one, sku, place, units, 60)
            raise ZeroDivisionError

    @staticmethod
    def holds(hub: Hub, sku: str, place: str, units: int, ttl_s: int) -> None:
        try:
            hub.promising.hold(Ask((Line(sku, units, place),), ttl_s=ttl_s), by="Clara")
        except NotEnoughStock:
            return


@pytest.mark.parametrize("seed", range(3))
def test_memory_and_tables_agree_after_every_write_of_either_process(shop, seed):
    chance = Random(seed)
    for _ in range(STEPS):
        shop.writes_something(chance)
        items = chance.sample(ITEMS, 3)
        assert shop.in_memory(items) == shop.in_tables(items)
    assert shop.in_memory(ITEMS) == shop.in_tables(ITEMS)


def test_filled_at_the_start_it_is_what_is_filled_on_demand(shop):
    for number, sku in enumerate(ITEMS):
        shop.receives(shop.one, sku, PLACES[number % 3], 10**number)
    filled = ShelvesInMemory(shop.one.store, shop.one.stock)
    assert filled.fill() == len(ITEMS)
    now = shop.clock.now()
    assert filled.look(ITEMS, now).shelves == shop.one.shelves.look(ITEMS, now).shelves


def test_a_write_that_is_undone_is_never_seen(shop):
    shop.receives(shop.one, "sku-1", "paris", 5)
    before = shop.in_memory(["sku-1"])
    with pytest.raises(ZeroDivisionError):
        shop.holds_and_stumbles("sku-1", "paris", 5)
    assert shop.in_memory(["sku-1"]) == before
    assert before["sku-1"][0].available == 5


def test_what_a_transaction_has_not_made_durable_is_not_seen(shop):
    shop.receives(shop.one, "sku-1", "paris", 5)
    with shop.other.store.transaction():
        shop.holds(shop.other, "sku-1", "paris", 5, 60)
        assert shop.in_memory(["sku-1"])["sku-1"][0].available == 5
    assert shop.in_memory(["sku-1"])["sku-1"][0].available == 0


def test_a_hold_that_ran_out_is_free_before_anybody_swept(shop):
    shop.receives(shop.one, "sku-1", "paris", 5)
    shop.holds(shop.other, "sku-1", "paris", 3, 30)
    assert shop.in_memory(["sku-1"])["sku-1"][0].available == 2
    shop.clock.go_on(31 * SECOND)
    assert shop.in_memory(["sku-1"])["sku-1"][0].available == 5


def test_units_too_many_for_small_numbers_are_kept_whole(shop):
    for _ in range(3):
        shop.receives(shop.one, "sku-1", "paris", 10**9)
    assert shop.in_memory(["sku-1"])["sku-1"][0].on_hand == 3 * 10**9


def test_orders_that_wait_for_a_location_are_told_apart(shop):
    shop.receives(shop.one, "sku-1", "paris", 5)
    waiting = Posting("sku-1", 2, Place("demand"), Place(UNSOURCED, ALLOCATED))
    shop.decides(shop.one, POSTED, "sku-1", posted("o-1", "ordered", [waiting]))
    looked = shop.one.shelves.look(["sku-1"], shop.clock.now())
    assert looked.unsourced("sku-1") == 2
    assert looked.everywhere("sku-1") == {"paris": 5}


def test_an_item_that_nobody_has_is_nowhere_and_is_not_kept(shop):
    looked = shop.one.shelves.look(["nothing"], shop.clock.now())
    assert looked.shelves["nothing"].locations == ()
    assert looked.everywhere("nothing") == {}
    assert shop.one.shelves.fill() == 0
