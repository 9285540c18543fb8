"""A broker and a daemon that can be killed, and a listener that misses nothing."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.conftest import answers, find_mosquitto, wait_until

ROOT = Path(__file__).resolve().parents[4]

Event = tuple[str, int]


class Mosquitto:
    """A real one. A session that was saved once outlives kill -9, and with it who listens.

    What it has acknowledged and not yet passed on outlives a SIGTERM alone: on disk is what it had at its last
    save. Nobody can give back what a broker acknowledged and lost.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._config, self._port = folder / "mosquitto.conf", port
        lines = [
            f"listener {port} 127.0.0.1",
            *("allow_anonymous true", "user root", "persistence true", f"persistence_location {folder}/"),
            *("max_queued_messages 0", "max_inflight_messages 0"),
        ]
        self._config.write_text("\n".join([*lines, ""]))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = find_mosquitto()
        assert program
        self._process = subprocess.Popen([program, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        assert wait_until(lambda: answers(self._port), 20), "mosquitto did not start"

    def save(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None


class Listener:
    """Hears every face, in order; its session is a lasting one."""

    def __init__(self, port: int) -> None:
        self.heard: list[dict[str, object]] = []
        self.is_subscribed = threading.Event()
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2, "listener", clean_session=False, protocol=MQTTProtocolVersion.MQTTv311
        )
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_connect = lambda client, *_: client.subscribe("mien/+/faces/#", qos=1)
        client.on_subscribe = lambda *_: self.is_subscribed.set()
        client.on_disconnect = lambda *_: self.is_subscribed.clear()
        client.on_message = lambda client, data, message: self.heard.append(json.loads(message.payload))
        client.connect("127.0.0.1", port)
        client.loop_start()

    def waits_for_quiet(self, quiet_s: float) -> None:
        count = -1
        while count != len(self.heard):
            count = len(self.heard)
            time.sleep(quiet_s)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Daemon:
    """The made faces in a process of their own; what it wrote down stays when it is killed."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self.ledger: list[Event] = []
        self.log: list[str] = []

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self, rate: float) -> None:
        command = [sys.executable, "-m", "tests.edge.mqtt.soak.daemon", str(self._config), str(rate)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._readers = [
            threading.Thread(target=self._read_ledger, args=(self._process,)),
            threading.Thread(target=self._read_log, args=(self._process,)),
        ]
        for reader in self._readers:
            reader.start()
        before = len(self.ledger)
        assert not rate or wait_until(lambda: len(self.ledger) > before, 60), "the daemon tells nothing"

    def end(self, how: signal.Signals, timeout_s: float = 20) -> None:
        assert self._process
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(timeout_s)
        for reader in self._readers:
            reader.join()

    def drain(self) -> None:
        """Let what still waits go, with no new faces."""
        self.start(rate=0)
        assert self._process
        self._process.wait(60)
        self.end(signal.SIGTERM)

    def _read_ledger(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            words = line.split()
            if len(words) == 4 and line.endswith("\n"):  # the last one may be cut by the kill
                self.ledger.append((words[0], int(words[1])))

    def _read_log(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr
        self.log.extend(line.rstrip() for line in process.stderr)


@dataclass
class Verdict:
    """What was promised, what came, and what is wrong with it."""

    events: int = 0
    arrived: int = 0
    repeats: int = 0
    seconds: float = 0
    broker_kills: int = 0
    daemon_kills: int = 0
    dropped: int = 0
    memory_growth_mb: float | None = None
    log: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def judge(
    ledger: list[Event], heard: list[dict[str, object]], verdict: Verdict, may_lack: range = range(0)
) -> None:
    """Compare what was handed over with what came; nothing may be missing, changed, or out of order.

    Args:
        may_lack: which events, by their place in the ledger, the outbox had no room for.
    """
    first: dict[Event, dict[str, object]] = {}
    faces: Counter[tuple[object, ...]] = Counter()
    for event in heard:
        key = str(event["session"]), int(str(event["seq"]))
        if key in first:
            verdict.repeats += 1
            if first[key] != event:
                verdict.failures.append(f"{key} came with another content")
        else:
            first[key] = event
            faces[event["session"], event["track"], event["type"]] += 1
    missing = {event for place, event in enumerate(ledger) if event not in first and place not in may_lack}
    verdict.dropped = sum(ledger[place] not in first for place in may_lack)
    if not ledger:
        verdict.failures.append("nothing was handed over")
    verdict.events, verdict.arrived = len(ledger), len(set(ledger) & set(first))
    if missing:
        verdict.failures.append(f"{len(missing)} events did not arrive, such as {min(missing)}")
    if twice := [face for face, count in faces.items() if count > 1]:
        verdict.failures.append(f"{len(twice)} faces came or went twice, such as {twice[0]}")
    for session in {session for session, _ in first}:
        numbers = [seq for name, seq in first if name == session]
        if numbers != sorted(numbers):
            verdict.failures.append(f"session {session} is out of order")
