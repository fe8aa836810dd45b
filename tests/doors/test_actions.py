"""Offers through the doors: answered at a counter, listed and measured for a manager."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.cli.main import run
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.flows.deeds import Deed
from noline.hub import Hub
from noline.insight.actions.model import Situation
from noline.stores.access import Role
from noline.truth.offers.model import DRAWN, drawn
from shop import identify

ANSWER = "actions/win_back"


class Doors:
    """A hub with its API in this process."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.keys = {role: hub.access.add_key(role)[1] for role in (Role.ASSOCIATE, Role.MANAGER)}

    def ask(
        self, method: str, path: str, body: Any = None, *, role: Role = Role.ASSOCIATE, status: int = 200, key: str = ""
    ) -> Any:
        sent = {"authorization": f"Bearer {self.keys[role]}", **({"idempotency-key": key} if key else {})}
        answer = self.client.request(method, f"/v1/{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def doors(tmp_path) -> Iterator[Doors]:
    with Hub.init(tmp_path / "shop.noline") as hub:
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Doors(hub, client)
        writer.stop()


@pytest.fixture
def anna(doors: Doors) -> str:
    doors.hub.access.ensure_source("crm", "crm")
    doors.hub.accept("crm", [identify(id="i-1", at="2026-03-02T09:00:00Z", user="anna", email="anna@example.com")])
    (found,) = doors.hub.find_customers("anna@example.com")
    return found.person


@pytest.fixture
def offered(doors: Doors, anna: str) -> None:
    """Anna was offered to come back."""
    with doors.hub.store.transaction() as tx:
        whom = doors.hub.customers.whom(tx, anna)
        said = drawn("win_back", "shown", 28)
        doors.hub.deeds.do(tx, [Deed(DRAWN, whom.head, said, "draw-1")], by="noline")


@pytest.mark.usefixtures("offered")
def test_an_answer_is_taken_down_once_under_its_key(doors: Doors, anna: str):
    said = {"answer": "overruled", "reason": "has two at home", "by": "Lea"}
    first = doors.ask("POST", f"customers/{anna}/{ANSWER}", said, key="k-1")
    assert first == {
        "status": "accepted", "seq": first["seq"], "customer": anna, "programme": "win_back", "answer": "overruled",
    }  # fmt: skip
    assert doors.ask("POST", f"customers/{anna}/{ANSWER}", said, key="k-1") == first
    refused = doors.ask("POST", f"customers/{anna}/{ANSWER}", {"answer": "accepted"}, key="k-1", status=409)
    assert refused["code"] == "idempotency.key_reused"
    told = doors.ask("GET", "programmes/win_back", role=Role.MANAGER)
    assert told["counts"] == {"shown": 1, "held": 0, "accepted": 0, "declined": 0, "overruled": 1}
    assert [(one["reason"], one["by"]) for one in told["overruled"]] == [("has two at home", "Lea")]


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (ANSWER, {"answer": "overruled"}, 400, "offers.answer_wrong"),
        (ANSWER, {"answer": "perhaps"}, 400, None),
        (ANSWER, {"answer": "declined", "reason": "n\0"}, 400, None),
        (ANSWER, {"answer": "overruled", "reason": "write to anna@example.com"}, 400, "offers.answer_wrong"),
        ("actions/sample", {"answer": "declined"}, 409, "offers.not_shown"),
        ("actions/cocoa", {"answer": "declined"}, 404, "not_found"),
    ],
)
def test_what_cannot_be_noted_is_refused_and_nothing_is_noted(doors: Doors, anna: str, path, body, status, code):
    before = doors.hub.last_seq()
    refused = doors.ask("POST", f"customers/{anna}/{path}", body, status=status)
    assert code is None or refused["code"] == code
    assert doors.hub.last_seq() == before


def test_who_is_unknown_answers_nothing_and_an_associate_sees_no_report(doors: Doors):
    assert doors.ask("POST", f"customers/p_nobody/{ANSWER}", {"answer": "declined"}, status=404)["code"] == "not_found"
    doors.ask("GET", "programmes", status=403)
    doors.ask("GET", "programmes/cocoa", role=Role.MANAGER, status=404)


@pytest.mark.usefixtures("offered")
def test_the_same_answer_without_a_name_is_by_the_role_of_the_key(doors: Doors, anna: str):
    doors.ask("POST", f"customers/{anna}/{ANSWER}", {"answer": "overruled", "reason": "no"})
    (why,) = doors.ask("GET", "programmes/win_back", role=Role.MANAGER)["overruled"]
    assert why["by"] == "a key of role associate"


def test_every_door_lists_the_same_programmes_and_tells_honestly_that_nothing_is_measured(doors: Doors, capsys):
    told = doors.ask("GET", "programmes", role=Role.MANAGER)
    assert run(["programmes", "list", "--hub", str(doors.hub.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told
    assert [one["id"] for one in told][:3] == ["recover", "pickup", "replenish"]
    assert {one["holdout_percent"] for one in told if one["kind"] == "service"} == {0}
    assert told[0]["accepted_share"] is None
    shown = doors.ask("GET", "programmes/replenish", role=Role.MANAGER)
    assert shown["shown"] == {
        "persons": 0, "reached": 0, "share": None, "share_low": None, "share_high": None, "waiting": 0,
    }  # fmt: skip
    assert shown["effect"] is None
    assert shown["effect_because"].startswith("too few cases yet: 0 shown and 0 held out")


def test_the_command_line_says_it_in_words(doors: Doors, anna: str, capsys):
    with doors.hub.store.transaction() as tx:
        now = doors.hub.clock.now()
        situation = Situation(
            customer=anna, now=now, orders=3, last_order_at=now - 200 * 86_400_000_000,
            consents={"personalisation": "granted", "marketing": "granted"},
        )  # fmt: skip
        ranking = doors.hub.offering.propose(tx, doors.hub.customers.whom(tx, anna), situation)
    assert [one.id for one, _ in ranking.new] == ["win_back"]
    assert run(["programmes", "show", "win_back", "--hub", str(doors.hub.folder)]) == 0
    told = capsys.readouterr()
    assert "goal: order within 30 days" in told.out + told.err
    assert "too few cases yet: 0 shown and 0 held out whose time is over, 30 of each are needed" in told.out + told.err
