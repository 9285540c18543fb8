import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.test_fit import history
from tests.training.tiny import KNOWN, write_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.keras")


def fit(tiny: Path, data: Path, out: Path, devices: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Fit a small network on JAX, on a machine that seems to have so many devices."""
    command = [sys.executable, "-m", "training.cli", "finetune", str(tiny), *KNOWN, "--data", str(data)]
    command += ["--out", str(out), "--epochs", "3", "--batch-size", "12", "--labels", "fer2013"]
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags}
    return subprocess.run([*command, *words], env=environment, capture_output=True, text=True)


@pytest.mark.jax
def test_two_devices_give_one_devices_loss_curve(tiny: Path, small_fer: Path, tmp_path: Path) -> None:
    one = fit(tiny, small_fer, tmp_path / "one", 1)
    two = fit(tiny, small_fer, tmp_path / "two", 2, "--devices", "all")
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    assert "devices: cpu:0, cpu:1" in two.stderr
    for a, b in zip(history(tmp_path / "one"), history(tmp_path / "two"), strict=True):
        for name in ("loss", "public_loss"):
            assert a[name] == pytest.approx(b[name], rel=1e-3)


@pytest.mark.jax
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--devices", "3"), "--devices is 3; this machine has 2: cpu:0, cpu:1"),
        (("--devices", "2", "--batch-size", "13"), "--batch-size is 13; expected a multiple of the 2 devices"),
    ],
)
def test_devices_that_cannot_share_are_one_clear_line(
    tiny: Path, small_fer: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = fit(tiny, small_fer, tmp_path / "run", 2, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.tensorflow
def test_another_backend_says_which_one_can(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.cli import main

    assert main(["fit", "--data", str(small_fer), "--out", str(tmp_path / "run"), "--devices", "2"]) == 2
    assert "--devices needs Keras on JAX; it is on tensorflow: set KERAS_BACKEND=jax" in capsys.readouterr().err
