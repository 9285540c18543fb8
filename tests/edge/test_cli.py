"""What is common to all of `mien`'s commands."""

import argparse
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import main, make_parser
from edge.mqtt.embedded import embedded_broker
from tests.edge.conftest import Run

Captured = pytest.CaptureFixture[str]


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = [
        action
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)  # argparse has no public way to its commands
    ]
    return dict(action.choices)


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: mien {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", commands())
def test_every_option_has_a_help_text(command: str) -> None:
    for action in commands()[command]._actions:
        assert action.help, action.option_strings
        if action.option_strings and action.nargs != 0 and action.choices is None:
            assert action.metavar or action.type is None, f"{action.option_strings} lacks a name for its value"


def test_the_version_is_that_of_the_distribution(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == importlib.metadata.version("mien")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["predict"], "the following arguments are required: PICTURE"),
        (["predict", "x.png", "--lang", "fr"], "invalid choice: 'fr'"),
        (["demo", "--seconds", "-1"], "--seconds: -1; expected a number above 0"),
        (["demo", "--seconds", "soon"], "--seconds: soon; expected a number above 0"),
        (["demo", "--seconds", "nan"], "--seconds: nan; expected a number above 0"),
        (["bench", "--frames", "0"], "--frames: 0; expected a whole number from 1"),
        (["bench", "--frames", "many"], "--frames: many; expected a whole number from 1"),
        (["watch", "--port", "x"], "--port: invalid int value: 'x'"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(
    arguments: list[str], expected: str, capsys: Captured
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["predict", "none.png", "--debug"], ["--debug", "predict", "none.png"]])
def test_debug_shows_the_traceback_wherever_it_stands(arguments: list[str], mien: Run) -> None:
    done = mien(*arguments)
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "PictureError" in done.stderr


def without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `mien` as on a machine where a module is not installed."""
    program = f"""
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *rest):
        return None if name.partition(".")[0] == {module!r} else self.finder.find_spec(name, *rest)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
from edge.cli import main
sys.exit(main({list(arguments)!r}))
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("module", "package", "arguments"),
    [
        ("amqtt", "amqtt", ["demo", "--json"]),
        ("skimage", "scikit-image", ["demo", "--json"]),
        ("skimage", "scikit-image", ["bench", "--json"]),
    ],
)
def test_a_missing_extra_is_named_with_the_command_that_brings_it(
    module: str, package: str, arguments: list[str]
) -> None:
    done = without(module, *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"mien: this command needs {package}, which is not installed; try: pip install 'mien[demo]'"
    )
    assert "Traceback" not in done.stderr and done.stdout == ""


@pytest.mark.parametrize("module", ["amqtt", "skimage"])
def test_predict_needs_no_extra(module: str, astronaut_picture: Path) -> None:
    done = without(module, "predict", str(astronaut_picture))
    assert (done.returncode, done.stderr) == (0, "")
    assert "happy" in done.stdout


def test_interrupting_ends_without_a_traceback() -> None:
    with embedded_broker() as port:
        command = [sys.executable, "-m", "edge.cli", "watch", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--device", "hall", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        speaker = subprocess.run(
            [sys.executable, "-c", _SPEAK, str(port)], capture_output=True, text=True, timeout=30
        )
        assert speaker.returncode == 0, speaker.stderr
        assert process.stdout and process.stdout.readline(), "it must be listening before it is interrupted"
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=10)[1]
    assert process.returncode == 130
    assert errors == b""


_SPEAK = """
import sys
from edge.config import MqttConfig
from edge.mqtt.making import make_client

client = make_client(MqttConfig(), None)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
client.publish("mien/hall/status", "online", qos=1, retain=True).wait_for_publish(5)
client.disconnect()
"""


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path, astronaut_picture: Path) -> None:
    command = [sys.executable, "-m", "edge.cli", "predict", "--no-detect", *[str(astronaut_picture)] * 300]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(10) in (0, 120)  # 120: Python itself could not write its last block


def test_a_file_name_that_is_no_utf_8_is_written_as_an_escape(astronaut_picture: Path, mien: Run) -> None:
    name = os.fsdecode(b"\xff.png")
    astronaut_picture.rename(astronaut_picture.with_name(name))
    # As in most locales; in C and POSIX Python passes any byte through.
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = mien("predict", "--json", name, cwd=astronaut_picture.parent, env=strict)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["file"] == name


def test_a_place_that_cannot_be_written_is_said_in_one_line(
    astronaut_picture: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").touch()
    assert main(["predict", str(astronaut_picture), "--annotate", str(tmp_path / "file" / "out.png")]) == 1
    assert capsys.readouterr().err == f"mien: {tmp_path / 'file'}: file exists\n"
