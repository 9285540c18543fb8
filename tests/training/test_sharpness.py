"""Sharpness-aware steps: each is that of AdamW, by the gradient found a little way up the loss."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tensorflow

DISTANCE = 0.5


PROGRAM = """
import sys
from training.backend import prepare_backend
prepare_backend()
import keras
import numpy as np
from training.sharpness import SharpnessAwareAdamW, TwiceBatches, settle

DISTANCE = float(sys.argv[1])
random = np.random.default_rng(0)
inputs = random.normal(size=(4, 8, 5)).astype("float32")
targets = random.normal(size=(4, 8, 3)).astype("float32")
start = random.normal(size=(5, 3)).astype("float32")

class Pairs(keras.utils.PyDataset):
    def __init__(self):
        super().__init__(workers=2)
    def __len__(self):
        return len(inputs)
    def __getitem__(self, index):
        return inputs[index], targets[index]

def network(optimizer):
    model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(3, use_bias=False)])
    model.set_weights([start.copy()])
    model.compile(optimizer, "mse")
    return model

def gradient(weights, index):
    return 2 * inputs[index].T @ (inputs[index] @ weights - targets[index]) / targets[index].size

settings = dict(learning_rate=0.01, weight_decay=0.02)
ours = network(SharpnessAwareAdamW(**settings, distance=DISTANCE))
settle(ours, Pairs()[0])
ours.fit(TwiceBatches(Pairs()), epochs=1, shuffle=False, verbose=0)

usual = keras.optimizers.AdamW(**settings)
variable = keras.Variable(start.copy())
usual.build([variable])
for index in range(len(inputs)):
    weights = keras.ops.convert_to_numpy(variable)
    up = gradient(weights, index)
    there = weights + DISTANCE * up / (np.sqrt((up**2).sum()) + 1e-12)
    usual.apply([keras.ops.convert_to_tensor(gradient(there, index).astype("float32"))], [variable])

np.testing.assert_allclose(ours.get_weights()[0], keras.ops.convert_to_numpy(variable), atol=2e-6)
assert int(ours.optimizer.iterations) == len(inputs), int(ours.optimizer.iterations)
assert np.abs(ours.get_weights()[0] - start).max() > 0.01
plain = network(keras.optimizers.AdamW(**settings))
plain.fit(Pairs(), epochs=1, shuffle=False, verbose=0)
print(float(np.abs(plain.get_weights()[0] - ours.get_weights()[0]).max()))
"""


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.jax)])
def test_a_step_is_adamws_by_the_gradient_a_little_way_up(backend: str) -> None:
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", PROGRAM, str(DISTANCE)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 1e-4, "it must not be the usual step"
