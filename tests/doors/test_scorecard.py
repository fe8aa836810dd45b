"""Metrics and cards over HTTP: what a manager asks, with what every number is made of."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.answers import scorecard
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.insight.scorecards.metrics import registry
from noline.kernel.clock import parse_instant
from noline.kernel.shares import share
from noline.stores.access import Role
from shop import OPENING, track

PEOPLE, BUYERS = 40, 10


class Desk:
    """A manager who asks a hub over HTTP."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.key = hub.access.add_key(Role.MANAGER)[1]

    def ask(self, path: str, *, status: int = 200, key: str | None = None) -> Any:
        answer = self.client.get(f"/v1{path}", headers={"authorization": f"Bearer {key or self.key}"})
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


def stories() -> Iterator[tuple[str, dict[str, Any]]]:
    """40 people look around on the web in March, 10 of them order; in April one orders in the store."""
    for number in range(PEOPLE):
        at = OPENING + timedelta(hours=number)
        user = {"user": f"u-{number}", "context_country": "FR" if number % 2 else "DE"}
        yield "web", track("Product Viewed", id=f"v-{number}", at=at.isoformat(), **user)
        if number < BUYERS:
            bought = {"order_id": f"o-{number}", "total": 20, "currency": "EUR", "products": [{"sku": "a"}]}
            later = (at + timedelta(minutes=5)).isoformat()
            yield "web", track("Order Completed", id=f"b-{number}", at=later, **bought, **user)
    at = (OPENING + timedelta(days=31)).isoformat()
    yield "till", track("Order Completed", id="t", at=at, user="u-0", order_id="t-1", total=9, currency="EUR",
                        context_store_id="paris-1")  # fmt: skip
    yield "erp", track("Location Opened", id="e", at=at, location="paris-1", name="Paris Marais", channel="store")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One hub for all these tests, which only ask."""
    with Hub.init(tmp_path_factory.mktemp("scorecard") / "shop.noline") as hub:
        for name, channel in (("web", "web"), ("till", "store"), ("erp", "erp")):
            hub.access.add_source(name, channel)
            said = [message for source, message in stories() if source == name]
            assert {one.status for one in hub.accept(name, said)} == {"accepted"}
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Desk(hub, client)
        writer.stop()


def test_every_metric_is_listed_with_its_two_names_and_its_formula(desk):
    told = {one["id"]: one for one in desk.ask("/metrics")}
    assert list(told) == list(registry().metrics)
    one = told["conversion"]
    assert (one["store"], one["digital"]) == ("hit rate", "conversion rate")
    assert one["formula"] == "visits.visits_that_buy / visits.visits"
    assert one["dimensions"] == ["unit", "channel", "country"]
    assert (one["whose"], told["orders"]["whose"]) == ("known people", None)


def test_a_card_tells_each_number_with_what_it_is_made_of(desk):
    told = desk.ask("/scorecard?metric=conversion&metric=revenue")
    assert (told["by"], told["period"]) == (["unit"], "month")
    march = {row["metric"]: row for row in told["rows"] if (row["unit"], row["period"]) == ("web", "2026-03")}
    expected = share(BUYERS, PEOPLE)
    assert march["conversion"] == {
        "metric": "conversion", "unit": "web", "name": "web", "channel": None, "country": None, "period": "2026-03",
        "currency": None, "value": 0.25, "numerator": BUYERS, "denominator": PEOPLE,
        "low": pytest.approx(expected.low), "high": pytest.approx(expected.high), "too_few": False, "before": None,
        "is_over": True, "programme": None, "why": None,
    }  # fmt: skip
    assert (march["revenue"]["value"], march["revenue"]["currency"]) == (20_000, "EUR")
    assert told["counted"]["metrics"]["conversion"]["words"]
    assert "SELECT" in told["counted"]["facts"]["visits"]["sql"]


def test_a_store_is_called_what_the_catalogue_calls_it(desk):
    rows = desk.ask("/scorecard?metric=orders&period=all")["rows"]
    assert {row["unit"]: (row["name"], row["value"]) for row in rows} == {
        "paris-1": ("Paris Marais", 1), "web": ("web", BUYERS),
    }  # fmt: skip


def test_a_card_is_asked_by_several_dimensions_held_to_one_value_and_to_a_time(desk):
    rows = desk.ask("/scorecard?metric=orders&period=all&by=channel,country&channel=web&since=2026-03-01")["rows"]
    assert [(row["channel"], row["country"], row["value"]) for row in rows] == [("web", "DE", 5), ("web", "FR", 5)]
    rows = desk.ask("/scorecard?metric=coming_back&by=company&since=2026-04-01&until=2026-05-01")["rows"]
    assert [(row["period"], row["numerator"], row["denominator"]) for row in rows] == [("2026-04", 1, BUYERS)]
    held = desk.ask("/scorecard?metric=revenue&by=company&period=all&country=FR&currency=EUR")
    assert [row["value"] for row in held["rows"]] == [10_000]
    assert (held["currency"], held["without_rate"]) == ("EUR", [])


def test_all_metrics_that_can_be_told_so_are_told_and_the_others_say_why_not(desk):
    told = desk.ask("/scorecard?by=country&period=all")
    assert {row["metric"] for row in told["rows"]} >= {"visits", "conversion", "orders", "basket"}
    assert "is told by unit, channel only" in told["not_told"]["returns_taken"]
    assert {one["id"] for one in told["metrics"]} == set(registry().metrics)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("metric=luck", 400, "scorecard.metric_unknown"),
        ("metric=returns_taken&by=country", 400, "scorecard.not_told_by"),
        ("by=colour", 400, "scorecard.asked_wrong"),
        ("since=2026-04-01&until=2026-03-01", 400, "scorecard.asked_wrong"),
        ("currency=XXX", 400, "scorecard.rate_missing"),
        ("since=soon", 400, "value.not_instant"),
        ("period=year", 400, "http.bad_request"),
    ],
)
def test_a_card_that_cannot_be_drawn_up_says_why(desk, asked, status, code):
    assert desk.ask(f"/scorecard?{asked}", status=status)["code"] == code


def test_the_same_card_is_there_for_a_spreadsheet(desk):
    text = desk.ask("/scorecard.csv?metric=orders&period=all")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["name"], line["value"]) for line in lines] == [("Paris Marais", "1"), ("web", str(BUYERS))]
    assert [line["not_told"] for line in lines] == ["", ""]


def test_a_spreadsheet_says_why_something_is_not_told_and_names_its_columns_in_any_case(desk):
    text = desk.ask("/scorecard.csv?metric=helped_elsewhere&period=all&since=2026-03-02")
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["metric"], line["value"], line["not_told"]) == (
        "helped_elsewhere", "", "as the credit ledger is told by whole months",
    )  # fmt: skip
    nothing = desk.ask("/scorecard.csv?metric=orders&period=all&unit=nowhere")
    assert nothing == text.splitlines(keepends=True)[0]


@pytest.mark.parametrize("asked", ["since=0001-01-01", "until=9999-12-31", "until=0001-01-01", "since=9999-12-31"])
@pytest.mark.parametrize("period", ["day", "week", "month", "all"])
def test_the_ends_of_the_calendar_can_be_asked_for(desk, asked, period):
    told = desk.ask(f"/scorecard?{asked}&period={period}&by=company")
    orders = sum(row["value"] for row in told["rows"] if row["metric"] == "orders")
    assert orders == (BUYERS + 1 if asked in ("since=0001-01-01", "until=9999-12-31") else 0)


def test_only_a_manager_asks(desk):
    key = desk.hub.access.add_key(Role.ASSOCIATE)[1]
    for path in ("/metrics", "/scorecard", "/scorecard.csv"):
        assert desk.ask(path, status=403, key=key)["code"] == "auth.role_too_small"


def test_a_card_brings_history_up_to_the_log_first(tmp_path):
    with Hub.init(tmp_path / "shop.noline") as hub:
        hub.access.add_source("web", "web")
        assert scorecard.card(hub, metrics=["visits"])["rows"] == []
        hub.accept("web", [track("Page Viewed", id="1", at="2026-03-02T09:00:00Z", user="u-1")])
        (row,) = scorecard.card(hub, metrics=["visits"])["rows"]
        assert (row["unit"], row["period"], row["value"]) == ("web", "2026-03", 1)
        assert scorecard.card(hub, since=parse_instant("2026-04-01"), metrics=["visits"])["rows"] == []
