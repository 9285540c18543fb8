"""[view]: the aim page."""

import ipaddress
from typing import Annotated

from pydantic import Field, field_validator

from edge.config.table import Table


class ViewConfig(Table):
    enabled: bool = Field(False, description="serve a page that shows what the camera sees, for aiming it")
    host: Annotated[str, Field(min_length=1)] = Field(
        "127.0.0.1",
        description="address that it listens at: 127.0.0.1 for this machine alone, 0.0.0.0 for its network",
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8780, description="its TCP port")
    minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        30, description="the page closes by itself so long after the start, minutes"
    )
    pictures: bool = Field(True, description="show the picture; false: what is found in it alone, on grey")
    picture_width_px: Annotated[int, Field(ge=64, le=640)] = Field(
        320, description="how wide the picture is that the page shows, pixels"
    )
    pictures_per_s: Annotated[float, Field(ge=0.5, le=15)] = Field(
        5, description="how often the page looks, times a second"
    )
    names: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")]] = Field(
        [],
        description="names by which browsers may ask for it, besides addresses, localhost and the host's own",
    )

    @field_validator("host")
    @classmethod
    def _is_an_address(cls, host: str) -> str:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("expected an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::1") from None
        return host

    @property
    def is_local(self) -> bool:
        """Whether this machine alone can get to the page."""
        return ipaddress.ip_address(self.host).is_loopback
