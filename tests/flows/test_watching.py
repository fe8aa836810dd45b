"""Saved questions: kept once, watched every hour, and an alert once for each change."""

import json
from datetime import timedelta
from math import comb

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.doors.answers import agenda as answers
from noline.flows.latest import KEPT_TIMES, LONG_S, Latest
from noline.flows.watching import Past, compared, funnel_of, tally
from noline.insight.walks.model import FunnelUnreadable, SpanUnreadable, StepUnknown
from noline.kernel.clock import DAY, HOUR
from noline.kernel.errors import NotFound
from noline.kernel.sequential import watched
from noline.stores.walks.history import History
from noline.stores.walks.store import Named
from noline.truth.agenda.model import Asked, CareWrong, QuestionWrong, Tally
from shop import OPENING, track

BOUGHT = Asked(("Product Viewed", "Order Completed"), window="7d")
LOOKED = funnel_of(Asked(("look", "buy"), window="7d"))
ACTIONS = ("look", "buy", "end")


class Street:
    """People who look, and some of them buy an hour later."""

    def __init__(self, hub):
        self.hub = hub
        self.hub.access.add_source("shop", "web")
        self._number = 0

    def walk(self, day, people, buyers):
        """So many people look on a day, the first of them buy."""
        said = []
        for number in range(people):
            self._number += 1
            at = OPENING + timedelta(days=day, seconds=number)
            user = f"u-{self._number}"
            said.append(track("Product Viewed", id=f"v-{self._number}", at=at.isoformat(), user=user, sku="a"))
            if number < buyers:
                later = (at + timedelta(hours=1)).isoformat()
                said.append(
                    track("Order Completed", id=f"o-{self._number}", at=later, user=user, order_id=f"o-{self._number}")
                )
        assert {one.status for one in self.hub.accept("shop", said)} == {"accepted"}


@pytest.fixture
def street(hub):
    """A hub in which 60 of 100 people bought on the first day, and of which a question can tell four weeks more."""
    street = Street(hub)
    street.walk(0, 100, 60)
    street.walk(34, 1, 0)
    return street


def deeds(hub):
    return [(one["type"], one["data"]["properties"]["said"].get("state")) for one in hub.deliveries.changes(
        0, 1000, ("Question Saved", "Question Dropped", "Friction Cared For", "Alert Raised", "Alert Ended")
    ).changes]  # fmt: skip


def test_a_question_is_saved_once_with_what_it_said_that_day(street):
    hub = street.hub
    saved = hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    assert (saved.name, saved.baseline, saved.by) == ("Bought", Tally(60, 100), "Ana")
    street.walk(56, 50, 0)
    assert hub.agenda.save(" Bought ", BOUGHT, by="Ben", alert=True).baseline == Tally(60, 100)
    assert [kind for kind, _ in deeds(hub)] == ["Question Saved"]
    (told,) = answers.questions(hub)
    assert (told["baseline"]["cases"], told["baseline"]["persons"], told["raised"]) == (60, 100, False)
    assert told["asked"]["steps"] == ["Product Viewed", "Order Completed"]
    assert msgspec.convert(told["asked"], Asked) == BOUGHT
    assert hub.verify().trouble == ()


def test_its_alert_is_switched_without_beginning_anew(street):
    hub = street.hub
    first = hub.agenda.save("Bought", BOUGHT, by="Ana")
    street.walk(56, 50, 0)
    again = hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    assert (again.since, again.baseline, again.alert) == (first.since, first.baseline, True)
    other = hub.agenda.save("Bought", Asked(("Product Viewed", "Order Completed"), window="14d"), by="Ana")
    assert other.since > first.since
    assert len(hub.agenda.questions()) == 1


def test_a_dropped_question_is_gone_and_dropping_it_again_changes_nothing(street):
    hub = street.hub
    saved = hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    assert (hub.agenda.drop(saved.id, by="Ana"), hub.agenda.drop(saved.id, by="Ana")) == (True, False)
    assert (hub.agenda.questions(), hub.watching.watch()) == ([], [])
    with pytest.raises(NotFound):
        hub.agenda.question(saved.id)
    with pytest.raises(NotFound):
        hub.agenda.drop("q-nobody", by="Ana")
    assert hub.agenda.id_of("Bought") == hub.agenda.id_of(saved.id) == saved.id
    assert hub.verify().trouble == ()


