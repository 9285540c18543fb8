"""Commands that are killed (-9) before they change the names of files for the n-th time.

Python and TensorFlow take seconds to start. So one process imports them, and each command runs in a fork of it;
nothing has been computed there yet, and each begins as a process of its own would.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]

#: Reads "moment, folder, words…" as JSON lines and answers with the exit status and what was changed.
_FORGE = """
import importlib, json, os, signal, sys

KINDS = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link"}
for name in json.loads(sys.argv[2]):
    importlib.import_module(name)
main = importlib.import_module(sys.argv[1]).main

def run(moment, place, words, said):
    changes = []

    def watch(event, arguments):
        if event in KINDS and os.path.abspath(os.fsdecode(arguments[0])).startswith(place):
            if len(changes) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            changes.append([event, str(arguments[0]), str(arguments[1]) if event == "os.rename" else ""])

    os.chdir(place)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.addaudithook(watch)
    status = main(words)
    sys.stdout.flush()
    with open(said + ".changes", "w") as file:
        json.dump(changes, file)
    os._exit(status)

for line in sys.stdin:
    moment, place, words, said = json.loads(line)
    child = os.fork()
    if not child:
        run(moment, place, words, said)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


@dataclass
class Killer:
    """Runs a command's `main` again and again, each time in a process of its own."""

    process: "subprocess.Popen[str]"
    notes: Path

    @classmethod
    def start(cls, module: str, imports: list[str], notes: Path) -> Self:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "tensorflow"}
        environment |= {
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "MIEN_CACHE": str(notes / "cache"),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", _FORGE, module, json.dumps(imports)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        return cls(process, notes)

    def run(self, place: Path, words: list[str], moment: int = -1) -> list[tuple[str, str, str]]:
        """Run to the end (moment -1), or until it is about to change a name for that time.

        Returns:
            What it changed in `place`: the kind, the path, and the new path of a renaming; nothing where it was
            killed.
        """
        said = self.notes / "said"
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([moment, str(place), words, str(said)]) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        if moment >= 0:
            assert status == -signal.SIGKILL, said.read_text()
            return []
        assert status == 0, said.read_text()
        return [tuple(change) for change in json.loads(Path(f"{said}.changes").read_text())]

    def stop(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def renamings(changes: list[tuple[str, str, str]]) -> dict[str, list[int]]:
    """When a file or folder got each of its names: the moments before, by the name's last part."""
    found: dict[str, list[int]] = {}
    for moment, (kind, _, target) in enumerate(changes):
        if kind == "os.rename":
            found.setdefault(Path(target).name, []).append(moment)
    return found
