"""The demo company's own customers at its own counter, in a browser: greeted, served from elsewhere, put right."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from clients.serving import ServedHub
from console.shop_story import looked_at
from console.test_counter_story import PATIENCE_MS, scan, sent
from noline.demo.counter import MISSING_SKU
from noline.stores.access import Role

pytestmark = pytest.mark.browser

OPERA, MARAIS = "paris-opera", "paris-marais"
TASTING = """
[[programme]]
id = "sample"
name = "Sample of a new product that fits"
sentence = "Let a customer taste a new product that fits a preference."
when = { in_store = { at_least = 1 } }
items = "new"
item = { matches = { at_least = 1 }, here = { at_least = 1 } }
holdout_percent = 0
cooldown_days = 21
goal = { what = ["order"], within_days = 30 }

[programme.words]
en = { title = "Offer a taste of {item}", reason = "{item} is new and fits what was bought before." }
fr = { title = "Faire goûter {item}", reason = "{item} est nouveau." }
"""


@pytest.fixture(scope="module")
def served(company_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """The company, served; nobody is held out of the tasting."""
    folder = tmp_path_factory.mktemp("counter")
    shutil.copytree(company_folder, folder / "shop.noline")
    (folder / "shop.noline" / "actions.toml").write_text(TASTING, "utf-8")
    hub = ServedHub(folder, made=True).start()
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with looked_at(chromium) as opened:
        yield opened


@pytest.fixture
def page(served: ServedHub, browser: Browser) -> Iterator[Page]:
    """The tablet of an associate at Opéra."""
    context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    tablet = context.new_page()
    tablet.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    tablet.goto(f"{served.origin}/login?token={served.hub.login_link(Role.ASSOCIATE)}")
    tablet.goto(f"{served.origin}/counter?location={OPERA}")
    tablet.wait_for_selector("html[data-counter=kept]")
    yield tablet
    context.close()


def test_catherine_is_greeted_in_french_and_in_japanese_and_tastes(served: ServedHub, page: Page):
    scan(served, page, "catherine@example.com")
    greeting = page.locator(".is-greeting p")
    expect(greeting).to_contain_text("Madame Laurent")
    expect(page.locator(".block-preferences")).to_contain_text("10 of 13, from 14 purchases")
    page.get_by_role("button", name="日本語").click()
    expect(greeting).to_contain_text("Laurent様")
    page.get_by_role("button", name="Français").click()
    tasting = page.locator(".action", has_text="Faire goûter Tramontana")
    tasting.get_by_role("button", name="Accepted").click()
    sent(page)
    counts = {one.id: told for one, told in served.hub.offering.programmes()}
    assert counts["sample"].accepted == 1


def test_what_opera_lacks_is_reserved_at_marais(served: ServedHub, page: Page):
    scan(served, page, "catherine@example.com")
    missing = page.locator(".last-stock > li", has_text="Brigante").first
    expect(missing).to_contain_text("none here")
    missing.get_by_role("button", name="Maison Ristretto Marais").click()
    sent(page)
    reserved = [
        one
        for one in served.hub.fulfilling.at(MARAIS, "assigned", 100)
        if {line.sku for line in one.lines} == {MISSING_SKU}
    ]
    assert len(reserved) == 1


def test_marguerites_complaint_comes_first_and_is_closed(served: ServedHub, page: Page):
    scan(served, page, "marguerite@example.com")
    expect(page.locator(".loop")).to_have_count(1)
    expect(page.locator(".suppressed")).to_contain_text("Nothing is offered")
    page.get_by_text("Close it …").click()
    page.get_by_label("What was done?").fill("a new box is sent")
    page.get_by_role("button", name="Close it").click()
    sent(page)
    expect(page.locator(".loop")).to_have_count(0)


def test_catherine_changes_her_mind_and_the_card_is_empty_at_once(served: ServedHub, page: Page):
    scan(served, page, "catherine@example.com")
    expect(page.locator(".block-preferences")).to_be_visible()
    page.get_by_role("button", name="Withdraw: Personal advice").click()
    sent(page)
    for block in (".block-preferences", ".block-purchases", ".stock"):
        expect(page.locator(block)).to_have_count(0)
    person = served.hub.find_customers("catherine@example.com")[0].person
    assert served.hub.greet(person, store=OPERA).purchases is None
