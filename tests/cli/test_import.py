"""Files come in: guessed, shown, asked about, and taken in once however often they are imported."""

import io
import json
import os
import sys

import pytest

from noline.hub import Hub
from sheet_files import rows, xlsx

ORDERS = """order_id,email,sku,quantity,unit_price,currency,ordered_at,channel
o-1,anna@example.com,ristretto-50,2,24.00,EUR,2026-01-05T10:00:00Z,web
o-2,boris@example.com,lungo-40,1,21.50,EUR,2026-01-06T11:30:00Z,store
o-3,anna@example.com,ristretto-50,1,24.00,EUR,2026-01-07T09:15:00Z,web
"""


@pytest.fixture
def hub(tmp_path):
    Hub.init(tmp_path / "new.noline").close()
    return tmp_path / "new.noline"


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def taken(accepted: int, duplicate: int = 0) -> dict[str, int]:
    return {
        "received": accepted + duplicate, "accepted": accepted, "duplicate": duplicate, "conflict": 0, "parked": 0,
    }  # fmt: skip


def test_the_plan_is_shown_and_nothing_is_imported(noline, hub, orders):
    said = noline("import", orders, "--plan", "--hub", hub)
    assert said.code == 0
    assert 'order_id = "order_id"' in said.out.replace('"order_id" =', "order_id =")
    as_json = noline("import", orders, "--plan", "--hub", hub, "--json").json
    assert as_json["mapping"].strip() == said.out.strip()
    assert noline("books", "--hub", hub, "--json").json["received"] == 0
    assert sorted(path.name for path in orders.parent.iterdir()) == ["new.noline", "orders.csv"]


def test_a_file_is_imported_and_importing_it_again_changes_nothing(noline, hub, orders):
    said = noline("import", orders, "--yes", "--hub", hub, "--json")
    assert (said.code, said.json) == (0, taken(3)), said.err
    before = noline("verify", "--hub", hub, "--json").json
    assert (before["ok"], before["records"]) == (True, 3)
    said = noline("import", orders, "--yes", "--hub", hub, "--json")
    assert (said.code, said.json) == (0, taken(0, duplicate=3))
    assert noline("verify", "--hub", hub, "--json").json == before
    (anna,) = noline("customers", "find", "anna@example.com", "--hub", hub, "--json").json
    orders_of_anna = noline("customers", "get", anna["person"], "--hub", hub, "--json").json["orders"]
    assert sorted(order["order_id"] for order in orders_of_anna) == ["o-1", "o-3"]


def test_a_spreadsheet_is_imported_as_its_csv_is(noline, hub, tmp_path):
    lines = [line.split(",") for line in ORDERS.splitlines()]
    path = xlsx(tmp_path / "book.xlsx", {"Notes": rows([("a", "b"), ("x", "y")]), "Orders": rows(lines)})
    said = noline("import", path, "--sheet", "Orders", "--yes", "--hub", hub, "--json")
    assert (said.code, said.json) == (0, taken(3)), said.err
    mapping = tmp_path / "mapping.toml"
    assert 'sheet = "Orders"' in mapping.read_text()
    assert noline("import", path, "--mapping", mapping, "--hub", hub, "--json").json == taken(0, duplicate=3)
    (anna,) = noline("customers", "find", "anna@example.com", "--hub", hub, "--json").json
    orders_of_anna = noline("customers", "get", anna["person"], "--hub", hub, "--json").json["orders"]
    assert sorted(order["order_id"] for order in orders_of_anna) == ["o-1", "o-3"]


def test_a_sheet_that_is_not_there_is_refused_and_nothing_is_imported(noline, hub, tmp_path):
    path = xlsx(tmp_path / "book.xlsx", {"Orders": rows([("order_id",), ("o-1",)])})
    said = noline("import", path, "--sheet", "Order", "--yes", "--hub", hub)
    assert said.code != 0
    assert "it has no sheet 'Order'; it has Orders" in said.err
    assert noline("books", "--hub", hub, "--json").json["received"] == 0
    assert not (tmp_path / "mapping.toml").exists()


def test_each_channel_of_a_file_becomes_a_source_unless_one_is_named(noline, hub, orders, tmp_path):
    noline("import", orders, "--yes", "--hub", hub)
    channels = {source["channel"] for source in noline("source", "list", "--hub", hub, "--json").json}
    assert channels >= {"web", "store"} or len(channels) == 1
    Hub.init(tmp_path / "one.noline").close()
    noline("import", orders, "--yes", "--source", "old-shop", "--hub", tmp_path / "one.noline")
    (source,) = noline("source", "list", "--hub", tmp_path / "one.noline", "--json").json
    assert source["name"] == "old-shop"


