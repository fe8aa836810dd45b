"""Goods on the command line: the same words as over HTTP, and what is written wrongly moves nothing."""

import pytest

from noline.hub import Hub

SKU = "ristretto-50"


@pytest.fixture
def stock(noline, shop):
    """Says `noline stock ...` and gives the JSON of its answer."""

    def says(*words):
        said = noline("stock", *words, "--hub", shop, "--json")
        assert said.code == 0, said.err
        return said.json

    return says


def on_hand(stock, location):
    return {one["location"]: one["on_hand"] for one in stock("find", SKU)["locations"]}.get(location, 0)


def test_goods_are_awaited_received_and_corrected(stock):
    awaited = stock("expect", SKU, "--at", "depot", "--units", 9, "--document", "po-1", "--due", "2026-04-01")
    assert awaited["lines"] == [
        {"sku": SKU, "location": "depot", "units": 9, "due": "2026-04-01T00:00:00.000Z"},
    ]  # fmt: skip
    came = stock("receive", SKU, "--at", "depot", "--units", 4, "--expected", "po-1", "--by", "Ana")
    assert came["lines"] == [{"sku": SKU, "units": 4, "awaited": 9, "left": 5}]
    stock("receive", "--at", "depot", "--expected", "po-1", "--close")
    lot = stock("receive", SKU, "--at", "depot", "--units", 1, "--lot", "L7", "--owner", "roaster", "--document", "n-1")
    assert lot["document"] == "n-1"
    corrected = stock("adjust", SKU, "--at", "depot", "--units", -1, "--reason", "broken", "--lot", "L7")
    assert (corrected["on_hand"], corrected["incoming"]) == (4, 0)
    again = stock("adjust", SKU, "--at", "depot", "--units", 2, "--reason", "found", "--version", corrected["version"])
    assert again["on_hand"] == 6
    assert [one["reason"] for one in stock("moves", SKU, "--at", "depot")] == [
        "expected", "received", "not delivered", "received", "broken", "found",
    ]  # fmt: skip
    assert len(stock("moves", "--since", 0, "--limit", 1000)["moves"]) == 7  # and the sale of the fixture


def test_a_transfer_goes_from_the_one_end_to_the_other(stock):
    made = stock("transfer", "new", "--from", "paris-1", "--to", "lyon", "--line", f"{SKU}=4", "--due", "2026-04-01")
    stock("transfer", "pick", made["id"], "--line", f"{SKU}=3")
    stock("transfer", "send", made["id"], "--due", "2026-04-02")
    assert [task["kind"] for task in stock("tasks", "--at", "lyon", "--kind", "receive", "--limit", 5)] == ["receive"]
    (task,) = stock("tasks", "--at", "paris-1")
    assert stock("close-task", task["id"], "--reason", "counted by hand", "--by", "Ana")["kind"] == "count"
    done = stock("transfer", "receive", made["id"], "--line", f"{SKU}=2")
    assert (done["state"], on_hand(stock, "lyon")) == ("received", 2)
    assert stock("transfer", "show", made["id"])["due"] == "2026-04-02T00:00:00.000Z"
    other = stock("transfer", "new", "--from", "lyon", "--to", "paris-1", "--line", f"{SKU}=1")
    assert stock("transfer", "cancel", other["id"])["state"] == "cancelled"
    assert [one["id"] for one in stock("transfer", "list", "--at", "lyon", "--state", "received", "--limit", 5)] == [
        made["id"]
    ]
    assert stock("tasks") == []


def test_a_shelf_is_counted(stock):
    opened = stock("count", "open", "--at", "paris-1", "--sku", SKU)
    stock("count", "add", opened["id"], "--line", f"{SKU}=11")
    closed = stock("count", "close", opened["id"])
    assert [(line["expected"], line["counted"], line["variance"]) for line in closed["lines"]] == [(10, 11, 1)]
    stock("count", "now", "--at", "paris-1", "--line", f"{SKU}=5", "--counted-at", "2020-01-01")
    assert on_hand(stock, "paris-1") == 11  # an older count changes nothing
    everything = stock("count", "open", "--at", "paris-1")
    assert stock("count", "cancel", everything["id"])["state"] == "cancelled"
    assert [step["state"] for step in stock("count", "show", opened["id"])["steps"]] == ["open", "open", "closed"]
    assert len(stock("count", "list", "--at", "paris-1", "--state", "closed", "--limit", 5)) == 2


