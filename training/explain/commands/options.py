"""Options that several commands of `mien-train explain` take."""

import argparse
from pathlib import Path

from edge.emotion.bundle import BEST_BUNDLE
from edge.labels import LANGUAGES
from training.given import add_given

MODEL_HELP = "a bundle (its folder, or the name of a shipped one), a RUN, or a model file"


def add_measured(parser: argparse.ArgumentParser) -> None:
    """Where action units and regression come from; see training.explain.asked."""
    parser.add_argument(
        "--units",
        type=Path,
        metavar="CSV",
        help="action units of these faces: a table that `mien-train explain units` or OpenFace wrote, or a "
        "folder of OpenFace's",
    )
    parser.add_argument(
        "--regression", type=Path, metavar="FILE", help="the file that `mien-train explain fit` wrote"
    )


def add_network(
    parser: argparse.ArgumentParser, *, is_option: bool = True, kinds: tuple[str, ...] = ("int8", "float")
) -> None:
    """The model, and which of a bundle's networks."""
    if is_option:
        parser.add_argument(
            "--model", default=BEST_BUNDLE, metavar="MODEL", help=f"{MODEL_HELP} (default %(default)s)"
        )
    else:
        parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    beside = ", or one beside the other" if "both" in kinds else ""
    parser.add_argument(
        "--network",
        choices=kinds,
        help="of a bundle: the device's, looked at by covering parts of the face; the float one that it was "
        f"made of, by Grad-CAM{beside} (default int8; of other models, what they are)",
    )
    add_given(parser)


def add_lang(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lang", choices=LANGUAGES, default="en", help="language of the classes' names (default %(default)s)"
    )
