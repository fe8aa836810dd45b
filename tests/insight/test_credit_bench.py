"""The bench of credit on few journeys: it accounts for every unit of money, and tells what it could not measure."""

import pytest

from noline.doors.bench import credit as bench
from noline.doors.bench.credit import Asked, run
from noline.doors.bench.credit_data import CHANNELS, journeys


@pytest.fixture(scope="module")
def result():
    return run(Asked(journeys=5_000, beside=0, repeats=1), lambda _: None)


def test_the_same_seed_makes_the_same_journeys():
    one, other, third = journeys(1_000, 1), journeys(1_000, 1), journeys(1_000, 2)
    assert one.codes.tobytes() == other.codes.tobytes() != third.codes.tobytes()
    assert one.first(10).offsets.tolist() == one.offsets[:11].tolist()
    assert one.first(10).codes.size == one.offsets[10]


def test_who_begins_on_the_marketplace_stays_there():
    made = journeys(2_000, 1)
    market = CHANNELS.index("marketplace")
    began = [number for number in range(2_000) if made.codes[made.offsets[number]] == market]
    assert len(began) > 50
    assert {set(made.codes[made.offsets[one] : made.offsets[one + 1]].tolist()) == {market} for one in began} == {True}


def test_every_unit_of_money_is_accounted_for(result):
    assert result.exact


def test_each_question_is_answered_with_its_aim(result):
    told = {row.question: row.aim for row in result.rows}
    assert list(told) == [
        "split", "books", "shapley", "markov, order 1", "markov, order 2", "markov, order 3", "markov, order 4",
        "hand-offs", "general", "nucleolus", "least core",
    ]  # fmt: skip
    assert told["general"] == 0.5
    assert told["split"] == pytest.approx(5_000 / 10_000_000)


def test_equal_shares_leave_no_group_worse_off_and_markov_over_totals_does(result):
    equal, markov = result.groups
    assert (equal.violated, equal.of) == (0, 4094)
    assert markov.violated > 0


def test_a_package_that_cannot_be_installed_is_told_and_not_passed_over(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "_python", lambda *_: None)
    told = run(Asked(journeys=1_000, beside=500, repeats=1), lambda _: None, tmp_path)
    assert told.beside == []
    assert [one.split("==")[0] for one in told.unmeasured] == ["ChannelAttribution", "shapley-attribution"]
