"""Erasing a person: nothing of them is found again, and everything else adds up as before."""

import json
import zipfile
from pathlib import Path
from threading import Thread

import pytest

from noline.channels import segment
from noline.flows.ledger import Ledger, LedgerBroken
from noline.hub import Hub
from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier
from noline.stores.log import records_after
from noline.stores.tombstones import Entry
from shop import Day, identify, track

CANARY = "canary7q"
"""Stands in everything that names the person or was written by her, and nowhere else."""

EMAIL = f"{CANARY}.arabica@example.com"
PHONE = "+33698765432"
WRITTEN = {EMAIL, PHONE, "98765432", "06 98 76 54 32", CANARY, CANARY.upper()}


def track_of(event, day, number, **said):
    """A `track` message with whatever the contract allows."""
    context = said.pop("context", None)
    names = {name: said.pop(name) for name in ("userId", "anonymousId") if name in said}
    message = {
        "type": "track",
        "event": event,
        "messageId": number,
        "timestamp": day.next(),
        "properties": said,
        **names,
    }
    return {**message, "context": context} if context else message


def story(day: Day) -> list[tuple[str, dict]]:
    """What five sources tell of her and of her neighbours, as (source, message)."""
    line = {"sku": "ristretto-50", "quantity": 2, "price": 24, "engraving": f"for {CANARY}"}
    user, cookie = f"{CANARY}-user-1", f"{CANARY}-cookie-1"
    return [
        ("crm", identify(id="c-1", at=day.next(), user=user, email=EMAIL, phone=PHONE, name=f"Anna {CANARY}",
                         address={"street": f"{CANARY} lane 5", "city": "Lyon"}, loyalty_id=f"{CANARY}-card")),
        ("web", track_of("Product Viewed", day, "w-1", anonymousId=cookie, sku="ristretto-50",
                         url=f"https://shop.example/?q={CANARY}")),
        ("web", identify(id="w-2", at=day.next(), user=user, nickname=CANARY) | {"anonymousId": cookie}),
        ("web", track_of("Product Added", day, "w-3", anonymousId=cookie, userId=user, sku="ristretto-50",
                         quantity=2, cart_id=f"cart-{CANARY}", note=f"gift of {CANARY}")),
        ("web", track_of("Product Reserved", day, "w-4", userId=user, sku="ristretto-50", handoff_to="store",
                         handoff_object="r-77", store_id="paris-1", phone=PHONE)),
        ("till", track_of("Order Completed", day, "t-1", order_id="o-1", total=48, currency="EUR", products=[line],
                          store_id="paris-1", userId=user, gift_message=f"love, {CANARY}",
                          context={"store_id": "paris-1", "associate_id": "marc", "ip": CANARY})),
        ("erp", track_of("Order Shipped", day, "e-1", order_id="o-1", shipping_address={"name": f"Anna {CANARY}"})),
        ("till", track_of("Return Accepted", day, "t-2", order_id="o-1", userId=user, location="paris-1",
                          products=[{"sku": "ristretto-50", "quantity": 1}], remark=f"{CANARY} said it leaks")),
        ("web", track_of("Review Posted", day, "w-5", userId=user, review_id="rv-1", rating=4, sku="ristretto-50",
                         text=f"Best coffee, {CANARY}! Call me: 06 98 76 54 32")),
        ("web", track_of("Product Reviewed", day, "w-6", userId=user, rating=3, text=CANARY)),
        ("crm", track_of("Consent Changed", day, "c-2", userId=user, purpose="marketing", granted=True,
                         description=f"told by {CANARY}")),
        # Somebody else's browser claims her address; somebody else shares an order number with nobody.
        ("web", identify(id="w-7", at=day.next(), user="", email=EMAIL.upper()) | {"anonymousId": "boris-cookie"}),
        ("web", track_of("Product Viewed", day, "w-8", anonymousId="boris-cookie", userId="boris-7", sku="lungo-40",
                         note="for Boris")),
        ("crm", identify(id="c-3", at=day.next(), user="boris-7", email="boris@example.com", name="Boris")),
        ("till", track_of("Order Completed", day, "t-3", order_id="o-2", total=12, currency="EUR", userId="boris-7",
                          products=[{"sku": "lungo-40", "quantity": 1, "price": 12}], store_id="paris-1")),
    ]  # fmt: skip


