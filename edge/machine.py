"""What the machine says of itself: heat, power, memory, clock. By the kernel alone: no process is started."""

import ctypes
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")

#: Bits of the Pi firmware's answer: now, and since the start of the machine (16 bits higher).
POWER_BITS = {0: "under-voltage", 1: "clock held down", 2: "throttled", 3: "soft temperature limit"}
POWER_FILE = "/sys/devices/platform/soc/soc:firmware/get_throttled"

#: mien is younger than any moment before this; 2026-01-01.
FIRST_PLAUSIBLE_UNIX_S = 1767225600

#: systemd-timesyncd makes the folder at its start and the file when it has set the clock.
_TIMESYNC = "run/systemd/timesync"

# struct timex of adjtimex(2), of which `status` stands behind an int and four longs in any 64-bit ABI.
_TIMEX_BYTES, _STATUS_AT, _STA_UNSYNC = 512, 40, 0x40


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the machine; None stands for what it does not tell.

    Attributes:
        temperature_c: of the hottest part of the processor.
        power_bits: the Pi firmware's word on voltage and throttling; see POWER_BITS.
        free_mb: memory that can be had without swapping.
        is_clock_set: whether a time service has set the clock.
        is_clock_awaited: whether the machine has a time service that is expected to set it.
    """

    temperature_c: float | None
    power_bits: int | None
    memory_mb: float
    free_mb: float | None
    is_clock_set: bool | None
    is_clock_awaited: bool


def read_machine(root: Path = ROOT) -> Reading:
    """Look at everything; takes less than a millisecond.

    Args:
        root: where the file system begins; another one in tests.
    """
    return Reading(
        temperature_c=read_temperature_c(root),
        power_bits=parse_power_bits(read_text(root, POWER_FILE) or ""),
        memory_mb=read_rss_mb()[0],
        free_mb=read_memory_mb(root).get("MemAvailable"),
        is_clock_set=is_clock_set(root),
        is_clock_awaited=(root / _TIMESYNC).is_dir(),
    )


def read_text(root: Path, name: str) -> str | None:
    """A file's text, stripped of white space and zero bytes; None where it cannot be read."""
    try:
        return (root / name.lstrip("/")).read_text(encoding="utf-8", errors="replace").strip(" \t\r\n\0")
    except OSError:
        return None


def read_model(root: Path = ROOT) -> str | None:
    """Such as "Raspberry Pi 4 Model B Rev 1.4"; None on a machine without a device tree."""
    return read_text(root, "/proc/device-tree/model")


def read_temperature_c(root: Path = ROOT) -> float | None:
    """That of the hottest part of the processor."""
    temperatures = []
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        name = f"/sys/class/thermal/{zone.name}"
        kind, value = read_text(root, f"{name}/type") or "", read_text(root, f"{name}/temp") or ""
        if ("cpu" in kind or "x86_pkg" in kind) and value.lstrip("-").isdecimal():
            temperatures.append(int(value) / 1000)
    return max(temperatures, default=None)


def parse_power_bits(said: str) -> int | None:
    """The number in what the firmware says, by vcgencmd ("throttled=0x50000") or in POWER_FILE ("50000")."""
    digits = re.fullmatch(r"(?:throttled=)?(?:0x)?([0-9a-fA-F]+)", said)
    return int(digits[1], 16) if digits else None


def name_power_bits(bits: int) -> tuple[list[str], list[str]]:
    """In words: what is so now, and what was so at some time since the machine started."""
    now = [name for bit, name in POWER_BITS.items() if bits >> bit & 1]
    before = [name for bit, name in POWER_BITS.items() if bits >> bit + 16 & 1]
    return now, before


def read_memory_mb(root: Path = ROOT) -> dict[str, int]:
    """MemTotal, MemAvailable and the rest of /proc/meminfo, in MB."""
    pairs = re.findall(r"^(\w+):\s+(\d+) kB", read_text(root, "/proc/meminfo") or "", re.MULTILINE)
    return {name: int(kilobytes) // 1024 for name, kilobytes in pairs}


def read_rss_mb(pid: int | str = "self") -> tuple[float, float]:
    """Resident memory of a process: now, and at most so far, MB.

    The peak of getrusage(2) would remember that of the process that started this one.
    """
    pairs = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", read_text(ROOT, f"/proc/{pid}/status") or "", re.M))
    return int(pairs.get("VmRSS", 0)) / 1024, int(pairs.get("VmHWM", 0)) / 1024


def is_clock_set(root: Path = ROOT) -> bool | None:
    """Whether a time service set the clock; None where the kernel may not be asked, as in a strict sandbox."""
    if (root / _TIMESYNC / "synchronized").exists():
        return True
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes 0: only asks
    try:
        state = ctypes.CDLL(None).adjtimex(timex)
    except (AttributeError, OSError):
        return None
    if state < 0:
        return None
    return not ctypes.c_int.from_buffer(timex, _STATUS_AT).value & _STA_UNSYNC
