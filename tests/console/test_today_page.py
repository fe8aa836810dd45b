"""Store today: a day's work by thumb, each button once, and nothing moved by what is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Browser, expect

from clients.serving import ServedHub
from console import shop_story
from console.shop_story import DEPOT, MILK, OPERA, SKU, Shop, working
from console.test_browser import WIDTHS, Desk, violations, words
from console.test_render import Page
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role

HERE = f"/today?location={OPERA}"
Fields = dict[str, str]


class Tablet:
    """An associate's tablet in the store: forms are sent with what the page put into them."""

    def __init__(self, shop: Shop, client: TestClient[Any]) -> None:
        self.shop, self.hub, self.client = shop, shop.hub, client
        self.key = self.hub.access.add_key(Role.ASSOCIATE)[1]

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self.key}", "accept": "text/html"}
        return self.client.request(method, path, headers=headers, follow_redirects=False, **more)

    def form(self, *, do: str, id: str, **more: str) -> Fields:  # noqa: A002  the name of the field
        """The fields of a button as they stand on the page now."""
        html = self.ask("GET", HERE).text
        (key,) = set(
            re.findall(rf'name="id" value="{re.escape(id)}"><input type="hidden" name="key" value="([^"]+)"', html)
        )
        return {"do": do, "id": id, "location": OPERA, "key": key, **more}

    def send(self, fields: Fields) -> str:
        """Press a button; answers what the page says of it."""
        answer = self.ask("POST", "/today", data=fields)
        assert answer.status_code == 200, answer.text
        said = re.search(r'id="said".*?</div>', answer.text, re.DOTALL)
        assert said
        return Page(f"<div {said[0]}").words

    def press(self, **fields: str) -> str:
        return self.send(self.form(**fields))

    def work(self) -> Any:
        return self.ask("GET", f"/today.json?location={OPERA}").json()

    def steps(self, fulfilment: str) -> tuple[str, list[tuple[int, int]]]:
        """How far a fulfilment is, and units picked and not found of its lines."""
        one = self.hub.fulfilling.find(fulfilment)
        return str(one.state), [(line.picked, line.rejected) for line in one.lines]

    def paper(self, kind: str) -> str:
        """The one return or transfer that waits."""
        (one,) = self.work()[kind]
        return one["id"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """One kind of store is enough here: what the buttons ask of the rooms is tested there on both."""
    with Hub.init(tmp_path / "shop.noline") as opened:
        yield opened


@pytest.fixture
def tablet(hub: Hub) -> Iterator[Tablet]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield Tablet(working(hub), client)
    writer.stop()


# --- The store --------------------------------------------------------------------------------------------------------


def test_the_store_is_chosen_once_and_can_be_another(tablet: Tablet):
    asked = Page(tablet.ask("GET", "/today").text).words
    assert "Which store is this?This device remembers it. Lyon Bellecour Opéra" in asked
    chosen = tablet.ask("GET", HERE)
    assert "noline_store=paris-opera" in chosen.headers["set-cookie"]
    assert "HttpOnly" in chosen.headers["set-cookie"]
    again = tablet.ask("GET", "/today")
    assert (again.status_code, again.headers["location"]) == (307, HERE)
    assert "Which store is this?" in tablet.ask("GET", "/today?location=").text
    assert "Which store is this?" in tablet.ask("GET", "/today?location=nowhere").text


def test_the_work_of_a_store_is_in_one_answer(tablet: Tablet):
    work = tablet.work()
    assert [(one["id"], one["state"]) for one in work["to_pick"]] == [("w-1-1", "assigned")]
    assert [(one["id"], one["customer"]) for one in work["ready"]] == [("w-2-1", "Marie Petit")]
    assert [[line["units"] for line in one["lines"]] for one in work["transfers"]] == [[5]]
    assert [(line["units"], line["condition"]) for line in work["returns"][0]["lines"]] == [(1, "box opened")]
    assert [(one["sku"], one["units"], one["on_hand"], one["promised"]) for one in work["conflicts"]] == [
        (MILK, 1, 1, 2)
    ]
    assert work["counts"] == []


# --- Orders -----------------------------------------------------------------------------------------------------------


def test_an_order_is_accepted_picked_made_ready_and_handed_over(tablet: Tablet):
    assert tablet.press(do="accept", id="w-1-1") == "Order w-1 is yours to pick."
    assert tablet.press(do="pick", id="w-1-1") == "Order w-1 is picked."
    assert tablet.press(do="ready", id="w-1-1") == "Order w-1 is ready to be collected."
    assert tablet.shop.on_hand(SKU, OPERA) == (10, 2, 1)
    assert tablet.press(do="hand-over", id="w-1-1") == "Order w-1 was handed over."
    assert tablet.steps("w-1-1") == ("handed_over", [(2, 0)])
    assert tablet.shop.on_hand(SKU, OPERA) == (8, 0, 1)


def test_a_button_that_is_pressed_twice_does_it_once_and_says_the_same(tablet: Tablet):
    fields = tablet.form(do="accept", id="w-1-1")
    first, before = tablet.send(fields), tablet.hub.last_seq()
    assert tablet.send(fields) == first == "Order w-1 is yours to pick."
    assert tablet.hub.last_seq() == before


@pytest.mark.parametrize(
    ("sent", "missing", "status"),
    [
        ({"do": "accept", "location": OPERA}, "id", 200),
        ({"do": "receive", "location": OPERA}, "id", 200),
        ({"do": "accept", "location": OPERA, "key": "tap-1"}, "id", 200),
        ({"do": "count", "units": "3", "location": OPERA}, "id", 200),
        ({"do": "count", "id": SKU, "units": "3"}, "location", 400),
        ({}, "location", 400),
    ],
)
def test_a_form_without_something_its_button_needs_is_refused_by_the_name_of_that(
    tablet: Tablet, sent: Fields, missing: str, status: int
):
    before = tablet.hub.last_seq()
    answer = tablet.ask("POST", "/today", data=sent)
    assert answer.status_code == status
    assert f"The form has no field &#39;{missing}&#39;." in answer.text
    assert tablet.hub.last_seq() == before


def test_a_key_of_the_page_is_not_free_for_something_else(tablet: Tablet):
    fields = tablet.form(do="accept", id="w-1-1")
    tablet.send(fields)
    before = tablet.hub.last_seq()
    assert "was used for another request" in tablet.send({**fields, "do": "reject"})
    assert tablet.hub.last_seq() == before
    assert tablet.steps("w-1-1") == ("accepted", [(0, 0)])


def test_an_older_page_is_refused_and_nothing_moves(tablet: Tablet):
    older = tablet.form(do="accept", id="w-1-1")
    tablet.press(do="accept", id="w-1-1")
    before = tablet.hub.last_seq()
    said = tablet.send({**older, "key": "tap-of-another-page"})
    assert said.startswith("w-1-1 is accepted; that cannot become accepted now.")
    assert tablet.hub.last_seq() == before


def test_what_is_not_found_is_looked_for_elsewhere_and_the_shelf_is_counted(tablet: Tablet):
    tablet.press(do="accept", id="w-1-1")
    said = tablet.press(do="short", id="w-1-1", **{f"found:{SKU}": "1"})
    assert said == "Order w-1 is picked. 1 not found: another location is asked, and the shelf is to be counted."
    assert tablet.steps("w-1-1") == ("picking", [(1, 1)])
    assert tablet.steps("w-1-2")[0] == "assigned"
    assert [(one["sku"], one["units"]) for one in tablet.work()["counts"]] == [(SKU, 1)]
    assert tablet.press(do="count", id=SKU, units="9") == f"Counted 9 units of {SKU}: 1 unit fewer than the books said."
    assert tablet.work()["counts"] == []
    assert tablet.shop.on_hand(SKU, OPERA)[0] == 9


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("3", "w-1-1 asks for 2 of ristretto-50; 3 cannot be found of it."),
        ("two", "'two' is no number of units. Type a whole number such as 3; nothing was changed."),
        ("-1", "'-1' is no number of units."),
    ],
)
def test_a_number_that_cannot_be_is_refused_and_nothing_moves(tablet: Tablet, found: str, said: str):
    tablet.press(do="accept", id="w-1-1")
    before = tablet.hub.last_seq()
    assert tablet.press(do="short", id="w-1-1", **{f"found:{SKU}": found}).startswith(said)
    assert tablet.hub.last_seq() == before


