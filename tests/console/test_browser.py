"""The console in a real browser: what the manager clicks, reads and mends, with a mouse and with a keyboard alone."""

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clients.serving import PATIENCE_SECONDS, ServedHub
from console import people_story
from noline.stores.access import Role
from shop import OPENING, identify, track

pytestmark = pytest.mark.browser

PEOPLE = 40
LOST = 12
MAILED = 30
MAILED_LOST = 6
PRICE = 24.5
HEADLINE = "Of 40 people who set out from web to store, 12 (30 %) were lost: about 290 EUR left with them."
BORDER_HEADLINE = "12 of 40 people were lost on the way from web to store, about 290 EUR with them."
OPERA = "Maison Ristretto Opéra"
AT_OPERA = {"context_store_id": "paris-opera"}
WIDTHS = {"a desk": 1280, "a tablet": 820}


# --- The shop -------------------------------------------------------------------------------------------------------


class Story:
    """Messages with times counted in days from the opening, each with an id of its own."""

    def __init__(self) -> None:
        self.told: dict[str, list[dict[str, Any]]] = {"web-shop": [], "tills": [], "newsletter": [], "office": []}
        self._numbers = count(1)

    def say(self, source: str, event: str, user: str | None, minutes: int, **properties: Any) -> None:
        self.told[source].append(
            track(event, id=f"m-{next(self._numbers)}", at=_after(minutes), user=user, **properties)
        )

    def name(self, user: str, name: str, email: str) -> None:
        self.told["web-shop"].append(
            identify(id=f"m-{next(self._numbers)}", at=_after(0), user=user, name=name, email=email)
        )


def _after(minutes: int) -> str:
    return (OPENING + timedelta(minutes=minutes)).isoformat()


DAY_MINUTES = 24 * 60


def story() -> Story:
    """40 people research on the web and come to the store the next day; 12 of them buy nowhere."""
    told = Story()
    told.say("office", "Location Opened", None, 0, location="paris-opera", name=OPERA, channel="store")
    for number in range(PEOPLE):
        user, begins = f"u-{number:02}", number * 10
        told.name(user, f"Ada Lovelace {number:02}", f"ada.{number:02}@example.com")
        told.say("web-shop", "Product Viewed", user, begins + 1, sku="ristretto-50", price=PRICE, currency="EUR")
        came = begins + DAY_MINUTES
        told.say("tills", "Store Visited", user, came, **AT_OPERA)
        if number >= LOST:
            currency, total = ("JPY", 4000) if number % 4 == 0 else ("EUR", PRICE)
            told.say(
                "tills", "Order Completed", user, came + 5,
                order_id=f"o-{number}", total=total, currency=currency, **AT_OPERA,
            )  # fmt: skip
    for number in range(MAILED):
        user, begins = f"n-{number:02}", number * 10
        told.say(
            "newsletter", "Coupon Sent", user, begins,
            coupon_id=f"c-{number}", handoff_to="store", handoff_object=f"c-{number}", handoff_group="Spring",
        )  # fmt: skip
        if number >= MAILED_LOST:
            told.say("tills", "Coupon Redeemed", user, begins + DAY_MINUTES, coupon_id=f"c-{number}")
    three_days_later = 3 * DAY_MINUTES
    told.say("tills", "Review Posted", "u-00", three_days_later, review_id="r-1", rating=2, **AT_OPERA)
    told.say("web-shop", "Page Viewed", "somebody-else", 80 * DAY_MINUTES)
    return told


