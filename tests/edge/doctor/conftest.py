"""A made device: a tree that stands for /, and commands that say what they say there."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.doctor import CHECKS, examine
from edge.doctor.finding import Finding
from edge.doctor.setup import DEFAULT_CONFIG
from edge.doctor.system import System
from edge.resources import resource_folder
from tests.edge.delegate.rig import make_machine

#: The checks that import OpenCV or a runtime in a process of its own.
SLOW = ("runtime", "model", "coral", "picamera2", "camera")

HEALTHY_UNIT = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "NRestarts": "0",
    "ExecMainStatus": "0",
    "StatusText": "online",
}


@dataclass
class Device:
    """A Raspberry Pi 4 on which all is well, until a test breaks something."""

    root: Path
    commands: Path
    environment: dict[str, str] = field(default_factory=dict)
    machine: str = "aarch64"
    is_64_bit: bool = True

    def write(self, name: str, text: str) -> Path:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def command(self, name: str, script: str) -> None:
        path = self.commands / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def says(self, name: str, text: str) -> None:
        """Let a command print a text."""
        self.command(name, f"cat <<'END'\n{text}\nEND")

    def unit(self, **changes: str) -> None:
        shown = "\n".join(f"{key}={value}" for key, value in (HEALTHY_UNIT | changes).items())
        file = resource_folder("systemd") / "mien.service"
        self.command("systemctl", f"[ $1 = cat ] && exec cat {file}\ncat <<'END'\n{shown}\nEND")

    def configure(self, text: str) -> Path:
        """Write the service's configuration."""
        return self.write(DEFAULT_CONFIG, text)

    def package(self, name: str, text: str) -> None:
        """Put a Python module where the device's Python finds it first."""
        folder = self.root / "site"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
        self.environment["PYTHONPATH"] = str(folder)

    @property
    def system(self) -> System:
        return System(
            root=self.root,
            # /bin for the `cat` of the commands; systemd's and a Pi's own commands are not looked for there.
            environment={"PATH": str(self.commands), "HOME": str(self.root), **self.environment},
            machine=self.machine,
            is_64_bit=self.is_64_bit,
        )

    def has_no_service(self) -> None:
        self.unit(LoadState="not-found", ActiveState="inactive", UnitFileState="", StatusText="")

    def examine(self, config: Path | None = None, *, slow: Sequence[str] = ()) -> dict[str, Finding]:
        """The findings by name; of the slow checks those that are named."""
        checks = [check for check in CHECKS if check.name in slow or check.name not in SLOW]
        findings = list(examine(config, self.system, checks=checks))
        by_name = {finding.check: finding for finding in findings}
        assert len(by_name) == len(findings)
        return by_name


@pytest.fixture
def device(tmp_path: Path, astronaut_picture: Path) -> Device:
    device = Device(tmp_path / "root", tmp_path / "commands")
    device.commands.mkdir()
    (device.commands / "cat").symlink_to("/bin/cat")
    make_machine(device.root)
    device.write(
        "etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
    )
    device.write("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    device.write("proc/meminfo", "MemTotal:        3884460 kB\nMemAvailable:    3142220 kB\n")
    device.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
    device.write("sys/class/thermal/thermal_zone0/temp", "48312\n")
    device.write("run/systemd/timesync/synchronized", "")
    device.says("vcgencmd", "throttled=0x0")
    device.unit()
    device.configure(config_text(astronaut_picture))
    return device


def config_text(source: Path | str, *lines: str) -> str:
    """A configuration that reads a file and needs no broker, but for what `lines` say."""
    address = f"file:{source}" if isinstance(source, Path) else source
    tables = lines or ("[publish]", 'to = "log"')
    return "\n".join(["[device]", 'id = "hall"', "[camera]", f'source = "{address}"', *tables, ""])


Snapshot = Callable[[Path], dict[str, tuple[float, int]]]


@pytest.fixture
def snapshot() -> Snapshot:
    """Every file below a folder, with the moment of its last change and its size."""

    def look(folder: Path) -> dict[str, tuple[float, int]]:
        found = {}
        for path, _, names in os.walk(folder):
            for name in ["", *names]:
                status = os.lstat(os.path.join(path, name))
                found[os.path.join(path, name)] = (status.st_mtime, status.st_size)
        return found

    return look
