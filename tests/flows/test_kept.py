"""What was read of a customer is given again only while the store says the same, whoever wrote meanwhile."""

from contextlib import contextmanager, suppress
from random import Random

import pytest

from counter import Counter
from fixed_clock import FixedClock
from noline.flows.acquaintance import Acquaintance
from noline.flows.greet import Asked
from noline.flows.judged import Basis, judgement
from noline.flows.kept import Kept
from noline.hub import Hub
from noline.insight.card.service import USUAL, Product
from noline.kernel.clock import DAY, HOUR, parse_instant
from noline.kernel.disclosure import FRESH, PERSONALISATION, CardFact, Presence, Provenance
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.truth.clients.model import VIEWED, Client
from noline.truth.consents.model import Consent, State
from noline.truth.customers.service import Whom
from noline.truth.offers.model import DRAWN
from noline.truth.orders.model import Order, OrderLine
from noline.truth.orders.model import State as OrderState
from noline.truth.profiles.model import Attribute

NOW = parse_instant("2026-11-02T10:00:00Z")


class Asking:
    """A reader that counts what it is asked of the rooms."""

    def __init__(self, reader):
        self._reader = reader
        self.asked = 0

    def rows(self, sql, params=()):
        self.asked += "FROM log" not in sql
        return self._reader.rows(sql, params)

    def row(self, sql, params=()):
        found = self.rows(sql, params)
        return found[0] if found else None


class _Undone(Exception):
    pass


@contextmanager
def undone(store):
    """A transaction that is taken back at its end."""
    with suppress(_Undone), store.transaction():
        yield
        raise _Undone


@pytest.fixture
def counter(hub):
    """Anna and Ben, who both agreed to be known."""
    counter = Counter(hub)
    for number, days in enumerate((200, 150, 100, 50, 20)):
        counter.buys(f"o-{number}", ("ristretto", 2), days=days)
    counter.identifies("ben", firstName="Ben", lastName="Boss")
    counter.agrees(PERSONALISATION)
    counter.agrees(PERSONALISATION, user="ben")
    return counter


@pytest.fixture
def beside(counter):
    """Another process on the same store."""
    with Hub.open(counter.hub.folder) as other:
        yield other


@pytest.fixture
def names(hub):
    """How many names somebody has; a view of a card says nothing of it, and who is shared is not kept."""

    def work_out(reader, person):
        return list(hub.customers.subjects(reader, person))

    return Kept(work_out, most=2, idle=(VIEWED, DRAWN), lasts=lambda found: len(found) < 3)


def wanted(hub, names, person):
    """What is given for a person, and how many questions it took."""
    with hub.store.reading() as reader:
        asking = Asking(reader)
        return names.of(asking, person), asking.asked


def test_a_consent_withdrawn_by_another_process_counts_at_the_next_look(counter, beside):
    person = counter.person()
    for _ in range(2):
        assert counter.card().preferences
        assert beside.greet(person, store="paris-1", by="tom").preferences
    beside.consent.change(person, PERSONALISATION, None, granted=False)
    for card in (counter.card(), beside.greet(person, store="paris-1", by="tom")):
        assert (card.preferences, card.owned, card.purchases, card.see, card.say) == ((), (), None, (), ())
        assert {fact.purpose for fact in card.facts.values()} <= {"service"}
    beside.consent.change(person, PERSONALISATION, None, granted=True)
    assert counter.card().preferences


def test_whoever_another_process_erased_is_nobody_at_once_and_leaves_the_memory(counter, beside):
    anna, ben = counter.person(), counter.person("ben")
    kept = counter.hub.greeting.kept
    assert kept() == 0
    counter.card()
    counter.card("ben")
    assert kept() == 2
    beside.erase(anna, by="dpo", reason="asked")
    counter.hub.greeting.card(ben, Asked(by="lea"))
    assert kept() == 1, "only Ben is read anew; Anna is in no memory, though nobody asked for her"
    with pytest.raises(NotFound):
        counter.hub.greet(anna, store="paris-1", by="lea")


