"""The analytical tables hold exactly what their feeds said, whenever and by whomever they were projected."""

import multiprocessing
import os
import threading
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.clock import SECOND, SystemClock
from noline.stores import projector as projecting
from noline.stores.analytical import FEWEST_TO_MERGE, TABLES, Segment, as_table, cover, segment_of, to_merge
from noline.stores.duckdb import KEPT_AFTER_REPLACED, DuckDbStore
from noline.stores.projector import Projector

LOG = "SELECT seq, channel FROM touchpoints ORDER BY seq"
PEOPLE = "SELECT subject, person FROM people ORDER BY subject"


class LogFeed:
    """A log of `length` records of which every third is no touchpoint."""

    name = "touchpoints"

    def __init__(self, length: int, at_once: int = 1000) -> None:
        self.length, self.at_once = length, at_once

    def read(self, after: int, limit: int) -> tuple[list[tuple], int] | None:
        if after >= self.length:
            return None
        last = min(self.length, after + self.at_once, after + limit)
        return [touchpoint(seq) for seq in range(after + 1, last + 1) if seq % 3], last

    def expected(self) -> list[tuple[int, str]]:
        return [(seq, "web") for seq in range(1, self.length + 1) if seq % 3]


class PeopleFeed:
    """Changes of people: version n says that subject n % 5 is person n."""

    name = "people"

    def __init__(self, versions: int) -> None:
        self.versions = versions

    def read(self, after: int, limit: int) -> tuple[dict[str, list[int]], int] | None:
        if after >= self.versions:
            return None
        new = list(range(after + 1, min(self.versions, after + limit) + 1))
        return {"version": new, "subject": [n % 5 for n in new], "person": new}, new[-1]


def touchpoint(seq: int) -> tuple:
    nothing = dict.fromkeys(TABLES["touchpoints"].columns)
    return tuple((nothing | {"seq": seq, "subject": seq % 7, "channel": "web", "exposure": False}).values())


def rows(store: DuckDbStore, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in store.ask(sql).to_pylist()]


def files(store: DuckDbStore, table: str) -> list[str]:
    return sorted(path.name for path in (store.folder / TABLES[table].folder(table)).iterdir())


@pytest.fixture
def store(tmp_path):
    opened = DuckDbStore(tmp_path / "analytical")
    yield opened
    opened.close()


def test_empty_tables_answer_with_their_types(store):
    answer = store.ask("SELECT * FROM touchpoints")
    assert answer.num_rows == 0
    assert answer.schema.names == list(TABLES["touchpoints"].columns)
    assert answer.schema.field("exposure").type == pa.bool_()
    assert answer.schema.field("occurred_at").type == pa.int64()
    assert rows(store, PEOPLE) == []
    assert store.watermark("touchpoints") == store.watermark("people") == 0


def test_projecting_takes_all_that_is_new_and_nothing_twice(store):
    feed = LogFeed(10)
    projector = Projector(store, [feed, PeopleFeed(7)])
    assert projector.project() == 7 + 7
    assert projector.project() == 0
    assert rows(store, LOG) == feed.expected()
    assert rows(store, PEOPLE) == [(0, 5), (1, 6), (2, 7), (3, 3), (4, 4)]
    feed.length = 12
    assert projector.project() == 1
    assert rows(store, LOG) == feed.expected()
    assert files(store, "touchpoints") == [Segment(1, 10).name, Segment(11, 12).name]


def test_records_that_are_no_touchpoints_move_the_watermark_all_the_same(store):
    Projector(store, [LogFeed(3)]).project()
    assert store.watermark("touchpoints") == 3
    with store.projecting():
        store.load("touchpoints", [], 4, 6)
    assert store.watermark("touchpoints") == 6
    assert rows(store, LOG) == [(1, "web"), (2, "web")]


def test_a_segment_that_does_not_follow_is_refused_and_nothing_is_written(store):
    Projector(store, [LogFeed(3)]).project()
    before = files(store, "touchpoints")
    for first, last in ((3, 4), (5, 6), (4, 3)):
        with store.projecting(), pytest.raises(ValueError, match="do not follow"):
            store.load("touchpoints", [], first, last)
    assert files(store, "touchpoints") == before


def test_a_half_written_segment_is_no_segment(store):
    (store.folder / TABLES["touchpoints"].folder("touchpoints") / f"{Segment(1, 5).name}.arriving").write_bytes(b"half")
    feed = LogFeed(4)
    Projector(store, [feed]).project()
    assert rows(store, LOG) == feed.expected()