def test_an_order_that_the_store_cannot_serve_goes_to_another(tablet: Tablet):
    assert tablet.press(do="reject", id="w-1-1", reason="flooded").startswith("Order w-1 was given back")
    assert tablet.steps("w-1-1")[0] == "rejected"
    assert tablet.hub.fulfilling.find("w-1-2").location != OPERA
    assert tablet.work()["to_pick"] == []


def test_nobody_came_and_the_units_can_be_sold_again(tablet: Tablet):
    assert tablet.press(do="no-show", id="w-2-1").startswith("Nobody came for order w-2")
    assert tablet.shop.on_hand(MILK, OPERA) == (1, 1, 0)
    assert tablet.work()["conflicts"] == []


@pytest.mark.parametrize(("asked", "found"), [("petit", ["w-2-1"]), ("9999", ["w-2-1"]), ("W-2", ["w-2-1"]), ("x", [])])
def test_what_is_ready_is_found_by_order_name_and_telephone(tablet: Tablet, asked: str, found: list[str]):
    for step in (tablet.hub.fulfilling.accept, tablet.hub.fulfilling.pick, tablet.hub.fulfilling.ready):
        step("w-1-1", by="Ana")
    told = tablet.ask("GET", f"/today.json?location={OPERA}&q={asked}").json()
    assert ([one["id"] for one in told["ready"]], told["ready_in_all"]) == (found, 2)


