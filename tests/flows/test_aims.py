"""Aims of a hub: deeds that stand in the log, numbers frozen on their day, and nobody's address in any text."""

import json

import msgspec
import pytest

from fixed_clock import FixedClock
from noline.flows.aims import Aiming, Counted, Numbers
from noline.flows.deeds import Deeds
from noline.hub import Hub
from noline.kernel.clock import DAY, HOUR, parse_instant
from noline.kernel.errors import NotFound
from noline.stores.log import records_after
from noline.truth.aims.model import Aim, CharterWrong, CheckInWrong, GoalWrong, Measured
from noline.truth.aims.service import Aims
from shop import OPENING, identify

MORE = Aim("conversion", "25.0", "%", "at_least", "2026-12-31", "", {"unit": "paris-1"})
TODAY = "2026-03-02"
KAETHE, PHONE = "kaethe@example.com", "+491120261231"
NAMING = (f"ask {KAETHE}", "call +49 1120 261231")


class Counter:
    """Numbers as a test tells them, and what was asked of them."""

    def __init__(self) -> None:
        self.says = Measured(0.21, 21, 100, 0.14, 0.3)
        self.asked = []

    def counted(self, metric: str) -> Counted | None:
        units = {"conversion": "share", "revenue": "money", "orders": "count", "helped_elsewhere": "count"}
        if metric == "coming_back":
            return Counted("share", whole_months=True, month_by_month=True)
        return Counted(units[metric], whole_months=metric == "helped_elsewhere") if metric in units else None

    def known(self, dimension: str) -> list[str]:
        return {"unit": ["lyon-1", "paris-1", *NAMING]}.get(dimension, [])

    def measure(self, *asked) -> Measured:
        self.asked.append(asked)
        return self.says


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def aiming(hub, clock, counter):
    numbers = Numbers(counter.counted, counter.measure, counter.known)
    deeds = Deeds(hub.log, hub.vault.digest, clock)
    return Aiming(hub.store, Aims(hub.vault.digest), deeds, clock, numbers, hub.customers)


def deeds(hub):
    """Kinds of the deeds in the log, in its order."""
    with hub.store.reading() as reader:
        return [record.kind for record in records_after(reader, 0, 100) if record.source == "noline"]


# Charters


def test_a_charter_is_stated_once_and_keeps_what_is_not_named(hub, aiming, clock):
    with pytest.raises(CharterWrong) as refused:
        aiming.state_charter("store", by="Ana", owner="Ana")
    assert "it names no main role; a role is one of acquire," in str(refused.value)
    first = aiming.state_charter(
        " store ", by="Ana", main="experience", others=["service", "retain", "experience"], reasons=[" taste first "]
    )
    assert (first.channel, first.others, first.reasons, first.since) == (
        "store", ("retain", "service"), ("taste first",), clock.now(),
    )  # fmt: skip
    clock.go_on(DAY)
    assert aiming.state_charter("store", by="Ben", main="experience") == first
    promised = aiming.state_charter("store", by="Ben", experience="nobody waits")
    assert (promised.experience, promised.reasons, promised.since, promised.by) == (
        "nobody waits", ("taste first",), first.since, "Ben",
    )  # fmt: skip
    clock.go_on(DAY)
    meant = aiming.state_charter("store", by="Ben", main="service")
    assert (meant.main, meant.others, meant.since) == ("service", ("retain",), first.since + 2 * DAY)
    assert aiming.state_charter("store", by="Ben", others=[], reasons=[]).reasons == ()
    aiming.state_charter("app", by="Ana", main="retain")
    assert [(one.channel, one.main) for one in aiming.charters()] == [("app", "retain"), ("store", "service")]
    with pytest.raises(CharterWrong):
        aiming.state_charter("store", by="Ben", main="sell")
    assert deeds(hub) == ["Charter Stated"] * 5
    assert hub.verify().trouble == ()


# Goals


def test_a_goal_is_set_once_and_anew_in_other_words(hub, aiming, counter, clock):
    first = aiming.set_goal(" More orders in Paris ", MORE, by="Ana", owner="Luc")
    assert (first.name, first.aim.target, first.aim.begins, first.owner) == ("More orders in Paris", "25", TODAY, "Luc")
    begin = parse_instant(TODAY)
    assert counter.asked == [("conversion", {"unit": "paris-1"}, begin, begin + DAY, None)]
    clock.go_on(3 * DAY)
    assert aiming.set_goal("More orders in Paris", MORE, by="Ben") == first
    higher = aiming.set_goal("More orders in Paris", msgspec.structs.replace(MORE, target="30"), by="Ben")
    assert (higher.id, higher.aim.target, higher.aim.begins, higher.owner, higher.by) == (
        first.id, "30", TODAY, "Luc", "Ben",
    )  # fmt: skip
    assert aiming.goal(first.id) == higher
    assert [aiming.id_of(name) for name in (first.id, "More orders in Paris")] == [first.id] * 2
    assert aiming.goals() == [(higher, None)]
    assert deeds(hub) == ["Goal Set", "Goal Set"]
    assert hub.verify().trouble == ()


