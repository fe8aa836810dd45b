"""Catherine Lambert and those around her, as a shop's channels tell of them: for the tests of the customers' pages."""

from datetime import timedelta
from itertools import count
from typing import Any

from noline.hub import Hub
from noline.insight.matching.model import Model
from noline.kernel.events import Identifier
from noline.truth.customers.suggestions import Run, Suggestion, Suggestions
from shop import OPENING

FAMILY = "lambert@example.com"
HOME = {"street": "12 rue Cler", "postalCode": "75007", "city": "Paris", "country": "FR"}
CHANNELS = (("browser", "web", "browser"), ("web-shop", "web", "server"), ("tills", "store", "server"))
WEIGHT = 6_300
REASONS = (
    ("family name", "the same, and rare", 7.1), ("given name", "the same", 4.4), ("address", "the same", 5.9),
    ("birth date", "another", -6.2), ("phone", "the same", 3.1), ("e-mail", "differs", -0.8),
)  # fmt: skip

NO_MODEL = Model(comparisons=(), prior=0.0001, household_prior=0.001, household=False, cut=0.0)
"""A model that compares nothing."""

Json = dict[str, Any]


class Story:
    """Messages, a day apart, to the sources of a hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._numbers = count(1)
        for name, channel, trust in CHANNELS:
            hub.access.ensure_source(name, channel, trust=trust)

    def says(self, source: str, **message: Any) -> None:
        """One message; `ids` are names of other kinds."""
        number = next(self._numbers)
        at = (OPENING + timedelta(days=number)).isoformat()
        if ids := message.pop("ids", None):
            message["context"] = {"externalIds": [{"type": kind, "id": value} for kind, value in ids.items()]}
        (receipt,) = self.hub.accept(source, [{"messageId": f"s-{number}", "timestamp": at, **message}])
        assert receipt.status == "accepted", receipt

    def identify(self, source: str, user: str | None = None, **message: Any) -> None:
        self.says(source, type="identify", **({"userId": user} if user else {}), **message)

    def track(self, source: str, event: str, **message: Any) -> None:
        self.says(source, type="track", event=event, **message)

    def subject(self, namespace: str, value: str) -> bytes:
        return self.hub.customers.subject(Identifier(namespace, value))

    def person(self, namespace: str, value: str) -> str:
        with self.hub.store.reading() as reader:
            found = self.hub.customers.person_of(reader, self.subject(namespace, value))
        assert found is not None
        return found

    def suggest(self, *pairs: tuple[str, str], probability: float = 0.72, household: float = 0.21) -> None:
        """Let a model be in doubt about accounts, the first pair the likeliest."""
        found = [
            Suggestion(
                self.subject("user_id", one), self.subject("user_id", other), WEIGHT, probability - at / 100, household,
                sure=False, reasons=REASONS,
            )
            for at, (one, other) in enumerate(pairs)
        ]  # fmt: skip
        with self.hub.store.transaction() as tx:
            Suggestions().propose(tx, Run("match-story", self.hub.clock.now(), {}, NO_MODEL.as_data()), found)


def tell(hub: Hub) -> Story:
    """The whole story: Catherine by cookie, account and card; her family's e-mail; Jean Lambert, father and son."""
    story = Story(hub)
    story.track("browser", "Product Viewed", anonymousId="cookie-1", properties={"sku": "ristretto-50"})
    story.identify("web-shop", "catherine", anonymousId="cookie-1",
                   traits={"name": "Catherine Lambert", "email": "catherine@example.com", "address": HOME})  # fmt: skip
    story.track("tills", "Order Completed", ids={"loyalty_id": "MR-4711", "user_id": "catherine"},
                properties={"order_id": "o-1", "total": 84.5, "currency": "EUR"})  # fmt: skip
    story.identify("tills", ids={"loyalty_id": "MR-4711"}, traits={"phone": "+33612344711", "birthday": "1984-05-09"})
    story.identify("browser", "catherine", traits={"name": "Cathy L."})
    story.track("tills", "Consent Changed", userId="catherine",
                properties={"purpose": "marketing", "channel": "email", "granted": True, "method": "form",
                            "description": "Yes, write me about new coffees"})  # fmt: skip
    story.track("tills", "Consent Changed", userId="catherine",
                properties={"purpose": "marketing", "channel": "phone", "granted": False, "method": "counter",
                            "by": "Ana"})  # fmt: skip
    for user, name, phone, born in (
        ("jean-senior", "Jean Lambert", "+33612340001", "1955-02-01"),
        ("jean-junior", "Jean Lambert", "+33612340002", "1986-11-23"),
    ):
        story.identify("web-shop", user, traits={"name": name, "address": HOME, "phone": phone, "birthday": born})
        story.identify("web-shop", user, traits={"email": FAMILY})
    story.identify("tills", "marie", traits={"name": "Marie Petit", "address": {"city": "Lyon"}, "phone": "0612349999"})
    story.identify("tills", "m-petit", traits={"name": "M. Petit", "address": {"city": "Lyon"}})
    story.identify("web-shop", "catherine", traits={"company": {"id": "C-77", "name": "Café Cler"}, "role": "buyer"})
    story.suggest(("jean-senior", "jean-junior"), ("marie", "m-petit"))
    return story
