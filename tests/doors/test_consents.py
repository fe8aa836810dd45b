"""Consent through the doors: taken down at a counter, asked for, and opted out of by a browser that never asked."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.cli.main import run
from noline.doors.http.api import api
from noline.doors.http.intake import IntakeDoor
from noline.doors.http.writer import Writer
from noline.flows.consent import addressed
from noline.hub import Hub
from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier
from noline.stores.access import Role
from noline.truth.consents.model import State
from shop import Day, assert_books_balance, identify, track


class Doors:
    """A hub with its API and its intake, both in this process."""

    def __init__(self, hub: Hub, writer: Writer, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.intake = IntakeDoor(hub.intake, hub.access, writer)
        self.day = Day()
        self.keys = {
            name: hub.access.add_source(name, channel, trust=trust)
            for name, channel, trust in (("crm", "crm", "server"), ("shop", "web", "browser"))
        }
        self.role_key = hub.access.add_key(Role.ASSOCIATE)[1]

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
        sent = {
            "authorization": f"Bearer {self.role_key}",
            **{name.replace("_", "-"): v for name, v in headers.items()},
        }
        answer = self.client.request(method, f"/v1/customers/{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(self, source: str, *messages: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
        """Send a batch as a browser does; underscores in header names become dashes."""
        body = json.dumps({"batch": messages, "writeKey": self.keys[source]}).encode()
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/v1/batch", "headers": sent, "query_string": b""}
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def reply(message: Any) -> None:
            said.append(message)

        asyncio.run(self.intake(scope, receive, reply))
        assert said[0]["status"] == 200, said
        return json.loads(said[1]["body"])["results"]

    def person(self, text: str) -> str:
        (found,) = self.hub.find_customers(text)
        return found.person

    def records(self) -> int:
        return self.hub.last_seq()


@pytest.fixture
def doors(hub: Hub) -> Iterator[Doors]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Doors(hub, writer, client)
    writer.stop()


@pytest.fixture
def anna(doors: Doors) -> str:
    """A customer with a user id and an e-mail."""
    doors.hub.accept("crm", [identify(id="i-1", at=doors.day.next(), user="anna", email="anna@example.com")])
    return doors.person("anna@example.com")


# --- Over HTTP ------------------------------------------------------------------------------------------------------


def test_nothing_is_allowed_before_somebody_says_yes(doors: Doors, anna: str):
    assert doors.ask("GET", f"{anna}/consent/marketing?channel=email") == {
        "person": anna,
        "purpose": "marketing",
        "channel": "email",
        "allowed": False,
        "state": "unknown",
        "why": "nobody was told of a consent to marketing by email, and none is assumed",
        "evidence": None,
    }
    assert doors.ask("GET", f"{anna}/consent")["purposes"] == {}


def test_a_yes_at_the_counter_is_a_record_under_the_strongest_name(doors: Doors, anna: str):
    told = doors.ask(
        "POST", f"{anna}/consent",
        {"purpose": "marketing", "channel": "email", "granted": True, "by": "Lea", "description": "News by e-mail"},
    )  # fmt: skip
    assert (told["status"], told["allowed"], told["state"]) == ("accepted", True, "granted")
    evidence = told["evidence"]
    assert (evidence["by"], evidence["method"], evidence["source"], evidence["seq"]) == (
        "Lea", "counter", "noline", told["seq"],
    )  # fmt: skip
    consent = doors.ask("GET", f"{anna}/consent")
    email = consent["purposes"]["marketing"]["segments"]["email"]
    assert (email["granted"], email["source"], email["description"]) == (True, "noline", "News by e-mail")
    assert consent["purposes"]["marketing"]["granted"] is False
    assert [(one["told_of"], one["stands"]) for one in consent["history"]] == [("user_id:anna", True)]
    assert doors.hub.verify().trouble == ()


def test_whoever_took_it_down_is_at_least_the_role_of_the_key(doors: Doors, anna: str):
    told = doors.ask("POST", f"{anna}/consent", {"purpose": "marketing", "granted": False})
    assert told["evidence"]["by"] == "a key of role associate"
    assert told["why"].startswith("marketing by any channel was withdrawn on ")


def test_the_same_idempotency_key_is_the_same_change(doors: Doors, anna: str):
    yes = {"purpose": "marketing", "granted": True}
    first = doors.ask("POST", f"{anna}/consent", yes, idempotency_key="k-1")
    again = doors.ask("POST", f"{anna}/consent", yes, idempotency_key="k-1")
    assert (first["status"], again["status"], again["seq"]) == ("accepted", "duplicate", first["seq"])
    assert len(doors.ask("GET", f"{anna}/consent")["history"]) == 1


def test_an_idempotency_key_of_another_change_is_refused_and_nothing_moves(doors: Doors, anna: str):
    doors.ask("POST", f"{anna}/consent", {"purpose": "marketing", "granted": True}, idempotency_key="k-1")
    before = doors.records()
    refused = doors.ask(
        "POST", f"{anna}/consent", {"purpose": "marketing", "granted": False}, status=409, idempotency_key="k-1"
    )
    assert refused["code"] == "consents.key_reused"
    assert doors.records() == before
    assert doors.hub.dead_letters() == []
    assert doors.ask("GET", f"{anna}/consent/marketing")["allowed"] is True


@pytest.mark.parametrize(
    "body", [{}, {"purpose": "marketing"}, {"purpose": " ", "granted": True}, {"purpose": "x" * 101, "granted": True}]
)
def test_a_change_that_says_nothing_is_refused(doors: Doors, anna: str, body: dict[str, Any]):
    before = doors.records()
    assert doors.ask("POST", f"{anna}/consent", body, status=400)["code"] == "http.bad_request"
    assert doors.records() == before


def test_nobody_unknown_has_consent(doors: Doors):
    for method, path, body in (
        ("GET", "p_0/consent", None),
        ("GET", "p_0/consent/marketing", None),
        ("POST", "p_0/consent", {"purpose": "marketing", "granted": True}),
    ):
        assert doors.ask(method, path, body, status=404)["code"] == "not_found"


# --- One person of several names ------------------------------------------------------------------------------------


def test_no_wins_at_a_merge_until_it_is_confirmed_and_each_side_keeps_its_own_at_a_split(doors: Doors):
    hub, day = doors.hub, doors.day
    changes = {"anna": True, "hannah": False}
    for user, granted in changes.items():
        hub.accept(
            "crm",
            [track("Consent Changed", id=f"c-{user}", at=day.next(), user=user, purpose="marketing", granted=granted)],
        )
    anna, hannah = doors.person("anna"), doors.person("hannah")
    assert (hub.consent.allows(anna, "marketing").allowed, hub.consent.allows(hannah, "marketing").allowed) == (
        True,
        False,
    )
    merged = hub.identity.merge(anna, hannah, by="Lea")
    assert hub.consent.allows(anna, "marketing").state is State.WITHDRAWN
    hub.consent.change(anna, "marketing", None, granted=True, by="Lea")
    assert hub.consent.allows(anna, "marketing").allowed
    hub.identity.undo(merged.decision, by="Lea")
    assert hub.consent.allows(anna, "marketing").allowed
    assert not hub.consent.allows(hannah, "marketing").allowed
    assert hub.verify().trouble == ()


def test_a_change_is_filed_under_whatever_name_there_is(doors: Doors):
    named = {"email": "bea@example.com", "loyalty_id": "L-77", "anonymous_id": "c-9"}
    doors.hub.accept(
        "crm",
        [
            {"type": "track", "event": "Store Visited", "messageId": f"v-{kind}", "timestamp": doors.day.next()}
            | addressed(Identifier(kind, value))
            for kind, value in named.items()
        ],
    )  # fmt: skip
    for kind, value in named.items():
        person = doors.person(value)
        doors.hub.consent.change(person, "marketing", "email", granted=True)
        found = doors.hub.consent.of(person)
        assert set(found.names.values()) == {Identifier(kind, value)}
        assert found.purposes["marketing"].segments["email"].granted


# --- Global Privacy Control -----------------------------------------------------------------------------------------


def viewed(number: int, visitor: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "track", "event": "Product Viewed", "messageId": f"g-{number}", "anonymousId": visitor,
        "properties": {"sku": "a"}, **more,
    }  # fmt: skip


def test_a_browser_that_sends_the_signal_opts_its_visitor_out_once(doors: Doors):
    results = doors.send("shop", viewed(1, "c-1"), viewed(2, "c-2"), viewed(3, "c-1"), sec_gpc="1")
    assert [one["status"] for one in results] == ["accepted"] * 3
    assert doors.records() == 5
    doors.send("shop", viewed(4, "c-1"), sec_gpc="1")
    assert doors.records() == 6
    for visitor in ("c-1", "c-2"):
        person = doors.person(visitor)
        for purpose in ("sale", "advertising"):
            found = doors.hub.consent.allows(person, purpose)
            assert (found.state, found.evidence.method, found.evidence.message_id) == (State.WITHDRAWN, "gpc", "gpc")
        assert doors.hub.consent.allows(person, "analytics").state is State.UNKNOWN
    assert doors.hub.verify().trouble == ()


def test_after_a_restart_the_signal_is_a_duplicate(doors: Doors):
    doors.send("shop", viewed(1, "c-1"), sec_gpc="1")
    doors.intake = IntakeDoor(doors.hub.intake, doors.hub.access, doors.intake._writer)
    assert [one["status"] for one in doors.send("shop", viewed(2, "c-1"), sec_gpc="1")] == ["accepted"]
    assert doors.records() == 3
    assert_books_balance(doors.hub.store)
    assert doors.hub.dead_letters() == []


@pytest.mark.parametrize(("source", "header"), [("shop", {}), ("shop", {"sec_gpc": "0"}), ("crm", {"sec_gpc": "1"})])
def test_no_signal_no_record(doors: Doors, source: str, header: dict[str, str]):
    doors.send(source, viewed(1, "c-1"), **header)
    assert doors.records() == 1
    assert doors.hub.consent.allows(doors.person("c-1"), "sale").state is State.UNKNOWN


def test_a_yes_said_on_purpose_after_the_signal_counts(doors: Doors):
    doors.send("shop", viewed(1, "c-1"), sec_gpc="1")
    person = doors.person("c-1")
    doors.hub.consent.change(person, "advertising", None, granted=True)
    assert doors.hub.consent.allows(person, "advertising").allowed
    doors.send("shop", viewed(2, "c-1"), sec_gpc="1")
    assert doors.hub.consent.allows(person, "advertising").allowed
    assert not doors.hub.consent.allows(person, "sale").allowed


def test_what_cannot_be_read_brings_no_opt_out(doors: Doors):
    nobody = {"type": "track", "event": "Product Viewed", "messageId": "n-1"}
    assert [one["status"] for one in doors.send("shop", nobody, viewed(1, "x" * 600), sec_gpc="1")] == [
        "parked",
        "accepted",
    ]
    assert doors.records() == 1


# --- Banners and lists through the real intake ----------------------------------------------------------------------


def test_a_banner_speaks_on_every_message_and_history_can_be_rebuilt(doors: Doors):
    for number, agreed in enumerate([True, True, False]):
        doors.send(
            "shop",
            viewed(number, "c-1", context={"consent": {"categoryPreferences": {"Analytics": agreed, "Fun": True}}}),
        )
    found = doors.hub.consent.of(doors.person("c-1"))
    assert {purpose: one.granted for purpose, one in found.purposes.items()} == {"analytics": False, "Fun": True}
    assert len(found.history) == 3
    assert doors.hub.verify().trouble == ()


def test_an_odd_consent_of_a_context_is_no_reason_to_refuse_the_message(doors: Doors):
    for number, odd in enumerate(["yes", True, 1, [], None, {"other": 1}]):
        results = doors.send("shop", viewed(number, "c-1", context={"consent": odd}))
        assert [one["status"] for one in results] == ["accepted"]
    assert doors.hub.dead_letters() == []


def test_an_unreadable_answer_lies_with_the_dead_letters_and_grants_nothing(doors: Doors):
    odd = {"categoryPreferences": {"Analytics": "perhaps"}}
    assert [one["status"] for one in doors.send("shop", viewed(1, "c-1", context={"consent": odd}))] == ["accepted"]
    (letter,) = doors.hub.dead_letters()
    assert (letter.code, letter.message) == (
        "projection_error",
        "consents: Product Viewed cannot be taken into the consents: Analytics is 'perhaps', neither true nor false.",
    )
    assert doors.hub.consent.of(doors.person("c-1")).purposes == {}
    assert doors.hub.verify().trouble == ()


# --- On the command line --------------------------------------------------------------------------------------------


@pytest.fixture
def noline(doors: Doors, anna: str, capsys: pytest.CaptureFixture[str]):
    def command(*words: str) -> tuple[int, str, str]:
        code = run(["customers", "consent", anna, *words, "--hub", str(doors.hub.folder)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_a_yes_and_a_no_are_taken_down_on_the_command_line(noline):
    code, out, _ = noline("--grant", "marketing:email", "--withdraw", "analytics", "--by", "Lea", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["purposes"]["marketing"]["segments"]["email"]["granted"] is True
    assert told["purposes"]["analytics"]["state"] == "withdrawn"
    assert {one["by"] for one in told["history"]} == {"Lea"}


def test_the_command_line_shows_each_purpose_and_channel_in_a_line(noline):
    noline("--grant", "marketing:email")
    code, out, err = noline()
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["purpose", "channel", "state"],
        ["marketing", "any", "unknown"],
        ["marketing", "email", "granted"],
    ]
    assert "what is not listed was never told, and is not granted" in err


def test_a_purpose_that_is_none_is_a_wrong_call(noline):
    code, _, err = noline("--grant", "marketing:")
    assert code == 2
    assert "write PURPOSE or PURPOSE:CHANNEL" in err


def test_an_unknown_person_has_no_consent(doors: Doors):
    with pytest.raises(NotFound):
        doors.hub.consent.of("p_0")
    assert run(["customers", "consent", "p_0", "--hub", str(doors.hub.folder)]) == 3
