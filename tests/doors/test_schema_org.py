"""What can be bought, in the words of schema.org."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from fixed_clock import FixedClock
from noline.doors.answers.schema_org import Supply, availability, offer
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.clock import DAY
from noline.kernel.errors import NotFound
from noline.stores.access import Role
from shop import Day, track

SKU = "ristretto-50"


@pytest.fixture
def clock():
    return FixedClock("2026-03-02T12:00:00Z")


@pytest.fixture
def shop(tmp_path, clock) -> Iterator[Hub]:
    """A hub with an item in two stores, one of them described, and a price of the web."""
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        hub.access.add_source("erp", "erp")
        day = Day()
        told: list[dict[str, Any]] = [
            track("Product Described", id="d-1", at=day.next(), sku=SKU, name="Ristretto", brand="Maison",
                  category="Coffee", gtin="4006381333931", price=9.9, currency="EUR"),
            track("Location Opened", id="l-1", at=day.next(), location="paris-1", name="Paris 1", city="Paris",
                  country="FR"),
            track("Stock Counted", id="c-1", at=day.next(), sku=SKU, location="paris-1", quantity=4),
            track("Stock Counted", id="c-2", at=day.next(), sku=SKU, location="lyon-2", quantity=3),
            track("Stock Counted", id="c-3", at=day.next(), sku=SKU, location="nice-3", quantity=0),
            track("Price Set", id="p-1", at=day.next(), sku=SKU, channel="web", price=8.5, currency="EUR"),
        ]  # fmt: skip
        assert {one.status for one in hub.accept("erp", told)} == {"accepted"}
        yield hub


def test_an_offer_says_how_many_there_are_where_and_for_how_much(shop):
    assert offer(shop, SKU, "web") == {
        "@context": "https://schema.org",
        "@type": "Offer",
        "availability": "https://schema.org/InStock",
        "inventoryLevel": {"@type": "QuantitativeValue", "value": 7},
        "availableAtOrFrom": [
            {"@type": "Place", "branchCode": "lyon-2"},
            {
                "@type": "Place",
                "branchCode": "paris-1",
                "name": "Paris 1",
                "address": {"@type": "PostalAddress", "addressLocality": "Paris", "addressCountry": "FR"},
            },
        ],
        "price": "8.50",
        "priceCurrency": "EUR",
        "itemOffered": {
            "@type": "Product",
            "sku": SKU,
            "name": "Ristretto",
            "gtin14": "04006381333931",
            "category": "Coffee",
            "brand": {"@type": "Brand", "name": "Maison"},
        },
    }


def test_one_place_offers_what_it_has_itself(shop):
    here, there = offer(shop, SKU, location="paris-1"), offer(shop, SKU, location="nice-3")
    assert (here["availability"], here["inventoryLevel"]["value"]) == ("https://schema.org/LimitedAvailability", 4)
    assert [one["branchCode"] for one in here["availableAtOrFrom"]] == ["paris-1"]
    assert (there["availability"], there["inventoryLevel"]["value"]) == ("https://schema.org/OutOfStock", 0)


def test_without_a_price_of_the_channel_the_list_price_is_told_and_without_any_none(shop):
    assert offer(shop, SKU, "store")["price"] == "9.90"
    shop.accept("erp", [track("Stock Counted", id="c-9", at="2026-03-02T10:00:00Z", sku="x", location="a", quantity=9)])
    assert "price" not in offer(shop, "x", "web")
    assert offer(shop, "x", "web")["itemOffered"] == {"@type": "Product", "sku": "x"}


def test_what_is_promised_beyond_the_shelves_is_a_back_order(shop):
    folder = shop.folder
    shop.accept("erp", [track("Product Described", id="d-2", at="2026-03-02T10:00:00Z", sku="empty", name="Empty")])
    assert offer(shop, "empty", "web")["availability"] == "https://schema.org/OutOfStock"
    with (folder / "noline.toml").open("a") as file:
        file.write('\n[stock.channels.web]\noversell = "backorder"\nbeyond = 10\n')
    with Hub.open(folder, clock=shop.clock) as again:
        assert offer(again, "empty", "web")["availability"] == "https://schema.org/BackOrder"
        assert offer(again, "empty", "store")["availability"] == "https://schema.org/OutOfStock"


def test_what_a_channel_may_not_sell_is_not_in_its_offer(shop):
    with (shop.folder / "noline.toml").open("a") as file:
        file.write("\n[stock.channels.web]\nbuffer = 5\n")
    with Hub.open(shop.folder, clock=shop.clock) as again:
        assert offer(again, SKU, "web")["inventoryLevel"]["value"] == 2
        assert offer(again, SKU, "store")["inventoryLevel"]["value"] == 7


def test_an_item_that_is_not_sold_yet_is_a_pre_order_until_its_day(shop, clock):
    said = {"attributes": {"available_from": "2026-03-05T00:00:00Z"}}
    shop.accept("erp", [track("Product Described", id="d-2", at="2026-03-02T10:00:00Z", sku=SKU, **said)])
    told = offer(shop, SKU, "web")
    assert (told["availability"], told["availabilityStarts"]) == (
        "https://schema.org/PreOrder", "2026-03-05T00:00:00.000Z",
    )  # fmt: skip
    clock.go_on(3 * DAY)
    assert offer(shop, SKU, "web")["availability"] == "https://schema.org/InStock"


@pytest.mark.parametrize(
    ("supply", "word"),
    [
        (Supply(6), "InStock"),
        (Supply(5), "LimitedAvailability"),
        (Supply(1, beyond=True), "LimitedAvailability"),
        (Supply(0, beyond=True), "BackOrder"),
        (Supply(0), "OutOfStock"),
        (Supply(9, released_at=101), "PreOrder"),
        (Supply(9, released_at=100), "InStock"),
    ],
)
def test_each_word_has_its_case(supply, word):
    assert availability(supply, now=100) == f"https://schema.org/{word}"


def test_what_nobody_knows_is_not_offered(shop):
    for asked in ({"sku": "nothing"}, {"sku": SKU, "location": "mars"}):
        with pytest.raises(NotFound):
            offer(shop, **asked)


def test_the_door_answers_json_ld_to_who_has_a_key(shop):
    key = shop.access.add_key(Role.ASSOCIATE)[1]
    writer = Writer(shop.accept_groups)
    with TestClient(api(shop, writer), raise_server_exceptions=False) as client:
        path = f"/v1/stock/{SKU}/offer?channel=web&few=7"
        answer = client.get(path, headers={"authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
        assert answer.json()["availability"] == "https://schema.org/LimitedAvailability"
        assert client.get(path).status_code == 401
        assert client.get("/v1/stock/x/offer", headers={"authorization": f"Bearer {key}"}).status_code == 404
    writer.stop()
