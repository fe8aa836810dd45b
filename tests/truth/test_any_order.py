"""The same facts in any order, in any batches, any number of times, give the same rows."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.errors import NotReadable
from noline.truth.catalogue.service import Catalogue
from noline.truth.feedback.service import Feedback
from noline.truth.orders.service import Orders
from noline.truth.prices.service import Prices
from noline.truth.stock.service import Stock

# Few names, instants and messages, so that facts contradict each other often.
SKUS = st.sampled_from(["espresso", "ristretto"])
PLACES = st.sampled_from(["paris", "lyon"])
ORDER = {"order_id": st.sampled_from(["o-1", "o-1", "o-2"])}
UNITS = st.integers(1, 3)
SAID_UNITS = st.one_of(UNITS, UNITS, UNITS, st.sampled_from([0, "many", -3, 1.5]))
LINES = st.lists(
    st.fixed_dictionaries({"sku": SKUS, "quantity": SAID_UNITS}, optional={"price": st.sampled_from([2, "2.50"])}),
    min_size=1,
    max_size=2,
)


def sentence(kinds, required, optional=None):
    """A kind of the list with these properties; the optional ones are there now and then."""
    return st.tuples(st.sampled_from(kinds), st.fixed_dictionaries(required, optional=optional or {}))


CATALOGUE = st.one_of(
    sentence(
        ["Product Described"],
        {"sku": SKUS},
        {
            "name": st.sampled_from(["Espresso", "Ristretto", "Lungo"]),
            "brand": st.sampled_from(["Maison", "Casa"]),
            "price": SAID_UNITS,
            "attributes": st.sampled_from([{"intensity": 10}, {"roast": "dark", "decaf": False}]),
        },
    ),
    sentence(["Location Opened"], {"location": PLACES}, {"name": PLACES, "country": st.sampled_from(["FR", "DE"])}),
)
STOCK = st.one_of(
    sentence(["Stock Counted"], {"sku": st.just("espresso"), "location": PLACES, "units": SAID_UNITS}),
    sentence(["Stock Received", "Stock Adjusted"], {"sku": SKUS, "location": PLACES, "units": SAID_UNITS}),
    sentence(
        ["Stock Moved"],
        {"sku": SKUS, "from_location": PLACES, "to_location": PLACES, "units": UNITS},
        {"to_bucket": st.just("unsellable")},
    ),
    sentence(["Order Completed"], {**ORDER, "products": LINES, "location": PLACES}),
    sentence(["Return Accepted"], {**ORDER, "products": LINES, "store_id": PLACES}, {"return_id": st.just("back-1")}),
)
ORDERS = st.one_of(
    sentence(
        ["Order Placed", "Order Completed", "Order Updated"],
        ORDER,
        {"products": LINES, "total": UNITS, "currency": st.just("JPY")},
    ),
    sentence(
        [
            "Order Cancelled",
            "Order Shipped",
            "Order Delivered",
            "Order Refunded",
            "Pickup Requested",
            "Pickup Ready",
            "Pickup Collected",
            "Pickup Expired",
            "Return Requested",
            "Return Refunded",
        ],
        ORDER,
        {"total": UNITS},
    ),
    sentence(["Return Accepted"], ORDER, {"products": LINES, "return_id": st.just("back-1")}),
)
PRICES = sentence(
    ["Price Set"],
    {"sku": SKUS, "price": SAID_UNITS},
    {"channel": st.sampled_from(["web", "store"]), "valid_until": st.just("2026-03-02")},
)
FEEDBACK = sentence(
    ["Review Posted", "Product Reviewed", "Feedback Given", "Feedback Answered", "Feedback Closed"],
    {"review_id": st.sampled_from(["r-1", "r-1", "r-2"])},
    {"rating": SAID_UNITS, "site": st.sampled_from(["google", "here"]), "store_id": PLACES},
)
SENTENCES = {"catalogue": CATALOGUE, "stock": STOCK, "orders": ORDERS, "prices": PRICES, "feedback": FEEDBACK}

MESSAGES = st.sampled_from(["a", "é", "Z", "10", "9"])
TELLERS = st.sampled_from(["user_id:anna", "user_id:bruno"])


@st.composite
def retellings(draw, sentences):
    """Facts, and the same ones again in another order, some of them twice, cut into batches."""
    facts = st.tuples(sentences, st.integers(1, 3), MESSAGES, TELLERS, st.sampled_from(["web", "store"]))
    told = draw(st.lists(facts, min_size=3, max_size=9, unique_by=lambda one: one[2:4]))
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=3))))
    cuts = sorted(draw(st.lists(st.integers(0, len(again)), max_size=4)))
    edges = [0, *cuts, len(again)]
    return told, [again[start:end] for start, end in pairwise(edges)]


def rooms_with(digest):
    rooms = [Catalogue(digest, "EUR"), Stock(digest), Orders(digest, "EUR"), Prices(digest, "EUR"), Feedback(digest)]
    return {room.name: room for room in rooms}


class Undone(Exception):
    """Takes back what was folded."""


def fold(tx, room, facts):
    """As the log does: a fact that the room cannot read is left out, the others are taken."""
    try:
        with tx.savepoint():
            room.take(tx, facts)
    except NotReadable:
        room.forget()
        if len(facts) > 1:
            for fact in facts:
                fold(tx, room, [fact])


def rows_after(store, room, batches, rows_of):
    """Every row of the room after these batches; the store is left as it was."""
    with store.transaction() as tx, suppress(Undone), tx.savepoint():
        for batch in batches:
            fold(tx, room, batch)
        found = rows_of(tx, room)
        if room.name == "stock":
            assert room.cells(tx) == room.recounted(tx)
        raise Undone
    room.forget()
    return found


@pytest.mark.parametrize("name", SENTENCES)
def test_any_order_any_batches_any_repeats_give_the_same_rows(store, digest, fact_of, rows_of, name):
    room = rooms_with(digest)[name]

    @settings(max_examples=settings.default.max_examples * (3 if store.dialect == "sqlite" else 1))
    @given(retelling=retellings(SENTENCES[name]))
    def gives_the_same_rows(retelling):
        told, batches = retelling
        facts = [
            fact_of(kind, said, id=message, at=at, about=who, channel=channel, in_store="lyon")
            for (kind, said), at, message, who, channel in told
        ]
        expected = rows_after(store, room, [[fact] for fact in facts], rows_of)
        again = [[facts[number] for number in batch] for batch in batches]
        assert rows_after(store, room, again, rows_of) == expected

    gives_the_same_rows()


def test_facts_of_other_rooms_leave_no_row(store, digest, fact_of, rows_of):
    for room in rooms_with(digest).values():
        found = rows_after(store, room, [[fact_of("Page Viewed", id="m-1", at=1)]], rows_of)
        assert found == {table: [] for table in room.tables}
