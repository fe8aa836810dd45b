"""The catalogue: items and locations as they were last described."""

import pytest

from noline.kernel.errors import UnreadableMoney
from noline.kernel.gs1 import GtinWrong
from noline.kernel.money import Money
from noline.truth.catalogue.model import DescriptionUnreadable, Item, Location, read_gtin
from noline.truth.catalogue.service import Catalogue


@pytest.fixture
def catalogue(listening, digest):
    return listening(Catalogue(digest, "EUR"))


def test_a_described_item_is_known_with_all_that_was_said(catalogue):
    catalogue.hears(
        "Product Described",
        minute=1,
        sku="ristretto-50",
        name="Ristretto, 50 capsules",
        brand="Maison Ristretto",
        category="coffee",
        price="22.50",
        gtin="4006381333931",
        attributes={"intensity": 10, "origin": ["Colombia", "Brasil"]},
    )
    assert catalogue.says("item", "ristretto-50") == Item(
        sku="ristretto-50",
        name="Ristretto, 50 capsules",
        brand="Maison Ristretto",
        category="coffee",
        list_price=Money(2250, "EUR"),
        gtin="4006381333931",
        attributes={"intensity": 10, "origin": ["Colombia", "Brasil"]},
        described_at=catalogue.minute(1),
    )


def test_an_item_that_nobody_described_is_not_known(catalogue):
    assert catalogue.says("item", "ristretto-50") is None


def test_each_property_is_as_it_was_last_said(catalogue):
    catalogue.hears("Product Described", minute=3, sku="lungo", name="Lungo forte", price=20)
    catalogue.hears("Product Described", minute=2, sku="lungo", name="Lungo", brand="Maison", price=19)
    item = catalogue.says("item", "lungo")
    assert (item.name, item.brand, item.list_price) == ("Lungo forte", "Maison", Money(2000, "EUR"))


def test_a_description_that_can_decide_nothing_any_more_is_not_kept(catalogue):
    for minute in range(1, 6):
        catalogue.hears("Product Described", minute=minute, sku="lungo", name=f"Lungo {minute}")
    assert [row[4] for row in catalogue.rows()["catalogue_facts"]] == ["m-5"]


def test_a_price_in_yen_has_no_cents(catalogue):
    catalogue.hears("Product Described", sku="lungo", price=3600, currency="jpy")
    assert catalogue.says("item", "lungo").list_price == Money(3600, "JPY")


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "10614141000415", "4006-3813 33931"])
def test_a_gtin_with_the_right_check_digit_is_read(gtin):
    assert read_gtin(gtin) == gtin.replace("-", "").replace(" ", "")


@pytest.mark.parametrize("gtin", ["4006381333932", "036000291453", "123", "400638133393x", "٤٠٠٦٣٨١٣٣٣٩٣١", ""])
def test_a_gtin_with_a_wrong_digit_or_length_is_refused(gtin):
    with pytest.raises(GtinWrong) as refusal:
        read_gtin(gtin)
    assert refusal.value.gtin == gtin


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"name": "no sku"}, DescriptionUnreadable),
        ({"sku": "x" * 201}, DescriptionUnreadable),
        ({"sku": "lungo", "gtin": "4006381333932"}, GtinWrong),
        ({"sku": "lungo", "price": "dear"}, UnreadableMoney),
        ({"sku": "lungo", "price": -1}, DescriptionUnreadable),
        ({"sku": "lungo", "price": 1, "currency": "euros"}, DescriptionUnreadable),
        ({"sku": "lungo", "attributes": ["strong"]}, DescriptionUnreadable),
        ({"sku": "lungo", "attributes": {"strength": float("inf")}}, DescriptionUnreadable),
    ],
)
def test_what_cannot_be_read_changes_nothing(catalogue, said, error):
    with pytest.raises(error):
        catalogue.hears("Product Described", said)
    assert catalogue.rows() == {"catalogue_facts": [], "items": [], "locations": []}


