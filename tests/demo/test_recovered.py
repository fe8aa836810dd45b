"""The hub finds the known faults of the demo company in its events, in their true size.

What is asserted comes from the hints; how it is found is what a manager asks: which border, which stores, which month,
which goods, who. Nothing of the product reads the hints.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from noline.demo.hints import HINTS
from noline.doors import answers
from noline.hub import Hub
from noline.insight.credit.statements import Statement
from noline.insight.journeys.model import HandoffPart, LostPerson
from noline.kernel.clock import DAY, Micros, parse_instant
from noline.kernel.money import Money
from noline.kernel.shares import share

SIZE = "small"
SEASON = parse_instant("2025-11-01"), parse_instant("2025-12-25") - 1
LATER = parse_instant("2025-12-25")
EMPTY = {"lyon-bellecour", "marseille-vieux-port"}
WEEKS = [parse_instant("2025-11-02") + week * 7 * DAY for week in range(52)]


def planted(number: int) -> dict[str, int]:
    return dict(next(hint for hint in HINTS if hint.number == number).planted(SIZE))


def in_season(company: Hub, by: str) -> list[HandoffPart]:
    since, until = SEASON
    return company.journeys.handoff_breakdown("web", "store", by, since=since, until=until)


def lost_in_the_stores(company: Hub) -> list[LostPerson]:
    """Who came from the web to a store that stands out, within the season, and was lost there."""
    since, until = SEASON
    stores = {part.value for part in in_season(company, "store") if part.stands_out_after_arrival}
    found = company.journeys.lost_people("web", "store", limit=10_000, since=since, until=until)
    return [person for person in found if person.where == "after" and person.store_id in stores]


# Fault 1: sent to an empty shelf


def test_two_stores_stand_out_in_the_season_and_no_other_does(company):
    assert {part.value for part in in_season(company, "store") if part.stands_out_after_arrival} == EMPTY
    assert not any(part.stands_out_before_arrival for part in in_season(company, "store"))


def test_no_store_stands_out_after_the_season(company):
    later = company.journeys.handoff_breakdown("web", "store", "store", since=LATER)
    assert [part.value for part in later if part.stands_out_after_arrival] == []
    assert sum(part.persons for part in later) > 300


def test_the_border_shows_one_region_and_one_season_at_once(company):
    border = answers.border(company, "web", "store", in_parts=True)
    stand_out = {
        name: {(part["value"], part["month"]) for part in parts if part["stands_out_after_arrival"]}
        for name, parts in border["breakdowns"].items()
    }
    assert stand_out["store"] == {(store, None) for store in EMPTY}
    assert stand_out["month"] == {("2025-11", None), ("2025-12", None)}
    assert {store for store, _ in stand_out["store_and_month"]} == EMPTY
    assert {month for _, month in stand_out["store_and_month"]} == {"2025-11", "2025-12"}
    [lyon] = (part for part in border["breakdowns"]["store"] if part["value"] == "lyon-bellecour")
    assert lyon["place"] == "Maison Ristretto Bellecour"
    assert border["counted"]["breakdowns"]["parameters"]["sender"] == "web"


def test_the_goods_that_stand_out_lead_to_exactly_the_people_who_found_an_empty_shelf(company):
    goods = {part.value for part in in_season(company, "sku") if part.stands_out_after_arrival}
    lost = [person for person in lost_in_the_stores(company) if person.sku in goods]
    assert {person.value.currency for person in lost} == {"EUR"}
    assert {"persons": len(lost), "value_minor": sum(person.value.amount_minor for person in lost)} == planted(1)


def test_the_loss_above_that_of_the_same_stores_out_of_season_agrees_with_what_was_planted(company):
    """Without looking at goods: the people lost in the season less the background, with its interval."""
    season = [part for part in in_season(company, "store") if part.value in EMPTY]
    later = [part for part in company.journeys.handoff_breakdown("web", "store", since=LATER) if part.value in EMPTY]
    lost, came = sum(part.lost_after_arrival for part in season), sum(part.persons - part.undecided for part in season)
    usual = share(sum(part.lost_after_arrival for part in later), sum(part.persons - part.undecided for part in later))
    fewest, most = ((lost - came * rate) / (1 - rate) for rate in (usual.high, usual.low))
    assert fewest <= planted(1)["persons"] <= most
    assert most - fewest < planted(1)["persons"] / 2
    assert lost == len(lost_in_the_stores(company))


def test_each_of_them_can_be_seen_with_the_evidence(company):
    lost = lost_in_the_stores(company)
    jeanne = next(iter(company.find_customers("jeanne.perrin@example.com")))
    shown = {one["person"]: one for one in answers.lost_people(company, "web", "store", 1_000)}
    assert shown[jeanne.person]["place"] == "Maison Ristretto Bellecour"
    assert shown[jeanne.person]["label"] == "Availability Shown: classica"
    assert all(len(person.evidence) > 1 for person in lost)


# Fault 2: a call centre that cannot see what the boutiques sold


def test_the_people_lost_in_the_call_centre_are_those_nobody_could_help(company):
    [call] = (channel for channel in company.journeys.drop_offs() if channel.channel == "call")
    assert {"persons": call.lost} == planted(2)
    assert (call.false_drop_offs, call.too_few) == (0, False)


# Fault 3: undercut by our own prices


class Sold(NamedTuple):
    """A line of an order beside the price that the web asked for the same article on that day, in the same country."""

    order_id: str
    units: int
    paid: Money
    web: Money


@pytest.fixture(scope="module")
def sold(company: Hub) -> dict[str, list[Sold]]:
    """The lines sold on the marketplace and through wholesale."""
    told = company.analytics.ask(
        "SELECT DISTINCT channel, object_id, country FROM touchpoints "
        "WHERE action = 'Order Completed' AND channel IN ('marketplace', 'wholesale')"
    ).to_pylist()
    found: dict[str, list[Sold]] = {"marketplace": [], "wholesale": []}
    for row in told:
        found[row["channel"]] += sold_in(company, row["object_id"], row["country"])
    return found


def sold_in(company: Hub, order_id: str, country: str) -> Iterator[Sold]:
    with company.store.reading() as reader:
        order = company.orders.order(reader, order_id)
        for line in company.orders.lines(reader, order_id):
            currency = line.price.currency
            web = company.prices.price_at(reader, line.sku, "web", order.placed_at, country=country, currency=currency)
            if web is not None:
                yield Sold(order_id, line.units, line.price, web.money)


def marketplace_below_web(company: Hub, week: Micros) -> set[str]:
    with company.store.reading() as reader:
        conflicts = company.prices.conflicts(reader, week, limit=10_000)
    prices = [(conflict.sku, dict(conflict.prices_minor)) for conflict in conflicts]
    return {
        sku for sku, minor in prices if minor.get("marketplace", 0) < minor.get("web", 0) and "marketplace" in minor
    }


def test_price_conflicts_show_the_weeks_in_which_the_marketplace_undercuts_the_web(company):
    weeks = Counter(sku for week in WEEKS for sku in marketplace_below_web(company, week))
    assert weeks.total() == planted(3)["marketplace_sku_weeks"]
    assert len(set(weeks.values())) == 1


def test_orders_and_prices_show_who_bought_on_the_marketplace_for_less_than_on_the_web(sold):
    below = {line.order_id for line in sold["marketplace"] if line.paid.amount_minor < line.web.amount_minor}
    assert len(below) == planted(3)["marketplace_orders_below_web"]
    assert len(below) < len({line.order_id for line in sold["marketplace"]})


def test_orders_and_prices_show_the_dealer_who_paid_more_than_the_web_asked(sold):
    dear = [line for line in sold["wholesale"] if line.paid.amount_minor > line.web.amount_minor]
    overpaid = sum((line.paid.amount_minor - line.web.amount_minor) * line.units for line in dear)
    assert len({line.order_id for line in dear}) == planted(3)["dealer_orders_above_web"]
    assert overpaid == planted(3)["dealer_overpaid_minor"]


# Fault 4: the boutique advises, the web books the sale


def test_the_orders_that_boutiques_prepared_and_the_web_booked_are_found(company):
    places = company.journeys.carried_over("store", "web", within_days=7)
    most = max(places, key=lambda place: place.orders)
    assert {"orders": sum(place.orders for place in places), "showroom_orders": most.orders} == planted(4)
    assert sum(place.persons for place in places) == planted(4)["orders"]
    assert len(places) == 12
    assert all(place.store_id and place.revenue_minor > 0 for place in places)


def test_each_boutique_is_told_by_name_what_the_web_booked_for_it(company):
    told = answers.carried_over(company, "store", "web", 7)
    assert sum(place["orders"] for place in told) == planted(4)["orders"]
    assert {"Maison Ristretto Opéra", "メゾン・リストレット銀座"} <= {place["place"] for place in told}


@pytest.fixture(scope="module")
def boutiques(company: Hub) -> list[Statement]:
    """The books of every boutique."""
    return [one for one in company.credit.units() if company.credit.facts.kinds.get(one.unit) == "store"]


def starved(boutiques: list[Statement]) -> list[str]:
    return [one.unit for one in boutiques if one.headroom_today_minor < 0]


def test_one_boutique_is_worse_off_in_todays_books_than_if_it_helped_nobody(company, boutiques):
    assert len(boutiques) == 12
    [showroom] = starved(boutiques)
    most = max(company.journeys.carried_over("store", "web", within_days=7), key=lambda place: place.orders)
    assert showroom == most.store_id
    [books] = (one for one in boutiques if one.unit == showroom)
    assert books.orders_helped > planted(4)["showroom_orders"]
    assert books.orders_helped == max(one.orders_helped for one in boutiques)
    assert books.today_minor < 0.9 * books.floor_minor


def test_in_the_fair_books_every_boutique_is_above_its_floor_and_that_one_gains_most(boutiques):
    assert all(one.headroom_fair_minor > 0 for one in boutiques)
    gains = {one.unit: one.fair_minor - one.today_minor for one in boutiques}
    assert [unit for unit, gain in gains.items() if gain > 0] == starved(boutiques)


def test_every_order_that_its_advice_prepared_stands_in_its_books(company, boutiques):
    [showroom] = starved(boutiques)
    helped = company.credit.orders(showroom, helped=True, limit=10_000)
    assert len(helped) == company.credit.count_orders(showroom, helped=True)
    advised = [row for row in helped if row.captured_by == "web" and has_advice(company, row.order_id, showroom)]
    assert len(advised) == planted(4)["showroom_orders"]
    assert all(row.spent_minor for row in advised)
    assert sum(row.shared_minor or 0 for row in advised) > 0


def has_advice(company: Hub, order_id: str, unit: str) -> bool:
    return any((act.unit, act.act) == (unit, "advise") for act in company.credit.order(order_id).acts)


def test_to_stop_helping_pays_that_boutique_today_and_costs_it_in_the_fair_books(company, boutiques):
    [showroom] = starved(boutiques)
    [without] = company.credit.what_if(showroom)
    assert without.today_change_minor > 0 > without.fair_change_minor
    assert without.today_without_minor > without.today_minor
    [books] = (one for one in boutiques if one.unit == showroom)
    assert without.orders_helped == books.orders_helped


def test_the_guarantee_finds_it_today_and_has_nothing_to_say_against_the_fair_books(company, boutiques):
    today, fair = company.credit.guarantee("today"), company.credit.guarantee("fair")
    stores = {one.unit for one in today.below_floor if company.credit.facts.kinds[one.unit] == "store"}
    assert stores == {*starved(boutiques)}
    assert today.subsidy_minor > 0
    assert (fair.holds, fair.violations.count, fair.subsidy_minor) == (True, 0, 0)
    assert fair.credited_minor == today.credited_minor == fair.worth_minor


def test_every_order_that_stands_is_in_the_books_at_its_told_cost(company):
    facts = company.credit.facts
    rows = company.analytics.ask(
        "SELECT state, count(*) AS orders FROM orders GROUP BY state ORDER BY state"
    ).to_pylist()
    assert {row["state"]: row["orders"] for row in rows} == {"placed": facts.orders, **facts.left_out, **facts.undone}
    assert facts.margins_percent < 10
    assert facts.margins_told + facts.margins_percent == facts.orders
    assert facts.usual_costs == ("pay",)


# Fault 5: small frictions between channels


def test_frictions_of_known_size_are_found_exactly(company):
    found = {friction: company.frictions.one(friction) for friction in planted(5)}
    exact = {name: (one.cases, one.persons) for name, one in found.items() if name not in {"F12", "F19"}}
    assert exact == {name: (planted(5)[name],) * 2 for name in exact}
    late = [case for case in company.frictions.cases("F12", limit=1_000) if len(case.evidence) == 1]
    on_the_web = [case for case in company.frictions.cases("F19", limit=1_000) if case.channels == ("web",)]
    assert len({case.person for case in late}) == planted(5)["F12"]
    assert len({case.person for case in on_the_web}) == planted(5)["F19"]


def test_the_rules_of_the_catalogue_find_the_first_and_the_second_fault_as_well(company):
    empty, blind = company.frictions.one("F1"), company.frictions.one("F10")
    assert {"persons": empty.persons, "value_minor": empty.exposed_minor} == planted(1)
    assert {case.store_id for case in company.frictions.cases("F1", limit=1_000)} == EMPTY
    assert {"persons": blind.persons} == planted(2)
    assert empty.conversion_with.value == blind.conversion_with.value == 0
    assert empty.leak_low > 0.65 * empty.exposed_minor
    assert blind.leak_low > 0


def test_what_to_fix_first_is_ranked_by_what_it_costs_and_says_how_sure_that_is(company):
    ranked = company.frictions.ranked()
    costly = [one for one in ranked if one.leak_minor]
    assert ranked[0].id == "F1"
    assert len({one.id for one in costly} & {"F1", "F2", "F10", *planted(5)}) >= 10
    assert all(one.leak_low <= one.leak_minor <= one.leak_high <= one.exposed_minor for one in costly)
    assert all(one.why_no_leak for one in ranked if one.leak_minor is None)
    assert {one.id for one in ranked if one.leak_low} >= {"F1", "F2", "F10", "F15", "F17", "F18"}
    [bought, left] = (company.frictions.one(name) for name in ("F3", "F4"))
    assert (bought.leak_minor, left.leak_minor) == (0, None)
    assert bought.persons > 200


def test_a_case_leads_to_the_records_that_show_it(company):
    [case] = company.frictions.cases("F16", limit=1)
    rows = company.analytics.ask(
        "SELECT seq, action FROM touchpoints WHERE seq = ANY ($evidence)", {"evidence": list(case.evidence)}
    ).to_pylist()
    told = {row["seq"]: row["action"] for row in rows}
    assert [told[seq] for seq in case.evidence] == ["Order Shipped", "Delivery Missed", "Call Started"]
