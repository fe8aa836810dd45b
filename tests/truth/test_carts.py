"""The carts: one cart from whatever channels and doors tell of it, and nobody's browser in somebody else's."""

from contextlib import suppress
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.errors import UnreadableMoney, UnreadableUnits
from noline.kernel.events import Context, Identifier
from noline.kernel.money import Money
from noline.truth.carts.model import (
    CartUnreadable,
    Line,
    State,
    code_in,
    code_of,
    is_unguessable,
)
from noline.truth.carts.service import Carts

CLAIMABLE = frozenset({"email", "phone"})
CART = "k-7f3a9c21d4e8b605"
COOKIE, ANNA, MALLORY = "anonymous_id:c-1", "user_id:anna", "anonymous_id:c-666"


class Shop:
    """The carts room on a store, which hears of a cart from servers, browsers and doors."""

    def __init__(self, listening, digest, fact_of):
        self.listening = listening(Carts(digest, "EUR", CLAIMABLE))
        self.digest, self.fact_of = digest, fact_of

    def fact(self, kind, *, of=(ANNA,), minute, received=None, browser=False, id=None, cart=CART, **said):  # noqa: A002
        """A fact about names, filed under the first of them that its source may file under."""
        own = [name for name in of if not (browser and name.startswith("email"))]
        about = own[0] if own else "message:x"
        fact = self.fact_of(
            kind, {"cart_id": cart, **said}, id=id or f"m-{minute}", at=self.listening.minute(minute), about=about
        )
        names = tuple(Identifier(*name.split(":", 1)) for name in of)
        received_at = self.listening.minute(minute if received is None else received)
        return msgspec.structs.replace(fact, identifiers=names, trusted=not browser, received_at=received_at)

    def deed(self, *changes, minute, seq, about=ANNA, **said):
        """A deed of the hub, at this position of the log."""
        told = {"cart": CART, "at": self.listening.minute(minute), "changes": list(changes), "by": "Clara", **said}
        fact = self.fact_of("Cart Changed", told, id=f"deed-{seq}", at=self.listening.minute(minute), about=about)
        return msgspec.structs.replace(fact, seq=seq)

    def hear(self, *args, **kwargs):
        self.listening.take([self.fact(*args, **kwargs)])

    def decide(self, *args, **kwargs):
        self.listening.take([self.deed(*args, **kwargs)])

    @property
    def cart(self):
        return self.listening.says("cart", CART)

    @property
    def units(self):
        return {line.sku: line.units for line in self.cart.lines}

    @property
    def touches(self):
        return [(one.kind, one.channel, one.version) for one in self.listening.says("touches", CART)]


@pytest.fixture
def shop(listening, digest, fact_of):
    return Shop(listening, digest, fact_of)


# What is in it


def test_products_come_and_go(shop):
    shop.hear("Product Added", minute=1, sku="ristretto-50", quantity=2, price=24)
    shop.hear("Product Added", minute=2, product_id="lungo-40", price_minor=450, currency="CHF", note="gift")
    shop.hear("Product Added", minute=3, sku="ristretto-50")
    shop.hear("Product Removed", minute=4, sku="ristretto-50", quantity=1)
    assert shop.cart.lines == (
        Line("ristretto-50", 2, Money(2400, "EUR")), Line("lungo-40", 1, Money(450, "CHF"), "gift"),
    )  # fmt: skip
    shop.hear("Product Removed", minute=5, sku="lungo-40")
    assert (shop.units, shop.cart.currency, shop.cart.version) == ({"ristretto-50": 2}, "CHF", 5)


@pytest.mark.parametrize("word", ["Cart Viewed", "Checkout Started"])
def test_a_statement_of_products_is_all_that_is_in_the_cart(shop, word):
    shop.hear("Product Added", minute=1, sku="a", quantity=2, price=3)
    shop.hear("Product Added", minute=2, sku="b")
    shop.hear(word, minute=3, products=[{"sku": "a", "quantity": 5}, {"sku": "c"}, {"sku": "c", "quantity": 2}])
    assert shop.cart.lines == (Line("a", 5, Money(300, "EUR")), Line("c", 3))
    shop.hear(word, minute=4, products=[])
    assert (shop.cart.lines, shop.cart.version) == ((), 4)


