"""The command, its limits, and what it must never do."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import CameraConfig
from edge.doctor import Check, clock, computer, examine
from edge.doctor.finding import ok
from edge.doctor.setup import Setup
from edge.doctor.system import ProbeError, System
from edge.doctor.unit import Unit
from tests.conftest import free_port
from tests.edge.conftest import Run
from tests.edge.doctor.conftest import Device, Snapshot, config_text

SECRETS = ("mqtt-secret-1", "rtsp-secret-2")


@pytest.fixture
def config(tmp_path: Path, astronaut_picture: Path) -> Path:
    """A configuration with which all that is looked at by this machine alone is well."""
    path = tmp_path / "mien.toml"
    path.write_text(config_text(astronaut_picture))
    return path


def by_check(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


def test_json_is_one_list_of_findings(mien: Run, config: Path) -> None:
    done = mien("doctor", "--json", "--config", config)
    findings = json.loads(done.stdout)
    for finding in findings:
        assert list(finding) == ["check", "status", "what", "why", "fix"]
        assert finding["status"] in ("ok", "warning", "failed", "skipped") and finding["what"]
        needs_fix = finding["status"] in ("warning", "failed")
        assert (finding["why"] is not None) == (finding["fix"] is not None) == needs_fix
    failures = [finding["check"] for finding in findings if finding["status"] == "failed"]
    assert done.returncode == (1 if failures else 0), done.stderr
    assert by_check(done)["camera"]["status"] == "ok"


def test_what_failed_ends_the_command_with_1_and_is_named_in_one_line(mien: Run, config: Path) -> None:
    config.write_text(config_text(Path("/no/such.mp4")))
    done = mien("doctor", "--config", config)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("checks failed: camera")
    lines = done.stdout.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("FAILED   camera ")]
    assert lines[at + 1].startswith("         why: ") and lines[at + 2].startswith("         fix: ")
    assert any(line.startswith("ok       model ") for line in lines)
    assert "1 failed" in lines[-1]


def test_a_configuration_that_does_not_load_is_a_finding(mien: Run, config: Path) -> None:
    config.write_text("[camera\n")
    done = mien("doctor", "--json", "--config", config)
    assert done.returncode == 1
    assert "is not TOML" in by_check(done)["configuration"]["what"]


@pytest.fixture
def unprivileged() -> list[str]:
    """What to put before a command so that files without permission stay closed, even for root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def test_what_this_user_may_not_open_is_told_with_the_way_to_it(
    unprivileged: list[str], config: Path, tmp_path: Path
) -> None:
    camera, password = tmp_path / "video0", tmp_path / "password"
    for path in (camera, password):
        path.touch()
        path.chmod(0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        login = ("[mqtt]", 'host = "127.0.0.1"', f"port = {port}", 'username = "hall"')
        config.write_text(config_text(f"v4l2:{camera}", *login, f'password_file = "{password}"'))
        command = [*unprivileged, sys.executable, "-m", "edge.cli", "doctor", "--json", "--config", str(config)]
        findings = by_check(subprocess.run(command, capture_output=True, text=True, timeout=60))
    assert findings["camera"]["status"] == "failed"
    assert "may not be opened by this user" in findings["camera"]["what"]
    assert "usermod -aG video" in findings["camera"]["fix"]
    assert findings["broker login"]["status"] == "skipped", "the service may read it; that is no fault"
    assert "sudo mien doctor" in findings["broker login"]["what"]


@pytest.fixture
def commands_seen() -> Iterator[tuple[int, list[str]]]:
    """A network camera that looks at what every process was started with, and hangs up."""
    seen: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def look() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                for path in Path("/proc").glob("[0-9]*/cmdline"):
                    try:
                        seen.append(path.read_text(errors="replace"))
                    except OSError:
                        continue
                connection.close()

        threading.Thread(target=look, daemon=True).start()
        yield server.getsockname()[1], seen
        server.shutdown(socket.SHUT_RDWR)


def test_secrets_are_neither_printed_nor_handed_to_processes(
    mien: Run, config: Path, tmp_path: Path, commands_seen: tuple[int, list[str]]
) -> None:
    port, seen = commands_seen
    password = tmp_path / "password"
    password.write_text(SECRETS[0])
    login = ("[mqtt]", 'host = "127.0.0.1"', f"port = {port}", 'username = "hall"')
    source = f"file:rtsp://hall:{SECRETS[1]}@127.0.0.1:{port}/"
    config.write_text(config_text(source, *login, f'password_file = "{password}"'))
    for arguments in (["--json"], ["--debug"]):
        done = mien("doctor", "--config", config, *arguments)
        assert done.returncode == 1
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr
    assert any("edge.doctor.probe" in command for command in seen), "the camera saw the probe"
    assert not any(secret in command for command in seen for secret in SECRETS)


def test_nothing_is_written(
    mien: Run, config: Path, tmp_path: Path, snapshot: Snapshot, make_bundle: Callable[..., Path]
) -> None:
    bundle = make_bundle()
    home, work, temporary = (tmp_path / name for name in ("home", "work", "temporary"))
    for folder in (home, work, temporary):
        folder.mkdir()
    picture = next(tmp_path.glob("*.png"))
    config.write_text(config_text(picture, "[publish]", 'to = "log"', "[model]", f'bundle = "{bundle}"'))
    package = Path(computer.__file__).parent
    before = snapshot(tmp_path), snapshot(package)
    done = mien(
        "doctor", "--config", config, cwd=work, env=os.environ | {"HOME": str(home), "TMPDIR": str(temporary)}
    )
    assert "ok       model" in done.stdout and "ok       camera" in done.stdout
    after = snapshot(tmp_path), snapshot(package)
    assert after == before


def test_what_lies_in_the_working_folder_is_not_run(mien: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('mine')")
    command = [str(Path(sys.executable).with_name("mien")), "doctor", "--json", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert by_check(done)["camera"]["status"] == "ok"


def test_a_camera_that_hangs_is_left_and_let_go(tmp_path: Path) -> None:
    pipe = tmp_path / "camera.mp4"
    os.mkfifo(pipe)  # opening it waits for somebody who writes
    request = {"camera": CameraConfig(source=f"file:{pipe}").model_dump(mode="json")}
    before, begun_s = children(), time.monotonic()
    with pytest.raises(ProbeError, match="no answer within 3 s") as found:
        System().probe("camera", request, timeout_s=3)
    assert found.value.kind == "hang" and time.monotonic() - begun_s < 10
    assert children() == before


def children() -> set[str]:
    """The processes that this thread started and that are still there."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


def test_a_check_that_does_not_end_or_fails_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    def fail(setup: Setup) -> Any:
        raise ZeroDivisionError("division by zero")

    checks = [
        Check("endless", lambda setup: time.sleep(60) or ok("endless", "never"), limit_s=0.2),
        Check("broken", fail),
        Check("fine", lambda setup: ok("fine", "as it should be")),
    ]
    _, endless, broken, fine = examine(None, System(root=tmp_path), checks=checks)
    assert (endless.status, endless.what) == ("failed", "no end within 0.2 s")
    assert broken.status == "failed" and "ZeroDivisionError" in broken.what
    assert fine.status == "ok"


@pytest.mark.parametrize(
    ("free_mb", "free_nodes", "is_read_only", "is_meant", "status", "fix"),
    [
        (5000, 1000, False, False, "ok", None),
        (5000, None, True, True, "ok", None),
        (300, 1000, False, False, "warning", "apt-get clean"),
        (10, 1000, False, False, "failed", "apt-get clean"),
        (5000, 0, False, False, "failed", "apt-get clean"),
        (5000, 1000, True, False, "failed", "dmesg"),
    ],
)
def test_disks(
    free_mb: int, free_nodes: int | None, is_read_only: bool, is_meant: bool, status: str, fix: str | None
) -> None:
    found = computer.judge_disk(free_mb, free_nodes, is_read_only, is_meant)
    assert found.status == status and (fix is None or fix in (found.fix or ""))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte, read-only."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1M,ro", "none", folder], capture_output=True
    ).returncode:
        pytest.skip("needs the right to mount: root, outside of a container")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_seen_as_the_system_tells_it(small_disk: Path) -> None:
    found = computer.check_disk(System(root=small_disk))
    assert found.status == "failed" and "read-only" in found.what


def test_a_disk_that_is_meant_to_be_read_only_is_well(device: Device) -> None:
    device.write("etc/fstab", "# root\nPARTUUID=1-02  /  ext4  defaults,noatime,ro  0  1\n")
    assert computer.is_meant_read_only(device.system.read("etc/fstab") or "")
    assert not computer.is_meant_read_only("PARTUUID=1-02  /  ext4  defaults,errors=remount-ro  0  1\n")


@pytest.mark.parametrize(
    ("said", "status", "what"),
    [
        ("online", "ok", "held by the service, which gets frames"),
        ("degraded; v4l2:/dev/video0 gives no more frames; was it unplugged?", "failed", "no more frames"),
        ("degraded; the Coral answers wrong: happy 0.10 where the CPU says 0.90", "ok", "held by the service"),
        ("", "skipped", "held by the service, which does not say"),
        ("privacy", "skipped", "closed by the privacy switch"),
    ],
)
def test_a_camera_that_the_service_holds_is_not_opened(
    said: str, status: str, what: str, device: Device, tmp_path: Path
) -> None:
    (tmp_path / "video0").touch()  # opening this would fail
    device.unit(StatusText=said)
    device.configure(config_text(f"v4l2:{tmp_path}/video0"))
    found = device.examine(slow=("camera",))["camera"]
    assert found.status == status and what in found.what


def test_a_service_without_systemd_is_no_fault(device: Device) -> None:
    device.command("systemctl", "echo 'System has not been booted with systemd' >&2; exit 1")
    assert device.examine()["service"].status == "skipped"


def test_a_command_that_hangs_is_no_answer(device: Device) -> None:
    device.command("vcgencmd", "exec sleep 60")
    (device.commands / "sleep").symlink_to("/bin/sleep")
    begun_s = time.monotonic()
    assert device.system.run("vcgencmd", "get_throttled", timeout_s=0.3) is None
    assert time.monotonic() - begun_s < 5


def test_a_clock_in_the_past_is_wrong_whatever_the_time_service_says() -> None:
    found = clock.check_clock(True, 1_600_000_000)
    assert found.status == "failed" and "2020-09-13" in found.what


def test_the_service_tells_what_troubles_it() -> None:
    assert Unit("loaded", "active", said="online").trouble == ""
    private = Unit("loaded", "active", said="privacy")
    assert private.trouble == "" and private.is_private
    assert Unit("loaded", "active", said="degraded; a; b").trouble == "a; b"
    assert Unit("loaded", "active", said="degraded").trouble == "degraded"


def test_no_port_is_asked_where_messages_go_to_the_log(device: Device, astronaut_picture: Path) -> None:
    lines = ("[publish]", 'to = "log"', "[mqtt]", f"port = {free_port()}")
    device.configure(config_text(astronaut_picture, *lines))
    assert device.examine()["broker"].status == "skipped"


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("Raspberry Pi Model B Rev 2", "failed"),
        ("Raspberry Pi 2 Model B Rev 1.1", "failed"),
        ("Raspberry Pi Zero W Rev 1.1", "failed"),
        ("Raspberry Pi Zero 2 W Rev 1.0", "ok"),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", "ok"),
        ("Raspberry Pi 5 Model B Rev 1.0", "ok"),
        ("Raspberry Pi Compute Module 4 Rev 1.1", "ok"),
    ],
)
def test_which_pi_is_young_enough(model: str, status: str, device: Device) -> None:
    device.write("proc/device-tree/model", f"{model}\0")
    found = device.examine()["system"]
    assert found.status == status and found.what.startswith(f"{model}, ")


def test_another_system_than_debian_is_told(device: Device) -> None:
    device.write("etc/os-release", 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nVERSION_CODENAME=noble\n')
    assert device.examine()["system"].status == "warning"
