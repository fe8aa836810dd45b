"""Watching: saved questions are asked again and again, and an alert is raised when people begin to do otherwise.

Of those who began, whoever got to the last step within the window is a case. Who began before the question was saved is
the baseline, who began since is compared with it: each person once, at the first beginning in that time, and only once
the whole window lies within what history tells. So nobody is counted who still has time left, and the test may look as
often as it likes.
"""

from collections.abc import Callable, Mapping
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

    since: of those who began since it was saved, and whose time is over. watch: what the test says of them.
    news: the alert that this look raised or ended, if any.
    """

    question: Question
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
            since = tally(past, funnel_of(question.asked), question.since)
            before = question.baseline
            test = watched((before.cases, before.persons), (since.cases, since.persons))
            found.append(Look(question, since, test))
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


def tally(past: Past, question: Funnel, after: Micros | None = None) -> Tally:
    """Of those who began, how many got to the last step within the window (without one: the horizon).

    after: only what happened after this instant; None: everything. Each person counts once, at the first beginning in
    that time, and not while the window is still open.
    """
    import numpy as np

    from noline.insight.walks import funnels

    told = past.touchpoints
    store = told if after is None else told.of_events(told.times > after)
    limit = past.horizon if question.window is None else question.window
    reached = funnels.reached(funnels.marked(store, question), question)
    first, last = reached[0], reached[-1]
    began = store.times[first.began]
    over = began <= past.until - limit
    ended = np.full(store.person_count, past.until + limit, np.int64)
    ended[last.persons] = store.times[last.ended]
    cases = over & (ended[first.persons] - began <= limit)
    return Tally(int(cases.sum()), int(over.sum()))


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
        f"{question.id}-{number}-{state}", question.id, question.name, state, number, question.baseline, look.since,
        until, test.evidence, test.p, test.low, test.high,
    )  # fmt: skip
