"""The vault: sealed under a key of the subject, read by nobody without secret and salt, gone when the salt is gone."""

import pytest

from fixed_clock import FixedClock
from noline.kernel.events import route_of
from noline.stores.vault import Vault

SECRET = bytes(range(32))
ANNA, BORIS = b"anna-------------"[:16], b"boris------------"[:16]


@pytest.fixture
def vault():
    return Vault(SECRET, FixedClock())


def sealed(store, vault, *bodies: tuple[bytes, str, bytes]) -> list[tuple[bytes, str, bytes]]:
    """Seal (subject, message id, body) triples; answers triples that can be opened."""
    with store.transaction() as tx:
        keys = vault.keys_for(tx, [subject for subject, _, _ in bodies])
    closed = list(vault.seal(keys, bodies, len(bodies)))
    return [(subject, name, body) for (subject, name, _), body in zip(bodies, closed, strict=True)]


def opened(store, vault, bodies: list[tuple[bytes, str, bytes]]) -> list[bytes | None]:
    with store.reading() as reader:
        return vault.open(reader, bodies)


def salts(store) -> dict[bytes, bytes]:
    with store.reading() as reader:
        return {bytes(who): bytes(salt) for who, salt in reader.rows("SELECT subject, salt FROM subject_keys")}


def destroy_key(store, subject: bytes) -> None:
    with store.transaction() as tx:
        tx.run("DELETE FROM subject_keys WHERE route_key = ? AND subject = ?", (route_of(subject), subject))


def test_what_was_sealed_is_opened_by_a_vault_that_never_saw_it(store, vault):
    closed = sealed(store, vault, (ANNA, "m-1", b"one"), (BORIS, "m-2", b""), (ANNA, "m-3", bytes(256)))
    assert opened(store, vault, closed) == [b"one", b"", bytes(256)]
    assert opened(store, Vault(SECRET, FixedClock()), closed) == [b"one", b"", bytes(256)]


def test_nothing_of_a_body_is_seen_in_what_is_stored(store, vault):
    body = b"anna@example.com likes ristretto"
    ((_, _, closed),) = sealed(store, vault, (ANNA, "m-1", body))
    assert len(closed) == 12 + len(body) + 16
    assert not any(body[start : start + 4] in closed for start in range(len(body) - 3))


def test_the_same_body_never_looks_the_same_twice(store, vault):
    closed = sealed(store, vault, *[(ANNA, "m-1", b"the same")] * 20)
    assert len({body for _, _, body in closed}) == 20


def test_one_subject_has_one_key_for_ever_and_each_its_own(store, vault):
    sealed(store, vault, (ANNA, "m-1", b""), (BORIS, "m-2", b""))
    before = salts(store)
    sealed(store, Vault(SECRET, FixedClock("2026-04-01")), (ANNA, "m-3", b""), (BORIS, "m-4", b""))
    assert salts(store) == before
    assert len(set(before.values())) == len(before) == 2


def test_destroying_a_key_erases_every_body_of_that_subject_and_no_other(store, vault):
    closed = sealed(store, vault, (ANNA, "m-1", b"one"), (BORIS, "m-2", b"two"), (ANNA, "m-3", b"three"))
    destroy_key(store, ANNA)
    vault.forget_caches()
    assert opened(store, vault, closed) == [None, b"two", None]
    sealed(store, vault, (ANNA, "m-4", b"a new beginning"))
    assert opened(store, vault, closed) == [None, b"two", None]


def test_without_the_secret_the_store_opens_nothing(store, vault):
    closed = sealed(store, vault, (ANNA, "m-1", b"one"))
    assert opened(store, Vault(bytes(32), FixedClock()), closed) == [None]


def test_a_body_under_another_name_or_subject_or_changed_by_a_bit_is_not_opened(store, vault):
    ((_, _, closed), (_, _, other)) = sealed(store, vault, (ANNA, "m-1", b"one"), (BORIS, "m-2", b"two"))
    wrong = [
        (ANNA, "m-2", closed),
        (BORIS, "m-1", closed),
        (ANNA, "m-1", other),
        *((ANNA, "m-1", closed[:place] + bytes([closed[place] ^ 1]) + closed[place + 1 :]) for place in range(31)),
        (ANNA, "m-1", closed[:-1]),
        (ANNA, "m-1", b""),
    ]
    assert opened(store, vault, wrong) == [None] * len(wrong)


def test_many_subjects_are_found_at_once(store, vault):
    subjects = [number.to_bytes(16) for number in range(1, 300)]
    closed = sealed(store, vault, *[(subject, "m", subject) for subject in subjects])
    assert opened(store, Vault(SECRET, FixedClock()), closed) == subjects


def test_two_subjects_with_one_routing_key_are_two(store, vault):
    twins = [b"same-routeKEY-001", b"same-routeKEY-002"]
    twins = [name[:8] + name[-8:] for name in twins]
    assert route_of(twins[0]) == route_of(twins[1])
    closed = sealed(store, vault, (twins[0], "m-1", b"one"), (twins[1], "m-2", b"two"))
    destroy_key(store, twins[0])
    assert opened(store, Vault(SECRET, FixedClock()), closed) == [None, b"two"]


def test_a_key_whose_transaction_was_undone_seals_nothing_later(hub):
    """The body of the second attempt must be readable, so it cannot lie under the key that never was."""
    hub.access.add_source("web", "web")
    message = {"type": "track", "event": "Product Viewed", "userId": "anna", "messageId": "m-1"}
    group = hub.intake.group(hub.access.source("web"), _envelope(message), "batch")
    with pytest.raises(RuntimeError, match="power"):
        _accept_and_break_off(hub, group)
    assert [receipt.seq for receipt in hub.accept("web", [message, {**message, "messageId": "m-2"}])] == [1, 2]
    with type(hub).open(hub.folder) as again:
        assert [event["data"]["messageId"] for event in again.deliveries.changes(0, 10).changes] == ["m-1", "m-2"]
        assert again.verify().trouble == ()


def _accept_and_break_off(hub, group) -> None:
    with hub.store.transaction() as tx:
        hub.log.accept_in(tx, [group])
        raise RuntimeError("power")


def _envelope(message: dict):
    import json

    from noline.channels import segment

    return segment.read_request(json.dumps({"batch": [message]}).encode(), "batch")


def test_names_of_subjects_are_keyed(vault):
    name = vault.digest("email:anna@example.com")
    assert len(name) == 16
    assert name == Vault(SECRET, FixedClock()).digest("email:anna@example.com")
    assert name != Vault(bytes(32), FixedClock()).digest("email:anna@example.com")
    assert vault.digest("x" * 10_000) == vault.body_hash(b"x" * 10_000)
