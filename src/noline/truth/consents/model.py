"""Consent: values, and which of many statements stand. Nothing is ever taken for granted.

A statement stands until a later one covers it. So the answer follows from the statements alone, whatever order they
came in, and two people that were one for a while part with what each had said.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotReadable

Subject = bytes

ANY = "any"
"""The channel of what was said without one: it is about every channel."""

PURPOSES: Mapping[str, str] = {
    "service": "what an order, a repair or an account needs to be told",
    "analytics": "to count and learn how shops and pages are used",
    "personalisation": "to show and advise what fits this person",
    "marketing": "to write, call or send offers to this person",
    "advertising": "to show this person advertisements elsewhere, chosen by what is known of them",
    "sale": "to sell or share what is known of this person",
}
"""What consent is asked for. Other purposes are welcome and kept as told."""

CHANNELS: Mapping[str, str] = {
    "email": "e-mail",
    "sms": "text messages",
    "phone": "calls",
    "post": "letters",
    "push": "messages of an app",
    "store": "spoken to in a store",
    ANY: "every channel",
}
"""By which way. Other channels are welcome and kept as told."""

METHODS: Mapping[str, str] = {
    "form": "the person filled in a form",
    "counter": "the person told somebody of the company",
    "gpc": "the browser sent the Global Privacy Control signal",
    "tcf": "a consent string of IAB Europe's framework",
    "cmp": "a consent banner",
    "import": "taken over from another system",
}
"""How consent was told. Other methods are welcome and kept as told."""

OPT_OUT_PURPOSES = ("sale", "advertising")
"""What Global Privacy Control opts out of: sale, and sharing for advertising across contexts."""

_NEVER: Micros = -(2**63)
_PURPOSE_SPELLINGS = {
    "personalization": "personalisation",
    "targeted advertising": "advertising",
    "sale of data": "sale",
}
_CHANNEL_SPELLINGS = {"": ANY, "*": ANY, "all": ANY, "e-mail": "email", "telephone": "phone"}


class ConsentUnreadable(NotReadable):
    """A statement about consent that cannot be understood."""

    code = "consents.unreadable"
    sentence = "{kind} cannot be taken into the consents: {why}."
    hint = "Correct the property that is named; until then nothing is taken as granted."


class State(StrEnum):
    """What is known of a purpose; only `granted` allows anything."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class Statement(NamedTuple):
    """Somebody's yes or no to one purpose by one channel.

    subject: of whom. teller: the subject that the record is filed under; another one where a browser withdraws for an
    address it names. trusted: told by the company's own systems. carried: repeated by a message about something else.
    told_at: when; of what is carried the latest time. source: of the events, or what the company's systems name.
    """

    subject: Subject
    teller: Subject
    purpose: str
    channel: str
    granted: bool
    told_at: Micros
    message_id: str
    trusted: bool
    carried: bool
    source: str
    method: str | None
    description: str | None
    policy: str | None
    taken_by: str | None
    seq: int

    @property
    def repeats(self) -> bool:
        """A yes that is only carried along: it lifts no no that was told on purpose, and confirms nothing."""
        return self.carried and self.granted


Answers = tuple[tuple[str, str, bool], ...]
"""Purpose, channel, granted: what a banner holds, in order."""

CarriedKey = tuple[Subject, str, str, Answers]
"""Subject, source, method, answers."""


class Carried(NamedTuple):
    """The same answers carried along by messages about something else: when first, and by which message last."""

    subject: Subject
    source: str
    method: str
    answers: Answers
    trusted: bool
    first_at: Micros
    last_at: Micros
    message_id: str
    description: str | None
    policy: str | None
    seq: int

    @property
    def key(self) -> CarriedKey:
        """What is carried."""
        return self[:4]

    def with_(self, other: "Carried") -> "Carried":
        """Both together, whichever came first."""
        last = max(self, other, key=lambda one: (one.last_at, one.message_id))
        return last._replace(first_at=min(self.first_at, other.first_at))

    def statements(self) -> list[tuple[Statement, Micros]]:
        """The latest statement of each answer, and when it was first told."""
        return [
            (
                Statement(
                    self.subject, self.subject, purpose, channel, granted, self.last_at, self.message_id, self.trusted,
                    True, self.source, self.method, self.description, self.policy, None, self.seq,
                ),
                self.first_at,
            )
            for purpose, channel, granted in self.answers
        ]  # fmt: skip


