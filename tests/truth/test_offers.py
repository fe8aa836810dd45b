"""Offers: draws and answers by subject, and counts that are the number of rows, however the deeds are told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.kernel.clock import DAY, MINUTE
from noline.truth.offers.model import ANSWERED, DRAWN, Answered, Drawn, Record, answered, drawn, why_not_answered
from noline.truth.offers.service import Draw, Offers, Overruled

ANNA, ANNAS_CARD, BEN = "user_id:anna", "card:77", "user_id:ben"


@pytest.fixture
def story(fact_of, listening, digest):
    """Anna is shown tea under two names and says yes once; Ben is held out; coffee is overruled for Ben."""
    minute = listening(Offers(digest)).minute
    told = [
        (DRAWN, drawn("tea", "shown", 14), ANNAS_CARD, 5),
        (DRAWN, drawn("tea", "shown", 14), ANNA, 1),
        (DRAWN, drawn("tea", "held", 14), BEN, 2),
        (DRAWN, drawn("coffee", "shown", 7), BEN, 3),
        (ANSWERED, answered("tea", "accepted", ""), ANNA, 6),
        (ANSWERED, answered("coffee", "overruled", "he said he has plenty"), BEN, 4),
        (ANSWERED, answered("tea", "declined", "", "deed-1"), ANNA, 7),
        (ANSWERED, answered("tea", "overruled", "thought again", "deed-1"), ANNA, 8),
        (ANSWERED, answered("tea", "overruled", "once more", "deed-1"), ANNA, 9),
    ]
    return [
        fact_of(kind, {**said, "by": "Lea"}, id=f"deed-{number}", at=minute(at), about=about)
        for number, (kind, said, about, at) in enumerate(told)
    ]


@pytest.fixture
def room(listening, digest, story):
    heard = listening(Offers(digest))
    heard.take(story)
    return heard


def test_a_customer_is_asked_for_by_all_names_and_the_oldest_stands_first(room, digest):
    at = room.minute
    assert room.says("of", [digest(ANNAS_CARD), digest(ANNA)]) == Record(
        (Drawn("tea", "shown", at(1), at(1) + 14 * DAY), Drawn("tea", "shown", at(5), at(5) + 14 * DAY)),
        (Answered("tea", "accepted", at(6), "", "Lea"), Answered("tea", "overruled", at(9), "once more", "Lea")),
    )
    assert room.says("of", [digest(BEN)]).answers == (
        Answered("coffee", "overruled", at(4), "he said he has plenty", "Lea"),
    )
    assert room.says("of", [digest("user_id:nobody")]) == Record((), ())


def test_a_programme_tells_its_draws_its_counts_and_why_it_was_overruled(room, digest):
    at = room.minute
    assert room.says("counts") == {
        "coffee": {"overruled": 1, "shown": 1},
        "tea": {"accepted": 1, "held": 1, "overruled": 1, "shown": 2},
    }
    assert room.says("draws", "tea") == [
        Draw(digest(ANNA), "shown", at(1), at(1) + 14 * DAY),
        Draw(digest(BEN), "held", at(2), at(2) + 14 * DAY),
        Draw(digest(ANNAS_CARD), "shown", at(5), at(5) + 14 * DAY),
    ]
    assert room.says("overruled", "coffee") == [Overruled("he said he has plenty", "Lea", at(4), digest(BEN))]
    assert [one.reason for one in room.says("overruled", "tea")] == ["once more"]


def test_any_order_any_batches_and_any_repeats_give_the_same_rows_and_counts(room, story):
    expected = room.rows()
    assert {table: len(rows) for table, rows in expected.items()} == {"offers_told": 7, "offers_counts": 6}

    @given(again=st.permutations([*story, *story[:4]]), cut=st.integers(0, 13), other=st.integers(0, 13))
    def gives_the_same_rows(again, cut, other):
        with room.store.transaction() as tx:
            for table in room.room.tables:
                tx.run(f"DELETE FROM {table}")
        first, second = sorted((cut, other))
        for some in (again[:first], again[first:second], again[second:]):
            room.take(some)
        assert room.rows() == expected

    gives_the_same_rows()


def test_who_is_erased_is_in_no_row_and_no_count(room, digest, story):
    with room.store.transaction() as tx:
        assert room.room.erase(tx, [digest(BEN), digest(BEN), digest("user_id:nobody")]) == 3
        assert room.room.erase(tx, [digest(BEN)]) == 0
    assert room.says("of", [digest(BEN)]) == Record((), ())
    assert room.says("counts") == {"tea": {"accepted": 1, "overruled": 1, "shown": 2}}
    whole = room.rows()
    room.take(story)
    assert room.rows() != whole, "told again it counts again"
    assert room.says("counts")["tea"] == {"accepted": 1, "held": 1, "overruled": 1, "shown": 2}


def test_what_an_erasure_left_of_a_deed_says_nothing(room, story):
    before = room.rows()
    room.take([msgspec.structs.replace(story[0], properties={}, message_id="left")])
    assert room.rows() == before


def test_the_same_id_of_two_customers_is_two_deeds(room, fact_of):
    twice = [
        fact_of(DRAWN, {**drawn("milk", "shown", 1), "by": "Lea"}, id="same", at=MINUTE, about=whom)
        for whom in (ANNA, BEN)
    ]
    room.take(twice)
    assert room.says("counts")["milk"] == {"shown": 2}


@pytest.mark.parametrize(
    ("answer", "reason", "why"),
    [
        ("accepted", "", None),
        ("declined", "too dear", None),
        ("overruled", "has one already", None),
        ("overruled", "  ", "whoever overrules an offer says why"),
        ("perhaps", "", "an answer is one of accepted, declined, overruled"),
        ("declined", "n" * 2001, "a reason has at most 2000 characters, and none is NUL or half of a character"),
        ("declined", "n\ud800", "a reason has at most 2000 characters, and none is NUL or half of a character"),
        ("declined", "n\0", "a reason has at most 2000 characters, and none is NUL or half of a character"),
    ],
)
def test_an_answer_that_cannot_be_kept_says_why(answer, reason, why):
    assert why_not_answered(answer, reason) == why
