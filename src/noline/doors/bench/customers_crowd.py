"""Customers as a hub meets them: what they send, and a crowd that reads their profiles over HTTP."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec
import numpy as np

from noline.doors.bench.load import CrowdFailed, Job, Outcome, drive
from noline.doors.bench.people_life import Mailboxes, households, people
from noline.doors.bench.people_names import ASCII, PROPER, names
from noline.kernel.clock import SECOND, Micros, as_text

_NEW_DEVICE, _NEW_PERSON = 0.15, 0.05
_HOUSEHOLDS_A_PART = 5_000


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told of a customer when the customer becomes known."""

    number: int
    firstName: str  # noqa: N815  as the tracking contract spells it
    lastName: str  # noqa: N815  as above
    email: str
    phone: str
    birthday: str
    street: str
    city: str
    loyalty_id: str | None = None


def customers(count: int, seed: int) -> Iterator[Told]:
    """Made-up customers; the same for the same seed."""
    tables, boxes, first, home = names(), Mailboxes(), 0, 0
    while first < count:
        rng = np.random.default_rng([seed, home])
        homes = households(rng, tables, _HOUSEHOLDS_A_PART, home)
        them = people(rng, tables, homes, first, boxes)
        place = them.household
        columns = (
            range(first, first + len(place)), tables.given.spelled[PROPER][them.given],
            tables.family.spelled[PROPER][them.family], them.mail, (phone.replace(" ", "") for phone in them.mobile),
            np.datetime_as_string(them.born.astype("datetime64[D]"), unit="D").tolist(),
            tables.street.spelled[ASCII][homes.before.street[place]],
            tables.city.spelled[PROPER][homes.before.city[place]], them.card,
        )  # fmt: skip
        yield from (Told(*told) for told in zip(*columns, strict=True) if told[0] < count)
        home, first = home + _HOUSEHOLDS_A_PART, first + len(place)


def becomes_known(one: Told, at: Micros) -> bytes:
    """The call with which a customer becomes known: by id, device, e-mail, phone and perhaps a card."""
    traits = {
        "firstName": one.firstName, "lastName": one.lastName, "email": one.email, "phone": one.phone,
        "birthday": one.birthday, "address": {"street": one.street, "city": one.city},
        **({"loyalty_id": one.loyalty_id} if one.loyalty_id else {}),
    }  # fmt: skip
    return msgspec.json.encode({
        "type": "identify", "messageId": f"known-{one.number}", "userId": user(one.number),
        "anonymousId": f"device-{one.number}", "timestamp": as_text(at), "traits": traits,
    })  # fmt: skip


def visits(count: int, people: int, seed: int, at: Micros) -> Iterator[bytes]:
    """Page views that name their visitor by two or three names.

    15 in 100 come from a device that nobody knew, 5 are of a person whom nobody knew.
    """
    chance = Random(seed)  # noqa: S311  seeded, and no secret
    for number in range(count):
        luck = chance.random()
        person = people + number if luck < _NEW_PERSON else chance.randrange(people)
        device = f"device-{seed}-{number}" if luck < _NEW_PERSON + _NEW_DEVICE else f"device-{person}"
        named = [{"type": "loyalty", "id": f"card-{person}"}] if number % 2 else []
        yield msgspec.json.encode({
            "type": "track", "event": "Product Viewed", "messageId": f"visit-{seed}-{number}", "userId": user(person),
            "anonymousId": device, "timestamp": as_text(at + number * SECOND // 100),
            "properties": {"sku": "capsule-1"}, "context": {"externalIds": named},
        })  # fmt: skip


def user(number: int) -> str:
    """The user id of a customer."""
    return f"u-{number:07d}"


def read(port: int, key: str, paths: Sequence[str], connections: int, scratch: Path) -> Outcome:
    """Ask for these paths over so many connections from another process. Raises CrowdFailed."""
    file = scratch / "paths.json"
    file.write_bytes(msgspec.json.encode([port, key, connections, list(paths)]))
    done = subprocess.run([sys.executable, "-m", __name__, str(file)], capture_output=True, check=False)
    if done.returncode:
        raise CrowdFailed(why=done.stderr.decode("utf-8", "replace")[-500:])
    return msgspec.json.decode(done.stdout, type=Outcome)


def main() -> None:
    """Read what is asked for, ask, report."""
    told = Path(sys.argv[1]).read_bytes()
    port, key, connections, paths = msgspec.json.decode(told, type=tuple[int, str, int, list[str]])
    head = f"host: 127.0.0.1\r\nauthorization: Bearer {key}\r\naccept: application/json\r\n\r\n"
    requests = [f"GET {path} HTTP/1.1\r\n{head}".encode() for path in paths]
    job = Job(port=port, kind="track", requests=len(requests), batch=1, connections=connections)
    sys.stdout.buffer.write(msgspec.json.encode(drive(job, requests)))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
