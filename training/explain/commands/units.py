"""`mien-train explain units`."""

import argparse
from pathlib import Path
from typing import Any

from training import option_types as types
from training.fit_options import DATA_HELP


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "units",
        help="measure the action units of faces in pictures, by face geometry or by OpenFace",
        description="Measure the action units of faces in pictures. They come from the geometry of mediapipe's "
        "face mesh (make setup-explain), or from OpenFace where it is there; tables that OpenFace wrote before "
        "are read and joined.",
    )
    parser.add_argument(
        "pictures",
        type=Path,
        nargs="*",
        metavar="PICTURES",
        help="pictures, folders of them, or OpenFace's tables (.csv)",
    )
    _add_data(parser.add_argument_group("rows of a data set, in place of PICTURES"))
    _add_meter(parser.add_argument_group("what measures"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the table, units.csv")
    parser.add_argument("--force", action="store_true", help="replace the file that is there")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def _add_data(data: Any) -> None:
    data.add_argument("--data", type=Path, help=DATA_HELP)
    data.add_argument(
        "--split", type=_open_split, metavar="Training|PublicTest", help="which (default PublicTest)"
    )
    data.add_argument(
        "--min-votes",
        type=types.at_least_zero,
        default=0,
        metavar="N",
        help="only rows on which so many raters agree (default %(default)s)",
    )
    data.add_argument("--most", type=types.at_least_one, metavar="N", help="so many at random (default all)")
    data.add_argument("--seed", type=types.at_least_zero, default=0, help="of that draw (default %(default)s)")


def _add_meter(meter: Any) -> None:
    meter.add_argument(
        "--neutral",
        type=Path,
        metavar="PICTURE",
        help="the neutral face of the person that all pictures show, from which changes are counted "
        "(default: that of people in general)",
    )
    meter.add_argument(
        "--faces",
        type=types.at_least_one,
        default=5,
        metavar="N",
        help="the most faces of a photograph (default %(default)s)",
    )
    meter.add_argument(
        "--mesh-python",
        type=Path,
        metavar="PATH",
        help="the Python that has mediapipe (default $MIEN_EXPLAIN_PYTHON, or .venv-explain's)",
    )
    meter.add_argument("--jobs", type=types.at_least_one, metavar="N", help="processes (default one a core)")
    openface = meter.add_mutually_exclusive_group()
    openface.add_argument(
        "--openface", type=Path, metavar="PATH", help="measure by OpenFace: its FaceLandmarkImg, or its folder"
    )
    openface.add_argument(
        "--openface-image", metavar="IMAGE", help="measure by OpenFace in this container image (podman, docker)"
    )


def _open_split(text: str) -> str:
    names = {"training": "Training", "train": "Training", "publictest": "PublicTest", "valid": "PublicTest"}
    if text.lower() not in names:
        raise argparse.ArgumentTypeError(
            f"{text}; expected Training or PublicTest: PrivateTest is not for fitting or choosing"
        )
    return names[text.lower()]


def run(options: argparse.Namespace) -> None:
    from training.explain.units_run import run_units

    run_units(options)
