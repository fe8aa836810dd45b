"""The page of the API: every operation with its parameters, read from the OpenAPI description."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a caller may tell."""

    name: str
    place: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to call the API."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Operations about one thing."""

    name: str
    anchor: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Api:
    """The whole description."""

    title: str
    version: str
    chapters: tuple[Chapter, ...]


def api(schema: Mapping[str, Any]) -> Api:
    """The page's view of an OpenAPI description."""
    by_tag: dict[str, list[Operation]] = {}
    for path, item in schema.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(method, path, item[method]))
    names = sorted(by_tag, key=lambda name: (name != "intake", name))
    chapters = tuple(Chapter(name, name.replace(" ", "-"), tuple(by_tag[name])) for name in names)
    return Api(schema["info"]["title"], schema["info"]["version"], chapters)


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Parameter(one["name"], one["in"], str(one.get("schema", {}).get("type", "")), bool(one.get("required")))
        for one in told.get("parameters", ())
    )
    answers = tuple((status, one.get("description", "")) for status, one in sorted(told.get("responses", {}).items()))
    return Operation(
        method.upper(), path, _plain(told.get("summary", "")), _plain(told.get("description", "")), parameters, answers
    )


def _plain(words: str) -> str:
    """Docstrings mark code with backticks; a page of plain words has none."""
    return words.replace("`", "")
