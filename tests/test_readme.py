"""Every command, message and configuration that README and the pages beside it show must be one that works."""

import json
import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convert.cli import _parse as parse_convert
from edge.cli import make_parser as make_mien_parser
from edge.config import parse_config
from edge.mqtt.payloads import State
from training.options import make_parser as make_train_parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [
    README,
    *(
        path.read_text()
        for folder in ("edge", "systemd", "training")
        for path in sorted((ROOT / folder).glob("*.md"))
    ),
]

PARSERS: dict[str, Callable[[list[str]], Any]] = {
    "mien": lambda words: make_mien_parser().parse_args(words),
    "mien-train": lambda words: make_train_parser().parse_args(words),
    "mien-convert": lambda words: parse_convert(words),
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[list[str]]:
    shells = "".join(block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    lines = re.sub(r"\\\n", " ", shells).replace(" && ", "\n").splitlines()
    lines = [re.sub(r"^([A-Z_]+=\S+ )+", "", line.removeprefix("sudo ")) for line in lines]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_of_the_readme_is_one_that_there_is(words: list[str]) -> None:
    program, *arguments = words
    name = Path(program).name
    if name in PARSERS:
        PARSERS[name](arguments)
    elif name == "make":
        assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif name == "pip":
        assert arguments[0] == "install"
        extras = re.search(r"\[(.*)\]", arguments[1])
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert not extras or set(extras[1].split(",")) <= set(project["optional-dependencies"])
    elif name == "install.sh":
        usage = (ROOT / "systemd" / name).read_text().partition("END\n")[2].partition("\nEND\n")[0]
        assert {word for word in arguments if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", usage))
    elif name == "git":
        assert "clone" in arguments or "pull" in arguments
    else:
        assert words[:3] == ["python3", "-m", "venv"]


def test_the_configuration_of_the_readme_is_accepted() -> None:
    (text,) = blocks("toml")
    assert parse_config(tomllib.loads(text)).device.id == "living-room"


def test_the_message_of_the_readme_follows_the_schema() -> None:
    (text,) = blocks("json")
    assert State.model_validate(json.loads(text)["payload"]).emotion == "happy"


def test_the_files_that_the_readme_links_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_layout_of_the_readme_names_every_folder() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    for folder in folders & {"edge", "convert", "training", "models", "systemd", "tests"}:
        assert f"{folder}/" in README
