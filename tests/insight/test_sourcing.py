"""Which location serves an order: the cheapest of all plans, under the merchant's rules, with its reasons."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.insight.sourcing.choosing import choose
from noline.insight.sourcing.explaining import explain
from noline.insight.sourcing.model import MINOR, Candidate, CandidateTwice, Decision, Need, NeedUnreadable, Order
from noline.insight.sourcing.policy import Costs, Policy, Rules
from noline.insight.sourcing.service import Sourcing
from noline.kernel.errors import SettingUnknown, SettingWrong

COSTS = {"parcel_minor": 500, "unit_minor": 20, "unit_per_km_minor": "0.1", "unfilled_minor": 3000}
PLAIN = Policy.from_settings({"costs": COSTS})


def ruled(**rules):
    return Policy.from_settings({"costs": COSTS, "rules": rules})


def warehouse(**units):
    return Candidate("warehouse", "warehouse", units, distance_km=400)


def paris(**units):
    return Candidate("paris-1", "store", units, distance_km=10)


def lyon(**units):
    return Candidate("lyon-2", "store", units, distance_km=300)


def needs(**units):
    return [Need(sku, count) for sku, count in units.items()]


def parcels(decision):
    return {parcel.location: dict(parcel.units) for parcel in decision.plan.parcels}


def why(decision):
    return {one.location: one.why for one in decision.considered}


# -- against every possible plan

SKUS = ("cup", "pot", "tin")
KINDS = ("store", "warehouse")


def amounts(most):
    return st.integers(0, most).map(lambda minor: minor * MINOR)


policies = st.builds(
    Policy,
    st.builds(
        Costs, parcel=amounts(9), per_km=amounts(3), per_hour=amounts(2), unit=amounts(3), unit_per_km=amounts(3),
        reroute=amounts(4), unfilled=amounts(15),
        handling=st.dictionaries(st.sampled_from(KINDS), amounts(3)),
        markdown=st.dictionaries(st.sampled_from(KINDS), amounts(5)),
    ),
    st.builds(
        Rules, prefer=st.sampled_from([(), ("store",), ("l1", "warehouse")]), prefer_step=amounts(2),
        most_parcels=st.sampled_from([None, None, 1, 2]),
    ),
)  # fmt: skip
shelves = st.fixed_dictionaries({sku: st.integers(0, 2) for sku in SKUS})
asked = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1)
prices = st.dictionaries(st.tuples(st.sampled_from(["l0", "l1", "l2"]), st.sampled_from(SKUS)), amounts(6))


@st.composite
def locations(draw, most=4):
    return [
        Candidate(
            f"l{number}", draw(st.sampled_from(KINDS)), draw(shelves), draw(st.sampled_from([0, 1, 2.5])),
            wait_hours=draw(st.sampled_from([0, 1])), pick_success=draw(st.sampled_from([0.5, 1.0])),
        )
        for number in range(draw(st.integers(0, most)))
    ]  # fmt: skip


def cost_of_sending(candidate, units_by_sku, policy, shadow):
    """What one location's parcel weighs, told from the definition of each cost."""
    costs, rules, units = policy.costs, policy.rules, sum(units_by_sku.values())
    ranks = [rank for rank, name in enumerate(rules.prefer) if name in (candidate.location, candidate.kind)]
    own = candidate.parcel_minor
    parcel = (costs.parcel if own is None else own * MINOR) + costs.handling.get(candidate.kind, 0)
    parcel += costs.per_km * candidate.distance_km + costs.per_hour * candidate.wait_hours
    parcel += rules.prefer_step * (ranks[0] if ranks else len(rules.prefer))
    each = costs.unit + costs.unit_per_km * candidate.distance_km + (1 - candidate.pick_success) * costs.reroute
    each -= costs.markdown.get(candidate.kind, 0)
    worth = sum(count * shadow.get((candidate.location, sku), 0) for sku, count in units_by_sku.items())
    return parcel + units * each + worth


