"""What could not be taken, as it is kept: counted when it comes again, closed once, and told by state."""

import pytest

from noline.kernel.errors import DeadLetterClosed, NotFound
from noline.kernel.events import Refusal
from noline.stores import dead_letters
from noline.stores.dead_letters import DeadLetter


def park(store, raw: bytes, *, source: str = "web", code: str = "schema_violation", at: int = 1, message: str = "no",
         seq: int | None = None) -> int:  # fmt: skip
    with store.transaction() as tx:
        refusal = Refusal(code, "/event", message, raw)
        return dead_letters.park(tx, source, refusal, raw[:16], at, route="batch", seq=seq)


def letters(store, **which) -> list[int]:
    with store.reading() as reader:
        return [letter.id for letter in dead_letters.letters(reader, **which)]


def letter(store, number: int) -> DeadLetter:
    with store.reading() as reader:
        return dead_letters.letter(reader, number)


def close(store, number: int, state: str, seq: int | None = None) -> None:
    with store.transaction() as tx:
        dead_letters.close(tx, number, state, seq)


def test_a_letter_is_kept_as_it_came(store):
    raw = bytes(range(256))
    number = park(store, raw, at=5, message="a \0 in it")
    assert letter(store, number) == DeadLetter(
        1, "web", "schema_violation", "/event", "a \\u0000 in it", "batch", raw, None, "open", 1, 5, 5
    )


def test_the_same_bytes_again_are_counted_on_the_same_letter(store):
    assert [park(store, b"a", at=1), park(store, b"b", at=2), park(store, b"a", at=3)] == [1, 2, 1]
    found = letter(store, 1)
    assert (found.times, found.first_at, found.last_at) == (2, 1, 3)


def test_other_sources_and_other_reasons_have_letters_of_their_own(store):
    numbers = [park(store, b"a"), park(store, b"a", source="app"), park(store, b"a", code="clock_absurd")]
    assert numbers == [1, 2, 3]


def test_letters_are_told_by_state_and_in_portions(store):
    for raw in (b"a", b"b", b"c", b"d"):
        park(store, raw)
    close(store, 1, "ignored")
    close(store, 3, "fixed", seq=9)
    assert (letters(store), letters(store, state="ignored"), letters(store, state="fixed")) == ([2, 4], [1], [3])
    assert letters(store, state=None) == [1, 2, 3, 4]
    assert letters(store, state=None, after=1, limit=2) == [2, 3]
    assert letters(store, after=4) == []
    assert letter(store, 3).seq == 9


def test_counts_are_by_reason_and_state(store):
    park(store, b"a")
    park(store, b"a")
    park(store, b"b")
    park(store, b"c", code="clock_absurd")
    close(store, 2, "ignored")
    with store.reading() as reader:
        assert dead_letters.counts(reader) == {
            ("schema_violation", "open"): 1,
            ("schema_violation", "ignored"): 1,
            ("clock_absurd", "open"): 1,
        }


def test_items_kept_are_counted_as_often_as_they_came(store):
    for raw, code in [(b"a", "too_deep"), (b"a", "too_deep"), (b"b", "nul_char"), (b"c", "conflict")]:
        park(store, raw, code=code)
    park(store, b"seq 1 in stock", code="projection_error", seq=1)
    park(store, b"a", source="app")
    with store.reading() as reader:
        assert dead_letters.items_kept(reader) == {("web", False): 3, ("web", True): 1, ("app", False): 1}


def test_what_rooms_left_out_is_told_for_a_stretch_of_the_log(store):
    for seq, room in [(3, "stock"), (7, "stock"), (7, "orders"), (9, "prices")]:
        park(store, f"seq {seq} in {room}".encode(), code="projection_error", seq=seq, message=f"{room}: not: so")
    park(store, b"another", seq=7)
    with store.reading() as reader:
        assert dead_letters.left_out(reader, 4, 9) == {(7, "stock"), (7, "orders"), (9, "prices")}
        assert dead_letters.left_out(reader, 10, 99) == set()


def test_a_letter_takes_other_bytes_while_it_is_open(store):
    park(store, b"wrong")
    with store.transaction() as tx:
        dead_letters.replace_raw(tx, 1, b"right")
    assert letter(store, 1).raw == b"right"
    assert park(store, b"wrong") == 1
    assert letter(store, 1).raw == b"right"


@pytest.mark.parametrize("state", ["fixed", "ignored"])
def test_a_closed_letter_stays_as_it_is(store, state):
    park(store, b"wrong")
    close(store, 1, state)
    before = letter(store, 1)
    for deed in (lambda tx: dead_letters.close(tx, 1, "open"), lambda tx: dead_letters.replace_raw(tx, 1, b"x")):
        with pytest.raises(DeadLetterClosed) as refusal, store.transaction() as tx:
            deed(tx)
        assert (refusal.value.letter, refusal.value.state) == (1, state)
    assert letter(store, 1) == before


def test_a_letter_nobody_knows_is_not_found(store):
    with pytest.raises(NotFound, match="No dead letter is known as 7"):
        letter(store, 7)
    with pytest.raises(NotFound):
        close(store, 7, "ignored")
