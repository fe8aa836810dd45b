"""The next best action: who is eligible, what rests, what is worth it, and what an arm is. All of it pure."""

import hashlib
import tomllib
from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.insight.actions import model, programmes
from noline.insight.actions.model import (
    Answer,
    Answered,
    Arm,
    Counts,
    Drawn,
    Due,
    Fresh,
    Kind,
    Owned,
    Place,
    Ready,
    Record,
    Situation,
)
from noline.insight.actions.programmes import Policy, ProgrammeKeyUnknown, ProgrammeUnreadable, catalogue, of_text
from noline.insight.actions.service import Actions, actions_of
from noline.kernel.clock import DAY, HOUR, parse_instant
from noline.kernel.disclosure import Presence
from noline.kernel.errors import NotFound, SettingWrong
from noline.kernel.shares import difference

NOW = parse_instant("2026-11-23T10:00:00Z")
GRANTED = {"personalisation": "granted", "marketing": "granted"}
ONE = """
[[programme]]
id = "tea"
name = "Tea"
sentence = "Offer tea."
when = { orders = { at_least = 1 } }
worth_minor = 1000
cost_minor = 50
prior = [1, 4]
cooldown_days = 10
goal = { what = ["order"], within_days = 14 }
words.en = { title = "Offer tea", reason = "It is cold." }
"""


def here(**told):
    return Situation(**{"customer": "p_1", "now": NOW, "store": "paris-1", "orders": 3, "consents": GRANTED, **told})


def everybody(_):
    return Arm.SHOWN


NOTHING = Record()


def ranked(situation, record=NOTHING, arm_of=everybody, text=None, policy=None, limit=3):
    actions = Actions(of_text(text) if text else None, policy)
    return actions.ranked(situation, record, arm_of, limit)


def several(count, **keys):
    """So many programmes like tea, worth a little less each."""
    told = tomllib.loads(ONE)["programme"][0]
    return [
        msgspec.convert({**told, "id": f"tea-{n}", "worth_minor": 1000 - n, **keys}, model.Programme)
        for n in range(count)
    ]


# -- eligibility

SITUATIONS = {
    "recover": {"open_loops": ("case-1",)},
    "pickup": {"pickups_ready": (Ready("o-7", ("a", "b")),)},
    "replenish": {"due": (Due("a", 1.2, 0.4, ("order:o-1",)),), "here": {"a": 3}, "margin": {"a": 900}},
    "descale": {"owned": (Owned("m", NOW - 120 * DAY, care=("a",)),), "here": {"a": 1}, "margin": {"a": 900}},
    "warranty": {"owned": (Owned("m", NOW - 700 * DAY, NOW + 20 * DAY),)},
    "sample": {"new_products": (Fresh("a", ("intensity",)),), "here": {"a": 3}, "margin": {"a": 900}},
    "class": {"owned": (Owned("m", NOW - 10 * DAY),)},
    "win_back": {"last_order_at": NOW - 200 * DAY},
    "review": {"last_delivered_without_review": "o-1", "last_delivered_at": NOW - 5 * DAY},
    "consent": {"consents": {}},
    "here_again": {"wanted_but_missing": ("a",), "here": {"a": 3}, "margin": {"a": 900}},
    "first_thanks": {"orders": 1, "last_order_at": NOW - 3 * DAY},
}


def test_every_programme_of_the_catalogue_is_tried_here():
    assert list(SITUATIONS) == [one.id for one in catalogue()]


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_programme_is_proposed_where_it_fits_and_nowhere_else(name):
    found = ranked(here(**SITUATIONS[name]))
    assert name in [one.programme for one in found.proposals]
    assert name not in [one.programme for one in ranked(here()).proposals]


@pytest.mark.parametrize("one", catalogue(), ids=lambda one: one.id)
def test_every_programme_has_its_words_in_four_languages(one):
    assert set(one.words) == set(programmes.LANGUAGES)


def test_a_proposal_says_why_in_the_customers_language_and_where_the_item_is():
    names = {"a": "Roma 10"}
    told = SITUATIONS["replenish"] | {"elsewhere": {"a": (Place("lyon-2", 14),)}, "names": names, "language": "de"}
    (found,) = ranked(here(**told)).proposals
    assert found.title == "Roma 10 anbieten"
    assert found.reason == "Nach den bisherigen Käufen wird Roma 10 bald gebraucht."
    assert found.items == (model.Item("a", "Roma 10", 3, (Place("lyon-2", 14),)),)
    assert found.evidence == ("order:o-1",)


