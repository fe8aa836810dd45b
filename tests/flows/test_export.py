"""A person is told everything that is held about them, and nothing about anybody else."""

import io
import json
import zipfile

import pytest

from noline.flows.export import as_archive, as_lines
from noline.kernel.clock import parse_instant
from noline.kernel.errors import NotFound
from shop import Day, identify, track


@pytest.fixture
def shop(hub):
    """Anna, who shares an e-mail with Boris, and a browser in which both were logged in."""
    hub.access.add_source("crm", "crm")
    hub.access.add_source("web", "web", trust="browser")
    hub.outbox.subscribe("mailer", "https://mailer.example/in", ("Product Viewed",), after=2)
    hub.outbox.subscribe("all", "https://all.example/in")
    day = Day()
    anna = identify(id="c-1", at=day.next(), user="anna", email="anna@example.com", name="Anna Arabica")
    hub.accept("crm", [
        {**anna, "writeKey": "never-to-be-told"},
        identify(id="c-2", at=day.next(), user="boris", email="boris@example.com", name="Boris Robusta"),
        track("Consent Changed", id="c-3", at=day.next(), user="anna", purpose="marketing", granted=True),
        track("Order Completed", id="c-4", at=day.next(), user="anna", order_id="o-1", total=9, currency="EUR",
              products=[{"sku": "ristretto-50", "quantity": 2, "price": 4.5}]),
    ])  # fmt: skip
    hub.accept("web", [
        track("Product Viewed", id="w-1", at=day.next(), user="anna", sku="ristretto-50", note="tell boris@example.com")
        | {"context": {"traits": {"email": "boris@example.com"}}},
    ])  # fmt: skip
    return hub


def anna(hub) -> dict:
    (found,) = hub.find_customers("anna@example.com")
    return hub.export_person(found.person)


def test_everything_held_about_a_person_is_told(shop):
    told = anna(shop)
    assert told["controller"] == shop.settings.company
    assert {(one["namespace"], one["value"]) for one in told["identifiers"]} == {
        ("user_id", "anna"), ("email", "anna@example.com"),
    }  # fmt: skip
    assert {"name": "name", "value": "Anna Arabica", "source": "crm", "trust": "verified"}.items() <= next(
        one for one in told["attributes"] if one["name"] == "name"
    ).items()
    assert [(one["purpose"], one["granted"], one["stands"]) for one in told["consents"]] == [("marketing", True, True)]
    assert told["purposes"] == ["marketing"]
    assert [(one["order_id"], one["total_minor"], one["lines"][0]["units"]) for one in told["orders"]] == [
        ("o-1", 900, 2)
    ]
    assert told["sources"] == [
        {"source": "crm", "channel": "crm", "events": 3}, {"source": "web", "channel": "web", "events": 1},
    ]  # fmt: skip
    assert [one["event"] for one in told["events"]] == [
        "identify", "Consent Changed", "Order Completed", "Product Viewed",
    ]  # fmt: skip
    order = told["events"][2]["message"]
    assert order["properties"]["products"] == [{"sku": "ristretto-50", "quantity": 2, "price": 4.5}]
    assert parse_instant(told["exported_at"]) > parse_instant(told["events"][0]["occurred_at"])


def test_nothing_of_others_and_no_key_is_told(shop):
    text = json.dumps(anna(shop))
    assert "boris" not in text.lower()
    assert "never-to-be-told" not in text


def test_recipients_are_those_who_were_sent_something(shop):
    assert anna(shop)["recipients"] == []
    shop.outbox.confirm("mailer", 2, 5)
    assert anna(shop)["recipients"] == [{"receiver": "mailer", "events": 1}]


def test_an_export_can_be_taken_along(shop):
    told = anna(shop)
    lines = [json.loads(line) for line in as_lines(told).splitlines()]
    assert lines[0]["person"] == told["person"]
    assert lines[1:] == told["events"]
    with zipfile.ZipFile(io.BytesIO(as_archive(told))) as archive:
        assert json.loads(archive.read("person.json")) == told
        sent = [json.loads(line) for line in archive.read("events.ndjson").splitlines()]
    assert [one["messageId"] for one in sent] == ["c-1", "c-3", "c-4", "w-1"]


def test_after_an_erasure_there_is_nothing_to_tell(shop):
    person = anna(shop)["person"]
    shop.erase(person, by="dpo", reason="asked")
    with pytest.raises(NotFound):
        shop.export_person(person)
