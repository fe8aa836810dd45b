"""Promise: units are held for somebody for a while, and become part of an order, or free again. Never twice.

Many baskets are decided together in one transaction, one after the other, over figures read in that transaction; what
was decided is written as deeds of the log. Holds whose time has run out are ended first, so that a late sweeper can
neither sell nor block wrongly.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from noline.flows.deeds import Deed, Deeds
from noline.kernel.clock import SECOND, Clock, Micros
from noline.kernel.errors import NotFound, NotReadable, Refused
from noline.kernel.quantities import Units
from noline.stores.portions import portions
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.stock import decided, promising
from noline.truth.stock.decided import ENDED, EXTENDED, HELD_NOW, Claim, End, Hold
from noline.truth.stock.model import UNSOURCED, VIRTUAL
from noline.truth.stock.policies import Policy
from noline.truth.stock.promising import Ask, Choose, Line, NotEnoughStock, Short
from noline.truth.stock.service import Stock

_MOST_LINES = 200
_MOST_UNITS = 10**9
_NAME_CHARACTERS = 200
_ENDED_AT_ONCE = 500


class AskUnreadable(NotReadable):
    """A basket that cannot be understood."""

    code = "stock.ask_unreadable"
    sentence = "This cannot be promised: {why}."
    hint = 'Send lines such as {"sku": "ristretto-50", "units": 1, "location": "paris-opera"}.'


class HoldOver(Refused):
    """The hold is no longer in force."""

    code = "stock.hold_over"
    sentence = "Hold {hold} is over: it was {state}."
    hint = "Hold the units again; nothing was moved."


class Promising:
    """Holds of one hub."""

    def __init__(
        self,
        store: TransactionalStore,
        deeds: Deeds,
        stock: Stock,
        clock: Clock,
        choose: Choose,
        is_order: Callable[[Reader, str], bool],
    ) -> None:
        """choose: where lines without a location are taken from. is_order: whether the hub runs an order of that id."""
        self._store = store
        self._deeds = deeds
        self._stock = stock
        self._clock = clock
        self._choose = choose
        self._is_order = is_order

    def hold(self, ask: Ask, *, by: str) -> Hold:
        """Promise one basket, all lines or none. Raises AskUnreadable and NotEnoughStock."""
        with self._store.transaction() as tx:
            (outcome,) = self.hold_all(tx, [ask], by=[by])
            if isinstance(outcome, Refused):
                raise outcome
            return outcome

    def hold_all(self, tx: Transaction, asks: Sequence[Ask], *, by: Sequence[str]) -> list[Hold | Refused]:
        """Decide baskets one after the other; each is a hold or the reason why not. by: who asks, of each."""
        now = self._clock.now()
        self._end_due(tx, now)
        free = Shelves(tx, self._stock)
        free.look_at((line.sku, line.location) for ask in asks for line in ask.lines)
        outcomes = [self._decide(ask, free, now) for ask in asks]
        held = [(one, whom) for one, whom in zip(outcomes, by, strict=True) if isinstance(one, Hold)]
        self._deeds.do_for(tx, [(self._placed(one), whom) for one, whom in held])
        return outcomes

    def find(self, hold_id: str) -> Hold:
        """A hold as it stands; one whose time has run out is expired, whether somebody wrote that down or not."""
        with self._store.reading() as reader:
            return self._known(reader, hold_id)

    def extend(self, hold_id: str, ttl_s: int | None = None, *, by: str) -> Hold:
        """Let a hold last so many seconds from now. Raises NotFound, HoldOver and AskUnreadable."""
        with self._store.transaction() as tx:
            hold = self._in_force(tx, hold_id)
            until = self._until(self._clock.now(), ttl_s)
            self._deeds.do(tx, [self._deed(EXTENDED, hold, decided.extended(hold.id, until))], by=by)
            return hold._replace(expires_at=until)

    def commit(self, hold_id: str, document: str, *, by: str) -> Hold:
        """Make a hold part of an order: what was held is allocated. Again with the same order: as it is.

        Raises NotFound and HoldOver.
        """
        with self._store.transaction() as tx:
            hold, deed = self.committing(tx, hold_id, document)
            if deed is None:
                return hold
            self._deeds.do(tx, [deed], by=by)
            return hold._replace(state="committed", ended_at=self._clock.now(), order_id=document)

    def committing(self, reader: Reader, hold_id: str, document: str) -> tuple[Hold, Deed | None]:
        """A hold that is to become part of an order, and the deed that makes it so; None when it is already.

        For who does it together with deeds of their own. Raises NotFound and HoldOver.
        """
        hold = self._known(reader, hold_id)
        if hold.state == "committed" and hold.order_id == document:
            return hold, None
        if hold.state != "active":
            raise HoldOver(hold=hold_id, state=hold.state)
        return hold, self._deed(ENDED, hold, decided.ended(hold, "committed", document))

    def release(self, hold_id: str, *, by: str) -> Hold:
        """Give the units back; of a hold that is over: as it is.

        A committed hold can be released as long as no order of the hub is made of it: the order is run by a channel,
        which has sent the goods or given it up. Raises NotFound and HoldOver.
        """
        with self._store.transaction() as tx:
            hold = self._known(tx, hold_id)
            if hold.state == "committed":
                if self._is_order(tx, hold.order_id or ""):
                    raise HoldOver(hold=hold_id, state=hold.state)
                return self._end(tx, hold, "released", hold.order_id or "", by=by)
            if hold.ended_at is not None:
                return hold
            return self._end(tx, hold, "expired" if hold.state == "expired" else "released", "", by=by)

    def sweep(self) -> int:
        """End holds whose time has run out; answers how many. Nothing depends on when this is done."""
        with self._store.reading() as reader:
            if not self._stock.holds_due(reader, self._clock.now(), 1):
                return 0
        with self._store.transaction() as tx:
            return self.end_due(tx)

    def end_due(self, tx: Transaction) -> int:
        """The same inside a transaction of the caller, before it decides over what is free."""
        return self._end_due(tx, self._clock.now())

    # -- inside

    def _decide(self, ask: Ask, free: "Shelves", now: Micros) -> Hold | Refused:
        try:
            _check(ask)
            until = self._until(now, ask.ttl_s)
        except AskUnreadable as unreadable:
            return unreadable
        found = promising.decide(ask, free, free, self._choose)
        if isinstance(found[0], Short):
            return promising.refusal(found)  # type: ignore[arg-type]
        lines: tuple[Claim, ...] = tuple(found)  # type: ignore[arg-type]
        return Hold(self._new_name(now), "active", ask.channel, ask.document, lines, now, until)

    def _new_name(self, now: Micros) -> str:
        """A name that nobody has, guesses or can make; it begins with the time, in whose order the tables keep it."""
        return f"hold-{now:013x}{self._clock.random_bytes(8).hex()}"

    def _until(self, now: Micros, ttl_s: int | None) -> Micros:
        settings = self._stock.settings
        seconds = settings.hold_s if ttl_s is None else ttl_s
        if not 1 <= seconds <= settings.most_hold_s:
            raise AskUnreadable(why=f"a hold lasts 1 to {settings.most_hold_s} seconds, not {seconds}")
        return now + seconds * SECOND

    def _known(self, reader: Reader, hold_id: str) -> Hold:
        hold = self._stock.hold(reader, hold_id)
        if hold is None:
            raise NotFound(what="hold", name=hold_id)
        ran_out = hold.state == "active" and hold.expires_at <= self._clock.now()
        return hold._replace(state="expired") if ran_out else hold

    def _in_force(self, reader: Reader, hold_id: str) -> Hold:
        hold = self._known(reader, hold_id)
        if hold.state != "active":
            raise HoldOver(hold=hold_id, state=hold.state)
        return hold

    def _end(self, tx: Transaction, hold: Hold, how: End, document: str, *, by: str) -> Hold:
        self._deeds.do(tx, [self._deed(ENDED, hold, decided.ended(hold, how, document))], by=by)
        order_id = document if how == "committed" else hold.order_id
        return hold._replace(state=how, ended_at=self._clock.now(), order_id=order_id)

    def _end_due(self, tx: Transaction, now: Micros) -> int:
        count = 0
        while due := self._stock.holds_due(tx, now, _ENDED_AT_ONCE):
            self._deeds.do(tx, [self._deed(ENDED, hold, decided.ended(hold, "expired")) for hold in due], by="noline")
            count += len(due)
        return count

    def _placed(self, hold: Hold) -> Deed:
        """The deed that opens a hold; it happens once, so the hold's name is its own too."""
        return Deed(HELD_NOW, self._stock.subject_of_hold(hold.id), decided.held(hold), hold.id, personal=False)

    def _deed(self, kind: str, hold: Hold, said: dict[str, Any]) -> Deed:
        return Deed(kind, self._stock.subject_of_hold(hold.id), said, personal=False)


