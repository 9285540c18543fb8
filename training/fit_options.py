"""What `mien-train fit` and `mien-train finetune` take: every option with its help and default."""

import argparse
from pathlib import Path
from typing import Any

from training import option_types as types
from training.classes import parse_names
from training.config import FINE_TUNING, FitConfig
from training.given import add_colour
from training.networks import NAMES

DATA_HELP = "fer2013.csv, a folder of pictures ({train,valid,test}/<label>/…), or a manifest (file,label,split)"


def add_fit(commands: Any) -> None:
    parser = commands.add_parser("fit", help="fit a network on Training, choose the checkpoint on PublicTest")
    _add_places(parser)
    option = _Recipe(parser, FitConfig())
    option("network", "which network", choices=NAMES)
    option("input-size", "side of the input, pixels", type=types.at_least_one, shown="the network's own")
    _add_classes(option)
    _add_recipe(option)
    _add_machine(parser)


def add_finetune(commands: Any) -> None:
    parser = commands.add_parser("finetune", help="go on from a network that can do something like it already")
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a RUN, a bundle (its source.keras), a .keras, .h5 or .hdf5 file, or Teachable Machine's zip",
    )
    _add_places(parser)
    parser.add_argument(
        "--value-range",
        type=float,
        nargs=2,
        default=argparse.SUPPRESS,
        metavar=("LOW", "HIGH"),
        help="what 0 and 255 become in MODEL's input, where it does not say",
    )
    names = parser.add_mutually_exclusive_group()
    names.add_argument(
        "--model-classes",
        type=parse_names,
        metavar="A,B,…",
        help="the classes in the order of MODEL's output, where it does not say: those that stay keep their "
        "weights (default: all begin anew)",
    )
    names.add_argument(
        "--model-labels", type=Path, metavar="FILE", help="the same from a labels.txt, one class a line"
    )
    add_colour(parser)
    option = _Recipe(parser, FINE_TUNING)
    frozen = parser.add_mutually_exclusive_group()
    _Recipe(frozen, FINE_TUNING)(
        "freeze", "leave the first so many layers as they are", type=types.at_least_zero
    )
    _Recipe(frozen, FINE_TUNING)(
        "freeze-until", "leave the layers up to this one as they are", metavar="NAME", shown="none"
    )
    _add_classes(option)
    _add_recipe(option)
    _add_machine(parser)


class _Recipe:
    """Adds options of FitConfig. They are absent where not named, so that --resume can tell."""

    def __init__(self, parser: Any, usual: FitConfig) -> None:
        self._parser, self._usual = parser, usual

    def __call__(self, name: str, text: str, shown: str | None = None, **kwargs: Any) -> None:
        default = shown or getattr(self._usual, name.replace("-", "_"))
        self._parser.add_argument(
            f"--{name}", default=argparse.SUPPRESS, help=f"{text} (default {default})", **kwargs
        )


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument("--out", type=Path, required=True, help="the RUN folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out, if it holds one")
    parser.add_argument("--force", action="store_true", help="replace the run in --out")


def _add_classes(option: _Recipe) -> None:
    option(
        "classes",
        "a,b,c: which classes, in which order; faces of others are left out",
        type=parse_names,
        shown="the data's: as classes.json says, else FER2013's order and then by name",
    )
    option("contempt", "whether FER+'s votes for contempt make an eighth class", choices=("drop", "keep"))
    option(
        "labels",
        "fit to FER2013's labels (or those of other data), to FER+'s votes, or half to each; the checkpoint is "
        "chosen by accuracy on the labels for fer2013, on the raters' plurality for ferplus and mix",
        choices=("fer2013", "ferplus", "mix"),
        shown="ferplus where fer2013new.csv stands beside fer2013.csv, else fer2013",
    )
    option("ferplus", "votes as shares or as the class of most votes", choices=("distribution", "majority"))


def _add_recipe(option: _Recipe) -> None:
    option("epochs", "passes over Training", type=types.at_least_one)
    option("batch-size", "faces per step", type=types.at_least_one)
    option("learning-rate", "highest step size", type=types.positive)
    option("warmup-epochs", "epochs until the learning rate is at its highest", type=types.at_least_zero)
    option(
        "schedule",
        "then it falls along a cosine, or by half where PublicTest's loss has not fallen for 3 epochs",
        choices=("cosine", "plateau"),
    )
    option("weight-decay", "AdamW's, on kernels", type=types.share)
    option("label-smoothing", "share of each target that is spread over all classes, 0 to 1", type=types.share)
    option(
        "augmentation",
        "how strongly faces are disturbed; 1: as boxes and cameras do, 0: not",
        type=types.up_to_one,
    )
    option(
        "camera-augmentation",
        "share of the faces that are, besides, disturbed in one way as cameras and finders do at worst: dark, "
        "blurred, half covered; 0 to 1",
        type=types.up_to_one,
    )
    option("mixup", "alpha by which pairs of faces are blended, such as 0.2; 0: none", type=types.not_negative)
    option(
        "balance",
        "make up for rare classes by the weight of their faces, or by drawing them more often",
        choices=("none", "weights", "sampling"),
    )
    option(
        "logit-adjustment",
        "how much rare classes are given their chance: 0: not, 1: as if all were as frequent",
        type=types.up_to_one,
    )
    option(
        "teachers",
        "RUNs or bundles of the same classes, fitted before; targets are in part what these say of the face",
        nargs="+",
        metavar="MODEL",
        shown="none",
    )
    option("teacher-share", "share of the teachers in the targets, 0 to 1", type=types.up_to_one)
    option(
        "sharpness",
        "how far up the loss each step looks for a flat place, such as 0.05; an epoch takes twice as long; "
        "0: not at all",
        type=types.not_negative,
    )
    option("averaging", "momentum per batch of the averaged weights, 0 to 1", type=types.share)
    option(
        "early-stopping", "end after so many epochs without a better figure; 0: never", type=types.at_least_zero
    )
    option("seed", "of everything random", type=types.at_least_zero)


def _add_machine(parser: argparse.ArgumentParser) -> None:
    """What decides how a run goes, not what comes of it."""
    parser.add_argument(
        "--seeds",
        type=types.at_least_two,
        metavar="N",
        help="run N times, from --seed on, in OUT/seed-0 and so on, for mean and deviation (default: once)",
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="write OUT/tensorboard, too; needs tensorboardX"
    )
    parser.add_argument(
        "--devices",
        type=types.all_or_count,
        metavar="all|N",
        help="share each batch among so many devices; needs KERAS_BACKEND=jax (default what Keras takes)",
    )
    parser.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="fit with other machines, which meet at the first one's address; needs KERAS_BACKEND=jax",
    )
    parser.add_argument(
        "--processes", type=types.at_least_two, metavar="N", help="with --coordinator: how many machines"
    )
    parser.add_argument(
        "--process",
        type=types.at_least_zero,
        metavar="I",
        help="with --coordinator: which of them this is; 0, the first, alone writes OUT",
    )
