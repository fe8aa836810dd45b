"""Carts on the command line."""

import pytest


def test_a_cart_is_opened_shown_changed_and_found_by_its_customer(noline, shop):
    opened = noline("carts", "open", "--line", "ristretto-50=2", "--customer", "user_id=anna", "--store", "paris-1",
                    "--hub", shop, "--json").json  # fmt: skip
    assert (opened["version"], opened["began_in"], opened["store_id"]) == (1, "store", "paris-1")
    assert [(line["sku"], line["units"]) for line in opened["lines"]] == [("ristretto-50", 2)]
    changed = noline("carts", "change", opened["code"].lower(), "--set", "ristretto-50=0", "--set", "lungo=1",
                     "--channel", "call", "--version", 1, "--by", "Denis", "--hub", shop, "--json").json  # fmt: skip
    assert [(line["sku"], line["units"]) for line in changed["lines"]] == [("lungo", 1)]
    assert [(one["channel"], one["by"], one["version"]) for one in changed["touches"]] == [
        ("store", "command line", 1), ("call", "Denis", 2),
    ]  # fmt: skip
    assert noline("carts", "show", opened["cart"], "--hub", shop, "--json").json == changed
    assert [one["cart"] for one in noline("carts", "of", "user_id:anna", "--hub", shop, "--json").json] == [
        opened["cart"]
    ]
    said = noline("carts", "change", opened["cart"], "--version", 1, "--abandon", "--hub", shop, "--json")
    assert (said.code, said.error["code"], said.error["facts"]["present"]["version"]) == (
        3, "carts.changed_meanwhile", 2,
    )  # fmt: skip
    assert noline("carts", "change", opened["cart"], "--abandon", "--hub", shop, "--json").json["state"] == "abandoned"
    assert noline("carts", "of", "user_id:anna", "--hub", shop, "--json").json == []


@pytest.mark.parametrize(
    "words",
    [
        ["open", "--line", "ristretto-50"],
        ["open", "--line", "ristretto-50=many"],
        ["open", "--line", "ristretto-50=0"],
        ["open", "--customer", "=anna"],
        ["change", "k-1", "--set", "a=-1"],
    ],
)
def test_what_is_written_wrongly_is_a_mistake_of_the_caller(noline, shop, words):
    said = noline("carts", *words, "--hub", shop)
    assert (said.code, said.out) == (2, "")