def refused(day: Day) -> list[tuple[str, dict | bytes]]:
    """What could not be taken: unreadable, contradicting, and of no call of the contract."""
    later = story(Day())[5][1]
    return [
        ("web", {"type": "track", "messageId": "x-1", "userId": f"{CANARY}-user-1", "properties": {"a": CANARY}}),
        ("web", b'{"type": "track", "event": "Broken", "email": "' + EMAIL.encode() + b'", "properties": {'),
        ("web", b'{"type": "dance", "userId": "\\u0063anary7q-user-1", "timestamp": "2026-03-02T09:00:00Z"}'),
        ("till", {**later, "properties": {**later["properties"], "total": 49, "gift_message": f"other {CANARY}"}}),
        (
            "till",
            track_of("Order Completed", day, "t-9", userId=f"{CANARY}-user-1", order_id="o-9", total=f"{CANARY} euro"),
        ),
    ]


def everything() -> list[tuple[str, dict | bytes]]:
    """All that ever came, the same each time."""
    day = Day()
    return [*story(day), *refused(day)]


@pytest.fixture
def shop(hub):
    """A hub that knows her from every side, and others who know her name."""
    for name, channel, trust in (
        ("crm", "crm", "server"), ("web", "web", "browser"), ("till", "store", "server"), ("erp", "erp", "server"),
    ):  # fmt: skip
        hub.access.add_source(name, channel, trust=trust)
    hub.outbox.subscribe("mailer", "https://mailer.example/in")
    opening = Day()
    hub.accept("erp", [
        track("Stock Counted", id="s-1", at=opening.next(), sku="ristretto-50", units=12, location="paris-1"),
        track("Location Opened", id="s-2", at=opening.next(), location="paris-1", name="Paris", channel="store"),
    ])  # fmt: skip
    for source, message in everything():
        hub.accept(source, [message])
    with hub.store.transaction() as tx:
        tx.run(
            "INSERT INTO command_results (caller, idempotency_key, request_hash, status, answer, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            ("desk", "k-1", b"h", 200, json.dumps({"person": {"email": EMAIL, "name": CANARY}}).encode(), 0),
        )
    hub.refresh()
    hub.journeys.handoffs()
    return hub


def her(hub: Hub) -> str:
    """Her id of today."""
    with hub.store.reading() as reader:
        found = hub.customers.person_of(reader, hub.customers.subject(Identifier("user_id", f"{CANARY}-user-1")))
    assert found is not None
    return found


def erase(hub: Hub, **said):
    return hub.erase(her(hub), **{"by": "dpo", "reason": "asked by letter", **said})


def tells(text: str) -> bool:
    """Whether a text holds anything of hers."""
    return any(word in text for word in WRITTEN)


def traces(hub: Hub, *places: Path) -> dict[str, int]:
    """Where anything of hers can be read: raw bytes of files, rows, and every body that any key opens."""
    found: dict[str, int] = {}
    paths = [path for place in (hub.folder, *places) for path in ([place] if place.is_file() else place.rglob("*"))]
    for path in paths:
        if path.is_file():
            count = sum(path.read_bytes().count(word.encode()) for word in WRITTEN)
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    count = sum(
                        archive.read(name).count(word.encode()) for name in archive.namelist() for word in WRITTEN
                    )
            if count:
                found[path.name] = count
    with hub.store.reading() as reader:
        for table in hub.store.table_names():
            for row in reader.rows(f"SELECT * FROM {table}"):
                text = " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in row)
                if tells(text):
                    found[f"rows of {table}"] = found.get(f"rows of {table}", 0) + 1
        for record, body in hub.log.opened(reader, records_after(reader, 0, 10_000)):
            if body is not None and tells(json.dumps(segment.decoded(body), ensure_ascii=False)):
                found["opened bodies"] = found.get("opened bodies", 0) + 1
                found.setdefault(f"record {record.message_id}", 1)
    return found


