"""A table of text, as programs and people write it: any separator, byte order mark, blanks, line ends."""

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError

logger = logging.getLogger(__name__)

_SEPARATORS = (",", ";", "\t")
#: What stands in a cell without a value: of pandas, R, Excel and C++ on Linux and Windows.
_NO_VALUE = frozenset({"", "nan", "-nan", "nan(ind)", "-nan(ind)", "na", "n/a", "#n/a", "null", "none", "?"})


@dataclass(frozen=True, slots=True)
class TextTable:
    """Cells without the blanks around them.

    Attributes:
        path: where it was read, for messages.
        header: (columns,).
        rows: (n,), each as long as the header.
        lines: (n,), the number of each row's line in the file, from 1.
        has_decimal_comma: whether 1,5 is a number.
    """

    path: Path
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    has_decimal_comma: bool

    def text_of(self, column: int) -> list[str]:
        return [row[column] for row in self.rows]

    def numbers_of(self, column: int) -> list[float]:
        """The numbers of a column; NaN where a cell has no value.

        Raises:
            DataError: a cell is no number; its line is named.
        """
        return [self._number(row, column) for row in range(len(self.rows))]

    def where(self, row: int) -> str:
        return f"{self.path}, line {self.lines[row]}"

    def _number(self, row: int, column: int) -> float:
        text = self.rows[row][column]
        try:
            return float(text)
        except ValueError:
            if text.lower() in _NO_VALUE:
                return float("nan")
        try:
            return float(text.replace(",", ".") if self.has_decimal_comma else text)
        except ValueError:
            raise DataError(
                f"{self.where(row)}: {self.header[column]} is {text[:20]!r}; expected a number"
            ) from None


def read_text_table(path: Path) -> TextTable:
    """Read a table whose first line names its columns.

    A last line that breaks off, as of a program that was stopped, is left out, and said.

    Raises:
        DataError: the file is missing, empty, no text, or a line has more or fewer cells than the first.
    """
    text = _decode(path)
    first, _, rest = text.partition("\n")
    skipped = 0
    separator = _separator(first)
    if first.strip().lower().startswith("sep="):  # Excel's way to say it
        separator, text, skipped = first.strip()[4:5] or ",", rest, 1
    reader = csv.reader(text.splitlines(), delimiter=separator, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num + skipped, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num + skipped}: {error}; expected a CSV table") from None
    if not found:
        raise DataError(f"{path} is empty; expected a CSV table whose first line names its columns")
    (_, header), body = found[0], found[1:]
    rows, lines = _fitting(path, header, body)
    return TextTable(path, tuple(header), rows, lines, separator != ",")


def _fitting(
    path: Path, header: Sequence[str], body: Sequence[tuple[int, list[str]]]
) -> tuple[list[list[str]], list[int]]:
    rows, lines = [], []
    for line, cells in body:
        while len(cells) > len(header) and not cells[-1]:  # a separator at the end of the line
            cells.pop()
        if cells == list(header):  # tables put one after another by hand
            continue
        if len(cells) < len(header) and line == body[-1][0] and len(body) > 1:
            logger.warning(
                "%s, line %d: the last line breaks off after %d of %d cells; left out",
                path, line, len(cells), len(header),
            )  # fmt: skip
            continue
        if len(cells) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells where the first line names {len(header)} columns; "
                "expected as many"
            )
        rows.append(cells)
        lines.append(line)
    return rows, lines


def _decode(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; expected a CSV table") from None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # names of files on Windows; columns are ASCII
    if "\0" in text:
        raise DataError(f"{path} is no text; expected a CSV table")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _separator(header: str) -> str:
    return max(_SEPARATORS, key=header.count)
