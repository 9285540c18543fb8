"""Short runs of what `make soak-mqtt` does for a quarter of an hour."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.edge.mqtt.soak.rig import Event, Verdict, judge

ROOT = Path(__file__).resolve().parents[3]


def soak(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.edge.mqtt.soak", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.stdout, done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)
    return verdict


@pytest.mark.broker
def test_what_was_handed_over_before_a_kill_arrives() -> None:
    verdict = soak("kills", "--minutes", "0.15", "--broker-kills", "2", "--daemon-kills", "1")
    assert verdict["failures"] == []
    assert verdict["events"] == verdict["arrived"] > 20


@pytest.mark.broker
def test_a_broker_that_is_away_is_waited_for_in_bounds_and_in_order() -> None:
    verdict = soak("away", "--minutes", "0.07", "--most", "30")
    assert verdict["failures"] == []
    assert verdict["dropped"] > 0, "more came than there was room for"
    assert verdict["arrived"] + verdict["dropped"] == verdict["events"]


def event(seq: int, kind: str = "new", track: int | None = None) -> dict[str, object]:
    return {"session": "s", "seq": seq, "type": kind, "track": seq if track is None else track}


@pytest.mark.parametrize(
    ("heard", "failure"),
    [
        ([event(0), event(1), event(1), event(2)], None),
        ([event(0), event(2)], "1 events did not arrive"),
        ([event(0), event(2), event(1)], "out of order"),
        ([event(0), event(1), event(1, "end"), event(2)], "another content"),
        ([event(0), event(1), event(2, track=1)], "came or went twice"),
    ],
)
def test_the_judge_sees_what_it_is_there_to_see(heard: list[dict[str, object]], failure: str | None) -> None:
    ledger: list[Event] = [("s", 0), ("s", 1), ("s", 2)]
    verdict = Verdict()
    judge(ledger, heard, verdict)
    assert [failure in line for line in verdict.failures] == [True] if failure else not verdict.failures
