"""Erasing a person: nobody can be named any more, and the books of what was sold and moved still add up.

In one transaction of the store: what the person's records say of goods stays under a pseudonym drawn for this erasure,
everything else of them goes; the keys are destroyed, every room that knows people forgets these, others' records lose
the names, letters and kept answers lose their bytes, and tombstones keep an old message from bringing anything back.
Then the ledger beside the hub is told, and history is put right. If that is cut off it goes on with the next call.
"""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from noline.channels.segment import decoded
from noline.flows import agenda_words
from noline.flows.deeds import Deed, Deeds
from noline.flows.facts import Facts
from noline.flows.intake import claim_of
from noline.flows.ledger import Ledger
from noline.flows.mentions import Names, scrubbed
from noline.flows.remainders import NAMESPACE, is_worth_nothing, remainder_of, without_words
from noline.kernel.clock import Clock, Micros, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Fact, Fold, Identifier, Record, route_of
from noline.stores import dead_letters, tombstones
from noline.stores.log import (
    Log,
    Rewritten,
    is_remainder,
    last_seq,
    records_of,
    schema_of_remainder,
)
from noline.stores.refiling import Move, refile
from noline.stores.tombstones import Entry, Receipt, ToDo, mark_of
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.stores.vault import Vault
from noline.truth.agenda.service import Agenda
from noline.truth.aims.service import EXACT, Aims
from noline.truth.customers.decisions import DECIDED
from noline.truth.customers.identifiers import forget_names
from noline.truth.customers.model import CLAIMED, alone
from noline.truth.customers.service import Customers
from noline.truth.goods.model import Return
from noline.truth.goods.service import Goods
from noline.truth.orders.service import Orders
from noline.truth.profiles.addresses import forget_addresses
from noline.truth.profiles.clues import forget_clues
from noline.truth.profiles.service import Profiles

KIND = "Customer Erased"
_PSEUDONYM_BYTES = 12
_THINGS = {
    "order": ("order_id",), "review": ("review_id", "feedback_id"), "case": ("case_id",),
    "reservation": ("reservation_id",), "fulfilling": ("order_id",), "cart": ("cart_id", "cart"),
    "paper": ("return_id",),
}  # fmt: skip
"""What a record can be filed under that names nobody, and the properties that say which one."""

_DECIDED_ABOUT = frozenset(("fulfilling", "cart", "paper", "task"))
"""What only deeds are filed under: they stay, without what somebody wrote into them."""


