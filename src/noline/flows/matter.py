"""What is known of a customer, as a card and a programme need it: purchases, what was told, what is open. Pure."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from noline.flows.acquaintance import Acquaintance
from noline.insight.card.service import Bought, Pickup, Product, Purchase, Told, named_items
from noline.kernel.clock import DAY, Micros, as_text
from noline.kernel.disclosure import PERSONALISATION, SERVICE, CardFact, Provenance
from noline.kernel.quantities import Units
from noline.kernel.special import special_in
from noline.truth.cases.model import Case
from noline.truth.clients.model import Appointment, Standing
from noline.truth.consents.model import Consent, State
from noline.truth.feedback.model import Loop as Said
from noline.truth.orders.fulfilments import Step
from noline.truth.orders.model import Order
from noline.truth.orders.model import State as OrderState
from noline.truth.profiles.model import Attribute

PURPOSES = ("service", "personalisation", "marketing", "profiling")
"""The purposes on the consent strip."""

COMPLAINS_UP_TO = 300
"""A rating of three stars or fewer is a complaint; one above is praise, and nothing is open at the counter."""

ADULT_AT = 18
"""Full age in every country where the words of the counter are spoken (Japan since April 2022)."""

WANTED = "browsing.wanted."
"""What the key of a fact about something looked for in vain begins with."""

_WANTED_DAYS = 60
_BIRTHDAYS = frozenset("birthday birthdate dateofbirth dob born birthyear yearofbirth".split())
_YEARLESS = re.compile(r"--\d\d?-?\d\d?")
_TIME_OF_DAY = re.compile(r"(?<=\d)[T ]\d\d?:.*$")
_DIGITS_TOGETHER = re.compile(r"(\d{4})(\d\d)(\d\d)")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_年月日]")

_UNSETTLED_DAYS = 30
"""So long what nobody told the end of is open, a return without its money or an order that a channel promised; then it
is taken as settled outside."""

_ENDED = frozenset((Step.DELIVERED, Step.HANDED_OVER, Step.RESTOCKED, Step.REJECTED, Step.CANCELLED, Step.NO_SHOW))

_AWAITED = frozenset(
    (OrderState.PLACED, OrderState.COMPLETED, OrderState.PICKUP_REQUESTED, OrderState.SHIPPED)
)  # fmt: skip
"""States of orders that the customer still waits for; one that lies ready waits for the customer."""

_TOLD_KEYS = {"birthday": "birthday", "address.city": "city", "language": "language", "householdSize": "household.size"}
_PREFERENCES = ("preferences.", "preference.")


class Open(NamedTuple):
    """A matter that is open. kind: as the card calls it. order: of which order it is, where it is of one."""

    id: str
    kind: str
    since: Micros
    order: str | None
    fact: CardFact


class Arranged(NamedTuple):
    """What the customer agreed on, with its fact."""

    appointment: Appointment
    fact: CardFact


# -- consent


def granted(consents: Mapping[str, Consent], channel: str = "store") -> frozenset[str]:
    """The purposes that are allowed.

    To be served in what one asked for needs no consent (GDPR Art. 6 (1) b), but whoever says no is obeyed; every other
    purpose needs a yes.
    """
    allowed = {purpose for purpose, told in consents.items() if _stands(told, channel) is State.GRANTED}
    refused = SERVICE in consents and _stands(consents[SERVICE], channel) is State.WITHDRAWN
    return frozenset(allowed - {SERVICE} if refused else allowed | {SERVICE})


def states(consents: Mapping[str, Consent], channel: str = "store") -> dict[str, str]:
    """How each purpose that was told of stands here."""
    return {purpose: str(_stands(told, channel)) for purpose, told in consents.items()}


def objects(consents: Mapping[str, Consent], channel: str = "store") -> bool:
    """Whether the customer objects to profiling (GDPR Art. 21): everywhere, or in this channel."""
    told = consents.get("profiling")
    return told is not None and State.WITHDRAWN in (told.state, _stands(told, channel))


def _stands(told: Consent, channel: str) -> State:
    return told.segments.get(channel, told).state


def under_age(traits: Mapping[str, Attribute], now: Micros) -> bool:
    """Whether somebody is under age by anything they told: a birthday, however the trait is called, or an age."""
    for trait, told in traits.items():
        name = trait.casefold().replace("_", "").replace("-", "").replace(" ", "")
        if name in _BIRTHDAYS and is_minor(told.value, now):
            return True
        if name == "age" and _is_below(told.value, ADULT_AT):
            return True
    return False


def is_minor(birthday: str | None, now: Micros) -> bool:
    """Whether somebody is under age today: by the youngest reading of a birthday, and if nobody can read it.

    A day without a year tells nothing.
    """
    text = unicodedata.normalize("NFKC", birthday or "").strip()
    if not text or _YEARLESS.fullmatch(text):
        return False
    born = max(_readings(text), default=None)
    if born is None:
        return True
    today = datetime.fromtimestamp(now / 1_000_000, UTC).date()
    return (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < ADULT_AT


def _readings(text: str) -> Iterator[date]:
    """The days that a birthday may mean; of a year or a month its last one."""
    told = _TIME_OF_DAY.sub("", text)
    together = _DIGITS_TOGETHER.fullmatch(told)
    numbers = [int(one) for one in (together.groups() if together else _DIGITS.findall(told))]
    years = [one for one in numbers if 1000 <= one <= 9999]
    if len(years) != 1 or len(numbers) > 3:
        return
    year, rest = years[0], [one for one in numbers if one != years[0]]
    by_day = [rest] if numbers[0] == year else [rest, rest[::-1]]
    for one in by_day:
        found = _last_day(year, one if not _LETTERS.search(told) else [])
        if found:
            yield found


def _last_day(year: int, month_and_day: Sequence[int]) -> date | None:
    """The last day of a year, of a month in it, or that day; None where there is none such."""
    month, day = (*month_and_day, 0, 0)[:2] if month_and_day else (12, 31)
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None


def _is_below(text: str, least: int) -> bool:
    try:
        return float(text) < least
    except ValueError:
        return False


# -- what was told and bought


def told(known: Acquaintance) -> Iterator[Told]:
    """What the customer said of themselves, each with the trait that shows it."""
    if known.name:
        named = [known.traits[one] for one in ("name", "firstName", "lastName") if one in known.traits]
        yield Told("name", known.name, max(map(_last_told, named), default=0), ("told:name",))
    for trait, value in known.traits.items():
        key = _TOLD_KEYS.get(trait) or _preference(trait)
        if key:
            yield Told(key, _number_or_text(value.value), _last_told(value), (f"told:{trait}",))


def _last_told(value: Attribute) -> Micros:
    """When anybody told this value last: what a customer goes on saying does not grow old."""
    return max((one.last_at for one in value.lineage), default=value.told_at)


def _preference(trait: str) -> str | None:
    return next((f"preference.{trait.removeprefix(one)}" for one in _PREFERENCES if trait.startswith(one)), None)


def _number_or_text(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 10 else text


def purchases(known: Acquaintance) -> list[Purchase]:
    """The customer's orders."""
    return [
        Purchase(
            order.order_id,
            order.placed_at,
            order.channel,
            order.store_id,
            tuple(
                Bought(line.sku, line.units, line.price.amount_minor if line.price else None, line.returned_units)
                for line in lines
            ),
            order.total.amount_minor if order.total else None,
            order.total.currency if order.total else "",
            str(order.state),
        )
        for order, lines in known.bought
    ]


