"""What stands on a sign, however it is drawn."""

import io
import re
from dataclasses import dataclass
from functools import cached_property

import segno

from edge.errors import UsageError
from edge.notice.wording import WORDINGS, Wording

#: The sign is read from some steps away: what is longer does not fit it.
MOST_LETTERS = 100

#: A QR code of more than this is too fine for a telephone at the door.
_MOST_URL_LETTERS = 120


@dataclass(frozen=True)
class Sign:
    """A sign in one language. What its owner left out is a line to write on.

    Attributes:
        responsible: who answers for the device.
        purpose: what it is for.
        contact: where to ask.
        url: a page that says more, which becomes the QR code; else a contact that is a mail address does.
    """

    language: str
    responsible: str | None = None
    purpose: str | None = None
    contact: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        for name in ("responsible", "purpose", "contact"):
            _check_text(name, getattr(self, name))
        if self.url is not None and not re.fullmatch(r"https?://[^\s<>\"]+", self.url):
            raise UsageError(f"--url is {self.url}; expected an address that begins with https:// or http://")
        if self.url is not None and len(self.url) > _MOST_URL_LETTERS:
            raise UsageError(f"--url has {len(self.url)} letters; expected at most {_MOST_URL_LETTERS}")

    @property
    def wording(self) -> Wording:
        return WORDINGS[self.language]

    @property
    def fields(self) -> list[tuple[str, str | None]]:
        """What the owner says, each under its heading."""
        words = self.wording
        said = (self.responsible, self.purpose, self.contact)
        return list(zip((words.responsible, words.purpose, words.contact), said, strict=True))

    @property
    def link(self) -> str | None:
        """What the QR code opens; None where there is none."""
        if self.url:
            return self.url
        is_mail = self.contact and re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", self.contact)
        return f"mailto:{self.contact}" if is_mail else None

    @property
    def address(self) -> str:
        """The link as people read it."""
        return re.sub(r"^(mailto:|https?://)", "", self.link or "")

    @cached_property
    def qr_svg(self) -> str:
        """The QR code as an element of SVG that fills the room it is given; empty where there is none."""
        if not self.link:
            return ""
        drawn = io.BytesIO()
        code = segno.make(self.link, error="m", micro=False)
        code.save(
            drawn,
            kind="svg",
            xmldecl=False,
            omitsize=True,
            nl=False,
            border=4,
            light="white",
            svgclass=None,
            lineclass=None,
            title=f"QR code: {self.link}",
        )
        return drawn.getvalue().decode()


def _check_text(name: str, text: str | None) -> None:
    if text is not None and not (0 < len(text.strip()) <= MOST_LETTERS and text.isprintable()):
        raise UsageError(
            f"--{name} has {len(text)} letters; expected 1 to {MOST_LETTERS}, on one line: a sign is read in "
            "passing"
        )
