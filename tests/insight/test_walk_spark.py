"""The walk on Spark: the same bytes, in however many parts, and what Spark would read otherwise is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.conftest import noline  # noqa: F401
from demo.conftest import company, company_folder  # noqa: F401
from insight.walk_questions import ASKED, told_rows, without_waiting
from insight.walk_tables import COLUMNS, TOUCHPOINTS, table_of
from noline.insight.walks.elsewhere import Elsewhere, EngineFailed
from noline.insight.walks.model import Funnel, StepUnknown, Wants
from noline.insight.walks.service import Walks
from noline.insight.walks.spark import ColumnNotForSpark, OnSpark
from noline.insight.walks.spark_session import AnotherSession, JavaMissing, session_of
from noline.kernel.clock import DAY
from noline.kernel.errors import PackageMissing
from noline.stores.walks.events import ColumnMissing, Columns, EventsUnreadable, read
from noline.stores.walks.store import WalkStore

MASTER = "local[2]"


@pytest.fixture(scope="session")
def spark():
    """The one session of these tests; its executors are processes of this Python."""
    # Jobs as small as these are done before Java has made its code fast.
    os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    try:
        with session_of(MASTER) as session:
            session.conf.set("spark.sql.shuffle.partitions", "2")
            session.conf.set("spark.sql.codegen.wholeStage", "false")
            yield session
    except PackageMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Events in two files, so that equal moments of a person stand in both."""
    table = table_of(told_rows(2))
    found = tmp_path_factory.mktemp("events") / "all [2026] %20 é"
    (found / "b").mkdir(parents=True)
    pq.write_table(table.slice(0, 1900), found / "a.parquet", row_group_size=300)
    pq.write_table(table.slice(1900), found / "b" / "a.pq")
    (found / "_notes.parquet").write_text("no table")
    return found


PARTS = [
    (1, "drop-offs"),
    (1, "funnel by the first"),
    (2, "spells"),
    (2, "funnel strict by the last"),
    (7, "hand-offs"),
    (7, "drop-offs"),
    (7, "spells"),
    (7, "funnel by the first"),
    (7, "funnel any order by the first"),
    (7, "funnel one event may be two steps"),
]


def test_any_number_of_parts_gives_the_bytes_of_the_walk(spark, folder):
    walks = Walks(WalkStore.of(read(folder, COLUMNS)))
    elsewhere = {parts: Elsewhere(on_spark(spark, folder, COLUMNS, partitions=parts)) for parts in (1, 2, 7)}
    for parts, question in PARTS:
        ask = ASKED[question]
        assert ask(elsewhere[parts]).as_bytes() == ask(walks).as_bytes(), (parts, question)
    assert elsewhere[7].engine.read == read(folder, COLUMNS).read
    with pytest.raises(StepUnknown):
        elsewhere[7].funnel(Funnel.of("a,nothing"))


def test_spark_counts_the_events_of_the_demo_company(spark, company, tmp_path):  # noqa: F811
    pq.write_table(company.analytics.ask(TOUCHPOINTS), tmp_path / "events.parquet")
    columns = Columns(parts=("place",))
    walks = Walks(WalkStore.of(read(tmp_path / "events.parquet", columns)))
    elsewhere = Elsewhere(on_spark(spark, tmp_path / "events.parquet", columns, partitions=None))
    funnel = Funnel.of("Product Viewed, Product Added?, Order Completed", window=30 * DAY, by="place", credit="last")
    assert elsewhere.funnel(funnel) == without_waiting(walks.funnel(funnel))
    assert elsewhere.handoffs() == walks.handoffs()
    wants = Wants(("Product Added", "Appointment Booked"), ("Order Completed",))
    assert elsewhere.drop_offs(wants).as_bytes() == walks.drop_offs(wants).as_bytes()
    assert walks.drop_offs(wants).whole.lost > 100


def on_spark(spark, path: Path, columns: Columns, *, partitions: int | None = 7) -> OnSpark:
    return OnSpark.of_parquet(spark, f"file://{path}", columns, partitions=partitions)


def test_numbers_are_read_as_those_of_the_whole_and_not_of_a_part(spark, tmp_path):
    # Alone the first ten persons' times were seconds, and their values whole.
    rows = [(person, second + 1, None, kind, 5.0) for person in range(10) for second, kind in enumerate("ab")]
    rows += [(99, 1_790_000_000_000.0, "web", "a", 7.25), (None, 1, "web", "a", 1.0), (3, None, "web", "a", 1.0)]
    rows += [(4, 9, "web", None, None), (5, 86_400_000 * 3, "web", "b", None)]
    names = ("cust.id", "at`s", "where", "what", "worth")
    table = pa.table({name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})
    pq.write_table(table, tmp_path / "events.parquet")
    columns = Columns("cust.id", "at`s", "what", "where", "worth")
    events = read(tmp_path / "events.parquet", columns)
    walks, engine = Walks(WalkStore.of(events)), on_spark(spark, tmp_path / "events.parquet", columns)
    assert (events.read.time, events.read.value, events.read.left_out) == ("number ms", "hundredths", 3)
    assert engine.read == events.read
    elsewhere = Elsewhere(engine)
    assert elsewhere.time_to("a", "b", [], [DAY]) == walks.time_to("a", "b", [], [DAY])
    asked = Funnel.of("a,b", window=1000, by="channel")
    assert elsewhere.funnel(asked) == without_waiting(walks.funnel(asked))
    assert walks.funnel(asked).counts.persons == (11, 10)


