"""XML of unknown origin as a stream of elements, bounded: no document type, no entities, no endless nesting or size."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from daemon.kernel.errors import UnreadableProject

MOST_BYTES = 1 << 29
"""Of XML. The largest sets people have are a few hundred megabytes."""
MOST_RATIO = 200
"""Of XML to its compressed form, looked at once there is a lot of it. Sets have 20 to 60."""
MOST_DEPTH = 256
_BLOCK = 1 << 18
_A_LOT = 8 << 20
_LONGEST_TEXT = 64 << 20

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str, str], None]
"""(element, its text)"""


def parse(file: BinaryIO, path: Path, start: Start, end: End, texts: frozenset[str]) -> None:
    """Read gzip-compressed or plain XML from the beginning of `file`. Raises UnreadableProject.

    texts: elements whose text is wanted; `end` gets "" for others, which is what makes large sets bearable.
    """
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = _BLOCK
    depth = 0
    said: list[str] = []

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise _refused(path, f"elements stand {MOST_DEPTH} deep")
        if name in texts:
            said.clear()
            parser.CharacterDataHandler = say
        start(name, attributes)

    def say(text: str) -> None:
        said.append(text)
        if sum(map(len, said)) > _LONGEST_TEXT:
            raise _refused(path, "one text in it is larger than 64 MB")

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        text = ""
        if name in texts:
            parser.CharacterDataHandler = None
            text = "".join(said).strip()
            said.clear()
        end(name, text)

    def no_doctype(*_: object) -> None:
        raise _refused(path, "it declares a document type, which Live never writes")

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.StartDoctypeDeclHandler = no_doctype
    try:
        _feed(parser, file, path)
    except expat.ExpatError as error:
        raise _refused(path, f"its XML is damaged: {error}") from error
    except (EOFError, OSError, zlib.error) as error:
        raise _refused(path, f"its compressed data is damaged: {error}") from error


def _feed(parser: expat.XMLParserType, file: BinaryIO, path: Path) -> None:
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    size = os.fstat(file.fileno()).st_size
    read = gzip.GzipFile(fileobj=file).read if compressed else file.read
    total = 0
    while block := read(_BLOCK):
        total += len(block)
        if total > MOST_BYTES:
            raise _refused(path, "it unpacks to more than 512 MB")
        if compressed and total > _A_LOT and total > MOST_RATIO * size:
            raise _refused(path, f"it unpacks to more than {MOST_RATIO} times its size, which no set does")
        parser.Parse(block, False)
    parser.Parse(b"", True)


def _refused(path: Path, why: str) -> UnreadableProject:
    return UnreadableProject(
        "the set cannot be read", where=path, why=why, hint="Save it once more in Live, or open a backup of it"
    )
