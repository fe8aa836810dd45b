"""Everybody who was lost, each person once, however many borders and channels they were lost on."""

from hypothesis import given, settings

from insight.test_against_brute_force import BUSY, HORIZON, LOGS, PEOPLE, is_goal, is_intent, lives, visits_of
from insight.test_walk_attempts import expected, row, walks_of


def plainly(rows: list[dict], people: dict[int, int]) -> tuple[int, int, int, int]:
    """Lost, decided, dropped off, and of these never lost: by the definitions, one person after the other."""
    lost, decided, dropped, gone = set(), set(), set(), set()
    for person, _, _, _, _, _, _, ending, *_ in expected(rows, people):
        decided |= {person} if ending != "undecided" else set()
        lost |= {person} if ending.startswith("lost") else set()
    observed = max((one["occurred_at"] for one in rows), default=0)
    for person, life in lives(rows, people).items():
        goals = [(one["occurred_at"], one["channel"]) for one in life if is_goal(one) and not one["exposure"]]
        for visit in visits_of(life):
            wanted = [step["occurred_at"] for step in visit.steps if is_intent(step)]
            if not wanted or wanted[-1] + HORIZON > observed:
                continue
            where = {channel for moment, channel in goals if wanted[0] <= moment <= wanted[-1] + HORIZON}
            dropped |= {person} if visit.channel not in where else set()
            gone |= {person} if not where else set()
    return len(lost), len(decided), len(dropped), len(dropped - gone)


@settings(max_examples=settings.default.max_examples)
@given(rows=LOGS | BUSY, people=PEOPLE)
def test_over_everything_each_person_counts_once(rows, people):
    found = walks_of(rows, people).together()
    assert (found.lost, found.decided, found.dropped, found.false_drop_offs) == plainly(rows, people)


def test_who_is_lost_on_two_borders_is_one_person_with_the_dearest_loss():
    rows = [
        row(0, "web", "Product Reserved", handoff_to="store", handoff_until=None, value_minor=900, currency="EUR"),
        row(40, "app", "Product Reserved", handoff_to="store", value_minor=500, currency="EUR"),
        row(0, "web", "Product Reserved", subject=2, handoff_to="store"),
        row(1, "store", "Order Completed", subject=2),
        row(200, "web", "Page Viewed", subject=3),
    ]
    walks = walks_of(rows)
    assert sum(border.lost for border in walks.attempts().borders()) == 2
    found = walks.together()
    assert (found.lost, found.decided, found.amounts) == (1, 2, {"EUR": 900})
    assert found.share_lost.value == 0.5
    # Whoever reserved on the web and bought in the store only seemed lost; the other one was, in both channels.
    assert (found.dropped, found.false_drop_offs, found.share_false.value) == (2, 1, 0.5)
    assert sum(one.own_view for one in walks.passed().drop_offs) == 3
    assert walks.together() is found
