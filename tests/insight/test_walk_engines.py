"""The same questions on every engine: DuckDB, ClickHouse, Spark and the walk count the same, to the last byte."""

import random

import pyarrow as pa
import pytest

from cli.conftest import noline  # noqa: F401
from demo.conftest import company, company_folder  # noqa: F401
from insight.handwritten import NOTHING, HandWritten
from insight.test_against_brute_force import ACTIONS
from insight.walk_questions import ASKED, COUNTS, FUNNELS, told_rows, without_waiting
from insight.walk_tables import COLUMNS, TOUCHPOINTS, table_of
from noline.insight.journeys.model import ALWAYS_SINCE, ALWAYS_UNTIL, Windows
from noline.insight.journeys.questions import QUESTIONS, values_of
from noline.insight.walks import engines
from noline.insight.walks.dialects import in_clickhouse
from noline.insight.walks.elsewhere import Elsewhere, EngineCannot
from noline.insight.walks.engines import OnSql, words_of
from noline.insight.walks.model import Funnel, FunnelUnreadable, Pauses, StepUnknown, Wants
from noline.insight.walks.service import Walks, merged
from noline.insight.walks.sql import Texts
from noline.kernel.clock import DAY, HOUR
from noline.kernel.words import word_for
from noline.stores.walks.events import Columns, understood
from noline.stores.walks.store import WalkStore

ENGINES = ["duckdb", "clickhouse"]

TABLE = table_of(told_rows(1))
EVENTS = understood(TABLE, COLUMNS)
STORE = WalkStore.of(EVENTS)
HALF = STORE.shards(2)[0]


# Parts of the persons


@pytest.mark.parametrize("question", COUNTS)
@pytest.mark.parametrize("shards", [1, 2, 7])
def test_counts_of_shards_add_up_to_the_bytes_of_the_whole(question, shards):
    count = COUNTS[question]
    until = STORE.observed_until
    whole = count(STORE, until).as_bytes()
    assert merged([count(shard, until) for shard in STORE.shards(shards)]).as_bytes() == whole


# SQL


def on_sql(engine: str, table: pa.Table, columns: Columns = COLUMNS) -> Elsewhere:
    """The events in an engine of SQL."""
    if engine == "clickhouse":
        pytest.importorskip("chdb", reason="ClickHouse is not installed: pip install 'noline[clickhouse]'")
    return Elsewhere(OnSql.of(getattr(engines, engine), understood(table, columns)))


@pytest.fixture(scope="module", params=ENGINES)
def elsewhere(request):
    asked = on_sql(request.param, TABLE)
    yield asked
    asked.engine.close()


NOT_IN_SQL = {
    "any order by the first": "in any order no step is the first or the last; give credit to all",
    "strict": "a strict funnel needs every event between two steps",
    "strict by the last": "a strict funnel needs every event between two steps",
    "strict by all": "a strict funnel needs every event between two steps",
}
"""Funnels that have no text of SQL, and why. One that gets a text has to leave this table."""


@pytest.mark.parametrize("question", [name for name in ASKED if name.removeprefix("funnel ") not in NOT_IN_SQL])
def test_sql_counts_what_the_walk_counts(elsewhere, question):
    ask = ASKED[question]
    counts = ask(elsewhere)
    assert counts.as_bytes() == ask(Walks(STORE)).as_bytes()
    assert counts.as_bytes() != ask(Walks(HALF)).as_bytes()


def test_exactly_the_declared_funnels_have_no_text_of_sql():
    texts = Texts(words_of(EVENTS), STORE.observed_until)
    refused = {}
    for name, funnel in FUNNELS.items():
        try:
            texts.funnel(funnel)
        except EngineCannot as cause:
            refused[name] = cause.why
    assert refused == NOT_IN_SQL


@pytest.mark.parametrize("engine", ENGINES)
def test_sql_counts_the_events_of_the_demo_company(company, engine):  # noqa: F811
    told = company.analytics.ask(TOUCHPOINTS)
    columns = Columns(parts=("place",))
    walks = Walks(WalkStore.from_table(told, columns))
    asked = on_sql(engine, told, columns)
    steps = "Product Viewed, Product Added?, Order Completed"
    for funnel in (Funnel.of(steps), Funnel.of(steps, window=30 * DAY, by="place", credit="last")):
        assert asked.funnel(funnel) == without_waiting(walks.funnel(funnel))
    assert asked.funnel(Funnel.of(steps)).levels[-1].persons > 100
    assert asked.handoffs()[0] == walks.handoffs()[0]
    wants = Wants(("Product Added", "Appointment Booked"), ("Order Completed",))
    assert asked.drop_offs(wants).as_bytes() == walks.drop_offs(wants).as_bytes()
    waiting = ("Product Viewed", "Order Completed", ["Call Started"], [DAY, 9 * DAY])
    assert asked.time_to(*waiting) == walks.time_to(*waiting)
    asked.engine.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_gaps_around_every_power_of_two_fall_into_the_bins_of_the_walk(engine):
    gaps = sorted({2**power + by for power in range(55) for by in (-1, 0, 1)})
    ends = [(gap, at, channel) for gap in gaps for at, channel in ((-(2**40), "web"), (gap - 2**40, "call"))]
    table = table_of([((f"person {gap}", at, channel, "a"), None, None) for gap, at, channel in ends])
    asked = on_sql(engine, table)
    pauses = Pauses(journey=2**60)
    ours = Walks(WalkStore.from_table(table, COLUMNS)).handoffs(pauses)[1]
    assert asked.handoffs(pauses)[1].as_bytes() == ours.as_bytes()
    assert len(ours.gaps) > 100
    asked.engine.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_table_has_no_handoffs_anywhere(engine):
    asked = on_sql(engine, TABLE.slice(0, 0))
    assert asked.handoffs()[1].as_bytes() == Walks(STORE.of_persons(STORE.offsets[1:] < 0)).handoffs()[1].as_bytes()
    asked.engine.close()


