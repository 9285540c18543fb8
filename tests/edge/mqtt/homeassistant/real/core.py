"""A real Home Assistant core as a process of its own, spoken to as its own front end does."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.conftest import free_port, wait_until

#: Its first start installs what its parts require; that takes minutes.
_FIRST_START_S, _START_S = 900, 90

_USER, _PASSWORD = "mien", "in a test alone"

#: A lamp that automations may switch: `light.living_room`.
_LAMP = """
input_boolean:
  lamp:
light:
  - platform: template
    lights:
      living_room:
        value_template: "{{ is_state('input_boolean.lamp', 'on') }}"
        turn_on:
          action: input_boolean.turn_on
          target:
            entity_id: input_boolean.lamp
        turn_off:
          action: input_boolean.turn_off
          target:
            entity_id: input_boolean.lamp
"""


class Core:
    """One with an empty home and a broker.

    Args:
        hass: its program.
        folder: for its configuration; it is made.
        automations: YAML of a list of them.
        recorder: YAML of its table `recorder`.
    """

    def __init__(self, hass: Path, folder: Path, automations: str, recorder: str) -> None:
        self._hass, self.folder, self.port = hass, folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client_id = f"{self.url}/"
        self._token: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "automations.yaml").write_text(automations)
        (folder / "configuration.yaml").write_text(
            "homeassistant:\n  name: Home\n  time_zone: UTC\n  unit_system: metric\n"
            f"http:\n  server_host: 127.0.0.1\n  server_port: {self.port}\n"
            "config:\nfrontend:\nhistory:\nlogbook:\nmqtt:\nautomation: !include automations.yaml\n"
            f"logger:\n  default: warning\n{recorder}\n{_LAMP}"
        )

    @property
    def log(self) -> str:
        return (self.folder / "home-assistant.log").read_text(errors="replace")

    def start(self) -> None:
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._hass, "--config", self.folder, "--skip-pip"]
                if self._token
                else [self._hass, "--config", self.folder],
                stdout=output,
                stderr=output,
            )
        limit_s = _START_S if self._token else _FIRST_START_S
        assert wait_until(self._is_running, limit_s), f"Home Assistant did not start; see {self.folder}"

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def meet(self, broker_port: int) -> None:
        """Make its first user, and tell it of the broker; once."""
        user = {
            "client_id": self.client_id,
            "name": _USER,
            "username": _USER,
            "password": _PASSWORD,
            "language": "en",
        }
        self.take_code(self.call("onboarding/users", user)["auth_code"])
        for step in ("core_config", "analytics"):
            self.call(f"onboarding/{step}", {})
        self.call("onboarding/integration", {"client_id": self.client_id, "redirect_uri": self.client_id})
        flow = self.call("config/config_entries/flow", {"handler": "mqtt"})
        made = self.call(
            f"config/config_entries/flow/{flow['flow_id']}", {"broker": "127.0.0.1", "port": broker_port}
        )
        assert made["type"] == "create_entry", made

    def take_code(self, code: str) -> dict[str, Any]:
        """Get what a browser has after the log-in."""
        form = {"grant_type": "authorization_code", "code": code, "client_id": self.client_id}
        request = urllib.request.Request(f"{self.url}/auth/token", urllib.parse.urlencode(form).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            tokens: dict[str, Any] = json.load(answer)
        self._token = tokens["access_token"]
        self.tokens = tokens
        return tokens

    def call(self, path: str, body: object = None) -> Any:
        """GET, or POST with a body."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def evaluate(self, expression: str) -> Any:
        """What an expression of its own templates gives."""
        return self.call("template", {"template": f"{{{{ ({expression}) | tojson }}}}"})

    def state(self, entity: str) -> str | None:
        """The state of an entity; None where there is none."""
        try:
            return str(self.call(f"states/{entity}")["state"])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def attributes(self, entity: str) -> dict[str, Any]:
        return dict(self.call(f"states/{entity}")["attributes"])

    def becomes(self, entity: str, *wanted: str | None, within_s: float = 20) -> bool:
        """Whether an entity gets one of some states in time; without any, whether it gets a value."""
        if wanted:
            return wait_until(lambda: self.state(entity) in wanted, within_s)
        return wait_until(lambda: self.state(entity) not in ("unavailable", "unknown", None), within_s)

    def entries(self, registry: str) -> list[dict[str, Any]]:
        """What its registry ("device" or "entity") holds, disabled ones too, as of when it was stopped."""
        path = self.folder / ".storage" / f"core.{registry}_registry"
        key = {"device": "devices", "entity": "entities"}[registry]
        return list(json.loads(path.read_text())["data"][key]) if path.exists() else []

    def _is_running(self) -> bool:
        if self._process and self._process.poll() is not None:
            raise AssertionError(f"Home Assistant ended; see {self.folder}/output.log")
        try:
            if self._token is None:
                return bool(self.call("onboarding"))
            return bool(self.call("config")["state"] == "RUNNING")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
            return False
