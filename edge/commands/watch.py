"""`mien watch`: a live table of what a broker carries."""

import argparse
import time
from pathlib import Path

from edge.commands.options import Commands, add_lang, positive
from edge.config import MqttConfig, load_config, parse_config, read_password
from edge.files import refuse_existing


def add(commands: Commands) -> None:
    defaults = MqttConfig()
    command = commands.add_parser(
        "watch", help="a live table of what a broker carries", description="Ends with Ctrl-C."
    )
    command.add_argument("--host", metavar="H", help=f"the broker (default: {defaults.host})")
    command.add_argument("--port", type=int, metavar="P", help=f"its TCP port (default: {defaults.port})")
    command.add_argument("--device", metavar="D", help="one device only (default: all)")
    command.add_argument("--mqtt-user", metavar="NAME", help="name for the broker (default: none)")
    command.add_argument(
        "--mqtt-password-file", metavar="FILE", help="file whose first line is the password (default: none)"
    )
    command.add_argument("--tls", action="store_true", default=None, help="over TLS; the port is then 8883")
    command.add_argument("--ca-file", metavar="FILE", help="who signed the broker's certificate, PEM")
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file whose table [mqtt] says how to get there"
    )
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

    given = {
        "host": options.host,
        "port": options.port,
        "username": options.mqtt_user,
        "password_file": options.mqtt_password_file,
        "tls": options.tls,
        "ca_file": options.ca_file,
    }
    known = load_config(options.config).mqtt.model_dump(exclude_unset=True) if options.config else {}
    device = {"id": options.device} if options.device is not None else {}
    table = known | {key: value for key, value in given.items() if value is not None}
    mqtt = parse_config({"device": device, "mqtt": table}).mqtt
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
