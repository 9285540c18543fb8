"""The computer: what it is, its Python, its power, heat, memory and disk."""

import os
import re
import sys
from collections.abc import Mapping

from edge import machine
from edge.doctor.finding import Finding, failed, ok, skipped, warning
from edge.doctor.system import System

#: What mien was tried on. Others may do.
_DEBIAN = {"bookworm": "12", "trixie": "13"}
_PYTHONS = ((3, 11), (3, 13))

#: Without NEON in 64 bits, or with too little memory.
_TOO_OLD = re.compile(r"Raspberry Pi (Model|1|2 Model|Zero (W )?Rev|Zero W|Compute Module Rev)")

_UNDER_VOLTAGE = 1 << 0 | 1 << 16

#: A Pi begins to slow down at 80 degrees and does so hard at 85.
_HOT_C, _TOO_HOT_C = 75.0, 80.0

#: The daemon takes some 120 MB; below this the kernel begins to end processes.
_LITTLE_MEMORY_MB = 60
_LITTLE_DISK_MB, _FULL_DISK_MB = 500, 50


def read_os_release(system: System) -> dict[str, str]:
    lines = (system.read("/etc/os-release") or "").splitlines()
    return {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}


def read_model(system: System) -> str | None:
    """Such as "Raspberry Pi 4 Model B Rev 1.4"; None on a machine without a device tree."""
    return machine.read_model(system.root)


def check_system(system: System) -> Finding:
    check = "system"
    release, model = read_os_release(system), read_model(system)
    named = release.get("PRETTY_NAME", "an unknown system")
    what = f"{model or system.machine}, {named}, {'64' if system.is_64_bit else '32'}-bit"
    reinstall = "write Raspberry Pi OS (64-bit) to the card, with Raspberry Pi Imager"
    if not system.is_64_bit or system.machine not in ("aarch64", "arm64", "x86_64"):
        return failed(check, what, "the packages that mien needs exist for 64-bit systems only", reinstall)
    if model and _TOO_OLD.match(model):
        return failed(check, what, "this Pi is too old", "take a Raspberry Pi 3, 4, 5 or Zero 2 W")
    if release.get("ID") != "debian" or release.get("VERSION_CODENAME") not in _DEBIAN:
        why = "mien is tried on Debian and Raspberry Pi OS, bookworm and trixie; here it may work or not"
        return warning(check, what, why, f"where something fails: {reinstall}")
    return ok(check, what)


def check_python(system: System) -> Finding:
    check = "python"
    what = f"Python {sys.version.split()[0]} in {system.prefix}"
    oldest, newest = (".".join(map(str, version)) for version in _PYTHONS)
    if not _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]:
        why = f"mien is tried on Python {oldest} to {newest}"
        return failed(check, what, why, f"make the environment with one of these: python{newest} -m venv …")
    if not system.is_own_environment:
        why = "in the system's own Python an upgrade of Debian or another program may change mien's packages"
        return warning(check, what, why, "python3 -m venv .venv && .venv/bin/pip install mien")
    return ok(check, what)


def read_power_bits(system: System) -> int | None:
    """The firmware's answer; None where there is no Raspberry Pi's firmware to ask."""
    said = system.run("vcgencmd", "get_throttled") or system.read(machine.POWER_FILE) or ""
    return machine.parse_power_bits(said)


def check_power(bits: int | None) -> Finding:
    check = "power"
    if bits is None:
        return skipped(check, "no Raspberry Pi's firmware to ask")
    now, before = machine.name_power_bits(bits)
    if not now and not before:
        return ok(check, "no under-voltage and no throttling since the start")
    what = f"now: {', '.join(now)}" if now else f"since the start: {', '.join(before)}"
    if bits & _UNDER_VOLTAGE:
        why = "too little voltage slows the Pi down, disconnects cameras and sticks, and damages SD cards"
        fix = "use the power supply made for this Pi, with its own cable, and a powered hub for USB devices"
    else:
        why = "a hot Pi slows down: fewer frames, later messages"
        fix = "give it a heat sink or a fan, and air"
    return (failed if now else warning)(check, f"{what} (0x{bits:x})", why, fix)


def read_temperature_c(system: System) -> float | None:
    """That of the hottest part of the processor."""
    return machine.read_temperature_c(system.root)


def check_temperature(celsius: float | None) -> Finding:
    check = "temperature"
    if celsius is None:
        return skipped(check, "this machine does not tell it")
    what = f"{celsius:.0f} degrees Celsius"
    if celsius < _HOT_C:
        return ok(check, what)
    why = "at 80 degrees a Pi slows down: fewer frames, later messages"
    return (failed if celsius >= _TOO_HOT_C else warning)(
        check, what, why, "give it a heat sink or a fan, and air"
    )


def read_memory_mb(system: System) -> dict[str, int]:
    """MemTotal, MemAvailable and the rest of /proc/meminfo, in MB."""
    return machine.read_memory_mb(system.root)


def check_memory(memory_mb: Mapping[str, int]) -> Finding:
    check = "memory"
    if "MemAvailable" not in memory_mb:
        return skipped(check, "this machine does not tell it")
    free, total = memory_mb["MemAvailable"], memory_mb.get("MemTotal", 0)
    what = f"{free} of {total} MB to be had"
    if free >= _LITTLE_MEMORY_MB:
        return ok(check, what)
    why = "the kernel ends processes, mien perhaps among them, when nothing is left"
    return warning(
        check, what, why, "see who takes it: ps -eo rss,comm --sort -rss | head; a desktop can be left out"
    )


def check_disk(system: System) -> Finding:
    numbers = os.statvfs(system.root)
    is_read_only = bool(numbers.f_flag & os.ST_RDONLY)
    free_mb = numbers.f_bavail * numbers.f_frsize // 2**20
    nodes = numbers.f_favail if numbers.f_files else None  # btrfs counts none
    return judge_disk(free_mb, nodes, is_read_only, is_meant_read_only(system.read("/etc/fstab") or ""))


def judge_disk(free_mb: int, free_nodes: int | None, is_read_only: bool, is_meant: bool) -> Finding:
    check = "disk"
    if is_read_only and not is_meant:
        why = "Linux does this when a card fails: nothing can be set up or upgraded, and it may not start again"
        fix = "dmesg | grep -i -E 'mmc|ext4'; then save what you need, and write a new card"
        return failed(check, "mounted read-only, which /etc/fstab does not ask for", why, fix)
    what = f"{free_mb} MB free{', read-only' if is_read_only else ''}"
    why = "on a full disk upgrades break half way, and other programs with them"
    fix = "sudo apt-get clean; sudo journalctl --vacuum-size=50M; and see: sudo du -xh / | sort -h | tail"
    if free_mb < _FULL_DISK_MB or free_nodes == 0:
        return failed(check, what if free_nodes != 0 else f"{what}, but no place for another file", why, fix)
    return warning(check, what, why, fix) if free_mb < _LITTLE_DISK_MB else ok(check, what)


def is_meant_read_only(fstab: str) -> bool:
    fields = (line.split() for line in fstab.splitlines() if not line.lstrip().startswith("#"))
    return any(len(entry) > 3 and entry[1] == "/" and "ro" in entry[3].split(",") for entry in fields)
