"""Nobody is there for ten minutes: the device tells that it lives, and nothing else."""

import json
import subprocess
import sys

import pytest

from tests.edge.idle.room import count_kinds, find_faults, write_empty_room

Messages = list[tuple[str, object]]


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    """What a daemon tells of ten minutes, which pass in seconds; with the defaults of [publish]."""
    folder = tmp_path_factory.mktemp("idle")
    write_empty_room(folder / "room.mp4", seconds=600)
    (folder / "mien.toml").write_text(
        f'device = {{ id = "lab" }}\npublish = {{ to = "log" }}\n'
        f'camera = {{ source = "file:{folder}/room.mp4", clock = "virtual" }}\n'
    )
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(folder / "mien.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [(line["topic"], line["payload"]) for line in lines]


def test_ten_minutes_of_an_empty_room_are_heartbeats_and_summaries(messages: Messages) -> None:
    assert find_faults(messages, minutes=10, heartbeat_s=30, has_health=False) == []
    counts = count_kinds(messages)
    assert (counts["state"], counts["faces"]) == (20, 0)


def test_it_is_told_that_nobody_was_there_and_that_it_was_watched(messages: Messages) -> None:
    summaries = [content for topic, content in messages if topic.endswith("/summary")]
    for summary in summaries:
        assert isinstance(summary, dict)
        assert (summary["faces"], summary["shares"]) == (0, {})
        assert summary["watched_s"] == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("faces/1", {"type": "new"}, "1 of faces"),
        ("status", "degraded", "1 of status in the midst"),
        ("state", {"emotion": "happy"}, "states differ"),
    ],
)
def test_what_an_empty_room_does_not_explain_is_seen(
    messages: Messages, kind: str, content: object, said: str
) -> None:
    amid = [*messages[:9], (f"mien/lab/{kind}", content), *messages[9:]]
    assert said in "; ".join(find_faults(amid, minutes=10, heartbeat_s=30, has_health=False))
