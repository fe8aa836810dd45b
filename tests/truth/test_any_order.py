"""The same facts in any order, in any batches, any number of times, give the same rows."""

from hypothesis import given
from hypothesis import strategies as st

from noline.kernel.errors import NotReadable
from noline.truth.catalogue.service import Catalogue
from noline.truth.feedback.service import Feedback
from noline.truth.orders.service import Orders
from noline.truth.prices.service import Prices
from noline.truth.stock.service import Stock

INSTANTS = st.integers(1_000_000, 1_000_003)
SKUS = st.sampled_from(["espresso", "ristretto"])
PLACES = st.sampled_from(["paris", "lyon"])
ORDERS = st.sampled_from(["o-1", "o-2"])
LOOPS = st.sampled_from(["r-1", "r-2"])
UNITS = st.integers(0, 9)
UNREADABLE = st.sampled_from(["many", -3, 1.5])


def lines(units=UNITS):
    line = st.fixed_dictionaries({"sku": SKUS, "quantity": units}, optional={"price": st.sampled_from([2, "2.50"])})
    return st.lists(line, max_size=3)


def sentence(kinds, required, optional=None):
    """A kind of the list with these properties; the optional ones are there now and then."""
    return st.tuples(st.sampled_from(kinds), st.fixed_dictionaries(required, optional=optional or {}))


GOODS = st.one_of(
    sentence(["Stock Received", "Stock Counted"], {"sku": SKUS, "location": PLACES, "units": UNITS | UNREADABLE}),
    sentence(["Stock Adjusted"], {"sku": SKUS, "location": PLACES, "units": st.integers(-9, 9)}),
    sentence(
        ["Stock Moved"],
        {"sku": SKUS, "from_location": PLACES, "to_location": PLACES, "units": UNITS},
        {"to_bucket": st.sampled_from(["unsellable", "on_hand"])},
    ),
    sentence(["Price Set"], {"sku": SKUS, "price": UNITS}, {"channel": st.sampled_from(["web", "store"])}),
    sentence(
        ["Product Described"],
        {"sku": SKUS},
        {"name": st.sampled_from(["Espresso", "Ristretto"]), "brand": PLACES, "price": UNITS, "attributes": st.just({})},
    ),
    sentence(["Location Opened"], {"location": PLACES}, {"name": PLACES, "country": st.sampled_from(["FR", "DE"])}),
)
SALES = st.one_of(
    sentence(
        ["Order Placed", "Order Completed", "Order Updated"],
        {"order_id": ORDERS},
        {"products": lines(UNITS | UNREADABLE), "total": UNITS, "location": PLACES, "currency": st.just("JPY")},
    ),
    sentence(
        ["Order Cancelled", "Order Shipped", "Order Delivered", "Order Refunded", "Pickup Ready", "Pickup Collected"],
        {"order_id": ORDERS},
        {"total": UNITS},
    ),
    sentence(
        ["Return Requested", "Return Accepted", "Return Refunded"],
        {"order_id": ORDERS},
        {"products": lines(), "store_id": PLACES, "return_id": st.just("back-1")},
    ),
)
FEEDBACK = sentence(
    ["Review Posted", "Product Reviewed", "Feedback Given", "Feedback Answered", "Feedback Closed"],
    {"review_id": LOOPS},
    {"rating": UNITS, "site": PLACES, "store_id": PLACES},
)
TOLD = st.tuples(
    st.one_of(GOODS, SALES, FEEDBACK),
    INSTANTS,
    st.sampled_from(["a", "b", "é", "Z", "z", "a-2", "10", "9"]),
    st.sampled_from(["user_id:anna", "user_id:bruno"]),
    st.sampled_from(["web", "store"]),
)


@st.composite
def retellings(draw):
    """Facts, and the same ones again in another order, some of them twice, cut into batches."""
    told = draw(st.lists(TOLD, min_size=1, max_size=14, unique_by=lambda one: (one[2], one[3])))
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=4))))
    cuts = sorted(draw(st.lists(st.integers(0, len(again)), max_size=4)))
    edges = [0, *cuts, len(again)]
    return told, [again[start:end] for start, end in zip(edges, edges[1:], strict=False)]


class Undone(Exception):
    """Takes a transaction back."""


def fold(tx, room, facts):
    """As the log does: a fact that the room cannot read is left out, the others are taken."""
    try:
        with tx.savepoint():
            room.take(tx, facts)
    except NotReadable:
        if len(facts) > 1:
            for fact in facts:
                fold(tx, room, [fact])


def rows_after(store, rooms, batches, rows_of):
    """Every row of every room after these batches; the store is left as it was."""
    found = {}
    try:
        with store.transaction() as tx:
            for batch in batches:
                for room in rooms:
                    fold(tx, room, batch)
            for room in rooms:
                found |= rows_of(tx, room)
            assert rooms[1].cells(tx) == rooms[1].recounted(tx)
            raise Undone
    except Undone:
        return found


@given(retelling=retellings())
def test_any_order_any_batches_any_repeats_give_the_same_rows(store, digest, fact_of, rows_of, retelling):
    rooms = [
        Catalogue(digest, "EUR"), Stock(digest), Orders(digest, "EUR"), Prices(digest, "EUR"), Feedback(digest),
    ]  # fmt: skip
    told, batches = retelling
    facts = [
        fact_of(kind, id=message, at=at, about=who, channel=channel, in_store="lyon", **properties)
        for (kind, properties), at, message, who, channel in told
    ]
    expected = rows_after(store, rooms, [[fact] for fact in facts], rows_of)
    assert rows_after(store, rooms, [[facts[number] for number in batch] for batch in batches], rows_of) == expected


def test_facts_of_other_rooms_leave_no_row(store, digest, fact_of, rows_of):
    rooms = [
        Catalogue(digest, "EUR"), Stock(digest), Orders(digest, "EUR"), Prices(digest, "EUR"), Feedback(digest),
    ]  # fmt: skip
    found = rows_after(store, rooms, [[fact_of("Page Viewed", id="m-1", at=1)]], rows_of)
    assert set(found.values().__iter__().__next__()) == set()
    assert all(rows == [] for rows in found.values())