CHANNELS = {"web-shop": "web", "tills": "store", "newsletter": "mail", "office": "office"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """A served hub in which that happened, with one dead letter of the web shop."""
    hub = ServedHub(tmp_path_factory.mktemp("console"), company="Maison Ristretto")
    with (hub.directory / "noline.toml").open("a") as file:
        file.write('\n[rates]\nJPY = "0.006"\n')
    for source, channel in CHANNELS.items():
        hub.add_source(source, channel)
    for source, items in story().told.items():
        assert {receipt.status for receipt in hub.hub.accept(source, items)} == {"accepted"}
    broken = {"type": "track", "event": "Availability Shown", "userId": "somebody-else", "timestamp": "soon"}
    hub.hub.accept("web-shop", [{**broken, "messageId": f"broken-{at}", "properties": {}} for at in range(2)])
    hub.start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """A served hub on its first day."""
    hub = ServedHub(tmp_path_factory.mktemp("empty")).start()
    yield hub
    hub.stop()


# --- The browser ----------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """Somebody at a browser; `complaints` is everything a developer would see in red."""

    hub: ServedHub
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._break)
        self.page.on("request", self._judge)

    def _break(self, error: Any) -> None:
        # A browser that leaves out the cross-fade between two pages says so; that is no fault of the page.
        if str(error) != "Transition was skipped":
            self.complaints.append(str(error))

    def _hear(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def _judge(self, request: Any) -> None:
        if not request.url.startswith((self.hub.origin, "data:")):
            self.complaints.append(f"asked {request.url}")

    def go(self, path: str) -> Page:
        self.page.goto(self.hub.origin + path)
        return self.page

    def log_in(self, role: Role = Role.ADMIN) -> Page:
        return self.go(f"/login?token={self.hub.hub.login_link(role)}")

    @property
    def heading(self) -> str:
        return words(self.page.locator("h1").inner_text())


@pytest.fixture
def desk(served: ServedHub, browser: Browser) -> Iterator[Desk]:
    """Somebody who has not logged in yet, and must leave nothing red behind."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    at = Desk(served, context.new_page())
    yield at
    assert at.complaints == []
    context.close()


@pytest.fixture
def admin(desk: Desk) -> Desk:
    """Somebody who has opened the link that the server printed."""
    desk.log_in()
    return desk


def words(text: str) -> str:
    """A text as it is read: one space is as good as another."""
    return " ".join(text.split())


def cells(page: Page, table: str) -> list[list[str]]:
    """The rows of the body of a table, as read."""
    rows = page.get_by_role("table", name=table).locator("tbody tr:not(.bar-row)").all()
    return [[words(cell.inner_text()) for cell in row.locator("th, td").all()] for row in rows]


def lost_person(desk: Desk) -> str:
    """The id of the first one who was lost."""
    person = desk.hub.person_of("user_id", "u-00")
    assert person is not None
    return person


def every_page(desk: Desk) -> list[str]:
    """Every page of the console that shows something of this hub."""
    letter = desk.hub.hub.dead_letters(None)[0].id
    return [
        "/", "/borders/web/store", "/borders/mail/store", "/customers", "/customers?q=ada",
        f"/customers/{lost_person(desk)}", f"/customers/{lost_person(desk)}/why", "/customers/review",
        "/customers/quality", "/records/2", "/sources", "/dead-letters", f"/dead-letters/{letter}",
        "/docs",
    ]  # fmt: skip


# --- From the first sentence to the evidence ------------------------------------------------------------------------


def test_a_link_opens_the_console_once(desk: Desk):
    link = f"/login?token={desk.hub.hub.login_link(Role.MANAGER)}"
    page = desk.go(link)
    assert urlsplit(page.url).path == "/"
    expect(page.locator(".who")).to_contain_text("manager")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    desk.go(link)
    expect(page.get_by_role("alert")).to_contain_text("This link was used already or is too old.")
    desk.complaints.clear()  # the browser names the refusal itself


def test_who_is_not_logged_in_is_led_back_to_the_page_asked_for(desk: Desk):
    page = desk.go("/borders/web/store")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Or enter a key").fill(desk.hub.hub.access.add_key(Role.MANAGER)[1])
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Web → store")


def test_the_first_sentence_tells_where_people_are_lost(admin: Desk):
    assert words(admin.page.locator(".headline").inner_text()) == HEADLINE
    assert cells(admin.page, "Worst borders")[0] == [
        "Web → store", "40", "40", "12", "0", "30 % 18 – 45 %", "294 EUR"
    ]  # fmt: skip


def test_the_picture_of_the_channels_is_drawn(admin: Desk):
    expect(admin.page.locator("#sankey canvas, #sankey svg").first).to_be_visible()
    assert "web" in (admin.page.locator("#sankey").get_attribute("data-words") or "")


def test_sales_of_two_currencies_stand_side_by_side_with_one_share(admin: Desk):
    euro, yen = 21, 7
    admin.page.get_by_role("heading", name="Sales by channel").click()
    assert cells(admin.page, "Sales by channel") == [
        ["Store", str(euro + yen), "24.50 EUR 4,000 JPY", "515 EUR 28,000 JPY", "100 %"]
    ]
    said = "Shares are of the sum in EUR at the hub's rates: 1 JPY = 0.006 EUR."
    expect(admin.page.get_by_text(said)).to_be_visible()


def test_open_feedback_names_the_place_as_the_catalogue_does(admin: Desk):
    admin.page.get_by_role("heading", name="Open feedback").click()
    row = cells(admin.page, "Open feedback by place, the longest waiting first")[0]
    assert row[0] == OPERA


def test_every_number_says_how_it_was_counted(admin: Desk):
    page = admin.page
    page.get_by_role("button", name="40 people").click()
    sheet = page.locator("#counted-handoffs")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("A visit is everything one person does in one channel")
    assert "touchpoints" in sheet.locator("pre").inner_text()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.get_by_role("table", name="Worst borders").locator("td.lost-text").first.click()
    expect(sheet.locator("[data-cell]")).to_have_text("Web → store: lost 12")


def test_a_loss_leads_to_a_person_to_the_timeline_and_to_the_record(admin: Desk):
    page = admin.page
    page.get_by_role("link", name="12 (30 %)").click()
    assert words(page.locator(".headline").inner_text()) == BORDER_HEADLINE
    people = cells(page, "Who was lost")
    assert len(people) == LOST
    assert people[-1][:1] + people[-1][2:5] == [
        "Ada Lovelace 00", "Product Viewed: ristretto-50", OPERA, "24.50 EUR"
    ]  # fmt: skip
    assert re.fullmatch(r"#\d+ web-shop", people[-1][5])
    page.get_by_role("link", name="Ada Lovelace 00").click()
    assert admin.heading == "Ada Lovelace 00"
    mark = page.get_by_role("link", name=re.compile("^web: .*Product Viewed: ristretto-50"))
    mark.click()
    expect(page.locator("tr:target")).to_contain_text("web-shop")
    evidence = page.get_by_role("row").filter(has_text="Product Viewed: ristretto-50").locator(".evidence a")
    seq = evidence.inner_text().removeprefix("#")
    evidence.click()
    assert admin.heading == "Product Viewed"
    assert urlsplit(page.url).path == f"/records/{seq}"
    sent = json.loads(page.locator("pre code").inner_text())
    assert (sent["event"], sent["userId"], sent["properties"]["price"]) == ("Product Viewed", "u-00", PRICE)
    page.get_by_role("link", name="Everything about this customer").click()
    assert admin.heading == "Ada Lovelace 00"


def test_declared_hand_offs_stand_by_their_group(admin: Desk):
    admin.go("/borders/mail/store")
    assert cells(admin.page, "Declared hand-offs by group")[0][:4] == ["Spring", "30", "24", "6"]


def test_a_table_is_sorted_by_its_headings(admin: Desk):
    page = admin.go("/borders/web/store")
    heading = page.get_by_role("columnheader", name="Customer")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    names = [row[0] for row in cells(page, "Who was lost")]
    assert names == sorted(names)
    heading.get_by_role("button").click()
    assert [row[0] for row in cells(page, "Who was lost")] == names[::-1]


# --- Search, with the keyboard alone --------------------------------------------------------------------------------


def test_a_customer_is_found_with_the_keyboard_alone(admin: Desk):
    page = admin.page
    tab_to(page, "Customers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("ADA.07@example.com ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 customer for")
    assert urlsplit(page.url).query == "q=ADA.07%40example.com+"
    tab_to(page, "Ada Lovelace 07")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace 07")


def test_a_yes_and_a_no_are_taken_down_on_the_page_of_a_customer(desk: Desk):
    page = desk.log_in(Role.ASSOCIATE)
    person = desk.hub.person_of("user_id", "u-05")
    desk.go(f"/customers/{person}")
    card = page.get_by_role("region", name="What we may do")
    for answer, how in (("Yes", "filled in a form"), ("No", "said it on the telephone")):
        card.get_by_text("Take down a yes or no").click()
        card.get_by_role("radio", name=answer).check()
        card.get_by_label("To what").select_option("Offers")
        card.get_by_label("By", exact=True).select_option("text message")
        card.get_by_label("How we know").select_option(how)
        card.get_by_label("Taken down by").fill("Ana")
        card.get_by_role("button", name="Take it down").click()
        expect(card.locator(".answers")).to_contain_text(f"{answer} by text message since")
        expect(card.locator(".answers")).to_contain_text(how)
    card.get_by_text("Everything that was said").click()
    assert card.locator(".lineage li").count() == 2
    expect(card.locator(".lineage li").first).to_contain_text("Ana, associate at the console")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the link of this name has the focus; whatever is passed shows that it has it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        assert focused["shown"], f"nobody sees that {focused['text']!r} has the focus"
        if focused["text"] == name:
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


_FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return {text: one.textContent.trim(), shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
}"""


def test_every_page_is_walked_through_with_the_keyboard(admin: Desk):
    for path in every_page(admin):
        page = admin.go(path)
        if page.evaluate("document.activeElement.id") == "q":  # a page that begins in its field
            continue
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUSED)["text"] == "Skip to the content", path
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main", path


