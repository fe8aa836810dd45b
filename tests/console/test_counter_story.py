"""A day at the counter, with the real hub: greeted in French and in Japanese, served, put right, and nothing lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from clients.serving import ServedHub
from console.test_browser import words
from noline.hub import Hub
from noline.kernel.clock import DAY, as_text
from noline.stores.access import Role
from shop import identify, track

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
OPERA, LYON = "paris-opera", "lyon"
MACHINE, DESCALER, COFFEE = "piccola", "descaler", "vespro-50"
PURPOSES = ("service", "personalisation", "marketing", "profiling")

PROGRAMMES = """
[[programme]]
id = "care_kit"
name = "Care for an owned machine"
sentence = "Offer what keeps a machine in order."
items = "care"
cooldown_days = 1
holdout_percent = 0
prior = [2, 8]
goal = { what = ["order"], within_days = 30 }

[programme.words]
en = { title = "Offer {item}", reason = "The {owned} is due for care." }
de = { title = "{item} anbieten", reason = "Die Pflege der {owned} steht an." }
fr = { title = "Entretien : {item}", reason = "L'entretien de {owned} est à prévoir." }
ja = { title = "{item} をご案内する", reason = "{owned} のお手入れの時期です。" }
"""


def story(hub: Hub) -> dict[str, str]:
    """Two stores and a few goods; Catherine owns a machine, Jeanne complained, Yuki is from Tokyo. Who is who."""
    now = hub.clock.now()
    told: list[dict[str, Any]] = []

    def say(event: str, days_ago: int, user: str | None = None, **properties: Any) -> None:
        at = as_text(now - days_ago * DAY)
        told.append(track(event, id=f"s-{len(told)}", at=at, user=user, **properties))

    def name(user: str, **traits: Any) -> None:
        told.append(identify(id=f"s-{len(told)}", at=as_text(now - 300 * DAY), user=user, **traits))

    for location, place in ((OPERA, "Opéra"), (LYON, "Lyon Bellecour")):
        say("Location Opened", 400, location=location, name=place, channel="store", country="FR")
    say(
        "Product Described",
        400,
        sku=MACHINE,
        name="Piccola",
        category="machine",
        price=199,
        attributes={"warranty_months": 24},
    )
    say(
        "Product Described",
        400,
        sku=DESCALER,
        name="Descaler",
        category="care",
        price=12,
        attributes={"fits": [MACHINE]},
    )
    say("Product Described", 400, sku=COFFEE, name="Vespro, 50 capsules", category="coffee", price=24.5)
    say("Stock Received", 30, sku=DESCALER, location=LYON, quantity=6)
    say("Stock Received", 30, sku=COFFEE, location=OPERA, quantity=20)
    name("catherine", name="Catherine Laurent", firstName="Catherine", lastName="Laurent", title="Madame",
         email="catherine@example.com", language="fr", address={"city": "Paris", "country": "FR"})  # fmt: skip
    name("yuki", name="佐藤 由紀", firstName="由紀", lastName="佐藤", email="yuki@example.jp", language="ja",
         address={"city": "東京", "country": "JP"})  # fmt: skip
    name("jeanne", name="Jeanne Moreau", firstName="Jeanne", lastName="Moreau", title="Madame",
         email="jeanne@example.com", language="fr", address={"city": "Lyon", "country": "FR"})  # fmt: skip
    for days_ago, sku in ((200, MACHINE), (20, COFFEE)):
        say("Order Completed", days_ago, "catherine", order_id=f"c-{days_ago}", currency="EUR", total=24.5,
            products=[{"sku": sku, "quantity": 1, "price": 24.5}], context_store_id=OPERA)  # fmt: skip
    say("Order Completed", 12, "yuki", order_id="y-1", currency="EUR", total=24.5,
        products=[{"sku": COFFEE, "quantity": 1, "price": 24.5}], context_store_id=OPERA)  # fmt: skip
    say("Case Opened", 3, "jeanne", case_id="case-7", topic="parcel came open", order_id="j-1",
        context_store_id=OPERA)  # fmt: skip
    hub.access.ensure_source("tills", "store", trust="server")
    assert {receipt.status for receipt in hub.accept("tills", told)} == {"accepted"}
    people = {one: hub.find_customers(f"{one}@example.{'jp' if one == 'yuki' else 'com'}")[0].person
              for one in ("catherine", "yuki", "jeanne")}  # fmt: skip
    for person in people.values():
        for purpose in PURPOSES:
            hub.consent.change(person, purpose, "any", granted=True, by="Ana", method="form")
    return people


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """The served hub of that shop."""
    hub = ServedHub(tmp_path_factory.mktemp("counter"), company="Maison Ristretto")
    (hub.directory / "actions.toml").write_text(PROGRAMMES, "utf-8")
    story(hub.hub)
    hub.start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


@pytest.fixture(scope="module")
def page(served: ServedHub, browser: Browser) -> Iterator[Page]:
    """The tablet of an associate at Opéra, who must leave nothing red behind."""
    context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    tablet = context.new_page()
    tablet.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    tablet.on("pageerror", lambda error: complaints.append(str(error)))
    tablet.goto(f"{served.origin}/login?token={served.hub.login_link(Role.ASSOCIATE)}")
    tablet.goto(f"{served.origin}/counter")
    tablet.get_by_role("link", name="Opéra").click()
    tablet.wait_for_selector("html[data-counter=kept]")
    yield tablet
    context.close()
    assert complaints == []


def scan(served: ServedHub, page: Page, typed: str) -> Page:
    """What a scanner does: type and send Enter."""
    page.goto(f"{served.origin}/counter")
    page.wait_for_selector("html[data-counter=kept]")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-counter=kept] .counter-card")
    return page


def sent(page: Page, count: int = 1) -> None:
    expect(page.locator(".outbox li:not(.is-waiting)")).to_have_count(count)
    assert page.locator(".outbox .is-refused").all_inner_texts() == []


def test_catherine_walks_in_and_is_greeted_in_french_and_in_japanese(served: ServedHub, page: Page):
    scan(served, page, "catherine@example.com")
    greeting = page.locator(".is-greeting p")
    expect(greeting).to_contain_text("Bonjour Madame Laurent")
    page.get_by_role("button", name="日本語").click()
    expect(greeting).to_contain_text("様")
    assert page.locator(".say").get_attribute("lang") == "ja"


def test_yuki_is_greeted_in_japanese_without_being_asked(served: ServedHub, page: Page):
    scan(served, page, "yuki@example.jp")
    expect(page.locator(".is-greeting p")).to_contain_text("佐藤様")


def test_what_opera_lacks_is_reserved_in_lyon(served: ServedHub, page: Page):
    scan(served, page, "catherine@example.com")
    item = page.locator(".action", has_text="Entretien : Descaler").locator(".stock > li")
    expect(item).to_contain_text("none here")
    item.get_by_role("button", name="Reserve there: Descaler, Lyon Bellecour").click()
    sent(page)
    (order,) = served.hub.fulfilling.at(LYON, "assigned", 10)
    assert {line.sku: line.asked for line in order.lines} == {DESCALER: 1}


def test_an_open_complaint_comes_first_and_is_closed(served: ServedHub, page: Page):
    scan(served, page, "jeanne@example.com")
    first = page.locator(".counter-middle h2").first
    assert words(first.inner_text()).startswith("Open complaint")
    expect(page.locator(".suppressed")).to_contain_text("Nothing is offered")
    page.get_by_text("Close it …").click()
    page.get_by_label("What was done?").fill("a new parcel is sent")
    page.get_by_role("button", name="Close it").click()
    sent(page)
    expect(page.locator(".loop")).to_have_count(0)
    assert str(served.hub.clienteling.case("case-7").state) == "closed"


def test_consent_that_is_withdrawn_empties_the_card_at_once(served: ServedHub, page: Page):
    person = served.hub.find_customers("catherine@example.com")[0].person
    scan(served, page, "catherine@example.com")
    expect(page.locator(".block-actions")).to_be_visible()
    page.get_by_role("button", name="Withdraw: Personal advice").click()
    sent(page)
    expect(page.locator(".block-preferences")).to_have_count(0)
    expect(page.locator(".stock")).to_have_count(0)
    told = {one["purpose"]: one["state"] for one in _card(page, person)["consent"]}
    assert told["personalisation"] == "withdrawn"


def test_a_note_written_without_a_server_is_there_once_it_is_back(served: ServedHub, page: Page):
    person = served.hub.find_customers("yuki@example.jp")[0].person
    scan(served, page, "yuki@example.jp")
    page.wait_for_selector("html[data-offline=ready]")
    _stop(served)
    page.get_by_text("Write a note").click()
    page.locator("#note-text").fill("likes it without milk")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".outbox .is-waiting")).to_have_count(1)
    page.reload()
    expect(page.locator(".who-name")).to_have_text("佐藤 由紀")
    expect(page.locator(".offline-note")).to_contain_text("Offline, data of")
    expect(page.locator(".block-notes")).to_contain_text("likes it without milk waiting")
    served.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".offline-note")).to_have_count(0)
    expect(page.locator(".outbox .is-waiting")).to_have_count(0)
    client, _ = served.hub.clienteling.of(person)
    assert [one.text for one in client.notes] == ["likes it without milk"]


def _card(page: Page, person: str) -> dict[str, Any]:
    told: dict[str, Any] = page.request.get(f"{page.url.split('/counter')[0]}/counter/customers/{person}.json").json()
    return told


def _stop(served: ServedHub) -> None:
    """End the server, not the hub that stands beside it."""
    assert served._process is not None
    served._process.terminate()
    served._process.wait(60)
