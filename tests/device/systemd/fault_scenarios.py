"""What hangs in a driver, and a Coral that breaks: how long until the right messages come again."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from edge.emotion.bundle import find_bundle
from tests.device.systemd.machine import Watch, check, wait_for
from tests.device.systemd.scenarios import Story
from tests.edge import hanging
from tests.edge.delegate import daemon as coral_daemon
from tests.edge.delegate.compiled import compile_bundle
from tests.edge.delegate.rig import build_stand_in, make_machine

_DROP_IN = "/run/systemd/system/mien.service.d"
_PYTHON = "/opt/mien/current/venv/bin/python"
_CONFIG = "/etc/mien/mien.toml"

#: Runs the daemon with a part that hangs in the service's first process, and as it is in every other.
_FIRST_ONE_HANGS = """
import runpy, sys
from pathlib import Path
from edge.cli import main
from edge.restarts import read_restarts

if read_restarts(Path("/run/mien")) is None:
    runpy.run_path("/srv/hanging.py", run_name="__main__")
sys.exit(main(["run", "--config", sys.argv[2]]))
"""

#: So many faces are classified right before the fault: the canaries, the timing, and some seconds of service.
_RIGHT_ONES = 150


def every_stage_hangs(story: Story) -> None:
    machine = story.machine
    shutil.copy(hanging.__file__, machine.root / "srv/hanging.py")
    (machine.root / "srv/first_one_hangs.py").write_text(_FIRST_ONE_HANGS)
    for stage in hanging.PARTS:
        command = f"{_PYTHON} /srv/first_one_hangs.py '{stage}' {_CONFIG}"
        with _started_as(story, command) as watch:
            wait_for(lambda watch=watch: _second_session(watch.watch), f"a restart where {stage} hangs", 60)
            session, reason = _second_session(watch.watch) or ("", "")
            back_s, _ = watch.watch.wait("state", watch.began_s, 15, session=session)
        check(f"{stage} hangs" in reason, f"info tells {reason}")
        story.times[f"{stage} hangs, from the start of the service to a state message"] = back_s
    machine.out("rm /srv/hanging.py /srv/first_one_hangs.py")


def _second_session(watch: Watch) -> tuple[str, str] | None:
    """The session that came after a restart, and the reason that it tells."""
    for _, topic, payload in list(watch.heard):
        if topic.endswith("/info") and isinstance(payload, dict) and payload["restarts"]["count"] == 1:
            return payload["session"], payload["restarts"]["last_reason"]
    return None


def the_coral_breaks(story: Story) -> None:
    _put_coral(story)
    for fault, words in {
        f"crash:{_RIGHT_ONES}": "ended in the stage",
        f"hang:{_RIGHT_ONES}": "ended in the stage",
        f"wrong:{_RIGHT_ONES}": "answers wrong",
        f"fail:{_RIGHT_ONES}": "failed while it served",
    }.items():
        command = f"{_PYTHON} /srv/coral/daemon.py /srv/coral/mien.toml /srv/coral/sys /dev/made"
        variables = f"MIEN_STAND_IN={fault} MIEN_EDGETPU_LIBRARY=/srv/coral/libedgetpu.so.1"
        with _started_as(story, command, variables) as watch:
            watch.watch.wait("status", watch.began_s, 60, text="degraded")
            story.machine.run("sleep 3")
        gap_s = _longest_gap_s(watch.watch)
        last = [payload for _, topic, payload in watch.watch.heard if topic.endswith("/info")][-1]
        assert isinstance(last, dict)
        check(last["accelerator"]["in_use"] == "cpu", f"{fault}: {last['accelerator']}")
        check(words in str(last["accelerator"]["problem"]), f"{fault}: {last['accelerator']['problem']}")
        check(gap_s < 15, f"{fault}: {gap_s:.1f} s without a right state message")
        story.times[f"Coral: {fault.partition(':')[0]}, longest time between right state messages"] = gap_s
    story.machine.out("rm -r /srv/coral /dev/made")


class _Watched:
    """A watch, and since when the service has run with a fault."""

    def __init__(self, watch: Watch, began_s: float) -> None:
        self.watch, self.began_s = watch, began_s


@contextmanager
def _started_as(story: Story, command: str, variables: str = "") -> Iterator[_Watched]:
    """The service, started anew with another command and variables; at the end as it was."""
    machine = story.machine
    drop_in = f"[Service]\nExecStart=\nExecStart={command}\n"
    drop_in += f"Environment={variables}\n" if variables else ""
    machine.out(f"systemctl stop mien && mkdir -p {_DROP_IN}")
    (machine.root / "srv/fault.conf").write_text(drop_in)
    machine.out(f"mv /srv/fault.conf {_DROP_IN}/ && systemctl daemon-reload")
    try:
        with story.watch() as watch:
            watch.wait("status", 0, 20, text="stopped")
            began_s = time.monotonic()
            machine.out("systemctl start --no-block mien")
            yield _Watched(watch, began_s)
    finally:
        machine.out(f"systemctl stop mien; rm -r {_DROP_IN}; systemctl daemon-reload; systemctl start mien")


def _put_coral(story: Story) -> None:
    """A stand-in for the Coral's library, a bundle compiled for it, and a sysfs that shows a stick."""
    folder = story.machine.root / "srv/coral"
    shutil.copytree(find_bundle("mini_xception"), folder / "bundle")
    compile_bundle(folder / "bundle")
    shutil.copy(build_stand_in(), folder / "libedgetpu.so.1")
    shutil.copy(coral_daemon.__file__, folder / "daemon.py")
    make_machine(folder).plug_in_stick()
    config = story.machine.out(f"cat {_CONFIG}")
    for line, other in {
        '#bundle = "auto"': 'bundle = "/srv/coral/bundle"',
        '#accelerator = "auto"': 'accelerator = "edgetpu"',
        "#interval_s = 0.5": "interval_s = 0.2",
        "#heartbeat_s = 30": "heartbeat_s = 0.25",
    }.items():
        check(line in config, f"{_CONFIG} has no line {line}")
        config = config.replace(line, other)
    (folder / "mien.toml").write_text(config)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    # /dev is the one place that the service may write to: what it may not write to is no Coral for it.
    story.machine.out("cp -r /srv/coral/dev /dev/made && chmod -R a+rwX /dev/made")


def _longest_gap_s(watch: Watch) -> float:
    right_s = [
        when
        for when, topic, payload in watch.heard
        if topic.endswith("/state") and isinstance(payload, dict) and payload["emotion"] == "happy"
    ]
    check(len(right_s) > 5, f"only {len(right_s)} right state messages")
    return max(later - earlier for earlier, later in zip(right_s, right_s[1:], strict=False))


FAULTS = (every_stage_hangs, the_coral_breaks)
