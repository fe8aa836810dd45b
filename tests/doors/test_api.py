"""What a program reads over HTTP: the same answers as on the command line, one page after the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient

from clients.serving import noline
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import OPENING, identify, track

PEOPLE, LOST = 32, 6


class Door:
    """A hub's API in this process, asked with the key of a role."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub = hub
        self.client = client
        self.keys = {role: hub.access.add_key(role)[1] for role in Role}

    def ask(self, path: str, role: Role = Role.MANAGER, *, method: str = "GET", json: Any = None, **query: Any) -> Any:
        """The JSON of an answer that is none of an error."""
        answer = self.answer(path, role, method=method, json=json, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def answer(self, path: str, role: Role, *, method: str = "GET", json: Any = None, **query: Any) -> Any:
        headers = {"authorization": f"Bearer {self.keys[role]}"}
        return self.client.request(method, path, params=query or None, headers=headers, json=json)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A hub in which 32 people went from the web to the store, and 6 of them bought nothing."""
    with Hub.init(tmp_path_factory.mktemp("api") / "shop.noline") as hub:
        hub.access.add_source("web-shop", "web")
        hub.access.add_source("tills", "store")
        hub.accept("web-shop", list(_on_the_web()))
        hub.accept("tills", list(_in_the_store()))
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Door(hub, client)
        writer.stop()


def _at(days: float, minutes: int = 0) -> str:
    return (OPENING + timedelta(days=days, minutes=minutes)).isoformat()


def _on_the_web() -> Iterator[dict[str, Any]]:
    for number in range(PEOPLE):
        user = f"u-{number:02}"
        yield identify(
            id=f"i-{number}", at=_at(0, number), user=user, name=f"Ada {number:02}", email=f"{user}@example.com"
        )
        yield track("Product Viewed", id=f"v-{number}", at=_at(0, number), user=user, sku="ristretto-50", price=10)
    yield track("Page Viewed", id="later", at=_at(90), user="somebody-else")


def _in_the_store() -> Iterator[dict[str, Any]]:
    for number in range(PEOPLE):
        user, place = f"u-{number:02}", f"paris-{number % 2}"
        yield track("Store Visited", id=f"s-{number}", at=_at(1, number), user=user, context_store_id=place)
        if number >= LOST:
            yield track(
                "Order Completed", id=f"o-{number}", at=_at(1, number + 5), user=user, order_id=f"o-{number}",
                total=10, currency="EUR" if number % 2 else "JPY", context_store_id=place,
            )  # fmt: skip


# --- Where people are lost ------------------------------------------------------------------------------------------


def test_hand_offs_tell_each_pair_of_channels(door: Door):
    (border,) = door.ask("/v1/journeys/handoffs")
    assert (border["from"], border["to"], border["persons"], border["lost"]) == ("web", "store", PEOPLE, LOST)
    assert (border["value_minor"], border["currency"]) == (1000 * LOST, "EUR")


def test_who_was_lost_is_read_page_by_page(door: Door):
    pages = [door.ask("/v1/journeys/handoffs/web/store/lost", limit=4, offset=offset) for offset in (0, 4, 8)]
    assert [len(page) for page in pages] == [4, 2, 0]
    assert [one["name"] for page in pages for one in page] == [f"Ada {number:02}" for number in range(LOST)][::-1]


def test_a_lost_person_comes_with_the_record_that_shows_it(door: Door):
    lost = door.ask("/v1/journeys/handoffs/web/store/lost", limit=1)[0]
    record = door.ask(f"/v1/records/{lost['seq']}")
    assert (record["kind"], record["channel"], record["source"]) == ("Product Viewed", "web", "web-shop")
    assert record["person"] == lost["person"]
    assert record["body"]["properties"] == {"sku": "ristretto-50", "price": 10}
    assert record["identifiers"] == [{"namespace": "user_id", "value": "u-05"}]
    assert (record["sealed"], record["erased"]) == (True, False)


def test_a_border_is_told_in_parts(door: Door):
    parts = door.ask("/v1/journeys/handoffs/web/store/breakdown", by="store")
    assert sorted((one["value"], one["persons"], one["lost"]) for one in parts) == [
        ("paris-0", 16, 3),
        ("paris-1", 16, 3),
    ]
    assert len(door.ask("/v1/journeys/handoffs/web/store/breakdown", by="store", limit=1)) == 1
    assert door.answer("/v1/journeys/handoffs/web/store/breakdown", Role.MANAGER, by="colour").status_code == 400


def test_a_pair_of_channels_nobody_crossed_is_an_empty_list(door: Door):
    for question in ("groups", "lost", "breakdown"):
        assert door.ask(f"/v1/journeys/handoffs/web/moon/{question}") == []


def test_drop_offs_are_told_by_channel(door: Door):
    assert door.ask("/v1/journeys/drop-offs") == []


def test_sales_are_told_by_channel_and_currency_and_by_month(door: Door):
    bought = PEOPLE - LOST
    sales = door.ask("/v1/sales")
    assert {(one["channel"], one["currency"], one["orders"], one["revenue_minor"]) for one in sales} == {
        ("store", "EUR", bought // 2, 1000 * bought // 2),
        ("store", "JPY", bought // 2, 10 * bought // 2),
    }
    assert {one["month"] for one in sales} == {None}
    assert {one["month"] for one in door.ask("/v1/sales", by_month="true")} == {"2026-03"}


@pytest.mark.parametrize(
    "question", ["handoffs", "handoff_groups", "lost_people", "drop_offs", "stages", "sales_by_channel"]
)
def test_every_question_tells_how_it_is_counted(door: Door, question: str):
    told = door.ask(f"/v1/counted/{question}")
    assert set(told) == {"words", "sql", "parameters"}
    assert "touchpoints" in told["sql"]
    assert told["words"][-1] == "."


COMMANDS = {
    "journeys handoffs": "/v1/journeys/handoffs",
    "journeys groups web store": "/v1/journeys/handoffs/web/store/groups",
    "journeys lost web store": "/v1/journeys/handoffs/web/store/lost",
    "journeys drop-offs": "/v1/journeys/drop-offs",
    "sales by-channel": "/v1/sales",
    "feedback places": "/v1/feedback",
    "feedback open": "/v1/feedback/open",
    "customers find Ada": "/v1/customers?q=Ada",
    "orders get o-7": "/v1/orders/o-7",
    "stock find ristretto-50": "/v1/stock/ristretto-50",
    "prices get ristretto-50": "/v1/prices/ristretto-50",
    "prices conflicts": "/v1/prices/conflicts",
    "catalogue locations": "/v1/catalogue/locations",
    "source list": "/v1/sources",
    "books": "/v1/books",
    "dead-letters list": "/v1/dead-letters",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_and_http_say_the_same(door: Door, command: str):
    assert noline(*command.split(), hub=door.hub.folder) == door.ask(COMMANDS[command])


# --- Records --------------------------------------------------------------------------------------------------------


def test_a_record_that_is_not_there_is_not_found(door: Door):
    answer = door.answer("/v1/records/999999", Role.MANAGER)
    assert (answer.status_code, answer.json()["message"]) == (404, "No record is known as 999999.")


def test_a_record_about_goods_names_nobody(door: Door):
    (receipt,) = door.hub.accept(
        "tills", [track("Stock Counted", id="count", at=_at(2), sku="x", units=3, store_id="p")]
    )
    record = door.ask(f"/v1/records/{receipt.seq}")
    assert (record["person"], record["identifiers"], record["sealed"]) == (None, [], False)


# --- Refusals -------------------------------------------------------------------------------------------------------


def test_a_refusal_has_one_shape_whoever_refuses(door: Door):
    for path, status, code in (
        ("/v1/orders/none", 404, "not_found"),
        ("/v1/nothing", 404, "http.not_found"),
        ("/v1/customers", 400, "http.bad_request"),
        ("/v1/customers?q=x&limit=0", 400, "http.bad_request"),
        ("/v1/keys", 403, "auth.role_too_small"),
    ):
        answer = door.answer(path, Role.MANAGER)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert set(answer.json()) == {"code", "message", "hint", "retryable", "facts"}
    wrong = door.answer("/v1/books", Role.MANAGER, method="PUT")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "http.method", "GET, OPTIONS")


def test_a_body_that_is_too_large_or_no_json_is_told_so(door: Door):
    key = {"authorization": f"Bearer {door.keys[Role.MANAGER]}", "content-type": "application/json"}
    large, torn = (
        door.client.post("/v1/journeys/funnel", content=body, headers=key).json()
        for body in (b" " * 10_000_001, b'{"steps": [')
    )
    assert (large["code"], large["message"]) == ("http.too_large", "The body is larger than this address takes.")
    assert "10 MB" in large["hint"]
    assert torn["code"] == "http.bad_request"
    assert torn["message"].startswith("The body cannot be read: ")


def test_a_body_of_another_shape_says_what_is_wrong(door: Door):
    answer = door.answer("/v1/sources", Role.ADMIN, method="POST", json={"name": "x", "channel": "web", "trust": "all"})
    assert answer.status_code == 400
    assert answer.json()["facts"]["details"][0]["key"] == "trust"


def test_a_store_that_does_not_answer_is_said_so_and_worth_another_try(postgres_server, tmp_path: Path):
    with ExitStack() as until_it_fails:
        url = until_it_fails.enter_context(postgres_server.database(migrated=False))
        hub = Hub.init(tmp_path / "shop.noline", store=url)
        headers = {"authorization": f"Bearer {hub.access.add_key(Role.MANAGER)[1]}"}
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            assert client.get("/readyz").status_code == client.get("/v1/books", headers=headers).status_code == 200
            until_it_fails.close()
            ready, books = client.get("/readyz"), client.get("/v1/books", headers=headers)
        writer.stop()
    for answer in (ready, books):
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            503,
            "store.unreachable",
            "1",
        )
        assert answer.json()["facts"] == {"why": "see the server's log"}


def test_sources_and_keys_are_made_and_a_name_is_given_once(door: Door):
    made = door.ask("/v1/sources", Role.ADMIN, method="POST", json={"name": "kiosk", "channel": "store"})
    assert (made["name"], made["channel"]) == ("kiosk", "store")
    assert door.hub.access.source_of_key(made["write_key"]).name == "kiosk"
    again = door.answer("/v1/sources", Role.ADMIN, method="POST", json={"name": "kiosk", "channel": "store"})
    assert (again.status_code, again.json()["code"]) == (409, "name.taken")
    key = door.ask("/v1/keys", Role.ADMIN, method="POST", json={"role": "associate", "name": "till-7"})["key"]
    assert door.hub.access.role_of_key(key) is Role.ASSOCIATE
    assert door.ask("/v1/keys/till-7", Role.ADMIN, method="DELETE") is None
    assert door.answer("/v1/keys/till-7", Role.ADMIN, method="DELETE").status_code == 404


# --- The console's forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ['"\\ud800"', "[" * 100_000, "9" * 5_000, "1e999", "\0", "", '{"a": NaN}', "\udcff"])
@pytest.mark.parametrize("act", ["dry-run", "patch"])
def test_whatever_is_typed_into_a_dead_letter_is_answered(door: Door, act: str, value: str):
    door.hub.accept("web-shop", [{"type": "track", "messageId": f"{act}-{value[:9]!r}", "userId": "u-01"}])
    letter = door.hub.dead_letters()[-1].id
    headers = {"authorization": f"Bearer {door.keys[Role.ADMIN]}", "content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"pointer": "/event", "value": value}, errors="surrogateescape")
    answer = door.client.post(f"/dead-letters/{letter}/{act}", content=body, headers=headers)
    assert answer.status_code in (200, 400)
    assert door.ask(f"/v1/dead-letters/{letter}")["state"] == "open"


@pytest.mark.parametrize(
    "address",
    [
        "/dead-letters/9999999999999999999", "/dead-letters/x", "/dead-letters?after=-1", "/records/0",
        "/records/%C2%B2",
        "/borders/web/moon", "/borders/web/store?offset=-1", "/customers/nobody", "/customers?q=%00",
        "/static/../secret.key", "/static/%2e%2e/%2e%2e/routes.py",
    ],
)  # fmt: skip
def test_an_odd_address_of_the_console_is_an_error_page(door: Door, address: str):
    headers = {"authorization": f"Bearer {door.keys[Role.ADMIN]}", "accept": "text/html"}
    answer = door.client.get(address, headers=headers)
    assert answer.status_code in (400, 404)
    assert '<h1 id="error-heading">' in answer.text
