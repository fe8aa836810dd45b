"""Events out in Shopify's shape: what a program that listens to Shopify is told of our stock and our orders."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from fixed_clock import FixedClock
from noline.flows.parcels import event_id
from noline.hub import Hub
from noline.kernel.clock import SECOND
from noline.kernel.errors import NotFound
from noline.truth.stock.promising import Ask, Line
from shop import Day, track

AS_LONG_AS_IT_TAKES = 600.0
TABLE = """
[shopify.erp]
secret = "unused"
domain = "eu.myshopify.com"

[shopify.erp.items]
808950810 = "ristretto-50"

[shopify.erp.locations]
655441491 = "paris-1"
"""


@dataclass
class Receiver:
    """A program that listens to Shopify: keeps what came, answers as told."""

    answers: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, _: str, body: bytes, headers: dict[str, str]) -> int:
        self.came.append((headers, body))
        return self.answers

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Topic and body of each."""
        return [(headers["x-shopify-topic"], json.loads(body)) for headers, body in self.came]

    @property
    def topics(self) -> list[str]:
        return [topic for topic, _ in self.told]

    @property
    def ids(self) -> list[str]:
        return [headers["x-shopify-event-id"] for headers, _ in self.came]


@pytest.fixture
def clock():
    return FixedClock("2026-03-02T12:00:00Z")


@pytest.fixture
def shop(tmp_path, clock):
    """A hub whose clock stands still, with a till, a web shop and a receiver in Shopify's shape."""
    folder = tmp_path / "shop.noline"
    Hub.init(folder, clock=clock).close()
    with (folder / "noline.toml").open("a") as file:
        file.write(TABLE)
    with Hub.open(folder, clock=clock) as hub:
        hub.access.add_source("till", "store")
        hub.access.add_source("web", "web")
        hub.outbox.subscribe("erp", "https://erp.example/in", wire_format="shopify")
        yield hub


def push(hub: Hub, receiver: Receiver) -> int:
    return hub.deliveries.push(receiver, AS_LONG_AS_IT_TAKES)


DAY = Day()


def counted(sku: str, location: str, units: int, number: int) -> dict[str, Any]:
    return track("Stock Counted", id=f"c-{number}", at=DAY.next(), sku=sku, location=location, quantity=units)


# Stock


def test_a_count_is_told_as_the_level_of_the_item_at_that_location(shop):
    shop.accept("till", [counted("ristretto-50", "paris-1", 7, 1), counted("ristretto-50", "lyon-2", 3, 2)])
    receiver = Receiver()
    assert push(shop, receiver) == 2
    level = {"inventory_item_id": 808950810, "updated_at": "2026-03-02T12:00:00.000Z"}
    assert receiver.told == [
        ("inventory_levels/update", {**level, "location_id": 655441491, "available": 7}),
        ("inventory_levels/update", {**level, "location_id": "lyon-2", "available": 3}),
    ]
    assert push(shop, receiver) == 0


def test_a_sale_is_told_as_an_order_and_as_what_is_left_of_each_item_where_it_was_sold(shop):
    shop.accept("till", [counted("a", "paris-1", 7, 1), counted("b", "paris-1", 2, 2), counted("a", "lyon-2", 9, 3)])
    push(shop, Receiver())
    shop.accept(
        "till",
        [
            track(
                "Order Completed", id="o-1", at=DAY.next(), user="anna", order_id="1001", currency="EUR", total=31.5,
                products=[{"sku": "a", "quantity": 3, "price": 10}, {"sku": "b", "quantity": 1, "price_minor": 150}],
                context_store_id="paris-1", context_traits={"email": "anna@example.com", "firstName": "Anna"},
            )
        ],
    )  # fmt: skip
    receiver = Receiver()
    assert push(shop, receiver) == 3
    levels = [body for topic, body in receiver.told if topic == "inventory_levels/update"]
    assert [(one["inventory_item_id"], one["location_id"], one["available"]) for one in levels] == [
        ("a", 655441491, 4),
        ("b", 655441491, 1),
    ]
    topic, order = receiver.told[2]
    assert topic == "orders/create"
    assert (order["id"], order["name"], order["currency"], order["total_price"]) == (1001, "1001", "EUR", "31.50")
    assert (order["fulfillment_status"], order["email"]) == ("fulfilled", "anna@example.com")
    assert order["customer"] == {
        "id": "anna", "email": "anna@example.com", "phone": None, "first_name": "Anna", "last_name": None,
    }  # fmt: skip
    assert [(one["sku"], one["quantity"], one["price"]) for one in order["line_items"]] == [
        ("a", 3, "10.00"),
        ("b", 1, "1.50"),
    ]


