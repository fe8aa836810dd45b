"""Carts over HTTP: opened by a counter, shown by code, changed by whoever saw the present version."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import Day, identify

PHONE = "+33612345678"


class Counter:
    """A hub that knows Anna, and a counter that asks it."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        hub.access.add_source("crm", "crm")
        hub.accept("crm", [identify(id="c-1", at=Day().next(), user="anna", phone=PHONE)])
        self.key = hub.access.add_key(Role.ASSOCIATE)[1]

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, key: str | None = None) -> Any:
        sent = {"authorization": f"Bearer {self.key}", **({"idempotency-key": key} if key else {})}
        answer = self.client.request(method, f"/v1/carts{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def counter(hub: Hub) -> Iterator[Counter]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Counter(hub, client)
    writer.stop()


def test_a_cart_is_opened_shown_by_its_code_and_changed(counter):
    lines = [{"sku": "a", "units": 2, "price_minor": 450, "note": "gift"}, {"sku": "b"}]
    opened = counter.ask("POST", "", {"channel": "store", "store_id": "paris-1", "lines": lines, "currency": "CHF"})
    assert opened["lines"] == [
        {"sku": "a", "units": 2, "price_minor": 450, "currency": "CHF", "note": "gift"},
        {"sku": "b", "units": 1, "price_minor": None, "currency": None, "note": None},
    ]
    assert (opened["version"], opened["state"], opened["person"]) == (1, "open", None)
    assert opened["link"] == f"/v1/carts/{opened['code']}"
    assert counter.ask("GET", f"/{opened['code']}") == opened
    changed = counter.ask("PATCH", f"/{opened['cart']}", {
        "set": [{"sku": "b", "units": 0}], "channel": "call", "customer": {"phone": PHONE}, "version": 1,
        "by": "Denis",
    })  # fmt: skip
    assert [line["sku"] for line in changed["lines"]] == ["a"]
    assert [(one["channel"], one["by"], one["version"]) for one in changed["touches"]] == [
        ("store", "a key of role associate", 1), ("call", "Denis", 2),
    ]  # fmt: skip
    (found,) = counter.ask("GET", f"/of/{changed['person']}")
    assert found == {name: value for name, value in changed.items() if name not in {"person", "touches"}}
    assert counter.ask("POST", "", {"channel": "app", "customer": {"user_id": "anna"}})["cart"] == opened["cart"]


def test_a_change_of_an_older_version_is_answered_with_the_present_cart(counter):
    cart = counter.ask("POST", "", {"channel": "store", "lines": [{"sku": "a"}]})
    body = {"set": [{"sku": "a", "units": 5}], "version": cart["version"]}
    present = counter.ask("PATCH", f"/{cart['cart']}", body)
    refused = counter.ask("PATCH", f"/{cart['cart']}", {**body, "set": [{"sku": "a", "units": 9}]}, status=409)
    assert (refused["code"], refused["facts"]["version"], refused["facts"]["expected"]) == (
        "carts.changed_meanwhile", 2, 1,
    )  # fmt: skip
    assert refused["facts"]["present"].items() <= present.items()
    assert counter.ask("GET", f"/{cart['cart']}") == present


def test_the_same_request_under_the_same_key_is_done_once(counter):
    body = {"channel": "store", "lines": [{"sku": "a"}]}
    opened = counter.ask("POST", "", body, key="k-1")
    before = counter.hub.last_seq()
    assert counter.ask("POST", "", body, key="k-1") == opened
    assert counter.hub.last_seq() == before
    change = {"set": [{"sku": "a", "units": 2}], "version": 1}
    changed = counter.ask("PATCH", f"/{opened['cart']}", change, key="k-2")
    assert counter.ask("PATCH", f"/{opened['cart']}", change, key="k-2") == changed
    counter.ask("PATCH", f"/{opened['cart']}", change, key="k-3", status=409)
    assert counter.ask("GET", f"/{opened['cart']}")["version"] == 2


REFUSED = [
    ("GET", "/nothing", None, 404, "not_found"),
    ("GET", "/of/phone:+33611111112", None, 404, "not_found"),
    ("GET", "/of/shoe:43", None, 400, "carts.customer_unreadable"),
    ("PATCH", "/nothing", {}, 404, "not_found"),
    ("POST", "", {}, 400, "http.bad_request"),
    ("POST", "", {"channel": "store", "lines": [{"sku": "a", "units": 0}]}, 400, "http.bad_request"),
    ("POST", "", {"channel": "store", "customer": {"phone": "x"}}, 400, "carts.customer_unreadable"),
]


def test_what_cannot_be_done_is_refused_and_nothing_moves(counter):
    before = counter.hub.last_seq()
    for method, path, body, status, code in REFUSED:
        assert counter.ask(method, path, body, status=status)["code"] == code, (method, path, body)
    assert counter.hub.last_seq() == before


def test_the_key_of_a_browser_reads_no_cart(counter):
    cart = counter.ask("POST", "", {"channel": "store"})
    counter.key = counter.hub.access.add_source("page", "web", trust="browser")
    for method, path, body in (
        ("GET", f"/{cart['code']}", None), ("GET", "/of/user_id:anna", None), ("PATCH", f"/{cart['cart']}", {}),
        ("POST", "", {"channel": "web"}),
    ):  # fmt: skip
        assert counter.ask(method, path, body, status=401)["code"] == "auth.key_unknown"