def test_a_reason_does_not_tell_that_somebody_looked():
    (found,) = ranked(here(**SITUATIONS["here_again"], names={"a": "Roma 10"})).proposals
    assert found.reason == "Roma 10 is here today."
    assert found.evidence == ()


def test_what_is_nowhere_to_be_had_is_not_offered():
    told = SITUATIONS["replenish"]
    assert ranked(here(**{**told, "here": {}})).proposals == ()
    assert len(ranked(here(**{**told, "here": {}, "elsewhere": {"a": (Place("lyon-2", 1),)}})).proposals) == 1


def test_a_purpose_needs_a_yes_and_service_only_no_no():
    fresh = SITUATIONS["win_back"]
    assert ranked(here(**fresh, consents={})).others["win_back"] == "personalisation is not consented to"
    asked = SITUATIONS["review"]
    assert [one.programme for one in ranked(here(**asked, consents={"marketing": "granted"})).proposals] == ["review"]
    refused = ranked(here(**asked, consents={"marketing": "granted", "service": "withdrawn"}))
    assert refused.others["review"] == "service is not consented to"


def test_an_unknown_measure_meets_no_condition():
    assert "win_back" not in [one.programme for one in ranked(here(last_order_at=None)).proposals]


def test_nobody_who_only_passes_by_is_made_any_proposal():
    found = ranked(here(presence=Presence.PASSIVE, **SITUATIONS["pickup"]))
    assert (found.proposals, found.held, found.new) == ((), (), ())
    assert found.suppressed == "the customer did not say who is there"


def test_an_open_matter_leaves_services_only():
    told = SITUATIONS["recover"] | SITUATIONS["pickup"] | SITUATIONS["win_back"]
    found = ranked(here(**told))
    assert [one.programme for one in found.proposals] == ["pickup", "recover"]
    assert (found.suppressed, found.new) == ("an open matter comes first", ())
    assert found.others["win_back"] == "an open matter comes first"


# -- the score


def test_the_score_is_what_is_likely_accepted_times_the_margin_less_cost_and_fatigue():
    drawn = tuple(Drawn(f"other-{n}", Arm.SHOWN, NOW - DAY, NOW) for n in range(2))
    record = Record(drawn, (), {"tea": Counts(shown=95, accepted=39, declined=10)})
    (found,) = ranked(here(), record, text=ONE, policy=Policy(fatigue_minor=30)).proposals
    assert found.score_minor == (1 + 39) * 1000 // (1 + 4 + 95) - 50 - 2 * 30 == 290


def test_before_anything_is_counted_the_prior_is_believed():
    (found,) = ranked(here(), text=ONE).proposals
    assert found.score_minor == 1000 // 5 - 50


def test_what_would_cost_more_than_it_brings_is_not_proposed():
    record = Record(counts={"tea": Counts(shown=995)})
    found = ranked(here(), record, text=ONE)
    assert (found.proposals, found.new) == ((), ())
    assert found.others == {"tea": "it would cost more than it is likely to bring"}


def test_the_best_stand_first_and_no_more_than_asked_for():
    found = Actions(several(5)).ranked(here(), Record(), everybody, 3)
    assert [one.programme for one in found.proposals] == ["tea-0", "tea-1", "tea-2"]
    assert found.others["tea-4"] == "others stand before it, and 3 are shown"
    assert [one.id for one, _ in found.new] == ["tea-0", "tea-1", "tea-2"]


# -- rest and fatigue


def drawn_at(at, arm=Arm.SHOWN, name="tea"):
    return Drawn(name, arm, at, at + 14 * DAY)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (Record(), "new"),
        (Record((drawn_at(NOW - HOUR),)), "open"),
        (Record((drawn_at(NOW - DAY),)), "rests"),
        (Record((drawn_at(NOW - 10 * DAY + 1),)), "rests"),
        (Record((drawn_at(NOW - 10 * DAY),)), "new"),
        (Record((drawn_at(NOW - HOUR),), (Answered("tea", Answer.DECLINED, NOW - 1),)), "rests"),
        (Record((), (Answered("tea", Answer.ACCEPTED, NOW - 9 * DAY),)), "rests"),
        (Record((drawn_at(NOW - 10 * DAY),), (Answered("tea", Answer.OVERRULED, NOW - 9 * DAY),)), "rests"),
        (Record((drawn_at(NOW - HOUR, name="coffee"),)), "new"),
    ],
)
@pytest.mark.parametrize("arm", Arm)
def test_an_offer_stays_for_the_visit_and_then_rests_whatever_the_arm(record, state, arm):
    found = ranked(here(), record, lambda _: arm, ONE)
    assert bool(found.new) is (state == "new")
    assert len(found.proposals) + len(found.held) == (state != "rests")


