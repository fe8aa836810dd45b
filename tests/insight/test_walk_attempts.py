"""Hand-offs over the walk store: each of them is what the definitions in plain loops say, on random small logs."""

from collections import Counter, defaultdict
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.handwritten import NOTHING, at
from insight.test_against_brute_force import (
    BUSY,
    COUNTS,
    HANDOFF,
    HORIZON,
    LOGS,
    PEOPLE,
    Attempt,
    attempts_of,
    ending,
    expected_drop_offs,
    expected_handoffs,
    is_goal,
    is_intent,
    lives,
    same_journey,
    value_of,
    visits_of,
)
from insight.walk_logs import random_rows, store_of
from noline.insight.walks.attempts import Attempts
from noline.insight.walks.journeys import STAGES
from noline.insight.walks.model import Funnel, Wants, Windows
from noline.insight.walks.service import Walks, merged
from noline.insight.walks.tried import ENDINGS
from noline.kernel.clock import DAY, HOUR
from noline.kernel.errors import NotFound
from noline.stores.analytical import TABLES, as_table
from noline.stores.walks import history
from noline.stores.walks.arrays import NONE
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.history import PARTS, People, Rates, Rows, Version


def walks_of(rows: list[dict], people: dict[int, int] | None = None, rates: Rates | None = None) -> Walks:
    """The walks of rows as they stand in the log, without an engine."""
    numbered = [{**row, "seq": number} for number, row in enumerate(rows, start=1)]
    columns = {name: [row[name] for row in numbered] for name in TABLES["touchpoints"].columns}
    table = as_table("touchpoints", columns)
    known = table.filter(pa.compute.is_valid(table["subject"])).rename_columns(
        ["amount_minor" if name == "value_minor" else name for name in table.column_names]
    )
    until = max((row["occurred_at"] for row in rows), default=None)
    pairs = pa.table({"subject": list(people or {}), "person": list((people or {}).values())}).sort_by("subject")
    who = People(*(pairs[name].to_numpy().astype("int64") for name in ("subject", "person")))
    whole = history.built(Rows(known, until), who, rates or Rates(), Version(len(rows), 0))
    return Walks(whole.touchpoints, whole)


def told(found: Attempts) -> Counter:
    """Every hand-off in words."""
    ids = found.ground.whole.ids.to_pylist()
    columns = zip(
        found.persons.tolist(), found.senders.tolist(), found.receivers.tolist(), found.declared.tolist(),
        found.carried.tolist(), found.advanced.tolist(), found.handed_at.tolist(), found.arrived_at.tolist(),
        found.ending.tolist(), found.amount_minor.tolist(), found.store_id.tolist(), strict=True,
    )  # fmt: skip
    return Counter(
        (
            ids[person], (found.names[sender], found.names[receiver]), declared, carried, advanced, handed_at,
            None if arrived_at == NOT_TOLD else arrived_at, ENDINGS[how],
            None if value == NOT_TOLD else value, None if store == NONE else found.stores[store],
        )
        for person, sender, receiver, declared, carried, advanced, handed_at, arrived_at, how, value, store in columns
    )  # fmt: skip


def expected(rows: list[dict], people: dict[int, int]) -> Counter:
    """The same, by the definitions."""
    found: Counter = Counter()
    observed = max((row["occurred_at"] for row in rows), default=0)
    for person, life in lives(rows, people).items():
        goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
        for attempt in attempts_of(life):
            how = ending(attempt, goals, observed)
            found[
                person, attempt.ends, attempt.declared, carried(attempt, life), advanced(attempt, life),
                attempt.handed_at, attempt.arrived_at, f"lost {how}" if how in {"before", "after"} else how,
                attempt.value, value_of(attempt, "store", life),
            ] += 1  # fmt: skip
    return found


def carried(attempt: Attempt, life: list[dict]) -> bool:
    """Whether an object of the sending visit, or the one declared, is told in the visit that it arrived in."""
    if attempt.arrived_at is None:
        return False
    receiving = next(
        visit
        for visit in visits_of(life)
        if visit.channel == attempt.ends[1] and visit.began <= attempt.arrived_at <= visit.ended
    )
    sent = objects(attempt.sending.steps if attempt.sending else []) | {attempt.own and attempt.own["handoff_object"]}
    return bool((sent - {None}) & objects(receiving.steps))


