"""The sign as a page: A4, to be printed by any browser. It needs nothing else, and reads well aloud."""

from collections.abc import Iterator, Sequence
from html import escape

from edge.notice.icon import ICON
from edge.notice.sign import Sign

_STYLE = """
@page { size: A4; margin: 0 }
* { box-sizing: border-box; margin: 0 }
body { background: #ddd; color: #111; print-color-adjust: exact; -webkit-print-color-adjust: exact }
article { width: 210mm; min-height: 296mm; margin: 8mm auto; padding: 14mm 18mm 12mm; background: #fff;
  display: flex; flex-direction: column; gap: 6mm; font-size: 13.5pt; line-height: 1.45;
  overflow-wrap: anywhere }
article:lang(ko) { word-break: keep-all }
header { display: flex; gap: 8mm; align-items: center; background: #0b4f5c; color: #fff; border-radius: 4mm;
  padding: 9mm }
header svg { flex: none; width: 30mm; height: 30mm }
h1 { font-size: 26pt; line-height: 1.25 }
.lead { font-size: 16.5pt; font-weight: 600 }
h2 { font-size: 13.5pt; color: #0b4f5c }
.points { display: grid; gap: 4mm }
footer { margin-top: auto; border-top: .6mm solid #0b4f5c; padding-top: 4mm; display: flex; gap: 8mm;
  justify-content: space-between; align-items: flex-end }
dl { flex: 1; display: grid; gap: 2.5mm }
dt { font-size: 10pt; color: #444 }
dd { font-size: 12pt; font-weight: 600; line-height: 1.3 }
.blank { height: 8mm; border-bottom: .3mm solid #111 }
figure { flex: none; width: 42mm; text-align: center }
figure svg { display: block; width: 42mm; height: 42mm }
figcaption { font-size: 11pt; line-height: 1.25 }
figcaption span { display: block; font-size: 8pt; color: #444 }
@media screen and (max-width: 210mm) { body { background: #fff }
  article { width: auto; margin: 0; padding: 5vw }
  h1 { font-size: 22pt } header svg { width: 18mm; height: 18mm } footer { flex-wrap: wrap } }
@media print { body { background: none } article { margin: 0; break-after: page }
  article:last-child { break-after: auto } }
"""


def make_page(signs: Sequence[Sign]) -> str:
    """An HTML page in which every sign is one printed page."""
    head = (
        f'<!DOCTYPE html>\n<html lang="{signs[0].language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(signs[0].wording.heading)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>"
    )
    return "\n".join(
        [head, *(line for sign in signs for line in _article(sign)), "</main>\n</body>\n</html>\n"]
    )


def _article(sign: Sign) -> Iterator[str]:
    words = sign.wording
    title = "<br>".join(escape(line) for line in words.title)
    yield f'<article lang="{sign.language}" style="font-family: {escape(words.fonts)}">'
    yield f'<header><svg viewBox="0 0 48 48" aria-hidden="true">{ICON}</svg><h1>{title}</h1></header>'
    yield f'<p class="lead">{escape(words.lead)}</p>'
    yield '<div class="points">'
    for heading, text in words.points:
        yield f"<section><h2>{escape(heading)}</h2><p>{escape(text)}</p></section>"
    yield "</div>"
    yield f"<footer><dl>{''.join(_fields(sign))}</dl>{_qr(sign)}</footer>"
    yield "</article>"


def _fields(sign: Sign) -> Iterator[str]:
    for heading, text in sign.fields:
        said = f"<dd>{escape(text)}</dd>" if text else '<dd class="blank"></dd>'
        yield f"<div><dt>{escape(heading)}</dt>{said}</div>"


def _qr(sign: Sign) -> str:
    if not sign.link:
        return ""
    picture = sign.qr_svg.replace("<svg ", '<svg role="img" ', 1)
    address = f'<span lang="">{escape(sign.address)}</span>'
    return f"<figure>{picture}<figcaption>{escape(sign.wording.more)}{address}</figcaption></figure>"
