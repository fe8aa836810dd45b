"""The aims: charters are stated, goals set and dropped, and looked at with what the hub counts at that moment.

Each of it is a deed of the log. Whatever is said twice is said once: the same words leave no second deed.
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from noline.flows.agenda_words import NAMES_SOMEBODY, names_a_customer
from noline.flows.deeds import Deed, Deeds
from noline.kernel.clock import Clock, Micros, as_datetime, parse_instant
from noline.kernel.errors import NotFound, NotReadable
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.aims import service as room
from noline.truth.aims.checks import (
    in_one_spelling,
    in_order,
    why_not_checked,
    why_not_in_unit,
    why_not_set,
    why_not_stated,
    why_not_whole_months,
)
from noline.truth.aims.model import (
    MOST_GOALS,
    ROLES,
    Aim,
    Charter,
    CharterWrong,
    Checked,
    CheckIn,
    CheckInWrong,
    Goal,
    GoalWrong,
    Measured,
    Role,
    Status,
    is_currency,
    last_day,
)
from noline.truth.customers.service import Customers

_MORE_THAN_A_MONTH = timedelta(days=31)


class Counted(NamedTuple):
    """How a metric is counted: in count, share, money, minutes or ratio, and whether only over whole months.

    month_by_month: it compares a month with the one before it, so that months cannot be counted together.
    """

    unit: str
    whole_months: bool
    month_by_month: bool = False


class Numbers(NamedTuple):
    """What the hub counts, as goals ask for it.

    counted: how a metric is counted; None when there is none of that id. measure: what a metric says by dimension and
    value, from an instant until before another, in a currency (None: it is no money). known: the values of a dimension
    that history tells of.
    """

    counted: Callable[[str], Counted | None]
    measure: Callable[[str, Mapping[str, str], Micros, Micros, str | None], Measured]
    known: Callable[[str], Collection[str]]


class Aiming:
    """Keeps the aims of one hub."""

    def __init__(
        self,
        store: TransactionalStore,
        aims: room.Aims,
        deeds: Deeds,
        clock: Clock,
        numbers: Numbers,
        customers: Customers,
    ) -> None:
        """numbers: what goals can be about. customers: whose addresses no text may hold."""
        self._store = store
        self._aims = aims
        self._deeds = deeds
        self._clock = clock
        self._numbers = numbers
        self._customers = customers

    # -- charters

    def state_charter(
        self,
        channel: str,
        *,
        by: str,
        main: Role | None = None,
        others: Sequence[Role] | None = None,
        reasons: Sequence[str] | None = None,
        experience: str | None = None,
        owner: str | None = None,
    ) -> Charter:
        """State what a channel or unit is meant for; what is None stays as it was. Raises CharterWrong.

        main: needed the first time.
        """
        told = {"main": main, "others": others, "reasons": reasons, "experience": experience, "owner": owner}
        said = {name: _stripped(value) for name, value in told.items() if value is not None}
        with self._store.transaction() as tx:
            known = self._aims.charter(tx, channel.strip())
            wanted = self._wanted(known, channel.strip(), said, by)
            if why := why_not_stated(wanted):
                raise CharterWrong(why=why)
            if known is not None and msgspec.structs.replace(wanted, by=known.by) == known:
                return known
            self._refuse_names(tx, CharterWrong, _texts(wanted), _texts(known))
            subject = self._aims.subject_of_charter(wanted.channel)
            self._do(tx, room.STATED, subject, wanted, by)
        return wanted

    def _wanted(self, known: Charter | None, channel: str, said: Mapping[str, Any], by: str) -> Charter:
        if known is None and "main" not in said:
            raise CharterWrong(why=f"it names no main role; a role is one of {', '.join(ROLES)}")
        now = self._clock.now()
        before = known or Charter(channel, said["main"], (), (), "", "", now, by)
        wanted = msgspec.structs.replace(before, by=by, **said)
        wanted = msgspec.structs.replace(wanted, others=in_order(wanted.others, wanted.main))
        same = (wanted.main, wanted.others) == (before.main, before.others)
        return wanted if same else msgspec.structs.replace(wanted, since=now)

    def charters(self) -> list[Charter]:
        """The charter of every channel and unit that has one, by name."""
        with self._store.reading() as reader:
            return self._aims.charters(reader)

    # -- goals

    def set_goal(self, name: str, aim: Aim, *, by: str, owner: str | None = None) -> Goal:
        """Set what should be reached under a name; in the words that stand already nothing changes.

        aim: whose `begins` is empty is counted from the day it began before, else from today (a metric of whole months:
        from the first of this month). owner: None: as it was.
        Raises GoalWrong, and what cannot be asked of the metric: what `Numbers.measure` raises.
        """
        goal_id = self._aims.goal_id(name)
        with self._store.reading() as reader:
            known = self._aims.goal(reader, goal_id)
        begins = aim.begins or (known.aim.begins if known else self._first_day(aim).isoformat())
        owned = owner.strip() if owner is not None else known.owner if known else ""
        wanted = Goal(goal_id, name.strip(), msgspec.structs.replace(aim, begins=begins), owned, by)
        if why := why_not_set(wanted):
            raise GoalWrong(why=why)
        wanted = msgspec.structs.replace(wanted, aim=in_one_spelling(wanted.aim))
        if known is None or known.aim != wanted.aim:
            self._refuse_what_cannot_be_counted(wanted.aim)
        with self._store.transaction() as tx:
            return self._set(tx, wanted, by)

    def _set(self, tx: Transaction, wanted: Goal, by: str) -> Goal:
        known = self._aims.goal(tx, wanted.id)
        if known is not None and msgspec.structs.replace(wanted, by=known.by) == known:
            return known
        if known is None and len(self._aims.goals(tx)) >= MOST_GOALS:
            raise GoalWrong(why=f"there are {MOST_GOALS} goals already; drop one first")
        self._refuse_names(tx, GoalWrong, _texts(wanted), _texts(known))
        self._do(tx, room.SET, self._aims.subject_of_goal(wanted.id), wanted, by)
        return wanted

    def drop_goal(self, goal_id: str, *, by: str) -> bool:
        """Give a goal up; False when it was given up before. Raises NotFound when nobody ever set it."""
        with self._store.transaction() as tx:
            known = self._aims.goal(tx, goal_id)
            if known is None:
                if self._aims.was_set(tx, goal_id):
                    return False
                raise NotFound(what="goal", name=goal_id)
            self._do(tx, room.DROPPED, self._aims.subject_of_goal(goal_id), known, by)
        return True

    def goal(self, goal_id: str) -> Goal:
        """A goal; raises NotFound."""
        with self._store.reading() as reader:
            return self._goal(reader, goal_id)

    def measured(self, goal: Goal) -> Measured:
        """What the number of a goal says now; raises what `Numbers.measure` raises."""
        return self._measured(goal.aim, self.last_day(goal.aim))

    def last_day(self, aim: Aim) -> date:
        """The last day that a look at an aim counts now.

        What is told month by month is told of the last month that is over, or of the first one while it goes on.
        """
        last = last_day(aim, self._today())
        counted = self._numbers.counted(aim.metric)
        if counted is None or not counted.month_by_month or (last + timedelta(days=1)).day == 1:
            return last
        month_before = last.replace(day=1) - timedelta(days=1)
        return month_before if month_before >= date.fromisoformat(aim.begins) else last

    def id_of(self, name: str) -> str:
        """The id of a goal by its id or its name, dropped ones too; raises NotFound."""
        with self._store.reading() as reader:
            for one in (name, self._aims.goal_id(name)):
                if self._aims.was_set(reader, one):
                    return one
        raise NotFound(what="goal", name=name)

    def goals(self) -> list[tuple[Goal, Checked | None]]:
        """The goals, the one that is due first at the top, each with the last look at it."""
        with self._store.reading() as reader:
            return [(one, self._last_look(reader, one.id)) for one in self._aims.goals(reader)]

    # -- check-ins

    def check_in(self, goal_id: str, *, status: Status, decided: str, by: str) -> Checked:
        """Look at a goal now: keep what its number says, how it stands, and what was decided.

        The same words on the same day by the same person with the same numbers are one. Raises NotFound, CheckInWrong,
        and what `Numbers.measure` raises.
        """
        aim = self.goal(goal_id).aim
        until = self.last_day(aim)
        measured = self._measured(aim, until)
        told = CheckIn("", goal_id, aim, until.isoformat(), measured, status, decided.strip(), by)
        if why := why_not_checked(told):
            raise CheckInWrong(why=why)
        with self._store.transaction() as tx:
            self._goal(tx, goal_id)
            for one in self._aims.check_ins_since(tx, goal_id, _begin_of(self._today())):
                if msgspec.structs.replace(one.check_in, id="") == told:
                    return one
            self._refuse_names(tx, CheckInWrong, [told.decided])
            kept = msgspec.structs.replace(told, id=self._deeds.new_id("look"))
            self._do(tx, room.CHECKED, self._aims.subject_of_goal(goal_id), kept, by)
            return self._aims.check_ins(tx, goal_id, limit=1)[0]

    def check_ins(self, goal_id: str, limit: int = 100, offset: int = 0) -> list[Checked]:
        """The looks at a goal, the last one first, of dropped goals too. Raises NotFound when nobody ever set it."""
        with self._store.reading() as reader:
            if not self._aims.was_set(reader, goal_id):
                raise NotFound(what="goal", name=goal_id)
            return self._aims.check_ins(reader, goal_id, limit, offset)

    # -- inside

    def _refuse_what_cannot_be_counted(self, aim: Aim) -> None:
        counted = self._numbers.counted(aim.metric)
        if counted is None:
            raise GoalWrong(why=f"no metric is known as {aim.metric!r}")
        whole = counted.whole_months
        if why := why_not_in_unit(aim, counted.unit) or (why_not_whole_months(aim) if whole else None):
            raise GoalWrong(why=why)
        # Whatever refuses to be asked like this should do so today, and not at the first look.
        self._measured(aim, self.last_day(aim))
        self._refuse_what_nobody_knows(aim.where)

    def _refuse_what_nobody_knows(self, where: Mapping[str, str]) -> None:
        """A goal of a unit that is spelled wrong would be counted as nothing for ever."""
        for dimension, value in where.items():
            known = self._numbers.known(dimension)
            if value not in known:
                nearest = difflib.get_close_matches(value, known, n=1, cutoff=0)
                told = f"the nearest is {nearest[0]!r}" if nearest else "it knows none yet"
                raise GoalWrong(why=f"history knows no {dimension} {value!r}; {told}")

    def _measured(self, aim: Aim, until: date) -> Measured:
        """What the number says from the day the aim begins, or the last day counted, until the end of that day.

        A metric of whole months is asked until the end of the month: what is to come counts nothing yet. One that is
        told month by month is asked for that month alone, as the scorecard tells it.
        """
        counted = self._numbers.counted(aim.metric)
        since, end = until, until + timedelta(days=1)
        if counted is not None and counted.whole_months:
            since, end = until.replace(day=1), (until.replace(day=1) + _MORE_THAN_A_MONTH).replace(day=1)
        if counted is None or not counted.month_by_month:
            since = min(date.fromisoformat(aim.begins), since)
        currency = aim.unit if is_currency(aim.unit) else None
        return self._numbers.measure(aim.metric, aim.where, _begin_of(since), _begin_of(end), currency)

    def _is_of_whole_months(self, aim: Aim) -> bool:
        counted = self._numbers.counted(aim.metric)
        return counted is not None and counted.whole_months

    def _first_day(self, aim: Aim) -> date:
        return self._today().replace(day=1) if self._is_of_whole_months(aim) else self._today()

    def _goal(self, reader: Reader, goal_id: str) -> Goal:
        found = self._aims.goal(reader, goal_id)
        if found is None:
            raise NotFound(what="goal", name=goal_id)
        return found

    def _last_look(self, reader: Reader, goal_id: str) -> Checked | None:
        return next(iter(self._aims.check_ins(reader, goal_id, limit=1)), None)

    def _refuse_names(
        self, reader: Reader, error: type[NotReadable], texts: Iterable[str], stood: Iterable[str] = ()
    ) -> None:
        """Refuse texts that name a customer; what stood there already is no new word."""
        if names_a_customer(reader, self._customers, set(texts).difference(stood)):
            raise error(why=NAMES_SOMEBODY)

    def _do(self, tx: Transaction, kind: str, subject: bytes, thing: Charter | Goal | CheckIn, by: str) -> None:
        self._deeds.do(tx, [Deed(kind, subject, room.said(thing), personal=False)], by=by)

    def _today(self) -> date:
        return as_datetime(self._clock.now()).date()


def _stripped(value: str | Sequence[str]) -> str | tuple[str, ...]:
    return value.strip() if isinstance(value, str) else tuple(one.strip() for one in value)


def _texts(thing: Charter | Goal | None) -> tuple[str, ...]:
    """Everything in it that somebody may have written freely; nothing where there is none."""
    if thing is None:
        return ()
    if isinstance(thing, Charter):
        return (thing.channel, thing.experience, thing.owner, *thing.reasons)
    return (thing.name, thing.owner, *thing.aim.where.values())


def _begin_of(day: date) -> Micros:
    return parse_instant(day.isoformat())
