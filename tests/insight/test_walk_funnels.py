"""Funnels: the fast way is the definition, is every chain tried, is DuckDB, is ClickHouse; to the last person."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight import walk_brute_force as brute
from insight.walk_logs import events_of, random_rows, store_of, table_of
from noline.insight.walks import plain
from noline.insight.walks.funnels import counted, marked, overlap, reached
from noline.insight.walks.model import Funnel, FunnelUnreadable, SpanUnreadable, Step, StepUnknown, span, span_text
from noline.insight.walks.service import Walks, merged
from noline.insight.walks.unfinished import still_open
from noline.kernel.clock import DAY
from noline.kernel.errors import NotFound

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 5), st.sampled_from("ws"), st.sampled_from("abcx")), max_size=9
)
NAMES = st.one_of(
    st.permutations(["a", "b", "c", "d"]),
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "w/a", "s/*"]), min_size=1, max_size=3),
)
SPAN = st.one_of(st.none(), st.integers(0, 3))


@st.composite
def funnels(draw, mode: str) -> Funnel:
    names = draw(NAMES)[: draw(st.integers(1, 4))]
    steps = []
    for number, name in enumerate(names):
        least, most = (draw(SPAN), draw(SPAN)) if number and mode != "any" else (None, None)
        if least is not None and most is not None and least > most:
            least, most = most, least
        optional = number > 0 and mode == "ordered" and draw(st.booleans())
        steps.append(Step(name, optional, least, most))
    without = draw(st.sampled_from([(), (), ("x",)]))
    ends = draw(st.sampled_from(["chain", "person"])) if mode == "ordered" else "person"
    tolerance = draw(st.sampled_from([0, 0, 1])) if mode == "ordered" else 0
    return Funnel(tuple(steps), draw(st.sampled_from([None, 0, 2, 4])), mode, tolerance, without, ends)


@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
@settings(max_examples=100, deadline=None)
@given(data=st.data(), rows=ROWS)
def test_those_who_stopped_and_still_have_time_are_told(mode, data, rows):
    funnel = data.draw(funnels(mode))
    store = store_of(rows)
    names = [step.what for step in funnel.steps]
    overlapping = overlap(store, names)
    try:
        events = marked(store, funnel)
    except FunnelUnreadable:
        return
    waiting = 0
    for person in range(store.person_count):
        told = events_of(store, person, names, funnel.without)
        begins = [event.at for event in told if (event.steps if mode == "any" else 0 in event.steps)]
        if begins and not (funnel.ends == "person" and any(event.banned for event in told)):
            in_time = funnel.window is None or max(begins) + funnel.window > store.observed_until
            waiting += in_time and len(names) - 1 not in plain.reached(told, funnel, overlapping=overlapping)
    assert still_open(events, funnel, store.observed_until or 0) == waiting


def test_a_window_is_open_until_its_very_end():
    rows = [("a", 0, "web", "view"), ("b", 0, "web", "view"), ("b", DAY, "web", "buy"), ("c", 7 * DAY, "web", "look")]
    a_moment_more = Funnel.of("view, buy", window=7 * DAY + 1)
    assert Walks(store_of(rows)).funnel(Funnel.of("view, buy")).still_open == 0
    assert Walks(store_of(rows)).funnel(a_moment_more).still_open == 1
    again = [*rows, ("a", 6 * DAY, "web", "view")]
    assert Walks(store_of(again)).funnel(Funnel.of("view, buy")).still_open == 1


@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
@settings(max_examples=250, deadline=None)
@given(data=st.data(), rows=ROWS)
def test_all_at_once_is_one_after_the_other_is_every_chain_tried(mode, data, rows):
    funnel = data.draw(funnels(mode))
    store = store_of(rows)
    names = [step.what for step in funnel.steps]
    try:
        steps = reached(marked(store, funnel), funnel)
    except FunnelUnreadable:
        assert overlap(store, names)
        return
    overlapping = overlap(store, names)
    for person in range(store.person_count):
        first = int(store.offsets[person])
        events = events_of(store, person, names, funnel.without)
        fast = {
            number: plain.Chain(int(one.began[row]) - first, int(one.ended[row]) - first)
            for number, one in enumerate(steps)
            for row in range(one.persons.size)
            if one.persons[row] == person
        }
        assert fast == plain.reached(events, funnel, overlapping=overlapping)
        told = [(event.at, event.steps, event.banned) for event in events]
        assert [number in fast for number in range(len(names))] == brute.levels(told, funnel, overlapping=overlapping)


def test_who_looks_twice_and_buys_late_is_not_lost():
    days = [(1, 0, "w", "look"), (1, 7 * DAY, "w", "look"), (1, 8 * DAY, "w", "buy")]
    assert counted(store_of(days), Funnel.of("look, buy")).persons == (1, 1)


def test_the_window_is_counted_from_the_first_step():
    days = [(1, 0, "w", "a"), (1, 5 * DAY, "w", "b"), (1, 10 * DAY, "w", "c")]
    assert counted(store_of(days), Funnel.of("a,b,c", window=10 * DAY)).persons == (1, 1, 1)
    assert counted(store_of(days), Funnel.of("a,b,c", window=10 * DAY - 1)).persons == (1, 1, 0)
    assert counted(store_of(days), Funnel.of("a,b,c", window=None)).persons == (1, 1, 1)


def test_a_step_may_name_its_channel():
    rows = [(1, 0, "web", "view"), (1, 1, "store", "view"), (2, 0, "web", "view"), (2, 1, "web", "view")]
    assert counted(store_of(rows), Funnel.of("web/view, store/*")).persons == (2, 1)


def test_equal_moments_count_either_way_but_one_event_is_one_step():
    assert counted(store_of([(1, 5, "w", "b"), (1, 5, "w", "a")]), Funnel.of("a,b")).persons == (1, 1)
    assert counted(store_of([(1, 5, "w", "a")]), Funnel.of("a,a")).persons == (1, 0)
    assert counted(store_of([(1, 5, "w", "a"), (1, 5, "w", "a")]), Funnel.of("a,a")).persons == (1, 1)


def test_strictly_nothing_else_happens_inside_not_even_at_the_same_moment():
    rows = [(1, 0, "w", "a"), (1, 1, "w", "b"), (1, 1, "w", "x"), (1, 2, "w", "c")]
    funnel = Funnel.of("a,b,c", mode="strict")
    assert counted(store_of(rows), funnel).persons == (1, 1, 0)
    # What happens at the moment of the first or the last step may as well have happened before or after them.
    assert counted(store_of([*rows[:2], (1, 0, "w", "x"), rows[3], (1, 2, "w", "x")]), funnel).persons == (1, 1, 1)


def test_an_optional_step_may_be_left_out():
    rows = [(1, 0, "w", "a"), (1, 2, "w", "c"), (2, 0, "w", "a"), (2, 1, "w", "b"), (2, 2, "w", "c")]
    answer = Walks(store_of(rows)).funnel(Funnel.of("a, b?, c"))
    assert [level.persons for level in answer.levels] == [2, 1, 2]
    assert answer.levels[2].of_before.value == 1.0


def test_what_must_not_happen_ends_the_chain_or_the_person():
    rows = [(1, 0, "w", "a"), (1, 1, "w", "x"), (1, 2, "w", "b"), (2, 0, "w", "a"), (2, 1, "w", "b"), (2, 9, "w", "x")]
    store = store_of(rows)
    assert counted(store, Funnel.of("a,b", without=("x",))).persons == (2, 1)
    assert counted(store, Funnel.of("a,b", without=("x",), ends="person")).persons == (0, 0)


# Parts


BROUGHT = [
    (1, 0, "mail", "a"), (1, 1, "web", "b"), (1, 2, "store", "c"),
    (2, 0, "web", "a"), (2, 1, "web", "b"),
    (3, 0, "web", "a"), (3, 1, "web", "b"), (3, 2, "web", "c"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "parts"),
    [
        ("first", {"mail": (1, 1, 1), "web": (2, 2, 1)}),
        ("last", {"store": (1, 1, 1), "web": (2, 2, 1)}),
        ("all", {"mail": (1, 0, 0), "web": (2, 2, 1)}),
    ],
)
def test_persons_are_parted_by_the_first_the_last_or_each_channel(credit, parts):
    counts = counted(store_of(BROUGHT), Funnel.of("a,b,c", by="channel", credit=credit))
    assert counts.persons == (3, 3, 2)
    assert counts.parts == parts


def test_parts_of_the_first_or_last_event_add_up_to_the_whole():
    store = store_of(random_rows(3, 400, 4000, moments=60))
    for mode in ("ordered", "strict", "any"):
        for credit in ("first", "last"):
            counts = counted(store, Funnel.of("a,b,c", window=9, mode=mode, by="channel", credit=credit))
            sums = tuple(sum(part[step] for part in counts.parts.values()) for step in range(3))
            assert sums == counts.persons, (mode, credit)


def test_a_breakdown_may_use_any_further_column():
    table = table_of(BROUGHT).append_column("country", [["FR", "FR", "FR", "CH", "CH", None, None, None]])
    from noline.stores.walks.events import Columns
    from noline.stores.walks.store import WalkStore

    store = WalkStore.from_table(table, Columns(parts=("country",)))
    counts = counted(store, Funnel.of("a,b,c", by="country"))
    assert counts.parts == {"": (1, 1, 1), "CH": (1, 1, 0), "FR": (1, 1, 1)}
    with pytest.raises(NotFound):
        counted(store, Funnel.of("a,b,c", by="planet"))


# Persons


def test_the_persons_behind_a_step_come_page_by_page():
    walks = Walks(store_of(BROUGHT))
    funnel = Funnel.of("a,b,c")
    assert [one.person for one in walks.behind(funnel, 1)] == ["1", "2", "3"]
    assert [one.person for one in walks.behind(funnel, 1, limit=2)] == ["1", "2"]
    assert [one.person for one in walks.behind(funnel, 1, limit=2, offset=2)] == ["3"]
    assert [one.person for one in walks.behind(funnel, 1, stopped=True)] == ["2"]
    assert walks.behind(funnel, 2) == [("1", 0, 2), ("3", 0, 2)]
    with pytest.raises(NotFound):
        walks.behind(funnel, 3)


def test_the_pages_behind_a_step_hold_each_of_its_persons_once():
    walks = Walks(store_of(random_rows(8, 300, 3000, moments=50)))
    funnel = Funnel.of("a,b,c", window=5)
    for step, level in enumerate(walks.funnel(funnel).levels):
        pages = [walks.behind(funnel, step, limit=50, offset=offset) for offset in range(0, 350, 50)]
        persons = [one.person for page in pages for one in page]
        assert len(set(persons)) == len(persons) == level.persons > 0


# Others


ENGINE_ROWS = random_rows(5, 700, 9000, moments=24)


@pytest.mark.parametrize("window", [0, 2, 9])
def test_duckdb_counts_the_same_persons(window):
    import duckdb

    events = table_of(ENGINE_ROWS)
    found = (
        duckdb.connect()
        .execute(
            """
            WITH e AS (SELECT person, epoch_us(time) AS t, action FROM events),
            a AS (SELECT person, t, t AS began FROM e WHERE action = 'a'),
            b AS (
                SELECT e.person, e.t, max(a.began) AS began FROM e JOIN a
                ON a.person = e.person AND a.t <= e.t AND e.t - a.began <= $window
                WHERE e.action = 'b' GROUP BY ALL
            ),
            c AS (
                SELECT e.person, e.t, max(b.began) AS began FROM e JOIN b
                ON b.person = e.person AND b.t <= e.t AND e.t - b.began <= $window
                WHERE e.action = 'c' GROUP BY ALL
            )
            SELECT 'a', list(DISTINCT person ORDER BY person) FROM a
            UNION ALL SELECT 'b', list(DISTINCT person ORDER BY person) FROM b
            UNION ALL SELECT 'c', list(DISTINCT person ORDER BY person) FROM c
            """,
            {"window": window},
        )
        .fetchall()
    )
    assert events.num_rows == 9000
    walks = Walks(store_of(ENGINE_ROWS))
    funnel = Funnel.of("a,b,c", window=window)
    ours = [sorted(one.person for one in walks.behind(funnel, step, limit=9999)) for step in range(3)]
    assert ours == [persons for _, persons in found]
    assert 0 < len(ours[2]) < len(ours[0])


@pytest.mark.parametrize("window", [0, 2, 9])
def test_clickhouse_counts_the_same_persons(window, tmp_path):
    chdb = pytest.importorskip("chdb")
    import json

    import pyarrow.parquet as pq

    pq.write_table(table_of(ENGINE_ROWS), tmp_path / "events.parquet")
    said = chdb.query(
        f"""
        SELECT person, windowFunnel({window})(
            toUInt64(toUnixTimestamp64Micro(assumeNotNull(time))), action = 'a', action = 'b', action = 'c'
        ) AS level
        FROM file('{tmp_path}/events.parquet', Parquet) GROUP BY person
        """,
        "JSONCompact",
    )
    theirs = dict(json.loads(str(said))["data"])
    walks = Walks(store_of(ENGINE_ROWS))
    ours = dict.fromkeys(theirs, 0)
    for step in range(3):
        for one in walks.behind(Funnel.of("a,b,c", window=window), step, limit=9999):
            ours[one.person] = step + 1
    assert ours == theirs
    assert set(theirs.values()) == {0, 1, 2, 3}


@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
def test_any_number_of_shards_gives_the_same_bytes(mode):
    store = store_of(random_rows(7, 500, 5000, moments=80))
    funnel = Funnel.of("a,b,c", window=20, mode=mode, by="channel", credit="last")
    bytes_of = {
        shards: merged([counted(shard, funnel) for shard in store.shards(shards)]).as_bytes() for shards in (1, 2, 7)
    }
    assert set(bytes_of.values()) == {counted(store, funnel).as_bytes()}
    assert counted(store, funnel).persons[2] > 0


# Refusals


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"steps": ()}, "no steps"),
        ({"steps": (Step("a", optional=True), Step("b"))}, "first step is optional"),
        ({"steps": (Step("a", least=1), Step("b"))}, "no step before"),
        ({"steps": (Step("a"), Step("b", least=5, most=1))}, "longer than the most"),
        ({"steps": (Step("a"), Step("b")), "window": -1}, "negative"),
        ({"steps": (Step("a"), Step("b", optional=True)), "mode": "strict"}, "optional"),
        ({"steps": (Step("a"), Step("b", most=1)), "mode": "any"}, "no time between"),
        ({"steps": (Step("a"),), "mode": "strict", "tolerance": 1}, "tolerance"),
        ({"steps": (Step("a"),), "mode": "strict", "without": ("x",)}, "end the person"),
        ({"steps": tuple(Step(str(number)) for number in range(31))}, "more than 30"),
    ],
)
def test_a_funnel_that_contradicts_itself_is_refused(words, why):
    with pytest.raises(FunnelUnreadable, match=why):
        Funnel(**words)


def test_steps_that_cannot_be_told_apart_are_refused():
    store = store_of(BROUGHT)
    with pytest.raises(FunnelUnreadable, match="tolerance"):
        counted(store, Funnel.of("a, web/a", tolerance=1))
    with pytest.raises(FunnelUnreadable, match="any order"):
        counted(store, Funnel.of("a, web/a", mode="any"))
    assert counted(store, Funnel.of("a, a", mode="any")).persons == (3, 0)


def test_a_step_that_nothing_is_called_is_refused_with_the_nearest():
    with pytest.raises(StepUnknown) as refusal:
        Walks(store_of(BROUGHT)).funnel(Funnel.of("web/b, stor/c"))
    assert (refusal.value.step, refusal.value.nearest) == ("stor/c", "store/c")


@pytest.mark.parametrize(
    ("text", "micros", "again"),
    [("7d", 7 * DAY, "7d"), ("1w", 7 * DAY, "7d"), ("90m", 5_400_000_000, "90m"), ("1.5h", 5_400_000_000, "90m"),
     ("250ms", 250_000, "250ms"), ("0s", 0, "0s")],
)  # fmt: skip
def test_lengths_of_time_are_read_and_told(text, micros, again):
    assert (span(text), span_text(micros)) == (micros, again)


@pytest.mark.parametrize("text", ["7", "d", "7 days", "-1d", "", "\u0667d", "1.\u0665h"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(SpanUnreadable):
        span(text)


def test_of_no_events_every_step_has_nobody():
    for mode in ("ordered", "strict", "any"):
        assert counted(store_of([]), Funnel.of("a,b", mode=mode)).persons == (0, 0)
