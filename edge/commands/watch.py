"""`mien watch`: a live table of what a broker carries."""

import argparse
import time
from pathlib import Path

from edge.commands.options import Commands, add_broker, add_lang, positive, read_broker
from edge.config import read_password
from edge.files import refuse_existing


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "watch", help="a live table of what a broker carries", description="Ends with Ctrl-C."
    )
    command.add_argument("--device", metavar="D", help="one device only (default: all)")
    add_broker(command)
    command.add_argument("--seconds", type=positive, metavar="N", help="how long, seconds (default: no end)")
    command.add_argument("--svg", type=Path, metavar="FILE", help="at the end, write the table as a picture")
    command.add_argument("--force", action="store_true", help="replace the file of --svg")
    command.add_argument("--json", action="store_true", help="one line of JSON per message")
    add_lang(command)


def run(options: argparse.Namespace) -> None:
    from rich.console import Console

    from edge.mqtt.payloads import timestamp
    from edge.mqtt.subscriber import Subscriber, until
    from edge.mqtt.transport import message_line
    from edge.watch import Board, save_table, show

    mqtt = read_broker(options).mqtt
    if options.svg:
        refuse_existing(options.svg, options.force)
    subscriber = Subscriber(mqtt, read_password(mqtt), options.device)
    deadline_s = time.monotonic() + options.seconds if options.seconds else None
    try:
        messages = subscriber.messages(patience_s=0.2)
        if options.json:
            for message in messages:
                if message:
                    print(message_line(*message, timestamp(time.time())), flush=True)
                if not until(deadline_s):
                    break
        else:
            board = Board(options.lang)
            show(messages, board, Console(), lambda: until(deadline_s))
            if options.svg:
                save_table(board, options.svg)
    finally:
        subscriber.close()
