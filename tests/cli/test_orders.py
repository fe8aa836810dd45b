"""Orders from the command line: placed, taken step by step, changed, explained, and decided again."""

import pytest

from noline.hub import Hub
from selling import Selling


@pytest.fixture
def folder(tmp_path):
    """A hub with six coffees in Paris and six in the depot."""
    with Hub.init(tmp_path / "shop.noline") as hub:
        shop = Selling(hub)
        shop.receive(6, "paris-1")
        shop.receive(6, "depot")
    return tmp_path / "shop.noline"


@pytest.fixture
def orders(noline, folder):
    """`noline orders ...` with its JSON; `fails` for one that must be refused."""

    def command(*words, code=0):
        said = noline("orders", *words, "--hub", folder, "--json")
        assert said.code == code, said.err
        return said.json if code == 0 else said.error

    return command


def test_an_order_is_placed_picked_and_collected(orders):
    placed = orders(
        "place", "--line", "coffee=2", "--method", "pickup", "--location", "paris-1", "--order", "o-1",
        "--customer", "email=anna@example.com", "--channel", "web",
    )  # fmt: skip
    assert (placed["order_id"], placed["total_minor"], placed["lines"][0]["allocated"]) == ("o-1", 1000, 2)
    (to_do,) = orders("fulfilments", "--location", "paris-1", "--state", "assigned")
    assert to_do["fulfilment"] == "o-1-1"
    orders("step", "o-1-1", "accept", "--by", "Ben")
    picked = orders("step", "o-1-1", "pick", "--found", "coffee=1")
    assert (picked["state"], picked["lines"][0]["rejected"]) == ("picking", 1)
    (due,) = orders("counts-due")
    assert (due["location"], due["sku"], due["units"]) == ("paris-1", "coffee", 1)
    assert orders("step", "o-1-1", "ready")["state"] == "ready"
    assert orders("step", "o-1-1", "no-show")["state"] == "restocked"
    refused = orders("step", "o-1-1", "hand-over", code=3)
    assert (refused["code"], refused["facts"]["possible"]) == ("orders.not_now", [])
    assert orders("step", "o-1-2", "reject", "--reason", "broken")["state"] == "rejected"
    assert [one["why"] for one in orders("why", "o-1")] == [
        "placed", "not all was found at paris-1",
    ]  # fmt: skip


def test_an_order_is_changed_sourced_again_sent_and_decided_again_under_other_rules(orders, tmp_path):
    words = ("--line", "coffee=2", "--method", "ship", "--order", "o-1", "--country", "FR", "--at", "50.6", "3.1")
    orders("place", *words)
    assert orders("edit", "o-1", "--set", "coffee=3")["lines"][0]["ordered"] == 3
    assert orders("cancel", "o-1", "--line", "coffee=1", "--reason", "one less")["lines"][0]["cancelled"] == 1
    sourced = orders("source", "o-1", "--exclude", "paris-1")
    (one,) = [one for one in sourced["fulfilments"] if one["state"] == "assigned"]
    assert one["location"] == "depot"
    for step in ("accept", "pick", "ready"):
        orders("step", one["fulfilment"], step)
    assert orders("step", one["fulfilment"], "ship", "--tracking", "T-1")["state"] == "shipped"
    assert orders("show", "o-1")["lines"][0]["gone"] == 2
    rules = tmp_path / "new.toml"
    rules.write_text('[sourcing.costs]\nparcel_minor = 700\n[sourcing.rules]\nprefer = ["warehouse"]\n')
    report = orders("replay", "--rules", rules, "--from", "2020-01-01", "--to", "2100-01-01")
    assert (report["decided"]["decisions"], report["replayed"]["cost_minor"]) == (3, 2100)
    assert orders("replay", "--rules", rules, "--to", "2020-01-01")["decided"]["decisions"] == 0


def test_what_is_not_written_as_it_must_be_is_usage(noline, folder, tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[sourcing\n")
    for words in (
        ["place", "--line", "coffee", "--method", "ship"],
        ["place", "--line", "coffee=1", "--method", "drone"],
        ["place", "--line", "coffee=1", "--method", "ship", "--customer", "anna"],
        ["replay", "--rules", broken],
        ["replay", "--rules", tmp_path / "none.toml"],
    ):
        assert noline("orders", *words, "--hub", folder).code == 2
    assert noline("orders", "fulfilments", "--hub", folder, "--json").json == []


def test_people_read_tables_and_sentences(noline, folder):
    words = ["--line", "coffee=2", "--method", "ship", "--order", "o-1", "--location", "depot"]
    placed = noline("orders", "place", *words, "--hub", folder)
    assert (placed.code, "o-1-1" in placed.out, "order id: o-1" in placed.err) == (0, True, True)
    assert "2 of coffee" in noline("orders", "fulfilments", "--hub", folder).out
    assert noline("orders", "why", "o-1", "--hub", folder).out == "depot gives 2 of coffee.\n"
    assert noline("orders", "step", "o-1-1", "accept", "--hub", folder).code == 0
    assert noline("orders", "show", "o-1", "--hub", folder).code == 0


def test_where_there_is_plenty_a_unit_is_worth_nothing_to_later_orders(orders):
    orders("place", "--line", "coffee=2", "--method", "ship", "--channel", "web")
    assert orders("prices") == []
