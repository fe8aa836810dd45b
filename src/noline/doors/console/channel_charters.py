"""What each channel is meant for, as somebody stated it."""

from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.wording import Row

ROLES = {
    "acquire": "bring in new customers",
    "retain": "keep customers coming back",
    "convenience": "make it easy",
    "experience": "let people meet the brand",
    "assist": "help other channels sell",
    "service": "serve after the sale",
}
"""What a channel can be meant for, as a person says it."""


@dataclass(frozen=True, slots=True)
class Charter:
    """What a channel is meant for; main is empty where nobody stated it."""

    main: str
    main_words: str
    others: tuple[str, ...]
    others_words: str
    reasons: tuple[str, ...]
    experience: str
    owner: str
    since: str
    by: str


NO_CHARTER = Charter("", "", (), "", (), "", "", "", "")


def charter_of(row: Row | None) -> Charter:
    """A charter of `answers.aims.charters` as a person reads it."""
    if row is None:
        return NO_CHARTER
    others = tuple(row["others"])
    return Charter(
        main=row["main"],
        main_words=ROLES[row["main"]],
        others=others,
        others_words=", ".join(ROLES[one] for one in others),
        reasons=tuple(row["reasons"]),
        experience=row["experience"] or "",
        owner=row["owner"] or "",
        since=wording.day(wording.instant(row["since"])),
        by=row["by"] or "",
    )
