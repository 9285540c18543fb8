"""What install.sh says and refuses before it changes anything. What it does: tests/device/systemd."""

import subprocess
from pathlib import Path

import pytest

from tests.systemd.system import BOOKWORM, SCRIPT, System


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def assert_refused(done: "subprocess.CompletedProcess[str]", status: int, *words: str) -> None:
    assert done.returncode == status, done
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    for word in words:
        assert word in line


def test_it_is_bash_without_errors() -> None:
    assert subprocess.run(["bash", "-n", SCRIPT]).returncode == 0


@pytest.mark.shellcheck
def test_shellcheck_finds_nothing() -> None:
    scripts = [SCRIPT, SCRIPT.parents[1] / "tests/device/systemd/run.sh"]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_help_names_every_option_that_is_taken(system: System) -> None:
    done = system.install("--help")
    assert done.returncode == 0
    for option in (
        "broker",
        "broker-port",
        "mqtt-user",
        "mqtt-password-file",
        "device-id",
        "camera",
        "site",
        "basis",
    ):
        assert f"--{option} " in done.stdout
        assert_refused(system.install(f"--{option}"), 2, f"--{option} needs a value")
    for switch in ("with-broker", "home-assistant", "dry-run", "uninstall", "purge"):
        assert f"--{switch} " in done.stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--brokr", "x"],
        ["extra"],
        ["--broker", ""],
        ["--broker", "two words"],
        ["--broker-port", "0"],
        ["--broker-port", "65536"],
        ["--broker-port", "mqtt"],
        ["--device-id", "living room"],
        ["--mqtt-user", "a\nb"],
        ["--camera", "v4l2:"],
        ["--camera", "v4l2:one"],
        ["--camera", "webcam"],
        ["--camera", "file:relative.mp4"],
        ["--site", "office"],
        ["--basis", "quality of service"],
        ["--purge"],
        ["--with-broker", "--broker", "elsewhere"],
        ["--with-broker", "--broker-port", "1884"],
        ["--with-broker", "--mqtt-user", "mien-reader"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said_in_one_line(system: System, options: list[str]) -> None:
    assert_refused(system.install("--dry-run", *options), 2)


@pytest.mark.parametrize("site", ["work", "education"])
def test_a_site_where_it_is_prohibited_wants_a_basis_before_anything_is_built(
    system: System, site: str
) -> None:
    assert_refused(system.install("--dry-run", "--site", site), 2, site, "Regulation (EU) 2024/1689", "5(1)(f)")
    done = system.install("--dry-run", "--site", site, "--basis", "safety: drowsiness of drivers")
    assert done.returncode == 0, done.stderr


def test_files_that_the_service_cannot_read_are_refused(system: System, tmp_path: Path) -> None:
    assert_refused(
        system.install("--dry-run", "--camera=file:/home/me/clip.mp4"), 1, "/home/me/clip.mp4", "/srv"
    )
    assert_refused(system.install("--dry-run", "--camera=file:/srv/no-such.mp4"), 1, "not there")
    login = ["--dry-run", "--mqtt-user", "mien", "--mqtt-password-file"]
    assert_refused(system.install(*login, str(tmp_path / "none")), 1, "cannot be read")
    (tmp_path / "empty").write_text("\nsecond line\n")
    assert_refused(system.install(*login, str(tmp_path / "empty")), 1, "empty")


@pytest.mark.parametrize(
    ("codename", "model", "architecture"),
    [
        ("bookworm", "Raspberry Pi 3 Model B Plus Rev 1.3", "arm64"),
        ("trixie", "Raspberry Pi 5 Model B Rev 1.0", "arm64"),
        ("trixie", "Raspberry Pi Zero 2 W Rev 1.0", "arm64"),
        ("bookworm", "Raspberry Pi Compute Module 4 Rev 1.1", "arm64"),
        ("bookworm", "Raspberry Pi 400 Rev 1.0", "arm64"),
        ("trixie", None, "amd64"),
    ],
)
def test_a_system_that_is_supported_gets_its_plan(
    system: System, codename: str, model: str | None, architecture: str
) -> None:
    system.has("etc/os-release", BOOKWORM.replace("bookworm", codename))
    system.tells("dpkg", f"echo {architecture}")
    system.has("proc/device-tree/model", f"{model}\0")
    if model is None:
        (system.facts / "proc/device-tree/model").unlink()
    done = system.install("--dry-run", "--broker", "broker.local")
    assert done.returncode == 0, done.stderr
    for step in ("installing Debian packages", "building version", "mien.toml", "starting", "doctor"):
        assert step in done.stdout


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        (
            "etc/os-release",
            'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nVERSION_CODENAME=noble\n',
            "Ubuntu 24.04 LTS",
        ),
        ("etc/os-release", BOOKWORM.replace("12 (bookworm)", "11").replace("bookworm", "bullseye"), "Linux 11"),
        ("proc/device-tree/model", "Raspberry Pi 2 Model B Rev 1.2\0", "Raspberry Pi 2 Model B"),
        ("proc/device-tree/model", "Raspberry Pi Zero W Rev 1.1\0", "Raspberry Pi Zero W"),
        ("proc/device-tree/model", "Raspberry Pi Compute Module 1\0", "Compute Module 1"),
        ("proc/device-tree/model", "Freescale i.MX8MQ Phanbell\0", "Phanbell"),
    ],
    ids=lambda value: value.split("\n")[0],
)
def test_a_system_that_is_not_supported_is_refused(system: System, path: str, text: str, word: str) -> None:
    system.has(path, text)
    assert_refused(system.install("--dry-run"), 1, word, "expected")


