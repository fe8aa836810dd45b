"""A card is put together: of a scene, what stands around it, what is said and what is proposed."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from noline.flows import matter
from noline.flows.assortment import Assortment
from noline.flows.offering import Report
from noline.flows.scene import Said, Scene
from noline.insight.actions.model import Kind, Place, Proposal, Situation
from noline.insight.card import service as cards
from noline.insight.greeting.service import address
from noline.kernel.clock import MINUTE
from noline.kernel.quantities import Units


class Composer:
    """Puts cards together."""

    def __init__(self, assortment: Assortment, measured: Callable[[str], Report | None]) -> None:
        """measured: what a programme was last found to change; None while nobody measured."""
        self._assortment = assortment
        self._measured = measured

    def card(
        self, scene: Scene, stands: Situation, said: Said, greeting: cards.Greeting, proposals: Iterable[Proposal]
    ) -> cards.Card:
        """The card of a scene; of these parts what may be shown."""
        asked, known, judged = scene.asked, scene.known, scene.judged
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
            actions=tuple(self._action(one) for one in proposals),
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
        effect, because = _effect(self._measured(one.programme))
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
    def _consent(purpose: str, scene: Scene) -> cards.ConsentState:
        told = scene.known.consents.get(purpose)
        return cards.ConsentState(purpose, scene.judged.states.get(purpose, "unknown"), told.told_at if told else None)


def _effect(report: Report | None) -> tuple[cards.Effect | None, str | None]:
    """What a programme changed, or why that cannot be told."""
    if report is None:
        return None, "not measured yet"
    effect = report.effect
    if report.too_few is not None or effect.value is None or effect.low is None or effect.high is None:
        return None, report.too_few
    return cards.Effect(effect.value, effect.low, effect.high, report.shown.persons + report.held.persons), None
