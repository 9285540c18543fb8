"""A home: a real Home Assistant, a real mosquitto, and daemons that watch a made clip."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edge.clip import write_clip
from tests.conftest import free_port, wait_until
from tests.edge.mqtt.homeassistant.conftest import Listener
from tests.edge.mqtt.homeassistant.real.core import Core
from tests.edge.mqtt.soak.rig import ROOT, Mosquitto

#: What is told at least so often, seconds; values expire after three of them.
HEARTBEAT_S = 2

#: As the pages call the device.
DEVICE, NAME = "living-room", "Living room"


class Daemon:
    """`mien run`, and what else is done with its configuration."""

    def __init__(self, folder: Path, port: int, device: str = DEVICE, **homeassistant: Any) -> None:
        self._config = folder / f"{device}.toml"
        self._log = folder / "mien.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder, self._port = folder, port
        self.configure(device, **homeassistant)

    def configure(self, device: str, **homeassistant: Any) -> None:
        about = {"enabled": True, "name": NAME, "area": NAME} | homeassistant
        keys = "\n".join(f"{key} = {json.dumps(value)}" for key, value in about.items())
        self._config.write_text(
            f'device = {{ id = "{device}" }}\n'
            f'camera = {{ source = "file:clip.mp4", loop = true }}\n'
            f'mqtt = {{ host = "127.0.0.1", port = {self._port} }}\n'
            f"publish = {{ heartbeat_s = {HEARTBEAT_S} }}\n[homeassistant]\n{keys}\n"
        )

    def start(self) -> None:
        with self._log.open("ab") as log:
            state = os.environ | {"XDG_STATE_HOME": str(self._folder / "state"), "PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen(self._command("run"), stderr=log, env=state, cwd=self._folder)

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def wake(self) -> None:
        """Go on after a SIGSTOP. To the watchdog it may look like a hang; then systemd would start it anew."""
        process = self._process
        assert process
        process.send_signal(signal.SIGCONT)
        if wait_until(lambda: process.poll() is not None, 3):
            self.start()

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def call(self, *words: str) -> str:
        """Another command with the same configuration; gives what it printed."""
        return subprocess.run(self._command(*words), capture_output=True, text=True, check=True).stdout

    def _command(self, command: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "edge.cli", command, "--config", str(self._config), *more]


class Home:
    """All of it; `close` ends all."""

    def __init__(self, hass: Path, folder: Path, automations: str, recorder: str) -> None:
        self.folder, self.port = folder, free_port()
        write_clip(folder / "clip.mp4", 6, empty_s=5, fps=15)
        self.broker = Mosquitto(folder, self.port)
        self.broker.start()
        self.ear = Listener(self.port)
        self.core = Core(hass, folder / "homeassistant", automations, recorder)
        self.daemon = Daemon(folder, self.port)

    def told(self, kind: str) -> list[str]:
        """What the device told of a kind, in this order."""
        return self.ear.all(f"mien/{DEVICE}/{kind}")

    def emotion(self) -> str:
        """The newest that the device told."""
        return str(json.loads(self.told("state")[-1])["emotion"])

    def states(self, entities: Iterable[str]) -> dict[str, str | None]:
        return {entity: self.core.state(entity) for entity in entities}

    def logs(self) -> str:
        """What the daemon and Home Assistant said, for whoever has to find out what failed."""
        paths = (self.folder / "mien.log", self.core.folder / "home-assistant.log")
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in paths if path.exists())

    def retained(self) -> dict[str, str]:
        """What the broker keeps: what somebody who comes now is told."""
        late = Listener(self.port)
        try:
            assert wait_until(lambda: late.says_and_hears("mark"), 10)
            return {topic: payload for topic, payload in late.heard if payload and topic != "mark"}
        finally:
            late.close()

    def close(self) -> None:
        self.daemon.end(signal.SIGKILL)
        self.core.stop()
        self.ear.close()
        self.broker.kill()
