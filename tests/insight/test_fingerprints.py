"""Fingerprints: what is counted, what is shown, and that nothing small follows from what is shown."""

from itertools import chain

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from insight.walk_logs import random_rows, store_of
from noline.flows.fingerprint import Meaning, Whose, fingerprint
from noline.insight.fingerprints import counting, signing
from noline.insight.fingerprints.canon import NEXT, STAGES, channel_of, mapped
from noline.insight.fingerprints.model import (
    About,
    Channel,
    ChannelNotCanonical,
    Print,
    PrintForged,
    PrintUnreadable,
    Rate,
    TooFewPeople,
    Whole,
    rate,
    roughly,
)
from noline.insight.fingerprints.suppression import shown
from noline.insight.fingerprints.taking import gap
from noline.insight.walks.model import Pauses
from noline.insight.walks.visits import visits
from noline.kernel.clock import DAY, HOUR, MINUTE
from noline.kernel.words import WORDS, Stage
from noline.stores.walks.events import Columns
from noline.stores.walks.store import WalkStore

START = 20_000 * DAY
LATER = START + 400 * DAY
WHOSE = Whose("Kaffee", "coffee")


def counted(store, until=LATER, own=None):
    canonical = counting.canonical(store, own or {})
    stages = counting.stages_of(canonical, Meaning().stage_of)
    return counting.sent(canonical, visits(canonical, Pauses()), stages, until=until, gap=30 * DAY)


def cells(sent):
    """What is in a table, by stage and what came next."""
    return {
        (STAGES[row], NEXT[column]): count
        for row, values in enumerate(sent.table)
        for column, count in enumerate(values)
        if count
    }


# Words


def test_channels_of_companies_are_told_as_eight():
    names = ["Online", "iOS", "POS", "contact_centre", "E-Mail", "Wholesale", "Amazon", "review", "web", "kiosk"]
    found = mapped(names)
    assert found.names == ("web", "app", "store", "call", "mail", "b2b", "marketplace", "reviews", "web", "other")
    assert found.unmapped == ("kiosk",)
    assert channel_of("kiosk", {"kiosk": "store"}) == "store"


def test_stages_are_those_of_the_vocabulary():
    assert tuple(Stage) == STAGES
    meaning = Meaning(goals=("bought",))
    assert [meaning.stage_of(one) for one in ("bought", "looked", "Order Completed", "Call Started")] == [
        "buy", "consider", "buy", "service",
    ]  # fmt: skip


# Counting


def test_a_visit_leads_to_the_next_one_of_its_journey_or_to_its_end():
    store = store_of(
        [
            ("a", START, "website", "Product Viewed"),
            ("a", START + 2 * DAY, "pos", "Order Completed"),
            ("b", START, "website", "Order Completed"),
            ("b", START + HOUR, "website", "Product Viewed"),
            ("b", START + 90 * DAY, "kiosk", "Product Viewed"),
        ]
    )
    found = counted(store)
    assert cells(found["store"]) == {("buy", "end"): 1}
    assert found["web"].gaps.keys() <= {"store", "web"}
    (a, b) = (counted(store.of_persons(np.array(flags)))["web"] for flags in ([True, False], [False, True]))
    assert (cells(a), dict(a.gaps)) == ({("consider", "store"): 1}, {"store": [2 * 86_400]})
    assert cells(b) in ({("buy", "web"): 1}, {("consider", "end"): 1})
    assert set(found) == {"web", "store"}


def test_a_visit_tells_the_furthest_stage_it_came_to():
    store = store_of(
        [("a", START + number * MINUTE, "web", one) for number, one in enumerate(["Order Completed", "Page Viewed"])]
    )
    assert cells(counted(store)["web"]) == {("buy", "end"): 1}


def test_each_person_counts_once_however_often_they_come():
    rows = [("often", START + number * DAY, "web", "Page Viewed") for number in range(200)]
    found = counted(store_of([*rows, ("once", START, "web", "Page Viewed")]))
    assert sum(cells(found["web"]).values()) == 2
    assert cells(found["web"])["discover", "end"] >= 1


def test_visits_too_near_to_the_end_of_the_log_are_left_out_whatever_came_next():
    rows = [("a", START, "web", "Page Viewed"), ("a", START + DAY, "store", "Order Completed")]
    assert cells(counted(store_of(rows), until=START + 30 * DAY)["web"]) == {("discover", "store"): 1}
    assert cells(counted(store_of(rows), until=START + 30 * DAY)["store"]) == {}
    assert cells(counted(store_of(rows), until=START + 29 * DAY)["web"]) == {}