def test_looking_at_a_cart_touches_it_and_changes_nothing(shop):
    shop.hear("Product Added", minute=1, sku="a")
    shop.hear("Cart Viewed", minute=2)
    shop.hear("Cart Shared", minute=3)
    assert shop.touches == [("Product Added", "web", 1), ("Cart Viewed", "web", 1), ("Cart Shared", "web", 1)]
    assert (shop.cart.version, shop.cart.changed_at) == (1, shop.listening.minute(3))


def test_what_is_told_late_takes_its_place(shop):
    shop.hear("Cart Viewed", minute=2, products=[{"sku": "a", "quantity": 1}])
    shop.hear("Product Added", minute=1, sku="a", quantity=9)
    assert shop.units == {"a": 1}
    assert (shop.cart.version, shop.cart.opened_at) == (2, shop.listening.minute(1))


def test_an_ordered_cart_stays_as_it_was_ordered(shop, digest):
    shop.hear("Product Added", minute=1, sku="a")
    shop.hear("Order Completed", minute=3, order_id="o-1", products=[{"sku": "z"}], of=())
    shop.hear("Product Added", minute=4, sku="b")
    shop.hear("Product Added", minute=2, sku="c")
    assert (shop.cart.state, shop.cart.order_id, shop.units) == (State.ORDERED, "o-1", {"a": 1, "c": 1})
    assert shop.cart.subject == digest(ANNA)


def test_an_abandoned_cart_opens_again_when_something_is_put_in(shop):
    shop.hear("Product Added", minute=1, sku="a")
    shop.decide({"do": "abandon"}, minute=2, seq=7)
    assert shop.cart.state is State.ABANDONED
    shop.hear("Product Added", minute=3, sku="b")
    assert shop.cart.state is State.OPEN


def test_a_deed_sets_what_the_door_was_told(shop, digest):
    shop.hear("Product Added", minute=1, sku="a", quantity=2, price=3, note="gift")
    shop.decide(
        {"do": "set", "sku": "a", "units": 4}, {"do": "set", "sku": "b", "units": 1, "price_minor": 50, "note": "wrap"},
        {"do": "hold", "name": "h-1"}, minute=2, seq=7, channel="store", store_id="paris-1",
    )  # fmt: skip
    shop.decide({"do": "set", "sku": "b", "units": 0}, minute=2, seq=8, channel="call")
    cart = shop.cart
    assert cart.lines == (Line("a", 4, Money(300, "EUR"), "gift"),)
    assert (cart.began_in, cart.touched_in, cart.store_id, cart.hold_id) == ("web", "call", "paris-1", "h-1")
    assert shop.touches == [("Product Added", "web", 1), ("Cart Changed", "store", 2), ("Cart Changed", "call", 3)]
    shop.decide({"do": "order", "name": "o-9"}, minute=3, seq=9)
    assert (shop.cart.state, shop.cart.order_id, shop.cart.touched_in) == (State.ORDERED, "o-9", "call")


def test_deeds_of_one_instant_count_in_the_order_of_the_log(shop):
    one, other = ({"do": "set", "sku": "a", "units": units} for units in (1, 2))
    shop.listening.take([shop.deed(other, minute=1, seq=10), shop.deed(one, minute=1, seq=9)])
    assert shop.units == {"a": 2}


# Whose it is


def test_a_cart_is_whose_it_was_last_said_to_be_and_a_cookie_says_it_least(shop, digest):
    shop.hear("Product Added", minute=1, sku="a", of=(COOKIE,), browser=True)
    assert shop.cart.subject == digest(COOKIE)
    shop.hear("Product Added", minute=2, sku="a", of=(ANNA, COOKIE), browser=True)
    shop.hear("Product Added", minute=3, sku="a", of=(COOKIE,), browser=True)
    assert (shop.cart.subject, shop.units) == (digest(ANNA), {"a": 3})
    shop.decide({"do": "belong", "name": digest("user_id:boris").hex()}, minute=4, seq=5, about="user_id:boris")
    shop.hear("Product Added", minute=5, sku="a", of=(ANNA,), browser=True)
    assert shop.cart.subject == digest("user_id:boris")
    assert [one.cart_id for one in shop.listening.says("of_subjects", [digest("user_id:boris")])] == [CART]
    assert shop.listening.says("of_subjects", [digest(ANNA)]) == []


