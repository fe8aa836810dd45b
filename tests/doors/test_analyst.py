"""An analyst sees where many are lost and what that costs, and nobody of them, whatever route is asked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from api_routes import routes
from console import journeys_story, people_story
from noline.doors.answers import aims, frictions
from noline.doors.answers.seen import person_id
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from noline.truth.aims.model import Aim

FUNNEL = {"steps": ["web/Checkout Started", "web/Checkout Failed", "call/*"], "by": "channel"}
PLACES = {
    "sender": "web", "receiver": "call", "friction": "F2", "unit": "web", "channel": "web", "question": "handoffs",
    "sku": "ristretto-50", "order": "o-1", "order_id": "o-1", "seq": "1", "number": "1",
}  # fmt: skip
QUERIES = {
    "/v1/journeys/time-to": "from=web/*&to=call/*",
    "/v1/causes": "friction=F2",
    "/v1/credit/what-if": "unit=web",
    "/v1/customers": "q=Grace",
    **dict.fromkeys(("/v1/credit/order", "/credit/order", "/credit/order.json", "/credit/order.csv"), "id=o-1"),
    **dict.fromkeys(("/stock/item", "/stock/item.json", "/stock/item.csv"), "sku=ristretto-50"),
    **dict.fromkeys(("/customers", "/customers.json", "/customers.csv", "/counter", "/counter.json"), "q=Grace"),
    **dict.fromkeys(("/explore", "/explore.json", "/explore.csv"), "step=web/*&step=call/*&who=1"),
}
"""What a route has to be asked."""

NOTHING_TO_KNOW = {"GET /healthz", "GET /readyz", "GET /login"}

GOAL = Aim("orders", "100", "count", "at_least", "2026-12-31", "2026-01-01", {})


class Desk:
    """A served hub and a key of each role; `told` is how an answer could name somebody."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub = hub
        self.client = client
        self.keys = {role: hub.access.add_key(role)[1] for role in (Role.ANALYST, Role.MANAGER, Role.ADMIN)}
        hub.refresh()
        numbers = [number.as_py() for number in hub.history.ids]
        self.goal = aims.set_goal(hub, "More orders", GOAL, by="a manager", owner="")["id"]
        aims.check_in(hub, self.goal, status="on track", decided="Ask Catherine Lambert", by="a manager")
        frictions.cared(hub, "F2", by="a manager", owner="web team", note="Grace Hopper 01 called twice")
        self.person = next(one.person for one in hub.find_customers("Catherine", 1))
        self.places = {**PLACES, "person": self.person, "other": self.person, "goal": self.goal}
        names = [f"c-{number:02}" for number in range(journeys_story.AT_RISK)]
        orders = [f"o-{number}" for number in range(journeys_story.AT_RISK)]
        self.told = re.compile(
            "|".join(
                [
                    *(re.escape(person_id(number)) for number in numbers),
                    r"Hopper", r"Grace", r"Catherine", r"Lambert", r"[a-z]+@example\.com", r"33612344711", r"MR-4711",
                    *(rf"(?<![\w-]){one}(?![\w-])" for one in (*names, *orders)),
                ]
            )
        )  # fmt: skip

    def ask(self, route: str, role: Role = Role.ANALYST) -> Any:
        method, path = route.split(" ")
        filled = re.sub(r"{(\w+)}", lambda found: self.places.get(found[1], "none"), path)
        body = {"json": FUNNEL if path == "/v1/journeys/funnel" else {}} if method in ("POST", "PUT") else {}
        address = f"{filled}?{QUERIES.get(path, '')}"
        headers = {"authorization": f"Bearer {self.keys[role]}"}
        return self.client.request(method, address, headers=headers, follow_redirects=False, **body)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    hub = Hub.init(tmp_path_factory.mktemp("analyst") / "shop.noline")
    people_story.tell(hub)
    journeys_story.tell(hub)
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield Desk(hub, client)
    writer.stop()
    hub.close()


def open_to_analysts() -> set[str]:
    """The routes that the documentation opens to an analyst."""
    words = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
    return set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| [a-z]+ or analyst \|", words, re.MULTILINE)) - {"POST /logout"}


OPEN = open_to_analysts()
EVERYTHING = [route for route in routes() if not route.startswith("GET /docs")]


@pytest.mark.parametrize("route", EVERYTHING)
def test_no_answer_to_an_analyst_names_anybody(desk: Desk, route: str):
    answer = desk.ask(route)
    assert desk.told.findall(answer.text) == []
    assert (answer.status_code == 200) == (route in OPEN or route in NOTHING_TO_KNOW)


DATA = sorted(route for route in OPEN if route.split(" ")[1].startswith("/v1/") or route.endswith(".json"))
PEOPLE = ("persons", "lost", "decided", "cases", "own_view", "dropped", "orders", "orders_captured", "numerator")


def small_cells(told: Any) -> list[str]:
    """What an answer counts of fewer than 5 people."""
    if isinstance(told, list):
        return [one for part in told for one in small_cells(part)]
    if not isinstance(told, dict):
        return []
    here = [f"{name}: {told[name]}" for name in PEOPLE if type(told.get(name)) is int and 0 < told[name] < 5]
    return here + [one for name, part in told.items() if name != "counted" for one in small_cells(part)]


@pytest.mark.parametrize("route", [route for route in DATA if not route.endswith(".csv")])
def test_no_answer_to_an_analyst_counts_fewer_than_five_people(desk: Desk, route: str):
    assert small_cells(desk.ask(route).json()) == []


def test_the_same_look_finds_small_cells_in_what_a_manager_is_told(desk: Desk):
    few = {"GET /v1/scorecard", "GET /v1/channels/roles", "GET /home.json", "GET /v1/journeys/handoffs"}
    assert {route for route in few if small_cells(desk.ask(route, Role.MANAGER).json())} == few


def test_the_same_search_finds_people_in_what_a_manager_is_told(desk: Desk):
    named = {
        "GET /borders/{sender}/{receiver}", "GET /frictions/{friction}", "GET /explore", "GET /explore.json",
        "GET /v1/credit/orders", "GET /v1/frictions/{friction}/cases", "GET /v1/frictions", "GET /v1/customers",
        "GET /customers", "GET /customers/{person}", "GET /v1/records/{seq}", "GET /credit/order",
        "GET /v1/journeys/handoffs/{sender}/{receiver}/lost", "GET /v1/goals/{goal}/check-ins", "GET /scorecard",
    }  # fmt: skip
    assert {route for route in named if desk.told.search(desk.ask(route, Role.MANAGER).text)} == named
