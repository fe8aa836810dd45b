"""Roles of channels, ways between them, classes of customers and the company index, on logs counted by hand."""

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from math import exp, log
from pathlib import Path

import numpy as np
import pytest

from insight.handwritten import at
from noline.insight.roles import resampling
from noline.insight.roles.customers import degrees
from noline.insight.roles.experience import experiences
from noline.insight.roles.measures import measured
from noline.insight.roles.model import ASSOCIATION, CORRELATION, Basket, Helping, Part, RolesAskedWrong
from noline.insight.roles.resampling import Amounts, drawn
from noline.insight.roles.sales import Sales, Told
from noline.insight.roles.service import Roles
from noline.insight.roles.visits import WEEK, Visits, buys
from noline.kernel.clock import DAY
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.kernel.shares import share
from noline.kernel.words import word_for
from noline.stores.analytical import TABLES
from noline.stores.duckdb import DuckDbStore
from noline.stores.walks.history import History, Rates, read

PROMISING = ("Order Promised", "Pickup Requested")
"""Words whose hand-off is promised for a time, as `kernel/sales.py` reads them."""

ORDERED = ("Order Completed", "Order Placed")


class Trading:
    """A log of orders and touchpoints, written one by one; a subject is the person of that number."""

    def __init__(self, folder: Path) -> None:
        self.store = DuckDbStore(folder, memory_limit="256MB")
        self.rows: dict[str, list[dict]] = {"touchpoints": [], "order_events": []}
        self.people: list[tuple[int, int, int]] = []
        self._seq = 0

    def say(self, when: int, channel: str, action: str, subject: int | None = 1, **more: object) -> None:
        """A touchpoint."""
        self._seq += 1
        word = word_for(action)
        told = {"stage": word.stage.value, "source": channel, "exposure": word.exposure, **more}
        self._add("touchpoints", when, channel, action, subject, told)

    def tell(self, when: int, channel: str, action: str, order: str, subject: int | None = 1, **more: object) -> None:
        """What a message says of an order, and its touchpoint."""
        names = {"store_id", "country", "handoff_until"}
        self.say(when, channel, action, subject, object_id=order, **{k: v for k, v in more.items() if k in names})
        told = {"line": 0, "order_id": order, "currency": "EUR", **more}
        until = told.pop("handoff_until", None)
        if action in PROMISING:
            told.setdefault("promised_at", until)
        sku = told.pop("sku", None)
        self._add("order_events", when, channel, action, subject, told)
        if sku:
            self._add("order_events", when, channel, action, subject, {**told, "line": 1, "sku": sku})

    def buy(self, when: int, channel: str, subject: int | None = 1, value: int = 1000, **more: object) -> str:
        """An order."""
        order = str(more.pop("order", f"o-{self._seq}"))
        self.tell(when, channel, "Order Completed", order, subject, total_minor=value, **more)
        return order

    def same_person(self, person: int, *subjects: int) -> None:
        self.people += [(len(self.people) + 1 + place, one, person) for place, one in enumerate(subjects)]

    def history(self, rates: dict[str, Decimal] | None = None) -> History:
        with self.store.projecting():
            for table, rows in self.rows.items():
                columns = {name: [row.get(name) for row in rows] for name in TABLES[table].columns}
                self.store.load(table, columns, 1, max(1, self._seq))
            if self.people:
                self.store.load("people", self.people, 1, len(self.people))
        return read(self.store, Rates("EUR", rates or {}))

    def go_on(self, after: int) -> None:
        """More arrives: what was said after a position."""
        with self.store.projecting():
            for table, rows in self.rows.items():
                more = [row for row in rows if row["seq"] > after]
                columns = {name: [row.get(name) for row in more] for name in TABLES[table].columns}
                self.store.load(table, columns, after + 1, self._seq)

    def roles(self, rates: dict[str, Decimal] | None = None) -> Roles:
        return Roles(self.store, self.history(rates), currency="EUR", rates=rates or {})

    def _add(self, table: str, when: int, channel: str, action: str, subject: int | None, told: dict) -> None:
        row = {"seq": self._seq, "occurred_at": when, "channel": channel, "action": action, "subject": subject, **told}
        self.rows[table].append(row)


@pytest.fixture
def trading(tmp_path: Path) -> Iterator[Trading]:
    log = Trading(tmp_path / "analytical")
    yield log
    log.store.close()


@pytest.fixture
def three(trading: Trading) -> Trading:
    """Six orders of three persons; the log goes on until the 200th day."""
    for day, channel, person in [
        (0, "web", 1), (10, "web", 1), (20, "store", 1), (0, "store", 2), (30, "store", 2), (0, "web", 3),
    ]:  # fmt: skip
        trading.buy(at(day), channel, person, store_id="paris-1" if channel == "store" else None)
    trading.say(at(200), "web", "Page Viewed", 3)
    return trading


def by_name(found):
    return {one.name: one for one in found}


def measures(found, name):
    return {one.name: one for one in by_name(found)[name].measures}


# Ratios


