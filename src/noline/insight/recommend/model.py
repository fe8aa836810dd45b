"""Values of the room: what was bought, what is recommended and why, and what was asked wrongly."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from noline.kernel.clock import Micros
from noline.kernel.errors import Refused

Mode = Literal["repeat", "new", "basket"]
MODES: tuple[Mode, ...] = get_args(Mode)

MOST_BASKETS = 150
"""Of a customer's past, the last so many; who buys more often shows no more by it."""


class BasketsUnreadable(Refused):
    """A file from which no baskets can be read."""

    code = "recommend.baskets_unreadable"
    status = 400
    sentence = "{path} holds no baskets that can be read: {why}."
    hint = "Name its columns with --map customer=...,basket=...,item=... and optionally time, store and units."


class RecommendAskedWrong(Refused):
    """What was asked of the recommender makes no sense."""

    code = "recommend.asked_wrong"
    status = 400
    sentence = "This asks for no recommendation: {why}."
    hint = (
        "Ask for repeat, new or basket, for 1 to 100 items, and of a file for fewer --min-baskets and --min-item; "
        "docs/recommend.md tells what each means."
    )


class Basket(NamedTuple):
    """What one customer bought at one moment. at_us: microseconds since 1970 UTC. items: each a SKU and its units."""

    at_us: Micros
    store: str | None
    items: tuple[tuple[str, float], ...]


class Because(NamedTuple):
    """Why an item is named: a word for the kind of reason, the numbers behind it, and a sentence in English."""

    kind: str
    values: Mapping[str, float | str]
    text: str


class Recommended(NamedTuple):
    """An item, the higher its score the more likely.

    probability: that it is in the next basket, as the ranking was calibrated; None where nothing was.
    """

    sku: str
    score: float
    probability: float | None
    because: Because


class ModelUnreadable(Refused):
    """A ranking was kept, and cannot be read."""

    code = "recommend.model_unreadable"
    status = 500
    sentence = "The ranking kept in {path} cannot be read: {why}."
    hint = "Remove the file; the ranking is fitted again at the next question."
