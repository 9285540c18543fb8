"""`mien homeassistant`: which devices Home Assistant was told of, and taking that back."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.commands.options import Commands, add_broker, read_broker
from edge.config import read_password
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.mqtt.homeassistant.removal import Announced


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "homeassistant",
        help="which devices Home Assistant was told of; --remove takes that back",
        description="Lists the devices of mien that the broker keeps for Home Assistant.",
    )
    command.add_argument(
        "--remove",
        action="store_true",
        help="take back what one device told, so that Home Assistant forgets it; other devices stay",
    )
    command.add_argument(
        "--device", metavar="D", help="one device (default: to list, all; to remove, device.id of --config)"
    )
    add_broker(command)
    command.add_argument(
        "--prefix",
        metavar="P",
        help="Home Assistant's discovery prefix (default: homeassistant.discovery_prefix)",
    )
    command.add_argument("--json", action="store_true", help="one JSON list")


def run(options: argparse.Namespace) -> None:
    from edge.mqtt.homeassistant.removal import filters, list_announced, remove
    from edge.mqtt.subscriber import Subscriber

    if options.remove and options.device is None and options.config is None:
        raise UsageError("--remove needs to know which device; give --config FILE or --device D")
    config = read_broker(options)
    prefix = options.prefix or config.homeassistant.discovery_prefix
    subscriber = Subscriber(config.mqtt, read_password(config.mqtt), filters=filters(prefix))
    try:
        announced = list_announced(subscriber)
        if options.remove:
            told = _choose(announced, config.device.id)
            remove(subscriber, [device.topic for device in told])
        else:
            told = [one for one in announced if one.is_ours and options.device in (None, one.device)]
    finally:
        subscriber.close()
    _tell(told, options)
    if options.remove:
        _hint(announced, config.device.id)


def _choose(announced: "list[Announced]", device: str) -> "list[Announced]":
    """What of a device there is to remove.

    Raises:
        UsageError: another program announced a device of this name.
    """
    chosen = [one for one in announced if one.device == device]
    for one in chosen:
        if not one.is_ours:
            raise UsageError(f"{one.topic} was told by {one.origin}, not by mien; it stays")
    return chosen


def _tell(devices: "list[Announced]", options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps([asdict(device) for device in devices], indent=2, ensure_ascii=False))
        return
    done = "removed: " if options.remove else ""
    for one in devices:
        print(f"{done}{one.device} ({one.name}), mien {one.version}, {one.status or 'no status'}")
    if not devices:
        print("the broker keeps no such device for Home Assistant")


def _hint(announced: "list[Announced]", device: str) -> None:
    """Say what else should be done: on standard error, beside the result."""
    from edge.board import read_board

    for one in announced:
        if one.device == device and one.is_running:
            print(
                f"mien: {device} runs and tells it again when it connects anew; "
                "set homeassistant.enabled = false there",
                file=sys.stderr,
            )
        elif one.device != device and one.is_ours and one.board == read_board() and not one.is_running:
            print(
                f"mien: {one.device} was told by this machine, too, and does not run; "
                f"if it is no more: --device {one.device}",
                file=sys.stderr,
            )
