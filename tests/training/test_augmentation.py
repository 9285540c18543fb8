from dataclasses import replace

import numpy as np
import pytest

from tests.training.faces import draw_face
from training.augmentation import NONE, Augmentation, augment, erase_part, light_table

FACE = draw_face(0, 0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_weaker_augmentation_disturbs_less_and_mirrors_as_often() -> None:
    half = Augmentation().times(0.5)
    assert half.shift == pytest.approx(Augmentation().shift / 2)
    assert half.flip == Augmentation().flip
    assert Augmentation().times(0) == NONE


def test_nothing_changes_at_strength_zero() -> None:
    assert (augment(FACE, NONE, rng()) == FACE).all()


def test_the_same_seed_gives_the_same_face_and_another_seed_another() -> None:
    first, again, other = (augment(FACE, Augmentation(), rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert first.shape == FACE.shape and first.dtype == np.uint8


def test_the_face_that_is_given_stays_as_it_was() -> None:
    before = FACE.copy()
    for seed in range(20):
        augment(FACE, Augmentation(), rng(seed))
    assert (before == FACE).all()


def test_flip_mirrors_exactly() -> None:
    assert (augment(FACE, replace(NONE, flip=1), rng()) == FACE[:, ::-1]).all()


@pytest.mark.parametrize("name", ["shift", "scale", "rotation_deg", "gain", "gamma", "bias", "noise"])
def test_each_disturbance_does_something_and_leaves_the_face_recognizable(name: str) -> None:
    strength = replace(NONE, **{name: getattr(Augmentation(), name)})
    disturbed = [augment(FACE, strength, rng(seed)).astype(float) for seed in range(10)]
    assert max(np.abs(face - FACE).mean() for face in disturbed) > 1
    assert all(np.corrcoef(face.ravel(), FACE.ravel())[0, 1] > 0 for face in disturbed)


def test_shift_stays_within_its_share_of_the_side() -> None:
    dot = np.zeros((48, 48), np.uint8)
    dot[24, 24] = 255
    for seed in range(50):
        y, x = np.unravel_index(augment(dot, replace(NONE, shift=0.1), rng(seed)).argmax(), dot.shape)
        assert abs(y - 24) <= 5 and abs(x - 24) <= 5


def test_light_keeps_the_order_of_levels() -> None:
    for seed in range(50):
        assert (np.diff(light_table(Augmentation(), rng(seed)).astype(int)) >= 0).all()


def test_erasing_hides_two_to_twelve_percent() -> None:
    for seed in range(200):
        face = np.tile(np.arange(48, dtype=np.uint8), (48, 1)) + 1
        before = face.copy()
        erase_part(face, rng(seed))
        rows, columns = np.nonzero(face != before)
        area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1) if len(rows) else 0
        assert 0.01 < area / face.size < 0.14
