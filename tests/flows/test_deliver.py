"""Events out: signed so that others can check it, in the order of the log, again when in doubt, each receiver alone."""

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from fixed_clock import FixedClock
from noline.flows.deliver import Deliveries, signed
from noline.hub import Hub
from noline.kernel.clock import HOUR, MINUTE, SECOND
from shop import Day, track

AS_LONG_AS_IT_TAKES = 600.0


@dataclass
class Receiver:
    """Somebody who is sent events: keeps what came, answers as told, and can break off the process."""

    answers: int | Exception = 200
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.came.append((url, headers, body))
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.came]

    @property
    def events(self) -> list[dict]:
        return [json.loads(body) for _, _, body in self.came]


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def shop(tmp_path, clock):
    """A hub whose clock stands still, with five events of a till and a shop window."""
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        hub.access.add_source("till", "store")
        hub.access.add_source("web", "web", trust="browser")
        tell(hub, 1, 2, 3, 4, 5)
        yield hub


def tell(hub: Hub, *numbers: int) -> None:
    """Odd numbers are prices told by the till, even ones are views of a person in the web."""
    at = Day().next()
    for number in numbers:
        if number % 2:
            hub.accept("till", [track("Price Set", id=f"m-{number}", at=at, sku="a", price=number, currency="EUR")])
        else:
            hub.accept("web", [track("Product Viewed", id=f"m-{number}", at=at, user="anna", sku="a")])


def push(hub: Hub, receiver) -> int:
    return hub.deliveries.push(receiver, AS_LONG_AS_IT_TAKES)


def reached(hub: Hub, name: str = "erp") -> int:
    return hub.outbox.subscription(name).delivered_seq


# What is sent


def test_every_event_is_signed_so_that_a_receiver_can_check_it(tmp_path):
    """The checker is the package of the Standard Webhooks project, which looks at the time too."""
    with Hub.init(tmp_path / "shop.noline") as hub:
        hub.access.add_source("till", "store")
        hub.access.add_source("web", "web")
        tell(hub, 1, 2)
        secret = hub.outbox.subscribe("erp", "https://erp.example/in").secret
        receiver = Receiver()
        assert push(hub, receiver) == 2
    for _, headers, body in receiver.came:
        assert Webhook(secret).verify(body, headers) == json.loads(body)
        for wrong_body, wrong_headers in [
            (body.replace(b'"specversion":"1.0"', b'"specversion":"1.1"'), headers),
            (body, {**headers, "webhook-id": "other"}),
            (body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}),
        ]:
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(wrong_body, wrong_headers)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "A" * 32).verify(body, headers)


