"""[homeassistant]: whether Home Assistant finds this device by itself, and what it shows."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edge.config.table import Table


def _is_topic(text: str) -> str:
    if not text or text.strip("/ ") != text or set(text) & set("+#\0") or len(text) > 200:
        raise ValueError("expected a topic without + and #, such as homeassistant")
    return text


Topic = Annotated[str, AfterValidator(_is_topic)]


class HomeAssistantConfig(Table):
    enabled: bool = Field(
        False,
        description="tell Home Assistant, by MQTT discovery, of this device and all that it measures; false "
        "takes back what was told",
    )
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="what Home Assistant calls this device; default: device.id"
    )
    area: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="area that Home Assistant proposes when it first sees the device; default: none"
    )
    language: Literal["en", "ja", "ko", "ru", "zh-TW"] = Field(
        "en", description="language of the names that Home Assistant shows"
    )
    discovery_prefix: Topic = Field(
        "homeassistant", description="where Home Assistant looks for devices, as its MQTT settings say"
    )
    birth_topic: Topic | None = Field(
        None,
        description="where Home Assistant says that it has started, as its MQTT settings say; "
        "default: discovery_prefix and /status",
    )

    @property
    def birth(self) -> str:
        return self.birth_topic or f"{self.discovery_prefix}/status"
