"""Each movement of a face raises the unit that FACS knows it by, and leaves the others alone."""

import numpy as np
import pytest

from tests.conftest import require
from tests.training.explain.meshes import MEAN_MESH, MOVEMENTS, moved, placed

require("training")
from training.explain.facs import NAMES  # noqa: E402 - only after the skip
from training.explain.geometry import IBUG_POINTS, MEASURES, UNITS, distances, intensities  # noqa: E402

#: FACS's lowest grade, a trace, is 1 of 5: less is noise.
_TRACE = 1.0


def measured(mesh: np.ndarray) -> dict[str, float]:
    rest = distances(placed(MEAN_MESH, eyes_px=60))
    return dict(zip(UNITS, intensities(distances(mesh), rest).tolist(), strict=True))


@pytest.mark.parametrize("name", MOVEMENTS)
def test_the_right_unit_rises_and_the_others_stay(name: str) -> None:
    movements, expected = MOVEMENTS[name]
    found = measured(placed(moved(movements), eyes_px=60))
    assert {unit for unit, value in found.items() if value >= _TRACE} == expected, found
    assert all(found[unit] >= 1.5 for unit in expected), found


@pytest.mark.parametrize("name", MOVEMENTS)
@pytest.mark.parametrize(("eyes_px", "roll"), [(30, 0), (60, 20), (60, -20), (400, 90), (30, 180)])
def test_size_and_roll_change_nothing(name: str, eyes_px: float, roll: float) -> None:
    mesh = moved(MOVEMENTS[name][0])
    turned = measured(placed(mesh, eyes_px=eyes_px, at=(300, -40), roll_degrees=roll))
    assert turned == pytest.approx(measured(placed(mesh, eyes_px=60)), abs=0.01)


def test_more_of_a_movement_is_more_of_the_unit_up_to_5() -> None:
    found = [measured(moved([((61, 291), 0, -far)]))["AU12"] for far in (0, 5, 10, 40, 80)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(0, abs=1e-3) and found[-1] == 5


def test_a_neutral_face_has_next_to_nothing_of_any_unit() -> None:
    found = dict(zip(UNITS, intensities(distances(MEAN_MESH)).tolist(), strict=True))
    assert max(found.values()) < _TRACE, found


def test_a_persons_own_neutral_face_takes_away_what_is_always_there() -> None:
    """Brows that sit low are no frown."""
    low = moved([(BROWS_LOW, 0, 3)])
    assert intensities(distances(low))[UNITS.index("AU04")] > 1
    assert not intensities(distances(low), distances(low)).any()


BROWS_LOW = (55, 285)


def test_a_head_that_looks_aside_keeps_its_units() -> None:
    angle = np.deg2rad(25)
    aside = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    smile = moved(MOVEMENTS["mouth corners up"][0])
    turned = measured((smile @ aside.T).astype(np.float32))
    assert turned == pytest.approx(measured(smile), abs=0.05)


def test_every_unit_has_a_name_and_what_is_seen_badly_is_marked() -> None:
    assert set(UNITS) <= set(NAMES)
    assert {unit for unit, measure in MEASURES.items() if measure.is_doubtful} == {
        "AU06",
        "AU09",
        "AU17",
        "AU20",
    }


def test_the_68_points_are_where_ibug_has_them() -> None:
    points = MEAN_MESH[list(IBUG_POINTS), :2]
    assert len(points) == 68
    chin, nose, right_eye, left_eye, mouth = points[8], points[30], points[36:42], points[42:48], points[48:]
    assert chin[1] == points[:, 1].max()
    assert right_eye[:, 0].max() < nose[0] < left_eye[:, 0].min()
    assert nose[1] < mouth[:, 1].min() and points[17:27, 1].max() < right_eye[:, 1].min()
    assert points[48, 0] == mouth[:, 0].min() and points[54, 0] == mouth[:, 0].max()
