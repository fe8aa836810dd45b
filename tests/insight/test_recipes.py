"""Recipes: which product an ingredient is, how many packs, and what a file of recipes may say."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.insight.recipes.matching import Fit, fit_of, packs_of, shopping
from noline.insight.recipes.model import Ingredient, Product, Recipe, SameAs, State, Within
from noline.insight.recipes.service import Recipes, RecipesUnreadable, looked_for
from noline.insight.recipes.units import Measure, converted, measures_in, packs_for, unit_of
from noline.kernel.errors import NotFound

COFFEE = Product("ristretto-50", "Ristretto, 50 capsules", category="coffee", attributes={"intensity": 10})
MILD = Product("petalo-50", "Petalo, 50 capsules", category="coffee", attributes={"intensity": 1})
FROTHER = Product("frother", "Milk frother", category="accessory")
MASCARPONE = Product("mascarpone", "Mascarpone 250 g", category="Food > Dairy")
TIRAMISU = Recipes().one("tiramisu")


def recipe(*ingredients: Ingredient, serves: int = 2) -> Recipe:
    return Recipe(id="x", name="X", recipe_yield=serves, recipe_ingredient=ingredients)


def found(ingredient: Ingredient, *products: Product, servings: int = 2, **more):
    return shopping(recipe(ingredient), servings, products, **more)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Ristretto, 50 capsules", [(50, "capsule")]),
        ("Eau gazeuse 6 x 330 ml", [(1980, "ml")]),
        ("Farine 1,5 kg", [(Fraction(3, 2), "kg")]),
        ("Zucker 1.000 g", [(1000, "g")]),
        ("Reis 1.500 kg", [(Fraction(3, 2), "kg")]),
        ("12 Eier", [(12, "egg")]),
        ("牛乳 1L", [(1, "l")]),
        ("木綿豆腐 300g", [(300, "g")]),
        ("カプセル50個", [(50, "piece")]),
        ("A2 milk", []),
        ("Set of 2 cups", []),
        ("Advent calendar, 24 coffees", []),
        ("Sugar 0 g", []),
    ],
)
def test_a_name_tells_what_a_pack_holds(text, amounts):
    assert [tuple(one) for one in measures_in(text)] == amounts


def test_units_compare_within_their_kind_only():
    assert converted(Measure(Fraction(2), "tbsp"), "ml") == Measure(Fraction(30), "ml")
    assert converted(Measure(Fraction(1), "kg"), "g") == Measure(Fraction(1000), "g")
    assert converted(Measure(Fraction(10), "egg"), "piece") == Measure(Fraction(10), "piece")
    assert converted(Measure(Fraction(1), "kg"), "ml") is None
    assert converted(Measure(Fraction(1), "capsule"), "piece") is None
    assert (unit_of("Kapseln"), unit_of("g."), unit_of("furlong")) == ("capsule", "g", None)


@given(st.fractions(Fraction(1, 1000), 10_000), st.fractions(Fraction(1, 1000), 10_000))
def test_packs_hold_what_is_needed_and_one_fewer_would_not(needed, pack):
    packs = packs_for(Measure(needed, "g"), Measure(pack, "g"))
    assert packs is not None
    assert (packs - 1) * pack < needed <= packs * pack


def test_a_pack_is_told_by_its_attribute_before_its_name():
    told = {"pack": {"amount": 12, "unit": "capsules"}}
    assert packs_of(Product("x", "Box, 50 capsules", attributes=told)) == [Measure(Fraction(12), "capsule")]
    assert packs_of(Product("x", "Box", attributes={"pack": "2 x 250 g"})) == [Measure(Fraction(500), "g")]
    for wrong in ({"amount": True}, {"amount": -1}, {"amount": 3, "unit": "furlong"}, {"unit": "g"}, 7, None):
        assert packs_of(Product("x", "Box", attributes={"pack": wrong})) == []


def test_tiramisu_for_eight_needs_whole_packs_and_says_what_is_left():
    bought = shopping(TIRAMISU, 8, [COFFEE, MILD, FROTHER, MASCARPONE])
    assert [(one.product.sku, one.units) for one in bought.basket] == [("ristretto-50", 1), ("mascarpone", 3)]
    coffee, mascarpone = bought.basket
    assert (coffee.needed, coffee.left_over) == (Measure(Fraction(8), "capsule"), Measure(Fraction(42), "capsule"))
    assert mascarpone.needed == Measure(Fraction(2000, 3), "g")
    assert mascarpone.left_over == Measure(Fraction(250, 3), "g")
    states = {one.ingredient.what: one.state for one in bought.found}
    assert states["eggs"] is State.NOT_SOLD_HERE
    assert states["strong espresso"] is State.SOLD


def test_packs_are_rounded_once_for_all_ingredients_of_a_product():
    dough = Ingredient(what="flour", amount=400, unit="g")
    sauce = Ingredient(what="flour for the sauce", amount=100, unit="g", words=("flour",))
    bought = shopping(recipe(dough, sauce), 2, [Product("flour", "Flour 500 g")])
    assert [(one.units, one.left_over) for one in bought.basket] == [(1, Measure(Fraction(0), "g"))]


def test_a_name_that_only_has_the_word_in_it_is_shown_and_not_bought():
    (one,) = found(Ingredient(what="lemon", amount=2), Product("squeezer", "Lemon squeezer")).found
    assert (one.state, one.product, [other.sku for other in one.others]) == (State.PERHAPS, None, ["squeezer"])
    bought = found(Ingredient(what="lemon", amount=2), Product("s", "Lemon squeezer"), Product("l", "Organic lemons"))
    assert [(one.product.sku, one.units) for one in bought.basket] == [("l", 2)]
    assert bought.found[0].others == ()


@pytest.mark.parametrize(
    ("what", "name", "brand", "fit"),
    [
        ("tomato", "Tomatoes, 500 g", "", Fit.SURE),
        ("tomato", "Tomato ketchup 500 g", "", Fit.PERHAPS),
        ("cherry", "Cherries 500 g", "", Fit.SURE),
        ("milk", "Milk Alpina 1 l", "Alpina", Fit.SURE),
        ("milk", "Milk frother", "", Fit.PERHAPS),
        ("egg", "10 eggs", "", Fit.SURE),
        ("豆腐", "木綿豆腐 300g", "", Fit.SURE),
        ("豆腐", "豆腐ハンバーグ 200g", "", Fit.PERHAPS),
        ("ail", "Aile de poulet", "", None),
        ("milk", "Milkshake", "", None),
    ],
)
def test_a_name_ends_with_what_it_is(what, name, brand, fit):
    answer = fit_of(Ingredient(what=what), Product("x", name, brand))
    assert (answer and answer[0]) == fit


def test_a_number_is_exact_and_falls_back_only_where_words_are_told():
    by_number = Ingredient(what="espresso", amount=1, unit="capsule", gtin="4006381333931")
    assert fit_of(by_number, Product("x", "?", gtin="04006381333931")) == (Fit.EXACT, "number 04006381333931")
    assert fit_of(by_number, Product("espresso", "Espresso")) is None
    either = Ingredient(what="espresso", sku="gone", category=("coffee",))
    assert fit_of(either, COFFEE) == (Fit.SURE, "category coffee")


def test_attributes_and_categories_decide():
    strong = Ingredient(what="espresso", category=("Coffee",), attributes={"intensity": Within(at_least=9)})
    assert fit_of(strong, COFFEE) == (Fit.SURE, "category coffee, intensity at least 9")
    assert fit_of(strong, MILD) is None
    assert fit_of(strong, Product("x", "?", category="coffee", attributes={"intensity": True})) is None
    dairy = Ingredient(what="cheese", category=("dairy",), words=("mascarpone",), without=("light",))
    assert fit_of(dairy, MASCARPONE) == (Fit.SURE, "category Food > Dairy")
    assert fit_of(dairy, Product("x", "Light mascarpone", category="Food > Dairy")) is None
    roast = Ingredient(what="beans", category=("coffee",), attributes={"roast": Within(one_of=("Dark", "medium"))})
    assert fit_of(roast, Product("x", "?", category="coffee", attributes={"roast": ["dark"]})) is not None
    assert fit_of(roast, Product("x", "?", category="coffee", attributes={"roast": "light"})) is None


def test_enough_here_comes_first_then_what_was_bought_before_then_what_leaves_least():
    sugar = Ingredient(what="sugar", amount=600, unit="g")
    kilo, half, fine = Product("kilo", "Sugar 1 kg"), Product("half", "Sugar 500 g"), Product("fine", "Fine sugar 1 kg")
    shelf = [kilo, half, fine]
    assert found(sugar, *shelf).found[0].product == fine
    assert found(sugar, *shelf, usual={"half": 3}).found[0].because == "its name says sugar, bought before"
    bought = found(sugar, *shelf, usual={"half": 3}, here={"half": 1, "kilo": 1})
    assert [(one.product.sku, one.units, one.here) for one in bought.basket] == [("kilo", 1, 1)]


def test_a_pack_that_nobody_measured_is_unclear_and_stays_out():
    bought = found(Ingredient(what="sugar", amount=100, unit="g"), Product("sugar", "Sugar"))
    assert bought.basket == ()
    assert [(one.state, one.product.sku) for one in bought.found] == [(State.UNCLEAR, "sugar")]
    cubes = Ingredient(what="sugar", amount=100, unit="g", same_as=SameAs(amount=20, unit="piece"))
    (packs,) = found(cubes, Product("sugar", "Sugar, 100 pieces")).basket
    assert (packs.units, packs.left_over) == (1, Measure(Fraction(80), "piece"))


def test_what_somebody_chose_counts_whatever_it_is_called():
    bought = found(
        Ingredient(what="lemon", amount=2), Product("a", "Zitrone"), Product("b", "?"), chosen={"lemon": "a"}
    )
    assert [(one.product.sku, one.units) for one in bought.basket] == [("a", 2)]
    assert bought.found[0].because == "chosen by hand"


def test_our_recipes_are_readable_and_none_is_cooked_for_nobody():
    ours = Recipes().all()
    assert len(ours) == 10
    assert {"affogato", "miso-soup", "ratatouille", "tiramisu"} <= {one.id for one in ours}
    assert all(one.recipe_instructions and one.total_time for one in ours)
    with pytest.raises(NotFound):
        Recipes().one("pizza")
    assert "salt" not in [*looked_for(Recipes().one("pancakes"))]


def test_a_hubs_own_file_adds_recipes_and_replaces_ours(tmp_path):
    (tmp_path / "recipes.toml").write_text(
        '[[recipe]]\nid = "affogato"\nname = "Ours"\nrecipeYield = 1\n'
        'recipeIngredient = [{what = "ice", unit = "grams"}]\n'
        '[[recipe]]\nid = "toast"\nname = "Toast"\nrecipeYield = 1\nrecipeIngredient = [{what = "bread"}]\n'
    )
    own = Recipes(tmp_path)
    assert own.one("affogato").name == "Ours"
    assert own.one("affogato").recipe_ingredient[0].unit == "g"
    assert len(own.all()) == 11


_HEAD = '[[recipe]]\nid = "x"\nname = "X"\nrecipeYield = 2\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[recipe", "Expected"),
        (_HEAD, "recipeIngredient"),
        (_HEAD + "recipeIngredient = []", "length >= 1"),
        (_HEAD + 'recipeIngredient = [{what = "a", ammount = 1}]', "ammount"),
        (_HEAD + 'recipeIngredient = [{what = "a", amount = 0}]', "> 0"),
        (_HEAD + 'recipeIngredient = [{what = "a", unit = "spooon"}]', "'spooon' in 'x' is no unit"),
        (_HEAD + 'recipeIngredient = [{what = "a"}, {what = "a"}]', "names 'a' twice"),
        ((_HEAD + 'recipeIngredient = [{what = "a"}]\n') * 2, "two recipes have the id 'x'"),
        ("[[recipes]]\n", "'recipes' is nothing that it may say; the nearest is 'recipe', allowed are recipe"),
        (_HEAD + 'servings = 2\nrecipeIngredient = [{what = "a"}]', "recipe 'x': 'servings' is nothing"),
        (_HEAD + 'recipeIngredient = [{what = "a", same_as = {amont = 1, unit = "g"}}]', "allowed are amount, unit"),
        (_HEAD + 'recipeIngredient = [{what = "a", amount = nan}]', "recipe 'x': Expected `float` > 0"),
        (
            _HEAD + 'recipeIngredient = [{what = "a", attributes = {intensity = {at_least = nan}}}]',
            "`at_least` and `at_most` of 'intensity' are numbers, not nan or inf",
        ),
        (
            _HEAD + 'recipeIngredient = [{what = "a", attributes = {intensity = {at_least = 9, at_most = 3}}}]',
            "`at_least` of 'intensity' lies above `at_most`",
        ),
        (
            _HEAD + 'recipeIngredient = [{what = "a", attributes = {intensity = {least = 9}}}]',
            "the nearest is 'at_least', allowed are at_least, at_most, one_of",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, text, why):
    (tmp_path / "recipes.toml").write_text(text)
    with pytest.raises(RecipesUnreadable) as refusal:
        Recipes(tmp_path).all()
    assert why in refusal.value.why
