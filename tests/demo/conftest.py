"""What the tests of the demo company share: the small one, built once for all of them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from noline.demo.build import build, is_built
from noline.hub import Hub

SIZE = "small"


@pytest.fixture(scope="session")
def company_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company as it was built, once for all workers of a run; nobody writes to it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "company"
    with (shared / "company.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_built(folder, SIZE):
            build(folder, SIZE, lambda _: None)
    return folder


@pytest.fixture(scope="session")
def company(company_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The small company, open; a copy of this worker's own."""
    folder = tmp_path_factory.mktemp("company") / "hub"
    shutil.copytree(company_folder, folder)
    with Hub.open(folder) as hub:
        hub.refresh()
        yield hub
