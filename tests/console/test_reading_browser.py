"""In a real browser: long pages stay short, waiting is said, and nothing is lost on small screens or on paper."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from clients.serving import ServedHub
from console.test_browser import Desk, cells, violations, words
from noline.stores.access import Role
from shop import OPENING, identify, track

pytestmark = pytest.mark.browser

EVENTS = 620
ON_A_PAGE = 500
OPEN = 50
ORDERS = 30
ORDERS_UNTIL = 600
LATEST_ORDERS = 10
ONE = "regular"
NAME = "Bernadette de la Rochefoucauld-Wolfeschlegelstein"
CHANNELS = {"web-shop": "web", "tills": "store", "app": "app"}
KINDS = (
    ("web-shop", "Product Viewed"),
    ("app", "App Opened"),
    ("web-shop", "Product Added"),
    ("tills", "Store Visited"),
)
ZOOMED = 320
"""A desk of 1280 px at 400 %."""

Json = dict[str, Any]


def story() -> Iterator[tuple[str, Json]]:
    """One customer who came every second day for years, and bought at every twentieth event."""
    ids = count(1)
    yield "web-shop", identify(id="m-0", at=OPENING.isoformat(), user=ONE, name=NAME, email="bernadette@example.com")
    for number in range(1, EVENTS):
        source, event = KINDS[number % len(KINDS)]
        said: Json = {"sku": "ristretto-50", "price": 24.5, "currency": "EUR"}
        if number % 20 == 0:
            source, event, said = (
                "tills",
                "Order Completed",
                {"order_id": f"o-{number}", "total": 49, "currency": "EUR"},
            )
        at = (OPENING - timedelta(days=2 * (EVENTS - number))).isoformat()
        yield source, track(event, id=f"m-{next(ids)}", at=at, user=ONE, **said)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """A served hub with that customer."""
    hub = ServedHub(tmp_path_factory.mktemp("reading"), company="Maison Ristretto")
    for source, channel in CHANNELS.items():
        hub.add_source(source, channel)
    for source, item in story():
        (receipt,) = hub.hub.accept(source, [item])
        assert receipt.status == "accepted", receipt
    hub.start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


@pytest.fixture
def regular(manager: Desk) -> Desk:
    """The manager before the page of that customer."""
    manager.go(f"/customers/{manager.hub.person_of('user_id', ONE)}")
    return manager


# --- A customer of many years ----------------------------------------------------------------------------------------


def test_the_latest_events_stand_open_and_those_before_are_folded(regular: Desk):
    page = regular.page
    assert f"{EVENTS} events, {ON_A_PAGE} of them here" in words(page.locator(".lead").inner_text())
    assert page.get_by_role("table", name="Every event, newest first").locator("tbody tr").count() == OPEN
    earlier = page.get_by_role("table", name="Earlier events")
    expect(earlier).to_be_hidden()
    page.get_by_text(f"{ON_A_PAGE - OPEN} earlier events, from").click()
    expect(earlier).to_be_visible()
    assert earlier.locator("tbody tr").count() == ON_A_PAGE - OPEN
    expect(page.get_by_role("link", name="Older events")).to_be_visible()


def test_a_short_history_is_not_folded(served: ServedHub, manager: Desk):
    served.hub.accept("web-shop", [track("Product Viewed", id="n-1", at=OPENING.isoformat(), user="new")])
    page = manager.go(f"/customers/{served.person_of('user_id', 'new')}")
    assert len(cells(page, "Every event, newest first")) == 1
    assert page.get_by_text("earlier event").count() == 0


def test_a_mark_of_the_picture_unfolds_the_event_it_leads_to(regular: Desk):
    page = regular.page
    first = page.locator("tr[id^=event-]").last
    expect(first).to_be_hidden()
    page.locator(f"a.mark[href='#{first.get_attribute('id')}']").click()
    expect(first).to_be_visible()
    expect(first).to_be_in_viewport()


def test_an_order_of_a_customer_leads_to_its_page(regular: Desk):
    page = regular.page
    numbers = range(ORDERS_UNTIL, ORDERS_UNTIL - 20 * LATEST_ORDERS, -20)
    assert [row[0] for row in cells(page, "Orders")] == [f"o-{number}" for number in numbers]
    page.get_by_text(f"{ORDERS - LATEST_ORDERS} earlier orders").click()
    page.get_by_role("link", name="o-300", exact=True).click()
    assert regular.heading == "Order o-300"


def test_a_long_picture_is_dated_along_its_way(regular: Desk):
    dates = [words(one) for one in regular.page.locator(".lane-plot .date").all_text_contents()]
    assert len(dates) >= 4
    assert all(re.fullmatch(r"(\d+ )?\w{3} 20\d\d", one) for one in dates)
    boxes = [one.bounding_box() for one in regular.page.locator(".lane-plot .date").all()]
    ends = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert all(after[0] > before[1] for before, after in pairwise(ends)), "dates touch"


def test_the_picture_is_one_stop_of_the_tab_key_and_arrows_walk_along_it(regular: Desk):
    page = regular.page
    assert page.locator("a.mark").count() > 100
    assert page.locator("a.mark:not([tabindex='-1'])").count() == 1
    page.locator("a.mark[tabindex='0']").focus()
    last = _focused_place(page)
    page.keyboard.press("ArrowLeft")
    assert _focused_place(page)[0] <= last[0]
    before = _focused_place(page)
    page.keyboard.press("ArrowRight")
    assert _focused_place(page) == last
    page.keyboard.press("ArrowLeft")
    assert _focused_place(page) == before
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    first = _focused_place(page)
    assert first[0] == min(place[0] for place in _places(page))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert _focused_place(page)[1] == first[1]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.lane-plot')") is None


_PLACE = "(one) => [...'xy'].map((way) => parseFloat(one.querySelector('.spot').getAttribute('c' + way)))"


def _focused_place(page: Page) -> list[float]:
    return page.evaluate(f"({_PLACE})(document.activeElement)")


def _places(page: Page) -> list[list[float]]:
    return page.evaluate(f"[...document.querySelectorAll('a.mark')].map({_PLACE})")


# --- Waiting ---------------------------------------------------------------------------------------------------------


def test_a_page_that_takes_long_says_so_and_a_quick_one_does_not(manager: Desk):
    page = manager.page
    slow(page, "**/stock")
    page.get_by_role("link", name="Stock").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")
    assert said(page) == [ONE_MOMENT]
    expect(page.locator("#waiting")).to_be_empty()
    page.get_by_role("link", name="Sources").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sources")
    assert said(page) == []


def test_data_that_are_downloaded_are_not_waited_for(manager: Desk):
    page = manager.go("/stock")
    slow(page, "**/stock.csv")
    with page.expect_download():
        page.get_by_role("link", name="CSV").click()
    assert said(page) == []


def test_a_form_that_is_pressed_twice_is_sent_once(manager: Desk):
    page = manager.go("/sources")
    page.evaluate(_A_FORM)
    sent = slow(page, "**/stock?*")
    page.evaluate("['first', 'second'].forEach(() => document.getElementById('pressed').click())")
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")
    assert said(page) == [ONE_MOMENT]
    assert len(sent) == 1


_A_FORM = """() => document.querySelector('main').insertAdjacentHTML('beforeend',
  '<form action="/stock"><input name="q" value="x"><button id="pressed">Find</button></form>')"""


def test_a_part_of_a_page_that_takes_long_says_so(manager: Desk):
    page = manager.go("/customers")
    slow(page, "**/customers?q=*")
    page.get_by_role("searchbox").fill("bernadette")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=NAME)).to_be_visible()
    expect(page.locator("#waiting")).to_be_empty()
    assert said(page) == [ONE_MOMENT, ""]


def test_the_explorer_says_that_it_counts(manager: Desk):
    page = manager.go("/explore")
    slow(page, "**/explore?*")
    page.get_by_role("link", name="App Opened").click()
    expect(page.locator("#funnel-heading")).to_have_text("1 person did this.")
    expect(page.locator("#waiting")).to_be_empty()
    assert said(page) == [ONE_MOMENT, ""]


ONE_MOMENT = "One moment …"
SLOW_S = 1.0


def slow(page: Page, address: str) -> list[str]:
    """Let an address take its time, and note down what the page says meanwhile; answers what was asked of it."""
    asked: list[str] = []

    def later(route: Route) -> None:
        asked.append(route.request.url)
        time.sleep(SLOW_S)
        route.continue_()

    page.route(address, later)
    page.evaluate(_LISTEN)
    return asked


_LISTEN = """() => {
  sessionStorage.said = '[]';
  const waiting = document.getElementById('waiting');
  const note = () => (sessionStorage.said = JSON.stringify([...JSON.parse(sessionStorage.said), waiting.textContent]));
  new MutationObserver(note).observe(waiting, {childList: true, characterData: true, subtree: true});
}"""


def said(page: Page) -> list[str]:
    """What was said of waiting since the last look."""
    told = page.evaluate("JSON.parse(sessionStorage.said)")
    page.evaluate(_LISTEN)
    return told


# --- Small screens and paper -----------------------------------------------------------------------------------------


def pages(desk: Desk) -> list[str]:
    """A page of each kind."""
    person = desk.hub.person_of("user_id", ONE)
    return [
        "/", "/frictions", "/explore", "/explore?step=Product+Viewed&step=App+Opened&step=Order+Completed", "/credit",
        "/channels", "/scorecard", "/customers", "/customers?q=bernadette", f"/customers/{person}",
        f"/customers/{person}/why", f"/customers/{person}/erase", "/customers/review", "/customers/quality", "/orders",
        "/orders/o-300", "/stock", "/today", "/counter", "/sources", "/dead-letters", "/records/2", "/docs", "/nothing",
    ]  # fmt: skip


def test_no_page_scrolls_sideways_at_four_hundred_percent(manager: Desk):
    manager.page.set_viewport_size({"width": ZOOMED, "height": 640})
    wide = {}
    for path in pages(manager):
        page = manager.go(path)
        if (seen := page.evaluate("document.documentElement.scrollWidth")) > ZOOMED:
            wide[path] = seen
    manager.complaints.clear()  # the browser names the page that is not there
    assert wide == {}


def test_nothing_lies_over_anything_in_the_explorer_of_a_small_screen(manager: Desk):
    manager.page.set_viewport_size({"width": ZOOMED, "height": 640})
    page = manager.go("/explore")
    assert page.evaluate(_ALL_INSIDE)


_ALL_INSIDE = """() => [...document.querySelectorAll('.palette > *')].every((one) =>
  one.getBoundingClientRect().bottom <= one.parentElement.getBoundingClientRect().bottom)"""


def test_what_is_dark_on_the_screen_is_printed_dark_on_white(regular: Desk):
    page = regular.page
    page.emulate_media(color_scheme="dark", media="print")
    ink, paper = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 150
    assert sum(map(int, re.findall(r"\d+", paper)[:3])) > 700


def test_a_printed_table_is_not_cut_off(manager: Desk):
    page = manager.go("/explore?step=Product+Viewed&step=App+Opened")
    page.emulate_media(media="print")
    expect(page.locator(".palette")).to_be_hidden()
    expect(page.locator(".funnel")).to_be_visible()
    manager.go(f"/customers/{manager.hub.person_of('user_id', ONE)}")
    assert page.evaluate(_CUT) == 0


_CUT = """() => [...document.querySelectorAll('.scroll')]
  .filter((one) => getComputedStyle(one).overflowX !== 'visible').length"""


# --- What every page has ---------------------------------------------------------------------------------------------


def test_every_heading_that_sorts_can_be_seen_and_pressed(manager: Desk):
    for path in ("/", "/credit", "/borders/web/store"):
        page = manager.go(path)
        assert page.evaluate(_TOO_SMALL_TO_SEE) == 0, path


_TOO_SMALL_TO_SEE = """() => [...document.querySelectorAll('thead button')]
  .filter((one) => one.getBoundingClientRect().width < 8).length"""


def test_the_counter_has_its_links_in_the_first_row_where_they_are_few(manager: Desk, browser: Browser):
    page = manager.go("/counter")
    assert _top(page, ".top nav a") >= _bottom(page, ".brand")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    clerk = Desk(manager.hub, context.new_page())
    clerk.log_in(Role.ASSOCIATE)
    assert _top(clerk.go("/counter"), ".top nav a") < _bottom(clerk.page, ".brand")
    context.close()


def _top(page: Page, selector: str) -> float:
    return page.locator(selector).first.evaluate("(one) => one.getBoundingClientRect().top")


def _bottom(page: Page, selector: str) -> float:
    return page.locator(selector).first.evaluate("(one) => one.getBoundingClientRect().bottom")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_long_customer_page_keeps_the_rules_of_accessibility(regular: Desk, axe: str, scheme: Any):
    page = regular.page
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    assert violations(page, axe) == []


def test_every_page_of_a_new_hub_says_what_to_do_next(tmp_path_factory: pytest.TempPathFactory, browser: Browser):
    hub = ServedHub(tmp_path_factory.mktemp("new")).start()
    context = browser.new_context()
    at = Desk(hub, context.new_page())
    at.log_in()
    for path in ("/frictions", "/explore", "/credit", "/channels", "/scorecard", "/customers", "/orders", "/stock"):
        page = at.go(path)
        expect(page.get_by_text("Nothing has come in yet, so this page has nothing to tell.")).to_be_visible()
        expect(page.get_by_role("link", name="Name a source and send its events")).to_be_visible()
    at.page.get_by_role("link", name="Name a source and send its events").click()
    assert at.heading == "Sources"
    hub.add_source("web-shop", "web")
    hub.hub.accept("web-shop", [track("Product Viewed", id="m-1", at=OPENING.isoformat(), user="u-1")])
    assert at.go("/stock").get_by_text("Nothing has come in yet").count() == 0
    assert at.complaints == []
    context.close()
    hub.stop()