def test_a_goal_in_money_is_counted_in_its_currency(aiming, counter):
    counter.says = Measured(950_000, currency="EUR")
    aim = msgspec.structs.replace(MORE, metric="revenue", target="10000", unit="EUR", where={})
    found = aiming.set_goal("Sell more", aim, by="Ana")
    assert counter.asked[-1][-1] == "EUR"
    assert aiming.measured(found) == counter.says


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"metric": "happiness"}, "no metric is known as 'happiness'"),
        ({"unit": "EUR"}, "the unit of conversion is share or %"),
        ({"metric": "orders"}, "the unit of orders is count"),
        (
            {"metric": "helped_elsewhere", "unit": "count", "begins": TODAY},
            "helped_elsewhere is counted by whole months: it begins on the first day of one, not on 2026-03-02",
        ),
        (
            {"metric": "helped_elsewhere", "unit": "count", "due": "2026-12-30"},
            "helped_elsewhere is counted by whole months: it is due on the last day of one",
        ),
        ({"metric": "revenue"}, "revenue is money: the unit is a currency such as EUR"),
        ({"due": "2026-03-01"}, "it is due on 2026-03-01, before it begins on 2026-03-02"),
        ({"where": {"unit": "pariss-1"}}, "history knows no unit 'pariss-1'; the nearest is 'paris-1'"),
        ({"where": {"country": "FR"}}, "history knows no country 'FR'; it knows none yet"),
        (
            {"metric": "coming_back", "due": "2026-12-30"},
            "coming_back is counted by whole months: it is due on the last day of one",
        ),
        ({"target": "250"}, "250 is more than all of it: a share goes up to 1, or to 100 %"),
        ({"target": "more"}, "'more' is no number of at most 15 digits and 6 decimals"),
    ],
)
def test_a_goal_that_nobody_could_look_at_is_not_set(hub, aiming, change, why):
    with pytest.raises(GoalWrong) as refused:
        aiming.set_goal("More", msgspec.structs.replace(MORE, **change), by="Ana")
    assert str(refused.value) == f"This goal cannot be set: {why}."
    assert (deeds(hub), aiming.goals()) == ([], [])


def test_a_goal_is_dropped_once_and_its_looks_stay(hub, aiming):
    found = aiming.set_goal("More", MORE, by="Ana")
    look = aiming.check_in(found.id, status="at risk", decided="a second till", by="Ana")
    assert [aiming.drop_goal(found.id, by="Ben") for _ in range(2)] == [True, False]
    assert (aiming.goals(), aiming.check_ins(found.id), aiming.id_of("More")) == ([], [look], found.id)
    for ask in (lambda: aiming.goal(found.id), lambda: aiming.drop_goal("g-none", by="Ben"),
                lambda: aiming.id_of("Less"), lambda: aiming.check_ins("g-none"),
                lambda: aiming.check_in(found.id, status="at risk", decided="a third till", by="Ana")):  # fmt: skip
        with pytest.raises(NotFound):
            ask()
    assert aiming.set_goal("More", MORE, by="Ana").id == found.id
    assert aiming.goals()[0][1] == look
    assert hub.verify().trouble == ()


# Looks


def test_the_numbers_of_a_look_are_frozen_and_the_same_look_is_one(hub, aiming, counter, clock):
    found = aiming.set_goal("More", MORE, by="Ana")
    first = aiming.check_in(found.id, status="at risk", decided=" a second till ", by="Ana")
    assert (clock.now(), first.check_in.decided, first.check_in.until) == (first.at, "a second till", TODAY)
    assert (first.check_in.measured, first.check_in.aim) == (counter.says, found.aim)
    clock.go_on(2 * HOUR)
    assert aiming.check_in(found.id, status="at risk", decided="a second till", by="Ana") == first
    others = [
        aiming.check_in(found.id, status="at risk", decided="a second till", by="Ben"),
        aiming.check_in(found.id, status="off track", decided="a second till", by="Ana"),
        aiming.check_in(found.id, status="at risk", decided="a third till", by="Ana"),
    ]
    counter.says = Measured(0.26, 26, 100, 0.18, 0.35)
    others.append(aiming.check_in(found.id, status="at risk", decided="a second till", by="Ana"))
    assert aiming.check_ins(found.id) == [*others[::-1], first]
    assert aiming.check_ins(found.id, 2, 3) == [others[0], first]
    assert aiming.goals() == [(found, others[-1])]
    assert deeds(hub) == ["Goal Set"] + ["Goal Checked"] * 5
    assert hub.verify().trouble == ()


