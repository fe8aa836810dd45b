"""The house holds: this reads our own source, and the documentation beside it."""

import ast
import importlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

import click
import grimp
import pytest

import noline
from noline.channels import segment
from noline.kernel.errors import NoLineError
from noline.kernel.events import REFUSAL_CODES
from noline.kernel.settings import Settings
from noline.kernel.words import WORDS

SOURCE = Path(noline.__file__).parent
ROOT = SOURCE.parents[1]
DOCS = ROOT / "docs"

WEB_AND_TERMINAL = {"litestar", "uvicorn", "jinja2", "markupsafe", "html", "click", "rich"}

TIME_AND_CHANCE = {
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "os.urandom",
    "uuid.uuid1",
    "uuid.uuid4",
}
CHANCE_MODULES = {"random", "secrets"}
SEEDED = {"random.Random"}

TIME_AND_CHANCE_ALLOWED: dict[tuple[str, str], str] = {}
"""Where time or chance is read outside the kernel, and why no test needs to hold it still."""

SQL_ALLOWED: dict[str, str] = {
    "noline.insight": "asks the analytical store; import-linter keeps it away from the transactional one",
    "noline.doors.answers": "shows people how a number was counted; runs nothing",
    "noline.flows.move": "takes every table as it is, whichever room owns it",
    "noline.flows.verify": "as move",
    "noline.channels.complete_journey": "reads files of others with DuckDB, in memory",
    "noline.channels.tabular": "as complete_journey",
    "noline.channels.tpc_ds": "as complete_journey",
}
"""Packages beside stores and tables.py that hold statements, and why they never reach the transactional store."""

NOT_IMPORTED_BY_NAME: dict[str, str] = {
    "noline.doors.bench.credit_peer": "run by a Python of its own, which has the packages of others",
}
"""Modules that nothing of ours imports, and who does."""

Modules = dict[str, ast.Module]