@pytest.mark.parametrize(
    ("name", "asked", "refusal"),
    [
        ("", BOUGHT, QuestionWrong),
        ("Bought", Asked(("Product Vieved",)), StepUnknown),
        ("Bought", Asked(("Product Viewed",), window="soon"), SpanUnreadable),
        ("Bought", Asked(("Product Viewed?",)), FunnelUnreadable),
        ("Bought", Asked(("Product Viewed",), between={"Order Completed": "1m..2h"}), FunnelUnreadable),
        ("Bought", Asked(("Product Viewed", "Order Completed"), between={"Order Completed": "1m"}), FunnelUnreadable),
        ("Bought", Asked(("Product Viewed",), by="shoe_size"), NotFound),
    ],
)
def test_what_cannot_be_asked_is_not_saved(street, name, asked, refusal):
    with pytest.raises(refusal):
        street.hub.agenda.save(name, asked, by="Ana")
    assert deeds(street.hub) == []


def test_an_alert_is_raised_once_and_ends_once(street):
    hub = street.hub
    hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    hub.agenda.save("Quiet", BOUGHT, by="Ana")
    assert [(one.since, one.news) for one in hub.watching.watch()] == [(Tally(0, 0), None)]
    street.walk(36, 60, 0)
    assert [(one.since, one.news) for one in hub.watching.watch()] == [(Tally(0, 0), None)], "their week is not over"
    street.walk(44, 1, 0)
    (look,) = hub.watching.watch()
    assert (look.since, look.watch.stands, look.news.state) == (Tally(0, 60), True, "raised")
    assert look.before == Tally(60, 100)
    assert [one.news for one in hub.watching.watch()] == [None]
    street.walk(56, 100, 95)
    street.walk(66, 1, 0)
    (look,) = hub.watching.watch()
    assert (look.since, look.watch.stands, look.news.state) == (Tally(95, 161), False, "ended")
    assert [one.news for one in hub.watching.watch()] == [None]
    street.walk(76, 300, 0)
    street.walk(86, 1, 0)
    assert [one.news for one in hub.watching.watch()] == [None], "their stretch is not over"
    street.walk(96, 1, 0)
    assert [one.news.number for one in hub.watching.watch()] == [2]
    assert [(one["state"], one["since"]["cases"], one["before"]["persons"]) for one in answers.alerts(hub)] == [
        ("raised", 95, 100), ("ended", 95, 100), ("raised", 0, 100),
    ]  # fmt: skip
    assert answers.alerts(hub)[-1]["words"] == (
        "0.0 % of 60 people since got to the last step, 60.0 % of 100 before. "
        "That is more than chance, however often one looks."
    )
    assert deeds(hub)[2:] == [("Alert Raised", "raised"), ("Alert Ended", "ended"), ("Alert Raised", "raised")]
    assert hub.verify().trouble == ()


def test_an_alert_goes_out_to_receivers_like_every_other_deed(street):
    hub = street.hub
    hub.outbox.subscribe("chat", "https://chat.example/in", ("Alert Raised",), after=hub.last_seq())
    hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    street.walk(36, 60, 0)
    street.walk(44, 1, 0)
    hub.watching.watch()
    posted = []

    def post(url, body, headers):
        posted.append((url, json.loads(body), headers))
        return 200

    hub.deliveries.push(post)
    ((url, event, headers),) = posted
    assert (url, event["type"], "webhook-signature" in headers) == ("https://chat.example/in", "Alert Raised", True)
    told = event["data"]["properties"]["said"]
    assert (told["name"], told["state"], told["since"]) == ("Bought", "raised", {"cases": 0, "persons": 60})


def test_a_question_that_is_asked_anew_raises_its_own_alert(street):
    hub = street.hub
    hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    street.walk(36, 60, 0)
    street.walk(44, 1, 0)
    assert [one.news.number for one in hub.watching.watch()] == [1]
    hub.agenda.save("Bought", Asked(BOUGHT.steps, window="3d"), by="Ana", alert=True)
    assert answers.questions(hub)[0]["raised"] is False
    assert [one.news for one in hub.watching.watch()] == [None]
    street.walk(56, 60, 60)
    street.walk(76, 1, 0)
    assert [(one.news.number, one.news.state) for one in hub.watching.watch()] == [(2, "raised")]
    assert answers.questions(hub)[0]["raised"] is True


def test_the_care_of_a_friction_keeps_what_is_not_named(hub):
    first = hub.agenda.care("F2", by="Ana", owner=" ana@example.com ", note="call the payment provider")
    assert (first.owner, first.state, first.note, first.proof) == (
        "ana@example.com", "open", "call the payment provider", "",
    )  # fmt: skip
    assert hub.agenda.care("F2", by="Ben", owner="ana@example.com") == first
    later = hub.agenda.care("F2", by="Ben", state="in work", proof="fewer calls within an hour")
    assert (later.owner, later.note, later.by) == (first.owner, first.note, "Ben")
    assert later.since > first.since
    noted = hub.agenda.care("F2", by="Ben", note="")
    assert (noted.note, noted.since) == ("", later.since)
    with pytest.raises(CareWrong):
        hub.agenda.care("F2", by="Ben", state="lost")
    assert hub.agenda.cares() == {"F2": noted}
    assert [kind for kind, _ in deeds(hub)] == ["Friction Cared For"] * 3
    assert hub.verify().trouble == ()