def wished(known: Acquaintance, now: Micros) -> list[CardFact]:
    """What was looked for in vain lately and not bought since; observed, so it decides and is not told."""
    bought = {line.sku: order.placed_at for order, lines in reversed(known.bought) for line in lines}
    return [
        CardFact(
            id=f"{WANTED}{one.sku}", customer=known.whom.person, key=f"{WANTED}{one.sku}", value=one.sku,
            provenance=Provenance.OBSERVED, evidence=(f"looked_for:{one.sku}",), observed_at=one.at,
            purpose=PERSONALISATION,
        )
        for one in known.wishes
        if 0 <= now - one.at < _WANTED_DAYS * DAY and bought.get(one.sku, 0) < one.at
    ]  # fmt: skip


# -- what is open


def open_matters(known: Acquaintance, now: Micros) -> list[Open]:
    """Everything of the customer that waits for us."""
    orders = {order.order_id: order for order, _ in known.bought}
    return [
        *(_of_case(known.whom.person, one) for one in known.cases),
        *(_of_feedback(known.whom.person, one) for one in known.loops if complains(one)),
        *_late(known, orders, now),
        *_unsettled(known, now),
    ]


def _fact(person: str, name: str, key: str, at: Micros, *, value: str, evidence: str, unit: str = "") -> CardFact:
    return CardFact(
        id=name, customer=person, key=key, value=value, unit=unit, provenance=Provenance.SERVICE, evidence=(evidence,),
        observed_at=at, purpose=SERVICE,
    )  # fmt: skip


def _of_case(person: str, case: Case) -> Open:
    at = case.opened_at or case.ended_at or 0
    kind, evidence = str(case.kind), f"case:{case.case_id}"
    value = discreet(case.text or case.topic) or kind
    fact = _fact(person, f"open_loop.{case.case_id}", f"open_loop.{kind}", at, value=value, evidence=evidence)
    return Open(case.case_id, kind, at, case.order_id, fact)


