import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge.cli import main
from edge.config import MqttConfig
from edge.mqtt.embedded import embedded_broker
from edge.mqtt.making import make_client
from edge.watch import Board, save_table, show


def state(**changes: Any) -> str:
    content = {"faces": 1, "emotion": "happy", "confidence": 0.875, "scores": {"happy": 0.875, "sad": 0.125}}
    return json.dumps(content | changes)


def shown(board: Board) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(board.render())
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_what_keeps_a_device_from_being_online_stands_below_the_table() -> None:
    board = Board("en")
    board.add("mien/hall/status", "degraded")
    board.add("mien/hall/info", json.dumps({"problems": {"camera": "/dev/video0 is \x1b[2Jnot there"}}))
    assert "hall: camera: /dev/video0 is" in shown(board) and "\x1b[2J" not in shown(board)
    board.add("mien/hall/info", json.dumps({"problems": {}}))
    assert "/dev/video0" not in shown(board)
    board.add("mien/hall/info", json.dumps({"problems": [1]}))


def test_how_a_device_is_and_which_faces_it_could_not_read_stands_below_the_table() -> None:
    board = Board("en")
    health = {"fps": 14.9, "cpu_percent": 6.2, "temperature_c": None, "rejected": {"small": 7, "\x1b[2J": 1}}
    board.add("mien/hall/health", json.dumps(health))
    assert "hall: 15 frames/s, 6 % CPU, 7 faces small, 1 faces" in shown(board) and "\x1b[2J" not in shown(
        board
    )
    board.add("mien/hall/health", json.dumps({"fps": "many", "rejected": [1]}))
    assert "frames/s" not in shown(board)


def test_an_empty_board_says_that_nothing_was_heard() -> None:
    assert "nothing heard yet" in shown(Board("en"))


def test_a_device_is_shown_with_status_face_and_scores() -> None:
    board = Board("en")
    board.add("mien/hall/status", "online")
    board.add("mien/hall/state", state())
    text = shown(board)
    for part in ("hall", "online", "happy", "88%", "12%", "█" * 18 + "░" * 2):
        assert part in text


def test_the_last_message_of_a_device_counts() -> None:
    board = Board("en")
    board.add("mien/hall/state", state())
    board.add("mien/hall/state", state(emotion="no_face", confidence=None, faces=0, scores={}))
    assert "no face" in shown(board) and "happy" not in shown(board)


def test_names_are_in_the_language_asked_for() -> None:
    board = Board("ja")
    board.add("mien/hall/state", state())
    assert "喜び" in shown(board) and "悲しみ" in shown(board)


def test_several_devices_stand_below_each_other() -> None:
    board = Board("en")
    for name in ("hall", "desk"):
        board.add(f"mien/{name}/state", state())
    lines = shown(board).splitlines()
    rows = [line for line in lines if "happy" in line]
    assert ["desk" in rows[0], "hall" in rows[1]] == [True, True]


def test_the_last_messages_stand_below_the_table_where_asked_for() -> None:
    board = Board("en", tail=2)
    for number in range(3):
        board.add(f"mien/hall/faces/{number}", "{}")
    text = shown(board)
    assert "mien/hall/faces/1" in text and "mien/hall/faces/2" in text and "faces/0" not in text


JUNK = [
    ("mien/hall/state", "{broken"),
    ("mien/hall/state", ""),
    ("mien/hall/state", "[1, 2]"),
    ("mien/hall/state", "[" * 100_000),
    ("mien/hall/state", '{"emotion": {"a": 1}, "faces": "[/x]", "confidence": "high", "scores": 5}'),
    ("mien/hall/state", '{"scores": ["happy"]}'),
    ("mien/hall/state", '{"emotion": "[/bold]", "scores": {"[/x]": 0.5}, "confidence": NaN}'),
    ("mien/hall/state", '{"scores": {"happy": NaN, "sad": 1e999, "fear": -3, "angry": "much"}}'),
    ("mien/[/bold]/state", state()),
    ("mien/hall/status", "[/red]"),
    ("mien/hall/status", "x" * 1000),
    ("mien/hall", state()),
    ("other/hall/state", state()),
    ("", ""),
]


@pytest.mark.parametrize(("topic", "payload"), JUNK)
def test_junk_and_foreign_messages_are_survived(topic: str, payload: str) -> None:
    board = Board("en", tail=5)
    board.add(topic, payload)
    assert "mien" in shown(board)
    assert board.summary()
    board.add("mien/good/state", state())
    assert "good" in shown(board) and "happy" in shown(board)


def test_a_topic_of_somebody_else_makes_no_row() -> None:
    board = Board("en")
    board.add("zigbee/hall/state", state())
    assert board.devices == {}


def test_the_summary_counts_messages_and_states() -> None:
    board = Board("en")
    board.add("mien/hall/status", "online")
    for emotion in ("happy", "happy", "no_face"):
        board.add("mien/hall/state", state(emotion=emotion))
    board.add("mien/hall/faces/1", "{}")
    board.add("mien/hall/status", "stopped")
    assert board.summary().splitlines() == [
        "6 messages: 3 state, 2 status, 1 faces",
        "states: happy 2, no face 1",
        "hall ended as stopped",
    ]


def test_showing_ends_when_it_is_told_to_and_leaves_the_table() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    left = iter([True, False])
    show([("mien/a/state", state()), None, ("mien/b/state", state())], Board("en"), console, lambda: next(left))
    assert isinstance(console.file, io.StringIO)
    assert " a " in console.file.getvalue() and " b " not in console.file.getvalue()


def test_the_table_can_be_saved_as_a_picture_that_loads_nothing(tmp_path: Path) -> None:
    board = Board("en")
    board.add("mien/hall/state", state())
    save_table(board, tmp_path / "watch.svg")
    text = (tmp_path / "watch.svg").read_text()
    assert ET.fromstring(text).tag.endswith("svg")
    assert "hall" in text and "@font-face" not in text and "url(http" not in text


def test_watch_prints_what_a_broker_carries_as_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    with embedded_broker() as port:
        speaker = make_client(MqttConfig(), None)
        speaker.connect("127.0.0.1", port)
        speaker.loop_start()
        for topic, payload in (
            ("mien/hall/status", "online"),
            ("mien/hall/state", "{broken"),
            ("mien/desk/state", state()),
        ):
            speaker.publish(topic, payload, qos=1, retain=True).wait_for_publish(5)
        arguments = ["watch", "--host", "127.0.0.1", "--port", str(port), "--seconds", "0.6", "--json"]
        assert main([*arguments, "--device", "hall"]) == 0
        speaker.disconnect()
        speaker.loop_stop()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["topic"]: line["payload"] for line in lines} == {
        "mien/hall/status": "online",
        "mien/hall/state": "{broken",
    }


def test_messages_cannot_steer_the_terminal() -> None:
    board = Board("en", tail=3)
    board.add("mien/ha\x1b[31mll/status", "on\x1b]0;title\x07line")
    board.add("mien/ha\x1b[31mll/state", state(emotion="\x1b[2J", faces="\x1b[H", scores={"\x1b[1m": 0.5}))
    text = shown(board)
    assert "\x1b" not in text and "\x07" not in text
    assert "ha�[31mll" in text


def test_a_table_is_not_written_over_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept.svg").write_text("mine")
    assert main(["watch", "--port", "1", "--svg", str(tmp_path / "kept.svg")]) == 2
    assert "kept.svg is there already" in capsys.readouterr().err
    assert (tmp_path / "kept.svg").read_text() == "mine"