def test_a_transfer_is_told_at_both_ends_and_a_record_is_taken_with_all_it_tells(shop):
    shop.accept("till", [counted("a", "paris-1", 7, 1), counted("a", "lyon-2", 1, 2), counted("a", "nice-3", 1, 3)])
    push(shop, Receiver())
    shop.accept(
        "till",
        [
            track(
                "Stock Moved", id="t-1", at=DAY.next(), sku="a", quantity=2,
                from_location="paris-1", to_location="lyon-2",
            )
        ],
    )  # fmt: skip
    receiver = Receiver()
    refusing = lambda url, body, headers: 500 if b'"available":5' in body else receiver(url, body, headers)  # noqa: E731
    push(shop, refusing)
    assert shop.outbox.subscription("erp").delivered_seq == 3
    shop.clock.go_on(SECOND)
    push(shop, receiver)
    assert shop.outbox.subscription("erp").delivered_seq == 4
    assert [(body["location_id"], body["available"]) for _, body in receiver.told] == [
        ("lyon-2", 3), ("lyon-2", 3), (655441491, 5),
    ]  # fmt: skip
    assert receiver.ids[0] == receiver.ids[1] != receiver.ids[2]


def test_what_a_cart_holds_can_no_longer_be_sold_and_what_it_lets_go_can(shop):
    shop.accept("till", [counted("a", "paris-1", 7, 1), counted("a", "lyon-2", 3, 2)])
    push(shop, Receiver())
    receiver = Receiver()
    hold = shop.promising.hold(Ask((Line("a", 2, "paris-1"),)), by="web")
    push(shop, receiver)
    shop.promising.release(hold.id, by="web")
    push(shop, receiver)
    assert [(body["location_id"], body["available"]) for _, body in receiver.told] == [(655441491, 5), (655441491, 7)]
    assert receiver.ids[0] != receiver.ids[1]


def test_an_item_that_was_never_anywhere_has_no_level_to_tell(shop):
    shop.accept("till", [track("Price Set", id="p-1", at=DAY.next(), sku="a", price=1, currency="EUR")])
    receiver = Receiver()
    assert push(shop, receiver) == 0
    assert shop.outbox.subscription("erp").delivered_seq == 1


# Orders


def _order(event: str, number: int, **said: Any) -> dict[str, Any]:
    return track(event, id=f"o-{number}", at=DAY.next(), user="anna", order_id="o-1", **said)


def test_an_order_is_created_once_whoever_tells_of_it_and_goes_its_way(shop):
    line = [{"sku": "a", "quantity": 2}]
    shop.accept(
        "web",
        [
            _order("Order Placed", 1, products=line, order_name="#7"),
            _order("Order Completed", 2, products=line),
            _order("Order Shipped", 3, location="paris-1", carrier="La Poste", tracking_number="6A1", products=line),
            _order("Order Shipped", 4, shipment_id="s-2"),
            _order("Order Cancelled", 5, reason="customer"),
            _order("Order Delivered", 6),
        ],
    )
    receiver = Receiver()
    assert push(shop, receiver) == 5
    created, again, sent, sent_too, cancelled = receiver.ids
    assert created == again
    assert len({created, sent, sent_too, cancelled}) == 4
    assert receiver.topics == [
        "orders/create", "orders/create", "orders/fulfilled", "orders/fulfilled", "orders/cancelled",
    ]  # fmt: skip
    bodies = [body for _, body in receiver.told]
    assert (bodies[0]["id"], bodies[0]["name"], bodies[0]["fulfillment_status"]) == ("o-1", "#7", None)
    (parcel,) = bodies[2]["fulfillments"]
    assert (parcel["location_id"], parcel["tracking_company"], parcel["tracking_number"]) == (
        655441491, "La Poste", "6A1",
    )  # fmt: skip
    assert [(one["sku"], one["quantity"]) for one in parcel["line_items"]] == [("a", 2)]
    assert (bodies[4]["cancel_reason"], bodies[4]["cancelled_at"][:10]) == ("customer", "2026-03-02")


def test_an_export_names_who_was_told_of_a_person_in_this_shape(shop):
    shop.outbox.subscribe("stock", "https://stock.example", ("inventory_levels/update",), wire_format="shopify")
    shop.outbox.subscribe("some", "https://some.example", ("orders/cancelled",), wire_format="shopify")
    shop.accept("web", [_order("Order Placed", 1), _order("Order Cancelled", 2), _order("Order Delivered", 3)])
    push(shop, Receiver())
    (anna,) = shop.find_customers("anna")
    assert shop.export_person(anna.person)["recipients"] == [
        {"receiver": "erp", "events": 2},
        {"receiver": "some", "events": 1},
    ]


