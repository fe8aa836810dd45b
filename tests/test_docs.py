"""What the documentation shows is run, and what it points to is there.

A block is run when the line `<!-- run -->` stands before its fence; `<!-- run exit=3 -->` when it ends with that code.
The blocks of one page run in their order, in one folder, beside a fresh hub `shop.noline` that NOLINE_HUB names.
"""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
LANGUAGES = {"python", "console"}

_BLOCK = re.compile(
    r"^<!-- run(?: exit=(?P<exit>\d+))? -->\n+```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\((?!\w+:)(?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_TEST = re.compile(r"`?(?P<file>(?:tests|bench)/[\w/]+\.py)(?:::(?P<name>\w+))?")


@dataclass(frozen=True)
class Block:
    """An example of the documentation that is run."""

    page: Path
    line: int
    language: str
    text: str
    exit_code: int

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command of a console block, and the output shown below it."""

    command: str
    shown: str


def blocks_of(page: Path, text: str) -> list[Block]:
    """The marked blocks of a page."""
    return [
        Block(page, text.count("\n", 0, at.start()) + 1, at["language"], at["text"], int(at["exit"] or 0))
        for at in _BLOCK.finditer(text)
    ]


def steps_of(text: str) -> list[Step]:
    """The commands of a console block; a command goes on in the next line after a backslash."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        command, _, shown = re.sub(r"\\\n", "", part).partition("\n")
        found.append(Step(command, shown.strip()))
    return found


def agrees(shown: str, said: str) -> bool:
    """Whether output is as shown, where `...` stands for anything and one white space is as good as another."""
    pattern = ".*?".join(re.escape(piece) for piece in " ".join(shown.split()).split("..."))
    return re.fullmatch(pattern, " ".join(said.split())) is not None


ALL_BLOCKS = [block for page in PAGES for block in blocks_of(page, page.read_text("utf-8"))]
BLOCKS_BY_PAGE = [list(group) for _, group in groupby(ALL_BLOCKS, key=lambda block: block.page)]


@pytest.mark.parametrize("blocks", BLOCKS_BY_PAGE, ids=lambda blocks: str(blocks[0].page.relative_to(ROOT)))
def test_the_examples_of_a_page_do_what_it_shows(blocks, tmp_path):
    surroundings = _fresh_hub(tmp_path)
    for block in blocks:
        if block.language == "python":
            _run_python(block, tmp_path, surroundings)
        else:
            _run_console(block, tmp_path, surroundings)


def _fresh_hub(folder: Path) -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NOLINE_")},
        "PATH": scripts + os.pathsep + os.environ["PATH"],
        "NOLINE_HUB": "shop.noline",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }
    subprocess.run(["noline", "init", "shop.noline"], cwd=folder, env=surroundings, check=True, capture_output=True)
    return surroundings


def _run_python(block: Block, folder: Path, surroundings: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == block.exit_code, f"{block}: {done.stderr}"


def _run_console(block: Block, folder: Path, surroundings: dict[str, str]) -> None:
    steps = steps_of(block.text)
    for number, step in enumerate(steps, 1):
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=folder,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        expected = block.exit_code if number == len(steps) else 0
        assert done.returncode == expected, f"{block}: {step.command}\n{done.stdout}"
        assert not step.shown or agrees(step.shown, done.stdout), f"{block}: {step.command}\n{done.stdout}"


def test_only_blocks_that_can_be_run_are_marked():
    assert [str(block) for block in ALL_BLOCKS if block.language not in LANGUAGES or not block.text.strip()] == []
    assert [str(block) for block in ALL_BLOCKS if block.language == "console" and not steps_of(block.text)] == []


def test_every_mark_stands_before_a_block():
    marks = {str(page): page.read_text("utf-8").count("\n<!-- run") for page in PAGES}
    found = {str(page): sum(block.page == page for block in ALL_BLOCKS) for page in PAGES}
    assert marks == found


def test_a_marked_block_is_found_with_its_commands_and_their_output():
    text = (
        "Text\n<!-- run exit=3 -->\n```console\n$ noline books \\\n  --json\n{...}\n$ noline init .\n```\n"
        "```console\n$ not marked\n```\n"
    )
    (block,) = blocks_of(ROOT / "README.md", text)
    assert (block.line, block.language, block.exit_code) == (2, "console", 3)
    assert steps_of(block.text) == [Step("noline books   --json", "{...}"), Step("noline init .", "")]


def test_three_dots_stand_for_anything():
    assert agrees("received ... of 7", "received 3 \n 4 of 7\n")
    assert not agrees("received ... of 7", "received 3 of 8")
    assert not agrees("received", "received 3")


@EACH_PAGE
def test_every_link_inside_the_repository_leads_somewhere(page):
    broken = []
    for link in _LINK.finditer(page.read_text("utf-8")):
        target = (page.parent / link["target"]).resolve() if link["target"] else page
        anchor = link["anchor"] if target.suffix == ".md" else None
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link[0])
    assert broken == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@EACH_PAGE
def test_every_test_that_a_page_names_exists(page):
    unknown = []
    for named in _TEST.finditer(page.read_text("utf-8")):
        path = ROOT / named["file"]
        if not path.exists() or (named["name"] and f"def {named['name']}(" not in path.read_text("utf-8")):
            unknown.append(named[0])
    assert unknown == []


def test_the_site_shows_every_page():
    nav = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    assert sorted(_pages_in(nav)) == sorted(str(page.relative_to(ROOT / "docs")) for page in PAGES[2:])


def _pages_in(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    inside = entry.values() if isinstance(entry, dict) else entry
    return [page for part in inside for page in _pages_in(part)]
