"""Secrets: from a file or a systemd credential, never in the configuration itself."""

import os
from pathlib import Path

from edge.config.mqtt import MqttConfig
from edge.errors import ConfigError

#: The broker's password, as systemd/mien.service calls it.
CREDENTIAL = "mqtt-password"

#: The key of our own certificate, where systemd hands it to the service.
KEY_CREDENTIAL = "mqtt-client-key"


def read_password(mqtt: MqttConfig) -> str | None:
    """The broker's password from its file or the systemd credential; None where there is neither."""
    path = mqtt.password_file or find_credential(CREDENTIAL)
    if path is None:
        return None
    try:
        first_line = Path(os.path.expanduser(path)).read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"mqtt.password_file is {path}, which cannot be read: {reason}") from None
    return first_line.rstrip("\r") or None  # the service has an empty one where the broker wants none


def find_credential(name: str) -> Path | None:
    """The file in which systemd hands us a secret; None where it hands us none."""
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / name
    return credential if "CREDENTIALS_DIRECTORY" in os.environ and credential.is_file() else None
