"""The pages about stock: found by name, everything that is promised, and why a location has what it has."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Browser, expect

from clients.serving import ServedHub
from console import shop_story
from console.shop_story import DEPOT, LYON, NAME, SKU, Shop, promised
from console.test_browser import WIDTHS, Desk, cells, violations, words
from console.test_render import Page
from noline.doors.console.stock import promised_words
from noline.doors.console.stock_moves import words_of
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role

ITEM, MOVES = f"/stock/item?sku={SKU}", f"/stock/moves?sku={SKU}&location={LYON}"
PAGES = ["/stock", "/stock?q=ristretto", "/stock?q=nothing", ITEM, MOVES]

Json = dict[str, Any]


# --- Words, from data -----------------------------------------------------------------------------------------------


def moved(source: str, target: str, **more: Any) -> Json:
    """A line of the ledger of Lyon; places are written `location.bucket`."""
    (from_location, from_bucket), (to_location, to_bucket) = (one.split(".") for one in (source, target))
    return {
        "reason": "moved", "units": 2, "about": "", "on_hand_change": 0, "on_hand_after": 5,
        "from_location": from_location, "from_bucket": from_bucket, "from_place": from_location.title(),
        "to_location": to_location, "to_bucket": to_bucket, "to_place": to_location.title(), **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (moved("supplier.on_hand", "lyon.on_hand"), "received"),
        (moved("supplier.on_hand", "lyon.incoming"), "announced, on its way here"),
        (moved("lyon.incoming", "lyon.on_hand"), "arrived"),
        (moved("lyon.on_hand", "customer.on_hand", reason="sold"), "sold"),
        (moved("lyon.on_hand", "customer.on_hand", reason="shipped", about="o-1"), "left the house for o-1"),
        (moved("customer.on_hand", "lyon.unsellable"), "came back from a customer, to be looked at"),
        (moved("lyon.on_hand", "paris.on_hand"), "sent to Paris"),
        (moved("paris.on_hand", "lyon.on_hand"), "came from Paris"),
        (moved("paris.on_hand", "lyon.incoming"), "sent here by Paris, on its way"),
        (moved("lyon.on_hand", "lyon.unsellable"), "set aside, not to be sold"),
        (moved("lyon.unsellable", "lyon.on_hand"), "looked at and back for sale"),
        (moved("lyon.on_hand", "shrink.on_hand"), "lost"),
        (moved("shrink.on_hand", "lyon.on_hand"), "found"),
        (moved("demand.on_hand", "lyon.held", about="cart-7"), "held for cart-7"),
        (moved("lyon.held", "lyon.allocated", about="o-1"), "held before, now promised for o-1"),
        (moved("lyon.held", "demand.on_hand", reason="expired", about="cart-7"), "hold for cart-7 ran out"),
        (moved("lyon.held", "demand.on_hand", reason="released"), "hold was given back"),
        (moved("unsourced.allocated", "lyon.allocated", about="o-1"), "promised for o-1, which waited"),
        (moved("paris.allocated", "lyon.allocated", about="o-1"), "promised for o-1, which Paris served before"),
        (moved("lyon.allocated", "paris.allocated", about="o-1"), "no longer promised for o-1: Paris serves it"),
        (moved("lyon.on_hand", "count.on_hand", reason="counted", on_hand_change=-2),
         "counted 5, 2 fewer than expected"),
        (moved("count.on_hand", "lyon.on_hand", reason="counted", on_hand_change=2),
         "counted 5, 2 more than expected"),
        (moved("count.on_hand", "lyon.on_hand", reason="counted", units=0), "counted 5, as expected"),
    ],
)  # fmt: skip
def test_a_line_of_the_ledger_reads_as_the_shop_would_say_it(row: Json, said: str):
    assert words_of(row, "lyon") == said


def test_a_promise_names_who_has_it():
    assert promised_words(3, 5) == "3 in carts, 5 for orders"
    assert promised_words(0, 1200) == "1,200 for orders"
    assert promised_words(0, 0) == ""


# --- The pages, from the hub: on both stores --------------------------------------------------------------------------


class Counter:
    """Somebody with a key at the console of a shop."""

    def __init__(self, hub: Hub, client: TestClient[Any], role: Role) -> None:
        self.hub, self._client = hub, client
        self._key = hub.access.add_key(role)[1]

    def _get(self, path: str, status: int) -> Any:
        headers = {"authorization": f"Bearer {self._key}", "accept": "text/html"}
        answer = self._client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    def read(self, path: str, status: int = 200) -> str:
        return Page(self._get(path, status).text).words

    def data(self, path: str) -> Any:
        return self._get(path, 200).json()


@pytest.fixture
def counter(hub: Hub) -> Iterator[Counter]:
    promised(hub)
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield Counter(hub, client, Role.ASSOCIATE)
    writer.stop()


def test_an_item_tells_the_company_and_every_location_what_needs_a_look_first(counter: Counter):
    told = counter.data(f"/stock/item.json?sku={SKU}")
    totals = ("available", "on_hand", "held", "allocated", "incoming", "unsellable", "waiting")
    assert {name: told[name] for name in totals} == {
        "available": 5 + 37, "on_hand": 9 + 2 + 40, "held": 8, "allocated": 2, "incoming": 20, "unsellable": 1,
        "waiting": 0,
    }  # fmt: skip
    figures = ("location", "available", "on_hand", "held", "allocated", "too_many", "incoming", "safety")
    assert [[one[name] for name in figures] for one in told["locations"]] == [
        ["lyon", 0, 2, 5, 0, 3, 0, 1], ["depot", 37, 40, 0, 2, 0, 20, 1], ["paris-opera", 5, 9, 3, 0, 0, 0, 1],
    ]  # fmt: skip


def test_a_ledger_holds_every_line_with_the_figures_after_it(counter: Counter):
    told = counter.data(f"/stock/moves.json?sku={SKU}&location={DEPOT}")["moves"]
    figures = ("reason", "on_hand_change", "on_hand_after", "promised_change", "promised_after", "about")
    assert [[one[name] for name in figures] for one in told] == [
        ["ordered", 0, 40, 0, 2, "po-77"],
        ["released", 0, 40, -4, 2, "cart-10"],
        ["held", 0, 40, 4, 6, "cart-10"],
        ["committed", 0, 40, 0, 2, "o-2"],
        ["held", 0, 40, 2, 2, "cart-9"],
        ["received", 40, 40, 0, 0, ""],
    ]


def test_what_needs_a_look_is_gone_once_the_units_are_there(counter: Counter):
    assert [(one["location"], one["too_many"]) for one in counter.data("/stock.json")] == [(LYON, 3)]
    Shop(counter.hub, "later", days=1).tell("warehouse", "Stock Adjusted", sku=SKU, units=3, location=LYON)
    assert counter.data("/stock.json") == []
    assert "Everything promised is there" in counter.read("/stock")


def test_an_item_nobody_knows_is_said_so(counter: Counter):
    assert "No item is known as 'espresso-1'." in counter.read("/stock/item?sku=espresso-1", 404)
    assert f"{SKU} at nowhere" in counter.read(f"/stock/moves?sku={SKU}&location=nowhere", 404)


def test_an_sku_that_nobody_described_is_found_when_it_is_whole(counter: Counter):
    Shop(counter.hub, "later", days=1).tell("warehouse", "Stock Received", sku="bare-1", quantity=7, location=LYON)
    assert [(one["sku"], one["name"], one["available"]) for one in counter.data("/stock.json?q=bare-1")] == [
        ("bare-1", "bare-1", 7)
    ]


def test_what_channels_may_promise_is_for_managers(hub: Hub, counter: Counter):
    assert "What may be promised" not in counter.read(ITEM)
    manager = Counter(hub, counter._client, Role.MANAGER)
    said = manager.read(ITEM)
    assert "Every channel for this item Never more than there are 0 1 42" in said
    assert "Web for this item Up to 20 units that are not there yet, for 17 Mar 2030 2 1 40" in said


# --- In a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """A served hub on a busy day."""
    with shop_story.served(tmp_path_factory.mktemp("stock")) as hub:
        promised(hub.hub)
        yield hub.start()


@pytest.fixture
def desk(shop: ServedHub, browser: Browser) -> Iterator[Desk]:
    """An associate at a desk, who must leave nothing red behind."""
    context = browser.new_context(viewport={"width": WIDTHS["a desk"], "height": 900})
    at = Desk(shop, context.new_page())
    at.log_in(Role.ASSOCIATE)
    yield at
    assert at.complaints == []
    context.close()


@pytest.mark.browser
def test_an_item_is_found_with_the_keyboard_and_leads_to_why(desk: Desk):
    page = desk.go("/stock")
    assert cells(page, "More is promised than is there") == [[f"{NAME} {SKU}", "Lyon Bellecour", "5", "2", "3"]]
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("ristretto 50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 item for “ristretto 50”")
    page.get_by_role("link", name=NAME).click()
    assert words(page.locator(".headline").inner_text()) == "42 can be promised, at 2 locations."
    expect(page.locator(".alarm-note")).to_contain_text("Lyon Bellecour: 5 promised, 2 on hand. 3 units are promised")
    assert cells(page, "Where it is")[1] == [
        "Dépôt Strasbourg", "37", "40", "2 2 for orders", "20 due 17 Mar 2030", "0", "1", "never"
    ]  # fmt: skip
    page.get_by_role("link", name="Lyon Bellecour").click()
    assert desk.heading == f"{NAME} at Lyon Bellecour"
    told = [row[1:6] for row in cells(page, "Why, newest first")]
    assert sorted(told) == sorted([
        ["Counted 2, 3 fewer than expected", "−3", "2", "–", "0"],  # noqa: RUF001  a minus sign
        ["Sold order o-1", "−1", "5", "–", "0"],  # noqa: RUF001
        ["Received", "+6", "6", "–", "0"],
        ["Held for cart-8", "–", "2", "+5", "5"],
    ])  # fmt: skip


@pytest.mark.browser
def test_every_number_about_stock_says_how_it_was_counted(desk: Desk):
    page = desk.go(ITEM)
    page.get_by_role("button", name="42").click()
    sheet = page.locator("#counted-stock")
    expect(sheet).to_contain_text("Can be promised = on hand - promised - kept back")
    page.keyboard.press("Escape")
    page.get_by_role("table", name="Where it is").locator("td.number").first.click()
    expect(sheet.locator("[data-cell]")).to_contain_text("can be promised 0")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_about_stock_fit_and_keep_the_rules_of_accessibility(desk: Desk, axe: str, scheme: Any):
    desk.log_in(Role.MANAGER)
    desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    broken = {}
    for width in WIDTHS.values():
        desk.page.set_viewport_size({"width": width, "height": 900})
        for path in PAGES:
            page = desk.go(path)
            told = violations(page, axe)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                told.append("it scrolls sideways")
            if told:
                broken[path, width] = told
    assert broken == {}
