"""What a message says of consent: in the words of this hub, in Segment's, as traits, or as a TCF consent string."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from noline.kernel.events import Fact
from noline.truth.consents.model import (
    ANY,
    Answers,
    Carried,
    ConsentUnreadable,
    Statement,
    Subject,
    channel_of,
    purpose_of,
)

CHANGED, UPDATED = "Consent Changed", "Segment Consent Preference Updated"
ON_PURPOSE = frozenset((CHANGED, UPDATED))
"""Messages that are about consent; every other one may carry what was told before."""

ReadTcString = Callable[[str], tuple[Mapping[str, bool], str, str]]
"""What a TCF consent string says: purpose -> granted, a description, the policy. Raises a NotReadable."""

_TRAITS = ("consent", "consents")
_LONGEST_NAME = 100
_LONGEST_TEXT = 2_000
_YES = frozenset(("true", "yes", "granted", "given", "opt in", "opted in", "subscribed", "1"))
_NO = frozenset(("false", "no", "denied", "withdrawn", "revoked", "opt out", "opted out", "unsubscribed", "0"))


class _Word(NamedTuple):
    """A yes or no to a purpose by a channel, and what goes with it."""

    purpose: str
    channel: str
    granted: bool
    source: str | None = None
    method: str | None = None
    description: str | None = None
    policy: str | None = None
    taken_by: str | None = None


_NOTHING_YET = _Word("", "", granted=False)


def may_say(fact: Fact) -> bool:
    """Whether a fact says anything of consent; asked of every message, so it looks at little."""
    if fact.context.consent is not None or fact.kind in ON_PURPOSE or "tc_string" in fact.properties:
        return True
    return fact.kind == "identify" and any(name in fact.traits for name in _TRAITS)


def statements_of(fact: Fact, subjects: Sequence[Subject], read_tc_string: ReadTcString) -> list[Statement]:
    """The statements a fact makes on purpose. subjects: of the names it carries. Raises ConsentUnreadable.

    The key of a browser speaks for the names it is filed under. For an address it names it can only say no.
    """
    words = _most_restrictive(_words(fact, read_tc_string))
    if fact.kind == CHANGED and not words:
        raise ConsentUnreadable(kind=fact.kind, why="it names no purpose")
    if words and not subjects:
        raise ConsentUnreadable(kind=fact.kind, why="it names nobody")
    found = [_statement(fact, fact.subject, word) for word in words] if fact.subject in subjects else []
    if not fact.trusted:
        others = [subject for subject in subjects if subject != fact.subject]
        noes = [word for word in words if not word.granted]
        found += [_statement(fact, subject, word) for subject in others for word in noes]
    return found


def _statement(fact: Fact, subject: Subject, word: _Word) -> Statement:
    source = word.source if word.source and fact.trusted else fact.source
    return Statement(
        subject, fact.subject, word.purpose, word.channel, word.granted, fact.occurred_at, fact.message_id,
        fact.trusted, False, source, word.method, word.description, word.policy, word.taken_by, fact.seq,
    )  # fmt: skip


def _most_restrictive(words: Iterator[_Word]) -> list[_Word]:
    """One word for each purpose and channel: when a message says both, it is no."""
    found: dict[tuple[str, str], _Word] = {}
    for word in words:
        key = (word.purpose, word.channel)
        if key not in found or (found[key].granted and not word.granted):
            found[key] = word
    return list(found.values())


def carried_of(fact: Fact, subjects: Sequence[Subject], read_tc_string: ReadTcString) -> list[Carried]:
    """What a message about something else carries along of whom it is filed under. Raises ConsentUnreadable."""
    if fact.kind in ON_PURPOSE or fact.subject not in subjects:
        return []
    found: list[Carried] = []
    preferences = _preferences(fact)
    if preferences:
        found.append(_carried(fact, "cmp", _answers(fact.kind, preferences), None, None))
    for text in _strings(fact):
        purposes, description, policy = read_tc_string(text)
        answers = tuple(sorted((purpose, ANY, granted) for purpose, granted in purposes.items()))
        found.append(_carried(fact, "tcf", answers, description, policy))
    return found


def _carried(fact: Fact, method: str, answers: Answers, description: str | None, policy: str | None) -> Carried:
    return Carried(
        fact.subject, fact.source, method, answers, fact.trusted, fact.occurred_at, fact.occurred_at, fact.message_id,
        description, policy, fact.seq,
    )  # fmt: skip


def _answers(kind: str, preferences: Mapping[str, Any]) -> Answers:
    """The answers of a banner, which are the same for many messages of many visitors."""
    try:
        return _remembered_answers(kind, tuple(preferences.items()))
    except TypeError:
        return _read_answers(kind, tuple(preferences.items()))


def _read_answers(kind: str, preferences: tuple[tuple[str, Any], ...]) -> Answers:
    words = _most_restrictive(_shape(kind, dict(preferences), _NOTHING_YET))
    return tuple(sorted((word.purpose, word.channel, word.granted) for word in words))


_remembered_answers = lru_cache(maxsize=4_096)(_read_answers)


def _preferences(fact: Fact) -> Mapping[str, Any]:
    """What a consent banner keeps of each of its categories."""
    consent = fact.context.consent
    told = consent.get("categoryPreferences") if isinstance(consent, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def _strings(fact: Fact) -> list[str]:
    """The consent strings of a message; a banner that was not answered yet has an empty one."""
    consent = fact.context.consent
    told = [fact.properties.get("tc_string")]
    if isinstance(consent, Mapping):
        told += [consent.get("tcf"), consent.get("tc_string")]
    return [text for text in told if isinstance(text, str) and text.strip()]


def _words(fact: Fact, read_tc_string: ReadTcString) -> Iterator[_Word]:
    """What is told on purpose."""
    if fact.kind == CHANGED:
        yield from _changed(fact)
    if fact.kind == "identify":
        for name in _TRAITS:
            told = fact.traits.get(name)
            if isinstance(told, Mapping):
                yield from _shape(fact.kind, told, _NOTHING_YET)
    if fact.kind in ON_PURPOSE:
        yield from _shape(fact.kind, _preferences(fact), _NOTHING_YET._replace(method="cmp"))
        for text in _strings(fact):
            purposes, description, policy = read_tc_string(text)
            said = _NOTHING_YET._replace(channel=ANY, method="tcf", description=description, policy=policy)
            for purpose, granted in purposes.items():
                yield said._replace(purpose=purpose, granted=granted)


def _changed(fact: Fact) -> Iterator[_Word]:
    """The hub's own message: purposes and channels that share one answer, or an answer for each purpose."""
    said = fact.properties
    with_it = _with_it(fact.kind, said, _NOTHING_YET)
    purposes = said.get("purposes", said.get("purpose"))
    if isinstance(purposes, Mapping):
        yield from _shape(fact.kind, purposes, with_it)
        return
    channels = _names(fact.kind, "channel", said.get("channels", said.get("channel"))) or [None]
    for purpose in _names(fact.kind, "purpose", purposes):
        granted = _is_yes(fact.kind, "granted", said.get("granted"))
        for channel in channels:
            yield with_it._replace(
                purpose=_purpose(fact.kind, purpose), channel=_channel(fact.kind, channel), granted=granted
            )


