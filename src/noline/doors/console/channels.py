"""The page of the channels: what each is meant for beside what its orders show, and how customers move between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.channel_charters import ROLES, Charter, charter_of
from noline.doors.console.channel_measures import MEASURES, Measure, facts_of, measure, verdict_of
from noline.doors.console.channel_tables import (
    Account,
    Capability,
    Group,
    Migration,
    account_of,
    capabilities_of,
    groups_of,
    index_words,
    migration_of,
)
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.wording import Row

MOST_ACCOUNTS = 20
"""So many businesses stand on the page, those that ordered most."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its charter beside what is measured; orders and customers are None where none were seen.

    verdict: whether its orders show what it is meant for, and shows: so; None where no measure tells.
    facts: further numbers of it, as words and value.
    """

    channel: str
    name: str
    anchor: str
    orders: int | None
    customers: int | None
    few: bool
    charter: Charter
    verdict: str
    shows: bool | None
    claimed: tuple[str, ...]
    measures: tuple[Measure, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Unstated:
    """A channel or a unit of which nobody said what it is meant for."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """The page of the channels. said, refused, hint: what came of stating a charter."""

    headline: str
    channels: tuple[Channel, ...]
    unstated: tuple[Unstated, ...]
    association: str
    migration: Migration | None
    groups: tuple[Group, ...]
    groups_words: str
    capabilities: tuple[Capability, ...]
    index_words: str
    partners: tuple[Channel, ...]
    accounts: tuple[Account, ...]
    more_accounts: int
    roles: Mapping[str, str]
    said: str
    refused: str
    hint: str
    counted: Mapping[str, Counted]


def channels(
    *,
    roles: Row,
    charters: Row,
    migration: Row,
    customers: Row,
    index: Row,
    partners: Row,
    counted: Mapping[str, Row],
    said: str = "",
    refused: str = "",
    hint: str = "",
) -> ChannelsPage:
    """The page of the channels, from `answers.roles` and `answers.aims.charters`."""
    stated = {row["channel"]: row for row in charters["charters"]}
    measured = [_channel(row, stated.get(row["name"])) for row in roles["channels"]]
    others = [_stated_only(row) for name, row in stated.items() if name not in {one.channel for one in measured}]
    shown = sorted(measured, key=lambda one: (-(one.orders or 0), one.name)) + others
    most_first = sorted(partners["accounts"], key=lambda row: -row["orders"])
    return ChannelsPage(
        headline=_headline(shown),
        channels=tuple(shown),
        unstated=tuple(
            Unstated(one["name"], one["place"] or wording.title(wording.channel(one["name"])))
            for one in charters["unstated"]
        ),
        association=roles["sentence"],
        migration=migration_of(migration),
        groups=groups_of(customers),
        groups_words=customers["sentence"],
        capabilities=capabilities_of(index),
        index_words=index_words(index),
        partners=tuple(_channel(row, stated.get(row["name"])) for row in partners["channels"]),
        accounts=tuple(account_of(row) for row in most_first[:MOST_ACCOUNTS]),
        more_accounts=max(0, len(partners["accounts"]) - MOST_ACCOUNTS),
        roles=ROLES,
        said=said,
        refused=refused,
        hint=hint,
        counted=counted_of(counted),
    )


def _headline(channels: Sequence[Channel]) -> str:
    """How many channels do what they are meant for."""
    if not channels:
        return "Nothing was sold yet, so nothing is known of what channels are for."
    told = [one for one in channels if one.charter.main]
    if not told:
        return "Nobody has said yet what each channel is meant for; this is what its orders show."
    shown = sum(one.shows is True for one in told)
    return (
        f"{shown} of {wording.plural(len(told), 'channel', 'channels')} with a stated role "
        f"{'shows' if shown == 1 else 'show'} it in orders."
    )


def _channel(row: Row, charter: Row | None) -> Channel:
    """One row of `answers.roles.roles` beside its charter."""
    measures = tuple(measure(row["measures"][name]) for name in MEASURES if name in row["measures"])
    stated = charter_of(charter)
    verdict, shows = verdict_of(stated, measures, row)
    return Channel(
        channel=row["name"],
        name=_called(row["name"], row["place"]),
        anchor=anchor(row["name"]),
        orders=row["orders"],
        customers=row["persons"],
        few=row["too_few"],
        charter=stated,
        verdict=verdict,
        shows=shows,
        claimed=tuple(MEASURES[name][1] for name in row["claimed"] if name in MEASURES),
        measures=measures,
        facts=tuple(facts_of(row)),
    )


def _stated_only(row: Row) -> Channel:
    name = _called(row["channel"], row["place"])
    verdict = "" if row["seen"] else "Nothing was seen of it yet."
    return Channel(
        row["channel"], name, anchor(row["channel"]), None, None, False, charter_of(row), verdict, None, (), (), ()
    )  # fmt: skip


def _called(name: str, told: str | None) -> str:
    return told if told and told != name else wording.title(wording.channel(name))


def anchor(name: str) -> str:
    """The same name as a part of an id in HTML."""
    return "".join(letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in name)