def every_plan(wanted, candidates, policy, shadow):
    """The weighed cost of every way to share every line out."""

    def shares(units, shelf):
        return [some for some in itertools.product(*(range(have + 1) for have in shelf)) if sum(some) <= units]

    lines = [(sku, shares(units, [one.available[sku] for one in candidates])) for sku, units in wanted.items()]
    for shared in itertools.product(*(ways for _, ways in lines)):
        sent = [
            {sku: way[place] for (sku, _), way in zip(lines, shared, strict=True) if way[place]}
            for place in range(len(candidates))
        ]
        senders = frozenset(one.location for one, units in zip(candidates, sent, strict=True) if units)
        if len(senders) <= (policy.rules.most_parcels or len(candidates)):
            refused = sum(wanted.values()) - sum(sum(units.values()) for units in sent)
            cost = policy.costs.unfilled * refused
            for one, units in zip(candidates, sent, strict=True):
                cost += cost_of_sending(one, units, policy, shadow) if units else 0
            yield cost, senders


@given(asked, locations(most=3), policies, prices)
def test_the_choice_weighs_as_little_as_the_best_of_all_plans(wanted, candidates, policy, shadow):
    decision = choose(needs(**wanted), candidates, policy, shadow=shadow)
    assert decision.plan.parts.weighed == min(cost for cost, _ in every_plan(wanted, candidates, policy, shadow))


@given(asked, locations(most=3), policies, prices)
def test_the_runner_up_is_no_better_and_from_other_locations(wanted, candidates, policy, shadow):
    decision = choose(needs(**wanted), candidates, policy, shadow=shadow)
    chosen, other = decision.plan, decision.runner_up
    if other is None:
        assert all(one.alone is None for one in decision.considered)
        return
    assert other.parts.weighed >= chosen.parts.weighed
    assert set(other.locations) != set(chosen.locations)
    alone = [(one.alone, {one.location}) for one in decision.considered if one.alone is not None]
    refusing = (policy.costs.unfilled * sum(wanted.values()), set())
    assert other.parts.weighed <= min(cost for cost, senders in [*alone, refusing] if senders != set(chosen.locations))


def best_of_set(senders, wanted, policy):
    """What a set of locations costs when the nearer ones fill each line first; None when somebody sends nothing."""
    sent = {one.location: {} for one in senders}
    refused = 0
    for sku, units in wanted.items():
        left = units
        for one in sorted(senders, key=lambda one: one.distance_km):
            if some := min(left, one.available[sku]):
                sent[one.location][sku] = some
                left -= some
        refused += left
    if not all(sent.values()):
        return None
    return policy.costs.unfilled * refused + sum(
        cost_of_sending(one, sent[one.location], policy, {}) for one in senders
    )


@st.composite
def scattered(draw):
    """Three lines over seven locations that have little of each, so that most good plans take several parcels."""
    policy = Policy(
        Costs(
            parcel=4 * MINOR, unit_per_km=MINOR * draw(st.integers(1, 3)), unfilled=draw(st.integers(19, 60)) * MINOR
        ),
        Rules(most_parcels=draw(st.sampled_from([None, None, 3]))),
    )
    scarce = st.fixed_dictionaries({sku: st.sampled_from([0, 0, 1, 1, 2]) for sku in SKUS})
    distances = draw(st.permutations(range(7)))
    postage = st.sampled_from([None, 0, 2, 30])
    candidates = [
        Candidate(f"l{number}", "store", draw(scarce), distances[number], parcel_minor=draw(postage))
        for number in range(7)
    ]
    return {sku: draw(st.integers(1, 4)) for sku in SKUS}, candidates, policy


@settings(max_examples=300)
@given(scattered())
def test_the_best_and_the_next_best_of_all_sets_of_locations_are_found(drawn):
    wanted, candidates, policy = drawn
    most = policy.rules.most_parcels or len(candidates)
    sets = [senders for size in range(most + 1) for senders in itertools.combinations(candidates, size)]
    costs = sorted(cost for senders in sets if (cost := best_of_set(senders, wanted, policy)) is not None)
    decision = choose(needs(**wanted), candidates, policy)
    assert decision.plan.parts.weighed == costs[0]
    assert (None if decision.runner_up is None else decision.runner_up.parts.weighed) == (costs[1:2] or [None])[0]


