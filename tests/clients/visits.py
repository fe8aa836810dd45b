"""One visit to the shop, told once and played through every SDK.

A call is a dictionary in the words of the tracking specification plus `call`, the SDK's method.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

Call = dict[str, Any]

VISITORS = count(1)


class Visit:
    """Catherine looks at a machine, logs in, puts it into the cart; each visit is another Catherine.

    The ids differ from visit to visit, so that tests can share a hub without sharing people.
    """

    def __init__(self) -> None:
        self.anonymous = f"anonymous-{uuid4()}"
        self.user = f"catherine-{next(VISITORS)}-{uuid4().hex[:8]}"
        self.email = f"{self.user}@example.com"
        self.office = f"office-of-{self.user}"

    @property
    def calls(self) -> list[Call]:
        """All six calls of the specification, seven messages."""
        return [
            self.look(),
            {"call": "identify", "userId": self.user, "anonymousId": self.anonymous, "traits": {"email": self.email}},
            {"call": "track", "userId": self.user, "event": "Product Added", "properties": _MACHINE},
            {"call": "page", "userId": self.user, "name": "Cart", "properties": {"path": "/cart"}},
            {"call": "screen", "userId": self.user, "name": "Coupons", "properties": {"coupons": 2}},
            {"call": "group", "userId": self.user, "groupId": self.office, "traits": {"name": "Office"}},
            {"call": "alias", "userId": self.user, "previousId": self.anonymous},
        ]

    def look(self) -> Call:
        """Before she logs in."""
        return {"call": "track", "anonymousId": self.anonymous, "event": "Product Viewed", "properties": _MACHINE}

    def dated_calls(self) -> list[Call]:
        """The same calls with ids and times of the application's own, so that they can be made again word for word."""
        return [call | stamp for call, stamp in zip(self.calls, self._stamps(), strict=False)]

    def _stamps(self) -> Iterator[Call]:
        for minute in count():
            moment = f"2026-03-01T09:{minute:02}:00.000Z"
            yield {"messageId": f"{self.user}-{minute}", "timestamp": moment, "originalTimestamp": moment}


_MACHINE = {"sku": "machine-7", "price": 249.5, "currency": "EUR", "quantity": 1}

KINDS = sorted(["Product Viewed", "identify", "Product Added", "Page Viewed", "Screen Viewed", "group", "alias"])
"""What a visit leaves in the log, in the order of the alphabet: browsers deliver in any order."""