def test_a_name_nobody_has_is_said_so(admin: Desk):
    page = admin.go("/customers?q=nobody%40example.com")
    expect(page.locator("#found")).to_contain_text("Nobody is known under nobody@example.com.")


# --- Sources and dead letters ---------------------------------------------------------------------------------------


def test_the_snippet_of_the_sources_page_sends_an_event(admin: Desk):
    if shutil.which("curl") is None:
        pytest.skip("curl is missing: install curl (Debian: apt-get install curl)")
    page = admin.go("/sources")
    assert {row[0] for row in cells(page, "All sources")} >= set(CHANNELS)
    source = admin.hub.add_source("snippet", "web")
    page.get_by_text("curl", exact=True).click()
    snippet = page.locator("details[open] pre code").inner_text()
    assert admin.hub.origin in snippet
    said = subprocess.run(
        ["bash", "-c", snippet.replace("WRITE_KEY", source.key)], capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout)["results"][0]["status"] == "accepted"
    assert admin.hub.kinds(source) == ["Product Viewed"]


def test_a_line_is_copied(admin: Desk):
    page = admin.go("/sources")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "noline source add web-shop --channel web"


def test_a_dead_letter_is_mended_tried_and_replayed(admin: Desk):
    page = admin.page
    expect(page.get_by_role("link", name="Dead letters 2 open")).to_be_visible()
    page.get_by_role("link", name="Dead letters").click()
    page.get_by_role("table").last.get_by_role("link").first.click()
    expect(page.get_by_label("Where")).to_have_value("/timestamp")
    expect(page.get_by_label("Put there")).to_have_value('"soon"')
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#outcome")).to_contain_text("It would be parked again.")
    page.get_by_label("Put there").fill('"2026-03-05T10:00:00Z"')
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#outcome")).to_contain_text("It would be taken in.")
    before = admin.hub.hub.last_seq()
    page.get_by_role("button", name="Save the patch").click()
    expect(page.locator("#outcome")).to_contain_text("Saved. Replay takes it in.")
    assert admin.hub.hub.last_seq() == before
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#outcome")).to_contain_text("It is in the log now.")
    expect(page.locator("main")).to_contain_text("This letter is fixed; nothing is left to do.")
    page.get_by_role("link", name=f"position {before + 1}").click()
    assert admin.heading == "Availability Shown"
    expect(page.locator("main")).to_contain_text("5 Mar 2026, 10:00:00")
    assert admin.hub.records()[-1].kind == "Availability Shown"


