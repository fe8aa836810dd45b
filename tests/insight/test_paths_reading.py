"""Paths from files, and from a hub's own history."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from insight.handwritten import at
from noline.insight.paths.histories import of_history
from noline.insight.paths.model import AskedWrong, Paths, PathsUnreadable
from noline.insight.paths.service import PathCredit, read
from noline.kernel.clock import DAY
from noline.kernel.errors import NotFound
from noline.kernel.words import word_for
from noline.stores.analytical import TABLES, as_table
from noline.stores.walks import history


def told(paths: Paths) -> list[tuple[str, int, int, int]]:
    """Paths as rows."""
    names = [paths.names[code] for code in paths.codes]
    return [
        (" > ".join(names[low:high]), int(paths.conversions[path]), int(paths.nulls[path]), int(paths.values[path]))
        for path, (low, high) in enumerate(zip(paths.offsets[:-1], paths.offsets[1:], strict=True))
    ]


# Files

ROWS = [("mail > web", 2, 1, 500), ("web", 0, 3, 0), ("store>mail", 1, 0, 70)]
COLUMNS = ("path", "conversions", "null", "value")
READ = [("mail > web", 2, 1, 500), ("web", 0, 3, 0), ("store > mail", 1, 0, 70)]


@pytest.fixture
def file(tmp_path):
    """Write rows into a file of a kind."""

    def write(name, rows=ROWS, columns=COLUMNS):
        path = tmp_path / name
        if name.endswith(".parquet"):
            parquet.write_table(pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True))), path)
        elif name.endswith(".ndjson"):
            path.write_text("\n".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows), "utf-8")
        else:
            sign = ";" if name.startswith("semicolon") else ","
            lines = [sign.join(str(cell) for cell in row) for row in [columns, *rows]]
            path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


@pytest.mark.parametrize("name", ["paths.csv", "semicolon.csv", "paths.parquet", "paths.ndjson"])
def test_a_file_of_any_kind_is_read_alike(file, name):
    found = read(file(name))
    assert told(found.paths) == READ
    assert found.value == "whole"


@pytest.mark.parametrize("name", ["lists.parquet", "lists.ndjson"])
def test_a_path_may_be_a_list(file, name):
    rows = [(text.replace(" ", "").split(">"), *rest) for text, *rest in ROWS]
    assert told(read(file(name, rows)).paths) == READ


def test_columns_are_named_by_the_mapping(file):
    path = file("other.csv", columns=("journey", "won", "failed", "cents"))
    mapping = {"path": "journey", "conversions": "won", "null": "failed", "value": "cents"}
    assert told(read(path, mapping).paths) == READ


def test_without_counts_each_row_is_one_success_and_without_conversions_a_failure_is_none(file):
    assert told(read(file("a.csv", [("a > b",), ("b",)], ("path",))).paths) == [("a > b", 1, 0, 0), ("b", 1, 0, 0)]
    found = read(file("b.csv", [("a > b", 0), ("b", 1)], ("path", "null"))).paths
    assert told(found) == [("a > b", 1, 0, 0), ("b", 0, 1, 0)]


def test_values_with_fractions_are_major_units(file):
    found = read(file("money.csv", [("a", 1, 0, 12.5), ("b", 1, 0, "")]))
    assert (found.value, found.paths.values.tolist()) == ("hundredths", [1250, 0])


def test_many_names_take_two_bytes(file):
    path = file("many.csv", [(f"c{number} > c{number + 1}", 1, 0, 0) for number in range(300)])
    found = read(path).paths
    assert found.codes.dtype == np.uint16
    assert PathCredit(found).attribute("shapley").conversions.sum() == pytest.approx(300)


@pytest.mark.parametrize(
    ("rows", "columns", "why"),
    [
        (ROWS, ("way", "conversions", "null", "value"), "there is not one column 'path' for path"),
        ([("a", "many", 0, 0)], COLUMNS, "'conversions' does not hold whole numbers of conversions"),
        ([("a", 1.5, 0, 0)], COLUMNS, "'conversions' does not hold whole numbers of conversions"),
        ([("a", 1, 0, "dear")], COLUMNS, "is no value"),
        ([("a", 1, 0, 0), ("a >  > b", 1, 0, 0)], COLUMNS, "path 2 has a touch without a name"),
        ([("a", -1, 0, 0)], COLUMNS, "conversions of path 1 is below 0"),
        ([("a", 0, 1, 9)], COLUMNS, "path 1 has a value, but no conversion"),
    ],
)
def test_a_file_that_holds_no_paths_is_refused_with_its_reason(file, rows, columns, why):
    path = file("wrong.csv", rows, columns)
    with pytest.raises(PathsUnreadable) as refusal:
        read(path)
    assert why in refusal.value.facts["why"]
    assert refusal.value.facts["path"] == path


def test_channels_of_a_text_file_may_be_numbers_and_a_column_of_numbers_holds_no_paths(file):
    assert told(read(file("numbers.csv", [(7, 1, 0, 0)])).paths) == [("7", 1, 0, 0)]
    with pytest.raises(PathsUnreadable, match="holds int64, no paths"):
        read(file("numbers.parquet", [(7, 1, 0, 0)]))


def test_a_broken_file_a_missing_file_and_an_unknown_meaning_are_refused(tmp_path, file):
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no table")
    with pytest.raises(PathsUnreadable):
        read(broken)
    with pytest.raises(NotFound):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(PathsUnreadable, match="'person' is none of path"):
        read(file("fine.csv"), {"person": "path"})


def test_a_file_of_a_header_alone_has_no_paths(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("path,conversions\n", "utf-8")
    assert told(read(path).paths) == []


# History


def paths_of(log, **asked):
    return of_history(history.read(log.written()), **{"window_us": 30 * DAY, **asked})


def order(log, when, channel, name, value, **more):
    log.say(when, channel, "Order Completed", object_id=name, value_minor=value, **more)


def test_an_order_ends_a_path_of_what_its_person_did_since_the_order_before(log):
    log.say(at(1), "mail", "Promotion Clicked")
    log.say(at(2), "web", "Product Viewed")
    log.say(at(2, 1), "web", "Product Added")
    order(log, at(3), "store", "o-1", 900)
    log.say(at(4), "web", "Product Viewed")
    order(log, at(5), "web", "o-2", 400)
    order(log, at(3), "web", "o-3", 100, subject=2)
    found = paths_of(log)
    assert sorted(told(found)) == [
        ("mail > web > store", 1, 0, 900),
        ("web", 1, 0, 100),
        ("web", 1, 0, 400),
    ]


def test_touches_of_one_channel_side_by_side_count_each_where_that_is_asked(log):
    log.say(at(2), "web", "Product Viewed")
    order(log, at(3), "web", "o-1", 900)
    assert told(paths_of(log)) == [("web", 1, 0, 900)]
    assert told(paths_of(log, repeated=True)) == [("web > web", 1, 0, 900)]
    assert paths_of(log).times.tolist() == [at(3)]


def test_what_led_to_no_order_in_time_is_a_path_without_success(log):
    log.say(at(0), "app", "Product Viewed")
    log.say(at(40), "web", "Product Viewed")
    order(log, at(45), "store", "o-1", 900)
    log.say(at(50), "mail", "Promotion Clicked")
    log.say(at(99), "call", "Call Started", subject=None)
    assert told(paths_of(log)) == [("app", 0, 1, 0), ("web > store", 1, 0, 900), ("mail", 0, 1, 0)]


def test_a_pause_longer_than_the_window_parts_what_led_to_no_order(log):
    for day, channel in ((0, "app"), (20, "web"), (60, "mail")):
        log.say(at(day), channel, "Promotion Clicked")
    log.say(at(99), "call", "Call Started", subject=None)
    assert told(paths_of(log)) == [("app > web", 0, 1, 0), ("mail", 0, 1, 0)]


def test_a_path_whose_window_is_still_open_is_left_out(log):
    log.say(at(0), "app", "Product Viewed")
    log.say(at(29), "call", "Call Started", subject=None)
    assert told(paths_of(log)) == []


def test_the_window_is_over_at_its_last_moment(log):
    log.say(at(0), "app", "Product Viewed")
    log.say(at(30), "call", "Call Started", subject=None)
    assert told(paths_of(log)) == [("app", 0, 1, 0)]


def test_an_order_that_two_messages_tell_is_one_and_its_delivery_leads_to_none(log):
    log.say(at(1), "web", "Order Placed", object_id="o-1", value_minor=500)
    order(log, at(2), "erp", "o-1", 500)
    log.say(at(3), "erp", "Order Shipped", object_id="o-1")
    log.say(at(9), "store", "Store Visited")
    log.say(at(99), "call", "Call Started", subject=None)
    assert told(paths_of(log)) == [("web", 1, 0, 500), ("store", 0, 1, 0)]
    assert told(paths_of(log, leaving_out=())) == [("web", 1, 0, 500), ("erp > store", 0, 1, 0)]


def test_what_was_merely_sent_is_no_touch(log):
    log.say(at(1), "mail", "Mailing Sent")
    order(log, at(2), "store", "o-1", 100)
    assert told(paths_of(log)) == [("store", 1, 0, 100)]


def test_units_are_stores_by_their_id_and_channels(log):
    log.say(at(1), "web", "Product Reserved", store_id="paris-1")
    log.say(at(2), "store", "Store Visited", store_id="lyon-2")
    log.say(at(3), "store", "Store Visited")
    order(log, at(4), "store", "o-1", 100, store_id="paris-1")
    assert told(paths_of(log, by="unit")) == [("web > lyon-2 > store > paris-1", 1, 0, 100)]
    assert told(paths_of(log)) == [("web > store", 1, 0, 100)]


def test_orders_without_an_id_are_each_one(log):
    for hour in (1, 2):
        log.say(at(1, hour), "store", "Order Completed", value_minor=100)
    assert told(paths_of(log)) == [("store", 1, 0, 100), ("store", 1, 0, 100)]


# One person after the other, one touch after the other

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 40),
        st.sampled_from(["web", "store", "mail"]),
        st.sampled_from(["Product Viewed", "Order Completed", "Order Placed", "Order Shipped", "Mailing Sent"]),
        st.sampled_from(["", "o-1", "o-2"]),
    ),
    max_size=25,
)


def one_by_one(rows, window, until):
    """The paths of the rows by the words of their definition."""
    found = []
    for person in sorted({row[0] for row in rows}):
        mine = sorted((row for row in rows if row[0] == person), key=lambda row: row[1])
        touches, known = [], set()
        for place, (_, when, channel, action, name) in enumerate(mine):
            is_order = action.startswith("Order") and action != "Order Shipped"
            if is_order and not (name and name in known):
                known.add(name)
                touches.append((when, channel, place + 1))
            elif not is_order and action == "Product Viewed":
                touches.append((when, channel, 0))
        waiting = []
        for when, channel, order in touches:
            waiting.append((when, channel))
            if order:
                found += failed([one for one in waiting if one[0] < when - window], window, until)
                found.append((short([name for at, name in waiting if at >= when - window]), 1, 0))
                waiting = []
        found += failed(waiting, window, until)
    return sorted(found)


def failed(touches, window, until):
    """Touches that led to no order, parted at pauses; those whose window is still open left out."""
    parts = []
    for when, name in touches:
        if not parts or when - parts[-1][-1][0] > window:
            parts.append([])
        parts[-1].append((when, name))
    return [(short([name for _, name in part]), 0, 1) for part in parts if part[-1][0] + window <= until]


def short(names):
    return " > ".join(name for place, name in enumerate(names) if not place or names[place - 1] != name)


@settings(max_examples=200, deadline=None)
@given(rows=EVENTS, window=st.integers(1, 15))
def test_a_history_tells_the_paths_that_one_touch_after_the_other_tells(rows, window):
    found = of_history(history_of(rows), window_us=window)
    assert sorted(row[:3] for row in told(found)) == one_by_one(rows, window, max((row[1] for row in rows), default=0))


def history_of(rows):
    """A history of (person, moment, channel, action, order) without an engine."""
    columns = {name: [None] * len(rows) for name in TABLES["touchpoints"].columns}
    for place, name in enumerate(("subject", "occurred_at", "channel", "action", "object_id")):
        columns[name] = [row[place] for row in rows]
    columns["seq"] = list(range(1, len(rows) + 1))
    columns["stage"] = [word_for(row[3]).stage.value for row in rows]
    columns["exposure"] = [word_for(row[3]).exposure for row in rows]
    table = as_table("touchpoints", columns)
    named = table.rename_columns(["amount_minor" if name == "value_minor" else name for name in table.column_names])
    nobody = history.People(np.zeros(0, np.int64), np.zeros(0, np.int64))
    until = max((row[1] for row in rows), default=None)
    return history.built(history.Rows(named, until), nobody, history.Rates(), history.Version(len(rows), 0))


def test_an_empty_history_has_no_paths_and_a_window_is_above_zero(log):
    assert told(paths_of(log)) == []
    with pytest.raises(AskedWrong):
        paths_of(log, window_us=0)
