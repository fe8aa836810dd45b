"""What the pages about journeys say: what to fix first and why, what somebody asks, and what is kept of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from console import journeys_story
from console.preview import EMPTY, FULL
from console.preview_journeys import (
    ANSWER,
    AROUND,
    ASKED,
    CASE_AT,
    CASES,
    CAUSES,
    COUNTED_FRICTION,
    FRICTIONS,
    NAMES,
    NO_CAUSES,
    QUESTIONS,
    TIME_TO,
    journey_pages,
)
from console.test_render import Page, page_of
from noline.doors.console import asking, views
from noline.doors.console.asking import Looking
from noline.doors.console.border_page import border
from noline.doors.console.borders import border_of
from noline.doors.console.crossing import competing, crossing
from noline.doors.console.curves import curve, months
from noline.doors.console.explorer import explorer
from noline.doors.console.frictions import fix_list, friction, on_border
from noline.doors.console.glimpse import MOST_EVENTS, glimpse
from noline.doors.console.render import render
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.shares import share
from noline.stores.access import Role
from noline.truth.agenda.model import Asked
from shop import assert_books_balance

COUNTED = {"friction": COUNTED_FRICTION}


def words_of(page: str, view: Any, **shell: Any) -> str:
    return Page(render(page, view=view, shell=views.Shell(**{"role": "manager", **shell}))).words


# --- What to fix first ----------------------------------------------------------------------------------------------


def test_the_home_page_names_five_frictions_and_leads_to_the_rest():
    page = page_of("home")
    assert [link["href"] for link in page.all("a") if str(link["href"]).startswith("/frictions")] == [
        "/frictions", "/frictions/F2", "/frictions", *(f"/frictions/{one['id']}" for one in FRICTIONS[:5])
    ]  # fmt: skip
    assert "All 6" in page.words


def by_month(*persons: int) -> list[dict[str, Any]]:
    return [{"month": f"2026-{at:02}", "cases": many, "persons": many} for at, many in enumerate(persons, 1)]


def test_a_friction_that_nobody_met_for_three_months_says_when_it_was_met_last():
    ended, going, never = (
        fix_list([{**FRICTIONS[0], "trend": by_month(*told)}]).met[0]
        for told in ((9, 4, 0, 0, 0), (9, 4, 4, 0, 0), (0, 0, 0))
    )
    assert (ended.last_met.replace("\u00a0", " "), going.last_met, never.last_met) == ("Feb 2026", "", "")


def test_a_friction_of_a_way_that_nobody_goes_any_more_does_not_go_on():
    gone = {**FRICTIONS[0], "id": "G", "trend": by_month(9, 4)}
    told = fix_list([gone, {**FRICTIONS[1], "trend": by_month(1, 1, 1, 1, 1)}])
    assert [one.last_met.replace("\u00a0", " ") for one in told.met] == ["Feb 2026", ""]


def test_a_border_says_of_a_friction_what_the_list_says():
    gone = {**FRICTIONS[0], "id": "G", "trend": by_month(9, 4)}
    rows = [gone, {**FRICTIONS[1], "from_channels": ["none"], "trend": by_month(1, 1, 1, 1, 1)}]
    (there,) = on_border(rows, gone["from_channels"][0], gone["to_channels"][0])
    assert there == fix_list(rows).met[0]


def test_beside_what_costs_most_stands_what_costs_most_of_what_goes_on():
    past = {**FRICTIONS[0], "id": "P", "trend": by_month(9, 0, 0, 0)}
    told = fix_list([past, FRICTIONS[0]])
    assert [one and one.id for one in (told.costly, told.going_on)] == ["P", FRICTIONS[0]["id"]]
    assert fix_list([FRICTIONS[0], past]).going_on is None


def test_a_friction_in_the_list_tells_people_of_whom_money_with_interval_trend_and_who_cares():
    said = (
        "1 Call after a failed checkout Customers call because the checkout of the web shop failed. "
        "412 people 12,400 EUR 8,800 – 16,100 EUR ines@example.com in work "
        "412 19 % of 2,210 12,400 EUR 8,800 – 16,100 EUR 31,200 EUR rising ines@example.com in work"
    )
    assert said in words_of("frictions", fix_list(FRICTIONS))


def test_what_rests_on_too_few_is_no_amount():
    (coupon,) = [one for one in fix_list(FRICTIONS).met if one.id == "F15"]
    assert (coupon.leak, coupon.leak_range) == ("", "")
    assert "2.8 % of 640 too few to tell 640 EUR" in words_of("frictions", fix_list(FRICTIONS))


def test_what_costs_nothing_and_what_cannot_be_told_say_why():
    words = words_of("frictions", fix_list(FRICTIONS))
    assert "no loss Nothing was lost: they bought, and the first channel has its part." in words
    assert "cannot be told Where they went is not known; a competitor is possible." in words


def test_frictions_that_nobody_met_stand_apart():
    view = fix_list(FRICTIONS)
    assert [one.id for one in view.quiet] == ["F21"]
    assert (len(view.first), view.more) == (5, 1)
    assert "1 friction that nobody met" in words_of("frictions", view)


def test_a_hub_without_frictions_says_so_on_its_home_page():
    words = words_of("home", views.home(**{**FULL, "frictions": FRICTIONS[-1:]}))
    assert "Nobody met any of the 1 frictions that are looked for." in words


def test_an_empty_hub_has_no_list_to_fix():
    assert "Fix this first" not in words_of("home", views.home(**EMPTY))


def test_the_home_page_tells_lost_money_and_false_drop_offs_with_interval_and_denominator():
    words = page_of("home").words
    assert "Lost between channels 3,480 of 20,114 people whose way is decided: 17 % (17 – 18 %)" in words
    assert "Left with them 93,110 EUR" in words
    assert (
        "Seemed lost, bought in another channel 2,511 of 8,102 people who dropped off: 31 % (30 – 32 %) were not lost"
    ) in words


def test_the_home_page_tells_which_saved_question_changed():
    words = page_of("home").words
    assert "Web to store in spring changed on 1 Mar 2026. 8.1 % of 2,104 people since got to the last step" in words
    assert "Coupons" not in words


def test_frictions_of_a_border_are_those_from_its_one_side_to_its_other():
    assert [one.id for one in on_border(FRICTIONS, "web", "store")] == ["F12", "F5", "F4", "F3"]
    assert [one.id for one in on_border(FRICTIONS, "mail", "store")] == ["F15"]
    assert on_border(FRICTIONS, "store", "call") == ()


# --- One friction ---------------------------------------------------------------------------------------------------


def test_a_friction_tells_in_one_sentence_what_happens_to_how_many_and_what_it_costs():
    assert (
        "Customers call because the checkout of the web shop failed. 412 people met this: it costs us about 12,400 EUR."
    ) in page_of("friction").words


def test_a_friction_shows_conversion_with_and_without_it_and_calls_it_an_association():
    words = page_of("friction").words
    assert "398 people who met it 23 % 19 – 28 %" in words
    assert "Comparable people who did not 43 % 38 – 48 %" in words
    assert "398 of 412 could be compared." in words
    assert "This is an association: something else may differ too." in words
    assert (
        "Allowing for orders before, value, it changes the share by -18.2 percentage points (-24.0 to -12.1), "
        "causal if nothing unmeasured differs."
    ) in words


def test_an_effect_that_cannot_be_estimated_says_why():
    words = page_of("friction-no-leak").words
    assert "No effect can be estimated. 31 treated and 355 other persons are too few" in words


def test_where_a_friction_stands_out_is_told_with_the_rest_and_without_what_another_part_explains():
    words = page_of("friction").words
    assert "Feb 2026 180 of 510 people 35 % 31 – 40 %" in words
    assert (
        "Elsewhere 14 % (12 – 15 %) of 1,700; 2.6 times as often. "
        "Were it here as it is elsewhere, 27 % (1 – 40 %) of all cases would not have happened"
    ) in words
    assert "Paris-1, Jan 2026 40 of 160 people" in words
    assert "country not told" not in words.lower()


def test_who_cares_is_a_form_that_keeps_what_was_noted():
    page = page_of("friction")
    assert "/frictions/F2/care" in [form.get("action") for form in page.all("form")]
    assert [field.get("value") for field in page.all("input") if field.get("name") == "owner"] == ["ines@example.com"]
    chosen = [option["value"] for option in page.all("option") if "selected" in option]
    assert chosen == ["in work"]
    assert "What would prove the fix: Give half of the stores the change" in page.words


def test_a_case_is_a_person_with_numbered_evidence_that_leads_to_the_records():
    page = page_of("friction")
    addresses = [link["href"] for link in page.all("a")]
    assert addresses.count("/customers/4711#event-903") == 1
    assert {"/records/903", "/records/905"} <= set(addresses)
    assert "2 Call Started call centre, 17 Feb 2026, 10:07, 55 minutes later · #905 desk" in page.words
    assert "reached it in the end" in page.words
    assert "may still reach it" in page.words


def test_without_person_rights_nobody_is_named_and_no_record_is_linked():
    page = page_of("friction-no-persons")
    assert "Your role sees numbers, not persons." in page.words
    links = [str(link["href"]) for link in page.all("a")]
    assert [link for link in links if link.startswith(("/customers/", "/records/"))] == []


def test_a_friction_of_under_ten_people_shows_no_number_to_who_may_not_see_people():
    words = page_of("friction-hidden").words
    assert "Fewer than 10 people met this, so your role sees no number." in words
    assert "18" not in words.replace("2018", "")


def test_the_rule_and_its_sql_stand_under_how_was_this_counted():
    words = page_of("friction").words
    assert '[F2] name = "Call after a failed checkout"' in words
    assert "SELECT person, seq FROM touchpoints WHERE channel = 'web' AND action = 'Checkout Failed'" in words


def test_portions_of_cases_lead_to_earlier_and_later_ones():
    cases = [CASES[0]] * 8
    first = friction(row=FRICTIONS[0], cases=cases, causes=CAUSES, counted=COUNTED)
    assert (first.earlier, first.later) == ("/frictions/F2?offset=8#cases-heading", "")
    second = friction(row=FRICTIONS[0], cases=cases, causes=NO_CAUSES, counted=COUNTED, offset=8)
    assert (second.first, second.last, second.later) == (9, 16, "/frictions/F2#cases-heading")


def test_an_address_behind_the_last_case_says_that_there_are_no_more():
    beyond = friction(row=FRICTIONS[0], cases=[], causes=NO_CAUSES, counted=COUNTED, offset=99_999)
    words = words_of("friction", beyond)
    assert f"There are no more cases than {FRICTIONS[0]['cases']:,}. From the latest on" in words
    assert "Numbered are the events" not in words
    assert "There are no more cases" not in page_of("friction").words


def test_cases_that_began_too_recently_and_cases_that_may_still_end_well_have_words_of_their_own():
    told = {**FRICTIONS[0], "undecided": 3}
    assert "3 more began too recently to count" in words_of("friction", friction_page(told))
    assert "all counted" in words_of("friction", friction_page({**told, "undecided": 0}))


def friction_page(row: dict[str, Any]) -> Any:
    return friction(row=row, cases=[], causes=NO_CAUSES, counted=COUNTED)


def test_a_friction_whose_column_nobody_tells_is_not_said_to_have_met_nobody():
    why = "The events do not tell topic, which the rule asks for."
    numbers = dict.fromkeys(("cases", "persons", "at_risk", "undecided", "exposed_minor", "leak_minor", "share"))
    row = {**FRICTIONS[-1], **numbers, "why_no_leak": why, "missing": ["topic"]}
    assert f"Nobody can tell whether it happened: {why}" in words_of("friction", friction_page(row))
    assert why in words_of("frictions", fix_list([*FRICTIONS[:-1], row]))


def test_why_no_effect_can_be_told_stands_in_the_numbers_of_the_page():
    why = "Only 40 % of everybody (1,130 persons) have comparable others; 80 % are needed."
    view = friction(row=FRICTIONS[0], cases=[], causes={**NO_CAUSES, "why_no_effect": why}, counted=COUNTED)
    assert view.effect == f"No effect can be estimated. {why}".replace(" %", "\u00a0%")


def test_a_friction_between_two_channels_leads_to_their_border():
    view = friction(row=FRICTIONS[0], cases=[], causes=NO_CAUSES, counted=COUNTED)
    assert (view.border_name, view.border) == ("web → call centre", "/borders/web/call")
    several = friction(row=FRICTIONS[1], cases=[], causes=NO_CAUSES, counted=COUNTED)
    assert (several.border_name, several.border, several.fix.way) == ("", "", "web, app → store")


# --- Pictures -------------------------------------------------------------------------------------------------------


def drawn(rows: list[dict[str, Any]], evidence: list[int]) -> Any:
    return glimpse(rows, evidence, CASE_AT, CASE_AT + timedelta(minutes=55))


def test_the_evidence_of_a_case_is_numbered_in_its_order_and_what_is_far_away_is_left_out():
    picture = drawn(list(reversed(AROUND)), [905, 903])
    assert [spot.number for spot in picture.spots] == [0, 0, 1, 0, 2, 0, 0]
    assert [(one.number, one.seq, one.after) for one in picture.evidence] == [(1, 903, ""), (2, 905, "55\u00a0minutes")]
    assert [channel for channel, _ in picture.lanes] == ["web", "call", "store"]
    assert [day.words for day in picture.days] == ["17\u00a0Feb", "18\u00a0Feb"]


def test_evidence_is_drawn_however_much_stands_around_it():
    crowd = [{**AROUND[0], "seq": 1000 + at, "at": AROUND[0]["at"]} for at in range(40)]
    picture = drawn([*crowd, AROUND[2], AROUND[4]], [903, 905])
    assert (len(picture.spots), picture.left_out) == (MOST_EVENTS, 42 - MOST_EVENTS)
    assert [spot.number for spot in picture.spots if spot.number] == [1, 2]


def test_spots_stand_inside_the_picture_in_the_order_of_time():
    places = [spot.x for spot in drawn(AROUND, [903]).spots]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (3.0, 97.0)
    assert [spot.x for spot in drawn(AROUND[2:3], [903]).spots] == [50.0]


def test_a_curve_begins_at_nothing_and_names_each_line_at_its_end():
    told = curve(TIME_TO["incidence"], {"store/*": "came to store"})
    assert told is not None
    assert [line.end for line in told.lines] == ["came to store", "web/Order Completed", "call/*"]
    assert told.lines[0].path.startswith("M0.0 1000.0L")
    assert told.lines[0].band.endswith("Z")
    assert [tick.words for tick in told.upwards] == ["0\u00a0%", "20\u00a0%", "40\u00a0%"]
    assert [tick.words for tick in told.across] == ["at once", "10\u00a0days", "20\u00a0days", "30\u00a0days"]


def test_names_of_lines_that_end_near_each_other_do_not_touch():
    rows = [row for row in TIME_TO["incidence"] if row["end"] == "store/*"]
    same = [{**row, "end": end} for end in ("a", "b", "c") for row in rows]
    told = curve(same, {})
    assert told is not None
    labels = sorted(line.label_y for line in told.lines)
    assert min(after - before for before, after in pairwise(labels)) >= 9


def test_a_line_that_nobody_was_watched_for_is_not_drawn():
    nobody = [{**row, "share": None, "low": None, "high": None} for row in TIME_TO["incidence"]]
    assert curve(nobody, {}) is None
    assert curve([], {}) is None


def test_the_highest_month_fills_its_place_and_an_empty_one_none():
    trend = [{"month": f"2026-0{at}", "persons": persons} for at, persons in ((1, 0), (2, 10), (3, 5))]
    assert [(one.short, one.y, one.height) for one in months(trend)] == [
        ("Jan", 100.0, 0.0), ("Feb", 0.0, 100.0), ("Mar", 50.0, 50.0)
    ]  # fmt: skip


def test_the_way_between_two_channels_is_a_funnel_of_all_who_set_out_and_whose_time_is_over():
    row = {"from": "web", "to": "store", "persons": 220, "arrived": 168, "arrived_decided": 150, "succeeded": 100,
           "lost": 80, "undecided": 20}  # fmt: skip
    told = crossing(border_of(row), TIME_TO)
    assert [(one.name, one.persons, one.share) for one in told.bars] == [
        ("set out", 200, 1.0), ("arrived", 150, 0.75), ("went on", 100, 0.5)
    ]  # fmt: skip
    assert (told.bars[1].low, told.bars[1].high) == share(150, 200)[1:3]
    assert told.explore == "/explore?step=web%2F%2A&step=store%2F%2A"
    assert told.took is not None
    assert told.took.headline.replace("\u00a0", " ") == (
        "34 % (32 – 36 %) of 8,410 people seen in web had come to store first, within 30 days."
    )
    assert "31 % (29 – 33 %) bought in web" in told.took.words.replace("\u00a0", " ")


def test_other_channels_and_a_purchase_where_they_are_compete_with_the_way():
    assert competing(NAMES, "web", "store") == ["web/Order Completed", "call/*"]
    assert competing(NAMES, "call", "store") == ["web/*"]


# --- The question in the address ------------------------------------------------------------------------------------

STEP = st.sampled_from(["Product Viewed", "web/*", "store/Order Completed", "A, B & C?=1", "Größe/*"])


def _some_optional(steps: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Any of the steps but the first may be left out."""
    turned = st.lists(st.booleans(), min_size=len(steps) - 1, max_size=len(steps) - 1)
    return turned.map(
        lambda told: (steps[0], *(f"{step}?" if yes else step for step, yes in zip(steps[1:], told, strict=True)))
    )


