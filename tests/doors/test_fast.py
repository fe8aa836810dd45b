"""A profile that is asked for with a key comes the short way, and is what the long way answers."""

import asyncio
import json

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.serve import application
from noline.doors.http.writer import Writer
from noline.kernel.events import Identifier
from noline.stores.access import Role
from noline.truth.customers.model import ModelLink
from shop import Day, identify


@pytest.fixture
def shop(hub):
    """A hub that knows Anna."""
    hub.access.add_source("web", "web")
    hub.accept("web", [identify(id="m-1", at=Day().next(), user="anna", firstName="Anna", email="anna@x.fr")])
    return hub


def asked(application_, path, **headers):
    """What an ASGI application answers: status, headers, body."""
    told = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        told.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    asyncio.run(application_(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in told)
    return told[0]["status"], {name.decode().lower(): value.decode() for name, value in told[0]["headers"]}, body


def test_both_ways_give_one_answer_and_one_protection(shop):
    writer = Writer(shop.accept_groups)
    key = shop.access.add_key(Role.ASSOCIATE)[1]
    person = shop.find_customers("anna")[0].person
    path = f"/v1/customers/{person}/profile"
    status, headers, body = asked(application(shop, writer), path, authorization=f"Bearer {key}")
    with TestClient(api(shop, writer)) as client:
        long_way = client.get(path, headers={"authorization": f"Bearer {key}"})
    writer.stop()
    assert (status, json.loads(body)) == (200, long_way.json())
    assert json.loads(body)["name"] == "Anna"
    differ = {name for name, value in headers.items() if long_way.headers.get(name) != value}
    assert differ <= {"content-length", "date"}


@pytest.mark.parametrize(
    ("person", "key", "status"),
    [("p_0000000000000000", "good", 404), ("anna", "bad", 401), ("anna", None, 401), ("a%20b", "good", 404)],
)
def test_who_is_not_known_or_may_not_ask_is_refused_as_everywhere(shop, person, key, status):
    writer = Writer(shop.accept_groups)
    keys = {"good": shop.access.add_key(Role.ASSOCIATE)[1], "bad": "nk_nobody"}
    headers = {"authorization": f"Bearer {keys[key]}"} if key else {}
    served = application(shop, writer)
    found, _, body = asked(served, f"/v1/customers/{person}/profile", accept="application/json", **headers)
    writer.stop()
    assert found == status
    assert {"code", "message", "hint"} <= json.loads(body).keys()


def test_an_associate_takes_back_a_decision_but_not_a_models_whole_batch(shop):
    writer = Writer(shop.accept_groups)
    shop.accept("web", [identify(id="m-2", at=Day().next(), user="bruno", firstName="Bruno")])
    one, other = sorted(shop.customers.subject(Identifier("user_id", name)) for name in ("anna", "bruno"))
    shop.identity.apply("match-1", [ModelLink(one, other, 9_000, "match-1", 0)], by="Clara")
    keys = {role: shop.access.add_key(role)[1] for role in (Role.ASSOCIATE, Role.MANAGER)}
    with TestClient(api(shop, writer)) as client:
        answers = [
            client.post("/v1/decisions/match-1/undo", json={}, headers={"authorization": f"Bearer {keys[role]}"})
            for role in (Role.ASSOCIATE, Role.MANAGER)
        ]
    writer.stop()
    assert [one.status_code for one in answers] == [403, 200]
    assert answers[0].json()["code"] == "auth.role_too_small"