def test_something_comes_back(stock):
    back = stock("return", "new", "--at", "paris-1", "--line", f"{SKU}=2", "--order", "o-1", "--id", "back-1")
    assert back["id"] == "back-1"
    stock("return", "receive", "back-1", "--at", "lyon", "--line", f"{SKU}=2")
    judged = stock("return", "inspect", "back-1", "--restock", f"{SKU}=1", "--all", "send_back", "--depot", "depot")
    assert (judged["lines"][0]["sent_back"], on_hand(stock, "lyon")) == (1, 1)
    assert stock("return", "refund", "back-1")["refunded"] == {"amount_minor": 4800, "currency": "EUR"}
    other = stock("return", "new", "--at", "lyon", "--line", "lungo=1", "--channel", "web")
    assert stock("return", "refund", other["id"], "--amount-minor", 500)["refunded"]["amount_minor"] == 500
    given_up = stock("return", "new", "--at", "lyon", "--line", "lungo=2")["id"]
    stock("return", "cancel", given_up)
    third = stock("return", "new", "--at", "lyon", "--line", "lungo=3")["id"]
    stock("return", "receive", third)
    aside = stock("return", "inspect", third, "--unsellable", "lungo=1", "--send-back", "lungo=2", "--depot", "depot")
    assert [(line["unsellable"], line["sent_back"]) for line in aside["lines"]] == [(1, 2)]
    assert stock("return", "show", "back-1")["state"] == "inspected"
    assert [one["id"] for one in stock("return", "list", "--state", "cancelled", "--limit", 5)] == [given_up]


def test_units_are_promised_given_back_and_ruled(stock):
    assert stock("policy", SKU) == []
    stock("policy", SKU, "--oversell", "threshold", "--beyond", 2)
    stock("policy", SKU, "--channel", "web", "--buffer", 3)
    assert [(one["channel"], one["beyond"], one["buffer"]) for one in stock("policy")] == [
        (None, 2, None), ("web", None, 3),
    ]  # fmt: skip
    held = stock("hold", "--line", f"{SKU}=12", "--at", "paris-1", "--seconds", 60, "--document", "cart-1")
    assert held["lines"] == [{"sku": SKU, "location": "paris-1", "units": 12}]
    assert stock("release", held["id"], "--by", "Ana")["state"] == "released"


def test_a_refusal_ends_with_three_and_moves_nothing(noline, shop):
    with Hub.open(shop) as hub:
        before = hub.last_seq()
    refusals = {
        "stock.not_enough": ["transfer", "new", "--from", "paris-1", "--to", "lyon", "--line", f"{SKU}=99"],
        "stock.changed_meanwhile": [
            "adjust", SKU, "--at", "paris-1", "--units", "1", "--reason", "x", "--version", "1",
        ],
        "returns.more_than_sold": ["return", "new", "--at", "lyon", "--line", f"{SKU}=3", "--order", "o-1"],
        "stock.policy_wrong": ["policy", SKU, "--oversell", "backorder"],
        "value.not_instant": ["expect", SKU, "--at", "lyon", "--units", "1", "--document", "d", "--due", "soon"],
        "not_found": ["count", "close", "count-0"],
    }  # fmt: skip
    for code, words in refusals.items():
        said = noline("stock", *words, "--hub", shop, "--json")
        assert (said.code, said.error["code"]) == (3, code)
    with Hub.open(shop) as hub:
        assert hub.last_seq() == before


@pytest.mark.parametrize(
    "words",
    [
        ["receive", SKU, "--at", "paris-1"],
        ["receive", "--at", "paris-1"],
        ["receive", SKU, "--at", "paris-1", "--units", "0"],
        ["moves", SKU],
        ["policy", "--oversell", "strict"],
        ["count", "now", "--at", "paris-1", "--line", SKU],
        ["hold", "--line", f"{SKU}=-1"],
    ],
)
def test_what_is_written_wrongly_is_a_mistake_of_the_caller(noline, asked, words):
    said = noline("stock", *words, "--hub", asked)
    assert (said.code, said.out) == (2, "")


def test_people_read_tables(noline, shop):
    made = noline("stock", "receive", SKU, "--at", "depot", "--units", 2, "--hub", shop)
    assert made.out.split() == ["sku", "units", "awaited", "left", SKU, "2", "0", "0"]
    said = noline("stock", "moves", "--hub", shop)
    assert "supplier" in said.out
    opened = noline("stock", "count", "open", "--at", "depot", "--hub", shop)
    assert "state: open" in opened.err
    assert opened.out.split()[-6:] == [SKU, "2", "-", "-", "-", "-"]
