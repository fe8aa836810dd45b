"""A recipe becomes a basket: what to buy for so many people, of what is sold here, and with one click into the cart.

The recipe is for as many as somebody says, else for the household that the customer declared, else for as many as it is
written for. A household is never guessed. It counts, as what the customer bought before does, only where
personalisation is allowed. Nothing keeps which recipe somebody looked at, or put into a cart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from noline.flows import matter
from noline.flows.acquaintance import NOT_KEPT
from noline.flows.carts import PERSON, Carting, Wanted
from noline.insight.recipes.service import MOST_SERVINGS, Product, Recipe, Recipes, Shopping, looked_for, shopping
from noline.kernel.clock import Clock, as_text
from noline.kernel.errors import NotFound, NotReadable, Refused
from noline.kernel.money import Money
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.carts.model import Cart
from noline.truth.catalogue.model import Item
from noline.truth.catalogue.service import Catalogue
from noline.truth.consents.service import Consents
from noline.truth.customers.service import Customers
from noline.truth.orders.service import Orders
from noline.truth.prices.service import Prices
from noline.truth.profiles.model import Profile
from noline.truth.profiles.service import Profiles
from noline.truth.stock.shelves import ShelvesInMemory

_HOUSEHOLD = "householdsize"
"""The attribute that a customer declares, however it is spelled (`household_size`, `householdSize`)."""

_PURPOSE = "personalisation"
_MOST_PER_SEARCH = 2_000
"""Items looked at for one word of an ingredient; a word that more of them have needs a category beside it."""

_LARGEST_HOUSEHOLD = 30
_LATEST_ORDERS = 50


class ServingsUnreadable(NotReadable):
    """A number of people for whom nothing can be cooked."""

    code = "recipes.servings_unreadable"
    sentence = "A recipe serves 1 to {most} people, not {servings}."
    hint = "Send a whole number of people."


class ChoiceUnknown(NotReadable):
    """A choice for an ingredient that the recipe does not have, or of an item that is not sold."""

    code = "recipes.choice_unknown"
    sentence = "{sku!r} cannot be chosen as {what!r} of {recipe!r}: {why}."
    hint = "Choose SKUs of the catalogue by what they are in the recipe, as its ingredients name it."


class NothingSoldHere(Refused):
    """A recipe of which nothing can be put into a cart."""

    code = "recipes.nothing_sold_here"
    sentence = "Nothing for {recipe!r} can be put into a cart; not sold here: {missing}."
    hint = "Look at the recipe's ingredients: for those that are perhaps sold, choose a product."


class Rooms(NamedTuple):
    """What a recipe needs to know: of goods and of the customer."""

    catalogue: Catalogue
    prices: Prices
    shelves: ShelvesInMemory
    customers: Customers
    profiles: Profiles
    consents: Consents
    orders: Orders


class Servings(NamedTuple):
    """For how many, and why. by: asked, household or recipe."""

    people: int
    by: str
    because: str


class _Customer(NamedTuple):
    """What a customer's recipes may be made with: the household that was declared, and what was bought before."""

    household: Servings | None = None
    usual: Mapping[str, int] = {}


class Planned(NamedTuple):
    """A recipe as a basket. prices: of one pack, by SKU, where one is asked in that channel and country."""

    shopping: Shopping
    servings: Servings
    store: str | None
    channel: str
    prices: Mapping[str, Money]


class Put(NamedTuple):
    """What was put, and the cart that it came into."""

    planned: Planned
    cart: Cart


