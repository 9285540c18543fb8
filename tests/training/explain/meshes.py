"""A face mesh that needs no mediapipe: the mean of neutral faces, and what units do to it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Of 2,300 faces of FER2013, upright, in hundredths of the distance of the outer corners of the eyes, and
#: made symmetric: nobody's face.
MEAN_MESH = np.loadtxt(Path(__file__).with_name("mean_mesh.csv"), delimiter=",", dtype=np.float32)

BROW_INNER = (55, 65, 107, 66, 285, 295, 336, 296)
BROW_MIDDLE = (52, 105, 282, 334)
BROW_OUTER = (46, 53, 63, 70, 276, 283, 293, 300)
BROWS = (*BROW_INNER, *BROW_MIDDLE, *BROW_OUTER)
UPPER_LIDS = (157, 158, 159, 160, 161, 384, 385, 386, 387, 388)
LOWER_LIDS = (144, 145, 153, 154, 163, 373, 374, 380, 381, 390)
CHEEKS = (50, 101, 205, 280, 330, 425)
NOSE_WINGS = (98, 129, 49, 327, 358, 279)
MOUTH_CORNERS = (61, 291, 76, 306, 62, 292, 78, 308)
UPPER_LIP = (0, 37, 39, 267, 269, 11, 12, 13, 72, 302, 82, 312)
RED_OF_UPPER_LIP = (0, 37, 39, 267, 269)
LOWER_LIP = (14, 15, 16, 17, 84, 314, 87, 317)
RED_OF_LOWER_LIP = (17, 84, 314)
CHIN = (152, 148, 377, 175, 199, 200, 18)

#: What FACS says that a unit does, as points that go so far to the outside and down, in hundredths of the
#: distance of the outer corners of the eyes, and the units that see it.
Movement = tuple[Sequence[int], float, float]
MOVEMENTS: Mapping[str, tuple[Sequence[Movement], set[str]]] = {
    "brows down": ([(BROWS, 0, 4)], {"AU04"}),
    "inner brows down": ([(BROW_INNER, 0, 3)], {"AU04"}),
    "inner brows up": ([(BROW_INNER, 0, -5)], {"AU01"}),
    "outer brows up": ([(BROW_OUTER, 0, -4)], {"AU02"}),
    "brows up": ([(BROWS, 0, -5)], {"AU01", "AU02"}),
    "upper lids up": ([(UPPER_LIDS, 0, -2)], {"AU05"}),
    "upper lids down": ([(UPPER_LIDS, 0, 4)], {"AU45"}),
    "lower lids up": ([(LOWER_LIDS, 0, -1.5)], {"AU07"}),
    "cheeks up": ([(CHEEKS, 0, -5)], {"AU06"}),
    "nose wings up": ([(NOSE_WINGS, 0, -5)], {"AU09"}),
    "upper lip up": ([(RED_OF_UPPER_LIP, 0, -5), (UPPER_LIP[5:], 0, -5)], {"AU10", "AU25"}),
    "mouth corners up": ([(MOUTH_CORNERS, 0, -7)], {"AU12"}),
    "mouth corners up and out": ([(MOUTH_CORNERS, 6, -8)], {"AU12"}),
    "mouth corners down": ([(MOUTH_CORNERS, 0, 2.5)], {"AU15"}),
    "mouth corners out": ([(MOUTH_CORNERS, 5, 0)], {"AU20"}),
    "chin up": ([(CHIN, 0, -10)], {"AU17"}),
    "red of the lips hidden": ([(RED_OF_UPPER_LIP, 0, 2), (RED_OF_LOWER_LIP, 0, -3)], {"AU23"}),
    "lips apart": ([(UPPER_LIP, 0, -1), (LOWER_LIP, 0, 3)], {"AU25"}),
    "jaw down": ([(LOWER_LIP, 0, 15), (CHIN, 0, 15), (MOUTH_CORNERS, 0, 7)], {"AU25", "AU26"}),
}


def moved(movements: Sequence[Movement], mesh: NDArray[np.float32] = MEAN_MESH) -> NDArray[np.float32]:
    """The mesh with points moved, both sides of the face alike."""
    found = mesh.copy()
    for points, outward, down in movements:
        side = np.sign(mesh[list(points), 0])
        found[list(points), 0] += outward * side
        found[list(points), 1] += down
    return found


def placed(
    mesh: NDArray[np.float32], *, eyes_px: float, at: tuple[float, float] = (0, 0), roll_degrees: float = 0
) -> NDArray[np.float32]:
    """The mesh in a picture: the outer corners of the eyes so far apart, turned in the picture's plane."""
    angle = np.deg2rad(roll_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    return ((mesh * eyes_px / 100) @ turn.T + np.array([*at, 0])).astype(np.float32)