@pytest.mark.parametrize(
    ("channel", "name", "value", "cases", "of", "persons"),
    [
        ("web", "acquire", (2 / 3) / (3 / 6), 2, 3, 2),
        ("store", "acquire", (1 / 3) / (3 / 6), 1, 3, 2),
        ("web", "retain", (2 / 3) / (3 / 6), 2, 3, 2),
        ("store", "retain", (1 / 3) / (3 / 6), 1, 3, 2),
        ("web", "sticky", (1 / 2) / (1 / 3), 1, 2, 1),
        ("store", "sticky", (1 / 1) / (2 / 3), 1, 1, 1),
        ("web", "back", (1 / 2) / (1 / 3), 1, 2, 1),
        ("store", "back", (1 / 1) / (2 / 3), 1, 1, 1),
        ("web", "frequency", 1.0, 2, 1, 2),
        ("store", "frequency", 1.0, 1, 1, 1),
    ],
)
def test_each_ratio_is_what_was_done_here_by_what_is_usual(three, channel, name, value, cases, of, persons):
    found = measures(three.roles().channels(), channel)[name]
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.value == pytest.approx(found.here / found.expected, rel=1e-12)
    assert (found.cases, found.of, found.persons, found.null) == (cases, of, persons, 1.0)


def test_three_persons_claim_nothing_and_it_says_why(three):
    found = by_name(three.roles().channels())["web"]
    assert (found.claimed, found.less, found.too_few) == ((), (), True)
    assert {one.why for one in found.measures[:1]} == {"too few persons: 2 of at least 30"}


def test_an_order_is_told_to_come_back_only_when_its_days_are_over(three):
    three.buy(at(150), "web", 3)
    found = measures(three.roles().channels(), "web")["retain"]
    assert (found.cases, found.of) == (2, 3)


def test_a_clock_that_runs_ahead_makes_no_day_observed(three):
    roles = Roles(three.store, three.history(), observed_until=at(95))
    assert measures(roles.channels(), "web")["retain"].of == 2
    assert roles.migration().observed_until == at(95)


def test_cancelled_orders_are_left_out_and_those_of_nobody_stand_beside(three):
    three.tell(at(1), "web", "Order Cancelled", three.buy(at(1), "web", 2))
    three.buy(at(2), "store", None, store_id="paris-1")
    found = three.roles().channels()
    assert [(one.name, one.orders, one.orders_of_nobody, one.persons) for one in found] == [
        ("store", 3, 1, 2),
        ("web", 3, 0, 2),
    ]


def test_subjects_of_one_person_are_one_customer(three):
    three.same_person(1, 1, 3)
    found = by_name(three.roles().channels())["web"]
    assert (found.orders, found.persons, found.measures[0].of) == (3, 1, 2)


def test_units_are_stores_and_the_other_channels(three):
    three.buy(at(40), "store", 3, store_id="lyon-1")
    roles = three.roles()
    assert [(one.name, one.channel, one.orders) for one in roles.channels("unit")] == [
        ("paris-1", "store", 3),
        ("web", "web", 3),
        ("lyon-1", "store", 1),
    ]
    with pytest.raises(RolesAskedWrong, match="by country"):
        roles.channels("country")


def test_what_was_earned_elsewhere_is_told_from_outside(three):
    told = {"store": [Money(70, "EUR"), Money(9, "JPY")]}
    roles = three.roles()
    assert [one.assist for one in roles.channels(assist=told)] == [(Money(70, "EUR"), Money(9, "JPY")), ()]
    assert [one.assist for one in roles.channels()] == [None, None]


def test_baskets_of_two_currencies_are_never_added(trading):
    for value in (100, 300, 200, 1001):
        trading.buy(at(0), "web", 1, value)
    trading.buy(at(1), "web", 2, 50, currency="JPY")
    trading.buy(at(1), "store", 2, 799)
    euro, yen = by_name(trading.roles().channels())["web"].baskets
    assert isinstance(euro, Basket)
    assert (euro.currency, euro.orders, euro.mean_minor, euro.median_minor) == ("EUR", 4, 400, 200)
    assert (yen.currency, yen.orders, yen.mean_minor, yen.median_minor) == ("JPY", 1, 50, 50)
    assert euro.ratio.value == pytest.approx((1601 / 4) / (2400 / 5))
    assert yen.ratio.value == 1.0


def test_a_promise_counts_once_its_time_is_over_kept_early_or_not_with_the_store_that_has_it_ready(trading):
    for number, (due, ready) in enumerate([(3, 2), (3, 4), (3, None), (30, 2), (30, None)]):
        order = trading.buy(at(0), "web", number, order=f"p-{number}")
        asked = {"handoff_until": at(due), "store_id": "paris-1"}
        trading.tell(at(0, 1), "web", "Pickup Requested", order, number, **asked)
        if ready is not None:
            trading.tell(at(ready), "store", "Pickup Ready", order, number, store_id="paris-1")
    roles = trading.roles()
    channels, units = by_name(roles.channels()), by_name(roles.channels("unit"))
    found = channels["store"].convenience
    assert (found.cases, found.of) == (1, 3)
    assert (found.low, found.high) == share(1, 3)[1:3]
    assert units["paris-1"].convenience == found
    assert (channels["web"].convenience.of, units["web"].convenience.of) == (0, 0)
    assert part(roles.index(), "pickup_in_time").works == found