@cache
def modules() -> Modules:
    """Every module of ours, parsed, by its dotted name."""
    return {_dotted(path): ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def _dotted(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def import_graph() -> grimp.ImportGraph:
    return grimp.build_graph("noline", cache_dir=None)


def floor_plan(floor: str) -> list[str]:
    """The rooms of a floor as docs/architecture.md draws them."""
    line = re.search(rf"^├── {floor}/ .*: +(.+)$", (DOCS / "architecture.md").read_text("utf-8"), re.MULTILINE)
    assert line, f"docs/architecture.md draws no floor {floor}"
    return line[1].split()


def tracked_files() -> list[Path]:
    """What a clone holds; without git, everything that .gitignore would not keep out by its usual names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    made = {".venv", "__pycache__", "node_modules", ".git", "build", "dist", "site"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


# Rooms


@pytest.mark.parametrize("floor", ["truth", "insight"])
def test_the_floor_plan_names_every_room(floor):
    rooms = {path.parent.name for path in (SOURCE / floor).glob("*/__init__.py")}
    assert rooms == set(floor_plan(floor))


@pytest.mark.parametrize("room", floor_plan("truth"))
def test_a_room_of_truth_has_its_four_files(room):
    expected = {"README.md", "model.py", "tables.py", "service.py"}
    assert expected <= {path.name for path in (SOURCE / "truth" / room).iterdir()}


@pytest.mark.parametrize("room", floor_plan("insight"))
def test_a_room_of_insight_has_its_door(room):
    expected = {"README.md", "service.py"}
    assert expected <= {path.name for path in (SOURCE / "insight" / room).iterdir()}


def test_every_module_says_what_it_is_for():
    assert [name for name, tree in modules().items() if not ast.get_docstring(tree)] == []


# Imports


def test_no_module_stands_in_an_import_circle():
    graph = import_graph()
    edges = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert [sorted(circle) for circle in _circles(edges)] == []


def _circles(edges: dict[str, set[str]]) -> Iterator[set[str]]:
    """Groups of modules that reach each other (and modules that import themselves)."""
    reach = {name: _reachable(name, edges) for name in edges}
    seen: set[str] = set()
    for name in sorted(edges):
        if name in reach[name] and name not in seen:
            circle = {other for other in reach[name] if name in reach[other]}
            seen |= circle
            yield circle


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in edges[waiting.pop()] - found:
            found.add(target)
            waiting.append(target)
    return found


def test_the_search_for_circles_finds_one():
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}}
    assert [sorted(circle) for circle in _circles(edges)] == [["a", "b", "c"], ["e"]]


def test_no_module_is_dead():
    graph = import_graph()
    packages = {name for name in graph.modules if graph.find_children(name)}
    named = {text for tree in modules().values() for text in _texts(tree)}
    dead = [
        name
        for name in sorted(graph.modules - packages - entry_points() - named - set(NOT_IMPORTED_BY_NAME))
        if not graph.find_modules_that_directly_import(name)
    ]
    assert dead == []


def entry_points() -> set[str]:
    """Modules that others than ours start."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    started = {target.partition(":")[0] for target in project["scripts"].values()}
    from noline.doors.cli.main import _MODULES

    commands = {f"noline.doors.cli.{name}" for name in _MODULES.values()}
    return started | commands | {name for name in modules() if name.endswith("__main__")}


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_web_html_and_the_terminal_live_in_doors():
    found = [
        (name, package)
        for name, tree in modules().items()
        if not name.startswith("noline.doors")
        for package in sorted(_imported_packages(tree) & WEB_AND_TERMINAL)
    ]
    assert found == []


def _imported_packages(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


# Statements, time, money


def test_statements_of_the_transactional_store_stand_in_tables_and_stores():
    found = [
        f"{name}:{line}: {statement}"
        for name, tree in modules().items()
        if not _may_hold_statements(name)
        for line, statement in _statements(tree)
    ]
    assert found == []


def _may_hold_statements(name: str) -> bool:
    if name.startswith("noline.stores") or name.endswith(".tables"):
        return True
    return any(name == allowed or name.startswith(allowed + ".") for allowed in SQL_ALLOWED)


_STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\()"
)


def _statements(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value):
            yield node.lineno, node.value.strip()[:60]


def test_a_statement_is_recognised():
    texts = ["SELECT 1", "INSERT INTO log VALUES (?)", "UPDATE keys SET role = ?", "DELETE FROM x", "with SELECT"]
    assert [text for text in texts if _STATEMENT.match(text)] == texts[:-1]


def test_time_and_chance_come_from_the_kernel():
    found = [
        f"{name}:{line}: {what}"
        for name, tree in modules().items()
        if not name.startswith("noline.kernel")
        for line, what in _time_and_chance(tree)
        if (name, what) not in TIME_AND_CHANCE_ALLOWED
    ]
    assert found == []


def test_every_exception_for_time_and_chance_is_still_used():
    used = {(name, what) for name, tree in modules().items() for _, what in _time_and_chance(tree)}
    assert set(TIME_AND_CHANCE_ALLOWED) <= used


def _time_and_chance(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Places that read the clock or draw fresh chance, by the full name of what they use."""
    known = _imported_names(tree)
    for node in ast.walk(tree):
        what = _full_name(node, known)
        if what and _is_time_or_chance(what):
            yield node.lineno, what


def _is_time_or_chance(what: str) -> bool:
    package, _, name = what.partition(".")
    return what in TIME_AND_CHANCE or (package in CHANCE_MODULES and bool(name) and what not in SEEDED)


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """What each imported name of a module stands for."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname: alias.name for alias in node.names if alias.asname}
            known |= {first: first for first in (alias.name.partition(".")[0] for alias in node.names)}
        elif isinstance(node, ast.ImportFrom) and node.module:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def _full_name(node: ast.AST, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _full_name(node.value, known)
        return f"{owner}.{node.attr}" if owner else None
    return None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import time\ntime.time()", ["time.time"]),
        ("from datetime import datetime as dt\ndt.now()", ["datetime.datetime.now"]),
        ("import random\nrandom.Random(7).random()\nrandom.random()", ["random.random"]),
        ("from secrets import token_hex\ntoken_hex()", ["secrets.token_hex"]),
        ("import time\ntime.monotonic()\ntime.sleep(1)", []),
    ],
)
def test_reading_the_clock_or_drawing_chance_is_recognised(text, what):
    assert [found for _, found in _time_and_chance(ast.parse(text))] == what


def test_no_float_holds_money():
    found = [f"{name}:{line}" for name, tree in modules().items() for line in _floats_of_money(tree)]
    assert found == []


def _floats_of_money(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            names, annotation = [ast.unparse(node.target)], node.annotation
        elif isinstance(node, ast.arg) and node.annotation:
            names, annotation = [node.arg], node.annotation
        else:
            continue
        if names[0].endswith("_minor") and "float" in ast.unparse(annotation):
            yield node.lineno


def test_no_test_stands_on_a_mock():
    found = []
    for path in tracked_files():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] != "tests":
            continue
        names = _imported_names(ast.parse(path.read_text("utf-8"))).values()
        found += [f"{path.name}: {name}" for name in names if re.match(r"(unittest\.)?mock\b", name)]
    assert found == []


# Documentation


def error_classes() -> list[type[NoLineError]]:
    """Every error that has a code of its own."""
    return [error for error in [NoLineError, *all_errors()] if "code" in vars(error)]


@cache
def all_errors() -> list[type[NoLineError]]:
    """The whole tree of errors, wherever its leaves stand."""
    for name in modules():
        importlib.import_module(name)
    return sorted(set(_below(NoLineError)), key=lambda error: error.__qualname__)


def page(name: str) -> str:
    path = DOCS / name
    return path.read_text("utf-8") if path.exists() else ""


def rows_of(name: str, start: str) -> set[str]:
    """The rows of a page's tables whose first cells look like this."""
    return set(re.findall(rf"^\| {start} \|.*$", page(name), re.MULTILINE))


def missing(name: str, words: list[str]) -> list[str]:
    """Those of the words that a page of the documentation does not name in code style."""
    named = set(re.findall(r"`([^`\n]+)`", page(name)))
    return [f"docs/{name} does not name `{word}`" for word in words if word not in named]


def test_every_error_is_documented_as_it_is():
    expected = {
        f"| `{error.code}` | {error.status} | {'yes' if error.retryable else 'no'} | {_said(error)} | {error.hint} |"
        for error in error_classes()
    }
    shown = rows_of("errors.md", r"`[a-z_.]+` \| \d+")
    assert sorted(expected - shown) == []
    assert sorted(shown - expected) == []


def _said(error: type[NoLineError]) -> str:
    return error.sentence.replace("!r}", "}")


def _below(error: type[NoLineError]) -> Iterator[type[NoLineError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)


def test_no_two_errors_share_a_code():
    codes = [error.code for error in error_classes()]
    assert sorted(codes) == sorted(set(codes))


def test_every_event_is_documented_as_it_is():
    expected = {f"| `{word.name}` | {word.stage} | {word.about} | {_shows(word)} |" for word in WORDS.values()}
    shown = rows_of("events.md", r"`[A-Z][^`]+`")
    assert sorted(expected - shown) == []
    assert sorted(shown - expected) == []


def _shows(word) -> str:
    marks = [mark for mark in ("intent", "goal", "exposure") if getattr(word, mark)]
    if word.hands_over_to:
        marks.append(f"hands over to {word.hands_over_to}")
    return ", ".join(marks) or "–"


def test_every_reason_of_a_dead_letter_is_documented():
    section = page("errors.md").partition("## Dead letters: why")[2]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)) == REFUSAL_CODES


def test_every_setting_is_documented_as_it_is():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|", page("settings.md"), re.MULTILINE)
    assert {name: (default, variable) for name, default, variable in rows} == {
        name: _shown_setting(name, value) for name, value in asdict(Settings()).items()
    }


def _shown_setting(name: str, default: object) -> tuple[str, str]:
    if isinstance(default, dict):
        return "none", "–"
    return f"`{default}`", f"`NOLINE_{name.upper()}`"


def test_every_command_is_documented_with_its_options():
    from noline.doors.cli.main import noline as whole

    commands = dict(_commands(whole, "noline"))
    sections = dict(re.findall(r"^#+ `(noline[a-z -]*)`$(.*?)(?=^#|\Z)", page("cli.md"), re.MULTILINE | re.DOTALL))
    found = [
        f"docs/cli.md does not name `{word}` below a heading `{name}`"
        for name, words in commands.items()
        for word in words
        if name not in sections or f"`{word}" not in sections[name]
    ]
    assert found == []
    assert set(sections) - set(commands) == set()


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, list[str]]]:
    """Every command with its arguments and long options."""
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    yield path, [_shown_parameter(one) for one in shown]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child and not child.hidden:
                yield from _commands(child, f"{path} {name}")


