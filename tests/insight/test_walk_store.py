"""Any table of events becomes a walk store: whatever its columns are called, and however its times are written."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from insight.walk_logs import random_rows, store_of, table_of
from noline.insight.walks.funnels import counted
from noline.insight.walks.model import Funnel
from noline.kernel.clock import as_text
from noline.kernel.errors import NotFound
from noline.stores.walks.arrays import order_by_number, tallied
from noline.stores.walks.events import (
    CellUnreadable,
    ColumnMissing,
    Columns,
    EventsUnreadable,
    TableUnreadable,
    read,
    understood,
)
from noline.stores.walks.store import StoreUnreadable, TooManyNames, WalkStore, shard_of

MAPPED = Columns("customer", "at", "what", "where", "amount")
MOMENTS = ["2026-01-01T10:00:00Z", "2026-01-01T09:00:00Z", "2026-01-01T10:00:00Z"]
FIRST = 1_767_261_600_000_000


def test_events_lie_by_person_and_time_and_equal_moments_as_they_were_told():
    rows = [("b", 5, "w", "late"), ("a", 3, "w", "first"), ("b", 4, "w", "early"), ("a", 3, "s", "second")]
    store = store_of(rows)
    assert store.ids.to_pylist() == ["b", "a"]
    assert [store.actions.names[code] for code in store.actions.codes] == ["early", "late", "first", "second"]
    assert store.offsets.tolist() == [0, 2, 4]
    assert store.times.tolist() == [4, 5, 3, 3]
    assert store.observed_until == 5


def test_the_order_is_that_of_sorting_by_person_and_time():
    rows = random_rows(1, 90, 5000, moments=40)
    store = store_of(rows)
    told = sorted(range(len(rows)), key=lambda number: rows[number][1])
    by_person = {str(name): [n for n in told if str(rows[n][0]) == name] for name in store.ids.to_pylist()}
    expected = [rows[number] for name in store.ids.to_pylist() for number in by_person[name]]
    assert store.times.tolist() == [row[1] for row in expected]
    assert [store.actions.names[code] for code in store.actions.codes] == [row[3] for row in expected]
    assert [store.channels.names[code] for code in store.channels.codes] == [row[2] for row in expected]


@pytest.mark.parametrize("largest", [5, 65_535, 65_536, 3_000_000])
def test_numbers_are_sorted_and_equal_ones_stay(largest):
    numbers = np.random.default_rng(largest).integers(0, largest + 1, 20_000).astype(np.uint32)
    numbers[7] = largest
    assert (order_by_number(numbers) == np.argsort(numbers, kind="stable")).all()


@pytest.mark.parametrize("below", [10, 10**9])
def test_numbers_are_tallied(below):
    assert tallied(np.array([7, 3, 7, 0]), below) == ([0, 3, 7], [1, 1, 2])
    assert tallied(np.zeros(0, np.int64), below) == ([], [])


# Files


def table(times) -> pa.Table:
    return pa.table(
        {"customer": ["2", "1", "1"], "at": times, "what": ["buy", "view", "buy"], "where": ["s", "w", "w"],
         "amount": [5, None, 7]}
    )  # fmt: skip


@pytest.mark.parametrize("name", ["events.parquet", "events.csv", "events.ndjson"])
def test_a_file_is_read_by_its_kind(tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(table(MOMENTS), path)
    elif name.endswith("csv"):
        from pyarrow import csv

        csv.write_csv(table(MOMENTS), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in table(MOMENTS).to_pylist()))
    store = WalkStore.from_parquet(path, MAPPED)
    assert store.ids.to_pylist() == ["2", "1"]
    assert store.times.tolist() == [FIRST, FIRST - 3_600_000_000, FIRST]
    assert store.values.tolist() == [5, 0, 7]
    assert counted(store, Funnel.of("view,buy")).persons == (1, 1)


def test_a_folder_of_parquet_files_is_one_table(tmp_path):
    (tmp_path / "year").mkdir()
    rows = random_rows(2, 50, 900, moments=99)
    pq.write_table(table_of(rows[:400]), tmp_path / "a.parquet")
    pq.write_table(table_of(rows[400:]), tmp_path / "year" / "b.parquet")
    (tmp_path / "_SUCCESS.parquet").write_text("")
    store = WalkStore.from_parquet(tmp_path)
    assert len(store) == 900
    assert (store.times == store_of(rows).times).all()


def test_names_may_be_numbers_dictionaries_or_missing(tmp_path):
    table = pa.table(
        {
            "person": pa.array([10, 20, 30]).dictionary_encode(),
            "time": [1, 2, 3],
            "channel": pa.array(["w", None, "s"]).dictionary_encode(),
            "action": [5, 6, 5],
            "land": pa.array(["x", "y", None], pa.large_string()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.slice(1), tmp_path / "b.parquet")
    store = WalkStore.from_parquet(tmp_path, Columns(parts=("land",)))
    told = {
        name: [column.names[code] for code in column.codes]
        for name, column in {"channel": store.channels, "action": store.actions, **store.parts}.items()
    }
    assert store.ids.to_pylist() == [10, 20, 30]
    assert told == {
        "channel": ["w", "unknown", "unknown", "s", "s"],
        "action": ["5", "6", "6", "5", "5"],
        "land": ["x", "y", "y", "", ""],
    }
    assert counted(store, Funnel.of("6,6")).persons == (1, 1)


def test_a_frame_of_pandas_is_a_table():
    store = WalkStore.from_table(table(MOMENTS).to_pandas(), MAPPED)
    assert (len(store), store.person_count) == (3, 2)


def test_numbers_of_customers_keep_their_zeros(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("person;time;action\n007;2026-01-01;a\n7;2026-01-02;b\n")
    assert WalkStore.from_parquet(path).ids.to_pylist() == ["007", "7"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (pa.array([FIRST // 1_000_000] * 3), "integer s"),
        (pa.array([FIRST // 1_000] * 3), "integer ms"),
        (pa.array([FIRST] * 3), "integer us"),
        (pa.array([FIRST * 1_000] * 3), "integer ns"),
        (pa.array([FIRST / 1_000_000] * 3), "number s"),
        (pa.array([FIRST] * 3, pa.timestamp("us", "Europe/Paris")), "timestamp"),
        (pa.array([FIRST // 1000] * 3, pa.timestamp("ms")), "timestamp"),
        (pa.array(["2026-01-01T10:00:00"] * 3), "ISO text"),
        (pa.array(["2026-01-01T11:00:00+01:00"] * 3), "ISO text"),
        (pa.array(["2026-01-01T11:00:00+01:00", "2026-01-01 10:00", "2026-01-01T10:00Z"]), "ISO text"),
        (pa.array([str(FIRST // 1000)] * 3), "integer ms"),
        (pa.array(["01.01.2026 10:00"] * 3), "text like %d.%m.%Y %H:%M"),
        (pa.array(["01.01.2026 10:00:00"] * 3).dictionary_encode(), "text like %d.%m.%Y %H:%M:%S"),
        (pa.array(["1/1/2026 10:00:00 AM"] * 3), "text like %d/%m/%Y %I:%M:%S %p"),
    ],
)
def test_a_time_is_the_same_however_it_is_written(times, said):
    events = understood(table(times), MAPPED)
    assert (events.times.tolist(), events.read.time) == ([FIRST] * 3, said)


def test_a_day_that_could_be_a_month_is_decided_by_the_others_or_refused():
    decided = understood(table(pa.array(["02/01/2026", "31/01/2026", "03/01/2026"])), MAPPED)
    assert decided.read.time == "text like %d/%m/%Y"
    assert as_text(int(decided.times.min())).startswith("2026-01-02")
    with pytest.raises(CellUnreadable, match=r"reads as %d/%m/%Y and as %m/%d/%Y"):
        understood(table(pa.array(["02/01/2026"] * 3)), MAPPED)


def test_a_time_that_is_written_otherwise_than_most_is_the_one_that_is_named():
    with pytest.raises(CellUnreadable, match=r"'02\.03\.2026' .* as most are written there, like %d\.%m\.%Y %H:%M\."):
        understood(table(pa.array(["01.03.2026 10:00", "02.03.2026", "14.03.2026 10:00"])), MAPPED)
    with pytest.raises(CellUnreadable, match=r"'01\.03\.2026' .* is no time\."):
        understood(table(pa.array(["01.03.2026", "2026-03-02", "yesterday"])), MAPPED)


@pytest.mark.parametrize(
    "times",
    [[1_772_359_200, 1_772_359_260_000], [1.7723592e9, 1.77235926e15], ["1772359200000", "1772359260000000"]],
    ids=["s among ms", "s among us", "ms among us"],
)
def test_times_of_two_units_in_one_column_are_refused(times):
    with pytest.raises(CellUnreadable, match="it would be one in"):
        understood(pa.table({"person": ["1", "1"], "action": ["a", "b"], "time": times}), Columns())


def test_times_that_begin_in_1970_are_of_one_unit():
    told = understood(pa.table({"person": ["1", "1"], "action": ["a", "b"], "time": [0, 1_772_359_260_000]}), Columns())
    assert (told.read.time, told.times.tolist()) == ("integer ms", [0, 1_772_359_260_000_000])


def test_a_folder_of_several_kinds_of_files_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("person,time,action\n1,1,view\n")
    (tmp_path / "b.ndjson").write_text('{"person": "2", "time": 1, "action": "view"}\n')
    with pytest.raises(EventsUnreadable, match=r"several kinds, such as b\.ndjson and a\.csv"):
        read(tmp_path, Columns())


def test_values_with_fractions_are_major_units():
    events = understood(table(MOMENTS).set_column(4, "amount", [[10.5, None, 7.0]]), MAPPED)
    assert (events.amounts.tolist(), events.read.value) == ([1050, 0, 700], "hundredths")


def test_rows_that_say_too_little_are_left_out_and_counted():
    told = pa.table({"person": ["1", None, "2"], "time": [1, 2, None], "action": ["a", "a", "a"]})
    events = understood(told, Columns())
    assert (events.read.rows, events.read.left_out, len(events.times)) == (3, 2, 1)
    assert events.channels.to_pylist() == ["all"]


# Folders


def test_a_store_is_kept_and_mapped(tmp_path):
    rows = random_rows(3, 70, 900, moments=99)
    rows_table = table_of(rows).append_column("land/region", [["x" if number % 3 else "y" for number in range(900)]])
    store = WalkStore.from_table(rows_table, Columns(parts=("land/region",)))
    store.save(tmp_path / "kept")
    again = WalkStore.open(tmp_path / "kept")
    assert isinstance(again.times, np.memmap)
    assert (again.channels.codes.dtype, again.actions.codes.dtype) == (np.uint8, np.uint8)
    for credit in ("first", "all"):
        funnel = Funnel.of("a,b,c", window=20, by="land/region", credit=credit)
        assert counted(again, funnel).as_bytes() == counted(store, funnel).as_bytes()
    assert counted(again, funnel).persons[2] > 0
    store_of(rows[:10]).save(tmp_path / "kept")
    assert len(WalkStore.open(tmp_path / "kept")) == 10


def test_a_folder_without_a_store_is_refused(tmp_path):
    with pytest.raises(StoreUnreadable):
        WalkStore.open(tmp_path)
    store_of([(1, 1, "w", "a")]).save(tmp_path)
    head = json.loads((tmp_path / "walk.json").read_text())
    (tmp_path / "walk.json").write_text(json.dumps(head | {"format": 99}))
    with pytest.raises(StoreUnreadable, match="format 99"):
        WalkStore.open(tmp_path)


def test_more_than_256_actions_take_two_bytes():
    store = store_of([(number % 9, number, "w", f"a{number}") for number in range(300)])
    assert store.actions.codes.dtype == np.uint16
    assert counted(store, Funnel.of("a9,a18", window=None)).persons == (1, 1)


def test_the_pairs_of_channel_and_action_are_those_that_happened(monkeypatch):
    monkeypatch.setattr("noline.stores.walks.store._BLOCK", 2)
    store = store_of([(1, 0, "w", "a"), (1, 1, "s", "b"), (2, 2, "w", "a"), (2, 3, "m", "a"), (3, 4, "w", "c")])
    told = {(store.channels.names[one], store.actions.names[other]) for one, other in np.argwhere(store.pairs)}
    assert told == {("w", "a"), ("s", "b"), ("m", "a"), ("w", "c")}


def test_a_person_has_the_same_shard_everywhere():
    assert [shard_of("anna", 7), shard_of("boris", 7), shard_of(42, 7), shard_of("42", 7)] == [0, 3, 1, 1]
    store = store_of(random_rows(4, 70, 900, moments=99))
    shards = store.shards(7)
    assert sum(len(one) for one in shards) == 900
    assert sorted(name for one in shards for name in one.ids.to_pylist()) == sorted(store.ids.to_pylist())


# Refusals


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(NotFound):
        read(tmp_path / "none.csv", Columns())
    with pytest.raises(EventsUnreadable, match="holds no"):
        read(tmp_path, Columns())
    (tmp_path / "broken.parquet").write_text("no parquet")
    with pytest.raises(EventsUnreadable):
        read(tmp_path / "broken.parquet", Columns())
    with pytest.raises(ColumnMissing, match="no column 'time'"):
        understood(pa.table({"person": ["1"], "action": ["a"]}), Columns())
    with pytest.raises(ColumnMissing):
        Columns.of({"who": "customer"})
    with pytest.raises(CellUnreadable, match="soon"):
        understood(pa.table({"person": ["1"], "action": ["a"], "time": ["soon"]}), Columns())
    with pytest.raises(CellUnreadable):
        understood(pa.table({"person": ["1"], "action": ["a"], "time": [True]}), Columns())
    with pytest.raises(CellUnreadable):
        understood(pa.table({"person": ["1"], "action": ["a"], "time": [1], "value": ["much"]}), Columns())


@pytest.mark.parametrize(
    "times",
    [
        pa.array([0, -(2**63)]),
        pa.array([0, 2**63], pa.uint64()),
        pa.array([0.0, 1e300]),
        pa.array([0, 2**60], pa.timestamp("s")),
        pa.array(["0", str(-(2**63))]),
    ],
    ids=["smallest whole number", "larger than any", "number", "timestamp", "text"],
)
def test_a_time_that_no_microsecond_can_tell_is_refused_in_our_words(times):
    told = pa.table({"person": ["1", "2"], "action": ["a", "a"], "time": times})
    with pytest.raises(CellUnreadable) as refusal:
        WalkStore.from_table(told)
    assert (refusal.value.column, refusal.value.meaning) == ("time", "time")


def test_the_earliest_whole_number_that_is_a_time_is_read():
    events = understood(pa.table({"person": ["1"], "action": ["a"], "time": [1 - 2**63]}), Columns())
    assert (events.times.tolist(), events.read.time) == ([(1 - 2**63) // 1_000], "integer ns")


@pytest.mark.parametrize(
    ("changed", "cells", "meaning"),
    [
        ("person", pa.array([["1"]]), "person"),
        ("action", pa.array([["a"]]), "name"),
        ("action", pa.array([b"\xff"]), "name"),
        ("value", pa.array([2**63], pa.uint64()), "value"),
        ("value", pa.array([[1]]), "value"),
        ("units", pa.array([2**63], pa.uint64()), "whole number"),
        ("units", pa.array(["many"]), "whole number"),
    ],
)
def test_cells_that_are_not_what_they_mean_are_refused_in_our_words(changed, cells, meaning):
    told = {"person": ["1"], "time": [1], "action": ["a"], "value": [1], "units": [1], changed: cells}
    with pytest.raises(CellUnreadable) as refusal:
        WalkStore.from_table(pa.table(told), Columns(measures=("units",)))
    assert (refusal.value.column, refusal.value.meaning) == (changed, meaning)


def test_what_is_no_table_is_refused_in_our_words(tmp_path):
    frame = table(MOMENTS).to_pandas()
    doubled = frame.set_axis(["customer", "at", "where", "what", "what"], axis=1)
    frame["customer"] = ["7", 7, b"7"]
    for given in ([("1", 1, "a")], None, frame, doubled):
        with pytest.raises(TableUnreadable):
            WalkStore.from_table(given, MAPPED)
    twice = pa.Table.from_arrays([pa.array(["1"]), pa.array([1]), pa.array(["a"]), pa.array(["b"])],
                                 names=["person", "time", "action", "action"])  # fmt: skip
    with pytest.raises(TableUnreadable, match="2 of its columns are called 'action'"):
        WalkStore.from_table(twice)
    (tmp_path / "twice.csv").write_text("person,time,action,action\n1,1,a,b\n")
    with pytest.raises(EventsUnreadable, match=r"twice\.csv"):
        WalkStore.from_parquet(tmp_path / "twice.csv")


def test_a_file_of_a_header_alone_tells_of_nobody(tmp_path):
    (tmp_path / "none.csv").write_text("person,time,channel,action,value\n")
    events = read(tmp_path / "none.csv", Columns(measures=("value",)))
    assert (events.read.rows, events.read.time) == (0, "nothing")
    store = WalkStore.of(events)
    assert (len(store), store.person_count, store.observed_until) == (0, 0, None)
    assert counted(store, Funnel.of("a,b")).persons == (0, 0)


def test_a_channel_for_every_event_is_no_channel():
    with pytest.raises(TooManyNames) as refusal:
        store_of([(1, number, f"c{number}", "a") for number in range(257)])
    assert (refusal.value.column, refusal.value.found, refusal.value.most) == ("channel", 257, 256)
