"""Which rooms a migration wants to be folded again."""

from collections.abc import Iterable

from noline.stores.transactional import Reader, Transaction


def rooms(reader: Reader) -> set[str]:
    """Their names; nearly always there are none."""
    return {room for (room,) in reader.rows("SELECT room FROM refold")}


def empty(tx: Transaction, tables: Iterable[str]) -> None:
    """Delete every row of a room."""
    for table in tables:
        tx.run(f"DELETE FROM {table}")


def done(tx: Transaction) -> None:
    """Nothing is to be folded again."""
    tx.run("DELETE FROM refold")
