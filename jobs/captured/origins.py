"""Where every staged row stood in its source, in little memory: whole stretches of lines, not single ones."""

from __future__ import annotations

from bisect import bisect_right

from jobs.captured.rows import Lines


class Origins:
    """Position among the staged rows -> file or bank, and line in it."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._places: list[str] = []
        self._lines: list[range | Lines] = []
        self._row_count = 0

    def add(self, place: str, lines: Lines) -> None:
        """Note the lines of rows that were staged next; they ascend."""
        if not len(lines):
            return
        first, last = int(lines[0]), int(lines[-1])
        is_unbroken = last - first + 1 == len(lines)
        self._starts.append(self._row_count)
        self._places.append(place)
        self._lines.append(range(first, last + 1) if is_unbroken else lines)
        self._row_count += len(lines)

    def of(self, position: int) -> tuple[str, int]:
        """File or bank, and line, of the row staged at `position`, counted from 0."""
        stretch = bisect_right(self._starts, position) - 1
        return self._places[stretch], int(self._lines[stretch][position - self._starts[stretch]])
