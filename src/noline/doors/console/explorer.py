"""The journey explorer: what can be added to a funnel, what was added, how many people went which step, and who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from noline.doors.console import asking, wording
from noline.doors.console.asking import Looking
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.funnel_steps import Behind, PartRow, StepRow, behind_of, headline_of, parts_of, steps_of
from noline.doors.console.saved import Saved, saved_of
from noline.doors.console.wording import Row
from noline.truth.agenda.model import MOST_STEPS, Asked

_STARTERS = (
    ("From a look to an order", ("Product Viewed", "Product Added", "Order Completed")),
    ("Looked on the web, bought in the store", ("web/*", "store/*", "store/Order Completed")),
    ("Called after a failed checkout", ("Checkout Failed", "call/*")),
    ("From a letter to the store", ("mail/*", "store/*")),
)
"""Questions to begin with; those are offered whose every step the hub knows."""


_COUNTED_SAVED: Row = {
    "words": "What a question said when it was saved counts each person once, at their very first beginning, and asks "
    "whether the last step followed within the time given. Whoever's time was not over yet is not counted; so nothing "
    "that happens later can change the number. The bars of a funnel ask whether a person ever went the way, from "
    "whichever beginning, until now: these are as many or more.\n\n"
    "An alert compares neither. It takes a stretch of time since the question was saved and one as long before, at "
    "most four weeks each, and counts the persons of each stretch anew in the same way; after four weeks it adds one "
    "stretch after the other, each when it is over. Otherwise those who come often, and are the first to come again, "
    "would be compared with everybody.",
    "parameters": {},
}
"""How the numbers of saved questions are counted."""

_NO_PLACES: Mapping[str, str] = MappingProxyType({})


class Link(NamedTuple):
    """Words that lead somewhere. here: they lead to where one is."""

    words: str
    path: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """An event that can be added. path: of the question with it at the end; empty when there are steps enough."""

    words: str
    channel: str
    step: str
    events: int
    path: str


@dataclass(frozen=True, slots=True)
class Explorer:
    """Everything on the page. query: the question as hidden fields of a form."""

    asked: Asked | None
    sentence: str
    query: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]
    channels: tuple[Link, ...]
    choices: tuple[Choice, ...]
    choices_of: str
    full: bool
    starters: tuple[Link, ...]
    steps: tuple[StepRow, ...]
    without: tuple[Link, ...]
    without_choices: tuple[tuple[str, str], ...]
    windows: Mapping[str, str]
    modes: Mapping[str, str]
    ends: Mapping[str, str]
    credits: Mapping[str, str]
    breakdowns: tuple[tuple[str, str], ...]
    answered: bool
    headline: str
    still_open: int
    refused: str
    hint: str
    parts: tuple[PartRow, ...]
    part_steps: tuple[str, ...]
    part_words: str
    behind: Behind | None
    people_shown: bool
    saved: tuple[Saved, ...]
    alerts: tuple[Saved, ...]
    just_saved: str
    counted: Mapping[str, Counted]


def explorer(
    *,
    asked: Asked | None,
    names: Row,
    answer: Row | None = None,
    people: Sequence[Row] | None = None,
    questions: Sequence[Row] = (),
    places: Mapping[str, str] = _NO_PLACES,
    looking: Looking | None = None,
    refused: str = "",
    hint: str = "",
    people_shown: bool = True,
    portion: int = 50,
) -> Explorer:
    """The page. answer: of `answers.journeys.funnel`. people: of `funnel_persons`, one more than a portion if there is.

    places: what the catalogue calls each store. refused, hint: why the question cannot be counted, and what to do.
    """
    look = looking or Looking()
    levels = answer["levels"] if answer else []
    steps = steps_of(asked, levels, look, people_shown=people_shown)
    saved = tuple(saved_of(row, asked) for row in questions)
    full = asked is not None and len(asked.steps) >= MOST_STEPS
    return Explorer(
        asked=asked,
        sentence=asking.sentence_of(asked) if asked else "",
        query=tuple(asking.pairs_of(asked)),
        kept=tuple(_kept(asked)),
        channels=tuple(_channels(asked, names, look)),
        choices=tuple(_choices(asked, names, look, full=full)),
        choices_of=look.channel,
        full=full,
        starters=() if asked else tuple(_starters(names)),
        steps=steps,
        without=tuple(_without(asked, look)) if asked else (),
        without_choices=tuple((row["name"], row["name"]) for row in _actions(names)),
        windows=_with_own(asking.WINDOWS, asked.window if asked else "7d"),
        modes=asking.MODES,
        ends=asking.ENDS,
        credits=asking.CREDITS,
        breakdowns=tuple((name, wording.plain_name(name)) for name in names["parts"]),
        answered=bool(levels),
        headline=headline_of(steps),
        still_open=(answer or {}).get("still_open") or 0,
        refused=refused,
        hint=hint,
        parts=tuple(parts_of(answer.get("parts") or {}, places)) if answer else (),
        part_steps=tuple(asking.step_words(level["step"]) for level in levels),
        part_words=wording.plain_name(asked.by) if asked and asked.by else "",
        behind=behind_of(asked, look, people, portion) if asked and people is not None else None,
        people_shown=people_shown,
        saved=saved,
        alerts=tuple(one for one in saved if one.changed),
        just_saved=next((one.name for one in saved if one.id == look.saved), ""),
        counted=counted_of(
            {
                **({"funnel": _counted(asked)} if answer and asked else {}),
                **({"saved": _COUNTED_SAVED} if saved else {}),
            }
        ),
    )


def _counted(asked: Asked) -> Row:
    """How the bars are counted."""
    order = {
        "ordered": "one after the other, whatever lies between them",
        "strict": "one directly after the other",
        "any": "in whatever order: the bars tell who reached one, two, and so on of them",
    }[asked.mode]
    ends = {"chain": "ends a way that it lies within", "person": "takes a person out"}[asked.ends]
    words = (
        f"Each person counts once. A bar is how many people did the steps up to it, {order}, all of them within the "
        "time given; of the many ways that somebody may have gone, the one that came furthest counts. What was merely "
        "sent to people is no step. Shares are of the people of the first step, with Wilson's 95 % interval."
    )
    if asked.without:
        words += f"\n\nWhat must not happen {ends}."
    told = {
        "steps": " → ".join(asked.steps),
        "from the first to the last step": asking.WINDOWS.get(asked.window, asked.window),
        "order": asking.MODES[asked.mode],
        "moments this near count either way": asked.tolerance,
        **{f"{step}, after the step before": span for step, span in asked.between.items()},
        **({"must not happen": ", ".join(asked.without)} if asked.without else {}),
        **({"by": asked.by, "a person counts under": asking.CREDITS[asked.credit]} if asked.by else {}),
    }
    return {"words": words, "parameters": told}


def _kept(asked: Asked | None) -> list[tuple[str, str]]:
    """What the form of options leaves as it is."""
    own = ("window", "mode", "ends", "by", "credit", "without")
    return [(name, value) for name, value in asking.pairs_of(asked) if name not in own and not name.startswith("after")]


def _with_own(offered: Mapping[str, str], held: str) -> Mapping[str, str]:
    return offered if held in offered else {**offered, held: held}


# --- What can be added ----------------------------------------------------------------------------------------------


def _channels(asked: Asked | None, names: Row, look: Looking) -> list[Link]:
    everywhere = Link("All channels", asking.path_of(asked), here=not look.channel)
    return [
        everywhere,
        *(
            Link(
                wording.title(wording.channel(row["name"])),
                asking.path_of(asked, channel=row["name"]),
                here=row["name"] == look.channel,
            )
            for row in names["channels"]
        ),
    ]


def _choices(asked: Asked | None, names: Row, look: Looking, *, full: bool) -> list[Choice]:
    """The events of a channel, or of all, most frequent first; of a channel also anything in it."""

    def choice(words: str, step: str, events: int) -> Choice:
        path = "" if full else asking.path_of(asking.with_step(asked, step), channel=look.channel)
        return Choice(words, look.channel, step, events, path)

    if not look.channel:
        return [choice(row["name"], row["name"], row["events"]) for row in _actions(names)]
    within = [row for row in names["pairs"] if row["channel"] == look.channel]
    anything = choice("Anything here", f"{look.channel}/*", sum(row["events"] for row in within))
    return [anything, *(choice(row["action"], row["step"], row["events"]) for row in within)]


def _actions(names: Row) -> Sequence[Row]:
    found: Sequence[Row] = names["actions"]
    return found


def _starters(names: Row) -> list[Link]:
    channels = {row["name"] for row in names["channels"]}
    known = {row["name"] for row in _actions(names)} | {row["step"] for row in names["pairs"]}
    known |= {f"{channel}/*" for channel in channels}
    return [Link(words, asking.path_of(Asked(steps))) for words, steps in _STARTERS if known.issuperset(steps)]


def _without(asked: Asked, look: Looking) -> list[Link]:
    """What must not happen, each with the address of the question without it."""
    return [
        Link(
            asking.step_words(what),
            asking.path_of(
                asking.excluding(asked, [one for one in asked.without if one != what]), channel=look.channel
            ),
        )
        for what in asked.without
    ]
