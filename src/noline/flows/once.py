"""Once: a command that is sent again under the same idempotency key is done once and answered the same bytes."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from noline.kernel.clock import Clock
from noline.kernel.errors import NotReadable, Refused
from noline.stores import commands
from noline.stores.commands import Answered, IdempotencyKeyReused
from noline.stores.transactional import Transaction, TransactionalStore

_LONGEST_KEY = 200

Do = Callable[[], tuple[int, bytes]]
"""Does a command and gives the HTTP status and body of its answer. Raises Refused."""

Outcome: TypeAlias = tuple[int, bytes] | Refused
"""The HTTP status and body of an answer, or why there is none that could be kept."""

DoSome = Callable[[Transaction, Sequence[int]], Sequence[Outcome]]
"""Does the commands at these positions in a transaction; a refused one has moved nothing."""


class IdempotencyKeyUnreadable(NotReadable):
    """An idempotency key that cannot be one."""

    code = "idempotency.key_unreadable"
    sentence = "An idempotency key has 1 to 200 characters, this one has {length}."
    hint = "Send a UUID, one for each thing you want to happen once."


class Asked(NamedTuple):
    """Who asks, under which key, and the hash of what is asked."""

    caller: str
    key: str
    request_hash: bytes


class Once:
    """Keeps the answers of a hub's commands."""

    def __init__(self, store: TransactionalStore, body_hash: Callable[[bytes], bytes], clock: Clock) -> None:
        """body_hash: the hub's keyed hash of a request."""
        self._store = store
        self._body_hash = body_hash
        self._clock = clock

    def asked(self, caller: str, key: str, request: bytes) -> Asked:
        """A request as its answer is kept. Raises IdempotencyKeyUnreadable."""
        if not 0 < len(key) <= _LONGEST_KEY:
            raise IdempotencyKeyUnreadable(length=len(key))
        return Asked(caller, key, self._body_hash(request))

    def do(self, asked: Asked | None, do: Do) -> tuple[int, bytes]:
        """Do it, or give the answer of the first time. A refusal is an answer too, unless trying again may help.

        Without a key it is simply done. A command whose answer cannot be told is not done either.
        Raises IdempotencyKeyReused, and what `do` raises where that is not kept.
        """
        with self._store.transaction() as tx:
            if asked is None:
                return do()
            answer = self.answered(tx, asked)
            if answer is None:
                answer = self._first_time(do)
                self.keep(tx, [(asked, answer)])
            return answer

    def do_all(self, asked: Sequence[Asked | None], do: DoSome) -> list[Outcome]:
        """Do commands in one transaction, each once, as `do` does one; what it raises is here the outcome of one."""
        with self._store.transaction() as tx:
            known = commands.known(tx, [(one.caller, one.key) for one in asked if one is not None])
            new = _first_times(asked, known)
            done = dict(zip(new, map(_as_kept, do(tx, new)), strict=True))
            answered = [(asked[number], outcome) for number, outcome in done.items()]
            self.keep(tx, [(one, what) for one, what in answered if one is not None and isinstance(what, tuple)])
        first = known | {(one.caller, one.key): _answer(one, what) for one, what in answered if one is not None}
        return [
            done[number] if one is None else _told_again(first[one.caller, one.key], one)
            for number, one in enumerate(asked)
        ]

    def answered(self, tx: Transaction, asked: Asked) -> tuple[int, bytes] | None:
        """What was answered before; None the first time. Raises IdempotencyKeyReused."""
        return checked(commands.known(tx, [(asked.caller, asked.key)]).get((asked.caller, asked.key)), asked)

    def keep(self, tx: Transaction, answers: list[tuple[Asked, tuple[int, bytes]]]) -> None:
        """Keep what was answered the first time."""
        commands.keep(tx, [Answered(*asked, *answer) for asked, answer in answers], self._clock.now())

    def _first_time(self, do: Do) -> tuple[int, bytes]:
        try:
            with self._store.transaction():
                return do()
        except Refused as refusal:
            kept = _as_kept(refusal)
            if isinstance(kept, Refused):
                raise
            return kept


def _as_kept(outcome: Outcome) -> Outcome:
    """A refusal is an answer too, unless trying again may help."""
    if not isinstance(outcome, Refused) or outcome.retryable:
        return outcome
    return outcome.status, msgspec.json.encode(outcome.as_dict())


def _first_times(asked: Sequence[Asked | None], known: Mapping[tuple[str, str], Answered]) -> list[int]:
    """Where something stands that was never asked before: without a key, or the first under its key."""
    seen = set(known)
    new: list[int] = []
    for number, one in enumerate(asked):
        if one is None or (one.caller, one.key) not in seen:
            new.append(number)
        if one is not None:
            seen.add((one.caller, one.key))
    return new


def _answer(one: Asked, outcome: Outcome) -> Answered | Refused:
    return outcome if isinstance(outcome, Refused) else Answered(*one, *outcome)


def _told_again(first: Answered | Refused, one: Asked) -> Outcome:
    """What somebody is answered, given what was done or refused for the first under the same key."""
    if isinstance(first, Refused):
        return first
    if first.request_hash != one.request_hash:
        return IdempotencyKeyReused(key=one.key)
    return first.status, first.answer


def checked(before: Answered | None, asked: Asked) -> tuple[int, bytes] | None:
    """The answer of the first time, if this is the same request. Raises IdempotencyKeyReused."""
    if before is None:
        return None
    if before.request_hash != asked.request_hash:
        raise IdempotencyKeyReused(key=asked.key)
    return before.status, before.answer
