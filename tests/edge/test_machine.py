"""What the machine says, on trees of files as a Pi and others have them."""

from pathlib import Path

import pytest

from edge.health import find_problems
from edge.machine import FIRST_PLAUSIBLE_UNIX_S, Reading, is_clock_set, read_machine, read_rss_mb

NOW_S = FIRST_PLAUSIBLE_UNIX_S + 1e7


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """The root of a Raspberry Pi at 61 degrees that was throttled before."""
    files = {
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
        "sys/class/thermal/thermal_zone0/temp": "61234\n",
        "sys/class/thermal/thermal_zone1/type": "battery\n",
        "sys/class/thermal/thermal_zone1/temp": "99000\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "40000\n",
        "proc/meminfo": "MemTotal:  948000 kB\nMemAvailable:  512000 kB\n",
        "run/systemd/timesync/synchronized": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_pi_tells_of_heat_power_memory_and_clock(pi: Path) -> None:
    reading = read_machine(pi)
    assert (reading.temperature_c, reading.power_bits, reading.free_mb) == (61.234, 0x40000, 500)
    assert reading.is_clock_set and reading.is_clock_awaited
    assert 5 < reading.memory_mb < 5000
    assert not any(find_problems(reading, NOW_S).values()), "it was throttled before, and is not now"


def test_a_machine_that_tells_nothing_is_no_failure(tmp_path: Path) -> None:
    reading = read_machine(tmp_path)
    assert (reading.temperature_c, reading.power_bits, reading.free_mb) == (None, None, None)
    assert not any(find_problems(reading, NOW_S).values())


def test_the_peak_of_memory_is_at_least_what_is_used_now() -> None:
    now_mb, peak_mb = read_rss_mb()
    assert 0 < now_mb <= peak_mb


def test_the_kernel_is_asked_about_the_clock_where_no_service_left_word(tmp_path: Path) -> None:
    assert is_clock_set(tmp_path) in (True, False, None)


def reading(
    temperature_c: float | None = None,
    power_bits: int | None = None,
    is_clock_set: bool | None = True,
    is_clock_awaited: bool = False,
) -> Reading:
    return Reading(temperature_c, power_bits, 100.0, 500.0, is_clock_set, is_clock_awaited)


@pytest.mark.parametrize(
    ("looked", "now_s", "part", "word"),
    [
        (reading(temperature_c=80.0), NOW_S, "heat", "slows down at 80 degrees Celsius; give it a heat sink"),
        (reading(power_bits=0x4), NOW_S, "heat", "slows down; give it a heat sink"),
        (reading(power_bits=0x8), NOW_S, "heat", "slows down"),
        (reading(power_bits=0x1), NOW_S, "power", "under-voltage; use the power supply made for this Pi"),
        (reading(is_clock_set=False, is_clock_awaited=True), NOW_S, "clock", "not set by the network yet"),
        (reading(), 1000.0, "clock", "stands before 2026"),
    ],
)
def test_what_is_wrong_with_the_machine_is_named_with_what_to_do(
    looked: Reading, now_s: float, part: str, word: str
) -> None:
    problems = {name: line for name, line in find_problems(looked, now_s).items() if line}
    assert list(problems) == [part]
    assert word in problems[part]


@pytest.mark.parametrize("looked", [reading(79.9), reading(power_bits=0x50000), reading(is_clock_set=False)])
def test_what_is_over_or_not_to_be_expected_is_no_problem(looked: Reading) -> None:
    assert not any(find_problems(looked, NOW_S).values())
