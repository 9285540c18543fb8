import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


def test_the_pace_of_real_and_constant_batches_is_measured_in_turn(small_fer: Path) -> None:
    from training.bench import measure_pace
    from training.runs import FitConfig

    done: list[int] = []
    config = FitConfig(network="mini_xception", batch_size=8)
    pace = measure_pace(small_fer, config, batches=2, blocks=2, report=done.append)
    assert done == [1, 2, 3]
    assert pace.real_ms > 0 and pace.constant_ms > 0
    assert 0.2 < pace.ratio < 5
    assert pace.epoch_s == pytest.approx(pace.real_ms * 84 / 8 / 1000, abs=0.06)


def test_constant_batches_are_the_same_arrays_again_and_again() -> None:
    from training.bench import ConstantBatches

    batch = (np.zeros((2, 64, 64, 1), np.float32), np.zeros((2, 7), np.float32))
    batches = ConstantBatches(batch, 3)
    assert len(batches) == 3
    assert batches[0] is batches[2] is batch


def test_the_command_prints_one_json_object(small_fer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from training.cli import main

    words = ["bench", "--data", str(small_fer), "--batch-size", "8", "--batches", "1", "--blocks", "1"]
    assert main([*words, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"real_ms", "constant_ms", "ratio", "epoch_s"}