def test_a_browser_changes_no_cart_that_another_one_began_whatever_time_it_claims(shop, digest):
    shop.hear("Product Added", minute=5, sku="a", of=(COOKIE,), browser=True)
    shop.hear("Product Added", minute=1, received=6, sku="evil", of=(MALLORY,), browser=True)
    shop.hear("Order Completed", minute=7, order_id="o-evil", of=(MALLORY,), browser=True)
    cart = shop.cart
    assert (shop.units, cart.state, cart.version, cart.subject) == ({"a": 1}, State.OPEN, 1, digest(COOKIE))
    assert cart.opened_at == shop.listening.minute(5)


def test_an_address_that_anybody_can_type_opens_no_cart_to_a_browser(shop, digest):
    shop.hear("Product Added", minute=1, sku="a", of=(ANNA, "email:anna@example.com"))
    shop.hear("Product Added", minute=2, sku="evil", of=(MALLORY, "email:anna@example.com"), browser=True)
    shop.hear("Product Added", minute=3, sku="evil", of=("email:anna@example.com",), browser=True)
    assert (shop.units, shop.cart.subject) == ({"a": 1}, digest(ANNA))


def test_a_browser_begins_no_cart_under_an_id_that_can_be_guessed(shop):
    for cart in ("1001", "cart-000000000000001001", "aaaaaaaaaaaaaaaaaaaa"):
        assert not is_unguessable(cart)
        shop.hear("Product Added", minute=1, id=cart, sku="evil", of=(MALLORY,), browser=True, cart=cart)
        assert shop.listening.says("cart", cart) is None
    shop.hear("Product Added", minute=2, sku="a", of=(ANNA,), cart="1001")
    cart = shop.listening.says("cart", "1001")
    assert [line.sku for line in cart.lines] == ["a"]
    assert is_unguessable("9b2e7c1a-5a6f-4d8b")


def test_a_server_opens_a_cart_to_the_browser_that_it_names(shop):
    shop.decide({"do": "set", "sku": "a", "units": 1}, minute=1, seq=1)
    shop.hear("Product Added", minute=2, sku="b", of=(COOKIE,), browser=True)
    assert shop.units == {"a": 1}
    shop.hear("Cart Viewed", minute=3, of=(ANNA, COOKIE))
    assert shop.units == {"a": 1, "b": 1}


def test_a_deed_opens_a_cart_to_the_browsers_of_whose_it_is(shop, digest):
    shop.decide({"do": "belong", "name": digest("phone:1").hex()}, minute=1, seq=1, names=[digest(ANNA).hex()])
    shop.hear("Product Added", minute=2, sku="b", of=(ANNA, COOKIE), browser=True)
    shop.hear("Product Added", minute=3, sku="b", of=(COOKIE,), browser=True)
    assert (shop.units, shop.cart.subject) == ({"b": 2}, digest("phone:1"))


# Codes


def test_a_code_is_read_as_it_is_typed(shop, digest):
    shop.hear("Product Added", minute=1, sku="a")
    code = code_of(digest, CART)
    assert shop.cart.code == code
    assert len(code) == 8
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert [one.cart_id for one in shop.listening.says("by_code", f"{typed[:4]}-{typed[4:]}")] == [CART]
    assert shop.listening.says("by_code", "nothing") == []
    assert (code_in("oil-ouu 77"), code_in("1234567"), code_in("12345678!")) == ("0110VV77", None, None)


# What cannot be taken


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"products": "a"}, CartUnreadable),
        ({"products": ["a"]}, CartUnreadable),
        ({"quantity": 1}, CartUnreadable),
        ({"sku": "a", "quantity": -1}, CartUnreadable),
        ({"sku": "a", "quantity": 1.5}, UnreadableUnits),
        ({"sku": "a", "price": "cheap"}, UnreadableMoney),
        ({"sku": "a", "price_minor": -1}, UnreadableMoney),
        ({"sku": "a", "currency": "euro"}, CartUnreadable),
        ({"sku": "a", "cart": "x" * 201}, CartUnreadable),
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_moves(shop, said, error):
    shop.hear("Product Added", minute=1, sku="a")
    before = shop.listening.rows()
    with pytest.raises(error):
        shop.hear("Product Added", minute=2, **said)
    assert shop.listening.rows() == before


