"""What the daemon tells of itself in `info`."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge.cameras import Camera
from edge.config import Config, public_config
from edge.emotion.accelerator import AcceleratorReport
from edge.emotion.bundle import Bundle
from edge.mqtt.payloads import timestamp
from edge.mqtt.schemas import make_schemas
from edge.restarts import Restarts


def describe(
    config: Config,
    bundle: Bundle,
    accelerator: AcceleratorReport,
    camera: Camera | None,
    restarts: Restarts,
    problems: Mapping[str, str],
) -> dict[str, Any]:
    """The fields of the message `info`."""
    ended_s = restarts.last_ended_unix_s
    return {
        "version": importlib.metadata.version("mien"),
        "model": {"name": bundle.card.name, "card_sha256": bundle.digest},
        "accelerator": asdict(accelerator),
        "camera": {
            "name": camera.name if camera else None,
            "granted": getattr(camera, "granted", None),
        },
        "restarts": {
            "count": restarts.count,
            "last_reason": restarts.last_reason,
            "last_ts": timestamp(ended_s) if ended_s else None,
        },
        "problems": problems,
        "site": config.device.site,
        "basis": config.device.basis,
        "config": public_config(config),
        "config_schema": Config.model_json_schema(),
        "schemas": make_schemas(),
    }
