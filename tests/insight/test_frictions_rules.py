"""Rules are read as they stand, every slip of the pen is named, and by hand each does what its sentence says."""

from pathlib import Path

import pyarrow as pa
import pytest

from insight.frictions_plain import Event, store_of
from noline.insight.frictions import rules
from noline.insight.frictions.model import HORIZON, Where
from noline.insight.frictions.service import Frictions, columns_of, rules_of
from noline.insight.frictions.sql import statement
from noline.kernel.clock import DAY, HOUR, MINUTE, parse_instant
from noline.kernel.errors import NotFound
from noline.stores.walks.events import Columns
from noline.stores.walks.store import WalkStore

START = parse_instant("2026-01-05T00:00:00Z")

OWN = """
# Ours.
[[rule]]
id = "shop-1"
name = "Gift wrap refused"
sentence = "Customers wanted gift wrap and got none."
proof = "More purchases where wrap is offered."
from = "web"
to = ["store"]
steps = [
  { what = "store/Gift Wrap Asked" },
  { what = "Gift Wrap Refused", within = "30m", same = ["sku", "store"], differs = "channel" },
]
no = [{ what = "@goal", within = "horizon", since = "first" }]
"""


def read(text: str):
    return rules.of_text(text, "own.toml")


def changed(old: str, new: str):
    assert old in OWN
    return read(OWN.replace(old, new))


def test_a_rule_is_read_as_it_stands():
    [rule] = read(OWN)
    assert (rule.id, rule.from_channels, rule.to_channels) == ("shop-1", ("web",), ("store",))
    assert rule.first.what == ("store/Gift Wrap Asked",)
    [way] = rule.ways
    [step], [no] = way.steps, way.no
    assert (step.within, step.same, step.differs) == (30 * MINUTE, ("sku", "store"), ("channel",))
    assert (no.within, no.since, way.first) == (HORIZON, "first", Where())
    assert rule.within(2 * DAY).ways[0].no[0].within == 2 * DAY
    assert rule.within(2 * DAY).reach == 2 * DAY
    assert rule.text.startswith("[[rule]]")
    assert rule.text.endswith('since = "first" }]')


def test_the_catalogue_holds_every_friction_from_1_to_22_with_its_proof_and_its_own_text():
    found = rules.catalogue()
    assert [rule.id for rule in found] == [f"F{number}" for number in range(1, 23)]
    assert all(rule.sentence.startswith(("Customers ", "Business customers ")) for rule in found)
    assert all(rule.proof and f'id = "{rule.id}"' in rule.text and rule.text.count("[[rule]]") == 1 for rule in found)
    assert [rule.id for rule in found if not rule.loses] == ["F3"]


def test_the_page_of_the_catalogue_names_every_rule_as_it_is():
    page = (Path(__file__).parents[2] / "docs" / "frictions.md").read_text("utf-8")
    assert [rule.id for rule in rules.catalogue() if f"| {rule.id} | {rule.name} |" not in page] == []
    keys = {*rules._RULE_KEYS, *rules._STEP_KEYS, *rules._NO_KEYS, *rules._WHERE_KEYS, *rules.CLASSES}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


@pytest.mark.parametrize(
    ("old", "new", "nearest"),
    [
        ("proof =", "prof =", "proof"),
        ('within = "30m"', 'whithin = "30m"', "within"),
        ('"sku", "store"', '"sku", "stores"', "store"),
        ('differs = "channel"', 'differs = "chanel"', "channel"),
        ('since = "first"', 'since = "frist"', "first"),
        ("[[rule]]", "[[rules]]", "rule"),
    ],
)  # fmt: skip
def test_a_key_that_no_rule_may_have_is_refused_with_the_nearest(old, new, nearest):
    with pytest.raises(rules.RuleKeyUnknown) as refusal:
        changed(old, new)
    assert refusal.value.nearest == nearest
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"30m"', '"30 minutes"', "no length of time"),
        ('"30m"', '"999999999w"', "no length of time"),
        ('within = "30m", ', "", "needs `within`"),
        ('within = "30m"', 'within = "30m", after = "31m"', "beyond `within`"),
        ('within = "30m"', 'within = "30m", times = 0', "whole number"),
        ('within = "30m"', 'within = "30m", rating_at_most = "low"', "is a number"),
        ('within = "30m"', 'within = "30m", exposure = "yes"', "true or false"),
        ('"store/Gift Wrap Asked"', '""', "text or a list of texts"),
        ('id = "shop-1"', 'id = "shop 1"', "up to 40"),
        ('["sku", "store"]', '["sku", "store", "topic", "object"]', "at most 3 things"),
        ('name = "Gift wrap refused"', "name = 3", "the text 'name'"),
        ("steps = [", "steps = []\nbefore = [", "needs `steps`"),
        ("# Ours.", "# Ours\n[[", "Invalid"),
    ],
)  # fmt: skip
def test_a_rule_that_contradicts_itself_is_refused_with_the_reason(old, new, why):
    with pytest.raises(rules.RuleUnreadable, match="cannot be read") as refusal:
        changed(old, new)
    assert why in str(refusal.value)


