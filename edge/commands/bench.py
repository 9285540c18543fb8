"""`mien bench`: what a frame costs on this machine."""

import argparse
import json
from pathlib import Path

from edge.commands.options import SOURCE_HELP, Commands, add_model, count
from edge.files import refuse_existing


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "bench",
        help="stage times, frames per second, memory, on this machine",
        description="Runs every frame through mien's loop and through the plain one (Haar on the whole frame, "
        "every box classified), each with one OpenCV and one LiteRT thread.",
    )
    command.add_argument("--source", metavar="SRC", help=f"{SOURCE_HELP} (default: a made clip of 640x480)")
    command.add_argument(
        "--faces", type=count, default=1, metavar="N", help="how many are in the made clip (default: 1)"
    )
    command.add_argument(
        "--paced",
        action="store_true",
        help="measure the CPU at the camera's rate by waiting for each frame; half a minute more",
    )
    command.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw a picture of the figures")
    command.add_argument("--force", action="store_true", help="replace the file of --plot")
    command.add_argument(
        "--frames", type=count, default=600, metavar="N", help="how many frames at most (default: 600)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    add_model(command)


def run(options: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from edge.bench import bench, format_bench

    if options.plot:
        refuse_existing(options.plot, options.force)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("frames through both loops", total=options.frames)
        figures = bench(
            options.source,
            options.model,
            options.frames,
            lambda done: bar.update(task, completed=done),
            faces=options.faces,
            paced=options.paced,
            plot=options.plot,
        )
    print(json.dumps(figures) if options.json else format_bench(figures))
