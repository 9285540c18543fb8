"""What a run of prepare is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.emotion.bundle import InputSpec

#: The sides of a data set, in the order in which their folders are named.
SIDES = ("train", "valid", "test")

#: How much is added around the detector's box: what the card says where it says nothing else.
CROP_MARGIN = float(InputSpec.model_fields["crop_margin"].default)


class FacesRule(StrEnum):
    """Which faces of a picture are taken; SKIP: pictures are crops already."""

    LARGEST = "largest"
    ALL = "all"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Shares:
    """How pictures are divided, in percent: train, valid, test."""

    text: str
    percent: tuple[float, float, float]

    @classmethod
    def parse(cls, text: str) -> "Shares":
        """Read such as 80/10/10.

        Raises:
            ValueError: in one line.
        """
        try:
            percent = tuple(float(part) for part in text.split("/"))
        except ValueError:
            percent = ()
        is_whole = len(percent) == len(SIDES) and abs(sum(percent) - 100) < 1e-6  # which nan is not
        if not is_whole or min(percent) < 0 or not percent[0]:
            raise ValueError(f"{text!r}; expected three shares that add up to 100, such as 80/10/10")
        return cls(text, (percent[0], percent[1], percent[2]))

    @property
    def used(self) -> tuple[int, ...]:
        """The sides that get something, as indices into SIDES."""
        return tuple(index for index, share in enumerate(self.percent) if share)


DEFAULT_SHARES = Shares.parse("80/10/10")


@dataclass(frozen=True, slots=True)
class Settings:
    """One run.

    Attributes:
        shares: how to divide; None keeps RAW's own train, valid and test where it has them.
        classes: the class order, if the user gives one; other labels are left out.
        workers: processes that find faces.
        command: as it was typed, for the record.
    """

    raw: Path
    out: Path
    faces: FacesRule = FacesRule.LARGEST
    side_px: int = 48
    shares: Shares | None = None
    seed: int = 0
    classes: Sequence[str] | None = None
    workers: int = 1
    force: bool = False
    command: str = ""

    @property
    def finding(self) -> str:
        """All that decides which faces a picture gives; work done under another cannot be gone on with."""
        return f"v1 {self.raw.resolve()} faces={self.faces} side_px={self.side_px} margin={CROP_MARGIN}"