def test_a_rule_needs_something_that_goes_wrong():
    with pytest.raises(rules.RuleUnreadable, match="second step"):
        read(OWN.partition("steps")[0] + 'steps = [{ what = "@intent" }]')


def test_two_rules_of_one_id_are_refused():
    with pytest.raises(rules.RuleUnreadable, match="two rules have this id"):
        read(OWN + OWN)


def event(person: int, day: float, what: str, **told) -> Event:
    channel, _, action = what.partition("/")
    return Event(person, START + round(day * DAY), channel, action, 0, **told)


def frictions(*events: Event, observed: float = 90, own=None) -> Frictions:
    numbered = [event._replace(seq=seq) for seq, event in enumerate(events, 1)]
    return Frictions(store_of(numbered), rules=own, currency="EUR", observed_until=START + round(observed * DAY))


def cases(rule: str, *events: Event, **how) -> list[tuple[int, ...]]:
    return sorted(case.evidence for case in frictions(*events, **how).cases(rule))


def test_a_step_that_nothing_is_called_is_refused_with_the_nearest():
    wrapped = event(1, 0, "store/Gift Wrap Asked"), event(1, 0.01, "store/Gift Wrap Refused")
    assert [rule.id for rule in frictions(*wrapped, own=read(OWN)).rules] == ["shop-1"]
    with pytest.raises(rules.StepUnknown) as refusal:
        frictions(*wrapped, own=changed("Gift Wrap Refused", "Gift Wrap Refuse"))
    assert (refusal.value.rule, refusal.value.nearest) == ("shop-1", "Gift Wrap Refused")
    with pytest.raises(rules.StepUnknown) as refusal:
        frictions(*wrapped, own=changed("store/Gift", "stor/Gift"))
    assert refusal.value.nearest == "store/Gift Wrap Asked"


def test_a_hub_adds_rules_and_replaces_those_of_the_same_id(tmp_path):
    assert rules_of(tmp_path) == rules.catalogue()
    (tmp_path / "frictions.toml").write_text(OWN.replace("shop-1", "F6") + OWN, "utf-8")
    found = {rule.id: rule for rule in rules_of(tmp_path)}
    assert list(found) == [*(f"F{number}" for number in range(1, 23)), "shop-1"]
    assert found["F6"].name == "Gift wrap refused"
    with pytest.raises(NotFound):
        rules_of(tmp_path, "ours.toml")


# By hand


def test_f2_is_a_call_after_a_failed_checkout_once_for_each_call():
    failed = [
        event(1, 0, "web/Checkout Started"),
        event(1, 0.01, "web/Checkout Started"),
        event(1, 0.02, "web/Checkout Failed"),
        event(1, 0.5, "call/Call Started"),
    ]
    later = [
        event(2, 0, "web/Checkout Started"),
        event(2, 0.02, "web/Checkout Failed"),
        event(2, 1.5, "call/Call Started"),
    ]
    assert cases("F2", *failed, *later) == [(2, 3, 4)]


def test_f3_is_no_case_when_the_cart_was_bought_where_it_was_filled():
    false = [
        event(1, 0, "web/Product Added"),
        event(1, 0.1, "web/Checkout Started"),
        event(1, 3, "store/Order Completed"),
    ]
    kept = [event(2, 0, "web/Product Added"), event(2, 1, "store/Order Completed"), event(2, 2, "web/Order Completed")]
    late = [event(3, 0, "web/Product Added"), event(3, 15, "store/Order Completed")]
    assert cases("F3", *false, *kept, *late) == [(1, 3)]


