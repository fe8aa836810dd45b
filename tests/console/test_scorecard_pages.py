"""What the scorecard and the page of the channels say, from the answers of the hub."""

from typing import Any

import pytest

from console.preview_channels import CHARTERS, NOTHING, ROLES, channel, channel_pages, ratio
from console.preview_channels import WHOLE as CHANNELS
from console.preview_scorecard import CARD, GOALS, METRICS, WHOLE, row, scorecard_pages
from console.test_render import Page
from noline.doors.console import views
from noline.doors.console.channel_measures import place, times, times_interval
from noline.doors.console.channel_tables import level
from noline.doors.console.channels import anchor, channels
from noline.doors.console.render import render
from noline.doors.console.scorecard import ScorecardPage, scorecard
from noline.doors.console.scorecard_cells import cell_of

SHARE, COUNT, MONEY, BACK = METRICS[1], METRICS[0], METRICS[3], METRICS[5]


def words_of(name: str) -> str:
    page, path, view = {**scorecard_pages(), **channel_pages()}[name]
    return Page(render(page, view=view, shell=views.Shell(path=path, role="manager"))).words


def says(name: str, said: str) -> bool:
    """Whether a page says so, whatever the space between its parts."""
    return said.replace(" ", "") in words_of(name).replace(" ", "")


def card(**more: Any) -> ScorecardPage:
    return scorecard(**{**WHOLE, **more})


# --- The scorecard --------------------------------------------------------------------------------------------------


def test_a_number_has_two_names_and_the_switch_turns_them_around():
    assert "Footfall sessions" in words_of("scorecard")
    assert "Sessions footfall" in words_of("scorecard-digital")
    assert [(one.words, one.chosen) for one in card().words] == [("store people", True), ("digital people", False)]
    assert card().words[1].path == "/scorecard?period=2026-03&by=channel&words=digital"


def test_a_share_stands_with_what_it_was_counted_from_its_interval_and_its_change():
    assert "10 % \u22121.2 points 2,104 of 21,044 9.6 – 10 %" in words_of("scorecard")


def test_an_effect_has_a_line_for_each_programme_in_points_or_says_how_many_are_missing():
    effect = {**SHARE, "id": "effect", "store": "did it help", "digital": "lift"}
    why = "not measured yet: 12 of 30 customers in the smaller arm whose time is over"
    rows = [
        row("effect", "store", -0.125, "100 90", low=-0.2534, high=0.0025, too_few=False, programme="taste"),
        row("effect", "store", None, "50 12", too_few=True, programme="news", why=why),
    ]
    told = card(card={**CARD, "metrics": [effect], "rows": rows})
    assert [one.name for one in told.metrics] == ["Did it help: news", "Did it help: taste"]
    [[news], [taste]] = (one.cells for one in told.metrics)
    assert (news.value, news.why, news.of) == ("", why, "50 against 12")
    assert (taste.value, taste.interval) == ("\u221212.5\u00a0points", "\u221225.3 to +0.2")
    assert taste.of == "100 against 90"


def test_a_change_is_called_good_only_where_it_is_more_than_chance():
    worse = cell_of(row("conversion", "web", 0.1, "2104 21044", low=0.096, high=0.104, before=0.112), SHARE)
    even = cell_of(row("conversion", "store", 0.323, "1301 4022", low=0.309, high=0.338, before=0.318), SHARE)
    better = cell_of(row("returns_sold", "web", 0.041, "86 2104", low=0.033, high=0.05, before=0.06), BACK)
    assert [worse.good, even.good, better.good] == ["worse", "even", "better"]


@pytest.mark.parametrize(("value", "before", "good"), [(121, 100, "even"), (131, 100, "better"), (71, 100, "worse")])
def test_two_counts_differ_beyond_what_counting_scatters(value: int, before: int, good: str):
    assert cell_of(row("visits", "web", value, before=before), COUNT).good == good


def test_money_has_its_change_without_a_verdict():
    cell = cell_of(row("basket", "web", 6_250, "13150000 2104", currency="EUR", before=5_950), MONEY)
    assert (cell.value, cell.of, cell.trend, cell.good) == (
        "63\xa0EUR", "131,500\xa0EUR / 2,104", "+5\xa0%", "even"
    )  # fmt: skip


