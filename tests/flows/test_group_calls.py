"""A group call, as SDKs send it, from the intake to the account."""

from shop import OPENING


def group(at, user, traits=None, **more):
    return {
        "type": "group", "messageId": f"g-{at}", "timestamp": OPENING.replace(minute=at).isoformat(), "userId": user,
        "groupId": "acme", "traits": traits, **more,
    }  # fmt: skip


def test_a_group_call_makes_a_business_and_its_member(hub):
    hub.access.add_source("crm", "call")
    hub.accept("crm", [group(1, "anna", {"name": "Acme SA", "role": "buyer"}), group(2, "bernd")])
    with hub.store.reading() as reader:
        (acme,) = hub.accounts.find(reader, "acme")
        business = hub.accounts.get(reader, acme)
        members = hub.accounts.members(reader, acme)
        people = [hub.customers.person_of(reader, one.subject) for one in members]
    assert business.name == "Acme SA"
    assert [one.role for one in members] == ["buyer", "member"]
    assert len(set(people)) == 2
    assert hub.verify().trouble == ()


def test_the_traits_of_the_person_beside_a_group_call_are_not_the_groups(hub):
    hub.access.add_source("crm", "call")
    hub.accept("crm", [group(1, "anna", context={"traits": {"name": "Anna", "vat_id": "DE136695976"}})])
    with hub.store.reading() as reader:
        (acme,) = hub.accounts.find(reader, "acme")
        business = hub.accounts.get(reader, acme)
    assert business.name is None
    assert [name.namespace for name, _ in business.names] == ["account_id"]
