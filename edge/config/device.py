"""[device]: which device this is."""

import platform
import re
from typing import Annotated

from pydantic import Field

from edge.config.table import Table


def _default_device_id() -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", platform.node().partition(".")[0]) or "mien"


class DeviceConfig(Table):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=_default_device_id,
        description="names this device in topics: letters, digits, - and _; default: the host's name",
    )