def test_a_share_of_too_few_is_not_shown_but_its_counts_are():
    assert "too few 3 of 1,301" in words_of("scorecard")


def test_a_month_that_still_goes_on_has_no_trend():
    cell = cell_of(row("visits", "web", 10, before=400, is_over=False), COUNT)
    assert (cell.trend, cell.of) == ("", "still going on")


def test_nothing_to_count_is_said_and_no_number_is_made_up():
    cell = cell_of(row("conversion", "mail", None, "0 0"), SHARE)
    assert (cell.value, cell.of, cell.why) == ("", "0 of 0", "nothing to count")


def test_channels_stand_in_the_order_of_their_orders_and_currencies_on_lines_of_their_own():
    view = card()
    assert view.columns == ("Web", "Store")
    baskets = [one for one in view.metrics if one.id == "basket"]
    assert [(one.currency, [cell and cell.value for cell in one.cells]) for one in baskets] == [
        ("EUR", ["63\xa0EUR", "54\xa0EUR"]), ("JPY", [None, "10,300\xa0JPY"])
    ]  # fmt: skip


def test_a_unit_is_called_as_the_catalogue_calls_it():
    rows = [{**row("orders", "", 4), "channel": None, "unit": "lyon", "name": "Lyon Bellecour"}]
    looking = WHOLE["looking"].__class__(WHOLE["looking"].period, "unit")
    assert card(card={**CARD, "rows": rows}, looking=looking).columns == ("Lyon Bellecour",)


def test_money_that_was_converted_says_at_which_rate_and_what_was_left_out():
    words = words_of("scorecard-digital")
    assert "Money is converted: 1 JPY = 0.006 EUR. Without a rate and left out: CHF." in words


def test_what_is_not_told_is_listed_with_its_reason():
    assert says("scorecard", "1 number is not told here effect As no test was given")


def test_a_goal_stands_beside_its_number_and_says_how_it_is_now():
    words = words_of("scorecard")
    assert "1 of 2 goals is reached as of now." in words
    assert "Hit rate conversion rate goal at least 12 %" in words
    assert "at least 12 %, channel web, 1 Jan 2026 to 31 Dec 2026 · ines@example.com" in words
    assert "Now: 10.0 % (2,104 of 21,044; 95 %: 9.6 % .. 10.4 %); the target, at least 12 %, is not reached." in words
    assert "Shorten the checkout by a page. · manager at the console" in words


def test_without_goals_the_page_offers_to_set_one():
    words = words_of("scorecard-empty")
    assert "No goal is set." in words
    assert "Set a goal" in words
    assert "This goal cannot be set: 'x' is no number." in words


def test_a_form_comes_back_to_the_card_it_was_sent_from():
    page = Page(render("scorecard", view=card(), shell=views.Shell(role="manager")))
    backs = {one["value"] for one in page.all("input") if one.get("name") == "back"}
    assert backs == {"/scorecard?period=2026-03&by=channel&words=store"}
    assert "/scorecard/goals/web-hit-rate/check-in" in {one["action"] for one in page.all("form")}


def test_every_number_of_the_card_explains_itself():
    page = Page(render("scorecard", view=card(), shell=views.Shell(role="manager")))
    opened = {one["popovertarget"] for one in page.all("button") if "popovertarget" in one}
    assert {f"counted-metric-{one['id']}" for one in METRICS} <= opened


def test_without_a_goal_that_can_be_compared_the_headline_says_so():
    untold = [{**GOALS[0], "now": {**GOALS[0]["now"], "met": None}}]
    assert card(goals=untold).headline.endswith("no goal can be compared yet.")


# --- Channels -------------------------------------------------------------------------------------------------------


def test_what_a_channel_is_meant_for_stands_beside_what_its_orders_show():
    words = words_of("channels")
    assert "Meant to bring in new customers, beside that to make it easy. Its orders show it." in words
    assert says("channels", "Why buy here: open at night; every item. It promises: Two clicks to the coffee I know.")
    assert "Its orders show: it brings in new customers, is where people stay." in words
    assert "1 of 3 channels with a stated role shows it in orders." in words


