"""[device]: which device this is, and where it stands."""

import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from edge.board import SERIALS, read_board
from edge.config.table import Table

_LONGEST_NAME = 64

#: Where the EU prohibits to infer emotions, but for medical or safety reasons, and how a sentence says it.
_PROHIBITED = {"work": "at work", "education": "in education"}


#: Names that an image gives to every device; two of them would tell under one topic.
_STOCK_NAMES = frozenset(
    [
        "localhost",
        "raspberrypi",
        "raspbian",
        "raspberry",
        "pi",
        "debian",
        "ubuntu",
        "armbian",
        "dietpi",
        "linux",
    ]
)


def name_device(host: str, serials: Iterable[Path] = SERIALS) -> str:
    """The host's name; where it says nothing, with digits of the board's serial number: raspberrypi-3f9a."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", host.partition(".")[0])[:_LONGEST_NAME]
    if name and name.lower() not in _STOCK_NAMES:
        return name
    identity = read_board(serials)
    return "-".join(filter(None, [name or "mien", identity and identity[:4]]))


class DeviceConfig(Table):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=lambda: name_device(platform.node()),
        description="names this device in topics: letters, digits, - and _; default: the host's name, and "
        "where many have that, as with raspberrypi, four digits of the board's serial number behind it",
    )
    site: Literal["home", "research", "exhibition", "medical", "safety", "work", "education", "other"] = Field(
        "home",
        description="where it stands, which info tells; work and education are refused without a basis",
    )
    basis: str | None = Field(
        None,
        description='the medical or safety reason, which info tells everyone: "medical: …" or "safety: …", and '
        "what for; needed at work and in education; default: none",
    )

    @field_validator("basis")
    @classmethod
    def _says_which_and_what_for(cls, basis: str | None) -> str | None:
        if basis is not None and not re.fullmatch(r"(medical|safety): ?\S.{7,299}", basis):
            raise ValueError(
                'expected "medical: …" or "safety: …" and what for, on one line of at most 300 characters'
            )
        return basis

    @model_validator(mode="after")
    def _is_allowed_there(self) -> "DeviceConfig":
        if self.site in _PROHIBITED and not self.basis:
            raise ValueError(
                f"site is {self.site!r} and basis is not set; inferring emotions {_PROHIBITED[self.site]} is "
                "prohibited in the EU but for medical or safety reasons (Regulation (EU) 2024/1689, Article "
                '5(1)(f)); expected another site, or basis = "medical: …" or "safety: …" with that reason, '
                "which is then published"
            )
        return self