def test_the_lot_is_the_same_in_every_part_of_the_people_and_every_order_of_the_events():
    rows = random_rows(7, 120, 3_000, channels="wsc", moments=300, step=DAY)
    own = {"w": "web", "s": "store", "c": "call"}
    store = store_of(rows)
    whole = counted(store, until=300 * DAY, own=own)
    parts = [counted(part, until=300 * DAY, own=own) for part in store.shards(3)]
    turned = counted(store_of(sorted(rows, key=str, reverse=True)), until=300 * DAY, own=own)
    for channel in ("web", "store", "call"):
        summed = np.sum([part[channel].table for part in parts], axis=0)
        assert summed.tolist() == whole[channel].table
        assert np.sum(whole[channel].table) == np.sum(turned[channel].table) > 100


HANDED = {
    "person": pa.string(), "time": pa.timestamp("us"), "channel": pa.string(), "action": pa.string(),
    "handoff_to": pa.string(), "handoff_object": pa.string(), "object_id": pa.string(), "handoff_until": pa.int64(),
    "exposure": pa.int64(),
}  # fmt: skip


def handed(*rows):
    """A history with declared hand-offs; a row has a value for each column."""
    told = {name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(HANDED.items())}
    columns = Columns(
        parts=("handoff_to", "handoff_object", "object_id"), measures=("handoff_until", "exposure")
    )  # fmt: skip
    return WalkStore.from_table(pa.table(told), columns)


def declared(store, until=LATER):
    depths = counting.depths_of(store, Meaning().stage_of, Meaning().goals)
    return counting.declared(store, {}, depths, until=until, window=30 * DAY)


RESERVED = ("web", "Product Reserved", "store", None, None, None, 0)


@pytest.mark.parametrize(
    ("answer", "reached"),
    [
        ((START + DAY, "store", "Order Completed", None, None, None, None, 0), 1),
        ((START + 31 * DAY, "store", "Order Completed", None, None, None, None, 0), 0),
        ((START - DAY, "store", "Order Completed", None, None, None, None, 0), 0),
        ((START, "store", "Order Completed", None, None, None, None, 0), 1),
        ((START + DAY, "web", "Order Completed", None, None, None, None, 0), 0),
        ((START + DAY, "store", "Store Visited", None, None, None, None, 0), 0),
        ((START + DAY, "store", "Pickup Collected", None, None, None, None, 0), 1),
        ((START + DAY, "store", "Order Completed", None, None, None, None, 1), 0),
    ],
)
def test_a_declared_hand_off_succeeds_when_the_person_stands_further_there_in_time(answer, reached):
    assert declared(handed(("a", START, *RESERVED), ("a", *answer))) == {("web", "store"): (reached, 1)}


def test_a_hand_off_with_an_object_is_answered_by_the_same_object_alone():
    sent = (START, "mail", "Mailing Sent", "store", "coupon-7", None, None, 1)
    other = (START + DAY, "store", "Order Completed", None, None, "coupon-8", None, 0)
    same = (START + 2 * DAY, "store", "Coupon Applied", None, "coupon-7", None, None, 0)
    assert declared(handed(("a", *sent), ("a", *other))) == {("mail", "store"): (0, 1)}
    assert declared(handed(("a", *sent), ("a", *other), ("a", *same))) == {("mail", "store"): (1, 1)}


def test_a_hand_off_whose_time_is_not_over_is_not_counted_even_if_it_was_answered():
    rows = [("a", START, *RESERVED), ("a", START + DAY, "store", "Order Completed", None, None, None, None, 0)]
    assert declared(handed(*rows), until=START + 30 * DAY) == {}
    assert declared(handed(*rows), until=START + 30 * DAY + 1) == {("web", "store"): (1, 1)}


def test_a_person_handed_over_often_counts_once():
    rows = [("a", START + number * DAY, *RESERVED) for number in range(9)] + [("b", START, *RESERVED)]
    assert declared(handed(*rows)) == {("web", "store"): (0, 2)}


# What is shown


def test_small_numbers_are_withheld_and_so_is_what_they_could_be_computed_from():
    assert shown([[100, 200, 30]], 50).columns == [None, 200, None]
    assert shown([[100, 200, 300]], 50).columns == [100, 200, 300]
    assert shown([[20, 29]], 50) is None


