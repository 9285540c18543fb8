"""`mien-train`: fit a network to faces and measure it honestly."""

import argparse
import json
import logging
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict

from edge.errors import MienError, MissingExtraError
from training.config import FitConfig
from training.options import make_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 done, 1 failed, 2 wrong usage.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser().parse_args(words)
    options.command_line = shlex.join(["mien-train", *words])
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.WARNING)
    for package in ("edge", "training"):
        logging.getLogger(package).setLevel(logging.DEBUG if options.debug else logging.INFO)
    try:
        _ACTIONS[options.command](options)
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


def _prepare(options: argparse.Namespace) -> None:
    from training.prepare.command import run_command

    run_command(options)


def _fit(options: argparse.Namespace) -> None:
    from training.fit_command import run_command

    print(run_command(options))


def _evaluate(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from training.evaluate_command import run_command

    run_command(options)


def _compare(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from training.compare_command import run_command

    run_command(options)


def _explain(options: argparse.Namespace) -> None:
    from training.explain.commands import run_explain

    run_explain(options)


def _networks(options: argparse.Namespace) -> None:
    from training.backend import prepare_backend

    prepare_backend()
    from training.networks import NAMES, size_of

    sizes = [size_of(name, options.classes, options.input_size) for name in NAMES]
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


def _scenes(options: argparse.Namespace) -> None:
    from training.scenes_command import run_command

    run_command(options)


def _moods(options: argparse.Namespace) -> None:
    from training.trials.command import run_moods

    run_moods(options)


def _quality(options: argparse.Namespace) -> None:
    from training.trials.command import run_quality

    run_quality(options)


def _robustness(options: argparse.Namespace) -> None:
    from training.robustness_command import run_robustness

    run_robustness(options)


def _ablate(options: argparse.Namespace) -> None:
    from training.ablation.command import run_ablate

    run_ablate(options)


_ACTIONS = {
    "prepare": _prepare,
    "fit": _fit,
    "finetune": _fit,
    "evaluate": _evaluate,
    "compare": _compare,
    "explain": _explain,
    "networks": _networks,
    "bench": _bench,
    "scenes": _scenes,
    "moods": _moods,
    "quality": _quality,
    "robustness": _robustness,
    "ablate": _ablate,
}


if __name__ == "__main__":
    sys.exit(main())
