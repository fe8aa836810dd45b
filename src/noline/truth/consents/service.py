"""The door of the consents room: what people agreed to, per purpose and channel, with the evidence."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact
from noline.stores.transactional import Reader, Transaction
from noline.truth.consents import tables
from noline.truth.consents.model import (
    Carried,
    CarriedKey,
    Consent,
    Decision,
    Heard,
    Statement,
    Subject,
    channel_of,
    decide,
    history,
    latest,
    overview,
    purpose_of,
)
from noline.truth.consents.statements import ReadTcString, carried_of, may_say, statements_of


class Consents:
    """What people agreed to, per purpose and channel, with the evidence. Whatever is unknown is not granted.

    A person is asked for by the subjects of the names the person has, and `joined_at`: since when they are one.
    """

    name = "consents"
    kinds: frozenset[str] | None = None
    tables = tables.TABLES

    def __init__(self, digest: Digest, read_tc_string: ReadTcString) -> None:
        """digest: the hub's keyed hash. read_tc_string: what a TCF consent string says."""
        self._digest = digest
        # A visitor's string comes with every message.
        self._read_tc_string = lru_cache(maxsize=1_024)(read_tc_string)

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold whatever these facts say of consent; raises ConsentUnreadable and what reads consent strings raises."""
        statements: list[Statement] = []
        carried: dict[CarriedKey, Carried] = {}
        for fact in facts:
            if may_say(fact):
                subjects = [self._digest(f"{one.namespace}:{one.value}") for one in fact.identifiers]
                statements += statements_of(fact, subjects, self._read_tc_string)
                for one in carried_of(fact, subjects, self._read_tc_string):
                    before = carried.get(one.key)
                    carried[one.key] = one if before is None else before.with_(one)
        if statements:
            tables.keep(tx, statements)
        if carried:
            tables.carry(tx, carried.values())

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def of(self, reader: Reader, subjects: Sequence[Subject], joined_at: Micros) -> dict[str, Consent]:
        """What stands for every purpose that was told of, by purpose."""
        return overview((one for one, _ in self._told(reader, subjects)), joined_at)

    def of_names(
        self, reader: Reader, subjects: Sequence[Subject], joined_at: Callable[[], Micros]
    ) -> dict[str, Consent]:
        """The same; since when the names are one person is only asked where several of them were told of."""
        told = [one for one, _ in self._told(reader, subjects)]
        return overview(told, joined_at() if len({one.subject for one in told}) > 1 else 0)

    def allows(
        self, reader: Reader, subjects: Sequence[Subject], joined_at: Micros, purpose: str, channel: str | None = None
    ) -> Decision:
        """Whether a purpose is allowed by a channel (any when none is named), and why."""
        wanted = purpose_of(purpose)
        told = [one for one, _ in self._told(reader, subjects) if one.purpose == wanted]
        return decide(told, joined_at, wanted, channel_of(channel))

    def history(self, reader: Reader, subjects: Sequence[Subject], joined_at: Micros) -> list[Heard]:
        """Everything that was told, the latest first, and what of it stands."""
        return history(self._told(reader, subjects), joined_at)

    def erase(self, tx: Transaction, subjects: Sequence[Subject]) -> int:
        """Delete what was told of these subjects, and what their records told of others; answers how many rows."""
        return tables.erase(tx, subjects)

    @staticmethod
    def _told(reader: Reader, subjects: Sequence[Subject]) -> list[tuple[Statement, Micros]]:
        """Every statement about these subjects, and when it was first told."""
        told = [(one, one.told_at) for one in tables.statements(reader, subjects)]
        return told + latest(tables.carried(reader, subjects))
