"""Faces that come and go many times a second, told by the real publisher through the real outbox.

Every event that must arrive is written to standard output once it was handed over: from then on it must arrive.
"""

import json
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from edge.cli import _log_handler
from edge.config import load_config
from edge.mqtt.client import MqttTransport
from edge.mqtt.outbox import Outbox
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.records import Box, Frame, Reading, Scene


class Ledger(MqttTransport):
    """The real transport; writes down what it has taken."""

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        super().send(topic, payload, qos, retain)
        if qos and not retain:
            event = json.loads(payload)
            print(event["session"], event["seq"], event["type"], event["track"], flush=True)


def run(config_file: Path, rate: float) -> None:
    config = load_config(config_file)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    publish = config.publish
    outbox = Outbox(publish.outbox, publish.outbox_max_messages, publish.outbox_max_age_s)
    topics = Topics(config.device.id)
    publisher = Publisher(Ledger(config.mqtt, topics, None, outbox), topics, publish)
    publisher.start()
    publisher.set_status("online")
    picture, index = np.zeros((48, 64), np.uint8), 0
    while not stop.wait(1 / rate if rate else 0.05):
        index += 1
        now_s = time.monotonic()
        face = Reading(index, Box(1, 1, 30, 30), "happy", 0.9, {"happy": 0.9}, now_s, first_seen_s=now_s)
        readings = [face] if rate else []
        publisher.publish(
            Frame(picture, now_s, now_s, index), readings, Scene(*readings[:1] or [None], len(readings))
        )
        if not rate and not publisher.waiting:
            break
    publisher.close("stopped")


if __name__ == "__main__":
    import logging

    logging.basicConfig(level=logging.INFO, handlers=[_log_handler()])
    run(Path(sys.argv[1]), float(sys.argv[2]))
