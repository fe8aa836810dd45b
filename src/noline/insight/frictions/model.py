"""What a friction rule says, and what is known about each friction, in values that explain themselves."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from noline.kernel.clock import DAY, Micros, as_text
from noline.kernel.shares import Share

if TYPE_CHECKING:
    from noline.stores.walks.arrays import Flags, Longs
    from noline.stores.walks.store import Named

HORIZON: Micros = -1
"""Stands in a rule for the time after which an intent without a goal counts as lost; a setting of the hub."""

USUAL_HORIZON: Micros = 14 * DAY
Kind = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Where:
    """What an event must be like, beside its name. rating in hundredths of a star, values in minor units."""

    topic: tuple[str, ...] = ()
    rating_at_most: int | None = None
    rating_at_least: int | None = None
    units_at_most: int | None = None
    units_at_least: int | None = None
    value_at_least: int | None = None
    handoff: bool = False
    exposure: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a rule.

    what: names of which it may have any. after, within: microseconds from the first step, for an event that must not
    happen from the event that `since` names, and for one that came before the first step counted back from it.
    same: what it shares with the first step. differs: what is another than at the step before.
    value: whether its price is lower or higher than at the step before. times: so many of them, one after the other.
    unless: names of which none may lie between the step before and this one.
    """

    what: tuple[str, ...]
    within: Micros = 0
    after: Micros = 0
    same: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    value: Literal["lower", "higher"] | None = None
    times: int = 1
    unless: tuple[str, ...] = ()
    where: Where = field(default_factory=Where)
    since: Kind = "last"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a friction happens after its first step. first: what that step must be like as well."""

    steps: tuple[Step, ...]
    no: tuple[Step, ...]
    first: Where


@dataclass(frozen=True, slots=True)
class Rule:
    """A friction, as its file tells it.

    first: the event that puts a person at risk. before: what must have come before it. ways: a case is any of these.
    together: first steps no further apart than this, without a goal between them, are one.
    goal: what counts as reached, and how soon after the first step.
    worth: of a case: what its events tell, or what the next goal of those without the friction is worth on average.
    loses: whether a case can cost anything.
    why_no_leak: why nobody can say what a case costs, where the rule itself makes that so.
    text: the rule as it stands in its file.
    """

    id: str
    name: str
    sentence: str
    proof: str
    from_channels: tuple[str, ...]
    to_channels: tuple[str, ...]
    first: Step
    before: tuple[Step, ...]
    ways: tuple[Way, ...]
    together: Micros
    goal: tuple[str, ...]
    goal_within: Micros
    worth: Literal["told", "next"]
    loses: bool
    why_no_leak: str | None
    text: str

    def within(self, horizon: Micros) -> "Rule":
        """The same rule with the horizon in its place."""

        def told(step: Step) -> Step:
            return replace(step, within=horizon if step.within == HORIZON else step.within)

        ways = tuple(
            Way(tuple(told(step) for step in way.steps), tuple(told(step) for step in way.no), way.first)
            for way in self.ways
        )
        before = tuple(told(step) for step in self.before)
        together, goal_within = (horizon if one == HORIZON else one for one in (self.together, self.goal_within))
        return replace(self, ways=ways, before=before, together=together, goal_within=goal_within)

    @property
    def reach(self) -> Micros:
        """How long after its first step a case may need to show; only then the rule decides."""
        return max(reach_of(way) for way in self.ways)


def reach_of(way: Way) -> Micros:
    """How long after the first step this way is decided."""
    last = max((step.within for step in way.steps), default=0)
    return max([last, *((step.within if step.since == "first" else last + step.within) for step in way.no)])


class Month(NamedTuple):
    """A month (UTC) of first steps that became cases. exposed_minor: what they were worth."""

    month: str
    cases: int
    persons: int
    exposed_minor: int


@dataclass(frozen=True, slots=True)
class Friction:
    """What is known about one friction.

    at_risk: persons who met the first step, as far as the log can tell what followed. undecided: first steps of which
    it cannot tell yet. share: persons of those at risk.
    missing: columns that the rule looks at and the events do not have. Nothing was counted then: cases, persons,
    at_risk, undecided and exposed_minor are None, and the share has no value.
    exposed_minor: worth of the cases, an upper bound. leak_minor: what the friction costs, with its 95 % interval; None
    when nothing can be compared, then `why_no_leak` says why.
    conversion_with, conversion_without: who reached a goal after the first step, with the friction and in comparable
    journeys without it. matched: persons with the friction to whom something could be compared. lift: how many times as
    often the friction's persons reach a goal.
    rising: whether the last three months' share is higher (True) or lower (False) than before beyond chance.
    """

    id: str
    name: str
    sentence: str
    proof: str
    from_channels: tuple[str, ...]
    to_channels: tuple[str, ...]
    cases: int | None
    persons: int | None
    at_risk: int | None
    share: Share
    undecided: int | None
    exposed_minor: int | None
    leak_minor: int | None
    leak_low: int | None
    leak_high: int | None
    currency: str
    conversion_with: Share
    conversion_without: Share
    matched: int
    lift: float | None
    too_few: bool
    trend: tuple[Month, ...]
    rising: bool | None
    why_no_leak: str | None
    missing: tuple[str, ...] = ()
    label: str = "association"

    def as_dict(self) -> dict[str, Any]:
        """The friction as data, as every door shows it."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        shares = ("share", "conversion_with", "conversion_without")
        return told | {
            "from_channels": list(self.from_channels),
            "to_channels": list(self.to_channels),
            "missing": list(self.missing),
            "trend": [month._asdict() for month in self.trend],
            **{name: told[name]._asdict() for name in shares},
        }


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a friction.

    person: the person's own name in the history. at, ended_at: of the first and the last event that show it.
    evidence: positions in the log of these events, or of the rows of a table that is no log.
    converted: whether a goal was reached afterwards in time; None while the log cannot tell.
    """

    person: int | str
    at: Micros
    ended_at: Micros
    evidence: tuple[int, ...]
    value_minor: int
    store_id: str | None
    sku: str | None
    channels: tuple[str, ...]
    converted: bool | None

    def as_dict(self) -> dict[str, Any]:
        """The case as data, times as text."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return told | {
            "at": as_text(self.at),
            "ended_at": as_text(self.ended_at),
            "evidence": list(self.evidence),
            "channels": list(self.channels),
        }


class AtRisk(NamedTuple):
    """The persons at risk of one friction, a row for each, as arrays.

    person: number in the history. friction: whether the person had a case: where it happens is asked of this.
    met: whether the friction happened, whatever followed; what it changes is asked of this, because a case may be one
    only because no goal followed. converted: whether a goal was reached in time. observed: whether the log tells that
    long; without it `converted` says nothing.
    All of it is of one first step: the first that became a case, else the first that met the friction, else the first
    of all. prior_events: how much the person had done before. value_minor: what was told by then.
    """

    person: "Longs"
    friction: "Flags"
    met: "Flags"
    converted: "Flags"
    observed: "Flags"
    month: "Named"
    store_id: "Named"
    country: "Named"
    channel: "Named"
    prior_orders: "Longs"
    prior_events: "Longs"
    value_minor: "Longs"
