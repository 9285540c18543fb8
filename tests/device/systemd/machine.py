"""A machine that boots systemd, in a container; what happens on it; a broker within its reach."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.device.systemd.root import run

_ENVIRONMENT = (
    "env",
    "-i",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C.UTF-8",
)
#: What a running system writes by itself.
_RESTLESS = ("proc", "sys", "dev", "run", "tmp", "var/tmp", "var/log/journal", "srv/wheels")


class Failed(AssertionError):
    """A scenario did not go as it should."""


def end_all(process: "subprocess.Popen[str]") -> None:
    """End a process and what it started, as a power cut would; it must lead a session of its own."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def check(is_so: object, what: str) -> None:
    if not is_so:
        raise Failed(what)


def wait_for(is_so: Callable[[], object], what: str, timeout_s: float = 30) -> float:
    """Look again and again; how long it took, in seconds."""
    began_s = time.monotonic()
    while not is_so():
        if time.monotonic() - began_s > timeout_s:
            raise Failed(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.05)
    return time.monotonic() - began_s


@dataclass
class Machine:
    """A booted container.

    Attributes:
        root: its file system, as this machine sees it.
        init: its process 1, as this machine numbers it.
    """

    root: Path
    init: int

    def run(self, command: str, user: str = "root", timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a shell command on it, at home."""
        return subprocess.run(
            self.words(command, user), text=True, errors="replace", capture_output=True, timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def words(self, command: str, user: str = "root") -> list[str]:
        enter = ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", *_ENVIRONMENT]
        home = "/root" if user == "root" else f"/home/{user}"
        # A login shell, but in the session that it is called from: a signal to that reaches all of it.
        return [*enter, f"HOME={home}", "runuser", "-u", user, "--", "bash", "-lc", f"cd && {command}"]

    def out(self, command: str, user: str = "root") -> str:
        """What a command prints; it must succeed."""
        done = self.run(command, user)
        check(
            done.returncode == 0, f"{command!r} exits {done.returncode}: {(done.stdout + done.stderr)[-400:]}"
        )
        return done.stdout.strip()

    def unit(self, name: str) -> str:
        """A property of the service."""
        return self.out(f"systemctl show --property={name} --value mien")

    @property
    def daemon(self) -> int:
        """The daemon's process, as the container numbers it; 0 where there is none."""
        return int(self.unit("MainPID"))

    def files(self) -> dict[str, tuple[int, int, int]]:
        """Every file with its mode, size and time of change; without what a system writes by itself."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            here = os.path.relpath(folder, self.root)
            folders[:] = [name for name in folders if os.path.normpath(f"{here}/{name}") not in _RESTLESS]
            for name in [*names, *folders]:
                about = os.lstat(os.path.join(folder, name))
                is_folder = name in folders
                found[os.path.normpath(f"{here}/{name}")] = (
                    about.st_mode, 0 if is_folder else about.st_size, 0 if is_folder else about.st_mtime_ns,
                )  # fmt: skip
        return found


@contextmanager
def booted(base: Path, wheels: Path, root: Path) -> Iterator[Machine]:
    """A machine with a root of its own, copied from `base`; powered off at the end."""
    run("cp", "--archive", "--reflink=auto", base, root)
    command = [
        "systemd-nspawn", f"--directory={root}", "--machine=garden", "--register=no", "--keep-unit",
        "--private-network", "--resolv-conf=off", "--timezone=off", f"--bind-ro={wheels}:/srv/wheels",
        "--console=read-only", "--boot",
    ]  # fmt: skip
    nspawn = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        machine = Machine(root, _init_of(nspawn))
        wait_for(lambda: _is_up(machine), "the container boots", 60)
        yield machine
        machine.run("systemctl poweroff")
        nspawn.wait(20)
    finally:
        if nspawn.poll() is None:
            nspawn.kill()
            nspawn.wait()


def _init_of(nspawn: "subprocess.Popen[bytes]") -> int:
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")

    def found() -> list[str]:
        if nspawn.poll() is not None:
            assert nspawn.stderr
            raise Failed(f"systemd-nspawn ended: {nspawn.stderr.read().decode()[-400:]}")
        return [child for child in children.read_text().split() if _comm(child) in ("systemd", "init")]

    wait_for(found, "the container starts", 30)
    return int(found()[0])


def _comm(process: str) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _is_up(machine: Machine) -> bool:
    return machine.run("systemctl is-system-running").stdout.strip() in ("running", "degraded")


class Broker:
    """mosquitto of this machine on the container's loopback: to the container, somebody else's broker."""

    def __init__(self, machine: Machine, folder: Path, logins: dict[str, str]) -> None:
        folder.mkdir()
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{name}:{password}\n" for name, password in logins.items()))
        run("mosquitto_passwd", "-U", passwords)
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener 1883 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n"
        )
        self._command = ["nsenter", "-t", str(machine.init), "-n", "/usr/sbin/mosquitto", "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


@dataclass
class Watch:
    """`mien watch --json`, run by the person on the machine; what came, with when."""

    machine: Machine
    options: str
    heard: list[tuple[float, str, object]] = field(default_factory=list)
    errors: str = ""

    def __enter__(self) -> "Watch":
        words = self.machine.words(f"mien watch --json {self.options}", "pi")
        self._process = subprocess.Popen(
            words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        end_all(self._process)

    def _listen(self) -> None:
        assert self._process.stdout and self._process.stderr
        for line in self._process.stdout:
            message = json.loads(line)
            self.heard.append((time.monotonic(), message["topic"], message["payload"]))
        self.errors = self._process.stderr.read()

    def wait(self, topic: str, since_s: float, timeout_s: float, **wanted: object) -> tuple[float, object]:
        """The first message of a topic that came later and is as wanted; how long after `since_s` it came."""

        def found() -> list[tuple[float, object]]:
            return [
                (when, payload)
                for when, name, payload in list(self.heard)
                if when > since_s and name.endswith(f"/{topic}") and _fits(payload, wanted)
            ]

        wait_for(found, f"a message {topic} {wanted or ''} {self.errors}", timeout_s)
        when_s, payload = found()[0]
        return when_s - since_s, payload


def _fits(payload: object, wanted: dict[str, object]) -> bool:
    if "text" in wanted:
        return payload == wanted["text"]
    if not isinstance(payload, dict):
        return False
    other = wanted.get("session_other_than")
    if other is not None and payload.get("session") == other:
        return False
    return all(payload.get(key) == value for key, value in wanted.items() if key != "session_other_than")


def differing(before: dict[str, tuple[int, int, int]], after: dict[str, tuple[int, int, int]]) -> list[str]:
    """Names of files that came, went or changed."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def packaged(machine: Machine) -> re.Pattern[str]:
    """What belongs to Debian's packages and their manager, which outlive what was installed with them."""
    owned = machine.out("cat /var/lib/dpkg/info/*.list").splitlines()
    listed = "|".join(re.escape(path[1:]) for path in owned if path.startswith("/"))
    return re.compile(
        rf"(?:{listed}|(var/(lib/(dpkg|apt|systemd)|cache|log)|etc/(ld\.so\.cache|passwd|group|g?shadow)).*)"
    )