def test_a_32_bit_system_is_refused(system: System) -> None:
    system.tells("dpkg", "echo armhf")
    assert_refused(system.install("--dry-run"), 1, "armhf", "64-bit")


def test_a_full_disk_is_refused(system: System) -> None:
    system.tells("df", "echo Avail; echo 300M")
    assert_refused(system.install("--dry-run"), 1, "300 MB", "800 MB")


@pytest.mark.parametrize("name", ["mien-0.1.0-py3-none-any.whl", "numpy-2.0-py3-none-any.whl"])
def test_what_is_no_wheel_of_mien_is_refused(system: System, name: str, tmp_path: Path) -> None:
    if not name.startswith("mien"):
        (tmp_path / name).touch()
    assert_refused(system.install("--dry-run", "--wheel", str(tmp_path / name)), 1, name, "mien-VERSION")


@pytest.mark.parametrize("action", [[], ["--uninstall"]])
def test_without_root_it_says_so(system: System, action: list[str]) -> None:
    system.tells("id", "echo 1000")
    assert_refused(system.install(*action), 1, "needs root", "sudo")


def plug_in_usb_camera(system: System, number: int) -> None:
    device = system.facts / f"sys/devices/usb1/1-1/video4linux/video{number}"
    device.mkdir(parents=True)
    (device / "index").write_text("0\n")
    folder = system.facts / "sys/class/video4linux"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / device.name).symlink_to(device)


def test_auto_takes_the_camera_on_the_ribbon_cable_first(system: System) -> None:
    system.has("sys/class/video4linux/v4l-subdev0/name", "imx708 10-001a\n")
    plug_in_usb_camera(system, 8)
    system.tells("apt-cache", "echo '  Candidate: 0.3.12-1'")
    done = system.install("--dry-run", "--camera", "auto")
    assert "camera picamera2\n" in done.stdout
    assert "python3-picamera2" in done.stdout


def test_auto_takes_a_usb_camera_and_not_the_decoders_of_the_pi(system: System) -> None:
    system.has("sys/devices/platform/video4linux/video10/index", "0\n")
    folder = system.facts / "sys/class/video4linux"
    folder.mkdir(parents=True)
    (folder / "video10").symlink_to(system.facts / "sys/devices/platform/video4linux/video10")
    plug_in_usb_camera(system, 11)
    assert "camera v4l2:11\n" in system.install("--dry-run", "--camera", "auto").stdout


def test_auto_says_where_there_is_no_camera(system: System) -> None:
    done = system.install("--dry-run", "--camera", "auto")
    assert done.returncode == 0
    assert "no camera found" in done.stdout


def test_picamera2_where_it_cannot_be_had_is_refused(system: System) -> None:
    assert_refused(system.install("--dry-run", "--camera", "picamera2"), 1, "python3-picamera2")
