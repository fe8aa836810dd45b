"""The feedback: loops that somebody opens, somebody answers, somebody closes."""

import pytest

from noline.truth.feedback.model import FeedbackUnreadable, Loop, LoopCount, State
from noline.truth.feedback.service import Feedback

A_DAY = 24 * 60


@pytest.fixture
def feedback(listening, digest):
    return listening(Feedback(digest))


def test_a_review_opens_a_loop(feedback, digest):
    fact = feedback.hears(
        "Review Posted", review_id="r-1", rating="4.5", site="google", sku="lungo", order_id="o-1", in_store="paris-1",
        channel="reviews", minute=1, id="m-1",
    )  # fmt: skip
    assert feedback.says("loop", "r-1") == Loop(
        loop_id="r-1",
        state=State.OPEN,
        subject=digest("user_id:anna"),
        channel="reviews",
        site="google",
        store_id="paris-1",
        sku="lungo",
        order_id="o-1",
        rating_hundredths=450,
        opened_at=feedback.minute(1),
        answered_at=None,
        closed_at=None,
        fact_route=fact.route_key,
        message_id="m-1",
    )


@pytest.mark.parametrize("kind", ["Review Posted", "Product Reviewed", "Feedback Given"])
def test_feedback_without_an_id_is_known_by_its_message(feedback, kind):
    feedback.hears(kind, id="m-7", rating=1)
    assert feedback.says("loop", "m-7").state is State.OPEN
    feedback.hears("Feedback Answered", review_id="m-7")
    assert feedback.says("loop", "m-7").state is State.ANSWERED


def test_an_answer_and_a_closing_move_the_loop_on(feedback):
    feedback.hears("Review Posted", review_id="r-1", minute=1)
    feedback.hears("Feedback Answered", review_id="r-1", minute=5)
    feedback.hears("Feedback Answered", review_id="r-1", minute=3)
    assert feedback.says("loop", "r-1").answered_at == feedback.minute(3)
    feedback.hears("Feedback Closed", review_id="r-1", minute=9)
    loop = feedback.says("loop", "r-1")
    assert (loop.state, loop.opened_at, loop.closed_at) == (State.CLOSED, feedback.minute(1), feedback.minute(9))


def test_an_answer_may_be_heard_before_what_it_answers(feedback):
    feedback.hears("Feedback Answered", review_id="r-1", minute=5)
    assert feedback.says("loop", "r-1").opened_at is None
    feedback.hears("Review Posted", review_id="r-1", rating=2, minute=1)
    loop = feedback.says("loop", "r-1")
    assert (loop.state, loop.opened_at, loop.rating_hundredths) == (State.ANSWERED, feedback.minute(1), 200)


def test_an_edited_review_is_one_loop_with_its_last_rating(feedback):
    feedback.hears("Review Posted", review_id="r-1", rating=5, minute=8)
    feedback.hears("Review Posted", review_id="r-1", rating=1, minute=2)
    loop = feedback.says("loop", "r-1")
    assert (loop.rating_hundredths, loop.opened_at) == (500, feedback.minute(2))


def test_open_loops_are_listed_oldest_first_in_pages(feedback):
    for minute, review in ((3, "r-3"), (1, "r-1"), (2, "r-2"), (4, "r-4")):
        feedback.hears("Review Posted", review_id=review, minute=minute)
    feedback.hears("Feedback Answered", review_id="r-2")
    assert [loop.loop_id for loop in feedback.says("open_loops", limit=2)] == ["r-1", "r-3"]
    assert [loop.loop_id for loop in feedback.says("open_loops", limit=2, offset=2)] == ["r-4"]


def test_loops_are_counted_by_channel_and_store_with_their_age(feedback):
    now = feedback.minute(10 * A_DAY)
    for number, (opened_day, store) in enumerate([(0, "paris-1"), (7, "paris-1"), (9, "paris-1"), (3, "lyon-1")], 1):
        feedback.hears(
            "Feedback Given", review_id=f"r-{number}", in_store=store, channel="store", minute=opened_day * A_DAY
        )
    feedback.hears("Review Posted", review_id="r-5", channel="reviews", minute=1)
    feedback.hears("Feedback Answered", review_id="r-3", minute=9 * A_DAY)
    feedback.hears("Feedback Closed", review_id="r-5", minute=2)
    assert feedback.says("counts", now) == [
        LoopCount("reviews", None, 0, 0, 1, None, None),
        LoopCount("store", "lyon-1", 1, 0, 0, 7, 7),
        LoopCount("store", "paris-1", 2, 1, 0, 10, 6),
    ]
    assert feedback.says("loop", "r-1").age_days(now) == 10


def test_a_loop_from_a_clock_ahead_of_ours_has_age_zero(feedback):
    feedback.hears("Review Posted", review_id="r-1", channel="web", minute=2 * A_DAY)
    assert feedback.says("counts", feedback.minute(0)) == [LoopCount("web", None, 1, 0, 0, 0, 0)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Feedback Answered", {}),
        ("Feedback Closed", {"review_id": "x" * 257}),
        ("Review Posted", {"rating": "good"}),
        ("Review Posted", {"rating": -1}),
        ("Review Posted", {"rating": 101}),
        ("Review Posted", {"rating": "NaN"}),
        ("Review Posted", {"rating": "1e999999"}),
    ],
)
def test_what_cannot_be_read_opens_and_closes_nothing(feedback, kind, said):
    with pytest.raises(FeedbackUnreadable):
        feedback.hears(kind, said)
    assert feedback.rows() == {"feedback_facts": [], "feedback_loops": []}


def test_open_loops_are_found_by_who_opened_them_and_by_the_store(feedback, digest):
    feedback.hears("Feedback Given", review_id="r-1", minute=3, about="user_id:anna", in_store="paris-1")
    feedback.hears("Feedback Given", review_id="r-2", minute=1, about="loyalty_id:4711", in_store="lyon-2")
    feedback.hears("Feedback Given", review_id="r-3", minute=2, about="user_id:boris", in_store="paris-1")
    feedback.hears("Feedback Given", review_id="r-4", minute=4, about="user_id:anna")
    feedback.hears("Feedback Answered", review_id="r-4", minute=5, about="user_id:anna")
    hers = [digest("user_id:anna"), digest("loyalty_id:4711"), digest("user_id:anna")]
    assert [one.loop_id for one in feedback.says("open_of", hers)] == ["r-2", "r-1"]
    assert feedback.says("open_of", []) == []
    assert [one.loop_id for one in feedback.says("open_at", "paris-1")] == ["r-3", "r-1"]
    assert [one.loop_id for one in feedback.says("open_at", "paris-1", 1)] == ["r-3"]
