"""One cart across channels: begun on the web, shown at the counter, gone on with by the call centre, ordered once."""

from threading import Barrier, Thread

import pytest

from noline.flows.carts import (
    CartChanged,
    CartClosed,
    CartCodeShared,
    CartCustomerUnclear,
    CartCustomerUnreadable,
    Wanted,
    described,
)
from noline.flows.refold import catch_up
from noline.kernel.clock import HOUR, as_text
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.stores.log import last_seq, records_after
from noline.truth.carts.model import Line, State
from shop import Day, identify, track

CART = "k-7f3a9c21d4e8b605"
PHONE = "+33612345678"
CANARY = "canary7q"


def on_web(day, event, number, *, cookie="c-1", user=None, **said):
    message = track(event, id=number, at=day.next(), user=user, cart_id=CART, **said)
    return {**message, "anonymousId": cookie}


@pytest.fixture
def day():
    return Day()


@pytest.fixture
def shop(hub, day):
    """A hub with a browser, a till and a CRM, which knows Anna by login and phone."""
    hub.access.add_source("web", "web", trust="browser")
    hub.access.add_source("till", "store")
    hub.access.add_source("crm", "crm")
    hub.accept("crm", [identify(id="c-1", at=day.next(), user="anna", phone=PHONE, name="Anna Arabica")])
    return hub


@pytest.fixture
def begun(shop, day):
    """Anna has two coffees in her cart on the web."""
    shop.accept("web", [
        on_web(day, "Product Added", "w-1", sku="ristretto-50", quantity=2, price=24, currency="EUR"),
        on_web(day, "Cart Viewed", "w-2", user="anna"),
    ])  # fmt: skip
    return shop


def person(hub, text=PHONE):
    (found,) = hub.find_customers(text)
    return found.person


def records(hub):
    with hub.store.reading() as reader:
        return last_seq(reader)


def units(cart):
    return {line.sku: line.units for line in cart.lines}


def test_one_cart_goes_from_the_web_to_the_counter_to_the_call_centre_to_the_till(begun, day):
    at_the_web = begun.carting.show(CART)
    assert (at_the_web.person, at_the_web.cart.began_in, at_the_web.cart.version) == (person(begun), "web", 1)

    at_the_counter = begun.carting.show(at_the_web.cart.code).cart
    changed = begun.carting.change(
        at_the_counter.code, lines=[Wanted("ristretto-50", 3), Wanted("lungo-40", 1, 450, "as a gift")],
        channel="store", store_id="paris-1", version=at_the_counter.version, by="Clara",
    )  # fmt: skip
    assert changed.lines == (
        Line("ristretto-50", 3, Money(2400, "EUR")), Line("lungo-40", 1, Money(450, "EUR"), "as a gift"),
    )  # fmt: skip

    (called,) = begun.carting.of(f"phone:{PHONE}")
    assert called == changed
    assert begun.carting.open(channel="call", customer={"phone": "+33 6 12 34 56 78"}, by="Denis").cart_id == CART
    begun.accept("web", [on_web(day, "Product Removed", "w-3", sku="lungo-40")])
    ordered = begun.carting.ordered(CART, "o-1", channel="call", by="Denis")

    assert (ordered.state, ordered.order_id, ordered.touched_in) == (State.ORDERED, "o-1", "call")
    assert units(ordered) == {"ristretto-50": 3, "lungo-40": 1}  # the web told of a time before the counter
    assert [(one.kind, one.channel, one.by, one.version) for one in begun.carting.show(CART).touches] == [
        ("Product Added", "web", None, 1),
        ("Cart Viewed", "web", None, 1),
        ("Product Removed", "web", None, 2),
        ("Cart Changed", "store", "Clara", 3),
        ("Cart Changed", "call", "Denis", 3),
        ("Cart Changed", "call", "Denis", 4),
    ]
    assert begun.carting.of(person(begun)) == []
    assert begun.verify().trouble == ()