def test_a_customer_is_made_so_many_offers_in_30_days_and_no_more():
    actions = Actions(several(6, cooldown_days=0), Policy(offers_per_30_days=4, fatigue_minor=0))
    before = Record(tuple(drawn_at(NOW - 30 * DAY + n, name=f"x-{n}") for n in range(3)))
    found = actions.ranked(here(), before, everybody, 6)
    assert [one.programme for one in found.proposals] == ["tea-0", "tea-1"], "one of the three was 30 days ago"
    assert found.others["tea-2"] == "the customer was made as many offers as 30 days allow"


def test_what_was_held_out_tires_nobody():
    before = Record(tuple(drawn_at(NOW - 20 * DAY, Arm.HELD, f"x-{n}") for n in range(9)))
    (found,) = ranked(here(), before, text=ONE).proposals
    assert found.score_minor == 150


def test_services_are_neither_held_out_nor_capped_and_stand_first():
    before = Record(tuple(drawn_at(NOW - DAY, name=f"x-{n}") for n in range(9)))
    told = SITUATIONS["pickup"] | SITUATIONS["win_back"]
    found = ranked(here(**told), before, lambda _: Arm.HELD)
    assert [one.programme for one in found.proposals] == ["pickup"]
    assert found.proposals[0].kind is Kind.SERVICE
    assert (found.held, found.new) == ((), ())


# -- the arms


def keyed(key):
    def digest(text):
        return hashlib.blake2b(text.encode(), digest_size=16, key=key).digest()

    return digest


def test_who_is_held_out_is_never_shown_and_takes_the_same_place():
    def tea_1_is_held(programme):
        return Arm.HELD if programme.id == "tea-1" else Arm.SHOWN

    found = Actions(several(4)).ranked(here(), Record(), tea_1_is_held, 3)
    assert [one.programme for one in found.proposals] == ["tea-0", "tea-2"]
    assert found.held == ("tea-1",)
    assert [(one.id, arm) for one, arm in found.new] == [
        ("tea-0", Arm.SHOWN), ("tea-1", Arm.HELD), ("tea-2", Arm.SHOWN),
    ]  # fmt: skip


def test_an_arm_is_the_same_for_ever_and_each_programme_and_hub_has_its_own():
    digest, subject = keyed(b"one"), bytes(16)
    assert model.arm(digest, subject, "tea", 50) is model.arm(keyed(b"one"), subject, "tea", 50)
    people = [number.to_bytes(16, "big") for number in range(400)]
    arms = {
        (key, name): [model.arm(keyed(key), one, name, 50) for one in people]
        for key, name in ((b"one", "tea"), (b"one", "coffee"), (b"two", "tea"))
    }
    agree = Counter(
        sum(one is other for one, other in zip(arms[b"one", "tea"], told, strict=True)) for told in arms.values()
    )
    assert agree[400] == 1, "only the arms of the same hub and programme"
    assert all(150 < same < 250 for same in agree if same < 400)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 89), st.integers(1, 10))
def test_a_larger_share_holds_out_the_same_customers_and_more(subject, percent, more):
    digest = keyed(b"hub")
    if model.arm(digest, subject, "tea", percent) is Arm.HELD:
        assert model.arm(digest, subject, "tea", percent + more) is Arm.HELD


def test_of_ten_thousand_customers_a_fifth_is_held_out():
    arms = Counter(model.arm(keyed(b"hub"), number.to_bytes(16, "big"), "tea", 20) for number in range(10_000))
    assert abs(arms[Arm.HELD] - 2_000) < 4 * 40, "four standard deviations"
    assert {model.arm(keyed(b"hub"), bytes([number]) * 16, "tea", 0) for number in range(256)} == {Arm.SHOWN}


