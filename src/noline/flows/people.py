"""Who somebody is, as the company knows it: the names, and what stands of what was told under them."""

from collections.abc import Mapping
from dataclasses import dataclass

from noline.flows.recognise import Recognition
from noline.kernel.clock import Micros
from noline.kernel.events import Identifier
from noline.stores.transactional import Reader
from noline.truth.customers.service import Customers
from noline.truth.profiles.model import Attribute

MOST_NAMES = 1_000
"""Of very many names of one person the oldest are told, and how many there are."""


@dataclass(frozen=True, slots=True)
class Known:
    """One person.

    identifiers: each with when it was first seen. attributes: what stands, with every other value. names: how many
    identifiers there are, of which those here may be the oldest. found_by: the reasons for which a search found this
    person.
    """

    person: str
    name: str | None
    identifiers: tuple[tuple[Identifier, Micros], ...]
    attributes: Mapping[str, Attribute]
    names: int
    found_by: tuple[str, ...] = ()

    @property
    def traits(self) -> dict[str, str]:
        """What stands, by name."""
        return {name: one.value for name, one in sorted(self.attributes.items())}


def known(
    reader: Reader,
    customers: Customers,
    recognition: Recognition,
    person: str,
    found_by: tuple[str, ...] = (),
    most_names: int | None = MOST_NAMES,
) -> Known:
    """One person; an old id leads to who it is today. Raises NotFound.

    most_names: so many identifiers at most, the oldest; all when None.
    """
    found = customers.page(reader, person, most_names)
    profile = recognition.profile_today(reader, found.person)
    return Known(found.person, profile.name, found.identifiers, profile.attributes, found.names, found_by)
