"""Recipes on the command line: shown with what to buy, and put into a cart."""

import pytest

from noline.hub import Hub
from shop import Day, track


@pytest.fixture
def shop(tmp_path):
    with Hub.init(tmp_path / "shop.noline") as hub:
        hub.access.add_source("erp", "erp")
        day = Day()
        coffee = {"sku": "ristretto-50", "name": "Ristretto, 50 capsules", "category": "coffee"}
        hub.accept("erp", [
            track("Location Opened", id="e-1", at=day.next(), location="paris-1", country="FR"),
            track("Product Described", id="e-2", at=day.next(), **coffee, attributes={"intensity": 10}),
            track("Product Described", id="e-3", at=day.next(), sku="sorbet", name="Vanilla sorbet 500 ml"),
        ])  # fmt: skip
    return tmp_path / "shop.noline"


def test_a_recipe_goes_into_a_cart_and_comes_to_what_is_in_it(noline, shop):
    words = ("recipes", "cart", "affogato", "--servings", 60, "--store", "paris-1", "--hub", shop)
    first = noline(*words, "--json").json
    assert [(one["sku"], one["units"]) for one in first["cart"]["lines"]] == [("ristretto-50", 2)]
    assert first["not_sold_here"] == ["vanilla ice cream"]
    said = noline(*words, "--cart", first["cart"]["code"], "--choose", "vanilla ice cream=sorbet")
    assert said.code == 0
    assert said.err.endswith(f"in cart {first['cart']['cart']} (code {first['cart']['code']})\n")
    shown = noline("carts", "show", first["cart"]["code"], "--hub", shop, "--json").json
    assert [(one["sku"], one["units"]) for one in shown["lines"]] == [("ristretto-50", 4), ("sorbet", 12)]


def test_what_cannot_be_cooked_is_refused(noline, shop):
    said = noline("recipes", "cart", "miso-soup", "--hub", shop, "--json")
    assert (said.code, said.error["code"]) == (3, "recipes.nothing_sold_here")
    assert noline("recipes", "show", "affogato", "--servings", 0, "--hub", shop).code == 2
    assert noline("recipes", "show", "affogato", "--choose", "lemon", "--hub", shop).code == 2
    assert noline("recipes", "show", "pizza", "--hub", shop).code == 3
