"""The bench of cards makes the customers it says, measures cards that are really composed, and keeps its hub."""

import json
from collections import Counter

import msgspec
import pytest
from click.testing import CliRunner

from noline.doors.bench.card import Plan, run
from noline.doors.bench.card_data import MARK, OtherHub, Size, build, is_built, messages, user
from noline.doors.bench.card_words import LANGUAGES
from noline.doors.cli.bench import bench
from noline.hub import Hub
from noline.kernel.clock import DAY, parse_instant

SMALL = Size(customers=100, orders=5, seed=3)
NOW = parse_instant("2026-11-02T10:00:00Z")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench") / "hub"


@pytest.fixture(scope="module")
def result(folder):
    return run(Plan(SMALL, cards=25, requests=12), lambda _: None, folder)


def told(size: Size) -> list[dict]:
    return [msgspec.json.decode(message) for _, message in messages(size, NOW)]


def test_the_same_seed_makes_the_same_customers_and_each_has_the_orders_that_were_asked_for():
    year = told(SMALL)
    assert year == told(SMALL) != told(SMALL._replace(seed=4))
    orders = [body["properties"]["order_id"] for body in year if body.get("event") == "Order Completed"]
    assert Counter(name.split("-")[1] for name in orders) == {str(number): 5 for number in range(100)}
    assert len(set(orders)) == 500
    channels = Counter(body["context"]["channel"] for body in year if body.get("event") == "Order Completed")
    assert set(channels) == {"store", "web", "app"}
    assert channels["store"] == max(channels.values())
    assert {body["userId"] for body in year if body["type"] == "identify"} == {user(number) for number in range(100)}


def test_orders_lie_in_the_fourteen_months_before_and_none_after():
    times = [parse_instant(body["timestamp"]) for body in told(SMALL) if body.get("event") == "Order Completed"]
    assert NOW - 420 * DAY <= min(times) < NOW - 330 * DAY
    assert NOW - 90 * DAY < max(times) < NOW


def test_every_card_that_is_measured_is_composed_and_noted(folder, result):
    assert (result.cold.cards, result.warm.cards, result.composed.cards) == (25, 25, 25)
    assert result.served.requests == result.served_again.requests == result.echo.requests == 12
    assert 0.5 < result.parts["say"] <= 3
    assert 0 < result.cold.cpu.p50 <= result.cold.cpu.p99 <= result.cold.cpu.slowest
    with Hub.open(folder) as hub, hub.store.reading() as reader:
        [(views,)] = reader.rows("SELECT count(*) FROM client_views", ())
    # 25 warm up, the first of them twice; 25 are met twice, and once unnoted; over HTTP 100 warm up, and 12 come twice.
    assert views == 1 + 25 + 2 * 25 + 100 + 2 * 12


def test_words_are_measured_in_every_language_and_rows_stand_beside_their_aims(result):
    assert set(result.words_us) == set(LANGUAGES) == {"en", "de", "fr", "ja"}
    assert all(0 < one.greeting < one.sentences for one in result.words_us.values())
    aims = {row.measure: row for row in result.rows if row.met is not None}
    assert len(aims) == 5 + len(LANGUAGES)
    over_http = aims["card over HTTP: wall p99"]
    assert over_http.met is (result.served.wall.p99 < 5)


def test_a_hub_that_was_kept_is_used_again_and_another_is_not_overwritten(folder, result, tmp_path):
    assert result.build_cpu_seconds > 0
    assert is_built(folder, SMALL)
    assert not is_built(folder, SMALL._replace(orders=8))
    with pytest.raises(OtherHub, match="5 orders each, seed 4"):
        build(folder, SMALL._replace(seed=4), lambda _: None)
    assert json.loads((folder / MARK).read_text()) == SMALL._asdict()


def test_the_command_tells_all_of_it_and_writes_it_down(folder, result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sizes = ["--customers", "100", "--orders", "5", "--seed", "3", "--cards", "5", "--requests", "3"]
    answer = CliRunner().invoke(bench, ["card", *sizes, "--hub", str(folder), "--write"])
    assert answer.exit_code == 0, answer.output
    assert "100 customers with 5 orders each" in answer.output
    kept = json.loads((tmp_path / "bench/results/card.json").read_text())
    assert kept["plan"] == {"size": SMALL._asdict(), "cards": 5, "requests": 3}
    assert kept["build_cpu_seconds"] is None
    assert [row["measure"] for row in kept["rows"]][:-1] == [row.measure for row in result.rows][:-1]
