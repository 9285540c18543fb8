"""All tables together: read, checked, and told to others."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from edge.config.camera import CameraConfig, without_login
from edge.config.device import DeviceConfig
from edge.config.emotion import ModelConfig, MoodConfig
from edge.config.faces import DetectConfig, QualityConfig
from edge.config.homeassistant import HomeAssistantConfig
from edge.config.mqtt import MqttConfig
from edge.config.privacy import PrivacyConfig
from edge.config.publish import PublishConfig
from edge.config.table import Table
from edge.config.view import ViewConfig
from edge.config.wording import one_line
from edge.errors import ConfigError


class Config(Table):
    device: DeviceConfig = Field(default_factory=DeviceConfig)
    camera: CameraConfig = Field(default_factory=lambda: CameraConfig())
    detect: DetectConfig = Field(default_factory=lambda: DetectConfig())
    quality: QualityConfig = Field(default_factory=lambda: QualityConfig())
    model: ModelConfig = Field(default_factory=lambda: ModelConfig())
    mood: MoodConfig = Field(default_factory=lambda: MoodConfig())
    mqtt: MqttConfig = Field(default_factory=lambda: MqttConfig())
    publish: PublishConfig = Field(default_factory=lambda: PublishConfig())
    privacy: PrivacyConfig = Field(default_factory=lambda: PrivacyConfig())
    homeassistant: HomeAssistantConfig = Field(default_factory=lambda: HomeAssistantConfig())
    view: ViewConfig = Field(default_factory=lambda: ViewConfig())

    @model_validator(mode="after")
    def _virtual_time_has_no_coral(self) -> "Config":
        if self.camera.is_virtual and self.model.accelerator == "edgetpu":
            raise ValueError(
                "camera.clock is virtual and model.accelerator is edgetpu; expected cpu, since when a Coral is "
                "ready differs from run to run"
            )
        return self


def load_config(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: it is missing, is not TOML, or holds a key or a value that is not allowed.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is not there; expected a TOML file (an empty one will do)") from None
    except RecursionError:
        raise ConfigError(f"{path} is not TOML that can be read: its values are nested too deeply") from None
    except ValueError as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise ConfigError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return parse_config(tables)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_config(tables: dict[str, Any]) -> Config:
    """Check tables as `tomllib` gives them. Raises ConfigError, which names the key and the value."""
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(one_line(error, Config)) from None


def public_config(config: Config) -> dict[str, Any]:
    """Every key as JSON has it; the login in a camera's address is left out."""
    tables = config.model_dump(mode="json")
    tables["camera"]["source"] = without_login(config.camera.source)
    return tables
