"""The page of one record of the log: the evidence behind a number."""

import json
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.people import Known, known_of
from noline.doors.console.people_paths import customer_path
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a person reads it. delay: how much later it was received; empty when that is under a minute."""

    seq: int
    kind: str
    occurred: str
    received: str
    delay: str
    source: str
    channel: str
    message_id: str
    schema: str
    person_path: str
    names: tuple[Known, ...]
    sealed: bool
    erased: bool
    body: str


def record_path(seq: int) -> str:
    """The address of the page of one record."""
    return f"/records/{seq}"


def record(*, row: Row) -> Record:
    """The page of one record."""
    occurred, received = wording.instant(row["occurred_at"]), wording.instant(row["received_at"])
    return Record(
        seq=row["seq"],
        kind=row["kind"],
        occurred=wording.second(occurred),
        received=wording.second(received),
        delay=wording.delay(occurred, received),
        source=row["source"],
        channel=row.get("channel") or "",
        message_id=row["message_id"],
        schema=row["schema"].removesuffix("+sealed"),
        person_path=customer_path(row["person"]) if row.get("person") else "",
        names=tuple(known_of(name) for name in row.get("identifiers") or ()),
        sealed=bool(row.get("sealed")),
        erased=bool(row.get("erased")),
        body="" if row.get("body") is None else _laid_out(row["body"]),
    )


def _laid_out(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
