"""The service: whether systemd runs it, how often it came back, and what it says of itself."""

import re
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import Finding, failed, ok, skipped, warning
from edge.doctor.system import System
from edge.mqtt.topics import ONLINE, PRIVACY
from edge.restarts import read_restarts

CHECK = "service"
_UNIT = "mien.service"
_RUNTIME_FOLDER = "run/mien"

#: The status of a process that found its configuration wrong (edge.errors); systemd leaves it at that.
_WRONG_CONFIG = "2"

_JOURNAL = "journalctl -u mien -n 50"


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd knows of mien.service.

    Attributes:
        load: "loaded", "not-found", "masked", …
        active: "active", "activating", "inactive" or "failed".
        starts_at_boot: "enabled", "disabled", …
        restarts: how often systemd started it again since a person or the boot did.
        exit_status: of its last process.
        said: the line that it gives as its status: "online", or "degraded" and what is wrong.
        last_reason: why the last process ended; None where that is unknown, or not ours to read.
    """

    load: str
    active: str
    starts_at_boot: str = ""
    restarts: int = 0
    exit_status: str = ""
    said: str = ""
    last_reason: str | None = None

    @property
    def is_running(self) -> bool:
        return self.active in ("active", "activating", "reloading")

    @property
    def is_private(self) -> bool:
        """Whether the privacy switch has the camera closed."""
        return self.said.partition("; ")[0] == PRIVACY

    @property
    def trouble(self) -> str:
        """What keeps it from `online`, by its own word; nothing where it is well."""
        state, _, trouble = self.said.partition("; ")
        return trouble or (state if state not in (ONLINE, PRIVACY) else "")


def read_unit(system: System) -> Unit | None:
    """Ask systemd; None where no systemd answers."""
    wanted = "LoadState,ActiveState,UnitFileState,NRestarts,ExecMainStatus,StatusText"
    shown = system.run("systemctl", "show", _UNIT, f"--property={wanted}")
    if not shown:
        return None
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    restarts = read_restarts(system.path(_RUNTIME_FOLDER))
    count = values.get("NRestarts", "")
    return Unit(
        load=values.get("LoadState", ""),
        active=values.get("ActiveState", ""),
        starts_at_boot=values.get("UnitFileState", ""),
        restarts=int(count) if count.isdecimal() else 0,
        exit_status=values.get("ExecMainStatus", ""),
        said=values.get("StatusText", ""),
        last_reason=restarts.last_reason if restarts else None,
    )


def find_credential(system: System, name: str) -> Path | None:
    """The file that systemd hands to the service under this name, by the unit and its drop-ins."""
    said = system.run("systemctl", "cat", _UNIT) or ""
    paths = re.findall(rf"^LoadCredential={re.escape(name)}:(/\S+)$", said, re.MULTILINE)
    return system.path(paths[-1]) if paths else None


def check_unit(unit: Unit | None) -> Finding:
    if unit is None:
        return skipped(CHECK, "no systemd answers on this machine")
    if unit.load == "not-found":
        return skipped(CHECK, "mien is not installed as a service here (systemd/install.sh does that)")
    if unit.load != "loaded":
        why = "systemd cannot run it"
        return failed(
            CHECK, f"{_UNIT} is {unit.load}", why, f"systemctl status {_UNIT}; sudo systemctl unmask mien"
        )
    if unit.active == "active":
        return _check_running(unit)
    return _check_not_running(unit)


def _check_not_running(unit: Unit) -> Finding:
    reason = f": {unit.last_reason}" if unit.last_reason else ""
    nothing = "nothing is watched and nothing is published"
    if unit.active == "inactive":
        return failed(CHECK, "the service is stopped", nothing, "sudo systemctl enable --now mien")
    if unit.exit_status == _WRONG_CONFIG:
        fix = "mend what is said of the configuration, then: sudo systemctl restart mien"
        return failed(CHECK, f"the service refused its configuration{reason}", nothing, fix)
    state = "is starting, or tries to, again and again" if unit.active == "activating" else f"is {unit.active}"
    return failed(
        CHECK, f"the service {state}{reason}", nothing, f"{_JOURNAL}; then: sudo systemctl restart mien"
    )


def _check_running(unit: Unit) -> Finding:
    again = f", started again {unit.restarts} times" if unit.restarts else ""
    if unit.trouble:
        why = "its status is not online: what it tells may be missing or old"
        return failed(CHECK, f"running{again}, and says: {unit.trouble}", why, _JOURNAL)
    if unit.starts_at_boot not in ("enabled", "enabled-runtime", "static"):
        why = "after the next power cut nothing is published"
        return warning(CHECK, "running, but not started at boot", why, "sudo systemctl enable mien")
    if unit.restarts:
        last = f"; the last time: {unit.last_reason}" if unit.last_reason else ""
        why = "each start is a gap in what is told"
        return warning(CHECK, f"running{again}{last}", why, _JOURNAL)
    return ok(CHECK, f"running{', ' + unit.said if unit.said else ''}; starts at boot")
