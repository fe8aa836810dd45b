"""A room folded anew from the log: a hub with a past gets what a newer version keeps of it."""

from collections.abc import Sequence

import structlog

from noline.flows.facts import Facts
from noline.kernel.events import Fold
from noline.stores import refold as pending
from noline.stores.log import Log
from noline.stores.transactional import TransactionalStore

_log = structlog.get_logger("noline.refold")


def catch_up(store: TransactionalStore, log: Log, facts: Facts, rooms: Sequence[Fold]) -> list[str]:
    """Fold anew what a migration asked for, in one transaction; answers the rooms."""
    with store.reading() as reader:
        if not pending.rooms(reader):
            return []
    with store.transaction() as tx:
        wanted = pending.rooms(tx)
        again = [room for room in rooms if room.name in wanted]
        for room in again:
            _log.info("folding again", room=room.name)
            pending.empty(tx, room.tables)
            room.forget()
        for some in facts.all():
            log.fold_again(tx, some, again)
        pending.done(tx)
    return [room.name for room in again]