def test_f4_is_one_case_for_all_that_was_put_into_the_cart_and_none_when_seen_again():
    lost = [event(1, 0, "web/Product Added"), event(1, 1, "web/Product Added")]
    gone = [event(2, 0, "web/Product Added"), event(2, 0.5, "web/Page Viewed")]
    seen = [event(3, 0, "web/Product Added"), event(3, 5, "store/Store Visited")]
    bought = [event(4, 0, "web/Product Added"), event(4, 0.5, "call/Order Completed")]
    assert cases("F4", *lost, *gone, *seen, *bought) == [(3,)]


def test_what_the_log_cannot_tell_yet_is_undecided_and_never_counted():
    gone = event(1, 0, "web/Product Added", amount_minor=900)
    early, late = frictions(gone, observed=13.9).one("F4"), frictions(gone, observed=14).one("F4")
    assert (early.cases, early.undecided, early.at_risk, early.exposed_minor) == (0, 1, 0, 0)
    assert (late.cases, late.undecided, late.at_risk, late.exposed_minor) == (1, 0, 1, 900)


def test_f6_follows_one_order_from_the_channel_that_sold_it_to_its_own_refund():
    def ordered(person: int, channel: str, name: str) -> Event:
        return event(person, 0, f"{channel}/Order Completed", object_id=name, sku=name)

    def returned(person: int, name: str) -> Event:
        return event(person, 5, "store/Return Accepted", object_id=name, sku=name)

    def refunded(person: int, day: float, name: str) -> Event:
        return event(person, day, "web/Order Refunded", object_id=name, sku=name)

    late = [ordered(1, "web", "a"), returned(1, "a"), refunded(1, 13, "a")]
    another = [ordered(2, "web", "b"), returned(2, "b"), refunded(2, 6, "c")]
    # Bought in the store and brought back there; that they bought something else on the web is another matter.
    at_home = [ordered(3, "web", "d"), ordered(3, "store", "e"), returned(3, "e")]
    quick = [ordered(4, "web", "f"), returned(4, "f"), refunded(4, 11, "f")]
    nameless = [ordered(5, "web", ""), returned(5, "")]
    assert cases("F6", *late, *another, *at_home, *quick, *nameless) == [(2,), (5,)]


def test_f10_says_no_more_than_the_events_of_a_call_tell():
    bought = event(1, 0, "web/Order Completed", object_id="w")
    by_phone = event(1, 49, "call/Order Completed", object_id="c")
    call = [
        event(1, 50, "call/Call Started", object_id="c"),
        event(1, 50.01, "call/Call Transferred"),
        event(1, 50.02, "call/Call Transferred"),
    ]
    assert cases("F10", bought, by_phone, *call) == [(3, 4, 5)]
    assert cases("F10", by_phone, *call) == []
    [rule] = [rule for rule in rules.catalogue() if rule.id == "F10"]
    assert rule.sentence == (
        "Customers who had bought in another channel called us and were passed on again and again."
    )


def test_f16_is_a_contact_about_that_parcel():
    def missed(person: int, name: str) -> list[Event]:
        return [
            event(person, 0, "web/Order Shipped", object_id=name),
            event(person, 2, "web/Delivery Missed", object_id=name),
        ]

    about_it = [*missed(1, "a"), event(1, 3, "call/Call Started", object_id="a")]
    parcel = [*missed(2, "b"), event(2, 3, "call/Call Started", object_id="case-7", topic="parcel")]
    machine = [*missed(3, "c"), event(3, 3, "call/Call Started", object_id="case-8", topic="machine")]
    other = [*missed(4, "d"), event(4, 3, "call/Call Started", object_id="x")]
    assert cases("F16", *about_it, *parcel, *machine, *other) == [(1, 2, 3), (4, 5, 6)]


