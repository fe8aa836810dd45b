"""Shopify's webhooks come in as messages of the tracking contract, whatever the bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.channels.segment import comparable
from noline.channels.shopify import (
    TOPICS,
    Delivery,
    Shop,
    ShopifySignatureWrong,
    read_webhook,
    shops_of,
    signature_of,
    verify,
    without_secrets,
)
from noline.kernel.errors import SettingWrong
from noline.kernel.events import REFUSAL_CODES, Refusal

SHOP = shops_of(
    {
        "eu": {
            "secret": "shpss_1",
            "currency": "EUR",
            "items": {"808950810": "ristretto-50", "39072856": "lungo-50"},
            "locations": {"655441491": "paris-1", "24826418": "lyon-2"},
        }
    }
)["eu"]

ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "name": "#1001",
    "email": "jon@example.com",
    "phone": "+33 1 42 68 53 00",
    "created_at": "2026-03-02T11:00:00-05:00",
    "processed_at": "2026-03-02T10:59:00-05:00",
    "currency": "EUR",
    "total_price": "31.00",
    "source_name": "web",
    "fulfillment_status": None,
    "location_id": None,
    "discount_codes": [{"code": "SPRING", "amount": "2.00", "type": "fixed_amount"}],
    "customer": {"id": 115310627314723954, "email": "john@example.com", "first_name": "Jon", "last_name": "Snow"},
    "shipping_address": {"country_code": "FR", "city": "Paris"},
    "line_items": [
        {
            "id": 1, "variant_id": 39072856, "sku": "espresso-50", "quantity": 3, "price": "10.00",
            "discount_allocations": [{"amount": "2.00"}],
        },
        {"id": 2, "variant_id": 39072856, "sku": "", "quantity": 1, "price": "3.00", "discount_allocations": []},
        {"id": 3, "variant_id": None, "product_id": None, "sku": None, "title": "Tip", "quantity": 1, "price": "0.00"},
    ],
}  # fmt: skip


def read(topic: str, payload: Any, *, event: str = "ev-1", at: str = "", shop: Shop = SHOP) -> list[dict[str, Any]]:
    """The messages of a webhook that can be read."""
    envelope = read_webhook(json.dumps(payload).encode(), Delivery(topic, event, at), shop)
    assert [item for item in envelope.items if isinstance(item, Refusal)] == []
    return [json.loads(raw) for raw in envelope.raws]


def refusal(topic: str, body: bytes) -> Refusal:
    (item,) = read_webhook(body, Delivery(topic, "ev-1"), SHOP).items
    assert isinstance(item, Refusal)
    return item


# Stock


def test_a_level_of_stock_is_an_absolute_count_of_our_item_at_our_location():
    (message,) = read(
        "inventory_levels/update",
        {
            "inventory_item_id": 808950810, "location_id": 655441491, "available": 7,
            "updated_at": "2026-03-02T10:00:00-05:00",
        },
    )  # fmt: skip
    assert message == {
        "type": "track",
        "event": "Stock Counted",
        "messageId": "shopify:inventory_levels/update:ev-1:808950810:655441491:2026-03-02T10:00:00-05:00",
        "timestamp": "2026-03-02T10:00:00-05:00",
        "properties": {"sku": "ristretto-50", "location": "paris-1", "quantity": 7, "available": 7},
    }


def test_numbers_that_nobody_mapped_stand_for_themselves():
    payload = {"inventory_item_id": 1, "location_id": 2, "available": 0}
    (message,) = read("inventory_levels/update", payload, at="2026-03-02T10:00:00Z")
    assert message["properties"] == {"sku": "1", "location": "2", "quantity": 0, "available": 0}
    assert message["timestamp"] == "2026-03-02T10:00:00Z"


def test_more_promised_than_there_is_means_that_nothing_is_left():
    (message,) = read("inventory_levels/update", {"inventory_item_id": 1, "location_id": 2, "available": -3})
    assert (message["properties"]["quantity"], message["properties"]["available"]) == (0, -3)


@pytest.mark.parametrize("available", [None, "7", 7.5, True, 10**10])
def test_a_level_that_is_no_number_of_units_is_refused(available):
    body = json.dumps({"inventory_item_id": 1, "location_id": 2, "available": available}).encode()
    refused = refusal("inventory_levels/update", body)
    assert (refused.code, refused.pointer, refused.raw) == ("schema_violation", "/available", body)


# Orders


def test_an_order_is_placed_with_its_lines_its_buyer_and_its_total():
    (message,) = read("orders/create", ORDER)
    assert message["event"] == "Order Placed"
    assert message["messageId"] == "shopify:orders/create:ev-1:820982911946154508"
    assert message["timestamp"] == "2026-03-02T10:59:00-05:00"
    assert message["properties"] == {
        "order_id": "820982911946154508",
        "order_name": "#1001",
        "currency": "EUR",
        "total": "31.00",
        "coupon_id": "SPRING",
        "products": [
            {"sku": "espresso-50", "quantity": 3, "price": "10.00", "total": "28.00"},
            {"sku": "lungo-50", "quantity": 1, "price": "3.00"},
            {"sku": "Tip", "quantity": 1, "price": "0.00"},
        ],
    }
    assert message["context"] == {
        "externalIds": [{"type": "shopify_customer_id", "id": "115310627314723954"}],
        "traits": {
            "email": "jon@example.com", "phone": "+33 1 42 68 53 00", "firstName": "Jon", "lastName": "Snow",
        },
        "country": "FR",
    }  # fmt: skip


def test_an_order_that_a_till_handed_over_is_complete_and_leaves_the_shelf_of_its_store():
    sold = {**ORDER, "source_name": "pos", "fulfillment_status": "fulfilled", "location_id": 655441491}
    (message,) = read("orders/create", sold)
    assert message["event"] == "Order Completed"
    assert message["properties"]["fulfilment_location"] == "paris-1"
    assert (message["context"]["channel"], message["context"]["store_id"]) == ("store", "paris-1")


def test_an_order_without_a_buyer_names_nobody():
    (message,) = read("orders/create", {"id": 5, "line_items": [], "customer": None})
    assert "context" not in message
    assert message["properties"] == {"order_id": "5", "currency": "EUR", "products": []}


def test_amounts_that_come_as_numbers_keep_the_digits_that_were_sent():
    (message,) = read("orders/create", {"id": 5, "total_price": 12.1, "line_items": [{"sku": "a", "price": 12.1}]})
    assert message["properties"]["total"] == "12.1"
    assert message["properties"]["products"] == [{"sku": "a", "price": "12.1"}]


def test_an_order_is_called_off_with_its_reason():
    (message,) = read(
        "orders/cancelled", {**ORDER, "cancelled_at": "2026-03-02T12:00:00Z", "cancel_reason": "customer"}
    )
    assert (message["event"], message["timestamp"]) == ("Order Cancelled", "2026-03-02T12:00:00Z")
    assert message["properties"] == {"order_id": "820982911946154508", "reason": "customer"}
    assert message["context"]["traits"]["email"] == "jon@example.com"


def test_each_parcel_of_an_order_is_shipped_from_its_location():
    parcels = [
        {
            "id": 11, "status": "success", "location_id": 24826418, "created_at": "2026-03-03T08:00:00Z",
            "tracking_company": "La Poste", "tracking_number": "6A1", "line_items": [{"sku": "a", "quantity": 2}],
        },
        {"id": 12, "status": "cancelled", "location_id": 1, "line_items": [{"sku": "a", "quantity": 2}]},
        {"id": 13, "status": "success", "location_id": 9, "line_items": [{"sku": "b", "quantity": 1}]},
    ]  # fmt: skip
    first, second = read("orders/fulfilled", {"id": 5, "fulfillments": parcels})
    assert first["properties"] == {
        "order_id": "5", "shipment_id": "11", "location": "lyon-2", "carrier": "La Poste", "tracking_number": "6A1",
        "products": [{"sku": "a", "quantity": 2}],
    }  # fmt: skip
    assert (first["event"], first["timestamp"]) == ("Order Shipped", "2026-03-03T08:00:00Z")
    assert (second["properties"]["shipment_id"], second["properties"]["location"]) == ("13", "9")
    assert first["messageId"] != second["messageId"]


def test_an_order_that_names_no_parcel_is_shipped_as_one():
    (message,) = read("orders/fulfilled", {"id": 5, "line_items": [{"sku": "a", "quantity": 2}]})
    assert message["properties"] == {"order_id": "5", "products": [{"sku": "a", "quantity": 2}]}


# Refunds


def _refund(**changes: Any) -> dict[str, Any]:
    line = {"sku": "a", "quantity": 3}
    return {
        "id": 77, "order_id": 5, "created_at": "2026-03-05T09:00:00Z", "note": "too strong",
        "refund_line_items": [
            {"quantity": 2, "restock_type": "return", "location_id": 655441491, "line_item": line},
            {"quantity": 1, "restock_type": "no_restock", "location_id": None, "line_item": {"sku": "b"}},
            {"quantity": 1, "restock_type": "cancel", "location_id": 655441491, "line_item": {"sku": "c"}},
        ],
        "transactions": [
            {"kind": "refund", "status": "success", "amount": "20.00", "currency": "EUR"},
            {"kind": "refund", "status": "success", "amount": "1.50", "currency": "EUR"},
            {"kind": "refund", "status": "failure", "amount": "99.00", "currency": "EUR"},
        ],
        **changes,
    }  # fmt: skip


def test_a_refund_is_what_came_back_to_a_shelf_and_the_money():
    back, money = read("refunds/create", _refund())
    assert (back["event"], back["properties"]) == (
        "Return Accepted",
        {"order_id": "5", "return_id": "77", "location": "paris-1", "products": [{"sku": "a", "quantity": 2}]},
    )
    assert (money["event"], money["properties"]) == (
        "Order Refunded",
        {"order_id": "5", "refund_id": "77", "total": "21.50", "currency": "EUR", "reason": "too strong"},
    )


def test_goods_that_come_back_to_two_places_are_two_returns():
    lines = [
        {"quantity": 1, "restock_type": "return", "location_id": place, "line_item": {"sku": "a"}}
        for place in (655441491, 24826418)
    ]
    first, second = read("refunds/create", _refund(refund_line_items=lines, transactions=[]))
    assert [one["properties"]["return_id"] for one in (first, second)] == ["77@paris-1", "77@lyon-2"]
    assert first["messageId"] != second["messageId"]


def test_a_refund_of_money_alone_moves_no_goods():
    (message,) = read("refunds/create", _refund(refund_line_items=[]))
    assert message["event"] == "Order Refunded"


def test_a_refund_with_an_amount_that_is_no_number_is_refused_whole():
    wrong = [{"kind": "refund", "status": "success", "amount": "a lot"}]
    refused = refusal("refunds/create", json.dumps(_refund(transactions=wrong)).encode())
    assert (refused.code, refused.pointer) == ("schema_violation", "/transactions")


# Products


def test_each_variant_is_an_item():
    payload = {
        "id": 632910392, "title": "Ristretto", "vendor": "Maison", "product_type": "Coffee", "status": "active",
        "updated_at": "2026-03-01T08:00:00Z",
        "variants": [
            {"id": 1, "title": "Default Title", "sku": "x", "inventory_item_id": 808950810, "price": "9.90",
             "barcode": "4006381333931"},
            {"id": 2, "title": "100 g", "sku": "ristretto-100", "price": "17.90", "barcode": "4006381333932"},
        ],
    }  # fmt: skip
    first, second = read("products/update", payload)
    assert (first["event"], first["timestamp"]) == ("Product Described", "2026-03-01T08:00:00Z")
    assert first["properties"] == {
        "sku": "ristretto-50", "name": "Ristretto", "brand": "Maison", "category": "Coffee", "price": "9.90",
        "currency": "EUR", "gtin": "4006381333931",
        "attributes": {"shopify_product_id": "632910392", "shopify_variant_id": "1", "status": "active"},
    }  # fmt: skip
    assert (second["properties"]["sku"], second["properties"]["name"]) == ("ristretto-100", "Ristretto 100 g")
    assert "gtin" not in second["properties"]
    assert second["properties"]["attributes"]["barcode"] == "4006381333932"


# Repetitions


def test_the_same_event_sent_again_is_the_same_message_and_another_event_is_another():
    again = [read("orders/create", ORDER, event="ev-1"), read("orders/create", ORDER, event="ev-1")]
    assert again[0] == again[1]
    assert read("orders/create", ORDER, event="ev-2")[0]["messageId"] != again[0][0]["messageId"]


def test_without_an_event_id_the_bytes_name_the_event():
    (first,), (same,), (other,) = (
        read("orders/cancelled", payload, event="") for payload in ({"id": 5}, {"id": 5}, {"id": 5, "note": "x"})
    )
    assert first["messageId"] == same["messageId"] != other["messageId"]
    assert len(read("orders/cancelled", {"id": "9" * 900}, event="e" * 900)[0]["messageId"]) < 256


# Signatures


def test_a_signature_is_what_shopify_computes():
    """Computed once with OpenSSL: printf '{"id":1}' | openssl dgst -sha256 -hmac hush -binary | base64."""
    assert signature_of(b'{"id":1}', "hush") == "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="


@pytest.mark.parametrize(
    ("body", "signature", "domain"),
    [
        (b'{"id":2}', "right", "eu.myshopify.com"),
        (b'{"id":1}', "", "eu.myshopify.com"),
        (b'{"id":1}', "é", "eu.myshopify.com"),
        (b'{"id":1}', "right", "other.myshopify.com"),
        (b'{"id":1}', "right", ""),
    ],
)
def test_other_bytes_another_signature_or_another_shop_do_not_pass(body, signature, domain):
    shop = Shop("hush", domain="eu.myshopify.com")
    right = signature_of(b'{"id":1}', "hush")
    verify(b'{"id":1}', right, "EU.myshopify.com", "eu", shop)
    with pytest.raises(ShopifySignatureWrong) as refused:
        verify(body, right if signature == "right" else signature, domain, "eu", shop)
    assert refused.value.shop == "eu"
    assert "hush" not in str(refused.value)


# What cannot be read


@pytest.mark.parametrize("topic", ["carts/update", "", "Orders/Create", "x" * 10_000])
def test_a_topic_that_nobody_reads_is_refused_with_its_bytes(topic):
    refused = refusal(topic, b'{"id":1}')
    assert (refused.code, refused.pointer, refused.raw) == ("unknown_schema", "", b'{"id":1}')
    assert refused.message == f"{topic[:100]!r} is no topic that is read"


@pytest.mark.parametrize(
    ("topic", "body", "code", "pointer"),
    [
        ("orders/create", b"{", "malformed_json", ""),
        ("orders/create", b"[]", "schema_violation", ""),
        ("orders/create", b"{}", "schema_violation", "/id"),
        ("refunds/create", b'{"id":1}', "schema_violation", "/order_id"),
        ("inventory_levels/update", b'{"inventory_item_id":1}', "schema_violation", "/location_id"),
        ("products/update", b'{"id":1,"variants":[]}', "schema_violation", "/variants"),
        ("orders/create", b'{"id":1,"note":"\xff"}', "bad_encoding", ""),
        ("orders/create", b'{"id":1,"note":"\\u0000"}', "nul_char", "/note"),
        ("orders/create", b"[" * 100_000, "too_deep", ""),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_is_wrong(topic, body, code, pointer):
    refused = refusal(topic, body)
    assert (refused.code, refused.pointer, refused.raw) == (code, pointer, body)


@pytest.mark.parametrize("zeros", [18, 300, 400])
def test_a_number_that_no_store_holds_is_refused_however_long_it_is(zeros):
    refused = refusal("orders/create", b'{"id":1,"x":91' + b"0" * zeros + b"}")
    assert refused.code == "number_range"


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["10.00", "return"])
_NAMES = st.sampled_from(
    "id order_id inventory_item_id location_id available line_items variants refund_line_items transactions amount "
    "kind status quantity price sku customer email fulfillments discount_allocations restock_type line_item barcode "
    "title updated_at source_name fulfillment_status total_price".split()
)
_JSON = st.recursive(_SCALARS, lambda of: st.lists(of, max_size=3) | st.dictionaries(_NAMES, of, max_size=6))
_BODIES = st.binary() | _JSON.map(lambda value: json.dumps(value).encode())


@given(topic=st.sampled_from(sorted(TOPICS)), body=_BODIES, event=st.text(max_size=300))
def test_whatever_the_bytes_there_are_messages_or_a_refusal(topic, body, event):
    envelope = read_webhook(body, Delivery(topic, event), SHOP)
    assert len(envelope.items) == len(envelope.raws) > 0
    for item, raw in zip(envelope.items, envelope.raws, strict=True):
        if isinstance(item, Refusal):
            assert item.code in REFUSAL_CODES
        else:
            assert item.event
            assert len(str(item.messageId)) <= 256
            assert comparable(raw)["event"] == item.event


# Settings


def test_a_shop_is_known_by_its_table_and_its_numbers_go_both_ways():
    assert (SHOP.secret, SHOP.channel, SHOP.currency, SHOP.domain) == ("shpss_1", "web", "EUR", "")
    assert "shpss_1" not in repr(SHOP)
    assert SHOP.item_ids == {"ristretto-50": "808950810", "lungo-50": "39072856"}
    assert SHOP.location_ids == {"paris-1": "655441491", "lyon-2": "24826418"}


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"eu": "secret"}, "shopify"),
        ({"noline": {"secret": "s"}}, "shopify"),
        ({"eu": {}}, "shopify.eu.secret"),
        ({"eu": {"secret": 1}}, "shopify.eu.secret"),
        ({"eu": {"secret": "s", "secrets": "t"}}, "shopify.eu"),
        ({"eu": {"secret": "s", "items": ["a"]}}, "shopify.eu.items"),
        ({"eu": {"secret": "s", "locations": {"1": 2}}}, "shopify.eu.locations"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(told, key):
    with pytest.raises(SettingWrong) as refused:
        shops_of(told)
    assert refused.value.key == key


def test_settings_are_shown_without_their_secrets():
    assert without_secrets({"eu": {"secret": "s", "channel": "web"}}) == {"eu": {"secret": "...", "channel": "web"}}