def test_of_an_erased_buyer_nothing_is_told_and_the_cursor_goes_on(shop):
    shop.accept("web", [_order("Order Placed", 1, total=5)])
    with shop.store.transaction() as tx:
        assert tx.run("DELETE FROM subject_keys") == 1
    shop.vault.forget_caches()
    receiver = Receiver()
    assert push(shop, receiver) == 0
    assert shop.outbox.subscription("erp").delivered_seq == 1


@pytest.mark.parametrize(
    ("kinds", "topics"),
    [
        (("orders/cancelled",), ["orders/cancelled"]),
        (("Order Placed",), ["orders/create"]),
        (("inventory_levels/update", "Order Cancelled"), ["inventory_levels/update", "orders/cancelled"]),
    ],
)
def test_a_receiver_chooses_by_our_words_or_by_topics(shop, kinds, topics):
    shop.outbox.subscribe("some", "https://some.example", kinds, wire_format="shopify")
    shop.outbox.pause("erp")
    shop.accept("till", [counted("a", "paris-1", 7, 1), _order("Order Placed", 1), _order("Order Cancelled", 2)])
    receiver = Receiver()
    push(shop, receiver)
    assert receiver.topics == topics
    assert shop.outbox.subscription("some").delivered_seq == 3


@pytest.mark.parametrize(
    "said",
    [
        {"products": "none"},
        {"products": [1, {"sku": ["a"]}, {"sku": "a", "quantity": "many", "price": "dear"}]},
        {"total": "much", "currency": "EUR"},
        {"total_minor": 1.5, "currency": "EUR"},
        {"currency": 7, "store_id": {"a": 1}},
    ],
)
def test_what_a_source_says_wrongly_is_left_out_and_holds_up_nothing(shop, said):
    shop.accept("web", [_order("Order Placed", 1, **said)])
    receiver = Receiver()
    assert push(shop, receiver) == 1
    ((_, order),) = receiver.told
    assert order["total_price"] is None
    assert [(one["sku"], one["quantity"], one["price"]) for one in order["line_items"]] in ([], [("a", None, None)])


# How it is sent


def test_a_delivery_is_signed_as_shopify_signs_and_as_every_other_one_of_ours(tmp_path):
    with Hub.init(tmp_path / "shop.noline") as hub:
        hub.access.add_source("till", "store")
        secret = hub.outbox.subscribe("erp", "https://erp.example", wire_format="shopify").secret
        hub.accept("till", [counted("a", "paris-1", 7, 1)])
        receiver = Receiver()
        push(hub, receiver)
    ((headers, body),) = receiver.came
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["x-shopify-hmac-sha256"] == expected
    assert headers["content-type"] == "application/json"
    assert headers["x-shopify-webhook-id"] == headers["x-shopify-event-id"] == headers["webhook-id"]
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_an_event_bears_the_same_id_in_a_retry_and_in_a_replay(shop, clock):
    shop.accept("till", [counted("a", "paris-1", 7, 1)])
    receiver = Receiver(503)
    push(shop, receiver)
    clock.go_on(10 * SECOND)
    receiver.answers = 200
    push(shop, receiver)
    shop.outbox.resume("erp", after=0)
    push(shop, receiver)
    assert len(receiver.came) == 3
    assert len(set(receiver.ids)) == 1
    assert UUID(receiver.ids[0])
    assert receiver.came[0][0]["x-shopify-shop-domain"] == "eu.myshopify.com"


def test_two_receivers_do_not_share_ids():
    assert event_id("whsec_a", "1") == event_id("whsec_a", "1") != event_id("whsec_b", "1")
    assert event_id("whsec_a", "1") != event_id("whsec_a", "2")


def test_a_format_that_nobody_speaks_is_refused_and_nobody_is_added(hub):
    with pytest.raises(NotFound):
        hub.outbox.subscribe("erp", "https://erp.example", wire_format="soap")
    assert hub.outbox.subscriptions() == []


def test_a_format_is_kept_on_every_store_and_cloud_events_are_the_usual_one(hub):
    hub.outbox.subscribe("a", "https://a.example", wire_format="shopify")
    hub.outbox.subscribe("b", "https://b.example")
    assert [one.format for one in hub.outbox.subscriptions()] == ["shopify", "cloudevents"]
    hub.access.add_source("till", "store")
    hub.accept("till", [counted("a", "paris-1", 7, 1)])
    receiver = Receiver()
    hub.outbox.pause("b")
    assert push(hub, receiver) == 1
    assert receiver.topics == ["inventory_levels/update"]
