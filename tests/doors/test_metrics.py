"""What an operator's Prometheus reads is what happened."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from noline.doors.http.metrics import exposition
from noline.doors.http.writer import Writer
from noline.hub import Hub
from shop import Day, track


@pytest.fixture
def writer(hub: Hub) -> Iterator[Writer]:
    made = Writer(hub.accept_groups)
    yield made
    made.stop()


def read(hub: Hub, writer: Writer) -> dict[tuple[str, ...], float]:
    """Every number, by its name and its labels."""
    families = text_string_to_metric_families(exposition(hub, writer))
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_an_empty_hub_has_metrics(hub: Hub, writer: Writer):
    assert read(hub, writer) == {("noline_log_last_seq",): 0, ("noline_requests_waiting",): 0}


def test_items_are_counted_by_source_and_by_what_became_of_them(hub: Hub, writer: Writer):
    day = Day()
    hub.access.add_source('till "7"\n', "store")
    visit = track("Store Visited", id="m-1", at=day.next(), user="u-1")
    hub.accept('till "7"\n', [visit, visit, {**visit, "userId": "u-1", "event": "Product Tried"}, {"type": "track"}])
    told = read(hub, writer)
    counts = {
        status: told["noline_items_total", 'till "7"\n', status] for status in ("accepted", "duplicate", "conflict")
    }
    assert counts == {"accepted": 1, "duplicate": 1, "conflict": 1}
    assert told["noline_items_total", 'till "7"\n', "parked"] == 1
    assert told["noline_dead_letters", "schema_violation", "open"] == 1
    assert told["noline_dead_letters", "conflict", "open"] == 1
    assert told["noline_log_last_seq",] == 1


def test_a_webhook_says_how_far_behind_its_receiver_is(hub: Hub, writer: Writer):
    hub.access.add_source("web", "web")
    hub.outbox.subscribe("erp", "http://127.0.0.1:9/events")
    day = Day()
    hub.accept("web", [track("Page Viewed", id=f"m-{at}", at=day.next(), user="u-1") for at in range(3)])
    assert read(hub, writer)["noline_webhook_behind", "erp"] == 3


def test_no_metric_names_a_person(hub: Hub, writer: Writer):
    hub.access.add_source("web", "web")
    hub.accept("web", [track("Page Viewed", id="m-1", at=Day().next(), user="ada@example.com")])
    assert "ada" not in exposition(hub, writer)
