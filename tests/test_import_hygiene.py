"""What is started often starts light: heavy packages are loaded by those who use them, when they use them."""

import subprocess
import sys

import pytest

HEAVY = [
    "litestar",
    "granian",
    "uvicorn",
    "jinja2",
    "duckdb",
    "numpy",
    "pyarrow",
    "pandas",
    "splink",
    "playwright",
    "httpx2",
]


def packages_loaded_by(code: str) -> set[str]:
    """The top-level packages that a fresh Python has loaded after running this."""
    program = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import noline",
        "from noline.doors.cli.main import run\nassert run(['--help']) == 0",
        "from noline.doors.cli.main import run\nassert run(['source', 'add', '--help']) == 0",
    ],
    ids=["import noline", "noline --help", "noline source add --help"],
)
def test_nothing_heavy_is_loaded_by(code):
    assert packages_loaded_by(code) & set(HEAVY) == set()


def test_a_loaded_package_is_noticed():
    assert "numpy" in packages_loaded_by("import numpy")