def test_f12_is_a_pickup_that_is_late_or_expires_or_lies_there():
    def asked(person: int, name: str) -> Event:
        return event(person, 0, "web/Pickup Requested", object_id=name)

    late = [
        asked(1, "a"),
        event(1, 2, "web/Pickup Ready", object_id="a"),
        event(1, 3, "store/Pickup Collected", object_id="a"),
    ]
    expired = [
        asked(2, "b"),
        event(2, 0.1, "web/Pickup Ready", object_id="b"),
        event(2, 7, "web/Pickup Expired", object_id="b"),
    ]
    left = [asked(3, "c"), event(3, 0.1, "web/Pickup Ready", object_id="c")]
    good = [
        asked(4, "d"),
        event(4, 0.1, "web/Pickup Ready", object_id="d"),
        event(4, 1, "store/Pickup Collected", object_id="d"),
    ]
    other = [
        asked(5, "e"),
        event(5, 0.1, "web/Pickup Ready", object_id="x"),
        event(5, 1, "store/Pickup Collected", object_id="x"),
    ]
    nameless = [event(6, 0, "web/Pickup Requested")]
    assert cases("F12", *late, *expired, *left, *good, *other, *nameless) == [(1,), (4, 6), (7, 8), (12,)]


def test_f14_is_to_and_fro_between_channels_without_a_goal():
    def contact(person: int, day: float, what: str) -> Event:
        return event(person, day, what, topic="parcel")

    fro = [
        contact(1, 0, "web/Case Opened"),
        contact(1, 1, "call/Call Started"),
        contact(1, 1.1, "call/Call Started"),
        contact(1, 2, "web/Message Received"),
        contact(1, 3, "call/Call Started"),
    ]
    helped = [
        contact(2, 0, "web/Case Opened"),
        contact(2, 1, "call/Call Started"),
        event(2, 1.5, "call/Call Resolved"),
        contact(2, 2, "web/Message Received"),
        contact(2, 3, "call/Call Started"),
    ]
    assert cases("F14", *fro, *helped) == [(1, 2, 4, 5)]


def test_f15_needs_a_promotion_before_the_visit():
    answered = [
        event(1, 0, "mail/Promotion Clicked"),
        event(1, 2, "store/Store Visited"),
        event(1, 2.01, "store/Coupon Denied"),
    ]
    walked_in = [event(2, 2, "store/Store Visited"), event(2, 2.01, "store/Coupon Denied")]
    found = frictions(*answered, *walked_in).one("F15")
    assert (found.cases, found.at_risk) == (1, 1)
    assert cases("F15", *answered, *walked_in) == [(2, 3)]


def test_f21_compares_prices_of_one_unit_in_one_currency():
    def seen(person: int, day: float, what: str, amount: int, **told) -> Event:
        return event(person, day, what, sku="a", amount_minor=amount, **told)

    lower = [seen(1, 0, "wholesale/Price Seen", 1_000), seen(1, 1, "web/Product Viewed", 900)]
    dozen = [seen(2, 0, "wholesale/Product Added", 12_000, units=12), seen(2, 1, "web/Product Viewed", 1_100)]
    yen = [seen(3, 0, "wholesale/Price Seen", 1_000), seen(3, 1, "web/Product Viewed", 160, currency="JPY")]
    assert cases("F21", *lower, *dozen, *yen) == [(1, 2)]


def test_f22_is_a_message_that_was_merely_sent_after_the_purchase():
    def sent(person: int, day: float) -> Event:
        return event(person, day, "mail/Mailing Sent", topic="cart", exposure=1)

    after = [event(1, 0, "store/Order Completed"), sent(1, 1)]
    before = [sent(2, 0), event(2, 1, "store/Order Completed")]
    assert cases("F22", *after, *before) == [(1, 2)]


def test_f22_is_no_reminder_of_a_cart_that_was_filled_after_the_purchase():
    def bought_and_reminded(person: int, *between: Event) -> list[Event]:
        reminder = event(person, 3, "mail/Mailing Sent", topic="cart", exposure=1)
        return [event(person, 0, "web/Order Completed"), *between, reminder]

    new_cart = bought_and_reminded(1, event(1, 2, "web/Product Added", sku="b"))
    looked = bought_and_reminded(2, event(2, 2, "web/Product Viewed", sku="b"))
    assert cases("F22", *new_cart, *looked) == [(4, 6)]


