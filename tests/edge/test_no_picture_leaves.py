"""What the daemon writes and sends, seen from the kernel: no part of a picture is in it.

Its frames hold a pattern of 32 bytes. strace shows every byte of every file and socket that it writes to.
"""

import base64
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from paho.mqtt import publish

from edge.config import MqttConfig
from edge.mqtt.subscriber import Subscriber
from edge.records import Gray
from tests.conftest import Broker, require
from tests.edge.rig import DEVICE

require("strace")

PATTERN = bytes(np.random.default_rng(20).integers(0, 256, 32, np.uint8))

#: Every way out of a process that carries bytes, and those in which the kernel carries them unseen.
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg")
UNSEEN = ("sendfile", "splice", "vmsplice", "tee", "copy_file_range", "io_uring_setup")

#: What has something kept.
KEEPING = ("fsync", "rename", "renameat", "renameat2")

_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


def base64_of(content: bytes) -> list[bytes]:
    """How the content stands in base64, wherever it begins: without its ends, which depend on that."""
    return [base64.b64encode(bytes(shift) + content)[4:-4] for shift in range(3)]


#: What must not pass, by its name.
FORBIDDEN = {
    "the pattern": [PATTERN],
    "the pattern in base64": base64_of(PATTERN) + base64_of(PATTERN[::-1]),
    "the pattern backwards": [PATTERN[::-1]],
    "the pattern inverted": [bytes(255 - value for value in PATTERN)],
    "a JPEG": [b"\xff\xd8\xff", b"/9j/4"],
    "a PNG": [b"\x89PNG", b"iVBORw0KG"],
}


def found_in(content: bytes) -> set[str]:
    return {name for name, signs in FORBIDDEN.items() if any(sign in content for sign in signs)}


def traced(trace: Path, *command: str) -> list[str]:
    """A command that has strace write down what it and its threads and children write."""
    calls = ",".join((*WRITES, *UNSEEN, *KEEPING))
    whole = ("-xx", "-s", "50000000")
    return ["strace", "-f", "--seccomp-bpf", "-qq", *whole, "-e", f"trace={calls}", "-o", str(trace), *command]


def written(trace: Path) -> Iterator[bytes]:
    """All that was written, call by call."""
    for call, contents in calls_of(trace):
        if call in WRITES:
            yield from contents


def calls_of(trace: Path) -> Iterator[tuple[str, list[bytes]]]:
    """The calls in their order, each with the bytes in it."""
    for line in trace.read_text().splitlines():
        call = line.split("(", 1)[0].split()[-1]
        assert call not in UNSEEN, f"bytes that nobody sees: {line[:200]}"
        found = _STRING.findall(line)
        assert not any(cut for _, cut in found), "strace left some out"
        yield call, [bytes.fromhex(text.replace("\\x", "")) for text, _ in found]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_must_not_pass_would_be_found(name: str, tmp_path: Path) -> None:
    script = "import os, sys; data = bytes.fromhex(sys.argv[1]); os.write(1, b'x' * 5000 + data)"
    for sign in FORBIDDEN[name]:
        trace = tmp_path / "trace"
        command = traced(trace, sys.executable, "-c", script, sign.hex())
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        assert name in set().union(*map(found_in, written(trace)))


@pytest.fixture
def pictures(room: Callable[..., Gray], tmp_path: Path) -> Path:
    """A person who walks through a room on whose wall the pattern stands."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        frame = room((200 + 4 * number, 150))
        for row in (*range(10, 60, 10), 200 + number):
            frame[row, 20:52] = np.frombuffer(PATTERN, np.uint8)
        frame[150:182, 210 + 4 * number] = np.frombuffer(PATTERN, np.uint8)  # also in the face
        cv2.imwrite(str(folder / f"{number:03}.png"), frame)
    return folder


@contextmanager
def running(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # strace itself is deaf to it
        process.wait(20)


@pytest.mark.broker
def test_the_daemon_writes_and_sends_nothing_of_a_picture(
    pictures: Path, make_mosquitto: Callable[..., Broker], tmp_path: Path
) -> None:
    broker, own = make_mosquitto(), tmp_path / "own"
    own.mkdir()
    config, trace = tmp_path / "mien.toml", tmp_path / "trace"
    config.write_text(
        f'device = {{ id = "{DEVICE}" }}\ncamera = {{ source = "file:{pictures}", loop = true }}\n'
        f'mqtt = {{ host = "127.0.0.1", port = {broker.port} }}\nprivacy = {{ folder = "{own}" }}\n'
        f'publish = {{ outbox = "{own}/outbox.db", interval_s = 0.1 }}\nhomeassistant = {{ enabled = true }}\n'
    )
    mien = [sys.executable, "-m", "edge.cli", "--debug", "run", "--config", str(config)]
    subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=broker.port), None, DEVICE)

    def ask(topic: str, payload: str) -> None:
        publish.single(f"mien/{DEVICE}/{topic}", payload, 1, hostname="127.0.0.1", port=broker.port)

    def hears(kind: str, part: str) -> None:
        deadline_s = time.monotonic() + 20
        for message in subscriber.messages(0.1):
            if message and message[0].startswith(f"mien/{DEVICE}/{kind}") and part in message[1]:
                return
            assert time.monotonic() < deadline_s, f"no {part} at {kind}"

    with running(traced(trace, *mien, "--record", str(own / "record.jsonl"))):
        hears("state", '"faces":1')
        hears("faces", '"update"')
        ask("cmd/info", '{"transaction": "1"}')
        hears("rsp/info", '"ok"')
        ask("privacy/set", "ON")
        hears("status", "privacy")
        ask("privacy/set", "OFF")
        hears("state", '"faces":1')
    subscriber.close()
    everything = b"\0".join(written(trace))
    assert b'"faces":1' in everything and b"card_sha256" in everything and b"ON\n" in everything
    for line in written(trace):
        assert not found_in(line)
    assert not found_in(everything), "nor over the border of two calls"
    for file in own.rglob("*"):
        assert not found_in(file.read_bytes()), file
    assert_kept_before_confirmed(list(calls_of(trace)))


def assert_kept_before_confirmed(calls: list[tuple[str, list[bytes]]]) -> None:
    """ON is in the file, that on the disk, under its name, and that on the disk, before anybody is told."""
    written_at = next(at for at, (_, contents) in enumerate(calls) if b"ON\n" in contents)
    told_at = next(
        at
        for at, (_, contents) in enumerate(calls)
        if any(b"privacy/state" in content and content.endswith(b"ON") for content in contents)
    )
    between = [call for call, _ in calls[written_at:told_at] if call in KEEPING]
    assert between[0] == "fsync" and between[1].startswith("rename") and between[2] == "fsync"
