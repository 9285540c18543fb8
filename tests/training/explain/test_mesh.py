"""The real face mesh, where it is installed, on the photograph of an astronaut and on what was warped of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from tests.conftest import require
from tests.training.explain.meshes import MOVEMENTS, Movement

require("training")
from training.cli import main  # noqa: E402 - only after the skip
from training.explain.geometry import UNITS, Mesh, distances  # noqa: E402
from training.explain.looks import measure_faces  # noqa: E402
from training.explain.mesh import MeshProcess, find_python  # noqa: E402
from training.explain.unit_files import read_units  # noqa: E402

pytestmark = pytest.mark.mesh

#: How far around a point the picture goes with it, of the distance of the eyes' outer corners.
_SPREAD = 0.12
_STRONGER = 1.75


@pytest.fixture(scope="module")
def mesh() -> Iterator[MeshProcess]:
    with MeshProcess(find_python()) as process:
        yield process


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    """Her face with what is around it, (520, 600, 3)."""
    cut = data.astronaut()[0:260, 60:360]
    return cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def changed(mesh: MeshProcess, face: NDArray[np.uint8]) -> Callable[[NDArray[np.uint8]], dict[str, float]]:
    """The units of a picture of her against those of the photograph."""
    (found,) = measure_faces(mesh.faces, face)

    def units(rgb: NDArray[np.uint8]) -> dict[str, float]:
        (now,) = measure_faces(mesh.faces, rgb, rest=found.distances)
        return dict(zip(UNITS, now.intensities.tolist(), strict=True))

    return units


def warped(rgb: NDArray[np.uint8], mesh: Mesh, movements: Sequence[Movement]) -> NDArray[np.uint8]:
    """The picture with what is around points moved along with them."""
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    eyes_px = float(np.linalg.norm(mesh[263] - mesh[33]))
    along_x, along_y, weights = (np.zeros_like(x) for _ in range(3))
    for points, outward, down in movements:
        for point in points:
            off_x, off_y = x - mesh[point, 0], y - mesh[point, 1]
            near = np.exp(-(off_x**2 + off_y**2) / (2 * (_SPREAD * eyes_px) ** 2))
            along_x += near * outward * np.sign(mesh[point, 0] - mesh[:, 0].mean())
            along_y += near * down
            weights += near
    far = _STRONGER * eyes_px / 100 / np.maximum(weights, 1)
    return cv2.remap(  # type: ignore[return-value]
        rgb, x - far * along_x, y - far * along_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("brows down", "AU04"),
        ("brows up", "AU01"),
        ("brows up", "AU02"),
        ("nose wings up", "AU09"),
        ("mouth corners up and out", "AU12"),
        ("mouth corners down", "AU15"),
        ("mouth corners out", "AU20"),
        ("jaw down", "AU26"),
    ],
)
def test_a_warped_photograph_raises_the_unit(
    name: str, unit: str, mesh: MeshProcess, face: NDArray[np.uint8], changed: Callable[..., dict[str, float]]
) -> None:
    (points,) = mesh.faces(face)
    assert changed(warped(face, points, MOVEMENTS[name][0]))[unit] >= 1


@pytest.mark.parametrize(("roll", "size"), [(20, 1), (-20, 1), (0, 0.5), (20, 0.5)])
def test_roll_and_size_stay_about_a_trace(
    roll: float, size: float, face: NDArray[np.uint8], changed: Callable[..., dict[str, float]]
) -> None:
    height, width = face.shape[:2]
    side = round(float(np.hypot(height, width)) * size)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), roll, size)
    turn[:, 2] += side / 2 - np.array([width / 2, height / 2])
    turned = cv2.warpAffine(face, turn, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    found = sorted(changed(turned).values())
    assert found[-1] < 1.3 and found[-2] < 1


def test_she_smiles(mesh: MeshProcess, face: NDArray[np.uint8]) -> None:
    (found,) = measure_faces(mesh.faces, face)
    units = dict(zip(UNITS, found.intensities.tolist(), strict=True))
    assert units["AU12"] > 3 and units["AU25"] > 3 and units["AU15"] == 0
    assert found.confidence > 0.9


def test_a_crop_of_48_pixels_is_found_and_smiles(mesh: MeshProcess) -> None:
    gray = cv2.cvtColor(data.astronaut()[50:190, 155:295], cv2.COLOR_RGB2GRAY)
    small = cv2.cvtColor(cv2.resize(gray, (48, 48), interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2RGB)
    (found,) = measure_faces(mesh.faces, small)  # type: ignore[arg-type]
    assert found.intensities[UNITS.index("AU12")] > 2
    nose = found.landmarks[30]
    assert 14 < nose[0] < 34 and 14 < nose[1] < 36


def test_a_mirrored_face_has_the_same_distances(mesh: MeshProcess, face: NDArray[np.uint8]) -> None:
    plain, mirrored = (mesh.faces(np.ascontiguousarray(rgb))[0] for rgb in (face, face[:, ::-1]))
    found, other = distances(plain), distances(mirrored)
    assert {name: other[name] for name in found} == pytest.approx(dict(found), abs=3)


def test_the_command_finds_her_in_the_whole_photograph_within_a_second(
    mesh: MeshProcess, tmp_path: Path
) -> None:
    photograph, out = tmp_path / "photograph.png", tmp_path / "units.csv"
    cv2.imwrite(str(photograph), cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR))
    assert main(["explain", "units", str(photograph), "--jobs", "1", "--out", str(out)]) == 0
    table = read_units(out)
    assert len(table) == 1 and table.source == "mediapipe 0.10.21"
    assert table.landmarks is not None and 180 < table.landmarks[0, 30, 0] < 260
    start_s = time.perf_counter()
    measure_faces(mesh.faces, data.astronaut())
    assert time.perf_counter() - start_s < 1
