"""What somebody agreed to: yes, no or unknown, for each purpose and channel, since when and on what evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.wording import Row

_PURPOSES = {
    "marketing": ("Offers", "to write, call or send offers"),
    "personalisation": ("Personal advice", "to show and advise what fits"),
    "analytics": ("Counting", "to learn how shops and pages are used"),
    "advertising": ("Advertising elsewhere", "to show advertisements on other sites"),
    "sale": ("Selling data", "to sell or share what is known"),
    "service": ("Service", "what an order, a repair or an account needs"),
}
_CHANNELS = {
    "any": "every channel",
    "email": "e-mail",
    "sms": "text message",
    "phone": "telephone",
    "post": "letter",
    "push": "the app",
    "store": "in the store",
}
_METHODS = {
    "form": "filled in a form",
    "counter": "said it to one of us",
    "gpc": "the browser said so (Global Privacy Control)",
    "tcf": "consent banner (TCF)",
    "cmp": "consent banner",
    "import": "taken over from another system",
}
_ANSWERS = {"granted": "yes", "withdrawn": "no"}
HOW = {
    "counter": "said it to one of us",
    "form": "filled in a form",
    "telephone": "said it on the telephone",
    "letter": "wrote it in a letter or an e-mail",
}
"""How somebody who works here may have learnt of a yes or no."""

_METHODS |= HOW


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, no or unknown by one channel. seq: the record that says so, where one does."""

    answer: str
    channel: str
    since: str
    how: str
    source: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What was asked for, and the answers: by every channel first, then by each that was named."""

    title: str
    words: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of the history."""

    time: str
    words: str
    answer: str
    how: str
    stands: bool
    source: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """The consent of one customer. silent: purposes of which nothing was ever said.

    ask: for what, by which channels and how a yes or no can be taken down, each as it is sent with its words.
    """

    purposes: tuple[Purpose, ...]
    silent: tuple[str, ...]
    history: tuple[Said, ...]
    ask: "Asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form offers to take down."""

    purposes: dict[str, str]
    channels: dict[str, str]
    how: dict[str, str]


def asked_of(consent: Row) -> Asked:
    """What can be asked of a person: what every shop asks, and whatever this one was asked before."""
    told = consent.get("purposes") or {}
    others = {channel for row in told.values() for channel in row.get("segments") or ()}
    return Asked(
        {name: title for name, (title, _) in _PURPOSES.items()}
        | {name: wording.title(name) for name in sorted(told.keys() - _PURPOSES.keys())},
        _CHANNELS | {name: _channel(name) for name in sorted(others - _CHANNELS.keys())},
        HOW,
    )


def permissions_of(consent: Row) -> Permissions:
    """From the consent of a person as the doors tell it."""
    told = consent.get("purposes") or {}
    history = consent.get("history") or []
    ordered = [*(name for name in _PURPOSES if name in told), *sorted(told.keys() - _PURPOSES.keys())]
    return Permissions(
        purposes=tuple(_purpose(name, told[name], history) for name in ordered),
        silent=tuple(_PURPOSES[name][0].lower() for name in _PURPOSES if name not in told),
        history=tuple(_said(row) for row in history),
        ask=asked_of(consent),
    )


def _purpose(name: str, row: Row, history: Sequence[Row]) -> Purpose:
    title, words = _PURPOSES.get(name, (wording.title(name), ""))
    segments = row.get("segments") or {}
    answers = [_answer(name, channel, segment, history) for channel, segment in sorted(segments.items())]
    if row.get("told_at") or not answers:
        answers.insert(0, _answer(name, "any", row, history))
    return Purpose(title, words, tuple(answers))


def _answer(purpose: str, channel: str, row: Row, history: Sequence[Row]) -> Answer:
    record = next(_records(purpose, channel, row, history), None)
    return Answer(
        answer=_ANSWERS.get(row.get("state") or "", "unknown"),
        channel=_channel(channel),
        since=wording.day(wording.instant(row.get("told_at"))) if row.get("told_at") else "",
        how=_method(row.get("method")),
        source=row.get("source") or "",
        seq=record,
    )


def _records(purpose: str, channel: str, row: Row, history: Sequence[Row]) -> Iterator[int]:
    """The records of the statements that an answer can have come from, the one that names the channel first."""
    for wanted in (channel, "any"):
        for one in history:
            if (one["purpose"], one["channel"], one["told_at"]) == (purpose, wanted, row.get("told_at")) and one["seq"]:
                yield one["seq"]


def _said(row: Row) -> Said:
    title, _ = _PURPOSES.get(row["purpose"], (wording.title(row["purpose"]), ""))
    by = f", taken down by {row['by']}" if row.get("by") else ""
    words = f": “{row['description']}”" if row.get("description") else ""
    return Said(
        time=wording.minute(wording.instant(row["told_at"])),
        words=f"{title}, {_channel(row['channel'])}{words}",
        answer="yes" if row["granted"] else "no",
        how=f"{_method(row.get('method')) or 'told by a system'}{by}",
        stands=bool(row.get("stands")),
        source=row["source"],
        seq=row.get("seq"),
    )


def _channel(name: str) -> str:
    return _CHANNELS.get(name, name.replace("_", " "))


def _method(name: str | None) -> str:
    return _METHODS.get(name or "", name or "")