def _shown_parameter(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(click.Command("noline"))).strip("[]{}.")
    return next(name for name in parameter.opts if name.startswith("--"))


def test_every_route_is_documented(tmp_path):
    assert missing("http.md", sorted(_routes(tmp_path))) == []


def _routes(folder: Path) -> Iterator[str]:
    """Every route, as `GET /path/{parameter}`."""
    from noline.doors.http.api import api
    from noline.doors.http.writer import Writer
    from noline.hub import Hub

    yield from (f"POST /v1/{name}" for name in segment.ROUTES)
    with Hub.init(folder / "shop.noline") as hub:
        writer = Writer(hub.accept_groups)
        for route in api(hub, writer).routes:
            path = re.sub(r":\w+}", "}", route.path)
            if not path.startswith(("/docs/", "/static")):
                yield from (f"{method} {path}" for method in getattr(route, "methods", set()) - {"OPTIONS", "HEAD"})
        writer.stop()


# The repository


def test_every_dependency_carries_its_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    developers = re.search(r"^dev = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    extras = re.search(r"^\[project.optional-dependencies\]\n(.*?)(?=^\[)", text, re.DOTALL | re.MULTILINE)
    assert listed
    assert developers
    assert extras
    lines = [line for found in (listed, developers, extras) for line in found[1].splitlines() if line.strip()]
    assert [line for line in lines if not re.search(r"#\s+\S+", line)] == []


def test_every_dependency_is_used_or_is_a_tool():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[\[<>=!~ ]", text)[0] for text in project["dependencies"]}
    used = set().union(*(_imported_packages(tree) | set(_texts(tree)) for tree in modules().values()))
    assert {name for name in names if name.replace("-", "_") not in used} == set()


def test_the_constraints_name_exact_versions_and_no_address():
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][^\s/]*( ; .+)?", line)] == []


FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:work|root|home/\w+|tmp/bash)\b/?"),
    "the address of a package registry": re.compile(
        r"pypi\.(?:org|python)|pythonhosted\.org|registry\.npmjs|yarnpkg\.com"
    ),
    "an index address": re.compile(r"--(?:extra-)?index-url|find-links"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    found = []
    for path in tracked_files():
        if path.suffix in {".png", ".ico", ".woff2", ".gz"} or "vendor" in path.parts or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_no_lock_file_with_addresses_is_kept():
    locks = {"uv.lock", "poetry.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
    assert [str(path) for path in tracked_files() if path.name in locks] == []


# The schema


def test_every_table_has_its_routing_key_in_every_unique_key(store):
    from noline.stores.schema import REFERENCE_TABLES

    found = []
    for table in sorted(set(store.table_names()) - set(REFERENCE_TABLES)):
        keys = _unique_keys(store, table)
        if not keys:
            found.append(f"{table} has no key")
        found += [f"{table} has a key {key} without route_key" for key in keys if "route_key" not in key]
    if store.dialect == "sqlite":
        assert found == ["log has a key ('seq',) without route_key"]  # its row number, the order of the log
    else:
        assert found == []


def test_every_reference_table_exists(store):
    from noline.stores.schema import REFERENCE_TABLES

    assert set(REFERENCE_TABLES) - set(store.table_names()) == set()


def _unique_keys(store, table: str) -> list[tuple[str, ...]]:
    """The columns of the primary key and of every unique index."""
    with store.reading() as reader:
        if store.dialect == "postgres":
            rows = reader.rows(
                "SELECT i.indexrelid::text, a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid "
                "WHERE i.indisunique AND i.indrelid = CAST(? AS regclass) ORDER BY 1, a.attnum",
                (table,),
            )
            return sorted({tuple(name for other, name in rows if other == index) for index, _ in rows})
        columns = reader.rows("SELECT name, pk FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table,))
        keys = {tuple(name for name, _ in columns)} - {()}
        for (index,) in reader.rows("""SELECT name FROM pragma_index_list(?) WHERE "unique" = 1""", (table,)):
            named = reader.rows("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
            keys.add(tuple(name for (name,) in named))
    return sorted(keys)
