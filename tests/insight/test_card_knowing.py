"""What follows from purchases and from what was told: last purchases, lanes, habits, tastes, and what is owned."""

from datetime import UTC, date, datetime
from statistics import quantiles

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.insight.card.service import Bought, Product, Purchase, Rules, Told, fitting, know, product, rules_from
from noline.insight.card.tasting import quantile
from noline.kernel.clock import DAY
from noline.kernel.disclosure import Circumstances, Level, Presence, Provenance, disclosed, may_be_reason
from noline.kernel.errors import SettingUnknown, SettingWrong

NOW = int(datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()) * 1_000_000
HERE = Circumstances(Presence.DECLARED, NOW, frozenset({"service", "personalisation"}))

PRODUCTS = {
    one.sku: one
    for one in [
        product("forte", "Forte", "coffee", {"intensity": 10, "roast": "dark", "fits": ["machine"]}),
        product("nero", "Nero", "coffee", {"intensity": 11, "roast": "dark", "fits": ["machine"]}),
        product("lungo", "Lungo", "coffee", {"intensity": 4, "roast": "light"}),
        product("essenza", "Essenza", "machine", {"warranty_months": 24}),
        product("frother", "Frother", "accessory", {"warranty_months": 12}),
        product("descaler", "Descaler", "accessory", {"fits": ["essenza"]}),
        product("cup", "Cup", "accessory", {}),
        product("test", "Pregnancy test", "care", {"intensity": 1}),
    ]
}


def bought(days: float, *lines, channel="store", state="completed", order="", total=1000, currency="EUR") -> Purchase:
    """An order so many days ago; a line is a SKU, or a SKU with units, or with units and returned ones."""
    told = [(line,) if isinstance(line, str) else line for line in lines]
    return Purchase(
        order or f"o-{days}",
        NOW - int(days * DAY),
        channel,
        "paris" if channel == "store" else None,
        tuple(Bought(line[0], *line[1:2] or (1,), 500, *line[2:]) for line in told),
        total,
        currency,
        state,
    )


def known(*purchases, **other):
    return know("p", purchases, PRODUCTS, NOW, **other)


def facts_of(found) -> dict:
    return {fact.id: fact for fact in found.facts}


# Purchases


def test_the_last_purchase_of_each_channel_is_the_youngest_that_was_kept():
    found = known(
        bought(40, "forte"),
        bought(9, ("nero", 2), order="o-nine"),
        bought(5, "lungo", state="cancelled"),
        bought(4, "lungo", state="returned"),
        bought(3, ("lungo", 1, 1)),
        bought(20, "cup", "cup", channel="web"),
    )
    store, web = found.purchases.last
    assert (store.channel, store.order, store.store, store.total_minor) == ("store", "o-nine", "paris", 1000)
    assert [(item.name, item.units) for item in store.items] == [("Nero", 2)]
    assert [(item.name, item.units) for item in web.items] == [("Cup", 2)]
    fact = facts_of(found)["last_purchase.store"]
    assert (fact.value, fact.evidence, fact.observed_at) == (("Nero",), ("order:o-nine",), NOW - 9 * DAY)
    assert (fact.provenance, fact.purpose, fact.channel) == (Provenance.TRANSACTION, "personalisation", "store")


def test_what_touches_a_special_category_is_left_out_of_a_purchase_and_of_its_total():
    found = known(bought(1, "forte", "test"))
    assert [item.name for item in found.purchases.last[0].items] == ["Forte"]
    assert found.purchases.last[0].total_minor is None
    assert disclosed(found.facts, HERE).level("last_purchase.store") is Level.SAY


def test_a_purchase_of_nothing_else_is_hidden_whole():
    found = known(bought(1, "test"), bought(30, "forte"))
    assert disclosed(found.facts, HERE).level("last_purchase.store") is Level.NEVER


def test_a_special_product_that_nobody_described_is_found_by_its_sku():
    found = known(bought(1, "kosher-wine"))
    assert disclosed(found.facts, HERE).level("last_purchase.store") is Level.NEVER


