"""Picamera2 and its environment: Debian's packages, seen from an environment of our own."""

import re

from edge.doctor.finding import Finding, failed, ok, skipped
from edge.doctor.setup import Setup
from edge.doctor.system import ProbeError, System

CHECK = "picamera2"
TIMEOUT_S = 40.0

#: What a module says that was built for another numpy. Which of these depends on how it was built.
NUMPY_MISFIT = r"numpy\.\w+ size changed|_ARRAY_API|compiled using NumPy 1|numpy\.core\.multiarray failed"

_WHY = "the Pi's own camera is reached through it alone"
_INSTALL = "sudo apt-get install --no-install-recommends python3-picamera2"


def check_picamera2(setup: Setup) -> Finding:
    source = setup.config.camera.source
    if not source.startswith("picamera2"):
        return skipped(CHECK, f"not needed: the camera is {source.partition(':')[0]}")
    try:
        cameras = setup.system.probe("picamera2", {}, TIMEOUT_S)["cameras"]
    except ProbeError as error:
        return explain(error, setup.system)
    if not cameras and not setup.holder:
        fix = "switch off, seat the ribbon cable anew at both ends, then: rpicam-hello --list-cameras"
        return failed(CHECK, "it works, and sees no camera", _WHY, fix)
    return ok(CHECK, f"sees {', '.join(cameras)}" if cameras else "can be imported")


def explain(error: ProbeError, system: System) -> Finding:
    said = str(error)
    if re.search(NUMPY_MISFIT, said):
        what = f"it does not go with this environment's numpy ({said.partition(',')[0]})"
        why = "bookworm's Picamera2 is built for numpy 1; with numpy 2 it cannot be imported"
        return failed(CHECK, what, why, f"{system.pip} install 'numpy<2' 'opencv-python-headless<4.12'")
    if error.kind in ("ModuleNotFoundError", "ImportError"):
        return _explain_missing(said, system)
    return failed(CHECK, said, _WHY, f"{_INSTALL} --reinstall")


def _explain_missing(said: str, system: System) -> Finding:
    settings = (system.prefix / "pyvenv.cfg").read_text() if system.is_own_environment else ""
    if re.search(r"include-system-site-packages\s*=\s*false", settings):
        what = f"not seen from {system.prefix}, which shuts out the system's packages ({said})"
        fix = f"{_INSTALL}; then: python3 -m venv --system-site-packages {system.prefix}"
        return failed(CHECK, what, _WHY, fix)
    return failed(CHECK, f"not installed, or for another Python ({said})", _WHY, _INSTALL)
