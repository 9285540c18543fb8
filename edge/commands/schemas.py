"""`mien schemas`: what each message holds."""

import argparse
import json
from pathlib import Path

from edge.commands.options import Commands
from edge.files import refuse_existing, write_text


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "schemas",
        help="what each message holds, as JSON Schema",
        description="Prints one JSON object: the schema of each kind of message. Each device tells those of "
        "its own version in its topic info.",
    )
    command.add_argument("--out", type=Path, metavar="DIR", help="write DIR/KIND.json instead")
    command.add_argument("--force", action="store_true", help="replace files that are there")


def run(options: argparse.Namespace) -> None:
    from edge.mqtt.schemas import make_schemas

    if not options.out:
        print(json.dumps(make_schemas(), indent=2, ensure_ascii=False))
        return
    paths = {kind: options.out / f"{kind}.json" for kind in make_schemas()}
    for path in paths.values():
        refuse_existing(path, options.force)
    for kind, schema in make_schemas().items():
        write_text(paths[kind], json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
