"""The API does what its description says: every route is called with everything the description allows, and more."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conftest import LONG, STORES
from noline.channels import segment
from noline.doors.http.api import api
from noline.doors.http.serve import application
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import Day, identify, track

ERROR = {"code", "message", "hint", "retryable", "facts"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPEN = {"/healthz", "/readyz"}
EXAMPLES = 300 if LONG else 12


@schemathesis.serializer("application/x-ndjson")
def lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """A body of lines goes out as it is."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


class Shop:
    """A hub in which something happened, answering in this process, and the keys that open it."""

    def __init__(self, hub: Hub, writer: Writer) -> None:
        self.hub = hub
        self.application = application(hub, writer)
        self.admin_key = hub.access.add_key(Role.ADMIN)[1]
        self.write_key = hub.access.add_source("fuzzer", "web")

    def key_for(self, path: str) -> str:
        """The intake takes a source's key, everything else a key of a person."""
        if is_intake(path):
            return "Basic " + base64.b64encode(f"{self.write_key}:".encode()).decode()
        return f"Bearer {self.admin_key}"

    def get(self, address: str) -> schemathesis.Response:
        """Ask for an address as it stands, as an administrator."""
        with asgi.get_client(self.application) as client:
            return client.get(address, headers={"authorization": self.key_for(address)})


def is_intake(path: str) -> bool:
    """Whether a route takes a source's key."""
    return path.removeprefix("/v1/") in {*segment.ROUTES, "events"}


@pytest.fixture(scope="module", params=STORES if LONG else STORES[:1])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A hub with a customer, an order, a dead letter and a webhook, whose books balance whatever was sent."""
    folder = tmp_path_factory.mktemp("openapi") / "shop.noline"
    with ExitStack() as stack:
        url = None
        if request.param == "postgres":
            url = stack.enter_context(request.getfixturevalue("postgres_server").database(migrated=False))
        hub = stack.enter_context(Hub.init(folder, store=url))
        day = Day()
        hub.access.add_source("web", "web")
        hub.accept(
            "web",
            [
                identify(id="m-1", at=day.next(), user="u-1", email="ada@example.com", name="Ada"),
                track("Order Completed", id="m-2", at=day.next(), user="u-1", order_id="o-1", total=12.5),
                {"type": "track", "messageId": "m-3", "userId": "u-1"},
            ],
        )
        hub.outbox.subscribe("erp", "http://127.0.0.1:9/events")
        writer = Writer(hub.accept_groups)
        yield Shop(hub, writer)
        writer.stop()
        assert [page for page in hub.books() if not page.balanced] == []
        assert hub.verify().ok


def description() -> Any:
    """What the API says of itself; it says the same of every hub."""
    nothing: Any = None
    return api(nothing, nothing).openapi_schema.to_schema()


schema = schemathesis.openapi.from_dict(description())
schema.app = application


@schema.parametrize()
@settings(max_examples=EXAMPLES)
def test_every_route_answers_as_described(case: schemathesis.Case, opened: Shop):
    if "wait" in case.query:
        case.query["wait"] = 0
    answer = case.call(headers={"authorization": opened.key_for(case.path)}, app=opened.application)
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400 and not is_intake(case.path):
        assert set(answer.json()) == ERROR


def test_the_description_names_who_may_call_every_route_and_how_it_refuses():
    for path, item in description()["paths"].items():
        for told in item.values():
            if is_intake(path) or path in OPEN:
                continue
            assert told["security"] == [{"key": []}], path
            assert {"400", "401", "403", "500", "503"} <= set(told["responses"]), path
            asks = {one["in"] for one in told.get("parameters", ())}
            assert ("404" in told["responses"]) == bool({"path", "query"} & asks or "requestBody" in told), path
            assert told["summary"][0].isupper(), path


@pytest.mark.parametrize(
    "address",
    [
        "/v1/customers/a%00b",
        "/v1/customers?q=%00",
        "/v1/stock/x?limit=%00",
        "/v1/records/99999999999999999999999999",
        "/v1/records/-1",
        "/v1/records/1e3",
        "/v1/dead-letters/18446744073709551616",
        "/v1/dead-letters?after=99999999999999999999",
        "/v1/changes?limit=0",
        "/v1/changes?wait=nan",
        "/v1/customers/p_%ed%a0%80",
        "/v1/orders/%ff%fe",
        "/v1/journeys/handoffs/a/b/lost?offset=-1",
        "/v1/counted/nobody%20asked",
        "/v1/nothing",
    ],
)
def test_an_odd_address_is_refused_in_the_shape_of_every_error(opened: Shop, address: str):
    answer = opened.get(address)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == ERROR


def test_emoji_and_right_to_left_names_are_only_unknown(opened: Shop):
    for name in ("%F0%9F%A6%84", "%D7%A9%D7%9C%D7%95%D7%9D", "..%2F..%2Fetc", "%27%20OR%201%3D1%20--"):
        assert opened.get(f"/v1/orders/{name}").status_code == 404