def test_an_order_has_one_promise_the_first_that_was_told(trading):
    trading.tell(at(0), "web", "Order Placed", "o-1", 1, total_minor=1000, promised_at=at(1), handoff_until=at(1))
    trading.tell(at(0, 1), "web", "Pickup Requested", "o-1", 1, handoff_until=at(9), store_id="paris-1")
    trading.tell(at(2), "store", "Pickup Ready", "o-1", 1, store_id="paris-1")
    trading.say(at(90), "web", "Page Viewed", 3)
    assert promises(trading.roles()) == {"store": (0, 1)}


def test_what_was_late_and_then_cancelled_is_a_broken_promise_and_what_was_cancelled_in_time_is_none(trading):
    for number, day in enumerate((5, 1)):
        order = trading.buy(at(0), "web", number)
        trading.tell(at(0), "web", "Order Promised", order, number, promised_at=at(3))
        trading.tell(at(day), "web", "Order Cancelled", order, number)
    for number, day in enumerate((2, 4), 10):
        order = trading.buy(at(0), "web", number)
        trading.tell(at(0), "web", "Order Promised", order, number, promised_at=at(3))
        trading.tell(at(day), "web", "Order Delivered", order, number)
    trading.say(at(90), "web", "Page Viewed", 3)
    assert promises(trading.roles()) == {"web": (1, 3)}


def test_a_depot_keeps_promises_though_nobody_orders_there(trading):
    order = trading.buy(at(0), "web", 1, location="depot-1")
    trading.tell(at(0), "web", "Order Promised", order, 1, promised_at=at(3))
    trading.tell(at(2), "web", "Order Delivered", order, 1)
    trading.say(at(90), "web", "Page Viewed", 3)
    roles = trading.roles()
    assert promises(roles) == {"web": (1, 1)}
    assert promises(roles, "unit") == {"depot-1": (1, 1)}
    depot = by_name(roles.channels("unit"))["depot-1"]
    assert (depot.channel, depot.orders, depot.persons, depot.claimed) == ("depot", 0, 0, ())


def promises(roles, by="channel"):
    told = {one.name: (one.convenience.cases, one.convenience.of) for one in roles.channels(by)}
    return {name: counts for name, counts in told.items() if counts[1]}


def test_who_earned_on_orders_of_others_has_a_row_though_nothing_was_ordered_there(three):
    told = {"showroom": [Money(70, "EUR")], "store": [Money(0, "EUR")], "mail": [Money(0, "EUR")]}
    roles = three.roles()
    assert [(one.name, one.channel, one.assist) for one in roles.channels("unit", assist=told)] == [
        ("paris-1", "store", ()), ("web", "web", ()), ("showroom", "depot", (Money(70, "EUR"),)),
    ]  # fmt: skip


# Chance


def independent(seed: int, persons: int, parts: list[float], sticky: float = 0.0) -> Sales:
    """Orders whose channel is drawn anew each time; sticky: with this chance an order follows channel 0 into it."""
    chance = np.random.default_rng(seed)
    orders = 1 + chance.poisson(0.5 + chance.gamma(2.0, 1.0, persons))
    person = np.repeat(np.arange(persons), orders)
    moment = chance.integers(0, 365 * DAY, person.size)
    moment = moment[np.lexsort((moment, person))]
    channel = chance.choice(len(parts), p=parts, size=person.size)
    follows = chance.random(person.size) < sticky
    for place in range(1, person.size):
        if follows[place] and person[place] == person[place - 1] and channel[place - 1] == 0:
            channel[place] = 0
    nothing = np.zeros(person.size, np.int64)
    value = chance.lognormal(8, 0.8, person.size).astype(np.int64)
    names = tuple(f"c{number}" for number in range(len(parts)))
    told = Told(person, moment, channel, channel, nothing, value, value)
    return Sales(
        told, np.arange(persons), names, names, ("EUR",),
        np.arange(len(parts)), np.zeros(len(parts), np.int64), 0,
    )  # fmt: skip


def ratios(sales: Sales):
    found = measured(sales, sales.told.channel, len(sales.channels), 365 * DAY)
    return [[*one.ratios, *(basket.ratio for basket in one.baskets)] for one in found]


def covered(runs: int) -> tuple[dict[str, int], dict[str, int]]:
    """How often the interval holds 1, of how many that are told, when channels make no difference."""
    held: dict[str, int] = defaultdict(int)
    told: dict[str, int] = defaultdict(int)
    for seed in range(runs):
        for channel in ratios(independent(seed, 400, [0.5, 0.3, 0.2])):
            for one in channel:
                assert one.low is not None
                told[one.name] += 1
                held[one.name] += one.low <= 1 <= one.high
    return held, told