def objects(steps: list[dict]) -> set:
    return {step[name] for step in steps for name in ("object_id", "handoff_object")} - {None}


def advanced(attempt: Attempt, life: list[dict]) -> bool:
    if attempt.arrived_at is None:
        return False
    sent = [
        step for step in (attempt.sending.steps if attempt.sending else []) if step["occurred_at"] <= attempt.handed_at
    ]
    before = [STAGES.index(step["stage"]) for step in [*sent, *([attempt.own] if attempt.own else [])]]
    until = attempt.until if attempt.declared else attempt.handed_at + HANDOFF
    after = [
        STAGES.index(step["stage"])
        for step in life
        if step["channel"] == attempt.ends[1]
        and not step["exposure"]
        and attempt.arrived_at <= step["occurred_at"] <= until
    ]
    return max(after, default=-1) > max(before, default=-1)


@settings(max_examples=settings.default.max_examples)
@given(rows=LOGS | BUSY, people=PEOPLE)
def test_each_hand_off_is_what_its_definition_says(rows, people):
    assert told(walks_of(rows, people).attempts()) == expected(rows, people)


@settings(max_examples=settings.default.max_examples // 2)
@given(rows=LOGS | BUSY, people=PEOPLE)
def test_the_borders_count_what_the_sql_of_journeys_counts(rows, people):
    found = {
        (border.from_channel, border.to_channel): {name: getattr(border, name) for name in COUNTS}
        for border in walks_of(rows, people).attempts().borders()
    }
    assert found == expected_handoffs(rows, people)


@settings(max_examples=settings.default.max_examples // 2)
@given(rows=LOGS | BUSY, people=PEOPLE)
def test_one_walk_tells_numbers_that_agree(rows, people):
    passed = walks_of(rows, people).passed()
    assert Counter(passed.counts.borders) == crossings(rows, people)
    assert {
        one.channel: (one.intents, one.persons, one.lost, one.false_drop_offs, one.undecided, one.value_minor)
        for one in passed.drop_offs
    } == {name: (*counts, exposed(rows, people, name)) for name, counts in expected_drop_offs(rows, people).items()}
    inferred = Counter(
        (passed.attempts.names[sender], passed.attempts.names[receiver])
        for sender, receiver, declared in zip(
            passed.attempts.senders, passed.attempts.receivers, passed.attempts.declared, strict=True
        )
        if not declared
    )
    assert inferred <= Counter(passed.counts.borders)
    assert passed.endings.whole.value_minor == exposed(rows, people, None)
    assert sum(count for _, count in passed.sequences) == passed.endings.whole.lost


def crossings(rows: list[dict], people: dict[int, int]) -> Counter:
    """Visits of one journey that follow each other in different channels."""
    found: Counter = Counter()
    for life in lives(rows, people).values():
        visits = visits_of(life)
        goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
        for number in range(1, len(visits)):
            ends = visits[number - 1].channel, visits[number].channel
            if ends[0] != ends[1] and same_journey(visits[:number], visits[number], goals):
                found[ends] += 1
    return found


def exposed(rows: list[dict], people: dict[int, int], channel: str | None) -> int:
    """What people saw last in their latest lost visit to a channel; None: to any."""
    observed = max((row["occurred_at"] for row in rows), default=0)
    latest: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for person, life in lives(rows, people).items():
        goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
        for visit in visits_of(life):
            intents = [step["occurred_at"] for step in visit.steps if is_intent(step)]
            if intents and channel in {None, visit.channel}:
                until = intents[-1] + HORIZON
                if not any(intents[0] <= goal <= until for goal in goals) and observed >= until:
                    latest[person].append((until, -1 if visit.value_seen() is None else visit.value_seen()))
    return sum(max(max(losses)[1], 0) for losses in latest.values())


@settings(max_examples=settings.default.max_examples // 8)
@given(rows=LOGS | BUSY, people=PEOPLE, ends=st.sampled_from((("web", "store"), ("store", "web"), ("call", "store"))))
def test_the_people_who_were_lost_are_those_of_the_sql_of_journeys(log, rows, people, ends):
    numbered = [{**row, "seq": number} for number, row in enumerate(rows, start=1)]
    log.rewrite(numbered, [(version, *pair) for version, pair in enumerate(people.items(), start=1)])
    theirs = log.journeys().lost_people(*ends, limit=100)
    ours = walks_of(rows, people).attempts().people(*ends, ending="lost", limit=100)
    assert [
        (one.person, one.handed_at, one.ending.removeprefix("lost "), one.declared, one.evidence) for one in ours
    ] == [(one.person, one.lost_at, one.where, one.declared, one.evidence) for one in theirs]


def reserved(day: int, *, until: int | None = None, group: str | None = None, subject: int = 1) -> dict:
    return row(day, "web", "Product Reserved", subject=subject, handoff_to="store", handoff_object="r-1",
               handoff_until=until, handoff_group=group, value_minor=900, currency="EUR", sku="machine")  # fmt: skip


def row(day: int, channel: str, action: str, **more: object) -> dict:
    stages = {"Product Reserved": "buy", "Order Completed": "buy", "Store Visited": "discover"}
    return {**NOTHING, "subject": 1, "occurred_at": at(day), "channel": channel, "action": action, "exposure": False,
            "stage": stages.get(action, "consider"), "source": channel} | more  # fmt: skip


def test_a_reservation_that_is_fetched_goes_on_and_one_that_is_not_is_lost_with_its_value():
    rows = [
        reserved(0, until=at(3)),
        row(1, "store", "Order Completed", object_id="r-1", store_id="paris", value_minor=900, currency="EUR"),
        reserved(0, until=at(3), subject=2),
        row(1, "store", "Store Visited", subject=2),
        row(60, "web", "Page Viewed", subject=3),
    ]
    found = walks_of(rows).attempts()
    (border,) = found.borders()
    assert (border.from_channel, border.to_channel) == ("web", "store")
    assert (border.attempts, border.declared, border.persons, border.arrived) == (3, 2, 2, 2)
    assert (border.carried, border.advanced, border.succeeded) == (1, 0, 1)
    assert (border.lost, border.lost_before_arrival, border.lost_after_arrival) == (1, 1, 0)
    assert (border.value_minor, border.amounts) == (900, {"EUR": 900})
    (person,) = found.people("web", "store", "lost before")
    assert (person.person, person.declared, person.arrived_at, person.evidence) == (2, True, None, (3,))
    (person,) = found.people("web", "store", "succeeded")
    assert (person.store_id, person.carried, person.evidence) == ("paris", True, (1, 2))
    with pytest.raises(NotFound):
        found.people("web", "store", "gone")


def test_the_last_moment_to_arrive_counts_and_the_next_does_not():
    rows = [
        row(0, "web", "Page Viewed", handoff_to="store", handoff_until=at(2)),
        row(2, "store", "Store Visited"),
        row(0, "web", "Page Viewed", handoff_to="store", handoff_until=at(2) - 1, subject=2),
        row(2, "store", "Store Visited", subject=2),
        row(60, "web", "Page Viewed", subject=3),
    ]
    found = walks_of(rows).attempts()
    arrived = [(one.person, one.declared) for one in found.people("web", "store", "passed")]
    # Who came too late for the declared hand-off was still handed over: the visits show it.
    assert arrived == [(1, True), (2, False)]
    assert [one.person for one in found.people("web", "store", "lost before")] == [2]


def test_what_is_wanted_at_the_moment_of_arriving_can_be_lost():
    rows = [
        row(0, "web", "Product Reserved", handoff_to="store"),
        row(0, "store", "Store Visited"),
        row(44, "web", "Page Viewed", subject=3),
    ]
    assert [one.ending for one in walks_of(rows).attempts().people("web", "store")] == ["lost after"]
    # A moment earlier not all of its thirty days to arrive and fourteen to buy was observed.
    sooner = Windows(observed_until=at(44) - 1)
    assert [one.ending for one in walks_of(rows).attempts(sooner).people("web", "store")] == ["undecided"]


def test_who_is_lost_twice_counts_once_with_the_latest_loss():
    rows = [
        row(0, "web", "Page Viewed", handoff_to="store", handoff_until=at(1), value_minor=900, currency="EUR"),
        row(4, "web", "Page Viewed", handoff_to="store", handoff_until=at(5), value_minor=100, currency="EUR"),
        row(60, "web", "Page Viewed", subject=3),
    ]
    found = walks_of(rows).attempts()
    (border,) = found.borders()
    assert (border.attempts_lost, border.lost, border.value_minor) == (2, 1, 100)
    assert [(one.handed_at, one.value_minor) for one in found.people("web", "store", "lost")] == [(at(4), 100)]


def test_a_goal_at_the_end_of_the_horizon_is_no_loss():
    rows = [
        row(0, "web", "Product Added", value_minor=70, currency="EUR"),
        row(14, "store", "Order Completed"),
        row(0, "web", "Product Added", value_minor=50, currency="EUR", subject=2),
        {**row(14, "store", "Order Completed", subject=2), "occurred_at": at(14) + 1},
    ]
    (web,) = walks_of(rows).passed().drop_offs
    assert (web.persons, web.lost, web.false_drop_offs, web.value_minor) == (2, 1, 1, 50)


def test_something_merely_sent_hands_over_too():
    rows = [
        row(0, "mail", "Mailing Sent", exposure=True, handoff_to="store", handoff_until=at(10), handoff_object="c-1"),
        row(24, "web", "Page Viewed", subject=2),
    ]
    walks = walks_of(rows)
    assert walks.store.person_count == 1
    (border,) = walks.attempts().borders()
    assert (border.attempts, border.declared, border.lost_before_arrival, border.persons) == (1, 1, 1, 1)
    assert walks.attempts().people("mail", "store")[0].evidence == (1,)


def test_a_hand_off_to_where_nobody_was_ever_seen_is_lost_or_undecided():
    rows = [row(0, "web", "Page Viewed", handoff_to="call"), row(1, "web", "Page Viewed", handoff_to="call"),
            row(30, "web", "Page Viewed", subject=2, handoff_to="call"), row(44, "web", "Page Viewed")]  # fmt: skip
    (border,) = walks_of(rows).attempts().borders()
    assert (border.attempts, border.lost_before_arrival, border.attempts_undecided) == (3, 1, 2)
    assert (border.arrived, border.undecided) == (0, 1)


def test_a_young_log_shows_the_share_that_the_same_hand_offs_have_in_the_end():
    # One person a day comes to the store; every second one buys the day after, the others never.
    rows = [
        {**each, "subject": day}
        for day in range(40)
        for each in (
            row(day, "web", "Product Viewed", sku="machine", object_id="cup"),
            row(day + 1, "store", "Store Visited", object_id="cup" if day % 2 else None),
            *([row(day + 2, "store", "Order Completed")] if day % 2 else []),
        )
    ]
    for observed in (20, 25, 30, 40, 90):
        told = [one for one in rows if one["occurred_at"] <= at(observed)]
        (border,) = walks_of(told).attempts(Windows(observed_until=at(observed))).borders()
        decided = min(observed - 14, 40)
        assert (border.persons, border.undecided) == (min(observed, 40), min(observed, 40) - decided)
        assert (border.lost, border.succeeded, border.arrived_decided) == ((decided + 1) // 2, decided // 2, decided)
        assert border.share_lost.value == ((decided + 1) // 2) / decided
        assert border.share_carried.value == (decided // 2) / decided
    # Who succeeded early is counted, and stands in no share.
    early = walks_of(rows).attempts(Windows(observed_until=at(20))).borders()[0]
    assert (early.arrived, early.undecided, early.undecided_succeeded) == (40, 34, 17)


def test_who_came_further_early_stands_in_no_share_before_the_others_could():
    rows = [
        row(0, "web", "Page Viewed", stage="discover"),
        row(1, "store", "Order Completed"),
        row(0, "web", "Page Viewed", stage="discover", subject=2),
        row(1, "store", "Store Visited", subject=2),
    ]
    young, old = (walks_of(rows).attempts(Windows(observed_until=at(day))).borders()[0] for day in (29, 30))
    assert (young.advanced, young.share_advanced.value) == (1, None)
    assert (old.advanced, old.share_advanced.value) == (1, 0.5)


def test_a_journey_ends_when_its_goal_has_settled():
    days = [row(0, "web", "Product Viewed"), row(1, "web", "Order Completed"), row(9, "store", "Store Visited"),
            row(10, "call", "Product Viewed")]  # fmt: skip
    passed = walks_of(days).passed()
    assert passed.version == Version(4, 0)
    # The visit of day 9 stands more than a week behind the order: it begins a journey of its own.
    assert passed.counts.borders == {("store", "call"): 1}
    assert passed.counts.journeys == 2
    assert walks_of(days).passed(Windows(settling=10 * DAY)).counts.journeys == 1


def test_value_is_told_in_the_currency_of_the_reports_and_as_it_was_told():
    rows = [
        row(0, "web", "Product Added", value_minor=5000, currency="JPY", handoff_to="store"),
        row(0, "web", "Product Added", value_minor=70, currency="CHF", handoff_to="store", subject=2),
        row(60, "web", "Page Viewed", subject=3),
    ]
    (border,) = walks_of(rows, rates=Rates("EUR", {"JPY": Decimal("0.006")})).attempts().borders()
    assert (border.lost, border.value_minor, border.amounts) == (2, 3000, {"CHF": 70, "JPY": 5000})


def test_any_table_tells_the_value_of_its_drop_offs():
    table = pa.table(
        {
            "person": ["a", "a", "b", "b", "c"],
            "time": pa.array([0, HOUR, 0, HOUR, 60 * DAY], pa.timestamp("us")),
            "channel": ["web", "web", "web", "store", "web"],
            "action": ["cart", "cart", "cart", "buy", "look"],
            "value": [30, 20, 50, 50, 99],
        }
    )
    walks = Walks(type(store_of([])).from_table(table))
    plain, valued = (walks.drop_offs(Wants(("cart",), ("buy",)), valued=asked) for asked in (False, True))
    assert (valued.whole.lost, valued.whole.value_minor) == (2, 20)
    assert valued.channels["web"].value_minor == 20
    assert plain.whole == valued.whole._replace(value_minor=0)
    assert plain.channels["web"] == valued.channels["web"]._replace(value_minor=0)


def test_value_adds_up_over_shards():
    rows = random_rows(5, 40, 900, moments=80, step=12 * HOUR)
    whole = Walks(store_of(rows))
    wants = Wants(("a", "b"), ("c",))
    windows = Windows(intents=("a", "b"), goals=("c",))
    until = whole.store.observed_until
    one = whole.drop_offs(wants, valued=True)
    parts = [Walks(shard).passed(Windows(intents=("a", "b"), goals=("c",), observed_until=until)).endings
             for shard in whole.store.shards(3)]  # fmt: skip
    assert merged(parts).as_bytes() == whole.passed(windows).endings.as_bytes()
    assert one.whole.lost == whole.passed(windows).endings.whole.lost


def test_a_table_without_hand_offs_has_those_that_its_visits_show():
    rows = [("a", 0, "web", "cart"), ("a", HOUR, "store", "buy"), ("b", 0, "web", "cart"),
            ("b", 2 * HOUR, "store", "look"), ("c", 60 * DAY, "web", "look")]  # fmt: skip
    passed = Walks(store_of(rows)).passed(Windows(intents=("cart",), goals=("buy",)), Funnel.of("cart, buy"))
    (border,) = passed.borders
    assert (border.attempts, border.declared, border.succeeded, border.lost_after_arrival) == (2, 0, 1, 1)
    assert (border.carried, border.advanced, border.value_minor) == (0, 0, 0)
    assert passed.matrix[0].handoffs == 2
    assert passed.funnel is not None
    assert [level.persons for level in passed.funnel.levels] == [2, 1]
    assert passed.attempts.people("web", "store", "lost")[0].person == "b"


def test_an_empty_table_has_no_hand_offs():
    passed = Walks(store_of([])).passed()
    assert (passed.matrix, passed.borders, passed.sequences, len(passed.attempts)) == ([], [], [], 0)
    assert passed.attempts.people("web", "store") == []
    assert set(PARTS) >= {"handoff_to", "handoff_object"}