class PersonalRoom(Fold, Protocol):
    """A room that knows people."""

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Delete every row of these subjects; answers how many."""
        ...


@dataclass(slots=True)
class _Plan:
    """What one erasure is about, and what it has done so far.

    names: the erased identifiers with their subjects. pseudonyms: how what is filed under each of these, and under a
    claim of one, is filed from now on. of_others: claims under which something is filed now. beside: other names in
    the records of the person.
    """

    receipt: str
    at: Micros
    names: dict[bytes, Identifier]
    pseudonyms: dict[bytes, str]
    counts: Counter[str] = field(default_factory=Counter)
    positions: list[int] = field(default_factory=list)
    things: set[tuple[str, str]] = field(default_factory=set)
    of_others: set[bytes] = field(default_factory=set)
    beside: set[bytes] = field(default_factory=set)

    @property
    def subjects(self) -> list[bytes]:
        return sorted(self.names)


class Erasing:
    """Erases people from one hub."""

    def __init__(
        self,
        *,
        store: TransactionalStore,
        log: Log,
        vault: Vault,
        facts: Facts,
        customers: Customers,
        rooms: Sequence[PersonalRoom],
        goods: Sequence[Fold],
        orders: Orders,
        papers: Goods,
        profiles: Profiles,
        agenda: Agenda,
        aims: Aims,
        deeds: Deeds,
        recipients: Callable[[], Sequence[str]],
        clock: Clock,
        ledger: Path,
    ) -> None:
        """Wire erasing. rooms: that know people, beside customers. goods: rooms whose rows stay under a pseudonym.

        orders, papers: rooms that keep what is written into deeds about what people ordered and gave back.
        profiles: knows how people are called. agenda: keeps what is written about questions and frictions.
        aims: keeps what is written about channels and goals.
        recipients: the receivers that are sent events; they must be told by whoever erases.
        """
        self._store = store
        self._log = log
        self._vault = vault
        self._facts = facts
        self._customers = customers
        self._rooms = rooms
        self._goods = goods
        self._orders = orders
        self._papers = papers
        self._profiles = profiles
        self._agenda = agenda
        self._aims = aims
        self._deeds = deeds
        self._recipients = recipients
        self._clock = clock
        self._ledger = Ledger(ledger)

    def erase(self, person: str, *, by: str, reason: str) -> Receipt:
        """Erase a person in the store; who was erased already is answered with the same receipt. Raises NotFound.

        What lies outside the store is left to `unfinished` and `finished`.
        """
        recipients = list(self._recipients())
        with self._store.transaction() as tx:
            try:
                customer = self._customers.get(tx, person)
            except NotFound:
                known = tombstones.receipt_of_person(tx, person, self._vault.digest)
                if known is None:
                    raise
                return known
            names = {self._customers.subject(one): one for one, _ in customer.identifiers}
            plan = self._plan(self._deeds.new_id("erasure"), self._clock.now(), names)
            receipt = self._erase(tx, plan, by, reason, {person, customer.person}, {"recipients": recipients})
        self._forget_names()
        return receipt

    def _forget_names(self) -> None:
        """Nothing that was read of the erased stays in the memory of this process."""
        self._log.forget()
        self._vault.forget_names()
        forget_names()
        forget_addresses()
        forget_clues()

    def erase_again(self, entries: Iterable[Entry]) -> list[Receipt]:
        """Erase what the ledger of a hub says was erased after this backup of it was made."""
        with self._store.transaction() as tx:
            due = [one for one in entries if tombstones.receipt(tx, one.receipt, self._vault.digest) is None]
            if not due:
                return []
            known = {mark_of(self._vault.digest, name): (subject, name) for subject, name in tombstones.identifiers(tx)}
            receipts: list[Receipt] = []
            for entry in due:
                names = dict(known[mark] for mark in entry.marks if mark in known)
                plan = self._plan(entry.receipt, entry.erased_at, names)
                receipts.append(self._erase(tx, plan, entry.by, entry.reason, (), {}, entry.marks))
        self._forget_names()
        return receipts

    def receipt(self, number: str) -> Receipt:
        """A receipt; raises NotFound."""
        with self._store.reading() as reader:
            found = tombstones.receipt(reader, number, self._vault.digest)
        if found is None:
            raise NotFound(what="erasure", name=number)
        return found

    def unfinished(self) -> list[tuple[str, ToDo]]:
        """Erasures that still have something to do outside the store. The ledger knows of all of them from now on."""
        with self._store.reading() as reader:
            found = tombstones.unfinished(reader)
        self._ledger.keep([entry for entry, _ in found])
        return [(entry.receipt, to_do) for entry, to_do in found]

    def finished(self, receipt: str, told: Mapping[str, Any]) -> None:
        """Outside the store everything is done for this receipt; `told` is added to it."""
        with self._store.transaction() as tx:
            tombstones.done(tx, receipt, told, self._vault.digest)

    def _plan(self, receipt: str, at: Micros, names: dict[bytes, Identifier]) -> _Plan:
        """Draw pseudonyms that stand in the same order as the names they replace.

        Of two tellings that are equal in time and id the room decides by the routing key; so it decides as before.
        """
        own = [*names, *(self._claim(subject) for subject in names)]
        drawn = [self._clock.random_bytes(_PSEUDONYM_BYTES).hex() for _ in own]
        drawn.sort(key=lambda one: route_of(self._filed_under(one)))
        return _Plan(receipt, at, names, dict(zip(sorted(own, key=route_of), drawn, strict=True)))

    def _claim(self, subject: bytes) -> bytes:
        return claim_of(self._vault.digest, subject)

    def _filed_under(self, pseudonym: str) -> bytes:
        return self._vault.digest(f"{NAMESPACE}:{pseudonym}")

    def _erase(
        self,
        tx: Transaction,
        plan: _Plan,
        by: str,
        reason: str,
        people: Iterable[str],
        told: Mapping[str, Any],
        marks: Sequence[bytes] = (),
    ) -> Receipt:
        words = [alone(subject) for subject in plan.subjects] + [subject.hex() for subject in plan.subjects]
        names = Names(plan.names.values(), words)
        moves = self._leave_remainders(tx, plan, names)
        near = self._seen_with(tx, plan.subjects)
        beside = self._customers.names_of(tx, plan.beside)
        around = {subject: self._seen_with(tx, [subject]) | {subject} for subject in near | plan.beside}
        decided = tombstones.decided_with(tx, plan.subjects)
        called = self._profiles.record(tx, plan.subjects).name
        self._forget_people(tx, plan)
        changed = self._strip_others(tx, plan, names, near | decided) | plan.beside
        changed |= self._strip_things(tx, plan, names)
        self._refile(tx, plan, moves)
        plan.counts["keys"] = self._vault.destroy(tx, plan.pseudonyms)
        tellers = plan.of_others.union(changed, *(around.get(subject, ()) for subject in changed))
        linked = near.union(*around.values())
        seq = last_seq(tx) + 1
        seen = self._tell_again(
            tx, plan, linked - plan.pseudonyms.keys(), changed, tellers - plan.pseudonyms.keys(), seq
        )
        vanished = {one: name for one, name in beside.items() if one not in seen}
        plan.counts["identifiers"] += len(vanished)
        theirs = [*plan.names.values(), *vanished.values()]
        names = Names(theirs, words, {value for _, value in plan.things})
        self._wipe_letters(tx, plan, names)
        self._strip_words(tx, plan, agenda_words.named_here(theirs, words, called))
        by, reason = (names.taken_out(text) or "" for text in (by, reason))
        marks = sorted({*marks, *(mark_of(self._vault.digest, name) for name in theirs)})
        counts: dict[str, Any] = {**dict(sorted(plan.counts.items())), "tombstones": len(marks), **told}
        receipt = Receipt(plan.receipt, plan.at, by, reason, counts, done=False)
        self._tell(tx, plan, receipt)
        to_do = ToDo(tuple(sorted(set(plan.positions))), tuple(map(route_of, [*plan.subjects, *vanished])))
        tombstones.keep_receipt(tx, receipt, marks, to_do, self._vault.digest)
        ids = {alone(subject) for subject in plan.subjects} | set(people)
        tombstones.keep_people(tx, ids, receipt, self._vault.digest)
        tombstones.bury(tx, marks, plan.at)
        return receipt

    # The person's own records

    def _leave_remainders(self, tx: Transaction, plan: _Plan, names: Names) -> list[Move]:
        """Rewrite every record that is filed under the person; answers those of which something stays."""
        moves: list[Move] = []
        head = self._head(plan)
        for subject, pseudonym in plan.pseudonyms.items():
            # What somebody only claimed is not told of the person, and is not counted as theirs afterwards.
            called = list(dict.fromkeys((head, pseudonym))) if subject in plan.names else [pseudonym]
            new = self._filed_under(pseudonym)
            for records in records_of(tx, subject):
                facts = {fact.seq: fact for fact in self._facts.of(tx, records)}
                for fact in facts.values():
                    self._note(plan, fact)
                changes = [
                    self._left_of_others(plan, record, body, names, facts[record.seq])
                    if body is not None
                    and set(facts[record.seq].identifiers) - names.identifiers
                    and subject not in plan.names
                    else _decision(record, body, new, names)
                    if record.kind == DECIDED and body is not None
                    else _changed(record, body, new, called)
                    for record, body in self._log.opened(tx, records)
                ]
                self._rewrite(tx, plan, changes)
                moves += [
                    Move(change.subject, facts[change.seq])
                    for change in changes
                    if change.seq in facts and change.body and change.kind != DECIDED
                ]
        plan.counts["records"] = len(plan.positions)
        plan.counts["remainders"] = len(moves)
        return moves

    def _left_of_others(self, plan: _Plan, record: Record, body: bytes, names: Names, fact: Fact) -> Rewritten:
        """A record that claims a name of the person and one of somebody else: from now on it claims that one alone."""
        other = next(one for one in fact.identifiers if one not in names.identifiers)
        claim = self._claim(self._customers.subject(other))
        plan.of_others.add(claim)
        return Rewritten(
            record.seq, claim, record.message_id, record.schema, scrubbed(names, body) or body, record.kind
        )

    @staticmethod
    def _head(plan: _Plan) -> str:
        """The pseudonym that all others of the person stand together with."""
        return next((one for subject, one in plan.pseudonyms.items() if subject in plan.names), "")

    def _note(self, plan: _Plan, fact: Fact) -> None:
        """Whom else and which orders and the like a record of the person tells of."""
        named = map(self._customers.subject, fact.identifiers)
        plan.beside.update(subject for subject in named if subject not in plan.names)
        for topic, properties in _THINGS.items():
            value = fact.text(*properties)
            if value:
                plan.things.add((topic, value))

    def _strip_things(self, tx: Transaction, plan: _Plan, names: Names) -> set[bytes]:
        """Orders, reviews and the like of the person have records that name nobody; what they say beside goes too.

        Answers under which of them records changed.
        """
        self._note_what_hangs_on_orders(tx, plan)
        changed: set[bytes] = set()
        for topic, value in sorted(plan.things):
            subject = self._vault.digest(f"{topic}:{value}")
            if topic in _DECIDED_ABOUT:
                changed |= self._strip_deeds(tx, plan, subject)
                continue
            for records in records_of(tx, subject):
                whole = [record for record in records if not is_remainder(record)]
                others = {fact.seq for fact in self._facts.of(tx, whole) if set(fact.identifiers) - names.identifiers}
                changes = [
                    change
                    for record, body in self._log.opened(tx, whole)
                    if (change := _of_a_thing(record, body, names, others)) is not None
                ]
                plan.counts["records_of_orders"] += len(changes)
                self._rewrite(tx, plan, changes)
                if changes:
                    changed.add(subject)
        return changed

    def _note_what_hangs_on_orders(self, reader: Reader, plan: _Plan) -> None:
        """The carts that the orders of the person were, the returns of them, and the tasks about these."""
        for order_id in [value for topic, value in plan.things if topic == "order"]:
            book = self._orders.book(reader, order_id)
            if book is not None and book.opening.cart is not None:
                plan.things.add(("cart", book.opening.cart))
            plan.things.update(("paper", back.id) for back in self._papers.returns_of(reader, order_id))
        for paper in [value for topic, value in plan.things if topic == "paper"]:
            back = self._papers.paper(reader, paper)
            if isinstance(back, Return):
                plan.things.add(("task", self._papers.task_id("inspect", back.location, "", back.id)))

    def _strip_deeds(self, tx: Transaction, plan: _Plan, subject: bytes) -> set[bytes]:
        """Take what somebody wrote out of the deeds about a thing; answers under what deeds changed."""
        count = 0
        for records in records_of(tx, subject):
            changes = [
                Rewritten(record.seq, subject, record.message_id, record.schema, left, record.kind)
                for record, body in self._log.opened(tx, records)
                if body is not None and (left := without_words(record.kind, body)) is not None
            ]
            self._rewrite(tx, plan, changes)
            count += len(changes)
        if not count:
            return set()
        plan.counts["deeds"] += count
        for records in records_of(tx, subject):
            facts = list(self._facts.of(tx, records))
            self._orders.reword(tx, facts)
            self._papers.reword(tx, facts)
        return {subject}

    def _rewrite(self, tx: Transaction, plan: _Plan, changes: list[Rewritten]) -> None:
        self._log.rewrite(tx, changes)
        plan.positions += [change.seq for change in changes]
        decided = [change.message_id for change in changes if change.kind == DECIDED]
        tombstones.forget_reasons(tx, [(route_of(self._customers.subject_of_decision(one)), one) for one in decided])

    # Records of others

    def _strip_others(self, tx: Transaction, plan: _Plan, names: Names, others: Iterable[bytes]) -> set[bytes]:
        """Take the names out of what is filed under others; answers whose records changed."""
        changed: set[bytes] = set()
        for subject in sorted(others):
            for records in records_of(tx, subject):
                changes = [
                    change
                    for record, body in self._log.opened(tx, records)
                    if body is not None and (change := _without_names(record, body, names)) is not None
                ]
                if changes:
                    # Decisions tell nothing of anybody; only what is left of who is who follows from them.
                    if any(change.kind != DECIDED for change in changes):
                        changed.add(subject)
                    plan.counts["records_of_others"] += len(changes)
                    self._rewrite(tx, plan, changes)
        return changed

    def _seen_with(self, reader: Reader, subjects: Collection[bytes]) -> set[bytes]:
        """Under what a record of others may lie that names one of these.

        A record links its strongest name with the others in it. It is filed under that one, unless a browser claimed
        it: then under another one of them, which the strongest has a claimed link with, or under the claim.
        """
        near: set[bytes] = set()
        claimed: set[bytes] = set()
        for _, other, trust in tombstones.linked(reader, subjects):
            near.add(other)
            if trust == CLAIMED:
                claimed.add(other)
        near |= {other for _, other, trust in tombstones.linked(reader, claimed) if trust == CLAIMED}
        return (near | {self._claim(one) for one in near | set(subjects)}).difference(subjects)

    def _wipe_letters(self, tx: Transaction, plan: _Plan, names: Names) -> None:
        own = set(plan.positions)
        letters = [
            letter.id
            for letter in dead_letters.all_letters(tx)
            if letter.seq in own or names.are_in(letter.raw) or names.are_in(letter.message.encode())
        ]
        answers = [(caller, key) for caller, key, answer in tombstones.answers(tx) if names.are_in(answer)]
        plan.counts["dead_letters"] = dead_letters.wipe(tx, letters)
        plan.counts["answers"] = tombstones.wipe_answers(tx, answers)

    def _strip_words(self, tx: Transaction, plan: _Plan, names: Names) -> None:
        """Take the names out of notes about frictions, saved questions, charters, goals and what was decided."""
        of_rooms = {
            "agenda": agenda_words.forgotten(tx, self._log, self._facts, self._agenda, names),
            "aims": agenda_words.forgotten(tx, self._log, self._facts, self._aims, names, EXACT),
        }
        for room, changed in of_rooms.items():
            plan.positions += changed
            if changed:
                plan.counts[room] += len(changed)

    # The rooms

    def _refile(self, tx: Transaction, plan: _Plan, moves: Sequence[Move]) -> None:
        """Let the rows of goods that rest on these records follow them."""
        for room in self._goods:
            heard = [move for move in moves if room.kinds is None or move.fact.kind in room.kinds]
            for table, columns in room.tables.items():
                changed = refile(tx, table, columns, heard, self._vault.digest) if heard else 0
                if changed:
                    plan.counts[table] += changed

    def _forget_people(self, tx: Transaction, plan: _Plan) -> None:
        """Delete what the rooms know of the person.

        Whoever was linked with them, or named in their records, follows anew from all records that can name them; who
        is named in none any more, such as an address typed once, is gone with the person.
        """
        for room in self._rooms:
            plan.counts[room.name] += room.erase(tx, list(plan.pseudonyms))
        plan.counts["identifiers"] = len(plan.names)
        plan.counts["customers"], _ = self._customers.erase(tx, plan.subjects)
        self._customers.drop(tx, plan.beside)

    def _tell(self, tx: Transaction, plan: _Plan, receipt: Receipt) -> None:
        """Put the deed into the log."""
        head = self._head(plan)
        subject = self._filed_under(head) if head else self._vault.digest(f"receipt:{receipt.id}")
        said = {"erased_at": as_text(receipt.erased_at), "reason": receipt.reason, **receipt.told}
        self._deeds.do(tx, [Deed(KIND, subject, said, receipt.id)], by=receipt.by)

    def _tell_again(
        self, tx: Transaction, plan: _Plan, linked: set[bytes], changed: set[bytes], tellers: set[bytes], seq: int
    ) -> set[bytes]:
        """Let the rooms that know people hear what is left of the person and of what others said; answers who is named.

        linked: whose links follow anew. changed: whose own rows do, from what the tellers said. seq: the position of
        the deed; what follows from it is new to whoever follows the people by position.
        """
        for room in self._rooms:
            room.erase(tx, sorted(changed))
        seen: set[bytes] = set()
        left = {self._filed_under(pseudonym) for pseudonym in plan.pseudonyms.values()}
        for subject in sorted(left | linked | tellers):
            for records in records_of(tx, subject):
                facts = list(self._facts.of(tx, records))
                seen.update(self._customers.subject(name) for fact in facts for name in fact.identifiers)
                self._customers.retell(tx, facts, seq)
                if subject in left or subject in tellers:
                    self._tell_rooms(tx, facts)
        return seen

    def _tell_rooms(self, tx: Transaction, facts: list[Fact]) -> None:
        left_out = dead_letters.left_out_of(tx, [fact.seq for fact in facts]) if facts else set()
        for room in self._rooms:
            heard = [
                fact
                for fact in facts
                if (room.kinds is None or fact.kind in room.kinds) and (fact.seq, room.name) not in left_out
            ]
            if heard:
                room.take(tx, heard)


def _changed(record: Record, body: bytes | None, subject: bytes, called: Sequence[str]) -> Rewritten:
    """What is left of a record of the person."""
    empty = body is None or is_worth_nothing(record.kind)
    schema = schema_of_remainder(record.schema, empty=empty)
    left = b"" if body is None or empty else remainder_of(record, body, called)
    return Rewritten(record.seq, subject, record.message_id, schema, left, record.kind)


def _decision(record: Record, body: bytes, subject: bytes, names: Names) -> Rewritten:
    """A decision about who is who without those who are no more; that it was taken stays, why it was does not.

    It is filed under one of those who are left, so that it is found when they go too.
    """
    left = names.taken_out(decoded(body))
    said = left["properties"] = {**left.get("properties", {}), "reason": ""}
    sides = [bytes.fromhex(one) for side in ("one", "other") for one in said.get(side, ())]
    subject = min(sides, default=subject)
    return Rewritten(record.seq, subject, record.message_id, record.schema, msgspec.json.encode(left), record.kind)


def _of_a_thing(record: Record, body: bytes | None, names: Names, of_others: Container[int]) -> Rewritten | None:
    """What is left of a record about an order or the like that is filed under nobody's name."""
    if record.seq not in of_others:
        return _changed(record, body, record.subject, ())
    return None if body is None else _without_names(record, body, names)


def _without_names(record: Record, body: bytes, names: Names) -> Rewritten | None:
    """A record of somebody else without these names; None when it holds none of them."""
    left = scrubbed(names, body)
    if left is None:
        return None
    if record.kind == DECIDED:
        return _decision(record, body, record.subject, names)
    return Rewritten(record.seq, record.subject, record.message_id, record.schema, left, record.kind)