def test_before_the_erasure_the_search_finds_her_everywhere(shop, tmp_path):
    shop.back_up(tmp_path / "before.zip")
    found = traces(shop, tmp_path / "before.zip")
    assert {"opened bodies", "rows of identifiers", "rows of dead_letters", "rows of command_results"} <= found.keys()
    assert {"rows of attributes", "before.zip"} <= found.keys()
    if shop.store.dialect == "sqlite":
        assert {"noline.sqlite", "noline.sqlite-wal"} & found.keys()
    assert shop.verify().trouble == ()


def test_nothing_of_her_is_found_after_the_erasure(shop, tmp_path):
    erase(shop)
    shop.compact()
    shop.refresh()
    shop.journeys.handoffs()
    shop.back_up(tmp_path / "after.zip")
    assert traces(shop, tmp_path / "after.zip") == {}
    assert shop.verify().trouble == ()


def test_messages_of_before_bring_nothing_back(shop, tmp_path):
    receipt = erase(shop)
    before = shop.last_seq()
    answers = [shop.accept(source, [message])[0] for source, message in everything()]
    said = [(answer.status, answer.code) for answer in answers]
    again = ("parked", "suppressed_subject")
    assert said == [
        again, again, again, again, again, again, ("duplicate", None), again, again, again, again, again,
        ("duplicate", None), ("duplicate", None), ("duplicate", None),
        ("parked", "schema_violation"), ("parked", "malformed_json"), ("parked", "unknown_schema"), again, again,
    ]  # fmt: skip
    assert shop.last_seq() == before
    shop.refresh()
    shop.compact()
    shop.back_up(tmp_path / "after.zip")
    assert traces(shop, tmp_path / "after.zip") == {}
    assert shop.verify().trouble == ()
    letters = shop.dead_letters("ignored")
    assert {letter.raw for letter in letters if letter.code == "suppressed_subject"} == {b""}
    assert not tells(json.dumps(receipt.told))


def goods(hub: Hub) -> dict:
    """What the books of sale, stock and feedback say."""
    with hub.store.reading() as reader:
        order = hub.orders.order(reader, "o-1")
        return {
            "order": (order.state, order.channel, order.store_id, order.placed_at, order.total),
            "lines": hub.orders.lines(reader, "o-1"),
            "stock": hub.stock.cells(reader),
            "ledger": [
                (one.evidence.occurred_at, one.evidence.document, one.evidence.actor, one.reason, one.on_hand_after)
                for one in hub.stock.moves(reader, "ristretto-50", "paris-1")
            ],
            "reviews": [(one.loop_id, one.rating_hundredths, one.sku) for one in hub.feedback.open_loops(reader)],
        }


def test_what_was_sold_moved_and_rated_stays_as_it_was(shop):
    before = goods(shop)
    sales = shop.scorecards.sales_by_channel()
    erase(shop)
    shop.refresh()
    assert goods(shop) == before
    assert [line.returned_units for line in before["lines"]] == [1]
    assert [entry[-1] for entry in before["ledger"]] == [12, 10, 11]
    assert shop.scorecards.sales_by_channel() == sales


def test_history_says_the_same_as_one_built_anew(shop):
    walks = shop.journeys.handoffs()
    erase(shop)
    shop.refresh()
    columns = "seq, subject, action, sku, object_id, value_minor, handoff_to, handoff_object, units"
    question = f"SELECT {columns} FROM touchpoints ORDER BY seq"
    amended = shop.analytics.ask(question).to_pylist()
    people = "SELECT subject, person FROM people ORDER BY subject"
    known = shop.analytics.ask(people).to_pylist()
    assert shop.journeys.handoffs() == walks
    shop.projector.rebuild()
    assert shop.analytics.ask(question).to_pylist() == amended
    assert shop.analytics.ask(people).to_pylist() == known
    assert len({row["person"] for row in known}) == 2


