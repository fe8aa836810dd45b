"""Borders between channels.

Positions in pictures are percent of the picture's width.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Border:
    """Hand-offs from one channel to another."""

    from_channel: str
    to_channel: str
    path: str
    persons: int | None
    arrived: int | None
    arrived_decided: int | None
    lost: int | None
    lost_before: int | None
    lost_after: int | None
    undecided: int | None
    undecided_succeeded: int | None
    succeeded: int | None
    attempts: int | None
    declared: int | None
    share: float | None
    low: float | None
    high: float | None
    money: Mapping[str, int]
    too_few: bool

    @property
    def is_quiet(self) -> bool:
        """Nobody was lost here."""
        return not self.lost

    @property
    def decided(self) -> int | None:
        """People of whom a hand-off's whole time is observed; the denominator of the share lost."""
        return None if self.persons is None else self.persons - (self.undecided or 0)


def border_path(from_channel: str, to_channel: str) -> str:
    """The address of the page of one border."""
    return f"/borders/{quote(from_channel, safe='')}/{quote(to_channel, safe='')}"


def border_of(row: Row) -> Border:
    """A row of hand-offs as a border."""
    return Border(
        from_channel=row["from"],
        to_channel=row["to"],
        path=border_path(row["from"], row["to"]),
        persons=row.get("persons"),
        arrived=row.get("arrived"),
        arrived_decided=row.get("arrived_decided"),
        lost=row.get("lost"),
        lost_before=row.get("lost_before_arrival"),
        lost_after=row.get("lost_after_arrival"),
        undecided=row.get("undecided"),
        undecided_succeeded=row.get("undecided_succeeded"),
        succeeded=row.get("succeeded"),
        attempts=row.get("attempts"),
        declared=row.get("declared"),
        share=row.get("share_lost"),
        low=row.get("share_lost_low"),
        high=row.get("share_lost_high"),
        money=wording.amounts(row),
        too_few=bool(row.get("too_few")),
    )


def worst_first(borders: Sequence[Border]) -> list[Border]:
    """Most people lost first; borders with too few people for a share come last."""
    return sorted(borders, key=lambda border: (border.too_few, -(border.lost or 0), -(border.persons or 0)))


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of shares from nothing to `top`, a share of one."""

    top: float

    def x(self, share: float | None) -> float:
        """Where a share stands, in percent of the axis."""
        return 0.0 if share is None else round(min(share / self.top, 1) * 100, 2)


class Shared(Protocol):
    """A border, or a part of one: what leaves with people, and which share of them."""

    @property
    def money(self) -> Mapping[str, int]:
        """In minor units, by currency."""
        ...

    @property
    def share(self) -> float | None:
        """The share lost."""
        ...

    @property
    def high(self) -> float | None:
        """The upper end of its interval."""
        ...

    @property
    def too_few(self) -> bool:
        """Whether it rests on too few people."""
        ...


def main_currency(borders: Iterable[Shared]) -> str:
    """The currency most borders lose money in; the one to sort by, because currencies do not compare."""
    seen = Counter(currency for border in borders for currency in sorted(border.money))
    return seen.most_common(1)[0][0] if seen else ""


def scale_of(borders: Iterable[Shared]) -> Scale:
    """An axis that holds every interval told, in steps of ten percent."""
    highest = max((border.high or border.share or 0 for border in borders if not border.too_few), default=0)
    return Scale(min(1.0, max(1, math.ceil(round(highest * 10, 6))) / 10))
