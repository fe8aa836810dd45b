"""The door of the room: which frictions there are, what each costs, and who met them."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from noline.insight.frictions import leak, matching, pools, ranking, rules, showing, sql
from noline.insight.frictions.keeping import Kept
from noline.insight.frictions.model import USUAL_HORIZON, AtRisk, Case, Friction, Rule
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.words import WORDS
from noline.stores.walks.history import MEASURES
from noline.stores.walks.store import WalkStore

SINCE: Micros = -(2**62)
UNTIL: Micros = 2**62
_MEANINGS = ("channel", "value")
_ALWAYS = ("object_id", "store_id", "country", "currency", "units", "amount_minor", "exposure")
MOST_REMEMBERED = 1_000
"""Answers for so many stretches of time are remembered."""


def rules_of(folder: Path, name: str = rules.FILE_NAME) -> tuple[Rule, ...]:
    """The catalogue and a hub's own rules, from the file that its settings name; a rule of the same id is replaced.

    The usual file need not be there. Raises NotFound, RuleUnreadable, RuleKeyUnknown.
    """
    path = folder / name
    if not path.exists() and name == rules.FILE_NAME:
        return rules.catalogue()
    return rules.merged(rules.catalogue(), rules.of_file(path))


class Wished(NamedTuple):
    """Columns that rules look at. parts: of texts. measures: of whole numbers."""

    parts: tuple[str, ...]
    measures: tuple[str, ...]


def columns_of(told: Sequence[Rule]) -> Wished:
    """The columns, beside person, time, channel, action and value, to be read where a table has them.

    Those that rules name, and what the worth and the comparable groups are told by.
    """
    named = pools.asked([step for rule in told for step in matching.steps_of(rule)])
    wished = dict.fromkeys((*(name for name in named if name not in _MEANINGS), *_ALWAYS))
    return Wished(
        tuple(name for name in wished if name not in MEASURES), tuple(name for name in wished if name in MEASURES)
    )


class Frictions:
    """Answers about the frictions in one history of events."""

    def __init__(
        self,
        history: WalkStore,
        *,
        rules: Sequence[Rule] | None = None,
        currency: str,
        horizon: Micros = USUAL_HORIZON,
        observed_until: Micros | None = None,
        keep_in: Path | None = None,
        state: object = None,
    ) -> None:
        """Take the events.

        rules: the catalogue when none are told. currency: of the history's values. horizon: how long after an intent a
        goal counts. observed_until: the events tell everything up to this moment; the latest of them if not told.
        keep_in: a folder in which answers about the whole time are kept for the next process; state: of the events, as
        a value that is another one whenever they are.
        Raises StepUnknown when a rule names an event that there is not.
        """
        self._told = tuple(_catalogue() if rules is None else rules)
        _check(self._told, history)
        self._rules = {rule.id: rule.within(horizon) for rule in self._told}
        self._currency = currency
        self._observed_until = observed_until
        self._matcher = matching.Matcher(history, observed_until)
        self._found: dict[str, matching.Found] = {}
        self._answers: dict[tuple[str, Micros, Micros], Friction] = {}
        self._kept = None if keep_in is None else Kept(keep_in, self._told, currency, horizon, observed_until, state)
        if self._kept is not None:
            self._answers = {(name, SINCE, UNTIL): one for name, one in self._kept.read().items()}
        self._is_kept = self._kept is None or len(self._answers) == len(self._told)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, as it was told."""
        return self._told

    def ranked(self, since: Micros | None = None, until: Micros | None = None) -> list[Friction]:
        """Every friction, what to fix first at the top: by what it costs; those of which that is unknown come last.

        since, until: only first steps then, in microseconds.
        """
        told = [self.one(rule.id, since, until) for rule in self._told]
        if self._kept is not None and not self._is_kept and (since, until) == (None, None):
            self._kept.write(told)
            self._is_kept = True
        return ranking.ranked(told)

    def one(self, id: str, since: Micros | None = None, until: Micros | None = None) -> Friction:  # noqa: A002  as every door says it
        """One friction. Raises NotFound."""
        rule = self._rule(id)
        span = (SINCE if since is None else since, UNTIL if until is None else until)
        if (id, *span) not in self._answers:
            found = self._of(rule).between(*span)
            cost = leak.leak(found, self._matcher)
            if len(self._answers) >= MOST_REMEMBERED:
                self._answers.clear()
            self._answers[(id, *span)] = ranking.friction(rule, found, cost, self._matcher, self._currency)
        return self._answers[(id, *span)]

    def cases(self, id: str, *, limit: int = 50, offset: int = 0) -> list[Case]:  # noqa: A002  as above
        """One page of the cases of a friction, the latest first; none where a column is missing. Raises NotFound."""
        found = self._of(self._rule(id))
        return [] if found.missing else showing.cases(found, self._matcher.store, limit, offset)

    def table(self, id: str) -> AtRisk:  # noqa: A002  as above
        """Everybody at risk of a friction, a row for each person, for asking where and why. Raises NotFound."""
        return ranking.table(self._of(self._rule(id)), self._matcher)

    def counted(self, id: str) -> dict[str, Any]:  # noqa: A002  as above
        """How a friction is counted: `words` (with the rule as it stands in its file), `sql`, `parameters`.

        Raises NotFound.
        """
        return sql.counted(self._rule(id), self._matcher.observed)

    def _rule(self, name: str) -> Rule:
        if name not in self._rules:
            raise NotFound(what="friction", name=name)
        return self._rules[name]

    def _of(self, rule: Rule) -> matching.Found:
        if rule.id not in self._found:
            self._found[rule.id] = self._matcher.found(rule)
        return self._found[rule.id]


def _catalogue() -> tuple[Rule, ...]:
    return rules.catalogue()


def _check(told: Sequence[Rule], history: WalkStore) -> None:
    """Refuse a step that is neither a known word nor in the events: nearly always a slip of the pen."""
    known = {*WORDS, *history.actions.names, *rules.CLASSES}
    channels = {*rules.CHANNELS, *history.channels.names}
    for rule in told:
        for what in rules.names_in(rule):
            channel, _, action = what.rpartition("/")
            if what in known or (action in {*known, "*"} and channel in {*channels, ""}):
                continue
            near = known if channel in {*channels, ""} else {f"{one}/{action}" for one in channels}
            nearest = next(iter(get_close_matches(what, sorted(near), 1, 0.0)), "")
            raise rules.StepUnknown(rule=rule.id, step=what, nearest=nearest)