def test_what_another_process_joins_or_tells_is_on_the_next_card(counter, beside):
    anna, ben = counter.person(), counter.person("ben")
    before = counter.card()
    beside.clienteling.note(anna, "prefers mornings", by="tom")
    assert [one.text for one in counter.card().notes] == ["prefers mornings"]
    beside.identity.merge(anna, ben, by="tom")
    assert counter.hub.greet(ben, store="paris-1", by="lea").purchases == before.purchases
    assert counter.hub.greet(anna, store="paris-1", by="lea").customer == counter.person("ben")


def test_what_was_undone_with_its_transaction_was_never_on_a_card(counter):
    person = counter.person()
    counter.card()
    with undone(counter.hub.store):
        counter.hub.consent.change(person, PERSONALISATION, None, granted=False)
        assert counter.card().preferences == ()
    assert counter.card().preferences
    with undone(counter.hub.store):
        counter.hub.clienteling.note(person, "never written", by="lea")
        assert [one.text for one in counter.card().notes] == ["never written"]
    counter.tells("shop", "Product Viewed", days=0, user="ben", sku="petalo")
    counter.tells("shop", "Product Viewed", days=0, user="ben", sku="vespro")
    assert counter.card().notes == ()


def test_after_looks_nothing_is_asked_anew_and_after_any_other_record_everything(counter, names):
    hub, anna = counter.hub, counter.person()
    first, asked = wanted(hub, names, anna)
    assert asked > 0
    counter.card("ben")
    again, asked = wanted(hub, names, anna)
    assert (again is first, asked) == (True, 0)
    counter.tells("shop", "Product Viewed", user="ben", sku="petalo")
    again, asked = wanted(hub, names, anna)
    assert again is first, "the store answers as it did"
    assert asked > 0
    counter.identifies("anna", email="anna@example.org")
    hub.accept("till", [{"type": "identify", "messageId": "m-e", "userId": "anna", "traits": {},
                         "context": {"externalIds": [{"type": "loyalty_id", "id": "L-1"}]}}])  # fmt: skip
    again, _ = wanted(hub, names, anna)
    assert again != first


def moment_of(hub, names, person):
    """Up to where the log was followed, as somebody is asked for now."""
    with hub.store.reading() as reader:
        return names.at_moment(reader, person)[1]


def test_a_moment_tells_who_looked_since_an_earlier_one_as_long_as_it_can_be_told(counter, names):
    hub, anna = counter.hub, counter.person()
    with hub.store.reading() as reader:
        own, other = (hub.customers.subjects(reader, counter.person(user)) for user in ("anna", "ben"))
    before = moment_of(hub, names, anna)
    assert before.since(before, VIEWED, own) == []
    counter.card("ben")
    counter.card()
    after = moment_of(hub, names, anna)
    (look,) = after.since(before, VIEWED, own)
    assert (look.kind, look.subject in own, look.seq) == (VIEWED, True, hub.last_seq())
    assert [one.seq < look.seq for one in after.since(before, VIEWED, other)] == [True]
    assert before.since(after, VIEWED, own) is None, "the later moment is not in this state of the store"
    for _ in range(7):
        counter.card()
    assert len(moment_of(hub, names, anna).since(after, VIEWED, own)) == 7
    counter.card()
    assert moment_of(hub, names, anna).since(after, VIEWED, own) is None, "more than are told apart"
    assert moment_of(hub, names, anna).since(after, VIEWED, other) == []
    for number in range(70):
        counter.tells("shop", "Product Viewed", user="ben", sku=f"sku-{number}")
    assert moment_of(hub, names, anna).since(after, VIEWED, other) is None, "more was added than is looked through"


def test_what_is_remembered_of_looks_goes_with_whoever_is_erased(counter, names):
    hub, anna, ben = counter.hub, counter.person(), counter.person("ben")
    before = moment_of(hub, names, ben)
    counter.card()
    assert {kind for kind, _ in moment_of(hub, names, ben).touched} == {VIEWED, DRAWN}
    hub.erase(anna, by="dpo", reason="asked")
    after = moment_of(hub, names, ben)
    assert dict(after.touched) == {}
    with hub.store.reading() as reader:
        assert after.since(before, VIEWED, hub.customers.subjects(reader, ben)) is None


