"""What the daemon tells of itself: in `info`, and to those who look on."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge.cameras import Camera
from edge.condition import Condition
from edge.config import Config, public_config
from edge.emotion.accelerator import AcceleratorReport
from edge.emotion.bundle import Bundle
from edge.mqtt.payloads import timestamp
from edge.mqtt.publisher import Publisher
from edge.mqtt.schemas import make_schemas
from edge.restarts import Restarts
from edge.view.snapshot import Facts


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


def tell_facts(
    config: Config,
    condition: Condition,
    camera: Camera | None,
    accelerator: AcceleratorReport,
    publisher: Publisher,
    is_private: bool,
) -> Facts:
    """What those are shown who look on."""
    to_log = config.publish.to == "log"
    return Facts(
        device=config.device.id,
        status=condition.status,
        problems=condition.problems,
        camera=", ".join(filter(None, (camera.name, camera.granted))) if camera else None,
        accelerator=accelerator.in_use,
        coral=accelerator.problem,
        broker="the log" if to_log else f"{config.mqtt.host}:{config.mqtt.port}",
        is_connected=publisher.is_up,
        waiting=publisher.waiting,
        is_private=is_private,
    )
