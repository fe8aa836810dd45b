"""Reading rules: small TOML that a manager can read, and errors that name what was probably meant."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from noline.insight.frictions.model import HORIZON, Rule, Step, Way, Where
from noline.kernel.clock import DAY, HOUR, MINUTE, SECOND, Micros
from noline.kernel.errors import NotFound, NotReadable
from noline.kernel.words import WORDS

FILE_NAME = "frictions.toml"
"""Where a hub's own rules lie unless its settings name another file."""

_CATALOGUE = Path(__file__).parent / "catalogue.toml"
_SPANS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}

CHANNELS = frozenset(
    {"web", "app", "store", "call", "mail", "marketplace", "wholesale", "reviews", "warehouse", "social", "chat", "sms"}
)
"""Channels that a rule may name though a history has none of their events."""

_CARTS = (
    "Product Added", "Wishlist Product Added to Cart", "Checkout Started", "Checkout Step Viewed",
    "Checkout Step Completed", "Payment Info Entered",
)  # fmt: skip
_PURCHASES = ("Order Completed", "Order Placed")
_CONTACTS = ("Call Started", "Case Opened", "Callback Requested", "Message Received")

CLASSES: Mapping[str, tuple[str, ...] | None] = {
    "@any": None,
    "@intent": tuple(word.name for word in WORDS.values() if word.intent),
    "@goal": tuple(word.name for word in WORDS.values() if word.goal),
    "@cart": _CARTS,
    "@purchase": _PURCHASES,
    "@contact": _CONTACTS,
}
"""Names that stand for several events; None: for whatever a person does."""

_RULE_KEYS = (
    "id", "name", "sentence", "proof", "from", "to", "steps", "no", "or", "before", "first", "together", "goal",
    "goal_within", "worth",    "loses", "why_no_leak",
)  # fmt: skip
_WAY_KEYS = ("steps", "no", "first")
_WHERE_KEYS = (
    "topic", "rating_at_most", "rating_at_least", "units_at_most", "units_at_least", "value_at_least", "handoff",
    "exposure",
)  # fmt: skip
_FIRST_KEYS = ("what", *_WHERE_KEYS)
_STEP_KEYS = ("what", "within", "after", "same", "differs", "value", "times", "unless", *_WHERE_KEYS)
_NO_KEYS = ("what", "within", "after", "same", "differs", "since", *_WHERE_KEYS)
_BEFORE_KEYS = ("what", "within", "after", "same", "differs", *_WHERE_KEYS)

SAME = ("object", "sku", "topic", "store", "channel", "handoff")
DIFFERS = ("channel", "store", "value")
MOST_TIMES = 20
MOST_STEPS = 10
MOST_SAME = 3
MOST_WAYS = 10
MOST_RULES = 200
_LONGEST = 3660 * DAY


class RuleUnreadable(NotReadable):
    """A rule that contradicts itself, or a file that holds none."""

    code = "frictions.rule_unreadable"
    sentence = "The friction rule {rule!r} cannot be read: {why}."
    hint = "Correct the file that the setting `frictions` names; docs/frictions.md tells what a rule may say."


class RuleKeyUnknown(NotReadable):
    """A key or a value that no rule may have."""

    code = "frictions.key_unknown"
    sentence = "{key!r} in the friction rule {rule!r} is nothing that a rule may say. The nearest is {nearest!r}."
    hint = "Correct or remove it; docs/frictions.md tells what a rule may say."


class StepUnknown(NotReadable):
    """A step that is no known event."""

    code = "frictions.step_unknown"
    sentence = "No event is called {step!r}, as the friction rule {rule!r} has it. The nearest is {nearest!r}."
    hint = "Name an action, CHANNEL/ACTION, CHANNEL/*, or a class such as @goal; docs/frictions.md lists them."


@cache
def catalogue() -> tuple[Rule, ...]:
    """The rules that come with NoLine."""
    return of_text(_CATALOGUE.read_text("utf-8"), _CATALOGUE.name)


