"""What every test of insight may ask for: an empty log to write by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from insight.handwritten import HandWritten


@pytest.fixture
def log(tmp_path: Path) -> Iterator[HandWritten]:
    """An empty log."""
    written = HandWritten(tmp_path / "analytical")
    yield written
    written.store.close()
