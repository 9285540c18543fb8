"""What cameras do to the daemon; runs in the virtual machine and prints one line a scenario.

Every scenario starts `mien run` as a user would and listens to the broker with `mien watch --json`.
"""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from daemon import LONG_S, MIEN, Daemon, daemon, sh, wait_until

from edge.cameras import open_camera
from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame

LOOPBACK, VIVID = 10, 20


@contextmanager
def picture_on_loopback() -> Iterator[None]:
    """Until it is fed, the device is no camera."""
    device = f"/dev/video{LOOPBACK}"
    feeder = subprocess.Popen([sys.executable, "feed.py", device, "face.png"])
    try:
        wait_until(f"{device} as a camera", lambda: "Video Capture" in sh(f"v4l2-ctl -d {device} -D"))
        yield
    finally:
        feeder.kill()
        feeder.wait()


def plug(module: str, device: str | None = None) -> None:
    sh(f"modprobe {module} && udevadm settle")
    if device:
        wait_until(device, lambda: os.path.exists(device))


def a_face_reaches_the_broker(running: Daemon, since: int = 0) -> str:
    def face() -> dict[str, Any] | None:
        return next((s for s in running.payloads("state", since) if s["faces"] == 1), None)

    state = running.wait("a face", face)
    return f"{state['emotion']} {state['confidence']:.2f}"


def plug_loopback() -> None:
    options = f"video_nr={LOOPBACK} exclusive_caps=1 card_label=loopback"
    plug(f"v4l2loopback {options}", f"/dev/video{LOOPBACK}")


def a_v4l2_camera_shows_a_face_and_comes_back_after_its_device_was_gone() -> str:
    """First it stops sending, then /dev/video10 vanishes, then all is as before."""
    plug_loopback()
    with ExitStack() as stack:
        with picture_on_loopback():
            running = stack.enter_context(daemon(f"v4l2:/dev/video{LOOPBACK}"))
            first = a_face_reaches_the_broker(running)
        running.wait("the status degraded", lambda: "degraded" in running.payloads("status"))
        running.wait("the driver unloaded", lambda: unloaded("v4l2loopback"))
        running.wait("word of it", lambda: f"/dev/video{LOOPBACK} is not there" in running.log.read_text())
        plug_loopback()
        seen, begun_s = len(running.messages), time.monotonic()
        with picture_on_loopback():
            again = a_face_reaches_the_broker(running, seen)
            running.wait("the status online", lambda: "online" in running.payloads("status", seen))
            back_s = time.monotonic() - begun_s
        return f"{running.granted()}; {first}; degraded while it was gone; {again} {back_s:.0f} s after it came"


def an_unplugged_v4l2_camera_comes_back() -> str:
    device = f"/dev/video{VIVID}"
    plug(f"vivid node_types=0x1 vid_cap_nr={VIVID}", device)
    with daemon(f"v4l2:{device}") as running:
        running.wait("a state", lambda: running.payloads("state"))
        # vivid is unplugged until the last that has it open lets go of it.
        with open(device, "rb", buffering=0):
            sh(f"v4l2-ctl -d {device} -c disconnect=1")
            running.wait("the status degraded", lambda: "degraded" in running.payloads("status"))
            running.wait("word of it", lambda: f"{device} did not open" in running.log.read_text())
        seen, begun_s = len(running.messages), time.monotonic()
        running.wait("the status online", lambda: "online" in running.payloads("status", seen))
        running.wait("a state", lambda: running.payloads("state", seen))
        back_s = time.monotonic() - begun_s
        return f"{running.granted()}; degraded while unplugged; online {back_s:.0f} s after it was back"


def unloaded(module: str) -> bool:
    return subprocess.run(["rmmod", module], stderr=subprocess.DEVNULL).returncode == 0


def picamera2_delivers_frames() -> str:
    plug("vimc")
    with daemon("picamera2") as running:
        states = running.wait(
            "three states", lambda: len(running.payloads("state")) >= 3 and running.payloads("state")
        )
        return f"{running.granted()}; {states[-1]['emotion']}, {states[-1]['age_ms']:.0f} ms old"


def frames_of(**settings: Any) -> list[Frame]:
    """Three frames; again where a busy host made the machine so slow that the camera seemed gone."""
    for _ in range(5):
        try:
            return frames_of_one(**settings)
        except CameraError as error:
            print(error)
    return frames_of_one(**settings)


