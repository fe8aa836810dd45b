"""What every unit may count on: that no unit, and no group of units, would have made more by itself.

Pure: from who took part in which orders and what a method credits, the report that goes to the people who run a store.
All amounts are whole minor units of one currency.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from noline.insight.credit.claims import Gathered
from noline.insight.credit.cores import GameNotSolved, nearest_split, whole_split
from noline.insight.credit.games import (
    MOST_COUNTED,
    Members,
    Violations,
    floors,
    gathered,
    largest_claim,
    of_gathered,
    violated,
    worst_claims,
    worth,
)
from noline.insight.credit.nucleolus import exact_nucleolus
from noline.kernel.money import Money
from noline.stores.walks.arrays import Longs

PROMISE = (
    "First everyone is paid back for the work they did on the order, then what is left is shared between the units that"
    " made the sale happen, so helping another channel can never cost you."
)

TODAY, FAIR, TOTALS = "today", "fair", "markov over totals"
"""Books: what stands in the till of whoever captured an order; what the method of the rules gives; all that was left in
proportion to what a Markov chain over units says of each."""

_SAID = {TODAY: "today's books", FAIR: "the fair books"}

MOST_FOR_NUCLEOLUS = 20
COUNTED = "every group was counted"
CUT = "the largest claims were found by maximum flows; not every group was counted"

_MOST_EXACT = 2**53
_MOST_SAID = 5


@dataclass(frozen=True)
class UnitClaim:
    """One unit, in minor units.

    credit: what the method gives. floor: what its own orders made that needed nobody else. headroom: credit less floor.
    most: what all orders made in which it took part; no split of orders gives more. nearest, nucleolus: what it would
    get by these credits, which leave nobody a claim.
    """

    unit: str
    credit_minor: int
    floor_minor: int
    headroom_minor: int
    most_minor: int
    nearest_minor: int
    nucleolus_minor: int | None


@dataclass(frozen=True)
class Guarantee:
    """Whether a method leaves any unit or group of units a claim, and what would mend it.

    orders: how many were looked at; rows: in how many parts. worth: what all of them made; credited: what the method
    gives to all units. subsidy: the least money that, put in, leaves nobody a claim. moved: what the nearest credits
    take from some units for others. why_no_nucleolus: None when it is told. currency: None when it was not said.
    only_work: units that sold nothing and bear no loss, such as depots.
    """

    method: str
    currency: str | None
    orders: int
    rows: int
    worth_minor: int
    credited_minor: int
    units: tuple[UnitClaim, ...]
    violations: Violations
    way: str
    subsidy_minor: int
    moved_minor: int
    why_no_nucleolus: str | None
    only_work: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """These books as a sentence names them: `today's books`, `the books by equal`."""
        return label(self.method)

    @property
    def holds(self) -> bool:
        """No unit and no group of units, not even all of them, has a claim."""
        return self.subsidy_minor == 0

    @property
    def below_floor(self) -> tuple[UnitClaim, ...]:
        """Units that get less than they make alone, the worst first."""
        return tuple(sorted((one for one in self.units if one.headroom_minor < 0), key=lambda one: one.headroom_minor))

    def sentence(self) -> str:
        """What everyone is promised, and what of it holds under this method, for the manager of a store."""
        return f"{PROMISE} {self.verdict()}"

    def verdict(self) -> str:
        """What of the promise holds under this method."""
        if not self.orders:
            where = "" if self.currency is None else f" in {self.currency}"
            return f"There is no order yet{where} by which {self.label} could be judged."
        return _kept(self) if self.holds else _broken(self)

    def as_dict(self) -> dict[str, object]:
        """The report as data. groups: None when there are more than a number of JSON can hold."""
        groups = self.violations.of
        return {
            "method": self.method,
            "label": self.label,
            "currency": self.currency,
            "orders": self.orders,
            "rows": self.rows,
            "worth_minor": self.worth_minor,
            "credited_minor": self.credited_minor,
            "holds": self.holds,
            "violated": self.violations.count,
            "groups": groups if groups < _MOST_EXACT else None,
            "worst": [{"units": list(names), "short_minor": short} for names, short in self.violations.worst],
            "way": self.way,
            "subsidy_minor": self.subsidy_minor,
            "moved_minor": self.moved_minor,
            "why_no_nucleolus": self.why_no_nucleolus,
            "units": [asdict(one) for one in self.units],
            "sentence": self.sentence(),
            "verdict": self.verdict(),
        }


def guarantee(
    names: Sequence[str],
    masks: Longs | Members,
    surpluses: Longs,
    credits: Longs,  # noqa: A002
    *,
    method: str,
    currency: str | None = None,
    orders: int | None = None,
    only_work: Collection[str] = (),
) -> Guarantee:
    """Judge the credits of a method by the orders that made them.

    masks: who took part, by bits in the order of the names, or Members for more than 62 units. surpluses: minor units,
    one a row; a loss has its owner as the only participant, and what a unit bears of an order may be a row of its own.
    credits: minor units, one a unit. currency: only for the sentence. orders: how many, when rows are
    parts of orders. only_work: units that sold nothing and bear no loss. Raises GameWrong for what makes no game.
    """
    made = gathered(masks, surpluses, len(names))
    _, claim = largest_claim(made, credits)
    violations, way = _violations(made, credits, names)
    nearest = whole_split(made, nearest_split(made, credits))
    nucleolus, why_not = _nucleolus(made)
    return Guarantee(
        method=method,
        currency=currency,
        orders=surpluses.size if orders is None else orders,
        rows=surpluses.size,
        worth_minor=_everything(made),
        credited_minor=int(credits.sum()),
        units=_units(names, made, credits, nearest, nucleolus),
        violations=violations,
        way=way,
        subsidy_minor=claim,
        moved_minor=int(np.maximum(nearest - credits, 0).sum()),
        why_no_nucleolus=why_not,
        only_work=frozenset(only_work),
    )


def label(method: str) -> str:
    """Books as a sentence names them, in the plural. method: `today`, `fair`, a method, or one of totals."""
    return _SAID.get(method, f"the books by {method}")


def _units(
    names: Sequence[str], made: Gathered, given: Longs, nearest: Longs, nucleolus: Longs | None
) -> tuple[UnitClaim, ...]:
    alone = floors(made)
    most = alone + made.members.T @ made.worths
    told = [None] * len(names) if nucleolus is None else nucleolus.tolist()
    columns = [column.tolist() for column in (given, alone, given - alone, most, nearest)]
    return tuple(UnitClaim(*row) for row in zip(names, *columns, told, strict=True))


def _violations(made: Gathered, given: Longs, names: Sequence[str]) -> tuple[Violations, str]:
    if not names:
        return Violations(0, 0, []), COUNTED
    if len(names) <= MOST_COUNTED:
        return violated(of_gathered(made, names), given), COUNTED
    return worst_claims(made, given, names), CUT


def _nucleolus(made: Gathered) -> tuple[Longs | None, str | None]:
    units = made.alone.size
    if units > MOST_FOR_NUCLEOLUS:
        return None, f"it is told for at most {MOST_FOR_NUCLEOLUS} units; there are {units}"
    if not units:
        return made.alone, None
    try:
        return whole_split(made, exact_nucleolus(of_gathered(made))), None
    except GameNotSolved as cause:
        return None, f"its programme was not solved ({cause.facts['status']})"


def _everything(made: Gathered) -> int:
    return worth(made, np.ones(made.alone.size, np.bool_))


def _kept(report: Guarantee) -> str:
    said = (
        f"{_first(report.label)} keep this: of {_groups(report)}, none would have made more with the orders that it"
        " needed nobody else for."
    )
    over = report.credited_minor - report.worth_minor
    return f"{said} They give {_money(over, report)} more than all made together." if over else said


def _broken(report: Guarantee) -> str:
    violations = report.violations
    begin = f"{_first(report.label)} do not keep this"
    if not violations.worst:
        return (
            f"{begin}: no group of some units has a claim, but of what all made together"
            f" {_money(report.subsidy_minor, report)} is credited to nobody."
        )
    many = "some" if violations.count is None else f"{violations.count:,}"
    names, short = violations.worst[0]
    return (
        f"{begin}: of {_groups(report)}, {many} would have made more with the orders that they needed nobody else for."
        f" Worst off: {_listed(_sharing_first(names, report))}, by {_money(short, report)}.{_below(report)}"
        f" {_money(report.subsidy_minor, report)} put in would mend it, or {_money(report.moved_minor, report)} given"
        " to other units than now."
    )


def _below(report: Guarantee) -> str:
    """Who is below its floor; and apart from them, whose work is not paid: who sells nothing loses that."""
    sharing = [one for one in report.below_floor if one.unit not in report.only_work]
    only_work = [one for one in report.below_floor if one.unit in report.only_work]
    below = f" Below what it makes all alone: {_short(sharing, report)}." if sharing else ""
    return f"{below} Work that {report.label} do not pay: {_short(only_work, report)}." if only_work else below


def _short(units: Sequence[UnitClaim], report: Guarantee) -> str:
    return _listed([f"{one.unit} ({_money(one.headroom_minor, report)})" for one in units])


def _sharing_first(names: Sequence[str], report: Guarantee) -> list[str]:
    return sorted(names, key=lambda name: name in report.only_work)


def _first(said: str) -> str:
    return said[:1].upper() + said[1:]


def _groups(report: Guarantee) -> str:
    units = len(report.units)
    groups = f"{report.violations.of:,}" if units <= MOST_COUNTED else "all"
    return f"{groups} groups of {units} units over {report.orders:,} orders"


def _listed(said: Sequence[str]) -> str:
    """The first few in words, and how many more."""
    more = len(said) - _MOST_SAID
    first = [*said[:_MOST_SAID], f"{more} more"] if more > 0 else [*said]
    return " and ".join([", ".join(first[:-1]), first[-1]] if len(first) > 1 else first)


def _money(minor: int, report: Guarantee) -> str:
    return f"{minor:,} minor units" if report.currency is None else str(Money(minor, report.currency))
