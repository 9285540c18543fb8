"""The unit: accepted by systemd, with little to lose, and in agreement with the daemon that it starts."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from edge import config
from edge.cli import make_parser
from edge.restarts import Restarts
from edge.stages import DEADLINES_S

FOLDER = Path(__file__).parents[2] / "systemd"
UNIT = (FOLDER / "mien.service").read_text()


def setting(name: str) -> str:
    """The one value of a key."""
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)
    return str(value)


def seconds(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(ms|s|min)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"ms": 0.001, "s": 1.0, "min": 60.0}[unit]


@pytest.mark.systemd
def test_systemd_accepts_every_line(tmp_path: Path) -> None:
    unit = tmp_path / "mien.service"
    program = shlex.split(setting("ExecStart"))[0]
    unit.write_text(UNIT.replace(program, "/bin/true"))  # mien is not installed where tests run
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=yes", unit], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.systemd
def test_its_exposure_is_at_most_two() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", FOLDER / "mien.service"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_whatever_it_gives_away_has_its_reason_above() -> None:
    lines = UNIT.splitlines()
    given = [
        at
        for at, line in enumerate(lines)
        if re.match(r"(DeviceAllow|SupplementaryGroups|Restrict.*Fam)", line)
    ]
    assert len(given) == 7
    for at in given:
        assert lines[at - 1].startswith("#"), lines[at]
    for switched_off in (
        "PrivateUsers=",
        "ProcSubset=pid",
        "PrivateDevices=",
        "PrivateNetwork=",
        "IPAddressDeny=",
    ):
        assert re.search(rf"^#.*{switched_off}", UNIT, re.MULTILINE), switched_off


def test_the_privacy_switch_has_a_place_that_outlives_the_power(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = f"/var/lib/{setting('StateDirectory')}"
    monkeypatch.setenv("STATE_DIRECTORY", folder)  # as systemd does
    assert config.state_folder(config.PrivacyConfig()) == Path(folder)
    assert f"STATE_DIR={folder}\n" in (FOLDER / "install.sh").read_text(), "uninstalling leaves it behind"


def test_it_starts_a_command_that_there_is() -> None:
    program, *arguments = shlex.split(setting("ExecStart"))
    assert Path(program).name == "mien"
    assert make_parser().parse_args(arguments).config == Path("/etc/mien/mien.toml")


def test_its_credential_is_the_one_that_the_daemon_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, source = setting("LoadCredential").partition(":")
    assert source == "/etc/mien/mqtt-password"
    (tmp_path / name).write_text("secret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert config.read_password(config.MqttConfig(username="mien")) == "secret"


def test_the_daemon_can_say_why_it_ends_before_systemd_ends_it() -> None:
    assert max(DEADLINES_S.values()) < 0.8 * seconds(setting("WatchdogSec"))


def test_the_longest_wait_after_failures_fits_into_the_start() -> None:
    assert Restarts(fruitless=1000).delay_s + 60 < seconds(setting("TimeoutStartSec"))


def test_the_record_of_failures_outlives_a_restart() -> None:
    assert setting("RuntimeDirectory") == "mien"
    assert setting("RuntimeDirectoryPreserve") == "restart"
    assert setting("Restart") == "always"
    assert setting("StartLimitIntervalSec") == "0"
