"""Reasons: where a friction, or the loss between two channels, stands out, and what a friction seems to change.

The tables come from the rooms that count frictions and journeys, the search and the estimate from the room of causes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from noline.kernel.errors import NotReadable, Refused

if TYPE_CHECKING:
    from noline.insight.causes.model import Cases, Effect, Search
    from noline.insight.frictions.model import AtRisk
    from noline.insight.frictions.service import Frictions
    from noline.insight.walks.attempts import Attempts
    from noline.insight.walks.model import Windows
    from noline.insight.walks.service import Walks
    from noline.stores.walks.store import Named


_OF_A_DECLARATION = {"store": "store_id", "country": "country", "item": "sku", "group": "handoff_group"}
"""By what hand-offs are told apart, and the column of the events that handed over that says it."""


class ReasonsAskedWrong(NotReadable):
    """A question about causes that names neither a friction nor a border."""

    code = "causes.asked_wrong"
    sentence = "This asks for no causes: {why}."
    hint = "Name a friction, or both channels of a border."


@dataclass(frozen=True, slots=True)
class Reason:
    """What is known about why something happens.

    search: where it stands out, an association. effect: what the friction changes of reaching a goal, or None, and
    why_no_effect says why it cannot be told. counted: how, `where` and `effect`.
    """

    search: "Search"
    counted: Mapping[str, Any]
    effect: "Effect | None" = None
    why_no_effect: str | None = None


@dataclass(frozen=True)
class Reasons:
    """Reasons in one history; each is worked out once.

    walks: over all of it, with what was merely sent. windows: how long people may take between channels.
    """

    frictions: "Frictions"
    walks: "Walks"
    windows: "Windows"
    _known: dict[str, Reason] = field(default_factory=dict)

    def of_friction(self, friction: str) -> Reason:
        """Where a friction happens more often than elsewhere, and what it seems to change. Raises NotFound."""
        if friction not in self._known:
            from noline.insight.causes.service import Causes

            table = self.frictions.table(friction)
            causes = Causes()
            effect, why_not = self._effect(friction, table)
            counted = {"where": causes.counted("where"), "effect": causes.counted("doubly_robust")}
            self._known[friction] = Reason(causes.searched(where_in(table)), counted, effect, why_not)
        return self._known[friction]

    def _effect(self, friction: str, table: "AtRisk") -> "tuple[Effect | None, str | None]":
        rule = next(one for one in self.frictions.rules if one.id == friction)
        return _effect(table) if rule.loses else (None, rule.why_no_leak)

    def of_border(self, sender: str, receiver: str) -> Reason:
        """Where people are lost between two channels more often than elsewhere on that border.

        A person counts once, with the first loss, else with the first hand-off; what nobody can tell yet is left out.
        Raises ReasonsAskedWrong when that is everybody.
        """
        border = f"{sender} to {receiver}"
        if border not in self._known:
            from noline.insight.causes.service import Causes

            causes = Causes()
            cases = lost_in(self._attempts, sender, receiver)
            if not cases.persons:
                raise ReasonsAskedWrong(why=f"of nobody from {border} can be told yet what became of them")
            self._known[border] = Reason(causes.searched(cases), {"where": causes.counted("where")})
        return self._known[border]

    @cached_property
    def _attempts(self) -> "Attempts":
        return self.walks.attempts(self.windows)


def where_in(table: "AtRisk") -> "Cases":
    """Everybody at risk of a friction: whether they had it, and by what they can be told apart."""
    from noline.insight.causes.model import Cases

    dims = {"store": table.store_id, "month": table.month, "country": table.country, "channel": table.channel}
    return Cases(table.friction, dims)


def lost_in(attempts: "Attempts", sender: str, receiver: str) -> "Cases":
    """Everybody handed over between two channels: whether they were lost, and by what they can be told apart.

    Who simply went from one channel to the other and wanted nothing could not be lost, and is left out.
    """
    import numpy as np

    from noline.insight.causes.model import Cases
    from noline.insight.walks.attempts import PASSED, UNDECIDED
    from noline.stores.walks.store import Named

    at_risk = (attempts.ending != UNDECIDED) & (attempts.declared | (attempts.ending != PASSED))
    rows = np.flatnonzero(attempts.of_border(sender, receiver) & at_risk)
    lost = attempts.that_ended("lost")[rows]
    # By person, those that were lost first, then by time: the first of each person stands for the person.
    order = np.lexsort((attempts.handed_at[rows], ~lost, attempts.persons[rows]))
    rows, lost = rows[order], lost[order]
    first = np.diff(attempts.persons[rows], prepend=-1) != 0
    rows = rows[first]
    months = np.array(attempts.handed_at[rows], "datetime64[us]").astype("datetime64[M]").astype(str)
    names, codes = np.unique(months, return_inverse=True)
    dims = {"month": Named(codes.astype(np.uint32), tuple(names.tolist()))}
    dims |= {name: _named_by_sender(attempts, rows, part) for name, part in _OF_A_DECLARATION.items()}
    return Cases(lost[first], dims)


def _named_by_sender(attempts: "Attempts", rows: Any, name: str) -> "Named":
    """A column of texts of the events that handed over: the declaration, else the last event of the sending visit.

    What is only known of those who arrived would part the lost from the others by itself, so it is not asked.
    """
    import numpy as np

    from noline.insight.walks.calendars import taken
    from noline.stores.walks.store import Named

    ground, ways = attempts.ground, attempts.ways.chosen(rows)
    part = ground.whole.parts.get(name, Named(np.zeros(len(ground.whole), np.uint8), ("",)))
    last = taken(ground.places[ground.walk.last], ways.sending, 0)
    return Named(part.codes[np.where(ways.places >= 0, ways.places, last)], part.names)


def _effect(table: "AtRisk") -> "tuple[Effect | None, str | None]":
    """What the friction changed of reaching a goal among those who met it, allowing for what came before it."""
    import numpy as np

    from noline.insight.causes.model import Cases
    from noline.insight.causes.service import Causes

    told = np.flatnonzero(table.observed)
    if not told.size:
        return None, "Of nobody can be told yet whether they reached a goal."
    covariates = {
        "orders before": np.log1p(table.prior_orders[told]),
        "events before": np.log1p(table.prior_events[told]),
        "value": np.log1p(np.maximum(table.value_minor[told], 0)),
    }
    for name, part in (("channel", table.channel), ("country", table.country)):
        covariates |= _indicators(name, part.codes[told], part.names)
    try:
        cases = Cases(table.converted[told], covariates=covariates, treated=table.met[told])
        return Causes().effect(cases, "doubly_robust", among="treated"), None
    except Refused as refusal:
        return None, str(refusal)


def _indicators(name: str, codes: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """A column of texts as numbers: for each of its values but the commonest, whether it is that."""
    import numpy as np

    counts = np.bincount(codes, minlength=len(names))
    return {
        f"{name} {names[code] or '(not told)'}": (codes == code).astype(np.float64)
        for code in range(len(names))
        if counts[code] and code != int(counts.argmax())
    }
