"""Each face is looked at twice, once mirrored and with more around it: the mean of both is steadier than one.

A face is cut out with a border, for the mesh's own detector finds no face that fills its picture, and brought
to one size: faces of 48 pixels are enlarged.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.faces.schedule import find_once
from edge.records import Box
from training.explain.facs import MOST
from training.explain.geometry import (
    IBUG_POINTS,
    REST,
    Distances,
    Mesh,
    distances,
    intensities,
    mean_distances,
)

#: (H, W, 3), red first, to the meshes of the faces in it.
FindFaces = Callable[[NDArray[np.uint8]], list[Mesh]]

#: Side of what is cut out, by that of the face.
_CLOSE, _WIDE = 1.5, 1.8
_SIDE_PX = 288
#: A picture no larger than this has no room for anything beside a face.
_CROP_SIDE_PX = 128
#: Where only one look finds the face, nothing is known of how far two agree.
_ONE_LOOK = 0.5
#: The device's finder is one for all threads.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredFace:
    """What the mesh tells of a face.

    Attributes:
        distances: see training.explain.geometry; the mean of the looks.
        intensities: (units,), 0..5.
        landmarks: (68, 2), iBUG's points in pixels of the picture.
        confidence: 0..1, how far the two looks agree: 1 less their mean difference in all units, of 5; 0.5
            where only one of them found it.
    """

    distances: Distances
    intensities: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    confidence: float


def measure_faces(
    find: FindFaces, rgb: NDArray[np.uint8], *, is_face: bool = False, rest: Distances = REST
) -> list[MeasuredFace]:
    """Measure the faces of a picture, the largest first.

    Args:
        find: see training.explain.mesh.MeshProcess.faces.
        rgb: the picture, (H, W, 3), red first.
        is_face: whether it is one face, cut out already, as the pictures of data sets are.
        rest: of a neutral face.
    """
    if is_face or max(rgb.shape[:2]) <= _CROP_SIDE_PX:
        boxes = [Box(0, 0, rgb.shape[1], rgb.shape[0])]
    else:
        boxes = _places(find, rgb)
    found = (_measure(find, rgb, box, rest) for box in boxes)
    return [face for face in found if face is not None]


def _places(find: FindFaces, rgb: NDArray[np.uint8]) -> list[Box]:
    """Where the faces of a photograph are: by the mesh's own detector, else by the device's finder.

    Where neither sees one, the picture may be a face without anything around it.
    """
    boxes = [_around(mesh) for mesh in find(rgb)]
    if not boxes:
        with _one_at_a_time:
            boxes = find_once(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))  # type: ignore[arg-type]
    return sorted(boxes, key=lambda box: -box.area_px) or [Box(0, 0, rgb.shape[1], rgb.shape[0])]


def _around(mesh: Mesh) -> Box:
    (left, top), (right, bottom) = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    return Box(round(float(left)), round(float(top)), round(float(right - left)), round(float(bottom - top)))


def _measure(find: FindFaces, rgb: NDArray[np.uint8], box: Box, rest: Distances) -> MeasuredFace | None:
    looks = (_look(find, rgb, box, _CLOSE, False), _look(find, rgb, box, _WIDE, True))
    meshes = [mesh for mesh in looks if mesh is not None]
    if not meshes:
        return None
    each = [distances(mesh) for mesh in meshes]
    found = mean_distances(each)
    confidence = _ONE_LOOK
    if len(each) == 2:
        first, second = (intensities(one, rest) for one in each)
        confidence = 1 - float(np.abs(first - second).mean()) / MOST
    points = meshes[0][list(IBUG_POINTS), :2] if looks[0] is not None else _unmirrored(meshes[0])
    return MeasuredFace(found, intensities(found, rest), points.astype(np.float32), confidence)


def _look(find: FindFaces, rgb: NDArray[np.uint8], box: Box, wider: float, mirrored: bool) -> Mesh | None:
    """The mesh of the face in a box, in pixels of the picture."""
    side = wider * max(box.width, box.height)
    left, top = box.x + (box.width - side) / 2, box.y + (box.height - side) / 2
    found = find(_cut(rgb, left, top, side, mirrored))
    if not found:
        return None
    mesh = min(found, key=_off_middle).astype(np.float32)
    if mirrored:
        mesh[:, 0] = _SIDE_PX - mesh[:, 0]
    return (mesh * np.float32(side / _SIDE_PX) + np.array([left, top, 0], np.float32)).astype(np.float32)


def _off_middle(mesh: Mesh) -> float:
    """How far a face of a look is from where the one that is meant must be."""
    return float(np.linalg.norm(mesh[:, :2].mean(axis=0) - _SIDE_PX / 2))


def _cut(rgb: NDArray[np.uint8], left: float, top: float, side: float, mirrored: bool) -> NDArray[np.uint8]:
    """A square of a picture in the mesh's size; what lies beyond its edge goes on as the edge is."""
    scale = _SIDE_PX / side
    if scale < 0.5:  # averaged first, so that no detail becomes noise
        smaller = cv2.resize(rgb, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        return _cut(smaller, left * 2 * scale, top * 2 * scale, side * 2 * scale, mirrored)  # type: ignore[arg-type]
    middle = (scale - 1) / 2  # a pixel's middle is at a half, and OpenCV says 0
    to_cut = np.array([[scale, 0, middle - left * scale], [0, scale, middle - top * scale]])
    cut = cv2.warpAffine(
        rgb, to_cut, (_SIDE_PX, _SIDE_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.ascontiguousarray(cut[:, ::-1]) if mirrored else cut  # type: ignore[return-value]


#: iBUG's points, each with the one that is in its place in a mirrored face.
_MIRRORED = (
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip


def _unmirrored(mesh: Mesh) -> NDArray[np.float32]:
    """The points of a look at the mirrored face: what it calls right is left."""
    points: NDArray[np.float32] = mesh[list(IBUG_POINTS), :2][list(_MIRRORED)]
    return points