def test_where_channels_make_no_difference_intervals_hold_1():
    held, told = covered(40)
    whole = sum(told.values())
    assert whole == 40 * 3 * 6
    # Binomial with 0.95; the six ratios of a run share their draws, so that far fewer than 720 are independent.
    assert 0.925 <= sum(held.values()) / whole <= 0.975


@pytest.mark.long
def test_where_channels_make_no_difference_intervals_of_each_ratio_hold_1():
    held, told = covered(200)
    assert all(0.92 <= held[name] / told[name] <= 0.98 for name in told), dict(held)


def test_a_sticky_channel_is_claimed_and_stands_out():
    sticky, *others = ratios(independent(5, 2_000, [0.3, 0.4, 0.3], sticky=0.5))
    found = {one.name: one for one in sticky}
    assert found["sticky"].claimed
    assert found["sticky"].low > 1.4
    assert found["sticky"].why is None
    assert found["sticky"].here == pytest.approx(0.5 + 0.5 * 0.3, abs=0.03)
    # The others hold nobody back: P(next here | last here) is their plain share; only fewer come from the sticky one.
    rates = [one.here for channel in others for one in channel if one.name == "sticky"]
    assert rates == [pytest.approx(0.4, abs=0.05), pytest.approx(0.3, abs=0.05)]
    assert max(one.value for channel in others for one in channel if one.name == "sticky") < found["sticky"].low


def test_a_company_of_one_channel_claims_nothing():
    (only,) = ratios(independent(1, 100, [1.0]))
    assert [(one.value, one.claimed, one.less) for one in only] == [(pytest.approx(1.0), False, False)] * 6


def test_an_interval_is_as_wide_as_persons_differ_and_not_as_orders_do():
    # Every person ordered ten times, always alike: ten times the orders are no more information.
    person, column = np.arange(200), (np.arange(200) % 4 == 0).astype(np.int64)
    once = drawn([Amounts(person, column)], 200, 2)
    often = drawn([Amounts(np.repeat(person, 10), np.repeat(column, 10))], 200, 2)
    told = [resampling.quotient([s[:, 1]], [s.sum(axis=1)]) for s in map(rounds_of, (once, often))]
    assert told[0] == pytest.approx(told[1])
    # The spread of the logarithm of a share p of n persons is sqrt((1 - p) / (n p)).
    assert log(told[0].high / told[0].value) == pytest.approx(1.96 * (0.75 / (200 * 0.25)) ** 0.5, rel=0.15)


def rounds_of(told):
    return np.concatenate([told.known[None, :], told.rounds])


def test_draws_are_the_same_however_many_fit_into_memory(monkeypatch):
    whole = ratios(independent(3, 300, [0.6, 0.4]))
    monkeypatch.setattr(resampling, "_AT_ONCE", 7 * resampling.ROUNDS)
    for one, other in zip(whole, ratios(independent(3, 300, [0.6, 0.4])), strict=True):
        assert [(a.value, a.low, a.high) for a in one] == [pytest.approx((b.value, b.low, b.high)) for b in other]


# What follows a visit


