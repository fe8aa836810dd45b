"""Greet: somebody stands at the counter. What matters of them, what may be said aloud, and what to do next.

Everything is read in one state of the store; disclosure decides what of it goes on; that somebody looked is a deed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from msgspec.structs import replace

from noline.flows.acquaintance import Acquaintance, Rooms
from noline.flows.assortment import Assortment, Sold
from noline.flows.clienteling import Clienteling
from noline.flows.composed import Composer
from noline.flows.deeds import Deed
from noline.flows.embedding import origins_of
from noline.flows.judged import PURPOSES
from noline.flows.local_time import zone_of
from noline.flows.offering import Offering
from noline.flows.said import BOOK, Words
from noline.flows.scene import Asked, Said, Scene, Scenes
from noline.flows.situation import Around, Shelf, margins_of, mentioned, names_of, situation
from noline.flows.wording import Endpoint, Wording
from noline.insight.actions.model import Due, Proposal, Situation
from noline.insight.card import service as cards
from noline.insight.greeting.service import Greeter
from noline.kernel.clock import DAY, Clock, Micros
from noline.kernel.disclosure import Presence
from noline.kernel.errors import NotReadable, SettingUnknown, SettingWrong
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, TransactionalStore


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
        _refuse_unknown(told)
        origins_of(told)
        self._store = store
        self._clienteling = clienteling
        self._offering = offering
        self._look = look
        self._due = due
        self._clock = clock
        self._currency = currency
        self._margin_percent = _percent(told, "margin_percent", 40)
        self._assortment = Assortment(rooms.catalogue)
        self._scenes = Scenes(rooms, self._assortment, cards.rules_from(told.get("card", {})), zone_of(told))
        self._composer = Composer(self._assortment, offering.measured)
        greeter = Greeter()
        self._words = Words(greeter)
        self._endpoint = Endpoint.from_settings(told)
        self._wording = Wording(greeter, self._endpoint)

    def close(self) -> None:
        """Ask no language model any more, and forget everybody."""
        self._wording.close()
        self.forget()

    def forget(self) -> None:
        """Let go of everything that was read of customers."""
        self._scenes.forget()

    def kept(self) -> int:
        """How many customers are remembered with what was read of them."""
        return self._scenes.kept()

    def card(self, person: str, asked: Asked) -> cards.Card:
        """One customer's card; that it was opened is noted.

        Raises NotFound, LanguageUnknown and PurposeUnknown.
        """
        if asked.purpose not in PURPOSES:
            raise PurposeUnknown(purpose=asked.purpose)
        now = self._clock.now()
        with self._store.reading() as reader:
            scene = self._scenes.of(reader, person, asked, now)
            stands = self._situation(reader, scene)
            skus = list(dict.fromkeys([*mentioned(stands), *_bought_last(scene)]))
            sold = self._assortment.sold(reader, skus, now)
            named = self._assortment.words(reader, now) if self._endpoint else frozenset[str]()
        said = self._words.of(scene)
        # A language model may be slow: it is asked while no transaction is open.
        greeting = self._greeting(scene, said, named)
        return self._noted(scene, self._stocked(stands, skus, sold), said, greeting)

    def _noted(self, scene: Scene, stands: Situation, said: Said, greeting: cards.Greeting) -> cards.Card:
        """The card, with what is proposed; who looked and what was drawn by looking are noted, in one write."""
        asked, whom = scene.asked, scene.known.whom
        with self._store.transaction() as tx:
            proposals, draws = self._proposed(tx, scene, stands)
            found = self._composer.card(scene, stands, said, greeting, proposals)
            self._clienteling.viewed(
                tx, whom, by=asked.by, store=asked.store, purpose=_purpose(asked), facts=tuple(found.facts),
                once=_once(scene), beside=draws,
            )  # fmt: skip
        return found

    def _proposed(
        self, reader: Reader, scene: Scene, stands: Situation
    ) -> tuple[Sequence[Proposal], Sequence[tuple[Deed, str]]]:
        """What to do next, and what is drawn by proposing it; nothing in passing."""
        if scene.asked.presence is Presence.PASSIVE:
            return (), ()
        ranking, draws = self._offering.ranked(reader, scene.known.whom, stands)
        return ranking.proposals, draws

    def _greeting(self, scene: Scene, said: Said, products: frozenset[str]) -> cards.Greeting:
        """products: words of the names of everything that is sold, none where no language model is asked."""
        judged = scene.judged
        worded = self._wording.worded(
            said.greeting, judged.disclosed.sayable(), language=scene.language, person=judged.person,
            setting=scene.setting, products=products,
        )  # fmt: skip
        return cards.Greeting(worded.text, worded.facts, worded.by, worded.apology, worded.because)

    # -- what to do next

    def _situation(self, reader: Reader, scene: Scene) -> Situation:
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
    def _consents(scene: Scene) -> Mapping[str, str]:
        """As a programme may count on them: a yes to what the card is not opened for is no yes here, nor unknown."""
        granted = scene.judged.disclosed.granted
        return {
            purpose: state if state != "granted" or purpose in granted else "not asked for here"
            for purpose, state in scene.judged.states.items()
        }


def _purpose(asked: Asked) -> str:
    """For what a card was opened, as the customer may read it."""
    if asked.presence is Presence.PASSIVE:
        return str(asked.presence)
    return BOOK if asked.book else asked.purpose


def _once(scene: Scene) -> str | None:
    """What makes two looks one: a client book that the same person fetches in a store twice a day; else nothing."""
    asked, today = scene.asked, (scene.now + scene.setting.offset) // DAY
    return f"{asked.store or ''}:{asked.by}:{today}" if asked.book else None


def _bought_last(scene: Scene) -> list[str]:
    """Items of the last purchases, where somebody stands at a store."""
    bought = scene.judged.held.purchases
    if bought is None or scene.asked.store is None:
        return []
    return [item.sku for one in bought.last for item in one.items]
