"""A funnel as an address: the question stands in the query, so that it can be shared, and each change is a link."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from noline.doors.console import wording
from noline.kernel.errors import NotReadable
from noline.truth.agenda.model import Asked

PATH = "/explore"
WINDOWS = {
    "1h": "1 hour", "1d": "1 day", "3d": "3 days", "7d": "7 days", "14d": "14 days", "30d": "30 days",
    "90d": "90 days", "none": "any time",
}  # fmt: skip
"""The longest time from the first step to the last, as a page offers it."""

MODES = {
    "ordered": "in this order, others may lie between",
    "strict": "in this order, nothing between",
    "any": "in any order",
}
ENDS = {"chain": "between the steps", "person": "at any time"}
"""Where what must not happen counts."""

CREDITS = {"first": "their first step", "last": "their last step", "all": "all steps alike"}

_DEFAULTS = Asked(())


class QuestionUnreadable(NotReadable):
    """An address that holds no question about journeys."""

    code = "console.question_unreadable"
    sentence = "This address asks nothing that can be counted: {why}."
    hint = "Start again at /explore, and add steps there."


@dataclass(frozen=True, slots=True)
class Looking:
    """What an address asks for beside the question.

    channel: whose events are offered. who: the step, from 1, whose people are shown; stopped: only those who came no
    further; offset: the first of them.
    """

    channel: str = ""
    who: int = 0
    stopped: bool = False
    offset: int = 0
    saved: str = ""


def asked_of(query: Iterable[tuple[str, str]]) -> Asked | None:
    """The question in the query of an address; None without any step. Raises QuestionUnreadable."""
    many: dict[str, list[str]] = {}
    for name, value in query:
        many.setdefault(name, []).append(value)
    steps = [step for step in many.get("step", ()) if step.strip()]
    if not steps:
        return None
    told = {
        name: many[name][-1] for name in ("window", "mode", "ends", "by", "credit", "tolerance") if _told(many, name)
    }
    between = {step: span for at, step in enumerate(steps) for span in many.get(f"after{at}", ())[:1] if span.strip()}
    without = [one for one in many.get("without", ()) if one.strip()]
    try:
        return msgspec.convert({**told, "steps": steps, "without": without, "between": {**_bare(between)}}, Asked)
    except msgspec.ValidationError as error:
        raise QuestionUnreadable(why=str(error)) from None


def _told(many: Mapping[str, Sequence[str]], name: str) -> bool:
    return name in many and bool(many[name][-1].strip())


def _bare(between: Mapping[str, str]) -> dict[str, str]:
    return {step.removesuffix("?"): span for step, span in between.items()}


def pairs_of(asked: Asked | None, **more: str) -> list[tuple[str, str]]:
    """A question as the pairs of a query, without what is as usual; more: what else the address tells."""
    told: list[tuple[str, str]] = []
    if asked is not None:
        told += [("step", step) for step in asked.steps]
        told += [
            (f"after{at}", asked.between[step.removesuffix("?")])
            for at, step in enumerate(asked.steps)
            if step.removesuffix("?") in asked.between
        ]
        told += [("without", one) for one in asked.without]
        told += [
            (name, value)
            for name in ("window", "mode", "ends", "by", "credit", "tolerance")
            if (value := getattr(asked, name)) != getattr(_DEFAULTS, name) and value is not None
        ]
    return told + [(name, value) for name, value in more.items() if value]


def path_of(asked: Asked | None, **more: str) -> str:
    """The address of a question."""
    query = urlencode(pairs_of(asked, **more))
    return f"{PATH}?{query}" if query else PATH


def with_step(asked: Asked | None, step: str) -> Asked:
    """The same question with one more step at its end."""
    return Asked((step,)) if asked is None else msgspec.structs.replace(asked, steps=(*asked.steps, step))


def with_steps(asked: Asked, steps: Sequence[str]) -> Asked | None:
    """The same question with other steps; None without any. Times between steps stay with those that stay."""
    if not steps:
        return None
    first = steps[0].removesuffix("?")
    bare = {step.removesuffix("?") for step in steps[1:]}
    between = {step: span for step, span in asked.between.items() if step in bare}
    return msgspec.structs.replace(asked, steps=(first, *steps[1:]), between=between)


def moved(asked: Asked, at: int, to: int) -> Asked | None:
    """The same question with a step elsewhere."""
    steps = list(asked.steps)
    steps.insert(to, steps.pop(at))
    return with_steps(asked, steps)


def taken(asked: Asked, at: int) -> Asked | None:
    """The same question without a step."""
    return with_steps(asked, [step for number, step in enumerate(asked.steps) if number != at])


def turned(asked: Asked, at: int) -> Asked | None:
    """The same question with a step that may be left out, or that no longer may."""
    steps = list(asked.steps)
    steps[at] = steps[at].removesuffix("?") if steps[at].endswith("?") else f"{steps[at]}?"
    return with_steps(asked, steps)


def excluding(asked: Asked, what: Sequence[str]) -> Asked:
    """The same question with other events that must not happen."""
    return msgspec.structs.replace(asked, without=tuple(what))


def step_words(step: str) -> str:
    """A step as a person reads it: `Product Viewed, web`, `anything in store`."""
    bare = step.removesuffix("?")
    channel, slash, action = bare.partition("/")
    if not slash:
        return bare
    return f"anything in {wording.channel(channel)}" if action == "*" else f"{action}, {wording.channel(channel)}"


def sentence_of(asked: Asked) -> str:
    """A question in one line: `Product Viewed, web → Order Completed, within 7 days`."""
    steps = " → ".join(
        f"{step_words(step)} (or not)" if step.endswith("?") else step_words(step) for step in asked.steps
    )
    window = "in any time" if asked.window == "none" else f"within {WINDOWS.get(asked.window, asked.window)}"
    parts = [steps, window]
    if asked.mode != "ordered":
        parts.append(MODES[asked.mode].removeprefix("in this order, "))
    if asked.without:
        parts.append("without " + " or ".join(map(step_words, asked.without)))
    if asked.by:
        parts.append(f"by {wording.plain_name(asked.by)}")
    return ", ".join(parts)