def test_a_case_tells_who_where_what_and_how_it_went_on():
    told = [
        event(7, 0, "web/Checkout Started", amount_minor=4_200, sku="a"),
        event(7, 0.01, "web/Checkout Failed"),
        event(7, 0.5, "call/Call Started", store_id="s9"),
        event(7, 1, "store/Order Completed"),
    ]
    [case] = frictions(*told).cases("F2")
    assert case.as_dict() == {
        "person": 7,
        "at": "2026-01-05T00:00:00.000Z",
        "ended_at": "2026-01-05T12:00:00.000Z",
        "evidence": [1, 2, 3],
        "value_minor": 4_200,
        "store_id": "s9",
        "sku": "a",
        "channels": ["web", "web", "call"],
        "converted": True,
    }
    assert frictions(*told, observed=13).cases("F2")[0].converted is None


def test_cases_come_in_pages_the_latest_first():
    told = [
        one
        for person in range(7)
        for one in (
            event(person, person, "web/Checkout Started"),
            event(person, person + 0.01, "web/Checkout Failed"),
            event(person, person + 0.02, "call/Call Started"),
        )
    ]
    room = frictions(*told)
    assert [case.person for case in room.cases("F2", limit=3)] == [6, 5, 4]
    assert [case.person for case in room.cases("F2", limit=3, offset=5)] == [1, 0]
    assert (room.one("F2", since=START + 3 * DAY).cases, room.one("F2", until=START + 3 * DAY).cases) == (4, 4)


def test_the_months_tell_whether_a_friction_is_rising():
    def month(number: int, of: int, fail: int) -> list[Event]:
        base = 30 * number + 1
        started = [event(1_000 * number + person, base, "web/Checkout Started") for person in range(of)]
        failed = [event(1_000 * number + person, base + 0.01, "web/Checkout Failed") for person in range(fail)]
        called = [event(1_000 * number + person, base + 0.02, "call/Call Started") for person in range(fail)]
        return [*started, *failed, *called]

    def shape(*fails: int):
        told = [one for number, fail in enumerate(fails) for one in month(number, 60, fail)]
        return frictions(*told, observed=250).one("F2")

    rising, falling, level = shape(3, 3, 3, 20, 20, 20), shape(20, 20, 20, 3, 3, 3), shape(10, 10, 10, 10, 10, 10)
    assert (rising.rising, falling.rising, level.rising, shape(9, 9, 9).rising) == (True, False, None, None)
    assert [(one.month, one.cases, one.persons) for one in rising.trend][:2] == [("2026-01", 3, 3), ("2026-02", 3, 3)]
    assert rising.as_dict()["trend"][0] == {"month": "2026-01", "cases": 3, "persons": 3, "exposed_minor": 0}
    assert rising.as_dict()["share"]["value"] == rising.persons / 360


def test_the_table_has_a_row_for_each_person_at_risk():
    told = [
        event(1, 0, "store/Order Completed"),
        event(1, 9, "web/Checkout Started", store_id="s1", country="FR"),
        event(1, 20, "web/Checkout Started", store_id="s2", country="FR", amount_minor=700),
        event(1, 20.01, "web/Checkout Failed"),
        event(1, 20.02, "call/Call Started"),
        event(1, 21, "call/Order Completed"),
        event(2, 40, "app/Checkout Started"),
    ]
    room = frictions(*told, observed=50)
    table = room.table("F2")
    assert table.person.tolist() == [0, 1]
    assert table.met.tolist() == table.friction.tolist()
    assert (table.friction.tolist(), table.converted.tolist()) == ([True, False], [True, False])
    assert (table.observed.tolist(), table.value_minor.tolist()) == ([True, False], [700, 0])
    assert (table.prior_orders.tolist(), table.prior_events.tolist()) == ([1, 0], [2, 0])
    told = [table.month, table.store_id, table.channel, table.country]
    assert [[part.names[code] for code in part.codes] for part in told] == [
        ["2026-01", "2026-02"],
        ["s2", ""],
        ["web", "app"],
        ["FR", ""],
    ]


def test_who_met_a_friction_and_came_to_a_goal_is_no_case_but_counts_where_its_effect_is_asked():
    told = [
        event(1, 0, "web/Products Searched"),
        event(1, 0.001, "web/Search Failed"),
        event(1, 0.002, "web/Page Viewed"),
        event(2, 0, "web/Products Searched"),
        event(2, 0.001, "web/Search Failed"),
        event(3, 0, "web/Products Searched"),
    ]
    table = frictions(*told).table("F17")
    assert (table.friction.tolist(), table.met.tolist()) == ([False, True, False], [True, True, False])