def of_file(path: Path) -> tuple[Rule, ...]:
    """The rules in a file. Raises NotFound, RuleUnreadable, RuleKeyUnknown."""
    if not path.is_file():
        raise NotFound(what="file of friction rules", name=str(path))
    try:
        return of_text(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as cause:
        raise RuleUnreadable(rule=path.name, why="it is not UTF-8") from cause


def of_text(text: str, name: str = "rules") -> tuple[Rule, ...]:
    """The rules in TOML. Raises RuleUnreadable, RuleKeyUnknown."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise RuleUnreadable(rule=name, why=str(cause)) from cause
    _known(told, ("rule",), name)
    listed = told.get("rule", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise RuleUnreadable(rule=name, why="rules stand below [[rule]]")
    if len(listed) > MOST_RULES:
        raise RuleUnreadable(rule=name, why=f"there are more than {MOST_RULES} rules")
    # Each rule keeps its own lines, with the comments of whoever wrote it.
    parts = [part.strip() for part in re.split(r"(?m)^(?=[ \t]*\[\[[ \t]*rule[ \t]*\]\])", text)[1:]]
    if len(parts) != len(listed):
        raise RuleUnreadable(rule=name, why="each rule begins with a line [[rule]], and no other line looks like it")
    found = tuple(_rule(one, part) for one, part in zip(listed, parts, strict=True))
    ids = [rule.id for rule in found]
    for one in ids:
        if ids.count(one) > 1:
            raise RuleUnreadable(rule=one, why="two rules have this id")
    return found


def merged(rules: Sequence[Rule], own: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules and further ones; of the same id the further one counts."""
    replaced = {rule.id: rule for rule in own}
    kept = [replaced.pop(rule.id, rule) for rule in rules]
    return (*kept, *replaced.values())


def names_in(rule: Rule) -> Iterator[str]:
    """Every event that a rule names."""
    steps = [rule.first, *rule.before]
    for way in rule.ways:
        steps += [*way.steps, *way.no]
    for step in steps:
        yield from step.what
        yield from step.unless
    yield from rule.goal


def expanded(what: Sequence[str]) -> list[tuple[str, tuple[str, ...] | None]]:
    """What names mean: channel ("" for any) and actions (None for any)."""
    found: list[tuple[str, tuple[str, ...] | None]] = []
    for name in what:
        channel, _, action = name.rpartition("/") if name not in WORDS else ("", "", name)
        found.append((channel, None if action == "*" else CLASSES.get(action, (action,))))
    return found


def _rule(told: Mapping[str, Any], text: str) -> Rule:
    name = str(told.get("id", told.get("name", "?")))
    _known(told, _RULE_KEYS, name)
    for key in ("id", "name", "sentence", "proof", *(["why_no_leak"] if "why_no_leak" in told else [])):
        if not isinstance(told.get(key), str) or not told[key]:
            raise RuleUnreadable(rule=name, why=f"it needs the text {key!r}")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise RuleUnreadable(rule=name, why="`id` is up to 40 letters, digits, - and _")
    steps = _tables(told, "steps", name)
    if not steps:
        raise RuleUnreadable(rule=name, why="it needs `steps`, the first of which puts a customer at risk")
    first = _step(steps[0], _FIRST_KEYS, name, bounded=False)
    ways = [_way({**told, "steps": steps[1:]}, name)]
    for way in _tables(told, "or", name):
        _known(way, _WAY_KEYS, name)
        ways.append(_way(way, name))
    if len(ways) > MOST_WAYS:
        raise RuleUnreadable(rule=name, why=f"it has at most {MOST_WAYS} ways")
    return Rule(
        id=name,
        name=told["name"],
        sentence=told["sentence"],
        proof=told["proof"],
        from_channels=_texts(told, "from", name),
        to_channels=_texts(told, "to", name),
        first=first,
        before=tuple(_step(one, _BEFORE_KEYS, name) for one in _tables(told, "before", name)),
        ways=tuple(ways),
        together=_span(told["together"], name) if "together" in told else 0,
        goal=_texts(told, "goal", name) or ("@goal",),
        goal_within=_span(told.get("goal_within", "horizon"), name),
        worth=_one_of(told, "worth", ("told", "next"), name) or "told",
        loses=_flag(told, "loses", name, usual=True),
        why_no_leak=told.get("why_no_leak"),
        text=text,
    )


def _way(told: Mapping[str, Any], name: str) -> Way:
    steps = tuple(_step(one, _STEP_KEYS, name) for one in _tables(told, "steps", name))
    no = tuple(_step(one, _NO_KEYS, name) for one in _tables(told, "no", name))
    first = told.get("first", {})
    if not isinstance(first, dict):
        raise RuleUnreadable(rule=name, why="`first` is a table of what the first step must be like")
    _known(first, _WHERE_KEYS, name)
    if not (steps or no or first):
        raise RuleUnreadable(rule=name, why="it needs a second step, a `no`, or what the `first` step must be like")
    if len(steps) + len(no) > MOST_STEPS:
        raise RuleUnreadable(rule=name, why=f"a way has at most {MOST_STEPS} steps")
    return Way(steps, no, _where(first, name))


def _step(told: Mapping[str, Any], keys: Sequence[str], name: str, *, bounded: bool = True) -> Step:
    _known(told, keys, name)
    what = _texts(told, "what", name)
    if not what:
        raise RuleUnreadable(rule=name, why="each step needs `what`")
    if bounded and "within" not in told:
        raise RuleUnreadable(rule=name, why=f'the step {what[0]!r} needs `within`, such as "7d"')
    within = _span(told["within"], name) if bounded else 0
    after = _span(told["after"], name) if "after" in told else 0
    if bounded and within != HORIZON and after > within:
        raise RuleUnreadable(rule=name, why=f"the step {what[0]!r} has `after` beyond `within`")
    times = told.get("times", 1)
    if type(times) is not int or not 1 <= times <= MOST_TIMES:
        raise RuleUnreadable(rule=name, why=f"`times` is a whole number from 1 to {MOST_TIMES}")
    return Step(
        what, within, after, _same(told, name), _among(told, "differs", DIFFERS, name),
        _one_of(told, "value", ("lower", "higher"), name), times, _texts(told, "unless", name), _where(told, name),
        _one_of(told, "since", ("first", "last"), name) or "last",
    )  # fmt: skip


def _where(told: Mapping[str, Any], name: str) -> Where:
    def number(key: str, times: int = 1) -> int | None:
        value = told.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise RuleUnreadable(rule=name, why=f"{key!r} is a number")
        return round(value * times)

    return Where(
        _texts(told, "topic", name), number("rating_at_most", 100), number("rating_at_least", 100),
        number("units_at_most"), number("units_at_least"), number("value_at_least"),
        _flag(told, "handoff", name), _flag(told, "exposure", name),
    )  # fmt: skip


def _known(told: Mapping[str, Any], keys: Sequence[str], name: str) -> None:
    for key in told:
        if key not in keys:
            raise RuleKeyUnknown(key=key, rule=name, nearest=_nearest(key, keys))


def _nearest(text: str, among: Sequence[str]) -> str:
    return next(iter(get_close_matches(text, among, 1, 0.0)), "")


def _tables(told: Mapping[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    found = told.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise RuleUnreadable(rule=name, why=f"{key!r} is a list of tables")
    return found


def _texts(told: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    found = told.get(key, [])
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise RuleUnreadable(rule=name, why=f"{key!r} is a text or a list of texts")
    return tuple(listed)


def _same(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = _among(told, "same", SAME, name)
    if len(found) > MOST_SAME:
        raise RuleUnreadable(rule=name, why=f"at most {MOST_SAME} things can be the same")
    return found


def _among(told: Mapping[str, Any], key: str, among: Sequence[str], name: str) -> tuple[str, ...]:
    found = _texts(told, key, name)
    for one in found:
        if one not in among:
            raise RuleKeyUnknown(key=one, rule=name, nearest=_nearest(one, among))
    return found


def _one_of(told: Mapping[str, Any], key: str, among: Sequence[str], name: str) -> Any:
    found = _among(told, key, among, name)
    if len(found) > 1:
        raise RuleUnreadable(rule=name, why=f"{key!r} is one text")
    return found[0] if found else None


def _flag(told: Mapping[str, Any], key: str, name: str, *, usual: bool = False) -> bool:
    found = told.get(key, usual)
    if not isinstance(found, bool):
        raise RuleUnreadable(rule=name, why=f"{key!r} is true or false")
    return found


def _span(told: object, name: str) -> Micros:
    """A length of time such as `30m` or `7d`, or `horizon`."""
    if told == "horizon":
        return HORIZON
    found = re.fullmatch(r"(\d{1,9}) ?([smhdw])", told) if isinstance(told, str) else None
    span = int(found[1]) * _SPANS[found[2]] if found else _LONGEST + 1
    if span > _LONGEST:
        raise RuleUnreadable(rule=name, why=f'{told!r} is no length of time such as "30m", "7d" or "horizon"')
    return span