def test_that_nobody_is_in_a_cell_may_be_known():
    assert shown([[100, 0, 300]], 50).columns == [100, None, 300]


def test_two_small_numbers_do_not_hide_each_other():
    assert shown([[400, 300, 200, 12, 13]], 50).columns == [400, 300, None, None, None]


def withheld_ranges(table, seen):
    """The width of the range of each small number, by linear programming over everything that is shown."""
    scipy = pytest.importorskip("scipy.optimize")
    rows, columns = len(table), len(table[0])
    cell = np.arange(rows * columns).reshape(rows, columns)
    groups = [([number], value) for number, value in zip(cell.ravel(), chain(*seen.cells), strict=True)]
    groups += [(list(cell[row]), value) for row, value in enumerate(seen.rows)]
    groups += [(list(cell[:, column]), value) for column, value in enumerate(seen.columns)]
    groups.append((list(cell.ravel()), seen.whole))
    known = [(group, value) for group, value in groups if value is not None]
    facts = np.array([np.isin(cell.ravel(), group) for group, _ in known], float)
    values = [value for _, value in known]
    counts = np.array(table).ravel()
    for group, _ in groups:
        if 0 < counts[group].sum() < 50:
            goal = np.isin(cell.ravel(), group).astype(float)
            low = scipy.linprog(goal, A_eq=facts, b_eq=values).fun
            high = -scipy.linprog(-goal, A_eq=facts, b_eq=values).fun
            yield high - low


def test_no_small_number_can_be_computed_to_less_than_the_limit():
    chance = np.random.default_rng(11)
    checked = 0
    for _ in range(25):
        size = (chance.integers(1, 8), chance.integers(2, 11))
        spread = chance.choice([50, 300, 2_000])
        table = (chance.gamma(0.3, spread, size) * (chance.random(size) < chance.choice([0.3, 0.6, 1]))).astype(int)
        seen = shown(table.tolist(), 50)
        if seen is not None:
            widths = list(withheld_ranges(table.tolist(), seen))
            checked += len(widths)
            assert min(widths, default=50) >= 50 - 1e-6
    assert checked > 200


def test_a_table_in_which_every_number_is_small_shows_its_whole_alone():
    seen = shown([[10] * 10] * 7, 50)
    assert seen.whole == 700
    assert list(chain(*seen.cells)) == [None] * 70
    assert min(withheld_ranges([[10] * 10] * 7, seen)) >= 50


def test_a_rate_shows_people_only_where_they_and_the_rest_are_many():
    assert rate(50, 100) == Rate(100, 50)
    assert rate(49, 100) == rate(51, 100) == rate(0, 100) == Rate(100, None)
    assert rate(10, 49) is None


def test_sizes_are_told_in_two_digits():
    assert [roughly(one) for one in (0, 7, 23_570, 155_848, 99_600)] == [0, 7, 24_000, 160_000, 100_000]


def test_the_median_of_gaps_has_its_interval():
    found = gap(list(range(1, 101)))
    assert (found.p10_s, found.p50_s, found.p90_s) == (10, 50, 90)
    assert (found.p50_low_s, found.p50_high_s) == (41, 61)


# The whole


def crowd(people, to_store):
    """People who looked in the web shop, so many of whom bought in a store three days later; and one a year later."""
    rows = [(f"p-{number}", START, "web", "Product Added") for number in range(people)]
    rows += [(f"p-{number}", START + 3 * DAY, "store", "Order Completed") for number in range(to_store)]
    return store_of([*rows, ("late", START + 365 * DAY, "web", "Page Viewed")])


def test_the_fingerprint_of_a_crowd():
    found = fingerprint(crowd(200, 120), WHOSE, START, frictions={"F2": (60, 150), "F4": (3, 150), "F9": (1, 20)})
    assert found.channels["web"].next == {"store": 120, "end": 80}
    assert found.channels["web"].stages == {"consider": 200}
    assert found.channels["web"].gaps["store"].p50_s == roughly(3 * 86_400) == 260_000
    assert found.channels["store"] == Channel(120, {"end": 120}, {"buy": 120}, {"buy": {"end": 120}}, {})
    assert found.false_drop_offs == Rate(200, 120)
    assert found.frictions == {"F2": Rate(150, 60), "F4": Rate(150, None)}
    assert found.whole == Whole(200, 320, 320, 120, 0, 0)
    assert (found.about.first_month, found.about.last_month) == ("2024-10", "2025-10")


