"""Holds that wait together are decided together, and are what the long way answers."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.holding import Wanted, holder, place
from noline.doors.http.serve import application
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.errors import Refused
from noline.stores.access import Role
from noline.truth.stock.promising import Ask, Line
from shop import Day, track


class Shop:
    """A served hub with five units of coffee in Paris."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        hub.access.add_source("warehouse", "warehouse")
        said = {"sku": "coffee", "location": "paris", "quantity": 5}
        hub.accept("warehouse", [track("Stock Received", id="r-1", at=Day().next(), **said)])
        self.name, self.key = hub.access.add_key(Role.ASSOCIATE)
        self.writer, self.holder = Writer(hub.accept_groups), holder(hub)
        self.served = application(hub, self.writer, self.holder)

    def asks(self, body: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request to the whole application: status, headers, body."""
        return asyncio.run(self._asks(body, headers))

    def ask_together(self, bodies: list[bytes], **headers: str) -> list[tuple[int, dict[str, str], bytes]]:
        async def all_of_them():
            return await asyncio.gather(*(self._asks(body, headers) for body in bodies))

        return asyncio.run(all_of_them())

    async def _asks(self, body, headers):
        told = []
        coming = [
            {"type": "http.request", "body": body[:7], "more_body": True},
            {"type": "http.request", "body": body[7:]},
        ]

        async def receive():
            return coming.pop(0) if coming else {"type": "http.disconnect"}

        async def send(message):
            told.append(message)

        said = {
            "authorization": f"Bearer {self.key}", "content-type": "application/json",
            "content-length": str(len(body)), "accept": "application/json", **headers,
        }  # fmt: skip
        scope = {
            "type": "http", "method": "POST", "path": "/v1/holds", "raw_path": b"/v1/holds", "query_string": b"",
            "root_path": "", "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 9),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in said.items()],
        }  # fmt: skip
        await self.served(scope, receive, send)
        whole = b"".join(message.get("body", b"") for message in told)
        return told[0]["status"], {name.decode().lower(): value.decode() for name, value in told[0]["headers"]}, whole

    def available(self) -> dict[str, int]:
        return dict(self.hub.available("coffee"))


@pytest.fixture
def shop(hub: Hub) -> Iterator[Shop]:
    shop = Shop(hub)
    yield shop
    shop.holder.stop()
    shop.writer.stop()


def basket(units: int, **more: object) -> bytes:
    return json.dumps({"lines": [{"sku": "coffee", "units": units, "location": "paris"}], **more}).encode()


def test_both_ways_give_one_answer_and_one_protection(shop):
    status, headers, body = shop.asks(basket(1, document="cart-1", channel="web"))
    with TestClient(api(shop.hub, shop.writer)) as client:
        said = {"authorization": f"Bearer {shop.key}", "content-type": "application/json"}
        long_way = client.post("/v1/holds", content=basket(1, document="cart-1", channel="web"), headers=said)
        refused = client.post("/v1/holds", content=basket(4), headers=said)
    short, other = json.loads(body), long_way.json()
    assert status == long_way.status_code == 201
    assert {**short, "id": "", "expires_at": ""} == {**other, "id": "", "expires_at": ""}
    differ = {name for name, value in headers.items() if long_way.headers.get(name) != value}
    assert differ <= {"content-length"}
    status, headers, body = shop.asks(basket(4))
    assert (status, json.loads(body)) == (refused.status_code, refused.json())
    assert shop.available() == {"paris": 3}


def test_the_same_key_in_one_batch_is_held_once_and_answered_the_same_bytes(shop):
    answers = shop.ask_together([basket(2)] * 6, idempotency_key="k-1")
    assert {status for status, _, _ in answers} == {201}
    assert len({body for _, _, body in answers}) == 1
    assert shop.available() == {"paris": 3}
    assert shop.asks(basket(2), idempotency_key="k-1")[2] == answers[0][2]


def test_a_batch_decided_at_once_tells_apart_keys_refusals_and_strangers(shop):
    def asked(key: str | None, units: int, by: str = shop.key) -> Wanted:
        once = None if key is None else shop.hub.once.asked("caller", key, str(units).encode())
        return Wanted(by, Ask((Line("coffee", units, "paris"),)), None, once)

    wanted = [
        asked("a", 2), asked("a", 2), asked("a", 3), asked(None, 9), asked("b", 9), asked("b", 9),
        asked(None, 1, "nk_nobody"), asked(None, 1), asked("c", 2),
    ]  # fmt: skip
    first, again, reused, short, kept, kept_again, stranger, one, last = place(shop.hub, wanted)
    assert first == again
    assert first[0] == one[0] == last[0] == 201
    assert isinstance(reused, Refused)
    assert reused.code == "idempotency.key_reused"
    assert short[0] == kept[0] == 409
    assert kept == kept_again
    assert json.loads(kept[1])["code"] == "stock.not_enough"
    assert stranger is None
    assert shop.available() == {"paris": 0}
    assert place(shop.hub, [asked("a", 2), asked("b", 9), asked("a", 3)])[:2] == [first, kept]
    assert shop.available() == {"paris": 0}


def test_the_short_and_the_long_way_know_each_others_keys(shop):
    said = {"authorization": f"Bearer {shop.key}", "content-type": "application/json", "idempotency-key": "k-1"}
    _, _, short = shop.asks(basket(2), idempotency_key="k-1")
    with TestClient(api(shop.hub, shop.writer)) as client:
        long_way = client.post("/v1/holds", content=basket(2), headers=said)
    assert long_way.content == short
    status, _, reused = shop.asks(basket(3), idempotency_key="k-1")
    assert (status, json.loads(reused)["code"]) == (409, "idempotency.key_reused")
    assert shop.available() == {"paris": 3}


def test_a_removed_key_holds_nothing_from_that_moment_on(shop):
    assert shop.asks(basket(1))[0] == 201
    shop.hub.access.remove_key(shop.name)
    status, _, body = shop.asks(basket(1))
    assert (status, json.loads(body)["code"]) == (401, "auth.key_unknown")
    assert shop.available() == {"paris": 4}


UNUSUAL: list[tuple[bytes, dict[str, str], int]] = [
    (b"{", {}, 400),
    (basket(0), {}, 400),
    (basket(1, ttl_s=10**9), {}, 400),
    (basket(1), {"authorization": "Bearer nk_nobody"}, 401),
    (basket(1), {"authorization": "Basic nobody"}, 401),
    (basket(1), {"idempotency_key": "k" * 201}, 400),
    (b'{"lines": [], "x": "' + b"a" * 70_000 + b'"}', {}, 400),
]


def test_what_is_unusual_goes_the_long_way_and_is_refused_as_everywhere(shop):
    answers = [shop.asks(body, **headers) for body, headers, _ in UNUSUAL]
    assert [status for status, _, _ in answers] == [status for _, _, status in UNUSUAL]
    assert all({"code", "message", "hint"} <= json.loads(body).keys() for _, _, body in answers)
    assert shop.available() == {"paris": 5}


def test_many_who_ask_at_once_get_what_is_there_and_no_more(shop):
    answers = shop.ask_together([basket(1)] * 40)
    assert sorted(status for status, _, _ in answers) == [201] * 5 + [409] * 35
    assert shop.available() == {"paris": 0}
    assert shop.hub.verify().ok
