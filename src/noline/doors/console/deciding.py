"""What was decided about who is who, and how to take it back."""

from collections.abc import Sequence
from dataclasses import dataclass

from noline.doors.console import naming, wording
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.wording import Row

_NAMES_OF_A_SIDE = 2
_KINDS = {
    "same": "one person",
    "different": "two people",
    "same_household": "one household, two people",
    "different_household": "not one household",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be linked to."""

    person: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision. people: whom it concerned, as they are today. one, other: a few names of either side."""

    decision: str
    kind: str
    time: str
    by: str
    reason: str
    one: str
    other: str
    people: tuple[Person, ...]
    undone: str

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return not self.undone

    @property
    def sentence(self) -> str:
        """What was decided, at the start of a line."""
        return wording.title(self.kind)


def decided(row: Row) -> Decided:
    """One decision as the doors tell it."""
    undone_at = wording.instant(row.get("undone_at"))
    return Decided(
        decision=row["decision"],
        kind=_KINDS.get(row["kind"], row["kind"].replace("_", " ")),
        time=wording.minute(wording.instant(row["at"])),
        by=row["by"],
        reason=row.get("reason") or "",
        one=_side(row.get("one") or ()),
        other=_side(row.get("other") or ()),
        people=tuple(person_of(one) for one in row.get("people") or ()),
        undone=f"{wording.minute(undone_at)} by {row.get('undone_by') or 'somebody'}" if undone_at else "",
    )


def person_of(row: Row) -> Person:
    """Somebody as the doors tell: an id and perhaps a name."""
    return Person(row["person"], row.get("name") or nameless(row["person"]), customer_path(row["person"]))


def _side(names: Sequence[Row]) -> str:
    shown = ", ".join(f"{naming.kind(one['namespace'])} {one['value']}" for one in names[:_NAMES_OF_A_SIDE])
    more = len(names) - _NAMES_OF_A_SIDE
    return f"{shown} and {more} more" if more > 0 else shown
