"""What `mien doctor` looks at: one check after the other, each with its time limit. It changes nothing."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.config import Config, load_config
from edge.doctor import broker, camera, clock, computer, coral, model, pi_camera, unit
from edge.doctor.finding import Finding, failed, ok, skipped
from edge.doctor.setup import DEFAULT_CONFIG, Setup
from edge.doctor.system import System
from edge.errors import ConfigError

#: Told which check begins.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at.

    Attributes:
        name: the first word of its findings.
        examine: looks, and gives one finding or several.
        limit_s: how long it may take; its own time limits are shorter and say more.
        needs_config: whether it makes sense only with a configuration that can be read.
    """

    name: str
    examine: Callable[[Setup], Finding | list[Finding]]
    limit_s: float = 10.0
    needs_config: bool = False


CHECKS = (
    Check("system", lambda setup: computer.check_system(setup.system)),
    Check("python", lambda setup: computer.check_python(setup.system)),
    Check("runtime", model.check_runtime, model.TIMEOUT_S + 5),
    Check("model", model.check_model, model.TIMEOUT_S + 5, needs_config=True),
    Check(coral.CHECK, coral.check_coral, coral.TIMEOUT_S + 5, needs_config=True),
    Check(pi_camera.CHECK, pi_camera.check_picamera2, pi_camera.TIMEOUT_S + 10, needs_config=True),
    Check(camera.CHECK, camera.check_camera, camera.TIMEOUT_S + 10, needs_config=True),
    Check(broker.REACH, broker.check_broker, broker.LIMIT_S, needs_config=True),
    Check(clock.CHECK, lambda setup: clock.check_clock(clock.read_synchronized(setup.system)), 20),
    Check("power", lambda setup: computer.check_power(computer.read_power_bits(setup.system))),
    Check("temperature", lambda setup: computer.check_temperature(computer.read_temperature_c(setup.system))),
    Check("memory", lambda setup: computer.check_memory(computer.read_memory_mb(setup.system))),
    Check("disk", lambda setup: computer.check_disk(setup.system)),
    Check(unit.CHECK, lambda setup: unit.check_unit(setup.unit)),
)


def examine(
    config_path: Path | None,
    system: System | None = None,
    tell: Progress = lambda name: None,
    checks: Sequence[Check] = CHECKS,
) -> Iterator[Finding]:
    """Look at one thing after the other.

    Args:
        config_path: the configuration; None for the service's where it is there, else every key's default.
        system: the machine; None for this one.
        tell: is told which check begins.
        checks: what to look at beside the configuration.
    """
    system = system or System()
    finding, setup, is_usable = _read_setup(config_path, system)
    yield finding
    for check in checks:
        tell(check.name)
        if check.needs_config and not is_usable:
            yield skipped(check.name, "needs a configuration that can be read")
        else:
            yield from _within_limit(check, setup)


def _read_setup(config_path: Path | None, system: System) -> tuple[Finding, Setup, bool]:
    """The configuration, and whether it can be used; the defaults stand in for one that cannot."""
    service = system.path(DEFAULT_CONFIG)
    path = config_path or (service if os.path.lexists(service) else None)
    check, defaults = "configuration", Setup(system, Config(), path)
    if path is None:
        return ok(check, f"there is no {DEFAULT_CONFIG}; every key has its default"), defaults, True
    try:
        return ok(check, str(path)), Setup(system, load_config(path), path), True
    except ConfigError as error:
        is_kept = path.parent.is_dir() and os.path.exists(path) and not os.access(path, os.R_OK)
        fix = "sudo mien doctor" if is_kept else f"sudo nano {path}; then: mien doctor"
        return failed(check, str(error), "the service does not start with it", fix), defaults, False


def _within_limit(check: Check, setup: Setup) -> list[Finding]:
    """Run a check in a thread of its own, which is left behind where it does not end."""
    findings: list[Finding] = []

    def look() -> None:
        try:
            found = check.examine(setup)
        except Exception as error:  # one check that fails must not keep the others from being told
            reason = f"the check itself failed: {type(error).__name__}: {error}"
            found = failed(
                check.name, reason, "it says nothing of your device", "tell mien's authors, with this line"
            )
        findings.extend([found] if isinstance(found, Finding) else found)

    thread = threading.Thread(target=look, name=f"doctor: {check.name}", daemon=True)
    thread.start()
    thread.join(check.limit_s)
    if findings:
        return findings
    why = "what hangs here hangs the service, too"
    return [failed(check.name, f"no end within {check.limit_s:g} s", why, "dmesg | tail; then: sudo reboot")]
