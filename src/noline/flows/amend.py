"""History after an erasure: what the rewritten records say now, and nobody's old name."""

from noline.flows.facts import Facts
from noline.kernel.sales import order_events
from noline.kernel.touchpoints import touchpoint
from noline.stores.duckdb import DuckDbStore
from noline.stores.log import records_at
from noline.stores.remembered import Remembered
from noline.stores.tombstones import ToDo
from noline.stores.transactional import TransactionalStore


class Amending:
    """Puts the history of one hub right."""

    def __init__(
        self, store: TransactionalStore, facts: Facts, analytics: DuckDbStore, answers: Remembered, currency: str
    ) -> None:
        """answers: what is remembered of the history. currency: of amounts that do not say."""
        self._store = store
        self._facts = facts
        self._analytics = analytics
        self._answers = answers
        self._currency = currency

    def amend(self, to_do: ToDo) -> int:
        """Rewrite the segments that hold what was erased; answers how many. Once more changes nothing more."""
        with self._analytics.projecting():
            with self._store.reading() as reader:
                facts = list(self._facts.of(reader, records_at(reader, to_do.positions)))
            now = [found for fact in facts if (found := touchpoint(fact, self._currency)) is not None]
            segments = self._analytics.amend("touchpoints", "seq", to_do.positions, now)
            told = [row for fact in facts for row in order_events(fact, self._currency)]
            segments += self._analytics.amend("order_events", "seq", to_do.positions, told)
            segments += self._analytics.amend("people", "subject", to_do.routes)
            self._answers.drop()
        return segments
