"""Everything that came in and what became of it, as the pages show it."""

from dataclasses import dataclass

from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that came in, and what became of it."""

    received: int
    accepted: int
    duplicate: int
    conflict: int
    parked: int
    balanced: bool

    @property
    def answered(self) -> int:
        """What the four answers sum to."""
        return self.accepted + self.duplicate + self.conflict + self.parked


def books_of(row: Row) -> Books:
    """The books of the hub, a source or an hour. They balance when the sums do, whatever the row claims."""
    numbers = {name: row.get(name) or 0 for name in ("received", "accepted", "duplicate", "conflict", "parked")}
    sums = numbers["received"] == sum(numbers.values()) - numbers["received"]
    return Books(**numbers, balanced=sums and bool(row.get("balanced", True)))
