from typing import Any

import numpy as np
import pytest

from edge.preprocessing import to_model_input
from tests.training.faces import draw_face
from training.augmentation import NONE, Augmentation

pytestmark = pytest.mark.tensorflow

PIXELS = np.stack([draw_face(index % 7, index) for index in range(10)])
TARGETS = np.eye(10, dtype=np.float32)  # each row tells which face it belongs to


def batches(strength: Augmentation = NONE, *, seed: int = 0, epoch: int = 0) -> Any:
    from training.backend import prepare_backend

    prepare_backend()
    from training.batches import FittingBatches

    return FittingBatches(
        PIXELS,
        TARGETS,
        side_px=64,
        value_range=(-1, 1),
        batch_size=4,
        strength=strength,
        seed=seed,
        epoch=epoch,
    )


def test_an_undisturbed_face_is_what_the_device_would_see() -> None:
    inputs, targets = batches()[0]
    for face, row in zip(inputs, targets.argmax(axis=1), strict=True):
        assert np.array_equal(face, to_model_input(PIXELS[row], 64, (-1, 1))[0])


def test_an_epoch_has_each_face_at_most_once_in_full_batches() -> None:
    epoch = batches()
    rows = [row for index in range(len(epoch)) for row in epoch[index][1].argmax(axis=1)]
    assert len(epoch) == 2
    assert len(rows) == len(set(rows)) == 8


def test_a_resumed_run_sees_the_same_faces_again() -> None:
    first, again = batches(Augmentation(), epoch=5), batches(Augmentation(), epoch=5)
    assert np.array_equal(first[1][0], again[1][0])
    assert np.array_equal(first[0][1], again[0][1])


@pytest.mark.parametrize("other", [{"epoch": 6}, {"seed": 1, "epoch": 5}])
def test_another_epoch_or_seed_has_another_order_and_disturbs_each_face_otherwise(
    other: dict[str, int],
) -> None:
    assert not np.array_equal(batches(epoch=5)[0][1], batches(**other)[0][1])
    first, second = (faces_by_row(batches(Augmentation(), **which)) for which in ({"epoch": 5}, other))
    shared = first.keys() & second.keys()
    assert len(shared) > 4
    assert not any(np.array_equal(first[row], second[row]) for row in shared)


def faces_by_row(epoch: Any) -> dict[int, Any]:
    pairs = (epoch[index] for index in range(len(epoch)))
    return {
        int(target.argmax()): face
        for faces, targets in pairs
        for face, target in zip(faces, targets, strict=True)
    }
