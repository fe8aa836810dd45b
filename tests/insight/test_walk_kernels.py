"""The loops in C and the walks in NumPy are one thing told twice: the same counts, the same persons, the same bytes."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.test_walk_funnels import funnels
from insight.walk_logs import random_rows, store_of
from noline.insight.walks import dropoffs, handoffs
from noline.insight.walks.funnels import behind, counted, marked, reached
from noline.insight.walks.model import Funnel, FunnelUnreadable, Pauses, Step, Wants
from noline.insight.walks.sequences import bits_of, packs
from noline.insight.walks.service import Walks
from noline.insight.walks.visits import by_channel, visits
from noline.kernel.clock import DAY, HOUR, MINUTE
from noline.kernel.errors import SettingWrong
from noline.stores.walks import kernels
from noline.stores.walks.kernels import clustered, held, settled, taken, taking
from noline.stores.walks.store import numbered

ROOT = Path(__file__).parents[2]
BUILT = pytest.mark.skipif(kernels.built is None, reason="no C compiler built the kernels")

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-6, 12), st.sampled_from("wsm"), st.sampled_from("abcx")), max_size=24
)
PAUSE = st.integers(0, 9)
PAUSES = st.builds(
    lambda quick, days, own, journey: Pauses(quick, days, 3, ("m",), own, journey),
    PAUSE,
    st.sampled_from([(), ("s",), ("w", "s", "m")]),
    st.sampled_from([{}, {"w": 40}]),
    st.integers(0, 30),
)


def both(ask):
    """What each way answers."""
    found = []
    for way in ("numpy", "c"):
        with taking(way):
            found.append(ask())
    return found


def arrays_of(rows):
    return [[column.tolist() for column in one] for one in rows]


def days(rows):
    """The same events, a step of time being six hours, so that some of them share a day."""
    return [(person, at * 6 * HOUR, channel, action) for person, at, channel, action in rows]


# Funnels


@BUILT
@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
@settings(max_examples=150, deadline=None)
@given(data=st.data(), rows=ROWS)
def test_every_funnel_reaches_the_same_persons_by_the_same_events(mode, data, rows):
    funnel = data.draw(funnels(mode))
    store = store_of(rows)
    try:
        events = marked(store, funnel)
    except FunnelUnreadable:
        return
    numpy, c = both(lambda: arrays_of(reached(events, funnel)))
    assert c == numpy
    numpy, c = both(lambda: counted(store, funnel).as_bytes())
    assert c == numpy


@BUILT
@settings(max_examples=100, deadline=None)
@given(
    rows=ROWS,
    steps=st.sampled_from(["a", "a,b", "a,b,c", "c,b,a,x", "a,d,b"]),
    window=st.sampled_from([None, 0, 2, 5]),
    by=st.sampled_from([("first", None), ("first", "channel"), ("last", "channel"), ("all", "channel")]),
)
def test_plain_funnels_count_the_same_persons_and_parts(rows, steps, window, by):
    store = store_of(rows)
    funnel = Funnel.of(steps, window=window, credit=by[0], by=by[1])
    numpy, c = both(lambda: counted(store, funnel).as_bytes())
    assert c == numpy
    assert counted(store, funnel).persons == tuple(one.persons.size for one in reached(marked(store, funnel), funnel))


@BUILT
@pytest.mark.parametrize("credit", ["first", "all"])
@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
def test_threads_over_many_events_count_the_same(mode, credit, monkeypatch):
    monkeypatch.setattr(kernels, "ALONE", 1_000)
    monkeypatch.setattr(kernels, "_threads", lambda: 5)
    store = store_of(random_rows(11, 900, 20_000, actions="abcdxyz", moments=150))
    funnel = Funnel.of("a,b,c,d", window=90, mode=mode, by="channel", credit=credit)
    numpy, c = both(lambda: counted(store, funnel).as_bytes())
    assert c == numpy
    assert counted(store, funnel).persons[3] > 5
    events = marked(store, funnel)
    numpy, c = both(lambda: arrays_of(reached(events, funnel)))
    assert c == numpy


@BUILT
@pytest.mark.parametrize("moments", [400, 10**9])
@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
def test_long_histories_and_many_steps_reach_the_same_with_and_without_equal_moments(mode, moments, monkeypatch):
    monkeypatch.setattr(kernels, "ALONE", 1_000)
    monkeypatch.setattr(kernels, "_threads", lambda: 3)
    store = store_of(random_rows(21, 8, 9_000, actions="abcdefghijx", moments=moments))
    for steps in ("a,b", "a,b,c,d", "w/a,w/b,w/c", "a,b,c,d,e,f,g,h,i,j"):
        for credit in ("first", "last", "all"):
            funnel = Funnel.of(steps, window=moments // 4, mode=mode, by="channel", credit=credit)
            numpy, c = both(lambda asked=funnel: counted(store, asked).as_bytes())
            assert c == numpy
            events = marked(store, funnel)
            numpy, c = both(lambda of=events, asked=funnel: arrays_of(reached(of, asked)))
            assert c == numpy
    assert counted(store, Funnel.of("a,b", window=moments // 4, mode=mode)).persons == (8, 8)


@BUILT
@pytest.mark.parametrize("moments", [300, 10**9])
@pytest.mark.parametrize("events", [40, 56, 57, 58, 64, 90])
def test_steps_in_any_order_are_the_same_in_windows_as_long_as_a_word_and_longer(events, moments):
    store = store_of(random_rows(31, 6, 4_000, actions="abcdxyzuvwpqrstmnokl", moments=moments))
    funnel = Funnel.of("a,b,c,d", window=moments * 6 * events // 4_000, mode="any", by="channel")
    numpy, c = both(lambda: (counted(store, funnel).as_bytes(), arrays_of(reached(marked(store, funnel), funnel))))
    assert c == numpy
    assert counted(store, funnel).persons == (6, 6, 6, 6)


@BUILT
def test_parts_that_a_column_does_not_have_are_refused():
    store = store_of([(1, 0, "w", "a"), (1, 5, "s", "b")])
    columns, plan = held(store), np.array([0, 1, -1, 0, 0, 0, 0, -1, -1, 0])
    told = (columns.part(0, 1), np.array([1, 0], np.uint32), 2, None, plan, np.zeros(1, np.int64), None)
    parts = np.zeros((1, 2), np.int64)
    columns.loops.funnel_reached(*told, store.channels.codes, False, parts)
    assert parts.sum() == 1
    with pytest.raises(OverflowError):
        columns.loops.funnel_reached(*told, store.channels.codes + np.uint8(7), False, parts)
    with pytest.raises(ValueError, match="does not fit the steps"):
        columns.loops.funnel_reached(*told, store.channels.codes[:1], False, parts)


@BUILT
def test_actions_of_two_bytes_and_thirty_steps_count_the_same():
    rows = [(number % 7, number // 40, "w", f"a{number % 290}") for number in range(20_000)]
    store = store_of(rows)
    assert store.actions.codes.dtype == np.uint16
    funnel = Funnel(tuple(Step(f"a{number}") for number in range(30)), None)
    numpy, c = both(lambda: counted(store, funnel).persons)
    assert c == numpy
    assert c[29] == 7
    numpy, c = both(lambda: arrays_of(reached(marked(store, funnel), funnel)))
    assert c == numpy


@BUILT
@pytest.mark.parametrize("stopped", [False, True])
def test_pages_of_the_persons_behind_a_step_are_the_same(stopped):
    store = store_of(random_rows(12, 9_000, 60_000, moments=400))
    funnel = Funnel.of("a,b,c", window=30)
    events = marked(store, funnel)
    for offset in (0, 40, 4_000, 8_900):
        numpy, c = both(lambda at=offset: arrays_of(behind(events, funnel, 1, stopped=stopped, limit=30, offset=at)))
        assert c == numpy
    numpy, c = both(lambda: arrays_of(behind(events, funnel, 1, stopped=stopped, limit=10**6, offset=0)))
    assert c == numpy
    assert len(c[0]) > 500


# Visits, hand-offs, drop-offs


@BUILT
@settings(max_examples=150, deadline=None)
@given(rows=ROWS, pauses=PAUSES)
def test_visits_and_handoffs_are_the_same(rows, pauses):
    for store in (store_of(rows), store_of(days(rows))):
        numpy, c = both(lambda of=store: (by_channel(of, pauses), arrays_of([visits(of, pauses)])))
        assert c == numpy
        numpy, c = both(lambda of=store: handoffs.counted(of, pauses))
        assert c.as_bytes() == numpy.as_bytes()
        assert c == numpy


@BUILT
@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    pauses=PAUSES,
    intents=st.sampled_from([("a",), ("a", "w/b"), ("s/*",), ()]),
    goals=st.sampled_from([("c",), ("c", "a"), ("m/*",), ()]),
    horizon=st.integers(0, 12),
    until=st.sampled_from([None, 5, 100]),
)
def test_drop_offs_and_their_sequences_are_the_same(rows, pauses, intents, goals, horizon, until):
    store, wants = store_of(rows), Wants(intents, goals, horizon)
    numpy, c = both(lambda: dropoffs.counted(store, pauses, wants, until=until))
    assert c.as_bytes() == numpy.as_bytes()
    assert c == numpy
    assert c.top(3) == numpy.top(3) == sorted(dict(c.sequences).items(), key=lambda one: (-one[1], one[0]))[:3]


@BUILT
@pytest.mark.parametrize("persons", [1, 7, 400])
@pytest.mark.parametrize("quick", [0, 2])
def test_histories_of_thousands_of_events_are_walked_the_same_by_every_thread(persons, quick, monkeypatch):
    monkeypatch.setattr(kernels, "ALONE", 1_000)
    monkeypatch.setattr(kernels, "_threads", lambda: 5)
    rows = random_rows(14, persons, 9_000, channels="wsmc", actions="abcde", moments=30_000)
    rows += [(persons, at, "w", "a") for at in range(64)] + [(persons + 1, at, "s", "b") for at in range(65)]
    store, pauses = store_of(rows), Pauses(quick, ("s",), 3, ("m",), {"c": 40}, 300)
    numpy, c = both(lambda: arrays_of([visits(store, pauses)]))
    assert c == numpy
    numpy, c = both(lambda: handoffs.counted(store, pauses).as_bytes())
    assert c == numpy
    numpy, c = both(lambda: dropoffs.counted(store, pauses, Wants(("a", "w/b"), ("c",), 8)))
    assert c.as_bytes() == numpy.as_bytes()
    assert c.whole.lost == sum(c.sequences.values()) > 100
    assert min(c.whole.kept, c.whole.elsewhere, len(c.sequences)) > 10


@BUILT
@pytest.mark.parametrize(("kinds", "rows"), [(1, 2_000), (7, 6_000), (60, 60_000)])
def test_sequences_that_several_threads_counted_are_told_once(kinds, rows, monkeypatch):
    chance = np.random.default_rng(15)
    told = zip(chance.integers(0, rows // 6, rows).tolist(), chance.integers(0, kinds, rows).tolist(), strict=True)
    store = store_of([(person, at * HOUR, "w", f"a{kind}") for at, (person, kind) in enumerate(told)])
    wants = Wants(("w/*",), ("w/nothing",), HOUR)
    with taking("numpy"):
        expected = dropoffs.counted(store, Pauses(), wants)
    for threads in (1, 5):
        monkeypatch.setattr(kernels, "ALONE", 1_000)
        monkeypatch.setattr(kernels, "_threads", lambda of=threads: of)
        with taking("c"):
            found = dropoffs.counted(store, Pauses(), wants)
        assert len(found.sequences) == len(expected.sequences) >= kinds
        assert sum(found.sequences.values()) == found.whole.lost > rows * 0.9
        assert found.as_bytes() == expected.as_bytes()


@BUILT
def test_a_tally_is_told_once_and_nothing_else_is_one():
    store = store_of([(1, 0, "w", "a"), (1, 40 * DAY, "w", "b"), (2, 50 * DAY, "w", "a"), (2, 90 * DAY, "w", "b")])
    columns, facts = held(store), np.zeros((2, 8), np.int64)
    asked = np.array([0, 1]), np.array([1, 0], np.uint32), 2, bits_of(store), DAY, 90 * DAY, facts
    parts = [columns.loops.drop_offs(columns.part(person, person + 1), *asked) for person in (0, 1)]
    found = kernels.together(columns, [*parts])
    assert (found.numbers.tolist(), found.counts.tolist()) == ([1], [2])
    assert kernels.together(columns, parts).numbers.size == 0
    for others in ([], [*parts, 1]):
        with pytest.raises(ValueError, match="no tallies"):
            kernels.together(columns, others)


@BUILT
def test_the_longest_gaps_and_many_channels_fall_into_the_same_bins(monkeypatch):
    monkeypatch.setattr(kernels, "ALONE", 1_000)
    chance = np.random.default_rng(3)
    moments = np.cumsum((2.0 ** chance.uniform(0, 50, 4_000)).astype(np.int64))
    moments -= moments[2_000]
    far = [(number // 900, int(at), f"c{number % 60}", "a") for number, at in enumerate(moments)]
    numpy, c = both(lambda: handoffs.counted(store_of(far), Pauses(journey=2**52)))
    assert c.as_bytes() == numpy.as_bytes()
    assert len(c.borders) == 60
    assert len({number for *_, number in c.gaps}) > 400


@BUILT
def test_as_many_kinds_of_visits_as_a_number_holds_are_told_by_the_loops():
    rows = [(number % 50, number * MINUTE, f"c{number % 63}", f"a{number % 65}") for number in range(5_000)]
    store = store_of(rows)
    assert bits_of(store) == 12
    assert packs(store)
    wants = Wants(("a1", "c62/a64"), ("a2",), MINUTE)
    numpy, c = both(lambda: dropoffs.counted(store, Pauses(), wants))
    assert c.as_bytes() == numpy.as_bytes()
    assert ("c62/a64",) in {sequence[-1:] for sequence in c.sequences}
    assert sum(c.sequences.values()) == c.whole.lost > 0
    with pytest.raises(ValueError, match="bits that do not fit"):
        kernels.built.drop_offs(
            held(store).part(0, 1),
            np.zeros(64, np.int64),
            np.zeros(65, np.uint32),
            65,
            11,
            0,
            0,
            np.zeros((64, 8), np.int64),
        )


@BUILT
def test_more_kinds_of_visits_than_a_number_holds_are_told_by_numpy():
    rows = [(number % 50, number * MINUTE, f"c{number % 90}", f"a{number % 70}") for number in range(3_000)]
    store = store_of(rows)
    assert not packs(store)
    wants = Wants(("a1",), ("a2",), MINUTE)
    numpy, c = both(lambda: dropoffs.counted(store, Pauses(), wants))
    assert c.as_bytes() == numpy.as_bytes()
    assert sum(c.sequences.values()) == c.whole.lost > 0
    numpy, c = both(lambda: handoffs.counted(store, Pauses()))
    assert c.as_bytes() == numpy.as_bytes()


@BUILT
def test_moments_that_the_loops_do_not_hold_are_walked_by_numpy():
    rows = [(1, 0, "w", "a"), (1, 2**60 + 5, "s", "b")]
    store = store_of(rows)
    columns = held(store)
    with pytest.raises(OverflowError):
        columns.loops.visit_counts(columns.part(0, 1), np.array([1, 1, 1]), np.zeros(2, np.int64))
    funnel = Funnel.of("a,b", window=None)
    assert counted(store, funnel).persons == (1, 1)
    assert arrays_of(behind(marked(store, funnel), funnel, 1, stopped=False, limit=5, offset=0)) == [[0], [0], [1]]
    assert handoffs.counted(store, Pauses(journey=2**61)).borders == {("w", "s"): 1}
    assert dropoffs.counted(store, Pauses(), Wants(("a",), ("b",))).whole.lost == 1
    assert by_channel(store, Pauses()) == {"w": 1, "s": 1}


# Building


@BUILT
@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(-4, 4)), max_size=90))
def test_the_order_of_a_store_is_the_same(rows):
    persons = np.array([person for person, _ in rows], np.uint32)
    times = np.array([time for _, time in rows], np.int64)
    numpy, c = both(lambda: arrays_of([clustered(persons, times, 7)]))
    assert c == numpy
    assert c[0][1] == sorted(range(len(rows)), key=lambda number: (rows[number], number))


@BUILT
def test_long_histories_told_backwards_are_put_in_order():
    chance = np.random.default_rng(5)
    times = -np.arange(50_000) // 3
    persons = chance.integers(0, 3, times.size).astype(np.uint32)
    numpy, c = both(lambda: clustered(persons, times, 3).order)
    assert (c == numpy).all()
    assert (c == np.lexsort((times, persons))).all()


@BUILT
@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.uint16, np.float32, np.int64, "S3", np.complex128])
def test_columns_of_every_width_are_taken_in_order(kind):
    order = np.random.default_rng(2).permutation(250_000).astype(np.uint32)
    column = (np.arange(order.size) % 251).astype(kind)
    numpy, c = both(lambda: taken(column, order))
    assert numpy.dtype == c.dtype
    assert (numpy == c).all()


@BUILT
@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.one_of(st.integers(0, 5), st.integers(-(2**63), 2**63 - 1)), max_size=60))
def test_persons_whose_names_are_numbers_are_numbered_as_they_appear(values):
    column = pa.chunked_array([pa.array(values[:9], pa.int64()), pa.array(values[9:], pa.int64())])
    (numpy, names), (c, same) = both(lambda: numbered(column))
    assert (numpy.tolist(), names.to_pylist()) == (c.tolist(), same.to_pylist())
    assert (c.dtype, same.type) == (numpy.dtype, names.type)


@BUILT
def test_a_crowd_of_numbers_is_numbered_as_it_appears():
    values = np.random.default_rng(6).integers(0, 40_000, 300_000) * 2**40
    (numpy, names), (c, same) = both(lambda: numbered(pa.chunked_array([pa.array(values)])))
    assert (numpy == c).all()
    assert names.equals(same)


@BUILT
def test_stores_are_the_same_in_every_column():
    rows = random_rows(8, 60, 3_000, moments=70)
    numpy, c = both(lambda: store_of(rows))
    for name in ("times", "persons", "offsets", "values"):
        one, other = getattr(numpy, name), getattr(c, name)
        assert one.dtype == other.dtype
        assert (one == other).all(), name
    assert (numpy.actions.codes == c.actions.codes).all()
    assert (numpy.channels.codes == c.channels.codes).all()


# What does not fit is refused


@BUILT
def test_buffers_that_do_not_fit_each_other_are_refused():
    store = store_of([(1, 0, "w", "a"), (1, 5, "s", "b"), (2, 5, "s", "b")])
    columns = held(store)
    counts, table = np.zeros(2, np.int64), np.zeros(256, np.uint8)
    wrong = {
        "persons that there are not": (columns.part(0, 3), table, counts),
        "different lengths": (columns._replace(actions=columns.actions[:2]).part(0, 2), table, counts),
        "outside of the columns": (columns._replace(offsets=np.array([0, 9, 3])).part(0, 2), table, counts),
        "not those of the actions": (columns.part(0, 2), table[:9], counts),
        "a step that there is not": (columns.part(0, 2), table + np.uint8(3), counts),
    }
    for why, (part, steps, into) in wrong.items():
        with pytest.raises(ValueError, match=why):
            columns.loops.funnel_counts(part, steps, 2, -1, None, 0, into, None)
    with pytest.raises(ValueError, match="a pause for each"):
        columns.loops.visit_counts(columns.part(0, 2), np.array([5, 5]), counts[:1])
    with pytest.raises(OverflowError):
        columns.loops.gather(counts, np.array([0, 2], np.uint32), np.zeros(2, np.int64), 8, 0, 2)
    with pytest.raises(OverflowError):
        columns.loops.scatter(np.array([0, 1], np.uint32), np.zeros(2, np.int64), np.zeros(2, np.uint32))
    with pytest.raises((BufferError, ValueError), match="contiguous"):
        columns.loops.visit_counts(columns.part(0, 2), np.arange(6)[::2], counts)


# Which way is taken


def test_the_environment_settles_the_way():
    assert [settled(told, there=True) for told in ("", "c", "numpy")] == ["c", "c", "numpy"]
    assert [settled(told, there=False) for told in ("", "numpy")] == ["numpy", "numpy"]
    with pytest.raises(SettingWrong, match="no C compiler built the kernels"):
        settled("c", there=False)
    with pytest.raises(SettingWrong, match="c, numpy or nothing"):
        settled("fortran", there=True)


@pytest.mark.parametrize("way", ["numpy", pytest.param("c", marks=BUILT)])
def test_the_variable_is_read_where_the_module_is_loaded(way):
    words = [sys.executable, "-c", "from noline.stores.walks import kernels; print(kernels.way())"]
    told = subprocess.run(words, env={**os.environ, "NOLINE_KERNELS": way}, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == way


def test_without_loops_numpy_answers_everything(monkeypatch):
    monkeypatch.setattr(kernels, "built", None)
    with taking("numpy"):
        store = store_of(random_rows(13, 50, 900, moments=99))
        assert held(store) is None
        walks = Walks(store)
        assert walks.funnel(Funnel.of("a,b,c", window=20)).levels[2].persons > 0
        assert len(walks.behind(Funnel.of("a,b,c", window=20), 2)) > 0
        assert walks.drop_offs(Wants(("a",), ("c",), DAY)).whole.visits > 0


@pytest.mark.long
def test_a_machine_without_a_compiler_installs_and_walks(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    left = shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=left)
    no_compiler = {**os.environ, "CC": "false", "LDSHARED": "false"}
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path / "wheel"), str(source)]
    subprocess.run(words, env=no_compiler, check=True)
    (wheel,) = (tmp_path / "wheel").glob("noline-*.whl")
    place = tmp_path / "installed"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(place)], check=True)
    assert not list(place.rglob("_kernels*.so"))
    asked = (
        "from noline.stores.walks import kernels; print(kernels.way(), kernels.__file__);"
        "import pyarrow as pa; from noline.stores.walks.store import WalkStore;"
        "from noline.insight.walks.service import Walks; from noline.insight.walks.model import Funnel;"
        "table = pa.table({'person': [1, 1, 2], 'time': [1, 2, 3], 'action': ['a', 'b', 'a']});"
        "print(Walks(WalkStore.from_table(table)).funnel(Funnel.of('a,b')).counts.persons)"
    )
    packages = sysconfig.get_paths()["purelib"]
    alone = {**os.environ, "PYTHONPATH": os.pathsep.join([str(place), packages])}
    told = subprocess.run([sys.executable, "-S", "-c", asked], env=alone, capture_output=True, text=True, check=True)
    assert told.stdout.split("\n")[:2] == [f"numpy {place}/noline/stores/walks/kernels.py", "(2, 1)"]
