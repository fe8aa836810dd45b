"""Greet: somebody stands at the counter. What matters of them, what may be said aloud, and what to do next.

Everything is read in one state of the store; disclosure decides what of it goes on; that somebody looked is a deed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from msgspec.structs import replace

from noline.flows import matter
from noline.flows.acquaintance import Acquaintance, Rooms, acquaintance
from noline.flows.assortment import Assortment, Sold
from noline.flows.clienteling import Clienteling
from noline.flows.embedding import origins_of
from noline.flows.judged import PURPOSES, Basis, Judgement, judgement
from noline.flows.kept import Kept
from noline.flows.local_time import midnight_before, offset_at, zone_of
from noline.flows.matter import Arranged, Open
from noline.flows.offering import Offering, Report
from noline.flows.situation import Around, Shelf, margins_of, mentioned, names_of, situation
from noline.flows.wording import Endpoint, Wording
from noline.insight.actions.model import Due, Kind, Place, Proposal, Ranking, Situation
from noline.insight.card import service as cards
from noline.insight.greeting.service import (
    LANGUAGES,
    Greeter,
    LanguageUnknown,
    Occasion,
    Setting,
    address,
    language_of,
    seed_of,
)
from noline.insight.greeting.service import Greeting as Greeted
from noline.kernel.clock import DAY, MINUTE, Clock, Micros
from noline.kernel.disclosure import CardFact, Disclosed, Presence, Sayable
from noline.kernel.errors import NotReadable, SettingUnknown, SettingWrong
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.clients.model import VIEWED, View
from noline.truth.offers.model import ANSWERED, DRAWN

_MOST_KEPT = 5_000
"""Customers who are remembered with what was read of them, some ten kilobytes each."""

_SAME_VISIT: Micros = 30 * MINUTE
_SPOKEN_LANGUAGE = {"FR": "fr", "DE": "de", "AT": "de", "JP": "ja"}
_LAST_PURCHASE = "last_purchase"
_ELSEWHERE_ON_THE_CARD = frozenset(
    ("name", "open_loop", "follow_up", "city", "pickup", "appointment", _LAST_PURCHASE, "owned")
)
_WHILE_OPEN = frozenset(("pickup", "appointment"))
"""What is said beside an apology: nothing else is, while something is open."""


class PurposeUnknown(NotReadable):
    """A card was asked for a purpose that there is not."""

    code = "counter.purpose_unknown"
    sentence = "A card cannot be opened for {purpose!r}."
    hint = "Ask for service, personalisation or marketing."


class PresenceUnknown(NotReadable):
    """A card was asked for a way of being there that there is not."""

    code = "counter.presence_unknown"
    sentence = "Nobody is there by {presence!r}."
    hint = "Say declared, appointment, pickup or passive."


def presence_of(told: str) -> Presence:
    """How the customer came to be recognised; raises PresenceUnknown."""
    try:
        return Presence(told)
    except ValueError as cause:
        raise PresenceUnknown(presence=told) from cause


class Asked(NamedTuple):
    """How a card is asked for.

    store: the location where the customer stands; None on the phone. language: `en`, `de`, `fr` or `ja`; None: the one
    the customer told, else that of the country; in passing, only that of the country of the store. purpose: what the
    card is opened for, of `PURPOSES`. role: whose card it is; it decides the sections. by: who looks. identified_by:
    how the customer came to be known, in words. book: the card is kept for later in the client book of the day, so
    nothing is offered by it yet.
    """

    store: str | None = None
    presence: Presence = Presence.DECLARED
    language: str | None = None
    purpose: str = "personalisation"
    role: str = "associate"
    by: str = "noline"
    identified_by: str = ""
    book: bool = False


_KEYS = ("actions", "card", "fatigue_minor", "margin_percent", "offers_per_30_days", "origins", "time_zone", "wording")


def _refuse_unknown(told: Json) -> None:
    for key in told.keys() - set(_KEYS):
        nearest = next(iter(get_close_matches(key, _KEYS, 1, 0)))
        raise SettingUnknown(key=key, where="[counter]", nearest=nearest)


def _percent(told: Json, key: str, usual: int) -> int:
    value = told.get(key, usual)
    if type(value) is not int or not 0 <= value <= 100:
        raise SettingWrong(key=f"[counter] {key}", value=value, why="it takes a whole number from 0 to 100")
    return value


class _Said(NamedTuple):
    """The words of a card, before a language model is heard. basis: what they rest on beside the judgement."""

    judged: Judgement
    basis: tuple[object, ...]
    greeting: Greeted
    say: tuple[cards.Sentence, ...]
    see: tuple[cards.Chip, ...]
    loops: tuple[cards.Loop, ...]


class _Met:
    """A customer as the store has them, and beside that what was judged and worded last."""

    def __init__(self, known: Acquaintance) -> None:
        self.known = known
        self.judged: Judgement | None = None
        self.said: _Said | None = None


class _Scene(NamedTuple):
    """A customer at the counter: what is known, what of it may go on, and what is around them.

    views: who looked last. greeted_before: on how many days before today.
    """

    asked: Asked
    now: Micros
    met: _Met
    judged: Judgement
    open: Sequence[Open]
    ready: Sequence[tuple[cards.Pickup, CardFact]]
    today: Sequence[Arranged]
    views: Sequence[View]
    greeted_before: int
    language: str
    place: str
    setting: Setting

    @property
    def known(self) -> Acquaintance:
        """What the rooms know."""
        return self.met.known


class Greeting:
    """Composes cards."""

    def __init__(
        self,
        *,
        store: TransactionalStore,
        rooms: Rooms,
        clienteling: Clienteling,
        offering: Offering,
        look: Callable[[Sequence[str], Micros], Mapping[str, Mapping[str, Units]]],
        due: Callable[[Acquaintance, cards.Products, Micros], Iterable[Due]],
        clock: Clock,
        currency: str,
        told: Json,
    ) -> None:
        """look: units of items that may be promised, by location.

        due: what a customer usually buys about now; it is given what they bought.
        currency: the hub's. told: the settings `[counter]`. Raises SettingWrong and SettingUnknown.
        """
        self._store = store
        self._rooms = rooms
        self._clienteling = clienteling
        self._offering = offering
        self._look = look
        self._due = due
        self._clock = clock
        self._currency = currency
        _refuse_unknown(told)
        origins_of(told)
        self._rules = cards.rules_from(told.get("card", {}))
        self._margin_percent = _percent(told, "margin_percent", 40)
        self._zone = zone_of(told)
        self._assortment = Assortment(rooms.catalogue)
        self._people = Kept(
            self._meet, _MOST_KEPT, idle=(VIEWED, DRAWN, ANSWERED), lasts=lambda met: not met.known.asked_who
        )
        self._greeter = Greeter()
        self._endpoint = Endpoint.from_settings(told)
        self._wording = Wording(self._greeter, self._endpoint)

    def close(self) -> None:
        """Ask no language model any more, and forget everybody."""
        self._wording.close()
        self.forget()

    def forget(self) -> None:
        """Let go of everything that was read of customers."""
        self._people.forget()

    def kept(self) -> int:
        """How many customers are remembered with what was read of them."""
        return len(self._people)

    def card(self, person: str, asked: Asked) -> cards.Card:
        """One customer's card; that it was opened is noted.

        Raises NotFound, LanguageUnknown and PurposeUnknown.
        """
        if asked.purpose not in PURPOSES:
            raise PurposeUnknown(purpose=asked.purpose)
        now = self._clock.now()
        with self._store.reading() as reader:
            scene = self._scene(reader, person, asked, now)
            stands = self._situation(reader, scene)
            skus = list(dict.fromkeys([*mentioned(stands), *_bought_last(scene)]))
            sold = self._assortment.sold(reader, skus, now)
            named = self._assortment.words(reader, now) if self._endpoint else frozenset[str]()
        # A language model may be slow: it is asked while no transaction is open.
        greeting = self._greeting(scene, named)
        stands = self._stocked(stands, skus, sold)
        # Who looked is written in the same transaction as what was drawn for the customer by looking.
        with self._store.transaction() as tx:
            ranking = (
                None if asked.presence is Presence.PASSIVE else self._offering.propose(tx, scene.known.whom, stands)
            )
            found = self._composed(scene, stands, greeting, ranking)
            self._clienteling.viewed(
                tx, scene.known.whom, by=asked.by, store=asked.store, purpose=_purpose(asked),
                facts=tuple(found.facts), once=_once(scene),
            )  # fmt: skip
        return found

    # -- what is known

    def _meet(self, reader: Reader, person: str) -> _Met:
        return _Met(acquaintance(reader, self._rooms, person))

    def _scene(self, reader: Reader, person: str, asked: Asked, now: Micros) -> _Scene:
        met = self._people.of(reader, person)
        known = met.known
        place, country, offset = self._where(reader, asked, known, now)
        goods = self._assortment.reading(reader, now)
        sold = self._assortment.sold(reader, (line.sku for _, lines in known.bought for line in lines), now)
        products = {sku: one.product for sku, one in sold.items()}
        midnight = midnight_before(now, offset)
        opened, ready = matter.open_matters(known, now), matter.pickups(known, asked.store, products)
        today = matter.arranged(known, midnight, midnight + DAY)
        beside = (
            *(one.fact for one in opened), *(fact for _, fact in ready), *(one.fact for one in today),
            *matter.planned(known), *matter.wished(known, now),
        )  # fmt: skip
        language = self._language(asked, known, country)
        basis = Basis(asked.presence, asked.purpose, language, goods, beside)
        judged = met.judged
        if judged is None or not judged.stands(basis, now):
            fits = self._assortment.fits(reader, now)
            judged = met.judged = judgement(known, basis, now, products, fits, self._rules)
        views = self._rooms.clients.looks(reader, known.whom.subjects)
        greeted_before = self._rooms.clients.days_seen(reader, known.whom.subjects, midnight, offset, views)
        return _Scene(
            asked, now, met, judged, opened, ready, today, views, greeted_before, language, place,
            Setting(now, offset, judged.names),
        )  # fmt: skip

    def _where(self, reader: Reader, asked: Asked, known: Acquaintance, now: Micros) -> tuple[str, str, Micros]:
        """How the store is called, in which country the customer stands, and local time minus UTC.

        Where somebody lives is not looked at in passing.
        """
        store, lives_in = asked.store, known.traits.get("address.country")
        country = lives_in.value.upper() if lives_in and asked.presence is not Presence.PASSIVE else ""
        place = store or ""
        # A store that nobody described yet has associates too.
        if store is not None and (found := self._assortment.place(reader, store, now)) is not None:
            place, country = found.name or store, found.country or country
        return place, country, offset_at(country or None, now, self._zone)

    def _language(self, asked: Asked, known: Acquaintance, country: str) -> str:
        if asked.language is not None:
            if asked.language not in LANGUAGES:
                raise LanguageUnknown(language=repr(asked.language))
            return asked.language
        told = ("language", "locale") if asked.presence is not Presence.PASSIVE else ()
        spoken = next((known.traits[one].value for one in told if one in known.traits), None)
        return language_of(spoken, _SPOKEN_LANGUAGE.get(country, "en"))

    # -- what to do next

    def _situation(self, reader: Reader, scene: _Scene) -> Situation:
        around = Around(
            scene.now, scene.asked.presence, scene.asked.store, scene.place, scene.language, self._margin_percent
        )
        judged = scene.judged
        personal = "personalisation" in judged.disclosed.granted
        return situation(
            scene.known, judged.held, judged.disclosed, around,
            open_loops=[one.id for one in scene.open if one.fact.id in judged.useful],
            ready=[one for one, fact in scene.ready if fact.id in judged.useful],
            consents=self._consents(scene),
            launched=self._assortment.launched(reader, scene.now) if personal else (),
            due=self._due(scene.known, judged.products, scene.now) if personal else (),
            offers=not (scene.asked.book or judged.minor),
        )  # fmt: skip

    def _stocked(self, told: Situation, skus: Sequence[str], sold: Mapping[str, Sold]) -> Situation:
        """The same situation with what is on the shelves here and elsewhere, what it is called and what it leaves."""
        if not skus:
            return told
        shelf = Shelf(self._look(skus, told.now), self._assortment.known_places())
        return replace(
            told,
            here={sku: shelf.here(sku, told.store) for sku in skus},
            elsewhere={sku: shelf.elsewhere(sku, told.store) for sku in skus},
            margin=margins_of(sold, self._margin_percent, self._currency),
            names=names_of(sold),
        )

    @staticmethod
    def _consents(scene: _Scene) -> Mapping[str, str]:
        """As a programme may count on them: a yes to what the card is not opened for is no yes here, nor unknown."""
        granted = scene.judged.disclosed.granted
        return {
            purpose: state if state != "granted" or purpose in granted else "not asked for here"
            for purpose, state in scene.judged.states.items()
        }

    # -- the card

    def _composed(
        self, scene: _Scene, stands: Situation, greeting: cards.Greeting, ranking: Ranking | None
    ) -> cards.Card:
        asked, known = scene.asked, scene.known
        judged, said = scene.judged, self._words_of(scene)
        views = scene.views[: cards.views_for(asked.role)]
        frame = cards.Frame(
            known.whom.person, scene.now, str(asked.presence), scene.language, asked.store, scene.place or None,
            scene.setting.offset // MINUTE,
        )  # fmt: skip
        who = cards.Who(
            name=known.name,
            address_as=address(judged.person, scene.language) or None,
            identified_by=asked.identified_by or str(asked.presence),
            city=known.traits["address.city"].value if "address.city" in known.traits else None,
            adviser=cards.Adviser(*known.client.adviser) if known.client.adviser else None,
        )
        parts = cards.Parts(
            who=who,
            loops=said.loops,
            greeting=greeting,
            say=said.say,
            see=said.see,
            purchases=self._with_stock(judged.held.purchases, stands),
            preferences=judged.held.preferences,
            owned=judged.held.owned,
            actions=tuple(self._action(one) for one in (ranking.proposals if ranking else ())),
            pickups=tuple(one for one, _ in scene.ready),
            appointments=tuple(
                cards.Appointment(
                    one.id, one.at or one.told_at, one.store or "", matter.discreet(one.topic), str(one.state)
                )
                for one in known.client.appointments
            ),
            follow_ups=tuple(cards.FollowUp(one.id, one.due, one.text, one.by) for one in known.client.follow_ups),
            consent=tuple(self._consent(purpose, scene) for purpose in matter.PURPOSES),
            notes=tuple(cards.Note(*one) for one in known.client.notes),
            viewed=tuple(cards.View(one.by, one.at, one.store, one.purpose) for one in views),
        )
        return cards.compose(frame, parts, judged.disclosed, asked.role)

    def _loop(self, one: Open, scene: _Scene) -> cards.Loop:
        text = self._greeter.loop(one.kind, one.fact, scene.language, scene.setting)
        return cards.Loop(one.id, one.kind, text, one.since, one.order, (one.fact.id,))

    def _greeting(self, scene: _Scene, products: frozenset[str]) -> cards.Greeting:
        """products: words of the names of everything that is sold, none where no language model is asked."""
        judged = scene.judged
        worded = self._wording.worded(
            self._words_of(scene).greeting, judged.disclosed.sayable(), language=scene.language, person=judged.person,
            setting=scene.setting, products=products,
        )  # fmt: skip
        return cards.Greeting(worded.text, worded.facts, worded.by, worded.apology, worded.because)

    def _words_of(self, scene: _Scene) -> _Said:
        """What is said and shown in our own words; they tell days, and differ from visit to visit."""
        judged, offset, occasion = scene.judged, scene.setting.offset, self._occasion(scene)
        basis = (offset, (scene.now + offset) // DAY, occasion, scene.greeted_before)
        said = scene.met.said
        if said is None or said.judged is not judged or said.basis != basis:
            said = scene.met.said = self._worded(scene, basis, occasion)
        return said

    def _worded(self, scene: _Scene, basis: tuple[object, ...], occasion: Occasion) -> _Said:
        judged, language, setting = scene.judged, scene.language, scene.setting
        seed = seed_of(scene.known.whom.person, scene.greeted_before)
        greeting = self._greeter.greet(
            judged.disclosed.sayable(), language=language, person=judged.person, occasion=occasion, seed=seed
        )
        say = self._greeter.say(
            self._worth_saying(scene), language=language, seed=seed, person=judged.person, setting=setting
        )
        see = self._greeter.see(_chips(judged.disclosed), language=language, setting=setting)
        return _Said(
            judged,
            basis,
            greeting,
            tuple(cards.Sentence(one.text, one.facts) for one in say),
            tuple(cards.Chip(one.key, one.text, one.facts) for one in see),
            tuple(self._loop(one, scene) for one in scene.open),
        )

    def _worth_saying(self, scene: _Scene) -> list[Sayable]:
        """Of several purchases the youngest: nobody is read a list."""
        sayable = scene.judged.disclosed.sayable()
        if self._is_open(scene):
            return [one for one in sayable if _head(one.fact) in _WHILE_OPEN]
        bought = [one for one in sayable if _head(one.fact) == _LAST_PURCHASE]
        youngest = max(bought, key=lambda one: one.fact.observed_at, default=None)
        return [one for one in sayable if _head(one.fact) != _LAST_PURCHASE or one is youngest]

    def _occasion(self, scene: _Scene) -> Occasion:
        if scene.asked.presence is Presence.PASSIVE:
            return Occasion.PASSIVE
        if self._is_open(scene):
            return Occasion.LOOP
        if scene.ready:
            return Occasion.PICKUP
        if scene.today:
            return Occasion.APPOINTMENT
        midnight = midnight_before(scene.now, scene.setting.offset)
        views = (one for one in scene.views if one.purpose not in _NO_VISIT)
        earlier = any(midnight <= one.at < scene.now - _SAME_VISIT for one in views)
        return Occasion.RETURNING if earlier else Occasion.FIRST

    @staticmethod
    def _is_open(scene: _Scene) -> bool:
        """Whether something is open that may be used here."""
        return any(one.fact.id in scene.judged.useful for one in scene.open)

    def _with_stock(self, bought: cards.Purchases | None, stands: Situation) -> cards.Purchases | None:
        """The last purchases with where each item lies now, so that what is not here can be had from elsewhere."""
        if bought is None or stands.store is None:
            return bought
        last = tuple(
            replace(one, items=tuple(self._item_with_stock(item, stands) for item in one.items)) for one in bought.last
        )
        return replace(bought, last=last)

    def _item_with_stock(self, item: cards.Item, stands: Situation) -> cards.Item:
        elsewhere = self._elsewhere(stands.elsewhere.get(item.sku, ()))
        return replace(item, here=Units(stands.here.get(item.sku, 0)), elsewhere=elsewhere)

    def _elsewhere(self, places: Iterable[Place]) -> tuple[cards.Elsewhere, ...]:
        named = self._assortment.named
        return tuple(cards.Elsewhere(at.location, named(at.location), Units(at.units)) for at in places)

    def _action(self, one: Proposal) -> cards.Action:
        effect, because = _effect(self._offering.measured(one.programme))
        items = tuple(
            cards.ActionItem(item.sku, item.name, Units(item.here), self._elsewhere(item.elsewhere))
            for item in one.items
        )
        is_service = one.kind is Kind.SERVICE
        return cards.Action(
            one.programme, one.title, one.reason, items, effect, None if is_service else because,
            score_minor=one.score_minor, service=is_service,
        )  # fmt: skip

    @staticmethod
    def _consent(purpose: str, scene: _Scene) -> cards.ConsentState:
        told = scene.known.consents.get(purpose)
        return cards.ConsentState(purpose, scene.judged.states.get(purpose, "unknown"), told.told_at if told else None)


_BOOK = "client book"
_NO_VISIT = frozenset((_BOOK, str(Presence.PASSIVE)))
"""Looks at which nobody was spoken to."""


def _purpose(asked: Asked) -> str:
    """For what a card was opened, as the customer may read it."""
    if asked.presence is Presence.PASSIVE:
        return str(asked.presence)
    return _BOOK if asked.book else asked.purpose


def _once(scene: _Scene) -> str | None:
    """What makes two looks one: a client book that the same person fetches in a store twice a day; else nothing."""
    asked, today = scene.asked, (scene.now + scene.setting.offset) // DAY
    return f"{asked.store or ''}:{asked.by}:{today}" if asked.book else None


def _bought_last(scene: _Scene) -> list[str]:
    """Items of the last purchases, where somebody stands at a store."""
    bought = scene.judged.held.purchases
    if bought is None or scene.asked.store is None:
        return []
    return [item.sku for one in bought.last for item in one.items]


def _head(fact: CardFact) -> str:
    """What a fact is about: its key before the first dot."""
    return fact.key.partition(".")[0]


def _chips(found: Disclosed) -> list[CardFact]:
    """What is shown and has no place of its own on the card."""
    return [fact for fact in found.shown() if _head(fact) not in _ELSEWHERE_ON_THE_CARD]


def _effect(report: Report | None) -> tuple[cards.Effect | None, str | None]:
    """What a programme changed, or why that cannot be told."""
    if report is None:
        return None, "not measured yet"
    effect = report.effect
    if report.too_few is not None or effect.value is None or effect.low is None or effect.high is None:
        return None, report.too_few
    return cards.Effect(effect.value, effect.low, effect.high, report.shown.persons + report.held.persons), None
