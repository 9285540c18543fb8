"""The sign as one SVG of A4, to be changed in a drawing program or put into a document.

SVG breaks no lines: they are broken here, by the widths that letters of these scripts have, with room to spare.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape

from edge.notice.icon import ICON
from edge.notice.sign import Sign

#: Millimetres. The lower part is built from the foot of the page upwards.
_WIDTH, _HEIGHT, _SIDE, _HEADER, _QR, _FOOT = 210.0, 297.0, 18.0, 44.0, 42.0, 10.0
_DARK, _FAINT = "#0b4f5c", "#444"

#: What may not begin a line of Japanese or Chinese.
_NOT_FIRST = "、。，．」』）：；！？ー"
_MM_PER_POINT = 25.4 / 72

#: How much wider bold letters are.
_BOLD = 1.12

#: Widths in ems of DejaVu Sans, the widest of the fonts that we name.
_NARROW, _WIDE = frozenset(" .,:;’'il|!I()-"), frozenset("mwMWшщжмюфыШЩЖМЮФЫД@%—")


class _Column:
    """Writes text downwards from `y`."""

    def __init__(self, x: float, y: float, width: float) -> None:
        self.x, self.y, self.width = x, y, width
        self.parts: list[str] = []

    def write(
        self, text: str, points: float, weight: int = 400, colour: str = "#111", gap: float = 0.0
    ) -> None:
        size = points * _MM_PER_POINT
        self.y += gap
        width = self.width / size / (_BOLD if weight > 400 else 1)
        for line in break_lines(text, width):
            self.y += size * 1.4
            self.parts.append(
                f'<text x="{self.x:g}" y="{self.y - size * 0.35:.2f}" font-size="{size:.2f}" '
                f'font-weight="{weight}" fill="{colour}">{escape(line)}</text>'
            )


def make_svg(sign: Sign) -> str:
    words = sign.wording
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH:g}mm" height="{_HEIGHT:g}mm" '
        f'viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-labelledby="title" xml:lang="{sign.language}" '
        f'lang="{sign.language}" font-family="{escape(words.fonts)}">'
    )
    said = [words.lead, *(part for point in words.points for part in point)]
    return "\n".join(
        [
            root,
            f'<title id="title">{escape(words.heading)}</title>',
            f"<desc>{escape(' '.join(said))}</desc>",
            f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="white"/>',
            *_header(words.title),
            *_body(sign),
            *_footer(sign),
            "</svg>",
            "",
        ]
    )


def _header(title: Sequence[str]) -> Iterator[str]:
    width = _WIDTH - 2 * _SIDE
    yield f'<rect x="{_SIDE:g}" y="14" width="{width:g}" height="{_HEADER:g}" rx="4" fill="{_DARK}"/>'
    yield f'<svg x="{_SIDE + 9:g}" y="21" width="30" height="30" viewBox="0 0 48 48" color="white">{ICON}</svg>'
    column = _Column(_SIDE + 47, 0, width - 56)
    for line in title:
        column.write(line, 26, 700, "white")
    lift = 14 + (_HEADER - column.y) / 2
    yield f'<g transform="translate(0 {lift:.2f})">{"".join(column.parts)}</g>'


def _body(sign: Sign) -> list[str]:
    column = _Column(_SIDE, 14 + _HEADER, _WIDTH - 2 * _SIDE)
    column.write(sign.wording.lead, 16.5, 600, gap=5)
    column.y += 1
    for heading, text in sign.wording.points:
        column.write(heading, 13.5, 700, _DARK, gap=3.5)
        column.write(text, 13.5)
    return column.parts


def _footer(sign: Sign) -> Iterator[str]:
    column = _Column(_SIDE, 0, _WIDTH - 2 * _SIDE - (_QR + 8 if sign.link else 0))
    for heading, text in sign.fields:
        column.write(heading, 10, colour=_FAINT, gap=1.5)
        if text:
            column.write(text, 12, 600)
        else:
            column.y += 8
            column.parts.append(
                f'<path d="M{column.x:g} {column.y:.2f}h{column.width:g}" stroke="#111" stroke-width=".3"/>'
            )
    height = max(column.y, _QR + 12 if sign.link else 0)
    top = _HEIGHT - _FOOT - height
    yield f'<path d="M{_SIDE:g} {top - 3:.2f}H{_WIDTH - _SIDE:g}" stroke="{_DARK}" stroke-width=".6"/>'
    yield f'<g transform="translate(0 {top:.2f})">{"".join(column.parts)}</g>'
    if sign.link:
        x, y = _WIDTH - _SIDE - _QR, top + 1
        yield f'<svg x="{x:g}" y="{y:.2f}" width="{_QR:g}" height="{_QR:g}">{sign.qr_svg}</svg>'
        caption = _Column(x, y + _QR, _QR)
        caption.write(sign.wording.more, 11)
        caption.write(sign.address, 8, colour=_FAINT)
        yield from caption.parts


def break_lines(text: str, most_ems: float) -> Iterator[str]:
    """Lines of at most so many ems. Words are kept, but those of CJK and those that are too long."""
    line, width = "", 0.0
    for piece in _pieces(text):
        for part in [piece] if _ems(piece) <= most_ems else list(piece):
            if line and width + _ems(part.rstrip()) > most_ems:
                yield line.rstrip()
                line, width = "", 0.0
            line, width = line + part, width + _ems(part)
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What is not to be broken: a word with the space after it, a CJK character with the mark after it."""
    piece = ""
    for letter in text:
        begins = piece and (piece[-1] == " " or (_is_cjk(letter) or _is_cjk(piece[-1])))
        if begins and letter not in _NOT_FIRST and piece[-1] not in "「『（":
            yield piece
            piece = ""
        piece += letter
    yield piece


def _is_cjk(letter: str) -> bool:
    """Hangul is wide, too, and keeps its words."""
    return unicodedata.east_asian_width(letter) in "WF" and not "가" <= letter <= "힣"


def _ems(text: str) -> float:
    return sum(_letter_ems(letter) for letter in text)


def _letter_ems(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if letter in _NARROW:
        return 0.38
    if letter in _WIDE:
        return 0.92
    return 0.7 if letter.isupper() else 0.63
