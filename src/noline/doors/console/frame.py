"""What stands around every page, and how its numbers were counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page has around it.

    path: of the page, without query; its data are at the same path with `.json` and `.csv`.
    sees_all: whoever looks may see more than customers, and decide. mends: they may change dead letters.
    sees_numbers: they may see where people are lost and what that costs. sees_people: and who they are.
    empty: nothing has come in yet. form_token: sent with every form, where the server asks for one.
    """

    hub_name: str = "NoLine"
    path: str = "/"
    query: str = ""
    role: str = ""
    signed_in: bool = True
    sees_all: bool = True
    sees_numbers: bool = True
    sees_people: bool = True
    mends: bool = True
    open_dead_letters: int = 0
    empty: bool = False
    form_token: str = ""
    static: str = "/static"
    base_url: str = "http://127.0.0.1:8080"

    def data(self, ending: str) -> str:
        """The address of this page as data."""
        path = "/home" if self.path == "/" else self.path.rstrip("/")
        return f"{path}.{ending}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Counted:
    """How a number came to be: words, the question as SQL, and what was filled in."""

    name: str
    heading: str
    words: str
    sql: str
    parameters: tuple[tuple[str, str], ...]


_HEADINGS = {
    "handoffs": "hand-offs",
    "dropoffs": "drop-offs",
    "groups": "hand-offs by group",
    "breakdowns": "where and when",
}


def counted_of(counted: Mapping[str, Row]) -> dict[str, Counted]:
    """The explanations of a page, by name."""
    return {name: _counted(name, row) for name, row in counted.items()}


def _counted(name: str, row: Row) -> Counted:
    parameters = row.get("parameters") or {}
    named = parameters.items() if isinstance(parameters, Mapping) else enumerate(parameters, 1)
    return Counted(
        name=name,
        heading=wording.title(row.get("heading") or _HEADINGS.get(name, name.replace("_", " "))),
        words=row.get("words", ""),
        sql=(row.get("sql") or "").strip(),
        parameters=tuple((str(key), str(value)) for key, value in named),
    )
