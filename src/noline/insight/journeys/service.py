"""The door of the room: where people cross between channels, and where they are lost."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from noline.insight.journeys.model import (
    ALWAYS_SINCE,
    ALWAYS_UNTIL,
    CarriedOver,
    DropOff,
    Handoff,
    HandoffGroup,
    HandoffPart,
    LostPerson,
    Reporting,
    Spread,
    StageCount,
    Windows,
    share_of_attempts,
)
from noline.insight.journeys.questions import CARRIED_WITHIN_DAYS, QUESTIONS, told, values_of
from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.kernel.shares import share, stands_out
from noline.stores.analytical import Answering

Row = dict[str, Any]

_NO_RATES: Mapping[str, Decimal] = MappingProxyType({})
_NOT_COUNTED = frozenset({"sender", "receiver", "channel", "dimension", "value", "month", "currency", "value_minor"})
_LOSSES = ("lost_before_arrival", "lost_after_arrival")
_OF_A_PART = ("attempts", "attempts_lost", "persons", "arrived", *_LOSSES, "undecided")

DIMENSIONS = ("store", "month", "sku", "country", "group")
"""By what a border can be broken down."""


class Tally(NamedTuple):
    """The counts of a border or of one part of it; the value is the exposed value of its losses."""

    value: str | None
    month: str | None
    counts: dict[str, int]
    spread: Spread
    value_minor: int
    currency: str
    value_other: tuple[Money, ...]

    @property
    def lost(self) -> int:
        """People lost, before or after arrival."""
        return self.counts["lost_before_arrival"] + self.counts["lost_after_arrival"]

    @property
    def decided(self) -> int:
        """People of whom the log can tell."""
        return self.counts["persons"] - self.counts["undecided"]


class Journeys:
    """Answers about journeys, from the touchpoints as they are now."""

    def __init__(
        self,
        analytical: Answering,
        *,
        currency: str = "EUR",
        rates: Mapping[str, Decimal] = _NO_RATES,
        windows: Windows | None = None,
    ) -> None:
        """Take the analytical port.

        currency: of every report. rates: what one unit of another currency is worth in it, in major units.
        """
        self._analytical = analytical
        self._reporting = Reporting(currency, rates)
        self._windows = windows or Windows()

    def observing(self, until: Micros) -> "Journeys":
        """The same room, told that the log has seen everything up to a moment, though nobody may have done a thing."""
        return Journeys(
            self._analytical,
            currency=self._reporting.currency,
            rates=self._reporting.rates,
            windows=replace(self._windows, observed_until=until),
        )

    def handoffs(self, *, since: Micros = ALWAYS_SINCE, until: Micros = ALWAYS_UNTIL) -> list[Handoff]:
        """Every border that people were handed over, most lost people first.

        since, until: only hand-offs that began then, in microseconds.
        """
        rows = self._rows("handoffs", since=since, until=until)
        borders = [self._handoff(parts) for parts in _grouped(rows, "sender", "receiver")]
        return sorted(borders, key=lambda border: (-border.lost, border.from_channel, border.to_channel))

    def handoff_groups(
        self, sender: str, receiver: str, *, since: Micros = ALWAYS_SINCE, until: Micros = ALWAYS_UNTIL
    ) -> list[HandoffGroup]:
        """The declared hand-offs of one border by the group their sender named, each declaration an instance."""
        rows = self._rows("handoff_groups", sender=sender, receiver=receiver, since=since, until=until)
        return [_group(row) for row in rows]

    def handoff_breakdown(
        self,
        sender: str,
        receiver: str,
        by: str = "store",
        *,
        monthly: bool = False,
        since: Micros = ALWAYS_SINCE,
        until: Micros = ALWAYS_UNTIL,
    ) -> list[HandoffPart]:
        """The hand-offs of one border in parts: months in order, everything else most lost people first.

        by: one of DIMENSIONS. monthly: each part month by month. Raises NotFound for another dimension.
        """
        found = self._breakdowns(sender, receiver, [by], monthly=monthly, since=since, until=until)
        return found[by, monthly and by != "month"]

    def handoff_seasons(self, sender: str, receiver: str) -> dict[str, list[HandoffPart]]:
        """Where and when one border loses people: by `store`, by `month`, and by `store_and_month`, in one reading."""
        found = self._breakdowns(sender, receiver, ["store", "month"], monthly=True)
        return {
            "store": found["store", False],
            "month": found["month", False],
            "store_and_month": found["store", True],
        }

    def _breakdowns(
        self,
        sender: str,
        receiver: str,
        by: list[str],
        *,
        monthly: bool,
        since: Micros = ALWAYS_SINCE,
        until: Micros = ALWAYS_UNTIL,
    ) -> dict[tuple[str, bool], list[HandoffPart]]:
        """The parts of each dimension, whole (False) and month by month (True)."""
        _known_dimensions(by)
        rows = self._rows(
            "handoff_breakdown", sender=sender, receiver=receiver, by=by, monthly=monthly, since=since, until=until
        )
        tallies: dict[tuple[str, bool], list[Tally]] = defaultdict(list)
        for parts in _grouped(rows, "dimension", "value", "month"):
            tallies[parts[0]["dimension"], parts[0]["month"] is not None].append(self._tally(parts))
        return defaultdict(list, {(name, split): _parts(name, those) for (name, split), those in tallies.items()})

    def carried_over(
        self,
        sender: str,
        receiver: str,
        *,
        within_days: int = CARRIED_WITHIN_DAYS,
        since: Micros = ALWAYS_SINCE,
        until: Micros = ALWAYS_UNTIL,
    ) -> list[CarriedOver]:
        """By place: what was wanted in one channel and reached in another, such as advice of a store sold on the web.

        within_days: after the visit. since, until: when it was first wanted. Most people first.
        """
        rows = self._rows(
            "carried_over", sender=sender, receiver=receiver, within=within_days * DAY, since=since, until=until
        )
        places = [self._carried(parts) for parts in _grouped(rows, "store_id")]
        return sorted(places, key=lambda place: (-place.persons, -place.persons_left, place.store_id or ""))

    def lost_people(
        self,
        sender: str,
        receiver: str,
        *,
        limit: int = 50,
        offset: int = 0,
        since: Micros = ALWAYS_SINCE,
        until: Micros = ALWAYS_UNTIL,
    ) -> list[LostPerson]:
        """One page of the people who were lost on a border, the latest loss first, with evidence."""
        rows = self._rows(
            "lost_people", sender=sender, receiver=receiver, limit=limit, offset=offset, since=since, until=until
        )
        return [_lost_person(row) for row in rows]

    def drop_offs(self, *, since: Micros = ALWAYS_SINCE, until: Micros = ALWAYS_UNTIL) -> list[DropOff]:
        """For each channel: who showed an intent and reached no goal there, and of these who reached it elsewhere."""
        rows = self._rows("drop_offs", since=since, until=until)
        channels = [self._drop_off(parts) for parts in _grouped(rows, "channel")]
        return sorted(channels, key=lambda channel: (-channel.lost, channel.channel))

    def stages(self, *, since: Micros = ALWAYS_SINCE, until: Micros = ALWAYS_UNTIL) -> list[StageCount]:
        """How many people each channel saw at each stage."""
        return [StageCount(**row) for row in self._rows("stages", since=since, until=until)]

    def counted(self, question: str, **asked: Any) -> dict[str, Any]:
        """How a question is counted: `words`, `sql` and `parameters`. Raises NotFound for a name that is none.

        asked: the parameters of the question, such as sender and receiver; `within` is in microseconds.
        """
        if question not in QUESTIONS:
            raise NotFound(what="question", name=question)
        unasked: dict[str, Any] = {
            "since": ALWAYS_SINCE,
            "until": ALWAYS_UNTIL,
            "sender": None,
            "receiver": None,
            "by": ["store", "month"],
            "monthly": True,
            "within": CARRIED_WITHIN_DAYS * DAY,
            "limit": 50,
            "offset": 0,
        }
        values = values_of(self._windows) | unasked | asked
        return QUESTIONS[question].counted(values, told(self._windows, values["within"]))

    def _rows(self, name: str, **asked: Any) -> list[Row]:
        return QUESTIONS[name].ask(self._analytical, values_of(self._windows) | asked).to_pylist()

    def _handoff(self, parts: list[Row]) -> Handoff:
        tally = self._tally(parts)
        counts = tally.counts
        decided = counts["attempts"] - counts["attempts_undecided"]
        of_attempts = share_of_attempts(counts["attempts_lost"], decided, tally.decided, tally.spread)
        lost_share = share(tally.lost, tally.decided)
        return Handoff(
            from_channel=parts[0]["sender"],
            to_channel=parts[0]["receiver"],
            **counts,
            lost=tally.lost,
            value_minor=tally.value_minor,
            currency=self._reporting.currency,
            value_other=tally.value_other,
            share_lost=lost_share.value,
            share_lost_low=lost_share.low,
            share_lost_high=lost_share.high,
            share_attempts_lost=of_attempts.value,
            share_attempts_lost_low=of_attempts.low,
            share_attempts_lost_high=of_attempts.high,
            too_few=lost_share.too_few,
        )

    def _tally(self, parts: list[Row]) -> Tally:
        counts = _sums(parts)
        spread = Spread(*(counts.pop(name) for name in ("lost_squares", "lost_products", "decided_squares")))
        value_minor, value_other = self._reporting.total(_amounts(parts, "value_minor"))
        first = parts[0]
        return Tally(first["value"], first["month"], counts, spread, value_minor, self._reporting.currency, value_other)

    def _carried(self, parts: list[Row]) -> CarriedOver:
        first = parts[0]
        revenue_minor, revenue_other = self._reporting.total(_amounts(parts, "revenue_minor"))
        carried = share(first["persons"], first["persons_left"])
        return CarriedOver(
            store_id=first["store_id"],
            persons_left=first["persons_left"],
            persons=first["persons"],
            orders=sum(part["orders"] for part in parts),
            revenue_minor=revenue_minor,
            currency=self._reporting.currency,
            revenue_other=revenue_other,
            share_carried=carried.value,
            share_carried_low=carried.low,
            share_carried_high=carried.high,
            too_few=carried.too_few,
        )

    def _drop_off(self, parts: list[Row]) -> DropOff:
        counts = _sums(parts)
        own_view = counts["lost"] + counts["false_drop_offs"]
        lost_share = share(counts["lost"], counts["persons"] - counts["undecided"])
        false_share = share(counts["false_drop_offs"], own_view)
        value_minor, value_other = self._reporting.total(_amounts(parts, "value_minor"))
        return DropOff(
            channel=parts[0]["channel"],
            **counts,
            own_view=own_view,
            value_minor=value_minor,
            currency=self._reporting.currency,
            value_other=value_other,
            share_lost=lost_share.value,
            share_lost_low=lost_share.low,
            share_lost_high=lost_share.high,
            share_false=false_share.value,
            share_false_low=false_share.low,
            share_false_high=false_share.high,
            too_few=lost_share.too_few,
            too_few_false=false_share.too_few,
        )


def _grouped(rows: list[Row], *names: str) -> list[list[Row]]:
    """The rows of each border or channel: one for each currency of loss."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return list(groups.values())


