"""The machine that is looked at: its files, its commands, and processes in which a driver may crash."""

import json
import math
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ProbeError(Exception):
    """A probe found what is wrong, crashed or hung.

    Attributes:
        kind: the name of the error's class; "crash" or "hang" where the process had no time to say more.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class System:
    """Where the facts are read from. A test points it at a made tree.

    Attributes:
        root: the folder that stands for /.
        environment: that of the commands and probes; its PATH is where commands are looked for.
        machine: the kind of processor, as `uname -m` says it.
        is_64_bit: whether this Python is.
        prefix: the environment that this Python runs from.
        is_own_environment: whether that is one of its own, and not the system's.
    """

    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    machine: str = field(default_factory=platform.machine)
    is_64_bit: bool = sys.maxsize > 2**32
    prefix: Path = Path(sys.prefix)
    is_own_environment: bool = sys.prefix != sys.base_prefix

    @property
    def pip(self) -> str:
        """The pip of this environment, as one types it."""
        pip = f"{self.prefix}/bin/pip" if self.is_own_environment else "pip"
        return pip if os.access(self.prefix, os.W_OK) else f"sudo {pip}"

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """A file's text, stripped of white space and zero bytes; None where it cannot be read."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").strip(" \t\r\n\0")
        except OSError:
            return None

    def run(self, *command: str, timeout_s: float = 5.0) -> str | None:
        """What a command prints; None where it is not there, fails or takes too long."""
        program = shutil.which(command[0], path=self.environment.get("PATH"))
        if program is None:
            return None
        try:
            done = subprocess.run(
                [program, *command[1:]],
                env={**self.environment, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def probe(self, name: str, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Run one of the functions of `edge.doctor.probe` in a process of its own.

        Raises:
            ProbeError: it failed, crashed, or did not end in time; what it holds is let go with it.
        """
        # Safe path (-P): the working folder may hold anything, a numpy.py for one. No bytecode is written (-B).
        command = [sys.executable, "-PB", "-m", "edge.doctor.probe", name, str(math.ceil(timeout_s) + 1)]
        process = subprocess.Popen(
            command,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            # By standard input: the address of a camera may hold its password, and arguments are public.
            said, _ = process.communicate(json.dumps(dict(request)), timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            _reap(process)
            raise ProbeError("hang", f"no answer within {timeout_s:g} s") from None
        return _answer(said, process.returncode)


def _reap(process: "subprocess.Popen[str]", patience_s: float = 1.0) -> None:
    """Wait for a killed process, but not for ever: one that is caught in a driver does not even die."""
    deadline_s = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.02)


def _answer(said: str, status: int) -> dict[str, Any]:
    if status < 0:
        raise ProbeError("crash", f"the process ended by {signal.Signals(-status).name}")
    try:
        answer = json.loads(said)
    except ValueError:
        raise ProbeError("crash", f"the process ended with status {status}") from None
    if "error" in answer:
        raise ProbeError(answer["error"], answer["message"])
    return dict(answer)