FIELD = st.sampled_from(
    ["step", "step", "window", "mode", "ends", "by", "credit", "tolerance", "without", "after1", "channel", "who",
     "stopped", "offset", "saved"]
)  # fmt: skip
TOLD = st.one_of(
    STEP, st.sampled_from(["7d", "none", "any", "strict", "person", "channel", "1m..2h", "-1", "3", "1e9", "*", "/"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)  # fmt: skip
QUESTION = st.builds(
    Asked,
    steps=st.lists(STEP, min_size=1, max_size=4, unique=True).flatmap(_some_optional),
    window=st.sampled_from(["7d", "1h", "none", "45d"]),
    mode=st.sampled_from(["ordered", "strict", "any"]),
    without=st.lists(STEP, max_size=2).map(tuple),
    ends=st.sampled_from(["chain", "person"]),
    by=st.sampled_from([None, "channel", "store_id"]),
    credit=st.sampled_from(["first", "last", "all"]),
)  # fmt: skip


def asked_at(path: str) -> Asked | None:
    return asking.asked_of(parse_qsl(urlsplit(path).query, keep_blank_values=True))


@given(QUESTION)
def test_a_question_comes_back_from_its_own_address(asked: Asked):
    assert asked_at(asking.path_of(asked, channel="web")) == asked


def test_the_time_between_steps_stays_with_its_step_wherever_that_is_moved():
    assert asked_at(asking.path_of(ASKED)) == ASKED
    moved = asking.moved(ASKED, 2, 1)
    assert moved is not None
    assert (moved.steps, moved.between) == (
        ("Product Viewed", "store/Order Completed", "web/Product Added?"), {"store/Order Completed": "..7d"}
    )  # fmt: skip
    first = asking.moved(ASKED, 2, 0)
    assert first is not None
    assert (first.steps[0], first.between) == ("store/Order Completed", {})
    taken = asking.taken(ASKED, 2)
    assert taken is not None
    assert taken.between == {}


def test_a_step_that_becomes_the_first_must_not_be_left_out():
    moved = asking.moved(ASKED, 1, 0)
    assert moved is not None
    assert moved.steps[0] == "web/Product Added"
    assert asking.taken(Asked(("web/*",)), 0) is None


@pytest.mark.parametrize("query", ["", "step=", "window=7d", "step=%20"])
def test_an_address_without_a_step_asks_nothing(query: str):
    assert asked_at(f"/explore?{query}") is None


def test_an_address_that_asks_for_no_known_order_is_refused():
    with pytest.raises(asking.QuestionUnreadable) as refusal:
        asked_at("/explore?step=web%2F*&mode=backwards")
    assert refusal.value.status == 400


def test_a_question_reads_as_one_line():
    assert asking.sentence_of(ASKED) == (
        "Product Viewed → Product Added, web (or not) → Order Completed, store, within 14 days, "
        "without Order Cancelled, by channel"
    )


# --- The explorer ---------------------------------------------------------------------------------------------------


def built(**more: Any) -> Any:
    return explorer(**{"asked": ASKED, "names": NAMES, "answer": ANSWER, **more})


def test_the_explorer_says_how_many_of_those_who_stopped_still_have_time():
    said = "214 people of those who stopped still have time: the window is not over."
    assert said in words_of("explore", built())
    assert "still have time" not in words_of("explore", built(answer={**ANSWER, "still_open": 0}))


def test_a_group_whose_loss_rests_on_too_few_shows_no_share_of_it():
    row = {"from": "web", "to": "store", "persons": 60, "arrived": 50, "undecided": 0, "lost": 9}
    group = {"group": "Lyon", "attempts": 60, "arrived": 50, "share_lost": 0.05, "too_few": False}
    told = border(row=row, groups=[{**group, "too_few_lost": True}, {**group, "too_few_lost": False}], counted={})
    assert [one.too_few for one in told.groups] == [True, False]
    # Parts by place tell one share alone.
    [place] = border(row=row, counted={}, breakdowns={"store": [{"value": "paris", "too_few": True}]}).places
    assert place.too_few


def test_each_event_of_a_channel_leads_to_the_question_with_it_at_the_end():
    view = built(looking=Looking(channel="web"))
    assert [one.words for one in view.choices[:2]] == ["Anything here", "Page Viewed"]
    asked = asked_at(view.choices[1].path)
    assert asked is not None
    assert asked.steps == (*ASKED.steps, "web/Page Viewed")
    assert "channel=web" in view.choices[1].path


def test_a_funnel_tells_people_share_of_all_and_how_many_fewer():
    words = page_of("explore-funnel").words
    assert "902 people 11 % (10 – 11 %) of all who began 7,508 fewer than at step 1" in words
    assert "11 % of 8,410 people went all the way (902; 10 – 11 %)." in words


def test_whoever_leaves_out_what_may_be_left_out_is_not_missing():
    assert [(step.gone, step.before_number) for step in built().steps] == [(None, 1), (None, 1), (7508, 1)]
    needed = asking.turned(ASKED, 1)
    steps = built(asked=needed).steps
    assert [(step.gone, step.before_number) for step in steps] == [(None, 1), (5290, 1), (2218, 2)]


def test_every_step_can_be_moved_left_out_and_taken_away():
    first, second, third = built().steps
    assert (first.up, first.turn, third.down) == ("", "", "")
    turned = asked_at(second.turn)
    assert turned is not None
    assert turned.steps[1] == "web/Product Added"
    taken = asked_at(third.take)
    assert taken is not None
    assert taken.steps == ASKED.steps[:2]


def test_a_part_of_too_few_people_shows_no_share():
    rows = {one.name: one for one in built().parts}
    assert list(rows) == ["web", "app", "not told"]
    assert (rows["not told"].bar.too_few, rows["web"].bar.too_few) == (True, False)


def test_stores_go_by_the_name_of_the_catalogue():
    parts = {"paris-opera": ANSWER["parts"]["web"]}
    (row,) = built(answer={**ANSWER, "parts": parts}, places={"paris-opera": "Opéra"}).parts
    assert row.name == "Opéra"


def test_a_question_that_cannot_be_counted_keeps_its_steps_and_says_what_to_do():
    page = page_of("explore-refused")
    assert "No event is called 'Product Veiwed'. Name an action." in page.words
    assert "Product Added, web" in page.words


def test_people_behind_a_step_are_offered_only_to_who_may_see_them():
    assert built().steps[0].who
    hidden = built(people_shown=False)
    assert [(step.who, step.who_stopped) for step in hidden.steps] == [("", "")] * 3
    assert "Your role sees numbers, not persons." in page_of("explore-no-persons").words


def test_people_behind_a_step_come_in_portions():
    page = page_of("explore-funnel")
    assert "Who reached step 2, Product Added, web, and came no further" in page.words
    assert "1 to 2 Next" in page.words
    assert "3 days" in page.words


def test_saved_questions_tell_what_they_said_then_and_whether_they_changed():
    words = words_of("explore", explorer(asked=None, names=NAMES, questions=QUESTIONS))
    assert "Web to store in spring changed anything in web → anything in store, within 14 days" in words
    assert "When saved, 1 Feb 2026: 902 of 8,410, 11 % (10 – 11 %)" in words
    assert "3 of 20, too few to tell" in words
    assert "“When saved” asks of each person’s first beginning alone" in words
    assert "from whichever beginning, until now: these are as many or more." in words
    assert "Web to store in spring changed on 1 Mar 2026. 8.1 % of 2,104 people since" in words


def test_whoever_begins_is_offered_questions_that_the_hub_can_answer():
    view = explorer(asked=None, names=NAMES)
    assert [one.words for one in view.starters] == [
        "From a look to an order", "Looked on the web, bought in the store", "Called after a failed checkout"
    ]  # fmt: skip


def test_the_explanation_of_a_funnel_says_what_was_asked():
    words = page_of("explore-funnel").words
    assert "steps Product Viewed → web/Product Added? → store/Order Completed" in words
    assert "What must not happen ends a way that it lies within." in words


def test_every_page_about_journeys_is_in_the_preview():
    assert {page for page, _, _ in journey_pages().values()} == {"frictions", "friction", "explore"}


# --- On a hub -------------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """Somebody of a role at the console of a hub."""

    hub: Hub
    client: TestClient[Any]
    key: str

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self.key}", "accept": "text/html"}
        return self.client.request(method, path, headers=headers, **{"follow_redirects": True, **more})

    def get(self, path: str, status: int = 200) -> Page:
        answer = self.ask("GET", path)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    def data(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def press(self, path: str, status: int = 200, **fields: Any) -> Page:
        """Send a form, and follow where it leads."""
        answer = self.ask("POST", path, data=fields)
        assert answer.status_code == status, answer.text
        return Page(answer.text)


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A manager at the hub of the shop whose checkout fails; whoever saves a question forgets it again."""
    hub = Hub.init(tmp_path_factory.mktemp("journeys") / "shop.noline")
    journeys_story.tell(hub)
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield Desk(hub, client, hub.access.add_key(Role.MANAGER)[1])
    writer.stop()
    assert_books_balance(hub.store)
    hub.close()


def test_the_failed_checkout_is_what_to_fix_first(manager: Desk):
    (row,) = [one for one in manager.data("/frictions.json") if one["id"] == "F2"]
    assert (row["persons"], row["at_risk"], row["matched"]) == (journeys_story.MET, journeys_story.AT_RISK, 40)
    assert row["conversion_with"]["value"] == pytest.approx(12 / 40)
    assert row["conversion_without"]["value"] == pytest.approx(36 / 40)
    assert row["leak_minor"] == 40 * 2450 * (36 - 12) // 40
    words = manager.get("/").words
    assert "1 Call after a failed checkout" in words
    assert "588 EUR" in words


def test_the_page_of_a_friction_tells_the_same_as_its_data(manager: Desk):
    told = manager.data("/frictions/F2.json")
    assert len(told["cases"]) == journeys_story.MET
    page = manager.get("/frictions/F2")
    assert "40 people who met it 30 % 18 – 45 %" in page.words
    assert "Comparable people who did not 90 %" in page.words
    assert page.words.count("Checkout Failed") >= 8
    assert "1 to 8 of 40, the latest first" in page.words
    rest = manager.get("/frictions/F2?offset=32").words
    assert "33 to 40 of 40" in rest


def test_who_cares_is_noted_once_and_shown_wherever_the_friction_stands(manager: Desk):
    before = manager.hub.last_seq()
    fields = {"owner": "ines@example.com", "state": "in work", "note": "New payment page"}
    for _ in range(2):
        page = manager.press("/frictions/F2/care", **fields)
    assert "Noted." in page.words
    assert "In work since" in page.words
    assert manager.hub.last_seq() == before + 1
    assert "ines@example.com in work" in manager.get("/").words


def test_a_state_that_there_is_not_is_refused_and_nothing_is_noted(manager: Desk):
    before = manager.hub.last_seq()
    manager.press("/frictions/F2/care", status=400, state="forgotten")
    assert manager.hub.last_seq() == before


def test_a_friction_that_there_is_not_has_no_page(manager: Desk):
    manager.get("/frictions/F99", status=404)
    manager.press("/frictions/F99/care", status=404, owner="me")


def test_a_funnel_across_channels_counts_people(manager: Desk):
    path = "/explore{}?step=Product+Viewed&step=web/Checkout+Started&step=store/*"
    levels = manager.data(path.format(".json"))["answer"]["levels"]
    assert [level["persons"] for level in levels] == [80, 80, 20]
    assert "25 % of 80 people went all the way (20; 17 – 35 %)." in manager.get(path.format("")).words
    csv = manager.ask("GET", path.format(".csv")).text.splitlines()
    assert len(csv) == 4


def test_the_people_behind_a_step_lead_to_their_own_pages(manager: Desk):
    page = manager.get("/explore?step=web/Checkout+Started&step=web/Order+Completed&who=1&stopped=1")
    people = [link["href"] for link in page.all("a") if str(link["href"]).startswith("/customers/p_")]
    assert len(people) == 20
    rest = manager.get("/explore?step=web/Checkout+Started&step=web/Order+Completed&who=1&stopped=1&offset=20")
    assert "21 to 32 Before" in rest.words
    assert "Who reached step 1, Checkout Started, web, and came no further" in page.words


def test_a_step_that_nobody_ever_did_is_named_with_the_nearest(manager: Desk):
    page = manager.get("/explore?step=Product+Veiwed")
    assert "'Product Veiwed'" in page.words
    assert "'Product Viewed'" in page.words
    assert manager.ask("GET", "/explore.json?step=Product+Veiwed").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["step=web/*&window=soon", "step=web/*&mode=backwards", "step=web/*&by=shoe_size", "step=web/*&who=7",
     "step=web/*&step=store/*&after1=x..y", "&".join(["step=web/*"] * 31)],
)  # fmt: skip
def test_a_question_that_contradicts_itself_is_never_our_fault(manager: Desk, query: str):
    assert manager.ask("GET", f"/explore?{query}").status_code in (200, 400, 404)
    assert manager.ask("GET", f"/explore.json?{query}").status_code in (400, 404)


@given(query=st.lists(st.tuples(FIELD, TOLD), max_size=6))
@settings(max_examples=60, deadline=None)
def test_whatever_stands_in_an_address_is_answered_or_refused(manager: Desk, query: list[tuple[str, str]]):
    for path in ("/explore", "/explore.json"):
        assert manager.ask("GET", f"{path}?{urlencode(query)}").status_code in (200, 400, 404)


def test_a_question_is_saved_watched_and_forgotten(manager: Desk):
    page = manager.press("/explore/save", step=["web/*", "store/*"], name="Web to store", alert="yes")
    assert "Saved as “Web to store”." in page.words
    assert "Web to store is watched anything in web → anything in store, within 7 days" in page.words
    (question,) = manager.data("/explore.json")["questions"]
    assert (question["alert"], question["asked"]["steps"]) == (True, ["web/*", "store/*"])
    manager.press("/explore/watch", question=question["id"], alert="")
    assert [one["alert"] for one in manager.data("/explore.json")["questions"]] == [False]
    manager.press("/explore/drop", question=question["id"])
    assert manager.data("/explore.json")["questions"] == []


def test_a_question_without_a_name_is_not_saved(manager: Desk):
    page = manager.press("/explore/save", status=400, step="web/*", name=" ")
    assert "This question cannot be saved" in page.words
    assert manager.data("/explore.json")["questions"] == []


def test_a_border_tells_how_long_it_takes_and_what_goes_wrong_on_it(manager: Desk):
    told = manager.data("/borders/web/store.json")
    assert told["time_to"]["persons"] == journeys_story.AT_RISK + 1
    page = manager.get("/borders/web/store")
    assert "How long it takes" in page.words
    assert "within 30 days." in page.words
    assert "What goes wrong here" in manager.get("/borders/web/call").words


def test_the_time_from_a_channel_in_which_nobody_was_seen_is_not_made_up(manager: Desk):
    told = manager.data("/borders/mail/store.json")
    assert (told["row"]["persons"], told["time_to"]) == (journeys_story.WRITTEN_TO, None)
    assert "Nobody was seen in both channels" in manager.get("/borders/mail/store").words


def test_an_associate_sees_none_of_it(manager: Desk):
    associate = Desk(manager.hub, manager.client, manager.hub.access.add_key(Role.ASSOCIATE)[1])
    for path in ("/", "/frictions", "/frictions/F2", "/frictions/F2.json", "/explore", "/borders/web/store"):
        assert associate.ask("GET", path).status_code == 403, path
    for path in ("/frictions/F2/care", "/explore/save", "/explore/drop", "/explore/watch"):
        assert associate.ask("POST", path, data={"state": "fixed"}).status_code == 403, path
