"""The daemon at full speed, and a camera that fails every few seconds in every way we know; an hour, or less.

    make soak                                                an hour
    python -m tests.edge.soak --minutes 10 [--json]          less

Every fault must be named in `info`, and be over before the next one. After the first minute the daemon may have
no more threads and open files than before, and at most 2 MB more memory. Exit 0 where all this is so, else 1.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.clip import write_clip
from edge.machine import read_rss_mb
from tests.edge.soak.daemon import run_daemon
from tests.edge.soak.verdict import Heard, Sample, Verdict, judge

ROOT = Path(__file__).resolve().parents[3]


def soak(seconds: float, every_s: float, most_growth_mb: float, tell: Callable[[str], None]) -> Verdict:
    """Run the daemon for a time and judge it."""
    warm_s = min(60.0, seconds / 3)
    heard, samples = Heard(), list[Sample]()
    with _daemon(every_s, heard) as process:
        while process.poll() is None and not heard.statuses:
            time.sleep(0.1)  # it is on its way
        begun_s = time.monotonic()
        while process.poll() is None and time.monotonic() - begun_s < seconds:
            time.sleep(1)
            samples.append(_sample(process.pid, time.monotonic() - begun_s))
            if len(samples) % 60 == 0:
                tell(f"{len(samples) // 60} min: {len(heard.faults)} faults, {samples[-1].memory_mb:.1f} MB")
        has_lived = process.poll() is None
        process.terminate()
        process.wait(20)
    return judge(heard, [s for s in samples if s.at_s >= warm_s], has_lived, most_growth_mb, seconds)


def _sample(pid: int, at_s: float) -> Sample:
    process = Path(f"/proc/{pid}")
    try:
        return Sample(
            at_s, read_rss_mb(pid)[0], len(os.listdir(process / "task")), len(os.listdir(process / "fd"))
        )
    except FileNotFoundError:
        return Sample(at_s, 0.0, 0, 0)


@contextmanager
def _daemon(every_s: float, heard: Heard) -> Iterator["subprocess.Popen[str]"]:
    with tempfile.TemporaryDirectory(prefix="mien-soak-") as folder:
        clip, config = Path(folder) / "clip.mp4", Path(folder) / "mien.toml"
        write_clip(clip, seconds=10, empty_s=2, fps=30)
        limit_s = min(1.5, every_s / 6)
        config.write_text(
            f'device = {{ id = "soak" }}\npublish = {{ to = "log" }}\nmodel = {{ accelerator = "cpu" }}\n'
            f'[camera]\nsource = "v4l2:{clip}"\nfrozen_after_s = {limit_s}\nblack_after_s = {limit_s}\n'
        )
        command = [sys.executable, "-m", "tests.edge.soak", "--daemon", str(config), "--every", str(every_s)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        readers = [
            threading.Thread(target=_read, args=(process.stdout, heard.take_message)),
            threading.Thread(target=_read, args=(process.stderr, heard.take_log)),
        ]
        for reader in readers:
            reader.start()
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for reader in readers:
                reader.join()


def _read(lines: Any, take: Callable[[str], None]) -> None:
    for line in lines:
        take(line)


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60, metavar="N", help="how long (default: 60)")
    parser.add_argument("--every", type=float, default=10, metavar="S", help="seconds from fault to fault")
    parser.add_argument(
        "--growth-mb", type=float, default=2, metavar="MB", help="memory it may gain (default: 2)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--daemon", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.daemon:
        return run_daemon(options.daemon, options.every)
    verdict = soak(
        options.minutes * 60, options.every, options.growth_mb, lambda line: print(line, file=sys.stderr)
    )
    print(json.dumps(asdict(verdict)) if options.json else _for_people(verdict))
    return 1 if verdict.failures else 0


def _for_people(verdict: Verdict) -> str:
    growth = ", ".join(f"{what} {value:+g}" for what, value in verdict.growth.items())
    lines = [
        f"{verdict.seconds:.0f} s, {verdict.frames} frames, {verdict.faults} faults",
        *(f"  {kind:<12}{count} recovered" for kind, count in verdict.recovered.items()),
        f"slowest recovery {verdict.slowest_s} s; at most {verdict.memory_mb} MB; growth: {growth}",
        *(f"FAILED: {line}" for line in verdict.failures),
    ]
    return "\n".join(lines if verdict.failures else [*lines, "well"])


if __name__ == "__main__":
    sys.exit(main())
