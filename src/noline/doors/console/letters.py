"""The pages of dead letters: what could not be taken, and how to mend it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.wording import Row

_CODES = {
    "malformed_json": "The bytes are not JSON.",
    "too_deep": "Values are nested too deeply.",
    "too_large": "The event is larger than one event may be.",
    "bad_encoding": "The text is not UTF-8.",
    "nul_char": "A text holds the character NUL, which databases cannot keep.",
    "number_range": "A number is out of range or not finite.",
    "schema_violation": "The event does not have the shape that the contract asks for.",
    "unknown_schema": "Nobody knows this kind of message.",
    "clock_absurd": "The time of the event cannot be right.",
    "consent_denied": "The customer has not agreed to this.",
    "suppressed_subject": "The customer asked to be forgotten.",
    "conflict": "The same id came before with another content.",
    "projection_error": "The event is in the log, but a room could not take it.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One event that was set aside.

    raw: exactly as it came. read_as: the same laid out, empty when it is no JSON. stands: what the pointer points at.
    """

    id: str
    path: str
    code: str
    meaning: str
    pointer: str
    message: str
    source: str
    time: str
    state: str
    times: int
    raw: str
    read_as: str
    stands: str

    @property
    def is_open(self) -> bool:
        """Whether something can still be done with it."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Pile:
    """All letters of one code on this page."""

    code: str
    meaning: str
    letters: tuple[Letter, ...]

    @property
    def open(self) -> int:
        """How many of them wait for somebody."""
        return sum(letter.is_open for letter in self.letters)


@dataclass(frozen=True, slots=True)
class DeadLettersPage:
    """Events set aside, by code. `total`: how many there are, when only some are shown."""

    piles: tuple[Pile, ...]
    open: int
    total: int
    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last press of a button brought. seqs: where in the log the event is now."""

    good: bool
    words: str
    details: str = ""
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One event set aside, and the form to mend it."""

    letter: Letter
    pointer: str
    value: str
    outcome: Outcome | None


def dead_letters(*, rows: Sequence[Row], counted: Mapping[str, Row], total: int | None = None) -> DeadLettersPage:
    """The page of dead letters, the code with the most open ones first."""
    letters = [_letter(row) for row in rows]
    codes = dict.fromkeys(letter.code for letter in letters)
    piles = [Pile(code, code_words(code), tuple(one for one in letters if one.code == code)) for code in codes]
    return DeadLettersPage(
        piles=tuple(sorted(piles, key=lambda pile: -pile.open)),
        open=sum(pile.open for pile in piles),
        total=len(letters) if total is None else total,
        counted=counted_of(counted),
    )


def dead_letter(*, row: Row, outcome: Outcome | None = None, pointer: str | None = None, value: str = "") -> LetterPage:
    """The page of one dead letter; pointer and value as typed before, else what the letter complains of."""
    letter = _letter(row)
    return LetterPage(letter, letter.pointer if pointer is None else pointer, value or letter.stands, outcome)


def code_words(code: str) -> str:
    """A code of the closed list in plain words."""
    return _CODES.get(code, code.replace("_", " "))


def _letter(row: Row) -> Letter:
    raw, pointer = _as_text(row.get("raw")), row.get("pointer") or ""
    body = _parsed(raw)
    return Letter(
        id=str(row["id"]),
        path=f"/dead-letters/{quote(str(row['id']), safe='')}",
        code=row["code"],
        meaning=code_words(row["code"]),
        pointer=pointer,
        message=row.get("message") or "",
        source=row.get("source") or "",
        time=wording.minute(wording.instant(row.get("received_at"))),
        state=row.get("state") or "open",
        times=row.get("times") or 1,
        raw=raw,
        read_as="" if body is None else json.dumps(body, indent=2, ensure_ascii=False),
        stands="" if body is None else at_pointer(body, pointer),
    )


def _as_text(raw: Any) -> str:
    return raw if isinstance(raw, str) else "" if raw is None else json.dumps(raw, ensure_ascii=False)


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def at_pointer(body: Any, pointer: str) -> str:
    """What stands at a JSON pointer, as JSON; empty when nothing does or the pointer means the whole."""
    if not pointer.startswith("/"):
        return ""
    here = body
    for part in pointer[1:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        else:
            return ""
    return json.dumps(here, ensure_ascii=False)
