"""What is proposed now: eligibility, rest after a contact, what it is likely to bring, and the arms. Pure."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from noline.insight.actions.measures import ITEMS, NO_ITEM, Candidate, Measure, Source, holds, measure_of
from noline.insight.actions.model import (
    Arm,
    Bound,
    Counts,
    Item,
    Kind,
    Programme,
    Proposal,
    Ranking,
    Record,
    Situation,
    Suitable,
)
from noline.insight.actions.programmes import Policy
from noline.kernel.clock import DAY, Micros
from noline.kernel.disclosure import Presence

OPEN: Micros = DAY
"""So long an offer that was made and not answered stays on the card: whoever looks again in the same visit finds it."""

FATIGUE_DAYS = 30
MOST_ITEMS = 3

ArmOf = Callable[[Programme], Arm]
"""The arm of the customer in a programme."""

_NOBODY = Counts()


class Compiled(NamedTuple):
    """A programme with how its conditions are read."""

    programme: Programme
    when: tuple[tuple[str, Callable[[Situation], Measure], Bound], ...]
    source: Source | None


class Contact(Enum):
    """How a programme stands with a customer. open: drawn and not answered. rests: not again yet."""

    NEW = "new"
    OPEN = "open"
    RESTS = "rests"


def compiled(programme: Programme) -> Compiled:
    """A programme ready to be asked many times."""
    when = tuple((name, measure_of(name), bound) for name, bound in programme.when.items())
    return Compiled(programme, when, ITEMS[programme.items] if programme.items else None)


# -- eligibility


def suitable(one: Compiled, here: Situation, record: Record, recent: int, policy: Policy) -> Suitable | str:
    """A programme with its items and score, or why the customer is not eligible."""
    programme = one.programme
    if programme.channel not in ("any", here.channel):
        return f"it is offered by {programme.channel}"
    if not _is_allowed(programme.purpose, here.consents):
        return f"{programme.purpose} is not consented to"
    for name, measure, bound in one.when:
        if not holds(bound, measure(here)):
            return f"{name} does not hold"
    if one.source is None:
        return Suitable(programme, (), _score(programme, programme.worth_minor, record, recent, policy), ())
    found = _items(one, one.source, here)
    if not found:
        return "no item fits"
    best = found[0]
    margin = programme.worth_minor or here.margin.get(best.sku, 0)
    items = tuple(_item(candidate.sku, here) for candidate in found if candidate.sku != NO_ITEM)
    evidence = tuple(dict.fromkeys(name for candidate in found for name in candidate.evidence))
    return Suitable(
        programme, items, _score(programme, margin, record, recent, policy), evidence, best.order, best.owned
    )  # fmt: skip


def _is_allowed(purpose: str, consents: Mapping[str, str]) -> bool:
    """What serves an order or an account needs no yes, only that nobody said no; everything else needs a yes."""
    state = consents.get(purpose, "unknown")
    return state == "granted" or (purpose == "service" and state != "withdrawn")


def _items(one: Compiled, source: Source, here: Situation) -> list[Candidate]:
    """The items that fit, each once, the best first: what it earns, weighed by how likely it is bought where told."""
    found: dict[str, Candidate] = {}
    for candidate in source.candidates(here):
        name = candidate.sku or candidate.order or NO_ITEM
        if name not in found and _fits(one.programme, source, candidate, here):
            found[name] = candidate
    ordered = sorted(found.values(), key=lambda candidate: (-_promise(candidate, here), candidate.sku))
    if ordered and ordered[0].order is not None:
        return [candidate for candidate in ordered if candidate.order == ordered[0].order]
    return ordered[:MOST_ITEMS]


def _fits(programme: Programme, source: Source, candidate: Candidate, here: Situation) -> bool:
    units = here.here.get(candidate.sku, 0)
    others = sum([place.units for place in here.elsewhere.get(candidate.sku, ())])
    if source.sold and units <= 0 and others <= 0:
        return False
    for name, bound in programme.item.items():
        measured = units if name == "here" else others if name == "elsewhere" else candidate.told[name]
        if not holds(bound, measured):
            return False
    return True


def _promise(candidate: Candidate, here: Situation) -> float:
    likely = candidate.told.get("probability")
    weight = likely if isinstance(likely, (int, float)) else 1
    return weight * here.margin.get(candidate.sku, 0)


def _item(sku: str, here: Situation) -> Item:
    return Item(sku, here.names.get(sku, sku), here.here.get(sku, 0), here.elsewhere.get(sku, ()))


# -- the score


def accepting(programme: Programme, counts: Counts) -> tuple[int, int]:
    """How likely an offer is accepted, as a fraction: the mean of a Beta distribution.

    What is believed before (`prior`) counts like so many customers; of the others all who were shown it, whether they
    answered or not. An answer given by who was never shown it (through another channel) counts as shown.
    """
    yes, no = programme.prior
    shown = max(counts.shown, counts.accepted + counts.declined)
    return yes + counts.accepted, yes + no + shown


def _score(programme: Programme, margin: int, record: Record, recent: int, policy: Policy) -> int:
    yes, whole = accepting(programme, record.counts.get(programme.id, _NOBODY))
    return yes * margin // whole - programme.cost_minor - recent * policy.fatigue_minor


# -- rest and fatigue


class Contacts:
    """When each programme was last drawn for a customer and answered; held out or shown makes no difference."""

    def __init__(self, record: Record) -> None:
        """record: of the customer."""
        self._drawn: dict[str, Micros] = {}
        self._answered: dict[str, Micros] = {}
        for latest, told in ((self._drawn, record.draws), (self._answered, record.answers)):
            for one in told:
                latest[one.programme] = max(one.at, latest.get(one.programme, one.at))

    def stand(self, programme: Programme, now: Micros) -> Contact:
        """How a programme stands with the customer at an instant."""
        drawn, answered = self._drawn.get(programme.id), self._answered.get(programme.id)
        last = answered
        if drawn is not None and (answered is None or drawn > answered):
            if now < drawn + OPEN:
                return Contact.OPEN
            last = drawn
        if last is None:
            return Contact.NEW
        return Contact.RESTS if now < last + programme.cooldown_days * DAY else Contact.NEW


def recent_offers(record: Record, now: Micros) -> int:
    """How many offers the customer was made in the last 30 days; of what was held out nobody noticed anything."""
    since = now - FATIGUE_DAYS * DAY
    return sum(1 for one in record.draws if one.arm is Arm.SHOWN and since < one.at <= now)


# -- the ranking


def why_no_offers(here: Situation) -> str | None:
    """Why nobody makes this customer an offer now; None when somebody may."""
    if here.presence is Presence.PASSIVE:
        return "the customer did not say who is there"
    if not here.offers:
        return "nothing is offered here"
    return "an open matter comes first" if here.open_loops else None


def ranked(
    programmes: Sequence[Compiled], here: Situation, record: Record, arm_of: ArmOf, policy: Policy, limit: int
) -> Ranking:
    """What is proposed now. Who is held out takes the same place, so that the arms differ in nothing else."""
    if here.presence is Presence.PASSIVE:
        return Ranking((), (), why_no_offers(here), {})
    others: dict[str, str] = {}
    suppressed = why_no_offers(here)
    recent = recent_offers(record, here.now)
    contacts = Contacts(record)
    found: list[Suitable] = []
    waiting: set[str] = set()
    for one in programmes:
        programme = one.programme
        is_offer = programme.kind is Kind.OFFER
        stands = contacts.stand(programme, here.now) if is_offer else Contact.OPEN
        told = (is_offer and _why_not_now(stands, suppressed)) or suitable(one, here, record, recent, policy)
        if not isinstance(told, str) and stands is Contact.NEW and told.score_minor <= 0:
            told = "it would cost more than it is likely to bring"
        if isinstance(told, str):
            others[programme.id] = told
            continue
        found.append(told)
        if stands is Contact.OPEN:
            waiting.add(programme.id)
    found.sort(key=lambda one: (one.programme.kind is not Kind.SERVICE, -one.score_minor, one.programme.id))
    taken, beyond = _taken(found, waiting, arm_of, policy.offers_per_30_days - recent, limit)
    others |= beyond
    shown = tuple(_proposal(one, here) for one, arm in taken if arm is Arm.SHOWN)
    held = tuple(one.programme.id for one, arm in taken if arm is Arm.HELD)
    new = tuple((one.programme, arm) for one, arm in taken if one.programme.id not in waiting)
    return Ranking(shown, held, suppressed, others, new)


def _why_not_now(stands: Contact, suppressed: str | None) -> str | None:
    """Why an offer is not made now, whoever it would suit."""
    return suppressed or ("it was offered a short while ago" if stands is Contact.RESTS else None)


def _taken(
    found: Sequence[Suitable], waiting: set[str], arm_of: ArmOf, left: int, limit: int
) -> tuple[list[tuple[Suitable, Arm]], dict[str, str]]:
    """The best, each with its arm; new offers only as many as the customer may be made."""
    taken: list[tuple[Suitable, Arm]] = []
    beyond: dict[str, str] = {}
    for one in found:
        name = one.programme.id
        if len(taken) >= limit:
            beyond[name] = f"others stand before it, and {limit} are shown"
            continue
        if name not in waiting and left <= 0:
            beyond[name] = "the customer was made as many offers as 30 days allow"
            continue
        arm = arm_of(one.programme) if one.programme.kind is Kind.OFFER else Arm.SHOWN
        taken.append((one, arm))
        if name not in waiting and arm is Arm.SHOWN:
            left -= 1
    return taken, beyond


def _proposal(one: Suitable, here: Situation) -> Proposal:
    said = one.programme.said(here.language)
    slots = {
        "item": one.items[0].name if one.items else "",
        "owned": here.names.get(one.owned, one.owned) if one.owned else "",
        "place": here.place,
        "order": one.order or "",
    }
    return Proposal(
        one.programme.id, one.programme.kind, said.title.format_map(slots), said.reason.format_map(slots), one.items,
        one.score_minor, one.evidence,
    )  # fmt: skip