# The definition of a case


def history(events, until):
    """A history of (person, day, action), as the walk store has it."""
    import numpy as np

    rows = sorted(events, key=lambda one: one[:2])
    persons = np.array([one[0] for one in rows], np.int64)
    times = np.array([one[1] * DAY for one in rows], np.int64)
    return drawn(persons, times, np.array([ACTIONS.index(one[2]) for one in rows], np.uint8), until)


def drawn(persons, times, actions, until):
    """A history of columns in the order of persons and times."""
    import numpy as np
    import pyarrow as pa

    ids, numbers = np.unique(persons, return_inverse=True)
    return History(
        times, numbers.astype(np.uint32), np.searchsorted(numbers, np.arange(ids.size + 1)).astype(np.int64),
        np.zeros(times.size, np.int64), Named(np.zeros(times.size, np.uint8), ("web",)), Named(actions, ACTIONS),
        pa.array(ids, pa.int64()), seen_until=until,
    )  # fmt: skip


def plainly(events, until, window, after, ends="chain", latest=None):
    """One person after the other: the first look after an instant, if its window is over; did a buy follow in it?"""
    cases = persons = 0
    latest = until - window if latest is None else min(latest, until - window)
    for person in {one[0] for one in events}:
        mine = [(day, action) for who, day, action in events if who == person and (after is None or day > after)]
        looks = [day for day, action in mine if action == "look"]
        if not looks or min(looks) > latest:
            continue
        began = min(looks)
        broken = [day for day, action in mine if action == "end"]
        if ends == "person" and any(began <= day <= began + window for day in broken):
            continue
        breaks = broken if ends == "chain" else []
        buys = [
            day for day, action in mine if action == "buy"
            and any(0 <= day - look <= window and not any(look < one < day for one in breaks) for look in looks)
        ]  # fmt: skip
        persons += 1
        cases += bool(buys) and min(buys) - began <= window
    return Tally(cases, persons)


@given(
    events=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 30), st.sampled_from(["look", "look", "buy", "buy", "end"])),
        max_size=30,
    ),
    window=st.integers(1, 9),
    after=st.none() | st.integers(0, 25),
    more=st.integers(0, 5),
    ends=st.sampled_from(["chain", "person"]),
)
def test_a_case_is_who_got_there_within_the_window_of_the_first_beginning(events, window, after, more, ends):
    until = max((day for _, day, _ in events), default=0) + more
    past = Past(history(events, until * DAY), until * DAY, window * DAY)
    span = "none" if more % 2 else f"{window}d"
    question = funnel_of(Asked(("look", "buy"), window=span, without=("end",), ends=ends))
    found = tally(past, question, None if after is None else after * DAY)
    assert found == plainly(events, until, window, after, ends)
    if after is not None:
        part = tally(past, question, after * DAY, (after + 3) * DAY)
        assert part == plainly(events, until, window, after, ends, after + 3)


@pytest.mark.parametrize(("ended", "found"), [(4, Tally(0, 0)), (8, Tally(1, 1))])
def test_what_must_not_happen_takes_nobody_back_whose_window_is_over(ended, found):
    events = [(1, 1, "look"), (1, 3, "buy"), (1, ended, "end")]
    question = funnel_of(Asked(("look", "buy"), window="5d", without=("end",), ends="person"))
    assert tally(Past(history(events, 20 * DAY), 20 * DAY, DAY), question) == found


# What is compared with what


def looks_of(counts):
    """On each of these days so many people look whom nobody saw before."""
    people = iter(range(10_000))
    return [(next(people), day, "look") for day, count in counts.items() for _ in range(count)]


def compared_at(events, until, since=100):
    told = history(events, until * DAY)
    return tuple(one.persons for one in compared(Past(told, until * DAY, DAY), LOOKED, since * DAY))


@pytest.mark.parametrize(
    ("until", "before", "after"),
    [
        (107, 0, 0),  # No window since is over yet.
        (109, 1, 8),  # Two days: 66 and 67 against 101 and 102; 65 is the moment it begins after.
        (117, 3, 24),  # Ten days: up to 75 against up to 110.
        (135, 7, 56),  # Four weeks: up to 93 against up to 128.
        (162, 7, 56),  # The second stretch, up to 156, is not over yet.
        (163, 7, 56 + 512),
    ],
)
def test_stretches_grow_alike_to_four_weeks_and_begin_on_the_same_weekday(until, before, after):
    days = {65: 100, 66: 1, 70: 2, 93: 4, 94: 100, 100: 100, 101: 8, 110: 16, 128: 32, 129: 512, 157: 1000}
    assert compared_at(looks_of({0: 1, **days}), until) == (before, after)


