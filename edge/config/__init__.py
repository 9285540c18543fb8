"""The configuration: one TOML file, one model a table. Every key has a usable default.

A key's description says its unit; help texts and the documentation are made from it.
"""

from edge.config.camera import CameraConfig, Region, comes_back, without_login
from edge.config.device import DeviceConfig
from edge.config.emotion import ModelConfig, MoodConfig
from edge.config.faces import DetectConfig, QualityConfig
from edge.config.homeassistant import HomeAssistantConfig
from edge.config.mqtt import MqttConfig
from edge.config.privacy import PrivacyConfig, least_faces, state_folder
from edge.config.publish import PublishConfig
from edge.config.secret import CREDENTIAL, KEY_CREDENTIAL, find_credential, read_password
from edge.config.view import ViewConfig
from edge.config.whole import Config, load_config, parse_config, public_config

__all__ = [
    "CREDENTIAL",
    "KEY_CREDENTIAL",
    "CameraConfig",
    "Config",
    "DetectConfig",
    "DeviceConfig",
    "HomeAssistantConfig",
    "ModelConfig",
    "MoodConfig",
    "MqttConfig",
    "PrivacyConfig",
    "PublishConfig",
    "QualityConfig",
    "Region",
    "ViewConfig",
    "comes_back",
    "find_credential",
    "least_faces",
    "load_config",
    "parse_config",
    "public_config",
    "read_password",
    "state_folder",
    "without_login",
]
