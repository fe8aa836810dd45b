"""The scene at the counter: who stands there, where, what is known of them and what of it may go on.

Everything is read in one state of the store. What was read of a customer is kept while the log vouches for it, and who
looked at them is kept beside it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from noline.flows import matter
from noline.flows.acquaintance import Acquaintance, Rooms, acquaintance
from noline.flows.assortment import Assortment
from noline.flows.judged import Basis, Judgement, judgement
from noline.flows.kept import Kept, Moment
from noline.flows.local_time import midnight_before, offset_at
from noline.flows.matter import Arranged, Open
from noline.insight.card import service as cards
from noline.insight.greeting.service import LANGUAGES, LanguageUnknown, Setting, language_of
from noline.insight.greeting.service import Greeting as Greeted
from noline.kernel.clock import DAY, Micros
from noline.kernel.disclosure import CardFact, Presence
from noline.stores.transactional import Reader
from noline.truth.clients.model import VIEWED, View
from noline.truth.clients.service import Look
from noline.truth.offers.model import ANSWERED, DRAWN

_MOST_KEPT = 5_000
"""Customers who are remembered with what was read of them, some ten kilobytes each."""

_SPOKEN_LANGUAGE = {"FR": "fr", "DE": "de", "AT": "de", "JP": "ja"}


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


class Said(NamedTuple):
    """The words of a card, before a language model is heard. basis: what they rest on beside the judgement."""

    judged: Judgement
    basis: tuple[object, ...]
    greeting: Greeted
    say: tuple[cards.Sentence, ...]
    see: tuple[cards.Chip, ...]
    loops: tuple[cards.Loop, ...]


class _Looks(NamedTuple):
    """Who looked at a customer's card, as it was at a moment."""

    moment: Moment
    views: Sequence[View]


class Met:
    """A customer as the store has them, and beside that who looked, and what was judged and worded last."""

    def __init__(self, known: Acquaintance) -> None:
        """known: what the rooms know."""
        self.known = known
        self.looks: _Looks | None = None
        self.judged: Judgement | None = None
        self.said: Said | None = None


class Scene(NamedTuple):
    """A customer at the counter: what is known, what of it may go on, and what is around them.

    views: who looked last. greeted_before: on how many days before today.
    """

    asked: Asked
    now: Micros
    met: Met
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


class Scenes:
    """Finds out who stands at the counter, and keeps what was read of the customers met last."""

    def __init__(self, rooms: Rooms, assortment: Assortment, rules: cards.Rules, zone: str) -> None:
        """zone: local time where the country of a store has several; empty for that of the country."""
        self._rooms = rooms
        self._assortment = assortment
        self._rules = rules
        self._zone = zone
        self._people = Kept(
            self._meet, _MOST_KEPT, idle=(VIEWED, DRAWN, ANSWERED), lasts=lambda met: not met.known.asked_who
        )

    def forget(self) -> None:
        """Let go of everything that was read of customers."""
        self._people.forget()

    def kept(self) -> int:
        """How many customers are remembered with what was read of them."""
        return len(self._people)

    def _meet(self, reader: Reader, person: str) -> Met:
        return Met(acquaintance(reader, self._rooms, person))

    def of(self, reader: Reader, person: str, asked: Asked, now: Micros) -> Scene:
        """A customer at the counter, in the state of the store that is read. Raises NotFound and LanguageUnknown."""
        met, moment = self._people.at_moment(reader, person)
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
        views = self._views(reader, met, moment)
        greeted_before = self._rooms.clients.days_seen(reader, known.whom.subjects, midnight, offset, views)
        return Scene(
            asked, now, met, judged, opened, ready, today, views, greeted_before, language, place,
            Setting(now, offset, judged.names),
        )  # fmt: skip

    def _views(self, reader: Reader, met: Met, moment: Moment) -> Sequence[View]:
        """Who looked last. A look is a record about the customer, so no other record changes what was read."""
        clients, subjects, kept = self._rooms.clients, met.known.whom.subjects, met.looks
        new = moment.since(kept.moment, VIEWED, subjects) if kept else None
        views = None
        if kept and new is not None:
            views = clients.looks_and(reader, kept.views, [Look(one.subject, one.at, one.message_id) for one in new])
        if views is None:
            views = clients.looks(reader, subjects)
        met.looks = _Looks(moment, views)
        return views

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
