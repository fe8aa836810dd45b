"""Export and erasure, as the doors tell them."""

from typing import Any

from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.stores.tombstones import Receipt

Json = dict[str, Any]


def exported(hub: Hub, person: str) -> Json:
    """All that is held about one person; raises NotFound."""
    return hub.export_person(person)


def erased(hub: Hub, person: str, *, by: str, reason: str) -> Json:
    """Erase a person; answers the receipt. Raises NotFound."""
    return _receipt(hub.erase(person, by=by, reason=reason))


def erasure(hub: Hub, receipt: str) -> Json:
    """A receipt shown again; raises NotFound."""
    return _receipt(hub.erasing.receipt(receipt))


def _receipt(found: Receipt) -> Json:
    return {
        "receipt": found.id,
        "erased_at": as_text(found.erased_at),
        "by": found.by,
        "reason": found.reason,
        "done": found.done,
        "told": dict(found.told),
    }
