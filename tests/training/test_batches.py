from typing import Any

import numpy as np
import pytest

from edge.preprocessing import to_model_input
from tests.training.faces import draw_face
from training.augmentation import NONE, Augmentation

pytestmark = pytest.mark.tensorflow

PIXELS = np.stack([draw_face(index % 7, index) for index in range(10)])
TARGETS = np.eye(10, dtype=np.float32)  # each row tells which face it belongs to


def batches(strength: Augmentation = NONE, *, seed: int = 0, epoch: int = 0, **others: Any) -> Any:
    from training.backend import prepare_backend

    prepare_backend()
    from training.batches import FittingBatches

    usual = {"targets": TARGETS, "side_px": 64, "value_range": (-1, 1), "batch_size": 4}
    return FittingBatches(PIXELS, **usual | others, strength=strength, seed=seed, epoch=epoch)


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


def test_balanced_by_weights_each_face_brings_its_own() -> None:
    targets = np.eye(2, dtype=np.float32)[[0] * 9 + [1]]
    found = batches(targets=targets, balance="weights", batch_size=10)[0]
    _, seen, weights = found
    assert weights[seen[:, 1] == 1].tolist() == pytest.approx([5])
    assert weights[seen[:, 1] == 0].tolist() == pytest.approx([5 / 9] * 9)


def test_balanced_by_sampling_a_rare_face_comes_often_and_never_looks_the_same() -> None:
    targets = np.eye(2, dtype=np.float32)[[0] * 9 + [1]]
    faces, seen = batches(Augmentation(), targets=targets, balance="sampling", batch_size=10)[0]
    rare = faces[seen[:, 1] == 1]
    assert len(rare) > 2
    assert len({face.tobytes() for face in rare}) == len(rare)
    again = batches(Augmentation(), targets=targets, balance="sampling", batch_size=10)[0]
    assert np.array_equal(again[0], faces)


def test_mixup_blends_pairs_and_their_targets_alike_and_repeats_itself() -> None:
    plain, mixed, again = (batches(mixup=mixup, batch_size=10)[0] for mixup in (0, 0.4, 0.4))
    assert np.array_equal(mixed[0], again[0]) and np.array_equal(mixed[1], again[1])
    assert mixed[1].sum(axis=1).tolist() == pytest.approx([1] * 10)
    assert 0 < (mixed[1] > 0).sum(axis=1).max() <= 2
    by_face = plain[0][plain[1].argmax(axis=0)]  # row r of PIXELS stands at place r
    expected = np.tensordot(mixed[1], by_face, axes=1)
    assert mixed[0] == pytest.approx(expected, abs=1e-5)
    assert not np.array_equal(mixed[0], plain[0])


def test_plain_batches_hold_every_face_once_and_repeat_the_last_to_keep_their_shape() -> None:
    from training.batches import PlainBatches

    pixels = np.concatenate([PIXELS] * 30)  # 300, where a batch is 256
    plain = PlainBatches(pixels, 48, (0, 1))
    shown = np.concatenate([plain[index][0] for index in range(len(plain))])
    assert shown.shape == (512, 48, 48, 1)
    assert np.array_equal(shown[:300, :, :, 0], pixels.astype(np.float32) * np.float32(1 / 255))
    assert (shown[300:] == shown[299]).all()


def test_a_share_of_the_faces_is_disturbed_as_cameras_do() -> None:
    plain, some, all_ = (batches(camera_share=share)[0][0] for share in (0.0, 0.5, 1.0))
    changed = [np.any(faces != plain, axis=(1, 2, 3)).sum() for faces in (some, all_)]
    assert 0 < changed[0] < changed[1] <= len(plain)
