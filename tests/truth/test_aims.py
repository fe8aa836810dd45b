"""The aims: what was said last stands, looks are kept, and the same deeds in any order give the same rows."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.truth.aims.checks import (
    day_or_none,
    in_one_spelling,
    in_order,
    number_or_none,
    why_not_checked,
    why_not_set,
    why_not_stated,
)
from noline.truth.aims.model import (
    ROLES,
    STATUSES,
    Aim,
    Charter,
    Checked,
    CheckIn,
    Goal,
    Measured,
    Standing,
    last_day,
    standing,
)
from noline.truth.aims.service import CHECKED, DROPPED, SET, STATED, Aims, said

AIM = Aim("conversion", "25", "%", "at_least", "2026-12-31", "2026-01-01", {"unit": "paris-1"})
CHARTER = Charter("store", "experience", ("retain",), ("taste before you buy",), "nobody waits", "Ana", 7)
LOW = Measured(0.21, 21, 100, 0.14, 0.3)
FEW = msgspec.structs.replace(AIM, direction="at_most")
SO_FAR = "it is within the target so far, which counts until 2026-12-31"


def goal(name, room, **more):
    return msgspec.structs.replace(Goal(room.goal_id(name), name, AIM, "Ana"), **more)


def look(of, number, status="at risk"):
    return CheckIn(f"look-{number}", of.id, of.aim, "2026-03-02", LOW, status, "a second till at noon")


@pytest.fixture
def told(fact_of):
    """A deed by its place in the log."""

    def deed(seq, kind, thing, by="Ana"):
        fact = fact_of(kind, {**said(thing), "by": by}, id=f"deed-{seq}", at=seq * 10, about="goal:g")
        return msgspec.structs.replace(fact, seq=seq)

    return deed


@pytest.fixture
def story(told, digest):
    """Two charters, one stated anew; two goals, one aimed higher and one dropped; two looks at each."""
    room = Aims(digest)
    first, other = goal("More orders in Paris", room), goal("Fewer returns", room)
    higher = msgspec.structs.replace(first, aim=msgspec.structs.replace(AIM, target="30"))
    things = [
        (STATED, CHARTER), (SET, first), (SET, other), (CHECKED, look(first, 1)), (CHECKED, look(other, 2)),
        (STATED, msgspec.structs.replace(CHARTER, channel="web", main="acquire", others=())), (SET, higher),
        (STATED, msgspec.structs.replace(CHARTER, main="assist", since=8)), (CHECKED, look(higher, 3, "on track")),
        (CHECKED, look(other, 4, "off track")), (DROPPED, other),
    ]  # fmt: skip
    return [told(seq, kind, thing) for seq, (kind, thing) in enumerate(things, 1)]


def test_what_was_said_last_stands_and_every_look_is_kept(listening, digest, story):
    room = listening(Aims(digest))
    room.take(story)
    store, web = room.says("charters")
    assert store == msgspec.structs.replace(CHARTER, main="assist", since=8, by="Ana")
    assert (web.channel, web.main, web.others) == ("web", "acquire", ())
    assert (room.says("charter", "store"), room.says("charter", "app")) == (store, None)
    (kept,) = room.says("goals")
    assert (kept.name, kept.aim.target, kept.aim.where, kept.by) == (
        "More orders in Paris", "30", {"unit": "paris-1"}, "Ana",
    )  # fmt: skip
    assert room.says("goal", kept.id) == kept
    dropped = room.room.goal_id("Fewer returns")
    assert (room.says("goal", dropped), room.says("was_set", dropped)) == (None, True)
    assert room.says("was_set", "g-nobody") is False
    last, first = room.says("check_ins", kept.id)
    assert first == Checked(msgspec.structs.replace(look(kept, 1), aim=AIM, by="Ana"), 40)
    assert (last.check_in.id, last.check_in.aim.target, last.check_in.measured, last.at) == ("look-3", "30", LOW, 90)
    assert [one.check_in.id for one in room.says("check_ins", dropped)] == ["look-4", "look-2"]
    assert room.says("check_ins", kept.id, 1, 1) == [first]
    assert room.says("check_ins_since", kept.id, 41) == [last]


def test_any_order_any_batches_and_any_repeats_give_the_same_rows(listening, digest, story):
    room = listening(Aims(digest))
    room.take(story)
    expected = room.rows()
    assert {table: len(rows) for table, rows in expected.items()} == {
        "aims_charters": 2, "aims_goals": 2, "aims_check_ins": 4,
    }  # fmt: skip

    @given(again=st.permutations([*story, *story[:4]]), cut=st.integers(0, 15))
    def gives_the_same_rows(again, cut):
        with room.store.transaction() as tx:
            for table in room.room.tables:
                tx.run(f"DELETE FROM {table}")
        room.take(again[:cut])
        room.take(again[cut:])
        assert room.rows() == expected

    gives_the_same_rows()


def test_a_dropped_goal_that_is_set_again_is_there_again_with_its_looks(listening, digest, told):
    room = listening(Aims(digest))
    one = goal("More orders in Paris", room.room)
    room.take([told(1, SET, one), told(2, CHECKED, look(one, 1)), told(3, DROPPED, one), told(4, SET, one, "Ben")])
    assert room.says("goals") == [msgspec.structs.replace(one, by="Ben")]
    assert [found.check_in.id for found in room.says("check_ins", one.id)] == ["look-1"]


def test_the_goal_that_is_due_first_stands_first(listening, digest, told):
    room = listening(Aims(digest))
    days = {"later": "2027-06-30", "soon": "2026-05-01", "last": "2027-12-31"}
    aims = {name: msgspec.structs.replace(AIM, due=day) for name, day in days.items()}
    room.take([told(seq, SET, goal(name, room.room, aim=aim)) for seq, (name, aim) in enumerate(aims.items(), 1)])
    assert [one.name for one in room.says("goals")] == ["soon", "later", "last"]


def test_the_same_name_is_the_same_goal(digest):
    room = Aims(digest)
    assert room.goal_id(" More orders ") == room.goal_id("More orders") != room.goal_id("more orders")


def test_everything_written_is_found_again_by_what_it_is_about(listening, digest, story):
    room = listening(Aims(digest))
    room.take(story)
    names = ["charter:store", "charter:web", *(f"goal:{room.room.goal_id(one)}" for one in ("More orders in Paris",
             "Fewer returns"))]  # fmt: skip
    assert set(room.says("subjects")) == set(map(digest, names))


# A number beside its target


@pytest.mark.parametrize(
    ("change", "measured", "stands"),
    [
        ({}, LOW, Standing(False, sure=False)),
        ({}, Measured(0.25, 25, 100, 0.18, 0.34), Standing(True, sure=False)),
        ({}, Measured(0.4, 40, 100, 0.31, 0.5), Standing(True, sure=True)),
        ({"target": "0.25", "unit": "share"}, Measured(0.1, 10, 100, 0.05, 0.17), Standing(False, sure=True)),
        ({"direction": "at_most", "due": "2026-03-02"}, Measured(0.25), Standing(True)),
        (
            {"direction": "at_most", "due": "2026-03-03"}, Measured(0.25),
            Standing(None, why="it is within the target so far, which counts until 2026-03-03", so_far=True),
        ),
        ({"direction": "at_most"}, Measured(0.2501), Standing(False)),
        ({}, Measured(None, 0, 0), Standing(None, why="nothing was counted")),
        ({"target": "1200.5", "unit": "EUR"}, Measured(120_050, currency="EUR"), Standing(True)),
        ({"target": "1200.5", "unit": "EUR"}, Measured(120_049, currency="EUR"), Standing(False)),
        ({"target": "1200", "unit": "JPY"}, Measured(1200, currency="JPY"), Standing(True)),
        (
            {"unit": "EUR"}, Measured(2500, currency="JPY"),
            Standing(None, why="the target is in EUR, the number in JPY"),
        ),
        ({"unit": "EUR"}, Measured(0.3), Standing(None, why="the target is in EUR, the number in no currency")),
        ({}, Measured(2500, currency="EUR"), Standing(None, why="the target is in %, the number in EUR")),
    ],
)  # fmt: skip
def test_a_number_stands_beside_its_target(change, measured, stands):
    assert standing(msgspec.structs.replace(AIM, **change), measured, "2026-03-02") == stands


def test_the_last_day_counted_is_today_until_the_goal_is_due():
    assert last_day(AIM, date(2026, 3, 2)) == date(2026, 3, 2)
    assert last_day(AIM, date(2027, 3, 2)) == date(2026, 12, 31)


# How things are spelled, and what is refused


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", "25"), (" 0.250 ", "0.25"), ("1e3", "1000"), ("-3.5", "-3.5"), ("0.000", "0"), ("0.000001", "0.000001"),
        ("999999999999999", "999999999999999"), ("1000000000000000", None), ("1e999999", None), ("1e-7", None),
        ("NaN", None), ("Infinity", None), ("many", None), ("", None),
    ],
)  # fmt: skip
def test_a_number_has_one_spelling(text, number):
    assert number_or_none(text) == number


def test_days_roles_and_aims_have_one_spelling():
    assert [day_or_none(text) for text in ("2026-12-31", " 20261231", "31.12.2026", "2026-02-30")] == [
        "2026-12-31", "2026-12-31", None, None,
    ]  # fmt: skip
    assert in_order(("service", "retain", "retain", "acquire"), "acquire") == ("retain", "service")
    sent = msgspec.structs.replace(AIM, target="25.0", due="20261231")
    assert in_one_spelling(sent) == AIM


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"main": "sell"}, f"'sell' is no role; a role is one of {', '.join(ROLES)}"),
        ({"others": ("sell",)}, f"'sell' is no role; a role is one of {', '.join(ROLES)}"),
        ({"channel": " "}, "a channel has a name of 1 to 200 characters, without NUL"),
        ({"reasons": ("r",) * 11}, "it has at most 10 reasons, none of them empty"),
        ({"reasons": ("r", "")}, "it has at most 10 reasons, none of them empty"),
        ({"reasons": ("r" * 201,)}, "an owner and a reason have at most 200 characters, the experience 2000"),
        ({"owner": "o" * 201}, "an owner and a reason have at most 200 characters, the experience 2000"),
        ({"experience": "e" * 2001}, "an owner and a reason have at most 200 characters, the experience 2000"),
        ({"experience": "\0"}, "no text holds the character NUL"),
        ({}, None),
    ],
)
def test_a_charter_that_cannot_be_stated_says_why(change, why):
    assert why_not_stated(msgspec.structs.replace(CHARTER, **change)) == why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": ""}, "a goal has a name of 1 to 200 characters, without NUL"),
        ({"owner": "o" * 201}, "an owner has at most 200 characters"),
        ({"owner": "\0"}, "no text holds the character NUL"),
        ({"metric": ""}, "a metric has a name of 1 to 200 characters, without NUL"),
        ({"where": {"sku": "a"}}, "it is narrowed by 'sku', which is none of unit, channel, country"),
        ({"where": {"unit": " "}}, "the unit has a name of 1 to 200 characters, without NUL"),
        ({"target": "many"}, "'many' is no number of at most 15 digits and 6 decimals"),
        ({"unit": "euros"}, "the unit is one of count, share, %, minutes, ratio, or a currency such as EUR"),
        ({"direction": "more"}, "the direction is one of at_least, at_most"),
        ({"due": "soon"}, "'soon' is no day such as 2026-12-31"),
        ({"begins": "2027-01-01"}, "it is due on 2026-12-31, before it begins on 2027-01-01"),
        ({"begins": "20261231"}, None),
        ({"unit": "EUR", "where": {}}, None),
        ({"target": "101"}, "101 is more than all of it: a share goes up to 1, or to 100 %"),
        ({"target": "250", "unit": "share"}, "250 is more than all of it: a share goes up to 1, or to 100 %"),
        ({"target": "100"}, None),
        ({"target": "250", "unit": "count"}, None),
    ],
)
def test_a_goal_that_cannot_be_set_says_why(change, why):
    of_goal = {name: value for name, value in change.items() if name in ("name", "owner")}
    of_aim = {name: value for name, value in change.items() if name not in of_goal}
    one = Goal("g-1", "More orders", msgspec.structs.replace(AIM, **of_aim), "Ana")
    assert why_not_set(msgspec.structs.replace(one, **of_goal)) == why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "fine"}, f"the status is one of {', '.join(STATUSES)}"),
        ({"decided": ""}, "what was decided has 1 to 2000 characters"),
        ({"decided": "d" * 2001}, "what was decided has 1 to 2000 characters"),
        ({"decided": "\0"}, "no text holds the character NUL"),
        ({"until": "2025-12-31"}, "the goal begins on 2026-01-01"),
        ({"status": "reached"}, "the number says that the target is not reached"),
        ({"status": "missed", "measured": Measured(0.3)}, "the number says that the target is reached"),
        ({"status": "missed"}, None),
        ({"status": "reached", "measured": Measured(0.3)}, None),
        (
            {"status": "reached", "measured": Measured(None)},
            "whether the target is reached cannot be told: nothing was counted",
        ),
        (
            {"status": "missed", "measured": Measured(None)},
            "whether the target is missed cannot be told: nothing was counted",
        ),
        ({"status": "at risk", "measured": Measured(None)}, None),
        ({"status": "reached", "aim": FEW}, f"whether the target is reached cannot be told: {SO_FAR}"),
        ({"status": "reached", "aim": FEW, "until": FEW.due}, None),
        ({"status": "missed", "aim": FEW, "measured": Measured(0.4)}, None),
        ({"status": "off track", "measured": Measured(0.3)}, None),
    ],
)
def test_a_look_that_cannot_be_kept_says_why(change, why):
    told = CheckIn("", "g-1", AIM, "2026-03-02", LOW, "at risk", "a second till at noon")
    assert why_not_checked(msgspec.structs.replace(told, **change)) == why
