"""Answers of the catalogue that a server finds again when it starts: the same, and never those of another state."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from insight.frictions_planted import planted
from noline.hub import Hub
from noline.insight.frictions import keeping, matching, rules
from noline.insight.frictions.keeping import Kept
from noline.insight.frictions.service import Frictions
from shop import track

LOG = planted(7, persons=60)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that were counted over all events, one after the other."""
    times: list[str] = []
    found = matching.Matcher.found

    def counting(self: Any, rule: Any) -> Any:
        times.append(rule.id)
        return found(self, rule)

    monkeypatch.setattr(matching.Matcher, "found", counting)
    return times


def frictions(folder: Path, state: object = 1, **more: Any) -> Frictions:
    told = {"currency": "EUR", "observed_until": LOG.observed_until, **more}
    return Frictions(LOG.store, keep_in=folder, state=state, **told)


def test_a_second_process_finds_the_same_answers_and_counts_nothing(tmp_path, counted):
    first = frictions(tmp_path).ranked()
    assert [one.persons for one in first if one.id == "F2"] == [LOG.persons]
    assert len(counted) == len(first)
    counted.clear()
    assert frictions(tmp_path).ranked() == first
    assert frictions(tmp_path).one("F2") == next(one for one in first if one.id == "F2")
    assert counted == []
    assert first == Frictions(LOG.store, currency="EUR", observed_until=LOG.observed_until).ranked()


def test_a_time_of_its_own_is_counted_and_takes_no_answer_of_the_whole(tmp_path, counted):
    frictions(tmp_path).ranked()
    counted.clear()
    before_all = frictions(tmp_path).ranked(until=0)
    assert {one.cases for one in before_all if one.id == "F2"} == {0}
    assert counted
    assert [one.persons for one in frictions(tmp_path).ranked() if one.id == "F2"] == [LOG.persons]


@pytest.mark.parametrize(
    "more",
    [
        {"state": 2},
        {"currency": "JPY"},
        {"observed_until": LOG.observed_until - 1},
        {"horizon": 5},
        {"rules": [replace(rules.catalogue()[0], name="Another name"), *rules.catalogue()[1:]]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_answers_of_anything_else_are_not_taken_and_go_when_the_new_ones_are_kept(tmp_path, counted, more):
    frictions(tmp_path).ranked()
    [old] = tmp_path.iterdir()
    counted.clear()
    frictions(tmp_path, **more).ranked()
    assert len(counted) == len(rules.catalogue())
    [new] = tmp_path.iterdir()
    assert new.name != old.name


def test_a_file_that_is_broken_is_counted_anew(tmp_path, counted):
    first = frictions(tmp_path).ranked()
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    counted.clear()
    assert frictions(tmp_path).ranked() == first
    assert len(counted) == len(first)
    assert len(Kept(tmp_path).read()) == 0


def test_what_would_be_read_back_as_something_else_is_not_kept(tmp_path):
    told = replace(frictions(tmp_path / "others").ranked()[0], lift=float("inf"))
    Kept(tmp_path / "answers").write([told])
    assert not (tmp_path / "answers").exists()


def test_nothing_is_left_when_history_changes_where_it_stood(tmp_path):
    frictions(tmp_path).ranked()
    keeping.drop(tmp_path)
    keeping.drop(tmp_path / "never made")
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_is_about_to_keep_is_left_to_it(tmp_path):
    frictions(tmp_path).ranked()
    partial = tmp_path / "0123.77.partial"
    partial.write_bytes(b"half of an ans")
    keeping.drop(tmp_path)
    assert list(tmp_path.iterdir()) == [partial]


def test_answers_are_given_where_no_folder_can_be_made_for_them(tmp_path, caplog):
    in_the_way = tmp_path / "analytics"
    in_the_way.write_text("no folder")
    told = frictions(in_the_way / "frictions").ranked()
    assert [one.persons for one in told if one.id == "F2"] == [LOG.persons]
    assert in_the_way.read_text() == "no folder"
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert all("are not kept" in record.message for record in caplog.records)


def test_answers_are_given_where_they_cannot_be_put_and_no_part_of_them_is_left(tmp_path, caplog):
    answers = frictions(tmp_path).ranked()
    [path] = tmp_path.iterdir()
    path.unlink()
    path.mkdir()
    assert frictions(tmp_path).ranked() == answers
    assert list(tmp_path.iterdir()) == [path]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_hub_keeps_the_catalogue_until_history_moves_on_or_somebody_is_erased(tmp_path, counted):
    folder = tmp_path / "shop.noline"
    with Hub.init(folder) as hub:
        hub.access.ensure_source("shop", "web")
        hub.accept("shop", [track("Checkout Failed", id="m-1", at="2026-03-01T10:00:00Z", user="u-1")])
        hub.refresh()
        first = hub.frictions.ranked()
    counted.clear()
    with Hub.open(folder) as hub:
        hub.refresh()
        assert hub.frictions.ranked() == first
        assert counted == []
        hub.accept("shop", [track("Checkout Failed", id="m-2", at="2026-03-01T10:00:00Z", user="u-2")])
        hub.refresh()
        hub.frictions.ranked()
        assert counted
        [kept] = (folder / "analytics" / "frictions").iterdir()
        with hub.store.reading() as reader:
            person = hub.customers.person_of(reader, hub.vault.digest("user_id:u-2"))
        hub.erase(str(person), by="Ann", reason="asked for it")
        assert not kept.exists()
