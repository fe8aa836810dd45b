"""A shop of Shopify's sends its webhooks: signed ones are kept once, others leave no trace."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.channels.shopify import signature_of
from noline.doors.http.api import api
from noline.doors.http.intake import IMPORT_LIMIT_BYTES
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.errors import SettingWrong

SECRET = "shpss_a"
TABLE = f"""
[shopify.eu]
secret = "{SECRET}"
domain = "eu.myshopify.com"
channel = "web"
currency = "EUR"

[shopify.eu.items]
808950810 = "ristretto-50"

[shopify.eu.locations]
655441491 = "paris-1"
"""
LEVEL = {
    "inventory_item_id": 808950810, "location_id": 655441491, "available": 7, "updated_at": "2026-03-02T10:00:00Z",
}  # fmt: skip


class Sending:
    """A shop that sends webhooks to a hub in this process."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub = hub
        self.client = client

    def send(
        self, topic: str, body: Any, *, event: str = "ev-1", secret: str = SECRET, to: str = "eu", **headers: str
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {
            "content-type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature_of(raw, secret),
            "X-Shopify-Event-Id": event,
            "X-Shopify-Webhook-Id": "wh-1",
            "X-Shopify-Shop-Domain": "eu.myshopify.com",
            "X-Shopify-Triggered-At": "2026-03-02T10:00:01Z",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.client.post(f"/v1/shopify/{to}", content=raw, headers=told)

    def nothing_was_kept(self) -> bool:
        return self.hub.last_seq() == 0 and self.hub.books() == [] and self.hub.dead_letters() == []


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Sending]:
    folder = tmp_path / "shop.noline"
    Hub.init(folder).close()
    with (folder / "noline.toml").open("a") as file:
        file.write(TABLE)
    with Hub.open(folder) as hub:
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Sending(hub, client)
        writer.stop()
        assert [page for page in hub.books() if not page.balanced] == []
        assert hub.verify().ok


def test_a_signed_webhook_is_taken_and_answered_with_its_receipt(shop):
    answer = shop.send("inventory_levels/update", LEVEL)
    assert (answer.status_code, answer.json()) == (
        200, {"success": True, "results": [{"status": "accepted", "seq": 1}]},
    )  # fmt: skip
    assert shop.hub.available("ristretto-50") == [("paris-1", 7)]
    assert [(one.name, one.channel, one.trust) for one in shop.hub.sources()] == [("eu", "web", "server")]


def test_the_same_event_sent_again_is_a_duplicate_and_a_later_one_counts_anew(shop):
    shop.send("inventory_levels/update", LEVEL)
    again = shop.send("inventory_levels/update", LEVEL, X_Shopify_Webhook_Id="wh-2")
    assert again.json()["results"] == [{"status": "duplicate", "seq": 1}]
    later = {**LEVEL, "available": 4, "updated_at": "2026-03-02T11:00:00Z"}
    shop.send("inventory_levels/update", later, event="ev-2")
    assert shop.hub.available("ristretto-50") == [("paris-1", 4)]
    assert shop.hub.last_seq() == 2


def test_an_order_and_its_refund_become_an_order_of_ours_that_a_customer_placed(shop):
    order = {
        "id": 5, "email": "ada@example.com", "currency": "EUR", "total_price": "20.00",
        "created_at": "2026-03-02T10:00:00Z", "line_items": [{"sku": "ristretto-50", "quantity": 2, "price": "10.00"}],
    }  # fmt: skip
    refund = {
        "id": 6, "order_id": 5, "created_at": "2026-03-04T10:00:00Z",
        "refund_line_items": [
            {"quantity": 1, "restock_type": "return", "location_id": 655441491, "line_item": {"sku": "ristretto-50"}}
        ],
        "transactions": [{"kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"}],
    }  # fmt: skip
    shop.send("inventory_levels/update", LEVEL)
    assert shop.send("orders/create", order).json()["results"] == [{"status": "accepted", "seq": 2}]
    results = shop.send("refunds/create", refund).json()["results"]
    assert [one["status"] for one in results] == ["accepted", "accepted"]
    (known,) = shop.hub.find_customers("ada@example.com")
    (found,) = shop.hub.orders_of(known.person)
    assert (found.order_id, str(found.total), found.channel) == ("5", "20.00 EUR", "web")
    assert shop.hub.available("ristretto-50") == [("paris-1", 8)]
    assert shop.hub.dead_letters() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"X_Shopify_Hmac_Sha256": ""},
        {"X_Shopify_Hmac_Sha256": signature_of(b"{}", SECRET)},
        {"X_Shopify_Shop_Domain": "other.myshopify.com"},
    ],
)
def test_a_webhook_that_the_shop_did_not_sign_is_refused_and_leaves_no_trace(shop, wrong):
    answer = shop.send("inventory_levels/update", LEVEL, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (401, "shopify.signature_wrong")
    assert SECRET not in answer.text
    assert shop.nothing_was_kept()
    assert shop.hub.sources() == []


def test_a_shop_that_no_setting_names_is_not_there(shop):
    answer = shop.send("inventory_levels/update", LEVEL, to="us")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert shop.nothing_was_kept()


def test_a_topic_that_nobody_reads_is_parked_with_its_bytes(shop):
    answer = shop.send("carts/update", {"id": "eeafa272"})
    assert answer.json() == {
        "success": True,
        "results": [{"status": "parked", "id": 1, "code": "unknown_schema", "path": ""}],
    }
    (letter,) = shop.hub.dead_letters()
    assert (letter.source, letter.code, letter.raw) == ("eu", "unknown_schema", b'{"id": "eeafa272"}')
    assert shop.hub.last_seq() == 0


def test_a_signed_body_that_is_not_json_is_parked_and_told_to_be_wrong(shop):
    answer = shop.send("orders/create", b"{")
    assert (answer.status_code, answer.json()["code"], answer.json()["success"]) == (400, "intake.unreadable", False)
    assert [letter.raw for letter in shop.hub.dead_letters()] == [b"{"]


def test_a_message_with_an_absurd_time_can_be_mended_and_replayed(shop):
    answer = shop.send("inventory_levels/update", {**LEVEL, "updated_at": "1970-01-01T00:00:00Z"})
    number = answer.json()["results"][0]["id"]
    shop.hub.intake.patch(number, "/timestamp", "2026-03-02T10:00:00Z")
    assert [receipt.status for receipt in shop.hub.intake.replay(number)] == ["accepted"]
    assert shop.hub.available("ristretto-50") == [("paris-1", 7)]


def test_a_body_beyond_the_limit_is_refused(shop):
    answer = shop.send("orders/create", b" " * (IMPORT_LIMIT_BYTES + 1))
    assert answer.status_code == 413
    assert shop.nothing_was_kept()


def test_a_large_product_is_taken_whole(shop):
    variants = [{"id": n, "sku": f"s-{n}", "title": f"{n} g", "body": "x" * 500} for n in range(1, 1201)]
    answer = shop.send("products/update", {"id": 9, "title": "Bag", "variants": variants})
    assert {one["status"] for one in answer.json()["results"]} == {"accepted"}
    assert shop.hub.last_seq() == 1200


def test_a_hub_whose_shop_has_no_secret_does_not_open(tmp_path):
    folder = tmp_path / "shop.noline"
    Hub.init(folder).close()
    with (folder / "noline.toml").open("a") as file:
        file.write('\n[shopify.eu]\nchannel = "web"\n')
    with pytest.raises(SettingWrong) as refused:
        Hub.open(folder)
    assert refused.value.key == "shopify.eu.secret"