def test_what_names_no_cart_is_left_alone(shop, fact_of):
    shop.listening.hears("Product Added", sku="a")
    assert shop.listening.rows() == {"cart_facts": [], "carts": [], "cart_lines": []}


# Erasing


def test_erasing_takes_what_was_told_under_a_name_and_leaves_the_rest(shop, digest):
    shop.decide({"do": "set", "sku": "a", "units": 1}, minute=1, seq=1, about=f"cart:{CART}")
    left = shop.listening.rows()
    shop.hear("Product Added", minute=2, sku="b")
    shop.hear("Product Added", minute=3, sku="b", cart="another-one")
    with shop.listening.store.transaction() as tx:
        assert shop.listening.room.erase(tx, [digest(ANNA), digest(COOKIE)]) == 2
        assert shop.listening.room.erase(tx, [digest(ANNA)]) == 0
    assert shop.listening.rows() == left
    assert shop.listening.says("cart", "another-one") is None


# Any order


NAMES = st.sampled_from([(COOKIE,), (ANNA, COOKIE), (ANNA,), (MALLORY,), (MALLORY, "email:anna@example.com"), ()])
TOLD = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["Product Added", "Product Removed", "Cart Viewed", "Cart Shared", "Checkout Started", "Order Completed"]
        ),
        "of": NAMES,
        "browser": st.booleans(),
        "minute": st.integers(1, 4),
        "received": st.integers(1, 4),
        "sku": st.sampled_from(["a", "b"]),
        "quantity": st.integers(0, 3),
    },
    optional={
        "products": st.lists(st.fixed_dictionaries({"sku": st.sampled_from(["a", "b"])}), max_size=2),
        "price": st.integers(1, 3),
        "currency": st.sampled_from(["EUR", "JPY"]),
    },
)
DONE = st.fixed_dictionaries(
    {
        "minute": st.integers(1, 4),
        "change": st.sampled_from(
            [{"do": "set", "sku": "a", "units": 2}, {"do": "abandon"}, {"do": "belong", "name": "00" * 16}]
        ),
    }
)


@st.composite
def retellings(draw):
    told = draw(st.lists(st.one_of(TOLD, TOLD, DONE), min_size=2, max_size=8))
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=2))))
    cuts = sorted(draw(st.lists(st.integers(0, len(again)), max_size=3)))
    return told, [again[start:end] for start, end in pairwise([0, *cuts, len(again)])]


class Undone(Exception):
    """Takes back what was folded."""


def test_any_order_any_batches_any_repeats_give_the_same_cart(shop, rows_of):
    def fact(number, one):
        if "change" in one:
            return shop.deed(one["change"], minute=one["minute"], seq=100 + number)
        said = {name: value for name, value in one.items() if name != "kind"}
        return shop.fact(one["kind"], id=f"m-{number}", **said)

    def rows_after(batches):
        with shop.listening.store.transaction() as tx, suppress(Undone), tx.savepoint():
            for batch in batches:
                shop.listening.room.take(tx, batch)
            found = rows_of(tx, shop.listening.room)
            raise Undone
        return found

    @given(retelling=retellings())
    @settings(max_examples=60)
    def gives_the_same_rows(retelling):
        told, batches = retelling
        facts = [fact(number, one) for number, one in enumerate(told)]
        assert rows_after([facts]) == rows_after([[facts[number] for number in batch] for batch in batches])

    gives_the_same_rows()


def test_the_channel_and_the_store_of_the_context_count(shop):
    fact = shop.fact("Product Added", minute=1, sku="a")
    shop.listening.take([msgspec.structs.replace(fact, channel="app", context=Context(store_id="lyon-2"))])
    assert (shop.cart.began_in, shop.cart.store_id) == ("app", "lyon-2")
