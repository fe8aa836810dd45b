"""Watching: saved questions are asked again and again, and an alert is raised when people begin to do otherwise.

Of those who began, whoever got to the last step within the window is a case; each person counts once in a stretch of
time, at the first beginning in it, and only when the whole window lies within what history tells. So nobody is counted
who still has time left.

What is compared are stretches of equal length, one before the question was saved and one since. In a short time mostly
frequent customers begin, in a long one also those who seldom come, and these buy at another rate: a day compared with
a year differs though nobody does otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from noline.flows.deeds import Deed, Deeds
from noline.insight.walks.model import Funnel, FunnelUnreadable, SpanUnreadable, Step, span
from noline.kernel.clock import DAY, Micros
from noline.kernel.sequential import Watch, watched
from noline.stores.transactional import Transaction, TransactionalStore
from noline.truth.agenda.model import Alert, Asked, Question, Tally
from noline.truth.agenda.service import ENDED, RAISED, Agenda, said

if TYPE_CHECKING:
    from noline.stores.walks.history import History

BY = "noline"
"""Who raises alerts."""

_WEEK: Micros = 7 * DAY
STRETCH: Micros = 4 * _WEEK
"""How long a stretch of time grows in which persons are counted once. Whole weeks: on a Saturday others buy."""

MOST_STRETCHES = 50
"""So many stretches since a question was saved are counted at most."""

_NEVER: Micros = 2**62
_LONGEST_SPAN_TEXT = 50
_LONGEST_SPAN = 365_250 * DAY


class Past(NamedTuple):
    """History as it is watched.

    touchpoints: what people did. until: how far that tells. horizon: the time that a question without a window gives.
    """

    touchpoints: "History"
    until: Micros
    horizon: Micros


class Look(NamedTuple):
    """One look at a saved question.

    before, since: of those who began in stretches of equal length before and since it was saved (see `compared`).
    watch: what the test says of them. news: the alert that this look raised or ended, if any.
    """

    question: Question
    before: Tally
    since: Tally
    watch: Watch
    news: Alert | None = None


class Watching:
    """Watches the saved questions of one hub."""

    def __init__(self, store: TransactionalStore, agenda: Agenda, deeds: Deeds, past: Callable[[], Past]) -> None:
        """past: history, up to date."""
        self._store = store
        self._agenda = agenda
        self._deeds = deeds
        self._past = past

    def baseline(self, asked: Asked) -> tuple[Tally, Micros]:
        """What a question says of all who began until now, and until when that is.

        Raises StepUnknown, FunnelUnreadable, SpanUnreadable, and NotFound for an unknown part.
        """
        past = self._past()
        question = funnel_of(asked)
        from noline.insight.walks.service import Walks

        # Asked once in full, so that what cannot be answered is refused now and not in an hour.
        Walks(past.touchpoints).funnel(question)
        return tally(past, question), past.until

    def watch(self) -> list[Look]:
        """Look at every question whose alert is on, and raise or end its alert where that is news."""
        with self._store.reading() as reader:
            questions = [one for one in self._agenda.questions(reader) if one.alert]
        if not questions:
            return []
        looks, until = self._looks(questions)
        with self._store.transaction() as tx:
            return [self._told(tx, look, until) for look in looks]

    def _looks(self, questions: list[Question]) -> tuple[list[Look], Micros]:
        past = self._past()
        found = []
        for question in questions:
            before, since = compared(past, funnel_of(question.asked), question.since)
            test = watched((before.cases, before.persons), (since.cases, since.persons))
            found.append(Look(question, before, since, test))
        return found, past.until

    def _told(self, tx: Transaction, look: Look, until: Micros) -> Look:
        """Tell the log what is new; a question that meanwhile was saved anew or dropped is left for the next time."""
        question = look.question
        if self._agenda.question(tx, question.id) != question:
            return look
        last = self._agenda.last_alert(tx, question.id)
        stands = last is not None and last.stands_for(question)
        if look.watch.stands == stands:
            return look
        number = (last.alert.number if last else 0) + (1 if look.watch.stands else 0)
        alert = _alert(look, until, number)
        subject = self._agenda.subject_of_question(question.id)
        kind = RAISED if look.watch.stands else ENDED
        self._deeds.do(tx, [Deed(kind, subject, said(alert), id=alert.id, personal=False)], by=BY)
        return look._replace(news=alert)


def compared(past: Past, question: Funnel, since: Micros) -> tuple[Tally, Tally]:
    """What a question says of who began before an instant and since, in stretches of equal length.

    The stretch since grows with time up to STRETCH; then the next one begins, which counts once it is over. In each of
    them the persons are counted anew. The one before grows as fast, from a moment that stays: whoever was counted once
    is not counted otherwise at the next look. Every window in it was over at that instant; where history tells enough
    it begins on the same weekday at the same time. Nobody stands on either side before both have some length.
    """
    told = past.touchpoints
    limit = _limit_of(past, question)
    if not len(told):
        return Tally(0, 0), Tally(0, 0)
    weeks = -(-(limit + STRETCH) // _WEEK)
    begin = max(since - weeks * _WEEK, int(told.times.min()) - 1)
    passed = past.until - limit - since
    length = min(passed, STRETCH, since - limit - begin)
    if length <= 0:
        return Tally(0, 0), Tally(0, 0)
    stretches = min(passed // length, MOST_STRETCHES)
    found = [
        tally(past, question, since + number * length, since + (number + 1) * length) for number in range(stretches)
    ]
    before = tally(past, question, begin, begin + length)
    return before, Tally(sum(one.cases for one in found), sum(one.persons for one in found))


def tally(past: Past, question: Funnel, after: Micros | None = None, until: Micros | None = None) -> Tally:
    """Of those who began, how many got to the last step within the window (without one: the horizon).

    after: only what happened after this instant; None: everything. until: only who began until this instant. Each
    person counts once, at the first beginning in that time, and not while the window is still open. What happens after
    the window changes nothing any more.
    """
    import numpy as np

    from noline.insight.walks import funnels

    limit = _limit_of(past, question)
    latest = past.until - limit if until is None else min(until, past.until - limit)
    told = past.touchpoints
    if after is not None:
        told = told.of_events((told.times > after) & (told.times <= latest + limit))
    if question.ends == "person" and question.without:
        told = _in_the_windows(told, question, limit)
    reached = funnels.reached(funnels.marked(told, question), question)
    first, last = reached[0], reached[-1]
    began = told.times[first.began]
    over = began <= latest
    ended = np.full(told.person_count, past.until + limit, np.int64)
    ended[last.persons] = told.times[last.ended]
    cases = over & (ended[first.persons] - began <= limit)
    return Tally(int(cases.sum()), int(over.sum()))


def _in_the_windows(told: "History", question: Funnel, limit: Micros) -> "History":
    """Of each person only what lies within the window of the first beginning; who never began is left out.

    What must not happen takes somebody out of a question with ends `person` whenever it happens; a case that is
    counted must stay one, so whatever happens after its window is not looked at.
    """
    import numpy as np

    from noline.insight.walks import funnels

    chained = replace(question, ends="chain")
    first = funnels.reached(funnels.marked(told, chained), chained)[0]
    of_person = np.full(told.person_count, _NEVER, np.int64)
    of_person[first.persons] = told.times[first.began]
    began = of_person[told.persons]
    return told.of_events((told.times >= began - question.tolerance) & (told.times - limit <= began))


def _limit_of(past: Past, question: Funnel) -> Micros:
    return past.horizon if question.window is None else question.window


def funnel_of(asked: Asked) -> Funnel:
    """A question as the walks understand it. Raises FunnelUnreadable and SpanUnreadable."""
    names = [(step.strip().removesuffix("?").strip(), step.strip().endswith("?")) for step in asked.steps]
    unknown = sorted(set(asked.between) - {name for name, _ in names})
    if unknown:
        raise FunnelUnreadable(why=f"{unknown[0]!r} in the times between is no step of it")
    limits = _limits(asked.between)
    return Funnel(
        tuple(Step(name, optional, *limits.get(name, (None, None))) for name, optional in names),
        None if asked.window == "none" else sane_span(asked.window),
        asked.mode, sane_span(asked.tolerance), asked.without, asked.ends, asked.by, asked.credit,
    )  # fmt: skip


def sane_span(text: str) -> Micros:
    """A length of time of at most a thousand years: more, no count of microseconds holds. Raises SpanUnreadable."""
    if len(text) > _LONGEST_SPAN_TEXT or (found := span(text)) > _LONGEST_SPAN:
        raise SpanUnreadable(text=text[:_LONGEST_SPAN_TEXT])
    return found


def _limits(between: Mapping[str, str]) -> dict[str, tuple[Micros | None, Micros | None]]:
    """The least and the most time before each step."""
    found: dict[str, tuple[Micros | None, Micros | None]] = {}
    for step, text in between.items():
        least, dots, most = text.partition("..")
        if not dots:
            raise FunnelUnreadable(why=f"the time before {step!r} is written as MIN..MAX, either may be missing")
        found[step] = (sane_span(least) if least.strip() else None, sane_span(most) if most.strip() else None)
    return found


def _alert(look: Look, until: Micros, number: int) -> Alert:
    question, test = look.question, look.watch
    state = "raised" if test.stands else "ended"
    return Alert(
        f"{question.id}-{number}-{state}", question.id, question.name, state, number, look.before, look.since, until,
        test.evidence, test.p, test.low, test.high, question.since,
    )  # fmt: skip
