"""`mien simulate` against a real mosquitto, heard by a listener of the test's own."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.config import MqttConfig
from edge.mqtt import payloads
from edge.mqtt.making import protocols
from edge.mqtt.subscriber import Subscriber
from edge.simulate import Fleet, format_report
from edge.simulate.life import Life
from edge.simulate.link import Way
from edge.simulate.processes import find_broker, read_cpu_s
from tests.conftest import Broker, wait_until

Heard = list[tuple[str, str]]

MODELS = {
    "state": payloads.State,
    "faces": payloads.FaceEvent,
    "summary": payloads.LastMinute,
    "health": payloads.Health,
    "info": payloads.Info,
}


class Ear:
    """Hears everything that a broker carries, in a thread."""

    def __init__(self, port: int) -> None:
        self._subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=port), None)
        self.heard: Heard = []
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        for message in self._subscriber.messages(patience_s=0.2):
            if message:
                self.heard.append(message)
            elif self._is_ending.is_set():
                return

    def end(self) -> Heard:
        self._is_ending.set()
        self._thread.join(10)
        self._subscriber.close()
        return self.heard


def way_to(port: int) -> Way:
    mqtt = MqttConfig(host="127.0.0.1", port=port)
    return Way(mqtt, None, protocols(mqtt)[0])


def simulate(port: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "edge.cli", "simulate", "--host", "127.0.0.1", "--port", str(port)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.broker
def test_a_fleet_speaks_as_so_many_devices_and_leaves_nothing(make_mosquitto: Callable[..., Broker]) -> None:
    port = make_mosquitto().port
    ear = Ear(port)
    done = simulate(port, "--devices", "30", "--rate", "4", "--seconds", "2", "--every", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    heard = ear.end()
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    total = reports[-1]
    assert total["total"] and total["connected"] == total["devices"] == 30
    assert total["wanted_per_s"] == 120 and total["sent_per_s"] == pytest.approx(120, rel=0.2)
    assert total["received_per_s"] == pytest.approx(total["sent_per_s"], rel=0.2)
    assert total["broker"]["memory_mb"] > 1 and total["memory_mb"] > 10
    assert total["lost_connections"] == total["dropped"] == 0

    kinds: Counter[str] = Counter()
    numbers: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for topic, payload in heard:
        _, device, kind = topic.split("/")[:3]
        if kind in MODELS and payload:
            message = MODELS[kind].model_validate_json(payload)
            numbers[device, message.session, kind].append(message.seq)
            kinds[kind] += 1
    assert {"state", "faces", "info"} <= set(kinds)
    assert all(found == sorted(set(found)) for found in numbers.values()), "none twice, all in order"
    assert len({session for _, session, _ in numbers}) == len({device for device, _, _ in numbers}) == 30
    statuses = [payload for topic, payload in heard if topic.endswith("-0001/status")]
    assert statuses == ["online", "stopped", ""], "and then nothing is retained"
    late = Ear(port)
    assert late.end() == []


@pytest.mark.broker
def test_what_a_fleet_is_refused_is_said(make_mosquitto: Callable[..., Broker], tmp_path: Path) -> None:
    port = make_mosquitto("allow_anonymous false").port
    done = simulate(port, "--devices", "3", "--seconds", "1")
    assert done.returncode == 1 and "refused the connection: not authorized" in done.stderr
    done = simulate(1, "--devices", "3")
    assert done.returncode == 1 and "broker 127.0.0.1:1 does not answer" in done.stderr


@pytest.mark.broker
def test_devices_and_the_listener_come_back_after_the_broker_did(
    make_mosquitto: Callable[..., Broker],
) -> None:
    broker = make_mosquitto()
    fleet = Fleet(way_to(broker.port), "sim", 5, rate=10)
    stop = threading.Event()
    reports: list[Any] = []
    worker = threading.Thread(target=lambda: reports.extend(fleet.run(None, 0.5, stop.is_set)))
    worker.start()
    try:
        assert wait_until(lambda: any(report["received_per_s"] > 10 for report in reports[2:]), 20)
        broker.stop()
        assert wait_until(lambda: reports[-1]["connected"] == 0)
        broker.start()
        came_back = len(reports)
        assert wait_until(lambda: reports[-1]["connected"] == 5, 20)
        assert wait_until(lambda: any(r["received_per_s"] > 10 for r in reports[came_back:]), 20)
    finally:
        stop.set()
        worker.join(30)
    assert reports[-1]["lost_connections"] == 5
    assert "5/5 connected" in format_report(reports[-1])


@pytest.mark.broker
def test_devices_that_a_broker_has_no_room_for_are_counted(make_mosquitto: Callable[..., Broker]) -> None:
    port = make_mosquitto("allow_anonymous true", "max_connections 3").port
    *_, total = Fleet(way_to(port), "sim", 5, rate=10).run(0.5, 0.5, lambda: False)
    assert 0 < total["connected"] < 5
    assert total["refused"].keys() == {"ended without an answer"}
    assert "refused: ended without an answer" in format_report(total)


def test_a_made_room_tells_something_new_at_every_look_and_a_summary_a_minute() -> None:
    life, summaries = Life(7, 0.0), []
    before = None
    for step in range(1300):
        readings, scene = life.look(step * 0.1)
        assert 1 <= len(readings) == scene.faces <= 4
        assert scene.lead is not None and sum(scene.lead.scores.values()) == pytest.approx(1)
        key = (scene.lead.track, round(scene.lead.confidence, 9))
        assert key != before
        before = key
        if scene.summary:
            summaries.append(scene.summary)
    assert len(summaries) in (2, 3)
    assert all(sum(summary.shares.values()) == pytest.approx(1) for summary in summaries)


def test_the_same_seed_makes_the_same_room() -> None:
    first, second = Life(3, 0.0), Life(3, 0.0)
    assert [first.look(step) for step in range(50)] == [second.look(step) for step in range(50)]


def test_more_devices_than_there_may_be_files_are_refused_with_what_to_do() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))\n"
        "from edge.cli import main; raise SystemExit(main(['simulate', '--devices', '1000', '--port', '1']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (
        done.returncode == 2
        and "1000 devices need 1064 open files, and this process may have 100" in done.stderr
    )


@pytest.mark.broker
def test_the_broker_of_this_machine_is_found_and_one_elsewhere_is_not(
    make_mosquitto: Callable[..., Broker],
) -> None:
    port = make_mosquitto().port
    pid = find_broker("localhost", port)
    assert pid and Path(f"/proc/{pid}/comm").read_text().strip() == "mosquitto"
    assert read_cpu_s(pid) is not None
    assert find_broker("192.0.2.1", port) is None, "an address of nobody"
    assert read_cpu_s(2**22 + 1) is None and read_cpu_s(os.getpid())


def test_a_name_that_would_be_no_topic_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    from edge.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--name", "a/b"])
    assert ended.value.code == 2
    assert "a/b; expected letters, digits, - and _" in capsys.readouterr().err
