"""What a fact is to a journey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.kernel.events import Context, Fact, Identifier
from noline.kernel.lenient import LARGEST
from noline.kernel.touchpoints import Touchpoint, touchpoint
from noline.kernel.words import WORDS, word_for
from noline.stores.analytical import TABLES, as_table

KNOWN = (Identifier("email", "catherine@example.com"),)


def fact(kind: str, properties: dict | None = None, *, known: bool = True, **context: str) -> Fact:
    return Fact(
        seq=7,
        kind=kind,
        word=word_for(kind),
        route_key=-5,
        subject=b"\xff" * 16,
        message_id="m-1",
        occurred_at=1_000,
        received_at=2_000,
        source="shop",
        channel="web",
        identifiers=KNOWN if known else (),
        properties=properties or {},
        traits={},
        context=Context(**context),
        trusted=True,
    )


def told(kind: str, properties: dict, default_currency: str = "EUR") -> Touchpoint:
    found = touchpoint(fact(kind, properties), default_currency)
    assert found is not None
    return found


def test_a_touchpoint_carries_the_columns_of_its_table_in_their_order():
    assert Touchpoint._fields == tuple(TABLES["touchpoints"].columns)


def test_a_product_seen_in_the_shop():
    properties = {"sku": "ristretto", "price": 4.5, "currency": "USD", "cart_id": "c-1"}
    assert touchpoint(fact("Product Viewed", properties, country="FR", store_id="paris-1")) == Touchpoint(
        seq=7, subject=-5, occurred_at=1_000, channel="web", action="Product Viewed", stage="consider", source="shop",
        store_id="paris-1", sku="ristretto", object_id="c-1", value_minor=450, currency="USD", handoff_to=None,
        handoff_object=None, handoff_until=None, handoff_group=None, country="FR", units=None, exposure=False,
        topic=None, rating_hundredths=None, minutes=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["identify", "group", "alias", "Consent Changed", "Stock Counted", "Price Set", "Location Opened"]
)
def test_what_is_no_step_of_a_person_is_no_touchpoint(kind):
    assert touchpoint(fact(kind, {"sku": "a"})) is None


def test_an_unknown_word_is_a_touchpoint():
    assert told("Coffee Smelled", {}).stage == "consider"


def test_a_till_where_nobody_is_known_has_no_subject():
    found = touchpoint(fact("Order Completed", {"total": 3}, known=False))
    assert (found.subject, found.value_minor) == (None, 300)


@pytest.mark.parametrize(
    ("properties", "value_minor", "currency"),
    [
        ({"value_minor": 1999, "total": 5}, 1999, "EUR"),
        ({"total": "12.50", "revenue": 11, "value": 10}, 1250, "EUR"),
        ({"revenue": 11, "value": 10}, 1100, "EUR"),
        ({"value": 10, "price": 3}, 1000, "EUR"),
        ({"price": "1.20", "quantity": 3}, 360, "EUR"),
        ({"price_minor": 120, "quantity": "3"}, 360, "EUR"),
        ({"price": 500, "currency": "JPY"}, 500, "JPY"),
        ({"products": [{"price": 1.5, "quantity": 2}, {"price_minor": 50}]}, 350, "EUR"),
        ({"products": [{"price": 1.5}, {"name": "no price"}]}, None, None),
        ({"total": "a lot"}, None, None),
        ({"total": float("nan")}, None, None),
        ({"total": "1e999999999"}, None, None),
        ({"total": True}, None, None),
        ({"value_minor": LARGEST}, None, None),
        ({"value_minor": 10**400}, None, None),
        ({"price": 10**14, "quantity": 10**6}, None, None),
        ({"products": "none"}, None, None),
        ({}, None, None),
    ],
)
def test_the_value_is_the_total_else_price_times_quantity_else_the_sum_of_products(properties, value_minor, currency):
    found = told("Cart Viewed", properties)
    assert (found.value_minor, found.currency) == (value_minor, currency)


def test_an_amount_without_a_currency_is_in_that_of_the_hub():
    assert told("Cart Viewed", {"total": 500}, "JPY")[10:12] == (500, "JPY")
    assert told("Cart Viewed", {"total": 500, "currency": 7}, "JPY").currency == "JPY"


@pytest.mark.parametrize(
    ("properties", "sku", "units"),
    [
        ({"sku": "a", "product_id": "b", "quantity": 2}, "a", 2),
        ({"product_id": 12, "quantity": 2.0}, "12", 2),
        ({"products": [{"sku": "a", "price": 1}, {"sku": "b", "price": "7.5", "quantity": 3}]}, "b", 4),
        ({"products": [{"product_id": "a", "price": "?"}, {"sku": "b", "price": float("nan")}]}, "a", 2),
        ({"products": [], "quantity": 1.5}, None, None),
        ({"sku": {"a": 1}}, None, None),
        ({"sku": 10**5000}, None, None),
    ],
)
def test_the_goods_are_named_or_the_dearest_of_the_basket(properties, sku, units):
    found = told("Cart Viewed", properties)
    assert (found.sku, found.units) == (sku, units)


def test_the_object_is_the_strongest_that_is_named():
    names = {"cart_id": "cart", "order_id": "order", "handoff_object": None}
    assert told("Cart Viewed", names).object_id == "order"
    assert told("Cart Viewed", {**names, "handoff_object": "coupon"}).object_id == "coupon"


def test_a_word_hands_over_by_itself_and_a_message_may_name_another_receiver():
    assert told("Product Reserved", {}).handoff_to == "store"
    assert told("Product Reserved", {"handoff_to": "call"}).handoff_to == "call"
    found = told(
        "Mailing Sent",
        {
            "handoff_to": "store",
            "handoff_object": 5,
            "handoff_until": "1970-01-01T00:00:01Z",
            "handoff_group": "A",
        },
    )
    assert found[12:16] == ("store", "5", 1_000_000, "A")
    assert found.exposure is True
    assert told("Page Viewed", {"handoff_until": "1970-01-01"}).handoff_until is None
    assert told("Product Reserved", {"handoff_until": "soon"}).handoff_until is None


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["1e999999", "-0", 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    "value_minor total_minor total revenue value price price_minor quantity currency products sku product_id store_id "
    "order_id handoff_object handoff_to handoff_until handoff_group".split()
)
PROPERTIES = st.dictionaries(NAMES, ODD | st.lists(st.dictionaries(NAMES, ODD, max_size=4), max_size=3), max_size=8)


@given(kind=st.sampled_from(sorted(WORDS)), properties=PROPERTIES)
def test_no_property_is_too_odd(kind, properties):
    found = touchpoint(fact(kind, properties))
    if found is not None:
        assert as_table("touchpoints", [found]).num_rows == 1


def test_a_topic_is_one_of_few_words_and_never_somebodys_own_text():
    assert touchpoint(fact("Case Opened", {"topic": "delivery"})).topic == "delivery"
    assert touchpoint(fact("Return Refused", {"reason": "no receipt"})).topic == "no receipt"
    assert touchpoint(fact("Case Opened", {"topic": "write to ann@example.com"})).topic is None
    assert touchpoint(fact("Case Opened", {"topic": "my machine leaks since the day before yesterday"})).topic is None


@pytest.mark.parametrize(("told", "hundredths"), [(4, 400), ("4.5", 450), (0, 0), (7, None), ("good", None)])
def test_a_rating_is_kept_in_hundredths_of_a_star(told, hundredths):
    assert touchpoint(fact("Review Posted", {"rating": told})).rating_hundredths == hundredths