@pytest.mark.parametrize(
    ("times", "refusal", "word"),
    [
        (pa.array(["2026-03-01T10:00:00Z"]), ColumnNotForSpark, "string"),
        (pa.array([1], pa.timestamp("ns")), EngineFailed, "NANOS"),
        (pa.array([True]), ColumnNotForSpark, "boolean"),
    ],
)
def test_times_that_spark_reads_otherwise_are_refused(spark, tmp_path, times, refusal, word):
    table = pa.table({"person": ["7"], "time": times, "action": ["view"]})
    pq.write_table(table, tmp_path / "events.parquet", version="2.6")
    with pytest.raises(refusal) as refused:
        on_spark(spark, tmp_path / "events.parquet", Columns())
    assert word in str(refused.value)


def test_what_is_no_table_of_events_is_refused(spark, tmp_path, folder):
    with pytest.raises(EventsUnreadable):
        on_spark(spark, tmp_path / "events.csv", Columns())
    with pytest.raises(EngineFailed) as refused:
        on_spark(spark, tmp_path / "none.parquet", Columns())
    assert "does not exist" in refused.value.why
    with pytest.raises(ColumnMissing):
        on_spark(spark, folder, Columns(person="customer"))
    pq.write_table(pa.table({"person": ["7"], "time": [1], "action": [1.5]}), tmp_path / "events.parquet")
    with pytest.raises(ColumnNotForSpark) as other:
        on_spark(spark, tmp_path / "events.parquet", Columns())
    assert (other.value.column, other.value.kind) == ("action", "double")


def test_another_master_is_not_taken_for_this_one(spark):
    with pytest.raises(AnotherSession) as refusal, session_of("local[1]"):
        pass
    assert refusal.value.found == MASTER


def test_without_java_or_pyspark_it_is_said_what_to_install(monkeypatch, tmp_path):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install 'noline[spark]'")
    monkeypatch.setattr(sql.SparkSession, "getActiveSession", lambda: None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaMissing) as refusal, session_of(MASTER):
        pass
    assert refusal.value.looked == str(tmp_path / "bin" / "java")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(PackageMissing) as missing, session_of(MASTER):
        pass
    assert "noline[spark]" in str(missing.value)


# From the command line

QUESTIONS = [
    ["funnel", "--steps", "a,b?,c", "--by", "place", "--window", "3d"],
    ["handoffs", "--intents", "a,web/b", "--goals", "c", "--horizon", "2d", "--gap", "call=2h"],
    ["time-to", "--from", "a", "--to", "b", "--competing", "c"],
]


def without_read(told: dict) -> dict:
    """What every engine tells; how the file was read, and who still has time, stand beside it."""
    return {name: value for name, value in told.items() if name not in {"read", "still_open"}}


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
@pytest.mark.parametrize("engine", ["clickhouse", MASTER])
def test_the_command_line_answers_as_without_an_engine(request, noline, folder, engine, words):  # noqa: F811
    if engine == MASTER:
        request.getfixturevalue("spark")
    else:
        pytest.importorskip("chdb", reason="ClickHouse is not installed: pip install 'noline[clickhouse]'")
    asked = ["journeys", *words, "--events", folder, "--json"]
    told = noline(*asked, "--engine", engine)
    assert (told.code, without_read(told.json)) == (0, without_read(noline(*asked).json))
    assert (told.json["read"]["rows"], told.json["read"]["engine"]) == (
        4000, "ClickHouse" if engine == "clickhouse" else "Spark",
    )  # fmt: skip


def test_an_engine_needs_events_and_gives_no_persons(noline, folder):  # noqa: F811
    funnel = ["journeys", "funnel", "--steps", "a,b"]
    for words in (
        [*funnel, "--engine", "clickhouse"],
        ["journeys", "handoffs", "--engine", "clickhouse"],
        [*funnel, "--events", folder, "--engine", "presto"],
        [*funnel, "--events", folder, "--engine", "clickhouse", "--keep", folder / "kept"],
        [*funnel, "--events", "s3a://bucket/events"],
        [*funnel, "--events", "s3a://bucket/events", "--engine", "clickhouse"],
    ):
        assert noline(*words).code == 2, words


@pytest.mark.long
def test_a_cluster_of_other_processes_gives_the_same(folder):
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'noline[spark]'")
    command = Path(sys.executable).with_name("noline")
    asked = [command, "journeys", *QUESTIONS[1], "--events", folder, "--json"]
    said = [
        subprocess.run([*asked, *more], check=True, capture_output=True, text=True).stdout
        for more in ([], ["--engine", "local-cluster[2,1,1024]"])
    ]
    here, there = (without_read(json.loads(one)) for one in said)
    assert here == there