def _sums(parts: list[Row]) -> dict[str, int]:
    """Each person stands in one part alone, so the counts add up."""
    return {name: sum(part[name] for part in parts) for name in parts[0] if name not in _NOT_COUNTED}


def _amounts(parts: list[Row], name: str) -> list[Money]:
    return [Money(part[name], part["currency"]) for part in parts if part["currency"] is not None]


def _known_dimensions(by: list[str]) -> None:
    for name in by:
        if name not in DIMENSIONS:
            raise NotFound(what="dimension", name=name)


def _parts(by: str, tallies: list[Tally]) -> list[HandoffPart]:
    ordered = sorted(tallies, key=lambda one: (one.value is None, one.value or "", one.month or ""))
    if by != "month":
        ordered.sort(key=lambda one: -one.lost)
    return [_part(by, tally, ordered) for tally in ordered]


def _part(by: str, tally: Tally, every: list[Tally]) -> HandoffPart:
    """One part, seen against all the others together."""
    counts = tally.counts
    lost = share(tally.lost, tally.decided)
    before, after = (share(counts[name], tally.decided) for name in _LOSSES)
    stand_out = (_stands_out(name, tally, every) for name in _LOSSES)
    return HandoffPart(
        by=by,
        value=tally.value,
        month=tally.month,
        **{name: counts[name] for name in _OF_A_PART},
        lost=tally.lost,
        value_minor=tally.value_minor,
        currency=tally.currency,
        value_other=tally.value_other,
        share_lost=lost.value,
        share_lost_low=lost.low,
        share_lost_high=lost.high,
        share_lost_before_arrival=before.value,
        share_lost_before_arrival_low=before.low,
        share_lost_before_arrival_high=before.high,
        share_lost_after_arrival=after.value,
        share_lost_after_arrival_low=after.low,
        share_lost_after_arrival_high=after.high,
        stands_out_before_arrival=next(stand_out),
        stands_out_after_arrival=next(stand_out),
        too_few=lost.too_few,
    )


