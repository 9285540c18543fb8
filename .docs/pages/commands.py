"""The page of all commands, from the parsers themselves."""

import argparse
from collections.abc import Iterator

from convert.cli import make_parser as make_convert_parser
from convert.forms import FORMS
from edge.cli import make_parser as make_mien_parser
from pages.tables import in_a_cell
from training.options import make_parser as make_train_parser

_HEAD = """\
# Commands

Every command and what it takes; `--help` says the same. Exit status 0: done; 1: failed, with one line on
standard error; 2: wrong usage or configuration. `--debug` adds the traceback.

<!-- made by: make pages -->
"""
_PROGRAMS = {
    "mien": "On the device, and wherever its messages are read.",
    "mien-train": "On a workstation: data, networks, fitting, measuring. Needs the extra `training`.",
    "mien-convert": "On a workstation: from a network to what a device runs. Needs the extra `convert`.",
}


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command, by the words that begin it."""
    found = {
        **dict(_below("mien", make_mien_parser())),
        **dict(_below("mien-train", make_train_parser())),
        "mien-convert": make_convert_parser(),
    }
    return found | {f"mien-convert {form}": make() for form, make in FORMS.items()}


def _below(words: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """A parser's commands, theirs in turn; the parser itself where it has none."""
    choices = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not choices:
        yield words, parser
    for action in choices:
        helps = {choice.dest: choice.help for choice in action._choices_actions}
        for name, command in action.choices.items():
            command.description = command.description or _sentence(helps.get(name) or "")
            yield from _below(f"{words} {name}", command)


def options_of(program: str) -> set[str]:
    """Every option that any command of a program takes."""
    return {
        option
        for words, parser in parsers().items()
        if words.split()[0] == program
        for action in parser._actions
        for option in action.option_strings
    }


def render() -> str:
    parts = [_HEAD]
    for words, parser in parsers().items():
        program = words.split()[0]
        if f"## {program}\n" not in parts:
            parts += [f"## {program}\n", f"{_PROGRAMS[program]}\n"]
        parts.append(_command(words, parser))
    return "\n".join(parts)


def _command(words: str, parser: argparse.ArgumentParser) -> str:
    rows = [
        f"| {_call(action)} | {_help(parser, action)} |"
        for action in parser._actions
        if action.dest not in ("help", "debug")
    ]
    table = ["", "| takes | |", "|---|---|", *rows] if rows else []
    # mien-convert converts where its first word is no other command's name.
    heading = f"{words} MODEL" if words == "mien-convert" else words
    return "\n".join([f"### {heading}", "", _sentence(parser.description or ""), *table, ""])


def _call(action: argparse.Action) -> str:
    """As it is typed: `--seconds N`; what must be given stands in bold."""
    value = action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper()
    if isinstance(value, tuple):
        value = " ".join(value)
    plural = "…" if action.nargs in ("+", "*") else ""
    name = action.option_strings[-1] if action.option_strings else ""
    call = f"`{' '.join(filter(None, [name, value + plural if action.nargs != 0 else '']))}`".replace(
        "|", "\\|"
    )
    is_needed = action.required or (not action.option_strings and action.nargs not in ("?", "*"))
    return f"**{call}**" if is_needed else call


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    return in_a_cell(text)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    text = text.replace("<", "&lt;")
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) or not text else ".")
