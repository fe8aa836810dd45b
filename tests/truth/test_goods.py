"""The papers of goods: the same deeds in any batches and repeats give the same rows, and a paper only goes forward."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.truth.goods.model import (
    Batch,
    Count,
    Counted,
    CountLine,
    GoodsUnreadable,
    PaperStateWrong,
    Pile,
    Return,
    ReturnLine,
    ShortPick,
    Transfer,
    TransferLine,
    Verdict,
    arrived,
    came_back,
    closed,
    counted,
    judged,
    merged,
    picked,
    sent,
)
from noline.truth.goods.service import Goods, kind_of, paper_said, task_closed

A, B = Pile("a"), Pile("b", "L1")
PLANNED = Transfer("t-1", "draft", "paris", "lyon", (TransferLine("a", 4), TransferLine("b", 2, "L1")), 1)


def units_of(transfer):
    return [(line.units, line.picked, line.received) for line in transfer.lines]


def deed(fact_of, seq, kind, **said):
    fact = fact_of(kind, {**said, "by": "Ana"}, id=f"deed-{seq}", at=seq * 10, about="paper:t-1")
    return msgspec.structs.replace(fact, seq=seq)


@pytest.fixture
def story(fact_of):
    """A transfer that is picked short, a return that is announced, and a task that is closed twice."""
    back = Return("r-1", "announced", "paris", (ReturnLine("a", 1),), 1, order_id="o-1")
    short = picked(PLANNED, {A: 3})
    papers = [PLANNED, short, back, sent(short, 99), came_back(back, "lyon", None)]
    deeds = [deed(fact_of, seq, kind_of(one), **paper_said(one)) for seq, one in enumerate(papers, 1)]
    closings = [deed(fact_of, seq, "Task Closed", **task_closed("task-1", f"reason {seq}", {})) for seq in (6, 7)]
    return deeds + closings


def test_a_paper_is_as_its_latest_deed_said(listening, digest, story):
    room = listening(Goods(digest))
    room.take(story)
    transfer, back = room.says("paper", "t-1"), room.says("paper", "r-1")
    assert (transfer.state, transfer.due_at, units_of(transfer)) == ("in_transit", 99, [(4, 3, None), (2, 0, None)])
    assert (back.state, back.location) == ("received", "lyon")
    assert room.says("returns_of", "o-1") == [back]
    assert [(one.paper.id, one.seq) for one in room.says("papers", Transfer, location="lyon")] == [("t-1", 4)]
    assert [(one.state, one.at) for one in room.says("steps", "t-1")] == [
        ("draft", 10), ("picked", 20), ("in_transit", 40),
    ]  # fmt: skip
    assert set(room.says("short_picks")) == {
        ShortPick("a", "paris", "t-1", 1, 20, 2), ShortPick("b", "paris", "t-1", 2, 20, 2),
    }  # fmt: skip
    assert room.says("closings", ["task-1", "task-2"])["task-1"][1:] == ("reason 7", "Ana", 70, 7)
    assert room.says("paper", "t-2") is None


def test_any_batches_any_repeats_and_any_order_give_the_same_rows(listening, digest, story):
    room = listening(Goods(digest))
    room.take(story)
    expected = room.rows()

    @given(again=st.permutations([*story, *story[:3]]), cut=st.integers(0, 10))
    def gives_the_same_rows(again, cut):
        with room.store.transaction() as tx:
            for table in room.room.tables:
                tx.run(f"DELETE FROM {table}")
        room.take(again[:cut])
        room.take(again[cut:])
        assert room.rows() == expected

    gives_the_same_rows()


def test_lines_of_one_pile_are_one_line():
    assert merged([Batch("a", 1), Batch("b", 2, "L1"), Batch("a", 3)]) == {A: 4, B: 2}
    for wrong in ([], [Batch("a", -1)], [Batch("a", 10**9 + 1)], [Batch("a" * 201, 1)], [Batch("a", 1, "", "o" * 201)]):
        with pytest.raises(GoodsUnreadable):
            merged(wrong)


def test_a_transfer_goes_forward_only():
    everything = picked(PLANNED, None)
    assert units_of(everything) == [(4, 4, None), (2, 2, None)]
    left = sent(everything, None)
    assert units_of(arrived(left, None)) == [(4, 4, 4), (2, 2, 2)]
    assert units_of(arrived(left, {A: 5, Pile("c"): 1})) == [(4, 4, 5), (2, 2, 0), (0, 0, 1)]
    for step in (lambda: sent(PLANNED, None), lambda: arrived(everything, None), lambda: picked(left, None)):
        with pytest.raises(PaperStateWrong):
            step()
    for found in ({A: 5}, {Pile("c"): 1}):
        with pytest.raises(GoodsUnreadable):
            picked(PLANNED, found)


def test_the_latest_counting_of_a_pile_stands():
    opened = Count("c-1", "open", "paris", (CountLine("a", 4),), 1)
    after = counted(opened, [Counted(A, 3, 20), Counted(A, 9, 10), Counted(B, 1, 30)], {B: 2})
    assert [(line.sku, line.expected, line.counted, line.variance) for line in after.lines] == [
        ("a", 4, 3, None), ("b", 2, 1, None),
    ]  # fmt: skip
    over = closed(after, {A: 5, B: 1})
    assert [line.variance for line in over.lines] == [-2, 0]
    with pytest.raises(PaperStateWrong):
        counted(over, [], {})


def test_every_unit_of_a_return_is_judged():
    back = came_back(Return("r-1", "announced", "paris", (ReturnLine("a", 3),), 1), "lyon", None)
    (line,) = judged(back, [Verdict(A, "restock", 1)], "send_back").lines
    assert (line.restocked, line.unsellable, line.sent_back) == (1, 0, 2)
    for verdicts, others in (
        ([], None),
        ([Verdict(A, "restock", 4)], "unsellable"),
        ([Verdict(B, "restock", 1)], None),
    ):
        with pytest.raises(GoodsUnreadable):
            judged(back, verdicts, others)
    with pytest.raises(PaperStateWrong):
        came_back(back, "lyon", None)
