"""`mien-train`: fit a network on FER2013 and measure it honestly."""

import argparse
import json
import logging
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from edge.errors import MienError, MissingExtraError
from edge.files import refuse_existing
from training.networks import NAMES
from training.runs import FitConfig, write_json

_DEFAULTS = FitConfig()
REPORT_FILE = "evaluation.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 done, 1 failed, 2 wrong usage.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    options.command_line = shlex.join(["mien-train", *words])
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.WARNING)
    for package in ("edge", "training"):
        logging.getLogger(package).setLevel(logging.DEBUG if options.debug else logging.INFO)
    try:
        options.run(options)
    except (MienError, OSError) as error:
        return _fail(str(error), getattr(error, "exit_status", 1), options.debug)
    except ModuleNotFoundError as error:
        missing = MissingExtraError("training", error.name or "a package")
        return _fail(str(missing), missing.exit_status, options.debug)
    except KeyboardInterrupt:
        return _fail("stopped", 1, options.debug)
    return 0


def _fail(message: str, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"mien-train: {message}", file=sys.stderr)
    return status


def _fit(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from training.fit import FIGURE_NAMES, fit
    from training.runs import BEST_FILE, start_run

    names = {field.name for field in fields(FitConfig)}
    given: dict[str, Any] = {name: value for name, value in vars(options).items() if name in names}
    config = start_run(options.out, given, resume=options.resume, force=options.force)
    best = fit(options.data, options.out, config)
    print(f"{options.out / BEST_FILE}: {100 * best:.2f}% on PublicTest ({FIGURE_NAMES[config.labels]})")


def _evaluate(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from training.evaluate import draw_confusions, evaluate

    if options.out is not None:
        refuse_existing(options.out / REPORT_FILE, options.force)
    report = evaluate(options.model, options.data, final=options.final, command=options.command_line)
    if options.out is not None:
        draw_confusions(options.out, report["metrics"])
        write_json(options.out / REPORT_FILE, report)
    if options.json:
        print(json.dumps(report, indent=2))
        return
    from rich.console import Console

    from training.tables import evaluation_tables

    Console(width=110, soft_wrap=True).print(evaluation_tables(report))


def _networks(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from edge.labels import EMOTIONS
    from training.networks import size_of

    sizes = [size_of(name, len(EMOTIONS)) for name in NAMES]
    if options.json:
        print(json.dumps([asdict(size) for size in sizes], indent=2))
        return
    print(f"{'name':<20} {'parameters':>12} {'multiply-adds':>14}  input")
    for size in sizes:
        shape = "x".join(map(str, size.input))
        print(f"{size.name:<20} {size.parameters:>12,} {size.multiply_adds:>14,}  {shape}")


def _bench(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from rich.console import Console
    from rich.progress import Progress

    from training.bench import measure_pace

    config = FitConfig(network=options.network, batch_size=options.batch_size)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("pairs of blocks", total=options.blocks + 1)
        pace = measure_pace(
            options.data, config, options.batches, options.blocks, lambda done: bar.update(task, completed=done)
        )
    if options.json:
        print(json.dumps(asdict(pace)))
        return
    print(f"real batches   {pace.real_ms:8.2f} ms a batch, {pace.epoch_s:.0f} s an epoch")
    print(f"constant batch {pace.constant_ms:8.2f} ms a batch; the real ones take {pace.ratio:.3f} times that")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mien-train", description=__doc__)
    parser.add_argument("--debug", action="store_true", help="show a traceback where a command fails")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fit(commands)
    _add_evaluate(commands)
    _add_bench(commands)
    networks = commands.add_parser("networks", help="list the networks and their size")
    networks.add_argument("--json", action="store_true", help="print JSON")
    networks.set_defaults(run=_networks)
    return parser


def _add_fit(commands: Any) -> None:
    parser = commands.add_parser("fit", help="fit a network on Training, choose the checkpoint on PublicTest")
    parser.set_defaults(run=_fit)
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or a folder of FER2013")
    parser.add_argument("--out", type=Path, required=True, help="the RUN folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out, if it holds one")
    parser.add_argument("--force", action="store_true", help="replace the run in --out")

    def option(name: str, text: str, **kwargs: Any) -> None:
        default = getattr(_DEFAULTS, name.replace("-", "_"))
        # suppressed, so that --resume can tell what was named from what was not
        parser.add_argument(
            f"--{name}", default=argparse.SUPPRESS, help=f"{text} (default {default})", **kwargs
        )

    option("network", "which network", choices=NAMES)
    option(
        "labels",
        "fit to FER2013's labels, to FER+'s votes, or half to each; the checkpoint is chosen by the accuracy "
        "on FER2013's labels for fer2013, on the raters' plurality for ferplus and mix",
        choices=("fer2013", "ferplus", "mix"),
    )
    option("ferplus", "votes as shares or as the class of most votes", choices=("distribution", "majority"))
    option("epochs", "passes over Training", type=_at_least_one)
    option("batch-size", "faces per step", type=_at_least_one)
    option("learning-rate", "highest step size", type=_positive)
    option("warmup-epochs", "epochs until the learning rate is at its highest", type=_at_least_zero)
    option("weight-decay", "AdamW's, on kernels", type=_share)
    option("label-smoothing", "share of each target that is spread over all classes, 0 to 1", type=_share)
    option("averaging", "momentum per batch of the averaged weights, 0 to 1", type=_share)
    option("seed", "of everything random", type=_at_least_zero)


def _add_bench(commands: Any) -> None:
    parser = commands.add_parser(
        "bench", help="what an epoch costs here, and whether the making of batches hides behind the arithmetic"
    )
    parser.set_defaults(run=_bench)
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or a folder of FER2013")
    parser.add_argument("--network", choices=NAMES, default=_DEFAULTS.network, help="(default %(default)s)")
    parser.add_argument(
        "--batch-size", type=_at_least_one, default=_DEFAULTS.batch_size, help="faces (default %(default)s)"
    )
    parser.add_argument(
        "--batches", type=_at_least_one, default=40, help="batches in a block (default %(default)s)"
    )
    parser.add_argument(
        "--blocks", type=_at_least_one, default=5, help="counted blocks of each kind (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="measure a RUN or a bundle on PublicTest")
    parser.set_defaults(run=_evaluate)
    parser.add_argument("model", metavar="RUN|BUNDLE", help="a folder, or the name of a shipped bundle")
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or a folder of FER2013")
    parser.add_argument(
        "--final",
        action="store_true",
        help="open PrivateTest instead; the look is written into the bundle's card (or the RUN) for good",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, help=f"a folder for {REPORT_FILE} and the confusion matrices")
    parser.add_argument("--force", action="store_true", help="replace the report in --out")


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 1 or more")
    return value


def _at_least_zero(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 or more")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 or more and below 1")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected above 0")
    return value


if __name__ == "__main__":
    sys.exit(main())
