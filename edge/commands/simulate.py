"""`mien simulate`: what a fleet asks of a broker."""

import argparse
import json
import re
import signal
import threading

from edge.commands.options import Commands, add_broker, count, positive, read_broker
from edge.config import read_password


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "simulate",
        help="many made devices against a broker, and what it costs",
        description="Speaks for N devices with the messages of real ones, each with a connection, session and "
        "last will of its own, and tells messages a second, delay, and CPU and memory of both sides (of the "
        "broker where it runs on this machine). Takes back what the broker keeps. Ends with Ctrl-C.",
    )
    command.add_argument("--devices", type=count, default=10, metavar="N", help="how many (default: 10)")
    command.add_argument(
        "--rate", type=positive, default=1.0, metavar="R", help="messages a second of each (default: 1)"
    )
    command.add_argument("--seconds", type=positive, metavar="N", help="how long, seconds (default: no end)")
    command.add_argument(
        "--every", type=positive, default=5.0, metavar="N", help="a report so often, seconds (default: 5)"
    )
    command.add_argument(
        "--name", type=_name, default="sim", metavar="D", help="devices are D-0001 and on (default: sim)"
    )
    command.add_argument("--keep", action="store_true", help="leave what is retained on the broker")
    command.add_argument(
        "--json", action="store_true", help="one line of JSON per report; the last is of the whole"
    )
    add_broker(command)
    command.set_defaults(device=None)


def run(options: argparse.Namespace) -> None:
    from edge.mqtt.subscriber import Subscriber
    from edge.simulate import Fleet, allow_connections, format_report
    from edge.simulate.link import Way

    mqtt = read_broker(options).mqtt
    allow_connections(options.devices)
    password = read_password(mqtt)
    probe = Subscriber(mqtt, password, f"{options.name}-0001")  # says in one line why a broker will not do
    probe.close()
    fleet = Fleet(
        Way(mqtt, password, probe.protocol), options.name, options.devices, options.rate, options.keep
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    for report in fleet.run(options.seconds, options.every, stop.is_set):
        if options.json:
            print(json.dumps(report), flush=True)
        else:
            print(("in all: " if "total" in report else "") + format_report(report), flush=True)


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", text):
        raise argparse.ArgumentTypeError(f"{text}; expected letters, digits, - and _, 50 at most")
    return text
