"""The intake's contract, held by raw requests to a real server: routes, keys, encodings, limits, answers."""

import base64
import gzip
import json
import socket
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from clients.serving import LOOPBACK, Answer, ServedHub, Source, call, noline
from noline.kernel.clock import parse_instant

KILOBYTE = 1024
NOTHING = {"received": 0, "accepted": 0, "duplicate": 0, "conflict": 0, "parked": 0}
SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """One server for the whole contract; its books must balance at the end."""
    hub = ServedHub(tmp_path_factory.mktemp("contract")).start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


@pytest.fixture(scope="module")
def names() -> Iterator[int]:
    """Numbers for the names of sources."""
    return count(1)


class Client:
    """A client that says exactly what a test tells it to say."""

    def __init__(self, hub: ServedHub, source: Source) -> None:
        self.hub = hub
        self.source = source

    def post(self, path: str, body: Any, *, key: bool = True, **headers: str) -> Answer:
        """Send bytes as they are and anything else as JSON; underscores in header names become dashes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent = {"Authorization": basic(self.source.key)} | sent
        plain = body if isinstance(body, bytes) else json.dumps(body).encode()
        return call(self.hub.port, "POST", path, plain, sent)

    def batch(self, *items: Any, **envelope: Any) -> Answer:
        return self.post("/v1/batch", {"batch": list(items), **envelope})

    @property
    def books(self) -> dict[str, int]:
        return self.hub.books(self.source)

    @property
    def kinds(self) -> list[str]:
        return self.hub.kinds(self.source)


@pytest.fixture
def client(served: ServedHub, names: Iterator[int]) -> Client:
    """A client with a source of its own, a server of the channel `web`."""
    return Client(served, served.add_source(f"till-{next(names)}", "web"))


def basic(key: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{key}:{password}".encode()).decode()


def viewed(**fields: Any) -> dict[str, Any]:
    """A good item: somebody looked at something."""
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": str(uuid4()),
        "userId": f"user-{uuid4()}",
        "properties": {"sku": "machine-7"},
    } | fields


def statuses(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [result["status"] for result in answer.results]


# Routes


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("track", "Product Viewed"), ("t", "Product Viewed"),
        ("identify", "identify"), ("i", "identify"),
        ("page", "Page Viewed"), ("p", "Page Viewed"),
        ("screen", "Screen Viewed"), ("s", "Screen Viewed"),
        ("group", "group"), ("g", "group"),
        ("alias", "alias"), ("a", "alias"),
    ],
)  # fmt: skip
def test_a_single_message_has_the_type_of_its_route(client: Client, route: str, kind: str):
    message = viewed(groupId="office", previousId="before")
    del message["type"]

    answer = client.post(f"/v1/{route}", message)

    assert statuses(answer) == ["accepted"]
    assert answer.json["success"] is True
    assert client.kinds == [kind]


@pytest.mark.parametrize("route", ["batch", "b"])
def test_each_item_of_a_batch_is_answered_in_its_place(client: Client, route: str):
    first, second = viewed(), viewed(type="page", name="Cart")
    answer = client.post(f"/v1/{route}", {"batch": [first, {"type": "shout"}, second, first]})

    assert statuses(answer) == ["accepted", "parked", "accepted", "duplicate"]
    one, parked, two, again = answer.results
    assert two["seq"] == one["seq"] + 1
    assert again["seq"] == one["seq"]
    assert (parked["code"], parked["path"]) == ("unknown_schema", "/type")
    assert client.books == {"received": 4, "accepted": 2, "duplicate": 1, "conflict": 0, "parked": 1}


@pytest.mark.parametrize("route", ["track", "identify", "page", "group"])
def test_jitsus_routes_are_the_same_door(client: Client, route: str):
    answer = client.post(f"/api/s/{route}", viewed(groupId="office"), key=False, X_Write_Key=client.source.key)

    assert statuses(answer) == ["accepted"]


# Encodings


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json;charset=UTF-8", "text/plain", "application/x-www-form-urlencoded", ""],
)
def test_a_body_is_json_whatever_it_calls_itself(client: Client, content_type: str):
    assert statuses(client.post("/v1/track", viewed(), Content_Type=content_type)) == ["accepted"]


@pytest.mark.parametrize("declared", [{"Content_Encoding": "gzip"}, {}], ids=["declared", "by its first bytes"])
def test_gzip_is_undone(client: Client, declared: dict[str, str]):
    body = gzip.compress(json.dumps({"batch": [viewed(), viewed()]}).encode())

    answer = client.post("/v1/batch", body, Content_Type="application/x-www-form-urlencoded", **declared)

    assert statuses(answer) == ["accepted", "accepted"]


def test_gzip_that_breaks_off_is_parked(client: Client):
    body = gzip.compress(json.dumps(viewed()).encode())[:-20]

    answer = client.post("/v1/track", body, Content_Encoding="gzip")

    assert answer.status == 400
    assert [result["status"] for result in answer.results] == ["parked"]
    assert client.books == NOTHING | {"received": 1, "parked": 1}


def test_a_body_may_come_in_chunks(client: Client):
    plain = json.dumps(viewed()).encode()
    pieces = iter([plain[:10], plain[10:]])

    answer = call(client.hub.port, "POST", "/v1/track", pieces, {"Authorization": basic(client.source.key)})

    assert statuses(answer) == ["accepted"]


def test_a_body_that_breaks_off_on_the_way_is_not_taken(client: Client):
    lines = b"\n".join(json.dumps(viewed()).encode() for _ in range(3))
    head = f"POST /v1/import HTTP/1.1\r\nHost: hub\r\nX-Write-Key: {client.source.key}\r\n"

    with socket.create_connection((LOOPBACK, client.hub.port)) as line:
        line.sendall(f"{head}Content-Length: {len(lines)}\r\n\r\n".encode() + lines[:-50])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""

    assert statuses(client.batch(viewed())) == ["accepted"]
    assert client.books == NOTHING | {"received": 1, "accepted": 1}


# Browsers of another origin


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/t", "/v1/identify", "/api/s/track", "/sourceConfig/"])
def test_a_browser_may_ask_from_another_origin(served: ServedHub, path: str):
    wish = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "anonymousid,authorization,content-type,sentat,x-retry-count",
    }
    answer = call(served.port, "OPTIONS", path, headers=wish)

    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] in ("*", SHOP)
    assert {"GET", "POST"} <= words(answer.headers["access-control-allow-methods"])
    allowed = {word.lower() for word in words(answer.headers["access-control-allow-headers"])}
    assert {"authorization", "content-type", "anonymousid", "sentat", "x-retry-count", "x-write-key"} <= allowed


def test_a_browser_may_read_every_answer_also_a_refusal(client: Client):
    good = client.post("/v1/track", viewed(), Origin=SHOP)
    unknown = client.post("/v1/track", viewed(), key=False, Authorization=basic("nobodys-key"), Origin=SHOP)
    large = client.post("/v1/batch", b" " * (501 * KILOBYTE), Origin=SHOP)

    assert [answer.status for answer in (good, unknown, large)] == [200, 401, 413]
    for answer in (good, unknown, large):
        assert answer.headers["access-control-allow-origin"] in ("*", SHOP)
        assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


def test_analyticsjs_is_told_to_send_here(client: Client):
    path = f"/v1/projects/{client.source.key}/settings"
    answer = call(client.hub.port, "GET", path, headers={"Origin": SHOP})

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] in ("*", SHOP)
    assert answer.json["integrations"] == {
        "Segment.io": {
            "apiKey": client.source.key,
            "apiHost": f"127.0.0.1:{client.hub.port}/v1",
            "protocol": "http",
        }
    }


def test_analyticsjs_is_told_the_address_that_the_browser_knows(client: Client):
    behind_a_proxy = {"Host": "noline.example", "X-Forwarded-Proto": "https"}

    answer = call(client.hub.port, "GET", f"/v1/projects/{client.source.key}/settings", headers=behind_a_proxy)

    told = answer.json["integrations"]["Segment.io"]
    assert (told["protocol"], told["apiHost"]) == ("https", "noline.example/v1")


def test_analyticsjs_is_told_nothing_under_an_unknown_key(served: ServedHub):
    assert call(served.port, "GET", "/v1/projects/nobodys-key/settings").status == 404


@pytest.mark.parametrize("path", ["/sourceConfig", "/sourceConfig/"])
def test_rudderstacks_browser_sdk_is_told_that_the_source_is_on(client: Client, path: str):
    answer = call(
        client.hub.port, "GET", f"{path}?writeKey={client.source.key}&build=modern",
        headers={"Authorization": basic(client.source.key)},
    )  # fmt: skip

    assert answer.status == 200
    told = answer.json["source"]
    assert (told["writeKey"], told["enabled"], told["destinations"]) == (client.source.key, True, [])


# Keys


def test_a_key_comes_as_basic_bearer_header_or_in_the_body(client: Client):
    key = client.source.key
    ways = [
        client.post("/v1/track", viewed(), Authorization=basic(key)),
        client.post("/v1/track", viewed(), Authorization=f"Bearer {key}"),
        client.post("/v1/track", viewed(), key=False, X_Write_Key=key),
        client.post("/v1/track", viewed(), key=False, X_Write_Key=f"{key}:secret"),
        client.post("/v1/track", viewed(writeKey=key), key=False),
        client.post("/v1/batch", {"batch": [viewed()], "writeKey": key}, key=False),
    ]

    assert [statuses(answer) for answer in ways] == [["accepted"]] * 6
    assert client.books == NOTHING | {"received": 6, "accepted": 6}


def test_a_source_made_while_the_server_runs_may_write_at_once(served: ServedHub):
    told = noline("source", "add", "pop-up", "--channel", "store", hub=served.directory)
    pop_up = Source("pop-up", "store", told["write_key"])

    assert statuses(Client(served, pop_up).batch(viewed())) == ["accepted"]
    assert served.channels(pop_up) == ["store"]


def test_a_key_in_a_header_counts_before_the_masked_one_in_the_body(client: Client):
    masked = viewed(writeKey="till:***")

    assert statuses(client.post("/v1/track", masked, key=False, X_Write_Key=client.source.key)) == ["accepted"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ({}, "auth.key_missing"),
        ({"Authorization": basic("nobodys-key")}, "auth.key_unknown"),
        ({"Authorization": "Bearer nobodys-key"}, "auth.key_unknown"),
        ({"X_Write_Key": "nobodys-key"}, "auth.key_unknown"),
        ({"Authorization": "Basic ####"}, "auth.key_missing"),
    ],
)
def test_nothing_is_taken_without_a_key_of_this_hub(client: Client, authorization: dict[str, str], code: str):
    before = client.hub.records()

    answer = client.post("/v1/batch", {"batch": [viewed()]}, key=False, **authorization)

    assert (answer.status, answer.json["code"]) == (401, code)
    assert answer.json["message"]
    assert client.hub.records() == before


# Who it is about


@pytest.mark.parametrize("nobody", [{"anonymousId": None}, {"userId": None, "anonymousId": "cookie-1"}])
def test_an_id_that_is_null_is_as_good_as_none(client: Client, nobody: dict[str, Any]):
    assert statuses(client.batch(viewed(**nobody))) == ["accepted"]


def test_an_id_may_be_a_number(client: Client):
    client.batch(viewed(userId=424242), viewed(userId="424242"))

    assert client.books == NOTHING | {"received": 2, "accepted": 2}
    assert len({record.subject for record in client.hub.records(client.source)}) == 1


def test_an_event_about_nobody_is_parked(client: Client):
    answer = client.batch(viewed(userId=None, anonymousId=None))

    assert statuses(answer) == ["parked"]
    assert answer.results[0]["code"] == "schema_violation"


def test_an_alias_of_somebody_to_themselves_is_taken_and_changes_nobody(client: Client):
    user, other = f"user-{uuid4()}", f"user-{uuid4()}"
    client.batch(viewed(userId=user), viewed(userId=other))
    before = (client.hub.person_of("user_id", user), client.hub.person_of("user_id", other))

    assert statuses(client.batch({"type": "alias", "userId": user, "previousId": user})) == ["accepted"]

    assert None not in before
    assert (client.hub.person_of("user_id", user), client.hub.person_of("user_id", other)) == before


def test_an_alias_joins_a_visitor_to_the_one_who_logged_in(client: Client):
    user, cookie = f"user-{uuid4()}", f"cookie-{uuid4()}"
    client.batch(viewed(userId=None, anonymousId=cookie))

    client.batch({"type": "alias", "userId": user, "previousId": cookie})

    person = client.hub.person_of("user_id", user)
    assert person is not None
    assert client.hub.person_of("anonymous_id", cookie) == person


def test_traits_may_lie_in_the_context(client: Client):
    user = f"user-{uuid4()}"
    email = f"{user}@example.com"

    client.batch({"type": "identify", "userId": user, "context": {"traits": {"email": email}}})

    person = client.hub.person_of("user_id", user)
    assert person is not None
    assert client.hub.person_of("email", email) == person


def test_the_address_of_a_company_is_not_the_address_of_its_people(client: Client):
    office = f"office-{uuid4()}@example.com"
    people = [f"user-{uuid4()}" for _ in range(2)]

    client.batch(
        *({"type": "group", "userId": user, "groupId": office, "traits": {"email": office}} for user in people)
    )

    found = [client.hub.person_of("user_id", user) for user in people]
    assert None not in found
    assert found[0] != found[1]
    assert client.hub.person_of("email", office) is None


def test_an_address_that_two_browsers_claim_joins_nobody(served: ServedHub):
    page = Client(served, served.add_source("page", "web", trust="browser"))
    email = f"{uuid4()}@example.com"
    visitors = [f"cookie-{uuid4()}" for _ in range(2)]

    page.batch(*({"type": "identify", "anonymousId": one, "traits": {"email": email}} for one in visitors))

    found = [served.person_of("anonymous_id", one) for one in visitors]
    assert None not in found
    assert found[0] != found[1]
    assert page.books == NOTHING | {"received": 2, "accepted": 2}


def test_what_a_browser_does_under_the_address_of_another_is_not_filed_under_the_other(
    client: Client, served: ServedHub
):
    owner, cookie = f"user-{uuid4()}", f"cookie-{uuid4()}"
    email = f"{owner}@example.com"
    client.batch({"type": "identify", "userId": owner, "traits": {"email": email}})
    page = Client(served, served.add_source("another-page", "web", trust="browser"))

    page.batch(
        {"type": "identify", "anonymousId": cookie, "traits": {"email": email}},
        viewed(userId=None, anonymousId=cookie, context={"traits": {"email": email}}),
    )

    assert served.person_of("anonymous_id", cookie) != served.person_of("user_id", owner)
    assert {record.subject for record in served.records(page.source)} == {served.subject("anonymous_id", cookie)}


def test_the_channel_is_that_of_the_message_else_that_of_its_source(client: Client):
    client.batch(
        viewed(),
        viewed(context={"channel": "store", "store_id": "paris-1", "register_id": "2", "associate_id": "ana"}),
        viewed(channel="server"),
    )

    assert client.hub.channels(client.source) == ["web", "store", "web"]


# The same thing twice


def test_a_message_sent_again_is_a_duplicate_though_its_envelope_differs(client: Client):
    message = viewed(timestamp="2026-03-01T09:30:00Z")
    retried = message | {"sentAt": "2026-03-01T09:31:00Z", "_metadata": {"retryCount": 2}, "writeKey": "any"}

    first = client.batch(message, sentAt="2026-03-01T09:30:01Z")
    second = client.batch(message, sentAt="2026-03-01T09:30:59Z")
    third = client.batch(retried)

    assert [statuses(answer) for answer in (first, second, third)] == [["accepted"], ["duplicate"], ["duplicate"]]
    assert {answer.results[0]["seq"] for answer in (first, second, third)} == {first.results[0]["seq"]}
    assert len(client.kinds) == 1


def test_another_message_under_the_same_id_is_a_conflict_and_kept(client: Client):
    message = viewed()
    first = client.batch(message)

    second = client.batch(message | {"properties": {"sku": "machine-8"}})

    assert statuses(second) == ["conflict"]
    assert second.results[0]["seq"] == first.results[0]["seq"]
    assert client.books == {"received": 2, "accepted": 1, "duplicate": 0, "conflict": 1, "parked": 0}
    assert client.hub.dead_letters(client.source) == ["conflict"]


def test_the_time_of_a_device_whose_clock_is_wrong_is_put_right_by_when_it_sent(client: Client):
    told, sent = "2026-03-01T09:30:00Z", "2026-03-01T09:40:00Z"

    client.batch(viewed(timestamp=told), sentAt=sent)

    [record] = client.hub.records(client.source)
    ten_minutes = 10 * 60 * 1_000_000
    assert record.occurred_at == record.received_at - ten_minutes


# Tills, warehouses and bulk


def cloud_event(**attributes: Any) -> dict[str, Any]:
    """A sale as a till tells it."""
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/tills/paris-1/2",
        "type": "Order Completed",
        "subject": f"user-{uuid4()}",
        "time": "2026-03-01T09:30:00Z",
        "datacontenttype": "application/json",
        "data": {"order_id": "o-1", "total": 249.5, "currency": "EUR", "store_id": "paris-1", "channel": "store"},
    } | attributes


def test_a_cloud_event_is_taken_as_the_event_of_its_type(client: Client):
    event = cloud_event()

    answer = client.post("/v1/events", event, Content_Type="application/cloudevents+json")

    assert statuses(answer) == ["accepted"]
    assert client.kinds == ["Order Completed"]
    assert client.hub.channels(client.source) == ["store"]
    assert client.hub.person_of("user_id", event["subject"]) is not None
    [record] = client.hub.records(client.source)
    assert record.occurred_at == parse_instant("2026-03-01T09:30:00Z")


def test_cloud_events_come_as_a_list_too_and_each_is_answered(client: Client):
    good = cloud_event()
    nameless = {name: value for name, value in cloud_event().items() if name != "type"}

    answer = client.post("/v1/events", [good, nameless, good], Content_Type="application/cloudevents-batch+json")

    assert statuses(answer) == ["accepted", "parked", "duplicate"]
    assert (answer.results[1]["code"], answer.results[1]["path"]) == ("schema_violation", "/type")


def test_two_sources_of_cloud_events_may_count_their_ids_alike(client: Client):
    customer = f"user-{uuid4()}"
    events = [cloud_event(id="1", source=till, subject=customer) for till in ("/tills/1", "/tills/2")]

    assert statuses(client.post("/v1/events", events)) == ["accepted", "accepted"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_bulk_comes_as_lines_and_each_is_answered(client: Client, pack: Callable[[bytes], bytes]):
    lines = [json.dumps(viewed()).encode(), b"{oops", b"", json.dumps(viewed()).encode(), b""]

    answer = client.post("/v1/import", pack(b"\n".join(lines)), Content_Type="application/x-ndjson")

    assert statuses(answer) == ["accepted", "parked", "accepted"]
    assert answer.results[1]["code"] == "malformed_json"


def test_bulk_may_be_larger_than_a_batch(client: Client):
    lines = [json.dumps(viewed(properties={"note": "x" * KILOBYTE})).encode() for _ in range(1_000)]
    body = b"\n".join(lines)

    answer = client.post("/v1/import", body)

    assert len(body) > 1_000 * KILOBYTE
    assert statuses(answer) == ["accepted"] * 1_000
    assert client.books == NOTHING | {"received": 1_000, "accepted": 1_000}


# Limits


def test_a_batch_over_500_kb_is_refused_whole(client: Client):
    items = [viewed(properties={"note": "x" * 10 * KILOBYTE}) for _ in range(50)]

    answer = client.batch(*items)

    assert (answer.status, answer.json["code"]) == (413, "intake.too_large")
    assert client.books == NOTHING


def test_a_small_body_that_unpacks_to_much_is_refused_whole(client: Client):
    bomb = gzip.compress(b" " * 50_000 * KILOBYTE)

    answer = client.post("/v1/batch", bomb, Content_Encoding="gzip")

    assert len(bomb) < 100 * KILOBYTE
    assert (answer.status, answer.json["code"]) == (413, "intake.too_large")
    assert client.books == NOTHING


def test_an_event_over_32_kb_is_parked_and_its_neighbours_are_taken(client: Client):
    large = viewed(properties={"note": "x" * 33 * KILOBYTE})

    answer = client.batch(viewed(), large, viewed())

    assert statuses(answer) == ["accepted", "parked", "accepted"]
    assert answer.results[1]["code"] == "too_large"
    assert client.books == NOTHING | {"received": 3, "accepted": 2, "parked": 1}
    assert client.hub.dead_letters(client.source) == ["too_large"]


def shouted(properties: bytes) -> bytes:
    """An item around properties that no JSON library would write."""
    return b'{"type":"track","event":"X","userId":"u","properties":' + properties + b"}"


HOSTILE = {
    "too deep": (shouted(b'{"a":' + b"[" * 99 + b"]" * 99 + b"}"), "too_deep"),
    "a nul": (shouted(b'{"a":"\\u0000"}'), "nul_char"),
    "half a surrogate": (shouted(b'{"a":"\\ud800"}'), "bad_encoding"),
    "not utf-8": (shouted(b'{"a":"\xff"}'), "bad_encoding"),
    "beyond numbers": (shouted(b'{"a":1e999}'), "number_range"),
    "four hundred digits": (shouted(b'{"a":1' + b"0" * 400 + b"}"), "number_range"),
    "thirty thousand digits": (shouted(b'{"a":' + b"9" * 30_000 + b"}"), "number_range"),
    "a wrong type": (shouted(b"[1]"), "schema_violation"),
    "no object": (b"[1,2,3]", "schema_violation"),
    "a track without event": (b'{"type":"track","userId":"u"}', "schema_violation"),
    "a time before time": (b'{"type":"track","event":"X","userId":"u","timestamp":"0001-01-01"}', "clock_absurd"),
    "no time": (b'{"type":"track","event":"X","userId":"u","timestamp":"yesterday"}', "schema_violation"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_item_nobody_can_read_is_parked_and_its_neighbours_are_taken(client: Client, name: str):
    item, code = HOSTILE[name]
    good = json.dumps(viewed()).encode()

    answer = client.post("/v1/batch", b'{"batch":[' + good + b"," + item + b"]}")

    assert statuses(answer) == ["accepted", "parked"]
    assert answer.results[1]["code"] == code
    assert client.hub.dead_letters(client.source) == [code]


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff\xfe", b"{'batch':[]}"])
def test_a_body_that_is_no_json_is_parked_and_told_as_a_fault_of_the_client(client: Client, body: bytes):
    answer = client.post("/v1/batch", body)

    assert (answer.status, answer.json["success"]) == (400, False)
    assert [result["status"] for result in answer.results] == ["parked"]
    assert answer.results[0]["code"] in ("malformed_json", "bad_encoding")
    assert client.books == NOTHING | {"received": 1, "parked": 1}


@pytest.mark.parametrize("body", [b"null", b"[]", b'{"batch":{}}', b'{"batch":[1,"x",null]}', b'"text"', b"{}"])
def test_json_that_is_no_batch_is_parked(client: Client, body: bytes):
    answer = client.post("/v1/batch", body)

    assert set(statuses(answer)) == {"parked"}
    assert {result["code"] for result in answer.results} == {"schema_violation"}
    assert client.books == NOTHING | {"received": len(answer.results), "parked": len(answer.results)}


def test_an_empty_batch_is_an_empty_answer(client: Client):
    answer = client.batch()

    assert (answer.status, answer.json) == (200, {"success": True, "results": []})
    assert client.books == NOTHING


def test_the_books_of_the_command_line_are_those_of_the_answers(client: Client):
    client.batch(viewed(), {"type": "shout"})
    counts = ("received", "accepted", "duplicate", "conflict", "parked")
    before = noline("books", hub=client.hub.directory)

    client.batch(viewed(), viewed(), {"type": "whisper"})

    after = noline("books", hub=client.hub.directory)
    assert [after[name] - before[name] for name in counts] == [3, 2, 0, 0, 1]


def words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")}
