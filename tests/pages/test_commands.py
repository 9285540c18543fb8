"""Every command that a page shows is one that there is, and does what can be done here."""

import importlib.util
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from pages.commands import options_of, parsers

from convert.cli import main as convert_main
from convert.cli import parse as parse_convert
from edge.cli import main as mien_main
from edge.cli import make_parser as make_mien_parser
from tests.pages.markdown import PAGES, ROOT, blocks, commands, commands_in_text
from training.options import make_parser as make_train_parser

PARSERS: dict[str, Callable[[list[str]], Any]] = {
    "mien": lambda words: make_mien_parser().parse_args(words),
    "mien-train": lambda words: make_train_parser().parse_args(words),
    "mien-convert": lambda words: parse_convert(words),
}

MAINS: dict[str, Callable[[list[str]], int]] = {
    "mien": mien_main,
    "mien-convert": convert_main,
}

#: Commands that are run as they stand: they need neither a device, a broker nor a data set.
RUN = ("mien predict", "mien schemas", "mien timeline", "mien notice", "mien-convert check")

#: Programs of other people, which a page may tell how to use with mien.
FOREIGN = {
    *("apt-get", "dpkg", "systemctl", "journalctl", "lsusb", "lspci", "ssh", "scp"),
    *("mosquitto_pub", "mosquitto_sub", "mosquitto_passwd"),
}


def shown() -> list[Any]:
    """Each command once, with the first page that has it."""
    found: dict[str, Any] = {}
    for page in PAGES:
        for words in commands(page):
            name = " ".join(words)
            found.setdefault(name, pytest.param(words, id=f"{page.relative_to(ROOT)}: {name}"))
    return list(found.values())


@pytest.mark.parametrize("words", shown())
def test_a_command_of_a_page_is_one_that_there_is(words: list[str]) -> None:
    program, *arguments = words
    name = Path(program).name
    if name in PARSERS:
        PARSERS[name](arguments)
    elif name == "make":
        assert_a_target(arguments[0])
    elif name == "pip":
        assert arguments[0] == "install"
        extras = re.search(r"\[(.*)\]", arguments[1])
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert not extras or set(extras[1].split(",")) <= set(project["optional-dependencies"])
    elif name == "install.sh":
        assert options_in(arguments) <= installer_options()
    elif name == "git":
        assert {"clone", "pull"} & set(arguments)
    elif name.startswith("python") and arguments[0] == "-m":
        assert arguments[1] == "venv" or importlib.util.find_spec(arguments[1])
    else:
        assert name in FOREIGN or (ROOT / program).exists()


def named() -> list[Any]:
    """The commands in sentences, each once."""
    found = {" ".join(words): (page, words) for page in PAGES for words in commands_in_text(page)}
    return [
        pytest.param(words, id=f"{page.relative_to(ROOT)}: {name}") for name, (page, words) in found.items()
    ]


@pytest.mark.parametrize("words", named())
def test_a_command_that_a_sentence_names_has_the_options_it_is_given(words: list[str]) -> None:
    name, *arguments = words
    if name == "make":
        assert_a_target(arguments[0])
    elif name == "install.sh":
        assert options_in(arguments) <= installer_options()
    else:
        with pytest.raises(
            SystemExit
        ) as stop:  # what it needs besides may be left out; --help asks for nothing
            PARSERS[name]([*arguments[:1], "--help"] if not arguments[0].startswith("-") else ["--help"])
        assert stop.value.code == 0
        assert options_in(arguments) <= options_of(name)


def assert_a_target(target: str) -> None:
    assert re.search(rf"^(\S+ )*{target}[ :]", (ROOT / "Makefile").read_text(), re.MULTILINE), target


def options_in(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def installer_options() -> set[str]:
    usage = (ROOT / "systemd" / "install.sh").read_text().partition("END\n")[2].partition("\nEND\n")[0]
    return set(re.findall(r"--[a-z-]+", usage))


def runnable() -> list[Any]:
    return [case for case in shown() if " ".join(case.values[0]).startswith(RUN)]


@pytest.fixture
def workshop(tmp_path: Path, astronaut_picture: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the pictures, the recording, the settings and the models that pages speak of."""
    folder = tmp_path / "workshop"
    (folder / "pictures").mkdir(parents=True)
    for name in ("photo.jpg", "pictures/one.jpg"):
        cv2.imwrite(str(folder / name), cv2.imread(str(astronaut_picture)))
    for name in ("mine", "own", "mini_xception"):
        shutil.copytree(ROOT / "models" / "mini_xception", folder / "models" / name)
    (message,) = blocks(ROOT / "README.md", "json")
    told = json.loads(message)
    (folder / "session.jsonl").write_text(json.dumps({"ts": told["payload"]["ts"], **told}) + "\n")
    (settings,) = blocks(ROOT / "systemd" / "README.md", "toml")
    (folder / "mien.toml").write_text(settings)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("words", runnable())
def test_a_command_that_needs_no_device_runs_as_it_stands(words: list[str], workshop: Path) -> None:
    program, *arguments = words
    assert MAINS[Path(program).name](arguments) == 0


def test_every_option_says_what_it_does() -> None:
    silent = {
        f"{words} {action.option_strings or action.dest}"
        for words, parser in parsers().items()
        for action in parser._actions
        if not action.help
    }
    assert not silent
