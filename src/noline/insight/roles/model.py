"""What is told of channels, customers and capabilities: ratios with their null, ways, classes, parts of an index."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotReadable
from noline.kernel.money import Money
from noline.kernel.shares import Share

BY = ("channel", "unit")
"""What roles are told of. unit: the store where it happened, else the channel."""

MEASURES = ("acquire", "retain", "sticky", "back", "frequency", "experience")
"""The ratios of a channel; each is 1 where the channel makes no difference."""

FEWEST_ORDERS_ON = 2
MOST_ORDERS_ON = 5
"""From the first order to the k-th, for k from 2 to 5."""

CLASSES = ("single", "multi", "cross", "omni")
PARTNER_CHANNELS = ("wholesale", "b2b", "marketplace")
"""Channels in which others sell for the company, beside those that told an account of a business."""

RETAIN_WITHIN: Micros = 90 * DAY
EXPERIENCE_WITHIN: Micros = 60 * DAY
SHOWN_WITHIN: Micros = 7 * DAY
LOOP_WITHIN: Micros = 30 * DAY

ASSOCIATION = (
    "Each ratio compares what people did in this channel with what all did; it is an association, and says nothing "
    "of what would have been without the channel."
)
CORRELATION = (
    "Differences between these classes are correlation: who buys much also meets more channels. Only a control group "
    "can tell whether crossing channels makes anybody buy more."
)


class RolesAskedWrong(NotReadable):
    """A question about roles that cannot be counted."""

    code = "roles.asked_wrong"
    sentence = "This cannot be told of channels: {why}."
    hint = "Ask by channel or unit, or for the second to the fifth order; docs/http.md names the questions."


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole with its Wilson 95 % interval; None where the whole is empty."""

    cases: int
    of: int
    share: float | None
    low: float | None
    high: float | None
    too_few: bool

    @classmethod
    def of_share(cls, cases: int, of: int, share: Share) -> "Part":
        """Counts beside the share that they make."""
        return cls(cases, of, share.value, share.low, share.high, share.too_few)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times what would be without a difference between channels; the null is 1.

    value, low, high: the ratio and its 95 % interval; None where nothing can be divided.
    here, expected: the two rates that make it. cases of `of` made `here`; persons: behind `of`.
    claimed: the interval lies above 1. less: it lies below 1. Neither is told of too few, and why says so.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    here: float | None
    expected: float | None
    cases: int
    of: int
    persons: int
    too_few: bool
    claimed: bool
    less: bool
    why: str | None
    null: float = 1.0


@dataclass(frozen=True, slots=True)
class Basket:
    """What orders of one currency were worth, in its minor units. median: the middle one; of two the lower.

    ratio: the mean beside the mean of all channels in that currency.
    """

    currency: str
    orders: int
    mean_minor: int
    mean_low_minor: int | None
    mean_high_minor: int | None
    median_minor: int
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class ChannelRoles:
    """What the orders of one channel, or of one unit, show.

    orders, persons: of people who are known; orders_of_nobody: of all others.
    convenience: orders that it serves with a promise whose time is over, and those that were there by then.
    assist: what it earned on orders captured elsewhere, by currency; None: nobody told.
    claimed, less: the ratios whose intervals lie above and below 1.
    """

    name: str
    channel: str
    orders: int
    orders_of_nobody: int
    persons: int
    measures: tuple[Ratio, ...]
    baskets: tuple[Basket, ...]
    convenience: Part
    assist: tuple[Money, ...] | None
    claimed: tuple[str, ...]
    less: tuple[str, ...]
    too_few: bool

    def as_dict(self) -> dict[str, Any]:
        """The value as data; `measures` by their name."""
        return {**asdict(self), "measures": {one.name: asdict(one) for one in self.measures}}


@dataclass(frozen=True, slots=True)
class Way:
    """Customers by the channel of their first order.

    persons = those in cells + lost + undecided. cells: of the decided ones, by channel of the k-th order.
    lost: no k-th order. undecided: the first order is too young to tell, whatever followed.
    """

    first: str
    persons: int
    undecided: int
    cells: tuple[Part, ...]
    lost: Part


