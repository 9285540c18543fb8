"""Runs the scenarios; see run.sh."""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.device.systemd.broker_scenarios import WITH_BROKER
from tests.device.systemd.fault_scenarios import FAULTS
from tests.device.systemd.machine import Failed, booted
from tests.device.systemd.root import fresh_root, wheels
from tests.device.systemd.scenarios import MAIN, Story, installed_again, prepare


def main() -> int:
    options = _parse()
    began_s = time.monotonic()
    times: dict[str, float] = {}
    failures = 0
    with _folder(options.keep) as folder, _cache(folder) as cache:
        try:
            base, wheel_folder = fresh_root(options.suite, cache), wheels(options.suite, cache)
        except RuntimeError as error:
            print(f"systemd: the root could not be made: {error}")
            return 1
        print(f"systemd: a fresh {options.suite} root after {time.monotonic() - began_s:.0f} s", flush=True)
        for name, scenarios in (("main", _with_faults()), ("broker", WITH_BROKER)):
            with booted(base, wheel_folder, folder / name) as machine:
                (folder / f"{name}-files").mkdir()
                story = prepare(machine, folder / f"{name}-files", options.steady, options.worktree)
                failures += sum(not _tell(scenario, story) for scenario in scenarios)
                story.broker.stop()
                times.update(story.times)
    _print_table(times)
    print(f"systemd: {failures or 'no'} failures on {options.suite} after {time.monotonic() - began_s:.0f} s")
    return 1 if failures else 0


def _with_faults() -> tuple[Callable[[Story], None], ...]:
    """The faults come while the configuration is as it was installed."""
    first = MAIN.index(installed_again)
    return (*MAIN[:first], *FAULTS, *MAIN[first:])


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.sh", description="mien as a service, on a real systemd")
    parser.add_argument("--suite", choices=("bookworm", "trixie"), default="bookworm", help="default: bookworm")
    parser.add_argument(
        "--steady", type=float, default=60, metavar="S", help="seconds of steady state (default: 60)"
    )
    parser.add_argument("--worktree", action="store_true", help="the files as they are, not as committed")
    parser.add_argument("--keep", action="store_true", help="keep the machines' roots, and say where")
    return parser.parse_args()


def _tell(scenario: Callable[[Story], None], story: Story) -> bool:
    """Run one scenario; whether it went well."""
    name = scenario.__name__.replace("_", " ")
    began_s = time.monotonic()
    try:
        scenario(story)
    except (Failed, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        print(f"FAILED  {name}: {error}", flush=True)
        return False
    print(f"ok      {name} ({time.monotonic() - began_s:.0f} s)", flush=True)
    return True


def _print_table(times: dict[str, float]) -> None:
    print()
    for what, figure in times.items():
        unit = "" if what.startswith("bytes") else " s"
        print(f"{figure:8.0f}    {what}" if not unit else f"{figure:8.1f} s  {what}")
    print()


@contextlib.contextmanager
def _folder(keep: bool) -> Iterator[Path]:
    """Where the machines' roots lie. Not in memory, which is not what an SD card is."""
    folder = Path(tempfile.mkdtemp(prefix="mien-systemd-", dir="/var/tmp"))
    try:
        yield folder
    finally:
        if keep:
            print(f"systemd: kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _cache(folder: Path) -> Iterator[Path]:
    kept = os.environ.get("MIEN_DEVICE_CACHE")
    cache = Path(kept) if kept else folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    yield cache


if __name__ == "__main__":
    sys.exit(main())