def test_a_manager_may_try_and_not_replay(desk: Desk):
    letter = desk.hub.hub.dead_letters(None)[-1].id
    desk.log_in(Role.MANAGER)
    page = desk.go(f"/dead-letters/{letter}")
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_have_count(0)


# --- Who is who: a hub of its own, in which Catherine's story was told ------------------------------------------------


@pytest.fixture(scope="module")
def lamberts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedHub, people_story.Story]]:
    """A served hub that knows Catherine Lambert and her family."""
    hub = ServedHub(tmp_path_factory.mktemp("people"), company="Maison Ristretto")
    story = people_story.tell(hub.hub)
    hub.start()
    yield hub, story
    hub.stop()


@pytest.fixture
def counter(lamberts: tuple[ServedHub, people_story.Story], browser: Browser) -> Iterator[Desk]:
    """A manager with a tablet at the counter of that shop."""
    context = browser.new_context(viewport={"width": WIDTHS["a tablet"], "height": 1180}, has_touch=True)
    at = Desk(lamberts[0], context.new_page())
    at.log_in(Role.MANAGER)
    yield at
    assert at.complaints == []
    context.close()


def catherine(desk: Desk) -> str:
    """The address of Catherine's page."""
    return f"/customers/{desk.hub.person_of('user_id', 'catherine')}"


