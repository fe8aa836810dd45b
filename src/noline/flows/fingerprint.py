"""A company's fingerprint, taken from its walks: who went which way, in numbers that show nobody."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from noline.insight.fingerprints import counting
from noline.insight.fingerprints.model import FEWEST as FEWEST_PEOPLE
from noline.insight.fingerprints.model import About, Kind, Print, TooFewPeople
from noline.insight.fingerprints.service import Counted, Windows, months, own_channels, taken
from noline.insight.walks.model import Pauses, Wants
from noline.insight.walks.service import Walks
from noline.insight.walks.visits import visits
from noline.kernel.clock import Micros, as_text
from noline.kernel.words import WORDS, Stage, word_for
from noline.stores.walks.store import WalkStore

_NOTHING: Mapping[str, tuple[int, int]] = MappingProxyType({})
_OWN: Mapping[str, str] = MappingProxyType({})


class Whose(NamedTuple):
    """Whose fingerprint, and what is told of where it comes from."""

    name: str
    industry: str
    kind: Kind = "own"
    source: str | None = None
    licence: str | None = None
    command: str | None = None


class Meaning(NamedTuple):
    """What actions mean. goals, intents: those of the vocabulary unless the events are told in other words."""

    goals: Collection[str] = tuple(word.name for word in WORDS.values() if word.goal)
    intents: Collection[str] = tuple(word.name for word in WORDS.values() if word.intent)

    def stage_of(self, action: str) -> str:
        """The stage of an action: of a word of ours its own; of another a goal is a purchase."""
        if action not in WORDS and action in self.goals:
            return Stage.BUY.value
        return word_for(action).stage.value


def fingerprint(
    history: WalkStore,
    whose: Whose,
    today: Micros,
    *,
    touchpoints: WalkStore | None = None,
    meaning: Meaning | None = None,
    own: Mapping[str, str] = _OWN,
    windows: Windows | None = None,
    frictions: Mapping[str, tuple[int, int]] = _NOTHING,
) -> Print:
    """The fingerprint of a history.

    history: with what was merely sent. touchpoints: without; the same where nothing was. own: canonical names of the
    company's channels. frictions: by rule, (people who met it, people who could). Raises TooFewPeople and
    ChannelNotCanonical.
    """
    meaning, windows = meaning or Meaning(), windows or Windows()
    own = own_channels(own)
    if not len(history):
        raise TooFewPeople(fewest=FEWEST_PEOPLE)
    store = counting.canonical(history if touchpoints is None else touchpoints, own)
    pauses = Pauses(journey=windows.journey_gap)
    until = history.observed_until or 0
    first_month, last_month = months(history)
    about = About(
        name=whose.name, industry=whose.industry, kind=whose.kind, made_on=as_text(today)[:10],
        first_month=first_month, last_month=last_month, source=whose.source, licence=whose.licence,
        command=whose.command,
    )  # fmt: skip
    counted = Counted(
        store, visits(store, pauses), history, own, meaning.stage_of, meaning.goals, until, windows,
        _false_drop_offs(store, meaning, windows, pauses), frictions,
    )  # fmt: skip
    return taken(counted, about)


def _false_drop_offs(store: WalkStore, meaning: Meaning, windows: Windows, pauses: Pauses) -> tuple[int, int] | None:
    """People who reached the goal in another channel, of those who dropped off in one; None without such words."""
    told = set(store.actions.names)
    intents, goals = (tuple(name for name in some if name in told) for some in (meaning.intents, meaning.goals))
    if not intents or not goals:
        return None
    found = Walks(store).drop_offs(Wants(intents, goals, windows.horizon), pauses).whole
    return found.persons_false, found.persons_dropped
