"""XML inside a ZIP, as spreadsheets are kept: read as a stream, and never trusted about its size."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as BadDeflate  # noqa: N812  named as zipfile names its own

from noline.kernel.errors import FileNotUnderstood

MAX_UNPACKED_BYTES = 1 << 30
"""The largest part that is read."""

MAX_TIMES_PACKED = 250
"""How many times its packed size a large part may have; sheets of real shops stay below 60."""

MAX_CELL_LETTERS = 1 << 20
"""The longest text of one cell; spreadsheet programs stop at 32,767 letters."""

_ALWAYS_READ_BYTES = 16 << 20
_CHUNK_BYTES = 1 << 16
_OLD_CONTAINER = b"\xd0\xcf\x11\xe0"

Attributes = dict[str, str]

# A protected part is a RuntimeError of zipfile; numbers that are none are errors of the reader.
_DAMAGED = (BadZipFile, BadDeflate, expat.ExpatError, EOFError, RuntimeError, ArithmeticError, LookupError, ValueError)


class Package:
    """An open spreadsheet file: its parts by name."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        """Over an open archive; `path` is what refusals name."""
        self.path = path
        self._archive = archive
        # Names that differ in capitals alone name the same part (ECMA-376, Part 2).
        self._parts = {part.filename.lower(): part for part in archive.infolist()}

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.lower() in self._parts

    def parse(self, name: str, reader: "Reader") -> Iterator[None]:
        """Give a part to a reader, piece by piece, so that what was read can be taken in between.

        Raises FileNotUnderstood when the part is missing, damaged, too large, or tells of a document type.
        """
        parser = _parser(reader, self)
        with self._unpacked(name) as file:
            yield from _fed(parser, file)

    def mentions(self, name: str, word: bytes) -> bool:
        """Whether these bytes stand in a part; a quick look, for a part that is parsed in full as well."""
        before = b""
        with self._unpacked(name) as file:
            while piece := file.read(_CHUNK_BYTES):
                if word in before + piece:
                    return True
                before = piece[-len(word) :]
        return False

    @contextmanager
    def _unpacked(self, name: str) -> Iterator[IO[bytes]]:
        part = self._parts.get(name.lower())
        if part is None:
            raise self.refused(f"its part {name} is missing")
        self._check_size(part)
        try:
            with self._archive.open(part) as file:
                yield file
        except _DAMAGED as cause:
            raise self.refused(f"it is damaged or protected ({cause})") from cause

    def refused(self, why: str) -> FileNotUnderstood:
        """The refusal of this file."""
        return FileNotUnderstood(path=self.path, why=why)

    def _check_size(self, part: ZipInfo) -> None:
        """A ZIP is read no further than the sizes that stand in it, so that these can be held against limits."""
        too_dense = part.file_size > max(_ALWAYS_READ_BYTES, MAX_TIMES_PACKED * part.compress_size)
        if too_dense or part.file_size > MAX_UNPACKED_BYTES:
            raise self.refused(
                f"its part {part.filename} unpacks from {part.compress_size:,} to {part.file_size:,} bytes, "
                "which no sheet of a shop does; save it as CSV if it is one"
            )


class Reader(NamedTuple):
    """Who is told of each element, by its name without namespace: where it begins, ends, and of the letters inside."""

    start: Callable[[str, Attributes], None]
    end: Callable[[str], None] | None = None
    text: Callable[[str], None] | None = None


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The parts of a file. Raises FileNotUnderstood when it is no ZIP that can be read."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError) as cause:
        raise FileNotUnderstood(path=path, why=_why_no_zip(path)) from cause
    except _DAMAGED as cause:
        raise FileNotUnderstood(path=path, why=f"it is damaged or protected ({cause})") from cause
    with archive:
        yield Package(path, archive)


def _why_no_zip(path: Path) -> str:
    with path.open("rb") as file:
        old = file.read(4) == _OLD_CONTAINER
    if old:
        return "it is protected by a password, or of the old kind .xls; save it as .xlsx without a password"
    return "it is no spreadsheet file, whatever its name says"


def _parser(reader: Reader, package: Package) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type(package)
    names = _LocalNames()
    parser.StartElementHandler = lambda name, told: reader.start(names[name], told)
    if (end := reader.end) is not None:
        parser.EndElementHandler = lambda name: end(names[name])
    if reader.text is not None:
        parser.CharacterDataHandler = reader.text
    return parser


class _LocalNames(dict[str, str]):
    """Names without their namespace: those of a standard, transitional and strict, name the same elements."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name[name.rfind(" ") + 1 :]
        return local


def _refuse_document_type(package: Package) -> Callable[..., None]:
    def refuse(*_told: object) -> None:
        raise package.refused("it declares a document type, which no spreadsheet needs")

    return refuse


def _fed(parser: expat.XMLParserType, file: IO[bytes]) -> Iterator[None]:
    while piece := file.read(_CHUNK_BYTES):
        parser.Parse(piece, False)
        yield
    parser.Parse(b"", True)
    yield