def test_she_goes_on_being_counted_as_one_whom_nobody_can_name(shop):
    before = len(shop.orders_of(her(shop)))
    subjects = set(subjects_of(shop, her(shop)))
    erase(shop)
    with shop.store.reading() as reader:
        order = shop.orders.order(reader, "o-1")
        nobody = shop.customers.person_of(reader, order.subject)
        known = shop.customers.get(reader, nobody)
    assert order.subject not in subjects
    assert {name.namespace for name, _ in known.identifiers} == {"erased"}
    assert len(shop.orders_of(nobody)) == before == 1
    assert shop.find_customers(EMAIL) == []


def subjects_of(hub: Hub, person: str) -> list[bytes]:
    with hub.store.reading() as reader:
        return hub.customers.subjects(reader, person)


def test_others_keep_what_is_theirs(shop):
    erase(shop)
    (boris,) = shop.find_customers("boris@example.com")
    assert ("email", "boris@example.com") in [tuple(name) for name, _ in boris.identifiers]
    assert [order.order_id for order in shop.orders_of(boris.person)] == ["o-2"]
    (claimed,) = [one for one in changes(shop) if one["data"] and one["data"].get("messageId") == "w-7"]
    assert claimed["data"]["traits"] == {}
    assert claimed["data"]["anonymousId"] == "boris-cookie"


def changes(hub: Hub) -> list[dict]:
    return hub.deliveries.changes(0, 1000).changes


def test_her_records_are_left_in_their_places(shop):
    before = {one["sequence"]: one["type"] for one in changes(shop)}
    erase(shop)
    after = changes(shop)
    assert {one["sequence"]: one["type"] for one in after[:-1]} == before
    (order,) = [one["data"] for one in after if one["type"] == "Order Completed" and one["data"]["messageId"] == "t-1"]
    pseudonym = order["context"].pop("externalIds")
    assert {one["type"] for one in pseudonym} == {"erased"}
    assert order == {
        "type": "track", "event": "Order Completed", "messageId": "t-1",
        "properties": {
            "order_id": "o-1", "total": 48, "currency": "EUR", "store_id": "paris-1",
            "products": [{"sku": "ristretto-50", "quantity": 2, "price": 24}],
        },
        "context": {"store_id": "paris-1", "associate_id": "marc"},
    }  # fmt: skip
    gone = [one["data"] for one in after if one["type"] in {"identify", "Consent Changed"}]
    assert gone.count(None) == len(gone) - 2


def test_the_receipt_says_what_it_came_to_and_not_who_it_was(shop):
    receipt = erase(shop, reason=f"she wrote from {EMAIL}")
    assert receipt.done
    assert (receipt.by, receipt.reason) == ("dpo", "she wrote from (erased)")
    told = receipt.told
    assert (told["identifiers"], told["tombstones"], told["recipients"]) == (5, 5, ["mailer"])
    assert (told["records"], told["records_of_orders"], told["records_of_others"]) == (11, 1, 1)
    assert (told["dead_letters"], told["answers"], told["keys"]) == (5, 1, 2)
    assert told["segments"] == 3
    assert shop.erasing.receipt(receipt.id) == receipt
    deed = changes(shop)[-1]
    assert (deed["type"], deed["data"]["properties"]["by"]) == ("Customer Erased", "dpo")


def test_erasing_twice_answers_the_same_receipt(shop):
    person = her(shop)
    first = shop.erase(person, by="dpo", reason="asked")
    length = shop.last_seq()
    again = shop.erase(person, by="somebody else", reason="again")
    assert again == first
    assert shop.last_seq() == length