def test_a_feed_that_fails_leaves_what_was_whole_and_goes_on_later(store, monkeypatch):
    monkeypatch.setattr(projecting, "ROWS_PER_SEGMENT", 1)

    class Failing(LogFeed):
        def read(self, after: int, limit: int) -> tuple[list[tuple], int] | None:
            if after == 4:
                raise ConnectionError
            return super().read(after, limit)

    with pytest.raises(ConnectionError):
        Projector(store, [Failing(10, at_once=2)]).project()
    assert rows(store, LOG) == LogFeed(4).expected()
    Projector(store, [LogFeed(10, at_once=3)]).project()
    assert rows(store, LOG) == LogFeed(10).expected()


def test_many_segments_become_few_with_the_same_rows(store):
    for length in range(1, 2 * FEWEST_TO_MERGE):
        Projector(store, [LogFeed(length), PeopleFeed(length)]).project()
    length = 2 * FEWEST_TO_MERGE - 1
    assert rows(store, LOG) == LogFeed(length).expected()
    assert rows(store, PEOPLE) == [(n % 5, n) for n in sorted(range(length - 4, length + 1), key=lambda n: n % 5)]
    assert len(cover(files(store, "touchpoints"))) <= FEWEST_TO_MERGE
    assert store.watermark("touchpoints") == store.watermark("people") == length


def test_replaced_segments_stay_for_a_minute(tmp_path):
    clock = HeldClock()
    store = DuckDbStore(tmp_path, clock=clock)
    for length in range(1, FEWEST_TO_MERGE + 2):
        Projector(store, [LogFeed(length)]).project()
    assert len(files(store, "touchpoints")) == FEWEST_TO_MERGE + 2
    clock.ahead = KEPT_AFTER_REPLACED - 10 * SECOND
    Projector(store, [LogFeed(FEWEST_TO_MERGE + 1)]).project()
    assert len(files(store, "touchpoints")) == FEWEST_TO_MERGE + 2
    clock.ahead = KEPT_AFTER_REPLACED + SECOND
    Projector(store, [LogFeed(FEWEST_TO_MERGE + 1)]).project()
    assert files(store, "touchpoints") == [segment.name for segment in cover(files(store, "touchpoints"))]
    assert rows(store, LOG) == LogFeed(FEWEST_TO_MERGE + 1).expected()


def test_a_reader_sees_what_another_process_projected(tmp_path):
    reader, writer = DuckDbStore(tmp_path), DuckDbStore(tmp_path)
    assert rows(reader, LOG) == []
    Projector(writer, [LogFeed(5)]).project()
    assert rows(reader, LOG) == LogFeed(5).expected()


def test_a_reader_whose_file_was_removed_looks_again(tmp_path):
    reader, writer = DuckDbStore(tmp_path), DuckDbStore(tmp_path)
    Projector(writer, [LogFeed(5)]).project()
    assert rows(reader, LOG) == LogFeed(5).expected()
    look = reader._cover
    stale = [[Segment(1, 4)]]
    reader._cover = lambda table: stale.pop() if stale else look(table)
    assert rows(reader, LOG) == LogFeed(5).expected()
    assert stale == []


def test_rebuilding_tells_all_of_history_again(store):
    projector = Projector(store, [LogFeed(9), PeopleFeed(3)])
    projector.project()
    before = rows(store, LOG)
    assert projector.rebuild() == len(before) + 3
    assert rows(store, LOG) == before


def project_in_steps(folder: str, lengths: list[int]) -> None:
    store = DuckDbStore(Path(folder))
    for length in lengths:
        Projector(store, [LogFeed(length, at_once=7), PeopleFeed(length)]).project()


