"""Friction rules find exactly what they say: by hand, against the plain definition, and against SQL."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insight.frictions_plain import Event, Opening, openings, random_log, store_of
from insight.handwritten import NOTHING, HandWritten
from noline.insight.frictions import rules
from noline.insight.frictions.matching import Matcher
from noline.insight.frictions.model import Rule, Step, Way, Where
from noline.insight.frictions.showing import seq_of
from noline.insight.frictions.sql import statement
from noline.kernel.clock import DAY, MINUTE
from noline.stores.walks.arrays import NONE

WORDS = (
    "Product Viewed", "Checkout Started", "Checkout Failed", "Call Started", "Call Resolved", "Order Completed",
    "Mailing Sent",
)  # fmt: skip


def found_in(rule: Rule, events: list[Event], observed: int) -> list[Opening]:
    """What the room finds, in the shape of the plain definition."""
    matcher = Matcher(store_of(events), observed)
    found = matcher.found(rule)
    return sorted(
        Opening(
            seq_of(matcher.store, first),
            bool(found.decided[row]),
            bool(found.met[row]),
            bool(found.case[row]),
            tuple(seq_of(matcher.store, place) for place in found.evidence[row] if place != NONE),
            bool(found.converted[row]),
        )
        for row, first in enumerate(found.first.tolist())
    )


# Against the plain definition

NAMES = st.one_of(
    st.just(("@any",)),
    st.lists(st.sampled_from((*WORDS, "web/Product Viewed", "call/*", "@goal", "@intent")), min_size=1, max_size=3).map(
        tuple
    ),
)
WHERE = st.one_of(
    *(st.just(Where()) for _ in range(5)),
    st.builds(Where, topic=st.sampled_from((("t1",), ("t1", "cart")))),
    st.builds(Where, handoff=st.booleans(), exposure=st.booleans()),
    st.builds(Where, rating_at_most=st.sampled_from((None, 150)), rating_at_least=st.sampled_from((None, 150))),
    st.builds(Where, units_at_most=st.sampled_from((None, 1)), value_at_least=st.sampled_from((None, 200))),
    st.builds(Where, units_at_least=st.just(1)),
)


def few_of(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Mostly none, often one, at times two of these."""
    one = st.sampled_from(names).map(lambda name: (name,))
    two = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True).map(tuple)
    return st.one_of(st.just(()), st.just(()), one, two)


SAME, DIFFERS = few_of(rules.SAME), few_of(rules.DIFFERS)
AFTER = st.sampled_from((0, 0, 0, 1, 2))
WITHIN = st.integers(2, 15)
STEP = st.builds(
    Step, NAMES, within=WITHIN, after=AFTER, same=SAME, differs=DIFFERS,
    value=st.sampled_from((None, None, None, "lower", "higher")), times=st.sampled_from((1, 1, 2, 3)),
    unless=st.sampled_from(((), (), ("@goal",), ("Call Started",))), where=WHERE,
)  # fmt: skip
NO = st.builds(
    Step, NAMES, within=st.integers(0, 4), after=st.sampled_from((0, 0, 0, 1)), same=SAME, differs=DIFFERS, where=WHERE,
    since=st.sampled_from(("first", "last")),
)  # fmt: skip
BEFORE = st.builds(Step, NAMES, within=WITHIN, after=AFTER, same=SAME, differs=DIFFERS, where=WHERE)
WAY = st.builds(
    Way, st.lists(STEP, max_size=2).map(tuple), st.lists(NO, max_size=2).map(tuple),
    st.sampled_from((Where(), Where(), Where(topic=("t1",)))),
)  # fmt: skip
RULE = st.builds(
    Rule, id=st.just("R"), name=st.just("r"), sentence=st.just("Something."), proof=st.just("proof"),
    from_channels=st.just(()), to_channels=st.just(()), first=st.builds(Step, NAMES, where=WHERE),
    before=st.lists(BEFORE, max_size=1).map(tuple), ways=st.lists(WAY, min_size=1, max_size=2).map(tuple),
    together=st.sampled_from((0, 0, 2)), goal=st.sampled_from((("@goal",), ("Order Completed",))),
    goal_within=st.integers(0, 6), loses=st.just(True), why_no_leak=st.none(), text=st.just(""),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(RULE, st.integers(0, 10**9), st.integers(3, 30), st.integers(5, 40))
def test_all_at_once_finds_what_one_event_after_the_other_finds(rule, seed, moments, observed):
    events = random_log(random.Random(seed), 2, 40, WORDS, moments, 1)
    assert found_in(rule, events, observed) == openings(rule, events, observed)


# Against SQL


def told_by_sql(log: HandWritten, rule: Rule, events: list[Event], observed: int) -> list[tuple]:
    """What the statement of a rule answers about a log, in the shape of the plain definition, less what converted."""
    columns = ("channel", "action", "store_id", "country", "sku", "object_id", "currency", "topic", "handoff_to")
    rows = [
        {
            **log_row(event),
            **{name: getattr(event, name) or None for name in columns},
            "value_minor": event.amount_minor,
            "exposure": bool(event.exposure),
        }
        for event in events
    ]
    log.rewrite(rows, [])
    answer = log.written().ask(statement(rule), {"observed_until": observed}).to_pylist()
    names = ("seq", "decided", "met", "is_case", "evidence")
    return sorted(tuple(tuple(row[name]) if name == "evidence" else row[name] for name in names) for row in answer)


def log_row(event: Event) -> dict:
    return {
        **NOTHING,
        "seq": event.seq,
        "subject": event.person + 1,
        "occurred_at": event.at,
        "stage": "consider",
        "source": event.channel,
        "units": event.units,
        "rating_hundredths": event.rating_hundredths,
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=RULE, seed=st.integers(0, 10**9), moments=st.integers(3, 30), observed=st.integers(5, 40))
def test_the_sql_of_a_rule_answers_the_same(log, rule, seed, moments, observed):
    events = random_log(random.Random(seed), 3, 40, WORDS, moments, 1)
    assert told_by_sql(log, rule, events, observed) == [one[:5] for one in found_in(rule, events, observed)]


def test_every_rule_of_the_catalogue_answers_the_same_in_sql_and_by_the_plain_definition(log):
    with_cases = set()
    for told in rules.catalogue():
        rule = told.within(14 * DAY)
        named = rules.expanded(list(rules.names_in(rule)))
        actions = sorted({action for _, some in named for action in some or ("Page Viewed",)})
        channels = sorted({"web", "store", *(channel for channel, _ in named if channel)})
        events = random_log(random.Random(5), 25, 350, actions, 24 * 40, 20 * MINUTE, channels)
        observed = max(event.at for event in events) + 15 * DAY
        expected = openings(rule, events, observed)
        assert found_in(rule, events, observed) == expected
        assert told_by_sql(log, rule, events, observed) == [one[:5] for one in expected]
        with_cases |= {rule.id for one in expected if one.case and one.decided}
    assert len(with_cases) > 10