def test_a_search_finds_items_that_have_every_word_in_any_case(catalogue):
    catalogue.hears("Product Described", sku="ristretto-50", name="Ristretto, 50 capsules", category="coffee")
    catalogue.hears("Product Described", sku="arpeggio-50", name="Arpeggio, 50 capsules", category="coffee")
    catalogue.hears("Product Described", sku="frother", name="Milk frother, ÉLÉGANT", category="accessory")
    assert [item.sku for item in catalogue.says("search", "COFFEE 50")] == ["arpeggio-50", "ristretto-50"]
    assert [item.sku for item in catalogue.says("search", "élégant")] == ["frother"]
    assert catalogue.says("search", "coffee frother") == []
    assert catalogue.says("search", "  ") == []


def test_a_search_takes_signs_as_they_are(catalogue):
    catalogue.hears("Product Described", sku="a", name="100% arabica")
    catalogue.hears("Product Described", sku="b", name="1000 arabica_mild!")
    assert [item.sku for item in catalogue.says("search", "100%")] == ["a"]
    assert [item.sku for item in catalogue.says("search", "a_m")] == ["b"]
    assert [item.sku for item in catalogue.says("search", "mild!")] == ["b"]


def test_an_exact_sku_or_gtin_comes_first_and_the_limit_holds(catalogue):
    catalogue.hears("Product Described", sku="cup-1", name="A cup for lungo")
    catalogue.hears("Product Described", sku="lungo", name="Lungo")
    catalogue.hears("Product Described", sku="tray", name="A tray for 96385074", gtin="036000291452")
    catalogue.hears("Product Described", sku="pod", name="Pod", gtin="96385074")
    assert [item.sku for item in catalogue.says("search", "lungo")] == ["lungo", "cup-1"]
    assert [item.sku for item in catalogue.says("search", "96385074")] == ["pod", "tray"]
    assert [item.sku for item in catalogue.says("search", "lungo", limit=1)] == ["lungo"]


def test_locations_are_listed_by_country_and_name(catalogue):
    catalogue.hears("Location Opened", minute=1, location="tokyo-ginza", name="Ginza", country="JP", city="東京")
    catalogue.hears("Location Opened", minute=2, store_id="paris-opera", name="Opéra", city="Paris", in_country="FR")
    catalogue.hears("Location Opened", {"channel": "web"}, minute=3, location_id="hub-1", name="Depot", country="FR")
    minute = catalogue.minute
    assert catalogue.says("locations") == [
        Location("hub-1", "Depot", "web", "FR", None, minute(3)),
        Location("paris-opera", "Opéra", "store", "FR", "Paris", minute(2)),
        Location("tokyo-ginza", "Ginza", "store", "JP", "東京", minute(1)),
    ]


def test_a_location_says_where_it_is_and_keeps_it(listening, digest):
    shop = listening(Catalogue(digest, "EUR"))
    shop.hears("Location Opened", location="paris-1", latitude=48.857, longitude=2.352)
    shop.hears("Location Opened", location="paris-1", name="Paris Marais", latitude=48.9)
    (place,) = shop.says("locations")
    assert (place.name, place.latitude, place.longitude) == ("Paris Marais", 48_857_000, 2_352_000)
    for latitude, longitude in ((91, 0), (0, 180.5), ("48.857", 2), (True, 2)):
        with pytest.raises(DescriptionUnreadable, match="degrees"):
            shop.hears("Location Opened", location="lyon-1", latitude=latitude, longitude=longitude)
    assert shop.says("locations") == [place]


def test_several_items_are_answered_at_once_without_those_that_nobody_described(catalogue):
    for sku in ("lungo", "ristretto"):
        catalogue.hears("Product Described", sku=sku, name=sku.title())
    found = catalogue.says("items", ["ristretto", "lungo", "lungo", "nothing"])
    assert {sku: item.name for sku, item in found.items()} == {"lungo": "Lungo", "ristretto": "Ristretto"}


def test_items_are_found_by_the_attributes_they_have_not_by_words_like_them(catalogue):
    catalogue.hears("Product Described", sku="new", attributes={"launched": "2026-10-01"})
    catalogue.hears("Product Described", sku="tricky", attributes={"note": '"launched":', "deep": {"launched": 1}})
    assert [item.sku for item in catalogue.says("with_attribute", "launched")] == ["new"]
