"""Visits, hand-offs and drop-offs of any table of events: told one by one, and in SQL, they are the same."""

from collections import Counter
from itertools import pairwise

import pytest

from insight.walk_logs import random_rows, store_of, table_of, visits_of
from noline.hub import Hub
from noline.insight.walks import dropoffs, funnels, handoffs
from noline.insight.walks.histogram import bins_of, middle_of, quantile
from noline.insight.walks.model import Funnel, Pauses, Wants
from noline.insight.walks.service import Walks, merged
from noline.kernel.clock import DAY, HOUR, MINUTE
from noline.stores.walks.store import shard_of
from shop import track

CHANNELS = ["web", "store", "mail", "call"]
PAUSES = Pauses(own={"call": 2 * HOUR}, journey=3 * DAY)


def busy_rows(seed: int, persons: int = 60, events: int = 4000):
    """Two months of people in four channels; every tenth moment is of several events."""
    rows = random_rows(seed, persons, events, channels="wsmc", actions="abcdx", moments=9000, step=10 * MINUTE)
    names = dict(zip("wsmc", CHANNELS, strict=True))
    return [(person, at, names[channel], action) for person, at, channel, action in rows]


def test_a_pause_of_half_an_hour_ends_a_visit_to_the_web_and_midnight_one_to_a_store():
    rows = [
        (1, 0, "web", "a"), (1, 30 * MINUTE, "web", "a"), (1, 61 * MINUTE, "web", "a"),
        (2, 9 * HOUR, "store", "a"), (2, 20 * HOUR, "store", "a"), (2, 24 * HOUR, "store", "a"),
        (3, 0, "mail", "a"), (3, DAY, "mail", "a"), (3, 2 * DAY + 1, "mail", "a"),
    ]  # fmt: skip
    counts = handoffs.counted(store_of(rows), Pauses())
    assert counts.visits == {"web": 2, "store": 2, "mail": 2}
    assert (counts.persons, counts.journeys, counts.borders) == (3, 3, {})


def test_a_visit_goes_on_while_another_channel_is_used():
    rows = [(1, 0, "web", "a"), (1, 10 * MINUTE, "app", "a"), (1, 20 * MINUTE, "web", "a")]
    counts = handoffs.counted(store_of(rows), Pauses())
    assert counts.visits == {"web": 1, "app": 1}
    assert counts.borders == {("web", "app"): 1}
    assert dict(counts.gaps) == {("web", "app", 0): 1}


def test_a_person_counts_on_each_border_once():
    rows = [(1, number * DAY, channel, "a") for number, channel in enumerate(["web", "store", "web", "store"])]
    counts = handoffs.counted(store_of(rows), Pauses())
    assert counts.borders == {("web", "store"): 2, ("store", "web"): 1}
    assert counts.border_persons == {("web", "store"): 1, ("store", "web"): 1}


def test_a_longer_gap_than_the_journey_allows_is_no_handoff():
    rows = [(1, 0, "web", "a"), (1, 30 * DAY, "store", "a"), (1, 60 * DAY + 1, "web", "a")]
    counts = handoffs.counted(store_of(rows), Pauses())
    assert counts.borders == {("web", "store"): 1}
    assert (counts.journeys, counts.border_persons) == (2, {("web", "store"): 1})


def test_the_matrix_is_that_of_walking_event_by_event():
    rows = busy_rows(1)
    journeys = visits_of(rows, PAUSES.within, PAUSES.journey)
    borders, people, gaps = Counter(), set(), {}
    for journey in journeys:
        for one, other in pairwise(journey):
            if one["channel"] != other["channel"]:
                border = (one["channel"], other["channel"])
                borders[border] += 1
                people.add((border, one["person"]))
                gaps.setdefault(border, []).append(max(0, other["first"] - one["last"]))
    rows_of_ours, counts = Walks(store_of(rows)).handoffs(PAUSES)
    assert counts.visits == Counter(visit["channel"] for journey in journeys for visit in journey)
    assert counts.journeys == len(journeys)
    assert counts.borders == borders
    assert counts.border_persons == Counter(border for border, _ in people)
    assert len(borders) == 12
    for row in rows_of_ours:
        exact = sorted(gaps[row.from_channel, row.to_channel])
        for share, found in ((0.1, row.gap_p10_us), (0.5, row.gap_p50_us), (0.9, row.gap_p90_us)):
            at = next(value for number, value in enumerate(exact, 1) if number >= share * len(exact))
            assert abs(found - at) <= at / 32, (row, share)


