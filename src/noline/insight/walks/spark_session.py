"""The way to Spark: a session with a master, and what Spark raises as a refusal that says why."""

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from noline.insight.walks.elsewhere import EngineFailed
from noline.kernel.errors import NotReadable, PackageMissing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    # What goes wrong comes back as an error; Java's own account of it is nothing a terminal shows.
    "spark.log.level": "FATAL",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
}


class JavaMissing(PackageMissing):
    """Spark runs on Java, and there is none."""

    code = "walks.java_missing"
    sentence = "Spark needs Java, and there is no {looked}."
    hint = "Install a Java runtime, 17 or newer, or set JAVA_HOME to where it is."


class AnotherSession(NotReadable):
    """This process has a Spark session with another master."""

    code = "walks.another_session"
    sentence = "This process is connected to the Spark master {found}, not to {asked}."
    hint = "Stop that session first, or use it with `OnSpark`."


@contextmanager
def session_of(master: str) -> "Iterator[SparkSession]":
    """A session with a Spark master, such as `local[2]` or `spark://host:7077`; stopped afterwards if it is new.

    Raises PackageMissing without pyspark, JavaMissing without Java, AnotherSession, EngineFailed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as cause:
        raise PackageMissing(feature=f"--engine {master}", package="pyspark (pip install 'noline[spark]')") from cause
    before = SparkSession.getActiveSession()
    if before is None:
        _needs_java()
        with answering():
            opened = _opened(master)
        try:
            yield opened
        finally:
            opened.stop()
        return
    found = before.sparkContext.master
    if found != master:
        raise AnotherSession(found=found, asked=master)
    yield before


def _needs_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    if shutil.which(java) is None:
        raise JavaMissing(looked=java)


def _opened(master: str) -> "SparkSession":
    from pyspark.sql import SparkSession

    builder = SparkSession.Builder().master(master).appName("noline walks")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    if master.startswith("local"):
        # Executors of this machine run the Python that runs this, and need no name of the machine.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    with quiet():
        return builder.getOrCreate()


@contextmanager
def quiet() -> Iterator[None]:
    """Without Spark's warning about a pandas that is not used here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


@contextmanager
def answering() -> Iterator[None]:
    """What Spark raises as a refusal that says why. Raises EngineFailed."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as cause:
        raise EngineFailed(engine="Spark", why=_why(str(cause))) from cause


def _why(said: str) -> str:
    """The line that tells what went wrong; the first may only say where it was called."""
    if "No module named 'noline'" in said:
        return "its executors have no noline installed"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith(": ")), lines[0] if lines else "it gave no reason")
    return told.removeprefix(": ").rstrip(".")
