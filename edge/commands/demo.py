"""`mien demo`: everything on one machine."""

import argparse

from edge.commands.options import SOURCE_HELP, Commands, add_lang, add_model, positive


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "demo",
        help="everything on one machine: broker, daemon, subscriber",
        description="Runs an embedded MQTT broker on loopback, the daemon on a made clip, and a subscriber "
        "that shows the messages. Needs no camera, no broker, no data.",
    )
    command.add_argument("--source", metavar="SRC", help=f"{SOURCE_HELP} (default: a made clip)")
    command.add_argument(
        "--seconds", type=positive, default=20.0, metavar="N", help="how long, seconds (default: 20)"
    )
    command.add_argument("--json", action="store_true", help="one line of JSON per message")
    add_model(command)
    add_lang(command)


def run(options: argparse.Namespace) -> None:
    from rich.console import Console

    from edge.demo import running_demo
    from edge.mqtt.transport import message_line
    from edge.watch import Board, show

    console = Console(stderr=True) if options.json else Console()
    board = Board(options.lang, tail=5)
    if not options.json:
        clip = "" if options.source else "making a clip, "
        console.print(f"mien demo: {clip}starting a broker on loopback …", style="dim")
    with running_demo(options.source, options.model) as demo:
        messages = demo.messages(options.seconds)
        if options.json:
            for message in messages:
                if message:
                    print(message_line(*message), flush=True)
            return
        show(messages, board, console, lambda: True)
    console.print(board.summary())
    console.print("your own camera: mien demo --source v4l2:0    the daemon: mien run --help", style="dim")