@given(asked, locations(), policies, st.randoms())
def test_the_order_of_candidates_and_needs_changes_nothing(wanted, candidates, policy, chance):
    decision = choose(needs(**wanted), candidates, policy)
    mixed, mixed_needs = list(candidates), needs(**wanted)
    chance.shuffle(mixed)
    chance.shuffle(mixed_needs)
    again = choose(mixed_needs, mixed, policy)
    assert parcels(again) == parcels(decision)
    assert again.plan.parts == decision.plan.parts


@given(asked, locations(), policies, prices)
def test_a_plan_sends_no_more_than_is_there_and_names_all_that_is_missing(wanted, candidates, policy, shadow):
    plan = choose(needs(**wanted), candidates, policy, shadow=shadow).plan
    shelf = {candidate.location: candidate.available for candidate in candidates}
    for sku, units in wanted.items():
        sent = sum(parcel.units.get(sku, 0) for parcel in plan.parcels)
        assert sent + plan.unfilled.get(sku, 0) == units
    assert all(units <= shelf[parcel.location][sku] for parcel in plan.parcels for sku, units in parcel.units.items())
    assert all(sum(parcel.units.values()) > 0 for parcel in plan.parcels)


@given(asked, locations(), policies, prices)
def test_a_decision_survives_json(wanted, candidates, policy, shadow):
    decision = choose(needs(**wanted), candidates, policy, order=Order("web", 900, 7), shadow=shadow)
    assert Decision.from_dict(json.loads(json.dumps(decision.as_dict()))) == decision


# -- splitting


def test_two_items_come_in_one_parcel_when_one_location_has_both():
    decision = choose(needs(cup=1, pot=1), [paris(cup=1), lyon(pot=1), warehouse(cup=5, pot=5)], PLAIN)
    assert parcels(decision) == {"warehouse": {"cup": 1, "pot": 1}}
    assert decision.plan.parts.weighed == (500 + 2 * (20 + 40)) * MINOR


def test_one_line_is_shared_between_two_locations_when_neither_has_enough():
    decision = choose(needs(cup=5), [paris(cup=2), lyon(cup=4)], PLAIN)
    assert parcels(decision) == {"paris-1": {"cup": 2}, "lyon-2": {"cup": 3}}
    assert decision.plan.parts.weighed == (2 * 500 + 2 * (20 + 1) + 3 * (20 + 30)) * MINOR


def test_a_second_parcel_is_not_sent_when_refusing_is_cheaper():
    dear = Policy.from_settings({"costs": COSTS | {"unfilled_minor": 540}})
    decision = choose(needs(cup=3), [paris(cup=2), lyon(cup=1)], dear)
    assert parcels(decision) == {"paris-1": {"cup": 2}}
    assert decision.plan.unfilled == {"cup": 1}
    assert decision.plan.parts.unfilled == 540 * MINOR


def test_a_second_parcel_is_sent_as_soon_as_it_is_cheaper_than_refusing():
    policy = Policy.from_settings({"costs": {"parcel_minor": 500, "unfilled_minor": 501}})
    decision = choose(needs(cup=1, pot=1), [paris(cup=1), lyon(pot=1)], policy)
    assert parcels(decision) == {"lyon-2": {"pot": 1}, "paris-1": {"cup": 1}}
    assert decision.runner_up.parts.weighed == 1001 * MINOR


def test_without_settings_little_is_refused_in_few_parcels_from_near_by():
    stock = {"far": ({"cup": 2, "pot": 1}, 19_000), "near": ({"cup": 2}, 5), "middle": ({"pot": 1}, 900)}
    locations = [Candidate(name, "store", units, distance) for name, (units, distance) in stock.items()]
    policy = Policy.from_settings({})
    assert parcels(choose(needs(cup=2, pot=1), locations, policy)) == {"far": {"cup": 2, "pot": 1}}
    assert parcels(choose(needs(cup=2), locations, policy)) == {"near": {"cup": 2}}
    assert parcels(choose(needs(cup=4), locations, policy)) == {"far": {"cup": 2}, "near": {"cup": 2}}


