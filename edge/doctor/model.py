"""The runtime, and the network that it runs."""

import re
from collections.abc import Mapping
from typing import Any

from edge.doctor.finding import Finding, failed, ok
from edge.doctor.pi_camera import NUMPY_MISFIT
from edge.doctor.setup import Setup
from edge.doctor.system import ProbeError, System

TIMEOUT_S = 60.0

_WHY = "without it no expression can be read"


def check_runtime(setup: Setup) -> Finding:
    check = "runtime"
    try:
        found = setup.system.probe("runtime", {}, TIMEOUT_S)
    except ProbeError as error:
        return _explain_runtime(error, setup.system)
    return judge_runtime(found, setup.system) or ok(check, _versions(found))


def judge_runtime(found: Mapping[str, Any], system: System) -> Finding | None:
    """What does not go together, of what can be imported."""
    check, what = "runtime", _versions(found)
    if not found["has_haar"]:
        why = "OpenCV from 5 on has no Haar cascades: no face can be found"
        return failed(check, what, why, f"{system.pip} install 'opencv-python-headless<5'")
    if found["runtime"].startswith("tflite-runtime") and not found["numpy"].startswith("1."):
        why = "tflite-runtime is built for numpy 1"
        return failed(check, what, why, f"{system.pip} install 'ai-edge-litert>=2,<3'")
    return None


def check_model(setup: Setup) -> Finding:
    check, config = "model", setup.config.model
    try:
        found = setup.system.probe("model", {"bundle": config.bundle, "threads": config.threads}, TIMEOUT_S)
    except ProbeError as error:
        return _explain_model(error, setup)
    what = f"{found['name']}, card {found['digest']}"
    if found["difference"]:
        why = "the runtime computes wrongly on this machine: it would name wrong expressions"
        fix = f"{setup.system.pip} install --force-reinstall 'ai-edge-litert>=2,<3'"
        return failed(check, f"{what}: {found['difference'].replace('the CPU says', 'it should be')}", why, fix)
    return ok(check, f"{what}; {len(found['faces'])} drawn faces come out as they should")


def _versions(found: Mapping[str, Any]) -> str:
    return f"{found['runtime']}, numpy {found['numpy']}, OpenCV {found['opencv']}"


def _explain_runtime(error: ProbeError, system: System) -> Finding:
    said = str(error)
    install = f"{system.pip} install 'numpy<3' 'opencv-python-headless<5' 'ai-edge-litert>=2,<3'"
    if re.search(NUMPY_MISFIT, said):
        return failed("runtime", f"numpy does not go with another package: {said}", _WHY, install)
    if error.kind == "crash":
        what = f"it crashes when it is imported: {said}"
        return failed("runtime", what, _WHY, f"{install} --force-reinstall")
    return failed("runtime", said, _WHY, install)


def _explain_model(error: ProbeError, setup: Setup) -> Finding:
    said, bundle = str(error), setup.config.model.bundle
    if error.kind == "ModelError":
        fix = f"install mien again, or set bundle in the table [model] of {setup.config_name} to a whole one"
        return failed("model", said, "a wrong or damaged model would name wrong expressions", fix)
    if error.kind == "ModuleNotFoundError":
        return failed(
            "model", f"{bundle} was not tried: {said}", _WHY, "first mend what is said of the runtime"
        )
    fix = f"{setup.system.pip} install --force-reinstall 'ai-edge-litert>=2,<3'"
    return failed("model", f"{bundle}: {said}", _WHY, fix)
