"""Lines of a gzipped text file in blocks of bounded size; a bomb or a torn archive stops the table."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.captured.capture import BadSourceError

BLOCK_BYTES = 8 << 20  # some 40 000 rows: large enough for vectorised casts, small enough to hold several
READ_BYTES = 1 << 20
LONGEST_LINE = 1 << 20  # a row of ours has some 300 bytes
LARGEST_RATIO = 200  # rows compress 5 to 50 times; gzip itself can reach 1 030
RATIO_COUNTS_FROM = 64 << 20  # below this a bomb does no harm, and a tiny honest file may compress that well
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Fail = Callable[[str, str], BadSourceError]
"""Words an error about the file being read: problem, cure."""

ASK_FOR_THE_FILE = "ask the partner to deliver the file again"


@dataclass(frozen=True)
class Block:
    """Whole lines without their ends. `is_cut` when the last one is not ended: a cut field looks like a whole one."""

    first_line: int
    lines: list[bytes]
    is_cut: bool = False


def blocks_of_lines(path: Path, fail: Fail) -> Iterator[Block]:
    """The lines of a gzipped file, numbered from 1; a byte order mark at its start is dropped."""
    rest, next_line, is_start = b"", 1, True
    for chunk in unzipped(path, fail):
        content = rest + chunk
        if is_start and len(content) >= len(BYTE_ORDER_MARK):
            content, is_start = content.removeprefix(BYTE_ORDER_MARK), False
        end = content.rfind(b"\n") + 1
        rest = content[end:]
        lines = content[:end].split(b"\n")[:-1]
        if max(map(len, (rest, *lines))) > LONGEST_LINE:
            raise fail(f"a line is longer than {LONGEST_LINE} bytes", ASK_FOR_THE_FILE)
        if lines:
            yield Block(next_line, lines)
            next_line += len(lines)
    if rest:
        yield Block(next_line, [rest], is_cut=True)


def unzipped(path: Path, fail: Fail) -> Iterator[bytes]:
    """The content of a gzip file, checked against its own checksums, in chunks of at most BLOCK_BYTES."""
    archive, written = zlib.decompressobj(wbits=31), 0
    with path.open("rb") as file:
        packed = file.read(READ_BYTES)
        while packed:
            chunk = _unzip(archive, packed, fail)
            written += len(chunk)
            if written > RATIO_COUNTS_FROM and written > LARGEST_RATIO * file.tell():
                raise fail(f"it unpacks to more than {LARGEST_RATIO} times its size", ASK_FOR_THE_FILE)
            if chunk:
                yield chunk
            packed = archive.unconsumed_tail or archive.unused_data or file.read(READ_BYTES)
            if archive.eof and packed:  # RFC 1952: an archive may hold several members
                archive = zlib.decompressobj(wbits=31)
        last = archive.flush()
        if not archive.eof:
            raise fail("the gzip archive ends too early", ASK_FOR_THE_FILE)
        if last:
            yield last


def _unzip(archive: zlib._Decompress, packed: bytes, fail: Fail) -> bytes:
    try:
        return archive.decompress(packed, BLOCK_BYTES)
    except zlib.error:
        raise fail("the gzip archive is damaged, or something follows it", ASK_FOR_THE_FILE) from None
