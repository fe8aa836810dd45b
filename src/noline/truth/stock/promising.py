"""May this be promised? A pure decision over what is free; nothing is written here.

A basket is all lines or none. What one line takes, the next cannot take again.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from noline.kernel.errors import Refused
from noline.kernel.quantities import Units
from noline.truth.stock.decided import Claim
from noline.truth.stock.model import UNSOURCED
from noline.truth.stock.policies import Policy


class NotEnoughStock(Refused):
    """What was asked cannot be promised. short: what is missing; elsewhere: where else it is."""

    code = "stock.not_enough"
    sentence = "{told}"
    hint = "Ask for fewer units, or at one of the locations in `elsewhere`; nothing was moved."


class Line(NamedTuple):
    """Units of an item that are asked for; at a location, or wherever they can best be had."""

    sku: str
    units: Units
    location: str | None = None


class Ask(NamedTuple):
    """A basket to be promised. document: what it is for, such as a cart. ttl_s: seconds; None as the settings say."""

    lines: tuple[Line, ...]
    channel: str = ""
    document: str = ""
    ttl_s: int | None = None


class Short(NamedTuple):
    """A line that cannot be promised, and why. available: units there, or in all when no location was named."""

    sku: str
    location: str | None
    asked: Units
    available: Units
    elsewhere: tuple[tuple[str, Units], ...]


class FreeInAll(Protocol):
    """Units that may still be promised: on hand less claims and safety; below zero where too much is promised."""

    def everywhere(self, sku: str) -> Mapping[str, Units]:
        """At every location that has, or had, the item."""
        ...

    def unsourced(self, sku: str) -> Units:
        """Units of orders that no location has taken yet."""
        ...


class Free(FreeInAll, Protocol):
    """The same, for who is about to promise."""

    def at(self, sku: str, location: str) -> Units:
        """At one location."""
        ...

    def take(self, claims: Sequence[Claim]) -> None:
        """These are promised now."""
        ...


Choose = Callable[[Ask, Sequence[Line], Callable[[str], Mapping[str, Units]]], Sequence[Claim] | None]
"""Where lines without a location are best taken from, given what each location may promise of an item; None when no
set of locations has them all."""


class Rules(Protocol):
    """What holds for an item in a channel, and which locations serve the channel."""

    def policy(self, sku: str, channel: str) -> Policy:
        """The rule of an item in a channel."""
        ...

    def serves(self, location: str, channel: str) -> bool:
        """Whether a location may serve a channel."""
        ...


_Taken = dict[tuple[str, str], Units]
"""Units that this basket takes, by item and location."""


def decide(ask: Ask, free: Free, rules: Rules, choose: Choose) -> list[Claim] | list[Short]:
    """The claims that keep the promise, which are then taken; or every line that stands in the way."""
    taken: _Taken = {}
    asked: dict[str, Units] = {}
    for sku, units, location in ask.lines:
        asked[sku] = asked.get(sku, 0) + units
        if location is not None:
            taken[sku, location] = taken.get((sku, location), 0) + units
    short = _short_at(ask, taken, free, rules) + _short_in_all(ask, asked, free, rules)
    if short:
        return short
    claims = [Claim(sku, location, units) for (sku, location), units in taken.items()]
    rest = [line for line in ask.lines if line.location is None]
    if rest:
        found = _chosen(ask, rest, taken, free, rules, choose)
        if found is None:
            return [_short(line, ask, free, rules) for line in rest]
        claims += found
    free.take(claims)
    return claims


def _short_at(ask: Ask, taken: _Taken, free: Free, rules: Rules) -> list[Short]:
    """Lines that name a location which has too little, or does not serve the channel."""
    short: list[Short] = []
    for (sku, location), units in taken.items():
        overdraft = rules.policy(sku, ask.channel).overdraft
        serves = rules.serves(location, ask.channel)
        if not serves or (overdraft is not None and free.at(sku, location) + overdraft < units):
            short.append(_short(Line(sku, units, location), ask, free, rules))
    return short


def _short_in_all(ask: Ask, asked: dict[str, Units], free: Free, rules: Rules) -> list[Short]:
    """Items of which the channel may not have so many, wherever they lie: its buffer, and orders that still wait."""
    short: list[Short] = []
    for sku, units in asked.items():
        policy = rules.policy(sku, ask.channel)
        if policy.overdraft is None or not (policy.overdraft or policy.buffer or free.unsourced(sku)):
            continue
        # What is promised beyond one shelf counts against the others: the limit is the company's.
        there = open_to(sku, ask.channel, free, rules, signed=policy.overdraft > 0)
        if there + policy.overdraft < units:
            short.append(_short(Line(sku, units), ask, free, rules))
    return short


def open_to(sku: str, channel: str, free: FreeInAll, rules: Rules, *, signed: bool = False) -> Units:
    """Units that a channel may promise of an item in all; below zero when its buffer is bigger than the stock.

    signed: a shelf that owes units takes them from the others; else it only has none.
    """
    shelves = free.everywhere(sku)
    serving = (units for location, units in shelves.items() if rules.serves(location, channel))
    there = sum(serving) if signed else sum(max(0, units) for units in serving)
    return there - (rules.policy(sku, channel).buffer or 0) - free.unsourced(sku)


def _chosen(
    ask: Ask, rest: Sequence[Line], taken: _Taken, free: Free, rules: Rules, choose: Choose
) -> Sequence[Claim] | None:
    def left(sku: str) -> Mapping[str, Units]:
        return {
            location: units - taken.get((sku, location), 0)
            for location, units in free.everywhere(sku).items()
            if rules.serves(location, ask.channel) and units > taken.get((sku, location), 0)
        }

    found = choose(ask, rest, left)
    return found if found is not None else _promised_ahead(ask, rest, left, rules)


def _promised_ahead(
    ask: Ask, rest: Sequence[Line], left: Callable[[str], Mapping[str, Units]], rules: Rules
) -> list[Claim] | None:
    """Where no locations have it all but the rules allow more: the whole waits to be sourced."""
    units: Counter[str] = Counter()
    for line in rest:
        units[line.sku] += line.units
    for sku, wanted in units.items():
        overdraft = rules.policy(sku, ask.channel).overdraft
        if overdraft is not None and sum(left(sku).values()) + overdraft < wanted:
            return None
    return [Claim(sku, UNSOURCED, wanted) for sku, wanted in units.items()]


def _short(line: Line, ask: Ask, free: Free, rules: Rules) -> Short:
    """What a refusal says of a line: what is there, and where else it is."""
    shelves = free.everywhere(line.sku)
    others = tuple(
        sorted(
            (
                (location, units)
                for location, units in shelves.items()
                if units > 0 and location != line.location and rules.serves(location, ask.channel)
            ),
            key=lambda one: (-one[1], one[0]),
        )
    )
    if line.location is not None:
        serves = rules.serves(line.location, ask.channel)
        return Short(
            line.sku, line.location, line.units, max(0, shelves.get(line.location, 0)) if serves else 0, others
        )
    return Short(line.sku, None, line.units, max(0, open_to(line.sku, ask.channel, free, rules)), others)


def refusal(short: Sequence[Short]) -> NotEnoughStock:
    """The error that tells what is short and where else it is."""
    told = " ".join(_told(one) for one in short)
    facts = [
        {
            "sku": one.sku, "location": one.location, "asked": one.asked, "available": one.available,
            "elsewhere": [{"location": location, "available": units} for location, units in one.elsewhere],
        }
        for one in short
    ]  # fmt: skip
    return NotEnoughStock(told=told, short=facts)


def _told(one: Short) -> str:
    where = one.location or "The company"
    others = ", ".join(f"{location} ({units})" for location, units in one.elsewhere[:5])
    more = f" {'Others' if one.location else 'It lies at'}: {others}." if others else ""
    verb = "was" if one.asked == 1 else "were"
    return f"{where} can promise {one.available} of {one.sku}, {one.asked} {verb} asked.{more}"


def nearest_to_whole(ask: Ask, rest: Sequence[Line], left: Callable[[str], Mapping[str, Units]]) -> list[Claim] | None:
    """A plain choice: one location that has everything, else the fullest shelf first; None when not all is there."""
    del ask
    wanted: Counter[str] = Counter()
    for line in rest:
        wanted[line.sku] += line.units
    shelves = {sku: left(sku) for sku in wanted}
    whole = set.intersection(
        *({location for location, there in shelves[sku].items() if there >= units} for sku, units in wanted.items())
    )
    if whole:
        best = max(sorted(whole), key=lambda location: sum(shelves[sku][location] for sku in wanted))
        return [Claim(sku, best, units) for sku, units in wanted.items()]
    claims: list[Claim] = []
    for sku, units in wanted.items():
        missing = units
        for location, there in sorted(shelves[sku].items(), key=lambda one: (-one[1], one[0])):
            if missing:
                claims.append(Claim(sku, location, min(missing, there)))
                missing -= claims[-1].units
        if missing:
            return None
    return claims
