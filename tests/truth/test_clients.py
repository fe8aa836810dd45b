"""Clients: notes, adviser, appointments and follow-ups stand as they were decided and told, in whatever order."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.clock import DAY, HOUR, as_text
from noline.kernel.errors import NotFound
from noline.truth.clients.model import (
    Adviser,
    AppointmentUnreadable,
    Client,
    Standing,
    is_further,
    why_not_kept,
)
from noline.truth.clients.service import Clients

ANNA, HER_CARD, BORIS = "user_id:anna", "loyalty_id:4711", "user_id:boris"


@pytest.fixture
def room(listening, digest):
    return listening(Clients(digest))


@pytest.fixture
def deed(fact_of):
    """A deed by its place in the log, ten microseconds after the one before."""

    def done(seq, kind, about=ANNA, id=None, **said):  # noqa: A002  as the wire has it
        fact = fact_of(kind, {"by": "lea", **said}, id=id or f"d-{seq}", at=seq * 10, about=about)
        return msgspec.structs.replace(fact, seq=seq)

    return done


@pytest.fixture
def booked(fact_of):
    """What a channel tells of appointment t-1."""

    def told(word, at=1, id=None, about=ANNA, **said):  # noqa: A002  as above
        said = {"appointment_id": "t-1", **said}
        return fact_of(f"Appointment {word}", said, id=id or f"{word}-{at}", at=at, about=about)

    return told


def known(room, *names):
    return room.says("for_subjects", [room.room._digest(name) for name in names or (ANNA,)])


def test_nothing_is_known_of_a_stranger(room):
    assert known(room) == Client([], None, [], [], [])


def test_notes_stand_the_latest_first_and_a_withdrawn_one_has_no_words_left(room, deed):
    room.take([deed(1, "Note Written", id="n-1", text="likes it strong")])
    room.take([deed(2, "Note Written", id="n-2", about=HER_CARD, text="canary")])
    assert [(one.id, one.by, one.at, one.text) for one in known(room, ANNA, HER_CARD).notes] == [
        ("n-2", "lea", 20, "canary"), ("n-1", "lea", 10, "likes it strong"),
    ]  # fmt: skip
    room.take([deed(3, "Note Withdrawn", about=HER_CARD, note="n-2")])
    assert [one.id for one in known(room, ANNA, HER_CARD).notes] == ["n-1"]
    assert "canary" not in str(room.rows())
    place = room.says("note", [room.room._digest(HER_CARD)], "n-2")
    assert (place.subject, place.withdrawn) == (room.room._digest(HER_CARD), True)
    with pytest.raises(NotFound):
        room.says("note", [room.room._digest(BORIS)], "n-1")


def test_the_adviser_is_the_one_named_last_under_whichever_name(room, deed):
    room.take([deed(2, "Adviser Named", about=HER_CARD, adviser="mia"), deed(1, "Adviser Named", adviser="lea")])
    assert known(room, ANNA, HER_CARD).adviser == Adviser("mia", 20)
    assert known(room, ANNA).adviser == Adviser("lea", 10)
    room.take([deed(3, "Adviser Named", adviser="")])
    assert known(room, ANNA, HER_CARD).adviser is None


def test_a_follow_up_is_open_until_it_is_closed_and_as_it_was_closed_first(room, deed):
    later = deed(1, "Follow-up Planned", id="f-1", text="call her", due=90, assigned_to="mia", store_id="paris-1")
    room.take([later, deed(2, "Follow-up Planned", id="f-2", text="send a sample", due=80)])
    assert [(one.id, one.due, one.assigned_to, one.store) for one in known(room).follow_ups] == [
        ("f-2", 80, "", None), ("f-1", 90, "mia", "paris-1"),
    ]  # fmt: skip
    room.take([deed(4, "Follow-up Closed", follow_up="f-1", outcome="again"),
               deed(3, "Follow-up Closed", follow_up="f-1", outcome="she comes")])  # fmt: skip
    assert [one.id for one in known(room).follow_ups] == ["f-2"]
    closed = room.says("follow_up", "f-1")
    assert (closed.closed_at, closed.outcome, closed.text) == (30, "she comes", "call her")
    everything = room.says("all_of", [room.room._digest(ANNA)])
    assert [one.id for one in everything.follow_ups] == ["f-2", "f-1"]
    with pytest.raises(NotFound):
        room.says("follow_up", "f-9")


def test_who_looked_is_told_the_latest_first_and_cut_where_a_card_ends(room, deed):
    room.take([deed(seq, "Customer Viewed", purpose="service", facts=["f1", "f2"], store_id="paris-1")
               for seq in range(1, 31)])  # fmt: skip
    seen = known(room).views
    assert [one.at for one in seen] == [seq * 10 for seq in range(30, 10, -1)]
    assert seen[0] == ("lea", 300, "paris-1", "service", ("f1", "f2"))
    assert len(room.says("views", [room.room._digest(ANNA)])) == 30
    assert [one.at for one in room.says("views", [room.room._digest(ANNA)], 1)] == [300]


def test_days_on_which_somebody_looked_are_counted_once_each_before_an_instant(room, fact_of):
    for number, at in enumerate([1, 2, DAY - 1, DAY, 3 * DAY]):
        fact = fact_of("Customer Viewed", {"by": "lea", "purpose": "service"}, id=f"v-{number}", at=at, about=ANNA)
        room.take([fact])
    hers = [room.room._digest(ANNA)]
    assert [room.says("days_seen", hers, before) for before in (1, 2, DAY, DAY + 1, 9 * DAY)] == [0, 1, 1, 2, 3]
    assert room.says("days_seen", hers, DAY, HOUR) == 2, "an hour ahead of UTC the last look was the next day"
    assert room.says("days_seen", [room.room._digest(BORIS)], 9 * DAY) == 0


def test_an_appointment_is_as_it_was_booked_last_and_as_far_as_anybody_told(room, booked):
    noon = as_text(DAY)
    room.take([booked("Kept", 9, about=HER_CARD, store_id="lyon-2"), booked("Missed", 8, about=HER_CARD)])
    assert known(room, HER_CARD).appointments[0].state is Standing.KEPT
    room.take([booked("Booked", 2, starts_at=noon, topic="tasting", store_id="paris-1")])
    (one,) = known(room).appointments
    assert (one.id, one.state, one.at, one.store, one.topic, one.told_at) == (
        "t-1", Standing.KEPT, DAY, "paris-1", "tasting", 2,
    )  # fmt: skip
    assert known(room, HER_CARD).appointments == [], "it is of whom it was booked for"
    room.take([booked("Booked", 3, starts_at=as_text(DAY + HOUR))])
    (one,) = known(room).appointments
    assert (one.at, one.store, one.topic) == (DAY + HOUR, "paris-1", "tasting")
    assert room.says("appointment", "t-1") == one
    with pytest.raises(NotFound):
        room.says("appointment", "t-2")


def test_an_appointment_without_an_id_is_nobodys_and_one_without_a_readable_time_is_refused(room, booked, fact_of):
    room.take([fact_of("Appointment Booked", {"starts_at": "tomorrow"}, id="m-1", at=1)])
    assert room.rows()["appointments"] == []
    for said in ({"starts_at": "tomorrow"}, {"appointment_id": "x" * 257}):
        with pytest.raises(AppointmentUnreadable):
            room.take([booked("Booked", 1, **said)])
    assert room.rows()["appointment_facts"] == []


def test_a_day_at_a_store_shows_what_begins_then_and_what_is_due_by_its_end(room, booked, deed):
    for number, (store, at) in enumerate(
        [("paris-1", DAY - 1), ("paris-1", DAY), ("lyon-2", DAY), ("paris-1", 2 * DAY)]
    ):
        room.take([booked("Booked", 1, id=f"b-{number}", appointment_id=f"t-{number}", store_id=store,
                          starts_at="1970-01-01T23:59:59.999999Z" if at == DAY - 1 else as_text(at))])  # fmt: skip
    room.take([
        deed(1, "Follow-up Planned", id="f-1", text="here", due=2 * DAY - 1, store_id="paris-1"),
        deed(2, "Follow-up Planned", id="f-2", text="anywhere", due=3),
        deed(3, "Follow-up Planned", id="f-3", text="elsewhere", due=4, store_id="lyon-2"),
        deed(4, "Follow-up Planned", id="f-4", text="later", due=2 * DAY),
        deed(5, "Follow-up Planned", id="f-5", text="done", due=5),
        deed(6, "Follow-up Closed", follow_up="f-5", outcome="done"),
    ])  # fmt: skip
    day = room.says("today", "paris-1", DAY, 2 * DAY)
    assert [one.id for one in day.appointments] == ["t-1"]
    assert [one.id for one in day.follow_ups] == ["f-2", "f-1"]


def test_an_erasure_leaves_nothing_of_one_and_what_others_told_of_the_same_appointment(room, booked, deed):
    room.take([
        deed(1, "Note Written", text="canary"), deed(2, "Adviser Named", adviser="canary"),
        deed(3, "Follow-up Planned", text="canary", due=5), deed(4, "Customer Viewed", purpose="canary"),
        deed(5, "Note Written", about=BORIS, text="stays"), booked("Booked", 1, topic="canary", starts_at=as_text(DAY)),
        booked("Kept", 9, about=BORIS, topic="a talk"),
    ])  # fmt: skip
    with room.store.transaction() as tx:
        assert room.room.erase(tx, [room.room._digest(ANNA)]) == 5
        assert room.room.erase(tx, [room.room._digest(ANNA)]) == 0
    assert "canary" not in str(room.rows())
    assert known(room) == Client([], None, [], [], [])
    (left,) = known(room, BORIS).appointments
    assert (left.state, left.at, left.topic, left.told_at) == (Standing.KEPT, None, "a talk", 9)
    assert [one.text for one in known(room, BORIS).notes] == ["stays"]


WHO = st.sampled_from([ANNA, HER_CARD])
TELLINGS = st.one_of(
    st.tuples(st.just("Note Written"), st.fixed_dictionaries({"text": st.sampled_from(["a", "b"])})),
    st.tuples(st.just("Note Withdrawn"), st.fixed_dictionaries({"note": st.sampled_from(["d-1", "d-2", "d-3"])})),
    st.tuples(st.just("Adviser Named"), st.fixed_dictionaries({"adviser": st.sampled_from(["lea", "mia", ""])})),
    st.tuples(st.just("Follow-up Planned"), st.fixed_dictionaries({"text": st.just("c"), "due": st.integers(1, 9)})),
    st.tuples(
        st.just("Follow-up Closed"),
        st.fixed_dictionaries({"follow_up": st.sampled_from(["d-1", "d-2", "d-3"]), "outcome": st.just("ok")}),
    ),
    st.tuples(st.just("Customer Viewed"), st.fixed_dictionaries({"purpose": st.just("service")})),
    st.tuples(
        st.sampled_from(["Appointment Booked", "Appointment Kept", "Appointment Missed", "Appointment Withdrawn"]),
        st.fixed_dictionaries(
            {"appointment_id": st.sampled_from(["t-1", "t-2"])},
            optional={"store_id": st.just("paris-1"), "topic": st.just("talk"), "starts_at": st.just("1970-01-02")},
        ),
    ),
)


def test_any_order_any_batches_any_repeats_give_the_same_rows(room, deed):
    @settings(max_examples=settings.default.max_examples // (1 if room.store.dialect == "sqlite" else 3))
    @given(told=st.lists(st.tuples(TELLINGS, WHO), min_size=2, max_size=8), data=st.data())
    def gives_the_same_rows(told, data):
        facts = [deed(seq, kind, about, **said) for seq, ((kind, said), about) in enumerate(told, 1)]
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


def test_an_appointment_goes_only_further():
    assert [[is_further(one, other) for one in Standing] for other in Standing] == [
        [False, True, True, True], [False, False, True, True], [False, False, False, True], [False] * 4,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"text": "fine", "outcome": None}, None),
        ({"text": "  "}, "text has 1 to 2000 characters"),
        ({"text": "x" * 2001}, "text has 1 to 2000 characters"),
        ({"store": "a\0b"}, "store holds the character NUL"),
    ],
)
def test_why_words_cannot_be_kept(words, why):
    assert why_not_kept(**words) == why
