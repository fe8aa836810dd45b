"""What one caller may ask for: no answer, no body and no wait without an end."""

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from clients.serving import Answer, ServedHub, call
from noline.stores.access import Role
from shop import Day, track

MEGABYTE = 1024 * 1024


class Door:
    """The served hub, asked by an administrator."""

    def __init__(self, hub: ServedHub) -> None:
        self.hub = hub
        self._key = hub.hub.access.add_key(Role.ADMIN)[1]

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        return call(self.hub.port, method, path, body, headers)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    hub = ServedHub(tmp_path_factory.mktemp("limits"))
    hub.add_source("web", "web")
    day = Day()
    hub.hub.accept("web", [track("Page Viewed", id=f"m-{at}", at=day.next(), user="u-1") for at in range(20)])
    hub.start()
    yield Door(hub)
    hub.stop()


@pytest.mark.parametrize(
    "path", ["/v1/customers?q=a", "/v1/dead-letters?", "/v1/changes?", "/v1/feedback/open?", "/v1/catalogue/items?",
             "/v1/catalogue/locations?", "/v1/journeys/handoffs/web/store/lost?", "/v1/prices/conflicts?"],
)  # fmt: skip
@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "99999999999999999999"])
def test_no_list_is_longer_than_a_thousand(door: Door, path: str, limit: str):
    answer = door.ask("GET", f"{path}&limit={limit}")
    assert answer.status == 400
    assert answer.json["facts"]["details"][0]["key"] == "limit"


def test_a_list_is_read_to_its_end_in_portions(door: Door):
    positions, after = [], 0
    while events := (told := door.ask("GET", f"/v1/changes?after={after}&limit=7").json)["changes"]:
        positions += [int(event["sequence"]) for event in events]
        after = told["after"]
    assert positions == list(range(1, 21))


def test_a_body_that_is_too_large_is_refused_in_the_shape_of_every_error(door: Door):
    answer = door.ask("POST", "/v1/sources", b'{"name": "' + b"x" * (11 * MEGABYTE) + b'"}')
    assert answer.status == 413
    assert answer.json["code"] == "http.too_large"


def test_nobody_waits_longer_than_a_minute(door: Door):
    for wait in ("61", "inf", "nan", "-1"):
        assert door.ask("GET", f"/v1/changes?after=20&wait={wait}").status == 400


def test_who_waits_hears_of_what_happens_meanwhile(door: Door):
    began = time.monotonic()
    assert door.ask("GET", "/v1/changes?after=20&wait=1").json["changes"] == []
    assert time.monotonic() - began >= 0.9


@pytest.mark.parametrize("name", ["", "x" * 101, "a\0b"])
def test_a_name_is_a_line_of_text(door: Door, name: str):
    body = b'{"channel": "web", "name": "%s"}' % name.replace("\0", "\\u0000").encode()
    assert door.ask("POST", "/v1/sources", body).status == 400


def test_a_deep_body_is_refused(door: Door):
    assert door.ask("POST", "/v1/sources", b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}").status == 400


def test_a_long_address_is_refused_and_the_server_lives(door: Door):
    with suppress(OSError):  # a server may also close the line
        assert 400 <= door.ask("GET", "/v1/orders/" + "x" * 200_000).status < 500
    assert door.ask("GET", "/readyz").status == 200
