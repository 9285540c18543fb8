"""Stored inputs for the shipped networks, and the scores that they had on x86-64.

    python tests/device/arm64/golden.py --write     make golden.json again, after a shipped bundle changed
    python tests/device/arm64/golden.py             compare this machine with it; exit 1 where they differ

Needs what a device has and nothing else, as it runs inside the arm64 root, too. Of the classifier it takes
in everything from the crop to the scores. The crops are drawn with whole numbers only, so that every
machine draws the same pixels.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import BEST_BUNDLE, MODEL_FILE, SMALL_BUNDLE, load_bundle
from edge.emotion.classifier import Classifier

GOLDEN_FILE = Path(__file__).with_name("golden.json")
BUNDLES = (BEST_BUNDLE, SMALL_BUNDLE)

#: Sides of the drawn faces, pixels: as they are, shrunk and enlarged on the way to the network.
SIDES_PX = (64, 150, 48)

#: Scores may differ by one step of the int8 softmax, 1/256: kernels round otherwise on other processors.
TOLERANCE = 1.5 / 256

#: How far the corners of the mouth stand above its middle, and how far it is open; thousandths of the side.
MOUTHS = {"smile": (70, 0), "straight": (0, 0), "frown": (-60, 0), "open": (0, 110), "laugh": (60, 60)}
#: How far the inner ends of the brows stand below the outer ones, thousandths of the side.
BROWS = {"calm": 0, "angry": 55, "worried": -45}


def draw_faces() -> dict[str, NDArray[np.uint8]]:
    """Every mouth with every brow, in every size, by name."""
    return {
        f"{mouth} {brow} {side_px}": draw_face(side_px, MOUTHS[mouth], BROWS[brow])
        for mouth in MOUTHS
        for brow in BROWS
        for side_px in SIDES_PX
    }


def draw_face(side_px: int, mouth: tuple[int, int], brow: int) -> NDArray[np.uint8]:
    """A drawn face, (side_px, side_px), 0..255, with some grain."""
    # Thousandths of the side, so that every size shows the same face.
    y, x = (np.mgrid[0:side_px, 0:side_px] * 1000 // side_px).astype(np.int64)
    face = np.full((side_px, side_px), 70, np.int64)
    face[_ellipse(x, y, 500, 500, 400, 520)] = 175
    for left, inwards in ((330, 1), (670, -1)):
        face[_ellipse(x, y, left, 400, 75, 38)] = 225
        face[_ellipse(x, y, left, 400, 34, 36)] = 40
        slope = 290 + inwards * brow * (x - left) // 90
        face[(abs(x - left) < 100) & (abs(y - slope) < 18)] = 60
    face[_ellipse(x, y, 500, 590, 45, 25)] = 135
    corners, opening = mouth
    curve = 760 + corners // 2 - corners * (x - 500) ** 2 // 170**2
    face[(abs(x - 500) < 170) & (abs(y - curve) < 18 + opening)] = 55
    grain = (x * 7919 + y * 104729 + x * y) % 13 - 6
    return np.clip(face + grain, 0, 255).astype(np.uint8)


def _ellipse(
    x: NDArray[np.int64], y: NDArray[np.int64], left: int, top: int, width: int, height: int
) -> NDArray[np.bool_]:
    return ((x - left) * height) ** 2 + ((y - top) * width) ** 2 <= (width * height) ** 2


def measure() -> dict[str, Any]:
    """The pixels' sums, and what each shipped network says of the faces."""
    faces = draw_faces()
    return {
        "pixels": {name: int(face.astype(np.int64).sum()) for name, face in faces.items()},
        "networks": {name: _measure_network(name, faces) for name in BUNDLES},
    }


def _measure_network(name: str, faces: dict[str, NDArray[np.uint8]]) -> dict[str, Any]:
    bundle = load_bundle(name)
    classifier = Classifier.open(bundle)
    return {
        "model_sha256": bundle.card.sha256[MODEL_FILE],
        "temperature": bundle.card.output.temperature,
        "classes": list(classifier.classes),
        "scores": {
            name: [round(score, 6) for score in classifier.probabilities(face).tolist()]
            for name, face in faces.items()
        },
    }


def differences(golden: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is not as it was stored, one line each."""
    lines = [] if golden["pixels"] == found["pixels"] else ["the drawn faces have other pixels than stored"]
    for name in BUNDLES:
        lines += _differences_of_network(name, golden["networks"].get(name, {}), found["networks"][name])
    return lines


def _differences_of_network(network: str, golden: dict[str, Any], found: dict[str, Any]) -> list[str]:
    if any(golden.get(key) != found[key] for key in ("model_sha256", "temperature", "classes")):
        return [f"golden.json is of another {network} than the shipped bundle; make it again with --write"]
    lines = []
    for name, stored in golden["scores"].items():
        scores = found["scores"][name]
        furthest = max(abs(a - b) for a, b in zip(stored, scores, strict=True))
        if furthest > TOLERANCE:
            lines.append(f"{network}, {name}: {scores}, {furthest:.3f} from the stored {stored}")
    return lines


def _one_line_a_face(found: dict[str, Any]) -> str:
    text = json.dumps(found, indent=1)
    return re.sub(r"\[[^\]]*\]", lambda numbers: " ".join(numbers[0].split()), text) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="store this machine's scores as golden.json")
    options = parser.parse_args()
    found = measure()
    if options.write:
        GOLDEN_FILE.write_text(_one_line_a_face(found))
        print(f"{len(found['pixels'])} faces stored in {GOLDEN_FILE.name}")
        return 0
    lines = differences(json.loads(GOLDEN_FILE.read_text()), found)
    print(*lines, sep="\n", end="\n" if lines else "")
    print(f"{len(found['pixels'])} faces, {len(BUNDLES)} networks, {len(lines)} not as stored")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
