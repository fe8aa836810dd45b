"""What somebody wrote into the deeds about an order, a cart and a return of a person goes when she is erased."""

import json

import msgspec
import pytest

from noline.flows.carts import Wanted
from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.hub import Hub
from noline.stores.log import records_after
from noline.truth.agenda.model import Asked, CareWrong, QuestionWrong
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method
from noline.truth.profiles import clues
from selling import TO_LILLE, Selling
from shop import OPENING, identify, track

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


# What was written about questions and frictions


def written_before_she_came(hub):
    """Notes and a question that name her, from before the hub knew her."""
    hub.agenda.care("F2", by="Ben", owner="Käthe Fischer", note="KAETHE@example.com called, +49 221 5554433 is hers")
    hub.agenda.care("F2", by="Ben", state="in work", proof="user-kaethe-1 can pay")
    hub.agenda.care("F3", by="Ben", owner="ben@shop.example", note="ask the provider")
    hub.access.add_source("web", "web")
    said = [
        identify(
            id="who",
            at=OPENING.isoformat(),
            user="user-kaethe-1",
            name="Käthe Fischer",
            email="kaethe@example.com",
            phone="+492215554433",
        ),
        track("Page Viewed", id="seen", at=OPENING.isoformat(), user="user-kaethe-1"),
    ]
    asked = Asked(("Page Viewed",))
    assert {one.status for one in hub.accept("web", said[1:])} == {"accepted"}
    hub.agenda.save("What kaethe@example.com did", asked, by="Ben")
    assert {one.status for one in hub.accept("web", said[:1])} == {"accepted"}


NAMING = ("fischer", "kaethe", "5554433")


def readable(hub: Hub) -> list[str]:
    """Where she is still named: tables of the agenda, and bodies of the log."""
    found = []
    with hub.store.reading() as reader:
        for table in ("agenda_cares", "agenda_questions", "agenda_alerts"):
            found += [(table, str(row)) for row in reader.rows(f"SELECT * FROM {table}")]
        for record, body in hub.log.opened(reader, records_after(reader, 0, 10_000)):
            found += [(record.kind, json.dumps(json.loads(body), ensure_ascii=False))] if body else []
    return sorted({place for place, text in found if any(name in text.lower() for name in NAMING)})


def test_whoever_is_erased_is_named_in_no_note_and_no_saved_question_any_more(hub):
    written_before_she_came(hub)
    assert {"agenda_cares", "agenda_questions", "Friction Cared For", "Question Saved"} <= set(readable(hub))
    (kaethe,) = hub.find_customers("kaethe@example.com")
    assert hub.erase(kaethe.person, by="dpo", reason="asked by letter").told["agenda"] == 3
    assert readable(hub) == []
    told = hub.agenda.cares()
    assert (told["F2"].owner, told["F2"].note, told["F2"].proof, told["F2"].state) == (
        "(erased)", "(erased) called, (erased) is hers", "(erased) can pay", "in work",
    )  # fmt: skip
    assert (told["F3"].owner, told["F3"].note) == ("ben@shop.example", "ask the provider")
    assert [one.name for one, _ in hub.agenda.questions()] == ["What (erased) did"]
    assert hub.verify().trouble == ()


def test_nothing_that_was_read_of_whoever_is_erased_stays_in_memory(hub):
    written_before_she_came(hub)
    (kaethe,) = hub.find_customers("kaethe@example.com")
    remembered = (clues._remembered_clues, clues.sound)
    assert any(one.cache_info().currsize for one in remembered)
    hub.erase(kaethe.person, by="dpo", reason="asked by letter")
    assert [one.cache_info().currsize for one in remembered] == [0, 0]


def test_the_address_of_a_customer_comes_into_no_note_and_no_question(hub):
    written_before_she_came(hub)
    for words in ("kaethe@example.com waits", "call Kaethe+x@Example.com", "her number is +49 (221) 555-4433"):
        with pytest.raises(CareWrong) as refused:
            hub.agenda.care("F3", by="Ben", note=words)
        assert str(refused.value) == (
            "This cannot be noted about a friction: it holds the e-mail address or the phone number of a customer."
        )
        with pytest.raises(CareWrong):
            hub.agenda.care("F3", by="Ben", owner=words)
        with pytest.raises(QuestionWrong):
            hub.agenda.save(words, Asked(("Page Viewed",)), by="Ben")
    assert hub.agenda.cares()["F3"].note == "ask the provider"
    assert hub.agenda.care("F3", by="Ben", owner="staff@shop.example").owner == "staff@shop.example"
    assert hub.agenda.care("F2", by="Ben", state="fixed").state == "fixed", "what stands there already is no new word"


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ("2026-03-09T17:00:00Z", "2026-03-09T17:00:00Z"),
        ("when Anna is back", None),
        (491701234567, None),
        ({"call": "+49 170 1234567"}, None),
    ],
)
def test_when_her_order_was_promised_stays_where_it_is_a_moment_and_goes_where_it_is_not(hub, told, left):
    hub.access.ensure_source("shop", "web")
    bought = {"order_id": "o-1", "currency": "EUR", "total": 22, "promised_at": told}
    hub.accept("shop", [
        identify(id="a-1", at=OPENING, user="anna", **ANNA),
        track("Order Completed", id="a-2", at=OPENING, user="anna", **bought),
    ])  # fmt: skip
    with hub.store.reading() as reader:
        before = hub.orders.order(reader, "o-1").promised_at
    erase_anna(hub)
    with hub.store.reading() as reader:
        bodies = [msgspec.json.decode(body) for _, body in hub.log.opened(reader, records_after(reader, 0, 99)) if body]
        assert hub.orders.order(reader, "o-1").promised_at == before
    (order,) = [one["properties"] for one in bodies if one.get("event") == "Order Completed"]
    assert order.get("promised_at") == left
    assert hub.verify().trouble == ()
