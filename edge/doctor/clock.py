"""The clock: whether it was set by the network. A Pi has no battery to keep it going."""

import os
import time
from datetime import UTC, datetime

from edge.doctor.finding import Finding, failed, ok, skipped, warning
from edge.doctor.system import System
from edge.machine import FIRST_PLAUSIBLE_UNIX_S

CHECK = "clock"


def read_synchronized(system: System) -> bool | None:
    """Whether a time service set the clock since the start; None where nobody can say."""
    if os.path.exists(system.path("/run/systemd/timesync/synchronized")):
        return True
    said = system.run("timedatectl", "show", "--property=NTPSynchronized", "--value")  # the kernel's word
    if said in ("yes", "no"):
        return said == "yes"
    tracking = system.run("chronyc", "-n", "tracking") or ""
    states = [
        line.partition(":")[2].strip() for line in tracking.splitlines() if line.startswith("Leap status")
    ]
    return states[0] != "Not synchronised" if states else None


def check_clock(is_synchronized: bool | None, now_unix_s: float | None = None) -> Finding:
    now_unix_s = time.time() if now_unix_s is None else now_unix_s
    now = datetime.fromtimestamp(now_unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    why = "every message carries the time; with a wrong one a history of them is worthless, and TLS fails"
    fix = (
        "sudo timedatectl set-ntp true; where no NTP gets out, name the network's own server: timesyncd.conf(5)"
    )
    if now_unix_s < FIRST_PLAUSIBLE_UNIX_S:
        return failed(CHECK, f"it says {now}, which is past", why, fix)
    if is_synchronized is None:
        return skipped(CHECK, f"it says {now}; no time service here says whether it is set")
    if not is_synchronized:
        return warning(CHECK, f"it says {now}, and was not set by the network yet", why, fix)
    return ok(CHECK, f"set by the network, {now}")
