"""Small made-up tables of people with their truth, drawn with a seed."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

GIVEN = """james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph
jessica thomas sarah christopher karen charles lisa daniel nancy matthew sandra anthony betty mark ashley donald emily
steven kimberly andrew margaret paul donna joshua michelle kenneth carol kevin amanda brian melissa george deborah
timothy stephanie ronald rebecca jason sharon edward laura jeffrey cynthia ryan dorothy jacob amy""".split()
SYLLABLES = "ba ber co dan el fa gor hal im jen kar lo man nor ol pet quin ros sil tan ul ver wes yar zim".split()


def _word(rng: random.Random, syllables: int) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(syllables))


def slip(rng: random.Random, text: str) -> str:
    """One slip of the pen: two letters swapped, one lost, or another one."""
    at = rng.randrange(len(text) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + (text[at + 1 :] if kind == 1 else rng.choice("abcdefghijklmnop0123456789") + text[at + 1 :])


class Crowd:
    """People in families, each told of in one to three records with slips and gaps."""

    def __init__(self, families: int, seed: int = 1, most_members: int = 4) -> None:
        self.rng = random.Random(seed)
        self.names = [_word(self.rng, 2 + n % 2) for n in range(2 * families)]
        self.rows: list[dict[str, Any]] = []
        self.person = 0
        for home in range(families):
            self._family(home, self.rng.randint(1, most_members))
        self.rng.shuffle(self.rows)
        for number, row in enumerate(self.rows):
            row["row"] = f"r{self.rng.randrange(10**9)}-{number}"

    def _family(self, home: int, members: int) -> None:
        rng = self.rng
        family, town = rng.choice(self.names), rng.randrange(40)
        street = f"{rng.randint(1, 120)} {_word(rng, 3)} street"
        phone = f"0{rng.randrange(10**8, 10**9)}"
        for given in rng.sample(GIVEN, members):
            self.person += 1
            birth = f"{rng.randint(1940, 2005)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
            told = {
                "given_name": given, "family_name": family, "birth_date": birth, "street": street,
                "postcode": f"{10_000 + town * 7}", "city": f"{_word(random.Random(town), 3)}", "phone": phone,
                "email": f"{given}.{family}{rng.randrange(1000)}@example.com",
            }  # fmt: skip
            for _ in range(rng.randint(1, 3)):
                self.rows.append({**self._retold(told), "person": self.person, "home": home})

    def _retold(self, told: dict[str, str]) -> dict[str, str | None]:
        rng = self.rng
        gaps = {"birth_date": 0.2, "phone": 0.4, "email": 0.5, "street": 0.2}
        return {
            name: None if rng.random() < gaps.get(name, 0) else slip(rng, value) if rng.random() < 0.05 else value
            for name, value in told.items()
        }

    def table(self, **renamed: str) -> pa.Table:
        """The records without the truth."""
        names = ("row", "given_name", "family_name", "birth_date", "street", "postcode", "city", "phone", "email")
        return pa.table({renamed.get(name, name): [row[name] for row in self.rows] for name in names})

    def truth(self, of: str) -> list[int]:
        return [row[of] for row in self.rows]


def pair_scores(found: Sequence[Any], truth: Sequence[Any]) -> tuple[float, float]:
    """Precision and recall over pairs of records."""

    def pairs(labels: Sequence[Any]) -> int:
        return sum(count * (count - 1) // 2 for count in Counter(labels).values())

    both = pairs(list(zip(found, truth, strict=True)))
    return both / pairs(found), both / pairs(truth)
