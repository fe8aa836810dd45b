"""The vocabulary of events: what each name means for a journey.

Names are Segment's V2 e-commerce events; where that specification ends (stores, calls, pick-ups, returns, stock,
prices, reviews) the same grammar goes on: past tense, Title Case, properties in snake_case.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Stage(StrEnum):
    """Where in a journey a touchpoint stands, in order."""

    DISCOVER = "discover"
    CONSIDER = "consider"
    BUY = "buy"
    RECEIVE = "receive"
    USE = "use"
    SERVICE = "service"
    ADVOCATE = "advocate"


About = Literal["person", "sku", "order", "business", "deed"]
"""Whom or what a record is routed by. deed: something decided through a door of the hub; no channel can send it."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one event name means.

    intent: it shows that the person wants something that is not reached yet.
    goal: it is what the firm and the customer wanted; it ends a journey.
    exposure: something merely sent to a person; not a touchpoint.
    hands_over_to: the channel that the word itself names as receiver.
    """

    name: str
    stage: Stage
    about: About = "person"
    intent: bool = False
    goal: bool = False
    exposure: bool = False
    hands_over_to: str | None = None


def _words(stage: Stage, names: str, **traits: object) -> list[Word]:
    return [Word(name.strip(), stage, **traits) for name in names.split(",")]  # type: ignore[arg-type]


_ALL = [
    *_words(
        Stage.DISCOVER, "Page Viewed, Screen Viewed, Store Visited, Promotion Viewed, Promotion Clicked, App Opened"
    ),
    *_words(Stage.DISCOVER, "Mailing Sent, Message Sent, Advertisement Shown", exposure=True),
    *_words(
        Stage.CONSIDER,
        "Products Searched, Product List Viewed, Product List Filtered, Product Clicked, Product Viewed, "
        "Product Compared, Product Shared, Product Tried, Price Seen, Availability Shown, Search Failed, "
        "Product Removed, Product Removed from Wishlist, Advice Given, Cart Viewed, Cart Shared, Shelf Empty, "
        "Login Required",
    ),
    *_words(Stage.CONSIDER, "Product Added, Product Added to Wishlist, Wishlist Product Added to Cart", intent=True),
    *_words(Stage.CONSIDER, "Appointment Booked", intent=True, hands_over_to="store"),
    *_words(Stage.CONSIDER, "Appointment Kept, Appointment Missed, Appointment Withdrawn"),
    *_words(
        Stage.BUY,
        "Checkout Started, Checkout Step Viewed, Checkout Step Completed, Checkout Failed, Payment Info Entered, "
        "Coupon Entered, Coupon Denied",
        intent=True,
    ),
    *_words(Stage.CONSIDER, "Cart Changed", about="deed"),
    *_words(Stage.BUY, "Coupon Applied, Coupon Removed"),
    *_words(Stage.BUY, "Product Reserved", intent=True, hands_over_to="store"),
    *_words(Stage.BUY, "Order Completed, Order Placed", goal=True),
    *_words(Stage.BUY, "Order Updated, Order Paid, Order Cancelled"),
    *_words(Stage.RECEIVE, "Pickup Requested", hands_over_to="store"),
    *_words(
        Stage.RECEIVE,
        "Order Promised, Order Picked, Order Shipped, Order Delivered, Pickup Ready, Pickup Collected, Pickup Expired, "
        "Delivery Missed",
    ),
    *_words(
        Stage.USE,
        "Return Requested, Return Accepted, Return Refused, Return Redirected, Return Refunded, Order Refunded, "
        "Product Registered",
    ),
    *_words(Stage.SERVICE, "Call Started, Case Opened", intent=True),
    *_words(Stage.SERVICE, "Callback Requested", intent=True, hands_over_to="call"),
    *_words(Stage.SERVICE, "Call Transferred, Callback Missed, Message Received, Customer Reidentified"),
    *_words(Stage.SERVICE, "Call Resolved, Case Resolved", goal=True),
    *_words(Stage.ADVOCATE, "Review Posted, Feedback Given, Product Reviewed, Feedback Answered, Feedback Closed"),
    *_words(Stage.SERVICE, "Consent Changed, Segment Consent Preference Updated"),
    *_words(
        Stage.RECEIVE,
        "Stock Counted, Stock Received, Stock Moved, Stock Adjusted",
        about="sku",
    ),
    *_words(Stage.CONSIDER, "Price Set, Promotion Planned, Product Described", about="sku"),
    *_words(Stage.DISCOVER, "Location Opened", about="business"),
    *_words(
        Stage.SERVICE,
        "Identity Decided, Decision Undone, Customers Matched, Match Undone, Identity Rules Set, Customer Erased",
        about="deed",
    ),
    *_words(
        Stage.RECEIVE,
        "Stock Held, Hold Extended, Hold Ended, Stock Posted, Stock Policy Set, Order Sourced, Order Edited, "
        "Fulfilment Changed, Return Changed, Transfer Changed, Count Changed, Task Closed",
        about="deed",
    ),
    *_words(
        Stage.SERVICE,
        "Question Saved, Question Dropped, Friction Cared For, Alert Raised, Alert Ended, "
        "Charter Stated, Goal Set, Goal Dropped, Goal Checked, "
        "Customer Viewed, Note Written, Note Withdrawn, Adviser Named, Follow-up Planned, Follow-up Closed, "
        "Action Drawn, Action Answered",
        about="deed",
    ),
]

WORDS: dict[str, Word] = {word.name: word for word in _ALL}
"""Every known event name. Unknown names are welcome: they are considered touchpoints at stage `consider`."""


def word_for(name: str) -> Word:
    """The word of an event name; a name nobody declared is a plain touchpoint."""
    return WORDS.get(name) or Word(name, Stage.CONSIDER)


OBJECT_PROPERTIES = (
    "handoff_object",
    "order_id",
    "coupon_id",
    "campaign_id",
    "reservation_id",
    "appointment_id",
    "case_id",
    "checkout_id",
    "cart_id",
)
"""Properties that name the thing a journey carries from one channel to the next, strongest first."""
