"""The counter's pages: what they carry, who may see them, and that they are light enough to come at once."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from console.preview_counter import CATHERINE, PLACE, STORE, STORES, TODAY, card_page, day_page, search_page
from console.test_render import Page
from noline.doors.console import counter
from noline.doors.console.frame import Shell
from noline.doors.console.render import STATIC, render
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import OPENING, identify, track

MOST_BYTES = 60 * 1024
FILES = (
    "noline.css", "noline.js", "noline.svg", "counter.css", "counter.js", "counter-card.js", "counter-kept.js",
    "counter-local.js", "counter-today.js", "counter-words.js",
)  # fmt: skip


def data_of(html: str) -> dict[str, Any]:
    """What a page hands to its script."""
    found = re.search(r'<script type="application/json" id="counter-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


# --- What the pages carry ---------------------------------------------------------------------------------------------


def test_the_first_look_weighs_less_than_sixty_kilobytes():
    weight = sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in FILES)
    weight += len(gzip.compress(card_page(CATHERINE).encode(), 9))
    assert weight < MOST_BYTES, f"{weight} bytes"


def test_every_file_that_the_counter_loads_is_kept_for_the_time_without_a_network():
    kept = set(re.findall(r'"/static/([^"]+)"', (STATIC / "counter-worker.js").read_text("utf-8")))
    assert kept == set(FILES)
    imported = {
        name
        for file in STATIC.glob("counter*.js")
        for name in re.findall(r'from "\./([^"]+)"', file.read_text("utf-8"))
    }
    assert imported <= kept


def test_a_page_hands_its_card_to_the_script_and_nothing_of_it_can_leave_the_block():
    assert data_of(card_page(CATHERINE))["card"] == CATHERINE
    hostile = {**CATHERINE, "notes": [{"text": "</script><script>alert(1)</script>"}]}
    html = card_page(hostile)
    assert "<script>alert" not in html
    assert data_of(html)["card"]["notes"] == hostile["notes"]


def test_the_page_that_a_device_keeps_knows_nobody():
    html = render("counter", view=counter.shell(sees_all=False), shell=Shell(path="/counter/shell"))
    assert data_of(html) == {"view": "shell", "store": "", "sees_all": False}


def test_the_day_is_handed_over_and_the_field_to_scan_waits():
    html = day_page()
    assert data_of(html)["today"] == TODAY
    (field,) = [one for one in Page(html).all("input") if one.get("id") == "q"]
    assert "autofocus" in field
    assert PLACE in Page(html).words


def test_a_store_is_chosen_before_anything_else():
    html = render("counter", view=counter.choose(stores=STORES), shell=Shell(path="/counter"))
    assert [one["href"] for one in Page(html).all("a") if "location=" in str(one["href"])] == [
        "/counter?location=paris-opera", "/counter?location=paris-marais"
    ]  # fmt: skip
    assert "counter-data" not in html


def test_those_found_lead_to_their_cards_and_nobody_is_said_to_be_nobody():
    page = Page(search_page("moreau"))
    assert "1 customer is found by “moreau”" in page.words
    assert "/counter/customers/p_jeanne?found_by=name" in [one["href"] for one in page.all("a")]
    assert "Nobody is found by “zzz”." in Page(search_page("zzz")).words


def test_no_script_of_the_counter_runs_text_as_code():
    for file in STATIC.glob("*counter*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function", file.read_text("utf-8")
        ), file


# --- The addresses ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with one store and two customers of one family."""
    opened = Hub.init(tmp_path_factory.mktemp("counter") / "shop.noline")
    opened.access.ensure_source("tills", "store", trust="server")
    told = [
        track("Location Opened", id="l-1", at=OPENING.isoformat(), location=STORE, name=PLACE, channel="store"),
        identify(id="i-1", at=OPENING.isoformat(), user="ada", name="Ada Lovelace", email="ada@example.com"),
        identify(id="i-2", at=OPENING.isoformat(), user="ann", name="Ann Lovelace", email="ann@example.com"),
    ]
    assert {one.status for one in opened.accept("tills", told)} == {"accepted"}
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def served(hub: Hub) -> Iterator[TestClient[Any]]:
    """The API of that hub."""
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), base_url="http://hub.example") as client:
        yield client
    writer.stop()


@pytest.fixture
def desk(hub: Hub, served: TestClient[Any]) -> TestClient[Any]:
    """A new session of an associate who stands in the store."""
    served.cookies.clear()
    served.cookies.set("noline_session", hub.access.new_session(Role.ASSOCIATE))
    return served


def test_the_store_is_chosen_once_and_remembered(desk: TestClient[Any]):
    assert "Which store is this?" in Page(desk.get("/counter").text).words
    chosen = desk.get(f"/counter?location={STORE}", follow_redirects=False)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/counter")
    assert f"noline_store={STORE}" in chosen.headers["set-cookie"]
    assert data_of(desk.get("/counter").text)["store"] == STORE


def test_who_is_the_only_one_found_is_greeted_at_once(desk: TestClient[Any]):
    answer = desk.get("/counter?q=ada@example.com", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/counter/customers/")
    page = desk.get(answer.headers["location"])
    told = data_of(page.text)
    assert told["view"] == "customer"
    assert told["card"]["who"]["name"] == "Ada Lovelace"
    assert "ada@example.com" in told["card"]["who"]["identified_by"]


def test_several_who_are_found_are_shown_to_choose_from(desk: TestClient[Any]):
    assert "2 customers are found by “Lovelace”" in Page(desk.get("/counter?q=Lovelace").text).words


def test_who_looked_stands_under_the_name_said_at_the_device(hub: Hub, desk: TestClient[Any]):
    desk.cookies.set("noline_by", "L%C3%A9a")
    person = hub.find_customers("ada@example.com")[0].person
    assert desk.get(f"/counter/customers/{person}.json").status_code == 200
    assert hub.clienteling.views(person)[0].by == "Léa"


def test_the_book_holds_the_day_and_the_cards_of_no_others(desk: TestClient[Any]):
    told = desk.get(f"/counter/book?store={STORE}").json()
    assert (told["store"], told["cards"]) == (STORE, {})
    assert told["today"]["appointments"] == []


def test_nobody_sees_the_counter_without_a_key(desk: TestClient[Any]):
    desk.cookies.clear()
    for path in ("/counter.json", "/counter/book?store=x", "/counter/customers/p_1.json"):
        assert desk.get(path).status_code == 401, path
    assert desk.get("/counter/shell", follow_redirects=False).status_code == 401


def test_the_worker_may_serve_the_counter_and_is_asked_for_anew(desk: TestClient[Any]):
    answer = desk.get("/counter-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == Path(STATIC / "counter-worker.js").read_text("utf-8")


def test_logging_out_tells_the_browser_to_drop_what_it_keeps(desk: TestClient[Any]):
    answer = desk.post("/logout", follow_redirects=False)
    assert answer.headers["clear-site-data"] == '"storage"'