class Cooking:
    """The recipes of a hub, as its doors use them."""

    def __init__(
        self, store: TransactionalStore, recipes: Recipes, rooms: Rooms, carting: Carting, clock: Clock
    ) -> None:
        """Wire the recipes of a hub."""
        self._store = store
        self._recipes = recipes
        self._rooms = rooms
        self._carting = carting
        self._clock = clock

    def all(self) -> list[Recipe]:
        """Every recipe, by name. Raises RecipesUnreadable."""
        return self._recipes.all()

    def plan(
        self,
        recipe: str,
        *,
        servings: int | None = None,
        person: str | None = None,
        store: str | None = None,
        channel: str = "store",
        chosen: Mapping[str, str] | None = None,
    ) -> Planned:
        """What to buy for a recipe. store: where it is bought; what lies there comes first.

        chosen: SKUs by what they are in the recipe. Raises NotFound, ServingsUnreadable, ChoiceUnknown and
        RecipesUnreadable.
        """
        if servings is not None and not 1 <= servings <= MOST_SERVINGS:
            raise ServingsUnreadable(servings=servings, most=MOST_SERVINGS)
        found = self._recipes.one(recipe)
        with self._store.reading() as reader:
            customer = _Customer() if person is None else self._customer(reader, person, channel)
            people = _servings(found, servings, customer.household)
            products = self._products(reader, found, chosen or {})
            here = None if store is None else self._here(reader, products, store, channel)
            basket = shopping(found, people.people, products.values(), here=here, usual=customer.usual, chosen=chosen)
            country = self._country(reader, store)
            prices = self._asked(reader, (one.product.sku for one in basket.basket), channel, country)
        return Planned(basket, people, store, channel, prices)

    def put(
        self,
        recipe: str,
        *,
        channel: str,
        by: str,
        cart: str | None = None,
        servings: int | None = None,
        person: str | None = None,
        store: str | None = None,
        chosen: Mapping[str, str] | None = None,
    ) -> Put:
        """Put the packs for a recipe into a cart: the one that is named, else the person's open one, else a new one.

        What is in the cart already stays, and the packs come to it. Raises what `plan` raises, NothingSoldHere, and
        what carts raise.
        """
        with self._store.transaction():
            planned = self.plan(
                recipe, servings=servings, person=person, store=store, channel=channel, chosen=chosen
            )  # fmt: skip
            lines = [Wanted(one.product.sku, one.units) for one in planned.shopping.basket]
            if not lines:
                missing = ", ".join(one.ingredient.what for one in planned.shopping.found if one.product is None)
                raise NothingSoldHere(recipe=recipe, missing=missing or "nothing")
            customer = None if person is None else {PERSON: person}
            if cart is None:
                into = self._carting.open(channel=channel, by=by, lines=lines, store_id=store, customer=customer)
            else:
                into = self._added(cart, lines, channel=channel, by=by, store_id=store, customer=customer)
        return Put(planned, into)

    def _added(
        self,
        name: str,
        lines: Iterable[Wanted],
        *,
        channel: str,
        by: str,
        store_id: str | None,
        customer: Mapping[str, str] | None,
    ) -> Cart:
        """A cart with these units beside those that are in it."""
        before = self._carting.show(name).cart
        already = {one.sku: one.units for one in before.lines}
        return self._carting.change(
            name, by=by, channel=channel, store_id=store_id, customer=customer, version=before.version,
            lines=[Wanted(one.sku, one.units + already.get(one.sku, 0)) for one in lines],
        )  # fmt: skip

    def _customer(self, reader: Reader, person: str, channel: str) -> _Customer:
        """What may be used of a customer by a channel; nothing without a yes to personalisation, nothing of a minor.

        What is usual is not used against an objection to profiling. Raises NotFound.
        """
        rooms = self._rooms
        whom = rooms.customers.whom(reader, person)
        subjects = whom.subjects
        consents = rooms.consents.of_names(reader, subjects, lambda: rooms.customers.joined_at(reader, whom.person))
        profile = rooms.profiles.record(reader, subjects)
        is_minor = matter.under_age(profile.attributes, self._clock.now())
        if is_minor or _PURPOSE not in matter.granted(consents, channel):
            return _Customer()
        if matter.objects(consents, channel):
            return _Customer(_household(profile))
        usual: Counter[str] = Counter()
        for order, lines in rooms.orders.bought_by(reader, subjects, _LATEST_ORDERS):
            for line in lines if order.state not in NOT_KEPT else ():
                usual[line.sku] += line.units - line.returned_units
        return _Customer(_household(profile), usual)

    def _products(self, reader: Reader, recipe: Recipe, chosen: Mapping[str, str]) -> dict[str, Product]:
        """What is sold that an ingredient may be, by SKU. Raises ChoiceUnknown."""
        catalogue = self._rooms.catalogue
        found = {
            item.sku: _product(item)
            for text in dict.fromkeys(looked_for(recipe))
            for item in catalogue.search(reader, text, _MOST_PER_SEARCH)
        }
        wanted = {one.what for one in recipe.recipe_ingredient}
        for what, sku in chosen.items():
            item = catalogue.item(reader, sku)
            if item is None or what not in wanted:
                why = "it has no such ingredient" if what not in wanted else "nobody described that item"
                raise ChoiceUnknown(recipe=recipe.id, what=what, sku=sku, why=why)
            found[sku] = _product(item)
        return found

    def _here(self, reader: Reader, products: Iterable[str], store: str, channel: str) -> dict[str, int]:
        """How many of each a place may sell now. Raises NotFound for a place that nobody opened."""
        if all(one.location != store for one in self._rooms.catalogue.locations(reader)):
            raise NotFound(what="location", name=store)
        looked = self._rooms.shelves.look(list(products), self._clock.now())
        return {
            sku: max(0, free)
            for sku, shelf in looked.shelves.items()
            for location, free in zip(shelf.locations, shelf.free, strict=True)
            if location == store and looked.serves(location, channel)
        }

    def _country(self, reader: Reader, store: str | None) -> str | None:
        return next((one.country for one in self._rooms.catalogue.locations(reader) if one.location == store), None)

    def _asked(self, reader: Reader, skus: Iterable[str], channel: str, country: str | None) -> dict[str, Money]:
        """What each costs now; without a country nobody knows which price it is."""
        return {} if country is None else dict(self._prices(reader, skus, channel, country))

    def _prices(self, reader: Reader, skus: Iterable[str], channel: str, country: str) -> Iterator[tuple[str, Money]]:
        now = self._clock.now()
        for sku in skus:
            price = self._rooms.prices.price_at(reader, sku, channel, now, country=country)
            if price is not None:
                yield sku, price.money


def _servings(recipe: Recipe, asked: int | None, household: Servings | None) -> Servings:
    if asked is not None:
        return Servings(asked, "asked", "as asked")
    return household or Servings(recipe.recipe_yield, "recipe", "as the recipe is written")


def _household(profile: Profile) -> Servings | None:
    """The household that a customer declared; None when nobody told one that can be cooked for."""
    for name, told in profile.attributes.items():
        people = _people(told.value) if name.casefold().replace("_", "").replace("-", "") == _HOUSEHOLD else None
        if people is not None:
            return Servings(people, "household", f"the household as declared on {as_text(told.told_at)[:10]}")
    return None


def _people(told: str) -> int | None:
    """A number of people that somebody declared; None where it is none."""
    text = told.strip()
    return int(text) if text.isascii() and text.isdecimal() and 1 <= int(text) <= _LARGEST_HOUSEHOLD else None


def _product(item: Item) -> Product:
    return Product(
        item.sku, item.name or item.sku, item.brand or "", item.category or "", item.gtin or "", item.attributes
    )