def _stands_out(loss: str, tally: Tally, every: list[Tally]) -> bool:
    other_cases = sum(other.counts[loss] for other in every) - tally.counts[loss]
    other_persons = sum(other.decided for other in every) - tally.decided
    return stands_out(tally.counts[loss], tally.decided, other_cases, other_persons, compared=len(every))


def _group(row: Row) -> HandoffGroup:
    persons, squares = row.pop("persons_decided"), row.pop("decided_squares")
    arrivals, losses = (
        Spread(row.pop(f"{name}_squares"), row.pop(f"{name}_products"), squares) for name in ("came", "lost")
    )
    lost = row["lost_before_arrival"] + row["lost_after_arrival"]
    came, decided = row["arrived"] - row["undecided_after_arrival"], row["attempts"] - row["undecided"]
    arrived_share = share_of_attempts(came, decided, persons, arrivals)
    lost_share = share_of_attempts(lost, decided, persons, losses)
    return HandoffGroup(
        group=row.pop("handoff_group"),
        **row,
        lost=lost,
        share_arrived=arrived_share.value,
        share_arrived_low=arrived_share.low,
        share_arrived_high=arrived_share.high,
        share_lost=lost_share.value,
        share_lost_low=lost_share.low,
        share_lost_high=lost_share.high,
        too_few=arrived_share.too_few,
        too_few_lost=lost_share.too_few,
    )


def _lost_person(row: Row) -> LostPerson:
    steps = row["steps"]
    sent = [step for step in steps if not step["arrives"]]
    last = sent[-1] if sent else None
    valued = row["value_minor"] is not None and row["currency"] is not None
    return LostPerson(
        person=row["person"],
        subject=last and last["subject"],
        lost_at=row["handed_at"],
        where=row["ending"].removeprefix("lost "),
        declared=row["declared"],
        action=last and last["action"],
        sku=_newest(sent, "sku"),
        store_id=_newest(steps, "store_id"),
        value=Money(row["value_minor"], row["currency"]) if valued else None,
        evidence=tuple(step["seq"] for step in steps),
    )


def _newest(steps: list[Row], name: str) -> str | None:
    return next((step[name] for step in reversed(steps) if step[name] is not None), None)
