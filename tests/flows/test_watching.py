"""Saved questions: kept once, watched every hour, and an alert once for each change."""

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.doors.answers import agenda as answers
from noline.flows.latest import KEPT_TIMES, LONG_S, Latest
from noline.flows.watching import Past, funnel_of, tally
from noline.insight.walks.model import FunnelUnreadable, SpanUnreadable, StepUnknown
from noline.kernel.clock import DAY, HOUR
from noline.kernel.errors import NotFound
from noline.stores.walks.history import History
from noline.stores.walks.store import Named
from noline.truth.agenda.model import Asked, CareWrong, QuestionWrong, Tally
from shop import OPENING, track

BOUGHT = Asked(("Product Viewed", "Order Completed"), window="7d")


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
    """A hub in which 60 of 100 people bought, the last of them more than a week ago."""
    street = Street(hub)
    street.walk(0, 100, 60)
    street.walk(8, 1, 0)
    return street


def deeds(hub):
    return [(one["type"], one["data"]["properties"]["said"].get("state")) for one in hub.deliveries.changes(
        0, 1000, ("Question Saved", "Question Dropped", "Friction Cared For", "Alert Raised", "Alert Ended")
    ).changes]  # fmt: skip


def test_a_question_is_saved_once_with_what_it_said_that_day(street):
    hub = street.hub
    saved = hub.agenda.save("Bought", BOUGHT, by="Ana", alert=True)
    assert (saved.name, saved.baseline, saved.by) == ("Bought", Tally(60, 100), "Ana")
    street.walk(30, 50, 0)
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
    street.walk(30, 50, 0)
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
    street.walk(10, 60, 0)
    assert [(one.since, one.news) for one in hub.watching.watch()] == [(Tally(0, 0), None)], "their week is not over"
    street.walk(18, 1, 0)
    (look,) = hub.watching.watch()
    assert (look.since, look.watch.stands, look.news.state) == (Tally(0, 60), True, "raised")
    assert [one.news for one in hub.watching.watch()] == [None]
    street.walk(30, 100, 95)
    street.walk(40, 1, 0)
    (look,) = hub.watching.watch()
    assert (look.since, look.watch.stands, look.news.state) == (Tally(95, 161), False, "ended")
    assert [one.news for one in hub.watching.watch()] == [None]
    street.walk(50, 300, 0)
    street.walk(60, 1, 0)
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
    street.walk(10, 60, 0)
    street.walk(18, 1, 0)
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
    street.walk(10, 60, 0)
    street.walk(18, 1, 0)
    assert [one.news.number for one in hub.watching.watch()] == [1]
    hub.agenda.save("Bought", Asked(BOUGHT.steps, window="3d"), by="Ana", alert=True)
    assert answers.questions(hub)[0]["raised"] is False
    assert [one.news for one in hub.watching.watch()] == [None]
    street.walk(30, 60, 60)
    street.walk(40, 1, 0)
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
    import pyarrow as pa

    rows = sorted(events, key=lambda one: one[:2])
    persons = sorted({one[0] for one in rows})
    numbers = np.array([persons.index(one[0]) for one in rows], np.uint32)
    actions = ("look", "buy")
    size = len(rows)
    return History(
        np.array([one[1] * DAY for one in rows], np.int64), numbers,
        np.searchsorted(numbers, np.arange(len(persons) + 1)).astype(np.int64), np.zeros(size, np.int64),
        Named(np.zeros(size, np.uint8), ("web",)),
        Named(np.array([actions.index(one[2]) for one in rows], np.uint8), actions),
        pa.array(persons, pa.int64()), seen_until=until,
    )  # fmt: skip


def plainly(events, until, window, after):
    """One person after the other: the first look after an instant, if its window is over; did a buy follow in it?"""
    cases = persons = 0
    for person in {one[0] for one in events}:
        mine = [(day, action) for who, day, action in events if who == person and (after is None or day > after)]
        looks = [day for day, action in mine if action == "look"]
        if not looks or min(looks) > until - window:
            continue
        began = min(looks)
        buys = [day for day, action in mine if action == "buy" and any(0 <= day - look <= window for look in looks)]
        persons += 1
        cases += bool(buys) and min(buys) - began <= window
    return Tally(cases, persons)


@given(
    events=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 30), st.sampled_from(["look", "look", "buy"])), max_size=30
    ),
    window=st.integers(1, 9),
    after=st.none() | st.integers(0, 25),
    more=st.integers(0, 5),
)
def test_a_case_is_who_got_there_within_the_window_of_the_first_beginning(events, window, after, more):
    until = max((day for _, day, _ in events), default=0) + more
    past = Past(history(events, until * DAY), until * DAY, window * DAY)
    question = funnel_of(Asked(("look", "buy"), window="none" if more % 2 else f"{window}d"))
    found = tally(past, question, None if after is None else after * DAY)
    assert found == plainly(events, until, window, after)


def test_without_a_window_the_horizon_of_the_hub_is_given(street):
    hub = street.hub
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
