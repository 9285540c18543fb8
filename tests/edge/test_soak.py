"""The soak sees what it is there to see; `make soak` runs it for an hour."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.fakes.webcam import Fault
from tests.edge.soak.verdict import Heard, Sample, Verdict, judge

ROOT = Path(__file__).resolve().parents[2]


def heard(frozen_back_s: float = 3.0, problem: str = "v4l2:0 repeats its last picture") -> Heard:
    """Two faults, ten seconds apart, and the beginning of a third."""
    faults: list[tuple[float, Fault]] = [(10, "frozen"), (20, "torn out"), (30, "black")]
    statuses = [
        (0, "online"),
        (12, "degraded"),
        (10 + frozen_back_s, "online"),
        (21, "degraded"),
        (22, "online"),
    ]
    problems = [(12.0, problem), (21.0, "v4l2:0 gives no more frames")]
    return Heard(faults, sorted(statuses), problems)


def samples(memory_mb: float = 0, threads: int = 0, handles: int = 0) -> list[Sample]:
    """Four minutes, in which all this comes to be added."""
    return [
        Sample(s, 90 + memory_mb * s / 240, 5 + threads * (s > 200), 20 + handles * (s > 200))
        for s in range(240)
    ]


def judged(told: Heard, had: list[Sample], has_lived: bool = True) -> Verdict:
    return judge(told, had, has_lived, most_growth_mb=2, seconds=240)


def test_what_was_named_and_was_over_in_time_is_well() -> None:
    verdict = judged(heard(), samples(memory_mb=1))
    assert not verdict.failures
    assert verdict.recovered == {"frozen": "1 of 1", "torn out": "1 of 1"}
    assert verdict.slowest_s == 3


@pytest.mark.parametrize(
    ("told", "had", "has_lived", "failure"),
    [
        (heard(frozen_back_s=14), samples(), True, "frozen: 1 not recovered"),
        (heard(problem="v4l2:0 sees only black"), samples(), True, "frozen: 1 not recovered"),
        (Heard(), samples(), True, "there was no fault"),
        (heard(), samples(threads=1), True, "threads grew by 1"),
        (heard(), samples(handles=2), True, "handles grew by 2"),
        (heard(), samples(memory_mb=4), True, "memory grew by 3.00 MB; expected at most 2"),
        (heard(), samples(), False, "the daemon ended by itself"),
    ],
)
def test_each_failure_is_named(told: Heard, had: list[Sample], has_lived: bool, failure: str) -> None:
    assert [line for line in judged(told, had, has_lived).failures if line.startswith(failure)]


def test_a_short_run_sees_faults_come_and_go() -> None:
    command = [sys.executable, "-m", "tests.edge.soak", "--minutes", "0.28", "--every", "5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)
    verdict = json.loads(done.stdout)
    assert verdict["recovered"]["unplugged"] == "1 of 1"
    assert verdict["faults"] >= 2 and verdict["frames"] > 0 and verdict["memory_mb"] > 20
    assert not [line for line in verdict["failures"] if "by itself" in line]
    assert done.returncode == bool(verdict["failures"])
