"""Four regulars written by hand, whom a boutique meets at the end of the year.

Marguerite, whose parcel came broken; Greta, who is called by her first name and waits for a call; Sakura, whose name is
written in kanji; and Noé, who is under age.
"""

from noline.demo.chance import luck
from noline.demo.company import CLASSICA, LAUNCHED, PICCOLA, PRODUCT_BY_SKU, STORE_BY_ID, Product
from noline.demo.manners import PURPOSES, Manners, agreed
from noline.demo.pen import Pen, text
from noline.demo.people import Fate, Habit, Person
from noline.demo.scene import Scene
from noline.demo.stories import (
    Story,
    buys_in_store,
    buys_machine_at_till,
    checks_out,
    orders_in_the_app,
    orders_on_the_web,
    parcel,
    pays,
    tries_and_buys,
)

MARGUERITE, GRETA, SAKURA, NOE = "marguerite", "greta", "sakura", "noe"

_Year = tuple[tuple[int, Story], ...]


def write(pen: Pen, seed: int) -> None:
    """Write their years. Errands of one person never begin within eight days, as in everybody's year."""
    for person, year in _regulars():
        chance = luck(f"regulars/{seed}/{person.key}")
        for number, (day, story) in enumerate(year):
            story(Scene(pen, person, f"{person.key}.{number}", day, chance.random))


def _buys_the_new_coffee(scene: Scene) -> None:
    scene.enter_store()
    pays(scene, [(LAUNCHED, 1)])


def _buys_a_classica(scene: Scene) -> None:
    buys_machine_at_till(scene, CLASSICA)


def _buys_a_piccola(scene: Scene) -> None:
    buys_machine_at_till(scene, PICCOLA)


def _complains_about_a_broken_parcel(scene: Scene) -> None:
    """The parcel came broken; it was told on the web, and nobody has answered yet."""
    scene.log_in()
    order = checks_out(scene, scene.basket())
    parcel(scene, order, "web")
    scene.minutes(120, 300)
    words = text("La boîte est arrivée écrasée, la moitié des capsules est perdue.")
    case = f'"case_id":"s-{scene.key}","topic":"colis abîmé","order_id":"{order.order_id}","text":{words}'
    scene.web("Case Opened", case)


def _asks_to_be_called(scene: Scene) -> None:
    """Asks on the web for a call about the machine; nobody has called yet."""
    scene.log_in()
    scene.web("Callback Requested", f'"case_id":"s-{scene.key}","topic":"Maschine"')


def _regulars() -> tuple[tuple[Person, _Year], ...]:
    everything = agreed(*PURPOSES)
    return (
        (
            _regular(
                MARGUERITE, "Marguerite", "Vidal", "paris-opera", "5 rue Daunou", "+33639980114",
                tastes=("corsaro-50", "brigante-50"), manners=Manners("fr", "Madame", household=3, consent=everything),
            ),
            (
                (12, buys_in_store), (70, orders_on_the_web), (121, _buys_a_classica), (180, buys_in_store),
                (246, orders_in_the_app), (300, orders_on_the_web), (346, _buys_the_new_coffee),
                (356, _complains_about_a_broken_parcel),
            ),
        ),
        (
            _regular(
                GRETA, "Greta", "Brandt", "muenchen-altstadt", "Klenzestraße 20", "+4915129980115",
                tastes=("trastevere-50", "campanile-50"),
                manners=Manners(
                    "de", "Frau", informal=True, birthday="1996-09-02", intensity=8,
                    consent=agreed("service", "personalisation"),
                ),
            ),
            (
                (19, orders_on_the_web), (90, buys_in_store), (151, _buys_a_piccola), (221, tries_and_buys),
                (290, orders_on_the_web), (363, _asks_to_be_called),
            ),
        ),
        (
            _regular(
                SAKURA, "桜", "森", "tokyo-ginza", "中央区築地3-2", "+819029980116",
                tastes=("petalo-50", "brezza-50", "nuvola-50"),
                manners=Manners("ja", consent=everything), kana="モリ サクラ",
            ),
            (
                (33, buys_in_store), (95, orders_in_the_app), (160, tries_and_buys), (231, orders_on_the_web),
                (310, buys_in_store), (349, buys_in_store),
            ),
        ),
        (
            _regular(
                NOE, "Noé", "Garnier", "paris-marais", "14 rue de Turenne", "+33639980117",
                tastes=("pianura-50", "collina-50"),
                manners=Manners("fr", "Monsieur", birthday="2010-05-23", consent=everything),
            ),
            ((210, buys_in_store), (260, orders_in_the_app), (330, buys_in_store)),
        ),
    )  # fmt: skip


def _regular(
    key: str,
    first_name: str,
    last_name: str,
    store_id: str,
    street: str,
    phone: str,
    *,
    tastes: tuple[str, ...],
    manners: Manners,
    kana: str = "",
) -> Person:
    """Somebody with an account and a card, who buys in every channel of ours."""
    home = STORE_BY_ID[store_id]
    liked: tuple[Product, ...] = tuple(PRODUCT_BY_SKU[sku] for sku in tastes)
    return Person(
        key=key,
        country=home.country,
        home=home,
        habit=Habit.BOTH,
        fate=Fate.HAND_MADE,
        turn=0,
        first_name=first_name,
        last_name=last_name,
        kana=kana,
        street=street,
        city=home.city,
        postal_code=home.postal_code,
        email=f"{key}@example.com",
        phone=phone,
        own_phone=True,
        user_id=key,
        loyalty_id=f"L-{key.upper()}",
        cookie=f"w-{key}-1",
        tastes=liked,
        known_to=set(),
        manners=manners,
    )
