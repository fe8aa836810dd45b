"""A card that is asked for with a key comes a short way, and is what the long way answers."""

import asyncio
import json
from urllib.parse import quote

import pytest

from counter import Counter
from noline.doors.http.api import PROTECTION, api
from noline.doors.http.card import CardDoor
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role


class Ways:
    """Both ways to the cards of Anna's shop. taken: how often the door sent somebody the long way."""

    def __init__(self, hub, writer):
        self.hub, self.anna, self.taken = hub, Counter(hub).person(), 0
        self.key = {"authorization": f"Bearer {hub.access.add_key(Role.ASSOCIATE)[1]}"}
        self._api = api(hub, writer)
        self._door = CardDoor(hub, PROTECTION, self._rest)

    async def _rest(self, scope, receive, send):
        self.taken += 1
        await self._api(scope, receive, send)

    def short(self, query="", **headers):
        """Status, headers and body of what the door answers."""
        return self._asked(self._door, query, headers or self.key)

    def long(self, query="", **headers):
        """The same of the framework."""
        return self._asked(self._api, query, headers or self.key)

    def _asked(self, served, query, headers):
        told = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            told.append(message)

        path = f"/v1/customers/{self.anna}/card"
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "root_path": "", "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 9), "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        assert CardDoor.handles(scope)
        asyncio.run(served(scope, receive, send))
        body = b"".join(message.get("body", b"") for message in told)
        return told[0]["status"], {name.decode().lower(): value.decode() for name, value in told[0]["headers"]}, body


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Hub.init(tmp_path_factory.mktemp("short") / "shop.noline") as hub:
        writer = Writer(hub.accept_groups)
        yield Ways(hub, writer)
        writer.stop()


@pytest.fixture
def ways(shop):
    shop.taken = 0
    return shop


def without_the_moment(body):
    """A card's text without when it was made and who had looked by then."""
    return json.dumps({name: one for name, one in json.loads(body).items() if name not in ("as_of", "viewed")})


@pytest.mark.parametrize(
    "query",
    [
        "",
        "store=paris-1",
        "store=paris-1&presence=passive&lang=fr",
        f"purpose=marketing&by={quote('Zoé')}+L&identified_by=card",
        "by=%E2%80%AEevil",
    ],
)
def test_both_ways_give_one_card_one_note_of_the_look_and_one_protection(ways, query):
    ways.long(query)
    (status, headers, body), (same_status, same_headers, same_body) = ways.short(query), ways.long(query)
    assert (status, same_status, ways.taken) == (200, 200, 0)
    assert without_the_moment(body) == without_the_moment(same_body)
    assert {name for name, value in headers.items() if same_headers.get(name) != value} <= {"content-length"}
    with_framework, by_door, *_ = ways.hub.clienteling.views(ways.anna)
    assert by_door._replace(at=0) == with_framework._replace(at=0)


@pytest.mark.parametrize(
    "query",
    [
        "presence=psychic", "lang=eo", "purpose=curiosity", "store=", "lang=null", "store=a&store=b", "what=ever",
        "store=%00", "store=%FF", f"by={'x' * 201}",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_in_so_many_words_is_judged_by_the_framework(ways, query):
    status, _, body = ways.short(query)
    same_status, _, same_body = ways.long(query)
    assert ways.taken == 1
    assert status == same_status
    if status != 200:
        assert json.loads(body) == json.loads(same_body)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Bearer nk_nobody"}, 401),
        ({"authorization": "Basic YTpi"}, 401),
        ({"accept": "application/json"}, 401),
    ],
)
def test_who_has_no_key_is_refused_as_everywhere_and_no_look_is_noted(ways, headers, status):
    before = ways.hub.last_seq()
    found, _, body = ways.short(**headers)
    assert (found, ways.taken) == (status, 1)
    assert {"code", "message", "hint"} <= json.loads(body).keys()
    assert ways.hub.last_seq() == before


def test_a_role_that_may_not_see_cards_is_refused_as_everywhere(ways):
    key = ways.hub.access.add_key(Role.ANALYST)[1]
    status, _, body = ways.short(authorization=f"Bearer {key}")
    assert (status, json.loads(body)["code"], ways.taken) == (403, "auth.role_too_small", 1)


def test_a_page_of_another_site_has_to_be_let_in_first(ways):
    status, _, _ = ways.short(**ways.key, origin="https://till.example")
    assert (status, ways.taken) == (200, 1)


def test_of_somebody_who_is_not_there_no_look_is_noted(ways, monkeypatch):
    before = ways.hub.last_seq()
    monkeypatch.setattr(ways, "anna", "p_0000000000000000")
    status, _, body = ways.short("store=paris-1")
    assert (status, json.loads(body)["code"], ways.taken) == (404, "not_found", 1)
    assert ways.hub.last_seq() == before
