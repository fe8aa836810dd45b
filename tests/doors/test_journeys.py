"""Funnels, saved questions and frictions over HTTP: what a manager asks, with every number's interval."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.answers import frictions, journeys
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from noline.truth.agenda.model import Asked
from shop import OPENING, identify, track

STEPS = ["web/Checkout Started", "Checkout Failed?", "Order Completed"]
PEOPLE = 60
FAILED, CALLED = 40, 12


class Desk:
    """A manager who asks a hub over HTTP."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.key = hub.access.add_key(Role.MANAGER)[1]

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, key: str | None = None) -> Any:
        sent = {"authorization": f"Bearer {self.key}", **({"idempotency-key": key} if key else {})}
        answer = self.client.request(method, f"/v1{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()


def stories() -> Iterator[tuple[str, dict[str, Any]]]:
    """60 people begin a checkout; of 40 it fails, 12 of them call, the other 48 order."""
    for number in range(PEOPLE):
        at = OPENING + timedelta(hours=number)
        minute = iter(range(1, 60))

        def told(event: str, at=at, minute=minute, number=number, **said: Any) -> dict[str, Any]:
            step = next(minute)
            moment = (at + timedelta(minutes=step)).isoformat()
            return track(event, id=f"m-{number}-{step}", at=moment, user=f"u-{number}", **said)

        money = {"value": 20, "currency": "EUR", "checkout_id": f"c-{number}"}
        yield "web", told("Checkout Started", **money)
        if number < FAILED:
            yield "web", told("Checkout Failed", **money)
        if number < CALLED:
            yield "line", told("Call Started", reason="payment")
        else:
            yield "web", told("Order Completed", order_id=f"o-{number}", total=20, currency="EUR")
    yield "web", identify(id="who", at=OPENING.isoformat(), user="u-0", name="Anna Arabica")
    yield "web", track("Page Viewed", id="last", at=(OPENING + timedelta(days=40)).isoformat(), user="u-late")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One hub for all these tests: whoever changes something puts it back, or leaves it where nobody else looks."""
    with Hub.init(tmp_path_factory.mktemp("journeys") / "shop.noline") as hub:
        for name, channel in (("web", "web"), ("line", "call")):
            hub.access.add_source(name, channel)
            said = [message for source, message in stories() if source == name]
            assert {one.status for one in hub.accept(name, said)} == {"accepted"}
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Desk(hub, client)
        writer.stop()


def persons(levels):
    return [(one["step"], one["persons"]) for one in levels]


def test_a_funnel_is_asked_with_shares_and_their_intervals(desk):
    told = desk.ask("POST", "/journeys/funnel", {"steps": STEPS, "by": "channel"})
    assert persons(told["levels"]) == [("web/Checkout Started", 60), ("Checkout Failed", 40), ("Order Completed", 48)]
    last = told["levels"][-1]
    assert (last["share_of_first"], last["share_of_before"]) == (0.8, 0.8)
    assert (last["too_few"], last["hidden"]) == (False, False)
    # The log goes on for longer than the window: nobody has time left, unless there is no limit.
    assert told["still_open"] == 0
    unlimited = {"steps": STEPS, "window": "none"}
    assert desk.ask("POST", "/journeys/funnel", unlimited)["still_open"] == CALLED
    assert (last["share_of_first_low"], last["share_of_first_high"]) == pytest.approx((0.682, 0.882), abs=0.001)
    assert {name: persons(part) for name, part in told["parts"].items()} == {"web": persons(told["levels"])}
    assert (told["counted"]["window"], told["counted"]["interval"]) == ("7d", "Wilson 95 %")


def test_the_people_behind_a_step_are_asked_by_its_number(desk):
    asked = {"steps": ["Checkout Failed", "Order Completed"], "step": 1, "stopped": True, "limit": 3}
    rows = desk.ask("POST", "/journeys/funnel/persons", asked)
    assert [one["name"] for one in rows] == ["Anna Arabica", None, None]
    assert rows[0]["began_at"] == rows[0]["reached_at"] == "2026-03-02T09:02:00.000Z"
    assert desk.ask("GET", f"/customers/{rows[0]['person']}")["name"] == "Anna Arabica"
    rest = desk.ask("POST", "/journeys/funnel/persons", {**asked, "limit": 100, "offset": 3})
    assert len(rest) == CALLED - 3
    refused = desk.ask("POST", "/journeys/funnel/persons", {**asked, "step": 3}, status=404)
    assert refused["facts"] == {"what": "step", "name": 3}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"steps": ["Chekout Started"]}, "walks.step_unknown"),
        ({"steps": ["Checkout Started"], "window": "soon"}, "walks.span_unreadable"),
        ({"steps": ["Checkout Started"], "window": "9" * 49 + "w"}, "walks.span_unreadable"),
        ({"steps": ["Checkout Started"], "tolerance": "1000001d"}, "walks.span_unreadable"),
        ({"steps": ["Checkout Started?"]}, "walks.funnel_unreadable"),
        ({"steps": ["Checkout Started"], "between": {"x": "1m..2m"}}, "walks.funnel_unreadable"),
        ({"steps": []}, "http.bad_request"),
        ({"steps": ["Checkout Started"] * 31}, "http.bad_request"),
        ({"steps": ["Checkout Started"], "mode": "loose"}, "http.bad_request"),
    ],
)
def test_a_funnel_that_cannot_be_asked_says_why(desk, asked, code):
    assert desk.ask("POST", "/journeys/funnel", asked, status=400)["code"] == code
    assert desk.ask("POST", "/journeys/questions", {"name": "n", **asked}, status=400)["code"] == code
    assert desk.ask("GET", "/journeys/questions") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/journeys/funnel", {"steps": STEPS, "windwo": "1h"}),
        ("POST", "/journeys/funnel/persons", {"steps": STEPS, "step": 1, "stoped": True}),
        ("POST", "/journeys/questions", {"steps": STEPS, "name": "n", "alarm": True}),
        ("PUT", "/frictions/F2/care", {"ownr": "ana@example.com"}),
    ],
)
def test_an_option_that_there_is_not_is_refused_and_named(desk, method, path, body):
    refused = desk.ask(method, path, body, status=400)
    assert refused["code"] == "http.bad_request"
    assert f"`{list(body)[-1]}`" in str(refused)
    assert desk.ask("GET", "/journeys/questions") == []
    assert desk.hub.agenda.cares() == {}


def test_a_body_that_is_no_utf_8_is_refused_on_every_route(desk):
    sent = {"authorization": f"Bearer {desk.key}", "sec-fetch-site": "same-origin"}
    told = {}
    for route in desk.client.app.routes:
        path = re.sub(r"{(\w+):(\w+)}", lambda found: "1" if found[2] == "int" else "x", route.path)
        for method in route.methods & {"POST", "PUT", "PATCH"}:
            for kind in ("application/json", "application/x-www-form-urlencoded"):
                answer = desk.client.request(
                    method, path, content=b'{"steps":["\xff"]}', headers={**sent, "content-type": kind},
                    follow_redirects=False,
                )  # fmt: skip
                told[method, path, kind] = answer.status_code
    assert {one: status for one, status in told.items() if status >= 500} == {}
    for path in ("/v1/journeys/funnel", "/v1/journeys/questions", "/v1/orders"):
        assert told["POST", path, "application/json"] == 400
    refused = desk.client.post("/v1/journeys/funnel", content=b'{"steps":["\xff"]}', headers=sent)
    assert (refused.json()["code"], refused.json()["message"]) == ("http.bad_request", "The body is not UTF-8.")


def test_bytes_of_our_own_that_cannot_be_read_are_no_fault_of_whoever_asks(desk, monkeypatch):
    monkeypatch.setattr(journeys, "funnel", lambda *_: b"\xff".decode())
    assert desk.ask("POST", "/journeys/funnel", {"steps": STEPS}, status=500)["code"] == "internal"


def test_names_say_what_can_be_asked(desk):
    told = desk.ask("GET", "/journeys/names")
    assert told["channels"] == [{"name": "web", "events": 149}, {"name": "call", "events": 12}]
    assert told["pairs"][0] == {
        "step": "web/Checkout Started", "channel": "web", "action": "Checkout Started", "events": 60, "stage": "buy",
        "shows": "intent",
    }  # fmt: skip
    assert {one["name"]: one["shows"] for one in told["actions"]}["Order Completed"] == "goal"
    assert told["parts"] == ["channel", "action", "store_id", "country", "sku"]


def test_the_matrix_tells_who_went_from_where_to_where(desk):
    told = desk.ask("GET", "/journeys/matrix")
    (border,) = told["handoffs"]
    assert (border["from"], border["to"], border["handoffs"], border["persons"]) == ("web", "call", 12, 12)
    assert (told["persons"], told["visits"]) == (61, {"call": 12, "web": 61})


def test_the_time_to_an_end_has_the_others_in_its_way(desk):
    path = "/journeys/time-to?from=Checkout%20Started&to=Order%20Completed&competing=call/*&at=1h&at=1d"
    told = desk.ask("GET", path)
    assert [(one["end"], one["at"], round(one["share"], 9), one["ended"]) for one in told["incidence"]] == [
        ("Order Completed", "1h", 0.8, 48), ("Order Completed", "1d", 0.8, 48),
        ("call/*", "1h", 0.2, 12), ("call/*", "1d", 0.2, 12),
    ]  # fmt: skip
    assert (told["persons"], told["still_waiting"], told["competing"]) == (60, 0, ["call/*"])
    refused = desk.ask("GET", f"/journeys/time-to?from=Checkout%20Started&to=x{'&at=1d' * 401}", status=400)
    assert refused["code"] == "http.bad_request"
    assert desk.ask("GET", "/journeys/time-to?from=a&to=b", status=400)["code"] == "walks.step_unknown"
    path = f"/journeys/time-to?from=Checkout%20Started&to=Order%20Completed&at={'9' * 400}d"
    assert desk.ask("GET", path, status=400)["code"] == "walks.span_unreadable"


def test_a_question_is_saved_once_listed_and_dropped(desk):
    body = {"name": "Checkout to order", "steps": STEPS, "alert": True, "saved_by": "Ana"}
    saved = desk.ask("POST", "/journeys/questions", body, key="k-1")
    assert (saved["name"], saved["alert"], saved["by"], saved["raised"]) == ("Checkout to order", True, "Ana", False)
    assert (saved["baseline"]["cases"], saved["baseline"]["persons"], saved["baseline"]["share"]) == (48, 60, 0.8)
    before = desk.hub.last_seq()
    assert desk.ask("POST", "/journeys/questions", body, key="k-1") == saved
    assert desk.ask("POST", "/journeys/questions", body) == saved
    assert desk.ask("GET", "/journeys/questions") == [saved]
    assert desk.hub.last_seq() == before
    again = desk.ask("POST", "/journeys/funnel", saved["asked"])
    assert again["levels"][-1]["persons"] == 48
    path = f"/journeys/questions/{saved['id']}"
    assert desk.ask("DELETE", path) == {"id": saved["id"], "dropped": True}
    assert desk.ask("DELETE", path) == {"id": saved["id"], "dropped": False}
    assert desk.ask("DELETE", "/journeys/questions/q-nobody", status=404)["code"] == "not_found"
    assert desk.ask("GET", "/journeys/questions") == desk.ask("GET", "/journeys/alerts") == []


def test_frictions_are_ranked_and_each_says_how_it_was_counted(desk):
    rows = desk.ask("GET", "/frictions")
    assert [one["rank"] for one in rows] == list(range(1, len(rows) + 1))
    one = next(row for row in rows if row["id"] == "F2")
    assert (one["cases"], one["persons"], one["label"], one["currency"]) == (CALLED, CALLED, "association", "EUR")
    assert one["exposed_minor"] == CALLED * 2000
    assert one["care"] == {
        "owner": None, "state": "open", "note": None, "proof": None, "since": None, "by": None,
    }  # fmt: skip
    told = desk.ask("GET", "/frictions/F2")
    assert {name: told[name] for name in one} == one
    assert {"words", "sql", "parameters"} <= set(told["counted"])
    assert desk.ask("GET", "/frictions/F99", status=404)["facts"] == {"what": "friction", "name": "F99"}


def test_the_cases_of_a_friction_are_people_with_evidence(desk):
    rows = desk.ask("GET", "/frictions/F2/cases?limit=100")
    assert len(rows) == CALLED
    last = rows[-1]
    assert (last["name"], last["at"], last["ended_at"]) == (
        "Anna Arabica", "2026-03-02T09:01:00.000Z", "2026-03-02T09:03:00.000Z",
    )  # fmt: skip
    kinds = [desk.ask("GET", f"/records/{seq}")["kind"] for seq in last["evidence"]]
    assert kinds == ["Checkout Started", "Checkout Failed", "Call Started"]
    assert desk.ask("GET", "/frictions/F2/cases?limit=5&offset=7") == rows[7:]
    assert desk.ask("GET", "/frictions/F99/cases", status=404)["code"] == "not_found"


def test_somebody_cares_for_a_friction(desk):
    said = {"owner": "ana@example.com", "state": "in work", "note": "a second way to pay", "by": "Ben"}
    first = desk.ask("PUT", "/frictions/F1/care", said)
    assert (first["owner"], first["state"], first["by"]) == ("ana@example.com", "in work", "Ben")
    before = desk.hub.last_seq()
    assert desk.ask("PUT", "/frictions/F1/care", said) == first
    assert desk.hub.last_seq() == before
    later = desk.ask("PUT", "/frictions/F1/care", {"state": "fixed"})
    assert (later["owner"], later["state"], later["note"]) == ("ana@example.com", "fixed", "a second way to pay")
    assert desk.ask("GET", "/frictions/F1")["care"] == {key: later[key] for key in later if key != "friction"}
    assert desk.ask("PUT", "/frictions/F99/care", {"state": "fixed"}, status=404)["code"] == "not_found"
    assert desk.ask("PUT", "/frictions/F1/care", {"state": "lost"}, status=400)["code"] == "http.bad_request"
    assert desk.hub.verify().trouble == ()


def test_causes_are_asked_of_a_friction_or_of_a_border(desk):
    told = desk.ask("GET", "/causes?friction=F2")
    assert (told["friction"], told["cases"], told["persons"], told["label"]) == ("F2", CALLED, PEOPLE, "association")
    assert (told["effect"], "too few" in told["why_no_effect"]) == (None, True)
    told = desk.ask("GET", "/causes?from=web&to=call")
    assert (told["from"], told["to"], told["cases"], told["persons"]) == ("web", "call", CALLED, CALLED)
    for asked in ("", "?friction=F99", "?friction=F2&from=web&to=call", "?from=web", "?from=call&to=mail"):
        assert desk.ask("GET", f"/causes{asked}", status=400)["code"] == "causes.asked_wrong"


def test_who_may_not_see_people_sees_no_small_cell_and_no_name(desk):
    asked = Asked(("Checkout Started", "Page Viewed"))
    assert journeys.funnel(desk.hub, asked)["levels"][1]["persons"] == 0
    few = Asked(("Checkout Failed", "Call Started"), window="1m")
    assert journeys.funnel(desk.hub, few, with_persons=False)["levels"][1]["persons"] == CALLED
    one = Asked(("Page Viewed",))
    (level,) = journeys.funnel(desk.hub, one, with_persons=False)["levels"]
    assert (level["step"], level["persons"], level["share_of_first"]) == ("Page Viewed", None, None)
    assert level["hidden"] is True
    (case, *_) = frictions.cases(desk.hub, "F2", with_persons=False)
    assert (case["person"], case["name"], case["evidence"]) == (None, None, None)
    assert case["value_minor"] == 2000