def test_erasing_at_the_same_time_answers_the_same_receipt(shop):
    person, receipts = her(shop), []
    with Hub.open(shop.folder) as other:
        threads = [
            Thread(target=lambda hub=hub: receipts.append(hub.erasing.erase(person, by="dpo", reason="asked").id))
            for hub in (shop, other, shop)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(receipts) == 3
    assert len(set(receipts)) == 1


def test_somebody_unknown_cannot_be_erased(shop):
    with pytest.raises(NotFound):
        shop.erase("p_0123456789abcdef", by="dpo", reason="asked")
    assert shop.verify().trouble == ()


def test_a_later_life_of_the_same_address_is_a_new_customer(shop):
    first = erase(shop)
    later = {"type": "identify", "messageId": "n-1", "userId": f"{CANARY}-user-1", "traits": {"email": EMAIL}}
    (answer,) = shop.accept("crm", [later])
    assert answer.status == "accepted"
    assert [len(one.identifiers) for one in shop.find_customers(EMAIL)] == [2]
    assert shop.verify().trouble == ()
    second = erase(shop)
    assert second.id != first.id
    assert traces(shop).keys() <= {"noline.sqlite", "noline.sqlite-wal"}
    assert shop.verify().trouble == ()


def test_tombstones_of_another_process_count_at_once(shop):
    with Hub.open(shop.folder) as other:
        source, message = everything()[0]
        assert [one.status for one in other.accept(source, [message])] == ["duplicate"]
        shop.erasing.erase(her(shop), by="dpo", reason="asked")
        assert [one.code for one in other.accept(source, [message])] == ["suppressed_subject"]


def test_a_crash_in_the_middle_leaves_everything_as_it_was(shop, monkeypatch):
    before = goods(shop)
    monkeypatch.setattr(shop.addresses, "erase", lambda *_: 1 / 0)
    person = her(shop)
    with pytest.raises(ZeroDivisionError):
        shop.erase(person, by="dpo", reason="asked")
    monkeypatch.undo()
    assert her(shop) == person
    assert goods(shop) == before
    assert shop.verify().trouble == ()
    source, message = everything()[0]
    assert [one.status for one in shop.accept(source, [message])] == ["duplicate"]


def test_what_a_crash_left_undone_outside_the_store_is_done_next(shop):
    found = shop.erasing.erase(her(shop), by="dpo", reason="asked")
    assert not found.done
    assert not (shop.folder / "erasures.jsonl").exists()
    with Hub.open(shop.folder) as again:
        again.refresh()
        receipt = again.erasing.receipt(found.id)
        assert (receipt.done, receipt.told["segments"]) == (True, 3)
        assert len((again.folder / "erasures.jsonl").read_text().splitlines()) == 1


def test_a_backup_of_before_is_erased_again_when_it_is_restored(shop, tmp_path):
    shop.back_up(tmp_path / "old.zip")
    receipt = erase(shop)
    ledger = shop.folder / "erasures.jsonl"
    assert not tells(ledger.read_text())
    with Hub.restore(tmp_path / "old.zip", tmp_path / "again.noline", erasures=ledger) as restored:
        assert restored.verify().trouble == ()
        assert goods(restored) == goods(shop)
        restored.compact()
        assert traces(restored) == {}
        known = restored.erasing.receipt(receipt.id)
        assert (known.erased_at, known.by, known.reason) == (receipt.erased_at, "dpo", "asked by letter")
        source, message = everything()[0]
        assert [one.code for one in restored.accept(source, [message])] == ["suppressed_subject"]


def test_a_backup_restored_beside_its_ledger_is_erased_again(shop, tmp_path):
    shop.back_up(tmp_path / "old.zip")
    erase(shop)
    folder = tmp_path / "again.noline"
    folder.mkdir()
    (folder / "erasures.jsonl").write_bytes((shop.folder / "erasures.jsonl").read_bytes())
    with Hub.restore(tmp_path / "old.zip", folder) as restored:
        assert restored.find_customers(EMAIL) == []


def test_a_backup_of_after_keeps_a_later_life(shop, tmp_path):
    erase(shop)
    shop.accept("crm", [{"type": "identify", "messageId": "n-1", "userId": "anew", "traits": {"email": EMAIL}}])
    shop.back_up(tmp_path / "later.zip")
    ledger = shop.folder / "erasures.jsonl"
    with Hub.restore(tmp_path / "later.zip", tmp_path / "again.noline", erasures=ledger) as restored:
        assert [len(one.identifiers) for one in restored.find_customers(EMAIL)] == [2]
        assert restored.verify().trouble == ()


def test_the_line_of_a_ledger_that_a_crash_cut_off_does_not_count(shop):
    erase(shop)
    ledger = shop.folder / "erasures.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + b'{"receipt": "half')
    assert [entry.receipt for entry in Ledger(ledger).entries()] == [json.loads(whole)["receipt"]]
    Ledger(ledger).keep([Entry("another", 1, "dpo", "asked", (b"m" * 16,))])
    assert [entry.receipt for entry in Ledger(ledger).entries()] == [json.loads(whole)["receipt"], "another"]


def test_a_ledger_that_says_something_else_is_refused(tmp_path):
    (tmp_path / "erasures.jsonl").write_text('{"receipt": "r-1"}\n')
    with pytest.raises(LedgerBroken) as refusal:
        Ledger(tmp_path / "erasures.jsonl").entries()
    assert refusal.value.line == 1


def test_what_was_decided_about_her_is_forgotten_and_the_rest_stays(shop):
    (boris,) = shop.find_customers("boris@example.com")
    shop.identity.part(her(shop), boris.person, by="desk", reason=f"not {CANARY}")
    shop.identity.same_household(boris.person, her(shop), by="desk", reason=f"lives with {CANARY}")
    erase(shop)
    shop.compact()
    assert traces(shop) == {}
    assert shop.verify().trouble == ()
    assert {(one.kind, one.reason) for one in shop.identity.decision_log()} == {
        ("different", ""),
        ("same_household", ""),
    }


def test_an_address_that_only_a_browser_claimed_is_found_where_it_lies(shop):
    sign_up = track_of(
        "Newsletter Requested", Day(), "n-1", wish=f"dear {CANARY}", context={"traits": {"email": EMAIL}}
    )
    assert [one.status for one in shop.accept("web", [sign_up])] == ["accepted"]
    assert shop.accept("web", [sign_up])[0].status == "duplicate"
    erase(shop)
    shop.compact()
    assert traces(shop) == {}
    assert shop.verify().trouble == ()


def test_the_doors_erase_and_show_the_receipt(shop):
    from litestar.testing import TestClient

    from noline.doors.http.api import api
    from noline.doors.http.writer import Writer
    from noline.stores.access import Role

    _, manager = shop.access.add_key(Role.MANAGER)
    _, associate = shop.access.add_key(Role.ASSOCIATE)
    person = her(shop)
    writer = Writer(shop.accept_groups)
    with TestClient(api(shop, writer), raise_server_exceptions=False) as client:
        path, said = f"/v1/customers/{person}/erase", {"reason": "asked", "by": "dpo"}
        assert client.post(path, json=said, headers={"Authorization": f"Bearer {associate}"}).status_code == 403
        client.headers["Authorization"] = f"Bearer {manager}"
        assert client.get(f"/v1/customers/{person}/export").json()["person"] == person
        assert client.post(path, json={}).status_code == 400
        first = client.post(path, json=said)
        assert (first.status_code, first.json()["done"], first.json()["by"]) == (200, True, "dpo")
        assert client.post(path, json=said).json() == first.json()
        assert client.get(f"/v1/erasures/{first.json()['receipt']}").json() == first.json()
        assert client.get(f"/v1/customers/{person}/export").status_code == 404
        assert client.get("/v1/erasures/erasure-0").status_code == 404
    writer.stop()


@pytest.mark.parametrize("named", ["account_id", "cart_id"])
def test_what_a_record_without_a_name_told_of_her_order_is_told_to_the_rooms_again(hub, named):
    """A till's order names nobody; the return that names her makes it hers, and what stood in it goes with her."""
    day = Day()
    hub.access.add_source("till", "store")
    hub.accept("till", [
        identify(id="i-1", at=day.next(), user="anna", email=EMAIL),
        track("Product Added", id="p-1", at=day.next(), user="boris", sku="x", cart_id="shared-1"),
        track("Order Completed", id="o-1", at=day.next(), order_id="o-1", **{named: "shared-1"}),
        track("Return Accepted", id="r-1", at=day.next(), user="anna", order_id="o-1", products=[{"sku": "x"}]),
    ])  # fmt: skip
    (anna,) = hub.find_customers(EMAIL)
    hub.erase(anna.person, by="care", reason="asked")
    assert hub.verify().trouble == ()