def people_pages(desk: Desk) -> list[str]:
    """Every page about who is who that shows something."""
    jean, son = (desk.hub.person_of("user_id", f"jean-{one}") for one in ("senior", "junior"))
    here = catherine(desk)
    return [
        "/customers?q=lambert", "/customers?q=nobody", here, f"{here}/why", f"/customers/{jean}/why", f"{here}/merge",
        f"{here}/merge?q=lambert", f"/customers/{jean}/compare/{son}", f"{here}/erase", "/customers/review",
        "/customers/quality",
    ]  # fmt: skip


def names_at_the_top(page: Page) -> list[str]:
    """Whom the review queue compares."""
    return [words(link.inner_text()) for link in page.locator(".versus thead a").all()]


def test_the_review_queue_is_worked_with_the_keyboard_alone(counter: Desk):
    page = counter.go("/customers/review")
    page.evaluate("window.stayed = true")
    assert names_at_the_top(page) == ["Jean Lambert", "Jean Lambert"]
    page.keyboard.press("ArrowRight")
    expect(page.locator(".versus thead")).to_contain_text("Marie Petit")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".versus thead")).to_contain_text("Jean Lambert")
    page.keyboard.press("h")
    expect(page.get_by_role("status")).to_contain_text("One household, two people: Jean Lambert, Jean Lambert.")
    assert sorted(names_at_the_top(page)) == ["M. Petit", "Marie Petit"]
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    expect(page.locator(".versus thead")).to_contain_text("Jean Lambert")
    page.keyboard.press("l")
    expect(page.get_by_role("status")).to_contain_text("Put behind the others.")
    expect(page.locator(".versus thead")).to_contain_text("Marie Petit")
    assert page.evaluate("window.stayed"), "the page was loaded anew"
    assert [one.undone_at is None for one in counter.hub.hub.identity.decision_log()] == [False]


def test_a_key_pressed_in_the_search_decides_nothing(counter: Desk):
    before = len(counter.hub.hub.identity.decision_log())
    page = counter.go("/customers")
    page.get_by_role("searchbox").fill("")
    page.keyboard.type("ynhl")
    expect(page.get_by_role("searchbox")).to_have_value("ynhl")
    assert len(counter.hub.hub.identity.decision_log()) == before


def test_a_value_opens_to_who_told_it_and_leads_to_the_record(counter: Desk):
    page = counter.go(catherine(counter))
    page.get_by_text("1 other").tap()
    told = page.locator(".facts details[open]")
    expect(told).to_contain_text("Cathy L. not used")
    told.get_by_role("link", name="#5").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("identify")


