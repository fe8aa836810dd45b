"""Two people side by side: what agrees, what differs, and what speaks for and against their being one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import naming, wording
from noline.doors.console.deciding import Decided, Person, decided, person_of
from noline.doors.console.wording import Row

_ORDER = (
    "name", "birthday", "email", "phone", "address.street", "address.postalCode",
    "address.city", "address.country", "loyalty_id", "user_id",
)  # fmt: skip
_PARTS_OF_A_NAME = ("firstName", "lastName")
_DIGITS_THAT_TELL = 8
"""Of a telephone number; before them stand the country and its prefix, or neither."""

_LOOSE = frozenset({"phone", "loyalty_id", "card_token"})


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute of both. state: `same`, `different`, or `alone` when only one of them has it."""

    label: str
    left: str
    right: str
    state: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What one comparison adds. width: in percent of half the picture; against: it speaks for two people."""

    label: str
    words: str
    strength: str
    width: float
    against: bool


@dataclass(frozen=True, slots=True)
class Side:
    """Two people to decide about. chance, household: in words, empty where no model looked at them."""

    one: Person
    other: Person
    lines: tuple[Line, ...]
    bars: tuple[Bar, ...] = ()
    chance: str = ""
    household: str = ""
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """The page on which somebody decides about two customers. refused: why the last press changed nothing."""

    side: Side
    refused: str = ""
    hint: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """The review queue. at: which pair is shown, from 0; last: the decision that was just made."""

    side: Side | None
    at: int
    waiting: int
    more: bool
    last: Decided | None = None
    later: bool = False
    refused: str = ""

    @property
    def before(self) -> int | None:
        """The pair before this one, if there is one."""
        return self.at - 1 if self.side is not None and self.at > 0 else None

    @property
    def after(self) -> int | None:
        """The pair behind this one, if there is one."""
        return self.at + 1 if self.at + 1 < self.waiting else None


def compared(*, row: Row, refused: str = "", hint: str = "", undo: str = "") -> Compared:
    """The page about two customers. undo: the decision that stands against what was wanted."""
    return Compared(_side(row), refused, hint, undo)


def review(
    *, rows: Sequence[Row], at: int = 0, most: int = 50, last: Row | None = None, later: bool = False,
    refused: str = "",
) -> Review:  # fmt: skip
    """The queue, from its pairs. most: how many were asked for."""
    at = max(0, min(at, len(rows) - 1))
    return Review(
        side=_side(rows[at]) if rows else None,
        at=at,
        waiting=len(rows),
        more=len(rows) >= most,
        last=decided(last) if last else None,
        later=later,
        refused=refused,
    )


def _side(row: Row) -> Side:
    reasons = row.get("reasons") or ()
    return Side(
        one=person_of(row["one"]),
        other=person_of(row["other"]),
        lines=_lines(_one_name(row.get("left") or {}), _one_name(row.get("right") or {})),
        bars=_bars(reasons),
        chance=naming.chance(row["probability"]) if row.get("probability") is not None else "",
        household=naming.chance(row["household"]) if row.get("household") is not None else "",
        shared=tuple(f"{naming.kind(one['namespace'])} {one['value']}" for one in row.get("shared") or ()),
    )


def _one_name(told: Mapping[str, str]) -> dict[str, str]:
    """First and last name as one name."""
    parts = " ".join(told[name] for name in _PARTS_OF_A_NAME if name in told)
    rest = {name: value for name, value in told.items() if name not in _PARTS_OF_A_NAME}
    return {"name": parts, **rest} if parts else rest


def _lines(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[Line, ...]:
    rank = {name: at for at, name in enumerate(_ORDER)}
    names = sorted({*left, *right}, key=lambda name: (rank.get(name, len(rank)), name))
    return tuple(
        Line(naming.attribute(name), left.get(name, ""), right.get(name, ""),
             _state(name, left.get(name, ""), right.get(name, "")))
        for name in names
    )  # fmt: skip


def _state(name: str, left: str, right: str) -> str:
    if not left or not right:
        return "alone"
    return "same" if _folded(name, left) == _folded(name, right) else "different"


def _folded(name: str, value: str) -> str:
    """A value without what makes no difference to a person who reads it."""
    text = " ".join(value.casefold().split())
    if name not in _LOOSE:
        return text
    bare = "".join(letter for letter in text if letter.isalnum())
    return bare[-_DIGITS_THAT_TELL:] if name == "phone" else bare


def _bars(reasons: Sequence[Row]) -> tuple[Bar, ...]:
    most = max((abs(one["bits"]) for one in reasons), default=0)
    return tuple(
        Bar(
            label=wording.title(str(one["field"]).replace("_", " ")),
            words=one["words"],
            strength=_strength(abs(one["bits"])),
            width=wording.part(abs(one["bits"]), most),
            against=one["bits"] < 0,
        )
        for one in sorted(reasons, key=lambda one: -abs(one["bits"]))
    )


def _strength(bits: float) -> str:
    """How much it says: a bit doubles the odds."""
    if bits >= 6:
        return "strongly"
    if bits >= 2:
        return "clearly"
    return "a little"
