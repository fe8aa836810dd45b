"""Orders that the hub runs: what follows from its deeds, in any batches and however often they are told."""

import pytest

from noline.truth.orders import fulfilments
from noline.truth.orders.fulfilments import (
    CHANGED,
    EDITED,
    SOURCED,
    Assigned,
    Balance,
    Fulfilment,
    Method,
    Opening,
    Said,
    Step,
    balance,
    follow,
    possible,
)
from noline.truth.orders.service import Missing, Orders

OPENING = Opening("ab", "web", Method.SHIP, {"coffee": 5, "grinder": 1}, country="FR", point=(506, 31))


@pytest.fixture
def room(listening, digest):
    return listening(Orders(digest, "EUR"))


def one(state=Step.ACCEPTED, name="o-1-1", location="paris-1"):
    """A fulfilment, as far as a deed names it."""
    return Fulfilment(name, "o-1", location, Method.SHIP, None, state, None, 0, 0, ())


def story():
    """An order that is split, picked short, sourced again, cancelled in part, and sent."""
    first = [
        Assigned("o-1-1", "paris-1", Method.SHIP, {"coffee": 3}),
        Assigned("o-1-2", "depot", Method.SHIP, {"coffee": 1, "grinder": 1}),
    ]
    again = [Assigned("o-1-3", "depot", Method.SHIP, {"coffee": 2})]
    return [
        (SOURCED, fulfilments.sourced("o-1", first, opening=OPENING, promised={"coffee": 99}, decision={"plan": 1})),
        (CHANGED, fulfilments.changed(one(), Step.ACCEPTED)),
        (CHANGED, fulfilments.changed(one(), Step.PICKING, picked={"coffee": 1})),
        (SOURCED, fulfilments.sourced("o-1", again, why="not all was found")),
        (EDITED, fulfilments.edited("o-1", "cancelled", waiting={"coffee": 1}, taken={"o-1-2": {"grinder": 1}})),
        (CHANGED, fulfilments.changed(one(), Step.PACKED)),
        (CHANGED, fulfilments.changed(one(), Step.SHIPPED)),
        (CHANGED, fulfilments.changed(one(name="o-1-2"), Step.REJECTED, reason="closed")),
        (EDITED, fulfilments.edited("o-1", "edited", waiting={"coffee": 1}, taken={}, added={"filter": 2})),
    ]


def said():
    return [Said(seq, f"d-{seq}", kind, 1000 * seq, told) for seq, (kind, told) in enumerate(story(), 1)]


def tell(room, fact_of, deeds):
    """The deeds as facts of the log, in its order."""
    facts = []
    for seq, (kind, told) in deeds:
        fact = fact_of(kind, told, id=f"d-{seq}", at=1000 * seq, about="fulfilling:o-1", source="noline")
        fact.seq = seq
        facts.append(fact)
    room.take(facts)


def test_every_unit_is_somewhere_after_every_deed():
    deeds = said()
    for length in range(1, len(deeds) + 1):
        book = follow("o-1", deeds[:length])
        assert all(line.settled for line in balance(book).values()), deeds[length - 1]
    assert balance(book) == {
        "coffee": Balance(ordered=4, waiting=0, allocated=2, picked=0, gone=1, cancelled=1),
        "grinder": Balance(ordered=1, waiting=0, allocated=0, picked=0, gone=0, cancelled=1),
        "filter": Balance(ordered=2, waiting=2, allocated=0, picked=0, gone=0, cancelled=0),
    }
    assert {name: str(each.state) for name, each in book.fulfilments.items()} == {
        "o-1-1": "shipped", "o-1-2": "rejected", "o-1-3": "assigned",
    }  # fmt: skip


def test_a_date_is_promised_only_for_what_waits():
    deeds = said()
    assert follow("o-1", deeds[:1]).units["coffee"].promised_at == 99
    assert follow("o-1", deeds).units["coffee"].promised_at is None


def test_nothing_follows_before_an_order_is_opened():
    assert follow("o-1", []) is None
    assert follow("o-1", said()[1:2]) is None


@pytest.mark.parametrize("batches", [[9], [1] * 9, [2, 5, 2], [4, 5]])
def test_the_room_keeps_the_same_whatever_the_batches(room, fact_of, rows_of, listening, digest, batches):
    deeds = list(enumerate(story(), 1))
    start = 0
    for size in batches:
        tell(room, fact_of, deeds[start : start + size])
        tell(room, fact_of, deeds[: start + size])
        start += size
    rows = room.rows()
    assert [len(rows[table]) for table in ("order_deeds", "order_units", "fulfilments", "fulfilment_lines")] == [
        9, 3, 3, 4,
    ]  # fmt: skip
    assert sorted(row[1:] for row in rows["location_picks"]) == [("depot", 0, 1), ("paris-1", 1, 2)]
    assert room.says("waiting") == [("o-1", "filter", 2)]
    assert room.says("missing") == [Missing("coffee", "paris-1", 2, 3000)]
    assert room.says("parcels_since", 0, ["paris-1", "depot", "lyon-1"]) == {"paris-1": 1, "depot": 1}
    assert room.says("book", "o-1") == follow("o-1", said())


def test_the_decision_is_kept_apart_from_what_moves_units(room, fact_of):
    tell(room, fact_of, list(enumerate(story(), 1)))
    first, second = room.says("sourcings", "o-1")
    assert (first.decision, second.decision) == ({"plan": 1}, None)
    assert "decision" not in first.said
    assert room.says("decisions", 0, 1001) == [("o-1", {"plan": 1})]
    assert room.says("decisions", 1001, 9999) == []


def test_what_is_to_be_done_is_listed_where_it_is_to_be_done(room, fact_of):
    tell(room, fact_of, list(enumerate(story(), 1)))
    assert [each.id for each in room.says("fulfilments", place="depot")] == ["o-1-2", "o-1-3"]
    assert [each.id for each in room.says("fulfilments", place="depot", state="assigned")] == ["o-1-3"]
    assert [each.id for each in room.says("fulfilments", state="shipped")] == ["o-1-1"]
    assert room.says("fulfilment", "o-1-3")[1].open_units == {"coffee": 2}
    assert room.says("fulfilment", "o-1-4") is None
    assert room.says("fulfilment", "nothing") is None


@pytest.mark.parametrize("method", list(Method))
def test_every_way_ends(method):
    seen, waiting = set(), {Step.ASSIGNED}
    while waiting:
        step = waiting.pop()
        seen.add(step)
        after = set(possible(method, step))
        assert not after & seen - {Step.READY, Step.CANCELLED, Step.REJECTED}
        waiting |= after - seen
    ends = {step for step in seen if not possible(method, step)}
    assert ends == {
        Method.SHIP: {Step.DELIVERED, Step.REJECTED, Step.CANCELLED},
        Method.COUNTER: {Step.HANDED_OVER},
    }.get(method, {Step.HANDED_OVER, Step.RESTOCKED, Step.REJECTED, Step.CANCELLED})
