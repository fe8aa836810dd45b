"""The pages about credit, channels and the scorecard at their addresses: as data, refused, and by role."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar.testing import TestClient

from console import credit_story
from console.test_render import Page
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import assert_books_balance


@dataclass
class Desk:
    """Somebody who asks for pages with a key."""

    client: TestClient[Any]
    key: str

    def ask(self, path: str, **form: str) -> Any:
        headers = {"authorization": f"Bearer {self.key}", "accept": "text/html"}
        return self.client.request("POST" if form else "GET", path, headers=headers, data=form or None)

    def data(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Role, Desk]]:
    """A manager and an associate of the shop whose boutique advises for the web."""
    folder = tmp_path_factory.mktemp("credit") / "shop.noline"
    Hub.init(folder).close()
    with (folder / "noline.toml").open("a") as file:
        file.write(credit_story.SETTINGS)
    hub = Hub.open(folder)
    credit_story.tell(hub)
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield {role: Desk(client, hub.access.add_key(role)[1]) for role in (Role.MANAGER, Role.ASSOCIATE)}
    writer.stop()
    assert_books_balance(hub.store)
    hub.close()


@pytest.fixture
def manager(desks: dict[Role, Desk]) -> Desk:
    return desks[Role.MANAGER]


def test_the_data_of_all_units_are_what_the_page_says(manager: Desk):
    (section,) = manager.data("/credit.json")["currency_sections"]
    boutique = next(row for row in section["units"] if row["unit"] == credit_story.PLACE)
    assert (boutique["orders_captured"], boutique["orders_helped"]) == (credit_story.OWN, credit_story.ADVISED)
    # Ten own orders leave 15.00 less 1.20 of work each; forty times advice costs 4.80, one return 3.20.
    assert boutique["floor_minor"] == 13_800
    assert boutique["headroom_today_minor"] == -(40 * 480 + 320)
    assert boutique["headroom_fair_minor"] == 39 * 1_260
    page = Page(manager.ask("/credit").text)
    assert "earns 195 EUR less in today’s books than it would alone" in page.words


def test_the_table_of_all_units_has_a_line_for_each(manager: Desk):
    told = manager.ask("/credit.csv").text.splitlines()
    assert {line.split(",")[0] for line in told[1:]} == {"web", credit_story.PLACE}


def test_the_data_of_a_unit_hold_every_order_that_it_helped(manager: Desk):
    told = manager.data("/credit/units/paris-opera.json")
    assert len(told["orders"]) == credit_story.ADVISED


def test_another_month_holds_its_own_orders_only(manager: Desk):
    whole = manager.data("/credit.json")["currency_sections"][0]["units"]
    march = manager.data("/credit.json?period=2026-03")["currency_sections"][0]["units"]
    assert sum(row["orders_captured"] for row in march) == sum(row["orders_captured"] for row in whole) == 50
    assert manager.data("/credit.json?period=2020-01")["currency_sections"] == []


def test_a_time_without_orders_has_its_pages_all_the_same(manager: Desk):
    for path in ("/credit", "/credit/units/paris-opera", "/credit/guarantee", "/scorecard"):
        answer = manager.ask(f"{path}?period=2020-01")
        assert answer.status_code == 200, path


@pytest.mark.parametrize(
    "path",
    [
        "/credit?period=2026-13", "/credit/units/nobody", "/credit/orders/none", "/scorecard?by=weather",
        "/scorecard?words=lawyers", "/credit?method=dice",
    ],
)  # fmt: skip
def test_what_there_is_not_is_refused_with_a_page_and_no_fault(manager: Desk, path: str):
    answer = manager.ask(path)
    assert answer.status_code in (400, 404), path
    assert len(Page(answer.text).all("h1")) == 1


@pytest.mark.parametrize(
    "path", ["/credit", "/credit/units/web", "/credit/orders/o-00", "/credit/guarantee", "/channels", "/scorecard"]
)
def test_an_associate_sees_none_of_it(desks: dict[Role, Desk], path: str):
    assert desks[Role.ASSOCIATE].ask(path).status_code == 403
    assert desks[Role.ASSOCIATE].ask(f"{path}.json").status_code == 403


GOAL = {
    "name": "More orders", "owner": "", "metric": "orders", "direction": "at_least", "target": "50", "unit": "count",
    "begins": "2026-03-01", "due": "2030-12-31", "channel": "", "place": "", "back": "/scorecard?by=unit&words=digital",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [("direction", "sideways"), ("target", "many"), ("due", "soon"), ("metric", "luck")]
)
def test_a_goal_that_cannot_be_set_is_refused_on_the_card_it_came_from(manager: Desk, field: str, value: str):
    answer = manager.ask("/scorecard/goals", **{**GOAL, field: value})
    assert answer.status_code in (400, 404)
    page = Page(answer.text)
    assert "No goal is set." in page.words
    assert "Stores and channels" in page.words


def test_a_look_at_no_goal_is_not_found(manager: Desk):
    answer = manager.ask("/scorecard/goals/none/check-in", status="at risk", decided="Nothing.", back="")
    assert answer.status_code == 404


def test_a_role_that_is_none_is_refused_and_nothing_is_stated(manager: Desk):
    answer = manager.ask("/channels/charter", channel="web", main="rule the world", owner="")
    assert answer.status_code == 400
    words = Page(answer.text).words
    assert "This charter cannot be stated" in words
    assert "Nobody has said yet what each channel is meant for" in words
