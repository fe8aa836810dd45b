"""Who somebody is, as the company knows it: the names, and what stands of what was told under them."""

from collections.abc import Mapping
from dataclasses import dataclass

from noline.flows.recognise import Recognition
from noline.kernel.clock import Micros
from noline.kernel.events import Identifier
from noline.stores.transactional import Reader
from noline.truth.customers.service import Customers
from noline.truth.profiles.model import Attribute


@dataclass(frozen=True, slots=True)
class Known:
    """One person.

    identifiers: each with when it was first seen. attributes: what stands, with every other value. found_by: the
    reasons for which a search found this person.
    """

    person: str
    name: str | None
    identifiers: tuple[tuple[Identifier, Micros], ...]
    attributes: Mapping[str, Attribute]
    found_by: tuple[str, ...] = ()

    @property
    def traits(self) -> dict[str, str]:
        """What stands, by name."""
        return {name: one.value for name, one in sorted(self.attributes.items())}


def known(
    reader: Reader, customers: Customers, recognition: Recognition, person: str, found_by: tuple[str, ...] = ()
) -> Known:
    """One person; an old id leads to who it is today. Raises NotFound."""
    found, subjects = customers.named(reader, person)
    profile = recognition.profile_of(reader, subjects)
    return Known(found.person, profile.name, found.identifiers, profile.attributes, found_by)