def test_orders_after_a_visit_are_laid_beside_those_of_people_alike_who_did_not_come(trading):
    # Weeks begin with a Thursday, as 1970 did. All were on the web in that week, some in the store too.
    begins = (at(7) // WEEK) * WEEK
    for person in range(100):
        trading.say(begins + DAY, "web", "Page Viewed", person, country="FR")
        came = person < 40
        if came:
            trading.say(begins + 2 * DAY, "store", "Product Tried", person, country="FR", store_id="paris-1")
        if person < 20 or 40 <= person < 55:
            trading.buy(begins + 20 * DAY, "app", person, country="FR")
    trading.say(begins + 80 * DAY, "mail", "Mailing Sent", 0)
    found = measures(trading.roles().channels(), "store")["experience"]
    assert (found.cases, found.of, found.persons) == (20, 40, 40)
    assert (found.here, found.expected, found.value) == (0.5, 0.25, 2.0)
    # Those who did not come count in the week after too, but no more than once in the variance of the logarithm:
    # (1 - p) / (n p) of either arm.
    reach = 1.959964 * (0.5 / (40 * 0.5) + 0.75 / (60 * 0.25)) ** 0.5
    assert (found.low, found.high) == (pytest.approx(2 * exp(-reach)), pytest.approx(2 * exp(reach)))
    assert found.claimed


def test_what_follows_a_visit_agrees_with_a_plain_count_of_persons_and_weeks(trading):
    chance = np.random.default_rng(8)
    channels = ["web", "store", "app", "call"]
    actions = {"web": "Page Viewed", "store": "Store Visited", "app": "Screen Viewed", "call": "Call Started"}
    for person in range(60):
        for day in chance.integers(0, 240, chance.integers(1, 14)).tolist():
            channel = channels[chance.integers(0, 4)]
            country = ["FR", "DE"][person % 2]
            trading.say(at(day), channel, actions[channel], person, country=country)
            if chance.random() < 0.25:
                trading.buy(at(day, 2), channel, person, country=country)
    history = trading.history()
    roles = Roles(trading.store, history, currency="EUR")
    visits = Visits.of(history, by_unit=False)
    found = experiences(visits, buys(history, roles._read.sales), roles.observed_until)
    for channel in channels:
        expected = plain_experience(history, roles.observed_until, channel)
        one = found[channel]
        assert (one.cases, one.of, one.here, one.expected) == (*expected[:2], *map(pytest.approx, expected[2:]))


def test_weeks_are_counted_from_the_first_that_the_log_tells(trading):
    trading.say(at(0), "web", "Page Viewed", 1)
    trading.say(at(21), "web", "Order Delivered", 1)
    visits = Visits.of(trading.history(), by_unit=False)
    assert (visits.first_week, visits.weeks, visits.week.tolist()) == (at(0) // WEEK, 4, [0])


def plain_experience(history: History, until: int, channel: str) -> tuple[int, int, float, float]:
    """The same count, person by person and week by week."""
    seen, bought, country, first = defaultdict(set), defaultdict(list), {}, {}
    names = history.channels.names
    for number in range(len(history)):
        person, week = int(history.persons[number]), int(history.times[number]) // WEEK
        first.setdefault(person, week)
        where = history.parts["country"]
        country.setdefault(person, where.names[where.codes[number]])
        if history.actions.names[history.actions.codes[number]] in ORDERED:
            bought[person].append(int(history.times[number]))
        else:
            seen[person, week].add(names[history.channels.codes[number]])
    cells = defaultdict(lambda: [0, 0, 0, 0])
    weeks = range(min(first.values()), (until - 60 * DAY) // WEEK)
    for person, known_from in first.items():
        for week in weeks:
            begin, end = week * WEEK, (week + 1) * WEEK
            if known_from > week or any(begin <= moment < end for moment in bought[person]):
                continue
            lately = set().union(*(seen[person, one] for one in range(week - 4, week + 1)))
            if channel in lately and channel not in seen[person, week]:
                continue
            before = any(moment < begin for moment in bought[person])
            month = np.datetime64(end - 1, "us").astype("datetime64[M]").astype(int)
            arm = 0 if channel in seen[person, week] else 2
            cell = cells[month, country[person], before, frozenset(lately - {channel})]
            cell[arm] += 1
            cell[arm + 1] += any(end <= moment < end + 60 * DAY for moment in bought[person])
    matched = [cell for cell in cells.values() if cell[0] and cell[2]]
    of = sum(cell[0] for cell in matched)
    cases = sum(cell[1] for cell in matched)
    return cases, of, cases / of, sum(cell[0] * cell[3] / cell[2] for cell in matched) / of


# Migration


def test_rows_of_the_migration_add_up_to_their_customers(three):
    found = three.roles().migration(2)
    assert found.channels == ("store", "web")
    # Gaps of 10 and 30 days; of two the lower.
    assert found.median_gap_us == 10 * DAY
    assert [
        (way.first, way.persons, way.undecided, [cell.cases for cell in way.cells], way.lost.cases)
        for way in (*found.ways, found.every)
    ] == [("store", 1, 0, [1, 0], 0), ("web", 2, 0, [0, 1], 1), ("all", 3, 0, [1, 1], 1)]
    assert found.ways[1].lost == Part.of_share(1, 2, share(1, 2))


def test_who_began_lately_is_undecided_whatever_followed(three):
    three.buy(at(195), "web", 4)
    three.buy(at(196), "web", 4)
    three.buy(at(197), "web", 5)
    roles = three.roles()
    web = roles.migration(2).ways[1]
    assert (web.first, web.persons, web.undecided, web.cells[1].of) == ("web", 4, 2, 2)
    for k in (2, 3, 4, 5):
        told = roles.migration(k)
        for way in (*told.ways, told.every):
            assert way.persons == sum(cell.cases for cell in way.cells) + way.lost.cases + way.undecided


def test_nobody_is_lost_while_nobody_came_so_far(three):
    found = three.roles().migration(4)
    assert (found.median_gap_us, found.every.undecided, found.every.lost.share) == (None, 3, None)


@pytest.mark.parametrize("k", [1, 6])
def test_a_migration_to_no_order_is_refused(three, k):
    with pytest.raises(RolesAskedWrong, match=f"k is {k}"):
        three.roles().migration(k)


# Customers


def test_customers_stand_in_the_highest_class_they_reach(trading):
    trading.buy(at(0), "web", 1)
    trading.buy(at(0), "web", 2)
    trading.buy(at(1), "store", 2, store_id="paris-1")
    collected = trading.buy(at(0), "web", 3)
    trading.tell(at(2), "store", "Pickup Collected", collected, 3)
    for person, teller in ((4, 4), (5, None)):
        trading.tell(at(2), "store", "Return Accepted", trading.buy(at(0), "web", person), person)
        trading.tell(at(9), "web", "Return Accepted", trading.buy(at(3), "store", person), teller)
    found = trading.roles().customers()
    assert {one.name: one.persons.cases for one in found.classes} == {"single": 1, "multi": 1, "cross": 2, "omni": 1}
    assert sum(one.orders for one in found.classes) == found.orders == 8
    assert [one.persons.of for one in found.classes] == [5] * 4


def test_advice_under_the_orders_id_goes_the_other_way_than_its_collection(trading):
    trading.say(at(0), "store", "Advice Given", 1, object_id="o-9")
    trading.buy(at(1), "web", 1, order="o-9")
    trading.tell(at(2), "store", "Pickup Collected", "o-9", 1)
    assert {one.name: one.persons.cases for one in trading.roles().customers().classes}["omni"] == 1


def test_an_order_collected_where_it_was_placed_crosses_nothing(trading):
    trading.tell(at(2), "store", "Pickup Collected", trading.buy(at(0), "store", 1), 1)
    assert {one.name: one.persons.cases for one in trading.roles().customers().classes}["single"] == 1


@pytest.mark.parametrize(
    ("orders", "degree"),
    [
        (["web"], 1.0),
        (["web"] * 7, 1.0),
        (["web", "store"], 2.0),
        (["web", "store", "app", "web", "store", "app"], 3.0),
        (["web", "web", "web", "store"], exp(-0.75 * log(0.75) - 0.25 * log(0.25))),
    ],
)
def test_the_degree_is_how_many_channels_are_used_alike(trading, orders, degree):
    for day, channel in enumerate(orders):
        trading.buy(at(day), channel, 1)
    roles = trading.roles()
    assert degrees(roles._read.sales).tolist() == [pytest.approx(degree, rel=1e-12)]


def test_value_is_in_one_currency_and_says_what_has_no_rate(trading):
    trading.buy(at(0), "web", 1, 1_000)
    trading.buy(at(1), "web", 2, 500, currency="JPY")
    trading.buy(at(2), "web", 3, 700, currency="USD")
    found = trading.roles({"JPY": Decimal("0.006")}).customers()
    single = found.classes[0]
    # 500 yen are 3.00 euros.
    assert (single.value_minor, single.value_mean_minor, found.unrated, found.currency) == (1_300, 433, 1, "EUR")
    assert single.orders_mean == (pytest.approx(1.0), 1.0, 1.0) or single.orders_mean.value == 1.0


# The company


def part(found, name):
    return next(one for one in found.parts if one.name == name)


def test_an_empty_log_has_no_capability_and_nothing_to_measure(trading):
    trading.say(at(0), "web", "Page Viewed")
    found = trading.roles().index()
    assert (found.exist, found.of, found.works, found.measured) == (0, 7, None, 0)
    assert [one.exists for one in found.parts] == [False] * 7 + [None, None]
    assert all(one.why for one in found.parts)


def test_the_index_is_what_exists_and_the_mean_of_how_it_works(trading):
    for number in range(4):
        trading.buy(at(0), "store", number or None, store_id="paris-1")
    for number, (ready, ends) in enumerate([(1, "Collected"), (9, "Collected"), (1, "Expired"), (None, None)], 10):
        order = trading.buy(at(0), "web", number)
        trading.tell(at(0, 1), "web", "Pickup Requested", order, number, handoff_until=at(3))
        if ready:
            trading.tell(at(ready), "store", "Pickup Ready", order, number, store_id="paris-1")
            trading.tell(at(ready, 5), "store", f"Pickup {ends}", order, number, store_id="paris-1")
    for number, answer in enumerate(["Accepted", "Accepted", "Refused", None], 20):
        order = trading.buy(at(0), "web", number)
        trading.tell(at(5), "store", "Return Requested", order, number, store_id="paris-1", return_id="r")
        if answer:
            trading.tell(at(5, 1), "store", f"Return {answer}", order, number, store_id="paris-1", return_id="r")
    at_home = trading.buy(at(0), "store", 30, store_id="lyon-1")
    trading.tell(at(1), "store", "Return Accepted", at_home, 30, store_id="lyon-1", return_id="r")
    trading.say(at(90), "web", "Page Viewed", 1)
    found = trading.roles().index(lookup_p95_ms=4.5, helping=Helping(2, 4, 1))
    shares = {one.name: (one.works.cases, one.works.of) for one in found.parts if one.works}
    assert shares == {
        "recognised_in_store": (4, 5),
        "pickup_in_time": (2, 4),
        "pickup_collected": (2, 3),
        "returns_elsewhere": (2, 3),
        "helping_pays": (2, 4),
    }
    assert dict(part(found, "returns_elsewhere").facts) == {"brought_back": 4, "elsewhere": 3}
    assert part(found, "helping_pays").words.endswith("by the fair books; in today's books 1 of 4 lose by it")
    assert dict(part(found, "lookup").facts) == {"p95_ms": 4.5}
    assert (found.exist, found.of, found.measured) == (6, 9, 5)
    assert found.works == pytest.approx((4 / 5 + 2 / 4 + 2 / 3 + 2 / 3 + 2 / 4) / 5)


@pytest.mark.parametrize(
    ("bought", "answers", "elsewhere"),
    [
        ("web", [("store", "Accepted", "paris-1", None)], (1, 0)),
        ("web", [("store", "Refused", "paris-1", None)], (0, 1)),
        ("web", [("store", "Refused", "paris-1", None), ("store", "Accepted", "paris-1", None)], (1, 0)),
        ("paris-1", [("store", "Accepted", "paris-1", None)], (0, 0)),
        ("paris-1", [("store", "Refused", "lyon-1", None)], (0, 1)),
        ("paris-1", [("web", "Accepted", None, "paris-1")], (0, 0)),
        ("paris-1", [("web", "Accepted", None, "lyon-1")], (1, 0)),
        ("paris-1", [("web", "Accepted", None, "depot-1")], (1, 0)),
        ("web", [("web", "Accepted", None, "depot-1")], (0, 0)),
        ("web", [("erp", "Accepted", None, None)], (0, 0)),
    ],
)  # fmt: skip
def test_goods_come_back_where_they_are_accepted_or_refused_and_not_where_the_return_was_asked_for(
    trading, bought, answers, elsewhere
):
    trading.say(at(0), "store", "Store Visited", 9, store_id="lyon-1")
    trading.buy(at(0), "store", 9, store_id="lyon-1")
    store = None if bought == "web" else bought
    order = trading.buy(at(1), "store" if store else "web", 1, store_id=store)
    trading.tell(at(2), "web", "Return Requested", order, 1, return_id="r", store_id="lyon-1")
    for hour, (channel, answer, told_by, location) in enumerate(answers):
        told = {"store_id": told_by, "location": location}
        trading.tell(at(3, hour), channel, f"Return {answer}", order, 1, return_id="r", **told)
    works = part(trading.roles().index(), "returns_elsewhere").works
    accepted, refused = elsewhere
    assert (works and (works.cases, works.of)) == ((accepted, accepted + refused) if any(elsewhere) else None)


def test_an_order_cancelled_before_its_time_is_no_pickup_in_time_and_none_missed(trading):
    for number, (action, day) in enumerate([("Order Cancelled", 1), ("Order Cancelled", 5), ("Pickup Ready", 2)]):
        order = trading.buy(at(0), "web", number)
        trading.tell(at(0), "web", "Pickup Requested", order, number, handoff_until=at(3), store_id="paris-1")
        trading.tell(at(day), "store", action, order, number, store_id="paris-1")
    trading.say(at(90), "web", "Page Viewed", 1)
    found = part(trading.roles().index(), "pickup_in_time")
    assert (found.evidence, found.works.cases, found.works.of) == (3, 1, 2)


def test_stock_is_as_accurate_as_what_was_shown_and_what_was_met(trading):
    def looks(person: int, action: str | None, *, units: int | None = None, days: int = 2) -> None:
        trading.say(at(0), "web", "Availability Shown", person, sku="a", store_id="paris-1", units=units)
        if action:
            trading.say(at(days), "store", action, person, sku="a", store_id="paris-1")

    looks(1, "Product Tried")
    looks(2, "Search Failed")
    looks(3, "Product Tried", units=0)
    looks(4, "Shelf Empty", units=0)
    looks(5, None)
    looks(6, "Product Tried", days=8)
    looks(7, None, units=3)
    trading.buy(at(1), "store", 7, sku="a", store_id="paris-1", units=1)
    found = part(trading.roles().index(), "stock_accuracy")
    assert dict(found.facts) == {"found": 2, "missing": 1, "unexpected": 1}
    # Four looks: at two it was there as shown.
    assert (found.evidence, found.works.cases, found.works.of) == (7, 2, 4)
    assert (found.works.share, found.works.low, found.works.high) == share(2, 4)[:3]


def test_prices_are_alike_when_the_middle_price_of_a_week_is(trading):
    for day, channel, sku, value, country in [
        (0, "web", "a", 500, "FR"), (1, "store", "a", 500, "FR"), (2, "store", "a", 900, "FR"),
        (0, "web", "b", 500, "FR"), (1, "store", "b", 510, "FR"),
        (0, "web", "c", 500, "FR"), (1, "store", "c", 500, "DE"),
        (0, "web", "d", 500, "FR"), (8, "store", "d", 500, "FR"),
    ]:  # fmt: skip
        trading.buy(at(day), channel, 1, value, sku=sku, units=1, country=country)
    found = part(trading.roles().index(), "price_parity").works
    assert (found.cases, found.of) == (1, 2)


def test_a_loop_is_closed_in_time_and_before_the_next_one(trading):
    trading.say(at(0), "reviews", "Review Posted", 1)
    trading.say(at(3), "reviews", "Feedback Answered", 1)
    trading.say(at(4), "reviews", "Feedback Closed", 1)
    trading.say(at(5), "web", "Product Reviewed", 1)
    trading.say(at(0), "web", "Feedback Given", 2)
    trading.say(at(40), "web", "Feedback Closed", 2)
    trading.say(at(79), "web", "Feedback Given", 3)
    trading.say(at(80), "web", "Feedback Closed", 3)
    for day in (0, 10):
        trading.say(at(day), "reviews", "Review Posted", 4)
    trading.say(at(11), "reviews", "Feedback Closed", 4)
    found = part(trading.roles().index(), "loops_closed")
    assert (found.works.cases, found.works.of, found.evidence) == (2, 5, 3)
    assert dict(found.facts) == {"opened": 6, "answered_in_time": 1}


# Partners


def test_businesses_are_told_beside_the_channels_they_order_in(trading):
    for day in (0, 20, 180):
        trading.buy(at(day), "wholesale", 1, 500, account_id="b-1")
    returned = trading.buy(at(3), "wholesale", 2, 300, account_id="b-1", currency="JPY")
    trading.tell(at(9), "store", "Return Accepted", returned, 2, total_minor=300)
    trading.buy(at(0), "web", 3, 100, account_id="b-2")
    trading.buy(at(0), "marketplace", 4, 100)
    trading.buy(at(0), "app", 5, 100)
    found = trading.roles().partners()
    assert [one.name for one in found.channels] == ["wholesale", "marketplace", "web"]
    first, second = found.accounts
    assert (first.account, first.channels, first.orders, first.persons) == ("b-1", ("wholesale",), 4, 2)
    assert (first.first_at, first.last_at, first.median_gap_days) == (at(0), at(180), 17.0)
    assert [(one.currency, one.orders, one.value_minor, one.mean_minor) for one in first.baskets] == [
        ("EUR", 3, 1500, 500),
        ("JPY", 1, 300, 300),
    ]
    assert (first.coming_back.cases, first.coming_back.of) == (2, 3)
    assert (first.returned.cases, first.returned.of) == (1, 4)
    assert (second.account, second.median_gap_days, second.coming_back.of) == ("b-2", None, 1)


def test_orders_of_a_business_count_whether_or_not_a_person_is_known(trading):
    for day in range(5):
        trading.buy(at(day), "wholesale", None if day % 2 else 1, 100, order=f"a-{day}", account_id="acme")
    trading.buy(at(1), "phone", None, 70, account_id="beta", order="b-1")
    trading.tell(at(2), "phone", "Order Promised", "b-1", None, promised_at=at(4))
    trading.tell(at(9), "wholesale", "Return Accepted", "a-1", None, return_id="r")
    trading.buy(at(1), "web", 1)
    trading.say(at(200), "web", "Page Viewed", 3)
    found = trading.roles().partners()
    assert [one.name for one in found.channels] == ["wholesale", "phone"]
    acme, beta = found.accounts
    assert (acme.orders, acme.orders_of_nobody, acme.persons, acme.median_gap_days) == (5, 2, 1, 1.0)
    assert (acme.last_at, [(one.orders, one.value_minor) for one in acme.baskets]) == (at(4), [(5, 500)])
    assert (acme.coming_back.cases, acme.coming_back.of, acme.returned.cases, acme.returned.of) == (4, 5, 1, 5)
    assert (beta.account, beta.channels, beta.orders, beta.persons) == ("beta", ("phone",), 1, 0)
    assert (beta.convenience.cases, beta.convenience.of) == (0, 1)


def test_an_answer_rests_on_one_state_of_history(trading):
    trading.buy(at(0), "wholesale", 1, account_id="acme")
    roles = trading.roles()
    before = roles.channels()
    came = trading._seq
    order = trading.buy(at(1), "wholesale", 1, account_id="acme")
    trading.tell(at(2), "store", "Return Accepted", order, 1, return_id="r")
    trading.go_on(came)
    found = roles.partners()
    assert (before[0].orders, found.channels[0].orders, found.accounts[0].orders) == (1, 1, 1)
    assert {one.name: one.persons.cases for one in roles.customers().classes}["cross"] == 0


# How it is told


@pytest.mark.parametrize("name", ["roles", "migration", "customers", "index", "partners"])
def test_each_answer_says_how_it_was_counted_and_its_sql_runs(three, name):
    roles = three.roles()
    counted = roles.counted(name, k=3)
    assert "{" not in counted["words"]
    parts = [one for one in counted["sql"].split("\n-- ") if one.strip()]
    assert parts
    assert set(counted["parameters"]) == {one for one in counted["parameters"] if f"${one}" in counted["sql"]}


def test_associations_are_called_so(three):
    roles = three.roles()
    assert ASSOCIATION in roles.counted("roles")["words"]
    assert CORRELATION in roles.counted("customers")["words"]
    assert "third order" in roles.counted("migration", k=3)["words"]
    with pytest.raises(NotFound):
        roles.counted("luck")


def test_an_empty_history_has_no_channel(trading):
    roles = trading.roles()
    assert (roles.channels(), roles.channels("unit"), roles.observed_until) == ([], [], None)
    assert (roles.migration().ways, roles.customers().persons, roles.partners().accounts) == ((), 0, ())


def test_every_value_is_plain_data(three):
    roles = three.roles()
    told = [*roles.channels(), roles.migration(), roles.customers(), roles.index(), roles.partners()]
    assert all(json.loads(json.dumps(one.as_dict())) for one in told)
    assert set(roles.channels()[0].as_dict()["measures"]) == {
        "acquire", "retain", "sticky", "back", "frequency", "experience",
    }  # fmt: skip