def test_names_are_ticked_split_off_and_put_back_by_thumb(counter: Desk):
    page = counter.go(catherine(counter))
    page.get_by_text("These are two people …").tap()
    page.get_by_role("checkbox", name="Browser or device cookie-1").tap()
    page.get_by_role("button", name="Make them two people").tap()
    expect(page.get_by_role("status")).to_contain_text("Two people: decided by manager at the console")
    assert counter.hub.person_of("anonymous_id", "cookie-1") != counter.hub.person_of("user_id", "catherine")
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    assert counter.hub.person_of("anonymous_id", "cookie-1") == counter.hub.person_of("user_id", "catherine")


def test_erasing_is_not_sent_before_it_was_confirmed(counter: Desk):
    page = counter.go(catherine(counter))
    page.get_by_role("link", name="Erase this customer …").tap()
    page.get_by_role("button", name="Erase for good").tap()
    assert counter.heading == "Erase Catherine Lambert for good?"
    page.get_by_label("Why?").fill("asked by e-mail")
    page.get_by_role("button", name="Erase for good").tap()
    assert counter.heading == "Erase Catherine Lambert for good?"
    page.get_by_role("link", name="Leave everything as it is").tap()
    assert counter.heading == "Catherine Lambert"


def test_whatever_is_pressed_by_thumb_is_large_enough(counter: Desk):
    small = {}
    for path in people_pages(counter):
        page = counter.go(path)
        if found := page.evaluate(_SMALL):
            small[path] = found
    assert small == {}


_SMALL = """() => [...document.querySelectorAll('main button, main input, main summary, main .step, main .tabs a')]
  .filter((one) => one.checkVisibility() && one.type !== 'hidden' && !one.closest('label.check'))
  .filter((one) => !one.matches('.how-link, .how') && one.getBoundingClientRect().height < 36)
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_about_who_is_who_fit_and_keep_the_rules_of_accessibility(counter: Desk, axe: str, scheme: Any):
    counter.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    broken = {}
    for width in WIDTHS.values():
        counter.page.set_viewport_size({"width": width, "height": 900})
        for path in people_pages(counter):
            page = counter.go(path)
            page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
            told = violations(page, axe)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                told.append("it scrolls sideways")
            if told:
                broken[path, width] = told
    assert broken == {}


def test_the_review_queue_works_without_scripts(lamberts: tuple[ServedHub, people_story.Story], browser: Browser):
    hub, story = lamberts
    story.identify("tills", "z-1", traits={"name": "Zoé Roux"})
    story.identify("tills", "z-2", traits={"name": "Zoe Roux"})
    story.suggest(("z-1", "z-2"))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{hub.origin}/login?token={hub.hub.login_link()}")
    page.goto(f"{hub.origin}/customers/review")
    page.get_by_role("button", name="One person").click()
    expect(page.get_by_role("status")).to_contain_text("One person")
    assert hub.person_of("user_id", "z-1") == hub.person_of("user_id", "z-2")
    context.close()


# --- Every page -----------------------------------------------------------------------------------------------------


def test_every_page_is_also_data(admin: Desk):
    for path in every_page(admin)[:-1]:
        page = admin.go(path)
        for link in page.locator(".data-links a").all():
            address = link.get_attribute("href") or ""
            answer = page.request.get(admin.hub.origin + address)
            assert answer.status == 200, address
            if ".json" in address:
                assert isinstance(answer.json(), (dict, list)), address
            else:
                assert answer.headers["content-type"].startswith("text/csv"), address
                rows = list(csv.reader(io.StringIO(answer.text())))
                assert len({len(row) for row in rows}) <= 1, address


def test_the_data_of_a_border_hold_everybody_who_was_lost(admin: Desk):
    answer = admin.page.request.get(f"{admin.hub.origin}/borders/web/store.csv").text()
    names = [row["name"] for row in csv.DictReader(io.StringIO(answer))]
    assert sorted(names) == [f"Ada Lovelace {number:02}" for number in range(LOST)]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways(admin: Desk, width: int, scheme: Any):
    admin.page.set_viewport_size({"width": width, "height": 900})
    admin.page.emulate_media(color_scheme=scheme)
    wide = {}
    for path in every_page(admin):
        page = admin.go(path)
        seen = page.evaluate("document.documentElement.scrollWidth")
        cut = page.evaluate(_CUT_OFF) if width == WIDTHS["a desk"] else []
        if seen > width or cut:
            wide[path] = (seen, cut)
    assert wide == {}


_CUT_OFF = """() => [...document.querySelectorAll('.scroll')]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.getAttribute('aria-labelledby') || one.getAttribute('aria-label'))"""


def test_dark_is_dark_and_light_is_light(admin: Desk):
    shades = {}
    for scheme in ("light", "dark"):
        admin.page.emulate_media(color_scheme=scheme)
        told = admin.page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(int(part) for part in re.findall(r"\d+", told)[:3]) / 3
    assert shades["light"] > 230
    assert shades["dark"] < 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_keeps_the_rules_of_accessibility(admin: Desk, axe: str, scheme: Any):
    admin.page.emulate_media(color_scheme=scheme)
    broken = {}
    for path in [*every_page(admin), "/nothing"]:
        page = admin.go(path)
        if told := violations(page, axe):
            broken[path] = told
    admin.complaints.clear()  # the browser names the page that is not there
    assert broken == {}


def test_the_explanation_of_a_number_keeps_them_too(admin: Desk, axe: str):
    admin.page.get_by_role("button", name="40 people").click()
    assert violations(admin.page, axe) == []


def test_the_login_keeps_them_too(desk: Desk, axe: str):
    assert violations(desk.go("/login"), axe) == []


def violations(page: Page, axe: str) -> list[str]:
    """The rules a page breaks, and where."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((told) => told.violations)")
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found]


