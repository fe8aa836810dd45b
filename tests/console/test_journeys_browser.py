"""In a real browser: from the home page to the person behind a friction, and a funnel built by pressing its steps."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from clients.serving import ServedHub
from console import journeys_story
from console.test_browser import WIDTHS, Desk, cells, tab_to, violations, words

pytestmark = pytest.mark.browser

PAGES = (
    "/", "/frictions", "/frictions/F2", "/frictions/F4", "/frictions/F22", "/borders/web/call", "/borders/mail/store",
    "/explore",
    "/explore?step=Product+Viewed&step=web/Checkout+Started%3F&step=store/*&by=channel&without=Call+Started&who=2",
    "/explore?step=Product+Veiwed",
)  # fmt: skip

DARK = ("/", "/frictions/F2", "/borders/web/call", PAGES[-2])
"""One page of each kind."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """The served hub of the shop whose checkout fails."""
    hub = ServedHub(tmp_path_factory.mktemp("journeys"), company="Maison Ristretto")
    journeys_story.tell(hub.hub)
    hub.start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


def bars(desk: Desk) -> list[str]:
    """How many people each step of the funnel on the page has."""
    return [words(one.inner_text()) for one in desk.page.locator(".funnel-people").all()]


def test_from_the_home_page_to_what_to_fix_first_to_a_person_to_the_timeline(manager: Desk):
    page = manager.page
    assert cells(page, "Fix this first")[0][1].startswith("Call after a failed checkout")
    page.locator(".begin").get_by_role("link", name="Call after a failed checkout").click()
    assert manager.heading == "Call after a failed checkout"
    assert "40 people met this: it costs us about 588 EUR." in words(page.locator(".headline").inner_text())
    expect(page.get_by_role("img", name="Grace Hopper 39: web → call centre")).to_be_visible()
    page.get_by_role("link", name="Grace Hopper 39").click()
    assert manager.heading == "Grace Hopper 39"
    expect(page.get_by_role("link", name="call centre: Call Started")).to_be_visible()
    expect(page.locator("tr:target")).to_contain_text("Checkout Started")


def test_a_friction_gets_an_owner_and_the_home_page_names_them(manager: Desk):
    page = manager.go("/frictions/F2")
    page.get_by_label("Owner").fill("ines@example.com")
    page.get_by_label("State").select_option("in work")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_role("status")).to_have_text("Noted.")
    assert cells(manager.go("/"), "Fix this first")[0][-1] == "ines@example.com in work"


def test_a_friction_says_in_words_and_sql_how_it_was_counted(manager: Desk):
    page = manager.go("/frictions/F2")
    page.get_by_role("button", name="588 EUR").first.click()
    sheet = page.locator("#counted-friction")
    expect(sheet).to_contain_text("At risk is everybody of whom we saw Checkout Started.")
    assert "FROM touchpoints" in sheet.locator("pre").inner_text()


def test_a_funnel_is_built_by_pressing_three_steps_saved_and_listed(manager: Desk):
    page = manager.go("/explore")
    page.get_by_role("link", name="Product Viewed 80").click()
    expect(page.locator(".funnel-step")).to_have_count(1)
    page.get_by_role("link", name="Web", exact=True).click()
    page.get_by_role("link", name="Checkout Started 80").click()
    expect(page.locator(".funnel-step")).to_have_count(2)
    page.get_by_role("link", name="Store", exact=True).click()
    page.get_by_role("link", name="Anything here 20").click()
    expect(page.locator(".funnel-step")).to_have_count(3)
    assert bars(manager) == ["80 people", "80 people", "20 people"]
    expect(page.locator("#funnel-heading")).to_contain_text("went all the way (20; 17 – 35 %)")
    page.get_by_label("Name").fill("From the checkout to the store")
    page.get_by_label("Tell me when it changes").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved as “From the checkout to the store”.")
    saved = page.locator(".saved li", has_text="From the checkout to the store")
    expect(saved).to_contain_text("Product Viewed → Checkout Started, web → anything in store, within 7 days")
    expect(saved).to_contain_text("is watched")
    saved.get_by_role("button", name="Forget it").click()
    expect(page.locator(".saved")).to_have_count(0)


def test_the_address_carries_the_question_and_the_way_back_leads_back(manager: Desk):
    page = manager.go("/explore?step=Product+Viewed&step=web/Checkout+Started")
    page.get_by_role("link", name="Move step 2 up").click()
    expect(page.locator(".funnel-name").first).to_contain_text("Checkout Started, web")
    address = page.url
    page.get_by_role("link", name="Take step 2 away").click()
    expect(page.locator(".funnel-step")).to_have_count(1)
    page.go_back()
    expect(page.locator(".funnel-step")).to_have_count(2)
    assert page.url == address
    page.reload()
    expect(page.locator(".funnel-name").first).to_contain_text("Checkout Started, web")


def test_a_change_of_the_options_counts_again_at_once(manager: Desk):
    page = manager.go("/explore?step=web/Checkout+Started&step=store/*")
    assert bars(manager) == ["80 people", "20 people"]
    page.get_by_text("7 days, in this order").click()
    page.get_by_label("From the first step to the last").select_option("1 hour")
    expect(page.locator(".funnel-people").last).to_have_text("0 people")
    page.get_by_text("1 hour, in this order").click()
    page.get_by_label("Must not happen", exact=True).select_option("Order Completed")
    expect(page.locator(".options summary")).to_contain_text("without Order Completed")
    assert "without=Order" in urlsplit(page.url).query


def test_an_event_is_found_in_the_list_and_added_with_the_keyboard_alone(manager: Desk):
    page = manager.go("/explore")
    page.get_by_placeholder("Find an event").focus()
    page.keyboard.type("order comp")
    expect(page.locator(".choices li:visible")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".funnel-name")).to_contain_text("Order Completed")
    tab_to(page, "who reached step 1")
    page.keyboard.press("Enter")
    expect(page.locator("#who-heading")).to_contain_text("Who reached step 1")
    assert len(cells(page, "Who reached step 1, Order Completed")) == 20


def test_the_explorer_works_without_scripts(served: ServedHub, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.origin}/login?token={served.hub.login_link()}")
    page.goto(f"{served.origin}/explore")
    page.get_by_role("link", name="Checkout Started 80").click()
    page.get_by_role("link", name="Call Started 40").click()
    assert [words(one.inner_text()) for one in page.locator(".funnel-people").all()] == ["80 people", "40 people"]
    page.get_by_text("7 days, in this order").click()
    page.get_by_label("Order").select_option("in any order")
    page.get_by_role("button", name="Count again").click()
    assert "mode=any" in page.url
    expect(page.locator(".funnel")).to_contain_text("any 2 of the 2")
    context.close()


def test_every_page_about_journeys_is_also_data(manager: Desk):
    for path in PAGES[:-1]:
        page = manager.go(path)
        for link in page.locator(".data-links a").all():
            answer = page.request.get(manager.hub.origin + (link.get_attribute("href") or ""))
            assert answer.status == 200, path


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_no_page_about_journeys_scrolls_sideways(manager: Desk, width: int):
    manager.page.set_viewport_size({"width": width, "height": 900})
    wide = [
        path for path in PAGES if manager.go(path).evaluate("document.documentElement.scrollWidth") > width
    ]  # fmt: skip
    assert wide == []


@pytest.mark.parametrize(("scheme", "paths"), [("light", PAGES), ("dark", DARK)], ids=["light", "dark"])
def test_pages_about_journeys_keep_the_rules_of_accessibility(
    manager: Desk, axe: str, scheme: Any, paths: tuple[str, ...]
):
    manager.page.emulate_media(color_scheme=scheme)
    broken = {}
    for path in paths:
        page = manager.go(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        if told := violations(page, axe):
            broken[path] = told
    assert broken == {}
