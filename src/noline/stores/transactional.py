"""The transactional port: one writer, durable commits, SQL in the common subset of SQLite and PostgreSQL.

Statements are written once, with `?` for parameters; an adapter changes the placeholder and nothing else.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]
Params = Sequence[Any]


class Reader(Protocol):
    """Something that answers questions."""

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows of a question."""
        ...

    def row(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        ...

    def columns(self, table: str) -> list[str]:
        """The columns of a table, sorted by name."""
        ...

    def key(self, table: str) -> list[str]:
        """The columns of a table's primary key, sorted by name."""
        ...


class Transaction(Reader, Protocol):
    """A unit of work: all of it is durable after the block, or none of it ever was."""

    others_wrote: bool
    """True when another process has written since this store's last transaction, or that one was undone: what is
    remembered of the tables is stale."""

    @property
    def wide(self) -> bool:
        """Whether rows come cheaper many to a statement than a statement each."""
        ...

    def run(self, sql: str, params: Params = ()) -> int:
        """Do one statement; answers how many rows it changed."""
        ...

    def run_many(self, sql: str, params: Iterable[Params]) -> int:
        """Do one statement for each set of parameters; answers how many rows were changed in all."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that can fail alone: an exception inside undoes the part and goes on upwards."""
        ...


class TransactionalStore(Protocol):
    """One hub's rows. `transaction` serialises writers, within the process and across processes."""

    dialect: str
    address: str

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Write: one at a time, durable when the block ends.

        Inside another block of the same thread it is a part of that one, which can fail alone and is durable with it.
        """
        ...

    def reading(self) -> AbstractContextManager[Reader]:
        """Read a consistent state without waiting for writers.

        Inside a transaction of the same thread it reads what that has written.
        """
        ...

    def migrate(self) -> None:
        """Bring the tables to this version's schema."""
        ...

    def table_names(self) -> list[str]:
        """Our tables, sorted."""
        ...

    def is_outage(self, cause: BaseException) -> bool:
        """Whether an error is the store's trouble (disk, connection), not that of the rows it was given."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...
