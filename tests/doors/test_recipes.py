"""Recipes through the doors: for a declared household, with what is here, once into the shared cart."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import Day, identify, track

DESCRIBED = [
    {"sku": "ristretto-50", "name": "Ristretto, 50 capsules", "category": "coffee", "attributes": {"intensity": 10}},
    {"sku": "corsaro-50", "name": "Corsaro, 50 capsules", "category": "coffee", "attributes": {"intensity": 12}},
    {"sku": "mascarpone", "name": "Mascarpone 250 g", "category": "dairy"},
    {"sku": "frother", "name": "Milk frother", "category": "accessory"},
]


class Counter:
    """A hub that sells coffee and mascarpone in Paris, knows Anna, and a counter that asks it."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.day = Day()
        hub.access.add_source("crm", "crm")
        hub.access.add_source("till", "store")
        said = [track("Location Opened", id="l-1", at=self.day.next(), location="paris-1", country="FR")]
        said += [track("Product Described", id=f"d-{one['sku']}", at=self.day.next(), **one) for one in DESCRIBED]
        said += [
            track(
                "Stock Counted", id=f"s-{one['sku']}", at=self.day.next(), sku=one["sku"], quantity=9,
                location="paris-1",
            )
            for one in DESCRIBED
        ]  # fmt: skip
        price = {"sku": "mascarpone", "channel": "store", "country": "FR", "price": 2.5, "currency": "EUR"}
        self.tell([*said, track("Price Set", id="p-1", at=self.day.next(), **price)])
        self.tell([identify(id="c-1", at=self.day.next(), user="anna", household_size=3)])
        (self.anna,) = (one.person for one in hub.find_customers("anna"))
        self.key = hub.access.add_key(Role.ASSOCIATE)[1]

    def tell(self, messages: list[dict[str, Any]], source: str = "till") -> None:
        assert {one.status for one in self.hub.accept(source, messages)} == {"accepted"}

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, key: str | None = None) -> Any:
        sent = {"authorization": f"Bearer {self.key}", **({"idempotency-key": key} if key else {})}
        answer = self.client.request(method, f"/v1/recipes{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()

    def agree(self) -> None:
        self.hub.consent.change(self.anna, "personalisation", "any", granted=True, by="Lea")


@pytest.fixture
def counter(hub: Hub) -> Iterator[Counter]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Counter(hub, client)
    writer.stop()


def test_a_recipe_is_a_basket_of_what_is_sold_here(counter):
    found = counter.ask("GET", "/tiramisu?servings=8&store=paris-1")
    assert (found["servings"], found["servings_from"], found["recipeYield"]) == (8, "asked", 6)
    assert [(one["sku"], one["units"], one["here"], one["price_minor"]) for one in found["basket"]] == [
        ("corsaro-50", 1, 9, None), ("mascarpone", 3, 9, 250),
    ]  # fmt: skip
    assert found["basket"][1]["left_over"] == {"amount": 83.33, "unit": "g"}
    assert found["totals"] == [{"total_minor": 750, "currency": "EUR", "unpriced": 1}]
    assert found["not_sold_here"] == ["eggs", "sugar", "sponge fingers", "cocoa powder"]
    assert [one["id"] for one in counter.ask("GET", "")][:2] == ["affogato", "coffee-granita"]


def test_a_household_counts_when_it_was_declared_and_may_be_used(counter):
    asked = f"/tiramisu?person={counter.anna}"
    assert counter.ask("GET", asked)["servings_from"] == "recipe"
    counter.agree()
    found = counter.ask("GET", asked)
    assert (found["servings"], found["servings_from"]) == (3, "household")
    assert found["servings_because"] == "the household as declared on 2026-03-02"
    assert counter.ask("GET", asked + "&servings=5")["servings"] == 5
    counter.hub.consent.change(counter.anna, "personalisation", "any", granted=False, by="Lea")
    assert counter.ask("GET", asked)["servings"] == 6


def test_a_household_counts_only_in_the_channel_that_may_use_it(counter):
    counter.agree()
    counter.hub.consent.change(counter.anna, "personalisation", "store", granted=False, by="Lea")
    assert counter.ask("GET", f"/tiramisu?person={counter.anna}")["servings_from"] == "recipe"
    assert counter.ask("GET", f"/tiramisu?person={counter.anna}&channel=web")["servings_from"] == "household"


@pytest.mark.parametrize("born", ["2012-05-03", "03.05.2012"])
def test_the_household_of_a_minor_never_counts(counter, born):
    counter.agree()
    counter.tell([identify(id="c-2", at=counter.day.next(), user="anna", birthday=born)])
    assert counter.ask("GET", f"/tiramisu?person={counter.anna}")["servings_from"] == "recipe"


def test_what_was_bought_before_comes_first_when_that_may_be_used(counter):
    line = {"product_id": "ristretto-50", "sku": "ristretto-50", "quantity": 2, "price": 22.5}
    told = {"order_id": "o-1", "total": 45, "currency": "EUR", "products": [line]}
    counter.tell([track("Order Completed", id="o-1", at=counter.day.next(), user="anna", **told)])
    asked = f"/affogato?person={counter.anna}"
    assert counter.ask("GET", asked)["basket"][0]["sku"] == "corsaro-50"
    counter.agree()
    found = counter.ask("GET", asked)
    assert found["basket"][0]["sku"] == "ristretto-50"
    assert found["recipeIngredient"][0]["because"] == "category coffee, intensity at least 6, bought before"


def test_one_click_puts_it_into_the_shared_cart_once(counter):
    counter.agree()
    body = {"channel": "store", "store": "paris-1", "person": counter.anna, "by": "Lea"}
    first = counter.ask("POST", "/tiramisu/cart", body, key="k-1")
    assert counter.ask("POST", "/tiramisu/cart", body, key="k-1") == first
    lines = {one["sku"]: one["units"] for one in first["cart"]["lines"]}
    assert lines == {"corsaro-50": 1, "mascarpone": 1}
    assert counter.hub.carting.of(counter.anna)[0].cart_id == first["cart"]["cart"]
    again = counter.ask("POST", "/tiramisu/cart", {**body, "servings": 6, "cart": first["cart"]["code"]}, key="k-2")
    assert {one["sku"]: one["units"] for one in again["cart"]["lines"]} == {"corsaro-50": 2, "mascarpone": 3}
    assert counter.ask("POST", "/affogato/cart", body, status=409, key="k-2")["code"] == "idempotency.key_reused"


def test_an_associate_chooses_what_an_ingredient_is(counter):
    body = {"channel": "store", "chosen": {"espresso": "ristretto-50"}}
    found = counter.ask("POST", "/affogato/cart", body)
    assert [one["sku"] for one in found["cart"]["lines"]] == ["ristretto-50"]


REFUSED = [
    ("GET", "/pizza", None, 404, "not_found"),
    ("GET", "/tiramisu?person=p_nobody", None, 404, "not_found"),
    ("GET", "/tiramisu?store=nowhere", None, 404, "not_found"),
    ("POST", "/miso-soup/cart", {"channel": "store"}, 409, "recipes.nothing_sold_here"),
    ("POST", "/affogato/cart", {"channel": "store", "chosen": {"ham": "x"}}, 400, "recipes.choice_unknown"),
    ("POST", "/affogato/cart", {"channel": "store", "chosen": {"espresso": "x"}}, 400, "recipes.choice_unknown"),
    ("POST", "/affogato/cart", {"channel": "store", "cart": "nobodys"}, 404, "not_found"),
]


def test_what_cannot_be_done_is_refused_and_moves_nothing(counter):
    before = counter.hub.last_seq()
    for method, path, body, status, code in REFUSED:
        assert counter.ask(method, path, body, status=status)["code"] == code
    assert counter.hub.last_seq() == before


def test_a_number_of_servings_that_is_none_is_refused_in_process(counter):
    with pytest.raises(Exception, match="1 to 1000 people, not 0"):
        counter.hub.recipes.plan("affogato", servings=0)