def test_of_two_changes_of_one_version_one_wins(begun):
    cart, start, outcomes = begun.carting.show(CART).cart, Barrier(2), []

    def change(number):
        start.wait()
        try:
            begun.carting.change(CART, lines=[Wanted("x", number)], version=cart.version, by=f"desk {number}")
            outcomes.append(("won", number))
        except CartChanged as refusal:
            outcomes.append(("lost", refusal.facts))

    desks = [Thread(target=change, args=(number,)) for number in (7, 8)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()

    ((_, winner),) = [one for one in outcomes if one[0] == "won"]
    ((_, facts),) = [one for one in outcomes if one[0] == "lost"]
    now = begun.carting.show(CART).cart
    assert units(now) == {"ristretto-50": 2, "x": winner}
    assert facts == {"cart": CART, "version": 2, "expected": 1, "present": described(now)}


def test_an_anonymous_cart_gets_a_person_later(shop):
    cart = shop.carting.open(channel="store", store_id="paris-1", lines=[Wanted("a", 1)], by="Clara")
    assert (cart.subject, shop.carting.show(cart.code).person, cart.store_id) == (None, None, "paris-1")
    with shop.store.reading() as reader:
        assert records_after(reader, records(shop) - 1, 1)[0].schema == "noline"
    owned = shop.carting.change(cart.cart_id, customer={"phone": PHONE}, by="Clara")
    assert shop.carting.show(cart.code).person == person(shop)
    assert shop.carting.of("user_id:anna") == [owned]
    with shop.store.reading() as reader:
        assert records_after(reader, records(shop) - 1, 1)[0].schema == "noline+sealed"


def test_who_has_an_open_cart_goes_on_with_it_and_new_lines_come_to_it(shop):
    lines = [Wanted("a", 1, 100), Wanted("b", 1)]
    first = shop.carting.open(channel="web", customer={"user_id": "anna"}, lines=lines, currency="CHF", by="web shop")
    second = shop.carting.open(channel="call", customer={"phone": PHONE}, lines=[Wanted("a", 2)], by="Denis")
    assert (second.cart_id, second.began_in, second.touched_in) == (first.cart_id, "web", "call")
    assert second.lines == (Line("a", 3, Money(100, "CHF")), Line("b", 1))
    shop.carting.ordered(first.cart_id, "o-1", by="Denis")
    third = shop.carting.open(channel="call", customer={"phone": PHONE}, by="Denis")
    assert (third.cart_id != first.cart_id, third.lines, third.version) == (True, (), 1)


def test_somebody_whom_nobody_knows_is_known_by_the_cart_from_now_on(shop):
    said = {"email": "boris@example.com", "phone": "+33698765432"}
    cart = shop.carting.open(channel="store", customer=said, lines=[Wanted("a", 1)], by="Clara")
    assert shop.carting.show(cart.cart_id).person == person(shop, "boris@example.com") == person(shop, "+33698765432")
    assert shop.carting.open(channel="call", customer={"phone": "+33698765432"}, by="Denis").cart_id == cart.cart_id


def test_carts_follow_people_who_are_merged(shop):
    shop.accept("crm", [identify(id="c-2", at=Day().next(), user="annie", email="annie@example.com")])
    one = shop.carting.open(channel="web", customer={"user_id": "annie"}, lines=[Wanted("a", 1)], by="shop")
    other = shop.carting.open(channel="web", customer={"user_id": "anna"}, lines=[Wanted("b", 1)], by="shop")
    shop.identity.merge(person(shop), person(shop, "annie@example.com"), by="Clara")
    assert [cart.cart_id for cart in shop.carting.of(person(shop))] == [other.cart_id, one.cart_id]
    went_on = shop.carting.open(channel="call", customer={"email": "annie@example.com"}, by="Denis")
    assert went_on.cart_id == other.cart_id


def test_names_that_lead_to_two_people_are_refused_and_nothing_moves(shop, day):
    shop.accept("crm", [
        identify(id="c-2", at=day.next(), user="boris", email="family@example.com"),
        identify(id="c-3", at=day.next(), user="anna", email="family@example.com"),
    ])  # fmt: skip
    before = records(shop)
    for customer in ({"user_id": "boris", "phone": PHONE}, {"email": "family@example.com"}):
        with pytest.raises(CartCustomerUnclear) as refusal:
            shop.carting.open(channel="store", customer=customer, by="Clara")
        assert set(refusal.value.facts["people"]) == {person(shop, "boris"), person(shop)}
    assert records(shop) == before
    cart = shop.carting.open(channel="store", customer={"user_id": "boris", "email": "family@example.com"}, by="Clara")
    assert shop.carting.of("email:family@example.com") == [cart]


@pytest.mark.parametrize("customer", [{"phone": "no"}, {"shoe_size": "43"}, {"email": "anna"}])
def test_a_name_that_names_nobody_is_refused_and_nothing_moves(shop, customer):
    before = records(shop)
    with pytest.raises(CartCustomerUnreadable):
        shop.carting.open(channel="store", customer=customer, by="Clara")
    with pytest.raises(NotFound):
        shop.carting.open(channel="store", customer={"person": "p_0000000000000000"}, by="Clara")
    assert records(shop) == before


def test_an_ordered_cart_is_changed_by_nobody_and_ordered_once(begun):
    ordered = begun.carting.ordered(CART, "o-1", by="Denis")
    before = records(begun)
    assert begun.carting.ordered(CART, "o-1", by="Denis") == ordered
    for act in (
        lambda: begun.carting.change(CART, lines=[Wanted("a", 1)], by="Clara"),
        lambda: begun.carting.ordered(CART, "o-2", by="Denis"),
    ):
        with pytest.raises(CartClosed) as refusal:
            act()
        assert refusal.value.facts == {"cart": CART, "order": "o-1"}
    assert (records(begun), begun.carting.show(CART).cart) == (before, ordered)


def test_a_cart_is_abandoned_and_taken_up_again(begun):
    assert begun.carting.change(CART, state=State.ABANDONED, by="Clara").state is State.ABANDONED
    assert begun.carting.of(person(begun)) == []
    assert begun.carting.change(CART, state=State.OPEN, hold_id="h-1", by="Clara").hold_id == "h-1"
    assert [cart.cart_id for cart in begun.carting.of(person(begun))] == [CART]
    before = records(begun)
    assert begun.carting.change(CART, by="Clara").version == 3
    assert records(begun) == before


def test_a_door_comes_after_a_channel_whose_clock_goes_ahead(shop):
    later = as_text(shop.clock.now() + HOUR)
    cart = shop.carting.open(channel="store", lines=[Wanted("a", 1)], by="Clara")
    shop.accept("till", [track("Product Added", id="t-1", at=later, user="anna", cart_id=cart.cart_id, sku="a")])
    assert units(shop.carting.change(cart.cart_id, lines=[Wanted("a", 5)], by="Clara")) == {"a": 5}


def test_a_strange_browser_does_not_touch_a_cart_and_a_till_may(begun, day):
    cart = begun.carting.open(channel="store", customer={"phone": PHONE}, by="Clara")
    evil = on_web(day, "Order Completed", "w-9", cookie="c-666", order_id="o-9")
    assert begun.accept("web", [evil])[0].status == "accepted"
    assert begun.carting.show(CART).cart == cart
    begun.accept("till", [track("Order Completed", id="t-9", at=day.next(), order_id="o-9", cart_id=CART)])
    assert begun.carting.show(CART).cart.order_id == "o-9"


def test_two_open_carts_of_one_code_are_told_apart_by_their_ids(begun):
    code = begun.carting.show(CART).cart.code
    other = begun.carting.open(channel="store", by="Clara")
    with begun.store.transaction() as tx:
        tx.run("UPDATE carts SET code = ? WHERE cart_id = ?", (code, other.cart_id))
    with pytest.raises(CartCodeShared):
        begun.carting.show(code)
    begun.carting.ordered(other.cart_id, "o-1", by="Clara")
    assert begun.carting.show(code).cart.cart_id == CART


def test_nobody_knows_a_cart_that_was_never_told_of(shop):
    for ask in (
        lambda: shop.carting.show("nothing"),
        lambda: shop.carting.change("nothing", by="Clara"),
        lambda: shop.carting.of("phone:+33611111112"),
        lambda: shop.carting.of("p_0000000000000000"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_an_order_and_its_cart_stand_or_fall_together(begun):
    before = records(begun)

    def order_and_fail():
        with begun.store.transaction():
            begun.carting.ordered(CART, "o-1", by="Denis")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        order_and_fail()
    assert (records(begun), begun.carting.show(CART).cart.state) == (before, State.OPEN)
    assert begun.carting.ordered(CART, "o-2", by="Denis").order_id == "o-2"
    assert begun.verify().trouble == ()


# Privacy


def test_an_export_tells_of_the_carts(begun):
    begun.carting.change(CART, lines=[Wanted("lungo-40", 1, note="gift")], channel="store", by="Clara")
    told = begun.export_person(person(begun))
    assert told["carts"] == [described(begun.carting.show(CART).cart)]


def test_after_an_erasure_nothing_is_left_of_the_carts_of_a_person(begun):
    begun.carting.change(CART, lines=[Wanted("a", 1, note=f"for {CANARY}")], customer={"phone": PHONE}, by="Clara")
    kept = begun.carting.open(channel="store", lines=[Wanted("b", 1)], by="Clara")
    begun.carting.change(kept.cart_id, customer={"user_id": "anna"}, by="Clara")
    begun.carting.ordered(kept.cart_id, "o-1", by="Clara")
    begun.erase(person(begun), by="Clara", reason="asked")
    with pytest.raises(NotFound):
        begun.carting.show(CART)
    left = begun.carting.show(kept.cart_id)
    assert (left.person, left.cart.subject, left.cart.state, units(left.cart)) == (None, None, State.OPEN, {"b": 1})
    with begun.store.reading() as reader:
        for table in begun.carts.tables:
            assert CANARY not in repr(reader.rows(f"SELECT * FROM {table}"))
    assert begun.verify().trouble == ()


def test_carts_of_others_stay_when_a_person_is_erased(begun, day):
    begun.accept("crm", [identify(id="c-2", at=day.next(), user="boris", email="boris@example.com")])
    begun.accept("till", [track("Cart Viewed", id="t-1", at=day.next(), user="boris", cart_id="till-1",
                                products=[{"sku": "z"}])])  # fmt: skip
    begun.carting.change("till-1", lines=[Wanted("y", 1)], by="Clara")
    before = begun.carting.show("till-1")
    begun.erase(person(begun), by="Clara", reason="asked")
    assert begun.carting.show("till-1") == before
    assert begun.verify().trouble == ()


def test_a_hub_with_a_past_finds_its_carts(begun, day):
    begun.accept("web", [on_web(day, "Product Added", "w-4", sku="lungo-40")])
    before = begun.carting.show(CART)
    with begun.store.transaction() as tx:
        for table in begun.carts.tables:
            tx.run(f"DELETE FROM {table}")
        tx.run("INSERT INTO refold (room) VALUES ('carts')")
    assert catch_up(begun.store, begun.log, begun.facts, [begun.carts]) == ["carts"]
    assert begun.carting.show(CART) == before
