"""The kept walk store is, array by array, what would be built anew: whatever came, merged, split or was erased."""

import multiprocessing
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.errors import NoLineError
from noline.stores import analytical
from noline.stores.analytical import TABLES
from noline.stores.duckdb import DuckDbStore
from noline.stores.walks import history, kept
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.history import EVERY_POSITION, History, Rates, Version
from noline.stores.walks.kept import KeptWalks

NOTHING = dict.fromkeys(TABLES["touchpoints"].columns)
EUROS = Rates("EUR", {"JPY": Decimal("0.006")})


class Past:
    """A log and its people, as segments that tests write."""

    def __init__(self, folder: Path) -> None:
        self.store = DuckDbStore(folder, memory_limit="256MB")
        self.seq = self.version = 0

    def forget(self) -> None:
        self.seq = self.version = 0
        with self.store.projecting():
            self.store.clear()

    def say(self, *rows: dict[str, Any]) -> None:
        """One segment of touchpoints."""
        first = self.seq + 1
        self.seq += len(rows)
        told = [touchpoint(first + place, **row) for place, row in enumerate(rows)]
        with self.store.projecting():
            self.store.load("touchpoints", told, first, self.seq)

    def same_person(self, *pairs: tuple[int, int]) -> None:
        """One segment of changes: subject and person."""
        first = self.version + 1
        self.version += len(pairs)
        with self.store.projecting():
            self.store.load("people", [(first + at, *pair) for at, pair in enumerate(pairs)], first, self.version)

    def erase(self, seq: int, subject: int, row: tuple[Any, ...] | None) -> None:
        """Take a touchpoint and a subject out, where they stood."""
        with self.store.projecting():
            self.store.amend("touchpoints", "seq", [seq], [row] if row is not None and seq <= self.seq else [])
            self.store.amend("people", "subject", [subject])

    def tidy(self) -> None:
        with self.store.projecting():
            self.store.tidy()

    def do(self, what: str, how: Any) -> None:
        """One step of any history."""
        if what == "say":
            self.say(*how)
        elif what == "people":
            self.same_person(*how)
        elif what == "erase":
            seq, subject, row = how
            self.erase(seq, subject, None if row is None else touchpoint(seq, **row))
        elif what == "tidy":
            self.tidy()
        elif what == "clear":
            self.forget()

    def kept(self, rates: Rates = EUROS) -> KeptWalks:
        return KeptWalks(self.store, self.store.folder, rates)

    def anew(self, rates: Rates = EUROS) -> History:
        version = Version(self.store.watermark("touchpoints"), self.store.watermark("people"))
        return history.built(history.rows(self.store), history.people(self.store), rates, version)


def touchpoint(seq: int, **more: Any) -> tuple[Any, ...]:
    usual = {"subject": 1, "occurred_at": seq, "channel": "web", "action": "Page Viewed", "exposure": False}
    return tuple((NOTHING | usual | {"seq": seq} | more).values())


def assert_same(found: History, expected: History) -> None:
    """Every array, name and number of two histories."""
    assert found.version == expected.version
    assert (found.currency, found.unrated, found.seen_until) == (
        expected.currency, expected.unrated, expected.seen_until,
    )  # fmt: skip
    for name in ("times", "persons", "offsets", "values"):
        assert_equal(getattr(found, name), getattr(expected, name))
    assert found.ids.to_pylist() == expected.ids.to_pylist()
    columns = {"channel": (found.channels, expected.channels), "action": (found.actions, expected.actions)}
    columns |= {name: (part, expected.parts[name]) for name, part in found.parts.items()}
    for one, other in columns.values():
        assert one.names == other.names
        assert_equal(one.codes, other.codes)
    assert list(found.parts) == list(expected.parts)
    assert list(found.measures) == list(expected.measures)
    for name, numbers in found.measures.items():
        assert_equal(numbers, expected.measures[name])


def assert_equal(one: Any, other: Any) -> None:
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(one, other)


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    written = Past(tmp_path / "analytics")
    yield written
    written.store.close()


SUBJECTS = st.integers(1, 6)
ROW = st.fixed_dictionaries(
    {
        "subject": st.one_of(SUBJECTS, SUBJECTS, st.none()),
        "occurred_at": st.integers(0, 8),
        "channel": st.sampled_from(("web", "store", "call")),
        "action": st.sampled_from(("Page Viewed", "Product Added", "Mailing Sent")),
        "exposure": st.booleans(),
        "object_id": st.sampled_from((None, "x", "y", "z")),
        "sku": st.sampled_from((None, "a", "b")),
        "value_minor": st.sampled_from((None, 0, 5, 100)),
        "currency": st.sampled_from((None, "EUR", "JPY", "CHF")),
        "units": st.sampled_from((None, 2)),
    }
)
SAID = st.tuples(st.just("say"), st.lists(ROW, min_size=1, max_size=5))
STEP = st.one_of(
    SAID,
    SAID,
    st.tuples(st.just("people"), st.lists(st.tuples(SUBJECTS, st.integers(1, 9)), min_size=1, max_size=3)),
    st.tuples(st.just("people"), st.lists(st.tuples(SUBJECTS, SUBJECTS), min_size=1, max_size=3)),
    st.tuples(st.just("erase"), st.tuples(st.integers(1, 8), SUBJECTS, st.one_of(st.none(), ROW))),
    st.tuples(st.sampled_from(("tidy", "reopen", "clear")), st.none()),
)
BOTH = st.tuples(STEP, st.booleans())
STEPS = st.tuples(st.lists(ROW, min_size=6, max_size=12), st.lists(BOTH, min_size=3, max_size=10))