def test_a_signature_is_what_the_specification_computes():
    headers = signed("msg_1", 1_700_000_000, b'{"test": 2432232314}', "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == "1700000000"
    webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    moment = datetime.fromtimestamp(1_700_000_000, tz=UTC)
    assert headers["webhook-signature"] == webhook.sign("msg_1", moment, '{"test": 2432232314}')


def test_an_event_is_a_cloud_event(shop):
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example/in", after=4)
    push(shop, receiver)
    ((url, headers, body),) = receiver.came
    assert (url, headers["content-type"]) == ("https://erp.example/in", "application/cloudevents+json")
    event = json.loads(body)
    assert event == {
        "specversion": "1.0",
        "id": "till-5",
        "source": "/sources/till",
        "type": "Price Set",
        "subject": event["subject"],
        "time": "2026-03-02T09:00:00.000Z",
        "datacontenttype": "application/json",
        "sequence": "00000000000000000005",
        "data": track("Price Set", id="m-5", at=Day().next(), sku="a", price=5, currency="EUR"),
    }
    assert len(event["subject"]) == 32
    assert headers["webhook-id"] == "till-5"


def test_a_write_key_inside_a_message_is_not_sent_on(shop):
    shop.accept("web", [{"type": "page", "messageId": "m-6", "userId": "anna", "writeKey": "csecret", "name": "Home"}])
    (event,) = shop.deliveries.changes(5, 10).changes
    assert event["data"] == {"type": "page", "messageId": "m-6", "userId": "anna", "name": "Home"}


def test_a_source_with_any_name_makes_headers_that_can_be_sent(shop):
    shop.access.add_source("Café / Zürich", "store")
    shop.accept("Café / Zürich", [track("Price Set", id="m-6", at=Day().next(), sku="a", price=1, currency="EUR")])
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example", after=5)
    push(shop, receiver)
    assert receiver.ids == ["Caf%C3%A9%20%2F%20Z%C3%BCrich-6"]
    assert receiver.events[0]["source"] == "/sources/Caf%C3%A9%20%2F%20Z%C3%BCrich"


def test_of_an_erased_subject_nothing_but_the_fact_is_sent(shop):
    with shop.store.transaction() as tx:
        assert tx.run("DELETE FROM subject_keys") == 1
    shop.vault.forget_caches()
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example")
    assert push(shop, receiver) == 5
    assert [(event["type"], event["data"] is None) for event in receiver.events] == [
        ("Price Set", False), ("Product Viewed", True), ("Price Set", False), ("Product Viewed", True),
        ("Price Set", False),
    ]  # fmt: skip


# In which order, and how often


def test_events_come_in_the_order_of_the_log_and_once_when_all_goes_well(shop):
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example")
    assert (push(shop, receiver), push(shop, receiver)) == (5, 0)
    tell(shop, 6, 7)
    assert push(shop, receiver) == 2
    assert receiver.ids == ["till-1", "web-2", "till-3", "web-4", "till-5", "web-6", "till-7"]
    assert reached(shop) == 7


def test_a_receiver_gets_the_kinds_it_wants_and_its_cursor_passes_the_others(shop):
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example", ("Price Set", "Order Completed"))
    assert push(shop, receiver) == 3
    assert receiver.ids == ["till-1", "till-3", "till-5"]
    tell(shop, 6)
    assert (push(shop, receiver), reached(shop)) == (0, 6)


def test_a_long_way_is_gone_in_turns(tmp_path, clock):
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        hub.access.add_source("till", "store")
        at = Day().next()
        hub.accept(
            "till", [track("Price Set", id=f"m-{n}", at=at, sku="a", price=n, currency="EUR") for n in range(450)]
        )
        hub.outbox.subscribe("erp", "https://erp.example")
        receiver = Receiver()
        assert [push(hub, receiver) for _ in range(4)] == [200, 200, 50, 0]
    assert receiver.ids == [f"till-{n}" for n in range(1, 451)]


def test_a_failure_stops_the_turn_and_the_same_event_comes_first_next_time(shop, clock):
    shop.outbox.subscribe("erp", "https://erp.example")
    receiver = Receiver()
    failing = Receiver(500)
    picky = lambda url, body, headers: (failing if b'"m-3"' in body else receiver)(url, body, headers)  # noqa: E731
    assert push(shop, picky) == 2
    known = shop.outbox.subscription("erp")
    assert (known.delivered_seq, known.attempts, known.last_error) == (2, 1, "HTTP 500")
    assert push(shop, receiver) == 0
    clock.go_on(1 * SECOND)
    assert push(shop, receiver) == 3
    assert receiver.ids == ["till-1", "web-2", "till-3", "web-4", "till-5"]
    assert shop.outbox.subscription("erp").attempts == 0


@pytest.mark.parametrize("status", [199, 300, 301, 400, 401, 404, 410, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again(shop, status):
    shop.outbox.subscribe("erp", "https://erp.example")
    assert push(shop, Receiver(status)) == 0
    assert shop.outbox.subscription("erp").last_error == f"HTTP {status}"
    assert reached(shop) == 0


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_success_is_one(shop, status):
    shop.outbox.subscribe("erp", "https://erp.example")
    assert push(shop, Receiver(status)) == 5


@pytest.mark.parametrize("trouble", [OSError("nobody answers"), ValueError("no such address"), UnicodeError("strange")])
def test_a_failing_receiver_does_not_touch_another(shop, trouble):
    """Their names are chosen so that the failing one stands first."""
    shop.outbox.subscribe("a-broken", "https://broken.example")
    shop.outbox.subscribe("b-good", "https://good.example")
    good, broken = Receiver(), Receiver(trouble)
    post = lambda url, *rest: (broken if "broken" in url else good)(url, *rest)  # noqa: E731
    assert push(shop, post) == 5
    assert (len(good.came), len(broken.came)) == (5, 1)
    assert shop.outbox.subscription("a-broken").last_error == f"{type(trouble).__name__}: {trouble}"


def test_a_receiver_that_hangs_holds_up_nobody(shop):
    shop.outbox.subscribe("a-slow", "https://slow.example")
    shop.outbox.subscribe("b-good", "https://good.example")
    let_go, good, slow = threading.Event(), Receiver(), Receiver()

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        if "slow" in url:
            let_go.wait()
            return slow(url, body, headers)
        return good(url, body, headers)

    while len(good.came) < 5:
        shop.deliveries.push(post, 0.01)
    tell(shop, 6)
    while len(good.came) < 6:
        shop.deliveries.push(post, 0.01)
    assert (slow.came, good.ids[-1]) == ([], "web-6")
    let_go.set()
    while len(slow.came) < 6:
        shop.deliveries.push(post, 0.01)
    assert slow.ids == good.ids


def test_one_receiver_is_never_sent_to_twice_at_the_same_time(shop):
    shop.outbox.subscribe("erp", "https://erp.example")
    let_go, receiver = threading.Event(), Receiver()

    def post(*told) -> int:
        let_go.wait()
        return receiver(*told)

    for _ in range(5):
        assert shop.deliveries.push(post, 0.0) == 0
    let_go.set()
    assert push(shop, post) == 5
    assert receiver.ids == ["till-1", "web-2", "till-3", "web-4", "till-5"]


# When something breaks


class Killed(BaseException):
    """The process ends here."""


def test_a_crash_between_sending_and_noting_it_sends_the_same_event_again(tmp_path, clock):
    """At least once: the receiver knows it by its webhook-id."""
    receiver = Receiver()
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        hub.access.add_source("till", "store")
        tell(hub, 1, 3)
        hub.outbox.subscribe("erp", "https://erp.example")

        def crash(*told) -> int:
            receiver(*told)
            raise Killed

        with pytest.raises(Killed):
            push(hub, crash)
    with Hub.open(tmp_path / "shop.noline", clock=clock) as again:
        assert (reached(again), again.outbox.subscription("erp").attempts) == (0, 0)
        assert push(again, receiver) == 2
    assert receiver.ids == ["till-1", "till-1", "till-2"]


def test_a_retry_carries_the_same_id_and_a_fresh_signature(shop, clock):
    shop.outbox.subscribe("erp", "https://erp.example", after=4)
    receiver = Receiver(503)
    push(shop, receiver)
    clock.go_on(10 * SECOND)
    push(shop, receiver)
    (_, first, body), (_, second, same_body) = receiver.came
    assert (first["webhook-id"], body) == (second["webhook-id"], same_body)
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 10
    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_receiver_that_fails_for_72_hours_is_paused_and_goes_on_when_resumed(shop, clock):
    shop.outbox.subscribe("erp", "https://erp.example")
    broken = Receiver(OSError("nobody answers"))
    began = clock.now()
    while shop.outbox.subscription("erp").state == "active":
        push(shop, broken)
        clock.go_on(10 * MINUTE)
    assert clock.now() - began == 72 * HOUR + 10 * MINUTE
    tries = len(broken.came)
    clock.go_on(HOUR)
    assert push(shop, broken) == 0
    assert len(broken.came) == tries
    good = Receiver()
    shop.outbox.resume("erp")
    assert push(shop, good) == shop.last_seq()
    assert good.ids[0] == broken.ids[0] == "till-1"


def test_everything_can_be_sent_again_from_any_position(shop):
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example")
    push(shop, receiver)
    shop.outbox.resume("erp", after=3)
    assert push(shop, receiver) == 2
    shop.outbox.resume("erp", after=0)
    assert push(shop, receiver) == 5
    assert receiver.ids[5:] == ["web-4", "till-5", "till-1", "web-2", "till-3", "web-4", "till-5"]


def test_a_replay_asked_for_during_a_turn_is_not_lost(shop):
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example", after=1)

    def post(*told) -> int:
        if len(receiver.came) == 1:
            shop.outbox.resume("erp", after=0)
        return receiver(*told)

    push(shop, post)
    assert reached(shop) == 0
    assert push(shop, receiver) == 5
    assert receiver.ids[-5:] == ["till-1", "web-2", "till-3", "web-4", "till-5"]


@pytest.mark.parametrize("deed", ["pause", "remove"])
def test_a_receiver_that_is_paused_or_removed_during_a_turn_gets_no_more(shop, deed):
    receiver = Receiver()
    shop.outbox.subscribe("erp", "https://erp.example")

    def post(*told) -> int:
        if len(receiver.came) == 1:
            getattr(shop.outbox, deed)("erp")
        return receiver(*told)

    assert push(shop, post) == 2
    assert receiver.ids == ["till-1", "web-2"]
    if deed == "pause":
        assert reached(shop) == 2


def test_a_receiver_that_is_removed_while_it_fails_is_gone(shop):
    shop.outbox.subscribe("erp", "https://erp.example")

    def post(*_: object) -> int:
        shop.outbox.remove("erp")
        raise OSError("nobody answers")

    assert push(shop, post) == 0
    assert shop.outbox.subscriptions() == []


def test_closing_lets_the_event_on_its_way_arrive_and_remembers_it(tmp_path, clock):
    receiver, began, let_go = Receiver(), threading.Event(), threading.Event()
    hub = Hub.init(tmp_path / "shop.noline", clock=clock)
    hub.access.add_source("till", "store")
    tell(hub, 1, 3, 5)
    hub.outbox.subscribe("erp", "https://erp.example")

    def post(*told) -> int:
        began.set()
        let_go.wait()
        return receiver(*told)

    hub.deliveries.push(post, 0.0)
    began.wait()
    closing = threading.Thread(target=hub.close)
    closing.start()
    hub.deliveries._stopping.wait()
    let_go.set()
    closing.join()
    with Hub.open(tmp_path / "shop.noline", clock=clock) as again:
        assert (receiver.ids, reached(again)) == (["till-1"], 1)


# Pulled


def test_changes_are_told_in_pages_until_there_are_no_more(hub):
    hub.access.add_source("till", "store")
    hub.access.add_source("web", "web")
    tell(hub, 1, 2, 3, 4, 5)
    pages, after, more = [], 0, True
    while more:
        page = hub.deliveries.changes(after, 2)
        pages.append([event["data"]["messageId"] for event in page.changes])
        after, more = page.after, page.more
    assert pages == [["m-1", "m-2"], ["m-3", "m-4"], ["m-5"]]
    assert (after, hub.deliveries.changes(5, 2).changes, hub.deliveries.changes(5, 2).more) == (5, [], False)
    tell(hub, 6)
    assert [event["id"] for event in hub.deliveries.changes(after, 2).changes] == ["web-6"]


def test_changes_of_some_kinds_pass_over_the_others(hub):
    hub.access.add_source("till", "store")
    hub.access.add_source("web", "web")
    tell(hub, 1, 2, 3, 4)
    page = hub.deliveries.changes(0, 2, ("Price Set",))
    assert ([event["id"] for event in page.changes], page.after, page.more) == (["till-1"], 2, True)
    page = hub.deliveries.changes(3, 10, ("Price Set",))
    assert (page.changes, page.after, page.more) == ([], 4, False)


def test_behind_the_end_of_the_log_nothing_is_told_and_the_place_is_kept(hub):
    assert hub.deliveries.changes(0, 10) == type(hub.deliveries.changes(0, 10))([], 0, False)
    assert hub.deliveries.changes(77, 10).after == 77


def test_deliveries_of_a_hub_begin_no_thread_before_they_are_needed(shop):
    assert isinstance(shop.deliveries, Deliveries)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("noline-webhook")] == []
