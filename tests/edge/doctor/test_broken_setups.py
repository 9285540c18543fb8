"""Set-ups on which all is well but for one thing: that is found, with its fix, and nothing else is."""

import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.doctor.finding import Finding
from edge.emotion.bundle import MODEL_FILE
from edge.emotion.delegates import LIBRARY_VARIABLE
from tests.edge.delegate.compiled import compile_bundle
from tests.edge.delegate.rig import Machine, build_stand_in
from tests.edge.doctor.conftest import SLOW, Device, config_text

Make = Callable[..., Path]

#: What simplejpeg, which Picamera2 imports, raises with a numpy that it was not built for.
_NUMPY_TRAP = """
raise ValueError(
    "numpy.dtype size changed, may indicate binary incompatibility. "
    "Expected 96 from C header, got 88 from PyObject"
)
"""


def the_only_trouble(device: Device, *slow: str, config: Path | None = None) -> Finding:
    """What is wrong; holds that it is one thing, which says why it matters and how it is mended."""
    findings = device.examine(config, slow=slow).values()
    troubles = [finding for finding in findings if finding.status in ("warning", "failed")]
    assert len(troubles) == 1, troubles
    assert troubles[0].why and troubles[0].fix
    return troubles[0]


def test_a_healthy_device_has_nothing_wrong(device: Device) -> None:
    findings = device.examine(slow=SLOW)
    assert {finding.status for finding in findings.values()} == {"ok", "skipped"}
    assert {name for name, finding in findings.items() if finding.status == "skipped"} == {
        "coral",
        "picamera2",
        "broker",
    }
    assert findings["system"].what == "Raspberry Pi 4 Model B Rev 1.4, Debian GNU/Linux 12 (bookworm), 64-bit"
    assert "mien" in findings["model"].what
    assert "512x512" in findings["camera"].what
    assert all(finding.why is finding.fix is None for finding in findings.values())


def test_a_32_bit_system(device: Device) -> None:
    device.machine, device.is_64_bit = "armv7l", False
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("system", "failed")
    assert "32-bit" in found.what and "Raspberry Pi OS (64-bit)" in (found.fix or "")


def test_a_configuration_with_a_wrong_key(device: Device) -> None:
    path = device.configure("[camera]\nsorce = 'v4l2:0'\n")
    findings = device.examine(slow=("camera", "model"))
    found = findings["configuration"]
    assert found.status == "failed" and "camera.sorce" in found.what and "camera.source" in found.what
    assert str(path) in (found.fix or "")
    skipped = {name for name, finding in findings.items() if finding.status == "skipped"}
    assert {"camera", "model", "broker"} <= skipped, "they would judge what is not configured"
    assert findings["disk"].status == "ok"


def test_a_configuration_that_is_not_there(device: Device, tmp_path: Path) -> None:
    found = the_only_trouble(device, config=tmp_path / "none.toml")
    assert (found.check, found.status) == ("configuration", "failed")
    assert "none.toml is not there" in found.what


def test_no_camera(device: Device) -> None:
    device.unit(ActiveState="inactive")
    device.configure(config_text("v4l2:/dev/no-such-camera"))
    findings = device.examine(slow=("camera",))
    assert findings["camera"].status == "failed"
    assert "/dev/no-such-camera is not there" in findings["camera"].what
    assert "plug it in" in (findings["camera"].fix or "")


def test_another_camera_than_the_one_configured(device: Device) -> None:
    device.has_no_service()
    device.configure(config_text("v4l2:/dev/no-such-camera"))
    for number, name in ((2, "HD Webcam"), (10, "bcm2835-codec-decode")):
        device.write(f"dev/video{number}", "")
        device.write(f"sys/class/video4linux/video{number}/name", name)
    found = the_only_trouble(device, "camera")
    assert found.check == "camera"
    assert 'source = "v4l2:/dev/video2"' in (found.fix or "") and "video10" not in found.what


