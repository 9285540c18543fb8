"""Where a score comes from: a network that looks at one place is found out."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.preprocessing import resize_face
from edge.records import Gray
from tests.training.faces import draw_face
from training.explain.opinions import open_opinion
from training.explain.saliency.maps import Saliency, overlay, positive
from training.explain.saliency.occlusion import SPOTS, occlusion


def _looks_at(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The brighter a spot low on the left, the surer it is of the second class of two."""
    bright = faces[:, 28:36, 8:16].mean(axis=(1, 2)) / 255
    share = 0.02 + 0.96 * bright
    return np.stack([1 - share, share], 1).astype(np.float32)


def _face() -> NDArray[np.uint8]:
    face = np.full((48, 48), 90, np.uint8)
    face[28:36, 8:16] = 250
    return face


def test_occlusion_finds_the_place_that_is_looked_at() -> None:
    asked = []

    def predict(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(len(faces))
        return _looks_at(faces)

    found = occlusion(predict, _face(), 48, 1)
    assert asked == [1 + SPOTS**2]
    y, x = np.unravel_index(found.values.argmax(), found.values.shape)
    assert abs(y - 32) <= 3 and abs(x - 12) <= 3
    assert found.values.max() == 1 and found.values[:16, 30:].max() < 0.05
    assert found.bands()["mouth and chin"] > found.bands()["brows and eyes"]


def test_what_speaks_for_one_class_does_not_speak_for_the_other() -> None:
    assert occlusion(_looks_at, _face(), 48, 0).values[32, 12] == 0


def test_covering_what_glows_costs_a_score_most(astronaut: Gray) -> None:
    opinion = open_opinion("mini_xception")
    face = resize_face(astronaut[66:161, 177:272], 64)
    place = opinion.classes.index("happy")
    order = np.argsort(-opinion.look(face, place).values, axis=None, kind="stable")
    blurred = cv2.GaussianBlur(face, (0, 0), 10)

    def with_covered(pixels: NDArray[np.intp]) -> float:
        is_covered = np.zeros(face.size, bool)
        is_covered[pixels] = True
        return float(opinion.scores(np.where(is_covered.reshape(face.shape), blurred, face))[place])

    third = face.size // 3
    assert with_covered(order[:third]) < 0.8 * with_covered(order[-third:])


def test_where_nothing_counts_the_map_is_empty() -> None:
    found = positive("occlusion", np.zeros((8, 8), np.float32))
    assert not found.values.any() and sum(found.bands().values()) == 0


def test_the_overlay_glows_where_it_counts() -> None:
    values = np.zeros((4, 4), np.float32)
    values[3, 3] = 1
    shown = overlay(np.full((40, 40), 100, np.uint8), Saliency("Grad-CAM", values)).sum(axis=2)
    assert shown[38, 38] > 1.5 * shown[2, 2]


@pytest.mark.training
def test_grad_cam_is_cam_where_maps_go_through_a_mean_and_a_dense_layer() -> None:
    from training.backend import prepare_backend

    prepare_backend()
    import keras

    from training.explain.saliency.gradcam import cut
    from training.networks import build_network

    network = build_network("mien", 7)
    keras.utils.set_random_seed(1)
    network.layers[-1].set_weights([np.random.default_rng(0).normal(size=(224, 7)), np.zeros(7)])
    halves = cut(network, (-1.0, 1.0))
    assert halves is not None and halves.body.output_shape[1:] == (3, 3, 224)
    face = draw_face(3, 0)
    maps = np.asarray(halves.body(((face / 127.5) - 1)[np.newaxis, :, :, np.newaxis].astype(np.float32)))[0]
    expected = positive("Grad-CAM", maps @ network.layers[-1].get_weights()[0][:, 2])
    np.testing.assert_allclose(halves.look(face, 2).values, expected.values, atol=2e-3)


@pytest.mark.tensorflow
def test_grad_cam_has_the_weights_that_a_gradient_gives(tmp_path: Path) -> None:
    from training.backend import prepare_backend

    if prepare_backend() != "tensorflow":
        pytest.skip("asks TensorFlow for the gradient")
    import keras
    import tensorflow as tf

    from training.explain.saliency.gradcam import cut
    from training.model_files import load_float_model

    keras.utils.set_random_seed(0)
    first = [
        keras.layers.Input((24, 24, 1)),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.MaxPooling2D(4),
    ]
    last = [keras.layers.Flatten(), keras.layers.Dense(16, "tanh"), keras.layers.Dense(3, "softmax")]
    layers = [keras.Sequential(first), keras.Sequential([keras.layers.Input((5, 5, 6)), *last])]
    keras.Sequential(layers).save(tmp_path / "own.keras")
    keras.utils.clear_session()  # as in a process that did not make the network: names begin anew
    halves = cut(load_float_model(tmp_path / "own.keras"), (0.0, 1.0))
    assert halves is not None
    face = draw_face(1, 0)[:24, :24]
    maps = tf.Variable(np.asarray(halves.body((face / 255).astype(np.float32)[np.newaxis, :, :, np.newaxis])))
    with tf.GradientTape() as tape:
        score = halves.head(maps)[0, 1]
    weights = tape.gradient(score, maps).numpy()[0].mean(axis=(0, 1))
    expected = positive("Grad-CAM", maps.numpy()[0] @ weights)
    np.testing.assert_allclose(halves.look(face, 1).values, expected.values, atol=0.01)