PEOPLE, SEEDS, TRUTH = 4_000, 120, 0.06


def season(seed):
    """A programme that adds 6 points for everybody shown it; who would buy anyhow is also likelier to say yes."""
    chance, digest = Random(seed), keyed(seed.to_bytes(4, "big"))
    bought, whole, accepted = Counter(), Counter(), 0
    for number in range(PEOPLE):
        arm = model.arm(digest, number.to_bytes(16, "big"), "tea", 20)
        buys_anyhow = chance.random() < 0.25
        moved = arm is Arm.SHOWN and not buys_anyhow and chance.random() < TRUTH / 0.75
        whole[arm] += 1
        bought[arm] += buys_anyhow or moved
        accepted += arm is Arm.SHOWN and (moved or (buys_anyhow and chance.random() < 0.8))
    effect = difference(bought[Arm.SHOWN], whole[Arm.SHOWN], bought[Arm.HELD], whole[Arm.HELD])
    return effect, bought[Arm.SHOWN] / whole[Arm.SHOWN], accepted / whole[Arm.SHOWN]


def test_the_interval_holds_the_planted_effect_and_influenced_sales_would_claim_several_times_as_much():
    seasons = [season(seed) for seed in range(SEEDS)]
    held = sum(effect.low <= TRUTH <= effect.high for effect, _, _ in seasons)
    assert held >= 106, "of 120 intervals of 95 % so few hold the truth once in a thousand times"
    mean = sum(effect.value for effect, _, _ in seasons) / SEEDS
    assert abs(mean - TRUTH) < 4 * 0.018 / SEEDS**0.5
    for effect, after_being_shown, after_a_yes in seasons:
        assert after_being_shown > effect.high, "whoever bought after being shown it is no effect of it"
        assert after_a_yes > effect.high, "nor is whoever said yes"
    assert min(claimed for _, claimed, _ in seasons) > 4 * TRUTH


# -- programmes


def refused(old, new, kind=ProgrammeUnreadable):
    assert old in ONE
    with pytest.raises(kind) as refusal:
        of_text(ONE.replace(old, new))
    return str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "tea"', 'id = "Tea time"', "`id` is up to 40 small letters, digits, - and _"),
        ("prior = [1, 4]", "prior = [0, 4]", "`prior` is 1 to 10000"),
        ("cost_minor = 50", "cost_minor = -1", "`cost_minor` is 0 to 1000000000"),
        ("cooldown_days = 10", "holdout_percent = 95", "`holdout_percent` is 0 to 90"),
        ("cooldown_days = 10", 'kind = "service"\nholdout_percent = 10', "nobody is held out from what customers are"),
        ("within_days = 14", "within_days = 0", "`within_days` is 1 to 365"),
        ('"It is cold."', '"It is {cold}."', "has the slot 'cold'"),
        ('"It is cold."', '"It is {cold."', "expected '}'"),
        ("words.en", "words.de", "it needs its words in English"),
        ("{ at_least = 1 }", "{ at_least = 2, at_most = 1 }", "'orders': `at_least` lies above `at_most`"),
        ("{ at_least = 1 }", '{ in = ["1"] }', "'orders': it takes `at_least` and `at_most`"),
        ("orders = { at_least = 1 }", '"consent.sale" = { at_least = 1 }', "it takes `in`, a list of words"),
        ("cooldown_days = 10", "item = { here = { at_least = 1 } }", "not what `items` it is about"),
        ("[[programme]]", "[[programme]]\nid = 3", "Cannot overwrite a value"),
        ("worth_minor = 1000", "worth_minor = 9.5", "Expected `int`, got `float`"),
        ("{ at_least = 1 }", "{ at_least = nan }", "'orders': `at_least` and `at_most` are numbers, not nan or inf"),
        ("{ at_least = 1 }", "{ at_most = inf }", "'orders': `at_least` and `at_most` are numbers, not nan or inf"),
        ("{ at_least = 1 }", "{ at_least = -1 }", "'orders': `at_least` and `at_most` are 0 or more"),
        (
            "orders = { at_least = 1 }",
            '"consent.marketing" = { in = ["grantd"] }',
            "a consent is never 'grantd', but granted, withdrawn, unknown",
        ),
        (
            "cooldown_days = 10",
            'items = "due"\nitem = { probability = { at_least = 50 } }',
            "'probability': `at_least` and `at_most` are 0 to 1",
        ),
    ],
)
def test_a_programme_that_contradicts_itself_is_refused_with_the_reason(old, new, why):
    assert why in refused(old, new)


