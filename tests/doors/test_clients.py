"""Looking after customers over HTTP: what a counter taps is done once, told back as it stands, and refused in words."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.clock import DAY, MINUTE, as_text
from noline.stores.access import Role
from selling import Selling
from shop import Day, identify, track

NOON = "2099-03-02T12:00:00.000Z"
TOLD = "2026-03-02T12:00:00.000Z"


class Counter:
    """A hub with a store and Anna, and its API in this process."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.key = hub.access.add_key(Role.ASSOCIATE)[1]
        hub.access.add_source("crm", "crm")
        day = Day()
        hub.accept("crm", [
            identify(id="c-1", at=day.next(), user="anna", email="anna@example.com", name="Anna Arabica"),
            track("Location Opened", id="c-2", at=day.next(), location="paris-1", name="Opéra", channel="store"),
        ])  # fmt: skip
        self.anna = hub.find_customers("anna@example.com")[0].person

    def ask(self, path: str, body: Any = None, *, status: int = 200, key: str | None = None) -> Any:
        sent = {"authorization": f"Bearer {self.key}", **({"idempotency-key": key} if key else {})}
        answer = self.client.request("GET" if body is None else "POST", f"/v1/{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def counter(hub: Hub) -> Iterator[Counter]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Counter(hub, client)
    writer.stop()


def test_a_note_is_written_once_and_withdrawn(counter: Counter):
    notes = f"customers/{counter.anna}/notes"
    first = counter.ask(notes, {"text": "likes it strong"}, key="k-1")
    assert (first["status"], counter.ask(notes, {"text": "likes it strong"}, key="k-1")) == (
        "accepted", first,
    )  # fmt: skip
    refused = counter.ask(notes, {"text": "mild"}, key="k-1", status=409)
    assert refused["code"] == "idempotency.key_reused"
    (note,) = counter.hub.clienteling.of(counter.anna)[0].notes
    assert (note.id, note.by) == (first["id"], "a key of role associate")
    assert counter.ask(f"{notes}/{first['id']}/withdraw", {"by": "lea"})["status"] == "accepted"
    assert counter.hub.clienteling.of(counter.anna)[0].notes == []
    assert counter.ask(f"{notes}/nothing/withdraw", {}, status=404)["code"] == "not_found"


def test_a_note_that_cannot_be_kept_is_refused(counter: Counter):
    notes, before = f"customers/{counter.anna}/notes", counter.hub.last_seq()
    for body in ({"text": ""}, {"text": " "}, {"text": "x" * 2001}, {"text": "a\0b"}, {"text": "a", "by": "\0"}, {}):
        assert counter.ask(notes, body, status=400)["code"] == "http.bad_request"
    assert counter.ask("customers/p_nobody/notes", {"text": "fine"}, status=404)["code"] == "not_found"
    assert counter.hub.last_seq() == before


BODIES = {
    "notes": {"text": "likes it strong"},
    "adviser": {"by_name": "lea"},
    "appointments": {"store": "paris-1", "at": NOON, "topic": "tasting"},
    "follow-ups": {"text": "call her", "due": NOON},
    "cases": {"topic": "machine", "text": "it leaks"},
    "actions/pickup": {"answer": "accepted"},
}


def test_what_was_sent_before_a_merge_is_not_done_again_after_it(counter: Counter):
    hub = counter.hub
    hub.accept("crm", [identify(id="c-0", at=TOLD, user="a-boris", email="boris@example.com")])
    for whom in (counter.anna, hub.find_customers("boris@example.com")[0].person):
        keys = {path: f"{path}-{whom}" for path in BODIES}
        sent = {path: counter.ask(f"customers/{whom}/{path}", body, key=keys[path]) for path, body in BODIES.items()}
        before = hub.last_seq()
        if whom == counter.anna:
            hub.identity.merge(whom, hub.find_customers("boris@example.com")[0].person, by="lea", reason="the same")
            before = hub.last_seq()
        for path, body in BODIES.items():
            assert counter.ask(f"customers/{whom}/{path}", body, key=keys[path]) == sent[path]
        assert hub.last_seq() == before


def test_no_answer_that_was_kept_under_a_key_survives_an_erasure(counter: Counter):
    for path, body in BODIES.items():
        words = {name: "canary7q" if name in {"text", "topic", "by_name"} else one for name, one in body.items()}
        counter.ask(f"customers/{counter.anna}/{path}", words, key=path)
    counter.hub.erase(counter.anna, by="dpo", reason="asked by letter")
    with counter.hub.store.reading() as reader:
        kept = reader.rows("SELECT answer FROM command_results")
    assert len(kept) == len(BODIES)
    assert [one for one in kept if b"canary7q" in bytes(one[0])] == []


@pytest.mark.parametrize(("by", "stands"), [
    ("\u202e", "a key of role associate"), ("le\u0007a", "a key of role associate"),
    ("\u200b", "a key of role associate"), ("le\u2066a", "a key of role associate"), (" L\u00e9a ", "L\u00e9a"),
])  # fmt: skip
def test_a_name_that_nobody_can_read_is_the_role_of_the_key(counter: Counter, by, stands):
    made = counter.ask(f"customers/{counter.anna}/follow-ups", {"text": "call", "due": NOON, "by": by})
    assert made["follow_up"]["by"] == stands


def test_a_span_of_more_than_eight_days_is_refused(counter: Counter):
    assert counter.ask("counter/today?store=paris-1&from=2099-03-02&to=2099-03-10")["to"] == "2099-03-10T00:00:00.000Z"
    for span in ("from=2099-03-02&to=2099-03-11", "from=2099-03-02&to=2099-03-02", "from=9999-12-31T12:00:00Z"):
        refused = counter.ask(f"counter/today?store=paris-1&{span}", status=400)
        assert refused["code"] == "counter.span_unreadable"


def test_looking_at_recommendations_and_a_recipe_for_somebody_is_noted_once_an_hour(counter: Counter):
    for _ in range(2):
        counter.ask(f"customers/{counter.anna}/recommendations?store=paris-1&by=lea")
        counter.ask(f"recipes/affogato?person={counter.anna}&by=lea")
        counter.ask("recipes/affogato")
    seen = counter.ask(f"customers/{counter.anna}/views")
    assert sorted((one["by"], one["store"] or "", one["purpose"]) for one in seen) == [
        ("lea", "", "personalisation"), ("lea", "paris-1", "personalisation"),
    ]  # fmt: skip


def test_the_adviser_is_named_and_taken_away(counter: Counter):
    path = f"customers/{counter.anna}/adviser"
    counter.ask(path, {"by_name": "lea", "by": "lea"})
    assert counter.hub.clienteling.of(counter.anna)[0].adviser.by == "lea"
    counter.ask(path, {"by_name": ""}, key="k-2")
    assert counter.hub.clienteling.of(counter.anna)[0].adviser is None


def test_an_appointment_is_booked_shown_today_and_kept(counter: Counter):
    body = {"store": "paris-1", "at": "2099-03-02T13:00:00+01:00", "topic": "tasting", "by": "lea"}
    made = counter.ask(f"customers/{counter.anna}/appointments", body, key="k-1")
    expected = {"id": made["id"], "at": NOON, "store": "paris-1", "topic": "tasting", "state": "booked"}
    assert made["appointment"] == expected
    again = counter.ask(f"customers/{counter.anna}/appointments", body, key="k-1")
    assert again == made
    today = counter.ask("counter/today?store=paris-1&from=2099-03-02&to=2099-03-03")
    assert (today["place"], today["from"], today["to"]) == (
        "Opéra", "2099-03-02T00:00:00.000Z", "2099-03-03T00:00:00.000Z",
    )  # fmt: skip
    assert today["appointments"] == [{**expected, "person": counter.anna, "name": "Anna Arabica"}]
    assert counter.ask(f"appointments/{made['id']}/miss", {})["appointment"]["state"] == "missed"
    assert counter.ask(f"appointments/{made['id']}/keep", {})["appointment"]["state"] == "kept"
    over = counter.ask(f"appointments/{made['id']}/withdraw", {}, status=409)
    assert (over["code"], over["facts"]["state"]) == ("clients.appointment_over", "kept")
    assert counter.ask("appointments/nothing/keep", {}, status=404)["code"] == "not_found"
    wrong = counter.ask(f"customers/{counter.anna}/appointments", {**body, "at": "soon"}, status=400)
    assert wrong["code"] == "value.not_instant"


def test_a_follow_up_is_planned_shown_today_and_closed(counter: Counter):
    body = {"text": "call her", "due": NOON, "assigned_to": "mia", "by": "lea"}
    made = counter.ask(f"customers/{counter.anna}/follow-ups", body)
    assert made["follow_up"] == {
        "id": made["id"], "due": NOON, "text": "call her", "by": "lea", "assigned_to": "mia", "closed_at": None,
        "outcome": None,
    }  # fmt: skip
    today = counter.ask("counter/today?store=paris-1&from=2099-03-02")
    assert [(one["id"], one["name"]) for one in today["follow_ups"]] == [(made["id"], "Anna Arabica")]
    closed = counter.ask(f"follow-ups/{made['id']}/close", {"outcome": "she comes"})
    assert (closed["status"], closed["follow_up"]["outcome"]) == ("accepted", "she comes")
    assert counter.ask(f"follow-ups/{made['id']}/close", {"outcome": "again"})["status"] == "duplicate"
    assert counter.ask("counter/today?store=paris-1&from=2099-03-02")["follow_ups"] == []


def test_a_case_is_opened_shown_today_and_resolved(counter: Counter):
    body = {"topic": "machine", "text": "it leaks", "order": "o-1", "store": "paris-1"}
    made = counter.ask(f"customers/{counter.anna}/cases", body, key="k-1")
    assert {name: made["case"][name] for name in ("kind", "state", "topic", "text", "order", "missed")} == {
        "kind": "complaint", "state": "open", "topic": "machine", "text": "it leaks", "order": "o-1", "missed": 0,
    }  # fmt: skip
    (loop,) = counter.ask("counter/today?store=paris-1")["loops"]
    assert loop == {
        "id": made["id"], "kind": "complaint", "text": "machine", "since": made["case"]["since"], "order": "o-1",
        "person": counter.anna, "name": "Anna Arabica",
    }  # fmt: skip
    assert counter.ask(f"cases/{made['id']}/resolve", {"outcome": "replaced"})["case"]["state"] == "closed"
    assert counter.ask(f"cases/{made['id']}/resolve", {"outcome": "replaced"})["status"] == "duplicate"
    assert counter.ask("counter/today?store=paris-1")["loops"] == []


def test_a_question_and_a_call_wait_as_what_they_are(counter: Counter):
    for kind in ("unanswered", "callback"):
        made = counter.ask(f"customers/{counter.anna}/cases", {"topic": "filters", "kind": kind, "store": "paris-1"})
        assert made["case"]["kind"] == kind
        assert [one["kind"] for one in counter.ask("counter/today?store=paris-1")["loops"]] == [kind]
        assert counter.ask(f"cases/{made['id']}/resolve", {"outcome": "told her"})["case"]["state"] == "closed"
        assert counter.ask("counter/today?store=paris-1")["loops"] == []
    wrong = counter.ask(f"customers/{counter.anna}/cases", {"topic": "filters", "kind": "praise"}, status=400)
    assert wrong["code"] == "http.bad_request"


def reviews(counter: Counter, review: str = "r-1") -> None:
    """Anna writes of the store, and is not pleased."""
    about = {"review_id": review, "rating": 2, "store_id": "paris-1"}
    said = track("Review Posted", id=f"m-{review}", at=TOLD, user="anna", **about)
    (receipt,) = counter.hub.accept("crm", [said])
    assert receipt.status == "accepted"


def test_a_review_is_answered_and_leaves_the_day(counter: Counter):
    reviews(counter)
    assert [one["id"] for one in counter.ask("counter/today?store=paris-1")["loops"]] == ["r-1"]
    before = counter.hub.last_seq()
    for outcome in (" ", "call p_0000 back \0"):
        assert counter.ask("reviews/r-1/answer", {"outcome": outcome}, status=400)["code"] == "http.bad_request"
    assert counter.ask("reviews/r-9/answer", {"outcome": "called her"}, status=404)["code"] == "not_found"
    assert counter.hub.last_seq() == before
    told = counter.ask("reviews/r-1/answer", {"outcome": "called her", "by": "lea"})
    assert (told["status"], told["review"]["state"], told["customer"]) == ("accepted", "answered", counter.anna)
    assert counter.ask("counter/today?store=paris-1")["loops"] == []
    assert counter.ask("reviews/r-1/answer", {"outcome": "called again"})["status"] == "duplicate"
    assert counter.hub.last_seq() == before + 1


def test_a_time_without_an_offset_is_the_clock_of_the_store(counter: Counter):
    placed = {"location": "paris-2", "name": "Marais", "channel": "store", "country": "FR"}
    (receipt,) = counter.hub.accept("crm", [track("Location Opened", id="c-9", at=TOLD, **placed)])
    assert receipt.status == "accepted"
    book = f"customers/{counter.anna}/appointments"
    for at, instant in (
        ("2099-03-28T15:00", "2099-03-28T14:00:00.000Z"), ("2099-03-29T15:00", "2099-03-29T13:00:00.000Z"),
        ("2099-03-29T15:00+00:00", "2099-03-29T15:00:00.000Z"),
    ):  # fmt: skip
        made = counter.ask(book, {"store": "paris-2", "at": at, "topic": "tasting"})
        assert made["appointment"]["at"] == instant


def settled(counter: Counter) -> dict[str, tuple[Any, Any]]:
    """By address what is sent to settle what is open, and another body for the same address."""
    made = {path: counter.ask(f"customers/{counter.anna}/{path}", body)["id"] for path, body in BODIES.items()
            if path in {"notes", "follow-ups", "cases"}}  # fmt: skip
    book = f"customers/{counter.anna}/appointments"
    kept, missed, off = (counter.ask(book, BODIES["appointments"])["id"] for _ in range(3))
    reviews(counter)
    outcome = ({"outcome": "canary7q"}, {"outcome": "something else"})
    doer = ({"by": "lea"}, {"by": "mia"})
    return {
        f"customers/{counter.anna}/notes/{made['notes']}/withdraw": doer,
        f"appointments/{kept}/keep": doer, f"appointments/{missed}/miss": doer, f"appointments/{off}/withdraw": doer,
        f"follow-ups/{made['follow-ups']}/close": outcome, f"cases/{made['cases']}/resolve": outcome,
        "reviews/r-1/answer": outcome,
    }  # fmt: skip


def test_what_settles_something_is_done_once_under_a_key_and_another_body_is_refused(counter: Counter):
    for path, (body, other) in settled(counter).items():
        first = counter.ask(path, body, key=path)
        assert (first["status"], first["customer"]) == ("accepted", counter.anna), path
        before = counter.hub.last_seq()
        assert counter.ask(path, body, key=path) == first
        assert counter.ask(path, other, key=path, status=409)["code"] == "idempotency.key_reused"
        assert counter.hub.last_seq() == before


def test_what_was_answered_under_a_key_about_something_settled_is_erased_too(counter: Counter):
    for path, (body, _) in settled(counter).items():
        counter.ask(path, body, key=path)
    counter.hub.erase(counter.anna, by="dpo", reason="asked by letter")
    with counter.hub.store.reading() as reader:
        kept = reader.rows("SELECT answer FROM command_results")
    assert len(kept) == 7
    assert [one for one in kept if b"canary7q" in bytes(one[0]) or counter.anna.encode() in bytes(one[0])] == []


def test_who_looked_is_told(counter: Counter):
    with counter.hub.store.transaction() as tx:
        for by in ("lea", "mia"):
            said = {"by": by, "store": "paris-1", "purpose": "service", "facts": ("f1",)}
            counter.hub.clienteling.viewed(tx, counter.hub.customers.whom(tx, counter.anna), **said)
    seen = counter.ask(f"customers/{counter.anna}/views")
    assert [(one["by"], one["store"], one["purpose"], one["facts"]) for one in seen] == [
        ("mia", "paris-1", "service", ["f1"]), ("lea", "paris-1", "service", ["f1"]),
    ]  # fmt: skip
    assert counter.ask(f"customers/{counter.anna}/views?limit=1") == seen[:1]


def test_what_is_ready_at_a_store_is_told_with_whom_it_is_for(counter: Counter):
    hub = counter.hub
    selling = Selling(hub)
    selling.receive(3, "paris-1")
    selling.place(2, "pickup", "paris-1", order_id="o-7", customer={"email": "anna@example.com"})
    for step in ("accept", "pick", "ready"):
        getattr(hub.fulfilling, step)("o-7-1", by="Ben")
    (ready,) = counter.ask("counter/today?store=paris-1")["pickups"]
    assert (ready["order"], ready["fulfilment"], ready["person"], ready["name"]) == (
        "o-7", "o-7-1", counter.anna, "Anna Arabica",
    )  # fmt: skip
    assert [(one["sku"], one["units"]) for one in ready["lines"]] == [("coffee", 2)]


def test_a_day_is_the_stores_own_unless_a_span_is_given(counter: Counter):
    told = counter.ask("counter/today?store=nowhere")
    assert (told["place"], told["appointments"], told["pickups"], told["loops"], told["follow_ups"]) == (
        "nowhere", [], [], [], [],
    )  # fmt: skip
    begins = counter.hub.clock.now() // DAY * DAY
    assert (told["from"], told["to"]) == (as_text(begins), as_text(begins + DAY))
    assert counter.ask("counter/today", status=400)["code"] == "http.bad_request"
    assert counter.ask("counter/today?store=x&from=soon", status=400)["code"] == "value.not_instant"


def test_who_logs_in_again_between_two_tries_does_nothing_twice(counter: Counter):
    sessions = [counter.hub.access.new_session(Role.ASSOCIATE) for _ in range(2)]
    for path, body in BODIES.items():
        told = [
            counter.client.post(
                f"/v1/customers/{counter.anna}/{path}", json=body,
                headers={"cookie": f"noline_session={session}", "idempotency-key": f"tap-{path}"},
            )
            for session in sessions
        ]  # fmt: skip
        assert [one.status_code for one in told] == [200, 200], path
        assert told[0].content == told[1].content, path


@pytest.mark.parametrize("name", ["A/17", "..", "a?b", "-"])
def test_an_id_that_a_channel_made_is_settled_whatever_it_holds(counter: Counter, name: str):
    def tell(event: str, **about: str) -> None:
        said = track(event, id=f"m-{event}", at=TOLD, user="anna", store_id="paris-1", **about)
        assert [one.status for one in counter.hub.accept("crm", [said])] == ["accepted"]

    tell("Appointment Booked", appointment_id=name, starts_at=TOLD)
    tell("Case Opened", case_id=name, topic="machine")
    reviews(counter, name)
    at = f"?id={quote(name, safe='')}"
    assert counter.ask(f"appointments/-/keep{at}", {})["appointment"]["id"] == name
    assert counter.ask(f"cases/-/resolve{at}", {"outcome": "replaced"}, key="k")["case"]["state"] == "closed"
    assert counter.ask(f"reviews/-/answer{at}", {"outcome": "called"})["review"]["state"] == "answered"
    other = counter.ask("cases/-/resolve?id=another", {"outcome": "replaced"}, key="k", status=409)
    assert other["code"] == "idempotency.key_reused"


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01", "9999-12-31T23:59:59+00:00"])
def test_a_time_at_the_ends_of_the_calendar_is_refused_in_words(counter: Counter, at: str):
    body = {"store": "paris-1", "at": at, "topic": "tasting"}
    assert counter.ask(f"customers/{counter.anna}/appointments", body, status=400)["code"] == "value.not_instant"


def test_nothing_is_booked_in_a_store_that_nobody_knows_or_at_a_time_that_is_over(counter: Counter):
    book, before, now = f"customers/{counter.anna}/appointments", counter.hub.last_seq(), counter.hub.clock.now()
    body = {"store": "paris-1", "topic": "tasting"}
    nowhere = counter.ask(book, {**body, "store": "nowhere", "at": NOON}, status=404)
    assert nowhere["code"] == "not_found"
    over = counter.ask(book, {**body, "at": as_text(now - 61 * MINUTE)}, status=400)
    assert (over["code"], over["facts"]["place"]) == ("counter.appointment_past", "Opéra")
    assert counter.hub.last_seq() == before
    assert counter.ask(book, {**body, "at": as_text(now - 30 * MINUTE)})["status"] == "accepted"
