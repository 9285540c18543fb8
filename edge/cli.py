"""The command `mien`. Parses, dispatches, prints; everything else is imported when it is needed."""

import argparse
import io
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from edge.config import Config, load_config, parse_config, read_password
from edge.errors import MienError, PictureError
from edge.files import refuse_existing, write_text
from edge.logs import CountingHandler
from edge.notify import JournalFormatter
from edge.options import make_parser

_LOG_FORMAT = "%(levelname)s %(message)s"


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    level = logging.DEBUG if options.debug else logging.INFO if options.command == "run" else logging.WARNING
    logging.basicConfig(level=level, handlers=[_log_handler()])
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be no UTF-8; in JSON this is an escape
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _ACTIONS[options.command](options)
    except MienError as error:
        if options.debug:
            raise
        print(f"mien: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:  # such as a file that may not be written, or a name too long
        if options.debug:
            raise
        which = f"{error.filename}: " if error.filename else ""
        print(f"mien: {which}{(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    return 0


def _log_handler() -> logging.Handler:
    handler = CountingHandler(sys.stderr)
    formatter = JournalFormatter() if "JOURNAL_STREAM" in os.environ else logging.Formatter(_LOG_FORMAT)
    handler.setFormatter(formatter)
    return handler


def _run(options: argparse.Namespace) -> None:
    config = load_config(options.config) if options.config else Config()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    from edge.service import run_daemon

    run_daemon(config, stop)


def _predict(options: argparse.Namespace) -> None:
    from edge.predict import PictureRun, expand

    paths = expand(options.pictures)
    run = PictureRun(
        paths,
        options.model,
        detect=not options.no_detect,
        annotate_to=options.annotate,
        force=options.force,
    )
    lines = run.json_lines() if options.json else run.text_lines(options.lang)
    for line in lines:
        print(line)
    if run.skipped == len(paths):
        raise PictureError(f"none of {len(paths)} pictures could be read, see above")
    if run.skipped:
        print(f"mien: {run.skipped} of {len(paths)} pictures could not be read, see above", file=sys.stderr)


def _watch(options: argparse.Namespace) -> None:
    from rich.console import Console

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
                    print(message_line(*message), flush=True)
                if not until(deadline_s):
                    break
        else:
            board = Board(options.lang)
            show(messages, board, Console(), lambda: until(deadline_s))
            if options.svg:
                save_table(board, options.svg)
    finally:
        subscriber.close()


def _schemas(options: argparse.Namespace) -> None:
    from edge.mqtt.schemas import make_schemas

    if not options.out:
        print(json.dumps(make_schemas(), indent=2, ensure_ascii=False))
        return
    paths = {kind: options.out / f"{kind}.json" for kind in make_schemas()}
    for path in paths.values():
        refuse_existing(path, options.force)
    for kind, schema in make_schemas().items():
        write_text(paths[kind], json.dumps(schema, indent=2, ensure_ascii=False) + "\n")


def _demo(options: argparse.Namespace) -> None:
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


def _bench(options: argparse.Namespace) -> None:
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


def _doctor(options: argparse.Namespace) -> None:
    from rich.console import Console

    sys.dont_write_bytecode = True  # it changes nothing, so not even this
    from edge.doctor import examine
    from edge.doctor.report import print_finding, summary

    console = Console()
    findings = []
    below = console if console.is_terminal and not options.json else Console(stderr=True)
    with below.status("looking …") as status:
        for finding in examine(options.config, tell=lambda name: status.update(f"{name} …")):
            findings.append(finding)
            if not options.json:
                print_finding(finding, console)
    if options.json:
        print(json.dumps([finding.as_json() for finding in findings], indent=2, ensure_ascii=False))
    else:
        console.print(summary(findings), style="dim")
    failures = [finding.check for finding in findings if finding.status == "failed"]
    if failures:
        raise MienError(f"{len(failures)} of {len(findings)} checks failed: {', '.join(failures)}")


_ACTIONS = {
    "demo": _demo,
    "run": _run,
    "predict": _predict,
    "watch": _watch,
    "schemas": _schemas,
    "bench": _bench,
    "doctor": _doctor,
}


if __name__ == "__main__":
    sys.exit(main())
