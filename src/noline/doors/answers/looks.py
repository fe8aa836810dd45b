"""That somebody looked at what is known of a customer, beside the card."""

from noline.hub import Hub
from noline.kernel.clock import HOUR

PURPOSE = "personalisation"


def noted(hub: Hub, person: str, *, what: str, by: str, store: str | None) -> None:
    """Note that somebody looked at what is worked out for a customer: of one person and place one look an hour.

    what: `recommendation` or `recipe`. Raises NotFound.
    """
    hour = hub.clock.now() // HOUR
    with hub.store.transaction() as tx:
        hub.clienteling.viewed(
            tx, hub.customers.whom(tx, person), by=by, store=store, purpose=PURPOSE, facts=(),
            once=f"{what}:{store or ''}:{by}:{hour}",
        )  # fmt: skip