def test_after_anything_the_kept_store_is_the_one_built_anew(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytical, "FEWEST_TO_MERGE", 3)
    # Otherwise a few events of few people would always be made anew as a whole.
    monkeypatch.setattr("noline.stores.walks.updating.MOST_MOVED", 1.0)
    # What is durable is not what this is about.
    monkeypatch.setattr(os, "fsync", lambda _: None)

    @settings(max_examples=settings.default.max_examples // 4, deadline=None)
    @given(STEPS)
    def law(told: tuple[list[dict[str, Any]], list[tuple[tuple[str, Any], bool]]]) -> None:
        first, steps = told
        past.forget()
        mine = past.kept()
        mine.drop()
        past.say(*first)
        assert_same(mine.history(), past.anew())
        for (what, how), looked in steps:
            mine = past.kept() if what == "reopen" else mine
            past.do(what, how)
            if looked:
                assert_same(mine.history(), past.anew())
        assert_same(mine.history(), past.anew())

    law()


def test_two_people_who_become_one_keep_equal_moments_in_the_order_of_the_log(past: Past) -> None:
    past.say(
        *(
            {"subject": one, "occurred_at": 7, "sku": f"s{place}"}
            for place, one in enumerate((2, 1, 2, 1, 3, 3, 3, 3, 3))
        )
    )
    mine = past.kept()
    assert mine.history().ids.to_pylist() == [2, 1, 3]
    past.same_person((1, 9), (2, 9))
    found = mine.history()
    assert found.ids.to_pylist() == [9, 3]
    assert found.measures["seq"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert found.offsets.tolist() == [0, 4, 9]
    past.same_person((1, 1), (2, 2))
    again = mine.history()
    assert again.ids.to_pylist() == [2, 1, 3]
    assert again.measures["seq"].tolist() == [1, 3, 2, 4, 5, 6, 7, 8, 9]
    assert again.version == Version(9, 4)


def test_only_what_is_new_is_read(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    past.say(*({"subject": one} for one in range(20)))
    mine = past.kept()
    mine.history()
    asked: list[tuple[int, int]] = []
    rows = history.rows

    def watched(port: Any, after: int = 0, last: int = EVERY_POSITION) -> history.Rows:
        asked.append((after, last))
        return rows(port, after, last)

    monkeypatch.setattr(history, "rows", watched)
    assert mine.history() is mine.history()
    past.say({"subject": 4, "occurred_at": -5})
    assert_same(past.kept().history(), past.anew())
    assert asked == [(20, 21), (0, EVERY_POSITION)]
    past.erase(3, 99, None)
    assert_same(past.kept().history(), past.anew())
    assert asked[2] == (0, 21)


def test_segments_that_were_merged_are_compared_and_not_read_again(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytical, "FEWEST_TO_MERGE", 3)
    for one in range(5):
        past.say({"subject": one}, {"subject": one + 10})
    mine = past.kept()
    before = mine.history()
    past.tidy()
    assert len(analytical.cover(path.name for path in (past.store.folder / "touchpoints-3").iterdir())) < 5
    monkeypatch.setattr(history, "built", _never_of_all(history.built))
    assert_same(mine.history(), before)


def _never_of_all(built: Any) -> Any:
    def checked(found: history.Rows, *rest: Any) -> History:
        assert found.table.num_rows == 0
        return built(found, *rest)

    return checked


def test_nothing_that_was_erased_is_left_in_the_folder(past: Past) -> None:
    past.say({"subject": 1, "sku": "secret-thing"}, {"subject": 2, "sku": "cup"}, {"subject": 3, "sku": "cup"})
    mine = past.kept()
    assert "secret-thing" in mine.history().parts["sku"].names
    past.erase(1, 1, None)
    other = past.kept().history()
    assert other.parts["sku"].names == ("cup",)
    folder = past.store.folder / "walks"
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["2"]
    assert not any(b"secret-thing" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    mine.drop()
    assert [path.name for path in folder.iterdir()] == ["keeping.lock"]
    assert_same(mine.history(), past.anew())


def test_other_rates_make_other_values(past: Past) -> None:
    past.say({"value_minor": 1050, "currency": "JPY"}, {"value_minor": 70, "currency": "EUR"}, {"value_minor": 8,
        "currency": "CHF"}, {"currency": None, "value_minor": None})  # fmt: skip
    found = past.kept().history()
    assert found.values.tolist() == [630, 70, 0, 0]
    assert found.unrated == 1
    assert found.measures["amount_minor"].tolist() == [1050, 70, 8, NOT_TOLD]
    dearer = past.kept(Rates("EUR", {"JPY": Decimal("0.0065"), "CHF": Decimal("1.0625")})).history()
    # 682.5 and 8.5 are rounded half to even.
    assert dearer.values.tolist() == [682, 70, 8, 0]
    assert dearer.unrated == 0


def test_a_value_beyond_64_bits_is_the_largest_there_is(past: Past) -> None:
    past.say({"value_minor": 9 * 10**14, "currency": "KWD"}, {"value_minor": -(9 * 10**14), "currency": "KWD"})
    found = past.kept(Rates("EUR", {"KWD": Decimal(10**9)})).history()
    assert found.values.tolist() == [10**18, -(10**18)]


def test_touchpoints_are_without_what_was_merely_sent(past: Past) -> None:
    past.say({"subject": 5, "exposure": True}, {"subject": 6, "occurred_at": 9}, {"subject": 5, "occurred_at": 3},
             {"subject": None, "occurred_at": 40}, {"subject": 7, "exposure": True})  # fmt: skip
    found = past.kept().history()
    assert (len(found), found.person_count, found.observed_until) == (4, 3, 40)
    mine = found.touchpoints
    assert mine.ids.to_pylist() == [5, 6]
    assert mine.measures["seq"].tolist() == [3, 2]
    assert mine.offsets.tolist() == [0, 1, 2]
    assert mine.persons.tolist() == [0, 1]
    assert (mine.observed_until, mine.version) == (40, Version(5, 0))


def test_a_history_of_nobody(past: Past) -> None:
    found = past.kept().history()
    assert (len(found), found.person_count, found.observed_until) == (0, 0, None)
    assert len(found.touchpoints) == 0
    past.say({"subject": None, "occurred_at": 3})
    assert_same(past.kept().history(), past.anew())
    past.say({"subject": 4})
    assert_same(past.kept().history(), past.anew())


class _KilledError(BaseException):
    """The process is gone."""


def test_killed_at_any_step_the_old_store_or_the_new_one_is_there(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    past.say({"subject": 1}, {"subject": 2}, {"subject": 3}, {"subject": 4})
    old = past.kept().history()
    past.say({"subject": 1, "occurred_at": 0})
    acts = {
        "np.save": (np, "save"),
        "fsync": (os, "fsync"),
        "rename": (Path, "rename"),
        "rmtree": (kept.shutil, "rmtree"),
    }
    for module, name in acts.values():
        for survived in range(4):
            _kill_at(past, monkeypatch, module, name, survived)
            seen = KeptWalks(past.store, past.store.folder, EUROS)
            assert_same(seen.history(), past.anew())
            past.say({"subject": 1, "occurred_at": 0})
    assert len(old) == 4


def _kill_at(past: Past, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, survived: int) -> None:
    """Bring the store forward, and be gone at the call of this name behind so many."""
    calls = iter(range(survived))
    real = getattr(module, name)

    def fatal(*args: Any, **more: Any) -> Any:
        if next(calls, None) is None:
            raise _KilledError
        return real(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, fatal)
        try:
            past.kept().history()
        except _KilledError:
            folder = past.store.folder / "walks"
            assert any((one / "kept.json").is_file() for one in folder.iterdir() if one.name.isdecimal())


def _look(folder: Path, times: int) -> None:
    store = DuckDbStore(folder, memory_limit="128MB")
    for _ in range(times):
        found = KeptWalks(store, folder, EUROS).history()
        assert np.array_equal(np.sort(found.measures["seq"]), np.arange(1, len(found) + 1))
        assert len(found) == found.version.position
    store.close()


def test_several_processes_keep_one_store(past: Past) -> None:
    past.say({"subject": 1})
    workers = [
        multiprocessing.get_context("spawn").Process(target=_look, args=(past.store.folder, 12)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for one in range(25):
        past.say({"subject": one % 4, "occurred_at": -one}, {"subject": one})
        past.kept().history()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert_same(past.kept().history(), past.anew())


def test_too_many_channels_are_refused(past: Past) -> None:
    past.say(*({"channel": f"c{one}"} for one in range(250)))
    mine = past.kept()
    mine.history()
    past.say(*({"channel": f"d{one}"} for one in range(7)))
    with pytest.raises(NoLineError) as refusal:
        mine.history()
    assert refusal.value.code == "walks.too_many_names"
