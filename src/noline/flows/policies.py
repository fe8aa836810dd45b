"""Rules of stock: how far a channel may go with an item, set by people and kept in the log."""

from noline.flows.deeds import Deed
from noline.flows.goods import Desk
from noline.kernel.errors import NotReadable
from noline.truth.stock.decided import POLICY_SET
from noline.truth.stock.policies import Policy, policy_said

_LONGEST = 200
_MOST_UNITS = 10**9


class PolicyWrong(NotReadable):
    """A rule that contradicts itself or leaves out what it needs."""

    code = "stock.policy_wrong"
    sentence = "This cannot be the rule of {sku}: {why}."
    hint = "docs/stock.md tells what each rule needs; nothing was changed."


class Policies:
    """The rules of items in a hub."""

    def __init__(self, desk: Desk) -> None:
        """Wire the rules."""
        self._desk = desk

    def set(self, sku: str, channel: str, policy: Policy, *, by: str) -> Policy:
        """Put a rule in the place of the one before. channel: empty for every channel. Raises PolicyWrong."""
        if why := _wrong(sku, channel, policy):
            raise PolicyWrong(sku=sku[:_LONGEST], why=why)
        deed = Deed(
            POLICY_SET, self._desk.stock.subject_of_item(sku), policy_said(sku, channel, policy), personal=False
        )
        with self._desk.store.transaction() as tx:
            self._desk.deeds.do(tx, [deed], by=by)
        return policy


def _wrong(sku: str, channel: str, policy: Policy) -> str | None:
    """Why a rule cannot be set; None when it can."""
    numbers = (policy.beyond, policy.buffer, policy.safety)
    if not 0 < len(sku) <= _LONGEST or len(channel) > _LONGEST:
        return f"an item and a channel have names of at most {_LONGEST} characters"
    if any(one is not None and not 0 <= one <= _MOST_UNITS for one in numbers):
        return f"units are a number from 0 to {_MOST_UNITS}"
    if channel and policy.safety is not None:
        return "units are kept back at a location from every channel; set `safety` without a channel"
    return _wrong_oversell(policy)


def _wrong_oversell(policy: Policy) -> str | None:
    if policy.oversell in ("threshold", "backorder"):
        if policy.beyond is None:
            return f"{policy.oversell} needs `beyond`, the units that may be promised beyond those that are there"
    elif policy.beyond is not None:
        return "`beyond` belongs to threshold and backorder"
    if policy.oversell == "backorder":
        return "backorder needs `until`, for when it is promised" if policy.until_at is None else None
    return None if policy.until_at is None else "`until` belongs to backorder"
