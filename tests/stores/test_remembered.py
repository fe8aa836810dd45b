"""Answers are remembered as long as history stands still, and not a moment longer."""

from pathlib import Path

from noline.stores.analytical import Given
from noline.stores.duckdb import DuckDbStore
from noline.stores.remembered import Remembered

COUNT = "SELECT count(*) AS persons FROM people WHERE person >= $least"


class Counting:
    """A store that counts how often it is really asked."""

    def __init__(self, store):
        self.store = store
        self.asked = 0

    def __getattr__(self, name):
        return getattr(self.store, name)

    def ask(self, sql, params=None, given=None):
        self.asked += 1
        return self.store.ask(sql, params, given)


def grow(store, position, person):
    with store.projecting():
        store.load("people", [(position, person, person)], position, position)


def persons(remembered, least=0):
    return remembered.ask(COUNT, {"least": least}).to_pylist()[0]["persons"]


def test_the_same_question_is_asked_once_while_nothing_changes(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert [persons(remembered), persons(remembered)] == [1, 1]
    assert store.asked == 1


def test_other_parameters_are_another_question(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert [persons(remembered), persons(remembered, least=8)] == [1, 0]
    assert store.asked == 2


def test_new_history_is_seen_at_once(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert persons(remembered) == 1
    grow(store, 2, 8)
    assert persons(remembered) == 2


def test_whoever_starts_again_need_not_ask_again(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    grow(store, 1, 7)
    assert persons(Remembered(store, tmp_path / "answers")) == 1
    again = Remembered(store, tmp_path / "answers")
    assert (persons(again), store.asked) == (1, 1)


def test_a_damaged_answer_is_asked_again(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    grow(store, 1, 7)
    assert persons(Remembered(store, tmp_path / "answers")) == 1
    (kept,) = (tmp_path / "answers").glob("*.arrow")
    kept.write_bytes(b"half of it")
    assert persons(Remembered(store, tmp_path / "answers")) == 1


def test_answers_of_an_earlier_state_are_removed(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    persons(remembered)
    grow(store, 2, 8)
    persons(remembered)
    assert len(list((tmp_path / "answers").glob("*.arrow"))) == 1


EVERYBODY = {"everybody": Given("SELECT person FROM people WHERE person >= $least", {"least": 7})}


def named(remembered, person, given=EVERYBODY):
    return remembered.ask("SELECT person FROM everybody WHERE person = $person", {"person": person}, given).num_rows


def test_what_several_questions_read_is_worked_out_once(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert [named(remembered, 7), named(remembered, 8)] == [1, 0]
    assert store.asked == 3
    assert named(Remembered(store, tmp_path / "answers"), 9) == 0
    assert store.asked == 4


def test_the_same_question_of_another_table_is_another_question(tmp_path: Path):
    remembered = Remembered(DuckDbStore(tmp_path), tmp_path / "answers")
    grow(remembered._store, 1, 7)
    nobody = {"everybody": Given(EVERYBODY["everybody"].sql, {"least": 8})}
    assert [named(remembered, 7), named(remembered, 7, nobody)] == [1, 0]


def test_what_several_questions_read_follows_history(tmp_path: Path):
    store = DuckDbStore(tmp_path)
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert named(remembered, 8) == 0
    grow(store, 2, 8)
    assert named(remembered, 8) == 1
    assert len(list((tmp_path / "answers").glob("*.arrow"))) == 2


MANY = Given("SELECT range AS person FROM range(5000000)", {})


def test_what_several_questions_read_is_kept_however_large_it_is(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert [named(remembered, number, {"everybody": MANY}) for number in (4_999_999, 5_000_000)] == [1, 0]
    assert store.asked == 3


def test_a_very_large_answer_that_nobody_else_reads_is_not_kept(tmp_path: Path):
    store = Counting(DuckDbStore(tmp_path))
    remembered = Remembered(store, tmp_path / "answers")
    grow(store, 1, 7)
    assert [remembered.ask(MANY.sql).num_rows for _ in range(2)] == [5_000_000] * 2
    assert store.asked == 2
    assert list((tmp_path / "answers").glob("*.arrow")) == []
