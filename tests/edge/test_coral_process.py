"""What crashes or hangs in the Coral, in the daemon as it runs: the process ends, and the next one serves."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge.emotion.delegates import LIBRARY_VARIABLE
from edge.restarts import STAGES_FILE
from edge.stages import read_stages
from tests.conftest import wait_until
from tests.edge.delegate.compiled import compile_bundle
from tests.edge.delegate.rig import Machine, build_stand_in, make_machine

#: The canaries and the timing are over by then: the Coral serves.
SERVING = 60

OPENS = {"coral open"}
SERVES = {"classify on edgetpu", "coral canary"}

CONFIG = """
device = {{ id = "made" }}
camera = {{ source = "file:{clip}", loop = true }}
model = {{ bundle = "{bundle}", accelerator = "edgetpu", retry_s = {retry_s} }}
publish = {{ to = "log", interval_s = 0.05 }}
"""


@dataclass
class Daemon:
    """Starts the daemon again and again on the same machine, with the same runtime folder."""

    folder: Path
    machine: Machine
    config: Path
    lives: list["Life"] = field(default_factory=list)

    def start(self, fault: str = "") -> "Life":
        runtime = self.folder / "runtime"
        runtime.mkdir(exist_ok=True)
        environment = os.environ | {
            "RUNTIME_DIRECTORY": str(runtime),
            "MIEN_STAND_IN": fault,
            LIBRARY_VARIABLE: str(build_stand_in()),
        }
        places = [str(self.config), str(self.machine.sysfs), str(self.machine.dev)]
        command = [sys.executable, "-m", "tests.edge.delegate.daemon", *places]
        output = self.folder / f"output-{len(self.lives)}"
        with output.open("wb") as out, output.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=log)
        self.lives.append(Life(process, output, runtime / STAGES_FILE))
        return self.lives[-1]


@dataclass
class Life:
    """One process of the daemon."""

    process: subprocess.Popen[bytes]
    output: Path
    stages: Path

    def told(self, kind: str) -> list[Any]:
        """The payloads of a kind so far."""
        lines = [json.loads(line) for line in self.output.read_text().splitlines() if line.endswith("}")]
        return [line["payload"] for line in lines if line["topic"].split("/", 2)[2] == kind]

    def logged(self, line: str) -> bool:
        return line in self.output.with_suffix(".log").read_text()

    def sees_a_face(self) -> bool:
        return any(state["faces"] for state in self.told("state"))

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@pytest.fixture
def daemon(tmp_path: Path, make_bundle: Callable[..., Path], clip: Path) -> Iterator[Daemon]:
    bundle = make_bundle()
    compile_bundle(bundle)
    machine = make_machine(tmp_path / "machine")
    machine.plug_in_stick()
    config = tmp_path / "mien.toml"
    config.write_text(CONFIG.format(clip=clip, bundle=bundle, retry_s=3))
    daemon = Daemon(tmp_path, machine, config)
    yield daemon
    for life in daemon.lives:
        life.process.kill()
        life.process.wait()


@pytest.mark.parametrize(
    ("fault", "stages", "status"),
    [
        ("crash_open", OPENS, -signal.SIGSEGV),
        (f"crash:{SERVING}", SERVES, -signal.SIGSEGV),
        ("hang_open", OPENS, 1),
        ("hang_apply", OPENS, 1),
        ("hang", {"coral canary"}, 1),
        (f"hang:{SERVING}", SERVES, 1),
    ],
)
def test_the_process_that_the_coral_breaks_is_followed_by_one_on_the_cpu(
    fault: str, stages: set[str], status: int, daemon: Daemon
) -> None:
    broken = daemon.start(fault)
    assert broken.process.wait(20) == status
    (stage,) = stages & {present.name for present in read_stages(broken.stages)}

    next_one = daemon.start(fault)
    assert wait_until(next_one.sees_a_face, 5)
    assert wait_until(lambda: bool(next_one.told("info")))
    (info,) = next_one.told("info")
    assert info["accelerator"]["in_use"] == "cpu"
    assert stage in info["accelerator"]["problem"]
    assert next_one.told("status")[-1] == "degraded"
    next_one.end()


def test_a_coral_that_recovered_serves_again(daemon: Daemon) -> None:
    assert daemon.start(f"crash:{SERVING}").process.wait(20) == -signal.SIGSEGV
    next_one = daemon.start()
    assert wait_until(lambda: next_one.told("status")[-1:] == ["degraded"], 10)
    assert wait_until(lambda: next_one.told("status")[-1:] == ["online"], 10)
    next_one.end()
    assert next_one.told("info")[-1]["accelerator"]["in_use"] == "edgetpu"


def test_a_coral_that_hangs_as_it_is_let_go_does_not_keep_the_daemon_from_ending(daemon: Daemon) -> None:
    life = daemon.start("hang_close")
    assert wait_until(lambda: life.logged("the Coral serves"))
    assert life.end() == 0
    assert life.told("status")[-1] == "stopped"
    assert life.told("info")[-1]["accelerator"]["in_use"] == "edgetpu", "a Coral that takes over is news"
