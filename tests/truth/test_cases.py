"""Cases: who still waits for us, whatever was told in whatever order and under whichever name."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier
from noline.truth.cases.model import CaseUnreadable, Kind, State
from noline.truth.cases.service import Cases

ANNA, HER_CARD, BORIS = "user_id:anna", "loyalty_id:4711", "user_id:boris"


@pytest.fixture
def room(listening, digest):
    return listening(Cases(digest))


@pytest.fixture
def told(fact_of):
    """What somebody tells, with a name of theirs."""

    def telling(kind, at=1, about=ANNA, trusted=True, id=None, **said):  # noqa: A002  as the wire has it
        fact = fact_of(kind, said, id=id or f"m-{kind}-{at}", at=at, about=about)
        return msgspec.structs.replace(fact, identifiers=(Identifier(*about.split(":")),), trusted=trusted)

    return telling


def waiting(room, *names):
    subjects = [room.room._digest(name) for name in names or (ANNA,)]
    return [(one.case_id, str(one.kind), one.opened_at) for one in room.says("open_for", subjects)]


def running(room, name=ANNA):
    return f"of-{room.room._digest(name).hex()}"


def test_a_case_is_open_until_somebody_resolves_it_in_whatever_channel(room, told):
    room.take([told("Case Opened", 1, case_id="s-1", topic="parcel", order_id="o-1", text="where is it?")])
    (case,) = room.says("open_for", [room.room._digest(ANNA)])
    assert (case.kind, case.topic, case.order_id, case.text, case.opened_at, case.state) == (
        Kind.COMPLAINT, "parcel", "o-1", "where is it?", 1, State.OPEN,
    )  # fmt: skip
    room.take(
        [told("Call Started", 2, about=HER_CARD, case_id="s-1"), told("Call Resolved", 3, HER_CARD, case_id="s-1")]
    )
    assert waiting(room) == []
    closed = room.says("case", "s-1")
    assert (closed.state, closed.ended_at, closed.subject) == (State.CLOSED, 3, room.room._digest(ANNA))


@pytest.mark.parametrize("late", ["Case Opened", "Message Received", "Callback Requested", "Call Transferred"])
def test_a_case_that_was_resolved_stays_closed_whatever_is_heard_afterwards(room, told, late):
    room.take([told("Case Resolved", 5, case_id="s-1")])
    room.take([told(late, 2, case_id="s-1"), told(late, 9, case_id="s-1")])
    assert waiting(room) == []


def test_a_call_that_was_passed_on_is_open_and_one_that_is_going_on_is_not(room, told):
    room.take([told("Call Started", 1, case_id="s-1")])
    assert waiting(room) == []
    room.take([told("Call Transferred", 2, case_id="s-1"), told("Call Transferred", 3, case_id="s-1")])
    assert waiting(room) == [("s-1", "complaint", 2)]
    room.take([told("Call Resolved", 4, case_id="s-1")])
    assert waiting(room) == []


def test_a_message_waits_until_it_is_answered_and_the_next_one_waits_again(room, told):
    room.take([told("Message Received", 1, case_id="s-1", text="hello?")])
    assert waiting(room) == [("s-1", "unanswered", 1)]
    room.take([told("Message Sent", 2, case_id="s-1")])
    assert waiting(room) == []
    assert room.says("case", "s-1").state is State.ANSWERED
    room.take([told("Message Received", 3, case_id="s-1"), told("Message Received", 4, case_id="s-1")])
    assert waiting(room) == [("s-1", "unanswered", 3)]


def test_an_answer_is_not_enough_for_a_complaint_or_a_call_back(room, told):
    for number, word in enumerate(["Case Opened", "Callback Requested"], 1):
        room.take([told(word, number, case_id=f"s-{number}"), told("Message Sent", 5, case_id=f"s-{number}")])
    assert waiting(room) == [("s-1", "complaint", 1), ("s-2", "callback", 2)]


def test_how_often_we_did_not_call_back_is_counted_and_a_call_back_comes_before_a_complaint(room, told):
    room.take([told("Case Opened", 1, case_id="s-1"), told("Callback Requested", 2, case_id="s-1"),
               told("Callback Missed", 3, case_id="s-1"), told("Callback Missed", 4, case_id="s-1")])  # fmt: skip
    (case,) = room.says("open_for", [room.room._digest(ANNA)])
    assert (case.kind, case.missed, case.opened_at) == (Kind.CALLBACK, 2, 1)


def test_without_a_number_what_was_asked_is_open_until_something_was_resolved_under_any_name(room, told):
    room.take([told("Callback Requested", 1)])
    assert waiting(room, ANNA, HER_CARD) == [(running(room), "callback", 1)]
    room.take([told("Call Resolved", 5, about=HER_CARD)])
    assert waiting(room, ANNA, HER_CARD) == []
    assert waiting(room, ANNA) == [(running(room), "callback", 1)], "as long as the card is somebody else's"
    room.take([told("Case Opened", 7)])
    assert waiting(room, ANNA, HER_CARD) == [(running(room), "complaint", 7)]
    room.take([told("Call Resolved", 6)])
    assert waiting(room, ANNA, HER_CARD) == [(running(room), "complaint", 7)]
    room.take([told("Case Opened", 8, case_id="s-1"), told("Case Resolved", 9)])
    assert waiting(room, ANNA, HER_CARD) == [("s-1", "complaint", 8)], "a numbered case ends by its number alone"


@pytest.mark.parametrize("kind", ["Message Received", "Call Transferred", "Message Sent"])
def test_without_a_number_nothing_opens_that_nobody_could_end(room, told, kind):
    room.take([told(kind)])
    assert room.rows() == {"case_facts": [], "cases": []}


def test_nobody_and_who_was_erased_wait_for_nothing(room, told, fact_of):
    room.take([fact_of("Case Opened", id="m-1", at=1), told("Case Opened", 1, about="erased:0f3a")])
    assert room.rows() == {"case_facts": [], "cases": []}


def test_a_case_is_of_whoever_asked_first_and_a_server_goes_before_a_browser(room, told):
    room.take(
        [told("Case Opened", 1, about=BORIS, trusted=False, case_id="s-1"), told("Case Opened", 2, case_id="s-1")]
    )
    assert (waiting(room, BORIS), waiting(room, ANNA)) == ([], [("s-1", "complaint", 1)])


def test_open_cases_of_a_store_are_told_who_waits_longest_first(room, told):
    room.take([told("Case Opened", 3, case_id="s-3", store_id="paris-1"), told("Case Opened", 1, case_id="s-1"),
               told("Case Opened", 2, case_id="s-2", store_id="paris-1"),
               told("Case Opened", 4, case_id="s-4", store_id="paris-1"),
               told("Case Resolved", 5, case_id="s-4")])  # fmt: skip
    assert [one.case_id for one in room.says("open_at", "paris-1")] == ["s-2", "s-3"]
    assert [one.case_id for one in room.says("open_at", "paris-1", 1)] == ["s-2"]
    assert [one.case_id for one in room.says("all_of", [room.room._digest(ANNA)])] == ["s-4", "s-3", "s-2", "s-1"]
    with pytest.raises(NotFound):
        room.says("case", "s-9")


def test_a_case_id_that_is_too_long_is_refused_and_long_words_are_cut(room, told):
    with pytest.raises(CaseUnreadable):
        room.take([told("Case Opened", case_id="x" * 257)])
    room.take([told("Case Opened", case_id="s-1", topic="t" * 300, text="w" * 3000)])
    case = room.says("case", "s-1")
    assert (len(case.topic), len(case.text)) == (200, 2000)


def test_an_erasure_leaves_what_others_told_of_the_same_case(room, told):
    room.take([told("Case Opened", 1, case_id="s-1", text="canary"), told("Callback Requested", 3),
               told("Callback Missed", 2, about=BORIS, case_id="s-1")])  # fmt: skip
    with room.store.transaction() as tx:
        assert room.room.erase(tx, [room.room._digest(ANNA)]) == 2
        assert room.room.erase(tx, [room.room._digest(ANNA)]) == 0
    assert "canary" not in str(room.rows())
    assert (waiting(room, ANNA), waiting(room, BORIS)) == ([], [("s-1", "callback", 2)])


WORDS = ["Case Opened", "Call Transferred", "Callback Requested", "Callback Missed", "Message Received", "Message Sent",
         "Call Resolved", "Case Resolved"]  # fmt: skip
SAID = st.fixed_dictionaries(
    {},
    optional={"case_id": st.sampled_from(["s-1", "s-2"]), "topic": st.sampled_from(["a", "b"]), "text": st.just("c"),
              "store_id": st.just("paris-1")},
)  # fmt: skip


def test_any_order_any_batches_any_repeats_give_the_same_rows(room, told):
    sentences = st.tuples(
        st.sampled_from(WORDS), st.integers(1, 4), st.sampled_from([ANNA, HER_CARD]), st.booleans(), SAID
    )

    @settings(max_examples=settings.default.max_examples // (1 if room.store.dialect == "sqlite" else 3))
    @given(story=st.lists(sentences, min_size=2, max_size=8), data=st.data())
    def gives_the_same_rows(story, data):
        facts = [
            told(kind, at, about, trusted, id=f"m-{number}", **said)
            for number, (kind, at, about, trusted, said) in enumerate(story)
        ]
        expected = after(room, [[fact] for fact in facts])
        again = data.draw(st.permutations([*facts, *facts[:2]]))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(again)), max_size=3)))
        edges = [0, *cuts, len(again)]
        assert after(room, [again[start:end] for start, end in pairwise(edges)]) == expected

    gives_the_same_rows()


def after(room, batches):
    """The rows of an empty room after these batches."""
    with room.store.transaction() as tx:
        for table in room.room.tables:
            tx.run(f"DELETE FROM {table}")
        for batch in batches:
            room.room.take(tx, batch)
    return room.rows()
