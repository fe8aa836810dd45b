"""What somebody wrote into the deeds about an order, a cart and a return of a person goes when she is erased."""

import json

import msgspec
import pytest

from noline.flows.carts import Wanted
from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.hub import Hub
from noline.stores.log import records_after
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method
from selling import TO_LILLE, Selling

CANARY = "canary7q"
"""Stands in everything that was written about her."""

ANNA = {"email": "anna@example.com"}


def places_of(hub: Hub) -> list[str]:
    """Where the canary can be read: tables, and bodies of the log that any key opens."""
    found = set()
    with hub.store.reading() as reader:
        for table in hub.store.table_names():
            for row in reader.rows(f"SELECT * FROM {table}"):
                text = " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in row)
                found |= {table} if CANARY in text else set()
        for record, body in hub.log.opened(reader, records_after(reader, 0, 10_000)):
            found |= {f"a {record.kind}"} if CANARY in (body or b"").decode() else set()
    return sorted(found)


def erase_anna(hub: Hub):
    (anna,) = hub.find_customers(ANNA["email"])
    return hub.erase(anna.person, by="dpo", reason="asked by letter")


@pytest.fixture
def shop(hub):
    selling = Selling(hub)
    for place in ("depot", "paris-1"):
        selling.receive(9, place)
    return selling


def refused_at_first(shop, order_id, customer=None):
    """An order that one location gave back with a reason, and another one delivered."""
    shop.place(2, order_id=order_id, customer=customer, **TO_LILLE)
    shop.hub.fulfilling.reject(f"{order_id}-1", by="Ben", reason=f"{CANARY} called, wants it later")
    for step in ("accept", "pick", "ready", "ship", "deliver"):
        getattr(shop.hub.fulfilling, step)(f"{order_id}-2", by="Ben")


def test_why_a_location_gave_her_order_back_goes_and_the_order_stays(shop):
    refused_at_first(shop, "o-1", ANNA)
    before = (shop.hub.ordering.show("o-1").book, shop.shelves(), shop.units("o-1"))
    assert places_of(shop.hub) == ["a Fulfilment Changed", "log", "order_deeds"]
    assert erase_anna(shop.hub).told["deeds"] == 1
    assert places_of(shop.hub) == []
    assert (shop.hub.ordering.show("o-1").book, shop.shelves(), shop.units("o-1")) == before
    assert shop.hub.verify().trouble == ()


def test_why_a_location_gave_the_order_of_somebody_else_back_stays(shop):
    refused_at_first(shop, "o-1", {"email": "boris@example.com"})
    shop.place(1, order_id="o-2", customer=ANNA)
    erase_anna(shop.hub)
    assert places_of(shop.hub) == ["a Fulfilment Changed", "log", "order_deeds"]
    assert shop.hub.verify().trouble == ()


def test_how_her_return_looked_goes_and_what_became_of_it_stays(shop):
    refused_at_first(shop, "o-1", ANNA)
    said = {"coffee": f"{CANARY} spilled it"}
    back = shop.hub.returning.announce("paris-1", [Batch("coffee", 1)], by="Luc", order_id="o-1", conditions=said)
    shop.hub.returning.receive(back.id, by="Luc")
    (task,) = shop.hub.tasks.open(kind="inspect")
    shop.hub.tasks.close(task.id, f"{CANARY} takes it home again", by="Luc")
    before = shop.hub.returning.back(back.id)
    assert {"a Return Changed", "a Task Closed", "goods_closings", "goods_papers"} < set(places_of(shop.hub))
    erase_anna(shop.hub)
    assert places_of(shop.hub) == []
    (line,) = before.lines
    left = msgspec.structs.replace(before, lines=(msgspec.structs.replace(line, condition=""),))
    assert shop.hub.returning.back(back.id) == left
    assert shop.hub.tasks.open(kind="inspect") == []
    assert shop.hub.verify().trouble == ()


def noted(shop):
    """A cart of nobody with a note."""
    carting = shop.hub.carting
    cart = carting.open(channel="store", by="Ben", lines=[Wanted("coffee", 2, note=f"gift for {CANARY}")])
    return carting.change(cart.cart_id, by="Ben", lines=[Wanted("grinder", 1, note="wrap it")])


def kept_answer(shop, cart_id):
    """The answer of a command that showed the cart, kept under its key."""
    asked = shop.hub.once.asked("desk", "k-1", b"show")
    cart = {"cart": cart_id, "lines": [{"note": f"gift for {CANARY}"}]}
    shop.hub.once.do(asked, lambda: (200, json.dumps(cart).encode()))


def test_notes_of_a_cart_that_was_nobodys_and_then_hers_go_and_its_lines_stay(shop):
    cart_id = noted(shop).cart_id
    shop.hub.carting.change(cart_id, by="Ben", customer=ANNA, channel="web")
    kept_answer(shop, cart_id)
    assert places_of(shop.hub) == ["a Cart Changed", "cart_facts", "cart_lines", "command_results", "log"]
    erase_anna(shop.hub)
    assert places_of(shop.hub) == []
    cart = shop.hub.carting.show(cart_id).cart
    assert [(one.sku, one.units, one.note) for one in cart.lines] == [("coffee", 2, None), ("grinder", 1, None)]
    assert cart.subject is None
    assert shop.hub.verify().trouble == ()


def test_notes_of_a_cart_of_nobody_that_she_ordered_go(shop):
    cart_id = noted(shop).cart_id
    deliver = Delivery(Method.PICKUP, "paris-1")
    lines = (Ordered("coffee", 2),)
    new = NewOrder(channel="web", deliver=deliver, cart=cart_id, lines=lines, order_id="o-1", customer=ANNA)
    shop.hub.ordering.place(new, by="Ben")
    erase_anna(shop.hub)
    assert places_of(shop.hub) == []
    cart = shop.hub.carting.show(cart_id).cart
    assert [(one.sku, one.units, one.note) for one in cart.lines] == [("coffee", 2, None), ("grinder", 1, None)]
    assert shop.hub.verify().trouble == ()


def test_notes_of_a_cart_that_stays_nobodys_stay(shop):
    noted(shop)
    shop.place(1, order_id="o-1", customer=ANNA)
    erase_anna(shop.hub)
    assert places_of(shop.hub) == ["a Cart Changed", "cart_facts", "cart_lines", "log"]
    assert shop.hub.verify().trouble == ()


def test_a_backup_of_before_loses_the_words_when_it_is_restored(shop, tmp_path):
    refused_at_first(shop, "o-1", ANNA)
    shop.hub.back_up(tmp_path / "old.zip")
    erase_anna(shop.hub)
    ledger = shop.hub.folder / "erasures.jsonl"
    with Hub.restore(tmp_path / "old.zip", tmp_path / "again.noline", erasures=ledger) as restored:
        assert places_of(restored) == []
        assert restored.verify().trouble == ()