def test_the_judge_sees_what_is_broken(desk: Desk, axe: str):
    page = desk.go("/login")
    page.evaluate("document.querySelector('label[for=key]').remove()")
    assert violations(page, axe) == ["label: ['#key']"]


def test_a_page_reads_without_scripts(served: ServedHub, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.origin}/login?token={served.hub.login_link()}")
    assert words(page.locator(".headline").inner_text()) == HEADLINE
    assert cells(page, "Worst borders")[0][3] == "12"
    context.close()


# --- Other people, other days ---------------------------------------------------------------------------------------


def test_an_associate_finds_customers_and_sees_no_way_to_the_rest(desk: Desk):
    page = desk.log_in(Role.ASSOCIATE)
    assert desk.heading == "Customers"
    assert [link.inner_text() for link in page.get_by_role("navigation").get_by_role("link").all()] == [
        "Counter", "Customers", "Orders", "Stock", "Store today"
    ]  # fmt: skip
    page.get_by_role("searchbox").fill("ada.00@example.com")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Ada Lovelace 00").click()
    assert desk.heading == "Ada Lovelace 00"
    assert page.locator(".evidence a").count() == 0
    desk.go("/")
    assert desk.heading == "A key of role associate may not do this; it needs manager or analyst."
    page.get_by_role("link", name="Find a customer").click()
    assert desk.heading == "Customers"
    desk.complaints.clear()  # the browser names the refusal itself


def test_a_page_that_is_not_there_says_so_and_leads_back(admin: Desk):
    page = admin.go("/nothing/at/all")
    assert admin.heading == "There is nothing at this address."
    page.get_by_role("link", name="Back to where we lose people").click()
    assert words(page.locator(".headline").inner_text()) == HEADLINE
    admin.complaints.clear()  # the browser names the page that is not there


def test_a_new_hub_tells_its_first_two_steps(empty: ServedHub, browser: Browser):
    context: BrowserContext = browser.new_context()
    at = Desk(empty, context.new_page())
    page = at.log_in()
    assert words(page.locator(".headline").inner_text()) == "Nothing has come in yet. Two steps, and this page answers."
    expect(page.get_by_role("heading", name="Name a source")).to_be_visible()
    empty.add_source("web-shop", "web")
    page.reload()
    expect(page.get_by_text("There is a source already.")).to_be_visible()
    for path in ("/sources", "/dead-letters", "/customers", "/customers?q=a", "/docs"):
        at.go(path)
    assert at.complaints == []
    context.close()
