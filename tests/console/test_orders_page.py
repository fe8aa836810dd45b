"""The pages about orders: which wait for what, what became of each unit and why, and the button that cancels."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Browser, expect

from clients.serving import ServedHub
from console import shop_story
from console.shop_story import BY, DEPOT, OPERA, SKU, Shop, working
from console.test_browser import WIDTHS, Desk, cells, violations, words
from console.test_render import Page
from noline.doors.console.order_story import Candidate, happened
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role

PAGES = ["/orders?state=pick", "/orders?state=waiting", "/orders?q=nobody", "/orders/w-1", "/orders/w-2", "/orders/w-3"]


# --- Words, from data -----------------------------------------------------------------------------------------------


def candidate(**told: Any) -> dict[str, Any]:
    return {
        "location": "lyon", "place": "Lyon", "alone": 420_400_000, "left_out": None, "sends": 0, "available": 1200,
        "distance_km": 391.6, "pick_success": 0.95, **told,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "outcome", "cost"),
    [
        ({"sends": 2}, "sends 2 units", "4.20 EUR"),
        ({}, "weighs more", "4.20 EUR"),
        ({"alone": None, "left_out": "closed"}, "closed at this hour", "–"),
        ({"alone": None, "left_out": "empty"}, "has none of the goods", "–"),
    ],
)
def test_a_location_that_was_looked_at_says_what_became_of_it(told: dict[str, Any], outcome: str, cost: str):
    one = Candidate.of(candidate(**told), "EUR")
    assert (words(one.outcome), words(one.cost), words(one.distance), words(one.finds), one.available) == (
        outcome, cost, "392 km", "95 %", "1,200"
    )  # fmt: skip


def deed(what: str, **told: Any) -> dict[str, Any]:
    return {"at": "2026-03-02T09:00:00Z", "what": what, "channel": None, "by": BY, "seq": 7, "place": "Opéra", **told}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (deed("Order Sourced", opened=True, why="placed", given=[{"place": "Opéra", "units": 2}]),
         "Placed; Opéra serves 2 units"),
        (deed("Order Sourced", opened=True, why="placed", given=[]), "Placed; no location can serve it yet"),
        (deed("Order Sourced", opened=False, why="stock came", given=[{"place": "Lyon", "units": 1}]),
         "Stock came: Lyon serves 1 unit"),
        (deed("Fulfilment Changed", to="handed_over"), "Opéra handed it over"),
        (deed("Order Edited", why="cancelled", units=3), "3 units cancelled"),
        (deed("Return Accepted", channel="store"), "Return accepted, Opéra"),
        (deed("Order Placed", channel="b2b", place=None), "Order placed, business sales"),
    ],
)  # fmt: skip
def test_what_happened_reads_as_the_shop_would_say_it(row: dict[str, Any], said: str):
    assert words(happened(row).words) == said


# --- The pages, from the hub: on both stores --------------------------------------------------------------------------


class Office:
    """An associate at the console of a shop."""

    def __init__(self, shop: Shop, client: TestClient[Any]) -> None:
        self.shop, self.hub, self._client = shop, shop.hub, client
        self._key = self.hub.access.add_key(Role.ASSOCIATE)[1]

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self._key}", "accept": "text/html"}
        answer = self._client.request(method, path, headers=headers, follow_redirects=True, **more)
        assert answer.status_code == status, answer.text
        return answer

    def read(self, path: str) -> str:
        return Page(self.ask("GET", path).text).words

    def listed(self, how_far: str) -> list[str]:
        return [one["order_id"] for one in self.ask("GET", f"/orders.json?state={how_far}").json()]

    def order(self, order_id: str) -> Any:
        return self.ask("GET", f"/orders/{order_id}.json").json()


@pytest.fixture
def office(hub: Hub) -> Iterator[Office]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield Office(working(hub), client)
    writer.stop()


def test_orders_stand_in_the_list_of_what_is_to_be_done_with_them(office: Office):
    lists = ("waiting", "pick", "ready", "way", "done")
    assert [office.listed(name) for name in lists] == [[], ["w-1", "w-3"], ["w-2"], [], []]
    office.hub.fulfilling.hand_over("w-2-1", by=BY)
    step, sends = office.hub.fulfilling, office.order("w-3")["fulfilments"][0]["id"]
    for do in (step.accept, step.pick, step.ready, step.ship):
        do(sends, by=BY)
    assert [office.listed(name) for name in lists] == [[], ["w-1"], [], ["w-3"], ["w-2"]]
    for do in (step.accept, step.pick, step.ready, step.hand_over):
        do("w-1-1", by=BY)
    assert office.listed("done") == ["w-2", "w-1"]


def test_an_order_tells_where_every_unit_is_and_why(office: Office):
    told = office.order("w-3")
    (parcel,) = told["fulfilments"]
    assert [(one["units"], one["became"]) for one in told["lines"]] == [
        (1, {"waiting": 0, "allocated": 1, "picked": 0, "gone": 0, "cancelled": 0})
    ]
    (reason,) = told["why"]
    assert reason["sentences"][0] == f"{parcel['place']} sends 1 of Ristretto, 50 capsules."
    assert [(one["place"], one["sends"]) for one in reason["candidates"] if one["sends"]] == [(parcel["place"], 1)]
    assert {one["location"] for one in reason["candidates"]} == {DEPOT, OPERA, "lyon"}
    assert [one["what"] for one in told["history"]] == ["Order Sourced"]
    assert "The one unit is to be picked." in office.read("/orders/w-3")


def test_an_order_with_units_in_several_places_says_so_in_one_sentence(office: Office):
    office.hub.fulfilling.accept("w-1-1", by=BY)
    office.hub.fulfilling.pick("w-1-1", {SKU: 1}, by=BY)
    said = office.read("/orders/w-1")
    assert "Of 2 units 1 is to be picked and 1 is picked." in said
    assert "2 × Ristretto, 50 capsules (1 not found or given back)" in said
    assert "Opéra picked it" in said


def test_the_customer_is_a_link_for_who_may_see_customers(office: Office):
    told = office.order("w-2")
    assert told["customer"] == "Marie Petit"
    assert f'<a href="/customers/{told["person"]}">Marie Petit</a>' in office.ask("GET", "/orders/w-2").text


def test_a_number_leads_to_its_order_and_an_unknown_one_is_said_so(office: Office):
    assert office.ask("GET", "/orders?q=%20w-1%20").url.path == "/orders/w-1"
    assert "No order has the number w-77." in office.read("/orders?q=w-77")
    office.ask("GET", "/orders/w-77", 404)
    office.ask("GET", "/orders?state=lost", 404)


def test_an_order_is_cancelled_and_its_units_can_be_sold_again(office: Office):
    before = office.shop.on_hand(SKU, OPERA)
    said = Page(office.ask("POST", "/orders/w-1/cancel", data={"reason": "changed her mind"}).text).words
    assert "It is cancelled; nothing is promised for it any more." in said
    assert "All 2 units are cancelled." in said
    assert "changed her mind" in said
    after = office.shop.on_hand(SKU, OPERA)
    assert (before[1] - after[1], before[0] - after[0]) == (2, 0)
    last = office.hub.last_seq()
    office.ask("POST", "/orders/w-1/cancel", data={})
    assert office.hub.last_seq() == last


def test_what_has_left_the_house_is_not_offered_to_be_cancelled(office: Office):
    office.hub.fulfilling.hand_over("w-2-1", by=BY)
    assert "Cancel" not in office.read("/orders/w-2")
    before = office.hub.last_seq()
    office.ask("POST", "/orders/w-2/cancel", data={})
    assert office.hub.last_seq() == before


def test_an_order_of_a_channel_is_shown_and_cannot_be_cancelled_here(office: Office):
    office.shop.tell("tills", "Order Completed", order_id="t-1", products=[{"sku": SKU, "quantity": 1, "price": 24.5}],
                     context_store_id=OPERA)  # fmt: skip
    said = office.read("/orders/t-1")
    assert "Told by the store: completed." in said
    assert "Order completed, Opéra" in said
    assert "Its channel runs this order: change it there." in said
    before = office.hub.last_seq()
    told = Page(office.ask("POST", "/orders/t-1/cancel", 409, data={}).text).words
    assert "Order t-1 is run by the channel that told of it." in told
    assert office.hub.last_seq() == before


# --- In a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """A served hub with orders to serve."""
    with shop_story.served(tmp_path_factory.mktemp("orders")) as hub:
        working(hub.hub)
        yield hub.start()


@pytest.fixture
def desk(served: ServedHub, browser: Browser) -> Iterator[Desk]:
    """An associate at a desk, who must leave nothing red behind."""
    context = browser.new_context(viewport={"width": WIDTHS["a desk"], "height": 900})
    at = Desk(served, context.new_page())
    at.log_in(Role.ASSOCIATE)
    yield at
    assert at.complaints == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_about_orders_fit_and_keep_the_rules_of_accessibility(desk: Desk, axe: str, scheme: Any):
    desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    broken = {}
    for width in WIDTHS.values():
        desk.page.set_viewport_size({"width": width, "height": 900})
        for path in PAGES:
            page = desk.go(path)
            page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
            told = violations(page, axe)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                told.append("it scrolls sideways")
            if told:
                broken[path, width] = told
    assert broken == {}


@pytest.mark.browser
def test_an_order_is_found_understood_and_cancelled(desk: Desk):
    page = desk.go("/orders")
    assert [row[0] for row in cells(page, "To pick")] == ["w-1", "w-3"]
    page.get_by_role("link", name="w-3").click()
    assert desk.heading == "Order w-3"
    page.get_by_text("Every location that was looked at").click()
    looked_at_first = cells(page, "Locations that were looked at")[0]
    assert looked_at_first[1] == "sends 1 unit"
    page.get_by_role("button", name="How was this counted?").click()
    expect(page.locator("#counted-units")).to_contain_text("Every unit of an order is in one place")
    page.keyboard.press("Escape")
    page.get_by_text("Cancel this order …").click()
    page.get_by_label("Why?").fill("too late")
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_role("status")).to_contain_text("It is cancelled")
    assert words(page.locator(".headline").inner_text()) == "The one unit is cancelled."
    assert desk.hub.hub.ordering.show("w-3").book.is_cancelled