def test_events_without_the_columns_of_a_rule_say_so():
    rows = {"person": ["a", "a"], "action": ["Case Opened", "Call Started"], "channel": ["web", "call"]}
    table = pa.table({**rows, "time": pa.array([START, START + HOUR], pa.timestamp("us"))})
    room = Frictions(WalkStore.from_table(table), currency="EUR", observed_until=START + 90 * DAY)
    found = room.one("F8")
    assert found.why_no_leak == "The events do not tell topic, which the rule asks for."
    assert found.missing == ("topic",)
    counts = (found.cases, found.persons, found.at_risk, found.undecided, found.exposed_minor, found.leak_minor)
    assert counts == (None,) * 6
    assert (found.share, found.trend, found.rising) == ((None, None, None, True), (), None)
    assert room.cases("F8") == []
    assert room.ranked()[-1].missing


def test_a_no_that_events_cannot_tell_makes_nobody_a_case():
    [rule] = changed('no = [{ what = "@goal"', 'no = [{ what = "Product Reviewed", rating_at_most = 2')
    rows = {"person": ["a", "a"], "action": ["Gift Wrap Asked", "Gift Wrap Refused"], "channel": ["store", "web"]}
    same = {"sku": ["x", "x"], "store_id": ["s", "s"]}
    table = pa.table({**rows, **same, "time": pa.array([START, START + MINUTE], pa.timestamp("us"))})
    columns = Columns(channel="channel", parts=("sku", "store_id"))
    room = Frictions(
        WalkStore.from_table(table, columns), rules=[rule], currency="EUR", observed_until=START + 90 * DAY
    )
    assert (room.one("shop-1").missing, room.cases("shop-1")) == (("rating_hundredths",), [])


def test_a_table_without_channels_or_values_lacks_them_for_the_rules_that_look_at_them():
    rows = {"person": ["a"], "action": ["Checkout Started"], "sku": ["x"]}
    table = pa.table({**rows, "time": pa.array([START], pa.timestamp("us"))})
    room = Frictions(WalkStore.from_table(table, Columns(parts=("sku",))), currency="EUR", observed_until=START)
    lacking = {one.id: one.missing for one in room.ranked()}
    assert (lacking["F2"], lacking["F7"], lacking["F13"]) == (("channel",), ("channel", "value"), ("object_id",))


def test_the_columns_to_be_read_are_those_that_rules_look_at():
    parts, measures = columns_of(rules.catalogue())
    assert set(parts) == {"object_id", "sku", "topic", "store_id", "country", "currency", "handoff_to"}
    assert set(measures) == {"rating_hundredths", "units", "amount_minor", "exposure"}


def test_nothing_at_all_is_no_friction():
    room = frictions(observed=0)
    assert [one.cases for one in room.ranked()] == [0] * 22
    with pytest.raises(NotFound):
        room.one("F99")
    with pytest.raises(NotFound):
        room.counted("F99")


def test_a_text_of_a_rule_stays_a_text_in_its_sql():
    [rule] = changed("Gift Wrap Refused", "It's '); DROP TABLE people; --").__iter__()
    assert "'It''s ''); DROP TABLE people; --'" in statement(rule.within(DAY))


def test_a_stretch_of_time_without_first_steps_has_no_friction():
    room = frictions(event(1, 0, "web/Checkout Started"))
    later = room.one("F2", since=START + 10**18)
    assert (later.cases, later.at_risk, later.trend, later.share.value) == (0, 0, (), None)


def test_a_broken_clock_makes_no_trend_of_a_thousand_years():
    room = frictions(event(1, 0, "web/Checkout Started"), event(2, 365_000, "web/Checkout Started"), observed=365_100)
    found = room.one("F2")
    assert (found.at_risk, len(found.trend)) == (2, 36)


def test_how_it_is_counted_is_told_in_words_as_the_rule_and_as_sql():
    counted = frictions(event(1, 0, "web/Checkout Started")).counted("F2")
    assert set(counted) == {"words", "rule", "sql", "parameters"}
    assert counted["words"].startswith("Customers whose checkout failed had to call.")
    assert "then Checkout Failed within 1 hour after the first step" in counted["words"]
    assert counted["rule"].startswith("[[rule]]")
    assert counted["sql"].startswith("WITH")
    assert counted["parameters"] == {"observed_until": START + 90 * DAY}
