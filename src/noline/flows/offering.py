"""Offering: what is proposed to a customer at the counter, what became of it, and what it changed.

The first time a customer is eligible for a programme and somebody looks, the customer gets an arm, and that is a deed:
`shown`, or `held` for a fixed share by a keyed hash of customer and programme. What a programme changes is then the
difference between everybody of the one arm and everybody of the other, whatever was bought after what (intention to
treat), and not what those bought who happened to be shown something.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from noline.flows.agenda_words import NAMES_SOMEBODY
from noline.flows.deeds import Deed, Deeds
from noline.flows.mentions import ERASED, Names
from noline.flows.naming import plainly, why_not_of
from noline.flows.offering_draws import outcomes, tested
from noline.flows.offering_goals import Goals
from noline.insight.actions import model
from noline.insight.actions.model import Arm, Counts, Kind, Programme, Ranking, Situation
from noline.insight.actions.service import Actions
from noline.kernel.clock import Clock, Micros
from noline.kernel.errors import Refused
from noline.kernel.events import Digest, Receipt
from noline.kernel.shares import FEWEST_CASES, FEWEST_PERSONS, Difference, difference
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.customers.service import Customers, Whom
from noline.truth.offers.model import (
    ANSWERED,
    DRAWN,
    AnswerWrong,
    NotShown,
    Record,
    answered,
    drawn,
    why_not_answered,
)
from noline.truth.offers.service import Offers, Overruled

_BY = "noline"
_SHORTEST_NAME = 3
"""Characters; shorter parts of a name are words of their own."""


class AnswerKeyReused(Refused):
    """An idempotency key that came with another answer before."""

    code = "offers.key_reused"
    sentence = "The idempotency key {key!r} was used for another answer to an offer; nothing was noted."
    hint = "Send a new key for a new answer."


class Reached(NamedTuple):
    """Of the customers of one arm whose time is over, how many reached the goal. waiting: whose time is not over."""

    persons: int
    reached: int
    waiting: int


class Report(NamedTuple):
    """What a programme changed. effect: the share reaching the goal of those shown less that of those held out.

    It is of those whose first draw was made under today's terms: the share held out, the goal and its time.
    too_few: why the effect is no number to act on yet; None when it is one. counts: of deeds, over all customers.
    """

    programme: Programme
    shown: Reached
    held: Reached
    effect: Difference
    too_few: str | None
    counts: Counts
    overruled: tuple[Overruled, ...]
    measured_at: Micros


class Offering:
    """Proposes, takes answers down, and measures, for one hub."""

    def __init__(
        self,
        *,
        store: TransactionalStore,
        customers: Customers,
        offers: Offers,
        goals: Goals,
        deeds: Deeds,
        clock: Clock,
        digest: Digest,
        actions: Callable[[], Actions],
        called: Callable[[Reader, Sequence[bytes]], str | None],
    ) -> None:
        """actions: the hub's programmes, read when they are first needed. digest: the hub's keyed hash.

        called: what the customer of these subjects is called.
        """
        self._store = store
        self._customers = customers
        self._offers = offers
        self._goals = goals
        self._deeds = deeds
        self._clock = clock
        self._digest = digest
        self._actions = actions
        self._called = called
        self._measured: Mapping[str, Report] = {}

    # -- at the counter

    def propose(self, tx: Transaction, whom: Whom, situation: Situation, limit: int = 3) -> Ranking:
        """What to propose now; what begins with it is drawn in the caller's transaction."""
        ranking, draws = self.ranked(tx, whom, situation, limit)
        if draws:
            self._deeds.do_for(tx, draws)
        return ranking

    def ranked(
        self, reader: Reader, whom: Whom, situation: Situation, limit: int = 3
    ) -> tuple[Ranking, list[tuple[Deed, str]]]:
        """What to propose now, and what has to be drawn for it, each deed beside who does it."""
        told = self._offers.of(reader, whom.subjects)
        record = model.Record(
            tuple(model.Drawn(one.programme, Arm(one.arm), one.at, one.until) for one in told.draws),
            tuple(model.Answered(one.programme, model.Answer(one.answer), one.at) for one in told.answers),
            self._counts(reader),
        )
        ranking = self._actions().ranked(situation, record, self._arms(whom, told), limit)
        return ranking, [(self._draw(whom, told, programme, arm), _BY) for programme, arm in ranking.new]

    def answer(
        self, person: str, programme: str, answer: str, reason: str = "", *, by: str, key: str | None = None
    ) -> Receipt:
        """Take down what became of an offer; the same key of the same customer is the same answer.

        What was offered last is answered, and of several answers the last one stands. A service is answered whenever
        it is done. Raises NotFound for a person or programme, AnswerWrong, NotShown and AnswerKeyReused.
        """
        found = self._actions().programme(programme)
        if why := why_not_answered(answer, reason):
            raise AnswerWrong(why=why)
        with self._store.transaction() as tx:
            whom = self._customers.whom(tx, person)
            if why := self._why_not_said(tx, whom, reason, by):
                raise AnswerWrong(why=why)
            subject, draw = self._answered_of(tx, whom, found)
            said = answered(programme, answer, reason.strip(), draw)
            deed = Deed(ANSWERED, subject, said, self._key(whom, key))
            (receipt,) = self._deeds.do(tx, [deed], by=by)
            if receipt.status == "conflict":
                raise AnswerKeyReused(key=key)
            return receipt

    def _answered_of(self, reader: Reader, whom: Whom, programme: Programme) -> tuple[bytes, str | None]:
        """Under which subject an answer is filed, and to which draw it is; raises NotShown."""
        if programme.kind is Kind.SERVICE:
            return whom.head, None
        last = self._offers.last_draw(reader, whom.subjects, programme.id)
        if last is None or last.arm != Arm.SHOWN:
            raise NotShown(programme=programme.id)
        return last.subject, last.id

    def _why_not_said(self, reader: Reader, whom: Whom, reason: str, by: str) -> str | None:
        """Why a reason cannot be kept: managers read it, so it names no customer. None when it can."""
        if why_not_of(reader, self._customers, (), [reason, by]) is not None:
            return NAMES_SOMEBODY
        is_plain = self._unnamed(reader, whom.person, reason) == plainly(reason)
        return None if is_plain else "its reason names the customer"

    def _unnamed(self, reader: Reader, person: str, reason: str) -> str:
        """A reason without the names of the customer it is about."""
        called = self._called(reader, self._customers.subjects(reader, person)) or ""
        words = {word.lower() for word in called.split() if len(word) >= _SHORTEST_NAME}
        named = Names([one for one, _ in self._customers.get(reader, person).identifiers], {person, *words})
        left = named.taken_out([plainly(reason)])
        return left[0] if left else ERASED

    def _overruled(self, reader: Reader, programme: str) -> Iterator[Overruled]:
        """Why associates decided against a programme, the latest first; no reason names whom it is about."""
        for one in self._offers.overruled(reader, programme):
            person = self._customers.person_of(reader, one.subject)
            yield one if person is None else one._replace(reason=self._unnamed(reader, person, one.reason))

    def _key(self, whom: Whom, key: str | None) -> str | None:
        """The id of an answer that has an idempotency key; it tells nobody the key."""
        return None if key is None else f"answer-{self._digest(f'answer:{whom.head.hex()}:{key}').hex()}"

    def _draw(self, whom: Whom, told: Record, programme: Programme, arm: Arm) -> Deed:
        """The deed of a draw; its id follows from the draw before it, so that a draw is not told twice."""
        before = max((one.at for one in told.draws if one.programme == programme.id), default=0)
        name = self._digest(f"draw:{whom.head.hex()}:{programme.id}:{before}").hex()
        goal = programme.goal
        said = drawn(programme.id, arm, goal.within_days, programme.holdout_percent, goal.what)
        return Deed(DRAWN, whom.head, said, f"draw-{name}")

    def _arms(self, whom: Whom, told: Record) -> Callable[[Programme], Arm]:
        """The arm of a customer in a programme: as it was drawn first, under whatever name, else by the hash."""

        def arm_of(programme: Programme) -> Arm:
            if not programme.is_held_out:
                return Arm.SHOWN
            first = next((one.arm for one in told.draws if one.programme == programme.id), None)
            if first is not None:
                return Arm(first)
            return model.arm(self._digest, whom.head, programme.id, programme.holdout_percent)

        return arm_of

    def _counts(self, reader: Reader) -> dict[str, Counts]:
        return {programme: Counts(**told) for programme, told in self._offers.counts(reader).items()}

    # -- what it changed

    def programmes(self) -> list[tuple[Programme, Counts]]:
        """Every programme with its counts, in the order of the catalogue."""
        with self._store.reading() as reader:
            counts = self._counts(reader)
        return [(one, counts.get(one.id, Counts())) for one in self._actions().programmes]

    def report(self, programme: str) -> Report:
        """What a programme changed until now; raises NotFound."""
        found = self._actions().programme(programme)
        with self._store.reading() as reader:
            report = self._report(reader, found, self._clock.now())
        self._measured = {**self._measured, programme: report}
        return report

    def measure(self) -> None:
        """Measure every programme that has a hold-out, so that cards can tell the effect without counting."""
        for one in self._actions().programmes:
            if one.is_held_out:
                self.report(one.id)

    def measured(self, programme: str) -> Report | None:
        """The last report of a programme in this process; None while nobody measured."""
        return self._measured.get(programme)

    def _report(self, reader: Reader, programme: Programme, now: Micros) -> Report:
        tally = {arm: [0, 0, 0] for arm in Arm}
        found = tested(reader, self._offers, self._customers, programme)
        for one in outcomes(reader, self._goals, programme, found.people, now):
            counted = tally[Arm(one.draw.arm)]
            counted[0] += one.reached is not None
            counted[1] += one.reached is True
            counted[2] += one.reached is None
        shown, held = (Reached(*tally[arm]) for arm in (Arm.SHOWN, Arm.HELD))
        return Report(
            programme, shown, held, difference(shown.reached, shown.persons, held.reached, held.persons),
            why_too_few(programme, shown, held, len(found.otherwise)), self._counts(reader).get(programme.id, Counts()),
            tuple(self._overruled(reader, programme.id)), now,
        )  # fmt: skip


def why_too_few(programme: Programme, shown: Reached, held: Reached, otherwise: int = 0) -> str | None:
    """Why the difference of two arms is no number to act on; None when it is one.

    otherwise: so many drew under other terms, and are in no arm.
    """
    if not programme.is_held_out:
        return "nobody is held out, so there is nothing to compare with"
    why = _why_too_few(shown, held)
    return f"{why}; not counted: {otherwise} who drew while other odds, goal or time held" if why and otherwise else why


def _why_too_few(shown: Reached, held: Reached) -> str | None:
    if min(shown.persons, held.persons) < FEWEST_PERSONS:
        return (
            f"too few cases yet: {shown.persons} shown and {held.persons} held out whose time is over, "
            f"{FEWEST_PERSONS} of each are needed"
        )
    if shown.reached + held.reached < FEWEST_CASES:
        return f"too few cases yet: {shown.reached + held.reached} reached the goal, {FEWEST_CASES} are needed"
    return None
