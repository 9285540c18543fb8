import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.test_backend import run_without

pytestmark = pytest.mark.tensorflow


def test_the_curves_of_a_run_are_what_its_history_says(small_fer: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="needs tensorboardX: pip install tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    from tests.training.test_fit import history
    from training.cli import main

    out = tmp_path / "run"
    words = ["fit", "--data", str(small_fer), "--out", str(out), "--network", "plain_cnn_48", "--tensorboard"]
    assert main([*words, "--epochs", "2", "--batch-size", "28", "--labels", "fer2013"]) == 0
    found: dict[str, list[float]] = {}
    for path in sorted((out / "tensorboard").iterdir()):
        for record in records(path.read_bytes()):
            for value in Event.FromString(record).summary.value:
                found.setdefault(value.tag, []).append(value.simple_value)
    rows = history(out)
    assert found["loss/Training"] == pytest.approx([row["loss"] for row in rows], rel=1e-5)
    assert found["accuracy/PublicTest"] == pytest.approx([row["public_figure"] for row in rows], rel=1e-5)
    assert set(found) >= {"loss/PublicTest", "learning_rate", "seconds"}


def records(content: bytes) -> list[bytes]:
    """TFRecord: length (8 bytes), its checksum (4), the record, its checksum (4)."""
    found, at = [], 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 8], "little")
        found.append(content[at + 12 : at + 12 + length])
        at += length + 16
    return found


def test_without_the_package_it_is_one_clear_line_before_anything_begins(
    small_fer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    done = run_without({"tensorboardX"}, "fit", "--data", str(small_fer), "--out", str(out), "--tensorboard")
    assert done.returncode == 1
    assert done.stderr == "mien-train: --tensorboard needs tensorboardX; try: pip install tensorboardX\n"
    assert not out.exists()


def test_writing_them_loads_no_tensorflow() -> None:
    pytest.importorskip("tensorboardX", reason="needs tensorboardX: pip install tensorboardX")
    program = "import sys, tensorboardX; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "torch", "keras"} & set(loaded.stdout.split())
