"""Verify finds what is not as the log says, and finds nothing where all is well."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from noline.flows import verify as verifying
from noline.flows.verify import Verification
from noline.stores import rows
from noline.truth.stock.promising import Ask, Line
from shop import Day, identify, track


@pytest.fixture
def busy(hub):
    """A hub with something in every room, dead letters of every sort, and balanced books."""
    hub.access.add_source("web", "web", trust="browser")
    hub.access.add_source("till", "store")
    day = Day()
    hub.accept(
        "web",
        [
            identify(id="w-1", at=day.next(), user="anna", email="anna@example.com", name="Anna"),
            track("Product Viewed", id="w-2", at=day.next(), user="anna", sku="ristretto-50"),
            track("Product Viewed", id="w-2", at=day.next(), user="anna", sku="lungo-40"),
            {"type": "track", "messageId": "w-3", "userId": "anna"},
            {"type": "track", "messageId": "w-3", "userId": "anna"},
            track("Review Posted", id="w-4", at=day.next(), user="anna", review_id="r-1", rating=2, sku="ristretto-50"),
        ],
    )
    till = [
        track("Product Described", id="t-1", at=day.next(), sku="ristretto-50", name="Ristretto", price=4.5),
        track("Price Set", id="t-2", at=day.next(), sku="ristretto-50", price=4.5, currency="EUR"),
        track("Stock Counted", id="t-3", at=day.next(), sku="ristretto-50", units=12, location="paris-1"),
        track(
            "Order Completed", id="t-4", at=day.next(), user="anna", order_id="o-1", total=9, currency="EUR",
            products=[{"sku": "ristretto-50", "quantity": 2, "price": 4.5}], store_id="paris-1",
        ),
    ]  # fmt: skip
    hub.accept("till", till)
    hub.accept("till", till[:2])
    return hub


def found(hub) -> Verification:
    """What a hub opened anew finds: what another connection changed behind its back counts."""
    with type(hub).open(hub.folder) as again:
        return again.verify()


def alter(hub, statement: str, *params: object) -> None:
    """Do what no code of ours does; answers nothing, changes exactly one row."""
    with hub.store.transaction() as tx:
        assert tx.run(statement, params) == 1


def crooked(verification: Verification) -> list[str]:
    return [check.table for check in verification.tables if not check.equal]


def test_a_hub_in_which_all_is_well(busy):
    verification = found(busy)
    assert (verification.ok, verification.trouble, verification.records) == (True, (), 7)
    filled = {check.table: check.rows for check in verification.tables if check.rows}
    assert filled["items"] == filled["orders"] == filled["order_lines"] == filled["price_windows"] == 1
    assert filled["feedback_loops"] == 1
    assert filled["identifiers"] == 2
    assert all(check.rows == check.rebuilt_rows for check in verification.tables)


def test_an_empty_hub_is_well(hub):
    verification = hub.verify()
    assert (verification.ok, verification.records) == (True, 0)


def test_a_changed_row_is_found(busy):
    alter(busy, "UPDATE stock_cells SET on_hand = on_hand + 1 WHERE location = 'paris-1' AND on_hand = 10")
    verification = found(busy)
    assert crooked(verification) == ["stock_cells"]
    assert not verification.ok
    (sentence,) = verification.trouble
    assert sentence.startswith("stock_cells is not what the log says: it has ")
    alter(busy, "UPDATE stock_cells SET on_hand = on_hand - 1 WHERE location = 'paris-1' AND on_hand = 11")
    assert found(busy).ok


def test_the_cells_that_are_not_what_moves_and_counts_make_them_are_named(busy):
    alter(busy, "UPDATE stock_cells SET on_hand = on_hand + 1 WHERE location = 'paris-1' AND on_hand = 10")
    (sentence,) = found(busy).trouble
    assert sentence.endswith("; on_hand of ristretto-50 at paris-1 is 11 and must be 10")


def test_a_claim_that_no_hold_explains_is_found(busy):
    hold = busy.promising.hold(Ask((Line("ristretto-50", 2, "paris-1"),)), by="anna")
    assert found(busy).ok
    alter(busy, "UPDATE stock_cells SET held = held + 1 WHERE held = 2")
    verification = found(busy)
    assert crooked(verification) == ["stock_cells"]
    assert "3 of ristretto-50 are held at paris-1, its holds say 2" in verification.trouble
    alter(busy, "UPDATE stock_cells SET held = held - 1 WHERE held = 3")
    busy.promising.release(hold.id, by="anna")
    assert found(busy).ok


def test_units_that_are_allocated_for_nobody_are_found(busy):
    hold = busy.promising.hold(Ask((Line("ristretto-50", 2, "paris-1"),)), by="anna")
    busy.promising.commit(hold.id, "shop-7", by="anna")
    assert found(busy).ok
    alter(busy, "UPDATE stock_cells SET allocated = allocated - 1 WHERE allocated = 2")
    assert "1 of ristretto-50 are allocated at paris-1, orders and transfers ask for 2" in found(busy).trouble


def test_a_missing_row_is_found(busy):
    alter(busy, "DELETE FROM orders WHERE order_id = 'o-1'")
    assert found(busy).trouble == ("orders is not what the log says: it has 0 rows, rebuilt 1",)


def test_a_row_too_many_is_found(busy):
    alter(
        busy,
        "INSERT INTO locations (route_key, location, channel, described_at) VALUES (1, 'nowhere', 'store', 0)",
    )
    verification = found(busy)
    assert crooked(verification) == ["locations"]
    (check,) = (check for check in verification.tables if check.table == "locations")
    assert check.rows == check.rebuilt_rows + 1


def test_a_changed_name_of_a_customer_is_found(busy):
    alter(busy, "UPDATE attributes SET value = 'Hanna' WHERE value = 'Anna'")
    assert crooked(found(busy)) == ["attributes"]


def test_a_hole_in_the_log_is_found(busy):
    with without(busy, 3):
        verification = found(busy)
    assert verification.trouble[0] == "position 3 is missing in the log"
    assert "the books of web say 3 accepted, the log has 2" in verification.trouble
    assert verification.records == 6


def test_a_longer_hole_is_told_once(busy):
    with without(busy, 2, 3, 4):
        assert found(busy).trouble[0] == "positions 2 to 4 are missing in the log"


@contextmanager
def without(hub, *positions: int) -> Iterator[None]:
    """The log without these records, which come back for the books of the fixture."""
    where = f"seq IN ({', '.join(map(str, positions))})"
    with hub.store.transaction() as tx:
        records = tx.rows(f"SELECT * FROM log WHERE {where}")
        assert tx.run(f"DELETE FROM log WHERE {where}") == len(positions)
    yield
    with hub.store.transaction() as tx:
        tx.run_many(f"INSERT INTO log VALUES ({', '.join('?' * len(records[0]))})", records)


def test_a_record_whose_bytes_were_changed_is_found(busy):
    """A record about goods lies open, and is told by its keyed hash."""
    with busy.store.reading() as reader:
        ((seq, body),) = reader.rows("SELECT seq, body FROM log WHERE kind = 'Stock Counted'")
    alter(busy, "UPDATE log SET body = ? WHERE seq = ?", bytes(body).replace(b"12", b"13"), seq)
    assert found(busy).trouble[0] == f"record {seq} is not what was accepted"


@pytest.mark.parametrize(
    "damage", [lambda body: body[:-1] + bytes([body[-1] ^ 1]), lambda body: body[:20], lambda _: b""]
)
def test_a_sealed_record_that_cannot_be_opened_is_found(busy, damage):
    with busy.store.reading() as reader:
        (body,) = reader.row("SELECT body FROM log WHERE seq = 2")
    alter(busy, "UPDATE log SET body = ? WHERE seq = 2", damage(bytes(body)))
    assert found(busy).trouble[0] == "record 2 cannot be opened, although the key of its subject is there"


def test_a_record_filed_under_another_subject_is_found(busy):
    alter(busy, "UPDATE log SET route_key = route_key - 1 WHERE seq = 2")
    assert found(busy).trouble[0] == "record 2 is filed under another subject than its own"


def test_an_erased_subject_is_no_damage_of_the_log(busy):
    """Its truth must go with it; here it has none but what the rooms of people hold."""
    with busy.store.transaction() as tx:
        tx.run("DELETE FROM subject_keys")
    assert [sentence for sentence in found(busy).trouble if sentence.startswith("record")] == []


@pytest.mark.parametrize(
    ("statement", "trouble"),
    [
        (
            "UPDATE books SET received = received + 1, accepted = accepted + 1 WHERE source = 'till'",
            "the books of till say 5 accepted, the log has 4",
        ),
        (
            "UPDATE books SET received = received - 1, parked = parked - 1 WHERE source = 'web'",
            "the books of web say 1 parked, the dead letters hold 2",
        ),
        (
            "UPDATE books SET conflict = conflict - 1, parked = parked + 1 WHERE source = 'web'",
            "the books of web say 0 conflict, the dead letters hold 1",
        ),
        (
            "DELETE FROM dead_letters WHERE code = 'conflict'",
            "the books of web say 1 conflict, the dead letters hold 0",
        ),
        ("DELETE FROM books WHERE source = 'till'", "the books of till say 0 accepted, the log has 4"),
    ],
)
def test_crooked_books_are_found(hub, busy, statement, trouble):
    with busy.store.reading() as reader:
        before = [reader.rows(f"SELECT * FROM {table}") for table in ("books", "dead_letters")]
    alter(busy, statement)
    assert trouble in found(busy).trouble
    _put_back(busy, before)


def _put_back(hub, before) -> None:
    """The fixture checks the books once more at the end."""
    with hub.store.transaction() as tx:
        for table, known in zip(("books", "dead_letters"), before, strict=True):
            tx.run(f"DELETE FROM {table}")
            tx.run_many(f"INSERT INTO {table} VALUES ({', '.join('?' * len(known[0]))})", known)


def test_what_a_room_could_not_take_lies_with_the_dead_letters_and_is_no_trouble(busy):
    told = track("Stock Counted", id="t-9", at=Day().next(), sku="ristretto-50", units=-5, location="paris-1")
    (receipt,) = busy.accept("till", [told])
    assert receipt.status == "accepted"
    (letter,) = [letter for letter in busy.dead_letters() if letter.code == "projection_error"]
    assert letter.seq == receipt.seq
    assert found(busy).trouble == ()


def test_what_a_room_could_not_take_and_nobody_was_told_is_trouble(busy):
    told = track("Stock Counted", id="t-9", at=Day().next(), sku="ristretto-50", units=-5, location="paris-1")
    (receipt,) = busy.accept("till", [told])
    alter(busy, "DELETE FROM dead_letters WHERE code = 'projection_error'")
    assert found(busy).trouble == (f"record {receipt.seq} cannot be taken into stock and has no dead letter",)


def test_a_mended_and_replayed_letter_leaves_all_well(busy):
    (letter,) = [letter for letter in busy.dead_letters() if letter.code == "schema_violation"]
    busy.intake.patch(letter.id, "/event", "Product Viewed")
    busy.intake.patch(letter.id, "/properties", {"sku": "lungo-40"})
    assert [receipt.status for receipt in busy.intake.replay(letter.id)] == ["accepted"]
    assert found(busy).trouble == ()


def test_a_log_longer_than_one_read_is_verified_whole(hub, monkeypatch):
    monkeypatch.setattr(verifying, "_IN_ONE_READ", 7)
    monkeypatch.setattr(rows, "_ROWS_AT_ONCE", 3)
    hub.access.add_source("till", "store")
    day = Day()
    told = [
        track(
            "Stock Counted", id=f"m-{number}", at=day.next(), sku=f"sku-{number % 11}", units=number, location="paris-1"
        )
        for number in range(40)
    ]
    hub.accept("till", told)
    verification = found(hub)
    assert (verification.trouble, verification.records) == ((), 40)
    assert {check.table: check.rows for check in verification.tables}["stock_cells"] >= 11
    alter(hub, "DELETE FROM stock_cells WHERE sku = 'sku-4'")
    assert crooked(found(hub)) == ["stock_cells"]


def test_much_trouble_is_told_in_fifty_sentences_and_a_number(hub):
    hub.access.add_source("till", "store")
    day = Day()
    hub.accept(
        "till", [track("Stock Counted", id=f"m-{n}", at=day.next(), sku="a", units=n, location="x") for n in range(60)]
    )
    with hub.store.transaction() as tx:
        tx.run("UPDATE log SET body_hash = ?", (b"x" * 16,))
    trouble = found(hub).trouble
    assert trouble[:2] == ("record 1 is not what was accepted", "record 2 is not what was accepted")
    assert (len(trouble), trouble[-1].startswith("and 1")) == (51, True)


def test_a_hub_is_verified_as_it_stood_while_others_write(busy, monkeypatch):
    """New records come between reading the log and comparing the tables."""
    compare = verifying._compare_all

    def later(*given):
        with type(busy).open(busy.folder) as beside:
            beside.accept("till", [track("Price Set", id="late", at=Day().next(), sku="b", price=1, currency="EUR")])
        return compare(*given)

    monkeypatch.setattr(verifying, "_compare_all", later)
    verification = busy.verify()
    assert (verification.trouble, verification.records) == ((), 7)
    monkeypatch.undo()
    assert found(busy).records == 8


def test_verifying_changes_nothing(busy):
    with busy.store.reading() as reader:
        before = {table: rows.sum_of(reader, table) for table in busy.store.table_names() if table != "writer"}
    busy.verify()
    with busy.store.reading() as reader:
        assert {table: rows.sum_of(reader, table) for table in before} == before
