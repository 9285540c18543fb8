"""Ten minutes of an empty room by the clock: the real daemon, a real mosquitto, and everything that it carries.

    make idle-room
    python -m tests.edge.idle --minutes 10

Exit 0 where it carried heartbeats, summaries and health alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from edge.config import MqttConfig
from edge.mqtt.subscriber import Subscriber
from tests.conftest import answers, find_mosquitto, free_port, wait_until
from tests.edge.idle.room import count_kinds, find_faults, write_empty_room

_LEAD_S = 5.0


def listen(folder: Path, minutes: float, heartbeat_s: float) -> list[tuple[str, object]]:
    """All that a device tells of an empty room, from its start to its end."""
    port, program = free_port(), find_mosquitto()
    assert program, "needs mosquitto: apt-get install mosquitto"
    write_empty_room(folder / "room.mp4", seconds=120)
    (folder / "broker.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    (folder / "mien.toml").write_text(
        f'device = {{ id = "lab" }}\nmqtt = {{ host = "127.0.0.1", port = {port} }}\n'
        f'camera = {{ source = "file:{folder}/room.mp4", loop = true }}\n'
        f"publish = {{ heartbeat_s = {heartbeat_s} }}\n"
    )
    broker = subprocess.Popen([program, "-c", folder / "broker.conf"], stderr=subprocess.DEVNULL)
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(folder / "mien.toml")]
    daemon = None
    try:
        assert wait_until(lambda: answers(port)), "mosquitto did not start"
        subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=port), None)
        daemon = subprocess.Popen(command)
        messages: list[tuple[str, object]] = []
        ends_s = time.monotonic() + minutes * 60 + _LEAD_S
        for message in subscriber.messages(patience_s=1):
            if message:
                topic, payload = message
                messages.append((topic, json.loads(payload) if payload.startswith("{") else payload))
            if time.monotonic() > ends_s:
                daemon.terminate()
            if message and message[1] == "stopped":
                return messages
    finally:
        for process in filter(None, (daemon, broker)):
            process.kill()
            process.wait()
    raise AssertionError("unreachable: messages never end")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--heartbeat-s", type=float, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mien-idle-") as folder:
        messages = listen(Path(folder), options.minutes, options.heartbeat_s)
    faults = find_faults(messages, options.minutes, options.heartbeat_s, has_health=True)
    print(
        json.dumps({"minutes": options.minutes, "messages": count_kinds(messages), "faults": faults}, indent=2)
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
