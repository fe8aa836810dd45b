"""The prices: windows in time, the one that began last is the price."""

import pytest

from noline.kernel.errors import UnreadableInstant, UnreadableMoney, UnreadableUnits
from noline.kernel.money import Money
from noline.truth.prices.model import Conflict, PriceUnreadable
from noline.truth.prices.service import Prices


@pytest.fixture
def prices(listening, digest):
    return listening(Prices(digest, "EUR"))


def asked(prices, minute, channel="web", sku="lungo", **where):
    found = prices.says("price_at", sku, channel, prices.minute(minute), **where)
    return found and found.money


def test_a_price_holds_from_when_it_was_set(prices):
    prices.hears("Price Set", sku="lungo", channel="web", price="21.50", minute=10)
    assert asked(prices, 9) is None
    assert asked(prices, 10) == Money(2150, "EUR")
    assert asked(prices, 10, channel="store") is None
    assert asked(prices, 10, sku="ristretto") is None


def test_a_price_without_a_channel_is_of_the_channel_that_told_it(prices):
    prices.hears("Price Set", {"sku": "lungo", "price": 3600, "currency": "JPY"}, channel="store", minute=1)
    prices.hears("Price Set", {"sku": "lungo", "price": 20, "channel": "app"}, channel="erp", minute=1)
    assert asked(prices, 1, channel="store") == Money(3600, "JPY")
    assert asked(prices, 1, channel="app") == Money(2000, "EUR")
    assert asked(prices, 1, channel="erp") is None


def test_a_promotion_covers_the_list_price_and_uncovers_it(prices):
    prices.hears("Price Set", sku="lungo", channel="web", price=20, minute=1)
    until = "2026-03-02T09:20:00Z"
    prices.hears(
        "Price Set", sku="lungo", channel="web", price=15, valid_from="2026-03-02T09:10:00Z", valid_until=until
    )
    assert [asked(prices, minute) for minute in (9, 10, 19, 20)] == [
        Money(2000, "EUR"),
        Money(1500, "EUR"),
        Money(1500, "EUR"),
        Money(2000, "EUR"),
    ]


def test_of_two_prices_from_the_same_instant_the_one_told_later_holds(prices):
    begins = "2026-03-02T09:00:00Z"
    prices.hears("Price Set", sku="lungo", channel="web", price=20, valid_from=begins, minute=7)
    prices.hears("Price Set", sku="lungo", channel="web", price=19, valid_from=begins, minute=6)
    assert asked(prices, 1) == Money(2000, "EUR")


def test_a_price_of_the_country_goes_before_one_that_names_none(prices):
    prices.hears("Price Set", sku="lungo", channel="web", price=20, country="DE", minute=1)
    prices.hears("Price Set", sku="lungo", channel="web", price=21, minute=2)
    prices.hears("Price Set", sku="lungo", channel="web", price=3600, currency="JPY", country="JP", minute=3)
    assert asked(prices, 9, country="DE") == Money(2000, "EUR")
    assert asked(prices, 9, country="FR") == Money(2100, "EUR")
    assert asked(prices, 9, currency="EUR") == Money(2100, "EUR")
    assert asked(prices, 9) == Money(3600, "JPY")


def test_the_past_of_a_price_stays_as_it_was(prices):
    for minute, price in ((1, 20), (3, 22), (2, 21)):
        prices.hears("Price Set", sku="lungo", channel="web", price=price, minute=minute)
    assert [price.money.amount_minor for price in prices.says("history", "lungo")] == [2000, 2100, 2200]
    assert asked(prices, 2) == Money(2100, "EUR")


def test_channels_that_differ_are_a_conflict_the_widest_first(prices):
    for sku, channel, price in (
        ("lungo", "web", 20),
        ("lungo", "store", 20),
        ("lungo", "marketplace", 19),
        ("frother", "web", 60),
        ("frother", "store", 69),
        ("cups", "web", 24),
        ("cups", "store", 24),
    ):
        prices.hears("Price Set", sku=sku, channel=channel, price=price)
    frother = Conflict("frother", "", "EUR", (("store", 6900), ("web", 6000)), 900, 130)
    lungo = Conflict("lungo", "", "EUR", (("marketplace", 1900), ("store", 2000), ("web", 2000)), 100, 50)
    assert prices.says("conflicts", prices.minute(60)) == [frother, lungo]
    assert prices.says("conflicts", prices.minute(60), limit=1) == [frother]
    assert prices.says("conflicts", prices.minute(60), sku="lungo") == [lungo]
    assert prices.says("conflicts", prices.minute(60), sku="cups") == []


def test_other_currencies_countries_and_times_are_no_conflict(prices):
    prices.hears("Price Set", sku="lungo", channel="web", price=20, country="FR", minute=1)
    prices.hears("Price Set", sku="lungo", channel="store", price=22, country="DE", minute=1)
    prices.hears("Price Set", sku="lungo", channel="app", price=3600, currency="JPY", country="FR", minute=1)
    prices.hears("Price Set", sku="lungo", channel="store", price=19, country="FR", minute=30)
    assert prices.says("conflicts", prices.minute(29)) == []
    assert len(prices.says("conflicts", prices.minute(30))) == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"price": 20}, PriceUnreadable),
        ({"sku": "lungo"}, PriceUnreadable),
        ({"sku": "lungo", "price": "dear"}, UnreadableMoney),
        ({"sku": "lungo", "price": -1}, PriceUnreadable),
        ({"sku": "lungo", "price_minor": 20.5}, UnreadableUnits),
        ({"sku": "lungo", "price_minor": 10**15}, PriceUnreadable),
        ({"sku": "lungo", "price": 20, "currency": "€"}, PriceUnreadable),
        ({"sku": "lungo", "price": 20, "valid_from": "tomorrow"}, UnreadableInstant),
        ({"sku": "lungo", "price": 20, "valid_until": "2020-01-01"}, PriceUnreadable),
    ],
)
def test_what_cannot_be_read_sets_no_price(prices, said, error):
    with pytest.raises(error):
        prices.hears("Price Set", said)
    assert prices.rows() == {"price_windows": []}