# --- Goods ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "on_hand", "unsellable"), [("restock", 11, 0), ("unsellable", 10, 1), ("send-back", 10, 1)]
)
def test_a_return_is_judged_once(tablet: Tablet, do: str, on_hand: int, unsellable: int):
    tablet.press(do=do, id=tablet.paper("returns"), depot=DEPOT)
    there = tablet.shop.on_hand(SKU, OPERA)
    assert (there[0], there[2]) == (on_hand, unsellable)
    assert tablet.work()["returns"] == []
    drafts = tablet.hub.handling.transfers(location=DEPOT, state="draft")
    assert len(drafts) == (1 if do == "send-back" else 0)


def test_a_transfer_that_came_short_says_so(tablet: Tablet):
    transfer = tablet.paper("transfers")
    said = tablet.press(do="receive-some", id=transfer, **{"found:0": "4"})
    assert said == "Received: 4 units, 1 unit fewer than sent."
    assert tablet.shop.on_hand(SKU, OPERA)[0] == 14
    assert tablet.hub.handling.transfer(transfer).state == "received"


def test_a_conflict_is_closed_only_with_a_reason(tablet: Tablet):
    (conflict,) = tablet.work()["conflicts"]
    before = tablet.hub.last_seq()
    tablet.press(do="close", id=conflict["id"], reason=" ")
    assert tablet.hub.last_seq() == before
    assert (
        tablet.press(do="close", id=conflict["id"], reason="one is in the window")
        == "Closed; it comes back if it changes."
    )
    assert tablet.work()["conflicts"] == []


def test_a_button_nobody_made_is_told_so(tablet: Tablet):
    assert tablet.press(do="sell-the-store", id="w-1-1").startswith("No button is known as 'sell-the-store'.")


