"""Many rows, in few statements where that is cheaper.

A driver lets other threads run at every statement, and a thread that takes requests meanwhile makes it wait to go on;
a row that costs a statement of its own then costs more than its place in the store. The store says when that is so.
"""

from collections.abc import Sequence
from functools import lru_cache

from noline.stores.portions import flat, marks
from noline.stores.transactional import Row, Transaction

_SIZES = (64, 8)


def insert(tx: Transaction, statement: str, rows: Sequence[Row]) -> int:
    """Insert rows of one width; answers how many are new. statement: with `{rows}` where the values stand."""
    if not rows:
        return 0
    columns, done, changed = len(rows[0]), 0, 0
    for size in _SIZES if tx.wide else ():
        while len(rows) - done >= size:
            changed += tx.run(_for(statement, size, columns), flat(rows[done : done + size]))
            done += size
    rest = rows[done:]
    return changed + tx.run_many(_for(statement, 1, columns), rest) if rest else changed


@lru_cache(256)
def _for(statement: str, rows: int, columns: int) -> str:
    return statement.format(rows=marks(rows, columns))
