"""A daemon in the virtual machine, as a user would start it, and what it tells the broker."""

import itertools
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MIEN = "/opt/mien/bin/mien"

#: The machine is slow without KVM, and does one thing at a time.
LONG_S = 400


def sh(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.strip()}")
    return done.stdout


def wait_until(what: str, is_true: Callable[[], Any], timeout_s: float = LONG_S) -> Any:
    """Look again and again; give what was found. Raises TimeoutError where it does not come true in time."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        found = is_true()
        if found:
            return found
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not come within {timeout_s:.0f} s")


class Daemon:
    """`mien run`, and what it tells the broker.

    Args:
        settings: more lines of the table camera.
        is_service: systemd starts it, and starts it again whenever it ends.
    """

    _numbers = itertools.count()

    def __init__(self, source: str, settings: str = "", is_service: bool = False) -> None:
        self.id = f"cam{next(self._numbers)}"
        self.is_service = is_service
        self.log = Path(f"/tmp/{self.id}.log")
        config = Path(f"/tmp/{self.id}.toml")
        config.write_text(
            f'[device]\nid = "{self.id}"\n'
            f'[camera]\nsource = "{source}"\n{settings}\n'
            "[publish]\nheartbeat_s = 2\n"
        )
        self.messages: list[dict[str, Any]] = []
        self._watch = subprocess.Popen(
            [MIEN, "watch", "--host", "localhost", "--device", self.id, "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        command = [MIEN, "run", "--config", str(config)]
        if is_service:
            properties = ["Restart=always", "RestartSec=1", f"StandardError=append:{self.log}"]
            options = [f"--property={one}" for one in properties]
            command = ["systemd-run", "--quiet", "--wait", "--collect", f"--unit={self.id}", *options, *command]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log)

    def _listen(self) -> None:
        assert self._watch.stdout
        for line in self._watch.stdout:
            self.messages.append(json.loads(line))

    def payloads(self, kind: str, since: int = 0) -> list[Any]:
        return [m["payload"] for m in self.messages[since:] if m["topic"].split("/", 2)[2] == kind]

    def wait(self, what: str, is_true: Callable[[], Any]) -> Any:
        """As `wait_until`, and for no longer than the daemon lives."""

        def is_true_and_alive() -> Any:
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.process.returncode} while waiting for {what}")
            return is_true()

        return wait_until(what, is_true_and_alive)

    def granted(self) -> str:
        told = re.findall(r"INFO (\S+ gives .*)", self.log.read_text())
        return told[-1] if told else "nothing told of what was granted"

    def stop(self) -> None:
        if self.is_service:
            sh(f"systemctl stop {self.id}")
        else:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            for process in (self.process, self._watch):
                process.kill()
                process.wait()


@contextmanager
def daemon(source: str, settings: str = "", is_service: bool = False) -> Iterator[Daemon]:
    running = Daemon(source, settings, is_service)
    try:
        yield running
    except Exception:
        print(f"the daemon's log:\n{running.log.read_text()}\nits last messages: {running.messages[-5:]}")
        raise
    finally:
        running.stop()
