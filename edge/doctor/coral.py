"""The Coral: stick or card, permission, USB speed, library, compiled model, and whether it answers right."""

from edge.config import ModelConfig
from edge.doctor.finding import Finding, failed, ok, skipped, warning
from edge.doctor.setup import Setup
from edge.doctor.system import ProbeError
from edge.doctor.unit import Unit
from edge.emotion.delegates import Stick, find_sticks

CHECK = "coral"

#: Loading the firmware, the libraries and the model takes seconds; a hang ends sooner, by its own clock.
TIMEOUT_S = 60.0

_USB_2_MBIT = 480
_WHY = {
    "auto": "the CPU does its work meanwhile",
    "edgetpu": "it is asked for in the configuration, and the CPU does its work meanwhile",
}


def check_coral(setup: Setup) -> Finding:
    model, system = setup.config.model, setup.system
    if model.accelerator == "cpu":
        return skipped(CHECK, 'not wanted: model.accelerator is "cpu"')
    sticks = find_sticks(system.path("/sys"), system.path("/dev"))
    if not sticks and model.accelerator == "auto":
        return skipped(CHECK, "none is plugged in; the CPU does its work")
    if setup.holder and sticks:
        return _judge_by_service(setup.holder, model, sticks[0])
    request = {
        "model": model.model_dump(mode="json"),
        "sysfs": str(system.path("/sys")),
        "dev": str(system.path("/dev")),
    }
    try:
        trial = system.probe("coral", request, TIMEOUT_S)
    except ProbeError as error:
        return _explain(error, setup)
    if trial["problem"]:
        return _complain(model, trial["problem"])
    times = f"{trial['edgetpu_ms']:.2f} ms a face, the CPU {trial['cpu_ms']:.2f} ms"
    return judge_speed(sticks[0], f"answers right; {times}; {trial['library']}")


def judge_speed(stick: Stick, what: str) -> Finding:
    """A Coral that works: whether it is in the right port."""
    if stick.speed_mbit is not None and stick.speed_mbit <= _USB_2_MBIT:
        why = "every face waits for a slow port, and the stick may get too little power"
        fix = "use a blue USB 3 port, and the cable that came with it (a Pi 3 or Zero has USB 2 only)"
        return warning(CHECK, f"{what}; in a USB 2 port ({stick.speed_mbit} Mbit/s)", why, fix)
    return ok(CHECK, what)


def _judge_by_service(unit: Unit, model: ModelConfig, stick: Stick) -> Finding:
    if "coral" in unit.trouble.lower():
        return _complain(model, f"the service says: {unit.trouble}")
    return judge_speed(stick, "left to the running service, which has nothing to say against it")


def _complain(model: ModelConfig, problem: str) -> Finding:
    """Tell a problem; those of `edge.emotion` have what to do behind their last semicolon."""
    what, _, fix = problem.rpartition("; ")
    if not what:
        what, fix = problem, 'unplug it and plug it in again; where that does not help: accelerator = "cpu"'
    found = failed if model.accelerator == "edgetpu" else warning
    return found(CHECK, what, _WHY[model.accelerator], fix)


def _explain(error: ProbeError, setup: Setup) -> Finding:
    if error.kind in ("ModelError", "ModuleNotFoundError"):
        return skipped(CHECK, f"not tried: {error}")
    why = "the service crashes or hangs with it, too; it then leaves it alone for model.retry_s seconds"
    fix = (
        f'unplug it and plug it in again; else accelerator = "cpu" in the table [model] of {setup.config_name}'
    )
    return failed(CHECK, f"when it is opened: {error}", why, fix)
