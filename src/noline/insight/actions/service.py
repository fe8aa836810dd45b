"""The door of the actions: which programmes there are, whom they are for, and what is proposed now."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from noline.insight.actions import ranking
from noline.insight.actions.model import Programme, Ranking, Record, Situation, Suitable
from noline.insight.actions.programmes import Policy, catalogue, programmes_of
from noline.insight.actions.ranking import ArmOf
from noline.kernel.errors import NotFound


def actions_of(folder: Path, told: Mapping[str, Any], channels: Iterable[str] = ()) -> "Actions":
    """The programmes of the hub in a folder. told: its settings `[counter]`. channels: those it has sources of.

    Raises SettingWrong, NotFound, ProgrammeUnreadable and ProgrammeKeyUnknown.
    """
    policy = Policy.from_settings(told)
    return Actions(programmes_of(folder, policy.file, channels), policy)


class Actions:
    """The programmes of one hub."""

    def __init__(self, programmes: Sequence[Programme] | None = None, policy: Policy | None = None) -> None:
        """programmes: the catalogue when none are told. policy: what holds for all of them."""
        told = catalogue() if programmes is None else programmes
        self._by_id: Mapping[str, Programme] = {one.id: one for one in told}
        self._compiled = tuple(ranking.compiled(one) for one in told)
        self.policy = policy or Policy()

    @property
    def programmes(self) -> tuple[Programme, ...]:
        """Every programme, as it was told."""
        return tuple(self._by_id.values())

    def programme(self, name: str) -> Programme:
        """One programme; raises NotFound."""
        found = self._by_id.get(name)
        if found is None:
            raise NotFound(what="programme", name=name)
        return found

    def eligible(self, situation: Situation, record: Record) -> list[Suitable]:
        """Programmes that the customer is eligible for, whatever was offered before; in the order of the catalogue."""
        recent = ranking.recent_offers(record, situation.now)
        found = (ranking.suitable(one, situation, record, recent, self.policy) for one in self._compiled)
        return [one for one in found if isinstance(one, Suitable)]

    def ranked(self, situation: Situation, record: Record, arm_of: ArmOf, limit: int = 3) -> Ranking:
        """What is proposed now, best first. arm_of: the customer's arm in a programme; asked only for offers."""
        return ranking.ranked(self._compiled, situation, record, arm_of, self.policy, limit)