def test_nobody_to_send_is_a_plan_too():
    decision = choose(needs(cup=2), [], PLAIN)
    assert decision.plan.parcels == ()
    assert decision.plan.unfilled == {"cup": 2}
    assert decision.plan.parts.weighed == 6000 * MINOR
    assert decision.runner_up is None


def test_a_location_where_goods_are_seldom_found_goes_last():
    costs = COSTS | {"reroute_minor": 900}
    sloppy = Candidate("paris-1", "store", {"cup": 1}, distance_km=10, pick_success=0.8)
    decision = choose(needs(cup=1), [sloppy, lyon(cup=1)], Policy.from_settings({"costs": costs}))
    assert parcels(decision) == {"lyon-2": {"cup": 1}}
    assert decision.runner_up.parts.rerouting == 180 * MINOR


def test_goods_that_would_be_marked_down_go_first():
    costs = COSTS | {"markdown_minor": {"outlet": 100}}
    outlet = Candidate("outlet", "outlet", {"cup": 1}, distance_km=900)
    decision = choose(needs(cup=1), [outlet, paris(cup=1)], Policy.from_settings({"costs": costs}))
    assert parcels(decision) == {"outlet": {"cup": 1}}
    assert decision.plan.parts.markdown == -100 * MINOR
    assert decision.plan.parts.expected == (500 + 20 + 90 - 100) * MINOR


def test_a_unit_that_later_orders_need_more_stays():
    shadow = {("paris-1", "cup"): 30 * MINOR}
    decision = choose(needs(cup=1), [paris(cup=1), lyon(cup=1)], PLAIN, shadow=shadow)
    assert parcels(decision) == {"lyon-2": {"cup": 1}}
    assert decision.plan.parts.shadow == 0
    assert decision.runner_up.parts.shadow == 30 * MINOR
    assert decision.runner_up.parts.expected == (500 + 20 + 1) * MINOR


def test_more_than_twelve_candidates_are_cut_but_never_the_only_one_with_an_item():
    many = [Candidate(f"near-{number:02d}", "store", {"cup": 1}, distance_km=number) for number in range(15)]
    only = Candidate("far", "store", {"pot": 1}, distance_km=5000)
    decision = choose(needs(cup=1, pot=1), [*many, only], PLAIN)
    assert parcels(decision) == {"near-00": {"cup": 1}, "far": {"pot": 1}}
    assert [name for name, reason in why(decision).items() if reason == "many"] == [
        "near-11", "near-12", "near-13", "near-14",
    ]  # fmt: skip


# -- each rule


def test_a_channel_sells_only_from_what_it_may():
    policy = ruled(allowed={"marketplace": ["warehouse"], "web": ["store", "warehouse"]})
    stock = [paris(cup=1), warehouse(cup=1)]
    refused = choose(needs(cup=1), stock, policy, order=Order("marketplace"))
    assert parcels(refused) == {"warehouse": {"cup": 1}}
    assert why(refused) == {"paris-1": "channel", "warehouse": None}
    assert parcels(choose(needs(cup=1), stock, policy, order=Order("web"))) == {"paris-1": {"cup": 1}}
    assert parcels(choose(needs(cup=1), stock, policy, order=Order("call centre"))) == {"paris-1": {"cup": 1}}


def test_a_small_order_is_not_sent_from_a_store():
    policy = ruled(least_value_minor={"store": 5000, "lyon-2": 1000})
    stock = [paris(cup=1), lyon(cup=1), warehouse(cup=1)]
    small = choose(needs(cup=1), stock, policy, order=Order(value_minor=4999))
    assert why(small) == {"paris-1": "value", "lyon-2": None, "warehouse": None}
    assert parcels(choose(needs(cup=1), stock, policy, order=Order(value_minor=5000))) == {"paris-1": {"cup": 1}}


