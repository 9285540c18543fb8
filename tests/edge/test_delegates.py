import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from edge.emotion.delegates import (
    LIBRARY_VARIABLE,
    Delegate,
    Stick,
    describe_unrelated_pycoral,
    find_library,
    find_sticks,
    pycoral_kind,
)
from edge.errors import ModelError
from tests.edge.delegate.rig import (
    Machine,
    build_stand_in,
    install_googles_pycoral,
    install_unrelated_pycoral,
    make_machine,
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Path:
    path = build_stand_in()
    monkeypatch.setenv(LIBRARY_VARIABLE, str(path))
    return path


def test_a_machine_without_a_coral_has_none(machine: Machine, tmp_path: Path) -> None:
    assert find_sticks(machine.sysfs, machine.dev) == []
    assert find_sticks(tmp_path / "no-sysfs", tmp_path / "no-dev") == []


@pytest.mark.parametrize(("usb_id", "has_firmware"), [("1a6e:089a", False), ("18d1:9302", True)])
def test_a_stick_is_found_before_and_after_its_firmware_is_loaded(
    usb_id: str, has_firmware: bool, machine: Machine
) -> None:
    node = machine.plug_in_stick(usb_id)
    (stick,) = find_sticks(machine.sysfs, machine.dev)
    assert stick == Stick("usb", usb_id, 5000, has_firmware, node, is_permitted=True)
    assert stick.problem is None


def test_a_stick_in_a_slow_port_is_seen_to_be_slow(machine: Machine) -> None:
    machine.plug_in_stick(speed_mbit=480)
    assert find_sticks(machine.sysfs, machine.dev)[0].speed_mbit == 480


def test_a_card_is_found_by_its_node(machine: Machine) -> None:
    node = machine.plug_in_card()
    assert find_sticks(machine.sysfs, machine.dev) == [Stick("pcie", "1ac1:089a", None, True, node, True)]


def test_a_card_without_its_driver_is_found_and_the_driver_named(machine: Machine) -> None:
    machine.plug_in_card(has_driver=False)
    (stick,) = find_sticks(machine.sysfs, machine.dev)
    assert stick.node is None and not stick.is_permitted
    assert stick.problem and "gasket-dkms" in stick.problem


@pytest.mark.parametrize(
    ("group", "expected"), [(None, "udev rules, systemd/60-mien.rules"), ("plugdev", "to the group plugdev")]
)
def test_a_stick_that_this_user_may_not_open_is_said_with_what_to_do(group: str | None, expected: str) -> None:
    if os.getuid():
        pytest.skip("only root can give a file to another group")
    code = (
        "import os, sys; from pathlib import Path; from edge.emotion.delegates import find_sticks\n"
        "os.setuid(65534)\n"  # root may open everything
        "print(find_sticks(Path(sys.argv[1]), Path(sys.argv[2]))[0].problem)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        machine = make_machine(Path(folder))
        node = machine.plug_in_stick()
        node.chmod(0)
        if group:
            shutil.chown(node, group=group)
        command = [sys.executable, "-c", code, str(machine.sysfs), str(machine.dev)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{node} may not be opened by this user" in done.stdout
    assert expected in done.stdout


def test_the_library_is_found_with_its_version_and_without_opening_a_stick(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_STAND_IN", "crash_open")
    found = find_library()
    assert found.path == library
    assert found.version and "RuntimeVersion(14)" in found.version
    assert found.problem is None


def test_a_missing_library_is_said_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "libedgetpu-that-is-missing.so.1")
    found = find_library()
    assert found.path is None and found.problem
    assert "libedgetpu-that-is-missing.so.1 cannot be loaded" in found.problem
    assert "libedgetpu1-std" in found.problem


def test_a_damaged_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libedgetpu.so.1").write_text("not a library")
    monkeypatch.setenv(LIBRARY_VARIABLE, str(tmp_path / "libedgetpu.so.1"))
    problem = find_library().problem
    assert problem and "cannot be loaded" in problem and "\n" not in problem


def test_another_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "libm.so.6")
    problem = find_library().problem
    assert problem and "is no library for the Edge TPU" in problem


def test_the_library_of_2021_is_refused_before_it_can_crash_us(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = "BuildLabel(COMPILER=6.3.0 20170516,DATE=redacted,TIME=redacted), RuntimeVersion(14)"
    monkeypatch.setenv("MIEN_STAND_IN_VERSION", version)
    problem = find_library().problem
    assert problem and "LiteRT 2 crashes" in problem and "16.0tf2.19.1" in problem


def test_a_stick_that_does_not_open_is_an_error_in_one_line(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_STAND_IN", "fail_open")
    with pytest.raises(ModelError, match=r"did not open the Coral \(no reason given\); .*unplug it[^\n]*$"):
        Delegate(find_library())


def test_other_threads_run_while_a_stick_is_being_opened(library: Path) -> None:
    code = (
        "import os, threading, time; from edge.emotion.delegates import Delegate, find_library\n"
        "threading.Thread(target=Delegate, args=(find_library(),), daemon=True).start()\n"
        "time.sleep(0.3); print('runs', flush=True); os._exit(0)"
    )
    environment = os.environ | {"MIEN_STAND_IN": "hang_open"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10)
    assert done.stdout == "runs\n"


def test_googles_pycoral_is_told_from_the_unrelated_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pycoral_kind() == "absent"
    install_unrelated_pycoral(tmp_path / "unrelated")
    install_googles_pycoral(tmp_path / "google")
    monkeypatch.syspath_prepend(tmp_path / "unrelated")
    assert pycoral_kind() == "unrelated"
    assert describe_unrelated_pycoral().startswith(
        "pycoral 0.2.0 (Simple CLI for Allen Coral Atlas) is not Google's"
    )
    monkeypatch.syspath_prepend(tmp_path / "google")
    assert pycoral_kind() == "google"
