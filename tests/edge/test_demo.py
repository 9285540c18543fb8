import json

import pytest

from edge.cli import main


def test_the_demo_tells_a_happy_face_over_a_broker_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "1.5", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(list(line) == ["topic", "payload"] for line in lines)
    assert [line["payload"] for line in lines if line["topic"] == "mien/demo/status"] == ["online", "stopped"]
    states = [line["payload"] for line in lines if line["topic"] == "mien/demo/state"]
    assert "happy" in [state["emotion"] for state in states]
    assert [state["seq"] for state in states] == list(range(len(states)))
    faces = [line["payload"]["type"] for line in lines if line["topic"].startswith("mien/demo/faces/")]
    assert faces[0] == "new" and faces[-1] == "end"


def test_for_people_the_demo_shows_a_table_and_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "1"]) == 0
    shown = capsys.readouterr().out
    assert "mien: apparent expressions" in shown and "happy" in shown
    assert "demo ended as stopped" in shown