@pytest.mark.parametrize(
    ("hours", "minute", "reason"),
    [
        (["09:00", "20:00"], 9 * 60 - 1, "closed"),
        (["09:00", "20:00"], 9 * 60, None),
        (["09:00", "20:00"], 20 * 60, "closed"),
        (["22:00", "06:00"], 23 * 60, None),
        (["22:00", "06:00"], 12 * 60, "closed"),
        (["09:00", "20:00"], None, None),
    ],
)
def test_a_store_sends_only_while_it_is_open(hours, minute, reason):
    store = Candidate("paris-1", "store", {"cup": 1}, local_minute=minute)
    assert why(choose(needs(cup=1), [store], ruled(hours={"store": hours}))) == {"paris-1": reason}


@pytest.mark.parametrize(
    ("today", "told", "reason"), [(19, None, None), (20, None, "full"), (0, 0, "full"), (0, 1, None), (20, 5, "full")]
)
def test_a_location_takes_no_more_parcels_than_it_can_in_a_day(today, told, reason):
    store = Candidate("paris-1", "store", {"cup": 1}, parcels_today=today, capacity_left=told)
    assert why(choose(needs(cup=1), [store], ruled(parcels_a_day={"store": 20}))) == {"paris-1": reason}


def test_preference_breaks_ties_and_has_a_price_when_it_is_given_one():
    near = Candidate("a", "store", {"cup": 1}, distance_km=0)
    same = Candidate("b", "warehouse", {"cup": 1}, distance_km=0)
    far = Candidate("c", "warehouse", {"cup": 1}, distance_km=100)
    assert parcels(choose(needs(cup=1), [near, same], PLAIN)) == {"a": {"cup": 1}}
    assert parcels(choose(needs(cup=1), [near, same], ruled(prefer=["warehouse"]))) == {"b": {"cup": 1}}
    assert parcels(choose(needs(cup=1), [near, far], ruled(prefer=["warehouse"]))) == {"a": {"cup": 1}}
    dear = choose(needs(cup=1), [near, far], ruled(prefer=["warehouse"], prefer_step_minor=11))
    assert parcels(dear) == {"c": {"cup": 1}}
    assert dear.runner_up.parts.preference == 11 * MINOR


def test_an_order_is_split_no_further_than_allowed():
    stock = [paris(cup=1), lyon(pot=1), warehouse(tin=1)]
    whole = choose(needs(cup=1, pot=1, tin=1), stock, PLAIN)
    assert sorted(parcels(whole)) == ["lyon-2", "paris-1", "warehouse"]
    decision = choose(needs(cup=1, pot=1, tin=1), stock, ruled(most_parcels=2))
    assert parcels(decision) == {"paris-1": {"cup": 1}, "lyon-2": {"pot": 1}}
    assert decision.plan.unfilled == {"tin": 1}


def test_who_has_nothing_and_who_costs_more_than_refusing_are_told_apart():
    far = Candidate("far", "store", {"cup": 1}, distance_km=40_000)
    decision = choose(needs(cup=1), [paris(), far], PLAIN)
    assert why(decision) == {"paris-1": "empty", "far": "dear"}


# -- settings and bad input