def test_two_processes_that_project_at_once_make_the_same_tables_as_one(tmp_path):
    start = multiprocessing.get_context("spawn")
    workers = [
        start.Process(target=project_in_steps, args=(str(tmp_path), list(range(first, 21, 2)))) for first in (1, 2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = DuckDbStore(tmp_path)
    assert rows(store, LOG) == LogFeed(20).expected()
    assert rows(store, PEOPLE) == [(0, 20), (1, 16), (2, 17), (3, 18), (4, 19)]


def test_readers_and_a_projector_in_threads_see_whole_segments_only(store):
    seen: list[int] = []
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                seen.append(len(rows(store, LOG)))
        except Exception as failure:  # noqa: BLE001  told to the test below
            failures.append(failure)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for length in range(3, 120, 3):
        Projector(store, [LogFeed(length)]).project()
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert {count % 2 for count in seen} == {0}


@settings(max_examples=settings.default.max_examples // 10)
@given(steps=st.lists(st.integers(0, 40), max_size=40), at_once=st.integers(1, 9))
def test_any_way_of_calling_leads_to_the_same_tables(tmp_path_factory, steps, at_once):
    store = DuckDbStore(tmp_path_factory.mktemp("analytical"))
    for length in [*steps, 40]:
        Projector(store, [LogFeed(length, at_once), PeopleFeed(length)]).project()
    assert rows(store, LOG) == LogFeed(40).expected()
    assert rows(store, PEOPLE) == [(0, 40), (1, 36), (2, 37), (3, 38), (4, 39)]
    store.close()


def test_a_cover_takes_the_longest_from_each_start_and_ends_at_a_gap():
    names = [Segment(*ends).name for ends in ((1, 4), (5, 5), (1, 9), (10, 12), (10, 11), (14, 20))]
    assert cover(names) == [Segment(1, 9), Segment(10, 12)]
    assert cover([Segment(2, 3).name]) == []
    assert cover([]) == []


@pytest.mark.parametrize(
    "name", ["x.parquet", "1-2", "0-5.parquet", "5-4.parquet", "1-2.parquet.arriving", "-1-2.parquet", "1-x.parquet"]
)
def test_other_files_are_no_segments(name):
    assert segment_of(name) is None


@given(st.lists(st.integers(1, 50), max_size=60))
def test_a_merged_cover_covers_the_same_positions(spans):
    covering, last = [], 0
    for span in spans:
        covering.append(Segment(last + 1, last + span))
        last += span
    merged = to_merge(covering)
    assert bool(merged) == (len(covering) > FEWEST_TO_MERGE)
    names = [segment.name for segment in covering]
    if merged:
        names.append(Segment(merged[0].first, merged[-1].last).name)
    found = cover(names)
    assert [(segment.first, segment.last) for segment in found[:1] + found[-1:]] == (
        [(found[0].first, found[0].last), (found[-1].first, last)] if spans else []
    )
    assert all(before.last + 1 == after.first for before, after in pairwise(found))
    assert sum(segment.span for segment in found) == last


def test_a_row_is_rewritten_a_logarithmic_number_of_times():
    covering: list[Segment] = []
    written = 0
    for position in range(1, 5001):
        covering.append(Segment(position, position))
        if merged := to_merge(covering):
            covering[-len(merged) :] = [Segment(merged[0].first, merged[-1].last)]
            written += covering[-1].span
    assert written < 5000 * 12
    assert len(covering) <= FEWEST_TO_MERGE


def test_rows_may_come_as_tuples_columns_or_arrow():
    as_rows = as_table("people", [(1, 2, 3), (4, 5, 6)])
    assert as_rows == as_table("people", {"person": [3, 6], "subject": [2, 5], "version": [1, 4]})
    assert as_rows == as_table("people", as_rows.cast(pa.schema([(name, pa.int32()) for name in as_rows.schema.names])))
    assert as_table("people", []).num_rows == 0


def test_text_that_is_no_unicode_does_not_stop_the_projection():
    broken = {name: [None] for name in TABLES["touchpoints"].columns} | {"seq": [1], "sku": ["a\ud800b"]}
    assert as_table("touchpoints", broken).column("sku").to_pylist() == ["a?b"]


class HeldClock(SystemClock):
    """The machine's clock, moved ahead by hand; files keep the machine's time."""

    ahead = 0

    def now(self) -> int:
        return super().now() + self.ahead


def test_the_lock_dies_with_its_process(tmp_path):
    child = os.fork()
    if child == 0:
        DuckDbStore(tmp_path).projecting().__enter__()
        os._exit(0)
    os.waitpid(child, 0)
    store = DuckDbStore(tmp_path)
    with store.projecting():
        store.load("touchpoints", [], 1, 1)
    assert store.watermark("touchpoints") == 1


def test_a_table_of_another_version_is_projected_again(tmp_path):
    older = tmp_path / "touchpoints"
    older.mkdir()
    (older / Segment(1, 5).name).write_bytes(b"columns of an older version")
    store = DuckDbStore(tmp_path)
    assert store.watermark("touchpoints") == 0
    store.tidy()
    assert not older.exists()