def test_duckdb_counts_the_same_handoffs():
    import duckdb

    rows = busy_rows(2)
    events = table_of(rows).append_column("place", [list(range(len(rows)))])
    found = (
        duckdb.connect()
        .execute(
            """
            WITH e AS (SELECT *, epoch_us(time) AS t FROM events),
            opened AS (
                SELECT *, CASE channel
                    WHEN 'store' THEN t // $day IS DISTINCT FROM lag(t // $day) OVER w
                    ELSE coalesce(t - lag(t) OVER w > CASE channel WHEN 'mail' THEN $day ELSE $quick END, true)
                END AS opens
                FROM e WINDOW w AS (PARTITION BY person, channel ORDER BY t, place)
            ),
            numbered AS (
                SELECT *, sum(opens::INT) OVER (PARTITION BY person, channel ORDER BY t, place) AS visit FROM opened
            ),
            visits AS (
                SELECT person, channel, min((t, place)) AS began, min(t) AS first, max(t) AS last
                FROM numbered GROUP BY person, channel, visit
            ),
            walked AS (
                SELECT *, lag(channel) OVER w AS before,
                    first - max(last) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS gap
                FROM visits WINDOW w AS (PARTITION BY person ORDER BY began)
            )
            SELECT before, channel, count(*), count(DISTINCT person) FROM walked
            WHERE before <> channel AND gap <= $journey GROUP BY ALL
            """,
            {"day": DAY, "quick": 30 * MINUTE, "journey": 30 * DAY},
        )
        .fetchall()
    )
    assert events.num_rows == len(rows)
    counts = handoffs.counted(store_of(rows), Pauses())
    assert {(one, other): (number, people) for one, other, number, people in found} == {
        border: (number, counts.border_persons[border]) for border, number in counts.borders.items()
    }
    assert len(found) == 12


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_any_number_of_shards_gives_the_same_bytes(shards):
    store = store_of(busy_rows(3))
    whole = handoffs.counted(store, PAUSES)
    assert merged([handoffs.counted(one, PAUSES) for one in store.shards(shards)]).as_bytes() == whole.as_bytes()
    wants = Wants(("a", "b"), ("c",), 2 * DAY)
    until = store.observed_until
    parts = [dropoffs.counted(one, PAUSES, wants, until=until) for one in store.shards(shards)]
    assert merged(parts).as_bytes() == dropoffs.counted(store, PAUSES, wants).as_bytes()
    assert merged(parts).whole.lost > 0


def test_shards_that_were_read_apart_give_the_same_bytes():
    rows = busy_rows(6)
    whole = store_of(rows)
    apart = [store_of([row for row in rows if shard_of(row[0], 3) == shard]) for shard in range(3)]
    assert {one.actions.names for one in apart} != {whole.actions.names}
    funnel = Funnel.of("a,b,c", by="channel", credit="all")
    assert (
        merged([funnels.counted(one, funnel) for one in apart]).as_bytes() == funnels.counted(whole, funnel).as_bytes()
    )
    assert merged([handoffs.counted(one, PAUSES) for one in apart]).as_bytes() == (
        handoffs.counted(whole, PAUSES).as_bytes()
    )
    wants, until = Wants(("a",), ("c",), 2 * DAY), whole.observed_until
    assert merged([dropoffs.counted(one, PAUSES, wants, until=until) for one in apart]).as_bytes() == (
        dropoffs.counted(whole, PAUSES, wants).as_bytes()
    )


# Gaps


def test_a_bin_is_never_further_than_a_thirty_second_part_from_what_it_holds():
    import numpy as np

    values = np.unique(np.concatenate([np.arange(5000), 2 ** np.arange(13, 53), 2 ** np.arange(13, 53) - 1]))
    middles = np.array([middle_of(number) for number in bins_of(values).tolist()])
    assert (np.abs(middles - values) * 32 <= values).all()
    assert (np.diff(bins_of(values)) >= 0).all()
    assert middle_of(15) == 15


def test_a_quantile_is_read_from_counts():
    assert quantile({3: 1, 5: 2, 9: 1}, 0.5) == 5
    assert quantile({3: 1, 5: 2, 9: 1}, 0.9) == 9
    assert quantile({}, 0.5) is None


# Drop-offs


def test_who_buys_elsewhere_only_seemed_to_be_lost():
    rows = [
        (1, 0, "web", "cart"), (1, 2 * DAY, "store", "buy"),
        (2, 0, "web", "cart"), (2, HOUR, "web", "buy"),
        (3, 0, "mail", "view"), (3, HOUR, "web", "cart"),
        (4, 29 * DAY, "web", "cart"),
        (5, 30 * DAY, "web", "view"),
    ]  # fmt: skip
    found = Walks(store_of(rows)).drop_offs(Wants(("cart",), ("buy",)))
    web = found.channels["web"]
    assert (web.visits, web.kept, web.elsewhere, web.lost, web.undecided) == (4, 1, 1, 1, 1)
    assert (web.persons, web.persons_dropped, web.persons_false) == (4, 2, 1)
    assert found.whole == web
    assert web.false_share.value == 0.5
    assert web.false_share.too_few
    assert found.top() == [(("mail/view", "web/cart"), 1)]