@pytest.mark.parametrize(
    ("told", "key", "nearest"),
    [
        ({"cost": {}}, "sourcing.cost", "sourcing.costs"),
        ({"costs": {"parcel_mnor": 1}}, "sourcing.costs.parcel_mnor", "sourcing.costs.parcel_minor"),
        ({"rules": {"most_parcel": 1}}, "sourcing.rules.most_parcel", "sourcing.rules.most_parcels"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest(told, key, nearest):
    with pytest.raises(SettingUnknown) as refusal:
        Policy.from_settings(told)
    assert (refusal.value.key, refusal.value.nearest) == (key, nearest)


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"costs": {"parcel_minor": -1}}, "sourcing.costs.parcel_minor"),
        ({"costs": {"parcel_minor": "dear"}}, "sourcing.costs.parcel_minor"),
        ({"costs": {"parcel_minor": True}}, "sourcing.costs.parcel_minor"),
        ({"costs": {"unit_minor": float("nan")}}, "sourcing.costs.unit_minor"),
        ({"costs": {"handling_minor": 5}}, "sourcing.costs.handling_minor"),
        ({"costs": {"handling_minor": {"store": "x"}}}, "sourcing.costs.handling_minor.store"),
        ({"costs": 5}, "sourcing.costs"),
        ({"rules": {"most_parcels": 0}}, "sourcing.rules.most_parcels"),
        ({"rules": {"prefer": "warehouse"}}, "sourcing.rules.prefer"),
        ({"rules": {"allowed": {"web": "store"}}}, "sourcing.rules.allowed.web"),
        ({"rules": {"hours": {"store": ["09:00"]}}}, "sourcing.rules.hours.store"),
        ({"rules": {"hours": {"store": ["9", "20:00"]}}}, "sourcing.rules.hours.store"),
        ({"rules": {"hours": {"store": ["09:00", "24:01"]}}}, "sourcing.rules.hours.store"),
        ({"rules": {"hours": {"store": ["09:00", "09:00"]}}}, "sourcing.rules.hours.store"),
        ({"rules": {"parcels_a_day": {"store": 2.5}}}, "sourcing.rules.parcels_a_day.store"),
        ({"rules": {"least_value_minor": {"store": -1}}}, "sourcing.rules.least_value_minor.store"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(told, key):
    with pytest.raises(SettingWrong) as refusal:
        Policy.from_settings(told)
    assert refusal.value.key == key


def test_half_a_cent_a_kilometre_is_exact():
    policy = Policy.from_settings({"costs": {"per_km_minor": "0.0336", "unit_minor": 0.5, "parcel_minor": 3}})
    assert (policy.costs.per_km, policy.costs.unit, policy.costs.parcel) == (33_600, 500_000, 3_000_000)


def test_a_location_that_stands_twice_is_refused():
    with pytest.raises(CandidateTwice) as refusal:
        choose(needs(cup=1), [paris(cup=1), paris(cup=2)], PLAIN)
    assert refusal.value.location == "paris-1"


def test_less_than_a_unit_cannot_be_asked():
    with pytest.raises(NeedUnreadable) as refusal:
        choose([Need("cup", 1), Need("pot", 0)], [paris(cup=1)], PLAIN)
    assert (refusal.value.sku, refusal.value.units) == ("pot", 0)


def test_an_sku_that_is_asked_twice_is_one_line():
    decision = choose([Need("cup", 1), Need("cup", 2)], [paris(cup=2), lyon(cup=1)], PLAIN)
    assert parcels(decision) == {"paris-1": {"cup": 2}, "lyon-2": {"cup": 1}}


# -- in words


def test_a_decision_is_explained_to_the_manager_of_a_store():
    room = Sourcing.from_settings({"costs": COSTS, "rules": {"hours": {"lyon-2": ["09:00", "20:00"]}}})
    closed = Candidate("lyon-2", "store", {"cup": 5}, distance_km=300, local_minute=0)
    decision = room.choose(needs(cup=2, pot=1), [paris(cup=2), closed, warehouse(cup=2)])
    assert room.explain(decision) == [
        "paris-1 sends 2 of cup.",
        "Nobody sends 1 of pot: no location has them.",
        (
            "That weighs 35.42 EUR: postage and packing 5.00 EUR, distance and time 0.02 EUR, units 0.40 EUR, "
            "refusing 30.00 EUR."
        ),
        "The next best is warehouse, 0.78 EUR dearer.",
        "lyon-2 was left out: it is closed at this hour.",
        "warehouse alone would weigh 36.20 EUR.",
    ]


def test_what_is_unfilled_is_explained_by_what_stood_in_the_way():
    shut = choose(needs(cup=1), [paris(cup=1)], ruled(allowed={"web": ["warehouse"]}), order=Order("web"))
    assert explain(shut)[0] == "Nobody sends 1 of cup: who has them may not send them."
    cheap = Policy.from_settings({"costs": COSTS | {"unfilled_minor": 400}})
    dear = choose(needs(cup=1), [paris(cup=1)], cheap)
    assert explain(dear, "JPY")[:2] == [
        "Nobody sends 1 of cup: sending them would cost more than refusing.",
        "That weighs 400 JPY: refusing 400 JPY.",
    ]