def frames_of_one(**settings: Any) -> list[Frame]:
    camera = open_camera(CameraConfig(source="picamera2", **settings))
    try:
        return [frame for frame, _ in zip(camera, range(3), strict=False)]
    finally:
        camera.close()
        camera.close()


def picamera2_is_opened_again_and_again_and_turned_and_cut() -> str:
    """In one process, as after a failure; the virtual sensor shows bars that stand still."""
    plain = frames_of()[-1].gray
    told = [f"grey values {plain.min()} to {plain.max()}"]
    for rotate_deg in (90, 180, 270):
        frame = frames_of(rotate_deg=rotate_deg, region=(0.5, 0.25, 0.5, 0.5))[-1]
        turned = np.rot90(plain, -rotate_deg // 90)
        height, width = turned.shape
        expected = turned[height // 4 : height * 3 // 4, width // 2 :]
        if frame.gray.shape != expected.shape:
            raise RuntimeError(f"{rotate_deg} degrees: {frame.gray.shape} is not {expected.shape}")
        differs = np.mean(np.abs(frame.gray.astype(int) - expected) > 8)
        if differs > 0.05:
            raise RuntimeError(f"{rotate_deg} degrees: {differs:.0%} of the pixels differ")
        told.append(f"{rotate_deg} degrees {frame.gray.shape}")
        age_s = frame.captured_s - frame.time_s
        if not 0 < age_s < 1:
            raise RuntimeError(f"the sensor's time is {age_s:.3f} s before ours")
    return ", ".join([*told, f"{age_s * 1000:.0f} ms from sensor to us"])


def a_torn_out_picamera2_camera_comes_back() -> str:
    """libcamera 0.4 aborts when it is to stop a camera that is no more; systemd starts the daemon again."""
    plug("vimc")
    driver = Path("/sys/bus/platform/drivers/vimc")
    with daemon("picamera2", is_service=True) as running:
        session = running.wait("a state", lambda: running.payloads("state"))[-1]["session"]
        (driver / "unbind").write_text("vimc.0")
        gone = "degraded or offline"
        running.wait(f"the status {gone}", lambda: set(gone.split(" or ")) & set(running.payloads("status")))
        running.wait("word of it", lambda: "picamera2:0 is not there" in running.log.read_text())
        (driver / "bind").write_text("vimc.0")
        seen, begun_s = len(running.messages), time.monotonic()
        states = running.wait("a state", lambda: running.payloads("state", seen))
        back_s = time.monotonic() - begun_s
        print(running.log.read_text())
        how = "the same process" if states[0]["session"] == session else "a new process"
        return f"{gone} while it was gone; {how} was online {back_s:.0f} s after it was back"


def a_camera_that_libcamera_does_not_know_is_said() -> str:
    done = subprocess.run(
        [MIEN, "run", "--config", "/dev/stdin"],
        input='[camera]\nsource = "picamera2:7"\n[publish]\nto = "log"\n',
        capture_output=True,
        text=True,
        timeout=LONG_S,
    )
    line = done.stderr.strip().splitlines()[-1]
    if "picamera2:7 is not there" not in line:
        raise RuntimeError(done.stderr)
    return line


SCENARIOS = [
    picamera2_delivers_frames,
    picamera2_is_opened_again_and_again_and_turned_and_cut,
    a_camera_that_libcamera_does_not_know_is_said,
    a_v4l2_camera_shows_a_face_and_comes_back_after_its_device_was_gone,
    an_unplugged_v4l2_camera_comes_back,
    a_torn_out_picamera2_camera_comes_back,
]


def main() -> None:
    kernel = os.uname().release
    libcamera = sh("dpkg-query -W -f '${Version}' python3-libcamera")
    print(f"ABOUT kernel {kernel}, Python {sys.version.split()[0]}, libcamera {libcamera}", end="")
    for package in ("picamera2", "numpy", "opencv-python-headless", "ai-edge-litert", "mien"):
        print(f", {package} {version(package)}", end="")
    print(flush=True)
    only = Path("only").read_text()
    for scenario in SCENARIOS:
        name = scenario.__name__.replace("_", " ")
        if only not in name:
            continue
        begun_s = time.monotonic()
        try:
            told = scenario()
            print(f"PASS {name} ({time.monotonic() - begun_s:.0f} s): {told}", flush=True)
        except Exception as error:
            traceback.print_exc(file=sys.stdout)
            print(f"FAIL {name}: {error}", flush=True)


main()