@pytest.mark.parametrize("seed", range(2))
def test_who_looked_is_on_a_card_as_the_store_has_it_whoever_looked_and_whatever_else_happened(tmp_path, seed):
    clock, chance = FixedClock(), Random(seed)
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub, Hub.open(hub.folder, clock=clock) as beside:
        counter = Counter(hub)
        counter.identifies("ben", firstName="Ben")
        anna, ben = counter.person(), counter.person("ben")

        def looks(person, processes=(hub, beside)):
            card = chance.choice(processes).greet(person, store=chance.choice(("paris-1", "lyon-2", None)),
                                                      by=chance.choice(("lea", "tom")), role="manager")  # fmt: skip
            return [(one.by, one.at, one.store, one.purpose) for one in card.viewed]

        def notes_a_look_that_is_undone():
            with undone(hub.store):
                looks(anna, processes=(hub,))

        happens = [
            lambda: clock.go_on(chance.choice((1, HOUR, DAY))),
            lambda: counter.tells("shop", "Product Viewed", user="ben", sku="petalo"),
            lambda: hub.identity.merge(anna, ben, by="tom") if chance.random() < 0.1 else None,
            lambda: [looks(ben) for _ in range(chance.choice((1, 3, 10)))],
            notes_a_look_that_is_undone,
        ]
        compared = 0
        for _ in range(25):
            clock.go_on(chance.choice((0, 1)))
            chance.choice(happens)()
            person = chance.choice((anna, ben))
            stood = [(one.by, one.at, one.store, one.purpose) for one in hub.clienteling.views(person, 20)]
            shown = looks(person)
            assert [one[1] for one in shown] == [one[1] for one in stood]
            assert sorted(map(str, shown)) == sorted(map(str, stood)) or len(stood) == 20
            compared += len(stood)
        assert compared > 50


def test_so_many_are_kept_the_longest_unwanted_goes_and_what_does_not_last_is_worked_out_each_time(counter, names):
    hub = counter.hub
    counter.identifies("cleo")
    people = {user: counter.person(user) for user in ("anna", "ben", "cleo")}
    found = {user: wanted(hub, names, person)[0] for user, person in people.items()}
    assert len(names) == 2
    assert wanted(hub, names, people["ben"])[0] is found["ben"]
    assert wanted(hub, names, people["anna"])[0] is not found["anna"]
    cards = [{"type": "loyalty_id", "id": "L-9"}, {"type": "loyalty_id", "id": "L-10"}]
    hub.accept("till", [{"type": "identify", "messageId": "m-c", "userId": "ben", "context": {"externalIds": cards}}])
    first, again = (wanted(hub, names, people["ben"])[0] for _ in range(2))
    assert len(first) == 3
    assert first == again
    assert first is not again
    names.forget()
    assert len(names) == 0


def test_what_is_worked_out_while_everything_is_forgotten_is_not_kept(hub):
    def forgotten_meanwhile(_, name):
        things.forget()
        return name

    things = Kept(forgotten_meanwhile, most=2)
    with hub.store.reading() as reader:
        assert things.of(reader, "Anna") == "Anna"
    assert len(things) == 0


def test_a_card_from_memory_is_the_card_that_is_composed_anew_whatever_happens_in_between(tmp_path):
    clock, chance = FixedClock(), Random(11)
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        counter = Counter(hub)
        counter.agrees(PERSONALISATION)
        person = counter.person()
        happens = [
            lambda n: counter.buys(f"o-{n}", (chance.choice(("ristretto", "vespro")), 3), days=chance.choice((1, 360))),
            lambda n: hub.consent.change(person, PERSONALISATION, None, granted=chance.random() < 0.7),
            lambda n: hub.consent.change(person, "profiling", "store", granted=chance.random() < 0.5),
            lambda n: counter.tells("desk", "Case Opened", user="anna", case_id=f"c-{n}", topic="leaks"),
            lambda n: hub.clienteling.resolve_case(f"c-{n - 1}", "mended", by="lea"),
            lambda n: hub.clienteling.book(person, "paris-1", clock.now() + HOUR, "tasting", by="lea"),
            lambda n: hub.clienteling.note(person, f"note {n}", by="lea"),
            lambda n: counter.identifies("anna", language=chance.choice(("fr", "de")), birthday="1980-05-03"),
            lambda n: clock.go_on(chance.choice((HOUR, 5 * HOUR, 3 * DAY, 200 * DAY))),
        ]
        kept = anew = 0
        for number in range(60):
            try:
                chance.choice(happens)(number)
            except NotFound:
                continue
            asked = {"store": chance.choice(("paris-1", None)), "purpose": chance.choice(("service", PERSONALISATION))}
            for _ in range(2):
                told = [_without_looks(hub.greet(person, by="lea", book=True, **asked)) for _ in range(2)]
                hub.greeting.forget()
                told.append(_without_looks(hub.greet(person, by="lea", book=True, **asked)))
                assert told[0] == told[1] == told[2]
                kept, anew = kept + 2, anew + 1
        assert anew > 50


