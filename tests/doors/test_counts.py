"""Cells of a few people are not told to whoever may not see people, nor what would tell them."""

import pytest

from noline.doors.answers.counts import counts_only, shown_only


def gone(**names: object) -> dict[str, object]:
    return {**names, "fewer_than": 5}


@pytest.mark.parametrize(("persons", "told"), [(0, 0), (1, None), (4, None), (5, 5), (9_000, 9_000)])
def test_a_cell_of_fewer_than_five_people_is_not_told_and_nobody_is_no_secret(persons: int, told: int | None):
    row = counts_only({"channel": "web", "persons": persons, "share_lost": 0.5, "value_minor": 90})
    assert row["persons"] == told
    assert row["channel"] == "web"
    assert (row["share_lost"], row["value_minor"]) == ((0.5, 90) if told is not None else (None, None))
    assert row.get("fewer_than") == (5 if told is None else None)


def test_what_is_left_of_a_larger_cell_of_its_row_is_a_cell_too():
    assert counts_only({"cases": 97, "of": 100, "share": 0.97}) == gone(cases=None, of=None, share=None)
    assert counts_only({"cases": 95, "of": 100, "share": 0.95}) == {"cases": 95, "of": 100, "share": 0.95}


def test_a_detail_goes_alone_with_its_share():
    row = {"persons": 50, "lost": 20, "undecided": 2, "share_undecided": 0.04, "share_lost": 0.4}
    assert counts_only(row) == gone(persons=50, lost=20, undecided=None, share_undecided=None, share_lost=0.4)


def test_two_details_that_make_a_told_cell_go_together():
    row = counts_only({"persons": 50, "lost": 20, "lost_before_arrival": 17, "lost_after_arrival": 3})
    assert row == gone(persons=50, lost=20, lost_before_arrival=None, lost_after_arrival=None)


def test_a_row_that_went_alone_takes_the_smallest_other_with_it():
    parts = [{"part": name, "persons": persons} for name, persons in (("a", 3), ("b", 40), ("c", 7), ("d", 0))]
    assert counts_only(parts) == [
        gone(part="a", persons=None), {"part": "b", "persons": 40}, gone(part="c", persons=None),
        {"part": "d", "persons": 0},
    ]  # fmt: skip


def test_steps_that_differ_by_a_few_are_told_once():
    levels = [{"step": name, "persons": persons} for name, persons in (("a", 60), ("b", 58), ("c", 55), ("d", 20))]
    assert [one["persons"] for one in counts_only(levels)] == [60, None, 55, 20]


def test_the_parts_of_a_funnel_do_not_tell_what_is_missing_to_all():
    parts = {"web": [{"step": "a", "persons": 40}], "app": [{"step": "a", "persons": 3}],
             "store": [{"step": "a", "persons": 12}]}  # fmt: skip
    told = counts_only({"levels": [{"step": "a", "persons": 55}], "parts": parts})
    assert {name: rows[0]["persons"] for name, rows in told["parts"].items()} == {"web": 40, "app": None, "store": None}
    assert told["levels"][0]["persons"] == 55


def test_the_classes_of_customers_go_with_their_people():
    rows = [{"name": "one", "persons": {"cases": 3, "of": 90}, "orders": 30, "value_minor": 8_000},
            {"name": "several", "persons": {"cases": 87, "of": 90}, "orders": 300, "value_minor": 9_000}]  # fmt: skip
    assert [one["value_minor"] for one in counts_only(rows)] == [None, None]


def test_an_alert_about_a_few_people_says_nothing_in_words_either():
    alert = {"name": "Web to store", "before": {"cases": 2, "persons": 40}, "since": {"cases": 9, "persons": 40},
             "words": "22.5 % of 40 people since got to the last step, 5.0 % of 40 before."}  # fmt: skip
    told = counts_only(alert)
    assert told["words"] is None
    assert told["before"] == gone(cases=None, persons=None)
    assert told["since"] == gone(cases=None, persons=None)
    assert told["name"] == "Web to store"


def test_rows_of_single_people_and_what_colleagues_wrote_are_left_out():
    told = {"cases": [{"person": "p_1", "value_minor": 5}], "care": {"owner": "web team", "note": "Ask Ada"}}
    assert counts_only(told) == {"cases": [], "care": {"owner": "web team", "note": None}}


def test_how_a_number_is_counted_stays():
    counted = {"words": "Everybody counts once.", "parameters": {"of": 3}}
    assert counts_only({"persons": 2, "counted": counted}) == gone(persons=None, counted=counted)


def test_a_second_look_takes_no_more_away():
    rows = [{"part": str(persons), "persons": persons} for persons in (3, 9, 30, 31)]
    once = counts_only(rows)
    assert counts_only(once) == once


def test_a_page_leaves_out_the_rows_that_went_and_keeps_those_that_lost_a_detail():
    rows = [{"part": "a", "persons": 3}, {"part": "b", "persons": 2}, {"part": "c", "persons": 30, "undecided": 1}]
    assert shown_only(counts_only(rows)) == [gone(part="c", persons=30, undecided=None)]


def test_a_count_that_nobody_listed_is_hidden_and_what_counts_nobody_stays():
    row = {"name": "kiosk", "visits_of_the_kiosk": 3, "share_visits_of_the_kiosk": 0.1, "rank": 2, "spent_minor": 4}
    told = {
        "name": "kiosk",
        "visits_of_the_kiosk": None,
        "share_visits_of_the_kiosk": None,
        "rank": 2,
        "spent_minor": 4,
    }
    assert counts_only(row) == gone(**told)


def test_a_detail_that_went_from_one_row_is_not_what_is_missing_to_its_total():
    rows = [{"persons": 20, "matched": 2}, {"persons": 30, "matched": 10}, {"persons": 40, "matched": 12}]
    assert counts_only(rows) == [
        {"persons": 20, "matched": None, "fewer_than": 5},
        {"persons": 30, "matched": None, "fewer_than": 5},
        {"persons": 40, "matched": 12},
    ]
