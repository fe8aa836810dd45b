"""What a card says in our own words: the greeting, the sentences after it, and what is shown beside them.

Words are kept beside what was judged of the customer, and worded anew when a day ends or another occasion comes.
"""

from noline.flows.local_time import midnight_before
from noline.flows.matter import Open
from noline.flows.scene import Said, Scene
from noline.insight.card import service as cards
from noline.insight.greeting.service import Greeter, Occasion, seed_of
from noline.kernel.clock import DAY, MINUTE, Micros
from noline.kernel.disclosure import CardFact, Disclosed, Presence, Sayable

BOOK = "client book"
"""The purpose of a card that is fetched to be kept for the day."""

_NO_VISIT = frozenset((BOOK, str(Presence.PASSIVE)))
"""Looks at which nobody was spoken to."""

_SAME_VISIT: Micros = 30 * MINUTE
_LAST_PURCHASE = "last_purchase"
_ELSEWHERE_ON_THE_CARD = frozenset(
    ("name", "open_loop", "follow_up", "city", "pickup", "appointment", _LAST_PURCHASE, "owned")
)
_WHILE_OPEN = frozenset(("pickup", "appointment"))
"""What is said beside an apology: nothing else is, while something is open."""


class Words:
    """Words the cards of one hub."""

    def __init__(self, greeter: Greeter) -> None:
        """greeter: has the templates."""
        self._greeter = greeter

    def of(self, scene: Scene) -> Said:
        """What is said and shown in our own words; they tell days, and differ from visit to visit."""
        judged, offset, occasion = scene.judged, scene.setting.offset, self._occasion(scene)
        basis = (offset, (scene.now + offset) // DAY, occasion, scene.greeted_before)
        said = scene.met.said
        if said is None or said.judged is not judged or said.basis != basis:
            said = scene.met.said = self._worded(scene, basis, occasion)
        return said

    def _worded(self, scene: Scene, basis: tuple[object, ...], occasion: Occasion) -> Said:
        judged, language, setting = scene.judged, scene.language, scene.setting
        seed = seed_of(scene.known.whom.person, scene.greeted_before)
        greeting = self._greeter.greet(
            judged.disclosed.sayable(), language=language, person=judged.person, occasion=occasion, seed=seed
        )
        say = self._greeter.say(
            self._worth_saying(scene), language=language, seed=seed, person=judged.person, setting=setting
        )
        see = self._greeter.see(_chips(judged.disclosed), language=language, setting=setting)
        return Said(
            judged,
            basis,
            greeting,
            tuple(cards.Sentence(one.text, one.facts) for one in say),
            tuple(cards.Chip(one.key, one.text, one.facts) for one in see),
            tuple(self._loop(one, scene) for one in scene.open),
        )

    def _worth_saying(self, scene: Scene) -> list[Sayable]:
        """Of several purchases the youngest: nobody is read a list."""
        sayable = scene.judged.disclosed.sayable()
        if self._is_open(scene):
            return [one for one in sayable if _head(one.fact) in _WHILE_OPEN]
        bought = [one for one in sayable if _head(one.fact) == _LAST_PURCHASE]
        youngest = max(bought, key=lambda one: one.fact.observed_at, default=None)
        return [one for one in sayable if _head(one.fact) != _LAST_PURCHASE or one is youngest]

    def _occasion(self, scene: Scene) -> Occasion:
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
    def _is_open(scene: Scene) -> bool:
        """Whether something is open that may be used here."""
        return any(one.fact.id in scene.judged.useful for one in scene.open)

    def _loop(self, one: Open, scene: Scene) -> cards.Loop:
        text = self._greeter.loop(one.kind, one.fact, scene.language, scene.setting)
        return cards.Loop(one.id, one.kind, text, one.since, one.order, (one.fact.id,))


def _head(fact: CardFact) -> str:
    """What a fact is about: its key before the first dot."""
    return fact.key.partition(".")[0]


def _chips(found: Disclosed) -> list[CardFact]:
    """What is shown and has no place of its own on the card."""
    return [fact for fact in found.shown() if _head(fact) not in _ELSEWHERE_ON_THE_CARD]
