import numpy as np
import pytest

from tests.training.faces import draw_face
from training.disturbances import DISTURBANCES, disturb

FACE = draw_face(0, 0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def distance(name: str, strength: float) -> float:
    """How far from the face, in levels, on average over some draws."""
    faces = [DISTURBANCES[name](FACE, strength, rng(seed)).astype(float) for seed in range(10)]
    return float(np.mean([np.abs(face - FACE).mean() for face in faces]))


@pytest.mark.parametrize("name", DISTURBANCES)
def test_each_disturbance_grows_with_its_strength(name: str) -> None:
    weak, middle, strong = (distance(name, strength) for strength in (0.2, 0.6, 1.0))
    assert weak < middle and weak < strong


@pytest.mark.parametrize("name", DISTURBANCES)
@pytest.mark.parametrize("side_px", [48, 64])
def test_a_face_keeps_its_shape_and_is_itself_left_alone(name: str, side_px: int) -> None:
    face = np.asarray(np.resize(FACE, (side_px, side_px)), np.uint8)
    before = face.copy()
    disturbed = DISTURBANCES[name](face, 1.0, rng())
    assert disturbed.shape == face.shape and disturbed.dtype == np.uint8
    assert (face == before).all() and (disturbed != face).any()


def test_the_same_draw_gives_the_same_face() -> None:
    assert all((disturb(FACE, rng(seed)) == disturb(FACE, rng(seed))).all() for seed in range(30))


def test_low_light_is_dark_and_back_light_is_dark_on_one_side_alone() -> None:
    grey = np.full((48, 48), 128, np.uint8)
    assert DISTURBANCES["low light"](grey, 1.0, rng()).mean() < 40
    lit = DISTURBANCES["back light"](grey, 1.0, rng())
    quarters = [half.mean() for rows in np.array_split(lit, 2) for half in np.array_split(rows, 2, axis=1)]
    assert min(quarters) < 100 and max(quarters) > 180


def test_a_mask_hides_the_mouth_and_glasses_the_eyes() -> None:
    changed_rows = (DISTURBANCES["mask"](FACE, 1.0, rng()) != FACE).any(axis=1)
    assert not changed_rows[: len(FACE) // 2].any() and changed_rows[-5:].all()
    changed_rows = (DISTURBANCES["glasses"](FACE, 1.0, rng()) != FACE).any(axis=1)
    assert changed_rows[round(0.37 * len(FACE))] and not changed_rows[len(FACE) * 2 // 3 :].any()
