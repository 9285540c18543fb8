"""A system that is none, on which install.sh can look around and plan."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "systemd" / "install.sh"

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
PI_4 = "Raspberry Pi 4 Model B Rev 1.4\0"


class System:
    """A system as install.sh sees it: files with facts, and programs that tell the others."""

    def __init__(self, folder: Path) -> None:
        self.facts, self._programs = folder / "facts", folder / "bin"
        self._programs.mkdir()
        self.has("etc/os-release", BOOKWORM)
        self.has("proc/device-tree/model", PI_4)
        self.tells("dpkg", "echo arm64")
        self.tells("dpkg-query", "exit 1")
        self.tells("apt-cache", "true")
        self.tells("df", "echo Avail; echo 9000M")

    def has(self, path: str, text: str) -> None:
        (self.facts / path).parent.mkdir(parents=True, exist_ok=True)
        (self.facts / path).write_text(text)

    def tells(self, program: str, words: str) -> None:
        path = self._programs / program
        path.write_text(f"#!/bin/sh\n{words}\n")
        path.chmod(0o755)

    def install(self, *options: str) -> "subprocess.CompletedProcess[str]":
        return self.run(SCRIPT, *options)

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        environment = dict(os.environ, MIEN_SYSTEM_ROOT=str(self.facts))
        environment["PATH"] = f"{self._programs}:{environment['PATH']}"
        return subprocess.run(command, capture_output=True, text=True, env=environment)