def test_another_day_is_another_look_until_the_goal_is_due(aiming, counter, clock):
    found = aiming.set_goal("More", msgspec.structs.replace(MORE, due="2026-03-03"), by="Ana")
    for _ in range(3):
        aiming.check_in(found.id, status="at risk", decided="wait", by="Ana")
        clock.go_on(DAY)
    assert [one.check_in.until for one in aiming.check_ins(found.id)] == ["2026-03-03", "2026-03-03", TODAY]
    begin = parse_instant(TODAY)
    assert [asked[2:4] for asked in counter.asked] == [
        (begin, begin + DAY), (begin, begin + DAY), (begin, begin + 2 * DAY), (begin, begin + 2 * DAY),
    ]  # fmt: skip


def test_what_is_counted_by_whole_months_is_asked_until_the_end_of_the_month(aiming, counter, clock):
    aim = msgspec.structs.replace(MORE, metric="helped_elsewhere", unit="count", due="2026-04-30")
    found = aiming.set_goal("Help more", aim, by="Ana")
    assert found.aim.begins == "2026-03-01"
    clock.go_on(40 * DAY)
    assert aiming.check_in(found.id, status="off track", decided="wait", by="Ana").check_in.until == "2026-04-11"
    clock.go_on(40 * DAY)
    assert aiming.check_in(found.id, status="missed", decided="wait", by="Ana").check_in.until == "2026-04-30"
    march, april, may = (parse_instant(f"2026-0{month}-01") for month in (3, 4, 5))
    assert [asked[2:4] for asked in counter.asked] == [(march, april), (march, may), (march, may)]


def test_who_comes_back_is_asked_of_the_last_month_that_is_over_and_of_it_alone(aiming, counter, clock):
    aim = msgspec.structs.replace(MORE, metric="coming_back", due="2026-05-31")
    found = aiming.set_goal("More regulars", aim, by="Ana")
    assert found.aim.begins == "2026-03-01"
    looks = []
    for span in (0, 10, 19, 1, 29, 40):
        clock.go_on(span * DAY)
        looks.append(aiming.check_in(found.id, status="off track", decided="wait", by="Ana").check_in.until)
    assert looks == ["2026-03-02", "2026-03-12", "2026-03-31", "2026-03-31", "2026-04-30", "2026-05-31"]
    march, april, may, june = (parse_instant(f"2026-0{month}-01") for month in (3, 4, 5, 6))
    assert [asked[2:4] for asked in counter.asked[1:]] == [(march, april)] * 4 + [(april, may), (may, june)]


def test_a_target_that_must_not_be_exceeded_is_reached_only_when_it_is_due(aiming, counter, clock):
    counter.says = Measured(12)
    aim = msgspec.structs.replace(MORE, metric="orders", unit="count", direction="at_most", due="2026-03-04")
    found = aiming.set_goal("Fewer", aim, by="Ana")
    for status in ("reached", "missed"):
        with pytest.raises(CheckInWrong, match="it is within the target so far, which counts until 2026-03-04"):
            aiming.check_in(found.id, status=status, decided="rest", by="Ana")
    assert aiming.check_in(found.id, status="on track", decided="go on", by="Ana").check_in.measured.value == 12
    clock.go_on(2 * DAY)
    assert aiming.check_in(found.id, status="reached", decided="rest", by="Ana").check_in.status == "reached"


def test_a_look_does_not_contradict_its_number(hub, aiming, counter):
    found = aiming.set_goal("More", MORE, by="Ana")
    with pytest.raises(CheckInWrong) as refused:
        aiming.check_in(found.id, status="reached", decided="celebrate", by="Ana")
    assert str(refused.value) == "This check-in cannot be kept: the number says that the target is not reached."
    counter.says = Measured(0.25)
    with pytest.raises(CheckInWrong):
        aiming.check_in(found.id, status="missed", decided="give up", by="Ana")
    assert (aiming.check_ins(found.id), deeds(hub)) == ([], ["Goal Set"])
    assert aiming.check_in(found.id, status="reached", decided="celebrate", by="Ana").check_in.measured.value == 0.25


# Whoever is named


def she_comes(hub):
    hub.access.add_source("web", "web")
    told = identify(id="who", at=OPENING.isoformat(), user="user-kaethe-1", name="Käthe Fischer", email=KAETHE,
                    phone=PHONE)  # fmt: skip
    assert {one.status for one in hub.accept("web", [told])} == {"accepted"}


