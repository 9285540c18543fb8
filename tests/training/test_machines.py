"""Several machines, here processes on loopback that JAX's distributed runtime brings together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.training.faces import write_csv
from tests.training.test_fit import history
from tests.training.tiny import KNOWN, write_tiny
from training import runs
from training.cli import main

ROOT = Path(__file__).parents[2]


def start(place: Path, data: Path, words: list[str]) -> subprocess.Popen[str]:
    """A fit of a small network in a working folder of its own: its RUN is `run` there."""
    place.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "training.cli", "finetune", str(data / "tiny.keras"), *KNOWN]
    command += ["--data", str(data), "--out", "run", "--batch-size", "12", "--labels", "fer2013", *words]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=place, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def together(place: Path, datas: list[Path], words: list[str]) -> list[tuple[int, str]]:
    """The same on as many machines as there are data sets; each one's exit status and words."""
    meeting = ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", str(len(datas))]
    processes = [
        start(place / str(index), data, [*words, *meeting, "--process", str(index)])
        for index, data in enumerate(datas)
    ]
    said = [process.communicate(timeout=300)[1] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_csv(tmp_path_factory.mktemp("machines"), {"Training": 12, "PublicTest": 4})
    write_tiny(folder / "tiny.keras")
    return folder


@pytest.mark.jax
def test_two_machines_give_one_machines_loss_curve_and_go_on_from_the_first_ones_run(
    data: Path, tmp_path: Path
) -> None:
    alone = start(tmp_path / "alone", data, ["--epochs", "3"])
    _, error = alone.communicate(timeout=300)
    assert alone.returncode == 0, error
    for index, (status, said) in enumerate(together(tmp_path / "two", [data] * 2, ["--epochs", "3"])):
        assert status == 0, said
        assert (tmp_path / f"two/{index}/run").exists() == (index == 0)
    straight, shared = history(tmp_path / "alone/run"), history(tmp_path / "two/0/run")
    for one, two in zip(straight, shared, strict=True):
        for name in ("loss", "public_loss"):
            assert two[name] == pytest.approx(one[name], rel=1e-3)

    (tmp_path / "two/0/run" / runs.HISTORY_FILE).unlink()  # killed before it was written
    for status, said in together(tmp_path / "two", [data] * 2, ["--epochs", "3", "--resume"]):
        assert status == 0, said
    assert history(tmp_path / "two/0/run") == shared


@pytest.mark.jax
def test_machines_with_other_data_say_so_on_each(data: Path, tmp_path: Path) -> None:
    other = write_csv(tmp_path / "other", {"Training": 10, "PublicTest": 4})
    (other / "tiny.keras").write_bytes((data / "tiny.keras").read_bytes())
    for status, said in together(tmp_path / "two", [data, other], ["--epochs", "1"]):
        assert status == 2, said
        assert "the data or an option differs between machine 0 and machine 1" in said
    assert not (tmp_path / "two/0/run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--coordinator", "127.0.0.1:1"], "--coordinator, --processes and --process go together; give all"),
        (
            ["--coordinator", "127.0.0.1:1", "--processes", "2", "--process", "2"],
            "--process is 2; expected 0 to 1, another on each machine",
        ),
    ],
)
def test_half_an_address_is_one_clear_line(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "--data", str(tmp_path), "--out", str(tmp_path / "run"), *words]) == 2
    assert said in capsys.readouterr().err
