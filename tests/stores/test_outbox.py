"""Receivers and their cursors: who is due, how long a failing one waits, when it is given up."""

import pytest

from fixed_clock import FixedClock
from noline.kernel.clock import HOUR, SECOND
from noline.kernel.errors import NameTaken, NotFound
from noline.stores.outbox import GIVES_UP_AFTER, Outbox, Subscription


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def outbox(store, clock):
    return Outbox(store, clock)


def test_a_new_receiver_is_due_and_begins_where_it_was_told(outbox, clock):
    made = outbox.subscribe("erp", "https://erp.example/in", ("Order Placed", "Order Refunded"), after=7)
    assert made == Subscription(
        "erp", "https://erp.example/in", made.secret, ("Order Placed", "Order Refunded"), "active", 7, None, 0, 0, "",
        clock.now(),
    )  # fmt: skip
    assert outbox.due() == outbox.subscriptions() == [made] == [outbox.subscription("erp")]


def test_each_receiver_has_a_secret_of_its_own(outbox):
    secrets = {outbox.subscribe(name, "https://a.example").secret for name in ("a", "b", "c")}
    assert len(secrets) == 3
    assert {(secret[:6], len(secret)) for secret in secrets} == {("whsec_", 38)}


def test_a_name_is_taken_once(outbox):
    made = outbox.subscribe("erp", "https://erp.example")
    with pytest.raises(NameTaken) as refusal:
        outbox.subscribe("erp", "https://other.example")
    assert (refusal.value.what, refusal.value.name) == ("webhook", "erp")
    assert outbox.subscriptions() == [made]


@pytest.mark.parametrize("deed", ["resume", "pause", "remove", "subscription"])
def test_a_receiver_nobody_knows_is_not_found(outbox, deed):
    with pytest.raises(NotFound, match="No webhook is known as 'nobody'"):
        getattr(outbox, deed)("nobody")


def test_a_removed_receiver_is_forgotten_and_its_name_is_free(outbox):
    outbox.subscribe("erp", "https://erp.example", after=5)
    outbox.remove("erp")
    assert outbox.subscriptions() == []
    assert outbox.subscribe("erp", "https://erp.example").delivered_seq == 0


def test_a_failing_receiver_waits_twice_as_long_each_time_but_never_more_than_ten_minutes(outbox, clock):
    outbox.subscribe("erp", "https://erp.example")
    pauses = []
    for _ in range(13):
        failed = outbox.fail("erp", "HTTP 500")
        pauses.append((failed.next_attempt_at - clock.now()) // SECOND)
        clock.go_on(failed.next_attempt_at - clock.now() - 1)
        assert outbox.due() == []
        clock.go_on(1)
        assert [one.name for one in outbox.due()] == ["erp"]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]


def test_a_receiver_is_paused_when_it_has_failed_for_72_hours_and_not_before(outbox, clock):
    outbox.subscribe("erp", "https://erp.example")
    began = clock.now()
    outbox.fail("erp", "HTTP 500")
    clock.go_on(72 * HOUR - 1)
    assert outbox.fail("erp", "HTTP 500").state == "active"
    clock.go_on(1)
    assert clock.now() - began == GIVES_UP_AFTER
    assert outbox.fail("erp", "HTTP 503") == outbox.subscription("erp")
    (paused,) = outbox.subscriptions()
    assert (paused.state, paused.failing_since, paused.attempts, paused.last_error) == ("paused", began, 3, "HTTP 503")
    clock.go_on(HOUR)
    assert outbox.due() == []


def test_one_success_ends_a_time_of_failing(outbox, clock):
    outbox.subscribe("erp", "https://erp.example")
    outbox.fail("erp", "HTTP 500")
    clock.go_on(71 * HOUR)
    outbox.confirm("erp", 0, 3)
    known = outbox.subscription("erp")
    assert (known.delivered_seq, known.failing_since, known.attempts, known.last_error) == (3, None, 0, "")
    clock.go_on(2 * HOUR)
    assert outbox.fail("erp", "HTTP 500").state == "active"


def test_resuming_begins_at_once_where_the_receiver_stopped(outbox, clock):
    outbox.subscribe("erp", "https://erp.example", after=4)
    outbox.fail("erp", "HTTP 500")
    outbox.pause("erp")
    resumed = outbox.resume("erp")
    assert (resumed.state, resumed.delivered_seq, resumed.attempts, resumed.failing_since) == ("active", 4, 0, None)
    assert outbox.due() == [resumed]


def test_resuming_can_begin_anywhere(outbox):
    outbox.subscribe("erp", "https://erp.example", after=40)
    assert outbox.resume("erp", after=0).delivered_seq == 0
    assert outbox.resume("erp", after=90).delivered_seq == 90


def test_what_is_on_its_way_does_not_move_a_cursor_that_was_set_meanwhile(outbox):
    """A turn that began at 10 ends after somebody asked for everything once more."""
    outbox.subscribe("erp", "https://erp.example", after=10)
    outbox.resume("erp", after=0)
    outbox.confirm("erp", 10, 60)
    assert outbox.subscription("erp").delivered_seq == 0
    outbox.confirm("erp", 0, 60)
    assert outbox.subscription("erp").delivered_seq == 60


def test_a_pause_by_hand_stays_through_failures(outbox):
    outbox.subscribe("erp", "https://erp.example")
    outbox.pause("erp")
    assert outbox.fail("erp", "HTTP 500").state == "paused"
    assert outbox.due() == []


def test_a_long_error_is_cut_and_can_be_stored_anywhere(outbox):
    outbox.subscribe("erp", "https://erp.example")
    assert outbox.fail("erp", "a\0b" + "x" * 10_000).last_error == "ab" + "x" * 497
