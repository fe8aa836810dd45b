"""Charters, goals and check-ins over HTTP: what a manager states and decides, with the numbers of that moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from fixed_clock import FixedClock
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.flows.aims import Aiming, Counted, Numbers
from noline.hub import Hub
from noline.kernel.clock import parse_instant
from noline.stores.access import Role
from noline.stores.log import records_after
from noline.truth.aims.model import Aim, Measured
from noline.truth.aims.service import Aims
from shop import OPENING, track

TODAY, DUE = "2026-03-02", "2026-12-31"
VISITS, BOUGHT = 60, 18
GOAL = {"metric": "conversion", "target": "25", "unit": "%", "direction": "at_least", "due": DUE}


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

    def deeds(self) -> list[str]:
        with self.hub.store.reading() as reader:
            return [one.kind for one in records_after(reader, 0, 1_000) if one.source == "noline"]


def stories() -> Iterator[tuple[str, dict[str, Any]]]:
    """60 people visit the web shop, of whom 18 order for 20 EUR; somebody is in a store, and the log goes on."""
    for number in range(VISITS):
        at = OPENING + timedelta(minutes=number)
        yield "web", track("Product Viewed", id=f"v-{number}", at=at.isoformat(), user=f"u-{number}", sku="coffee")
        if number < BOUGHT:
            at += timedelta(minutes=3)
            yield "web", track("Order Placed", id=f"b-{number}", at=at.isoformat(), user=f"u-{number}", total=20,
                               currency="EUR", order_id=f"o-{number}")  # fmt: skip
    at = OPENING.isoformat()
    yield "till", track("Location Opened", id="l-1", at=at, location="paris-1", name="Paris Marais", channel="store")
    yield "till", track("Store Entered", id="l-2", at=at, user="u-in", store_id="paris-1")


@contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    """A hub that heard these stories, eight hours after the shop opened."""
    clock = FixedClock((OPENING + timedelta(hours=8)).isoformat())
    with Hub.init(folder / "shop.noline", currency="EUR", rates={"JPY": "0.0062"}, clock=clock) as hub:
        for name, channel in (("web", "web"), ("till", "store")):
            hub.access.add_source(name, channel)
            said = [message for source, message in stories() if source == name]
            assert {one.status for one in hub.accept(name, said)} == {"accepted"}
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Desk(hub, client)
        writer.stop()


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    with opened(tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
def untouched(tmp_path_factory) -> Iterator[Desk]:
    """One for the tests after which nothing is stated."""
    with opened(tmp_path_factory.mktemp("aims")) as desk:
        yield desk
        assert desk.deeds() == []


def test_a_charter_is_stated_and_whoever_has_none_is_named(desk):
    assert desk.ask("GET", "/charters") == {
        "charters": [],
        "unstated": [
            {"name": "store", "kind": "channel", "place": None},
            {"name": "web", "kind": "channel", "place": None},
            {"name": "paris-1", "kind": "unit", "place": "Paris Marais"},
        ],
        "roles": ["acquire", "retain", "convenience", "experience", "assist", "service"],
    }
    said = {"main": "experience", "others": ["service"], "reasons": ["taste first"], "experience": "nobody waits"}
    told = desk.ask("PUT", "/charters/paris-1", {**said, "by": "Ana"}, key="k-1")
    assert told == {
        "channel": "paris-1", "place": "Paris Marais", "seen": True, **said, "owner": None,
        "since": "2026-03-02T17:00:00.000Z", "by": "Ana",
    }  # fmt: skip
    assert desk.ask("PUT", "/charters/paris-1", {**said, "by": "Ana"}, key="k-1") == told
    assert desk.ask("PUT", "/charters/paris-1", said) == told, "who says the same again changes nothing"
    other = desk.ask("PUT", "/charters/market", {"main": "acquire"})
    assert (other["seen"], other["by"]) == (False, "a key of role manager")
    stated = desk.ask("GET", "/charters")
    assert stated["charters"] == [other, told]
    assert [one["name"] for one in stated["unstated"]] == ["store", "web"]
    assert desk.deeds() == ["Charter Stated"] * 2


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "/charters/web", {"reasons": ["cheap"]}, "aims.charter_wrong"),
        ("PUT", "/charters/web", {"main": "sell"}, "http.bad_request"),
        ("PUT", "/charters/web", {"main": "retain", "reasons": [" "]}, "http.bad_request"),
        ("POST", "/goals", {"name": "More", **GOAL, "metric": "happiness"}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "More", **GOAL, "unit": "EUR"}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "More", **GOAL, "target": "many"}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "More", **GOAL, "where": {"sku": "coffee"}}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "More", **GOAL, "due": "soon"}, "http.bad_request"),
        ("POST", "/goals", {"name": "More", **GOAL, "due": "2026-02-30"}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "", **GOAL}, "http.bad_request"),
        ("POST", "/goals", {"name": "More", **GOAL, "where": {"unit": "paris-2"}}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "More", **GOAL, "target": "250", "unit": "share"}, "aims.goal_wrong"),
        ("POST", "/goals", {"name": "More", **GOAL, "metric": "coming_back", "begins": TODAY}, "aims.goal_wrong"),
    ],
)
def test_what_cannot_be_stated_or_set_is_refused_and_leaves_nothing(untouched, method, path, body, code):
    assert untouched.ask(method, path, body, status=400)["code"] == code
    assert untouched.deeds() == []


def test_a_goal_about_something_that_its_number_does_not_know_is_refused(untouched):
    told = {"name": "Fewer", "metric": "returns_taken", "target": "5", "unit": "count", "direction": "at_most",
            "due": DUE, "where": {"country": "FR"}}  # fmt: skip
    assert untouched.ask("POST", "/goals", told, status=400)["code"] == "scorecard.not_told_by"
    assert untouched.deeds() == []


def test_a_goal_is_set_looked_at_and_dropped(desk):
    body = {"name": "More orders", **GOAL, "where": {"channel": "web"}, "owner": "Luc"}
    goal = desk.ask("POST", "/goals", body, key="k-2")
    assert {name: goal[name] for name in goal if name != "id"} == {
        "name": "More orders", "owner": "Luc", "by": "a key of role manager", "metric": "conversion",
        "where": {"channel": "web"}, "where_words": "channel web", "target": "25", "unit": "%",
        "direction": "at_least", "aim_words": "at least 25 %", "begins": TODAY, "due": DUE, "last_check_in": None,
    }  # fmt: skip
    assert desk.ask("POST", "/goals", body, key="k-2") == goal
    assert desk.ask("GET", "/goals") == [goal]
    (now,) = desk.ask("GET", "/goals?now=true")
    assert (now["now"]["value"], now["now"]["met"]) == (0.3, True)

    path = f"/goals/{goal['id']}/check-ins"
    look = desk.ask("POST", path, {"status": "on track", "decided": "go on", "by": "Ana"}, key="k-3")
    assert (look["value"], look["numerator"], look["denominator"]) == (BOUGHT / VISITS, BOUGHT, VISITS)
    assert (look["low"], look["high"]) == pytest.approx((0.199, 0.425), abs=0.001)
    assert (look["met"], look["sure"], look["until"], look["status"]) == (True, False, TODAY, "on track")
    assert look["words"] == (
        "30.0 % (18 of 60; 95 %: 19.9 % .. 42.5 %); the target, at least 25 %, is reached, within what chance could do."
    )
    assert desk.ask("POST", path, {"status": "on track", "decided": "go on", "by": "Ana"}, key="k-3") == look
    assert desk.ask("POST", path, {"status": "on track", "decided": "go on", "by": "Ana"}) == look
    at = (OPENING + timedelta(hours=7)).isoformat()
    desk.hub.accept("web", [track("Product Viewed", id="late", at=at, user="u-late", sku="coffee")])
    later = desk.ask("POST", path, {"status": "on track", "decided": "go on", "by": "Ana"})
    assert (later["numerator"], later["denominator"]) == (BOUGHT, VISITS + 1)
    assert desk.ask("GET", path) == [later, look], "what was looked at stays as it was"
    assert desk.ask("GET", f"{path}?limit=1&offset=1") == [look]
    assert desk.ask("GET", "/goals")[0]["last_check_in"] == later

    refused = desk.ask("POST", path, {"status": "missed", "decided": "give up"}, status=400)
    assert refused["message"] == "This check-in cannot be kept: the number says that the target is reached."
    assert desk.ask("POST", path, {"status": "fine", "decided": "go on"}, status=400)["code"] == "http.bad_request"
    drop = f"/goals/{goal['id']}"
    assert [desk.ask("DELETE", drop)["dropped"] for _ in range(2)] == [True, False]
    assert desk.ask("GET", "/goals") == []
    assert desk.ask("GET", path) == [later, look]
    assert desk.ask("POST", path, {"status": "on track", "decided": "go on"}, status=404)["facts"]["what"] == "goal"
    assert desk.ask("DELETE", "/goals/g-none", status=404)["code"] == "not_found"
    assert desk.deeds() == ["Goal Set", "Goal Checked", "Goal Checked", "Goal Dropped"]
    assert desk.hub.verify().trouble == ()


def test_what_nobody_did_is_counted_as_nothing_and_is_not_reached(desk):
    body = {"name": "Sell in Paris", "metric": "orders", "target": "10", "unit": "count", "direction": "at_least",
            "due": DUE, "where": {"unit": "paris-1"}}  # fmt: skip
    path = f"/goals/{desk.ask('POST', '/goals', body)['id']}/check-ins"
    refused = desk.ask("POST", path, {"status": "reached", "decided": "celebrate"}, status=400)
    assert refused["message"] == "This check-in cannot be kept: the number says that the target is not reached."
    look = desk.ask("POST", path, {"status": "off track", "decided": "open"})
    assert (look["value"], look["met"], look["words"]) == (0, False, "0; the target, at least 10, is not reached.")
    share = {**body, "name": "Ready in Paris", "metric": "promise_kept", "unit": "%"}
    path = f"/goals/{desk.ask('POST', '/goals', share)['id']}/check-ins"
    for status in ("reached", "missed"):
        refused = desk.ask("POST", path, {"status": status, "decided": "celebrate"}, status=400)
        assert refused["message"].endswith(f"whether the target is {status} cannot be told: nothing was counted.")
    few = {**body, "name": "Few", "metric": "returns_taken", "direction": "at_most"}
    path = f"/goals/{desk.ask('POST', '/goals', few)['id']}/check-ins"
    assert desk.ask("POST", path, {"status": "reached", "decided": "rest"}, status=400)["code"] == "aims.check_in_wrong"
    look = desk.ask("POST", path, {"status": "on track", "decided": "go on"})
    assert (look["met"], look["words"]) == (
        None, "0; within the target so far: at most 10, which counts until 2026-12-31.",
    )  # fmt: skip


def test_who_comes_back_is_the_same_number_as_on_the_scorecard_every_day_of_a_month(desk):
    body = {"name": "Regulars", "metric": "coming_back", "target": "25", "unit": "%", "direction": "at_least",
            "due": DUE, "begins": "2026-04-01"}  # fmt: skip
    goal = desk.ask("POST", "/goals", body)
    told = []
    for day, people in (("2026-04-10", 9), ("2026-05-01", 0), ("2026-05-10", 3), ("2026-05-30", 4)):
        desk.hub.clock.go_on(parse_instant(day) - desk.hub.clock.now())
        again = [
            track("Order Placed", id=f"{day}-{person}", at=day, user=f"u-{person}", total=20, currency="EUR",
                  order_id=f"{day}-{person}") for person in range(people)
        ]  # fmt: skip
        assert {one.status for one in desk.hub.accept("web", again)} <= {"accepted"}
        if day == "2026-04-10":
            continue
        (now,) = desk.ask("GET", "/goals?now=true")
        assert (now["id"], now["now"]["until"]) == (goal["id"], "2026-04-30")
        told.append((now["now"]["value"], now["now"]["numerator"], now["now"]["denominator"]))
    card = desk.ask("GET", "/scorecard?metric=coming_back&by=company&since=2026-04-01&until=2026-05-01")
    (row,) = card["rows"]
    assert told == [(row["value"], row["numerator"], row["denominator"])] * 3 == [(0.5, 9, BOUGHT)] * 3


@pytest.mark.parametrize(("begins", "due"), [("0001-01-01", "0001-01-01"), ("0001-01-01", "9999-12-31"),
                                             ("9999-12-31", "9999-12-31")])  # fmt: skip
@pytest.mark.parametrize("metric", ["orders", "coming_back", "helped_elsewhere"])
def test_a_goal_may_reach_to_the_end_of_the_calendar(desk, begins, due, metric):
    body = {"name": "For ever", "metric": metric, "target": "1", "unit": "%" if metric == "coming_back" else "count",
            "direction": "at_least", "begins": begins, "due": due, "where": {"unit": "web"}}  # fmt: skip
    told = desk.client.post("/v1/goals", json=body, headers={"authorization": f"Bearer {desk.key}"})
    assert told.status_code in (200, 400), told.text
    assert len(desk.ask("GET", "/goals?now=true")) == (told.status_code == 200)


def test_money_is_told_in_the_currency_of_the_target(desk):
    body = {"name": "Sell", "metric": "revenue", "target": "400.50", "unit": "EUR", "direction": "at_least", "due": DUE}
    goal = desk.ask("POST", "/goals", body)
    assert (goal["target"], goal["aim_words"], goal["where_words"]) == ("400.5", "at least 400.5 EUR",
                                                                        "the whole company")  # fmt: skip
    look = desk.ask("POST", f"/goals/{goal['id']}/check-ins", {"status": "at risk", "decided": "a mailing"})
    assert (look["value"], look["currency"], look["met"], look["sure"]) == (BOUGHT * 2000, "EUR", False, None)
    assert (look["rates"], look["words"]) == ({}, "360.00 EUR; the target, at least 400.5 EUR, is not reached.")
    at = (OPENING + timedelta(hours=7)).isoformat()
    abroad = {"JPY": 10_000, "SEK": 500}
    sold = [
        track("Order Placed", id=money, at=at, user="u-1", total=total, currency=money, order_id=money)
        for money, total in abroad.items()
    ]
    assert {one.status for one in desk.hub.accept("web", sold)} == {"accepted"}
    look = desk.ask("POST", f"/goals/{goal['id']}/check-ins", {"status": "on track", "decided": "go on"})
    assert (look["value"], look["rates"], look["without_rate"], look["met"]) == (
        BOUGHT * 2000 + 6200, {"JPY": "0.0062"}, ["SEK"], True,
    )  # fmt: skip
    assert look["words"] == (
        "422.00 EUR (other currencies converted at JPY 0.0062; without SEK, which has no rate); "
        "the target, at least 400.5 EUR, is reached."
    )
    average = {**body, "name": "Larger baskets", "metric": "basket", "target": "20"}
    goal = desk.ask("POST", "/goals", average)
    look = desk.ask("POST", f"/goals/{goal['id']}/check-ins", {"status": "on track", "decided": "go on"})
    assert (look["value"], look["numerator"], look["denominator"]) == (2221, BOUGHT * 2000 + 6200, BOUGHT + 1)
    assert look["words"].startswith("22.21 EUR (422.00 EUR by 19; other currencies")


def test_a_number_that_is_told_no_more_keeps_no_other_goal_from_being_told(desk):
    desk.ask("POST", "/goals", {"name": "More orders", **GOAL})
    numbers = Numbers(lambda _: Counted("share", whole_months=False), lambda *_: Measured(None), lambda _: ())
    room = Aiming(desk.hub.store, Aims(desk.hub.vault.digest), desk.hub.deeds, desk.hub.clock, numbers,
                  desk.hub.customers)  # fmt: skip
    room.set_goal("Smile more", Aim("smiles", "25", "%", "at_least", "2026-11-30", TODAY), by="Ana")
    gone, told = desk.ask("GET", "/goals?now=true")
    assert (gone["name"], gone["now"]) == ("Smile more", None)
    assert gone["why_not_now"].startswith("No metric is called 'smiles'.")
    assert (told["now"]["value"], told["why_not_now"]) == (BOUGHT / (VISITS + 1), None)


def test_only_a_manager_may_see_or_state_aims(untouched):
    key = untouched.hub.access.add_key(Role.ASSOCIATE)[1]
    sent = {"authorization": f"Bearer {key}"}
    looks = "goals/g-1/check-ins"
    asked = ["GET charters", "PUT charters/web", "GET goals", "POST goals", "DELETE goals/g-1", f"GET {looks}",
             f"POST {looks}"]  # fmt: skip
    for method, path in (one.split() for one in asked):
        assert untouched.client.request(method, f"/v1/{path}", json={}, headers=sent).status_code == 403, path