def test_a_form_of_another_site_presses_nothing(tablet: Tablet):
    fields, before = tablet.form(do="accept", id="w-1-1"), tablet.hub.last_seq()
    session = tablet.hub.access.new_session(Role.ASSOCIATE)
    told = tablet.client.post(
        "/today", data=fields, headers={"sec-fetch-site": "cross-site", "cookie": f"noline_session={session}"}
    )
    assert told.status_code == 403
    assert tablet.hub.last_seq() == before


# --- By thumb ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """A served hub with work to do."""
    with shop_story.served(tmp_path_factory.mktemp("today")) as hub:
        working(hub.hub)
        yield hub.start()


@pytest.fixture
def thumb(served: ServedHub, browser: Browser) -> Iterator[Desk]:
    """An associate with a tablet, who must leave nothing red behind."""
    context = browser.new_context(viewport={"width": WIDTHS["a tablet"], "height": 1180}, has_touch=True)
    at = Desk(served, context.new_page())
    at.log_in(Role.ASSOCIATE)
    yield at
    assert at.complaints == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_store_fits_and_keeps_the_rules_of_accessibility(thumb: Desk, axe: str, scheme: Any):
    thumb.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    broken = {}
    for width in WIDTHS.values():
        thumb.page.set_viewport_size({"width": width, "height": 1180})
        for path in (HERE, "/today?location=", f"{HERE}&q=nobody"):
            page = thumb.go(path)
            page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
            told = violations(page, axe)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                told.append("it scrolls sideways")
            if told:
                broken[path, width] = told
    assert broken == {}


@pytest.mark.browser
def test_whatever_is_pressed_in_the_store_is_large_enough(thumb: Desk):
    page = thumb.go(HERE)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    assert page.evaluate(_SMALL) == []


_SMALL = """() => [...document.querySelectorAll('main :is(button, input, select, summary, .other-store)')]
  .filter((one) => one.checkVisibility() && one.type !== 'hidden' && one.getBoundingClientRect().height < 44)
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.browser
def test_a_morning_in_the_store_by_thumb(thumb: Desk):
    page = thumb.go("/today?location=")
    page.get_by_role("link", name="Opéra").tap()
    assert thumb.heading == "Opéra today"
    assert urlsplit(thumb.go("/today").url).query == f"location={OPERA}"
    page.evaluate("window.stayed = true")
    said = page.locator("#said")
    page.get_by_role("button", name="Accept Order w-1").tap()
    expect(said).to_have_text("Order w-1 is yours to pick.")
    page.get_by_text("Short …").first.tap()
    page.get_by_label("How many of Ristretto, 50 capsules? 2 wanted").fill("1")
    page.get_by_role("button", name="Found only these").first.tap()
    expect(said).to_contain_text("1 not found: another location is asked")
    page.get_by_role("searchbox").fill("petit")
    page.get_by_role("button", name="Find").tap()
    expect(page.locator("#ready .job")).to_have_count(1)
    page.get_by_role("button", name="Handed over Order w-2").tap()
    expect(said).to_have_text("Order w-2 was handed over.")
    page.get_by_label("How many are there?").fill("9")
    where = page.evaluate("scrollY")
    assert where > 0
    page.get_by_role("button", name="Counted Ristretto, 50 capsules").tap()
    expect(said).to_contain_text("Counted 9 units")
    expect(said).to_be_in_viewport()
    assert page.evaluate("window.stayed"), "the page was loaded anew"
    fulfilling = thumb.hub.hub.fulfilling
    assert [str(fulfilling.find(one).state) for one in ("w-1-1", "w-1-2", "w-2-1")] == [
        "picking", "assigned", "handed_over"
    ]  # fmt: skip


@pytest.mark.browser
def test_the_page_of_a_store_works_without_scripts(served: ServedHub, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.origin}/login?token={served.hub.login_link(Role.ASSOCIATE)}")
    page.goto(served.origin + HERE)
    page.get_by_role("button", name="Back on the shelf").click()
    assert words(page.locator("#said").inner_text()) == "It is back on the shelf and can be sold."
    page.reload()
    assert served.hub.returning.returns(state="received") == []
    context.close()
