"""One hub: the only place where everything is put together.

    hub = Hub.open("shop.noline")
    hub.accept("web", [{"type": "track", "event": "Product Viewed", "userId": "u-1", "properties": {"sku": "a"}}])
    hub.handoffs()

A hub is a folder: `noline.toml` (settings), `secret.key` (without it nothing personal of the log can be read), the
SQLite file unless another store is set, and `analytics/` (history, which can be rebuilt).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from noline.channels import segment, shopify, tcf
from noline.flows import move as moving
from noline.flows.acquaintance import Rooms as CounterRooms
from noline.flows.agenda import Keeping
from noline.flows.aims import Aiming
from noline.flows.aims_numbers import numbers_of
from noline.flows.amend import Amending
from noline.flows.buyers import Buyers
from noline.flows.carts import Carting
from noline.flows.clienteling import Clienteling
from noline.flows.consent import Consenting
from noline.flows.counting import Counting
from noline.flows.deeds import Deeds
from noline.flows.deliver import Deliveries
from noline.flows.doctor import Finding, examine
from noline.flows.effects import Effects
from noline.flows.erase import Erasing
from noline.flows.exchanging import Exchanging
from noline.flows.export import Exporting
from noline.flows.export import Rooms as ExportRooms
from noline.flows.facts import Facts, PeopleFeed, feeds_of
from noline.flows.fulfilling import Fulfilling
from noline.flows.goods import Desk, Handling
from noline.flows.greet import Asked, Greeting, presence_of
from noline.flows.households import Households
from noline.flows.identity import Identity
from noline.flows.intake import Intake, origin_of
from noline.flows.judging import Judge
from noline.flows.latest import Latest
from noline.flows.laws import claims_are_explained
from noline.flows.ledger import FILE_NAME as LEDGER_FILE
from noline.flows.ledger import Ledger
from noline.flows.local_time import zone_of
from noline.flows.match import Matching
from noline.flows.mentions import names_in
from noline.flows.offering import Offering
from noline.flows.offering_goals import Goals
from noline.flows.once import Once
from noline.flows.ordering import Ordering
from noline.flows.parcels import Company
from noline.flows.people import MOST_NAMES, Known, known
from noline.flows.policies import Policies
from noline.flows.pricing import Pricing
from noline.flows.promise import Promising
from noline.flows.publish import Recommending
from noline.flows.recipes import Cooking
from noline.flows.recipes import Rooms as RecipeRooms
from noline.flows.recognise import Recognition
from noline.flows.refold import catch_up
from noline.flows.returns import Returning
from noline.flows.shop_day import Rooms as DayRooms
from noline.flows.shop_day import ShopDays
from noline.flows.sourcing import Assigning
from noline.flows.tasks import Tasks
from noline.flows.timeline import Timeline, timeline
from noline.flows.verify import Verification, verify
from noline.flows.watching import Past, Watching
from noline.insight.actions.service import Actions, actions_of
from noline.insight.card.service import Card
from noline.insight.journeys.model import Windows
from noline.insight.journeys.service import Journeys
from noline.insight.recipes.service import Recipes
from noline.insight.scorecards.service import Scorecards
from noline.insight.sourcing.service import Sourcing
from noline.kernel import settings as settings_file
from noline.kernel.clock import DAY, Clock, Micros, SystemClock
from noline.kernel.errors import HubExists, HubMissing, SettingWrong
from noline.kernel.events import Digest, Receipt
from noline.kernel.quantities import Units
from noline.kernel.settings import Settings
from noline.stores import books as book_keeping
from noline.stores import compaction
from noline.stores import dead_letters as letter_box
from noline.stores.access import Access, Role, Source
from noline.stores.log import Group, Log, last_seq, latest_occurrence
from noline.stores.outbox import Outbox
from noline.stores.projector import Projector
from noline.stores.remembered import Remembered
from noline.stores.tombstones import Receipt as Erased
from noline.stores.transactional import TransactionalStore
from noline.stores.vault import Vault
from noline.truth.accounts.service import Accounts
from noline.truth.agenda.service import Agenda
from noline.truth.aims.service import Aims
from noline.truth.carts.service import Carts
from noline.truth.cases.service import Cases
from noline.truth.catalogue.service import Catalogue
from noline.truth.clients.service import Clients
from noline.truth.consents.service import Consents
from noline.truth.customers.identifiers import CLAIMABLE, normalised
from noline.truth.customers.rules import Rules
from noline.truth.customers.service import Customers
from noline.truth.feedback.service import Feedback
from noline.truth.goods.service import Goods
from noline.truth.offers.service import Offers
from noline.truth.orders.model import Order
from noline.truth.orders.service import Orders
from noline.truth.prices.service import Prices
from noline.truth.profiles.addresses import Addresses
from noline.truth.profiles.service import Profiles
from noline.truth.stock import checks
from noline.truth.stock.policies import StockSettings
from noline.truth.stock.promising import nearest_to_whole
from noline.truth.stock.service import Stock
from noline.truth.stock.shelves import ShelvesInMemory
from noline.truth.wishes.service import Wishes

if TYPE_CHECKING:
    from noline.flows.reasons import Reasons
    from noline.insight.credit.service import Credit
    from noline.insight.fingerprints.service import Fingerprints
    from noline.insight.frictions.service import Frictions
    from noline.insight.paths.service import PathCredit
    from noline.insight.recommend.history import Bought
    from noline.insight.recommend.service import Recommender
    from noline.insight.roles.service import Roles
    from noline.insight.walks.model import Windows as Times
    from noline.insight.walks.service import Walks
    from noline.insight.walks.together import Together
    from noline.stores.duckdb import DuckDbStore
    from noline.stores.walks.history import History
    from noline.stores.walks.kept import KeptWalks

SECRET_FILE = "secret.key"  # noqa: S105  a file name
STORE_FILE = "noline.sqlite"


class Rooms(NamedTuple):
    """The rooms of truth, each a fold of the log."""

    customers: Customers
    profiles: Profiles
    consents: Consents
    accounts: Accounts
    addresses: Addresses
    catalogue: Catalogue
    stock: Stock
    orders: Orders
    prices: Prices
    feedback: Feedback
    carts: Carts
    goods: Goods
    agenda: Agenda
    aims: Aims
    offers: Offers
    clients: Clients
    cases: Cases
    wishes: Wishes

    @classmethod
    def of(cls, digest: Digest, currency: str, rules: Rules, stock: StockSettings) -> Self:
        """New rooms that remember nothing yet. rules: of who is who, until others are put in force."""
        return cls(
            Customers(digest, rules),
            Profiles(digest, normalised),
            Consents(digest, tcf.said),
            Accounts(digest),
            Addresses(digest),
            Catalogue(digest, currency),
            Stock(digest, stock),
            Orders(digest, currency),
            Prices(digest, currency),
            Feedback(digest),
            Carts(digest, currency, CLAIMABLE),
            Goods(digest),
            Agenda(digest),
            Aims(digest),
            Offers(digest),
            Clients(digest),
            Cases(digest),
            Wishes(),
        )


class Hub:
    """A company's channels joined."""

    def __init__(
        self, folder: Path, settings: Settings, secret: bytes, *, clock: Clock, vfs: str | None = None
    ) -> None:
        """Wire a hub; use `Hub.init` or `Hub.open`."""
        self.folder = folder
        self.settings = settings
        self.clock = clock
        self.store = open_store(folder, settings, vfs=vfs)
        self.store.migrate()
        self.vault = Vault(secret, clock)
        self.access = Access(self.store, self.vault.digest, clock)
        rules = Rules.from_settings(settings.identity, normalised)
        rooms = Rooms.of(self.vault.digest, settings.currency, rules, StockSettings.from_settings(settings.stock))
        with self.store.reading() as reader:
            rooms.customers.follow(reader)
        self.customers, self.profiles, self.consents = rooms.customers, rooms.profiles, rooms.consents
        self.accounts, self.catalogue, self.stock = rooms.accounts, rooms.catalogue, rooms.stock
        self.orders, self.prices, self.feedback = rooms.orders, rooms.prices, rooms.feedback
        self.addresses, self.carts, self.goods = rooms.addresses, rooms.carts, rooms.goods
        self.offers = rooms.offers
        self.clients, self.cases = rooms.clients, rooms.cases
        self.log = Log(self.store, self.vault, rooms, segment.comparable, names_in)
        self.intake = Intake(self.store, self.log, self.access, self.vault.digest, clock)
        self.deeds = Deeds(self.log, self.vault.digest, clock)
        self.once = Once(self.store, self.vault.body_hash, clock)
        self.outbox = Outbox(self.store, clock)
        self.shops = shopify.shops_of(settings.shopify)
        company = Company(self.available, rooms.stock.kinds, self.shops, settings.currency)
        self.deliveries = Deliveries(self.store, self.log, self.outbox, clock, company)
        self.facts = Facts(self.store, self.log, lambda name: origin_of(self.access.source(name)))
        self._read_up_to = -1
        self._walked: Walks | None = None
        catch_up(self.store, self.log, self.facts, rooms)
        self._wire_people(rooms, rules)
        self._wire_promises()
        self._wire_goods()
        self._wire_counter(rooms)
        self.watching = Watching(self.store, rooms.agenda, self.deeds, self._past)
        self.agenda = Keeping(self.store, rooms.agenda, self.deeds, self.clock, self.watching.baseline, rooms.customers)
        numbers = numbers_of(self._scorecards_now)
        self.aims = Aiming(self.store, rooms.aims, self.deeds, self.clock, numbers, rooms.customers)

    def _wire_people(self, rooms: Rooms, rules: Rules) -> None:
        """Who is who, what they agreed to, and how they are forgotten."""
        self.households = Households(self.store, self.customers, self.profiles, self.addresses)
        self.consent = Consenting(self.store, self.customers, self.consents, self.deeds, self.vault.digest)
        self.clienteling = Clienteling(
            self.store, self.customers, rooms.clients, rooms.cases, self.feedback, rooms.consents,
            deeds=self.deeds, clock=self.clock, digest=self.vault.digest,
        )  # fmt: skip
        self.identity = Identity(self.store, self.log, self.facts, self.deeds, self.customers, rules, self.clock)
        self.erasing = Erasing(
            store=self.store, log=self.log, vault=self.vault, facts=self.facts, customers=self.customers,
            rooms=(
                rooms.profiles, rooms.consents, rooms.accounts, rooms.addresses, rooms.carts, rooms.offers,
                rooms.clients, rooms.cases, rooms.wishes,
            ),
            goods=(rooms.catalogue, rooms.stock, rooms.orders, rooms.prices, rooms.feedback),
            orders=rooms.orders, papers=rooms.goods, profiles=rooms.profiles, agenda=rooms.agenda,
            aims=rooms.aims, deeds=self.deeds, clock=self.clock, ledger=self.folder / LEDGER_FILE,
            recipients=lambda: [one.name for one in self.outbox.subscriptions()],
        )  # fmt: skip
        self.offering = Offering(
            store=self.store, customers=self.customers, offers=rooms.offers,
            goals=Goals(self.customers, self.orders, self.consents), deeds=self.deeds, clock=self.clock,
            digest=self.vault.digest, actions=lambda: self.actions,
            called=lambda reader, subjects: self.recognition.profile_of(reader, subjects).name,
        )  # fmt: skip
        self.effects = Effects(
            store=self.store, customers=self.customers, clients=rooms.clients, offers=rooms.offers,
            goals=Goals(self.customers, self.orders, self.consents), clock=self.clock, actions=lambda: self.actions,
        )  # fmt: skip
        self.matching = Matching(self.store, self.customers, self.profiles, self.identity, self.clock)
        judge = Judge(self.matching.model, self.clock)
        self.recognition = Recognition(self.store, self.customers, self.profiles, self.orders, self.identity, judge)
        day = DayRooms(
            self.customers, rooms.clients, rooms.cases, self.feedback, self.orders, self.catalogue, self.consents
        )  # fmt: skip
        self.shop_days = ShopDays(self.store, day, self.recognition, self.clock, zone_of(self.settings.counter))

    def _wire_promises(self) -> None:
        """What can be promised, carts, and orders from the promise to the customer's hands."""
        self.shelves = ShelvesInMemory(self.store, self.stock)
        self.promising = Promising(
            self.store, self.deeds, self.stock, self.clock, nearest_to_whole, self.orders.is_run_here
        )
        self.carting = Carting(self.store, self.carts, self.customers, self.deeds, self.clock)
        weighing = Sourcing.from_settings(self.settings.sourcing)
        assigning = Assigning(self.stock, self.catalogue, self.orders, self.deeds, self.clock, weighing)
        buyers = Buyers(self.customers, self.orders, self.deeds)
        self.pricing = Pricing(self.store, self.stock, self.orders, assigning, self.clock)
        self.fulfilling = Fulfilling(self.store, self.orders, self.stock, self.deeds, assigning, buyers)
        self.ordering = Ordering(
            store=self.store, orders=self.orders, stock=self.stock, prices=self.prices, accounts=self.accounts,
            deeds=self.deeds, promising=self.promising, carting=self.carting, assigning=assigning, buyers=buyers,
            choose=nearest_to_whole, digest=self.vault.digest, clock=self.clock, currency=self.settings.currency,
        )  # fmt: skip

    def _wire_counter(self, rooms: Rooms) -> None:
        """What is known of a customer who stands at the counter."""
        known = CounterRooms(
            self.customers, self.recognition, self.consents, self.orders, self.catalogue, self.feedback, rooms.cases,
            rooms.clients, rooms.wishes,
        )  # fmt: skip
        self.recommending = Recommending(
            store=self.store, rooms=known, folder=self.folder / "analytics" / "recommend", clock=self.clock,
            history=self._baskets_of_all,
        )  # fmt: skip
        self.greeting = Greeting(
            store=self.store, rooms=known, clienteling=self.clienteling, offering=self.offering, look=self._promisable,
            due=self.recommending.due, clock=self.clock, currency=self.settings.currency,
            told=dict(self.settings.counter),
        )  # fmt: skip

    def _baskets_of_all(self) -> tuple[int, list[Bought]]:
        """Every basket of history with its person, and the place in the log that history reaches."""
        from noline.insight.recommend.history import baskets_of

        self.refresh()
        return self._read_up_to, baskets_of(self.analytics)

    def _promisable(self, skus: Sequence[str], now: Micros) -> dict[str, Mapping[str, Units]]:
        """Units of items that may be promised, by item and location."""
        looked = self.shelves.look(skus, now)
        return {sku: looked.everywhere(sku) for sku in skus}

    def _wire_goods(self) -> None:
        """Goods that move inside the company, come back, and are counted."""
        desk = Desk(self.store, self.deeds, self.stock, self.goods, self.clock)
        self.handling = Handling(desk, self.orders)
        self.counting = Counting(desk, self.catalogue)
        self.returning = Returning(desk, self.handling, self.orders, self.customers)
        self.exchanging = Exchanging(self.store, self.orders, self.ordering, self.returning)
        self.tasks = Tasks(desk, self.orders)
        self.policies = Policies(desk)
        cooking = RecipeRooms(
            self.catalogue, self.prices, self.shelves, self.customers, self.profiles, self.consents, self.orders
        )
        self.recipes = Cooking(self.store, Recipes(self.folder), cooking, self.carting, self.clock)

    @classmethod
    def init(
        cls,
        folder: Path | str,
        *,
        store: str | None = None,
        company: str | None = None,
        currency: str | None = None,
        rates: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        vfs: str | None = None,
    ) -> Self:
        """Make a new hub in a folder. Raises HubExists."""
        folder = Path(folder)
        if (folder / SECRET_FILE).exists():
            raise HubExists(path=folder)
        folder.mkdir(parents=True, exist_ok=True)
        clock = clock or SystemClock()
        told = {"company": company, "currency": currency, "store": store}
        settings_file.write(folder, {key: value for key, value in told.items() if value}, rates or {})
        secret = folder / SECRET_FILE
        _write_secret(secret, clock.random_bytes(32))
        try:
            return cls.open(folder, clock=clock, vfs=vfs)
        except BaseException:
            # What never opened is no hub: the same call must be possible again.
            secret.unlink()
            raise

    @classmethod
    def open(cls, folder: Path | str, *, clock: Clock | None = None, vfs: str | None = None) -> Self:
        """Open the hub in a folder. Raises HubMissing."""
        folder = Path(folder)
        secret = folder / SECRET_FILE
        if not secret.exists():
            raise HubMissing(path=folder)
        return cls(folder, settings_file.load(folder), secret.read_bytes(), clock=clock or SystemClock(), vfs=vfs)

    def __enter__(self) -> Self:
        """A hub closes itself at the end of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Finish what is on its way out and let go of the stores."""
        self.deliveries.close()
        self.greeting.close()
        if "analytics" in self.__dict__:
            self.analytics.close()
        self.store.close()

    # -- what comes in

    def accept(self, source: str, items: Iterable[bytes | dict[str, Any]]) -> list[Receipt]:
        """Take messages of a source; when this returns they are durable. Raises NotFound for an unknown source."""
        return self.intake.accept(source, items)

    def accept_groups(self, groups: Sequence[Group]) -> list[list[Receipt]]:
        """Take whole requests in one commit."""
        return self.log.accept(groups)

    def books(self) -> list[book_keeping.Page]:
        """The books of each source."""
        with self.store.reading() as reader:
            return book_keeping.pages(reader)

    def books_by_hour(self, limit: int = 200) -> list[book_keeping.Page]:
        """The books of the latest hours."""
        with self.store.reading() as reader:
            return book_keeping.hours(reader, limit)

    def dead_letters(self, state: str | None = "open", after: int = 0, limit: int = 100) -> list[letter_box.DeadLetter]:
        """What could not be taken."""
        with self.store.reading() as reader:
            return letter_box.letters(reader, state=state, after=after, limit=limit)

    def books_in_all(self) -> dict[str, Any]:
        """The books in all, whether they balance, and the page of each source."""
        pages = self.books()
        total = {name: sum(getattr(page, name) for page in pages) for name in ("received", *book_keeping.OUTCOMES)}
        return {**total, "balanced": all(page.balanced for page in pages), "sources": pages}

    def dead_letter(self, number: int) -> letter_box.DeadLetter:
        """One dead letter; raises NotFound."""
        with self.store.reading() as reader:
            return letter_box.letter(reader, number)

    def dead_letter_counts(self) -> dict[tuple[str, str], int]:
        """How many dead letters there are by (code, state)."""
        with self.store.reading() as reader:
            return letter_box.counts(reader)

    def last_seq(self) -> int:
        """The last position of the log."""
        with self.store.reading() as reader:
            return last_seq(reader)

    def now_of_history(self) -> Micros:
        """The latest instant the log knows: ages are counted from there, so imported years read as they were."""
        with self.store.reading() as reader:
            return min(latest_occurrence(reader), self.clock.now())

    def sources(self) -> list[Source]:
        """Where events come from."""
        return self.access.sources()

    def login_link(self, role: Role = Role.ADMIN) -> str:
        """A one-time token that opens the console."""
        return self.access.new_link(role)

    # -- who, what, where

    def find_customers(self, text: str, limit: int = 20) -> list[Known]:
        """People known by an e-mail, phone, card, id, order or part of what was told of them, best first."""
        with self.store.reading() as reader:
            found = self.recognition.found(reader, text, limit)
            return [known(reader, self.customers, self.recognition, person, why) for person, why in found.items()]

    def customer(self, person: str, most_names: int | None = MOST_NAMES) -> Known:
        """One person; an old id leads to who it is today. most_names: all when None. Raises NotFound."""
        with self.store.reading() as reader:
            return known(reader, self.customers, self.recognition, person, most_names=most_names)

    def greet(
        self,
        person: str,
        *,
        store: str | None = None,
        presence: str = "declared",
        language: str | None = None,
        purpose: str = "personalisation",
        role: str = "associate",
        by: str = "noline",
        identified_by: str = "",
        book: bool = False,
    ) -> Card:
        """The card of a customer who stands at a store (None: is on the phone); that it was opened is noted.

        presence: declared, appointment, pickup or passive. book: the card is kept for later, so nothing is offered by
        it. Raises NotFound, PresenceUnknown, LanguageUnknown and PurposeUnknown.
        """
        asked = Asked(store, presence_of(presence), language, purpose, role, by, identified_by, book=book)
        return self.greeting.card(person, asked)

    def orders_of(self, person: str) -> list[Order]:
        """A person's orders, newest first; raises NotFound."""
        with self.store.reading() as reader:
            return self.orders.orders_of(reader, self.customers.subjects(reader, person))

    def timeline(self, person: str, *, before: Micros | None = None, limit: int = 500) -> Timeline:
        """A person's latest events in every channel; raises NotFound."""
        return timeline(
            self.store, self.customers, self.facts, person,
            currency=self.settings.currency, before=before, limit=limit,
        )  # fmt: skip

    def available(self, sku: str) -> list[tuple[str, int]]:
        """What can be sold of an item now, by location."""
        with self.store.reading() as reader:
            found = self.stock.availability(reader, sku, self.clock.now())
            return [(one.location, one.available) for one in found]

    @cached_property
    def actions(self) -> Actions:
        """The programmes of the next best action; raises what `actions_of` raises."""
        return actions_of(self.folder, self.settings.counter, (one.channel for one in self.sources()))

    # -- history

    @cached_property
    def analytics(self) -> DuckDbStore:
        """The analytical store; its engine starts with the first question."""
        from noline.stores.duckdb import DuckDbStore

        return DuckDbStore(self.folder / "analytics", clock=self.clock)

    @cached_property
    def answering(self) -> Remembered:
        """The analytical store as insight asks it."""
        return Remembered(self.analytics, self.folder / "analytics" / "answers")

    @cached_property
    def projector(self) -> Projector:
        """Brings history up to the log."""
        feeds = [*feeds_of(self.facts, self.settings.currency), PeopleFeed(self.store, self.customers)]
        return Projector(self.analytics, feeds)

    @cached_property
    def journeys(self) -> Journeys:
        """Where people go between channels, and where they are lost; as far as history was read, see `refresh`."""
        windows = Windows(horizon=self.settings.drop_off_days * DAY, handoff=self.settings.handoff_days * DAY)
        return Journeys(self.answering, currency=self.settings.currency, rates=self.settings.rates, windows=windows)

    @cached_property
    def scorecards(self) -> Scorecards:
        """How the channels do, side by side; as far as history was read, see `refresh`."""
        from noline.flows.earning import credit_parts

        return Scorecards(
            self.answering,
            currency=self.settings.currency,
            rates=self.settings.rates,
            credit_parts=lambda: credit_parts(self.credit),
            effects=lambda by_unit: self.effects.parts(by_unit=by_unit),
        )

    def _scorecards_now(self) -> Scorecards:
        """The scorecards as goals ask them."""
        self.refresh()
        return self.scorecards

    @cached_property
    def kept_walks(self) -> KeptWalks:
        """The hub's walk store, kept beside the segments of history."""
        from noline.stores.walks.history import Rates
        from noline.stores.walks.kept import KeptWalks

        return KeptWalks(self.analytics, self.analytics.folder, Rates(self.settings.currency, self.settings.rates))

    @property
    def history(self) -> History:
        """What each person did, exposures included; the same until history moves on, see `refresh`."""
        return self.kept_walks.history()

    @property
    def walks(self) -> Walks:
        """Who went which way; what was merely sent is no step of anybody. The same until history moves on."""
        from noline.insight.walks.service import Walks

        history, walked = self.history, self._walked
        if walked is None or walked.whole is not history:
            walked = self._walked = Walks(history.touchpoints, history)
        return walked

    @property
    def lost_together(self) -> Together:
        """Who was lost between channels or dropped off, each person once; the same until history moves on."""
        return self.walks.together(self._times())

    def _times(self) -> Times:
        """How long people may take, as walks ask."""
        from noline.insight.walks.model import Windows as Times

        return Times(horizon=self.settings.drop_off_days * DAY, handoff=self.settings.handoff_days * DAY)

    def _past(self) -> Past:
        """History as saved questions are asked of it."""
        self.refresh()
        history = self.history
        return Past(history.touchpoints, self._told_until(history), self.settings.drop_off_days * DAY)

    def _told_until(self, history: History) -> Micros:
        """Until when history tells: a clock that runs ahead somewhere does not make the days until then observed."""
        return min(history.observed_until or 0, self.clock.now())

    @cached_property
    def _frictions(self) -> Latest[Frictions]:
        from noline.insight.frictions.service import Frictions, rules_of

        def work_out(history: History) -> Frictions:
            found = Frictions(
                history,
                rules=rules_of(self.folder, self.settings.frictions),
                currency=self.settings.currency,
                horizon=self.settings.drop_off_days * DAY,
                observed_until=self._told_until(history),
                keep_in=self._friction_answers,
                state=(history.version, history.currency, sorted(self.settings.rates.items())),
            )
            found.ranked()
            return found

        return Latest(work_out)

    @property
    def _friction_answers(self) -> Path:
        return self.folder / "analytics" / "frictions"

    @property
    def frictions(self) -> Frictions:
        """What keeps people from their goals, and what it costs; the same until history moves on, see `refresh`."""
        return self._frictions.of(self.history)

    @cached_property
    def _reasons(self) -> Latest[Reasons]:
        from noline.flows.reasons import Reasons
        from noline.insight.walks.service import Walks

        def work_out(history: History) -> Reasons:
            windows = replace(self._times(), observed_until=self._told_until(history))
            return Reasons(self._frictions.of(history), Walks(history.touchpoints, history), windows)

        return Latest(work_out)

    @property
    def causes(self) -> Reasons:
        """Where frictions and losses stand out; the same until history moves on, see `refresh`."""
        return self._reasons.of(self.history)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Signs, checks and compares fingerprints, with the key of this hub."""
        from noline.insight.fingerprints.service import Fingerprints

        return Fingerprints((self.folder / SECRET_FILE).read_bytes())

    @cached_property
    def _credit(self) -> Latest[Credit]:
        from noline.insight.credit.reading import trade_of
        from noline.insight.credit.rules import Rules as CreditRules
        from noline.insight.credit.service import Credit

        money = {"currency": self.settings.currency, "rates": self.settings.rates}

        def work_out(history: History) -> Credit:
            rules = CreditRules.from_settings(self.settings.credit)
            trade, facts = trade_of(self.answering, history, rules, **money)
            return Credit(trade, rules, facts, **money, effects=self.unit_effects)

        return Latest(work_out)

    @property
    def credit(self) -> Credit:
        """Which unit earned what; the same until history moves on, see `refresh`."""
        return self._credit.of(self.history)

    @cached_property
    def _paths(self) -> Latest[PathCredit]:
        return Latest(self._ways)

    @property
    def recommender(self) -> Recommender:
        """What customers buy next; fitted to history when there is none, or when it is more than a day old."""
        return self.recommending.recommender()

    @property
    def paths(self) -> PathCredit:
        """The ways to each order over the channels, and what each channel and hand-off is worth by them."""
        return self._paths.of(self.history)

    def unit_effects(
        self, currency: str | None = None, since: Micros | None = None, until: Micros | None = None
    ) -> Mapping[str, float]:
        """What part of the orders would be lost without each unit, by a Markov chain over units.

        currency: only of orders in it. since, until: only of what ended from one moment to before another.
        """
        if (currency, since, until) == (None, None, None):
            return self._unit_effects.of(self.history)
        return self._effects_of(self._ways(self.history, "unit", currency, since, until))

    @cached_property
    def _unit_effects(self) -> Latest[Mapping[str, float]]:
        return Latest(lambda history: self._effects_of(self._ways(history, "unit")))

    @staticmethod
    def _effects_of(ways: PathCredit) -> Mapping[str, float]:
        found = ways.attribute("markov")
        return dict(zip(found.names, found.conversions.tolist(), strict=True))

    def _ways(
        self,
        history: History,
        by: Literal["channel", "unit"] = "channel",
        currency: str | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
    ) -> PathCredit:
        """The ways to the orders that stand, of one currency and a time where that is asked."""
        from noline.insight.paths.service import PathCredit, of_history, placed_orders

        orders = placed_orders(
            self.answering, currency=self.settings.currency, rates=self.settings.rates, only=currency,
            last=history.version.position,
        )  # fmt: skip
        window = self.settings.handoff_days * DAY
        return PathCredit(of_history(history, window_us=window, by=by, orders=orders, since=since, until=until))

    @cached_property
    def _roles(self) -> Latest[Roles]:
        from noline.insight.roles.service import Roles

        def work_out(history: History) -> Roles:
            found = Roles(
                self.answering,
                history,
                currency=self.settings.currency,
                rates=self.settings.rates,
                observed_until=self._told_until(history),
            )
            found.channels()
            return found

        return Latest(work_out)

    @property
    def roles(self) -> Roles:
        """What each channel is for, measured; the same until history moves on, see `refresh`."""
        return self._roles.of(self.history)

    def refresh(self) -> None:
        """Bring history up to the log, if there is anything new."""
        seq = self.last_seq()
        if seq != self._read_up_to:
            self.finish_erasures()
            self.projector.project()
            self._read_up_to = seq

    # -- privacy

    def erase(self, person: str, *, by: str, reason: str) -> Erased:
        """Erase a person for good; erased already: the same receipt. Raises NotFound."""
        found = self.erasing.erase(person, by=by, reason=reason)
        self.finish_erasures()
        return self.erasing.receipt(found.id)

    def export_person(self, person: str) -> dict[str, Any]:
        """All that is held about one person, as JSON; raises NotFound."""
        rooms = ExportRooms(
            self.customers, self.profiles, self.consents, self.accounts, self.orders, self.carts, self.offers,
            self.clients, self.cases,
        )  # fmt: skip
        exporting = Exporting(
            store=self.store, log=self.log, facts=self.facts, rooms=rooms, access=self.access, outbox=self.outbox,
            clock=self.clock, company=self.settings.company,
        )  # fmt: skip
        return exporting.export(person)

    def finish_erasures(self) -> None:
        """Take what was erased out of history, the ledger and the journal; goes on where a crash cut it off."""
        due = self.erasing.unfinished()
        if not due:
            return
        from noline.insight.frictions import keeping

        amending = Amending(self.store, self.facts, self.analytics, self.answering, self.settings.currency)
        for receipt, to_do in due:
            segments = amending.amend(to_do)
            self.kept_walks.drop()
            self._walked = None
            for answers in (self._frictions, self._reasons, self._credit, self._paths, self._unit_effects, self._roles):
                answers.drop()
            keeping.drop(self._friction_answers)
            self.recommending.drop()
            self.greeting.forget()
            self.erasing.finished(receipt, {"segments": segments})
        compaction.empty_journal(self.store)

    def compact(self) -> int:
        """Write the store anew, so that nothing deleted is left in its files; answers its bytes."""
        self.finish_erasures()
        return compaction.compact(self.store)

    # -- care

    def verify(self) -> Verification:
        """Rebuild every fold from the log and compare; check the log and the books."""
        rules = self.customers.derivation.rules
        rooms = Rooms.of(self.vault.digest, self.settings.currency, rules, self.stock.settings)
        laws = [
            partial(checks.trouble, self.stock),
            partial(claims_are_explained, stock=self.stock, orders=self.orders, goods=self.goods),
        ]
        details = {"stock_cells": partial(checks.cells_astray, self.stock)}
        return verify(self.store, self.log, self.facts, rooms, self.vault.body_hash, laws, details)

    def examine(self) -> list[Finding]:
        """Is this machine, and is this hub, well?"""
        return examine(self.store, self.log, self.folder, self.settings, self.clock)

    def back_up(self, target: Path) -> list[moving.Moved]:
        """Write the whole hub into one file, secret included: keep it as you would keep the hub."""
        files = {name: self.folder / name for name in (SECRET_FILE, settings_file.FILE_NAME)}
        return moving.back_up(self.store, files, target)

    @classmethod
    def restore(
        cls, backup: Path, folder: Path | str, *, store: str | None = None, erasures: Path | None = None
    ) -> Self:
        """Make a hub from a backup. Raises HubExists, BackupBroken, TargetNotEmpty, SettingWrong and LedgerBroken.

        erasures: the ledger of the hub, when it does not lie in the folder; who was erased since the backup was made is
        erased again before the hub can be opened.
        """
        folder = Path(folder)
        if (folder / SECRET_FILE).exists():
            raise HubExists(path=folder)
        _refuse_other_store(store)
        with moving.opened(backup, needs=(SECRET_FILE,)) as whole:
            folder.mkdir(parents=True, exist_ok=True)
            whole.unpack(settings_file.FILE_NAME, folder)
            settings_file.change(folder, "store", store or "sqlite")
            target = open_store(folder, settings_file.load(folder))
            try:
                whole.restore(target, scratch=folder)
            finally:
                target.close()
            # History that another hub left in this folder must not be taken for this one's.
            shutil.rmtree(folder / "analytics", ignore_errors=True)
            entries = Ledger(erasures or folder / LEDGER_FILE).entries()
            if entries:
                with cls(folder, settings_file.load(folder), whole.read(SECRET_FILE), clock=SystemClock()) as restored:
                    restored.erasing.erase_again(entries)
                    restored.finish_erasures()
            whole.unpack(SECRET_FILE, folder)
        return cls.open(folder)

    def move(self, to: str) -> list[moving.Moved]:
        """Copy everything to another store, compare, and use that one from now on (reopen the hub).

        Raises TargetNotEmpty, MoveNotEqual and SettingWrong; this hub is as it was then.
        """
        _refuse_other_store(to)
        target = open_store(self.folder, settings_file.load(self.folder, {"NOLINE_STORE": to}))
        try:
            moved = moving.move(self.store, target)
        finally:
            target.close()
        settings_file.change(self.folder, "store", to)
        return moved


def _refuse_other_store(store: str | None) -> None:
    """A store that is about to be written into noline.toml counts only if the environment does not name another."""
    named = os.environ.get("NOLINE_STORE")
    if store and named and named != store:
        why = "it would override the one asked for; unset it first"
        raise SettingWrong(key="NOLINE_STORE", value="another store", why=why)


def open_store(folder: Path, settings: Settings, *, vfs: str | None = None) -> TransactionalStore:
    """The transactional store that the settings name."""
    if settings.store.startswith(("postgresql://", "postgres://")):
        from noline.stores.postgres import PostgresStore

        return PostgresStore(settings.store)
    from noline.stores.sqlite import SqliteStore

    if settings.store == "sqlite":
        return SqliteStore(folder / STORE_FILE, vfs=vfs)
    if not settings.store.startswith("sqlite:"):
        scheme = settings.store.partition(":")[0]
        raise SettingWrong(key="store", value=scheme, why="it takes sqlite, sqlite:PATH or postgresql://...")
    # Read from the hub's folder, so that it is the same file wherever a command is started.
    return SqliteStore(folder / settings.store.removeprefix("sqlite:"), vfs=vfs)


def _write_secret(path: Path, secret: bytes) -> None:
    settings_file.write_durably(path, secret, mode=0o600)
