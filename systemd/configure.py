"""Set keys of mien.toml in place; every comment and every other key stays as it is. install.sh calls this.

    configure.py TEMPLATE FILE [TABLE.KEY=VALUE]…

A FILE that is not there begins as the TEMPLATE. The result is checked as the daemon checks it, and only then
put in the place of FILE, in one move.
"""

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.config import Config, load_config
from edge.errors import MienError


def set_key(text: str, table: str, key: str, value: str) -> str:
    """The text with one key set: where it stands, else in place of its default, else at its table's head."""
    is_text = not isinstance(getattr(getattr(Config(), table), key), bool | int | float)
    line = f"{key} = {json.dumps(value, ensure_ascii=False) if is_text else value}"
    head = re.search(rf"^\[{re.escape(table)}\][^\n]*\n?", text, re.MULTILINE)
    if head is None:
        return f"{text.rstrip()}\n\n[{table}]\n{line}\n"
    following = re.search(r"^\[", text[head.end() :], re.MULTILINE)
    end = head.end() + following.start() if following else len(text)
    body = text[head.end() : end]
    for pattern in (rf"^[ \t]*{re.escape(key)}[ \t]*=.*$", rf"^#{re.escape(key)} =.*$"):
        if found := re.search(pattern, body, re.MULTILINE):
            body = body[: found.start()] + line + body[found.end() :]
            return text[: head.end()] + body + text[end:]
    return f"{text[: head.end()].rstrip()}\n{line}\n{body}{text[end:]}"


def configure(template: Path, file: Path, settings: Sequence[str]) -> None:
    """Raises ConfigError where the daemon would not accept the result; the file is then as it was."""
    text = before = file.read_text(encoding="utf-8") if file.exists() else ""
    text = text or template.read_text(encoding="utf-8")
    for setting in settings:
        name, _, value = setting.partition("=")
        table, _, key = name.partition(".")
        text = set_key(text, table, key, value)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(text, encoding="utf-8")
    try:
        load_config(draft)
    except MienError as error:
        draft.unlink()
        raise type(error)(str(error).replace(str(draft), str(file))) from None
    if text == before:
        draft.unlink()
        return
    with draft.open("rb+") as written:
        os.fsync(written.fileno())
    draft.chmod(0o644)  # the service's user is made when it starts, and must read it
    draft.replace(file)


if __name__ == "__main__":
    try:
        configure(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    except (MienError, OSError, UnicodeDecodeError) as error:
        sys.exit(f"{sys.argv[2]}: {error}" if isinstance(error, UnicodeDecodeError) else str(error))