def test_a_role_of_which_orders_show_the_opposite_is_said():
    view = channels(**CHANNELS)
    store = next(one for one in view.channels if one.channel == "store")
    assert (store.verdict, store.shows) == ("Its orders show the opposite.", False)


def test_a_ratio_stands_with_its_interval_and_what_it_was_counted_from():
    said = "First orders are placed here 1.31 × 1.27 – 1.35 400 of 1,000: 40 %, expected 31 %"
    assert says("channels", said)


def test_too_few_customers_claim_nothing():
    words = words_of("channels")
    assert "Too few customers to claim anything." in words
    assert says("channels", "First orders are placed here not told 14 customers are too few")


@pytest.mark.parametrize(
    ("main", "assist", "said"),
    [
        ("assist", None, "What it earns on orders of others is not told."),
        ("assist", [], "It earned nothing on orders that others took."),
        ("assist", [{"amount_minor": 4100, "currency": "EUR"}], "It earned 41\xa0EUR on orders that others took."),
        ("service", None, "No measure from orders tells of this role."),
        ("retain", None, "Its orders do not show it beyond chance."),
        ("experience", None, "Too few customers to tell whether it does."),
    ],
)
def test_a_stated_role_is_held_against_the_measures_that_tell_of_it(main: str, assist: Any, said: str):
    ratios = ratio("retain", 1.1, 0.9, 1.2), ratio("experience", None)
    only = {**ROLES, "channels": [channel("web", 100, 90, *ratios, assist=assist)]}
    charters = {**CHARTERS, "charters": [{**CHARTERS["charters"][0], "main": main}]}
    (found,) = channels(**{**CHANNELS, "roles": only, "charters": charters}).channels
    assert found.verdict == said


def test_a_place_that_was_only_stated_has_a_card_too():
    view = channels(**CHANNELS)
    assert [one.name for one in view.channels] == ["Web", "Store", "Call centre", "Maison Ristretto Opéra"]
    assert [one.words for one in view.unstated] == ["Call centre", "Lyon Bellecour"]


def test_half_and_double_are_as_far_from_one_on_the_axis():
    assert (place(1.0), place(3.0), place(1 / 3), place(100.0), place(None)) == (50.0, 100.0, 0.0, 100.0, 0.0)
    assert place(2.0) - 50 == pytest.approx(50 - place(0.5))
    assert (times(1.314), times_interval(0.9, 12.4), times(None)) == ("1.31\xa0×", "0.90\xa0–\xa012", "–")


def test_customers_who_went_from_one_channel_to_another_stand_with_share_count_and_interval():
    words = words_of("channels")
    assert "Web 2,104 40 % 760; 38 – 42 % 10 % 190; 8.7 – 11 % – 50 % 950; 48 – 52 % 204" in words
    assert "Shares of the customers whose first order is older than 41 days" in words


def test_a_darker_cell_is_a_larger_share():
    assert [level(one) for one in (None, 0.0, 0.01, 0.2, 0.5, 0.99, 1.0)] == [0, 0, 1, 2, 4, 6, 6]


def test_classes_of_customers_come_with_the_sentence_that_they_are_correlation():
    words = words_of("channels")
    assert "Differences between these classes are correlation" in words
    assert "Omni crossed both ways, and was known in each 84 2.8 % 4.76 1.10 – 3.20 286 EUR 90 – 300 EUR 2.30" in words


def test_the_index_tells_apart_what_exists_what_works_and_what_is_not_told():
    words = words_of("channels")
    assert "Visitors of stores are recognised yes 4,020 cases 40 % 38 – 41 % 1,602 of 4,020" in words
    assert "Returns are accepted elsewhere no –" in words
    assert "no price was told by two channels in one week not told –" in words
    assert "2 of 3 capabilities that could be told exist. Over the 2 of them that can be measured" in words


def test_a_business_that_orders_stands_with_its_counts():
    assert "hotel-lutetia Business sales 31 9,100 EUR 14 days 29 of 30 1 of 31 –" in words_of("channels")


def test_a_hub_without_orders_says_so():
    assert channels(**NOTHING).headline == "Nothing was sold yet, so nothing is known of what channels are for."


def test_an_id_is_made_of_any_name():
    assert [anchor(one) for one in ("web", "café 1", "a-b")] == ["web", "caf-e9--20-1", "a-2d-b"]