class Shelves:
    """What may still be promised, as this transaction sees it, less what it has promised so far."""

    def __init__(self, reader: Reader, stock: Stock) -> None:
        """Nothing is read yet."""
        self._reader = reader
        self._stock = stock
        self._any_rules = stock.has_policies(reader)
        self._rules: dict[str, dict[str, Policy]] = {}
        self._policies: dict[tuple[str, str], Policy] = {}
        self._free: dict[tuple[str, str], Units] = {}
        self._everywhere: dict[str, dict[str, Units]] = {}
        self._taken: dict[tuple[str, str], Units] = {}

    def look_at(self, places: Any) -> None:
        """Read many places at once."""
        wanted = {
            place for sku, location in places
            for place in ((sku, location), (sku, UNSOURCED))
            if location is not None and place not in self._free
        }  # fmt: skip
        there = self._stock.at(self._reader, sorted(wanted))
        for sku, location in wanted:
            on_hand, claimed = there.get((sku, location), (0, 0))
            self._free[sku, location] = on_hand - claimed - self._safety(sku, location)

    def at(self, sku: str, location: str) -> Units:
        """At one location."""
        if (sku, location) not in self._free:
            self.look_at([(sku, location)])
        return self._free[sku, location] - self._taken.get((sku, location), 0)

    def everywhere(self, sku: str) -> Mapping[str, Units]:
        """At every location that has, or had, the item."""
        if sku not in self._everywhere:
            self.look_everywhere([sku])
        return {
            location: units - self._taken.get((sku, location), 0) for location, units in self._everywhere[sku].items()
        }

    def look_everywhere(self, items: Iterable[str]) -> None:
        """Read every location of many items at once."""
        new = sorted({sku for sku in items if sku not in self._everywhere})
        found: dict[str, Counter[str]] = {sku: Counter() for sku in new}
        for some in portions(new):
            for sku, location, _, _, on_hand, _, held, allocated, *_ in self._stock.cells_of(self._reader, some):
                found[sku][location] += on_hand - held - allocated
        for sku, there in found.items():
            # Where nothing waits there is no cell, and nothing to read later.
            there[UNSOURCED] += 0
            free = {location: units - self._safety(sku, location) for location, units in sorted(there.items())}
            for location, units in free.items():
                self._free.setdefault((sku, location), units)
            self._everywhere[sku] = {location: units for location, units in free.items() if location != UNSOURCED}

    def unsourced(self, sku: str) -> Units:
        """Units of orders that no location has taken yet."""
        return -self.at(sku, UNSOURCED)

    def take(self, claims: Sequence[Claim]) -> None:
        """These are promised now."""
        for sku, location, units in claims:
            self._taken[sku, location] = self._taken.get((sku, location), 0) + units

    def policy(self, sku: str, channel: str) -> Policy:
        """The rule of an item in a channel."""
        rules = self._rules_of(sku)
        where = (sku if rules else "", channel)
        if where not in self._policies:
            self._policies[where] = self._stock.settings.policy(rules, channel)
        return self._policies[where]

    def serves(self, location: str, channel: str) -> bool:
        """Whether a location may serve a channel."""
        return self._stock.settings.serves(location, channel)

    def _safety(self, sku: str, location: str) -> Units:
        return 0 if location == UNSOURCED else self._stock.settings.safety(self._rules_of(sku), location)

    def _rules_of(self, sku: str) -> dict[str, Policy]:
        if not self._any_rules:
            return {}
        if sku not in self._rules:
            self._rules[sku] = self._stock.rules(self._reader, sku)
        return self._rules[sku]


def _check(ask: Ask) -> None:
    """Raises AskUnreadable."""
    if not 1 <= len(ask.lines) <= _MOST_LINES:
        raise AskUnreadable(why=f"a basket has 1 to {_MOST_LINES} lines, not {len(ask.lines)}")
    for line in ask.lines:
        _check_line(line)


def _check_line(line: Line) -> None:
    if not 0 < len(line.sku) <= _NAME_CHARACTERS:
        raise AskUnreadable(why="a line has no sku, or one that is too long")
    if not 1 <= line.units <= _MOST_UNITS:
        raise AskUnreadable(why=f"{line.units} units of {line.sku}")
    location = line.location
    if location is not None and (
        not 0 < len(location) <= _NAME_CHARACTERS or location in VIRTUAL or location == UNSOURCED
    ):
        raise AskUnreadable(why=f"{location[:_NAME_CHARACTERS]!r} cannot be a location")


__all__ = ["Ask", "AskUnreadable", "HoldOver", "Line", "NotEnoughStock", "Promising", "Shelves"]
