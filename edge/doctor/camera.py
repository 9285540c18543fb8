"""The camera: there, permitted, giving frames, in a usable light."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.config import without_login
from edge.doctor.finding import Finding, failed, ok, skipped, warning
from edge.doctor.setup import Setup
from edge.doctor.system import ProbeError, System
from edge.doctor.unit import Unit

CHECK = "camera"

#: Opening one, waking its sensor, importing OpenCV from the SD card of a Zero 2 W.
TIMEOUT_S = 40.0

_BLIND = "without pictures there is nothing to tell"

# Tried with a photograph that was darkened and brightened, with the grain of a cheap camera: the face search
# loses a face at a mean below 20 of 255, and when half of the pixels are white.
_BLACK_BELOW = 24  # the brightest hundredth of a picture in which nothing is to be seen
_DARK_BELOW = 30
_BURNT_SHARE = 0.45
_FLAT_BELOW = 2.0

#: Drivers of the Pi's own camera ports; their devices give no finished pictures by V4L2.
_RIBBON = re.compile(r"unicam|rp1-cfe|pispbe|bcm2835-(isp|codec)|rpi-hevc")


def check_camera(setup: Setup) -> Finding:
    kind, _, address = setup.config.camera.source.partition(":")
    if kind == "v4l2" and (found := _check_device(setup, _device_path(address))):
        return found
    if setup.holder and setup.holder.is_private:
        return skipped(CHECK, "closed by the privacy switch; mosquitto_pub -t mien/DEVICE/privacy/set -m OFF")
    if setup.holder and kind != "file":
        return judge_by_service(setup.holder)
    request = {"camera": setup.config.camera.model_dump(mode="json")}
    try:
        return judge_pictures(setup.system.probe("camera", request, TIMEOUT_S))
    except ProbeError as error:
        return _explain(error, setup)


def judge_pictures(figures: Mapping[str, Any]) -> Finding:
    """Judge what the probe measured of the last frames, 0..255."""
    if not figures["frames"]:
        return failed(CHECK, "it opened and gave no frame", _BLIND, "plug it out and in, and try another port")
    fps = f", {figures['fps']:g} frames a second" if figures.get("fps") else ""
    what = f"{figures['name']}, {figures['width_px']}x{figures['height_px']}{fps}"
    if figures["bright"] < _BLACK_BELOW:
        return failed(CHECK, f"{what}: black", _BLIND, "take the cap off the lens, and switch on the light")
    if figures["spread"] < _FLAT_BELOW:
        fix = "look what covers it; or name another format or device: v4l2-ctl --list-formats-ext"
        return failed(CHECK, f"{what}: of one colour, without anything in it", _BLIND, fix)
    if figures["mean"] < _DARK_BELOW:
        why = "in the dark faces are not found, and noise is taken for an expression"
        return warning(
            CHECK, f"{what}: too dark ({figures['mean']:.0f} of 255)", why, "more light on the faces"
        )
    if figures["burnt_share"] > _BURNT_SHARE:
        why = "faces that are white all over are not found"
        fix = "turn the camera away from window or lamp, or give it less light"
        return warning(CHECK, f"{what}: too bright ({figures['burnt_share']:.0%} of it white)", why, fix)
    return ok(CHECK, f"{what}, brightness {figures['mean']:.0f} of 255")


def judge_by_service(unit: Unit) -> Finding:
    """Judge a camera that the running service holds, by the service's own word."""
    stop = "sudo systemctl stop mien; mien doctor; sudo systemctl start mien"
    if re.search(r"camera|video|v4l2|rtsp|frame", unit.trouble):
        what = f"held by the service, which says: {unit.trouble}"
        return failed(CHECK, what, _BLIND, f"look at it alone: {stop}")
    if unit.said:
        return ok(CHECK, "held by the service, which gets frames from it")
    return skipped(CHECK, f"held by the service, which does not say how it is; to look: {stop}")


def _device_path(address: str) -> Path:
    return Path(f"/dev/video{address}" if address.isdigit() else address)


def _check_device(setup: Setup, path: Path) -> Finding | None:
    """What can be seen without opening it."""
    if not os.path.exists(path):
        return _explain_missing(setup, path)
    if _RIBBON.search(_driver_name(setup.system, path)):
        fix = f'set source = "picamera2" in the table [camera] of {setup.config_name}'
        what = f"{path} is the raw end of the Pi's own camera port"
        return failed(CHECK, what, "it gives no finished pictures by V4L2", fix)
    if not setup.holder and not os.access(path, os.R_OK | os.W_OK):
        fix = 'sudo usermod -aG video "$USER", then log in again'
        return failed(CHECK, f"{path} may not be opened by this user", _BLIND, fix)
    return None


def _explain_missing(setup: Setup, path: Path) -> Finding:
    system = setup.system
    others = [
        f"/dev/{device.name}"
        for device in sorted(system.path("/dev").glob("video[0-9]*"))
        if not _RIBBON.search(_driver_name(system, device))
    ]
    if others:
        fix = f'set source = "v4l2:{others[0]}" in the table [camera] of {setup.config_name}'
        return failed(CHECK, f"{path} is not there, but {', '.join(others)} is", _BLIND, fix)
    fix = f'plug it in; for one on a ribbon cable set source = "picamera2" in {setup.config_name}'
    return failed(CHECK, f"{path} is not there, and no other USB camera is", _BLIND, fix)


def _driver_name(system: System, path: Path) -> str:
    return system.read(f"/sys/class/video4linux/{path.name}/name") or ""


def _explain(error: ProbeError, setup: Setup) -> Finding:
    source = without_login(setup.config.camera.source)
    if error.kind in ("hang", "crash"):
        what = f"{source}: {error}"
        fix = "plug it out and in (a ribbon cable: switch the Pi off first); then see: dmesg | tail"
        return failed(CHECK, what, "the driver is stuck or broken; the service restarts again and again", fix)
    if re.search(r"Picamera2 (was not built|cannot be imported)", str(error)):
        return skipped(CHECK, "not tried: Picamera2 cannot be imported, see there")
    if re.search(r"\bbusy\b|EBUSY", str(error), re.IGNORECASE):
        return failed(CHECK, str(error), "one program at a time has a camera", f"see who: {_who_holds(source)}")
    return failed(CHECK, without_login(str(error)), _BLIND, _fix_for(source, setup))


def _who_holds(source: str) -> str:
    kind, _, address = source.partition(":")
    return f"sudo fuser -v {_device_path(address) if kind == 'v4l2' else '/dev/media*'}"


def _fix_for(source: str, setup: Setup) -> str:
    if source.startswith("picamera2"):
        return "rpicam-hello --list-cameras; where it lists none: switch off, seat the ribbon cable anew"
    if source.startswith("v4l2"):
        return f"{_who_holds(source)} tells who holds it; v4l2-ctl --list-devices tells which are cameras"
    return f"set source in the table [camera] of {setup.config_name}"