def test_a_file_is_read_as_a_mapping_says(noline, hub, orders, tmp_path):
    mapping = noline("import", orders, "--plan", "--hub", hub).out
    (tmp_path / "mine.toml").write_text(mapping.replace('currency = ""', 'currency = "EUR"'))
    said = noline("import", orders, "--mapping", tmp_path / "mine.toml", "--hub", hub, "--json")
    assert (said.code, said.json) == (0, taken(3)), said.err
    assert not (tmp_path / "mapping.toml").exists()


def test_a_mapping_with_a_word_nobody_knows_is_refused_with_the_nearest(noline, hub, orders, tmp_path):
    (tmp_path / "mine.toml").write_text('chanel = "web"\n')
    said = noline("import", orders, "--mapping", tmp_path / "mine.toml", "--hub", hub, "--json")
    assert (said.code, said.error["code"], said.error["facts"]["nearest"]) == (3, "settings.unknown_key", "channel")


def test_the_guess_is_kept_beside_the_file_and_nothing_else_is_overwritten(noline, hub, orders, tmp_path):
    noline("import", orders, "--yes", "--hub", hub)
    guess = (tmp_path / "mapping.toml").read_text()
    noline("import", orders, "--yes", "--hub", hub)
    assert (tmp_path / "mapping.toml").read_text() == guess
    corrected = guess + "# corrected by hand\n"
    (tmp_path / "mapping.toml").write_text(corrected)
    noline("import", orders, "--yes", "--hub", hub)
    assert (tmp_path / "mapping.toml").read_text() == corrected
    assert (tmp_path / "orders.csv.mapping.toml").read_text() == guess


@pytest.mark.parametrize(("answer", "received"), [("y\n", 3), ("\n", 3), ("n\n", 0)])
def test_a_person_is_asked_whether_the_guess_is_right(noline, hub, orders, tmp_path, monkeypatch, answer, received):
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    said = noline("import", orders, "--hub", hub)
    assert said.code == 0
    assert "Is this right?" in said.err
    assert (tmp_path / "mapping.toml").exists()
    assert noline("books", "--hub", hub, "--json").json["received"] == received
    if not received:
        assert f"Correct {tmp_path / 'mapping.toml'} and import again" in said.err


def test_where_nobody_can_be_asked_the_way_out_is_told(noline, hub, orders, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    said = noline("import", orders, "--hub", hub)
    assert (said.code, said.out) == (2, "")
    assert "give --yes, or --mapping FILE" in said.err
    assert noline("books", "--hub", hub, "--json").json["received"] == 0


def test_messages_of_the_contract_need_no_mapping(noline, hub, tmp_path):
    lines = [
        {"type": "track", "event": "Product Viewed", "messageId": f"m-{n}", "userId": "anna",
         "timestamp": "2026-01-05T10:00:00Z", "properties": {"sku": "a"}}
        for n in range(3)
    ]  # fmt: skip
    lines.append({"type": "track", "messageId": "m-9", "userId": "anna"})
    (tmp_path / "events.ndjson").write_text("\n".join(map(json.dumps, lines)))
    said = noline("import", tmp_path / "events.ndjson", "--hub", hub, "--json")
    assert (said.code, said.json["accepted"], said.json["parked"]) == (0, 3, 1)
    assert f"1 could not be taken: noline dead-letters list --hub {hub}" in said.err
    assert not (tmp_path / "mapping.toml").exists()


@pytest.mark.parametrize("name", ["complete-journey", "cdnow", "tpc-ds"])
@pytest.mark.parametrize("option", ["--plan", "--mapping"])
def test_public_data_needs_no_mapping(noline, hub, orders, name, option):
    words = [option] if option == "--plan" else [option, orders]
    said = noline("import", name, *words, "--hub", hub)
    assert (said.code, f"{name} needs no mapping" in said.err) == (2, True)


@pytest.mark.long
def test_a_real_year_is_imported_by_name(noline, hub):
    said = noline("import", "complete-journey", "--hub", hub, "--json")
    assert said.code == 0, said.err
    assert said.json["parked"] == said.json["conflict"] == 0
    assert noline("verify", "--hub", hub, "--json").json["ok"] is True
    assert os.path.getsize(hub / "noline.sqlite") > 10**8  # noqa: PTH202  a year of a retailer is large