def test_who_reached_a_goal_early_is_decided_no_sooner_than_who_reached_none():
    rows = [
        (1, 0, "web", "cart"), (1, DAY, "store", "buy"),
        (2, 0, "web", "cart"),
        (3, DAY, "web", "cart"),
        (4, 0, "web", "cart"), (4, HOUR, "web", "buy"),
    ]  # fmt: skip
    for wants, until, told in (
        (Wants(("cart",), ("buy",)), None, (4, 0, 0, 0, 4, 4, 0, 0)),
        (Wants(("cart",), ("buy",)), 14 * DAY - 1, (4, 0, 0, 0, 4, 4, 0, 0)),
        (Wants(("cart",), ("buy",)), 14 * DAY, (4, 1, 1, 1, 1, 4, 2, 1)),
        (Wants(("cart",), ("buy",), DAY), None, (4, 1, 1, 1, 1, 4, 2, 1)),
    ):
        found = dropoffs.counted(store_of(rows), Pauses(), wants, until=until).whole
        assert found[:8] == told
        assert found.false_share.value == (0.5 if found.persons_dropped else None)


def test_the_share_of_false_drop_offs_is_the_same_in_a_young_log_as_in_an_old_one():
    """Every day 10 people put something into a web cart; 4 buy in the store a day later and 6 never."""
    rows = [(10 * day + one, day * DAY, "web", "cart") for day in range(60) for one in range(10)]
    rows += [(10 * day + one, (day + 1) * DAY, "store", "buy") for day in range(60) for one in range(4)]
    for seen in (10, 15, 20, 30, 60):
        found = Walks(store_of([row for row in rows if row[1] <= seen * DAY])).drop_offs(Wants(("cart",), ("buy",)))
        days = min(seen + 1, 60)
        whole = max(0, seen - 14 + 1)
        assert (found.whole.visits, found.whole.undecided) == (10 * days, 10 * (days - whole))
        assert (found.whole.elsewhere, found.whole.lost) == (4 * whole, 6 * whole)
        assert found.whole.false_share.value == (0.4 if whole else None)


def test_a_sequence_shows_the_last_five_visits_of_the_journey():
    rows = [(1, number * DAY, channel, "view") for number, channel in enumerate("abcdef")]
    rows += [(1, 6 * DAY, "web", "cart"), (2, 90 * DAY, "web", "buy")]
    found = Walks(store_of(rows)).drop_offs(Wants(("cart",), ("buy",)), Pauses(journey=2 * DAY))
    assert found.top() == [(("c/view", "d/view", "e/view", "f/view", "web/cart"), 1)]


def test_frequent_sequences_come_first():
    rows = [(person, 0, "web" if person < 3 else "app", "cart") for person in range(5)] + [(9, 90 * DAY, "web", "buy")]
    found = Walks(store_of(rows)).drop_offs(Wants(("cart",), ("buy",)))
    assert found.top() == [(("web/cart",), 3), (("app/cart",), 2)]
    assert found.top(1) == [(("web/cart",), 3)]


def test_the_most_frequent_sequences_are_found_among_thousands_that_stand_there_once():
    often = {0: 9, 1: 9, 2: 700, 3: 4, 4: 2, 5: 4}
    rows = [
        (f"{kind}-{number}", 0, "web", f"cart{kind}") for kind in range(3_000) for number in range(often.get(kind, 1))
    ]
    rows.append(("last", 90 * DAY, "web", "buy"))
    found = Walks(store_of(rows)).drop_offs(Wants(("web/*",), ("buy",))).sequences
    assert len(found) == 3_000
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    assert ranked[:4] == [(("web/cart2",), 700), (("web/cart0",), 9), (("web/cart1",), 9), (("web/cart3",), 4)]
    for most in (0, 1, 2, 3, 5, 6, 7, 20, 2_999, 3_000, 9_000):
        assert found.top(most) == ranked[:most]


def test_the_hub_counts_the_same_drop_offs(tmp_path):
    rows = busy_rows(4, persons=25, events=900)
    named = {"a": "Product Added", "b": "Checkout Started", "c": "Order Completed", "d": "Product Viewed", "x": "Seen"}
    with Hub.init(tmp_path / "shop.noline") as hub:
        for channel in CHANNELS:
            hub.access.add_source(channel, channel)
            events = [
                track(named[action], id=f"{channel}-{number}", at=_text(at), user=f"user-{person}")
                for number, (person, at, where, action) in enumerate(rows)
                if where == channel
            ]
            answers = hub.accept(channel, events)
            assert {answer.status for answer in answers} == {"accepted"}
        hub.refresh()
        theirs = {
            one.channel: (one.intents, one.persons, one.lost, one.false_drop_offs, one.undecided)
            for one in hub.journeys.drop_offs()
        }
        walks = Walks.of_history(hub.answering)
    found = walks.drop_offs(Wants(("Product Added", "Checkout Started"), ("Order Completed",)), Pauses())
    ours = {
        name: (one.visits, one.persons, one.persons_dropped - one.persons_false, one.persons_false)
        for name, one in found.channels.items()
    }
    assert {name: facts[:4] for name, facts in theirs.items()} == ours
    assert sum(one[2] for one in ours.values()) > 10


def _text(at: int) -> str:
    from noline.kernel.clock import as_text

    return as_text(at + 20_000 * DAY)
