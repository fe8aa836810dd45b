"""Put a card together: what may be shown, in hard limits, what is open first.

A part is on the card when every fact that it rests on is shown, and when the role may see its section. What rests on no
fact of its own, such as a note, is service: it stands when service is allowed and the customer came to be known openly.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from noline.insight.card.goods import may_be_named
from noline.insight.card.model import (
    Action,
    Card,
    Frame,
    Greeting,
    Loop,
    Parts,
    Pickup,
    Purchases,
    Shown,
    Who,
)
from noline.insight.card.purchasing import LANES, PRIMARY
from noline.insight.card.rights import SECTIONS, sections_for, views_for
from noline.kernel.disclosure import SERVICE, Disclosed, Judged, Level, Presence, Provenance
from noline.kernel.special import proxies_in

MOST_LOOPS = 2
MOST_OTHER_LOOPS = 20
MOST_SAY = 3
MOST_SEE = 5
MOST_ACTIONS = 3

LOOPS_IN_ORDER = ("complaint", "callback", "late_order", "pending_return", "unanswered")
"""The kinds of open matters, the gravest first."""

_COMES_FIRST = {
    "complaint": "an open complaint comes first",
    "callback": "a call that was promised comes first",
    "late_order": "a late order comes first",
    "pending_return": "a return that is not settled comes first",
    "unanswered": "a message without an answer comes first",
}
_SOMETHING_COMES_FIRST = "something open comes first"


class _Seen(NamedTuple):
    """What the parts of a card are held against.

    facts: those that are shown, by name. known: the customer came to be known openly. served: and service is allowed.
    """

    facts: dict[str, Judged]
    known: bool
    served: bool

    def shows(self, names: Iterable[str]) -> bool:
        """Whether all of these facts are shown."""
        return all(name in self.facts for name in names)

    def says(self, names: Iterable[str]) -> bool:
        """Whether all of these facts may be said."""
        return all(name in self.facts and self.facts[name].level is Level.SAY for name in names)

    def about(self, key: str) -> str | None:
        """The name of a shown fact with this key."""
        return next((name for name, one in self.facts.items() if one.fact.key == key), None)


def compose(frame: Frame, parts: Parts, disclosed: Disclosed, role: str = "associate") -> Card:
    """The card: of the parts, what may be shown to this role. Money, texts and numbers are as they were brought."""
    seen = _seen(disclosed)
    sections = sections_for(role)
    suppressed = _suppressed(parts.loops, disclosed, seen)
    own = _limited(_shown(_of_role(parts, sections), seen, silent=suppressed is not None), role)
    return Card(
        customer=frame.customer,
        as_of=frame.as_of,
        presence=frame.presence,
        language=frame.language,
        store=frame.store,
        place=frame.place,
        utc_offset_minutes=frame.utc_offset_minutes,
        who=own.who,
        loops=own.loops[:MOST_LOOPS],
        more_loops=max(0, len(own.loops) - MOST_LOOPS),
        other_loops=own.loops[MOST_LOOPS : MOST_LOOPS + MOST_OTHER_LOOPS],
        greeting=own.greeting,
        say=own.say,
        see=own.see,
        purchases=own.purchases,
        preferences=own.preferences,
        owned=own.owned,
        actions=own.actions,
        suppressed=suppressed if "actions" in sections else None,
        pickups=own.pickups,
        appointments=own.appointments,
        follow_ups=own.follow_ups,
        consent=own.consent,
        notes=own.notes,
        viewed=own.viewed,
        facts=_facts(own, seen),
        sections=tuple(section for section in SECTIONS if section in sections),
    )


def _seen(disclosed: Disclosed) -> _Seen:
    """The shown facts by name; of two with one name the stricter decides."""
    by_name: dict[str, Judged] = {}
    for one in disclosed.judged:
        other = by_name.get(one.fact.id)
        if other is None or one.level < other.level:
            by_name[one.fact.id] = one
    facts = {name: one for name, one in by_name.items() if one.level >= Level.SEE}
    known = disclosed.presence is not Presence.PASSIVE
    return _Seen(facts, known, known and SERVICE in disclosed.granted)


def _of_role(parts: Parts, sections: frozenset[str]) -> Parts:
    """The parts whose section a role may see; the others as if there were nothing."""
    if sections.issuperset(Parts._fields):
        return parts
    return parts._replace(**{name: _NOTHING[name] for name in Parts._fields if name not in sections})


_NOTHING = Parts()._asdict()


def _shown(parts: Parts, seen: _Seen, *, silent: bool) -> Parts:
    """What of the parts may be shown. silent: nothing is sold now."""
    return Parts(
        who=_who(parts.who, seen),
        loops=_gravest_first(loop for loop in parts.loops if seen.served and seen.shows(loop.facts)),
        greeting=_greeting(parts.greeting, seen),
        say=tuple(one for one in parts.say if one.facts and seen.says(one.facts)),
        see=tuple(one for one in parts.see if one.facts and seen.shows(one.facts)),
        purchases=_purchases(parts.purchases, seen),
        preferences=tuple(one for one in parts.preferences if one.fact in seen.facts),
        owned=tuple(one for one in parts.owned if one.fact in seen.facts),
        actions=tuple(one for one in parts.actions if _may_be_offered(one, seen, silent=silent)),
        pickups=tuple(_discreet(one) for one in parts.pickups) if seen.served else (),
        appointments=parts.appointments if seen.served else (),
        follow_ups=parts.follow_ups if seen.served else (),
        consent=parts.consent if seen.known else (),
        notes=parts.notes if seen.served else (),
        viewed=parts.viewed if seen.known else (),
    )


def _limited(parts: Parts, role: str) -> Parts:
    """No more than fits one screen. All open matters stay, so that those beyond the limit can be counted."""
    viewed = sorted(parts.viewed, key=lambda view: view.at, reverse=True)
    return parts._replace(
        say=parts.say[:MOST_SAY],
        see=parts.see[:MOST_SEE],
        actions=parts.actions[:MOST_ACTIONS],
        viewed=tuple(viewed[: views_for(role)]),
    )


def _who(who: Who | None, seen: _Seen) -> Who | None:
    """Whom one has before oneself: nobody in passing; without a name or city that may not be shown."""
    if who is None or not seen.known:
        return None
    name, city = seen.about("name"), seen.about("city")
    return Who(
        name=who.name if name else None,
        address_as=who.address_as if name else None,
        identified_by=who.identified_by,
        city=who.city if city else None,
        adviser=who.adviser if seen.served else None,
    )


def _greeting(greeting: Greeting | None, seen: _Seen) -> Greeting | None:
    """What is said first: nothing in passing, and nothing that rests on what may not be said."""
    if greeting is None:
        return None
    return greeting if seen.known and seen.says(greeting.facts) else Greeting("")


def _gravest_first(loops: Iterable[Loop]) -> tuple[Loop, ...]:
    """Open matters by how grave they are, of equal ones the oldest first."""
    return tuple(sorted(loops, key=lambda loop: (_gravity(loop), loop.since, loop.id)))


def _gravity(loop: Loop) -> int:
    return LOOPS_IN_ORDER.index(loop.kind) if loop.kind in LOOPS_IN_ORDER else len(LOOPS_IN_ORDER)


def _suppressed(loops: Sequence[Loop], disclosed: Disclosed, seen: _Seen) -> str | None:
    """Why nothing is sold now, or None. A matter that may not be shown still keeps from selling, and is not named."""
    if not loops:
        return None
    useful = {fact.id for fact in disclosed.useful()}
    deciding = _gravest_first(loop for loop in loops if seen.served and useful.issuperset(loop.facts))
    if not deciding:
        return None
    shown = next((loop for loop in deciding if seen.shows(loop.facts)), None)
    return _COMES_FIRST.get(shown.kind, _SOMETHING_COMES_FIRST) if shown else _SOMETHING_COMES_FIRST


def _may_be_offered(action: Action, seen: _Seen, *, silent: bool) -> bool:
    """Whether an action stands on the card: never one that is held out, and only service while something is open."""
    if not seen.served or action.held_out or (silent and not action.service):
        return False
    return seen.shows(action.facts) and not any(
        not may_be_named(item.name) or _gives_away(item.sku, item.name) for item in action.items
    )


def _discreet(pickup: Pickup) -> Pickup:
    """A parcel without the lines whose words give away what nobody may conclude; the parcel itself stays."""
    lines = tuple(line for line in pickup.lines if not _gives_away(line.sku, line.name))
    return pickup if len(lines) == len(pickup.lines) else Pickup(pickup.order, pickup.fulfilment, pickup.since, lines)


def _gives_away(sku: str, name: str) -> bool:
    return bool(proxies_in(sku) or proxies_in(name))


def _purchases(purchases: Purchases | None, seen: _Seen) -> Purchases | None:
    """How somebody buys, as far as its facts are shown; None when nothing of it is."""
    if purchases is None:
        return None
    facts = tuple(name for name in purchases.facts if name in seen.facts)
    counted, primary = LANES in facts, PRIMARY in facts
    if not facts:
        return None
    return Purchases(
        last=tuple(one for one in purchases.last if one.fact in facts),
        lanes=purchases.lanes if counted else (),
        months=purchases.months if counted else (),
        primary_channel=purchases.primary_channel if primary else None,
        primary_because=purchases.primary_because if primary or not purchases.primary_channel else "",
        orders=purchases.orders if counted else 0,
        facts=facts,
    )


def _facts(parts: Parts, seen: _Seen) -> dict[str, Shown]:
    """The facts that the shown parts rest on, in the order in which they were judged."""
    used = {name for named in _facts_of(parts, seen) for name in named}
    return {name: _as_shown(one) for name, one in seen.facts.items() if name in used}


def _facts_of(parts: Parts, seen: _Seen) -> Iterator[Iterable[str]]:
    if parts.who:
        yield filter(None, (seen.about("name"), seen.about("city")))
    for one in (*parts.loops[: MOST_LOOPS + MOST_OTHER_LOOPS], *parts.say, *parts.see, *parts.actions):
        yield one.facts
    if parts.greeting:
        yield parts.greeting.facts
    if parts.purchases:
        yield parts.purchases.facts
    yield (one.fact for one in (*parts.preferences, *parts.owned))


_PROVENANCES = {one: one.value for one in Provenance}
_LEVELS = {one: one.name.lower() for one in Level}


def _as_shown(one: Judged) -> Shown:
    fact = one.fact
    return Shown(
        key=fact.key,
        value=fact.value,
        unit=fact.unit,
        provenance=_PROVENANCES[fact.provenance],
        evidence=fact.evidence,
        derived_by=fact.derived_by,
        observed_at=fact.observed_at,
        confidence=fact.confidence,
        purpose=fact.purpose,
        level=_LEVELS[one.level],
        because=one.because,
    )