def test_lanes_count_orders_by_channel_and_month_without_cancelled_ones():
    found = known(
        bought(1, "forte"),
        bought(2, "forte"),
        bought(3, "forte", state="cancelled"),
        bought(30, "forte", channel="web"),
        bought(330, "forte", state="returned"),
        bought(400, "forte"),
        bought(-1, "forte"),
    )
    lanes = {lane.channel: lane for lane in found.purchases.lanes}
    assert found.purchases.months[0] == "2025-12"
    assert found.purchases.months[-1] == "2026-11"
    assert lanes["store"].months == (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)
    assert lanes["web"].months == (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)
    assert (found.purchases.orders, lanes["store"].orders) == (4, 3)
    assert facts_of(found)["channels.lanes"].value == (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2)


def test_the_primary_channel_has_most_orders_in_a_year():
    orders = [bought(day, "forte") for day in range(1, 10)] + [bought(day, "cup", channel="web") for day in range(5)]
    found = known(*orders).purchases
    assert (found.primary_channel, found.primary_because) == ("store", "9 of 14 orders in 365 days")


def test_of_equal_channels_the_one_with_the_higher_spend_is_primary():
    store = [bought(day, "forte", total=900) for day in (1, 2, 3)]
    web = [bought(day, "forte", channel="web", total=901) for day in (11, 12, 13)]
    assert known(*store, *web).purchases.primary_channel == "web"
    yen = [bought(day, "forte", channel="web", total=9010, currency="JPY") for day in (11, 12, 13)]
    assert known(*store, *yen).purchases.primary_channel == "store"


def test_two_orders_make_no_primary_channel():
    found = known(bought(1, "forte"), bought(2, "forte"), bought(366, "forte"))
    assert found.purchases.primary_channel is None
    assert found.purchases.primary_because == "none yet: no channel has 3 orders in 365 days"
    assert "channels.primary" not in facts_of(found)


def test_who_bought_nothing_has_no_purchases():
    assert known() == ((), None, (), ())
    assert known(bought(1, "forte", state="cancelled")).purchases is None


# Preferences


def preferences(found) -> dict:
    return {(one.key, one.declared): one for one in found.preferences}


def test_strength_is_a_mean_over_units_and_says_from_how_many_purchases():
    orders = [bought(day, ("forte", 3), ("nero", 1)) for day in range(1, 15)]
    found = known(*orders)
    strength = preferences(found)["intensity", False]
    assert (strength.value, strength.of, strength.purchases) == (10, 13, 14)
    assert strength.text == "10 of 13, from 14 purchases"
    fact = facts_of(found)["preference.intensity"]
    assert (fact.provenance, fact.purpose, fact.unit) == (Provenance.INFERRED, "personalisation", "of 13")
    assert len(fact.evidence) == 14
    assert disclosed(found.facts, HERE).level("preference.intensity") is Level.SEE


def test_strength_follows_from_the_last_twenty_orders_only():
    new = [bought(day, "forte") for day in range(1, 21)]
    old = [bought(day, ("lungo", 50)) for day in range(30, 40)]
    assert preferences(known(*new, *old))["intensity", False].text == "10 of 13, from 20 purchases"


def test_four_units_tell_no_strength_and_five_do():
    assert ("intensity", False) not in preferences(known(bought(1, ("forte", 4))))
    assert preferences(known(bought(1, ("forte", 5))))["intensity", False].text == "10 of 13, from 1 purchase"


def test_who_buys_strong_and_light_has_no_strength():
    assert ("intensity", False) not in preferences(known(bought(1, ("forte", 5), ("lungo", 5))))


def test_what_came_back_or_is_special_tells_no_strength():
    found = known(bought(1, ("forte", 5), ("lungo", 9, 9)), bought(2, ("test", 40)))
    assert preferences(found)["intensity", False].value == 10


def test_a_half_is_rounded_up():
    assert preferences(known(bought(1, ("forte", 3), ("nero", 3))))["intensity", False].value == 11


def test_a_word_is_a_preference_when_most_units_have_it():
    rules = Rules(kinds=("roast",))
    most = preferences(known(bought(1, ("forte", 4)), bought(2, ("lungo", 3)), rules=rules))
    half = preferences(known(bought(1, ("forte", 3)), bought(2, ("lungo", 3)), rules=rules))
    assert most["roast", False].text == "dark: 4 of 7 units, from 1 purchase"
    assert ("roast", False) not in half


