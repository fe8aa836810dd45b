"""In a real browser: from the unit that is worse off to the order behind it, a charter that is stated, a goal kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from clients.serving import ServedHub
from console import credit_story
from console.test_browser import WIDTHS, Desk, cells, violations, words

pytestmark = pytest.mark.browser

PAGES = (
    "/credit", "/credit?period=2026-03&method=last", "/credit/units/paris-opera", "/credit/units/web",
    "/credit/orders/o-00", "/credit/guarantee", "/channels", "/channels?k=3", "/scorecard",
    "/scorecard?by=unit&words=digital&period=all&currency=EUR",
)  # fmt: skip

DARK = ("/credit", "/credit/units/paris-opera", "/credit/orders/o-00", "/credit/guarantee", "/channels", "/scorecard")
"""One page of each kind."""

PHONE = {"a phone": 390}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """The served hub of the shop whose boutique advises for the web."""
    hub = ServedHub(tmp_path_factory.mktemp("credit"), company="Maison Ristretto")
    with (hub.directory / "noline.toml").open("a") as file:
        file.write(credit_story.SETTINGS)
    credit_story.tell(hub.hub)
    hub.start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


def test_from_the_unit_that_is_worse_off_to_its_statement_to_an_order(manager: Desk):
    page = manager.go("/credit")
    assert words(page.locator(".headline").inner_text()) == (
        "1 unit earns less in today’s books than it would alone, because helping others is not paid."
    )
    page.locator(".starved").get_by_role("link", name="Maison Ristretto Opéra").click()
    assert manager.heading == "Maison Ristretto Opéra"
    assert len(cells(page, "Orders it helped and others sold")) == 20
    page.get_by_role("link", name="o-39").click()
    assert manager.heading == "Order o-39"
    assert "the 25.20 EUR that was left is shared." in words(page.locator(".headline").inner_text())
    assert [row[-2:] for row in cells(page, "What each unit has of it")[:2]] == [
        ["12.60 EUR", "30.00 EUR"], ["12.60 EUR", "\u22124.80 EUR"]
    ]  # fmt: skip


def test_stopping_to_help_pays_today_and_costs_as_earned(manager: Desk):
    page = manager.go("/credit/units/paris-opera")
    stopping = words(page.locator("section", has=page.locator("#what-if-heading")).inner_text())
    assert "today +195 EUR, as earned \u2212491 EUR" in stopping


def test_a_return_is_repaid_to_who_took_it_and_taken_from_who_was_given(manager: Desk):
    page = manager.go("/credit/orders/o-00")
    (back,) = cells(page, "What came back")
    assert back[0] == "Maison Ristretto Opéra"
    assert "Web bears" in words(page.locator("section", has=page.locator("#parts-heading")).inner_text())


def test_another_period_and_method_are_chosen_without_a_script(served: ServedHub, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.origin}/login?token={served.hub.login_link()}")
    page.goto(f"{served.origin}/credit")
    page.get_by_label("Period").select_option("2026-03")
    page.get_by_label("What is left is shared").select_option("last")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#units-heading")).to_have_text("Every unit, March 2026")
    assert "method=last" in page.url
    page.goto(f"{served.origin}/scorecard")
    page.get_by_role("link", name="digital people").click()
    expect(page.locator(".scorecard tbody th").first).to_contain_text("Sessions")
    context.close()


def test_no_group_is_worse_off_as_earned_and_one_is_today(manager: Desk):
    page = manager.go("/credit/guarantee")
    books = cells(page, "Four ways to keep the books")
    assert [row[:3] for row in books[:2]] == [["As earned", "0 of 2", "0 of 2"], ["Today’s books", "1 of 2", "1 of 2"]]


def test_what_a_channel_is_meant_for_is_stated_and_stands_beside_what_is_measured(manager: Desk):
    page = manager.go("/channels")
    card = page.locator(".channel", has=page.get_by_role("heading", name="Web", exact=True))
    card.get_by_text("Say what it is meant for").click()
    card.get_by_label("Meant to").select_option("acquire")
    card.get_by_label("Make it easy").check()
    card.get_by_label("Why a customer buys here").fill("open at night\nevery item")
    card.get_by_role("button", name="State it").click()
    expect(page.get_by_role("status")).to_have_text("Stated.")
    expect(card).to_contain_text("Meant to bring in new customers, beside that to make it easy.")
    expect(card).to_contain_text("Why buy here: open at night; every item.")


def test_a_reason_that_is_too_long_is_refused_and_nothing_is_stated(manager: Desk):
    page = manager.go("/channels")
    card = page.locator(".channel", has=page.get_by_role("heading", name="Store", exact=True))
    card.get_by_text("Say what it is meant for").click()
    card.get_by_label("Why a customer buys here").fill("x" * 201)
    with page.expect_response("**/channels/charter") as answered:
        card.get_by_role("button", name="State it").click()
    assert answered.value.status == 400
    expect(page.get_by_role("alert")).to_contain_text("This charter cannot be stated")
    manager.complaints.clear()  # a browser writes every refused page into its console


def test_a_goal_is_set_and_looked_at_with_the_numbers_of_the_day(manager: Desk):
    page = manager.go("/scorecard?period=2026-03")
    page.get_by_text("Set a goal").click()
    page.get_by_label("Name").fill("More orders on the web")
    page.get_by_label("Number").select_option("orders")
    page.get_by_label("Target").fill("50")
    page.get_by_label("From").fill("2026-03-01")
    page.get_by_label("Until").fill("2030-12-31")
    page.get_by_label("Only in the channel").fill("web")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("status")).to_have_text("The goal is set.")
    goal = page.locator(".goals li", has_text="More orders on the web")
    expect(goal).to_contain_text("Now: 40; the target, at least 50, is not reached.")
    goal.get_by_text("Check in", exact=True).click()
    goal.get_by_label("How it stands").select_option("at risk")
    goal.get_by_label("What was decided").fill("Show the shop window on the web.")
    goal.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("status")).to_have_text("Kept, with the numbers as they are today.")
    expect(goal.locator(".tag")).to_have_text("at risk")
    assert "period=2026-03" in page.url


def test_every_number_of_credit_says_how_it_was_counted(manager: Desk):
    page = manager.go("/credit")
    page.locator("section", has=page.locator("#units-heading")).get_by_role(
        "button", name="How was this counted?"
    ).click()
    expect(page.locator("#counted-units")).to_contain_text("The work on each order is repaid to whoever did it.")
    page.keyboard.press("Escape")
    page.goto(f"{manager.hub.origin}/scorecard")
    page.get_by_role("button", name="Hit rate").click()
    expect(page.locator("#counted-metric-conversion")).to_contain_text("Formula: visits.visits_that_buy")


def test_every_page_about_credit_is_also_data(manager: Desk):
    for path in PAGES:
        page = manager.go(path)
        for link in page.locator(".data-links a").all():
            answer = page.request.get(manager.hub.origin + (link.get_attribute("href") or ""))
            assert answer.status == 200, path


@pytest.mark.parametrize("width", [*WIDTHS.values(), *PHONE.values()], ids=[*WIDTHS, *PHONE])
def test_no_page_about_credit_scrolls_sideways(manager: Desk, width: int):
    manager.page.set_viewport_size({"width": width, "height": 900})
    wide = [
        path for path in PAGES if manager.go(path).evaluate("document.documentElement.scrollWidth") > width
    ]  # fmt: skip
    assert wide == []


@pytest.mark.parametrize(("scheme", "paths"), [("light", PAGES), ("dark", DARK)], ids=["light", "dark"])
def test_pages_about_credit_keep_the_rules_of_accessibility(
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
