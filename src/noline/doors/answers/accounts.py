"""The second level of customers, as the doors tell it: who lives together, and who acts for which business."""

from collections.abc import Iterable
from typing import Any

from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.kernel.events import Identifier
from noline.stores.transactional import Reader
from noline.truth.accounts.model import Attribute, Business, Membership, Value, route_named_by

Json = dict[str, Any]


def household(hub: Hub, person: str) -> Json:
    """Who lives with a person, and why it seems so; raises NotFound."""
    found = hub.households.household(person)
    return {
        "household": found.household,
        "members": [{"person": one.person, "name": one.name, "evidence": list(one.evidence)} for one in found.members],
        "passed_over": list(found.passed_over),
    }


def accounts_of(hub: Hub, person: str) -> list[Json]:
    """For which businesses a person acts, in which role; raises NotFound."""
    with hub.store.reading() as reader:
        subjects = hub.customers.subjects(reader, person)
        found = hub.accounts.of_subjects(reader, subjects)
        names = {one.account: hub.accounts.get(reader, one.account).name for one in found}
    together = _together((one.account, one) for one in found)
    return [{"account": account, "name": names[account], **told} for account, told in together]


def account(hub: Hub, account: str) -> Json:
    """One business: names, values with lineage, terms, members with their roles, orders; raises NotFound."""
    with hub.store.reading() as reader:
        found = hub.accounts.get(reader, account)
        return {
            **_in_short(found),
            "terms": {
                "terms_id": found.terms.terms_id,
                "payment_terms": found.terms.payment_terms,
                "price_list": found.terms.price_list,
                "credit_limit": found.terms.credit_limit,
                "credit_limit_minor": found.terms.credit_limit_minor,
                "currency": found.terms.currency,
            },
            "attributes": {name: _attribute(one) for name, one in found.attributes.items()},
            "members": _members(hub, reader, found.account),
            "orders": hub.accounts.orders(reader, found.account),
            "disputed": [{**_named(one), "account": other} for one, other in found.disputed],
        }


def account_or_accounts(hub: Hub, named: str) -> Json | list[Json]:
    """One business by its id; by a person's id the businesses for which that person acts. Raises NotFound."""
    return accounts_of(hub, named) if route_named_by(named) is None else account(hub, named)


def found_accounts(hub: Hub, text: str, limit: int) -> list[Json]:
    """Businesses by a number, an id or (part of) a name or website, the surest first."""
    with hub.store.reading() as reader:
        return [_in_short(hub.accounts.get(reader, one)) for one in hub.accounts.find(reader, text, limit)]


def _in_short(found: Business) -> Json:
    return {
        "account": found.account,
        "name": found.name,
        "names": [{**_named(one), "first_seen": as_text(at)} for one, at in found.names],
    }


def _named(one: Identifier) -> Json:
    return {"namespace": one.namespace, "value": one.value}


def _attribute(one: Attribute) -> Json:
    return {
        "value": one.value,
        "source": one.source,
        "verified": one.verified,
        "told_at": as_text(one.told_at),
        "others": [_value(other) for other in one.others],
    }


def _value(one: Value) -> Json:
    return {
        "value": one.value,
        "source": one.source,
        "verified": one.verified,
        "first_at": as_text(one.first_at),
        "last_at": as_text(one.last_at),
        "message_id": one.message_id,
        "tellers": one.tellers,
    }


def _members(hub: Hub, reader: Reader, account: str) -> list[Json]:
    """Who acts for a business, as people: one who is known by several names is one member."""
    found = [(hub.customers.person_of(reader, one.subject), one) for one in hub.accounts.members(reader, account)]
    together = _together((person, one) for person, one in found if person is not None)
    names = {person: hub.recognition.profile(reader, person).name for person, _ in together}
    return [{"person": person, "name": names[person], **told} for person, told in together]


def _together(memberships: Iterable[tuple[str, Membership]]) -> list[tuple[str, Json]]:
    """Memberships of one person or account in one role as one, the oldest first."""
    same: dict[tuple[str, str], list[Membership]] = {}
    for whose, one in memberships:
        same.setdefault((whose, one.role), []).append(one)
    ordered = sorted(same.items(), key=lambda item: (min(one.first_at for one in item[1]), item[0]))
    return [
        (
            whose,
            {
                "role": role,
                "verified": any(one.verified for one in ones),
                "sources": sorted({source for one in ones for source in one.sources}),
                "first_at": as_text(min(one.first_at for one in ones)),
                "last_at": as_text(max(one.last_at for one in ones)),
            },
        )
        for (whose, role), ones in ordered
    ]