def test_a_history_that_begins_late_gives_shorter_stretches():
    days = {90: 4, 91: 1, 94: 100, 101: 8, 103: 16, 104: 32, 108: 64}
    assert compared_at(looks_of(days), 200) == (5, 8 + 16 + 32 + 64)
    assert compared_at(looks_of({95: 3, 101: 8}), 200) == (0, 0), "no window was over when it was saved"


WORLDS, LOYAL, RARE = 60, (0.3, 1 / 15, 0.5), (0.7, 1 / 240, 0.25)


def loyal_and_rare(rng, people=1500, days=365):
    """A world in which nothing ever changes: some come twice a month and buy often, others twice a year and seldom."""
    import numpy as np

    loyal = rng.random(people) < LOYAL[0]
    visits = rng.poisson(np.where(loyal, LOYAL[1], RARE[1]) * days)
    who = np.repeat(np.arange(people), visits)
    at = rng.random(who.size) * days
    buys = rng.random(who.size) < np.where(loyal, LOYAL[2], RARE[2])[who]
    persons = np.concatenate([who, who[buys]])
    times = np.concatenate([at, at[buys] + 0.1])
    codes = np.repeat(np.array([0, 1], np.uint8), [at.size, buys.sum()])
    order = np.lexsort((times, persons))
    return drawn(persons[order], (times[order] * DAY).astype(np.int64), codes[order], days * DAY)


def test_where_nothing_ever_changes_at_most_one_question_in_twenty_is_alarmed_though_the_loyal_come_first():
    import numpy as np

    rng = np.random.default_rng(20)
    saved, alarms, by_all = 300, 0, 0
    for _ in range(WORLDS):
        told = loyal_and_rare(rng)
        alarms += any(stands(*compared(Past(told, day * DAY, DAY), LOOKED, saved * DAY)) for day in range(309, 366, 7))
        # What is compared with all who began before, at their very first beginning, differs though nothing changes.
        everybody = tally(Past(told, saved * DAY, DAY), LOOKED)
        by_all += stands(everybody, tally(Past(told, 365 * DAY, DAY), LOOKED, saved * DAY))
    assert chance_of_at_least(alarms, WORLDS, 0.05) > 0.01
    assert by_all > WORLDS / 2


def stands(before, since):
    return watched((before.cases, before.persons), (since.cases, since.persons)).stands


def chance_of_at_least(count, trials, chance):
    """The binomial bound: how likely so many or more are."""
    return sum(comb(trials, one) * chance**one * (1 - chance) ** (trials - one) for one in range(count, trials + 1))


def test_without_a_window_the_horizon_of_the_hub_is_given(hub):
    street = Street(hub)
    street.walk(0, 100, 60)
    street.walk(8, 1, 0)
    saved = hub.agenda.save("Ever", Asked(BOUGHT.steps, window="none"), by="Ana")
    assert saved.baseline == Tally(0, 0), "fourteen days are not over yet"
    street.walk(16, 1, 0)
    hub.agenda.drop(saved.id, by="Ana")
    assert hub.agenda.save("Ever", Asked(BOUGHT.steps, window="none"), by="Ana").baseline == Tally(60, 100)


def test_the_times_between_steps_are_read(street):
    asked = Asked(("Product Viewed", "Order Completed"), between={"Order Completed": "..30m"})
    assert funnel_of(asked).steps[1].most == HOUR // 2
    assert street.hub.agenda.save("Quick", asked, by="Ana").baseline == Tally(0, 100)


def test_what_is_worked_out_is_kept_until_history_moves_on():
    worked_out = []
    latest = Latest(lambda history: worked_out.append(history) or len(worked_out))
    first, second = (history([(1, day, "look")], DAY) for day in (1, 2))
    assert [latest.of(one) for one in (first, first, second, second, first)] == [1, 1, 2, 2, 3]
    latest.drop()
    assert latest.of(first) == 4
    assert worked_out == [first, second, first, first]


def test_what_takes_long_is_kept_while_history_moves_on(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("noline.flows.latest.time.monotonic", lambda: now[0])
    monkeypatch.setattr("noline.flows.latest.time.thread_time", lambda: now[0])

    def work_out(history):
        now[0] += 2 * LONG_S
        return history

    latest = Latest(work_out)
    first, second = (history([(1, day, "look")], DAY) for day in (1, 2))
    assert latest.of(first) is first
    now[0] += KEPT_TIMES * 2 * LONG_S - 1
    assert latest.of(second) is first
    now[0] += 1
    assert latest.of(second) is second
