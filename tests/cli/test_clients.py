"""Looking after customers from a terminal."""

import pytest

from noline.hub import Hub
from shop import track


@pytest.fixture
def anna(shop):
    with Hub.open(shop) as hub:
        return hub.find_customers("anna@example.com")[0].person


def told(said):
    assert said.code == 0, said.err
    return said.json


def test_a_note_is_written_shown_and_withdrawn(noline, shop, anna):
    made = told(noline("clients", "note", anna, "likes it strong", "--by", "lea", "--hub", shop, "--json"))
    known = told(noline("clients", "show", anna, "--hub", shop, "--json"))
    assert [(one["id"], one["by"], one["text"]) for one in known["notes"]] == [(made["id"], "lea", "likes it strong")]
    noline("clients", "note", anna, "--withdraw", made["id"], "--hub", shop)
    assert told(noline("clients", "show", anna, "--hub", shop, "--json"))["notes"] == []
    assert noline("clients", "note", anna, "--hub", shop).code == 2
    assert noline("clients", "note", anna, "a\0b", "--hub", shop, "--json").error["code"] == "clients.unreadable"


def test_an_adviser_is_named(noline, shop, anna):
    assert (
        told(noline("clients", "adviser", anna, "lea", "--key", "k-1", "--hub", shop, "--json"))["status"] == "accepted"
    )
    assert (
        told(noline("clients", "adviser", anna, "lea", "--key", "k-1", "--hub", shop, "--json"))["status"]
        == "duplicate"
    )
    assert told(noline("clients", "show", anna, "--hub", shop, "--json"))["adviser"]["by"] == "lea"


def test_an_appointment_is_booked_shown_today_and_kept(noline, shop, anna):
    with Hub.open(shop) as hub:
        begins = hub.shop_days.today("paris-1").begins
    from noline.kernel.clock import HOUR, as_text

    at = as_text(begins + 23 * HOUR)
    made = told(noline("clients", "book", anna, "paris-1", at, "tasting", "--hub", shop, "--json"))
    today = told(noline("clients", "today", "paris-1", "--hub", shop, "--json"))
    assert (today["place"], [(one["id"], one["at"], one["name"]) for one in today["appointments"]]) == (
        "Paris Marais", [(made["id"], at, "Anna Arabica")],
    )  # fmt: skip
    said = noline("clients", "today", "paris-1", "--hub", shop)
    assert "Anna Arabica" in said.out
    assert "appointments:" in said.err
    kept = told(noline("clients", "appointment", made["id"], "keep", "--hub", shop, "--json"))
    assert kept["appointment"]["state"] == "kept"
    assert noline("clients", "appointment", made["id"], "miss", "--hub", shop).code == 3


def test_a_follow_up_is_planned_and_closed(noline, shop, anna):
    plan = ("clients", "follow-up", anna, "call her", "--due", "2026-03-05", "--for", "mia")
    made = told(noline(*plan, "--hub", shop, "--json"))
    assert (made["follow_up"]["due"], made["follow_up"]["assigned_to"]) == ("2026-03-05T00:00:00.000Z", "mia")
    said = noline("clients", "follow-up", made["id"], "she comes", "--hub", shop)
    assert (said.code, "she comes" in said.out) == (0, True)


def test_a_case_is_opened_and_resolved(noline, shop, anna):
    made = told(noline("clients", "case", anna, "machine", "--text", "it leaks", "--hub", shop, "--json"))
    assert (made["case"]["state"], made["case"]["text"]) == ("open", "it leaks")
    closed = told(noline("clients", "case", made["id"], "--resolve", "replaced", "--hub", shop, "--json"))
    assert closed["case"]["state"] == "closed"
    assert noline("clients", "case", made["id"], "--hub", shop).code == 2


def test_who_looked_is_told(noline, shop, anna):
    assert told(noline("clients", "views", anna, "--hub", shop, "--json")) == []
    with Hub.open(shop) as hub, hub.store.transaction() as tx:
        hub.clienteling.viewed(
            tx, hub.customers.whom(tx, anna), by="lea", store="paris-1", purpose="service", facts=("f1",)
        )
    (seen,) = told(noline("clients", "views", anna, "--hub", shop, "--json"))
    assert (seen["by"], seen["store"], seen["facts"]) == ("lea", "paris-1", ["f1"])


def test_a_review_is_answered(noline, shop, anna):
    with Hub.open(shop) as hub:
        hub.access.ensure_source("sites", "sites")
        said = track("Review Posted", id="r", at="2026-03-02T12:00:00Z", user="anna", review_id="r-1")
        (receipt,) = hub.accept("sites", [said])
        assert receipt.status == "accepted"
    answered = told(noline("clients", "answer", "r-1", "thanked her", "--hub", shop, "--json"))
    assert (answered["status"], answered["review"]["state"]) == ("accepted", "answered")
    assert noline("clients", "answer", "r-2", "thanked her", "--hub", shop, "--json").error["code"] == "not_found"


def test_a_deed_run_twice_under_a_key_is_done_once(noline, shop, anna):
    made = told(noline("clients", "case", anna, "machine", "--kind", "callback", "--hub", shop, "--json"))
    assert made["case"]["kind"] == "callback"
    settle = ("clients", "case", made["id"], "--resolve", "called", "--key", "k-9", "--hub", shop, "--json")
    first, again = told(noline(*settle)), told(noline(*settle))
    assert first["status"] == "accepted"
    assert again == {**first, "status": "duplicate"}
    other = noline("clients", "case", made["id"], "--resolve", "wrote", "--key", "k-9", "--hub", shop, "--json")
    assert other.error["code"] == "idempotency.key_reused"


def test_what_was_refused_under_a_key_may_be_tried_again(noline, shop, anna):
    answer = ("programmes", "answer", anna, "loops", "accepted", "--key", "k-3", "--hub", shop, "--json")
    refused = ("programmes", "answer", anna, "nothing", "accepted", "--key", "k-3", "--hub", shop, "--json")
    assert noline(*refused).error["code"] == "not_found"
    with Hub.open(shop) as hub:
        service = next(one.id for one, _ in hub.offering.programmes() if one.kind == "service")
    answer = tuple(service if one == "loops" else one for one in answer)
    assert told(noline(*answer))["status"] == "accepted"
    assert told(noline(*answer))["status"] == "duplicate"
