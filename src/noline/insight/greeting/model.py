"""Who is spoken to, at which occasion, and words together with the facts that they rest on."""

from enum import StrEnum
from typing import NamedTuple
from zlib import crc32


class Occasion(StrEnum):
    """Why somebody is greeted just now.

    first: for the first time today. returning: again on the same day. loop: something of theirs is still open, so the
    greeting is an apology. pickup, appointment: they come for what was arranged. passive: nobody said who they are, so
    nothing is said.
    """

    FIRST = "first"
    RETURNING = "returning"
    LOOP = "loop"
    PICKUP = "pickup"
    APPOINTMENT = "appointment"
    PASSIVE = "passive"


class Called(NamedTuple):
    """How a customer is called, in one language; empty where nobody told.

    given: also the only name of somebody who has one. honorific: as the language has it (`Frau`, `Madame`, `Ms`, `様`).
    kana: how a Japanese name is read, family name first. script: `Jpan` or `Latn`. informal: asked for `du` or `tu`.
    uses_given: asked to be called by the given name. title: an academic one, as the language says it.
    """

    given: str = ""
    family: str = ""
    honorific: str = ""
    kana: str = ""
    script: str = ""
    informal: bool = False
    uses_given: bool = False
    title: str = ""


NOBODY = Called()


class Greeting(NamedTuple):
    """What is said first, the ids of the facts in it, and whether it is an apology."""

    text: str
    facts: tuple[str, ...]
    apology: bool


SILENCE = Greeting("", (), apology=False)


class Sentence(NamedTuple):
    """Something that may be said, and the ids of the facts in it."""

    text: str
    facts: tuple[str, ...]


class Chip(NamedTuple):
    """Something that is shown and not spoken: what it is about, its text, the ids of the facts in it."""

    key: str
    text: str
    facts: tuple[str, ...]


def seed_of(customer: str, heard: int) -> int:
    """Which of several ways to say a thing is taken. heard: on how many days before today they were greeted.

    Two visits in a row never get the same sentence, a second look on the same day gets the same one, and customers
    begin at different sentences.
    """
    return crc32(customer.encode()) + heard
