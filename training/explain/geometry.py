"""Action units from where the points of a face mesh are: distances, and what of them a unit changes.

Each measure follows what the unit does to a face by FACS (Ekman, Friesen and Hager 2002, "Facial Action Coding
System. The Manual", the chapter of each unit); the table in README.md names it beside the formula. Points are
those of mediapipe's face mesh (Kartynnik et al. 2019, arXiv:1907.06724), 468 and 10 of the irises, by their
index in its canonical model.

Distances are along the axes of the head itself, so that they are the same when a head is turned in the plane
of the picture, and nearly so when it looks aside; in hundredths of the distance of the outer corners of the
eyes, so that they are the same at any size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.explain.facs import MOST

#: (points, 3), x to the right and y down in pixels of the picture, z away from the camera in the same scale.
Mesh = NDArray[np.float32]
#: By name, in hundredths of the distance of the outer corners of the eyes.
Distances = Mapping[str, float]

#: iBUG's 68 points (Sagonas et al. 2013), which OpenFace writes, in the mesh.
IBUG_POINTS = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # lips, outside
    78, 82, 13, 312, 308, 317, 14, 87,  # lips, inside
)  # fmt: skip

_OUTER_CORNERS, _INNER_CORNERS = (33, 263), (133, 362)
_CORNERS = (*_OUTER_CORNERS, *_INNER_CORNERS)
_BRIDGE, _BELOW_NOSE = 168, 2

#: What a neutral face has: the median of 2,300 faces of FER2013's Training that at least 8 of 10 of FER+'s
#: raters called neutral, each looked at twice (see training.explain.looks).
REST: Distances = {
    "brow_inner": 24.3,
    "brow_outer": 19.5,
    "brow_end": 14.2,
    "brow_start_top": 23.0,
    "brow_middle": 21.4,
    "lid_upper": 5.4,
    "lid_lower": 3.8,
    "cheek": 37.4,
    "nose_wing": 44.9,
    "upper_lip": 16.8,
    "mouth_width": 53.0,
    "corner_of_lips": 0.7,
    "corner_of_nose": -23.7,
    "lips_apart": 0.7,
    "lower_lip": 35.6,
    "chin": 29.5,
    "lip_height": 16.5,
}


def distances(mesh: Mesh) -> Distances:
    """What the measures are made of."""
    points = _upright(mesh)

    def down(*some: int) -> float:
        return float(points[list(some), 1].mean())

    return {
        # heights above the line through the corners of the eyes
        "brow_inner": down(*_INNER_CORNERS) - down(107, 66, 336, 296),
        "brow_outer": down(*_OUTER_CORNERS) - down(70, 63, 300, 293),
        "brow_end": down(*_INNER_CORNERS) - down(55, 285),
        "brow_start_top": down(*_INNER_CORNERS) - down(107, 336),
        "brow_middle": down(*_INNER_CORNERS) - down(52, 282),
        "lid_upper": down(*_CORNERS) - down(158, 159, 160, 385, 386, 387),
        # depths below it
        "lid_lower": down(144, 145, 153, 373, 374, 380) - down(*_CORNERS),
        "cheek": down(50, 280) - down(*_OUTER_CORNERS),
        "nose_wing": down(129, 358, 98, 327) - down(*_INNER_CORNERS),
        # depths below the nose
        "upper_lip": down(0, 37, 267, 39, 269) - down(_BELOW_NOSE),
        "lower_lip": down(17) - down(_BELOW_NOSE),
        # of the mouth
        "mouth_width": float(abs(points[291, 0] - points[61, 0])),
        "corner_of_lips": down(13, 14) - down(61, 291),  # how far above the middle between the lips
        "corner_of_nose": down(_BELOW_NOSE) - down(61, 291),  # how far above the point below the nose
        "lips_apart": down(14) - down(13),
        "lip_height": (down(13) - down(0)) + (down(17) - down(14)),
        "chin": down(152) - down(17),
    }


def _upright(mesh: Mesh) -> NDArray[np.float64]:
    """The points along the head's own axes, from the bridge of the nose; see the module."""
    points = np.asarray(mesh, np.float64)
    right = points[[263, 362, 356]].mean(axis=0) - points[[33, 133, 127]].mean(axis=0)
    right /= np.linalg.norm(right)
    nose = points[_BELOW_NOSE] - points[_BRIDGE]
    down = nose - (nose @ right) * right
    down /= np.linalg.norm(down)
    axes = np.stack([right, down, np.cross(right, down)], axis=1)
    size = np.linalg.norm(points[263] - points[33]) / 100
    upright: NDArray[np.float64] = (points - points[_BRIDGE]) @ axes / size
    return upright


@dataclass(frozen=True, slots=True)
class Measure:
    """How a unit is measured.

    Attributes:
        formula: of the changes of the distances from those of a neutral face.
        most: the value that is 5: beyond it are 2 of 100 of the faces that `REST` was made with, whatever
            their expression. Lips are apart in full long before a mouth is wide open, which is the jaw's doing.
        is_doubtful: whether the mesh sees badly what the unit does.
    """

    formula: Callable[[Distances], float]
    most: float
    is_doubtful: bool = False


def _corners_up(change: Distances) -> float:
    """How far the corners of the mouth went up (down where negative), as the nose and the lips both tell.

    Against the nose alone they go down with the jaw, against the lips alone up with a lower lip that falls.
    """
    one, other = change["corner_of_nose"], change["corner_of_lips"]
    if one * other <= 0:
        return 0.0
    return min(one, other) if one > 0 else max(one, other)


MEASURES: Mapping[str, Measure] = {
    "AU01": Measure(lambda change: change["brow_inner"], 10),
    "AU02": Measure(lambda change: change["brow_outer"], 7.5),
    "AU04": Measure(
        lambda change: 0.3 * (change["brow_start_top"] + change["brow_middle"]) - change["brow_end"], 2
    ),
    "AU05": Measure(lambda change: change["lid_upper"] + change["lid_lower"], 4),
    "AU06": Measure(lambda change: -change["cheek"], 8, is_doubtful=True),
    "AU07": Measure(lambda change: -change["lid_lower"], 2.8),
    "AU09": Measure(lambda change: -change["nose_wing"], 9, is_doubtful=True),
    "AU10": Measure(lambda change: -change["upper_lip"], 9.5),
    "AU12": Measure(lambda change: 0.5 * change["mouth_width"] + 2 * _corners_up(change), 34),
    "AU15": Measure(lambda change: -_corners_up(change), 3),
    "AU17": Measure(lambda change: -change["chin"], 22, is_doubtful=True),
    "AU20": Measure(lambda change: change["mouth_width"] - 4 * abs(_corners_up(change)), 14, is_doubtful=True),
    "AU23": Measure(lambda change: -change["lip_height"], 7.5),
    "AU25": Measure(lambda change: change["lips_apart"], 8),
    "AU26": Measure(lambda change: change["lower_lip"], 26),
    "AU45": Measure(lambda change: -change["lid_upper"], 5.7),
}
UNITS = tuple(MEASURES)


def intensities(found: Distances, rest: Distances = REST) -> NDArray[np.float32]:
    """The units' intensities, (units,), 0..5.

    Args:
        found: of the face.
        rest: of the same person's neutral face, or of people in general.
    """
    change = {name: found[name] - rest[name] for name in rest}
    shares = [measure.formula(change) / measure.most for measure in MEASURES.values()]
    return np.clip(np.array(shares, np.float32), 0, 1) * np.float32(MOST)


def mean_distances(some: list[Distances]) -> Distances:
    return {name: float(np.mean([one[name] for one in some])) for name in some[0]}
