"""The agenda: what was said last stands, and the same deeds in any order, batches and repeats give the same rows."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.truth.agenda.model import (
    CARE_STATES,
    Alert,
    Asked,
    Care,
    Question,
    Tally,
    why_not_noted,
    why_not_saved,
)
from noline.truth.agenda.service import CARED_FOR, DROPPED, ENDED, RAISED, SAVED, Agenda, said

ASKED = Asked(("web/Product Viewed", "Order Completed"))
BASELINE = Tally(30, 100)


def question(name, room, **more):
    return msgspec.structs.replace(Question(room.question_id(name), name, ASKED, True, 7, BASELINE), **more)


def alert(of, number, state):
    told = Alert(f"{of.id}-{number}-{state}", of.id, of.name, state, number, BASELINE, Tally(5, 90), 99, 31.5, 0.03,
                 0.01, 0.2, of.since)  # fmt: skip
    return msgspec.structs.replace(told, evidence=told.evidence if state == "raised" else 2.0)


@pytest.fixture
def told(fact_of):
    """A deed by its place in the log."""

    def deed(seq, kind, thing, by="Ana"):
        fact = fact_of(kind, {**said(thing), "by": by}, id=f"deed-{seq}", at=seq * 10, about="question:q")
        return msgspec.structs.replace(fact, seq=seq)

    return deed


@pytest.fixture
def story(told, digest):
    """Two questions, one of them saved anew and one dropped, an alert that came and went, and a friction cared for."""
    room = Agenda(digest)
    first, other = question("Web to order", room), question("Cart to order", room)
    care = Care("F2", "ana@example.com", "open", "", "", 1)
    things = [
        (SAVED, first), (SAVED, other), (RAISED, alert(first, 1, "raised")), (ENDED, alert(first, 1, "ended")),
        (SAVED, msgspec.structs.replace(first, alert=False)), (DROPPED, other), (CARED_FOR, care),
        (CARED_FOR, msgspec.structs.replace(care, state="fixed", since=2)), (RAISED, alert(first, 2, "raised")),
    ]  # fmt: skip
    return [told(seq, kind, thing) for seq, (kind, thing) in enumerate(things, 1)]


def test_what_was_said_last_stands(listening, digest, story):
    room = listening(Agenda(digest))
    room.take(story)
    (kept,) = room.says("questions")
    assert (kept.name, kept.alert, kept.by, kept.asked) == ("Web to order", False, "Ana", ASKED)
    assert room.says("question", kept.id) == kept
    dropped = room.room.question_id("Cart to order")
    assert (room.says("question", dropped), room.says("was_saved", dropped)) == (None, True)
    assert room.says("was_saved", "q-nobody") is False
    assert [(one.alert.number, one.alert.state, one.at) for one in room.says("alerts")] == [
        (2, "raised", 90), (1, "ended", 40), (1, "raised", 30),
    ]  # fmt: skip
    assert [one.at for one in room.says("alerts", 1, 1)] == [40]
    assert room.says("last_alert", kept.id).at == 90
    assert room.says("last_alert", dropped) is None
    assert room.says("cares") == [Care("F2", "ana@example.com", "fixed", "", "", 2, "Ana")]
    assert (room.says("care", "F2").state, room.says("care", "F3")) == ("fixed", None)


def test_any_order_any_batches_and_any_repeats_give_the_same_rows(listening, digest, story):
    room = listening(Agenda(digest))
    room.take(story)
    expected = room.rows()
    assert {table: len(rows) for table, rows in expected.items()} == {
        "agenda_questions": 2, "agenda_alerts": 3, "agenda_cares": 1,
    }  # fmt: skip

    @given(again=st.permutations([*story, *story[:3]]), cut=st.integers(0, 12))
    def gives_the_same_rows(again, cut):
        with room.store.transaction() as tx:
            for table in room.room.tables:
                tx.run(f"DELETE FROM {table}")
        room.take(again[:cut])
        room.take(again[cut:])
        assert room.rows() == expected

    gives_the_same_rows()


def test_a_dropped_question_that_is_saved_again_is_there_again(listening, digest, told):
    room = listening(Agenda(digest))
    again = question("Web to order", room.room, since=50)
    room.take([told(1, SAVED, question("Web to order", room.room)), told(2, DROPPED, again), told(3, SAVED, again)])
    assert [one.since for one in room.says("questions")] == [50]


def test_an_alert_stands_for_the_question_that_raised_it_and_for_no_later_one(listening, digest, told):
    room = listening(Agenda(digest))
    asked = question("Web to order", room.room)
    room.take([told(1, RAISED, alert(asked, 1, "raised"))])
    last = room.says("last_alert", asked.id)
    assert last.stands_for(asked)
    assert not last.stands_for(msgspec.structs.replace(asked, since=asked.since + 1))


def test_the_same_name_is_the_same_question(digest):
    room = Agenda(digest)
    assert room.question_id(" Web to order ") == room.question_id("Web to order") != room.question_id("web to order")


@pytest.mark.parametrize(
    ("name", "asked", "why"),
    [
        ("  ", ASKED, "a name has 1 to 200 characters"),
        ("n" * 201, ASKED, "a name has 1 to 200 characters"),
        ("n", Asked(()), "it has 1 to 30 steps, and at most as many that must not happen"),
        ("n", Asked(("a",) * 31), "it has 1 to 30 steps, and at most as many that must not happen"),
        ("n", Asked(("a" * 201,)), "each of its words has at most 200 characters"),
        ("n", Asked(("a",), by="b\0"), "each of its words has at most 200 characters"),
        ("n", ASKED, None),
    ],
)
def test_a_question_that_cannot_be_saved_says_why(name, asked, why):
    assert why_not_saved(name, asked) == why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": "lost"}, f"the state is one of {', '.join(CARE_STATES)}"),
        ({"owner": "o" * 201}, "an owner has at most 200 characters, a note and a proof 2000"),
        ({"note": "n" * 2001}, "an owner has at most 200 characters, a note and a proof 2000"),
        ({"proof": "\0"}, "no text holds the character NUL"),
        ({}, None),
    ],
)
def test_a_care_that_cannot_be_kept_says_why(change, why):
    care = msgspec.structs.replace(Care("F2", "ana", "open", "", "", 1), **change)
    assert why_not_noted(care) == why