class Heard(NamedTuple):
    """A statement in the history of a person. first_at: earlier than told_at where it was repeated along the way.

    stands: it counts for what is allowed today by the channel it names; False when a later one covers it.
    """

    statement: Statement
    first_at: Micros
    stands: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a purpose is allowed by a channel. why: in words. evidence: the statement that decides, None if none."""

    allowed: bool
    state: State
    why: str
    evidence: Statement | None


@dataclass(frozen=True, slots=True)
class Consent:
    """What stands for a purpose: by every channel, and in `segments` by each channel that was named.

    told_at: microseconds since 1970 UTC; None, as source, description, method and policy, where nothing was told.
    """

    granted: bool
    state: State
    source: str | None
    told_at: Micros | None
    description: str | None
    method: str | None
    policy: str | None
    segments: Mapping[str, "Consent"] = field(default_factory=dict)


def purpose_of(told: str) -> str:
    """One spelling of a purpose: ours where it is one of ours, else as told."""
    text = told.strip()
    plain = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    known = _PURPOSE_SPELLINGS.get(plain, plain)
    return known if known in PURPOSES else text


def channel_of(told: str | None) -> str:
    """One spelling of a channel: ours where it is one of ours, else as told; without one it is any."""
    text = (told or "").strip()
    plain = text.lower()
    known = _CHANNEL_SPELLINGS.get(plain, plain)
    return known if known in CHANNELS else text


def standing(statements: Iterable[Statement], joined_at: Micros, channel: str = ANY) -> list[Statement]:
    """Of statements about one purpose those that stand for a channel, in no order that matters.

    joined_at: since when these subjects are one person. A later statement covers an earlier one
    - of the same subject, or of any subject if it is trusted and was told after they were joined; but
    - a yes to every channel does not lift what was said of one channel, and
    - a yes that is merely carried along lifts no no that was told on purpose, and confirms nothing.
    """
    relevant = [one for one in statements if one.channel in (channel, ANY)]
    by_subject = sorted(relevant, key=lambda one: (one.subject, _age(one)))
    latest = {
        subject: _uncovered(list(of_subject))
        for subject, of_subject in groupby(by_subject, key=lambda one: one.subject)
    }
    confirmed_at = _confirmed(relevant, joined_at)
    return [one for told in latest.values() for one in told if one.told_at >= confirmed_at(one)]


def decide(statements: Iterable[Statement], joined_at: Micros, purpose: str, channel: str = ANY) -> Decision:
    """Whether statements about one purpose allow it by a channel: the most restrictive of those that stand decides."""
    stand = standing(statements, joined_at, channel)
    evidence = _deciding(stand)
    by = "any channel" if channel == ANY else channel
    if evidence is None:
        why = f"nobody was told of a consent to {purpose} by {by}, and none is assumed"
        return Decision(allowed=False, state=State.UNKNOWN, why=why, evidence=None)
    if evidence.granted:
        why = f"{purpose} by {by} was granted {_when(evidence)}"
        return Decision(allowed=True, state=State.GRANTED, why=why, evidence=evidence)
    why = f"{purpose} by {by} was withdrawn {_when(evidence)}"
    if any(one.granted for one in stand):
        why += "; other names of this person say yes, and the most restrictive counts until somebody confirms it"
    return Decision(allowed=False, state=State.WITHDRAWN, why=why, evidence=evidence)


def _deciding(stand: Sequence[Statement]) -> Statement | None:
    """Of statements that stand the one that decides: the latest refusal, without one the latest yes."""
    refusals = [one for one in stand if not one.granted]
    return max(refusals or stand, key=_rank, default=None)


def overview(statements: Iterable[Statement], joined_at: Micros) -> dict[str, Consent]:
    """What stands for every purpose that was ever told of, by purpose."""
    by_purpose = sorted(statements, key=lambda one: one.purpose)
    return {
        purpose: _consent(list(told), joined_at) for purpose, told in groupby(by_purpose, key=lambda one: one.purpose)
    }


def latest(carried: Iterable[Carried]) -> list[tuple[Statement, Micros]]:
    """Of each word that was carried along the latest statement, and when it was first told."""
    found: dict[tuple[object, ...], tuple[Statement, Micros]] = {}
    for one, first_at in (told for told in carried for told in told.statements()):
        key = (one.subject, one.purpose, one.channel, one.granted, one.source, one.method)
        before = found.get(key)
        if before is not None:
            one = max(one, before[0], key=_rank)  # noqa: PLW2901  the later of both
            first_at = min(first_at, before[1])  # noqa: PLW2901
        found[key] = (one, first_at)
    return list(found.values())


def history(told: Iterable[tuple[Statement, Micros]], joined_at: Micros) -> list[Heard]:
    """What was told, the latest first. told: each statement and when it was first told."""
    heard = list(told)
    by_purpose: dict[str, list[Statement]] = {}
    for one, _ in heard:
        by_purpose.setdefault(one.purpose, []).append(one)
    stand = {
        one
        for purpose, channel in {(one.purpose, one.channel) for one, _ in heard}
        for one in standing(by_purpose[purpose], joined_at, channel)
        if one.channel == channel
    }
    found = [Heard(one, first_at, one in stand) for one, first_at in heard]
    return sorted(found, key=lambda one: (_rank(one.statement), one.statement[2:4]), reverse=True)


def _consent(told: Sequence[Statement], joined_at: Micros) -> Consent:
    named = sorted({one.channel for one in told} - {ANY})
    segments = {channel: _shown(standing(told, joined_at, channel)) for channel in named}
    return _shown(standing(told, joined_at), segments)


def _shown(stand: Sequence[Statement], segments: Mapping[str, Consent] | None = None) -> Consent:
    """What statements that stand come to, without the sentence that explains it."""
    one = _deciding(stand)
    if one is None:
        return Consent(False, State.UNKNOWN, None, None, None, None, None, segments or {})
    state = State.GRANTED if one.granted else State.WITHDRAWN
    return Consent(one.granted, state, one.source, one.told_at, one.description, one.method, one.policy, segments or {})


def _age(one: Statement) -> tuple[Micros, str, bool, bool, Subject]:
    """The order of what one subject said. In one message a word on one channel is the last, and no is after yes."""
    return (one.told_at, one.message_id, one.channel != ANY, not one.granted, one.teller)


def _rank(one: Statement) -> tuple[Micros, str, Subject, Subject]:
    return (one.told_at, one.message_id, one.subject, one.teller)


def _uncovered(told: list[Statement]) -> list[Statement]:
    """Of what one subject said, oldest first, what it has not covered itself."""
    stand: list[Statement] = []
    later: set[_Traits] = set()
    for one in reversed(told):
        if not any(_lifts(traits, one) for traits in later):
            stand.append(one)
        later.add(_Traits(_is_general_yes(one), one.repeats))
    return stand


class _Traits(NamedTuple):
    """What of a later statement matters for whether it covers an earlier one of the same subject."""

    general_yes: bool
    repeats: bool


def _lifts(later: _Traits, earlier: Statement) -> bool:
    if later.general_yes and earlier.channel != ANY:
        return False
    return not (later.repeats and not earlier.granted and not earlier.carried)


def _confirmed(told: Iterable[Statement], joined_at: Micros) -> Callable[[Statement], Micros]:
    """From when on a statement of any of the joined subjects counts: the latest word told of all of them together."""
    words = [one for one in told if one.trusted and not one.repeats and one.told_at > joined_at]
    of_all = max((one.told_at for one in words), default=_NEVER)
    of_one = max((one.told_at for one in words if not _is_general_yes(one)), default=_NEVER)
    return lambda one: of_all if one.channel == ANY else of_one


def _is_general_yes(one: Statement) -> bool:
    return one.granted and one.channel == ANY


def _when(one: Statement) -> str:
    said = f"on {as_text(one.told_at)} through {one.source}"
    how = METHODS.get(one.method or "", f"method {one.method}" if one.method else "")
    return f"{said} ({how})" if how else said
