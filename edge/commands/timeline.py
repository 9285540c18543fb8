"""`mien timeline`: what was told over a time, as a page."""

import argparse
import sys
from pathlib import Path

from edge.commands.options import Commands, add_lang
from edge.errors import DataError
from edge.files import refuse_existing, write_text

#: A page of more devices would help nobody.
_MOST_DEVICES = 20


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "timeline",
        help="what was told over a time, as a page",
        description="Draws apparent expressions over a session, of each face and in the room, and when the "
        'device was not online. FILE is what mien run --record, mien watch --json or publish.to = "log" wrote. '
        "The page needs nothing else and loads nothing.",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="lines of JSON")
    command.add_argument("--out", type=Path, required=True, metavar="PAGE.html", help="the page to write")
    command.add_argument("--device", metavar="D", help="one device only (default: all in FILE)")
    command.add_argument("--force", action="store_true", help="replace a page that is there")
    add_lang(command)


def run(options: argparse.Namespace) -> None:
    from edge.timeline import make_page, read_recording, say_count, tell_story

    refuse_existing(options.out, options.force)
    recording = read_recording(options.file, lambda line: print(f"mien: {line}", file=sys.stderr))
    devices = recording.devices
    if options.device is not None:
        if options.device not in devices:
            known = ", ".join(sorted(devices)[:10])
            raise DataError(f"{options.file} holds nothing of {options.device!r}; expected one of: {known}")
        devices = {options.device: devices[options.device]}
    if len(devices) > _MOST_DEVICES:
        raise DataError(
            f"{options.file} holds {len(devices)} devices; expected at most {_MOST_DEVICES}; choose by --device"
        )
    stories = [tell_story(device, events) for device, events in sorted(devices.items())]
    left_out = f"{recording.bad} of {recording.lines} lines could not be used" if recording.bad else ""
    source = "; ".join(filter(None, (f"from {options.file.name}", left_out)))
    write_text(options.out, make_page(stories, source, options.lang))
    if left_out:
        print(f"mien: {left_out}, see above", file=sys.stderr)
    print(f"{options.out}: {say_count(stories)}")
