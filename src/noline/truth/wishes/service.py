"""The door of the wishes: it listens to what was not there, and tells who looked for it."""

from collections.abc import Sequence

from noline.kernel.clock import Micros
from noline.kernel.events import Fact, route_of
from noline.stores.portions import portions
from noline.stores.transactional import Reader, Transaction
from noline.truth.wishes import tables
from noline.truth.wishes.model import KINDS, Wish, read_wish


class Wishes:
    """What the customers of one hub looked for in vain."""

    name = "wishes"
    kinds = KINDS
    tables = tables.TABLES

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what was looked for."""
        told = [(fact, wish) for fact in facts if fact.kind in KINDS and (wish := read_wish(fact)) is not None]
        tx.run_many(tables.KEEP, [(fact.route_key, fact.subject, wish.sku, wish.at) for fact, wish in told])

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def of(self, reader: Reader, subjects: Sequence[bytes], since: Micros = 0) -> list[Wish]:
        """What any of these looked for since then, the one looked for last first."""
        last: dict[str, Micros] = {}
        for some in portions([*dict.fromkeys(subjects)]):
            asked = [*(route_of(one) for one in some), *some, since]
            for sku, at in reader.rows(tables.wishes_of(len(some)), asked):
                last[sku] = max(at, last.get(sku, at))
        return [Wish(sku, at) for sku, at in sorted(last.items(), key=lambda one: (-one[1], one[0]))]

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Delete what these looked for; answers how many rows."""
        count = 0
        for one in dict.fromkeys(subjects):
            count += (tx.row(tables.COUNT, (route_of(one), one)) or (0,))[0]
            tx.run(tables.FORGET, (route_of(one), one))
        return count
