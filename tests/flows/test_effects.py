"""What tests at the counter found, as the scorecard adds it up, on a hub with real customers."""

from flows.test_offering import Counter, tea
from noline.flows.effects import Effects, unit_of
from noline.flows.offering_goals import Goals
from noline.insight.actions.programmes import of_text
from noline.insight.actions.service import Actions
from noline.insight.scorecards.model import EffectPart
from noline.kernel.clock import DAY, HOUR, MINUTE
from noline.truth.clients.model import View


class Shop(Counter):
    """A counter whose tests are read."""

    def of_the_hub(self) -> None:
        """Go on with the hub's own rooms and time, and the programmes of this test."""
        self.offering, self.clock = self.hub.offering, self.hub.clock
        self.offering._actions = self.hub.effects._actions = lambda: self.actions

    def effects(self, *, by_unit: bool = False) -> list[EffectPart]:
        """What the scorecard is told."""
        rooms = self.hub
        found = Effects(
            store=rooms.store, customers=rooms.customers, clients=rooms.clients, offers=rooms.offers,
            goals=Goals(rooms.customers, rooms.orders, rooms.consents), clock=self.clock, actions=lambda: self.actions,
        )  # fmt: skip
        return found.parts(by_unit=by_unit)

    def look(self, person: str, store: str | None) -> None:
        """Somebody opens the card: what is proposed is drawn, then the look is noted."""
        self.propose(person, store=store)
        with self.hub.store.transaction() as tx:
            whom = self.hub.customers.whom(tx, person)
            self.hub.clienteling.viewed(tx, whom, by="Ann", store=store, purpose="service", facts=())


def summed(parts: list[EffectPart], name: str) -> int:
    return sum(getattr(one, name) for one in parts)


def test_customers_of_both_arms_are_counted_once_and_as_the_report_counts_them(hub):
    shop = Shop(hub, tea() + tea("never", percent=0))
    people = shop.know(*(f"u{number}" for number in range(40)))
    for person in people:
        shop.propose(person)
    assert {(one.programme, one.shown, one.held) for one in shop.effects()} == {("tea", 0, 0)}
    assert summed(shop.effects(), "waiting") == 40
    for number in range(0, 40, 3):
        shop.hears("Order Completed", f"u{number}", days=2, id=f"o-{number}", order_id=f"o-{number}", total=10)
    shop.clock.go_on(15 * DAY)
    for person in people[:5]:
        shop.propose(person)  # a later draw is no test of its own
    [part] = shop.effects()
    report = shop.offering.report("tea")
    assert (part.shown, part.shown_reached) == (report.shown.persons, report.shown.reached)
    assert (part.held, part.held_reached, part.waiting) == (report.held.persons, report.held.reached, 0)
    assert part.day == shop.begins // DAY
    assert part.shown + part.held == 40
    assert part.shown_reached + part.held_reached == 14


def test_a_good_season_before_anybody_was_held_out_is_not_told_as_an_effect(hub):
    shop = Shop(hub, tea(percent=0))
    for number, person in enumerate(shop.know(*(f"a{number}" for number in range(90)))):
        shop.propose(person)
        if number % 10 < 8:
            shop.hears("Order Completed", f"a{number}", days=2, id=f"a-{number}", order_id=f"a-{number}", total=10)
    shop.clock.go_on(60 * DAY)
    shop.actions = Actions(of_text(tea(percent=50)))
    for number, person in enumerate(shop.know(*(f"b{number}" for number in range(90)))):
        shop.propose(person)
        if number % 10 < 2:
            shop.hears("Order Completed", f"b{number}", days=62, id=f"b-{number}", order_id=f"b-{number}", total=10)
    shop.clock.go_on(60 * DAY)
    parts, report = shop.effects(), shop.offering.report("tea")
    names = ("shown", "shown_reached", "held", "held_reached", "waiting", "otherwise")
    counted = {name: summed(parts, name) for name in names}
    assert (counted["shown"] + counted["held"], counted["otherwise"]) == (90, 90)
    assert counted["shown_reached"] + counted["held_reached"] == 18
    assert (report.shown.persons, report.shown.reached) == (counted["shown"], counted["shown_reached"])
    assert (report.held.persons, report.held.reached) == (counted["held"], counted["held_reached"])
    assert report.too_few is None
    assert report.effect.low < 0 < report.effect.high


def test_the_scorecard_says_how_many_drew_under_other_terms(hub):
    shop = Shop(hub, tea(percent=0))
    shop.of_the_hub()
    for person in shop.know("a", "b"):
        shop.propose(person)
    shop.actions = Actions(of_text(tea()))
    shop.propose(*shop.know("c"))
    [row] = hub.scorecards.card(by=(), period="all", metrics=["effect"]).rows
    assert (row.value, row.is_over) == (None, False)
    assert row.why == (
        "not measured yet: 0 of 30 customers in the smaller arm whose time is over; "
        "not counted: 2 who drew while other odds, goal or time held"
    )


def test_a_customer_counts_where_the_look_was_that_drew(hub):
    shop = Shop(hub, tea())
    shop.of_the_hub()
    first, second, third = shop.know("u1", "u2", "u3")
    shop.look(first, "paris-1")
    shop.look(second, "lyon-1")
    shop.look(third, None)
    shop.look(first, "lyon-1")
    found = {one.unit: one.waiting for one in shop.effects(by_unit=True)}
    assert found == {"paris-1": 1, "lyon-1": 1, "": 1}
    assert summed(shop.effects(), "waiting") == 3


def test_the_look_of_a_draw_is_the_one_noted_with_it_else_the_last_one_of_a_day():
    at = 100 * DAY

    def seen(store: str | None, when: int) -> View:
        return View("Ann", when, store, "service", ())

    later, together = seen("lyon-1", at + HOUR), seen("paris-1", at + 5)
    before, long_before = seen("nice-1", at - HOUR), seen("metz-1", at - 2 * DAY)
    assert unit_of([later, together, before], at) == "paris-1"
    assert unit_of([later, before, long_before], at) == "nice-1"
    assert unit_of([later, long_before], at) == ""
    assert unit_of([seen(None, at + 1), before], at) == ""
    assert unit_of([seen("lyon-1", at + 2 * MINUTE)], at) == ""


def test_the_scorecard_of_a_hub_tells_what_is_missing_before_it_tells_an_effect(hub):
    card = hub.scorecards.card(by=(), period="all", metrics=["effect"])
    assert card.not_told["effect"].startswith("as no customer was drawn")
    shop = Shop(hub, tea())
    shop.of_the_hub()
    people = shop.know(*(f"u{number}" for number in range(8)))
    for person in people:
        shop.propose(person)
    [row] = hub.scorecards.card(by=(), period="all", metrics=["effect"]).rows
    assert (row.programme, row.value, row.is_over) == ("tea", None, False)
    assert row.why == "not measured yet: 0 of 30 customers in the smaller arm whose time is over"