def _without_looks(card):
    return {name: getattr(card, name) for name in card.__struct_fields__ if name not in {"viewed", "actions"}}


# What follows from time


def _known(chance):
    """A customer whose orders lie anywhere in three years, many of them just within one, and some ahead."""
    subject = b"0123456789abcdef"
    bought = []
    for number in range(chance.randint(0, 6)):
        anywhere, within_a_year = chance.randint(-DAY, 900 * DAY), 365 * DAY - chance.randint(1, 2 * HOUR)
        at = NOW - chance.choice((anywhere, within_a_year, -chance.randint(1, 2 * HOUR)))
        order = Order(f"o-{number}", OrderState.COMPLETED, chance.choice(("store", "web")), "paris-1", subject, at, at,
                      Money(2_200, "EUR"))  # fmt: skip
        bought.append((order, [OrderLine(0, "ristretto", 3, Money(2_200, "EUR"), None, 0)]))
    traits = {"birthday": Attribute(chance.choice(("2008-11-03", "1980-01-01")), "till", 1, NOW - 539 * DAY, (), ())}
    granted = Consent(True, State.GRANTED, "till", NOW, None, None, None)
    consents = {PERSONALISATION: granted} if chance.random() < 0.8 else {}
    client = Client((), None, (), (), ())
    return Acquaintance(Whom("p_1", (subject,), subject), traits, "Anna Muster", consents, bought, (), (), frozenset(),
                        (), client, (), False)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_a_judgement_that_stands_is_the_one_that_would_be_made_now(seed):
    chance = Random(seed)
    products = {"ristretto": Product("ristretto", "Ristretto", "coffee", {"intensity": 10})}
    stood = 0
    for _ in range(500):
        known = _known(chance)
        beside = (_fact(NOW - FRESH + chance.randint(-HOUR, HOUR)),) * chance.randint(0, 1)
        basis = Basis(chance.choice([*Presence]), chance.choice(("service", PERSONALISATION)), "en", 1, beside)
        made = judgement(known, basis, NOW, products, {}, USUAL)
        later = NOW + chance.choice((1, chance.randint(0, 2 * HOUR), chance.randint(0, 30 * DAY)))
        if not made.stands(basis, later):
            assert later >= made.until
            continue
        stood += 1
        anew = judgement(known, basis, later, products, {}, USUAL)
        assert made._replace(made_at=0, until=0) == anew._replace(made_at=0, until=0)
        used = {fact.purpose for fact in made.disclosed.useful()}
        agreed = {"service", basis.purpose} if PERSONALISATION in known.consents else {"service"}
        assert used <= (set() if basis.presence is Presence.PASSIVE else agreed)
    assert stood > 100


def _fact(observed_at):
    return CardFact(
        id="last_purchase.app", customer="p_1", key="last_purchase.app", value=("Ristretto",),
        provenance=Provenance.TRANSACTION, evidence=("order:o-9",), observed_at=observed_at, purpose=PERSONALISATION,
    )  # fmt: skip


def test_a_judgement_stands_for_its_basis_alone_and_not_before_it_was_made():
    basis = Basis(Presence.DECLARED, PERSONALISATION, "en", 1, ())
    made = judgement(_known(Random(1)), basis, NOW, {}, {}, USUAL)
    assert made.stands(basis, NOW)
    assert not made.stands(basis, NOW - 1)
    assert not made.stands(basis, made.until)
    for other in ({"presence": Presence.PASSIVE}, {"purpose": "service"}, {"language": "fr"}, {"goods": 2}):
        assert not made.stands(basis._replace(**other), NOW)
    assert not made.stands(basis._replace(beside=(_fact(NOW),)), NOW)