def test_a_company_with_few_people_has_no_fingerprint():
    with pytest.raises(TooFewPeople):
        fingerprint(crowd(49, 10), WHOSE, START)
    with pytest.raises(TooFewPeople):
        fingerprint(store_of([]), WHOSE, START)


def test_a_channel_that_is_none_of_the_eight_is_counted_and_can_be_named():
    rows = [(f"p-{number}", START, "kiosk", "Page Viewed") for number in range(60)]
    store = store_of([*rows, ("late", LATER, "robot", "Page Viewed")])
    with pytest.raises(TooFewPeople):
        fingerprint(store, WHOSE, START)
    with pytest.raises(ChannelNotCanonical):
        fingerprint(store, WHOSE, START, own={"kiosk": "stores"})
    found = fingerprint(store, WHOSE, START, own={"kiosk": "store"})
    assert found.channels["store"].next == {"end": 60}
    assert (found.whole.unmapped_channels, found.whole.unmapped_events) == (1, 1)


def test_no_person_and_no_word_of_the_company_stands_in_it():
    rows = [(f"anna-{number}@example.com", START, "web", "Secret Action") for number in range(80)]
    found = fingerprint(store_of([*rows, ("late", LATER, "web", "Page Viewed")]), WHOSE, START)
    told = signing.as_bytes(found).decode()
    assert "anna" not in told
    assert "Secret" not in told


# Signed


def a_print(**changes) -> Print:
    about = About(name="A", industry="x", made_on="2026-01-01", first_month="2025-01", last_month="2025-12")
    facts = {
        "about": about, "whole": Whole(100, 1, 1, 1, 0, 0), "journey_gap_s": 1, "handoff_window_s": 1, "horizon_s": 1,
        "channels": {"web": Channel(200, {"store": 80, "end": 120})}, "declared": {}, "false_drop_offs": None,
        "frictions": {},
    }  # fmt: skip
    return Print(**{**facts, **changes})


def test_a_fingerprint_says_who_signed_it_and_is_the_same_bytes_each_time():
    signer = signing.Signer(b"s" * 32)
    data = signer.sealed(a_print())
    assert signing.verified(data) == signing.Genuine(a_print(), signer.key)
    assert signing.Signer(b"s" * 32).sealed(a_print()) == data
    assert signing.Signer(b"t" * 32).key != signer.key
    assert b"s" * 32 not in data


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"store": 80', b'"store": 81'), (b'"name": "A"', b'"name": "B"'), (b'"fewest": 50', b'"fewest": 51')],
)
def test_what_was_changed_is_not_genuine(old, new):
    data = signing.Signer(b"s" * 32).sealed(a_print())
    assert old in data
    with pytest.raises(PrintForged) as refusal:
        signing.verified(data.replace(old, new))
    assert refusal.value.facts["why"] == "it was changed after it was signed"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"channels": {"web": Channel(200, {"store": 49})}}, "a number in it is about fewer than 50 people"),
        ({"frictions": {"F2": Rate(100, 51)}}, "a number in it is about fewer than 50 people"),
        ({"channels": {"web": Channel(100, {"store": 80, "end": 60})}}, "its parts are larger than their whole"),
        ({"channels": {"kiosk": Channel(100)}}, "it names a channel that is none of the eight"),
        ({"fewest": 10}, "it promises cells of 10 people, not 50"),
        ({"format": 9}, "it has format 9, not 1"),
    ],
)
def test_a_signed_fingerprint_that_shows_what_it_must_not_is_refused(changes, why):
    with pytest.raises(PrintForged) as refusal:
        signing.verified(signing.Signer(b"s" * 32).sealed(a_print(**changes)))
    assert refusal.value.facts["why"] == why


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"fingerprint": 1, "signature": {}}', b"\xff"])
def test_what_is_no_fingerprint_is_refused(data):
    with pytest.raises(PrintUnreadable):
        signing.verified(data)


def test_a_fingerprint_with_a_key_of_another_kind_is_refused():
    told = msgspec.json.decode(signing.Signer(b"s" * 32).sealed(a_print()))
    told["signature"]["key"] = "AAAA"
    with pytest.raises(PrintUnreadable):
        signing.verified(msgspec.json.encode(told))


def test_every_word_that_shows_an_intent_or_reaches_a_goal_is_meant():
    assert set(Meaning().goals) == {word.name for word in WORDS.values() if word.goal}
    assert set(Meaning().intents) == {word.name for word in WORDS.values() if word.intent}