def test_a_ribbon_camera_taken_for_a_usb_one(device: Device, tmp_path: Path) -> None:
    device.has_no_service()
    (tmp_path / "video0").touch()
    device.write("sys/class/video4linux/video0/name", "unicam\n")
    device.configure(config_text(f"v4l2:{tmp_path}/video0"))
    found = the_only_trouble(device, "camera")
    assert found.check == "camera" and 'source = "picamera2"' in (found.fix or "")


@pytest.mark.parametrize(
    ("value", "status", "what", "fix"),
    [
        (3, "failed", "black", "cap off the lens"),
        (110, "failed", "of one colour", "v4l2-ctl --list-formats-ext"),
    ],
)
def test_a_covered_camera(value: int, status: str, what: str, fix: str, device: Device, tmp_path: Path) -> None:
    picture = tmp_path / "covered.png"
    cv2.imwrite(str(picture), np.full((480, 640), value, np.uint8))
    device.configure(config_text(picture))
    found = the_only_trouble(device, "camera")
    assert (found.check, found.status) == ("camera", status)
    assert what in found.what and fix in (found.fix or "")


@pytest.mark.parametrize(("gain", "what", "fix"), [(0.2, "too dark", "light"), (3, "too bright", "window")])
def test_bad_light(gain: float, what: str, fix: str, device: Device, astronaut_picture: Path) -> None:
    picture = cv2.imread(str(astronaut_picture), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    cv2.imwrite(str(astronaut_picture), np.clip(picture * float(gain), 0, 255).astype(np.uint8))
    found = the_only_trouble(device, "camera")
    assert (found.check, found.status) == ("camera", "warning")
    assert what in found.what and fix in (found.fix or "")


def test_a_video_that_is_not_there(device: Device) -> None:
    path = device.configure(config_text(Path("/no/such.mp4")))
    found = the_only_trouble(device, "camera")
    assert (found.check, found.status) == ("camera", "failed")
    assert "/no/such.mp4 is not there" in found.what and str(path) in (found.fix or "")


def test_a_folder_of_pictures_of_many_sizes_is_no_fault(device: Device, astronaut_picture: Path) -> None:
    picture = cv2.imread(str(astronaut_picture), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    cv2.imwrite(str(astronaut_picture.with_name("b.png")), picture[:400])
    device.configure(config_text(astronaut_picture.parent))
    found = device.examine(slow=("camera",))["camera"]
    assert found.status == "ok" and "512x400" in found.what


def test_a_damaged_bundle(device: Device, make_bundle: Make, astronaut_picture: Path) -> None:
    folder = make_bundle()
    content = bytearray((folder / MODEL_FILE).read_bytes())
    content[50_000] ^= 1
    (folder / MODEL_FILE).write_bytes(content)
    log = ("[publish]", 'to = "log"', "[model]", f'bundle = "{folder}"')
    path = device.configure(config_text(astronaut_picture, *log))
    found = the_only_trouble(device, "model")
    assert (found.check, found.status) == ("model", "failed")
    assert "the file is damaged" in found.what and str(path) in (found.fix or "")


def test_no_picamera2(device: Device) -> None:
    device.has_no_service()
    device.package("picamera2", "raise ModuleNotFoundError(\"No module named 'picamera2'\", name='picamera2')")
    device.configure(config_text("picamera2"))
    findings = device.examine(slow=("picamera2", "camera"))
    assert findings["camera"].status == "skipped", "one fault, told once"
    found = findings["picamera2"]
    assert found.status == "failed" and "No module named 'picamera2'" in found.what
    assert "apt-get install" in (found.fix or "") and "python3-picamera2" in (found.fix or "")
    assert "--system-site-packages" in (found.fix or ""), "this environment shuts Debian's packages out"


@pytest.mark.parametrize(
    "trap", [_NUMPY_TRAP, "raise ImportError('numpy.core.multiarray failed to import')"], ids=["size", "import"]
)
def test_picamera2_for_another_numpy(trap: str, device: Device) -> None:
    device.package("picamera2", trap)
    device.configure(config_text("picamera2"))
    found = the_only_trouble(device, "picamera2")
    assert (found.check, found.status) == ("picamera2", "failed")
    assert "'numpy<2' 'opencv-python-headless<4.12'" in (found.fix or "")


def test_no_camera_on_the_ribbon(device: Device) -> None:
    device.has_no_service()
    device.package("libcamera", "")
    device.package(
        "picamera2",
        "class Picamera2:\n    @staticmethod\n    def global_camera_info():\n        return []\n",
    )
    device.configure(config_text("picamera2"))
    findings = device.examine(slow=("picamera2", "camera"))
    for check in ("picamera2", "camera"):
        assert findings[check].status == "failed"
        assert "rpicam-hello --list-cameras" in (findings[check].fix or "")


def test_a_driver_that_crashes(device: Device) -> None:
    device.package("picamera2", f"import os\nos.kill(os.getpid(), {int(signal.SIGSEGV)})")
    device.configure(config_text("picamera2"))
    found = the_only_trouble(device, "picamera2")
    assert found.check == "picamera2" and "SIGSEGV" in found.what


def test_no_runtime(device: Device) -> None:
    device.package("ai_edge_litert", "raise ModuleNotFoundError('gone', name='ai_edge_litert')")
    device.package("tflite_runtime", "raise ModuleNotFoundError('gone', name='tflite_runtime')")
    findings = device.examine(slow=("runtime", "model"))
    assert findings["runtime"].status == "failed"
    assert "ai-edge-litert" in (findings["runtime"].fix or "") and "pip install" in (
        findings["runtime"].fix or ""
    )
    assert findings["model"].status == "failed"


def test_an_opencv_without_haar(device: Device) -> None:
    device.package("cv2", "__version__ = '5.0.0'")
    findings = device.examine(slow=("runtime", "model"))
    assert findings["runtime"].status == "failed" and "'opencv-python-headless<5'" in (
        findings["runtime"].fix or ""
    )


@pytest.fixture
def coral(device: Device, make_bundle: Make, astronaut_picture: Path) -> Machine:
    """A Coral in a blue port, with its library and its model; the service is not running."""
    device.has_no_service()
    folder = make_bundle()
    compile_bundle(folder)
    log = ("[publish]", 'to = "log"', "[model]", f'bundle = "{folder}"')
    device.configure(config_text(astronaut_picture, *log))
    device.environment[LIBRARY_VARIABLE] = str(build_stand_in())
    machine = Machine(device.root / "sys", device.root / "dev")
    machine.plug_in_stick()
    return machine


def test_a_coral_that_works(device: Device, coral: Machine) -> None:
    found = device.examine(slow=("coral",))["coral"]
    assert found.status == "ok" and "answers right" in found.what


def test_a_coral_in_a_slow_port(device: Device, coral: Machine) -> None:
    coral.plug_in_stick(speed_mbit=480)
    found = the_only_trouble(device, "coral")
    assert (found.check, found.status) == ("coral", "warning")
    assert "480 Mbit/s" in found.what and "use a blue USB 3 port" in (found.fix or "")


def test_a_coral_without_its_library(device: Device, coral: Machine) -> None:
    device.environment[LIBRARY_VARIABLE] = "libedgetpu-that-is-not-there.so.1"
    found = the_only_trouble(device, "coral")
    assert (found.check, found.status) == ("coral", "warning"), "the CPU does its work"
    assert "cannot be loaded" in found.what and "libedgetpu1-std" in (found.fix or "")


def test_a_coral_without_a_compiled_model(device: Device, coral: Machine, astronaut_picture: Path) -> None:
    device.configure(config_text(astronaut_picture))
    found = the_only_trouble(device, "coral")
    assert (found.check, found.status) == ("coral", "warning")
    assert "mien-convert edgetpu" in (found.fix or "")


@pytest.mark.parametrize(
    ("behaviour", "status", "what"),
    [
        ("wrong", "warning", "answers wrong"),
        ("fail_open", "warning", "did not open"),
        ("crash_open", "failed", "SIG"),
        ("crash:1", "failed", "SIG"),
    ],
)
def test_a_coral_that_does_not_work(
    behaviour: str, status: str, what: str, device: Device, coral: Machine
) -> None:
    device.environment["MIEN_STAND_IN"] = behaviour
    found = the_only_trouble(device, "coral")
    assert (found.check, found.status) == ("coral", status)
    assert what in found.what and "plug it in again" in (found.fix or "").lower()


def test_a_coral_that_is_asked_for_and_not_there(device: Device, astronaut_picture: Path) -> None:
    log = ("[publish]", 'to = "log"', "[model]", 'accelerator = "edgetpu"')
    device.configure(config_text(astronaut_picture, *log))
    found = the_only_trouble(device, "coral")
    assert (found.check, found.status) == ("coral", "failed")
    assert "no Coral is found" in found.what and "USB 3" in (found.fix or "")


@pytest.mark.parametrize(
    ("said", "status", "what", "fix"),
    [
        ("throttled=0x50005", "failed", "now: under-voltage, throttled", "power supply"),
        ("throttled=0x50000", "warning", "since the start: under-voltage, throttled", "power supply"),
        ("throttled=0x8", "failed", "now: soft temperature limit", "fan"),
        ("throttled=0xe0000", "warning", "since the start: clock held down", "fan"),
    ],
)
def test_a_throttled_pi(said: str, status: str, what: str, fix: str, device: Device) -> None:
    device.says("vcgencmd", said)
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("power", status)
    assert what in found.what and fix in (found.fix or "")


def test_under_voltage_is_told_without_vcgencmd(device: Device) -> None:
    (device.commands / "vcgencmd").unlink()
    device.write("sys/devices/platform/soc/soc:firmware/get_throttled", "10001\n")
    found = the_only_trouble(device)
    assert found.check == "power" and "0x10001" in found.what


def test_a_hot_pi(device: Device) -> None:
    device.write("sys/class/thermal/thermal_zone0/temp", "81200\n")
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("temperature", "failed")
    assert found.what == "81 degrees Celsius" and "fan" in (found.fix or "")


def test_too_little_memory(device: Device) -> None:
    device.write("proc/meminfo", "MemTotal: 430000 kB\nMemAvailable: 31000 kB\n")
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("memory", "warning") and "30 of 419 MB" in found.what


def test_a_clock_that_nobody_set(device: Device) -> None:
    (device.root / "run/systemd/timesync/synchronized").unlink()
    device.says("timedatectl", "no")
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("clock", "warning")
    assert "timedatectl set-ntp true" in (found.fix or "")


def test_a_service_that_keeps_failing(device: Device) -> None:
    device.unit(ActiveState="activating", NRestarts="7", StatusText="")
    device.write(
        "run/mien/restarts.json",
        '{"count": 7, "last_reason": "search hangs: it has taken 5.2 s", "has_ended": true}',
    )
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("service", "failed")
    assert "search hangs" in found.what and "journalctl -u mien" in (found.fix or "")


@pytest.mark.parametrize(
    ("changes", "status", "what", "fix"),
    [
        ({"ActiveState": "inactive"}, "failed", "stopped", "systemctl enable --now mien"),
        (
            {"ActiveState": "failed", "ExecMainStatus": "2"},
            "failed",
            "refused its conf",
            "systemctl restart mien",
        ),
        ({"UnitFileState": "disabled"}, "warning", "not started at boot", "systemctl enable mien"),
        ({"NRestarts": "3"}, "warning", "started again 3 times", "journalctl -u mien"),
        ({"LoadState": "masked"}, "failed", "masked", "unmask"),
        ({"StatusText": "degraded; the broker is away"}, "failed", "says: the broker is away", "journalctl"),
    ],
)
def test_a_service_that_does_not_serve(
    changes: dict[str, str], status: str, what: str, fix: str, device: Device
) -> None:
    device.unit(**changes)
    found = the_only_trouble(device)
    assert (found.check, found.status) == ("service", status)
    assert what in found.what and fix in (found.fix or "")