@dataclass(frozen=True, slots=True)
class Migration:
    """Ways from the first order to the k-th. channels: the columns of the cells.

    median_gap_us: from first to k-th order, of those who have one; None when nobody has.
    every: the same for all customers together, which is what each row would be if the first channel did not matter.
    """

    k: int
    channels: tuple[str, ...]
    ways: tuple[Way, ...]
    every: Way
    median_gap_us: Micros | None
    observed_until: Micros | None

    def as_dict(self) -> dict[str, Any]:
        """The value as data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean by person with its 95 % interval; None of nobody, no interval of one person."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class CustomerClass:
    """Customers of one class: how many, what they ordered, and how many channels they use alike (degree).

    value_minor: of their orders, in minor units of the currency of reports; value_mean_minor: by person.
    """

    name: str
    persons: Part
    orders: int
    orders_mean: Mean
    value_minor: int
    value_mean_minor: int | None
    value_mean_low_minor: int | None
    value_mean_high_minor: int | None
    degree: Mean


@dataclass(frozen=True, slots=True)
class Customers:
    """Every customer in one of four classes. unrated: orders whose currency has no rate; they are worth 0 here."""

    classes: tuple[CustomerClass, ...]
    persons: int
    orders: int
    orders_of_nobody: int
    currency: str
    unrated: int

    def as_dict(self) -> dict[str, Any]:
        """The value as data."""
        return asdict(self)


class Helping(NamedTuple):
    """Units that earn on orders of others by the fair books, of those that helped; and those that lose by it today."""

    earn: int
    helped: int
    lose_today: int = 0


@dataclass(frozen=True, slots=True)
class Capability:
    """One part of the company index.

    exists: there is at least one case of it; None where nobody told what it needs. evidence: of how many.
    works: how well, as a share; None where it cannot be told, and why says so. facts: what else was counted.
    """

    name: str
    words: str
    exists: bool | None
    evidence: int
    works: Part | None
    why: str | None
    facts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class CompanyIndex:
    """How much of an omnichannel company there is: how many capabilities exist, and the mean of how well they work."""

    parts: tuple[Capability, ...]
    exist: int
    of: int
    works: float | None
    measured: int

    def as_dict(self) -> dict[str, Any]:
        """The value as data; facts by their name."""
        parts = [{**asdict(one), "facts": dict(one.facts)} for one in self.parts]
        return {**asdict(self), "parts": parts}


@dataclass(frozen=True, slots=True)
class AccountBaskets:
    """What a business ordered in one currency, in its minor units."""

    currency: str
    orders: int
    value_minor: int
    mean_minor: int


@dataclass(frozen=True, slots=True)
class Partner:
    """A business that orders. coming_back: its orders that another followed in time; returned, convenience: as told.

    orders: all of them; orders_of_nobody: those of which no person is known; persons: behind the others.
    median_gap_days: between its orders; None of fewer than two.
    """

    account: str
    channels: tuple[str, ...]
    orders: int
    orders_of_nobody: int
    persons: int
    first_at: Micros
    last_at: Micros
    median_gap_days: float | None
    baskets: tuple[AccountBaskets, ...]
    coming_back: Part
    returned: Part
    convenience: Part


@dataclass(frozen=True, slots=True)
class Partners:
    """Channels of others, by the measures of every channel, and the businesses in them."""

    channels: tuple[ChannelRoles, ...]
    accounts: tuple[Partner, ...]

    def as_dict(self) -> dict[str, Any]:
        """The value as data."""
        return {
            "channels": [one.as_dict() for one in self.channels],
            "accounts": [asdict(one) for one in self.accounts],
        }


def indexed(parts: Sequence[Capability]) -> CompanyIndex:
    """The index of these parts: those that nobody told are neither missing nor measured."""
    told = [one for one in parts if one.exists is not None]
    shares = [one.works.share for one in told if one.works is not None and one.works.share is not None]
    mean = sum(shares) / len(shares) if shares else None
    return CompanyIndex(tuple(parts), sum(one.exists is True for one in told), len(told), mean, len(shares))