def test_what_the_walk_refuses_is_refused_elsewhere(elsewhere):
    with pytest.raises(StepUnknown) as refusal:
        elsewhere.funnel(Funnel.of("a,bb"))
    assert refusal.value.nearest == "b"
    with pytest.raises(StepUnknown):
        elsewhere.drop_offs(Wants(("a",), ("nothing",)))
    with pytest.raises(StepUnknown):
        elsewhere.time_to("a", "nothing", [], [DAY])
    with pytest.raises(FunnelUnreadable):
        elsewhere.funnel(Funnel.of("a,web/*", tolerance=HOUR))
    with pytest.raises(EngineCannot):
        elsewhere.behind(Funnel.of("a,b"), 1)


# The hub's own questions


def touchpoints_of(seed: int, count: int) -> list[dict]:
    """Touchpoints of many persons on a coarse grid, so that ties and exact limits are common."""
    chance = random.Random(seed)
    rows = []
    for seq in range(1, count + 1):
        action = chance.choice(ACTIONS)
        word = word_for(action)
        when = chance.choice((0, 1, 2, 3, 7, 8, 14, 15, 16, 30, 31, 45, 60)) * DAY + chance.choice((0, 1, 30)) * HOUR
        value = chance.choice((None, None, 0, 100, 250))
        rows.append({
            **NOTHING,
            "seq": seq,
            "subject": chance.choice((None, *range(1, count // 6))),
            "occurred_at": when,
            "channel": chance.choice(("web", "store", "call", "mail")),
            "action": action,
            "stage": word.stage.value,
            "source": "source",
            "sku": chance.choice((None, "machine")),
            "object_id": chance.choice((None, None, "x", "y")),
            "value_minor": value,
            "currency": None if value is None else chance.choice(("EUR", "CHF")),
            "handoff_to": chance.choice((None, None, None, "store", "web", "call")) or word.hands_over_to,
            "handoff_object": chance.choice((None, None, "x", "y")),
            "handoff_until": chance.choice((None, None, when - 1, when, when + DAY, when + 20 * DAY)),
            "exposure": word.exposure,
            "handoff_group": chance.choice((None, "A", "B")),
            "store_id": chance.choice((None, "lyon", "paris")),
            "country": chance.choice((None, "DE", "FR")),
        })  # fmt: skip
    return rows


def clickhouse_with(store):
    """ClickHouse with the tables of a hub."""
    session = pytest.importorskip(
        "chdb.session", reason="ClickHouse is not installed: pip install 'noline[clickhouse]'"
    )
    opened = session.Session()
    for name in ("touchpoints", "people"):
        table = store.ask(f"SELECT * FROM {name}")
        assert table.num_rows > 50
        opened.query(
            f"CREATE TEMPORARY TABLE {name} ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM Python(table)"
        )
    return opened


def asked_of_both(store, clickhouse, question: str, **asked) -> tuple[list, list]:
    values = values_of(Windows(observed_until=asked.pop("observed_until", None))) | {
        "since": ALWAYS_SINCE, "until": ALWAYS_UNTIL, "sender": "web", "receiver": "store", "monthly": True,
        "by": ["store", "month", "sku", "country", "group"], "within": 7 * DAY, "limit": 500, "offset": 1, **asked,
    }  # fmt: skip
    told = QUESTIONS[question]
    values = told.parameters(values)
    theirs = clickhouse.query(in_clickhouse(told.sql, values), "ArrowTable").to_pylist()
    return store.ask(told.sql, values).to_pylist(), theirs


@pytest.fixture(scope="module")
def random_hub(tmp_path_factory):
    log = HandWritten(tmp_path_factory.mktemp("random") / "analytical")
    log.rewrite(touchpoints_of(5, 700), [(number, number, number // 2 + 1000) for number in range(1, 100)])
    store = log.written()
    clickhouse = clickhouse_with(store)
    yield store, clickhouse
    clickhouse.close()
    store.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_clickhouse_answers_every_question_of_the_hub_as_duckdb_does(random_hub, question):
    ours, theirs = asked_of_both(*random_hub, question)
    assert theirs == ours
    assert len(ours) >= 3
    ours, theirs = asked_of_both(
        *random_hub, question, sender="mail", receiver="call", observed_until=40 * DAY, since=2 * DAY, offset=0
    )
    assert theirs == ours


def test_clickhouse_answers_for_the_demo_company_as_duckdb_does(company):  # noqa: F811
    clickhouse = clickhouse_with(company.analytics)
    for question in ("handoffs", "drop_offs", "carried_over", "stages"):
        ours, theirs = asked_of_both(company.analytics, clickhouse, question)
        assert theirs == ours
        assert len(ours) > 3
    clickhouse.close()