def _shape(kind: str, told: Mapping[str, Any], with_it: _Word) -> Iterator[_Word]:
    """For each purpose yes or no, or {granted, source, description, segments: {channel: yes or no}}."""
    for name, value in told.items():
        purpose = _purpose(kind, name)
        if not isinstance(value, Mapping):
            yield with_it._replace(purpose=purpose, channel=_channel(kind, None), granted=_is_yes(kind, name, value))
            continue
        own = _with_it(kind, value, with_it)
        segments = value.get("segments")
        if "granted" in value or not isinstance(segments, Mapping):
            granted = _is_yes(kind, name, value.get("granted"))
            yield own._replace(purpose=purpose, channel=_channel(kind, None), granted=granted)
        for channel, answer in segments.items() if isinstance(segments, Mapping) else ():
            plain = answer.get("granted") if isinstance(answer, Mapping) else answer
            granted = _is_yes(kind, f"{name} by {channel}", plain)
            yield own._replace(purpose=purpose, channel=_channel(kind, channel), granted=granted)


def _with_it(kind: str, told: Mapping[str, Any], before: _Word) -> _Word:
    """What goes with an answer: where it was told, how, under which words and which policy, and who took it down."""
    return before._replace(
        source=_text(kind, told, "source") or before.source,
        method=_text(kind, told, "method") or before.method,
        description=_text(kind, told, "description") or before.description,
        policy=_text(kind, told, "policy", "version") or before.policy,
        taken_by=_text(kind, told, "by") or before.taken_by,
    )


def _text(kind: str, told: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = told.get(name)
        if value is None or value == "":
            continue
        text = str(value)
        if isinstance(value, (Mapping, list)) or len(text) > _LONGEST_TEXT:
            raise ConsentUnreadable(kind=kind, why=f"its {name} is no text of at most {_LONGEST_TEXT} characters")
        return text
    return None


def _names(kind: str, what: str, told: object) -> list[str]:
    names = told if isinstance(told, list) else [] if told is None else [told]
    if not all(isinstance(name, str) for name in names):
        raise ConsentUnreadable(kind=kind, why=f"its {what} is no name and no list of names")
    return names


def _purpose(kind: str, told: str) -> str:
    return _name(kind, "purpose", purpose_of(told))


def _channel(kind: str, told: str | None) -> str:
    return _name(kind, "channel", channel_of(told))


def _name(kind: str, what: str, name: str) -> str:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ConsentUnreadable(kind=kind, why=f"a {what} has 1 to {_LONGEST_NAME} characters")
    return name


def _is_yes(kind: str, what: str, told: object) -> bool:
    """A yes or no, also as programs that know only texts and numbers write it; anything else is neither."""
    # 1.0 is what 1 is, here as in any memory of answers.
    plain = str(int(told) if isinstance(told, float) and told.is_integer() else told).lower()
    word = " ".join(plain.replace("_", " ").replace("-", " ").split())
    if isinstance(told, (bool, str, int, float)) and word in _YES | _NO:
        return word in _YES
    raise ConsentUnreadable(kind=kind, why=f"{what} is {told!r}, neither true nor false")