def test_the_favourite_product_stands_in_most_orders():
    orders = [bought(1, "forte"), bought(2, "forte", "cup"), bought(3, "forte", ("cup", 9)), bought(4, "cup", "nero")]
    assert preferences(known(*orders))["product", False].text == "Cup, in 3 of 4 purchases"
    assert ("product", False) not in preferences(known(*orders[:2]))
    alike = [bought(day, "forte", "nero") for day in (1, 2, 3)]
    assert ("product", False) not in preferences(known(*alike))


def test_what_was_told_comes_first_and_what_was_concluded_is_kept():
    orders = [bought(day, ("forte", 2)) for day in (1, 2, 3)]
    told = [
        Told("preference.intensity", 6, NOW - DAY, ("record:7",)),
        Told("preference.milk", ("oat", "soy"), NOW, ("record:8",)),
    ]
    found = known(*orders, told=told, rules=Rules(kinds=("milk",)))
    assert [(one.key, one.text, one.declared) for one in found.preferences] == [
        ("intensity", "6 of 13, told", True),
        ("intensity", "10 of 13, from 3 purchases", False),
        ("milk", "oat, soy, told", True),
        ("product", "Forte, in 3 of 3 purchases", False),
    ]
    seen = disclosed(found.facts, HERE)
    assert seen.level("preference.intensity.told") is Level.SAY
    assert seen.level("preference.intensity") is Level.SEE


def test_what_was_told_of_an_attribute_that_nobody_declared_is_shown_to_nobody():
    told = [Told(f"preference.{name}", name, NOW, ("record:8",)) for name in ("milk", "friend", "religion")]
    told.append(Told("preference.product", "VIP Blend", NOW, ("record:8",)))
    told.append(Told("preference.roast", "halal, because pregnant", NOW, ("record:8",)))
    found = known(told=told, rules=Rules(kinds=("roast",)))
    seen = disclosed(found.facts, HERE._replace(explicit=frozenset({"religion"})))
    assert [one.key for one in found.preferences] == ["roast"]
    assert [(one.fact.key, one.level) for one in seen.judged] == [
        ("trait.milk", Level.ACT), ("trait.friend", Level.ACT), ("trait.religion", Level.ACT),
        ("preference.roast", Level.NEVER),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "attributes",
    [
        {"tags": ["sensitive"]}, {"tags": "sensitive"}, {"tags": "new;sensitive"}, {"tags": "new|sensitive"},
        {"tags": "new/sensitive"}, {"Tags": ["sensitive"]}, {"tag": "sensitive"}, {"tags": '["sensitive"]'},
        {"tags": {"kind": "sensitive"}}, {"tags": {"sensitive": True}}, {"tags": [{"name": "sensitive"}]},
        {"tags": [{"tag": {"value": "sensitive"}}]}, {"tags": "New, Adult Toy"}, {"tags": "Sale, Hearing Aid"},
        {"tags": ["adult-toy"]}, {"tags": ["Condoms"]}, {"tags": ["contraceptives"]}, {"tags": ["hearing aids"]},
        {"tags": ["allergies"]}, {"tags": "special:anything"},
    ],
)  # fmt: skip
def test_a_tag_is_found_however_it_is_written(attributes):
    assert not may_be_reason(product("x-1", "Plain", "thing", attributes).tags)


@pytest.mark.parametrize("category", ["Adult Toys", "intimate", "sensitive", "Pharmacy", "Home > Intimate Care"])
def test_a_category_tells_what_a_tag_tells(category):
    assert not may_be_reason(product("x-1", "Plain", category, {}).tags)


def test_ordinary_tags_and_categories_hide_nothing():
    one = product("x-1", "Roma", "coffee", {"tags": ["new", "House Blend", {"name": "strong"}], "weight": 250})
    assert one.tags == ("House Blend", "new", "strong")
    assert may_be_reason(one.tags)


def test_a_product_with_a_word_that_reaches_no_customer_goes_by_its_sku():
    vip = product("b-7", "VIP Blend", "machine", {})
    worse = product("vip-8", "VIP Roast", "machine", {})
    orders = [bought(day, ("b-7", 2), ("vip-8", 3)) for day in (1, 2, 3)]
    found = know("p_1", orders, {"b-7": vip, "vip-8": worse}, NOW)
    assert [item.name for item in found.purchases.last[0].items] == ["b-7", "vip-8"]
    assert [one.sku for one in found.owned] == ["b-7"]
    assert [one.value for one in found.preferences] == ["b-7"]
    assert "VIP" not in str(found)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 13), st.integers(1, 6)), min_size=1, max_size=6))