@pytest.mark.parametrize(
    ("old", "new", "nearest"),
    [
        ("cost_minor", "costs_minor", "'cost_minor'"),
        ("orders =", "order =", "'orders'"),
        ('what = ["order"]', 'what = ["orders"]', "'order'"),
        ("cooldown_days = 10", 'items = "owed"', "'owned'"),
        ("cooldown_days = 10", 'items = "due"\nitem = { ratios = { at_least = 1 } }', "'ratio'"),
        ("cooldown_days = 10", 'channel = "stroe"', "'store'"),
        ("within_days = 14", "within_days = 14, withn = 3", "'within_days'"),
        ("{ at_least = 1 }", "{ at_leest = 1 }", "'at_least'"),
    ],
)
def test_a_key_that_nothing_reads_is_refused_with_the_nearest(old, new, nearest):
    assert f"The nearest is {nearest}." in refused(old, new, ProgrammeKeyUnknown)


def test_a_refusal_names_the_file_the_programme_and_what_is_allowed(tmp_path: Path):
    def why(text: str, kind: type[Exception] = ProgrammeKeyUnknown) -> str:
        (tmp_path / "actions.toml").write_text(text, "utf-8")
        with pytest.raises(kind) as refusal:
            actions_of(tmp_path, {})
        return str(refusal.value)

    assert why(ONE.replace("cooldown_days = 10", 'channel = "kiosk"')).startswith(
        "'kiosk' in actions.toml, programme 'tea' is nothing that it may say."
    )
    assert why(ONE.replace("within_days = 14", "days = 14")).endswith("Allowed: what, within_days.")
    assert why("[[programs]]\n").endswith("Allowed: programme.")
    assert why(ONE + ONE, ProgrammeUnreadable) == (
        "actions.toml, programme 'tea' cannot be read: two programmes have this `id`."
    )
    assert "actions.toml, programme 2 cannot be read" in why(ONE + "[[programme]]\n", ProgrammeUnreadable)


def test_what_a_hub_has_a_source_of_is_a_channel_that_may_offer(tmp_path: Path):
    (tmp_path / "actions.toml").write_text(ONE.replace("cooldown_days = 10", 'channel = "kiosk"'), "utf-8")
    assert actions_of(tmp_path, {}, ["kiosk"]).programme("tea").channel == "kiosk"


def test_own_programmes_stand_beside_the_catalogue_and_replace_by_id(tmp_path: Path):
    (tmp_path / "actions.toml").write_text(ONE + ONE.replace('"tea"', '"class"'), "utf-8")
    found = actions_of(tmp_path, {})
    assert [one.id for one in found.programmes] == [*(one.id for one in catalogue()), "tea"]
    assert found.programme("class").name == "Tea"
    assert found.programme("tea").text == ONE.strip()
    with pytest.raises(NotFound):
        found.programme("cocoa")


def test_without_a_file_there_is_the_catalogue_and_a_named_file_must_be_there(tmp_path: Path):
    assert actions_of(tmp_path, {}).programmes == catalogue()
    with pytest.raises(NotFound):
        actions_of(tmp_path, {"actions": "mine.toml"})


@pytest.mark.parametrize("told", [{"offers_per_30_days": -1}, {"offers_per_30_days": True}, {"actions": 3}])
def test_a_setting_that_cannot_be_is_refused(tmp_path: Path, told):
    with pytest.raises(SettingWrong):
        actions_of(tmp_path, told)
    assert actions_of(tmp_path, {"offers_per_30_days": 2}).policy == Policy(2)


def test_a_parcel_of_which_nothing_may_be_named_is_handed_over_by_its_number():
    here = Situation(customer="p_1", now=0, store="paris-1", pickups_ready=(Ready("o-7", ()),), offers=False)
    ranking = Actions().ranked(here, Record(), lambda _: Arm.SHOWN)
    assert [(one.programme, one.reason, one.items) for one in ranking.proposals] == [
        ("pickup", "Order o-7 is ready here.", ())
    ]
    assert ranking.suppressed == "nothing is offered here"
