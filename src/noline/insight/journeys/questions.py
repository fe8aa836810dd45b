"""The questions about journeys: their SQL, and how each is counted in plain sentences."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from noline.insight.journeys.model import Windows
from noline.kernel.clock import DAY, MINUTE, Micros, as_text
from noline.kernel.words import WORDS
from noline.stores.analytical import Question, statement

_SQL = Path(__file__).parent / "sql"

CARRIED_WITHIN_DAYS = 7
"""How long a visit may be credited with a goal reached in another channel, unless told otherwise."""

_VISITS = (
    "A visit is everything one person does in one channel without a pause longer than {quick_gap}; in {slow_channels} "
    "the pause may last {slow_gap}, and in {business_day_channels} a visit is one day (UTC). "
)
_CROSSINGS = (
    "A person is handed over when two visits in different channels follow each other within {journey_gap} in the same "
    "journey, or when the sending channel declared it. A journey ends {settling} after a goal. "
)
_DECLARED = (
    "A declared hand-off has arrived when the person is seen in the receiving channel before its end ({handoff_window} "
    "when none was named), with the same object when it names one. "
)
_LOST_AFTER = (
    "Lost before arrival: the person did not arrive in the time there was. Lost after arrival: the person came "
    "with an intent or after research about goods, and reached no goal in any channel within {horizon} after arriving. "
)
_WHOLE_TIME = (
    "A hand-off is decided when all of its time is observed: a declared one {horizon} after its end, any other "
    "{horizon} after the arrival. Until then it is undecided, however it goes on, and stands in no share: who succeeds "
    "is seen sooner than who is lost. "
)
_LOST = (
    _LOST_AFTER
    + _WHOLE_TIME
    + (
        "A person lost more than once on a border counts once, with the latest loss. The value is the basket value or "
        "product price last seen in the sending visit: what was exposed, an upper bound. "
    )
)
_OBSERVED = "What the log cannot show yet is undecided and never counted as lost. {observed_until}"

_WORDS = {
    "handoffs": _VISITS
    + _CROSSINGS
    + _DECLARED
    + _LOST
    + "The share is people lost at least once among those of whom the log can tell, with a Wilson 95 % interval; the "
    "share of attempts is lost hand-offs among those of which the log can tell, with an interval that allows for "
    "several attempts of one person. " + _OBSERVED,
    "handoff_groups": _DECLARED
    + "Each declaration is one attempt; attempts are grouped by the group that the sender named. "
    + _LOST_AFTER
    + _WHOLE_TIME
    + "The intervals of the shares allow for several attempts of one person. "
    + _OBSERVED,
    "handoff_breakdown": "The hand-offs of one border in parts, each counted as in the whole. "
    + _VISITS
    + _CROSSINGS
    + _DECLARED
    + _LOST
    + "The store and the country are those of the arrival, else those the sender named; the article is the one the "
    "sender named last; the month is that of handing over (UTC). Whoever was lost in two parts counts in each. A part "
    "stands out when its share of people lost is higher than that of all other parts together by Newcombe's 95 % "
    "interval, widened for the number of parts compared. " + _OBSERVED,
    "carried_over": _VISITS
    + "Each visit to the sending channel in which something was wanted (an intent, or research about goods) and no "
    "goal was reached there: it is carried over when the person's next goal, in any channel, is reached in the "
    "receiving channel within {within} after the visit. A goal is credited to the last visit before it. Revenue is "
    "that of the orders placed at that moment, with the amount told last. " + _OBSERVED,
    "lost_people": "The people counted as lost on this border, the latest loss first. "
    + _VISITS
    + _CROSSINGS
    + _DECLARED
    + _WHOLE_TIME
    + "The evidence is the sending visit up to the hand-over and the arrival, as positions in the log. "
    + _OBSERVED,
    "drop_offs": _VISITS
    + "A visit with an intent (cart, checkout, reservation, open case) is kept when a goal follows in the same channel "
    "by {horizon} after its last intent, a false drop-off when the goal was reached in another channel, and lost when "
    "there was no goal in any channel. It is none of these until the log observes all of that time: a goal that came "
    "early is counted no sooner than one that never came. People count once, lost before false; undecided are those "
    "with no visit that is decided. " + _OBSERVED,
    "stages": "Touchpoints and distinct people by channel and stage; what was merely sent is left out.",
}
_VISITED = ("known.sql", "visits.sql")
_ATTEMPTED = (*_VISITED, "attempts.sql")
_OF_VISITS = {"carried_over": "carried_over.sql", "drop_offs": "drop_offs.sql"}
_OF_ATTEMPTS = {
    "handoffs": ("chosen.sql", "whole.sql", "handoffs.sql"),
    "handoff_breakdown": ("known.sql", "chosen.sql", "breakdown.sql", "handoffs.sql"),
    "handoff_groups": ("chosen.sql", "handoff_groups.sql"),
    "lost_people": ("chosen.sql", "lost_people.sql"),
}


def _continued(files: Iterable[str]) -> str:
    """One statement of files that each name further tables, the last of them with the SELECT."""
    return "WITH\n" + ",\n".join((_SQL / file).read_text("utf-8").strip() for file in dict.fromkeys(files)) + "\n"


def _of_attempts(name: str, files: Sequence[str]) -> Question:
    every = {"attempts": _continued(_ATTEMPTED) + "SELECT * FROM attempts\n"}  # noqa: S608  files of this room
    return Question(name, _WORDS[name], _continued((*_ATTEMPTED, *files)), every, _continued(files))


QUESTIONS = {
    "stages": Question("stages", _WORDS["stages"], statement(_SQL / "stages.sql")),
    **{name: Question(name, _WORDS[name], _continued((*_VISITED, file))) for name, file in _OF_VISITS.items()},
    **{name: _of_attempts(name, files) for name, files in _OF_ATTEMPTS.items()},
}
"""Every question of this room, by its name."""


def values_of(windows: Windows) -> dict[str, Any]:
    """The parameters that the windows and the vocabulary give to every question."""
    return {
        "goals": [word.name for word in WORDS.values() if word.goal],
        "intents": [word.name for word in WORDS.values() if word.intent],
        "business_day_channels": list(windows.business_day_channels),
        "slow_channels": list(windows.slow_channels),
        "day": DAY,
        "quick_gap": windows.quick_gap,
        "slow_gap": windows.slow_gap,
        "journey_gap": windows.journey_gap,
        "settling": windows.settling,
        "handoff_window": windows.handoff,
        "horizon": windows.horizon,
        "observed_until": windows.observed_until,
    }


def told(windows: Windows, within: Micros = CARRIED_WITHIN_DAYS * DAY) -> dict[str, str]:
    """The windows as a reader says them."""
    seen = windows.observed_until
    return {
        "within": span(within),
        "quick_gap": span(windows.quick_gap),
        "slow_gap": span(windows.slow_gap),
        "journey_gap": span(windows.journey_gap),
        "settling": span(windows.settling),
        "handoff_window": span(windows.handoff),
        "horizon": span(windows.horizon),
        "slow_channels": _list(windows.slow_channels),
        "business_day_channels": _list(windows.business_day_channels),
        "observed_until": f"The log observes up to {'its latest touchpoint' if seen is None else as_text(seen)}.",
    }


def span(micros: Micros) -> str:
    """A length of time as a reader says it."""
    count, unit = (micros / DAY, "day") if micros >= DAY else (micros / MINUTE, "minute")
    return f"{count:g} {unit}" + ("" if count == 1 else "s")


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "no channel"