def test_a_quantile_of_counted_values_is_that_of_the_values_written_out(weights):
    written = sorted(value for value, count in weights for _ in range(count))
    counted = sorted(weights)
    if len(written) > 1:
        quarters = quantiles(written, n=4, method="inclusive")
        assert [quantile(counted, part) for part in (0.25, 0.5, 0.75)] == pytest.approx(quarters)


@settings(max_examples=100, deadline=None)
@given(st.permutations([bought(day, ("forte", day), "cup") for day in range(1, 8)]))
def test_the_order_in_which_purchases_come_changes_nothing(purchases):
    assert known(*purchases) == known(*sorted(purchases, key=lambda one: one.at))


# What was told


def test_a_name_is_for_service_and_a_birthday_for_more():
    told = [Told("name", "Ada", NOW, ("record:1",)), Told("birthday", "1990-01-02", NOW, ("record:2",))]
    found = facts_of(known(told=told))
    assert {name: (fact.purpose, fact.provenance) for name, fact in found.items()} == {
        "name": ("service", Provenance.TOLD),
        "birthday": ("personalisation", Provenance.TOLD),
    }


# What is owned


def test_what_is_owned_has_a_warranty_and_what_fits():
    fits = fitting(PRODUCTS.values())
    found = known(bought(100, "essenza", order="o-m"), bought(10, "nero"), fits=fits)
    (owned,) = found.owned
    assert (owned.sku, owned.bought_at, owned.warranty_until) == ("essenza", NOW - 100 * DAY, date(2028, 8, 15))
    assert [fit.name for fit in owned.fits] == ["Nero", "Descaler", "Forte"]
    fact = facts_of(found)["owned.essenza"]
    assert (fact.value, fact.evidence) == ("Essenza", ("order:o-m",))


def test_what_came_back_is_not_owned():
    assert known(bought(9, ("essenza", 1, 1))).owned == ()
    assert known(bought(9, "essenza", state="returned")).owned == ()
    assert [one.sku for one in known(bought(9, ("essenza", 2, 1))).owned] == ["essenza"]


def test_what_was_bought_twice_is_owned_once_since_the_last_time():
    (owned,) = known(bought(900, "frother", order="a"), bought(30, "frother", order="b")).owned
    assert (owned.bought_at, owned.warranty_until) == (NOW - 30 * DAY, date(2027, 10, 24))


def test_a_warranty_ends_with_a_month_that_is_shorter():
    leap = int(datetime(2024, 2, 29, tzinfo=UTC).timestamp()) * 1_000_000
    days = (NOW - leap) / DAY
    assert known(bought(days, "frother")).owned[0].warranty_until == date(2025, 2, 28)


@pytest.mark.parametrize("months", [0, -3, "24", True, None, 99_999])
def test_a_warranty_that_is_no_number_of_months_is_none(months):
    machine = Product("m", "M", "machine", {"warranty_months": months})
    assert know("p", [bought(1, "m")], {"m": machine}, NOW).owned[0].warranty_until is None


def test_a_product_carries_the_tags_of_the_catalogue_and_of_its_words():
    assert product("a", "Espresso", "coffee", {"tags": ["strong", 3]}).tags == ("strong",)
    assert product("a", "Espresso", "coffee", {"tags": "strong, dark"}).tags == ("dark", "strong")
    assert product("a", "Schwangerschaftstest", None, {}).tags == ("pregnancy",)
    assert fitting([product("a", "Halal capsules", None, {"fits": ["machine"]})]) == {}


# Settings


def test_a_company_sets_its_scales():
    rules = rules_from({"scales": {"body": 5}, "kinds": ["roast"], "durable": ["grinder"]})
    assert rules == Rules((("body", 5),), ("roast",), frozenset({"grinder"}))
    assert rules_from({}) == Rules()


@pytest.mark.parametrize("told", [{"scales": {"body": 0}}, {"scales": ["body"]}, {"kinds": "roast"}, {"durable": 3}])
def test_a_rule_that_cannot_be_read_is_refused(told):
    with pytest.raises(SettingWrong):
        rules_from(told)


def test_a_rule_that_nobody_knows_is_refused():
    with pytest.raises(SettingUnknown):
        rules_from({"scale": {"body": 5}})
