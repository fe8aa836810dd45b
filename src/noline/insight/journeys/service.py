"""The door of the room: where people cross between channels, and where they are lost."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from noline.insight.journeys.model import (
    ALWAYS_SINCE,
    ALWAYS_UNTIL,
    DropOff,
    Handoff,
    HandoffGroup,
    LostPerson,
    Reporting,
    StageCount,
    Windows,
    share,
)
from noline.insight.journeys.questions import QUESTIONS, told, values_of
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.stores.analytical import Answering

Row = dict[str, Any]

_NO_RATES: Mapping[str, Decimal] = MappingProxyType({})
_COUNTED = frozenset({"sender", "receiver", "channel", "currency", "value_minor"})


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

        asked: the arguments of the question, such as sender and receiver.
        """
        if question not in QUESTIONS:
            raise NotFound(what="question", name=question)
        unasked = {
            "since": ALWAYS_SINCE,
            "until": ALWAYS_UNTIL,
            "sender": None,
            "receiver": None,
            "limit": 50,
            "offset": 0,
        }
        values = values_of(self._windows) | unasked | asked
        return QUESTIONS[question].counted(values, told(self._windows))

    def _rows(self, name: str, **asked: Any) -> list[Row]:
        question = QUESTIONS[name]
        values = question.parameters(values_of(self._windows) | asked)
        return self._analytical.ask(question.sql, values).to_pylist()

    def _handoff(self, parts: list[Row]) -> Handoff:
        counts = _sums(parts)
        lost = counts["lost_before_arrival"] + counts["lost_after_arrival"]
        lost_share = share(lost, counts["persons"] - counts["undecided"])
        value_minor, value_other = self._reporting.total(_amounts(parts))
        return Handoff(
            from_channel=parts[0]["sender"],
            to_channel=parts[0]["receiver"],
            **counts,
            lost=lost,
            value_minor=value_minor,
            currency=self._reporting.currency,
            value_other=value_other,
            share_lost=lost_share.value,
            share_lost_low=lost_share.low,
            share_lost_high=lost_share.high,
            too_few=lost_share.too_few,
        )

    def _drop_off(self, parts: list[Row]) -> DropOff:
        counts = _sums(parts)
        own_view = counts["lost"] + counts["false_drop_offs"]
        lost_share = share(counts["lost"], counts["persons"] - counts["undecided"])
        value_minor, value_other = self._reporting.total(_amounts(parts))
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
            share_false=share(counts["false_drop_offs"], own_view).value,
            too_few=lost_share.too_few,
        )


def _grouped(rows: list[Row], *names: str) -> list[list[Row]]:
    """The rows of each border or channel: one for each currency of loss."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return list(groups.values())


def _sums(parts: list[Row]) -> dict[str, int]:
    """Each person stands in one part alone, so the counts add up."""
    return {name: sum(part[name] for part in parts) for name in parts[0] if name not in _COUNTED}


def _amounts(parts: list[Row]) -> list[Money]:
    return [Money(part["value_minor"], part["currency"]) for part in parts if part["currency"] is not None]


def _group(row: Row) -> HandoffGroup:
    arrived = share(row["arrived"], row["attempts"] - row["undecided"])
    return HandoffGroup(
        group=row.pop("handoff_group"),
        **row,
        share_arrived=arrived.value,
        share_arrived_low=arrived.low,
        share_arrived_high=arrived.high,
        too_few=arrived.too_few,
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