def discreet(text: str | None) -> str:
    """What somebody wrote freely, unless it tells something that nobody may conclude about a person."""
    return "" if not text or special_in(text) else text


def complains(said: Said) -> bool:
    """Whether what somebody said of us is open at the counter: praise is not."""
    return said.rating_hundredths is None or said.rating_hundredths <= COMPLAINS_UP_TO


def _of_feedback(person: str, said: Said) -> Open:
    kind = "unanswered" if said.rating_hundredths is None else "complaint"
    name, at = f"open_loop.{said.loop_id}", said.opened_at or 0
    fact = _fact(person, name, f"open_loop.{kind}", at, value=kind, evidence=f"review:{said.loop_id}")
    return Open(said.loop_id, kind, at, said.order_id, fact)


def _late(known: Acquaintance, orders: Mapping[str, Order], now: Micros) -> Iterator[Open]:
    """Orders that should be in the customer's hands, or ready, by now: as a location or a channel promised."""
    late: dict[str, Micros] = {}
    for one in known.stages:
        due = one.promised_at
        if due is not None and due < now and one.step not in _ENDED and one.step is not Step.READY:
            late[one.order_id] = min(due, late.get(one.order_id, due))
    for order in orders.values():
        due = order.promised_at
        if due is not None and now - _UNSETTLED_DAYS * DAY <= due < now and order.state in _AWAITED:
            late[order.order_id] = min(due, late.get(order.order_id, due))
    for order_id, due in late.items():
        name = f"open_loop.late.{order_id}"
        fact = _fact(
            known.whom.person, name, "open_loop.late_order", due, value=order_id, evidence=f"order:{order_id}"
        )  # fmt: skip
        yield Open(order_id, "late_order", due, orders[order_id].order_id, fact)


def _unsettled(known: Acquaintance, now: Micros) -> Iterator[Open]:
    """Returns that were asked for, and those that came back while the money did not."""
    for order, _ in known.bought:
        asked = order.state is OrderState.RETURN_REQUESTED
        if not asked and order.state is not OrderState.RETURNED:
            continue
        if order.changed_at < now - _UNSETTLED_DAYS * DAY:
            continue
        name = f"open_loop.return.{order.order_id}"
        evidence = f"order:{order.order_id}"
        fact = _fact(
            known.whom.person,
            name,
            "open_loop.pending_return",
            order.changed_at,
            value=order.order_id,
            evidence=evidence,
        )
        yield Open(order.order_id, "pending_return", order.changed_at, order.order_id, fact)


# -- what is arranged


def pickups(known: Acquaintance, store: str | None, products: Mapping[str, Product]) -> list[tuple[Pickup, CardFact]]:
    """Orders that lie ready at a store, each with its fact."""
    lines = {order.order_id: ordered for order, ordered in known.bought}
    found: list[tuple[Pickup, CardFact]] = []
    for one in known.stages:
        if one.step is not Step.READY or one.place != store:
            continue
        items = named_items(((line.sku, Units(line.units)) for line in lines.get(one.order_id, ())), products)
        named = one.fulfilment or one.order_id
        fact = CardFact(
            id=f"pickup.{named}", customer=known.whom.person, key=f"pickup.{named}",
            value=tuple(item.sku for item in items), provenance=Provenance.TRANSACTION,
            evidence=(f"order:{one.order_id}",), observed_at=one.changed_at, purpose=SERVICE,
        )  # fmt: skip
        found.append((Pickup(one.order_id, one.fulfilment, one.changed_at, items), fact))
    return found


def arranged(known: Acquaintance, from_: Micros, until: Micros) -> list[Arranged]:
    """Appointments of that time that nobody kept or gave up, each with its fact, which tells when, not what about."""
    return [
        Arranged(
            one,
            CardFact(
                id=f"appointment.{one.id}", customer=known.whom.person, key=f"appointment.{one.id}",
                value="", unit=as_text(one.at), provenance=Provenance.TRANSACTION,
                evidence=(f"appointment:{one.id}",), observed_at=one.told_at, purpose=SERVICE, channel=one.channel,
            ),
        )
        for one in known.client.appointments
        if one.state is Standing.BOOKED and one.at is not None and from_ <= one.at < until
    ]  # fmt: skip


def planned(known: Acquaintance) -> list[CardFact]:
    """Follow-ups as facts."""
    return [
        _fact(
            known.whom.person, f"follow_up.{one.id}", f"follow_up.{one.id}", one.planned_at, value=one.text,
            evidence=f"follow_up:{one.id}", unit=as_text(one.due),
        )
        for one in known.client.follow_ups
    ]  # fmt: skip