def written(hub):
    """What any key opens of the log, and the rows of the room."""
    texts = []
    with hub.store.reading() as reader:
        for table in Aims.tables:
            texts += [str(row) for row in reader.rows(f"SELECT * FROM {table}")]
        for _, body in hub.log.opened(reader, records_after(reader, 0, 100)):
            texts += [json.dumps(json.loads(body), ensure_ascii=False)] if body else []
    return [text for text in texts if any(name in text for name in (KAETHE, PHONE, "Fischer"))]


def test_the_address_of_a_customer_comes_into_no_charter_no_goal_and_no_look(hub, aiming):
    she_comes(hub)
    found = aiming.set_goal("More", MORE, by="Ana")
    told = len(deeds(hub))
    for text in NAMING:
        with pytest.raises(CharterWrong):
            aiming.state_charter("store", by="Ana", main="retain", reasons=[text])
        with pytest.raises(CharterWrong):
            aiming.state_charter("store", by="Ana", main="retain", experience=text)
        with pytest.raises(CharterWrong):
            aiming.state_charter(text, by="Ana", main="retain")
        with pytest.raises(GoalWrong):
            aiming.set_goal(text, MORE, by="Ana")
        with pytest.raises(GoalWrong):
            aiming.set_goal("More", msgspec.structs.replace(MORE, where={"unit": text}), by="Ana")
        with pytest.raises(GoalWrong):
            aiming.set_goal("More", MORE, by="Ana", owner=text)
        with pytest.raises(CheckInWrong) as refused:
            aiming.check_in(found.id, status="at risk", decided=text, by="Ana")
        assert "it holds the e-mail address or the phone number of a customer" in str(refused.value)
    assert len(deeds(hub)) == told
    assert aiming.set_goal("More", MORE, by="Ana", owner="staff@shop.example").owner == "staff@shop.example"


def test_what_stands_in_a_text_already_is_no_new_word(hub, aiming):
    aiming.state_charter("store", by="Ana", main="retain", reasons=[f"{KAETHE} likes it"])
    found = aiming.set_goal(f"Keep {KAETHE}", MORE, by="Ana")
    she_comes(hub)
    assert aiming.state_charter("store", by="Ana", main="assist").main == "assist"
    with pytest.raises(CharterWrong):
        aiming.state_charter("store", by="Ana", owner=KAETHE)
    higher = msgspec.structs.replace(MORE, target="30")
    assert aiming.set_goal(f"Keep {KAETHE}", higher, by="Ana").id == found.id


def test_whoever_is_erased_is_named_in_no_text_any_more_and_numbers_stay(hub, aiming, counter):
    # Her phone number ends like the target, and like the day: neither may be taken for it.
    aim = msgspec.structs.replace(MORE, metric="orders", unit="count", target=PHONE[3:], due="2026-12-31")
    counter.says = Measured(int(aim.target))
    aiming.state_charter("store", by="Ana", main="retain", reasons=[f"{KAETHE} likes it"], owner="Käthe Fischer")
    aiming.state_charter("web", by="Ana", main="acquire", reasons=["open at night"])
    found = aiming.set_goal(f"Keep {KAETHE}", aim, by="Ana", owner="Käthe Fischer")
    look = aiming.check_in(found.id, status="reached", decided=f"call {PHONE}", by="Käthe Fischer")
    she_comes(hub)
    assert len(written(hub)) > len(Aims.tables)
    (kaethe,) = hub.find_customers(KAETHE)
    assert hub.erase(kaethe.person, by="dpo", reason="asked by letter").told["aims"] == 3
    assert written(hub) == []
    store, web = aiming.charters()
    assert (store.reasons, store.owner, web.reasons) == (("(erased) likes it",), "(erased)", ("open at night",))
    ((goal, last),) = aiming.goals()
    assert (goal.id, goal.name, goal.owner, goal.aim) == (found.id, "Keep (erased)", "(erased)", found.aim)
    assert last.check_in == msgspec.structs.replace(look.check_in, decided="call (erased)", by="(erased)")
    assert hub.verify().trouble == ()


def test_a_backup_carries_the_aims(hub, aiming, tmp_path):
    aiming.state_charter("store", by="Ana", main="retain")
    found = aiming.set_goal("More", MORE, by="Ana")
    look = aiming.check_in(found.id, status="at risk", decided="a second till", by="Ana")
    hub.back_up(tmp_path / "whole.zip")
    with Hub.restore(tmp_path / "whole.zip", tmp_path / "again.noline") as restored, restored.store.reading() as reader:
        room = Aims(restored.vault.digest)
        assert (room.goals(reader), room.check_ins(reader, found.id)) == ([found], [look])
        assert [one.channel for one in room.charters(reader)] == ["store"]
        assert restored.verify().trouble == ()
