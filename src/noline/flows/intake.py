"""Intake: what a request brings becomes a group for the log; what could not be taken can be mended and sent again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from noline.channels import segment
from noline.channels.segment import Envelope
from noline.flows.reading import Origin, draft_of, instant_or_none, own_names
from noline.kernel.clock import Clock
from noline.kernel.errors import DeadLetterClosed, DeadLetterStillWrong, NotReadable
from noline.kernel.events import Digest, Draft, Message, Receipt, Refusal, route_of
from noline.stores import dead_letters
from noline.stores.access import Access, Source
from noline.stores.dead_letters import DeadLetter
from noline.stores.log import Group, Log
from noline.stores.transactional import TransactionalStore

_IN_ONE_COMMIT = 5_000


class BadPointer(NotReadable):
    """A JSON pointer that leads nowhere."""

    code = "dead_letter.bad_pointer"
    sentence = "{pointer!r} leads nowhere in dead letter {letter}."
    hint = "Use a JSON pointer such as /properties/price; the parent must exist."


class _Undone(Exception):
    pass


class Intake:
    """The way in, for doors and for the library."""

    def __init__(self, store: TransactionalStore, log: Log, access: Access, digest: Digest, clock: Clock) -> None:
        """Wire the intake of a hub."""
        self._store = store
        self._log = log
        self._access = access
        self._digest = digest
        self._clock = clock

    def group(self, source: Source, envelope: Envelope, route: str) -> Group:
        """What a request brings, ready for the log; costs no question to the store."""
        received_at = self._clock.now()
        sent_at = instant_or_none(envelope.sent_at)
        origin = origin_of(source)
        items = [
            item
            if isinstance(item, Refusal)
            else draft_of(item, raw, origin, sent_at=sent_at, received_at=received_at, digest=self._digest)
            for item, raw in zip(envelope.items, envelope.raws, strict=True)
        ]
        if not origin.trusted:
            for item in items:
                if isinstance(item, Draft) and item.personal and not own_names(item.fact.identifiers, origin):
                    self._file_under_claim(item)
        return Group(source.name, received_at, route, items)

    def _file_under_claim(self, draft: Draft) -> None:
        """Somebody whom only claimed addresses name: filed where whoever erases such an address finds it."""
        fact = draft.fact
        namespace, value = fact.identifiers[0]
        fact.subject = claim_of(self._digest, self._digest(f"{namespace}:{value}"))
        fact.route_key = route_of(fact.subject)

    def accept(self, source_name: str, items: Iterable[bytes | dict[str, Any]]) -> list[Receipt]:
        """Take messages of one source and answer each when all of them are durable."""
        return [receipt for receipts in self.stream((source_name, item) for item in items) for receipt in receipts]

    def stream(
        self, items: Iterable[tuple[str, bytes | dict[str, Any]]], in_one_commit: int = _IN_ONE_COMMIT
    ) -> Iterator[list[Receipt]]:
        """Take (source, message) pairs, thousands in one commit; gives the receipts of each commit, in order."""
        waiting: list[tuple[str, bytes]] = []
        for name, item in items:
            waiting.append((name, item if isinstance(item, bytes) else msgspec.json.encode(item)))
            if len(waiting) >= in_one_commit:
                yield self._take(waiting)
                waiting = []
        if waiting:
            yield self._take(waiting)

    def _take(self, items: Sequence[tuple[str, bytes]]) -> list[Receipt]:
        """One commit: neighbours of one source in one group, so that order is kept."""
        runs = [(name, [raw for _, raw in run]) for name, run in groupby(items, key=itemgetter(0))]
        groups = [self.group(self._access.source(name), _envelope(raws), "import") for name, raws in runs]
        return [receipt for receipts in self._log.accept(groups) for receipt in receipts]

    def patch(self, number: int, pointer: str, value: Any) -> DeadLetter:
        """Put a value at a JSON pointer into an open dead letter. Raises NotFound, DeadLetterClosed, BadPointer."""
        with self._store.transaction() as tx:
            letter = dead_letters.letter(tx, number)
            document = segment.decoded(letter.raw)
            dead_letters.replace_raw(tx, number, msgspec.json.encode(_put(document, pointer, value, number)))
            return dead_letters.letter(tx, number)

    def replace(self, number: int, raw: bytes) -> DeadLetter:
        """Put other bytes into an open dead letter. Raises NotFound, DeadLetterClosed."""
        with self._store.transaction() as tx:
            dead_letters.replace_raw(tx, number, raw)
            return dead_letters.letter(tx, number)

    def dry_run(self, number: int, change: tuple[str, Any] | None = None) -> Receipt:
        """What a replay would answer, with a value put at a pointer first if one is given; nothing moves."""
        letter = self._letter(number)
        if change is not None:
            changed = _put(segment.decoded(letter.raw), *change, number)
            letter = replace(letter, raw=msgspec.json.encode(changed))
        group = self._again(letter)
        refusals = [item for item in group.items if isinstance(item, Refusal)]
        if refusals:
            return Receipt("parked", id=number, code=refusals[0].code, path=refusals[0].pointer)
        settled = [receipt for receipt in self._undone(group) if receipt.status != "accepted"]
        return settled[0] if settled else Receipt("accepted")

    def replay(self, number: int) -> list[Receipt]:
        """Take a mended letter in, with the id it came with. Raises DeadLetterStillWrong and leaves it open."""
        letter = self._letter(number)
        if letter.state != "open":
            raise DeadLetterClosed(letter=number, state=letter.state)
        group = self._again(letter)
        for item in group.items:
            if isinstance(item, Refusal):
                raise DeadLetterStillWrong(letter=number, reason=item.code, pointer=item.pointer or "the whole item")
        receipts = self._log.accept([group])[0]
        settled = [receipt.seq for receipt in receipts if receipt.status in ("accepted", "duplicate")]
        parked = next((receipt for receipt in receipts if receipt.status == "parked"), None)
        if parked is not None:
            raise DeadLetterStillWrong(letter=number, reason=parked.code, pointer=parked.path or "the whole item")
        if len(settled) < len(receipts):
            raise DeadLetterStillWrong(letter=number, reason="conflict", pointer="/messageId")
        with self._store.transaction() as tx:
            dead_letters.close(tx, number, "fixed", settled[0] if settled else None)
        return receipts

    def ignore(self, number: int) -> None:
        """Close a letter without taking it in. Raises NotFound, DeadLetterClosed."""
        with self._store.transaction() as tx:
            dead_letters.close(tx, number, "ignored")

    def _undone(self, group: Group) -> list[Receipt]:
        """What the log would answer to a group; nothing of it stays."""
        receipts: list[Receipt] = []
        try:
            with self._store.transaction() as tx:
                receipts = self._log.accept_in(tx, [group])[0]
                raise _Undone  # noqa: TRY301  only a raise takes a transaction back
        except _Undone:
            return receipts

    def _letter(self, number: int) -> DeadLetter:
        with self._store.reading() as reader:
            return dead_letters.letter(reader, number)

    def _again(self, letter: DeadLetter) -> Group:
        return self.group(self._access.source(letter.source), segment.read_again(letter.raw, letter.route), "replay")


def claim_of(digest: Digest, subject: bytes) -> bytes:
    """Where the log files what a browser tells beside this name and no other but claimed ones; nobody's own name."""
    return digest(f"claimed:{subject.hex()}")


def origin_of(source: Source) -> Origin:
    """A source as the reading of messages needs it."""
    return Origin(source.name, source.channel, source.trust == "server")


def _envelope(raws: list[bytes]) -> Envelope:
    items: list[Message | Refusal] = [segment.read_item(raw, suspicious=segment.is_suspicious(raw)) for raw in raws]
    return Envelope(items, raws, None, None)


def _put(document: Any, pointer: str, value: Any, number: int) -> Any:
    if pointer == "":
        return value
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("/").split("/"))
    place = document
    try:
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        if isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as cause:
        raise BadPointer(pointer=pointer, letter=number) from cause
    return document
